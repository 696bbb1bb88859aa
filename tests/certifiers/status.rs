//! Disabling, enabling, retiring, and the end of a key.

use ringmaster::desk::{Desk, Verb};
use ringmaster::doctor::examine;
use ringmaster::model::certifier::rollover::NewKey;
use ringmaster::model::certifier::{Certifier, Policy, SignedBy, overview};
use ringmaster::model::change::Fact;
use ringmaster::model::crl::{Due, Light};
use ringmaster::model::error::Kind;
use ringmaster::model::field::{Look, Record};
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::policy::Amendment;
use ringmaster::model::time::Timestamp;
use ringmaster::ops::certifier_status::Step;
use ringmaster::pki::pem;

use super::subordinate::key_files;
use super::{asked, family, write_pem};
use crate::life::{create_keyring, issue, plan};
use crate::support::{desk, openssl, secret, tool};

fn step(name: &str, step: Step, why: &str) -> Verb {
    Verb::CertifierStatus { name: name.into(), step, why: why.into() }
}

#[test]
fn a_disabled_certifier_issues_nothing_and_its_crls_go_on() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    family(&mut desk);
    let mail = create_keyring(&mut desk, "mail", true);
    desk.run(Verb::Approve { id: mail, plan: plan("issuing") }).unwrap();

    assert_eq!(desk.run(step("issuing", Step::Disable, " ")).unwrap_err().kind, Kind::Usage);
    desk.run(step("issuing", Step::Disable, "Ann is away")).unwrap();
    let refused = desk.run(Verb::Issue { ids: vec![mail] }).unwrap_err();
    assert!(refused.kind == Kind::Refused && refused.why.contains("Ann is away"), "{refused}");
    assert_eq!(desk.run(Verb::Approve { id: mail, plan: plan("issuing") }).unwrap_err().kind, Kind::Refused);
    desk.run(Verb::issue_crl("issuing")).unwrap();

    // It is so after reading it from the disk, too.
    drop(desk);
    let mut desk = crate::support::desk(temp.path());
    assert_eq!(desk.state().certifiers["issuing"].status.word(), "disabled");
    desk.unlock("issuing", &secret("ca-pass")).unwrap();
    assert_eq!(desk.run(Verb::Issue { ids: vec![mail] }).unwrap_err().kind, Kind::Refused);
    let facts = desk.run(step("issuing", Step::Enable, "Ann is back")).unwrap().facts;
    assert!(
        matches!(&facts[0], Fact::CertifierStatusChanged { why, .. } if why == "Ann is back"),
        "{facts:?}"
    );
    desk.run(Verb::Issue { ids: vec![mail] }).unwrap();

    desk.run(step("issuing", Step::Retire, "replaced")).unwrap();
    for wrong in [Step::Enable, Step::Disable, Step::Retire] {
        assert_eq!(desk.run(step("issuing", wrong, "x")).unwrap_err().kind, Kind::Refused);
    }
}

#[test]
fn nothing_is_dated_before_what_was_there_first() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    family(&mut desk);
    let mail = create_keyring(&mut desk, "mail", true);
    let mail = issue(&mut desk, mail, "issuing");
    let policy = desk.state().certifiers["issuing"].policy.clone();
    let amend = |days| Verb::Amend {
        certifier: "issuing".into(),
        before: 1,
        amendment: Box::new(Amendment {
            policy: Policy { crl_days: days, ..policy.clone() },
            reason: String::new(),
        }),
    };
    let revoke = Verb::revoke("issuing", mail.serial, Reason::Superseded);
    desk.set_clock(Some(Desk::now().plus_days(-3)));
    for (verb, first) in [
        (revoke.clone(), "its signature"),
        (amend(20), "the present version"),
        (Verb::issue_crl("issuing"), "its latest CRL"),
    ] {
        let refused = desk.run(verb).unwrap_err();
        assert!(refused.kind == Kind::Refused && refused.why.contains(first), "{refused}");
        assert!(refused.next.contains("clock"), "{refused}");
    }
    desk.set_clock(None);
    desk.run(revoke).unwrap();
    desk.run(amend(20)).unwrap();
}

