//! Certifiers: the certificate authorities of the workspace, their life, their policy and their latest CRL.

pub mod awaited;
pub mod constraints;
mod new;
pub mod overview;
pub mod past;
pub mod rollover;
pub mod status;

use serde::{Deserialize, Serialize};

use super::State;
use super::bytes::{Digest, colons};
use super::certificate::Certificate;
use super::crl::Due;
use super::escape::visible;
use super::field::{Field, Record, join};
use super::issued::Reason;
use super::keyring::{Keyring, ends};
use super::policy::Fields;
pub use super::policy::{HasPolicy, Policy, PolicyVersion, Proposal, Roles};
use super::protection::KeyProtection;
use super::time::Timestamp;
pub use awaited::Awaited;
pub use new::{NewCertifier, SignedBy, check_certifier_name};
pub use status::{Decision, Status};

/// A CRL that was signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlInfo {
    /// The CRL number (RFC 5280 section 5.2.3); strictly rising.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is due at the latest.
    pub next_update: Timestamp,
    /// How many certificates it revokes.
    pub entries: u64,
    /// SHA-256 of the CRL.
    pub sha256: Digest,
    /// Whether it was made out of turn and leaves the schedule as it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub immediate: bool,
    /// The number of the complete CRL that it adds to, when it is a delta CRL (RFC 5280 section 5.2.4).
    #[serde(default, skip_serializing_if = "is_default")]
    pub base: Option<u64>,
    /// The part of the certificates that it is about, from 1; 0 is all of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partition: u32,
    /// When the latest regular CRL was made, as the ledger finds it: the schedule goes by that.
    #[serde(skip)]
    pub regular: Option<Timestamp>,
    /// When the latest delta CRL ends, as the ledger finds it.
    #[serde(skip)]
    pub delta: Option<Timestamp>,
}

impl CrlInfo {
    /// Says which kind of list it is, in a word or two.
    pub fn kind(&self) -> String {
        match (self.base, self.partition, self.immediate) {
            (Some(base), ..) => format!("delta to {base}"),
            (None, 0, false) => "regular".into(),
            (None, 0, true) => "immediate".into(),
            (None, part, _) => format!("part {part}"),
        }
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What has changed since the latest CRL of a certifier, and waits for the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Debt {
    /// How many revocations, changes of reason and releases.
    pub count: u64,
    /// When the first key among them was reported as known to others.
    pub compromise: Option<Timestamp>,
    /// When the first of the others was decided.
    pub other: Option<Timestamp>,
}

impl Debt {
    /// Says how many changes wait.
    pub fn words(&self) -> String {
        if self.count == 1 { "1 change since".into() } else { format!("{} changes since", self.count) }
    }

    /// Adds a revocation; a release is `None` and has no deadline.
    pub fn add(&mut self, revoked: Option<(Reason, Timestamp)>) {
        self.count += 1;
        let Some((reason, at)) = revoked else { return };
        let first = if reason.is_compromise() { &mut self.compromise } else { &mut self.other };
        *first = Some(first.map_or(at, |before| before.min(at)));
    }
}

/// A certificate authority of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certifier {
    /// The name, which is its folder's name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its own certificate.
    pub certificate: Certificate,
    /// What may be amended.
    pub policy: Policy,
    /// The signed versions of the policy so far, the present one last; none when it was made before they were signed.
    #[serde(default)]
    pub versions: Vec<PolicyVersion>,
    /// An amendment that waits for a second CAA.
    #[serde(default)]
    pub proposal: Option<Proposal>,
    /// How its key is protected.
    #[serde(default)]
    pub protection: KeyProtection,
    /// The latest CRL.
    pub crl: Option<CrlInfo>,
    /// Where it stands in its life.
    #[serde(default)]
    pub status: Status,
    /// The certificates above its own, upward to the root; empty for a root.
    #[serde(default)]
    pub chain: Vec<Certificate>,
    /// The certifier of the workspace that signed its certificate.
    #[serde(default)]
    pub parent: Option<String>,
    /// The certifier of the same subject whose key this one took over from.
    #[serde(default)]
    pub succeeds: Option<String>,
    /// The certifier of the same subject whose key took over from this one.
    #[serde(default)]
    pub succeeded_by: Option<String>,
    /// The certificates that link its key with the one it took over from (RFC 4210 section 4.4): new with old, old with
    /// new.
    #[serde(default)]
    pub links: Vec<Certificate>,
    /// Where it was run before it came here, in words; empty for one that was made here.
    #[serde(default)]
    pub origin: String,
    /// The highest CRL number that was used before it came here.
    #[serde(default)]
    pub crl_floor: u64,
}

impl Certifier {
    /// Makes an active certifier without CRL, chain, relatives or history.
    pub fn new(
        name: impl Into<String>,
        created: Timestamp,
        certificate: Certificate,
        policy: Policy,
    ) -> Self {
        Self {
            name: name.into(),
            created,
            certificate,
            policy,
            versions: Vec::new(),
            proposal: None,
            protection: KeyProtection::default(),
            crl: None,
            status: Status::Active,
            chain: Vec::new(),
            parent: None,
            succeeds: None,
            succeeded_by: None,
            links: Vec::new(),
            origin: String::new(),
            crl_floor: 0,
        }
    }

