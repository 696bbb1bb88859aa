//! Rules about the ports of servers and the documents behind them: what is open without a document, what has a document
//! without a port, and which of several documents answers. Without Server documents no rule about a port finds anything.

use std::collections::{BTreeMap, BTreeSet};

use super::sites::share_a_server;
use super::{Case, Check, Hit, sites};
use crate::model::finding::Severity;
use crate::model::resolve::{Era, Lack, addresses, lacks, redirect_url, tcp_ways, tls_ways, without_name};
use crate::model::server::{PortStatus, Server};
use crate::model::site::{Site, SiteKind, looked_for};

/// How many keyrings 11.0.1 keeps at hand unless `SSL_KYR_CACHE_MAX_SIZE` says more.
const CACHED: usize = 10;
/// The port of Notes itself, which every server has.
const NRPC: u16 = 1352;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "K22",
        title: "A server has more keyrings than it keeps at hand.",
        severity: Severity::Warning,
        remedy: "Bring the server to 12, set SSL_KYR_CACHE_MAX_SIZE in notes.ini, or let sites share a certificate.",
        command: "server.edit",
        explain: "A server of 11.0.1 that chooses Web sites by SNI keeps 10 keyrings at hand; who asks for a site beyond these gets \
            the certificate of the default site, and sees it only now and then. The limit is that of the keyring cache, not of \
            the documents. Set SSL_KYR_CACHE_MAX_SIZE in notes.ini (at most 50), let sites share a certificate with several \
            names, or bring the server to 12.",
        run: |case, found| {
            for server in
                loading(case).filter(|s| Era::of(s) == Era::Sni && s.port(SiteKind::Web).speaks_tls())
            {
                let rings: BTreeSet<&str> = web(case, server).iter().map(|s| s.keyring.as_str()).collect();
                let count = rings.iter().filter(|ring| !ring.is_empty()).count();
                if count > CACHED {
                    found(Hit::server(
                        server,
                        format!("has {count} keyrings for its Web sites, and keeps {CACHED}."),
                    ));
                }
            }
        },
    },
    Check {
        id: "S01",
        title: "A TLS port is open, and no document lets clients in.",
        severity: Severity::Error,
        remedy: "Make a document of the kind for this server, or close the port.",
        command: "site.create",
        explain: "A server that loads Internet Sites needs a document for each protocol; without one, clients get \"This site is not \
            enabled on the server.\" The finding names the condition that failed: there is no document, the documents name \
            other servers, the organisation of the address has none, or the one that is used has every way in over TLS off. \
            Correct that condition, or close the port.",
        run: open_without_site,
    },
    Check {
        id: "S02",
        title: "A site is hosted where no TLS port is open for it.",
        severity: Severity::Warning,
        remedy: "Open the TLS port on a server that hosts it, or disable the document.",
        command: "server.edit",
        explain: "The document is there, but on every server that hosts it the TLS port of its protocol is closed, or Internet Sites \
            are not loaded, so nobody reaches it with TLS. A port was closed, or the document was made before the server was \
            set up. Open the port, name another server in the document, or disable it.",
        run: |case, found| {
            for site in sites(case).filter(|s| s.kind.answers()) {
                let hosting: Vec<&Server> = case.hosting.servers_of(site);
                let loads: Vec<&&Server> = hosting.iter().filter(|s| s.load_sites).collect();
                let why = match (hosting.first(), loads.first()) {
                    (None, _) => continue,
                    (Some(server), None) => {
                        format!(
                            "is hosted by server {}, which loads no Internet Sites: it is not used.",
                            server.name
                        )
                    }
                    (_, Some(_)) if loads.iter().any(|s| offers_tls(s, site.kind)) => continue,
                    (_, Some(server)) => {
                        let (kind, port) = (site.kind.name(), server.port(site.kind).tls);
                        format!(
                            "is hosted by server {}, whose {kind} port {port} for TLS is closed.",
                            server.name
                        )
                    }
                };
                found(Hit::site(site, why));
            }
        },
    },
    Check {
        id: "S03",
        title: "Two organisations claim one address.",
        severity: Severity::Error,
        remedy: "Give each organisation an address of its own.",
        command: "site.edit",
        explain: "The address of a connection tells a server the organisation, so an address belongs to one. Two documents of \
            different organisations list the same one: the server says \"Multiple Organizations in Internet Site documents with \
            the same IP address\" and answers for neither as expected. Correct the organisation, or the address.",
        run: |case, found| {
            let mut seen: BTreeMap<&str, Vec<&Site>> = BTreeMap::new();
            for site in sites(case).filter(|s| s.kind.answers() && !s.organization.is_empty()) {
                for address in addresses(site) {
                    let same = seen.entry(address).or_default();
                    let differs = |s: &&&Site| {
                        !s.organization.eq_ignore_ascii_case(&site.organization) && share_a_server(s, site)
                    };
                    if let Some(other) = same.iter().find(differs) {
                        found(Hit::site(
                            site,
                            format!(
                                "claims {address} for {}, and site {} claims it for {}.",
                                site.organization, other.name, other.organization
                            ),
                        ));
                    }
                    same.push(site);
                }
            }
        },
    },
    Check {
        id: "S05",
        title: "Two documents stand for one thing on one server, and one of them is never used.",
        severity: Severity::Warning,
        remedy: "Leave one of them.",
        command: "site.edit",
        explain: "Except for the Web, the first document of an organisation for a server is used and host names do not choose, so \
            any other of the kind is never used, though it looks as if it were. For the Web, two documents that list one host \
            name do the same: the first by document name answers. Leave one of them, or give them other servers.",
        run: duplicates,
    },
    Check {
        id: "S06",
        title: "A site has no address, and its server does not go by the name.",
        severity: Severity::Warning,
        remedy: "List the address in the document, switch SNI on, or share a certificate.",
        command: "site.edit",
        explain: "Without SNI the certificate is chosen before the name is known: by the address, else it is that of the default Web \
            site, else of the first document. Clients of this site therefore meet a certificate that does not name it; with \
            SNI on 11.0.1, a starting point is needed, a default Web site or one with an address. Give the site an address of \
            its own, switch SNI on, or use one certificate that names all of them.",
        run: without_address,
    },
    Check {
        id: "S07",
        title: "A site that redirects to TLS lists only names, or only addresses.",
        severity: Severity::Warning,
        remedy: "List the host name and its address in the document.",
        command: "site.edit",
        explain: "A redirect is answered by the document with the host name, and the TLS connection that follows is found by the \
            address where the server does not read SNI: both have to be listed. With one of them missing the client is sent to \
            another site, or in a circle. List both; on a server that goes by SNI the address can be left out.",
        run: |case, found| {
            for site in sites(case).filter(|s| s.kind == SiteKind::Web && s.access.redirect) {
                let listed = addresses(site).count();
                let lacks = match (listed, site.hosts.len() - listed) {
                    (0, 1..) => "names, and no address",
                    (1.., 0) => "addresses, and no name",
                    _ => continue,
                };
                let hosting = case.hosting.servers_of(site);
                let old = hosting.iter().any(|s| s.load_sites && Era::of(s) == Era::BeforeSni);
                let severity = if old { Severity::Warning } else { Severity::Info };
                found(Hit::site(site, format!("redirects to TLS and lists {lacks}.")).severity(severity));
            }
        },
    },
    Check {
        id: "S08",
        title: "A redirect leads to a closed port, or the port of a document is not that of the server.",
        severity: Severity::Error,
        remedy: "Open the TLS port, or correct the port.",
        command: "site.edit",
        explain: "A client that comes without TLS is sent to the TLS port of the server, and the address has the port where that is \
            not 443. When that port is closed the client gets no further, and when the document says another port than the \
            server, what people read in it is not what clients get. Open the port, or write the server's port in the document.",
        run: redirects,
    },
    Check {
        id: "S10",
        title: "Every way in is off.",
        severity: Severity::Error,
        remedy: "Switch a way in on, or disable the document.",
        command: "site.edit",
        explain: "A document with neither anonymous access nor name and password nor another way in serves nobody: clients get \"This \
            site is not enabled on the server.\" With a redirect to TLS, the ways in over TLS alone count. Switch on what the \
            clients of this site have, or disable the document.",
        run: |case, found| {
            for site in sites(case).filter(|s| s.kind.answers()) {
                if !tls_ways(site.kind, &site.access).is_empty() {
                    continue;
                }
                if site.access.redirect && site.kind == SiteKind::Web {
                    found(Hit::site(site, "redirects to TLS, where every way in is off."));
                } else if tcp_ways(site.kind, &site.access).is_empty() {
                    found(Hit::site(site, "has every way in off: it is enabled and serves nobody."));
                }
            }
            for server in case.state.servers.values().filter(|s| !s.load_sites) {
                let shut = |kind: &SiteKind| {
                    let port = server.port(*kind);
                    port.speaks_tls() && tls_ways(*kind, &port.access).is_empty()
                };
                if let Some(kind) = SiteKind::PROTOCOLS.into_iter().find(shut) {
                    let text = format!("has {} open for TLS, with every way in off.", kind.name());
                    let remedy = "Switch a way in on, or close the port.";
                    found(Hit::server(server, text).instead(remedy, "server.edit"));
                }
            }
        },
    },
    Check {
        id: "S18",
        title: "Two services want one port.",
        severity: Severity::Error,
        remedy: "Give one of them another number, or another address.",
        command: "server.edit",
        explain: "One port of an address serves one task: the one that starts later cannot bind it, and its clients meet the other or \
            nobody. A number was typed twice, or two servers share a machine and its address. Give one of them another port, or \
            each server an address of its own.",
        run: conflicts,
    },
    Check {
        id: "S19",
        title: "A site names a server that is not known.",
        severity: Severity::Warning,
        remedy: "Correct the server's name in the document, or make its Server document.",
        command: "site.edit",
        explain: "The server that shall host the site has no Server document here, so nobody loads the site unless the name is that \
            of a group. A server was renamed or taken out of service, or the name was mistyped. Correct the name, or make the \
            Server document.",
        run: |case, found| {
            if case.state.servers.is_empty() {
                return;
            }
            for site in sites(case) {
                if let Some(name) = site.servers.iter().find(|name| *name != "*" && !case.hosting.knows(name))
                {
                    found(Hit::site(
                        site,
                        format!("is hosted by {name}, of which there is no Server document."),
                    ));
                }
            }
        },
    },
];

