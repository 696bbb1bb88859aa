//! What commits do to the tables.

use proptest::prelude::*;

use super::*;
use crate::model::State;

#[test]
fn what_is_issued_is_found_again() {
    let mut desk = Desk::new();
    desk.commit(&[receive(1), approve(1)]).unwrap();
    desk.commit(&[answer(1, "root", 3), issue("other", 3), issue("root", 2), issue("root", 5)]).unwrap();
    let Fact::CertificateIssued { mut issued, der } = answer(1, "root", 3) else { unreachable!() };
    issued.id = 1;
    issued.later = Some(Named { id: 2, certifier: "other".into(), serial: serial(3) });
    let ledger = &desk.ledger;
    let expected = Some((issued.clone(), der));
    assert_eq!(ledger.issued_by_sha256(&issued.sha256).unwrap(), expected);
    assert_eq!(ledger.issued_by_serial("root", &serial(3)).unwrap(), expected);
    let padded = Serial([&[0, 0][..], &serial(3).0].concat());
    assert_eq!(ledger.issued_by_serial("root", &padded).unwrap(), expected);
    assert_eq!(ledger.issued_by_serial("", &serial(3)).unwrap_err().kind, Kind::Usage);
    assert_eq!(ledger.issued_by_serial("", &serial(5)).unwrap().unwrap().0.id, 4);
    assert_eq!(ledger.issued_by_serial("", &serial(9)).unwrap(), None);
    let keys: Vec<_> = ledger.issued_by_key(&issued.key_sha256).unwrap().iter().map(|i| i.id).collect();
    assert_eq!(keys, [1, 2, 3]);
    assert_eq!(ledger.issued_ids(Order::Issued).unwrap(), [1, 2, 3, 4]);
    assert_eq!(ledger.issued_ids(Order::Ends).unwrap(), [3, 1, 2, 4]);
    assert_eq!(ledger.issued_ids(Order::Subject).unwrap(), [4, 1, 2, 3]);
    assert_eq!(ledger.issued_ids(Order::Serial).unwrap(), [2, 3, 1, 4]);
    let rows: Vec<_> = ledger.issued_rows(&[3, 99, 1]).unwrap().iter().map(|i| i.id).collect();
    assert_eq!(rows, [3, 1]);
    let mut texts = Vec::new();
    ledger.issued_texts(0, &mut |id, text| texts.push((id, text.to_owned()))).unwrap();
    let first = "root\u{1f}40404040404040400000000000000003\u{1f}cn=host9997.example.test,o=ünïcode\u{1f}dns:host3.example.test";
    assert_eq!(texts[0], (1, first.to_owned()));
    assert_eq!(texts.len(), 4);
    let status = ledger.request(RequestId(1)).unwrap().unwrap().status;
    assert!(matches!(status, Status::Issued { serial: s, .. } if s == serial(3)));
}

#[test]
fn a_commit_is_all_or_nothing() {
    let mut desk = Desk::new();
    desk.commit(&[issue("root", 1)]).unwrap();
    let before = (desk.ledger.counts().unwrap(), desk.ledger.audit(1, 99).unwrap());
    let Fact::CertificateIssued { issued, .. } = issue("root", 2) else { unreachable!() };
    let altered = Fact::CertificateIssued { issued, der: Der(vec![1]) };
    let wrong = [
        (issue("root", 1), Kind::Refused),
        (altered, Kind::Internal),
        (revoke("root", 7, Reason::Superseded), Kind::NotFound),
        (deny(9), Kind::NotFound),
    ];
    for (fact, kind) in wrong {
        let refused = desk.commit(&[receive(1), fact.clone()]).unwrap_err();
        assert_eq!(refused.kind, kind, "{fact:?}: {refused}");
        assert_eq!((desk.ledger.counts().unwrap(), desk.ledger.audit(1, 99).unwrap()), before);
    }
    desk.commit(&[revoke("root", 1, Reason::Superseded)]).unwrap();
    assert_eq!(desk.commit(&[revoke("root", 1, Reason::Superseded)]).unwrap_err().kind, Kind::Refused);
    let stale = desk.ledger.commit(Generation(1), NOW, "bob", &[receive(1)], &[]);
    assert_eq!(stale.unwrap_err().kind, Kind::Moved);
}

