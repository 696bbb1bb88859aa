//! The tables of the ledger, the mark and version of its file, how an earlier version becomes this one, and how a
//! connection is set up. Holds no queries.

use std::fs::File;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior, params};

use crate::model::change::Fact;
use crate::model::error::{Error, Kind, Result};

/// The `application_id` of a ledger: `RMgL`.
const MARK: u32 = 0x524d_674c;

/// The `user_version`: the version of the tables below.
const VERSION: u32 = 2;

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
CREATE TRIGGER audit_insert BEFORE INSERT ON audit
  WHEN NEW.number IS NOT (SELECT coalesce(max(number), 0) + 1 FROM audit)
  BEGIN SELECT RAISE(ABORT, 'the audit chain has no gaps'); END;
CREATE TRIGGER audit_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;
CREATE TRIGGER audit_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit chain is append-only'); END;

-- A request and its status are read from the audit entries named here.
CREATE TABLE request(
  id INTEGER PRIMARY KEY, sha256 BLOB NOT NULL, open INTEGER NOT NULL CHECK(open IN (0, 1)),
  received INTEGER NOT NULL, -- the audit entry of its receipt
  decided INTEGER,           -- the audit entry of its last decision
  pickup TEXT                -- the pick-up ID; added by version 2
) STRICT;
-- What was said of a request after its receipt, by audit entry.
CREATE TABLE request_entry(
  request INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(request, entry)
) WITHOUT ROWID, STRICT;
CREATE TRIGGER request_delete BEFORE DELETE ON request BEGIN SELECT RAISE(ABORT, 'requests are kept'); END;

CREATE TABLE issued(
  id INTEGER PRIMARY KEY, entry INTEGER NOT NULL UNIQUE, -- the audit entry of its issue
  certifier TEXT NOT NULL, serial BLOB NOT NULL, subject TEXT NOT NULL, alt_names TEXT NOT NULL,
  not_before INTEGER NOT NULL, not_after INTEGER NOT NULL, key TEXT NOT NULL,
  key_sha256 BLOB NOT NULL, sha256 BLOB NOT NULL, request INTEGER, profile TEXT NOT NULL,
  at INTEGER NOT NULL, operator TEXT NOT NULL, revoked_at INTEGER, reason INTEGER,
  -- Added by version 2.
  approver TEXT NOT NULL DEFAULT '',
  partition INTEGER NOT NULL DEFAULT 0, -- the part of the CRL that lists it; 0 where it has no parts
  supersedes INTEGER,                   -- the id of the certificate it takes the place of
  revocation INTEGER,                   -- the audit entry that last changed whether it is revoked
  invalidity INTEGER,
  CHECK((revoked_at IS NULL) = (reason IS NULL))
) STRICT;
CREATE TRIGGER issued_delete BEFORE DELETE ON issued BEGIN SELECT RAISE(ABORT, 'issued certificates are kept'); END;

CREATE TABLE der(id INTEGER PRIMARY KEY, der BLOB NOT NULL) STRICT; -- by issued.id
CREATE TRIGGER der_update BEFORE UPDATE ON der BEGIN SELECT RAISE(ABORT, 'issued certificates are kept'); END;
CREATE TRIGGER der_delete BEFORE DELETE ON der BEGIN SELECT RAISE(ABORT, 'issued certificates are kept'); END;

CREATE TABLE crl(
  certifier TEXT NOT NULL, number INTEGER NOT NULL, entry INTEGER NOT NULL UNIQUE, -- the audit entry of its issue
  this_update INTEGER NOT NULL, next_update INTEGER NOT NULL, entries INTEGER NOT NULL, sha256 BLOB NOT NULL,
  der BLOB NOT NULL,
  -- Added by version 2.
  immediate INTEGER NOT NULL DEFAULT 0, -- 1 when it was made out of turn
  base INTEGER,                         -- the number of the complete CRL that a delta CRL adds to
  partition INTEGER NOT NULL DEFAULT 0, UNIQUE(certifier, number)
) STRICT;
CREATE TRIGGER crl_update BEFORE UPDATE ON crl BEGIN SELECT RAISE(ABORT, 'CRLs are kept'); END;
CREATE TRIGGER crl_delete BEFORE DELETE ON crl BEGIN SELECT RAISE(ABORT, 'CRLs are kept'); END;

-- Recorded before a signature is made: a certificate has a serial, a CRL a number.
CREATE TABLE intent(
  id INTEGER PRIMARY KEY, certifier TEXT NOT NULL, serial BLOB, number INTEGER, tbs BLOB NOT NULL,
  at INTEGER NOT NULL, done INTEGER, -- the audit entry that records the outcome
  listed INTEGER NOT NULL DEFAULT 0, -- 1 when the serial stands in the issued list, which keeps it from being used again
  CHECK((serial IS NULL) <> (number IS NULL))
) STRICT;
CREATE TRIGGER intent_delete BEFORE DELETE ON intent BEGIN SELECT RAISE(ABORT, 'intents are kept'); END;

