//! Kills the program at every write of the verbs that matter, and finds the old or the new, never a mixture, and no lost
//! serial number.
//!
//! The test starts itself as a child that aborts at the n-th durable step (`store::file::step`), for every n until the
//! child lives to the end.

use std::path::Path;
use std::process::Command;

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::State;
use ringmaster::model::bytes::{Digest, Serial};
use ringmaster::model::certifier::rollover::NewKey;
use ringmaster::model::change::Fact;
use ringmaster::model::error::Kind;
use ringmaster::model::key::KeyType;
use ringmaster::model::keyring::RequestKey;
use ringmaster::model::request::RequestId;
use ringmaster::model::site::Site;
use ringmaster::model::time::Timestamp;
use ringmaster::ops::certifier_status::Step;
use ringmaster::ops::ring::Act;
use ringmaster::pki::signer::Signing;
use ringmaster::store::{Open, Store};

use crate::certifiers::subordinate::key_files;
use crate::life::{create_certifier, create_keyring, issue, plan};
use crate::support::{config, desk, secret};

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
        "roll-over" => {
            desk.unlock("root", &secret("ca-pass")).unwrap();
            let mut asked = NewKey::after("root", KeyType::P256, 5);
            (asked.password, asked.repeat) = (secret("ca-pass"), secret("ca-pass"));
            desk.run(Verb::RollOver { name: "root".into(), asked }).unwrap();
        }
        "destroy-key" => {
            desk.unlock("root", &secret("ca-pass")).unwrap();
            desk.run(Verb::DestroyKey { name: "root".into(), why: "end".into() }).unwrap();
        }
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
            desk.run(Verb::ring("mail", Act::Install { certificates })).unwrap();
        }
        "request" => {
            let state = desk.state();
            let mut asked = ringmaster::ops::request_again::proposed(&state, &state.keyrings["mail"]);
            asked.key = Some(RequestKey::New(KeyType::P256));
            desk.run(Verb::ring("mail", Act::Request(asked))).unwrap();
        }
        "rename" => {
            desk.run(Verb::ring("mail", Act::Rename { to: "post".into() })).unwrap();
        }
        "password" => {
            let act = Act::ChangePassword { new: secret("another"), repeat: secret("another") };
            desk.run(Verb::ring("mail", act)).unwrap();
        }
        "restore" => {
            // Under the password it had then, so that ring and stash are both written.
            let revision = desk.history("mail").unwrap().find("1").unwrap().ring.clone().unwrap();
            let act = Act::Restore { revision: Box::new(revision), password: Some(secret("ring-pass")) };
            desk.run(Verb::ring("mail", act)).unwrap();
        }
        "undelete" => {
            let revision = desk.history("mail").unwrap().revisions.remove(0).ring.unwrap();
            let password = secret("ring-pass");
            desk.run(Verb::Undelete { revision: Box::new(revision), password }).unwrap();
        }
        "put-away" => {
            let path = "keyrings/stranger.kyr".into();
            desk.run(Verb::PutAway { path }).unwrap();
        }
        other => panic!("no act {other}"),
    }
}

fn prepare(folder: &Path, act: &str) {
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P256);
    if act == "destroy-key" {
        let why = "end".to_owned();
        desk.run(Verb::CertifierStatus { name: "root".into(), step: Step::Retire, why }).unwrap();
    }
    if matches!(act, "create-keyring" | "create-certifier" | "roll-over" | "destroy-key") {
        return;
    }
    let id = create_keyring(&mut desk, "mail", true);
    match act {
        "restore" => {
            let act = Act::ChangePassword { new: secret("another"), repeat: secret("another") };
            desk.run(Verb::ring("mail", act)).unwrap();
            return;
        }
        "undelete" => {
            desk.run(Verb::DeleteKeyring { name: "mail".into() }).unwrap();
            return;
        }
        "put-away" => {
            std::fs::write(folder.join("data/keyrings/stranger.kyr"), b"\xff\xd8\xff\xe0 JFIF").unwrap();
            return;
        }
        _ => {}
    }
    if matches!(act, "request" | "rename" | "password") {
        for name in ["imap", "smtp"] {
            let site = Site {
                name: name.into(),
                hosts: vec!["mail.example.test".into()],
                keyring: "mail".into(),
                ..Site::default()
            };
            desk.run(Verb::SaveSite { before: None, site }).unwrap();
        }
        return;
    }
    if act == "issue" {
        desk.run(Verb::Approve { id, plan: plan("root") }).unwrap();
        return;
    }
    issue(&mut desk, id, "root");
    let roots = vec![desk.state().certifiers["root"].certificate.clone()];
    desk.run(Verb::ring("mail", Act::Trust { roots })).unwrap();
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
    let rings = state
        .keyrings
        .values()
        .map(|r| (&r.name, r.revision, r.entries.len(), r.stash, r.next_key.is_some()));
    let certifiers =
        state.certifiers.values().map(|c| (&c.name, c.status.word(), &c.succeeded_by, c.links.len()));
    let requests = state.requests.values().map(|r| (r.id, r.status.word(), &r.keyring));
    let sites = state.sites.values().map(|s| (&s.name, &s.keyring));
    format!(
        "{:?} {:?} {:?} {:?} {} {:?}",
        certifiers.collect::<Vec<_>>(),
        rings.collect::<Vec<_>>(),
        sites.collect::<Vec<_>>(),
        requests.collect::<Vec<_>>(),
        state.issued,
        state.unreadable
    )
}

