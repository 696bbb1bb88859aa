//! The CHECKS table: rules that look at the whole state and find what is wrong. Repairs nothing.

mod certificates;
mod certifiers;
mod chains;
mod files;
mod keyrings;
mod live;
mod people;
mod ports;
pub mod review;
mod security;
mod servers;
mod sites;
mod table;
mod weigh;

use std::collections::{BTreeMap, BTreeSet};

use chains::Chains;

use crate::model::State;
use crate::model::finding::{Finding, Severity, Subject, worst};
use crate::model::keyring::Keyring;
use crate::model::resolve::{Hosting, Whose, promised, used};
use crate::model::seen::{Visit, changes};
use crate::model::server::Server;
use crate::model::site::Site;
use crate::model::time::Timestamp;

pub use chains::Memory;
pub use live::{Beside, beside};
pub use security::certifier_behind;
pub use table::{checks_markdown, find, table};
pub use weigh::weigh;

/// What a check may look at.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The state of the workspace.
    pub state: &'a State,
    /// The present.
    pub now: Timestamp,
    /// Days before an end at which it counts as near, largest first.
    pub bands: &'a [i64],
    /// What was seen of services on the wire.
    visits: &'a [Visit],
    /// The chains of the keyrings, explained once for all rules.
    chains: &'a Chains<'a>,
    /// Which server hosts which documents.
    hosting: &'a Hosting<'a>,
    /// The keyrings that documents lead to, and whether one of these answers.
    served: &'a BTreeMap<&'a str, bool>,
}

/// One rule.
#[derive(Debug)]
pub struct Check {
    /// The rule's id: W for files of the workspace, K for keyrings, S for sites, C for certifiers, P for people,
    /// L for what services answered.
    pub id: &'static str,
    /// One sentence that says what is wrong when it finds something.
    pub title: &'static str,
    /// How bad a finding is at worst.
    pub severity: Severity,
    /// What to do about it.
    pub remedy: &'static str,
    /// The command that does it.
    pub command: &'static str,
    /// What it means, what the likely causes are, and what to do: two to four sentences.
    pub explain: &'static str,
    /// Finds: calls the function with each case.
    pub run: fn(&Case<'_>, &mut dyn FnMut(Hit)),
}

/// One case that a check has found.
pub struct Hit {
    subject: Subject,
    text: String,
    severity: Option<Severity>,
    remedy: Option<(&'static str, &'static str)>,
}

impl Hit {
    /// Makes a hit on this object, with one sentence that names it; as bad as its check says.
    fn new(subject: Subject, text: impl Into<String>) -> Self {
        Self { subject, text: text.into(), severity: None, remedy: None }
    }

    /// Makes a hit on a keyring; the sentence begins behind its name.
    fn ring(ring: &Keyring, text: impl std::fmt::Display) -> Self {
        Self::new(Subject::Keyring(ring.name.clone()), format!("Keyring {} {text}", ring.name))
    }

    /// Makes a hit on a site; the sentence begins behind its name.
    fn site(site: &Site, text: impl std::fmt::Display) -> Self {
        Self::new(Subject::Site(site.name.clone()), format!("Site {} {text}", site.name))
    }

    /// Makes a hit on a Server document; the sentence begins behind its name.
    fn server(server: &Server, text: impl std::fmt::Display) -> Self {
        Self::new(Subject::Server(server.name.clone()), format!("Server {} {text}", server.name))
    }

    /// Says how bad this one is.
    fn severity(self, severity: Severity) -> Self {
        Self { severity: Some(severity), ..self }
    }

