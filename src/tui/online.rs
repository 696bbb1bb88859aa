//! The work behind the screen that needs the network: probes, scans, visits and the rehearsal service. `offline` stands in for it
//! in a build without network code.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use super::clerk::Clerk;
use super::effect::{Shared, Workers, stoppable};
use super::msg::{Done, JobId, Msg, Rehearsal};
use super::query::Ask;
use super::task;
use super::terminal::caught;
use crate::desk::Desk;
use crate::doctor::judge;
use crate::model::error::Result;
use crate::model::resolve::Promise;
use crate::model::secret::Secret;
use crate::model::seen::{Errand, Trip};
use crate::pki::chain::inquiry::Basis;
use crate::probe::connect::Target;
use crate::probe::round::Round;
use crate::probe::route::Route;
use crate::probe::scan::{Plan, scan};
use crate::probe::serve::{Served, Service};

/// So many services are visited at once.
const JOBS: usize = 4;

/// The rehearsal that runs.
pub(super) struct Running(Service);

impl Workers {
    /// Connects as a client would, with the CRLs of the certifiers at hand.
    pub(super) fn probe(&self, id: JobId, errand: &Errand) {
        let (state, route) = (self.state.clone(), Route::of(errand));
        let work = move |crls| {
            let now = Desk::now();
            let basis = Basis::of_state(&state, crls, now, now);
            task::probe(&Target { route, basis })
        };
        self.ask(id, Ask::Crls(id, self.state.certifiers.keys().cloned().collect(), Box::new(work)));
    }

    /// Fetches what is served at an address.
    pub(super) fn fetch(&self, id: JobId, address: String) {
        self.post.spawn(id, move || crate::probe::fetch::get(&address).map(Done::Fetched));
    }

    /// Scans a service, and tells how far that is.
    pub(super) fn scan(&self, id: JobId, errand: &Errand) {
        let post = self.post.clone();
        let plan = Plan::new(Route::of(errand), Desk::now());
        self.stoppable(id, move |stop| {
            let told = |text: &str| post.send(Msg::Told(id, text.to_owned()));
            Ok(Done::Scanned(Box::new(scan(&plan, stop, &told)?)))
        });
    }
}

impl Clerk {
    /// Visits services on a thread of its own, and tells how far that is; the keyrings of client certificates are opened
    /// before.
    pub(super) fn visit(&self, id: JobId, promises: Vec<Promise>, trip: &Trip) {
        let guests = match caught(|| Ok(trip.clients.then(|| self.desk.badges(&trip.sources)))) {
            Ok(guests) => guests,
            Err(error) => return self.post.done(id, Err(error)),
        };
        let round = Round {
            promises,
            jobs: JOBS,
            timeout: Duration::from_secs(10),
            address: trip.address,
            guests,
            burst: trip.burst,
            at: Desk::now(),
        };
        let (post, state) = (self.post.clone(), self.desk.state());
        stoppable(&self.post, &self.shared, id, move |stop| {
            let visits = round.go(stop, &|far| post.send(Msg::Told(id, far.text())));
            Ok(Done::Visited(visits.into_iter().map(|visit| judge(&state, visit)).collect()))
        });
    }

    /// Starts the rehearsal of a site, with the other Web sites of a server if one is named.
    pub(super) fn serve(&mut self, id: JobId, site: &str, server: Option<&str>, password: Option<Secret>) {
        let desk = &mut self.desk;
        match caught(|| desk.served(site, server, 0, password.as_ref())) {
            Ok(served) => {
                let shared = self.shared.clone();
                self.post.spawn(id, move || shared.start_service(served));
            }
            Err(error) => self.post.done(id, Err(error)),
        }
    }
}

impl Shared {
    fn service(&self) -> MutexGuard<'_, Option<Running>> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the log of the rehearsal.
    pub(super) fn service_log(&self) -> Done {
        match &*self.service() {
            Some(run) => {
                let log = run.0.notes().into_iter().chain(run.0.log()).collect();
                Done::Service(Some(Rehearsal { sites: run.0.sites(), address: run.0.address() }), log)
            }
            None => Done::Service(None, Vec::new()),
        }
    }

    /// Stops the rehearsal.
    pub(super) fn stop_service(&self) -> Done {
        // The lock is given back before the wait for the service's threads.
        let running = self.service().take();
        let log = running.as_ref().map_or_else(Vec::new, |run| run.0.log());
        if let Some(run) = running {
            run.0.stop();
        }
        Done::Service(None, log)
    }

    /// Starts the rehearsal of a site, in place of another one.
    pub(super) fn start_service(&self, served: Served) -> Result<Done> {
        self.stop_service();
        let service = Service::start(served)?;
        *self.service() = Some(Running(service));
        Ok(self.service_log())
    }
}
