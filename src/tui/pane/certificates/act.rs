//! What is done with one certificate or with all that are marked: exported, renewed, trusted.

use super::{PEM, READ, copies};
use crate::desk::Verb;
use crate::model::certificate::Certificate;
use crate::model::finding::Subject;
use crate::model::key::KeyType;
use crate::model::keyring::NewRequest;
use crate::model::name::AltName;
use crate::ops::ring::Act;
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::bulk::{Step, certificate_name};
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::path::PathLine;
use crate::tui::dialog::viewer::Text;
use crate::tui::everywhere::selected;
use crate::tui::model::Model;
use crate::tui::pane::{PaneId, RowKey};
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "certificate.export",
        title: "export",
        keys: &["x"],
        doc: "Writes the certificate to a file as PEM, or each marked one to a file of its own.",
        cli: Some("certificate show"),
        weight: 50,
        ready: |model| match model.selected() {
            Some(RowKey::Group(_)) if model.here().marked.is_empty() => {
                Err("it is the head of a group".into())
            }
            _ => selected(model),
        },
        run: |model| {
            if !model.here().marked.is_empty() {
                let steps = marked(model).iter().filter_map(|key| export_step(model, key)).collect();
                model.dialogs.push(Dialog::Path(PathLine::folder(steps)));
                return Vec::new();
            }
            let Some(key) = model.selected() else { return Vec::new() };
            let pem = copies(model, &key).into_iter().filter(|c| c.label == PEM);
            let items = pem.map(|c| item(format!("{} to {}", c.label, c.name), Action::Write(c))).collect();
            model.dialogs.push(Dialog::Menu(Menu::new("Export", Vec::new(), items)));
            Vec::new()
        },
        ..READ
    },
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
                return Err("it is the certificate of no keyring".into());
            }
            Ok(())
        },
        run: |model| {
            let rings = rings_of_marked(model);
            let steps = |new_key: Option<KeyType>| {
                let step = |(ring, hosts): &(String, Vec<String>)| {
                    let act = Act::Request(NewRequest { new_key, hosts: hosts.clone() });
                    (format!("keyring {ring}"), Step::Verb(Box::new(Verb::ring(ring, act))))
                };
                Action::Bulk("Renew".into(), rings.iter().map(step).collect())
            };
            let key_type = model.settings.keyring_key;
            let items = vec![
                item("with the key that each keyring has", steps(None)),
                item(format!("with a new {} key each", key_type.name()), steps(Some(key_type))),
            ];
            let names: Vec<_> = rings.iter().map(|(ring, _)| ring.as_str()).collect();
            let count =
                if names.len() == 1 { "1 keyring".into() } else { format!("{} keyrings", names.len()) };
            let text = format!("A new request is made of {count}: {}.", names.join(", "));
            let lines = vec![Text { label: String::new(), text, role: Role::Text }];
            model.dialogs.push(Dialog::Menu(Menu::new("Renew", lines, items)));
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
                (format!("keyring {ring}"), Step::Verb(Box::new(Verb::ring(ring, act))))
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

/// Lists the keyrings whose certificate is marked, each with the hosts of it.
fn rings_of_marked(model: &Model) -> Vec<(String, Vec<String>)> {
    let mut rings = Vec::new();
    for key in marked(model) {
        let RowKey::Local(digest) = key else { continue };
        for subject in model.places.get(&digest).into_iter().flatten() {
            let Subject::Keyring(name) = subject else { continue };
            let leaf = model.state.keyrings.get(name).and_then(|ring| ring.leaf());
            let Some(leaf) = leaf.filter(|leaf| leaf.sha256 == digest) else { continue };
            let host = |name: &AltName| match name {
                AltName::Dns(host) => Some(host.clone()),
                _ => None,
            };
            rings.push((name.clone(), leaf.alt_names.iter().filter_map(host).collect()));
        }
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

/// Writes a row to a file of its own.
fn export_step(model: &Model, key: &RowKey) -> Option<(String, Step)> {
    match key {
        RowKey::Local(digest) => {
            let c = model.certificate(digest)?;
            let name = certificate_name(&c.subject.text(), &c.serial.to_string());
            let pem = crate::pki::pem::write("CERTIFICATE", &c.der.0);
            Some((c.subject.title(), Step::Write(name, pem.into_bytes())))
        }
        RowKey::Issued(id) => Some((format!("issued certificate {id}"), Step::Issued(*id))),
        _ => None,
    }
}
