//! Explains an error text or a status number while it is typed or pasted: what it means, why it comes, which causes the
//! checks find in this workspace, and the way there.

use super::menu::{Action, Menu, item};
use super::path::PathLine;
use super::viewer::{Text, labelled};
use super::{Dialog, Sheet, hint};
use crate::model::escape::visible;
use crate::model::explain::{self, Asked, Problem, here};
use crate::model::finding::Finding;
use crate::tui::chord::Key;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::pane::findings::role;
use crate::tui::pane::{RowKey, Target};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::fit;

/// The text and what it means.
#[derive(Debug, Clone, Default)]
pub struct Explain {
    line: LineEdit,
    asked: Asked,
    top: usize,
}

/// Opens it, with a text to begin with.
pub(in crate::tui) fn open(model: &mut Model, text: &str) -> Vec<Effect> {
    let explain = Explain { line: LineEdit::new(text), asked: explain::ask(text), top: 0 };
    model.dialogs.push(Dialog::Explain(Box::new(explain)));
    Vec::new()
}

/// Asks for the log to read.
pub(in crate::tui) fn ask_log(model: &mut Model) -> Vec<Effect> {
    model.dialogs.push(Dialog::Path(PathLine::log()));
    Vec::new()
}

impl Explain {
    /// Takes input: it is typed, scrolled, gone from, or left.
    pub fn input(mut self: Box<Self>, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let page = usize::from(areas(model).sheet.1).saturating_sub(1).max(1);
        let mut effects = Vec::new();
        match input {
            Input::Chord(Key::Esc) if !self.line.text().is_empty() => {
                self.line.clear();
                self.changed();
            }
            Input::Chord(Key::Esc) => return (None, effects),
            Input::Chord(Key::Up) => self.top = self.top.saturating_sub(1),
            Input::Chord(Key::Down) => self.top += 1,
            Input::Chord(Key::PageUp) => self.top = self.top.saturating_sub(page),
            Input::Chord(Key::PageDown) => self.top += page,
            Input::Chord(Key::Tab) => effects = ask_log(model),
            Input::Chord(Key::Enter) => self.go(model),
            Input::Chord(key) => {
                if self.line.key(*key) {
                    self.changed();
                }
            }
            Input::Paste(text, _) => {
                self.line.insert(text);
                self.changed();
            }
        }
        let columns = usize::from(areas(model).sheet.0);
        let last = labelled(model, &self.lines(model), columns).len() + 1;
        self.top = self.top.min(last.saturating_sub(page + 1));
        (Some(Dialog::Explain(self)), effects)
    }

    fn changed(&mut self) {
        self.asked = explain::ask(self.line.text());
        self.top = 0;
    }

    /// Offers what the checks found here, to go there.
    fn go(&self, model: &mut Model) {
        let mut found: Vec<&Finding> = Vec::new();
        let all: Vec<Finding> = model.findings.all.iter().map(|f| (**f).clone()).collect();
        for (problem, _) in &self.asked.problems {
            for finding in
                here::causes(problem, &self.asked.keyrings, &model.state, &all).iter().flat_map(|h| &h.found)
            {
                if !found.contains(finding) {
                    found.push(finding);
                }
            }
        }
        let way = |f: &&Finding| {
            let (pane, row) = RowKey::of(&f.subject)?;
            Some(item(
                format!("{}: {} {}", visible(&f.subject.to_string()), f.rule, f.text),
                Action::Go(Target::Row(pane, row)),
            ))
        };
        let items: Vec<_> = found.iter().filter_map(way).collect();
        if items.is_empty() {
            return model.say(Mood::Plain, "Nothing in this workspace is known to be a cause of it.");
        }
        let note = "Backspace comes back from there.".to_owned();
        let lines = vec![Text::line(note, Role::Dim)];
        model.dialogs.push(Dialog::Menu(Menu::new("Found here", lines, items)));
    }

