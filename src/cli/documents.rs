//! What sites, servers, people and profiles have in common: setting fields of one or of many, and earlier versions.

use clap::{Arg, ArgAction, ArgMatches, Command};
use serde_json::{Value, json};

use super::fields;
use super::session::Session;
use crate::cli::args::{flag, option};
use crate::desk::{Desk, Verb};
use crate::model::State;
use crate::model::document::{Document, How, Saving, Sort};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::field::{Look, change};
use crate::model::resolve::used;
use crate::ops::documents::{restoring, undoing};
use crate::store::directory;
use crate::store::history::Gone;
use crate::store::history::document::{History, Version};

/// Adds the commands for a sort of documents.
pub(super) fn commands(command: Command, sort: Sort) -> Command {
    let noun = sort.noun();
    let named = |name: &'static str, about: String| {
        let argument = Arg::new("name").value_name("NAME").required(true).help("The document");
        Command::new(name).about(about).arg(argument)
    };
    let version = |name: &'static str, help: &'static str| Arg::new(name).value_name("VERSION").help(help);
    command
        .subcommand(
            Command::new("set")
                .about(format!("Changes fields of a {noun} document, or of many at once, all or none"))
                .arg(
                    Arg::new("what")
                        .value_name("NAME... FIELD=VALUE")
                        .required(true)
                        .action(ArgAction::Append)
                        .num_args(1..)
                        .help("The documents, then fields with their new values, named as the options of create"),
                )
                .arg(
                    option(
                        "where",
                        "FILTER",
                        "Every document that fits: words, field:word, and -word for those that do not",
                    ),
                )
                .arg(
                    flag("dry-run", "Shows old and new of each document, and changes nothing"),
                ),
        )
        .subcommand(
            named("history", format!("Lists the versions of a {noun} document, also of a deleted one")).after_help(
                "A version is named by its number, or by @ and the number of the commit that replaced it where it was \
                 written by hand.",
            ),
        )
        .subcommand(
            named("diff", format!("Compares two versions of a {noun} document, field by field"))
                .arg(version("version", "The older version").required(true))
                .arg(version("other", "The version to compare it with; the present one unless named")),
        )
        .subcommand(named(
            "undo",
            format!("Undoes the last change of a {noun} document; an undoing is undone the same way"),
        ))
        .subcommand(
            named("restore", format!("Brings an earlier version of a {noun} document back, also of a deleted one"))
                .arg(version("version", "The version; of a deleted document the last one").long("version")),
        )
        .subcommand(
            Command::new("deleted")
                .about(format!("Lists the {} that can be brought back", sort.nouns())),
        )
}

/// Runs one of them; `None` when the name is of another part.
pub(super) fn run(sort: Sort, matches: &ArgMatches, session: &mut Session<'_>) -> Option<Result<u8>> {
    let (name, options) = matches.subcommand()?;
    let run = match name {
        "set" => set,
        "history" => history,
        "diff" => diff,
        "undo" => undo,
        "restore" => restore,
        "deleted" => deleted,
        _ => return None,
    };
    Some(run(sort, options, session))
}

/// Lists the names of the documents that fit the filter of an option, or of all. Errors: it names a field that is none.
pub(super) fn fitting(sort: Sort, state: &State, options: &ArgMatches) -> Result<Vec<String>> {
    let filter = options.get_one::<String>("where").map_or("", String::as_str);
    let look = Look { state, now: Desk::now(), soon: 0, zone: None };
    let filter = sort.filter(filter).map_err(|mistake| {
        Error::usage(format!("The filter \"{filter}\" cannot be used.")).why(format!("{}.", mistake.why))
    })?;
    let all = Document::all(state, sort).into_iter().filter(|d| d.fits(&filter, &look));
    Ok(all.map(|d| d.name().to_owned()).collect())
}

/// Returns the name of a document; a server may be called as site documents call it.
fn own_name(sort: Sort, state: &State, given: &str) -> String {
    let server = Some(given).filter(|_| sort == Sort::Server).and_then(|name| used::server(state, name));
    server.map_or_else(|| given.to_owned(), |server| server.name.clone())
}

/// Finds a document. Errors: there is none, or its file cannot be read.
fn find(sort: Sort, name: &str, session: &mut Session<'_>) -> Result<Document> {
    let state = session.state()?;
    let (noun, missing) = (sort.noun(), Document::find(&state, sort, &own_name(sort, &state, name)));
    missing.ok_or_else(|| match state.unread(&directory::path(sort, name)) {
        Some(unread) => {
            Error::damaged(format!("The {noun} document {name} cannot be read.")).why(&unread.why)
        }
        None => Error::not_found(&format!("{noun} document"), name)
            .next(format!("List them with: ringmaster {noun} list")),
    })
}

