//! The revisions of a keyring: compared, undone, restored. Shows what was read; the disk is asked through an effect.

use ratatui::text::Line;

use super::error::ErrorBox;
use super::menu::{Action, Menu, item};
use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::model::change::Fact;
use crate::model::escape::visible;
use crate::model::keyring::{Difference, Sign, compare};
use crate::model::secret::Secret;
use crate::model::time::{Timestamp, local};
use crate::ops::restore::{Consequence, consequences, undoing};
use crate::ops::ring::Act;
use crate::store::history::{Gone, History, Made, Revision};
use crate::tui::chord::Key;
use crate::tui::job::Job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::fit;

/// The revisions of a keyring and the choice.
#[derive(Debug, Clone)]
pub struct Revisions {
    /// What was read.
    pub history: Box<History>,
    cursor: usize,
    /// The one to compare with, as its title.
    marked: Option<String>,
}

/// Asks for the history of a keyring.
pub(in crate::tui) fn open(model: &mut Model, keyring: String) -> Vec<Effect> {
    vec![model.start(Job::History(keyring.clone()), |id| Effect::History(id, keyring)).1]
}

/// Takes a history that was read: shows it, or renews the one on the screen.
pub(in crate::tui) fn take(model: &mut Model, history: Box<History>) {
    let mut open = model.dialogs.iter_mut().filter_map(|d| match d {
        Dialog::Revisions(d) if d.history.keyring == history.keyring => Some(d),
        _ => None,
    });
    match open.next() {
        Some(open) => {
            open.cursor = 0;
            open.marked = None;
            open.history = history;
        }
        None => model.dialogs.push(Dialog::Revisions(Revisions { history, cursor: 0, marked: None })),
    }
}

/// Asks again for the histories on the screen that a commit has changed.
pub(in crate::tui) fn renew(model: &mut Model, facts: &[Fact]) -> Vec<Effect> {
    let mut changed = Vec::new();
    for dialog in &mut model.dialogs {
        let Dialog::Revisions(open) = dialog else { continue };
        let name = &mut open.history.keyring;
        for fact in facts {
            match fact {
                Fact::KeyringRenamed { from, keyring } if from == name => name.clone_from(&keyring.name),
                Fact::KeyringCreated { keyring } | Fact::KeyringChanged { keyring, .. }
                    if keyring.name == *name => {}
                _ => continue,
            }
            changed.push(name.clone());
        }
    }
    changed.dedup();
    changed.into_iter().flat_map(|keyring| open(model, keyring)).collect()
}

/// Shows the keyrings that can be brought back.
pub(in crate::tui) fn choose(model: &mut Model, gone: Vec<Gone>) {
    if gone.is_empty() {
        return model.say(Mood::Plain, "No keyring was deleted, and none is missing.");
    }
    let text = "Choose one to see its revisions; r brings one of them back.".to_owned();
    let lines = vec![Text { label: String::new(), text, role: Role::Dim }];
    let of = |g: &Gone| {
        let (day, by) = (g.last.at.date(), visible(&g.last.by));
        let label = format!("{}: {}, {day} by {by}", g.name, visible(&g.why).trim_end_matches('.'));
        item(label, Action::History(g.name.clone()))
    };
    let items = gone.iter().map(of).collect();
    model.dialogs.push(Dialog::Menu(Menu::new("Keyrings that can be brought back", lines, items)));
}