/// Lists the servers that load Internet Sites.
fn loading<'a>(case: &Case<'a>) -> impl Iterator<Item = &'a Server> + use<'a> {
    case.state.servers.values().filter(|s| s.load_sites)
}

/// Lists the Web sites that a server hosts and that let clients in over TLS.
fn web<'a>(case: &Case<'a>, server: &Server) -> Vec<&'a Site> {
    let mut hosted = case.hosting.sites_of(server);
    hosted.retain(|s| s.enabled && s.kind == SiteKind::Web && !tls_ways(s.kind, &s.access).is_empty());
    hosted
}

/// Tells whether a server speaks TLS for a protocol, from the first byte or later.
fn offers_tls(server: &Server, kind: SiteKind) -> bool {
    let port = server.port(kind);
    let starts = kind == SiteKind::Smtp && server.starttls && port.tcp_status == PortStatus::Enabled;
    port.speaks_tls() || starts
}

fn open_without_site(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for server in loading(case) {
        let hosted = case.hosting.sites_of(server);
        for kind in SiteKind::PROTOCOLS.into_iter().filter(|kind| server.port(*kind).speaks_tls()) {
            let (name, number) = (kind.name(), server.port(kind).tls);
            let open = format!("has {name} port {number} open for TLS, and");
            for lack in lacks(case.state, &hosted, server, kind) {
                found(match lack {
                    Lack::Missing => Hit::server(server, format!("{open} there is no document of kind {name}.")),
                    Lack::OtherServer => {
                        Hit::server(server, format!("{open} the documents of kind {name} name other servers."))
                            .instead("Name the server in a document of the kind, make one for it, or close the port.", "site.create")
                    }
                    Lack::Organization(address, of) => Hit::server(
                        server,
                        format!("{open} {address} is of organisation {of}, which has no document of kind {name}."),
                    )
                    .instead("Make a document for the organisation, or correct that of another.", "site.create"),
                    Lack::Disabled(site) => Hit::site(
                        site,
                        format!("is disabled, and server {} has {name} port {number} open for TLS.", server.name),
                    )
                    .instead("Enable the document, or close the port.", "site.edit"),
                    Lack::WaysOff(site) => Hit::site(
                        site,
                        format!(
                            "is used on server {} for {name} port {number}, and has every way in over TLS off.",
                            server.name
                        ),
                    )
                    .instead("Switch a way in over TLS on, or close the port.", "site.edit"),
                });
            }
        }
    }
}

