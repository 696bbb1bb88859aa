//! Certificates of authorities below another one: what they contain, what their requests wish for, and the certificates
//! that link two keys of one authority. Nothing here signs.

use std::net::IpAddr;

use rcgen::{BasicConstraints, CrlDistributionPoint, IsCa, KeyUsagePurpose};

use super::der::{oid, wrap};
use super::draft;
use super::issue::{self, NAME_CONSTRAINTS, Template, hashed_key, key_id};
use super::name;
use crate::model::bytes::{Der, Serial};
use crate::model::certificate::{Certificate, Extension};
use crate::model::certifier::Certifier;
use crate::model::certifier::constraints::Subtree;
use crate::model::error::{Error, Result};
use crate::model::key::KeyInfo;
use crate::model::name::Name;
use crate::model::profile::{Profile, Validity};

/// What an authority below another one may do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limits {
    /// How many authorities may stand below it; `None` is without limit.
    pub path_length: Option<u32>,
    /// The only names it may issue for; empty is any.
    pub permitted: Vec<Subtree>,
    /// Names it must not issue for.
    pub excluded: Vec<Subtree>,
}

/// The template of an authority's certificate that `issuer` signs: CA:TRUE critical with the path length, keyCertSign and
/// cRLSign critical, SKI, AKI equal to the issuer's SKI, these name constraints, the addresses of the issuer's policy.
pub fn subordinate(
    subject: Name,
    key: &KeyInfo,
    issuer: &Certifier,
    limits: &Limits,
    constraints: Option<Extension>,
    serial: Serial,
    validity: Validity,
) -> Result<Template> {
    let authority = key_id(&issuer.certificate)?;
    let addresses = Profile::default().addresses(&issuer.policy, 0);
    let mut extensions = extensions(&subject, key, limits, authority, &issuer.policy.crl_url)?;
    extensions.extend(constraints);
    extensions.extend(issue::pointers(&addresses));
    Ok(Template { serial, subject, spki: key.spki.clone(), validity, extensions })
}

/// The template of a certificate that links two keys of one authority (RFC 4210 section 4.4): `linked` with its name, key,
/// path length and name constraints, signed by `signer`, whose name is the same.
pub fn link(
    linked: &Certificate,
    signer: &Certificate,
    serial: Serial,
    validity: Validity,
) -> Result<Template> {
    let limits = Limits { path_length: linked.basic.and_then(|b| b.path_length), ..Limits::default() };
    let subject = linked.subject.clone();
    let mut extensions = extensions(&subject, &linked.key, &limits, key_id(signer)?, "")?;
    keep_identifier(&mut extensions, linked);
    extensions.extend(kept(linked));
    Ok(Template { serial, subject, spki: linked.key.spki.clone(), validity, extensions })
}

/// Keeps the key identifier of a certificate of the same key: everything signed by the key names it as its issuer's.
pub fn keep_identifier(extensions: &mut [Extension], of: &Certificate) {
    if let (Some(ski), Some(own)) = (&of.ski, extensions.iter_mut().find(|e| e.oid == SUBJECT_KEY_ID)) {
        own.value = Der(wrap(4, &ski.0));
    }
}

/// Returns the name constraints of a certificate, exactly as they stand in it.
pub fn kept(certificate: &Certificate) -> Option<Extension> {
    certificate.extensions.iter().find(|e| e.oid == NAME_CONSTRAINTS).cloned()
}

/// Encodes name constraints (RFC 5280 section 4.2.1.10), critical; without any there is no extension.
pub fn constraints(limits: &Limits) -> Result<Option<Extension>> {
    let list = |tag: u8, all: &[Subtree]| -> Result<Vec<u8>> {
        if all.is_empty() {
            return Ok(Vec::new());
        }
        let trees =
            all.iter().map(|tree| Ok(wrap(0x30, &general_name(tree)?))).collect::<Result<Vec<_>>>()?;
        Ok(wrap(tag, &trees.concat()))
    };
    let content = [list(0xa0, &limits.permitted)?, list(0xa1, &limits.excluded)?].concat();
    if content.is_empty() {
        return Ok(None);
    }
    let value = Der(wrap(0x30, &content));
    Ok(Some(Extension { oid: NAME_CONSTRAINTS.into(), critical: true, value }))
}

