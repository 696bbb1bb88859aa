//! Seals a keyring, and its stash, under another password.

use super::{Env, new_password, unlocked};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::secret::Secret;
use crate::store::{kyr, sth};

/// Seals the keys and the MAC anew under `new`, with a fresh salt, and the stash together with them when there is one.
///
/// Errors: unknown keyring, wrong password, the two new passwords differ, the new one is the old one.
pub fn change_password(
    state: &State,
    keyring: &str,
    new: &Secret,
    repeat: &Secret,
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    new_password(new, repeat)?;
    let (ring, keys) = unlocked(state, keyring, password)?;
    if new == password {
        return Err(Error::refused(format!("The password of keyring {keyring} was not changed."))
            .why("The new one is the one it has.")
            .next("Type another one."));
    }
    let rounds = env.protection.keyring_rounds;
    let ring = kyr::seal_both(ring, keys.key.as_ref(), keys.next.as_ref(), new, rounds)?;
    let mut files = vec![kyr::file(&ring)?];
    let mut what = "password changed";
    if ring.stash {
        files.push(sth::file(&ring, new, &(env.stash_key)()?)?);
        what = "password changed, stash made anew";
    }
    Ok(Change { facts: vec![Fact::KeyringChanged { keyring: ring, what: what.into() }], files })
}
