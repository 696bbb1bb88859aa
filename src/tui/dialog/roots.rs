//! The trusted roots of a keyring: switched on and off, labelled, added and removed. Shows the ring as it is now, also
//! after another console has changed it.

use std::collections::BTreeSet;

use super::menu::{Action, Menu, item};
use super::viewer::{Text, Viewer};
use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::model::bytes::Digest;
use crate::model::certificate::Lifetime;
use crate::model::keyring::{Entry, Keyring, Role as Part};
use crate::model::time::days_left;
use crate::ops::ring::Act;
use crate::ops::trust::{consequences, expired_roots};
use crate::tui::chord::Key;
use crate::tui::job::{self, ReadFor};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::{fit, wrap};

/// The roots of a ring and the choice.
#[derive(Debug, Clone, Default)]
pub struct Roots {
    keyring: String,
    cursor: usize,
    marked: BTreeSet<Digest>,
    label: Option<LineEdit>,
}

impl Roots {
    /// Shows the roots of a ring.
    pub fn new(keyring: impl Into<String>) -> Self {
        Self { keyring: keyring.into(), ..Self::default() }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let Some(ring) = model.state.keyrings.get(&self.keyring).cloned() else { return (None, Vec::new()) };
        let roots: Vec<&Entry> = ring.with_role(Part::Root).collect();
        let last = roots.len().saturating_sub(1);
        self.cursor = self.cursor.min(last);
        let effects = match (&mut self.label, input) {
            (Some(_), _) => self.labelling(model, roots.get(self.cursor).copied(), input),
            (None, Input::Chord(key)) => match key {
                Key::Esc | Key::Char('q') => return (None, Vec::new()),
                Key::Up | Key::Char('k') => {
                    self.cursor = self.cursor.saturating_sub(1);
                    Vec::new()
                }
                Key::Down | Key::Char('j') => {
                    self.cursor = (self.cursor + 1).min(last);
                    Vec::new()
                }
                Key::PageUp | Key::Home | Key::Char('g') => {
                    self.cursor = if *key == Key::PageUp { self.cursor.saturating_sub(10) } else { 0 };
                    Vec::new()
                }
                Key::PageDown | Key::End | Key::Char('G') => {
                    self.cursor = if *key == Key::PageDown { (self.cursor + 10).min(last) } else { last };
                    Vec::new()
                }
                Key::Char('a') => {
                    model.dialogs.push(Dialog::Menu(sources(model, &ring)));
                    Vec::new()
                }
                key => self.on(model, &ring, roots.get(self.cursor).copied(), *key),
            },
            (None, Input::Paste(..)) => Vec::new(),
        };
        (Some(Dialog::Roots(self)), effects)
    }

    /// Takes a key that is about the chosen root or the marked ones.
    fn on(&mut self, model: &mut Model, ring: &Keyring, chosen: Option<&Entry>, key: Key) -> Vec<Effect> {
        if key == Key::Char('o') {
            self.marked = expired_roots(ring, model.now).into_iter().collect();
            let text = match self.marked.len() {
                0 => "No root of this ring has ended.".into(),
                1 => "1 root that has ended is marked; X removes it.".into(),
                n => format!("{n} roots that have ended are marked; X removes them."),
            };
            model.say(Mood::Plain, text);
            return Vec::new();
        }
        let Some(chosen) = chosen else { return Vec::new() };
        match key {
            Key::Char(' ') => {
                let sha256 = chosen.certificate.sha256;
                if !self.marked.remove(&sha256) {
                    self.marked.insert(sha256);
                }
                self.cursor += 1;
            }
            Key::Enter => {
                let trust = if chosen.trusted { "on" } else { "off" };
                let before = vec![("Label", chosen.label.clone()), ("Trust", trust.to_owned())];
                let viewer = Viewer::of_certificate(model, &chosen.certificate, before);
                model.dialogs.push(Dialog::Viewer(viewer));
            }
            Key::Char('e' | 's' | 'X') if model.settings.read_only.is_some() => {
                model.say(Mood::Warn, "Not done: this session is read-only.");
            }
            Key::Char('e') => self.label = Some(LineEdit::new(&chosen.label)),
            Key::Char('s') => return self.switch(model, ring, chosen),
            Key::Char('X') => self.remove(model, ring, chosen),
            _ => {}
        }
        Vec::new()
    }

