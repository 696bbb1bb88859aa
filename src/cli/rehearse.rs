//! `ringmaster site rehearse`: serves a site on loopback until it is interrupted.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::{Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::session::Session;
use crate::cli::args::option;
use crate::model::error::{Error, Kind, Result};
use crate::model::site::Site;
use crate::probe::serve::{Entry, Outcome, Service, Tally};

/// How often the log is looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// The command.
pub(super) fn command(site: Arg) -> Command {
    Command::new("rehearse")
        .about("Serves a site on 127.0.0.1 with its keyring, until Ctrl-C or TERM")
        .arg(site)
        .arg(
            option("port", "N", "The port on 127.0.0.1; 0 picks a free one")
                .value_parser(value_parser!(u16))
                .default_value("0"),
        )
        .arg(option(
            "server",
            "NAME",
            "Serves the other Web sites of this server too; its rules choose by the name asked for",
        ))
        .arg(
            option("for", "SECONDS", "Stops by itself after this time")
                .value_parser(value_parser!(u64).range(1..=86_400)),
        )
}

/// Serves, and prints one line for each handshake; repeats are counted in their line.
pub(super) fn run(site: &Site, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let port = options.get_one::<u16>("port").copied().unwrap_or_default();
    let server = options.get_one::<String>("server").map(String::as_str);
    let served = match session.desk()?.served(&site.name, server, port, None) {
        Err(error) if error.kind == Kind::Locked => {
            session.out.note(&error.why);
            let password = session.secrets.ask(&format!("Password of keyring {}", site.keyring))?;
            session.desk()?.served(&site.name, server, port, Some(&password))?
        }
        other => other?,
    };
    let stopped = Arc::new(AtomicBool::new(false));
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        signal_hook::flag::register(signal, Arc::clone(&stopped))
            .map_err(|e| Error::internal(format!("Signal {signal} cannot be watched: {e}.")))?;
    }
    let until = options.get_one::<u64>("for").map(|seconds| Instant::now() + Duration::from_secs(*seconds));
    let service = Service::start(served)?;
    service.notes().iter().for_each(|note| session.out.note(note));
    let plain = service.redirects_at().map(|address| address.to_string());
    if session.json {
        let value =
            json!({ "site": site.name, "address": service.address().to_string(), "redirects": plain });
        session.out.raw(&format!("{value}\n"));
    } else {
        session.out.line(&format!("Site {} answers on {}.", site.name, service.address()));
    }
    session.out.flush();
    let mut told: BTreeMap<u64, u64> = BTreeMap::new();
    loop {
        let ended = stopped.load(Ordering::SeqCst) || until.is_some_and(|t| Instant::now() >= t);
        let (tally, entries) = service.seen();
        let mut news = false;
        for entry in &entries {
            if told.insert(entry.number, entry.count) != Some(entry.count) {
                news = true;
                match session.json {
                    true => session.out.raw(&format!("{}\n", value(entry))),
                    false => session.out.line(&entry.text()),
                }
            }
        }
        // What fell out of the log is not told again.
        told.retain(|number, _| entries.iter().any(|entry| entry.number == *number));
        if news {
            session.out.flush();
        }
        if ended {
            service.stop();
            match session.json {
                true => session.out.raw(&format!("{}\n", counted(&tally))),
                false => session.out.note(&format!("{}.", tally.text())),
            }
            return Ok(0);
        }
        std::thread::sleep(PAUSE);
    }
}

fn value(entry: &Entry) -> Value {
    let seen = &entry.seen;
    json!({
        "number": entry.number,
        "peer": entry.peer.to_string(),
        "site": seen.site,
        "agreed": seen.agreed,
        "client": seen.client,
        "outcome": seen.outcome.word(),
        "why": seen.why,
        "count": entry.count,
        "first": entry.times.0.text(),
        "last": entry.times.1.text(),
    })
}

fn counted(tally: &Tally) -> Value {
    let ended = Outcome::ALL
        .iter()
        .zip(tally.ended)
        .map(|(outcome, count)| (outcome.word().to_owned(), count.into()));
    let ended: serde_json::Map<String, Value> = ended.collect();
    json!({ "connections": tally.begun, "ended": ended, "open": tally.open() })
}
