//! Signs with unlocked certifier keys, and records a durable intent before each signature.

use std::collections::BTreeMap;

use super::ledger::Ledger;
use super::ledger::audit::sha256;
use crate::model::error::{Error, Kind, Result};
use crate::model::time::Timestamp;
use crate::pki::key::PrivateKey;
use crate::pki::parallel;
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
        parallel::map(work, |(_, tbs)| key.sign(tbs))
    }
}

fn unlocked<'a>(keys: &'a Keys, certifier: &str) -> Result<&'a PrivateKey> {
    keys.get(certifier).ok_or_else(|| {
        Error::new(Kind::Locked, format!("Certifier {certifier} is locked."))
            .next("Unlock it with its password.")
            .command("certifier.unlock")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bytes::Serial;
    use crate::model::change::Fact;
    use crate::model::key::KeyType;
    use crate::store::ledger::sqlite::SqliteLedger;

    #[test]
    fn nothing_is_signed_without_a_key_or_a_new_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let now = Timestamp(1_790_000_000);
        let mut ledger = SqliteLedger::create(&path, &Fact::WorkspaceCreated, "ann", now).unwrap();
        let keys = Keys::from([("root".to_owned(), PrivateKey::generate(KeyType::P256).unwrap())]);
        let work = [1, 2].map(|n| (Signing::Certificate(Serial(vec![0x41, n])), vec![n]));

        let mut signer = LedgerSigner { keys: &keys, ledger: &mut ledger, now };
        let locked = signer.sign("other", &work).unwrap_err();
        assert_eq!((locked.kind, locked.command), (Kind::Locked, Some("certifier.unlock")));
        assert_eq!(signer.key("other").unwrap_err(), locked);
        assert_eq!(signer.sign("root", &work).unwrap().len(), 2);
        assert_eq!(signer.sign("root", &work).unwrap_err().kind, Kind::Refused);

        let intents = ledger.unfinished_intents(None).unwrap();
        let recorded: Vec<_> = intents.into_iter().map(|i| (i.what, i.tbs)).collect();
        assert_eq!(recorded, work.map(|(what, tbs)| (what, sha256(&tbs))));
    }
}
