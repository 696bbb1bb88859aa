//! Reads certificates.

use x509_parser::prelude::{FromDer, X509Certificate};

use super::der::{dotted, elements, only};
use super::{key, name, signature};
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certificate::{BasicConstraints, Certificate, Extension, KeyUsage};
use crate::model::error::{Error, Result};
use crate::model::time::Timestamp;

/// Reads one DER certificate; trailing bytes are refused.
///
/// An extension whose inside is malformed does not hide the certificate: it is kept raw, and its field stays empty.
pub fn read(der: &[u8]) -> Result<Certificate> {
    let broken = |why: String| Error::damaged("This is not a readable certificate.").why(why);
    let (rest, x509) = X509Certificate::from_der(der).map_err(|e| broken(format!("{e}.")))?;
    if !rest.is_empty() {
        return Err(broken(format!("{} bytes follow its end.", rest.len())));
    }
    // x509-parser has judged the structure; the fields are taken by position, so that their bytes stay exact.
    let parts =
        only(0x30, der).and_then(elements).ok_or_else(|| broken("Its encoding is not DER.".into()))?;
    let [(_, _, tbs), (_, algorithm, _), ..] = parts.as_slice() else {
        return Err(broken("A part is missing.".into()));
    };
    let fields = elements(tbs).ok_or_else(|| broken("Its encoding is not DER.".into()))?;
    let skip = usize::from(fields.first().is_some_and(|f| f.0 == 0xa0));
    let [(2, _, serial), _, (_, issuer, _), _, (_, subject, _), (_, spki, _), ..] =
        fields.get(skip..).unwrap_or_default()
    else {
        return Err(broken("A field is missing.".into()));
    };
    let extensions = fields.iter().find(|f| f.0 == 0xa3).map(|f| f.2);
    let extensions = extensions.map_or(Some(Vec::new()), read_extensions);
    let extensions = extensions.ok_or_else(|| broken("Its extensions are malformed.".into()))?;
    let find = |oid: &str| extensions.iter().find(|e| e.oid == oid).map(|e| e.value.0.as_slice());
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, der);
    Ok(Certificate {
        der: Der(der.to_vec()),
        sha256: Digest(digest.as_ref().try_into().unwrap_or_default()),
        serial: Serial(serial.to_vec()),
        subject: name::read(subject)?,
        issuer: name::read(issuer)?,
        not_before: Timestamp(x509.validity().not_before.timestamp()),
        not_after: Timestamp(x509.validity().not_after.timestamp()),
        key: key::describe(spki),
        signature: signature::words(algorithm),
        basic: find("2.5.29.19").and_then(read_basic),
        key_usage: find("2.5.29.15").and_then(read_key_usage),
        extended: find("2.5.29.37").and_then(read_extended).unwrap_or_default(),
        alt_names: find("2.5.29.17").and_then(name::read_alt_names).unwrap_or_default(),
        ski: find("2.5.29.14").and_then(|v| only(4, v)).map(|v| Der(v.to_vec())),
        aki: find("2.5.29.35").and_then(read_aki),
        crl_urls: find("2.5.29.31").and_then(read_crl_urls).unwrap_or_default(),
        ocsp_urls: find(ACCESS).and_then(|v| read_access(v, OCSP)).unwrap_or_default(),
        extensions,
    })
}

/// Finds the certificates that stand anywhere within bytes, such as in the items of a directory.
pub fn within(bytes: &[u8]) -> Vec<Certificate> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(begin) = memchr::memchr(0x30, bytes.get(at..).unwrap_or_default()).map(|i| at + i) {
        at = begin + 1;
        let Some([0x30, 0x82, high, low]) = bytes.get(begin..begin + 4) else { continue };
        let end = begin + 4 + usize::from(u16::from_be_bytes([*high, *low]));
        if let Some(certificate) = bytes.get(begin..end).and_then(|der| read(der).ok()) {
            found.push(certificate);
            at = end;
        }
    }
    found
}

