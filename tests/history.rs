//! Earlier versions of keyrings through the desk: listed with who did what, compared, undone, restored, brought back; and
//! what abandoned attempts leave.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certificate::Certificate;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::keyring::{Keyring, RequestKey, Role, compare};
use ringmaster::model::leftover::{Way, leftovers};
use ringmaster::model::time::Timestamp;
use ringmaster::ops::request_again::proposed;
use ringmaster::ops::restore::{Consequence, consequences, undoing};
use ringmaster::ops::ring::Act;
use ringmaster::store::history::{BACK, History, MOST};
use ringmaster::store::kyr;

use crate::life::{create_certifier, create_keyring, issue};
use crate::support::{desk, secret};

/// A workspace with the certifier `root` and the keyring `mail`, whose certificate is installed as revision 3.
fn furnished(folder: &Path) -> (Desk, Certificate) {
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P256);
    let id = create_keyring(&mut desk, "mail", true);
    let leaf = issue(&mut desk, id, "root");
    let roots = vec![desk.state().certifiers["root"].certificate.clone()];
    act(&mut desk, Act::Trust { roots }).unwrap();
    act(&mut desk, Act::Install { certificates: vec![leaf.clone()] }).unwrap();
    (desk, leaf)
}

fn act(desk: &mut Desk, act: Act) -> Result<String, Error> {
    desk.run(Verb::ring("mail", act)).map(|outcome| outcome.message)
}

fn mail(desk: &Desk) -> Keyring {
    desk.state().keyrings["mail"].clone()
}

fn undo(desk: &mut Desk, ring: &str) -> Result<String, Error> {
    let history = desk.history(ring).unwrap();
    desk.run(Verb::ring(ring, undoing(&history)?)).map(|outcome| outcome.message)
}

fn restore(desk: &mut Desk, number: &str, password: Option<&str>) -> Result<String, Error> {
    let history = desk.history("mail").unwrap();
    let revision = Box::new(history.find(number).unwrap().ring.clone().unwrap());
    act(desk, Act::Restore { revision, password: password.map(secret) })
}

fn undelete(desk: &mut Desk, ring: &str, password: &str) -> Result<String, Error> {
    let revision = Box::new(desk.history(ring).unwrap().revisions[0].ring.clone().unwrap());
    desk.run(Verb::Undelete { revision, password: secret(password) }).map(|outcome| outcome.message)
}

/// What stands in a history, as `revision what`, the newest first.
fn told(history: &History) -> Vec<String> {
    let row = |r: &ringmaster::store::history::Revision| {
        let what = r.made.as_ref().map_or("?", |m| m.what.as_str());
        format!("{} {what}", r.title())
    };
    history.revisions.iter().map(row).collect()
}

fn kept(folder: &Path) -> Vec<PathBuf> {
    let names = std::fs::read_dir(folder.join("data/keyrings/.history")).unwrap();
    let mut names: Vec<_> =
        names.map(|e| e.unwrap().path()).filter(|p| p.extension().unwrap() == "kyr").collect();
    names.sort();
    names
}

/// What a person would compare of two rings: everything but the number of the revision and the seal over it.
fn says_the_same(a: &Keyring, b: &Keyring) -> bool {
    compare(a, b).is_empty() && a.stash == b.stash && a.sealed.key_pem == b.sealed.key_pem
}

#[test]
fn a_history_tells_who_did_what_and_keeps_every_revision() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, leaf) = furnished(temp.path());
    let history = desk.history("mail").unwrap();
    assert_eq!(told(&history), ["3 certificate installed", "2 trusted root added", "1 made"]);
    assert!(
        history.revisions.iter().all(|r| r.made.as_ref().unwrap().by == "tester" && !r.altered && !r.earlier)
    );
    assert_eq!(history.revisions[0].replaced, None);
    assert_eq!(history.find("2").unwrap().number, Some(2));
    let commit = history.revisions[2].replaced.unwrap().0;
    assert_eq!(history.find(&format!("@{commit}")).unwrap().number, Some(1));
    assert_eq!(history.find("9").unwrap_err().kind, Kind::NotFound);
    assert_eq!(history.find("@x").unwrap_err().kind, Kind::NotFound);

    let of = |n: &str| history.find(n).unwrap().ring.clone().unwrap();
    let lines: Vec<_> = compare(&of("2"), &of("3")).iter().map(ToString::to_string).collect();
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with(&format!("+ certificate {}", leaf.subject)), "{lines:?}");
    let back: Vec<_> = compare(&of("3"), &of("1")).iter().map(ToString::to_string).collect();
    assert!(back.len() == 2 && back.iter().all(|l| l.starts_with("- ")), "{back:?}");
    assert_eq!(desk.history("nobody").unwrap_err().kind, Kind::NotFound);
    assert_eq!(desk.history("../mail").unwrap_err().kind, Kind::NotFound);
}