/// Returns the extensions that the request of an authority wishes for: basic constraints, key usage, name constraints.
pub fn wishes(
    subject: &Name,
    key: &KeyInfo,
    limits: &Limits,
    constraints: Option<Extension>,
) -> Result<Vec<Extension>> {
    let all = extensions(subject, key, limits, hashed_key(&key.spki.0)?, "")?;
    // Which key will sign is not known yet.
    let mut wished: Vec<_> = all.into_iter().filter(|e| e.oid != AUTHORITY_KEY_ID).collect();
    wished.extend(constraints);
    Ok(wished)
}

fn extensions(
    subject: &Name,
    key: &KeyInfo,
    limits: &Limits,
    authority: Vec<u8>,
    url: &str,
) -> Result<Vec<Extension>> {
    if subject.rdns.is_empty() {
        return Err(Error::refused("A certificate authority needs a name.")
            .why("Its subject becomes the issuer of everything it signs (RFC 5280 section 4.1.2.6)."));
    }
    let mut parameters = draft::parameters(subject);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    if !url.is_empty() {
        parameters.crl_distribution_points = vec![CrlDistributionPoint { uris: vec![url.to_owned()] }];
    }
    let limit = match limits.path_length {
        None => BasicConstraints::Unconstrained,
        Some(n) => BasicConstraints::Constrained(
            u8::try_from(n).map_err(|_| Error::usage("The path length may be 0 to 255, or none."))?,
        ),
    };
    draft::extensions(parameters, IsCa::Ca(limit), hashed_key(&key.spki.0)?, authority)
}

/// Encodes the base of a subtree.
pub(super) fn general_name(tree: &Subtree) -> Result<Vec<u8>> {
    Ok(match tree {
        Subtree::Email(value) => wrap(0x81, value.as_bytes()),
        Subtree::Dns(value) => wrap(0x82, value.as_bytes()),
        Subtree::Ip(address, bits) => {
            let octets = match address {
                IpAddr::V4(ip) => ip.octets().to_vec(),
                IpAddr::V6(ip) => ip.octets().to_vec(),
            };
            let mask = (0..octets.len()).map(|i| {
                let left = u32::from(*bits).saturating_sub(u32::try_from(i).unwrap_or(16) * 8).min(8);
                u8::try_from(0xff00_u32 >> left & 0xff).unwrap_or(0xff)
            });
            let mask: Vec<u8> = mask.collect();
            let network: Vec<u8> = octets.iter().zip(&mask).map(|(octet, mask)| octet & mask).collect();
            wrap(0x87, &[network, mask].concat())
        }
        Subtree::Directory(attributes) => {
            let pairs: Vec<_> = attributes.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
            wrap(0xa4, &name::build(&pairs)?.der.0)
        }
    })
}

/// Encodes extensions as the value of a request's extensionRequest attribute (RFC 2985 section 5.4.2), whole.
pub(super) fn extension_request(extensions: &[Extension]) -> Result<Vec<u8>> {
    let encoded = extensions.iter().map(issue::extension).collect::<Result<Vec<_>>>()?;
    let kind =
        oid("1.2.840.113549.1.9.14").ok_or_else(|| Error::internal("An attribute cannot be encoded."))?;
    let values = wrap(0x31, &wrap(0x30, &encoded.concat()));
    Ok(wrap(0xa0, &wrap(0x30, &[kind, values].concat())))
}

const SUBJECT_KEY_ID: &str = "2.5.29.14";
const AUTHORITY_KEY_ID: &str = "2.5.29.35";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::certifier::constraints::read;

    #[test]
    fn networks_have_the_bits_of_their_length() {
        let one = |text: &str| general_name(&read(text).unwrap()[0]).unwrap();
        assert_eq!(one("ip:10.1.2.3/8"), [0x87, 8, 10, 0, 0, 0, 255, 0, 0, 0]);
        assert_eq!(one("ip:10.1.2.3/20"), [0x87, 8, 10, 1, 0, 0, 255, 255, 240, 0]);
        assert_eq!(one("ip:10.1.2.3"), [0x87, 8, 10, 1, 2, 3, 255, 255, 255, 255]);
        assert_eq!(one("ip:0.0.0.0/0"), [0x87, 8, 0, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(one("ip:2001:db8::1/32").get(..8), Some(&[0x87, 32, 0x20, 1, 0x0d, 0xb8, 0, 0][..]));
    }

    #[test]
    fn without_limits_there_is_no_constraint() {
        assert_eq!(constraints(&Limits::default()).unwrap(), None);
    }
}
