//! What installing would do, as data, and as the lines that both faces show. Decides nothing.

use crate::model::bytes::colons;
use crate::model::certificate::Certificate;
use crate::model::error::Error;
use crate::model::keyring::Role;
use crate::model::request::RequestId;

/// What installing would do.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// The keyring.
    pub keyring: String,
    /// The sorted chain, leaf first; its last step is the trusted root when there is one.
    pub steps: Vec<Step>,
    /// The certificate that goes.
    pub replaces: Option<Certificate>,
    /// Whether the key that waits takes the place of the ring's key.
    pub promotes: bool,
    /// Open requests for the same key, which another authority's certificate answers: they are taken back.
    pub answers: Vec<RequestId>,
    /// What a person should know before going on.
    pub warnings: Vec<String>,
    /// Certificates that were given and are not needed.
    pub unused: Vec<Certificate>,
    /// The root that has to be trusted first, if that is what is missing.
    pub root: Option<Root>,
    /// Why it cannot be done now; each names the command that helps.
    pub refusal: Option<Error>,
}

/// One certificate of the sorted chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it is in the ring.
    pub role: Role,
    /// It.
    pub certificate: Certificate,
    /// Where it comes from: `given`, `this keyring`, `keyring www`, `certifier root`.
    pub origin: String,
}

/// A root that a ring does not trust.
#[derive(Debug, Clone, PartialEq)]
pub struct Root {
    /// It.
    pub certificate: Certificate,
    /// Where it comes from, as in [`Step::origin`].
    pub origin: String,
    /// Whether it stands in the ring with its trust switched off.
    pub switched_off: bool,
}

/// A line of a plan as both faces show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is about.
    pub label: String,
    /// The text; `\n` begins a new line.
    pub text: String,
    /// Whether a person should stop at it.
    pub warns: bool,
}

impl Plan {
    /// Says what would happen, from the leaf to the root and on to why not.
    pub fn lines(&self) -> Vec<Line> {
        let line = |label: &str, text: String, warns| Line { label: label.into(), text, warns };
        let mut lines = Vec::new();
        for (number, step) in self.steps.iter().enumerate() {
            let c = &step.certificate;
            let mut text =
                format!("{}\n{} to {}; {}", c.subject, c.not_before.date(), c.not_after.date(), step.origin);
            if step.role == Role::Leaf && !c.alt_names.is_empty() {
                let names: Vec<_> = c.alt_names.iter().map(|n| n.value()).collect();
                text.push_str(&format!("\nnames {}", names.join(" ")));
            }
            lines.push(line(&format!("{} {}", number + 1, step.role.word()), text, false));
        }
        if self.promotes {
            let text = "The key that waits takes over; the one that served until now goes to the history.";
            lines.push(line("Key", text.into(), false));
        }
        if let Some(old) = &self.replaces {
            let text = format!("{}, serial {}, ends {}", old.subject, old.serial, old.not_after.date());
            lines.push(line("Replaces", text, false));
        }
        for id in &self.answers {
            let text = format!("Request {id} is taken back: this certificate answers it.");
            lines.push(line("Request", text, false));
        }
        for certificate in &self.unused {
            let text = if certificate.is_ca() && certificate.is_self_issued() {
                format!(
                    "{}: a root is never trusted unasked\nSHA-256 {}",
                    certificate.subject,
                    colons(&certificate.sha256.0)
                )
            } else {
                certificate.subject.text()
            };
            lines.push(line("Not taken", text, false));
        }
        lines.extend(self.warnings.iter().map(|w| line("Attention", w.clone(), true)));
        if let Some(root) = &self.root {
            let c = &root.certificate;
            let text = format!("{}, {}\nSHA-256 {}", c.subject, root.origin, colons(&c.sha256.0));
            lines.push(line("Untrusted root", text, true));
        }
        if let Some(refusal) = &self.refusal {
            lines.push(line("Refused", refusal.why.clone(), true));
            lines.push(line("Next", refusal.next.clone(), false));
        }
        lines
    }
}
