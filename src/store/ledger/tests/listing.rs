//! One list of every certificate.

use super::*;
use crate::store::listing::{Here, merge};

/// A certificate of the workspace with the keys of a row of the issued list, or of its own.
fn here(row: &Issued, sha256: Digest) -> Here {
    Here {
        sha256,
        listed: true,
        subject: row.subject.clone(),
        certifier: row.certifier.clone(),
        serial: row.serial.clone(),
        not_before: row.not_before,
        not_after: row.not_after,
    }
}

#[test]
fn each_certificate_stands_once_and_in_order() {
    let mut desk = Desk::new();
    let facts: Vec<Fact> = (1..=300).map(|n| issue(if n % 3 == 0 { "b" } else { "a" }, n)).collect();
    desk.commit(&facts).unwrap();
    let ids: Vec<u32> = (1..=300).collect();
    let rows = desk.ledger.issued_rows(&ids).unwrap();
    for order in [Order::Issued, Order::Ends, Order::Subject, Order::Serial] {
        let ordered = desk.ledger.issued_ids(order).unwrap();
        // Every seventh stands in the workspace; every eleventh has a neighbour that was issued elsewhere.
        let mut local: Vec<Here> = rows.iter().step_by(7).map(|row| here(row, row.sha256)).collect();
        for (number, row) in rows.iter().enumerate().step_by(11) {
            local.push(here(row, digest(&format!("elsewhere {number}"))));
        }
        let listing = merge(&desk.ledger, order, &ordered, local.clone()).unwrap();
        assert_eq!(listing.places.len(), local.len());
        assert_eq!(listing.issued.len(), rows.iter().step_by(7).count());
        let (mut places, mut ids) = (listing.places.iter().peekable(), listing.ids.iter());
        let mut whole: Vec<Here> = Vec::new();
        for index in 0..local.len() + listing.ids.len() {
            let next = places.next_if(|(at, _)| *at == index);
            whole.push(match next {
                Some((_, digest)) => local.iter().find(|h| h.sha256 == *digest).unwrap().clone(),
                None => {
                    let id = *ids.next().expect("places ascend and leave no gap");
                    let row = &rows[id as usize - 1];
                    here(row, row.sha256)
                }
            });
        }
        let mut digests: Vec<_> = whole.iter().map(|h| h.sha256).collect();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), whole.len(), "{order:?}: one stands twice");
        let key = |h: &Here| match order {
            Order::Issued => (String::new(), Vec::new(), h.not_before),
            Order::Ends => (String::new(), Vec::new(), h.not_after),
            Order::Subject => (h.subject.clone(), Vec::new(), NOW),
            Order::Serial => (h.certifier.clone(), h.serial.0.clone(), NOW),
        };
        assert!(whole.is_sorted_by_key(key), "{order:?}");
    }
}

#[test]
fn what_is_not_listed_is_looked_up_and_left_where_it_is() {
    let mut desk = Desk::new();
    desk.commit(&[issue("a", 1), issue("a", 2)]).unwrap();
    let rows = desk.ledger.issued_rows(&[2]).unwrap();
    let one = Here { listed: false, ..here(&rows[0], rows[0].sha256) };
    let listing = merge(&desk.ledger, Order::Issued, &[1, 2], vec![one]).unwrap();
    assert_eq!((listing.ids.as_slice(), listing.places.len()), ([1, 2].as_slice(), 0));
    assert_eq!(listing.issued, rows);
}

#[test]
fn what_ends_within_days_is_found_without_what_is_revoked() {
    let mut desk = Desk::new();
    desk.commit(&[issue("a", 1), issue("a", 2), issue("a", 3), issue("a", 90)]).unwrap();
    let (certifier, by) = ("a".to_owned(), "ann".to_owned());
    let fact =
        Fact::CertificateRevoked { certifier, serial: serial(2), reason: Reason::Superseded, at: NOW, by };
    desk.commit(&[fact]).unwrap();
    let mut ids = desk.ledger.issued_ending(NOW, NOW.plus_days(3)).unwrap();
    ids.sort_unstable();
    assert_eq!(ids, [1, 3]);
}