#[test]
fn every_kind_of_change_is_undone_and_the_undoing_as_well() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, leaf) = furnished(temp.path());
    create_certifier(&mut desk, "second", KeyType::P256);
    let state = desk.state();
    let root = state.certifiers["root"].certificate.sha256;
    let second = state.certifiers["second"].certificate.clone();
    let (new, repeat) = (secret("another-pass"), secret("another-pass"));
    let mut request = proposed(&state, &mail(&desk));
    request.key = Some(RequestKey::New(KeyType::P256));
    for change in [
        Act::Trust { roots: vec![second] },
        Act::SetTrust { roots: vec![root], trusted: false },
        Act::Label { entry: root, label: "our root".into() },
        Act::RemoveRoots { roots: vec![root] },
        Act::ChangePassword { new, repeat },
        Act::Request(request),
        Act::DropStash,
        Act::Rename { to: "post".into() },
    ] {
        let before = mail(&desk);
        let what = format!("{change:?}");
        let what = &what[..what.len().min(20)];
        if let Err(error) = act(&mut desk, change) {
            assert!(what.starts_with("RemoveRoots"), "{what}: {error}");
            continue;
        }
        let name = if what.starts_with("Rename") { "post" } else { "mail" };
        let after = desk.state().keyrings[name].clone();
        assert!(!says_the_same(&before, &after), "{what}");
        if what.starts_with("DropStash") {
            // What was dropped gives no password.
            let undo = undoing(&desk.history("mail").unwrap()).unwrap();
            assert_eq!(undo, Act::MakeStash);
            desk.run(Verb::ring("mail", undo).with_password(secret("ring-pass"))).unwrap();
            assert!(desk.opens_by_itself("mail"));
            continue;
        }
        if what.starts_with("ChangePassword") {
            // The revision before opens with the password before, and nothing else.
            let error = undo(&mut desk, "mail").unwrap_err();
            assert_eq!(error.kind, Kind::Locked, "{error}");
            assert!(restore(&mut desk, &before.revision.to_string(), Some("wrong")).is_err());
            let verb = Verb::ring("mail", undoing(&desk.history("mail").unwrap()).unwrap());
            desk.run(verb.with_password(secret("ring-pass"))).unwrap();
            assert!(desk.opens_by_itself("mail"), "the stash was made anew");
        } else {
            undo(&mut desk, name).unwrap_or_else(|e| panic!("{what}: {e}"));
        }
        assert!(says_the_same(&before, &mail(&desk)), "{what}");
        assert!(mail(&desk).revision > after.revision, "{what}");
        assert!(desk.opens_by_itself("mail"), "{what}");
        if what.starts_with("Trust") {
            undo(&mut desk, "mail").unwrap();
            assert!(says_the_same(&after, &mail(&desk)), "the undoing is undone");
            undo(&mut desk, "mail").unwrap();
        }
    }
    assert_eq!(mail(&desk).leaf().unwrap().sha256, leaf.sha256);
    assert_eq!(desk.ledger().verify_audit().unwrap().broken, None);
    let again = self::desk(temp.path());
    assert_eq!(*again.state(), *desk.state(), "as it is read again");
    // A ring that was just made has nothing to undo.
    create_keyring(&mut desk, "new", true);
    assert_eq!(undo(&mut desk, "new").unwrap_err().kind, Kind::Refused);
}

#[test]
fn a_made_stash_is_undone_and_told_in_the_row_of_its_revision() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    create_keyring(&mut desk, "mail", false);
    let verb = Verb::ring("mail", Act::MakeStash).with_password(secret("ring-pass"));
    desk.run(verb).unwrap();
    assert_eq!(told(&desk.history("mail").unwrap()), ["1 made, then stash made"]);
    undo(&mut desk, "mail").unwrap();
    assert!(!mail(&desk).stash && !desk.opens_by_itself("mail"));
    assert_eq!(told(&desk.history("mail").unwrap()), ["1 made, then stash made, then stash dropped"]);
}

