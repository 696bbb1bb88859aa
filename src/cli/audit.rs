//! `ringmaster audit`: who did what, and whether the record is whole.

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::print;
use super::session::Session;
use crate::model::change::Fact;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::store::ledger::{Entry, Ledger};

/// The commands about the audit chain.
pub(super) fn command() -> Command {
    let number = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("N").value_parser(value_parser!(u32).range(1..)).help(help)
    };
    Command::new("audit")
        .about("The audit chain: who did what, when")
        .subcommand_required(true)
        .subcommand(
            Command::new("list")
                .about("Lists entries, the newest at the end")
                .arg(number("from", "The first entry; else so that the newest are listed"))
                .arg(number("limit", "How many at most").default_value("100")),
        )
        .subcommand(
            Command::new("verify")
                .about("Reads the whole chain and checks it; exit code 1 when it is broken"),
        )
}

/// Runs a command about the audit chain.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match matches.subcommand() {
        Some(("list", options)) => {
            let limit = options.get_one::<u32>("limit").map_or(100, |n| u64::from(*n));
            let ledger = session.desk()?.ledger();
            let from = match options.get_one::<u32>("from") {
                Some(from) => u64::from(*from),
                None => (last(ledger)? + 1).saturating_sub(limit).max(1),
            };
            let entries = ledger.audit(from, usize::try_from(limit).unwrap_or(usize::MAX))?;
            list(&entries, session);
            Ok(0)
        }
        Some(("verify", _)) => verify(session),
        _ => Ok(2),
    }
}

/// Finds the number of the newest entry: numbers have no gaps.
fn last(ledger: &dyn Ledger) -> Result<u64> {
    let there = |number: u64| ledger.audit(number, 1).map(|entries| !entries.is_empty());
    let mut high = 1;
    while there(high)? {
        high *= 2;
    }
    let mut low = high / 2;
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if there(middle)? { low = middle } else { high = middle }
    }
    Ok(low)
}

fn list(entries: &[Entry], session: &mut Session<'_>) {
    let about = |entry: &Entry| {
        serde_json::from_str::<Fact>(&entry.body)
            .map_or_else(|_| String::new(), |fact| print::subject(&fact.subject()))
    };
    if session.json {
        let entries = entries.iter().map(|entry| {
            json!({
                "number": entry.number,
                "at": entry.at.text(),
                "operator": visible(&entry.operator),
                "what": visible(&entry.what),
                "subject": about(entry),
                "fact": serde_json::from_str::<Value>(&entry.body).map_or(Value::Null, seen),
                "hash": entry.hash.to_string(),
            })
        });
        return session.out.json(&Value::Array(entries.collect()));
    }
    let rows: Vec<Vec<String>> = entries
        .iter()
        .map(|e| vec![e.number.to_string(), e.at.text(), e.operator.clone(), e.what.clone(), about(e)])
        .collect();
    session.out.table(&["NUMBER", "TIME", "OPERATOR", "WHAT", "SUBJECT"], &rows);
}

/// Makes every text in a fact visible.
fn seen(value: Value) -> Value {
    match value {
        Value::String(text) => Value::String(visible(&text)),
        Value::Array(items) => items.into_iter().map(seen).collect(),
        Value::Object(map) => map.into_iter().map(|(key, value)| (key, seen(value))).collect(),
        other => other,
    }
}

fn verify(session: &mut Session<'_>) -> Result<u8> {
    let verified = session.desk()?.ledger().verify_audit()?;
    if session.json {
        session.out.json(&json!({
            "entries": verified.entries,
            "head": verified.head.to_string(),
            "whole": verified.broken.is_none(),
            "broken-at": verified.broken.as_ref().map(|b| b.0),
            "why": verified.broken.as_ref().map(|b| visible(&b.1)),
        }));
        return Ok(u8::from(verified.broken.is_some()));
    }
    if let Some((number, why)) = verified.broken {
        return Err(Error::damaged(format!("The audit chain is broken at entry {number}."))
            .why(why)
            .next("Everything before it is as it was written. Compare with a backup, and find out who can write the ledger."));
    }
    session.out.line(&format!("The audit chain is whole: {} entries.", verified.entries));
    session.out.line(&format!("Head: {}", verified.head));
    Ok(0)
}
