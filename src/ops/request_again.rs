//! Makes a request from an existing keyring: from its key, or from a new key that waits beside it.

use super::create_keyring::{named, received, request_of};
use super::{Env, rewrite, unlocked};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::keyring::{Identity, Keyring, NewRequest, RequestKey};
use crate::model::request::{Request, RequestId, Status};
use crate::model::secret::Secret;
use crate::pki::key::PrivateKey;
use crate::store::kyr;

/// Proposes a request: the names of the present certificate, or of the latest request; which key is left to choose.
pub fn proposed(state: &State, ring: &Keyring) -> NewRequest {
    let of_request = || state.request_of_keyring(ring).map(|r| Identity::of_request(&r.pkcs10));
    let identity = ring.leaf().map(Identity::of_certificate).or_else(of_request).unwrap_or_default();
    NewRequest { key: None, identity }
}

/// Puts a new request of the ring into the queue. With a new key, the ring serves with the old one until the certificate
/// of the new one is installed. What the ring still had open in the queue is denied as superseded.
///
/// Errors: unknown keyring, nobody has chosen a key, no key to ask again with, a key that others know, a new key waits
/// already, no host name, wrong password.
pub fn request_again(
    state: &State,
    keyring: &str,
    asked: &NewRequest,
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    let key = asked.key.ok_or_else(|| {
        Error::usage("Nobody has chosen which key the request is made with.")
            .why("The same key is never rotated; a new key waits until its certificate is installed.")
            .next(format!("Choose one of {}.", RequestKey::NAMES.join(", ")))
    })?;
    let (subject, alt_names) = named(&asked.identity)?;
    let (mut ring, keys) = unlocked(state, keyring, password)?;
    let mut change = Change::default();
    let (pkcs10, which) = match key {
        RequestKey::Same => {
            same_key_serves(state, &ring)?;
            let key = keys.key.ok_or_else(|| {
                refused(keyring)
                    .why("It holds no private key.")
                    .next("Ask with a new key.")
                    .command("keyring.request")
            })?;
            (request_of(&subject, &alt_names, &key)?, "the same key")
        }
        RequestKey::New(kind) => {
            not_to_be_lost(state, &ring)?;
            let new = PrivateKey::generate(kind)?;
            let pkcs10 = request_of(&subject, &alt_names, &new)?;
            kyr::add_key(&mut ring, &new, password)?;
            let what = format!("a new key ({}) waits for its certificate", new.info().algorithm);
            change = rewrite(ring, password, &what)?;
            (pkcs10, "a new key")
        }
    };
    let id = state.next_request.max(1);
    let open: Vec<_> = open_requests(state, keyring).collect();
    let instead = match open.as_slice() {
        [] => String::new(),
        open => {
            let ids: Vec<_> = open.iter().map(|r| r.id.to_string()).collect();
            format!(", instead of request {}", ids.join(", "))
        }
    };
    change.facts.extend(open.iter().map(|r| denied(r.id, format!("Superseded by request {id}."), env)));
    let request = received(state, keyring, pkcs10, format!("keyring {keyring}, {which}{instead}"), env);
    change.facts.push(Fact::RequestReceived { request });
    Ok(change)
}

/// Drops the key that waits for its certificate, and denies its request when that is still open.
///
/// Errors: unknown keyring, no such key, wrong password.
pub fn drop_next_key(state: &State, keyring: &str, password: &Secret, env: &mut Env<'_>) -> Result<Change> {
    let (mut ring, _) = unlocked(state, keyring, password)?;
    let Some(next) = ring.next_key.clone() else {
        return Err(Error::refused(format!("No key waits in keyring {keyring}.")).command("keyring.request"));
    };
    kyr::drop_next_key(&mut ring);
    let mut change = rewrite(ring, password, "the key that waited was dropped")?;
    let open = open_requests(state, keyring).filter(|r| r.pkcs10.key.sha256 == next.sha256);
    let denials = open.map(|r| denied(r.id, "Its key was dropped.".into(), env));
    // First, so that what is said last is what became of the ring.
    change.facts.splice(0..0, denials);
    Ok(change)
}

fn refused(keyring: &str) -> Error {
    Error::refused(format!("Nothing was requested for keyring {keyring}."))
}

/// Lists what a ring has open in the queue.
fn open_requests<'a>(state: &'a State, keyring: &'a str) -> impl Iterator<Item = &'a Request> {
    state.requests.values().filter(move |r| r.status.is_open() && r.keyring.as_deref() == Some(keyring))
}

fn denied(id: RequestId, reason: String, env: &Env<'_>) -> Fact {
    Fact::RequestDenied { id, by: env.operator.to_owned(), at: env.now, reason }
}

/// Refuses to ask with a key that somebody else knows, or that is about to go.
fn same_key_serves(state: &State, ring: &Keyring) -> Result<()> {
    if ring.next_key.is_some() {
        return Err(refused(&ring.name)
            .why("A new key waits in it, and the present one goes when its certificate is installed.")
            .next("Ask with a new key, which takes the place of the one that waits; or drop that one first.")
            .command("keyring.drop-key"));
    }
    let revoked = ring.leaf().and_then(|leaf| state.revocations.get(&leaf.sha256));
    if let Some(revoked) = revoked.filter(|r| r.reason.is_compromise()) {
        return Err(refused(&ring.name)
            .why(format!(
                "Its certificate was revoked on {} because others know the key; a certificate for the same key \
                 would be theirs as well.",
                revoked.at.date()
            ))
            .next("Ask with a new key.")
            .command("keyring.request"));
    }
    Ok(())
}

/// Refuses to replace a key whose certificate is issued and only has to be installed.
fn not_to_be_lost(state: &State, ring: &Keyring) -> Result<()> {
    let Some(next) = &ring.next_key else { return Ok(()) };
    let request = state.request_of_keyring(ring).filter(|r| r.pkcs10.key.sha256 == next.sha256);
    match request.map(|r| (r.id, &r.status)) {
        Some((id, Status::Issued { .. })) => Err(refused(&ring.name)
            .why(format!("A new key waits in it, and its certificate is issued already (request {id})."))
            .next("Install that certificate, or drop the key that waits.")
            .command("keyring.install")),
        _ => Ok(()),
    }
}
