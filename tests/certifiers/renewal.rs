//! A subordinate's certificate is renewed for the same key, here and by an authority elsewhere; OpenSSL judges.

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certifier::rollover::NewKey;
use ringmaster::model::certifier::{NewCertifier, SignedBy};
use ringmaster::model::change::Fact;
use ringmaster::model::error::Kind;
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::pki::pem;

use super::{asked, read_pem, write_pem};
use crate::life::{create_keyring, issue};
use crate::support::{desk, openssl, secret, tool};

/// Counts the numbers that were ever reserved for a signature.
fn intents(desk: &Desk) -> i64 {
    let ledger = rusqlite::Connection::open(desk.folder().join("ledger.db")).unwrap();
    ledger.query_row("SELECT count(*) FROM intent", [], |row| row.get(0)).unwrap()
}

#[test]
fn the_certifier_above_renews_it_and_what_it_has_issued_stays_good() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    desk.run(Verb::CreateCertifier(asked("root", SignedBy::Itself))).unwrap();
    let mut below = asked("issuing", SignedBy::Certifier("root".into()));
    (below.years, below.path_length) = (2, Some(0));
    below.unit = "Web".into();
    below.permitted = ringmaster::model::certifier::constraints::read("dns:example.test").unwrap();
    desk.run(Verb::CreateCertifier(below)).unwrap();
    let mail = create_keyring(&mut desk, "mail", true);
    let leaf = issue(&mut desk, mail, "issuing");
    let before = desk.state().certifiers["issuing"].clone();
    assert!(before.certificate.subject.text().contains("OU=Web"), "{}", before.certificate.subject);

    let renew = |years| Verb::RenewCertifier { name: "issuing".into(), years };
    // What is refused leaves no trace: no number is reserved and nothing is signed. It needs no unlocked key to be told.
    let (reserved, generation) = (intents(&desk), desk.state().generation);
    let error = desk.run(renew(1)).unwrap_err();
    assert!(error.kind == Kind::Refused && error.why.contains("not later"), "{error}");
    let error = desk.run(renew(0)).unwrap_err();
    assert!(error.why.contains("not later"), "{error}");
    desk.lock(None);
    assert!(desk.run(renew(1)).unwrap_err().why.contains("not later"));
    assert_eq!((intents(&desk), desk.state().generation), (reserved, generation));
    desk.unlock("root", &secret("ca-pass")).unwrap();
    desk.unlock("issuing", &secret("ca-pass")).unwrap();
    desk.run(renew(5)).unwrap();
    let state = desk.state();
    let (root, after) = (&state.certifiers["root"], &state.certifiers["issuing"]);
    assert_eq!(after.certificate.key, before.certificate.key);
    assert_eq!(after.certificate.subject, before.certificate.subject);
    assert_eq!(
        (&after.certificate.ski, after.certificate.basic),
        (&before.certificate.ski, before.certificate.basic)
    );
    assert_ne!(after.certificate.serial, before.certificate.serial);
    assert!(after.certificate.not_after > before.certificate.not_after);
    let constraint = |c: &ringmaster::model::certificate::Certificate| {
        c.extensions.iter().find(|e| e.oid == "2.5.29.30").cloned().unwrap()
    };
    assert_eq!(constraint(&after.certificate), constraint(&before.certificate));
    let row = desk.ledger().issued_by_sha256(&after.certificate.sha256).unwrap().unwrap().0;
    assert_eq!((row.certifier.as_str(), row.profile.as_str()), ("root", "sub-ca"));
    assert_eq!(row.earlier.map(|e| e.serial), Some(before.certificate.serial));

    // What it issued before and issues now verifies with the new certificate, and its CRL is good.
    let web = create_keyring(&mut desk, "web", true);
    let later = issue(&mut desk, web, "issuing");
    desk.run(Verb::issue_crl("issuing")).unwrap();
    write_pem(folder, "root.pem", [&root.certificate]);
    write_pem(folder, "new.pem", [&after.certificate]);
    write_pem(folder, "leaf.pem", [&leaf]);
    write_pem(folder, "later.pem", [&later]);
    for file in ["leaf.pem", "later.pem"] {
        let said =
            openssl(folder, &format!("verify -x509_strict -CAfile root.pem -untrusted new.pem {file}"));
        assert!(said.contains("OK"), "{said}");
    }
    // The disk tells the same, and the audit chain holds.
    let state = desk.state();
    assert_eq!(desk.ledger().verify_audit().unwrap().broken, None);
    drop(desk);
    let mut desk = crate::support::desk(folder);
    assert_eq!((&desk.state().certifiers, &desk.state().unreadable), (&state.certifiers, &Vec::new()));

    // After the root's key was rolled over, the new root renews it.
    let mut new = NewKey::after("root", KeyType::P256, 12);
    (new.password, new.repeat) = (secret("new-pass"), secret("new-pass"));
    desk.unlock("root", &secret("ca-pass")).unwrap();
    desk.run(Verb::RollOver { name: "root".into(), asked: new }).unwrap();
    desk.run(renew(8)).unwrap();
    let issuing = desk.state().certifiers["issuing"].clone();
    assert_eq!(issuing.parent.as_deref(), Some("root-2"));
    assert_eq!(issuing.root(), Some(&desk.state().certifiers["root-2"].certificate));
    // One that ends with the root, as the new one would however many years are asked, is not renewed before the root.
    let reserved = intents(&desk);
    desk.run(renew(30)).unwrap();
    assert_eq!(intents(&desk), reserved + 1);
    let error = desk.run(renew(40)).unwrap_err();
    assert!(error.why.contains("root-2 ends then itself"), "{error}");
    assert_eq!(intents(&desk), reserved + 1);
    let root = Verb::RenewCertifier { name: "root-2".into(), years: 9 };
    assert!(desk.run(root).unwrap_err().why.contains("It is a root"));
}

