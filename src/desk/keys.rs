//! The keys of certifiers in a session: unlocking and locking them, rehearsing that, and changing what protects them.

use std::path::{Path, PathBuf};

use super::{Desk, Outcome};
use crate::model::change::Fact;
use crate::model::error::{Error, Kind, Result};
use crate::model::protection::{Dealt, KeyProtection, Sealing};
use crate::model::secret::Secret;
use crate::ops::{protect, roles};
use crate::pki::key::PrivateKey;
use crate::store::remembered::refusal;
use crate::store::{certifier_key, file, outside, shares};

impl Desk {
    /// Unlocks a certifier for this session with what its protection asks for; failures are recorded in the audit chain.
    pub fn unlock(&mut self, certifier: &str, given: &(impl AsRef<[Secret]> + ?Sized)) -> Result<()> {
        let given = given.as_ref();
        let (key, _) = self.opened(certifier, given)?;
        // Recorded first: no key may be unlocked without a trace.
        self.record(Fact::CertifierUnlocked { certifier: certifier.to_owned() })?;
        if let Some(sealing) = self.costlier(certifier, given)? {
            // When that fails, the cheaper file stays good, and the next unlock tries again.
            let _ = self.seal_by(certifier, &key, &sealing, &[]);
        }
        self.meter.begin(certifier);
        self.keys.insert(certifier.to_owned(), key);
        Ok(())
    }

    /// Unlocks a certifier to see that it can be, and forgets the key at once. Returns what opened it.
    pub fn rehearse(&mut self, certifier: &str, given: &(impl AsRef<[Secret]> + ?Sized)) -> Result<String> {
        let (_, with) = self.opened(certifier, given.as_ref())?;
        self.record(Fact::UnlockRehearsed { certifier: certifier.to_owned(), with: with.clone() })?;
        Ok(with)
    }

    /// Puts another protection on the key of a certifier, after it was opened with the present one; the file before is
    /// wiped.
    pub fn protect(
        &mut self,
        certifier: &str,
        given: &(impl AsRef<[Secret]> + ?Sized),
        sealing: &Sealing,
    ) -> Result<Outcome> {
        let step = format!(
            "Protect the key of {certifier} so that it takes {} to open it.",
            match sealing.people() {
                1 => "one person".to_owned(),
                n => format!("{n} people"),
            }
        );
        let state = self.state();
        let witnessed = self.witnessed(&state, &[certifier.to_owned()], &step);
        let witnessed = self.or_recorded(witnessed)?;
        let (key, _) = self.opened(certifier, given.as_ref())?;
        let done = self.seal_by(certifier, &key, sealing, &witnessed);
        if done.is_ok() {
            self.witness = None;
        }
        done
    }

    /// Writes each share to a new private file of its own, `PREFIX-1.txt` and so on, outside of the workspace.
    ///
    /// Errors: one is there already, or cannot be written; then none is left.
    pub fn write_shares(&self, certifier: &str, dealt: &Dealt, prefix: &Path) -> Result<Vec<PathBuf>> {
        let date = Self::now().date();
        let mut written: Vec<PathBuf> = Vec::new();
        for share in &dealt.shares {
            let mut path = prefix.as_os_str().to_owned();
            path.push(format!("-{}.txt", shares::number(share)?));
            let done = outside::place(Path::new(&path), self.folder()).and_then(|path| {
                let sheet = shares::sheet(certifier, dealt, share, &date)?;
                outside::write(&path, sheet.as_bytes(), outside::PRIVATE).map(|()| path)
            });
            match done {
                Ok(path) => written.push(path),
                Err(error) => {
                    written.iter().for_each(|path| drop(file::wipe(path)));
                    return Err(error);
                }
            }
        }
        Ok(written)
    }

    fn seal_by(
        &mut self,
        certifier: &str,
        key: &PrivateKey,
        sealing: &Sealing,
        witnessed: &[Fact],
    ) -> Result<Outcome> {
        let done = self.work(&mut |desk, state, now| {
            let protected =
                desk.with_env(now, &mut |env| protect::protect(state, certifier, key, sealing, env));
            protected.map(|mut change| {
                change.facts.splice(0..0, witnessed.iter().cloned());
                change
            })
        });
        self.or_recorded(done)
    }

