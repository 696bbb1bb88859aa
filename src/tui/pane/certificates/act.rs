//! What is done with one certificate or with all that are marked: renewed, trusted.

use super::READ;
use crate::desk::Verb;
use crate::model::certificate::Certificate;
use crate::model::finding::Subject;
use crate::model::keyring::Keyring;
use crate::ops::ring::Act;
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::viewer::Text;
use crate::tui::model::Model;
use crate::tui::pane::keyrings::renewal;
use crate::tui::pane::{PaneId, RowKey};
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "certificate.renew",
        title: "renew",
        keys: &["w"],
        level: Level::Write,
        doc: "Makes a new request of each keyring whose certificate is selected or marked, with its present key or a new one.",
        cli: Some("keyring renew"),
        weight: 29,
        ready: |model| {
            if rings_of_marked(model).is_empty() {
                let many = marked(model).len();
                return Err(match many {
                    ..=1 => "it is the certificate of no keyring".into(),
                    many => format!("none of the {many} marked ones is the certificate of a keyring"),
                });
            }
            Ok(())
        },
        run: |model| {
            let menu = renewal::requests(model, &rings_of_marked(model));
            model.dialogs.push(Dialog::Menu(menu));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "certificate.trust",
        title: "trust in rings",
        keys: &["t"],
        level: Level::Write,
        doc: "Adds the selected or marked certificates of authorities to the trusted roots of a keyring, or of all.",
        cli: Some("keyring trust"),
        weight: 28,
        ready: |model| {
            if roots_of_marked(model).is_empty() {
                return Err("it is no self-signed certificate of an authority that stands here".into());
            }
            if model.state.keyrings.is_empty() { Err("there is no keyring yet".into()) } else { Ok(()) }
        },
        run: |model| {
            let roots = roots_of_marked(model);
            let step = |ring: &String| {
                let act = Act::Trust { roots: roots.clone() };
                (format!("keyring {ring}"), Verb::ring(ring, act))
            };
            let title = || "Trust".to_owned();
            let rings = &model.state.keyrings;
            let all = item(
                format!("all {} keyrings", rings.len()),
                Action::Bulk(title(), rings.keys().map(step).collect()),
            );
            let each = rings.keys().map(|ring| item(ring.clone(), Action::Bulk(title(), vec![step(ring)])));
            let items = each.chain([all]).collect();
            let names: Vec<_> = roots.iter().map(|root| root.subject.title()).collect();
            let text = format!("In which keyring shall be trusted: {}?", names.join(", "));
            let lines = vec![Text { label: String::new(), text, role: Role::Text }];
            model.dialogs.push(Dialog::Menu(Menu::new("Trust", lines, items)));
            Vec::new()
        },
        ..READ
    },
];

/// Lists the marked rows, or the selected one where none is marked.
fn marked(model: &Model) -> Vec<RowKey> {
    let pane = model.panes.get(PaneId::Certificates.index());
    match pane.filter(|pane| !pane.marked.is_empty()) {
        Some(pane) => pane.marked.iter().cloned().collect(),
        None if model.pane == PaneId::Certificates => model.selected().into_iter().collect(),
        None => Vec::new(),
    }
}

/// Lists the keyrings whose certificate is marked.
fn rings_of_marked(model: &Model) -> Vec<&Keyring> {
    let mut rings = Vec::new();
    for key in marked(model) {
        let RowKey::Local(digest) = key else { continue };
        let all = model.places.get(&digest).into_iter().flatten();
        let all = all.filter_map(|subject| match subject {
            Subject::Keyring(name) => model.state.keyrings.get(name),
            _ => None,
        });
        rings.extend(all.filter(|ring| ring.leaf().is_some_and(|leaf| leaf.sha256 == digest)));
    }
    rings
}

/// Lists the marked certificates that can be trusted roots.
fn roots_of_marked(model: &Model) -> Vec<Certificate> {
    let root = |key: RowKey| match key {
        RowKey::Local(digest) => {
            model.certificate(&digest).filter(|c| c.is_ca() && c.is_self_issued()).cloned()
        }
        _ => None,
    };
    marked(model).into_iter().filter_map(root).collect()
}
