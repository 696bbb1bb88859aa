//! Commands for the trusted roots of a keyring.

use super::WRITE;
use crate::desk::Verb;
use crate::model::keyring::Keyring;
use crate::model::time::days_left;
use crate::ops::ring::Act;
use crate::ops::trust::{broken_without, expired_roots};
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::roots::Roots;
use crate::tui::dialog::viewer::Text;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::Effect;
use crate::tui::pane::RowKey;
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "keyring.trust",
        title: "trusted roots",
        keys: &["t"],
        level: Level::Read,
        doc: "Shows the trusted roots of the ring, to add some from a file, a certifier, another ring or the system, to \
              switch their trust on and off, to label and to remove them.",
        cli: Some("keyring trust"),
        weight: 80,
        run: |model| {
            if let Some(name) = model.selected_name() {
                model.dialogs.push(Dialog::Roots(Roots::new(name)));
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "keyring.prune-roots",
        title: "remove ended roots",
        keys: &["E"],
        doc: "Removes the roots that have ended from the marked rings, or from every ring, after showing them.",
        cli: Some("keyring prune-roots"),
        weight: 0,
        ready: |_| Ok(()),
        run: prune,
        ..WRITE
    },
];

/// Shows what would be removed from which ring.
fn prune(model: &mut Model) -> Vec<Effect> {
    let marked: Vec<_> = model.here().marked.iter().cloned().collect();
    let meant = |r: &&Keyring| marked.is_empty() || marked.contains(&RowKey::Name(r.name.clone()));
    let (mut lines, mut verbs) = (Vec::new(), Vec::new());
    for ring in model.state.keyrings.values().filter(meant) {
        let roots = expired_roots(ring, model.now);
        if roots.is_empty() {
            continue;
        }
        let needed = broken_without(ring, &roots, model.now);
        for entry in roots.iter().filter_map(|d| ring.entry(d)) {
            let days = days_left(entry.certificate.not_after.days_from(model.now));
            let text = format!("{} ({days})", entry.label);
            lines.push(Text { label: ring.name.clone(), text, role: Role::Text });
        }
        if needed {
            let text = "left alone: its certificate needs one of them".into();
            lines.push(Text { label: ring.name.clone(), text, role: Role::Warn });
        } else {
            verbs.push(Verb::ring(&ring.name, Act::RemoveRoots { roots }));
        }
    }
    if verbs.is_empty() {
        model.say(Mood::Plain, "No root that could be removed has ended.");
        return Vec::new();
    }
    let label = match verbs.len() {
        1 => "Remove them from 1 keyring".to_owned(),
        rings => format!("Remove them from {rings} keyrings"),
    };
    let items = vec![item("Back, nothing is done", Action::Close), item(label, Action::Verbs(verbs))];
    model.dialogs.push(Dialog::Menu(Menu::new("Roots that have ended", lines, items)));
    Vec::new()
}
