//! Rules about site documents.

use std::collections::BTreeMap;

use super::{Case, Check, Hit, sites};
use crate::model::bytes::Digest;
use crate::model::field::Record;
use crate::model::finding::{Severity, Subject};
use crate::model::resolve::used::{is_hosted, ring_of};
use crate::model::site::{Site, SiteKind, looked_for};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "K16",
        title: "A host name of a site or server is not in its certificate.",
        severity: Severity::Error,
        remedy: "Request a certificate that names every host of the site.",
        command: "keyring.request",
        explain: "Clients compare the host name they asked for with the alternative names of the certificate, and refuse \
            when it is not among them; the common name never counts. The site got a new host name, or the request left one \
            out. Request the certificate again with every host name, or correct the host names of the site.",
        run: |case, found| {
            let leaf = |ring: &str| case.state.keyrings.get(ring).and_then(|r| r.leaf());
            let text = |host: &String| format!("answers for {host}, which its certificate does not name.");
            for site in sites(case) {
                let Some(leaf) = leaf(&site.keyring) else { continue };
                for host in looked_for(&site.hosts).filter(|h| !leaf.covers(h)) {
                    found(Hit::site(site, text(host)));
                }
            }
            for server in
                case.state.servers.values().filter(|s| !s.load_sites && s.tls_ports().next().is_some())
            {
                let Some(leaf) = leaf(ring_of(server)) else { continue };
                for host in looked_for(&server.hosts).filter(|h| !leaf.covers(h)) {
                    found(Hit::server(server, text(host)));
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
        title: "A server has no default Web site, or several.",
        severity: Severity::Warning,
        remedy: "Leave one default site.",
        command: "site.edit",
        explain: "One Web site of a server takes the requests that fit no other; with several it is chance which certificate a \
            client meets. With none, a client that names no host gets the first document there is, unless one has the address. \
            Usually a document was copied, or the default one was deleted. Switch the flag on in one document of each server, \
            and off in the others.",
        run: defaults,
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
];

/// Default Web sites that meet on a server, and servers that have none among several.
fn defaults(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    let web: Vec<_> = sites(case).filter(|s| s.kind == SiteKind::Web).collect();
    let default: Vec<_> = web.iter().copied().filter(|s| s.default_site).collect();
    for (place, site) in default.iter().enumerate() {
        if let Some(first) = default.iter().take(place).find(|first| share_a_server(first, site)) {
            found(Hit::site(site, format!("and site {} are both the default.", first.name)));
        }
    }
    for server in case.state.servers.values() {
        if !server.load_sites || !server.port(SiteKind::Web).speaks_tls() {
            continue;
        }
        let hosted: Vec<_> = case.hosting.sites_of(server);
        let hosted: Vec<_> = hosted.into_iter().filter(|s| s.enabled && s.kind == SiteKind::Web).collect();
        if hosted.iter().any(|site| site.default_site) {
            continue;
        }
        let address = |host: &String| host.parse::<std::net::IpAddr>().is_ok();
        if hosted.len() > 1 && !hosted.iter().any(|site| site.hosts.iter().any(address)) {
            let text = format!(
                "Server {} has {} Web sites, no default one and none with an address: who names no host meets {}.",
                server.name,
                hosted.len(),
                hosted[0].name
            );
            let subject = Subject::Server(server.name.clone());
            found(
                Hit::new(subject, text)
                    .severity(Severity::Info)
                    .instead("Make one of them the default.", "site.edit"),
            );
        }
    }
}

/// Tells whether some server hosts both documents.
pub(super) fn share_a_server(one: &Site, other: &Site) -> bool {
    let every = |site: &Site| site.servers.iter().any(|s| s == "*");
    every(one) || every(other) || one.servers.iter().any(|s| is_hosted(other, s))
}

/// Writes the beginning of a fingerprint: enough to tell two apart.
fn begin(sha256: &Digest) -> String {
    sha256.to_string().chars().take(16).collect()
}
