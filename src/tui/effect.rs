//! Carries effects out away from the screen's thread: one store worker that owns the desk, one reader of the ledger, and
//! short threads for the rest. Each effect with a job is answered by exactly one [`Msg::Done`], also when its thread
//! panics. Draws nothing.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::clerk::{Clerk, Task, Told, Work};
use super::dialog::verify::Wanted;
use super::msg::{Done, Effect, JobId, Msg};
use super::online::Running;
use super::query::{self, Ask, WithCrls};
use super::task;
use super::terminal::caught;
use crate::desk::{Desk, Outcome, preview};
use crate::doctor;
use crate::doctor::review::{Format, review};
use crate::model::State;
use crate::model::bytes::Der;
use crate::model::compromised::KeyHistory;
use crate::model::error::{Error, Kind, Result};
use crate::model::issued::Issued;
use crate::model::time::Timestamp;
use crate::ops::previous;
use crate::pki::certificate;
use crate::pki::chain::inquiry::{Basis, Inquiry};
use crate::store::compromised::Lists;

/// Where answers go: to the loop, which is woken for them.
#[derive(Clone)]
pub struct Post {
    sender: Sender<Msg>,
    ring: Arc<dyn Fn() + Send + Sync>,
}

impl Post {
    /// Makes a post that sends here and rings after each message.
    pub fn new(sender: Sender<Msg>, ring: impl Fn() + Send + Sync + 'static) -> Self {
        Self { sender, ring: Arc::new(ring) }
    }

    /// Sends a message. When the loop has ended nobody waits for it any more.
    pub fn send(&self, msg: Msg) {
        let _ = self.sender.send(msg);
        (self.ring)();
    }

    /// Answers a job.
    pub fn done(&self, id: JobId, result: Result<Done>) {
        self.send(Msg::Done(id, result));
    }

    /// Runs work on a thread of its own and answers the job with what it returns.
    pub fn spawn(&self, id: JobId, work: impl FnOnce() -> Result<Done> + Send + 'static) {
        let post = self.clone();
        let spawned =
            std::thread::Builder::new().name("job".into()).spawn(move || post.done(id, caught(work)));
        if let Err(error) = spawned {
            self.done(id, Err(Error::new(Kind::Disk, "No thread can be started.").why(error.to_string())));
        }
    }
}

/// The threads behind the screen.
pub struct Workers {
    pub(super) post: Post,
    store: Option<Sender<Work>>,
    worker: Option<JoinHandle<()>>,
    asks: Sender<Ask>,
    shared: Arc<Shared>,
    pub(super) state: Arc<State>,
    lists: Lists,
    /// The workspace, where nothing is written but its own.
    folder: PathBuf,
    memory: Arc<doctor::Memory>,
}

/// What the threads know of each other.
pub(super) struct Shared {
    pub(super) started: Instant,
    /// Milliseconds from `started` to the last key press.
    key: AtomicU64,
    /// The time of day of the last key press in seconds: `started` stands still while the machine sleeps.
    key_at: AtomicI64,
    /// Set when waiting work shall not be begun any more.
    pub(super) stopping: AtomicBool,
    pub(super) service: Mutex<Option<Running>>,
    /// Set for a reading, a scan or visits that shall stop.
    stops: Mutex<BTreeMap<JobId, Arc<AtomicBool>>>,
}

impl Shared {
    fn stops(&self) -> MutexGuard<'_, BTreeMap<JobId, Arc<AtomicBool>>> {
        self.stops.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns how long no key was pressed: by the clock that runs evenly or by the time of day, whichever is longer,
    /// for one stands still while the machine sleeps and the other can be set back.
    pub(super) fn quiet(&self, running: Duration, now: Timestamp) -> Duration {
        let even = running.saturating_sub(Duration::from_millis(self.key.load(Ordering::Relaxed)));
        let seconds = now.0.saturating_sub(self.key_at.load(Ordering::Relaxed));
        even.max(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
    }
}

impl Workers {
    /// Starts the threads. Certifiers are locked again after `relock` without a key press; zero is never.
    pub fn start(desk: Desk, post: Post, relock: Duration) -> Result<Self> {
        let shared = Arc::new(Shared {
            started: Instant::now(),
            key: AtomicU64::new(0),
            key_at: AtomicI64::new(Desk::now().0),
            stopping: AtomicBool::new(false),
            service: Mutex::new(None),
            stops: Mutex::default(),
        });
        let no_thread =
            |e: std::io::Error| Error::new(Kind::Disk, "No thread can be started.").why(e.to_string());
        let (ledger, state, lists) = (desk.reader()?, desk.state(), desk.lists());
        let folder = desk.folder().to_owned();
        let (asks, asked) = mpsc::channel();
        let reader = post.clone();
        std::thread::Builder::new()
            .name("reader".into())
            .spawn(move || query::serve(ledger, asked, reader))
            .map_err(no_thread)?;
        let (store, works) = mpsc::channel();
        let told = Told { state: state.clone(), unlocked: desk.unlocked(), ..Told::default() };
        let looked = (shared.started.elapsed(), Desk::now());
        let mut clerk = Clerk { desk, post: post.clone(), shared: shared.clone(), relock, told, looked };
        let worker = std::thread::Builder::new()
            .name("store".into())
            .spawn(move || clerk.work(&works))
            .map_err(no_thread)?;
        Ok(Self {
            post,
            store: Some(store),
            worker: Some(worker),
            asks,
            shared,
            state,
            lists,
            folder,
            memory: Arc::default(),
        })
    }

