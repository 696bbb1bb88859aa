//! A visit to a service that a document promises: what was found there, or the step that failed. Judges nothing.

use serde::{Deserialize, Serialize};

use super::{Scan, Stage};
use crate::model::resolve::Promise;
use crate::model::time::Timestamp;

/// Why a service was not reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trouble {
    /// The first step that failed.
    pub stage: Stage,
    /// Why, escaped.
    pub why: String,
}

/// What the port without TLS answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plain {
    /// The status of the answer, such as `302`; empty when it was no HTTP.
    pub status: String,
    /// Where the client is sent, escaped; empty for nowhere.
    pub location: String,
}

/// One visit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Visit {
    /// What was visited.
    pub promise: Promise,
    /// When.
    pub at: Timestamp,
    /// What was found.
    pub found: Result<Scan, Trouble>,
    /// What the port without TLS answered, where a redirect is promised.
    pub plain: Option<Result<Plain, Trouble>>,
}

impl Visit {
    /// Returns the scan, where the service was reached.
    pub fn scan(&self) -> Option<&Scan> {
        self.found.as_ref().ok()
    }
}