    /// Names another way out than the check does, and its command.
    fn instead(self, remedy: &'static str, command: &'static str) -> Self {
        Self { remedy: Some((remedy, command)), ..self }
    }
}

/// Every rule, by what it looks at; [`table()`] has them in the order of their ids.
pub const CHECKS: &[&[Check]] = &[
    files::CHECKS,
    keyrings::CHECKS,
    chains::CHECKS,
    certificates::CHECKS,
    sites::CHECKS,
    ports::CHECKS,
    servers::CHECKS,
    security::CHECKS,
    certifiers::CHECKS,
    people::CHECKS,
    live::CHECKS,
];

/// Runs every check; the worst findings come first, each severity in the order of the rules.
pub fn examine(state: &State, now: Timestamp, bands: &[i64]) -> Vec<Finding> {
    examine_again(&Memory::default(), state, now, bands)
}

/// Runs every check as [`examine`] does, with what earlier runs remember.
pub fn examine_again(memory: &Memory, state: &State, now: Timestamp, bands: &[i64]) -> Vec<Finding> {
    let mut served: BTreeMap<&str, bool> = BTreeMap::new();
    for site in state.sites.values() {
        *served.entry(&site.keyring).or_default() |= site.enabled;
    }
    for server in state.servers.values().filter(|s| !s.load_sites || !s.keyring.is_empty()) {
        *served.entry(used::ring_of(server)).or_default() |= !server.load_sites;
    }
    let chains = Chains::new(memory);
    let visits = standing(state);
    let hosting = Hosting::of(state);
    let (visits, chains) = (&visits, &chains);
    look(&table(), &Case { state, now, bands, visits, chains, hosting: &hosting, served: &served })
}

/// Holds what was seen of services against the documents; the worst findings come first.
pub fn drift(state: &State, visits: &[Visit], now: Timestamp) -> Vec<Finding> {
    let memory = Memory::default();
    let (chains, hosting, served) = (Chains::new(&memory), Hosting::of(state), BTreeMap::new());
    let checks: Vec<_> = live::CHECKS.iter().collect();
    look(
        &checks,
        &Case { state, now, bands: &[], visits, chains: &chains, hosting: &hosting, served: &served },
    )
}

/// A visit, held against the documents and against the visit before.
#[derive(Debug, Clone, PartialEq)]
pub struct Judged {
    /// The visit.
    pub visit: Visit,
    /// What differs from the documents; the worst first.
    pub findings: Vec<Finding>,
    /// When the service was visited before, and what has changed since.
    pub changes: Option<(Timestamp, Vec<String>)>,
}

impl Judged {
    /// Returns the verdict in a word or two: `as documented`, `error`.
    pub fn verdict(&self) -> &'static str {
        worst(&self.findings).map_or("as documented", Severity::word)
    }
}

/// Holds a visit against the documents, and against the one before it that the state knows.
pub fn judge(state: &State, visit: Visit) -> Judged {
    let findings = drift(state, std::slice::from_ref(&visit), visit.at);
    let before = state.visits.iter().find(|old| old.promise.place() == visit.promise.place());
    let changes = before.map(|old| (old.at, changes(old, &visit)));
    Judged { visit, findings, changes }
}

/// Lists the visits to services that documents still promise.
fn standing(state: &State) -> Vec<Visit> {
    if state.visits.is_empty() {
        return Vec::new();
    }
    let promised: BTreeSet<_> = promised(state, &Whose::Everybody).into_iter().map(|p| p.place()).collect();
    state.visits.iter().filter(|visit| promised.contains(&visit.promise.place())).cloned().collect()
}

fn look(checks: &[&Check], case: &Case<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for check in checks {
        (check.run)(case, &mut |hit| {
            let severity = hit.severity.unwrap_or(check.severity);
            let (remedy, command) = hit.remedy.unwrap_or((check.remedy, check.command));
            let command = live::fitting(check, command, &hit.subject);
            let finding = Finding::new(check.id, severity, hit.subject, hit.text);
            found.push(finding.remedy(remedy, Some(command)));
        });
    }
    found.sort_by_key(|f: &Finding| std::cmp::Reverse(f.severity));
    found
}

fn rings<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Keyring> + use<'a> {
    case.state.keyrings.values()
}

/// Lists the site documents that answer.
fn sites<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Site> + use<'a> {
    case.state.sites.values().filter(|s| s.enabled && s.kind.answers())
}

/// Tells whether a document that answers leads to the keyring.
fn serves(case: &Case<'_>, ring: &Keyring) -> bool {
    case.served.get(ring.name.as_str()) == Some(&true)
}
