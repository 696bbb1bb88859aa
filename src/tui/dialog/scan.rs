//! Shows that a service is being scanned or that services are visited, and how far that is. Esc stops a scan; of visits it
//! keeps what was seen until then. What a scan saw is shown as lines to read.

use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet, hint, visits};
use crate::model::finding::Severity;
use crate::model::resolve::Promise;
use crate::model::seen::{Errand, Said, Scan, Trip};
use crate::tui::chord::Key;
use crate::tui::job::{self, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::widget::text::wrap;

/// A scan or visits under way.
#[derive(Debug, Clone)]
pub struct Scanning {
    /// The job.
    pub busy: Option<JobId>,
    /// How far it is.
    pub told: String,
    title: String,
    /// Whether it is about visits, of which those that have ended are kept.
    visits: bool,
    stopping: bool,
}

/// Starts to scan a service.
pub(in crate::tui) fn start(model: &mut Model, errand: Errand) -> Vec<Effect> {
    let service = errand.service();
    let title = format!("Scanning {service}");
    let (id, effect) = model.start(Job::Scan(service), |id| Effect::Scan(id, Box::new(errand)));
    open(model, id, title, false);
    vec![effect]
}

/// Starts to visit services; what is seen at an address that stands in for them is not kept.
pub(in crate::tui) fn visit(model: &mut Model, promises: Vec<Promise>, trip: Trip) -> Vec<Effect> {
    let count = promises.len();
    let title = format!("Visiting {}", visits::counted(count));
    let job = Job::Visit(count, trip.address.is_none());
    let (id, effect) = model.start(job, |id| Effect::Visit(id, promises, Box::new(trip)));
    open(model, id, title, true);
    vec![effect]
}

fn open(model: &mut Model, id: JobId, title: String, visits: bool) {
    let told = "connecting".into();
    model.dialogs.push(Dialog::Scan(Scanning { busy: Some(id), title, told, visits, stopping: false }));
}

/// Shows what was seen.
pub(in crate::tui) fn show(model: &mut Model, scan: &Scan) {
    let lines = scan.lines().into_iter().map(text).collect();
    model.dialogs.push(Dialog::Viewer(Viewer::new(format!("Scan of {}:{}", scan.host, scan.port), lines)));
    let remarks = scan.remarks();
    let mood = match remarks.first().map(|r| r.severity) {
        Some(Severity::Error) => Mood::Bad,
        Some(Severity::Warning) => Mood::Warn,
        _ => Mood::Good,
    };
    let count = if remarks.len() == 1 { "1 remark".into() } else { format!("{} remarks", remarks.len()) };
    model.say(mood, format!("{} was scanned: {count}.", scan.host));
}

/// Writes what a scan says for the screen.
pub(super) fn text(said: Said) -> Text {
    let role = match said.severity {
        Some(Severity::Error) => Role::Bad,
        Some(Severity::Warning) => Role::Warn,
        _ if said.heading => Role::Title,
        _ => Role::Text,
    };
    Text { label: said.label, text: said.text, role }
}

impl Scanning {
    /// Takes input: Esc stops it, all else waits.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let Input::Chord(Key::Esc) = input else { return (Some(Dialog::Scan(self)), Vec::new()) };
        if !self.visits {
            let effects = job::stop(model, self.busy);
            return (None, effects);
        }
        // What was seen until now comes as the answer, which is waited for.
        let first = !self.stopping;
        self.stopping = true;
        let effects = self.busy.filter(|_| first).map(Effect::Stop).into_iter().collect();
        (Some(Dialog::Scan(self)), effects)
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let note = match (self.visits, self.stopping) {
            (true, true) => {
                "Stopping: open connections end first. What was seen until now is shown and kept."
            }
            (true, false) => {
                "Each service is scanned and held against the documents: over a hundred connections each."
            }
            _ => {
                "Every version, every suite by itself: over a hundred connections, each hung up after the hello."
            }
        };
        let lines = [(Role::Text, self.told.as_str()), (Role::Dim, note)];
        let wrapped = lines.iter().flat_map(|(role, text)| {
            let rows = wrap(&ink.symbols.text(text), columns);
            rows.into_iter().map(|row| ink.line(*role, &row)).collect::<Vec<_>>()
        });
        let hints = match (self.visits, self.stopping) {
            (_, true) => Vec::new(),
            (true, _) => vec![hint("Esc", "stop, and keep what was seen", 90)],
            (false, _) => vec![hint("Esc", "stop", 90)],
        };
        Sheet { title: self.title.clone(), body: wrapped.collect(), hints, ..Sheet::default() }
    }
}
