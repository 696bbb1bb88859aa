//! One list of every certificate.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::model::filter::{Candidate, Moment, parse};
use crate::model::finding::Subject;
use crate::store::listing::{Grouping, Here, Listing, Sort, Wish, list, timeline};
use crate::store::search::Search;

const AT: Moment = Moment { now: NOW, soon: 30 };

/// A certificate of the workspace with the keys of a row of the issued list, or of its own.
fn here(row: &Issued, sha256: Digest) -> Here {
    Here {
        sha256,
        listed: true,
        subject: row.subject.clone(),
        certifier: row.certifier.clone(),
        issuer: row.certifier.clone(),
        names: row.alt_names.clone(),
        serial: row.serial.clone(),
        not_before: row.not_before,
        not_after: row.not_after,
        key: row.key.clone(),
        key_sha256: row.key_sha256,
        revoked: row.revoked.as_ref().map(|r| r.reason),
        places: vec![Subject::Keyring("mail".into())],
        leaf_of: 1,
    }
}

/// A ledger of 300 that differ in everything a filter looks at.
fn furnished() -> (Desk, Vec<Issued>) {
    let mut desk = Desk::new();
    let mut facts: Vec<Fact> = (1..=300).map(|n| issue(if n % 3 == 0 { "b" } else { "a" }, n)).collect();
    for (n, fact) in (1_u64..).zip(&mut facts) {
        let Fact::CertificateIssued { issued, .. } = fact else { unreachable!() };
        let days = |by: u64| i64::try_from(by).unwrap();
        issued.key = ["P-256", "RSA 2048", "RSA 4096", "Ed25519"][usize::try_from(n % 4).unwrap()].into();
        issued.alt_names = format!("DNS:host{}.example.test DNS:*.w{}.test", n / 2 * 2, n % 7);
        issued.not_before = NOW.plus_days(days(n % 50) - 45);
        issued.not_after = if n == 77 { Timestamp(9_000_000_000) } else { NOW.plus_days(days(n % 90) - 20) };
        issued.at = NOW.plus_days(-days(n % 60));
        issued.profile = if n % 5 == 0 { "Client" } else { "server" }.into();
        issued.by = if n % 2 == 0 { "Ann" } else { "bob" }.into();
        issued.approver = if n % 4 == 0 { "Cyd" } else { "dora, Ann" }.into();
        issued.supersedes = (n % 30 == 0).then(|| n - 29);
    }
    desk.commit(&facts).unwrap();
    let revoked = [10, 30, 90].map(|n| revoke(if n % 3 == 0 { "b" } else { "a" }, n, Reason::Superseded));
    desk.commit(&revoked).unwrap();
    let rows = desk.ledger.issued_rows(&(1..=300).collect::<Vec<_>>()).unwrap();
    (desk, rows)
}

/// Every seventh row stands in the workspace, and every eleventh has a neighbour that was issued elsewhere.
fn local(rows: &[Issued]) -> Vec<Here> {
    let mut local: Vec<Here> = rows.iter().step_by(7).map(|row| here(row, row.sha256)).collect();
    for (number, row) in rows.iter().enumerate().step_by(11) {
        local.push(here(row, digest(&format!("elsewhere {number}"))));
    }
    local
}

fn ask(desk: &Desk, search: &mut Search, wish: &Wish) -> Listing {
    let ordered = desk.ledger.issued_ids(wish.order()).unwrap();
    list(&desk.ledger, search, &ordered, wish, &mut || {}).unwrap()
}

/// Lays the list out: the digest of each row.
fn whole(listing: &Listing, rows: &[Issued]) -> Vec<Digest> {
    let (mut places, mut ids) = (listing.places.iter().peekable(), listing.ids.iter());
    let all = (0..listing.len()).map(|index| match places.next_if(|(at, _)| *at == index) {
        Some((_, digest)) => *digest,
        None => rows[*ids.next().expect("places ascend and leave no gap") as usize - 1].sha256,
    });
    all.collect()
}

#[test]
fn each_certificate_stands_once_and_in_order_from_either_end() {
    let (desk, rows) = furnished();
    let local = local(&rows);
    let known: BTreeMap<Digest, Here> = rows
        .iter()
        .map(|r| (r.sha256, here(r, r.sha256)))
        .chain(local.iter().map(|h| (h.sha256, h.clone())))
        .collect();
    for sort in Sort::ALL {
        let wish = Wish { sort, at: AT, here: local.clone(), ..Wish::default() };
        let listing = ask(&desk, &mut Search::default(), &wish);
        assert_eq!(listing.places.len(), local.len());
        assert_eq!(listing.issued.len(), rows.iter().step_by(7).count());
        let all = whole(&listing, &rows);
        let mut digests = all.clone();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), rows.len() + rows.iter().step_by(11).count(), "{sort:?}: one stands twice");
        let key = |digest: &Digest| {
            let h = &known[digest];
            let text = |t: &str| (0, NOW, t.to_owned(), Vec::new());
            match sort {
                Sort::Issued | Sort::Where => text(""),
                Sort::Ends => (0, h.not_after, String::new(), Vec::new()),
                Sort::Subject => text(&h.subject),
                Sort::Names => text(&h.names),
                Sort::Key => text(&h.key),
                Sort::Issuer => (0, NOW, h.certifier.clone(), h.serial.0.clone()),
                Sort::Verdict => {
                    let times = (h.not_before, h.not_after);
                    let rank = crate::model::verdict::Verdict::of(h.revoked, times, NOW, 30).rank();
                    (rank, h.not_after, String::new(), Vec::new())
                }
            }
        };
        assert!(all.is_sorted_by_key(key), "{sort:?}");
        if sort == Sort::Where {
            assert!(listing.places.iter().enumerate().all(|(i, (at, _))| i == *at), "they come first");
        }
        let turned = ask(&desk, &mut Search::default(), &Wish { reverse: true, ..wish });
        let mut back = whole(&turned, &rows);
        back.reverse();
        assert_eq!(back, all, "{sort:?}");
    }
}

