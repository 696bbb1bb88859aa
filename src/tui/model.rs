//! What the console knows and shows. Holds no handles: it is data, can be cloned, printed and compared by a test.

mod rows;
mod settings;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

pub use self::settings::Settings;
use super::chord::Key;
use super::command::Command;
use super::dialog::Dialog;
use super::filter::FilterLine;
use super::findings::Findings;
use super::issued::IssuedList;
use super::job::Job;
use super::keys::key_text;
use super::msg::{Effect, JobId, Rehearsal};
use super::pane::{Entry, PANES, Pane, PaneId, RowKey};
use super::theme::Role;
use super::widget::ink::Ink;
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::field::Look;
use crate::model::finding::{Finding, Subject};
use crate::model::time::Timestamp;
use crate::store::listing::Grouping;

/// How a message is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Something was done.
    Good,
    /// Something to know.
    Plain,
    /// Something was not done, and why.
    Warn,
    /// Something failed.
    Bad,
}

impl Mood {
    /// Returns how it looks.
    pub fn role(self) -> Role {
        match self {
            Self::Good => Role::Ok,
            Self::Plain => Role::Text,
            Self::Warn => Role::Warn,
            Self::Bad => Role::Bad,
        }
    }
}

/// A line of the status line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Status {
    /// When it was said.
    pub at: Timestamp,
    /// How it is meant.
    pub mood: Mood,
    /// What was said.
    pub text: String,
}

/// What has the keys when no dialog is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Focus {
    /// The list.
    List,
    /// The detail.
    Detail,
    /// The filter line.
    Filter(FilterLine),
}

/// What a pane remembers.
#[derive(Debug, Clone, Default)]
pub struct PaneState {
    /// The rows that come from the state, narrowed and sorted.
    pub rows: Vec<RowKey>,
    /// The selected row, counted over the whole list.
    pub cursor: usize,
    /// The first row shown.
    pub top: usize,
    /// The filter.
    pub filter: String,
    /// Whether only rows with something wrong are shown.
    pub findings: bool,
    /// The place of the order in the pane's own list of orders.
    pub sort: usize,
    /// Whether the order is turned around.
    pub reverse: bool,
    /// By what the rows are grouped, where the list can be grouped.
    pub group: Option<Grouping>,
    /// Marked rows.
    pub marked: BTreeSet<RowKey>,
    /// How far the detail is scrolled.
    pub detail: usize,
}

/// The model.
#[derive(Debug, Clone)]
pub struct Model {
    /// The state of the workspace.
    pub state: Arc<State>,
    /// The settings.
    pub settings: Settings,
    /// The present, as far as it was told.
    pub now: Timestamp,
    /// The size of the terminal: columns, rows.
    pub size: (u16, u16),
    /// The pane that is shown.
    pub pane: PaneId,
    /// What the panes remember, in the order of [`PANES`].
    pub panes: [PaneState; PANES.len()],
    /// What has the keys when no dialog is open.
    pub focus: Focus,
    /// The dialogs; the last one has the keys.
    pub dialogs: Vec<Dialog>,
    /// What the status line says.
    pub status: Option<Status>,
    /// What it said before, newest last.
    pub messages: VecDeque<Status>,
    /// Jobs that run, with when they began.
    pub jobs: BTreeMap<JobId, (Job, Timestamp)>,
    /// Certifiers unlocked in this session.
    pub unlocked: Vec<String>,
    /// Since when each is.
    pub unlocked_since: BTreeMap<String, Timestamp>,
    /// The rehearsal that runs.
    pub service: Option<Rehearsal>,
    /// Where each certificate of the workspace stands.
    pub places: Arc<BTreeMap<Digest, Vec<Subject>>>,
    /// What the checks found.
    pub findings: Findings,
    /// The issued list.
    pub issued: IssuedList,
    /// Whether keys come as quickly as from one that is held down; the loop says so, for it has the clock.
    pub repeating: bool,
    /// What the detail shows while a key that moves is held down: it is drawn anew once for all the rows passed, which
    /// on a slow line is most of what is written.
    pub held: Option<Vec<Entry>>,
    /// Where one has jumped from, newest last: pane, row and filter.
    pub jumps: Vec<(PaneId, RowKey, String)>,
    /// The guided task from which one has gone to a list.
    pub task: Option<String>,
    next_job: u64,
    pub(super) keys: BTreeMap<&'static str, Vec<Key>>,
}

/// How many messages are remembered.
const MESSAGES: usize = 200;
/// How long a message stands in the status line, in seconds.
const STANDS: i64 = 8;

impl Model {
    /// Makes the model of a console that has just started.
    pub fn new(state: Arc<State>, settings: Settings) -> Self {
        let mut model = Self {
            now: settings.now,
            size: settings.size,
            // A new workspace begins with its authority; one with keyrings may have none of its own.
            pane: match state.certifiers.is_empty() && state.keyrings.is_empty() {
                true => PaneId::Certifiers,
                false => PaneId::Keyrings,
            },
            panes: Default::default(),
            focus: Focus::List,
            dialogs: Vec::new(),
            status: None,
            messages: VecDeque::new(),
            jobs: BTreeMap::new(),
            unlocked: settings.unlocked.clone(),
            unlocked_since: BTreeMap::new(),
            service: None,
            places: Arc::default(),
            findings: Findings::default(),
            issued: IssuedList::default(),
            repeating: false,
            held: None,
            jumps: Vec::new(),
            task: None,
            next_job: 0,
            keys: BTreeMap::new(),
            state: Arc::default(),
            settings,
        };
        model.bind();
        model.take(state);
        model
    }

