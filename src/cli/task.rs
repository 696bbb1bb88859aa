//! `ringmaster task`: guided tasks as checklists.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::json;

use super::fields;
use super::session::Session;
use crate::cli::args::{flag, option};
use crate::desk::{Desk, Verb};
use crate::model::error::{Error, Result};
use crate::model::field::Look;
use crate::model::task::receipt::Written;
use crate::model::task::{Case, GUIDES, Standing, Step, Task, receipt};
use crate::store::system;

/// The commands about guided tasks.
pub(super) fn command() -> Command {
    let task = || Arg::new("task").value_name("TASK").required(true).help("The task by name");
    let named = |name, about| Command::new(name).about(about).arg(task());
    let step = || Arg::new("step").value_name("STEP").required(true).help("The step by its number");
    Command::new("task")
        .about("Guided tasks: checklists of ordinary commands that are left and resumed")
        .subcommand_required(true)
        .subcommand(
            Command::new("list")
                .about("Lists the tasks that are begun, and the guides to begin one")
                .arg(flag("all", "Also the tasks that are ended")),
        )
        .subcommand(fields::options::<Task>(Command::new("start").about("Begins a task").arg(
            Arg::new("guide").value_name("GUIDE").required(true).help("The guide by its key, such as f-3"),
        )))
        .subcommand(named("show", "Shows the checklist of a task, with the command of each step"))
        .subcommand(
            named("set", "Changes what a task is about").arg(
                Arg::new("assignments")
                    .value_name("FIELD=VALUE")
                    .required(true)
                    .action(ArgAction::Append)
                    .num_args(1..)
                    .help("Fields with their new values, named as the options of start"),
            ),
        )
        .subcommand(
            named("tick", "Ticks a step that the workspace cannot tell")
                .arg(step())
                .arg(option("note", "TEXT", "A remark for the receipt"))
                .arg(flag("undo", "Takes the tick back")),
        )
        .subcommand(named("print", "Prints the receipt of a task for paper"))
        .subcommand(
            named("done", "Ends a task, and prints its receipt")
                .arg(flag("anyway", "Also when steps are open")),
        )
}

/// Runs a command about guided tasks.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let name = |options: &ArgMatches| options.get_one::<String>("task").cloned().unwrap_or_default();
    match matches.subcommand() {
        Some(("list", options)) => list(options.get_flag("all"), session),
        Some(("start", options)) => {
            let guide = options.get_one::<String>("guide").cloned().unwrap_or_default();
            let mut asked = Task { guide, ..Task::default() };
            fields::fill(&mut asked, options)?;
            session.run(Verb::StartTask(asked))
        }
        Some(("show", options)) => show(&find(&name(options), session)?, session),
        Some(("set", options)) => {
            let mut task = find(&name(options), session)?;
            for assignment in options.get_many::<String>("assignments").unwrap_or_default() {
                fields::assign(&mut task, assignment)?;
            }
            session.run(Verb::ChangeTask(task))
        }
        Some(("tick", options)) => session.run(Verb::TickTask {
            name: name(options),
            step: options.get_one::<String>("step").cloned().unwrap_or_default(),
            note: options.get_one::<String>("note").cloned().unwrap_or_default(),
            done: !options.get_flag("undo"),
        }),
        Some(("print", options)) => {
            let text = print(&find(&name(options), session)?, session)?;
            session.out.raw(&text);
            Ok(0)
        }
        Some(("done", options)) => {
            let name = find(&name(options), session)?.name;
            let anyway = options.get_flag("anyway");
            session.run(Verb::EndTask { name: name.clone(), anyway })?;
            let text = print(&find(&name, session)?, session)?;
            session.out.raw(&text);
            Ok(0)
        }
        _ => Ok(2),
    }
}

fn find(name: &str, session: &mut Session<'_>) -> Result<Task> {
    let state = session.state()?;
    if let Some(task) = state.tasks.get(name) {
        return Ok(task.clone());
    }
    Err(match state.unread(&format!("tasks/{name}.ron")) {
        Some(unread) => Error::damaged(format!("The task {name} cannot be read.")).why(&unread.why),
        None => Error::not_found("task", name).next("List them with: ringmaster task list"),
    })
}

