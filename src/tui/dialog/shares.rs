//! Shows the shares of a key one by one, each to its holder alone. The check code is typed back before the next one; what
//! was shown is not shown again, and protects nothing until all were taken.

use super::secret::{Opens, SecretLine};
use super::{Dialog, Sheet, hint};
use crate::model::protection::{Dealt, Sealing};
use crate::store::shares;
use crate::tui::chord::Key;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::wrap;

/// The shares that are handed out.
#[derive(Debug, Clone)]
pub struct Shares {
    certifier: String,
    dealt: Dealt,
    at: usize,
    /// Whether the present holder has asked to see the share.
    open: bool,
    line: LineEdit,
    wrong: bool,
}

impl Shares {
    /// Hands these shares out.
    pub fn new(certifier: String, dealt: Dealt) -> Self {
        Self { certifier, dealt, at: 0, open: false, line: LineEdit::default(), wrong: false }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        match input {
            Input::Chord(Key::Esc) => {
                model.say(Mood::Plain, "These shares are void; the key is protected as before.");
                return (None, Vec::new());
            }
            Input::Chord(Key::Enter) if !self.open => self.open = true,
            Input::Chord(Key::Enter) => {
                let code = self.dealt.shares.get(self.at).map(shares::check_code).unwrap_or_default();
                if !self.line.text().trim().eq_ignore_ascii_case(&code) {
                    self.wrong = true;
                    return (Some(Dialog::Shares(Box::new(self))), Vec::new());
                }
                (self.at, self.open, self.wrong) = (self.at + 1, false, false);
                self.line.clear();
                if self.at == self.dealt.shares.len() {
                    let sealing = Box::new(Sealing::Shares(self.dealt));
                    let line = SecretLine::new(Opens::Protect(self.certifier, sealing));
                    return (Some(Dialog::Secret(line)), Vec::new());
                }
            }
            Input::Chord(key) if self.open => self.wrong &= !self.line.key(*key),
            _ => {}
        }
        (Some(Dialog::Shares(Box::new(self))), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let (number, of) = (self.at + 1, self.dealt.shares.len());
        let title = format!("Share {number} of {of} of the key of certifier {}", self.certifier);
        let said = |text: &str, role| -> Vec<_> {
            wrap(&ink.symbols.text(text), columns).iter().map(|l| ink.line(role, l)).collect()
        };
        let mut body = Vec::new();
        let mut cursor = None;
        if self.open {
            let told = format!(
                "Write it down; it is not shown again. Any {} of the {of} shares of set {} open the key.",
                self.dealt.needed, self.dealt.set
            );
            body.extend(said(&told, Role::Text));
            body.push(ink.line(Role::Text, ""));
            if let Some(share) = self.dealt.shares.get(self.at) {
                body.extend(shares::lines(share).iter().map(|l| ink.line(Role::Title, l)));
            }
            body.push(ink.line(Role::Text, ""));
            body.extend(said("Type the last group, its check code, from what you wrote:", Role::Prompt));
            let (shown, at) = self.line.shown(columns.min(20), "");
            cursor = Some((body.len(), at));
            body.push(ink.line(Role::Input, &format!("{shown:<8}")));
            if self.wrong {
                body.extend(said("That is not the check code. Compare what you wrote.", Role::Bad));
            }
        } else {
            let told = format!(
                "For holder {number}. Everybody else looks away; Enter shows the share. The key stays protected as it is until every share was taken."
            );
            body.extend(said(&told, Role::Text));
        }
        let enter = if self.open { "taken" } else { "show it" };
        Sheet {
            title,
            body,
            cursor,
            hints: vec![hint("Enter", enter, 90), hint("Esc", "void the shares", 80)],
            ..Sheet::default()
        }
    }
}
