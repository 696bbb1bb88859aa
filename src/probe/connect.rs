//! The TLS probe: connects once, lets the handshake finish whatever the chain, and gives the strict verdict beside it.
//! Sends no data of its own.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use rustls::pki_types::ServerName;
use rustls::{AlertDescription, ClientConnection, ProtocolVersion};

use super::route::{Failed, Route, Way};
use super::timed::Timed;
use super::witness::{self, Noted};
use super::{alert, failure, group_text, protocol_text, scan, suite_text};
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::seen::{Stage, Staple};
use crate::pki::chain::inquiry::{Basis, Inquiry};
use crate::pki::{certificate, ocsp};

/// Whom to ask.
#[derive(Debug, Clone)]
pub struct Target {
    /// Where the service is and how it is reached.
    pub route: Route,
    /// By what the chain is judged.
    pub basis: Basis,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The name asked for, in A-label form, or the IP address.
    pub host: String,
    /// The address connected to; the proxy's when there is one.
    pub address: SocketAddr,
    /// The proxy and the protocol that was changed over from, in words; empty for a connection that begins with TLS.
    pub way: String,
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
    /// The OCSP staple that came along.
    pub staple: Option<Staple>,
    /// Milliseconds until connected, and until the handshake was done or broken off.
    pub times: (u64, u64),
    /// Whether the handshake was done; else only what the server said in the clear was seen.
    pub finished: bool,
    /// What came after the handshake, such as a late alert; may be empty.
    pub late: String,
    /// What else is worth knowing, one sentence each, escaped.
    pub notes: Vec<String>,
}

/// Probes. Errors (`Network`): name not found, refused, timed out, not TLS, TLS alert; each in words with what to look at.
pub fn probe(target: &Target) -> Result<Seen, Failed> {
    let way = target.route.find()?;
    match shake_hands(&target.basis, &way, true) {
        // Servers for mail know no Web protocols, and some refuse for that alone.
        Err(Ended::NoProtocol) => shake_hands(&target.basis, &way, false).map(|mut seen| {
            seen.notes.push("The server refuses clients that offer h2 and http/1.1 only.".into());
            seen
        }),
        other => other,
    }
    .or_else(|ended| match ended {
        // What the TLS library does not speak is told all the same, as far as it comes in the clear.
        Ended::Foreign(failed) => look(&target.basis, &way).ok_or(Ended::Failed(failed)),
        other => Err(other),
    })
    .map_err(|ended| match ended {
        Ended::Failed(failed) | Ended::Foreign(failed) => failed,
        Ended::NoProtocol => {
            let (why, next) = alert::from_server(AlertDescription::NoApplicationProtocol, false);
            let what = format!("{} refused the handshake.", way.host);
            Failed::at(Stage::Handshake, Error::new(Kind::Network, what).why(why).next(next))
        }
    })
}

/// Why one attempt ended: for good, because the server speaks no version or suite of the TLS library, or because it wants no
/// protocol of those offered.
enum Ended {
    Failed(Failed),
    Foreign(Failed),
    NoProtocol,
}

