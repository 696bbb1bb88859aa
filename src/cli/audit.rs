//! `ringmaster audit`: who did what, whether the record is whole, and what of it leaves.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::fields;
use super::session::Session;
use crate::cli::args::{flag, option};
use crate::desk::{self, Desk, Verb};
use crate::model::audit::setback::Reconciliation;
use crate::model::audit::{Filter, Form, Head, Line, WORDS, groups, paper, typed_head};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::store::ledger::Ledger;
use crate::store::outside;

/// The commands about the audit chain.
pub(super) fn command() -> Command {
    let number = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("N").value_parser(value_parser!(u32).range(1..)).help(help)
    };
    let filtered = |command: Command| {
        command
            .arg(number("from", "The first entry that is looked at"))
            .arg(option("by", "NAME", "Only what this operator did"))
            .arg(option("kind", "WORD", "Only facts of this kind, such as certificate-issued or revoked"))
            .arg(option(
                "object",
                "WORD",
                "Only what is about this object, such as \"certifier root\" or \"request 3\"",
            ))
            .arg(option("since", "DATE", "Only entries from this day or moment on; -7d is a week ago"))
            .arg(option("until", "DATE", "Only entries up to the end of this day, or to this moment"))
            .arg(
                Arg::new("filter")
                    .value_name("FILTER")
                    .num_args(0..)
                    .action(ArgAction::Append)
                    .help("Words that stand in the entry, or terms as the console takes them"),
            )
            .after_help(format!("A filter takes {WORDS}."))
    };
    Command::new("audit")
        .about("The audit chain: who did what, when")
        .subcommand_required(true)
        .subcommand(
            filtered(Command::new("list").about("Lists entries, the newest at the end"))
                .arg(number("limit", "How many at most").default_value("100")),
        )
        .subcommand(
            Command::new("show").about("Shows one entry whole").arg(
                Arg::new("number")
                    .value_name("N")
                    .required(true)
                    .value_parser(value_parser!(u64).range(1..))
                    .help("The number of the entry"),
            ),
        )
        .subcommand(
            Command::new("verify")
                .about("Reads the whole chain and checks it; exit code 1 when it is broken")
                .arg(
                    flag(
                        "quick",
                        "Only counts the rows of the issued list, which takes a third of the time; the default compares each and hashes its certificate",
                    ),
                ),
        )
        .subcommand(
            Command::new("head")
                .about("Prints the head of the chain: to be written down, and to be compared")
                .arg(
                    flag(
                        "print",
                        "Prints it for paper, in groups and with lines to sign on",
                    )
                    .conflicts_with("expect"),
                )
                .arg(option(
                    "expect",
                    "N:HASH",
                    "Tells whether the chain passes through this head; exit code 1 when not",
                )),
        )
        .subcommand(
            filtered(Command::new("export").about("Writes entries for another program, one a line"))
                .arg(
                    option(
                        "form",
                        "FORM",
                        "JSON Lines, from which the chain can be verified again, or syslog of RFC 5424",
                    )
                    .value_parser(PossibleValuesParser::new(Form::NAMES))
                    .default_value("json-lines"),
                )
                .arg(
                    option(
                        "to",
                        "FILE",
                        "A new file instead of the standard output",
                    )
                    .value_parser(value_parser!(PathBuf)),
                ),
        )
        .subcommand(reconcile_command())
}

/// The command that goes on with an older ledger.
fn reconcile_command() -> Command {
    fields::options::<Reconciliation>(
        Command::new("reconcile")
            .about("Goes on with a ledger that is older than one seen before; CRL numbers jump ahead"),
    )
    .arg(option(
        "expect",
        "N:HASH",
        "The head that was written down, where nothing is remembered on this machine",
    ))
}

/// Runs a command about the audit chain.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match matches.subcommand() {
        Some(("list", options)) => list(options, session),
        Some(("show", options)) => show(options, session),
        Some(("verify", options)) => verify(!options.get_flag("quick"), session),
        Some(("head", options)) => head(options, session),
        Some(("export", options)) => export(options, session),
        Some(("reconcile", options)) => reconcile(options, session),
        _ => Ok(2),
    }
}

