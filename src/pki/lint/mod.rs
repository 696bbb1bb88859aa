//! Lint: what is wrong with a request before it is approved, and with a certificate before it is signed. Decides
//! nothing: errors block and warnings need a reason where the verbs say so.

mod certificate;
mod key;
mod names;

pub use certificate::certificate;

use super::issue::{ALT_NAMES, BASIC_CONSTRAINTS};
use crate::model::escape::visible;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::name::AltName;
use crate::model::profile::Profile;
use crate::model::request::{Pkcs10, Proof, extension_word};

/// Looks at a request in the light of a profile. Errors block approval, warnings need a reason.
pub fn request(pkcs10: &Pkcs10, profile: &Profile, subject: Subject) -> Vec<Finding> {
    let mut report = Report { subject, findings: Vec::new() };
    proof(&mut report, &pkcs10.proof);
    key::accepted(&mut report, &pkcs10.key, profile);
    key::sound(&mut report, &pkcs10.key);
    names::subject(&mut report, &pkcs10.subject);
    let (kept, left): (Vec<&AltName>, Vec<&AltName>) =
        pkcs10.alt_names.iter().partition(|n| profile.alt_names.iter().any(|k| k == kind(n)));
    for name in &kept {
        names::alternative(&mut report, name);
    }
    names::agree(&mut report, &pkcs10.subject, &kept, profile.names_needed);
    if !left.is_empty() {
        let list = left.iter().map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
        let text = format!("These names are asked for and will not be issued: {}.", cut(&list));
        let remedy = "Choose a profile that takes such names over, or tell the requester.";
        report.warning("names.left-out", text, remedy);
    }
    asked(&mut report, pkcs10);
    report.findings
}

/// Collects findings about one subject.
struct Report {
    subject: Subject,
    findings: Vec<Finding>,
}

impl Report {
    fn add(&mut self, rule: &str, severity: Severity, text: impl Into<String>, remedy: &str) {
        self.findings.push(Finding::new(rule, severity, self.subject.clone(), text).remedy(remedy, None));
    }

    fn error(&mut self, rule: &str, text: impl Into<String>, remedy: &str) {
        self.add(rule, Severity::Error, text, remedy);
    }

    fn warning(&mut self, rule: &str, text: impl Into<String>, remedy: &str) {
        self.add(rule, Severity::Warning, text, remedy);
    }

    fn info(&mut self, rule: &str, text: impl Into<String>) {
        self.add(rule, Severity::Info, text, "");
    }
}

fn proof(report: &mut Report, proof: &Proof) {
    match proof {
        Proof::Good => {}
        Proof::Bad => report.error(
            "proof.bad",
            "The request's own signature does not fit: nothing proves that the requester holds the private key.",
            "The request was altered or cut; ask for it again.",
        ),
        Proof::Weak(how) => report.warning(
            "proof.weak",
            format!("The request's own signature is good but weak: {how}."),
            "Ask for a request signed with SHA-256 and a key of today.",
        ),
        Proof::CannotCheck(what) => report.warning(
            "proof.unchecked",
            format!("The request's own signature cannot be checked here: {what}."),
            "Make sure by another way that the requester holds the private key.",
        ),
    }
}

/// Says what the requester wished beside names; the profile decides it.
fn asked(report: &mut Report, pkcs10: &Pkcs10) {
    let authority = pkcs10.extensions.iter().filter(|e| e.oid == BASIC_CONSTRAINTS);
    if authority.into_iter().any(|e| matches!(e.value.0[..], [0x30, _, 1, 1, flag, ..] if flag != 0)) {
        report.warning(
            "asked.ca",
            "The request asks to become a certificate authority; that wish will not be granted.",
            "Find out why it asks; a web server never needs it.",
        );
    }
    let ignored = pkcs10.extensions.iter().filter(|e| e.oid != ALT_NAMES).map(|e| extension_word(&e.oid));
    let ignored = ignored.collect::<Vec<_>>().join(", ");
    if !ignored.is_empty() {
        report.info("asked.ignored", format!("The profile decides, not the request: {}.", cut(&ignored)));
    }
}

/// The word by which profiles name a kind of alternative name.
fn kind(name: &AltName) -> &'static str {
    match name {
        AltName::Dns(_) => "dns",
        AltName::Ip(_) => "ip",
        AltName::Email(_) => "email",
        AltName::Uri(_) => "uri",
        AltName::Other(..) => "other",
    }
}

/// Escapes a foreign text and cuts it to a length that fits into one sentence.
fn cut(text: &str) -> String {
    let text = visible(text);
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}... ({} characters)", &text[..end], text.chars().count()),
        None => text,
    }
}

#[cfg(test)]
mod tests;