#[test]
fn crls_that_are_signed_together_are_told_together() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    let mut root = asked("root", SignedBy::Itself);
    (root.policy.crl_parts, root.policy.delta_days) = (3, 1);
    let error = desk.run(Verb::CreateCertifier(root.clone())).unwrap_err();
    assert!(error.what.contains("CRLs") && error.why.contains("delta-days"), "{error}");
    root.policy.delta_days = 0;
    desk.run(Verb::CreateCertifier(root)).unwrap();
    let signed = desk.run(Verb::issue_crl("root")).unwrap().message;
    assert_eq!(signed, "Certifier root signed CRL 5 with 0 entries, and its 3 parts.");
    desk.run(step("root", Step::Retire, "end")).unwrap();
    let destroy = Verb::DestroyKey { name: "root".into(), why: "end of service".into() };
    let ended = desk.run(destroy).unwrap().message;
    assert!(ended.contains("CRL 9 with its 3 parts is the last one"), "{ended}");
}

#[test]
fn a_key_ends_with_a_crl_that_outlasts_its_certificates() {
    let Some(_) = tool("openssl") else { return };
    let temp = tempfile::tempdir().unwrap();
    let folder = temp.path();
    let mut desk = desk(folder);
    family(&mut desk);
    let (mail, web) = (create_keyring(&mut desk, "mail", true), create_keyring(&mut desk, "web", true));
    let (mail, web) = (issue(&mut desk, mail, "issuing"), issue(&mut desk, web, "issuing"));
    desk.run(Verb::revoke("issuing", web.serial, Reason::KeyCompromise)).unwrap();

    let destroy = |name: &str| Verb::DestroyKey { name: name.into(), why: "end of service".into() };
    let early = desk.run(destroy("issuing")).unwrap_err();
    assert_eq!((early.kind, early.command), (Kind::Refused, Some("certifier.retire")));
    desk.run(step("root", Step::Retire, "end")).unwrap();
    assert!(desk.run(destroy("root")).unwrap_err().why.contains("issuing below it still issues"));
    desk.run(step("issuing", Step::Retire, "end")).unwrap();
    desk.lock(None);
    assert_eq!(desk.run(destroy("issuing")).unwrap_err().kind, Kind::Locked);
    desk.unlock("issuing", &secret("ca-pass")).unwrap();
    let facts = desk.run(destroy("issuing")).unwrap().facts;
    let [Fact::CrlIssued { crl, .. }, Fact::CertifierStatusChanged { plan, .. }] = facts.as_slice() else {
        panic!("{facts:?}")
    };
    assert!(crl.entries == 1 && crl.next_update > mail.not_after, "{crl:?}");
    assert!(plan.contains("1 certificate is still valid"), "{plan}");
    assert_eq!(key_files(&folder.join("data/certifiers/issuing")), Vec::<String>::new());
    assert!(!desk.unlocked().contains(&"issuing".to_owned()));

    // It signs nothing any more, and says why.
    let revoke = Verb::revoke("issuing", mail.serial.clone(), Reason::KeyCompromise);
    assert!(desk.run(revoke).unwrap_err().why.contains("destroyed"));
    assert!(desk.run(Verb::issue_crl("issuing")).unwrap_err().why.contains("destroyed"));

    let state = desk.state();
    write_pem(folder, "root.pem", [&state.certifiers["root"].certificate]);
    write_pem(folder, "issuing.pem", [&state.certifiers["issuing"].certificate]);
    write_pem(folder, "mail.pem", [&mail]);
    let der = desk.ledger().crl("issuing").unwrap().unwrap();
    std::fs::write(folder.join("last.crl"), pem::write("X509 CRL", &der.0)).unwrap();
    let verified = openssl(
        folder,
        "verify -crl_check -CAfile root.pem -untrusted issuing.pem -CRLfile last.crl mail.pem",
    );
    assert!(verified.contains("OK"), "{verified}");

    // The workspace reads well without the key.
    drop(desk);
    let again = crate::support::desk(folder).state();
    assert_eq!(again.unreadable, []);
    assert_eq!(again.certifiers, state.certifiers);
}

