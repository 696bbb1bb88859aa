//! What a person brought from elsewhere, recognised and sorted: what is shown before anything is stored. Reads nothing.

use std::path::PathBuf;
use std::sync::Arc;

use crate::model::State;
use crate::model::certifier::past::History;
use crate::model::keyring::Keyring;
use crate::model::secret::Secret;
use crate::model::time::Timestamp;
use crate::pki::bundle::{self, Bundle};
use crate::pki::pem::Found;
use crate::store::brought::shown;

/// Where it comes from, to read it again with a password.
#[derive(Debug, Clone, PartialEq)]
pub enum Given {
    /// A file, by the path as it was typed.
    File(PathBuf),
    /// A paste; it may hold a private key, and prints as `***`.
    Pasted(Arc<Secret>),
}

impl Given {
    /// Takes a paste.
    pub fn pasted(text: &str) -> Self {
        Self::Pasted(Arc::new(Secret::new(text.to_owned())))
    }

    /// Names it: `file web.p12`, `what was pasted`.
    pub fn shown(&self) -> String {
        match self {
            Self::File(path) => format!("file {}", shown(path)),
            Self::Pasted(_) => "what was pasted".into(),
        }
    }
}

/// What was read.
#[derive(Debug, Clone)]
pub struct Brought {
    /// Where it comes from.
    pub given: Given,
    /// The words for that in the queue and the audit chain: `file web.csr`, `pasted`.
    pub source: String,
    /// What it holds.
    pub found: Found,
    /// A whole keyring of ours, when it is one.
    pub ring: Option<Keyring>,
    /// Its keys and certificates, sorted.
    pub bundle: Bundle,
    /// The command that closes the file to others, when they can read it.
    pub open_to_others: Option<String>,
    /// Whether it was opened with a password.
    pub opened: bool,
    /// What an authority has issued before, when its folder was read.
    pub history: Option<Arc<History>>,
}

impl Brought {
    /// Sorts what was found, with what the workspace knows.
    pub fn new(
        given: Given,
        source: String,
        found: Found,
        ring: Option<Keyring>,
        state: &State,
        now: Timestamp,
    ) -> Self {
        let known = state.certificates();
        let known: Vec<_> = known.values().map(|(c, _)| *c).collect();
        let bundle = bundle::of(&found, &known, now);
        Self { given, source, found, ring, bundle, open_to_others: None, opened: false, history: None }
    }
}
