//! Chooses certificates one by one from many, by words: the roots of the system, or those that other rings trust.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::menu::{Action, Menu, item};
use super::viewer::Text;
use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::model::bytes::{Digest, colons};
use crate::model::certificate::Certificate;
use crate::ops::ring::Act;
use crate::tui::chord::Key;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::pane::matches;
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::fit;

/// The certificates, the words typed and the choice.
#[derive(Debug, Clone)]
pub struct Pick {
    keyring: String,
    from: String,
    all: Arc<[Certificate]>,
    line: LineEdit,
    cursor: usize,
    marked: BTreeSet<Digest>,
}

impl Pick {
    /// Offers roots for a keyring; `from` says where they come from.
    pub fn new(keyring: String, from: String, all: Vec<Certificate>) -> Self {
        Self { keyring, from, all: all.into(), line: LineEdit::default(), cursor: 0, marked: BTreeSet::new() }
    }

    /// Takes input: letters narrow the list, Tab marks, Enter shows what was chosen.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let found = self.found();
        let last = found.len().saturating_sub(1);
        match input {
            Input::Chord(Key::Esc) => return (None, Vec::new()),
            Input::Chord(Key::Up | Key::BackTab) => self.cursor = self.cursor.saturating_sub(1),
            Input::Chord(Key::Down) => self.cursor = (self.cursor + 1).min(last),
            Input::Chord(Key::PageUp) => self.cursor = self.cursor.saturating_sub(10),
            Input::Chord(Key::PageDown) => self.cursor = (self.cursor + 10).min(last),
            Input::Chord(Key::Tab) => {
                if let Some(sha256) = found.get(self.cursor).map(|c| c.sha256)
                    && !self.marked.remove(&sha256)
                {
                    self.marked.insert(sha256);
                }
                self.cursor = (self.cursor + 1).min(last);
            }
            Input::Chord(Key::Enter) => {
                let chosen = found.get(self.cursor).map(|c| c.sha256);
                let meant = |c: &&Certificate| match self.marked.is_empty() {
                    true => Some(c.sha256) == chosen,
                    false => self.marked.contains(&c.sha256),
                };
                let roots: Vec<Certificate> = self.all.iter().filter(meant).cloned().collect();
                if !roots.is_empty() {
                    model.dialogs.push(Dialog::Menu(self.confirm(roots)));
                    return (None, Vec::new());
                }
            }
            Input::Chord(key) => {
                self.line.key(*key);
                self.cursor = 0;
            }
            Input::Paste(text, _) => {
                self.line.insert(text);
                self.cursor = 0;
            }
        }
        (Some(Dialog::Pick(self)), Vec::new())
    }

    /// Shows fingerprints, to be compared with what the authority publishes.
    fn confirm(&self, roots: Vec<Certificate>) -> Menu {
        let line = |c: &Certificate| Text {
            label: c.not_after.date(),
            text: format!("{}\nSHA-256 {}", c.subject, colons(&c.sha256.0)),
            role: Role::Text,
        };
        let lines = roots.iter().map(line).collect();
        let many = if roots.len() == 1 {
            "Trust this root".into()
        } else {
            format!("Trust these {} roots", roots.len())
        };
        let verb = Verb::ring(&self.keyring, Act::Trust { roots });
        let items = vec![
            item(format!("{many} in keyring {}", self.keyring), Action::Verb(verb)),
            item("Back, nothing is done", Action::Close),
        ];
        Menu::new("Compare the fingerprints", lines, items)
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let (shown, at) = self.line.shown(columns.saturating_sub(8), "");
        let mut body = vec![vec![ink.span(Role::Prompt, "Search: "), ink.span(Role::Text, &shown)].into()];
        let found = self.found();
        let room = columns.saturating_sub(4 + 11 + 6).max(8);
        for (i, c) in found.iter().enumerate() {
            let pointer = if i == self.cursor { ink.symbols.pointer } else { " " };
            let mark = if self.marked.contains(&c.sha256) { "*" } else { " " };
            let text = fit(&ink.symbols.text(&c.subject.text()), room, ink.symbols.ellipsis);
            let (ended, role) = if c.not_after < model.now { ("ended", Role::Bad) } else { ("", Role::Text) };
            let mut line: ratatui::text::Line<'static> = vec![
                ink.symbol(Role::Text, format!("{pointer} ")),
                ink.span(Role::Marked, &format!("{mark} ")),
                ink.span(Role::Text, &text),
                ink.span(role, &format!(" {} {ended:5}", c.not_after.date())),
            ]
            .into();
            if i == self.cursor {
                line = line.patch_style(ink.style(Role::Selected));
            }
            body.push(line);
        }
        if found.is_empty() {
            body.push(ink.line(Role::Dim, "No root has all these words."));
        }
        let row = self.cursor + 1;
        let page = usize::from(areas(model).sheet.1).max(2);
        let top = if row < page { 0 } else { row + 1 - page };
        let marked = match self.marked.len() {
            0 => format!("{} roots of {}", found.len(), self.from),
            n => format!("{} roots of {}, {n} marked", found.len(), self.from),
        };
        Sheet {
            title: format!("Trusted roots for {}: {marked}", self.keyring),
            body,
            cursor: Some(if top == 0 { (0, at + 8) } else { (row, 0) }),
            top: Some(top),
            hints: vec![
                hint("Enter", "look and trust", 90),
                hint("Tab", "mark", 85),
                hint("Esc", "back", 80),
                hint("Up/Down", "choose", 60),
            ],
            tall: true,
            ..Sheet::default()
        }
    }

    fn found(&self) -> Vec<&Certificate> {
        let fits = |c: &&Certificate| {
            let sha256 = c.sha256.to_string();
            self.line.text().is_empty() || matches(self.line.text(), &[&c.subject.text(), &sha256])
        };
        self.all.iter().filter(fits).collect()
    }
}

/// Offers the roots that other rings trust and this one does not have.
pub(in crate::tui) fn of_rings(model: &mut Model, keyring: String) {
    let Some(ring) = model.state.keyrings.get(&keyring) else { return };
    let others = model.state.keyrings.values().filter(|other| other.name != keyring);
    let mut all: Vec<Certificate> =
        others.flat_map(|o| o.trusted_roots()).filter(|c| ring.entry(&c.sha256).is_none()).cloned().collect();
    all.sort_by_cached_key(|c| (c.subject.title().to_lowercase(), c.sha256));
    all.dedup_by_key(|c| c.sha256);
    model.dialogs.push(Dialog::Pick(Pick::new(keyring, "other keyrings".into(), all)));
}
