//! Asks for a file: a line with Tab completion.

use std::path::PathBuf;

use super::{Dialog, Sheet, hint};
use crate::desk::list::ListAsked;
use crate::model::audit::{Filter, Form};
use crate::model::error::Error;
use crate::model::request::RequestId;
use crate::tui::brought::Given;
use crate::tui::chord::Key;
use crate::tui::job::{self, Job, ReadFor};
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::wrap;

/// What the file is for.
#[derive(Debug, Clone)]
pub enum Purpose {
    /// It is read.
    Read(ReadFor),
    /// This public text is written to it.
    Write(Vec<u8>),
    /// The certificate of this request is written to it and counts as picked up.
    HandOut(RequestId, Vec<u8>),
    /// The security review is written to it.
    Review,
    /// It is a server's log, of any size.
    Log,
    /// It holds documents of a Domino directory.
    Directory,
    /// To write entries of the audit chain to.
    Audit(Filter, Form),
    /// To write this list of certificates to.
    List(Box<ListAsked>),
}

/// A path that is being typed.
#[derive(Debug, Clone)]
pub struct PathLine {
    /// What for.
    pub purpose: Purpose,
    /// What was wrong with the last one.
    pub error: Option<Error>,
    /// The job that reads or writes.
    pub busy: Option<JobId>,
    /// How far that is, where it is told.
    pub told: String,
    title: String,
    line: LineEdit,
    choices: Vec<String>,
}

impl PathLine {
    /// Asks for a file to read.
    pub fn read(purpose: ReadFor) -> Self {
        let title = match &purpose {
            ReadFor::Anything => "Add from a file: a key with its certificates, a keyring, anything".into(),
            ReadFor::Queue => "Import requests from a file".into(),
            ReadFor::Trust(ring) => format!("Trusted roots for {ring} from a file"),
            ReadFor::Install(ring) => format!("Certificate for {ring} from a file"),
            ReadFor::Person(person) => format!("Certificate for {person} from a file"),
            ReadFor::Certify(name) => format!("Certificate of certifier {name} from a file"),
            ReadFor::Verify => "Verify a chain from a file or a paste".into(),
            ReadFor::Prove(name) => format!("What is served as the CRL of {name}, from a file"),
        };
        Self {
            purpose: Purpose::Read(purpose),
            error: None,
            busy: None,
            told: String::new(),
            title,
            line: LineEdit::default(),
            choices: Vec::new(),
        }
    }

    /// Asks where to write public text; proposes a name.
    pub fn write(name: &str, bytes: Vec<u8>, what: &str) -> Self {
        Self {
            purpose: Purpose::Write(bytes),
            error: None,
            busy: None,
            told: String::new(),
            title: format!("Write {what} to a file"),
            line: LineEdit::new(name),
            choices: Vec::new(),
        }
    }

    /// Asks where to write the certificate of a request; proposes a name.
    pub fn hand_out(id: RequestId, name: &str, bytes: Vec<u8>) -> Self {
        let written = Self::write(name, Vec::new(), "the certificate and its chain");
        Self { purpose: Purpose::HandOut(id, bytes), ..written }
    }

    /// Asks for a server's log.
    pub fn log() -> Self {
        let title = "Read a log: console.log, or a trace of the TLS stack".into();
        Self { purpose: Purpose::Log, title, ..Self::read(ReadFor::Anything) }
    }

    /// Asks for documents of a Domino directory.
    pub fn directory() -> Self {
        let title = "Import sites and servers: a DXL export or one-touch setup JSON".into();
        Self { purpose: Purpose::Directory, title, ..Self::read(ReadFor::Anything) }
    }

    /// Asks where to write entries of the audit chain.
    pub fn audit(name: &str, filter: Filter, form: Form) -> Self {
        let title = "Write the audit chain to a file".into();
        Self { purpose: Purpose::Audit(filter, form), title, ..Self::write(name, Vec::new(), "") }
    }

