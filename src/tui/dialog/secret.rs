//! Asks for a password without echo.

use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::desk::export::Asked;
use crate::model::error::Error;
use crate::model::protection::{KeyProtection, Sealing};
use crate::model::secret::Secret;
use crate::store::shares;
use crate::tui::brought::Given;
use crate::tui::chord::Key;
use crate::tui::job::{self, Job, ReadFor};
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::wrap;

/// What the password is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Opens {
    /// A certifier, and what goes on by itself afterwards.
    Certifier(String, Option<Box<Verb>>),
    /// A certifier, to see that it can be unlocked.
    Rehearse(String),
    /// A certifier, whose key shall be protected otherwise.
    Protect(String, Box<Sealing>),
    /// A keyring, for the verb that needs it.
    Keyring(String, Box<Verb>),
    /// A keyring, whose private key leaves.
    Export(String, Box<Asked>),
    /// The keyring of a site, to serve it, with the others of a server if one is named.
    Site(String, Option<String>),
    /// What is locked in a file or a paste, in words.
    File(Given, ReadFor, Vec<String>),
}

/// A password that is being typed.
#[derive(Debug, Clone)]
pub struct SecretLine {
    /// What it is for.
    pub opens: Opens,
    /// What was wrong with the last one.
    pub error: Option<String>,
    /// The job that tries it.
    pub busy: Option<JobId>,
    line: LineEdit,
    /// What was given so far, where several are asked.
    given: Vec<Secret>,
}

impl SecretLine {
    /// Asks for the password of this.
    pub fn new(opens: Opens) -> Self {
        Self { opens, error: None, busy: None, line: LineEdit::secret(), given: Vec::new() }
    }

    /// Says what was wrong, and begins anew.
    pub fn refused(&mut self, error: &Error) {
        self.error = Some(error.to_string());
        self.given.clear();
    }

