//! Tests each certificate of a chain and each edge to its issuer: signature, dates, authority, key usage, path length,
//! extended key usage, host name, and whether the chain ends where trust begins.

use super::{Link, Question, signature_of};
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::name::Name;
use crate::pki::signature::Verdict;

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const ANY: &str = "2.5.29.37.0";

/// The critical extensions that TLS of today understands (by webpki). Others make a certificate useless for it.
const UNDERSTOOD: &[&str] = &["2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.37"];
/// Those that OpenSSL understands beside them: policies and their constraints.
const POLICIES: &[&str] = &["2.5.29.32", "2.5.29.33", "2.5.29.36", "2.5.29.54"];

/// Adds findings to every link, and what was found right; returns the issuer that is missing.
pub(super) fn judge(question: &Question<'_>, links: &mut [Link]) -> Option<Name> {
    let mut below = 0; // intermediates under an issuer that count for its path length
    for i in 0..links.len() {
        let (lower, upper) = links.split_at_mut(i + 1);
        let Some(link) = lower.last_mut() else { break };
        if let Some(upper) = upper.first() {
            edge(link, &upper.certificate);
        }
        dates(question, link);
        if i == 0 {
            leaf(question, link);
        } else {
            issuer(link, below);
            below += usize::from(!link.certificate.is_self_issued());
        }
        roles(link, i == 0);
        extensions(link);
        key(link);
    }
    top(question, links)
}

/// Makes a finding that names its certificate.
pub(super) fn finding(rule: &str, severity: Severity, certificate: &Certificate, text: &str) -> Finding {
    let text = format!("{}: {text}", certificate.subject.title());
    Finding::new(rule, severity, Subject::Certificate(certificate.sha256), text)
}

impl Link {
    /// Adds a finding about its certificate.
    pub(super) fn add(&mut self, rule: &str, severity: Severity, text: &str) {
        let finding = finding(rule, severity, &self.certificate, text);
        self.findings.push(finding);
    }

    /// Adds a finding with what to do, and the command that does it.
    fn advise(&mut self, rule: &str, severity: Severity, text: &str, remedy: &str, command: Option<&str>) {
        let finding = finding(rule, severity, &self.certificate, text).remedy(remedy, command);
        self.findings.push(finding);
    }

    /// Notes what was found right.
    pub(super) fn right(&mut self, what: impl Into<String>) {
        self.checked.push(what.into());
    }
}

fn dates(question: &Question<'_>, link: &mut Link) {
    let (from, to) = (link.certificate.not_before, link.certificate.not_after);
    if question.at > to {
        let text = format!("expired on {}.", to.text());
        let remedy = "Install a renewed certificate, or check the clock.";
        link.advise("chain.expired", Severity::Error, &text, remedy, Some("keyring.install"));
    } else if question.at < from {
        let text = format!("is valid from {} only.", from.text());
        link.advise("chain.not-yet", Severity::Error, &text, "Check the clock.", None);
    } else {
        link.right("dates");
    }
}

/// The rule that the certificate at the bottom is no authority.
pub(super) const LEAF_IS_CA: &str = "chain.leaf-is-ca";

/// How a breach of [`LEAF_IS_CA`] is told, after the name of the certificate.
pub(super) const LEAF_IS_CA_TEXT: &str =
    "is the certificate of an authority; TLS refuses it as a server's own.";

fn leaf(question: &Question<'_>, link: &mut Link) {
    let c = &link.certificate;
    match question.host {
        Some(host) if c.covers(host) => link.right(format!("names {host}")),
        Some(host) => {
            let names = c.alt_names.iter().take(10).map(ToString::to_string).collect::<Vec<_>>().join(", ");
            let text = if names.is_empty() {
                format!(
                    "does not name {host}: it has no alternative names, and the common name never counts."
                )
            } else {
                format!("does not name {host}; it names {names}.")
            };
            let remedy = "Request a certificate that has this host name among its alternative names.";
            link.advise("chain.host", Severity::Error, &text, remedy, Some("keyring.create"));
        }
        None => {}
    }
    if link.certificate.basic.is_some_and(|b| b.ca) {
        link.add(LEAF_IS_CA, Severity::Error, LEAF_IS_CA_TEXT);
    }
}

