//! The TLS probe: connects once, lets the handshake finish whatever the chain, and gives the strict verdict beside it.
//! Sends no data of its own.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConnection, ProtocolVersion};

use super::timed::Timed;
use super::witness::{self, Noted};
use super::{alert, failure, group_text, protocol_text, suite_text};
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::site::host_name;
use crate::pki::certificate;
use crate::pki::chain::inquiry::{Basis, Inquiry};

/// Whom to ask.
#[derive(Debug, Clone)]
pub struct Target {
    /// The name asked for (SNI and verification); an IP address sends no SNI.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Connects here instead of resolving `host`.
    pub address: Option<SocketAddr>,
    /// By what the chain is judged.
    pub basis: Basis,
    /// The bound on each step: look up, connect, handshake. Held between 10 ms and 5 minutes.
    pub timeout: Duration,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The name asked for, in A-label form, or the IP address.
    pub host: String,
    /// The address connected to.
    pub address: SocketAddr,
    /// `TLS 1.3`.
    pub protocol: String,
    /// The cipher suite by IANA name.
    pub suite: String,
    /// The key exchange group.
    pub group: String,
    /// The ALPN protocol chosen, escaped; empty for none.
    pub alpn: String,
    /// The chain as sent, leaf first; a certificate that cannot be read is left out and noted.
    pub sent: Vec<Certificate>,
    /// The question about the chain as sent, with what was seen of the connection before it.
    pub inquiry: Inquiry,
    /// Whether an OCSP staple came along, and its size.
    pub staple: usize,
    /// Milliseconds until connected, and until the handshake was done.
    pub times: (u64, u64),
    /// What came after the handshake, such as a late alert; may be empty.
    pub late: String,
    /// What else is worth knowing, one sentence each, escaped.
    pub notes: Vec<String>,
}

/// Probes. Errors (`Network`): name not found, refused, timed out, not TLS, TLS alert; each in words with what to look at.
pub fn probe(target: &Target) -> Result<Seen> {
    let limit = target.timeout.clamp(Duration::from_millis(10), Duration::from_secs(300));
    let host = name_asked(&target.host)?;
    if target.address.is_none() && target.port == 0 {
        return Err(Error::usage("Port 0 cannot be probed.").next("Give a port from 1 to 65535."));
    }
    let addresses = match target.address {
        Some(address) => vec![address],
        None => resolve(&host, target.port, limit)?,
    };
    match shake_hands(target, &host, &addresses, limit, true) {
        // Servers for mail know no Web protocols, and some refuse for that alone.
        Err(Failed::NoProtocol) => shake_hands(target, &host, &addresses, limit, false).map(|mut seen| {
            seen.notes.push("The server refuses clients that offer h2 and http/1.1 only.".into());
            seen
        }),
        other => other,
    }
    .map_err(|failed| match failed {
        Failed::For(error) => error,
        Failed::NoProtocol => {
            let (why, next) = alert::from_server(AlertDescription::NoApplicationProtocol, false);
            Error::new(Kind::Network, format!("{host} refused the handshake.")).why(why).next(next)
        }
    })
}

/// Why one attempt ended: for good, or because the server wants no protocol of those offered.
enum Failed {
    For(Error),
    NoProtocol,
}

fn name_asked(text: &str) -> Result<String> {
    let bare = text.trim().trim_matches(['[', ']']);
    // A link-local address may name its interface: fe80::1%eth0.
    if bare.split_once('%').is_some_and(|(ip, _)| ip.parse::<IpAddr>().is_ok()) {
        return Ok(bare.to_owned());
    }
    let wrong = |why: String| Error::usage(format!("{why}.")).next("Give a host name or an IP address.");
    let host = host_name(bare).map_err(wrong)?;
    if host.starts_with('*') {
        return Err(wrong(format!("{host} stands for many hosts")));
    }
    Ok(host)
}

/// Looks the name up on a thread of its own, for the system's resolver knows no deadline.
fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>> {
    let (tell, told) = mpsc::channel();
    let name = host.to_owned();
    std::thread::Builder::new()
        .name("look up".into())
        .spawn(move || {
            // Nobody listens any more when the deadline has passed.
            let _ = tell.send((name.as_str(), port).to_socket_addrs().map(|found| found.collect::<Vec<_>>()));
        })
        .map_err(|e| failure::resolving(host, &e))?;
    let found = told.recv_timeout(limit).map_err(|_| failure::resolving_took(host, limit))?;
    let found = found.map_err(|e| failure::resolving(host, &e))?;
    if found.is_empty() {
        return Err(failure::resolving(host, &io::Error::other("no address")));
    }
    Ok(found)
}

/// Tries the addresses in turn within `limit`; returns the first connection, or the last failure.
fn connect(host: &str, addresses: &[SocketAddr], limit: Duration) -> Result<(TcpStream, SocketAddr)> {
    let until = Instant::now() + limit;
    let mut last = Error::internal("There is no address to connect to.");
    for (tried, address) in addresses.iter().enumerate() {
        let share = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let left = (until.saturating_duration_since(Instant::now()) / share).max(Duration::from_millis(1));
        match TcpStream::connect_timeout(address, left) {
            Ok(stream) => return Ok((stream, *address)),
            Err(error) => last = failure::connecting(&place(host, *address), &error, left),
        }
    }
    Err(last)
}

/// Names the server in messages: `mail.example.test (192.0.2.1:443)`, or the address alone.
fn place(host: &str, address: SocketAddr) -> String {
    if host.parse() == Ok(address.ip()) { address.to_string() } else { format!("{host} ({address})") }
}

