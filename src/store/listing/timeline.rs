//! When certificates end: counted by week and by month, for a chart.

use std::collections::BTreeMap;

use super::{Here, Wish, list};
use crate::model::bytes::Digest;
use crate::model::error::Result;
use crate::model::filter::{Clock, Date, Filter, Span, Status, Term, Test, Used};
use crate::model::time::{DAY, Timestamp};
use crate::store::ledger::Ledger;
use crate::store::search::Search;

/// How many weeks are counted.
const WEEKS: usize = 26;
/// How many months are counted.
const MONTHS: usize = 24;

/// What ends in a span of days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bar {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// How many certificates end.
    pub total: usize,
    /// How many of them stand in keyrings or certifiers.
    pub used: usize,
}

/// When certificates that are not revoked end.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timeline {
    /// How many have ended and still stand in keyrings or certifiers.
    pub ended: usize,
    /// By week from Monday to Sunday, this one first; what has ended in it already is not counted.
    pub weeks: Vec<Bar>,
    /// By month, this one first; what has ended in it already is not counted.
    pub months: Vec<Bar>,
    /// How many end after the last week.
    pub after_weeks: usize,
    /// How many end after the last month.
    pub after_months: usize,
}

impl Bar {
    /// Returns the terms that list what the bar counts.
    pub fn terms(&self) -> Vec<Term> {
        let whole = Date { day: 0, ..self.from };
        let span = if whole.first() == self.from.first() && whole.last() == self.to.last() {
            Span::From(whole, whole)
        } else {
            Span::From(self.from, self.to)
        };
        let no = |test| Term { not: true, test };
        vec![
            Term { not: false, test: Test::Time(Clock::Ends, span) },
            no(Test::Time(Clock::Ends, Span::Past(None))),
            no(Test::Status(Status::Revoked)),
        ]
    }
}

impl Timeline {
    /// Makes a chart in which nothing is counted yet.
    fn empty(now: Timestamp) -> Self {
        let day = now.0.div_euclid(DAY);
        // 1970-01-01 was a Thursday.
        let monday = day - (day + 3).rem_euclid(7);
        let at = |day: i64| Date::of(Timestamp(day * DAY));
        let bar = |from, to| Bar { from, to, total: 0, used: 0 };
        let weeks = (0..WEEKS).map(|n| {
            let first = monday + 7 * i64::try_from(n).unwrap_or(0);
            bar(at(first), at(first + 6))
        });
        let mut month = Date { day: 1, ..Date::of(now) };
        let months = (0..MONTHS).map(|_| {
            let last = Date::of(Date { day: 0, ..month }.last());
            let this = bar(month, last);
            month = Date::of(Timestamp(this.to.last().0 + 1));
            this
        });
        Self { weeks: weeks.collect(), months: months.collect(), ..Self::default() }
    }

    /// Counts a certificate; `last` are the last moments of the weeks and of the months.
    fn add(&mut self, ends: Timestamp, used: bool, now: Timestamp, last: &[Vec<Timestamp>; 2]) {
        if ends < now {
            self.ended += usize::from(used);
            return;
        }
        let [weeks, months] = last;
        for (bars, after, last) in [
            (&mut self.weeks, &mut self.after_weeks, weeks),
            (&mut self.months, &mut self.after_months, months),
        ] {
            match bars.get_mut(last.partition_point(|last| *last < ends)) {
                Some(bar) => {
                    bar.total += 1;
                    bar.used += usize::from(used);
                }
                None => *after += 1,
            }
        }
    }

    /// Returns the terms that list what has ended and is still in use.
    pub fn ended_terms() -> Vec<Term> {
        vec![
            Term { not: false, test: Test::Time(Clock::Ends, Span::Past(None)) },
            Term { not: false, test: Test::Used(Used::Anywhere) },
            Term { not: true, test: Test::Status(Status::Revoked) },
        ]
    }
}

/// Counts when what is wished for ends.
pub fn timeline(
    ledger: &dyn Ledger,
    search: &mut Search,
    ordered: &[u32],
    wish: &Wish,
    between: &mut dyn FnMut(),
) -> Result<Timeline> {
    let mut filter: Filter = wish.filter.clone();
    filter.terms.push(Term { not: true, test: Test::Status(Status::Revoked) });
    let wish = Wish { filter, group: None, reverse: false, ..wish.clone() };
    let listing = list(ledger, search, ordered, &wish, between)?;
    let mut timeline = Timeline::empty(wish.at.now);
    let last = [&timeline.weeks, &timeline.months].map(|bars| bars.iter().map(|bar| bar.to.last()).collect());
    let here: BTreeMap<Digest, &Here> = wish.here.iter().map(|one| (one.sha256, one)).collect();
    for (_, digest) in &listing.places {
        if let Some(one) = here.get(digest) {
            timeline.add(one.not_after, true, wish.at.now, &last);
        }
    }
    for id in &listing.ids {
        if let Some(row) = search.columns.row(*id) {
            timeline.add(search.columns.not_after.get(row), false, wish.at.now, &last);
        }
    }
    Ok(timeline)
}
