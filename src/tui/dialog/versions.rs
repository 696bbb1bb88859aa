//! The versions of a document: compared, undone, restored. Shows what was read; the disk is asked through an effect.

use super::error::ErrorBox;
use super::menu::Action;
use super::past::{self, Row};
use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet};
use crate::desk::Verb;
use crate::model::change::Fact;
use crate::model::document::{Document, How, Sort};
use crate::model::field::change;
use crate::ops::documents::{restoring, undoing};
use crate::store::history::Gone;
use crate::store::history::document::{History, Version};
use crate::tui::chord::Key;
use crate::tui::job::Job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;

/// The versions of a document and the choice.
#[derive(Debug, Clone)]
pub struct Versions {
    /// What was read.
    pub history: History,
    cursor: usize,
    /// The one to compare with, as its title.
    marked: Option<String>,
}

/// Asks for the history of a document.
pub(in crate::tui) fn open(model: &mut Model, sort: Sort, name: String) -> Vec<Effect> {
    vec![model.start(Job::Versions(sort, name.clone()), |id| Effect::Versions(id, sort, name)).1]
}

/// Asks for the documents of a sort that can be brought back.
pub(in crate::tui) fn gone(model: &mut Model, sort: Sort) -> Vec<Effect> {
    vec![model.start(Job::GoneDocuments(sort), |id| Effect::GoneDocuments(id, sort)).1]
}

/// Takes a history that was read: shows it, or renews the one on the screen.
pub(in crate::tui) fn take(model: &mut Model, history: History) {
    let new = Box::new(Versions { history, cursor: 0, marked: None });
    let same = |d: &&mut Dialog| match d {
        Dialog::Versions(open) => {
            (open.history.sort, &open.history.name) == (new.history.sort, &new.history.name)
        }
        _ => false,
    };
    match model.dialogs.iter_mut().find(same) {
        Some(open) => *open = Dialog::Versions(new),
        None => model.dialogs.push(Dialog::Versions(new)),
    }
}

/// Asks again for the histories on the screen that a commit has changed.
pub(in crate::tui) fn renew(model: &mut Model, facts: &[Fact]) -> Vec<Effect> {
    let mut changed = Vec::new();
    for dialog in &model.dialogs {
        let Dialog::Versions(open) = dialog else { continue };
        let (sort, name) = (open.history.sort, &open.history.name);
        let subject = sort.subject(name);
        if facts.iter().any(|fact| fact.subject() == subject) {
            changed.push((sort, name.clone()));
        }
    }
    changed.into_iter().flat_map(|(sort, name)| open(model, sort, name)).collect()
}

/// Shows the documents that can be brought back.
pub(in crate::tui) fn choose(model: &mut Model, sort: Sort, gone: Vec<Gone>) {
    if gone.is_empty() {
        return model.say(Mood::Plain, format!("No {} was deleted, and none is missing.", sort.noun()));
    }
    let mut title = format!("{} that can be brought back", sort.nouns());
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    let hint = "Choose one to see its versions; r brings one of them back.";
    past::choose(model, title, hint, &gone, |name| Action::Versions(sort, name));
}

/// Writes what differs between two documents, old to new.
pub(super) fn differing(model: &Model, old: &Document, new: &Document) -> Vec<Text> {
    let rows = old.differences(new, &model.look());
    if rows.is_empty() {
        return vec![Text::line("They say the same.", Role::Text)];
    }
    let line = |(label, old, new): &(&str, String, String)| {
        let text = change(old, new).join("\n");
        Text { label: (*label).to_owned(), text, role: Role::Warn }
    };
    rows.iter().map(line).collect()
}

