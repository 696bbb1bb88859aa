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

/// How many signatures each unlocked key has made, and after how many its policy wants it locked.
#[derive(Debug, Default)]
pub struct Meter {
    made: BTreeMap<String, u32>,
    /// The most by certifier; those without a limit are left out.
    pub limits: BTreeMap<String, u32>,
}

impl Meter {
    /// Begins anew for a key that was unlocked just now.
    pub fn begin(&mut self, certifier: &str) {
        self.made.remove(certifier);
    }

    /// Lists the certifiers whose keys have made as many signatures as they may.
    pub fn spent(&self) -> Vec<(String, u32)> {
        let spent = |(name, limit): (&String, &u32)| {
            (self.made.get(name).copied().unwrap_or_default() >= *limit).then(|| (name.clone(), *limit))
        };
        self.limits.iter().filter_map(spent).collect()
    }

    /// Counts signatures before they are made. Errors: `Refused` when they are more than the key may make at once, `Locked`
    /// when it has to be unlocked again for them.
    fn count(&mut self, certifier: &str, signatures: usize) -> Result<()> {
        let Some(limit) = self.limits.get(certifier).copied() else { return Ok(()) };
        let more = u32::try_from(signatures).unwrap_or(u32::MAX);
        if more > limit {
            return Err(Error::refused(format!("Certifier {certifier} does not sign {more} at once."))
                .why(format!("Its policy locks the key after {limit} signatures."))
                .next(format!("Sign at most {limit} at once, or amend the policy (relock-after)."))
                .command("certifier.amend"));
        }
        let made = self.made.entry(certifier.to_owned()).or_default();
        if made.saturating_add(more) > limit {
            let left = limit - *made;
            *made = limit;
            return Err(Error::new(Kind::Locked, format!("Certifier {certifier} is locked again."))
                .why(format!(
                    "Its policy locks the key after {limit} signatures, and {left} were left for {more}."
                ))
                .next("Unlock it with its password.")
                .command("certifier.unlock"));
        }
        *made += more;
        Ok(())
    }
}

/// The signer of a workspace.
pub struct LedgerSigner<'a> {
    /// Unlocked keys.
    pub keys: &'a Keys,
    /// Counts the signatures.
    pub meter: &'a mut Meter,
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
        self.meter.count(certifier, work.len())?;
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
    fn a_key_makes_as_many_signatures_as_its_policy_lets_it() {
        let mut meter = Meter::default();
        meter.count("free", 1_000_000).unwrap();
        meter.limits.insert("root".into(), 5);
        assert_eq!(meter.count("root", 6).unwrap_err().kind, Kind::Refused);
        meter.count("root", 3).unwrap();
        assert!(meter.spent().is_empty());
        assert_eq!(meter.count("root", 3).unwrap_err().kind, Kind::Locked);
        assert_eq!(meter.spent(), [("root".to_owned(), 5)]);
        meter.begin("root");
        meter.count("root", 5).unwrap();
        assert_eq!(meter.spent(), [("root".to_owned(), 5)]);
    }

    #[test]
    fn nothing_is_signed_without_a_key_or_a_new_number() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ledger.db");
        let now = Timestamp(1_790_000_000);
        let mut ledger = SqliteLedger::create(&path, &Fact::WorkspaceCreated, "ann", now).unwrap();
        let keys = Keys::from([("root".to_owned(), PrivateKey::generate(KeyType::P256).unwrap())]);
        let work = [1, 2].map(|n| (Signing::Certificate(Serial(vec![0x41, n])), vec![n]));

        let mut meter = Meter::default();
        let mut signer = LedgerSigner { keys: &keys, meter: &mut meter, ledger: &mut ledger, now };
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
