//! What strict programs refuse beyond the verdict of TLS: the form of certificates by RFC 5280 section 4, as
//! `openssl verify -x509_strict` tests it, which Python does since 3.13 without being asked.

use super::Link;
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::finding::Severity;
use crate::pki::der::{elements, only};

/// Adds one warning to each certificate that strict programs refuse.
pub(super) fn judge(links: &mut [Link]) {
    let count = links.len();
    for (place, link) in links.iter_mut().enumerate() {
        let reasons = reasons(&link.certificate, place + 1 < count);
        if !reasons.is_empty() {
            let text = format!("strict programs refuse its form: {}.", reasons.join("; "));
            link.add("chain.strict", Severity::Warning, &text);
        }
    }
}

/// Lists what is wrong with the form; `has_issuer` tells that the certificate of its issuer stands above it.
fn reasons(c: &Certificate, has_issuer: bool) -> Vec<&'static str> {
    let extension = |oid: &str| c.extensions.iter().find(|e| e.oid == oid);
    let critical = |oid| extension(oid).is_some_and(|e| e.critical);
    let ca = c.basic.is_some_and(|b| b.ca);
    let signs = c.key_usage.is_some_and(|u| u.0 & KeyUsage::CERT_SIGN != 0);
    let length = c.basic.is_some_and(|b| b.path_length.is_some());
    let nameless = c.subject.rdns.is_empty();
    let names = extension(NAMES);
    let signs_crls = c.key_usage.is_some_and(|u| u.0 & KeyUsage::CRL_SIGN != 0);
    [
        (length && !ca, "a path length, though it is no authority"),
        (length && ca && !signs, "a path length without the key usage keyCertSign"),
        (ca && !critical(BASIC), "basic constraints of an authority that are not critical"),
        (ca && c.key_usage.is_none(), "an authority without key usage"),
        (!ca && signs, "the key usage keyCertSign, though it is no authority"),
        (c.issuer.rdns.is_empty(), "an empty issuer name"),
        (nameless && (ca || signs_crls || names.is_none()), "an empty subject"),
        (
            nameless && names.is_some_and(|e| !e.critical),
            "an empty subject beside names that are not critical",
        ),
        (
            names.is_some_and(|e| only(0x30, &e.value.0).is_some_and(<[u8]>::is_empty)),
            "an empty list of names",
        ),
        (two_algorithms(c), "two different signature algorithms"),
        (critical(AUTHORITY), "a critical authority key identifier"),
        (critical(SUBJECT), "a critical subject key identifier"),
        (has_issuer && c.aki.is_none(), "no authority key identifier"),
        (ca && c.ski.is_none(), "an authority without subject key identifier"),
    ]
    .into_iter()
    .filter_map(|(wrong, words)| wrong.then_some(words))
    .collect()
}

const BASIC: &str = "2.5.29.19";
const NAMES: &str = "2.5.29.17";
const AUTHORITY: &str = "2.5.29.35";
const SUBJECT: &str = "2.5.29.14";

/// Tells whether the signed part names another signature algorithm than the certificate around it.
fn two_algorithms(c: &Certificate) -> bool {
    let inner_and_outer = || {
        let parts = only(0x30, &c.der.0).and_then(elements)?;
        let [(_, _, tbs), (_, outer, _), ..] = parts.as_slice() else { return None };
        let fields = elements(tbs)?;
        let version = usize::from(fields.first()?.0 == 0xa0);
        Some(fields.get(version + 1)?.1 != *outer)
    };
    inner_and_outer().unwrap_or(false)
}
