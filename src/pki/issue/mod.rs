//! To-be-signed certificates. rcgen encodes the extensions; the exact names and the exact key are put in byte for byte, so
//! that nothing is rebuilt from a map that could lose or reorder a value. Nothing here signs: the caller signs [`to_be_signed`] and calls [`assemble`].

mod by_profile;

use aws_lc_rs::digest;
use rcgen::{BasicConstraints, IsCa, KeyUsagePurpose};

pub use by_profile::{from_request, kept_subject, pointers, self_certified};

use super::der::{self, header, tlv, wrap};
use super::draft;
use super::signature::{self, Verdict};
use crate::model::bytes::{Der, Serial};
use crate::model::certificate::{Certificate, Extension, KeyUsage};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::key::KeyInfo;
use crate::model::name::Name;
use crate::model::profile::Validity;
use crate::model::time::Timestamp;

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
    pub extensions: Vec<Extension>,
}

/// The template of a self-signed root: CA:TRUE critical, keyCertSign and cRLSign critical, SKI, AKI equal to it.
pub fn root(subject: Name, key: &KeyInfo, serial: Serial, validity: Validity) -> Result<Template> {
    if subject.rdns.is_empty() {
        return Err(Error::refused("A certificate authority needs a name.")
            .why("Its subject becomes the issuer of everything it signs (RFC 5280 section 4.1.2.6)."));
    }
    let id = hashed_key(&key.spki.0)?;
    let mut parameters = draft::parameters(&subject);
    parameters.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let extensions = draft::extensions(parameters, is_ca, id.clone(), id)?;
    Ok(Template { serial, subject, spki: key.spki.clone(), validity, extensions })
}

/// Encodes the TBSCertificate. `issuer` is the exact issuer name; `algorithm` the DER AlgorithmIdentifier of the key that
/// will sign. Errors: a serial that is not positive or longer than 20 octets, an end before the beginning, an empty
/// issuer, an extension twice, parts that are not one DER element.
pub fn to_be_signed(template: &Template, issuer: &Name, algorithm: &[u8]) -> Result<Vec<u8>> {
    let Template { serial, subject, spki, validity, extensions } = template;
    for (part, bytes) in [
        ("issuer", &issuer.der.0[..]),
        ("subject", &subject.der.0),
        ("key", &spki.0),
        ("algorithm", algorithm),
    ] {
        if bytes.first() != Some(&0x30) || !tlv(bytes).is_some_and(|(_, _, rest)| rest.is_empty()) {
            return Err(Error::damaged(format!("The {part} of the certificate is not one DER sequence.")));
        }
    }
    if issuer.der.0 == [0x30, 0] {
        return Err(Error::refused("A certificate authority without a name cannot sign."));
    }
    check_serial(serial)?;
    if validity.not_after < validity.not_before {
        return Err(Error::refused("The certificate would end before it begins.").why(format!(
            "It would be valid from {} to {}.",
            validity.not_before.text(),
            validity.not_after.text()
        )));
    }
    let mut encoded = Vec::new();
    for (i, e) in extensions.iter().enumerate() {
        if extensions[..i].iter().any(|other| other.oid == e.oid) {
            return Err(Error::refused(format!("The certificate would hold extension {} twice.", e.oid)));
        }
        encoded.extend(extension(e)?);
    }
    let mut content = vec![0xa0, 3, 2, 1, 2]; // version 3
    content.extend(wrap(2, &serial.0));
    content.extend(algorithm);
    content.extend(&issuer.der.0);
    content.extend(wrap(0x30, &[time(validity.not_before), time(validity.not_after)].concat()));
    content.extend(&subject.der.0);
    content.extend(&spki.0);
    if !encoded.is_empty() {
        content.extend(wrap(0xa3, &wrap(0x30, &encoded)));
    }
    Ok(wrap(0x30, &content))
}

/// Encodes one extension; `critical` is left out when it is false, as DER asks.
pub(super) fn extension(e: &Extension) -> Result<Vec<u8>> {
    let critical: &[u8] = if e.critical { &[1, 1, 0xff] } else { &[] };
    Ok(wrap(0x30, &[&oid(&e.oid)?, critical, &wrap(4, &e.value.0)].concat()))
}

/// Joins to-be-signed bytes (certificate or CRL), algorithm and signature.
pub fn assemble(tbs: &[u8], algorithm: &[u8], signature: &[u8]) -> Vec<u8> {
    let mut bits = header(3, signature.len() + 1);
    bits.push(0); // no unused bits
    bits.extend(signature);
    let length = tbs.len() + algorithm.len() + bits.len();
    let mut out = header(0x30, length);
    out.reserve_exact(length);
    out.extend(tbs);
    out.extend(algorithm);
    out.extend(bits);
    out
}

