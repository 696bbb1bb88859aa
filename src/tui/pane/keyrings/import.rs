//! Commands that make a keyring of what was made elsewhere.

use super::WRITE;
use crate::tui::command::Command;
use crate::tui::dialog::Dialog;
use crate::tui::dialog::path::PathLine;
use crate::tui::job::ReadFor;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "keyring.import",
    title: "add",
    keys: &["a"],
    doc: "Makes a keyring of a key and certificates that were made elsewhere, or takes a ring of another host over.",
    cli: Some("keyring import"),
    weight: 75,
    ready: |_| Ok(()),
    run: |model| {
        model.dialogs.push(Dialog::Path(PathLine::read(ReadFor::Anything)));
        Vec::new()
    },
    ..WRITE
}];
