//! Commands for the life of a keyring: request again, rename, duplicate, password, stash, self-certified certificate.

use super::{WRITE, ring};
use crate::desk::Verb;
use crate::model::keyring::{Keyring, NewKeyring, left_out};
use crate::ops::request_again::proposed;
use crate::ops::ring::Act;
use crate::tui::command::{Command, Level, Question};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Copy, Menu, Source, item};
use crate::tui::dialog::path::file_name;
use crate::tui::dialog::viewer::Text;
use crate::tui::job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::Effect;
use crate::tui::pane::{PaneId, RowKey, Target};
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "keyring.request",
        title: "request again",
        keys: &["r"],
        doc: "Requests a certificate again, with the same key or with a new one that waits beside it; where rings are marked, for each of them.",
        cli: Some("keyring renew"),
        weight: 46,
        run: request_again,
        ..WRITE
    },
    Command {
        name: "keyring.open-request",
        title: "its request",
        keys: &["w"],
        level: Level::Read,
        doc: "Shows the latest request of the ring again: in the queue, on the clipboard or as a file.",
        cli: Some("keyring export"),
        weight: 18,
        ready: |model| match selected(model) {
            None => Err("no keyring is selected".into()),
            Some(ring) if model.state.request_of_keyring(ring).is_none() => {
                Err("no request of this ring is in the queue".into())
            }
            Some(_) => Ok(()),
        },
        run: open_request,
        ..WRITE
    },
    Command {
        name: "keyring.rename",
        title: "rename",
        keys: &["e"],
        doc: "Renames the ring, its stash, and every site document and request that names it, at once.",
        cli: Some("keyring rename"),
        weight: 17,
        run: |model| form(model, "New name for", Goal::Rename),
        ..WRITE
    },
    Command {
        name: "keyring.duplicate",
        title: "new like this",
        keys: &["d"],
        doc: "Makes a new keyring with the names and trusted roots of this one; its key is never copied.",
        cli: Some("keyring create"),
        weight: 19,
        run: duplicate,
        ..WRITE
    },
    Command {
        name: "keyring.password",
        title: "password",
        keys: &["p"],
        doc: "Seals the ring and its stash under another password.",
        cli: Some("keyring password"),
        weight: 16,
        run: |model| form(model, "New password for", Goal::Password),
        ..WRITE
    },
    Command {
        name: "keyring.stash",
        title: "stash",
        keys: &["s"],
        doc: "Makes the stash, which opens the ring for unattended work, or drops it.",
        cli: Some("keyring stash"),
        weight: 14,
        run: stash,
        ..WRITE
    },
    Command {
        name: "keyring.self-certify",
        title: "self-certify",
        keys: &["f"],
        doc: "Lets the ring's own key sign its certificate, for tests only.",
        cli: Some("keyring self-certify"),
        weight: 12,
        ready: |model| match selected(model) {
            None => Err("no keyring is selected".into()),
            Some(ring) if ring.key.is_none() => Err("this ring has no key of its own".into()),
            Some(_) => Ok(()),
        },
        run: |model| form(model, "Self-certified certificate, for tests only:", Goal::SelfCertify),
        ..WRITE
    },
    Command {
        name: "keyring.drop-key",
        title: "drop waiting key",
        keys: &["K"],
        level: Level::Destroy,
        doc: "Drops the new key that waits for its certificate, and denies its request.",
        cli: Some("keyring drop-key"),
        weight: 11,
        ready: |model| match selected(model) {
            None => Err("no keyring is selected".into()),
            Some(ring) if ring.next_key.is_none() => Err("no key waits in this ring".into()),
            Some(_) => Ok(()),
        },
        confirm: Some(|model| {
            let name = model.selected_name().unwrap_or_default();
            let mut lines = vec![format!(
                "The key that waits in {name} is dropped; the one that serves stays. The ring as it is now stays in \
                 keyrings/.history."
            )];
            if let Some(request) = selected(model).and_then(|ring| model.state.request_of_keyring(ring)) {
                let fate = if request.status.is_open() { "is denied" } else { "is of no use then" };
                lines.push(format!("Its request {} ({}) {fate}.", request.id, request.status.word()));
            }
            Question { word: name, lines }
        }),
        run: |model| model.on_selected(|model, name| job::go(model, Verb::ring(name, Act::DropNextKey))),
        ..WRITE
    },
];

