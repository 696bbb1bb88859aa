//! Trusted roots by command: from another ring and the system, switched off with what would break, labelled, removed,
//! and pruned when they have ended.

use super::{Place, RING, openssl_is_here};
use crate::support::{openssl, secret};
use ringmaster::desk::{Desk, Verb};
use ringmaster::model::time::Timestamp;
use ringmaster::ops::ring::Act;

fn root_of_openssl(place: &Place, name: &str, days: &str) {
    let arguments = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout KEY -subj /CN=NAME \
                     -addext basicConstraints=critical,CA:TRUE -out NAME.pem";
    let arguments = arguments.replace("KEY", "key.pem").replace("NAME", name);
    openssl(place.folder.path(), &format!("{arguments} {days}"));
}

#[test]
fn roots_are_taken_over_labelled_switched_and_removed() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    root_of_openssl(&place, "Other", "-days 30");
    place.with(RING, "keyring create spare --hosts spare.example.test").done();
    let err = place.run("keyring trust spare --from spare").refused(1);
    assert!(err.contains("does not have"), "{err}");
    place.run("keyring trust spare --from mail").done();
    place.run("keyring trust spare Other.pem").done();
    let err = place.run("keyring trust spare Other.pem").refused(1);
    assert!(err.contains("already"), "{err}");

    let list = place.run("keyring roots spare").done();
    assert!(list.contains("Test Root") && list.contains("Other") && list.lines().count() == 3, "{list}");
    let json = place.run("--json keyring roots spare").json();
    assert_eq!((&json[1]["label"], &json[1]["trusted"]), (&"Other".into(), &true.into()));
    let sha256 = json[1]["sha256"].as_str().unwrap().to_owned();

    place.words(&["keyring", "root", "spare", &sha256[..8], "--label", "Branch office"], b"").done();
    place.words(&["keyring", "root", "spare", "Branch office", "--trust", "no"], b"").done();
    let err = place.words(&["keyring", "root", "spare", "Branch office", "--trust", "no"], b"").refused(1);
    assert!(err.contains("off already"), "{err}");
    let list = place.run("keyring roots spare").done();
    assert!(list.lines().any(|l| l.starts_with("off") && l.contains("Branch office")), "{list}");
    // The file says so too, and a hand that switches it back is noticed.
    let ring = std::fs::read_to_string(place.path("data/keyrings/spare.kyr")).unwrap();
    assert!(ring.contains("trusted: false"), "{ring}");
    place.words(&["keyring", "root", "spare", "Branch office", "--remove"], b"").done();
    let err = place.words(&["keyring", "root", "spare", "Branch office", "--remove"], b"").refused(2);
    assert!(err.contains("No root of keyring spare"), "{err}");
    for label in ["", "x\u{202e}y", &"x".repeat(81)] {
        place.words(&["keyring", "root", "spare", "Test Root", "--label", label], b"").refused(2);
    }
}

#[test]
fn what_would_break_is_said_before_a_root_is_switched_off_and_refused_where_it_would_go() {
    let place = Place::furnished();
    let switch = ["keyring", "root", "mail", "Test Root", "--trust", "no"];
    let err = place.words(&switch, b"").refused(1);
    assert!(
        err.contains("would not verify any more") && err.contains("Sites that answer with it: mail"),
        "{err}"
    );
    let err = place.words(&["keyring", "root", "mail", "Test Root", "--remove"], b"").refused(1);
    assert!(err.contains("verifies by one of these roots"), "{err}");
    place.words(&[&switch[..], &["--confirm", "mail"]].concat(), b"").done();
    // Installing again names the switched-off root, not a missing one.
    let err = place.run("keyring install mail --issued").refused(1);
    assert!(err.contains("switched off"), "{err}");
    place.words(&["keyring", "root", "mail", "Test Root", "--trust", "yes"], b"").done();
    place.run("keyring install mail --issued").done();
}

#[test]
fn a_root_of_the_system_is_named_by_words_until_one_is_left() {
    let Ok((roots, _)) = ringmaster::store::system::roots() else {
        eprintln!("skipped: this system keeps no roots");
        return;
    };
    let place = Place::furnished();
    let one = roots.first().unwrap();
    let digits = one.sha256.to_string();
    place.words(&["keyring", "trust", "mail", "--system", &digits[..16]], b"").done();
    assert!(place.run("keyring roots mail").done().contains(&digits));
    let err = place.words(&["keyring", "trust", "mail", "--system", "no such authority"], b"").refused(1);
    assert!(err.contains("fits"), "{err}");
    if roots.len() > 1 {
        let err = place.words(&["keyring", "trust", "mail", "--system", "="], b"").refused(1);
        assert!(err.contains("Add words"), "{err}");
    }
}

#[test]
fn ended_roots_are_shown_and_removed_where_nothing_needs_them() {
    let place = Place::furnished();
    assert!(place.run("keyring prune-roots --dry-run").err.contains("has ended"));
    // A root of 2020 was added in 2020.
    let mut params = rcgen::CertificateParams::default();
    params.distinguished_name.push(rcgen::DnType::CommonName, "Old Root");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    (params.not_before, params.not_after) =
        (rcgen::date_time_ymd(2020, 1, 1), rcgen::date_time_ymd(2021, 1, 1));
    let old = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    let mut config = crate::support::config(place.folder.path());
    config.home = place.path("elsewhere");
    let mut desk = Desk::open(&config, None, false).unwrap();
    desk.set_clock(Timestamp::from_date("2020-06-01"));
    let roots = vec![ringmaster::pki::certificate::read(old.der()).unwrap()];
    desk.run(Verb::ring("mail", Act::Trust { roots }).with_password(secret("ring-pass"))).unwrap();
    drop(desk);

    let dry = place.run("keyring prune-roots --dry-run");
    assert!(dry.err.contains("Old Root ended on 2021-01-01"), "{dry:?}");
    assert!(place.run("keyring roots mail").done().contains("Old Root"));
    let done = place.run("keyring prune-roots mail");
    assert!(done.done().contains("a trusted root removed"));
    let list = place.run("keyring roots mail").done();
    assert!(list.contains("Test Root") && !list.contains("Old Root"), "{list}");
}
