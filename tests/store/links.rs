//! Symbolic links in a workspace: what they lead to is left alone.

use std::os::unix::fs::symlink;

use ringmaster::model::error::Kind;
use ringmaster::store::{Open, Store};
use tempfile::TempDir;

use super::{NOW, open};

#[test]
fn nothing_outside_of_the_workspace_is_swept_away_through_a_link() {
    let (home, victim) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    drop(open(home.path()));
    let data = open(home.path()).folder().to_owned();
    let (theirs, deep) = (victim.path().join(".tmp-1-theirs"), victim.path().join(".history"));
    std::fs::create_dir(&deep).unwrap();
    std::fs::create_dir(data.join("certifiers/ours")).unwrap();
    symlink(&deep, data.join("certifiers/ours/.history")).unwrap();
    std::fs::write(&theirs, "theirs").unwrap();
    std::fs::write(deep.join(".tmp-2"), "theirs").unwrap();
    symlink(victim.path(), data.join("certifiers/evil")).unwrap();
    std::fs::write(data.join("certifiers/.tmp-3"), "ours").unwrap();

    let store = open(home.path());
    assert!(theirs.exists() && deep.join(".tmp-2").exists(), "a file of others was removed");
    assert!(!data.join("certifiers/.tmp-3").exists(), "the workspace itself was not swept");
    let state = store.state();
    let told = state.unread("certifiers/evil");
    assert!(told.is_some_and(|u| u.why.contains("symbolic link")), "{:?}", state.unreadable);
}

#[test]
fn a_link_in_the_place_of_a_folder_the_ledger_or_the_lock_is_refused() {
    for name in ["keyrings", "directory/sites", "certifiers", "ledger.db", ".lock", "keyrings/.history"] {
        let (home, away) = (TempDir::new().unwrap(), TempDir::new().unwrap());
        let store = open(home.path());
        let data = store.folder().to_owned();
        drop(store);
        std::fs::create_dir_all(data.join("keyrings/.history")).unwrap();
        let moved = away.path().join("moved");
        std::fs::rename(data.join(name), &moved).unwrap();
        symlink(&moved, data.join(name)).unwrap();
        for read_only in [false, true] {
            let how = Open {
                folder: data.clone(),
                home: home.path().join("home"),
                read_only,
                operator: "ann".into(),
                now: NOW,
            };
            let error = Store::open(&how).unwrap_err();
            assert!(error.kind == Kind::Refused && error.what.contains("symbolic link"), "{name}: {error}");
        }
    }
}
