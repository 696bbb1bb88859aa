//! What the checks find in a workspace that something happened to, on disk and off it.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use ringmaster::desk::{Desk, Verb};
use ringmaster::doctor::examine;
use ringmaster::model::certificate::Certificate;
use ringmaster::model::error::Kind;
use ringmaster::model::field::{Look, Record};
use ringmaster::model::finding::{Finding, Severity};
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::keyring::{Keyring, status};
use ringmaster::model::site::Site;
use ringmaster::model::time::Timestamp;
use ringmaster::ops::ring::Act;
use tempfile::TempDir;

use crate::life::{create_certifier, create_keyring, issue};
use crate::support::{desk, secret};

/// A workspace with the certifier `root`, the keyring `mail` with its certificate, and the site `mail`.
fn furnished() -> (TempDir, Desk, Certificate) {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    create_certifier(&mut desk, "root", KeyType::P256);
    let id = create_keyring(&mut desk, "mail", true);
    let leaf = issue(&mut desk, id, "root");
    let roots = vec![desk.state().certifiers["root"].certificate.clone()];
    desk.run(Verb::ring("mail", Act::Trust { roots })).unwrap();
    desk.run(install("mail", &leaf)).unwrap();
    let hosts = vec!["mail.example.test".into()];
    let site = Site { name: "mail".into(), hosts, keyring: "mail".into(), ..Site::default() };
    desk.run(Verb::SaveSite { before: None, site }).unwrap();
    (temp, desk, leaf)
}

fn install(keyring: &str, leaf: &Certificate) -> Verb {
    Verb::ring(keyring, Act::Install { certificates: vec![leaf.clone()] })
}

fn found(desk: &Desk, at: Timestamp) -> Vec<Finding> {
    examine(&desk.state(), at, &[30])
}

/// What is found now, each as rule and text.
fn texts(desk: &Desk) -> Vec<String> {
    found(desk, Desk::now()).iter().map(|f| format!("{} {}", f.rule, f.text)).collect()
}

#[track_caller]
fn one(desk: &Desk, rule: &str, words: &str) {
    let found = texts(desk);
    assert!(found.iter().any(|t| t.starts_with(rule) && t.contains(words)), "{rule} {words}: {found:#?}");
}

fn field<T: Record>(desk: &Desk, record: &T, name: &str) -> String {
    let look = Look { state: &desk.state(), now: Desk::now(), soon: 30, zone: None };
    (T::field(name).unwrap().get)(record, &look)
}

fn ring_status(desk: &Desk, at: Timestamp) -> String {
    let state = desk.state();
    status(&state.keyrings["mail"], &Look { state: &state, now: at, soon: 30, zone: None })
}

#[test]
fn a_revoked_certificate_in_use_is_said_everywhere() {
    let (temp, mut desk, leaf) = furnished();
    assert_eq!(texts(&desk), [] as [&str; 0]);
    let id = create_keyring(&mut desk, "spare", true);
    let spare = issue(&mut desk, id, "root");
    let roots = vec![desk.state().certifiers["root"].certificate.clone()];
    desk.run(Verb::ring("spare", Act::Trust { roots })).unwrap();
    for c in [&leaf, &spare] {
        let serial = c.serial.clone();
        desk.run(Verb::revoke("root", serial, Reason::KeyCompromise)).unwrap();
    }
    for _ in 0..2 {
        let state = desk.state();
        assert_eq!(
            state.revocations.keys().collect::<Vec<_>>(),
            [&leaf.sha256],
            "only what stands in a ring"
        );
        assert_eq!(ring_status(&desk, Desk::now()), "revoked");
        assert!(field(&desk, &state.sites["mail"], "answers").contains("REVOKED"));
        one(&desk, "K23", "was revoked on");
        let owes = field(&desk, &state.certifiers["root"], "crl");
        assert!(owes.contains("owes a new one: 2 changes since"), "{owes}");
        one(&desk, "C02", "owes a CRL: 2 changes since");
        drop(desk);
        desk = self::desk(temp.path());
    }
    // It cannot be installed, here or again.
    for (ring, c) in [("spare", &spare), ("mail", &leaf)] {
        let error = desk.run(install(ring, c)).unwrap_err();
        assert!(error.kind == Kind::Refused && error.why.contains("revoked on"), "{error}");
    }
    desk.unlock("root", &secret("ca-pass")).unwrap();
    desk.run(Verb::issue_crl("root")).unwrap();
    assert!(desk.state().owed.is_empty() && texts(&desk).iter().all(|t| !t.starts_with("C02")));
    drop(desk);
    let mut desk = self::desk(temp.path());
    assert!(desk.state().owed.is_empty(), "{:?}", desk.state().owed);
    one(&desk, "K23", "mail");
    desk.run(Verb::DeleteSite { name: "mail".into() }).unwrap();
    desk.run(Verb::DeleteKeyring { name: "mail".into() }).unwrap();
    assert!(desk.state().revocations.is_empty());
}

