//! The security review: every server and site with what counts for its security, what was found, what is accepted, and what
//! was looked at and what was not. How it is written is the affair of `page`.

mod page;

use std::collections::{BTreeMap, BTreeSet};

pub use page::Format;

use super::{Check, find, table};
use crate::model::State;
use crate::model::accepted::{Accepted, Weighed};
use crate::model::field::{Look, Record};
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::time::Timestamp;

/// The fields of a site that matter for its security, in the order of the report.
const OF_SITE: &[&str] = &[
    "kind",
    "organization",
    "hosts",
    "servers",
    "port",
    "keyring",
    "default-site",
    "enabled",
    "tcp-anonymous",
    "tcp-password",
    "redirect",
    "tls-anonymous",
    "tls-password",
    "client-certificate",
    "bearer-token",
    "protocol-version",
    "ciphers",
    "accept-site-certificates",
    "accept-expired",
    "ssl-v2",
    "check-crl",
    "trust-expired-crl",
    "allow-crl-failure",
];

/// The fields of a server, likewise.
const OF_SERVER: &[&str] = &[
    "server-name",
    "hosts",
    "addresses",
    "release",
    "tls-10",
    "sni",
    "load-sites",
    "starttls",
    "references-scheme",
    "references-host",
    "references-port",
    "proxies",
    "ports",
    "live",
];

/// Those that count when it loads no Internet Sites.
const OF_SERVER_ALONE: &[&str] =
    &["keyring", "protocol-version", "ciphers", "accept-site-certificates", "accept-expired", "ssl-v2"];

/// A security review.
#[derive(Debug, Clone)]
pub struct Review {
    /// The present.
    pub at: Timestamp,
    /// The commit that the reviewed state is of.
    pub generation: u64,
    /// What was looked at, one sentence each.
    pub looked: Vec<String>,
    /// What was not, one sentence each.
    pub not_looked: Vec<String>,
    /// Servers, sites, keyrings, and whatever else has findings.
    pub objects: Vec<Reviewed>,
    /// What was accepted and is not found any more.
    pub obsolete: Vec<Accepted>,
    /// The rules that are cited, in order.
    pub rules: Vec<&'static Check>,
}

/// One object of a review.
#[derive(Debug, Clone)]
pub struct Reviewed {
    /// The object.
    pub subject: Subject,
    /// What its document says, as label and value.
    pub settings: Vec<(&'static str, String)>,
    /// What counts, worst first.
    pub findings: Vec<Finding>,
    /// What is accepted.
    pub accepted: Vec<(Finding, Accepted)>,
}

impl Review {
    /// Counts what counts, by severity.
    pub fn count(&self, severity: Severity) -> usize {
        let findings = self.objects.iter().flat_map(|object| &object.findings);
        findings.filter(|finding| finding.severity == severity).count()
    }

