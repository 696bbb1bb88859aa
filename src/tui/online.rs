//! The work behind the screen that needs the network: probes, scans and the rehearsal service. `offline` stands in for it
//! in a build without network code.

use std::net::SocketAddr;
use std::sync::{MutexGuard, PoisonError};

use super::effect::{Shared, Workers};
use super::msg::{Done, JobId, Msg};
use super::query::Ask;
use super::task;
use crate::desk::Desk;
use crate::model::error::Result;
use crate::pki::chain::inquiry::Basis;
use crate::probe::connect::Target;
use crate::probe::route::Route;
use crate::probe::scan::{Plan, scan};
use crate::probe::serve::{Served, Service};

/// The rehearsal that runs.
pub(super) struct Running {
    site: String,
    service: Service,
}

impl Workers {
    /// Connects as a client would, with the CRLs of the certifiers at hand.
    pub(super) fn probe(&self, id: JobId, host: String, port: u16, address: Option<SocketAddr>) {
        let state = self.state.clone();
        let work = move |crls| {
            let now = Desk::now();
            let basis = Basis::of_state(&state, crls, now, now);
            let route = Route { address, ..Route::to(host, port) };
            task::probe(&Target { route, basis })
        };
        self.ask(id, Ask::Crls(id, self.state.certifiers.keys().cloned().collect(), Box::new(work)));
    }

    /// Fetches what is served at an address.
    pub(super) fn fetch(&self, id: JobId, address: String) {
        self.post.spawn(id, move || crate::probe::fetch::get(&address).map(Done::Fetched));
    }

    /// Scans a service, and tells how far that is.
    pub(super) fn scan(&self, id: JobId, host: String, port: u16, address: Option<SocketAddr>) {
        let post = self.post.clone();
        let plan = Plan::new(Route { address, ..Route::to(host, port) }, Desk::now());
        self.stoppable(id, move |stop| {
            let told = |text: &str| post.send(Msg::Told(id, text.to_owned()));
            Ok(Done::Scanned(Box::new(scan(&plan, stop, &told)?)))
        });
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
                let log = run.service.notes().into_iter().chain(run.service.log()).collect();
                Done::Service(Some((run.site.clone(), run.service.address())), log)
            }
            None => Done::Service(None, Vec::new()),
        }
    }

    /// Stops the rehearsal.
    pub(super) fn stop_service(&self) -> Done {
        // The lock is given back before the wait for the service's threads.
        let running = self.service().take();
        let log = running.as_ref().map_or_else(Vec::new, |run| run.service.log());
        if let Some(run) = running {
            run.service.stop();
        }
        Done::Service(None, log)
    }

    /// Starts the rehearsal of a site, in place of another one.
    pub(super) fn start_service(&self, site: String, served: Served) -> Result<Done> {
        self.stop_service();
        let service = Service::start(served)?;
        *self.service() = Some(Running { site, service });
        Ok(self.service_log())
    }
}