/// Reads the options that narrow the chain.
fn filter(options: &ArgMatches) -> Result<Filter> {
    let named = ["by", "kind", "object", "since", "until"].into_iter().filter_map(|name| {
        options.get_one::<String>(name).map(|value| format!("{name}:\"{}\"", value.replace('"', "")))
    });
    let words = options.get_many::<String>("filter").unwrap_or_default().cloned();
    let text = named.chain(words).collect::<Vec<_>>().join(" ");
    Filter::parse(&text, Desk::now()).map_err(|why| {
        Error::usage("The filter cannot be used.").why(format!("{why}.")).next(format!("It takes {WORDS}."))
    })
}

/// An entry that is kept while others are read.
struct Kept {
    cells: Vec<String>,
    json: Value,
}

fn list(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let filter = filter(options)?;
    let limit = options.get_one::<u32>("limit").map_or(100, |n| usize::try_from(*n).unwrap_or(usize::MAX));
    let from = options.get_one::<u32>("from").map(|n| u64::from(*n));
    let mut kept = Vec::new();
    let mut take = |line: &Line<'_>| {
        if filter.keeps(line) {
            kept.push(Kept { cells: cells(line), json: whole(line) });
        }
        kept.len() < limit
    };
    let ledger = session.desk()?.ledger();
    match from {
        Some(from) => ledger.audit_onward(from, &mut take)?,
        None => {
            ledger.audit_back(u64::MAX, &mut take)?;
            kept.reverse();
        }
    }
    if session.json {
        session.out.json(&Value::Array(kept.into_iter().map(|k| k.json).collect()));
        return Ok(0);
    }
    if kept.is_empty() {
        session.out.note("No entry is meant by this filter.");
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = kept.into_iter().map(|k| k.cells).collect();
    session.out.table(&["NUMBER", "TIME", "OPERATOR", "WHAT", "SUBJECT"], &rows);
    Ok(0)
}

fn cells(line: &Line<'_>) -> Vec<String> {
    vec![
        line.number.to_string(),
        line.at.text(),
        line.operator.to_owned(),
        line.what.to_owned(),
        line.about(),
    ]
}

