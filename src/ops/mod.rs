//! The verbs, one file each: from a state and an input to a [`Change`]. They write
//! nothing and print nothing.

pub mod accept;
pub mod amend;
pub mod approve;
pub mod certifier_status;
pub mod change_password;
pub mod complete_certifier;
pub mod compromised;
mod conflict;
pub mod create_certifier;
pub mod create_keyring;
pub mod delete_keyring;
pub mod deny;
pub mod documents;
pub mod edit_plan;
pub mod exchange;
pub mod expire;
pub mod export;
pub mod hand_over;
pub mod import_certifier;
pub mod import_keyring;
pub mod import_request;
pub mod install;
pub mod issue;
pub mod issue_crl;
pub mod note_request;
pub mod person;
pub mod pick_up;
pub mod previous;
pub mod profile;
pub mod protect;
pub mod put_away;
pub mod reconcile;
pub mod rename_keyring;
pub mod renew_certifier;
pub mod request_again;
pub mod restore;
pub mod revoke;
pub mod ring;
pub mod roles;
pub mod roll_over;
pub mod self_certify;
pub mod server;
pub mod site;
pub mod stash;
pub mod task;
pub mod trust;
pub mod withdraw;
pub mod witness;

use crate::model::State;
use crate::model::bytes::Serial;
use crate::model::certifier::{Certifier, Status};
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::keyring::{Keyring, check_name};
use crate::model::profile::Profile;
use crate::model::request::{Request, RequestId, pickup};
use crate::model::secret::Secret;
use crate::model::time::Timestamp;
use crate::pki::signer::Signer;
use crate::store::certifier_key::Protection;
use crate::store::kyr::{self, Opened};
use crate::store::sth::StashKey;

/// What a verb may use of the world.
pub struct Env<'a> {
    /// The present.
    pub now: Timestamp,
    /// Who works.
    pub operator: &'a str,
    /// The session in which is signed: one run of one console.
    pub session: &'a str,
    /// Fills a buffer with random bytes.
    pub random: &'a mut dyn FnMut(&mut [u8]),
    /// Signs for certifiers.
    pub signer: &'a mut dyn Signer,
    /// How passwords are hardened.
    pub protection: Protection,
    /// The key that seals stashes; asked for only when a stash is made.
    pub stash_key: &'a dyn Fn() -> Result<StashKey>,
}

impl Env<'_> {
    /// Makes a serial number: 20 random octets, positive, not zero (RFC 5280 section 4.1.2.2).
    pub fn serial(&mut self) -> Serial {
        let mut bytes = [0; 20];
        (self.random)(&mut bytes);
        bytes[0] = bytes[0] & 0x3f | 0x40;
        Serial(bytes.to_vec())
    }

    /// Makes a pick-up ID.
    pub fn pickup(&mut self) -> String {
        // Two of three draws are refused, on average; a source that gives the same for ever is a fault elsewhere.
        for _ in 0..1000 {
            let mut bytes = [0; 8];
            (self.random)(&mut bytes);
            if let Some(id) = pickup::make(bytes) {
                return id;
            }
        }
        String::new()
    }
}

/// Takes the only signature of a job of one.
fn one(signatures: Vec<Vec<u8>>) -> Result<Vec<u8>> {
    let count = signatures.len();
    let mut signatures = signatures.into_iter();
    match (signatures.next(), signatures.next()) {
        (Some(signature), None) => Ok(signature),
        _ => Err(Error::internal(format!("The signer returned {count} signatures for one."))),
    }
}

/// Checks a new password and its repetition.
fn new_password(password: &Secret, repeat: &Secret) -> Result<()> {
    if password.is_empty() {
        return Err(Error::usage("A password is needed.").why("It seals the private key on disk."));
    }
    if password != repeat {
        return Err(Error::usage("The two passwords differ.").next("Type the same password twice."));
    }
    Ok(())
}

fn keyring<'a>(state: &'a State, name: &str) -> Result<&'a Keyring> {
    state.keyrings.get(name).ok_or_else(|| Error::not_found("keyring", name))
}