-- Recorded before a version of a policy is signed; added by version 2.
CREATE TABLE policy_intent(
  id INTEGER PRIMARY KEY, certifier TEXT NOT NULL, version INTEGER NOT NULL, tbs BLOB NOT NULL,
  at INTEGER NOT NULL, done INTEGER
) STRICT;

-- Files of a commit that may not have reached their place yet.
CREATE TABLE pending_file(
  id INTEGER PRIMARY KEY AUTOINCREMENT, temporary TEXT NOT NULL, path TEXT NOT NULL UNIQUE
) STRICT;
";

/// The indexes, and the triggers that version 2 has changed. Each is made where it is missing.
const INDEXES: &str = "
-- A ledger without those of audit is only slower.
CREATE INDEX IF NOT EXISTS audit_made ON audit(number)
  WHERE what IN ('certifier created', 'keyring created', 'keyring renamed', 'keyring deleted');
CREATE INDEX IF NOT EXISTS audit_renamed ON audit(number) WHERE what = 'keyring renamed';
CREATE INDEX IF NOT EXISTS audit_renewed ON audit(number) WHERE what = 'certifier renewed';
CREATE INDEX IF NOT EXISTS audit_keyring ON audit(number)
  WHERE what IN ('keyring created', 'keyring changed', 'keyring renamed', 'keyring deleted');
CREATE INDEX IF NOT EXISTS audit_document ON audit(number)
  WHERE what IN ('site saved', 'site deleted', 'server saved', 'server deleted', 'person saved', 'person deleted');
CREATE INDEX IF NOT EXISTS audit_profile ON audit(number) WHERE what IN ('profile saved', 'profile deleted');
CREATE INDEX IF NOT EXISTS audit_revocation ON audit(number)
  WHERE what IN ('certificate revoked', 'revocation changed', 'certificate released');
CREATE INDEX IF NOT EXISTS audit_awaited ON audit(number)
  WHERE what IN ('certifier awaited', 'certifier given up');
CREATE INDEX IF NOT EXISTS audit_published ON audit(number) WHERE what IN ('CRL published', 'CRL proved');
CREATE INDEX IF NOT EXISTS audit_witnessed ON audit(number) WHERE what = 'step witnessed';

CREATE INDEX IF NOT EXISTS request_sha256 ON request(sha256);
CREATE INDEX IF NOT EXISTS request_open ON request(open, id);
CREATE INDEX IF NOT EXISTS request_pickup ON request(pickup) WHERE pickup IS NOT NULL;
CREATE TRIGGER IF NOT EXISTS request_entry_update BEFORE UPDATE ON request_entry
  BEGIN SELECT RAISE(ABORT, 'requests are kept'); END;
CREATE TRIGGER IF NOT EXISTS request_entry_delete BEFORE DELETE ON request_entry
  BEGIN SELECT RAISE(ABORT, 'requests are kept'); END;

CREATE UNIQUE INDEX IF NOT EXISTS issued_serial ON issued(certifier, serial);
-- Eight bytes of a hash find its row; the small index keeps large batches from writing the whole of it again and again.
CREATE INDEX IF NOT EXISTS issued_sha256 ON issued(substr(sha256, 1, 8));
CREATE INDEX IF NOT EXISTS issued_ends ON issued(not_after);
CREATE INDEX IF NOT EXISTS issued_subject ON issued(subject);
CREATE INDEX IF NOT EXISTS issued_key ON issued(substr(key_sha256, 1, 8));
CREATE INDEX IF NOT EXISTS issued_listed ON issued(certifier, partition, serial, not_after, revoked_at, reason, invalidity)
  WHERE revoked_at IS NOT NULL;
CREATE INDEX IF NOT EXISTS issued_supersedes ON issued(supersedes) WHERE supersedes IS NOT NULL;
CREATE TRIGGER IF NOT EXISTS issued_kept
  BEFORE UPDATE OF id, entry, certifier, serial, subject, alt_names, not_before, not_after, key, key_sha256, sha256,
    request, profile, at, operator, approver, partition, supersedes ON issued
  BEGIN SELECT RAISE(ABORT, 'issued certificates are kept'); END;
-- Only a hold (6) is lifted, and any other reason becomes at most keyCompromise (1).
CREATE TRIGGER IF NOT EXISTS issued_revoked BEFORE UPDATE ON issued
  WHEN OLD.revoked_at IS NOT NULL AND OLD.reason IS NOT 6 AND NEW.reason IS NOT 1
  BEGIN SELECT RAISE(ABORT, 'a revocation is final'); END;

CREATE UNIQUE INDEX IF NOT EXISTS intent_serial ON intent(certifier, serial)
  WHERE serial IS NOT NULL AND listed = 0;
