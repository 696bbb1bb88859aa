//! The rehearsal service: serves sites with their keyrings and rules on loopback ports, so that they can be tried before they
//! are deployed. Bounded: connections at once, time for each, sessions, entries of the log.

mod answer;
mod clients;
mod log;
mod site;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustls::server::{Accepted, Acceptor};
use rustls::{HandshakeKind, ServerConnection};

use super::timed::Timed;
use super::{alert, failure, group_text, protocol_text, suite_text};
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::time::Timestamp;
use crate::pki::certificate;

pub use clients::Clients;
pub use log::{Entry, Outcome, Seen, Tally};
pub use site::ServedSite;

use log::Log;
use site::Ready;

/// How many connections are served at once; further ones are closed and logged.
const AT_ONCE: usize = 32;
/// How long each step of a connection may take: handshake, request, answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// The alert unrecognized_name, as a record: the TLS library sends alerts only once a site is chosen.
const UNRECOGNISED_NAME: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 112];

/// Chooses a site by the name that a client asks for, if it asks for one: its place in the list, or `None` when nobody
/// answers for it.
pub type Choose = Box<dyn Fn(Option<&str>) -> Option<usize> + Send + Sync>;

/// What to serve.
pub struct Served {
    /// The sites; the first is the one that was named.
    pub sites: Vec<ServedSite>,
    /// Chooses among them.
    pub choose: Choose,
    /// What of the documents is left out, in sentences.
    pub notes: Vec<String>,
    /// The port on 127.0.0.1; 0 picks a free one.
    pub port: u16,
    /// Tells the present.
    pub clock: fn() -> Timestamp,
}

impl Served {
    /// Serves one site, whatever name is asked for.
    pub fn alone(site: ServedSite, port: u16, clock: fn() -> Timestamp) -> Self {
        Self { sites: vec![site], choose: Box::new(|_| Some(0)), notes: Vec::new(), port, clock }
    }
}

impl std::fmt::Debug for Served {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Served({:?} at port {})", self.sites, self.port)
    }
}

/// A running service. Dropping it stops it.
pub struct Service {
    address: SocketAddr,
    shared: Arc<Shared>,
    threads: Vec<(SocketAddr, JoinHandle<()>)>,
}

/// What the threads share.
struct Shared {
    sites: Vec<Ready>,
    notes: Vec<String>,
    choose: Choose,
    clock: fn() -> Timestamp,
    stopping: AtomicBool,
    log: Log,
    /// Where TLS is spoken.
    tls: OnceLock<SocketAddr>,
}

/// A port that is listened at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Port {
    Tls,
    /// Redirects to the other one.
    Plain,
}

