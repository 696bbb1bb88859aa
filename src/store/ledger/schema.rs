//! The tables of the ledger, the mark and version of its file, and how a connection to it is set up. Holds no queries.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::model::error::{Error, Kind, Result};

/// The `application_id` of a ledger: `RMgL`.
const MARK: u32 = 0x524d_674c;

/// The `user_version`: the version of the tables below.
const VERSION: u32 = 1;

/// How long a writer waits for another.
const PATIENCE: Duration = Duration::from_secs(10);

/// How a ledger is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// Reads and writes.
    Write,
    /// Only reads, beside others who may write.
    Read,
    /// Only reads, from a folder where nothing can be made; nobody else can write there either.
    Frozen,
}

impl Access {
    /// Returns how a further connection of the same ledger is opened that only reads.
    pub(super) fn reading(self) -> Self {
        if self == Self::Write { Self::Read } else { self }
    }
}

/// The tables. What was once written is guarded by triggers; they keep the program honest, the chain keeps people so.
const TABLES: &str = "
CREATE TABLE meta(
  one INTEGER PRIMARY KEY CHECK(one = 1),
  generation INTEGER NOT NULL, -- counts commits
  entries INTEGER NOT NULL,    -- the number of the last audit entry
  head BLOB NOT NULL,          -- its hash
  issued INTEGER NOT NULL, revoked INTEGER NOT NULL, next_request INTEGER NOT NULL
) STRICT;
INSERT INTO meta VALUES(1, 0, 0, zeroblob(32), 0, 0, 1);

CREATE TABLE audit(
  number INTEGER PRIMARY KEY, at INTEGER NOT NULL, operator TEXT NOT NULL, what TEXT NOT NULL, body TEXT NOT NULL,
  hash BLOB NOT NULL CHECK(length(hash) = 32)
) STRICT;
-- A ledger without these four is only slower.
CREATE INDEX audit_made ON audit(number)
  WHERE what IN ('certifier created', 'keyring created', 'keyring renamed', 'keyring deleted');
CREATE INDEX audit_renamed ON audit(number) WHERE what = 'keyring renamed';
CREATE INDEX audit_keyring ON audit(number)
  WHERE what IN ('keyring created', 'keyring changed', 'keyring renamed', 'keyring deleted');
CREATE INDEX audit_revoked ON audit(number) WHERE what = 'certificate revoked';
CREATE TRIGGER audit_insert BEFORE INSERT ON audit
  WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit chain has no gaps'); END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;

-- A request and its status are read from the audit entries named here.
CREATE TABLE request(
  id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL, open INTEGER NOT NULL CHECK(open IN (0, 1)),
  received INTEGER NOT NULL, -- the audit entry of its receipt
  decided INTEGER            -- the audit entry of its last decision
) STRICT;
CREATE INDEX request_sha256 ON request(sha256);
CREATE INDEX request_open ON request(open, id);
CREATE TRIGGER request_delete BEFORE DELETE ON request BEGIN SELECT RAISE(ABORT, 'requests are kept'); END;

CREATE TABLE issued(
  id INTEGER PRIMARY KEY, entry INTEGER NOT NULL UNIQUE, -- the audit entry of its issue
  certifier TEXT NOT NULL, serial BLOB NOT NULL, subject TEXT NOT NULL, alt_names TEXT NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, key TEXT NOT NULL,
  key_sha256 BLOB NOT NULL, sha256 BLOB NOT NULL, request INTEGER, profile TEXT NOT NULL,
  at INTEGER NOT NULL, operator TEXT NOT NULL, revoked_at INTEGER, reason INTEGER,
  CHECK((revoked_at IS NULL) = (reason IS NULL))
) STRICT;
CREATE UNIQUE INDEX issued_serial ON issued(certifier, serial);
-- Eight bytes of a hash find its row; the small index keeps large batches from writing the whole of it again and again.
CREATE INDEX issued_sha256 ON issued(substr(sha256, 1, 8));
CREATE INDEX issued_ends ON issued(not_after);
CREATE INDEX issued_subject ON issued(subject);
CREATE INDEX issued_key ON issued(substr(key_sha256, 1, 8));
CREATE INDEX issued_revoked ON issued(certifier, serial, not_after, revoked_at, reason)
  WHERE revoked_at IS NOT NULL;
CREATE TRIGGER issued_delete BEFORE DELETE ON issued BEGIN SELECT RAISE(ABORT, 'issued certificates are kept'); END;
CREATE TRIGGER issued_update BEFORE UPDATE ON issued WHEN OLD.revoked_at IS NOT NULL
  BEGIN SELECT RAISE(ABORT, 'a revocation is final'); END;

CREATE TABLE der(id INTEGER PRIMARY KEY, der BLOB NOT NULL) STRICT; -- by issued.id
CREATE TRIGGER der_update BEFORE UPDATE ON der BEGIN SELECT RAISE(ABORT, 'issued certificates are kept'); END;
CREATE TRIGGER der_delete BEFORE DELETE ON der BEGIN SELECT RAISE(ABORT, 'issued certificates are kept'); END;

CREATE TABLE crl(
  certifier TEXT NOT NULL, number INTEGER NOT NULL, entry INTEGER NOT NULL UNIQUE, -- the audit entry of its issue
  this_update INTEGER NOT NULL, next_update INTEGER NOT NULL, entries INTEGER NOT NULL, sha256 BLOB NOT NULL,
  der BLOB NOT NULL, UNIQUE(certifier, number)
) STRICT;
CREATE TRIGGER crl_update BEFORE UPDATE ON crl BEGIN SELECT RAISE(ABORT, 'CRLs are kept'); END;
CREATE TRIGGER crl_delete BEFORE DELETE ON crl BEGIN SELECT RAISE(ABORT, 'CRLs are kept'); END;

