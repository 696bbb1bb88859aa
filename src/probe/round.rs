//! Visits many services that documents promise, a few at a time, and gives what was seen of each. Stopped at any moment;
//! what is done by then is given.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::guests::Badges;
use super::route::{Failed, Route};
use super::scan::{Plan, scan};
use super::{burst, guests, redirect, session};
use crate::model::error::Kind;
use crate::model::escape::visible;
use crate::model::resolve::Promise;
use crate::model::seen::{Answer, Trouble, Version, Visit};
use crate::model::site::SiteKind;
use crate::model::time::Timestamp;

/// Who is visited, and how.
#[derive(Debug, Clone)]
pub struct Round {
    /// The services.
    pub promises: Vec<Promise>,
    /// The most services that are visited at once.
    pub jobs: usize,
    /// The bound on each step of a connection.
    pub timeout: Duration,
    /// Connects here instead of looking names up.
    pub address: Option<SocketAddr>,
    /// The clients with certificates that come to each service; `None` leaves that out.
    pub guests: Option<Badges>,
    /// How many handshakes are made at once with each service; 0 leaves that out.
    pub burst: u16,
    /// The present.
    pub at: Timestamp,
}

/// How far a round is.
#[derive(Debug, Clone, Default)]
pub struct Progress {
    /// How many services there are.
    pub of: usize,
    /// How many visits have ended.
    pub done: usize,
    /// The services that are being visited.
    pub running: Vec<String>,
    /// The service of the visit that has just ended.
    pub ended: Option<String>,
}

impl Progress {
    /// Writes it in one line: `3 of 12 done; now a.example.test:443, b.example.test:443`.
    pub fn text(&self) -> String {
        let now = if self.running.is_empty() { "" } else { "; now " };
        format!("{} of {} done{now}{}", self.done, self.of, self.running.join(", "))
    }
}

impl Round {
    /// Goes round. `told` hears of each visit that begins or ends; visits that were stopped are left out. The order is that of
    /// the promises.
    pub fn go(&self, stop: &AtomicBool, told: &(dyn Fn(&Progress) + Sync)) -> Vec<Visit> {
        let next = Mutex::new(self.promises.iter().enumerate());
        let done = Mutex::new(Vec::new());
        let far = Mutex::new(Progress { of: self.promises.len(), ..Progress::default() });
        let tell = |service: &str, ended: bool| {
            let mut far = far.lock().unwrap_or_else(PoisonError::into_inner);
            match far.running.iter().position(|running| running == service).filter(|_| ended) {
                Some(at) => {
                    far.running.remove(at);
                    far.done += 1;
                }
                None => far.running.push(service.to_owned()),
            }
            far.ended = ended.then(|| service.to_owned());
            told(&far);
        };
        let work = || {
            while !stop.load(Ordering::SeqCst) {
                let taken = next.lock().unwrap_or_else(PoisonError::into_inner).next();
                let Some((place, promise)) = taken else { return };
                let service = promise.service();
                tell(&service, false);
                let Some(visit) = self.visit(promise, stop) else { return };
                tell(&service, true);
                done.lock().unwrap_or_else(PoisonError::into_inner).push((place, visit));
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..self.jobs.clamp(1, self.promises.len().max(1)) {
                // Without a thread the work is done here.
                let _ = std::thread::Builder::new().name("visit".into()).spawn_scoped(scope, work);
            }
            work();
        });
        let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
        done.sort_by_key(|(place, _)| *place);
        done.into_iter().map(|(_, visit)| visit).collect()
    }

    /// Finds another host of the same service that another document answers for.
    fn beside(&self, promise: &Promise) -> Option<&str> {
        let same = |p: &&Promise| {
            (&p.server, p.port, p.starttls) == (&promise.server, promise.port, promise.starttls)
        };
        // Without a Server document nobody knows whether it is the same server, but at an address that was named.
        let known = !promise.server.is_empty() || self.address.is_some();
        let mut others = self.promises.iter().filter(same).filter(|p| p.subject != promise.subject);
        others.find(|p| known && p.host.parse::<std::net::IpAddr>().is_err()).map(|p| p.host.as_str())
    }

    fn visit(&self, promise: &Promise, stop: &AtomicBool) -> Option<Visit> {
        let way = Route {
            address: self.address,
            starttls: promise.starttls,
            timeout: self.timeout,
            ..Route::to(&promise.host, promise.port)
        };
        let found = match scan(&Plan::new(way.clone(), self.at), stop, &|_| {}) {
            Ok(scan) => Ok(scan),
            Err(failed) if failed.error.kind == Kind::Cancelled => return None,
            Err(failed) => Err(trouble(&failed)),
        };
        let plain = promise.redirect.as_ref().map(|(port, _)| {
            let address = self.address.map(|a| SocketAddr::new(a.ip(), *port));
            let way = Route { port: *port, address, starttls: None, ..way.clone() };
            redirect::ask(&way).map_err(|failed| trouble(&failed))
        });
        let old = found.as_ref().ok().and_then(|scan| scan.version(Version::Tls12));
        let sessions = old.filter(|s| s.answer == Answer::Yes).and_then(|_| {
            // What cannot be asked is not known.
            session::look(&way, self.beside(promise)).ok()
        });
        let reached = found.is_ok();
        let web = promise.kind == SiteKind::Web && promise.starttls.is_none();
        let guests = self.guests.as_ref().filter(|_| reached);
        let guests = guests.map_or_else(Vec::new, |badges| guests::come(&way, badges, web, stop));
        let burst = (self.burst > 0 && reached && !stop.load(Ordering::SeqCst))
            .then(|| burst::burst(&way, self.burst, stop).ok())
            .flatten();
        Some(Visit { promise: promise.clone(), at: self.at, found, plain, sessions, guests, burst })
    }
}

fn trouble(failed: &Failed) -> Trouble {
    let error = &failed.error;
    let why = [error.what.as_str(), error.why.as_str()].join(" ");
    Trouble { stage: failed.stage, why: visible(why.trim()) }
}