fn list(ended: bool, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let begun = state.tasks.values().filter(|task| ended || task.ended.is_none());
    let begun = begun.map(|task| (task, Case { state: &state, task }));
    if session.json {
        let begun = begun.map(|(task, case)| {
            let (done, steps) = case.progress();
            json!({ "name": task.name, "guide": task.guide, "done": done, "steps": steps, "ended": task.ended.is_some() })
        });
        let guides = GUIDES.iter().map(|g| json!({ "key": g.key, "title": g.title, "about": g.about }));
        let value = json!({ "tasks": begun.collect::<Vec<_>>(), "guides": guides.collect::<Vec<_>>() });
        session.out.json(&value);
        return Ok(0);
    }
    let rows: Vec<Vec<String>> = begun
        .map(|(task, case)| {
            let (done, steps) = case.progress();
            let next = match (&task.ended, case.next()) {
                (Some(end), _) => format!("ended on {}", end.at.date()),
                (None, Some(step)) => step.title.to_owned(),
                (None, None) => "every step is done: end it".to_owned(),
            };
            vec![task.name.clone(), format!("{done}/{steps}"), task.by.clone(), next]
        })
        .collect();
    if !rows.is_empty() {
        session.out.table(&["TASK", "DONE", "BY", "NEXT"], &rows);
        session.out.line("");
    }
    let guides: Vec<Vec<String>> =
        GUIDES.iter().map(|g| vec![g.key.to_owned(), g.title.to_owned(), g.asks.join(", ")]).collect();
    session.out.table(&["GUIDE", "TO", "ASKS FOR"], &guides);
    Ok(0)
}

fn show(task: &Task, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let case = Case { state: &state, task };
    let Some(guide) = task.guide() else {
        return Err(Error::refused(format!("Task {} follows a guide that is not known here.", task.name)));
    };
    if session.json {
        let steps = guide.steps.iter().map(|step| {
            let standing = case.standing(step);
            json!({ "key": step.key, "title": step.title, "done": standing.is_done(), "seen": step.seen.is_some(),
                    "command": case.command_line(step) })
        });
        session
            .out
            .json(&json!({ "name": task.name, "guide": guide.key, "steps": steps.collect::<Vec<_>>() }));
        return Ok(0);
    }
    let zone = session.config.zone.clone();
    let look = Look { state: &state, now: Desk::now(), soon: session.config.soon(), zone: zone.as_ref() };
    session.out.line(&format!("{}: {}", task.name, guide.title));
    session.out.line(guide.about);
    let next = case.next().map(|step| step.key);
    for (number, step) in guide.steps.iter().enumerate() {
        let mark = match case.standing(step) {
            Standing::Seen | Standing::Ticked(_) => "x",
            Standing::Open if next == Some(step.key) => ">",
            Standing::Open => " ",
        };
        session.out.line(&format!("[{mark}] {}. {}", number + 1, step.title));
        if next == Some(step.key) {
            session.out.line(&format!("       {}", step.why));
            let shows = (step.shows)(&look);
            if !shows.is_empty() {
                session.out.line(&format!("       {shows}"));
            }
            session.out.line(&format!("       {}", how(&case, step, number + 1)));
        }
    }
    if next.is_none() && task.ended.is_none() {
        session.out.line(&format!("Every step is done: ringmaster task done {}", task.name));
    }
    Ok(0)
}

/// Says how a step is done.
fn how(case: &Case<'_>, step: &Step, number: usize) -> String {
    let tick = format!("ringmaster task tick {} {number}", case.task.name);
    match (case.command_line(step), step.seen) {
        (Some(command), Some(_)) if step.takes_tick() => {
            format!("ringmaster {command}; done in another way: {tick}")
        }
        (Some(command), Some(_)) => format!("ringmaster {command}"),
        (Some(command), None) => format!("ringmaster {command}, then: {tick}"),
        (None, _) => format!("When it is done: {tick}"),
    }
}

fn print(task: &Task, session: &mut Session<'_>) -> Result<String> {
    let desk = session.desk()?;
    let (state, workspace) = (desk.state(), desk.folder().display().to_string());
    let case = Case { state: &state, task };
    let ledger = desk.ledger();
    let mut told = Vec::new();
    ledger.audit_onward(task.from.number + 1, &mut |line| receipt::take(&case, line, &mut told))?;
    let written = Written { workspace: &workspace, program: system::program(), at: Desk::now() };
    Ok(receipt::write(&case, &told, &ledger.head()?, &written))
}