/// Reads an `Extensions` SEQUENCE, whole. `None` when it does not hold together.
pub fn read_extensions(der: &[u8]) -> Option<Vec<Extension>> {
    let one = |(tag, _, content): (u8, &[u8], &[u8])| {
        let parts = elements(content).filter(|_| tag == 0x30)?;
        let (critical, value) = match parts.as_slice() {
            [_, (4, _, value)] => (false, value),
            [_, (1, _, flag), (4, _, value)] => (*flag != [0], value),
            _ => return None,
        };
        let oid = dotted(parts.first().filter(|p| p.0 == 6)?.2)?;
        Some(Extension { oid, critical, value: Der(value.to_vec()) })
    };
    elements(only(0x30, der)?)?.into_iter().map(one).collect()
}

/// Reads basicConstraints. `None` when it does not hold together.
pub fn read_basic(value: &[u8]) -> Option<BasicConstraints> {
    let parts = elements(only(0x30, value)?)?;
    let ca = parts.iter().any(|p| p.0 == 1 && p.2 != [0]);
    let path_length = match parts.iter().find(|p| p.0 == 2) {
        Some((_, _, n)) if n.len() <= 4 => Some(n.iter().fold(0u32, |acc, b| acc << 8 | u32::from(*b))),
        Some(_) => return None,
        None => None,
    };
    Some(BasicConstraints { ca, path_length })
}

/// Reads keyUsage. `None` when it does not hold together.
pub fn read_key_usage(value: &[u8]) -> Option<KeyUsage> {
    let (unused, bits) = only(3, value)?.split_first()?;
    if *unused > 7 || bits.len() > 2 {
        return None;
    }
    // Bit 0 is the first, most significant one of the first octet.
    let octet = |i: usize| u16::from(bits.get(i).copied().unwrap_or(0).reverse_bits());
    Some(KeyUsage(octet(0) | octet(1) << 8))
}

/// Reads extKeyUsage as dotted OIDs. `None` when it does not hold together.
pub fn read_extended(value: &[u8]) -> Option<Vec<String>> {
    elements(only(0x30, value)?)?.into_iter().map(|(tag, _, oid)| dotted(oid).filter(|_| tag == 6)).collect()
}

fn read_aki(value: &[u8]) -> Option<Der> {
    let parts = elements(only(0x30, value)?)?;
    parts.into_iter().find(|p| p.0 == 0x80).map(|p| Der(p.2.to_vec()))
}

fn read_crl_urls(value: &[u8]) -> Option<Vec<String>> {
    let mut urls = Vec::new();
    for (_, _, point) in elements(only(0x30, value)?)? {
        // DistributionPoint { [0] DistributionPointName { [0] fullName } }; the other choices hold no address.
        let names = elements(point)?.into_iter().filter(|p| p.0 == 0xa0).map(|p| elements(p.2));
        for full in names.flatten().flatten().filter(|p| p.0 == 0xa0) {
            urls.extend(elements(full.2)?.into_iter().filter(|n| n.0 == 0x86).map(|n| latin(n.2)));
        }
    }
    Some(urls)
}

/// Returns the addresses where the issuer's certificate can be fetched (RFC 5280 section 4.2.2.1, `caIssuers`), not escaped.
pub fn issuer_urls(certificate: &Certificate) -> Vec<String> {
    let access = certificate.extensions.iter().find(|e| e.oid == ACCESS);
    access.and_then(|e| read_access(&e.value.0, CA_ISSUERS)).unwrap_or_default()
}

/// The authority information access extension, and two of its methods.
const ACCESS: &str = "1.3.6.1.5.5.7.1.1";
const OCSP: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x30\x01";
const CA_ISSUERS: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x30\x02";

fn read_access(value: &[u8], wanted: &[u8]) -> Option<Vec<String>> {
    let descriptions = elements(only(0x30, value)?)?;
    let url = |(_, _, content): (u8, &[u8], &[u8])| match elements(content)?.as_slice() {
        [(6, _, method), (0x86, _, url)] if *method == wanted => Some(latin(url)),
        _ => None,
    };
    Some(descriptions.into_iter().filter_map(url).collect())
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}

#[cfg(test)]
mod tests {
    use rcgen::{
        BasicConstraints, CertificateParams, CrlDistributionPoint, CustomExtension, DistinguishedName,
        DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384,
        SerialNumber, date_time_ymd,
    };

    use super::{
        OCSP, Serial, issuer_urls, read, read_access, read_aki, read_basic, read_crl_urls, read_extended,
        read_extensions, read_key_usage,
    };
    use crate::model::bytes::hex;
    use crate::model::name::AltName;

