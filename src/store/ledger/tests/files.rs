//! The file of the ledger: making it, opening it, and refusing what is not ours.

use std::os::unix::fs::PermissionsExt;

use super::*;

fn bytes(path: &Path) -> Vec<u8> {
    std::fs::read(path).unwrap()
}

#[test]
fn a_new_ledger_is_private_and_has_its_first_entry() {
    let desk = Desk::new();
    assert_eq!(desk.ledger.generation().unwrap(), Generation(1));
    assert_eq!(desk.ledger.counts().unwrap(), (0, 0, 1));
    let entries = desk.ledger.audit(1, 10).unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].number, entries[0].what.as_str()), (1, "workspace created"));
    for name in ["ledger.db", "ledger.db-wal", "ledger.db-shm"] {
        let mode = std::fs::metadata(desk.folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let left: Vec<_> =
        std::fs::read_dir(desk.folder.path()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn a_ledger_is_never_made_over_another() {
    let desk = Desk::new();
    let again = SqliteLedger::create(&desk.path(), &Fact::WorkspaceCreated, "bob", NOW);
    assert_eq!(again.unwrap_err().kind, Kind::Refused);
    assert_eq!(desk.ledger.audit(1, 10).unwrap()[0].operator, "ann");
}

#[test]
fn of_two_who_make_a_ledger_at_once_one_succeeds() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    let made: Vec<_> = std::thread::scope(|scope| {
        let make = || SqliteLedger::create(&path, &Fact::WorkspaceCreated, "ann", NOW).map(|_| ());
        let threads = [(); 4].map(|()| scope.spawn(make));
        threads.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(made.iter().filter(|r| r.is_ok()).count(), 1, "{made:?}");
    assert!(made.iter().flat_map(|r| r.as_ref().err()).all(|e| e.kind == Kind::Refused), "{made:?}");
    SqliteLedger::open(&path, false).unwrap();
}

#[test]
fn other_files_are_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("ledger.db");
    assert_eq!(SqliteLedger::open(&path, false).unwrap_err().kind, Kind::NotFound);
    assert!(!path.exists());
    let foreign: [&[u8]; 3] = [b"", b"0123456789", &[0; 5000]];
    for content in foreign {
        std::fs::write(&path, content).unwrap();
        for read_only in [false, true] {
            assert_eq!(SqliteLedger::open(&path, read_only).unwrap_err().kind, Kind::Foreign);
            assert_eq!(bytes(&path), content);
        }
    }
    std::fs::write(&path, b"SQLite format 3\0 and no more").unwrap();
    assert_eq!(SqliteLedger::open(&path, false).unwrap_err().kind, Kind::Damaged);
    std::fs::remove_file(&path).unwrap();
    rusqlite::Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs(x)").unwrap();
    let before = bytes(&path);
    assert_eq!(SqliteLedger::open(&path, false).unwrap_err().kind, Kind::Foreign);
    assert_eq!(bytes(&path), before);
}

#[test]
fn a_newer_ledger_is_refused_and_not_touched() {
    let Desk { folder, ledger } = Desk::new();
    drop(ledger);
    let path = folder.path().join("ledger.db");
    let newer = rusqlite::Connection::open(&path).unwrap();
    newer.pragma_update(None, "user_version", 3).unwrap();
    // Once while the change is only in the log, once folded into the file.
    let before = (bytes(&path), bytes(&folder.path().join("ledger.db-wal")));
    assert_eq!(SqliteLedger::open(&path, false).unwrap_err().kind, Kind::TooNew);
    assert_eq!((bytes(&path), bytes(&folder.path().join("ledger.db-wal"))), before);
    newer.close().unwrap();
    let before = bytes(&path);
    for read_only in [false, true] {
        let error = SqliteLedger::open(&path, read_only).unwrap_err();
        assert_eq!(error.kind, Kind::TooNew);
        assert!(error.why.contains("format 3"), "{error}");
    }
    assert_eq!(bytes(&path), before);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn a_damaged_ledger_says_what_to_do() {
    let Desk { folder, ledger } = Desk::new();
    drop(ledger);
    let path = folder.path().join("ledger.db");
    let mut content = bytes(&path);
    content[100..].fill(0xa5);
    std::fs::write(&path, &content).unwrap();
    let error = SqliteLedger::open(&path, true).unwrap_err();
    assert_eq!(error.kind, Kind::Damaged);
    assert!(error.next.contains("restore"), "{error}");
    assert_eq!(bytes(&path), content);
}

#[test]
fn a_reader_writes_nothing() {
    let mut desk = Desk::new();
    let mut reader = SqliteLedger::open(&desk.path(), true).unwrap();
    assert!(reader.is_read_only() && !reader.is_frozen());
    let refused = reader.commit(Generation(1), NOW, "bob", &[receive(1)], &[]);
    assert_eq!(refused.unwrap_err().kind, Kind::ReadOnly);
    let refused = reader.intend("root", NOW, &[(Signing::Crl(1), digest("tbs"))]);
    assert_eq!(refused.unwrap_err().kind, Kind::ReadOnly);
    let version = reader.data_version().unwrap();
    desk.commit(&[receive(1)]).unwrap();
    assert_ne!(reader.data_version().unwrap(), version);
    assert_eq!(reader.request(RequestId(1)).unwrap(), Some(request(1)));
    assert_eq!(desk.ledger.reader().unwrap().counts().unwrap(), (0, 0, 2));
}

/// Where SQLite cannot make its files beside the database, here for a link to nowhere is in the place of one.
#[test]
fn a_read_only_folder_opens_frozen() {
    let Desk { folder, ledger } = Desk::new();
    drop(ledger);
    let odd = folder.path().join("a b%?#ü");
    std::fs::create_dir(&odd).unwrap();
    let path = odd.join("ledger.db");
    std::fs::rename(folder.path().join("ledger.db"), &path).unwrap();
    std::os::unix::fs::symlink("nowhere/at/all", odd.join("ledger.db-shm")).unwrap();
    let frozen = SqliteLedger::open(&path, true).unwrap();
    assert!(frozen.is_frozen());
    assert_eq!(frozen.generation().unwrap(), Generation(1));
    assert_eq!(frozen.reader().unwrap().counts().unwrap(), (0, 0, 1));
    std::fs::write(odd.join("ledger.db-wal"), b"changes").unwrap();
    let error = SqliteLedger::open(&path, true).unwrap_err();
    assert!(error.next.contains("ledger.db-wal"), "{error}");
}
