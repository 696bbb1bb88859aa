//! Explains a chain, leaf to root, edge by edge, and asks webpki for the verdict that TLS will give. The verdict is
//! webpki's; the reasons are ours, for webpki names no certificate.

mod bundle;
mod climb;
mod constraints;
mod edges;
mod horizon;
pub mod inquiry;
pub mod report;
mod revocation;
mod strict;
mod verdict;

use std::collections::BTreeSet;

use super::signature::{self, Verdict};
pub use constraints::{beyond, forbidden};

use crate::model::bytes::{Der, Digest};
use crate::model::certificate::Certificate;
use crate::model::finding::{Finding, Severity};
use crate::model::name::Name;
use crate::model::time::Timestamp;

/// One step of a chain.
#[derive(Debug, Clone)]
pub struct Link {
    /// The certificate.
    pub certificate: Certificate,
    /// Where it came from: `sent`, `keyring mail`, `trusted root`.
    pub origin: String,
    /// What is wrong or notable with it and with the edge to its issuer.
    pub findings: Vec<Finding>,
    /// What was looked at and found right, in a few words each.
    pub checked: Vec<String>,
    /// What the CRLs say of it, in words; empty where nobody can revoke it.
    pub revocation: String,
}

/// A chain explained.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Leaf first; ends with a root when one was found.
    pub links: Vec<Link>,
    /// Whether TLS will accept it (webpki's verdict, for server authentication).
    pub trusted: bool,
    /// The verdict in words: `trusted`, or why not.
    pub verdict: String,
    /// The issuer that is missing, when the chain stops early.
    pub missing: Option<Name>,
}

/// What to explain.
pub struct Question<'a> {
    /// The certificate at the bottom.
    pub leaf: &'a Certificate,
    /// Certificates that may stand between, with their origin.
    pub pool: &'a [(&'a Certificate, String)],
    /// Trust anchors.
    pub anchors: &'a [&'a Certificate],
    /// The host name asked for, if any.
    pub host: Option<&'a str>,
    /// The date of the verdict.
    pub at: Timestamp,
    /// CRLs that may say something, as DER.
    pub crls: &'a [&'a [u8]],
}

/// Explains. Never fails: what cannot be told is a finding.
pub fn explain(question: &Question<'_>) -> Explanation {
    foresee(question, question.at)
}

/// Explains for a date that may be later than `now`: a CRL that is fresh now is then not held to be stale, for another
/// one will have replaced it.
pub fn foresee(question: &Question<'_>, now: Timestamp) -> Explanation {
    let mut links = climb::climb(question);
    let missing = edges::judge(question, &mut links);
    constraints::judge(&mut links);
    strict::judge(&mut links);
    let revoked = revocation::judge(question, now, &mut links);
    let errors = links.iter().flat_map(|l| &l.findings).filter(|f| f.severity == Severity::Error);
    let first = errors.map(|f| f.text.clone()).next();
    let (trusted, verdict) = match (revoked, verdict::tls(question), first) {
        (Some(why), ..) => (false, why),
        (None, Ok(()), None) => (true, "trusted".into()),
        // webpki knows nothing of a root's end or of key usage; other programs do.
        (None, Ok(()), Some(why)) => {
            (true, format!("trusted by strict TLS, but other programs refuse: {why}"))
        }
        (None, Err(_), Some(why)) => (false, why),
        (None, Err(why), None) => (false, why),
    };
    Explanation { links, trusted, verdict, missing }
}

/// Tells whether `issuer`'s key made the signature of `certificate`.
pub fn signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    matches!(signature_of(certificate, issuer), Verdict::Good | Verdict::Weak(_))
}

/// Sorts certificates in any order into leaf, intermediates upward, and roots; what fits nowhere comes last.
/// Duplicates are dropped.
pub fn sort(certificates: Vec<Certificate>) -> Vec<Certificate> {
    let mut rest: Vec<Certificate> = Vec::with_capacity(certificates.len());
    for certificate in certificates {
        if rest.iter().all(|c| c.sha256 != certificate.sha256) {
            rest.push(certificate);
        }
    }
    let mut sorted = Vec::with_capacity(rest.len());
    let mut next = bottom(&rest);
    while let Some(position) = next {
        let current = rest.remove(position);
        next = if current.is_self_issued() {
            None
        } else {
            let named = |c: &Certificate| c.subject.der == current.issuer.der;
            rest.iter()
                .position(|c| {
                    named(c) && current.aki.is_some() && current.aki == c.ski && signed_by(&current, c)
                })
                .or_else(|| rest.iter().position(|c| named(c) && signed_by(&current, c)))
                .or_else(|| rest.iter().position(named))
        };
        sorted.push(current);
    }
    sorted.extend(rest);
    sorted
}

/// Finds the certificate at the bottom of a bundle in any order: one that issues none of the others. `None` when empty.
pub fn bottom(certificates: &[Certificate]) -> Option<usize> {
    let issuers: BTreeSet<(&Der, &Digest)> =
        certificates.iter().map(|c| (&c.issuer.der, &c.sha256)).collect();
    let issues = |c: &Certificate| {
        let of_name = (&c.subject.der, &Digest([0; 32]))..=(&c.subject.der, &Digest([0xff; 32]));
        issuers.range(of_name).any(|(_, sha256)| **sha256 != c.sha256)
    };
    let find = |wanted: &dyn Fn(&Certificate) -> bool| certificates.iter().position(wanted);
    find(&|c| !issues(c) && !c.is_ca())
        .or_else(|| find(&|c| !issues(c) && !c.is_self_issued()))
        .or_else(|| find(&|c| !c.is_ca()))
        .or_else(|| find(&|_| true))
}

fn signature_of(certificate: &Certificate, issuer: &Certificate) -> Verdict {
    match super::issue::signed_parts(&certificate.der.0) {
        Some((tbs, algorithm, bits)) => signature::check(&issuer.key.spki.0, algorithm, bits, tbs),
        None => Verdict::Bad,
    }
}