/// Every signature that was ever intended in a workspace: certifier, what, and what it is called when it is abandoned.
fn intents(folder: &Path) -> Vec<(String, Signing, String)> {
    let ledger = rusqlite::Connection::open(folder.join("data/ledger.db")).unwrap();
    let mut query = ledger.prepare("SELECT certifier, serial, number FROM intent ORDER BY id").unwrap();
    let rows = query.query_map([], |row| {
        let (certifier, serial, number): (String, Option<Vec<u8>>, Option<u64>) =
            (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok(match serial.map(Serial) {
            Some(serial) => {
                let called = format!("certificate {serial}");
                (certifier, Signing::Certificate(serial), called)
            }
            None => (certifier, Signing::Crl(number.unwrap_or(0)), format!("CRL {}", number.unwrap_or(0))),
        })
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Opens the workspace when nobody can be signing any more, and holds that no number is lost: each one that was intended
/// is issued or recorded as abandoned, never both, and is not given again. Returns how many serial numbers are abandoned.
pub(crate) fn no_number_is_lost(folder: &Path, when: &str) -> usize {
    let config = config(folder);
    let now = Timestamp(Desk::now().0 + 11 * 60);
    let how = Open {
        folder: config.workspace,
        home: config.home,
        read_only: false,
        operator: config.operator,
        now,
    };
    let entries = |store: &mut Store| -> Vec<Fact> {
        let all = store.ledger().audit(1, 1_000_000).unwrap();
        all.iter().map(|e| serde_json::from_str(&e.body).unwrap()).collect()
    };
    let mut store = Store::open(&how).unwrap();
    let facts = entries(&mut store);
    let mut spent = 0;
    for (certifier, what, called) in intents(folder) {
        let abandoned = facts.iter().filter(|f| {
            matches!(f, Fact::SigningAbandoned { certifier: c, what, .. } if *c == certifier && *what == called)
        });
        let done = facts.iter().filter(|f| match (f, &what) {
            (Fact::CertificateIssued { issued, .. }, Signing::Certificate(serial)) => {
                issued.certifier == certifier && issued.serial == *serial
            }
            // A certifier's own certificate stands in its folder.
            (Fact::CertifierCreated { certifier: c }, Signing::Certificate(serial)) => {
                c.name == certifier && c.certificate.serial == *serial
            }
            (Fact::CrlIssued { certifier: c, crl, .. }, Signing::Crl(number)) => {
                *c == certifier && crl.number == *number
            }
            _ => false,
        });
        let (abandoned, done) = (abandoned.count(), done.count());
        assert_eq!(abandoned.max(done), 1, "{when}: {called} of {certifier} is lost");
        if let Signing::Certificate(serial) = &what {
            spent += abandoned;
            assert_eq!(abandoned + done, 1, "{when}: {called} of {certifier} is abandoned and issued");
            let listed = store.ledger().issued_by_serial(&certifier, serial).unwrap().is_some();
            assert!(!(listed && abandoned > 0), "{when}: {called} of {certifier}");
            let again = store.ledger().intend(&certifier, now, &[(what, Digest([7; 32]))]).unwrap_err();
            assert_eq!(again.kind, Kind::Refused, "{when}: {called} of {certifier} is given again");
        }
    }
    drop(store);
    // Finding them a second time adds nothing.
    assert_eq!(entries(&mut Store::open(&how).unwrap()), facts, "{when}");
    spent
}

fn crash_everywhere(act: &str) {
    let temp = tempfile::tempdir().unwrap();
    let origin = temp.path().join("origin");
    prepare(&origin, act);
    let before = outline(&desk(&origin).state());
    let mut after = None;
    let mut old = 0;
    let mut new = 0;
    let mut spent = 0;
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
        for certifier in state.certifiers.values() {
            let place = folder.join("data/certifiers").join(&certifier.name);
            if certifier.status.has_key() {
                desk.unlock(&certifier.name, &secret("ca-pass")).unwrap();
            } else {
                assert_eq!(key_files(&place), [""; 0], "{act} killed at step {at}: a destroyed key is left");
            }
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
        drop(desk);
        spent += no_number_is_lost(&folder, &format!("{act} killed at step {at}"));
        std::fs::remove_dir_all(&folder).unwrap();
        if finished {
            assert!(old >= 2 && new >= 1, "{act}: {old} old, {new} new in {at} steps");
            let signs = matches!(act, "issue" | "create-certifier" | "roll-over");
            assert_eq!(spent > 0, signs, "{act}: {spent} serial numbers were abandoned");
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
fn a_key_rollover_is_whole_or_not_at_all() {
    crash_everywhere("roll-over");
}

#[test]
fn a_destroyed_key_is_gone_whenever_the_program_was_killed() {
    crash_everywhere("destroy-key");
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

#[test]
fn requesting_again_survives_a_crash_anywhere() {
    crash_everywhere("request");
}

#[test]
fn renaming_survives_a_crash_anywhere() {
    crash_everywhere("rename");
}

#[test]
fn changing_a_password_survives_a_crash_anywhere() {
    crash_everywhere("password");
}

#[test]
fn restoring_a_revision_survives_a_crash_anywhere() {
    crash_everywhere("restore");
}

#[test]
fn bringing_a_deleted_keyring_back_survives_a_crash_anywhere() {
    crash_everywhere("undelete");
}

#[test]
fn putting_a_file_away_survives_a_crash_anywhere() {
    crash_everywhere("put-away");
}
