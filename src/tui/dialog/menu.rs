//! A few ways to go on, below some lines that say what they are about: what to copy, where to take a certificate from,
//! what to do with what a paste holds, which of two versions to keep.

use std::net::SocketAddr;

use super::form::{Form, Goal};
use super::install::Install;
use super::path::PathLine;
use super::viewer::{Text, Viewer, labelled};
use super::{Dialog, Sheet, hint};
use crate::desk::{Verb, list};
use crate::model::audit;
use crate::model::bytes::{Der, Serial};
use crate::model::certificate::Certificate;
use crate::model::crl::CrlKind;
use crate::model::document::{Document, Sort};
use crate::model::leftover::Way;
use crate::model::request::{Plan, RequestId};
use crate::model::resolve::Promise;
use crate::model::seen::{Errand, Trip};
use crate::tui::areas::areas;
use crate::tui::chord::Key;
use crate::tui::job::{self, IssuedFor, Job, ReadFor};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::pane::Target;
use crate::tui::pane::certificates;
use crate::tui::pane::certifiers::crl;
use crate::tui::theme::Role;
use crate::tui::widget::text::{cut, width, wrap};

/// Something that can be copied or written to a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Copy {
    /// What it is: `serial number`, `certificate (PEM)`.
    pub label: &'static str,
    /// The file name it proposes.
    pub name: String,
    /// Where it comes from.
    pub source: Source,
}

/// Where the text to copy comes from.
#[derive(Debug, Clone, PartialEq)]
pub enum Source {
    /// It is known.
    Text(String),
    /// PEM blocks with this label.
    Pem(&'static str, Vec<Der>),
    /// A certificate of the issued list, by certifier and serial.
    Issued(String, Serial),
    /// The latest CRL of a certifier.
    Crl(String),
}

/// What an item does.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "each lives for a moment, or is one of few")]
pub enum Action {
    /// Goes back.
    Close,
    /// Leaves the program.
    Quit,
    /// Runs a verb.
    Verb(Verb),
    /// Runs several verbs, each a change of its own.
    Verbs(Vec<Verb>),
    /// Offers roots that other keyrings trust, for this one.
    RingRoots(String),
    /// Offers the roots of the system for this keyring.
    SystemRoots(String),
    /// Copies, or writes to a file with `w`.
    Copy(Copy),
    /// Writes to a file.
    Write(Copy),
    /// Asks where to write the certificate of a request, and records that it was picked up: the proposed name and the text.
    HandOut(RequestId, String, String),
    /// Copies the certificate of a request, and records that it was picked up.
    CopyOut(RequestId, String),
    /// Shows the revisions of this keyring.
    History(String),
    /// Shows this above the menu.
    Show(String, Vec<Text>),
    /// Shows the versions of this document.
    Versions(Sort, String),
    /// Cleans these leftovers up.
    Clean(Vec<Way>),
    /// Asks for a file to read.
    Read(ReadFor),
    /// Previews the next CRL of this certifier.
    PreviewCrl(String, CrlKind),
    /// Fetches what is served as the CRL of this certifier at this address, over the network, and compares it.
    Prove(String, String),
    /// Takes a certificate of the issued list, by certifier and serial.
    Issued(String, Serial, IssuedFor),
    /// Probes a site, over the network.
    Probe(String, Errand),
    /// Scans a service, over the network.
    Scan(Errand),
    /// Serves a site on loopback, with the other Web sites of a server if one is named.
    Serve(String, Option<String>),
    /// Asks whether these services shall be visited, at this address where it stands in for them.
    Offer(Vec<Promise>, Option<SocketAddr>),
    /// Visits these services.
    Visit(Vec<Promise>, Trip),
    /// Shows what was seen of these services last.
    Kept(Vec<Promise>),
    /// Leaves the form without saving: another version is kept.
    KeepTheirs(Sort, String),
    /// Saves this version over the one that is there now; with the one that editing began with only what differs from that.
    SaveMine(Option<Document>, Document),
    /// Goes on without saving what the dialog below holds.
    Discard,
    /// Does the same to many records: title, and each with what is done.
    Bulk(String, Vec<(String, Verb)>),
    /// Goes to another record.
    Go(Target),
    /// Sorts the list by its order of this number, turned around or not.
    Sort(usize, bool),
    /// Shows what installing certificates into this keyring would do.
    Install(String, Vec<Certificate>),
    /// Shows the checklist of this task.
    Task(String),
    /// Asks where to write entries of the audit chain, in this form.
    ExportAudit(audit::Filter, audit::Form),
    /// Asks where to write the rows of the list of certificates in this form: those that are marked, or else all that it
    /// shows.
    ExportList(list::Form),
    /// Opens a form with this title.
    Form(String, Goal),
    /// Shows this, and opens the form from there.
    Preview(String, Vec<Text>, Goal),
    /// Opens the review of a request, by this plan.
    Review(RequestId, Plan),
    /// Opens another menu.
    Menu(String, Vec<Text>, Vec<Item>),
}

/// A way to go on.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is called.
    pub label: String,
    /// What it does.
    pub action: Action,
}

