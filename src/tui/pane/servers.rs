//! The pane of Server documents: which ports of which server lead to which documents and keyrings.

mod who;

use super::sites::{answering, networked};
use super::{Cell, Column, Entry, Pane, PaneId, RowKey, Used, documents, entries, named};
use crate::desk::Verb;
use crate::model::document::Sort;
use crate::model::field::few;
use crate::model::finding::Subject;
use crate::model::resolve::{Whose, promised_by_all, used};
use crate::model::server::Server;
use crate::model::server::called::same_server;
use crate::ops::server::copied;
use crate::tui::command::{Command, Level, Question, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::change;
use crate::tui::dialog::directory;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Copy, Source};
use crate::tui::dialog::path::file_name;
use crate::tui::dialog::versions;
use crate::tui::dialog::visits;
use crate::tui::everywhere::selected;
use crate::tui::job;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::Servers,
    title: "Servers",
    short: "Servers",
    columns: &[
        Column { title: "name", least: 12, share: 2, rank: 0 },
        Column { title: "host names", least: 14, share: 4, rank: 2 },
        Column { title: "release", least: 7, share: 0, rank: 5 },
        Column { title: "sites", least: 5, share: 0, rank: 4 },
        Column { title: "TLS ports", least: 9, share: 1, rank: 1 },
        Column { title: "keyring", least: 8, share: 1, rank: 3 },
        Column { title: "verdict", least: 16, share: 1, rank: 0 },
    ],
    rows: |model| {
        let text = |s: &Server| {
            format!("{} {} {} {}", s.server_name, s.hosts.join(" "), s.addresses.join(" "), s.keyring)
        };
        let good = |s: &Server| {
            verdict(s, model).1 == Role::Ok
                && model.findings_of(&Subject::Server(s.name.clone())).next().is_none()
        };
        named(model, model.state.servers.iter(), text, good)
    },
    sorted: |_| "",
    cells: |model, key| {
        let server = server(model, key)?;
        let (verdict, role) = verdict(server, model);
        let ports: Vec<_> = server.tls_ports().map(|(_, port)| port.to_string()).collect();
        let keyring = if server.load_sites { "by sites" } else { used::ring_of(server) };
        Some(vec![
            Cell::new(&server.name),
            Cell::new(server.hosts.join(" ")),
            Cell::new(server.release.name()),
            Cell::new(if server.load_sites { "yes" } else { "no" }),
            Cell::new(ports.join(" ")),
            Cell::new(keyring),
            Cell::of(role, verdict),
        ])
    },
    detail: |model, key| {
        let Some(server) = server(model, key) else { return Vec::new() };
        let mut all = short(server, model);
        all.extend(super::visited(model, |visit| visit.promise.server == server.name));
        all.splice(0..0, super::found(model, &Subject::Server(server.name.clone())));
        all
    },
    used: |model, key| {
        let Some(server) = server(model, key) else { return Vec::new() };
        used::of_server(&model.state, server).into_iter().map(Used::from).collect()
    },
    copies: |model, key| {
        let Some(server) = server(model, key) else { return Vec::new() };
        let name = format!("server-{}.txt", file_name(&server.name));
        let copy = |label, text: String| Copy { label, name: name.clone(), source: Source::Text(text) };
        vec![
            copy("server name", server.server_name.clone()),
            copy("host names", server.hosts.join(" ")),
            copy("addresses", server.addresses.join(" ")),
            copy("row", super::row_text(model, key)),
        ]
    },
    empty: |_| {
        vec![
            ("server.create", "Say which ports of which server speak TLS; the checks then know more."),
            ("pane.sites", "See the site documents, which need no Server document."),
        ]
    },
    commands: &[COMMANDS, who::COMMANDS],
};

const WRITE: Command = Command::of(Scope::Pane(PaneId::Servers), Level::Write, selected);

