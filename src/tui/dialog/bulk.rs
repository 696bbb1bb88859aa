//! Does the same to many records, one after the other, and shows what became of each. A failure does not stop the rest;
//! Esc leaves out what has not begun.

use ratatui::text::Line;

use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::model::error::{Error, Kind};
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
    end: Option<Result<String, String>>,
}

/// The tasks, of which those before `next` have begun.
#[derive(Debug, Clone)]
pub struct Bulk {
    title: String,
    tasks: Vec<Task>,
    next: usize,
    running: Option<JobId>,
    stopped: bool,
    top: usize,
}

/// Begins to run the verbs, each with what it is done to. One that needs a password which no stash has fails and says so.
pub(in crate::tui) fn start(
    model: &mut Model,
    title: impl Into<String>,
    verbs: Vec<(String, Verb)>,
) -> Vec<Effect> {
    let tasks = verbs.into_iter().map(|(label, verb)| Task { label, verb, end: None }).collect();
    let mut bulk = Bulk { title: title.into(), tasks, next: 0, running: None, stopped: false, top: 0 };
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

impl Bulk {
    /// Tells whether something runs or waits.
    pub fn works(&self) -> bool {
        self.running.is_some()
    }

    /// Returns the title.
    pub fn title(&self) -> &str {
        &self.title
    }

    /// Begins the next task, or says how it all ended.
    fn go_on(&mut self, model: &mut Model) -> Vec<Effect> {
        self.running = None;
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
            Err(error) if error.kind == Kind::Locked => {
                Err(format!("left alone, for it needs a password. {}", error.why))
            }
            Err(error) => Err(error.to_string()),
            Ok(Done::Outcome(outcome)) => {
                model.take(outcome.state);
                Ok(outcome.message)
            }
            Ok(_) => Err("an answer came that fits no question".into()),
        };
        task.end = Some(end);
        self.go_on(model)
    }

    /// Counts what was done, what failed, and what has not ended.
    fn counts(&self) -> (usize, usize, usize) {
        let done = self.tasks.iter().filter(|t| matches!(t.end, Some(Ok(_)))).count();
        let failed = self.tasks.iter().filter(|t| matches!(t.end, Some(Err(_)))).count();
        (done, failed, self.tasks.len() - done - failed)
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let page = usize::from(crate::tui::view::areas(model).sheet.1).saturating_sub(2).max(1);
        let lines = self.sheet(model, usize::from(crate::tui::view::areas(model).sheet.0)).body.len();
        let last = lines.saturating_sub(page);
        if let Input::Chord(key) = input {
            match key {
                Key::Esc | Key::Enter | Key::Char('q') if self.running.is_none() => {
                    return (None, Vec::new());
                }
                Key::Esc => self.stopped = true,
                Key::Up | Key::Char('k') => self.top = self.top.saturating_sub(1),
                Key::Down | Key::Char('j') => self.top += 1,
                Key::PageUp => self.top = self.top.saturating_sub(page),
                Key::PageDown | Key::Char(' ') => self.top += page,
                Key::Home | Key::Char('g') => self.top = 0,
                Key::End | Key::Char('G') => self.top = last,
                _ => {}
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
            let (word, role, text) = match &task.end {
                Some(Ok(text)) => ("done", Role::Ok, text.clone()),
                Some(Err(text)) => ("failed", Role::Bad, format!("{}: {text}", task.label)),
                None if running => ("working", Role::Title, task.label.clone()),
                None if self.stopped => ("left", Role::Warn, task.label.clone()),
                None => ("waits", Role::Dim, task.label.clone()),
            };
            if running {
                at_work = body.len();
            }
            let mut word = format!("{word:9}");
            // What failed says why in full; the rest takes a line each.
            let lines = match &task.end {
                Some(Err(_)) => wrap(&ink.symbols.text(&text.replace('\n', " ")), columns.saturating_sub(9)),
                _ => vec![cut(&ink.symbols.text(&text), columns.saturating_sub(9), ink.symbols.ellipsis)],
            };
            for line in lines {
                body.push(Line::from(vec![ink.span(role, &word), ink.symbol(Role::Text, line)]));
                word = " ".repeat(9);
            }
        }
        let (done, failed, left) = self.counts();
        let state = match self.running {
            Some(_) if self.stopped => "Ends with the one that has begun.".to_owned(),
            Some(_) => format!("{} of {}", self.next, self.tasks.len()),
            None => words(done, failed, left),
        };
        let hints = match self.running {
            Some(_) => vec![hint("Esc", "leave out what has not begun", 90), hint("Up/Down", "scroll", 60)],
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
