//! A keyring: one private key, its certificate, the chain above it and the roots it trusts.

mod change;
mod compare;
mod identity;
mod imported;
mod new;

use serde::{Deserialize, Serialize};

use super::bytes::Digest;
use super::certificate::{Certificate, Lifetime};
use super::field::{Field, Look, Record, yes_no};
use super::key::KeyInfo;
use super::request::Status;
use super::time::days_left;
pub use change::{NewPassword, Renaming, SelfCertifying};
pub use compare::{Difference, Sign, compare};
pub(super) use identity::country;
pub use identity::{Identity, left_out};
pub use imported::{ImportedKeyring, MovedKeyring};
pub use new::{NewKeyring, NewRequest, RequestKey};

/// What a certificate is in a ring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Role {
    /// The certificate of the ring's own key.
    Leaf,
    /// An intermediate certificate, sent along with the leaf.
    Chain,
    /// A trusted root (a trust anchor, when its flag is on).
    Root,
}

impl Role {
    /// Returns the role in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Leaf => "certificate",
            Self::Chain => "intermediate",
            Self::Root => "trusted root",
        }
    }
}

/// One certificate in a ring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// What it is here.
    pub role: Role,
    /// A person's name for it; the subject's title unless changed.
    pub label: String,
    /// For a root: whether it is trusted now. Always true for the others.
    pub trusted: bool,
    /// The certificate.
    pub certificate: Certificate,
}

/// The locked part of a ring: nothing in it opens without the password.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Sealed {
    /// The private key as PKCS#8 `ENCRYPTED PRIVATE KEY` PEM; empty for a ring that holds no key.
    pub key_pem: String,
    /// The same of the key that waits for its certificate; empty when there is none.
    pub next_pem: String,
    /// The salt of the key derivation for verifier and MAC.
    pub salt: Vec<u8>,
    /// PBKDF2-HMAC-SHA256 rounds for verifier and MAC.
    pub rounds: u32,
    /// Proves the password without opening the key.
    pub verifier: [u8; 32],
    /// HMAC-SHA256 over header and entries.
    pub mac: [u8; 32],
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealed(..)")
    }
}

/// A keyring: the public part, which needs no password, and the sealed part.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Keyring {
    /// The name, which is the file name without `.kyr`.
    pub name: String,
    /// Rises by one with every change.
    pub revision: u64,
    /// The public key of the ring's private key; `None` for a ring of trusted roots only.
    pub key: Option<KeyInfo>,
    /// The public key of a new private key that waits for its certificate, while the other one still serves.
    #[serde(default)]
    pub next_key: Option<KeyInfo>,
    /// Certificates: leaf first, then chain, then roots.
    pub entries: Vec<Entry>,
    /// Whether a stash (`.sth`) stands beside it.
    pub stash: bool,
    /// The sealed part; left out of the audit chain.
    #[serde(skip)]
    pub sealed: Sealed,
}

impl Keyring {
    /// Returns the ring's own certificate.
    pub fn leaf(&self) -> Option<&Certificate> {
        self.with_role(Role::Leaf).next().map(|e| &e.certificate)
    }

    /// Returns the entries with this role, in order.
    pub fn with_role(&self, role: Role) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(move |e| e.role == role)
    }

    /// Returns the roots whose trust flag is on.
    pub fn trusted_roots(&self) -> impl Iterator<Item = &Certificate> {
        self.with_role(Role::Root).filter(|e| e.trusted).map(|e| &e.certificate)
    }

    /// Tells whether the names of issuers lead from a certificate to a trusted root of this ring.
    fn is_anchored(&self, leaf: &Certificate) -> bool {
        let mut at = leaf;
        for _ in 0..=self.entries.len() {
            if self.trusted_roots().any(|r| r.subject.der == at.issuer.der) {
                return true;
            }
            let mut above = self.with_role(Role::Chain).map(|e| &e.certificate);
            let Some(issuer) = above.find(|c| c.subject.der == at.issuer.der) else { return false };
            at = issuer;
        }
        false
    }

    /// Tells whether the ring's certificate is signed by its own key, as for tests. It may say of itself that it is an
    /// authority's, as what `openssl req -x509` makes.
    pub fn is_self_certified(&self) -> bool {
        self.leaf().is_some_and(Certificate::is_self_issued)
    }

    /// Finds an entry by the SHA-256 of its certificate.
    pub fn entry(&self, sha256: &Digest) -> Option<&Entry> {
        self.entries.iter().find(|e| e.certificate.sha256 == *sha256)
    }
}

/// Tells whether a name can be a file name everywhere and stays inside its folder: lower-case letters, digits, `.`,
/// `-` and `_`, starting with a letter or digit, at most 64 characters.
pub fn check_name(name: &str) -> Result<(), String> {
    let good = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    if name.is_empty() {
        Err("a name is needed".into())
    } else if name.len() > 64 {
        Err("at most 64 characters".into())
    } else if !name.chars().all(good) || !name.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        Err("only a-z, 0-9, '.', '-' and '_', starting with a letter or digit".into())
    } else {
        Ok(())
    }
}

/// Writes items one a line.
pub fn join<T: ToString>(items: impl Iterator<Item = T>) -> String {
    items.map(|i| i.to_string()).collect::<Vec<_>>().join("\n")
}

