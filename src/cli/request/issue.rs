//! `ringmaster request issue`: signs approved requests, one, several, or a batch that was reviewed as a whole.

use clap::{ArgMatches, Command};
use serde_json::{Value, json};

use super::super::session::Session;
use crate::cli::args::{flag, option};
use crate::desk::Verb;
use crate::model::State;
use crate::model::error::{Error, Result};
use crate::model::request::{RequestId, Status};
use crate::ops::issue::{BATCH, became, seal};

/// The command, with its options.
pub(super) fn command(command: Command) -> Command {
    command
        .arg(option("certifier", "CERTIFIER", "Takes everything that is approved for this certifier"))
        .arg(flag("all", "Takes everything that is approved"))
        .arg(option(
            "batch",
            "SEAL",
            "Signs the batch that was shown with this seal, and no other; without it, it is shown",
        ))
}

/// Runs it. 1 when something was not signed, 3 when a batch is only shown.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut ids = super::ids(options, session)?;
    let certifier = options.get_one::<String>("certifier");
    let whole = options.get_flag("all") || certifier.is_some();
    let state = session.state()?;
    if whole {
        let approved = state.requests.values().filter(|r| match &r.status {
            Status::Approved { plan, .. } => certifier.is_none_or(|name| plan.certifier == *name),
            _ => false,
        });
        ids.extend(approved.map(|r| r.id));
    }
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() {
        if !whole {
            return Err(Error::usage("No request was named.")
                .next("Name their numbers, or take all that are approved: --all."));
        }
        session.out.note("No request is approved and waits for signing.");
        return Ok(0);
    }
    if whole && !reviewed(&state, &ids, options.get_one::<String>("batch"), session)? {
        return Ok(3);
    }
    if let Some(warning) = session.desk()?.clock_warning()? {
        session.out.note(&warning);
    }
    let (mut code, mut signed) = (0, 0);
    let (mut rows, mut message) = (Vec::<Value>::new(), String::new());
    for batch in ids.chunks(BATCH) {
        let outcome = session.perform(Verb::Issue { ids: batch.to_vec() })?;
        message = outcome.message;
        for id in batch {
            let (good, text) = became(&outcome.facts, &outcome.state, *id);
            signed += usize::from(good);
            code = code.max(u8::from(!good));
            if session.json {
                rows.push(json!({ "id": id.to_string(), "signed": good, "text": text }));
            } else {
                session.out.line(&text);
            }
        }
        if ids.len() > BATCH {
            session.out.flush();
            session.out.note(&format!("{signed} of {} signed.", ids.len()));
        }
    }
    if session.json {
        session.out.json(&json!({ "message": message, "signed": signed, "of": ids.len(), "requests": rows }));
    }
    Ok(code)
}

/// Shows a batch with its seal, or compares the seal that was typed; tells whether to sign it.
fn reviewed(
    state: &State,
    ids: &[RequestId],
    typed: Option<&String>,
    session: &mut Session<'_>,
) -> Result<bool> {
    let seal = seal(state, ids);
    if let Some(typed) = typed {
        if typed.trim().eq_ignore_ascii_case(&seal) {
            return Ok(true);
        }
        return Err(Error::refused("Nothing was signed.")
            .why(format!("The batch is not the one with the seal {typed}: its seal is {seal} now."))
            .next("Look at it again: ringmaster request issue --all"));
    }
    if session.json {
        let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
        session.out.json(&json!({ "seal": seal, "requests": ids }));
        return Ok(false);
    }
    let rows: Vec<Vec<String>> = ids.iter().filter_map(|id| row(state, *id)).collect();
    session.out.table(&["ID", "SUBJECT", "NAMES", "CERTIFIER", "DAYS", "APPROVED BY"], &rows);
    session.out.line("");
    session.out.line(&format!("To sign these {}, add to the same command: --batch {seal}", ids.len()));
    Ok(false)
}

fn row(state: &State, id: RequestId) -> Option<Vec<String>> {
    let request = state.requests.get(&id)?;
    let Status::Approved { by, plan, .. } = &request.status else { return None };
    let names = plan.names.as_ref().unwrap_or(&request.pkcs10.alt_names);
    let names = names.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    let edited = if plan.edits().is_empty() { "" } else { " (edited)" };
    let subject = format!("{}{edited}", plan.subject_text(&request.pkcs10.subject));
    Some(vec![id.to_string(), subject, names, plan.certifier.clone(), plan.days.to_string(), by.clone()])
}
