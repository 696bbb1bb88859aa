//! Tests of sealed keys: each rung of the ladder, altered files, and hostile parameters.

use super::*;
use crate::model::key::KeyType;

const LIGHT: Protection = Protection { argon2_mib: 1, argon2_passes: 1, keyring_rounds: 1000 };

fn password(text: &str) -> Secret {
    Secret::new(text.into())
}

#[test]
fn a_key_opens_with_its_password_only() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let written = file("root", &key, &password("right"), &LIGHT).unwrap();
    assert_eq!(written.path, "certifiers/root/key.ron");
    let bytes = written.bytes.unwrap();
    let opened = open("root", &bytes, &password("right")).unwrap();
    assert_eq!(opened.pkcs8(), key.pkcs8());
    assert_eq!(open("root", &bytes, &password("wrong")).unwrap_err().kind, Kind::WrongPassword);
    assert_eq!(open("other", &bytes, &password("right")).unwrap_err().kind, Kind::Damaged);
}

#[test]
fn parameters_can_be_turned_neither_down_nor_beyond_reason() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let two = Protection { argon2_passes: 2, ..LIGHT };
    let bytes = file("root", &key, &password("right"), &two).unwrap().bytes.unwrap();
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let kind = |from: &str, to: &str| {
        assert!(text.contains(from));
        open("root", text.replace(from, to).as_bytes(), &password("right")).unwrap_err().kind
    };
    assert_eq!(kind("passes: 2", "passes: 1"), Kind::WrongPassword);
    assert_eq!(kind("passes: 2", "passes: 101"), Kind::Damaged);
    assert_eq!(kind("memory_mib: 1", "memory_mib: 4097"), Kind::Damaged);
    assert_eq!(kind("memory_mib: 1", "memory_mib: 0"), Kind::Damaged);
    assert_eq!(kind("key 1", "key 2"), Kind::TooNew);
    for wrong in [(0, 1), (4097, 1), (1, 0), (1, 101)] {
        let wrong = Protection { argon2_mib: wrong.0, argon2_passes: wrong.1, ..LIGHT };
        assert_eq!(file("root", &key, &password("x"), &wrong).unwrap_err().kind, Kind::Usage);
    }
}

#[test]
fn an_altered_byte_is_noticed_and_never_panics() {
    let key = PrivateKey::generate(KeyType::Ed25519).unwrap();
    let bytes = file("root", &key, &password("right"), &LIGHT).unwrap().bytes.unwrap();
    let mut runner = proptest::test_runner::TestRunner::default();
    let change = (0..bytes.len(), proptest::prelude::any::<u8>());
    runner
        .run(&change, |(at, to)| {
            let mut changed = bytes.to_vec();
            changed[at] = to;
            if let Ok(opened) = open("root", &changed, &password("right")) {
                proptest::prop_assert_eq!(opened.pkcs8(), key.pkcs8());
            }
            Ok(())
        })
        .unwrap();
}

fn two(first: &str, second: &str) -> Sealing {
    Sealing::TwoPasswords([("ann".into(), password(first)), ("bea".into(), password(second))])
}

#[test]
fn the_passwords_of_two_people_open_together_and_in_their_order() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let written = seal_by("root", &key, &two("one", "two"), &LIGHT).unwrap();
    let bytes = written.bytes.unwrap();
    let key_sha256 = key.info().sha256;
    let protection = check("root", &bytes, &key_sha256).unwrap();
    assert_eq!(protection, KeyProtection::TwoPasswords { holders: ["ann".into(), "bea".into()] });
    let given = |words: &[&str]| words.iter().map(|w| password(w)).collect::<Vec<_>>();
    assert_eq!(open("root", &bytes, &given(&["one", "two"])).unwrap().pkcs8(), key.pkcs8());
    for wrong in [&["two", "one"][..], &["one", "one"], &["one"], &[], &["one", "two", "three"]] {
        let error = open("root", &bytes, &given(wrong)).unwrap_err();
        assert_eq!(error.kind, Kind::WrongPassword, "{wrong:?}");
        // Which of the two is wrong is not told: each would otherwise be guessed alone.
        assert!(!error.to_string().contains("ann's"), "{error}");
    }
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("\"bea\""), "{text}");
    // In quotes: bea is a hexadecimal number as well.
    let text = text.replace("\"bea\"", "\"eve\"");
    assert_eq!(open("root", text.as_bytes(), &given(&["one", "two"])).unwrap_err().kind, Kind::WrongPassword);
}

#[test]
fn shares_open_in_any_order_and_altered_digests_do_not_help() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let dealt = shares::deal(2, 3).unwrap();
    let bytes = seal_by("root", &key, &Sealing::Shares(dealt.clone()), &LIGHT).unwrap().bytes.unwrap();
    let pick = |at: [usize; 2]| at.map(|i| dealt.shares[i].clone());
    for at in [[0, 1], [2, 0], [1, 2]] {
        assert_eq!(open("root", &bytes, &pick(at)).unwrap().pkcs8(), key.pkcs8());
    }
    assert_eq!(open("root", &bytes, &dealt.shares[..1]).unwrap_err().kind, Kind::WrongPassword);
    assert_eq!(open("root", &bytes, &password("right")).unwrap_err().kind, Kind::WrongPassword);
    let joined = seal_by("root", &key, &Sealing::Password(dealt.joined), &LIGHT).unwrap();
    assert_ne!(joined.bytes.unwrap(), bytes);
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    assert!(text.contains("needed: 2"));
    assert!(open("root", text.replace("needed: 2", "needed: 1").as_bytes(), &dealt.shares[..1]).is_err());
}

#[test]
fn costs_below_what_is_wanted_are_told() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let bytes = file("root", &key, &password("right"), &LIGHT).unwrap().bytes.unwrap();
    let stronger = Protection { argon2_mib: 2, ..LIGHT };
    assert!(is_cheaper(&bytes, &stronger) && !is_cheaper(&bytes, &LIGHT));
    assert!(!is_cheaper(b"nothing", &stronger));
}
