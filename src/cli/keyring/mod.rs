//! `ringmaster keyring`: keys with their certificates, chains and trusted roots.

mod export;
mod history;
mod import;
mod life;
mod roots;

use std::path::PathBuf;

use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use serde_json::json;

use super::session::{Cell, Session};
use super::{fields, print};
use crate::cli::args::{flag, option};
use crate::desk::Verb;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;
use crate::model::keyring::{Keyring, NewKeyring};
use crate::ops::request_again::proposed;
use crate::ops::ring::Act;

/// A group of commands in a file of its own.
struct Part {
    commands: fn() -> Vec<Command>,
    run: fn(&str, &ArgMatches, &mut Session<'_>) -> Option<Result<u8>>,
}

/// The groups, in the order of the help.
const PARTS: &[Part] = &[
    Part { commands: life::commands, run: life::run },
    Part { commands: import::commands, run: import::run },
    Part { commands: roots::commands, run: roots::run },
    Part { commands: export::commands, run: export::run },
    Part { commands: history::commands, run: history::run },
];

/// The commands about keyrings.
pub(super) fn command() -> Command {
    let file = || Arg::new("file").value_name("FILE").value_parser(value_parser!(PathBuf));
    let command = Command::new("keyring")
        .about("Keyrings: a key with its certificate, chain and trusted roots")
        .subcommand_required(true)
        .subcommand(fields::options::<NewKeyring>(
            Command::new("create").about("Makes a keyring with its key, and puts its request into the queue"),
        ))
        .subcommand(Command::new("list").about("Lists the keyrings"))
        .subcommand(named("show", "Shows a keyring"))
        .subcommand(
            named("install", "Installs the certificate of a keyring's key, with intermediates")
                .arg(
                    file().help("A file with the certificate and its intermediates; - is the standard input"),
                )
                .arg(flag("issued", "Takes the newest certificate issued here for the keyring's key"))
                .arg(flag("dry-run", "Shows the sorted chain and what would happen, and does nothing"))
                .group(ArgGroup::new("source").args(["file", "issued"]).required(true)),
        )
        .subcommand(
            named("delete", "Moves a keyring to the history")
                .arg(option("confirm", "NAME", "The name of the keyring again").required(true)),
        );
    PARTS.iter().fold(command, |command, part| command.subcommands((part.commands)()))
}

/// Makes a command about one keyring.
fn named(name: &'static str, about: &'static str) -> Command {
    let argument = Arg::new("name").value_name("NAME").required(true).help("The keyring");
    Command::new(name).about(about).arg(argument)
}

/// Runs a command about keyrings.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match matches.subcommand() {
        Some(("create", options)) => {
            let mut asked = NewKeyring { key_type: session.config.keyring_key, ..Default::default() };
            if let Some(like) = options.get_one::<String>("like") {
                let like = by_name(like, session)?;
                asked.identity = proposed(&*session.state()?, &like).identity;
            }
            fields::fill(&mut asked, options)?;
            session.writable()?;
            let whose = format!("keyring {}", asked.name);
            fields::ask(&mut asked, &whose, &mut session.secrets)?;
            session.run(Verb::CreateKeyring(asked))
        }
        Some(("list", _)) => {
            let state = session.state()?;
            let columns = [
                ("NAME", Cell::Field("name")),
                ("STATUS", Cell::Field("status")),
                ("CERTIFICATE", Cell::Field("certificate")),
                ("ENDS", Cell::Field("ends")),
                ("KEY", Cell::Field("key")),
                ("SITES", Cell::Field("sites")),
            ];
            session.list(state.keyrings.values(), &columns, "keyrings/")
        }
        Some(("show", options)) => {
            let ring = find(options, session)?;
            session.show(&ring, &Subject::Keyring(ring.name.clone()))?;
            Ok(0)
        }
        Some(("install", options)) => {
            let ring = find(options, session)?;
            let certificates = if options.get_flag("issued") {
                vec![session.desk()?.issued_for(&ring)?]
            } else {
                given(options, session)?
            };
            if options.get_flag("dry-run") {
                return show_plan(&ring.name, &certificates, session);
            }
            session.run(Verb::ring(ring.name, Act::Install { certificates }))
        }
        Some(("delete", options)) => {
            let name = options.get_one::<String>("name").cloned().unwrap_or_default();
            // One whose file is missing can be crossed off.
            if !session.state()?.is_missing(&format!("keyrings/{name}.kyr")) {
                by_name(&name, session)?;
            }
            confirmed(options, &name)?;
            session.run(Verb::DeleteKeyring { name })
        }
        Some((name, options)) => {
            PARTS.iter().find_map(|part| (part.run)(name, options, session)).unwrap_or(Ok(2))
        }
        None => Ok(2),
    }
}

