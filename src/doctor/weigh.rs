//! Sorts findings by what a person has accepted of them. What is over, and what got worse, counts again and says so.

use std::collections::BTreeSet;

use crate::model::State;
use crate::model::accepted::Weighed;
use crate::model::finding::Finding;
use crate::model::time::Timestamp;

/// Sorts findings, which keep their order. Which findings there are has to be all of them, for what was accepted and is
/// not among them is told as obsolete.
pub fn weigh(state: &State, now: Timestamp, found: impl IntoIterator<Item = Finding>) -> Weighed {
    let mut weighed = Weighed::default();
    let mut met = BTreeSet::new();
    for mut finding in found {
        let key = (finding.rule.clone(), finding.subject.clone());
        let Some(risk) = state.accepted.get(&key) else {
            weighed.open.push(finding);
            continue;
        };
        met.insert(key);
        let again = if risk.is_over(now) {
            format!("It was accepted until {}, which is over.", risk.until.date())
        } else if finding.severity > risk.severity {
            format!("It was accepted as a {}, and is worse now.", risk.severity.word())
        } else {
            weighed.accepted.push((finding, risk.clone()));
            continue;
        };
        finding.text = format!("{} {again}", finding.text);
        weighed.open.push(finding);
    }
    let gone = state.accepted.iter().filter(|(key, _)| !met.contains(*key));
    weighed.obsolete = gone.map(|(_, risk)| risk.clone()).collect();
    weighed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::accepted::Accepted;
    use crate::model::finding::{Severity, Subject};

    fn risk(rule: &str, severity: Severity) -> Accepted {
        let at = Timestamp::from_date("2026-11-01").unwrap();
        Accepted {
            rule: rule.into(),
            subject: Subject::Site("www".into()),
            severity,
            text: "It was so.".into(),
            reason: "An old client.".into(),
            by: "ada".into(),
            at,
            until: at.plus_days(10),
        }
    }

    #[test]
    fn what_is_over_or_worse_counts_again_and_what_is_gone_is_told() {
        let mut state = State::default();
        for (rule, severity) in
            [("S09", Severity::Warning), ("K12", Severity::Info), ("S17", Severity::Error)]
        {
            let risk = risk(rule, severity);
            state.accepted.insert((rule.into(), risk.subject.clone()), risk);
        }
        let site = |name: &str| Subject::Site(name.into());
        let found = || {
            vec![
                Finding::new("K12", Severity::Error, site("www"), "Two days are left."),
                Finding::new("S09", Severity::Warning, site("www"), "Clear text."),
                Finding::new("S09", Severity::Warning, site("other"), "Clear text."),
            ]
        };
        let at = |day: &str| weigh(&state, Timestamp::from_date(day).unwrap(), found());
        let texts = |weighed: &Weighed| weighed.open.iter().map(|f| f.text.clone()).collect::<Vec<_>>();
        let held = at("2026-11-11");
        assert_eq!(
            texts(&held),
            ["Two days are left. It was accepted as a note, and is worse now.", "Clear text."]
        );
        assert_eq!(held.accepted.len(), 1);
        assert_eq!(held.obsolete, [risk("S17", Severity::Error)]);
        let over = at("2026-11-12");
        assert!(over.accepted.is_empty());
        assert_eq!(texts(&over)[1], "Clear text. It was accepted until 2026-11-11, which is over.");
    }
}
