//! Roles and the rule of two people, through the desks of several people on one workspace.

use std::path::Path;

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certifier::{NewCertifier, Policy, Roles};
use ringmaster::model::change::Fact;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::policy::Amendment;
use ringmaster::model::protection::Sealing;
use ringmaster::model::request::RequestId;
use ringmaster::ops::amend::consequences;
use ringmaster::store::shares;

use crate::life::{create_keyring, plan};
use crate::support::{config, openssl, secret, tool};

/// The desk of a person in the workspace of a folder.
pub(crate) fn person(folder: &Path, name: &str) -> Desk {
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
    Roles { caa: names(caa), ra: names(ra), auditor: names(auditor), ..Roles::default() }
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
    assert!(error.why.contains("RA, which ann, carl have"), "{error}");
    let mut dora = person(temp.path(), "dora");
    for verb in [
        Verb::Approve { id, plan: plan("root") },
        Verb::Deny { id, reason: "no".into() },
        Verb::issue_crl("root"),
    ] {
        assert!(refused(&mut dora, verb).why.contains("auditor"));
    }
    // Nor does she change what belongs to no certifier.
    let verb = Verb::ReportKey { key: Default::default(), why: "seen".into() };
    assert!(refused(&mut dora, verb.clone()).why.contains("auditor"));
    // Everybody else reports a key, and who may revoke takes that back.
    let mut emil = person(temp.path(), "emil");
    emil.run(verb).unwrap();
    let clear = Verb::ClearKey { key: Default::default(), why: "a mistake".into() };
    assert!(refused(&mut emil, clear.clone()).why.contains("RA or CAA, which ann, carl, bea have"));
    person(temp.path(), "carl").run(clear).unwrap();
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
    let revoke = Verb::revoke("root", issued.serial.clone(), Reason::Superseded);
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
    for signed in ["policy-1.ron", "policy-1.sig"] {
        std::fs::remove_file(file.with_file_name(signed)).unwrap();
    }
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

#[test]
fn rejecting_what_somebody_else_proposes_needs_a_reason_and_taking_ones_own_back_does_not() {
    let temp = tempfile::tempdir().unwrap();
    let (mut ann, mut bea) = (person(temp.path(), "ann"), person(temp.path(), "bea"));
    certifier(&mut ann, Policy { roles: roles(&["bea"], &[], &[]), ..Policy::default() });
    let withdraw = |reason: &str| Verb::Withdraw { certifier: "root".into(), reason: reason.into() };
    amend(&mut ann, |policy| policy.crl_days = 20).unwrap();
    bea.refresh(true).unwrap();
    let error = bea.run(withdraw(" ")).unwrap_err();
    assert!(error.kind == Kind::Usage && error.what.contains("ann"), "{error}");
    bea.run(withdraw("too short")).unwrap();
    amend(&mut ann, |policy| policy.crl_days = 25).unwrap();
    ann.run(withdraw("")).unwrap();
}

/// Amends the policy as this person, from what the desk shows now.
fn amend(desk: &mut Desk, change: impl FnOnce(&mut Policy)) -> Result<Vec<Fact>, Error> {
    desk.refresh(true).unwrap();
    let present = desk.state().certifiers["root"].policy.clone();
    let mut policy = present.clone();
    change(&mut policy);
    let amendment = Box::new(Amendment { policy, reason: "because".into() });
    desk.run(Verb::Amend { certifier: "root".into(), before: present.version, amendment }).map(|o| o.facts)
}

fn confirm(desk: &mut Desk) -> Verb {
    desk.refresh(true).unwrap();
    let proposal = desk.state().certifiers["root"].proposal.clone().unwrap();
    Verb::Confirm { certifier: "root".into(), proposal: Box::new(proposal) }
}

#[test]
fn a_single_caa_amends_alone_and_every_version_is_signed() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    certifier(&mut ann, Policy { own_approval: true, ..Policy::default() });
    let id = create_keyring(&mut ann, "mail", true);
    ann.run(Verb::Approve { id, plan: plan("root") }).unwrap();

    assert_eq!(amend(&mut ann, |_| {}).unwrap_err().kind, Kind::Refused, "nothing differs");
    let error = amend(&mut ann, |p| p.roles = Roles::default()).unwrap_err();
    assert!(error.next.contains("CAA"), "{error}");
    assert!(amend(&mut ann, |p| p.roles.caa.clear()).unwrap_err().why.contains("CAA"));
    // A comma that is missing would make one name of two, and nobody could amend anything any more.
    let error = amend(&mut ann, |p| p.roles.caa = vec!["ann bea".into()]).unwrap_err();
    assert!(error.why.contains("ann would be no administrator") && error.why.contains("ann bea"), "{error}");
    assert!(amend(&mut ann, |p| p.profile = "none".into()).is_err());
    ann.lock(None);
    let to = |p: &mut Policy| p.crl_url = "http://crl.example.test/new.crl".into();
    assert_eq!(amend(&mut ann, to).unwrap_err().kind, Kind::Locked);
    ann.unlock("root", &secret("ca-pass")).unwrap();

    // What was approved under the terms before has to be approved again, and this is said beforehand.
    let root = ann.state().certifiers["root"].clone();
    let mut wanted = root.policy.clone();
    to(&mut wanted);
    let told = consequences(&ann.state(), &root, &wanted).join(" ");
    assert!(told.contains("Request 1 has to be approved again"), "{told}");
    let facts = amend(&mut ann, to).unwrap();
    let Fact::PolicyAmended { policy, version: Some(version), .. } = &facts[0] else { panic!("{facts:?}") };
    assert!(policy.version == 2 && version.alone.contains("no second CAA"), "{version:?}");
    // It is not signed, and goes back under review.
    let facts = ann.run(Verb::Issue { ids: vec![id] }).unwrap().facts;
    let [Fact::SigningFailed { reason, .. }] = &facts[..] else { panic!("{facts:?}") };
    assert!(reason.contains("changed since the approval"), "{reason}");

    // An amendment of what was looked at before is refused.
    let stale = Amendment { policy: Policy { crl_days: 3, ..root.policy }, reason: String::new() };
    let stale = Verb::Amend { certifier: "root".into(), before: 1, amendment: Box::new(stale) };
    assert_eq!(ann.run(stale).unwrap_err().kind, Kind::Conflict);

    // Another console reads both versions, and OpenSSL verifies them.
    let again = person(temp.path(), "ann");
    assert_eq!(again.state().certifiers["root"], ann.state().certifiers["root"]);
    assert_eq!(again.state().certifiers["root"].versions.len(), 2);
    if tool("openssl").is_some() {
        let folder = temp.path().join("data/certifiers/root");
        openssl(&folder, "x509 -in certificate.pem -pubkey -noout -out key.pem");
        for version in [1, 2] {
            let check =
                format!("dgst -sha256 -verify key.pem -signature policy-{version}.sig policy-{version}.ron");
            assert!(openssl(&folder, &check).contains("Verified OK"));
        }
        std::fs::remove_file(folder.join("key.pem")).unwrap();
    }
    assert_eq!(ann.ledger().verify_audit().unwrap().broken, None);
}

