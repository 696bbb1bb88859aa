//! Finds a command by words: those whose name has them first, then those of the present pane; those that cannot run now with
//! the reason.

use super::{Dialog, Sheet, hint};
use crate::tui::chord::Key;
use crate::tui::command::{self, Command, Scope};
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::pane::matches;
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::{cut, fit};

/// The words typed and the choice.
#[derive(Debug, Clone, Default)]
pub struct Palette {
    line: LineEdit,
    cursor: usize,
}

impl Palette {
    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let found = self.found(model);
        let last = found.len().saturating_sub(1);
        match input {
            Input::Chord(Key::Esc) => return (None, Vec::new()),
            Input::Chord(Key::Enter) => {
                return match found.get(self.cursor) {
                    Some(command) => (None, command::dispatch(model, command)),
                    None => (Some(Dialog::Palette(self)), Vec::new()),
                };
            }
            Input::Chord(Key::Up | Key::BackTab) => self.cursor = self.cursor.saturating_sub(1),
            Input::Chord(Key::Down | Key::Tab) => self.cursor = (self.cursor + 1).min(last),
            Input::Chord(Key::PageUp) => self.cursor = self.cursor.saturating_sub(10),
            Input::Chord(Key::PageDown) => self.cursor = (self.cursor + 10).min(last),
            Input::Chord(key) => {
                self.line.key(*key);
                self.cursor = 0;
            }
            Input::Paste(text, _) => self.line.insert(text),
        }
        (Some(Dialog::Palette(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let (shown, at) = self.line.shown(columns.saturating_sub(2), "");
        let mut body = vec![vec![ink.span(Role::Prompt, ": "), ink.span(Role::Text, &shown)].into()];
        let found = self.found(model);
        let name_width = found.iter().map(|c| c.name.len()).max().unwrap_or(0).min(columns / 3);
        // Only what may be seen is laid out: asking every command for its reason costs more than drawing it.
        let first = self.cursor.saturating_sub(usize::from(model.size.1));
        for (i, c) in found.iter().enumerate().skip(first).take(usize::from(model.size.1) * 2) {
            let pointer = if i == self.cursor { ink.symbols.pointer } else { " " };
            let key = fit(&model.key_of(c), 6, "");
            let refusal = command::refusal(model, c);
            let text = refusal.as_ref().map_or_else(|| c.doc.to_owned(), |why| format!("not now: {why}"));
            let role = if refusal.is_some() { Role::Dim } else { Role::Text };
            let used = name_width + 10;
            let mut line: ratatui::text::Line<'static> = vec![
                ink.symbol(Role::Text, format!("{pointer} ")),
                ink.span(Role::Key, &key),
                ink.span(role, &format!(" {} ", fit(c.name, name_width, ""))),
                ink.span(role, &cut(&text, columns.saturating_sub(used), ink.symbols.ellipsis)),
            ]
            .into();
            if i == self.cursor {
                line = line.patch_style(ink.style(Role::Selected));
            }
            body.push(line);
        }
        if found.is_empty() {
            body.push(ink.line(Role::Dim, "No command has all these words."));
        }
        let row = (self.cursor - first) + 1;
        let page = usize::from(crate::tui::view::areas(model).sheet.1).max(2);
        let top = if row < page { 0 } else { row + 1 - page };
        let cursor = if top == 0 { Some((0, at + 2)) } else { Some((row, 0)) };
        let hints = vec![hint("Enter", "run", 90), hint("Esc", "back", 80), hint("Up/Down", "choose", 60)];
        Sheet {
            title: "Commands".into(),
            body,
            cursor,
            top: Some(top),
            hints,
            tall: true,
            ..Sheet::default()
        }
    }

    fn found(&self, model: &Model) -> Vec<&'static Command> {
        let mut found: Vec<_> = command::all()
            .filter(|c| c.scope != Scope::Moving)
            .filter(|c| matches(self.line.text(), &[c.name, c.title, c.doc]))
            .collect();
        found.sort_by_key(|c| {
            let scope = match c.scope {
                Scope::Pane(pane) if pane == model.pane => 0,
                Scope::Pane(_) => 2,
                _ => 1,
            };
            (!matches(self.line.text(), &[c.name, c.title]), scope)
        });
        found
    }
}
