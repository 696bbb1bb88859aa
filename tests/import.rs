//! What is brought from elsewhere: keys and certificates in any order, a ring of another host, and what people bring by
//! mistake. Certificates are made by rcgen, files are read by the real program.

#![allow(clippy::unwrap_used, clippy::panic, reason = "outside #[test] functions too, a test fails by it")]

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Stdio;

use proptest::prelude::*;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use ringmaster::desk::{Desk, Verb};
use ringmaster::doctor;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::finding::Severity;
use ringmaster::model::keyring::{ImportedKeyring, Keyring, MovedKeyring, Role};
use ringmaster::ops::install;
use ringmaster::ops::ring::Act;
use ringmaster::pki::bundle::{self, Tone};
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::pem::{self, Found};
use ringmaster::store::kyr;

use crate::cli::Place;
use crate::support::{desk, secret};

/// A certificate and its key.
struct Made {
    key: KeyPair,
    params: CertificateParams,
    pem: String,
}

impl Made {
    fn key_pem(&self) -> String {
        self.key.serialize_pem()
    }

    /// The key, encrypted.
    fn sealed(&self, password: &str) -> String {
        let key = PrivateKey::read(self.key.serialized_der()).unwrap();
        key.seal(&secret(password), 1_000).unwrap()
    }
}

/// Parameters for a name, valid from and until so many days from now.
fn params(name: &str, from: i64, until: i64) -> CertificateParams {
    let hosts = if name.contains('.') { vec![name.to_owned()] } else { Vec::new() };
    let mut params = CertificateParams::new(hosts).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    let now = Desk::now();
    params.not_before = now.plus_days(from).utc();
    params.not_after = now.plus_days(until).utc();
    params
}

fn sign(mut params: CertificateParams, key: KeyPair, by: Option<&Made>) -> Made {
    params.use_authority_key_identifier_extension = by.is_some();
    let certificate = match by {
        None => params.self_signed(&key).unwrap(),
        Some(issuer) => params.signed_by(&key, &Issuer::from_params(&issuer.params, &issuer.key)).unwrap(),
    };
    Made { key, params, pem: certificate.pem() }
}

fn authority(name: &str, by: Option<&Made>) -> Made {
    let mut params = params(name, -10, 900);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    sign(params, KeyPair::generate().unwrap(), by)
}

fn server(name: &str, by: &Made) -> Made {
    sign(params(name, -1, 90), KeyPair::generate().unwrap(), Some(by))
}

/// Another certificate for the key of one.
fn again(made: &Made, by: &Made, from: i64, until: i64) -> Made {
    let key = KeyPair::from_pem(&made.key.serialize_pem()).unwrap();
    let name = "mail.example.test";
    sign(params(name, from, until), key, Some(by))
}

fn asked(name: &str) -> ImportedKeyring {
    let password = secret("new-pass");
    ImportedKeyring { name: name.into(), password: password.clone(), repeat: password, stash: false }
}

/// Makes the verb for everything that a text holds.
fn verb(name: &str, text: &str) -> Verb {
    let found = pem::find(text.as_bytes()).unwrap();
    let key = found.keys.first().map(|k| k.key.clone());
    Verb::ImportKeyring { asked: asked(name), key, certificates: found.certificates, labels: found.labels }
}

fn titles(ring: &Keyring, role: Role) -> Vec<String> {
    ring.with_role(role).map(|e| e.certificate.subject.title()).collect()
}

fn import(desk: &mut Desk, name: &str, text: &str) -> Result<Keyring, Error> {
    let outcome = desk.run(verb(name, text))?;
    Ok(outcome.state.keyrings[name].clone())
}