    fn made() -> rcgen::Certificate {
        let mut params =
            CertificateParams::new(["a.example.test".to_owned(), "192.0.2.1".to_owned()]).unwrap();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, "a");
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(3));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages =
            vec![ExtendedKeyUsagePurpose::ServerAuth, ExtendedKeyUsagePurpose::Other(vec![1, 2, 3])];
        params.key_identifier_method = KeyIdMethod::PreSpecified(vec![1, 2, 3]);
        params.use_authority_key_identifier_extension = true;
        params.serial_number = Some(SerialNumber::from(vec![0x7f, 0xff, 1]));
        params.not_before = date_time_ymd(2026, 1, 1);
        params.not_after = date_time_ymd(2055, 1, 1);
        let uris = vec!["http://example.test/a.crl".to_owned()];
        params.crl_distribution_points = vec![CrlDistributionPoint { uris }];
        let access = b"\x30\x3c\x30\x1c\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x01\x86\x10http://o.test/ab\
            \x30\x1c\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x10http://i.test/ca";
        params.custom_extensions =
            vec![CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access.to_vec())];
        params.self_signed(&KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384).unwrap()).unwrap()
    }

    #[test]
    fn every_field_is_read() {
        let made = made();
        let read = read(made.der()).unwrap();
        assert_eq!(read.der.0, made.der().to_vec());
        assert_eq!(read.serial, Serial(vec![0x7f, 0xff, 1]));
        assert_eq!(read.subject.text(), "CN=a");
        assert_eq!(read.issuer, read.subject);
        assert_eq!(
            (read.not_before.date().as_str(), read.not_after.date().as_str()),
            ("2026-01-01", "2055-01-01")
        );
        assert_eq!((read.key.algorithm.as_str(), read.key.bits), ("P-384", 384));
        assert_eq!(read.signature, "ECDSA SHA-384");
        assert_eq!(read.basic.unwrap().path_length, Some(3));
        assert_eq!(read.key_usage.unwrap().words(), "digitalSignature, keyCertSign");
        assert_eq!(read.extended_words(), "serverAuth, 1.2.3");
        assert_eq!(read.alt_names, [AltName::Dns("a.example.test".into()), AltName::Ip("192.0.2.1".into())]);
        assert_eq!(read.ski.as_ref().map(|s| hex(&s.0)).as_deref(), Some("010203"));
        assert_eq!(read.aki, read.ski);
        assert_eq!(read.crl_urls, ["http://example.test/a.crl"]);
        assert_eq!(read.ocsp_urls, ["http://o.test/ab"]);
        assert_eq!(issuer_urls(&read), ["http://i.test/ca"]);
        assert_eq!(read.extensions.len(), 8);
        assert!(read.is_ca());
    }

    #[test]
    fn trailing_bytes_are_refused() {
        let der = [made().der().to_vec(), vec![5, 0]].concat();
        assert!(read(&der).unwrap_err().why.contains("2 bytes follow"));
    }

    #[test]
    fn key_usage_bits_keep_their_numbers() {
        assert_eq!(read_key_usage(&[3, 2, 1, 6]).unwrap().words(), "keyCertSign, cRLSign");
        assert_eq!(read_key_usage(&[3, 3, 7, 0, 0x80]).unwrap().words(), "decipherOnly");
        assert_eq!(read_key_usage(&[3, 2, 9, 6]), None);
    }

    #[test]
    fn cut_and_changed_certificates_never_panic() {
        let der = made().der().to_vec();
        for at in 0..der.len() {
            assert!(read(&der[..at]).is_err());
            for value in [0, 1, 0x7f, 0x80, 0x84, 0xff, der[at] ^ 1, der[at] ^ 0x20] {
                let mut changed = der.clone();
                changed[at] = value;
                let _ = read(&changed);
            }
        }
    }

    proptest::proptest! {
        #[test]
        fn garbage_is_refused(bytes: Vec<u8>) {
            proptest::prop_assert!(read(&bytes).is_err());
            let _ = (read_extensions(&bytes), read_basic(&bytes), read_key_usage(&bytes), read_extended(&bytes));
            let _ = (read_aki(&bytes), read_crl_urls(&bytes), read_access(&bytes, OCSP));
        }
    }
}
