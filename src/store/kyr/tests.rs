//! Tests of the `.kyr` file.

use super::super::sample::{self, ROUNDS};
use super::*;

fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

fn text(ring: &Keyring) -> String {
    String::from_utf8(file(ring).unwrap().bytes.unwrap().to_vec()).unwrap()
}

fn refusal(text: &str) -> Error {
    read("mail", text.as_bytes(), false).unwrap_err()
}

#[test]
fn a_ring_comes_back_and_opens_with_its_password_only() {
    let (ring, key) = sample::ring("mail", "right");
    assert_eq!(ring.revision, 1);
    let written = file(&ring).unwrap();
    assert_eq!(written.path, "keyrings/mail.kyr");
    let read = read("mail", &written.bytes.unwrap(), false).unwrap();
    assert_eq!(read, ring);
    let opened = open(&read, &secret("right")).unwrap();
    assert!(opened.intact);
    assert_eq!(opened.key.unwrap().pkcs8(), key.pkcs8());
    assert_eq!(open(&read, &secret("wrong")).unwrap_err().kind, Kind::WrongPassword);
}

#[test]
fn a_ring_of_roots_only_has_a_password_too() {
    let (mut ring, _) = sample::ring("mail", "right");
    ring.entries.retain(|e| e.role == Role::Root);
    let ring = seal(ring, None, &secret("right"), ROUNDS).unwrap();
    let read = read("mail", text(&ring).as_bytes(), true).unwrap();
    assert!(read.stash && read.key.is_none());
    let opened = open(&read, &secret("right")).unwrap();
    assert!(opened.intact && opened.key.is_none());
    assert_eq!(open(&read, &secret("wrong")).unwrap_err().kind, Kind::WrongPassword);
}

#[test]
fn amending_keeps_the_key_and_needs_the_password() {
    let (mut ring, key) = sample::ring("mail", "right");
    let before = ring.sealed.key_pem.clone();
    ring.entries[3].trusted = true;
    assert!(!open(&ring, &secret("right")).unwrap().intact);
    assert_eq!(amend(ring.clone(), &secret("wrong")).unwrap_err().kind, Kind::WrongPassword);
    let ring = amend(ring, &secret("right")).unwrap();
    assert_eq!((ring.revision, &ring.sealed.key_pem), (2, &before));
    let opened = open(&ring, &secret("right")).unwrap();
    assert!(opened.intact);
    assert_eq!(opened.key.unwrap().pkcs8(), key.pkcs8());
}

#[test]
fn a_change_by_somebody_without_the_password_is_noticed() {
    let (ring, _) = sample::ring("mail", "right");
    let text = text(&ring);
    let first = ring.entries[1].certificate.sha256.to_string();
    assert!(text.contains(&first));
    for (from, to) in [
        ("trusted: false", "trusted: true"),
        ("label: \"Other Root\"", "label: \"Better Root\""),
        ("revision: 1", "revision: 2"),
        ("role: Chain", "role: Root"),
    ] {
        assert!(text.contains(from), "{text}");
        let changed = read("mail", text.replace(from, to).as_bytes(), false).unwrap();
        assert!(!open(&changed, &secret("right")).unwrap().intact, "{from}");
    }
    // The key of another ring under the same password, with its own public key: the MAC does not cover it.
    let (other, _) = sample::ring("mail", "right");
    let mut swapped = ring;
    (swapped.key, swapped.sealed.key_pem) = (other.key, other.sealed.key_pem);
    assert!(!open(&swapped, &secret("right")).unwrap().intact);
}

#[test]
fn fewer_rounds_or_another_salt_do_not_open() {
    let (ring, _) = sample::ring("mail", "right");
    let fewer = text(&ring).replace(&format!("rounds: {ROUNDS}"), "rounds: 9");
    let fewer = read("mail", fewer.as_bytes(), false).unwrap();
    assert_eq!(open(&fewer, &secret("right")).unwrap_err().kind, Kind::WrongPassword);
    for rounds in ["0", "10000001"] {
        let text = text(&ring).replace(&format!("rounds: {ROUNDS}"), &format!("rounds: {rounds}"));
        assert_eq!(refusal(&text).kind, Kind::Damaged);
    }
    for rounds in [0, MOST_ROUNDS + 1] {
        assert_eq!(seal(ring.clone(), None, &secret("x"), rounds).unwrap_err().kind, Kind::Usage);
    }
}

