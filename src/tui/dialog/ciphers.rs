//! Chooses the ciphers of a document: every suite with its strength, what the release and the key of the ring make of it, and
//! what the choice changes. The form below takes the list over; nothing is saved here.

use std::collections::BTreeSet;

use ratatui::text::Line;

use super::scroll::moved;
use super::{Dialog, Hint, Sheet, hint};
use crate::model::cipher::{
    Explained, Grade, PRESETS, Suite, default_of, domino, explain, parse_list, priority, remarks, write_list,
};
use crate::model::key::KeyInfo;
use crate::model::server::Release;
use crate::tui::chord::Key;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::{fit, wrap};

/// The suites and the choice.
#[derive(Debug, Clone)]
pub struct Ciphers {
    whose: String,
    before: Option<Vec<Suite>>,
    /// `None` is what the release offers by itself.
    chosen: Option<BTreeSet<Suite>>,
    release: Release,
    /// The keyring, and its key when it has one.
    ring: Option<(String, KeyInfo)>,
    /// Whether suites are shown that Domino is not known for.
    all: bool,
    cursor: usize,
    /// A list that is typed.
    typed: Option<LineEdit>,
    /// What was not understood.
    wrong: String,
}

impl Ciphers {
    /// Shows the ciphers of a field; text that is no list counts as `default`.
    pub fn new(whose: String, text: &str, release: Release, ring: Option<(String, KeyInfo)>) -> Self {
        let (before, wrong) = match parse_list(text) {
            Ok(before) => (before, String::new()),
            Err(why) => (None, why),
        };
        let chosen = before.as_ref().map(|list| list.iter().copied().collect());
        Self { whose, before, chosen, release, ring, all: false, cursor: 0, typed: None, wrong }
    }

    /// Takes a list that was typed or pasted.
    pub fn read(&mut self, text: &str) {
        match parse_list(text) {
            Ok(list) => {
                self.wrong.clear();
                self.chosen = list.map(|list| list.into_iter().collect());
            }
            Err(why) => self.wrong = format!("Not taken: {why}."),
        }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        if let Some(line) = &mut self.typed {
            match input {
                Input::Chord(Key::Esc) => self.typed = None,
                Input::Chord(Key::Enter) => {
                    let text = line.text().to_owned();
                    self.typed = None;
                    self.read(&text);
                }
                Input::Chord(key) => {
                    line.key(*key);
                }
                Input::Paste(text, _) => line.insert(text.trim()),
            }
            return (Some(Dialog::Ciphers(Box::new(self))), Vec::new());
        }
        match input {
            Input::Chord(Key::Esc | Key::Char('q')) => return (None, Vec::new()),
            Input::Chord(Key::Enter) => {
                if let Some(Dialog::Form(form)) = model.dialogs.last_mut()
                    && let Some(text) = self.result()
                {
                    form.put_ciphers(&text);
                }
                return (None, Vec::new());
            }
            Input::Chord(key) => self.key(*key, usize::from(areas(model).sheet.1)),
            Input::Paste(text, _) => self.read(text),
        }
        (Some(Dialog::Ciphers(Box::new(self))), Vec::new())
    }

    fn key(&mut self, key: Key, page: usize) {
        let rows = self.rows();
        let last = rows.len().saturating_sub(1);
        let page = (page / 2).max(1);
        self.cursor = moved(key, self.cursor, last, page);
        let under = rows.get(self.cursor).copied();
        match key {
            Key::Char(' ') => {
                if let Some(suite) = under {
                    self.toggle(suite);
                    self.cursor = (self.cursor + 1).min(last);
                }
            }
            Key::Char('0') => self.chosen = None,
            Key::Char(digit @ '1'..='9') => {
                let at = digit.to_digit(10).and_then(|n| usize::try_from(n).ok()).unwrap_or_default();
                if let Some(preset) = PRESETS.get(at.saturating_sub(1)) {
                    self.chosen = Some(preset.suites.iter().copied().collect());
                }
            }
            Key::Char('x') => self.chosen = Some(BTreeSet::new()),
            Key::Char('s') => self.typed = Some(LineEdit::default()),
            Key::Char('r') => {
                let at = Release::ALL.iter().position(|r| *r == self.release).unwrap_or_default();
                self.release = Release::ALL.get(at + 1).copied().unwrap_or(Release::R8);
            }
            Key::Char('a') => {
                self.all = !self.all;
                let at = under.and_then(|suite| self.rows().iter().position(|row| *row == suite));
                self.cursor = at.unwrap_or_default();
            }
            _ => return,
        }
        self.wrong.clear();
    }

