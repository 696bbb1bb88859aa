//! Tests each certificate of a chain and each edge to its issuer: signature, dates, authority, key usage, path length,
//! extended key usage, host name, and whether the chain ends where trust begins.

use super::{Link, Question, signature_of};
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::name::Name;
use crate::pki::signature::Verdict;

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const ANY: &str = "2.5.29.37.0";

/// Adds findings to every link; returns the issuer that is missing.
pub(super) fn judge(question: &Question<'_>, links: &mut [Link]) -> Option<Name> {
    let mut below = 0; // intermediates under an issuer that count for its path length
    for i in 0..links.len() {
        let (lower, upper) = links.split_at_mut(i + 1);
        let Some(link) = lower.last_mut() else { break };
        let (c, found) = (&link.certificate, &mut link.findings);
        dates(question, c, found);
        if i == 0 {
            leaf(question, c, found);
        } else {
            issuer(c, below, found);
            below += usize::from(!c.is_self_issued());
        }
        roles(c, i == 0, found);
        if let Some(upper) = upper.first() {
            edge(c, &upper.certificate, found);
        }
    }
    top(question, links)
}

/// Makes a finding that names its certificate.
pub(super) fn finding(rule: &str, severity: Severity, certificate: &Certificate, text: &str) -> Finding {
    let text = format!("{}: {text}", certificate.subject.title());
    Finding::new(rule, severity, Subject::Certificate(certificate.sha256), text)
}

fn dates(question: &Question<'_>, c: &Certificate, found: &mut Vec<Finding>) {
    if question.at > c.not_after {
        let text = format!("expired on {}.", c.not_after.text());
        let remedy = "Install a renewed certificate, or check the clock.";
        found.push(finding("chain.expired", Severity::Error, c, &text).remedy(remedy, None));
    }
    if question.at < c.not_before {
        let text = format!("is valid from {} only.", c.not_before.text());
        found.push(finding("chain.not-yet", Severity::Error, c, &text).remedy("Check the clock.", None));
    }
}

fn leaf(question: &Question<'_>, c: &Certificate, found: &mut Vec<Finding>) {
    if let Some(host) = question.host.filter(|h| !c.covers(h)) {
        let names = c.alt_names.iter().take(10).map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let text = if names.is_empty() {
            format!("does not name {host}: it has no alternative names, and the common name never counts.")
        } else {
            format!("does not name {host}; it names {names}.")
        };
        let remedy = "Request a certificate that has this host name among its alternative names.";
        found.push(finding("chain.host", Severity::Error, c, &text).remedy(remedy, None));
    }
    if c.basic.is_some_and(|b| b.ca) {
        let text = "is the certificate of an authority; TLS refuses it as a server's own.";
        found.push(finding("chain.leaf-is-ca", Severity::Error, c, text));
    }
}

/// Tests whether a certificate may issue. `below` counts the intermediates under it.
fn issuer(c: &Certificate, below: usize, found: &mut Vec<Finding>) {
    if !c.basic.is_some_and(|b| b.ca) {
        let text = "signed a certificate and is no authority (basic constraints CA:TRUE are missing).";
        found.push(finding("chain.not-ca", Severity::Error, c, text));
    }
    if c.key_usage.is_some_and(|u| u.0 & KeyUsage::CERT_SIGN == 0) {
        let text = "signed a certificate and its key usage lacks keyCertSign; OpenSSL refuses that.";
        found.push(finding("chain.key-usage", Severity::Error, c, text));
    }
    let length = c.basic.and_then(|b| b.path_length).and_then(|n| usize::try_from(n).ok());
    if let Some(length) = length.filter(|n| below > *n) {
        let text = format!("allows {length} intermediates under it; the chain has {below}.");
        found.push(finding("chain.path-length", Severity::Error, c, &text));
    }
}

fn roles(c: &Certificate, is_leaf: bool, found: &mut Vec<Finding>) {
    if c.extended.is_empty() || c.extended.iter().any(|o| o == SERVER) {
        return;
    }
    // "any" satisfies some programs and not webpki.
    let severity = if c.extended.iter().any(|o| o == ANY) { Severity::Warning } else { Severity::Error };
    let who = if is_leaf { "is not for servers" } else { "may not issue for servers" };
    let text = format!("{who}: its extended key usage is {}.", c.extended_words());
    found.push(finding("chain.extended", severity, c, &text));
}

fn edge(c: &Certificate, issuer: &Certificate, found: &mut Vec<Finding>) {
    let by = issuer.subject.title();
    match signature_of(c, issuer) {
        Verdict::Good => {}
        Verdict::Weak(how) => {
            let text = format!("the signature of {by} is good but weak ({how}); TLS of today refuses it.");
            found.push(finding("chain.weak", Severity::Warning, c, &text));
        }
        Verdict::Bad => {
            let text = format!("was not signed by the key of {by}, though that is the name of its issuer.");
            let remedy = "Look for another certificate of this issuer, with the key that signed.";
            found.push(finding("chain.signature", Severity::Error, c, &text).remedy(remedy, None));
        }
        Verdict::CannotCheck(what) => {
            let text = format!("the signature of {by} cannot be checked here ({what}).");
            found.push(finding("chain.unchecked", Severity::Warning, c, &text));
        }
    }
    if let (Some(aki), Some(ski)) = (&c.aki, &issuer.ski)
        && aki != ski
    {
        let text =
            format!("names another key of its issuer than that of {by}; OpenSSL does not build this chain.");
        found.push(finding("chain.key-id", Severity::Warning, c, &text));
    }
}

/// Tests where the chain ends; returns the issuer that is missing.
fn top(question: &Question<'_>, links: &mut [Link]) -> Option<Name> {
    let last = links.last_mut()?;
    let c = &last.certificate;
    if question.anchors.iter().any(|a| a.sha256 == c.sha256) {
        return None;
    }
    if c.is_self_issued() && signature_of(c, c) != Verdict::Bad {
        let text = "is self-signed and not among the trusted roots.";
        let remedy = "Compare its fingerprint with its owner, then trust it.";
        last.findings.push(finding("chain.untrusted", Severity::Error, c, text).remedy(remedy, None));
        return None;
    }
    let text = format!("the certificate of its issuer {} is not at hand.", c.issuer.text());
    let remedy = "Fetch it from that authority and install it.";
    let missing = c.issuer.clone();
    last.findings.push(finding("chain.missing", Severity::Error, c, &text).remedy(remedy, None));
    Some(missing)
}
