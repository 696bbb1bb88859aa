//! `ringmaster findings`: what the checks find in the whole workspace.

use clap::{ArgMatches, Command};
use serde_json::Value;

use super::print;
use super::session::Session;
use crate::desk::Desk;
use crate::model::error::Result;
use crate::model::finding::{Severity, worst};

/// The command.
pub(super) fn command() -> Command {
    Command::new("findings")
        .about("Checks the whole workspace; exit code 3 when there are warnings or errors")
}

/// Runs every check.
pub(super) fn run(_: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let findings = crate::doctor::examine(&state, Desk::now(), &session.config.expiry_bands);
    if session.json {
        session.out.json(&Value::Array(findings.iter().map(print::finding).collect()));
    } else if findings.is_empty() {
        session.out.line("Nothing was found.");
    } else {
        session.out.findings(&findings);
    }
    Ok(if worst(&findings) >= Some(Severity::Warning) { 3 } else { 0 })
}
