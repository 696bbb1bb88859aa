//! Makes or drops the stash of a keyring.

use super::Env;
use crate::model::State;
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::secret::Secret;

/// Makes the stash of a keyring, or makes it again. Errors: unknown keyring, wrong password.
pub fn make_stash(_state: &State, _keyring: &str, _password: &Secret, _env: &mut Env<'_>) -> Result<Change> {
    Err(Error::internal("Being built."))
}

/// Moves the stash to the history. Errors: unknown keyring, no stash.
pub fn drop_stash(_state: &State, _keyring: &str) -> Result<Change> {
    Err(Error::internal("Being built."))
}