#[test]
fn a_revoked_subordinate_issues_nothing_until_it_has_a_new_key() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    family(&mut desk);
    let (mail, web) = (create_keyring(&mut desk, "mail", true), create_keyring(&mut desk, "web", true));
    desk.run(Verb::Approve { id: mail, plan: plan("issuing") }).unwrap();
    let own = desk.state().certifiers["issuing"].certificate.clone();
    desk.run(Verb::revoke("root", own.serial, Reason::KeyCompromise)).unwrap();

    for again in [false, true] {
        if again {
            // It is so after reading it from the disk, too.
            drop(desk);
            desk = crate::support::desk(temp.path());
            desk.unlock("issuing", &secret("ca-pass")).unwrap();
            desk.unlock("root", &secret("ca-pass")).unwrap();
        }
        let refused = [
            desk.run(Verb::Issue { ids: vec![mail] }).unwrap_err(),
            desk.run(Verb::Approve { id: web, plan: plan("issuing") }).unwrap_err(),
        ];
        for error in refused {
            assert!(error.why.contains("is revoked since") && error.why.contains("keyCompromise"), "{error}");
        }
        let state = desk.state();
        let certifier = &state.certifiers["issuing"];
        let told = overview::of(&state, certifier, false, Desk::now());
        assert!(told.light == Light::Red && told.due[0].1.contains("is revoked"), "{told:?}");
        let look = Look { state: &state, now: Desk::now(), soon: 30, zone: None };
        let shown = (Certifier::field("status").unwrap().get)(certifier, &look);
        assert!(shown.starts_with("signs CRLs only.") && shown.contains("is revoked since"), "{shown}");
        let found = examine(&state, Desk::now(), &[90, 30, 14, 7]);
        assert!(found.iter().any(|f| f.rule == "C05" && f.text.contains("issuing")), "{found:?}");
    }

    // Its CRLs go on, and a new key issues under the same name.
    desk.run(Verb::issue_crl("issuing")).unwrap();
    let mut new = NewKey::after("issuing", KeyType::P256, 5);
    (new.password, new.repeat) = (secret("new-pass"), secret("new-pass"));
    desk.run(Verb::RollOver { name: "issuing".into(), asked: new }).unwrap();
    issue(&mut desk, web, "issuing-2");
}

#[test]
fn parts_that_new_certificates_name_are_due_until_they_are_signed() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    family(&mut desk);
    let due = |desk: &Desk, now| {
        let state = desk.state();
        overview::of(&state, &state.certifiers["root"], false, now).due
    };
    let mut hours = 0;
    for (parts, says) in [(4, "one of 4 parts"), (2, ""), (8, "one of 8 parts")] {
        hours += 1;
        let now = Timestamp(Desk::now().0 + hours * 3600);
        desk.set_clock(Some(now));
        let present = desk.state().certifiers["root"].policy.clone();
        let policy = Policy { crl_parts: parts, ..present.clone() };
        let amendment = Box::new(Amendment { policy, reason: "parts".into() });
        desk.run(Verb::Amend { certifier: "root".into(), before: present.version, amendment }).unwrap();
        let told = due(&desk, now);
        assert!(told.iter().any(|(_, text)| text.contains(says)) != says.is_empty(), "{parts}: {told:?}");
        desk.run(Verb::issue_crl("root")).unwrap();
        assert_eq!(due(&desk, now), []);
    }
}

#[test]
fn a_longer_schedule_lets_the_crl_that_is_there_not_run_out() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    family(&mut desk);
    let present = desk.state().certifiers["root"].policy.clone();
    let policy = Policy { crl_days: 90, ..present.clone() };
    let amendment = Box::new(Amendment { policy, reason: "a quieter root".into() });
    desk.run(Verb::Amend { certifier: "root".into(), before: present.version, amendment }).unwrap();
    let due = |desk: &Desk, days| {
        let state = desk.state();
        overview::of(&state, &state.certifiers["root"], false, Desk::now().plus_days(days)).light
    };
    // It lasts 30 days, as long as the policy said when it was signed.
    assert_eq!((due(&desk, 20), due(&desk, 25)), (Light::Green, Light::Yellow));
    desk.set_clock(Some(Desk::now().plus_days(25)));
    desk.run(Verb::issue_crl("root")).unwrap();
    let crl = desk.state().certifiers["root"].crl.clone().unwrap();
    assert!(!crl.immediate && crl.next_update.days_from(crl.this_update) == 90, "{crl:?}");
    assert_eq!((due(&desk, 90), due(&desk, 93)), (Light::Green, Light::Yellow));
}

#[test]
fn no_crl_is_missed_of_a_certifier_that_has_ended() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    family(&mut desk);
    let state = desk.state();
    let root = &state.certifiers["root"];
    let end = root.certificate.not_after;
    assert_eq!(Due::of(&state, root, false, end).light, Light::Red, "its CRL has long ended");
    let due = Due::of(&state, root, false, end.plus_days(1));
    assert!(due.light == Light::Green && due.lines.is_empty());
    let told = due.told(root.crl.as_ref(), end.plus_days(1));
    assert!(told.starts_with("number 1, valid until") && !told.contains("next due"), "{told}");
    // That it has ended itself is told all the same.
    let status = overview::of(&state, root, false, end.plus_days(1));
    assert!(status.due.iter().any(|(light, text)| *light == Light::Red && text.contains("has ended")));
}
