//! The lines of a form: a field of a record while it is edited, and the way back into the record.

use crate::model::cipher::{PRESETS, write_list};
use crate::model::field::{Field, Kind, Look, Record};
use crate::tui::chord::Key;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widget::line_edit::LineEdit;
use crate::tui::widget::text::{cut, fit, width, wrap};

/// A field while it is edited.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) help: &'static str,
    pub(super) kind: Kind,
    pub(super) before: String,
    pub(super) edit: LineEdit,
    pub(super) error: Option<String>,
}

impl Line {
    /// Tells whether anything was typed or chosen.
    pub(super) fn touched(&self) -> bool {
        self.edit.text() != self.before
    }
}

/// Makes the lines for the fields that a record has.
pub(super) fn lines<T: Record>(record: &T, look: &Look<'_>, editing: bool) -> Vec<Line> {
    some_lines(record, look, |f| f.is_set(editing))
}

/// Makes the lines for those fields of a record that are asked now. A field of several texts has a line for each, and an
/// empty one to write another.
pub(super) fn some_lines<T: Record>(
    record: &T,
    look: &Look<'_>,
    asked: impl Fn(&Field<T>) -> bool,
) -> Vec<Line> {
    let mut lines = Vec::new();
    for f in record.own().filter(|f| asked(f)) {
        let before = (f.get)(record, look);
        let line = |before: &str, label| {
            let edit = if f.kind == Kind::Secret { LineEdit::secret() } else { LineEdit::new(before) };
            Line { name: f.name, label, help: f.help, kind: f.kind, before: before.into(), edit, error: None }
        };
        match f.kind {
            Kind::Lines => {
                let texts = before.lines().chain(std::iter::once(""));
                lines.extend(texts.enumerate().map(|(i, t)| line(t, if i == 0 { f.label } else { "" })));
            }
            _ => lines.push(line(&before, f.label)),
        }
    }
    lines
}

/// Adds an empty line below the lines of a field of several texts, once the last of them says something.
pub(super) fn grow(lines: &mut Vec<Line>, at: usize) {
    let Some(name) = lines.get(at).filter(|l| l.kind == Kind::Lines).map(|l| l.name) else { return };
    let last = lines.iter().rposition(|l| l.name == name);
    if let Some((last, full)) =
        last.and_then(|i| Some((i, lines.get(i)?))).filter(|(_, l)| !l.edit.text().is_empty())
    {
        let empty =
            Line { label: "", before: String::new(), edit: LineEdit::default(), error: None, ..full.clone() };
        lines.insert(last + 1, empty);
    }
}

/// Sets the fields of a record from the lines; only from those that were changed if `changed` is set. Marks what does not
/// fit.
pub(super) fn fill<T: Record>(record: &mut T, lines: &mut [Line], changed: bool) -> bool {
    let mut good = true;
    for group in lines.chunk_by_mut(|a, b| a.name == b.name) {
        let touched = group.iter().any(Line::touched);
        group.iter_mut().for_each(|line| line.error = None);
        if changed && !touched {
            continue;
        }
        let set = match &*group {
            [one] if one.kind != Kind::Lines => record.set(one.name, one.edit.text()),
            all => {
                let text = all.iter().map(|l| l.edit.text()).collect::<Vec<_>>().join("\n");
                all.first().map_or(Ok(()), |l| record.set(l.name, &text))
            }
        };
        if let (Err(why), Some(line)) = (set, group.first_mut()) {
            line.error = Some(why);
            good = false;
        }
    }
    good
}

/// Shows in the lines that were not touched what the record says now, and those of the fields that it has now; what was
/// typed stays.
pub(super) fn follow<T: Record>(record: &T, lines: &mut Vec<Line>, look: &Look<'_>, editing: bool) {
    let old = std::mem::replace(lines, self::lines(record, look, editing));
    let groups = std::mem::take(lines);
    for new in groups.chunk_by(|a, b| a.name == b.name) {
        let of = |l: &&Line| new.first().is_some_and(|n| n.name == l.name);
        if old.iter().filter(of).any(Line::touched) {
            lines.extend(old.iter().filter(of).cloned());
        } else {
            let error = old.iter().find(of).and_then(|l| l.error.clone());
            lines.extend(new.iter().cloned());
            if let Some(first) = lines.iter_mut().rev().take(new.len()).last() {
                first.error = error;
            }
        }
    }
}

/// Compares a password with its repetition, where a form has both.
pub(super) fn passwords(lines: &mut [Line]) -> bool {
    let mut secrets = lines.iter_mut().filter(|l| l.kind == Kind::Secret);
    let (Some(first), Some(second)) = (secrets.next(), secrets.next()) else { return true };
    if first.edit.text().is_empty() {
        first.error = Some("a password is needed: it seals the private key".into());
        false
    } else if first.edit.text() != second.edit.text() {
        second.error = Some("not the same as the one above".into());
        false
    } else {
        true
    }
}

