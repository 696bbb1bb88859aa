//! The ledger on SQLite: making, opening and the one transaction that makes facts true. How it is asked is in `query`.
//!
//! The order of a commit with files: the caller writes and syncs temporary files, then [`SqliteLedger::commit`] makes
//! the facts true and remembers the files as pending, then the caller renames them and calls
//! [`SqliteLedger::files_done`]. After a crash the pending renames are repeated.

use std::cell::RefCell;
use std::fs::File;
use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior, params};

use super::record::Record;
use super::schema::{self, Access, disk};
use crate::model::Generation;
use crate::model::bytes::{Digest, Serial};
use crate::model::change::Fact;
use crate::model::error::{Error, Kind, Result};
use crate::model::time::Timestamp;
use crate::pki::signer::Signing;

/// From this many facts on, a commit may use more memory for a while.
const MANY: usize = 1_000;

/// A file of a commit on its way to its place. Paths are relative to the workspace, with `/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingFile {
    /// The synced temporary file to be renamed; empty when `path` is to be moved to the history.
    pub temporary: String,
    /// The file to be replaced, made or moved to the history.
    pub path: String,
}

/// A signature that was intended and of which no outcome is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// The certifier by name.
    pub certifier: String,
    /// What was to be signed.
    pub what: Signing,
    /// SHA-256 of the to-be-signed bytes.
    pub tbs: Digest,
    /// When it was intended.
    pub at: Timestamp,
}

impl Unfinished {
    /// How old an unfinished intent must be before it counts as abandoned: 10 minutes in seconds. Within that time it
    /// may belong to another console that is just signing.
    pub const ABANDONED_AFTER: i64 = 600;

    /// Returns the fact that no signature came of it.
    pub fn fact(&self) -> Fact {
        let what = match &self.what {
            Signing::Certificate(serial) => format!("certificate {serial}"),
            Signing::Crl(number) => format!("CRL {number}"),
            Signing::Policy(version) => format!("policy version {version}"),
        };
        Fact::SigningAbandoned { certifier: self.certifier.clone(), what, tbs: self.tbs }
    }
}

/// The ledger of a workspace in a SQLite file.
#[derive(Debug)]
pub struct SqliteLedger {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) access: Access,
    /// The pending files this console has to answer for: of its own commits, or taken over by recovery.
    taken: RefCell<Vec<i64>>,
    /// Why nothing may be signed now, if so.
    held: Option<Error>,
}

