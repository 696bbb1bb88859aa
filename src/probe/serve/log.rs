//! What a rehearsal has seen: connections by outcome, repeats collapsed into one entry, a bounded number of entries, and
//! counters whose sum is the number of connections.

use std::collections::VecDeque;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::model::time::Timestamp;

/// How many entries are kept; the one that was not repeated for longest goes first.
const ENTRIES: usize = 500;

/// How a connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// The handshake was done.
    Done,
    /// The handshake was done with a session of before.
    Resumed,
    /// It was sent from the port without TLS to the one with.
    Redirected,
    /// The client ended the handshake.
    RefusedByClient,
    /// The service ended the handshake.
    RefusedHere,
    /// The client does not speak TLS.
    NotTls,
    /// The client did not go on in time.
    TooSlow,
    /// The client went away.
    WentAway,
    /// It was not served: too many at once.
    TurnedAway,
    /// The service failed.
    Failed,
}

impl Outcome {
    /// Every outcome, in the order of reports.
    pub const ALL: [Self; 10] = [
        Self::Done,
        Self::Resumed,
        Self::Redirected,
        Self::RefusedByClient,
        Self::RefusedHere,
        Self::NotTls,
        Self::TooSlow,
        Self::WentAway,
        Self::TurnedAway,
        Self::Failed,
    ];

    /// Returns the outcome in a few words.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Resumed => "done, resumed",
            Self::Redirected => "redirected",
            Self::RefusedByClient => "refused by the client",
            Self::RefusedHere => "refused",
            Self::NotTls => "not TLS",
            Self::TooSlow => "too slow",
            Self::WentAway => "went away",
            Self::TurnedAway => "turned away",
            Self::Failed => "the service failed",
        }
    }
}

/// What was seen of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// How it ended.
    pub outcome: Outcome,
    /// The site that answered; empty when none was chosen. Texts are escaped.
    pub site: String,
    /// Name asked for, version, suite, group: as far as it came.
    pub agreed: String,
    /// The subject of the client's certificate, and what was decided about it; may be empty.
    pub client: String,
    /// Why it ended so, where that is more than its outcome; may be empty.
    pub why: String,
}

/// Connections of one peer that went the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The number of the first connection.
    pub number: u64,
    /// The first connection's peer; the port of a later one differs.
    pub peer: SocketAddr,
    /// What was seen.
    pub seen: Seen,
    /// How many there were.
    pub count: u64,
    /// When the first and the last came.
    pub times: (Timestamp, Timestamp),
}

impl Entry {
    /// Writes the entry as a line: peer, what was agreed, outcome, and how often.
    pub fn text(&self) -> String {
        let seen = &self.seen;
        let mut parts = vec![format!("{}  {}  ", self.number, self.peer)];
        for part in [&seen.agreed, &seen.client].into_iter().filter(|part| !part.is_empty()) {
            parts.push(format!("{part}, "));
        }
        parts.push(seen.outcome.word().into());
        if !seen.why.is_empty() {
            parts.push(format!(": {}", seen.why));
        }
        if self.count > 1 {
            parts.push(format!(" ({} times, the last at {})", self.count, self.times.1.text()));
        }
        parts.concat()
    }

    fn same(&self, peer: IpAddr, seen: &Seen) -> bool {
        self.peer.ip() == peer && self.seen == *seen
    }
}

/// How many connections ended how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// How many have come.
    pub begun: u64,
    /// How many have ended, by outcome in the order of [`Outcome::ALL`].
    pub ended: [u64; Outcome::ALL.len()],
}

impl Tally {
    /// Returns how many are still open: what came, without what has ended.
    pub fn open(&self) -> u64 {
        self.begun.saturating_sub(self.ended.iter().sum())
    }