fn duplicates(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for server in loading(case) {
        let mut first: BTreeMap<(SiteKind, String), &Site> = BTreeMap::new();
        let other = |s: &&Site| s.enabled && s.kind != SiteKind::Web && s.kind.answers();
        for site in case.hosting.sites_of(server).into_iter().filter(other) {
            let used = *first.entry((site.kind, site.organization.to_ascii_lowercase())).or_insert(site);
            if used.name != site.name && told.insert(&site.name) {
                found(Hit::site(
                    site,
                    format!(
                        "is never used on server {}: site {} is of the same kind and organisation and comes first.",
                        server.name, used.name
                    ),
                ));
            }
        }
    }
    let mut seen: BTreeMap<_, Vec<&Site>> = BTreeMap::new();
    for site in sites(case).filter(|s| s.kind.answers()) {
        for host in &site.hosts {
            let same = seen.entry((site.kind, site.port, host)).or_default();
            let other = same.iter().find(|s| s.keyring != site.keyring && share_a_server(s, site));
            if let Some(other) = other
                && told.insert(&site.name)
            {
                let (other, port) = (&other.name, site.port);
                let text = format!(
                    "and site {other} both answer for {host} on port {port}, with different keyrings."
                );
                found(Hit::site(site, text));
            }
            same.push(site);
        }
    }
}