impl SqliteLedger {
    /// Makes a ledger with mode 0600 and `first` as its first entry, at generation 1.
    ///
    /// It appears under its name only when it is complete; two who make it at once get one ledger and one `Refused`.
    /// A crash may leave a file that begins with `.tmp-ledger-`.
    pub fn create(path: &Path, first: &Fact, operator: &str, now: Timestamp) -> Result<Self> {
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
        let making = tempfile::Builder::new()
            .prefix(".tmp-ledger-")
            .tempfile_in(folder)
            .map_err(|e| disk(path, &e))?;
        let mut new = Self::of(schema::make(making.path())?, making.path(), Access::Write);
        new.commit(Generation(0), now, operator, std::slice::from_ref(first), &[])?;
        new.connection.close().map_err(|(_, e)| e)?;
        making.as_file().sync_all().map_err(|e| disk(path, &e))?;
        making.persist_noclobber(path).map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => {
                Error::refused(format!("{} is already there.", path.display())).next("Open the workspace.")
            }
            _ => disk(path, &e.error),
        })?;
        File::open(folder).and_then(|f| f.sync_all()).map_err(|e| disk(folder, &e))?;
        Self::open(path, false)
    }

    /// Opens a ledger.
    ///
    /// With `read_only` it is not written to, and it opens even where no file can be made, such as on a read-only
    /// medium; then it is read as it stands ([`Self::is_frozen`]). Errors: `NotFound`, `Foreign`, `TooNew` (nothing is
    /// touched), `Damaged`, `Disk`.
    pub fn open(path: &Path, read_only: bool) -> Result<Self> {
        if !read_only {
            let ledger = Self::of(schema::open(path, Access::Write)?, path, Access::Write);
            ledger.meta()?;
            return Ok(ledger);
        }
        let beside = schema::open(path, Access::Read).map(|c| Self::of(c, path, Access::Read));
        let beside = beside.and_then(|ledger| ledger.meta().map(|_| ledger));
        let refused = match beside {
            Err(e) if matches!(e.kind, Kind::Disk | Kind::ReadOnly) => e,
            other => return other,
        };
        // SQLite makes files beside a database even to read it. Where it cannot, the file is complete in itself
        // unless a log with changes lies beside it.
        let mut log = path.as_os_str().to_owned();
        log.push("-wal");
        match std::fs::metadata(&log) {
            Ok(log) if log.len() > 0 => {
                return Err(refused.next(
                    "The latest changes are in ledger.db-wal. Open the workspace once where it can be written, or \
                     copy the whole folder to such a place.",
                ));
            }
            _ => {}
        }
        let frozen = Self::of(schema::open(path, Access::Frozen)?, path, Access::Frozen);
        frozen.meta()?;
        Ok(frozen)
    }

    fn of(connection: Connection, path: &Path, access: Access) -> Self {
        Self { connection, path: path.to_owned(), access, taken: RefCell::default(), held: None }
    }

    /// Opens the same ledger again for reading.
    pub fn reader(&self) -> Result<Self> {
        let access = self.access.reading();
        Ok(Self::of(schema::open(&self.path, access)?, &self.path, access))
    }

    /// Tells whether the ledger can only be read.
    pub fn is_read_only(&self) -> bool {
        self.access != Access::Write
    }

    /// Tells whether the ledger is read as it stood when it was opened, for nothing can be made in its folder.
    pub fn is_frozen(&self) -> bool {
        self.access == Access::Frozen
    }

    /// Makes facts true, all or none: the tables, one audit entry each, the signing intents they finish, the files on
    /// their way, and the next generation.
    ///
    /// Errors: `Moved` when the ledger is not at `on`; `NotFound` and `Refused` for facts that contradict the tables;
    /// `Conflict` when another console has not yet finished replacing one of the files.
    pub fn commit(
        &mut self,
        on: Generation,
        now: Timestamp,
        operator: &str,
        facts: &[Fact],
        files: &[PendingFile],
    ) -> Result<Generation> {
        self.must_write()?;
        if facts.len() >= MANY {
            // Bulk work touches every index at random; a small cache would read each page again and again.
            self.connection.execute_batch("PRAGMA cache_size = -262144")?;
        }
        let done = self.record(on, now, operator, facts, files);
        if facts.len() >= MANY {
            self.connection.execute_batch("PRAGMA cache_size = -8192; PRAGMA shrink_memory")?;
        }
        done
    }

    fn record(
        &mut self,
        on: Generation,
        now: Timestamp,
        operator: &str,
        facts: &[Fact],
        files: &[PendingFile],
    ) -> Result<Generation> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut record = Record::begin(&transaction, now, operator)?;
        if record.meta.generation != on {
            return Err(Error::new(Kind::Moved, "Another console committed in the meantime.")
                .next("Look at the new state and do it again."));
        }
        for fact in facts {
            record.fact(fact)?;
        }
        let generation = record.finish()?;
        let mut taken = Vec::with_capacity(files.len());
        for file in files {
            let mut busy = transaction.prepare_cached("SELECT 1 FROM pending_file WHERE path = ?")?;
            if busy.exists([&file.path])? {
                return Err(Error::new(
                    Kind::Conflict,
                    format!("Another console is replacing {} at this moment.", file.path),
                )
                .next("Try again. If it stays so, close all consoles and open the workspace anew: that finishes it."));
            }
            transaction
                .prepare_cached("INSERT INTO pending_file(temporary, path) VALUES(?, ?)")?
                .execute(params![file.temporary, file.path])?;
            taken.push(transaction.last_insert_rowid());
        }
        transaction.commit()?;
        self.taken.borrow_mut().append(&mut taken);
        Ok(generation)
    }

    /// Returns the files that may not have reached their place yet, oldest first, and makes this console answer for
    /// them: the caller repeats the renames (a missing temporary file was renamed already) and calls
    /// [`Self::files_done`].
    pub fn pending_files(&self) -> Result<Vec<PendingFile>> {
        let mut query =
            self.connection.prepare_cached("SELECT id, temporary, path FROM pending_file ORDER BY id")?;
        let rows = query
            .query_map([], |r| Ok((r.get(0)?, PendingFile { temporary: r.get(1)?, path: r.get(2)? })))?;
        let rows = rows.collect::<Result<Vec<(i64, PendingFile)>, _>>()?;
        let (ids, files) = rows.into_iter().unzip::<_, _, Vec<_>, Vec<_>>();
        *self.taken.borrow_mut() = ids;
        Ok(files)
    }

    /// Forgets the files that this console committed or took over, for they are in their place.
    pub fn files_done(&mut self) -> Result<()> {
        let taken = self.taken.take();
        if taken.is_empty() {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for id in &taken {
            transaction.prepare_cached("DELETE FROM pending_file WHERE id = ?")?.execute([id])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Refuses every signature from now on with this error, or none any more.
    pub fn hold(&mut self, why: Option<Error>) {
        self.held = why;
    }

    /// Records durably that these signatures are about to be made. See [`super::Ledger::intend`].
    pub(super) fn record_intents(
        &mut self,
        certifier: &str,
        now: Timestamp,
        work: &[(Signing, Digest)],
    ) -> Result<()> {
        self.must_write()?;
        if let Some(why) = &self.held {
            return Err(why.clone());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for (what, tbs) in work {
            match what {
                Signing::Certificate(serial) => {
                    let spent = transaction
                        .prepare_cached(
                            "SELECT 1 FROM intent WHERE certifier = ?1 AND serial = ?2 AND listed = 0
                             UNION ALL SELECT 1 FROM issued WHERE certifier = ?1 AND serial = ?2",
                        )?
                        .exists(params![certifier, serial.0])?;
                    if spent {
                        return Err(Error::refused(format!(
                            "Certifier {certifier} has used the serial number {serial} before."
                        ))
                        .why("A serial number is given once, even when the signing failed.")
                        .next("Nothing was signed. Do it again; a new number is drawn."));
                    }
                    transaction
                        .prepare_cached("INSERT INTO intent(certifier, serial, tbs, at) VALUES(?, ?, ?, ?)")?
                        .execute(params![certifier, serial.0, tbs.0, now.0])?;
                }
                Signing::Policy(version) => {
                    let spent = transaction
                        .prepare_cached(
                            "SELECT 1 FROM policy_intent JOIN audit ON audit.number = done
                             WHERE certifier = ? AND version = ? AND what IN ('policy amended', 'certifier created')",
                        )?
                        .exists(params![certifier, version])?;
                    if spent {
                        return Err(Error::refused(format!(
                            "Certifier {certifier} has signed a policy version {version} before."
                        ))
                        .why("A version is signed once.")
                        .next("Nothing was signed. Look at the present policy, and amend that."));
                    }
                    transaction
                        .prepare_cached(
                            "INSERT INTO policy_intent(certifier, version, tbs, at) VALUES(?, ?, ?, ?)",
                        )?
                        .execute(params![certifier, version, tbs.0, now.0])?;
                }
                Signing::Crl(number) => {
                    let last = super::crls::last_number(&transaction, certifier)?;
                    // A certifier is recorded together with its first CRL. Before that, an earlier attempt to make one
                    // of this name had another key, and its numbers are not those of this one.
                    let exists = transaction
                        .prepare_cached("SELECT 1 FROM crl WHERE certifier = ?")?
                        .exists([certifier])?;
                    if exists && *number <= last {
                        return Err(Error::refused(format!(
                            "Certifier {certifier} has used the CRL number {last} before; {number} does not follow it."
                        ))
                        .why("CRL numbers rise strictly, even when the signing failed.")
                        .next("Nothing was signed. Do it again."));
                    }
                    transaction
                        .prepare_cached("INSERT INTO intent(certifier, number, tbs, at) VALUES(?, ?, ?, ?)")?
                        .execute(params![certifier, number, tbs.0, now.0])?;
                }
            }
        }
        transaction.commit()?;
        Ok(())
    }

    /// Returns the intents made before `older_than` of which no outcome is recorded, oldest first; `None` returns all.
    ///
    /// Recovery passes `now` less [`Unfinished::ABANDONED_AFTER`], and commits the [`Unfinished::fact`] of each. Should
    /// the console that intended it come back and commit its certificate after all, that is recorded as well: a
    /// signature that exists is never refused.
    pub fn unfinished_intents(&self, older_than: Option<Timestamp>) -> Result<Vec<Unfinished>> {
        let before = older_than.map_or(i64::MAX, |t| t.0);
        let mut query = self.connection.prepare_cached(
            // The conditions are those of the indexes `intent_serial` and `intent_unfinished`.
            "SELECT certifier, serial, number, tbs, at, id FROM intent
               WHERE serial IS NOT NULL AND listed = 0 AND done IS NULL AND at < ?1
             UNION ALL SELECT certifier, serial, number, tbs, at, id FROM intent
               WHERE number IS NOT NULL AND done IS NULL AND at < ?1 ORDER BY at, id",
        )?;
        let policies =
            "SELECT certifier, version, tbs, at FROM policy_intent WHERE done IS NULL AND at < ? ORDER BY id";
        let mut policies = self.connection.prepare_cached(policies)?;
        let policies = policies.query_map([before], |r| {
            let what = Signing::Policy(r.get(1)?);
            Ok(Unfinished { certifier: r.get(0)?, what, tbs: Digest(r.get(2)?), at: Timestamp(r.get(3)?) })
        })?;
        let rows = query.query_map([before], |r| {
            let what = match r.get::<_, Option<Vec<u8>>>(1)? {
                Some(serial) => Signing::Certificate(Serial(serial)),
                None => Signing::Crl(r.get(2)?),
            };
            Ok(Unfinished { certifier: r.get(0)?, what, tbs: Digest(r.get(3)?), at: Timestamp(r.get(4)?) })
        })?;
        Ok(rows.chain(policies).collect::<Result<_, _>>()?)
    }

    /// Records that these intents came to nothing.
    pub fn abandon(
        &mut self,
        on: Generation,
        now: Timestamp,
        operator: &str,
        intents: &[Unfinished],
    ) -> Result<Generation> {
        let facts: Vec<_> = intents.iter().map(Unfinished::fact).collect();
        self.commit(on, now, operator, &facts, &[])
    }

    /// Returns a number that changes when another connection has committed; 2 to 4 microseconds.
    pub fn data_version(&self) -> Result<i64> {
        Ok(self.connection.prepare_cached("PRAGMA data_version")?.query_row([], |r| r.get(0))?)
    }

    /// Returns the latest time among the last thousand audit entries: one entry made with a wrong clock does not hide
    /// that the clock is wrong.
    pub fn last_entry_time(&self) -> Result<Option<Timestamp>> {
        let latest = "SELECT max(at) FROM (SELECT at FROM audit ORDER BY number DESC LIMIT 1000)";
        let mut query = self.connection.prepare_cached(latest)?;
        Ok(query.query_row([], |r| r.get::<_, Option<i64>>(0))?.map(Timestamp))
    }

    fn must_write(&self) -> Result<()> {
        if self.access == Access::Write {
            return Ok(());
        }
        Err(Error::new(Kind::ReadOnly, "The workspace is open for reading only.")
            .next("Open it without --read-only, in a folder that can be written."))
    }
}