    /// Notes that a key was pressed.
    pub fn touch(&self) {
        let since = self.shared.started.elapsed().as_millis();
        self.shared.key.store(u64::try_from(since).unwrap_or(u64::MAX), Ordering::Relaxed);
        self.shared.key_at.store(Desk::now().0, Ordering::Relaxed);
    }

    /// Notes the state that a message on its way to the model carries; jobs that only look use it.
    pub fn note(&mut self, msg: &Msg) {
        match msg {
            Msg::State(state) | Msg::Done(_, Ok(Done::Outcome(Outcome { state, .. }))) => {
                self.state = state.clone();
            }
            _ => {}
        }
    }

    /// Carries an effect out; returns at once. What only the loop can do (copy, suspend, quit) is given back.
    pub fn carry_out(&self, effect: Effect) -> Option<Effect> {
        let post = &self.post;
        match effect {
            Effect::Witness(witness) => self.enqueue(JobId::default(), Task::Witness(witness)),
            Effect::Run(id, verb) => self.enqueue(id, Task::Run(verb)),
            Effect::Unlock(id, certifier, given) => self.enqueue(id, Task::Unlock(certifier, given)),
            Effect::Rehearse(id, certifier, given) => self.enqueue(id, Task::Rehearse(certifier, given)),
            Effect::Protect(id, certifier, given, sealing) => {
                self.enqueue(id, Task::Protect(certifier, given, sealing));
            }
            Effect::Deal(id, needed, of) => post.spawn(id, move || {
                crate::store::shares::deal(needed, of).map(|dealt| Done::Dealt(Box::new(dealt)))
            }),
            Effect::Lock(id, certifier) => self.enqueue(id, Task::Lock(certifier)),
            Effect::Previews(id, plans) => self.enqueue(id, Task::Previews(plans)),
            Effect::Worklist(id, certifier) => self.enqueue(id, Task::Worklist(certifier)),
            Effect::PreviewCrl(id, certifier, kind) => self.enqueue(id, Task::PreviewCrl(certifier, kind)),
            Effect::Push(id, certifier) => self.enqueue(id, Task::Push(certifier)),
            Effect::Fetch(id, address) => self.fetch(id, address),
            Effect::Prove(id, certifier, source, bytes) => {
                self.enqueue(id, Task::Prove(certifier, source, bytes));
            }
            Effect::Register(id, certifier) => self.ask(id, Ask::Register(id, certifier)),
            Effect::PickUp(id, typed) => self.enqueue(id, Task::PickUp(typed)),
            Effect::History(id, keyring) => self.enqueue(id, Task::History(keyring)),
            Effect::Gone(id) => self.enqueue(id, Task::Gone),
            Effect::Versions(id, sort, name) => self.enqueue(id, Task::Versions(sort, name)),
            Effect::GoneDocuments(id, sort) => self.enqueue(id, Task::GoneDocuments(sort)),
            Effect::Refresh(id) => self.enqueue(id, Task::Refresh),
            Effect::Serve(id, site, server, password) => {
                self.enqueue(id, Task::Serve(site, server, password));
            }
            Effect::Export(id, asked, password) => self.enqueue(id, Task::Export(asked, password)),
            Effect::Deliver(id, asked, phrase, password) => {
                self.enqueue(id, Task::Deliver(asked, phrase, password));
            }
            Effect::ExportList(id, asked) => self.enqueue(id, Task::ExportList(asked)),
            Effect::Phrase(id) => post.spawn(id, || Ok(Done::Phrase(Desk::pass_phrase()))),
            Effect::Ids(id, question) => self.ask(id, Ask::Ids(id, question)),
            Effect::Timeline(id, question) => self.ask(id, Ask::Timeline(id, question)),
            Effect::Rows(id, ids) => self.ask(id, Ask::Rows(id, ids)),
            Effect::Issued(id, certifier, serial) => self.ask(id, Ask::Issued(id, certifier, serial)),
            Effect::IssuedRow(id, row) => self.ask(id, Ask::IssuedRow(id, row)),
            Effect::Crl(id, certifier) => {
                let missing = Error::refused(format!("Certifier {certifier} has no CRL yet."));
                let missing = missing.next("Sign one first.").command("certifier.crl");
                let work = move |crls: Vec<Vec<u8>>| {
                    crls.into_iter().next().map(|der| Done::Crl(Der(der))).ok_or(missing)
                };
                self.ask(id, Ask::Crls(id, vec![certifier], Box::new(work)));
            }
            Effect::Audit(id, wish) => self.ask(id, Ask::Audit(id, wish)),
            Effect::Receipt(id, name, workspace) => {
                self.ask(id, Ask::Receipt(id, self.state.clone(), name, workspace));
            }
            Effect::VerifyAudit(id, full) => self.ask(id, Ask::VerifyAudit(id, full)),
            Effect::ExportAudit(id, filter, form, path) => {
                let (to, workspace) = (task::at_home(&path), self.folder.clone());
                self.ask(id, Ask::ExportAudit(id, filter, form, [to, workspace]));
            }
            Effect::Probe(id, errand) => self.probe(id, &errand),
            Effect::Scan(id, errand) => self.scan(id, &errand),
            Effect::Visit(id, promises, trip) => self.enqueue(id, Task::Visit(promises, trip)),
            Effect::Keep(id, visits) => self.enqueue(id, Task::Keep(visits)),
            Effect::Verify(id, wanted) => self.verify(id, *wanted),
            Effect::SystemRoots(id) => post
                .spawn(id, || crate::store::system::roots().map(|(roots, place)| Done::Roots(roots, place))),
            Effect::Read(id, given, password) => {
                let state = self.state.clone();
                self.stoppable(id, move |stop| task::read(given, password.as_ref(), stop, &state));
            }
            Effect::ReadDirectory(id, path, operator) => {
                let state = self.state.clone();
                self.stoppable(id, move |stop| task::read_directory(&path, stop, &state, &operator));
            }
            Effect::ReadLog(id, path) => self.stoppable(id, move |stop| task::read_log(&path, stop)),
            Effect::Stop(id) => {
                if let Some(stop) = self.shared.stops().get(&id) {
                    stop.store(true, Ordering::SeqCst);
                }
            }
            Effect::CompletePath(id, typed) => post.spawn(id, move || task::complete(&typed)),
            Effect::WriteFile(id, path, bytes) => {
                let folder = self.folder.clone();
                post.spawn(id, move || task::write(&path, &bytes, &folder));
            }
            Effect::Preview(id, request, plan) => {
                let state = self.state.clone();
                let key = state.requests.get(&request).map(|r| r.pkcs10.key.sha256).unwrap_or_default();
                let lists = self.lists.clone();
                let asked = state.requests.get(&request);
                let subject = asked.map(|r| previous::subject(&r.pkcs10, &plan)).unwrap_or_default();
                let latest = (plan.certifier.clone(), subject);
                let work = move |issued: Vec<Issued>, latest: Option<Der>| {
                    let key = state.requests.get(&request).map(|r| &r.pkcs10.key);
                    let listed = key.map(|key| lists.holding(key, &state)).transpose()?.unwrap_or_default();
                    let before = latest.map(|der| certificate::read(&der.0).map(Box::new)).transpose()?;
                    let known = KeyHistory { issued, listed, before };
                    Ok(Done::Preview(Box::new(preview(&state, request, &plan, &known, Desk::now())?)))
                };
                self.ask(id, Ask::ByKey(id, key, latest, Box::new(work)));
            }
            Effect::Examine(id, now, bands) => {
                let (state, memory) = (self.state.clone(), self.memory.clone());
                post.spawn(id, move || {
                    Ok(Done::Findings(doctor::examine_again(&memory, &state, now, &bands).into()))
                });
            }
            Effect::Review(id, path, now, bands) => {
                let (state, memory) = (self.state.clone(), self.memory.clone());
                let folder = self.folder.clone();
                post.spawn(id, move || {
                    let found = doctor::examine_again(&memory, &state, now, &bands);
                    let review = review(&state, doctor::weigh(&state, now, found), now);
                    let text = review.write(Format::of_file(&path.to_string_lossy()));
                    task::write(&path, text.as_bytes(), &folder)
                });
            }
            Effect::ServiceLog(id) => post.done(id, Ok(self.shared.service_log())),
            Effect::StopService(id) => {
                let shared = self.shared.clone();
                post.spawn(id, move || Ok(shared.stop_service()));
            }
            effect @ (Effect::Copy(..) | Effect::Suspend | Effect::Quit(_)) => return Some(effect),
        }
        None
    }

