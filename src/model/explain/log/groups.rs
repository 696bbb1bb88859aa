//! What happened in a log, grouped: a bounded number of groups, and an honest row for what found no place.

use std::collections::HashMap;

use super::line::{Event, Sort};
use crate::model::escape::visible;

/// So many groups are kept, each of a peer of its own.
pub(super) const GROUPS: usize = 2000;
/// So many more are kept for all other peers together, by keyring and by what happened.
const TOGETHER: usize = 200;
/// So many are kept at most.
pub(super) const MOST: usize = GROUPS + TOGETHER;
/// Whom those happened with.
const OTHER_PEERS: &str = "other peers";
/// So many characters of the first line of a group are kept.
pub(super) const EXAMPLE: usize = 240;
/// So many characters of what groups are told apart by are kept.
const LABEL: usize = 120;

/// A place in a log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// The number of the line, from 1.
    pub line: u64,
    /// The time by the clock of the server, if the line or one before it has one.
    pub at: Option<i64>,
}

/// The same that happened several times.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// What happened.
    pub sort: Sort,
    /// Whom it happened with; empty where the log does not say. Escaped, as the texts that follow.
    pub peer: String,
    /// The keyring as the log writes it.
    pub ring: String,
    /// The status, cipher, version or text.
    pub what: String,
    /// The problem of the table, by its name; may be empty.
    pub problem: &'static str,
    /// How often.
    pub count: u64,
    /// The first time.
    pub first: Place,
    /// The last time.
    pub last: Place,
    /// Most in one minute; 0 where the lines have no time.
    pub peak: u64,
    /// The first line.
    pub example: String,
    minute: (i64, u64),
}

/// What found no place among the groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Others {
    /// How often something happened that belongs to none of the groups.
    pub count: u64,
    /// The first time.
    pub first: Option<Place>,
    /// The last time.
    pub last: Option<Place>,
}

/// The groups while a log is read.
#[derive(Default)]
pub(super) struct Groups {
    all: Vec<Group>,
    by_key: HashMap<String, usize>,
    key: String,
    others: Others,
}

impl Groups {
    /// Counts what happened.
    pub(super) fn add(&mut self, event: &Event<'_>, place: Place, line: &str) {
        if !self.count(event, GROUPS, place, line) {
            let event = Event { peer: if event.peer.is_empty() { "" } else { OTHER_PEERS }, ..*event };
            if !self.count(&event, MOST, place, line) {
                self.others.count += 1;
                self.others.first = self.others.first.or(Some(place));
                self.others.last = Some(place);
            }
        }
    }

    /// Counts it in its group, or in a new one as long as there are not that many; tells whether it did.
    fn count(&mut self, event: &Event<'_>, most: usize, place: Place, line: &str) -> bool {
        self.key.clear();
        for part in [event.sort.words(), event.peer, event.ring, event.what] {
            self.key.extend(part.chars().take(LABEL));
            self.key.push('\0');
        }
        let known = self.by_key.get(self.key.as_str()).and_then(|at| self.all.get_mut(*at));
        if let Some(group) = known {
            group.again(place);
            return true;
        }
        if self.all.len() >= most {
            return false;
        }
        let label = |text: &str| visible(&text.chars().take(LABEL).collect::<String>());
        let mut group = Group {
            sort: event.sort,
            peer: label(event.peer),
            ring: label(event.ring),
            what: label(&event.what.replace(['[', ']'], "")),
            problem: event.problem,
            count: 0,
            first: place,
            last: place,
            peak: 0,
            example: visible(&line.chars().take(EXAMPLE).collect::<String>()),
            minute: (i64::MIN, 0),
        };
        group.again(place);
        self.by_key.insert(self.key.clone(), self.all.len());
        self.all.push(group);
        true
    }

    /// Returns the groups, the worst sort first, of each the most frequent first.
    pub(super) fn end(self) -> (Vec<Group>, Others) {
        let mut all = self.all;
        all.sort_by_key(|group| (group.sort, std::cmp::Reverse(group.count), group.first.line));
        (all, self.others)
    }
}

impl Group {
    fn again(&mut self, place: Place) {
        self.count += 1;
        self.last = place;
        if let Some(minute) = place.at.map(|at| at.div_euclid(60)) {
            self.minute = if self.minute.0 == minute { (minute, self.minute.1 + 1) } else { (minute, 1) };
            self.peak = self.peak.max(self.minute.1);
        }
    }
}
