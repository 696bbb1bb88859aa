//! Draws the model. Changes nothing.

use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;

use super::areas::{Areas, LEAST};
use super::dialog::viewer::{Text, labelled};
use super::dialog::{Hint, Sheet};
use super::job::Job;
use super::model::{Focus, Model, Mood};
use super::pane::{Cell, PaneId};
use super::theme::Role;
use super::widget::ink::Ink;
use super::widget::text::{cut, fit, width, wrap};
use super::{columns, command};

pub use super::areas::areas;

/// Draws the model into the frame.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let buf = frame.buffer_mut();
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let text = format!("The console needs {} columns and {} rows.", LEAST.0, LEAST.1);
        for (y, line) in (0..area.height).zip(wrap(&text, usize::from(area.width))) {
            put(buf, area, y, &model.ink().line(Role::Text, &line));
        }
        return;
    }
    let areas = areas(model);
    put(buf, areas.tabs, 0, &super::tabs::line(model, usize::from(areas.tabs.width)));
    let mut cursor = list(model, buf, &areas);
    if let Some(area) = areas.detail {
        detail(model, buf, area, &areas);
    }
    let mut hints = hints(model);
    if let Some(dialog) = model.dialogs.last() {
        let sheet = dialog.sheet(model, usize::from(areas.sheet.0));
        cursor = draw_sheet(model.ink(), buf, areas.body, &sheet);
        hints = sheet.hints;
    }
    if let Some(at) = status(model, buf, areas.status) {
        cursor = Some(at);
    }
    let columns = usize::from(areas.footer.width);
    let footer = match &model.focus {
        Focus::Filter(line) if model.dialogs.is_empty() => {
            let ink = model.ink();
            let (text, role) = super::filter::under(model, line, columns);
            ink.line(role, &cut(&ink.symbols.text(&text), columns, ink.symbols.ellipsis))
        }
        _ => footer(model.ink(), hints, columns),
    };
    put(buf, areas.footer, 0, &footer);
    if let Some(at) = cursor.filter(|at| area.contains(*at)) {
        frame.set_cursor_position(at);
    }
}

/// Returns how many lines the detail of the selected row has beyond the first.
pub fn detail_height(model: &Model) -> usize {
    let columns = areas(model).detail.map_or(0, |a| usize::from(a.width));
    detail_lines(model, columns).len().saturating_sub(1)
}

/// Writes one line into a row of an area, cut to it.
fn put(buf: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    if row < area.height {
        let y = area.y.saturating_add(row);
        buf.set_line(area.x, y, line, area.width);
    }
}

fn list(model: &Model, buf: &mut Buffer, areas: &Areas) -> Option<Position> {
    let (ink, area, pane) = (model.ink(), areas.list, model.here());
    if model.count() == 0 {
        empty(model, buf, area);
        return Some(Position::new(area.x, area.y));
    }
    let widths = columns::widths(model.pane().columns, usize::from(area.width).saturating_sub(2));
    let whole = vec![usize::from(area.width).saturating_sub(3)];
    let sorted = (model.pane().sorted)(model);
    let head = |title: &str| match title == sorted {
        true if pane.reverse => Cell::of(Role::Title, format!("{title} {}", ink.symbols.down)),
        true => Cell::of(Role::Title, format!("{title} {}", ink.symbols.up)),
        false => Cell::of(Role::Title, title),
    };
    let heads: Vec<_> = model.pane().columns.iter().map(|c| head(c.title)).collect();
    put(buf, area, 0, &row(ink, &heads, &widths, "  "));
    let mut cursor = None;
    for line in 0..areas.rows {
        let index = pane.top.saturating_add(usize::from(line));
        let Some(key) = model.row(index) else { break };
        let marked = pane.marked.contains(&key);
        let selected = index == pane.cursor;
        let lead = match (selected, marked) {
            (true, true) => format!("{}{}", ink.symbols.pointer, ink.symbols.mark),
            (true, false) => format!("{} ", ink.symbols.pointer),
            (false, true) => format!(" {}", ink.symbols.mark),
            (false, false) => "  ".into(),
        };
        let cells = (model.pane().cells)(model, &key);
        let cells = cells.unwrap_or_else(|| vec![Cell::of(Role::Dim, "being read")]);
        // The head of a group is one cell over all columns.
        let widths = if cells.len() == 1 { &whole } else { &widths };
        let mut text = row(ink, &cells, widths, &lead);
        if marked {
            text = text.patch_style(ink.style(Role::Marked));
        }
        if selected {
            text = text.patch_style(ink.style(Role::Selected));
            cursor = Some(Position::new(area.x, area.y.saturating_add(line).saturating_add(1)));
        }
        put(buf, area, line.saturating_add(1), &text);
    }
    cursor
}