    /// Writes the counters: `12 connections: 10 done, 1 refused, 1 open`.
    pub fn text(&self) -> String {
        let each = Outcome::ALL.iter().zip(self.ended).map(|(outcome, count)| (count, outcome.word()));
        let parts: Vec<String> = each
            .chain([(self.open(), "open")])
            .filter(|(count, _)| *count > 0)
            .map(|(count, word)| format!("{count} {word}"))
            .collect();
        match self.begun {
            0 => "no connection so far".into(),
            1 => format!("1 connection: {}", parts.join(", ")),
            n => format!("{n} connections: {}", parts.join(", ")),
        }
    }
}

/// The log; shared by the threads of the connections.
#[derive(Debug, Default)]
pub(super) struct Log(Mutex<(Tally, VecDeque<Entry>)>);

impl Log {
    fn lock(&self) -> MutexGuard<'_, (Tally, VecDeque<Entry>)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a connection that has come, and returns its number.
    pub(super) fn begin(&self) -> u64 {
        let tally = &mut self.lock().0;
        tally.begun += 1;
        tally.begun
    }

    /// Writes how a connection ended.
    pub(super) fn end(&self, number: u64, peer: SocketAddr, seen: Seen, now: Timestamp) {
        let mut log = self.lock();
        let (tally, entries) = &mut *log;
        if let Some(count) = tally.ended.get_mut(seen.outcome as usize) {
            *count += 1;
        }
        let known = entries.iter().position(|entry| entry.same(peer.ip(), &seen));
        let entry = match known.and_then(|at| entries.remove(at)) {
            Some(known) => Entry { count: known.count + 1, times: (known.times.0, now), ..known },
            None => Entry { number, peer, seen, count: 1, times: (now, now) },
        };
        entries.push_back(entry);
        if entries.len() > ENTRIES {
            entries.pop_front();
        }
    }

    /// Returns the counters and the entries, the one that was repeated last at the end.
    pub(super) fn read(&self) -> (Tally, Vec<Entry>) {
        let log = self.lock();
        (log.0, log.1.iter().cloned().collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(outcome: Outcome, why: &str) -> Seen {
        Seen { outcome, site: "mail".into(), agreed: "no SNI".into(), client: String::new(), why: why.into() }
    }

    #[test]
    fn repeats_become_one_entry_and_the_counters_add_up() {
        let log = Log::default();
        for n in 0..1000_u16 {
            let number = log.begin();
            let peer = SocketAddr::from(([127, 0, 0, 1], 1000 + n));
            let outcome = if n % 10 == 0 { Outcome::RefusedHere } else { Outcome::Done };
            log.end(number, peer, seen(outcome, ""), Timestamp(i64::from(n)));
        }
        log.begin();
        let (tally, entries) = log.read();
        assert_eq!(entries.len(), 2);
        assert_eq!(entries.iter().map(|e| e.count).sum::<u64>(), 1000);
        let done = &entries[1];
        assert_eq!((done.number, done.count, done.times), (2, 900, (Timestamp(1), Timestamp(999))));
        assert!(done.text().contains("(900 times, the last at 1970-01-01 00:16:39 UTC)"), "{}", done.text());
        assert_eq!(tally.begun, tally.ended.iter().sum::<u64>() + tally.open());
        assert_eq!(tally.text(), "1001 connections: 900 done, 100 refused, 1 open");
    }

    #[test]
    fn the_log_is_bounded_and_the_counters_are_not_lost_with_entries() {
        let log = Log::default();
        for n in 0..(ENTRIES * 2) {
            let number = log.begin();
            let peer = SocketAddr::from(([127, 0, 0, 1], 1000));
            log.end(number, peer, seen(Outcome::NotTls, &n.to_string()), Timestamp(0));
        }
        let (tally, entries) = log.read();
        assert_eq!(entries.len(), ENTRIES);
        assert_eq!((tally.begun, tally.open()), (ENTRIES as u64 * 2, 0));
        assert_eq!(entries[0].number, ENTRIES as u64 + 1);
    }
}
