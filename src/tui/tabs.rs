//! The first line: the panes with their digits, how much the checks have found, and what holds for the whole session.

use ratatui::text::Line;

use super::model::Model;
use super::pane::{PANES, Pane, PaneId};
use super::theme::Role;
use super::widget::text::{cut, width};
use crate::model::finding::Severity;

/// Returns the first line of so many columns. Where it is narrow, blanks go first, then the titles of the other panes.
pub(super) fn line(model: &Model, total: usize) -> Line<'static> {
    let ink = model.ink();
    let titles = |short: bool| -> Vec<String> {
        let title = |pane: &Pane| match (short && pane.id != model.pane, pane.id) {
            (true, _) => String::new(),
            (false, PaneId::Findings) => format!(" {}{}", pane.title, counts(model)),
            (false, _) => format!(" {}", pane.title),
        };
        PANES.iter().enumerate().map(|(i, pane)| format!("{}{}", i + 1, title(pane))).collect()
    };
    let (whole, room) = (titles(false), PANES.len() + 1);
    let used: usize = whole.iter().map(|t| width(t)).sum();
    // Two blanks between two titles, with room for the marks behind them; else one; else digits alone.
    let wide = used + 2 * PANES.len() + MARKS <= total;
    let titles = if used + room <= total { whole } else { titles(true) };
    let (before, after) = if ink.symbols.ascii { ("[", "]") } else { (" ", " ") };
    let mut spans = Vec::new();
    let mut used = 0;
    for (i, (pane, title)) in PANES.iter().zip(&titles).enumerate() {
        let here = pane.id == model.pane;
        let behind = i > 0 && PANES.get(i - 1).is_some_and(|p| p.id == model.pane);
        // In the narrow line two titles share the blank between them; it belongs to the pane that is shown.
        let left = if here { before } else { " " };
        let text =
            format!("{}{title}{}", if behind && !wide { "" } else { left }, if here { after } else { "" });
        let text = if wide && !here { format!("{text} ") } else { text };
        used += width(&text);
        spans.push(ink.span(if here { Role::Selected } else { Role::Text }, &text));
    }
    for (long, short, role) in marks(model) {
        let room = total.saturating_sub(used + 1);
        let text = if width(&long) <= room || short.is_empty() { long } else { short };
        let text = cut(&ink.symbols.text(&text), room, ink.symbols.ellipsis);
        if room < 6 {
            break;
        }
        used += width(&text) + 1;
        spans.extend([ink.symbol(Role::Text, " "), ink.span(role, &text)]);
    }
    Line::from(spans)
}

/// The columns that marks want beside wide titles.
const MARKS: usize = 12;

/// Counts errors and warnings in few letters, `2E 3W`; notes stand in the list alone.
fn counts(model: &Model) -> String {
    let some = |severity, letter| match model.findings.count(severity) {
        0 => String::new(),
        n => format!(" {n}{letter}"),
    };
    some(Severity::Error, 'E') + &some(Severity::Warning, 'W')
}

/// Lists what holds for the session: in words, in fewer words (may be empty), and how it looks.
fn marks(model: &Model) -> Vec<(String, String, Role)> {
    let mut marks = Vec::new();
    if model.settings.read_only.is_some() {
        marks.push(("read-only".to_owned(), String::new(), Role::Warn));
    }
    match model.unlocked.as_slice() {
        [] => {}
        [one] => marks.push((format!("unlocked: {one}"), "unlocked".into(), Role::Warn)),
        several => marks.push((format!("{} unlocked", several.len()), String::new(), Role::Warn)),
    }
    marks.push((model.settings.workspace.clone(), String::new(), Role::Dim));
    marks
}
