//! Which keys run which command: those of the tables, and those of the settings over them.

use super::chord::Key;
use super::command::{self, Command};
use super::model::{Model, Mood};
use super::pane::PANES;

impl Model {
    /// Binds the keys of the table, and those of the settings over them. What cannot be is said and left out.
    pub(super) fn bind(&mut self) {
        let mut wrong = Vec::new();
        for command in command::all() {
            let keys = command.keys.iter().filter_map(|k| k.parse().ok()).collect();
            self.keys.insert(command.name, keys);
        }
        for (name, texts) in &self.settings.keys {
            let Some(command) = command::find(name) else {
                wrong.push(format!("settings, keys: there is no command {name}"));
                continue;
            };
            match texts.iter().map(|t| Key::binding(t)).collect::<Result<Vec<_>, _>>() {
                Err(error) => wrong.push(format!("settings, keys of {name}: {error}")),
                Ok(keys) => {
                    for other in command::all().filter(|o| o.name != *name && overlap(o, command)) {
                        if let Some(list) = self.keys.get_mut(other.name) {
                            list.retain(|k| !keys.contains(k));
                        }
                    }
                    self.keys.insert(command.name, keys);
                }
            }
        }
        for text in wrong {
            self.say(Mood::Warn, text);
        }
    }
}

fn overlap(a: &Command, b: &Command) -> bool {
    PANES.iter().any(|p| command::reaches(a, p.id) && command::reaches(b, p.id))
}

/// Writes a key as people know it: `Enter`, `Ctrl-S`, `q`.
pub fn key_text(key: &Key) -> String {
    match key {
        Key::Char(' ') => "Space".into(),
        Key::Char(c) => c.to_string(),
        Key::Ctrl(c) => format!("Ctrl-{}", c.to_ascii_uppercase()),
        Key::F(n) => format!("F{n}"),
        Key::PageUp => "PgUp".into(),
        Key::PageDown => "PgDn".into(),
        other => format!("{other:?}"),
    }
}
