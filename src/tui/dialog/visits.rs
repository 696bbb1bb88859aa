//! Visits to services: asks first and names them, and shows what was seen as a list, each beside what the documents say. The
//! work itself runs elsewhere.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use ratatui::text::Line;

use super::form::Goal;
use super::menu::{Action, Item, Menu, item};
use super::scroll::moved;
use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet, hint, scan};
use crate::doctor::{Judged, beside, judge};
use crate::model::finding::Severity;
use crate::model::resolve::Promise;
use crate::model::seen::{Trip, Visit};
use crate::tui::chord::Key;
use crate::tui::job::Job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::{cut, fit, width};

/// So many services are named before it is asked.
const NAMED: usize = 10;

/// Counts services.
pub(super) fn counted(count: usize) -> String {
    if count == 1 { "1 service".into() } else { format!("{count} services") }
}

/// Asks whether these services shall be visited, and names them.
pub(in crate::tui) fn offer(
    model: &mut Model,
    promises: Vec<Promise>,
    address: Option<SocketAddr>,
) -> Vec<Effect> {
    if promises.is_empty() {
        model.say(
            Mood::Warn,
            "No service to visit: one needs a host without a wildcard, and an open TLS port.",
        );
        return Vec::new();
    }
    let mut names: Vec<String> = promises.iter().take(NAMED).map(Promise::service).collect();
    if promises.len() > NAMED {
        names.push(format!("and {} more", promises.len() - NAMED));
    }
    let how = match address {
        Some(address) => {
            format!("Each is asked for at {address}, where the rehearsal answers; nothing is kept.")
        }
        None => {
            "This connects over the network, over a hundred times to each, holds what is seen against the \
            documents, and keeps it."
                .into()
        }
    };
    let lines = vec![Text::line(names.join(", "), Role::Text), Text::line(how, Role::Dim)];
    let trip = Trip { address, ..Trip::default() };
    let form = Trip { clients: true, ..trip.clone() };
    let seen = address.is_none() && kept(model, &promises).next().is_some();
    let mut items = vec![
        item("Back, nothing is sent", Action::Close),
        item("Visit", Action::Visit(promises.clone(), trip)),
        item(
            "Visit, and try client certificates or many handshakes at once",
            Action::Form("What else to try".into(), Goal::Visit(promises.clone(), Box::new(form))),
        ),
    ];
    if seen {
        items.push(item("Show what was seen last; nothing is sent", Action::Kept(promises.clone())));
    }
    let title = format!("Visit {}?", counted(promises.len()));
    model.dialogs.push(Dialog::Menu(Menu::new(title, lines, items)));
    Vec::new()
}

/// Makes the way to that question, if there is a service; `of` says whose they are.
pub(in crate::tui) fn way(promises: Vec<Promise>, of: &str, address: Option<SocketAddr>) -> Option<Item> {
    let label = format!("Visit {} of {of}, and compare with the documents", counted(promises.len()));
    (!promises.is_empty()).then(|| item(label, Action::Offer(promises, address)))
}

/// Lists the kept visits to these services.
fn kept<'m>(model: &'m Model, promises: &[Promise]) -> impl Iterator<Item = &'m Visit> {
    let places: BTreeSet<_> = promises.iter().map(Promise::place).collect();
    model.state.visits.iter().filter(move |visit| places.contains(&visit.promise.place()))
}

/// Shows the latest kept visits to these services, held against the documents as they are now.
pub(in crate::tui) fn show_kept(model: &mut Model, promises: &[Promise]) {
    // What has changed is told between two visits, not from one to itself.
    let judged = |visit: &Visit| Judged { changes: None, ..judge(&model.state, visit.clone()) };
    let rows: Vec<Judged> = kept(model, promises).map(judged).collect();
    let said = format!("{} of {} visited before.", rows.len(), promises.len());
    model.dialogs.push(Dialog::Visits(Box::new(Visits { rows, cursor: 0, said })));
}

/// What visits saw, and the choice.
#[derive(Debug, Clone)]
pub struct Visits {
    rows: Vec<Judged>,
    cursor: usize,
    /// What is to be said below: how many of how many.
    said: String,
}

/// Shows what was seen, and lets it be kept.
pub(in crate::tui) fn take(model: &mut Model, job: &Job, rows: Vec<Judged>) -> Vec<Effect> {
    let Job::Visit(of, keep) = job else { return Vec::new() };
    let bad = rows.iter().filter(|row| row.verdict() != "as documented").count();
    let stopped = if rows.len() < *of { ", then stopped" } else { "" };
    let said = format!("{} of {of} visited{stopped}; findings at {bad}.", rows.len());
    let worst = rows.iter().filter_map(|row| row.findings.first()).map(|f| f.severity).max();
    let mood = match worst {
        Some(Severity::Error) => Mood::Bad,
        Some(Severity::Warning) => Mood::Warn,
        _ => Mood::Good,
    };
    let keep = *keep && !rows.is_empty();
    let read_only = model.settings.read_only.is_some();
    let why = if keep && read_only { " Nothing is kept: this session is read-only." } else { "" };
    model.say(mood, format!("{said}{why}"));
    let visits = rows.iter().map(|row| row.visit.clone()).collect();
    if !rows.is_empty() {
        model.dialogs.push(Dialog::Visits(Box::new(Visits { rows, cursor: 0, said })));
    }
    if keep && !read_only {
        vec![model.start(Job::Keep, |id| Effect::Keep(id, visits)).1]
    } else {
        Vec::new()
    }
}

