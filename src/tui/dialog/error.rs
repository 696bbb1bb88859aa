//! Shows a refusal or failure: what, why, what next, and the key of the command that does it.

use super::{Dialog, Sheet, hint};
use crate::model::error::{Error, Kind};
use crate::tui::chord::Key;
use crate::tui::command;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::widget::text::wrap;

/// An error that is shown.
#[derive(Debug, Clone)]
pub struct ErrorBox {
    /// It.
    pub error: Error,
}

impl ErrorBox {
    /// Takes input: Enter runs the command that helps, anything else that leaves closes.
    pub fn input(self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        match input {
            Input::Chord(Key::Enter) => (None, command::that_helps(model, &self.error)),
            Input::Chord(Key::Esc | Key::Char('q')) => (None, Vec::new()),
            _ => (Some(Dialog::Error(self)), Vec::new()),
        }
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let title = match self.error.kind {
            Kind::Refused | Kind::NotAllowed | Kind::Exposed | Kind::Usage | Kind::ReadOnly => "Not done",
            Kind::Cancelled => "Stopped",
            Kind::Internal => "A defect",
            _ => "Failed",
        };
        let mut body = Vec::new();
        let mut part = |role, text: &str| {
            if !text.is_empty() {
                // The store joins several lines with the escaped line end.
                let text = text.replace("\\0A", "\n");
                body.extend(wrap(&ink.symbols.text(&text), columns).iter().map(|l| ink.line(role, l)));
                body.push(ink.line(Role::Text, ""));
            }
        };
        part(Role::Bad, &self.error.what);
        part(Role::Text, &self.error.why);
        part(Role::Title, &self.error.next);
        let mut hints = Vec::new();
        if let Some(command) = self.error.command.and_then(command::find) {
            let key = model.key_of(command);
            let key = if key.is_empty() { key } else { format!(" ({key})") };
            part(Role::Key, &format!("Enter: {}{key}", command.title));
            hints.push(hint("Enter", command.title, 90));
        }
        body.pop();
        hints.push(hint("Esc", "back", 80));
        Sheet { title: title.into(), body, hints, ..Sheet::default() }
    }
}