    fn labelling(&mut self, model: &mut Model, chosen: Option<&Entry>, input: &Input) -> Vec<Effect> {
        let Some(line) = &mut self.label else { return Vec::new() };
        match input {
            Input::Chord(Key::Esc) => self.label = None,
            Input::Chord(Key::Enter) => {
                let label = line.text().trim().to_owned();
                self.label = None;
                if let Some(entry) = chosen.filter(|e| e.label != label) {
                    let act = Act::Label { entry: entry.certificate.sha256, label };
                    return job::go(model, Verb::ring(&self.keyring, act));
                }
            }
            Input::Chord(key) => {
                line.key(*key);
            }
            Input::Paste(text, _) => line.insert(text.trim()),
        }
        Vec::new()
    }

    /// Returns the marked roots, or the chosen one.
    fn meant(&self, ring: &Keyring, chosen: &Entry) -> Vec<Digest> {
        let there = |d: &Digest| ring.entry(d).is_some_and(|e| e.role == Part::Root);
        let marked: Vec<_> = self.marked.iter().copied().filter(there).collect();
        if marked.is_empty() { vec![chosen.certificate.sha256] } else { marked }
    }

    /// Switches to the opposite of the chosen root; what would break is shown first.
    fn switch(&self, model: &mut Model, ring: &Keyring, chosen: &Entry) -> Vec<Effect> {
        let (roots, trusted) = (self.meant(ring, chosen), !chosen.trusted);
        let broken = if trusted { Vec::new() } else { consequences(&model.state, ring, &roots, model.now) };
        let verb = Verb::ring(&self.keyring, Act::SetTrust { roots, trusted });
        if broken.is_empty() {
            return job::go(model, verb);
        }
        let line = |text| Text::line(text, Role::Warn);
        let items = vec![
            item("Back, nothing is done", Action::Close),
            item("Switch it off all the same", Action::Verb(verb)),
        ];
        let lines = broken.into_iter().map(line).collect();
        model.dialogs.push(Dialog::Menu(Menu::new("What would break", lines, items)));
        Vec::new()
    }

