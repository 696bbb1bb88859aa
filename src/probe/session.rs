//! What sessions of TLS 1.2 tell: whether a client certificate is asked for, whether a session is resumed, and whether one is
//! resumed by a client that does not offer its suite any more, or under the name of another host. Sends no data.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::{
    CipherSuite, ClientConfig, ClientConnection, HandshakeKind, NamedGroup, PeerMisbehaved,
    SupportedCipherSuite,
};

use super::failure;
use super::route::{Route, Way};
use super::witness::{self, Witness};
use crate::model::escape::visible;
use crate::model::seen::{Answer, Sessions};

/// The latest session, whatever its host.
#[derive(Debug, Default)]
struct Latest(Mutex<Option<Tls12ClientSessionValue>>);

impl ClientSessionStore for Latest {
    fn set_kx_hint(&self, _: ServerName<'static>, _: NamedGroup) {}

    fn kx_hint(&self, _: &ServerName<'_>) -> Option<NamedGroup> {
        None
    }

    fn set_tls12_session(&self, _: ServerName<'static>, value: Tls12ClientSessionValue) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(value);
    }

    fn tls12_session(&self, _: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn remove_tls12_session(&self, _: &ServerName<'static>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }

    fn insert_tls13_ticket(&self, _: ServerName<'static>, _: Tls13ClientSessionValue) {}

    fn take_tls13_ticket(&self, _: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        None
    }
}

/// Why a handshake did not end.
enum Broken {
    /// The server went on with the session and another suite than it had, or with one that was not offered.
    Varied,
    /// Anything else, in words.
    Other(String),
}

impl Broken {
    fn words(self) -> String {
        match self {
            Self::Varied => "the server resumes with another suite".into(),
            Self::Other(words) => words,
        }
    }
}

/// Shakes hands twice under the host's own name, once more without offering the suite of the session, and once under
/// another name. Errors: TLS 1.2 was not agreed.
pub(super) fn look(route: &Route, other: Option<&str>) -> Result<Sessions, String> {
    let mut way = route.find().map_err(|failed| visible(&failed.error.what))?;
    let store = Arc::new(Latest::default());
    let witness = Witness::showing(None);
    // The session is offered again by a client with the same witness only.
    let client = |wanted: &dyn Fn(&SupportedCipherSuite) -> bool| {
        let config = witness::client_with(&[&rustls::version::TLS12], &witness, wanted);
        let mut config = config.map_err(|e| e.to_string())?;
        config.resumption = Resumption::store(store.clone());
        Ok::<_, String>(Arc::new(config))
    };
    let config = client(&|_| true)?;
    let host = way.bare_host().to_owned();
    let (_, suite) = shake_hands(&config, &mut way, &host).map_err(Broken::words)?;
    let asks = witness.noted().asked.into();
    let (kind, _) = shake_hands(&config, &mut way, &host).map_err(Broken::words)?;
    let resumes = (kind == HandshakeKind::Resumed).into();
    let mut varies = Answer::Unsure;
    if resumes == Answer::Yes {
        let without = client(&|s| Some(s.suite()) != suite)?;
        varies = match shake_hands(&without, &mut way, &host) {
            Ok((kind, _)) => (kind == HandshakeKind::Resumed).into(),
            Err(Broken::Varied) => Answer::Yes,
            // A server that has no other suite refuses, and that is right.
            Err(Broken::Other(_)) => Answer::No,
        };
        if other.is_some() {
            // The session that was refused is forgotten; a new one takes its place.
            let _ = shake_hands(&config, &mut way, &host);
        }
    }
    // A refusal is what is wanted here.
    let strays = other.filter(|other| {
        shake_hands(&config, &mut way, other).is_ok_and(|(kind, _)| kind == HandshakeKind::Resumed)
    });
    Ok(Sessions { asks, resumes, varies, strays: strays.map(visible).unwrap_or_default() })
}

fn shake_hands(
    config: &Arc<ClientConfig>,
    way: &mut Way,
    host: &str,
) -> Result<(HandshakeKind, Option<CipherSuite>), Broken> {
    let said = |e: &dyn std::fmt::Display| Broken::Other(visible(&e.to_string()));
    let name = ServerName::try_from(host.to_owned()).map_err(|e| said(&e))?;
    let mut session = ClientConnection::new(config.clone(), name).map_err(|e| said(&e))?;
    let opened = way.open().map_err(|failed| said(&failed))?;
    way.keep_to(opened.address);
    let mut stream = opened.stream;
    while session.is_handshaking() {
        session.complete_io(&mut stream).map_err(|e| match failure::tls(&e) {
            Some(rustls::Error::PeerMisbehaved(
                PeerMisbehaved::ResumptionOfferedWithVariedCipherSuite
                | PeerMisbehaved::SelectedUnofferedCipherSuite,
            )) => Broken::Varied,
            _ => said(&e),
        })?;
    }
    let kind = session.handshake_kind().ok_or_else(|| said(&"the handshake did not end"))?;
    // Some servers forget a session that was not ended properly.
    session.send_close_notify();
    while session.wants_write() {
        session.write_tls(&mut stream).map_err(|e| said(&e))?;
    }
    Ok((kind, session.negotiated_cipher_suite().map(|s| s.suite())))
}
