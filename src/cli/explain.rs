//! `ringmaster explain`: what an error text or a status number means, why it comes, and what of that holds in the workspace;
//! the same of a whole log. Needs no workspace.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::print;
use super::remedy;
use super::session::Session;
use crate::cli::args::{flag, option};
use crate::desk::Desk;
use crate::doctor;
use crate::model::State;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::explain::here::{self, Here};
use crate::model::explain::log::{Group, Place, Reader, Report, naive};
use crate::model::explain::status::Status;
use crate::model::explain::{self, Asked, Problem};
use crate::model::finding::Finding;
use crate::store::lines;

/// So many findings are told for each cause.
const FINDINGS: usize = 5;
/// So many groups of a log are told unless more are asked for.
const GROUPS: &str = "40";
/// So much of the standard input is taken as one text.
const PASTE: u64 = 64 << 10;

/// What is known of the workspace: its state and what its checks find.
type Known = (Arc<State>, Vec<Finding>);

/// The command.
pub(super) fn command() -> Command {
    Command::new("explain")
        .about("Explains an error text, a status number or a log of TLS troubles; needs no workspace")
        .after_help(
            "A text may be a line of a log, a part of a message, or have typing errors: ringmaster explain keyring file not found\n\
             A number is that of Domino (4171, 0x104B), of a TLS alert (40) or of OpenSSL's verification (20).\n\
             In a workspace the causes that its checks find there are named, with the command that helps.",
        )
        .arg(
            Arg::new("text")
                .value_name("TEXT")
                .num_args(0..)
                .action(ArgAction::Append)
                .allow_hyphen_values(true)
                .help("The text or number, quoted or as several words; - reads it from the standard input"),
        )
        .arg(
            option(
                "log",
                "FILE",
                "Reads a log (console.log, traces of the TLS stack) of any size; - is the standard input",
            )
            .value_parser(value_parser!(PathBuf))
            .conflicts_with("text"),
        )
        .arg(
            option(
                "groups",
                "N",
                "Shows at most so many groups of a log; 0 is all",
            )
            .value_parser(value_parser!(usize))
            .default_value(GROUPS),
        )
        .arg(
            flag("list", "Lists every problem that is known").conflicts_with_all(["text", "log"]),
        )
}

/// Explains.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    if options.get_flag("list") {
        list(session);
        return Ok(0);
    }
    if let Some(file) = options.get_one::<PathBuf>("log") {
        let most = options.get_one::<usize>("groups").copied().filter(|n| *n > 0).unwrap_or(usize::MAX);
        return log(file, most, session);
    }
    let words: Vec<&str> =
        options.get_many::<String>("text").unwrap_or_default().map(String::as_str).collect();
    let text = match words.as_slice() {
        [] => {
            return Err(Error::usage("There is nothing to explain.").next(
                "Give a text or a number: ringmaster explain 4171; or a log: ringmaster explain --log FILE.",
            ));
        }
        ["-"] => pasted()?,
        words => words.join(" "),
    };
    let asked = explain::ask(&text);
    if !asked.is_answered() {
        return Err(unknown(&text, &asked));
    }
    let known = workspace(session)?;
    if session.json {
        let value = value(&asked, known.as_ref(), session);
        session.out.json(&value);
    } else {
        tell(&asked, known.as_ref(), session);
    }
    Ok(0)
}

