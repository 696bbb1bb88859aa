//! Lint: what is wrong with a request before it is approved, and with a certificate before it is signed. Decides
//! nothing: errors block and warnings need a reason where the verbs say so.

mod certificate;
mod key;
mod lookalike;
mod names;
mod public;

pub use certificate::certificate;

use super::issue::{ALT_NAMES, BASIC_CONSTRAINTS, kept_subject};
use crate::model::certificate::Certificate;
use crate::model::escape::visible;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::key::KeyInfo;
use crate::model::name::AltName;
use crate::model::profile::{Profile, Trust};
use crate::model::request::{Pkcs10, Proof, extension_word};

/// Looks at a request in the light of a profile. Errors block approval, warnings need a reason.
pub fn request(pkcs10: &Pkcs10, profile: &Profile, subject: Subject) -> Vec<Finding> {
    let mut report = Report { subject, findings: Vec::new() };
    proof(&mut report, &pkcs10.proof);
    key::accepted(&mut report, &pkcs10.key, profile);
    key::sound(&mut report, &pkcs10.key);
    // What is not taken over cannot do harm; that a subject cannot be taken apart is said when it is tried.
    let kept_subject = kept_subject(&pkcs10.subject, profile).unwrap_or_default();
    names::subject(&mut report, &kept_subject);
    let (kept, left): (Vec<&AltName>, Vec<&AltName>) =
        pkcs10.alt_names.iter().partition(|n| profile.alt_names.iter().any(|k| k == n.kind()));
    for name in &kept {
        names::alternative(&mut report, name);
    }
    names::agree(&mut report, &kept_subject, &kept, profile.names_needed);
    ruled(&mut report, pkcs10, &kept, profile);
    left_out(&mut report, pkcs10, &left, profile);
    asked(&mut report, pkcs10, profile);
    report.findings
}

/// Looks at a public key alone: whether it is broken from birth.
pub fn key(key: &KeyInfo, subject: Subject) -> Vec<Finding> {
    let mut report = Report { subject, findings: Vec::new() };
    key::sound(&mut report, key);
    report.findings
}

/// Holds a certificate that is about to be signed to what its profile promises beyond its own fields.
pub fn of_profile(certificate: &Certificate, profile: &Profile, subject: Subject) -> Vec<Finding> {
    let mut report = Report { subject, findings: Vec::new() };
    if profile.trust == Trust::PublicLike {
        public::certificate(&mut report, certificate);
    }
    report.findings
}

/// Holds the names to the profile's rules.
fn ruled(report: &mut Report, pkcs10: &Pkcs10, kept: &[&AltName], profile: &Profile) {
    let remedy = "Ask for a request within the rules of the profile, or choose another profile.";
    let subject = profile.subject_refusals(&pkcs10.subject);
    for why in kept.iter().filter_map(|name| profile.refusal(name)).chain(subject) {
        report.error("names.rule", format!("A rule of the profile is broken: {}.", cut(&why)), remedy);
    }
    let missing = profile.required_names.iter().filter(|k| !kept.iter().any(|n| n.kind() == k.as_str()));
    for kind in missing {
        let text = format!("There is no alternative name of the kind {kind}, which the profile needs.");
        report.error("names.none", text, "Ask for a request with one in its subjectAltName.");
    }
}

/// Says which names and attributes are asked for and not taken over.
fn left_out(report: &mut Report, pkcs10: &Pkcs10, left: &[&AltName], profile: &Profile) {
    let attributes = pkcs10.subject.rdns.iter().flatten().filter(|a| !profile.keeps(a));
    let attributes = attributes.map(|a| format!("{}={}", a.short(), a.value));
    let list = left.iter().map(|n| n.to_string()).chain(attributes).collect::<Vec<_>>().join(", ");
    if !list.is_empty() {
        let text = format!("These names are asked for and will not be issued: {}.", cut(&list));
        let remedy = "Choose a profile that takes such names over, or tell the requester.";
        report.warning("names.left-out", text, remedy);
    }
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
fn asked(report: &mut Report, pkcs10: &Pkcs10, profile: &Profile) {
    let mut authority = pkcs10.extensions.iter().filter(|e| e.oid == BASIC_CONSTRAINTS);
    let wished = authority.any(|e| matches!(e.value.0[..], [0x30, _, 1, 1, flag, ..] if flag != 0));
    match &profile.authority {
        None if wished => report.warning(
            "asked.ca",
            "The request asks to become a certificate authority; that wish will not be granted.",
            "Find out why it asks; a web server never needs it.",
        ),
        Some(_) if !wished => report.warning(
            "asked.ca",
            "The certificate will make an authority, and the request does not ask for one.",
            "Make sure that the requester means it, or choose another profile.",
        ),
        _ => {}
    }
    let copied = |oid: &str| oid == ALT_NAMES || profile.copied_extensions.iter().any(|o| o == oid);
    let ignored = pkcs10.extensions.iter().filter(|e| !copied(&e.oid)).map(|e| extension_word(&e.oid));
    let ignored = ignored.collect::<Vec<_>>().join(", ");
    if !ignored.is_empty() {
        report.info("asked.ignored", format!("The profile decides, not the request: {}.", cut(&ignored)));
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
