//! Rows that were chosen one by one, as a list of their own.

use std::collections::BTreeSet;

use super::{Listing, Wish, list};
use crate::model::bytes::Digest;
use crate::model::error::Result;
use crate::model::filter::Filter;
use crate::store::ledger::Ledger;
use crate::store::search::Search;

/// Rows that were chosen: ids of the issued list, and certificates of the workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Chosen {
    /// The ids.
    pub ids: BTreeSet<u32>,
    /// The SHA-256 of each certificate.
    pub here: BTreeSet<Digest>,
}

impl Chosen {
    /// Lists them in the order of a wish, also those that its filter does not show.
    pub fn list(&self, ledger: &dyn Ledger, wish: &Wish) -> Result<Listing> {
        let mut wish = Wish { filter: Filter::default(), ends: None, ..wish.flat() };
        let mut ids = self.ids.clone();
        let mut left = self.here.clone();
        let id_of = |digest: &Digest| -> Result<Option<u32>> {
            Ok(ledger.issued_by_sha256(digest)?.and_then(|(row, _)| u32::try_from(row.id).ok()))
        };
        // What has come into the workspace since it was chosen stands there now, and what has left it in the issued list.
        for one in &mut wish.here {
            let known = id_of(&one.sha256)?.is_some_and(|id| ids.contains(&id));
            one.listed = left.remove(&one.sha256) || known;
        }
        for digest in left {
            ids.extend(id_of(&digest)?);
        }
        let mut ordered = ledger.issued_ids(wish.order())?;
        ordered.retain(|id| ids.contains(id));
        list(ledger, &mut Search::default(), &ordered, &wish, &mut || {})
    }
}