#[test]
fn an_authority_elsewhere_renews_it_by_a_request_of_the_same_key() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    desk.run(Verb::CreateCertifier(asked("issuing", SignedBy::Elsewhere))).unwrap();
    let request = desk.state().awaited["issuing"].request.clone();
    std::fs::write(folder.join("sub.csr"), pem::write("CERTIFICATE REQUEST", &request.der.0)).unwrap();
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout up.key -subj /CN=Upper -days 3650 -addext keyUsage=critical,keyCertSign,cRLSign -out up.pem",
    );
    let sign = |request: &str, days: u32, out: &str| {
        openssl(
            folder,
            &format!(
                "x509 -req -in {request} -CA up.pem -CAkey up.key -days {days} -copy_extensions copyall -out {out}"
            ),
        );
    };
    sign("sub.csr", 365, "sub.pem");
    desk.unlock("issuing", &secret("ca-pass")).unwrap();
    let bring = |files: &[&str]| {
        let certificates = files.iter().flat_map(|f| read_pem(folder, f)).collect();
        Verb::CompleteCertifier { name: "issuing".into(), certificates }
    };
    desk.run(bring(&["up.pem", "sub.pem"])).unwrap();

    // Nobody here stands above it: a request goes out, made by its own key.
    let here = Verb::RenewCertifier { name: "issuing".into(), years: 2 };
    assert!(desk.run(here).unwrap_err().next.contains("--request"));
    let asks = Verb::RequestCertifier { name: "issuing".into() };
    desk.lock(None);
    assert_eq!(desk.run(asks.clone()).unwrap_err().kind, Kind::Locked);
    desk.unlock("issuing", &secret("ca-pass")).unwrap();
    let facts = desk.run(asks).unwrap().facts;
    let [Fact::CertifierRequested { der, .. }] = &facts[..] else { panic!("{facts:?}") };
    std::fs::write(folder.join("again.csr"), pem::write("CERTIFICATE REQUEST", &der.0)).unwrap();
    let text = openssl(folder, "req -in again.csr -noout -text -verify");
    assert!(text.contains("CA:TRUE, pathlen:0") && text.contains("Certificate Sign, CRL Sign"), "{text}");
    sign("again.csr", 900, "again.pem");
    sign("again.csr", 100, "short.pem");
    // It needs no key to be taken.
    desk.lock(None);
    let error = desk.run(bring(&["up.pem", "short.pem"])).unwrap_err();
    assert!(error.why.contains("and the present one on"), "{error}");
    desk.run(bring(&["up.pem", "again.pem"])).unwrap();
    let issuing = desk.state().certifiers["issuing"].clone();
    assert_eq!(issuing.certificate.sha256, read_pem(folder, "again.pem")[0].sha256);
    drop(desk);
    let again = crate::support::desk(folder).state();
    assert_eq!((&again.certifiers["issuing"], again.unreadable.len()), (&issuing, 0));
}

