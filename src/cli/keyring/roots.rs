//! Commands for the trusted roots of a keyring.

use clap::{ArgMatches, Command};

use crate::cli::session::Session;
use crate::model::error::Result;

/// The commands.
pub(super) fn commands() -> Vec<Command> {
    Vec::new()
}

/// Runs one of them; `None` when the name is of another part.
pub(super) fn run(_name: &str, _options: &ArgMatches, _session: &mut Session<'_>) -> Option<Result<u8>> {
    None
}