impl Revisions {
    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let last = self.history.revisions.len().saturating_sub(1);
        let page = usize::from(areas(model).sheet.1).saturating_sub(2).max(1);
        if let Input::Chord(key) = input {
            match key {
                Key::Esc | Key::Char('q') => return (None, Vec::new()),
                Key::Char('=' | ' ') => {
                    let chosen = self.history.revisions.get(self.cursor).map(Revision::commit);
                    self.marked = if self.marked == chosen { None } else { chosen };
                }
                Key::Enter => self.difference(model),
                Key::Char('u' | 'r') if model.settings.read_only.is_some() => {
                    model.say(Mood::Warn, "Not done: this session is read-only.");
                }
                Key::Char('u') => self.undo(model),
                Key::Char('r') => self.restore(model),
                _ => self.cursor = moved(self.cursor, *key, last, page),
            }
        }
        (Some(Dialog::Revisions(self)), Vec::new())
    }

    /// Shows what differs between the chosen revision and the marked one, or the present one; of the present one itself,
    /// what its change was.
    fn difference(&self, model: &mut Model) {
        let all = &self.history.revisions;
        let chosen = all.get(self.cursor);
        let marked = all.iter().find(|r| Some(r.commit()) == self.marked);
        let before = all.get(1).filter(|_| self.cursor == 0);
        let (Some(chosen), Some(other)) = (chosen, marked.or(before).or_else(|| all.first())) else { return };
        let (before, after) =
            if chosen.replaced.map_or(u64::MAX, |g| g.0) <= other.replaced.map_or(u64::MAX, |g| g.0) {
                (chosen, other)
            } else {
                (other, chosen)
            };
        let title = format!("{}: revision {} to {}", self.history.keyring, before.title(), after.title());
        let mut lines: Vec<Text> = [before, after]
            .iter()
            .map(|r| {
                let made = r.made.as_ref().map_or_else(
                    || "the audit chain does not tell of it".to_owned(),
                    |m| format!("{} by {}: {}", model.look().time(m.at), visible(&m.by), visible(&m.what)),
                );
                Text { label: format!("Revision {}", r.title()), text: made, role: Role::Dim }
            })
            .collect();
        lines.push(plain(String::new(), Role::Text));
        match (&before.ring, &after.ring) {
            (Ok(a), Ok(b)) => {
                let found = compare(a, b);
                if before.commit() == after.commit() {
                    lines.push(plain(
                        "It is one and the same. Choose another one, or mark one with =.".into(),
                        Role::Text,
                    ));
                } else if found.is_empty() {
                    lines.push(plain("They say the same.".into(), Role::Text));
                }
                lines.extend(found.iter().map(line));
            }
            (Err(error), _) | (_, Err(error)) => lines.push(plain(error.to_string(), Role::Bad)),
        }
        model.dialogs.push(Dialog::Viewer(Viewer::new(title, lines)));
    }

    fn undo(&self, model: &mut Model) {
        let keyring = &self.history.keyring;
        let act = match undoing(&self.history) {
            Ok(act) => act,
            Err(error) => return model.dialogs.push(Dialog::Error(ErrorBox { error })),
        };
        let text = match &act {
            Act::Restore { .. } => {
                let before = self.history.revisions.iter().filter(|r| !r.earlier).nth(1);
                return before.into_iter().for_each(|r| self.confirm(model, r, "Undo the last change of"));
            }
            Act::Rename { to } => format!("It is called {to} again, in every document that names it."),
            Act::MakeStash => "The stash is made again, which opens the ring for unattended work.".into(),
            _ => "The stash goes to the history; the password is needed from then on.".into(),
        };
        let lines = vec![plain(text, Role::Text)];
        let items = vec![
            item("Back, nothing is done", Action::Close),
            item("Undo it", Action::Verb(Verb::ring(keyring, act))),
        ];
        model.dialogs.push(Dialog::Menu(Menu::new(
            format!("Undo the last change of {keyring}"),
            lines,
            items,
        )));
    }

    fn restore(&self, model: &mut Model) {
        match self.history.revisions.get(self.cursor) {
            Some(revision) if revision.replaced.is_none() && revision.ring.is_ok() => {
                model.say(Mood::Plain, "That is the present revision.");
            }
            Some(revision) => self.confirm(model, revision, "Restore"),
            None => {}
        }
    }

    /// Shows what changes back, and asks.
    fn confirm(&self, model: &mut Model, revision: &Revision, what: &str) {
        let keyring = &self.history.keyring;
        let ring = match &revision.ring {
            Ok(ring) => Box::new(ring.clone()),
            Err(error) => return model.dialogs.push(Dialog::Error(ErrorBox { error: error.clone() })),
        };
        let now = model.state.keyrings.get(keyring);
        let mut lines = Vec::new();
        let verb = match now {
            Some(now) => {
                lines.push(plain(
                    format!(
                        "Revision {} comes back as revision {}; the present one goes to the history, so that this \
                         can be undone as well.",
                        revision.title(),
                        now.revision.max(ring.revision) + 1
                    ),
                    Role::Text,
                ));
                Verb::ring(keyring, Act::Restore { revision: ring, password: None })
            }
            None => {
                let back = format!(
                    "Keyring {} is brought back as it was in revision {}.",
                    ring.name,
                    revision.title()
                );
                lines.push(plain(back, Role::Text));
                Verb::Undelete { revision: ring, password: Secret::default() }
            }
        };
        for consequence in consequences(&model.state, now, revision, model.now) {
            lines.push(match consequence {
                Consequence::Change(difference) => line(&difference),
                Consequence::Warning(text) => plain(text, Role::Warn),
            });
        }
        let items = vec![
            item("Back, nothing is done", Action::Close),
            item(format!("Bring revision {} back", revision.title()), Action::Verb(verb)),
        ];
        model.dialogs.push(Dialog::Menu(Menu::new(format!("{what} {keyring}"), lines, items)));
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let history = &self.history;
        let room = room(columns);
        let row = |r: &Revision| {
            let made = r.made.as_ref();
            let (what, role) = match (&r.ring, made) {
                (Err(_), made) => {
                    let what = made.map_or_else(String::new, |m| format!(": {}", m.what));
                    (format!("CANNOT BE READ{what}"), Role::Bad)
                }
                (Ok(_), made) if r.altered => {
                    (format!("ALTERED: {}", made.map_or("", |m| m.what.as_str())), Role::Bad)
                }
                (Ok(_), Some(made)) if r.earlier => (format!("earlier ring: {}", made.what), Role::Dim),
                (Ok(_), Some(made)) => (made.what.clone(), Role::Text),
                (Ok(_), None) => ("the audit chain does not tell".into(), Role::Warn),
            };
            Row {
                title: r.title(),
                marked: self.marked.as_ref() == Some(&r.commit()),
                made: made.cloned(),
                what,
                role,
            }
        };
        let rows: Vec<_> = history.revisions.iter().map(row).collect();
        let body = table(model, &rows, self.cursor, columns);
        let mut foot = Vec::new();
        if let Some(r) = history.revisions.get(self.cursor) {
            // What the row has no room for.
            let made = r.made.as_ref().map(|m| visible(&m.what)).filter(|w| w.chars().count() > room);
            let place = match (r.replaced, &history.deleted) {
                (None, _) if r.ring.is_ok() => "the present revision".into(),
                (Some(commit), _) => format!("kept as {}, replaced by commit {}", visible(&r.path), commit.0),
                (None, _) => visible(&r.path),
            };
            let remark = r.remark(&history.keyring);
            let all = [made.unwrap_or_default(), place, remark]
                .into_iter()
                .filter(|t| !t.is_empty())
                .collect::<Vec<_>>()
                .join("; ");
            let rows = crate::tui::widget::text::wrap(&ink.symbols.text(&all), columns);
            foot.extend(rows.iter().take(3).map(|l| ink.line(Role::Dim, l)));
        }
        if history.left_out > 0 {
            let text = format!("{} older files are in keyrings/.history and not listed.", history.left_out);
            foot.push(ink.line(Role::Dim, &text));
        }
        let title = match &history.deleted {
            Some(deleted) => format!("History of {}, deleted on {}", history.keyring, deleted.at.date()),
            None => format!("History of {}", history.keyring),
        };
        let restore =
            if model.state.keyrings.contains_key(&history.keyring) { "restore" } else { "bring back" };
        let page = usize::from(areas(model).sheet.1).saturating_sub(foot.len()).max(1);
        Sheet {
            title,
            body,
            foot,
            cursor: Some((self.cursor, 0)),
            top: Some((self.cursor + 1).saturating_sub(page)),
            hints: vec![
                hint("Esc", "back", 90),
                hint("Enter", "difference", 85),
                hint("u", "undo last change", 80),
                hint("r", restore, 75),
                hint("=", "mark to compare", 60),
            ],
            tall: true,
            ..Sheet::default()
        }
    }
}

