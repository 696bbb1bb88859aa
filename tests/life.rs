//! The main job through the desk, on real input, with OpenSSL as the judge of what was written.

use std::path::Path;

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certificate::Certificate;
use ringmaster::model::certifier::{NewCertifier, SignedBy};
use ringmaster::model::change::Fact;
use ringmaster::model::error::Kind;
use ringmaster::model::finding::Severity;
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::keyring::{Identity, NewKeyring, Role};
use ringmaster::model::request::{Plan, RequestId, Status};
use ringmaster::model::site::Site;
use ringmaster::ops::ring::Act;
use ringmaster::pki::pem;

use crate::certifiers::asked;
use crate::support::{config, desk, openssl, secret, tool};

pub(crate) fn create_certifier(desk: &mut Desk, name: &str, key_type: KeyType) {
    let asked = NewCertifier { key_type, ..asked(name, SignedBy::Itself) };
    desk.run(Verb::CreateCertifier(asked)).unwrap();
}

pub(crate) fn create_keyring(desk: &mut Desk, name: &str, stash: bool) -> RequestId {
    let asked = NewKeyring {
        name: name.into(),
        identity: Identity {
            hosts: vec![format!("{name}.example.test")],
            organization: "Example".into(),
            country: "DE".into(),
            ..Identity::default()
        },
        password: secret("ring-pass"),
        repeat: secret("ring-pass"),
        stash,
        ..NewKeyring::default()
    };
    let facts = desk.run(Verb::CreateKeyring(asked)).unwrap().facts;
    let id = facts.iter().find_map(|f| match f {
        Fact::RequestReceived { request } => Some(request.id),
        _ => None,
    });
    id.unwrap()
}

pub(crate) fn plan(certifier: &str) -> Plan {
    Plan {
        certifier: certifier.into(),
        profile: "server".into(),
        days: 90,
        reason: String::new(),
        ..Plan::default()
    }
}

pub(crate) fn issue(desk: &mut Desk, id: RequestId, certifier: &str) -> Certificate {
    desk.run(Verb::Approve { id, plan: plan(certifier) }).unwrap();
    let facts = desk.run(Verb::Issue { ids: vec![id] }).unwrap().facts;
    let Fact::CertificateIssued { der, .. } = &facts[0] else { panic!("{facts:?}") };
    ringmaster::pki::certificate::read(&der.0).unwrap()
}

fn write_pem(folder: &Path, name: &str, certificate: &Certificate) {
    std::fs::write(folder.join(name), pem::write("CERTIFICATE", &certificate.der.0)).unwrap();
}

