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
        ocsp_urls: find("1.3.6.1.5.5.7.1.1").and_then(read_ocsp_urls).unwrap_or_default(),
        extensions,
    })
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

fn read_ocsp_urls(value: &[u8]) -> Option<Vec<String>> {
    const OCSP: &[u8] = b"\x2b\x06\x01\x05\x05\x07\x30\x01";
    let descriptions = elements(only(0x30, value)?)?;
    let url = |(_, _, content): (u8, &[u8], &[u8])| match elements(content)?.as_slice() {
        [(6, _, method), (0x86, _, url)] if *method == OCSP => Some(latin(url)),
        _ => None,
    };
    Some(descriptions.into_iter().filter_map(url).collect())
}

fn latin(bytes: &[u8]) -> String {
    bytes.iter().map(|b| char::from(*b)).collect()
}
