//! What comes out: the steps, the document, the keyring and the certificate, and why no other document answers.

use crate::model::bytes::Digest;
use crate::model::escape::visible;
use crate::model::finding::{Severity, Subject};

/// The label of the verdict among the lines.
pub const ANSWER: &str = "Answer";

/// How it ends; there is always exactly one end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The client meets a certificate and is let in.
    Certificate,
    /// There is a document, but all its ways in are off, or none fits: "This site is not enabled on the server."
    NotEnabled,
    /// A document answers, but no certificate stands behind it.
    NoCertificate,
    /// The port answers without TLS.
    Plain,
    /// The client is sent on to this address.
    Redirect(String),
    /// The port is closed.
    Closed,
    /// Nothing listens on this port.
    NoListener,
    /// Organisations claim one address together.
    Conflict,
}

impl Outcome {
    /// Returns the outcome in a word.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Certificate => "certificate",
            Self::NotEnabled => "not-enabled",
            Self::NoCertificate => "no-certificate",
            Self::Plain => "plain",
            Self::Redirect(_) => "redirect",
            Self::Closed => "closed",
            Self::NoListener => "no-listener",
            Self::Conflict => "conflict",
        }
    }

    /// Says how good that is for a client who wants TLS; `None` is as it should be.
    pub fn severity(&self) -> Option<Severity> {
        match self {
            Self::Certificate | Self::Redirect(_) => None,
            Self::Plain => Some(Severity::Warning),
            _ => Some(Severity::Error),
        }
    }
}

/// One step of the explanation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What it decides, in a word or two.
    pub label: &'static str,
    /// The rule.
    pub rule: String,
    /// What was looked at, and what came out.
    pub found: String,
    /// How bad that is, if it is.
    pub severity: Option<Severity>,
}

impl Step {
    /// Makes a step; texts are escaped.
    pub(super) fn new(label: &'static str, rule: impl AsRef<str>, found: impl AsRef<str>) -> Self {
        Self { label, rule: visible(rule.as_ref()), found: visible(found.as_ref()), severity: None }
    }
}

/// The document that a decision comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A site document by name.
    Site(String),
    /// A Server document by name.
    Server(String),
}

impl Source {
    /// Returns the object.
    pub fn subject(&self) -> Subject {
        match self {
            Self::Site(name) => Subject::Site(name.clone()),
            Self::Server(name) => Subject::Server(name.clone()),
        }
    }
}

/// Whether the certificate names what the client asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Covers {
    /// The name that clients compare.
    pub name: String,
    /// Whether it is among the alternative names.
    pub named: bool,
}

/// A document that does not answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Other {
    /// Its name.
    pub name: String,
    /// Why it does not answer, escaped.
    pub why: String,
    /// Whether it is one of those that the server chooses from.
    pub hosted: bool,
}

/// So many documents that the server does not choose from are told one by one.
const FEW: usize = 8;

/// Of more than these, so many are named.
const NAMED: usize = 20;

/// Who answers, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The verdict in one sentence, escaped.
    pub verdict: String,
    /// The steps that lead to it, in order.
    pub steps: Vec<Step>,
    /// How it ends.
    pub outcome: Outcome,
    /// The server as site documents call it; empty when there is no Server document and none was named.
    pub server: String,
    /// The protocol in a word.
    pub protocol: &'static str,
    /// The port.
    pub port: u16,
    /// The era whose rules hold.
    pub era: super::Era,
    /// The document whose settings the handshake uses.
    pub document: Option<Source>,
    /// The document that takes the requests, where it is another one.
    pub requests: Option<String>,
    /// The keyring that is named or chosen.
    pub keyring: Option<String>,
    /// The certificate that is shown.
    pub certificate: Option<Digest>,
    /// Whether it names what was asked for.
    pub covers: Option<Covers>,
    /// Every other document of the protocol, by name.
    pub others: Vec<Other>,
}

impl Answer {
    /// Tells whether a client who checks what it meets would be content, as far as documents and names tell.
    pub fn is_good(&self) -> bool {
        self.outcome.severity() != Some(Severity::Error) && self.covers.as_ref().is_none_or(|c| c.named)
    }

    /// Lists the objects it leads to: documents, keyring, certificate, server.
    pub fn subjects(&self) -> Vec<Subject> {
        let requests = self.requests.iter().map(|name| Subject::Site(name.clone()));
        let ring = self.keyring.iter().map(|name| Subject::Keyring(name.clone()));
        let certificate = self.certificate.iter().map(|sha256| Subject::Certificate(*sha256));
        self.document.iter().map(Source::subject).chain(requests).chain(ring).chain(certificate).collect()
    }

    /// Writes everything as lines of label and text, the verdict first; both faces show these.
    pub fn lines(&self) -> Vec<(String, String, Option<Severity>)> {
        let bad = if self.is_good() { self.outcome.severity() } else { Some(Severity::Error) };
        let mut all = vec![(ANSWER.to_owned(), self.verdict.clone(), bad)];
        for (number, step) in (1..).zip(&self.steps) {
            all.push((
                format!("{number} {}", step.label),
                format!("{}\n{}", step.rule, step.found),
                step.severity,
            ));
        }
        let (near, far): (Vec<&Other>, Vec<&Other>) = self.others.iter().partition(|other| other.hosted);
        let line = |other: &&Other| (format!("Not {}", visible(&other.name)), other.why.clone(), None);
        all.extend(near.iter().map(line));
        if far.len() <= FEW {
            all.extend(far.iter().map(line));
        } else {
            let names: Vec<String> = far.iter().take(NAMED).map(|other| visible(&other.name)).collect();
            let more = match far.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let text =
                format!("They are disabled, or the server does not host them: {}{more}.", names.join(", "));
            all.push((format!("Not {} others", far.len()), text, None));
        }
        all
    }
}
