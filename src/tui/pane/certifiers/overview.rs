//! The status panel, what is run over or brought in: commands that look at certifiers as a whole, and the key rollover.

use super::{WRITE, certifier};
use crate::desk::Verb;
use crate::model::certifier::overview::{self, Light};
use crate::model::certifier::rollover::NewKey;
use crate::ops::ring::Act;
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::path::PathLine;
use crate::tui::dialog::viewer::{Text, Viewer};
use crate::tui::job::ReadFor;
use crate::tui::model::Model;
use crate::tui::pane::{PaneId, Target};
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "certifier.status",
        title: "status",
        keys: &["s"],
        level: Level::Read,
        doc: "Shows how every certifier stands: lock, queue with ages, CRL and its due date, and debts.",
        cli: Some("certifier status"),
        weight: 66,
        ready: |_| Ok(()),
        run: |model| {
            let lines = panel(model);
            model.dialogs.push(Dialog::Viewer(Viewer::new("Status of the certifiers", lines)));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.import",
        title: "import",
        keys: &["a"],
        doc: "Takes an authority over that was run elsewhere: key and certificate, or the folder of openssl ca or easy-rsa.",
        cli: Some("certifier import"),
        weight: 44,
        ready: |_| Ok(()),
        run: |model| {
            model.dialogs.push(Dialog::Path(PathLine::read(ReadFor::Anything)));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.rollover",
        title: "new key",
        keys: &["v"],
        doc: "Gives the authority a new key under the same name, linked with the old one, which then signs CRLs only.",
        cli: Some("certifier rollover"),
        weight: 33,
        ready: |model| match made(model)? {
            c if c.status.issues() => Ok(()),
            c => Err(c.refusal().unwrap_or_default()),
        },
        run: |model| {
            let Ok(c) = made(model) else { return Vec::new() };
            let years = (c.certificate.not_after.days_from(c.certificate.not_before) + 1) / 365;
            let years = u32::try_from(years.clamp(1, 30)).unwrap_or(10);
            let (name, asked) = (c.name.clone(), NewKey::after(&c.name, model.settings.certifier_key, years));
            let title = format!("New key for {name}");
            let form = Form::new(model, title, Goal::RollOver(name, asked.into()));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.worklist",
        title: "after a new key",
        keys: &["w"],
        level: Level::Read,
        doc: "Shows what a key rollover leaves to do: certificates under the old key, and keyrings that trust only the old root.",
        cli: Some("certifier worklist"),
        weight: 32,
        ready: |model| match made(model)? {
            c if c.succeeded_by.is_some() => Ok(()),
            _ => Err("its key was not rolled over".into()),
        },
        run: |model| {
            let Ok(c) = made(model) else { return Vec::new() };
            let next = c.succeeded_by.clone().unwrap_or_default();
            let untold = c.untold(&model.state);
            let root = model.state.certifiers.get(&next).and_then(|n| n.root()).cloned();
            let mut items = Vec::new();
            for ring in &untold {
                let roots = root.iter().cloned().collect();
                let label = format!("Trust the new root in keyring {ring}, beside the old one");
                items.push(item(label, Action::Verb(Verb::ring(ring, Act::Trust { roots }))));
            }
            let filter = format!("issuer:{} revoked:no expired:no", c.name);
            items.push(item(
                "Show the certificates under the old key that are still valid",
                Action::Go(Target::Filter(PaneId::Certificates, filter)),
            ));
            let text = format!(
                "{next} issues in its place. Renew what is still valid under the old key, keyring by keyring, before the old \
                 certificate ends on {}. \"ringmaster certifier worklist {}\" lists each with the way to renew it.",
                c.certificate.not_after.date(),
                c.name
            );
            let mut lines = vec![Text { label: String::new(), text, role: Role::Text }];
            if untold.is_empty() {
                let text = "Every keyring that trusts the old root trusts the new one, too.".into();
                lines.push(Text { label: String::new(), text, role: Role::Ok });
            }
            items.push(item("Back", Action::Close));
            let title = format!("After the new key of {}", c.name);
            model.dialogs.push(Dialog::Menu(Menu::new(title, lines, items)));
            Vec::new()
        },
        ..WRITE
    },
];

fn made(model: &Model) -> Result<&crate::model::certifier::Certifier, String> {
    let key = model.selected().ok_or_else(|| "no row is selected".to_owned())?;
    certifier(model, &key).ok_or_else(|| "it waits for its certificate".into())
}

/// Writes the status panel.
fn panel(model: &Model) -> Vec<Text> {
    let line = |label: &str, text: String, role| Text { label: label.into(), text, role };
    let mut lines = vec![line("Queue", overview::undecided(&model.state, model.now), Role::Text)];
    for c in model.state.certifiers.values() {
        let is = overview::of(&model.state, c, model.now);
        let role = match is.light {
            Light::Good => Role::Ok,
            Light::Due => Role::Warn,
            Light::Overdue => Role::Bad,
        };
        let lock = match (c.status.has_key(), model.unlocked.contains(&c.name)) {
            (false, _) => "its key is destroyed",
            (_, true) => "unlocked in this session",
            (_, false) => "locked",
        };
        lines.push(line("", String::new(), Role::Text));
        lines.push(line(
            &c.name,
            format!("{}: {} {}, {lock}", is.light.word(), c.status.word(), c.kind()),
            role,
        ));
        lines.push(line("Waits", is.queue, Role::Text));
        lines.push(line("CRL", is.crl, role));
        if !is.debt.is_empty() {
            lines.push(line("Owes", is.debt, Role::Warn));
        }
        lines.push(line("Ends", is.ends, Role::Text));
    }
    for a in model.state.awaited.values() {
        lines.push(line("", String::new(), Role::Text));
        lines.push(line(&a.name, "due: waits for its certificate".into(), Role::Warn));
    }
    lines
}
