//! CRLs: OpenSSL reads and believes them, and so do we; nothing altered or foreign is believed.

use ringmaster::model::bytes::Serial;
use ringmaster::model::certificate::Certificate;
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::time::Timestamp;
use ringmaster::pki::crl::{read, revoked, to_be_signed};
use ringmaster::pki::issue::{assemble, root};
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::name;

use super::{days, now, openssl, reread, write};
use crate::support::tool;

fn authority(kind: KeyType) -> (PrivateKey, Certificate) {
    let key = PrivateKey::generate(kind).unwrap();
    let subject = name::build(&[("O", "Lists"), ("CN", "Lists")]).unwrap();
    let template = root(subject.clone(), key.info(), Serial(vec![1]), days(-10, 100)).unwrap();
    let tbs = ringmaster::pki::issue::to_be_signed(&template, &subject, key.algorithm()).unwrap();
    let der = assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap());
    (key, reread(&der))
}

type Entry = (Serial, Timestamp, Reason);

fn list(key: &PrivateKey, issuer: &Certificate, number: u64, entries: &[Entry]) -> Vec<u8> {
    list_at(now(), key, issuer, number, entries)
}

fn list_at(at: Timestamp, key: &PrivateKey, issuer: &Certificate, number: u64, entries: &[Entry]) -> Vec<u8> {
    let entries = &mut entries.iter().cloned();
    let tbs = to_be_signed(issuer, key.algorithm(), number, at, at.plus_days(7), entries).unwrap();
    assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap())
}

#[test]
fn openssl_believes_our_lists() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for kind in [KeyType::Rsa2048, KeyType::P384, KeyType::Ed25519] {
        let (key, issuer) = authority(kind);
        write(folder, "ca", "CERTIFICATE", &issuer.der.0);
        let present = now();
        let at = present.plus_days(-1);
        let every: Vec<Entry> =
            (2..).zip(Reason::ALL).map(|(n, reason)| (Serial(vec![n, 0xff]), at, reason)).collect();
        for (number, entries) in [(1, &[][..]), (300, &every)] {
            let der = list_at(present, &key, &issuer, number, entries);
            write(folder, "crl", "X509 CRL", &der);
            openssl(folder, &["crl", "-in", "crl.pem", "-CAfile", "ca.pem", "-noout"]);
            let text = openssl(folder, &["crl", "-in", "crl.pem", "-noout", "-text"]);
            assert!(text.contains("Version 2") && text.contains("X509v3 CRL Number"), "{text}");
            assert_eq!(text.contains("No Revoked Certificates"), entries.is_empty(), "{text}");
            assert_eq!(text.matches("CRL Reason Code").count(), entries.len().saturating_sub(1));
            let info = read(&der, &issuer).unwrap();
            assert_eq!((info.number, info.entries), (number, entries.len() as u64));
            assert_eq!((info.this_update, info.next_update), (present, present.plus_days(7)));
            for (serial, _, reason) in entries {
                assert_eq!(revoked(&der, serial).unwrap(), Some(*reason));
            }
            assert_eq!(revoked(&der, &Serial(vec![9, 9])).unwrap(), None);
        }
    }
}

#[test]
fn a_hundred_thousand_entries_are_read_back_by_openssl() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let (key, issuer) = authority(KeyType::P256);
    let entries: Vec<Entry> = (0..100_000_u32)
        .map(|n| (Serial([&[0x41; 12][..], &n.to_be_bytes()].concat()), now(), Reason::Superseded))
        .collect();
    let der = list(&key, &issuer, 1, &entries);
    assert_eq!(read(&der, &issuer).unwrap().entries, 100_000);
    write(folder.path(), "ca", "CERTIFICATE", &issuer.der.0);
    write(folder.path(), "crl", "X509 CRL", &der);
    openssl(folder.path(), &["crl", "-in", "crl.pem", "-CAfile", "ca.pem", "-noout"]);
    let text = openssl(folder.path(), &["crl", "-in", "crl.pem", "-noout", "-text"]);
    assert_eq!(text.matches("Serial Number:").count(), 100_000);
}

#[test]
fn altered_and_foreign_lists_are_not_believed() {
    let (key, issuer) = authority(KeyType::P256);
    let (other, stranger) = authority(KeyType::P256);
    let entry = (Serial(vec![7]), now(), Reason::KeyCompromise);
    let der = list(&key, &issuer, 5, &[entry]);
    assert!(read(&der, &issuer).is_ok());
    assert!(read(&der, &stranger).is_err(), "same name, another key");
    assert!(read(&list(&other, &issuer, 5, &[]), &issuer).is_err());
    for place in 0..der.len() {
        let mut altered = der.clone();
        altered[place] ^= 1;
        assert!(read(&altered, &issuer).is_err(), "octet {place} altered");
        assert!(read(&der[..place], &issuer).is_err(), "cut at {place}");
    }
}

#[test]
fn what_must_not_be_listed_is_refused() {
    let (key, mut issuer) = authority(KeyType::P256);
    let make = |issuer: &Certificate, next: i64, serial: &[u8]| {
        let entry = (Serial(serial.to_vec()), now(), Reason::Unspecified);
        let next = now().plus_days(next);
        to_be_signed(issuer, key.algorithm(), 1, now(), next, &mut std::iter::once(entry))
    };
    assert!(make(&issuer, 1, &[1; 20]).is_ok());
    assert!(make(&issuer, 0, &[1]).is_err());
    assert!(make(&issuer, 1, &[]).is_err());
    assert!(make(&issuer, 1, &[1; 21]).is_err());
    issuer.key_usage = Some(ringmaster::model::certificate::KeyUsage(1 << 5));
    assert!(make(&issuer, 1, &[1]).is_err());
}

#[test]
fn delta_lists_of_openssl_are_refused_and_its_complete_ones_read() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (key, issuer) = authority(KeyType::Rsa2048);
    write(folder, "ca", "CERTIFICATE", &issuer.der.0);
    std::fs::write(folder.join("ca.der"), &key.pkcs8()[..]).unwrap();
    openssl(folder, &["pkey", "-inform", "DER", "-in", "ca.der", "-out", "ca.key"]);
    std::fs::write(
        folder.join("index.txt"),
        "R\t400101000000Z\t260101000000Z,keyCompromise\t0ABC\tunknown\t/CN=x\n",
    )
    .unwrap();
    std::fs::write(folder.join("number"), "0C\n").unwrap();
    let settings = "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\ndefault_md=sha256\n\
                    default_crl_days=5\ncrl_extensions=e\n[e]\nauthorityKeyIdentifier=keyid\n";
    let make = |extra: &str| {
        std::fs::write(folder.join("ca.cnf"), format!("{settings}{extra}")).unwrap();
        let generate = "ca -gencrl -config ca.cnf -keyfile ca.key -cert ca.pem -out crl.pem";
        openssl(folder, &generate.split(' ').collect::<Vec<_>>());
        openssl(folder, &["crl", "-in", "crl.pem", "-outform", "DER", "-out", "crl.der"]);
        std::fs::read(folder.join("crl.der")).unwrap()
    };
    let complete = make("");
    assert_eq!(read(&complete, &issuer).unwrap().entries, 1);
    assert_eq!(revoked(&complete, &Serial(vec![0x0a, 0xbc])).unwrap(), Some(Reason::KeyCompromise));
    let delta = make("2.5.29.27=critical,ASN1:INTEGER:1\n");
    assert!(read(&delta, &issuer).unwrap().base.is_some() && revoked(&delta, &Serial(vec![1])).is_err());
}
