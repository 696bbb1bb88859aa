//! `ringmaster probe`: looks at a TLS service and says what it saw.

mod clients;
mod list;
mod many;
mod monitor;

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::mpsc;
use std::time::Duration;

use clap::builder::PossibleValuesParser;
use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use serde_json::{Map, Value, json};

use super::session::Session;
use super::{certifier, keyring, print, verify};
use crate::cli::args::{flag, option};
use crate::desk::Desk;
use crate::model::cipher::Suite;
use crate::model::error::{Error, Result};
use crate::model::field::Record;
use crate::model::finding::Severity;
use crate::model::seen::{Begin, Errand, Scan, Stage, Staple, StartTls};
use crate::model::site::service;
use crate::model::time::Timestamp;
use crate::pki::chain::inquiry::Basis;
use crate::probe::connect::{Seen, Target, probe};
use crate::probe::route::Route;
use crate::probe::scan::{Plan, scan};

/// The command.
pub(super) fn command() -> Command {
    Command::new("probe")
        .about("Connects to a TLS service and tells what it sends; exit code 3 when it is not trusted")
        .args(many::options())
        .arg(
            Arg::new("target")
                .value_name("HOST[:PORT]")
                .help("The service; the port is 443, or the usual one of the protocol after --starttls, unless given"),
        )
        .arg(
            option("address", "IP:PORT", "Connects here, and asks for HOST there")
                .value_parser(value_parser!(SocketAddr)),
        )
        .arg(
            option(
                "starttls",
                "PROTOCOL",
                "Changes over to TLS as this protocol does; usual ports do so by themselves",
            )
                .value_parser(PossibleValuesParser::new(Begin::NAMES)),
        )
        .arg(option("proxy", "HOST:PORT", "Goes through this HTTP proxy (CONNECT)"))
        .arg(
            option(
                "proxy-user",
                "NAME",
                "The name that the proxy wants; its password is asked, or read from --password-fd",
            )
                .requires("proxy"),
        )
        .arg(
            flag(
                "matrix",
                "Scans instead: versions, suites, groups, certificates with and without SNI; over a hundred connections",
            ),
        )
        .arg(
            option("root", "FILE", "Trusts the certificates in this file")
                .value_parser(value_parser!(PathBuf)),
        )
        .arg(option("certifier", "CERTIFIER", "Trusts this certifier"))
        .arg(option("keyring", "KEYRING", "Trusts the trusted roots of this keyring"))
        .arg(
            option("timeout", "SECONDS", "How long each step may take")
                .value_parser(value_parser!(u64).range(1..=600))
                .default_value("10"),
        )
        .group(ArgGroup::new("trust").args(["root", "certifier", "keyring"]))
        .args(clients::options())
        .group(
            ArgGroup::new("whom")
                .args(["target", "site", "server", "all", "file", "list", "history"])
                .multiple(true)
                .required(true),
        )
        .after_help("Without a choice, every certifier and every trusted root of the workspace is trusted.")
}

/// Probes.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    if options.get_flag("list") || options.get_flag("history") {
        return many::kept(options, session);
    }
    if many::are_meant(options) {
        return many::run(options, session);
    }
    let route = route(options, session)?;
    if options.get_flag("matrix") {
        return matrix(&route, session);
    }
    if let Some(trip) = clients::trip(options) {
        return clients::alone(&route, &trip, session);
    }
    let seen = probe(&Target { route, basis: basis(options, session)? })?;
    verify::tell(&seen.inquiry, connection(&seen), session)
}

/// Reads where the service is and how it is reached; asks for the password that a proxy wants.
fn route(options: &ArgMatches, session: &mut Session<'_>) -> Result<Route> {
    let text = |name: &str| options.get_one::<String>(name).map_or("", String::as_str);
    let (host, port) = target(text("target"))?;
    let begin = Begin::from_name(text("starttls")).unwrap_or_default();
    let address = options.get_one::<SocketAddr>("address").copied();
    let mut errand = Errand { host, port, begin, address, ..Errand::default() };
    for field in ["proxy", "proxy-user"] {
        let set = errand.set(field, text(field));
        set.map_err(|why| {
            Error::usage(format!("--{field} cannot be \"{}\".", text(field))).why(format!("{why}."))
        })?;
    }
    if let Some((proxy, _)) = errand.proxy.as_ref().filter(|_| !errand.proxy_user.is_empty()) {
        errand.proxy_password = session.secrets.ask(&format!("Password of the proxy {proxy}"))?;
    }
    Ok(Route { timeout: timeout(options), ..Route::of(&errand) })
}

/// Reads how long each step may take.
fn timeout(options: &ArgMatches) -> Duration {
    Duration::from_secs(options.get_one::<u64>("timeout").copied().unwrap_or(10))
}

/// Scans, and prints what was seen; returns 3 when a remark is an error. Ctrl-C ends it.
fn matrix(route: &Route, session: &mut Session<'_>) -> Result<u8> {
    let plan = Plan::new(route.clone(), Desk::now());
    let stop = many::stopped_by_signals()?;
    // A line that is written over is of no use in a file.
    let shown = std::io::stderr().is_terminal();
    let scan = std::thread::scope(|scope| {
        let (tell, told) = mpsc::channel();
        let (plan, stop) = (&plan, &stop);
        // Nobody listens any more when the program ends.
        let tell = move |text: &str| drop(tell.send(text.to_owned()));
        let going = scope.spawn(move || scan(plan, stop, &tell));
        told.iter().filter(|_| shown).for_each(|text: String| session.out.progress(&text));
        going.join().map_err(|_| Error::internal("The scan broke off."))
    })?;
    if shown {
        session.out.progress("");
    }
    let scan = scan?;
    let remarks = scan.remarks();
    if session.json {
        session.out.json(&scan_json(&scan));
    } else {
        scan.lines().iter().for_each(|line| session.out.line(&line.line()));
    }
    Ok(if remarks.iter().any(|r| r.severity == Severity::Error) { 3 } else { 0 })
}

