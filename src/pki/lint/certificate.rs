//! Lint of certificates, by RFC 5280 section 4 and its relatives. Looks at one certificate alone; chains are explained
//! elsewhere.

use super::{Report, key, names};
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::name::AltName;
use crate::model::request::extension_word;
use crate::pki::issue::{ALT_NAMES, BASIC_CONSTRAINTS, KEY_USAGE};

const SERVER: &str = "1.3.6.1.5.5.7.3.1";

/// Looks at a certificate (often a preview whose signature is empty). Errors block signing.
pub fn certificate(certificate: &Certificate, subject: Subject) -> Vec<Finding> {
    let mut report = Report { subject, findings: Vec::new() };
    frame(&mut report, certificate);
    extensions(&mut report, certificate);
    usage(&mut report, certificate);
    key::sound(&mut report, &certificate.key);
    if certificate.key.algorithm.starts_with("RSA") && certificate.key.bits < 2048 {
        let text = format!("The RSA key has {} bits only.", certificate.key.bits);
        report.warning("key.rsa-small", text, "Most peers refuse keys under 2048 bits.");
    }
    names::subject(&mut report, &certificate.subject);
    for name in &certificate.alt_names {
        names::alternative(&mut report, name);
    }
    let all: Vec<&AltName> = certificate.alt_names.iter().collect();
    names::agree(&mut report, &certificate.subject, &all, certificate.extended.iter().any(|o| o == SERVER));
    report.findings
}

/// Serial, validity, names and signature algorithm.
fn frame(report: &mut Report, c: &Certificate) {
    let again = "Issue it again with a new serial number.";
    match c.serial.0[..] {
        [] | [0] => report.error("serial.positive", "The serial number is zero.", again),
        [first, ..] if first >= 0x80 => {
            report.error("serial.positive", "The serial number is negative.", again)
        }
        _ => {}
    }
    if c.serial.0.len() > 20 {
        report.error("serial.size", "The serial number is longer than 20 octets.", again);
    } else if c.serial.0.len() < 8 {
        report.info(
            "serial.size",
            "The serial number is short; 8 random octets at least make it hard to guess.",
        );
    }
    if c.not_after < c.not_before {
        let text = format!("It ends ({}) before it begins ({}).", c.not_after.text(), c.not_before.text());
        report.error("validity.order", text, "Choose another validity.");
    }
    if c.issuer.rdns.is_empty() {
        report.error("names.issuer", "The issuer has no name.", "Sign with a certifier that has one.");
    }
    if ["SHA-1", "SHA1", "MD5", "MD2"].iter().any(|weak| c.signature.contains(weak)) {
        let text = format!("The signature algorithm {} is broken.", c.signature);
        report.error("signature.weak", text, "Issue it again with SHA-256.");
    }
}

/// Which extensions there are and how they are marked.
fn extensions(report: &mut Report, c: &Certificate) {
    let find = |oid: &str| c.extensions.iter().find(|e| e.oid == oid);
    for (i, e) in c.extensions.iter().enumerate() {
        if c.extensions[..i].iter().any(|other| other.oid == e.oid) {
            let text = format!("The extension {} stands in it twice.", extension_word(&e.oid));
            report.error("extension.twice", text, "Issue it again; clients refuse such a certificate.");
        }
    }
    let authority = c.basic.is_some_and(|b| b.ca);
    if authority && find(BASIC_CONSTRAINTS).is_some_and(|e| !e.critical) {
        let text = "The basic constraints of an authority are not marked critical.";
        report.error("basic.critical", text, "RFC 5280 section 4.2.1.9 demands it.");
    }
    if c.basic.is_some_and(|b| !b.ca && b.path_length.is_some()) {
        report.error(
            "basic.path-length",
            "It has a path length but is no authority.",
            "Issue it again without.",
        );
    }
    if authority && c.subject.rdns.is_empty() {
        report.error("names.none", "An authority needs a subject.", "Give it a name.");
    }
    if c.subject.rdns.is_empty() && find(ALT_NAMES).is_some_and(|e| !e.critical) {
        let text = "The subject is empty and the alternative names are not marked critical.";
        report.error("names.critical", text, "RFC 5280 section 4.2.1.6 demands it.");
    }
    if c.aki.is_none() && !c.is_self_issued() {
        let text = "The authority key identifier is missing, so chains are hard to build.";
        report.error("identifier.authority", text, "Issue it again with the issuer's key identifier.");
    }
    if c.ski.is_none() {
        let severity = if authority { Severity::Error } else { Severity::Info };
        report.add("identifier.subject", severity, "The subject key identifier is missing.", "");
    }
}

/// Key usage against key kind, authority and extended key usage.
fn usage(report: &mut Report, c: &Certificate) {
    let authority = c.basic.is_some_and(|b| b.ca);
    let Some(KeyUsage(bits)) = c.key_usage else {
        if authority {
            let text = "An authority without key usage: RFC 5280 section 4.2.1.3 demands keyCertSign.";
            report.error("usage.missing", text, "Issue it again with keyCertSign and cRLSign.");
        } else {
            report.warning("usage.missing", "The key usage is missing.", "Choose a profile that names it.");
        }
        return;
    };
    let has = |name: &str| KeyUsage::from_name(name).is_some_and(|bit| bits & bit != 0);
    if bits == 0 {
        report.error(
            "usage.empty",
            "The key usage allows nothing.",
            "Choose a profile that names at least one.",
        );
    }
    if c.extensions.iter().any(|e| e.oid == KEY_USAGE && !e.critical) {
        report.info("usage.critical", "The key usage is not marked critical.");
    }
    if authority && bits & KeyUsage::CERT_SIGN == 0 {
        let text = "It is an authority and its key usage lacks keyCertSign.";
        report.error("usage.authority", text, "Issue it again with keyCertSign.");
    }
    if !authority && bits & KeyUsage::CERT_SIGN != 0 {
        let text = "Its key usage allows keyCertSign and it is no authority.";
        report.error("usage.authority", text, "Take keyCertSign out of the profile.");
    }
    // RFC 8813 and RFC 8410 section 5 forbid what the key cannot do; RFC 3279 section 2.3.1 for RSA.
    let rsa = c.key.algorithm.starts_with("RSA ");
    let unfit: &[&str] = match () {
        () if rsa => &["keyAgreement", "encipherOnly", "decipherOnly"],
        () if ["Ed25519", "Ed448"].contains(&c.key.algorithm.as_str())
            || c.key.algorithm.starts_with("RSA-PSS") =>
        {
            &["keyEncipherment", "dataEncipherment", "keyAgreement", "encipherOnly", "decipherOnly"]
        }
        () => &["keyEncipherment", "dataEncipherment"],
    };
    for name in unfit.iter().filter(|name| has(name)) {
        let text = format!("The key usage {name} does not fit a key of the kind {}.", c.key.algorithm);
        report.error("usage.key", text, "Correct the profile.");
    }
    let server = c.extended.iter().any(|o| o == SERVER);
    if server && !authority && !["digitalSignature", "keyEncipherment", "keyAgreement"].iter().any(|n| has(n))
    {
        let text = "It is for servers and its key usage allows no TLS handshake.";
        report.error("usage.extended", text, "Add digitalSignature to the profile.");
    }
}
