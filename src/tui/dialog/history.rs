//! The revisions of a keyring: compared, undone, restored. Shows what was read; the disk is asked through an effect.

use super::error::ErrorBox;
use super::menu::Action;
use super::past::{self, Row};
use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet};
use crate::desk::Verb;
use crate::model::change::Fact;
use crate::model::escape::visible;
use crate::model::keyring::{Difference, Sign, compare};
use crate::model::secret::Secret;
use crate::ops::restore::{Consequence, consequences, undoing};
use crate::ops::ring::Act;
use crate::store::history::{Gone, History, Revision};
use crate::tui::chord::Key;
use crate::tui::job::Job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;

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
    let hint = "Choose one to see its revisions; r brings one of them back.";
    past::choose(model, "Keyrings that can be brought back", hint, &gone, Action::History);
}

impl Revisions {
    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
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
                _ => self.cursor = past::moved(model, self.cursor, *key, self.history.revisions.len()),
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
        let told = |r: &Revision| past::told(model, format!("Revision {}", r.title()), r.made.as_ref());
        let mut lines = vec![told(before), told(after)];
        lines.push(Text::line("", Role::Text));
        match (&before.ring, &after.ring) {
            (Ok(a), Ok(b)) => {
                let found = compare(a, b);
                if before.commit() == after.commit() {
                    lines.push(Text::line(
                        "It is one and the same. Choose another one, or mark one with =.",
                        Role::Text,
                    ));
                } else if found.is_empty() {
                    lines.push(Text::line("They say the same.", Role::Text));
                }
                lines.extend(found.iter().map(line));
            }
            (Err(error), _) | (_, Err(error)) => lines.push(Text::line(error.to_string(), Role::Bad)),
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
        let lines = vec![Text::line(text, Role::Text)];
        let title = format!("Undo the last change of {keyring}");
        past::ask(model, title, lines, "Undo it".into(), Verb::ring(keyring, act));
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
                let back = format!(
                    "Revision {} comes back as revision {}; the present one goes to the history, so that this can be \
                     undone as well.",
                    revision.title(),
                    now.revision.max(ring.revision) + 1
                );
                lines.push(Text::line(back, Role::Text));
                Verb::ring(keyring, Act::Restore { revision: ring, password: None })
            }
            None => {
                let back = format!(
                    "Keyring {} is brought back as it was in revision {}.",
                    ring.name,
                    revision.title()
                );
                lines.push(Text::line(back, Role::Text));
                Verb::Undelete { revision: ring, password: Secret::default() }
            }
        };
        for consequence in consequences(&model.state, now, revision, model.now) {
            lines.push(match consequence {
                Consequence::Change(difference) => line(&difference),
                Consequence::Warning(text) => Text::line(text, Role::Warn),
            });
        }
        let bring = format!("Bring revision {} back", revision.title());
        past::ask(model, format!("{what} {keyring}"), lines, bring, verb);
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let history = &self.history;
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
        let mut foot = Vec::new();
        if let Some(r) = history.revisions.get(self.cursor) {
            let place = match (r.replaced, &history.deleted) {
                (None, _) if r.ring.is_ok() => "the present revision".into(),
                (Some(commit), _) => format!("kept as {}, replaced by commit {}", visible(&r.path), commit.0),
                (None, _) => visible(&r.path),
            };
            let remark = r.remark(&history.keyring);
            foot = past::foot(model, r.made.as_ref(), &[place, remark], columns);
        }
        if history.left_out > 0 {
            let text = format!("{} older files are in keyrings/.history and not listed.", history.left_out);
            foot.push(ink.line(Role::Dim, &text));
        }
        let restore =
            if model.state.keyrings.contains_key(&history.keyring) { "restore" } else { "bring back" };
        let title = past::title(&history.keyring, history.deleted.as_ref());
        past::sheet(model, title, &rows, self.cursor, foot, restore, columns)
    }
}

fn line(difference: &Difference) -> Text {
    let role = match difference.sign {
        Sign::Added => Role::Ok,
        Sign::Removed => Role::Bad,
        Sign::Changed => Role::Warn,
    };
    Text::line(difference.to_string(), role)
}
