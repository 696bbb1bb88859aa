//! Moves a file that is of no use among the keyrings to the history.

use crate::model::State;
use crate::model::change::{Change, Fact, FileWrite};
use crate::model::error::{Error, Result};
use crate::model::leftover::{Way, leftovers};
use crate::model::time::Timestamp;

/// Puts a file away that the list of leftovers names; nothing is wiped. Errors: it is not one of those.
pub fn put_away(state: &State, path: &str, now: Timestamp) -> Result<Change> {
    let way = Way::PutAway(path.to_owned());
    if leftovers(state, now).iter().all(|leftover| leftover.way != way) {
        return Err(Error::refused(format!("{path} was not put away."))
            .why("It is no file that is of no use where it is.")
            .next("List those with: ringmaster keyring leftovers"));
    }
    let files = vec![FileWrite { path: path.to_owned(), bytes: None }];
    Ok(Change { facts: vec![Fact::FilePutAway { path: path.to_owned() }], files })
}
