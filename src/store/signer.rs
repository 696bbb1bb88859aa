//! Signs with unlocked certifier keys, and records a durable intent before each signature.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::ledger::audit::sha256;
use crate::model::error::{Error, Kind, Result};
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
    fn key(&self, certifier: &str) -> Result<&PrivateKey> {
        unlocked(self.keys, certifier)
    }

    fn sign(&mut self, certifier: &str, work: &[(Signing, Vec<u8>)]) -> Result<Vec<Vec<u8>>> {
        let key = unlocked(self.keys, certifier)?;
        self.sign_with(key, certifier, work)
    }

    fn sign_with(
        &mut self,
        key: &PrivateKey,
        certifier: &str,
        work: &[(Signing, Vec<u8>)],
    ) -> Result<Vec<Vec<u8>>> {
        let intents: Vec<_> = work.iter().map(|(what, tbs)| (what.clone(), sha256(tbs))).collect();
        self.ledger.intend(certifier, self.now, &intents)?;
        work.iter().map(|(_, tbs)| key.sign(tbs)).collect()
    }
}

fn unlocked<'a>(keys: &'a Keys, certifier: &str) -> Result<&'a PrivateKey> {
    keys.get(certifier).ok_or_else(|| {
        Error::new(Kind::Locked, format!("Certifier {certifier} is locked."))
            .next("Unlock it with its password.")
            .command("certifier.unlock")
    })
}
