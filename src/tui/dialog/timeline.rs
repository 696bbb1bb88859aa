//! Shows when certificates end as a chart by week or by month, and narrows the list to what a bar counts.

use ratatui::text::Line;

use super::scroll::moved;
use super::{Dialog, Sheet, hint};
use crate::model::filter::{self, Clock, Filter, Span, Term, Test};
use crate::store::listing::{Bar, Timeline};
use crate::tui::chord::Key;
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input};
use crate::tui::theme::Role;
use crate::tui::widget::ink::Ink;
use crate::tui::widget::text::{fit, wrap};

/// The chart and the bar that is chosen.
#[derive(Debug, Clone)]
pub struct Chart {
    found: Timeline,
    months: bool,
    /// 0 is what has ended, then the bars, then what ends later.
    cursor: usize,
}

/// Takes what was counted and shows it.
pub(in crate::tui) fn take(model: &mut Model, found: Timeline) {
    model.dialogs.push(Dialog::Timeline(Chart { found, months: false, cursor: 0 }));
}

impl Chart {
    fn bars(&self) -> &[Bar] {
        if self.months { &self.found.months } else { &self.found.weeks }
    }

    fn later(&self) -> usize {
        if self.months { self.found.after_months } else { self.found.after_weeks }
    }

    /// Returns label, total, and how many are in use, if that is known, of a line.
    fn line(&self, index: usize) -> (String, usize, Option<usize>) {
        let bars = self.bars();
        match index.checked_sub(1) {
            None => ("ended, in use".into(), self.found.ended, Some(self.found.ended)),
            Some(n) => match bars.get(n) {
                Some(bar) if self.months => {
                    (bar.from.to_string().chars().take(7).collect(), bar.total, Some(bar.used))
                }
                Some(bar) => (format!("week of {}", bar.from), bar.total, Some(bar.used)),
                None => ("later".into(), self.later(), None),
            },
        }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        let last = self.bars().len() + 1;
        let page = usize::from(crate::tui::view::areas(model).sheet.1).max(1);
        if let Input::Chord(key) = input {
            self.cursor = match key {
                Key::Esc | Key::Char('q' | 'y') => return (None, Vec::new()),
                Key::Enter => {
                    self.narrow(model);
                    return (None, Vec::new());
                }
                Key::Tab | Key::Char('m' | 'w') => {
                    self.months = match key {
                        Key::Char(c) => *c == 'm',
                        _ => !self.months,
                    };
                    0
                }
                _ => moved(*key, self.cursor, last, page),
            };
        }
        (Some(Dialog::Timeline(self)), Vec::new())
    }

    /// Narrows the list to what the chosen line counts.
    fn narrow(&self, model: &mut Model) {
        let terms = match self.cursor.checked_sub(1).map(|n| self.bars().get(n)) {
            None => Timeline::ended_terms(),
            Some(Some(bar)) => bar.terms(),
            Some(None) => {
                let after = self.bars().last().map(|bar| bar.to);
                let after =
                    after.map(|to| Term { not: false, test: Test::Time(Clock::Ends, Span::After(to)) });
                let kept = Term { not: true, test: Test::Status(filter::Status::Revoked) };
                after.into_iter().chain([kept]).collect()
            }
        };
        let mut filter: Filter = filter::parse(&model.here().filter).unwrap_or_default();
        for term in terms {
            if !filter.terms.contains(&term) {
                filter.terms.push(term);
            }
        }
        let pane = model.here_mut();
        (pane.filter, pane.cursor, pane.top) = (filter.to_string(), 0, 0);
        model.list();
        model.say(Mood::Plain, format!("Listed: {}. Esc shows every row.", filter.explain()));
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let most = self.bars().iter().map(|b| b.total).chain([self.found.ended]).max().unwrap_or(0);
        let room = columns.saturating_sub(LABEL + COUNT + 2);
        let body = (0..self.bars().len() + 2).map(|index| {
            let (label, total, used) = self.line(index);
            let chosen = index == self.cursor;
            let pointer = if chosen { ink.symbols.pointer } else { " " };
            let role = match index {
                _ if chosen => Role::Selected,
                0 if total > 0 => Role::Bad,
                _ => Role::Text,
            };
            let head = fit(&format!("{pointer} {label}"), LABEL, ink.symbols.ellipsis);
            let mut spans = vec![ink.symbol(role, head), ink.symbol(Role::Text, format!("{total:>COUNT$} "))];
            if let Some(used) = used {
                spans.extend(bar(ink, total, used, most, room));
            }
            Line::from(spans)
        });
        let (_, total, used) = self.line(self.cursor);
        let of = used.map_or_else(String::new, |used| format!(", {used} of them in keyrings or certifiers"));
        let verb = if total == 1 { "ends" } else { "end" };
        let text = format!("{total} {verb}{of}; Enter lists them.");
        let narrowed = &model.here().filter;
        let narrowed =
            if narrowed.is_empty() { String::new() } else { format!(" Counted within /{narrowed}.") };
        let key = format!(
            "{} in keyrings or certifiers, {} issued alone; revoked ones are not counted.{narrowed}",
            ink.symbols.bar.0, ink.symbols.bar.1
        );
        let foot = std::iter::once(ink.line(Role::Title, &text));
        let by = if self.months { "month" } else { "week" };
        Sheet {
            title: format!("When certificates end, by {by}"),
            body: body.collect(),
            foot: foot.chain(wrap(&key, columns).iter().map(|l| ink.line(Role::Dim, l))).collect(),
            cursor: Some((self.cursor, 0)),
            hints: vec![
                hint("Enter", "list these", 90),
                hint("Esc", "back", 80),
                hint("Tab", if self.months { "by week" } else { "by month" }, 70),
                hint("Up/Down", "choose", 60),
            ],
            tall: true,
            ..Sheet::default()
        }
    }
}

/// The columns of the label.
const LABEL: usize = 20;
/// The columns of the number.
const COUNT: usize = 7;

/// Draws a bar: what is in use, then the rest. What is there at all is seen.
fn bar(ink: Ink, total: usize, used: usize, most: usize, room: usize) -> Vec<ratatui::text::Span<'static>> {
    let length = |count: usize| match (count * room).checked_div(most).unwrap_or(0) {
        0 if count > 0 => 1,
        length => length,
    };
    let (whole, first) = (length(total), length(used).min(length(total)));
    let (full, light) = ink.symbols.bar;
    vec![
        ink.symbol(Role::Text, full.repeat(first)),
        ink.symbol(Role::Dim, light.repeat(whole.saturating_sub(first))),
    ]
}
