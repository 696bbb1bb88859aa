//! The one function that changes the model: takes a message in and returns what the loop shall do.

use super::brought::Given;
use super::chord::Key;
use super::command;
use super::dialog::Dialog;
use super::job::{self, Job, ReadFor};
use super::model::{Focus, Model, Mood};
use super::msg::{Effect, Input, Msg};

/// Takes a message into the model and returns what the loop shall do.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = match msg {
        Msg::Input(input) => take(model, &input),
        Msg::Resize(columns, rows) => {
            model.size = (columns, rows);
            model.move_to(model.here().cursor);
            Vec::new()
        }
        Msg::Done(id, answer) => super::answer::done(model, id, answer),
        Msg::Told(id, text) => {
            for dialog in model.dialogs.iter_mut().filter(|d| d.busy() == Some(id)) {
                dialog.told(&text);
            }
            Vec::new()
        }
        Msg::State(state) => {
            model.take(state);
            Vec::new()
        }
        Msg::Tick(now) => {
            model.tick(now);
            let logging = model.jobs.values().any(|(job, _)| *job == Job::Log);
            let follows = model.dialogs.iter().any(Dialog::follows);
            if follows && !logging { vec![model.start(Job::Log, Effect::ServiceLog).1] } else { Vec::new() }
        }
        Msg::Rest => {
            model.held = None;
            Vec::new()
        }
        Msg::Signal(code) => return vec![Effect::Quit(u8::try_from(code).unwrap_or(1))],
    };
    effects.extend(super::findings::fetch(model));
    effects.extend(super::issued::fetch(model));
    effects
}

/// Routes input: the dialog on top, else the filter line, else a command.
fn take(model: &mut Model, input: &Input) -> Vec<Effect> {
    let moves = |key| command::of_key(model, key).is_some_and(|c| c.scope == command::Scope::Moving);
    let on = model.repeating && model.dialogs.is_empty() && model.focus == Focus::List;
    if !matches!(input, Input::Chord(key) if on && moves(*key)) {
        model.held = None;
    }
    let always = match input {
        Input::Chord(Key::Ctrl('z')) => command::find("console.suspend"),
        Input::Chord(Key::Ctrl('c')) => command::find("console.quit"),
        _ => None,
    };
    if let Some(command) = always {
        return command::dispatch(model, command);
    }
    if let Some(dialog) = model.dialogs.pop() {
        let depth = model.dialogs.len();
        let (kept, effects) = dialog.input(model, input);
        if let Some(dialog) = kept {
            // What it opened stands above it.
            let at = depth.min(model.dialogs.len());
            model.dialogs.insert(at, dialog);
        }
        return effects;
    }
    if let Focus::Filter(line) = &mut model.focus {
        let line = std::mem::take(line);
        return super::filter::input(model, line, input);
    }
    match input {
        Input::Paste(_, true) => {
            model.say(Mood::Warn, "The paste is larger than 16 MiB and was left alone; import it as a file.");
            Vec::new()
        }
        Input::Paste(text, false) if text.contains("-----BEGIN") => {
            vec![job::read(model, ReadFor::Anything, Given::pasted(text), None).1]
        }
        Input::Paste(..) => {
            model.say(
                Mood::Plain,
                "A paste is only taken here when it holds PEM (-----BEGIN ...); nothing was done.",
            );
            Vec::new()
        }
        Input::Chord(Key::Esc) => back(model),
        Input::Chord(key) => match command::of_key(model, *key) {
            Some(command) => command::dispatch(model, command),
            None => {
                let key = super::keys::key_text(key);
                model.say(Mood::Plain, format!("{key} does nothing here; ? shows every key."));
                Vec::new()
            }
        },
    }
}

/// Goes one step back: from the detail to the list, from a narrowed list to the whole one. Never leaves the console.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.focus == Focus::Detail {
        model.focus = Focus::List;
    } else if !model.here().filter.is_empty() || model.here().findings {
        let key = model.selected();
        let pane = model.here_mut();
        pane.filter.clear();
        pane.findings = false;
        model.status = None;
        model.list();
        if let Some(key) = key {
            model.keep(&key);
        }
    } else if !model.here().marked.is_empty() {
        model.here_mut().marked.clear();
    } else {
        model.status = None;
    }
    Vec::new()
}
