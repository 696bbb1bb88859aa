//! Asks an HTTP proxy to let a connection through (RFC 9110 section 9.3.6), with a name and a password (RFC 7617) where a
//! person gave them.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use zeroize::Zeroizing;

use super::failure::{network, seconds};
use super::route::Proxy;
use super::timed::Timed;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::pki::pem::to_base64;

/// The most lines of an answer.
const LINES: usize = 100;

/// Asks the proxy to connect to `beyond`, which is `HOST:PORT`.
pub(super) fn pass(stream: &mut Timed, proxy: &Proxy, beyond: &str, limit: Duration) -> Result<()> {
    let broken = |error: &std::io::Error| match error.kind() {
        ErrorKind::TimedOut => {
            network(format!("The proxy {proxy} did not answer within {}.", seconds(limit)))
                .next("Look whether it is an HTTP proxy, and whether it reaches the server itself.")
        }
        _ => network(format!("The proxy {proxy} broke the connection."))
            .why(format!("{error}."))
            .next("Look whether it is an HTTP proxy."),
    };
    let mut ask = Zeroizing::new(format!("CONNECT {beyond} HTTP/1.1\r\nHost: {beyond}\r\n"));
    if !proxy.user.is_empty() {
        let login = Zeroizing::new(format!("{}:{}", proxy.user, proxy.password.expose()));
        ask.push_str("Proxy-Authorization: Basic ");
        ask.push_str(&Zeroizing::new(to_base64(login.as_bytes())));
        ask.push_str("\r\n");
    }
    ask.push_str("\r\n");
    stream.write_all(ask.as_bytes()).map_err(|e| broken(&e))?;
    let status = stream.line().map_err(|e| broken(&e))?;
    let code = status.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)).unwrap_or_default();
    if code.is_empty() {
        return Err(network(format!("{proxy} is no HTTP proxy: it says \"{}\".", shown(&status)))
            .next("Check the proxy's host and port."));
    }
    if !code.starts_with('2') {
        return Err(refused(proxy, beyond, code, &status));
    }
    for _ in 0..LINES {
        if stream.line().map_err(|e| broken(&e))?.is_empty() {
            return Ok(());
        }
    }
    Err(network(format!("The proxy {proxy} sends headers without end.")).next("Check the proxy."))
}

fn refused(proxy: &Proxy, beyond: &str, code: &str, status: &str) -> Error {
    let (why, next) = match code {
        "407" if proxy.user.is_empty() => (
            "It wants a name and a password, and none were given.",
            "Give them with --proxy-user, or in the form of the probe.",
        ),
        "407" => (
            "It does not take this name and password, or wants another kind of login than Basic.",
            "Check both; they go to the proxy in the clear.",
        ),
        "403" | "405" => (
            "It does not allow connections to this host or port.",
            "Ask its administrator to allow this port.",
        ),
        "502" | "503" | "504" => (
            "It could not reach the server itself.",
            "Check the server's name and port; the proxy looks the name up, not this machine.",
        ),
        _ => ("", "Look at the proxy's log."),
    };
    network(format!("The proxy {proxy} did not connect to {beyond}: \"{}\".", shown(status)))
        .why(why)
        .next(next)
}

fn shown(line: &str) -> String {
    visible(line).chars().take(80).collect()
}
