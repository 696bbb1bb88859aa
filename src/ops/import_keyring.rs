//! Makes a keyring of a private key and certificates that were made elsewhere.

use super::Env;
use crate::model::State;
use crate::model::certificate::Certificate;
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::keyring::ImportedKeyring;
use crate::pki::key::PrivateKey;

/// Makes a keyring of what a file held: its key, the certificate of that key, the chain above it, and roots, in any order.
/// Certificates that belong to neither are trusted roots when they are roots, and refused otherwise.
///
/// Errors: the name is taken or cannot be a file, the passwords differ, no certificate is of the key.
pub fn import_keyring(
    _state: &State,
    _asked: &ImportedKeyring,
    _key: Option<&PrivateKey>,
    _certificates: &[Certificate],
    _env: &mut Env<'_>,
) -> Result<Change> {
    Err(Error::internal("Being built."))
}
