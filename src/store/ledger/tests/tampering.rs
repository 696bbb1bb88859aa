//! What verifying notices: every changed, added or missing row and column of what the chain speaks of.

use super::*;

/// A ledger with something of every kind, closed.
fn filled() -> tempfile::TempDir {
    let mut desk = Desk::new();
    desk.commit(&[receive(1), receive(2), receive(3), approve(1), approve(2), deny(2)]).unwrap();
    desk.commit(&[answer(1, "root", 1), issue("root", 2), issue("other", 1)]).unwrap();
    desk.commit(&[revoke("root", 2, Reason::Superseded), crl("root", 1), crl("root", 2)]).unwrap();
    let verified = desk.ledger.verify_audit().unwrap();
    assert_eq!((verified.entries, verified.broken), (13, None));
    assert_eq!(verified.head, desk.ledger.audit(13, 1).unwrap()[0].hash);
    desk.folder
}

/// Changes the file behind the back of the triggers and verifies it.
fn after(folder: &Path, sql: &str) -> Option<(u64, String)> {
    let path = folder.join("tampered.db");
    std::fs::copy(folder.join("ledger.db"), &path).unwrap();
    let raw = rusqlite::Connection::open(&path).unwrap();
    let triggers: Vec<String> = raw
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |r| r.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    for trigger in triggers {
        raw.execute_batch(&format!("DROP TRIGGER {trigger}")).unwrap();
    }
    raw.execute_batch(sql).unwrap_or_else(|e| panic!("{sql}: {e}"));
    assert!(raw.changes() > 0, "{sql} changed nothing");
    raw.close().unwrap();
    let verified = SqliteLedger::open(&path, true).unwrap().verify_audit().unwrap();
    std::fs::remove_file(&path).unwrap();
    verified.broken
}

#[test]
fn every_changed_column_is_noticed() {
    let folder = filled();
    let raw = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    let mut tried = 0;
    for table in ["audit", "issued", "crl", "der", "request"] {
        let mut columns = raw.prepare("SELECT name, type FROM pragma_table_info(?)").unwrap();
        let columns = columns.query_map([table], |r| Ok((r.get(0)?, r.get(1)?))).unwrap();
        let rows: Vec<i64> = raw
            .prepare(&format!("SELECT rowid FROM {table}"))
            .unwrap()
            .query_map([], |r| r.get(0))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        for column in columns {
            let (name, kind): (String, String) = column.unwrap();
            let value = match (name.as_str(), kind.as_str()) {
                ("open", _) => "1 - open".into(),
                ("reason", _) => "CASE WHEN reason IS NULL THEN NULL ELSE 1 END".into(),
                ("revoked_at", _) => "CASE WHEN revoked_at IS NULL THEN NULL ELSE revoked_at + 1 END".into(),
                ("hash", _) => "randomblob(32)".into(),
                (n, "INTEGER") => format!("coalesce({n}, 0) + 100"),
                (n, "TEXT") => format!("{n} || ' '"),
                (n, _) => format!("CAST({n} || x'00' AS BLOB)"),
            };
            for row in &rows {
                let sql = format!("UPDATE {table} SET {name} = {value} WHERE rowid = {row}");
                // No request here has a pick-up ID.
                let unchanged =
                    matches!(name.as_str(), "reason" | "revoked_at") && *row != 2 || name == "pickup";
                assert_eq!(after(folder.path(), &sql).is_none(), unchanged, "{sql}");
                tried += 1;
            }
        }
    }
    assert!(tried > 130, "{tried}");
}

