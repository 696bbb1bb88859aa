//! What is written is read again, and no file makes the reader panic.

use super::*;
use crate::model::error::Kind;
use crate::pki::certificate;
use crate::pki::der::{elements, only};
use crate::pki::pem::{self, Found, Opening};

fn secret(text: &str) -> Secret {
    Secret::new(text.into())
}

fn leaf() -> (PrivateKey, Certificate) {
    let made = rcgen::generate_simple_self_signed(["a.example.test".to_owned()]).unwrap();
    (
        PrivateKey::read(&made.signing_key.serialize_der()).unwrap(),
        certificate::read(made.cert.der()).unwrap(),
    )
}

fn open(bytes: &[u8], password: &str) -> Result<Found> {
    pem::open(bytes, Opening { password: Some(&secret(password)), stop: None })
}

#[test]
fn what_is_written_is_read_again() {
    let ((key, own), (_, root)) = (leaf(), leaf());
    let roots = [("Wurzel \u{1f511}".to_owned(), root.clone())];
    let content = Content { key: Some((&key, "mail")), chain: &[own.clone(), root.clone()], roots: &roots };
    for protection in [Protection::Modern, Protection::Legacy] {
        for password in ["geheim", "", "pä55 wörd", "\u{1f511}\u{1f511}"] {
            let file = write_with(&content, &secret(password), protection, 1000).unwrap();
            let found = open(&file, password).unwrap();
            assert_eq!(found.certificates, [own.clone(), root.clone()]);
            assert_eq!((found.keys[0].label.as_str(), found.keys[0].open), ("mail", false));
            assert_eq!(found.keys[0].key.pkcs8(), key.pkcs8());
            assert_eq!(found.labels[&own.sha256], "mail");
            assert!(found.labels[&root.sha256].starts_with("Wurzel "));
            assert_eq!(found.trusted.iter().collect::<Vec<_>>(), [&root.sha256]);
            assert_eq!((found.locked.len(), found.unread.len()), (0, 0));

            let error = open(&file, "wrong").unwrap_err();
            assert_eq!(error.kind, Kind::WrongPassword);
            assert!(error.what.contains("a PKCS#12 file"), "{error}");
            let found = pem::find(&file).unwrap();
            assert_eq!(found.locked, ["a PKCS#12 file"]);
            assert_eq!((found.keys.len(), found.certificates.len()), (0, 0));
        }
    }
}

#[test]
fn what_cannot_be_written_is_refused() {
    let ((key, own), (_, other)) = (leaf(), leaf());
    let write = |content: &Content<'_>, password: &str| {
        write_with(content, &secret(password), Protection::Modern, 1).unwrap_err()
    };
    let good = Content { key: Some((&key, "")), chain: std::slice::from_ref(&own), roots: &[] };
    assert_eq!(write(&good, "a\0b").kind, Kind::Usage);
    let mixed = Content { key: Some((&key, "")), chain: &[other], roots: &[] };
    assert_eq!(write(&mixed, "a").kind, Kind::Refused);
    assert_eq!(write(&Content { key: None, chain: &[], roots: &[] }, "a").kind, Kind::Refused);
}

#[test]
fn parts_may_stand_alone() {
    let (key, own) = leaf();
    let alone = Content { key: Some((&key, "k")), chain: &[], roots: &[] };
    let found = open(&write_with(&alone, &secret("x"), Protection::Modern, 1).unwrap(), "x").unwrap();
    assert_eq!((found.keys.len(), found.certificates.len()), (1, 0));
    let file = write_with(&alone, &secret("x"), Protection::Modern, 1).unwrap();
    assert_eq!(pem::find(&file).unwrap().locked, ["a private key in a PKCS#12 file"]);
    let certificates = Content { key: None, chain: &[own], roots: &[] };
    let found = open(&write_with(&certificates, &secret("x"), Protection::Legacy, 1).unwrap(), "x").unwrap();
    assert_eq!((found.keys.len(), found.certificates.len()), (0, 1));
}

/// Splits a PFX into what stands before the MAC and the content that the MAC is made over.
fn without_mac(file: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let parts = elements(only(0x30, file).unwrap()).unwrap();
    let info = elements(parts[1].2).unwrap();
    ([parts[0].1, parts[1].1].concat(), only(4, info[1].2).unwrap().to_vec())
}

