//! Shows lines to read: a whole record, help, the log of a service, the result of a probe, messages.

use std::collections::VecDeque;

use super::form::{Form, Goal};
use super::scroll::scrolled;
use super::{Dialog, Sheet, hint};
use crate::model::certificate::Certificate;
use crate::pki::{asn1, pem, reading};
use crate::tui::chord::Key;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::{fit, width, wrap};

/// A line of a viewer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Stands before the text in a column of its own; may be empty.
    pub label: String,
    /// The text; it is escaped when drawn, and `\n` begins a new line.
    pub text: String,
    /// How the text looks.
    pub role: Role,
}

impl Text {
    /// Makes a line without a label.
    pub fn line(text: impl Into<String>, role: Role) -> Self {
        Self { label: String::new(), text: text.into(), role }
    }
}

/// Lines to read.
#[derive(Debug, Clone)]
pub struct Viewer {
    /// The title.
    pub title: String,
    /// The lines.
    pub lines: Vec<Text>,
    /// The first line shown, after wrapping.
    pub top: usize,
    /// Whether it shows the log of the rehearsal service and follows it.
    pub follows: bool,
    /// The form that Enter goes on to, where it shows what will be done: its title and what it is for.
    pub then: Option<Box<(String, Goal)>>,
    /// What else there is to read of the same thing, by title; Tab goes on to the first.
    pub others: VecDeque<(String, Vec<Text>)>,
}

impl Viewer {
    /// Makes a viewer of these lines.
    pub fn new(title: impl Into<String>, lines: Vec<Text>) -> Self {
        Self { title: title.into(), lines, top: 0, follows: false, others: VecDeque::new(), then: None }
    }

    /// Makes a viewer of labelled values.
    pub fn of_entries(title: impl Into<String>, entries: Vec<(&'static str, String)>) -> Self {
        let line = |(label, text): (&str, String)| Text { label: label.into(), text, role: Role::Text };
        Self::new(title, entries.into_iter().map(line).collect())
    }

    /// Makes a viewer of a certificate: what it says, its elements, and as PEM. `before` comes first.
    pub fn of_certificate(
        model: &Model,
        certificate: &Certificate,
        before: Vec<(&'static str, String)>,
    ) -> Self {
        let said =
            reading::all(certificate, &model.look()).into_iter().map(|(_, label, value)| (label, value));
        let mut entries = before;
        entries.extend(said);
        let mut viewer = Self::of_entries("Certificate", entries);
        let plain = |text: &str| Text::line(text, Role::Text);
        let der = &certificate.der.0;
        let outline = asn1::text(der).iter().map(|line| plain(line)).collect();
        let pem = pem::write("CERTIFICATE", der).lines().map(plain).collect();
        viewer.others =
            [("ASN.1 (offset, header+length, element)".to_owned(), outline), ("PEM".into(), pem)].into();
        viewer
    }

    /// Makes a viewer of plain lines.
    pub fn of_lines(title: impl Into<String>, lines: Vec<String>) -> Self {
        let line = |text| Text::line(text, Role::Text);
        Self::new(title, lines.into_iter().map(line).collect())
    }

    /// Takes input: it is scrolled, left, or written to a file.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let inner = areas(model).sheet;
        let page = usize::from(inner.1).max(1);
        let last = self.body(model, usize::from(inner.0)).len().saturating_sub(page);
        if let Input::Chord(key) = input {
            self.top = match key {
                Key::Enter if self.then.is_some() => {
                    if let Some(then) = &self.then {
                        let form = Form::new(model, then.0.clone(), then.1.clone());
                        model.dialogs.push(Dialog::Form(form));
                    }
                    self.top
                }
                Key::Esc | Key::Enter | Key::Char('q') => return (None, Vec::new()),
                Key::Tab | Key::BackTab if !self.others.is_empty() => {
                    let here = (std::mem::take(&mut self.title), std::mem::take(&mut self.lines));
                    let next = if *key == Key::Tab {
                        self.others.push_back(here);
                        self.others.pop_front()
                    } else {
                        self.others.push_front(here);
                        self.others.pop_back()
                    };
                    (self.title, self.lines) = next.unwrap_or_default();
                    self.top = 0;
                    return (Some(Dialog::Viewer(self)), Vec::new());
                }
                Key::Char('x') => {
                    let name = format!("{}.txt", super::path::file_name(&self.title));
                    let text = self.lines.iter().fold(String::new(), |out, l| {
                        let label = if l.label.is_empty() { String::new() } else { format!("{}: ", l.label) };
                        out + &label + &crate::model::escape::visible(&l.text.replace('\n', ", ")) + "\n"
                    });
                    let path = super::path::PathLine::write(&name, text.into_bytes(), "text");
                    model.dialogs.push(Dialog::Path(path));
                    self.top
                }
                _ => scrolled(*key, self.top, last, page),
            };
        }
        (Some(Dialog::Viewer(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let mut hints = vec![
            hint("Esc", "back", 90),
            hint("Up/Down", "scroll", 60),
            hint("PgUp/PgDn", "page", 50),
            hint("x", "write to a file", 40),
        ];
        if self.then.is_some() {
            hints.insert(0, hint("Enter", "go on", 95));
        }
        if let Some((next, _)) = self.others.front() {
            hints.insert(1, hint("Tab", next.split(" (").next().unwrap_or(next), 85));
        }
        Sheet {
            title: self.title.clone(),
            body: self.body(model, columns),
            top: Some(self.top),
            hints,
            tall: true,
            ..Sheet::default()
        }
    }

    fn body(&self, model: &Model, columns: usize) -> Vec<ratatui::text::Line<'static>> {
        labelled(model, &self.lines, columns)
    }
}

/// Lays labelled texts out: labels in a column, texts wrapped beside it.
pub(in crate::tui) fn labelled(
    model: &Model,
    lines: &[Text],
    columns: usize,
) -> Vec<ratatui::text::Line<'static>> {
    let ink = model.ink();
    let widest = lines.iter().map(|l| width(&l.label)).max().unwrap_or(0).min(26).min(columns / 2);
    let mut body = Vec::new();
    for line in lines {
        let indent = if widest == 0 || line.label.is_empty() { 0 } else { widest + 2 };
        let mut label = fit(&line.label, indent, "");
        for part in line.text.split('\n') {
            for row in wrap(&ink.symbols.text(part), columns.saturating_sub(indent).max(1)) {
                body.push(vec![ink.span(Role::Dim, &label), ink.span(line.role, &row)].into());
                label = " ".repeat(indent);
            }
        }
    }
    body
}
