//! Comes to a service as clients with several kinds of certificate, one after the other, and tells which were let in. Of a
//! Web server it asks for the head of one page, for some refuse only then. Judges nothing.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rcgen::{CertificateParams, DnType, ExtendedKeyUsagePurpose, KeyPair};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::sign::CertifiedKey;
use rustls::{AlertDescription, ClientConnection};

use super::route::{Route, Way};
use super::timed::Timed;
use super::witness::{self, Witness};
use super::{alert, failure};
use crate::model::bytes::Digest;
use crate::model::escape::visible;
use crate::model::seen::{Admission, Guest, Welcome};
use crate::model::time::Timestamp;

/// How long a refusal may take that need not come.
const MOMENT: Duration = Duration::from_millis(1000);
/// How long a Web server may take to answer.
const PAGE: Duration = Duration::from_secs(4);

/// A client certificate with its key, ready to be shown.
#[derive(Clone)]
pub struct Badge {
    /// The subject, escaped.
    pub subject: String,
    /// Those above it, as far as they are known; the one that signed it first.
    pub above: Vec<Digest>,
    key: Arc<CertifiedKey>,
}

impl std::fmt::Debug for Badge {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Badge({})", self.subject)
    }
}

/// The clients that come: each with what it shows, or why it cannot be tried. Nobody always comes.
pub type Badges = Vec<(Guest, Result<Badge, String>)>;

impl Badge {
    /// Takes a chain, the leaf first, and the leaf's key as PKCS#8. Errors: TLS cannot use the key, or it is another one's.
    pub fn new(
        subject: String,
        chain: Vec<Vec<u8>>,
        pkcs8: &[u8],
        above: Vec<Digest>,
    ) -> Result<Self, String> {
        let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(pkcs8));
        let key = aws_lc_rs::sign::any_supported_type(&der)
            .map_err(|e| format!("TLS does not know this kind of key: {e}"))?;
        let key = CertifiedKey::new(chain.into_iter().map(CertificateDer::from).collect(), key);
        key.keys_match().map_err(|_| "the key is not that of the certificate".to_owned())?;
        Ok(Self { subject, above, key: Arc::new(key) })
    }

    /// Makes one that signs itself, so that nobody trusts it, valid between these times.
    pub fn unknown(name: &str, from: Timestamp, until: Timestamp) -> Result<Self, String> {
        let said = |e: rcgen::Error| format!("it cannot be made: {e}");
        let mut params = CertificateParams::new(Vec::new()).map_err(said)?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages.push(ExtendedKeyUsagePurpose::ClientAuth);
        (params.not_before, params.not_after) = (from.utc(), until.utc());
        let key = KeyPair::generate().map_err(said)?;
        let made = params.self_signed(&key).map_err(said)?;
        Self::new(format!("CN={name}"), vec![made.der().to_vec()], key.serialize_der().as_slice(), Vec::new())
    }
}

/// Comes as each of them. What was not reached before it was stopped is left out.
pub fn come(route: &Route, badges: &Badges, web: bool, stop: &AtomicBool) -> Vec<Admission> {
    let way = route.find().and_then(|mut way| {
        let opened = way.open()?;
        way.keep_to(opened.address);
        Ok(way)
    });
    let mut all = Vec::new();
    let nobody = (Guest::Nobody, None);
    for (guest, badge) in std::iter::once(nobody).chain(badges.iter().map(|(g, b)| (*g, Some(b)))) {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let (badge, tried) = match (badge, &way) {
            (Some(Err(why)), _) => (None, Err(why.clone())),
            (_, Err(failed)) => (None, Err(failed.error.what.clone())),
            (Some(Ok(badge)), Ok(way)) => (Some(badge), Ok(way)),
            (None, Ok(way)) => (None, Ok(way)),
        };
        let (welcome, why) = match tried {
            Ok(way) => try_one(way, badge, web),
            Err(why) => (Welcome::NotTried, why),
        };
        let subject = badge.map_or_else(String::new, |b| b.subject.clone());
        let above = badge.map_or_else(Vec::new, |b| b.above.clone());
        all.push(Admission { guest, welcome, why: visible(&why), subject, above });
    }
    all
}

