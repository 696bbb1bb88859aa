//! `ringmaster probe --site`, `--server`, `--all`, `--file`: visits every service that documents promise or a file names, and
//! holds what it saw against the documents: one row each, then what differs. What was seen is kept; `--list` and `--history` show it.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde_json::{Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::super::session::Session;
use super::super::{print, remedy};
use super::{clients, list, monitor};
use crate::cli::args::{flag, option};
use crate::desk::Desk;
use crate::doctor::{Judged, beside, judge};
use crate::model::State;
use crate::model::error::{Error, Kind, Result};
use crate::model::finding::{Severity, worst};
use crate::model::resolve::{Promise, Whose, named, promised_by_all, used};
use crate::model::time::Timestamp;
use crate::probe::round::Round;

/// What only belongs to one service.
const ALONE: [&str; 8] =
    ["target", "matrix", "starttls", "proxy", "proxy-user", "root", "certifier", "keyring"];

/// What names many services.
const MANY: [&str; 4] = ["site", "server", "all", "file"];

/// The options.
pub(super) fn options() -> Vec<Arg> {
    let days = |name: &'static str, usual: &'static str, help: &'static str| {
        option(name, "DAYS", help).value_parser(value_parser!(i64).range(0..=3650)).default_value(usual)
    };
    vec![
        option(
            "site",
            "NAME",
            "Scans every service of this site document and compares; may be given several times; exit code 3 on an error",
        )
        .action(ArgAction::Append)
        .conflicts_with_all(ALONE),
        option(
            "server",
            "NAME",
            "Scans every service of this server and compares; may be given several times",
        )
            .action(ArgAction::Append)
            .conflicts_with_all(ALONE),
        flag("all", "Scans every service that any document promises and compares").conflicts_with_all(ALONE),
        option(
            "file",
            "FILE",
            "Scans the services in this file, HOST[:PORT] one a line, behind it smtp, imap, pop3, ldap or none; # begins a \
             comment",
        )
        .value_parser(value_parser!(PathBuf))
        .conflicts_with_all(ALONE),
        option("jobs", "N", "How many services are visited at once")
            .value_parser(value_parser!(u8).range(1..=64))
            .default_value("4"),
        flag("beside", "Prints what the documents say of each service beside what was seen there")
            .conflicts_with_all(["target", "history"]),
        flag("compare", "Tells what has changed since the visit before")
            .conflicts_with_all(["target", "list", "history"]),
        flag("list", "Lists the latest kept visit to each service; connects to nothing")
            .conflicts_with_all(ALONE)
            .conflicts_with_all(MANY),
        flag("history", "Lists every kept visit; connects to nothing")
            .conflicts_with_all(ALONE)
            .conflicts_with_all(MANY),
        flag(
            "nagios",
            "Prints one line for Nagios, and ends with its codes: 0 OK, 1 warning, 2 critical, 3 unknown",
        )
        .conflicts_with_all(["target", "list", "history"]),
        days("warning", "30", "With --nagios: warns of a certificate that ends within so many days"),
        days("critical", "14", "With --nagios: the same, critical"),
        flag("prometheus", "Prints metrics in the text format of Prometheus")
            .conflicts_with_all(["target", "list", "history", "nagios"]),
    ]
}

/// Tells whether services are meant that documents promise or a file names.
pub(super) fn are_meant(options: &ArgMatches) -> bool {
    options.get_flag("all") || ["site", "server", "file"].iter().any(|name| options.contains_id(name))
}

/// Finds the services that are meant. Errors: no such document, nothing is promised, or the file names none.
fn promises(state: &State, options: &ArgMatches) -> Result<Vec<Promise>> {
    let texts = |name: &str| options.get_many::<String>(name).unwrap_or_default().cloned();
    let all = options.get_flag("all").then_some(Whose::Everybody);
    let mut whose: Vec<Whose> =
        texts("site").map(Whose::Site).chain(texts("server").map(Whose::Server)).chain(all).collect();
    for whose in &mut whose {
        // A server may be called as site documents call it.
        if let Whose::Server(name) = whose
            && let Some(server) = used::server(state, name)
        {
            name.clone_from(&server.name);
        }
        match whose {
            Whose::Site(name) if !state.sites.contains_key(name) => {
                return Err(Error::not_found("site", name));
            }
            Whose::Server(name) if !state.servers.contains_key(name) => {
                return Err(Error::not_found("server", name));
            }
            _ => {}
        }
    }
    let mut promises = promised_by_all(state, whose);
    if let Some(file) = options.get_one::<PathBuf>("file") {
        let more = named(state, &list::read(file)?);
        let known: BTreeSet<_> = promises.iter().map(Promise::place).collect();
        promises.extend(more.into_iter().filter(|promise| !known.contains(&promise.place())));
    }
    if promises.is_empty() {
        return Err(Error::new(Kind::Refused, "No document promises a service that could be visited.")
            .why("A service needs a host without a wildcard, a site or server that is on, and an open TLS port.")
            .next("Name one: ringmaster probe HOST:PORT --matrix"));
    }
    Ok(promises)
}

