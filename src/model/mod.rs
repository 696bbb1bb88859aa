//! The nouns of the program, their rules, and the state made of them. Touches no file, clock, randomness,
//! environment, terminal or network.

pub mod accepted;
mod apply;
pub mod audit;
pub mod bytes;
pub mod certificate;
pub mod certifier;
pub mod change;
pub mod cipher;
pub mod compromised;
pub mod crl;
pub mod document;
pub mod error;
pub mod escape;
pub mod exchange;
pub mod explain;
pub mod export;
pub mod field;
pub mod filter;
pub mod finding;
pub mod issued;
pub mod key;
pub mod keyring;
pub mod leftover;
pub mod name;
pub mod person;
pub mod policy;
pub mod profile;
pub mod protection;
pub mod request;
pub mod resolve;
pub mod revocation;
pub mod secret;
pub mod seen;
pub mod server;
pub mod site;
pub mod task;
pub mod time;
pub mod unread;
pub mod verdict;
pub mod witness;

use std::collections::{BTreeMap, BTreeSet};

use accepted::Accepted;
use audit::setback::Setback;
use bytes::Digest;
use certificate::Certificate;
use certifier::{Awaited, Certifier, Debt};
use compromised::{KeyList, Reported};
use crl::Publication;
use finding::Subject;
use issued::Revocation;
use key::KeyInfo;
use keyring::Keyring;
use person::Person;
use profile::Profile;
use request::{Request, RequestId};
use seen::Visit;
use server::Server;
use site::Site;
use task::Task;
use unread::{Sort, Unread};

/// Counts the commits of a workspace; every commit makes the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Generation(pub u64);

/// What the console knows. The issued list is not in it: it is asked page by page.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// The commit this state is of.
    pub generation: Generation,
    /// Keyrings by name.
    pub keyrings: BTreeMap<String, Keyring>,
    /// Site documents by name.
    pub sites: BTreeMap<String, Site>,
    /// Server documents by the names of their documents.
    pub servers: BTreeMap<String, Server>,
    /// People by the names of their documents.
    pub people: BTreeMap<String, Person>,
    /// Guided tasks by name.
    pub tasks: BTreeMap<String, Task>,
    /// Certifiers by name.
    pub certifiers: BTreeMap<String, Certifier>,
    /// Certifiers that wait for their certificate, by name; no name is both.
    pub awaited: BTreeMap<String, Awaited>,
    /// Requests by number: every open one, and the latest closed ones ([`State::CLOSED_KEPT`]).
    pub requests: BTreeMap<RequestId, Request>,
    /// Profiles by name; not part of the audit chain, for they are files.
    pub profiles: BTreeMap<String, Profile>,
    /// Keys that were reported as known to others, by what they were reported as.
    pub compromised: BTreeMap<Digest, Reported>,
    /// Lists of compromised keys that were brought, by name; the lists themselves stay on the disk.
    pub key_lists: BTreeMap<String, KeyList>,
    /// Findings that a person has accepted for a time, by rule and object.
    pub accepted: BTreeMap<(String, Subject), Accepted>,
    /// The number the next request gets.
    pub next_request: u64,
    /// How many certificates were issued.
    pub issued: u64,
    /// How many of them are revoked.
    pub revoked: u64,
    /// Revocations of certificates that stand in keyrings, of people and of certifiers, by the certificate's SHA-256; the
    /// others are in the ledger.
    pub revocations: BTreeMap<Digest, Revocation>,
    /// What each certifier owes its next CRL; one that owes nothing is left out.
    pub owed: BTreeMap<String, Debt>,
    /// Certificates in keyrings that name a certifier here as their issuer and that the issued list does not know, by
    /// SHA-256.
    pub unlisted: BTreeSet<Digest>,
    /// How many steps with the key of each certifier a witness has confirmed, where one has.
    pub witnessed: BTreeMap<String, u64>,
    /// Why the ledger seems to be an older one than was seen here before; nothing is signed until that is decided.
    pub setback: Option<Setback>,
    /// Where the latest CRL of a certifier was published and what is served was looked at, by target.
    pub published: BTreeMap<String, BTreeMap<String, Publication>>,
    /// The latest visit to each service that documents promise; not part of the audit chain.
    pub visits: Vec<Visit>,
    /// Files of the workspace that are missing, cannot be read or do not fit; they are left alone.
    pub unreadable: Vec<Unread>,
}