/// Reads a text that is piped in.
fn pasted() -> Result<String> {
    let mut bytes = Vec::new();
    let read = std::io::stdin().lock().take(PASTE).read_to_end(&mut bytes);
    read.map_err(|e| Error::new(Kind::Disk, "The standard input cannot be read.").why(format!("{e}.")))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn unknown(text: &str, asked: &Asked) -> Error {
    let shown: String = text.trim().chars().take(80).collect();
    let error = Error::new(Kind::NotFound, format!("Nothing is known of \"{}\".", visible(&shown)));
    let near: Vec<String> =
        asked.nearest.iter().filter_map(|p| p.texts.first()).map(|t| format!("\"{t}\"")).collect();
    let error = match near.as_slice() {
        [] => error,
        near => error.why(format!("The nearest are: {}.", near.join(", "))),
    };
    error.next("List every problem with: ringmaster explain --list")
}

/// Opens the workspace if there is one; a text is explained without, too.
fn workspace(session: &mut Session<'_>) -> Result<Option<Known>> {
    if !session.has_workspace() {
        return Ok(None);
    }
    match session.state() {
        Ok(state) => {
            let findings = doctor::examine(&state, Desk::now(), &session.config.expiry_bands);
            Ok(Some((state, findings)))
        }
        Err(error) => {
            session.out.note(&format!("The workspace is left out: {} {}", error.what, error.why));
            Ok(None)
        }
    }
}

fn tell(asked: &Asked, known: Option<&Known>, session: &mut Session<'_>) {
    for status in &asked.numbers {
        session.out.line(&format!("{}: {}", status.title(), status.text));
        if !status.parts.is_empty() {
            session.out.line(&format!("  {}.", status.parts));
        }
    }
    if !asked.numbers.is_empty() {
        session.out.line("");
    }
    if let Some((state, _)) = known {
        asked.keyrings.iter().for_each(|ring| session.out.line(&here::keyring(ring, state)));
        if !asked.keyrings.is_empty() {
            session.out.line("");
        }
    }
    for (number, (problem, _)) in asked.problems.iter().enumerate() {
        if number > 0 {
            session.out.line("");
        }
        problem_told(problem, &asked.keyrings, known, session);
    }
}

fn problem_told(
    problem: &'static Problem,
    keyrings: &[String],
    known: Option<&Known>,
    session: &mut Session<'_>,
) {
    session.out.line(problem.title);
    session.out.line("");
    session.out.line(problem.meaning);
    session.out.line("");
    session.out.line("Causes, the likeliest first:");
    match known {
        Some((state, findings)) => {
            for (number, here) in here::causes(problem, keyrings, state, findings).into_iter().enumerate() {
                cause(number, &here, state, session);
            }
        }
        None => problem.causes.iter().enumerate().for_each(|(number, cause)| {
            session.out.line(&format!("  {}. {}", number + 1, cause.text));
        }),
    }
    session.out.line("");
    session.out.line("Look at:");
    problem.look.iter().for_each(|look| session.out.line(&format!("  - {look}")));
    if !problem.known.is_empty() {
        session.out.line("");
        session.out.line(problem.known);
    }
}

fn cause(number: usize, here: &Here<'_>, state: &State, session: &mut Session<'_>) {
    session.out.line(&format!("  {}. {}", number + 1, here.cause.text));
    let key = session.config.keyring_key;
    for finding in here.found.iter().take(FINDINGS) {
        session.out.line(&format!(
            "     HERE: {} {}: {}",
            finding.severity.word(),
            finding.rule,
            finding.text
        ));
        if let Some(line) = remedy::line(finding, state, key) {
            session.out.line(&format!("     $ {line}"));
        }
    }
    let more = here.found.len().saturating_sub(FINDINGS);
    if more > 0 {
        let rules = here.cause.rules.join(", ");
        session.out.line(&format!("     and {more} more here; ringmaster doctor shows all of {rules}."));
    }
    match here.elsewhere {
        0 if here.found.is_empty() && !here.cause.rules.is_empty() => {
            session.out.line("     not in this workspace")
        }
        0 => {}
        1 => session.out.line("     and once about something else here"),
        n => session.out.line(&format!("     and {n} times about something else here")),
    }
}

fn value(asked: &Asked, known: Option<&Known>, session: &Session<'_>) -> Value {
    let status = |status: &Status| {
        json!({
            "family": status.family.words(),
            "number": status.number,
            "hex": format!("0x{:04X}", status.number),
            "text": status.text,
            "parts": status.parts,
            "problem": status.problem,
        })
    };
    let problems = asked.problems.iter().map(|(problem, how)| {
        let mut value = object(problem);
        value["match"] = format!("{how:?}").to_lowercase().into();
        if let Some((state, findings)) = known {
            let causes = here::causes(problem, &asked.keyrings, state, findings);
            value["causes"] = causes.iter().map(|here| cause_value(here, state, session)).collect();
        }
        value
    });
    json!({
        "numbers": asked.numbers.iter().map(status).collect::<Vec<_>>(),
        "problems": problems.collect::<Vec<_>>(),
        "keyrings": asked.keyrings.iter().map(|k| visible(k)).collect::<Vec<_>>(),
        "addresses": asked.addresses.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "workspace": known.is_some(),
    })
}

fn cause_value(here: &Here<'_>, state: &State, session: &Session<'_>) -> Value {
    let found = here.found.iter().map(|finding| {
        let mut value = print::finding(finding);
        value["run"] = remedy::line(finding, state, session.config.keyring_key).into();
        value
    });
    json!({
        "text": here.cause.text,
        "rules": here.cause.rules,
        "here": found.collect::<Vec<_>>(),
        "elsewhere": here.elsewhere,
    })
}

fn object(problem: &Problem) -> Value {
    json!({
        "problem": problem.key,
        "title": problem.title,
        "texts": problem.texts,
        "meaning": problem.meaning,
        "causes": problem.causes.iter().map(|c| json!({ "text": c.text, "rules": c.rules })).collect::<Vec<_>>(),
        "look": problem.look,
        "known": problem.known,
    })
}

fn list(session: &mut Session<'_>) {
    if session.json {
        return session.out.json(&Value::Array(explain::all().map(object).collect()));
    }
    let row = |p: &Problem| {
        vec![p.key.to_owned(), p.texts.first().map_or("", |text| text).to_owned(), p.title.to_owned()]
    };
    let rows: Vec<_> = explain::all().map(row).collect();
    session.out.table(&["PROBLEM", "MET AS", "WHAT IT IS"], &rows);
}

fn log(file: &Path, most: usize, session: &mut Session<'_>) -> Result<u8> {
    let mut reader = Reader::default();
    let mut take = |line: &[u8], length, cut| {
        reader.line(line, length, cut);
        true
    };
    if file == Path::new("-") {
        lines::of_stream(&mut std::io::stdin().lock(), "standard input", &mut take)?;
    } else {
        lines::of_file(file, &mut take)?;
    }
    let report = reader.end();
    if session.json {
        session.out.json(&log_value(&report));
        return Ok(0);
    }
    session.out.pairs(report.summary());
    session.out.line("");
    if report.groups.is_empty() {
        session.out.line("Nothing about TLS that would need an explanation.");
        return Ok(0);
    }
    let rows: Vec<Vec<String>> =
        report.groups.iter().take(most).map(|group| group.cells().to_vec()).collect();
    session.out.table(&Group::HEADINGS, &rows);
    let hidden = report.groups.len() - rows.len();
    if hidden > 0 {
        session.out.note(&format!("{hidden} more groups; --groups 0 shows all."));
    }
    let mut problems: Vec<&'static str> = Vec::new();
    for group in report.groups.iter().filter(|g| !g.problem.is_empty()) {
        if !problems.contains(&group.problem) {
            problems.push(group.problem);
        }
    }
    session.out.line("");
    for problem in problems.iter().filter_map(|key| explain::find(key)) {
        let text = problem.texts.first().map_or("", |text| text);
        session.out.line(&format!("{} See: ringmaster explain \"{text}\"", problem.title));
    }
    Ok(0)
}

fn log_value(report: &Report) -> Value {
    let place = |place: &Place| json!({ "line": place.line, "time": place.at.map(naive) });
    let group = |group: &Group| {
        json!({
            "what": group.sort.words(),
            "detail": group.what,
            "peer": group.peer,
            "keyring": group.ring,
            "problem": group.problem,
            "count": group.count,
            "first": place(&group.first),
            "last": place(&group.last),
            "most-in-a-minute": group.peak,
            "example": group.example,
        })
    };
    let h = report.handshakes;
    json!({
        "lines": report.lines,
        "bytes": report.bytes,
        "cut": report.cut,
        "tls-lines": report.related.0,
        "tls-bytes": report.related.1,
        "tls-bytes-a-day": report.growth(),
        "from": report.span.map(|(from, _)| naive(from)),
        "to": report.span.map(|(_, to)| naive(to)),
        "failures": report.failures,
        "peak": report.peak.map(|(minute, count)| json!({ "minute": naive(minute), "failures": count })),
        "handshakes": {
            "begun": h.begun,
            "ended": h.ended,
            "unfinished": h.unfinished,
            "open": h.open,
            "not-followed": h.untracked,
        },
        "groups": report.groups.iter().map(group).collect::<Vec<_>>(),
        "others": {
            "count": report.others.count,
            "first": report.others.first.as_ref().map(place),
            "last": report.others.last.as_ref().map(place),
        },
    })
}
