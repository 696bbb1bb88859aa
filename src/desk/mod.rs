//! The desk: runs a verb against the workspace, commits what it returns, and runs it again when another console was
//! faster. Both faces work through it. The only place that reads the clock and the system's randomness.

#[cfg(feature = "network")]
mod badges;
pub mod export;
mod keys;
pub mod list;
mod perform;
pub mod publish;
pub mod queue;
mod sentence;
#[cfg(feature = "network")]
mod served;
mod step;
mod verb;

use std::path::Path;
use std::sync::{Arc, LazyLock};

use crate::config::Config;
use crate::model::State;
use crate::model::bytes::hex;
use crate::model::certificate::Certificate;
use crate::model::certifier::rollover::Task;
use crate::model::change::{Change, Fact};
use crate::model::compromised::KeyHistory;
use crate::model::document::Sort;
use crate::model::error::{Error, Kind, Result};
use crate::model::issued::Issued;
use crate::model::keyring::Keyring;
use crate::model::request::{Pkcs10, Plan, Request, RequestId};
use crate::model::secret::Secret;
use crate::model::seen::Visit;
use crate::model::time::{DAY, Timestamp};
use crate::model::witness::Witness;
pub use crate::ops::approve::{Preview, preview};
use crate::ops::certifier_status::Ending;
use crate::ops::profile::try_profile;
use crate::ops::witness::confirmed;
use crate::ops::{Env, install, person, previous, roll_over};
use crate::store::certifier_key::Protection;
use crate::store::compromised::Lists;
use crate::store::history::{Gone, History, document};
use crate::store::ledger::Ledger;
use crate::store::probes::Probes;
use crate::store::signer::{Keys, LedgerSigner, Meter};
use crate::store::system;
use crate::store::{Open, Store};
use perform::{Needs, perform};
use sentence::sentence;
pub use verb::Verb;

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
    meter: Meter,
    /// Why keys were locked without being asked to, until it is told.
    locked_why: Option<String>,
    operator: String,
    /// Named when it is first needed: the first random number of a process takes some 15 ms, which a start can do without.
    session: LazyLock<String>,
    targets: publish::Targets,
    protection: Protection,
    clock: Option<Timestamp>,
    /// What a witness said of the step that comes next.
    witness: Option<Witness>,
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
            meter: Meter::default(),
            locked_why: None,
            operator: config.operator.clone(),
            session: LazyLock::new(session),
            targets: publish::Targets::of(config),
            protection: config.protection,
            clock: None,
            witness: None,
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

    /// Keeps visits beside the earlier ones, and takes them into the state. Errors: `ReadOnly`.
    pub fn keep_visits(&mut self, visits: &[Visit]) -> Result<()> {
        self.writable()?;
        self.probes().keep(visits)?;
        self.store.refresh(true).map(|_| ())
    }

    /// Returns the kept results of visits.
    pub fn probes(&self) -> Probes {
        Probes { folder: self.store.folder().to_owned() }
    }

    /// Says why the head of the audit chain is not remembered outside of the workspace, if so.
    pub fn forgetful(&self) -> Option<&str> {
        self.store.forgetful()
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
        let done = self.work(&mut |desk, state, now| {
            let witnessed = desk.witnessed(state, &verb.signers(state, &desk.operator), &verb.step(state))?;
            let mut needs = Needs::of(desk, state, &verb, now)?;
            let mut change = desk.with_env(now, &mut |env| perform(state, &verb, &mut needs, env))?;
            change.extend(person::certified(state, &change.facts)?);
            change.facts.splice(0..0, witnessed);
            Ok(change)
        });
        if done.is_ok() {
            self.witness = None;
        }
        let done = done.map_err(|error| match verb.keyring() {
            Some(keyring) => self.told(&format!("keyring {keyring}"), error),
            None => error,
        });
        let mut outcome = self.or_recorded(done)?;
        if matches!(verb, Verb::ImportCertifier { .. }) {
            // What was taken over is told by the certifier, not by the last of its rows.
            outcome.message = outcome.facts.first().and_then(sentence).unwrap_or_default();
        }
        let made = match &verb {
            Verb::CreateCertifier(asked) => Some((&asked.name, &asked.password)),
            Verb::RollOver { asked, .. } => Some((&asked.name, &asked.password)),
            Verb::ImportCertifier { asked, .. } => Some((&asked.name, &asked.password)),
            _ => None,
        };
        if let Some((name, password)) = made.filter(|(name, _)| outcome.state.certifiers.contains_key(*name))
        {
            // The certifier is made, whatever becomes of unlocking it.
            if let Err(error) = self.unlock(name, password) {
                outcome.message.push_str(&format!(" It is still locked: {error}"));
            }
            outcome.state = self.store.state();
        }
        if let Verb::DestroyKey { name, .. } | Verb::GiveUpCertifier { name } = &verb {
            self.keys.remove(name);
        }
        Ok(outcome)
    }

    /// Takes what a witness says of the step that comes next; it is of no use for any other one.
    pub fn witness(&mut self, witness: Witness) {
        self.witness = Some(witness);
    }

    fn witnessed(&mut self, state: &State, certifiers: &[String], step: &str) -> Result<Vec<Fact>> {
        let done = confirmed(state, certifiers, step, self.witness.as_ref(), &self.operator);
        // What was of no use is asked anew.
        if done.as_ref().is_err_and(|error| error.kind == Kind::NotAllowed) {
            self.witness = None;
        }
        done
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
                    let message = match sentence::sentence_of_many(&facts) {
                        Some(message) => message,
                        None => facts.iter().rev().find_map(sentence).unwrap_or_default(),
                    };
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
        let state = self.store.state();
        let limited = state.certifiers.values().filter(|c| c.policy.relock_after > 0);
        self.meter.limits = limited.map(|c| (c.name.clone(), c.policy.relock_after)).collect();
        let done = verb(&mut Env {
            now,
            operator: &self.operator,
            session: &self.session,
            random: &mut fill_random,
            signer: &mut LedgerSigner {
                keys: &self.keys,
                meter: &mut self.meter,
                ledger: self.store.ledger(),
                now,
            },
            protection: self.protection,
            stash_key: &|| stash_keys.key(),
        });
        self.lock_spent();
        done
    }

    /// Draws a pass phrase for a file that is given to a person.
    pub fn pass_phrase() -> Secret {
        person::pass_phrase(&mut fill_random)
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

    /// Returns a warning for a build without network code on a machine with a network.
    pub fn link_warning() -> Option<String> {
        let links = if cfg!(feature = "network") { Vec::new() } else { system::links() };
        (!links.is_empty()).then(|| {
            format!(
                "This build is for machines without a network, and a network is up here: {}. Disconnect it.",
                links.join(", ")
            )
        })
    }

    /// Previews what approving a request with this plan would issue.
    pub fn preview(&mut self, id: RequestId, plan: &Plan) -> Result<Preview> {
        let (state, now) = (self.store.state(), self.present());
        let request = state.requests.get(&id).ok_or_else(|| Error::not_found("request", &id.to_string()))?;
        let listed = self.store.lists().holding(&request.pkcs10.key, &state)?;
        let issued = self.store.ledger().issued_by_key(&request.pkcs10.key.sha256)?;
        let before = self.before(&request.pkcs10, plan)?;
        preview(&state, id, plan, &KeyHistory { issued, listed, before }, now)
    }

    /// Looks up the latest certificate for the subject that a plan names.
    fn before(&mut self, asked: &Pkcs10, plan: &Plan) -> Result<Option<Box<Certificate>>> {
        let der = self.store.ledger().issued_latest(&plan.certifier, &previous::subject(asked, plan))?;
        der.map(|der| crate::pki::certificate::read(&der.0).map(Box::new)).transpose()
    }

    /// Previews what a profile would make of a request, which need not be in the queue.
    pub fn try_profile(&mut self, asked: &Request, plan: &Plan) -> Result<Preview> {
        let (state, now) = (self.store.state(), self.present());
        let listed = self.store.lists().holding(&asked.pkcs10.key, &state)?;
        let issued = self.store.ledger().issued_by_key(&asked.pkcs10.key.sha256)?;
        let before = self.before(&asked.pkcs10, plan)?;
        try_profile(&state, asked, plan, &KeyHistory { issued, listed, before }, now)
    }

    /// Returns what looks keys up in the lists of compromised keys.
    pub fn lists(&self) -> Lists {
        self.store.lists()
    }

    /// Says what installing certificates into a keyring would do.
    pub fn install_plan(&mut self, keyring: &str, certificates: &[Certificate]) -> Result<install::Plan> {
        let (state, now) = (self.store.state(), self.present());
        let revoked = perform::revocations(self, certificates)?;
        install::plan(&state, keyring, certificates, &revoked, now)
    }

    /// Lists what was issued under the old key of a certifier and has neither ended nor is revoked, with what is to be done
    /// about it so that nothing depends on the old key from `day` on.
    pub fn worklist(&mut self, certifier: &str, day: Timestamp) -> Result<Vec<Task>> {
        let (state, now) = (self.store.state(), self.present());
        let old = state.certifiers.get(certifier).ok_or_else(|| Error::not_found("certifier", certifier))?;
        let mut rows = Vec::new();
        valid(self.store.ledger(), now, &mut |row| {
            if row.certifier == old.name {
                rows.push(row);
            }
        })?;
        Ok(roll_over::worklist(&state, old, rows, day))
    }

    /// Says how a certifier would end if its key were destroyed now.
    pub fn ending(&mut self, certifier: &str) -> Result<Ending> {
        let (state, now) = (self.store.state(), self.present());
        perform::ending(self, &state, certifier, now)
    }

    /// Tells whether a keyring opens without asking: it has a stash that this user can open.
    pub fn opens_by_itself(&self, keyring: &str) -> bool {
        self.state().keyrings.get(keyring).is_some_and(|ring| ring.stash && self.store.unstash(ring).is_ok())
    }

    /// Reads the versions of a keyring, also of a deleted one. Errors: `NotFound` when nothing is known of it.
    pub fn history(&mut self, keyring: &str) -> Result<History> {
        // The audit chain is read as it is now, and so are the files.
        self.store.refresh(false)?;
        self.store.history(keyring)
    }

    /// Lists the keyrings that can be brought back, the latest first.
    pub fn gone(&mut self) -> Result<Vec<Gone>> {
        self.store.refresh(false)?;
        self.store.gone()
    }

    /// Reads the versions of a document, also of a deleted one. Errors: `NotFound` when nothing is known of it.
    pub fn document_history(&mut self, sort: Sort, name: &str) -> Result<document::History> {
        self.store.refresh(false)?;
        self.store.document_history(sort, name)
    }

    /// Lists the documents of a sort that can be brought back, the latest first.
    pub fn gone_documents(&mut self, sort: Sort) -> Result<Vec<Gone>> {
        self.store.refresh(false)?;
        self.store.gone_documents(sort)
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
        let ring = ring(state, keyring)?;
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

    /// Records a refusal by a role, by the rule of two people, or because the ledger is an older one.
    fn or_recorded<T>(&mut self, done: Result<T>) -> Result<T> {
        let Err(error) = done else { return done };
        let Some(about) = error.about.as_deref().cloned().filter(|_| error.kind == Kind::NotAllowed) else {
            return Err(error);
        };
        let fact = Fact::Refused { about, what: error.what.clone(), why: error.why.clone() };
        match self.record(fact) {
            Ok(()) => Err(error),
            Err(unrecorded) => Err(error.next(format!("This refusal was not recorded: {unrecorded}"))),
        }
    }

    fn record(&mut self, fact: Fact) -> Result<()> {
        self.work(&mut |_, _, _| Ok(Change::of(fact.clone()))).map(|_| ())
    }
}

/// Calls `each` with every issued certificate that has neither ended at `now` nor is revoked, in no order.
fn valid(ledger: &dyn Ledger, now: Timestamp, each: &mut dyn FnMut(Issued)) -> Result<()> {
    /// Rows held at once.
    const MANY: usize = 1_000;
    let ids = ledger.issued_ending(now, Timestamp(i64::MAX))?;
    for some in ids.chunks(MANY) {
        ledger.issued_rows(some)?.into_iter().for_each(&mut *each);
    }
    Ok(())
}

fn ring<'a>(state: &'a State, name: &str) -> Result<&'a Keyring> {
    state.keyrings.get(name).ok_or_else(|| Error::not_found("keyring", name))
}

/// How many seconds the clock may run behind the audit chain without a warning: several consoles differ by that much.
const CLOCK_SLACK: i64 = DAY / 24 / 12;

/// Names a session: when it first changed something, and eight hexadecimal digits that tell it from others of that second.
fn session() -> String {
    let mut digits = [0; 4];
    fill_random(&mut digits);
    let began: String = Desk::now().text().chars().filter(char::is_ascii_digit).collect();
    format!("{began}-{}", hex(&digits))
}

fn fill_random(buffer: &mut [u8]) {
    // The library seeds itself from the system and cannot fail afterwards; a failure must not pass as zeros.
    assert!(aws_lc_rs::rand::fill(buffer).is_ok(), "the system gives no random bytes");
}
