//! Every rule of keyrings, sites and what services answered, with a state that it must find fault with and one as near to that as can be which it must not.

mod fixtures;
mod live;
mod ports;
mod sites;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::LazyLock;

use rcgen::{BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use ringmaster::desk::{Desk, Verb};
use ringmaster::doctor::{Memory, examine, examine_again, table};
use ringmaster::model::State;
use ringmaster::model::certificate::Certificate;
use ringmaster::model::field::Record;
use ringmaster::model::finding::{Finding, Subject};
use ringmaster::model::key::KeyType;
use ringmaster::model::keyring::{Entry, Keyring, Role, Sealed};
use ringmaster::model::server::Server;
use ringmaster::model::site::Site;
use ringmaster::model::time::Timestamp;
use ringmaster::model::unread::{Sort, Unread};

use fixtures::Fixture;

use crate::life::{create_certifier, create_keyring, issue};
use crate::support::desk;

fn now() -> Timestamp {
    Timestamp::from_date("2026-11-23").unwrap()
}

/// Real certificates: leaves under an intermediate under a root, and a root that has nothing to do with them.
struct Made {
    root: Certificate,
    middle: Certificate,
    leaf: Certificate,
    second: Certificate,
    own: Certificate,
    stranger: Certificate,
}

static MADE: LazyLock<Made> = LazyLock::new(|| {
    let params = |cn: &str, hosts: &[&str], days: i64| {
        let mut p =
            CertificateParams::new(hosts.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>()).unwrap();
        p.distinguished_name.push(DnType::CommonName, cn);
        (p.not_before, p.not_after) = (now().plus_days(-10).utc(), now().plus_days(days).utc());
        p.use_authority_key_identifier_extension = true;
        if hosts.is_empty() {
            p.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        } else {
            p.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        p
    };
    let read = |c: rcgen::Certificate| ringmaster::pki::certificate::read(c.der()).unwrap();
    let key = || KeyPair::generate().unwrap();
    let alone = |p: &CertificateParams, k: &KeyPair| read(p.self_signed(k).unwrap());
    let (root_key, root) = (key(), params("Root", &[], 3000));
    let root_made = alone(&root, &root_key);
    let root = Issuer::new(root, root_key);
    let (middle_key, middle) = (key(), params("Middle", &[], 2000));
    let middle_made = read(middle.signed_by(&middle_key, &root).unwrap());
    let middle = Issuer::new(middle, middle_key);
    let leaf = |host: &str| read(params(host, &[host], 200).signed_by(&key(), &middle).unwrap());
    Made {
        leaf: leaf("mail.example.test"),
        second: leaf("mail.example.test"),
        own: alone(&params("own.example.test", &["own.example.test"], 200), &key()),
        stranger: alone(&params("Stranger", &[], 3000), &key()),
        root: root_made,
        middle: middle_made,
    }
});

fn entry(role: Role, certificate: &Certificate) -> Entry {
    Entry { role, label: certificate.subject.title(), trusted: true, certificate: certificate.clone() }
}

fn ring(name: &str, leaf: &Certificate) -> Keyring {
    let entries =
        vec![entry(Role::Leaf, leaf), entry(Role::Chain, &MADE.middle), entry(Role::Root, &MADE.root)];
    let key = Some(leaf.key.clone());
    let (name, sealed) = (name.into(), Sealed::default());
    Keyring { name, revision: 1, key, next_key: None, entries, stash: true, sealed }
}

fn site(name: &str, keyring: &str) -> Site {
    let hosts = vec!["mail.example.test".into()];
    Site { name: name.into(), keyring: keyring.into(), hosts, ..Site::default() }
}

/// A state without fault: the keyring `mail` and the site `mail` that it serves.
fn sound() -> State {
    let mut state = State::default();
    state.keyrings.insert("mail".into(), ring("mail", &MADE.leaf));
    state.sites.insert("mail".into(), site("mail", "mail"));
    state
}

fn mail(state: &mut State) -> &mut Keyring {
    state.keyrings.get_mut("mail").unwrap()
}

fn leaf(state: &mut State) -> &mut Certificate {
    &mut mail(state).entries[0].certificate
}

fn unread(state: &mut State, path: &str, sort: Sort) {
    state.unreadable.push(Unread { path: path.into(), why: "So it is.".into(), sort });
}

fn found(state: &State) -> Vec<Finding> {
    examine(state, now(), &[90, 30, 14, 7])
}

fn fixtures() -> impl Iterator<Item = &'static Fixture> {
    [fixtures::FIXTURES, sites::FIXTURES, ports::FIXTURES, live::FIXTURES].into_iter().flatten()
}

#[test]
fn every_rule_has_a_state_that_passes_and_one_that_fails() {
    assert_eq!(found(&sound()), []);
    for fixture in fixtures() {
        let made = |make: fn(&mut State)| {
            let mut state = sound();
            make(&mut state);
            found(&state)
        };
        let good = made(fixture.good);
        assert!(good.iter().all(|f| f.rule != fixture.rule), "{}: {good:#?}", fixture.rule);
        let bad = made(fixture.bad);
        let (severity, object, words) = fixture.tells;
        let hit = bad.iter().find(|f| {
            f.rule == fixture.rule
                && f.severity == severity
                && f.subject.to_string() == object
                && f.text.contains(words)
        });
        let hit = hit.unwrap_or_else(|| panic!("{} {severity:?} {object} {words}: {bad:#?}", fixture.rule));
        assert!(hit.text.ends_with('.') && !hit.text.ends_with(".."), "{}", hit.text);
        let worst = table().into_iter().find(|c| c.id == fixture.rule).unwrap().severity;
        assert!(severity <= worst, "{} is worse than its rule says", fixture.rule);
    }
    for check in table().into_iter().filter(|c| c.id.starts_with(['K', 'S', 'L'])) {
        assert!(fixtures().any(|f| f.rule == check.id), "{} has no fixture", check.id);
    }
    for number in 1..=23 {
        let id = format!("K{number:02}");
        assert!(fixtures().any(|f| f.rule == id), "there is no {id}");
    }
}

/// Every remedy that a finding names is a command of the console, and it has a row to be run on.
#[test]
fn what_a_finding_recommends_can_be_done() {
    for fixture in fixtures() {
        let mut state = sound();
        (fixture.bad)(&mut state);
        for finding in found(&state) {
            let command = finding.command.as_deref().unwrap();
            assert!(crate::docs::is_command(command), "{}: {command}", finding.rule);
            assert!(finding.remedy.ends_with('.'), "{}", finding.rule);
        }
    }
}

/// What `doctor` prints below a finding is a command line that is understood as it stands.
#[test]
fn what_a_finding_recommends_can_be_typed() {
    for fixture in fixtures() {
        let mut state = sound();
        (fixture.bad)(&mut state);
        for finding in found(&state) {
            if !finding.rule.starts_with(['K', 'S']) {
                continue;
            }
            let line = ringmaster::cli::remedy::line(&finding, &state, KeyType::P256);
            let line = line.unwrap_or_else(|| panic!("nothing helps against {finding:?}"));
            for step in line.split(" && ").flat_map(|steps| steps.split(" | ")) {
                let parsed = ringmaster::cli::tree().try_get_matches_from(step.split(' '));
                assert!(parsed.is_ok(), "{}: {line}: {}", finding.rule, parsed.unwrap_err());
            }
        }
    }
    let line = |make: fn(&mut State), rule: &str| {
        let mut state = sound();
        make(&mut state);
        let all = found(&state);
        let finding = all.iter().find(|f| f.rule == rule).unwrap();
        ringmaster::cli::remedy::line(finding, &state, KeyType::P256).unwrap()
    };
    let off: fn(&mut State) = |state| mail(state).entries[2].trusted = false;
    let root = &MADE.root.sha256.to_string()[..16];
    assert_eq!(line(off, "K11"), format!("ringmaster keyring root mail {root} --trust yes"));
    let without: fn(&mut State) = |state| {
        mail(state).entries.remove(2);
        state.keyrings.insert("shop".into(), ring("shop", &MADE.second));
    };
    let root = MADE.root.sha256;
    let pipe = format!("ringmaster certificate export {root} | ringmaster keyring trust mail -");
    assert_eq!(line(without, "K10"), pipe);
    let more: fn(&mut State) = |state| {
        let hosts = vec!["mail.example.test".into(), "imap.example.test".into()];
        state.sites.insert("mail".into(), Site { hosts, ..site("mail", "mail") });
    };
    let hosts = "mail.example.test,imap.example.test";
    assert_eq!(line(more, "K16"), format!("ringmaster keyring renew mail --key same --hosts {hosts}"));
    let two: fn(&mut State) = |state| drop(state.keyrings.insert("copy".into(), ring("copy", &MADE.leaf)));
    assert_eq!(line(two, "K18"), "ringmaster keyring renew copy --key p-256");
}

#[test]
fn a_gap_is_told_once_and_by_one_rule() {
    let mut state = sound();
    mail(&mut state).entries[2].trusted = false;
    let rules: Vec<_> = found(&state).into_iter().map(|f| f.rule).collect();
    assert_eq!(rules, ["K11"]);
    let mut state = sound();
    mail(&mut state).entries.remove(1);
    let rules: Vec<_> = found(&state).into_iter().map(|f| f.rule).collect();
    assert_eq!(rules, ["K09"]);
}

/// A workspace with a keyring `mail` that has certificate and stash, and a site that it serves.
fn furnished(folder: &Path) -> Desk {
    use ringmaster::ops::ring::Act;
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P256);
    let id = create_keyring(&mut desk, "mail", true);
    let leaf = issue(&mut desk, id, "root");
    let roots = vec![desk.state().certifiers["root"].certificate.clone()];
    desk.run(Verb::ring("mail", Act::Trust { roots })).unwrap();
    desk.run(Verb::ring("mail", Act::Install { certificates: vec![leaf] })).unwrap();
    desk.run(Verb::SaveSite { before: None, site: site("mail", "mail") }).unwrap();
    desk
}

