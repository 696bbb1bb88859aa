//! Findings: what a check, a lint or a chain explanation has to say about an object.

use serde::{Deserialize, Serialize};

use super::bytes::{Digest, Serial};
use super::escape::visible;
use super::field::{Field, Record};
use super::request::RequestId;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Severity {
    /// Good to know.
    Info,
    /// Needs a person's look; a reason lets it pass.
    Warning,
    /// Must not be.
    Error,
}

impl Severity {
    /// Every severity, the least first.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Error];

    /// Reads a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.word() == word)
    }

    /// Writes how many there are, `2 warnings`; none of them is nothing to write.
    pub fn count(self, number: usize) -> Option<String> {
        let s = if number == 1 { "" } else { "s" };
        (number > 0).then(|| format!("{number} {}{s}", self.word()))
    }

    /// Returns the severity in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Info => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// An object of the console, by name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Subject {
    /// The workspace as a whole.
    Workspace,
    /// A keyring by name.
    Keyring(String),
    /// A site document by name.
    Site(String),
    /// A Server document by name.
    Server(String),
    /// A person by the name of the document.
    Person(String),
    /// A certifier by name.
    Certifier(String),
    /// A request by number.
    Request(RequestId),
    /// A certificate by its SHA-256.
    Certificate(Digest),
    /// An issued certificate by certifier and serial.
    Issued(String, Serial),
}

/// Names the object: `keyring mail`, `request 3`. The name may be foreign text.
impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Workspace => f.write_str("workspace"),
            Self::Keyring(name) => write!(f, "keyring {name}"),
            Self::Site(name) => write!(f, "site {name}"),
            Self::Server(name) => write!(f, "server {name}"),
            Self::Person(name) => write!(f, "person {name}"),
            Self::Certifier(name) => write!(f, "certifier {name}"),
            Self::Request(id) => write!(f, "request {id}"),
            Self::Certificate(sha256) => write!(f, "certificate {sha256}"),
            Self::Issued(certifier, serial) => write!(f, "certificate {serial} of {certifier}"),
        }
    }
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// The rule that found it: a check's id (`K07`), or a lint's or edge test's name (`names.cn-in-san`).
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What it is about.
    pub subject: Subject,
    /// One sentence, escaped.
    pub text: String,
    /// What to do, in words; may be empty.
    pub remedy: String,
    /// The command that does it, `object.verb`.
    pub command: Option<String>,
}

impl Finding {
    /// Makes a finding without a remedy.
    pub fn new(rule: &str, severity: Severity, subject: Subject, text: impl Into<String>) -> Self {
        let text = visible(&text.into());
        Self { rule: rule.into(), severity, subject, text, remedy: String::new(), command: None }
    }

    /// Adds what to do and the command that does it.
    #[must_use]
    pub fn remedy(mut self, text: &str, command: Option<&str>) -> Self {
        self.remedy = text.into();
        self.command = command.map(Into::into);
        self
    }
}

impl Record for Finding {
    const NOUN: &'static str = "finding";
    const FIELDS: &'static [Field<Self>] = &[
        Field::derived("severity", "Severity", "How bad it is.", |x, _| x.severity.word().into()),
        Field::derived("rule", "Rule", "The rule that found it.", |x, _| x.rule.clone()),
        Field::derived("object", "Object", "What it is about.", |x, _| visible(&x.subject.to_string())),
        Field::derived("text", "Text", "What was found.", |x, _| x.text.clone()),
        Field::derived("remedy", "Remedy", "What to do about it.", |x, _| x.remedy.clone()),
    ];
}

/// Returns the worst severity among findings.
pub fn worst(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|f| f.severity).max()
}