#[test]
fn a_certificate_goes_from_request_to_ring_and_openssl_agrees() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P384);
    let mail = create_keyring(&mut desk, "mail", true);

    // A request made by somebody else.
    openssl(
        folder,
        "req -new -newkey rsa:2048 -nodes -keyout other.key -subj /C=DE/CN=other.example.test -addext subjectAltName=DNS:other.example.test -out other.csr",
    );
    let found = pem::find(&std::fs::read(folder.join("other.csr")).unwrap()).unwrap();
    let import = Verb::import(found.requests, "file other.csr");
    desk.run(import.clone()).unwrap();
    assert_eq!(desk.run(import).unwrap_err().kind, Kind::Refused, "the same request again");
    let other = RequestId(mail.0 + 1);

    // What would be issued.
    let state = desk.state();
    let looked = desk.preview(mail, &plan("root")).unwrap();
    assert!(looked.findings.iter().all(|f| f.severity < Severity::Warning), "{:#?}", looked.findings);
    assert_eq!(looked.certificate.unwrap().subject.der, state.requests[&mail].pkcs10.subject.der);

    let reason = "not one of our machines".to_owned();
    desk.run(Verb::Deny { id: other, reason: reason.clone() }).unwrap();
    assert!(
        matches!(&desk.state().requests[&other].status, Status::Denied { reason: r, .. } if *r == reason)
    );
    assert_eq!(desk.run(Verb::Issue { ids: vec![other] }).unwrap_err().kind, Kind::Refused);

    // Locked again, signing needs the password.
    desk.run(Verb::Approve { id: mail, plan: plan("root") }).unwrap();
    desk.lock(None);
    assert_eq!(desk.run(Verb::Issue { ids: vec![mail] }).unwrap_err().kind, Kind::Locked);
    assert_eq!(desk.unlock("root", &secret("wrong")).unwrap_err().kind, Kind::WrongPassword);
    desk.unlock("root", &secret("ca-pass")).unwrap();
    let facts = desk.run(Verb::Issue { ids: vec![mail] }).unwrap().facts;
    let Fact::CertificateIssued { der, .. } = &facts[0] else { panic!("{facts:?}") };
    let leaf = ringmaster::pki::certificate::read(&der.0).unwrap();

    // The wrong order is refused and names what solves it.
    let install = Verb::ring("mail", Act::Install { certificates: vec![leaf.clone()] });
    let error = desk.run(install.clone()).unwrap_err();
    assert_eq!((error.kind, error.command), (Kind::Refused, Some("keyring.trust")), "{error}");
    let root = desk.state().certifiers["root"].certificate.clone();
    let trust =
        |certificate: &Certificate| Verb::ring("mail", Act::Trust { roots: vec![certificate.clone()] });
    assert_eq!(desk.run(trust(&leaf)).unwrap_err().kind, Kind::Refused, "a server certificate as root");
    desk.run(trust(&root)).unwrap();
    assert_eq!(desk.run(trust(&root)).unwrap_err().kind, Kind::Refused, "twice");
    desk.run(install).unwrap();
    let site = Site {
        name: "mail".into(),
        hosts: vec!["mail.example.test".into()],
        keyring: "mail".into(),
        ..Site::default()
    };
    desk.run(Verb::SaveSite { before: None, site }).unwrap();
    drop(desk);

    // Everything is there after a restart.
    let mut desk = self::desk(folder);
    let state = desk.state();
    let ring = &state.keyrings["mail"];
    assert_eq!(ring.leaf().unwrap().sha256, leaf.sha256);
    assert_eq!(ring.with_role(Role::Root).count(), 1);
    assert_eq!((state.sites.len(), state.requests.len(), state.issued), (1, 2, 1));
    assert!(desk.opens_by_itself("mail"));
    assert_eq!(desk.ledger().verify_audit().unwrap().broken, None);

    // OpenSSL accepts what was written, and reads the ring as it is.
    write_pem(folder, "root.pem", &root);
    write_pem(folder, "leaf.pem", &leaf);
    let verified =
        openssl(folder, "verify -x509_strict -CAfile root.pem -verify_hostname mail.example.test leaf.pem");
    assert!(verified.contains("leaf.pem: OK"), "{verified}");
    assert!(openssl(folder, "x509 -in leaf.pem -noout -text").contains("TLS Web Server Authentication"));
    assert!(openssl(folder, "x509 -in data/keyrings/mail.kyr -noout -subject").contains("mail.example.test"));
    openssl(folder, "pkey -in data/keyrings/mail.kyr -passin pass:ring-pass -noout");
    let crl = openssl(folder, "crl -in data/certifiers/root/crl.pem -CAfile root.pem -noout -text");
    assert!(crl.contains("verify OK") && crl.contains("No Revoked Certificates"), "{crl}");

    // Revoked, the next CRL says so.
    desk.unlock("root", &secret("ca-pass")).unwrap();
    let revoke = Verb::revoke("root", leaf.serial.clone(), Reason::Superseded);
    desk.run(revoke.clone()).unwrap();
    assert_eq!(desk.run(revoke).unwrap_err().kind, Kind::Refused);
    desk.run(Verb::issue_crl("root")).unwrap();
    assert_eq!(desk.state().certifiers["root"].crl.as_ref().unwrap().number, 2);
    let crl = openssl(folder, "crl -in data/certifiers/root/crl.pem -CAfile root.pem -noout -text");
    assert!(crl.contains(&leaf.serial.to_string()) && crl.contains("Superseded"), "{crl}");
}