/// Reads the to-be-signed bytes as if they were signed, for preview and lint: the signature is empty.
pub fn preview(tbs: &[u8], algorithm: &[u8]) -> Result<Certificate> {
    super::certificate::read(&assemble(tbs, algorithm, &[]))
}

/// After signing: parses back, compares with the template, checks the signature by the issuer's key.
pub fn verify(
    der: &[u8],
    template: &Template,
    issuer_name: &Name,
    issuer_key: &KeyInfo,
) -> Result<Certificate> {
    let wrong = |what: &str| {
        Error::internal(format!("The signed certificate is not what was approved: {what}."))
            .why("It was checked after signing and is not handed out.")
    };
    let (tbs, algorithm, signature) =
        signed_parts(der).ok_or_else(|| wrong("it is not a signed structure"))?;
    if to_be_signed(template, issuer_name, algorithm)? != tbs {
        return Err(wrong("the signed bytes differ"));
    }
    // The comparison above uses the encoder again; this one goes through the independent reader.
    let read = super::certificate::read(der)?;
    let checks = [
        ("serial number", read.serial == template.serial),
        ("subject", read.subject.der == template.subject.der),
        ("issuer", read.issuer.der == issuer_name.der),
        ("key", read.key.spki == template.spki),
        ("beginning", read.not_before == template.validity.not_before),
        ("end", read.not_after == template.validity.not_after),
        ("extensions", read.extensions == template.extensions),
    ];
    if let Some((what, _)) = checks.iter().find(|(_, equal)| !equal) {
        return Err(wrong(&format!("the {what} differs")));
    }
    match signature::check(&issuer_key.spki.0, algorithm, signature, tbs) {
        Verdict::Good => Ok(read),
        Verdict::Weak(how) => Err(wrong(&format!("the signature is weak ({how})"))),
        Verdict::Bad => Err(wrong("the signature does not fit the certifier's key")),
        Verdict::CannotCheck(how) => Err(wrong(&format!("the signature cannot be checked ({how})"))),
    }
}

/// Returns the key identifier of an issuer: its SKI, or SHA-1 of its key bits when it carries none.
pub fn key_id(issuer: &Certificate) -> Result<Vec<u8>> {
    match &issuer.ski {
        Some(ski) => Ok(ski.0.clone()),
        None => hashed_key(&issuer.key.spki.0),
    }
}

/// Encodes a time as RFC 5280 section 4.1.2.5 asks: UTCTime from 1950 to 2049, GeneralizedTime otherwise.
pub fn time(at: Timestamp) -> Vec<u8> {
    let t = at.utc();
    let rest =
        format!("{:02}{:02}{:02}{:02}{:02}Z", u8::from(t.month()), t.day(), t.hour(), t.minute(), t.second());
    if (1950..2050).contains(&t.year()) {
        wrap(0x17, format!("{:02}{rest}", t.year() % 100).as_bytes())
    } else {
        wrap(0x18, format!("{:04}{rest}", t.year()).as_bytes())
    }
}

/// Takes a signed structure (certificate, CRL, request) apart: (to be signed, algorithm, signature bits).
pub fn signed_parts(der: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let (_, body, end) = tlv(der).filter(|_| der.first() == Some(&0x30))?;
    let (tbs, _, rest) = tlv(body)?;
    let (algorithm, _, rest) = tlv(rest)?;
    let (bits, content, after) = tlv(rest)?;
    let (unused, signature) = content.split_first()?;
    let whole = end.is_empty() && after.is_empty() && bits.first() == Some(&3) && *unused == 0;
    whole.then_some((tbs, algorithm, signature))
}

/// SHA-1 of the subjectPublicKey bits, without tag, length and unused bits (RFC 5280 4.2.1.2, method 1).
pub(super) fn hashed_key(spki: &[u8]) -> Result<Vec<u8>> {
    let bits = tlv(spki).and_then(|(_, content, _)| tlv(content)).and_then(|(_, _, rest)| tlv(rest));
    let (_, [_, bits @ ..], _) = bits.ok_or_else(|| Error::damaged("The public key cannot be read."))? else {
        return Err(Error::damaged("The public key is empty."));
    };
    Ok(digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, bits).as_ref().to_vec())
}

/// Finds the key usage with this name (RFC 5280 section 4.2.1.3).
fn key_usage(name: &str) -> Result<KeyUsagePurpose> {
    use KeyUsagePurpose::*;
    let known = [
        DigitalSignature,
        ContentCommitment,
        KeyEncipherment,
        DataEncipherment,
        KeyAgreement,
        KeyCertSign,
        CrlSign,
        EncipherOnly,
        DecipherOnly,
    ];
    let found = KeyUsage::NAMES.into_iter().zip(known).find(|(known, _)| *known == name);
    found
        .map(|(_, usage)| usage)
        .ok_or_else(|| Error::usage(format!("The profile names an unknown key usage \"{}\".", visible(name))))
}

