//! What a list says of a certificate in a word or two, by revocation and time.

use super::issued::Reason;
use super::time::Timestamp;

/// What a list says of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is valid.
    Good,
    /// It is valid, and ends in so many days.
    Soon(i64),
    /// It has ended.
    Expired,
    /// It is not valid yet.
    NotYet,
    /// It was revoked for good.
    Revoked,
    /// It is on hold, which may be lifted.
    Held,
}

impl Verdict {
    /// Judges by revocation and time; `soon` is the number of days of the warning band.
    pub fn of(
        revoked: Option<Reason>,
        (from, to): (Timestamp, Timestamp),
        now: Timestamp,
        soon: i64,
    ) -> Self {
        match to.days_from(now) {
            _ if revoked.is_some_and(Reason::is_hold) => Self::Held,
            _ if revoked.is_some() => Self::Revoked,
            _ if now < from => Self::NotYet,
            _ if now > to => Self::Expired,
            days if days < soon => Self::Soon(days),
            _ => Self::Good,
        }
    }

    /// Returns the verdict in a word or two.
    pub fn text(self) -> String {
        match self {
            Self::Good => "ok".into(),
            Self::Soon(days) => format!("soon {days} d"),
            Self::Expired => "expired".into(),
            Self::NotYet => "not yet".into(),
            Self::Revoked => "revoked".into(),
            Self::Held => "on hold".into(),
        }
    }

    /// Returns its place in an order that puts first what wants a look first: expired, soon, not yet, ok, revoked.
    pub fn rank(self) -> i64 {
        match self {
            Self::Expired => 0,
            Self::Soon(_) => 1,
            Self::NotYet => 2,
            Self::Good => 3,
            Self::Revoked | Self::Held => 4,
        }
    }
}
