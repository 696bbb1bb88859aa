//! The head of the audit chain remembered outside of the workspace, in the user's own folder: an older ledger that is put
//! in the place of a newer one is noticed. Decides nothing about it.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::ledger::Ledger;
use super::ledger::sqlite::SqliteLedger;
use super::{file, marked, sth, workspace};
use crate::model::State;
use crate::model::audit::setback::{Remembered, Setback};
use crate::model::bytes::hex;
use crate::model::change::Fact;
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;

/// The folder below that of the stash key; one file for each workspace.
const FOLDER: &str = "heads";

/// How often a busy console writes at most. What a crash takes with it only makes the memory older, never wrong.
const PAUSE: Duration = Duration::from_secs(1);

/// The memory of one workspace.
#[derive(Debug)]
pub(super) struct Memory {
    path: PathBuf,
    written: Option<Instant>,
    /// Whether something was committed that is not written yet.
    waits: bool,
    /// Why nothing is remembered, if so.
    pub(super) trouble: Option<String>,
}

impl Memory {
    /// Finds the memory of a workspace; writes nothing.
    pub(super) fn of(home: &Path, folder: &Path, ledger: &SqliteLedger) -> Result<Self> {
        let path = home.join(FOLDER).join(format!("{}.ron", id(folder, ledger)?));
        let keys = sth::StashKeys { home: home.to_owned(), workspace: folder.to_owned() };
        let trouble = match keys.is_inside() {
            Ok(false) => None,
            Ok(true) => Some(format!(
                "{} is inside of the workspace: a memory there would be restored together with the ledger. Set home in \
                 config.ron to a folder outside.",
                home.display()
            )),
            Err(error) => Some(error.to_string()),
        };
        Ok(Self { path, written: None, waits: false, trouble })
    }

    /// Reads what is remembered. A file that cannot be read is no memory: it is written anew.
    pub(super) fn read(&self) -> Option<Remembered> {
        if self.trouble.is_some() {
            return None;
        }
        let (bytes, _) = file::read_private(&self.path).ok()?;
        marked::read("head", &self.path.display().to_string(), &bytes, true).ok()
    }

    /// Compares the ledger with what is remembered.
    pub(super) fn setback(&self, ledger: &SqliteLedger, state: &State) -> Result<Option<Setback>> {
        let Some(remembered) = self.read() else { return Ok(None) };
        if passes(ledger, &remembered)? || reconciled(ledger, &remembered)? {
            return Ok(None);
        }
        Ok(Some(Setback { remembered, found: seen(ledger, state)? }))
    }

    /// Remembers the ledger as it is now, unless that was done a moment ago; `now` waits for nothing.
    pub(super) fn keep(&mut self, ledger: &SqliteLedger, state: &State, now: bool) {
        self.waits = true;
        if self.trouble.is_some() || (!now && self.written.is_some_and(|at| at.elapsed() < PAUSE)) {
            return;
        }
        match seen(ledger, state).and_then(|seen| self.write(&seen)) {
            Ok(()) => (self.written, self.waits) = (Some(Instant::now()), false),
            // What cannot be remembered is no reason to fail; it is said where the head is shown.
            Err(error) => self.trouble = Some(error.to_string()),
        }
    }

    /// Tells whether something is not written yet.
    pub(super) fn waits(&self) -> bool {
        self.waits && self.trouble.is_none()
    }

    /// Replaces the file whole. It is not synced: after a power cut an older one is there, which is as good.
    fn write(&self, seen: &Remembered) -> Result<()> {
        let folder = file::folder_of(&self.path);
        file::make_folder(file::folder_of(folder))?;
        file::make_folder(folder)?;
        let failed = |e: std::io::Error| file::error("write", &self.path, &e);
        let text = marked::write("head", seen)?;
        let mut builder = tempfile::Builder::new();
        let mut made = builder.prefix(file::TEMPORARY).tempfile_in(folder).map_err(failed)?;
        made.write_all(text.as_bytes()).map_err(failed)?;
        made.persist(&self.path).map(|_| ()).map_err(|e| failed(e.error))
    }
}

/// Returns what tells this workspace from every other one: the number in its mark, or for one made before there were such
/// numbers, the beginning of its chain.
fn id(folder: &Path, ledger: &SqliteLedger) -> Result<String> {
    if let Some(id) = workspace::id(folder)? {
        return Ok(id);
    }
    let mut first = String::new();
    ledger.audit_onward(1, &mut |line| {
        first = hex(&line.hash.0[..16]);
        false
    })?;
    if first.is_empty() { Err(Error::damaged("The audit chain has no beginning.")) } else { Ok(first) }
}

/// Tells whether the chain passes through the head that is remembered.
fn passes(ledger: &SqliteLedger, remembered: &Remembered) -> Result<bool> {
    let mut found = remembered.head.number == 0;
    ledger.audit_onward(remembered.head.number, &mut |line| {
        found |= line.number == remembered.head.number && line.hash == remembered.head.hash;
        false
    })?;
    Ok(found)
}

/// Tells whether somebody has decided about a loss that what is remembered belongs to.
fn reconciled(ledger: &SqliteLedger, remembered: &Remembered) -> Result<bool> {
    let number = remembered.head.number;
    let covered = |fact: &Fact| match fact {
        Fact::Reconciled { remembered: lost, found, .. } => {
            (found.number < number && number <= lost.head.number) || lost.head.hash == remembered.head.hash
        }
        _ => false,
    };
    Ok(ledger.reconciliations()?.iter().any(covered))
}

fn seen(ledger: &SqliteLedger, state: &State) -> Result<Remembered> {
    let (issued, revoked, _) = ledger.counts()?;
    let crls = state.certifiers.values().filter_map(|c| Some((c.name.clone(), c.crl.as_ref()?.number)));
    Ok(Remembered { folder: String::new(), head: ledger.head()?, issued, revoked, crls: crls.collect() })
}

/// Refuses to sign with an older ledger.
pub fn refusal(setback: &Setback) -> Error {
    Error::not_allowed(Subject::Workspace, "Nothing is signed with an older ledger.")
        .why(setback.sentence())
        .next(
            "Restore the newer ledger. If it is lost, decide what to do about it: ringmaster audit reconcile",
        )
        .command("audit.reconcile")
}