    /// Asks where to write a list of certificates.
    pub fn list(title: String, asked: ListAsked) -> Self {
        let name = asked.form.file_name();
        Self { purpose: Purpose::List(Box::new(asked)), title, ..Self::write(name, Vec::new(), "") }
    }

    /// Asks where to write the security review; the end of the name says how it is written.
    pub fn review(name: &str) -> Self {
        let title = "Write the security review to a file".into();
        Self { purpose: Purpose::Review, title, ..Self::write(name, Vec::new(), "") }
    }

    /// Takes completions: the line grows by what they have in common.
    pub fn complete(&mut self, choices: Vec<String>) {
        if let [first, rest @ ..] = choices.as_slice() {
            let common = rest.iter().fold(first.as_str(), |common, other| {
                let same = common.char_indices().zip(other.chars()).find(|((_, a), b)| a != b);
                let end = same.map_or_else(|| common.len().min(other.len()), |((i, _), _)| i);
                common.get(..end).unwrap_or(common)
            });
            if common.len() > self.line.text().len() || rest.is_empty() {
                self.line.set(common);
            }
        }
        self.choices = if choices.len() == 1 { Vec::new() } else { choices };
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        match input {
            Input::Chord(Key::Esc) => return (None, job::stop(model, self.busy)),
            _ if self.busy.is_some() => {}
            Input::Chord(Key::Tab) => {
                let text = self.line.text().to_owned();
                let (_, effect) = model.start(Job::Complete, |id| Effect::CompletePath(id, text));
                return (Some(Dialog::Path(self)), vec![effect]);
            }
            Input::Chord(Key::Enter) if self.line.text().trim().is_empty() => {
                self.error = Some(Error::usage("Type the path of a file, or Esc to go back."));
            }
            Input::Chord(Key::Enter) => {
                let path = PathBuf::from(self.line.text().trim());
                self.error = None;
                self.told.clear();
                let (job, effect) = match &self.purpose {
                    Purpose::Read(purpose) => job::read(model, purpose.clone(), Given::File(path), None),
                    Purpose::Write(bytes) => {
                        let bytes = bytes.clone();
                        model.start(Job::Write, |id| Effect::WriteFile(id, path, bytes))
                    }
                    Purpose::HandOut(request, bytes) => {
                        let bytes = bytes.clone();
                        model.start(Job::HandOut(*request), |id| Effect::WriteFile(id, path, bytes))
                    }
                    Purpose::Review => {
                        let (now, bands) = (model.now, model.settings.bands.clone());
                        model.start(Job::Write, |id| Effect::Review(id, path, now, bands))
                    }
                    Purpose::Log => model.start(Job::ReadLog, |id| Effect::ReadLog(id, path)),
                    Purpose::Directory => {
                        let operator = model.settings.operator.clone();
                        model.start(Job::ReadDirectory, |id| Effect::ReadDirectory(id, path, operator))
                    }
                    Purpose::Audit(filter, form) => {
                        let (filter, form) = (filter.clone(), *form);
                        model.start(Job::Write, |id| Effect::ExportAudit(id, filter, form, path))
                    }
                    Purpose::List(asked) => {
                        let asked = Box::new(ListAsked { to: path, ..(**asked).clone() });
                        model.start(Job::ExportList, |id| Effect::ExportList(id, asked))
                    }
                };
                self.busy = Some(job);
                return (Some(Dialog::Path(self)), vec![effect]);
            }
            Input::Chord(key) => {
                if self.line.key(*key) {
                    self.error = None;
                }
                self.choices.clear();
            }
            Input::Paste(text, _) => return self.paste(model, text),
        }
        (Some(Dialog::Path(self)), Vec::new())
    }

