//! The desk: runs a verb against the workspace, commits what it returns, and runs it again when another console was
//! faster. Both faces work through it. The only place that reads the clock and the system's randomness.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::config::Config;
use crate::model::State;
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::certifier::NewCertifier;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Kind, Result};
use crate::model::issued::{Issued, Reason, Revocation};
use crate::model::keyring::{Keyring, NewKeyring};
use crate::model::request::{Pkcs10, Plan, Request, RequestId};
use crate::model::secret::Secret;
use crate::model::site::Site;
use crate::model::time::{DAY, Timestamp};
use crate::ops::Env;
use crate::ops::approve::approve;
pub use crate::ops::approve::{Preview, preview};
use crate::ops::create_certifier::create_certifier;
use crate::ops::create_keyring::create_keyring;
use crate::ops::delete_keyring::delete_keyring;
use crate::ops::deny::deny;
use crate::ops::import_request::import_requests;
use crate::ops::install::{install, not_revoked};
use crate::ops::issue::{Earlier, issue};
use crate::ops::issue_crl::issue_crl;
use crate::ops::revoke::revoke;
use crate::ops::site::{delete_site, save_site};
use crate::ops::trust::trust;
use crate::store::certifier_key::{self, Protection};
use crate::store::ledger::Ledger;
use crate::store::signer::{Keys, LedgerSigner};
use crate::store::{Open, Store};

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
    keys: Keys,
    operator: String,
    protection: Protection,
    clock: Option<Timestamp>,
}

/// Makes a change from the desk, its state and the time.
pub type Make<'a> = dyn FnMut(&mut Desk, &State, Timestamp) -> Result<Change> + 'a;

/// How often a verb is run again when other consoles commit in between.
const TRIES: usize = 8;

impl Desk {
    /// Opens the workspace that the settings name (or `folder`), read-only if asked.
    pub fn open(config: &Config, folder: Option<&Path>, read_only: bool) -> Result<Self> {
        let store = Store::open(&Open {
            folder: folder.unwrap_or(&config.workspace).to_owned(),
            home: config.home.clone(),
            read_only,
            operator: config.operator.clone(),
            now: Self::now(),
        })?;
        Ok(Self {
            store,
            keys: Keys::new(),
            operator: config.operator.clone(),
            protection: config.protection,
            clock: None,
        })
    }

