//! A visit to a service that a document promises: what was found there, or the step that failed. Judges nothing.

use serde::{Deserialize, Serialize};

use super::{Admission, Answer, Face, Scan, Stage};
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
    /// Whether one is resumed by a client that does not offer its suite any more (RFC 5246 section 7.4.1.3).
    #[serde(default)]
    pub varies: Answer,
    /// Another host under whose name a session of this one was resumed; empty for none.
    pub strays: String,
}

/// What became of many handshakes that came at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Burst {
    /// How many were begun.
    pub begun: u16,
    /// How many were done.
    pub done: u16,
    /// The longest in milliseconds.
    pub slowest: u64,
    /// Whether the service answered afterwards.
    pub alive: Answer,
    /// Why the first of those failed that did, escaped; empty for none.
    pub why: String,
}

impl Burst {
    /// Writes it in one sentence, escaped.
    pub fn text(&self) -> String {
        let alive = match self.alive {
            Answer::Yes => "it answers afterwards",
            Answer::No => "IT DOES NOT ANSWER AFTERWARDS",
            Answer::Unsure => "whether it answers afterwards is not known",
        };
        let why = if self.why.is_empty() { String::new() } else { format!(" ({})", self.why) };
        let (done, begun, slowest) = (self.done, self.begun, self.slowest);
        format!("{done} of {begun} handshakes done, the slowest after {slowest} ms; {alive}{why}.")
    }
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
    /// What became of clients with several kinds of certificate; empty where that was not tried.
    #[serde(default)]
    pub guests: Vec<Admission>,
    /// What became of many handshakes at once, where that was wanted.
    #[serde(default)]
    pub burst: Option<Burst>,
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
