//! The disk in earnest: the life of a workspace, a crash at every step, two consoles, read-only and full disks.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use ringmaster::model::change::{Change, Fact};
use ringmaster::model::error::Kind;
use ringmaster::model::site::Site;
use ringmaster::model::time::Timestamp;
use ringmaster::model::{Generation, State};
use ringmaster::store::{Open, Store, directory, document};
use tempfile::TempDir;

use crate::support::Mount;

mod links;
mod queue;
mod rings;
mod timing;

const NOW: Timestamp = Timestamp(1_795_000_000);

fn how(home: &Path) -> Open {
    Open {
        folder: home.join("work"),
        home: home.join("home"),
        read_only: false,
        operator: "tester".into(),
        now: NOW,
    }
}

fn open(home: &Path) -> Store {
    Store::open(&how(home)).unwrap()
}

fn site(name: &str, title: &str) -> Site {
    Site { name: name.into(), title: title.into(), ..Site::default() }
}

fn saved(site: Site) -> Change {
    let files = vec![directory::site(&site).unwrap()];
    Change { facts: vec![Fact::SiteSaved { site, how: Default::default() }], files }
}

fn deleted(name: &str) -> Change {
    Change {
        facts: vec![Fact::SiteDeleted { name: name.into() }],
        files: vec![directory::site_removed(name)],
    }
}

/// Replaces one site, makes two and deletes one, all at once.
fn sweeping() -> Change {
    let mut change = saved(site("a", "new a"));
    change.extend(saved(site("c", "new c")));
    change.extend(saved(site("d", "new d")));
    change.extend(deleted("b"));
    change
}

fn titles(state: &State) -> BTreeMap<&str, &str> {
    state.sites.values().map(|s| (s.name.as_str(), s.title.as_str())).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() { folders.push(path) } else { found.push(path) }
        }
    }
    found
}

#[test]
fn a_workspace_lives() {
    let home = TempDir::new().unwrap();
    let mut store = open(home.path());
    assert_eq!(store.read_only(), None);
    let first = store.state();
    assert_eq!(first.generation, Generation(1));
    assert_eq!(
        first.profiles.keys().collect::<Vec<_>>(),
        ["client", "code-signing", "ocsp-signer", "public-like", "server", "smime", "sub-ca"]
    );
    assert!(first.unreadable.is_empty());

    store.commit(first.generation, NOW, saved(site("a", "one"))).unwrap();
    let second = store.state();
    store.commit(second.generation, NOW, saved(site("a", "two"))).unwrap();
    let third = store.commit(Generation(3), NOW, deleted("a")).unwrap();
    assert!(third.sites.is_empty() && store.folder().join("directory/sites/.history/a.4.ron").exists());
    let state = store.commit(third.generation, NOW, saved(site("a", "three"))).unwrap();
    assert_eq!(titles(&state), BTreeMap::from([("a", "three")]));
    assert_eq!(titles(&first), BTreeMap::new(), "a state that was handed out has changed");
    assert_eq!(store.last_entry().unwrap(), Some(NOW));

    let kept = |generation: u64| {
        let path = store.folder().join(format!("directory/sites/.history/a.{generation}.ron"));
        std::fs::read_to_string(path).unwrap()
    };
    assert!(kept(3).contains("\"one\"") && kept(4).contains("\"two\""));
    for path in files(store.folder()) {
        let mode = path.metadata().unwrap().permissions().mode() & 0o777;
        let folder = path.parent().unwrap().metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!((mode, folder), (0o600, 0o700), "{}", path.display());
        assert!(!path.to_string_lossy().contains(".tmp-"), "{}", path.display());
    }
    drop(store);
    let again = open(home.path());
    assert_eq!(*again.state(), *state);
    assert_eq!(again.reader().unwrap().audit(1, 100).unwrap().len(), 5);
}

/// The child of the crash tests: commits once in the workspace that `RINGMASTER_CRASH_HOME` names and dies at the step
/// that `RINGMASTER_CRASH_AT` names.
#[test]
fn crash_child() {
    let Some(home) = std::env::var_os("RINGMASTER_CRASH_HOME") else { return };
    let home = PathBuf::from(home);
    let mut store = open(&home);
    let state = store.state();
    if state.sites.contains_key("a") {
        store.commit(state.generation, NOW, sweeping()).unwrap();
    }
}

