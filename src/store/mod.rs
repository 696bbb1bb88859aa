//! The disk: the workspace folder, its files and its ledger; commit, recovery, several consoles. Decides no policy.

pub mod accepted;
pub mod brought;
pub mod certifier_key;
pub mod columns;
pub mod commit;
pub mod compromised;
pub mod directory;
pub mod document;
pub mod file;
pub mod foreign;
pub mod foreign_ca;
pub mod foreign_xca;
pub mod history;
pub mod kyr;
pub mod ledger;
pub mod lines;
pub mod listing;
mod load;
pub mod marked;
pub mod outside;
pub mod probes;
pub mod publish;
pub mod recovery;
pub mod remembered;
#[cfg(test)]
mod sample;
pub mod seal;
pub mod search;
pub mod shares;
pub mod signer;
pub mod sth;
pub mod system;
mod wipe;
pub mod workspace;

use std::borrow::Borrow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::model::change::{Change, Fact, FileWrite};
use crate::model::document::Sort as DocumentSort;
use crate::model::error::{Error, Kind, Result};
use crate::model::keyring::{Keyring, Role, check_name};
use crate::model::secret::Secret;
use crate::model::time::Timestamp;
use crate::model::unread::{Sort, Unread};
use crate::model::{Generation, State};
use crate::pki::chain::signed_by;
use file::Lock;
use ledger::Ledger;
use ledger::sqlite::SqliteLedger;
use remembered::Memory;
use workspace::{Found, Stamps};

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

/// How long a console waits for another one that is just writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is said of a file whose commit is true and that could not be put in its place yet.
const WAITING: &str = "Its new version waits beside it to be put in place.";

/// An open workspace.
pub struct Store {
    folder: PathBuf,
    home: PathBuf,
    operator: String,
    ledger: SqliteLedger,
    state: Arc<State>,
    /// The versions of files that `state` was read from.
    stamps: Stamps,
    /// The ledger's data version when `state` was read.
    version: i64,
    read_only: Option<String>,
    memory: Memory,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Store({}, {:?})", self.folder.display(), self.state.generation)
    }
}

impl Store {
    /// Opens a workspace, makes it when the folder is missing or empty, and finishes what a crash left.
    ///
    /// Errors: `TooNew` for a newer format (nothing is touched), `Foreign` for a folder with other things in it,
    /// `Disk`, `Damaged`.
    pub fn open(how: &Open) -> Result<Self> {
        let folder = std::path::absolute(&how.folder).map_err(|e| file::error("find", &how.folder, &e))?;
        let mut read_only = how.read_only.then(|| "It was opened for reading only.".to_owned());
        if workspace::look(&folder)? == Found::Nothing {
            if read_only.is_some() {
                return Err(Error::new(
                    Kind::NotFound,
                    format!("There is no workspace in {}.", folder.display()),
                )
                .next("Open it once for writing: that makes one."));
            }
            file::make_folder(&folder)?;
            let _lock = Lock::exclusive(&folder.join(workspace::LOCK), PATIENCE)?;
            // Another console may have been faster.
            if workspace::look(&folder)? == Found::Nothing {
                workspace::make(&folder, &how.operator, how.now)?;
            }
        }
        workspace::no_links(&folder)?;
        read_only = read_only.or_else(|| workspace::unwritable(&folder));
        let lock_file = folder.join(workspace::LOCK);
        let lock = match read_only {
            Some(_) => Lock::shared(&lock_file, PATIENCE)?,
            None => Some(Lock::exclusive(&lock_file, PATIENCE)?),
        };
        let mut ledger = SqliteLedger::open(&folder.join(workspace::LEDGER), read_only.is_some())?;
        if read_only.is_none() {
            workspace::FOLDERS.iter().try_for_each(|f| file::make_folder(&folder.join(f)))?;
            recovery::run(&folder, &mut ledger, &how.operator, how.now)?;
            sth::StashKeys { home: how.home.clone(), workspace: folder.clone() }.sweep()?;
        }
        let version = ledger.data_version()?;
        let keys = sth::StashKeys { home: how.home.clone(), workspace: folder.clone() };
        let (state, stamps) = load::load(&folder, &ledger, &keys, None)?;
        let memory = Memory::of(&how.home, &folder, &ledger)?;
        let (home, operator) = (how.home.clone(), how.operator.clone());
        let state = Arc::new(state);
        let mut store = Self { folder, home, operator, ledger, state, stamps, version, read_only, memory };
        store.compare()?;
        store.remember(true);
        if store.read_only.is_none() && store.state.setback.is_none() {
            wipe::finish(&store.folder, &store.ledger, &store.state)?;
        }
        drop(lock);
        Ok(store)
    }

