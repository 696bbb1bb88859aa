//! Private keys: makes, reads, seals as PKCS#8, signs. Wiped from memory on drop.

use zeroize::Zeroizing;

use crate::model::error::Result;
use crate::model::key::{KeyInfo, KeyType};
use crate::model::secret::Secret;

/// A private key that can sign. `Debug` shows the public part only.
pub struct PrivateKey {}

impl PrivateKey {
    /// Makes a new key. RSA takes 0.1 to 1.2 seconds: never on the UI thread.
    pub fn generate(_kind: KeyType) -> Result<Self> {
        todo!()
    }

    /// Reads an unencrypted PKCS#8, PKCS#1 or SEC1 DER key.
    pub fn read(_der: &[u8]) -> Result<Self> {
        todo!()
    }

    /// Opens `ENCRYPTED PRIVATE KEY` PEM. Errors: `WrongPassword`, `Damaged`.
    pub fn open(_pem: &str, _password: &Secret) -> Result<Self> {
        todo!()
    }

    /// Seals as `ENCRYPTED PRIVATE KEY` PEM: PBES2, PBKDF2-HMAC-SHA256 with `rounds`, AES-256-CBC.
    pub fn seal(&self, _password: &Secret, _rounds: u32) -> Result<String> {
        todo!()
    }

    /// Returns the PKCS#8 v1 DER, which OpenSSL 3.0 reads for every kind.
    pub fn pkcs8(&self) -> &Zeroizing<Vec<u8>> {
        todo!()
    }

    /// Returns what is known of the public key.
    pub fn info(&self) -> &KeyInfo {
        todo!()
    }

    /// Returns the DER AlgorithmIdentifier of the signatures that [`Self::sign`] makes.
    pub fn algorithm(&self) -> &[u8] {
        todo!()
    }

    /// Signs. RSA PKCS#1 v1.5 with SHA-256, ECDSA with the curve's own hash, Ed25519.
    pub fn sign(&self, _message: &[u8]) -> Result<Vec<u8>> {
        todo!()
    }
}

impl std::fmt::Debug for PrivateKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PrivateKey(..)")
    }
}

/// Describes the key in a DER SubjectPublicKeyInfo; never fails: an unknown algorithm is named by its OID.
pub fn describe(_spki: &[u8]) -> KeyInfo {
    todo!()
}

/// Returns the DER AlgorithmIdentifier of the signatures that the private key of this public key makes here.
pub fn signature_algorithm(_info: &KeyInfo) -> Result<Vec<u8>> {
    todo!()
}
