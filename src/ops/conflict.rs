//! What verbs say that would write over a document which was changed since editing began.

use crate::model::State;
use crate::model::error::{Error, Kind};
use crate::model::field::{Look, Record, differences};
use crate::model::time::Timestamp;

/// Shows both versions of a document field by field; `what` names it: `Site www`.
pub(super) fn conflict<T: Record>(state: &State, what: &str, theirs: &T, ours: &T) -> Error {
    let look = Look { state, now: Timestamp::default(), soon: 0, zone: None };
    let rows = differences(theirs, ours, &look);
    let rows = rows.iter().map(|(label, a, b)| format!("{label}: theirs \"{a}\", yours \"{b}\""));
    Error::new(Kind::Conflict, format!("{what} was changed by another console in the meantime."))
        .why(rows.collect::<Vec<_>>().join("; "))
        .next("Keep theirs, or save yours over it after looking at both.")
}
