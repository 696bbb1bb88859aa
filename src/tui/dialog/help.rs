//! Help, made from the table of commands: this pane, everywhere, moving.

use super::viewer::{Text, Viewer};
use crate::tui::command::{self, Level, Scope};
use crate::tui::keys::key_text;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// Makes the help for the present pane.
pub fn help(model: &Model) -> Viewer {
    let mut lines = Vec::new();
    let sections: [(&str, &dyn Fn(Scope) -> bool); 3] = [
        (model.pane().title, &|s| s == Scope::Pane(model.pane)),
        ("Everywhere", &|s| s == Scope::Everywhere),
        ("Moving", &|s| s == Scope::Moving),
    ];
    let heading = |text: &str| Text::line(text, Role::Title);
    for (title, belongs) in sections {
        if !lines.is_empty() {
            lines.push(heading(""));
        }
        lines.push(heading(title));
        for c in command::all().filter(|c| belongs(c.scope)) {
            let keys = model.keys_of(c).iter().map(key_text).collect::<Vec<_>>().join(" ");
            let mut text = c.doc.to_owned();
            if c.level == Level::Destroy {
                text.push_str(" Asks for the name first.");
            }
            if let Some(why) = command::refusal(model, c) {
                text.push_str(&format!(" (Not now: {why})"));
            }
            lines.push(Text { label: keys, text, role: Role::Text });
        }
    }
    lines.push(heading(""));
    lines.push(heading("In forms"));
    for (keys, text) in [
        ("Tab Up Down", "Moves between the fields; Shift-Tab goes back."),
        ("Enter", "Goes to the next field, and saves on the last one."),
        ("Left Right Space", "Changes a choice; in a field of ciphers Space opens the list of suites."),
        ("Ctrl-S F2", "Saves from any field."),
        ("Esc", "Goes back, and asks if something was changed."),
    ] {
        lines.push(Text { label: keys.into(), text: text.into(), role: Role::Text });
    }
    Viewer::new("Help", lines)
}
