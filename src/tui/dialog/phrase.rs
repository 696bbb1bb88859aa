//! Shows the pass phrase of a file that is given to a person, once, and has it typed back before the file is written.

use super::{Dialog, Sheet, hint};
use crate::model::error::{Error, Kind};
use crate::model::person::Delivery;
use crate::model::secret::Secret;
use crate::tui::chord::Key;
use crate::tui::job::Job;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::{fit, wrap};

/// The pass phrase, and what was typed.
#[derive(Debug, Clone)]
pub struct Phrase {
    asked: Box<Delivery>,
    phrase: Secret,
    /// The pass phrase as it is typed back.
    typed: LineEdit,
    /// The password of the keyring, where no stash opens it.
    password: Option<LineEdit>,
    error: Option<String>,
    /// The job that writes.
    pub busy: Option<JobId>,
}

/// Shows a pass phrase that was drawn.
pub(in crate::tui) fn show(model: &mut Model, asked: Box<Delivery>, phrase: Secret) {
    let typed = LineEdit::default();
    model.dialogs.push(Dialog::Phrase(Phrase {
        asked,
        phrase,
        typed,
        password: None,
        error: None,
        busy: None,
    }));
}

impl Phrase {
    /// Says what went wrong; tells whether it can be set right here.
    pub(in crate::tui) fn failed(&mut self, error: &Error) -> bool {
        if !matches!(error.kind, Kind::Locked | Kind::WrongPassword) {
            return false;
        }
        self.error = Some(error.to_string());
        self.password = Some(LineEdit::secret());
        true
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        if self.busy.is_some() {
            return (Some(Dialog::Phrase(self)), Vec::new());
        }
        let line = self.password.as_mut().unwrap_or(&mut self.typed);
        match input {
            Input::Chord(Key::Esc) => return (None, Vec::new()),
            Input::Chord(Key::Enter) => {
                let typed = self.typed.text().trim();
                if !typed.is_empty() && typed != self.phrase.expose() {
                    self.error = Some("That is not the pass phrase. Compare group by group.".into());
                    self.typed.clear();
                    return (Some(Dialog::Phrase(self)), Vec::new());
                }
                let password = self.password.as_ref().map(|line| Secret::new(line.text().to_owned()));
                let (asked, phrase) = (self.asked.clone(), self.phrase.clone());
                let job = Job::Deliver(asked.clone());
                let (id, effect) = model.start(job, |id| Effect::Deliver(id, asked, phrase, password));
                (self.busy, self.error) = (Some(id), None);
                return (Some(Dialog::Phrase(self)), vec![effect]);
            }
            Input::Chord(key) => {
                line.key(*key);
                self.error = None;
            }
            Input::Paste(text, _) => line.insert(text.trim()),
        }
        (Some(Dialog::Phrase(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let mut body = vec![
            ink.line(Role::Text, ""),
            vec![ink.span(Role::Text, "    "), ink.span(Role::Title, self.phrase.expose())].into(),
            ink.line(Role::Text, ""),
        ];
        let mut part = |role, text: &str| {
            body.extend(wrap(&ink.symbols.text(text), columns).iter().map(|l| ink.line(role, l)));
        };
        part(
            Role::Text,
            "This pass phrase opens the file. It is shown this once and stored nowhere: write it down, and give it to the \
             person by another way than the file.",
        );
        part(Role::Text, "");
        if let Some(error) = &self.error {
            part(Role::Bad, error);
        }
        let row = body.len();
        let (label, line) = match &self.password {
            Some(password) => ("Password of the keyring: ", password),
            None => ("Typed back (may be empty): ", &self.typed),
        };
        let room = columns.saturating_sub(label.len());
        let (shown, at) = line.shown(room, if self.password.is_some() { ink.symbols.hidden } else { "" });
        body.push(vec![ink.span(Role::Prompt, label), ink.span(Role::Input, &fit(&shown, room, ""))].into());
        if self.busy.is_some() {
            body.push(ink.line(Role::Dim, "Writing and reading back; this may take a moment."));
        }
        Sheet {
            title: format!("Pass phrase for {}", self.asked.person),
            body,
            cursor: Some((row, label.len() + at)),
            hints: vec![hint("Enter", "write the file", 90), hint("Esc", "back, nothing is written", 80)],
            ..Sheet::default()
        }
    }
}
