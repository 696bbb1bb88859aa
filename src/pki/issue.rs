//! To-be-signed certificates: rcgen encodes serial, validity and extensions; the two names and the key go in byte for
//! byte. Nothing here signs: the caller signs [`to_be_signed`] and calls [`assemble`].

use crate::model::bytes::{Der, Serial};
use crate::model::certificate::Certificate;
use crate::model::certifier::Certifier;
use crate::model::error::Result;
use crate::model::key::KeyInfo;
use crate::model::name::Name;
use crate::model::profile::{Profile, Validity};
use crate::model::request::Pkcs10;

/// Everything a certificate will contain, but issuer and signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    /// The serial number.
    pub serial: Serial,
    /// The subject, whose DER is used as it is.
    pub subject: Name,
    /// The exact SubjectPublicKeyInfo.
    pub spki: Der,
    /// The validity.
    pub validity: Validity,
    /// The extensions in order, ready encoded.
    pub extensions: Vec<crate::model::certificate::Extension>,
}

/// Decides by profile what is issued for a request: key usage by key kind, extended key usage, alternative names of the
/// kinds allowed (their GeneralName bytes taken over unchanged), SKI (SHA-1 of the key bits, RFC 5280 4.2.1.2), AKI equal
/// to the issuer's SKI, CRL address of the certifier's policy, basicConstraints CA:FALSE. Nothing else is copied.
pub fn from_request(
    _pkcs10: &Pkcs10,
    _profile: &Profile,
    _certifier: &Certifier,
    _serial: Serial,
    _validity: Validity,
) -> Result<Template> {
    todo!()
}

/// The template of a self-signed root: CA:TRUE critical, keyCertSign and cRLSign critical, SKI, AKI equal to it.
pub fn root(_subject: Name, _key: &KeyInfo, _serial: Serial, _validity: Validity) -> Result<Template> {
    todo!()
}

/// Encodes the TBSCertificate. `issuer` is the exact issuer name; `algorithm` the DER AlgorithmIdentifier of the key that
/// will sign.
pub fn to_be_signed(_template: &Template, _issuer: &Name, _algorithm: &[u8]) -> Result<Vec<u8>> {
    todo!()
}

/// Joins to-be-signed bytes (certificate or CRL), algorithm and signature.
pub fn assemble(_tbs: &[u8], _algorithm: &[u8], _signature: &[u8]) -> Vec<u8> {
    todo!()
}

/// Reads the to-be-signed bytes as if they were signed, for preview and lint: the signature is empty.
pub fn preview(_tbs: &[u8], _algorithm: &[u8]) -> Result<Certificate> {
    todo!()
}

/// After signing: parses back, compares with the template, checks the signature by the issuer's key.
pub fn verify(
    _der: &[u8],
    _template: &Template,
    _issuer_name: &Name,
    _issuer_key: &KeyInfo,
) -> Result<Certificate> {
    todo!()
}