fn try_one(way: &Way, badge: Option<&Badge>, web: bool) -> (Welcome, String) {
    let witness = Witness::showing(badge.map(|b| b.key.clone()));
    match converse(way, &witness, web) {
        Ok(None) if witness.noted().asked => (Welcome::LetIn, String::new()),
        Ok(None) => (Welcome::NotAsked, String::new()),
        Ok(Some(how)) | Err(Ended::Refused(how)) if witness.noted().asked => (Welcome::Refused, how),
        Ok(Some(how)) | Err(Ended::Refused(how) | Ended::Broken(how)) => (Welcome::NotTried, how),
    }
}

/// Why a conversation ended before its end.
enum Ended {
    /// The server ended it.
    Refused(String),
    /// It broke otherwise, or was not begun.
    Broken(String),
}

impl Ended {
    fn of(error: &io::Error) -> Self {
        match failure::tls(error) {
            Some(rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)) => {
                Self::Broken("the server speaks neither TLS 1.2 nor TLS 1.3".into())
            }
            Some(rustls::Error::AlertReceived(alert)) => Self::Refused(alert::name(*alert)),
            Some(other) => Self::Broken(other.to_string()),
            None if error.kind() == io::ErrorKind::TimedOut => Self::Broken("no answer in time".into()),
            None => Self::Refused("the connection was closed".into()),
        }
    }
}

/// Shakes hands, asks a Web server for a page, and listens. Returns how a Web server refuses, where it does so in its answer.
fn converse(way: &Way, witness: &Arc<Witness>, web: bool) -> Result<Option<String>, Ended> {
    let broken = |e: &dyn std::fmt::Display| Ended::Broken(e.to_string());
    let config = witness::client_with(rustls::DEFAULT_VERSIONS, witness, |_| true).map_err(|e| broken(&e))?;
    let name = ServerName::try_from(way.bare_host().to_owned()).map_err(|e| broken(&e))?;
    let mut session = ClientConnection::new(Arc::new(config), name).map_err(|e| broken(&e))?;
    let mut stream = way.open().map_err(|failed| broken(&failed.error.what))?.stream;
    while session.is_handshaking() {
        session.complete_io(&mut stream).map_err(|e| Ended::of(&e))?;
    }
    if web {
        let host = way.host_field(443);
        let ask = format!("HEAD / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        session.writer().write_all(ask.as_bytes()).map_err(|e| Ended::of(&e))?;
    }
    let status = listen(&mut session, &mut stream, if web { PAGE.min(way.limit) } else { MOMENT })?;
    // Politeness only.
    stream.allow(Duration::from_millis(200));
    session.send_close_notify();
    let _ = session.write_tls(&mut stream);
    // nginx lets the handshake pass, and refuses with a status of its own for certificates, which it shows as 400.
    let refuses = matches!(status.as_str(), "400" | "403" | "495" | "496");
    Ok((web && refuses).then(|| format!("HTTP status {status}")))
}

/// Sends what waits and reads on for a moment: with TLS 1.3 a client certificate is judged when the client is done already
/// (RFC 8446 section 4.4.2.4). Returns the status of a Web server, if one answers.
fn listen(session: &mut ClientConnection, stream: &mut Timed, limit: Duration) -> Result<String, Ended> {
    stream.allow(limit);
    let mut heard = Vec::new();
    let mut piece = [0; 2048];
    loop {
        while session.wants_write() {
            // A server that has refused already does not hear it, and its reason is still to be read.
            if session.write_tls(stream).is_err() {
                break;
            }
        }
        match session.reader().read(&mut piece) {
            Ok(0) => break,
            Ok(count) => {
                heard.extend(piece.iter().take(count));
                break;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => break,
        }
        match session.read_tls(stream) {
            Ok(0) => return Err(Ended::Refused("the connection was closed".into())),
            Ok(_) => {
                if let Err(error) = session.process_new_packets() {
                    return Err(Ended::of(&io::Error::new(io::ErrorKind::InvalidData, error)));
                }
            }
            // Nothing was said against it.
            Err(error) if error.kind() == io::ErrorKind::TimedOut => break,
            Err(error) => return Err(Ended::of(&error)),
        }
    }
    let text = String::from_utf8_lossy(&heard);
    let status = text.strip_prefix("HTTP/1.").and_then(|rest| rest.split(' ').nth(1)).unwrap_or_default();
    Ok(status.chars().take(3).collect())
}
