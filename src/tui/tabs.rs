//! The first line: the panes with their digits, how much the checks have found, and what holds for the whole session.

use ratatui::text::Line;

use super::model::Model;
use super::pane::certifiers::crl;
use super::pane::{PANES, Pane, PaneId};
use super::theme::Role;
use super::widget::text::{cut, width};
use crate::model::finding::Severity;

/// How the first line is laid out.
#[derive(Clone, Copy, PartialEq)]
enum Layout {
    /// Two blanks between two titles.
    Wide,
    /// One blank, and short titles.
    Narrow,
    /// The same with the count of the worst findings alone.
    Close,
    /// Digits alone, but for the pane that is shown.
    Digits,
}

/// Returns the first line of so many columns.
pub(super) fn line(model: &Model, total: usize) -> Line<'static> {
    let ink = model.ink();
    let titles = |layout| -> Vec<String> {
        let title = |(i, pane): (usize, &&Pane)| {
            let title = match layout {
                Layout::Wide => pane.title,
                Layout::Digits if pane.id == model.pane => pane.title,
                Layout::Narrow | Layout::Close => pane.short,
                Layout::Digits => "",
            };
            let mut counts = if pane.id == PaneId::Findings { counts(model) } else { Vec::new() };
            counts.truncate(if layout == Layout::Close { 1 } else { 2 });
            let words = std::iter::once(title.to_owned()).filter(|t| !t.is_empty()).chain(counts);
            std::iter::once((i + 1).to_string()).chain(words).collect::<Vec<_>>().join(" ")
        };
        PANES.iter().enumerate().map(title).collect()
    };
    let marks = marks(model);
    // What holds for the session counts more than titles; the workspace, which is last, may be cut.
    let session = marks.iter().rev().skip(1).map(|(long, ..)| (width(long) + 1).min(MOST));
    let marked: usize = session.sum();
    let columns = |titles: &[String]| titles.iter().map(|t| width(t)).sum::<usize>();
    let fits = |layout: &Layout| match layout {
        Layout::Wide => columns(&titles(Layout::Wide)) + 2 * PANES.len() + marked.max(MARKS) <= total,
        _ => columns(&titles(*layout)) + PANES.len() + marked < total,
    };
    let layout =
        [Layout::Wide, Layout::Narrow, Layout::Close].into_iter().find(fits).unwrap_or(Layout::Digits);
    let (before, after) = if ink.symbols.ascii { ("[", "]") } else { (" ", " ") };
    let (mut spans, mut used) = (Vec::new(), 0);
    let mut behind = false;
    for (pane, title) in PANES.iter().zip(titles(layout)) {
        let here = pane.id == model.pane;
        let text = match (here, layout) {
            (true, _) => format!("{before}{title}{after}"),
            (false, Layout::Wide) => format!(" {title} "),
            // The pane that is shown has its own blank behind it.
            (false, _) if behind => title,
            (false, _) => format!(" {title}"),
        };
        used += width(&text);
        spans.push(ink.span(if here { Role::Selected } else { Role::Text }, &text));
        behind = here;
    }
    for (long, short, role) in marks {
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

/// The columns for which a mark of the session takes titles away.
const MOST: usize = 32;

/// Counts errors and warnings in few letters, `2E 3W`; notes stand in the list alone.
fn counts(model: &Model) -> Vec<String> {
    let some = |(severity, letter)| match model.findings.count(severity) {
        0 => None,
        n => Some(format!("{n}{letter}")),
    };
    [(Severity::Error, 'E'), (Severity::Warning, 'W')].into_iter().filter_map(some).collect()
}

/// Lists what holds for the session: in words, in fewer words (may be empty), and how it looks.
fn marks(model: &Model) -> Vec<(String, String, Role)> {
    let mut marks = Vec::new();
    if model.state.setback.is_some() {
        marks.push(("OLDER LEDGER: nothing is signed".to_owned(), "OLDER LEDGER".to_owned(), Role::Bad));
    }
    if let Some((names, light)) = crl::owed(model) {
        marks.push((format!("CRL owed: {names}"), "CRL owed".to_owned(), crl::role(light)));
    }
    if model.settings.read_only.is_some() {
        marks.push(("read-only".to_owned(), String::new(), Role::Warn));
    }
    match model.unlocked.as_slice() {
        [] => {}
        [one] => {
            let long = model.open_for(Some(one)).map_or_else(String::new, |time| format!(" {time}"));
            marks.push((format!("unlocked: {one}{long}"), format!("unlocked{long}"), Role::Warn));
        }
        several => {
            let long = model.open_for(None).map_or_else(String::new, |time| format!(" {time}"));
            marks.push((format!("{} unlocked{long}", several.len()), String::new(), Role::Warn));
        }
    }
    marks.push((model.settings.workspace.clone(), String::new(), Role::Dim));
    marks
}
