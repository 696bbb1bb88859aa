//! Certification requests (RFC 2986): reads any, with proof of possession, and builds our own.

use rcgen::SanType;
use x509_parser::prelude::{FromDer, X509CertificationRequest};

use super::certificate::read_extensions;
use super::der::{dotted, elements, only, wrap};
use super::draft;
use super::issue::assemble;
use super::key::{self, PrivateKey};
use super::name;
use super::signature::{self, Verdict};
use crate::model::bytes::{Der, Digest};
use crate::model::certificate::Extension;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::name::{AltName, Name};
use crate::model::request::Pkcs10;

const EXTENSION_REQUEST: &str = "1.2.840.113549.1.9.14";
/// What Windows wrote before it took the standard one.
const MICROSOFT_EXTENSION_REQUEST: &str = "1.3.6.1.4.1.311.2.1.14";
const SUBJECT_ALT_NAME: &str = "2.5.29.17";

/// Attributes known by name (RFC 2985, and what Microsoft adds).
const ATTRIBUTES: &[(&str, &str)] = &[
    ("1.2.840.113549.1.9.7", "challengePassword"),
    ("1.2.840.113549.1.9.2", "unstructuredName"),
    ("1.2.840.113549.1.9.8", "unstructuredAddress"),
    ("1.3.6.1.4.1.311.13.2.3", "Microsoft operating system version"),
    ("1.3.6.1.4.1.311.21.20", "Microsoft request client information"),
    ("1.3.6.1.4.1.311.13.2.2", "Microsoft enrolment provider"),
];

/// Reads one DER request and checks its own signature.
pub fn read(der: &[u8]) -> Result<Pkcs10> {
    let broken = |why: String| Error::damaged("This is not a readable certificate request.").why(why);
    let (rest, _) = X509CertificationRequest::from_der(der).map_err(|e| broken(format!("{e}.")))?;
    if !rest.is_empty() {
        return Err(broken(format!("{} bytes follow its end.", rest.len())));
    }
    let not_der = || broken("Its encoding is not DER.".into());
    let parts = only(0x30, der).and_then(elements).ok_or_else(not_der)?;
    let [(0x30, signed, info), (0x30, algorithm, _), (3, _, bits)] = parts.as_slice() else {
        return Err(broken("A part is missing.".into()));
    };
    let fields = elements(info).ok_or_else(not_der)?;
    let [(2, ..), (0x30, subject, _), (0x30, spki, _), tail @ ..] = fields.as_slice() else {
        return Err(broken("A field is missing.".into()));
    };
    let attributes = tail.iter().find(|f| f.0 == 0xa0).map_or(Some(Vec::new()), |f| elements(f.2));
    let asked = attributes.as_deref().and_then(read_attributes);
    let (extensions, attributes) = asked.ok_or_else(|| broken("Its attributes are malformed.".into()))?;
    let alt_names = extensions.iter().filter(|e| e.oid == SUBJECT_ALT_NAME);
    let alt_names = alt_names.map(|e| name::read_alt_names(&e.value.0)).collect::<Option<Vec<_>>>();
    let alt_names = alt_names.ok_or_else(|| broken("Its subject alternative names are malformed.".into()))?;
    let proof = match bits.split_first() {
        Some((0, bits)) => signature::check(spki, algorithm, bits, signed),
        _ => Verdict::Bad,
    };
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    Ok(Pkcs10 {
        der: Der(der.to_vec()),
        sha256: Digest(digest.as_ref().try_into().unwrap_or_default()),
        subject: name::read(subject)?,
        key: key::describe(spki),
        alt_names: alt_names.concat(),
        extensions,
        attributes,
        signature: signature::words(algorithm),
        proof: proof.proof(),
    })
}

/// Builds and signs a request for `subject` with these alternative names (DNS, IP, e-mail, URI).
///
/// rcgen encodes the attributes; the exact subject and key go in byte for byte. Errors: a name of another kind, a value
/// that is not ASCII, an address that is none.
pub fn build(subject: &Name, alt_names: &[AltName], key: &PrivateKey) -> Result<Vec<u8>> {
    let mut parameters = draft::parameters(subject);
    parameters.subject_alt_names = alt_names.iter().map(general_name).collect::<Result<_>>()?;
    let attributes = draft::attributes(&parameters)?;
    let fields = [&[2, 1, 0], &subject.der.0[..], &key.info().spki.0, &attributes].concat();
    let info = wrap(0x30, &fields);
    Ok(assemble(&info, key.algorithm(), &key.sign(&info)?))
}

