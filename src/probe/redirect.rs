//! Asks a Web server without TLS for its first page, to see whether it sends clients on to TLS. Follows nothing.

use std::io::Write;

use super::failure::network;
use super::route::{Failed, Route};
use crate::model::escape::visible;
use crate::model::seen::{Plain, Stage};

/// The most lines of an answer.
const LINES: usize = 100;

/// Asks, and tells the status and where the client is sent.
pub(super) fn ask(route: &Route) -> Result<Plain, Failed> {
    let way = route.find()?;
    let mut stream = way.open()?.stream;
    let broken = |e: std::io::Error| {
        Failed::at(
            Stage::Connect,
            network("The connection broke before an answer came.".into()).why(format!("{e}.")),
        )
    };
    let host = way.host_field(80);
    let request = format!(
        "GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: ringmaster\r\nAccept: */*\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).map_err(broken)?;
    let first = stream.line().map_err(broken)?;
    let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)).unwrap_or_default();
    let mut plain = Plain { status: visible(status), location: String::new() };
    for _ in 0..LINES {
        let line = stream.line().map_err(broken)?;
        if line.is_empty() {
            break;
        }
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("location")
        {
            plain.location = visible(value.trim());
        }
    }
    Ok(plain)
}
