//! What waits in the queue, counted: how many of each kind, since when, and how many for too long.

use super::{Actor, Request, Status};
use crate::model::State;
use crate::model::certifier::Certifier;
use crate::model::time::{DAY, Timestamp};

/// Within how many days a request is to be answered where no certifier says otherwise.
pub const ANSWER_DAYS: u32 = 3;

/// After how many days an open request may be expired where no certifier says otherwise.
pub const REQUEST_DAYS: u32 = 90;

/// How many requests stand at one place of their way, and since when the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// How many.
    pub number: u64,
    /// Since when the oldest of them stands there.
    pub oldest: Option<Timestamp>,
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Queue {
    /// Waits for a first decision.
    pub pending: Count,
    /// Under review: what will be issued was edited.
    pub review: Count,
    /// Back under review, for its signing failed.
    pub failed: Count,
    /// Approved, waits for signing.
    pub approved: Count,
    /// Issued, waits for its requester or keyring.
    pub issued: Count,
    /// Of those that wait for a decision or for signing: how many do so for longer than they are to.
    pub late: u64,
    /// Open requests so old that they may be expired.
    pub expirable: u64,
}

/// Counts what waits: for one certifier (and what nobody has chosen a certifier for yet), or for all.
pub fn queue(state: &State, certifier: Option<&str>, now: Timestamp) -> Queue {
    let mut queue = Queue::default();
    let of = |r: &&Request| certifier.is_none_or(|name| r.certifier().is_none_or(|of| of == name));
    for request in state.requests.values().filter(of) {
        let place = match &request.status {
            Status::Pending => &mut queue.pending,
            Status::UnderReview { failure, .. } if failure.is_empty() => &mut queue.review,
            Status::UnderReview { .. } => &mut queue.failed,
            Status::Approved { .. } => &mut queue.approved,
            Status::Issued { .. } if request.next(state) != Actor::Nobody => &mut queue.issued,
            _ => continue,
        };
        place.number += 1;
        let since = request.since();
        place.oldest = Some(place.oldest.map_or(since, |oldest| oldest.min(since)));
        queue.late += u64::from(request.is_late(state, now));
        queue.expirable += u64::from(request.may_expire(state, now));
    }
    queue
}

impl Queue {
    /// Returns the counts with their words, in the order of the way that requests go.
    pub fn counts(&self) -> [(&'static str, Count); 5] {
        [
            ("pending", self.pending),
            ("under review", self.review),
            ("signing failed", self.failed),
            ("approved", self.approved),
            ("issued, not picked up", self.issued),
        ]
    }

    /// Returns how many wait for a decision or for signing.
    pub fn open(&self) -> u64 {
        self.pending.number + self.review.number + self.failed.number + self.approved.number
    }
}

impl Request {
    /// Tells whether it waits for a decision or for signing longer than the policy of its certifier allows, or the strictest
    /// one where nobody has chosen a certifier.
    pub fn is_late(&self, state: &State, now: Timestamp) -> bool {
        let days = days(self, state, |c| c.policy.answer_days, u32::min, ANSWER_DAYS);
        self.status.is_open() && older(self.since(), days, now)
    }

    /// Returns after how many days it may be expired: as the policy of its certifier says, or the most patient one.
    pub fn days_to_expire(&self, state: &State) -> u32 {
        days(self, state, |c| c.policy.request_days, u32::max, REQUEST_DAYS)
    }

    /// Tells whether it is open and stands where it stands for so long that it may be expired.
    pub fn may_expire(&self, state: &State, now: Timestamp) -> bool {
        self.status.is_open() && older(self.since(), self.days_to_expire(state), now)
    }
}

fn older(since: Timestamp, days: u32, now: Timestamp) -> bool {
    now.0.saturating_sub(since.0) > i64::from(days) * DAY
}

/// What the policy of the chosen certifier says, or of all of them where none is chosen.
fn days(
    request: &Request,
    state: &State,
    get: fn(&Certifier) -> u32,
    among: fn(u32, u32) -> u32,
    usual: u32,
) -> u32 {
    match request.certifier().and_then(|name| state.certifiers.get(name)) {
        Some(certifier) => get(certifier),
        None => state.certifiers.values().map(get).reduce(among).unwrap_or(usual),
    }
}
