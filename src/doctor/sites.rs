//! Rules about site documents.

use std::collections::BTreeMap;

use super::{Check, Hit, sites};
use crate::model::bytes::Digest;
use crate::model::field::Record;
use crate::model::finding::Severity;
use crate::model::site::{Site, SiteKind};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "K16",
        title: "A host name of a site is not in its certificate.",
        severity: Severity::Error,
        remedy: "Request a certificate that names every host of the site.",
        command: "keyring.request",
        explain: "Clients compare the host name they asked for with the alternative names of the certificate, and refuse \
            when it is not among them; the common name never counts. The site got a new host name, or the request left one \
            out. Request the certificate again with every host name, or correct the host names of the site.",
        run: |case, found| {
            for site in sites(case) {
                let Some(leaf) = case.state.keyrings.get(&site.keyring).and_then(|r| r.leaf()) else {
                    continue;
                };
                for host in site.hosts.iter().filter(|h| !leaf.covers(h)) {
                    found(Hit::site(
                        site,
                        format!("answers for {host}, which its certificate does not name."),
                    ));
                }
            }
        },
    },
    Check {
        id: "K21",
        title: "The servers of one host name answer with different certificates.",
        severity: Severity::Warning,
        remedy: "Give both documents the same keyring.",
        command: "site.edit",
        explain: "Several servers answer for the same host name and port, and their documents lead to different certificates. \
            Clients that pin or remember a certificate see it change from one connection to the next, and one of the servers \
            is easily forgotten at the next renewal. Give the documents the same keyring, unless each server shall have a \
            key of its own.",
        run: |case, found| {
            let mut seen: BTreeMap<_, Vec<(&Site, Digest)>> = BTreeMap::new();
            for site in sites(case) {
                let ring = case.state.keyrings.get(&site.keyring);
                let Some(leaf) = ring.and_then(|r| r.leaf()) else { continue };
                for host in &site.hosts {
                    let same = seen.entry((site.kind, site.port, host)).or_default();
                    let drifts =
                        |(s, sha): &&(&Site, Digest)| *sha != leaf.sha256 && !share_a_server(s, site);
                    if let Some((other, sha)) = same.iter().find(drifts) {
                        let (other, ours, theirs) = (&other.name, begin(&leaf.sha256), begin(sha));
                        let text = format!("answers for {host} with {ours}, and site {other} with {theirs}.");
                        found(Hit::site(site, text));
                    }
                    same.push((site, leaf.sha256));
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
        explain: "One Web site takes the requests that fit no other; with several it is chance which certificate a client \
            meets. Usually a document was copied. Switch the flag off in all but one.",
        run: |case, found| {
            let default: Vec<_> = sites(case).filter(|s| s.default_site && s.kind == SiteKind::Web).collect();
            for site in default.iter().skip(1) {
                let first = &default[0].name;
                found(Hit::site(site, format!("and site {first} are both the default.")));
            }
        },
    },
    Check {
        id: "S22",
        title: "A site names no keyring.",
        severity: Severity::Warning,
        remedy: "Choose a keyring.",
        command: "site.edit",
        explain: "A site without a keyring has no certificate, so nobody can reach it by TLS. Choose the keyring whose \
            certificate names its hosts, or switch the document off.",
        run: |case, found| {
            for site in sites(case).filter(|s| s.keyring.is_empty() && s.applies("keyring")) {
                found(Hit::site(site, "names no keyring: nobody answers with TLS."));
            }
        },
    },
    Check {
        id: "S23",
        title: "Two sites answer for the same host name and port with different keyrings.",
        severity: Severity::Warning,
        remedy: "Leave one of them, or give both the same keyring.",
        command: "site.edit",
        explain: "Two documents that are hosted by the same server answer for one host name and port, and it is chance which \
            certificate a client meets. Leave one of them, give both the same keyring, or give them other servers.",
        run: |case, found| {
            let mut seen: BTreeMap<_, Vec<&Site>> = BTreeMap::new();
            for site in sites(case) {
                for host in &site.hosts {
                    let same = seen.entry((site.kind, site.port, host)).or_default();
                    let other = same.iter().find(|s| s.keyring != site.keyring && share_a_server(s, site));
                    if let Some(other) = other {
                        let (other, port) = (&other.name, site.port);
                        let text = format!(
                            "and site {other} both answer for {host} on port {port}, with different keyrings."
                        );
                        found(Hit::site(site, text));
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

/// Writes the beginning of a fingerprint: enough to tell two apart.
fn begin(sha256: &Digest) -> String {
    sha256.to_string().chars().take(16).collect()
}
