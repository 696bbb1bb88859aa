//! The sealed key of a certifier: a random data key seals the private key, and each way to unlock seals the data key.
//! See docs/formats.md.

use crate::model::change::FileWrite;
use crate::model::error::Result;
use crate::model::secret::Secret;
use crate::pki::key::PrivateKey;

/// How costly a password is to try: argon2id with one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Protection {
    /// Memory in MiB.
    pub argon2_mib: u32,
    /// Passes.
    pub argon2_passes: u32,
    /// PBKDF2 rounds of keyrings.
    pub keyring_rounds: u32,
}

/// Writes `certifiers/NAME/key.ron`. The parameters are authenticated, so they cannot be turned down unnoticed.
pub fn file(
    _name: &str,
    _key: &PrivateKey,
    _password: &Secret,
    _protection: &Protection,
) -> Result<FileWrite> {
    todo!()
}

/// Opens a sealed key. Errors: `WrongPassword`, `Damaged`, `TooNew`.
pub fn open(_name: &str, _bytes: &[u8], _password: &Secret) -> Result<PrivateKey> {
    todo!()
}
