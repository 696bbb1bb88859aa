//! What verbs say that would write over a document which was changed since editing began.

use crate::model::State;
use crate::model::error::{Error, Kind, Result};
use crate::model::field::{Look, Record, differences};
use crate::model::time::Timestamp;

/// Checks that a document may be saved over what is there `now`: it is what editing began with, or there is none for a new one.
/// `what` names it: `Site www`; `taken` says that there is one of this name.
///
/// Errors: `taken`; `Conflict` when it was deleted or changed since, with both versions field by field.
pub(super) fn unchanged<T: Record + PartialEq>(
    state: &State,
    what: &str,
    (before, now, after): (Option<&T>, Option<&T>, &T),
    taken: impl FnOnce() -> Error,
) -> Result<()> {
    match (before, now) {
        (None, Some(_)) => Err(taken()),
        (Some(_), None) => Err(Error::new(Kind::Conflict, format!("{what} is gone."))
            .why("Another console deleted it in the meantime.")
            .next("Save it under the same name as a new document, or leave it deleted.")),
        (Some(before), Some(now)) if before != now => Err(conflict(state, what, now, after)),
        _ => Ok(()),
    }
}

/// Shows both versions of a document field by field; `what` names it: `Site www`.
pub(super) fn conflict<T: Record>(state: &State, what: &str, theirs: &T, ours: &T) -> Error {
    let look = Look { state, now: Timestamp::default(), soon: 0, zone: None };
    let rows = differences(theirs, ours, &look);
    let rows = rows.iter().map(|(label, a, b)| format!("{label}: theirs \"{a}\", yours \"{b}\""));
    Error::new(Kind::Conflict, format!("{what} was changed by another console in the meantime."))
        .why(rows.collect::<Vec<_>>().join("; "))
        .next("Keep theirs, or save yours over it after looking at both.")
}