fn row(ink: Ink, cells: &[Cell], widths: &[usize], lead: &str) -> Line<'static> {
    let mut spans = vec![ink.symbol(Role::Text, lead)];
    for (cell, columns) in cells.iter().zip(widths).filter(|(_, w)| **w > 0) {
        let text = fit(&ink.symbols.text(&cell.text), *columns, ink.symbols.ellipsis);
        spans.extend([ink.symbol(cell.role, text), ink.symbol(Role::Text, " ")]);
    }
    Line::from(spans)
}

/// Says what can be done first, each as a key with one line of why.
fn empty(model: &Model, buf: &mut Buffer, area: Rect) {
    let ink = model.ink();
    let pane = model.here();
    let mut lines: Vec<Line<'static>> = Vec::new();
    if !pane.filter.is_empty() || pane.findings {
        let text = if pane.findings { "Nothing is wrong here." } else { "Nothing fits the filter." };
        lines.push(ink.line(Role::Title, text));
        lines.push(ink.line(Role::Text, "Esc shows every row again."));
    } else {
        let none = match model.pane {
            PaneId::Findings => model.findings.none().to_owned(),
            pane => format!("No {} yet.", pane.pane().title.to_lowercase()),
        };
        lines.push(ink.line(Role::Title, &none));
        lines.push(ink.line(Role::Text, ""));
        let columns = usize::from(area.width);
        for (name, why) in (model.pane().empty)(model) {
            let Some(command) = command::find(name) else { continue };
            let key = match command.scope {
                command::Scope::Pane(id) if id != model.pane => {
                    format!("{} {}", id.index() + 1, model.key_of(command))
                }
                _ => model.key_of(command),
            };
            for (i, part) in wrap(why, columns.saturating_sub(8).max(1)).iter().enumerate() {
                let key = if i == 0 { fit(&key, 6, "") } else { " ".repeat(6) };
                lines.push(vec![ink.span(Role::Key, &format!("  {key}")), ink.span(Role::Text, part)].into());
            }
        }
        for unread in &model.state.unreadable {
            let text = format!("Not read: {unread}");
            lines.extend(wrap(&ink.symbols.text(&text), columns).iter().map(|l| ink.line(Role::Warn, l)));
        }
    }
    for (i, line) in (0..area.height).zip(&lines) {
        put(buf, area, i, line);
    }
}

fn detail(model: &Model, buf: &mut Buffer, area: Rect, areas: &Areas) {
    let ink = model.ink();
    let focused = model.focus == Focus::Detail && model.dialogs.is_empty();
    let role = if focused { Role::FocusedBorder } else { Role::Border };
    let set = ink.symbols.border;
    if areas.beside {
        let x = area.x.saturating_sub(2);
        for y in area.y..area.bottom() {
            buf.set_line(x, y, &Line::from(ink.symbol(role, set.vertical_left)), 1);
        }
    } else {
        let title = if focused { "[ detail ]" } else { " detail " };
        let rule = set.horizontal_top.repeat(usize::from(area.width).saturating_sub(width(title) + 2));
        let y = area.y.saturating_sub(1);
        let line = Line::from(vec![
            ink.symbol(role, set.horizontal_top.repeat(2)),
            ink.symbol(role, title),
            ink.symbol(role, rule),
        ]);
        buf.set_line(area.x, y, &line, area.width);
    }
    let lines = detail_lines(model, usize::from(area.width));
    for (row, line) in (0..area.height).zip(lines.iter().skip(model.here().detail)) {
        put(buf, area, row, line);
    }
}

fn detail_lines(model: &Model, columns: usize) -> Vec<Line<'static>> {
    let Some(key) = model.selected() else { return Vec::new() };
    let text = |(label, text): (&str, String)| Text {
        role: if label == "Finding" { Role::Warn } else { Role::Text },
        label: label.into(),
        text,
    };
    let entries = model.held.clone().unwrap_or_else(|| (model.pane().detail)(model, &key));
    let texts: Vec<_> = entries.into_iter().map(text).collect();
    labelled(model, &texts, columns)
}

