//! A workspace in trouble: no room, no right to write, a newer format, a clock that runs behind.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::site::Site;

use super::{CA, Place};
use crate::support::{Mount, config};

/// Every file below a folder with its content.
fn tree(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        } else {
            let content = std::fs::read(&path).unwrap();
            found.insert(path, content);
        }
    }
    found
}

/// The documents of a workspace; the ledger is compared by what it says.
fn documents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = tree(folder);
    found.retain(|path, _| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with("ledger.db") && name != "filler"
    });
    found
}

#[test]
fn a_full_disk_changes_nothing_and_is_said() {
    let place = Place::new();
    let data = place.path("data");
    std::fs::create_dir(&data).unwrap();
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=4m,mode=0700", "tmpfs"], &data) else {
        return;
    };
    place.certifier();
    place.keyring();
    place.run("request approve 1 --certifier root").done();
    let audit = place.run("audit list").done();
    let before = documents(&data);

    let mut filler = std::fs::File::create(data.join("filler")).unwrap();
    let full = (0..).map(|_| filler.write_all(&[7; 512])).find_map(Result::err).unwrap();
    assert_eq!(full.kind(), std::io::ErrorKind::StorageFull);
    drop(filler);
    let title = "x".repeat(3000);
    for words in [
        &["site", "create", "a", "--hosts", "a.example.test", "--title", &title][..],
        &["--password-fd", "0", "keyring", "create", "b", "--hosts", "b.example.test"],
        &["--password-fd", "0", "request", "issue", "1"],
        &["--password-fd", "0", "crl", "issue", "root"],
        &["request", "deny", "1", "--reason", &title],
    ] {
        let err = place.words(words, CA.as_bytes()).refused(1);
        assert!(err.contains("The disk is full; nothing was changed."), "{words:?}: {err}");
        assert!(err.contains("next: "), "{err}");
        assert_eq!(documents(&data), before, "{words:?}");
    }
    // What is there can be read all the same.
    assert!(place.run("--read-only request list").done().contains("approved"));

    std::fs::remove_file(data.join("filler")).unwrap();
    assert!(place.run("audit verify").done().contains("whole"));
    assert!(place.run("audit list").done().starts_with(audit.trim_end()));
    assert_eq!(documents(&data), before);
    place.with(CA, "request issue 1").done();
    assert!(place.run("audit verify").done().contains("whole"));
}

#[test]
fn a_workspace_that_cannot_be_written_is_opened_for_reading_and_says_so() {
    let place = Place::furnished();
    let data = place.path("data");
    let before = tree(&data);
    let root = rustix::process::geteuid().is_root();
    let mount = root.then(|| Mount::read_only(&data)).flatten();
    if root && mount.is_none() {
        return;
    }
    let mode = |mode| std::fs::set_permissions(&data, PermissionsExt::from_mode(mode)).unwrap();
    if !root {
        mode(0o500);
    }
    for arguments in
        ["keyring list", "keyring show mail", "certificate list", "audit verify", "request list --all"]
    {
        let ended = place.run(arguments);
        assert_eq!(ended.code, 0, "{ended:#?}");
        assert!(ended.err.contains("note: The workspace is opened for reading only: "), "{ended:#?}");
    }
    assert!(place.run("keyring list --json").json()[0]["name"] == "mail");
    for arguments in ["site set mail port=444", "crl issue root", "keyring delete mail --confirm mail"] {
        let err = place.with(CA, arguments).refused(1);
        assert!(err.contains("Nothing can be changed here.") && err.contains("why: "), "{err}");
    }
    drop(mount);
    if !root {
        mode(0o700);
    }
    assert_eq!(tree(&data), before);
}

#[test]
fn a_newer_workspace_is_left_alone() {
    let place = Place::furnished();
    let data = place.path("data");
    let refused = |place: &Place| {
        let before = tree(&data);
        for arguments in [
            "keyring list",
            "--read-only keyring list",
            "site create b --hosts b.test",
            "crl issue root",
            "audit verify",
            "doctor",
        ] {
            let err = place.with(CA, arguments).refused(1);
            assert!(err.contains("newer version") && err.contains("next: "), "{arguments}: {err}");
        }
        assert_eq!(tree(&data), before);
    };
    let mark = data.join("format.ron");
    let text = std::fs::read_to_string(&mark).unwrap();
    std::fs::write(&mark, text.replace("format: 1", "format: 2")).unwrap();
    refused(&place);
    std::fs::write(&mark, text).unwrap();

    let version = |n: u32| {
        let ledger = rusqlite::Connection::open(data.join("ledger.db")).unwrap();
        ledger.pragma_update(None, "user_version", n).unwrap();
    };
    let old = {
        let ledger = rusqlite::Connection::open(data.join("ledger.db")).unwrap();
        ledger.pragma_query_value(None, "user_version", |row| row.get::<_, u32>(0)).unwrap()
    };
    version(old + 1);
    refused(&place);
    version(old);

    // One newer ring among others is left alone by itself.
    let ring = data.join("keyrings/mail.kyr");
    let text = std::fs::read_to_string(&ring).unwrap();
    let newer = text.replacen("keyring 1\n", "keyring 2\n", 1);
    std::fs::write(&ring, &newer).unwrap();
    assert!(place.run("keyring show mail").refused(1).contains("newer version"));
    place.with("b-pass\n", "keyring create b --hosts b.test").done();
    assert_eq!(std::fs::read_to_string(&ring).unwrap(), newer);
}

#[test]
fn a_clock_behind_the_last_entry_is_said_before_signing() {
    let place = Place::furnished();
    place.with("b-pass\n", "keyring create b --hosts b.example.test").done();
    place.run("request approve 2 --certifier root").done();
    let ended = place.with(CA, "crl issue root");
    assert!(ended.code == 0 && !ended.err.contains("clock"), "{ended:#?}");

    let mut desk = Desk::open(&config(place.folder.path()), None, false).unwrap();
    desk.set_clock(Some(Desk::now().plus_days(2)));
    let site = Site { name: "later".into(), hosts: vec!["later.example.test".into()], ..Site::default() };
    desk.run(Verb::SaveSite { before: None, site }).unwrap();
    drop(desk);

    let create = "certifier create second --common-name Second";
    for arguments in ["crl issue root", "request issue 2", create] {
        let ended = place.with(CA, &format!("--json {arguments}"));
        assert!(
            ended.err.contains("note: The clock says ") && ended.err.contains("check the clock"),
            "{ended:#?}"
        );
        assert!(ended.json()["message"].is_string());
    }
    // Without the password it is said all the same: before anything is signed.
    assert!(place.with("wrong\n", "crl issue root").refused(4).starts_with("note: The clock says "));
    let ended = place.run("keyring list");
    assert!(!ended.err.contains("clock"), "{ended:#?}");
}