/// Tests whether a certificate may issue. `below` counts the intermediates under it.
fn issuer(link: &mut Link, below: usize) {
    let (basic, usage) = (link.certificate.basic, link.certificate.key_usage);
    if basic.is_some_and(|b| b.ca) {
        link.right("is an authority");
    } else {
        let text = "signed a certificate and is no authority (basic constraints CA:TRUE are missing).";
        link.add("chain.not-ca", Severity::Error, text);
    }
    match usage {
        Some(usage) if usage.0 & KeyUsage::CERT_SIGN == 0 => {
            let text = "signed a certificate and its key usage lacks keyCertSign; OpenSSL refuses that.";
            link.add("chain.key-usage", Severity::Error, text);
        }
        Some(_) => link.right("keyCertSign"),
        None => link.right("key usage not restricted"),
    }
    match basic.and_then(|b| b.path_length) {
        Some(length) if usize::try_from(length).is_ok_and(|length| below > length) => {
            let text = format!("allows {length} intermediates under it; the chain has {below}.");
            link.add("chain.path-length", Severity::Error, &text);
        }
        Some(length) => link.right(format!("path length {length}, {below} used")),
        None => link.right("no path length limit"),
    }
}

fn roles(link: &mut Link, is_leaf: bool) {
    let c = &link.certificate;
    if c.extended.iter().any(|o| o == SERVER) {
        return link.right("for servers (serverAuth)");
    } else if c.extended.is_empty() {
        return link.right(if is_leaf { "for any use" } else { "no extended key usage limit" });
    }
    // "any" satisfies some programs and not webpki.
    let severity = if c.extended.iter().any(|o| o == ANY) { Severity::Warning } else { Severity::Error };
    let who = if is_leaf { "is not for servers" } else { "may not issue for servers" };
    let text = format!("{who}: its extended key usage is {}.", c.extended_words());
    link.add("chain.extended", severity, &text);
}

fn extensions(link: &mut Link) {
    let critical = link.certificate.extensions.iter().filter(|e| e.critical).map(|e| e.oid.as_str());
    let strange: Vec<_> = critical.filter(|oid| !UNDERSTOOD.contains(oid)).collect();
    if strange.is_empty() {
        return link.right("critical extensions understood");
    }
    let known = if strange.iter().all(|oid| POLICIES.contains(oid)) {
        " OpenSSL understands it, strict TLS does not."
    } else {
        ""
    };
    let text = format!("a critical extension is not understood: {}.{known}", strange.join(", "));
    link.add("chain.critical", Severity::Error, &text);
}

fn key(link: &mut Link) {
    let key = &link.certificate.key;
    if key.algorithm.starts_with("RSA") && (1..2048).contains(&key.bits) {
        let text = format!("its key {} is too short; TLS of today refuses it.", key.algorithm);
        let remedy = "Make a new keyring with a key of 2048 bits at least, or on P-256.";
        link.advise("chain.weak-key", Severity::Warning, &text, remedy, Some("keyring.create"));
    }
}

fn edge(link: &mut Link, issuer: &Certificate) {
    let by = issuer.subject.title();
    match signature_of(&link.certificate, issuer) {
        Verdict::Good => link.right(format!("signature of {by}")),
        Verdict::Weak(how) => {
            let text = format!("the signature of {by} is good but weak ({how}); TLS of today refuses it.");
            link.add("chain.weak", Severity::Warning, &text);
        }
        Verdict::Bad => {
            let text = format!("was not signed by the key of {by}, though that is the name of its issuer.");
            let remedy = "Look for another certificate of this issuer, with the key that signed.";
            link.advise("chain.signature", Severity::Error, &text, remedy, Some("keyring.install"));
        }
        Verdict::CannotCheck(what) => {
            let text = format!("the signature of {by} cannot be checked here ({what}).");
            link.add("chain.unchecked", Severity::Warning, &text);
        }
    }
    match (&link.certificate.aki, &issuer.ski) {
        (Some(aki), Some(ski)) if aki != ski => {
            let text = format!(
                "names another key of its issuer than that of {by}; OpenSSL does not build this chain."
            );
            link.add("chain.key-id", Severity::Warning, &text);
        }
        (Some(_), Some(_)) => link.right("key identifiers"),
        _ => {}
    }
    if issuer.not_after < link.certificate.not_after {
        let (ends, end) = (link.certificate.not_after.date(), issuer.not_after.text());
        let text = format!("ends on {ends}, after its issuer {by}, which ends on {end}.");
        let remedy = "Renew the issuer before that day; the certificate does not verify any longer than it.";
        link.advise("chain.nesting", Severity::Warning, &text, remedy, None);
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
        last.advise("chain.untrusted", Severity::Error, text, remedy, Some("keyring.trust"));
        return None;
    }
    let text = format!("the certificate of its issuer {} is not at hand.", c.issuer.text());
    let remedy = "Fetch it from that authority and install it.";
    let missing = c.issuer.clone();
    last.advise("chain.missing", Severity::Error, &text, remedy, Some("keyring.install"));
    Some(missing)
}
