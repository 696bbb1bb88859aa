//! The store worker: the one thread that owns the desk. Does what it is asked in order, and tells what happens elsewhere.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use super::effect::{Post, Shared, stoppable};
use super::msg::{Done, JobId, Msg};
use super::task;
use super::terminal::caught;
use crate::desk::export::Asked;
use crate::desk::list::ListAsked;
use crate::desk::{Desk, Outcome, Verb};
use crate::model::State;
use crate::model::crl::CrlKind;
use crate::model::document::Sort;
use crate::model::error::{Error, Kind};
use crate::model::person::Delivery;
use crate::model::protection::Sealing;
use crate::model::request::{Plan, RequestId};
use crate::model::resolve::Promise;
use crate::model::secret::Secret;
use crate::model::seen::{Trip, Visit};
use crate::model::time::Timestamp;
use crate::model::witness::Witness;
use crate::ops::roll_over;
use crate::store::remembered::refusal;

/// By how many seconds the two clocks may part within one look before keys are locked.
const ASLEEP: i64 = 60;

/// How often it looks whether another console has committed.
const LOOK: Duration = Duration::from_millis(500);

/// A task of the store worker, and the job it answers.
pub(super) struct Work {
    pub(super) id: JobId,
    pub(super) task: Task,
}

/// What the store worker does, in the order it was asked.
#[expect(clippy::large_enum_variant, reason = "few at a time, and each is moved once")]
pub(super) enum Task {
    Run(Verb),
    Witness(Witness),
    Unlock(String, Vec<Secret>),
    Rehearse(String, Vec<Secret>),
    Protect(String, Vec<Secret>, Box<Sealing>),
    Lock(Option<String>),
    Refresh,
    Previews(Vec<(RequestId, Plan)>),
    PreviewCrl(String, CrlKind),
    Worklist(String),
    Push(String),
    Prove(String, String, Vec<u8>),
    PickUp(String),
    History(String),
    Gone,
    Versions(Sort, String),
    GoneDocuments(Sort),
    Serve(String, Option<String>, Option<Secret>),
    Visit(Vec<Promise>, Box<Trip>),
    Keep(Vec<Visit>),
    Export(Box<Asked>, Option<Secret>),
    ExportList(Box<ListAsked>),
    /// Writing the file of a person: what, under which pass phrase, with which password of the ring.
    Deliver(Box<Delivery>, Secret, Option<Secret>),
}

/// What the loop was told last without being asked.
#[derive(Default)]
pub(super) struct Told {
    pub(super) state: Arc<State>,
    pub(super) unlocked: Vec<String>,
    pub(super) minute: i64,
    pub(super) failure: Option<Error>,
    pub(super) clock: Option<String>,
}

/// The store worker.
pub(super) struct Clerk {
    pub(super) desk: Desk,
    pub(super) post: Post,
    pub(super) shared: Arc<Shared>,
    pub(super) relock: Duration,
    pub(super) told: Told,
    /// When it looked around last, by both clocks.
    pub(super) looked: (Duration, Timestamp),
}

