//! Commands for the policy of a certifier: amending it, what a second CAA confirms, and how it came to be.

use super::{WRITE, certifier, may};
use crate::desk::Verb;
use crate::model::certifier::{Certifier, Policy};
use crate::model::field::differences;
use crate::model::policy::Amendment;
use crate::ops::roles::Act;
use crate::ops::{amend, roles};
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::viewer::{Text, Viewer};
use crate::tui::model::Model;
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "certifier.amend",
        title: "amend policy",
        keys: &["e"],
        doc: "Amends the policy of the certifier, its roles included; the differences are shown before it is signed.",
        cli: Some("certifier amend"),
        weight: 60,
        ready: |model| match selected(model) {
            None => Err("it waits for its certificate".into()),
            Some(_) => may(model, Act::Amend),
        },
        run: |model| {
            let Some(c) = selected(model) else { return Vec::new() };
            let amendment = Amendment { policy: c.policy.clone(), reason: String::new() };
            let goal = Goal::Amend(c.name.clone(), Box::new(amendment));
            let form = Form::new(model, format!("Amend the policy of {}", c.name), goal);
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.proposal",
        title: "proposed policy",
        keys: &["p"],
        doc: "Shows the amendment that waits for a second CAA, to confirm or to withdraw it.",
        cli: Some("certifier confirm"),
        weight: 50,
        ready: |model| match selected(model) {
            None => Err("nothing is selected".into()),
            Some(c) if c.proposal.is_none() => Err("no amendment waits to be confirmed".into()),
            Some(_) => Ok(()),
        },
        run: |model| {
            if let Some(menu) = selected(model).and_then(|c| proposal(model, &c)) {
                model.dialogs.push(Dialog::Menu(menu));
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.policy",
        title: "policy versions",
        keys: &["y"],
        level: Level::Read,
        doc: "Shows the signed versions of the policy, each with its differences to the one before.",
        cli: Some("certifier policy"),
        weight: 20,
        run: |model| {
            let Some(c) = selected(model) else { return Vec::new() };
            let viewer = Viewer::new(format!("Policy versions of {}", c.name), versions(model, &c));
            model.dialogs.push(Dialog::Viewer(viewer));
            Vec::new()
        },
        ..WRITE
    },
];

fn selected(model: &Model) -> Option<Certifier> {
    model.selected().and_then(|key| certifier(model, &key).cloned())
}

/// Asks before an amendment is signed or proposed, with every difference and what follows from it; `None` when nothing
/// differs.
pub(in crate::tui) fn before_saving(
    model: &Model,
    name: &str,
    amendment: &Amendment,
    verb: Verb,
) -> Option<Menu> {
    let c = model.state.certifiers.get(name)?;
    let mut lines = changes(model, &c.policy, &amendment.policy);
    if lines.is_empty() {
        return None;
    }
    lines.extend(follows(model, c, &amendment.policy));
    let next = c.policy.version + 1;
    let label = match roles::amends_alone(&c.policy, &model.settings.operator) {
        Some(why) => {
            let text = format!("You amend it alone: {why}.");
            lines.push(Text::line(text, Role::Dim));
            format!("Sign policy version {next}")
        }
        None => {
            let text = "Another CAA has to confirm it; until then nothing changes.";
            lines.push(Text::line(text, Role::Dim));
            format!("Propose policy version {next}")
        }
    };
    let items = vec![item(label, Action::Verb(verb)), item("Back to the form", Action::Close)];
    Some(Menu::new(format!("Policy version {next} of {name}"), lines, items))
}

fn proposal(model: &Model, c: &Certifier) -> Option<Menu> {
    let proposal = c.proposal.as_ref()?;
    let told = format!("Proposed by {} on {}.", proposal.by, proposal.at.text());
    let mut lines = vec![Text::line(told, Role::Text)];
    if !proposal.reason.is_empty() {
        let text = format!("Reason: {}", proposal.reason);
        lines.push(Text::line(text, Role::Text));
    }
    lines.extend(changes(model, &c.policy, &proposal.policy));
    lines.extend(follows(model, c, &proposal.policy));
    let certifier = c.name.clone();
    let withdraw = |word: &str| {
        let title = format!("{word} the proposed policy of {}", c.name);
        item(format!("{word} it"), Action::Form(title, Goal::WithdrawPolicy(c.name.clone())))
    };
    let confirm = Action::Verb(Verb::Confirm { certifier, proposal: Box::new(proposal.clone()) });
    let items = if let Err(why) = may(model, Act::Amend) {
        let text = format!("You only look at it: {why}.");
        lines.push(Text::line(text, Role::Dim));
        vec![item("Back", Action::Close)]
    } else if proposal.by == model.settings.operator {
        let text = "You proposed it: another CAA has to confirm it.";
        lines.push(Text::line(text, Role::Dim));
        vec![item("Back", Action::Close), withdraw("Withdraw")]
    } else {
        let version = proposal.policy.version;
        vec![
            item("Back", Action::Close),
            item(format!("Confirm it: sign policy version {version}"), confirm),
            withdraw("Reject"),
        ]
    };
    Some(Menu::new(format!("Proposed policy of {}", c.name), lines, items))
}

/// Lists what differs between two policies, the earlier value above the later one.
fn changes(model: &Model, before: &Policy, after: &Policy) -> Vec<Text> {
    let rows = differences(before, after, &model.look()).into_iter();
    rows.map(|(label, before, after)| {
        let or_none = |text: String| if text.is_empty() { "(none)".to_owned() } else { text };
        let text = format!("was  {}\nnow  {}", or_none(before), or_none(after));
        Text { label: label.into(), text, role: Role::Text }
    })
    .collect()
}

fn follows(model: &Model, c: &Certifier, policy: &Policy) -> impl Iterator<Item = Text> {
    amend::consequences(&model.state, c, policy).into_iter().map(|text| Text::line(text, Role::Warn))
}

fn versions(model: &Model, c: &Certifier) -> Vec<Text> {
    let mut lines = Vec::new();
    if c.versions.is_empty() {
        let text = "The present version was made before versions were signed; the next one will be.".into();
        lines.push(Text { label: format!("Version {}", c.policy.version), text, role: Role::Text });
    }
    for (at, version) in c.versions.iter().enumerate().rev() {
        let label = format!("Version {}", version.policy.version);
        lines.push(Text { label, text: version.told(), role: Role::Title });
        match at.checked_sub(1).and_then(|at| c.versions.get(at)) {
            Some(before) => lines.extend(changes(model, &before.policy, &version.policy)),
            None => {
                let told = super::entries(&version.policy, model).into_iter();
                lines.extend(told.map(|(label, text)| Text { label: label.into(), text, role: Role::Text }));
            }
        }
        lines.push(Text::line("", Role::Text));
    }
    lines
}
