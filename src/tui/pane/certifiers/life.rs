//! Commands for the life of a certifier: the certificate that comes back, disabling and enabling, retiring, and destroying
//! its key.

use super::{WRITE, awaited, certifier, may};
use crate::desk::Verb;
use crate::model::bytes::colons;
use crate::model::certificate::Certificate;
use crate::model::certifier::{Awaited, Certifier, Status};
use crate::ops::certifier_status::Step;
use crate::ops::roles::{self, Act};
use crate::pki::chain::sort;
use crate::tui::command::{Command, Level, Question};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::path::PathLine;
use crate::tui::dialog::viewer::Text;
use crate::tui::job::{self, ReadFor};
use crate::tui::model::Model;
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "certifier.install",
        title: "install",
        keys: &["i"],
        doc: "Takes the certificate that answers the request of a certifier that waits for it.",
        cli: Some("certifier install"),
        weight: 70,
        ready: |model| {
            waits(model)?;
            may(model, Act::Administer)
        },
        run: |model| {
            if let Ok(name) = waits(model).map(|a| a.name.clone()) {
                model.dialogs.push(Dialog::Path(PathLine::read(ReadFor::Certify(name))));
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.give-up",
        title: "give up",
        keys: &["U"],
        level: Level::Destroy,
        doc: "Gives a certifier up that waits for its certificate, and destroys its key.",
        cli: Some("certifier give-up"),
        weight: 12,
        ready: |model| {
            let a = waits(model)?;
            may(model, Act::Administer)?;
            roles::second_hindrance(&a.name, &a.policy, (&a.by, "made"), &model.settings.operator)
        },
        confirm: Some(|model| {
            let name = model.selected_name().unwrap_or_default();
            let text = format!(
                "{name} waits for its certificate. Its key is destroyed, also in the history of the workspace: a \
                 certificate that still comes back is of no use then. Backups made elsewhere keep it."
            );
            Question { word: name, lines: vec![text] }
        }),
        run: |model| model.on_selected(|model, name| job::go(model, Verb::GiveUpCertifier { name })),
        ..WRITE
    },
    Command {
        name: "certifier.disable",
        title: "disable/enable",
        keys: &["d"],
        doc: "Lets the certifier issue nothing until it is enabled, or enables it; its CRLs go on.",
        cli: Some("certifier deactivate"),
        weight: 34,
        ready: |model| match made(model)?.status {
            Status::Active | Status::Disabled(_) => may(model, Act::Administer),
            Status::Retired(_) => Err("it is retired, and that is for good".into()),
            Status::Destroyed(_) => Err("its key is destroyed".into()),
        },
        run: |model| {
            let Ok(c) = made(model) else { return Vec::new() };
            let (name, active) = (c.name.clone(), c.status.issues());
            let (word, step) = if active { ("Disable", Step::Disable) } else { ("Enable", Step::Enable) };
            let form = Form::new(model, format!("{word} {name}"), Goal::Status(name, step));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.retire",
        title: "retire",
        keys: &["T"],
        level: Level::Destroy,
        doc: "Lets the certifier never issue again; its CRLs go on until its last certificate has ended.",
        cli: Some("certifier retire"),
        weight: 14,
        ready: |model| match made(model)?.status {
            Status::Active | Status::Disabled(_) => may(model, Act::Administer),
            Status::Retired(_) => Err("it is retired already".into()),
            Status::Destroyed(_) => Err("its key is destroyed".into()),
        },
        confirm: Some(|model| {
            let name = model.selected_name().unwrap_or_default();
            let text = format!(
                "{name} issues no certificate any more, and cannot be enabled again. What it has issued stays valid, can \
                 be revoked, and needs its CRLs."
            );
            Question { word: name, lines: vec![text] }
        }),
        run: |model| {
            let Some(name) = model.selected_name() else { return Vec::new() };
            let form = Form::new(model, format!("Retire {name}"), Goal::Status(name, Step::Retire));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.destroy",
        title: "destroy key",
        keys: &["X"],
        level: Level::Destroy,
        doc: "Signs the final CRL of a retired certifier, valid until its last certificate has ended, and destroys its key.",
        cli: Some("certifier destroy"),
        weight: 13,
        ready: |model| {
            let c = made(model)?;
            let began = match &c.status {
                Status::Retired(decision) => (decision.by.as_str(), "retired"),
                Status::Destroyed(_) => return Err("its key is destroyed already".into()),
                _ => return Err("only a retired certifier ends: retire it first".into()),
            };
            may(model, Act::Administer)?;
            roles::second_hindrance(&c.name, &c.policy, began, &model.settings.operator)
        },
        confirm: Some(|model| {
            let name = model.selected_name().unwrap_or_default();
            let lines = vec![
                format!(
                    "{name} signs one last CRL, which stays valid until the last of its certificates has ended. Then its \
                     key is destroyed: nothing can be revoked any more, and no CRL follows."
                ),
                "The key file is overwritten and removed, also from the history of the workspace. Backups made elsewhere, \
                 snapshots of the file system and the spare blocks of a flash disk may still hold it, sealed with its \
                 password."
                    .into(),
            ];
            Question { word: name, lines }
        }),
        run: |model| {
            let Some(name) = model.selected_name() else { return Vec::new() };
            let form = Form::new(model, format!("Destroy the key of {name}"), Goal::Destroy(name));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
];

/// Returns the selected certifier, which has its certificate.
fn made(model: &Model) -> Result<&Certifier, String> {
    let key = model.selected().ok_or_else(|| "no row is selected".to_owned())?;
    certifier(model, &key).ok_or_else(|| "it waits for its certificate".into())
}

/// Returns the selected certifier, which waits for its certificate.
fn waits(model: &Model) -> Result<&Awaited, String> {
    let key = model.selected().ok_or_else(|| "no row is selected".to_owned())?;
    awaited(model, &key).ok_or_else(|| "it has its certificate".into())
}

/// Shows what came back for a certifier that waits, before it is taken.
pub(in crate::tui) fn look(model: &mut Model, name: &str, certificates: Vec<Certificate>) {
    let sorted = sort(certificates);
    let line = |c: &Certificate| Text {
        label: if c.is_self_issued() { "Root".into() } else { "Certificate".into() },
        text: format!(
            "{}\nsigned by {}, ends {}\nSHA-256 {}",
            c.subject,
            c.issuer,
            c.not_after.date(),
            colons(&c.sha256.0)
        ),
        role: Role::Text,
    };
    let lines = sorted.iter().map(line).collect();
    let take = match model.state.certifiers.contains_key(name) {
        true => "Take it in place of the present certificate",
        false => "Take it; the key of the certifier is unlocked first",
    };
    let verb = Verb::CompleteCertifier { name: name.to_owned(), certificates: sorted };
    let items = vec![item(take, Action::Verb(verb)), item("Back, nothing is done", Action::Close)];
    model.dialogs.push(Dialog::Menu(Menu::new(format!("What came back for {name}"), lines, items)));
}
