//! The audit chain on the screen: its newest entries, narrowed by a filter, each with everything it says; its head for
//! paper; what of it leaves. Entries are asked for page by page.

use ratatui::text::Line;

use super::form::Goal;
use super::menu::{Action, Menu, item};
use super::path::PathLine;
use super::scroll::moved;
use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet, hint};
use crate::model::audit::{Filter, Form, Head, WORDS, groups, paper};
use crate::model::change::Fact;
use crate::model::error::Error;
use crate::model::escape::visible;
use crate::model::finding::Subject;
use crate::store::ledger::{Entry, Verified};
use crate::tui::chord::Key;
use crate::tui::job::Job;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::pane::{PaneId, RowKey, Target};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::{fit, wrap};

/// How many entries are asked for at once.
pub const PAGE: usize = 200;

/// Which entries are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Only those that it keeps.
    pub filter: Filter,
    /// Only those below this number.
    pub before: u64,
}

/// Entries as they were found.
#[derive(Debug, Clone)]
pub struct Found {
    /// What was asked.
    pub wish: Wish,
    /// The entries, the newest first.
    pub entries: Vec<Entry>,
    /// Whether there are more below them.
    pub more: bool,
    /// The last entry of the chain.
    pub head: Head,
}

/// The list and the choice.
#[derive(Debug, Clone)]
pub struct Log {
    rows: Vec<Row>,
    cursor: usize,
    more: bool,
    head: Head,
    text: String,
    filter: Filter,
    /// The line of the filter while it is typed, and what is wrong with it.
    typing: Option<(LineEdit, Option<String>)>,
    /// The job that brings entries.
    waits: Option<JobId>,
}

#[derive(Debug, Clone)]
struct Row {
    entry: Entry,
    object: String,
    refusal: bool,
}

/// Opens the list with a filter.
pub(in crate::tui) fn open(model: &mut Model, text: &str) -> Vec<Effect> {
    let filter = Filter::parse(text, model.now).unwrap_or_default();
    let mut log = Log {
        rows: Vec::new(),
        cursor: 0,
        more: false,
        head: Head::default(),
        text: text.to_owned(),
        filter,
        typing: None,
        waits: None,
    };
    let effects = log.ask(model, u64::MAX);
    model.dialogs.push(Dialog::Log(Box::new(log)));
    effects
}

/// Takes entries that were asked for.
pub(in crate::tui) fn take(model: &mut Model, id: JobId, found: Found) {
    let logs = model.dialogs.iter_mut().filter_map(|d| match d {
        Dialog::Log(log) => Some(log),
        _ => None,
    });
    for log in logs.filter(|log| log.waits == Some(id)) {
        if found.wish.before == u64::MAX {
            log.rows.clear();
            log.cursor = 0;
        }
        log.rows.extend(found.entries.iter().map(Row::of));
        (log.more, log.head, log.waits) = (found.more, found.head, None);
    }
}

/// Gives up waiting for entries that could not be read.
pub(in crate::tui) fn give_up(model: &mut Model, id: JobId) {
    for dialog in &mut model.dialogs {
        if let Dialog::Log(log) = dialog
            && log.waits == Some(id)
        {
            log.waits = None;
        }
    }
}

/// Says what verifying found.
pub(in crate::tui) fn verified(model: &mut Model, verified: Verified, full: bool) {
    match verified.broken {
        Some((number, why)) => {
            let error = Error::damaged(format!("The audit chain is broken at entry {number}."))
                .why(why)
                .next("Everything before it is as it was written. Compare with a backup, and find out who can write the ledger.");
            model.say(Mood::Bad, error.what.clone());
            model.dialogs.push(Dialog::Error(super::error::ErrorBox { error }));
        }
        None => {
            let how =
                if full { "the issued list compared" } else { "the issued list not compared; v does that" };
            model.say(Mood::Good, format!("The audit chain is whole: {} entries, {how}.", verified.entries));
        }
    }
}

/// Opens the form that decides about an older ledger, after what is known of it.
pub(in crate::tui) fn reconcile(model: &mut Model) -> Vec<Effect> {
    let Some(setback) = model.state.setback.clone() else { return Vec::new() };
    let mut lines = vec![Text::line(setback.sentence(), Role::Bad), Text::line("", Role::Text)];
    let losses = setback.losses();
    if !losses.is_empty() {
        lines.push(Text::line("Known to be lost:", Role::Title));
        lines.extend(losses.into_iter().map(|loss| Text::line(format!("  {loss}."), Role::Warn)));
        lines.push(Text::line("", Role::Text));
    }
    for text in [
        "Best is to leave the console now and to put the newer ledger back.",
        "To go on with this one: the CRL number of each certifier jumps ahead, so that no number is used twice; serial \
         numbers are random and need no jump. Certificates that stand in keyrings or in a file you name, and that this \
         ledger does not know, are told in the audit chain. Nothing is signed before.",
    ] {
        lines.push(Text::line(text, Role::Text));
    }
    let mut viewer = Viewer::new("An older ledger", lines);
    viewer.then = Some(Box::new(("Go on with the older ledger".into(), Goal::Reconcile)));
    model.dialogs.push(Dialog::Viewer(viewer));
    Vec::new()
}