/// Draws the status line: the filter while it is typed, else what was said, what runs, and where the list stands.
fn status(model: &Model, buf: &mut Buffer, area: Rect) -> Option<Position> {
    let ink = model.ink();
    let pane = model.here();
    let count = model.count();
    let place = match count {
        0 => String::new(),
        n => format!("{} of {n}", pane.cursor.saturating_add(1)),
    };
    let sorted = (model.pane().sorted)(model);
    let place = match model.pane().columns.iter().any(|c| c.title == sorted) || sorted.is_empty() {
        true => place,
        false => format!("by {sorted}, {place}"),
    };
    let place = if pane.marked.is_empty() { place } else { format!("{} marked, {place}", pane.marked.len()) };
    let total = usize::from(area.width);
    let room = total.saturating_sub(width(&place) + 1);
    let right = |left: usize| {
        ink.symbol(Role::Dim, format!("{}{place}", " ".repeat(total.saturating_sub(left + width(&place)))))
    };
    if let (Focus::Filter(line), true) = (&model.focus, model.dialogs.is_empty()) {
        let (shown, at) = line.line.shown(room.saturating_sub(1), "");
        let used = width(&ink.symbols.text(&shown)) + 1;
        put(
            buf,
            area,
            0,
            &vec![ink.span(Role::Prompt, "/"), ink.span(Role::Text, &shown), right(used)].into(),
        );
        let x = area.x.saturating_add(u16::try_from(at + 1).unwrap_or(0));
        return Some(Position::new(x, area.y));
    }
    let mut working = model.jobs.values().filter_map(|(job, began)| {
        let seconds = model.now.0.saturating_sub(began.0);
        // A list follows each key that is typed; only when it takes its time, that is said.
        let told = seconds > 1 || *job != Job::Ids;
        job.words().filter(|_| told).map(|w| {
            if seconds > 1 { format!("Working: {w} ({seconds} s)") } else { format!("Working: {w}") }
        })
    });
    let narrowed = match (pane.findings, pane.filter.as_str()) {
        (false, "") => String::new(),
        (true, "") => "! findings only; Esc shows all".into(),
        (_, filter) => format!("/{filter}; Esc shows all"),
    };
    let (text, role) = match (working.next_back(), &model.status) {
        // A refusal is an answer to the last key: it is not hidden by what still runs.
        (_, Some(said)) if matches!(said.mood, Mood::Warn | Mood::Bad) => {
            (said.text.clone(), said.mood.role())
        }
        (Some(work), _) => (work, Role::Title),
        (None, Some(said)) => (said.text.clone(), said.mood.role()),
        (None, None) => (narrowed, Role::Dim),
    };
    let text = ink.symbols.text(&text.replace('\n', " "));
    if width(&text) > room && model.status.is_some() {
        over(ink, buf, area, &text, role, &place);
        return None;
    }
    let text = cut(&text, room, ink.symbols.ellipsis);
    let used = width(&text);
    put(buf, area, 0, &vec![ink.span(role, &text), right(used)].into());
    None
}

/// Draws what is longer than the status line over the lines above it as well: half a reason is none.
fn over(ink: Ink, buf: &mut Buffer, area: Rect, text: &str, role: Role, place: &str) {
    let total = usize::from(area.width);
    let most = usize::from(buf.area.height / 6).max(1);
    let mut lines = wrap(text, total);
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = cut(&format!("{last} {}", " ".repeat(total)), total, ink.symbols.ellipsis);
        }
    }
    for (rise, line) in (0..).zip(lines.iter().rev()) {
        let row = Rect { y: area.y.saturating_sub(rise), ..area };
        let place = if rise == 0 && width(line) + width(place) < total { place } else { "" };
        let text = ink.span(role, &fit(line, total.saturating_sub(width(place)), ""));
        put(buf, row, 0, &vec![text, ink.symbol(Role::Dim, place)].into());
    }
}

/// Lists the hints of the present pane: commands that can run, and how to move on.
fn hints(model: &Model) -> Vec<Hint> {
    let fit = command::all().filter(|c| c.weight > 0 && command::reaches(c, model.pane));
    let fit = fit.filter(|c| command::refusal(model, c).is_none());
    let hint = |c: &command::Command| match &model.task {
        Some(_) if c.name == "task.choose" => ("back to the task", 95),
        _ => (c.title, c.weight),
    };
    let hints = fit.map(|c| (model.key_of(c), hint(c)));
    hints.map(|(key, (title, weight))| Hint { key, title: title.into(), weight }).collect()
}

