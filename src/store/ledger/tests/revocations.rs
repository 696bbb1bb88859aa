//! What becomes of a revocation: holds, releases, changes of the reason, and history that was brought.

use super::*;
use crate::model::certifier::Debt;

fn change(number: u64, reason: Reason) -> Fact {
    Fact::RevocationChanged {
        certifier: "root".into(),
        serial: serial(number),
        reason,
        at: Timestamp(NOW.0 + 5),
        changed: Timestamp(NOW.0 + 90),
        by: "bob".into(),
        invalidity: Some(Timestamp(NOW.0 - 400)),
        comment: "found\tout".into(),
    }
}

fn release(number: u64) -> Fact {
    Fact::CertificateReleased {
        certifier: "root".into(),
        serial: serial(number),
        at: NOW,
        by: "bob".into(),
        comment: String::new(),
    }
}

fn stands(desk: &Desk, number: u64) -> Option<Revocation> {
    desk.ledger.issued_by_serial("root", &serial(number)).unwrap().unwrap().0.revoked
}

#[test]
fn only_a_hold_is_lifted_and_only_a_compromised_key_changes_a_final_reason() {
    let mut desk = Desk::new();
    desk.commit(&(1..=4).map(|n| issue("root", n)).collect::<Vec<_>>()).unwrap();
    desk.commit(&[
        revoke("root", 1, Reason::CertificateHold),
        revoke("root", 2, Reason::Superseded),
        revoke("root", 3, Reason::CertificateHold),
    ])
    .unwrap();
    for refused in
        [release(2), release(4), change(2, Reason::PrivilegeWithdrawn), change(4, Reason::KeyCompromise)]
    {
        assert_eq!(
            desk.commit(std::slice::from_ref(&refused)).unwrap_err().kind,
            Kind::Refused,
            "{refused:?}"
        );
    }
    desk.commit(&[release(1), change(2, Reason::KeyCompromise), change(3, Reason::Superseded)]).unwrap();
    assert_eq!(stands(&desk, 1), None);
    let changed = stands(&desk, 2).unwrap();
    assert_eq!((changed.at, changed.reason), (Timestamp(NOW.0 + 5), Reason::KeyCompromise));
    assert_eq!((changed.by.as_str(), changed.comment.as_str()), ("bob", "found\tout"));
    assert_eq!(changed.invalidity, Some(Timestamp(NOW.0 - 400)));
    // A compromise may become known to have been earlier; anything else about it stays.
    desk.commit(&[change(2, Reason::KeyCompromise)]).unwrap();
    assert_eq!(desk.commit(&[change(3, Reason::Unspecified)]).unwrap_err().kind, Kind::Refused);
    assert_eq!(desk.ledger.counts().unwrap().1, 2);
    // What was released can be revoked again.
    desk.commit(&[revoke("root", 1, Reason::KeyCompromise)]).unwrap();
    assert_eq!(desk.ledger.verify_audit().unwrap().broken, None);
}

#[test]
fn the_standing_of_a_certificate_is_what_its_row_says() {
    let mut desk = Desk::new();
    let issued: Vec<_> = (1..=4).map(|n| issue("root", n)).collect();
    desk.commit(&issued).unwrap();
    desk.commit(&[
        revoke("root", 1, Reason::Superseded),
        revoke("root", 2, Reason::CertificateHold),
        revoke("root", 3, Reason::CertificateHold),
    ])
    .unwrap();
    desk.commit(&[change(1, Reason::KeyCompromise), release(3)]).unwrap();
    let told: Vec<_> = issued
        .iter()
        .map(|fact| {
            let Fact::CertificateIssued { issued, .. } = fact else { unreachable!() };
            let (row, _) = desk.ledger.issued_by_sha256(&issued.sha256).unwrap().unwrap();
            let standing = desk.ledger.standing(&issued.sha256).unwrap();
            assert_eq!(standing, Some(row.revoked));
            standing.flatten().map(|r| (r.reason, r.by, r.comment))
        })
        .collect();
    assert_eq!(told[0], Some((Reason::KeyCompromise, "bob".into(), "found\tout".into())));
    assert!(told[1].as_ref().is_some_and(|(reason, ..)| *reason == Reason::CertificateHold));
    assert_eq!(told[2..], [None, None]);
    assert_eq!(desk.ledger.standing(&Digest([7; 32])).unwrap(), None);
    assert_eq!(desk.ledger.standing(&Digest::default()).unwrap(), None, "no hash is no certificate");
}