/// Writes a scan as JSON, with what is to be said about it.
fn scan_json(scan: &Scan) -> Value {
    let suite = |s: &Suite| json!({ "code": s.hex(), "name": s.name(), "grade": s.grade().word() });
    let versions = scan.versions.iter().map(|s| {
        json!({
            "version": s.version.name(),
            "spoken": s.answer.word(),
            "why": s.why,
            "suites": s.suites.iter().map(suite).collect::<Vec<_>>(),
            "kinds": s.kinds,
            "order": s.order.word(),
            "whole": s.whole,
            "dh-bits": s.dh_bits,
        })
    });
    let faces = scan.faces.iter().map(|f| {
        json!({
            "asked": f.asked.words(),
            "sent": f.sent.iter().map(ToString::to_string).collect::<Vec<_>>(),
            "subject": f.subject,
            "ends": f.ends.map(Timestamp::text),
            "staple": staple(f.staple.as_ref()),
            "failed": f.failed,
        })
    });
    let manners = scan.manners.named().map(|(name, answer)| (name.to_owned(), Value::from(answer.word())));
    let remarks = scan.remarks().into_iter().map(
        |r| json!({ "rule": r.rule, "severity": r.severity.word(), "text": r.text, "remedy": r.remedy }),
    );
    json!({
        "host": scan.host,
        "port": scan.port,
        "address": scan.address,
        "starttls": scan.starttls.map(StartTls::name),
        "proxy": scan.proxy,
        "at": scan.at.text(),
        "versions": versions.collect::<Vec<_>>(),
        "groups": scan.groups.iter().map(|g| g.name()).collect::<Vec<_>>(),
        "certificates": faces.collect::<Vec<_>>(),
        "manners": manners.collect::<Map<_, _>>(),
        "clock": scan.manners.clock,
        "connections": scan.connections,
        "failed": scan.failed.map(Stage::word),
        "whole": scan.whole,
        "notes": scan.notes,
        "remarks": remarks.collect::<Vec<_>>(),
    })
}

/// Reads `host`, `host:port`, `[address]:port` or a bare address; without a port there is none.
pub(super) fn target(text: &str) -> Result<(String, Option<u16>)> {
    service(text).map_err(|why| {
        Error::usage(format!("\"{text}\" is not a service to connect to."))
            .why(format!("{why}."))
            .next("Write HOST, HOST:PORT or [ADDRESS]:PORT.")
    })
}

/// Finds by what to judge.
fn basis(options: &ArgMatches, session: &mut Session<'_>) -> Result<Basis> {
    let now = Desk::now();
    let mut basis = verify::basis(session, now, now)?;
    if let Some(file) = options.get_one::<PathBuf>("root") {
        let found = verify::roots(file, session)?;
        basis.crls = found.crls;
        return Ok(basis.trusting(found.certificates, &print::source(file)));
    }
    if let Some(name) = options.get_one::<String>("certifier") {
        let root = certifier::by_name(name, session)?.certificate;
        return Ok(basis.trusting(vec![root], &format!("certifier {name}")));
    }
    if let Some(name) = options.get_one::<String>("keyring") {
        let roots = keyring::by_name(name, session)?.trusted_roots().cloned().collect();
        return Ok(basis.trusting(roots, &format!("trusted roots of keyring {name}")));
    }
    Ok(basis)
}

fn staple(staple: Option<&Staple>) -> Value {
    staple.map_or(Value::Null, |s| {
        json!({
            "bytes": s.bytes,
            "status": s.status,
            "signed-by-issuer": s.proof.word(),
            "this-update": s.this_update.map(Timestamp::text),
            "next-update": s.next_update.map(Timestamp::text),
        })
    })
}

/// Tells what was seen of the connection, as JSON.
pub(super) fn connection(seen: &Seen) -> Value {
    json!({
        "address": seen.address.to_string(),
        "way": seen.way,
        "protocol": seen.protocol,
        "suite": seen.suite,
        "group": seen.group,
        "alpn": seen.alpn,
        "staple": staple(seen.staple.as_ref()),
        "connect-ms": seen.times.0,
        "handshake-ms": seen.times.1,
        "handshake-done": seen.finished,
        "late": seen.late,
        "notes": seen.notes,
        "sent": seen.sent.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_read_with_and_without_port() {
        for (text, host, port) in [
            ("Mail.Example.test", "mail.example.test", None),
            ("mail.example.test:993", "mail.example.test", Some(993)),
            ("[::1]:8443", "::1", Some(8443)),
            ("::1", "::1", None),
            ("127.0.0.1:1", "127.0.0.1", Some(1)),
        ] {
            assert_eq!(target(text).unwrap(), (host.to_owned(), port), "{text}");
        }
        for bad in ["", ":443", "a:0", "a:x", "a:70000", "https://a", "a b"] {
            assert_eq!(target(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }
}
