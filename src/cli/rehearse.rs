//! `ringmaster site rehearse`: serves a site on loopback until it is interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use clap::{Arg, ArgMatches, Command, value_parser};
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::session::Session;
use crate::model::error::{Error, Kind, Result};
use crate::model::site::Site;
use crate::probe::serve::Service;

/// How often the log is looked at.
const PAUSE: Duration = Duration::from_millis(100);

/// The command.
pub(super) fn command(site: Arg) -> Command {
    Command::new("rehearse")
        .about("Serves a site on 127.0.0.1 with its keyring, until Ctrl-C or TERM")
        .arg(site)
        .arg(
            Arg::new("port")
                .long("port")
                .value_name("N")
                .value_parser(value_parser!(u16))
                .default_value("0")
                .help("The port on 127.0.0.1; 0 picks a free one"),
        )
        .arg(
            Arg::new("for")
                .long("for")
                .value_name("SECONDS")
                .value_parser(value_parser!(u64).range(1..=86_400))
                .help("Stops by itself after this time"),
        )
}

/// Serves, and prints one line for each handshake.
pub(super) fn run(site: &Site, options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let port = options.get_one::<u16>("port").copied().unwrap_or_default();
    let served = match session.desk()?.served(&site.name, port, None) {
        Err(error) if error.kind == Kind::Locked => {
            session.out.note(&error.why);
            let password = session.secrets.ask(&format!("Password of keyring {}", site.keyring))?;
            session.desk()?.served(&site.name, port, Some(&password))?
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
    if session.json {
        session
            .out
            .raw(&format!("{}\n", json!({ "site": site.name, "address": service.address().to_string() })));
    } else {
        session.out.line(&format!("Site {} answers on {}.", site.name, service.address()));
    }
    session.out.flush();
    let mut last: Vec<String> = Vec::new();
    loop {
        let ended = stopped.load(Ordering::SeqCst) || until.is_some_and(|t| Instant::now() >= t);
        let log = service.log();
        for line in news(&last, &log) {
            session.out.line(line);
        }
        if log != last {
            session.out.flush();
            last = log;
        }
        if ended {
            service.stop();
            return Ok(0);
        }
        std::thread::sleep(PAUSE);
    }
}

/// Returns what a bounded log has at its end that it did not have before.
fn news<'a>(before: &[String], now: &'a [String]) -> &'a [String] {
    let longest = before.len().min(now.len());
    let common = (0..=longest).rev().find(|n| before.ends_with(&now[..*n])).unwrap_or(0);
    &now[common..]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_lines_are_told_when_old_ones_fall_out() {
        let lines = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        for (before, now, new) in
            [("", "ab", "ab"), ("ab", "abc", "c"), ("abc", "bcd", "d"), ("ab", "ab", "")]
        {
            assert_eq!(news(&lines(before), &lines(now)), lines(new), "{before} {now}");
        }
    }
}
