//! `ringmaster probe`: looks at a TLS service once and says what it saw.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::session::Session;
use super::{certifier, keyring, print};
use crate::desk::Desk;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
use crate::model::site::host_name;
use crate::probe::connect::{Seen, Target, probe};

/// The command.
pub(super) fn command() -> Command {
    let option = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).help(help)
    };
    Command::new("probe")
        .about("Connects to a TLS service and tells what it sends; exit code 3 when it is not trusted")
        .arg(
            Arg::new("target")
                .value_name("HOST[:PORT]")
                .required(true)
                .help("The service; the port is 443 unless given"),
        )
        .arg(
            option("address", "IP:PORT", "Connects here, and asks for HOST there")
                .value_parser(value_parser!(SocketAddr)),
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
        .after_help("Without a choice, every certifier and every trusted root of the workspace is trusted.")
}

/// Probes.
pub(super) fn run(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let (host, port) = target(options.get_one::<String>("target").map_or("", String::as_str))?;
    let (roots, crls) = anchors(options, session)?;
    let seen = probe(&Target {
        host,
        port,
        address: options.get_one::<SocketAddr>("address").copied(),
        roots,
        crls,
        at: Desk::now(),
        timeout: Duration::from_secs(options.get_one::<u64>("timeout").copied().unwrap_or(10)),
    })?;
    if session.json {
        json_report(&seen, session)
    } else {
        seen.lines().iter().for_each(|line| session.out.line(line))
    }
    Ok(if seen.explanation.trusted { 0 } else { 3 })
}

/// Reads `host`, `host:port`, `[address]:port` or a bare address.
fn target(text: &str) -> Result<(String, u16)> {
    let wrong = |why: String| {
        Error::usage(format!("\"{text}\" is not a service to connect to."))
            .why(why)
            .next("Write HOST, HOST:PORT or [ADDRESS]:PORT.")
    };
    let split = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => Some((host, port)),
        _ => None,
    };
    let (host, port) = match split {
        Some((host, port)) => {
            let port = port.parse().ok().filter(|p| *p != 0);
            (host, port.ok_or_else(|| wrong("The port is a number from 1 to 65535.".into()))?)
        }
        None => (text, 443),
    };
    let host = host_name(host).map_err(|why| wrong(format!("{why}.")))?;
    Ok((host, port))
}

/// Finds whom to trust, and the CRLs that may say something.
fn anchors(options: &ArgMatches, session: &mut Session<'_>) -> Result<(Vec<Certificate>, Vec<Vec<u8>>)> {
    if let Some(file) = options.get_one::<PathBuf>("root") {
        let found = session.find(file)?;
        if found.certificates.is_empty() {
            return Err(Error::refused(format!("There is no certificate in {}.", print::source(file))));
        }
        return Ok((found.certificates, found.crls));
    }
    let mut roots: Vec<Certificate> = Vec::new();
    let state = session.state()?;
    if let Some(name) = options.get_one::<String>("certifier") {
        roots.push(certifier::by_name(name, session)?.certificate);
    } else if let Some(name) = options.get_one::<String>("keyring") {
        roots.extend(keyring::by_name(name, session)?.trusted_roots().cloned());
    } else {
        let certifiers = state.certifiers.values().map(|c| &c.certificate);
        roots.extend(certifiers.chain(state.keyrings.values().flat_map(|r| r.trusted_roots())).cloned());
    }
    roots.sort_by_key(|c| c.sha256);
    roots.dedup_by_key(|c| c.sha256);
    let mut crls = Vec::new();
    for certifier in
        state.certifiers.values().filter(|c| roots.iter().any(|r| r.sha256 == c.certificate.sha256))
    {
        crls.extend(session.desk()?.ledger().crl(&certifier.name)?.map(|der| der.0));
    }
    Ok((roots, crls))
}

fn json_report(seen: &Seen, session: &mut Session<'_>) {
    let chain = seen.explanation.links.iter().map(|link| {
        json!({
            "subject": link.certificate.subject.text(),
            "issuer": link.certificate.issuer.text(),
            "sha256": link.certificate.sha256.to_string(),
            "ends": link.certificate.not_after.text(),
            "origin": link.origin,
            "findings": link.findings.iter().map(print::finding).collect::<Vec<_>>(),
        })
    });
    let report = json!({
        "address": seen.address.to_string(),
        "protocol": seen.protocol,
        "suite": seen.suite,
        "group": seen.group,
        "alpn": seen.alpn,
        "staple": seen.staple,
        "connect-ms": seen.times.0,
        "handshake-ms": seen.times.1,
        "late": seen.late,
        "notes": seen.notes,
        "sent": seen.sent.len(),
        "trusted": seen.explanation.trusted,
        "verdict": seen.explanation.verdict,
        "missing": seen.explanation.missing.as_ref().map(|n| n.text()),
        "chain": chain.collect::<Vec<Value>>(),
    });
    session.out.json(&report);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_read_with_and_without_port() {
        for (text, host, port) in [
            ("Mail.Example.test", "mail.example.test", 443),
            ("mail.example.test:993", "mail.example.test", 993),
            ("[::1]:8443", "::1", 8443),
            ("::1", "::1", 443),
            ("127.0.0.1:1", "127.0.0.1", 1),
        ] {
            assert_eq!(target(text).unwrap(), (host.to_owned(), port), "{text}");
        }
        for bad in ["", ":443", "a:0", "a:x", "a:70000", "https://a", "a b"] {
            assert_eq!(target(bad).unwrap_err().exit_code(), 2, "{bad}");
        }
    }
}
