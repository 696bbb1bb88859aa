//! `ringmaster probe --site`, `--server`, `--all`: visits every service that documents promise, and holds what it saw against
//! them: one row each, then what differs. What was seen is kept; `--list` and `--history` show it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};

use clap::{Arg, ArgAction, ArgMatches, value_parser};
use serde_json::{Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::super::session::Session;
use super::super::{print, remedy};
use super::monitor;
use crate::desk::Desk;
use crate::doctor;
use crate::model::State;
use crate::model::error::{Error, Kind, Result};
use crate::model::finding::{Finding, Severity, worst};
use crate::model::resolve::{Whose, promised, used};
use crate::model::seen::{Visit, changes};
use crate::model::time::Timestamp;
use crate::probe::round::Round;

/// A visit, and what differs from the documents.
pub(super) type Judged = (Visit, Vec<Finding>);

/// What only belongs to one service.
const ALONE: [&str; 6] = ["matrix", "starttls", "proxy", "root", "certifier", "keyring"];

/// The options.
pub(super) fn options() -> Vec<Arg> {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    let days = |name: &'static str, usual: &'static str, help: &'static str| {
        option(name, "DAYS", help).value_parser(value_parser!(i64).range(0..=3650)).default_value(usual)
    };
    vec![
        option(
            "site",
            "NAME",
            "Scans every service of this site document and compares; exit code 3 on an error",
        )
        .conflicts_with_all(ALONE),
        option("server", "NAME", "Scans every service of this server and compares").conflicts_with_all(ALONE),
        flag("all", "Scans every service that any document promises and compares").conflicts_with_all(ALONE),
        option("jobs", "N", "How many services are visited at once")
            .value_parser(value_parser!(u8).range(1..=64))
            .default_value("4"),
        flag("compare", "Tells what has changed since the visit before")
            .conflicts_with_all(["target", "list", "history"]),
        flag("list", "Lists the latest kept visit to each service; connects to nothing")
            .conflicts_with_all(ALONE),
        flag("history", "Lists every kept visit; connects to nothing").conflicts_with_all(ALONE),
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

/// Reads whose services are meant, if any.
pub(super) fn whose(options: &ArgMatches) -> Option<Whose> {
    let text = |name: &str| options.get_one::<String>(name).cloned();
    let all = options.get_flag("all").then_some(Whose::Everybody);
    text("site").map(Whose::Site).or_else(|| text("server").map(Whose::Server)).or(all)
}

/// Visits, compares, and prints.
pub(super) fn run(whose: &Whose, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let days = |name: &str| options.get_one::<i64>(name).copied().unwrap_or_default();
    if options.get_flag("nagios") {
        let line = match visited(whose, options, session) {
            Ok((judged, true)) => monitor::nagios(&judged, days("warning"), days("critical")),
            Ok((_, false)) => monitor::unknown("The visits were stopped."),
            Err(error) => monitor::unknown(&error.to_string()),
        };
        session.out.line(&line.text);
        return Ok(line.code);
    }
    let before = session.desk()?.probes().latest()?;
    let (judged, whole) = visited(whose, options, session)?;
    if options.get_flag("prometheus") {
        session.out.raw(&monitor::prometheus(&judged));
    } else if session.json {
        let all = judged.iter().map(|one| value(one, &before)).collect();
        session.out.json(&Value::Array(all));
    } else {
        if options.get_flag("compare") {
            compare(&judged, &before, session);
        }
        table(&judged, session);
        let state = session.state()?;
        for finding in judged.iter().flat_map(|(_, found)| found) {
            let line = remedy::line(finding, &state, session.config.keyring_key);
            session.out.finding(finding, line.as_deref());
        }
    }
    let bad = judged.iter().any(|(_, found)| worst(found) == Some(Severity::Error));
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
fn visited(whose: &Whose, options: &ArgMatches, session: &mut Session<'_>) -> Result<(Vec<Judged>, bool)> {
    let state = session.state()?;
    let round = round(whose, &state, options)?;
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stop))
            .map_err(|e| Error::internal(format!("Signal {signal} cannot be watched: {e}.")))?;
    }
    let quiet = options.get_flag("nagios") || options.get_flag("prometheus");
    let of = round.promises.len();
    let (tell, told) = mpsc::channel();
    let visits = std::thread::scope(|scope| {
        let stop = &stop;
        let round = &round;
        let going = scope.spawn(move || {
            round.go(stop, &move |visit| {
                // Nobody listens any more when the program ends.
                let _ = tell.send(visit.promise.service());
            })
        });
        for (number, service) in (1..).zip(told).filter(|_| !quiet) {
            session.out.note(&format!("{number} of {of}: {service}"));
        }
        going.join().map_err(|_| Error::internal("The visits broke off."))
    })?;
    let whole = visits.len() == of && !stop.load(Ordering::SeqCst);
    let desk = session.desk()?;
    match desk.read_only() {
        None => desk.probes().keep(&visits)?,
        Some(_) if quiet => {}
        Some(_) => session.out.note("The workspace is opened for reading only: the visits are not kept."),
    }
    Ok((visits.into_iter().map(|visit| judge(&state, visit)).collect(), whole))
}