    /// Takes a suite in or out. What was `default` becomes the list that it stands for.
    fn toggle(&mut self, suite: Suite) {
        let mut chosen = self.offered();
        if !chosen.remove(&suite) {
            chosen.insert(suite);
        }
        self.chosen = Some(chosen);
    }

    /// Returns what would be offered, as far as that is known.
    fn offered(&self) -> BTreeSet<Suite> {
        let default = || default_of(self.release).unwrap_or_default().iter().copied().collect();
        self.chosen.clone().unwrap_or_else(default)
    }

    /// Lists the suites that are shown, in the order of a server.
    fn rows(&self) -> Vec<Suite> {
        let known: Vec<Suite> = if self.all { Suite::all().collect() } else { domino().collect() };
        let rows: BTreeSet<Suite> =
            known.into_iter().chain(self.offered()).chain(self.before.iter().flatten().copied()).collect();
        sorted(rows)
    }

    /// Returns the text that the form takes over; `None` where nothing was changed.
    fn result(&self) -> Option<String> {
        let before = self.before.as_ref().map(|list| list.iter().copied().collect::<BTreeSet<_>>());
        let list = self.chosen.clone().map(sorted);
        (before != self.chosen).then(|| write_list(list.as_deref()))
    }

    fn key_of_ring(&self) -> Option<&KeyInfo> {
        self.ring.as_ref().map(|(_, key)| key)
    }

    /// Says what the choice changes.
    fn change(&self) -> String {
        let before: BTreeSet<Suite> = match &self.before {
            Some(list) => list.iter().copied().collect(),
            None => default_of(self.release).unwrap_or_default().iter().copied().collect(),
        };
        let now = self.offered();
        let was = called(self.before.as_deref(), self.release);
        let list = self.chosen.clone().map(sorted);
        let is = called(list.as_deref(), self.release);
        if self.result().is_none() {
            return format!("As it was: {was}.");
        }
        let codes = |all: Vec<Suite>| all.iter().map(|s| s.hex()).collect::<Vec<_>>().join(" ");
        let added = codes(now.difference(&before).copied().collect());
        let gone = codes(before.difference(&now).copied().collect());
        let mut text = format!("Before: {was}. Now: {is}.");
        for (what, codes) in [("Added", added), ("Taken away", gone)] {
            if !codes.is_empty() {
                text.push_str(&format!(" {what}: {codes}."));
            }
        }
        text
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        if let Some(line) = &self.typed {
            return self.typing(model, line, columns);
        }
        let ink = model.ink();
        let rows = self.rows();
        let offered = self.offered();
        let cursor = self.cursor.min(rows.len().saturating_sub(1));
        let room = columns.saturating_sub(FIXED).clamp(12, 45);
        let key = self.key_of_ring();
        let ring = if key.is_some() { "ring" } else { "" };
        let head = format!(
            "      {} {} bits pfs grade  {} {ring}",
            fit("code", 4, ""),
            fit("suite", room, ""),
            fit(self.release.name(), 7, "")
        );
        let row = |(at, suite): (usize, &Suite)| {
            let e = explain(*suite, self.release, key);
            let pointer = if at == cursor { ink.symbols.pointer } else { " " };
            let mark = if offered.contains(suite) { "[x]" } else { "[ ]" };
            let name = fit(&suite.name().replacen("TLS_", "", 1), room, ink.symbols.ellipsis);
            let usable = match &e.key {
                Some(Ok(())) => ("yes", Role::Ok),
                Some(Err(_)) => ("no", Role::Warn),
                None => ("", Role::Text),
            };
            let grade = match e.grade {
                Grade::Good => Role::Ok,
                Grade::Weak => Role::Warn,
                Grade::Broken => Role::Bad,
            };
            let plain = format!(
                "{:4} {name} {:>4} {:3} ",
                suite.hex(),
                e.bits,
                if e.forward_secret { "yes" } else { "no" }
            );
            let line: Line<'static> = vec![
                ink.symbol(Role::Text, format!("{pointer} ")),
                ink.symbol(Role::Marked, format!("{mark} ")),
                ink.symbol(Role::Text, plain),
                ink.symbol(grade, format!("{:6} ", e.grade.word())),
                ink.symbol(Role::Text, format!("{:7} ", e.standing.word())),
                ink.symbol(usable.1, format!("{:4}", usable.0)),
            ]
            .into();
            if at == cursor { line.patch_style(ink.style(Role::Selected)) } else { line }
        };
        let list = self.chosen.clone().map(sorted);
        Sheet {
            title: format!("Ciphers of {}: {}", self.whose, called(list.as_deref(), self.release)),
            head: vec![ink.line(Role::Title, head.trim_end())],
            body: rows.iter().enumerate().map(row).collect(),
            foot: self.foot(model, rows.get(cursor).copied(), columns),
            cursor: Some((cursor, 0)),
            hints: hints(),
            tall: true,
            ..Sheet::default()
        }
    }

    /// Tells of the suite under the cursor, what the choice changes, and what speaks against it.
    fn foot(&self, model: &Model, under: Option<Suite>, columns: usize) -> Vec<Line<'static>> {
        let ink = model.ink();
        let key = self.key_of_ring();
        let mut foot = vec![ink.line(Role::Text, "")];
        let mut say = |role, text: &str, most: usize| {
            foot.extend(wrap(text, columns).iter().take(most).map(|line| ink.line(role, line)));
        };
        if let Some(suite) = under {
            let e = explain(suite, self.release, key);
            say(Role::Title, &title(&e), 1);
            say(Role::Text, &self.about(&e), 3);
        }
        say(Role::Prompt, &self.change(), 2);
        let known = self.chosen.is_some() || default_of(self.release).is_some();
        let worst = remarks(&sorted(self.offered()), self.release, key).into_iter().next();
        if !self.wrong.is_empty() {
            say(Role::Bad, &self.wrong, 2);
        } else if let Some(worst) = worst.filter(|_| known) {
            say(Role::Warn, &worst, 2);
        }
        foot
    }

    /// Shows the line in which a list is typed.
    fn typing(&self, model: &Model, line: &LineEdit, columns: usize) -> Sheet {
        let ink = model.ink();
        let (shown, at) = line.shown(columns.saturating_sub(PROMPT.len() + 1), "");
        let help =
            "Names of IANA or OpenSSL, codes, SSLCipherSpec=..., domino-14, aead, legacy, default, none.";
        Sheet {
            title: format!("Ciphers of {}", self.whose),
            body: vec![vec![ink.span(Role::Prompt, PROMPT), ink.span(Role::Text, &shown)].into()],
            foot: wrap(help, columns).iter().map(|l| ink.line(Role::Dim, l)).collect(),
            cursor: Some((0, PROMPT.len() + at)),
            hints: vec![hint("Enter", "choose these", 90), hint("Esc", "back", 80)],
            ..Sheet::default()
        }
    }

    /// Says what is to be thought of a suite, here.
    fn about(&self, e: &Explained) -> String {
        let against = if e.why.is_empty() { String::new() } else { format!(": {}", e.why) };
        let mut text =
            format!("{}{against}. In {}: {}.", e.grade.word(), self.release.name(), e.standing.meaning());
        if let (Some(Err(why)), Some((name, _))) = (&e.key, &self.ring) {
            text.push_str(&format!(" Not with keyring {name}: {why}."));
        }
        text
    }
}