#[test]
fn the_quick_way_passes_over_nothing_but_what_the_issued_list_says() {
    let folder = filled();
    let quick = |sql: &str| {
        let path = folder.path().join("tampered.db");
        std::fs::copy(folder.path().join("ledger.db"), &path).unwrap();
        let raw = rusqlite::Connection::open(&path).unwrap();
        raw.execute_batch("DROP TRIGGER der_update; DROP TRIGGER audit_update; DROP TRIGGER issued_kept; DROP TRIGGER issued_revoked")
            .unwrap();
        raw.execute_batch(sql).unwrap();
        raw.close().unwrap();
        SqliteLedger::open(&path, true).unwrap().verify_chain().unwrap().broken
    };
    assert_eq!(quick("UPDATE der SET der = x'00' WHERE id = 1"), None);
    assert_eq!(quick("UPDATE issued SET subject = 'CN=evil' WHERE id = 1"), None);
    for sql in [
        "UPDATE audit SET operator = 'eve' WHERE number = 3",
        "UPDATE issued SET revoked_at = 5, reason = 1 WHERE id = 1",
        "UPDATE request SET open = 1 - open WHERE id = 1",
        "INSERT INTO audit SELECT number + 1, at, operator, what, body, hash FROM audit ORDER BY number DESC LIMIT 1",
    ] {
        assert!(quick(sql).is_some(), "{sql}");
    }
}

#[test]
fn missing_and_added_rows_are_noticed() {
    let folder = filled();
    for table in ["audit", "issued", "crl", "der", "request"] {
        for end in ["min", "max"] {
            let sql = format!("DELETE FROM {table} WHERE rowid = (SELECT {end}(rowid) FROM {table})");
            assert!(after(folder.path(), &sql).is_some(), "{sql}");
        }
    }
    let other = [
        "INSERT INTO audit SELECT 14, at, operator, what, body, hash FROM audit WHERE number = 13",
        "INSERT INTO crl SELECT certifier, 3, 99, this_update, next_update, entries, sha256, der, 0, NULL, 0 FROM crl LIMIT 1",
        "INSERT INTO request SELECT 4, sha256, 1, received, NULL, NULL FROM request LIMIT 1",
        "INSERT INTO der VALUES(4, x'00')",
        "UPDATE issued SET revoked_at = 5, reason = 1 WHERE id = 1",
        "UPDATE issued SET revoked_at = NULL, reason = NULL",
        "UPDATE issued SET reason = 77 WHERE id = 2",
        "UPDATE request SET decided = 5, open = 1 WHERE id = 2",
        "UPDATE issued SET revocation = 1 WHERE id = 1",
        "UPDATE issued SET revocation = 99 WHERE id = 2",
        "UPDATE meta SET issued = issued + 1",
        "UPDATE meta SET next_request = 1",
        // The last entry and its rows, with the count put right: the head is kept apart.
        "DELETE FROM crl WHERE number = 2; DELETE FROM audit WHERE number = 13; UPDATE meta SET entries = 12",
    ];
    for sql in other {
        assert!(after(folder.path(), sql).is_some(), "{sql}");
    }
}

#[test]
fn the_first_broken_entry_is_named() {
    let folder = filled();
    let (entry, why) = after(folder.path(), "UPDATE audit SET body = '{}' WHERE number > 6").unwrap();
    assert_eq!(entry, 7, "{why}");
    let (entry, why) = after(folder.path(), "UPDATE issued SET subject = 'CN=evil' WHERE id = 2").unwrap();
    assert_eq!(entry, 9, "{why}");
    let split = "UPDATE audit SET operator = operator || char(9) || what WHERE number = 3";
    assert_eq!(after(folder.path(), split).unwrap().0, 3);
}

#[test]
fn triggers_refuse_changes_of_what_is_kept() {
    let folder = filled();
    let raw = rusqlite::Connection::open(folder.path().join("ledger.db")).unwrap();
    let refused = [
        "UPDATE audit SET at = 0",
        "DELETE FROM audit",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 1",
        "DELETE FROM issued",
        "UPDATE issued SET revoked_at = NULL, reason = NULL",
        "DELETE FROM der",
        "UPDATE der SET der = x''",
        "DELETE FROM crl",
        "UPDATE crl SET number = 9",
        "DELETE FROM request",
    ];
    for sql in refused {
        assert!(raw.execute_batch(sql).is_err(), "{sql}");
    }
}