#[test]
fn parts_in_any_order_make_one_ring() {
    let root = authority("Root", None);
    let (upper, lower) = {
        let upper = authority("Upper", Some(&root));
        let lower = authority("Lower", Some(&upper));
        (upper, lower)
    };
    let leaf = server("mail.example.test", &lower);
    let parts = [leaf.key_pem(), leaf.pem, lower.pem, upper.pem, root.pem];
    let temp = tempfile::tempdir().unwrap();
    let desk = std::cell::RefCell::new(desk(temp.path()));
    proptest!(ProptestConfig::with_cases(12), |(order in Just(parts.to_vec()).prop_shuffle(), twice: prop::sample::Index)| {
        let mut desk = desk.borrow_mut();
        let number = desk.state().keyrings.len();
        // The same certificate again is the same certificate.
        let text = format!("{}{}", order.concat(), parts[1 + twice.index(4)]);
        let ring = import(&mut desk, &format!("ring{number}"), &text).unwrap();
        prop_assert_eq!(titles(&ring, Role::Leaf), ["mail.example.test"]);
        prop_assert_eq!(titles(&ring, Role::Chain), ["Lower", "Upper"]);
        prop_assert_eq!(titles(&ring, Role::Root), ["Root"]);
        prop_assert!(ring.key.is_some() && kyr::open(&ring, &secret("new-pass")).unwrap().intact);
    });
}

#[test]
fn missing_intermediates_come_from_the_workspace_and_roots_do_not() {
    let root = authority("Root", None);
    let lower = authority("Lower", Some(&root));
    let (one, two) = (server("one.example.test", &lower), server("two.example.test", &lower));
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    import(&mut desk, "one", &[one.key_pem(), one.pem, lower.pem, root.pem].concat()).unwrap();
    let ring = import(&mut desk, "two", &[two.key_pem(), two.pem].concat()).unwrap();
    assert_eq!(titles(&ring, Role::Chain), ["Lower"]);
    assert_eq!(titles(&ring, Role::Root), [""; 0], "trust is a person's decision");
}

#[test]
fn of_two_certificates_for_a_key_the_newest_that_is_valid_is_taken() {
    let root = authority("Root", None);
    let new = server("mail.example.test", &root);
    let (old, later) = (again(&new, &root, -400, -9), again(&new, &root, 30, 90));
    let earlier = again(&new, &root, -50, 20);
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    let key = new.key_pem();
    let all = [&old.pem, &new.pem, &later.pem, &earlier.pem, &key, &root.pem].map(String::as_str);
    let ring = import(&mut desk, "mail", &all.concat()).unwrap();
    let newest = pem::find(new.pem.as_bytes()).unwrap().certificates.remove(0);
    assert_eq!(ring.leaf().unwrap().sha256, newest.sha256);
    assert_eq!(ring.entries.len(), 2);
    let found = pem::find(all.concat().as_bytes()).unwrap();
    let sorted = bundle::of(&found, &[], Desk::now());
    assert_eq!(sorted.identities[0].others.len(), 3, "what is not taken is told");
    // One that has ended is better than none, and the ring says so.
    let text = [new.key_pem(), old.pem.clone(), root.pem.clone()].concat();
    let outcome = desk.run(verb("old", &text)).unwrap();
    assert!(outcome.message.contains(&old_end(&old)), "{}", outcome.message);
}

fn old_end(made: &Made) -> String {
    pem::find(made.pem.as_bytes()).unwrap().certificates[0].not_after.date()
}

#[test]
fn a_loop_ends_and_refuses_nothing() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    // Two authorities that have signed each other.
    let (a, b) = (authority("A", None), authority("B", None));
    let cross = |of: &Made, by: &Made| {
        let key = KeyPair::from_pem(&of.key.serialize_pem()).unwrap();
        sign(of.params.clone(), key, Some(by))
    };
    let (a_by_b, b_by_a) = (cross(&a, &b), cross(&b, &a));
    let leaf = server("mail.example.test", &a);
    let text = [leaf.key_pem(), leaf.pem, b_by_a.pem, a_by_b.pem].concat();
    let found = pem::find(text.as_bytes()).unwrap();
    let told = bundle::tell(&found, &bundle::of(&found, &[], Desk::now()), Desk::now());
    assert!(told[0].text.contains("circle"), "{told:?}");
    let ring = import(&mut desk, "mail", &text).unwrap();
    assert_eq!(titles(&ring, Role::Chain), ["A", "B"]);
}