/// What happens to files on the disk is told by the rule for it, by the console that is open and by one that opens later.
#[test]
fn files_tell_by_their_sort() {
    let mode = |path: &Path, mode| std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
    type Harm = fn(&Path, &Path, &dyn Fn(&Path, u32));
    let harms: &[(&str, &str, &str, Harm)] = &[
        ("K01", "keyring mail", "It is missing", |rings, _, _| {
            std::fs::remove_file(rings.join("mail.kyr")).unwrap();
        }),
        ("K02", "keyring mail", "no stash", |rings, _, _| {
            std::fs::remove_file(rings.join("mail.sth")).unwrap()
        }),
        ("K03", "keyring mial", "It is the stash of keyring mail", |rings, _, _| {
            std::fs::rename(rings.join("mail.sth"), rings.join("mial.sth")).unwrap();
        }),
        ("K03", "keyring www", "holds the ring \"mail\"", |rings, _, _| {
            std::fs::rename(rings.join("mail.kyr"), rings.join("www.kyr")).unwrap();
        }),
        ("K05", "keyring mail", "chmod 600", |rings, _, mode| mode(&rings.join("mail.kyr"), 0o640)),
        ("K05", "keyring mail", "chmod 600", |rings, _, mode| mode(&rings.join("mail.sth"), 0o604)),
        ("K06", "keyring mail", "does not open for this user", |rings, home, _| {
            std::fs::remove_file(home.join("stash.key")).unwrap();
            // The file is read again only when it has changed.
            let bytes = std::fs::read(rings.join("mail.sth")).unwrap();
            std::fs::write(rings.join("mail.sth"), bytes).unwrap();
        }),
        ("K06", "keyring mail", "cannot be read", |rings, _, _| {
            std::fs::write(rings.join("mail.sth"), "// ringmaster stash 1\n(").unwrap();
        }),
    ];
    for (rule, object, words, harm) in harms {
        let temp = tempfile::tempdir().unwrap();
        let mut open = furnished(temp.path());
        assert_eq!(examine(&open.state(), Desk::now(), &[30]), []);
        harm(&temp.path().join("data/keyrings"), &temp.path().join("home"), &mode);
        open.refresh(true).unwrap();
        let later = desk(temp.path());
        for state in [open.state(), later.state()] {
            let found = examine(&state, Desk::now(), &[30]);
            let told =
                |f: &Finding| f.rule == *rule && f.subject.to_string() == *object && f.text.contains(words);
            assert!(found.iter().any(told), "{rule} {words}: {found:#?}");
            // The remedy says what helps, and the text does not say it again.
            assert!(!found.iter().any(|f| f.rule == "K06" && f.text.contains("stash again")), "{found:#?}");
        }
    }
}

