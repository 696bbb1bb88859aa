//! Kills the program at every write of the verbs that matter, and finds the old or the new, never a mixture, and no lost
//! serial number.
//!
//! The test starts itself as a child that aborts at the n-th durable step (`store::file::step`), for every n until the
//! child lives to the end.

use std::path::Path;
use std::process::Command;

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::State;
use ringmaster::model::key::KeyType;
use ringmaster::model::request::RequestId;

use crate::life::{create_certifier, create_keyring, issue, plan};
use crate::support::{desk, secret};

const FOLDER: &str = "RINGMASTER_TEST_CRASH_FOLDER";
const ACT: &str = "RINGMASTER_TEST_CRASH_ACT";
const AT: &str = "RINGMASTER_CRASH_AT";

/// The child: does one act on the folder it is told, and dies on the way.
#[test]
#[ignore = "only a child of the tests below"]
fn child() {
    let (Some(folder), Ok(act)) = (std::env::var_os(FOLDER), std::env::var(ACT)) else { return };
    let mut desk = desk(Path::new(&folder));
    self::act(&mut desk, &act);
}

fn act(desk: &mut Desk, act: &str) {
    match act {
        "create-certifier" => create_certifier(desk, "second", KeyType::P256),
        "create-keyring" => drop(create_keyring(desk, "mail", true)),
        "issue" => {
            desk.unlock("root", &secret("ca-pass")).unwrap();
            desk.run(Verb::Issue { ids: vec![RequestId(1)] }).unwrap();
        }
        "install" => {
            let state = desk.state();
            let leaf = desk.ledger().issued_by_key(&state.keyrings["mail"].key.as_ref().unwrap().sha256);
            let row = leaf.unwrap().remove(0);
            let (_, der) = desk.ledger().issued_by_serial("root", &row.serial).unwrap().unwrap();
            let certificates = vec![ringmaster::pki::certificate::read(&der.0).unwrap()];
            desk.run(Verb::Install { keyring: "mail".into(), certificates, password: None }).unwrap();
        }
        other => panic!("no act {other}"),
    }
}

fn prepare(folder: &Path, act: &str) {
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P256);
    if matches!(act, "create-keyring" | "create-certifier") {
        return;
    }
    let id = create_keyring(&mut desk, "mail", true);
    if act == "issue" {
        desk.run(Verb::Approve { id, plan: plan("root") }).unwrap();
        return;
    }
    issue(&mut desk, id, "root");
    let roots = vec![desk.state().certifiers["root"].certificate.clone()];
    desk.run(Verb::Trust { keyring: "mail".into(), roots, password: None }).unwrap();
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    std::fs::set_permissions(to, std::fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn leftovers(folder: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(leftovers(&entry.path()));
        } else if entry.file_name().to_string_lossy().starts_with(".tmp-") {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

/// What a person would compare: everything but what differs from run to run (keys, serials, times).
fn outline(state: &State) -> String {
    let rings = state.keyrings.values().map(|r| (&r.name, r.revision, r.entries.len(), r.stash));
    let requests = state.requests.values().map(|r| (r.id, r.status.word()));
    format!(
        "{:?} {:?} {:?} {} {:?}",
        state.certifiers.keys(),
        rings.collect::<Vec<_>>(),
        requests.collect::<Vec<_>>(),
        state.issued,
        state.unreadable
    )
}

fn crash_everywhere(act: &str) {
    let temp = tempfile::tempdir().unwrap();
    let origin = temp.path().join("origin");
    prepare(&origin, act);
    let before = outline(&desk(&origin).state());
    let mut after = None;
    let mut old = 0;
    let mut new = 0;
    for at in 1..1000 {
        let folder = temp.path().join(at.to_string());
        copy(&origin, &folder);
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--ignored", "--nocapture"])
            .env(FOLDER, &folder)
            .env(ACT, act)
            .env(AT, at.to_string())
            .output()
            .unwrap();
        let finished = status.status.success();
        let mut desk = desk(&folder);
        let state = desk.state();
        assert_eq!(leftovers(&folder), [""; 0], "{act} killed at step {at}");
        let verified = desk.ledger().verify_audit().unwrap();
        assert_eq!(verified.broken, None, "{act} killed at step {at}");
        for ring in state.keyrings.keys() {
            assert!(desk.opens_by_itself(ring), "{act} killed at step {at}: ring {ring} does not open");
        }
        for certifier in state.certifiers.keys() {
            desk.unlock(certifier, &secret("ca-pass")).unwrap();
        }
        let found = outline(&state);
        if found == before {
            old += 1;
            // What was not done can be done now: no number is stuck.
            self::act(&mut desk, act);
            let done = outline(&desk.state());
            assert_eq!(*after.get_or_insert_with(|| done.clone()), done, "{act} again after step {at}");
        } else {
            new += 1;
            let expected = after.get_or_insert_with(|| found.clone());
            assert_eq!(*expected, found, "{act} killed at step {at}: a mixture");
        }
        std::fs::remove_dir_all(&folder).unwrap();
        if finished {
            assert!(old >= 2 && new >= 1, "{act}: {old} old, {new} new in {at} steps");
            return;
        }
    }
    panic!("{act} never came to its end");
}

#[test]
fn creating_a_certifier_survives_a_crash_anywhere() {
    crash_everywhere("create-certifier");
}

#[test]
fn creating_a_keyring_survives_a_crash_anywhere() {
    crash_everywhere("create-keyring");
}

#[test]
fn issuing_survives_a_crash_anywhere() {
    crash_everywhere("issue");
}

#[test]
fn installing_survives_a_crash_anywhere() {
    crash_everywhere("install");
}