#[test]
fn a_replaced_certificate_of_a_certifier_is_not_believed() {
    let (temp, desk, _) = furnished();
    let theirs = TempDir::new().unwrap();
    let mut evil = self::desk(theirs.path());
    create_certifier(&mut evil, "root", KeyType::P256);
    create_certifier(&mut evil, "evil", KeyType::P256);
    let own = desk.state().certifiers["root"].certificate.clone();
    assert_eq!(own.subject, evil.state().certifiers["root"].certificate.subject);
    drop(desk);
    let copy = |name: &str| {
        let from = theirs.path().join("data/certifiers").join(name);
        let to = temp.path().join("data/certifiers").join(name);
        std::fs::create_dir_all(&to).unwrap();
        for file in ["certificate.pem", "certifier.ron", "key.ron"] {
            std::fs::copy(from.join(file), to.join(file)).unwrap();
        }
    };
    copy("root");
    copy("evil");
    let mut desk = self::desk(temp.path());
    assert!(desk.state().certifiers.is_empty(), "{:?}", desk.state().certifiers.keys());
    one(&desk, "W01", "somebody has replaced it");
    one(&desk, "W01", "knows no certifier evil");
    let error = desk.run(Verb::issue_crl("root")).unwrap_err();
    assert_eq!(error.kind, Kind::NotFound, "{error}");
}

