//! Asks who answers, and explains it while one types: a form on top, the steps below. Decides nothing: the model does.

use super::line::{Line, choose, drawn, lines, options};
use super::menu::{Action, Menu, item};
use super::viewer::{Text, labelled};
use super::{Dialog, Sheet, hint};
use crate::model::field::Record;
use crate::model::finding::{Severity, Subject};
use crate::model::resolve::{ANSWER, Answer, Question, resolve};
use crate::tui::chord::Key;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::pane::{PaneId, RowKey, Target};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::wrap;

/// A question and its answer.
#[derive(Debug, Clone)]
pub struct Who {
    lines: Vec<Line>,
    cursor: usize,
    answer: Answer,
    /// The first line of the explanation that is shown.
    top: usize,
}

/// Opens the dialog with this question.
pub(in crate::tui) fn open(model: &mut Model, question: &Question) {
    let lines = lines(question, &model.look(), false);
    let answer = resolve(&model.state, question);
    model.dialogs.push(Dialog::Who(Box::new(Who { lines, cursor: 0, answer, top: 0 })));
}

impl Who {
    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let last = self.lines.len().saturating_sub(1);
        let choices = self.lines.get(self.cursor).and_then(|line| options(model, line));
        match input {
            Input::Chord(Key::Esc) => return (None, Vec::new()),
            Input::Chord(Key::Ctrl('s') | Key::F(2)) => self.lead_on(model),
            Input::Chord(Key::Enter) if self.cursor == last => self.lead_on(model),
            Input::Chord(Key::Enter | Key::Tab | Key::Down) => self.cursor = (self.cursor + 1).min(last),
            Input::Chord(Key::Up | Key::BackTab) => self.cursor = self.cursor.saturating_sub(1),
            Input::Chord(key @ (Key::PageUp | Key::PageDown)) => self.scroll(model, *key == Key::PageDown),
            Input::Chord(key) => {
                if let Some(line) = self.lines.get_mut(self.cursor) {
                    match choices {
                        Some(choices) => choose(line, &choices, *key),
                        None => drop(line.edit.key(*key)),
                    }
                }
                self.ask(model);
            }
            Input::Paste(text, _) => {
                if let (Some(line), None) = (self.lines.get_mut(self.cursor), choices) {
                    line.edit.insert(text);
                }
                self.ask(model);
            }
        }
        (Some(Dialog::Who(Box::new(self))), Vec::new())
    }

    /// Answers what is typed now. What does not fit is said at its field, and is left out of the question.
    fn ask(&mut self, model: &Model) {
        let mut question = Question::default();
        for line in &mut self.lines {
            line.error = match line.edit.text().trim() {
                "" => None,
                text => question.set(line.name, text).err(),
            };
        }
        let answer = resolve(&model.state, &question);
        if answer != self.answer {
            (self.answer, self.top) = (answer, 0);
        }
    }

    /// Offers the objects that the answer leads to.
    fn lead_on(&self, model: &mut Model) {
        let to = |subject: &Subject| {
            let (pane, key) = match subject {
                Subject::Certificate(sha256) => (PaneId::Certificates, RowKey::Local(*sha256)),
                other => RowKey::of(other)?,
            };
            let label = match subject {
                Subject::Certificate(_) => "the certificate".to_owned(),
                other => other.to_string(),
            };
            Some(item(label, Action::Go(Target::Row(pane, key))))
        };
        let subjects = self.answer.subjects();
        let others = self.answer.others.iter().filter(|other| other.hosted);
        let others = others.map(|other| Subject::Site(other.name.clone()));
        let items: Vec<_> = subjects.into_iter().chain(others).filter_map(|s| to(&s)).collect();
        let text = match items.is_empty() {
            true => "There is no document of this protocol to go to.",
            false => "What answers stands first, then the other documents of the server.",
        };
        let lines = vec![Text::line(text, Role::Dim)];
        model.dialogs.push(Dialog::Menu(Menu::new("Go to", lines, items)));
    }

    fn scroll(&mut self, model: &Model, down: bool) {
        let (columns, rows) = areas(model).sheet;
        let room = self.room(model, usize::from(columns), usize::from(rows));
        let most = self.explained(model, usize::from(columns)).len().saturating_sub(room);
        let page = room.saturating_sub(1).max(1);
        self.top = if down { (self.top + page).min(most) } else { self.top.saturating_sub(page) };
    }

    /// Returns how many lines are left for the explanation.
    fn room(&self, model: &Model, columns: usize, rows: usize) -> usize {
        let form = drawn(model, &self.lines, self.cursor, columns).body.len();
        rows.saturating_sub(form + 2 + self.help(columns).len()).max(1)
    }

    fn help(&self, columns: usize) -> Vec<String> {
        wrap(self.lines.get(self.cursor).map_or("", |line| line.help), columns)
    }

    fn explained(&self, model: &Model, columns: usize) -> Vec<ratatui::text::Line<'static>> {
        let texts = self.answer.lines().into_iter().flat_map(|(label, text, severity)| {
            let role = match severity {
                Some(Severity::Error) => Role::Bad,
                Some(Severity::Warning) => Role::Warn,
                _ if label == ANSWER => Role::Ok,
                _ => Role::Text,
            };
            // What was found stands out against the rule that it was found by.
            match text.split_once('\n') {
                None => vec![Text { label, text, role }],
                Some((rule, found)) => vec![
                    Text { label, text: rule.to_owned(), role: Role::Dim },
                    Text { label: " ".into(), text: found.to_owned(), role },
                ],
            }
        });
        labelled(model, &texts.collect::<Vec<_>>(), columns)
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let rows = usize::from(areas(model).sheet.1);
        let form = drawn(model, &self.lines, self.cursor, columns);
        let all = self.explained(model, columns);
        let room = self.room(model, columns, rows);
        let (above, below) = (self.top, all.len().saturating_sub(self.top + room));
        let more = match (above, below) {
            (0, 0) => String::new(),
            (0, below) => format!("{below} more lines, PgDn"),
            (above, 0) => format!("{above} lines above, PgUp"),
            (above, below) => format!("{above} lines above, {below} below"),
        };
        let mut body = form.body;
        body.push(ink.line(Role::Dim, &more));
        body.extend(all.into_iter().skip(self.top).take(room));
        let mut foot = vec![ink.line(Role::Text, "")];
        foot.extend(self.help(columns).iter().map(|l| ink.line(Role::Dim, l)));
        let last = self.cursor + 1 == self.lines.len();
        let mut hints =
            vec![hint("Enter", if last { "go to" } else { "next field" }, 70), hint("Esc", "back", 90)];
        hints.push(hint("PgUp/PgDn", "explanation", 85));
        hints.push(hint("F2", "go to document, keyring, certificate", 80));
        if self.lines.get(self.cursor).is_some_and(|line| options(model, line).is_some()) {
            hints.push(hint("Left/Right", "change", 75));
        }
        Sheet {
            title: "Who answers?".into(),
            body,
            foot,
            cursor: form.cursor,
            hints,
            tall: true,
            ..Sheet::default()
        }
    }
}
