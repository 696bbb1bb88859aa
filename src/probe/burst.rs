//! Shakes hands with a service many times at once, and looks whether it is still there afterwards. Only when a person asks for
//! it; bounded in number and in connections that are open together.

use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use rustls::ClientConnection;
use rustls::pki_types::ServerName;

use super::route::{Failed, Route, Way};
use super::witness;
use crate::model::escape::visible;
use crate::model::seen::{Answer, Burst};

/// The most handshakes.
pub const MOST: u16 = 1000;
/// So many connections are open together.
const TOGETHER: u16 = 16;

/// Makes so many handshakes, and one more. Errors: the service is not reached at all.
pub fn burst(route: &Route, wanted: u16, stop: &AtomicBool) -> Result<Burst, Failed> {
    let mut way = route.find()?;
    let opened = way.open()?;
    way.keep_to(opened.address);
    drop(opened);
    let wanted = wanted.clamp(1, MOST);
    let (begun, done, slowest) = (AtomicU16::new(0), AtomicU16::new(0), AtomicU64::new(0));
    let why = Mutex::new(String::new());
    let work = || {
        while !stop.load(Ordering::SeqCst) {
            let number =
                begun.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| (n < wanted).then_some(n + 1));
            if number.is_err() {
                return;
            }
            let at = Instant::now();
            match shake_hands(&way) {
                Ok(()) => {
                    done.fetch_add(1, Ordering::SeqCst);
                    let took = u64::try_from(at.elapsed().as_millis()).unwrap_or(u64::MAX);
                    slowest.fetch_max(took, Ordering::SeqCst);
                }
                Err(error) => {
                    let mut why = why.lock().unwrap_or_else(PoisonError::into_inner);
                    if why.is_empty() {
                        *why = error;
                    }
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..TOGETHER.min(wanted) {
            // Without a thread the work is done here.
            let _ = std::thread::Builder::new().name("burst".into()).spawn_scoped(scope, work);
        }
        work();
    });
    let last = shake_hands(&way);
    let mut why = why.into_inner().unwrap_or_else(PoisonError::into_inner);
    let alive = Answer::from(last.is_ok());
    if let Err(error) = last {
        why = error;
    }
    let (begun, done, slowest) = (begun.into_inner(), done.into_inner(), slowest.into_inner());
    Ok(Burst { begun, done, slowest, alive, why })
}

fn shake_hands(way: &Way) -> Result<(), String> {
    let said = |e: &dyn std::fmt::Display| visible(&e.to_string());
    let (config, _) = witness::client(false).map_err(|e| said(&e))?;
    let name = ServerName::try_from(way.bare_host().to_owned()).map_err(|e| said(&e))?;
    let mut session = ClientConnection::new(config, name).map_err(|e| said(&e))?;
    let mut stream = way.open().map_err(|failed| said(&failed.error.what))?.stream;
    while session.is_handshaking() {
        session.complete_io(&mut stream).map_err(|e| said(&e))?;
    }
    session.send_close_notify();
    // Politeness only.
    let _ = session.write_tls(&mut stream);
    Ok(())
}