#[test]
fn damaged_and_altered_and_lost_revisions_are_listed_as_such_and_never_come_back() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let root = mail(&desk).with_role(Role::Root).next().unwrap().certificate.sha256;
    for trusted in [false, true, false] {
        act(&mut desk, Act::SetTrust { roots: vec![root], trusted }).unwrap();
    }
    let files: Vec<_> = desk.history("mail").unwrap().revisions.iter().map(|r| r.path.clone()).collect();
    let path = |n: usize| temp.path().join("data").join(&files[n]);
    // Revisions 5, 4, 3, 2 stand at 1, 2, 3, 4: cut short, its trust switched by hand, open to others, gone.
    let text = std::fs::read_to_string(path(1)).unwrap();
    std::fs::write(path(1), &text[..text.len() / 2]).unwrap();
    let text = std::fs::read_to_string(path(2)).unwrap();
    assert!(text.contains("trusted: false") || text.contains("trusted:false"), "{text}");
    std::fs::write(
        path(2),
        text.replace("trusted: false", "trusted: true").replace("trusted:false", "trusted:true"),
    )
    .unwrap();
    std::fs::set_permissions(path(3), PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::remove_file(path(4)).unwrap();

    let history = desk.history("mail").unwrap();
    let numbers: Vec<_> = history.revisions.iter().map(|r| r.number.unwrap()).collect();
    assert_eq!(numbers, [6, 5, 4, 3, 2, 1], "each at its place");
    let made: Vec<_> = history.revisions.iter().map(|r| r.made.is_some()).collect();
    assert_eq!(made, [true; 6], "and what made it is known");
    let why = |n: usize| history.revisions[n].remark("mail");
    assert!(why(1).contains("cannot be read") && !why(1).contains("before it"), "{}", why(1));
    assert!(history.revisions[2].altered && why(2).contains("altered"), "{}", why(2));
    assert!(why(3).contains("can be read by others"), "{}", why(3));
    assert!(why(4).contains("kept"), "{}", why(4));
    assert!(history.revisions[5].ring.is_ok() && why(5).is_empty(), "{}", why(5));

    let before = mail(&desk);
    let error = restore(&mut desk, "4", None).unwrap_err();
    assert_eq!(error.kind, Kind::Damaged, "{error}");
    assert!(error.what.contains("altered"), "{error}");
    let error = undo(&mut desk, "mail").unwrap_err();
    assert!(error.why.contains("cannot be read") && error.command == Some("keyring.history"), "{error:?}");
    assert_eq!(mail(&desk), before);
    restore(&mut desk, "1", None).unwrap();
    assert_eq!(mail(&desk).leaf(), None);
}

#[test]
fn a_deleted_keyring_comes_back_with_its_stash_and_its_past() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, leaf) = furnished(temp.path());
    let before = mail(&desk);
    assert_eq!(desk.gone().unwrap(), []);
    desk.run(Verb::DeleteKeyring { name: "mail".into() }).unwrap();
    let gone = desk.gone().unwrap();
    assert_eq!((gone.len(), gone[0].name.as_str(), gone[0].last.by.as_str()), (1, "mail", "tester"));
    let history = desk.history("mail").unwrap();
    assert!(history.deleted.is_some());
    assert_eq!(told(&history), ["3 certificate installed", "2 trusted root added", "1 made"]);
    assert_eq!(undo(&mut desk, "mail").unwrap_err().kind, Kind::Refused);

    assert_eq!(undelete(&mut desk, "mail", "").unwrap_err().kind, Kind::Locked);
    assert_eq!(undelete(&mut desk, "mail", "wrong").unwrap_err().kind, Kind::WrongPassword);
    let said = undelete(&mut desk, "mail", "ring-pass").unwrap();
    assert!(said.contains(BACK), "{said}");
    assert!(says_the_same(&before, &mail(&desk)) && mail(&desk).revision == 4);
    assert!(desk.opens_by_itself("mail") && mail(&desk).leaf().unwrap().sha256 == leaf.sha256);
    assert_eq!(desk.gone().unwrap(), []);
    let history = desk.history("mail").unwrap();
    let rows = told(&history);
    assert_eq!(rows[0], format!("4 {BACK}"));
    assert_eq!(rows[1..], ["3 certificate installed", "2 trusted root added", "1 made"]);
    assert!(history.deleted.is_none() && history.revisions.iter().all(|r| !r.earlier));
    assert_eq!(undo(&mut desk, "mail").unwrap_err().command, Some("keyring.delete"));
    let again = self::desk(temp.path());
    assert_eq!(*again.state(), *desk.state());
}

