//! `ringmaster review`: the security review of all servers and sites as a report.

use std::path::PathBuf;

use clap::{ArgMatches, Command, value_parser};

use super::print;
use super::session::Session;
use crate::cli::args::option;
use crate::desk::Desk;
use crate::doctor;
use crate::doctor::review::{Format, review};
use crate::model::error::Result;
use crate::store::outside;

/// The command.
pub(super) fn command() -> Command {
    Command::new("review")
        .about("Writes the security review of all servers and sites: settings, findings, accepted risks")
        .arg(
            option(
                "format",
                "FORMAT",
                "How it is written; else by the end of the file's name: .md, .json, anything else is text",
            )
            .value_parser(Format::NAMES),
        )
        .arg(
            option("to", "FILE", "A new file; else the standard output").value_parser(value_parser!(PathBuf)),
        )
}

/// Writes the review.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let to = options.get_one::<PathBuf>("to");
    let named = options.get_one::<String>("format").and_then(|name| Format::from_name(name));
    let by_end = || to.map_or(Format::Text, |to| Format::of_file(&to.to_string_lossy()));
    let format = if session.json { Format::Json } else { named.unwrap_or_else(by_end) };
    let (state, now) = (session.state()?, Desk::now());
    let found = doctor::examine(&state, now, &session.config.expiry_bands);
    let text = review(&state, doctor::weigh(&state, now, found), now).write(format);
    let Some(path) = to else {
        session.out.raw(&text);
        return Ok(0);
    };
    let place = outside::place(path, session.desk()?.folder())?;
    outside::write(&place, text.as_bytes(), outside::PUBLIC)?;
    session.out.line(&format!("Written: {}.", print::source(&place)));
    Ok(0)
}