fn set(sort: Sort, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let words = options.get_many::<String>("what").unwrap_or_default();
    // The name of a server may have = in it as well.
    let is_name =
        |w: &String| !w.contains('=') || Document::find(&state, sort, &own_name(sort, &state, w)).is_some();
    let (names, assignments): (Vec<_>, Vec<_>) = words.partition(|w| is_name(w));
    let mut documents = names.iter().map(|name| find(sort, name, session)).collect::<Result<Vec<_>>>()?;
    let look = Look { state: &state, now: Desk::now(), soon: 0, zone: None };
    if options.contains_id("where") {
        let fitting = fitting(sort, &state, options)?;
        let named: Vec<String> = documents.iter().map(|d| d.name().to_owned()).collect();
        let further = fitting.iter().filter(|name| !named.contains(name));
        documents.extend(further.filter_map(|name| Document::find(&state, sort, name)));
    } else if names.is_empty() {
        return Err(Error::usage("No document is named.").next(format!(
            "Name some, or take those that fit: ringmaster {} set --where FILTER",
            sort.noun()
        )));
    }
    if assignments.is_empty() {
        let fields: Vec<_> = sort.amendable().iter().map(|f| f.name).collect();
        return Err(Error::usage("Nothing would be set.")
            .next(format!("Write field=value; the fields are {}.", fields.join(", "))));
    }
    let mut changes = Vec::new();
    for before in documents {
        let mut after = before.clone();
        for assignment in &assignments {
            match &mut after {
                Document::Site(x) => fields::assign(&mut **x, assignment),
                Document::Server(x) => fields::assign(&mut **x, assignment),
                Document::Person(x) => fields::assign(&mut **x, assignment),
                Document::Profile(x) => fields::assign(&mut **x, assignment),
            }
            .map_err(|error| Error { what: format!("{}: {}", before.name(), error.what), ..error })?;
        }
        if after == before {
            let (noun, name) = (sort.noun(), before.name());
            session.out.note(&format!("The {noun} {name} is so already; nothing was changed."));
        } else {
            changes.push(Saving { how: How::Written, before: Some(before), after });
        }
    }
    if options.get_flag("dry-run") {
        return preview(&changes, &look, session);
    }
    if changes.is_empty() {
        session.out.note("Nothing was changed.");
        return Ok(0);
    }
    session.run(Verb::SaveDocuments { changes })
}

/// Prints what would be changed.
fn preview(changes: &[Saving], look: &Look<'_>, session: &mut Session<'_>) -> Result<u8> {
    let mut rows = Vec::new();
    for Saving { before, after, .. } in changes {
        let fields = before.as_ref().map(|b| b.differences(after, look)).unwrap_or_default();
        let row = |(label, old, new): (&str, String, String)| {
            vec![after.name().to_owned(), label.to_owned(), old, new]
        };
        rows.extend(fields.into_iter().map(row));
    }
    if session.json {
        let row = |r: &Vec<String>| match r.as_slice() {
            [name, field, old, new] => json!({ "name": name, "field": field, "old": old, "new": new }),
            _ => Value::Null,
        };
        session.out.json(&Value::Array(rows.iter().map(row).collect()));
        return Ok(0);
    }
    if !rows.is_empty() {
        session.out.table(&["NAME", "FIELD", "OLD", "NEW"], &rows);
    }
    session.out.note(&format!("{} would be changed; this was a dry run.", changes.len()));
    Ok(0)
}

fn read(sort: Sort, options: &ArgMatches, session: &mut Session<'_>) -> Result<History> {
    let given = options.get_one::<String>("name").map_or("", String::as_str);
    let name = own_name(sort, &*session.state()?, given);
    session.desk()?.document_history(sort, &name)
}