    fn lines(&self, model: &Model) -> Vec<Text> {
        if self.line.text().trim().is_empty() {
            let help = [
                "Type or paste a message of Domino, OpenSSL or a browser, a line of a log, or a status number.",
                "For example: keyring file not found; 4171; 0x0E5A; ERR_CERT_COMMON_NAME_INVALID.",
                "Tab reads a whole log file.",
            ];
            return help.map(|text| Text::line(text, Role::Dim)).into();
        }
        let mut out = Vec::new();
        for status in &self.asked.numbers {
            let parts = if status.parts.is_empty() { String::new() } else { format!(" ({})", status.parts) };
            out.push(Text::line(format!("{}: {}{parts}", status.title(), status.text), Role::Text));
        }
        out.extend(
            self.asked.keyrings.iter().map(|ring| Text::line(here::keyring(ring, &model.state), Role::Text)),
        );
        for (problem, _) in &self.asked.problems {
            if !out.is_empty() {
                out.push(Text::line("", Role::Text));
            }
            out.extend(told(model, problem, &self.asked.keyrings));
        }
        if !self.asked.is_answered() {
            out.push(Text::line("Nothing is known of it.", Role::Warn));
            if !self.asked.nearest.is_empty() {
                out.push(Text::line("The nearest are:", Role::Text));
            }
            let near = self.asked.nearest.iter().filter_map(|p| p.texts.first());
            out.extend(near.map(|text| Text::line(format!("  {text}"), Role::Dim)));
        }
        out
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let room = columns.saturating_sub(6);
        let (shown, at) = self.line.shown(room, "");
        let prompt = vec![ink.span(Role::Prompt, "Text: "), ink.span(Role::Input, &fit(&shown, room, ""))];
        let mut body = vec![prompt.into(), ink.line(Role::Text, "")];
        body.extend(labelled(model, &self.lines(model), columns));
        Sheet {
            title: "Explain".into(),
            body,
            cursor: (self.top == 0).then_some((0, at + 6)),
            top: Some(self.top),
            hints: vec![
                hint("Enter", "go to what was found", 90),
                hint("Esc", if self.line.text().is_empty() { "back" } else { "another text" }, 85),
                hint("PgDn", "more", 70),
                hint("Tab", "read a log", 60),
            ],
            tall: true,
            ..Sheet::default()
        }
    }
}

/// Lays a problem out, with what the checks found here under each cause.
pub(super) fn told(model: &Model, problem: &'static Problem, keyrings: &[String]) -> Vec<Text> {
    let entry = |label: String, role, text: &str| Text { label, text: text.into(), role };
    let mut out = vec![
        Text::line(problem.title, Role::Title),
        Text::line(problem.meaning, Role::Text),
        Text::line("", Role::Text),
    ];
    out.push(Text::line("Causes, the likeliest first", Role::Title));
    let all: Vec<Finding> = model.findings.all.iter().map(|f| (**f).clone()).collect();
    for (number, here) in here::causes(problem, keyrings, &model.state, &all).iter().enumerate() {
        out.push(entry(format!("{}", number + 1), Role::Text, here.cause.text));
        for finding in &here.found {
            let text = format!("{} {}: {}", finding.severity.word(), finding.rule, finding.text);
            out.push(entry("  here".into(), role(finding.severity), &text));
            if !finding.remedy.is_empty() {
                out.push(entry(" ".into(), Role::Dim, &finding.remedy));
            }
        }
        if here.elsewhere > 0 {
            out.push(entry(
                " ".into(),
                Role::Dim,
                &format!("and {} about something else here", here.elsewhere),
            ));
        } else if here.found.is_empty() && !here.cause.rules.is_empty() {
            let text = if model.findings.known { "not in this workspace" } else { "the checks are running" };
            out.push(entry(" ".into(), Role::Dim, text));
        }
    }
    out.push(Text::line("", Role::Text));
    out.push(Text::line("Look at", Role::Title));
    out.extend(problem.look.iter().map(|look| entry("-".into(), Role::Text, look)));
    if !problem.known.is_empty() {
        out.extend([Text::line("", Role::Text), Text::line(problem.known, Role::Dim)]);
    }
    out
}
