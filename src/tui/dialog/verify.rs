//! Shows how a chain verifies, leaf to root, and asks again for another date or host. The work is done on a thread; this
//! only reads its answer.

use super::path::PathLine;
use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet, hint};
use crate::model::certificate::Certificate;
use crate::model::site::host_name;
use crate::model::time::Timestamp;
use crate::pki::chain::inquiry::{Answer, Inquiry};
use crate::pki::chain::report::{Line, Tone};
use crate::pki::pem::Found;
use crate::tui::chord::Key;
use crate::tui::command;
use crate::tui::job::{Job, ReadFor};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::wrap;

/// What is to be verified.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// A keyring by name.
    Keyring(String),
    /// One certificate, with what the workspace knows above it.
    Certificate(Box<Certificate>),
    /// What a file or a paste holds: certificates and CRLs, and the words for where it came from.
    Bundle(Vec<Certificate>, Vec<Vec<u8>>, String),
    /// The same again, for another date or host.
    Again(Box<Inquiry>),
}

/// What is being typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Date,
    Host,
}

/// A report on a chain.
#[derive(Debug, Clone)]
pub struct Verify {
    inquiry: Inquiry,
    viewer: Viewer,
    /// The date or host that is being typed, and what was wrong with it.
    edit: Option<(Part, LineEdit, Option<String>)>,
    /// The job that asks again. The dialog stays when it is answered.
    waits: Option<JobId>,
}

/// Starts to verify; the report opens when it is there.
pub(in crate::tui) fn start(model: &mut Model, wanted: Wanted) -> Vec<Effect> {
    vec![model.start(Job::Verify, |id| Effect::Verify(id, Box::new(wanted))).1]
}

/// Verifies what a file or a paste holds.
pub(in crate::tui) fn of_found(model: &mut Model, found: Found, source: String) -> Vec<Effect> {
    if found.certificates.is_empty() {
        model.say(Mood::Warn, format!("There is no certificate in it to verify ({source})."));
        return Vec::new();
    }
    start(model, Wanted::Bundle(found.certificates, found.crls, source))
}

/// Asks for the file or the paste to verify.
pub(in crate::tui) fn ask(model: &mut Model) -> Vec<Effect> {
    model.dialogs.push(Dialog::Path(PathLine::read(ReadFor::Verify)));
    Vec::new()
}

/// Takes an answer: into the report that waits for it, else as a new one.
pub(in crate::tui) fn take(model: &mut Model, id: Option<JobId>, inquiry: Inquiry, answer: Answer) {
    let lines = texts(model, &answer);
    for dialog in &mut model.dialogs {
        if let Dialog::Verify(report) = dialog
            && id.is_some()
            && report.waits == id
        {
            report.waits = None;
            report.inquiry = inquiry;
            report.viewer.lines = lines;
            return;
        }
    }
    let viewer = Viewer::new(format!("Verify {}", inquiry.what), lines);
    let report = Verify { inquiry, viewer, edit: None, waits: None };
    model.dialogs.push(Dialog::Verify(Box::new(report)));
}

/// Lays the report out with its verdict first: that is the part of a long text that is seen.
fn texts(model: &Model, answer: &Answer) -> Vec<Text> {
    let text = |line: &Line| {
        let command = line.command.as_deref().and_then(command::find);
        let helps = command.map_or_else(String::new, |c| match model.key_of(c).as_str() {
            "" => format!(" ({})", c.name),
            key => format!(" ({key}: {})", c.title),
        });
        Text { label: line.label.clone(), text: format!("{}{helps}", line.text), role: role(line.tone) }
    };
    let rest = answer.lines.iter().filter(|line| **line != answer.verdict);
    [&answer.verdict, &Line::new("", "")].into_iter().chain(rest).map(text).collect()
}

fn role(tone: Tone) -> Role {
    match tone {
        Tone::Plain => Role::Text,
        Tone::Heading => Role::Title,
        Tone::Good => Role::Ok,
        Tone::Warning => Role::Warn,
        Tone::Bad => Role::Bad,
    }
}

impl Verify {
    /// Tells which job it waits for.
    pub fn waits(&self) -> Option<JobId> {
        self.waits
    }

