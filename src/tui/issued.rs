//! The window onto the issued list: its ids in an order, the rows around what is shown, and what to ask for next.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::job::Job;
use super::model::Model;
use super::msg::Effect;
use super::pane::PaneId;
use crate::model::certifier::Issued;

/// The part of the issued list that is known here: the ids in their order, and a window of rows.
#[derive(Debug, Clone, Default)]
pub struct IssuedList {
    /// The ids, ordered and narrowed.
    pub ids: Arc<[u32]>,
    /// Rows that were fetched.
    pub rows: BTreeMap<u32, Issued>,
    /// Rows that were asked for and could not be had; they are not asked for again.
    pub absent: BTreeSet<u32>,
    /// What `ids` was asked for: the counts of the state, the order, the filter.
    pub asked: Option<(u64, u64, usize, String)>,
}

/// Asks for what the shown part of the issued list still needs.
pub fn fetch(model: &mut Model) -> Vec<Effect> {
    if model.pane != PaneId::Certificates {
        return Vec::new();
    }
    let mut effects = Vec::new();
    let here = model.here();
    let wish = (model.state.issued, model.state.revoked, here.sort, here.filter.clone());
    if model.issued.asked.as_ref() != Some(&wish) {
        // A revocation or a new certificate may have changed any row that is shown.
        model.issued.rows.clear();
        model.issued.absent.clear();
        let (order, text) = (super::pane::certificates::order(wish.2), wish.3.clone());
        if model.state.issued == 0 {
            model.issued.ids = Default::default();
        } else {
            effects.push(model.start(Job::Ids, |id| Effect::Ids(id, order, text)).1);
        }
        model.issued.asked = Some(wish);
    }
    let height = usize::from(super::view::areas(model).rows);
    let (top, local) = (model.here().top, model.here().rows.len());
    let from = top.saturating_sub(local).saturating_sub(height);
    let to = top.saturating_add(height * 2).saturating_sub(local);
    let window = |range: std::ops::Range<usize>| {
        let ids = model.issued_ids();
        let range = range.start.min(ids.len())..range.end.min(ids.len());
        ids.get(range).unwrap_or_default().to_vec()
    };
    let shown = window(top.saturating_sub(local)..top.saturating_add(height).saturating_sub(local));
    let known = |id: &u32| model.issued.rows.contains_key(id) || model.issued.absent.contains(id);
    let missing = shown.iter().any(|id| !known(id));
    if missing && !model.jobs.values().any(|(job, _)| matches!(job, Job::Rows(_))) {
        let wanted = window(from..to);
        model.issued.rows.retain(|id, _| wanted.contains(id));
        let ids: Vec<u32> = wanted.into_iter().filter(|id| !model.issued.rows.contains_key(id)).collect();
        effects.push(model.start(Job::Rows(ids.clone()), |id| Effect::Rows(id, ids)).1);
    }
    effects
}
