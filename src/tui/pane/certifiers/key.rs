//! Commands for the key of a certifier: what protects it, and rehearsing an unlock.

use super::{WRITE, may, with_key};
use crate::model::protection::NewProtection;
use crate::ops::roles::{self, Act};
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::Goal;
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::secret::{Opens, SecretLine};
use crate::tui::dialog::viewer::Text;
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "certifier.protect",
        title: "protect key",
        keys: &["P"],
        doc: "Changes what opens the key of the certifier: a password, the passwords of two people, or shares.",
        cli: Some("certifier protect"),
        weight: 35,
        ready: |model| {
            with_key(model)?;
            may(model, Act::Protect)
        },
        run: |model| {
            let Some(name) = model.selected_name() else { return Vec::new() };
            let Some(c) = model.state.certifiers.get(&name) else { return Vec::new() };
            let said = |text: String| Text::line(text, Role::Text);
            let lines = vec![
                said(format!("Now: {}.", c.protection.words())),
                said("It is asked once more before the change. The key file of before is wiped; backups, snapshots and \
                      the spare blocks of a disk may keep it."
                    .into()),
            ];
            let alone = roles::amends_alone(&c.policy, &model.settings.operator).is_some();
            let lines = if c.protection.people() > 1 && !alone && !c.policy.weaken_protection {
                let text = "One that fewer people open needs the agreement of another CAA first: an amendment with \
                            weaken-protection=yes.";
                [lines, vec![said(text.into())]].concat()
            } else {
                lines
            };
            let holders = [model.settings.operator.clone(), String::new()];
            let form = |protection, title: &str| {
                let new = NewProtection { protection, holders: holders.clone(), ..NewProtection::default() };
                let goal = Goal::Protect(name.clone(), Box::new(new));
                Action::Form(format!("{title} for certifier {name}"), goal)
            };
            let items = vec![
                item("A password", form("password", "New password")),
                item("The passwords of two people together", form("two-passwords", "Two passwords")),
                item("Some of several shares", form("shares", "Shares")),
            ];
            model.dialogs.push(Dialog::Menu(Menu::new("What shall open the key?", lines, items)));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.rehearse",
        title: "rehearse unlock",
        keys: &["t"],
        level: Level::Read,
        doc: "Unlocks the key to see that it can be, and forgets it at once; nothing is signed, and it is recorded.",
        cli: Some("certifier unlock"),
        weight: 15,
        ready: |model| {
            with_key(model)?;
            may(model, Act::Unlock)
        },
        run: |model| {
            if let Some(name) = model.selected_name() {
                model.dialogs.push(Dialog::Secret(SecretLine::new(Opens::Rehearse(name))));
            }
            Vec::new()
        },
        ..WRITE
    },
];
