//! What the requester is told of a request, in the requester's words.

use super::{Actor, Request, Status};
use crate::model::State;
use crate::model::escape::visible;
use crate::model::time::Timestamp;

impl Request {
    /// Says where it stands and what comes next, to whom does not know the queue.
    pub fn told(&self, state: &State, now: Timestamp) -> String {
        let waits = self.waits(now);
        let received = self.received.date();
        match &self.status {
            Status::Pending => format!(
                "It was received on {received} and waits for a decision for {waits}. A registration authority approves or denies it next."
            ),
            Status::UnderReview { failure, .. } if failure.is_empty() => format!(
                "It was received on {received} and is looked at for {waits}: what will be issued is not in every point what was asked. A registration authority approves or denies it next."
            ),
            Status::UnderReview { at, .. } => format!(
                "It was approved, but could not be signed on {}. A registration authority looks at it again; there is nothing to do for you.",
                at.date()
            ),
            Status::Approved { at, plan, .. } => format!(
                "It was approved on {} and waits for its signature for {waits}. Certifier {} signs it next.",
                at.date(),
                plan.certifier
            ),
            Status::Denied { at, reason, .. } => format!(
                "It was denied on {}: {}. Make a new request that sets this right.",
                at.date(),
                visible(reason).trim_end_matches('.')
            ),
            Status::Withdrawn { at, reason, .. } => {
                format!("It was withdrawn on {}: {}.", at.date(), visible(reason).trim_end_matches('.'))
            }
            Status::Expired { at, days, .. } => format!(
                "It was crossed off on {}: it was open for more than {days} days. Bring it again as a new request if you still need it.",
                at.date()
            ),
            Status::Issued { at, certifier, serial, .. } => {
                let issued =
                    format!("Certifier {certifier} signed it on {} with serial number {serial}.", at.date());
                match (&self.picked_up, self.next(state)) {
                    (Some(picked), _) => format!("{issued} It was picked up on {}.", picked.at.date()),
                    (None, Actor::Keyring(ring)) => {
                        format!("{issued} It is to be installed in keyring {ring}.")
                    }
                    (None, Actor::Nobody) => format!("{issued} It is installed."),
                    (None, _) => format!("{issued} Pick it up with the pick-up ID {}.", self.found_by()),
                }
            }
        }
    }

    /// Returns what finds it: the pick-up ID, or its number where it has none.
    pub fn found_by(&self) -> String {
        if self.pickup.is_empty() { self.id.to_string() } else { self.pickup.clone() }
    }
}

/// How many columns a letter has.
const LETTER: usize = 76;

impl Request {
    /// Writes what the requester is told as lines of plain text, to be printed or sent.
    pub fn letter(&self, state: &State, now: Timestamp) -> Vec<String> {
        let mut lines = vec![format!("Certificate request {}", self.found_by()), String::new()];
        let mut add = |label: &str, text: &str| {
            for (i, part) in folded(text, LETTER - 18).into_iter().enumerate() {
                lines.push(format!("{:<18}{part}", if i == 0 { label } else { "" }).trim_end().to_owned());
            }
        };
        add("For", &self.pkcs10.subject.text());
        for name in &self.pkcs10.alt_names {
            add("", &name.to_string());
        }
        add("Received", &self.received.text());
        add(
            "Contact",
            &[&self.contact.name, &self.contact.mail, &self.contact.phone].map(|t| visible(t)).join(" "),
        );
        add("Request SHA-256", &self.pkcs10.sha256.to_string());
        add("Key SHA-256", &self.pkcs10.key.sha256.to_string());
        add("State", self.word());
        lines.push(String::new());
        lines.extend(folded(&self.told(state, now), LETTER));
        lines
    }
}

/// Breaks text into lines, between words where that is possible; an empty text has none.
fn folded(text: &str, columns: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let fits = lines.last().is_some_and(|l| l.chars().count() + 1 + word.len() <= columns);
        if let (Some(last), true) = (lines.last_mut(), fits) {
            last.push(' ');
            last.extend(word);
            continue;
        }
        while word.len() > columns {
            lines.push(word.drain(..columns).collect());
        }
        lines.push(word.into_iter().collect());
    }
    lines
}
