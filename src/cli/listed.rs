//! `ringmaster certificate list`: every certificate that the console knows, each once.

use std::collections::{BTreeMap, HashSet};

use clap::ArgMatches;
use serde_json::{Map, Value};

use super::print;
use super::session::Session;
use crate::desk::Desk;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::error::Result;
use crate::model::field::{Look, Record};
use crate::model::finding::Subject;
use crate::model::issued::Issued;
use crate::store::ledger::{Ledger, Order};
use crate::model::verdict::Verdict;
use crate::store::listing::{self, Here, Listing};

/// How many rows are read from the issued list at once.
const PAGE: usize = 1000;

/// A line of the list.
enum Line<'a> {
    /// A certificate that stands in the workspace, and its row of the issued list if it was issued here.
    Here(&'a Certificate, &'a [Subject], Option<&'a Issued>),
    /// One that stands in the issued list alone.
    Issued(Box<Issued>),
}

/// Lists certificates.
pub(super) fn list(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let text = options.get_one::<String>("filter").map(|t| t.to_lowercase()).unwrap_or_default();
    let words: Vec<&str> = text.split_whitespace().collect();
    let limit = options.get_one::<u32>("limit").map_or(PAGE, |n| usize::try_from(*n).unwrap_or(PAGE));
    let order = match options.get_one::<String>("sort").map(String::as_str) {
        Some("ends") => Order::Ends,
        Some("subject") => Order::Subject,
        Some("serial") => Order::Serial,
        _ => Order::Issued,
    };
    let [due, used, issued] = ["due", "used", "issued"].map(|name| options.get_flag(name));
    let (now, soon) = (Desk::now(), session.config.soon());
    let state = session.state()?;
    let all = state.certificates();
    let fits = |text: &str| words.iter().all(|word| text.contains(word));
    let here = all.values().map(|(c, places)| {
        let certifier = listing::certifier(&state, c);
        Here::new(c, certifier, fits(&listing::text(c, certifier, places)))
    });
    let here: Vec<Here> = here.collect();
    let ledger = session.desk()?.ledger();
    let mut ids = if used { Vec::new() } else { ledger.issued_ids(order)? };
    if !words.is_empty() && !used {
        let mut fitting = HashSet::new();
        ledger.issued_texts(&mut |id, text| {
            if fits(text) {
                fitting.insert(id);
            }
        })?;
        ids.retain(|id| fitting.contains(id));
    }
    let listing = listing::merge(ledger, order, &ids, here)?;
    let own: BTreeMap<Digest, &Issued> = listing.issued.iter().map(|row| (row.sha256, row)).collect();
    let verdict = |line: &Line<'_>| match line {
        Line::Here(c, _, row) => {
            let revoked = row.is_some_and(|row| row.revoked.is_some());
            Verdict::of(revoked, (c.not_before, c.not_after), now, soon)
        }
        Line::Issued(r) => Verdict::of(r.revoked.is_some(), (r.not_before, r.not_after), now, soon),
    };
    let mut lines = Vec::new();
    each(ledger, &listing, &mut |found| {
        let line = match found {
            Ok(row) => Line::Issued(Box::new(row)),
            Err(digest) => match all.get(digest) {
                Some((c, places)) if !issued || own.contains_key(digest) => {
                    Line::Here(c, places, own.get(digest).copied())
                }
                _ => return true,
            },
        };
        if !due || matches!(verdict(&line), Verdict::Soon(_)) {
            lines.push(line);
        }
        lines.len() <= limit
    })?;
    if lines.len() > limit {
        lines.truncate(limit);
        session.out.note(&format!("Only the first {limit} are listed; --limit N lists more."));
    }
    for (path, why) in state.unreadable.iter().filter(|(path, _)| !path.starts_with("sites/")) {
        session.out.note(&format!("{path} is left alone: {why}"));
    }
    let look = Look { state: &state, now, soon };
    if session.json {
        let objects = lines.iter().map(|line| object(line, &verdict(line).text(), &look)).collect();
        session.out.json(&Value::Array(objects));
    } else if lines.is_empty() {
        session.out.note("There is no certificate here.");
    } else {
        let row = |line: &Line<'_>| {
            let (subject, issuer, serial, ends) = match line {
                Line::Here(c, ..) => {
                    let issuer = listing::certifier(&state, c).map_or_else(|| c.issuer.text(), str::to_owned);
                    (c.subject.text(), issuer, &c.serial, c.not_after)
                }
                Line::Issued(r) => (r.subject.clone(), r.certifier.clone(), &r.serial, r.not_after),
            };
            vec![subject, issuer, serial.to_string(), ends.date(), verdict(line).text(), place(line)]
        };
        let rows: Vec<_> = lines.iter().map(row).collect();
        session.out.table(&["SUBJECT", "ISSUER", "SERIAL", "ENDS", "VERDICT", "WHERE"], &rows);
    }
    Ok(if due && !lines.is_empty() { 3 } else { 0 })
}

/// Walks through the list in its order until `take` has enough: a row of the issued list, or the digest of a certificate
/// of the workspace.
fn each(
    ledger: &dyn Ledger,
    listing: &Listing,
    take: &mut dyn FnMut(std::result::Result<Issued, &Digest>) -> bool,
) -> Result<()> {
    let mut places = listing.places.iter().peekable();
    let mut index = 0;
    for page in listing.ids.chunks(PAGE) {
        for row in ledger.issued_rows(page)? {
            while let Some((_, digest)) = places.next_if(|(at, _)| *at <= index) {
                index += 1;
                if !take(Err(digest)) {
                    return Ok(());
                }
            }
            index += 1;
            if !take(Ok(row)) {
                return Ok(());
            }
        }
    }
    for (_, digest) in places {
        if !take(Err(digest)) {
            return Ok(());
        }
    }
    Ok(())
}

/// Says where a certificate stands.
fn place(line: &Line<'_>) -> String {
    match line {
        Line::Here(_, places, _) => places.iter().map(listing::place).collect::<Vec<_>>().join(", "),
        Line::Issued(_) => "issued".into(),
    }
}

/// Makes an object of every field that either kind has; what is not known is empty.
fn object(line: &Line<'_>, verdict: &str, look: &Look<'_>) -> Value {
    let names = Certificate::FIELDS.iter().map(|f| f.name).chain(Issued::FIELDS.iter().map(|f| f.name));
    let mut all: Map<String, Value> = names.map(|name| (name.to_owned(), "".into())).collect();
    match line {
        Line::Here(certificate, _, row) => {
            all.extend(row.iter().flat_map(|row| print::object(*row, look)));
            all.extend(print::object(*certificate, look));
        }
        Line::Issued(row) => {
            all.extend(print::object(&**row, look));
            all.insert("issuer".into(), row.certifier.clone().into());
        }
    }
    all.insert("verdict".into(), verdict.into());
    all.insert("where".into(), place(line).into());
    Value::Object(all)
}