#[test]
fn revoked_and_unexpired_certificates_are_listed_by_serial() {
    let mut desk = Desk::new();
    let all: Vec<_> = (1..=6).rev().map(|n| issue("root", n)).chain([issue("other", 2)]).collect();
    desk.commit(&all).unwrap();
    for n in [5, 1, 3] {
        desk.commit(&[revoke("root", n, Reason::KeyCompromise)]).unwrap();
    }
    desk.commit(&[revoke("other", 2, Reason::Unspecified)]).unwrap();
    let mut listed = Vec::new();
    desk.ledger
        .revoked("root", 0, NOW.plus_days(3), &mut |l| {
            listed.push((Serial(l.serial.to_vec()), l.at, l.reason.unwrap()));
            Ok(())
        })
        .unwrap();
    let at = Timestamp(NOW.0 + 5);
    assert_eq!(listed, [(serial(3), at, Reason::KeyCompromise), (serial(5), at, Reason::KeyCompromise)]);
    let row = desk.ledger.issued_by_serial("root", &serial(3)).unwrap().unwrap().0;
    assert_eq!(
        row.revoked,
        Some(Revocation {
            at,
            reason: Reason::KeyCompromise,
            invalidity: None,
            by: "ann".into(),
            comment: String::new(),
        })
    );
}

#[test]
fn a_revocation_stays_until_it_has_stood_on_a_crl_made_after_the_end() {
    let mut desk = Desk::new();
    let made = |number, days| {
        let Fact::CrlIssued { certifier, mut crl, der } = crl("root", number) else { unreachable!() };
        crl.this_update = NOW.plus_days(days);
        Fact::CrlIssued { certifier, crl, der }
    };
    desk.commit(&[issue("root", 3), made(1, 0), revoke("root", 3, Reason::KeyCompromise)]).unwrap();
    let listed = |desk: &Desk, days| {
        let mut listed = 0;
        let count = &mut |_: Listed<'_>| {
            listed += 1;
            Ok(())
        };
        desk.ledger.revoked("root", 0, NOW.plus_days(days), count).unwrap();
        listed
    };
    assert_eq!((listed(&desk, 1), listed(&desk, 30)), (1, 1), "it ended before it stood on any CRL");
    desk.commit(&[made(2, 2)]).unwrap();
    assert_eq!(listed(&desk, 30), 1, "it stood on one, which was made before its end");
    desk.commit(&[made(3, 30)]).unwrap();
    assert_eq!(listed(&desk, 60), 0, "it stood on one made after its end");
}

#[test]
fn a_number_is_given_once_even_when_the_signing_failed() {
    let mut desk = Desk::new();
    let certificate = |n| (Signing::Certificate(serial(n)), digest("tbs"));
    desk.commit(&[issue("root", 1), crl("root", 1)]).unwrap();
    desk.ledger.intend("root", NOW, &[certificate(2), (Signing::Crl(7), digest("crl"))]).unwrap();
    for spent in
        [certificate(1), certificate(2), (Signing::Crl(7), digest("x")), (Signing::Crl(6), digest("x"))]
    {
        let refused = desk.ledger.intend("root", NOW, &[certificate(3), spent]);
        assert_eq!(refused.unwrap_err().kind, Kind::Refused);
    }
    let twice = desk.ledger.intend("root", NOW, &[certificate(4), certificate(4)]);
    assert_eq!(twice.unwrap_err().kind, Kind::Refused);
    desk.ledger.intend("other", NOW, &[certificate(2)]).unwrap();
    assert_eq!(desk.ledger.last_crl_number("root").unwrap(), 7);
    assert_eq!(desk.ledger.last_crl_number("none").unwrap(), 0);
    // Nothing of a refused batch stays.
    assert_eq!(desk.ledger.unfinished_intents(None).unwrap().len(), 3);
}