#[test]
fn a_key_that_others_know_gets_no_other_certificate_and_no_request() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    desk.run(Verb::CreateCertifier(asked("root", SignedBy::Itself))).unwrap();
    for (name, reason) in
        [("first", Reason::KeyCompromise), ("second", Reason::CaCompromise), ("third", Reason::Superseded)]
    {
        let below = NewCertifier { years: 2, ..asked(name, SignedBy::Certifier("root".into())) };
        desk.run(Verb::CreateCertifier(below)).unwrap();
        let serial = desk.state().certifiers[name].certificate.serial.clone();
        desk.run(Verb::revoke("root", serial, reason)).unwrap();
    }
    let renew = |name: &str| Verb::RenewCertifier { name: name.into(), years: 5 };
    let ask = |name: &str| Verb::RequestCertifier { name: name.into() };
    let (reserved, generation) = (intents(&desk), desk.state().generation);
    for (name, reason) in [("first", "keyCompromise"), ("second", "cACompromise")] {
        for verb in [renew(name), ask(name)] {
            let error = desk.run(verb).unwrap_err();
            assert!(error.kind == Kind::Refused && error.why.contains("others know the key"), "{error}");
            assert!(error.why.contains(reason), "{error}");
            assert!(error.next.contains(&format!("certifier rollover {name}")), "{error}");
        }
    }
    assert_eq!((intents(&desk), desk.state().generation), (reserved, generation));
    // What was revoked for another reason gets its other certificate.
    desk.run(ask("third")).unwrap();
    let before = desk.state().certifiers["third"].certificate.serial.clone();
    desk.run(renew("third")).unwrap();
    // That of before tells as well, when it turns out later.
    desk.run(Verb::revoke("root", before, Reason::KeyCompromise)).unwrap();
    for verb in [ask("third"), Verb::RenewCertifier { name: "third".into(), years: 7 }] {
        let error = desk.run(verb).unwrap_err();
        assert!(error.why.contains("others know the key (keyCompromise)"), "{error}");
    }

    // The same of a key that was reported or listed, until a new one takes over.
    let below = NewCertifier { years: 2, ..asked("fourth", SignedBy::Certifier("root".into())) };
    desk.run(Verb::CreateCertifier(below)).unwrap();
    let key = desk.state().certifiers["fourth"].certificate.key.sha256;
    let list = Verb::ImportKeyList {
        name: "known".into(),
        source: "known.txt".into(),
        bytes: format!("{key}\n").into_bytes().into(),
    };
    desk.run(list).unwrap();
    let error = desk.run(renew("fourth")).unwrap_err();
    assert!(error.why.contains("the list \"known\""), "{error}");
    desk.run(Verb::DropKeyList { name: "known".into() }).unwrap();
    desk.run(Verb::ReportKey { key, why: "found on a stick".into() }).unwrap();
    let error = desk.run(renew("fourth")).unwrap_err();
    assert!(error.why.contains("found on a stick"), "{error}");
    for name in ["first", "third", "fourth"] {
        let mut new = NewKey::after(name, KeyType::P256, 2);
        (new.password, new.repeat) = (secret("new-pass"), secret("new-pass"));
        desk.run(Verb::RollOver { name: name.into(), asked: new }).unwrap();
        desk.run(renew(&format!("{name}-2"))).unwrap();
    }
}