/// Changes the files of a workspace, opens it again and expects a finding.
#[track_caller]
fn after(change: impl FnOnce(&Path), told: &[(&str, &str)]) -> (TempDir, Desk) {
    let (temp, mut desk, _) = furnished();
    create_certifier(&mut desk, "two", KeyType::P256);
    assert_eq!(texts(&desk), [] as [&str; 0]);
    let state = desk.state();
    change(&temp.path().join("data"));
    desk.refresh(true).unwrap();
    told.iter().for_each(|(rule, words)| one(&desk, rule, words));
    let worst = found(&desk, Desk::now())[0].severity;
    assert_eq!(worst, Severity::Error);
    drop(desk);
    let desk = self::desk(temp.path());
    told.iter().for_each(|(rule, words)| one(&desk, rule, words));
    assert_ne!(desk.state(), state);
    (temp, desk)
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn lost_and_exposed_keys_are_findings() {
    let key = "certifiers/root/key.ron";
    let gone = |data: &Path| std::fs::remove_file(data.join(key)).unwrap();
    let (temp, mut desk) = after(gone, &[("W01", "certifiers/root/key.ron: It is missing")]);
    // Put right, it is gone at the next look.
    std::fs::copy(temp.path().join("data/certifiers/two/key.ron"), temp.path().join("data").join(key))
        .unwrap();
    desk.refresh(true).unwrap();
    one(&desk, "W01", "It is of two");

    let (temp, mut desk) = after(|data| mode(&data.join(key), 0o644), &[("W01", "can be read by others")]);
    mode(&temp.path().join("data").join(key), 0o600);
    desk.refresh(true).unwrap();
    assert_eq!(texts(&desk), [] as [&str; 0]);

    after(|data| mode(&data.join("keyrings/mail.sth"), 0o604), &[("K05", "keyrings/mail.sth: ")]);
    let torn =
        |data: &Path| std::fs::write(data.join("keyrings/mail.sth"), "// ringmaster stash 1\n(").unwrap();
    let (_temp, mut desk) = after(torn, &[("K06", "keyrings/mail.sth: ")]);
    // A torn stash is in nobody's way.
    desk.run(Verb::DeleteSite { name: "mail".into() }).unwrap();
    desk.run(Verb::DeleteKeyring { name: "mail".into() }).unwrap();
}

#[test]
fn lost_keyrings_and_certifiers_are_findings() {
    let gone = |data: &Path| {
        std::fs::remove_file(data.join("keyrings/mail.kyr")).unwrap();
        std::fs::remove_dir_all(data.join("certifiers/two")).unwrap();
    };
    let (temp, mut desk) = after(
        gone,
        &[
            ("K01", "keyrings/mail.kyr: It is missing"),
            ("W01", "certifiers/two/certifier.ron: It is missing"),
        ],
    );
    // Neither name is given away while they may come back; a ring can be crossed off.
    let two = ringmaster::model::certifier::NewCertifier {
        name: "two".into(),
        common_name: "Two".into(),
        password: secret("x"),
        repeat: secret("x"),
        ..Default::default()
    };
    assert_eq!(desk.run(Verb::CreateCertifier(two)).unwrap_err().kind, Kind::Refused);
    desk.run(Verb::DeleteSite { name: "mail".into() }).unwrap();
    desk.run(Verb::DeleteKeyring { name: "mail".into() }).unwrap();
    let missing = |desk: &Desk| desk.state().unreadable.iter().map(|u| u.path.clone()).collect::<Vec<_>>();
    assert_eq!(missing(&desk), ["certifiers/two/certifier.ron"]);
    drop(desk);
    let mut desk = self::desk(temp.path());
    assert_eq!(missing(&desk), ["certifiers/two/certifier.ron"]);
    create_keyring(&mut desk, "mail", true);
}

#[test]
fn the_end_of_a_certifier_is_foreseen_and_then_an_error() {
    let (_temp, desk, _) = furnished();
    let end = desk.state().certifiers["root"].certificate.not_after;
    let rules = |at: Timestamp| -> Vec<_> {
        let of = |f: &&Finding| f.rule.starts_with('C');
        found(&desk, at).iter().filter(of).map(|f| (f.rule.clone(), f.severity)).collect()
    };
    assert_eq!(rules(Desk::now()), []);
    assert_eq!(rules(end.plus_days(-40)), [("C01".to_owned(), Severity::Error)], "it ended years ago");
    assert!(rules(end.plus_days(-3)).contains(&("C03".to_owned(), Severity::Warning)));
    // Nothing is recommended that would be refused.
    assert_eq!(rules(end.plus_days(3)), [("C04".to_owned(), Severity::Error)]);
    assert!(rules(Desk::now().plus_days(-3)).contains(&("C04".to_owned(), Severity::Error)));
}

#[test]
fn a_ring_without_trusted_root_is_not_called_ok() {
    let (temp, mut desk, _) = furnished();
    assert_eq!(ring_status(&desk, Desk::now()), "ok");
    let file = temp.path().join("data/keyrings/mail.kyr");
    let text = std::fs::read_to_string(&file).unwrap();
    let at = text.rfind("trusted: true").unwrap();
    std::fs::write(&file, format!("{}trusted: false{}", &text[..at], &text[at + 13..])).unwrap();
    desk.refresh(true).unwrap();
    let ring: &Keyring = &desk.state().keyrings["mail"];
    assert_eq!(ring.trusted_roots().count(), 0);
    assert_eq!(ring_status(&desk, Desk::now()), "no trusted root");
    let found = texts(&desk);
    let text = found.iter().find(|t| t.starts_with("K11")).unwrap();
    assert!(text.ends_with('.') && !text.ends_with(".."), "{text}");
}

#[test]
fn two_sites_for_one_host_and_port_need_one_keyring() {
    let (_temp, mut desk, _) = furnished();
    create_keyring(&mut desk, "other", true);
    let first = desk.state().sites["mail"].clone();
    let mut save = |change: &dyn Fn(&mut Site)| {
        let mut site = Site { name: "twin".into(), ..first.clone() };
        change(&mut site);
        desk.run(Verb::SaveSite { before: desk.state().sites.get("twin").cloned(), site }).unwrap();
        texts(&desk).iter().filter(|t| t.starts_with("S05")).count()
    };
    assert_eq!(save(&|_| ()), 0, "the same keyring");
    let other = |site: &mut Site| site.keyring = "other".into();
    assert_eq!(save(&|site| other(site)), 1);
    assert_eq!(save(&|site| (other(site), site.port = 4433).0), 0);
    assert_eq!(save(&|site| (other(site), site.enabled = false).0), 0);
    assert_eq!(save(&|site| (other(site), site.servers = vec!["a".into()]).0), 1, "* is every server");
}

#[test]
fn the_console_does_not_call_a_revoked_certificate_ok() {
    use crate::script::{console::Console, fixture};
    use ringmaster::model::issued::Revocation;
    let mut state = fixture::full();
    let mail = state.keyrings["mail"].leaf().unwrap().sha256;
    state.revocations.insert(
        mail,
        Revocation {
            at: fixture::now(),
            reason: Reason::KeyCompromise,
            invalidity: None,
            by: "ada".into(),
            comment: String::new(),
        },
    );
    let row = |c: &Console, name: &str| {
        let screen = c.screen();
        screen.lines().find(|l| l.contains(name)).unwrap_or_else(|| panic!("{screen}")).to_owned()
    };
    let mut c = Console::of(state);
    let line = row(c.press("1"), "mail.example.test");
    assert!(line.contains("revoked"), "{line}");
    c.press("3");
    assert!(c.screen().contains("revoked") && c.screen().contains("REVOKED"), "{}", c.screen());
}
