//! Certificate requests: the PKCS#10 as read, and the request in the queue. What becomes of it there is in `life`, what is
//! counted in `queue`.

pub mod edit;
mod kept;
mod life;
mod note;
pub mod pickup;
mod plan;
pub mod queue;
mod told;

pub use kept::Requests;
use serde::{Deserialize, Serialize};

use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certificate::Extension;
use crate::model::escape::visible;
use crate::model::field::{Field, Record};
use crate::model::issued::Approval;
use crate::model::key::KeyInfo;
use crate::model::keyring::join;
use crate::model::name::{AltName, Name};
use crate::model::time::Timestamp;

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
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// The certifier that shall sign.
    pub certifier: String,
    /// The profile by name.
    pub profile: String,
    /// The wished validity in days; clamped again at signing.
    pub days: u32,
    /// Why warnings of the lint were accepted; empty when there were none.
    pub reason: String,
    /// The subject to be issued instead of the one asked for, as short attribute names with their values, most significant
    /// first; `None` leaves it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<Vec<(String, String)>>,
    /// The alternative names to be issued instead of those asked for; `None` leaves them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub names: Option<Vec<AltName>>,
    /// Whether it stands beside an earlier certificate for the same key, and does not take its place.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub beside: bool,
}

/// What somebody proposed to issue, before anybody approved it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// What shall be issued; the certifier may still be open.
    pub plan: Plan,
    /// Everybody who has edited it: none of them approves it.
    pub editors: Vec<String>,
}

/// That a certificate was handed to its requester.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PickedUp {
    /// Who handed it out.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Where to, in words: `file web.pem`, `keyring mail`.
    pub to: String,
}

/// Whom to ask about a request, as far as it was said.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Contact {
    /// The name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// The mail address.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub mail: String,
    /// The telephone number.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub phone: String,
}

/// What is known about whom to ask, and beside the request.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Note {
    /// Whom to ask.
    pub contact: Contact,
    /// What there is to know.
    pub comment: String,
}

/// Who acts next on a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Actor {
    /// A registration authority decides.
    Authority,
    /// This certifier signs.
    Certifier(String),
    /// This keyring of ours installs the certificate.
    Keyring(String),
    /// The requester picks the certificate up.
    Requester,
    /// Nobody has to do anything any more.
    Nobody,
}

/// Where a request stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// Waits for a decision.
    Pending,
    /// Waits for a decision, after somebody has edited what will be issued or signing has failed.
    UnderReview {
        /// Who edited it, or tried to sign.
        by: String,
        /// When.
        at: Timestamp,
        /// Why signing failed; empty when it did not.
        failure: String,
    },
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
    /// Taken back by whom it is for.
    Withdrawn {
        /// Who noted it.
        by: String,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// Crossed off, for nobody decided or signed it in time.
    Expired {
        /// Who crossed it off.
        by: String,
        /// When.
        at: Timestamp,
        /// After how many days the policy lets it expire.
        days: u32,
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
            Self::UnderReview { failure, .. } if failure.is_empty() => "under review",
            Self::UnderReview { .. } => "signing failed",
            Self::Approved { .. } => "approved",
            Self::Denied { .. } => "denied",
            Self::Withdrawn { .. } => "withdrawn",
            Self::Expired { .. } => "expired",
            Self::Issued { .. } => "issued",
        }
    }

    /// Tells whether somebody still has to act.
    pub fn is_open(&self) -> bool {
        self.is_undecided() || matches!(self, Self::Approved { .. })
    }

    /// Tells whether it waits for a decision.
    pub fn is_undecided(&self) -> bool {
        matches!(self, Self::Pending | Self::UnderReview { .. })
    }

    /// Tells whether it was closed without a certificate.
    pub fn is_turned_down(&self) -> bool {
        matches!(self, Self::Denied { .. } | Self::Withdrawn { .. } | Self::Expired { .. })
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
    /// Whom to ask about it.
    #[serde(default, skip_serializing_if = "Contact::is_empty")]
    pub contact: Contact,
    /// What was said with it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub comment: String,
    /// The pick-up ID, which finds it and authorises nothing; empty for one from before there were any.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub pickup: String,
    /// What somebody proposed to issue; it follows from the facts after its receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub proposal: Option<Proposal>,
    /// Who has approved it, the latest last; it follows from the facts after its receipt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub approvals: Vec<Approval>,
    /// That its certificate was handed out; it follows from the facts after its receipt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picked_up: Option<PickedUp>,
}

/// What is said of a request when it is received.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Received {
    /// Where it came from, in words.
    pub source: String,
    /// Who received or made it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Whom to ask about it.
    pub contact: Contact,
    /// What was said with it.
    pub comment: String,
    /// Its pick-up ID.
    pub pickup: String,
}