/// Visits, compares, and prints.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let days = |name: &str| options.get_one::<i64>(name).copied().unwrap_or_default();
    if options.get_flag("nagios") {
        let line = match visited(options, session) {
            Ok((judged, true)) => monitor::nagios(&judged, days("warning"), days("critical")),
            Ok((_, false)) => monitor::unknown("The visits were stopped."),
            Err(error) => monitor::unknown(&error.to_string()),
        };
        session.out.line(&line.text);
        return Ok(line.code);
    }
    let (judged, whole) = visited(options, session)?;
    if options.get_flag("prometheus") {
        session.out.raw(&monitor::prometheus(&judged));
    } else if session.json {
        let state = session.state()?;
        let all = judged.iter().map(|one| value(&state, one)).collect();
        session.out.json(&Value::Array(all));
    } else {
        if options.get_flag("compare") {
            compare(&judged, session);
        }
        table(&judged, session);
        let state = session.state()?;
        if options.get_flag("beside") || judged.iter().any(|one| !one.visit.guests.is_empty()) {
            judged.iter().for_each(|one| laid_beside(&state, one, session));
        }
        for finding in judged.iter().flat_map(|one| &one.findings) {
            let line = remedy::line(finding, &state, session.config.keyring_key);
            session.out.finding(finding, line.as_deref());
        }
    }
    let bad = judged.iter().any(|one| worst(&one.findings) == Some(Severity::Error));
    match (bad, whole) {
        (true, _) => Ok(3),
        (false, true) => Ok(0),
        (false, false) => {
            let what = format!("The visits were stopped; {} were made.", judged.len());
            Err(Error::new(Kind::Cancelled, what))
        }
    }
}

/// Visits; tells whether all were made. Ctrl-C ends it, and what is done is given.
fn visited(options: &ArgMatches, session: &mut Session<'_>) -> Result<(Vec<Judged>, bool)> {
    let state = session.state()?;
    let promises = promises(&state, options)?;
    let trip = clients::trip(options).unwrap_or_default();
    let round = Round {
        promises,
        jobs: options.get_one::<u8>("jobs").copied().unwrap_or(4).into(),
        timeout: super::timeout(options),
        address: options.get_one::<SocketAddr>("address").copied(),
        guests: trip.clients.then(|| session.desk().map(|desk| desk.badges(&trip.sources))).transpose()?,
        burst: trip.burst,
        at: Desk::now(),
    };
    let stop = stopped_by_signals()?;
    let quiet = options.get_flag("nagios") || options.get_flag("prometheus");
    let of = round.promises.len();
    let (tell, told) = mpsc::channel();
    let visits = std::thread::scope(|scope| {
        let stop = &stop;
        let round = &round;
        let going = scope.spawn(move || {
            round.go(stop, &move |far| {
                if let Some(service) = &far.ended {
                    // Nobody listens any more when the program ends.
                    let _ = tell.send(format!("{} of {}: {service}", far.done, far.of));
                }
            })
        });
        told.iter().filter(|_| !quiet).for_each(|text: String| session.out.note(&text));
        going.join().map_err(|_| Error::internal("The visits broke off."))
    })?;
    let whole = visits.len() == of && !stop.load(Ordering::SeqCst);
    let judged = visits.iter().map(|visit| judge(&state, visit.clone())).collect();
    let desk = session.desk()?;
    match desk.read_only() {
        None => desk.keep_visits(&visits)?,
        Some(_) if quiet => {}
        Some(_) => session.out.note("The workspace is opened for reading only: the visits are not kept."),
    }
    Ok((judged, whole))
}

/// Returns what the signals that end a program set, so that what was seen until then is not lost.
pub(super) fn stopped_by_signals() -> Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|e| Error::internal(format!("Signal {signal} cannot be watched: {e}.")))?;
    }
    Ok(stop)
}