#[test]
fn a_waiting_key_comes_back_with_its_ring() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let state = desk.state();
    let mut asked = proposed(&state, &mail(&desk));
    asked.key = Some(RequestKey::New(KeyType::P384));
    act(&mut desk, Act::Request(asked)).unwrap();
    let waits = mail(&desk).next_key;
    assert!(waits.is_some());
    act(&mut desk, Act::DropNextKey).unwrap();
    restore(&mut desk, "4", None).unwrap();
    assert_eq!(mail(&desk).next_key, waits);
    desk.run(Verb::DeleteKeyring { name: "mail".into() }).unwrap();
    undelete(&mut desk, "mail", "ring-pass").unwrap();
    assert_eq!(mail(&desk).next_key, waits);
    desk.refresh(true).unwrap();
    assert_eq!((mail(&desk).next_key, desk.state().unreadable.len()), (waits, 0));
}

#[test]
fn a_name_that_is_taken_refuses_a_deleted_ring_whose_revisions_stay_within_reach() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, leaf) = furnished(temp.path());
    desk.run(Verb::DeleteKeyring { name: "mail".into() }).unwrap();
    create_keyring(&mut desk, "mail", true);
    let history = desk.history("mail").unwrap();
    assert_eq!(told(&history), ["1 made", "3 certificate installed", "2 trusted root added", "1 made"]);
    assert_eq!(history.revisions.iter().map(|r| r.earlier).collect::<Vec<_>>(), [false, true, true, true]);
    assert!(undoing(&history).is_err(), "the ring of another time is no change to undo");
    let revision = Box::new(history.revisions[1].ring.clone().unwrap());
    let error = desk.run(Verb::Undelete { revision, password: secret("ring-pass") }).unwrap_err();
    assert_eq!((error.kind, error.command), (Kind::Refused, Some("keyring.rename")));
    // In its place it can come, with the key that was thought lost.
    restore(&mut desk, "3", Some("ring-pass")).unwrap();
    assert_eq!((mail(&desk).leaf().unwrap().sha256, mail(&desk).revision), (leaf.sha256, 4));
    assert!(desk.opens_by_itself("mail"));
}

#[test]
fn the_past_of_a_renamed_ring_goes_with_it_and_comes_back_under_its_present_name() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, leaf) = furnished(temp.path());
    act(&mut desk, Act::Rename { to: "post".into() }).unwrap();
    let error = desk.history("mail").unwrap_err();
    assert!(error.kind == Kind::NotFound && error.why.contains("post"), "{error}");
    create_keyring(&mut desk, "mail", true);

    let post = desk.history("post").unwrap();
    assert_eq!(
        told(&post),
        ["4 renamed from mail", "3 certificate installed", "2 trusted root added", "1 made"]
    );
    assert_eq!(told(&desk.history("mail").unwrap()), ["1 made"], "what was of the other one is not of this");
    let revision = Box::new(post.find("2").unwrap().ring.clone().unwrap());
    desk.run(Verb::ring("post", Act::Restore { revision, password: None })).unwrap();
    let state = desk.state();
    assert_eq!((state.keyrings["post"].leaf(), state.keyrings["post"].revision), (None, 5));
    assert!(desk.opens_by_itself("post") && desk.opens_by_itself("mail"));
    undo(&mut desk, "post").unwrap();
    assert_eq!(desk.state().keyrings["post"].leaf().unwrap().sha256, leaf.sha256);
    assert_eq!(desk.gone().unwrap(), []);
}

#[test]
fn a_stash_of_another_revision_is_put_right_by_restoring() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let stash = temp.path().join("data/keyrings/mail.sth");
    let old = std::fs::read(&stash).unwrap();
    let (new, repeat) = (secret("another-pass"), secret("another-pass"));
    act(&mut desk, Act::ChangePassword { new, repeat }).unwrap();
    // The stash of the revision before is put back by hand, as a half-done restore of a backup does.
    std::fs::write(&stash, old).unwrap();
    desk.refresh(true).unwrap();
    assert!(!desk.opens_by_itself("mail"));
    restore(&mut desk, "3", Some("ring-pass")).unwrap();
    assert!(desk.opens_by_itself("mail"), "{:?}", desk.state().unreadable);
    desk.refresh(true).unwrap();
    assert_eq!(desk.state().unreadable, []);
}