#[test]
fn what_makes_no_ring_is_refused_with_the_reason() {
    let root = authority("Root", None);
    let (one, two) = (server("one.example.test", &root), server("two.example.test", &root));
    let lower = authority("Lower", Some(&root));
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    import(&mut desk, "taken", &[one.key_pem(), one.pem.clone()].concat()).unwrap();
    for (name, text, kind, says) in [
        ("mail", [one.key_pem(), two.pem].concat(), Kind::Refused, "is not the private key"),
        ("mail", one.pem.clone(), Kind::Refused, "private key of CN=one.example.test is not there"),
        ("mail", lower.pem.clone(), Kind::Refused, "neither a private key nor a root"),
        ("mail", [lower.key_pem(), lower.pem].concat(), Kind::Refused, "servers must not answer with it"),
        ("taken", one.key_pem(), Kind::Refused, "already named"),
        ("../x", one.key_pem(), Kind::Usage, "only a-z"),
    ] {
        let error = import(&mut desk, name, &text).unwrap_err();
        assert!(error.kind == kind && error.to_string().contains(says), "{name}: {error}");
    }
    let Verb::ImportKeyring { mut asked, key, certificates, labels } = verb("mail", &one.key_pem()) else {
        panic!()
    };
    asked.repeat = secret("other");
    let error = desk.run(Verb::ImportKeyring { asked, key, certificates, labels }).unwrap_err();
    assert!(error.what.contains("differ"), "{error}");
    assert_eq!(desk.state().keyrings.len(), 1);
    // A key may come before its certificate, and roots without a key.
    let ring = import(&mut desk, "key", &one.key_pem()).unwrap();
    assert!(ring.key.is_some() && ring.entries.is_empty());
    let ring = import(&mut desk, "roots", &root.pem).unwrap();
    assert!(ring.key.is_none() && titles(&ring, Role::Root) == ["Root"]);
    // A root that has ended is no trusted root.
    let mut ended = params("Ended", -90, -1);
    ended.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    ended.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let ended = sign(ended, KeyPair::generate().unwrap(), None);
    let ring = import(&mut desk, "some", &[one.key_pem(), one.pem, root.pem, ended.pem].concat()).unwrap();
    assert_eq!(titles(&ring, Role::Root), ["Root"]);
}

/// What `openssl req -x509` makes, for the key of one that was made before.
fn self_signed(name: &str, key: KeyPair) -> Made {
    let mut params = params(name, -1, 30);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    sign(params, key, None)
}

#[test]
fn what_openssl_makes_for_tests_is_taken_for_tests_and_replaced_only_by_its_like() {
    let test = self_signed("snake.example.test", KeyPair::generate().unwrap());
    let text = [test.key_pem(), test.pem.clone()].concat();
    let found = pem::find(text.as_bytes()).unwrap();
    let told = bundle::tell(&found, &bundle::of(&found, &[], Desk::now()), Desk::now());
    assert!(told.iter().any(|t| t.tone == Tone::Warning && t.text.contains("CA:TRUE")), "{told:?}");
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    let outcome = desk.run(verb("snake", &text)).unwrap();
    assert!(outcome.message.contains("for tests only"), "{}", outcome.message);
    let ring = &outcome.state.keyrings["snake"];
    assert_eq!(
        (titles(ring, Role::Leaf), ring.with_role(Role::Root).count()),
        (vec!["snake.example.test".into()], 0)
    );
    let found = doctor::examine(&outcome.state, Desk::now(), &[30]);
    let rules: Vec<_> = found.iter().map(|f| (f.rule.as_str(), f.severity)).collect();
    assert!(
        rules.contains(&("K17", Severity::Warning)) && rules.contains(&("K09", Severity::Warning)),
        "{rules:?}"
    );
    // Another one of the same key may follow it, with a warning; in a ring with a certificate of an authority it may not.
    let key = || KeyPair::from_pem(&test.key_pem()).unwrap();
    let next = self_signed("snake.example.test", key());
    let install = |ring: &str, made: &Made| {
        let certificates = pem::find(made.pem.as_bytes()).unwrap().certificates;
        Verb::ring(ring.to_owned(), Act::Install { certificates }).with_password(secret("new-pass"))
    };
    let certificates = pem::find(next.pem.as_bytes()).unwrap().certificates;
    let plan =
        install::plan(&desk.state(), "snake", &certificates, &Default::default(), Desk::now()).unwrap();
    assert_eq!((plan.refusal.as_ref(), plan.steps.len(), plan.warnings.len()), (None, 1, 2), "{plan:?}");
    desk.run(install("snake", &next)).unwrap();
    let root = authority("Root", None);
    let other = server("snake.example.test", &root);
    import(&mut desk, "real", &[other.key_pem(), other.pem.clone(), root.pem].concat()).unwrap();
    let own = self_signed("snake.example.test", KeyPair::from_pem(&other.key_pem()).unwrap());
    let error = desk.run(install("real", &own)).unwrap_err();
    assert!(error.why.contains("authority's"), "{error}");
}

