//! What stands in the queue: lists, counts with ages, and what a requester is told.

use clap::ArgMatches;
use serde_json::{Value, json};

use super::super::print;
use super::super::session::{Cell, Session};
use crate::desk::Desk;
use crate::model::State;
use crate::model::error::Result;
use crate::model::field::Look;
use crate::model::request::queue::{Queue, queue};
use crate::model::request::{Actor, Request};
use crate::model::time::{Timestamp, age};

/// How many requests are read from the ledger at once.
const PAGE: usize = 500;

const COLUMNS: &[(&str, Cell<Request>)] = &[
    ("ID", Cell::Field("id")),
    ("STATUS", Cell::Word(|r, _| r.word().into())),
    ("NEXT", Cell::Word(|r, look| r.next(look.state).word().to_owned())),
    (
        "WAITS",
        Cell::Word(|r, look| match r.next(look.state) {
            Actor::Nobody => String::new(),
            _ => r.waits(look.now),
        }),
    ),
    ("SUBJECT", Cell::Field("subject")),
    ("NAMES", Cell::Field("names")),
    ("KEY", Cell::Field("key")),
    ("SOURCE", Cell::Field("source")),
];

/// `request list`: those that wait, or all.
pub(super) fn list(all: bool, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    if !all {
        let open = state.requests.values().filter(|r| r.status.is_open());
        return session.list(open, COLUMNS, "requests/");
    }
    let requests = every(session)?;
    session.list(requests.iter(), COLUMNS, "requests/")
}

/// `request queue`: how many wait at each place and since when, and what waits, the oldest first. 3 when one is late.
pub(super) fn counts(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let certifier = options.get_one::<String>("certifier").map(String::as_str);
    if let Some(name) = certifier
        && !state.certifiers.contains_key(name)
    {
        return Err(super::plan::no_certifier(name));
    }
    let now = Desk::now();
    let waits = queue(&state, certifier, now);
    let of = |r: &&Request| certifier.is_none_or(|name| r.certifier().is_none_or(|of| of == name));
    let mut open: Vec<&Request> = state.requests.values().filter(of).collect();
    open.retain(|r| r.next(&state) != Actor::Nobody);
    open.sort_by_key(|r| (r.since(), r.id));
    if session.json {
        let rows: Vec<Value> = open.iter().map(|r| brief(r, &state, now)).collect();
        let value = json!({
            "counts": counted(&waits), "late": waits.late, "expirable": waits.expirable, "requests": rows,
        });
        session.out.json(&value);
    } else {
        for (word, count) in waits.counts().into_iter().filter(|(_, count)| count.number > 0) {
            let oldest =
                count.oldest.map_or_else(String::new, |since| format!(", oldest {}", age(since, now)));
            session.out.line(&format!("{word}: {}{oldest}", count.number));
        }
        if waits.late > 0 {
            session.out.line(&format!("late: {} (a request is to be answered in time)", waits.late));
        }
        if waits.expirable > 0 {
            session
                .out
                .line(&format!("may be expired: {} (ringmaster request expire --due)", waits.expirable));
        }
        if !open.is_empty() {
            session.out.line("");
        }
        session.list(open.into_iter(), COLUMNS, "requests/")?;
    }
    Ok(if waits.late + waits.expirable > 0 { 3 } else { 0 })
}

/// Returns the counts of a queue as JSON, by their words.
pub(super) fn counted(waits: &Queue) -> Value {
    let count = |(word, count): (&str, crate::model::request::queue::Count)| {
        let oldest = count.oldest.map(Timestamp::text);
        (word.to_owned(), json!({ "number": count.number, "oldest": oldest }))
    };
    Value::Object(waits.counts().into_iter().map(count).collect())
}

/// `request mine`: what a person has brought, or what is for somebody, open and closed.
pub(super) fn mine(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let words = options.get_one::<String>("contact").map(|text| text.to_lowercase());
    let by = session.config.operator.clone();
    let of = |r: &Request| match &words {
        None => r.by == by,
        Some(words) => {
            let contact = [&r.contact.name, &r.contact.mail, &r.contact.phone];
            contact.iter().any(|text| text.to_lowercase().contains(words.as_str()))
        }
    };
    let mut found = every(session)?;
    found.retain(of);
    let (state, now) = (session.state()?, Desk::now());
    if session.json {
        let rows = found.iter().map(|r| brief(r, &state, now)).collect();
        session.out.json(&Value::Array(rows));
        return Ok(0);
    }
    if found.is_empty() {
        let whose =
            words.map_or_else(|| format!("{by} has brought"), |words| format!("has \"{words}\" as contact"));
        session.out.note(&format!("There is no request here that {whose}."));
        return Ok(0);
    }
    let columns: &[(&str, Cell<Request>)] = &[
        ("PICK-UP ID", Cell::Word(|r, _| r.found_by())),
        ("STATUS", Cell::Word(|r, _| r.word().into())),
        ("RECEIVED", Cell::Word(|r, _| r.received.date())),
        ("SUBJECT", Cell::Field("subject")),
        (
            "WHAT COMES NEXT",
            Cell::Word(|r, look| match r.next(look.state) {
                Actor::Nobody => String::new(),
                next => next.text(),
            }),
        ),
    ];
    session.list(found.iter(), columns, "requests/")
}

/// `request status`: one request in the requester's words, ready to be printed or mailed.
pub(super) fn status(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let request = super::find(options, session)?;
    let (state, now) = (session.state()?, Desk::now());
    if session.json {
        session.out.json(&brief(&request, &state, now));
        return Ok(0);
    }
    for line in request.letter(&state, now) {
        session.out.line(&line);
    }
    Ok(0)
}

/// Lists requests that are due to expire.
pub(super) fn due(due: &[&Request], session: &mut Session<'_>) -> Result<u8> {
    session.list(due.iter().copied(), COLUMNS, "requests/")
}

fn brief(request: &Request, state: &State, now: Timestamp) -> Value {
    let next = request.next(state);
    json!({
        "id": request.id.0.to_string(),
        "pickup": request.pickup,
        "status": request.word(),
        "subject": request.pkcs10.subject.text(),
        "names": request.pkcs10.alt_names.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "received": request.received.text(),
        "since": request.since().text(),
        "waits": request.waits(now),
        "next": next.word(),
        "told": request.told(state, now),
        "late": request.is_late(state, now),
        "certifier": request.certifier(),
        "sha256": request.pkcs10.sha256.to_string(),
    })
}

/// Reads every request of the ledger, the oldest first.
fn every(session: &mut Session<'_>) -> Result<Vec<Request>> {
    let mut requests: Vec<Request> = Vec::new();
    loop {
        let before = requests.last().map(|r| r.id);
        let page = session.desk()?.ledger().requests(before, None, PAGE)?;
        let ended = page.len() < PAGE;
        requests.extend(page);
        if ended {
            requests.reverse();
            return Ok(requests);
        }
    }
}

/// Returns every field of a request as JSON.
pub(super) fn object(request: &Request, session: &mut Session<'_>) -> Result<serde_json::Map<String, Value>> {
    let state = session.state()?;
    let zone = session.config.zone.clone();
    let look = Look { state: &state, now: Desk::now(), soon: session.config.soon(), zone: zone.as_ref() };
    Ok(print::object(request, &look))
}