/// Lists what a field can be, where it is one of a set.
pub(super) fn options(model: &Model, line: &Line) -> Option<Vec<String>> {
    let mut options: Vec<String> = match line.kind {
        Kind::Choice(all) => all.iter().map(|c| (*c).to_owned()).collect(),
        Kind::Flag => vec!["yes".into(), "no".into()],
        Kind::Keyring => std::iter::once(String::new()).chain(model.state.keyrings.keys().cloned()).collect(),
        Kind::Certifier => model.state.certifiers.keys().cloned().collect(),
        Kind::Signer => {
            let issue = model.state.certifiers.values().filter(|c| c.status.issues());
            ["itself", "elsewhere"]
                .map(str::to_owned)
                .into_iter()
                .chain(issue.map(|c| c.name.clone()))
                .collect()
        }
        Kind::Profile => model.state.profiles.keys().cloned().collect(),
        Kind::Ciphers => {
            let presets = PRESETS.iter().map(|preset| write_list(Some(preset.suites)));
            std::iter::once(write_list(None)).chain(presets).collect()
        }
        _ => return None,
    };
    // A value that is gone from the workspace stays choosable, or it would be changed unasked.
    if !options.iter().any(|o| o == &line.before) {
        options.push(line.before.clone());
    }
    Some(options)
}

/// Takes a key that goes to another choice.
pub(super) fn choose(line: &mut Line, options: &[String], key: Key) {
    let at = options.iter().position(|o| o == line.edit.text()).unwrap_or(0);
    let count = options.len().max(1);
    let next = match key {
        Key::Left => (at + count - 1) % count,
        Key::Right | Key::Char(' ') => (at + 1) % count,
        Key::Home => 0,
        Key::End => count - 1,
        // A letter goes to the next choice that begins with it.
        Key::Char(c) => {
            let begins = |i: &usize| options.get(*i).is_some_and(|o| o.starts_with(c));
            (1..=count).map(|step| (at + step) % count).find(begins).unwrap_or(at)
        }
        _ => at,
    };
    if let Some(option) = options.get(next) {
        line.edit.set(option);
    }
}

/// The lines of a form as they are drawn.
pub(super) struct Drawn {
    pub(super) body: Vec<ratatui::text::Line<'static>>,
    /// Where the cursor stands: line of the body, column.
    pub(super) cursor: Option<(usize, usize)>,
    /// How many lines below the cursor's belong to it.
    pub(super) below: usize,
}

/// Draws the lines of a form in so many columns, with the cursor in line `at`.
pub(super) fn drawn(model: &Model, lines: &[Line], at: usize, columns: usize) -> Drawn {
    let ink = model.ink();
    let labels = lines.iter().map(|l| width(l.label)).max().unwrap_or(0).min(columns / 2);
    let room = columns.saturating_sub(labels + 6).clamp(1, 60);
    let mut body = Vec::new();
    let (mut cursor, mut below) = (None, 0);
    for (i, line) in lines.iter().enumerate() {
        let here = i == at;
        let mark = if line.touched() { ink.symbols.mark } else { " " };
        let label = fit(line.label, labels, "");
        let mut spans = vec![
            ink.symbol(Role::Marked, format!("{mark} ")),
            ink.span(if here { Role::Title } else { Role::Text }, &format!("{label}  ")),
        ];
        let start = labels + 4;
        if let Some(options) = options(model, line) {
            let shown = if line.edit.text().is_empty() { "(none)" } else { line.edit.text() };
            let role = if here { Role::Selected } else { Role::Text };
            let many = if options.len() > 1 && here { ("< ", " >") } else { ("  ", "  ") };
            let shown = cut(&ink.symbols.text(shown), room.saturating_sub(4), "");
            spans.extend([
                ink.symbol(Role::Dim, many.0),
                ink.span(role, &shown),
                ink.symbol(Role::Dim, many.1),
            ]);
            if here {
                cursor = Some((body.len(), start + 2));
            }
        } else {
            let (open, close) = ink.symbols.field;
            let inner = room.saturating_sub(2);
            let (shown, before) = line.edit.shown(inner, ink.symbols.hidden);
            spans.push(ink.symbol(Role::Dim, open));
            // Dots of a hidden password are drawn by us and not escaped.
            spans.push(match line.kind {
                Kind::Secret => ink.symbol(Role::Input, fit(&shown, inner, "")),
                _ => ink.span(Role::Input, &fit(&shown, inner, "")),
            });
            spans.push(ink.symbol(Role::Dim, close));
            if here {
                cursor = Some((body.len(), start + width(open) + before));
            }
        }
        body.push(spans.into());
        if let Some(error) = &line.error {
            for part in wrap(&ink.symbols.text(error), columns.saturating_sub(start).max(1)) {
                below += usize::from(here);
                body.push(vec![ink.symbol(Role::Text, " ".repeat(start)), ink.span(Role::Bad, &part)].into());
            }
        }
    }
    Drawn { body, cursor, below }
}