#[test]
fn labels_of_the_file_are_labels_of_the_ring() {
    let root = authority("Root", None);
    let leaf = server("mail.example.test", &root);
    let Verb::ImportKeyring { asked, key, certificates, mut labels } =
        verb("mail", &[leaf.key_pem(), leaf.pem, root.pem].concat())
    else {
        panic!()
    };
    labels.insert(certificates[0].sha256, "Post ".repeat(40));
    let temp = tempfile::tempdir().unwrap();
    let outcome = desk(temp.path()).run(Verb::ImportKeyring { asked, key, certificates, labels }).unwrap();
    let ring = &outcome.state.keyrings["mail"];
    assert!(ring.entries[0].label.starts_with("Post Post") && ring.entries[0].label.len() == 100);
    assert_eq!(ring.entries[1].label, "Root");
}

#[test]
fn a_bundle_of_thousands_is_sorted_without_delay() {
    let root = authority("Root", None);
    let leaf = server("mail.example.test", &root);
    let one = pem::find(leaf.pem.as_bytes()).unwrap().certificates.remove(0);
    let root = pem::find(root.pem.as_bytes()).unwrap().certificates.remove(0);
    let mut found = Found::default();
    for number in 0..10_000u32 {
        let mut other = if number % 2 == 0 { one.clone() } else { root.clone() };
        other.sha256.0[..4].copy_from_slice(&number.to_be_bytes());
        found.certificates.push(other);
    }
    let sorted = bundle::of(&found, &[], Desk::now());
    assert_eq!((sorted.identities.len(), sorted.roots.len()), (5_000, 5_000));
    assert!(bundle::tell(&found, &sorted, Desk::now()).len() < 1_000);
}

/// Makes a ring with a switched-off root, a label, and returns the folder and its file.
fn elsewhere() -> (tempfile::TempDir, Vec<u8>) {
    let (root, other) = (authority("Root", None), authority("Other", None));
    let leaf = server("mail.example.test", &root);
    let there = tempfile::tempdir().unwrap();
    let mut desk = desk(there.path());
    let ring = import(&mut desk, "mail", &[leaf.key_pem(), leaf.pem, root.pem, other.pem].concat()).unwrap();
    let mut ring = ring;
    ring.entries[0].label = "Post".into();
    ring.entries[2].trusted = false;
    let ring = kyr::amend(ring, &secret("new-pass")).unwrap();
    (there, kyr::file(&ring).unwrap().bytes.unwrap().to_vec())
}

