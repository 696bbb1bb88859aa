//! The renewal of several keyrings at once: a new request of each, and later the installation of what was issued for them.

use crate::desk::Verb;
use crate::model::keyring::{Keyring, NewRequest, RequestKey, left_out};
use crate::model::person::Person;
use crate::model::request::Status;
use crate::ops::request_again::proposed;
use crate::ops::ring::Act;
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::viewer::Text;
use crate::tui::model::Model;
use crate::tui::pane::RowKey;
use crate::tui::theme::Role;

/// Lists the marked keyrings.
pub(super) fn marked(model: &Model) -> Vec<&Keyring> {
    let rings = model.here().marked.iter().filter_map(|key| match key {
        RowKey::Name(name) => model.state.keyrings.get(name),
        _ => None,
    });
    rings.collect()
}

/// Asks with which key a new request shall be made of each of these keyrings.
pub(in crate::tui::pane) fn requests(model: &Model, rings: &[&Keyring]) -> Menu {
    let steps = |key: RequestKey| {
        let step = |ring: &&Keyring| {
            let asked = NewRequest { key: Some(key), ..proposed(&model.state, ring) };
            (format!("keyring {}", ring.name), Verb::ring(&ring.name, Act::Request(asked)))
        };
        Action::Bulk("Renew".into(), rings.iter().map(step).collect())
    };
    let key_type = model.settings.keyring_key;
    let items = vec![
        item("with the key that each keyring has", steps(RequestKey::Same)),
        item(format!("with a new {} key each", key_type.name()), steps(RequestKey::New(key_type))),
    ];
    let names: Vec<_> = rings.iter().map(|ring| ring.name.as_str()).collect();
    let mut text = format!("A new request is made of {}: {}.", counted(rings), names.join(", "));
    for ring in rings {
        let dropped = ring.leaf().map(left_out).unwrap_or_default();
        if !dropped.is_empty() {
            text.push_str(&format!(" That of {} leaves out {}.", ring.name, dropped.join(", ")));
        }
    }
    Menu::new("Renew", vec![Text { label: String::new(), text, role: Role::Text }], items)
}

/// Shows what was issued for these keyrings, and offers to install it.
pub(super) fn installs(model: &Model, rings: &[&Keyring]) -> Menu {
    let (mut lines, mut steps) = (Vec::new(), Vec::new());
    for ring in rings {
        let (text, role) = match model.state.request_of_keyring(ring).map(|r| (r.id, &r.status)) {
            Some((id, Status::Issued { certifier, sha256, .. })) => {
                let there = ring.leaf().is_some_and(|leaf| leaf.sha256 == *sha256);
                if let Some(Person { name, .. }) = model.state.kept_for(ring) {
                    let text = "its key and certificate are for person";
                    (format!("{text} {name}: they are exported there"), Role::Dim)
                } else if there {
                    (format!("what was issued for request {id} is installed"), Role::Dim)
                } else {
                    steps
                        .push((format!("keyring {}", ring.name), Verb::ring(&ring.name, Act::InstallIssued)));
                    (format!("request {id}, issued by {certifier}"), Role::Text)
                }
            }
            Some((id, status)) => (format!("request {id} is {}", status.word()), Role::Dim),
            None => ("nothing was requested here".into(), Role::Dim),
        };
        lines.push(Text { label: ring.name.clone(), text, role });
    }
    let note = "One that would answer for fewer names or end earlier than the certificate before is left for you to look at.";
    lines.push(Text { label: String::new(), text: note.into(), role: Role::Dim });
    let mut items = Vec::new();
    if !steps.is_empty() {
        let s = if steps.len() == 1 { "" } else { "s" };
        let title = format!("Install into {} keyring{s}", steps.len());
        items.push(item(format!("Install what was issued ({})", steps.len()), Action::Bulk(title, steps)));
    }
    items.push(item("Back", Action::Close));
    Menu::new(format!("Install into {}", counted(rings)), lines, items)
}

fn counted(rings: &[&Keyring]) -> String {
    if rings.len() == 1 { "1 keyring".into() } else { format!("{} keyrings", rings.len()) }
}
