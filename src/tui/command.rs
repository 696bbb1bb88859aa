//! The COMMANDS of the whole console and the one gate through which they run: a read-only session, a reason why not,
//! and a confirmation for what destroys are asked nowhere else.

use super::chord::Key;
use super::dialog::Dialog;
use super::dialog::confirm::Confirm;
use super::model::{Model, Mood};
use super::msg::Effect;
use super::pane::{PANES, PaneId, RowKey, Target};
use crate::model::error::Error;

/// Where the keys of a command work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Wherever a list is.
    Everywhere,
    /// Wherever a list is, to move in it.
    Moving,
    /// In one pane.
    Pane(PaneId),
}

/// How dangerous a command is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Changes nothing in the workspace.
    Read,
    /// Changes the workspace.
    Write,
    /// Takes something away; asks for its name first.
    Destroy,
}

/// What a person confirms before something is taken away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// What has to be typed.
    pub word: String,
    /// What will be changed, one paragraph each.
    pub lines: Vec<String>,
}

/// A command of the console. To add one is to add one entry to a table.
#[derive(Debug)]
pub struct Command {
    /// `object.verb`: the name in settings, errors, findings and docs.
    pub name: &'static str,
    /// The word or two in footer and palette.
    pub title: &'static str,
    /// The keys, as settings write them.
    pub keys: &'static [&'static str],
    /// Where the keys work.
    pub scope: Scope,
    /// How dangerous it is.
    pub level: Level,
    /// One sentence that says what it does.
    pub doc: &'static str,
    /// The command line that does the same.
    pub cli: Option<&'static str>,
    /// How much the footer wants to show it; 0 never.
    pub weight: u8,
    /// Says why it cannot run now.
    pub ready: fn(&Model) -> Result<(), String>,
    /// What to confirm; present exactly where the level is [`Level::Destroy`].
    pub confirm: Option<fn(&Model) -> Question>,
    /// Does it.
    pub run: fn(&mut Model) -> Vec<Effect>,
}

impl Command {
    /// Makes what the entries of a table have in common; each says the rest.
    pub(super) const fn of(scope: Scope, level: Level, ready: fn(&Model) -> Result<(), String>) -> Self {
        Self {
            name: "",
            title: "",
            keys: &[],
            scope,
            level,
            doc: "",
            cli: None,
            weight: 0,
            ready,
            confirm: None,
            run: |_| Vec::new(),
        }
    }
}

/// Lists every command: those of the panes in their order, then those that work everywhere.
pub fn all() -> impl Iterator<Item = &'static Command> {
    PANES
        .iter()
        .flat_map(|p| p.commands.iter().copied().flatten())
        .chain(super::everywhere::COMMANDS)
        .chain(super::compromised::COMMANDS)
        .chain(super::moving::COMMANDS)
}

/// Finds a command by name.
pub fn find(name: &str) -> Option<&'static Command> {
    all().find(|c| c.name == name)
}

/// Tells whether the keys of a command work in this pane.
pub fn reaches(command: &Command, pane: PaneId) -> bool {
    match command.scope {
        Scope::Everywhere | Scope::Moving => true,
        Scope::Pane(id) => id == pane,
    }
}

/// Finds the command that a key runs in the present pane.
pub fn of_key(model: &Model, key: Key) -> Option<&'static Command> {
    all().find(|c| reaches(c, model.pane) && model.keys_of(c).contains(&key))
}

/// Says why a command cannot run now, if so: the session may only read, or the record does not allow it.
pub fn refusal(model: &Model, command: &Command) -> Option<String> {
    if command.level > Level::Read
        && let Some(why) = &model.settings.read_only
    {
        return Some(format!("this session is read-only: {why}"));
    }
    (command.ready)(model).err()
}

/// Runs a command through the gate.
pub fn dispatch(model: &mut Model, command: &'static Command) -> Vec<Effect> {
    if let Scope::Pane(pane) = command.scope
        && pane != model.pane
    {
        model.pane = pane;
    }
    if let Some(why) = refusal(model, command) {
        model.say(Mood::Warn, format!("Not done ({}): {why}", command.title));
        return Vec::new();
    }
    if let Some(question) = command.confirm {
        let question = question(model);
        let key = model.selected();
        model.dialogs.push(Dialog::Confirm(Confirm::new(command, question, model.pane, key)));
        return Vec::new();
    }
    (command.run)(model)
}