    /// Returns what kind of authority it is: `root` or `subordinate`.
    pub fn kind(&self) -> &'static str {
        if self.certificate.is_self_issued() { "root" } else { "subordinate" }
    }

    /// Returns for how many years of 365 days its certificate was issued.
    pub fn years(&self) -> u32 {
        let years = (self.certificate.not_after.days_from(self.certificate.not_before) + 1) / 365;
        u32::try_from(years.clamp(1, 30)).unwrap_or(10)
    }

    /// Lists its own certificate, those above it, and those that link its key with another one.
    pub fn certificates(&self) -> impl Iterator<Item = &Certificate> {
        std::iter::once(&self.certificate).chain(&self.chain).chain(&self.links)
    }

    /// Returns the root above it, or itself when it is one; `None` when its chain ends below a root.
    pub fn root(&self) -> Option<&Certificate> {
        std::iter::once(&self.certificate).chain(self.chain.last()).find(|c| c.is_self_issued())
    }

    /// Lists the keyrings that trust the root of this authority's old key and not yet that of its successor, by name.
    pub fn untold(&self, state: &State) -> Vec<String> {
        let next = self.succeeded_by.as_ref().and_then(|name| state.certifiers.get(name));
        let (Some(before), Some(after)) = (self.root(), next.and_then(Self::root)) else { return Vec::new() };
        let trusts = |ring: &&Keyring| {
            let has = |sha256| ring.trusted_roots().any(|root| root.sha256 == sha256);
            has(before.sha256) && !has(after.sha256)
        };
        state.keyrings.values().filter(trusts).map(|ring| ring.name.clone()).collect()
    }

    /// Tells whether a certificate names this authority as its issuer: by name, and by key identifier where both have one,
    /// for after a key rollover two certifiers have the same name.
    pub fn is_issuer_of(&self, certificate: &Certificate) -> bool {
        let key = match (&certificate.aki, &self.certificate.ski) {
            (Some(asked), Some(own)) => asked == own,
            _ => true,
        };
        key && self.certificate.subject.der == certificate.issuer.der
    }

    /// Says why it issues no certificate, if it does not.
    pub fn refusal(&self) -> Option<String> {
        let decision = self.status.decision()?;
        let (word, at) = (self.status.word(), decision.at.date());
        let next = self
            .succeeded_by
            .as_ref()
            .map_or_else(String::new, |name| format!(" {name} issues in its place."));
        Some(format!("It is {word} since {at}: {}.{next}", visible(decision.why.trim_end_matches('.'))))
    }
}

impl HasPolicy for Certifier {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }
}

