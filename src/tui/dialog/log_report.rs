//! What a server's log says about TLS: the groups, and each with its explanation.

use super::explain::told;
use super::scroll::moved;
use super::viewer::{Text, Viewer, labelled};
use super::{Dialog, Sheet, hint};
use crate::model::explain;
use crate::model::explain::log::{Group, Report};
use crate::tui::chord::Key;
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::fit;

/// The groups and the choice.
#[derive(Debug, Clone)]
pub struct LogReport {
    name: String,
    report: Report,
    cursor: usize,
}

/// Shows a report.
pub(in crate::tui) fn show(model: &mut Model, name: String, report: Report) {
    model.dialogs.push(Dialog::LogReport(Box::new(LogReport { name, report, cursor: 0 })));
}

impl LogReport {
    /// Takes input.
    pub fn input(mut self: Box<Self>, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let last = self.report.groups.len().saturating_sub(1);
        if let Input::Chord(key) = input {
            self.cursor = match key {
                Key::Esc | Key::Char('q') => return (None, Vec::new()),
                Key::Enter => {
                    self.explain(model);
                    self.cursor
                }
                _ => moved(*key, self.cursor, last, 10),
            };
        }
        (Some(Dialog::LogReport(self)), Vec::new())
    }

    /// Shows everything of a group, with what it means.
    fn explain(&self, model: &mut Model) {
        let Some(group) = self.report.groups.get(self.cursor) else { return };
        let line = |(label, text): (&str, String)| Text { label: label.into(), text, role: Role::Text };
        let mut lines: Vec<Text> = group.details().into_iter().map(line).collect();
        if let Some(problem) = explain::find(group.problem) {
            lines.push(Text::line("", Role::Text));
            lines.extend(told(model, problem, &explain::ask(&group.ring).keyrings));
        }
        model.dialogs.push(Dialog::Viewer(Viewer::new("Explain", lines)));
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let widths = match columns {
            0..100 => [7, 0, 19, 12, 0, 0, 0],
            100..130 => [8, 0, 20, 14, 20, 0, 0],
            _ => [8, 0, 24, 18, 20, 20, 8],
        };
        let fixed: usize = widths.iter().filter(|w| **w > 0).map(|w| w + 1).sum();
        let what = columns.saturating_sub(fixed + 3).max(10);
        let shown: Vec<(usize, usize)> = widths
            .iter()
            .enumerate()
            .map(|(at, w)| (at, if at == 1 { what } else { *w }))
            .filter(|(_, w)| *w > 0)
            .collect();
        let row = |cells: &[String]| -> String {
            let cell = |(at, width): &(usize, usize)| {
                let text = cells.get(*at).map_or("", String::as_str);
                format!("{} ", fit(&ink.symbols.text(text), *width, ink.symbols.ellipsis))
            };
            shown.iter().map(cell).collect()
        };
        let mut body =
            vec![ink.line(Role::Title, &format!("  {}", row(&Group::HEADINGS.map(str::to_owned))))];
        for (number, group) in self.report.groups.iter().enumerate() {
            let chosen = number == self.cursor;
            let role = if group.sort.fails() { Role::Warn } else { Role::Text };
            let pointer = if chosen { ink.symbols.pointer } else { " " };
            let mut line: ratatui::text::Line<'static> =
                vec![ink.symbol(Role::Text, format!("{pointer} ")), ink.span(role, &row(&group.cells()))]
                    .into();
            if chosen {
                line = line.patch_style(ink.style(Role::Selected));
            }
            body.push(line);
        }
        if self.report.groups.is_empty() {
            body.push(ink.line(Role::Ok, "Nothing about TLS that would need an explanation."));
        }
        let line = |(label, text): (&str, String)| Text { label: label.into(), text, role: Role::Text };
        let summary: Vec<Text> = self.report.summary().into_iter().map(line).collect();
        let foot = labelled(model, &summary, columns);
        let page = usize::from(areas(model).sheet.1).saturating_sub(foot.len()).max(1);
        Sheet {
            title: format!("Log {}", self.name),
            body,
            foot,
            cursor: Some((self.cursor + 1, 0)),
            top: Some((self.cursor + 2).saturating_sub(page)),
            hints: vec![hint("Enter", "explain", 90), hint("Esc", "back", 80), hint("Up/Down", "choose", 60)],
            tall: true,
            ..Sheet::default()
        }
    }
}
