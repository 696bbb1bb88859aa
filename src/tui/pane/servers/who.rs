//! The command that explains what answers on a server.

use super::{WRITE, server};
use crate::model::resolve::Question;
use crate::model::resolve::used::called;
use crate::model::site::SiteKind;
use crate::tui::command::{Command, Level};
use crate::tui::dialog::who;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "server.who",
    title: "who answers",
    keys: &["a"],
    level: Level::Read,
    doc: "Explains which document, keyring and certificate a client of the server meets, and why no other answers.",
    cli: Some("site who"),
    weight: 72,
    run: |model| {
        if let Some(server) = model.selected().and_then(|key| server(model, &key).cloned()) {
            let open = SiteKind::PROTOCOLS.into_iter().find(|kind| server.port(*kind).speaks_tls());
            let question = Question {
                host: server.hosts.first().cloned().unwrap_or_default(),
                server: called(&server).to_owned(),
                protocol: open,
                ..Question::default()
            };
            who::open(model, &question);
        }
        Vec::new()
    },
    ..WRITE
}];