/// Returns a request as it would be if it had asked for another subject or other alternative names. Names that it has asked
/// for keep their bytes. Its own bytes stay as they came, for they are what its signature covers.
///
/// Errors: a name of a kind that cannot be written and was not asked for.
pub fn with_names(asked: &Pkcs10, subject: Option<Name>, names: Option<&[AltName]>) -> Result<Pkcs10> {
    let mut wished = asked.clone();
    if let Some(subject) = subject {
        wished.subject = subject;
    }
    if let Some(names) = names {
        let raw = asked.extensions.iter().filter(|e| e.oid == SUBJECT_ALT_NAME);
        let raw = raw.filter_map(|e| only(0x30, &e.value.0).and_then(elements)).flatten();
        let mut raw: Vec<&[u8]> = raw.map(|(_, whole, _)| whole).collect();
        raw.truncate(asked.alt_names.len());
        let mut bytes = Vec::new();
        for name in names {
            let at = asked.alt_names.iter().position(|other| other == name);
            match at.and_then(|at| raw.get(at)) {
                Some(whole) => bytes.extend(*whole),
                None => bytes.extend(name::write_alt_name(name)?),
            }
        }
        let critical = asked.extensions.iter().any(|e| e.oid == SUBJECT_ALT_NAME && e.critical);
        wished.extensions.retain(|e| e.oid != SUBJECT_ALT_NAME);
        if !names.is_empty() {
            let value = Der(wrap(0x30, &bytes));
            wished.extensions.push(Extension { oid: SUBJECT_ALT_NAME.into(), critical, value });
        }
        wished.alt_names = names.to_vec();
    }
    Ok(wished)
}

/// Builds and signs the request of an authority for `subject`, which wishes for these extensions.
pub fn build_authority(subject: &Name, wished: &[Extension], key: &PrivateKey) -> Result<Vec<u8>> {
    let attributes = super::authority::extension_request(wished)?;
    let fields = [&[2, 1, 0], &subject.der.0[..], &key.info().spki.0, &attributes].concat();
    let info = wrap(0x30, &fields);
    Ok(assemble(&info, key.algorithm(), &key.sign(&info)?))
}

/// Prepares an alternative name for rcgen.
fn general_name(name: &AltName) -> Result<SanType> {
    let ascii = |value: &str| {
        if value.is_empty() || !value.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Error::usage(format!("\"{}\" cannot be an alternative name.", visible(value)))
                .why("It must be ASCII without spaces.")
                .next("Write an international host name in its xn-- form."));
        }
        value.try_into().map_err(draft::refused)
    };
    Ok(match name {
        AltName::Email(v) => SanType::Rfc822Name(ascii(v)?),
        AltName::Dns(v) => SanType::DnsName(ascii(v)?),
        AltName::Uri(v) => SanType::URI(ascii(v)?),
        AltName::Ip(v) => SanType::IpAddress(
            v.parse().map_err(|_| Error::usage(format!("\"{}\" is not an IP address.", visible(v))))?,
        ),
        AltName::Other(kind, _) => {
            return Err(Error::usage(format!("An alternative name of the kind {kind} cannot be written."))
                .next("Use DNS, IP, e-mail or URI names."));
        }
    })
}

