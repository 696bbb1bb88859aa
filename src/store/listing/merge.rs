//! Puts the certificates of the workspace at their places among the ids of the issued list.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::here::key;
use super::{Here, Listing, Sort};
use crate::model::error::Result;
use crate::model::filter::Moment;
use crate::model::issued::Issued;
use crate::store::ledger::Ledger;

/// Puts the certificates of the workspace, each with its row of the issued list and whether it is listed, among
/// `ordered`, ids of the issued list in this order. Reads about twenty rows for each certificate that no certifier of
/// the workspace has issued, however long the issued list is.
pub fn merge(
    ledger: &dyn Ledger,
    sort: Sort,
    at: Moment,
    ordered: &[u32],
    mut here: Vec<(&Here, Option<Issued>, bool)>,
) -> Result<Listing> {
    here.sort_by(|(a, x, _), (b, y, _)| compare((a, x.as_ref()), (b, y.as_ref()), sort, at));
    // The ids that are taken out, each with the place of its certificate in `here`.
    let mut out: Vec<(u32, usize)> = Vec::new();
    for (i, (_, row, _)) in here.iter().enumerate() {
        out.extend(row.as_ref().and_then(|row| Some((u32::try_from(row.id).ok()?, i))));
    }
    out.sort_unstable();
    // Of a million ids few are taken out: one look tells which.
    let mut taken = vec![false; out.last().map_or(0, |(id, _)| *id as usize + 1)];
    for (id, _) in &out {
        taken[*id as usize] = true;
    }
    let mut behind: Vec<Option<usize>> = vec![None; here.len()];
    let mut ids = Vec::with_capacity(ordered.len());
    for id in ordered {
        if taken.get(*id as usize) != Some(&true) {
            ids.push(*id);
            continue;
        }
        match out.binary_search_by_key(id, |(out, _)| *out) {
            Ok(found) => {
                if let Some(place) = out.get(found).and_then(|(_, i)| behind.get_mut(*i)) {
                    *place = Some(ids.len());
                }
            }
            Err(_) => ids.push(*id),
        }
    }
    let mut rows: HashMap<u32, Option<Issued>> = HashMap::new();
    let mut places = Vec::new();
    for ((one, row, _), known) in here.iter().zip(behind).filter(|((_, _, listed), _)| *listed) {
        let at = match (sort, known) {
            (Sort::Where, _) => 0,
            (_, Some(at)) => at,
            (_, None) => find(ledger, (sort, at), &ids, (one, row.as_ref()), &mut rows)?,
        };
        places.push((at, one.sha256));
    }
    // Stable: those that stand between the same two ids keep the order they have among themselves.
    places.sort_by_key(|(at, _)| *at);
    for (before, (at, _)) in places.iter_mut().enumerate() {
        *at += before;
    }
    let issued = here.into_iter().filter_map(|(_, row, _)| row).collect();
    Ok(Listing { ids, places, issued, ..Listing::default() })
}

/// Sorts certificates of the workspace, each with its row of the issued list if that is known, as the ledger sorts its
/// own.
pub fn sort(here: &mut [(&Here, Option<&Issued>)], sort: Sort, at: Moment) {
    here.sort_by(|a, b| compare(*a, *b, sort, at));
}

fn compare(
    (a, x): (&Here, Option<&Issued>),
    (b, y): (&Here, Option<&Issued>),
    sort: Sort,
    at: Moment,
) -> std::cmp::Ordering {
    let places = if sort == Sort::Where { a.place().cmp(&b.place()) } else { std::cmp::Ordering::Equal };
    let keys = places.then_with(|| a.key(sort, at, x).cmp(&b.key(sort, at, y)));
    keys.then_with(|| (&a.subject, a.sha256).cmp(&(&b.subject, b.sha256)))
}

/// Finds how many of the ids stand before a certificate.
fn find(
    ledger: &dyn Ledger,
    (sort, at): (Sort, Moment),
    ids: &[u32],
    (one, own): (&Here, Option<&Issued>),
    rows: &mut HashMap<u32, Option<Issued>>,
) -> Result<usize> {
    let (mut low, mut high) = (0, ids.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let Some(id) = ids.get(middle).copied() else { break };
        if let Entry::Vacant(empty) = rows.entry(id) {
            empty.insert(ledger.issued_rows(&[id])?.pop());
        }
        let of = |row: &'_ Issued| {
            let texts = [row.subject.as_str(), &row.certifier, &row.alt_names, &row.key];
            let times = (row.not_before, row.not_after);
            one.key(sort, at, own) <= key(sort.order(at), texts, &row.serial, times, row.reason())
        };
        match rows.get(&id).and_then(Option::as_ref).is_some_and(of) {
            true => high = middle,
            false => low = middle + 1,
        }
    }
    Ok(low)
}
