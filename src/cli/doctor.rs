//! `ringmaster doctor`: what the checks find in the whole workspace, and what each of them means.

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::remedy;
use super::session::Session;
use super::{finding, print};
use crate::cli::args::{flag, option};
use crate::desk::Desk;
use crate::doctor::{self, Check};
use crate::model::State;
use crate::model::accepted::{Accepted, Weighed};
use crate::model::error::{Error, Result};
use crate::model::field::{Look, field_names, fits};
use crate::model::filter::{Filter, of_fields};
use crate::model::finding::{Finding, Severity, Subject, worst};

/// The command.
pub(super) fn command() -> Command {
    let severities = Severity::ALL.map(Severity::word);
    Command::new("doctor")
        .about("Checks the whole workspace, worst first; exit code 3 when there are warnings or errors")
        .arg(option("rule", "RULE", "Shows what this rule finds, such as K09"))
        .arg(option("severity", "SEVERITY", "Shows what is at least as bad as this").value_parser(severities))
        .arg(option("keyring", "NAME", "Shows what is found about this keyring and the sites that name it"))
        .arg(option(
            "where",
            "FILTER",
            "Shows what fits: words, rule:S09, severity:error, object:web01, -word for what does not",
        ))
        .arg(flag("accepted", "Shows what was accepted as a risk, and what of that is obsolete"))
        .arg(
            option("explain", "RULE", "Explains a rule; needs no workspace")
                .conflicts_with_all(["rule", "severity", "keyring", "where", "accepted", "list"]),
        )
        .arg(
            flag("list", "Lists every rule; needs no workspace")
                .conflicts_with_all(["rule", "severity", "keyring", "where", "accepted"]),
        )
}

/// Runs the checks, or tells about them.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let text = |name| options.get_one::<String>(name);
    if let Some(id) = text("explain") {
        explain(rule(id)?, session);
        return Ok(0);
    }
    if options.get_flag("list") {
        list(session);
        return Ok(0);
    }
    let only = text("rule").map(|id| rule(id)).transpose()?;
    let least = text("severity").and_then(|word| Severity::from_word(word));
    let state = session.state()?;
    let keyring = text("keyring");
    if let Some(name) = keyring {
        let known = state.keyrings.contains_key(name)
            || state.unreadable.iter().any(|unread| unread.keyring() == Some(name));
        if !known {
            let next = "List them with: ringmaster keyring list";
            return Err(Error::not_found("keyring", name).next(next));
        }
    }
    let about = |subject: &Subject| match (keyring, subject) {
        (None, _) => true,
        (Some(name), Subject::Keyring(ring)) => ring == name,
        (Some(name), Subject::Site(site)) => state.sites.get(site).is_some_and(|s| s.keyring == *name),
        _ => false,
    };
    let now = Desk::now();
    let found = doctor::examine(&state, now, &session.config.expiry_bands);
    let wanted = |rule: &str, severity: Severity, subject: &Subject| {
        only.is_none_or(|check| check.id == rule) && least.is_none_or(|s| severity >= s) && about(subject)
    };
    let Weighed { open: mut findings, mut accepted, mut obsolete } = doctor::weigh(&state, now, found);
    let given = text("where").map_or("", String::as_str);
    let filter = filter(given)?;
    let fit = |f: &Finding| fits_finding(f, &filter, &state);
    findings.retain(|f| wanted(&f.rule, f.severity, &f.subject) && fit(f));
    accepted.retain(|(f, _)| wanted(&f.rule, f.severity, &f.subject) && fit(f));
    obsolete.retain(|risk| wanted(&risk.rule, risk.severity, &risk.subject));
    if options.get_flag("accepted") {
        show_accepted(&accepted, &obsolete, session);
        return Ok(0);
    }
    let run = |finding: &Finding| remedy::line(finding, &state, session.config.keyring_key);
    if session.json {
        let all = findings.iter().map(|finding| {
            let mut object = print::finding(finding);
            object["run"] = run(finding).into();
            object
        });
        session.out.json(&Value::Array(all.collect()));
    } else if findings.is_empty() {
        session.out.line("Nothing was found.");
        left_out(&accepted, session);
    } else {
        findings.iter().for_each(|finding| session.out.finding(finding, run(finding).as_deref()));
        let count =
            |severity: Severity| severity.count(findings.iter().filter(|f| f.severity == severity).count());
        let counts: Vec<_> = Severity::ALL.into_iter().rev().filter_map(count).collect();
        session.out.note(&format!("{}; ringmaster doctor --explain RULE says more.", counts.join(", ")));
        left_out(&accepted, session);
    }
    Ok(if worst(&findings) >= Some(Severity::Warning) { 3 } else { 0 })
}

