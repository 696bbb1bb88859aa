//! Makes a request from an existing keyring: from its key, or from a new key that waits beside it.

use super::Env;
use crate::model::State;
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::keyring::NewRequest;
use crate::model::secret::Secret;

/// Puts a new request of the ring into the queue. With a new key, the ring serves with the old one until the certificate
/// of the new one is installed.
///
/// Errors: unknown keyring, no key to ask again with, no host name, wrong password.
pub fn request_again(
    _state: &State,
    _keyring: &str,
    _asked: &NewRequest,
    _password: &Secret,
    _env: &mut Env<'_>,
) -> Result<Change> {
    Err(Error::internal("Being built."))
}

/// Drops the key that waits for its certificate, and denies its request when that is still open.
///
/// Errors: unknown keyring, no such key, wrong password.
pub fn drop_next_key(
    _state: &State,
    _keyring: &str,
    _password: &Secret,
    _env: &mut Env<'_>,
) -> Result<Change> {
    Err(Error::internal("Being built."))
}
