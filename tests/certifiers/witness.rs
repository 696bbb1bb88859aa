//! Where a policy names witnesses, one of them confirms each use of the key by the code of that very step.

use std::path::Path;

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::certifier::{Policy, Roles, SignedBy};
use ringmaster::model::change::Fact;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::policy::Amendment;
use ringmaster::model::protection::Sealing;
use ringmaster::model::witness::Witness;

use super::asked;
use crate::life::{create_keyring, plan};
use crate::roles::person;
use crate::support::secret;

/// The desk of Ann with a certifier whose signatures Cora witnesses.
fn watched(folder: &Path) -> Desk {
    let mut ann = person(folder, "ann");
    let mut root = asked("root", SignedBy::Itself);
    let roles = Roles { witness: vec!["cora".into()], ..Roles::default() };
    root.policy = Policy { roles, own_approval: true, ..Policy::default() };
    ann.run(Verb::CreateCertifier(root)).unwrap();
    ann
}

/// Returns the code at the end of a step that nobody has confirmed yet.
#[track_caller]
fn code(error: &Error) -> String {
    assert_eq!(error.kind, Kind::Unwitnessed, "{error}");
    error.what.rsplit(' ').next().unwrap().trim_end_matches('.').to_owned()
}

fn says(name: &str, code: &str) -> Witness {
    Witness { name: name.into(), code: code.into() }
}

#[test]
fn nothing_is_signed_until_a_witness_has_confirmed_this_very_step() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = watched(temp.path());
    let id = create_keyring(&mut ann, "mail", true);
    ann.run(Verb::Approve { id, plan: plan("root") }).unwrap();
    let issue = || Verb::Issue { ids: vec![id] };
    let error = ann.run(issue()).unwrap_err();
    assert!(error.what.contains("request 1") && error.why.contains("cora"), "{error}");
    let right = code(&error);
    for (name, given) in [("ann", right.as_str()), ("carl", &right), ("cora", "aaa-aaa")] {
        ann.witness(says(name, given));
        let before = ann.ledger().head().unwrap().number;
        let error = ann.run(issue()).unwrap_err();
        assert_eq!(error.kind, Kind::NotAllowed, "{name} {given}: {error}");
        assert_eq!(ann.ledger().head().unwrap().number, before + 1, "the refusal is recorded");
    }
    assert_eq!(ann.state().issued, 0);
    ann.witness(says("cora", &right.to_uppercase()));
    let outcome = ann.run(issue()).unwrap();
    let [Fact::StepWitnessed { certifier, by, step }, ..] = outcome.facts.as_slice() else {
        panic!("{:?}", outcome.facts)
    };
    assert!(certifier == "root" && by == "cora" && step.contains("request 1"), "{step}");
    assert_eq!(ann.state().issued, 1);
    // The same word does not do for the next step.
    let next = code(&ann.run(Verb::issue_crl("root")).unwrap_err());
    assert_ne!(next, right);
    ann.witness(says("cora", &right));
    assert_eq!(ann.run(Verb::issue_crl("root")).unwrap_err().kind, Kind::NotAllowed);
    ann.witness(says("cora", &next));
    ann.run(Verb::issue_crl("root")).unwrap();
    // Each CRL is a step of its own.
    assert_ne!(code(&ann.run(Verb::issue_crl("root")).unwrap_err()), next);
}

#[test]
fn the_rule_itself_is_amended_before_a_witness_and_so_is_the_protection() {
    let temp = tempfile::tempdir().unwrap();
    let mut ann = watched(temp.path());
    let policy = ann.state().certifiers["root"].policy.clone();
    let amend = |witness: &[&str]| {
        let mut policy = policy.clone();
        policy.roles.witness = witness.iter().map(|n| (*n).to_owned()).collect();
        let amendment = Box::new(Amendment { policy, reason: String::new() });
        Verb::Amend { certifier: "root".into(), before: 1, amendment }
    };
    let error = ann.run(amend(&[])).unwrap_err();
    assert!(error.what.contains("Witnesses: none, was cora"), "{error}");
    let off = code(&error);
    let sealing = Sealing::Password(secret("other-pass"));
    let error = ann.protect("root", &[secret("ca-pass")], &sealing).unwrap_err();
    ann.witness(says("cora", &code(&error)));
    let outcome = ann.protect("root", &[secret("ca-pass")], &sealing).unwrap();
    assert!(matches!(outcome.facts.first(), Some(Fact::StepWitnessed { .. })), "{:?}", outcome.facts);
    // The same once more is another step, also in another session.
    ann = person(temp.path(), "ann");
    let again = code(&ann.protect("root", &[secret("other-pass")], &sealing).unwrap_err());
    assert_ne!(again, code(&error));
    ann.witness(says("cora", &code(&error)));
    let refused = ann.protect("root", &[secret("other-pass")], &sealing).unwrap_err();
    assert_eq!(refused.kind, Kind::NotAllowed, "{refused}");
    ann.unlock("root", &[secret("other-pass")]).unwrap();
    // Ann is the only CAA: she would have to witness what she does.
    let error = ann.run(amend(&["ann"])).unwrap_err();
    ann.witness(says("cora", &code(&error)));
    let error = ann.run(amend(&["ann"])).unwrap_err();
    assert!(error.kind == Kind::Refused && error.why.contains("cannot witness"), "{error}");
    // Something was confirmed since: the code of before is of no use.
    ann.witness(says("cora", &off));
    assert_eq!(ann.run(amend(&[])).unwrap_err().kind, Kind::NotAllowed);
    let error = ann.run(amend(&[])).unwrap_err();
    ann.witness(says("cora", &code(&error)));
    ann.run(amend(&[])).unwrap();
    ann.run(Verb::issue_crl("root")).unwrap();
}
