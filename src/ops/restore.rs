//! Brings earlier versions of a keyring back: one chosen, the one before the last change, or a ring that was deleted.

use super::ring::Act;
use super::{Env, keyring as present};
use crate::model::State;
use crate::model::certificate::Lifetime;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Kind, Result};
use crate::model::key::KeyInfo;
use crate::model::keyring::{Difference, Keyring, compare};
use crate::model::secret::Secret;
use crate::model::time::Timestamp;
use crate::model::unread::Sort;
use crate::store::history::{BACK, History, Last, Revision};
use crate::store::{kyr, sth};

/// Makes `revision` the present one, as a new revision above it, and the stash anew when there is one of another password.
/// The name stays the present one, also when the revision is of a time before a renaming.
///
/// `then` is the password the revision is sealed under; without it `password`, that of the present ring, is tried. Errors:
/// unknown keyring, it says the same as the present one, it was altered; `Locked` when it needs a password of its own,
/// `WrongPassword`.
pub fn restore(
    state: &State,
    keyring: &str,
    revision: &Keyring,
    then: Option<&Secret>,
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    let now = present(state, keyring)?;
    let ring =
        Keyring { name: keyring.to_owned(), revision: now.revision, stash: now.stash, ..revision.clone() };
    let password = match then {
        Some(then) => intact(revision, then).map(|()| then)?,
        None => intact(revision, password).map(|()| password).map_err(|error| match error.kind {
            Kind::WrongPassword => Error::new(
                Kind::Locked,
                format!(
                    "Revision {} of keyring {keyring} needs the password it had then.",
                    revision.revision
                ),
            )
            .why(if password.is_empty() {
                "No stash opens it."
            } else {
                "It was sealed under another password than the present one."
            }),
            _ => error,
        })?,
    };
    // An altered ring may say the same; its seal is then put right.
    if compare(now, &ring).is_empty() && intact(now, password).is_ok() {
        return Err(Error::refused(format!("Nothing of keyring {keyring} was changed."))
            .why(format!("Revision {} says the same as the present one.", revision.revision)));
    }
    let unfit = state.unread(&sth::path(keyring)).is_some();
    let other_password = ring.sealed.salt != now.sealed.salt;
    let mut what = format!("revision {} is back", revision.revision);
    let revision_of_now = now.revision.max(revision.revision);
    let ring = kyr::amend(Keyring { revision: revision_of_now, ..ring }, password)?;
    let mut files = vec![kyr::file(&ring)?];
    if ring.stash && (other_password || unfit) {
        files.push(sth::file(&ring, password, &(env.stash_key)()?)?);
        what.push_str(", stash made anew");
    }
    what.extend(lifetime(&ring, env.now).map(|why| format!("; {why}")));
    Ok(Change { facts: vec![Fact::KeyringChanged { keyring: ring, what }], files })
}

/// Brings a deleted keyring back from one of its revisions, with a stash when it had one.
///
/// Errors: the name is taken, it was altered; `Locked` without a password, `WrongPassword`.
pub fn undelete(state: &State, revision: &Keyring, password: &Secret, env: &mut Env<'_>) -> Result<Change> {
    let name = &revision.name;
    let refused = || Error::refused(format!("Keyring {name} was not brought back."));
    if state.keyrings.contains_key(name) {
        return Err(refused()
            .why("A keyring has this name.")
            .next("Rename that one first, or restore the revision in its place.")
            .command("keyring.rename"));
    }
    if state.unread(&kyr::path(name)).is_some_and(|unread| unread.sort != Sort::Missing) {
        return Err(refused()
            .why(format!("A file that cannot be read stands in {}.", kyr::path(name)))
            .next("Put it away first; it goes to the history.")
            .command("keyring.leftovers"));
    }
    if password.is_empty() {
        let what = format!("Keyring {name} needs its password.");
        return Err(Error::new(Kind::Locked, what).why("It is the one it had when it was a keyring."));
    }
    intact(revision, password)?;
    let ring = kyr::amend(revision.clone(), password)?;
    let mut files = vec![kyr::file(&ring)?];
    if ring.stash {
        files.push(sth::file(&ring, password, &(env.stash_key)()?)?);
    }
    let mut what = BACK.to_owned();
    what.extend(lifetime(&ring, env.now).map(|why| format!("; {why}")));
    // Made again for those who ask what there is, and told as what it is.
    let facts =
        vec![Fact::KeyringCreated { keyring: ring.clone() }, Fact::KeyringChanged { keyring: ring, what }];
    Ok(Change { facts, files })
}

