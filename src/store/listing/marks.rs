//! Finds what only the whole list shows: names that are in several valid certificates, keys that are used more than once.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::{Here, Wish};
use crate::model::error::Result;
use crate::model::filter::{Filter, Test};
use crate::model::issued::{Issued, Reason};
use crate::model::verdict::Verdict;
use crate::store::ledger::Ledger;
use crate::store::search::{Beside, Search, blocks, in_parts, part_of};

/// Brings up to date what the filter of the wish needs to know beside the rows.
pub(super) fn mark(
    ledger: &dyn Ledger,
    search: &mut Search,
    wish: &Wish,
    here: &[(&Here, Option<Issued>, bool)],
) -> Result<()> {
    let asks = |test: &Test| asks(&wish.filter, test);
    let (duplicates, shared) = (asks(&Test::Duplicate), asks(&Test::SharedKey));
    let foreign: Vec<&Here> = here.iter().filter(|(_, row, _)| row.is_none()).map(|(one, ..)| *one).collect();
    let mut hasher = DefaultHasher::new();
    (duplicates, shared, search.columns.len(), search.columns.marks).hash(&mut hasher);
    (wish.at.now, wish.at.soon).hash(&mut hasher);
    foreign.iter().for_each(|one| one.sha256.hash(&mut hasher));
    let marks = hasher.finish();
    search.beside.issuers.clone_from(&wish.issuers);
    if search.beside.marks == marks {
        return Ok(());
    }
    search.beside.marks = marks;
    (search.beside.duplicates, search.beside.shared) = (Vec::new(), Vec::new());
    search.beside.names = HashMap::new();
    if duplicates {
        let (of_row, names) = duplicate_rows(search, wish, &foreign);
        (search.beside.duplicates, search.beside.names) = (of_row, names);
    }
    if shared {
        let keys: Vec<_> = foreign.iter().map(|one| one.key_sha256).collect();
        let mut of_row = vec![false; search.columns.len()];
        for id in ledger.issued_sharing(&keys)? {
            if let Some(mark) = search.columns.row(id).and_then(|row| of_row.get_mut(row)) {
                *mark = true;
            }
        }
        search.beside.shared = of_row;
        search.beside.own_shared.clear();
        for (one, row, _) in here {
            let others = wish.here.iter().any(|h| h.sha256 != one.sha256 && h.key_sha256 == one.key_sha256);
            let issued = match row.as_ref().and_then(|row| u32::try_from(row.id).ok()) {
                Some(id) => {
                    let row = search.columns.row(id);
                    row.and_then(|row| search.beside.shared.get(row)).is_some_and(|mark| *mark)
                }
                None => !ledger.issued_by_key(&one.key_sha256)?.is_empty(),
            };
            if others || issued || one.leaf_of > 1 {
                search.beside.own_shared.insert(one.sha256);
            }
        }
    }
    Ok(())
}

fn asks(filter: &Filter, test: &Test) -> bool {
    filter.terms.iter().any(|t| t.test == *test)
}

/// Tells whether the filter of the wish lists a certificate of the workspace.
pub(super) fn fits(search: &Search, beside: &Beside, wish: &Wish, one: &Here, row: Option<&Issued>) -> bool {
    let at = wish.at;
    let valid = valid(one.reason(row), one, at);
    let same = hash(&one.names.to_lowercase()).and_then(|names| beside.names.get(&names)).copied();
    // What was issued here is counted among the rows.
    let counted =
        row.is_none_or(|row| u32::try_from(row.id).is_ok_and(|id| search.columns.row(id).is_some()));
    let duplicate =
        asks(&wish.filter, &Test::Duplicate).then(|| valid && same.unwrap_or(0) > u32::from(counted));
    let shared = asks(&wish.filter, &Test::SharedKey).then(|| beside.own_shared.contains(&one.sha256));
    one.fits(&wish.filter, at, row, true, (duplicate, shared))
}

fn valid(revoked: Option<Reason>, one: &Here, at: crate::model::filter::Moment) -> bool {
    matches!(
        Verdict::of(revoked, (one.not_before, one.not_after), at.now, at.soon),
        Verdict::Good | Verdict::Soon(_)
    )
}

/// Counts how many valid certificates have the same names, and marks the rows whose names are counted twice.
fn duplicate_rows(search: &Search, wish: &Wish, foreign: &[&Here]) -> (Vec<bool>, HashMap<u64, u32>) {
    let (columns, at) = (&search.columns, wish.at);
    let Some(texts) = &search.texts else { return (Vec::new(), HashMap::new()) };
    let hash_of = |row: usize| {
        let revoked = columns.revoked.get(row).copied().flatten();
        let times = (columns.not_before.get(row), columns.not_after.get(row));
        let verdict = Verdict::of(revoked, times, at.now, at.soon);
        let names = std::str::from_utf8(part_of(texts.row(row), 3)).unwrap_or_default();
        matches!(verdict, Verdict::Good | Verdict::Soon(_)).then(|| hash(names)).flatten()
    };
    let rows = columns.len();
    let hashes: Vec<u64> = in_parts(&blocks(rows), rows, |part| {
        part.iter().cloned().flatten().map(|row| hash_of(row).unwrap_or(0)).collect()
    });
    let others = foreign.iter().filter(|one| valid(one.revoked, one, at));
    let others = others.filter_map(|one| hash(&one.names.to_lowercase()));
    // Sorted, the same stand together: a table of a million would take several times the memory.
    let mut sorted: Vec<u64> = hashes.iter().copied().chain(others).filter(|hash| *hash != 0).collect();
    sorted.sort_unstable();
    let mut counts: HashMap<u64, u32> = HashMap::new();
    for same in sorted.chunk_by(|a, b| a == b).filter(|same| same.len() > 1) {
        counts.extend(same.first().map(|hash| (*hash, u32::try_from(same.len()).unwrap_or(u32::MAX))));
    }
    let counted = |hash: &u64| *hash != 0 && counts.contains_key(hash);
    let marks = in_parts(&hashes, rows, |part| part.iter().map(counted).collect());
    (marks, counts)
}

/// Hashes a set of names, whatever their order; none has no hash.
fn hash(names: &str) -> Option<u64> {
    let mut all = None;
    for name in names.split(' ').filter(|name| !name.is_empty()) {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        all = Some(all.unwrap_or(0_u64).wrapping_add(hasher.finish()));
    }
    all.map(|hash| hash.max(1))
}