/// The extensions asked for, and the other attributes in words.
fn read_attributes(attributes: &[(u8, &[u8], &[u8])]) -> Option<(Vec<Extension>, Vec<String>)> {
    let (mut extensions, mut words) = (Vec::new(), Vec::new());
    for (tag, _, content) in attributes {
        let parts = elements(content).filter(|_| *tag == 0x30)?;
        let [(6, _, kind), (0x31, _, values)] = parts.as_slice() else { return None };
        let kind = dotted(kind)?;
        let values = elements(values)?;
        match kind.as_str() {
            EXTENSION_REQUEST | MICROSOFT_EXTENSION_REQUEST => {
                for (_, whole, _) in &values {
                    extensions.extend(read_extensions(whole)?);
                }
            }
            // What its owner meant as a password is named, never repeated.
            "1.2.840.113549.1.9.7" => words.push("challengePassword".into()),
            other => {
                let known = ATTRIBUTES.iter().find(|a| a.0 == other).map_or(other, |a| a.1);
                let first = values.first().and_then(|(tag, _, v)| name::text(*tag, v));
                words.push(
                    first.map_or_else(|| known.to_owned(), |text| format!("{known}: {}", visible(&text))),
                );
            }
        }
    }
    Some((extensions, words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::key::KeyType;
    use crate::model::request::Proof;
    use crate::pki::der::oid;

    fn names() -> Vec<AltName> {
        vec![AltName::Dns("a.example.test".into()), AltName::Ip("2001:db8::1".into())]
    }

    #[test]
    fn what_is_built_is_read_back() {
        let subject = name::build(&[("C", "DE"), ("DC", "test"), ("DC", "example"), ("CN", "a")]).unwrap();
        for kind in [KeyType::Rsa2048, KeyType::P256, KeyType::P521, KeyType::Ed25519] {
            let key = PrivateKey::generate(kind).unwrap();
            let built = build(&subject, &names(), &key).unwrap();
            let read = read(&built).unwrap();
            assert_eq!((&read.subject, &read.alt_names, &read.key), (&subject, &names(), key.info()));
            assert_eq!(read.proof, Proof::Good);
            assert_eq!(read.der.0, built);
        }
    }

    #[test]
    fn an_empty_subject_makes_the_names_critical() {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let none = name::build(&[]).unwrap();
        assert!(read(&build(&none, &names(), &key).unwrap()).unwrap().extensions[0].critical);
        let some = name::build(&[("CN", "a")]).unwrap();
        assert!(!read(&build(&some, &names(), &key).unwrap()).unwrap().extensions[0].critical);
        assert_eq!(read(&build(&some, &[], &key).unwrap()).unwrap().extensions, []);
    }

    #[test]
    fn every_kind_of_name_is_read_back_and_what_is_none_is_refused() {
        let subject = name::build(&[("CN", "a")]).unwrap();
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let names = [
            AltName::Dns("*.example.test".into()),
            AltName::Ip("192.0.2.1".into()),
            AltName::Ip("2001:db8::1".into()),
            AltName::Email("a@example.test".into()),
            AltName::Uri("https://example.test/a?b".into()),
        ];
        assert_eq!(read(&build(&subject, &names, &key).unwrap()).unwrap().alt_names, names);
        for bad in [
            AltName::Ip("1.2.3".into()),
            AltName::Dns("bücher.test".into()),
            AltName::Dns(String::new()),
            AltName::Email("a\u{1b}b".into()),
            AltName::Other("registeredID".into(), "1.2.3".into()),
        ] {
            assert!(build(&subject, &[bad], &key).is_err());
        }
    }

    #[test]
    fn any_changed_bit_is_refused_or_seen() {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let der = build(&name::build(&[("CN", "a")]).unwrap(), &names(), &key).unwrap();
        for at in 0..der.len() {
            for bit in 0..8 {
                let mut changed = der.clone();
                changed[at] ^= 1 << bit;
                if let Ok(request) = read(&changed) {
                    assert_ne!(request.proof, Proof::Good, "byte {at} bit {bit}");
                }
            }
        }
        assert!(read(&[&der[..], &[0]].concat()).unwrap_err().why.contains("1 bytes follow"));
    }

    #[test]
    fn a_challenge_password_is_named_and_not_repeated() {
        let value = wrap(0x31, &wrap(12, b"hunter2"));
        let secret = wrap(0x30, &[oid("1.2.840.113549.1.9.7").unwrap(), value].concat());
        let value = wrap(0x31, &wrap(12, "a\u{1b}b".as_bytes()));
        let plain = wrap(0x30, &[oid("1.2.840.113549.1.9.2").unwrap(), value].concat());
        let attributes = [secret, plain].concat();
        let (_, words) = read_attributes(&elements(&attributes).unwrap()).unwrap();
        assert_eq!(words, ["challengePassword", "unstructuredName: a\\1Bb"]);
    }

    proptest::proptest! {
        #[test]
        fn garbage_is_refused(bytes: Vec<u8>) {
            proptest::prop_assert!(read(&bytes).is_err());
        }
    }
}
