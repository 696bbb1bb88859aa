//! Who signs for a certifier: the seam between the verbs and whatever holds the key.

use super::key::PrivateKey;
use crate::model::bytes::Serial;
use crate::model::error::Result;

/// What is about to be signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signing {
    /// A certificate with this serial number.
    Certificate(Serial),
    /// A CRL with this number.
    Crl(u64),
    /// This version of a policy.
    Policy(u32),
}

/// Signs for certifiers. An implementation records a durable intent before it makes a signature.
pub trait Signer {
    /// Returns the unlocked key of a certifier. Errors: `Locked`.
    fn key(&self, certifier: &str) -> Result<&PrivateKey>;

    /// Signs to-be-signed bytes with a certifier's unlocked key; all intents are recorded together, before the first
    /// signature.
    fn sign(&mut self, certifier: &str, work: &[(Signing, Vec<u8>)]) -> Result<Vec<Vec<u8>>>;

    /// Signs with a key that is just being made for `certifier`.
    fn sign_with(
        &mut self,
        key: &PrivateKey,
        certifier: &str,
        work: &[(Signing, Vec<u8>)],
    ) -> Result<Vec<Vec<u8>>>;
}