fn selected(model: &Model) -> Option<&Keyring> {
    ring(model, &model.selected()?)
}

/// Opens the form of a change of the selected ring.
fn form(model: &mut Model, title: &str, goal: fn(String) -> Goal) -> Vec<Effect> {
    if let Some(name) = model.selected_name() {
        let form = Form::new(model, format!("{title} {name}"), goal(name));
        model.dialogs.push(Dialog::Form(form));
    }
    Vec::new()
}

fn request_again(model: &mut Model) -> Vec<Effect> {
    let marked = super::renewal::marked(model);
    if !marked.is_empty() {
        let menu = super::renewal::requests(model, &marked);
        model.dialogs.push(Dialog::Menu(menu));
        return Vec::new();
    }
    let Some(ring) = selected(model) else { return Vec::new() };
    let (name, asked) = (ring.name.clone(), proposed(&model.state, ring));
    let dropped = ring.leaf().map(left_out).unwrap_or_default();
    let form = Form::new(model, format!("Request again for {name}"), Goal::Request(name, Box::new(asked)));
    model.dialogs.push(Dialog::Form(form));
    if !dropped.is_empty() {
        let text =
            format!("The present certificate also has {}; that is not asked again.", dropped.join(", "));
        model.say(Mood::Warn, text);
    }
    Vec::new()
}

fn duplicate(model: &mut Model) -> Vec<Effect> {
    let Some(ring) = selected(model) else { return Vec::new() };
    let new = NewKeyring {
        like: ring.name.clone(),
        identity: proposed(&model.state, ring).identity,
        key_type: model.settings.keyring_key,
        ..NewKeyring::default()
    };
    let title = format!("New keyring like {}", ring.name);
    let form = Form::new(model, title, Goal::Keyring(Box::new(new)));
    model.dialogs.push(Dialog::Form(form));
    Vec::new()
}

fn stash(model: &mut Model) -> Vec<Effect> {
    let Some(ring) = selected(model) else { return Vec::new() };
    let (name, stashed) = (ring.name.clone(), ring.stash);
    let means = "A stash keeps the password beside the ring, sealed with a key in your own folder outside of the \
                 workspace. A copy of the workspace opens nothing with it; whoever works as you on this machine, or \
                 as root, opens the ring.";
    let drops = "Without it the password is asked whenever the ring is changed or served. Be sure that somebody knows \
                 it: nobody can tell it to you afterwards.";
    let line = |text: &str| Text::line(text, Role::Text);
    let verb = |act| Action::Verb(Verb::ring(&name, act));
    let (lines, items) = if stashed {
        let again = item("Make it again, for this user", verb(Act::MakeStash));
        (vec![line(means), line(drops)], vec![again, item("Drop it", verb(Act::DropStash))])
    } else {
        (vec![line(means)], vec![item("Make it; the password is asked", verb(Act::MakeStash))])
    };
    let items = items.into_iter().chain([item("Back, nothing is done", Action::Close)]).collect();
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Stash of {name}"), lines, items)));
    Vec::new()
}

fn open_request(model: &mut Model) -> Vec<Effect> {
    let Some(ring) = selected(model) else { return Vec::new() };
    let Some(request) = model.state.request_of_keyring(ring) else { return Vec::new() };
    let entries = crate::tui::pane::entries(request, model);
    let wanted = ["Number", "Status", "Subject", "Names", "Source", "Received"];
    let entries = entries.into_iter().filter(|(label, _)| wanted.contains(label));
    let lines = entries.map(|(label, text)| Text { label: label.into(), text, role: Role::Text }).collect();
    let copy = Copy {
        label: "certificate request (PEM)",
        name: format!("{}-request.pem", file_name(&ring.name)),
        source: Source::Pem("CERTIFICATE REQUEST", vec![request.pkcs10.der.clone()]),
    };
    let items = vec![
        item("Go to it in the queue", Action::Go(Target::Row(PaneId::Requests, RowKey::Request(request.id)))),
        item("Copy it as PEM", Action::Copy(copy.clone())),
        item("Write it to a file", Action::Write(copy)),
    ];
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Request of {}", ring.name), lines, items)));
    Vec::new()
}
