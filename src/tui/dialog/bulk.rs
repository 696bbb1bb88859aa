//! Does the same to many records, one after the other or in batches, and shows what became of each. A failure does not stop
//! the rest; p pauses after what has begun, and Esc leaves out what has not begun.

use ratatui::text::Line;

use super::form::Form;
use super::scroll::scrolled;
use super::secret::Opens;
use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::model::error::{Error, Kind};
use crate::ops::issue::became;
use crate::tui::chord::Key;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Done, Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::widget::text::{cut, wrap};

/// One record and what becomes of it.
#[derive(Debug, Clone)]
struct Task {
    label: String,
    verb: Verb,
    /// What became of each record: one, or those of a batch.
    end: Option<Vec<Result<String, String>>>,
}

impl Task {
    /// Returns how many records it is about.
    fn records(&self) -> usize {
        match &self.verb {
            Verb::Issue { ids } => ids.len(),
            _ => 1,
        }
    }
}

/// The tasks, of which those before `next` have begun.
#[derive(Debug, Clone)]
pub struct Bulk {
    title: String,
    tasks: Vec<Task>,
    next: usize,
    running: Option<JobId>,
    stopped: bool,
    paused: bool,
    /// Whether it waits for a certifier to be unlocked or for a witness, and goes on by itself then.
    locked: bool,
    top: usize,
}

/// Begins to run the verbs, each with what it is done to. One that needs a password which no stash has fails and says so.
pub(in crate::tui) fn start(
    model: &mut Model,
    title: impl Into<String>,
    verbs: Vec<(String, Verb)>,
) -> Vec<Effect> {
    let tasks = verbs.into_iter().map(|(label, verb)| Task { label, verb, end: None }).collect();
    let mut bulk = Bulk {
        title: title.into(),
        tasks,
        next: 0,
        running: None,
        stopped: false,
        paused: false,
        locked: false,
        top: 0,
    };
    let effects = bulk.go_on(model);
    model.dialogs.push(Dialog::Bulk(bulk));
    effects
}

/// Takes the answer of a job, if it is one of a bulk; gives it back if not.
pub(in crate::tui) fn answered(
    model: &mut Model,
    id: JobId,
    answer: Result<Done, Error>,
) -> Result<Vec<Effect>, Result<Done, Error>> {
    let found = model.dialogs.iter().position(|d| matches!(d, Dialog::Bulk(b) if b.running == Some(id)));
    let Some(Dialog::Bulk(mut bulk)) = found.and_then(|at| model.dialogs.get(at).cloned()) else {
        return Err(answer);
    };
    model.jobs.remove(&id);
    let effects = bulk.take(model, answer);
    if let Some(place) = found.and_then(|at| model.dialogs.get_mut(at)) {
        *place = Dialog::Bulk(bulk);
    }
    Ok(effects)
}

/// Goes on with what waited for a certifier to be unlocked, or for a witness.
pub(in crate::tui) fn unlocked(model: &mut Model) -> Vec<Effect> {
    let found = model.dialogs.iter().position(|d| matches!(d, Dialog::Bulk(b) if b.locked && b.waits()));
    let Some(Dialog::Bulk(mut bulk)) = found.and_then(|at| model.dialogs.get(at).cloned()) else {
        return Vec::new();
    };
    (bulk.locked, bulk.paused) = (false, false);
    let effects = bulk.go_on(model);
    if let Some(place) = found.and_then(|at| model.dialogs.get_mut(at)) {
        *place = Dialog::Bulk(bulk);
    }
    effects
}

impl Bulk {
    /// Tells whether something runs or waits.
    pub fn works(&self) -> bool {
        self.running.is_some() || self.waits()
    }

    /// Tells whether it is paused with something left to do.
    fn waits(&self) -> bool {
        self.running.is_none() && self.paused && !self.stopped && self.next < self.tasks.len()
    }

    /// Returns the title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Begins the next task, or says how it all ended.
    fn go_on(&mut self, model: &mut Model) -> Vec<Effect> {
        self.running = None;
        if self.paused && !self.stopped && self.next < self.tasks.len() {
            return Vec::new();
        }
        let task = self.tasks.get(self.next).filter(|_| !self.stopped);
        let Some(Task { verb, .. }) = task else {
            let (done, failed, left) = self.counts();
            let mood = if failed + left > 0 { Mood::Warn } else { Mood::Good };
            model.say(mood, format!("{}: {}", self.title, words(done, failed, left)));
            return Vec::new();
        };
        self.next += 1;
        let (id, effect) = crate::tui::job::run(model, verb.clone());
        self.running = Some(id);
        vec![effect]
    }

