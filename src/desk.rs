//! The desk: runs a verb against the workspace, commits what it returns, and runs it again when another console was
//! faster. Both faces work through it. The only place that reads the clock and the system's randomness.

use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::model::State;
use crate::model::bytes::Serial;
use crate::model::certificate::Certificate;
use crate::model::certifier::{NewCertifier, Reason};
use crate::model::change::Fact;
use crate::model::error::{Error, Result};
use crate::model::keyring::NewKeyring;
use crate::model::request::{Pkcs10, Plan, RequestId};
use crate::model::secret::Secret;
use crate::model::site::Site;
use crate::model::time::Timestamp;
use crate::store::Store;
use crate::store::ledger::Ledger;

/// Everything that can be asked of the workspace, as data. Secrets in it are the [`Secret`] type.
#[derive(Debug, Clone, PartialEq)]
pub enum Verb {
    /// Makes a certifier with its certificate and first CRL; it is unlocked afterwards.
    CreateCertifier(NewCertifier),
    /// Makes a keyring with key and request, and puts the request into the queue.
    CreateKeyring(NewKeyring),
    /// Puts requests made elsewhere into the queue.
    ImportRequests {
        /// The requests as read.
        requests: Vec<Pkcs10>,
        /// `file web.csr`, `pasted`, `standard input`.
        source: String,
    },
    /// Approves a request.
    Approve {
        /// Which.
        id: RequestId,
        /// What shall be issued; its `reason` says why warnings are accepted.
        plan: Plan,
    },
    /// Denies a request.
    Deny {
        /// Which.
        id: RequestId,
        /// Why.
        reason: String,
    },
    /// Signs approved requests; the certifiers have to be unlocked.
    Issue {
        /// Which.
        ids: Vec<RequestId>,
    },
    /// Adds trusted roots to a keyring.
    Trust {
        /// The keyring.
        keyring: String,
        /// The roots.
        roots: Vec<Certificate>,
        /// The ring's password; `None` asks the stash.
        password: Option<Secret>,
    },
    /// Installs the certificate of a keyring's key, with intermediates.
    Install {
        /// The keyring.
        keyring: String,
        /// Leaf and intermediates in any order.
        certificates: Vec<Certificate>,
        /// The ring's password; `None` asks the stash.
        password: Option<Secret>,
    },
    /// Moves a keyring to the history.
    DeleteKeyring {
        /// The keyring.
        name: String,
    },
    /// Makes or changes a site document.
    SaveSite {
        /// The document as it was when editing began; `None` makes a new one.
        before: Option<Site>,
        /// The document as it shall be.
        site: Site,
    },
    /// Deletes a site document.
    DeleteSite {
        /// The document.
        name: String,
    },
    /// Revokes an issued certificate; the next CRL carries it.
    Revoke {
        /// The certifier.
        certifier: String,
        /// The serial number.
        serial: Serial,
        /// Why.
        reason: Reason,
    },
    /// Signs a new CRL; the certifier has to be unlocked.
    IssueCrl {
        /// The certifier.
        certifier: String,
    },
}

/// What became of a verb.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The state afterwards.
    pub state: Arc<State>,
    /// What is true now.
    pub facts: Vec<Fact>,
    /// One sentence for the status line.
    pub message: String,
}

/// A desk: one open workspace with the keys unlocked in this session.
pub struct Desk {
    store: Store,
}

impl Desk {
    /// Opens the workspace that the settings name (or `folder`), read-only if asked.
    pub fn open(_config: &Config, _folder: Option<&Path>, _read_only: bool) -> Result<Self> {
        todo!()
    }

    /// Returns the present in whole seconds.
    pub fn now() -> Timestamp {
        todo!()
    }

    /// Returns the state as of the last commit or refresh.
    pub fn state(&self) -> Arc<State> {
        self.store.state()
    }

    /// Returns why the workspace can only be read, if so.
    pub fn read_only(&self) -> Option<&str> {
        self.store.read_only()
    }

    /// Reads the state again when another console has committed or `force` is set; tells whether it changed.
    pub fn refresh(&mut self, force: bool) -> Result<bool> {
        self.store.refresh(force)
    }

    /// Runs a verb and commits what it returns.
    ///
    /// Errors: `Conflict` when another console changed the same document, with both versions field by field in `why`;
    /// `Locked` when a certifier or a ring needs its password.
    pub fn run(&mut self, _verb: Verb) -> Result<Outcome> {
        todo!()
    }

    /// Returns a warning to show before signing when the clock is earlier than the last audit entry.
    pub fn clock_warning(&mut self) -> Result<Option<String>> {
        todo!()
    }

    /// Unlocks a certifier for this session; failures are recorded in the audit chain.
    pub fn unlock(&mut self, _certifier: &str, _password: &Secret) -> Result<()> {
        todo!()
    }

    /// Forgets the key of a certifier, or all of them.
    pub fn lock(&mut self, _certifier: Option<&str>) {
        todo!()
    }

    /// Lists the certifiers unlocked in this session.
    pub fn unlocked(&self) -> Vec<String> {
        todo!()
    }

    /// Tells whether a keyring opens without asking: it has a stash that this user can open.
    pub fn opens_by_itself(&self, _keyring: &str) -> bool {
        todo!()
    }

    /// Takes what is needed to serve a site on loopback from its keyring.
    #[cfg(feature = "network")]
    pub fn served(
        &self,
        _site: &str,
        _port: u16,
        _password: Option<&Secret>,
    ) -> Result<crate::probe::serve::Served> {
        todo!()
    }

    /// Returns the ledger for reading.
    pub fn ledger(&mut self) -> &mut dyn Ledger {
        self.store.ledger()
    }

    /// Opens the ledger a second time, for a thread that only reads.
    pub fn reader(&self) -> Result<Box<dyn Ledger + Send>> {
        self.store.reader()
    }
}

/// What an approver looks at: what was asked beside what will be issued.
#[derive(Debug, Clone)]
pub struct Preview {
    /// (label, asked, issued) in the order of reading.
    pub rows: Vec<(&'static str, String, String)>,
    /// Lint of the request and of the certificate as it will be signed; errors first.
    pub findings: Vec<crate::model::finding::Finding>,
    /// The certificate exactly as it will be, but serial and signature; `None` when an error prevents it.
    pub certificate: Option<Certificate>,
}

/// Previews what approving a request with this plan would issue.
pub fn preview(_state: &State, _id: RequestId, _plan: &Plan, _now: Timestamp) -> Result<Preview> {
    Err(Error::internal("not reached"))
}
