//! What sessions of TLS 1.2 tell: whether a client certificate is asked for, whether a session is resumed, and whether one of
//! this host is resumed under another name. Sends no data.

use std::sync::{Arc, Mutex, PoisonError};

use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, HandshakeKind, NamedGroup};

use super::route::{Route, Way};
use super::witness;
use crate::model::escape::visible;
use crate::model::seen::Sessions;

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

/// Shakes hands twice under the host's own name, and once more under another one. Errors: TLS 1.2 was not agreed.
pub(super) fn look(route: &Route, other: Option<&str>) -> Result<Sessions, String> {
    let mut way = route.find().map_err(|failed| visible(&failed.error.what))?;
    let (mut config, witness) = witness::client_of(&[&rustls::version::TLS12]).map_err(|e| e.to_string())?;
    config.resumption = Resumption::store(Arc::new(Latest::default()));
    let config = Arc::new(config);
    let host = way.bare_host().to_owned();
    shake_hands(&config, &mut way, &host)?;
    let asks = witness.noted().asked.into();
    let resumes = (shake_hands(&config, &mut way, &host)? == HandshakeKind::Resumed).into();
    // A refusal is what is wanted here.
    let strays = other.filter(|other| {
        shake_hands(&config, &mut way, other).is_ok_and(|kind| kind == HandshakeKind::Resumed)
    });
    Ok(Sessions { asks, resumes, strays: strays.map(visible).unwrap_or_default() })
}

fn shake_hands(config: &Arc<ClientConfig>, way: &mut Way, host: &str) -> Result<HandshakeKind, String> {
    let said = |e: &dyn std::fmt::Display| visible(&e.to_string());
    let name = ServerName::try_from(host.to_owned()).map_err(|e| said(&e))?;
    let mut session = ClientConnection::new(config.clone(), name).map_err(|e| said(&e))?;
    let opened = way.open().map_err(|failed| said(&failed))?;
    way.keep_to(opened.address);
    let mut stream = opened.stream;
    while session.is_handshaking() {
        session.complete_io(&mut stream).map_err(|e| said(&e))?;
    }
    let kind = session.handshake_kind().ok_or("the handshake did not end")?;
    // Some servers forget a session that was not ended properly.
    session.send_close_notify();
    while session.wants_write() {
        session.write_tls(&mut stream).map_err(|e| said(&e))?;
    }
    Ok(kind)
}