    fn take(&mut self, model: &mut Model, answer: Result<Done, Error>) -> Vec<Effect> {
        let Some(task) = self.next.checked_sub(1).and_then(|at| self.tasks.get_mut(at)) else {
            return Vec::new();
        };
        let end = match answer {
            // Nothing of the batch was signed: it goes on when the key is unlocked.
            Err(error) if error.kind == Kind::Locked && matches!(task.verb, Verb::Issue { .. }) => {
                let locked = task.verb.signers(&model.state, &model.settings.operator);
                let locked = locked.into_iter().find(|name| !model.unlocked.contains(name));
                (self.running, self.paused, self.locked) = (None, true, true);
                self.next -= 1;
                if let Some(name) = locked {
                    crate::tui::job::ask(model, Opens::Certifier(name, None));
                }
                model.say(Mood::Plain, "The certifier is locked: nothing was signed yet.");
                return Vec::new();
            }
            Err(error) if error.kind == Kind::Unwitnessed && matches!(task.verb, Verb::Issue { .. }) => {
                (self.running, self.paused, self.locked) = (None, true, true);
                self.next -= 1;
                Form::witness(model, &error, None);
                return Vec::new();
            }
            Err(error) if error.kind == Kind::Locked => {
                vec![Err(format!("left alone, for it needs a password. {}", error.why))]
            }
            Err(error) => vec![Err(error.to_string()); task.records()],
            Ok(Done::Outcome(outcome)) => {
                let end = match &task.verb {
                    Verb::Issue { ids } => {
                        let each = ids.iter().map(|id| became(&outcome.facts, &outcome.state, *id));
                        each.map(|(good, text)| if good { Ok(text) } else { Err(text) }).collect()
                    }
                    _ => vec![Ok(outcome.message)],
                };
                model.take(outcome.state);
                end
            }
            Ok(_) => vec![Err("an answer came that fits no question".into())],
        };
        task.end = Some(end);
        self.go_on(model)
    }

    /// Counts what was done, what failed, and what has not ended.
    fn counts(&self) -> (usize, usize, usize) {
        let ends = || self.tasks.iter().flat_map(|t| t.end.iter().flatten());
        let done = ends().filter(|end| end.is_ok()).count();
        let left = self.tasks.iter().filter(|t| t.end.is_none()).map(Task::records).sum();
        (done, ends().count() - done, left)
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let page = usize::from(crate::tui::view::areas(model).sheet.1).saturating_sub(2).max(1);
        let lines = self.sheet(model, usize::from(crate::tui::view::areas(model).sheet.0)).body.len();
        let last = lines.saturating_sub(page);
        if let Input::Chord(key) = input {
            match key {
                Key::Char('p') if self.waits() => {
                    self.paused = false;
                    let effects = self.go_on(model);
                    return (Some(Dialog::Bulk(self)), effects);
                }
                Key::Char('p') if self.running.is_some() => self.paused = !self.paused,
                Key::Esc if self.waits() => {
                    self.stopped = true;
                    let effects = self.go_on(model);
                    return (Some(Dialog::Bulk(self)), effects);
                }
                Key::Esc | Key::Enter | Key::Char('q') if self.running.is_none() => {
                    return (None, super::batch::renew(model));
                }
                Key::Esc => self.stopped = true,
                _ => self.top = scrolled(*key, self.top, last, page),
            }
        }
        self.top = self.top.min(last);
        (Some(Dialog::Bulk(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let mut body: Vec<Line<'static>> = Vec::new();
        let mut at_work = 0;
        for (at, task) in self.tasks.iter().enumerate() {
            let running = self.running.is_some() && at + 1 == self.next;
            if running {
                at_work = body.len();
            }
            // What failed says why in full; the rest takes a line each.
            let mut add = |word: &str, role: Role, text: &str, whole: bool| {
                let room = columns.saturating_sub(9);
                let lines = match whole {
                    true => wrap(&ink.symbols.text(&text.replace('\n', " ")), room),
                    false => vec![cut(&ink.symbols.text(text), room, ink.symbols.ellipsis)],
                };
                let mut word = format!("{word:9}");
                for line in lines {
                    body.push(Line::from(vec![ink.span(role, &word), ink.symbol(Role::Text, line)]));
                    word = " ".repeat(9);
                }
            };
            let one = task.records() == 1;
            match &task.end {
                None if running => add("working", Role::Title, &task.label, false),
                None if self.stopped => add("left", Role::Warn, &task.label, false),
                None => add("waits", Role::Dim, &task.label, false),
                Some(ends) => ends.iter().for_each(|end| match end {
                    Ok(text) => add("done", Role::Ok, text, false),
                    Err(text) if one => add("failed", Role::Bad, &format!("{}: {text}", task.label), true),
                    Err(text) => add("failed", Role::Bad, text, true),
                }),
            }
        }
        let (done, failed, left) = self.counts();
        let state = match self.running {
            Some(_) if self.stopped => "Ends with the one that has begun.".to_owned(),
            Some(_) if self.paused => "Pauses after what has begun.".to_owned(),
            Some(_) if done + failed + left > self.tasks.len() => {
                format!("{} of {}", done + failed, done + failed + left)
            }
            Some(_) => format!("{} of {}", self.next, self.tasks.len()),
            None if self.waits() => format!("Paused: {done} done, {failed} failed, {left} wait."),
            None => words(done, failed, left),
        };
        let hints = match self.running {
            None if self.waits() => {
                vec![
                    hint("p", "go on", 95),
                    hint("Esc", "leave out the rest", 90),
                    hint("Up/Down", "scroll", 60),
                ]
            }
            Some(_) => vec![
                hint("Esc", "leave out what has not begun", 90),
                hint("p", if self.paused { "no pause" } else { "pause" }, 80),
                hint("Up/Down", "scroll", 60),
            ],
            None => vec![hint("Esc", "back", 90), hint("Up/Down", "scroll", 60)],
        };
        // While it works, what is being done stays in sight.
        let follow = self.running.is_some() && self.top == 0;
        Sheet {
            title: self.title.clone(),
            body,
            foot: vec![ink.line(Role::Title, &state)],
            cursor: follow.then_some((at_work, 0)),
            top: (!follow).then_some(self.top),
            hints,
            tall: true,
            ..Sheet::default()
        }
    }
}

fn words(done: usize, failed: usize, left: usize) -> String {
    let left = if left > 0 { format!(", {left} left out") } else { String::new() };
    format!("{done} done, {failed} failed{left}.")
}