impl From<Failed> for Ended {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

/// The handshake failed.
fn handshake(error: Error) -> Ended {
    Failed::at(Stage::Handshake, error).into()
}

fn shake_hands(basis: &Basis, way: &Way, alpn: bool) -> Result<Seen, Ended> {
    let internal =
        |e: rustls::Error| handshake(Error::internal(format!("The TLS client does not start: {e}.")));
    let (config, witness) = witness::client(alpn).map_err(internal)?;
    let (host, bare, limit) = (way.host.as_str(), way.bare_host(), way.limit);
    let name = ServerName::try_from(bare.to_owned())
        .map_err(|e| handshake(Error::usage(format!("{host} cannot be asked for by TLS: {e}."))))?;

    let begun = Instant::now();
    let opened = way.open()?;
    let (mut stream, address, connected) = (opened.stream, opened.address, opened.connected);
    let ready = begun.elapsed();
    let mut session = ClientConnection::new(config, name).map_err(internal)?;
    while session.is_handshaking() {
        if let Err(error) = session.complete_io(&mut stream) {
            let refusal = rustls::Error::AlertReceived(AlertDescription::NoApplicationProtocol);
            if alpn && failure::tls(&error) == Some(&refusal) {
                return Err(Ended::NoProtocol);
            }
            let asked = witness.noted().asked;
            let to = way.place(address);
            let why = failure::shaking_hands(&to, &error, stream.first(), asked, limit);
            let failed = Failed::at(Stage::Handshake, why);
            let foreign = !asked && failure::tls(&error).is_some_and(failure::is_foreign);
            return Err(if foreign { Ended::Foreign(failed) } else { Ended::Failed(failed) });
        }
    }
    let done = begun.elapsed();

    let round = done.saturating_sub(ready);
    let late = wait_for_late_news(&mut session, &mut stream, round, limit, witness.noted().asked);
    // Politeness only: a server that has gone already does not hear it.
    stream.allow(Duration::from_millis(200));
    session.send_close_notify();
    let _ = session.write_tls(&mut stream);

    let noted = witness.noted();
    let (sent, mut notes) = read_chain(&noted).map_err(handshake)?;
    let mut inquiry = inquiry(basis, way, &sent, &noted);
    if opened.early {
        let text = "more came with the answer to STARTTLS, before TLS began: somebody on the way can have put it there.";
        notes.push(format!("The server is not believed: {text}"));
        inquiry.objections.extend(objection("probe.early", &sent, text.into()));
    }
    let mut seen = Seen {
        host: host.to_owned(),
        address,
        way: way.words(),
        protocol: protocol_text(session.protocol_version()),
        suite: suite_text(session.negotiated_cipher_suite()),
        group: group_text(session.negotiated_key_exchange_group()),
        alpn: session.alpn_protocol().map_or_else(String::new, |p| visible(&String::from_utf8_lossy(p))),
        staple: (!noted.staple.is_empty()).then(|| ocsp::staple(&noted.staple, &sent)),
        sent,
        inquiry,
        times: (milliseconds(connected), milliseconds(done)),
        finished: true,
        late,
        notes,
    };
    seen.inquiry.head = seen.connection();
    Ok(seen)
}

/// Looks at a server that speaks nothing of what the TLS library does: its hello and its certificates come in the clear.
fn look(basis: &Basis, way: &Way) -> Option<Seen> {
    let begun = Instant::now();
    let (version, flight) = scan::glance(way)?;
    let hello = flight.hello.as_ref()?;
    let noted = Noted { chain: flight.chain.clone(), staple: flight.staple.clone(), ..Noted::default() };
    let (sent, mut notes) = read_chain(&noted).ok()?;
    let mut inquiry = inquiry(basis, way, &sent, &noted);
    let (name, suite) = (version.name(), hello.suite.name());
    let text = format!(
        "the server speaks nothing better than {name} with {suite}, which is not spoken here and by few clients of today; \
         that it has the key of its certificate was not proved."
    );
    inquiry.objections.extend(objection("probe.old", &sent, text));
    notes.push("A scan (--matrix) lists everything that the server speaks.".into());
    let mut seen = Seen {
        host: way.host.clone(),
        address: way.address()?,
        way: way.words(),
        protocol: name.into(),
        suite,
        group: flight.group.map_or_else(|| "-".into(), |group| group.name()),
        alpn: String::new(),
        staple: (!noted.staple.is_empty()).then(|| ocsp::staple(&noted.staple, &sent)),
        sent,
        inquiry,
        times: (milliseconds(begun.elapsed()), milliseconds(begun.elapsed())),
        finished: false,
        late: String::new(),
        notes,
    };
    seen.inquiry.head = seen.connection();
    Some(seen)
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
fn inquiry(basis: &Basis, way: &Way, sent: &[Certificate], noted: &Noted) -> Inquiry {
    let what = format!("what {} sends, {}", way.host, count(sent.len()));
    let mut inquiry = Inquiry::of_bundle(sent.to_vec(), what, basis.clone());
    inquiry.origin = "sent".into();
    inquiry.host = Some(way.bare_host().to_owned());
    if let Some(why) = &noted.unproved {
        let text = format!("the server did not prove that it has the key of its certificate: {why}.");
        inquiry.objections.extend(objection("probe.proof", sent, text));
    }
    inquiry
}

/// Makes a reason not to trust the leaf, whatever its chain.
fn objection(rule: &'static str, sent: &[Certificate], text: String) -> Option<Finding> {
    let leaf = sent.first()?;
    Some(Finding::new(rule, Severity::Error, Subject::Certificate(leaf.sha256), text))
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
