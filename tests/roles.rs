//! Roles and the rule of two people, through the desks of several people on one workspace.

use std::path::Path;

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certifier::{NewCertifier, Policy, Roles};
use ringmaster::model::change::Fact;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::request::RequestId;

use crate::life::{create_keyring, plan};
use crate::support::{config, secret};

/// The desk of a person in the workspace of a folder.
fn person(folder: &Path, name: &str) -> Desk {
    let mut config = config(folder);
    config.operator = name.into();
    Desk::open(&config, None, false).unwrap()
}

fn certifier(desk: &mut Desk, policy: Policy) {
    let asked = NewCertifier {
        name: "root".into(),
        common_name: "Test root".into(),
        key_type: KeyType::P256,
        policy,
        password: secret("ca-pass"),
        repeat: secret("ca-pass"),
        ..NewCertifier::default()
    };
    desk.run(Verb::CreateCertifier(asked)).unwrap();
}

fn roles(caa: &[&str], ra: &[&str], auditor: &[&str]) -> Roles {
    let names = |all: &[&str]| all.iter().map(|n| (*n).to_owned()).collect();
    Roles { caa: names(caa), ra: names(ra), auditor: names(auditor) }
}

/// Holds that a verb is refused by a role, that this stands in the audit chain, and returns the refusal.
fn refused(desk: &mut Desk, verb: Verb) -> Error {
    desk.refresh(true).unwrap();
    let before = desk.state().generation;
    let error = desk.run(verb).unwrap_err();
    assert_eq!(error.kind, Kind::NotAllowed, "{error}");
    assert_eq!(desk.state().generation.0, before.0 + 1, "one entry");
    let last = desk.ledger().audit(1, 1000).unwrap().pop().unwrap();
    let fact: Fact = serde_json::from_str(&last.body).unwrap();
    let Fact::Refused { what, why, .. } = fact else { panic!("{last:?}") };
    assert_eq!((what, why), (error.what.clone(), error.why.clone()));
    error
}

#[test]
fn who_makes_a_certifier_is_its_first_caa_and_ra_and_others_need_a_role() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    certifier(&mut ann, Policy { roles: roles(&["bea"], &["carl"], &["dora"]), ..Policy::default() });
    let made = ann.state().certifiers["root"].policy.roles.clone();
    assert_eq!(made, roles(&["ann", "bea"], &["ann", "carl"], &["dora"]));
    let id = create_keyring(&mut ann, "mail", true);

    // Whoever submitted it may not approve it, whatever the role.
    let error = refused(&mut ann, Verb::Approve { id, plan: plan("root") });
    assert!(error.why.contains("submitted by ann") && error.next.contains("carl"), "{error}");
    // A CAA is no RA by that alone, and an auditor changes nothing.
    let mut bea = person(temp.path(), "bea");
    let error = refused(&mut bea, Verb::Approve { id, plan: plan("root") });
    assert!(error.why.contains("RA, which ann, carl has"), "{error}");
    let mut dora = person(temp.path(), "dora");
    for verb in [
        Verb::Approve { id, plan: plan("root") },
        Verb::Deny { id, reason: "no".into() },
        Verb::IssueCrl { certifier: "root".into() },
    ] {
        assert!(refused(&mut dora, verb).why.contains("auditor"));
    }
    assert_eq!(dora.unlock("root", &secret("ca-pass")).unwrap_err().kind, Kind::NotAllowed);

    // Another RA approves; a CAA signs; an RA alone does not.
    let mut carl = person(temp.path(), "carl");
    let facts = carl.run(Verb::Approve { id, plan: plan("root") }).unwrap().facts;
    assert!(
        matches!(&facts[0], Fact::RequestApproved { by, relaxed, .. } if by == "carl" && relaxed.is_empty())
    );
    assert!(refused(&mut carl, Verb::Issue { ids: vec![id] }).why.contains("CAA"));
    ann.unlock("root", &secret("ca-pass")).unwrap();
    let facts = ann.run(Verb::Issue { ids: vec![id] }).unwrap().facts;
    let Fact::CertificateIssued { issued, .. } = &facts[0] else { panic!("{facts:?}") };
    let revoke =
        Verb::Revoke { certifier: "root".into(), serial: issued.serial.clone(), reason: Reason::Superseded };
    refused(&mut dora, revoke.clone());
    carl.run(revoke).unwrap();
}

#[test]
fn a_relaxation_is_said_in_the_fact_that_used_it_and_nobody_is_locked_out_without_roles() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    certifier(&mut ann, Policy { own_approval: true, ..Policy::default() });
    let id = create_keyring(&mut ann, "mail", true);
    let outcome = ann.run(Verb::Approve { id, plan: plan("root") }).unwrap();
    let Fact::RequestApproved { relaxed, .. } = &outcome.facts[0] else { panic!("{outcome:?}") };
    assert!(relaxed.contains("own-approval"), "{relaxed}");
    assert!(outcome.message.contains("own-approval"), "{}", outcome.message);

    // As made before there were roles: everybody does everything.
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    certifier(&mut ann, Policy::default());
    let file = temp.path().join("data/certifiers/root/certifier.ron");
    let text = std::fs::read_to_string(&file).unwrap();
    let from = text.find("        roles:").unwrap();
    let to = from + text[from..].find("\n    ),").unwrap() + 1;
    std::fs::write(&file, [&text[..from], &text[to..]].concat()).unwrap();
    drop(ann);
    let mut eve = person(temp.path(), "eve");
    assert!(eve.state().certifiers["root"].policy.roles.is_empty(), "{:?}", eve.state().unreadable);
    let id = create_keyring(&mut eve, "mail", true);
    eve.run(Verb::Approve { id, plan: plan("root") }).unwrap();
    eve.unlock("root", &secret("ca-pass")).unwrap();
    eve.run(Verb::Issue { ids: vec![id] }).unwrap();
}

#[test]
fn a_certifier_cannot_be_made_with_roles_that_contradict_each_other() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    let asked = NewCertifier {
        name: "root".into(),
        common_name: "Root".into(),
        policy: Policy { roles: roles(&[], &[], &["ann"]), ..Policy::default() },
        password: secret("x"),
        repeat: secret("x"),
        ..NewCertifier::default()
    };
    let error = ann.run(Verb::CreateCertifier(asked)).unwrap_err();
    assert!(error.kind == Kind::Usage && error.why.contains("auditor"), "{error}");
    assert_eq!(
        ann.run(Verb::Deny { id: RequestId(1), reason: "x".into() }).unwrap_err().kind,
        Kind::NotFound
    );
}
