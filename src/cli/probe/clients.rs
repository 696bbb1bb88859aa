//! `ringmaster probe --clients` and `--burst`: comes to services with several kinds of client certificate, and with many
//! handshakes at once. Judges nothing.

use clap::builder::RangedU64ValueParser;
use clap::{Arg, ArgMatches};
use serde_json::{Value, json};

use super::many::stopped_by_signals;
use crate::cli::args::{flag, option};
use crate::cli::session::Session;
use crate::model::error::Result;
use crate::model::seen::{Admission, Answer, Burst, Guest, GuestSources, Trip, Welcome};
use crate::model::site::SiteKind;
use crate::probe::burst::{MOST, burst as many_at_once};
use crate::probe::guests::come;
use crate::probe::route::Route;

/// The options.
pub(super) fn options() -> Vec<Arg> {
    let source = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name("KEYRING|FILE").requires("clients").help(help)
    };
    let not_with = ["matrix", "list", "history"];
    vec![
        flag(
            "clients",
            "Comes with no, a trusted, an untrusted, an expired and a revoked client certificate, and tells who is let in",
        )
        .conflicts_with_all(not_with),
        source("trusted-client", "With --clients: the client certificate that is to be trusted, and its key"),
        source("expired-client", "With --clients: one that has ended; without, one is made that is also unknown"),
        source("revoked-client", "With --clients: one that was revoked"),
        option(
            "burst",
            "N",
            "Makes so many handshakes, 16 at a time, and looks whether the service still answers",
        )
        .value_parser(RangedU64ValueParser::<u16>::new().range(1..=u64::from(MOST)))
        .conflicts_with_all(not_with),
    ]
}

/// Reads what is to be tried beside looking, if anything.
pub(super) fn trip(options: &ArgMatches) -> Option<Trip> {
    let text = |name: &str| options.get_one::<String>(name).cloned().unwrap_or_default();
    let sources = GuestSources {
        trusted: text("trusted-client"),
        expired: text("expired-client"),
        revoked: text("revoked-client"),
    };
    let burst = options.get_one::<u16>("burst").copied().unwrap_or_default();
    let clients = options.get_flag("clients");
    (clients || burst > 0).then_some(Trip { clients, sources, burst, address: None })
}

/// Tries one service that no document has to promise; returns 3 when an unknown client is let in, or nobody answers in the end.
pub(super) fn alone(route: &Route, trip: &Trip, session: &mut Session<'_>) -> Result<u8> {
    let stop = stopped_by_signals()?;
    let mut bad = false;
    let mut all = json!({});
    if trip.clients {
        let badges = session.desk()?.badges(&trip.sources);
        let web = route.starttls.is_none() && SiteKind::of_port(route.port) == SiteKind::Web;
        let admissions = come(route, &badges, web, &stop);
        bad |= admissions.iter().any(|a| a.welcome == Welcome::LetIn && a.guest == Guest::Untrusted);
        let rows = admissions.iter().map(|a| {
            let (guest, welcome) = (a.guest.word().to_owned(), a.welcome.word().to_owned());
            vec![guest, a.subject.clone(), welcome, a.why.clone()]
        });
        let rows: Vec<_> = rows.collect();
        match session.json {
            true => all["clients"] = admissions.iter().map(value).collect(),
            false => session.out.table(&["CLIENT", "SHOWS", "SEEN", "HOW"], &rows),
        }
    }
    if trip.burst > 0 {
        let seen = many_at_once(route, trip.burst, &stop)?;
        bad |= seen.alive == Answer::No;
        match session.json {
            true => all["burst"] = burst(&seen),
            false => session.out.line(&seen.text()),
        }
    }
    if session.json {
        session.out.json(&all);
    }
    Ok(if bad { 3 } else { 0 })
}

/// Tells what became of a client.
pub(super) fn value(admission: &Admission) -> Value {
    json!({
        "client": admission.guest.word(),
        "subject": admission.subject,
        "seen": admission.welcome.word(),
        "how": admission.why,
    })
}

/// Tells what became of many handshakes.
pub(super) fn burst(burst: &Burst) -> Value {
    json!({
        "begun": burst.begun,
        "done": burst.done,
        "slowest-ms": burst.slowest,
        "alive": burst.alive.word(),
        "why": burst.why,
    })
}
