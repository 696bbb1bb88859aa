//! Wipes the key files of certifiers whose keys were destroyed or protected otherwise: a commit moves them to the history,
//! and this takes them out of it. Decides nothing: the audit chain says whose keys are gone.

use std::path::Path;

use super::file;
use super::ledger::sqlite::SqliteLedger;
use super::workspace::HISTORY;
use crate::model::State;
use crate::model::certifier::Status;
use crate::model::change::Fact;
use crate::model::error::Result;
use crate::model::keyring::check_name;

/// Wipes the keys that a commit has done away with or sealed anew.
pub(super) fn after(folder: &Path, facts: &[Fact]) -> Result<()> {
    for fact in facts {
        match fact {
            Fact::KeyProtected { certifier: name, .. }
            | Fact::CertifierGivenUp { name }
            | Fact::CertifierStatusChanged { certifier: name, status: Status::Destroyed(_), .. } => {
                keys(folder, name)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// Wipes what a crash has left of keys that are done away with, when a workspace is opened.
pub(super) fn finish(folder: &Path, ledger: &SqliteLedger, state: &State) -> Result<()> {
    // The history of a key that is still there holds what protected it before.
    for certifier in state.certifiers.values() {
        keys(folder, &certifier.name)?;
    }
    let place = folder.join("certifiers");
    let unknown = |name: &String| {
        let history = place.join(name).join(HISTORY);
        !state.certifiers.contains_key(name)
            && !state.awaited.contains_key(name)
            && check_name(name).is_ok()
            && !file::is_link(&place.join(name))
            && history.is_dir()
    };
    let left: Vec<_> = file::names(&place)?.into_iter().filter(unknown).collect();
    if left.is_empty() {
        return Ok(());
    }
    // A folder that lost its files is no reason to destroy a key; only the audit chain is.
    let (given_up, made) = (ledger.given_up()?, ledger.made()?);
    for name in left.iter().filter(|n| given_up.contains(*n) && !made.certifiers.contains_key(*n)) {
        keys(folder, name)?;
    }
    Ok(())
}

fn keys(folder: &Path, name: &str) -> Result<()> {
    let history = folder.join("certifiers").join(name).join(HISTORY);
    if !history.is_dir() || file::is_link(&history) {
        return Ok(());
    }
    let all = file::names(&history)?;
    let keys: Vec<_> = all.iter().filter(|n| n.starts_with("key.") && n.ends_with(".ron")).collect();
    keys.iter().try_for_each(|key| file::wipe(&history.join(key)))?;
    if keys.is_empty() { Ok(()) } else { file::sync_folder(&history) }
}
