//! `ringmaster verify`: explains the chain of a keyring, a file, a certificate or a live service, leaf to root, at any
//! date.

use std::path::{Path, PathBuf};

use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command, value_parser};
use serde_json::{Map, Value, json};

use super::session::{Holding, Session};
use super::{certificate, keyring, print};
use crate::cli::args::{flag, option};
use crate::desk::Desk;
use crate::model::error::{Error, Kind, Result};
use crate::model::site::host_name;
use crate::model::time::Timestamp;
use crate::pki::chain::inquiry::{Answer, Basis, Inquiry};
use crate::pki::pem::Found;
use crate::store::system;

/// The command.
pub(super) fn command() -> Command {
    let file = |arg: Arg| arg.value_parser(value_parser!(PathBuf));
    let command = Command::new("verify")
        .about("Explains a chain, leaf to root, at any date; exit code 3 when TLS does not trust it")
        .arg(file(
            Arg::new("file")
                .value_name("FILE")
                .help("A bundle: PEM, DER, PKCS#7, PKCS#12 or a keyring file; - is the standard input"),
        ))
        .arg(option("keyring", "NAME", "Verifies a keyring by the roots it trusts"))
        .arg(option("certificate", "WHICH", "Verifies a certificate known here, by serial number or SHA-256"))
        .arg(option("host", "NAME", "Demands this host name or address among the names"))
        .arg(
            option(
                "at",
                "DATE",
                "Asks for another moment: 2027-03-01, \"2027-03-01 12:00\" (UTC), +90d, -1y",
            )
            .allow_hyphen_values(true),
        )
        .arg(file(option("roots", "FILE", "Trusts the certificates in this file instead")))
        .arg(flag("system-roots", "Trusts the roots of the operating system instead").conflicts_with("roots"))
        .arg(file(option("crl", "FILE", "Asks the CRLs in this file as well")).action(ArgAction::Append));
    let mut sources = vec!["file", "keyring", "certificate"];
    let mut command = command;
    if cfg!(feature = "network") {
        let help =
            "Verifies what a service sends; give its address and --host where the name is not in the DNS";
        command = command.arg(option("connect", "HOST[:PORT]", help));
        sources.push("connect");
    }
    command.group(ArgGroup::new("source").args(sources).required(true)).after_help(
        "A keyring is judged by the roots it trusts; all else by the certifiers and every trusted root of the\n\
         workspace. The latest CRLs of its certifiers are asked. Nothing is fetched from the network.",
    )
}

/// Verifies.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let now = Desk::now();
    let text = |name: &str| options.try_get_one::<String>(name).ok().flatten();
    let at = match text("at") {
        Some(typed) => Timestamp::moment(typed, now).map_err(|why| Error::usage(format!("{why}.")))?,
        None => now,
    };
    let wrong = |why: String| Error::usage(format!("{why}.")).next("Give a host name or an IP address.");
    let host = text("host").map(|host| host_name(host).map_err(wrong)).transpose()?;
    let instead = options.get_one::<PathBuf>("roots").is_some() || options.get_flag("system-roots");
    let basis = match basis(session, at, now) {
        // With roots of its own a file can be verified where there is no workspace.
        Err(error) if instead && error.kind != Kind::Internal => {
            session.out.note(&format!("The workspace is not asked: {}", error.what));
            Basis::of_state(&crate::model::State::default(), Vec::new(), at, now)
        }
        other => other?,
    };
    let basis = crls(options, basis, session)?;
    if let Some(target) = text("connect") {
        let basis = trust(options, basis, session)?;
        return connect(target, host, basis, session);
    }
    let mut inquiry = match (text("keyring"), text("certificate"), options.get_one::<PathBuf>("file")) {
        (Some(name), ..) => Inquiry::of_keyring(&keyring::by_name(name, session)?, basis)?,
        (_, Some(which), _) => Inquiry::of_certificate(certificate::known(which, session)?, basis),
        (.., Some(file)) => of_file(file, basis, session)?,
        _ => return Ok(2),
    };
    inquiry.basis = trust(options, inquiry.basis, session)?;
    inquiry.host = host;
    tell(&inquiry, Value::Object(Map::new()), session)
}

/// Returns what the workspace judges by, with the CRLs of its certifiers.
pub(super) fn basis(session: &mut Session<'_>, at: Timestamp, now: Timestamp) -> Result<Basis> {
    let state = session.state()?;
    let mut crls = Vec::new();
    for name in state.certifiers.keys() {
        crls.extend(session.desk()?.ledger().crl(name)?.map(|der| der.0));
    }
    Ok(Basis::of_state(&state, crls, at, now))
}

/// Reads the certificates of a file that are to be trusted. Errors: there is none in it.
pub(super) fn roots(file: &Path, session: &mut Session<'_>) -> Result<Found> {
    let found = session.find(file)?;
    if found.certificates.is_empty() {
        return Err(Error::refused(format!("There is no certificate in {}.", print::source(file))));
    }
    Ok(found)
}