    /// Takes a paste: PEM is what the file would have held, a single line is a path, anything else is refused.
    fn paste(mut self, model: &mut Model, text: &str) -> (Option<Dialog>, Vec<Effect>) {
        let path = text.trim();
        match &self.purpose {
            Purpose::Read(purpose) if path.contains("-----BEGIN") => {
                let (job, effect) = job::read(model, purpose.clone(), Given::pasted(text), None);
                (self.busy, self.error) = (Some(job), None);
                return (Some(Dialog::Path(self)), vec![effect]);
            }
            _ if path.contains('\n') || path.contains("-----BEGIN") => {
                let error = Error::usage("That paste is not a path; it was left alone.");
                self.error = Some(match self.purpose {
                    Purpose::Directory => error.next("Type the path of the file."),
                    Purpose::Log => error
                        .next("Type the path of a log; a single line of one is explained without a file."),
                    Purpose::Read(_) => error.next("Paste PEM (-----BEGIN ...), or the path of a file."),
                    _ => error.next("Type the path of a new file."),
                });
            }
            _ => {
                self.line.insert(path);
                self.error = None;
                self.choices.clear();
            }
        }
        (Some(Dialog::Path(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let (shown, at) = self.line.shown(columns.saturating_sub(6), "");
        let shown = crate::tui::widget::text::fit(&shown, columns.saturating_sub(6), "");
        let mut body = vec![vec![ink.span(Role::Prompt, "File: "), ink.span(Role::Input, &shown)].into()];
        let mut part = |role, text: &str| {
            body.extend(wrap(&ink.symbols.text(text), columns).iter().map(|l| ink.line(role, l)));
        };
        if self.busy.is_some() {
            part(Role::Dim, if self.told.is_empty() { "Working." } else { &self.told });
        } else if let Some(error) = &self.error {
            part(Role::Bad, &error.what);
            part(Role::Text, &error.why);
            part(Role::Title, &error.next);
        } else if matches!(self.purpose, Purpose::Audit(..)) {
            part(
                Role::Dim,
                "Only this user can read it. A file that is there already is never written over.",
            );
        } else if matches!(self.purpose, Purpose::List(_)) {
            part(
                Role::Dim,
                "It is written row by row, however long it is. A file that is there already is never written over.",
            );
        } else if matches!(self.purpose, Purpose::Review) {
            part(
                Role::Dim,
                "A name that ends in .md is written as Markdown, .json as JSON, anything else as text.",
            );
        } else if matches!(self.purpose, Purpose::Directory) {
            part(Role::Dim, "You see what each document becomes, field by field, before anything is saved.");
        } else if matches!(self.purpose, Purpose::Log) {
            part(Role::Dim, "It is read line by line, however large it is; nothing of it is stored.");
        } else if matches!(self.purpose, Purpose::Write(_) | Purpose::HandOut(..)) {
            part(Role::Dim, "Public parts only. A file that is there already is never written over.");
        } else if matches!(self.purpose, Purpose::Read(ReadFor::Prove(_))) {
            part(Role::Dim, "PEM can be pasted here instead. It is compared with what was signed.");
        } else {
            part(Role::Dim, "PEM can be pasted here instead. You see what it holds before anything is done.");
        }
        const SHOWN: usize = 8;
        for choice in self.choices.iter().take(SHOWN) {
            part(Role::Text, &format!("  {choice}"));
        }
        if self.choices.len() > SHOWN {
            part(Role::Dim, &format!("  and {} more", self.choices.len() - SHOWN));
        }
        let verb = if matches!(self.purpose, Purpose::Read(_) | Purpose::Log | Purpose::Directory) {
            "read"
        } else {
            "write"
        };
        Sheet {
            title: self.title.clone(),
            body,
            cursor: Some((0, at + 6)),
            hints: match (&self.purpose, self.busy) {
                (Purpose::List(_), Some(_)) => vec![hint("Esc", "stop", 90)],
                _ => vec![hint("Enter", verb, 90), hint("Esc", "back", 80), hint("Tab", "complete", 70)],
            },
            ..Sheet::default()
        }
    }
}

/// Makes a file name of any text: what is not plain becomes a dash.
pub(in crate::tui) fn file_name(text: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_') { c } else { '-' };
    let name: String = text.chars().take(60).map(plain).collect();
    let name = name.trim_matches(['-', '.']).to_ascii_lowercase();
    if name.is_empty() { "unnamed".into() } else { name }
}