impl Certifier {
    const OWN: &'static [Field<Self>] = &[
        Field::derived("name", "Name", "The name of the certifier and of its folder.", |x, _| x.name.clone()),
        Field::derived("kind", "Kind", "A root, or a subordinate of another authority.", |x, _| {
            x.kind().into()
        }),
        Field::derived(
            "status",
            "Status",
            "What it still does, and who decided that when and why.",
            |x, look| match look.state.revoked_words(x).filter(|_| x.status.issues()) {
                Some(why) => format!("signs CRLs only. {why}"),
                None => x.status.text(),
            },
        ),
        Field::derived("subject", "Subject", "The issuer name in every certificate it signs.", |x, _| {
            x.certificate.subject.text()
        }),
        Field::derived("key", "Key", "The kind of its private key.", |x, _| {
            x.certificate.key.algorithm.clone()
        }),
        Field::derived("key-sha256", "Key fingerprint", "SHA-256 of the public key.", |x, _| {
            x.certificate.key.sha256.to_string()
        }),
        Field::derived(
            "sha256",
            "Fingerprint",
            "SHA-256 of its certificate, to compare by telephone.",
            |x, _| colons(&x.certificate.sha256.0),
        ),
        Field::derived("valid-from", "Valid from", "The first moment of its certificate.", |x, _| {
            x.certificate.not_before.text()
        }),
        Field::derived(
            "ends",
            "Ends",
            "When its certificate ends; nothing it signs lasts longer.",
            |x, look| ends(&x.certificate, look),
        ),
        Field::derived("chain", "Chain", "The authorities above it, upward.", |x, _| {
            super::keyring::join(x.chain.iter().map(|c| c.subject.text()))
        }),
        Field::derived("parent", "Signed by", "The certifier of this workspace that signed it.", |x, _| {
            x.parent.clone().unwrap_or_default()
        }),
        Field::derived("path-length", "Path length", "How many authorities may stand below it.", |x, _| {
            let limit = x.certificate.basic.and_then(|b| b.path_length);
            limit.map_or_else(String::new, |n| n.to_string())
        }),
        Field::derived("succeeds", "Succeeds", "The certifier whose key it took over from.", |x, _| {
            x.succeeds.clone().unwrap_or_default()
        }),
        Field::derived(
            "succeeded-by",
            "Succeeded by",
            "The certifier whose key took over from it.",
            |x, _| x.succeeded_by.clone().unwrap_or_default(),
        ),
        Field::derived("origin", "Brought from", "Where it was run before it came here.", |x, _| {
            visible(&x.origin)
        }),
        Field::derived("protection", "Key protection", "What opens its private key.", |x, _| {
            x.protection.words()
        }),
        Field::derived("policy-version", "Policy version", "Rises with every amendment.", |x, _| {
            x.policy.version.to_string()
        }),
        Field::derived(
            "policy-since",
            "Policy since",
            "When the present policy was made, and by whom.",
            |x, _| x.versions.last().map_or_else(|| "the certifier was made".into(), PolicyVersion::told),
        ),
        Field::derived("proposal", "Proposed policy", "An amendment that waits for a second CAA.", |x, _| {
            let told = |p: &Proposal| {
                format!("version {} by {} on {}", p.policy.version, visible(&p.by), p.at.text())
            };
            x.proposal.as_ref().map_or_else(String::new, told)
        }),
        Field::derived(
            "crl",
            "Latest CRL",
            "Its number, what is on it, and when the next one is due.",
            |x, look| {
                let Some(crl) = &x.crl else { return "none".into() };
                let told = match x.status.has_key() {
                    true => Due::of(look.state, x, false, look.now).told(Some(crl), look.now),
                    false => {
                        format!("number {}, the last one, valid until {}", crl.number, crl.next_update.date())
                    }
                };
                let owed = look.state.owed.get(&x.name);
                let owed =
                    owed.map_or_else(String::new, |debt| format!("; owes a new one: {}", debt.words()));
                format!("{told}; {} revoked{owed}", crl.entries)
            },
        ),
        Field::derived("due", "CRL light", "How urgent the next CRL is, and why.", |x, look| {
            if !x.status.has_key() {
                return String::new();
            }
            let due = Due::of(look.state, x, false, look.now);
            format!("{} {}", due.light.word(), due.text()).trim_end().to_owned()
        }),
        Field::derived("created", "Created", "When it was made.", |x, _| x.created.text()),
    ];
}

impl Record for Certifier {
    const NOUN: &'static str = "certifier";
    const FIELDS: &'static [Field<Self>] =
        &join::<_, { Self::OWN.len() + Fields::<Self>::ALL.len() }>(&[Self::OWN, Fields::<Self>::ALL]);
}