    /// Holds the ledger against what is remembered of it outside of the workspace.
    fn compare(&mut self) -> Result<()> {
        let setback = self.memory.setback(&self.ledger, &self.state)?;
        self.ledger.hold(setback.as_ref().map(remembered::refusal));
        if self.state.setback != setback {
            Arc::make_mut(&mut self.state).setback = setback;
        }
        Ok(())
    }

    /// Remembers the ledger as it is, unless it is an older one than before.
    fn remember(&mut self, now: bool) {
        if self.read_only.is_none() && self.state.setback.is_none() {
            self.memory.keep(&self.ledger, &self.state, now);
        }
    }

    /// Says why the head of the chain is not remembered outside of the workspace, if so.
    pub fn forgetful(&self) -> Option<&str> {
        self.memory.trouble.as_deref()
    }

    /// Opens the same workspace a second time for reading, for another thread.
    pub fn reader(&self) -> Result<Box<dyn Ledger + Send>> {
        Ok(Box::new(self.ledger.reader()?))
    }

    /// Returns the state as of the last commit or refresh.
    pub fn state(&self) -> Arc<State> {
        Arc::clone(&self.state)
    }

    /// Returns why the workspace can only be read, if so.
    pub fn read_only(&self) -> Option<&str> {
        self.read_only.as_deref()
    }

    /// Returns the workspace folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Reads the state again when another console has committed or `force` is set; tells whether it changed.
    ///
    /// Without `force` and news it costs some microseconds. `force` also notices files that were changed by hand.
    pub fn refresh(&mut self, force: bool) -> Result<bool> {
        let version = self.ledger.data_version()?;
        if !force && version == self.version {
            return Ok(false);
        }
        if !force && self.ledger.generation()? == self.state.generation {
            self.version = version;
            return Ok(false);
        }
        let lock_file = self.folder.join(workspace::LOCK);
        let _lock = if self.read_only.is_some() {
            Lock::shared(&lock_file, PATIENCE)?
        } else {
            let lock = Lock::exclusive(&lock_file, PATIENCE)?;
            recovery::finish_files(&self.folder, &mut self.ledger)?;
            Some(lock)
        };
        let version = self.ledger.data_version()?;
        let before = (&*self.state, &self.stamps);
        let (state, stamps) = load::load(&self.folder, &self.ledger, &self.stash_keys(), Some(before))?;
        let state = State { setback: self.memory.setback(&self.ledger, &state)?, ..state };
        let changed = state != *self.state;
        if changed {
            self.state = Arc::new(state);
        }
        (self.stamps, self.version) = (stamps, version);
        self.ledger.hold(self.state.setback.as_ref().map(remembered::refusal));
        self.remember(false);
        Ok(changed)
    }