/// Refuses what would be dated before something that was there first. `what` was not done, `first` is what was there.
///
/// Errors: the clock is behind.
fn in_order(now: Timestamp, before: Timestamp, what: impl Into<String>, first: &str) -> Result<()> {
    if now >= before {
        return Ok(());
    }
    let (now, before) = (now.text(), before.text());
    Err(Error::refused(what)
        .why(format!("The clock says {now}, which is earlier than {first} ({before})."))
        .next("Set the clock right first."))
}

/// Finds a certifier by name. Errors: there is none, with those that are known.
pub(crate) fn certifier<'a>(state: &'a State, name: &str) -> Result<&'a Certifier> {
    state.certifiers.get(name).ok_or_else(|| {
        let names = state.certifiers.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        let known = if names.is_empty() { "There is none yet.".into() } else { format!("Known: {names}.") };
        Error::not_found("certifier", name).why(known).command("certifier.create")
    })
}

/// Takes a certifier that may issue certificates, and whose certificates count. Errors: those of [`active`]; its own
/// certificate, or one above it, is revoked.
fn issuing<'a>(state: &'a State, name: &str) -> Result<&'a Certifier> {
    let certifier = active(state, name)?;
    match state.revoked_words(certifier) {
        None => Ok(certifier),
        Some(why) => Err(Error::refused(format!("Certifier {name} issues no certificates."))
            .why(format!("{why} Nobody who looks at CRLs would believe what it signs."))
            .next("Choose another certifier, or give this one a new key under the same name.")
            .command("certifier.rollover")),
    }
}

/// Takes a certifier that was not put out of use. Errors: unknown; disabled, retired or destroyed.
fn active<'a>(state: &'a State, name: &str) -> Result<&'a Certifier> {
    let certifier = certifier(state, name)?;
    match certifier.refusal() {
        None => Ok(certifier),
        Some(why) => Err(Error::refused(format!("Certifier {name} issues no certificates.")).why(why).next(
            match certifier.status {
                Status::Disabled(_) => "Enable it first, or choose another certifier.",
                _ => "Choose another certifier.",
            },
        )),
    }
}

fn request(state: &State, id: RequestId) -> Result<&Request> {
    state.requests.get(&id).ok_or_else(|| Error::not_found("request", &id.to_string()))
}

fn profile<'a>(state: &'a State, name: &str) -> Result<&'a Profile> {
    state.profiles.get(name).ok_or_else(|| {
        let names = state.profiles.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
        Error::not_found("profile", name).why(format!("Known: {names}."))
    })
}

/// Takes a ring for changing, after proving the password.
///
/// Errors: wrong password; `Damaged` when the ring on disk was changed by somebody who does not know the password.
fn opened(state: &State, name: &str, password: &Secret) -> Result<Keyring> {
    unlocked(state, name, password).map(|(ring, _)| ring)
}

/// Takes a ring for changing, as [`opened`] does, with its private keys.
fn unlocked(state: &State, name: &str, password: &Secret) -> Result<(Keyring, Opened)> {
    let ring = keyring(state, name)?;
    let opened = kyr::open(ring, password)?;
    if !opened.intact {
        return Err(Error::damaged(format!("Keyring {name} was altered outside of this program."))
            .why("Its certificates or trust flags do not fit its seal, which only the password can make.")
            .next("Compare it with the revisions in keyrings/.history, and put the right one back."));
    }
    Ok((ring.clone(), opened))
}

/// Checks the name of a keyring that is to be made. Errors: it cannot be a file, a keyring or an unreadable file has it.
pub fn new_keyring_name(state: &State, name: &str) -> Result<()> {
    check_name(name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    let file = kyr::path(name);
    if state.keyrings.contains_key(name) || state.unread(&file).is_some() {
        return Err(Error::refused(format!("A keyring is already named \"{name}\"."))
            .why("Its file stands in the workspace and is never overwritten.")
            .next("Choose another name."));
    }
    Ok(())
}

/// Writes a ring anew after its public part was changed, and says what was done.
fn rewrite(ring: Keyring, password: &Secret, what: &str) -> Result<Change> {
    let ring = kyr::amend(ring, password)?;
    let files = vec![kyr::file(&ring)?];
    Ok(Change { facts: vec![Fact::KeyringChanged { keyring: ring, what: what.into() }], files })
}
