//! The CHECKS table: rules that look at the whole state and find what is wrong. Repairs nothing.

mod certifiers;
mod files;
mod keyrings;
mod sites;

use crate::model::State;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::time::Timestamp;

/// What a check may look at.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The state of the workspace.
    pub state: &'a State,
    /// The present.
    pub now: Timestamp,
    /// Days before an end at which it counts as near, largest first.
    pub bands: &'a [i64],
}

/// One rule.
pub struct Check {
    /// The rule's id: W for files of the workspace, K for keyrings, S for sites, C for certifiers.
    pub id: &'static str,
    /// One sentence that says what is wrong when it finds something.
    pub title: &'static str,
    /// How bad a finding is at worst.
    pub severity: Severity,
    /// What to do about it.
    pub remedy: &'static str,
    /// The command that does it.
    pub command: &'static str,
    /// Finds: calls the function with the subject and one sentence for each case.
    pub run: fn(&Case<'_>, &mut dyn FnMut(Subject, String)),
}

/// Every rule, in the order of reports.
pub const CHECKS: &[&[Check]] = &[files::CHECKS, keyrings::CHECKS, sites::CHECKS, certifiers::CHECKS];

/// Runs every check; the worst findings come first.
pub fn examine(state: &State, now: Timestamp, bands: &[i64]) -> Vec<Finding> {
    let case = Case { state, now, bands };
    let mut found = Vec::new();
    for check in CHECKS.iter().copied().flatten() {
        (check.run)(&case, &mut |subject, text| {
            let finding = Finding::new(check.id, check.severity, subject, text);
            found.push(finding.remedy(check.remedy, Some(check.command)));
        });
    }
    found.sort_by_key(|f: &Finding| std::cmp::Reverse(f.severity));
    found
}