impl Clerk {
    /// Works until nobody can ask any more.
    pub(super) fn work(&mut self, works: &mpsc::Receiver<Work>) {
        self.warn_of_clock();
        if let Some(text) = Desk::link_warning() {
            self.post.done(JobId::default(), Err(Error::refused(text)));
        }
        if let Some(setback) = &self.desk.state().setback {
            self.post.done(JobId::default(), Err(refusal(setback)));
        }
        loop {
            match works.recv_timeout(LOOK) {
                Ok(Work { id, .. }) if self.shared.stopping.load(Ordering::SeqCst) => {
                    self.post.done(id, Err(Error::new(Kind::Cancelled, "The console is ending.")));
                }
                Ok(Work { id, task }) => self.perform(id, task),
                Err(RecvTimeoutError::Timeout) => self.look_around(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn perform(&mut self, id: JobId, task: Task) {
        let signs = matches!(&task, Task::Run(verb) if verb.signs());
        if signs {
            self.warn_of_clock();
        }
        let desk = &mut self.desk;
        let mut result = match task {
            Task::Witness(witness) => return desk.witness(witness),
            Task::Serve(site, server, password) => return self.serve(id, &site, server.as_deref(), password),
            Task::Visit(promises, trip) => return self.visit(id, promises, &trip),
            Task::ExportList(asked) => return self.export_list(id, *asked),
            Task::Keep(visits) => caught(|| {
                desk.keep_visits(&visits)?;
                let message = match visits.len() {
                    1 => "1 visit is kept; what differs stands among the findings.".to_owned(),
                    n => format!("{n} visits are kept; what differs stands among the findings."),
                };
                Ok(Done::Outcome(Outcome { state: desk.state(), facts: Vec::new(), message }))
            }),
            Task::Run(verb) => caught(|| desk.run(verb).map(Done::Outcome)),
            Task::Rehearse(certifier, given) => {
                caught(|| desk.rehearse(&certifier, &given).map(Done::Rehearsed))
            }
            Task::Protect(certifier, given, sealing) => {
                caught(|| desk.protect(&certifier, &given, &sealing).map(Done::Outcome))
            }
            Task::Unlock(certifier, given) => caught(|| {
                desk.unlock(&certifier, &given)?;
                Ok(Done::Unlocked(desk.unlocked()))
            }),
            Task::Export(mut asked, password) => caught(|| {
                match &mut *asked {
                    Asked::Keyring(of) => of.to = task::at_home(&of.to),
                    Asked::Certificates(of) => of.to = task::at_home(&of.to),
                }
                Ok(Done::Exported(Box::new(desk.export(&asked, password.as_ref())?)))
            }),
            Task::Deliver(mut asked, phrase, password) => caught(|| {
                asked.to = task::at_home(&asked.to);
                Ok(Done::Exported(Box::new(desk.deliver(&asked, &phrase, password.as_ref())?)))
            }),
            Task::Lock(certifier) => caught(|| {
                desk.lock(certifier.as_deref());
                Ok(Done::Unlocked(desk.unlocked()))
            }),
            Task::Previews(plans) => caught(|| Ok(Done::Previews(desk.previews(&plans)?))),
            Task::PreviewCrl(certifier, kind) => {
                caught(|| desk.preview_crl(&certifier, kind).map(Done::CrlPreview))
            }
            Task::Worklist(certifier) => caught(|| {
                let day = Desk::now().plus_days(roll_over::SOON);
                desk.worklist(&certifier, day).map(Done::Worklist)
            }),
            Task::Prove(certifier, source, bytes) => {
                caught(|| Ok(Done::Published(Box::new(desk.prove(&certifier, &source, &bytes)?))))
            }
            Task::Push(certifier) => caught(|| Ok(Done::Published(Box::new(desk.push(&certifier)?)))),
            Task::PickUp(typed) => caught(|| {
                let request = desk.find_request(&typed)?;
                let answer = desk.answer(&request, true)?;
                Ok(Done::Answer(Box::new((request, answer))))
            }),
            Task::History(keyring) => caught(|| Ok(Done::History(Box::new(desk.history(&keyring)?)))),
            Task::Gone => caught(|| Ok(Done::Gone(desk.gone()?))),
            Task::Versions(sort, name) => {
                caught(|| Ok(Done::Versions(Box::new(desk.document_history(sort, &name)?))))
            }
            Task::GoneDocuments(sort) => caught(|| Ok(Done::GoneDocuments(sort, desk.gone_documents(sort)?))),
            Task::Refresh => caught(|| {
                let changed = desk.refresh(true)?;
                let message = if changed { "Read again: the workspace has changed." } else { "Read again." };
                Ok(Done::Outcome(Outcome { state: desk.state(), facts: Vec::new(), message: message.into() }))
            }),
        };
        if signs
            && self.told.clock.is_some()
            && let Ok(Done::Outcome(outcome)) = &mut result
        {
            outcome.message.push_str(" The clock runs behind the audit chain: check the dates.");
        }
        if matches!(&result, Err(error) if error.kind == Kind::Internal) {
            // What was half done in memory is forgotten; on disk a commit is whole or not there.
            let _ = caught(|| self.desk.refresh(true));
        }
        match &result {
            Ok(Done::Outcome(outcome)) => self.told.state = outcome.state.clone(),
            _ => self.tell_state(),
        }
        match &result {
            Ok(Done::Unlocked(unlocked)) => self.told.unlocked.clone_from(unlocked),
            _ => self.tell_unlocked(),
        }
        self.post.done(id, result);
    }

    /// Writes a list on a thread of its own, and tells how far that is.
    fn export_list(&self, id: JobId, mut asked: ListAsked) {
        asked.to = task::at_home(&asked.to);
        let leaving = match caught(|| self.desk.leaving(asked)) {
            Ok(leaving) => leaving,
            Err(error) => return self.post.done(id, Err(error)),
        };
        let post = self.post.clone();
        stoppable(&self.post, &self.shared, id, move |stop| {
            leaving.write(stop, &|far| post.send(Msg::Told(id, far))).map(Done::ListWritten)
        });
    }

    /// Notices what happened without this console's doing.
    fn look_around(&mut self) {
        let desk = &mut self.desk;
        match caught(|| desk.refresh(false)) {
            Ok(_) => {
                self.told.failure = None;
                self.tell_state();
            }
            // A folder that has gone away stays away: it is told once.
            Err(error) if self.told.failure.as_ref() == Some(&error) => {}
            Err(error) => {
                self.told.failure = Some(error.clone());
                self.post.done(JobId::default(), Err(error));
            }
        }
        let quiet = self.shared.quiet(self.shared.started.elapsed(), Desk::now());
        if !self.relock.is_zero() && quiet >= self.relock && !self.desk.unlocked().is_empty() {
            let minutes = self.relock.as_secs() / 60;
            self.desk
                .relock(&format!("Certifiers are locked again: no key was pressed for {minutes} minutes"));
        }
        // The clock that runs evenly stands still while the machine sleeps.
        let (running, now) = (self.shared.started.elapsed(), Desk::now());
        let ran = i64::try_from(running.saturating_sub(self.looked.0).as_secs()).unwrap_or(i64::MAX);
        if (now.0 - self.looked.1.0 - ran).abs() > ASLEEP {
            self.desk.relock("Certifiers are locked again: the machine was asleep, or its clock was set");
        }
        self.looked = (running, now);
        self.tell_unlocked();
        // The first line says for how many minutes keys have been open.
        if !self.told.unlocked.is_empty() && now.0 / 60 != self.told.minute {
            self.told.minute = now.0 / 60;
            self.post.done(JobId::default(), Ok(Done::Unlocked(self.told.unlocked.clone())));
        }
    }

    fn tell_state(&mut self) {
        let state = self.desk.state();
        if !Arc::ptr_eq(&state, &self.told.state) {
            self.told.state = state.clone();
            self.post.send(Msg::State(state));
        }
    }

    fn tell_unlocked(&mut self) {
        let unlocked = self.desk.unlocked();
        if unlocked != self.told.unlocked {
            self.told.unlocked.clone_from(&unlocked);
            let done = match self.desk.locked_why() {
                Some(why) => Done::Relocked(unlocked, why),
                None => Done::Unlocked(unlocked),
            };
            self.post.done(JobId::default(), Ok(done));
        }
    }

    /// Tells once when the clock runs behind the audit chain: what is signed would be dated wrongly.
    fn warn_of_clock(&mut self) {
        let desk = &mut self.desk;
        let warning = caught(|| desk.clock_warning()).unwrap_or_else(|error| Some(error.to_string()));
        if let Some(text) = &warning
            && self.told.clock.is_none()
        {
            self.post.done(JobId::default(), Err(Error::refused(text.clone())));
        }
        self.told.clock = warning;
    }
}
