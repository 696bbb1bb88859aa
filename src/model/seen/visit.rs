//! A visit to a service that a document promises: what was found there, or the step that failed. Judges nothing.

use serde::{Deserialize, Serialize};

use super::{Answer, Face, Scan, Stage};
use crate::model::escape::visible;
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

/// What sessions of TLS 1.2 told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Whether a client certificate is asked for.
    pub asks: Answer,
    /// Whether a session is resumed.
    pub resumes: Answer,
    /// Another host under whose name a session of this one was resumed; empty for none.
    pub strays: String,
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
    /// What sessions told; nothing where TLS 1.2 is not spoken.
    #[serde(default)]
    pub sessions: Option<Sessions>,
}

impl Visit {
    /// Returns the scan, where the service was reached.
    pub fn scan(&self) -> Option<&Scan> {
        self.found.as_ref().ok()
    }

    /// Finds what a client with SNI meets, or one without where there is no name.
    pub fn face(&self) -> Option<&Face> {
        self.scan()?.faces.iter().find(|face| !face.sent.is_empty())
    }

    /// Writes the versions that are spoken, or the step that failed: `1.2 1.3`, `- (connect)`.
    pub fn spoken(&self) -> String {
        match &self.found {
            Ok(scan) => {
                scan.spoken().map(|s| s.version.name().replace("TLS ", "")).collect::<Vec<_>>().join(" ")
            }
            Err(trouble) => format!("- ({})", trouble.stage.word()),
        }
    }

    /// Writes the visit in one line.
    pub fn line(&self) -> String {
        let (service, at) = (self.promise.service(), self.at.text());
        let face = self.face();
        let ends = face.and_then(|f| f.ends).map_or_else(String::new, |end| format!(" until {}", end.date()));
        let shown = face.map_or_else(String::new, |face| format!(", certificate {}{ends}", face.subject));
        visible(&format!("{service} on {at}: TLS {}{shown}", self.spoken()))
    }
}