/// The ways to go on and the choice.
#[derive(Debug, Clone)]
pub struct Menu {
    /// The title.
    pub title: String,
    /// What it is about.
    pub lines: Vec<Text>,
    /// The ways.
    pub items: Vec<Item>,
    /// The job it waits for.
    pub busy: Option<JobId>,
    cursor: usize,
    /// The first line shown while a person looks around; else the chosen way is in sight.
    top: Option<usize>,
}

/// How many ways below the chosen one are kept in sight with it.
const MORE: usize = 8;

/// Makes an item.
pub(in crate::tui) fn item(label: impl Into<String>, action: Action) -> Item {
    Item { label: label.into(), action }
}

impl Menu {
    /// Makes a menu; the first way is chosen.
    pub fn new(title: impl Into<String>, lines: Vec<Text>, items: Vec<Item>) -> Self {
        Self { title: title.into(), lines, items, busy: None, cursor: 0, top: None }
    }

    /// Chooses a way before a person does.
    pub fn choose_at(&mut self, cursor: usize) {
        self.cursor = cursor.min(self.items.len().saturating_sub(1));
    }

    /// Makes a menu of what can be copied.
    pub fn copies(copies: Vec<Copy>) -> Self {
        let note =
            "Enter sends it to the terminal's clipboard, if the terminal allows that; w writes it to a file.";
        let items = copies.into_iter().map(|c| item(c.label, Action::Copy(c))).collect();
        Self::new("Copy", vec![Text::line(note, Role::Dim)], items)
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let Input::Chord(key) = input else { return (Some(Dialog::Menu(self)), Vec::new()) };
        let last = self.items.len().saturating_sub(1);
        if let Key::PageUp | Key::PageDown = key {
            let sheet = self.sheet(model, usize::from(areas(model).sheet.0));
            self.top = Some(sheet.paged(model, *key == Key::PageUp));
            return (Some(Dialog::Menu(self)), Vec::new());
        }
        self.top = None;
        match key {
            Key::Esc => return (None, Vec::new()),
            _ if self.busy.is_some() => {}
            Key::Up | Key::Char('k') | Key::BackTab => self.cursor = self.cursor.saturating_sub(1),
            Key::Down | Key::Char('j') | Key::Tab => self.cursor = (self.cursor + 1).min(last),
            Key::Home | Key::Char('g') => self.cursor = 0,
            Key::End | Key::Char('G') => self.cursor = last,
            Key::Char('w') => {
                if let Some(Item { action: Action::Copy(copy), .. }) = self.items.get(self.cursor) {
                    let copy = copy.clone();
                    return (None, write(model, copy));
                }
            }
            Key::Char(c @ '1'..='9') => {
                let index = usize::try_from(u32::from(*c) - u32::from('1')).unwrap_or(0);
                if index <= last && !self.items.is_empty() {
                    self.cursor = index;
                }
            }
            Key::Enter => {
                if let Some(item) = self.items.get(self.cursor).cloned() {
                    return self.choose(model, item.action);
                }
                return (None, Vec::new());
            }
            _ => {}
        }
        (Some(Dialog::Menu(self)), Vec::new())
    }

