//! What people bring by mistake or in bad faith: the wrong file, half a file, a file twice, the wrong certificate, a name
//! that deceives, and far too much.

use std::time::{Duration, Instant};

use ringmaster::desk::Desk;
use ringmaster::model::bytes::Serial;
use ringmaster::model::certificate::Certificate;
use ringmaster::model::escape::unseen;
use ringmaster::model::key::KeyType;
use ringmaster::model::name::{AltName, Name};
use ringmaster::model::profile::Validity;
use ringmaster::pki::der::{oid, wrap};
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{issue, name, pem, request};

use super::{Place, openssl_is_here};
use crate::life::{create_certifier, create_keyring};
use crate::support::{config, openssl};

/// A subject with this common name, whatever characters it has.
fn subject(common_name: &str) -> Name {
    let value = wrap(0x30, &[oid("2.5.4.3").unwrap(), wrap(12, common_name.as_bytes())].concat());
    name::read(&wrap(0x30, &wrap(0x31, &value))).unwrap()
}

/// A request with this common name, as PEM.
fn csr(common_name: &str) -> String {
    let subject = subject(common_name);
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let host = AltName::Dns("a.example.test".into());
    pem::write("CERTIFICATE REQUEST", &request::build(&subject, &[host], &key).unwrap())
}

/// A root certificate with this common name.
fn root(common_name: &str) -> Certificate {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = subject(common_name);
    let now = Desk::now();
    let validity =
        Validity { not_before: now.plus_days(-1), not_after: now.plus_days(900), clamped: String::new() };
    let template = issue::root(subject.clone(), key.info(), Serial(vec![0x41; 20]), validity).unwrap();
    let tbs = issue::to_be_signed(&template, &subject, key.algorithm()).unwrap();
    let der = issue::assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap());
    ringmaster::pki::certificate::read(&der).unwrap()
}

#[test]
fn half_a_file_and_a_file_twice_are_named() {
    let place = Place::new();
    place.certifier();
    place.keyring();
    let (one, two) = (csr("one"), csr("two"));
    let half = |text: &str| text[..text.len() / 2].to_owned();
    for (content, says) in [
        (half(&one), "has no END"),
        (one.replace("-----END CERTIFICATE REQUEST-----", ""), "has no END"),
        (one.replacen("-----\nMI", "-----\nM*", 1), "is not base64"),
        (one.replacen("-----\nMI", "-----\nMM", 1), "error: "),
    ] {
        place.write("x.csr", &content);
        let err = place.run("request import x.csr").refused(1);
        assert!(err.contains(says), "{says}: {err}");
    }
    assert_eq!(place.run("request list").done().lines().count(), 2, "only the keyring's own request waits");
    // What is whole is taken, and the rest is said, with the exit code of a failure.
    place.write("x.csr", format!("{one}{}", half(&two)));
    let ended = place.run("request import x.csr");
    assert!(ended.code == 1 && ended.out.contains("Request 2") && ended.err.contains("no END"), "{ended:#?}");
    place.write("x.csr", format!("{two}{two}"));
    let ended = place.run("request import x.csr");
    assert!(
        ended.code == 1 && ended.out.contains("1 of 2") && ended.out.contains("in it twice"),
        "{ended:#?}"
    );

    let root = std::fs::read_to_string(place.path("root.pem")).unwrap();
    place.write("x.pem", half(&root));
    assert!(place.run("keyring trust mail x.pem").refused(1).contains("no END"));
    // A root that stands in a file twice is one root.
    place.write("x.pem", format!("{root}{root}"));
    place.run("keyring trust mail x.pem").done();
    let found = pem::find(&std::fs::read(place.path("data/keyrings/mail.kyr")).unwrap()).unwrap();
    assert_eq!(found.certificates.len(), 1);
}

#[test]
fn a_ring_cut_short_or_doubled_is_left_alone_and_the_others_work() {
    let place = Place::furnished();
    let file = place.path("data/keyrings/mail.kyr");
    let whole = std::fs::read_to_string(&file).unwrap();
    let pem_part = &whole[whole.find("-----BEGIN").unwrap()..];
    for broken in [whole[..whole.len() - 100].to_owned(), format!("{whole}{pem_part}"), String::new()] {
        std::fs::write(&file, &broken).unwrap();
        let ended = place.run("keyring list");
        assert!(ended.code == 0 && ended.err.contains("keyrings/mail.kyr"), "{ended:#?}");
        let err = place.run("keyring show mail").refused(1);
        assert!(err.contains("why: ") && err.contains("keyring undelete mail"), "{err}");
        let findings = place.run("doctor");
        assert!(findings.code == 3 && findings.out.contains("error W01: keyrings/mail.kyr"), "{findings:#?}");
        let err = place.with("a-pass\n", "keyring create mail --hosts mail.example.test").refused(1);
        assert!(err.contains("error: "), "{err}");
        place.with("b-pass\n", "keyring create other --hosts other.example.test").done();
        place.run("keyring delete other --confirm other").done();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), broken);
    }
    std::fs::write(&file, &whole).unwrap();
    assert!(place.run("keyring show mail").done().contains("mail.example.test"));
}

