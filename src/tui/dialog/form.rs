//! Fills in the fields of a record. A form is a loop over FIELDS: it knows kinds of fields, not the fields themselves.

mod goal;
mod save;

use super::ciphers::Ciphers;
use super::line::{Drawn, Line, choose, drawn, fill, follow, grow, options};
use super::menu::{Action, Menu, item};
use super::viewer::Text;
use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::model::error::Error;
use crate::model::field::{Kind, Record};
use crate::model::issued::Reason;
use crate::model::resolve::used::servers_of;
use crate::model::server::Release;
use crate::model::site::Site;
use crate::model::task::guides;
use crate::ops::request_again::proposed;
use crate::tui::chord::Key;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::widget::text::wrap;
pub use goal::Goal;

/// A form.
#[derive(Debug, Clone)]
pub struct Form {
    /// The title.
    pub title: String,
    /// What saving does.
    pub goal: Goal,
    /// The job that saves.
    pub busy: Option<JobId>,
    lines: Vec<Line>,
    cursor: usize,
}

impl Form {
    /// Makes a form for a goal.
    pub fn new(model: &Model, title: impl Into<String>, goal: Goal) -> Self {
        let lines = goal.lines(model);
        Self { title: title.into(), goal, busy: None, lines, cursor: 0 }
    }

    /// Asks a witness to confirm a step, which goes on with the verb, or else with what waits below.
    pub(in crate::tui) fn witness(model: &mut Model, error: &Error, verb: Option<Box<Verb>>) {
        let step = format!("{}\n{}", error.what, error.why);
        let form = Self::new(model, "A witness confirms this step", Goal::Witness(step, verb));
        model.dialogs.push(Dialog::Form(form));
    }

