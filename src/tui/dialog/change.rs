//! The same change of many documents: a field, its new value, and what that makes of each, before anything is saved. All
//! are saved together, or none.

use ratatui::text::Line as Row;

use super::line::{Line, choose, options};
use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::model::document::{About, Document, How, Saving, Sort};
use crate::model::field::Look;
use crate::tui::chord::Key;
use crate::tui::job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::pane::RowKey;
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::{fit, width, wrap};

/// The documents, the field and its value.
#[derive(Debug, Clone)]
pub struct Change {
    sort: Sort,
    documents: Vec<Document>,
    fields: Vec<About>,
    field: usize,
    value: Line,
    /// Whether the value has the keys, and not the field.
    on_value: bool,
    /// Whether a value was chosen or typed: until then nothing would be changed.
    chosen: bool,
    top: usize,
    /// The job that saves.
    pub busy: Option<JobId>,
}

/// What becomes of a document.
enum Becomes {
    /// It is left as it is, and why or how it is.
    Stays(String),
    /// The value is refused.
    Refused(String),
    /// It changes: old and new, and the document.
    Other(String, String, Box<Document>),
}

/// Opens the change of the marked documents of a sort, or of the selected one.
pub(in crate::tui) fn open(model: &mut Model, sort: Sort) -> Vec<Effect> {
    let marked: Vec<RowKey> = model.here().marked.iter().cloned().collect();
    let keys = if marked.is_empty() { model.selected().into_iter().collect() } else { marked };
    let find = |key: &RowKey| match key {
        RowKey::Name(name) => Document::find(&model.state, sort, name),
        _ => None,
    };
    let documents: Vec<_> = keys.iter().filter_map(find).collect();
    let fields = sort.amendable();
    // What is changed on many is most often the keyring.
    let field = fields.iter().position(|f| f.name == "keyring").unwrap_or(0);
    let Some(value) = fields.get(field).map(|about| line(about, &documents, &model.look())) else {
        return Vec::new();
    };
    let change =
        Change { sort, documents, fields, field, value, on_value: false, chosen: false, top: 0, busy: None };
    model.dialogs.push(Dialog::Change(Box::new(change)));
    Vec::new()
}

/// Makes the line for a field, with what the first document that has it says.
fn line(about: &About, documents: &[Document], look: &Look<'_>) -> Line {
    let before = documents.iter().find_map(|d| d.get(about.name, look)).unwrap_or_default();
    let edit = LineEdit::new(&before);
    let About { name, label, help, kind } = *about;
    Line { name, label, help, kind, before, edit, error: None }
}

