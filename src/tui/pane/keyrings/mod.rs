//! The pane of keyrings.

mod export;
mod history;
mod import;
mod life;
pub(super) mod renewal;
mod roots;
mod verify;

use super::{Cell, Column, Pane, PaneId, RowKey, Used, entries, named};
use crate::desk::Verb;
use crate::model::field::few;
use crate::model::finding::Subject;
use crate::model::keyring::{Keyring, NewKeyring, status};
use crate::model::request::Status;
use crate::model::resolve::used;
use crate::tui::command::{Command, Level, Question, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Copy, Menu, Source, item};
use crate::tui::dialog::path::file_name;
use crate::tui::dialog::viewer::Text;
use crate::tui::everywhere::selected;
use crate::tui::job::{self, IssuedFor, ReadFor};
use crate::tui::model::Model;
use crate::tui::msg::Effect;
use crate::tui::theme::Role;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::Keyrings,
    title: "Keyrings",
    short: "Keyrings",
    columns: &[
        Column { title: "name", least: 14, share: 2, rank: 0 },
        Column { title: "certificate", least: 14, share: 3, rank: 2 },
        Column { title: "ends", least: 10, share: 0, rank: 1 },
        Column { title: "key", least: 9, share: 0, rank: 3 },
        Column { title: "status", least: 19, share: 0, rank: 0 },
    ],
    rows: |model| {
        let look = model.look();
        let text = |r: &Keyring| {
            let leaf = r.leaf().map_or_else(String::new, |c| format!("{} {}", c.subject, super::names_of(c)));
            format!("{leaf} {}", status(r, &look))
        };
        let good = |r: &Keyring| {
            matches!(status(r, &look).as_str(), "ok" | "trusted roots only")
                && model.findings_of(&Subject::Keyring(r.name.clone())).next().is_none()
        };
        named(model, model.state.keyrings.iter(), text, good)
    },
    sorted: |_| "",
    cells: |model, key| {
        let ring = ring(model, key)?;
        let leaf = ring.leaf();
        let status = status(ring, &model.look());
        let role = match status.as_str() {
            "ok" => Role::Ok,
            "not yet valid" | "no trusted root" => Role::Bad,
            word if word.starts_with("revoked") || word.starts_with("expired") => Role::Bad,
            "trusted roots only" => Role::Text,
            _ => Role::Warn,
        };
        Some(vec![
            Cell::new(&ring.name),
            Cell::new(leaf.map_or_else(|| "none yet".into(), |c| c.subject.title())),
            Cell::new(leaf.map_or_else(String::new, |c| c.not_after.date())),
            Cell::new(ring.key.as_ref().map_or("none", |k| &k.algorithm)),
            Cell::of(role, status),
        ])
    },
    detail: |model, key| {
        let Some(ring) = ring(model, key) else { return Vec::new() };
        let mut all = entries(ring, model);
        all.splice(0..0, super::found(model, &Subject::Keyring(ring.name.clone())));
        all
    },
    used: |model, key| {
        let Some(ring) = ring(model, key) else { return Vec::new() };
        let places = used::of_keyring(&model.state, &ring.name).into_iter().map(Used::from);
        let request = model.state.request_of_keyring(ring).map(|r| {
            let text = format!("request {} ({})", r.id, r.status.word());
            Used::at(text, PaneId::Requests, RowKey::Request(r.id))
        });
        let leaf = ring.leaf().map(|leaf| {
            let text = format!("its certificate {}", leaf.subject.title());
            Used::at(text, PaneId::Certificates, RowKey::Local(leaf.sha256))
        });
        places.chain(request).chain(leaf).collect()
    },
    copies: |model, key| {
        let Some(ring) = ring(model, key) else { return Vec::new() };
        let mut all = export::copies(model, ring);
        let mut text = |label, text: String| {
            let name = format!("keyring-{}.txt", file_name(&ring.name));
            all.push(Copy { label, name, source: Source::Text(text) });
        };
        if let Some(leaf) = ring.leaf() {
            text("serial number", leaf.serial.to_string());
            text("SHA-256 of the certificate", leaf.sha256.to_string());
            text("subject", leaf.subject.text());
        }
        if let Some(k) = &ring.key {
            text("SHA-256 of the key", k.sha256.to_string());
        }
        text("row", super::row_text(model, key));
        all
    },
    empty: |model| {
        let mut ways = Vec::new();
        if model.state.certifiers.is_empty() {
            ways.push(("certifier.create", "Make a certifier first, if certificates shall be signed here."));
        }
        ways.push(("keyring.create", "Make a key, its request and the ring that keeps both."));
        ways.push(("keyring.import", "Bring a key with its certificates, or a ring of another host."));
        ways.push(("keyring.deleted", "See the keyrings that were deleted, and bring one back."));
        ways.push(("console.help", "See every key of this pane."));
        ways
    },
    commands: &[
        COMMANDS,
        life::COMMANDS,
        import::COMMANDS,
        roots::COMMANDS,
        export::COMMANDS,
        verify::COMMANDS,
        history::COMMANDS,
    ],
};