/// Trusts whom the options say instead.
fn trust(options: &ArgMatches, basis: Basis, session: &mut Session<'_>) -> Result<Basis> {
    if let Some(file) = options.get_one::<PathBuf>("roots") {
        return Ok(basis.trusting(roots(file, session)?.certificates, &print::source(file)));
    }
    if !options.get_flag("system-roots") {
        return Ok(basis);
    }
    let (roots, place) = system::roots()?;
    Ok(basis.trusting(roots, &format!("roots of {}", place.display())))
}

/// Adds the CRLs of files.
fn crls(options: &ArgMatches, mut basis: Basis, session: &mut Session<'_>) -> Result<Basis> {
    for file in options.get_many::<PathBuf>("crl").into_iter().flatten() {
        let found = session.find(file)?;
        if found.crls.is_empty() {
            return Err(Error::refused(format!("There is no CRL in {}.", print::source(file))));
        }
        basis.crls.extend(found.crls);
    }
    Ok(basis)
}

fn of_file(file: &Path, basis: Basis, session: &mut Session<'_>) -> Result<Inquiry> {
    let source = print::source(file);
    let Holding { found, ring } = session.bring(file, |found| !found.certificates.is_empty())?;
    if let Some(ring) = ring {
        let inquiry = Inquiry::of_keyring(&ring, basis)?;
        // It need not be the ring of that name in the workspace.
        return Ok(Inquiry { keyring: None, what: source, ..inquiry });
    }
    if found.certificates.is_empty() {
        return Err(Error::refused(format!("There is no certificate in {source}."))
            .next("Bring the certificate with its intermediates."));
    }
    let mut inquiry = Inquiry::of_bundle(found.certificates, source, basis);
    inquiry.basis.crls.extend(found.crls);
    Ok(inquiry)
}

#[cfg(feature = "network")]
fn connect(target: &str, name: Option<String>, basis: Basis, session: &mut Session<'_>) -> Result<u8> {
    use crate::probe::connect::{Target, probe};
    use crate::probe::route::Route;
    let (host, port) = super::probe::target(target)?;
    let port = port.unwrap_or(443);
    let address = match (&name, host.parse()) {
        (None, _) => None,
        (Some(_), Ok(ip)) => Some(std::net::SocketAddr::new(ip, port)),
        (Some(name), Err(_)) if *name == host => None,
        (Some(_), Err(_)) => {
            return Err(Error::usage("--connect and --host name two hosts.")
                .next("Give --connect the IP address of the service, and --host the name to ask for."));
        }
    };
    let route = Route { address, ..Route::to(name.unwrap_or(host), port) };
    let seen = probe(&Target { route, basis })?;
    tell(&seen.inquiry, super::probe::connection(&seen), session)
}

#[cfg(not(feature = "network"))]
fn connect(_: &str, _: Option<String>, _: Basis, _: &mut Session<'_>) -> Result<u8> {
    Err(Error::refused("This program was built without any network code."))
}

/// Answers an inquiry and prints it; returns 0 when TLS trusts the chain, and 3 when not. `more` stands before it in JSON.
pub(super) fn tell(inquiry: &Inquiry, more: Value, session: &mut Session<'_>) -> Result<u8> {
    let answer = inquiry.answer();
    if session.json {
        let mut object = match more {
            Value::Object(object) => object,
            _ => Map::new(),
        };
        object.extend(report(inquiry, &answer));
        session.out.json(&Value::Object(object));
    } else {
        answer.lines.iter().for_each(|line| session.out.line(&line.text()));
    }
    Ok(if answer.explanation.trusted { 0 } else { 3 })
}

fn report(inquiry: &Inquiry, answer: &Answer) -> Map<String, Value> {
    let explanation = &answer.explanation;
    let chain = explanation.links.iter().map(|link| {
        json!({
            "subject": link.certificate.subject.text(),
            "issuer": link.certificate.issuer.text(),
            "sha256": link.certificate.sha256.to_string(),
            "begins": link.certificate.not_before.text(),
            "ends": link.certificate.not_after.text(),
            "origin": link.origin,
            "checked": link.checked,
            "revocation": link.revocation,
            "findings": link.findings.iter().map(print::finding).collect::<Vec<_>>(),
        })
    });
    let report = json!({
        "what": inquiry.what,
        "host": inquiry.host,
        "at": inquiry.basis.at.text(),
        "trusting": inquiry.basis.trusting,
        "trusted": explanation.trusted,
        "verdict": explanation.verdict,
        "from": answer.horizon.as_ref().and_then(|h| h.from).map(Timestamp::text),
        "until": answer.horizon.as_ref().map(|h| h.until.text()),
        "bundle": answer.bundle.as_ref().map(|b| json!({
            "state": b.state,
            "text": b.text,
            "findings": b.findings.iter().map(print::finding).collect::<Vec<_>>(),
        })),
        "missing": explanation.missing.as_ref().map(|n| n.text()),
        "missing-key-id": answer.missing.as_ref().map(|m| &m.key_id),
        "missing-at": answer.missing.as_ref().map(|m| &m.places),
        "missing-urls": answer.missing.as_ref().map(|m| &m.urls),
        "chain": chain.collect::<Vec<Value>>(),
    });
    match report {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}
