//! Two certificates side by side, field by field, with the differences marked.

use super::scroll::scrolled;
use super::{Dialog, Sheet, hint};
use crate::model::certificate::Certificate;
use crate::pki::reading;
use crate::tui::chord::Key;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::{fit, wrap};

/// Two certificates and how much of them is shown.
#[derive(Debug, Clone)]
pub struct Compare {
    both: Box<(Certificate, Certificate)>,
    differing: bool,
    top: usize,
}

impl Compare {
    /// Shows two certificates.
    pub fn new(first: Certificate, second: Certificate) -> Self {
        Self { both: Box::new((first, second)), differing: false, top: 0 }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let inner = areas(model).sheet;
        let page = usize::from(inner.1).max(1);
        if let Input::Chord(key) = input {
            match key {
                Key::Esc | Key::Enter | Key::Char('q') => return (None, Vec::new()),
                Key::Char('d') => (self.differing, self.top) = (!self.differing, 0),
                Key::Char('s') => {
                    let both = std::mem::replace(&mut self.both.0, self.both.1.clone());
                    self.both.1 = both;
                }
                _ => self.top = scrolled(*key, self.top, usize::MAX, page),
            }
            let last = self.body(model, usize::from(inner.0)).len().saturating_sub(page);
            self.top = self.top.min(last);
        }
        (Some(Dialog::Compare(self)), Vec::new())
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let what = if self.differing { "all fields" } else { "differences only" };
        Sheet {
            title: "Two certificates".into(),
            body: self.body(model, columns),
            top: Some(self.top),
            hints: vec![
                hint("Esc", "back", 90),
                hint("d", what, 80),
                hint("s", "swap", 70),
                hint("Up/Down", "scroll", 60),
            ],
            tall: true,
            ..Sheet::default()
        }
    }

    fn body(&self, model: &Model, columns: usize) -> Vec<ratatui::text::Line<'static>> {
        let ink = model.ink();
        let rows = reading::compare(&self.both.0, &self.both.1, &model.look());
        let total = rows.len();
        let differ = rows.iter().filter(|(_, a, b)| a != b).count();
        let label = rows.iter().map(|(l, ..)| l.len()).max().unwrap_or(0).min(columns / 4);
        let half = columns.saturating_sub(label + 2 + 2 + 3) / 2;
        let mut body = vec![
            ink.line(Role::Dim, &format!("{differ} of {total} fields differ; they are marked with *.")),
            ink.line(Role::Text, ""),
        ];
        for (name, a, b) in rows.iter().filter(|(_, a, b)| !self.differing || a != b) {
            let (mark, role) = if a == b { (" ", Role::Text) } else { ("*", Role::Marked) };
            let lines = |text: &str| -> Vec<String> {
                text.split('\n').flat_map(|part| wrap(&ink.symbols.text(part), half.max(1))).collect()
            };
            let (left, right) = (lines(a), lines(b));
            for i in 0..left.len().max(right.len()) {
                let part = |side: &[String]| fit(side.get(i).map_or("", String::as_str), half, "");
                let (head, sign) = if i == 0 { (*name, mark) } else { ("", " ") };
                body.push(
                    vec![
                        ink.span(role, &format!("{sign} ")),
                        ink.span(Role::Dim, &fit(head, label + 2, "")),
                        ink.span(role, &part(&left)),
                        ink.symbol(Role::Dim, format!(" {} ", ink.symbols.separator)),
                        ink.span(role, &part(&right)),
                    ]
                    .into(),
                );
            }
        }
        body
    }
}
