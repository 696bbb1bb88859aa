//! Scans a service that a person named: versions, suites, groups, certificates by what is asked for, and manners. Bounded
//! in connections and time, on a few threads, and stopped at any moment. Gives plain data; judges nothing.

mod ask;
mod faces;
mod manners;
mod peel;

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::failure;
use super::hello::answer::Flight;
use super::route::{Failed, Route, Way};
use crate::model::error::{Error, Kind};
use crate::model::seen::{Answer, Manners, Scan, Spoken, Stage, Version};
use crate::model::time::Timestamp;
use ask::{Halt, Reply};

/// What is to be scanned, and how far it may go.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The service.
    pub route: Route,
    /// The present.
    pub at: Timestamp,
    /// The most connections that are open at once.
    pub parallel: usize,
    /// The most connections in all.
    pub connections: u32,
    /// The most time in all.
    pub time: Duration,
}

impl Plan {
    /// Plans a whole scan with the usual bounds.
    pub fn new(route: Route, at: Timestamp) -> Self {
        Self { route, at, parallel: 4, connections: 600, time: Duration::from_secs(180) }
    }
}

/// What the threads of one scan share.
struct Scout<'a> {
    way: &'a Way,
    stop: &'a AtomicBool,
    told: &'a (dyn Fn(&str) + Sync),
    until: Instant,
    most: u32,
    made: AtomicU32,
    early: AtomicBool,
    /// What the peer said that was no TLS, if anything.
    strange: Mutex<Vec<u8>>,
    /// Why something could not be asked.
    cut_short: Mutex<Option<&'static str>>,
}

/// Scans. `told` hears of each step; `stop` ends it. Errors: the way to the service fails, it speaks no TLS, or it was
/// stopped (`Cancelled`).
pub fn scan(plan: &Plan, stop: &AtomicBool, told: &(dyn Fn(&str) + Sync)) -> Result<Scan, Failed> {
    let mut way = plan.route.find()?;
    let opened = way.open()?;
    way.keep_to(opened.address);
    let (address, early) = (opened.address, opened.early);
    drop(opened);
    let scout = Scout {
        made: AtomicU32::new(1),
        early: AtomicBool::new(early),
        ..Scout::new(&way, stop, told, (plan.connections, plan.time))
    };
    let versions = scout.versions(plan.parallel);
    let stopped = || match stop.load(Ordering::SeqCst) {
        true => {
            let error = Error::new(Kind::Cancelled, "The scan was stopped; nothing of it is kept.");
            Err(Failed::at(Stage::Handshake, error))
        }
        false => Ok(()),
    };
    stopped()?;
    if versions.iter().all(|s| s.answer != Answer::Yes) {
        let strange = scout.strange.lock().unwrap_or_else(PoisonError::into_inner);
        if failure::not_tls(&strange).is_some() {
            let wrong = std::io::ErrorKind::InvalidData.into();
            let error = failure::shaking_hands(&way.place(address), &wrong, &strange, false, way.limit);
            return Err(Failed::at(Stage::Handshake, error));
        }
    }
    let groups = scout.groups(&versions);
    let faces = scout.faces(&versions, address.ip());
    let mut manners = Manners::default();
    let bind = scout.manners(&versions, plan.at, &mut manners);
    let failed = if versions.iter().any(|s| s.answer == Answer::Yes) { bind } else { Some(Stage::Handshake) };
    if way.starttls().is_some() {
        manners.early = scout.early.load(Ordering::Relaxed).into();
    }
    stopped()?;
    let cut_short = *scout.cut_short.lock().unwrap_or_else(PoisonError::into_inner);
    let whole = cut_short.is_none() && versions.iter().all(|s| s.answer == Answer::No || s.whole);
    Ok(Scan {
        host: way.host.clone(),
        port: way.port(),
        address: address.to_string(),
        starttls: way.starttls(),
        proxy: way.proxy(),
        at: plan.at,
        versions,
        groups,
        faces,
        manners,
        failed,
        connections: scout.made.load(Ordering::Relaxed),
        whole,
        notes: cut_short.map(|why| format!("The scan ended early: {why}.")).into_iter().collect(),
    })
}

/// Looks what a service speaks before TLS 1.3, of whatever age, by hellos made by hand: the newest version that it answers
/// with, and what came in the clear with it.
pub(super) fn glance(way: &Way) -> Option<(Version, Box<Flight>)> {
    let stop = AtomicBool::new(false);
    let scout = Scout::new(way, &stop, &|_| {}, (GLANCES, way.limit * GLANCES));
    [Version::Tls12, Version::Tls11, Version::Tls10, Version::Ssl3].into_iter().find_map(|version| {
        let (suites, groups) = (peel::offered(version), peel::groups_of(version));
        match scout.ask(&scout.hello(version, &suites, &groups)) {
            Ok(Reply::Flight(flight)) => {
                let code = flight.hello.as_ref()?.version;
                Some((Version::from_code(code)?, flight))
            }
            _ => None,
        }
    })
}

/// The most connections of a glance.
const GLANCES: u32 = 4;

impl<'a> Scout<'a> {
    fn new(
        way: &'a Way,
        stop: &'a AtomicBool,
        told: &'a (dyn Fn(&str) + Sync),
        (most, time): (u32, Duration),
    ) -> Self {
        Self {
            way,
            stop,
            told,
            until: Instant::now() + time,
            most,
            made: AtomicU32::new(0),
            early: AtomicBool::new(false),
            strange: Mutex::default(),
            cut_short: Mutex::default(),
        }
    }
}

impl Scout<'_> {
    /// Asks for every version, several at once.
    fn versions(&self, parallel: usize) -> Vec<Spoken> {
        let waiting = Mutex::new(Version::ALL.to_vec());
        let found = Mutex::new(Vec::new());
        let work = || {
            loop {
                let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
                let Some(version) = next else { return };
                let spoken = self.version(version);
                found.lock().unwrap_or_else(PoisonError::into_inner).push(spoken);
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..parallel.clamp(1, Version::ALL.len()) {
                // Without a thread the work is done here.
                let _ = std::thread::Builder::new().name("scan".into()).spawn_scoped(scope, work);
            }
            work();
        });
        let mut all = found.into_inner().unwrap_or_else(PoisonError::into_inner);
        all.sort_by_key(|s| s.version);
        all
    }

    /// Asks for one version, and peels its suites off.
    fn version(&self, version: Version) -> Spoken {
        let spoken = match version {
            Version::Ssl2 => self.ssl2(),
            version => self.peel(version),
        };
        spoken.unwrap_or_else(|halt| Spoken { why: halt.words().into(), ..Spoken::unknown(version) })
    }

    fn ssl2(&self) -> Result<Spoken, Halt> {
        let mut spoken = Spoken { whole: true, ..Spoken::unknown(Version::Ssl2) };
        match self.ask_ssl2()? {
            Ok(kinds) => {
                spoken.answer = Answer::Yes;
                spoken.kinds = kinds;
            }
            Err(Reply::Lost(why)) => spoken.why = why,
            Err(Reply::Refused(why)) => {
                spoken.answer = Answer::No;
                spoken.why = why;
            }
            Err(Reply::Flight(_)) => spoken.answer = Answer::No,
        }
        Ok(spoken)
    }
}