/// Writes when a certificate ends: `2027-01-31 (69 days left)`.
pub(super) fn ends(certificate: &Certificate, look: &Look<'_>) -> String {
    let days = certificate.not_after.days_from(look.now);
    format!("{} ({})", certificate.not_after.date(), days_left(days))
}

/// Says in a few words where a ring stands and what it needs next.
pub fn status(ring: &Keyring, look: &Look<'_>) -> String {
    let Some(leaf) = ring.leaf() else {
        return match look.state.request_of_keyring(ring).map(|r| r.status.word()) {
            _ if ring.key.is_none() => "trusted roots only".into(),
            Some("issued") => match look.state.kept_for(ring) {
                Some(person) => format!("kept for {}", person.name),
                None => "issued: install it".into(),
            },
            Some(word) => format!("request {word}"),
            None => "no certificate".into(),
        };
    };
    let renewal = renewal(ring, leaf, look);
    let bad = |word: &str| renewal.map_or_else(|| word.to_owned(), |next| format!("{word}: {next}"));
    if look.state.revocations.contains_key(&leaf.sha256) {
        return bad("revoked");
    }
    match leaf.lifetime(look.now, look.soon) {
        Lifetime::Expired => bad("expired"),
        Lifetime::NotYet => "not yet valid".into(),
        _ if ring.is_self_certified() => "for tests only".into(),
        // By names only; a check verifies the signatures.
        _ if !ring.is_anchored(leaf) => "no trusted root".into(),
        _ if let Some(next) = renewal => format!("renewal: {next}"),
        Lifetime::Soon => format!("soon: {}", days_left(leaf.not_after.days_from(look.now))),
        Lifetime::Good => "ok".into(),
    }
}

/// Says where the request stands that shall replace a certificate, when there is one.
fn renewal(ring: &Keyring, leaf: &Certificate, look: &Look<'_>) -> Option<&'static str> {
    match &look.state.request_of_keyring(ring)?.status {
        status if status.is_undecided() => Some("pending"),
        Status::Approved { .. } => Some("approved"),
        Status::Issued { sha256, at, .. } if *sha256 != leaf.sha256 && *at >= leaf.not_before => {
            Some("install it")
        }
        _ => None,
    }
}

impl Record for Keyring {
    const NOUN: &'static str = "keyring";
    const FIELDS: &'static [Field<Self>] = &[
        Field::derived("name", "Name", "The name of the ring and of its file.", |x, _| x.name.clone()),
        Field::derived("certificate", "Certificate", "The subject of the ring's own certificate.", |x, _| {
            x.leaf().map_or_else(|| "none yet".into(), |c| c.subject.text())
        }),
        Field::derived("names", "Names", "The names the certificate answers for.", |x, _| {
            x.leaf().map_or_else(String::new, |c| join(c.alt_names.iter()))
        }),
        Field::derived("ends", "Ends", "When the certificate ends.", |x, look| {
            x.leaf().map_or_else(String::new, |c| ends(c, look))
        }),
        Field::derived("status", "Status", "What the ring needs next.", status),
        Field::derived("key", "Key", "The kind of the private key.", |x, _| {
            x.key.as_ref().map_or_else(|| "none: trusted roots only".into(), |k| k.algorithm.clone())
        }),
        Field::derived("key-sha256", "Key fingerprint", "SHA-256 of the public key.", |x, _| {
            x.key.as_ref().map_or_else(String::new, |k| k.sha256.to_string())
        }),
        Field::derived("next-key", "Waiting key", "A new key that waits for its certificate.", |x, _| {
            let words = |k: &KeyInfo| {
                format!("{}, {}: takes over with its certificate", k.algorithm, k.sha256.short())
            };
            x.next_key.as_ref().map_or_else(String::new, words)
        }),
        Field::derived(
            "request",
            "Request",
            "The latest request of the waiting key, or of the key.",
            |x, look| {
                look.state
                    .request_of_keyring(x)
                    .map_or_else(String::new, |r| format!("{} ({})", r.id, r.status.word()))
            },
        ),
        Field::derived("chain", "Intermediates", "Certificates sent along with the leaf.", |x, _| {
            join(x.with_role(Role::Chain).map(|e| e.certificate.subject.text()))
        }),
        Field::derived("roots", "Trusted roots", "Trust anchors in this ring.", |x, _| {
            join(x.with_role(Role::Root).map(|e| {
                let off = if e.trusted { "" } else { " (switched off)" };
                format!("{}{off}", e.certificate.subject.text())
            }))
        }),
        Field::derived("sites", "Sites", "The site documents that name this ring.", |x, look| {
            join(look.state.sites_of_keyring(&x.name).map(|s| s.name.clone()))
        }),
        Field::derived("servers", "Servers", "The Server documents that name this ring.", |x, look| {
            join(look.state.servers_of_keyring(&x.name).map(|s| s.name.clone()))
        }),
        Field::derived("stash", "Stash", "Whether a stash stands beside the ring.", |x, _| yes_no(x.stash)),
        Field::derived("revision", "Revision", "Rises with every change.", |x, _| x.revision.to_string()),
    ];
}