#[test]
fn what_a_restored_revision_brings_with_it_is_said_before() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, leaf) = furnished(temp.path());
    let root = desk.state().keyrings["mail"].with_role(Role::Root).next().unwrap().certificate.sha256;
    act(&mut desk, Act::Label { entry: root, label: "x".into() }).unwrap();
    let serial = leaf.serial.clone();
    let reason = Reason::Superseded;
    desk.run(Verb::revoke("root", serial, reason)).unwrap();
    let history = desk.history("mail").unwrap();
    let (state, now) = (desk.state(), Desk::now());
    let said = |number: &str, at: Timestamp| -> Vec<String> {
        let found = consequences(&state, state.keyrings.get("mail"), history.find(number).unwrap(), at);
        let text = |c| match c {
            Consequence::Change(difference) => difference.to_string(),
            Consequence::Warning(text) => text,
        };
        found.into_iter().map(text).collect()
    };
    let lines = said("3", now);
    assert!(lines[0].starts_with("~ ") && lines[0].contains("label"), "{lines:?}");
    assert!(lines.iter().any(|l| l.contains("revoked") && l.contains("superseded")), "{lines:?}");
    assert!(!lines.iter().any(|l| l.contains("ended")), "{lines:?}");
    let lines = said("3", Timestamp(now.0 + 365 * 86_400));
    assert!(lines.iter().any(|l| l.contains("its certificate ended on")), "{lines:?}");
    assert!(said("1", now).iter().all(|l| l.starts_with("- ")));

    // What is revoked is known as such the moment it is back.
    restore(&mut desk, "3", None).unwrap();
    assert!(desk.state().revocations.contains_key(&leaf.sha256));
}

#[test]
fn thousands_of_revisions_are_listed_as_far_as_a_person_reads() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let history = temp.path().join("data/keyrings/.history");
    let last = kept(temp.path()).pop().unwrap();
    for generation in 1_000..1_000 + MOST + 7 {
        std::fs::hard_link(&last, history.join(format!("mail.{generation}.kyr"))).unwrap();
    }
    let history = desk.history("mail").unwrap();
    assert_eq!(history.revisions.len(), MOST);
    assert_eq!(history.left_out, 10);
    assert_eq!(history.revisions[0].replaced, None);
}

#[test]
fn a_ring_whose_name_looks_like_a_version_keeps_its_own_history() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    create_keyring(&mut desk, "mail.7", true);
    let roots = vec![desk.state().certifiers["root"].certificate.clone()];
    desk.run(Verb::ring("mail.7", Act::Trust { roots })).unwrap();
    assert_eq!(desk.history("mail").unwrap().revisions.len(), 3);
    assert_eq!(told(&desk.history("mail.7").unwrap()), ["2 trusted root added", "1 made"]);
}

#[test]
fn two_consoles_restore_and_nothing_is_lost() {
    let temp = tempfile::tempdir().unwrap();
    let (mut first, leaf) = furnished(temp.path());
    let mut second = desk(temp.path());
    let root = mail(&first).with_role(Role::Root).next().unwrap().certificate.sha256;
    // The second restores what it saw; the first has changed the ring in between.
    let seen = second.history("mail").unwrap().find("2").unwrap().ring.clone().unwrap();
    act(&mut first, Act::Label { entry: root, label: "ours".into() }).unwrap();
    second.run(Verb::ring("mail", Act::Restore { revision: Box::new(seen), password: None })).unwrap();
    assert_eq!((mail(&second).revision, mail(&second).leaf()), (5, None));
    first.refresh(false).unwrap();
    assert_eq!(*first.state(), *second.state());
    let history = first.history("mail").unwrap();
    let between = history.find("4").unwrap().ring.clone().unwrap();
    assert_eq!(between.entry(&root).unwrap().label, "ours");
    undo(&mut first, "mail").unwrap();
    assert_eq!(mail(&first).leaf().unwrap().sha256, leaf.sha256);

    // Deleted by one while the other restores: the other is told.
    first.run(Verb::DeleteKeyring { name: "mail".into() }).unwrap();
    let error = restore(&mut second, "2", None).unwrap_err();
    assert_eq!(error.kind, Kind::NotFound, "{error}");
    undelete(&mut second, "mail", "ring-pass").unwrap();
    let error = undelete(&mut first, "mail", "ring-pass").unwrap_err();
    assert_eq!(error.kind, Kind::Refused, "{error}");
}

