//! Signs with unlocked certifier keys, and records a durable intent before each signature.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use crate::model::error::Result;
use crate::model::time::Timestamp;
use crate::pki::key::PrivateKey;
use crate::pki::signer::{Signer, Signing};

/// The unlocked keys of a session, by certifier.
pub type Keys = BTreeMap<String, PrivateKey>;

/// The signer of a workspace.
pub struct LedgerSigner<'a> {
    /// Unlocked keys.
    pub keys: &'a Keys,
    /// Where intents go.
    pub ledger: &'a mut dyn Ledger,
    /// The present.
    pub now: Timestamp,
}

impl Signer for LedgerSigner<'_> {
    fn key(&self, _certifier: &str) -> Result<&PrivateKey> {
        todo!()
    }

    fn sign(&mut self, _certifier: &str, _work: &[(Signing, Vec<u8>)]) -> Result<Vec<Vec<u8>>> {
        todo!()
    }

    fn sign_with(
        &mut self,
        _key: &PrivateKey,
        _certifier: &str,
        _work: &[(Signing, Vec<u8>)],
    ) -> Result<Vec<Vec<u8>>> {
        todo!()
    }
}