#[test]
fn a_second_caa_confirms_what_was_proposed_and_nobody_confirms_the_own() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    certifier(&mut ann, Policy { roles: roles(&["bea"], &["carl"], &[]), ..Policy::default() });
    let mut bea = person(temp.path(), "bea");
    let mut carl = person(temp.path(), "carl");

    assert_eq!(amend(&mut carl, |p| p.crl_days = 7).unwrap_err().kind, Kind::NotAllowed);
    ann.lock(None);
    let facts = amend(&mut ann, |p| p.crl_days = 7).unwrap();
    assert!(matches!(&facts[0], Fact::PolicyProposed { .. }), "nothing is signed: {facts:?}");
    assert_eq!(ann.state().certifiers["root"].policy.version, 1);
    let own = confirm(&mut ann);
    assert!(refused(&mut ann, own).why.contains("another CAA"));
    let by_ra = confirm(&mut carl);
    refused(&mut carl, by_ra);
    assert_eq!(amend(&mut bea, |p| p.crl_days = 9).unwrap_err().command, Some("certifier.proposal"));

    // What is confirmed is what was seen: the proposer may have changed it since.
    let seen = confirm(&mut bea);
    amend(&mut ann, |p| p.crl_days = 8).unwrap();
    bea.unlock("root", &secret("ca-pass")).unwrap();
    assert_eq!(bea.run(seen).unwrap_err().kind, Kind::Conflict);
    let verb = confirm(&mut bea);
    let facts = bea.run(verb).unwrap().facts;
    let Fact::PolicyAmended { version: Some(version), .. } = &facts[0] else { panic!("{facts:?}") };
    assert_eq!((version.by.as_str(), version.confirmed.as_str()), ("ann", "bea"));
    assert!(version.alone.is_empty() && version.reason == "because");
    let root = bea.state().certifiers["root"].clone();
    assert_eq!((root.policy.version, root.policy.crl_days, root.proposal), (2, 8, None));

    // Rejecting, and giving up one's own role.
    amend(&mut bea, |p| p.roles.caa.retain(|n| n != "bea")).unwrap();
    ann.refresh(true).unwrap();
    ann.run(Verb::Withdraw { certifier: "root".into(), reason: "stay".into() }).unwrap();
    assert_eq!(ann.state().certifiers["root"].proposal, None);
    let none = Verb::Withdraw { certifier: "root".into(), reason: String::new() };
    assert_eq!(ann.run(none).unwrap_err().kind, Kind::Refused);
    drop((ann, carl));
    let again = person(temp.path(), "ann");
    bea.refresh(true).unwrap();
    assert_eq!(again.state().certifiers["root"], bea.state().certifiers["root"]);
    assert_eq!(bea.ledger().verify_audit().unwrap().broken, None);
}