/// Runs the child; tells whether it lived to its end.
fn lives(home: &Path, crash_at: u64) -> bool {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "store::crash_child", "--test-threads=1"])
        .env("RINGMASTER_CRASH_HOME", home)
        .env("RINGMASTER_CRASH_AT", crash_at.to_string())
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(!text.contains("panicked"), "{text}");
    if output.status.success() {
        assert!(text.contains("1 passed"), "the child did nothing: {text}");
    }
    output.status.success()
}

fn furnished() -> TempDir {
    let home = TempDir::new().unwrap();
    let mut store = open(home.path());
    let mut change = saved(site("a", "old a"));
    change.extend(saved(site("b", "old b")));
    let generation = store.state().generation;
    store.commit(generation, NOW, change).unwrap();
    home
}

#[test]
fn a_crash_at_any_step_leaves_the_old_or_the_new() {
    let old = BTreeMap::from([("a", "old a"), ("b", "old b")]);
    let new = BTreeMap::from([("a", "new a"), ("c", "new c"), ("d", "new d")]);
    let (mut olds, mut news) = (0, 0);
    for step in 1.. {
        let home = furnished();
        // A second console that is open all the while, and one that only reads and cannot finish anything.
        let mut other = open(home.path());
        let lived = lives(home.path(), step);
        let reading = Store::open(&Open { read_only: true, ..how(home.path()) }).unwrap().state();
        other.refresh(false).unwrap();
        let state = other.state();
        if titles(&state) == old {
            olds += 1
        } else {
            news += 1
        }
        let expected = if state.generation == Generation(2) { &old } else { &new };
        assert_eq!(&titles(&state), expected, "after step {step}");
        assert_eq!(titles(&reading), titles(&state), "after step {step}, read-only");
        let store = open(home.path());
        assert_eq!(*store.state(), *state, "after step {step}");
        let generation = state.generation;
        let left: Vec<_> =
            files(store.folder()).into_iter().filter(|f| f.to_string_lossy().contains(".tmp-")).collect();
        assert!(left.is_empty(), "after step {step}: {left:?}");
        let history = store.folder().join("directory/sites/.history");
        assert_eq!(history.join("a.3.ron").exists(), generation == Generation(3), "after step {step}");
        assert_eq!(history.join("b.3.ron").exists(), generation == Generation(3), "after step {step}");
        // Whatever happened, work goes on.
        let state = other.commit(generation, NOW, saved(site("e", "e"))).unwrap();
        assert!(state.sites.contains_key("e"));
        if lived {
            break;
        }
    }
    assert!(olds > 10 && news > 10, "{olds} crashes left the old, {news} the new");
}

#[test]
fn a_crash_while_a_workspace_is_made_is_finished_by_the_next_opening() {
    let mut steps = 0;
    for step in 1.. {
        let home = TempDir::new().unwrap();
        let lived = lives(home.path(), step);
        let store = open(home.path());
        assert_eq!(store.state().generation, Generation(1), "after step {step}");
        assert!(!files(store.folder()).iter().any(|f| f.to_string_lossy().contains(".tmp-")));
        steps = step;
        if lived {
            break;
        }
    }
    assert!(steps > 10, "only {steps} steps");
}

#[test]
fn the_second_console_is_told_and_sees_what_the_first_did() {
    let home = furnished();
    let (mut one, mut two) = (open(home.path()), open(home.path()));
    let on = one.state().generation;
    one.commit(on, NOW, saved(site("a", "by one"))).unwrap();
    assert_eq!(two.commit(on, NOW, saved(site("a", "by two"))).unwrap_err().kind, Kind::Moved);
    assert_eq!(titles(&two.state())["a"], "old a");
    assert!(two.refresh(false).unwrap());
    assert!(!two.refresh(false).unwrap());
    assert_eq!(*two.state(), *one.state());
    let on = two.state().generation;
    two.commit(on, NOW, saved(site("a", "by two"))).unwrap();
    assert!(one.refresh(false).unwrap());
    assert_eq!(titles(&one.state())["a"], "by two");
}