#[test]
fn a_ring_of_another_host_comes_whole() {
    let (_there, bytes) = elsewhere();
    let here = tempfile::tempdir().unwrap();
    let mut desk = desk(here.path());
    let ring = kyr::read_brought(&bytes).unwrap();
    let take = |desk: &mut Desk, name: &str, password: &str, ring: &Keyring| {
        let asked = MovedKeyring { name: name.into(), password: secret(password), stash: true };
        desk.run(Verb::MoveKeyring { asked, ring: Box::new(ring.clone()) })
    };
    assert_eq!(take(&mut desk, "mail", "wrong", &ring).unwrap_err().kind, Kind::WrongPassword);
    let mut altered = ring.clone();
    altered.entries[2].trusted = true;
    assert_eq!(take(&mut desk, "mail", "new-pass", &altered).unwrap_err().kind, Kind::Damaged);
    assert!(desk.state().keyrings.is_empty());
    for name in ["mail", "post"] {
        let outcome = take(&mut desk, name, "new-pass", &ring).unwrap();
        let taken = &outcome.state.keyrings[name];
        assert_eq!(taken.entries, ring.entries);
        assert_eq!((taken.entries[0].label.as_str(), taken.entries[2].trusted), ("Post", false));
        assert!(kyr::open(taken, &secret("new-pass")).unwrap().intact);
        assert!(desk.opens_by_itself(name), "the stash is of this user");
    }
    assert_eq!(take(&mut desk, "mail", "new-pass", &ring).unwrap_err().kind, Kind::Refused);
    assert_eq!(desk.ledger().verify_audit().unwrap().broken, None);
}

/// A folder with what the program is given.
struct Bench {
    place: Place,
    root: Made,
    leaf: Made,
}

impl Bench {
    fn new() -> Self {
        let root = authority("Root", None);
        let leaf = server("mail.example.test", &root);
        Self { place: Place::new(), root, leaf }
    }

    fn import(&self, passwords: &str, rest: &str) -> crate::cli::Ended {
        self.place.with(passwords, &format!("keyring import {rest}"))
    }

    fn whole(&self) -> String {
        [self.root.pem.clone(), self.leaf.pem.clone(), self.leaf.key_pem()].concat()
    }
}

fn mode(path: &Path, mode: u32) {
    std::fs::set_permissions(path, PermissionsExt::from_mode(mode)).unwrap();
}

#[test]
fn the_program_imports_and_says_what_it_made() {
    let b = Bench::new();
    b.place.write("mail.pem", b.whole());
    mode(&b.place.path("mail.pem"), 0o600);
    let ended = b.import("new-pass\n", "mail mail.pem --stash no");
    assert_eq!(ended.err, "");
    let out = ended.done();
    assert!(out.contains("Keyring mail is made: CN=mail.example.test until 20"), "{out}");
    assert!(out.contains("1 trusted root"), "{out}");
    let shown = b.place.run("keyring show mail").done();
    assert!(shown.contains("CN=Root") && shown.contains("ok"), "{shown}");
    let err = b.import("new-pass\n", "mail mail.pem").refused(1);
    assert!(err.contains("already named"), "{err}");
    b.import("", "bad/name mail.pem").refused(2);
}

#[test]
fn a_locked_file_wants_its_password_first_and_then_the_new_one() {
    let b = Bench::new();
    b.place.write("mail.pem", [b.leaf.sealed("file-pass"), b.leaf.pem.clone(), b.root.pem.clone()].concat());
    let err = b.import("wrong\nnew-pass\n", "mail mail.pem").refused(4);
    assert!(err.contains("does not open") && err.contains("file mail.pem"), "{err}");
    let err = b.place.run("keyring import mail mail.pem").refused(4);
    assert!(err.contains("Password of file mail.pem is needed"), "{err}");
    let err = b.import("file-pass\n", "mail mail.pem").refused(4);
    assert!(err.contains("keyring mail"), "{err}");
    assert_eq!(b.place.run("keyring list").done(), "");
    b.import("file-pass\nnew-pass\n", "mail mail.pem").done();
    let sealed = std::fs::read_to_string(b.place.path("data/keyrings/mail.kyr")).unwrap();
    assert!(PrivateKey::open(&sealed, &secret("new-pass")).is_ok());
    assert!(PrivateKey::open(&sealed, &secret("file-pass")).is_err(), "the old password opens nothing here");
    // What needs no key asks for no password.
    b.place.with("new-pass\n", "keyring import key mail.pem").refused(4);
    b.place.with("file-pass\nring-pass\n", "keyring import other mail.pem --stash yes").done();
    let trusted = b.place.run("keyring trust other mail.pem");
    assert!(trusted.code == 1 && !trusted.err.contains("assword of file"), "{trusted:#?}");
}