#[test]
fn what_does_not_fit_a_ring_is_refused() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    create_certifier(&mut desk, "root", KeyType::P256);
    let one = create_keyring(&mut desk, "one", true);
    let two = create_keyring(&mut desk, "two", false);
    let one = issue(&mut desk, one, "root");
    let two = issue(&mut desk, two, "root");
    let root = desk.state().certifiers["root"].certificate.clone();
    let into = |ring: &str, certificates: &[&Certificate], password: Option<&str>| Verb::Ring {
        keyring: ring.into(),
        act: Act::Install { certificates: certificates.iter().map(|c| (*c).clone()).collect() },
        password: password.map(secret),
    };
    let trust = |ring: &str, password: Option<&str>| Verb::Ring {
        keyring: ring.into(),
        act: Act::Trust { roots: vec![root.clone()] },
        password: password.map(secret),
    };
    desk.run(trust("one", None)).unwrap();
    let before = desk.state().keyrings["one"].clone();
    let error = desk.run(into("one", &[&two], None)).unwrap_err();
    assert!(error.why.contains("is not the ring's key"), "{error}");
    assert_eq!(desk.run(into("one", &[&root], None)).unwrap_err().kind, Kind::Refused);
    assert_eq!(desk.run(trust("two", None)).unwrap_err().kind, Kind::Locked, "no stash");
    assert_eq!(desk.run(trust("two", Some("no"))).unwrap_err().kind, Kind::WrongPassword);
    assert_eq!(desk.state().keyrings["one"], before, "nothing changed");
    desk.run(into("one", &[&root, &two, &one], None)).unwrap();
    desk.run(trust("two", Some("ring-pass"))).unwrap();
    desk.run(into("two", &[&two], Some("ring-pass"))).unwrap();

    // Expired by the time it is installed.
    let late = create_keyring(&mut desk, "late", true);
    let late = issue(&mut desk, late, "root");
    desk.run(trust("late", None)).unwrap();
    desk.set_clock(Some(Desk::now().plus_days(91)));
    let error = desk.run(into("late", &[&late], None)).unwrap_err();
    assert!(error.why.contains("ended on"), "{error}");
    desk.set_clock(Some(Desk::now().plus_days(-2)));
    assert!(desk.clock_warning().unwrap().is_some_and(|w| w.contains("last audit entry")));
    let error = desk.run(into("late", &[&late], None)).unwrap_err();
    assert!(error.why.contains("valid from"), "{error}");
}

#[test]
fn a_ring_changed_without_its_password_is_noticed() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    create_certifier(&mut desk, "root", KeyType::P256);
    let id = create_keyring(&mut desk, "mail", true);
    let leaf = issue(&mut desk, id, "root");
    let root = desk.state().certifiers["root"].certificate.clone();
    desk.run(Verb::ring("mail", Act::Trust { roots: vec![root] })).unwrap();
    drop(desk);
    let file = temp.path().join("data/keyrings/mail.kyr");
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(text.contains("trusted: true"), "{text}");
    std::fs::write(&file, text.replace("trusted: true", "trusted: false")).unwrap();
    let mut desk = self::desk(temp.path());
    let install = Verb::ring("mail", Act::Install { certificates: vec![leaf] });
    assert_eq!(desk.run(install).unwrap_err().kind, Kind::Damaged);
}

#[test]
fn a_read_only_desk_changes_nothing() {
    let temp = tempfile::tempdir().unwrap();
    create_certifier(&mut desk(temp.path()), "root", KeyType::P256);
    let mut desk = Desk::open(&config(temp.path()), None, true).unwrap();
    assert!(desk.read_only().is_some());
    let verb = Verb::issue_crl("root");
    assert_eq!(desk.run(verb).unwrap_err().kind, Kind::ReadOnly);
    assert_eq!(desk.unlock("root", &secret("ca-pass")).unwrap_err().kind, Kind::ReadOnly);
    assert_eq!(desk.state().certifiers.len(), 1);
}

#[test]
fn replaying_the_audit_chain_gives_the_state() {
    use ringmaster::model::State;
    use ringmaster::model::keyring::Sealed;
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    ringmaster::demo::furnish(&mut desk, ringmaster::demo::ISSUED, &mut |_| {}).unwrap();
    desk.run(Verb::DeleteSite { name: "archive".into() }).unwrap();
    desk.run(Verb::DeleteKeyring { name: "vpn".into() }).unwrap();
    // One that stands in a ring is revoked after the latest CRL.
    let state = desk.state();
    let here = |c: &&Certificate| state.revocations.is_empty() && !c.is_ca();
    let leaf = state.keyrings.values().filter_map(|r| r.leaf()).find(here).unwrap().clone();
    let certifier = state.certifiers.values().find(|c| c.certificate.subject.der == leaf.issuer.der).unwrap();
    let (certifier, serial) = (certifier.name.clone(), leaf.serial.clone());
    desk.run(Verb::revoke(&certifier, serial, Reason::KeyCompromise)).unwrap();
    let state = desk.state();
    assert!(state.revocations.contains_key(&leaf.sha256) && state.owed[&certifier].count > 0);
    drop(desk);
    let mut desk = self::desk(temp.path());
    assert_eq!(desk.state(), state, "read from the disk it is another one");
    let mut replayed = State::default();
    let mut from = 1;
    loop {
        let entries = desk.ledger().audit(from, 100).unwrap();
        let Some(last) = entries.last() else { break };
        from = last.number + 1;
        for entry in &entries {
            let fact: Fact = serde_json::from_str(&entry.body).unwrap();
            assert_eq!(fact.word(), entry.what);
            replayed.apply(&fact);
        }
    }
    // What is sealed and what are files of their own is not in the chain.
    let mut expected = State::clone(&state);
    expected.keyrings.values_mut().for_each(|r| r.sealed = Sealed::default());
    expected.profiles.clear();
    expected.generation = replayed.generation;
    expected.next_request = expected.next_request.max(1);
    replayed.next_request = replayed.next_request.max(1);
    assert_eq!(replayed, expected);
}

