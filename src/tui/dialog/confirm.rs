//! Asks for the name of a record before it is taken away. The name is typed, for a letter may come from a broken
//! escape sequence and a Return from a held key.

use super::{Dialog, Sheet, hint};
use crate::tui::chord::Key;
use crate::tui::command::{self, Command, Question};
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::pane::{PaneId, RowKey};
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::wrap;

/// A question that waits for its name.
#[derive(Debug, Clone)]
pub struct Confirm {
    command: &'static Command,
    question: Question,
    pane: PaneId,
    key: Option<RowKey>,
    line: LineEdit,
    wrong: bool,
}

impl Confirm {
    /// Asks about a command on a record.
    pub fn new(command: &'static Command, question: Question, pane: PaneId, key: Option<RowKey>) -> Self {
        Self { command, question, pane, key, line: LineEdit::default(), wrong: false }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        match input {
            Input::Chord(Key::Esc) => return (None, Vec::new()),
            Input::Chord(Key::Enter) if self.line.text().trim().eq_ignore_ascii_case(&self.question.word) => {
                return (None, command::confirmed(model, self.command, self.pane, self.key.as_ref()));
            }
            Input::Chord(Key::Enter) => self.wrong = true,
            Input::Chord(key) => self.wrong &= !self.line.key(*key),
            Input::Paste(text, _) => self.line.insert(text),
        }
        (Some(Dialog::Confirm(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let mut body = Vec::new();
        for line in &self.question.lines {
            body.extend(wrap(&ink.symbols.text(line), columns).iter().map(|l| ink.line(Role::Text, l)));
        }
        body.push(ink.line(Role::Text, ""));
        let ask = format!("Type \"{}\" to go on:", self.question.word);
        body.extend(wrap(&ink.symbols.text(&ask), columns).iter().map(|l| ink.line(Role::Prompt, l)));
        let (shown, at) = self.line.shown(columns, "");
        let row = body.len();
        let blank = " ".repeat(columns.saturating_sub(crate::tui::widget::text::width(&shown)).min(20));
        body.push(ink.line(Role::Input, &format!("{shown}{blank}")));
        if self.wrong {
            body.push(ink.line(Role::Warn, "That is not what is asked for. Nothing was done."));
        }
        Sheet {
            title: format!("Really {}?", self.command.title),
            body,
            cursor: Some((row, at)),
            hints: vec![hint("Enter", self.command.title, 90), hint("Esc", "back", 80)],
            ..Sheet::default()
        }
    }
}