    /// Returns what seals a key anew whose passwords are cheaper to try than the settings want.
    fn costlier(&mut self, certifier: &str, given: &[Secret]) -> Result<Option<Sealing>> {
        if !certifier_key::is_cheaper(&self.store.certifier_key(certifier)?, &self.protection) {
            return Ok(None);
        }
        let state = self.state();
        let protection = state.certifiers.get(certifier).map(|c| &c.protection);
        Ok(match (protection, given) {
            (Some(KeyProtection::Password), [password]) => Some(Sealing::Password(password.clone())),
            (Some(KeyProtection::TwoPasswords { holders: [first, second] }), [one, two]) => {
                let (first, second) = ((first.clone(), one.clone()), (second.clone(), two.clone()));
                Some(Sealing::TwoPasswords([first, second]))
            }
            _ => None,
        })
    }

    /// Opens the key of a certifier, and says with what. A wrong answer is recorded, and so is a person without the role.
    fn opened(&mut self, certifier: &str, given: &[Secret]) -> Result<(PrivateKey, String)> {
        self.writable()?;
        let state = self.state();
        if let Some(setback) = &state.setback {
            self.or_recorded(Err(refusal(setback)))?;
        }
        let of = state.certifiers.get(certifier);
        if let Some(of) = of {
            let allowed = roles::require(of, &self.operator, roles::Act::Unlock);
            self.or_recorded(allowed)?;
        }
        let sealed = self.store.certifier_key(certifier)?;
        match certifier_key::open(certifier, &sealed, given) {
            Ok(key) => Ok((key, with(of.map(|c| &c.protection), given))),
            Err(error) => Err(self.told(&format!("certifier {certifier}"), error)),
        }
    }

    /// Records a wrong password in the audit chain, and gives the error back; other errors are no attempt.
    pub(super) fn told(&mut self, what: &str, error: Error) -> Error {
        if error.kind != Kind::WrongPassword {
            return error;
        }
        match self.record(Fact::UnlockFailed { what: what.to_owned() }) {
            Ok(()) => error,
            Err(unrecorded) => error.next(format!("This failure was not recorded: {unrecorded}")),
        }
    }

    /// Forgets the key of a certifier, or all of them.
    pub fn lock(&mut self, certifier: Option<&str>) {
        match certifier {
            Some(name) => drop(self.keys.remove(name)),
            None => self.keys.clear(),
        }
    }

    /// Forgets every key without being asked to, and remembers why until it is told.
    pub fn relock(&mut self, why: &str) {
        if !self.keys.is_empty() {
            self.keys.clear();
            self.locked_why = Some(why.to_owned());
        }
    }

    /// Takes why keys were locked without being asked to, if they were.
    pub fn locked_why(&mut self) -> Option<String> {
        self.locked_why.take()
    }

    /// Forgets the keys that have made as many signatures as their policy lets them.
    pub(super) fn lock_spent(&mut self) {
        for (certifier, limit) in self.meter.spent() {
            if self.keys.remove(&certifier).is_some() {
                let s = if limit == 1 { "" } else { "s" };
                self.locked_why = Some(format!(
                    "{certifier} is locked again: its policy says so after {limit} signature{s}"
                ));
            }
        }
    }

    /// Lists the certifiers unlocked in this session.
    pub fn unlocked(&self) -> Vec<String> {
        self.keys.keys().cloned().collect()
    }
}

/// Says what opened a key.
fn with(protection: Option<&KeyProtection>, given: &[Secret]) -> String {
    match protection {
        Some(KeyProtection::TwoPasswords { holders: [first, second] }) => {
            format!("the passwords of {first} and {second}")
        }
        Some(KeyProtection::Shares { .. }) => {
            let numbers = given.iter().filter_map(|share| shares::number(share).ok());
            let numbers: Vec<_> = numbers.map(|n| n.to_string()).collect();
            format!("the shares {}", numbers.join(", "))
        }
        _ => "the password".into(),
    }
}
