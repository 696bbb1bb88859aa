//! Rules about site documents.

use std::collections::BTreeMap;

use super::{Case, Check};
use crate::model::finding::{Severity, Subject};
use crate::model::site::{Site, SiteKind};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "K01",
        title: "A site names a keyring that is not there.",
        severity: Severity::Error,
        remedy: "Choose another keyring, or create it.",
        command: "site.edit",
        run: |case, found| {
            for site in sites(case).filter(|s| !s.keyring.is_empty()) {
                if !case.state.keyrings.contains_key(&site.keyring) {
                    found(
                        subject(site),
                        format!("Site {} names keyring {}, which is missing.", site.name, site.keyring),
                    );
                }
            }
        },
    },
    Check {
        id: "K16",
        title: "A host name of a site is not in its certificate.",
        severity: Severity::Error,
        remedy: "Make a keyring with every host name of the site.",
        command: "keyring.create",
        run: |case, found| {
            for site in sites(case) {
                let Some(leaf) = case.state.keyrings.get(&site.keyring).and_then(|r| r.leaf()) else {
                    continue;
                };
                for host in site.hosts.iter().filter(|h| !leaf.covers(h)) {
                    found(
                        subject(site),
                        format!("Site {}: the certificate does not name {host}.", site.name),
                    );
                }
            }
        },
    },
    Check {
        id: "S04",
        title: "There are several default Web sites.",
        severity: Severity::Warning,
        remedy: "Leave one default site.",
        command: "site.edit",
        run: |case, found| {
            let default: Vec<_> = sites(case).filter(|s| s.default_site && s.kind == SiteKind::Web).collect();
            for site in default.iter().skip(1) {
                let first = &default[0].name;
                found(subject(site), format!("Site {} and site {first} are both the default.", site.name));
            }
        },
    },
    Check {
        id: "S22",
        title: "A site names no keyring.",
        severity: Severity::Warning,
        remedy: "Choose a keyring.",
        command: "site.edit",
        run: |case, found| {
            for site in sites(case).filter(|s| s.keyring.is_empty()) {
                found(
                    subject(site),
                    format!("Site {} names no keyring: nobody answers with TLS.", site.name),
                );
            }
        },
    },
    Check {
        id: "S23",
        title: "Two sites answer for the same host name and port with different keyrings.",
        severity: Severity::Warning,
        remedy: "Leave one of them, or give both the same keyring.",
        command: "site.edit",
        run: |case, found| {
            let mut seen: BTreeMap<_, Vec<&Site>> = BTreeMap::new();
            for site in sites(case) {
                for host in &site.hosts {
                    let same = seen.entry((site.kind, site.port, host)).or_default();
                    let other = same.iter().find(|s| s.keyring != site.keyring && share_a_server(s, site));
                    if let Some(other) = other {
                        let (name, other, port) = (&site.name, &other.name, site.port);
                        let text = format!(
                            "Sites {other} and {name} both answer for {host} on port {port}, with different keyrings."
                        );
                        found(subject(site), text);
                    }
                    same.push(site);
                }
            }
        },
    },
];

/// Tells whether some server hosts both documents.
fn share_a_server(one: &Site, other: &Site) -> bool {
    let every = |site: &Site| site.servers.iter().any(|s| s == "*");
    every(one) || every(other) || one.servers.iter().any(|s| other.servers.contains(s))
}

fn sites<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Site> {
    case.state.sites.values().filter(|s| s.enabled)
}

fn subject(site: &Site) -> Subject {
    Subject::Site(site.name.clone())
}
