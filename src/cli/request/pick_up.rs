//! `ringmaster request pick-up`: the certificate goes to its requester, or into a keyring here.

use std::path::PathBuf;

use clap::{ArgMatches, Command, value_parser};

use super::super::print;
use super::super::session::Session;
use crate::cli::args::{flag, option};
use crate::desk::Verb;
use crate::model::error::Result;
use crate::ops::ring::Act;
use crate::pki::pem;
use crate::store::outside;

/// The command, with its options.
pub(super) fn command(command: Command) -> Command {
    command
        .arg(
            option("to", "FILE", "Writes a new file; else it is printed")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(option("keyring", "KEYRING", "Installs it in this keyring").conflicts_with("to"))
        .arg(flag("root", "Adds the root certificate, which its peers have to trust"))
}

/// Runs it. What cannot be recorded, in a workspace that is only read, is handed out all the same.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let request = super::find(options, session)?;
    let id = request.id;
    if let Some(keyring) = options.get_one::<String>("keyring") {
        let certificates = session.desk()?.answer(&request, true)?;
        let code = session.run(Verb::ring(keyring, Act::Install { certificates }))?;
        session.run(Verb::PickUp { id, to: format!("keyring {keyring}") })?;
        return Ok(code);
    }
    let certificates = session.desk()?.answer(&request, options.get_flag("root"))?;
    let text: String = certificates.iter().map(|c| pem::write("CERTIFICATE", &c.der.0)).collect();
    let to = match options.get_one::<PathBuf>("to") {
        Some(path) => {
            let place = outside::place(path, session.desk()?.folder())?;
            outside::write(&place, text.as_bytes(), outside::PUBLIC)?;
            session.out.line(&format!("Written: {}.", print::source(&place)));
            print::source(path)
        }
        None => {
            session.out.raw(&text);
            session.out.flush();
            if session.out.gone() {
                return Ok(1);
            }
            "standard output".to_owned()
        }
    };
    if session.desk()?.read_only().is_some() {
        session.out.note("The workspace is only read: that it was picked up is not recorded.");
        return Ok(0);
    }
    let outcome = session.perform(Verb::PickUp { id, to })?;
    session.out.note(&outcome.message);
    Ok(0)
}