fn whole(line: &Line<'_>) -> Value {
    json!({
        "number": line.number,
        "at": line.at.text(),
        "operator": visible(line.operator),
        "what": visible(line.what),
        "subject": visible(&line.object()),
        "fact": serde_json::from_str::<Value>(line.body).map_or(Value::Null, seen),
        "hash": line.hash.to_string(),
    })
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

fn show(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let number = options.get_one::<u64>("number").copied().unwrap_or(1);
    let mut found = None;
    session.desk()?.ledger().audit_onward(number, &mut |line| {
        if line.number == number {
            found = Some((whole(line), line.details()));
        }
        false
    })?;
    let (json, details) = found.ok_or_else(|| {
        Error::not_found("audit entry", &number.to_string()).next("List them with: ringmaster audit list")
    })?;
    if session.json {
        session.out.json(&json);
    } else {
        session.out.pairs(details.iter().map(|(label, value)| (label.as_str(), value.clone())));
    }
    Ok(0)
}

fn verify(full: bool, session: &mut Session<'_>) -> Result<u8> {
    let ledger = session.desk()?.ledger();
    let verified = if full { ledger.verify_audit()? } else { ledger.verify_chain()? };
    if session.json {
        session.out.json(&json!({
            "entries": verified.entries,
            "head": verified.head.to_string(),
            "whole": verified.broken.is_none(),
            "full": full,
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
    session.out.line(if full {
        "Every hash, every row of the tables, and every stored certificate was checked."
    } else {
        "Every hash, the requests, revocations and CRLs were checked. The issued list was only counted: without --quick it is compared, with its certificates."
    });
    session.out.line(&format!("Head: {}", verified.head));
    Ok(0)
}

fn reconcile(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut asked = Reconciliation::default();
    fields::fill(&mut asked, options)?;
    if let Some(text) = options.get_one::<String>("expect") {
        let (number, hash) = typed_head(text)
            .map_err(|why| Error::usage("This is no head of an audit chain.").why(format!("{why}.")))?;
        let number = number
            .ok_or_else(|| Error::usage("The number of the entry is missing.").next("Write N:HASH."))?;
        asked.expected = Some(Head { number, hash, ..Head::default() });
    }
    if let Some(setback) = &session.state()?.setback {
        session.out.note(&setback.sentence());
        setback.losses().iter().for_each(|loss| session.out.note(&format!("Lost: {loss}.")));
    }
    session.run(Verb::Reconcile(asked))
}

fn head(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let desk = session.desk()?;
    let (workspace, head) = (desk.folder().display().to_string(), desk.ledger().head()?);
    if let Some(text) = options.get_one::<String>("expect") {
        return expect(text, &head, session);
    }
    if options.get_flag("print") {
        session.out.raw(&paper::head(&workspace, &head, Desk::now()));
    } else if session.json {
        session.out.json(&json!({
            "number": head.number, "at": head.at.text(), "hash": head.hash.to_string(),
        }));
    } else {
        let [first, second] = groups(&head.hash);
        let number = head.number.to_string();
        session.out.pairs([
            ("Audit entry", number.clone()),
            ("Written", head.at.text()),
            ("Hash", format!("{first}\n{second}")),
            ("To compare", format!("ringmaster audit head --expect {number}:{}", head.hash)),
        ]);
        match session.desk()?.forgetful().map(str::to_owned) {
            Some(why) => session.out.note(&format!("It is not remembered outside of the workspace: {why}")),
            None => session
                .out
                .line("It is remembered outside of the workspace, so that an older ledger is noticed."),
        }
    }
    Ok(0)
}

/// Tells whether the chain passes through a head that was written down.
fn expect(text: &str, head: &Head, session: &mut Session<'_>) -> Result<u8> {
    let (number, hash) = typed_head(text).map_err(|why| {
        Error::usage("This is no head of an audit chain.")
            .why(format!("{why}."))
            .next("Write it as it stands on the paper: the number of the entry, a colon, and the hash.")
    })?;
    let ledger = session.desk()?.ledger();
    let found = match number {
        Some(number) => hash_of(ledger, number)?.filter(|found| *found == hash).map(|_| number),
        None => ledger.audit_of_hash(&hash)?,
    };
    if session.json {
        session.out.json(&json!({ "passes": found.is_some(), "number": found, "entries": head.number }));
        return Ok(u8::from(found.is_none()));
    }
    let Some(found) = found else {
        let why = match number {
            Some(number) if number > head.number => {
                format!(
                    "It has {} entries, and the one that was written down is {number}: it is an older copy.",
                    head.number
                )
            }
            _ => "The entry that was written down is not in it, or has another hash.".to_owned(),
        };
        return Err(Error::damaged("The audit chain does not pass through this head.")
            .why(why)
            .next("Sign nothing with it. Compare with the latest backup, then decide with: ringmaster audit reconcile"));
    };
    let since = head.number - found;
    session.out.line(&format!("The audit chain passes through entry {found}; {since} were written since."));
    session.out.line("That every entry before it is whole is checked with: ringmaster audit verify");
    Ok(0)
}

/// Finds the hash of an entry.
fn hash_of(ledger: &dyn Ledger, number: u64) -> Result<Option<crate::model::bytes::Digest>> {
    let mut found = None;
    ledger.audit_onward(number, &mut |line| {
        found = (line.number == number).then_some(line.hash);
        false
    })?;
    Ok(found)
}

fn export(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let filter = filter(options)?;
    let form = options.get_one::<String>("form").and_then(|f| Form::from_name(f)).unwrap_or_default();
    let from = options.get_one::<u32>("from").map_or(1, |n| u64::from(*n));
    let Some(to) = options.get_one::<PathBuf>("to") else {
        // The ledger is read on a connection of its own, so that the printer can be used meanwhile.
        let reader = session.desk()?.reader()?;
        reader.audit_onward(from, &mut |line| {
            if filter.keeps(line) {
                session.out.raw(&format!("{}\n", form.write(line)));
            }
            !session.out.gone()
        })?;
        return Ok(0);
    };
    let desk = session.desk()?;
    let to = outside::place(to, desk.folder())?;
    let reader = desk.reader()?;
    let count = desk::export::audit(&*reader, &filter, form, from, &to)?;
    session.out.line(&format!("Written: {} ({count} entries)", outside::shown(&to)));
    Ok(0)
}
