//! The command that explains which document, keyring and certificate answer.

use super::{WRITE, site};
use crate::model::resolve::Question;
use crate::model::site::Site;
use crate::tui::command::{Command, Level};
use crate::tui::dialog::who;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "site.who",
    title: "who answers",
    keys: &["a"],
    level: Level::Read,
    doc: "Explains which document, keyring and certificate a client meets, and why no other answers.",
    cli: Some("site who"),
    weight: 72,
    ready: |_| Ok(()),
    run: |model| {
        let selected = model.selected().and_then(|key| site(model, &key).cloned());
        let alone = model.state.servers.is_empty();
        who::open(model, &selected.map_or_else(Question::default, |site| about(&site, alone)));
        Vec::new()
    },
    ..WRITE
}];

/// Asks as a client of a site does. Without Server documents the site's own port is the only one that is known.
fn about(site: &Site, alone: bool) -> Question {
    let server = match site.servers.as_slice() {
        [only] if only != "*" => only.clone(),
        _ => String::new(),
    };
    Question {
        // A wildcard is no host to ask for: one of the names it stands for is.
        host: site.hosts.first().map_or_else(String::new, |host| host.replacen("*.", "www.", 1)),
        port: alone.then_some(site.port),
        server,
        protocol: site.kind.answers().then_some(site.kind),
        ..Question::default()
    }
}