#[test]
fn a_restored_file_opens_with_its_password_alone() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    restore(&mut desk, "2", None).unwrap();
    let bytes = std::fs::read(temp.path().join("data/keyrings/mail.kyr")).unwrap();
    let ring = kyr::read("mail", &bytes, true).unwrap();
    let opened = kyr::open(&ring, &secret("ring-pass")).unwrap();
    assert!(opened.intact && opened.key.is_some());
}

#[test]
fn what_abandoned_attempts_leave_is_listed_and_cleaned_up() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let now = Desk::now();
    let words = |desk: &Desk, at: Timestamp| -> Vec<String> {
        leftovers(&desk.state(), at).iter().map(|l| l.way.word()).collect()
    };
    assert_eq!(words(&desk, now), [""; 0]);

    // Denied, without an answer, a waiting key whose request is denied, and a request whose ring is gone.
    let denied = create_keyring(&mut desk, "denied", true);
    desk.run(Verb::Deny { id: denied, reason: "no".into() }).unwrap();
    create_keyring(&mut desk, "slow", true);
    let mut asked = proposed(&desk.state(), &mail(&desk));
    asked.key = Some(RequestKey::New(KeyType::P256));
    act(&mut desk, Act::Request(asked)).unwrap();
    assert_eq!(words(&desk, now), ["keyring:denied"]);
    let id = desk.state().request_of_keyring(&mail(&desk)).unwrap().id;
    desk.run(Verb::Deny { id, reason: "no".into() }).unwrap();
    let lost = create_keyring(&mut desk, "lost", true);
    desk.run(Verb::DeleteKeyring { name: "lost".into() }).unwrap();
    // Files that nothing can use: a stranger, a stash alone, a damaged ring; and one that only has to be closed to others.
    let rings = temp.path().join("data/keyrings");
    let write = |name: &str, bytes: &[u8], mode: u32| {
        std::fs::write(rings.join(name), bytes).unwrap();
        std::fs::set_permissions(rings.join(name), PermissionsExt::from_mode(mode)).unwrap();
    };
    write("Holiday Photo.kyr", b"\xff\xd8\xff\xe0 JFIF", 0o600);
    write("gone.sth", b"nothing", 0o600);
    let whole = std::fs::read(rings.join("slow.kyr")).unwrap();
    write("closed.kyr", &whole, 0o644);
    std::fs::create_dir(rings.join("folder.kyr")).unwrap();
    desk.refresh(true).unwrap();
    let later = Timestamp(now.0 + 31 * 86_400);
    let all = [
        "keyring:denied",
        "keyring:slow",
        "waiting-key:mail",
        &format!("request:{lost}"),
        "file:keyrings/Holiday Photo.kyr",
        "file:keyrings/folder.kyr",
        "file:keyrings/gone.sth",
    ];
    assert_eq!(words(&desk, later), all, "{:?}", desk.state().unreadable);
    for leftover in leftovers(&desk.state(), later) {
        assert!(leftover.what.ends_with('.') && leftover.consequence.ends_with('.'), "{leftover:?}");
    }

    let strange = desk.run(Verb::PutAway { path: "keyrings/mail.kyr".into() }).unwrap_err();
    assert_eq!(strange.kind, Kind::Refused);
    for leftover in leftovers(&desk.state(), later) {
        let done = desk.run(Verb::cleaning(&leftover.way));
        let folder = matches!(&leftover.way, Way::PutAway(path) if path.contains("folder"));
        assert_eq!(done.is_err(), folder, "{leftover:?} {done:?}");
    }
    // The request of the ring that was cleaned up is open without its ring; the folder stays for a person.
    assert_eq!(words(&desk, later), ["request:2", "file:keyrings/folder.kyr"].map(|w| w.replace(":2", ":3")));
    assert!(
        rings
            .join(".history")
            .read_dir()
            .unwrap()
            .any(|e| { e.unwrap().file_name().to_string_lossy().starts_with("Holiday Photo.") })
    );
    assert!(!rings.join("Holiday Photo.kyr").exists() && rings.join("closed.kyr").exists());
    assert_eq!(mail(&desk).next_key, None);
    assert_eq!(desk.ledger().verify_audit().unwrap().broken, None);
    desk.refresh(true).unwrap();
    let again = self::desk(temp.path());
    assert_eq!(again.state().unreadable, desk.state().unreadable);
}

