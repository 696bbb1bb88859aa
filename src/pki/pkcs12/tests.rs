//! What is written is read again, and no file makes the reader panic.

use super::*;
use crate::model::error::Kind;
use crate::pki::certificate;
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
    }
}