fn history(sort: Sort, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let history = read(sort, options, session)?;
    if session.json {
        let as_json = |v: &Version| {
            let made = v.made.as_ref();
            json!({
                "version": v.title(),
                "replaced_by_commit": v.replaced.map(|g| g.0),
                "at": made.map(|m| m.at.text()),
                "by": made.map(|m| visible(&m.by)),
                "what": made.map(|m| visible(&m.what)),
                "present": history.is_present(v),
                "readable": v.document.is_ok(),
            })
        };
        session.out.json(&Value::Array(history.versions.iter().map(as_json).collect()));
        return Ok(0);
    }
    if let Some(deleted) = &history.deleted {
        let (at, by) = (deleted.at.text(), visible(&deleted.by));
        session.out.note(&format!("The {} {} was deleted by {by} on {at}.", sort.noun(), history.name));
    }
    let row = |v: &Version| {
        let made = v.made.as_ref();
        let until = match v.replaced {
            _ if history.is_present(v) => "present".into(),
            Some(commit) => format!("@{}", commit.0),
            None => String::new(),
        };
        let what = match (&v.document, made) {
            (Err(error), _) => error.to_string(),
            (Ok(_), Some(made)) => made.what.clone(),
            (Ok(_), None) => "written by hand; the audit chain does not tell".into(),
        };
        vec![
            v.title(),
            until,
            made.map_or_else(String::new, |m| m.at.text()),
            made.map_or_else(String::new, |m| visible(&m.by)),
            visible(&what),
        ]
    };
    let rows: Vec<_> = history.versions.iter().map(row).collect();
    session.out.table(&["VERSION", "UNTIL", "MADE", "BY", "WHAT"], &rows);
    if history.more {
        session.out.note("Older versions are not listed; the audit chain has them.");
    }
    Ok(0)
}

fn diff(sort: Sort, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let history = read(sort, options, session)?;
    let given = |name| options.get_one::<String>(name).map(String::as_str);
    let first = history.find(given("version").unwrap_or_default())?;
    let second = match (given("other"), history.versions.first()) {
        (Some(other), _) => history.find(other)?,
        (None, Some(present)) => present,
        (None, None) => first,
    };
    let (old, new) = (first.document.clone()?, second.document.clone()?);
    let state = session.state()?;
    let look = Look { state: &state, now: Desk::now(), soon: 0, zone: None };
    let found = old.differences(&new, &look);
    if session.json {
        let one = |(field, a, b): &(&str, String, String)| json!({ "field": field, "old": a, "new": b });
        session.out.json(&Value::Array(found.iter().map(one).collect()));
        return Ok(0);
    }
    session.out.note(&format!("From version {} to version {}:", first.title(), second.title()));
    if found.is_empty() {
        session.out.line("They say the same.");
    }
    told(&found, session);
    Ok(0)
}

fn told(found: &[(&'static str, String, String)], session: &mut Session<'_>) {
    let line = |(label, a, b): &(&'static str, String, String)| (*label, change(a, b).join("\n"));
    let lines: Vec<_> = found.iter().map(line).collect();
    session.out.pairs(lines);
}

fn undo(sort: Sort, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let history = read(sort, options, session)?;
    bring(&history, &undoing(&history)?, How::Undone, session)
}

fn restore(sort: Sort, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let history = read(sort, options, session)?;
    let last = || history.versions.first().filter(|_| history.deleted.is_some()).map(Version::title);
    let given = options.get_one::<String>("version").cloned().or_else(last).ok_or_else(|| {
        Error::usage("No version is named.").next(format!(
            "Choose one: ringmaster {} history {}",
            sort.noun(),
            history.name
        ))
    })?;
    bring(&history, &given, How::Restored, session)
}

/// Brings a version back, and says what that changes.
fn bring(history: &History, given: &str, how: fn(String) -> How, session: &mut Session<'_>) -> Result<u8> {
    session.writable()?;
    let state = session.state()?;
    let saving = restoring(&state, history, given, how(given.to_owned()))?;
    if let (Some(before), false) = (&saving.before, session.json) {
        let look = Look { state: &state, now: Desk::now(), soon: 0, zone: None };
        told(&before.differences(&saving.after, &look), session);
    }
    session.run(Verb::SaveDocuments { changes: vec![saving] })
}

fn deleted(sort: Sort, _: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let gone = session.desk()?.gone_documents(sort)?;
    Ok(list_gone(&gone, sort.noun(), session))
}

/// Lists what can be brought back.
pub(super) fn list_gone(gone: &[Gone], noun: &str, session: &mut Session<'_>) -> u8 {
    if session.json {
        let all = gone.iter().map(|g| {
            let (at, by) = (g.last.at.text(), visible(&g.last.by));
            json!({ "name": g.name, "at": at, "by": by, "what": g.last.what, "why": visible(&g.why) })
        });
        session.out.json(&Value::Array(all.collect()));
    } else if gone.is_empty() {
        session.out.note(&format!("There is no {noun} to bring back."));
    } else {
        let row = |g: &Gone| {
            vec![g.name.clone(), g.last.at.text(), visible(&g.last.by), g.last.what.clone(), visible(&g.why)]
        };
        let rows: Vec<_> = gone.iter().map(row).collect();
        session.out.table(&["NAME", "LAST", "BY", "WHAT", "WHY"], &rows);
    }
    0
}
