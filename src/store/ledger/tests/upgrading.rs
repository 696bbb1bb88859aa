//! Ledgers of earlier versions.

use super::*;

/// A ledger of version 1 as it was written: three certificates, two revoked, two CRLs, a denied request.
const VERSION_1: &str = include_str!("version1.sql");

fn first_version() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.pragma_update(None, "journal_mode", "WAL").unwrap();
    raw.execute_batch(&format!(
        "{VERSION_1} PRAGMA application_id = {}; PRAGMA user_version = 1;",
        0x524d_674c
    ))
    .unwrap();
    raw.close().unwrap();
    (folder, path)
}

/// The tables, indexes and triggers, without the blanks between their words.
fn schema(path: &Path) -> Vec<(String, String)> {
    let raw = rusqlite::Connection::open(path).unwrap();
    let mut query =
        raw.prepare("SELECT name, type FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY name").unwrap();
    let all = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
    let mut all: Vec<(String, String)> = all.map(Result::unwrap).collect();
    for table in
        ["meta", "audit", "request", "request_entry", "issued", "der", "crl", "intent", "pending_file"]
    {
        let mut columns = raw
            .prepare("SELECT name || ' ' || type || ' ' || \"notnull\" FROM pragma_table_info(?)")
            .unwrap();
        let columns = columns.query_map([table], |r| r.get(0)).unwrap().map(Result::unwrap);
        all.extend(columns.map(|c| (table.to_owned(), c)));
    }
    all.sort();
    all
}

#[test]
fn a_ledger_of_version_1_becomes_one_of_this_version() {
    let (_folder, path) = first_version();
    let kept = SqliteLedger::open(&path, true).unwrap_err();
    assert_eq!(kept.kind, Kind::ReadOnly, "{kept}");
    let mut ledger = SqliteLedger::open(&path, false).unwrap();
    let verified = ledger.verify_audit().unwrap();
    assert_eq!((verified.entries, verified.broken), (20, None));
    assert_eq!(ledger.counts().unwrap(), (3, 2, 5));
    assert_eq!(ledger.owed().unwrap()["root"].count, 1);
    let revoked: Vec<_> = ledger.issued_revoked().unwrap();
    assert_eq!(revoked.len(), 2);
    let row = ledger.issued_rows(&[3]).unwrap().remove(0);
    let revocation = row.revoked.unwrap();
    assert_eq!((revocation.reason, revocation.by.as_str()), (Reason::KeyCompromise, "ann"));
    assert_eq!(ledger.crls().unwrap()[0].1.number, 2);
    // It is worked with as any other.
    let on = ledger.generation().unwrap();
    ledger
        .commit(on, NOW, "ann", &[issue("root", 1), revoke("root", 1, Reason::CertificateHold)], &[])
        .unwrap();
    assert_eq!(ledger.verify_audit().unwrap().broken, None);
    drop(ledger);
    assert!(SqliteLedger::open(&path, true).is_ok());
    let new = Desk::new();
    assert_eq!(schema(&path), schema(&new.path()));
}

#[test]
fn missing_indexes_are_made_and_a_failed_upgrade_changes_nothing() {
    let (_folder, path) = first_version();
    let raw = rusqlite::Connection::open(&path).unwrap();
    raw.execute_batch("DROP INDEX audit_made; DROP INDEX audit_revoked; DROP INDEX audit_keyring").unwrap();
    raw.close().unwrap();
    let broken = path.with_extension("broken");
    std::fs::copy(&path, &broken).unwrap();
    drop(SqliteLedger::open(&path, false).unwrap());
    assert_eq!(schema(&path), schema(&Desk::new().path()));

    let raw = rusqlite::Connection::open(&broken).unwrap();
    raw.execute_batch(
        "DROP TRIGGER audit_update; UPDATE audit SET body = '{' WHERE what = 'certificate revoked'",
    )
    .unwrap();
    raw.close().unwrap();
    let before = schema(&broken);
    assert_eq!(SqliteLedger::open(&broken, false).unwrap_err().kind, Kind::Damaged);
    assert_eq!(schema(&broken), before);
}
