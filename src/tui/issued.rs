//! The list of certificates as one: those of the workspace stand at their places in the issued list, of which the ids
//! and a window of rows are known here. Says what to ask for next.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::job::Job;
use super::model::Model;
use super::msg::Effect;
use super::pane::{PaneId, RowKey, certificates};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certifier::Certifier;
use crate::model::issued::Issued;
use crate::model::time::Timestamp;
pub use crate::store::listing::Wish;
use crate::store::listing::{self, Group, Listing};

/// What is known here of the issued list.
#[derive(Debug, Clone, Default)]
pub struct IssuedList {
    /// The last answer.
    pub listing: Arc<Listing>,
    /// The place of each row of the workspace in the whole list, ascending.
    pub spots: Vec<usize>,
    /// The rows of the issued list of certificates that stand in the workspace.
    pub here: BTreeMap<Digest, Issued>,
    /// Rows that were fetched.
    pub rows: BTreeMap<u32, Issued>,
    /// Rows that were asked for and could not be had; they are not asked for again.
    pub absent: BTreeSet<u32>,
    /// What was asked last, and of which state of the issued list.
    pub asked: Option<(Stamp, Wish)>,
    /// Whether the rows of the workspace were listed again since then.
    pub stale: bool,
    /// The labels of groups whose rows are not shown.
    pub shut: BTreeSet<String>,
    /// The row to select when the answer comes.
    pub keep: Option<RowKey>,
}

/// What another number of shows that rows of the issued list may say something else: how many were issued and are revoked,
/// and of each certifier how much it owes, its latest CRL, and the end of its latest delta CRL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp(u64, u64, Vec<(u64, u64, Option<Timestamp>)>);

impl Stamp {
    fn of(state: &State) -> Self {
        let of = |c: &Certifier| {
            let owed = state.owed.get(&c.name).map_or(0, |debt| debt.count);
            let crl = c.crl.as_ref();
            (owed, crl.map_or(0, |crl| crl.number), crl.and_then(|crl| crl.delta))
        };
        Self(state.issued, state.revoked, state.certifiers.values().map(of).collect())
    }
}

impl IssuedList {
    /// Puts rows of the workspace where the last answer has them; new ones come first until the next.
    pub fn place(&mut self, mut rows: Vec<RowKey>) -> Vec<RowKey> {
        let places = self.listing.places.iter().enumerate();
        let behind: BTreeMap<Digest, usize> =
            places.map(|(before, (at, digest))| (*digest, at.saturating_sub(before))).collect();
        let behind = |key: &RowKey| match key {
            RowKey::Local(digest) => behind.get(digest).copied().unwrap_or(0),
            _ => 0,
        };
        rows.sort_by_key(behind);
        self.spots = rows.iter().enumerate().map(|(before, key)| behind(key) + before).collect();
        self.stale = true;
        rows
    }

    /// Returns the groups of the list, of which `rows` are those of the workspace; none while they do not fit it.
    fn groups(&self, rows: &[RowKey]) -> &[Group] {
        let groups = &self.listing.groups;
        let fits = groups.iter().map(|g| g.count).sum::<usize>() == rows.len() + self.listing.ids.len();
        if fits { groups } else { &[] }
    }

    fn shown(&self, group: &Group) -> usize {
        if self.shut.contains(&group.label) { 1 } else { 1 + group.count }
    }

    /// Returns how many rows the list shows, heads of groups included.
    pub fn count(&self, rows: &[RowKey]) -> usize {
        match self.groups(rows) {
            [] => rows.len() + self.listing.ids.len(),
            groups => groups.iter().map(|group| self.shown(group)).sum(),
        }
    }

    /// Returns the row at a place of what the list shows.
    pub fn row(&self, rows: &[RowKey], mut index: usize) -> Option<RowKey> {
        let groups = self.groups(rows);
        if groups.is_empty() {
            return self.row_within(rows, index);
        }
        let mut before = 0;
        for group in groups {
            let shown = self.shown(group);
            if index == 0 {
                return Some(RowKey::Group(group.label.clone()));
            }
            if index < shown {
                return self.row_within(rows, before + index - 1);
            }
            index -= shown;
            before += group.count;
        }
        None
    }

    /// Returns the place of a row in what the list shows; that of its group's head where the rows of it are not shown.
    pub fn position(&self, rows: &[RowKey], key: &RowKey) -> Option<usize> {
        let groups = self.groups(rows);
        let within = match key {
            RowKey::Group(_) => None,
            key => Some(self.position_within(rows, key)?),
        };
        if groups.is_empty() {
            return within;
        }
        let (mut before, mut at) = (0, 0);
        for group in groups {
            let head = matches!(key, RowKey::Group(label) if *label == group.label);
            match within.and_then(|within| within.checked_sub(before)) {
                _ if head => return Some(at),
                Some(inside) if inside < group.count => {
                    return Some(if self.shown(group) == 1 { at } else { at + 1 + inside });
                }
                _ => {}
            }
            before += group.count;
            at += self.shown(group);
        }
        None
    }