#[test]
fn header_and_pem_have_to_fit() {
    let (ring, _) = sample::ring("mail", "right");
    let text = text(&ring);
    let end = "-----END CERTIFICATE-----\n";
    let last = text.trim_end().rfind("-----BEGIN CERTIFICATE").unwrap();
    for (wrong, says) in [
        (text[..last].to_owned(), "5 PEM blocks are needed and 4 are there"),
        (format!("{text}{}", &text[last..]), "5 PEM blocks are needed and 6 are there"),
        (text[..text.len() - 30].to_owned(), "ends inside"),
        (text[..last + 200].to_owned(), "ends inside"),
        (text.replacen(end, "", 1), "has no end"),
        (text.replacen(end, &format!("{end}hello\n"), 1), "between the PEM blocks"),
        (text.replacen(MARKER, "", 1), "before the PEM part"),
        (text.replacen("ENCRYPTED PRIVATE KEY", "PRIVATE KEY", 2), "The private key is missing"),
    ] {
        let error = refusal(&wrong);
        assert_eq!(error.kind, Kind::Damaged);
        assert!(error.why.contains(says), "{error}");
    }
    let (other, _) = sample::ring("mail", "right");
    let mut swapped = ring.clone();
    swapped.sealed.key_pem = other.sealed.key_pem.clone();
    let from = &ring.sealed.key_pem;
    let error = refusal(&text.replace(from.as_str(), &other.sealed.key_pem));
    assert!(error.why.contains("not the one of the header"), "{error}");
    swapped.entries.swap(0, 1);
    assert_eq!(file(&swapped).unwrap_err().kind, Kind::Refused);
    swapped.entries[0] = swapped.entries[1].clone();
    assert_eq!(file(&swapped).unwrap_err().kind, Kind::Refused);
}

#[test]
fn a_file_of_another_name_version_or_program_is_refused() {
    let (ring, _) = sample::ring("mail", "right");
    let text = text(&ring);
    assert_eq!(read("web", text.as_bytes(), false).unwrap_err().kind, Kind::Misnamed);
    assert_eq!(refusal(&text.replace("keyring 1", "keyring 2")).kind, Kind::TooNew);
    assert_eq!(refusal(&text.replace("keyring 1", "stash 1")).kind, Kind::Foreign);
    assert_eq!(refusal("\u{1}\0\0\0").kind, Kind::Foreign);
    assert_eq!(refusal("").kind, Kind::Damaged);
}

#[test]
fn what_an_editor_does_to_line_ends_does_no_harm() {
    let (ring, _) = sample::ring("mail", "right");
    let text = format!("\u{feff}{}\r\n\r\n", text(&ring).replace('\n', "\r\n"));
    assert_eq!(read("mail", text.as_bytes(), false).unwrap(), ring);
}

#[test]
fn no_label_breaks_out_of_the_header() {
    let (ring, _) = sample::ring("mail", "right");
    let nasty = format!("\n{MARKER}\n-----BEGIN CERTIFICATE-----\u{202e}\u{1b}[31m\"),\\");
    let mut runner = proptest::test_runner::TestRunner::default();
    let labels = proptest::prop_oneof![proptest::prelude::any::<String>(), proptest::strategy::Just(nasty)];
    runner
        .run(&labels, |label| {
            let mut ring = ring.clone();
            ring.entries[2].label = label;
            let ring = amend(ring, &secret("right")).unwrap();
            let text = text(&ring);
            assert!(!text.chars().any(|c| crate::model::escape::unseen(c) && c != '\n'));
            let read = read("mail", text.as_bytes(), false).unwrap();
            assert!(open(&read, &secret("right")).unwrap().intact);
            proptest::prop_assert_eq!(read, ring);
            Ok(())
        })
        .unwrap();
}

#[test]
fn an_altered_file_never_panics_and_never_passes_as_intact() {
    let (ring, _) = sample::ring("mail", "right");
    let text = text(&ring).into_bytes();
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config::with_cases(2000));
    let change = (0..text.len(), proptest::prelude::any::<u8>(), 0..3u8, 0..200usize);
    runner
        .run(&change, |(at, to, how, length)| {
            let mut changed = text.clone();
            let end = (at + length).min(changed.len());
            match how {
                0 => changed[at] = to,
                1 => drop(changed.drain(at..end)),
                _ => changed.extend_from_within(at..end),
            }
            if let Ok(read) = read("mail", &changed, false)
                && read != ring
                && let Ok(opened) = open(&read, &secret("right"))
            {
                proptest::prop_assert!(!opened.intact);
            }
            Ok(())
        })
        .unwrap();
}

