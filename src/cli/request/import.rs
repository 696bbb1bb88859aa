//! `ringmaster request import`: one request or a thousand, from files, folders and the standard input, with a result for
//! each.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::super::session::Session;
use super::super::{fields, print};
use crate::cli::args::option;
use crate::desk::Verb;
use crate::desk::queue::Sorted;
use crate::model::change::Fact;
use crate::model::error::{Error, Result};
use crate::model::field::names;
use crate::model::name::AltName;
use crate::model::request::edit::read_subject;
use crate::model::request::{Delivery, Incoming, Note, Pkcs10, Request};
use crate::ops::import_request::not_too_many;
use crate::pki::{name, spkac};
use crate::store::brought;

/// How many that are not taken have a line of their own.
const LINES: usize = 50;

/// The command.
pub(super) fn command() -> Command {
    fields::options::<Note>(
        Command::new("import")
            .about("Puts requests made elsewhere into the queue, with a result for each")
            .arg(
                Arg::new("files")
                    .value_name("FILE")
                    .required(true)
                    .action(ArgAction::Append)
                    .num_args(1..)
                    .value_parser(value_parser!(PathBuf))
                    .help(
                        "Files with requests, PEM, DER or SPKAC, or folders of such files; - is the standard input",
                    ),
            )
            .arg(
                option(
                    "subject",
                    "NAME",
                    "Gives an SPKAC, which has none, its name: CN=www.example.com,O=Example",
                ),
            )
            .arg(
                option("names", "NAMES", "Gives an SPKAC its alternative names, with commas"),
            ),
    )
}

/// Runs it.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let named: Vec<PathBuf> = options.get_many("files").unwrap_or_default().cloned().collect();
    let files = files(&named)?;
    let single = named.len() == 1 && files.len() == 1 && named == files;
    let mut delivery = Delivery::default();
    fields::fill(&mut delivery.note, options)?;
    let mut whole = true;
    // All files are read before the first request enters the queue: a wrong name leaves nothing half done.
    for file in &files {
        let brought_by_name = named.contains(file);
        whole &= read(file, single, brought_by_name, &mut delivery, session)?;
    }
    if options.contains_id("subject") || options.contains_id("names") {
        for incoming in &mut delivery.requests {
            incoming.pkcs10 = baptised(incoming.pkcs10.clone(), options)?;
        }
    }
    if delivery.requests.is_empty() {
        return Err(Error::refused("There is no certificate request in it.")
            .next("Bring a PKCS#10 request, such as \"openssl req -new\" writes, as PEM or DER."));
    }
    not_too_many(delivery.requests.len(), "requests")?;
    let sorted = session.desk()?.sort_out(&delivery)?;
    if let ([Sorted { refused: Some(error), .. }], false) = (sorted.as_slice(), session.json) {
        return Err(error.clone());
    }
    let fit = sorted.iter().zip(&delivery.requests).filter(|(s, _)| s.refused.is_none());
    let fit: Vec<Incoming> = fit.map(|(_, incoming)| incoming.clone()).collect();
    let mut received: Vec<Request> = Vec::new();
    if !fit.is_empty() {
        let verb = Verb::ImportRequests(Delivery { requests: fit, ..delivery.clone() });
        received.extend(session.perform(verb)?.facts.into_iter().filter_map(|fact| match fact {
            Fact::RequestReceived { request } => Some(request),
            _ => None,
        }));
    }
    tell(&delivery, &sorted, &received, session);
    Ok(u8::from(!whole || received.len() < delivery.requests.len()))
}

/// Gives a request that came without a name the one of the options.
fn baptised(request: Pkcs10, options: &ArgMatches) -> Result<Pkcs10> {
    let text = |name: &str| options.get_one::<String>(name).cloned().unwrap_or_default();
    let wrong = |why: String| Error::usage("The subject cannot be read.").why(format!("Allowed: {why}."));
    let attributes = read_subject(&text("subject")).map_err(wrong)?;
    let attributes: Vec<_> =
        attributes.iter().map(|(short, value)| (short.as_str(), value.as_str())).collect();
    let names = names(&text("names"));
    let names = names.iter().map(|word| AltName::parse(word)).collect::<std::result::Result<Vec<_>, _>>();
    let names = names.map_err(|why| Error::usage("The names cannot be read.").why(format!("{why}.")))?;
    spkac::named(request, name::build(&attributes)?, &names)
}