impl Row {
    fn of(entry: &Entry) -> Self {
        let line = entry.line();
        Self { object: line.about(), refusal: line.is_refusal(), entry: entry.clone() }
    }

    /// Finds where what the entry is about stands.
    fn target(&self) -> Option<Target> {
        let fact: Fact = serde_json::from_str(&self.entry.body).ok()?;
        match fact.subject() {
            Subject::Issued(_, serial) => {
                Some(Target::Filter(PaneId::Certificates, format!("serial:{serial}")))
            }
            subject => RowKey::of(&subject).map(|(pane, key)| Target::Row(pane, key)),
        }
    }
}

impl Log {
    fn ask(&mut self, model: &mut Model, before: u64) -> Vec<Effect> {
        let wish = Wish { filter: self.filter.clone(), before };
        let (id, effect) = model.start(Job::Audit, |id| Effect::Audit(id, wish));
        self.waits = Some(id);
        vec![effect]
    }

    /// Takes input.
    pub fn input(mut self: Box<Self>, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        if self.typing.is_some() {
            return self.typed(model, input);
        }
        let mut effects = Vec::new();
        let page = usize::from(areas(model).sheet.1).saturating_sub(4).max(1);
        if let Input::Chord(key) = input {
            match key {
                Key::Esc if !self.text.is_empty() => {
                    (self.text, self.filter) = (String::new(), Filter::default());
                    effects = self.ask(model, u64::MAX);
                }
                Key::Esc | Key::Char('q') => return (None, Vec::new()),
                Key::Char('/') => self.typing = Some((LineEdit::new(&self.text), None)),
                Key::Enter => self.show(model),
                Key::Char('u') => match self.rows.get(self.cursor).and_then(Row::target) {
                    Some(target) => {
                        model.jump(target);
                        model.dialogs.clear();
                        return (None, Vec::new());
                    }
                    None => model.say(Mood::Plain, "What it is about stands in no list."),
                },
                Key::Char('p') => self.print(model),
                Key::Char('x') => self.export(model),
                Key::Char(c @ ('v' | 'V')) => {
                    let full = *c == 'v';
                    model.say(Mood::Plain, "Verifying the audit chain.");
                    effects = vec![model.start(Job::VerifyAudit(full), |id| Effect::VerifyAudit(id, full)).1];
                }
                Key::Char('r') | Key::Ctrl('r') | Key::F(5) => effects = self.ask(model, u64::MAX),
                _ => self.cursor = moved(*key, self.cursor, self.rows.len(), page),
            }
            let last = self.rows.len().saturating_sub(1);
            self.cursor = self.cursor.min(last);
            if self.more && self.waits.is_none() && self.cursor + page >= last {
                let before = self.rows.last().map_or(u64::MAX, |row| row.entry.number);
                effects.extend(self.ask(model, before));
            }
        }
        (Some(Dialog::Log(self)), effects)
    }

    /// Takes input of the filter line.
    fn typed(mut self: Box<Self>, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let Some((mut edit, mut mistake)) = self.typing.take() else {
            return (Some(Dialog::Log(self)), Vec::new());
        };
        match input {
            Input::Chord(Key::Esc) => return (Some(Dialog::Log(self)), Vec::new()),
            Input::Chord(Key::Enter) => match Filter::parse(edit.text(), model.now) {
                Ok(filter) => {
                    (self.text, self.filter) = (edit.text().trim().to_owned(), filter);
                    let effects = self.ask(model, u64::MAX);
                    return (Some(Dialog::Log(self)), effects);
                }
                Err(why) => mistake = Some(why),
            },
            Input::Chord(key) => {
                edit.key(*key);
                mistake = None;
            }
            Input::Paste(text, _) => edit.insert(text),
        }
        self.typing = Some((edit, mistake));
        (Some(Dialog::Log(self)), Vec::new())
    }

    fn show(&self, model: &mut Model) {
        let Some(row) = self.rows.get(self.cursor) else { return };
        let line = |(label, text)| Text { label, text, role: Role::Text };
        let lines = row.entry.line().details().into_iter().map(line).collect();
        model.dialogs.push(Dialog::Viewer(Viewer::new(format!("Audit entry {}", row.entry.number), lines)));
    }

    fn print(&self, model: &mut Model) {
        let sheet = paper::head(&model.settings.workspace, &self.head, model.now);
        let lines = sheet.lines().map(str::to_owned).collect();
        let title = format!("Head of the audit chain, entry {}", self.head.number);
        model.dialogs.push(Dialog::Viewer(Viewer::of_lines(title, lines)));
    }