fn round(whose: &Whose, state: &State, options: &ArgMatches) -> Result<Round> {
    let lacks = |noun: &'static str, name: &str| Err(Error::not_found(noun, name));
    let whose = match whose {
        Whose::Site(name) if !state.sites.contains_key(name) => return lacks("site", name),
        Whose::Server(name) => match used::server(state, name) {
            Some(server) => Whose::Server(server.name.clone()),
            None => return lacks("server", name),
        },
        whose => whose.clone(),
    };
    let promises = promised(state, &whose);
    if promises.is_empty() {
        return Err(Error::new(Kind::Refused, "No document promises a service that could be visited.")
            .why("A service needs a host without a wildcard, a site or server that is on, and an open TLS port.")
            .next("Name one: ringmaster probe HOST:PORT --matrix"));
    }
    Ok(Round {
        promises,
        jobs: options.get_one::<u8>("jobs").copied().unwrap_or(4).into(),
        timeout: super::timeout(options),
        address: options.get_one::<SocketAddr>("address").copied(),
        at: Desk::now(),
    })
}

/// Finds the earlier visit to the same service.
fn earlier<'a>(before: &'a [Visit], visit: &Visit) -> Option<&'a Visit> {
    before.iter().find(|old| old.promise.place() == visit.promise.place())
}

/// Tells what has changed.
fn compare(judged: &[Judged], before: &[Visit], session: &mut Session<'_>) {
    for (visit, _) in judged {
        let service = visit.promise.service();
        let Some(old) = earlier(before, visit) else {
            session.out.line(&format!("{service}: visited for the first time"));
            continue;
        };
        let changes = changes(old, visit);
        let what = if changes.is_empty() { "as" } else { "changed since" };
        session.out.line(&format!("{service}: {what} {}", old.at.text()));
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
    let judged: Vec<Judged> = visits.map(|visit| judge(&state, visit)).collect();
    if session.json {
        let all = judged.iter().map(|one| value(one, &[])).collect();
        session.out.json(&Value::Array(all));
    } else if judged.is_empty() {
        session.out.line("No visit is kept; ringmaster probe --all makes some.");
    } else {
        table(&judged, session);
    }
    Ok(0)
}

fn judge(state: &State, visit: Visit) -> Judged {
    let found = doctor::drift(state, std::slice::from_ref(&visit), visit.at);
    (visit, found)
}

fn table(judged: &[Judged], session: &mut Session<'_>) {
    let row = |(visit, found): &Judged| {
        let ends = visit.face().and_then(|f| f.ends).map_or_else(|| "-".into(), |end| end.date());
        let result = worst(found).map_or("as documented", Severity::word);
        let promise = &visit.promise;
        let (service, object) = (promise.service(), promise.subject.to_string());
        vec![service, object, visit.at.text(), visit.spoken(), ends, result.to_owned()]
    };
    let rows: Vec<_> = judged.iter().map(row).collect();
    session.out.table(&["SERVICE", "OF", "SEEN", "TLS", "CERTIFICATE ENDS", "RESULT"], &rows);
}

fn value((visit, found): &Judged, before: &[Visit]) -> Value {
    let old = earlier(before, visit);
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
                "resumed-as": sessions.strays,
            })
        }),
        "before": old.map(|old| old.at.text()),
        "changes": old.map(|old| changes(old, visit)),
        "findings": found.iter().map(print::finding).collect::<Vec<_>>(),
    })
}
