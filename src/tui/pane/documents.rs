//! What the commands of sites, servers and people have in common. Which sort of documents each is about, its pane says.

use super::PaneId;
use crate::tui::command::{Command, Level, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::path::PathLine;
use crate::tui::everywhere::selected;

const fn of(pane: PaneId, level: Level) -> Command {
    Command::of(Scope::Pane(pane), level, selected)
}

/// Sets one field of several.
pub(super) const fn set(pane: PaneId) -> Command {
    Command { title: "set a field", keys: &["s"], weight: 40, ..of(pane, Level::Write) }
}

/// Lists the versions of one.
pub(super) const fn history(pane: PaneId) -> Command {
    Command {
        title: "history",
        keys: &["y"],
        doc: "Lists the versions of the document, to compare them, to undo the last change, or to restore one.",
        weight: 22,
        ..of(pane, Level::Read)
    }
}

/// Takes some out of a file of the directory.
pub(super) const fn import(pane: PaneId) -> Command {
    Command {
        title: "import",
        keys: &["i"],
        doc: "Takes site and Server documents out of a DXL export or one-touch setup JSON; shows first what each becomes.",
        cli: Some("directory import"),
        weight: 5,
        ready: |_| Ok(()),
        run: |model| {
            model.dialogs.push(Dialog::Path(PathLine::directory()));
            Vec::new()
        },
        ..of(pane, Level::Write)
    }
}

/// Writes some for a directory.
pub(super) const fn export(pane: PaneId) -> Command {
    Command {
        title: "export",
        keys: &["x"],
        doc: "Writes the marked documents, or the selected one, as one-touch setup JSON or DXL for a Domino directory.",
        cli: Some("directory export"),
        weight: 4,
        ..of(pane, Level::Read)
    }
}

/// Lists those that were deleted.
pub(super) const fn deleted(pane: PaneId) -> Command {
    Command { title: "bring back", keys: &["b"], weight: 6, ready: |_| Ok(()), ..of(pane, Level::Read) }
}

/// Deletes one.
pub(super) const fn delete(pane: PaneId) -> Command {
    Command { title: "delete", keys: &["X"], weight: 15, ..of(pane, Level::Destroy) }
}