/// The columns of everything but the name of the suite.
const FIXED: usize = 40;
/// Before a list that is typed.
const PROMPT: &str = "Ciphers: ";

/// Says what the footer says.
fn hints() -> Vec<Hint> {
    vec![
        hint("Enter", "take over", 95),
        hint("Esc", "back", 90),
        hint("Space", "in/out", 85),
        hint("0-3", "presets", 80),
        hint("s", "type", 70),
        hint("r", "release", 65),
        hint("a", "all", 60),
        hint("x", "none", 50),
    ]
}

/// Returns suites in the order of a server.
fn sorted(suites: BTreeSet<Suite>) -> Vec<Suite> {
    let mut list: Vec<Suite> = suites.into_iter().collect();
    priority(&mut list);
    list
}

/// Calls a list by what people know it as.
fn called(list: Option<&[Suite]>, release: Release) -> String {
    match list {
        None => format!("default, what {} offers by itself", release.name()),
        Some([]) => "none".into(),
        Some(list) => {
            let same =
                |preset: &[Suite]| preset.len() == list.len() && preset.iter().all(|s| list.contains(s));
            match (PRESETS.iter().find(|preset| same(preset.suites)), list.len()) {
                (Some(preset), _) => preset.title.into(),
                (None, 1) => "1 suite".into(),
                (None, n) => format!("{n} suites"),
            }
        }
    }
}

/// Names a suite in full.
fn title(e: &Explained) -> String {
    match e.suite.openssl() {
        Some(openssl) => format!("{openssl} in OpenSSL, {}", e.versions),
        None => "no suite that is known here".into(),
    }
}