#[test]
fn the_mac_of_rfc_9579_is_checked() {
    let (key, _) = leaf();
    let content = Content { key: Some((&key, "")), chain: &[], roots: &[] };
    let file = write_with(&content, &secret("x"), Protection::Modern, 1).unwrap();
    let (front, safes) = without_mac(&file);
    let named = |oid: &str, rest: &[u8]| wrap(0x30, &[&crate::pki::der::oid(oid).unwrap(), rest].concat());
    let prf = named("1.2.840.113549.2.9", &[5, 0]);
    let length = pbe::integer(32);
    let kdf = wrap(0x30, &[wrap(4, b"saltsalt"), pbe::integer(77), length, prf].concat());
    let kdf = named("1.2.840.113549.1.5.12", &kdf);
    let scheme = named("1.2.840.113549.2.11", &[5, 0]);
    let algorithm = named("1.2.840.113549.1.5.14", &wrap(0x30, &[kdf, scheme].concat()));
    let mut derived = [0; 32];
    pbe::by_pbkdf2(Hash::Sha256, b"x", b"saltsalt", 77, &mut derived, &Work::default()).unwrap();
    let tag =
        aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA512, &derived), &safes);
    let digest = wrap(0x30, &[algorithm, wrap(4, tag.as_ref())].concat());
    let mac = wrap(0x30, &[digest, wrap(4, b"not used"), pbe::integer(1)].concat());
    let file = wrap(0x30, &[front, mac].concat());
    assert_eq!(open(&file, "x").unwrap().keys.len(), 1);
    assert_eq!(open(&file, "y").unwrap_err().kind, Kind::WrongPassword);
}

#[test]
fn how_long_it_takes_to_open_is_said_before() {
    let (key, _) = leaf();
    let content = Content { key: Some((&key, "")), chain: &[], roots: &[] };
    let file = write_with(&content, &secret("x"), Protection::Modern, 1).unwrap();
    let (front, _) = without_mac(&file);
    for (rounds, said) in [(1_000_000, ""), (10_000_000, " that takes long to open (10000000 rounds)")] {
        let mac = wrap(0x30, &[wrap(0x30, &[]), wrap(4, b"salt"), pbe::integer(rounds)].concat());
        let found = pem::find(&wrap(0x30, &[front.clone(), mac].concat())).unwrap();
        assert_eq!(found.locked, [format!("a private key in a PKCS#12 file{said}")]);
    }
}

#[test]
fn a_long_derivation_is_stopped() {
    let (key, _) = leaf();
    let content = Content { key: Some((&key, "")), chain: &[], roots: &[] };
    let file = write_with(&content, &secret("x"), Protection::Modern, 1).unwrap();
    let stop = std::sync::atomic::AtomicBool::new(true);
    let error = pem::open(&file, Opening { password: Some(&secret("x")), stop: Some(&stop) }).unwrap_err();
    assert_eq!(error.kind, Kind::Cancelled);
    // The same file in PEM does not turn it into a complaint.
    let text = pem::write("PKCS12", &file);
    let error =
        pem::open(text.as_bytes(), Opening { password: Some(&secret("x")), stop: Some(&stop) }).unwrap_err();
    assert_eq!(error.kind, Kind::Cancelled);
}

/// A file whose bags lie open, so that changes reach what is inside them.
fn plain_file() -> Vec<u8> {
    let (key, own) = leaf();
    let content = Content { key: Some((&key, "mail")), chain: &[own], roots: &[] };
    let nested = bag(6, &wrap(0x30, &certificate_bags(&content)), Vec::new());
    let bags = [bag(1, key.pkcs8(), vec![friendly_name("mail")]), nested].concat();
    let safes = wrap(0x30, &content_info(oids::DATA, &wrap(4, &wrap(0x30, &bags))));
    wrap(0x30, &[pbe::integer(3), content_info(oids::DATA, &wrap(4, &safes))].concat())
}

#[test]
fn open_and_nested_bags_are_read() {
    let found = pem::find(&plain_file()).unwrap();
    assert_eq!((found.keys.len(), found.certificates.len(), found.labels.len()), (1, 1, 1));
    assert!(found.keys[0].open && found.keys[0].label == "mail");
    // Bags in bags without end are no reason to go on without end.
    let mut bags = Vec::new();
    for _ in 0..50 {
        bags = bag(6, &wrap(0x30, &bags), Vec::new());
    }
    let safes = wrap(0x30, &content_info(oids::DATA, &wrap(4, &wrap(0x30, &bags))));
    let file = wrap(0x30, &[pbe::integer(3), content_info(oids::DATA, &wrap(4, &safes))].concat());
    assert!(pem::find(&file).unwrap_err().what.contains("nesting"));
}

proptest::proptest! {
    #[test]
    fn changed_files_never_panic(changes: Vec<(proptest::sample::Index, u8)>, length: proptest::sample::Index) {
        static FILE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let file = FILE.get_or_init(|| {
            let (key, own) = leaf();
            let content = Content { key: Some((&key, "mail")), chain: &[own], roots: &[] };
            write_with(&content, &secret("x"), Protection::Legacy, 1).unwrap().to_vec()
        });
        let mut changed = file.clone();
        for (at, value) in &changes {
            let at = at.index(changed.len());
            changed[at] = *value;
        }
        let _ = pem::find(&changed);
        let stop = std::sync::atomic::AtomicBool::new(true);
        let _ = pem::open(&changed, Opening { password: Some(&secret("x")), stop: Some(&stop) });
        let _ = pem::find(&file[..length.index(file.len())]);

        static PLAIN: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let mut changed = PLAIN.get_or_init(plain_file).clone();
        for (at, value) in &changes {
            let at = at.index(changed.len());
            changed[at] = *value;
        }
        let _ = pem::find(&changed);
    }
}