    fn choose(mut self, model: &mut Model, action: Action) -> (Option<Dialog>, Vec<Effect>) {
        let effects = match action {
            Action::Close => Vec::new(),
            Action::Show(title, lines) => {
                model.dialogs.push(Dialog::Viewer(Viewer::new(title, lines)));
                return (Some(Dialog::Menu(self)), Vec::new());
            }
            Action::Quit => vec![Effect::Quit(0)],
            Action::Verb(verb) => {
                if let Some(effects) = job::unlock_first(model, &verb) {
                    return (None, effects);
                }
                let (id, effect) = job::run(model, verb);
                self.busy = Some(id);
                return (Some(Dialog::Menu(self)), vec![effect]);
            }
            Action::Verbs(verbs) => verbs.into_iter().flat_map(|verb| job::go(model, verb)).collect(),
            Action::RingRoots(keyring) => {
                super::pick::of_rings(model, keyring);
                Vec::new()
            }
            Action::SystemRoots(keyring) => {
                vec![model.start(Job::SystemRoots(keyring), Effect::SystemRoots).1]
            }
            Action::Copy(copy) => match text(&copy.source) {
                Some(text) => vec![model.start(Job::Copy, |id| Effect::Copy(id, text)).1],
                None => fetch(model, copy.source, IssuedFor::Copy),
            },
            Action::Write(copy) => write(model, copy),
            Action::HandOut(id, name, text) => {
                model.dialogs.push(Dialog::Path(PathLine::hand_out(id, &name, text.into_bytes())));
                Vec::new()
            }
            Action::CopyOut(id, text) => {
                let copied = model.start(Job::Copy, |id| Effect::Copy(id, text)).1;
                vec![copied, job::run(model, Verb::PickUp { id, to: "clipboard".into() }).1]
            }
            Action::History(keyring) => super::history::open(model, keyring),
            Action::Versions(sort, name) => super::versions::open(model, sort, name),
            Action::Clean(ways) => super::leftovers::clean(model, ways),
            Action::Read(purpose) => {
                model.dialogs.push(Dialog::Path(PathLine::read(purpose)));
                Vec::new()
            }
            Action::PreviewCrl(certifier, kind) => crl::preview(model, certifier, kind),
            Action::Prove(certifier, address) => {
                let job = Job::Fetch(certifier, address.clone());
                vec![model.start(job, |id| Effect::Fetch(id, address)).1]
            }
            Action::Issued(certifier, serial, purpose) => {
                let job = Job::Issued(purpose);
                vec![model.start(job, |id| Effect::Issued(id, certifier, serial)).1]
            }
            Action::Probe(site, errand) => {
                vec![model.start(Job::Probe(site), |id| Effect::Probe(id, Box::new(errand))).1]
            }
            Action::Scan(errand) => super::scan::start(model, errand),
            Action::Serve(site, server) => vec![job::serve(model, site, server, None).1],
            Action::Offer(promises, address) => super::visits::offer(model, promises, address),
            Action::Kept(promises) => {
                super::visits::show_kept(model, &promises);
                Vec::new()
            }
            Action::Visit(promises, trip) => super::scan::visit(model, promises, trip),
            Action::KeepTheirs(sort, name) => {
                model.dialogs.retain(|d| !matches!(d, Dialog::Form(f) if f.goal.edits(sort, &name)));
                let noun = sort.noun();
                model.say(Mood::Plain, format!("The {noun} {name} was left as the other console saved it."));
                Vec::new()
            }
            Action::SaveMine(before, mine) => {
                let (sort, name) = (mine.sort(), mine.name().to_owned());
                let theirs = Document::find(&model.state, sort, &name);
                let after = match (&before, &theirs) {
                    (Some(before), Some(theirs)) => mine.merged(before, theirs),
                    _ => mine,
                };
                let (id, effect) = job::run(model, Verb::saving(theirs, after));
                if let Some(Dialog::Form(form)) = model
                    .dialogs
                    .iter_mut()
                    .find(|d| matches!(d, Dialog::Form(f) if f.goal.edits(sort, &name)))
                {
                    form.busy = Some(id);
                }
                vec![effect]
            }
            Action::Task(name) => {
                super::tasks::open(model, name);
                Vec::new()
            }
            Action::ExportAudit(filter, form) => {
                super::log::export_to(model, filter, form);
                Vec::new()
            }
            Action::ExportList(form) => {
                certificates::export_list(model, form);
                Vec::new()
            }
            Action::Form(title, goal) => {
                let form = Form::new(model, title, goal);
                model.dialogs.push(Dialog::Form(form));
                Vec::new()
            }
            Action::Preview(title, lines, goal) => {
                let mut viewer = Viewer::new(title.clone(), lines);
                viewer.then = Some(Box::new((title, goal)));
                model.dialogs.push(Dialog::Viewer(viewer));
                Vec::new()
            }
            Action::Review(id, plan) => super::review::open_by(model, id, plan),
            Action::Menu(title, lines, items) => {
                model.dialogs.push(Dialog::Menu(Self::new(title, lines, items)));
                Vec::new()
            }
            Action::Discard => {
                model.dialogs.pop();
                Vec::new()
            }
            Action::Bulk(title, steps) => super::bulk::start(model, title, steps),
            Action::Go(target) => {
                // An explanation that led there would hide it.
                model.dialogs.retain(|d| !matches!(d, Dialog::Explain(_) | Dialog::Who(_)));
                model.jump(target);
                Vec::new()
            }
            Action::Sort(sort, reverse) => {
                let key = model.selected();
                let pane = model.here_mut();
                (pane.sort, pane.reverse, pane.group) = (sort, reverse, None);
                model.list();
                if let Some(key) = key {
                    model.keep(&key);
                }
                Vec::new()
            }
            Action::Install(keyring, certificates) => {
                let install = Install::new(model, keyring, certificates);
                model.dialogs.push(Dialog::Install(install));
                Vec::new()
            }
        };
        (None, effects)
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let mut body = labelled(model, &self.lines, columns);
        let mine = self.items.iter().find_map(|i| match &i.action {
            Action::SaveMine(None, mine) => Some(mine),
            _ => None,
        });
        if let Some(mine) = mine {
            // The other version is looked up now: it may change again while this stands on the screen.
            body.extend(both(model, mine, columns));
        }
        if !body.is_empty() {
            body.push(ink.line(Role::Text, ""));
        }
        let first = body.len();
        for (i, item) in self.items.iter().enumerate() {
            let chosen = i == self.cursor;
            let pointer = if chosen { ink.symbols.pointer } else { " " };
            let label = cut(&ink.symbols.text(&item.label), columns.saturating_sub(2), ink.symbols.ellipsis);
            let role = if chosen { Role::Selected } else { Role::Text };
            body.push(vec![ink.symbol(role, format!("{pointer} ")), ink.span(role, &label)].into());
        }
        if self.busy.is_some() {
            body.push(ink.line(Role::Dim, "Working."));
        }
        let mut hints =
            vec![hint("Enter", "go on", 90), hint("Esc", "back", 80), hint("Up/Down", "choose", 60)];
        if self.items.iter().any(|i| matches!(i.action, Action::Copy(_))) {
            hints.push(hint("w", "write to a file", 85));
        }
        if body.len() > usize::from(areas(model).sheet.1) {
            hints.push(hint("PgUp/PgDn", "look around", 50));
        }
        Sheet {
            title: self.title.clone(),
            body,
            cursor: Some((first + self.cursor, 0)),
            below: self.items.len().saturating_sub(self.cursor + 1).min(MORE),
            top: self.top,
            hints,
            ..Sheet::default()
        }
    }
}

