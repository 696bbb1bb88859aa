//! Finishes what a crash left: files of a commit on their way, temporary files of one that never came true, and
//! signatures that were intended and not recorded. Runs under the lock only.

use std::path::Path;

use super::ledger::Ledger;
use super::ledger::sqlite::{SqliteLedger, Unfinished};
use super::{commit, file, workspace};
use crate::model::error::Result;
use crate::model::time::Timestamp;

/// Finishes everything, when a workspace is opened.
pub fn run(folder: &Path, ledger: &mut SqliteLedger, operator: &str, now: Timestamp) -> Result<()> {
    finish_files(folder, ledger)?;
    sweep(folder)?;
    // Younger intents may belong to another console that is just signing.
    let before = Timestamp(now.0.saturating_sub(Unfinished::ABANDONED_AFTER));
    let intents = ledger.unfinished_intents(Some(before))?;
    if !intents.is_empty() {
        file::step();
        let on = ledger.generation()?;
        ledger.abandon(on, now, operator, &intents)?;
    }
    Ok(())
}

/// Finishes the files of a commit that another console left on their way.
pub fn finish_files(folder: &Path, ledger: &mut SqliteLedger) -> Result<()> {
    let pending = ledger.pending_files()?;
    if pending.is_empty() {
        return Ok(());
    }
    // Every commit finishes these first, so they are of the latest generation.
    commit::place(folder, &pending, ledger.generation()?)?;
    file::step();
    ledger.files_done()
}

/// Removes temporary files that no commit speaks of.
fn sweep(folder: &Path) -> Result<()> {
    for place in workspace::folders(folder)? {
        for name in file::names(&place)?.iter().filter(|n| n.starts_with(file::TEMPORARY)) {
            file::remove(&place.join(name))?;
        }
    }
    Ok(())
}