#[test]
fn what_is_not_listed_is_looked_up_and_left_out() {
    let mut desk = Desk::new();
    desk.commit(&[issue("a", 1), issue("a", 2)]).unwrap();
    let rows = desk.ledger.issued_rows(&[2]).unwrap();
    let one = Here { listed: false, ..here(&rows[0], rows[0].sha256) };
    let listing = ask(&desk, &mut Search::default(), &Wish { here: vec![one], ..Wish::default() });
    assert_eq!((listing.ids.as_slice(), listing.places.len()), ([1].as_slice(), 0));
    assert_eq!(listing.issued, rows);
}

#[test]
fn groups_cover_the_list_and_say_what_is_in_them() {
    let (desk, rows) = furnished();
    for group in [Grouping::Issuer, Grouping::Month] {
        for reverse in [false, true] {
            let wish = Wish { at: AT, here: local(&rows), group: Some(group), reverse, ..Wish::default() };
            let listing = ask(&desk, &mut Search::default(), &wish);
            assert_eq!(listing.groups.iter().map(|g| g.count).sum::<usize>(), listing.len());
            let mut labels: Vec<_> = listing.groups.iter().map(|g| g.label.clone()).collect();
            if reverse {
                labels.reverse();
            }
            assert!(labels.is_sorted() && labels.len() > 1, "{labels:?}");
            let mut all = whole(&listing, &rows).into_iter();
            for found in &listing.groups {
                for digest in all.by_ref().take(found.count) {
                    let Some(row) = rows.iter().find(|r| r.sha256 == digest) else { continue };
                    let label = match group {
                        Grouping::Issuer => row.certifier.clone(),
                        Grouping::Month => row.not_after.date()[..7].to_owned(),
                    };
                    assert_eq!(label, found.label);
                }
            }
        }
    }
}

#[test]
fn the_timeline_counts_what_its_bars_list() {
    let (desk, rows) = furnished();
    let wish = Wish { at: AT, here: local(&rows), filter: parse("-key:ed25519").unwrap(), ..Wish::default() };
    let ordered = desk.ledger.issued_ids(wish.order()).unwrap();
    let found = timeline(&desk.ledger, &mut Search::default(), &ordered, &wish, &mut || {}).unwrap();
    assert_eq!((found.weeks.len(), found.months.len()), (26, 24));
    let count = |terms: Vec<crate::model::filter::Term>| {
        let mut filter = wish.filter.clone();
        filter.terms.extend(terms);
        let listing = ask(&desk, &mut Search::default(), &Wish { filter, ..wish.clone() });
        (listing.len(), listing.places.len())
    };
    for bar in found.weeks.iter().chain(&found.months) {
        assert_eq!(count(bar.terms()), (bar.total, bar.used), "{bar:?}");
    }
    assert_eq!(count(crate::store::listing::Timeline::ended_terms()).0, found.ended);
    assert!(found.ended > 0 && found.months.iter().map(|b| b.total).sum::<usize>() > 100);
    let weeks: usize = found.weeks.iter().map(|b| b.total).sum::<usize>() + found.after_weeks;
    assert_eq!(weeks, found.months.iter().map(|b| b.total).sum::<usize>() + found.after_months);
}

