//! How what was before is listed, told and asked about, for keyrings and documents alike. What it was, they know.

use ratatui::text::Line;

use super::menu::{Action, Menu, item};
use super::viewer::Text;
use super::{Dialog, Sheet, hint, scroll};
use crate::desk::Verb;
use crate::model::escape::visible;
use crate::model::time::{Timestamp, local};
use crate::store::history::{Gone, Made};
use crate::tui::chord::Key;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::view::areas;
use crate::tui::widget::text::{fit, wrap};

/// A version in a list.
pub(super) struct Row {
    pub(super) title: String,
    pub(super) marked: bool,
    pub(super) made: Option<Made>,
    pub(super) what: String,
    pub(super) role: Role,
}

/// The columns for who did it.
fn by(columns: usize) -> usize {
    if columns >= 100 { 20 } else { 10 }
}

/// The columns for what was done: pointer, mark, version, time and name have their room, this has the rest.
fn room(columns: usize) -> usize {
    columns.saturating_sub(2 + 2 + 7 + 18 + by(columns) + 2).max(8)
}

/// Draws a list of versions.
fn table(model: &Model, rows: &[Row], cursor: usize, columns: usize) -> Vec<Line<'static>> {
    let ink = model.ink();
    let text = |text: &str, width| fit(&ink.symbols.text(text), width, ink.symbols.ellipsis);
    let line = |(i, row): (usize, &Row)| {
        let chosen = i == cursor;
        let made = row.made.as_ref();
        let at = made.map_or_else(|| "unknown".into(), |m| minute(model, m.at));
        let who = made.map_or_else(String::new, |m| visible(&m.by));
        let line: Line<'static> = vec![
            ink.symbol(Role::Text, format!("{} ", if chosen { ink.symbols.pointer } else { " " })),
            ink.span(Role::Marked, if row.marked { "* " } else { "  " }),
            ink.span(Role::Text, &text(&row.title, 7)),
            ink.span(Role::Text, &text(&at, 18)),
            ink.span(Role::Text, &text(&who, by(columns))),
            ink.span(row.role, &format!("  {}", text(&visible(&row.what), room(columns)))),
        ]
        .into();
        if chosen { line.patch_style(ink.style(Role::Selected)) } else { line }
    };
    rows.iter().enumerate().map(line).collect()
}

/// Names a history.
pub(super) fn title(name: &str, deleted: Option<&Made>) -> String {
    match deleted {
        Some(deleted) => format!("History of {name}, deleted on {}", deleted.at.date()),
        None => format!("History of {name}"),
    }
}

/// Shows a list of versions.
pub(super) fn sheet(
    model: &Model,
    title: String,
    rows: &[Row],
    cursor: usize,
    foot: Vec<Line<'static>>,
    restore: &'static str,
    columns: usize,
) -> Sheet {
    let page = usize::from(areas(model).sheet.1).saturating_sub(foot.len()).max(1);
    Sheet {
        title,
        body: table(model, rows, cursor, columns),
        foot,
        cursor: Some((cursor, 0)),
        top: Some((cursor + 1).saturating_sub(page)),
        hints: vec![
            hint("Esc", "back", 90),
            hint("Enter", "difference", 85),
            hint("u", "undo last change", 80),
            hint("r", restore, 75),
            hint("=", "mark to compare", 60),
        ],
        tall: true,
        ..Sheet::default()
    }
}

/// Says below the list what the row of a version has no room for.
pub(super) fn foot(
    model: &Model,
    made: Option<&Made>,
    more: &[String],
    columns: usize,
) -> Vec<Line<'static>> {
    let ink = model.ink();
    let made = made.map(|m| visible(&m.what)).filter(|what| what.chars().count() > room(columns));
    let all: Vec<_> = made.iter().chain(more).filter(|t| !t.is_empty()).map(String::as_str).collect();
    let lines = wrap(&ink.symbols.text(&all.join("; ")), columns);
    lines.iter().take(3).map(|l| ink.line(Role::Dim, l)).collect()
}

/// Moves in a list of versions by a key that moves.
pub(super) fn moved(model: &Model, cursor: usize, key: Key, count: usize) -> usize {
    let last = count.saturating_sub(1);
    let page = usize::from(areas(model).sheet.1).saturating_sub(2).max(1);
    scroll::moved(key, cursor, last, page)
}

/// Shows what can be brought back.
pub(super) fn choose(
    model: &mut Model,
    title: impl Into<String>,
    hint: &str,
    gone: &[Gone],
    action: impl Fn(String) -> Action,
) {
    let of = |g: &Gone| {
        let (day, by) = (g.last.at.date(), visible(&g.last.by));
        let label = format!("{}: {}, {day} by {by}", g.name, visible(&g.why).trim_end_matches('.'));
        item(label, action(g.name.clone()))
    };
    let items = gone.iter().map(of).collect();
    let lines = vec![Text::line(hint, Role::Dim)];
    model.dialogs.push(Dialog::Menu(Menu::new(title, lines, items)));
}

/// Shows what a verb changes back, and asks.
pub(super) fn ask(model: &mut Model, title: String, lines: Vec<Text>, label: String, verb: Verb) {
    let items = vec![item("Back, nothing is done", Action::Close), item(label, Action::Verb(verb))];
    model.dialogs.push(Dialog::Menu(Menu::new(title, lines, items)));
}

/// Tells who made a version, and when.
pub(super) fn told(model: &Model, label: String, made: Option<&Made>) -> Text {
    let text = made.map_or_else(
        || "the audit chain does not tell of it".to_owned(),
        |m| format!("{} by {}: {}", model.look().time(m.at), visible(&m.by), visible(&m.what)),
    );
    Text { label, text, role: Role::Dim }
}

/// Writes a time to the minute, as the reader's clock shows it where it is known.
fn minute(model: &Model, at: Timestamp) -> String {
    let here = model.settings.zone.as_ref().and_then(|zone| local(at, zone));
    here.unwrap_or_else(|| at.text()).chars().take(16).collect()
}