#[test]
fn an_approval_is_good_for_one_certificate_and_for_the_terms_that_were_seen() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    create_certifier(&mut desk, "root", KeyType::P256);
    let one = create_keyring(&mut desk, "one", true);
    desk.run(Verb::Approve { id: one, plan: plan("root") }).unwrap();
    let facts = desk.run(Verb::Issue { ids: vec![one, one] }).unwrap().facts;
    assert_eq!(facts.len(), 1, "named twice, signed once");

    let two = create_keyring(&mut desk, "two", true);
    desk.run(Verb::Approve { id: two, plan: plan("root") }).unwrap();
    let profile = std::fs::read_to_string("assets/profiles/server.ron").unwrap();
    let wider = profile.replace("1.3.6.1.5.5.7.3.1\"", "1.3.6.1.5.5.7.3.1\", \"1.3.6.1.5.5.7.3.3\"");
    assert_ne!(wider, profile);
    std::fs::create_dir_all(temp.path().join("data/profiles")).unwrap();
    std::fs::write(temp.path().join("data/profiles/server.ron"), wider).unwrap();
    desk.refresh(true).unwrap();
    let facts = desk.run(Verb::Issue { ids: vec![two] }).unwrap().facts;
    let [Fact::SigningFailed { reason, .. }] = facts.as_slice() else { panic!("{facts:?}") };
    assert!(reason.contains("was changed since the approval"), "{reason}");
    // Seen and approved again, it is signed.
    desk.run(Verb::Approve { id: two, plan: plan("root") }).unwrap();
    let facts = desk.run(Verb::Issue { ids: vec![two] }).unwrap().facts;
    let Fact::CertificateIssued { der, .. } = &facts[0] else { panic!("{facts:?}") };
    assert_eq!(ringmaster::pki::certificate::read(&der.0).unwrap().extended.len(), 2);
}

#[test]
fn a_compromised_key_is_not_certified_again() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P256);
    let import = |desk: &mut Desk, name: &str| {
        let key = if folder.join("web.key").exists() {
            "-key web.key"
        } else {
            "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout web.key"
        };
        openssl(
            folder,
            &format!("req -new {key} -subj /CN={name} -addext subjectAltName=DNS:{name} -out web.csr"),
        );
        let requests = pem::find(&std::fs::read(folder.join("web.csr")).unwrap()).unwrap().requests;
        let facts = desk.run(Verb::import(requests, "file web.csr")).unwrap().facts;
        let Fact::RequestReceived { request } = &facts[0] else { panic!("{facts:?}") };
        request.id
    };
    let id = import(&mut desk, "a.example.test");
    let leaf = issue(&mut desk, id, "root");
    let id = import(&mut desk, "b.example.test");
    let looked = desk.preview(id, &plan("root")).unwrap();
    let shared = looked.findings.iter().find(|f| f.rule == "key.shared").unwrap();
    assert_eq!(shared.severity, Severity::Warning);
    let revoke = Verb::revoke("root", leaf.serial, Reason::KeyCompromise);
    desk.run(revoke).unwrap();
    let error = desk.run(Verb::Approve { id, plan: plan("root") }).unwrap_err();
    assert!(error.why.contains("others know the key"), "{error}");
}

#[test]
fn certifiers_keep_their_names_and_their_time_apart() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    create_certifier(&mut desk, "root", KeyType::P256);
    let same = NewCertifier {
        name: "other".into(),
        common_name: "Test root".into(),
        organization: "Example".into(),
        country: "DE".into(),
        password: secret("x"),
        repeat: secret("x"),
        ..NewCertifier::default()
    };
    let error = desk.run(Verb::CreateCertifier(same)).unwrap_err();
    assert!(error.what.contains("already has the subject"), "{error}");
    desk.set_clock(Some(Desk::now().plus_days(-700)));
    let error = desk.run(Verb::issue_crl("root")).unwrap_err();
    assert!(error.why.contains("earlier than"), "{error}");
    desk.set_clock(None);
    desk.run(Verb::issue_crl("root")).unwrap();
}
