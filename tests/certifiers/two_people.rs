//! What cannot be undone asks two people where the policy does: destroying a key, giving a certifier up, and letting fewer
//! people open a key.

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certifier::{Policy, Roles, SignedBy};
use ringmaster::model::error::Kind;
use ringmaster::model::policy::Amendment;
use ringmaster::model::protection::Sealing;
use ringmaster::ops::certifier_status::Step;

use super::asked;
use crate::roles::person;
use crate::support::secret;

fn strict() -> Policy {
    let both = || vec!["ann".to_owned(), "bea".to_owned()];
    Policy { roles: Roles { caa: both(), ra: both(), ..Roles::default() }, ..Policy::default() }
}

fn fresh(desk: &mut Desk) -> &mut Desk {
    desk.refresh(true).unwrap();
    desk
}

#[test]
fn who_retires_a_certifier_does_not_destroy_its_key() {
    let temp = tempfile::tempdir().unwrap();
    let (mut ann, mut bea) = (person(temp.path(), "ann"), person(temp.path(), "bea"));
    let mut root = asked("root", SignedBy::Itself);
    root.policy = strict();
    ann.run(Verb::CreateCertifier(root)).unwrap();
    let why = || "the end".to_owned();
    ann.run(Verb::CertifierStatus { name: "root".into(), step: Step::Retire, why: why() }).unwrap();
    let destroy = || Verb::DestroyKey { name: "root".into(), why: why() };
    let error = ann.run(destroy()).unwrap_err();
    assert!(error.kind == Kind::NotAllowed && error.why.contains("ann retired it"), "{error}");
    assert!(error.next.contains("bea"), "{error}");
    fresh(&mut bea).unlock("root", &secret("ca-pass")).unwrap();
    bea.run(destroy()).unwrap();
    assert!(!bea.state().certifiers["root"].status.has_key());
}

#[test]
fn who_makes_a_certifier_does_not_give_it_up() {
    let temp = tempfile::tempdir().unwrap();
    let (mut ann, mut bea) = (person(temp.path(), "ann"), person(temp.path(), "bea"));
    let mut issuing = asked("issuing", SignedBy::Elsewhere);
    issuing.policy = strict();
    ann.run(Verb::CreateCertifier(issuing)).unwrap();
    let give_up = || Verb::GiveUpCertifier { name: "issuing".into() };
    let error = ann.run(give_up()).unwrap_err();
    assert!(error.kind == Kind::NotAllowed && error.why.contains("ann made it"), "{error}");
    fresh(&mut bea).run(give_up()).unwrap();
    assert!(bea.state().awaited.is_empty());
}

#[test]
fn a_second_caa_agrees_before_fewer_people_open_a_key() {
    let temp = tempfile::tempdir().unwrap();
    let (mut ann, mut bea) = (person(temp.path(), "ann"), person(temp.path(), "bea"));
    let mut root = asked("root", SignedBy::Itself);
    root.policy = strict();
    ann.run(Verb::CreateCertifier(root)).unwrap();
    let two = Sealing::TwoPasswords([
        ("ann".to_owned(), secret("one-pass")),
        ("bea".to_owned(), secret("two-pass")),
    ]);
    ann.protect("root", &[secret("ca-pass")], &two).unwrap();
    let both = [secret("one-pass"), secret("two-pass")];
    let one = Sealing::Password(secret("ca-pass"));
    let error = ann.protect("root", &both, &one).unwrap_err();
    assert!(error.kind == Kind::NotAllowed && error.next.contains("weaken-protection=yes"), "{error}");

    let policy =
        Policy { weaken_protection: true, ..fresh(&mut ann).state().certifiers["root"].policy.clone() };
    let amendment = Box::new(Amendment { policy, reason: "a single desk from now on".into() });
    ann.run(Verb::Amend { certifier: "root".into(), before: 1, amendment }).unwrap();
    assert_eq!(ann.protect("root", &both, &one).unwrap_err().kind, Kind::NotAllowed, "it only waits yet");
    let proposal = fresh(&mut bea).state().certifiers["root"].proposal.clone().unwrap();
    bea.unlock("root", &both).unwrap();
    bea.run(Verb::Confirm { certifier: "root".into(), proposal: Box::new(proposal) }).unwrap();
    fresh(&mut ann).protect("root", &both, &one).unwrap();
    assert_eq!(ann.state().certifiers["root"].protection.people(), 1);
}
