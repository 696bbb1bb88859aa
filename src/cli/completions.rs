//! `ringmaster completions`: scripts that complete commands and options in shells.

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_complete::Shell;

use super::session::Session;
use crate::model::error::Result;

/// The command.
pub(super) fn command() -> Command {
    Command::new("completions").about("Prints a script that completes commands and options in a shell").arg(
        Arg::new("shell")
            .value_name("SHELL")
            .required(true)
            .value_parser(value_parser!(Shell))
            .help("The shell"),
    )
}

/// Prints the script.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let shell = options.get_one::<Shell>("shell").copied().unwrap_or(Shell::Bash);
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut super::tree(), "ringmaster", &mut script);
    session.out.raw(&String::from_utf8_lossy(&script));
    Ok(0)
}
