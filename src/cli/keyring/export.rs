//! Commands that write parts of a keyring to files, and hand it over to other programs.

use std::path::PathBuf;

use clap::{Arg, ArgMatches, Command, value_parser};

use crate::cli::args::option;
use crate::cli::fields;
use crate::cli::session::Session;
use crate::desk::export::Asked;
use crate::model::error::{Error, Result};
use crate::model::export::{Export, Format, Secrecy};
use crate::ops::hand_over;

/// What a person has to know of the lines that `--password-fd` gives.
const LINES: &str = "Passwords, in the order of --password-fd: that of the keyring, unless its stash opens it; then, where the \
     form is encrypted, the new pass phrase of what is written (on the terminal it is asked twice).\n\
     A private key leaves only with --confirm NAME, only to a new file, and the audit log says so first.";

/// The commands.
pub(super) fn commands() -> Vec<Command> {
    let presets: Vec<_> = hand_over::presets().map(|p| p.name).collect();
    let named = Arg::new("name").value_name("NAME").required(true).help("The keyring");
    vec![
        fields::options::<Export>(
            Command::new("export")
                .about("Writes a keyring or a part of it in another form, to a file or the standard output")
                .after_help(LINES),
        )
        .mut_arg("form", |form| form.default_value("pem")),
        Command::new("hand-over")
            .about("Writes a keyring into a new folder for another program, with the commands that make it use them")
            .after_help(LINES)
            .arg(named)
            .arg(Arg::new("preset").value_name("PRESET").required(true).value_parser(presets).help("The program"))
            .arg(
                option(
                    "to",
                    "FOLDER",
                    "The folder, outside of the workspace; it must not be there yet",
                )
                .required(true)
                .value_parser(value_parser!(PathBuf)),
            )
            .arg(
                option(
                    "confirm",
                    "NAME",
                    "The name of the keyring again: its private key leaves the workspace",
                ),
            ),
    ]
}

/// Runs one of them; `None` when the name is of another part.
pub(super) fn run(name: &str, options: &ArgMatches, session: &mut Session<'_>) -> Option<Result<u8>> {
    match name {
        "export" => Some(export(options, session)),
        "hand-over" => Some(hand_over(options, session)),
        _ => None,
    }
}

fn export(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let name = super::find(options, session)?.name;
    let mut asked = Export::form(name, Format::Pem);
    fields::fill(&mut asked, options)?;
    if !options.contains_id("to") {
        if asked.secrecy != Secrecy::Public {
            return Err(Error::usage("A private key is not written to the standard output.")
                .why("What goes through a terminal or a pipe cannot be read back, and may be kept by others.")
                .next("Name a new file: --to FILE."));
        }
        return session.export_here(&Asked::Keyring(Box::new(asked)));
    }
    leave(asked, options, session)
}

fn hand_over(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let ring = super::find(options, session)?;
    let preset = hand_over::find(options.get_one::<String>("preset").map_or("", String::as_str))?;
    preset.fits(&ring)?;
    let mut asked = preset.asked(&ring.name);
    asked.to = options.get_one::<PathBuf>("to").cloned().unwrap_or_default();
    asked.confirm = options.get_one::<String>("confirm").cloned().unwrap_or_default();
    leave(asked, options, session)
}

/// Writes to files, after asking for the passwords that are needed.
fn leave(mut asked: Export, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let mut password = None;
    if asked.secrecy != Secrecy::Public {
        // A password that is of no use is not asked.
        session.writable()?;
        super::confirmed(options, &asked.keyring)?;
        password = session.ring_password(&asked.keyring)?;
        if asked.secrecy == Secrecy::Sealed {
            let whose = format!("what is written of keyring {}", asked.keyring);
            fields::ask(&mut asked, &whose, &mut session.secrets)?;
        } else {
            session.out.note("The private key is written without encryption: whoever reads the file has it.");
        }
    }
    session.export(&Asked::Keyring(Box::new(asked)), password)
}