const COMMANDS: &[Command] = &[
    Command {
        name: "server.create",
        title: "new",
        keys: &["n"],
        doc: "Makes a Server document.",
        cli: Some("server create"),
        weight: 90,
        ready: |_| Ok(()),
        run: |model| {
            form(model, "New server".into(), Server::preset(), false);
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "server.edit",
        title: "edit",
        keys: &["e"],
        doc: "Changes the Server document; when the name of the server is another one, the site documents that name it follow.",
        cli: Some("server set"),
        weight: 85,
        run: |model| {
            if let Some(server) = chosen(model) {
                form(model, format!("Server {}", server.name), server, true);
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "server.copy",
        title: "copy it",
        keys: &["d"],
        doc: "Makes a Server document like this one, with another name and without its addresses.",
        cli: Some("server copy"),
        weight: 50,
        run: |model| {
            if let Some(server) = chosen(model) {
                form(model, format!("A server like {}", server.name), copied(&server), false);
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "server.refreshed",
        title: "refreshed",
        keys: &["r"],
        doc: "Notes that the server was restarted or refreshed and runs with what its documents say now; later changes are \
            then found to be pending.",
        cli: Some("server refreshed"),
        weight: 65,
        run: |model| model.on_selected(|model, name| job::go(model, Verb::ServerRefreshed { name })),
        ..WRITE
    },
    Command {
        name: "server.probe",
        title: "probe",
        keys: &["p"],
        level: Level::Read,
        doc: "Visits every service of the marked servers, or of the selected one, and compares with the documents; names them first.",
        cli: Some("probe"),
        weight: 60,
        ready: |model| networked().and_then(|()| selected(model)),
        run: |model| {
            let marked: Vec<_> = model.here().marked.iter().cloned().collect();
            let keys = if marked.is_empty() { model.selected().into_iter().collect() } else { marked };
            let servers = keys.iter().filter_map(|key| server(model, key));
            let whose = servers.map(|server| Whose::Server(server.name.clone()));
            let promises = promised_by_all(&model.state, whose);
            visits::offer(model, promises, None)
        },
        ..WRITE
    },
    Command {
        name: "server.set",
        doc: "Sets one field of the marked servers, or of the selected one, and shows first what that makes of each.",
        cli: Some("server set"),
        run: |model| change::open(model, Sort::Server),
        ..documents::set(PaneId::Servers)
    },
    Command {
        name: "server.history",
        cli: Some("server history"),
        run: |model| model.on_selected(|model, name| versions::open(model, Sort::Server, name)),
        ..documents::history(PaneId::Servers)
    },
    Command { name: "server.import", ..documents::import(PaneId::Servers) },
    Command {
        name: "server.export",
        run: |model| directory::offer(model, Sort::Server),
        ..documents::export(PaneId::Servers)
    },
    Command {
        name: "server.deleted",
        doc: "Lists the servers that were deleted or whose file is missing or damaged, to bring one back.",
        cli: Some("server deleted"),
        run: |model| versions::gone(model, Sort::Server),
        ..documents::deleted(PaneId::Servers)
    },
    Command {
        name: "server.delete",
        doc: "Deletes the Server document; its file goes to the history, and site documents that name it stay.",
        cli: Some("server delete"),
        confirm: Some(|model| {
            let name = model.selected_name().unwrap_or_default();
            let mut lines = vec![format!("The document of server {name} goes to the history.")];
            let server = model.state.servers.get(&name).map_or("", used::called);
            let sites = model.state.sites.values();
            let sites = sites.filter(|s| s.servers.iter().any(|n| same_server(n, server)));
            let sites: Vec<_> = sites.map(|s| s.name.as_str()).collect();
            if !sites.is_empty() {
                lines.push(format!("Site documents that name it stay as they are: {}.", few(&sites)));
            }
            Question { word: name, lines }
        }),
        run: |model| model.on_selected(|model, name| job::go(model, Verb::DeleteServer { name })),
        ..documents::delete(PaneId::Servers)
    },
];

fn server<'a>(model: &'a Model, key: &RowKey) -> Option<&'a Server> {
    model.state.servers.get(key.name()?)
}

fn chosen(model: &Model) -> Option<Server> {
    model.selected().and_then(|key| server(model, &key)).cloned()
}

fn form(model: &mut Model, title: String, server: Server, editing: bool) {
    let form = Form::new(model, title, Goal::Server(Box::new(server), editing));
    model.dialogs.push(Dialog::Form(form));
}

/// Reads the fields that say something; ports and sites stand first.
fn short(server: &Server, model: &Model) -> Vec<Entry> {
    let mut all = entries(server, model);
    let first = |label: &str| ["Internet Ports", "Hosts sites"].iter().position(|f| *f == label);
    all.sort_by_key(|(label, _)| first(label).unwrap_or(usize::MAX));
    all
}

/// Says in a few words whether clients of its TLS ports will be content.
fn verdict(server: &Server, model: &Model) -> (String, Role) {
    if let Some(worst) = super::worst(model, &Subject::Server(server.name.clone())) {
        return worst;
    }
    if server.tls_ports().next().is_none() {
        return ("no TLS port".into(), Role::Text);
    }
    if !server.load_sites {
        return answering(used::ring_of(server), &server.hosts, model);
    }
    let hosted = model.state.sites.values().filter(|s| s.enabled);
    match hosted.filter(|s| used::is_hosted(s, used::called(server))).count() {
        0 => ("no site".into(), Role::Warn),
        1 => ("1 site".into(), Role::Ok),
        n => (format!("{n} sites"), Role::Ok),
    }
}
