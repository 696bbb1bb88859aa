//! Moves a keyring to the history.

use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::store::kyr;

/// Deletes a keyring: its files go to the history, where they stay. One whose file is missing is only
/// crossed off. Errors: unknown, or named by a site document.
pub fn delete_keyring(state: &State, name: &str) -> Result<Change> {
    let missing = state.is_missing(&kyr::path(name));
    let ring = if missing { None } else { Some(super::keyring(state, name)?) };
    let sites: Vec<_> = state.sites_of_keyring(name).map(|s| s.name.as_str()).collect();
    if !sites.is_empty() {
        return Err(Error::refused(format!("Keyring {name} was not deleted."))
            .why(format!("Site documents name it: {}.", sites.join(", ")))
            .next("Give them another keyring first.")
            .command("site.edit"));
    }
    Ok(Change {
        facts: vec![Fact::KeyringDeleted { name: name.into() }],
        files: ring.map(kyr::removed).unwrap_or_default(),
    })
}
