//! Keys that nobody may use any more because others know them: those reported here one by one, and lists that were brought.
//! How a key is found in them is the affair of `pki` and `store`.

use serde::{Deserialize, Serialize};

use super::bytes::Digest;
use super::certificate::Certificate;
use super::escape::visible;
use super::field::{Field, Record};
use super::issued::Issued;
use super::time::Timestamp;

/// A key that was reported as known to others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reported {
    /// SHA-256 of the SubjectPublicKeyInfo, or of the number that makes the key (the modulus of RSA).
    pub key: Digest,
    /// How that is known.
    pub why: String,
    /// When it was reported.
    pub at: Timestamp,
    /// By whom.
    pub by: String,
}

/// A report while it is written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// SHA-256 of the SubjectPublicKeyInfo, or of the number that makes the key.
    pub key: Option<Digest>,
    /// How it is known that others have the key.
    pub why: String,
}

impl Record for Report {
    const NOUN: &'static str = "report of a key";
    const FIELDS: &'static [Field<Self>] = &[
        Field::fixed(
            "sha256",
            "Key",
            "SHA-256 of the public key, or of the number that makes it; it is that of the selected record already, where that has a key.",
            |x, _| x.key.map_or_else(String::new, |key| key.to_string()),
            |x, t| {
                let key = Digest::typed(t).ok_or("a SHA-256: 64 hexadecimal digits")?;
                x.key = Some(key);
                Ok(())
            },
        ),
        Field::fixed(
            "reason",
            "Reason",
            "How it is known that others have the key; it is kept in the audit chain.",
            |x, _| visible(&x.why),
            |x, t| {
                t.trim().clone_into(&mut x.why);
                if x.why.is_empty() { Err("say how that is known".into()) } else { Ok(()) }
            },
        ),
    ];
}

/// What the entries of a list are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sort {
    /// SHA-256 of the SubjectPublicKeyInfo.
    Spki,
    /// The last 10 octets of SHA-1 over `Modulus=HEX` and a line feed, as Debian lists its weak RSA keys (CVE-2008-0166).
    Debian,
    /// The first 15 octets of SHA-256 over the number that makes the key, as the project badkeys lists them.
    Number,
}

impl Sort {
    /// Returns how many octets an entry has.
    pub fn size(self) -> usize {
        match self {
            Self::Spki => 32,
            Self::Debian => 10,
            Self::Number => 15,
        }
    }

    /// Returns it in words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Spki => "keys by SHA-256",
            Self::Debian => "weak keys of Debian",
            Self::Number => "keys by their number",
        }
    }
}

/// A list of compromised keys that was brought.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyList {
    /// The name, which is that of its files.
    pub name: String,
    /// What its entries are made of.
    pub sort: Sort,
    /// How many keys it lists.
    pub entries: u64,
    /// The file that it was read from, without its folder.
    pub source: String,
    /// SHA-256 of the entries as they are kept.
    pub sha256: Digest,
}

/// What the disk knows of the key of a request, and of its subject, beside the state.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct KeyHistory {
    /// What was issued for it before.
    pub issued: Vec<Issued>,
    /// The names of the lists that it stands in.
    pub listed: Vec<String>,
    /// The latest certificate of the certifier for the subject; looked up only where a person is shown what differs.
    pub before: Option<Box<Certificate>>,
}