fn check_serial(serial: &Serial) -> Result<()> {
    let good = match serial.0[..] {
        [] | [0] => false,
        [0, second, ..] => second >= 0x80,
        [first, ..] => first < 0x80,
    };
    if good && serial.0.len() <= 20 {
        return Ok(());
    }
    Err(Error::refused(format!("{serial} cannot be a serial number."))
        .why("It must be positive and at most 20 octets (RFC 5280 section 4.1.2.2)."))
}

fn oid(dotted: &str) -> Result<Vec<u8>> {
    der::oid(dotted).ok_or_else(|| {
        Error::usage(format!(
            "\"{}\" is not an object identifier such as 1.3.6.1.5.5.7.3.1.",
            visible(dotted)
        ))
    })
}

/// Splits an object identifier into its numbers, once it is known to be one.
fn arcs(dotted: &str) -> Result<Vec<u64>> {
    oid(dotted).map(|_| dotted.split('.').filter_map(|arc| arc.parse().ok()).collect())
}

const SUBJECT_KEY_ID: &str = "2.5.29.14";
pub(super) const KEY_USAGE: &str = "2.5.29.15";
pub(super) const ALT_NAMES: &str = "2.5.29.17";
pub(super) const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub(super) const NAME_CONSTRAINTS: &str = "2.5.29.30";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_usages_are_the_bits_of_their_names() {
        let subject = crate::pki::name::build(&[("CN", "a")]).unwrap();
        let one = |names: &[&str]| {
            let mut parameters = draft::parameters(&subject);
            parameters.key_usages = names.iter().map(|name| key_usage(name).unwrap()).collect();
            let all = draft::extensions(parameters, IsCa::ExplicitNoCa, vec![1], vec![2]).unwrap();
            all.into_iter().find(|e| e.oid == KEY_USAGE).unwrap().value.0
        };
        // No trailing zero bits (X.690 section 11.2.2).
        assert_eq!(one(&["digitalSignature"]), [3, 2, 7, 0x80]);
        assert_eq!(one(&["digitalSignature", "keyEncipherment"]), [3, 2, 5, 0xa0]);
        assert_eq!(one(&["keyCertSign", "cRLSign"]), [3, 2, 1, 6]);
        assert_eq!(one(&["decipherOnly", "keyAgreement"]), [3, 3, 7, 0x08, 0x80]);
        for (bit, name) in KeyUsage::NAMES.into_iter().enumerate() {
            let bits = one(&[name]);
            assert_eq!(bits[3 + bit / 8], 0x80 >> (bit % 8), "{name}");
        }
        assert!(key_usage("digitalSignatur").is_err());
    }

    #[test]
    fn object_identifiers_of_a_profile_are_checked() {
        assert_eq!(arcs("1.3.6.1.5.5.7.3.1").unwrap(), [1, 3, 6, 1, 5, 5, 7, 3, 1]);
        for bad in ["", "1", "3.1", "1.40", "1.2.x", "1..2", "99999999999999999999.1"] {
            assert!(arcs(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_change_their_type_in_2050() {
        let at = |d| Timestamp::from_date(d).unwrap();
        assert_eq!(time(at("2049-12-31")), b"\x17\x0d491231000000Z");
        assert_eq!(time(at("2050-01-01")), b"\x18\x0f20500101000000Z");
        assert_eq!(time(Timestamp(-1)), b"\x17\x0d691231235959Z");
        assert_eq!(time(Timestamp(i64::MAX)), b"\x18\x0f99991231235959Z");
    }

    #[test]
    fn serial_numbers_are_positive_minimal_and_short() {
        for good in [&[1][..], &[0, 0x80], &[0x7f; 20]] {
            assert!(check_serial(&Serial(good.to_vec())).is_ok(), "{good:?}");
        }
        for bad in [&[][..], &[0], &[0, 1], &[0x80], &[1; 21]] {
            assert!(check_serial(&Serial(bad.to_vec())).is_err(), "{bad:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_assembled_comes_apart(content: Vec<u8>, signature: Vec<u8>) {
            let (tbs, algorithm) = (wrap(0x30, &content), wrap(0x30, &[5, 0]));
            let der = assemble(&tbs, &algorithm, &signature);
            proptest::prop_assert_eq!(signed_parts(&der), Some((&tbs[..], &algorithm[..], &signature[..])));
        }

        #[test]
        fn garbage_is_no_signed_structure_and_no_key(bytes: Vec<u8>) {
            let _ = signed_parts(&bytes);
            let _ = hashed_key(&bytes);
        }
    }
}