CREATE INDEX IF NOT EXISTS intent_number ON intent(certifier, number) WHERE number IS NOT NULL;
-- Intents of certificates without an outcome stand in intent_serial: one index less to write for each signature.
CREATE INDEX IF NOT EXISTS intent_unfinished ON intent(at) WHERE done IS NULL AND number IS NOT NULL;
CREATE INDEX IF NOT EXISTS policy_intent_unfinished ON policy_intent(at) WHERE done IS NULL;
";

/// What turns the tables of version 1 into those of version 2.
const SECOND: &str = "
DROP TRIGGER IF EXISTS issued_update;
ALTER TABLE issued ADD COLUMN approver TEXT NOT NULL DEFAULT '';
ALTER TABLE issued ADD COLUMN partition INTEGER NOT NULL DEFAULT 0;
ALTER TABLE issued ADD COLUMN supersedes INTEGER;
ALTER TABLE issued ADD COLUMN revocation INTEGER;
ALTER TABLE issued ADD COLUMN invalidity INTEGER;
ALTER TABLE request ADD COLUMN pickup TEXT;
CREATE TABLE request_entry(
  request INTEGER NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY(request, entry)
) WITHOUT ROWID, STRICT;
CREATE TABLE policy_intent(
  id INTEGER PRIMARY KEY, certifier TEXT NOT NULL, version INTEGER NOT NULL, tbs BLOB NOT NULL,
  at INTEGER NOT NULL, done INTEGER
) STRICT;
INSERT INTO request_entry SELECT id, decided FROM request WHERE decided IS NOT NULL;
ALTER TABLE crl ADD COLUMN immediate INTEGER NOT NULL DEFAULT 0;
ALTER TABLE crl ADD COLUMN base INTEGER;
ALTER TABLE crl ADD COLUMN partition INTEGER NOT NULL DEFAULT 0;
";

/// What version 2 has other indexes for.
const OUTDATED: &str = "DROP INDEX IF EXISTS audit_revoked; DROP INDEX IF EXISTS issued_revoked;";

/// Makes the tables in an empty file and turns on the write-ahead log, which stays on.
pub(super) fn make(path: &Path) -> Result<Connection> {
    let connection = connect(path, Access::Write)?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; PRAGMA application_id = {MARK}; PRAGMA user_version = {VERSION}; {TABLES} {INDEXES} COMMIT"
    ))?;
    Ok(connection)
}

/// Opens an existing ledger; one of an earlier version is brought to this one, unless it is only read.
///
/// Errors: `NotFound`, `Foreign`, `Damaged`, `TooNew`, `ReadOnly` for an earlier version that must not be written; then no
/// byte was changed.
pub(super) fn open(path: &Path, access: Access) -> Result<Connection> {
    check_header(path)?;
    let mut connection = connect(path, access)?;
    // The last to close a database folds the log into it: not before it is known to be ours.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
    let mark: i64 = connection.pragma_query_value(None, "application_id", |r| r.get(0))?;
    let version: i64 = connection.pragma_query_value(None, "user_version", |r| r.get(0))?;
    check_mark(mark, version)?;
    if version < i64::from(VERSION) {
        if access != Access::Write {
            return Err(Error::new(
                Kind::ReadOnly,
                "The ledger was written by an earlier version of this program.",
            )
            .why(format!("It has format {version}; reading it as format {VERSION} needs some changes."))
            .next("Open it once where it can be written; on a read-only medium, copy the workspace first."));
        }
        upgrade(&mut connection)?;
    }
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false)?;
    Ok(connection)
}

/// Brings a ledger of an earlier version to this one, all or nothing. Another console may have been faster.
fn upgrade(connection: &mut Connection) -> Result<()> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let version: u32 = transaction.pragma_query_value(None, "user_version", |r| r.get(0))?;
    if version < 2 {
        transaction.execute_batch(SECOND)?;
        note_revocations(&transaction)?;
        transaction.execute_batch(OUTDATED)?;
        transaction.execute_batch(INDEXES)?;
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    Ok(transaction.commit()?)
}

/// Notes of each revocation of version 1 which audit entry tells of it.
fn note_revocations(connection: &Connection) -> Result<()> {
    let mut told = connection
        .prepare("SELECT number, body FROM audit WHERE what = 'certificate revoked' ORDER BY number")?;
    let mut note =
        connection.prepare("UPDATE issued SET revocation = ? WHERE certifier = ? AND serial = ?")?;
    let mut rows = told.query([])?;
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        let body = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
        let Ok(Fact::CertificateRevoked { certifier, serial, .. }) = serde_json::from_str(body) else {
            return Err(Error::damaged(format!("Audit entry {number} cannot be read.")).next(RESTORE));
        };
        note.execute(params![number, certifier, serial.0])?;
    }
    Ok(())
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
    // Else SQLite compiles prepared statements anew whenever other values are bound, to look at statistics that there are none of.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
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
