//! What abandoned attempts have left: marked, and cleaned up one after the other with a result for each.

use std::collections::{BTreeSet, VecDeque};

use super::menu::{Action, Menu, item};
use super::scroll::moved;
use super::viewer::{Text, labelled};
use super::{Dialog, Sheet, hint};
use crate::desk::{Outcome, Verb};
use crate::model::error::{Error, Kind};
use crate::model::escape::visible;
use crate::model::leftover::{Leftover, Way, leftovers};
use crate::tui::chord::Key;
use crate::tui::job::{self, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::{fit, wrap};

/// The leftovers and the choice.
#[derive(Debug, Clone, Default)]
pub struct Leftovers {
    cursor: usize,
    marked: BTreeSet<Way>,
    queue: VecDeque<Way>,
    results: Vec<(Role, String)>,
}

/// Begins to clean up what was confirmed.
pub(super) fn clean(model: &mut Model, ways: Vec<Way>) -> Vec<Effect> {
    // One alone may ask for a password.
    if let [way] = ways.as_slice() {
        return job::go(model, Verb::cleaning(way));
    }
    if let Some(open) = shown(model) {
        open.queue = ways.into();
        open.results.clear();
    }
    next(model)
}

/// Takes the answer for one of several, and goes on with the next.
pub(in crate::tui) fn cleaned(model: &mut Model, way: &Way, answer: Result<Outcome, Error>) -> Vec<Effect> {
    let word = visible(&way.word());
    let result = match answer {
        Ok(outcome) => {
            model.take(outcome.state);
            (Role::Ok, format!("{word}: {}", visible(&outcome.message)))
        }
        Err(error) if error.kind == Kind::Locked => {
            (Role::Warn, format!("{word}: not cleaned up; it needs its password, so clean it up alone."))
        }
        Err(error) => (Role::Bad, format!("{word}: not cleaned up. {}", visible(&error.to_string()))),
    };
    let text = result.1.clone();
    match shown(model) {
        Some(open) => {
            open.marked.remove(way);
            open.results.push(result);
        }
        None => model.say(Mood::Plain, text),
    }
    next(model)
}

fn shown(model: &mut Model) -> Option<&mut Leftovers> {
    model.dialogs.iter_mut().find_map(|d| match d {
        Dialog::Leftovers(open) => Some(open),
        _ => None,
    })
}

fn next(model: &mut Model) -> Vec<Effect> {
    let Some(way) = shown(model).and_then(|open| open.queue.pop_front()) else { return Vec::new() };
    let verb = Verb::cleaning(&way);
    vec![model.start(Job::Clean(way), |id| Effect::Run(id, verb)).1]
}

impl Leftovers {
    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let all = leftovers(&model.state, model.now);
        let last = all.len().saturating_sub(1);
        self.cursor = self.cursor.min(last);
        if let Input::Chord(key) = input {
            match key {
                // What was begun is ended after the one that runs.
                Key::Esc | Key::Char('q') => return (None, Vec::new()),
                Key::Char(' ') => {
                    if let Some(chosen) = all.get(self.cursor) {
                        if !self.marked.remove(&chosen.way) {
                            self.marked.insert(chosen.way.clone());
                        }
                        self.cursor = (self.cursor + 1).min(last);
                    }
                }
                Key::Char('a') => self.marked = all.iter().map(|l| l.way.clone()).collect(),
                Key::Char('X') if model.settings.read_only.is_some() => {
                    model.say(Mood::Warn, "Not done: this session is read-only.");
                }
                Key::Char('X') if self.queue.is_empty() => self.ask(model, &all),
                _ => self.cursor = moved(*key, self.cursor, last, 10),
            }
        }
        (Some(Dialog::Leftovers(self)), Vec::new())
    }

    /// Shows what cleaning up does to those marked, or to the chosen one, and asks.
    fn ask(&self, model: &mut Model, all: &[Leftover]) {
        let marked: Vec<_> = all.iter().filter(|l| self.marked.contains(&l.way)).collect();
        let meant = if marked.is_empty() { all.get(self.cursor).into_iter().collect() } else { marked };
        if meant.is_empty() {
            return;
        }
        let line = |l: &&Leftover| Text::line(l.consequence.clone(), Role::Text);
        let lines = meant.iter().map(line).collect();
        let ways: Vec<_> = meant.iter().map(|l| l.way.clone()).collect();
        let label =
            if ways.len() == 1 { "Clean it up".into() } else { format!("Clean these {} up", ways.len()) };
        let items = vec![item("Back, nothing is done", Action::Close), item(label, Action::Clean(ways))];
        model.dialogs.push(Dialog::Menu(Menu::new("Clean up", lines, items)));
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let all = leftovers(&model.state, model.now);
        let cursor = self.cursor.min(all.len().saturating_sub(1));
        let mut body = Vec::new();
        if all.is_empty() {
            body.push(ink.line(Role::Ok, "Nothing half-finished is left."));
        }
        let days = if all.iter().any(|l| l.since.is_some()) { 12 } else { 0 };
        let room = columns.saturating_sub(2 + 2 + days).max(8);
        for (i, leftover) in all.iter().enumerate() {
            let chosen = i == cursor;
            let mark = if self.marked.contains(&leftover.way) { "*" } else { " " };
            let since = leftover.since.map_or_else(String::new, |at| at.date());
            let mut row: ratatui::text::Line<'static> = vec![
                ink.symbol(Role::Text, format!("{} ", if chosen { ink.symbols.pointer } else { " " })),
                ink.span(Role::Marked, &format!("{mark} ")),
                ink.span(Role::Text, &fit(&since, days, "")),
                ink.span(
                    Role::Text,
                    &fit(&ink.symbols.text(&visible(&leftover.what)), room, ink.symbols.ellipsis),
                ),
            ]
            .into();
            if chosen {
                row = row.patch_style(ink.style(Role::Selected));
            }
            body.push(row);
        }
        let mut foot = Vec::new();
        if let Some(chosen) = all.get(cursor).filter(|_| self.results.is_empty()) {
            for (role, text) in [(Role::Text, &chosen.what), (Role::Dim, &chosen.consequence)] {
                let rows = wrap(&ink.symbols.text(&visible(text)), columns);
                foot.extend(rows.iter().take(3).map(|l| ink.line(role, l)));
            }
        }
        if !self.results.is_empty() {
            let text = |(role, text): &(Role, String)| Text {
                label: String::new(),
                text: text.clone(),
                role: *role,
            };
            let results: Vec<_> = self.results.iter().map(text).collect();
            let height = usize::from(areas(model).sheet.1).saturating_sub(2) / 2;
            let rows = labelled(model, &results, columns);
            foot.extend(rows.into_iter().rev().take(height.max(1)).collect::<Vec<_>>().into_iter().rev());
        }
        let page = usize::from(areas(model).sheet.1).saturating_sub(foot.len()).max(1);
        Sheet {
            title: match all.len() {
                0 => "Leftovers".into(),
                n => format!("Leftovers of abandoned attempts: {n}"),
            },
            body,
            foot,
            cursor: Some((cursor, 0)),
            top: Some((cursor + 1).saturating_sub(page)),
            hints: match all.len() {
                0 => vec![hint("Esc", "back", 90)],
                _ => vec![
                    hint("Esc", "back", 90),
                    hint("X", "clean up", 85),
                    hint("Space", "mark", 70),
                    hint("a", "mark all", 60),
                ],
            },
            tall: true,
            ..Sheet::default()
        }
    }
}