    /// Returns the row at a place of the whole list, of which `rows` are those of the workspace.
    fn row_within(&self, rows: &[RowKey], index: usize) -> Option<RowKey> {
        let before = self.spots.partition_point(|spot| *spot < index);
        if self.spots.get(before) == Some(&index) {
            return rows.get(before).cloned();
        }
        self.listing.ids.get(index.checked_sub(before)?).map(|id| RowKey::Issued(*id))
    }

    /// Returns the place of a row in the whole list.
    fn position_within(&self, rows: &[RowKey], key: &RowKey) -> Option<usize> {
        let RowKey::Issued(id) = key else {
            return self.spots.get(rows.iter().position(|row| row == key)?).copied();
        };
        let at = self.listing.ids.iter().position(|i| i == id)?;
        // Between the spots of rows of the workspace, places and ids grow in step: the sum grows with each.
        let (mut low, mut high) = (0, self.spots.len());
        while low < high {
            let middle = low + (high - low) / 2;
            match self.spots.get(middle).is_some_and(|spot| spot - middle <= at) {
                true => low = middle + 1,
                false => high = middle,
            }
        }
        Some(at + low)
    }
}

/// Takes the answer: rows keep what they are selected and marked by, also where one has come into the workspace or left
/// it.
pub fn take(model: &mut Model, listing: Arc<Listing>) {
    let before = std::mem::take(&mut model.issued.here);
    model.issued.here = listing.issued.iter().map(|row| (row.sha256, row.clone())).collect();
    model.issued.listing = listing;
    let now = &model.issued.here;
    let same = |key: RowKey| match &key {
        RowKey::Issued(id) => {
            let row = now.values().find(|row| row.id == u64::from(*id));
            row.map_or(key, |row| RowKey::Local(row.sha256))
        }
        RowKey::Local(digest) if !model.places.contains_key(digest) => {
            let id = before.get(digest).and_then(|row| u32::try_from(row.id).ok());
            id.map_or(key, RowKey::Issued)
        }
        _ => key,
    };
    let keep = model.issued.keep.clone().map(same);
    let pane = std::mem::replace(&mut model.pane, PaneId::Certificates);
    let marked = model.here().marked.iter().cloned().map(same).collect();
    model.issued.keep = None;
    model.here_mut().marked = marked;
    model.list();
    if let Some(key) = keep {
        model.select(&key);
    }
    model.pane = pane;
}

/// Asks for what the shown part of the list still needs.
pub fn fetch(model: &mut Model) -> Vec<Effect> {
    if model.pane != PaneId::Certificates {
        return Vec::new();
    }
    let mut effects = Vec::new();
    if std::mem::take(&mut model.issued.stale) {
        let wish = (Stamp::of(&model.state), certificates::wish(model));
        if model.issued.asked.as_ref() != Some(&wish) {
            // A revocation, a CRL or a new certificate may have changed any row that is shown.
            model.issued.rows.clear();
            model.issued.absent.clear();
            if model.state.issued > 0 || wish.1.group.is_some() || listing::asks_ledger(&wish.1.filter) {
                let whole = wish.1.clone();
                effects.push(model.start(Job::Ids, |id| Effect::Ids(id, whole)).1);
            }
            model.issued.asked = Some(wish);
        }
    }
    let height = usize::from(super::view::areas(model).rows);
    let top = model.here().top;
    let window = |range: Range<usize>| -> Vec<u32> {
        let range = range.start..range.end.min(model.count());
        let issued = |index| match model.row(index) {
            Some(RowKey::Issued(id)) => Some(id),
            _ => None,
        };
        range.filter_map(issued).collect()
    };
    let known = |id: &u32| model.issued.rows.contains_key(id) || model.issued.absent.contains(id);
    let around = |pages: usize| {
        let more = height.saturating_mul(pages);
        window(top.saturating_sub(more)..top.saturating_add(height).saturating_add(more))
    };
    // Asked for while the page beyond is still known, so that the next page is there when it is turned to.
    let missing = around(1).iter().any(|id| !known(id));
    if missing && !model.jobs.values().any(|(job, _)| matches!(job, Job::Rows(_))) {
        let wanted = around(2);
        let ids: Vec<u32> = wanted.iter().copied().filter(|id| !known(id)).collect();
        let wanted: BTreeSet<u32> = wanted.into_iter().collect();
        model.issued.rows.retain(|id, _| wanted.contains(id));
        effects.push(model.start(Job::Rows(ids.clone()), |id| Effect::Rows(id, ids)).1);
    }
    effects
}