#[test]
fn a_policy_that_was_changed_by_hand_is_not_used() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    certifier(&mut ann, Policy { own_approval: true, ..Policy::default() });
    amend(&mut ann, |p| p.crl_days = 7).unwrap();
    drop(ann);
    let folder = temp.path().join("data/certifiers/root");
    let changed = |file: &str, change: &dyn Fn(String) -> Option<String>| {
        let path = folder.join(file);
        let before = std::fs::read_to_string(&path).unwrap();
        match change(before.clone()) {
            Some(text) => {
                assert_ne!(text, before);
                std::fs::write(&path, text).unwrap();
            }
            None => std::fs::remove_file(&path).unwrap(),
        }
        let desk = person(temp.path(), "ann");
        assert!(!desk.state().certifiers.contains_key("root"), "{file}");
        let why = format!("{:?}", desk.state().unreadable);
        std::fs::write(&path, before).unwrap();
        why
    };
    let why = changed("certifier.ron", &|t| Some(t.replace("amend_alone: false", "amend_alone: true")));
    assert!(why.contains("differs from the signed version 2"), "{why}");
    let why = changed("certifier.ron", &|t| Some(t.replace("version: 2", "version: 3")));
    assert!(why.contains("policy-3.ron is missing"), "{why}");
    let why = changed("policy-2.ron", &|t| Some(t.replace("crl_days: 7", "crl_days: 8")));
    assert!(why.contains("signature does not fit"), "{why}");
    let why = changed("policy-1.ron", &|t| Some(t.replace("crl_days: 30", "crl_days: 31")));
    assert!(why.contains("signature does not fit"), "{why}");
    let why = changed("policy-2.ron", &|_| None);
    assert!(why.contains("policy-2.ron is missing"), "{why}");
    assert!(person(temp.path(), "ann").state().certifiers.contains_key("root"));
}

/// The key files of a certifier in the workspace, those of the history included.
fn key_files(folder: &Path) -> Vec<String> {
    let place = folder.join("data/certifiers/root");
    let mut found = Vec::new();
    for folder in [place.clone(), place.join(".history")] {
        for entry in std::fs::read_dir(folder).into_iter().flatten() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            found.extend(name.starts_with("key.").then_some(name));
        }
    }
    found
}