impl Visits {
    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let page = usize::from(areas(model).sheet.1).saturating_sub(3).max(1);
        let last = self.rows.len().saturating_sub(1);
        if let Input::Chord(key) = input {
            match key {
                Key::Esc | Key::Char('q') => return (None, Vec::new()),
                Key::Enter => self.show(model),
                _ => self.cursor = moved(*key, self.cursor, last, page),
            }
        }
        (Some(Dialog::Visits(self.into())), Vec::new())
    }

    fn show(&self, model: &mut Model) {
        let Some(row) = self.rows.get(self.cursor) else { return };
        let lines = lines(model, row);
        let title = format!("Visit to {}", row.visit.promise.service());
        model.dialogs.push(Dialog::Viewer(Viewer::new(title, lines)));
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let verdict = |row: &Judged| match row.verdict() {
            "as documented" => ("as documented".to_owned(), Role::Ok),
            word => {
                let more = row.findings.len() - 1;
                let rule = row.findings.first().map_or("", |f| f.rule.as_str());
                let more = if more == 0 { String::new() } else { format!(" +{more}") };
                let role = match word {
                    "error" => Role::Bad,
                    "warning" => Role::Warn,
                    _ => Role::Text,
                };
                (format!("{word} {rule}{more}"), role)
            }
        };
        let ends = |row: &Judged| {
            let end = row.visit.face().and_then(|face| face.ends);
            end.map_or_else(|| "-".into(), |end| end.date())
        };
        // Pointer, versions, end and verdict have their room; the service has the rest.
        let (tls, end, result) = (15, 10, 18);
        let room = columns.saturating_sub(2 + tls + 1 + end + 1 + result + 1).max(12);
        let heading = format!(
            "  {} {} {} {}",
            fit("service", room, ""),
            fit("TLS", tls, ""),
            fit("ends", end, ""),
            "result"
        );
        let mut body: Vec<Line<'static>> = vec![ink.line(Role::Dim, cut(&heading, columns, "").as_str())];
        for (at, row) in self.rows.iter().enumerate() {
            let chosen = at == self.cursor;
            let (text, role) = verdict(row);
            let service = ink.symbols.text(&row.visit.promise.service());
            let short = |text: &str, room| fit(&cut(text, room, ink.symbols.ellipsis), room, "");
            let mut line: Line<'static> = vec![
                ink.symbol(Role::Text, format!("{} ", if chosen { ink.symbols.pointer } else { " " })),
                ink.span(Role::Text, &format!("{} ", short(&service, room))),
                ink.span(Role::Text, &format!("{} ", short(&row.visit.spoken(), tls))),
                ink.span(Role::Text, &format!("{} ", short(&ends(row), end))),
                ink.span(role, &short(&text, result)),
            ]
            .into();
            if chosen {
                line = line.patch_style(ink.style(Role::Selected));
            }
            body.push(line);
        }
        let first = self.rows.get(self.cursor).and_then(|row| row.findings.first());
        let below = first.map_or_else(String::new, |f| {
            let text = ink.symbols.text(&f.text);
            if width(&text) > columns { cut(&text, columns, ink.symbols.ellipsis) } else { text }
        });
        Sheet {
            title: "What was seen".into(),
            body,
            foot: vec![ink.line(Role::Dim, &below), ink.line(Role::Title, &self.said)],
            cursor: Some((self.cursor + 1, 0)),
            hints: vec![
                hint("Enter", "beside the documents", 90),
                hint("Esc", "back", 85),
                hint("Up/Down", "choose", 60),
            ],
            tall: true,
            ..Sheet::default()
        }
    }
}

/// Writes a visit: what differs, what documents say and what was seen, what has changed, and everything that was seen.
fn lines(model: &Model, row: &Judged) -> Vec<Text> {
    let line = |label: &str, text: String, role| Text { label: label.to_owned(), text, role };
    let visit = &row.visit;
    let server =
        if visit.promise.server.is_empty() { "" } else { &format!(", server {}", visit.promise.server) };
    let mut all = vec![
        line("Service", format!("{}{server}", visit.promise.subject), Role::Text),
        line("Seen", visit.at.text(), Role::Text),
    ];
    for finding in &row.findings {
        let role = match finding.severity {
            Severity::Error => Role::Bad,
            Severity::Warning => Role::Warn,
            Severity::Info => Role::Text,
        };
        let text =
            format!("{} {}: {} {}", finding.rule, finding.severity.word(), finding.text, finding.remedy);
        all.push(line("Finding", text, role));
    }
    if row.findings.is_empty() {
        all.push(line("Findings", "none: it is as documented".into(), Role::Ok));
    }
    all.push(line("", String::new(), Role::Text));
    all.push(line("Documents and service", String::new(), Role::Title));
    for one in beside(&model.state, visit) {
        let (document, role) = match (one.document.as_str(), one.differs) {
            ("", _) => ("-", Role::Text),
            (text, true) => (text, Role::Warn),
            (text, false) => (text, Role::Text),
        };
        let mark = if one.differs { "DIFFERS: " } else { "" };
        all.push(line(&one.what, format!("{mark}{document}\nseen: {}", one.seen), role));
    }
    if let Some((before, changes)) = &row.changes {
        all.push(line("", String::new(), Role::Text));
        all.push(line("Since the visit before", before.text(), Role::Title));
        let nothing = changes.is_empty().then(|| line("", "Nothing has changed.".into(), Role::Text));
        all.extend(nothing);
        all.extend(changes.iter().map(|change| line(" ", change.clone(), Role::Text)));
    }
    if let Some(scan) = visit.scan() {
        all.push(line("", String::new(), Role::Text));
        all.extend(scan.lines().into_iter().map(scan::text));
    }
    all
}