#[test]
fn a_certificate_of_another_key_is_refused_with_both_keys() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    openssl(
        place.folder.path(),
        "req -x509 -newkey rsa:2048 -nodes -keyout x.key -out x.pem -subj /CN=x -days 9 \
         -addext basicConstraints=critical,CA:FALSE",
    );
    let before = std::fs::read(place.path("data/keyrings/mail.kyr")).unwrap();
    let err = place.run("keyring install mail x.pem").refused(1);
    assert!(err.contains("is not the ring's key") && err.contains("CN=x"), "{err}");
    assert_eq!(std::fs::read(place.path("data/keyrings/mail.kyr")).unwrap(), before);
}

#[test]
fn an_expired_certificate_is_refused_with_its_end() {
    let place = Place::new();
    let folder = place.folder.path();
    let mut desk = Desk::open(&config(folder), None, false).unwrap();
    desk.set_clock(Some(Desk::now().plus_days(-100)));
    create_certifier(&mut desk, "root", KeyType::P256);
    let id = create_keyring(&mut desk, "mail", false);
    crate::life::issue(&mut desk, id, "root");
    drop(desk);
    place.with("ring-pass\n", "keyring trust mail --certifier root").done();
    place.write("leaf.pem", place.run("request pem 1 --certificate").done());
    for arguments in ["keyring install mail --issued", "keyring install mail leaf.pem"] {
        let err = place.with("ring-pass\n", arguments).refused(1);
        assert!(err.contains("It ended on ") && err.contains("Ask for a new certificate"), "{err}");
    }
    assert!(place.run("keyring export mail").refused(1).contains("no certificate yet"));
}

#[test]
fn a_deceiving_name_is_shown_escaped_and_never_signed() {
    let place = Place::new();
    place.certifier();
    place.keyring();
    let evil = "evil\u{1b}]0x\u{7}\u{202e}gnp.exe\u{200b}";
    let escaped = "evil\\1B]0x\\07\\E2\\80\\AEgnp.exe\\E2\\80\\8B";
    place.write("evil.csr", csr(evil));
    place.write("evil.pem", pem::write("CERTIFICATE", &root(evil).der.0));
    let ends = [
        place.run("request import evil.csr"),
        place.run("request list"),
        place.run("request list --json"),
        place.run("request show 2"),
        place.run("request show 2 --json"),
        place.run("request approve 2 --certifier root --reason whatever"),
        place.run("certificate show evil.pem"),
        place.run("certificate show evil.pem --json"),
        place.run("keyring trust mail evil.pem"),
        place.run("keyring show mail"),
        place.run("keyring show mail --json"),
        place.run("certificate list --used"),
        place.run("certificate list --used --json"),
        place.run("doctor"),
        place.run("audit list --json"),
    ];
    for ended in &ends {
        for text in [&ended.out, &ended.err] {
            assert!(!text.contains(|c: char| c != '\n' && unseen(c)), "{ended:#?}");
        }
    }
    for number in [1, 3, 6, 9, 11] {
        assert!(ends[number].out.contains(escaped), "{:#?}", ends[number]);
    }
    for number in [2, 4, 7, 12] {
        let value: serde_json::Value = serde_json::from_str(&ends[number].out).unwrap();
        assert!(value.to_string().contains(&escaped.replace('\\', "\\\\")), "{value}");
    }
    assert_eq!(ends[5].code, 1, "a reason lets no error pass: {:#?}", ends[5]);
    assert!(ends[5].err.contains("nobody sees"), "{:#?}", ends[5]);
    assert!(place.with(super::CA, "request issue 2").refused(1).contains("error: "));
    assert_eq!(place.run("certificate list --issued").done(), "");
}

#[test]
fn ten_megabytes_are_refused_or_read_without_delay() {
    let place = Place::new();
    let ten = 10 << 20;
    let begin = b"-----BEGIN CERTIFICATE REQUEST-----\n";
    let request = csr("again");
    for (what, input) in [
        ("text", b"all work and no play \n".repeat(ten / 22)),
        ("dashes", vec![b'-'; ten]),
        ("zeros", vec![0; ten]),
        ("markers", begin.repeat(ten / begin.len())),
        ("base64", [begin, &b"QUFB"[..]].concat().into_iter().chain(vec![b'A'; ten]).collect()),
        ("sequences", b"\x30\x84\x00\xa0\x00\x00".iter().copied().chain(vec![0x30; ten]).collect()),
        ("more than is read", vec![b'x'; 20 << 20]),
    ] {
        let begin = Instant::now();
        let err = place.words(&["request", "import", "-"], &input).refused(1);
        assert!(begin.elapsed() < Duration::from_secs(20), "{what}: {:?}", begin.elapsed());
        assert!(err.contains("error: ") && err.len() < 20_000, "{what}: {} bytes", err.len());
    }
    assert_eq!(place.run("request list").done(), "");
    // Ten thousand times the same: it is taken once, and the rest is told in a few lines.
    let ended = place.words(&["request", "import", "-"], &request.as_bytes().repeat(ten / request.len()));
    assert!(
        ended.code == 1 && ended.out.contains("1 of ") && ended.out.len() < 20_000,
        "{}",
        ended.out.len()
    );
    assert_eq!(place.run("request list").done().lines().count(), 2);
}