    fn export(&self, model: &mut Model) {
        let what = if self.filter.is_empty() { "Every entry" } else { "Every entry that the filter keeps" };
        let text = format!("{what} is written to a new file, the oldest first, for this user alone.");
        let lines = vec![Text::line(text, Role::Dim)];
        let items = [
            (Form::Json, "JSON Lines, from which the chain can be verified"),
            (Form::Syslog, "syslog (RFC 5424)"),
        ]
        .map(|(form, label)| item(label, Action::ExportAudit(self.filter.clone(), form)));
        model.dialogs.push(Dialog::Menu(Menu::new("Export the audit chain", lines, items.into())));
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let cut = |text: &str, width| fit(&ink.symbols.text(text), width, ink.symbols.ellipsis);
        let wide = columns >= 100;
        let digits = self.head.number.to_string().len().max(3);
        let (by, what) = if wide { (16, 22) } else { (10, 20) };
        // Pointer, number, time and the blanks between them have their room; what it is about has the rest.
        let room = columns.saturating_sub(2 + digits + 2 + 18 + by + 1 + what + 1).max(8);
        let mut body: Vec<Line<'static>> = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            let chosen = i == self.cursor;
            let role = if row.refusal { Role::Warn } else { Role::Text };
            let time: String = row.entry.at.text().chars().take(16).collect();
            let mut line: Line<'static> = vec![
                ink.symbol(Role::Text, format!("{} ", if chosen { ink.symbols.pointer } else { " " })),
                ink.span(Role::Dim, &format!("{:>digits$}  ", row.entry.number)),
                ink.span(Role::Text, &format!("{time}  ")),
                ink.span(Role::Text, &format!("{} ", cut(&visible(&row.entry.operator), by))),
                ink.span(role, &format!("{} ", cut(&visible(&row.entry.what), what))),
                ink.span(Role::Text, &cut(&visible(&row.object), room)),
            ]
            .into();
            if chosen {
                line = line.patch_style(ink.style(Role::Selected));
            }
            body.push(line);
        }
        if self.rows.is_empty() {
            let text = if self.waits.is_some() { "Reading." } else { "No entry is meant by this filter." };
            body.push(ink.line(Role::Dim, text));
        } else if self.waits.is_some() {
            body.push(ink.line(Role::Dim, "  Reading further back."));
        }
        let mut foot = Vec::new();
        let mut cursor = Some((self.cursor, 0));
        match &self.typing {
            Some((edit, mistake)) => {
                let (shown, _) = edit.shown(columns.saturating_sub(2), "");
                foot.push(
                    vec![
                        ink.span(Role::Prompt, "/"),
                        ink.span(Role::Input, &fit(&shown, columns.saturating_sub(2), "")),
                    ]
                    .into(),
                );
                let (role, text) = match mistake {
                    Some(why) => (Role::Bad, why.as_str()),
                    None => (Role::Dim, WORDS),
                };
                foot.extend(wrap(&ink.symbols.text(text), columns).iter().map(|l| ink.line(role, l)));
                cursor = None;
            }
            None => {
                let [first, second] = groups(&self.head.hash);
                let head = format!("Head: entry {}, {}", self.head.number, self.head.at.text());
                foot.push(ink.line(Role::Title, &cut(&head, columns)));
                if wide {
                    foot.push(ink.line(Role::Dim, &format!("{first} {second}")));
                } else {
                    foot.extend([first, second].iter().map(|l| ink.line(Role::Dim, l)));
                }
            }
        }
        let title = match self.text.as_str() {
            "" => "Audit".to_owned(),
            text => format!("Audit: {}", visible(text)),
        };
        let page = usize::from(areas(model).sheet.1).saturating_sub(foot.len()).max(1);
        let hints = match &self.typing {
            Some(_) => vec![hint("Enter", "narrow", 90), hint("Esc", "back", 80)],
            None => vec![
                hint("Enter", "whole", 90),
                hint("Esc", if self.text.is_empty() { "back" } else { "every entry" }, 88),
                hint("/", "filter", 85),
                hint("u", "go there", 70),
                hint("v", "verify", 65),
                hint("p", "paper", 60),
                hint("x", "export", 55),
                hint("V", "verify quickly, without the issued list", 20),
            ],
        };
        Sheet {
            title,
            body,
            foot,
            cursor,
            top: Some((self.cursor + 1).saturating_sub(page)),
            hints,
            tall: true,
            ..Sheet::default()
        }
    }
}

/// Asks where to write entries.
pub(in crate::tui) fn export_to(model: &mut Model, filter: Filter, form: Form) {
    let name = match form {
        Form::Json => "audit.jsonl",
        Form::Syslog => "audit.log",
    };
    model.dialogs.push(Dialog::Path(PathLine::audit(name, filter, form)));
}