impl Service {
    /// Binds and starts to serve on threads of its own; where a site redirects, also on a port without TLS.
    ///
    /// Errors: `Refused` when a chain is empty, a key is not the leaf's or of a kind that TLS does not know, or no suite of a
    /// document can be spoken here; `Network` when the port is taken or not allowed.
    pub fn start(served: Served) -> Result<Self> {
        let clock = served.clock;
        let sites =
            served.sites.into_iter().map(|site| Ready::new(site, clock)).collect::<Result<Vec<_>>>()?;
        let redirects = sites.iter().any(|site| site.redirect.is_some());
        let shared = Arc::new(Shared {
            sites,
            choose: served.choose,
            notes: served.notes,
            clock,
            stopping: AtomicBool::new(false),
            log: Log::default(),
            tls: OnceLock::new(),
        });
        let mut service =
            Self { address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), shared, threads: Vec::new() };
        service.address = service.listen(served.port, Port::Tls)?;
        if redirects {
            service.listen(0, Port::Plain)?;
        }
        Ok(service)
    }

    fn listen(&mut self, port: u16, kind: Port) -> Result<SocketAddr> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|e| taken(port, &e))?;
        let address = listener.local_addr().map_err(|e| taken(port, &e))?;
        if kind == Port::Tls {
            let _ = self.shared.tls.set(address);
        }
        let shared = self.shared.clone();
        let thread = std::thread::Builder::new()
            .name("rehearsal".into())
            .spawn(move || accept(&listener, kind, &shared))
            .map_err(|e| taken(port, &e))?;
        self.threads.push((address, thread));
        Ok(address)
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lists the sites that it serves; the first is the one that was named.
    pub fn sites(&self) -> Vec<String> {
        self.shared.sites.iter().map(|site| site.site.clone()).collect()
    }

    /// Returns where clients without TLS are redirected, if a site does that.
    pub fn redirects_at(&self) -> Option<SocketAddr> {
        self.threads.iter().map(|(address, _)| *address).find(|address| *address != self.address)
    }

    /// Says what of the documents cannot be rehearsed, in sentences.
    pub fn notes(&self) -> Vec<String> {
        let of_sites = self.shared.sites.iter().flat_map(|site| &site.notes);
        let plain =
            self.redirects_at().map(|address| format!("Clients without TLS are redirected at {address}."));
        self.shared.notes.iter().chain(of_sites).cloned().chain(plain).collect()
    }

    /// Returns the counters and the log so far; see [`Entry`].
    pub fn seen(&self) -> (Tally, Vec<Entry>) {
        self.shared.log.read()
    }

    /// Returns the log so far as lines; the first tells the counters.
    pub fn log(&self) -> Vec<String> {
        let (tally, entries) = self.seen();
        std::iter::once(format!("{}.", tally.text())).chain(entries.iter().map(Entry::text)).collect()
    }

    /// Stops listening, ends the open connections and waits for their threads.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        // A connection of our own wakes a thread out of accept; if none comes about, the thread is left to itself.
        let until = Instant::now() + PATIENCE;
        for (address, thread) in self.threads.drain(..) {
            while !thread.is_finished() && Instant::now() < until {
                let _ = TcpStream::connect_timeout(&address, Duration::from_millis(100));
                std::thread::park_timeout(Duration::from_millis(5));
            }
            if thread.is_finished() {
                let _ = thread.join();
            }
        }
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sites: Vec<&str> = self.shared.sites.iter().map(|site| site.site.as_str()).collect();
        write!(f, "Service({} at {})", sites.join(", "), self.address)
    }
}

fn taken(port: u16, error: &io::Error) -> Error {
    let what =
        Error::new(Kind::Network, format!("The rehearsal service cannot listen at 127.0.0.1 port {port}."));
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            what.why("Another program listens there.").next("Choose another port; 0 picks one.")
        }
        io::ErrorKind::PermissionDenied => {
            what.why("Ports below 1024 are for administrators.").next("Choose another port; 0 picks one.")
        }
        _ => what.why(format!("{error}.")),
    }
}

/// Accepts until told to stop; then ends what is still open and waits for it.
fn accept(listener: &TcpListener, kind: Port, shared: &Arc<Shared>) {
    let mut open: Vec<(JoinHandle<()>, TcpStream)> = Vec::new();
    loop {
        let accepted = listener.accept();
        if shared.stopping.load(Ordering::SeqCst) {
            break;
        }
        open.retain(|(thread, _)| !thread.is_finished());
        let Ok((stream, peer)) = accepted else {
            // Out of file handles, most likely: wait a moment rather than spin.
            std::thread::park_timeout(Duration::from_millis(50));
            continue;
        };
        let mut visit = Visit::new(peer, shared);
        if open.len() >= AT_ONCE {
            visit.ended(Outcome::TurnedAway, format!("{AT_ONCE} connections are open"));
            continue;
        }
        let Ok(handle) = stream.try_clone() else {
            visit.ended(Outcome::TurnedAway, "out of file handles");
            continue;
        };
        let number = visit.number;
        let thread = std::thread::Builder::new().name(format!("rehearsal {number}"));
        // A visit that is dropped with its thread is told as one that failed.
        match thread.spawn(move || serve(stream, kind, visit)) {
            Ok(thread) => open.push((thread, handle)),
            Err(_) => continue,
        }
    }
    for (thread, stream) in open {
        let _ = stream.shutdown(Shutdown::Both);
        let _ = thread.join();
    }
}

/// A connection: it begins with a number, and ends with exactly one entry of the log.
struct Visit {
    number: u64,
    peer: SocketAddr,
    seen: Seen,
    told: bool,
    shared: Arc<Shared>,
}