const WRITE: Command = Command::of(Scope::Pane(PaneId::Keyrings), Level::Write, selected);

const COMMANDS: &[Command] = &[
    Command {
        name: "keyring.create",
        title: "new",
        keys: &["n"],
        doc: "Makes a key, its request and the ring that keeps both, and puts the request into the queue.",
        cli: Some("keyring create"),
        weight: 90,
        ready: |_| Ok(()),
        run: |model| {
            let new = NewKeyring { key_type: model.settings.keyring_key, ..NewKeyring::default() };
            let form = Form::new(model, "New keyring", Goal::Keyring(Box::new(new)));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "keyring.install",
        title: "install",
        keys: &["i"],
        doc: "Installs the certificate of the ring's key, from the queue or from a file; where rings are marked, what was issued for each of them.",
        cli: Some("keyring install"),
        weight: 85,
        ready: |model| match model.selected().and_then(|k| ring(model, &k)) {
            _ if !renewal::marked(model).is_empty() => Ok(()),
            None => Err("no keyring is selected".into()),
            Some(ring) if ring.key.is_none() => Err("this ring has no key of its own".into()),
            Some(_) => Ok(()),
        },
        run: install,
        ..WRITE
    },
    Command {
        name: "keyring.delete",
        title: "delete",
        keys: &["X"],
        level: Level::Destroy,
        doc: "Moves the ring to the history of the workspace.",
        cli: Some("keyring delete"),
        weight: 15,
        confirm: Some(|model| {
            let name = model.selected_name().unwrap_or_default();
            let sites: Vec<_> = model.state.sites_of_keyring(&name).map(|s| s.name.clone()).collect();
            let mut lines =
                vec![format!("Keyring {name} and its stash go to keyrings/.history; nothing is wiped.")];
            if !sites.is_empty() {
                lines.push(format!("Sites that name it: {}. They have to be changed first.", few(&sites)));
            }
            let servers: Vec<_> = model.state.servers_of_keyring(&name).map(|s| s.name.clone()).collect();
            if !servers.is_empty() {
                lines
                    .push(format!("Servers that name it: {}. They have to be changed first.", few(&servers)));
            }
            Question { word: name, lines }
        }),
        run: |model| model.on_selected(|model, name| job::go(model, Verb::DeleteKeyring { name })),
        ..WRITE
    },
];

fn ring<'a>(model: &'a Model, key: &RowKey) -> Option<&'a Keyring> {
    model.state.keyrings.get(key.name()?)
}

fn install(model: &mut Model) -> Vec<Effect> {
    let marked = renewal::marked(model);
    if !marked.is_empty() {
        let menu = renewal::installs(model, &marked);
        model.dialogs.push(Dialog::Menu(menu));
        return Vec::new();
    }
    let Some(keyring) = model.selected_name() else { return Vec::new() };
    let ring = model.state.keyrings.get(&keyring);
    let request = ring.and_then(|r| model.state.request_of_keyring(r));
    let mut items = Vec::new();
    let mut text = "Nothing is done yet: you will see what a file holds first.".to_owned();
    if let Some(person) = ring.and_then(|r| model.state.kept_for(r)) {
        let name = &person.name;
        text = format!(
            "A certificate is there, which person {name} gets with the key: exported there, not installed. {text}"
        );
    }
    if let Some(request) = request {
        match &request.status {
            Status::Issued { certifier, serial, .. } => items.push(item(
                format!("The certificate issued for request {} by {certifier}", request.id),
                Action::Issued(certifier.clone(), serial.clone(), IssuedFor::Install(keyring.clone())),
            )),
            status => text = format!("Request {} of this ring is {}. {text}", request.id, status.word()),
        }
    }
    items.push(item("A certificate from a file", Action::Read(ReadFor::Install(keyring.clone()))));
    let lines = vec![Text::line(text, Role::Dim)];
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Install into {keyring}"), lines, items)));
    Vec::new()
}
