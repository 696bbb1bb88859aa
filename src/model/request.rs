//! Certificate requests: the PKCS#10 as read, and its life in the queue.

use serde::{Deserialize, Serialize};

use super::bytes::{Der, Digest, Serial};
use super::certificate::Extension;
use super::escape::visible;
use super::field::{Field, Record};
use super::key::KeyInfo;
use super::keyring::join;
use super::name::{AltName, Name};
use super::time::Timestamp;

/// The number of a request in the queue; rises by one, never reused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RequestId(pub u64);

impl std::fmt::Display for RequestId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// The verdict on a request's own signature, which proves possession of the key (RFC 2986 section 3).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Proof {
    /// The signature is good.
    Good,
    /// The signature is good, by an algorithm or key that is too weak; says which.
    Weak(String),
    /// The signature does not fit the key and content.
    Bad,
    /// The algorithm is not one the program can check; says which.
    CannotCheck(String),
}

/// A certification request (RFC 2986) as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pkcs10 {
    /// The exact request.
    pub der: Der,
    /// SHA-256 of the request.
    pub sha256: Digest,
    /// The subject asked for.
    pub subject: Name,
    /// The public key.
    pub key: KeyInfo,
    /// The alternative names asked for.
    pub alt_names: Vec<AltName>,
    /// Every extension asked for, raw.
    pub extensions: Vec<Extension>,
    /// Other attributes in words, such as `challengePassword` (its value is never kept in words).
    pub attributes: Vec<String>,
    /// The signature algorithm in words.
    pub signature: String,
    /// The proof of possession.
    pub proof: Proof,
}

/// What an approver decided shall be issued.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// The certifier that shall sign.
    pub certifier: String,
    /// The profile by name.
    pub profile: String,
    /// The wished validity in days; clamped again at signing.
    pub days: u32,
    /// Why warnings of the lint were accepted; empty when there were none.
    pub reason: String,
}

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Waits for a decision.
    Pending,
    /// Approved, waits for signing.
    Approved {
        /// Who approved.
        by: String,
        /// When.
        at: Timestamp,
        /// What shall be issued.
        plan: Plan,
        /// SHA-256 over what profile and policy said then.
        terms: Digest,
    },
    /// Denied.
    Denied {
        /// Who denied.
        by: String,
        /// When.
        at: Timestamp,
        /// Why, in words for the requester.
        reason: String,
    },
    /// Signed.
    Issued {
        /// Who signed.
        by: String,
        /// When.
        at: Timestamp,
        /// The certifier that signed.
        certifier: String,
        /// The serial number issued.
        serial: Serial,
        /// SHA-256 of the certificate.
        sha256: Digest,
    },
}

impl Status {
    /// Returns the status word shown in lists.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Issued { .. } => "issued",
        }
    }

    /// Tells whether somebody still has to act.
    pub fn is_open(&self) -> bool {
        matches!(self, Self::Pending | Self::Approved { .. })
    }
}

/// A request in the queue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Its number.
    pub id: RequestId,
    /// What was asked.
    pub pkcs10: Pkcs10,
    /// Where it came from, in words: `keyring mail`, `file web.csr`, `pasted`, `standard input`.
    pub source: String,
    /// The keyring that made it, if one of ours did.
    pub keyring: Option<String>,
    /// When it was received.
    pub received: Timestamp,
    /// Who received or made it.
    pub by: String,
    /// Where it stands.
    pub status: Status,
}

impl Proof {
    /// Returns the verdict in words.
    pub fn text(&self) -> String {
        match self {
            Self::Good => "good: the requester holds the private key".into(),
            Self::Weak(why) => format!("good, but weak: {}", visible(why)),
            Self::Bad => "BAD: the signature does not fit the key and content".into(),
            Self::CannotCheck(what) => format!("cannot be checked here: {}", visible(what)),
        }
    }
}

/// Returns the usual name of an extension, or its OID.
pub fn extension_word(oid: &str) -> &str {
    match oid {
        "2.5.29.14" => "subjectKeyIdentifier",
        "2.5.29.15" => "keyUsage",
        "2.5.29.17" => "subjectAltName",
        "2.5.29.19" => "basicConstraints",
        "2.5.29.30" => "nameConstraints",
        "2.5.29.31" => "cRLDistributionPoints",
        "2.5.29.32" => "certificatePolicies",
        "2.5.29.35" => "authorityKeyIdentifier",
        "2.5.29.37" => "extKeyUsage",
        "2.5.29.56" => "noRevAvail",
        "1.3.6.1.5.5.7.1.1" => "authorityInfoAccess",
        "1.3.6.1.5.5.7.48.1.5" => "ocspNoCheck",
        "1.3.6.1.5.5.7.1.24" => "tlsfeature",
        other => other,
    }
}

fn status_text(request: &Request) -> String {
    match &request.status {
        Status::Pending => "pending: waits for a decision".into(),
        Status::Approved { by, at, plan, .. } => {
            let reason = match plan.reason.as_str() {
                "" => String::new(),
                reason => format!("; warnings accepted: {}", visible(reason)),
            };
            format!(
                "approved by {} on {}: {} shall sign, profile {}, {} days{reason}",
                visible(by),
                at.text(),
                plan.certifier,
                plan.profile,
                plan.days
            )
        }
        Status::Denied { by, at, reason } => {
            format!("denied by {} on {}: {}", visible(by), at.text(), visible(reason))
        }
        Status::Issued { by, at, certifier, serial, .. } => {
            format!("issued by {} on {}: certifier {certifier}, serial {serial}", visible(by), at.text())
        }
    }
}

impl Record for Request {
    const NOUN: &'static str = "request";
    const FIELDS: &'static [Field<Self>] = &[
        Field::derived("id", "Number", "The number in the queue.", |x, _| x.id.to_string()),
        Field::derived("status", "Status", "Where it stands.", |x, _| status_text(x)),
        Field::derived("subject", "Subject", "The name asked for.", |x, _| x.pkcs10.subject.text()),
        Field::derived("names", "Names", "The alternative names asked for.", |x, _| {
            join(x.pkcs10.alt_names.iter())
        }),
        Field::derived("key", "Key", "The kind of the key.", |x, _| x.pkcs10.key.algorithm.clone()),
        Field::derived("key-sha256", "Key fingerprint", "SHA-256 of the public key.", |x, _| {
            x.pkcs10.key.sha256.to_string()
        }),
        Field::derived(
            "proof",
            "Proof of possession",
            "Whether the requester holds the private key.",
            |x, _| x.pkcs10.proof.text(),
        ),
        Field::derived("signature", "Signature", "The algorithm of the request's own signature.", |x, _| {
            x.pkcs10.signature.clone()
        }),
        Field::derived(
            "asked",
            "Extensions asked",
            "What else the requester wished; the profile decides.",
            |x, _| {
                join(x.pkcs10.extensions.iter().map(|e| {
                    let critical = if e.critical { ", critical" } else { "" };
                    format!("{} ({} bytes{critical})", extension_word(&e.oid), e.value.0.len())
                }))
            },
        ),
        Field::derived("attributes", "Attributes", "Other attributes of the request.", |x, _| {
            join(x.pkcs10.attributes.iter().map(|a| visible(a)))
        }),
        Field::derived("source", "Source", "Where the request came from.", |x, _| visible(&x.source)),
        Field::derived("received", "Received", "When and by whom.", |x, _| {
            format!("{} by {}", x.received.text(), visible(&x.by))
        }),
        Field::derived("sha256", "Fingerprint", "SHA-256 of the request.", |x, _| {
            x.pkcs10.sha256.to_string()
        }),
    ];
}