    /// Tells whether the store worker has ended.
    pub fn idle(&self) -> bool {
        self.worker.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Takes no more work; `begun_only` drops what waits as well. What has begun is finished, see [`Self::join`].
    pub fn stop(&mut self, begun_only: bool) {
        self.shared.stopping.fetch_or(begun_only, Ordering::SeqCst);
        self.store = None;
    }

    /// Waits for the store worker, so that no commit is cut off.
    pub fn join(&mut self) {
        self.stop(false);
        if let Some(worker) = self.worker.take() {
            // Its panics are caught and told as they happen.
            let _ = worker.join();
        }
        self.shared.stop_service();
    }

    fn enqueue(&self, id: JobId, task: Task) {
        let sent = self.store.as_ref().is_some_and(|store| store.send(Work { id, task }).is_ok());
        if !sent {
            self.post.done(id, Err(gone()));
        }
    }

    pub(super) fn ask(&self, id: JobId, ask: Ask) {
        if self.asks.send(ask).is_err() {
            self.post.done(id, Err(gone()));
        }
    }

    pub(super) fn stoppable(
        &self,
        id: JobId,
        work: impl FnOnce(&AtomicBool) -> Result<Done> + Send + 'static,
    ) {
        stoppable(&self.post, &self.shared, id, work);
    }

    /// Explains a chain on a thread of its own, with the CRLs of the certifiers.
    fn verify(&self, id: JobId, wanted: Wanted) {
        let (state, now) = (self.state.clone(), Desk::now());
        let basis = move |state: &State, crls| Basis::of_state(state, crls, now, now);
        let work: WithCrls = match wanted {
            Wanted::Again(inquiry) => return self.post.spawn(id, move || Ok(task::verified(*inquiry))),
            Wanted::Keyring(name) => Box::new(move |crls| {
                let ring = state.keyrings.get(&name).ok_or_else(|| Error::not_found("keyring", &name))?;
                Ok(task::verified(Inquiry::of_keyring(ring, basis(&state, crls))?))
            }),
            Wanted::Certificate(certificate) => Box::new(move |crls| {
                Ok(task::verified(Inquiry::of_certificate(*certificate, basis(&state, crls))))
            }),
            Wanted::Bundle(certificates, more, source) => Box::new(move |mut crls| {
                crls.extend(more);
                Ok(task::verified(Inquiry::of_bundle(certificates, source, basis(&state, crls))))
            }),
        };
        self.ask(id, Ask::Crls(id, self.state.certifiers.keys().cloned().collect(), work));
    }
}

/// Does work on a thread of its own that looks now and then whether it shall stop.
pub(super) fn stoppable(
    post: &Post,
    shared: &Arc<Shared>,
    id: JobId,
    work: impl FnOnce(&AtomicBool) -> Result<Done> + Send + 'static,
) {
    let (shared, stop) = (shared.clone(), Arc::new(AtomicBool::new(false)));
    shared.stops().insert(id, stop.clone());
    post.spawn(id, move || {
        let done = work(&stop);
        shared.stops().remove(&id);
        done
    });
}

impl Drop for Workers {
    /// Lets the work that has begun finish, also when the screen's thread panics.
    fn drop(&mut self) {
        self.stop(true);
        self.join();
    }
}

fn gone() -> Error {
    Error::internal("The thread that should do this has ended.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sleep_of_the_machine_counts_as_quiet_time_and_a_clock_set_back_does_not_shorten_it() {
        let shared = Shared {
            started: Instant::now(),
            key: AtomicU64::new(5_000),
            key_at: AtomicI64::new(1_000),
            stopping: AtomicBool::new(false),
            service: Mutex::new(None),
            stops: Mutex::default(),
        };
        let quiet = |running, now| shared.quiet(Duration::from_secs(running), Timestamp(now)).as_secs();
        assert_eq!(quiet(15, 1_010), 10);
        assert_eq!(quiet(6, 9_000), 8_000, "it slept");
        assert_eq!(quiet(65, 20), 60, "the clock was set back");
        assert_eq!(quiet(5, 1_000), 0);
    }
}