#[test]
fn a_damaged_ring_is_put_away_and_brought_back_from_the_revision_before() {
    let temp = tempfile::tempdir().unwrap();
    let (mut desk, _) = furnished(temp.path());
    let file = temp.path().join("data/keyrings/mail.kyr");
    let bytes = std::fs::read(&file).unwrap();
    std::fs::write(&file, &bytes[..bytes.len() - 200]).unwrap();
    desk.refresh(true).unwrap();
    let gone = desk.gone().unwrap();
    assert!(gone.len() == 1 && gone[0].why.contains("damaged"), "{gone:?}");
    let history = desk.history("mail").unwrap();
    assert_eq!(told(&history), ["3 certificate installed", "2 trusted root added", "1 made"]);
    assert!(history.revisions[0].ring.is_err() && history.revisions[0].replaced.is_none());
    let error = undoing(&history).unwrap_err();
    assert_eq!(error.command, Some("keyring.leftovers"));
    let revision = || Box::new(history.find("2").unwrap().ring.clone().unwrap());
    let back =
        |desk: &mut Desk| desk.run(Verb::Undelete { revision: revision(), password: secret("ring-pass") });
    assert_eq!(back(&mut desk).unwrap_err().command, Some("keyring.leftovers"));

    desk.run(Verb::PutAway { path: "keyrings/mail.kyr".into() }).unwrap();
    desk.refresh(true).unwrap();
    back(&mut desk).unwrap();
    assert_eq!((mail(&desk).revision, mail(&desk).with_role(Role::Root).count()), (3, 1));
    desk.refresh(true).unwrap();
    assert_eq!(desk.state().unreadable, []);
    assert_eq!(desk.gone().unwrap(), []);
}

mod comparing {
    use proptest::prelude::*;
    use ringmaster::model::key::KeyInfo;
    use ringmaster::model::keyring::{Difference, Entry, Keyring, Role, Sign, compare};

    use crate::script::fixture;

    fn entry((role, number, label, trusted): (usize, u8, String, bool)) -> Entry {
        let certificate = fixture::certificate(number, "a.test", "b.test", &[], -1, 1);
        Entry { role: [Role::Leaf, Role::Chain, Role::Root][role], label, trusted, certificate }
    }

    prop_compose! {
        fn ring()(
            entries in prop::collection::vec((0..3_usize, 0..4_u8, "[ab]", any::<bool>()), 0..5),
            keys in (prop::option::of(0..3_u8), prop::option::of(0..3_u8)),
            salt in 0..2_u8,
            name in "[ab]",
        ) -> Keyring {
            let key = |n: Option<u8>| n.map(|n| fixture::certificate(n, "a.test", "b.test", &[], -1, 1).key);
            let mut ring = fixture::full().keyrings["mail"].clone();
            (ring.name, ring.key, ring.next_key) = (name, key(keys.0), key(keys.1));
            ring.sealed.salt = vec![salt];
            ring.entries.clear();
            for e in entries.into_iter().map(entry) {
                if ring.entries.iter().all(|o| (o.role, o.certificate.sha256) != (e.role, e.certificate.sha256)) {
                    ring.entries.push(e);
                }
            }
            ring
        }
    }

    proptest! {
        #[test]
        fn nothing_differs_exactly_where_both_say_the_same(a in ring(), b in ring()) {
            prop_assert_eq!(compare(&a, &a), []);
            let says = |r: &Keyring| {
                let key = |k: &Option<KeyInfo>| k.as_ref().map(|k| k.sha256);
                (r.name.clone(), key(&r.key), key(&r.next_key), r.sealed.salt.clone(), r.entries.clone())
            };
            prop_assert_eq!(compare(&a, &b).is_empty(), says(&a) == says(&b));
            // The other way round what was added was removed, and what changed has changed.
            let count = |found: &[Difference], sign| found.iter().filter(|d| d.sign == sign).count();
            let (there, back) = (compare(&a, &b), compare(&b, &a));
            prop_assert_eq!(count(&there, Sign::Added), count(&back, Sign::Removed));
            prop_assert_eq!(count(&there, Sign::Removed), count(&back, Sign::Added));
            prop_assert_eq!(count(&there, Sign::Changed), count(&back, Sign::Changed));
        }
    }
}
