//! Begins, changes, ticks and ends guided tasks. They do nothing themselves: each step is an ordinary command.

use super::Env;
use crate::model::State;
use crate::model::audit::Head;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::keyring::check_name;
use crate::model::task::{Case, Standing, Task, Tick};
use crate::store::document;

/// Begins a task. `asked` names the guide and what it is about; its name follows from guide and day. A guide that asks for a
/// certifier takes the only one there is.
///
/// Errors: no such guide; what it makes has no name; what it is about is not there.
pub fn start_task(state: &State, asked: &Task, head: Head, env: &mut Env<'_>) -> Result<Change> {
    let guide = asked.guide().ok_or_else(|| {
        Error::not_found("guide", &asked.guide).next("List them with: ringmaster task list")
    })?;
    let day = format!("{}-{}", guide.key, env.now.date());
    let more = (2..).map(|n| format!("{day}-{n}"));
    let free =
        |name: &String| !state.tasks.contains_key(name) && state.unread(&document::task_path(name)).is_none();
    let name = std::iter::once(day.clone()).chain(more).find(free).unwrap_or_default();
    let mut task = Task {
        name,
        guide: guide.key.into(),
        by: env.operator.to_owned(),
        started: env.now,
        from: head,
        after: state.requests.keys().next_back().copied(),
        ticks: Default::default(),
        ended: None,
        ..asked.clone()
    };
    for (field, name) in
        [("certifier", &task.certifier), ("keyring", &task.keyring), ("person", &task.person)]
    {
        if name.is_empty() && guide.makes(field) {
            return Err(Error::usage(format!("The task needs the name of the {field} that it makes."))
                .why("The checklist finds by that name what is done.")
                .next("Name it; what is made then gets that name."));
        }
    }
    there(state, &task)?;
    if task.certifier.is_empty() && guide.asks.contains(&"certifier") && !guide.makes("certifier") {
        let mut names = state.certifiers.keys();
        if let (Some(only), None) = (names.next(), names.next()) {
            task.certifier.clone_from(only);
        }
    }
    saved(task, "begun")
}

/// Refuses a name that nothing here has, where the guide does not make what it names: no step would ever be done.
fn there(state: &State, task: &Task) -> Result<()> {
    let makes = |field: &str| task.guide().is_some_and(|guide| guide.makes(field));
    let known = [
        ("certifier", &task.certifier, state.certifiers.contains_key(&task.certifier)),
        ("keyring", &task.keyring, state.keyrings.contains_key(&task.keyring)),
        ("person", &task.person, state.people.contains_key(&task.person)),
    ];
    for (noun, name, known) in known {
        if !name.is_empty() && !known && !makes(noun) {
            return Err(Error::not_found(noun, name).next("Name one that is here, or none."));
        }
    }
    match task.request.filter(|id| !state.requests.contains_key(id)) {
        Some(id) => Err(Error::not_found("request", &id.to_string()).next("Name an open one, or none.")),
        None => Ok(()),
    }
}

/// Changes what a task is about. Errors: no such task, or it is ended; nothing has the name.
pub fn change_task(state: &State, changed: &Task) -> Result<Change> {
    open(state, &changed.name)?;
    there(state, changed)?;
    saved(changed.clone(), "changed")
}

/// Ticks a step that the state cannot tell, or takes the tick back.
///
/// Errors: no such step; the state can tell, and says that it is not done.
pub fn tick_task(
    state: &State,
    name: &str,
    step: &str,
    note: &str,
    done: bool,
    env: &Env<'_>,
) -> Result<Change> {
    let mut task = open(state, name)?.clone();
    let steps = task.guide().map_or(&[][..], |g| g.steps);
    let found = step.parse::<usize>().ok().and_then(|n| steps.get(n.checked_sub(1)?));
    let found = found.or_else(|| steps.iter().find(|s| s.key == step)).ok_or_else(|| {
        Error::usage(format!("Task {name} has no step \"{step}\"."))
            .next(format!("Its steps are numbered 1 to {}.", steps.len()))
    })?;
    let seen = Case { state, task: &task }.standing(found) == Standing::Seen;
    if !found.takes_tick() || (seen && done) {
        let why = if seen { "It is done already." } else { "It is not done yet, and cannot be ticked." };
        return Err(Error::refused(format!("\"{}\" is seen in the workspace itself.", found.title)).why(why));
    }
    if done {
        let tick = Tick { by: env.operator.to_owned(), at: env.now, note: note.trim().to_owned() };
        task.ticks.insert(found.key.to_owned(), tick);
    } else if task.ticks.remove(found.key).is_none() {
        return Err(Error::refused(format!("\"{}\" is not ticked.", found.title)));
    }
    let what = if done { "ticked" } else { "tick taken back" };
    saved(task, &format!("{what}: {}", found.title))
}

/// Ends a task; its receipt can be printed from then on as before. Errors: a step is open and `anyway` is not set.
pub fn end_task(state: &State, name: &str, anyway: bool, env: &Env<'_>) -> Result<Change> {
    let task = open(state, name)?;
    if let Some(next) = (Case { state, task }).next()
        && !anyway
    {
        return Err(Error::refused(format!("Task {name} is not done."))
            .why(format!("The next step is: {}.", next.title))
            .next("End it all the same with --anyway: the receipt says which steps are open."));
    }
    let mut task = task.clone();
    task.ended = Some(Tick { by: env.operator.to_owned(), at: env.now, note: String::new() });
    saved(task, "ended")
}

fn open<'a>(state: &'a State, name: &str) -> Result<&'a Task> {
    check_name(name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    let task = state.tasks.get(name);
    let task =
        task.ok_or_else(|| Error::not_found("task", name).next("List them with: ringmaster task list"))?;
    match &task.ended {
        None => Ok(task),
        Some(end) => Err(Error::refused(format!("Task {name} was ended on {}.", end.at.text()))
            .next("Begin a new one. Its receipt can still be printed.")),
    }
}

fn saved(task: Task, what: &str) -> Result<Change> {
    let files = vec![document::task(&task)?];
    Ok(Change { facts: vec![Fact::TaskSaved { task, what: what.into() }], files })
}
