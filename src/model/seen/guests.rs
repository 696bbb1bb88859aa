//! Clients with several kinds of certificate, and what became of each at a service: what documents let expect, and what was
//! seen. Opens nothing and connects to nothing.

use serde::{Deserialize, Serialize};

use crate::model::bytes::Digest;
use crate::model::site::crl::{Outcome, Search, decide};
use crate::model::site::{Access, CrlSwitches};

/// A client by the certificate that it shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Guest {
    /// It shows none.
    Nobody,
    /// One whose authority the service trusts.
    Trusted,
    /// One that nobody knows.
    Untrusted,
    /// One that has ended.
    Expired,
    /// One that was revoked.
    Revoked,
}

impl Guest {
    /// Every kind, in the order of tables.
    pub const ALL: [Self; 5] = [Self::Nobody, Self::Trusted, Self::Untrusted, Self::Expired, Self::Revoked];

    /// Returns the word for tables and JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Nobody => "none",
            Self::Trusted => "trusted",
            Self::Untrusted => "untrusted",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }

    /// Says what the client shows: `a trusted certificate`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Nobody => "no certificate",
            Self::Trusted => "a trusted certificate",
            Self::Untrusted => "an untrusted certificate",
            Self::Expired => "an expired certificate",
            Self::Revoked => "a revoked certificate",
        }
    }
}

/// What became of a client.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Welcome {
    /// It was let in.
    LetIn,
    /// It was refused.
    Refused,
    /// It was let in, and nobody asked for a certificate.
    NotAsked,
    /// That could not be tried.
    NotTried,
}

impl Welcome {
    /// Returns it in a few words.
    pub fn word(self) -> &'static str {
        match self {
            Self::LetIn => "let in",
            Self::Refused => "refused",
            Self::NotAsked => "not asked",
            Self::NotTried => "not tried",
        }
    }
}

/// What became of one client.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Admission {
    /// The client.
    pub guest: Guest,
    /// What became of it.
    pub welcome: Welcome,
    /// How it was refused, or why it was not tried; escaped, may be empty.
    pub why: String,
    /// The subject of what it showed, escaped; empty for nothing.
    pub subject: String,
    /// Those above what it showed, as far as they are known here; the one that signed it first.
    pub above: Vec<Digest>,
}

/// What a document asks of clients.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Terms {
    /// Whether they are asked for a certificate.
    pub asks: bool,
    /// Whether none gets in without.
    pub required: bool,
    /// Whether certificates past their date pass.
    pub accept_expired: bool,
    /// The CRL switches.
    pub crl: CrlSwitches,
}

impl Terms {
    /// Reads them out of a document.
    pub fn of(access: Access, accept_expired: bool, crl: CrlSwitches) -> Self {
        let required = !(access.tls_anonymous || access.tls_password || access.bearer_token);
        Self { asks: access.client_certificate, required, accept_expired, crl }
    }

    /// Says what is to become of a client, and why. `trusted` tells whether the keyring of the document trusts an authority
    /// above what the client shows.
    pub fn expect(&self, guest: Guest, trusted: bool) -> (Welcome, &'static str) {
        let search = |listed| decide(self.crl, Search::Fresh { listed });
        let by_list = |(outcome, why)| match outcome {
            Outcome::Reject => (Welcome::Refused, why),
            Outcome::Accept | Outcome::Warn => (Welcome::LetIn, why),
        };
        match guest {
            _ if !self.asks => (Welcome::NotAsked, "the document accepts no client certificates"),
            Guest::Nobody if self.required => (Welcome::Refused, "the document leaves no other way in"),
            Guest::Nobody => (Welcome::LetIn, "the document leaves another way in"),
            _ if !trusted => (Welcome::Refused, "its keyring does not trust the authority"),
            Guest::Expired if !self.accept_expired => (Welcome::Refused, "expired ones are not accepted"),
            Guest::Expired => (Welcome::LetIn, "the document accepts expired ones"),
            Guest::Untrusted => (Welcome::LetIn, "its keyring trusts the authority"),
            Guest::Trusted if !self.crl.check => (Welcome::LetIn, "its keyring trusts the authority"),
            Guest::Revoked if !self.crl.check => (Welcome::LetIn, "CRLs are not checked"),
            Guest::Trusted => by_list(search(false)),
            Guest::Revoked => by_list(search(true)),
        }
    }
}

/// Whom a person wants to be tried, beside those that are made for it: each a keyring or a file, or empty.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GuestSources {
    /// One that is to be trusted.
    pub trusted: String,
    /// One that has ended.
    pub expired: String,
    /// One that was revoked.
    pub revoked: String,
}

impl GuestSources {
    /// Returns where the certificate of a client is to come from; empty where none is named.
    pub fn of(&self, guest: Guest) -> &str {
        match guest {
            Guest::Trusted => &self.trusted,
            Guest::Expired => &self.expired,
            Guest::Revoked => &self.revoked,
            Guest::Nobody | Guest::Untrusted => "",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_client_is_expected_by_the_document() {
        let word = |terms: &Terms| {
            Guest::ALL.map(|guest| terms.expect(guest, guest != Guest::Untrusted).0.word()).join(", ")
        };
        let mut terms = Terms::default();
        assert_eq!(word(&terms), ["not asked"; 5].join(", "));
        terms.asks = true;
        assert_eq!(word(&terms), "let in, let in, refused, refused, let in");
        (terms.required, terms.accept_expired, terms.crl.check) = (true, true, true);
        assert_eq!(word(&terms), "refused, let in, refused, let in, refused");
        // One that was named as trusted, whose authority the keyring does not trust.
        assert_eq!(terms.expect(Guest::Trusted, false).0, Welcome::Refused);
    }
}
