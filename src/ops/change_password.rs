//! Seals a keyring, and its stash, under another password.

use super::Env;
use crate::model::State;
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::secret::Secret;

/// Seals key and MAC anew under `new`, with a fresh salt, and the stash together with it when there is one.
///
/// Errors: unknown keyring, wrong password, the two new passwords differ, the new one is the old one.
pub fn change_password(
    _state: &State,
    _keyring: &str,
    _new: &Secret,
    _repeat: &Secret,
    _password: &Secret,
    _env: &mut Env<'_>,
) -> Result<Change> {
    Err(Error::internal("Being built."))
}
