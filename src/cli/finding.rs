//! `ringmaster finding`: findings that a person accepts as a risk for a time.

use std::collections::BTreeSet;

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::doctor::{filter, fits_finding, rule};
use super::session::Session;
use super::{fields, print};
use crate::cli::args::option;
use crate::desk::{Desk, Verb};
use crate::doctor;
use crate::model::accepted::{Acceptance, Accepted, Weighed};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::finding::{Finding, Subject};
use crate::model::time::Timestamp;

/// The commands about accepted findings.
pub(super) fn command() -> Command {
    let of = |name, about| {
        Command::new(name)
            .about(about)
            .arg(Arg::new("rule").value_name("RULE").required(true).help("The rule, such as S09"))
            .arg(Arg::new("object").value_name("OBJECT").action(ArgAction::Append).num_args(0..).help(
                "What it is about, as doctor --json names it: site www; not needed where it is one alone",
            ))
    };
    Command::new("finding")
        .about("Findings that are accepted as a risk, with reason and end")
        .subcommand_required(true)
        .subcommand(
            fields::options::<Acceptance>(of(
                "accept",
                "Accepts what a rule finds about an object; it counts again afterwards, or when it gets worse",
            ))
            .arg(
                option(
                    "where",
                    "FILTER",
                    "Everything that the rule finds and that fits, in place of one object: words, object:web01, -word; empty is all",
                )
                .conflicts_with("object"),
            ),
        )
        .subcommand(of("unaccept", "Takes an acceptance back, or crosses one off whose finding is gone"))
        .subcommand(Command::new("accepted").about("Lists what is accepted, and whether that still holds"))
}

/// Runs a command about accepted findings.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match matches.subcommand() {
        Some(("accept", options)) => {
            let mut asked = Acceptance::new(Desk::now());
            fields::fill(&mut asked, options)?;
            session.writable()?;
            let (rule, object) = named(options)?;
            let findings = match options.get_one::<String>("where") {
                Some(filter) => fitting(&rule, filter, session)?,
                None => vec![find(&rule, &object, session)?],
            };
            session.run(Verb::AcceptFindings { findings, asked })
        }
        Some(("unaccept", options)) => {
            session.writable()?;
            let (rule, object) = named(options)?;
            let state = session.state()?;
            let subjects = state.accepted.keys().filter(|(r, _)| *r == rule).map(|(_, subject)| subject);
            let subject =
                one(&rule, &object, subjects.collect(), "accepted finding", "finding accepted")?.clone();
            session.run(Verb::UnacceptFinding { rule, subject })
        }
        Some(("accepted", _)) => list(session),
        _ => Ok(2),
    }
}

fn named(options: &ArgMatches) -> Result<(String, String)> {
    let object = options.get_many::<String>("object").into_iter().flatten();
    let object = object.map(String::as_str).collect::<Vec<_>>().join(" ");
    let id = options.get_one::<String>("rule").map_or("", String::as_str);
    Ok((rule(id)?.id.to_owned(), object))
}

/// Finds the worst of what a rule says about an object.
fn find(rule: &str, object: &str, session: &mut Session<'_>) -> Result<Finding> {
    let state = session.state()?;
    let mut found = doctor::examine(&state, Desk::now(), &session.config.expiry_bands);
    found.retain(|f| f.rule == rule);
    let mut subjects: Vec<&Subject> = found.iter().map(|f| &f.subject).collect();
    subjects.sort();
    subjects.dedup();
    let subject = one(rule, object, subjects, "finding", &format!("doctor --rule {rule}"))?.clone();
    found.into_iter().find(|f| f.subject == subject).ok_or_else(|| Error::not_found("finding", rule))
}

/// Lists what a rule finds and a filter fits, of each object the worst.
fn fitting(rule: &str, given: &str, session: &mut Session<'_>) -> Result<Vec<Finding>> {
    let (filter, state) = (filter(given)?, session.state()?);
    let mut found = doctor::examine(&state, Desk::now(), &session.config.expiry_bands);
    let mut met = BTreeSet::new();
    found.retain(|f| f.rule == rule && fits_finding(f, &filter, &state) && met.insert(f.subject.clone()));
    if found.is_empty() {
        return Err(Error::not_found("finding", &format!("{rule} that fits \"{given}\""))
            .next(format!("List them with: ringmaster doctor --rule {rule}")));
    }
    Ok(found)
}

/// Takes the object that is named, or the only one there is.
fn one<'a>(rule: &str, object: &str, all: Vec<&'a Subject>, noun: &str, list: &str) -> Result<&'a Subject> {
    let next = format!("List them with: ringmaster {list}");
    match all.as_slice() {
        [only] if object.is_empty() => Ok(only),
        several if object.is_empty() && !several.is_empty() => {
            let names = several.iter().take(5).map(|s| print::subject(s)).collect::<Vec<_>>().join(", ");
            Err(Error::usage(format!("{rule} is about {} objects.", several.len()))
                .why(format!("Such as {names}."))
                .next(format!("Name the one that is meant. {next}")))
        }
        several => {
            let found = several.iter().find(|s| s.to_string() == object || print::subject(s) == object);
            let what = if object.is_empty() { rule.to_owned() } else { format!("{rule} about {object}") };
            found.copied().ok_or_else(|| Error::not_found(noun, &what).next(next))
        }
    }
}

/// Says how an acceptance stands.
pub(super) fn standing(risk: &Accepted, weighed: &Weighed, now: Timestamp) -> &'static str {
    match risk {
        _ if weighed.obsolete.contains(risk) => "obsolete",
        _ if risk.is_over(now) => "over",
        _ if weighed.accepted.iter().any(|(_, accepted)| accepted == risk) => "holds",
        _ => "worse",
    }
}

fn list(session: &mut Session<'_>) -> Result<u8> {
    let (state, now) = (session.state()?, Desk::now());
    let found = doctor::examine(&state, now, &session.config.expiry_bands);
    let weighed = doctor::weigh(&state, now, found);
    if session.json {
        let risks = state.accepted.values().map(|risk| {
            let mut told = object(risk);
            told["standing"] = standing(risk, &weighed, now).into();
            told
        });
        session.out.json(&Value::Array(risks.collect()));
        return Ok(0);
    }
    if state.accepted.is_empty() {
        session.out.note("No finding is accepted.");
        return Ok(0);
    }
    let row = |risk: &Accepted| {
        let words = standing(risk, &weighed, now).to_owned();
        let (object, by) = (print::subject(&risk.subject), visible(&risk.by));
        vec![risk.rule.clone(), object, words, risk.until.date(), by, visible(&risk.reason)]
    };
    let rows: Vec<_> = state.accepted.values().map(row).collect();
    session.out.table(&["RULE", "OBJECT", "STANDING", "UNTIL", "BY", "REASON"], &rows);
    Ok(0)
}

/// Returns an acceptance as a JSON object.
pub(super) fn object(risk: &Accepted) -> Value {
    json!({
        "rule": risk.rule,
        "subject": print::subject(&risk.subject),
        "severity": risk.severity.word(),
        "text": visible(&risk.text),
        "reason": visible(&risk.reason),
        "by": visible(&risk.by),
        "at": risk.at.text(),
        "until": risk.until.date(),
    })
}