impl Versions {
    /// Takes input.
    pub fn input(mut self: Box<Self>, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        if let Input::Chord(key) = input {
            match key {
                Key::Esc | Key::Char('q') => return (None, Vec::new()),
                Key::Char('=' | ' ') => {
                    let chosen = self.history.versions.get(self.cursor).map(Version::title);
                    self.marked = if self.marked == chosen { None } else { chosen };
                }
                Key::Enter => self.difference(model),
                Key::Char('u' | 'r') if model.settings.read_only.is_some() => {
                    model.say(Mood::Warn, "Not done: this session is read-only.");
                }
                Key::Char('u') => match undoing(&self.history) {
                    Ok(title) => self.confirm(model, How::Undone(title), "Undo the last change of"),
                    Err(error) => model.dialogs.push(Dialog::Error(ErrorBox { error })),
                },
                Key::Char('r') => match self.history.versions.get(self.cursor) {
                    Some(version) if self.history.is_present(version) => {
                        model.say(Mood::Plain, "That is the present version.");
                    }
                    Some(version) => self.confirm(model, How::Restored(version.title()), "Restore"),
                    None => {}
                },
                _ => self.cursor = past::moved(model, self.cursor, *key, self.history.versions.len()),
            }
        }
        (Some(Dialog::Versions(self)), Vec::new())
    }

    /// Shows what differs between the chosen version and the marked one, or the present one; of the present one itself, what
    /// its change was.
    fn difference(&self, model: &mut Model) {
        let all = &self.history.versions;
        let marked = all.iter().position(|v| Some(v.title()) == self.marked);
        let other = marked.unwrap_or_else(|| usize::from(self.cursor == 0));
        let (new, old) = (self.cursor.min(other), self.cursor.max(other));
        let (Some(new), Some(old)) = (all.get(new), all.get(old)) else {
            return model.say(Mood::Plain, "There is no other version to compare with.");
        };
        let title = format!("{}: version {} to {}", self.history.name, old.title(), new.title());
        let told = |v: &Version| past::told(model, format!("Version {}", v.title()), v.made.as_ref());
        let mut lines = vec![told(old), told(new)];
        lines.push(Text::line("", Role::Text));
        match (&old.document, &new.document) {
            (Ok(old), Ok(new)) => lines.extend(differing(model, old, new)),
            (Err(error), _) | (_, Err(error)) => lines.push(Text::line(error.to_string(), Role::Bad)),
        }
        model.dialogs.push(Dialog::Viewer(Viewer::new(title, lines)));
    }

    /// Shows what changes back, and asks.
    fn confirm(&self, model: &mut Model, how: How, what: &str) {
        let (How::Undone(title) | How::Restored(title)) = how.clone() else { return };
        let history = &self.history;
        let saving = match restoring(&model.state, history, &title, how) {
            Ok(saving) => saving,
            Err(error) => return model.dialogs.push(Dialog::Error(ErrorBox { error })),
        };
        let lines = match &saving.before {
            Some(now) => differing(model, now, &saving.after),
            None => vec![Text::line(
                format!(
                    "{} {} is brought back as it was in version {title}.",
                    history.sort.noun(),
                    history.name
                ),
                Role::Text,
            )],
        };
        let verb = Verb::SaveDocuments { changes: vec![saving] };
        let bring = format!("Bring version {title} back");
        past::ask(model, format!("{what} {}", history.name), lines, bring, verb);
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let history = &self.history;
        let row = |v: &Version| {
            let made = v.made.as_ref();
            let (what, role) = match (&v.document, made) {
                (Err(_), _) => ("CANNOT BE READ".into(), Role::Bad),
                (Ok(_), Some(made)) => (made.what.clone(), Role::Text),
                (Ok(_), None) => ("written by hand; the audit chain does not tell".into(), Role::Warn),
            };
            let title = v.title();
            Row { marked: self.marked.as_ref() == Some(&title), title, made: made.cloned(), what, role }
        };
        let rows: Vec<_> = history.versions.iter().map(row).collect();
        let mut foot = Vec::new();
        if let Some(v) = history.versions.get(self.cursor) {
            let place = match (v.replaced, history.is_present(v)) {
                (_, true) => "the present version".into(),
                (Some(commit), _) => format!("replaced by commit {}", commit.0),
                (None, _) => "as the audit chain has it".into(),
            };
            let why = v.document.as_ref().err().map(ToString::to_string).unwrap_or_default();
            foot = past::foot(model, v.made.as_ref(), &[place, why], columns);
        }
        if history.more {
            foot.push(ink.line(Role::Dim, "Older versions are not listed; the audit chain has them."));
        }
        let restore = if history.deleted.is_none() { "restore" } else { "bring back" };
        let title = past::title(&history.name, history.deleted.as_ref());
        past::sheet(model, title, &rows, self.cursor, foot, restore, columns)
    }
}