/// The sample ring with a key that waits, whose private part is returned.
fn waiting() -> (Keyring, PrivateKey) {
    let (mut ring, _) = sample::ring("mail", "right");
    let next = sample::certificate("next.example.test", false).0;
    add_key(&mut ring, &next, &secret("right")).unwrap();
    (amend(ring, &secret("right")).unwrap(), next)
}

#[test]
fn a_key_that_waits_comes_back_behind_the_certificates_and_is_authenticated() {
    let (ring, next) = waiting();
    let text = text(&ring);
    let read = read("mail", text.as_bytes(), false).unwrap();
    assert_eq!(read, ring);
    let opened = open(&read, &secret("right")).unwrap();
    assert!(opened.intact);
    assert_eq!(opened.next.unwrap().pkcs8(), next.pkcs8());
    assert_eq!(open(&read, &secret("wrong")).unwrap_err().kind, Kind::WrongPassword);
    assert!(text.rfind("-----BEGIN ENCRYPTED").unwrap() > text.rfind("-----BEGIN CERTIFICATE").unwrap());
    // Without it, the text is the one of a file that knows of no such key.
    let mut without = ring.clone();
    drop_next_key(&mut without);
    assert!(!open(&without, &secret("right")).unwrap().intact, "taken out by somebody without the password");
    let without = amend(without, &secret("right")).unwrap();
    assert!(!self::text(&without).contains("next_key"));
    assert!(open(&without, &secret("right")).unwrap().intact);
    // Another key in its place, of the same password.
    let (other, _) = waiting();
    let mut swapped = ring.clone();
    (swapped.next_key, swapped.sealed.next_pem) = (other.next_key, other.sealed.next_pem);
    assert!(!open(&swapped, &secret("right")).unwrap().intact);
    // The two keys change places.
    let mut promoted = ring.clone();
    std::mem::swap(&mut promoted.sealed.key_pem, &mut promoted.sealed.next_pem);
    assert!(!open(&promoted, &secret("right")).unwrap().intact);
    for (wrong, says) in [
        (text[..text.rfind("-----BEGIN ENCRYPTED").unwrap()].to_owned(), "6 PEM blocks are needed and 5"),
        (text.replacen(&ring.sealed.next_pem, &ring.sealed.key_pem, 1), "not the one of the header"),
    ] {
        assert!(refusal(&wrong).why.contains(says), "{}", refusal(&wrong));
    }
}

#[test]
fn a_password_seals_both_keys_and_a_promoted_one_serves() {
    let (ring, next) = waiting();
    let opened = open(&ring, &secret("right")).unwrap();
    let changed = seal_both(ring.clone(), opened.key.as_ref(), opened.next.as_ref(), &secret("new"), ROUNDS);
    let changed = changed.unwrap();
    assert_ne!(changed.sealed.salt, ring.sealed.salt);
    assert_eq!(open(&changed, &secret("right")).unwrap_err().kind, Kind::WrongPassword);
    assert_eq!(open(&changed, &secret("new")).unwrap().next.unwrap().pkcs8(), next.pkcs8());

    let mut promoted = ring;
    promote_key(&mut promoted);
    promoted.entries.retain(|e| e.role == Role::Root);
    let promoted = amend(promoted, &secret("right")).unwrap();
    let opened = open(&promoted, &secret("right")).unwrap();
    assert!(opened.intact && opened.next.is_none());
    assert_eq!(opened.key.unwrap().pkcs8(), next.pkcs8());
}

#[test]
fn a_ring_with_a_waiting_key_survives_labels_and_alterations() {
    let (ring, _) = waiting();
    let written = text(&ring).into_bytes();
    let mut runner = proptest::test_runner::TestRunner::new(proptest::test_runner::Config::with_cases(500));
    let input = (proptest::prelude::any::<String>(), 0..written.len(), proptest::prelude::any::<u8>());
    runner
        .run(&input, |(label, at, to)| {
            let mut labelled = ring.clone();
            labelled.entries[2].label = label;
            let labelled = amend(labelled, &secret("right")).unwrap();
            proptest::prop_assert_eq!(&read("mail", text(&labelled).as_bytes(), false).unwrap(), &labelled);
            let mut changed = written.clone();
            changed[at] = to;
            if let Ok(read) = read("mail", &changed, false)
                && read != ring
                && let Ok(opened) = open(&read, &secret("right"))
            {
                proptest::prop_assert!(!opened.intact);
            }
            Ok(())
        })
        .unwrap();
}