/// Lays hints out in one line: the light ones are left out until the others fit.
pub(super) fn footer(ink: Ink, mut hints: Vec<Hint>, columns: usize) -> Line<'static> {
    let wide = |h: &Hint| width(&h.key) + width(&h.title) + 3;
    while hints.iter().map(wide).sum::<usize>() > columns + 2 {
        let lightest =
            hints.iter().enumerate().min_by_key(|(i, h)| (h.weight, usize::MAX - i)).map(|(i, _)| i);
        match lightest {
            Some(i) => hints.remove(i),
            None => break,
        };
    }
    let spans = hints
        .iter()
        .flat_map(|h| [ink.span(Role::Key, &h.key), ink.span(Role::Text, &format!(" {}  ", h.title))]);
    Line::from(spans.collect::<Vec<_>>())
}

/// Draws a dialog in the middle of the body and returns where its cursor stands.
fn draw_sheet(ink: Ink, buf: &mut Buffer, body: Rect, sheet: &Sheet) -> Option<Position> {
    let height = if sheet.tall {
        body.height
    } else {
        u16::try_from(sheet.head.len() + sheet.body.len() + sheet.foot.len() + 2)
            .unwrap_or(u16::MAX)
            .min(body.height)
    };
    let columns = body.width.min(super::areas::WIDEST);
    let x = body.x.saturating_add(body.width.saturating_sub(columns) / 2);
    let y = body.y.saturating_add(body.height.saturating_sub(height) / 2);
    let area = Rect::new(x, y, columns, height).intersection(body);
    if area.width < 5 || area.height < 3 {
        return None;
    }
    border(ink, buf, area, &sheet.title);
    let mut inner = Rect::new(area.x + 2, area.y + 1, area.width - 4, area.height - 2);
    let head = u16::try_from(sheet.head.len()).unwrap_or(0).min(inner.height / 3);
    for (row, line) in (0..head).zip(&sheet.head) {
        put(buf, inner, row, line);
    }
    (inner.y, inner.height) = (inner.y + head, inner.height - head);
    // The foot has half of it, and what the body leaves.
    let left = inner.height.saturating_sub(u16::try_from(sheet.body.len()).unwrap_or(u16::MAX));
    let foot = u16::try_from(sheet.foot.len()).unwrap_or(0).min(left.max(inner.height / 2));
    let page = usize::from(inner.height.saturating_sub(foot));
    let top = sheet.first(page).min(sheet.body.len().saturating_sub(1));
    for (row, line) in (0..inner.height.saturating_sub(foot)).zip(sheet.body.iter().skip(top)) {
        put(buf, inner, row, line);
    }
    for (row, line) in (inner.height.saturating_sub(foot)..inner.height).zip(&sheet.foot) {
        put(buf, inner, row, line);
    }
    let right = area.right().saturating_sub(1);
    if top > 0 {
        buf.set_line(right, inner.y, &Line::from(ink.symbol(Role::Key, ink.symbols.up)), 1);
    }
    if sheet.body.len() > top + page {
        let y = inner.bottom().saturating_sub(foot + 1);
        buf.set_line(right, y, &Line::from(ink.symbol(Role::Key, ink.symbols.down)), 1);
    }
    let (row, column) = match sheet.cursor {
        Some((row, column)) => (row.checked_sub(top).filter(|r| *r < page)?, column),
        None => (0, 0),
    };
    let x = inner.x.saturating_add(u16::try_from(column).unwrap_or(0)).min(inner.right().saturating_sub(1));
    Some(Position::new(x, inner.y.saturating_add(u16::try_from(row).unwrap_or(0))))
}

fn border(ink: Ink, buf: &mut Buffer, area: Rect, title: &str) {
    let set = ink.symbols.border;
    let inner = usize::from(area.width.saturating_sub(2));
    let title = cut(&ink.symbols.text(title), inner.saturating_sub(4), ink.symbols.ellipsis);
    let rest = set.horizontal_top.repeat(inner.saturating_sub(width(&title) + 3));
    let role = Role::FocusedBorder;
    let head = vec![
        ink.symbol(role, format!("{}{} ", set.top_left, set.horizontal_top)),
        ink.symbol(Role::Title, title),
        ink.symbol(role, format!(" {rest}{}", set.top_right)),
    ];
    put(buf, area, 0, &head.into());
    let blank = format!("{}{}{}", set.vertical_left, " ".repeat(inner), set.vertical_right);
    for row in 1..area.height.saturating_sub(1) {
        put(buf, area, row, &Line::from(ink.symbol(role, blank.clone())));
    }
    let foot = format!("{}{}{}", set.bottom_left, set.horizontal_bottom.repeat(inner), set.bottom_right);
    put(buf, area, area.height.saturating_sub(1), &Line::from(ink.symbol(role, foot)));
}