    /// Counts what is accepted.
    pub fn accepted(&self) -> usize {
        self.objects.iter().map(|object| object.accepted.len()).sum()
    }
}

/// Makes the review of a state by what was found in it.
pub fn review(state: &State, weighed: Weighed, now: Timestamp) -> Review {
    let look = Look { state, now, soon: 30, zone: None };
    let cited = weighed.open.iter().map(|f| &f.rule);
    let cited = cited.chain(weighed.accepted.iter().map(|(f, _)| &f.rule));
    let cited: BTreeSet<&String> = cited.chain(weighed.obsolete.iter().map(|risk| &risk.rule)).collect();
    let rules = table().into_iter().filter(|check| cited.iter().any(|rule| *rule == check.id)).collect();
    let mut objects = BTreeMap::new();
    for server in state.servers.values() {
        let mut said = settings(server, OF_SERVER, &look);
        if !server.load_sites {
            said.extend(settings(server, OF_SERVER_ALONE, &look));
        }
        of(&mut objects, Subject::Server(server.name.clone())).settings = said;
    }
    for site in state.sites.values() {
        of(&mut objects, Subject::Site(site.name.clone())).settings = settings(site, OF_SITE, &look);
    }
    for finding in weighed.open {
        of(&mut objects, finding.subject.clone()).findings.push(finding);
    }
    for (finding, risk) in weighed.accepted {
        of(&mut objects, finding.subject.clone()).accepted.push((finding, risk));
    }
    Review {
        at: now,
        generation: state.generation.0,
        looked: looked(state),
        not_looked: not_looked(state),
        objects: objects.into_values().collect(),
        obsolete: weighed.obsolete,
        rules,
    }
}

/// Objects in the order of the report: by kind, then by name.
type Objects = BTreeMap<(u8, Subject), Reviewed>;

/// Finds or makes the part about an object.
fn of(objects: &mut Objects, subject: Subject) -> &mut Reviewed {
    let place = match &subject {
        Subject::Server(_) => 0,
        Subject::Site(_) => 1,
        Subject::Keyring(_) => 2,
        Subject::Certifier(_) => 3,
        Subject::Person(_) => 4,
        Subject::Request(_) | Subject::Certificate(_) | Subject::Issued(..) => 5,
        Subject::Workspace => 6,
    };
    let new = || Reviewed {
        subject: subject.clone(),
        settings: Vec::new(),
        findings: Vec::new(),
        accepted: Vec::new(),
    };
    objects.entry((place, subject.clone())).or_insert_with(new)
}

/// Reads those fields of a record that it has and that say something.
fn settings<T: Record>(record: &T, names: &[&str], look: &Look<'_>) -> Vec<(&'static str, String)> {
    let fields = names.iter().filter(|name| record.applies(name)).filter_map(|name| T::field(name));
    fields.map(|f| (f.label, (f.get)(record, look))).filter(|(_, value)| !value.is_empty()).collect()
}

fn many(count: usize, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

fn looked(state: &State) -> Vec<String> {
    let disabled = state.sites.values().filter(|site| !site.enabled).count();
    let alone = state.servers.values().filter(|server| !server.load_sites).count();
    let rules = table();
    let (first, last) = (rules.first().map_or("", |c| c.id), rules.last().map_or("", |c| c.id));
    vec![
        format!("{}, of which {alone} load no Internet Sites.", many(state.servers.len(), "Server document")),
        format!("{}, of which {disabled} are disabled.", many(state.sites.len(), "site document")),
        format!(
            "{}, {}, {}.",
            many(state.keyrings.len(), "keyring"),
            many(state.certifiers.len(), "certifier"),
            if state.people.len() == 1 {
                "1 person".into()
            } else {
                format!("{} people", state.people.len())
            }
        ),
        format!("{} rules, from {first} to {last}; docs/checks.md explains each.", rules.len()),
    ]
}

fn not_looked(state: &State) -> Vec<String> {
    let wire = match state.visits.iter().map(|v| v.at).max() {
        None => "What answers on the wire: ringmaster probe connects to a host and tells.".to_owned(),
        Some(at) => format!("What answers on the wire now: the last kept probe is of {}.", at.text()),
    };
    let mut not = vec![
        wire,
        "What stands only on the servers: notes.ini, file permissions, databases and their ACLs.".to_owned(),
    ];
    if state.servers.is_empty() {
        not.push("Ports: there is no Server document, so nothing says which of them are open.".into());
    }
    let disabled: Vec<_> = state.sites.values().filter(|s| !s.enabled).map(|s| s.name.as_str()).collect();
    if !disabled.is_empty() {
        not.push(format!("Disabled documents, by most rules: {}.", disabled.join(", ")));
    }
    for unread in &state.unreadable {
        not.push(format!("{}: {}", unread.path, unread.why));
    }
    not
}

/// Returns the rule of a finding, if it is one of the table.
pub(super) fn title(rule: &str) -> &'static str {
    find(rule).map_or("", |check| check.title)
}
