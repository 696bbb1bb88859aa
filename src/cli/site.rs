//! `ringmaster site`: Internet Site documents, and rehearsing them on this machine.

mod crl;

use clap::{Arg, ArgMatches, Command};

use super::keyring::confirmed;
use super::session::{Cell, Session};
use super::{documents, fields};
use crate::cli::args::option;
use crate::desk::Verb;
use crate::model::document::Sort;
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;
use crate::model::site::{Site, SiteKind};

/// The commands about sites.
pub(super) fn command() -> Command {
    let site = || Arg::new("name").value_name("NAME").required(true).help("The site document");
    let named = |name, about| Command::new(name).about(about).arg(site());
    let command = Command::new("site")
        .about("Internet Site documents: which names answer with which keyring")
        .subcommand_required(true)
        .subcommand(fields::options::<Site>(Command::new("create").about("Makes a site document")))
        .subcommand(
            named("copy", "Makes a site document like another one")
                .arg(Arg::new("to").value_name("TO").required(true).help("The name of the new document"))
                .arg(fields::assignments()),
        )
        .subcommand(Command::new("list").about("Lists the site documents").arg(option(
            "where",
            "FILTER",
            "Only those that fit: words, field:word, -word",
        )))
        .subcommand(crl::command())
        .subcommand(named("show", "Shows a site document, and which certificate answers there"))
        .subcommand(super::who::command())
        .subcommand(
            named("delete", "Deletes a site document; its file goes to the history")
                .arg(option("confirm", "NAME", "The name of the document again").required(true)),
        );
    let command = documents::commands(command, Sort::Site);
    #[cfg(feature = "network")]
    let command = command.subcommand(super::rehearse::command(site()));
    command
}

/// Runs a command about sites.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    if let Some(done) = documents::run(Sort::Site, matches, session) {
        return done;
    }
    match matches.subcommand() {
        Some(("create", options)) => {
            let mut site = Site::preset(SiteKind::Web);
            fields::fill(&mut site, options)?;
            session.run(Verb::SaveSite { before: None, site })
        }
        Some(("copy", options)) => {
            let to = options.get_one::<String>("to").map_or("", String::as_str);
            let mut site = find(options, session)?.copied(to);
            fields::assign_all(&mut site, options)?;
            session.run(Verb::SaveSite { before: None, site })
        }
        Some(("list", options)) => {
            let state = session.state()?;
            let fitting = documents::fitting(Sort::Site, &state, options)?;
            let columns = [
                ("NAME", Cell::Field("name")),
                ("KIND", Cell::Field("kind")),
                ("HOSTS", Cell::Field("hosts")),
                ("PORT", Cell::Field("port")),
                ("KEYRING", Cell::Field("keyring")),
                ("ENABLED", Cell::Field("enabled")),
                ("ANSWERS", Cell::Field("answers")),
            ];
            let sites = fitting.iter().filter_map(|name| state.sites.get(name));
            session.list(sites, &columns, "directory/sites/")
        }
        Some(("show", options)) => {
            let site = find(options, session)?;
            session.show(&site, &Subject::Site(site.name.clone()))?;
            Ok(0)
        }
        Some(("who", options)) => super::who::run(options, session),
        Some(("delete", options)) => {
            let name = find(options, session)?.name;
            confirmed(options, &name)?;
            session.run(Verb::DeleteSite { name })
        }
        Some(("crl-rules", options)) => crl::run(options, session),
        #[cfg(feature = "network")]
        Some(("rehearse", options)) => {
            let site = find(options, session)?;
            super::rehearse::run(&site, options, session)
        }
        _ => Ok(2),
    }
}

fn find(options: &ArgMatches, session: &mut Session<'_>) -> Result<Site> {
    let name = options.get_one::<String>("name").map_or("", String::as_str);
    let state = session.state()?;
    if let Some(site) = state.sites.get(name) {
        return Ok(site.clone());
    }
    let file = format!("directory/sites/{name}.ron");
    Err(match state.unread(&file) {
        Some(unread) => Error::damaged(format!("The site document {name} cannot be read.")).why(&unread.why),
        None => Error::not_found("site document", name).next("List them with: ringmaster site list"),
    })
}
