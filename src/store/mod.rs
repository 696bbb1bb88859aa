//! The disk: the workspace folder, its files and its ledger; commit, recovery, several consoles. Decides no policy.

pub mod certifier_key;
pub mod commit;
pub mod document;
pub mod file;
pub mod kyr;
pub mod ledger;
pub mod recovery;
pub mod signer;
pub mod sth;
pub mod workspace;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::model::change::Change;
use crate::model::error::Result;
use crate::model::keyring::Keyring;
use crate::model::secret::Secret;
use crate::model::time::Timestamp;
use crate::model::{Generation, State};
use ledger::Ledger;

/// How a workspace is to be opened.
#[derive(Debug, Clone)]
pub struct Open {
    /// The workspace folder.
    pub folder: PathBuf,
    /// Where this user's stash key is kept: a folder outside the workspace, made with mode 0700 when first needed.
    pub home: PathBuf,
    /// Asked for read-only; a workspace that cannot be written opens read-only by itself.
    pub read_only: bool,
    /// Who works here, for the audit chain.
    pub operator: String,
    /// The present, for the first audit entry and for recovery.
    pub now: Timestamp,
}

/// An open workspace.
pub struct Store {}

impl Store {
    /// Opens a workspace, makes it when the folder is missing or empty, and finishes what a crash left.
    ///
    /// Errors: `TooNew` for a newer format (nothing is touched), `Foreign` for a folder with other things in it,
    /// `Disk`, `Damaged`.
    pub fn open(_how: &Open) -> Result<Self> {
        todo!()
    }

    /// Opens the same workspace a second time for reading, for another thread.
    pub fn reader(&self) -> Result<Box<dyn Ledger + Send>> {
        todo!()
    }

    /// Returns the state as of the last commit or refresh.
    pub fn state(&self) -> Arc<State> {
        todo!()
    }

    /// Returns why the workspace can only be read, if so.
    pub fn read_only(&self) -> Option<&str> {
        todo!()
    }

    /// Returns the workspace folder.
    pub fn folder(&self) -> &Path {
        todo!()
    }

    /// Reads the state again when another console has committed or `force` is set; tells whether it changed.
    pub fn refresh(&mut self, _force: bool) -> Result<bool> {
        todo!()
    }

    /// Makes a change durable and applies it. `Moved` when the workspace is not at `on` any more: run the verb again.
    pub fn commit(&mut self, _on: Generation, _now: Timestamp, _change: Change) -> Result<Arc<State>> {
        todo!()
    }

    /// Returns the ledger.
    pub fn ledger(&mut self) -> &mut dyn Ledger {
        todo!()
    }

    /// Returns the latest time in the audit chain, to notice a clock that runs behind.
    pub fn last_entry(&mut self) -> Result<Option<Timestamp>> {
        todo!()
    }

    /// Opens the stash of a ring. Errors: `NotFound` without stash, `Damaged` for a stash of another revision, user or
    /// password.
    pub fn unstash(&self, _ring: &Keyring) -> Result<Secret> {
        todo!()
    }

    /// Returns where this user's stash key is kept.
    pub fn stash_keys(&self) -> sth::StashKeys {
        todo!()
    }

    /// Reads the sealed key file of a certifier.
    pub fn certifier_key(&self, _name: &str) -> Result<Vec<u8>> {
        todo!()
    }
}
