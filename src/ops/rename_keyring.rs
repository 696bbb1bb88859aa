//! Gives a keyring another name, in every document that names it.

use super::Env;
use crate::model::State;
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::secret::Secret;

/// Renames a keyring: its files, its stash, every site document and request that names it, in one change.
///
/// Errors: unknown keyring, wrong password, the new name is taken or cannot be a file.
pub fn rename_keyring(
    _state: &State,
    _keyring: &str,
    _to: &str,
    _password: &Secret,
    _env: &mut Env<'_>,
) -> Result<Change> {
    Err(Error::internal("Being built."))
}