/// Only root can give a file to somebody else.
#[test]
fn a_file_of_another_user_is_told() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = furnished(temp.path());
    let file = temp.path().join("data/keyrings/mail.kyr");
    if std::os::unix::fs::chown(&file, Some(12345), None).is_err() {
        eprintln!("skipped: files cannot be given away here");
        return;
    }
    desk.refresh(true).unwrap();
    let found = examine(&desk.state(), Desk::now(), &[30]);
    let told = |f: &&Finding| f.rule == "K04" && f.subject == Subject::Keyring("mail".into());
    assert!(found.iter().any(|f| told(&f) && f.text.contains("chown")), "{found:#?}");
    assert!(
        found.iter().any(|f| f.rule == "K01" && f.text.contains("whose file cannot be used")),
        "{found:#?}"
    );
}

/// What is remembered of a chain ends with the ring's contents and with the time it is of.
#[test]
fn an_examination_with_memory_finds_the_same() {
    let memory = Memory::default();
    let mut state = sound();
    let both = |state: &State, day: i64| {
        let at = now().plus_days(day);
        let again = examine_again(&memory, state, at, &[30]);
        assert_eq!(again, examine(state, at, &[30]), "day {day}");
        again.len()
    };
    assert_eq!(both(&state, 0), 0);
    assert_eq!(both(&state, 1), 0);
    assert!(both(&state, 201) > 0, "the leaf has ended");
    assert_eq!(both(&state, 0), 0);
    mail(&mut state).entries[2].trusted = false;
    assert!(both(&state, 0) > 0);
    mail(&mut state).entries[2].trusted = true;
    // The same certificates, of which the root is an intermediate now.
    mail(&mut state).entries[2].role = Role::Chain;
    assert!(both(&state, 0) > 0);
    state = sound();
    assert!(both(&state, 2001) > 0, "the intermediate has ended");
    assert_eq!(both(&state, 0), 0);
}

/// What a remedy sets is a field of the document, and takes the value.
#[test]
fn what_a_remedy_sets_is_a_field() {
    for fixture in fixtures() {
        let mut state = sound();
        (fixture.bad)(&mut state);
        for finding in found(&state) {
            let line = ringmaster::cli::remedy::line(&finding, &state, KeyType::P256).unwrap_or_default();
            let assigns = line.split(' ').filter_map(|word| word.split_once('='));
            for (name, value) in assigns.filter(|(name, _)| !name.starts_with("PROTOCOL")) {
                let fault = match line.starts_with("ringmaster server set ") {
                    true => Server::field(name).map(|field| (field.set)(&mut Server::default(), value)),
                    false => Site::field(name).map(|field| (field.set)(&mut site("mail", "mail"), value)),
                };
                assert_eq!(fault, Some(Ok(())), "{}: {line}", finding.rule);
            }
        }
    }
}