/// Lists the files to be read: those that were named, and in place of a folder what stands in it.
fn files(named: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for path in named {
        if path == Path::new("-") || !path.is_dir() {
            files.push(path.clone());
            continue;
        }
        files.extend(brought::folder(path)?);
        not_too_many(files.len(), "files")?;
    }
    not_too_many(files.len(), "files")?;
    if files.is_empty() {
        return Err(Error::refused("There is no file in it."));
    }
    Ok(files)
}

/// Reads one file; tells whether everything in it could be read. What stands in a folder and holds no request is named and
/// passed over.
fn read(
    file: &Path,
    single: bool,
    named: bool,
    delivery: &mut Delivery,
    session: &mut Session<'_>,
) -> Result<bool> {
    let source = print::source(file);
    // One file alone may be locked with a password; nobody types a thousand.
    let enough: fn(&crate::pki::pem::Found) -> bool =
        if single { |f| !f.requests.is_empty() } else { |_| true };
    let found = match session.bring(file, enough) {
        Ok(holding) => holding.found,
        Err(error) if !named => {
            session.out.note(&format!("{source}: passed over: {error}"));
            return Ok(false);
        }
        Err(error) => return Err(error),
    };
    if !found.keys.is_empty() || !found.locked.is_empty() {
        session.out.note(&format!("{source} holds a private key: it was not read. A request needs none."));
    }
    if found.requests.is_empty() {
        if named {
            return Err(Error::refused(format!("There is no certificate request in {source}."))
                .next("Bring a PKCS#10 request, such as \"openssl req -new\" writes, as PEM or DER."));
        }
        session.out.note(&format!("{source}: passed over: there is no certificate request in it."));
        return Ok(false);
    }
    delivery
        .requests
        .extend(found.requests.into_iter().map(|pkcs10| Incoming { pkcs10, source: source.clone() }));
    Ok(found.unread.is_empty())
}

/// Prints a line for each request, in their order.
fn tell(delivery: &Delivery, sorted: &[Sorted], received: &[Request], session: &mut Session<'_>) {
    let mut received = received.iter();
    let mut all = Vec::new();
    let mut left = LINES;
    for (incoming, sorted) in delivery.requests.iter().zip(sorted) {
        let subject = incoming.pkcs10.subject.text();
        let source = &incoming.source;
        let Some(error) = &sorted.refused else {
            let Some(request) = received.next() else { continue };
            let (id, pickup) = (request.id, &request.pickup);
            if session.json {
                all.push(json!({
                    "source": source, "subject": subject, "taken": true, "id": id.0.to_string(), "pickup": pickup,
                    "sha256": incoming.pkcs10.sha256.to_string(), "note": sorted.note,
                }));
            } else {
                session
                    .out
                    .line(&format!("Request {id} waits for a decision: {subject}. Pick-up ID {pickup}."));
                if !sorted.note.is_empty() {
                    session.out.note(&format!("Request {id}: {}", sorted.note));
                }
            }
            continue;
        };
        if session.json {
            all.push(json!({
                "source": source, "subject": subject, "taken": false, "what": error.what, "why": error.why,
                "next": error.next, "sha256": incoming.pkcs10.sha256.to_string(),
            }));
        } else if left > 0 {
            left -= 1;
            session.out.line(&format!("Not taken ({source}): {error}"));
        }
    }
    if session.json {
        session.out.json(&json!({ "requests": Value::Array(all) }));
    } else if delivery.requests.len() > 1 {
        let taken = sorted.iter().filter(|s| s.refused.is_none()).count();
        let untold = (sorted.len() - taken).saturating_sub(LINES);
        if untold > 0 {
            session.out.line(&format!("Not taken: {untold} more; --json names them all."));
        }
        session.out.line(&format!("{taken} of {} requests were taken.", delivery.requests.len()));
    }
}