#[test]
fn making_a_certifier_can_be_tried_again() {
    let mut desk = Desk::new();
    for key in ["first key", "second key"] {
        desk.ledger.intend("root", NOW, &[(Signing::Crl(1), digest(key))]).unwrap();
    }
    desk.commit(&[crl("root", 1)]).unwrap();
    let left = desk.ledger.unfinished_intents(None).unwrap();
    assert_eq!(left.iter().map(|u| u.tbs).collect::<Vec<_>>(), [digest("first key")]);
    let again = desk.ledger.intend("root", NOW, &[(Signing::Crl(1), digest("third key"))]);
    assert_eq!(again.unwrap_err().kind, Kind::Refused);
}

#[test]
fn intents_end_as_a_signature_or_abandoned() {
    let mut desk = Desk::new();
    let work: Vec<_> =
        (1..=3).map(|n| (Signing::Certificate(serial(n)), digest(&format!("tbs {n}")))).collect();
    desk.ledger.intend("root", NOW, &work[..2]).unwrap();
    desk.ledger.intend("root", NOW.plus_days(1), &work[2..]).unwrap();
    desk.commit(&[issue("root", 1)]).unwrap();
    let old = desk.ledger.unfinished_intents(Some(NOW.plus_days(1))).unwrap();
    assert_eq!(old.len(), 1);
    assert_eq!((&old[0].what, old[0].tbs, old[0].at), (&work[1].0, work[1].1, NOW));
    assert_eq!(desk.ledger.unfinished_intents(None).unwrap().len(), 2);
    let on = desk.ledger.generation().unwrap();
    desk.ledger.abandon(on, NOW, "ann", &old).unwrap();
    assert_eq!(desk.ledger.unfinished_intents(None).unwrap().len(), 1);
    assert_eq!(desk.ledger.audit(3, 1).unwrap()[0].what, "signing abandoned");
    // The signature turns up after all.
    desk.commit(&[issue("root", 2)]).unwrap();
    assert_eq!(desk.ledger.verify_audit().unwrap().broken, None);
}

#[test]
fn files_are_pending_until_they_are_done() {
    let mut desk = Desk::new();
    let file = |temporary: &str, path: &str| PendingFile { temporary: temporary.into(), path: path.into() };
    let files = [file(".tmp-1", "keyrings/a.kyr"), file("", "keyrings/b.kyr")];
    desk.ledger.commit(Generation(1), NOW, "ann", &[receive(1)], &files).unwrap();
    let mut other = SqliteLedger::open(&desk.path(), false).unwrap();
    let same = other.commit(Generation(2), NOW, "bob", &[receive(2)], &[file(".tmp-2", "keyrings/a.kyr")]);
    assert_eq!(same.unwrap_err().kind, Kind::Conflict);
    other.commit(Generation(2), NOW, "bob", &[receive(2)], &[file(".tmp-2", "keyrings/c.kyr")]).unwrap();
    desk.ledger.files_done().unwrap();
    assert_eq!(other.pending_files().unwrap(), [file(".tmp-2", "keyrings/c.kyr")]);
    // Recovery in a third console takes over what is left.
    let mut third = SqliteLedger::open(&desk.path(), false).unwrap();
    third.files_done().unwrap();
    assert_eq!(third.pending_files().unwrap().len(), 1);
    third.files_done().unwrap();
    assert_eq!(other.pending_files().unwrap(), []);
}

