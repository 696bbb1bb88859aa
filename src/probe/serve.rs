//! The rehearsal service: serves one site with its keyring on a loopback port, so that it can be tried before it is
//! deployed. Bounded: connections at once, time for each, lines of log.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{HandshakeKind, ServerConfig, ServerConnection};

use super::timed::Timed;
use super::{alert, failure, group_text, protocol_text, suite_text};
use crate::model::bytes::Der;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::pki::certificate;
use crate::pki::key::PrivateKey;

/// How many connections are served at once; further ones are closed and logged.
const AT_ONCE: usize = 32;
/// How long each step of a connection may take: handshake, request, answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// How many lines of log are kept.
const LOG_LINES: usize = 500;
/// How much of a request is read at most.
const REQUEST_BYTES: usize = 16 * 1024;

/// What to serve.
#[derive(Debug)]
pub struct Served {
    /// The name of the site, for the answer page and the log.
    pub site: String,
    /// Leaf first, then intermediates.
    pub chain: Vec<Der>,
    /// The leaf's key.
    pub key: PrivateKey,
    /// The port on 127.0.0.1; 0 picks a free one.
    pub port: u16,
}

/// A running service. Dropping it stops it.
pub struct Service {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// What the threads share.
struct Shared {
    config: Arc<ServerConfig>,
    site: String,
    subject: String,
    stopping: AtomicBool,
    connections: AtomicU64,
    log: Mutex<VecDeque<String>>,
}

impl Service {
    /// Binds and starts to serve on a thread of its own.
    ///
    /// Errors: `Refused` when the chain is empty or the key is not the leaf's or of a kind that TLS does not know;
    /// `Network` when the port is taken or not allowed.
    pub fn start(served: Served) -> Result<Self> {
        let leaf = served.chain.first().ok_or_else(|| {
            Error::refused(format!("Site {} has no certificate to serve.", served.site))
                .next("Install the certificate in the site's keyring.")
        })?;
        let subject = certificate::read(&leaf.0)?.subject.text();
        let config = config(&served)?;
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, served.port)).map_err(|e| taken(served.port, &e))?;
        let address = listener.local_addr().map_err(|e| taken(served.port, &e))?;
        let shared = Arc::new(Shared {
            config: Arc::new(config),
            site: visible(&served.site),
            subject,
            stopping: AtomicBool::new(false),
            connections: AtomicU64::new(0),
            log: Mutex::default(),
        });
        let thread = std::thread::Builder::new().name("rehearsal".into()).spawn({
            let shared = shared.clone();
            move || accept(&listener, &shared)
        });
        let thread = thread.map_err(|e| taken(served.port, &e))?;
        Ok(Self { address, shared, thread: Some(thread) })
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the log so far, one line a handshake: peer, SNI, protocol, suite, outcome; escaped; the newest 500.
    pub fn log(&self) -> Vec<String> {
        self.shared.log.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }

    /// Stops listening, ends the open connections and waits for their threads.
    pub fn stop(self) {
        drop(self);
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.shared.stopping.store(true, Ordering::SeqCst);
        let Some(thread) = self.thread.take() else { return };
        // A connection of our own wakes the thread out of accept; if none comes about, the thread is left to itself.
        let until = Instant::now() + PATIENCE;
        while !thread.is_finished() && Instant::now() < until {
            let _ = TcpStream::connect_timeout(&self.address, Duration::from_millis(100));
            std::thread::park_timeout(Duration::from_millis(5));
        }
        if thread.is_finished() {
            let _ = thread.join();
        }
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Service({} at {})", self.shared.site, self.address)
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

/// Makes the TLS side: the key is read where it lies, without a copy of our own.
fn config(served: &Served) -> Result<ServerConfig> {
    let refused = |what: &str, error: &rustls::Error| {
        Error::refused(format!("Site {} cannot be served: {what}.", served.site)).why(format!("{error}."))
    };
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(served.key.pkcs8().as_slice()));
    let key = aws_lc_rs::sign::any_supported_type(&der)
        .map_err(|e| refused("TLS does not know this kind of key", &e))?;
    let chain = served.chain.iter().map(|c| CertificateDer::from(c.0.clone())).collect();
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|e| refused("the key is not the certificate's", &e))?;
    let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|e| refused("the TLS library does not start", &e))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(SingleCertAndKey::from(certified)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

/// Accepts until told to stop; then ends what is still open and waits for it.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
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
        let number = shared.connections.fetch_add(1, Ordering::Relaxed) + 1;
        if open.len() >= AT_ONCE {
            shared.write(number, peer, "", &format!("turned away: {AT_ONCE} connections are open"));
            continue;
        }
        let Ok(handle) = stream.try_clone() else {
            shared.write(number, peer, "", "turned away: out of file handles");
            continue;
        };
        let spawned = std::thread::Builder::new().name(format!("rehearsal {number}")).spawn({
            let shared = shared.clone();
            move || serve(stream, number, peer, &shared)
        });
        match spawned {
            Ok(thread) => open.push((thread, handle)),
            Err(error) => shared.write(number, peer, "", &format!("turned away: no thread, {error}")),
        }
    }
    for (thread, stream) in open {
        let _ = stream.shutdown(Shutdown::Both);
        let _ = thread.join();
    }
}