#[test]
fn the_key_climbs_the_ladder_and_leaves_no_rung_behind() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    certifier(&mut ann, Policy { roles: roles(&[], &["carl"], &[]), ..Policy::default() });
    let one = secret("ca-pass");
    let both = [("ann".to_owned(), secret("first")), ("bea".to_owned(), secret("second"))];
    let two = Sealing::TwoPasswords(both);
    let (first, second) = (secret("first"), secret("second"));

    // What opens it now is needed, and the role; both refusals are recorded.
    assert_eq!(ann.protect("root", &first, &two).unwrap_err().kind, Kind::WrongPassword);
    let mut carl = person(temp.path(), "carl");
    assert_eq!(carl.protect("root", &one, &two).unwrap_err().kind, Kind::NotAllowed);
    ann.refresh(true).unwrap();
    let message = ann.protect("root", &one, &two).unwrap().message;
    assert!(message.contains("the passwords of ann and bea together, no longer by a password"), "{message}");
    assert_eq!(key_files(temp.path()), ["key.ron"]);
    ann.lock(None);
    assert_eq!(ann.unlock("root", &one).unwrap_err().kind, Kind::WrongPassword);
    assert_eq!(
        ann.unlock("root", &[second.clone(), first.clone()][..]).unwrap_err().kind,
        Kind::WrongPassword
    );
    ann.unlock("root", &[first.clone(), second.clone()][..]).unwrap();
    ann.run(Verb::issue_crl("root")).unwrap();

    // Shares: dealt first, and only then the key is sealed by them.
    let dealt = shares::deal(2, 3).unwrap();
    ann.protect("root", &[first.clone(), second.clone()][..], &Sealing::Shares(dealt.clone())).unwrap();
    assert_eq!(key_files(temp.path()), ["key.ron"]);
    let pick = |at: [usize; 2]| at.map(|i| dealt.shares[i].clone());
    assert_eq!(ann.rehearse("root", &pick([2, 0])[..]).unwrap(), "the shares 3, 1");
    let error = ann.rehearse("root", &pick([1, 1])[..]).unwrap_err();
    assert!(error.what.contains("Share 2 was given already"), "{error}");
    assert!(ann.rehearse("root", &[first, second][..]).is_err());

    // Shared anew: the shares of before are of another set, and are named.
    let anew = shares::deal(2, 2).unwrap();
    ann.protect("root", &pick([0, 1])[..], &Sealing::Shares(anew.clone())).unwrap();
    let error = ann.unlock("root", &pick([0, 1])[..]).unwrap_err();
    assert!(error.what.contains("Share 1 is of the set"), "{error}");
    ann.unlock("root", &anew.shares).unwrap();

    // Another desk sees the same, and the chain tells of it without any secret.
    let mut again = person(temp.path(), "ann");
    assert_eq!(again.state().certifiers["root"], ann.state().certifiers["root"]);
    let told = format!("{:?}", again.ledger().audit(1, 1000).unwrap());
    for word in ["key protected", "unlock rehearsed", "unlock failed", "refused"] {
        assert!(told.contains(word), "{word}");
    }
    for secret in dealt.shares.iter().chain(&anew.shares) {
        assert!(!told.contains(&secret.expose()[..9]), "a share is told");
    }
    assert_eq!(again.ledger().verify_audit().unwrap().broken, None);
}

#[test]
fn cheap_passwords_are_sealed_anew_when_the_settings_want_more() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    certifier(&mut ann, Policy::default());
    let file = temp.path().join("data/certifiers/root/key.ron");
    assert!(std::fs::read_to_string(&file).unwrap().contains("memory_mib: 8"));
    drop(ann);
    let mut config = config(temp.path());
    config.operator = "ann".into();
    config.protection.argon2_mib = 16;
    let mut ann = Desk::open(&config, None, false).unwrap();
    assert!(ann.unlock("root", &secret("wrong")).is_err());
    assert!(std::fs::read_to_string(&file).unwrap().contains("memory_mib: 8"));
    ann.unlock("root", &secret("ca-pass")).unwrap();
    assert!(std::fs::read_to_string(&file).unwrap().contains("memory_mib: 16"));
    assert_eq!(key_files(temp.path()), ["key.ron"]);
    ann.unlock("root", &secret("ca-pass")).unwrap();
}

#[test]
fn a_key_is_locked_again_after_as_many_signatures_as_the_policy_says() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = person(temp.path(), "ann");
    certifier(&mut ann, Policy { own_approval: true, relock_after: 2, ..Policy::default() });
    let crl = || Verb::issue_crl("root");
    ann.run(crl()).unwrap();
    assert_eq!((ann.unlocked().len(), ann.locked_why()), (1, None));
    ann.run(crl()).unwrap();
    assert!(ann.unlocked().is_empty());
    assert!(ann.locked_why().unwrap().contains("after 2 signatures"));
    assert_eq!(ann.run(crl()).unwrap_err().kind, Kind::Locked);
    ann.unlock("root", &secret("ca-pass")).unwrap();
    ann.run(crl()).unwrap();
    ann.relock("because");
    assert_eq!((ann.unlocked().len(), ann.locked_why().as_deref()), (0, Some("because")));
}
