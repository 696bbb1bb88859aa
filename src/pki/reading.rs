//! What an administrator reads in a certificate beyond the fields of the noun: what has to be decoded or computed from its
//! bytes. Judges nothing.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};

use super::certificate::issuer_urls;
use super::der::{dotted, elements, only};
use super::{asn1, oid_names, pem};
use crate::model::bytes::{colons, hex};
use crate::model::certificate::{Certificate, Extension, KeyUsage};
use crate::model::escape::visible;
use crate::model::field::{Field, Look, Record};

/// Further fields of a certificate, in the order of reading.
pub const MORE: &[Field<Certificate>] = &[
    Field::derived("good-for", "Good for", "What the usages together allow, in words.", |x, _| good_for(x)),
    Field::derived(
        "ca-issuers",
        "Issuer's certificate at",
        "Where the issuer's certificate can be fetched.",
        |x, _| issuer_urls(x).iter().map(|u| visible(u)).collect::<Vec<_>>().join("\n"),
    ),
    Field::derived("policies", "Policies", "The rules under which it was issued.", |x, _| {
        extension(x, "2.5.29.32").and_then(|e| policies(&e.value.0)).unwrap_or_default().join("\n")
    }),
    Field::derived("constraints", "Name constraints", "The names that may stand below it.", |x, _| {
        extension(x, "2.5.29.30").map_or_else(String::new, said)
    }),
    Field::derived(
        "others",
        "Other extensions",
        "Every extension that no other field shows, in full.",
        |x, _| {
            let others = x.extensions.iter().filter(|e| !SHOWN.contains(&e.oid.as_str()));
            others.map(said).collect::<Vec<_>>().join("\n")
        },
    ),
    Field::derived(
        "sha1",
        "SHA-1 fingerprint",
        "As old programs show it; it proves nothing any more.",
        |x, _| colons(digest(&SHA1_FOR_LEGACY_USE_ONLY, &x.der.0).as_ref()),
    ),
    Field::derived(
        "spki-pin",
        "Key pin",
        "SHA-256 of the public key in base64, as RFC 7469 pins it.",
        |x, _| pin(x),
    ),
];

/// Extensions that a field of their own shows.
const SHOWN: [&str; 10] = [
    "1.3.6.1.5.5.7.1.1",
    "2.5.29.14",
    "2.5.29.15",
    "2.5.29.17",
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.31",
    "2.5.29.32",
    "2.5.29.35",
    "2.5.29.37",
];

/// Reads everything that a certificate says, as name, label and value of each field that says something.
pub fn all(certificate: &Certificate, look: &Look<'_>) -> Vec<(&'static str, &'static str, String)> {
    let fields = Certificate::FIELDS.iter().chain(MORE);
    let read = fields.map(|f| (f.name, f.label, (f.get)(certificate, look)));
    read.filter(|(_, _, value)| !value.is_empty()).collect()
}

/// Lays two certificates side by side: label, both values, for every field that says something in one of them.
pub fn compare(a: &Certificate, b: &Certificate, look: &Look<'_>) -> Vec<(&'static str, String, String)> {
    let fields = Certificate::FIELDS.iter().chain(MORE);
    let both = fields.map(|f| (f.label, (f.get)(a, look), (f.get)(b, look)));
    both.filter(|(_, x, y)| !x.is_empty() || !y.is_empty()).collect()
}

/// Returns the pin of the public key (RFC 7469 section 2.4), in base64.
pub fn pin(certificate: &Certificate) -> String {
    pem::to_base64(&certificate.key.sha256.0)
}

fn extension<'a>(certificate: &'a Certificate, oid: &str) -> Option<&'a Extension> {
    certificate.extensions.iter().find(|e| e.oid == oid)
}

/// Writes an extension with its identifier, its elements where it holds some, and its bytes.
fn said(extension: &Extension) -> String {
    let critical = if extension.critical { ", critical" } else { "" };
    let mut lines = vec![format!("{}{critical}", oid_names::named(&extension.oid))];
    let outline = asn1::outline(&extension.value.0);
    let leaves = outline.iter().filter(|e| e.text.contains(' ') && !e.text.starts_with("malformed"));
    lines.extend(leaves.take(20).map(|e| format!("  {}", e.text)));
    lines.push(format!("  hex {}", hex(&extension.value.0)));
    lines.join("\n")
}