impl Visit {
    fn new(peer: SocketAddr, shared: &Arc<Shared>) -> Self {
        let seen = Seen {
            outcome: Outcome::Failed,
            site: String::new(),
            agreed: String::new(),
            client: String::new(),
            why: String::new(),
        };
        Self { number: shared.log.begin(), peer, seen, told: false, shared: shared.clone() }
    }

    fn ended(&mut self, outcome: Outcome, why: impl Into<String>) {
        if !self.told {
            self.told = true;
            (self.seen.outcome, self.seen.why) = (outcome, why.into());
            self.shared.log.end(self.number, self.peer, self.seen.clone(), (self.shared.clock)());
        }
    }
}

impl Drop for Visit {
    fn drop(&mut self) {
        self.ended(Outcome::Failed, "it ended without an outcome");
    }
}

/// One connection: handshake, one request, one answer, the end.
fn serve(stream: TcpStream, kind: Port, mut visit: Visit) {
    let mut stream = Timed::new(stream, PATIENCE);
    match kind {
        Port::Tls => converse(&mut stream, &mut visit),
        Port::Plain => redirect(&mut stream, &mut visit),
    }
    // The accepting thread holds a handle too, so that dropping ours would leave the client waiting.
    stream.close();
}

fn converse(stream: &mut Timed, visit: &mut Visit) {
    let shared = visit.shared.clone();
    let accepted = match hello(stream) {
        Ok(accepted) => accepted,
        Err(error) => {
            let (outcome, why) = reason(&error, stream.first());
            visit.ended(outcome, why);
            return answer::finish(stream);
        }
    };
    let name = accepted.client_hello().server_name().map(str::to_owned);
    let Some(site) = (shared.choose)(name.as_deref()).and_then(|at| shared.sites.get(at)) else {
        visit.seen.agreed = name.map_or_else(|| "no SNI".into(), |name| format!("SNI {}", visible(&name)));
        visit.ended(Outcome::RefusedHere, "no site answers for this name");
        let _ = stream.write_all(&UNRECOGNISED_NAME);
        return answer::finish(stream);
    };
    visit.seen.site.clone_from(&site.site);
    let mut session = match accepted.into_connection(site.config.clone()) {
        Ok(session) => session,
        Err((error, mut alert)) => {
            visit.seen.agreed =
                name.map_or_else(|| "no SNI".into(), |name| format!("SNI {}", visible(&name)));
            visit.ended(Outcome::RefusedHere, visible(&error.to_string()));
            let _ = alert.write_all(stream);
            return answer::finish(stream);
        }
    };
    let mut failed = None;
    while failed.is_none() && session.is_handshaking() {
        failed = session.complete_io(stream).err();
    }
    visit.seen.agreed = agreed(&session, site, shared.sites.len());
    visit.seen.client = client(&session, site);
    if let Some(error) = failed {
        let (outcome, why) = reason(&error, stream.first());
        visit.ended(outcome, why);
        return answer::close(&mut session, stream);
    }
    let outcome = match session.handshake_kind() {
        Some(HandshakeKind::Resumed) => Outcome::Resumed,
        _ => Outcome::Done,
    };
    // A client of TLS 1.3 learns only now that its certificate is refused by itself; what it says of ours comes now, too.
    // Otherwise one that leaves before or during the answer has seen what it wanted.
    let client = visit.seen.client.clone();
    let page = answer::page(&mut session, stream, site, &client);
    match page.as_ref().err().filter(|error| failure::tls(error).is_some()) {
        Some(error) => {
            let (outcome, why) = reason(error, stream.first());
            visit.ended(outcome, why);
        }
        None => visit.ended(outcome, ""),
    }
    answer::close(&mut session, stream);
}

/// Reads the hello of a client; an alert is sent for one that is none.
fn hello(stream: &mut Timed) -> io::Result<Accepted> {
    let mut acceptor = Acceptor::default();
    loop {
        let count = acceptor.read_tls(stream)?;
        match acceptor.accept() {
            Ok(Some(accepted)) => return Ok(accepted),
            Ok(None) if count == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(None) => {}
            Err((error, mut alert)) => {
                let _ = alert.write_all(stream);
                return Err(io::Error::new(io::ErrorKind::InvalidData, error));
            }
        }
    }
}

