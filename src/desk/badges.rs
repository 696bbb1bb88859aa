//! Takes the client certificates with which a service is tried: those that a person named, out of keyrings and files, and those
//! that are made for it. Their keys stay in memory, and go with the visit.

use std::path::Path;
use std::sync::Arc;

use super::Desk;
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::keyring::Role;
use crate::model::seen::{Guest, GuestSources};
use crate::model::time::Timestamp;
use crate::pki::chain::signed_by;
use crate::pki::key::PrivateKey;
use crate::pki::pem::Opening;
use crate::probe::guests::{Badge, Badges};
use crate::store::{brought, kyr};

/// The most authorities above a certificate that are looked for.
const ABOVE: usize = 8;

impl Desk {
    /// Takes the client certificates, each with the reason when it cannot be tried.
    pub fn badges(&self, sources: &GuestSources) -> Badges {
        let state = self.state();
        let now = Self::now();
        let take = |guest: Guest| {
            let source = sources.of(guest);
            let badge = match (guest, source) {
                (Guest::Trusted | Guest::Revoked, "") => {
                    Err(format!("{} is to be named: a keyring or a file", guest.words()))
                }
                (Guest::Untrusted, _) => {
                    Badge::unknown("ringmaster probe, known to nobody", now.plus_days(-1), now.plus_days(1))
                }
                (_, "") => Badge::unknown("ringmaster probe, ended", now.plus_days(-60), now.plus_days(-30)),
                _ => self.badge(&state, source, guest, now).map_err(|error| visible(&error.to_string())),
            };
            (guest, badge)
        };
        Guest::ALL.into_iter().filter(|guest| *guest != Guest::Nobody).map(take).collect()
    }

    fn badge(&self, state: &State, source: &str, guest: Guest, now: Timestamp) -> Result<Badge> {
        let (chain, key) = match state.keyrings.get(source) {
            Some(ring) => {
                let opened = kyr::open(ring, &self.ring_password(state, source, None)?)?;
                let above = ring.with_role(Role::Chain).map(|e| e.certificate.clone());
                let chain: Vec<Certificate> = ring.leaf().cloned().into_iter().chain(above).collect();
                (chain, opened.key.map(Arc::new))
            }
            None => of_file(Path::new(source))?,
        };
        let lacks = |what: &str| Error::refused(format!("{source} holds no {what}."));
        let leaf = chain.first().ok_or_else(|| lacks("certificate"))?.clone();
        let key = key.ok_or_else(|| lacks("private key that opens without a password"))?;
        if guest == Guest::Expired && leaf.not_after >= now {
            return Err(Error::refused(format!("{source} is valid until {}.", leaf.not_after.date())));
        }
        if guest != Guest::Expired && leaf.not_after < now {
            return Err(Error::refused(format!("{source} has ended on {}.", leaf.not_after.date())));
        }
        let above = above(state, &chain, &leaf);
        let subject = visible(&leaf.subject.text());
        let chain = chain.into_iter().map(|c| c.der.0).collect();
        Badge::new(subject, chain, key.pkcs8(), above).map_err(Error::refused)
    }
}

/// Reads a file with a certificate, those above it, and its key.
fn of_file(path: &Path) -> Result<(Vec<Certificate>, Option<Arc<PrivateKey>>)> {
    let read = brought::read(path, true)?;
    let (mut found, _) = brought::recognise(&read.bytes, Opening::default())?;
    let key = found.keys.pop().map(|found| found.key);
    let mut chain = found.certificates;
    let ours = |c: &Certificate| key.as_ref().is_some_and(|key| key.info().sha256 == c.key.sha256);
    // The leaf comes first, wherever it stands in the file.
    chain.sort_by_key(|c| !ours(c));
    Ok((chain, key))
}

/// Finds those above a certificate among what comes with it and what the workspace knows.
fn above(state: &State, chain: &[Certificate], leaf: &Certificate) -> Vec<Digest> {
    let known = state.certificates();
    let known = || known.values().map(|(certificate, _)| *certificate).chain(chain);
    let mut all: Vec<Digest> = Vec::new();
    let mut at = leaf;
    while let Some(issuer) = known().find(|c| c.subject.der == at.issuer.der && signed_by(at, c)) {
        if all.len() == ABOVE || issuer.sha256 == at.sha256 {
            break;
        }
        all.push(issuer.sha256);
        at = issuer;
    }
    all
}