/// One connection: handshake, one request, one answer, the end.
fn serve(stream: TcpStream, number: u64, peer: SocketAddr, shared: &Shared) {
    let mut stream = Timed::new(stream, PATIENCE);
    converse(&mut stream, number, peer, shared);
    // The accepting thread holds a handle too, so that dropping ours would leave the client waiting.
    stream.close();
}

fn converse(stream: &mut Timed, number: u64, peer: SocketAddr, shared: &Shared) {
    let mut session = match ServerConnection::new(shared.config.clone()) {
        Ok(session) => session,
        Err(error) => return shared.write(number, peer, "", &format!("the service failed: {error}")),
    };
    let mut failed = None;
    while failed.is_none() && session.is_handshaking() {
        failed = session.complete_io(stream).err();
    }
    let what = agreed(&session);
    if let Some(error) = failed {
        return shared.write(number, peer, &what, &outcome(&error, stream.first()));
    }
    let kind = match session.handshake_kind() {
        Some(HandshakeKind::Resumed) => "done, resumed",
        _ => "done",
    };
    shared.write(number, peer, &what, kind);
    // The handshake is what is rehearsed; a client that leaves before or during the answer has seen what it wanted.
    let _ = answer(&mut session, stream, shared);
}

/// Says what was agreed: `SNI mail.example.test, TLS 1.3, TLS_AES_256_GCM_SHA384, X25519`.
fn agreed(session: &ServerConnection) -> String {
    let sni = session.server_name().map_or_else(|| "no SNI".into(), |name| format!("SNI {}", visible(name)));
    let suite = suite_text(session.negotiated_cipher_suite());
    let group = group_text(session.negotiated_key_exchange_group());
    format!("{sni}, {}, {suite}, {group}", protocol_text(session.protocol_version()))
}

/// Says why a handshake did not come to its end.
fn outcome(error: &io::Error, first: &[u8]) -> String {
    if let Some(said) = failure::not_tls(first) {
        // A request line may carry what is not for a log: its first word is enough.
        let word: String = said.split(' ').next().unwrap_or_default().chars().take(20).collect();
        return format!("not TLS: the client says \"{}\"", visible(&word));
    }
    match failure::tls(error) {
        Some(rustls::Error::AlertReceived(alert)) => match alert::from_client(*alert) {
            "" => format!("refused by the client: {}", alert::name(*alert)),
            words => format!("refused by the client: {}: {words}", alert::name(*alert)),
        },
        Some(error) => format!("refused: {}", visible(&error.to_string())),
        None if error.kind() == io::ErrorKind::TimedOut => "the client did not go on for 5 s".into(),
        None => "the client went away during the handshake".into(),
    }
}

fn answer(session: &mut ServerConnection, stream: &mut Timed, shared: &Shared) -> io::Result<()> {
    stream.allow(PATIENCE);
    let request = read_request(session, stream)?;
    let mut words = request.split(|b| matches!(b, b' ' | b'\r' | b'\n'));
    let method = words.next().unwrap_or_default();
    let version = words.nth(1).unwrap_or_default();
    let (status, body) = if version.starts_with(b"HTTP/1.") {
        let protocol = protocol_text(session.protocol_version());
        let suite = suite_text(session.negotiated_cipher_suite());
        (
            "200 OK",
            format!(
                "Site: {}\nCertificate: {}\nProtocol: {protocol}\nCipher suite: {suite}\n\nserved by a rehearsal\n",
                shared.site, shared.subject
            ),
        )
    } else {
        ("400 Bad Request", "This rehearsal answers HTTP/1.1 requests only.\n".to_owned())
    };
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.allow(PATIENCE);
    session.writer().write_all(head.as_bytes())?;
    if method != b"HEAD" {
        session.writer().write_all(body.as_bytes())?;
    }
    session.send_close_notify();
    while session.wants_write() {
        session.write_tls(stream)?;
    }
    stream.finish();
    // Reads what is still under way: closing over it would make the system reset the connection and lose the answer.
    stream.allow(Duration::from_secs(1));
    let mut rest = [0; 4096];
    for _ in 0..16 {
        if stream.read(&mut rest)? == 0 {
            break;
        }
    }
    Ok(())
}

/// Reads until the empty line after the headers, the end, or the limit.
fn read_request(session: &mut ServerConnection, stream: &mut Timed) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut part = [0; 2048];
    while request.len() < REQUEST_BYTES {
        let count = rustls::Stream::new(session, stream).read(&mut part)?;
        request.extend(part.iter().take(count));
        let ended = request.windows(4).any(|w| w == b"\r\n\r\n") || request.windows(2).any(|w| w == b"\n\n");
        if count == 0 || ended {
            break;
        }
    }
    if request.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(request) }
}

impl Shared {
    fn write(&self, number: u64, peer: SocketAddr, what: &str, outcome: &str) {
        let comma = if what.is_empty() { "" } else { ", " };
        let mut log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.push_back(format!("{number}  {peer}  {what}{comma}{outcome}"));
        if log.len() > LOG_LINES {
            log.pop_front();
        }
    }
}
