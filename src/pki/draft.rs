//! Drafts that rcgen encodes, from which certificates take their extensions and requests their attributes. A draft's
//! names, key, algorithm and signature are placeholders: the callers put the exact bytes in and sign those.

use rcgen::{
    CertificateParams, CertificateSigningRequest, DistinguishedName, Error as Rcgen, IsCa, Issuer,
    KeyIdMethod, PublicKeyData, SignatureAlgorithm, SigningKey,
};

use super::certificate::read_extensions;
use super::der::{elements, only, tlv};
use crate::model::certificate::Extension;
use crate::model::error::{Error, Result};
use crate::model::name::Name;

/// Returns parameters that name nobody or somebody, as `subject` does: rcgen decides by it whether alternative names are
/// critical (RFC 5280 section 4.2.1.6). Everything else is left out until it is set.
pub(super) fn parameters(subject: &Name) -> CertificateParams {
    let mut parameters = CertificateParams::default();
    if subject.rdns.is_empty() {
        parameters.distinguished_name = DistinguishedName::new();
    }
    parameters
}

/// Encodes the extensions of a certificate with these key identifiers, `authority` being the issuer's.
pub(super) fn extensions(
    mut parameters: CertificateParams,
    is_ca: IsCa,
    subject: Vec<u8>,
    authority: Vec<u8>,
) -> Result<Vec<Extension>> {
    parameters.is_ca = is_ca;
    parameters.key_identifier_method = KeyIdMethod::PreSpecified(subject);
    parameters.use_authority_key_identifier_extension = true;
    let mut issuer = CertificateParams::default();
    issuer.key_identifier_method = KeyIdMethod::PreSpecified(authority);
    let draft = parameters.signed_by(&Placeholder, &Issuer::new(issuer, Placeholder)).map_err(refused)?;
    let content = last(draft.der(), 0xa3).ok_or_else(unexpected)?;
    read_extensions(content).ok_or_else(unexpected)
}

/// Encodes the attributes of a request, whole, with their tag.
pub(super) fn attributes(parameters: &CertificateParams) -> Result<Vec<u8>> {
    let draft: CertificateSigningRequest = parameters.serialize_request(&Placeholder).map_err(refused)?;
    last(draft.der(), 0xa0).map(|content| super::der::wrap(0xa0, content)).ok_or_else(unexpected)
}

/// Says what rcgen did not encode.
pub(super) fn refused(error: Rcgen) -> Error {
    Error::refused("This cannot be encoded.").why(format!("{error}."))
}

/// The content of the last field of a draft's signed part, which has this tag.
fn last(draft: &[u8], tag: u8) -> Option<&[u8]> {
    let (signed, ..) = tlv(only(0x30, draft)?)?;
    let fields = elements(only(0x30, signed)?)?;
    fields.last().filter(|field| field.0 == tag).map(|field| field.2)
}

fn unexpected() -> Error {
    Error::internal("A draft was encoded in another form than expected.")
}

/// Stands for the keys of a draft; it signs nothing.
struct Placeholder;

impl PublicKeyData for Placeholder {
    fn der_bytes(&self) -> &[u8] {
        &[]
    }

    fn algorithm(&self) -> &'static SignatureAlgorithm {
        &rcgen::PKCS_ED25519
    }
}

impl SigningKey for Placeholder {
    fn sign(&self, _: &[u8]) -> Result<Vec<u8>, Rcgen> {
        Ok(Vec::new())
    }
}