/// A version in a list.
pub(super) struct Row {
    pub(super) title: String,
    pub(super) marked: bool,
    pub(super) made: Option<Made>,
    pub(super) what: String,
    pub(super) role: Role,
}

/// The columns for who did it.
fn by(columns: usize) -> usize {
    if columns >= 100 { 20 } else { 10 }
}

/// The columns for what was done: pointer, mark, version, time and name have their room, this has the rest.
pub(super) fn room(columns: usize) -> usize {
    columns.saturating_sub(2 + 2 + 7 + 18 + by(columns) + 2).max(8)
}

/// Draws a list of versions.
pub(super) fn table(model: &Model, rows: &[Row], cursor: usize, columns: usize) -> Vec<Line<'static>> {
    let ink = model.ink();
    let text = |text: &str, width| fit(&ink.symbols.text(text), width, ink.symbols.ellipsis);
    let line = |(i, row): (usize, &Row)| {
        let chosen = i == cursor;
        let made = row.made.as_ref();
        let at = made.map_or_else(|| "unknown".into(), |m| minute(model, m.at));
        let who = made.map_or_else(String::new, |m| visible(&m.by));
        let line: Line<'static> = vec![
            ink.symbol(Role::Text, format!("{} ", if chosen { ink.symbols.pointer } else { " " })),
            ink.span(Role::Marked, if row.marked { "* " } else { "  " }),
            ink.span(Role::Text, &text(&row.title, 7)),
            ink.span(Role::Text, &text(&at, 18)),
            ink.span(Role::Text, &text(&who, by(columns))),
            ink.span(row.role, &format!("  {}", text(&visible(&row.what), room(columns)))),
        ]
        .into();
        if chosen { line.patch_style(ink.style(Role::Selected)) } else { line }
    };
    rows.iter().enumerate().map(line).collect()
}

/// Moves in a list of versions by a key that moves.
pub(super) fn moved(cursor: usize, key: Key, last: usize, page: usize) -> usize {
    let to = match key {
        Key::Up | Key::Char('k') => cursor.saturating_sub(1),
        Key::Down | Key::Char('j') => cursor + 1,
        Key::PageUp | Key::Ctrl('b') => cursor.saturating_sub(page),
        Key::PageDown | Key::Ctrl('f') => cursor + page,
        Key::Home | Key::Char('g') => 0,
        Key::End | Key::Char('G') => last,
        _ => cursor,
    };
    to.min(last)
}

pub(super) fn plain(text: String, role: Role) -> Text {
    Text { label: String::new(), text, role }
}

fn line(difference: &Difference) -> Text {
    let role = match difference.sign {
        Sign::Added => Role::Ok,
        Sign::Removed => Role::Bad,
        Sign::Changed => Role::Warn,
    };
    plain(difference.to_string(), role)
}

/// Writes a time to the minute, as the reader's clock shows it where it is known.
fn minute(model: &Model, at: Timestamp) -> String {
    let here = model.settings.zone.as_ref().and_then(|zone| local(at, zone));
    here.unwrap_or_else(|| at.text()).chars().take(16).collect()
}
