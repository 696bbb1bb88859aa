//! The `.kyr` file: a RON header with a MAC, then PEM. See docs/formats.md.

use crate::model::change::FileWrite;
use crate::model::error::Result;
use crate::model::keyring::Keyring;
use crate::model::secret::Secret;
use crate::pki::key::PrivateKey;

/// A ring opened with its password.
#[derive(Debug)]
pub struct Opened {
    /// The private key, if the ring holds one.
    pub key: Option<PrivateKey>,
    /// Whether the MAC fits; when false, header or certificates were changed by somebody without the password.
    pub intact: bool,
}

/// Seals `ring` under a password with a fresh salt and `rounds`, with this key, and returns it with `sealed` filled in and
/// the revision raised by one. Used when a ring is made and whenever its key or password changes.
pub fn seal(_ring: Keyring, _key: Option<&PrivateKey>, _password: &Secret, _rounds: u32) -> Result<Keyring> {
    todo!()
}

/// Computes the MAC anew after the public part was changed, and raises the revision by one; the key stays as it is.
/// Errors: `WrongPassword`.
pub fn amend(_ring: Keyring, _password: &Secret) -> Result<Keyring> {
    todo!()
}

/// Opens a ring. A wrong password takes as long as a right one.
pub fn open(_ring: &Keyring, _password: &Secret) -> Result<Opened> {
    todo!()
}

/// Writes the file of a sealed ring: `keyrings/NAME.kyr`.
pub fn file(_ring: &Keyring) -> Result<FileWrite> {
    todo!()
}

/// Reads a file. `stash` tells whether a `.sth` stands beside it. Errors: `Foreign` for a proprietary binary keyring, a
/// PFX, a JPEG and other strangers (says which and what to do), `TooNew`, `Damaged`.
pub fn read(_name: &str, _bytes: &[u8], _stash: bool) -> Result<Keyring> {
    todo!()
}

/// X.
pub fn removed(_ring: &Keyring) -> Vec<FileWrite> {
    todo!()
}