    /// Notes which certifiers are unlocked now, and since when.
    pub fn set_unlocked(&mut self, names: Vec<String>) {
        self.unlocked_since.retain(|name, _| names.contains(name));
        for name in &names {
            self.unlocked_since.entry(name.clone()).or_insert(self.now);
        }
        self.unlocked = names;
    }

    /// Says for how long a certifier, or the one that is unlocked longest, has been open; `None` below a minute.
    pub fn open_for(&self, name: Option<&str>) -> Option<String> {
        let since = match name {
            Some(name) => self.unlocked_since.get(name),
            None => self.unlocked_since.values().min(),
        };
        match (self.now.0 - since?.0) / 60 {
            ..=0 => None,
            minutes @ 1..=119 => Some(format!("{minutes} min")),
            minutes => Some(format!("{} h", minutes / 60)),
        }
    }

    /// Tells whether [`Msg::Tick`](super::msg::Msg::Tick) is of use now: something on the screen waits for time.
    pub fn wants_tick(&self) -> bool {
        self.status.is_some()
            || self.jobs.values().any(|(job, _)| *job != Job::Examine)
            || self.dialogs.iter().any(Dialog::follows)
    }

    /// Takes over a new state and keeps every pane on the row it was on.
    pub fn take(&mut self, state: Arc<State>) {
        let mut places: BTreeMap<Digest, Vec<Subject>> = BTreeMap::new();
        for (digest, (_, subjects)) in state.certificates() {
            places.insert(digest, subjects);
        }
        self.places = Arc::new(places);
        for unread in &state.unreadable {
            if self.state.unread(&unread.path).is_none() {
                self.say(Mood::Bad, format!("{} is left alone: {}", unread.path, unread.why));
            }
        }
        self.state = state;
        super::dialog::tasks::advance(self);
        let here = self.pane;
        for pane in PANES {
            self.pane = pane.id;
            let key = self.selected();
            self.list();
            if let Some(key) = key {
                self.keep(&key);
            }
            let kept: BTreeSet<RowKey> = self.here().rows.iter().cloned().collect();
            let mut marked = std::mem::take(&mut self.here_mut().marked);
            marked.retain(|key| match key {
                RowKey::Issued(_) => true,
                RowKey::Local(digest) => {
                    self.places.contains_key(digest) || self.issued.here.contains_key(digest)
                }
                key => kept.contains(key),
            });
            self.here_mut().marked = marked;
        }
        self.pane = here;
    }

    /// Lists what the checks have found about a subject.
    pub fn findings_of<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Finding> {
        self.findings.about(subject)
    }

    /// Returns the pane that is shown.
    pub fn pane(&self) -> &'static Pane {
        self.pane.pane()
    }

    /// Returns what the present pane remembers.
    pub fn here(&self) -> &PaneState {
        let [first, ..] = &self.panes;
        self.panes.get(self.pane.index()).unwrap_or(first)
    }

    /// Returns what the present pane remembers, to change it.
    pub fn here_mut(&mut self) -> &mut PaneState {
        // The index of a pane is always below their number.
        let index = self.pane.index() % PANES.len();
        &mut self.panes[index]
    }

    /// Returns what derived fields may look at.
    pub fn look(&self) -> Look<'_> {
        Look {
            state: &self.state,
            now: self.now,
            soon: self.settings.soon,
            zone: self.settings.zone.as_ref(),
        }
    }

    /// Finds a certificate of the workspace by its SHA-256.
    pub fn certificate(&self, digest: &Digest) -> Option<&Certificate> {
        self.places.get(digest)?.iter().find_map(|subject| match subject {
            Subject::Keyring(name) => {
                self.state.keyrings.get(name).and_then(|r| r.entry(digest)).map(|e| &e.certificate)
            }
            Subject::Certifier(name) => {
                self.state.certifiers.get(name).and_then(|c| c.certificates().find(|c| c.sha256 == *digest))
            }
            _ => None,
        })
    }

    /// Says something in the status line, and remembers it.
    pub fn say(&mut self, mood: Mood, text: impl Into<String>) {
        let status = Status { at: self.now, mood, text: text.into() };
        self.messages.push_back(status.clone());
        if self.messages.len() > MESSAGES {
            self.messages.pop_front();
        }
        self.status = Some(status);
    }

    /// Lets the present be another one; old messages leave the status line.
    pub fn tick(&mut self, now: Timestamp) {
        // After a quiet time no tick had come for long: what was just said and begun is as old as this tick.
        let quiet = now.0.saturating_sub(self.now.0) > STANDS / 2;
        self.now = now;
        if quiet {
            self.status.iter_mut().for_each(|s| s.at = now);
            self.jobs.values_mut().for_each(|(_, began)| *began = now);
        }
        if self.status.as_ref().is_some_and(|s| now.0.saturating_sub(s.at.0) >= STANDS) {
            self.status = None;
        }
    }

    /// Starts a job: the effect is made with its number.
    pub fn start(&mut self, job: Job, effect: impl FnOnce(JobId) -> Effect) -> (JobId, Effect) {
        self.next_job += 1;
        let id = JobId(self.next_job);
        self.jobs.insert(id, (job, self.now));
        (id, effect(id))
    }

    /// Returns palette and character set.
    pub fn ink(&self) -> Ink {
        Ink { theme: self.settings.theme, symbols: self.settings.symbols }
    }

    /// Returns the keys of a command, as the settings have them.
    pub fn keys_of(&self, command: &Command) -> &[Key] {
        self.keys.get(command.name).map_or(&[], Vec::as_slice)
    }

    /// Returns the first key of a command, as it is written on the screen.
    pub fn key_of(&self, command: &Command) -> String {
        self.keys_of(command).first().map_or_else(String::new, key_text)
    }
}
