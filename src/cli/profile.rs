//! `ringmaster profile`: what certificates contain, and trying it on requests.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};

use super::keyring::confirmed;
use super::session::{Cell, Session};
use super::{documents, fields, print, request};
use crate::cli::args::option;
use crate::desk::Verb;
use crate::model::document::Sort;
use crate::model::error::{Error, Result};
use crate::model::finding::{Severity, Subject};
use crate::model::profile::Profile;
use crate::model::request::{Plan, RequestId};
use crate::ops::profile::stranger;

/// The commands about profiles.
pub(super) fn command() -> Command {
    let named = |name, about| {
        Command::new(name)
            .about(about)
            .arg(Arg::new("name").value_name("NAME").required(true).help("The profile"))
    };
    let assignments = |needed| {
        let argument =
            Arg::new("assignments").value_name("FIELD=VALUE").action(ArgAction::Append).num_args(1..);
        argument.required(needed).help("Fields with their new values, named as the options of create")
    };
    let command = Command::new("profile")
        .about("Certificate profiles: what certificates contain, decided here and not by the request")
        .subcommand_required(true)
        .subcommand(Command::new("list").about("Lists the profiles"))
        .subcommand(named("show", "Shows a profile"))
        .subcommand(fields::options::<Profile>(Command::new("create").about("Makes a profile")))
        .subcommand(
            named("edit", "Changes fields of a profile, which makes its next version").arg(assignments(true)),
        )
        .subcommand(
            named("copy", "Makes a profile like another one")
                .arg(Arg::new("to").value_name("NEW").required(true).help("The name of the new profile"))
                .arg(assignments(false)),
        )
        .subcommand(
            named("delete", "Deletes a profile of your own; a built-in one of that name counts again")
                .arg(option("confirm", "NAME", "The name of the profile again").required(true)),
        )
        .subcommand(
            named("try", "Shows what a profile would issue for a request, and what is found; stores nothing")
                .arg(option("request", "ID", "A request of the queue").value_parser(value_parser!(u64)))
                .arg(
                    option("file", "FILE", "A file with a request; - is the standard input")
                        .value_parser(value_parser!(PathBuf)),
                )
                .group(ArgGroup::new("what").args(["request", "file"]).required(true))
                .arg(option(
                    "certifier",
                    "CERTIFIER",
                    "The certifier that would sign; may be left out where there is one",
                ))
                .arg(
                    option("days", "N", "How many days it would be valid; else what the profile says")
                        .value_parser(value_parser!(u32).range(1..=36_500)),
                ),
        );
    documents::commands(command, Sort::Profile)
}

/// Runs a command about profiles.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    if let Some(done) = documents::run(Sort::Profile, matches, session) {
        return done;
    }
    match matches.subcommand() {
        Some(("list", _)) => {
            let state = session.state()?;
            let columns = [
                ("NAME", Cell::Field("name")),
                ("VERSION", Cell::Field("version")),
                ("RULES", Cell::Field("trust")),
                ("DAYS", Cell::Field("days")),
                ("MOST", Cell::Field("max-days")),
                ("FOR", Cell::Field("extended")),
                ("TITLE", Cell::Field("title")),
            ];
            session.list(state.profiles.values(), &columns, "profiles/")
        }
        Some(("show", options)) => {
            let profile = find(options, session)?;
            session.show(&profile, &Subject::Workspace)?;
            Ok(0)
        }
        Some(("create", options)) => {
            let mut profile = Profile::default();
            fields::fill(&mut profile, options)?;
            save(session, None, profile)
        }
        Some(("edit", options)) => {
            let before = find(options, session)?;
            let mut profile = before.clone();
            assign(&mut profile, options)?;
            if profile == before {
                session.out.note(&format!("Profile {} is so already; nothing was changed.", profile.name));
                return Ok(0);
            }
            save(session, Some(before), profile)
        }
        Some(("copy", options)) => {
            let mut profile = find(options, session)?;
            profile.name = options.get_one::<String>("to").cloned().unwrap_or_default();
            assign(&mut profile, options)?;
            save(session, None, profile)
        }
        Some(("delete", options)) => {
            let name = find(options, session)?.name;
            confirmed(options, &name)?;
            session.writable()?;
            session.run(Verb::DeleteProfile { name })
        }
        Some(("try", options)) => attempt(options, session),
        _ => Ok(2),
    }
}

fn assign(profile: &mut Profile, options: &ArgMatches) -> Result<()> {
    let mut assignments = options.get_many::<String>("assignments").unwrap_or_default();
    assignments.try_for_each(|assignment| fields::assign(profile, assignment))
}

fn save(session: &mut Session<'_>, before: Option<Profile>, profile: Profile) -> Result<u8> {
    session.writable()?;
    session.run(Verb::SaveProfile { before: before.map(Box::new), profile: Box::new(profile) })
}

/// Shows what a profile would make of a request.
fn attempt(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let profile = find(options, session)?;
    let state = session.state()?;
    let certifier = match options.get_one::<String>("certifier") {
        Some(name) => super::certifier::by_name(name, session)?.name,
        None => match state.certifiers.keys().collect::<Vec<_>>().as_slice() {
            [only] => (*only).clone(),
            [] => return Err(Error::refused("There is no certifier yet.").command("certifier.create")),
            _ => return Err(Error::usage("Name the certifier that would sign: --certifier NAME")),
        },
    };
    let days = options.get_one::<u32>("days").copied().unwrap_or(profile.days);
    let plan = Plan { certifier, profile: profile.name, days, ..Plan::default() };
    let asked = match (options.get_one::<u64>("request"), options.get_one::<PathBuf>("file")) {
        (Some(id), _) => {
            let id = RequestId(*id);
            let found =
                state.requests.get(&id).ok_or_else(|| Error::not_found("request", &id.to_string()))?;
            found.clone()
        }
        (_, Some(file)) => {
            let mut found = session.find(file)?.requests;
            let source = print::source(file);
            if found.len() != 1 {
                return Err(Error::usage(format!("{source} holds {} requests, not one.", found.len())));
            }
            stranger(found.remove(0), source, crate::desk::Desk::now())
        }
        _ => return Ok(2),
    };
    let preview = session.desk()?.try_profile(&asked, &plan)?;
    request::show_preview(session, &plan, &preview);
    let bad = preview.findings.iter().any(|f| f.severity == Severity::Error);
    Ok(if bad { 3 } else { 0 })
}

fn find(options: &ArgMatches, session: &mut Session<'_>) -> Result<Profile> {
    let name = options.get_one::<String>("name").map_or("", String::as_str);
    let state = session.state()?;
    if let Some(profile) = state.profiles.get(name) {
        return Ok(profile.clone());
    }
    Err(match state.unread(&format!("profiles/{name}.ron")) {
        Some(unread) => Error::damaged(format!("The profile {name} cannot be read.")).why(&unread.why),
        None => Error::not_found("profile", name).next("List them with: ringmaster profile list"),
    })
}
