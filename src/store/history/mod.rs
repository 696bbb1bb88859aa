//! The versions of a keyring: the present one, and those that the history keeps, each with what the audit chain tells of
//! it; those of documents are in [`document`]. Reads only; which version is to come back is decided elsewhere.

pub mod document;
mod kept;
mod revision;
mod told;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::ledger::Ledger;
use super::{kyr, workspace};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::error::{Error, Result};
use crate::model::issued::Revocation;
use crate::model::keyring::check_name;
use crate::model::unread::Sort;
use kept::{explain, of_file, of_present, of_unread};
pub use revision::{Gone, History, Last, Made, Revision};
use told::{Named, Walk, named, versions};

/// The most versions that are listed; older ones stay on the disk.
pub const MOST: usize = 500;

/// What is said of a ring that was brought back after it was deleted.
pub const BACK: &str = "brought back from the history";

/// Reads the versions of a keyring, also of a deleted one. Errors: `NotFound` when nothing is known of it, `Disk`.
pub(super) fn read(folder: &Path, ledger: &dyn Ledger, state: &State, keyring: &str) -> Result<History> {
    check_name(keyring).map_err(|_| Error::not_found("keyring", keyring))?;
    let mut walk = Walk::new(keyring);
    ledger.keyring_entries(&mut |entry| walk.take(&entry))?;
    let present = state.keyrings.get(keyring);
    if present.is_none()
        && let Some(now) = &walk.renamed
    {
        return Err(
            Error::not_found("keyring", keyring).why(format!("It was renamed: it is called {now} now."))
        );
    }
    let last = walk.told.first().map(|told| told.last);
    let versions = versions(walk.told);
    let mut revisions: Vec<_> = present.into_iter().map(of_present).collect();
    let unread = state.unread(&kyr::path(keyring)).filter(|unread| unread.sort != Sort::Missing);
    revisions.extend(unread.map(|unread| of_unread(keyring, unread)));
    let mut left_out = 0;
    for name in &walk.names {
        let kept = workspace::kept(folder, &kyr::path(name))?;
        left_out += kept.len().saturating_sub(MOST);
        revisions
            .extend(kept.into_iter().take(MOST).filter_map(|(at, file)| of_file(folder, name, at, &file)));
    }
    // The present one stays first, then what was replaced last.
    revisions.sort_by_key(|r| std::cmp::Reverse(r.replaced.map_or(u64::MAX, |g| g.0)));
    left_out += revisions.len().saturating_sub(MOST);
    revisions.truncate(MOST);
    let mut revisions = explain(revisions, &versions, keyring);
    if revisions.is_empty() {
        return Err(Error::not_found("keyring", keyring)
            .next("List those that were deleted with: ringmaster keyring deleted"));
    }
    revoked(ledger, &mut revisions)?;
    Ok(History { keyring: keyring.to_owned(), deleted: walk.deleted, revisions, last, left_out })
}

/// Lists the keyrings that can come back: those deleted, and those whose file is missing or of no use; the latest first.
pub(super) fn gone(ledger: &dyn Ledger, state: &State) -> Result<Vec<Gone>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    ledger.keyring_entries(&mut |entry| {
        let name = match named(&entry) {
            None => return true,
            Some(Named::KeyringCreated { keyring } | Named::KeyringChanged { keyring }) => keyring.name,
            Some(Named::KeyringRenamed { from, keyring }) => {
                seen.insert(from);
                keyring.name
            }
            Some(Named::KeyringDeleted { name }) => name,
        };
        if seen.insert(name.clone()) && !state.keyrings.contains_key(&name) {
            let file = state.unread(&kyr::path(&name));
            found.push(Gone::after(entry, name, file));
        }
        true
    })?;
    Ok(found)
}

/// Looks up which of the rings' own certificates are revoked.
fn revoked(ledger: &dyn Ledger, revisions: &mut [Revision]) -> Result<()> {
    let mut known: BTreeMap<Digest, Option<Revocation>> = BTreeMap::new();
    for revision in revisions {
        let Some(sha256) = revision.ring.as_ref().ok().and_then(|r| r.leaf()).map(|c| c.sha256) else {
            continue;
        };
        if let std::collections::btree_map::Entry::Vacant(unknown) = known.entry(sha256) {
            unknown.insert(ledger.issued_by_sha256(&sha256)?.and_then(|(row, _)| row.revoked));
        }
        revision.revoked = known.get(&sha256).cloned().flatten();
    }
    Ok(())
}
