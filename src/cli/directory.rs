//! `ringmaster directory`: sites and servers in exchange with a Domino directory.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::print;
use super::session::Session;
use crate::cli::args::{file, flag, option};
use crate::desk::{Desk, Verb};
use crate::model::document::{Document, Saving, Sort};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::exchange::{self, Form};
use crate::model::field::{Look, change};
use crate::model::resolve::used;
use crate::ops::exchange::{Becomes, Entry, Plan, Reader, export, plan};
use crate::store::{brought, outside};

/// The commands about exchange.
pub(super) fn command() -> Command {
    let named = |sort: Sort, help: &'static str| {
        Arg::new(sort.noun()).long(sort.noun()).value_name("NAME").action(ArgAction::Append).help(help)
    };
    Command::new("directory")
        .about("Site and Server documents in exchange with a Domino directory")
        .subcommand_required(true)
        .subcommand(
            Command::new("import")
                .about(
                    "Takes site and Server documents, and people with certificates, out of a DXL export or one-touch setup JSON, \
                     with a result for each",
                )
                .arg(
                    file("The file; - is the standard input").required(true),
                )
                .arg(
                    flag("dry-run", "Shows what each would become, field by field, and changes nothing"),
                ),
        )
        .subcommand(
            Command::new("export")
                .about("Writes site and Server documents for a Domino directory; all of them unless some are named")
                .arg(named(Sort::Site, "This site document"))
                .arg(named(Sort::Server, "This Server document"))
                .arg(
                    option(
                        "format",
                        "FORMAT",
                        "One-touch setup JSON that makes new sites or changes those that are there, or Domino XML",
                    )
                    .value_parser(Form::NAMES)
                    .default_value(Form::OneTouch.name()),
                )
                .arg(
                    option(
                        "to",
                        "FILE",
                        "A new file, instead of the standard output",
                    )
                    .value_parser(value_parser!(PathBuf)),
                ),
        )
}

/// Runs a command about exchange.
pub(super) fn run(matches: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    match matches.subcommand() {
        Some(("import", options)) => import(options, session),
        Some(("export", options)) => leave(options, session),
        _ => Ok(2),
    }
}

fn import(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let dry = options.get_flag("dry-run");
    if !dry {
        session.writable()?;
    }
    let file = options.get_one::<PathBuf>("file").cloned().unwrap_or_default();
    let source = print::source(&file);
    let bytes = if file.as_os_str() == "-" {
        brought::read_stream_within(&mut std::io::stdin().lock(), &source, exchange::LARGEST)?
    } else {
        brought::read_within(&file, true, exchange::LARGEST)?
    };
    let (_, notes) = exchange::read(&bytes.bytes)?;
    let state = session.state()?;
    let operator = session.config.operator.clone();
    let plan = plan(&state, &notes, &Reader { now: Desk::now(), operator: &operator });
    let look = Look { state: &state, now: Desk::now(), soon: 0, zone: None };
    let changes = plan.changes();
    if !dry && !changes.is_empty() {
        session.perform(Verb::SaveDocuments { changes })?;
    }
    tell(&plan, dry, &look, session);
    Ok(u8::from(plan.count("refused") > 0))
}

fn tell(plan: &Plan, dry: bool, look: &Look<'_>, session: &mut Session<'_>) {
    if session.json {
        let documents = plan.entries.iter().map(|entry| as_json(entry, look)).collect::<Vec<_>>();
        let skipped = plan.skipped.iter().map(|(form, count)| (visible(form), json!(count)));
        let skipped: serde_json::Map<String, Value> = skipped.collect();
        let remarks = plan.remarks.iter().map(|r| visible(r)).collect::<Vec<_>>();
        let all = json!({ "stored": !dry, "documents": documents, "skipped": skipped, "remarks": remarks });
        return session.out.json(&all);
    }
    for entry in &plan.entries {
        let (noun, name) = (entry.sort.noun(), &entry.name);
        match &entry.becomes {
            Becomes::Refused(why) => session.out.line(&format!("{noun} {name}: refused: {why}")),
            Becomes::Same => session.out.line(&format!("{noun} {name}: same")),
            Becomes::Saved(saving) => {
                session.out.line(&format!("{noun} {name}: {}", entry.word()));
                for (label, old, new) in fields(saving, look) {
                    let lines = change(&old, &new).join("\n");
                    lines.lines().for_each(|line| session.out.line(&format!("  {label}: {line}")));
                }
            }
        }
        entry.remarks.iter().for_each(|remark| session.out.line(&format!("  note: {remark}")));
    }
    for (form, count) in &plan.skipped {
        session.out.note(&format!("Skipped: {count} of form {form}, which has no place here."));
    }
    plan.remarks.iter().for_each(|remark| session.out.note(remark));
    let end = if dry { "This was a dry run; nothing was changed." } else { "" };
    session.out.line(format!("{}. {end}", plan.summary()).trim_end());
}

/// Lists in which fields a document becomes another one; a new one is compared with an empty one.
fn fields(saving: &Saving, look: &Look<'_>) -> Vec<(&'static str, String, String)> {
    let before = saving.before.clone().unwrap_or_else(|| saving.after.blank());
    before.differences(&saving.after, look)
}

fn as_json(entry: &Entry, look: &Look<'_>) -> Value {
    let changes = match &entry.becomes {
        Becomes::Saved(saving) => fields(saving, look),
        _ => Vec::new(),
    };
    let one = |(field, old, new): &(&str, String, String)| json!({ "field": field, "old": old, "new": new });
    let why = match &entry.becomes {
        Becomes::Refused(why) => visible(why),
        _ => String::new(),
    };
    json!({
        "sort": entry.sort.noun(),
        "name": visible(&entry.name),
        "result": entry.word(),
        "why": why,
        "changes": changes.iter().map(one).collect::<Vec<_>>(),
        "remarks": entry.remarks.iter().map(|r| visible(r)).collect::<Vec<_>>(),
    })
}

fn leave(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let mut documents = Vec::new();
    let sorts = [Sort::Site, Sort::Server];
    if sorts.iter().all(|sort| !options.contains_id(sort.noun())) {
        documents.extend(sorts.iter().flat_map(|sort| Document::all(&state, *sort)));
    }
    for sort in sorts {
        for name in options.get_many::<String>(sort.noun()).unwrap_or_default() {
            let server = Some(name).filter(|_| sort == Sort::Server).and_then(|n| used::server(&state, n));
            let found = Document::find(&state, sort, server.map_or(name, |s| &s.name));
            documents
                .push(found.ok_or_else(|| Error::not_found(&format!("{} document", sort.noun()), name))?);
        }
    }
    let form = options.get_one::<String>("format").and_then(|f| Form::from_name(f)).unwrap_or(Form::OneTouch);
    let written = export(&state, form, &documents);
    if written.count == 0 {
        let why = written.left.join("; ");
        return Err(Error::refused("There is no document to write.").why(why));
    }
    written.left.iter().for_each(|line| session.out.note(&format!("Left out: {line}.")));
    written.remarks.iter().for_each(|line| session.out.note(&format!("Look at this: {line}.")));
    match options.get_one::<PathBuf>("to") {
        None => session.out.bytes(written.text.as_bytes()),
        Some(to) => {
            let to = outside::place(to, session.desk()?.folder())?;
            outside::write(&to, written.text.as_bytes(), outside::PRIVATE)?;
            let (count, to) = (written.count, brought::shown(&to));
            session.out.line(&format!("{count} documents were written as {} to {to}.", form.name()));
        }
    }
    Ok(0)
}