/// Says how the last change of a keyring is undone. An undoing is undone the same way.
///
/// Errors: it was deleted, it is as it was made, or the revision before it cannot be read.
pub fn undoing(history: &History) -> Result<Act> {
    let name = &history.keyring;
    let refused = || Error::refused(format!("Nothing of keyring {name} was undone."));
    if history.deleted.is_some() {
        return Err(refused().why("It was deleted.").next(format!("ringmaster keyring undelete {name}")));
    }
    let mut own = history.revisions.iter().filter(|r| !r.earlier);
    let newest = own.next();
    let before = own.next();
    match history.last {
        Some(Last::StashMade) => return Ok(Act::DropStash),
        Some(Last::StashDropped) => return Ok(Act::MakeStash),
        Some(Last::Renamed) if let Some(before) = before => {
            return Ok(Act::Rename { to: before.name.clone() });
        }
        Some(Last::Created) => {
            return Err(refused()
                .why("It is as it was made or brought back.")
                .next("Delete it, if it is not to be.")
                .command("keyring.delete"));
        }
        _ => {}
    }
    if newest.is_none_or(|r| r.ring.is_err()) {
        return Err(refused()
            .why("Its present file cannot be read.")
            .next("Put it away, then bring the keyring back.")
            .command("keyring.leftovers"));
    }
    match before.map(|r| &r.ring) {
        Some(Ok(ring)) => Ok(Act::Restore { revision: Box::new(ring.clone()), password: None }),
        Some(Err(error)) => Err(refused()
            .why(format!("The revision before it cannot be read: {error}"))
            .next("Choose an older one to restore.")
            .command("keyring.history")),
        None => Err(refused().why("The history keeps no revision before the present one.")),
    }
}

/// Says what comes of restoring a revision: what changes, then what a person should know first.
pub fn consequences(
    state: &State,
    now: Option<&Keyring>,
    revision: &Revision,
    at: Timestamp,
) -> Vec<Consequence> {
    let Ok(ring) = &revision.ring else { return Vec::new() };
    let mut found: Vec<_> = match now {
        Some(now) => {
            // The name stays as it is.
            let then = Keyring { name: now.name.clone(), ..ring.clone() };
            compare(now, &then).into_iter().map(Consequence::Change).collect()
        }
        None => Vec::new(),
    };
    let mut warn = |text: String| found.push(Consequence::Warning(text));
    if revision.altered {
        warn(
            "Its file is not as the audit chain tells: somebody has altered it, and it will be refused."
                .into(),
        );
    }
    if revision.earlier && now.is_some() {
        warn("It is of an earlier keyring of this name, which was deleted.".into());
    }
    if let Some(why) = lifetime(ring, at) {
        warn(format!("Attention: {why}."));
    }
    if let Some(revoked) = &revision.revoked {
        warn(format!(
            "Attention: its certificate was revoked on {}: {}.",
            revoked.at.date(),
            revoked.reason.name()
        ));
    }
    let Some(now) = now else { return found };
    if now.sealed.salt != ring.sealed.salt {
        warn("It is sealed under the password it had then, which will be the ring's password again.".into());
    }
    let held =
        |ring: &Keyring, key: &KeyInfo| ring.key.iter().chain(&ring.next_key).any(|k| k.sha256 == key.sha256);
    for key in now.key.iter().chain(&now.next_key).filter(|key| !held(ring, key)) {
        for request in state.requests.of_key(&key.sha256).filter(|r| r.status.is_open()) {
            warn(format!("Request {} stays open, and its key will be in the history only.", request.id));
        }
    }
    found
}

/// What comes of restoring a revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consequence {
    /// Something is another way afterwards.
    Change(Difference),
    /// Something to know before.
    Warning(String),
}

/// Checks that a revision is as it was sealed. Errors: `WrongPassword`, `Damaged`.
fn intact(revision: &Keyring, password: &Secret) -> Result<()> {
    if kyr::open(revision, password)?.intact {
        return Ok(());
    }
    let what = format!("Revision {} of keyring {} was altered.", revision.revision, revision.name);
    Err(Error::damaged(what)
        .why("Its content does not fit its seal, which only the password can make. Nothing was changed.")
        .next("Choose another revision.")
        .command("keyring.history"))
}

/// Says why the ring's own certificate does not serve at this time, if so.
fn lifetime(ring: &Keyring, at: Timestamp) -> Option<String> {
    let leaf = ring.leaf()?;
    match leaf.lifetime(at, 0) {
        Lifetime::Expired => Some(format!("its certificate ended on {}", leaf.not_after.date())),
        Lifetime::NotYet => Some(format!("its certificate is valid from {} on only", leaf.not_before.date())),
        Lifetime::Soon | Lifetime::Good => None,
    }
}