#[test]
fn of_two_keys_one_is_named() {
    let b = Bench::new();
    let other = server("web.example.test", &b.root);
    b.place.write("two.pem", [b.whole(), other.key_pem(), other.pem].concat());
    let err = b.import("new-pass\n", "mail two.pem").refused(1);
    assert!(
        err.contains("2 private keys") && err.contains("--key") && err.contains("CN=web.example.test"),
        "{err}"
    );
    let ended = b.import("new-pass\n", "web two.pem --key 2");
    assert!(ended.err.contains("Left out, of another key: CN=mail.example.test"), "{ended:#?}");
    assert!(ended.done().contains("CN=web.example.test"));
    let err = b.import("new-pass\n", "x two.pem --key 3").refused(1);
    assert!(err.contains("No key in file two.pem is \"3\""), "{err}");
    let json = b.place.run("inspect two.pem --json").json();
    assert_eq!(json["keys"].as_array().unwrap().len(), 2);
    assert_eq!(json["keys"][0]["certificate"]["subject"], "CN=mail.example.test");
    assert_eq!(json["roots"][0]["subject"], "CN=Root");
}

#[test]
fn a_key_that_others_can_read_is_taken_with_a_warning() {
    let b = Bench::new();
    b.place.write("mail.pem", b.whole());
    mode(&b.place.path("mail.pem"), 0o644);
    let ended = b.import("new-pass\n", "mail mail.pem");
    assert!(
        ended.err.contains("others can read the private key") && ended.err.contains("chmod 600 mail.pem")
    );
    assert_eq!(ended.code, 0, "{ended:#?}");
    // An encrypted one, or certificates alone, may be seen.
    b.place.write("sealed.pem", b.leaf.sealed("p"));
    b.place.write("public.pem", &b.root.pem);
    assert_eq!(b.place.with("p\n", "inspect sealed.pem").err, "");
    assert_eq!(b.place.run("inspect public.pem").err, "");
}

#[test]
fn what_is_no_proper_file_is_named_and_nothing_hangs() {
    let b = Bench::new();
    let place = &b.place;
    place.write("empty", "");
    std::fs::create_dir(place.path("folder")).unwrap();
    let fifo = std::process::Command::new("mkfifo").arg(place.path("fifo")).status().unwrap();
    assert!(fifo.success());
    let large = std::fs::File::create(place.path("large")).unwrap();
    large.set_len(100 << 20).unwrap();
    for (file, says) in [
        ("empty", "empty"),
        ("folder", "It is a folder"),
        ("/dev/zero", "It is a device"),
        ("/dev/null", "It is a device"),
        ("fifo", "empty"),
        ("large", "too large"),
        ("none", "no such file"),
    ] {
        for command in ["inspect", "keyring import mail"] {
            let ended = place.run(&format!("{command} {file}"));
            assert!(matches!(ended.code, 1 | 2) && ended.err.contains(says), "{command} {file}: {ended:#?}");
        }
    }
    // Root reads everything; others are denied.
    place.write("denied", b.whole());
    mode(&place.path("denied"), 0);
    if std::fs::read(place.path("denied")).is_err() {
        let err = place.run("inspect denied").refused(1);
        assert!(err.contains("denies it") && err.contains("ls -l"), "{err}");
    }
    assert_eq!(place.run("keyring list").done(), "");
}

#[test]
fn a_hundred_megabytes_are_refused_unread() {
    let b = Bench::new();
    let large = std::fs::File::create(b.place.path("large")).unwrap();
    large.set_len(100 << 20).unwrap();
    // Less memory than the file is large.
    let program = env!("CARGO_BIN_EXE_ringmaster");
    let output = std::process::Command::new("sh")
        .current_dir(b.place.folder.path())
        .args(["-c", &format!("ulimit -v 90000; exec {program} inspect large")])
        .env("HOME", b.place.folder.path())
        .output()
        .unwrap();
    let err = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(1) && err.contains("too large"), "{err}");
}