    /// Makes a change durable and applies it. `Moved` when the workspace is not at `on` any more: run the verb again.
    ///
    /// Errors: `Moved`; `ReadOnly`; `Conflict` for a file that was changed by another program; `Disk`, also when it is
    /// full. After an error nothing has changed.
    pub fn commit(
        &mut self,
        on: Generation,
        now: Timestamp,
        change: impl Borrow<Change>,
    ) -> Result<Arc<State>> {
        let change = change.borrow();
        if let Some(why) = &self.read_only {
            return Err(Error::new(Kind::ReadOnly, "Nothing can be changed here.").why(why));
        }
        let _lock = Lock::exclusive(&self.folder.join(workspace::LOCK), PATIENCE)?;
        recovery::finish_files(&self.folder, &mut self.ledger)?;
        if self.ledger.generation()? != on || self.state.generation != on {
            return Err(Error::new(Kind::Moved, "Another console committed in the meantime.")
                .next("Look at the new state and do it again."));
        }
        if self.state.unreadable.iter().any(|unread| unread.sort == Sort::Waiting) {
            Arc::make_mut(&mut self.state).unreadable.retain(|unread| unread.sort != Sort::Waiting);
        }
        let files = commit::checked(&self.folder, &self.stamps, &change.files)?;
        let next = Generation(on.0 + 1);
        let pending = commit::prepare(&self.folder, next, &files)?;
        file::step();
        let committed = self.ledger.commit(on, now, &self.operator, &change.facts, &pending);
        if let Err(error) = committed
            // A failure in the last moment may have come after the point of truth; the ledger knows.
            && self.ledger.generation()? != next
        {
            commit::discard(&self.folder, &pending);
            return Err(error);
        }
        file::step();
        let placed = commit::place(&self.folder, &pending, next);
        self.apply(next, change, &files);
        match placed {
            // When the ledger cannot note it now, the next commit or opening finds everything in place and notes it.
            Ok(()) => {
                file::step();
                drop(self.ledger.files_done());
                if let Err(error) = wipe::after(&self.folder, &change.facts) {
                    // The change is true all the same; the next opening wipes the file.
                    let why = format!("The key file of before is still in the history. {error}");
                    let unread = Unread { path: "certifiers".into(), why, sort: Sort::Waiting };
                    Arc::make_mut(&mut self.state).unreadable.push(unread);
                }
            }
            Err(error) => {
                // The change is true all the same, and its files wait beside their places for the next commit.
                let why =
                    format!("{WAITING} {} {}", error.what.replace("; nothing was changed", ""), error.why);
                let sort = Sort::Waiting;
                let waiting = pending.iter().map(|f| Unread { path: f.path.clone(), why: why.clone(), sort });
                Arc::make_mut(&mut self.state).unreadable.extend(waiting);
            }
        }
        if change.facts.iter().any(|fact| matches!(fact, Fact::Reconciled { .. })) {
            self.ledger.hold(None);
            self.remember(true);
        } else {
            self.remember(false);
        }
        Ok(self.state())
    }

    /// Returns the ledger.
    pub fn ledger(&mut self) -> &mut dyn Ledger {
        &mut self.ledger
    }

    /// Returns the latest time in the audit chain, to notice a clock that runs behind.
    pub fn last_entry(&mut self) -> Result<Option<Timestamp>> {
        self.ledger.last_entry_time()
    }

    /// Opens the stash of a ring. Errors: `NotFound` without stash, `Refused` when others can read it or the
    /// stash key lies inside the workspace, `Damaged` for a stash of another revision, user or password.
    pub fn unstash(&self, ring: &Keyring) -> Result<Secret> {
        check_name(&ring.name).map_err(Error::usage)?;
        let (bytes, _) = match file::read_private(&self.folder.join(sth::path(&ring.name))) {
            Err(e) if e.kind == Kind::NotFound => {
                return Err(Error::new(Kind::NotFound, format!("The keyring {} has no stash.", ring.name)));
            }
            read => read?,
        };
        sth::open_with(&bytes, ring, &self.stash_keys().existing())
    }

    /// Reads the versions of a keyring, also of a deleted one; see [`history`].
    pub fn history(&self, keyring: &str) -> Result<history::History> {
        history::read(&self.folder, &self.ledger, &self.state, keyring)
    }

    /// Lists the keyrings that can be brought back: deleted, missing or damaged ones, the latest first.
    pub fn gone(&self) -> Result<Vec<history::Gone>> {
        history::gone(&self.ledger, &self.state)
    }