    fn certifier(&self) -> Option<&str> {
        match &self.opens {
            Opens::Certifier(name, _) | Opens::Rehearse(name) | Opens::Protect(name, _) => Some(name),
            _ => None,
        }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        match input {
            Input::Chord(Key::Esc) => return (None, job::stop(model, self.busy)),
            _ if self.busy.is_some() => {}
            Input::Chord(Key::Enter) if self.line.text().is_empty() => {
                self.error = Some("Type the password, or Esc to go back.".into());
            }
            Input::Chord(Key::Enter) => {
                let secret = Secret::new(self.line.text().to_owned());
                self.line.clear();
                self.error = None;
                if let Some(name) = self.certifier() {
                    let protection = protection(model, name);
                    // A share that cannot be right is named at once, and asked again.
                    if let KeyProtection::Shares { .. } = protection
                        && let Err(error) = shares::check(&protection, &self.given, &secret)
                    {
                        self.error = Some(error.to_string());
                        return (Some(Dialog::Secret(self)), Vec::new());
                    }
                    let asked = protection.asks(name).len();
                    self.given.push(secret.clone());
                    if self.given.len() < asked {
                        return (Some(Dialog::Secret(self)), Vec::new());
                    }
                }
                let given = std::mem::take(&mut self.given);
                let (job, effect) = match &self.opens {
                    Opens::Certifier(name, then) => {
                        let name = name.clone();
                        let job = Job::Unlock(name.clone(), then.clone());
                        model.start(job, |id| Effect::Unlock(id, name, given))
                    }
                    Opens::Rehearse(name) => {
                        let name = name.clone();
                        model.start(Job::Rehearse(name.clone()), |id| Effect::Rehearse(id, name, given))
                    }
                    Opens::Protect(name, sealing) => {
                        let (name, sealing) = (name.clone(), sealing.clone());
                        model
                            .start(Job::Protect(name.clone()), |id| Effect::Protect(id, name, given, sealing))
                    }
                    Opens::Keyring(_, verb) => job::run(model, (**verb).clone().with_password(secret)),
                    Opens::Export(_, asked) => job::export(model, (**asked).clone(), Some(secret)),
                    Opens::File(given, purpose, _) => {
                        job::read(model, purpose.clone(), given.clone(), Some(secret))
                    }
                    Opens::Site(site, server) => {
                        job::serve(model, site.clone(), server.clone(), Some(secret))
                    }
                };
                self.busy = Some(job);
                return (Some(Dialog::Secret(self)), vec![effect]);
            }
            Input::Chord(key) => {
                self.line.key(*key);
            }
            Input::Paste(text, _) => self.line.insert(text),
        }
        (Some(Dialog::Secret(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let (what, then) = match &self.opens {
            Opens::Certifier(name, None) => {
                (format!("certifier {name}"), "It stays unlocked in this session.".to_owned())
            }
            Opens::Certifier(name, Some(_)) => (
                format!("certifier {name}"),
                "It stays unlocked in this session; the work then goes on by itself.".to_owned(),
            ),
            Opens::Rehearse(name) => (
                format!("certifier {name}"),
                "The key is forgotten at once; nothing is signed, and the rehearsal is recorded.".to_owned(),
            ),
            Opens::Protect(name, sealing) => (format!("certifier {name}"), then_protected(sealing)),
            Opens::Keyring(name, verb) if verb.brings_back() => (
                format!("keyring {name}, as it was then"),
                "The revision opens with the password it had then.".to_owned(),
            ),
            Opens::Keyring(name, _) => {
                (format!("keyring {name}"), "No stash opens this ring, so its password is needed.".to_owned())
            }
            Opens::Export(name, _) => (
                format!("keyring {name}"),
                "No stash opens this ring, so its own password is needed, not the new pass phrase."
                    .to_owned(),
            ),
            Opens::Site(name, _) => {
                (format!("the keyring of site {name}"), "It is used for the rehearsal only.".to_owned())
            }
            Opens::File(given, _, locked) => {
                (given.shown(), format!("Locked in it: {}. The password is not kept.", locked.join("; ")))
            }
        };
        let mut body: Vec<_> =
            wrap(&ink.symbols.text(&then), columns).iter().map(|l| ink.line(Role::Text, l)).collect();
        body.push(ink.line(Role::Text, ""));
        let (shown, at) = self.line.shown(columns.saturating_sub(10).min(40), ink.symbols.hidden);
        let row = body.len();
        let shown = crate::tui::widget::text::fit(&shown, columns.saturating_sub(10).min(40), "");
        let asks = self.certifier().map(|name| protection(model, name).asks(name)).unwrap_or_default();
        let (title, prompt) = match asks.get(self.given.len()) {
            Some(ask) if asks.len() > 1 => {
                (ask.clone(), if ask.starts_with("Share") { "Share:    " } else { "Password: " })
            }
            _ => (format!("Password of {what}"), "Password: "),
        };
        body.push(vec![ink.span(Role::Prompt, prompt), ink.span(Role::Input, &shown)].into());
        if self.busy.is_some() {
            let text = match self.opens {
                Opens::File(..) => "Opening it. Whoever locked it chose how much work that is; Esc stops it.",
                _ => "Opening it; this takes a moment on purpose.",
            };
            body.extend(wrap(text, columns).iter().map(|l| ink.line(Role::Dim, l)));
        } else if let Some(error) = &self.error {
            body.extend(wrap(&ink.symbols.text(error), columns).iter().map(|l| ink.line(Role::Bad, l)));
        }
        let hints = match (self.busy, &self.opens) {
            (Some(_), Opens::File(..)) => vec![hint("Esc", "stop", 90)],
            (Some(_), _) => vec![hint("Esc", "back", 80)],
            (None, _) => vec![hint("Enter", "go on", 90), hint("Esc", "back", 80)],
        };
        Sheet { title, body, cursor: Some((row, at + 10)), hints, ..Sheet::default() }
    }
}

/// Returns how the key of a certifier is protected now.
fn protection(model: &Model, certifier: &str) -> KeyProtection {
    model.state.certifiers.get(certifier).map(|c| c.protection.clone()).unwrap_or_default()
}

fn then_protected(sealing: &Sealing) -> String {
    let what = match sealing {
        Sealing::Password(_) => "the new password".into(),
        Sealing::TwoPasswords([(first, _), (second, _)]) => {
            format!("the passwords of {first} and {second} together")
        }
        Sealing::Shares(dealt) => format!("any {} of the {} shares", dealt.needed, dealt.shares.len()),
    };
    format!("What opens the key now. From then on {what} will, and the key file of before is wiped.")
}