fn shake_hands(
    target: &Target,
    host: &str,
    addresses: &[SocketAddr],
    limit: Duration,
    alpn: bool,
) -> Result<Seen, Failed> {
    let internal =
        |e: rustls::Error| Failed::For(Error::internal(format!("The TLS client does not start: {e}.")));
    let (config, witness) = witness::client(alpn).map_err(internal)?;
    let bare = host.split('%').next().unwrap_or(host);
    let name = ServerName::try_from(bare.to_owned())
        .map_err(|e| Failed::For(Error::usage(format!("{host} cannot be asked for by TLS: {e}."))))?;

    let begun = Instant::now();
    let (stream, address) = connect(host, addresses, limit).map_err(Failed::For)?;
    let connected = begun.elapsed();
    let mut stream = Timed::new(stream, limit);
    let mut session = ClientConnection::new(config, name).map_err(internal)?;
    while session.is_handshaking() {
        if let Err(error) = session.complete_io(&mut stream) {
            let refusal = rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol);
            if alpn && failure::tls(&error) == Some(&refusal) {
                return Err(Failed::NoProtocol);
            }
            let asked = witness.noted().asked;
            let to = place(host, address);
            return Err(Failed::For(failure::shaking_hands(&to, &error, stream.first(), asked, limit)));
        }
    }
    let done = begun.elapsed();

    let round = done.saturating_sub(connected);
    let late = wait_for_late_news(&mut session, &mut stream, round, limit, witness.noted().asked);
    // Politeness only: a server that has gone already does not hear it.
    stream.allow(Duration::from_millis(200));
    session.send_close_notify();
    let _ = session.write_tls(&mut stream);

    let noted = witness.noted();
    let (sent, notes) = read_chain(&noted).map_err(Failed::For)?;
    let inquiry = inquiry(target, host, bare, &sent, &noted);
    let mut seen = Seen {
        host: host.to_owned(),
        address,
        protocol: protocol_text(session.protocol_version()),
        suite: suite_text(session.negotiated_cipher_suite()),
        group: group_text(session.negotiated_key_exchange_group()),
        alpn: session.alpn_protocol().map_or_else(String::new, |p| visible(&String::from_utf8_lossy(p))),
        sent,
        inquiry,
        staple: noted.staple,
        times: (milliseconds(connected), milliseconds(done)),
        late,
        notes,
    };
    seen.inquiry.head = seen.connection();
    Ok(seen)
}

/// Reads on for a moment: with TLS 1.3 a server refuses a missing client certificate only after the client is done
/// (RFC 8446 section 4.4.2.4). Ends early when session tickets come, for a server sends them when it is content.
fn wait_for_late_news(
    session: &mut ClientConnection,
    stream: &mut Timed,
    round: Duration,
    limit: Duration,
    asked: bool,
) -> String {
    if session.protocol_version() != Some(ProtocolVersion::TLSv1_3) {
        return String::new();
    }
    // Two round trips at least when a refusal is likely; the wait is felt, so it is short otherwise.
    let least = Duration::from_millis(if asked { 1000 } else { 300 });
    stream.allow((round * 2).max(least).min(limit));
    while session.tls13_tickets_received() == 0 {
        match session.read_tls(stream) {
            Ok(0) => return "The server closed the connection right after the handshake.".into(),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::TimedOut => return String::new(),
            Err(error) => return format!("The connection broke after the handshake: {error}."),
        }
        match session.process_new_packets() {
            Err(rustls::Error::AlertReceived(alert)) => {
                let (why, next) = alert::from_server(alert, asked);
                return format!(
                    "The server refused after the handshake: {}. {why} {next}",
                    alert::name(alert)
                );
            }
            Err(error) => return format!("After the handshake came something wrong: {error}."),
            Ok(state) if state.peer_has_closed() => {
                return "The server closed the session right after the handshake.".into();
            }
            // It greets first, as mail servers do: it is content.
            Ok(state) if state.plaintext_bytes_to_read() > 0 => return String::new(),
            Ok(_) => {}
        }
    }
    String::new()
}

fn read_chain(noted: &Noted) -> Result<(Vec<Certificate>, Vec<String>)> {
    let mut sent = Vec::with_capacity(noted.chain.len());
    let mut notes = Vec::new();
    for (place, der) in noted.chain.iter().enumerate() {
        match certificate::read(der) {
            Ok(certificate) => sent.push(certificate),
            Err(error) if place == 0 => {
                return Err(Error::new(Kind::Network, "The server's certificate cannot be read.")
                    .why(error.to_string())
                    .next("Export the certificate from the server's keyring and look at it there."));
            }
            Err(error) => notes.push(format!("Certificate {place} of those sent cannot be read: {error}")),
        }
    }
    if noted.asked {
        notes.push("The server asks for a client certificate; none was sent.".into());
    }
    Ok((sent, notes))
}

/// Asks about the chain as sent. A server that did not prove to have the key is never trusted.
fn inquiry(target: &Target, place: &str, host: &str, sent: &[Certificate], noted: &Noted) -> Inquiry {
    let what = format!("what {place} sends, {}", count(sent.len()));
    let mut inquiry = Inquiry::of_bundle(sent.to_vec(), what, target.basis.clone());
    inquiry.origin = "sent".into();
    inquiry.host = Some(host.to_owned());
    if let (Some(why), Some(leaf)) = (&noted.unproved, sent.first()) {
        let text = format!("the server did not prove that it has the key of its certificate: {why}.");
        let subject = Subject::Certificate(leaf.sha256);
        inquiry.objections.push(Finding::new("probe.proof", Severity::Error, subject, text));
    }
    inquiry
}

fn count(certificates: usize) -> String {
    match certificates {
        0 => "no certificate".into(),
        1 => "1 certificate".into(),
        n => format!("{n} certificates"),
    }
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