/// Reads a filter of findings.
pub(super) fn filter(given: &str) -> Result<Filter> {
    of_fields(given, &field_names::<Finding>()).map_err(|mistake| {
        Error::usage(format!("The filter \"{given}\" cannot be used.")).why(format!("{}.", mistake.why))
    })
}

/// Tells whether a finding fits a filter.
pub(super) fn fits_finding(f: &Finding, filter: &Filter, state: &State) -> bool {
    let look = Look { state, now: Desk::now(), soon: 0, zone: None };
    fits(f, filter, &[f.severity.word(), &f.rule, &f.subject.to_string(), &f.text].map(str::to_owned), &look)
}

/// Says that there is more than is shown.
fn left_out(accepted: &[(Finding, Accepted)], session: &mut Session<'_>) {
    if !accepted.is_empty() {
        let count = accepted.len();
        session.out.note(&format!("{count} accepted; ringmaster doctor --accepted shows them."));
    }
}

/// Shows what is accepted, and what was and is not found any more.
fn show_accepted(accepted: &[(Finding, Accepted)], obsolete: &[Accepted], session: &mut Session<'_>) {
    if session.json {
        let held = accepted.iter().map(|(found, risk)| {
            let mut object = print::finding(found);
            object["accepted"] = finding::object(risk);
            object
        });
        let held: Vec<_> = held.collect();
        let obsolete: Vec<_> = obsolete.iter().map(finding::object).collect();
        return session.out.json(&json!({ "accepted": held, "obsolete": obsolete }));
    }
    if accepted.is_empty() && obsolete.is_empty() {
        return session.out.line("Nothing is accepted.");
    }
    for (found, risk) in accepted {
        session.out.line(&format!("accepted {} {}: {}", found.severity.word(), found.rule, found.text));
        session.out.line(&format!("  {}.", sentence(&risk.words())));
    }
    for risk in obsolete {
        let object = print::subject(&risk.subject);
        session.out.line(&format!("obsolete {}: It is not found any more about {object}.", risk.rule));
        session.out.line(&format!("  {}.", sentence(&risk.words())));
        session.out.line(&format!("  $ ringmaster finding unaccept {} {object}", risk.rule));
    }
}

/// Begins with a capital.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

pub(super) fn rule(id: &str) -> Result<&'static Check> {
    doctor::find(id).ok_or_else(|| {
        Error::usage(format!("There is no rule \"{id}\".")).next("List them with: ringmaster doctor --list")
    })
}

fn explain(check: &Check, session: &mut Session<'_>) {
    if session.json {
        return session.out.json(&object(check));
    }
    session.out.line(&format!("{} ({}): {}", check.id, check.severity.word(), check.title));
    session.out.line("");
    session.out.line(check.explain);
    session.out.line("");
    session.out.pairs([("Remedy", check.remedy.to_owned()), ("Console command", check.command.to_owned())]);
}

fn list(session: &mut Session<'_>) {
    let table = doctor::table();
    if session.json {
        return session.out.json(&Value::Array(table.into_iter().map(object).collect()));
    }
    let row = |c: &Check| {
        vec![c.id.to_owned(), c.severity.word().to_owned(), c.command.to_owned(), c.title.to_owned()]
    };
    let rows: Vec<_> = table.into_iter().map(row).collect();
    session.out.table(&["RULE", "SEVERITY", "COMMAND", "WHAT IS WRONG"], &rows);
}

fn object(check: &Check) -> Value {
    json!({
        "rule": check.id,
        "severity": check.severity.word(),
        "title": check.title,
        "explanation": check.explain,
        "remedy": check.remedy,
        "command": check.command,
    })
}
