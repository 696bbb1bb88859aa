//! `ringmaster certifier amend`, `policy`, `confirm` and `withdraw`: the policy of a certifier and how it is amended.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::fields;
use super::print;
use super::session::Session;
use crate::cli::args::{flag, option};
use crate::desk::{Desk, Verb};
use crate::model::certifier::{Certifier, Policy, Proposal};
use crate::model::error::{Error, Result};
use crate::model::field::{Look, differences};
use crate::model::policy::Amendment;
use crate::ops::{amend, roles};

/// Adds the commands about policies to those about certifiers.
pub(super) fn commands(command: Command) -> Command {
    let name = || Arg::new("name").value_name("NAME").required(true).help("The certifier");
    let reason = |help| option("reason", "TEXT", help);
    command
        .subcommand(
            Command::new("amend")
                .about("Amends the policy: signs its next version, or proposes it to a second CAA")
                .arg(name())
                .arg(
                    Arg::new("assignments")
                        .value_name("FIELD=VALUE")
                        .required(true)
                        .action(ArgAction::Append)
                        .num_args(1..)
                        .help("Fields with their new values, named as the options of create"),
                )
                .arg(reason("Why; signed with the policy and kept in the audit chain"))
                .arg(
                    flag("preview", "Only shows what would differ, and what follows from it"),
                ),
        )
        .subcommand(
            Command::new("policy")
                .about("Shows the signed versions of the policy, and an amendment that waits")
                .arg(name()),
        )
        .subcommand(
            Command::new("confirm")
                .about("Confirms the proposed amendment, as another CAA than proposed it")
                .arg(name())
                .arg(
                    Arg::new("code")
                        .value_name("CODE")
                        .required(true)
                        .help("The code that \"certifier policy\" shows beside the proposal: what is confirmed was seen"),
                ),
        )
        .subcommand(
            Command::new("withdraw")
                .about("Withdraws or rejects the proposed amendment")
                .arg(name())
                .arg(reason("Why; kept in the audit chain")),
        )
}

/// Runs a command about the policy of a certifier; `None` when it is none of these.
pub(super) fn run(word: &str, options: &ArgMatches, session: &mut Session<'_>) -> Option<Result<u8>> {
    Some(match word {
        "amend" => amend_it(options, session),
        "policy" => super::certifier::find(options, session).and_then(|c| show(&c, session)),
        "confirm" => confirm(options, session),
        "withdraw" => super::certifier::find(options, session).and_then(|c| {
            let reason = options.get_one::<String>("reason").cloned().unwrap_or_default();
            session.run(Verb::Withdraw { certifier: c.name, reason })
        }),
        _ => return None,
    })
}

fn amend_it(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let certifier = super::certifier::find(options, session)?;
    let reason = options.get_one::<String>("reason").cloned().unwrap_or_default();
    let mut amendment = Amendment { policy: certifier.policy.clone(), reason };
    for assignment in options.get_many::<String>("assignments").unwrap_or_default() {
        fields::assign(&mut amendment, assignment)?;
    }
    let state = session.state()?;
    if !session.json {
        changes(&certifier.policy, &amendment.policy, session)?;
        for line in amend::consequences(&state, &certifier, &amendment.policy) {
            session.out.note(&line);
        }
    }
    if options.get_flag("preview") {
        return Ok(0);
    }
    if amendment.policy == certifier.policy {
        session.out.note(&format!("The policy of certifier {} says so already.", certifier.name));
        return Ok(0);
    }
    if roles::amends_alone(&certifier.policy, &session.config.operator).is_none() {
        session.out.note("Another CAA has to confirm it; until then nothing changes.");
    }
    let before = certifier.policy.version;
    let amendment = Box::new(amendment);
    session.run(Verb::Amend { certifier: certifier.name, before, amendment })
}

fn confirm(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let certifier = super::certifier::find(options, session)?;
    let proposal = amend::proposal(&certifier)?;
    let given = options.get_one::<String>("code").map_or("", |code| code.trim());
    if !given.eq_ignore_ascii_case(&code(proposal)?) {
        return Err(Error::refused(format!(
            "The proposal for certifier {} has another code.",
            certifier.name
        ))
        .why("The code says that what is confirmed is what was looked at.")
        .next(format!("Look at it: ringmaster certifier policy {}", certifier.name)));
    }
    let proposal = Box::new(proposal.clone());
    session.run(Verb::Confirm { certifier: certifier.name, proposal })
}

/// Returns the code of a proposal: the first eight digits of its digest.
fn code(proposal: &Proposal) -> Result<String> {
    let text = serde_json::to_vec(proposal).map_err(|e| Error::internal(format!("A proposal: {e}.")))?;
    Ok(crate::pki::sha256(&text).to_string().chars().take(8).collect())
}

fn show(certifier: &Certifier, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let zone = session.config.zone.clone();
    let look = Look { state: &state, now: Desk::now(), soon: session.config.soon(), zone: zone.as_ref() };
    if session.json {
        let versions: Vec<Value> = certifier
            .versions
            .iter()
            .map(|v| {
                let mut object = print::object(&v.policy, &look);
                object.insert("version".into(), json!(v.policy.version));
                object.insert("told".into(), json!(v.told()));
                object.insert("sha256".into(), json!(v.text.to_string()));
                Value::Object(object)
            })
            .collect();
        let proposal = match &certifier.proposal {
            Some(p) => {
                let mut object = print::object(&p.policy, &look);
                object.insert("by".into(), json!(p.by));
                object.insert("code".into(), json!(code(p)?));
                Value::Object(object)
            }
            None => Value::Null,
        };
        session.out.json(&json!({ "versions": versions, "proposal": proposal }));
        return Ok(0);
    }
    if certifier.versions.is_empty() {
        session.out.line(&format!(
            "Version {} was made before versions were signed; the next one will be.",
            certifier.policy.version
        ));
    }
    let mut before: Option<&Policy> = None;
    for version in &certifier.versions {
        session.out.line(&format!("Version {}: {}", version.policy.version, version.told()));
        match before {
            Some(before) => changes(before, &version.policy, session)?,
            None => session.out.record(&version.policy, &look),
        }
        session.out.line("");
        before = Some(&version.policy);
    }
    if let Some(proposal) = &certifier.proposal {
        let reason =
            if proposal.reason.is_empty() { String::new() } else { format!(": {}", proposal.reason) };
        session.out.line(&format!(
            "Proposed version {}, code {}, by {} on {}{reason}",
            proposal.policy.version,
            code(proposal)?,
            proposal.by,
            proposal.at.text()
        ));
        changes(&certifier.policy, &proposal.policy, session)?;
        for line in amend::consequences(&state, certifier, &proposal.policy) {
            session.out.note(&line);
        }
        session.out.note(&format!(
            "Another CAA confirms it: ringmaster certifier confirm {} {}",
            certifier.name,
            code(proposal)?
        ));
    }
    Ok(0)
}

/// Prints what differs between two policies.
fn changes(before: &Policy, after: &Policy, session: &mut Session<'_>) -> Result<()> {
    let state = session.state()?;
    let zone = session.config.zone.clone();
    let look = Look { state: &state, now: Desk::now(), soon: session.config.soon(), zone: zone.as_ref() };
    let or_none = |text: String| if text.is_empty() { "(none)".to_owned() } else { text };
    let rows = differences(before, after, &look).into_iter();
    session.out.pairs(
        rows.map(|(label, before, after)| {
            (label, format!("was {}\nnow {}", or_none(before), or_none(after)))
        }),
    );
    Ok(())
}