    /// Shows what would be removed.
    fn remove(&self, model: &mut Model, ring: &Keyring, chosen: &Entry) {
        let roots = self.meant(ring, chosen);
        let line = |label: &str, text, role| Text { label: label.into(), text, role };
        let mut lines: Vec<_> = roots
            .iter()
            .filter_map(|d| ring.entry(d))
            .map(|e| {
                let days = days_left(e.certificate.not_after.days_from(model.now));
                line("Root", format!("{} ({days})", e.label), Role::Text)
            })
            .collect();
        let broken = consequences(&model.state, ring, &roots, model.now);
        let breaks = !broken.is_empty();
        lines.extend(broken.into_iter().map(|text| line("", text, Role::Bad)));
        let mut items = vec![item("Back, nothing is done", Action::Close)];
        if breaks {
            lines.push(line(
                "",
                "It cannot be removed while the certificate needs it; its trust can be switched off.".into(),
                Role::Warn,
            ));
        } else {
            let many = if roots.len() == 1 {
                "Remove it".into()
            } else {
                format!("Remove these {} roots", roots.len())
            };
            let verb = Verb::ring(&self.keyring, Act::RemoveRoots { roots });
            items.push(item(format!("{many}; the present revision goes to the history"), Action::Verb(verb)));
        }
        let title = format!("Remove trusted roots from {}", self.keyring);
        model.dialogs.push(Dialog::Menu(Menu::new(title, lines, items)));
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let Some(ring) = model.state.keyrings.get(&self.keyring) else { return Sheet::default() };
        let roots: Vec<&Entry> = ring.with_role(Part::Root).collect();
        let cursor = self.cursor.min(roots.len().saturating_sub(1));
        let mut body = Vec::new();
        if roots.is_empty() {
            let text = "This ring trusts nobody yet: no certificate can be installed. Press a to add a root.";
            body.extend(wrap(text, columns).iter().map(|l| ink.line(Role::Warn, l)));
        }
        // Mark, trust, end and status have their room; the label has the rest.
        let room = columns.saturating_sub(2 + 2 + 4 + 11 + 11).max(8);
        for (i, entry) in roots.iter().enumerate() {
            let c = &entry.certificate;
            let pointer = if i == cursor { ink.symbols.pointer } else { " " };
            let mark = if self.marked.contains(&c.sha256) { "*" } else { " " };
            let (status, role) = match c.lifetime(model.now, model.settings.soon) {
                Lifetime::Expired => ("ended".to_owned(), Role::Bad),
                Lifetime::NotYet => ("not yet".into(), Role::Bad),
                Lifetime::Soon => (format!("{} d", c.not_after.days_from(model.now)), Role::Warn),
                Lifetime::Good => ("ok".into(), Role::Ok),
            };
            let (trust, trusted) = if entry.trusted { ("on  ", Role::Ok) } else { ("off ", Role::Warn) };
            let label = fit(&ink.symbols.text(&entry.label), room, ink.symbols.ellipsis);
            let mut line: ratatui::text::Line<'static> = vec![
                ink.symbol(Role::Text, format!("{pointer} ")),
                ink.span(Role::Marked, &format!("{mark} ")),
                ink.span(trusted, trust),
                ink.span(Role::Text, &label),
                ink.span(Role::Text, &format!(" {} ", c.not_after.date())),
                ink.span(role, &status),
            ]
            .into();
            if i == cursor {
                line = line.patch_style(ink.style(Role::Selected));
            }
            body.push(line);
        }
        let mut sheet = Sheet {
            title: format!("Trusted roots of {}", self.keyring),
            cursor: Some((cursor, 0)),
            tall: true,
            ..Sheet::default()
        };
        if let Some(line) = &self.label {
            let (shown, at) = line.shown(columns.saturating_sub(9), "");
            let shown = fit(&shown, columns.saturating_sub(9), "");
            body.insert(
                cursor + 1,
                vec![ink.span(Role::Prompt, "  Label: "), ink.span(Role::Input, &shown)].into(),
            );
            sheet.cursor = Some((cursor + 1, at + 9));
            sheet.hints = vec![hint("Enter", "save", 90), hint("Esc", "back", 80)];
        } else {
            sheet.hints = vec![
                hint("Esc", "back", 90),
                hint("a", "add", 85),
                hint("s", "switch on/off", 80),
                hint("e", "label", 60),
                hint("X", "remove", 70),
                hint("o", "mark ended", 55),
                hint("Space", "mark", 50),
                hint("Enter", "details", 40),
            ];
        }
        if let Some(entry) = roots.get(cursor) {
            sheet.foot.push(ink.line(Role::Dim, &format!("{}", entry.certificate.subject)));
        }
        let page = usize::from(areas(model).sheet.1).saturating_sub(1).max(1);
        let row = sheet.cursor.map_or(0, |c| c.0);
        sheet.top = Some(if row < page { 0 } else { row + 1 - page });
        sheet.body = body;
        sheet
    }
}

/// Lists where roots can be taken from.
pub(in crate::tui) fn sources(model: &Model, ring: &Keyring) -> Menu {
    let mut items = Vec::new();
    let absent = |d: &Digest| ring.entry(d).is_none_or(|e| e.role != Part::Root);
    for certifier in model.state.certifiers.values() {
        let Some(root) = certifier.root().filter(|root| absent(&root.sha256)) else { continue };
        let roots = vec![root.clone()];
        let label = format!("Certifier {}: {}", certifier.name, root.subject.title());
        items.push(item(label, Action::Verb(Verb::ring(&ring.name, Act::Trust { roots }))));
    }
    items.push(item("Roots from a file", Action::Read(ReadFor::Trust(ring.name.clone()))));
    let elsewhere =
        |other: &&Keyring| other.name != ring.name && other.trusted_roots().any(|c| absent(&c.sha256));
    if model.state.keyrings.values().any(|other| elsewhere(&other)) {
        items.push(item(
            "Roots that other keyrings trust, chosen one by one",
            Action::RingRoots(ring.name.clone()),
        ));
    }
    items.push(item("Roots of this system, chosen one by one", Action::SystemRoots(ring.name.clone())));
    let text = "A certificate can only be installed when the ring trusts the root it leads to.";
    let lines = vec![Text::line(text, Role::Dim)];
    Menu::new(format!("Add trusted roots to {}", ring.name), lines, items)
}