#[test]
fn names_that_are_no_text_are_read_and_shown_escaped() {
    let b = Bench::new();
    let name = OsStr::from_bytes(b"caf\xe9\x1b[31m.pem");
    std::fs::write(b.place.folder.path().join(name), b.whole()).unwrap();
    let mut command = b.place.program();
    command.args(["inspect"]).arg(name).stdin(Stdio::null());
    let output = command.output().unwrap();
    let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    assert!(output.status.success() && out.contains("file caf\\E9\\1B[31m.pem"), "{out}{err}");
    assert!(!out.contains('\u{1b}') && !err.contains('\u{1b}'), "{out}{err}");
}

#[test]
fn a_pipe_and_the_standard_input_are_read() {
    let b = Bench::new();
    let ended = b.place.words(&["inspect", "-"], b.whole().as_bytes());
    assert!(
        ended.out.contains("standard input:") && ended.out.contains("CN=mail.example.test"),
        "{ended:#?}"
    );
    let ended = b.place.words(&["inspect", "/dev/stdin"], b.whole().as_bytes());
    assert!(ended.done().contains("CN=mail.example.test"));
    let err = b.place.with("x\n", "inspect -").refused(2);
    assert!(err.contains("both the file and the passwords"), "{err}");
}

#[test]
fn a_key_alone_one_that_fits_nothing_and_one_that_has_ended() {
    let b = Bench::new();
    let other = server("web.example.test", &b.root);
    b.place.write("key.pem", b.leaf.key_pem());
    let ended = b.import("new-pass\n", "key key.pem");
    assert!(ended.code == 0 && ended.err.contains("no certificate of the key"), "{ended:#?}");
    assert!(b.place.run("keyring show key").done().contains("no certificate"));
    b.place.write("wrong.pem", [b.leaf.key_pem(), other.pem].concat());
    let err = b.import("new-pass\n", "wrong wrong.pem").refused(1);
    assert!(err.contains("is not the private key that was brought"), "{err}");
    let old = again(&b.leaf, &b.root, -400, -9);
    b.place.write("old.pem", [b.leaf.key_pem(), old.pem, b.root.pem.clone()].concat());
    let ended = b.import("new-pass\n", "old old.pem");
    assert!(ended.code == 0 && ended.err.contains("CN=mail.example.test ended on"), "{ended:#?}");
    assert!(b.place.run("keyring show old").done().contains("expired"));
}

#[test]
fn a_ring_file_of_another_host_is_taken_over_and_a_stranger_is_not() {
    let (_there, bytes) = elsewhere();
    let b = Bench::new();
    b.place.write("renamed.kyr", &bytes);
    let told = b.place.run("inspect renamed.kyr").done();
    assert!(told.contains("mail, revision") && told.contains("its trust is switched off"), "{told}");
    assert!(b.import("wrong\n", "mail renamed.kyr").refused(4).contains("does not open"));
    let out = b.import("new-pass\n", "mail renamed.kyr").done();
    assert!(out.contains("Keyring mail is made"), "{out}");
    assert!(b.place.run("keyring show mail").done().contains("(switched off)"));
    b.place.write("cut.kyr", &bytes[..bytes.len() - 200]);
    assert!(b.import("new-pass\n", "cut cut.kyr").refused(1).contains("damaged"));
    b.place.write("domino.kyr", b"\x01\0\0\0\x17\x35\0\x90\0\0\0\0");
    assert!(b.import("new-pass\n", "domino domino.kyr").refused(1).contains("Domino"));
}

#[test]
fn what_is_sorted_is_told_whole() {
    let root = authority("Root", None);
    let stray = authority("Stray", Some(&authority("Gone", None)));
    let leaf = server("mail.example.test", &root);
    let text = [leaf.pem.clone(), leaf.key_pem(), stray.pem, root.pem.clone(), root.pem].concat();
    let found = pem::find(text.as_bytes()).unwrap();
    let sorted = bundle::of(&found, &[], Desk::now());
    let told = bundle::tell(&found, &sorted, Desk::now());
    let text: String = told.iter().map(|t| format!("{}: {}\n", t.label, t.text)).collect();
    for says in [
        "up to the root CN=Root",
        "Root: CN=Root",
        "Intermediate: CN=Stray",
        "1 certificate stands in it again",
    ] {
        assert!(text.contains(says), "{says}: {text}");
    }
}
