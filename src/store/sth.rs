//! The `.sth` stash: the ring's password sealed with a key kept outside the workspace. See docs/formats.md.

use crate::model::change::FileWrite;
use crate::model::error::Result;
use crate::model::keyring::Keyring;
use crate::model::secret::Secret;
use zeroize::Zeroizing;

/// The per-user key that seals stashes.
#[derive(Clone)]
pub struct StashKey(pub Zeroizing<[u8; 32]>);

impl std::fmt::Debug for StashKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StashKey(***)")
    }
}

/// The folder of this user's stash key, outside the workspace.
#[derive(Debug, Clone)]
pub struct StashKeys(pub std::path::PathBuf);

impl StashKeys {
    /// Returns the key that seals stashes of this user, made when first needed: `stash.key`, 0600, in a folder 0700.
    pub fn key(&self) -> Result<StashKey> {
        todo!()
    }
}

/// Writes the stash of a ring, bound to the ring's name and salt: `keyrings/NAME.sth`.
pub fn file(_ring: &Keyring, _password: &Secret, _key: &StashKey) -> Result<FileWrite> {
    todo!()
}

/// Opens a stash.
pub fn open(_bytes: &[u8], _ring: &Keyring, _key: &StashKey) -> Result<Secret> {
    todo!()
}
