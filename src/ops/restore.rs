//! Makes an earlier revision of a keyring the present one.

use super::Env;
use crate::model::State;
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::keyring::Keyring;
use crate::model::secret::Secret;

/// Makes `revision` the present one, as a new revision above it, and the stash anew when there is one.
///
/// `then` is the password the revision is sealed under, `password` that of the present ring. Errors: unknown keyring, wrong
/// password, the revision was altered.
pub fn restore(
    _state: &State,
    _keyring: &str,
    _revision: &Keyring,
    _then: &Secret,
    _password: &Secret,
    _env: &mut Env<'_>,
) -> Result<Change> {
    Err(Error::internal("Being built."))
}

/// Brings a deleted keyring back from its last revision. Errors: the name is taken, wrong password, it was altered.
pub fn undelete(
    _state: &State,
    _revision: &Keyring,
    _password: &Secret,
    _env: &mut Env<'_>,
) -> Result<Change> {
    Err(Error::internal("Being built."))
}
