//! Shows that a service is being scanned and how far that is; Esc stops it. What was seen is shown as lines to read.

use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet, hint};
use crate::model::finding::Severity;
use crate::model::seen::{Said, Scan};
use crate::tui::chord::Key;
use crate::tui::job::{self, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::widget::text::wrap;

/// A scan under way.
#[derive(Debug, Clone)]
pub struct Scanning {
    /// The job.
    pub busy: Option<JobId>,
    service: String,
    told: String,
}

/// Starts to scan a host and port, or this address instead of resolving the host.
pub(in crate::tui) fn start(
    model: &mut Model,
    host: String,
    port: u16,
    address: Option<std::net::SocketAddr>,
) -> Vec<Effect> {
    let service = format!("{host}:{port}");
    let (id, effect) = model.start(Job::Scan(service.clone()), |id| Effect::Scan(id, host, port, address));
    model.dialogs.push(Dialog::Scan(Scanning { busy: Some(id), service, told: "connecting".into() }));
    vec![effect]
}

/// Takes how far a scan is.
pub(in crate::tui) fn told(model: &mut Model, id: JobId, text: String) {
    for dialog in &mut model.dialogs {
        if let Dialog::Scan(scanning) = dialog
            && scanning.busy == Some(id)
        {
            scanning.told.clone_from(&text);
        }
    }
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

fn text(said: Said) -> Text {
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
    pub fn input(self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        match input {
            Input::Chord(Key::Esc) => {
                let effects = job::stop(model, self.busy);
                (None, effects)
            }
            _ => (Some(Dialog::Scan(self)), Vec::new()),
        }
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let lines = [
            (Role::Text, self.told.as_str()),
            (
                Role::Dim,
                "Every version, every suite by itself: over a hundred connections, each hung up after the hello.",
            ),
        ];
        let wrapped = lines.iter().flat_map(|(role, text)| {
            let rows = wrap(&ink.symbols.text(text), columns);
            rows.into_iter().map(|row| ink.line(*role, &row)).collect::<Vec<_>>()
        });
        Sheet {
            title: format!("Scanning {}", self.service),
            body: wrapped.collect(),
            hints: vec![hint("Esc", "stop", 90)],
            ..Sheet::default()
        }
    }
}
