//! Commands for earlier revisions of a keyring, undoing, and what an abandoned attempt left.

use super::WRITE;
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::history::open;
use crate::tui::dialog::leftovers::Leftovers;
use crate::tui::job::Job;
use crate::tui::msg::Effect;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "keyring.history",
        title: "history",
        keys: &["y"],
        level: Level::Read,
        doc: "Lists the revisions of the ring, to compare them, to undo the last change, or to restore one.",
        cli: Some("keyring history"),
        weight: 22,
        run: |model| model.on_selected(open),
        ..WRITE
    },
    Command {
        name: "keyring.deleted",
        title: "bring back",
        keys: &["b"],
        level: Level::Read,
        doc: "Lists the keyrings that were deleted or whose file is missing or damaged, to bring one back.",
        cli: Some("keyring deleted"),
        weight: 6,
        ready: |_| Ok(()),
        run: |model| vec![model.start(Job::Gone, Effect::Gone).1],
        ..WRITE
    },
    Command {
        name: "keyring.leftovers",
        title: "leftovers",
        keys: &["z"],
        level: Level::Read,
        doc: "Lists what abandoned attempts have left half-finished, and cleans it up.",
        cli: Some("keyring leftovers"),
        weight: 8,
        ready: |_| Ok(()),
        run: |model| {
            model.dialogs.push(Dialog::Leftovers(Leftovers::default()));
            Vec::new()
        },
        ..WRITE
    },
];
