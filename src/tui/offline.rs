//! Stands in for `online` in a build without network code: refuses, and has no service.

use std::sync::PoisonError;

use super::clerk::Clerk;
use super::effect::{Shared, Workers};
use super::msg::{Done, JobId};
use crate::model::error::Error;
use crate::model::resolve::Promise;
use crate::model::secret::Secret;
use crate::model::seen::{Errand, Trip};

/// The rehearsal that runs: none ever does.
pub(super) struct Running;

impl Workers {
    pub(super) fn probe(&self, id: JobId, _: &Errand) {
        self.post.done(id, Err(no_network()));
    }

    pub(super) fn fetch(&self, id: JobId, _: String) {
        self.post.done(id, Err(no_network()));
    }

    pub(super) fn scan(&self, id: JobId, _: &Errand) {
        self.post.done(id, Err(no_network()));
    }
}

impl Clerk {
    pub(super) fn visit(&self, id: JobId, _: Vec<Promise>, _: &Trip) {
        self.post.done(id, Err(no_network()));
    }

    pub(super) fn serve(&self, id: JobId, _: &str, _: Option<&str>, _: Option<Secret>) {
        self.post.done(id, Err(no_network()));
    }
}

impl Shared {
    pub(super) fn service_log(&self) -> Done {
        Done::Service(None, Vec::new())
    }

    pub(super) fn stop_service(&self) -> Done {
        let _ = self.service.lock().unwrap_or_else(PoisonError::into_inner).take();
        Done::Service(None, Vec::new())
    }
}

/// Says that this build cannot do it.
fn no_network() -> Error {
    Error::refused("This program was built without any network code.")
        .next("Use a build with the feature `network` on a connected machine.")
}
