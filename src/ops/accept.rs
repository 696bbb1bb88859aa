//! Accepts findings as a risk for a time, or takes that back.

use super::Env;
use crate::model::State;
use crate::model::accepted::{Acceptance, Accepted, FILES, MOST_DAYS, can_be};
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::finding::{Finding, Subject};
use crate::store::accepted;

/// Accepts findings, all for one reason; one that is accepted already is accepted anew.
///
/// Errors: no finding, no reason, an end that is past or more than a year ahead, a finding about a file.
pub fn accept(state: &State, findings: &[Finding], asked: &Acceptance, env: &Env<'_>) -> Result<Change> {
    if let Some(Finding { rule, subject, remedy, .. }) = findings.iter().find(|f| !can_be(&f.rule)) {
        return Err(Error::refused(format!("{rule} about {subject} cannot be accepted."))
            .why(format!("{FILES}."))
            .next(remedy.clone()));
    }
    if findings.is_empty() {
        return Err(Error::refused("There is no finding to accept."));
    }
    if asked.reason.trim().is_empty() {
        return Err(Error::usage("A reason is needed.")
            .why("It is kept in the audit chain and shown in the security review."));
    }
    let days = asked.until.days_from(env.now);
    if asked.until.plus_days(1) <= env.now || days > MOST_DAYS {
        return Err(Error::usage(format!("A risk cannot be accepted until {}.", asked.until.date()))
            .why("The last day is today at the earliest and a year ahead at most.")
            .next("Name another day: --until YYYY-MM-DD"));
    }
    let mut all = state.accepted.clone();
    let mut facts = Vec::new();
    for Finding { rule, severity, subject, text, .. } in findings.iter().cloned() {
        let (reason, by) = (asked.reason.trim().to_owned(), env.operator.to_owned());
        let (at, until) = (env.now, asked.until);
        let risk = Accepted { rule, subject, severity, text, reason, by, at, until };
        all.insert((risk.rule.clone(), risk.subject.clone()), risk.clone());
        facts.push(Fact::FindingAccepted { risk });
    }
    Ok(Change { facts, files: vec![accepted::write(&all)?] })
}

/// Takes an acceptance back, or crosses off one of something that is gone. Errors: it was not accepted.
pub fn unaccept(state: &State, rule: &str, subject: &Subject) -> Result<Change> {
    let mut all = state.accepted.clone();
    let (rule, subject) = (rule.to_owned(), subject.clone());
    if all.remove(&(rule.clone(), subject.clone())).is_none() {
        return Err(Error::not_found("accepted finding", &format!("{rule} about {subject}"))
            .next("List them with: ringmaster finding accepted"));
    }
    let fact = Fact::FindingUnaccepted { rule, subject };
    Ok(Change { facts: vec![fact], files: vec![accepted::write(&all)?] })
}
