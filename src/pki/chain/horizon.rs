//! How long a chain goes on to verify: asks for the verdict anew at the dates where certificates of it begin and end.

use super::Explanation;
use crate::model::certificate::Certificate;
use crate::model::finding::Severity;
use crate::model::time::Timestamp;

/// Until when a chain verifies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Horizon {
    /// The first moment, when it is not the one asked about.
    pub from: Option<Timestamp>,
    /// The last moment.
    pub until: Timestamp,
    /// The certificate whose end it is, by its title.
    pub who: String,
}

/// How many ends are looked at: with cross-signed certificates another way may take over after each.
const MOST: usize = 16;

/// Looks for the end, from the verdict at a date on; `ask` gives the verdict at another. `None` where no date makes it
/// good, or no end was found.
pub(super) fn look(
    at: Timestamp,
    explanation: &Explanation,
    ask: &dyn Fn(Timestamp) -> Explanation,
) -> Option<Horizon> {
    if explanation.trusted {
        let strict = errors(explanation).next().is_none();
        return end(at, explanation.clone(), strict, ask);
    }
    // Where dates alone are wrong, there may be a time at which they all fit.
    let dates = |rule: &str| matches!(rule, "chain.expired" | "chain.not-yet");
    if !errors(explanation).all(dates) {
        return None;
    }
    let from = explanation.links.iter().map(|l| l.certificate.not_before).max()?;
    let until = explanation.links.iter().map(|l| l.certificate.not_after).min()?;
    let then = (from <= until).then(|| ask(from)).filter(|e| e.trusted)?;
    let strict = errors(&then).next().is_none();
    end(from, then, strict, ask).map(|horizon| Horizon { from: Some(from), ..horizon })
}

fn errors(explanation: &Explanation) -> impl Iterator<Item = &str> {
    let all = explanation.links.iter().flat_map(|l| &l.findings);
    all.filter(|f| f.severity == Severity::Error).map(|f| f.rule.as_str())
}

fn end(
    mut at: Timestamp,
    mut current: Explanation,
    strict: bool,
    ask: &dyn Fn(Timestamp) -> Explanation,
) -> Option<Horizon> {
    for _ in 0..MOST {
        let ends = current.links.iter().map(|l| &l.certificate).filter(|c| c.not_after >= at);
        let first: &Certificate = ends.min_by_key(|c| c.not_after)?;
        let (until, who) = (first.not_after, first.subject.title());
        at = Timestamp(until.0.saturating_add(1));
        current = ask(at);
        if !current.trusted || strict && errors(&current).next().is_some() {
            return Some(Horizon { from: None, until, who });
        }
    }
    None
}
