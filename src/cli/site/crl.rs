//! `ringmaster site crl-rules`: what becomes of clients with certificates, by the CRL switches.

use clap::{Arg, ArgMatches, Command};
use serde_json::{Value, json};

use crate::cli::session::Session;
use crate::model::error::Result;
use crate::model::escape::visible;
use crate::model::site::crl::{RULES, Search, decide};

/// The command.
pub(super) fn command() -> Command {
    Command::new("crl-rules")
        .about(
            "Shows what becomes of clients with certificates by the CRL switches: of a site, or in general",
        )
        .arg(Arg::new("name").value_name("NAME").help("The site document; without it the whole table"))
}

/// Runs the command.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    if !options.contains_id("name") {
        table(session);
        return Ok(0);
    }
    let site = super::find(options, session)?;
    let outcomes = Search::ALL.map(|search| (search, decide(site.crl, search)));
    if session.json {
        let value = |(search, (outcome, why)): &(Search, (crate::model::site::crl::Outcome, &str))| json!({ "certificate": search.words(), "client": outcome.word(), "why": why });
        let all: Vec<Value> = outcomes.iter().map(value).collect();
        let asks = site.access.client_certificate;
        session
            .out
            .json(&json!({ "site": visible(&site.name), "asks_for_certificates": asks, "clients": all }));
        return Ok(0);
    }
    if !site.access.client_certificate {
        session.out.note(&format!(
            "Site {} asks no client for a certificate, so nothing of this happens.",
            site.name
        ));
    }
    let row = |(search, (outcome, why)): &(Search, (crate::model::site::crl::Outcome, &str))| {
        vec![search.words().to_owned(), outcome.word().to_owned(), (*why).to_owned()]
    };
    session.out.table(&["CERTIFICATE", "CLIENT", "WHY"], &outcomes.iter().map(row).collect::<Vec<_>>());
    Ok(0)
}

/// Prints the whole table of rules.
fn table(session: &mut Session<'_>) {
    if session.json {
        let value = |rule: &crate::model::site::crl::Rule| {
            let mut value = json!({ "client": rule.outcome.word(), "why": rule.why });
            if let Some(object) = value.as_object_mut() {
                object.extend(rule.conditions().map(|(name, text)| (name.to_owned(), Value::from(text))));
            }
            value
        };
        return session.out.json(&Value::Array(RULES.iter().map(value).collect()));
    }
    let row = |rule: &crate::model::site::crl::Rule| {
        let conditions = rule.conditions().map(|(_, text)| text.to_owned());
        conditions.into_iter().chain([rule.outcome.word().to_owned(), rule.why.to_owned()]).collect()
    };
    let headings = ["CHECK", "FOUND", "CURRENT", "LISTED", "TRUST EXPIRED", "MAY FAIL", "CLIENT", "WHY"];
    session.out.table(&headings, &RULES.iter().map(row).collect::<Vec<_>>());
}