fn policies(value: &[u8]) -> Option<Vec<String>> {
    let mut all = Vec::new();
    for (_, _, policy) in elements(only(0x30, value)?)? {
        let parts = elements(policy)?;
        let mut text = oid_names::named(&dotted(parts.first().filter(|p| p.0 == 6)?.2)?);
        for (_, _, qualifier) in parts.get(1).map(|q| elements(q.2)).unwrap_or_default().into_iter().flatten()
        {
            // Of the qualifiers only the address of the practice statement is of use in one line.
            if let Some([(6, _, _), (0x16, _, url)]) = elements(qualifier).as_deref() {
                let url: String = url.iter().map(|b| char::from(*b)).collect();
                text.push_str(&format!(", {}", visible(&url)));
            }
        }
        all.push(text);
    }
    Some(all)
}

/// Says what the usages allow, as a person would ask for it.
fn good_for(c: &Certificate) -> String {
    if c.is_ca() {
        let self_signed = if c.is_self_issued() { "root authority" } else { "intermediate authority" };
        return format!("{self_signed}: signing certificates{}", crl(c));
    }
    const ROLES: [(&str, &str); 6] = [
        ("1.3.6.1.5.5.7.3.1", "TLS servers"),
        ("1.3.6.1.5.5.7.3.2", "TLS clients"),
        ("1.3.6.1.5.5.7.3.3", "signing programs"),
        ("1.3.6.1.5.5.7.3.4", "signed and encrypted mail"),
        ("1.3.6.1.5.5.7.3.8", "time stamps"),
        ("1.3.6.1.5.5.7.3.9", "OCSP answers"),
    ];
    if c.extended.is_empty() {
        return "any purpose: it has no extended key usage".into();
    }
    let known = ROLES
        .iter()
        .filter(|(oid, _)| c.extended.iter().any(|e| e == oid))
        .map(|(_, words)| (*words).to_owned());
    let other =
        c.extended.iter().filter(|e| ROLES.iter().all(|(oid, _)| oid != e)).map(|e| oid_names::named(e));
    known.chain(other).collect::<Vec<_>>().join(", ")
}

fn crl(c: &Certificate) -> &'static str {
    if c.key_usage.is_none_or(|u| u.0 & KeyUsage::CRL_SIGN != 0) { " and CRLs" } else { ", no CRLs" }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, CustomExtension, DnType, KeyPair};

    use super::*;
    use crate::model::State;
    use crate::model::time::Timestamp;

    fn certificate() -> Certificate {
        let mut params = CertificateParams::new(vec!["a.test".to_owned()]).unwrap();
        params.distinguished_name.push(DnType::CommonName, "a");
        let policies = b"\x30\x08\x30\x06\x06\x04\x55\x1d\x20\x00";
        let access = b"\x30\x1e\x30\x1c\x06\x08\x2b\x06\x01\x05\x05\x07\x30\x02\x86\x10http://i.test/ab";
        params.custom_extensions = vec![
            CustomExtension::from_oid_content(&[2, 5, 29, 32], policies.to_vec()),
            CustomExtension::from_oid_content(&[1, 3, 6, 1, 5, 5, 7, 1, 1], access.to_vec()),
            CustomExtension::from_oid_content(&[1, 2, 3, 4], b"\x0c\x02hi".to_vec()),
        ];
        crate::pki::certificate::read(params.self_signed(&KeyPair::generate().unwrap()).unwrap().der())
            .unwrap()
    }

    #[test]
    fn everything_that_stands_in_a_certificate_is_read() {
        let (c, state) = (certificate(), State::default());
        let look = Look { state: &state, now: Timestamp(0), soon: 30, zone: None };
        let read = all(&c, &look);
        let value = |name: &str| read.iter().find(|(n, ..)| *n == name).map_or("", |(_, _, v)| v);
        assert_eq!(value("policies"), "anyPolicy (2.5.29.32.0)");
        assert_eq!(value("ca-issuers"), "http://i.test/ab");
        assert!(
            value("others").contains("1.2.3.4\n  UTF8String \"hi\"\n  hex 0c026869"),
            "{}",
            value("others")
        );
        assert_eq!(value("sha1").len(), 59);
        assert_eq!(value("spki-pin").len(), 44);
        assert!(value("good-for").contains("any purpose"));
        let other = certificate();
        let rows = compare(&c, &other, &look);
        let same = |label: &str| rows.iter().find(|r| r.0 == label).map(|r| r.1 == r.2);
        assert_eq!((same("Subject"), same("Fingerprint")), (Some(true), Some(false)));
    }

    #[test]
    fn every_field_has_a_name_of_its_own() {
        let mut names: Vec<_> = Certificate::FIELDS.iter().chain(MORE).map(|f| f.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|w| w[0] != w[1]), "{names:?}");
    }
}
