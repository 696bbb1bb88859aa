//! Makes or drops the stash of a keyring.

use super::{Env, opened};
use crate::model::State;
use crate::model::change::{Change, Fact, FileWrite};
use crate::model::error::{Error, Result};
use crate::model::secret::Secret;
use crate::store::sth;

/// Makes the stash of a keyring, or makes it again. The ring's own file stays as it is. Errors: unknown keyring, wrong
/// password.
pub fn make_stash(state: &State, keyring: &str, password: &Secret, env: &mut Env<'_>) -> Result<Change> {
    let mut ring = opened(state, keyring, password)?;
    let files = vec![sth::file(&ring, password, &(env.stash_key)()?)?];
    ring.stash = true;
    Ok(Change { facts: vec![Fact::KeyringChanged { keyring: ring, what: "stash made".into() }], files })
}

/// Moves the stash to the history. Errors: unknown keyring, no stash.
pub fn drop_stash(state: &State, keyring: &str) -> Result<Change> {
    let mut ring = super::keyring(state, keyring)?.clone();
    if !ring.stash {
        return Err(Error::refused(format!("Keyring {keyring} has no stash.")).command("keyring.stash"));
    }
    ring.stash = false;
    let files = vec![FileWrite { path: sth::path(keyring), bytes: None }];
    Ok(Change { facts: vec![Fact::KeyringChanged { keyring: ring, what: "stash dropped".into() }], files })
}