/// What a filter lists, found by looking at each certificate by itself.
fn naive(wish: &Wish, rows: &[Issued]) -> Vec<Digest> {
    let own: Vec<Digest> = wish.here.iter().map(|h| h.sha256).collect();
    let valid = |revoked: bool, from: Timestamp, to: Timestamp| !revoked && from <= NOW && NOW <= to;
    // Names and key of everything there is, and whether it is valid.
    let foreign = || wish.here.iter().filter(|h| rows.iter().all(|r| r.sha256 != h.sha256));
    let all: Vec<(Digest, &str, Digest, bool)> = rows
        .iter()
        .map(|r| {
            (
                r.sha256,
                r.alt_names.as_str(),
                r.key_sha256,
                valid(r.revoked.is_some(), r.not_before, r.not_after),
            )
        })
        .chain(foreign().map(|h| {
            let is_valid = valid(h.revoked.is_some(), h.not_before, h.not_after);
            (h.sha256, h.names.as_str(), h.key_sha256, is_valid)
        }))
        .collect();
    let fits = |digest: Digest, row: Option<&Issued>, h: &Here| {
        let (_, names, key, is_valid) = all.iter().find(|a| a.0 == digest).unwrap();
        let places = if own.contains(&digest) { h.places.clone() } else { Vec::new() };
        let low = |text: &str| text.to_lowercase();
        let words: Vec<String> = places.iter().map(crate::store::listing::place).collect();
        let text =
            low(&format!("{} {} {} {} {}", h.certifier, h.serial, h.subject, h.names, words.join(" ")));
        let (issuer, subject, alt, serial) =
            (low(&h.certifier), low(&h.subject), low(&h.names), low(&h.serial.to_string()));
        let of = |part: &dyn Fn(&Issued) -> String| row.map_or_else(String::new, |r| low(&part(r)));
        let (profile, by) = (of(&|r| r.profile.clone()), of(&|r| r.by.clone()));
        let approver = of(&|r| r.approver.clone());
        let candidate = Candidate {
            text: &text,
            issuer: &issuer,
            subject: &subject,
            names: &alt,
            serial: &serial,
            key: &h.key,
            not_before: h.not_before,
            not_after: h.not_after,
            at: row.map_or(h.not_before, |r| r.at),
            revoked: h.revoked,
            places: &places,
            profile: Some(&profile),
            by: Some(&by),
            approver: Some(&approver),
            request: Some(row.and_then(|r| r.request).map_or(0, |r| r.0)),
            superseded: Some(row.is_some_and(|r| rows.iter().any(|o| o.supersedes == Some(r.id)))),
            duplicate: Some(*is_valid && all.iter().any(|a| a.0 != digest && a.3 && a.1 == *names)),
            shared: Some(all.iter().any(|a| a.0 != digest && a.2 == *key)),
        };
        wish.filter.fits(&candidate, wish.at)
    };
    let of_rows = rows.iter().filter(|r| fits(r.sha256, Some(r), &here(r, r.sha256))).map(|r| r.sha256);
    let of_foreign = foreign().filter(|h| fits(h.sha256, None, h)).map(|h| h.sha256);
    let mut found: Vec<_> = of_rows.chain(of_foreign).collect();
    found.sort_unstable();
    found
}

fn expressions() -> impl Strategy<Value = Vec<String>> {
    let term = proptest::sample::select(vec![
        "host",
        "1",
        "19",
        "-2",
        "a",
        "ünï",
        "keyring",
        "-mail",
        "\"t,o\"",
        "expires<10d",
        "-expires<30d",
        "expires>40d",
        "expired",
        "expired<9d",
        "issued<20d",
        "issued>30d",
        "expires>2200",
        "key:rsa",
        "key:p-256",
        "-key:rsa4096",
        "key<3072",
        "key>2048",
        "issuer:b",
        "-issuer:a",
        "subject:host99",
        "subject:dns",
        "name:*.w3.test",
        "name:x.w4.test",
        "name:host1",
        "-name:*0.example.test",
        "name:*",
        "serial:4",
        "serial:0000c",
        "used:no",
        "used:yes",
        "used:certifier",
        "ring:mail",
        "-ring:mail",
        "status:revoked",
        "status:soon",
        "-status:ok",
        "status:notyet",
        "profile:client",
        "-profile:serv",
        "by:ann",
        "-by:bob",
        "approver:cyd",
        "-approver:ann",
        "request:7",
        "-request:8",
        "reason:superseded",
        "-reason:superseded",
        "superseded:yes",
        "superseded:no",
        "dup:yes",
        "dup:no",
        "sharedkey:yes",
        "sharedkey:no",
    ]);
    let one = proptest::collection::vec(term, 0..4).prop_map(|terms| terms.join(" "));
    proptest::collection::vec(one, 1..4)
}

#[test]
fn searching_finds_what_looking_at_each_certificate_finds() {
    let (desk, rows) = furnished();
    let local = local(&rows);
    let config = proptest::test_runner::Config::with_cases(48);
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let test = |typed: Vec<String>| {
        // One search for all, so that what was found before is used.
        let mut search = Search::default();
        let mut before = String::new();
        for text in typed {
            before = format!("{before} {text}");
            for text in [&text, &before] {
                let filter = parse(text).unwrap();
                let wish = Wish { filter, at: AT, here: local.clone(), ..Wish::default() };
                let listing = ask(&desk, &mut search, &wish);
                let mut found = whole(&listing, &rows);
                found.sort_unstable();
                prop_assert_eq!(found, naive(&wish, &rows), "{}", text);
            }
        }
        Ok(())
    };
    runner.run(&expressions(), test).unwrap();
}

#[test]
fn what_ends_within_days_is_found_without_what_is_revoked() {
    let mut desk = Desk::new();
    desk.commit(&[issue("a", 1), issue("a", 2), issue("a", 3), issue("a", 90)]).unwrap();
    desk.commit(&[revoke("a", 2, Reason::Superseded)]).unwrap();
    let mut ids = desk.ledger.issued_ending(NOW, NOW.plus_days(3)).unwrap();
    ids.sort_unstable();
    assert_eq!(ids, [1, 3]);
}