-- Recorded before a version of a certifier's policy is signed.
CREATE TABLE policy_intent(
  id INTEGER PRIMARY KEY, certifier TEXT NOT NULL, version INTEGER NOT NULL, tbs BLOB NOT NULL, at INTEGER NOT NULL,
  done INTEGER -- the audit entry that records the outcome
) STRICT;
CREATE INDEX policy_intent_unfinished ON policy_intent(at) WHERE done IS NULL;

-- Recorded before a signature is made: a certificate has a serial, a CRL a number.
CREATE TABLE intent(
  id INTEGER PRIMARY KEY, certifier TEXT NOT NULL, serial BLOB, number INTEGER, tbs BLOB NOT NULL,
  at INTEGER NOT NULL, done INTEGER, -- the audit entry that records the outcome
  listed INTEGER NOT NULL DEFAULT 0, -- 1 when the serial stands in the issued list, which keeps it from being used again
  CHECK((serial IS NULL) <> (number IS NULL))
) STRICT;
CREATE UNIQUE INDEX intent_serial ON intent(certifier, serial) WHERE serial IS NOT NULL AND listed = 0;
CREATE INDEX intent_number ON intent(certifier, number) WHERE number IS NOT NULL;
CREATE INDEX intent_unfinished ON intent(at) WHERE done IS NULL;
CREATE TRIGGER intent_delete BEFORE DELETE ON intent BEGIN SELECT RAISE(ABORT, 'intents are kept'); END;

-- Files of a commit that may not have reached their place yet.
CREATE TABLE pending_file(
  id INTEGER PRIMARY KEY AUTOINCREMENT, temporary TEXT NOT NULL, path TEXT NOT NULL UNIQUE
) STRICT;
";

/// Makes the tables in an empty file and turns on the write-ahead log, which stays on.
pub(super) fn make(path: &Path) -> Result<Connection> {
    let connection = connect(path, Access::Write)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; PRAGMA application_id = {MARK}; PRAGMA user_version = {VERSION}; {TABLES} COMMIT"
    ))?;
    Ok(connection)
}

/// Opens an existing ledger. Errors: `NotFound`, `Foreign`, `Damaged`, `TooNew`; then no byte was changed.
pub(super) fn open(path: &Path, access: Access) -> Result<Connection> {
    check_header(path)?;
    let connection = connect(path, access)?;
    // The last to close a database folds the log into it: not before it is known to be ours.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let mark: i64 = connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    check_mark(mark, version)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

fn connect(path: &Path, access: Access) -> Result<Connection> {
    let connection = match access {
        Access::Write => Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?,
        Access::Read => Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?,
        Access::Frozen => Connection::open_with_flags(
            frozen_uri(path),
            OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI,
        )?,
    };
    connection.busy_timeout(PATIENCE)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(
        "PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF;
         PRAGMA cell_size_check = ON; PRAGMA journal_size_limit = 67108864;
         PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8192;",
    )?;
    Ok(connection)
}

/// Writes the path as a URI that tells SQLite to look for no log and take no lock.
fn frozen_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' => uri.push(char::from(*byte)),
            b if b.is_ascii_alphanumeric() => uri.push(char::from(*b)),
            b => uri.push_str(&format!("%{b:02X}")),
        }
    }
    uri + "?immutable=1"
}

/// Looks at the first bytes before SQLite does, which would treat an empty file as a new database.
fn check_header(path: &Path) -> Result<()> {
    let mut header = Vec::with_capacity(100);
    let file = File::open(path).map_err(|e| disk(path, &e))?;
    file.take(100).read_to_end(&mut header).map_err(|e| disk(path, &e))?;
    let name = path.display();
    if !header.starts_with(b"SQLite format 3\0") {
        return Err(Error::new(Kind::Foreign, format!("{name} is not a ledger."))
            .why("It does not begin like a SQLite database.")
            .next("Nothing was changed. Move the file away, or restore the workspace from a backup."));
    }
    let number = |at: usize| Some(u32::from_be_bytes(header.get(at..at + 4)?.try_into().ok()?));
    let (Some(version), Some(mark)) = (number(60), number(68)) else {
        return Err(Error::damaged(format!("{name} is cut short.")).next(RESTORE));
    };
    check_mark(mark.into(), version.into())
}

fn check_mark(mark: i64, version: i64) -> Result<()> {
    if mark != i64::from(MARK) {
        return Err(Error::new(Kind::Foreign, "The ledger is a database of another program.")
            .next("Nothing was changed. Move the file away, or restore the workspace from a backup."));
    }
    if version > i64::from(VERSION) {
        return Err(Error::new(Kind::TooNew, "The ledger was written by a newer version of this program.")
            .why(format!("It has format {version}; this program knows formats up to {VERSION}."))
            .next("Nothing was changed. Use the newer program."));
    }
    if version < 1 {
        return Err(Error::damaged("The ledger has no format version.").next(RESTORE));
    }
    Ok(())
}

/// What to do about a damaged ledger.
pub(super) const RESTORE: &str =
    "Stop working with this workspace, keep a copy of it as it is, and restore the latest backup.";

/// Says what the operating system refused.
pub(super) fn disk(path: &Path, error: &std::io::Error) -> Error {
    let name = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => Error::new(Kind::NotFound, format!("There is no ledger at {name}.")),
        std::io::ErrorKind::StorageFull => {
            crate::store::file::full().why(format!("{name} could not be written."))
        }
        _ => Error::new(Kind::Disk, format!("The ledger {name} cannot be used.")).why(error.to_string()),
    }
}