/// Sends a client without TLS to the port with TLS, as the site does when it is deployed.
fn redirect(stream: &mut Timed, visit: &mut Visit) {
    let request = match answer::read_request(|part| stream.read(part)) {
        Ok(request) => answer::Request::of(&request),
        Err(error) => {
            let (outcome, why) = reason(&error, &[]);
            visit.ended(outcome, why);
            return answer::finish(stream);
        }
    };
    let shared = visit.shared.clone();
    let name = Some(request.host.as_str()).filter(|host| !host.is_empty());
    let site = (shared.choose)(name).and_then(|at| shared.sites.get(at));
    let target = site.and_then(|site| site.redirect.as_deref().map(|deployed| (site, deployed)));
    let (Some((site, deployed)), Some(tls), true) = (target, shared.tls.get(), request.http) else {
        visit.ended(Outcome::RefusedHere, "without TLS, and nothing redirects there");
        let _ =
            stream.write_all(&answer::answer("403 Forbidden", "", "This site needs TLS.\n", request.head));
        return answer::finish(stream);
    };
    let host = if request.host.is_empty() { tls.ip().to_string() } else { request.host };
    let location = format!("https://{host}:{}{}", tls.port(), request.path);
    visit.seen.site.clone_from(&site.site);
    let sent = stream.write_all(&answer::answer(
        "302 Found",
        &format!("Location: {location}\r\n"),
        &format!("{location}\n"),
        request.head,
    ));
    match sent {
        Ok(()) => {
            visit.ended(Outcome::Redirected, format!("302 to {location}; deployed, to {}", visible(deployed)))
        }
        Err(_) => visit.ended(Outcome::WentAway, "before the redirect"),
    }
    answer::finish(stream);
}

/// Says what was agreed: `SNI mail.example.test, TLS 1.3, TLS_AES_256_GCM_SHA384, X25519`; and by which site, if there are
/// several.
fn agreed(session: &ServerConnection, site: &Ready, sites: usize) -> String {
    let sni = session.server_name().map_or_else(|| "no SNI".into(), |name| format!("SNI {}", visible(name)));
    let suite = suite_text(session.negotiated_cipher_suite());
    let group = group_text(session.negotiated_key_exchange_group());
    let mut parts = vec![sni, protocol_text(session.protocol_version()), suite, group];
    // How far it came: what was not agreed on is left out.
    parts.retain(|part| part != "-");
    if sites > 1 {
        parts.push(format!("site {}", site.site));
    }
    parts.join(", ")
}

/// Says who the client is and what was decided about it, where it was asked for a certificate.
fn client(session: &ServerConnection, site: &Ready) -> String {
    let Some(judge) = &site.judge else { return String::new() };
    if let Some(decided) = judge.decided() {
        return decided;
    }
    // A resumed session brings the certificate of its first handshake.
    let first = session.peer_certificates().and_then(|all| all.first());
    match first.and_then(|der| certificate::read(der).ok()) {
        Some(certificate) => format!("client {}", visible(&certificate.subject.text())),
        None => "no client certificate".into(),
    }
}

/// Says how and why a connection did not come to its end.
fn reason(error: &io::Error, first: &[u8]) -> (Outcome, String) {
    if let Some(said) = failure::not_tls(first) {
        // A request line may carry what is not for a log: its first word is enough.
        let word: String = said.split(' ').next().unwrap_or_default().chars().take(20).collect();
        return (Outcome::NotTls, format!("the client says \"{}\"", visible(&word)));
    }
    match failure::tls(error) {
        Some(rustls::Error::AlertReceived(alert)) => {
            let why = match alert::from_client(*alert) {
                "" => alert::name(*alert),
                words => format!("{}: {words}", alert::name(*alert)),
            };
            (Outcome::RefusedByClient, why)
        }
        Some(error) => (Outcome::RefusedHere, visible(&error.to_string())),
        None if error.kind() == io::ErrorKind::TimedOut => {
            (Outcome::TooSlow, "the client did not go on for 5 s".into())
        }
        None => (Outcome::WentAway, "during the handshake".into()),
    }
}
