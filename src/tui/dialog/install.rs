//! Shows what installing certificates into a keyring would do: the sorted chain, what goes, why not. Enter installs; a root
//! that the ring does not trust is trusted only when asked for with its own key.

use std::borrow::Cow;

use super::scroll::moved;
use super::viewer::{Text, labelled};
use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::model::Generation;
use crate::model::certificate::Certificate;
use crate::ops::install::{Plan, plan};
use crate::ops::ring::Act;
use crate::tui::chord::Key;
use crate::tui::command;
use crate::tui::job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::view::areas;

/// A plan before it is carried out.
#[derive(Debug, Clone)]
pub struct Install {
    /// The keyring.
    pub keyring: String,
    /// The job that installs.
    pub busy: Option<JobId>,
    certificates: Vec<Certificate>,
    plan: Option<Box<Plan>>,
    of: Generation,
    top: usize,
}

impl Install {
    /// Plans installing these certificates, in any order.
    pub fn new(model: &Model, keyring: impl Into<String>, certificates: Vec<Certificate>) -> Self {
        let (keyring, of) = (keyring.into(), model.state.generation);
        let plan = planned(model, &keyring, &certificates);
        Self { keyring, busy: None, certificates, plan, of, top: 0 }
    }

    /// Returns the plan as of the state that is shown: another console, or trusting a root, may have changed it.
    fn current(&self, model: &Model) -> Cow<'_, Option<Box<Plan>>> {
        if self.of == model.state.generation {
            return Cow::Borrowed(&self.plan);
        }
        Cow::Owned(planned(model, &self.keyring, &self.certificates))
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let Input::Chord(key) = input else { return (Some(Dialog::Install(self)), Vec::new()) };
        self.plan = self.current(model).into_owned();
        self.of = model.state.generation;
        let Some(plan) = &self.plan else {
            model.say(Mood::Bad, format!("Keyring {} is not there any more.", self.keyring));
            return (None, Vec::new());
        };
        let inner = areas(model).sheet;
        let page = usize::from(inner.1).saturating_sub(2).max(1);
        let last = self.body(model, plan, usize::from(inner.0)).len().saturating_sub(page);
        match key {
            Key::Esc | Key::Char('q') => return (None, Vec::new()),
            _ if self.busy.is_some() => self.top = moved(*key, self.top, last, page),
            Key::Char('t') => {
                if let Some(root) = &plan.root {
                    let act = if root.switched_off {
                        Act::SetTrust { roots: vec![root.certificate.sha256], trusted: true }
                    } else {
                        Act::Trust { roots: vec![root.certificate.clone()] }
                    };
                    // It stays open: the plan is another one once the root is trusted.
                    let (_, effect) = job::run(model, Verb::ring(&self.keyring, act));
                    return (Some(Dialog::Install(self)), vec![effect]);
                }
            }
            Key::Enter => match &plan.refusal {
                None => {
                    let certificates = self.certificates.clone();
                    let verb = Verb::ring(&self.keyring, Act::Install { certificates });
                    let (id, effect) = job::run(model, verb);
                    self.busy = Some(id);
                    return (Some(Dialog::Install(self)), vec![effect]);
                }
                Some(_) if plan.root.is_some() => {}
                Some(refusal) => {
                    return (None, command::that_helps(model, refusal));
                }
            },
            _ => self.top = moved(*key, self.top, last, page),
        }
        (Some(Dialog::Install(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let title = format!("Install into {}", self.keyring);
        let mut hints = vec![hint("Esc", "back", 80), hint("Up/Down", "scroll", 40)];
        let plan = self.current(model);
        let Some(plan) = &*plan else {
            let body = vec![ink.line(Role::Bad, "The keyring is not there any more.")];
            return Sheet { title, body, hints, ..Sheet::default() };
        };
        let (role, said) = match (&plan.refusal, &plan.root) {
            _ if self.busy.is_some() => (Role::Title, "Installing."),
            (None, _) => {
                hints.insert(0, hint("Enter", "install", 90));
                (Role::Ok, "Enter installs it as shown.")
            }
            (Some(_), Some(_)) => {
                hints.insert(0, hint("t", "trust this root", 90));
                (Role::Bad, "Not possible yet. Compare the fingerprint, then t trusts this root.")
            }
            (Some(refusal), None) => {
                if let Some(command) = refusal.command.and_then(command::find) {
                    hints.insert(0, hint("Enter", command.title, 90));
                }
                (Role::Bad, "Not possible.")
            }
        };
        let body = self.body(model, plan, columns);
        let foot = vec![ink.line(Role::Text, ""), ink.line(role, said)];
        Sheet { title, body, foot, top: Some(self.top), hints, tall: true, ..Sheet::default() }
    }

    fn body(&self, model: &Model, plan: &Plan, columns: usize) -> Vec<ratatui::text::Line<'static>> {
        let role = |warns| if warns { Role::Warn } else { Role::Text };
        let lines =
            plan.lines().into_iter().map(|l| Text { label: l.label, text: l.text, role: role(l.warns) });
        labelled(model, &lines.collect::<Vec<_>>(), columns)
    }
}

fn planned(model: &Model, keyring: &str, certificates: &[Certificate]) -> Option<Box<Plan>> {
    plan(&model.state, keyring, certificates, &model.state.revocations, model.now).ok().map(Box::new)
}
