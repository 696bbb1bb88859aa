//! What the checks say of the workspace: asked for away from the screen's thread, for they verify signatures, and known
//! until the state changes.

use std::sync::Arc;

use super::job::Job;
use super::model::Model;
use super::msg::Effect;
use super::pane::PANES;
use crate::model::State;
use crate::model::finding::{Finding, Subject};

/// What the checks found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// What was found, worst first.
    pub all: Arc<[Finding]>,
    /// The state it is of, and the hour.
    of: Option<(Arc<State>, i64)>,
}

impl Findings {
    /// Lists what was found about a subject.
    pub fn about<'a>(&'a self, subject: &'a Subject) -> impl Iterator<Item = &'a Finding> {
        self.all.iter().filter(move |f| f.subject == *subject)
    }
}

/// Asks for the checks when a pane shows findings and those that are known are of another state or hour.
pub fn fetch(model: &mut Model) -> Vec<Effect> {
    if !model.panes.iter().any(|pane| pane.findings)
        || model.jobs.values().any(|(job, _)| *job == Job::Examine)
    {
        return Vec::new();
    }
    let hour = model.now.0.div_euclid(3600);
    if model.findings.of.as_ref().is_some_and(|(state, at)| Arc::ptr_eq(state, &model.state) && *at == hour) {
        return Vec::new();
    }
    model.findings.of = Some((model.state.clone(), hour));
    let (now, soon) = (model.now, model.settings.soon);
    vec![model.start(Job::Examine, |id| Effect::Examine(id, now, soon)).1]
}

/// Takes the answer; the lists that show findings are made anew.
pub fn take(model: &mut Model, found: Arc<[Finding]>) {
    model.findings.all = found;
    let here = model.pane;
    for pane in PANES {
        model.pane = pane.id;
        if model.here().findings {
            let key = model.selected();
            model.list();
            if let Some(key) = key {
                model.keep(&key);
            }
        }
    }
    model.pane = here;
}