/// Refuses unless `--confirm` repeats the name of what is about to go.
pub(super) fn confirmed(options: &ArgMatches, name: &str) -> Result<()> {
    if options.get_one::<String>("confirm").is_some_and(|c| c == name) {
        return Ok(());
    }
    Err(Error::usage(format!("--confirm does not name {name}; nothing was changed."))
        .next(format!("Repeat the name to confirm: --confirm {name}")))
}

fn find(options: &ArgMatches, session: &mut Session<'_>) -> Result<Keyring> {
    let name = options.get_one::<String>("name").map_or("", String::as_str);
    by_name(name, session)
}

/// Finds a keyring; one whose file cannot be read is answered with why.
pub(super) fn by_name(name: &str, session: &mut Session<'_>) -> Result<Keyring> {
    let state = session.state()?;
    if let Some(ring) = state.keyrings.get(name) {
        return Ok(ring.clone());
    }
    let file = format!("keyrings/{name}.kyr");
    Err(match state.unread(&file) {
        Some(unread) => Error::damaged(format!("The keyring {name} cannot be read.")).why(&unread.why),
        None => Error::not_found("keyring", name).next("List them with: ringmaster keyring list"),
    })
}

/// Reads the certificates of the file that an argument names.
fn given(options: &ArgMatches, session: &mut Session<'_>) -> Result<Vec<Certificate>> {
    let file = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let found = session.bring(&file, |f| !f.certificates.is_empty())?.found;
    if !found.keys.is_empty() || !found.locked.is_empty() {
        session.out.note(&format!("{} holds a private key, which is not taken.", print::source(&file)));
    }
    if found.certificates.is_empty() {
        return Err(Error::refused(format!("There is no certificate in {}.", print::source(&file)))
            .next("Bring a certificate as PEM, DER or PKCS#7."));
    }
    Ok(found.certificates)
}

/// Prints what installing would do. Exit code 1 when it would be refused.
fn show_plan(keyring: &str, certificates: &[Certificate], session: &mut Session<'_>) -> Result<u8> {
    let plan = session.desk()?.install_plan(keyring, certificates)?;
    let lines = plan.lines();
    if session.json {
        let steps = plan.steps.iter().map(|s| {
            let c = &s.certificate;
            json!({ "role": s.role.word(), "subject": c.subject.text(), "sha256": c.sha256.to_string(), "origin": s.origin })
        });
        let refused = plan.refusal.as_ref().map(|e| json!({ "what": e.what, "why": e.why, "next": e.next }));
        let replaces = plan.replaces.as_ref().map(|c| c.sha256.to_string());
        session.out.json(&json!({
            "keyring": keyring, "chain": steps.collect::<Vec<_>>(), "replaces": replaces, "new-key": plan.promotes,
            "warnings": plan.warnings, "refused": refused,
        }));
    } else {
        let pairs = lines.iter().map(|line| (line.label.as_str(), line.text.clone()));
        session.out.pairs(pairs);
        session.out.line(match plan.refusal {
            None => "Nothing was done yet.",
            Some(_) => "It would be refused.",
        });
    }
    Ok(u8::from(plan.refusal.is_some()))
}