fn without_address(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for server in loading(case).filter(|s| s.port(SiteKind::Web).speaks_tls()) {
        let (era, live) = (Era::of(server), web(case, server));
        let Some(met) = without_name(&live) else { continue };
        let starts = live.iter().any(|s| s.default_site || addresses(s).next().is_some());
        if era == Era::Sni && live.len() > 1 && !starts {
            found(Hit::server(
                server,
                format!(
                    "goes by SNI, which needs a default Web site or one with an address to start at: clients meet site {}.",
                    met.name
                ),
            ));
        }
        if era != Era::BeforeSni {
            continue;
        }
        let leaf = case.state.keyrings.get(&met.keyring).and_then(|ring| ring.leaf());
        let named =
            |site: &Site| leaf.is_some_and(|leaf| looked_for(&site.hosts).all(|host| leaf.covers(host)));
        for site in
            live.iter().filter(|s| s.keyring != met.keyring && addresses(s).next().is_none() && !named(s))
        {
            if told.insert(&site.name) {
                found(Hit::site(
                    site,
                    format!(
                        "lists no address, and server {} does not go by SNI: clients meet the certificate of site {}.",
                        server.name, met.name
                    ),
                ));
            }
        }
    }
}

fn redirects(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for server in case.state.servers.values() {
        let nowhere = |kind: &SiteKind| {
            let port = server.port(*kind);
            port.tcp_status == PortStatus::Redirect && !port.speaks_tls()
        };
        if let Some(kind) = SiteKind::PROTOCOLS.into_iter().find(nowhere) {
            let text =
                format!("redirects {} to TLS port {}, which is closed.", kind.name(), server.port(kind).tls);
            let remedy = "Open the TLS port, or redirect no longer.";
            found(Hit::server(server, text).instead(remedy, "server.edit"));
        }
    }
    for site in sites(case).filter(|s| s.kind.answers()) {
        let mut hosting = case.hosting.servers_of(site);
        hosting.retain(|s| s.load_sites);
        let port = |server: &&&Server| server.port(site.kind);
        let redirects = site.kind == SiteKind::Web && site.access.redirect;
        let shut = |s: &&&Server| port(s).tcp_status == PortStatus::Enabled && !port(s).speaks_tls();
        if let Some(server) = hosting.iter().find(shut).filter(|_| redirects) {
            let to = port(&server).tls;
            let remedy = "Open the TLS port of the server, or redirect no longer.";
            let text = format!("redirects to port {to} of server {}, which is closed.", server.name);
            found(Hit::site(site, text).instead(remedy, "server.edit"));
        }
        let open: Vec<&&Server> = hosting.iter().filter(|s| port(s).speaks_tls()).collect();
        if let Some(server) = open.first()
            && open.iter().all(|s| port(s).tls != site.port)
        {
            let (name, listens) = (&server.name, port(server).tls);
            let to = site.hosts.first().filter(|_| redirects).map_or_else(String::new, |host| {
                format!(", and redirects lead to {}", redirect_url(case.state, site, Some(server), host))
            });
            let text = format!("says port {}, but server {name} listens on {listens}{to}.", site.port);
            found(Hit::site(site, text).severity(Severity::Warning));
        }
    }
}

fn conflicts(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    let mut taken: BTreeMap<(&str, u16), &Server> = BTreeMap::new();
    for server in case.state.servers.values() {
        let mut open: BTreeMap<u16, String> = BTreeMap::from([(NRPC, "Notes (NRPC)".to_owned())]);
        for kind in SiteKind::PROTOCOLS {
            let port = server.port(kind);
            let tcp = (port.tcp_status != PortStatus::Disabled).then_some((port.tcp, "TCP"));
            let tls = port.speaks_tls().then_some((port.tls, "TLS"));
            for (number, speaks) in tcp.into_iter().chain(tls) {
                let word = format!("{} ({speaks})", kind.name());
                if let Some(other) = open.insert(number, word.clone()) {
                    found(Hit::server(server, format!("has port {number} for {other} and for {word}.")));
                }
            }
        }
        for address in &server.addresses {
            for number in open.keys() {
                let Some(other) = taken.insert((address, *number), server).filter(|s| s.name != server.name)
                else {
                    continue;
                };
                if *number == NRPC {
                    continue;
                }
                let text = format!("and server {} both want port {number} of {address}.", other.name);
                found(Hit::server(server, text));
            }
        }
    }
}