/// Returns the text to copy, if it is known here.
fn text(source: &Source) -> Option<String> {
    match source {
        Source::Text(text) => Some(text.clone()),
        Source::Pem(label, blocks) => {
            Some(blocks.iter().map(|der| crate::pki::pem::write(label, &der.0)).collect())
        }
        Source::Issued(..) | Source::Crl(_) => None,
    }
}

/// Asks for what only the ledger has.
fn fetch(model: &mut Model, source: Source, purpose: IssuedFor) -> Vec<Effect> {
    match source {
        Source::Issued(certifier, serial) => {
            vec![model.start(Job::Issued(purpose), |id| Effect::Issued(id, certifier, serial)).1]
        }
        Source::Crl(certifier) => vec![model.start(Job::Crl(purpose), |id| Effect::Crl(id, certifier)).1],
        Source::Text(_) | Source::Pem(..) => Vec::new(),
    }
}

fn write(model: &mut Model, copy: Copy) -> Vec<Effect> {
    let Some(text) = text(&copy.source) else {
        return fetch(model, copy.source, IssuedFor::Write(copy.name));
    };
    model.dialogs.push(Dialog::Path(PathLine::write(&copy.name, text.into_bytes(), copy.label)));
    Vec::new()
}

/// Lays both versions of a document side by side, field by field.
fn both(model: &Model, mine: &Document, columns: usize) -> Vec<ratatui::text::Line<'static>> {
    let ink = model.ink();
    let Some(theirs) = Document::find(&model.state, mine.sort(), mine.name()) else {
        return vec![ink.line(Role::Warn, "The document is not there any more; yours would make it anew.")];
    };
    let rows = theirs.differences(mine, &model.look());
    if rows.is_empty() {
        return vec![ink.line(Role::Ok, "Both versions say the same now.")];
    }
    let widest = rows.iter().map(|(label, ..)| width(label)).max().unwrap_or(0);
    let mut lines = Vec::new();
    for (label, theirs, mine) in rows {
        for (who, value, role) in [("theirs", theirs, Role::Text), ("yours ", mine, Role::Marked)] {
            let label = if who == "theirs" { label } else { "" };
            let head = format!("{label:widest$}  {who}  ");
            let room = columns.saturating_sub(width(&head)).max(1);
            for (i, part) in wrap(&ink.symbols.text(&value), room).iter().enumerate() {
                let head = if i == 0 { head.clone() } else { " ".repeat(width(&head)) };
                lines.push(vec![ink.span(Role::Dim, &head), ink.span(role, part)].into());
            }
        }
    }
    lines
}