#[test]
fn a_document_that_a_person_changed_is_never_written_over_unseen() {
    let home = furnished();
    let mut store = open(home.path());
    let on = store.state().generation;
    let path = store.folder().join("directory/sites/a.ron");
    std::fs::write(&path, "(title: \"by hand\")").unwrap();
    assert_eq!(store.commit(on, NOW, saved(site("a", "x"))).unwrap_err().kind, Kind::Conflict);
    std::fs::write(store.folder().join("directory/sites/z.ron"), "(title: ").unwrap();
    assert_eq!(store.commit(on, NOW, saved(site("z", "x"))).unwrap_err().kind, Kind::Conflict);
    assert_eq!(store.state().generation, on);

    assert!(!store.refresh(false).unwrap());
    assert!(store.refresh(true).unwrap());
    assert_eq!(titles(&store.state())["a"], "by hand");
    let state = store.state();
    let unread = &state.unreadable[0];
    assert!(unread.path == "directory/sites/z.ron" && unread.why.contains("line 1"), "{unread}");
    let error = store.commit(on, NOW, saved(site("z", "x"))).unwrap_err();
    assert!(error.what.contains("in the way"), "{error}");
    store.commit(on, NOW, saved(site("a", "y"))).unwrap();
    let kept = store.folder().join("directory/sites/.history/a.3.ron");
    assert!(std::fs::read_to_string(kept).unwrap().contains("by hand"));
}

#[test]
fn what_cannot_be_put_in_place_waits_and_is_said() {
    let home = furnished();
    let mut store = open(home.path());
    let on = store.state().generation;
    let history = store.folder().join("directory/sites/.history");
    std::fs::write(&history, "in the way").unwrap();
    // The ledger has it, so it is true; only the file could not be put in place.
    let state = store.commit(on, NOW, saved(site("a", "new"))).unwrap();
    assert_eq!(titles(&state)["a"], "new");
    assert!(state.unreadable[0].why.contains(".history"), "{:?}", state.unreadable);
    let reading = Store::open(&Open { read_only: true, ..how(home.path()) }).unwrap();
    assert_eq!(titles(&reading.state())["a"], "new");
    let error = store.commit(state.generation, NOW, saved(site("c", "c"))).unwrap_err();
    assert!(error.what.contains(".history"), "{error}");
    std::fs::remove_file(&history).unwrap();
    let state = store.commit(state.generation, NOW, saved(site("c", "c"))).unwrap();
    assert!(state.unreadable.is_empty());
    assert_eq!(*open(home.path()).state(), *state);
    assert!(history.join("a.3.ron").exists());
}

#[test]
fn a_change_that_would_leave_its_folders_is_refused() {
    let home = furnished();
    let mut store = open(home.path());
    let on = store.state().generation;
    for path in [
        "../x.ron",
        "/etc/x.ron",
        "ledger.db",
        "directory/sites/../x.ron",
        "certifiers/../x.ron",
        "directory/sites/.x",
        "directory/sites/X.ron",
        "keyrings/.history/a.kyr",
        "config.ron",
    ] {
        let mut change = saved(site("a", "x"));
        change.files[0].path = path.into();
        assert_eq!(store.commit(on, NOW, change).unwrap_err().kind, Kind::Internal, "{path}");
    }
}