/// Prints what documents say of a service beside what was seen there.
fn laid_beside(state: &State, judged: &Judged, session: &mut Session<'_>) {
    let rows = beside(state, &judged.visit).into_iter().map(|one| {
        let differs = if one.differs { "DIFFERS" } else { "" };
        vec![one.what, one.document, one.seen, differs.to_owned()]
    });
    let rows: Vec<_> = rows.collect();
    if rows.is_empty() {
        return;
    }
    let service = judged.visit.promise.service();
    session.out.line("");
    session.out.table(&[service.as_str(), "DOCUMENTS", "SEEN", ""], &rows);
    session.out.line("");
}

/// Tells what has changed.
fn compare(judged: &[Judged], session: &mut Session<'_>) {
    for one in judged {
        let service = one.visit.promise.service();
        let Some((before, changes)) = &one.changes else {
            session.out.line(&format!("{service}: visited for the first time"));
            continue;
        };
        let what = if changes.is_empty() { "as" } else { "changed since" };
        session.out.line(&format!("{service}: {what} {}", before.text()));
        changes.iter().for_each(|change| session.out.line(&format!("  {change}")));
    }
    session.out.line("");
}

/// Lists the kept visits, held against the documents as they are now.
pub(super) fn kept(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let state = session.state()?;
    let all = session.desk()?.probes().all()?;
    let each = if options.get_flag("history") { usize::MAX } else { 1 };
    let visits = all.into_iter().flat_map(|visits| visits.into_iter().take(each));
    // What has changed is told between two visits, not from one to itself.
    let judged: Vec<Judged> = visits.map(|visit| Judged { changes: None, ..judge(&state, visit) }).collect();
    if session.json {
        let all = judged.iter().map(|one| value(&state, one)).collect();
        session.out.json(&Value::Array(all));
    } else if judged.is_empty() {
        session.out.line("No visit is kept; ringmaster probe --all makes some.");
    } else {
        table(&judged, session);
        if options.get_flag("beside") {
            judged.iter().for_each(|one| laid_beside(&state, one, session));
        }
    }
    Ok(0)
}

fn table(judged: &[Judged], session: &mut Session<'_>) {
    let row = |one: &Judged| {
        let visit = &one.visit;
        let ends = visit.face().and_then(|f| f.ends).map_or_else(|| "-".into(), |end| end.date());
        let promise = &visit.promise;
        let object = if promise.is_documented() { promise.subject.to_string() } else { "-".into() };
        let result = match one.verdict() {
            "as documented" if !promise.is_documented() => "good",
            word => word,
        };
        vec![promise.service(), object, visit.at.text(), visit.spoken(), ends, result.to_owned()]
    };
    let rows: Vec<_> = judged.iter().map(row).collect();
    session.out.table(&["SERVICE", "OF", "SEEN", "TLS", "CERTIFICATE ENDS", "RESULT"], &rows);
}

fn value(state: &State, one: &Judged) -> Value {
    let Judged { visit, findings, changes } = one;
    let promise = &visit.promise;
    let trouble = visit.found.as_ref().err();
    let face = visit.face();
    let versions = visit.scan().into_iter().flat_map(|scan| scan.spoken()).map(|s| s.version.name());
    let plain = visit.plain.as_ref().map(|plain| match plain {
        Ok(plain) => json!({ "status": plain.status, "location": plain.location }),
        Err(trouble) => json!({ "failed": trouble.why }),
    });
    json!({
        "service": promise.service(),
        "host": promise.host,
        "port": promise.port,
        "object": print::subject(&promise.subject),
        "server": promise.server,
        "at": visit.at.text(),
        "failed": trouble.map(|t| t.stage.word()),
        "why": trouble.map(|t| t.why.as_str()),
        "versions": versions.collect::<Vec<_>>(),
        "subject": face.map(|f| f.subject.as_str()),
        "sha256": face.and_then(|f| f.sent.first()).map(ToString::to_string),
        "ends": face.and_then(|f| f.ends).map(Timestamp::text),
        "redirect": plain,
        "sessions": visit.sessions.as_ref().map(|sessions| {
            json!({
                "asks-client-certificate": sessions.asks.word(),
                "resumes": sessions.resumes.word(),
                "resumes-with-another-suite": sessions.varies.word(),
                "resumed-as": sessions.strays,
            })
        }),
        "beside": beside(state, visit).iter().map(|one| {
            json!({ "what": one.what, "document": one.document, "seen": one.seen, "differs": one.differs })
        }).collect::<Vec<_>>(),
        "clients": visit.guests.iter().map(clients::value).collect::<Vec<_>>(),
        "burst": visit.burst.as_ref().map(clients::burst),
        "before": changes.as_ref().map(|(at, _)| at.text()),
        "changes": changes.as_ref().map(|(_, changes)| changes),
        "findings": findings.iter().map(print::finding).collect::<Vec<_>>(),
    })
}