/// Runs the command that an error names, on the object that it is about where that is another one than the selected.
pub fn that_helps(model: &mut Model, error: &Error) -> Vec<Effect> {
    let Some(command) = error.command.and_then(find) else { return Vec::new() };
    let object = error.about.as_deref().and_then(RowKey::of);
    if let Some((pane, row)) = object.filter(|(pane, _)| command.scope == Scope::Pane(*pane)) {
        model.jump(Target::Row(pane, row.clone()));
        if model.selected().as_ref() != Some(&row) {
            model.say(Mood::Warn, format!("It is not in the list any more. {}", error.next));
            return Vec::new();
        }
    }
    dispatch(model, command)
}

/// Runs a command whose question was answered, on the record it was asked about and no other.
pub(super) fn confirmed(
    model: &mut Model,
    command: &'static Command,
    pane: PaneId,
    key: Option<&RowKey>,
) -> Vec<Effect> {
    model.pane = pane;
    if key.is_some_and(|key| !model.select(key)) {
        model.say(Mood::Bad, "Not done: the record is not there any more.");
        return Vec::new();
    }
    if let Some(why) = refusal(model, command) {
        model.say(Mood::Warn, format!("Not done ({}): {why}", command.title));
        return Vec::new();
    }
    (command.run)(model)
}

/// Writes the reference of all commands, `docs/commands.md`.
pub fn commands_markdown() -> String {
    let mut out = String::from(
        "# Commands\n\nThis page is made from the table of commands; `RINGMASTER_BLESS=1 cargo test docs` writes it anew.\n\
        Keys can be changed in `config.ron` under `keys`, by the name of the command.\n",
    );
    let mut section = |title: &str, scope: &dyn Fn(&Scope) -> bool| {
        out.push_str(&format!(
            "\n## {title}\n\n| keys | command | what it does | command line |\n|---|---|---|---|\n"
        ));
        for c in all().filter(|c| scope(&c.scope)) {
            let keys = c.keys.iter().map(|k| format!("`{k}`")).collect::<Vec<_>>().join(" ");
            let cli = c.cli.map_or_else(String::new, |cli| format!("`ringmaster {cli}`"));
            let danger = if c.level == Level::Destroy { " Asks for the name first." } else { "" };
            out.push_str(&format!("| {keys} | `{}` | {}{danger} | {cli} |\n", c.name, c.doc));
        }
    };
    for pane in PANES {
        section(pane.title, &|s| *s == Scope::Pane(pane.id));
    }
    section("Everywhere", &|s| *s == Scope::Everywhere);
    section("Moving", &|s| *s == Scope::Moving);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_has_one_name_one_sentence_and_a_command_line_if_it_writes() {
        let mut names = std::collections::BTreeSet::new();
        for c in all() {
            assert!(names.insert(c.name), "{} stands twice", c.name);
            assert!(
                c.name.split_once('.').is_some_and(|(o, v)| !o.is_empty() && !v.is_empty()),
                "{}",
                c.name
            );
            assert!(
                c.doc.ends_with('.') && !c.doc.contains(". ") && !c.doc.contains('|'),
                "{}: {}",
                c.name,
                c.doc
            );
            assert!(c.doc.starts_with(char::is_uppercase), "{}: {}", c.name, c.doc);
            assert!(c.level == Level::Read || c.cli.is_some(), "{} has no command line", c.name);
            assert_eq!(c.level == Level::Destroy, c.confirm.is_some(), "{}", c.name);
        }
    }

    #[test]
    fn no_two_commands_share_a_key_where_both_work() {
        for pane in PANES {
            let mut seen = std::collections::BTreeMap::new();
            for c in all().filter(|c| reaches(c, pane.id)) {
                for text in c.keys {
                    let key = Key::binding(text).unwrap();
                    if let Some(other) = seen.insert(key, c.name) {
                        panic!("{text} runs {other} and {} in {}", c.name, pane.title);
                    }
                }
            }
        }
    }

    #[test]
    fn what_destroys_has_a_capital_key() {
        for c in all().filter(|c| c.level == Level::Destroy) {
            let capital = |k: &&str| k.len() == 1 && k.chars().all(char::is_uppercase);
            assert!(c.keys.iter().all(capital), "{}", c.name);
        }
    }
}