    /// Proposes values for fields that were not touched, as if they had stood there from the beginning.
    pub fn propose(&mut self, values: &[(&'static str, String)]) {
        for (name, value) in values {
            if let Some(line) = self.lines.iter_mut().find(|l| l.name == *name && !l.touched()) {
                line.edit.set(value);
                line.before.clone_from(value);
            }
        }
        let empty = |l: &Line| l.edit.text().is_empty();
        if let (false, Some(first)) = (values.is_empty(), self.lines.iter().position(empty)) {
            self.cursor = first;
        }
    }

    /// Tells whether anything was typed or chosen.
    pub fn changed(&self) -> bool {
        self.lines.iter().any(Line::touched)
    }

    /// Says at the password that it does not open.
    pub fn wrong_password(&mut self, error: &Error) {
        if let Some(at) = self.lines.iter().position(|l| l.kind == Kind::Secret) {
            self.cursor = at;
            if let Some(line) = self.lines.get_mut(at) {
                line.edit.clear();
                line.error = Some(error.to_string());
            }
        }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        if self.busy.is_some() {
            return (Some(Dialog::Form(self)), Vec::new());
        }
        let last = self.lines.len().saturating_sub(1);
        let options = self.lines.get(self.cursor).and_then(|l| options(model, l));
        match input {
            Input::Chord(Key::Ctrl('s') | Key::F(2)) => return self.save(model),
            Input::Chord(Key::Esc) if !self.changed() => return (None, Vec::new()),
            Input::Chord(Key::Esc) => {
                let text = "What was typed here has not been saved.";
                let lines = vec![Text::line(text, Role::Text)];
                let items = vec![
                    item("Back to the form", Action::Close),
                    item("Leave it without saving", Action::Discard),
                ];
                model.dialogs.push(Dialog::Menu(Menu::new("Leave the form?", lines, items)));
            }
            Input::Chord(Key::Enter) if self.cursor == last => return self.save(model),
            Input::Chord(Key::Enter | Key::Tab | Key::Down) => self.cursor = (self.cursor + 1).min(last),
            Input::Chord(Key::Char(' ')) if self.on_ciphers() => self.choose_ciphers(model, None),
            Input::Chord(Key::Up | Key::BackTab) => self.cursor = self.cursor.saturating_sub(1),
            Input::Chord(Key::PageUp) => self.cursor = 0,
            Input::Chord(Key::PageDown) => self.cursor = last,
            Input::Chord(key) => {
                if let Some(line) = self.lines.get_mut(self.cursor) {
                    line.error = None;
                    match options {
                        Some(options) => choose(line, &options, *key),
                        None => {
                            line.edit.key(*key);
                        }
                    }
                }
                self.follow(model);
            }
            Input::Paste(text, _) if self.on_ciphers() => self.choose_ciphers(model, Some(text)),
            Input::Paste(text, _) => {
                if let (Some(line), None) = (self.lines.get_mut(self.cursor), options) {
                    line.edit.insert(text);
                    line.error = None;
                }
                self.follow(model);
            }
        }
        (Some(Dialog::Form(self)), Vec::new())
    }

    fn on_ciphers(&self) -> bool {
        self.lines.get(self.cursor).is_some_and(|l| l.kind == Kind::Ciphers)
    }

    /// Opens the list of cipher suites above the form, with what was pasted.
    fn choose_ciphers(&self, model: &mut Model, pasted: Option<&str>) {
        let text = |kind: Kind| self.lines.iter().find(|l| l.kind == kind).map(|l| l.edit.text());
        let ring = text(Kind::Keyring).and_then(|name| model.state.keyrings.get(name));
        let ring = ring.and_then(|ring| Some((ring.name.clone(), ring.key.clone()?)));
        let oldest = |site: &Site| servers_of(&model.state, site).map(|server| server.release).min();
        let release = match (&self.goal, text(Kind::Choice(Release::NAMES)).and_then(Release::from_name)) {
            (_, Some(release)) => release,
            // The servers as they stand in the form, not as they were.
            (Goal::Site(before, _), None) => oldest(&self.site(before)).unwrap_or_default(),
            _ => Release::default(),
        };
        let list = self.lines.get(self.cursor).map_or("", |l| l.edit.text());
        let mut dialog = Ciphers::new(self.title.to_lowercase(), list, release, ring);
        if let Some(pasted) = pasted {
            dialog.read(pasted);
        }
        model.dialogs.push(Dialog::Ciphers(Box::new(dialog)));
    }

    /// Takes over a list of cipher suites that was chosen.
    pub(super) fn put_ciphers(&mut self, text: &str) {
        if let Some(line) = self.lines.iter_mut().find(|l| l.kind == Kind::Ciphers) {
            line.edit.set(text);
            line.error = None;
        }
    }

    /// Fields that were not touched follow those that were: the usual port follows the kind of a site, the names of a
    /// keyring the one that it shall be like.
    fn follow(&mut self, model: &Model) {
        if let Goal::Keyring(new) = &mut self.goal {
            let like = self.lines.iter().find(|l| l.name == "like").map_or("", |l| l.edit.text());
            if like == new.like {
                return;
            }
            like.clone_into(&mut new.like);
            let ring = model.state.keyrings.get(like);
            new.identity = ring.map(|r| proposed(&model.state, r).identity).unwrap_or_default();
            follow(&**new, &mut self.lines, &model.look(), false);
        }
        if let Goal::Server(before, false) = &self.goal
            && self.lines.get(self.cursor).is_some_and(|l| l.name == "name")
        {
            let mut server = before.clone();
            fill(&mut *server, &mut self.lines.clone(), true);
            follow(&*server, &mut self.lines, &model.look(), false);
        }
        if let Goal::Site(before, editing) = &self.goal {
            let site = self.site(before);
            let name = self.lines.get(self.cursor).map(|l| l.name);
            let below = self.lines.iter().take(self.cursor).filter(|l| Some(l.name) == name).count();
            follow(&site, &mut self.lines, &model.look(), *editing);
            let first = self.lines.iter().position(|l| Some(l.name) == name).unwrap_or(self.cursor);
            self.cursor = first + below;
            grow(&mut self.lines, self.cursor);
        }
    }

    /// Reads the site document as it stands in the form. What does not fit yet is said when the form is saved.
    fn site(&self, before: &Site) -> Site {
        let mut site = before.clone();
        fill(&mut site, &mut self.lines.clone(), true);
        site
    }

    /// Says what a task leads to, or what follows for a site document from what stands at the cursor.
    fn follows(&self, model: &Model) -> String {
        if let Goal::Witness(step, _) = &self.goal {
            return step.clone();
        }
        if let Goal::StartTask(guide) = &self.goal {
            return guides::find(guide).map_or_else(String::new, |g| g.about.to_owned());
        }
        let (Goal::Site(before, _), Some(line)) = (&self.goal, self.lines.get(self.cursor)) else {
            return String::new();
        };
        let derived = match line.name {
            "redirect" | "hosts" | "port" => "redirect-to",
            "keyring" => "answers",
            "servers" => "hosted-on",
            "client-certificate" | "check-crl" | "trust-expired-crl" | "allow-crl-failure" => "crl-outcome",
            _ => return String::new(),
        };
        let site = self.site(before);
        let field = Site::field(derived).filter(|f| site.applies(f.name));
        let said =
            field.map(|f| (f.label, (f.get)(&site, &model.look()))).filter(|(_, text)| !text.is_empty());
        said.map_or_else(String::new, |(label, text)| format!("{label}: {text}"))
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let Drawn { body, cursor, below } = drawn(model, &self.lines, self.cursor, columns);
        let mut foot = vec![ink.line(Role::Text, "")];
        let help = self.lines.get(self.cursor).map_or("", |l| l.help);
        if self.busy.is_some() {
            foot.push(ink.line(Role::Title, "Saving; this may take a moment."));
        } else {
            foot.extend(wrap(help, columns).iter().map(|l| ink.line(Role::Dim, l)));
            if matches!(self.goal, Goal::Witness(..) | Goal::StartTask(_)) {
                foot.push(ink.line(Role::Text, ""));
            }
            for said in self.follows(model).lines().take(6) {
                foot.extend(wrap(&ink.symbols.text(said), columns).iter().map(|l| ink.line(Role::Text, l)));
            }
            if let (Goal::Revoke(..), Some(line)) = (&self.goal, self.lines.first())
                && let Some(reason) = Reason::from_name(line.edit.text())
            {
                let text = format!("{}: {}", reason.name(), reason.meaning());
                foot.extend(wrap(&text, columns).iter().map(|l| ink.line(Role::Text, l)));
            }
        }
        let last = self.cursor + 1 == self.lines.len();
        let save = self.goal.word();
        let mut hints = vec![hint("Enter", if last { save } else { "next field" }, 85)];
        if !last {
            hints.push(hint("Ctrl-S or F2", save, 90));
        }
        hints.push(hint("Esc", "back", 87));
        if self.lines.get(self.cursor).is_some_and(|l| options(model, l).is_some()) {
            hints.push(hint("Left/Right", "change", 75));
        }
        if self.on_ciphers() {
            hints.push(hint("Space", "choose from all", 80));
        }
        Sheet {
            title: self.title.clone(),
            body,
            foot,
            cursor,
            below,
            hints,
            tall: self.lines.len() > 6,
            ..Sheet::default()
        }
    }
}
