//! Commands that write parts of a keyring to files, and hand it over to other programs.

use super::{WRITE, ring};
use crate::model::export::{Export, FORMS, FormInfo, Format, Secrecy};
use crate::model::keyring::{Keyring, Role as Part};
use crate::ops::hand_over::{self, Preset};
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::Goal;
use crate::tui::dialog::menu::{Action, Copy, Item, Menu, Source, item};
use crate::tui::dialog::path::file_name;
use crate::tui::dialog::viewer::Text;
use crate::tui::model::Model;
use crate::tui::msg::Effect;
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "keyring.export",
        title: "export",
        keys: &["x"],
        level: Level::Read,
        doc: "Writes the ring or a part of it to a new file in another form; its private key only after its name was typed.",
        cli: Some("keyring export"),
        weight: 40,
        run: export,
        ..WRITE
    },
    Command {
        name: "keyring.hand-over",
        title: "hand over",
        keys: &["o"],
        doc: "Writes the ring into a new folder for another program, with the commands that make it use the files.",
        cli: Some("keyring hand-over"),
        weight: 38,
        ready: |model| match model.selected().and_then(|k| ring(model, &k)) {
            None => Err("no keyring is selected".into()),
            Some(ring) if ring.key.is_none() => Err("this ring has no key of its own".into()),
            Some(ring) if ring.leaf().is_none() => Err("this ring has no certificate yet".into()),
            Some(_) => Ok(()),
        },
        run: hand_over,
        ..WRITE
    },
];

fn export(model: &mut Model) -> Vec<Effect> {
    let Some(key) = model.selected() else { return Vec::new() };
    let Some(ring) = ring(model, &key) else { return Vec::new() };
    let items = FORMS.iter().filter(|f| has(model, ring, f)).map(|f| form(ring, f)).collect();
    let text = match (&ring.key, &model.settings.read_only) {
        (None, _) => "This ring holds no private key.",
        (_, Some(_)) => "This session is read-only, so the private key stays in the ring.",
        _ => "The private key leaves the ring only after its name was typed, and the audit log says so.",
    };
    let lines = vec![plain(Role::Dim, text)];
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Export {}", ring.name), lines, items)));
    Vec::new()
}

/// Tells whether a ring has what a form holds.
fn has(model: &Model, ring: &Keyring, info: &FormInfo) -> bool {
    match info.form {
        Format::Roots => ring.with_role(Part::Root).next().is_some(),
        Format::Request => model.state.request_of_keyring(ring).is_some(),
        Format::PublicKey => ring.key.is_some(),
        _ if info.secrecy != Secrecy::Public
            && (ring.key.is_none() || model.settings.read_only.is_some()) =>
        {
            false
        }
        Format::Traditional => ring.key.as_ref().is_some_and(|k| k.algorithm != "Ed25519"),
        Format::Pkcs8 | Format::Pkcs8Plain => true,
        _ => ring.leaf().is_some(),
    }
}

fn form(ring: &Keyring, info: &FormInfo) -> Item {
    let title = format!("Export {}: {}", ring.name, info.title);
    let goal = Goal::Export(Box::new(Export::form(&ring.name, info.form)));
    if info.secrecy != Secrecy::Open {
        return item(info.title, Action::Form(title, goal));
    }
    let lines = vec![
        plain(
            Role::Warn,
            "The private key will lie open in the file: whoever reads it, or a backup of it, has the key.",
        ),
        plain(
            Role::Text,
            "PKCS#8 with a pass phrase or PKCS#12 is better wherever the other program can open it.",
        ),
    ];
    let items =
        vec![item("Back", Action::Close), item("Write it without encryption", Action::Form(title, goal))];
    item(info.title, Action::Menu("Without encryption?".into(), lines, items))
}

fn hand_over(model: &mut Model) -> Vec<Effect> {
    let Some(key) = model.selected() else { return Vec::new() };
    let Some(ring) = ring(model, &key) else { return Vec::new() };
    let mut lines = vec![plain(
        Role::Dim,
        "You see what will be written, and the commands to run, before anything leaves.",
    )];
    let mut items = Vec::new();
    for preset in hand_over::presets() {
        match preset.fits(ring) {
            Ok(()) => items.push(item(preset.title, shown(ring, preset))),
            Err(error) => lines.push(plain(Role::Warn, &format!("{} {}", error.what, error.why))),
        }
    }
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Hand {} over to", ring.name), lines, items)));
    Vec::new()
}

/// Shows what a preset writes; the form for it comes from there.
fn shown(ring: &Keyring, preset: &Preset) -> Action {
    let asked = preset.asked(&ring.name);
    let preview = preset.preview(ring, &asked.to.to_string_lossy());
    let lines = preview.into_iter().map(|(label, text)| Text {
        label: label.into(),
        text,
        role: if label == "Warnings" { Role::Warn } else { Role::Text },
    });
    Action::Preview(
        format!("Hand {} over to {}", ring.name, preset.title),
        lines.collect(),
        Goal::Export(Box::new(asked)),
    )
}

fn plain(role: Role, text: &str) -> Text {
    Text::line(text, role)
}

/// Lists the public parts of a ring that can be copied as PEM.
pub(super) fn copies(model: &Model, ring: &Keyring) -> Vec<Copy> {
    let ders = |part| ring.with_role(part).map(|e| e.certificate.der.clone()).collect::<Vec<_>>();
    let name = file_name(&ring.name);
    let pem = |label, suffix: &str, block, ders| Copy {
        label,
        name: format!("{name}{suffix}.pem"),
        source: Source::Pem(block, ders),
    };
    let (leaf, chain, roots) = (ders(Part::Leaf), ders(Part::Chain), ders(Part::Root));
    let mut all = Vec::new();
    if !leaf.is_empty() {
        all.push(pem("certificate (PEM)", "", "CERTIFICATE", leaf.clone()));
        let both = leaf.into_iter().chain(chain).collect();
        all.push(pem("certificate with its chain (PEM)", "-chain", "CERTIFICATE", both));
    }
    if let Some(request) = model.state.request_of_keyring(ring) {
        let der = vec![request.pkcs10.der.clone()];
        all.push(pem("certificate request (PEM)", "-request", "CERTIFICATE REQUEST", der));
    }
    if !roots.is_empty() {
        all.push(pem("trusted roots (PEM)", "-roots", "CERTIFICATE", roots));
    }
    all
}
