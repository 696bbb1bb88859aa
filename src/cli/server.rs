//! `ringmaster server`: Server documents.

use clap::{Arg, ArgMatches, Command};

use super::keyring::confirmed;
use super::session::{Cell, Session};
use super::{documents, fields};
use crate::cli::args::option;
use crate::desk::Verb;
use crate::model::document::Sort;
use crate::model::error::{Error, Result};
use crate::model::field::Look;
use crate::model::finding::Subject;
use crate::model::resolve::used;
use crate::model::server::Server;
use crate::ops::server::copied;

/// The commands about servers.
pub(super) fn command() -> Command {
    let server = || Arg::new("name").value_name("NAME").required(true).help("The Server document");
    let named = |name, about| Command::new(name).about(about).arg(server());
    let command = Command::new("server")
        .about("Server documents: host names, addresses and Internet Ports")
        .subcommand_required(true)
        .subcommand(fields::options::<Server>(Command::new("create").about("Makes a Server document")))
        .subcommand(
            named("copy", "Makes a Server document like another one, without its addresses")
                .arg(Arg::new("to").value_name("TO").required(true).help("The name of the new document"))
                .arg(fields::assignments().required(true)),
        )
        .subcommand(Command::new("list").about("Lists the Server documents"))
        .subcommand(named("show", "Shows a Server document with its ports and the sites it hosts"))
        .subcommand(named(
            "refreshed",
            "Notes that a server was restarted or refreshed and runs with what its documents say now",
        ))
        .subcommand(
            named("delete", "Deletes a Server document; its file goes to the history")
                .arg(option("confirm", "NAME", "The name of the document again").required(true)),
        );
    documents::commands(command, Sort::Server)
}

/// Runs a command about servers.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    if let Some(done) = documents::run(Sort::Server, matches, session) {
        return done;
    }
    match matches.subcommand() {
        Some(("create", options)) => {
            let mut server = Box::new(Server::preset());
            fields::fill(&mut *server, options)?;
            session.run(Verb::SaveServer { before: None, server })
        }
        Some(("copy", options)) => {
            let to = options.get_one::<String>("to").cloned().unwrap_or_default();
            let mut server = Box::new(Server { name: to, ..copied(&find(options, session)?) });
            fields::assign_all(&mut *server, options)?;
            session.run(Verb::SaveServer { before: None, server })
        }
        Some(("list", _)) => {
            let ports = |x: &Server, _: &Look<'_>| {
                let ports = x.tls_ports().map(|(kind, port)| format!("{}:{port}", kind.name()));
                ports.collect::<Vec<_>>().join(" ")
            };
            let columns = [
                ("NAME", Cell::Field("name")),
                ("SERVER", Cell::Field("server-name")),
                ("HOSTS", Cell::Field("hosts")),
                ("RELEASE", Cell::Field("release")),
                ("SITES", Cell::Field("load-sites")),
                ("TLS PORTS", Cell::Word(ports)),
                ("KEYRING", Cell::Field("keyring")),
            ];
            let state = session.state()?;
            session.list(state.servers.values(), &columns, "directory/servers/")
        }
        Some(("show", options)) => {
            let server = find(options, session)?;
            session.show(&server, &Subject::Server(server.name.clone()))?;
            Ok(0)
        }
        Some(("refreshed", options)) => {
            let name = find(options, session)?.name;
            session.run(Verb::ServerRefreshed { name })
        }
        Some(("delete", options)) => {
            let name = find(options, session)?.name;
            confirmed(options, &name)?;
            session.run(Verb::DeleteServer { name })
        }
        _ => Ok(2),
    }
}

fn find(options: &ArgMatches, session: &mut Session<'_>) -> Result<Server> {
    let name = options.get_one::<String>("name").map_or("", String::as_str);
    let state = session.state()?;
    if let Some(server) = used::server(&state, name) {
        return Ok(server.clone());
    }
    Err(match state.unread(&format!("directory/servers/{name}.ron")) {
        Some(unread) => {
            Error::damaged(format!("The Server document {name} cannot be read.")).why(&unread.why)
        }
        None => Error::not_found("Server document", name).next("List them with: ringmaster server list"),
    })
}