#[test]
fn what_is_owed_counts_every_change_and_knows_what_is_urgent() {
    let mut desk = Desk::new();
    desk.commit(&[issue("root", 1), issue("root", 2), crl("root", 1)]).unwrap();
    assert!(desk.ledger.owed().unwrap().is_empty());
    desk.commit(&[revoke("root", 1, Reason::CertificateHold), change(1, Reason::KeyCompromise)]).unwrap();
    desk.commit(&[revoke("root", 2, Reason::CertificateHold), release(2)]).unwrap();
    let debt = Debt { count: 4, compromise: Some(Timestamp(NOW.0 + 90)), other: Some(Timestamp(NOW.0 + 5)) };
    assert_eq!(desk.ledger.owed().unwrap(), [("root".to_owned(), debt)].into());
    desk.commit(&[crl("root", 2)]).unwrap();
    assert!(desk.ledger.owed().unwrap().is_empty());
}

#[test]
fn history_is_recorded_with_or_without_its_certificates() {
    let mut desk = Desk::new();
    let known = |number| {
        let Fact::CertificateIssued { mut issued, der } = issue("root", number) else { unreachable!() };
        issued.origin.elsewhere = "openssl ca index.txt".into();
        (issued, der)
    };
    let (with, der) = known(1);
    let (without, _) = known(2);
    let without = Issued { sha256: Digest::default(), key_sha256: Digest::default(), ..without };
    let mut old = revoke("root", 2, Reason::Superseded);
    if let Fact::CertificateRevoked { at, .. } = &mut old {
        *at = NOW.plus_days(-900);
    }
    desk.commit(&[
        Fact::CertificateRecorded { issued: with.clone(), der: der.clone() },
        Fact::CertificateRecorded { issued: without, der: Der::default() },
        old,
        issue("root", 3),
    ])
    .unwrap();
    let (row, found) = desk.ledger.issued_by_serial("root", &serial(1)).unwrap().unwrap();
    assert_eq!((&row.origin, found), (&with.origin, der));
    let (row, none) = desk.ledger.issued_by_serial("root", &serial(2)).unwrap().unwrap();
    assert!(!row.is_known() && row.revoked.is_some() && none == Der::default());
    assert_eq!(desk.ledger.issued_by_sha256(&Digest::default()).unwrap(), None);
    assert!(desk.ledger.issued_sharing(&[]).unwrap().is_empty(), "no key is not a shared key");
    assert_eq!(desk.ledger.verify_audit().unwrap().broken, None);
    // A certificate that was issued here is never without its bytes.
    let Fact::CertificateIssued { issued, .. } = issue("root", 4) else { unreachable!() };
    let issued = Issued { sha256: Digest::default(), ..issued };
    assert!(desk.commit(&[Fact::CertificateIssued { issued, der: Der::default() }]).is_err());
}

#[test]
fn a_row_tells_how_it_came_about_and_what_has_taken_its_place() {
    let mut desk = Desk::new();
    let again = |number| {
        let Fact::CertificateIssued { mut issued, der } = issue("root", number) else { unreachable!() };
        (issued.subject, issued.alt_names) = ("CN=same,\"origin\":{".into(), "DNS:same".into());
        issued.approver = "cyd".into();
        issued.origin = Origin {
            profile_version: 3,
            approvals: vec![Approval { by: "cyd".into(), at: NOW }],
            session: "s1".into(),
            ..Origin::default()
        };
        Fact::CertificateIssued { issued, der }
    };
    desk.commit(&[again(1), again(2)]).unwrap();
    desk.commit(&[issue("root", 9), again(3)]).unwrap();
    let row = |n| desk.ledger.issued_by_serial("root", &serial(n)).unwrap().unwrap().0;
    assert_eq!(row(2).origin.approvals[0].by, "cyd");
    let ids = |n| (row(n).earlier.map(|e| e.id), row(n).later.map(|l| l.id));
    assert_eq!(
        [ids(1), ids(2), ids(3), ids(9)],
        [(None, Some(2)), (Some(1), Some(4)), (Some(2), None), (None, None)]
    );
    assert_eq!(row(2).later.unwrap().serial, serial(3));
    assert_eq!(desk.ledger.issued_superseded().unwrap(), [1, 2]);
    assert_eq!(desk.ledger.verify_audit().unwrap().broken, None);
}
