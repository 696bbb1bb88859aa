//! What the checks say of the workspace: asked for away from the screen's thread, for they verify signatures, and known
//! until the state changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::job::Job;
use super::model::Model;
use super::msg::Effect;
use super::pane::{PANES, PaneId};
use crate::doctor;
use crate::model::State;
use crate::model::accepted::Accepted;
use crate::model::finding::{Finding, Severity, Subject};

/// What the checks found.
#[derive(Debug, Clone, Default)]
pub struct Findings {
    /// What was found and counts, worst first.
    pub all: Vec<Arc<Finding>>,
    /// What was found and is accepted.
    pub accepted: Vec<Arc<Finding>>,
    /// What was accepted and is not found any more, told as findings.
    pub obsolete: Vec<Arc<Finding>>,
    /// Whether the pane lists these as well.
    pub with_accepted: bool,
    /// The same by what it is about.
    about: BTreeMap<Subject, Vec<Arc<Finding>>>,
    /// Whether the checks have ended at least once.
    pub known: bool,
    /// The state it is of, and the hour.
    of: Option<(Arc<State>, i64)>,
}

impl Findings {
    /// Lists what was found about a subject.
    pub fn about<'a>(&'a self, subject: &Subject) -> impl Iterator<Item = &'a Finding> {
        self.about.get(subject).into_iter().flatten().map(|finding| &**finding)
    }

    /// Counts the findings of a severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.all.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Lists what the pane shows: what counts, and the rest when that is asked for.
    pub fn listed(&self) -> impl Iterator<Item = &Arc<Finding>> {
        let rest = self.accepted.iter().chain(&self.obsolete).filter(|_| self.with_accepted);
        self.all.iter().chain(rest)
    }

    /// Says what becomes of a finding that does not count: it is accepted, or obsolete.
    pub fn word(&self, finding: &Finding) -> Option<&'static str> {
        let among = |some: &[Arc<Finding>]| some.iter().any(|f| **f == *finding);
        if among(&self.accepted) {
            return Some("accepted");
        }
        among(&self.obsolete).then_some("obsolete")
    }

    /// Says why the list of findings is empty.
    pub(super) fn none(&self) -> &'static str {
        if self.known { "Nothing was found." } else { "The checks are running." }
    }
}

/// Asks for the checks when those that are known are of another state or hour.
pub fn fetch(model: &mut Model) -> Vec<Effect> {
    if model.jobs.values().any(|(job, _)| *job == Job::Examine) {
        return Vec::new();
    }
    let hour = model.now.0.div_euclid(3600);
    if model.findings.of.as_ref().is_some_and(|(state, at)| Arc::ptr_eq(state, &model.state) && *at == hour) {
        return Vec::new();
    }
    model.findings.of = Some((model.state.clone(), hour));
    let (now, bands) = (model.now, model.settings.bands.clone());
    vec![model.start(Job::Examine, |id| Effect::Examine(id, now, bands)).1]
}

/// Takes the answer; the lists that show findings are made anew.
pub fn take(model: &mut Model, found: Arc<[Finding]>) {
    let weighed = doctor::weigh(&model.state, model.now, found.iter().cloned());
    let gone = |risk: &Accepted| {
        let text = format!("It is not found any more: {}.", risk.words());
        Finding::new(&risk.rule, risk.severity, risk.subject.clone(), text)
            .remedy("Cross the acceptance off.", Some("finding.unaccept"))
    };
    let findings = &mut model.findings;
    findings.all = weighed.open.into_iter().map(Arc::new).collect();
    findings.accepted = weighed.accepted.into_iter().map(|(finding, _)| Arc::new(finding)).collect();
    findings.obsolete = weighed.obsolete.iter().map(|risk| Arc::new(gone(risk))).collect();
    findings.about.clear();
    for finding in &findings.all {
        findings.about.entry(finding.subject.clone()).or_default().push(finding.clone());
    }
    findings.known = true;
    let here = model.pane;
    for pane in PANES {
        model.pane = pane.id;
        if model.here().findings || pane.id == PaneId::Findings {
            let key = model.selected();
            model.list();
            if let Some(key) = key {
                model.keep(&key);
            }
        }
    }
    model.pane = here;
}