    /// Returns the present in whole seconds.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
    pub fn now() -> Timestamp {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Timestamp(since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX)))
    }

    /// Returns the state as of the last commit or refresh.
    pub fn state(&self) -> Arc<State> {
        self.store.state()
    }

    /// Returns the workspace folder.
    pub fn folder(&self) -> &Path {
        self.store.folder()
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
    pub fn run(&mut self, verb: Verb) -> Result<Outcome> {
        self.writable()?;
        let mut outcome = self.work(&mut |desk, state, now| {
            let facts = Facts::of(desk, state, &verb, now)?;
            desk.with_env(now, &mut |env| perform(state, &verb, &facts, env))
        })?;
        if let Verb::CreateCertifier(asked) = &verb {
            // The certifier is made, whatever becomes of unlocking it.
            if let Err(error) = self.unlock(&asked.name, &asked.password) {
                outcome.message.push_str(&format!(" It is still locked: {error}"));
            }
            outcome.state = self.store.state();
        }
        Ok(outcome)
    }

    /// Commits what `make` returns, and asks it again on the new state when another console was faster.
    pub fn work(&mut self, make: &mut Make<'_>) -> Result<Outcome> {
        for _ in 0..TRIES {
            let (state, now) = (self.store.state(), self.present());
            let change = match make(self, &state, now) {
                Ok(change) => change,
                // Refused on an old state: what another console did since may allow it.
                Err(_) if self.store.refresh(false)? => continue,
                Err(error) => return Err(error),
            };
            // Held no longer: a state that nobody else looks at is changed in its place instead of being copied.
            let on = state.generation;
            drop(state);
            match self.store.commit(on, now, &change) {
                Err(error) if error.kind == Kind::Moved => self.store.refresh(true)?,
                Err(error) => return Err(error),
                Ok(state) => {
                    let facts = change.facts;
                    let message = facts.iter().rev().find_map(sentence).unwrap_or_default();
                    return Ok(Outcome { state, facts, message });
                }
            };
        }
        Err(Error::new(Kind::Conflict, "Other consoles keep committing; nothing was changed.")
            .next("Try again in a moment."))
    }

    /// Calls `verb` with the world as this desk sees it: its clock, operator, randomness and unlocked keys.
    pub fn with_env<T>(
        &mut self,
        now: Timestamp,
        verb: &mut dyn FnMut(&mut Env<'_>) -> Result<T>,
    ) -> Result<T> {
        let stash_keys = self.store.stash_keys();
        verb(&mut Env {
            now,
            operator: &self.operator,
            random: &mut fill_random,
            signer: &mut LedgerSigner { keys: &self.keys, ledger: self.store.ledger(), now },
            protection: self.protection,
            stash_key: &|| stash_keys.key(),
        })
    }

    /// Lets this desk work at another time than the present, to furnish a demonstration; `None` is the present again.
    pub fn set_clock(&mut self, at: Option<Timestamp>) {
        self.clock = at;
    }

    fn present(&self) -> Timestamp {
        self.clock.unwrap_or_else(Self::now)
    }

    /// Returns a warning to show before signing when the clock is earlier than the last audit entry.
    pub fn clock_warning(&mut self) -> Result<Option<String>> {
        let (last, now) = (self.store.last_entry()?, self.present());
        Ok(last.filter(|last| last.0 > now.0 + CLOCK_SLACK).map(|last| {
            format!(
                "The clock says {}, but the last audit entry is of {}. What is signed now would be dated wrongly: check the clock.",
                now.text(),
                last.text()
            )
        }))
    }

    /// Previews what approving a request with this plan would issue.
    pub fn preview(&mut self, id: RequestId, plan: &Plan) -> Result<Preview> {
        let (state, now) = (self.store.state(), self.present());
        let request = state.requests.get(&id).ok_or_else(|| Error::not_found("request", &id.to_string()))?;
        let earlier = self.store.ledger().issued_by_key(&request.pkcs10.key.sha256)?;
        preview(&state, id, plan, &earlier, now)
    }

    /// Unlocks a certifier for this session; failures are recorded in the audit chain.
    pub fn unlock(&mut self, certifier: &str, password: &Secret) -> Result<()> {
        self.writable()?;
        let sealed = self.store.certifier_key(certifier)?;
        match certifier_key::open(certifier, &sealed, password) {
            Ok(key) => {
                // Recorded first: no key may be unlocked without a trace.
                self.record(Fact::CertifierUnlocked { certifier: certifier.to_owned() })?;
                self.keys.insert(certifier.to_owned(), key);
                Ok(())
            }
            Err(error) if error.kind == Kind::WrongPassword => {
                let what = format!("certifier {certifier}");
                match self.record(Fact::UnlockFailed { what }) {
                    Ok(()) => Err(error),
                    Err(unrecorded) => {
                        Err(error.next(format!("This failure was not recorded: {unrecorded}")))
                    }
                }
            }
            Err(error) => Err(error),
        }
    }

    /// Forgets the key of a certifier, or all of them.
    pub fn lock(&mut self, certifier: Option<&str>) {
        match certifier {
            Some(name) => drop(self.keys.remove(name)),
            None => self.keys.clear(),
        }
    }

    /// Lists the certifiers unlocked in this session.
    pub fn unlocked(&self) -> Vec<String> {
        self.keys.keys().cloned().collect()
    }

    /// Tells whether a keyring opens without asking: it has a stash that this user can open.
    pub fn opens_by_itself(&self, keyring: &str) -> bool {
        self.state().keyrings.get(keyring).is_some_and(|ring| ring.stash && self.store.unstash(ring).is_ok())
    }

    /// Takes what is needed to serve a site on loopback from its keyring.
    #[cfg(feature = "network")]
    pub fn served(
        &self,
        site: &str,
        port: u16,
        password: Option<&Secret>,
    ) -> Result<crate::probe::serve::Served> {
        let state = self.state();
        let site = state.sites.get(site).ok_or_else(|| Error::not_found("site document", site))?;
        let refused = || Error::refused(format!("Site {} cannot be rehearsed.", site.name));
        let Some(ring) = state.keyrings.get(&site.keyring) else {
            return Err(refused().why("It names no keyring.").next("Choose one.").command("site.edit"));
        };
        let Some(leaf) = ring.leaf() else {
            let why = format!("Keyring {} has no certificate yet.", ring.name);
            return Err(refused().why(why).next("Install it first.").command("keyring.install"));
        };
        let password = self.ring_password(&state, &ring.name, password)?;
        let opened = crate::store::kyr::open(ring, &password)?;
        if !opened.intact {
            let why =
                format!("Keyring {} was altered by somebody who does not know its password.", ring.name);
            return Err(refused().why(why).next("Put the right revision back from keyrings/.history."));
        }
        let Some(key) = opened.key else {
            return Err(refused().why(format!("Keyring {} holds no private key.", ring.name)));
        };
        let above = ring.with_role(crate::model::keyring::Role::Chain).map(|e| &e.certificate);
        let chain = std::iter::once(leaf).chain(above).map(|c| c.der.clone()).collect();
        Ok(crate::probe::serve::Served { site: site.name.clone(), chain, key, port })
    }

    /// Returns the ledger for reading.
    pub fn ledger(&mut self) -> &mut dyn Ledger {
        self.store.ledger()
    }

    /// Opens the ledger a second time, for a thread that only reads.
    pub fn reader(&self) -> Result<Box<dyn Ledger + Send>> {
        self.store.reader()
    }

    /// Returns the password given, or the one in the stash.
    fn ring_password(&self, state: &State, keyring: &str, given: Option<&Secret>) -> Result<Secret> {
        if let Some(given) = given {
            return Ok(given.clone());
        }
        let ring: &Keyring =
            state.keyrings.get(keyring).ok_or_else(|| Error::not_found("keyring", keyring))?;
        let locked = Error::new(Kind::Locked, format!("Keyring {keyring} needs its password."));
        if !ring.stash {
            return Err(locked.why("It has no stash."));
        }
        self.store.unstash(ring).map_err(|error| locked.why(error.to_string()))
    }

    fn writable(&self) -> Result<()> {
        match self.store.read_only() {
            None => Ok(()),
            Some(why) => Err(Error::new(Kind::ReadOnly, "Nothing can be changed here.").why(why)),
        }
    }

    fn record(&mut self, fact: Fact) -> Result<()> {
        self.work(&mut |_, _, _| Ok(Change::of(fact.clone()))).map(|_| ())
    }
}

/// What a verb needs of the disk beside the state.
#[derive(Default)]
struct Facts {
    password: Secret,
    known: Vec<Request>,
    earlier: Earlier,
    issued: Option<Issued>,
    crl_number: u64,
    revoked: Vec<(Serial, Timestamp, Reason)>,
    revocations: BTreeMap<Digest, Revocation>,
}

impl Facts {
    fn of(desk: &mut Desk, state: &State, verb: &Verb, now: Timestamp) -> Result<Self> {
        let mut facts = Self::default();
        match verb {
            Verb::Trust { keyring, password, .. } => {
                facts.password = desk.ring_password(state, keyring, password.as_ref())?;
            }
            Verb::Install { keyring, certificates, password } => {
                for c in certificates {
                    let row = desk.store.ledger().issued_by_sha256(&c.sha256)?;
                    let revoked = row.and_then(|(row, _)| row.revoked).map(|r| (c.sha256, r));
                    facts.revocations.extend(revoked);
                }
                facts.password = desk.ring_password(state, keyring, password.as_ref())?;
            }
            Verb::ImportRequests { requests, .. } => {
                let ledger = desk.store.ledger();
                for request in requests {
                    facts.known.extend(ledger.request_by_sha256(&request.sha256)?);
                }
            }
            Verb::Approve { id, .. } | Verb::Deny { id, .. } => facts.look_at(desk, state, *id)?,
            Verb::Issue { ids } => {
                for id in ids {
                    facts.look_at(desk, state, *id)?;
                }
            }
            Verb::Revoke { certifier, serial, .. } => {
                facts.issued = desk.store.ledger().issued_by_serial(certifier, serial)?.map(|(row, _)| row);
            }
            Verb::IssueCrl { certifier } => {
                let ledger = desk.store.ledger();
                facts.crl_number = ledger.last_crl_number(certifier)? + 1;
                ledger.revoked(certifier, now, &mut |s, at, why| facts.revoked.push((s, at, why)))?;
            }
            _ => {}
        }
        Ok(facts)
    }

    /// Looks up what was issued before for the key of a request. Errors: it was closed long ago, and is not in the state.
    fn look_at(&mut self, desk: &mut Desk, state: &State, id: RequestId) -> Result<()> {
        let ledger = desk.store.ledger();
        match state.requests.get(&id) {
            Some(request) => {
                self.earlier.insert(id, ledger.issued_by_key(&request.pkcs10.key.sha256)?);
                Ok(())
            }
            None => match ledger.request(id)? {
                Some(closed) => Err(Error::refused(format!("Nothing was done with request {id}."))
                    .why(format!("It is {} already.", closed.status.word()))),
                None => Err(Error::not_found("request", &id.to_string())),
            },
        }
    }
}

fn perform(state: &State, verb: &Verb, facts: &Facts, env: &mut Env<'_>) -> Result<Change> {
    match verb {
        Verb::CreateCertifier(asked) => create_certifier(state, asked, env),
        Verb::CreateKeyring(asked) => create_keyring(state, asked, env),
        Verb::ImportRequests { requests, source } => {
            import_requests(state, requests, source, &facts.known, env)
        }
        Verb::Approve { id, plan } => {
            let earlier = facts.earlier.get(id).map_or(&[][..], Vec::as_slice);
            approve(state, *id, plan, earlier, env)
        }
        Verb::Deny { id, reason } => deny(state, *id, reason, env),
        Verb::Issue { ids } => issue(state, ids, &facts.earlier, env),
        Verb::Trust { keyring, roots, .. } => trust(state, keyring, roots, &facts.password, env),
        Verb::Install { keyring, certificates, .. } => {
            not_revoked(state, keyring, certificates, &facts.revocations)?;
            install(state, keyring, certificates, &facts.password, env)
        }
        Verb::DeleteKeyring { name } => delete_keyring(state, name),
        Verb::SaveSite { before, site } => save_site(state, before.as_ref(), site),
        Verb::DeleteSite { name } => delete_site(state, name),
        Verb::Revoke { serial, reason, .. } => match &facts.issued {
            Some(issued) => revoke(state, issued, *reason, env),
            None => Err(Error::not_found("issued certificate", &serial.to_string())),
        },
        Verb::IssueCrl { certifier } => {
            issue_crl(state, certifier, facts.crl_number, facts.revoked.clone(), env)
        }
    }
}

/// How many seconds the clock may run behind the audit chain without a warning: several consoles differ by that much.
const CLOCK_SLACK: i64 = DAY / 24 / 12;

fn fill_random(buffer: &mut [u8]) {
    // The library seeds itself from the system and cannot fail afterwards; a failure must not pass as zeros.
    assert!(aws_lc_rs::rand::fill(buffer).is_ok(), "the system gives no random bytes");
}

/// Says what became true, for the status line; `None` for a fact that another one in the same change says better.
fn sentence(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::CertifierCreated { certifier } => {
            format!("Certifier {} is made, with its certificate and first CRL.", certifier.name)
        }
        Fact::KeyringCreated { .. } | Fact::WorkspaceCreated => return None,
        Fact::RequestReceived { request } => match &request.keyring {
            Some(ring) if request.source == format!("keyring {ring}") => {
                format!("Keyring {ring} is made; its request {} waits for a decision.", request.id)
            }
            _ => format!("Request {} waits for a decision.", request.id),
        },
        Fact::CrlIssued { crl, .. } if crl.number == 1 => return None,
        Fact::CrlIssued { certifier, crl, .. } => {
            format!("Certifier {certifier} signed CRL {} with {} entries.", crl.number, crl.entries)
        }
        Fact::KeyringChanged { keyring, what } => format!("Keyring {}: {what}.", keyring.name),
        Fact::KeyringDeleted { name } => format!("Keyring {name} was moved to the history."),
        Fact::PolicyAmended { certifier, policy } => {
            format!("Certifier {certifier} has policy version {}.", policy.version)
        }
        Fact::RequestApproved { id, plan, .. } => {
            format!("Request {id} is approved; {} has to sign it.", plan.certifier)
        }
        Fact::RequestDenied { id, .. } => format!("Request {id} is denied."),
        Fact::CertificateIssued { issued, .. } => {
            format!("{} signed {} with serial {}.", issued.certifier, issued.subject, issued.serial)
        }
        Fact::CertificateRevoked { certifier, serial, .. } => {
            format!("Serial {serial} is revoked; certifier {certifier} owes a new CRL.")
        }
        Fact::SiteSaved { site } => format!("Site {} is saved.", site.name),
        Fact::SiteDeleted { name } => format!("Site {name} is deleted."),
        Fact::SigningAbandoned { what, .. } => format!("An unfinished signature was found: {what}."),
        Fact::UnlockFailed { what } => format!("Unlocking failed: {what}."),
        Fact::CertifierUnlocked { certifier } => format!("Certifier {certifier} is unlocked."),
    })
}