/// A request made elsewhere, and where it came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// What was asked.
    pub pkcs10: Pkcs10,
    /// Where it came from, in words: `file web.csr`, `pasted`, `standard input`.
    pub source: String,
}

/// Requests made elsewhere that are received together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivery {
    /// The requests.
    pub requests: Vec<Incoming>,
    /// Whom to ask about each of them, and what was said with them.
    pub note: Note,
}

impl Delivery {
    /// Makes a delivery of requests from one source.
    pub fn of(requests: Vec<Pkcs10>, source: &str) -> Self {
        let incoming = |pkcs10| Incoming { pkcs10, source: source.to_owned() };
        Self { requests: requests.into_iter().map(incoming).collect(), ..Self::default() }
    }
}

impl Request {
    /// Makes a request that has just been received.
    pub fn new(id: RequestId, pkcs10: Pkcs10, keyring: Option<String>, received: Received) -> Self {
        let Received { source, by, at, contact, comment, pickup } = received;
        Self {
            id,
            pkcs10,
            source,
            keyring,
            received: at,
            by,
            status: Status::Pending,
            contact,
            comment,
            pickup,
            proposal: None,
            approvals: Vec::new(),
            picked_up: None,
        }
    }
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
        "2.5.29.46" => "freshestCRL",
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
    let told = |word: &str, by: &str, at: Timestamp, rest: String| {
        format!("{word} by {} on {}{rest}", visible(by), at.text())
    };
    match &request.status {
        Status::Pending => "pending: waits for a decision".into(),
        Status::UnderReview { by, at, failure } if failure.is_empty() => {
            told("under review: edited", by, *at, String::new())
        }
        Status::UnderReview { by, at, failure } => {
            told("signing failed, tried", by, *at, format!(": {}", visible(failure)))
        }
        Status::Approved { by, at, plan, .. } => {
            let reason = match plan.reason.as_str() {
                "" => String::new(),
                reason => format!("; warnings accepted: {}", visible(reason)),
            };
            let Plan { certifier, profile, days, .. } = plan;
            let rest = format!(": {certifier} shall sign, profile {profile}, {days} days{reason}");
            told("approved", by, *at, rest)
        }
        Status::Denied { by, at, reason } => told("denied", by, *at, format!(": {}", visible(reason))),
        Status::Withdrawn { by, at, reason } => told("withdrawn", by, *at, format!(": {}", visible(reason))),
        Status::Expired { by, at, days } => {
            told("expired", by, *at, format!(": open for more than {days} days"))
        }
        Status::Issued { by, at, certifier, serial, .. } => {
            told("issued", by, *at, format!(": certifier {certifier}, serial {serial}"))
        }
    }
}

impl Record for Request {
    const NOUN: &'static str = "request";
    const FIELDS: &'static [Field<Self>] = &[
        Field::derived("id", "Number", "The number in the queue.", |x, _| x.id.to_string()),
        Field::derived("status", "Status", "Where it stands.", |x, _| status_text(x)),
        Field::derived("next", "Next", "Who acts next, and since when it waits for that.", |x, look| match x
            .next(look.state)
        {
            Actor::Nobody => String::new(),
            next => format!("{}; waits {}", next.text(), x.waits(look.now)),
        }),
        Field::derived(
            "pickup",
            "Pick-up ID",
            "Finds the request and its certificate; it authorises nothing.",
            |x, _| x.pickup.clone(),
        ),
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
        Field::derived("approved", "Approved", "By whom and when, the latest last.", |x, _| {
            join(x.approvals.iter().map(|a| format!("{} by {}", a.at.text(), visible(&a.by))))
        }),
        Field::derived("edited", "Edited", "Who has changed what will be issued.", |x, _| {
            join(x.proposal.iter().flat_map(|p| &p.editors).map(|by| visible(by)))
        }),
        Field::derived("picked-up", "Picked up", "When, where to and by whom.", |x, _| {
            x.picked_up.as_ref().map_or_else(String::new, |p| {
                format!("{} by {}: {}", p.at.text(), visible(&p.by), visible(&p.to))
            })
        }),
        Field::derived("contact", "Contact", "Whom to ask about it.", |x, _| {
            let Contact { name, mail, phone } = &x.contact;
            let parts = [name, mail, phone].into_iter().filter(|part| !part.is_empty());
            join(parts.map(|part| visible(part)))
        }),
        Field::derived("comment", "Comment", "What there is to know about it.", |x, _| visible(&x.comment)),
        Field::derived("sha256", "Fingerprint", "SHA-256 of the request.", |x, _| {
            x.pkcs10.sha256.to_string()
        }),
    ];
}
