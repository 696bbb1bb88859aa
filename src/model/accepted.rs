//! Risks that a person has accepted: a finding about an object, with a reason and an end. It does not say what is found.

use serde::{Deserialize, Serialize};

use super::escape::visible;
use super::field::{Field, Record};
use super::finding::{Finding, Severity, Subject};
use super::time::Timestamp;

/// How many days a risk can be accepted for at most.
pub const MOST_DAYS: i64 = 366;

/// A finding that a person has accepted for a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Accepted {
    /// The rule.
    pub rule: String,
    /// The object it is about.
    pub subject: Subject,
    /// How bad it was at most: what gets worse counts again.
    pub severity: Severity,
    /// What was found then.
    pub text: String,
    /// Why it is accepted.
    pub reason: String,
    /// Who has accepted it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// The last day on which it holds.
    pub until: Timestamp,
}

impl Accepted {
    /// Tells whether its last day is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        now >= self.until.plus_days(1)
    }

    /// Says who has accepted it, until when, and why.
    pub fn words(&self) -> String {
        let (by, reason) = (visible(&self.by), visible(&self.reason));
        format!("accepted by {by} until {}: {}", self.until.date(), reason.trim_end_matches('.'))
    }
}

/// Tells whether a finding of this rule can be accepted: what is wrong with a file of the workspace cannot.
pub fn can_be(rule: &str) -> bool {
    !rule.starts_with('W')
}

/// Returns why findings about files cannot be accepted.
pub const FILES: &str = "what is wrong with a file of the workspace has to be put right";

/// What is asked when a risk is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// Why.
    pub reason: String,
    /// The last day.
    pub until: Timestamp,
}

impl Acceptance {
    /// Proposes ninety days.
    pub fn new(now: Timestamp) -> Self {
        let until = Timestamp::from_date(&now.plus_days(90).date()).unwrap_or(now);
        Self { reason: String::new(), until }
    }
}

impl Record for Acceptance {
    const NOUN: &'static str = "acceptance of a finding";
    const FIELDS: &'static [Field<Self>] = &[
        Field::fixed(
            "reason",
            "Reason",
            "Why the risk is taken, and what lessens it; kept in the audit chain and shown in the review.",
            |x, _| visible(&x.reason),
            |x, t| {
                x.reason = t.trim().to_owned();
                if x.reason.is_empty() { Err("say why".into()) } else { Ok(()) }
            },
        ),
        Field::fixed(
            "until",
            "Until",
            "The last day on which it is accepted, a year ahead at most; then it is found again.",
            |x, _| x.until.date(),
            |x, t| {
                x.until = Timestamp::from_date(t.trim()).ok_or("a day such as 2027-03-31")?;
                Ok(())
            },
        ),
    ];
}

/// Findings, and what was accepted of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Weighed {
    /// What counts, worst first. What is no longer accepted says so.
    pub open: Vec<Finding>,
    /// What is accepted, with the acceptance.
    pub accepted: Vec<(Finding, Accepted)>,
    /// What was accepted and is not found any more.
    pub obsolete: Vec<Accepted>,
}