impl Change {
    /// Works out what becomes of each document.
    fn becomes(&self, look: &Look<'_>) -> Vec<(&str, Becomes)> {
        let name = self.value.name;
        let of = |document: &'_ Document| {
            let Some(old) = document.get(name, look) else {
                return Becomes::Stays("has no such field".into());
            };
            if !self.chosen {
                return Becomes::Stays(one_line(&old));
            }
            let mut after = document.clone();
            match after.set(name, self.value.edit.text()) {
                Err(why) => Becomes::Refused(why),
                Ok(()) if after == *document => Becomes::Stays("is so already".into()),
                Ok(()) => {
                    let new = after.get(name, look).unwrap_or_default();
                    Becomes::Other(old, new, Box::new(after))
                }
            }
        };
        self.documents.iter().map(|d| (d.name(), of(d))).collect()
    }

    /// Takes input.
    pub fn input(mut self: Box<Self>, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        if self.busy.is_some() {
            return (Some(Dialog::Change(self)), Vec::new());
        }
        let page = usize::from(areas(model).sheet.1).saturating_sub(6).max(1);
        let last = self.documents.len().saturating_sub(1);
        let choices = options(model, &self.value);
        match input {
            Input::Chord(Key::Esc) => return (None, Vec::new()),
            Input::Chord(Key::Ctrl('s') | Key::F(2)) => return self.save(model),
            Input::Chord(Key::Enter) if self.on_value => return self.save(model),
            Input::Chord(Key::Tab | Key::BackTab | Key::Up | Key::Down | Key::Enter) => {
                self.on_value = !self.on_value;
            }
            Input::Chord(Key::PageUp) => self.top = self.top.saturating_sub(page),
            Input::Chord(Key::PageDown) => self.top = (self.top + page).min(last),
            Input::Chord(key) if self.on_value => match choices.inspect(|_| self.chosen = true) {
                Some(choices) => choose(&mut self.value, &choices, *key),
                None => self.chosen |= self.value.edit.key(*key),
            },
            Input::Chord(key) => {
                let label = |f: &About| f.label.to_lowercase();
                let count = self.fields.len().max(1);
                self.field = match key {
                    Key::Left => (self.field + count - 1) % count,
                    Key::Right | Key::Char(' ') => (self.field + 1) % count,
                    // A letter goes to the next field that begins with it.
                    Key::Char(c) => (1..=count)
                        .map(|step| (self.field + step) % count)
                        .find(|at| self.fields.get(*at).is_some_and(|f| label(f).starts_with(*c)))
                        .unwrap_or(self.field),
                    _ => self.field,
                };
                if let Some(about) = self.fields.get(self.field).filter(|f| f.name != self.value.name) {
                    self.value = line(about, &self.documents, &model.look());
                    (self.top, self.chosen) = (0, false);
                }
            }
            Input::Paste(text, _) => {
                if self.on_value && choices.is_none() {
                    self.value.edit.insert(text);
                    self.chosen = true;
                }
            }
        }
        (Some(Dialog::Change(self)), Vec::new())
    }

    fn save(mut self: Box<Self>, model: &mut Model) -> (Option<Dialog>, Vec<Effect>) {
        let mut changes = Vec::new();
        for (before, (name, becomes)) in self.documents.iter().zip(self.becomes(&model.look())) {
            match becomes {
                Becomes::Stays(_) => {}
                Becomes::Other(.., after) => {
                    changes.push(Saving { how: How::Written, before: Some(before.clone()), after: *after });
                }
                Becomes::Refused(why) => {
                    model.say(Mood::Warn, format!("Not done: {name} cannot be so; allowed: {why}."));
                    return (Some(Dialog::Change(self)), Vec::new());
                }
            }
        }
        if changes.is_empty() {
            model.say(Mood::Plain, "Nothing would be changed.");
            return (Some(Dialog::Change(self)), Vec::new());
        }
        let (id, effect) = job::run(model, Verb::SaveDocuments { changes });
        self.busy = Some(id);
        (Some(Dialog::Change(self)), vec![effect])
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let choices = options(model, &self.value);
        let head = |text: &str, here: bool| {
            ink.span(if here { Role::Title } else { Role::Text }, &format!("{text:<12}"))
        };
        let shown = if self.value.edit.text().is_empty() { "(none)" } else { self.value.edit.text() };
        let role = |here: bool| if here { Role::Selected } else { Role::Text };
        let field: Row<'static> = vec![
            head("Field", !self.on_value),
            ink.symbol(Role::Dim, "< "),
            ink.span(role(!self.on_value), self.value.label),
            ink.symbol(Role::Dim, " >"),
        ]
        .into();
        let room = columns.saturating_sub(16).max(1);
        let (value, at): (Row<'static>, usize) = match choices {
            Some(_) => {
                let line = vec![
                    head("New value", self.on_value),
                    ink.symbol(Role::Dim, "< "),
                    ink.span(role(self.on_value), &ink.symbols.text(shown)),
                    ink.symbol(Role::Dim, " >"),
                ];
                (line.into(), 14)
            }
            None => {
                let (open, close) = ink.symbols.field;
                let (text, at) = self.value.edit.shown(room, ink.symbols.hidden);
                let line = vec![
                    head("New value", self.on_value),
                    ink.symbol(Role::Dim, open),
                    ink.span(Role::Input, &fit(&text, room, "")),
                    ink.symbol(Role::Dim, close),
                ];
                (line.into(), 12 + width(open) + at)
            }
        };
        let mut body = vec![field, value, ink.line(Role::Text, "")];
        let all = self.becomes(&model.look());
        let others = all.iter().filter(|(_, b)| matches!(b, Becomes::Other(..))).count();
        let names = all.iter().map(|(name, _)| width(name)).max().unwrap_or(0).min(columns / 3);
        for (name, becomes) in all.iter().skip(self.top) {
            let (role, text) = match becomes {
                Becomes::Stays(why) => (Role::Dim, why.clone()),
                Becomes::Refused(why) => (Role::Bad, format!("is refused; allowed: {why}")),
                Becomes::Other(old, new, _) => {
                    (Role::Warn, format!("{} -> {}", one_line(old), one_line(new)))
                }
            };
            let text = fit(&ink.symbols.text(&text), columns.saturating_sub(names + 2), ink.symbols.ellipsis);
            let name = fit(&ink.symbols.text(name), names, ink.symbols.ellipsis);
            body.push(
                vec![ink.span(Role::Text, &format!("{name}  ")), ink.span(role, text.trim_end())].into(),
            );
        }
        let mut foot: Vec<_> =
            wrap(self.value.help, columns).iter().map(|l| ink.line(Role::Dim, l)).collect();
        foot.push(match self.busy {
            Some(_) => ink.line(Role::Title, "Saving; this may take a moment."),
            None if !self.chosen => ink.line(Role::Title, "Choose the field, then its new value."),
            None => ink.line(Role::Title, &format!("{others} of {} would be changed.", all.len())),
        });
        let mut hints = vec![
            hint("Enter", if self.on_value { "save" } else { "to the value" }, 90),
            hint("Esc", "back", 85),
            hint("Tab", if self.on_value { "field" } else { "value" }, 80),
            hint("Left/Right", "change", 75),
        ];
        if all.len() > 1 {
            hints.push(hint("PgUp/PgDn", "scroll", 60));
        }
        Sheet {
            title: match all.len() {
                1 => format!("Change a field of {}", all.first().map_or("", |(name, _)| name)),
                n => format!("Change a field of {n} {}", self.sort.nouns()),
            },
            body,
            foot,
            cursor: Some(if self.on_value { (1, at) } else { (0, 14) }),
            hints,
            tall: true,
            ..Sheet::default()
        }
    }
}

fn one_line(text: &str) -> String {
    if text.is_empty() { "(none)".into() } else { text.replace('\n', "; ") }
}