    /// Reads the versions of a document, also of a deleted one.
    pub fn document_history(&self, sort: DocumentSort, name: &str) -> Result<history::document::History> {
        history::document::read(&self.folder, &self.ledger, &self.state, sort, name)
    }

    /// Lists the documents that can be brought back: deleted, missing or damaged ones, the latest first.
    pub fn gone_documents(&self, sort: DocumentSort) -> Result<Vec<history::Gone>> {
        history::document::gone(&self.ledger, &self.state, sort)
    }

    /// Returns where this user's stash key is kept.
    pub fn stash_keys(&self) -> sth::StashKeys {
        sth::StashKeys { home: self.home.clone(), workspace: self.folder.clone() }
    }

    /// Returns what looks keys up in the lists of compromised keys.
    pub fn lists(&self) -> compromised::Lists {
        compromised::Lists { folder: self.folder.clone() }
    }

    /// Reads the sealed key file of a certifier.
    pub fn certifier_key(&self, name: &str) -> Result<Vec<u8>> {
        check_name(name).map_err(Error::usage)?;
        let (bytes, _) = file::read_private(&self.folder.join(certifier_key::path(name)))?;
        Ok(bytes.to_vec())
    }

    fn apply(&mut self, generation: Generation, change: &Change, files: &[&FileWrite]) {
        let state = Arc::make_mut(&mut self.state);
        change.facts.iter().for_each(|fact| state.apply(fact));
        // What was wrong with a file ends with it.
        state.unreadable.retain(|unread| files.iter().all(|write| write.path != unread.path));
        state.generation = generation;
        recall(state, change, &self.ledger);
        if state.requests.len() > State::CLOSED_KEPT {
            let closed = state.requests.values().filter(|r| !r.status.is_open()).map(|r| r.id);
            let closed: Vec<_> = closed.collect();
            for id in closed.iter().take(closed.len().saturating_sub(State::CLOSED_KEPT)) {
                state.requests.remove(id);
            }
        }
        for write in files {
            match file::stamp(&self.folder.join(&write.path)) {
                Ok(Some(stamp)) => self.stamps.insert(write.path.clone(), stamp),
                _ => self.stamps.remove(&write.path),
            };
        }
    }
}

impl Drop for Store {
    /// Remembers what a busy console has not written yet.
    fn drop(&mut self) {
        if self.memory.waits() {
            self.remember(true);
        }
    }
}

/// Remembers the revocations of certificates that a change has brought into a ring, as when an earlier version comes
/// back, or made those of a certifier, and which of them the issued list does not know.
fn recall(state: &mut State, change: &Change, ledger: &SqliteLedger) {
    let mut recalled = Vec::new();
    for fact in &change.facts {
        if let Fact::PersonSaved { person, .. } = fact {
            recalled.extend(person.certificates.iter().map(|c| c.sha256));
        }
        if let Fact::CertifierCreated { certifier } = fact {
            recalled.extend(certifier.chain.iter().chain([&certifier.certificate]).map(|c| c.sha256));
        }
        if let Fact::CertifierRenewed { certificate, chain, .. } = fact {
            recalled.extend(chain.iter().chain([certificate]).map(|c| c.sha256));
        }
        let (Fact::KeyringCreated { keyring } | Fact::KeyringChanged { keyring, .. }) = fact else {
            continue;
        };
        for entry in keyring.entries.iter().filter(|e| e.role != Role::Root) {
            let sha256 = entry.certificate.sha256;
            let issuer = state.certifier_of(&entry.certificate);
            let here = issuer.is_some_and(|c| signed_by(&entry.certificate, &c.certificate));
            if here && matches!(ledger.standing(&sha256), Ok(None)) {
                state.unlisted.insert(sha256);
            }
            recalled.push(sha256);
        }
    }
    for sha256 in recalled.into_iter().filter(|_| state.revoked > 0) {
        // The change is true already; what cannot be looked up now is found when the workspace is read again.
        if !state.revocations.contains_key(&sha256)
            && let Ok(Some(Some(revocation))) = ledger.standing(&sha256)
        {
            state.revocations.insert(sha256, revocation);
        }
    }
}
