//! `demo`: furnishes a workspace that looks like a real organisation, and opens the console on it.

use std::path::PathBuf;

use clap::{ArgMatches, Command, value_parser};

use super::Console;
use super::print::Printer;
use crate::cli::args::{flag, option};
use crate::config::Config;
use crate::demo::{ISSUED, PROTECTION, furnish};
use crate::desk::Desk;
use crate::model::error::{Error, Kind, Result};

pub(super) fn command() -> Command {
    Command::new("demo")
        .about("Opens the console on a throw-away workspace that looks like a real organisation; all passwords are \"demo\"")
        .arg(
            option(
                "at",
                "DIR",
                "Makes it in this new folder and keeps it",
            )
            .value_parser(value_parser!(PathBuf)),
        )
        .arg(
            flag("no-open", "Only makes it").requires("at"),
        )
        .arg(
            option(
                "scale",
                "N",
                "Issues this many certificates; a million take some minutes",
            )
            .value_parser(value_parser!(u64).range(ISSUED..=10_000_000)),
        )
}

/// Furnishes the workspace. Returns the console to open, if one is wanted.
pub(super) fn run(
    matches: &ArgMatches,
    mut config: Config,
    out: &mut Printer<'_>,
) -> Result<Option<Console>> {
    config.protection = PROTECTION;
    let at = matches.get_one::<PathBuf>("at").cloned();
    let mut throw_away = None;
    let folder = match &at {
        Some(folder) => folder.clone(),
        None => {
            let made = tempfile::Builder::new().prefix("ringmaster-demo-").tempdir();
            let made = made.map_err(|e| {
                Error::new(Kind::Disk, "No temporary folder could be made.").why(format!("{e}."))
            })?;
            // The stash key is thrown away with the rest.
            config.home = made.path().join("home");
            let folder = made.path().join("workspace");
            throw_away = Some(made);
            folder
        }
    };
    let mut desk = Desk::open(&config, Some(&folder), false)?;
    let scale = matches.get_one::<u64>("scale").copied().unwrap_or(ISSUED);
    furnish(&mut desk, scale, &mut |what| out.note(&format!("Making {what} ...")))?;
    drop(desk);
    out.note(&format!("The demonstration is in {}. All passwords are \"demo\".", folder.display()));
    if matches.get_flag("no-open") {
        return Ok(None);
    }
    Ok(Some(Console { config, workspace: Some(folder), read_only: false, throw_away }))
}
