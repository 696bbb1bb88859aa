//! PKCS#12 files (RFC 7292): reads and writes keys and certificates under a password.

use zeroize::Zeroizing;

use super::key::PrivateKey;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::secret::Secret;

/// Which algorithms protect a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// AES-256-CBC under PBKDF2 with HMAC-SHA256, and a MAC with SHA-256: OpenSSL 1.1 and 3, Java 8u301 and later, Windows 10.
    Modern,
    /// 3DES under SHA-1: what older Java, Windows and macOS read. Weak: the password has to be strong.
    Legacy,
}

/// What is written into a file.
pub struct Content<'a> {
    /// The private key with the name it is listed under (`friendlyName`).
    pub key: Option<(&'a PrivateKey, &'a str)>,
    /// Its certificate first, then the chain above it.
    pub chain: &'a [Certificate],
    /// Further certificates with the names they are listed under.
    pub roots: &'a [(String, Certificate)],
}

/// Writes a file. Errors: a password that the format cannot hold.
pub fn write(
    _content: &Content<'_>,
    _password: &Secret,
    _protection: Protection,
) -> Result<Zeroizing<Vec<u8>>> {
    Err(Error::internal("Being built."))
}
