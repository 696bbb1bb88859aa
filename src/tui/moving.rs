//! The commands that move the selection, or scroll the detail when it has the keys.

use super::command::{Command, Level, Scope};
use super::model::{Focus, Model};
use super::msg::Effect;
use super::view::areas;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "row.down",
        title: "down",
        keys: &["<down>", "j"],
        doc: "Moves one row down.",
        run: |m| step(m, 1),
        ..MOVE
    },
    Command {
        name: "row.up",
        title: "up",
        keys: &["<up>", "k"],
        doc: "Moves one row up.",
        run: |m| step(m, -1),
        ..MOVE
    },
    Command {
        name: "row.page-down",
        title: "page down",
        keys: &["<pgdn>", "C-f"],
        doc: "Moves one page down.",
        run: |m| {
            let page = page(m);
            step(m, page)
        },
        ..MOVE
    },
    Command {
        name: "row.page-up",
        title: "page up",
        keys: &["<pgup>", "C-b"],
        doc: "Moves one page up.",
        run: |m| {
            let page = page(m);
            step(m, -page)
        },
        ..MOVE
    },
    Command {
        name: "row.first",
        title: "first",
        keys: &["<home>", "g"],
        doc: "Moves to the first row.",
        run: |m| step(m, isize::MIN),
        ..MOVE
    },
    Command {
        name: "row.last",
        title: "last",
        keys: &["<end>", "G"],
        doc: "Moves to the last row.",
        run: |m| step(m, isize::MAX),
        ..MOVE
    },
    Command {
        name: "pane.next",
        title: "next pane",
        keys: &["<right>", "l"],
        doc: "Goes to the next pane.",
        run: |m| turn(m, 1),
        ..MOVE
    },
    Command {
        name: "pane.previous",
        title: "previous pane",
        keys: &["<left>", "h"],
        doc: "Goes to the pane before.",
        run: |m| turn(m, super::pane::PANES.len() - 1),
        ..MOVE
    },
];

const MOVE: Command = Command::of(Scope::Moving, Level::Read, |_| Ok(()));

fn page(model: &Model) -> isize {
    isize::try_from(areas(model).rows.max(1)).unwrap_or(1)
}

fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    if model.focus == Focus::Detail {
        let lines = super::view::detail_height(model);
        let pane = model.here_mut();
        pane.detail = pane.detail.saturating_add_signed(by).min(lines);
    } else {
        if model.repeating && model.held.is_none() {
            model.held = model.selected().map(|key| (model.pane().detail)(model, &key));
        }
        // Who moves on does not wait for the row that was selected before.
        model.issued.keep = None;
        let to = model.here().cursor.saturating_add_signed(by);
        model.move_to(to);
    }
    Vec::new()
}

fn turn(model: &mut Model, by: usize) -> Vec<Effect> {
    let index = (model.pane.index() + by) % super::pane::PANES.len();
    if let Some(pane) = super::pane::PANES.get(index) {
        model.pane = pane.id;
    }
    model.focus = Focus::List;
    model.move_to(model.here().cursor);
    Vec::new()
}