    /// Waits no longer: the job has failed.
    pub fn give_up(&mut self) {
        self.waits = None;
    }

    /// Takes input: it is scrolled, written to a file, left, or asked for another date or host.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        if self.edit.is_some() {
            return self.typed(model, input);
        }
        let part = match input {
            Input::Chord(Key::Char('d')) => Part::Date,
            Input::Chord(Key::Char('h')) => Part::Host,
            input => {
                let (kept, effects) = self.viewer.input(model, input);
                let Some(Dialog::Viewer(viewer)) = kept else { return (None, effects) };
                self.viewer = viewer;
                return (Some(Dialog::Verify(Box::new(self))), effects);
            }
        };
        let text = match part {
            // A date is typed anew, not mended.
            Part::Date => String::new(),
            Part::Host => self.inquiry.host.clone().unwrap_or_default(),
        };
        // While an answer is on its way another question would only confuse.
        if self.waits.is_none() {
            self.edit = Some((part, LineEdit::new(&text), None));
        }
        (Some(Dialog::Verify(Box::new(self))), Vec::new())
    }

    fn typed(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let mut effects = Vec::new();
        if let Some((part, mut line, error)) = self.edit.take() {
            match input {
                Input::Chord(Key::Esc) => {}
                Input::Chord(Key::Enter) if part == Part::Date && line.text().trim().is_empty() => {}
                Input::Chord(Key::Enter) => match self.changed(model, part, line.text()) {
                    Ok(inquiry) => {
                        let wanted = Wanted::Again(Box::new(inquiry));
                        let (id, effect) =
                            model.start(Job::Verify, |id| Effect::Verify(id, Box::new(wanted)));
                        self.waits = Some(id);
                        self.viewer.top = 0;
                        effects.push(effect);
                    }
                    Err(why) => self.edit = Some((part, line, Some(why))),
                },
                Input::Chord(key) => {
                    let taken = line.key(*key);
                    let error = error.filter(|_| !taken);
                    self.edit = Some((part, line, error));
                }
                Input::Paste(text, _) => {
                    line.insert(text);
                    self.edit = Some((part, line, None));
                }
            }
        }
        (Some(Dialog::Verify(Box::new(self))), effects)
    }

    fn changed(&self, model: &Model, part: Part, text: &str) -> Result<Inquiry, String> {
        let mut inquiry = self.inquiry.clone();
        match part {
            Part::Date => {
                inquiry.basis.now = model.now;
                inquiry.basis.at = Timestamp::moment(text, model.now)?;
            }
            Part::Host if text.trim().is_empty() => inquiry.host = None,
            Part::Host => inquiry.host = Some(host_name(text.trim())?),
        }
        Ok(inquiry)
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        if let Some((part, line, error)) = &self.edit {
            let (label, help) = match part {
                Part::Date => (
                    "Date: ",
                    "At which date? 2027-03-01, 2027-03-01 12:00 (UTC), +90d, +6m, +1y, -30d, or now.",
                ),
                Part::Host => ("Host: ", "Which host name or address must it name? Empty: any name will do."),
            };
            let room = columns.saturating_sub(label.len());
            let (shown, at) = line.shown(room, "");
            let shown = crate::tui::widget::text::fit(&shown, room, "");
            let mut body = vec![vec![ink.span(Role::Prompt, label), ink.span(Role::Input, &shown)].into()];
            let (role, text) = error.as_ref().map_or((Role::Dim, help), |e| (Role::Bad, e.as_str()));
            body.extend(wrap(&ink.symbols.text(text), columns).iter().map(|l| ink.line(role, l)));
            return Sheet {
                title: self.viewer.title.clone(),
                body,
                cursor: Some((0, at + label.len())),
                hints: vec![hint("Enter", "verify", 90), hint("Esc", "back", 80)],
                ..Sheet::default()
            };
        }
        let mut sheet = self.viewer.sheet(model, columns);
        sheet.hints.extend([hint("d", "date", 85), hint("h", "host", 84)]);
        sheet.hints.sort_by_key(|h| std::cmp::Reverse(h.weight));
        sheet
    }
}