#[test]
fn other_folders_and_newer_formats_are_not_touched() {
    let home = TempDir::new().unwrap();
    let work = home.path().join("work");
    std::fs::create_dir(&work).unwrap();
    std::fs::write(work.join("holiday.jpg"), "x").unwrap();
    assert_eq!(Store::open(&how(home.path())).unwrap_err().kind, Kind::Foreign);
    assert_eq!(files(&work), [work.join("holiday.jpg")]);
    std::fs::remove_file(work.join("holiday.jpg")).unwrap();
    let read_only = Open { read_only: true, ..how(home.path()) };
    assert_eq!(Store::open(&read_only).unwrap_err().kind, Kind::NotFound);
    assert!(files(&work).is_empty());

    drop(open(home.path()));
    let mark = work.join("format.ron");
    let text = std::fs::read_to_string(&mark).unwrap();
    for newer in [text.replace("format: 1", "format: 2"), text.replace("workspace 1", "workspace 2")] {
        std::fs::write(&mark, &newer).unwrap();
        let before: Vec<_> = files(&work).iter().map(|f| (f.clone(), std::fs::read(f).unwrap())).collect();
        for how in [how(home.path()), read_only.clone()] {
            let error = Store::open(&how).unwrap_err();
            assert_eq!(error.kind, Kind::TooNew);
        }
        let after: Vec<_> = files(&work).iter().map(|f| (f.clone(), std::fs::read(f).unwrap())).collect();
        assert_eq!(before, after);
    }
    std::fs::remove_file(&mark).unwrap();
    std::fs::write(&mark, "(format: 1)").unwrap();
    let mut store = open(home.path());
    store.commit(Generation(1), NOW, saved(site("a", "x"))).unwrap();
    drop(store);
    std::fs::remove_file(&mark).unwrap();
    assert!(matches!(Store::open(&how(home.path())).unwrap_err().kind, Kind::Foreign | Kind::Damaged));
    assert!(work.join("directory/sites/a.ron").exists());
}

#[test]
fn a_workspace_asked_for_reading_changes_nothing() {
    let home = furnished();
    let mut store = Store::open(&Open { read_only: true, ..how(home.path()) }).unwrap();
    assert!(store.read_only().unwrap().contains("reading only"));
    assert_eq!(titles(&store.state())["a"], "old a");
    let on = store.state().generation;
    assert_eq!(store.commit(on, NOW, saved(site("a", "x"))).unwrap_err().kind, Kind::ReadOnly);
    let mut writer = open(home.path());
    writer.commit(on, NOW, saved(site("a", "new"))).unwrap();
    assert!(store.refresh(false).unwrap());
    assert_eq!(titles(&store.state())["a"], "new");
}

#[test]
fn a_read_only_file_system_is_opened_for_reading_and_says_why() {
    let home = furnished();
    let work = home.path().join("work");
    let Some(_mount) = Mount::read_only(&work) else { return };
    let mut store = open(home.path());
    assert!(store.read_only().unwrap().contains("read-only file system"), "{:?}", store.read_only());
    assert_eq!(titles(&store.state())["a"], "old a");
    assert!(!store.refresh(true).unwrap());
    let on = store.state().generation;
    assert_eq!(store.commit(on, NOW, saved(site("a", "x"))).unwrap_err().kind, Kind::ReadOnly);
}

#[test]
fn a_full_disk_changes_nothing() {
    let home = TempDir::new().unwrap();
    let work = home.path().join("work");
    std::fs::create_dir(&work).unwrap();
    let Some(_mount) = Mount::new(&["-t", "tmpfs", "-o", "size=2m,mode=0700", "tmpfs"], &work) else {
        return;
    };
    let mut store = open(home.path());
    let mut big = 1 << 20;
    let mut refused = 0;
    let mut on = store.state().generation;
    // Ever smaller documents, until not even the smallest fits: the disk fills in files and in the ledger.
    while big > 100 {
        let change = saved(site("a", &"x".repeat(big)));
        let before = store.state();
        match store.commit(on, NOW, change) {
            Ok(state) => on = state.generation,
            Err(error) => {
                assert_eq!(error.kind, Kind::Disk, "{error}");
                assert!(error.to_string().contains("The disk is full"), "{error}");
                assert_eq!(*store.state(), *before);
                assert!(!files(&work).iter().any(|f| f.to_string_lossy().contains(".tmp-")));
                refused += 1;
                big /= 2;
            }
        }
        assert!(refused < 30);
    }
    assert!(refused > 3);
    let last = store.state();
    drop(store);
    // Room is made, and everything is as it was.
    std::fs::remove_dir_all(work.join("directory/sites/.history")).unwrap();
    let mut store = open(home.path());
    assert_eq!(*store.state(), *last);
    store.commit(on, NOW, saved(site("b", "fits"))).unwrap();
}
