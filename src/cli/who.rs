//! `ringmaster site who`: which document, which keyring and which certificate answer, and why no other does.

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::fields;
use super::print;
use super::session::Session;
use crate::cli::args::flag;
use crate::model::error::Result;
use crate::model::finding::Severity;
use crate::model::resolve::{Answer, Outcome, Question, Sni, resolve};

/// The command.
pub(super) fn command() -> Command {
    let command = Command::new("who").about(
        "Explains which document, keyring and certificate answer; exit code 3 when clients cannot be content",
    );
    fields::options::<Question>(command)
        .mut_arg("name", |name| name.value_name("HOST[:PORT]"))
        .mut_arg("server", |server| server.value_name("SERVER"))
        .mut_arg("address", |address| address.value_name("IP"))
        .mut_arg("sni", |sni| sni.value_name("NAME"))
        .mut_arg("http-host", |host| host.value_name("HOST"))
        .arg(
            flag("no-sni", "Asks as a client that sends no SNI").conflicts_with("sni"),
        )
        .after_help(
            "The answer comes from the documents alone; nothing is asked over the network. What is served in truth is told\n\
             by ringmaster probe.",
        )
}

/// Answers.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut question = Question::default();
    fields::fill(&mut question, options)?;
    if options.get_flag("no-sni") {
        question.sni = Sni::Off;
    }
    let state = session.state()?;
    let answer = resolve(&state, &question);
    if session.json {
        session.out.json(&object(&answer));
    } else {
        for (label, text, severity) in answer.lines() {
            let mark = severity.filter(|s| *s > Severity::Info).map_or("", Severity::word);
            let mark = if mark.is_empty() { String::new() } else { format!("{mark}: ") };
            let mut lines = text.lines();
            let first = lines.next().unwrap_or_default();
            match lines.next() {
                None => session.out.line(&format!("{label}: {mark}{first}")),
                Some(found) => {
                    session.out.line(&format!("{label}: {first}"));
                    session.out.line(&format!("  {mark}{found}"));
                }
            }
        }
    }
    Ok(if answer.is_good() { 0 } else { 3 })
}

fn object(answer: &Answer) -> Value {
    let steps = answer.steps.iter().map(|step| {
        json!({
            "step": step.label,
            "rule": step.rule,
            "found": step.found,
            "severity": step.severity.map(Severity::word),
        })
    });
    let others = answer.others.iter().map(|other| json!({ "site": other.name, "why": other.why }));
    json!({
        "outcome": answer.outcome.word(),
        "verdict": answer.verdict,
        "redirect": match &answer.outcome {
            Outcome::Redirect(to) => Some(to),
            _ => None,
        },
        "server": answer.server,
        "protocol": answer.protocol,
        "port": answer.port,
        "era": answer.era.name(),
        "document": answer.document.as_ref().map(|d| print::subject(&d.subject())),
        "requests": answer.requests,
        "keyring": answer.keyring,
        "certificate": answer.certificate.map(|sha256| sha256.to_string()),
        "covers": answer.covers.as_ref().map(|c| json!({ "name": c.name, "named": c.named })),
        "steps": steps.collect::<Vec<_>>(),
        "others": others.collect::<Vec<_>>(),
    })
}