#[test]
fn consoles_side_by_side_lose_nothing() {
    const EACH: u64 = 40;
    let desk = Desk::new();
    let path = desk.path();
    let moved: u64 = std::thread::scope(|scope| {
        let work = |first: u64| {
            let path = &path;
            move || {
                let mut ledger = SqliteLedger::open(path, false).unwrap();
                let mut moved = 0;
                for n in first..first + EACH {
                    ledger.intend("root", NOW, &[(Signing::Certificate(serial(n)), digest("tbs"))]).unwrap();
                    loop {
                        let on = ledger.generation().unwrap();
                        match ledger.commit(on, NOW, "ann", &[issue("root", n)], &[]) {
                            Ok(_) => break,
                            Err(e) => assert_eq!(e.kind, Kind::Moved, "{e}"),
                        }
                        moved += 1;
                    }
                }
                moved
            }
        };
        let threads = [scope.spawn(work(0)), scope.spawn(work(EACH)), scope.spawn(work(2 * EACH))];
        threads.into_iter().map(|t| t.join().unwrap()).sum()
    });
    eprintln!("{moved} commits were moved");
    assert_eq!(desk.ledger.counts().unwrap(), (3 * EACH, 0, 1));
    assert_eq!(desk.ledger.generation().unwrap(), Generation(1 + 3 * EACH));
    let verified = desk.ledger.verify_audit().unwrap();
    assert_eq!((verified.entries, verified.broken), (1 + 3 * EACH, None));
    assert_eq!(desk.ledger.unfinished_intents(None).unwrap(), []);
}

#[test]
fn control_characters_of_the_operator_do_not_reach_the_chain() {
    let mut desk = Desk::new();
    let on = desk.ledger.generation().unwrap();
    desk.ledger.commit(on, NOW, "an\tn\n\u{1b}", &[receive(1)], &[]).unwrap();
    assert_eq!(desk.ledger.audit(2, 1).unwrap()[0].operator, "an\\09n\\0A\\1B");
    assert_eq!(desk.ledger.verify_audit().unwrap().broken, None);
    assert_eq!(desk.ledger.last_entry_time().unwrap(), Some(NOW));
}

fn steps() -> impl Strategy<Value = Vec<(u8, u64)>> {
    proptest::collection::vec((0u8..6, 1u64..7), 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn replaying_the_chain_gives_what_the_tables_hold(steps in steps()) {
        let mut desk = Desk::new();
        for (step, n) in steps {
            let next = desk.ledger.counts().unwrap().2;
            let fact = match step {
                0 => receive(next),
                1 => approve(n),
                2 => deny(n),
                3 => answer(n, "root", n),
                4 => revoke("root", n, Reason::Superseded),
                _ => crl("root", n),
            };
            // What contradicts the tables is refused, and leaves no trace in the chain.
            let _refused = desk.commit(&[fact]);
        }
        let mut replayed = State { next_request: 1, ..State::default() };
        for entry in desk.ledger.audit(1, usize::MAX).unwrap() {
            replayed.apply(&serde_json::from_str(&entry.body).unwrap());
        }
        let mut requests = desk.ledger.open_requests().unwrap();
        prop_assert!(requests.iter().all(|r| r.status.is_open()));
        let closed = desk.ledger.closed_requests(usize::MAX).unwrap();
        prop_assert!(closed.iter().all(|r| !r.status.is_open()));
        requests.extend(closed);
        requests.sort_by_key(|r| r.id);
        prop_assert_eq!(&requests, &replayed.requests.values().cloned().collect::<Vec<_>>());
        for request in &requests {
            let found = desk.ledger.requests_by_sha256(&request.pkcs10.sha256).unwrap();
            prop_assert_eq!(found.as_slice(), std::slice::from_ref(request));
        }
        let newest: Vec<_> = desk.ledger.requests(None, None, 99).unwrap().into_iter().rev().collect();
        prop_assert_eq!(newest, requests);
        let counts = (replayed.issued, replayed.revoked, replayed.next_request);
        prop_assert_eq!(desk.ledger.counts().unwrap(), counts);
        prop_assert_eq!(desk.ledger.verify_audit().unwrap().broken, None);
    }
}
