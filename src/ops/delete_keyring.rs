//! Moves a keyring to the history.

use crate::model::State;
use crate::model::change::{Change, Fact, FileWrite};
use crate::model::error::{Error, Result};
use crate::model::field::few;
use crate::model::finding::Subject;
use crate::store::{kyr, sth};

/// Deletes a keyring: its files go to the history, where they stay. One whose file is missing is
/// crossed off, and a stash that is left of it goes there. Errors: unknown, or named by a site document or a Server document.
pub fn delete_keyring(state: &State, name: &str) -> Result<Change> {
    let files = if state.is_missing(&kyr::path(name)) {
        let stash = state.unread(&sth::path(name)).into_iter();
        stash.map(|unread| FileWrite { path: unread.path.clone(), bytes: None }).collect()
    } else {
        kyr::removed(super::keyring(state, name)?)
    };
    let sites: Vec<_> = state.sites_of_keyring(name).map(|s| s.name.as_str()).collect();
    if let Some(first) = sites.first() {
        return Err(Error::refused(format!("Keyring {name} was not deleted."))
            .why(format!("Site documents name it: {}.", few(&sites)))
            .next(format!(
                "Give them another keyring first; for all of them: site set --where keyring:{name} keyring=OTHER"
            ))
            .command("site.edit")
            .on(Subject::Site((*first).to_owned())));
    }
    let servers: Vec<_> = state.servers_of_keyring(name).map(|s| s.name.as_str()).collect();
    if let Some(first) = servers.first() {
        return Err(Error::refused(format!("Keyring {name} was not deleted."))
            .why(format!("Server documents name it: {}.", few(&servers)))
            .next("Give them another keyring first.")
            .command("server.edit")
            .on(Subject::Server((*first).to_owned())));
    }
    Ok(Change { facts: vec![Fact::KeyringDeleted { name: name.into() }], files })
}
