//! Explains a chain, leaf to root, edge by edge, and asks webpki for the verdict that TLS will give.

use crate::model::certificate::Certificate;
use crate::model::finding::Finding;
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
pub fn explain(_question: &Question<'_>) -> Explanation {
    todo!()
}

/// Sorts certificates in any order into leaf, intermediates upward, and roots; what fits nowhere comes last.
pub fn sort(_certificates: Vec<Certificate>) -> Vec<Certificate> {
    todo!()
}

/// Tells whether `issuer`'s key made the signature of `certificate`.
pub fn signed_by(_certificate: &Certificate, _issuer: &Certificate) -> bool {
    todo!()
}