impl State {
    /// How many closed requests are kept in memory.
    pub const CLOSED_KEPT: usize = 500;

    /// Tells what is the matter with a file, if anything is.
    pub fn unread(&self, path: &str) -> Option<&Unread> {
        self.unreadable.iter().find(|unread| unread.path == path)
    }

    /// Tells whether a file is missing that the audit chain tells of.
    pub fn is_missing(&self, path: &str) -> bool {
        self.unread(path).is_some_and(|unread| unread.sort == Sort::Missing)
    }

    /// Lists every certificate that stands in a keyring or belongs to a certifier, each once, with where it stands.
    pub fn certificates(&self) -> BTreeMap<Digest, (&Certificate, Vec<Subject>)> {
        let mut all: BTreeMap<Digest, (&Certificate, Vec<Subject>)> = BTreeMap::new();
        let mut add =
            |c, subject| all.entry(Certificate::sha256_of(c)).or_insert((c, Vec::new())).1.push(subject);
        for certifier in self.certifiers.values() {
            for certificate in certifier.certificates() {
                add(certificate, Subject::Certifier(certifier.name.clone()));
            }
        }
        for ring in self.keyrings.values() {
            for entry in &ring.entries {
                add(&entry.certificate, Subject::Keyring(ring.name.clone()));
            }
        }
        all
    }

    /// Finds the certifier of the workspace that a certificate names as its issuer.
    pub fn issuer_of(&self, certificate: &Certificate) -> Option<&Certifier> {
        self.certifiers.values().find(|c| c.is_issuer_of(certificate))
    }

    /// Lists the site documents that name this keyring.
    pub fn sites_of_keyring<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Site> {
        self.sites.values().filter(move |s| s.keyring == name)
    }

    /// Lists the Server documents that name this keyring.
    pub fn servers_of_keyring<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Server> {
        self.servers.values().filter(move |s| s.keyring == name)
    }

    /// Finds the certifier here that a certificate names as its issuer, by name and key identifier. The certificates of
    /// the certifiers themselves have none.
    pub fn certifier_of(&self, certificate: &Certificate) -> Option<&Certifier> {
        if certificate.subject.der == certificate.issuer.der {
            return None;
        }
        let issuer = self.issuer_of(certificate)?;
        let own = |c: &Certifier| c.certificate.sha256 == certificate.sha256;
        (!self.certifiers.values().any(own)).then_some(issuer)
    }

    /// Finds what is revoked of a certifier: its own certificate, or one of those above it.
    pub fn revoked_authority<'a>(
        &'a self,
        certifier: &'a Certifier,
    ) -> Option<(&'a Certificate, &'a Revocation)> {
        let own = std::iter::once(&certifier.certificate).chain(&certifier.chain);
        own.filter_map(|c| self.revocations.get(&c.sha256).map(|revocation| (c, revocation))).next()
    }

    /// Says that a certifier has a revoked certificate, or stands below one, if so.
    pub fn revoked_words(&self, certifier: &Certifier) -> Option<String> {
        let (certificate, revocation) = self.revoked_authority(certifier)?;
        let whose = match certificate.sha256 == certifier.certificate.sha256 {
            true => "Its certificate".to_owned(),
            false => format!("The certificate of {} above it", certificate.subject.title()),
        };
        Some(format!("{whose} is revoked since {}: {}.", revocation.at.date(), revocation.reason.name()))
    }

    /// Finds the latest request of a keyring's key: of the one that waits for its certificate, when there is one.
    pub fn request_of_keyring(&self, ring: &Keyring) -> Option<&Request> {
        let of_key = |key: &KeyInfo| self.requests.values().rev().find(|r| r.pkcs10.key.sha256 == key.sha256);
        ring.next_key.as_ref().and_then(of_key).or_else(|| ring.key.as_ref().and_then(of_key))
    }

    /// Finds the keyring that holds the private key to this public key.
    pub fn keyring_of_key(&self, key: &Digest) -> Option<&Keyring> {
        let holds = |ring: &&Keyring| ring.key.iter().chain(&ring.next_key).any(|k| k.sha256 == *key);
        self.keyrings.values().find(holds)
    }
}

impl Certificate {
    fn sha256_of(certificate: &Self) -> Digest {
        certificate.sha256
    }
}
