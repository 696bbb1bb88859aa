//! Guided tasks on the screen: which one, and the checklist of one. Each step runs the ordinary command at the right object;
//! the list is found again with the same key.

use ratatui::text::Line;

use super::form::{Form, Goal};
use super::menu::{Action, Menu, item};
use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet, hint, review};
use crate::desk::Verb;
use crate::model::State;
use crate::model::escape::visible;
use crate::model::finding::Subject;
use crate::model::task::{At, Case, GUIDES, Guide, Standing, Step, Task};
use crate::tui::chord::Key;
use crate::tui::command;
use crate::tui::job::{self, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::pane::{PaneId, RowKey, Target};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::wrap;

/// The checklist of a task, and the step that is chosen.
#[derive(Debug, Clone)]
pub struct Checklist {
    /// The task by name.
    pub name: String,
    cursor: usize,
    /// The step that was begun from here, by its key.
    doing: Option<&'static str>,
}

/// Goes back to the task that was left for a list, else offers those that are begun, and the guides.
pub(in crate::tui) fn choose(model: &mut Model) -> Vec<Effect> {
    if let Some(name) = model.task.take().filter(|name| model.state.tasks.contains_key(name)) {
        open(model, name);
        return Vec::new();
    }
    let mut items = Vec::new();
    let mut open: Vec<&Task> = model.state.tasks.values().filter(|t| t.ended.is_none()).collect();
    open.sort_by_key(|task| std::cmp::Reverse(task.started));
    for task in open {
        let case = Case { state: &model.state, task };
        let (done, all) = case.progress();
        let next = case.next().map_or("every step is done", |step| step.title);
        items.push(item(format!("{} ({done}/{all}): {next}", task.name), Action::Task(task.name.clone())));
    }
    let begun = items.len();
    for guide in GUIDES {
        let label = format!("Begin {}: {}", guide.key, guide.title);
        items.push(item(label, Action::Form(guide.title.to_owned(), Goal::StartTask(guide.key))));
    }
    for task in model.state.tasks.values().rev().filter(|t| t.ended.is_some()).take(20) {
        items.push(item(format!("Ended: {}", task.name), Action::Task(task.name.clone())));
    }
    let text = match begun {
        0 => "A task leads through ordinary commands, step by step; it can be left and resumed.",
        _ => "Those that are begun come first.",
    };
    let lines = vec![Text::line(text, Role::Dim)];
    model.dialogs.push(Dialog::Menu(Menu::new("Guided tasks", lines, items)));
    Vec::new()
}

/// Opens the checklist of a task at its next step.
pub(in crate::tui) fn open(model: &mut Model, name: String) {
    let Some(task) = model.state.tasks.get(&name) else { return };
    let next = Case { state: &model.state, task }.next().map(|step| step.key);
    let cursor = task.guide().and_then(|g| g.steps.iter().position(|s| Some(s.key) == next)).unwrap_or(0);
    model.dialogs.push(Dialog::Checklist(Checklist { name: name.clone(), cursor, doing: None }));
}

/// Proposes what a new task by this guide is about: what is selected, or the only certifier there is.
pub(super) fn proposed(model: &Model, guide: &'static Guide) -> Task {
    let here = |pane| (model.pane == pane).then(|| model.selected_name()).flatten();
    let known = |name: &String| model.state.certifiers.contains_key(name);
    let mut certifiers = model.state.certifiers.keys();
    let only = certifiers.next().filter(|_| certifiers.next().is_none()).cloned();
    let certifier = here(PaneId::Certifiers).filter(known).or(only).unwrap_or_default();
    let mut task = Task { guide: guide.key.into(), ..Task::default() };
    match (guide.makes("certifier"), guide.asks.contains(&"other")) {
        (true, true) => task.other = certifier,
        (true, false) => {}
        (false, _) => task.certifier = certifier,
    }
    if !guide.makes("keyring") {
        task.keyring = here(PaneId::Keyrings).unwrap_or_default();
    }
    if !guide.makes("person") {
        task.person = here(PaneId::People).unwrap_or_default();
    }
    match model.selected() {
        Some(RowKey::Request(id)) if !guide.brought => {
            task.request = model.state.requests.get(&id).filter(|r| r.status.is_open()).map(|r| r.id);
        }
        Some(RowKey::Issued(id)) if guide.asks.contains(&"serial") => {
            if let Some(row) = model.issued.rows.get(&id) {
                (task.certifier, task.serial) = (row.certifier.clone(), row.serial.to_string());
            }
        }
        _ => {}
    }
    task
}

/// Goes on in the checklists when something was done, wherever it was.
pub(in crate::tui) fn advance(model: &mut Model) {
    for dialog in &mut model.dialogs {
        if let Dialog::Checklist(list) = dialog {
            list.advance(&model.state);
        }
    }
}

/// Shows the receipt of a task that was ended.
pub(in crate::tui) fn went_on(model: &mut Model, verb: &Verb) -> Vec<Effect> {
    match verb {
        Verb::EndTask { name, .. } => vec![print(model, name.clone())],
        _ => Vec::new(),
    }
}

fn print(model: &mut Model, name: String) -> Effect {
    let workspace = model.settings.workspace.clone();
    model.start(Job::Receipt(name.clone()), |id| Effect::Receipt(id, name, workspace)).1
}

/// Shows a receipt that was written.
pub(in crate::tui) fn receipt(model: &mut Model, name: &str, text: &str) {
    let lines = text.lines().map(str::to_owned).collect();
    model.dialogs.push(Dialog::Viewer(Viewer::of_lines(format!("Receipt of {name}"), lines)));
}

impl Checklist {
    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let state = model.state.clone();
        let Some(task) = state.tasks.get(&self.name) else { return (None, Vec::new()) };
        let steps = task.guide().map_or(&[][..], |g| g.steps);
        let Input::Chord(key) = input else { return (Some(Dialog::Checklist(self)), Vec::new()) };
        let chosen = steps.get(self.cursor);
        let before = self.cursor;
        let mut effects = Vec::new();
        match key {
            Key::Esc | Key::Char('q') => return (None, effects),
            Key::Up | Key::Char('k') => self.cursor = self.cursor.saturating_sub(1),
            Key::Down | Key::Char('j') => self.cursor += 1,
            Key::Home | Key::Char('g') => self.cursor = 0,
            Key::End | Key::Char('G') => self.cursor = steps.len(),
            Key::Enter => {
                if let Some(step) = chosen {
                    return self.go(model, task, step);
                }
            }
            Key::Char('p') => {
                effects = vec![print(model, self.name.clone())];
            }
            Key::Char('t' | 'e' | 'f' | ' ') if model.settings.read_only.is_some() => {
                model.say(Mood::Warn, "Not done: this session is read-only.");
            }
            Key::Char('t' | ' ') => match chosen {
                Some(step) if !step.takes_tick() => {
                    model.say(Mood::Plain, "This step is seen in the workspace itself; Enter does it.");
                }
                Some(step) if task.ticks.contains_key(step.key) => {
                    let (name, step) = (self.name.clone(), step.key.to_owned());
                    effects = job::go(model, Verb::TickTask { name, step, note: String::new(), done: false });
                }
                Some(step) => {
                    self.doing = Some(step.key);
                    let goal = Goal::Tick(self.name.clone(), step.key);
                    let form = Form::new(model, step.title, goal);
                    model.dialogs.push(Dialog::Form(form));
                }
                None => {}
            },
            Key::Char('e') => {
                let form = Form::new(
                    model,
                    format!("What {} is about", task.name),
                    Goal::Task(Box::new(task.clone())),
                );
                model.dialogs.push(Dialog::Form(form));
            }
            Key::Char('f') => {
                let next = Case { state: &state, task }.next();
                let end = |anyway| Action::Verb(Verb::EndTask { name: task.name.clone(), anyway });
                let (text, label) = match next {
                    None => ("Every step is done.".to_owned(), "End it"),
                    Some(step) => {
                        (format!("The next step is still open: {}.", step.title), "End it all the same")
                    }
                };
                let lines = vec![Text::line(text, Role::Text)];
                let mut items = vec![item(label, end(next.is_some())), item("Back", Action::Close)];
                if next.is_some() {
                    items.reverse();
                }
                model.dialogs.push(Dialog::Menu(Menu::new(format!("End {}?", task.name), lines, items)));
            }
            Key::Char(';') => return (None, choose(model)),
            _ => {}
        }
        self.cursor = self.cursor.min(steps.len().saturating_sub(1));
        if self.cursor != before {
            self.doing = None;
        }
        (Some(Dialog::Checklist(self)), effects)
    }

    /// Runs the command of a step at its object. What it opens stands above the checklist, which comes back when that is
    /// done; where it only goes to a list, the checklist comes back with its key.
    fn go(mut self, model: &mut Model, task: &Task, step: &'static Step) -> (Option<Dialog>, Vec<Effect>) {
        let state = model.state.clone();
        let case = Case { state: &state, task };
        let Some(command) = command::find(case.command(step)) else {
            let text = "This happens outside of the program; t ticks it when it is done.";
            model.say(Mood::Plain, text);
            return (Some(Dialog::Checklist(self)), Vec::new());
        };
        let object = match step.at {
            At::Nothing => None,
            At::Maybe(find) => find(&case),
            At::Only(find) => match find(&case) {
                Some(object) => Some(object),
                None => {
                    let text = "What this step is about is not there yet: do the steps before it, or name it with e.";
                    model.say(Mood::Warn, text);
                    return (Some(Dialog::Checklist(self)), Vec::new());
                }
            },
        };
        let target = object.and_then(|subject| match subject {
            Subject::Issued(_, serial) => {
                Some(Target::Filter(PaneId::Certificates, format!("serial:{serial}")))
            }
            subject => RowKey::of(&subject).map(|(pane, key)| Target::Row(pane, key)),
        });
        if let Some(target) = target {
            model.jump(target);
        }
        model.status = None;
        let mut effects = command::dispatch(model, command);
        match model.dialogs.last_mut() {
            Some(Dialog::Form(form)) => form.propose(&case.fills(step)),
            Some(Dialog::Review(review)) => {
                let id = review.id;
                effects.extend(review::propose(model, id, &case.fills(step)));
            }
            Some(_) => {}
            None if effects.is_empty()
                && model.status.as_ref().is_none_or(|said| said.mood != Mood::Warn) =>
            {
                model.task = Some(self.name);
                model.say(Mood::Plain, format!("{}. ; comes back to the task.", step.title));
                return (None, effects);
            }
            None => {}
        }
        self.doing = Some(step.key);
        (Some(Dialog::Checklist(self)), effects)
    }

    /// Goes on to the next open step, once the one that was begun from here is done.
    fn advance(&mut self, state: &State) {
        let Some(task) = state.tasks.get(&self.name) else { return };
        let case = Case { state, task };
        let steps = task.guide().map_or(&[][..], |g| g.steps);
        let Some(at) = steps.iter().position(|step| Some(step.key) == self.doing) else { return };
        let done = |step: &Step| case.standing(step).is_done();
        if steps.get(at).is_some_and(done) {
            let mut onward = steps.iter().enumerate().cycle().skip(at + 1).take(steps.len());
            let next = onward.find(|(_, step)| !done(step));
            self.cursor = next.map_or(at, |(next, _)| next);
            self.doing = next.map(|(_, step)| step.key);
        }
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let Some(task) = model.state.tasks.get(&self.name) else { return Sheet::default() };
        let case = Case { state: &model.state, task };
        let steps = task.guide().map_or(&[][..], |g| g.steps);
        let next = case.next().map(|step| step.key);
        let mut body: Vec<Line<'static>> = Vec::new();
        for (i, step) in steps.iter().enumerate() {
            let chosen = i == self.cursor;
            let (mark, role) = match case.standing(step) {
                Standing::Seen => ("x", Role::Ok),
                Standing::Ticked(_) => ("t", Role::Ok),
                Standing::Open if next == Some(step.key) => (">", Role::Title),
                Standing::Open => (" ", Role::Text),
            };
            let mut line: Line<'static> = vec![
                ink.symbol(Role::Text, format!("{} ", if chosen { ink.symbols.pointer } else { " " })),
                ink.span(role, &format!("[{mark}] {:>2}. {}", i + 1, step.title)),
            ]
            .into();
            if chosen {
                line = line.patch_style(ink.style(Role::Selected));
            }
            body.push(line);
        }
        let mut foot = vec![ink.line(Role::Text, "")];
        if let Some(step) = steps.get(self.cursor) {
            let mut part = |role, text: &str| {
                if text.is_empty() {
                    return;
                }
                foot.extend(wrap(&ink.symbols.text(text), columns).iter().map(|l| ink.line(role, l)));
            };
            part(Role::Text, step.why);
            part(Role::Title, &(step.shows)(&model.look()));
            match case.standing(step) {
                Standing::Ticked(tick) => {
                    let note = if tick.note.is_empty() {
                        String::new()
                    } else {
                        format!(": {}", visible(&tick.note))
                    };
                    part(Role::Ok, &format!("Ticked on {} by {}{note}", tick.at.text(), visible(&tick.by)));
                }
                Standing::Seen => part(Role::Ok, "Done: the workspace shows it."),
                Standing::Open if step.seen.is_none() => {
                    part(Role::Dim, "A person ticks this with t when it is done.")
                }
                Standing::Open if step.takes_tick() => {
                    part(Role::Dim, "The workspace shows it; done in another way, a person ticks it with t.")
                }
                Standing::Open => {}
            }
            if let Some(line) = case.command_line(step) {
                part(Role::Dim, &format!("ringmaster {line}"));
            }
        }
        let (done, all) = case.progress();
        if done == all && task.ended.is_none() {
            foot.push(ink.line(Role::Ok, "Every step is done: f ends the task and shows its receipt."));
        }
        let ended = if task.ended.is_some() { ", ended" } else { "" };
        let page = usize::from(areas(model).sheet.1).saturating_sub(foot.len()).max(1);
        Sheet {
            title: format!("{}: {done} of {all} done{ended}", task.name),
            body,
            foot,
            cursor: Some((self.cursor, 0)),
            top: Some((self.cursor + 1).saturating_sub(page)),
            hints: vec![
                hint("Enter", "do it", 90),
                hint("Esc", "leave it", 88),
                hint("t", "tick", 80),
                hint("e", "what it is about", 70),
                hint("p", "receipt", 75),
                hint("f", "end", 60),
                hint(";", "other tasks", 50),
            ],
            tall: true,
            ..Sheet::default()
        }
    }
}
