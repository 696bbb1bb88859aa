//! What a service presents to a client: its certificates by what they were asked for, and what came along.

use serde::{Deserialize, Serialize};

use super::Answer;
use crate::model::bytes::Digest;
use crate::model::time::Timestamp;

/// By what a certificate was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Asked {
    /// The host name as SNI.
    Name,
    /// No SNI, as old clients and those that connect by address do.
    Nothing,
    /// The address as SNI, which no client should send (RFC 6066) and some do.
    Address,
}

impl Asked {
    /// Returns what was asked, in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Name => "with SNI",
            Self::Nothing => "without SNI",
            Self::Address => "IP as SNI",
        }
    }
}

/// What a service presents when it is asked in one of several ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Face {
    /// By what it was asked.
    pub asked: Asked,
    /// The SHA-256 of each certificate as sent, the leaf first; empty when none came.
    pub sent: Vec<Digest>,
    /// The subject of the leaf, escaped.
    pub subject: String,
    /// When the leaf ends.
    pub ends: Option<Timestamp>,
    /// Whether the leaf names the host.
    pub named: Answer,
    /// The OCSP staple that came along.
    pub staple: Option<Staple>,
    /// Why no certificate came, escaped.
    pub failed: String,
}

/// What an OCSP staple says about the leaf.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staple {
    /// Its length in bytes.
    pub bytes: usize,
    /// `good`, `revoked`, `unknown`, or `unreadable`.
    pub status: String,
    /// When it was made.
    pub this_update: Option<Timestamp>,
    /// When it ends.
    pub next_update: Option<Timestamp>,
    /// Whether it is about this certificate and signed by its issuer or in its name; unsure where the issuer was not sent.
    #[serde(default)]
    pub proof: Answer,
}

impl Staple {
    /// Writes it in words: `good from 2026-11-26 07:00:00 UTC until ... (471 bytes, signed by the issuer)`.
    pub fn text(&self) -> String {
        let time = |word: &str, at: Option<Timestamp>| {
            at.map_or_else(String::new, |at| format!(" {word} {}", at.text()))
        };
        let (from, until) = (time("from", self.this_update), time("until", self.next_update));
        let proof = match self.proof {
            Answer::Yes => "signed by the issuer or in its name",
            Answer::No => "NOT SIGNED BY THE ISSUER, or about another certificate",
            Answer::Unsure => "its signature is not verified",
        };
        format!("{}{from}{until} ({} bytes, {proof})", self.status, self.bytes)
    }
}
