//! `ringmaster probe`: looks at a TLS service once and says what it saw.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgGroup, ArgMatches, Command, value_parser};
use serde_json::{Value, json};

use super::session::Session;
use super::{certifier, keyring, print, verify};
use crate::desk::Desk;
use crate::model::error::{Error, Result};
use crate::model::site::host_name;
use crate::pki::chain::inquiry::Basis;
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
    let seen = probe(&Target {
        host,
        port,
        address: options.get_one::<SocketAddr>("address").copied(),
        basis: basis(options, session)?,
        timeout: Duration::from_secs(options.get_one::<u64>("timeout").copied().unwrap_or(10)),
    })?;
    verify::tell(&seen.inquiry, connection(&seen), session)
}

/// Reads `host`, `host:port`, `[address]:port` or a bare address.
pub(super) fn target(text: &str) -> Result<(String, u16)> {
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

/// Tells what was seen of the connection, as JSON.
pub(super) fn connection(seen: &Seen) -> Value {
    json!({
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
    })
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
