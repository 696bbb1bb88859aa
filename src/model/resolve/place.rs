//! Where the connection arrives: the server, its port, and what that port speaks.

use super::answer::Step;
use super::question::Question;
use super::used::{called, is_hosted, server};
use crate::model::State;
use crate::model::finding::Severity;
use crate::model::server::{Port, PortStatus, Server};
use crate::model::site::{Site, SiteKind};

/// A server as the question meets it.
pub(super) struct Place<'a> {
    /// Its name as site documents call it; empty stands for a server that hosts every document.
    pub(super) name: &'a str,
    /// Its document, where there is one. Without one every port is open, and Internet Sites are loaded.
    pub(super) document: Option<&'a Server>,
    /// How it was found.
    pub(super) step: Step,
}

impl<'a> Place<'a> {
    /// Finds the server of a question.
    pub(super) fn find(state: &'a State, question: &'a Question) -> Self {
        let rule = "The connection reaches one server.";
        let virtual_one = |name: &'a str, found: &str| {
            let assumed = "All its ports are taken to be open, and its release to be the latest.";
            let step = Step::new("server", rule, format!("{found} {assumed}"));
            Self { name, document: None, step }
        };
        if state.servers.is_empty() && question.server.is_empty() {
            return virtual_one(
                "",
                "There is no Server document here, so one server is assumed that hosts every site.",
            );
        }
        if !question.server.is_empty() {
            return match server(state, &question.server) {
                Some(server) => Self::of(server, rule, "It was asked for."),
                None => virtual_one(
                    &question.server,
                    &format!("There is no Server document {}.", question.server),
                ),
            };
        }
        let (asked, address) = (question.host.as_str(), question.address.as_str());
        let lists = |all: &[String], name: &str| !name.is_empty() && all.iter().any(|n| same_host(n, name));
        let hosts_it = |server: &Server| {
            let fits = |s: &Site| {
                s.enabled
                    && question.protocol.is_none_or(|kind| s.kind == kind)
                    && (lists(&s.hosts, asked) || lists(&s.hosts, address))
                    && is_hosted(s, called(server))
            };
            state.sites.values().any(fits)
        };
        type Way<'w> = (&'w str, &'w str, &'w dyn Fn(&Server) -> bool);
        let ways: [Way<'_>; 4] = [
            ("has", "have the address", &|s| lists(&s.addresses, address) || lists(&s.addresses, asked)),
            ("has", "have the host name", &|s| lists(&s.hosts, asked)),
            ("hosts", "host a document that lists what was asked for", &hosts_it),
            ("has", "have a document at all; none fits what was asked for", &|_| true),
        ];
        for (verb, words, fits) in ways {
            let mut all = state.servers.values().filter(|s| fits(s));
            let Some(first) = all.next() else { continue };
            let how = match (all.count(), words.split_once(' ')) {
                (0, Some((_, rest))) => format!("It is the only server that {verb} {rest}."),
                (more, _) => format!("It is the first by name of {} that {words}.", more + 1),
            };
            return Self::of(first, rule, &how);
        }
        virtual_one("", "No Server document fits.")
    }

    fn of(server: &'a Server, rule: &str, how: &str) -> Self {
        let sites = if server.load_sites { "loads Internet Sites" } else { "loads no Internet Sites" };
        let sni = if server.sni && !server.has_sni() { ", ENABLE_SNI without effect" } else { "" };
        let found =
            format!("Server {}: release {}{sni}, {sites}. {how}", called(server), server.release.name());
        Self { name: called(server), document: Some(server), step: Step::new("server", rule, found) }
    }

    /// Tells whether it hosts a document.
    pub(super) fn hosts(&self, site: &Site) -> bool {
        self.name.is_empty() || is_hosted(site, self.name)
    }

    /// Tells whether Internet Sites are loaded.
    pub(super) fn loads_sites(&self) -> bool {
        self.document.is_none_or(|s| s.load_sites)
    }

    /// Returns the ports of a protocol. Without a Server document they are open, and the site documents say on which TLS
    /// port: this one has the usual number.
    fn ports(&self, kind: SiteKind) -> Port {
        let open = PortStatus::Enabled;
        let assumed = Port { tcp_status: open, tls_status: open, ..Port::usual(kind) };
        self.document.map_or(assumed, |server| server.port(kind))
    }

    /// Lists the TLS ports of a protocol: one, or those of the site documents where no Server document says it.
    fn tls_ports(&self, state: &State, kind: SiteKind) -> Vec<u16> {
        if let Some(server) = self.document {
            return vec![server.port(kind).tls];
        }
        let named = state.sites.values().filter(|s| s.kind == kind && s.enabled && self.hosts(s));
        named.map(|s| s.port).chain([kind.tls_port()]).collect()
    }
}

/// A port that was found, and what it speaks.
pub(super) struct Listener {
    pub(super) kind: SiteKind,
    pub(super) number: u16,
    /// Whether TLS begins with the first byte.
    pub(super) tls: bool,
    /// Whether anything listens there at all.
    pub(super) known: bool,
    /// The ports of the protocol on this server.
    pub(super) ports: Port,
    pub(super) step: Step,
}

impl Listener {
    /// Finds the port of a question.
    pub(super) fn find(state: &State, place: &Place<'_>, question: &Question) -> Self {
        let kinds = question.protocol.map_or_else(|| SiteKind::PROTOCOLS.to_vec(), |kind| vec![kind]);
        let first = kinds.first().copied().unwrap_or(SiteKind::Web);
        let tls_of = |kind| place.tls_ports(state, kind);
        let found = match question.port {
            None => Some((
                question.protocol.or_else(|| listed(state, place, &question.host)).unwrap_or(first),
                true,
            )),
            Some(number) => {
                let open = |kind: &SiteKind, tls: bool| {
                    let ports = place.ports(*kind);
                    (if tls { ports.tls_status } else { ports.tcp_status }) != PortStatus::Disabled
                };
                let at_tls = kinds.iter().filter(|k| tls_of(**k).contains(&number)).map(|k| (*k, true));
                let at_tcp = kinds.iter().filter(|k| place.ports(**k).tcp == number).map(|k| (*k, false));
                let all: Vec<_> = at_tls.chain(at_tcp).collect();
                all.iter().find(|(kind, tls)| open(kind, *tls)).or_else(|| all.first()).copied()
            }
        };
        let (kind, tls) = found.unwrap_or((first, true));
        let usual = || match question.host.is_empty() {
            true => tls_of(kind).first().copied(),
            // Without a Server document the document that lists the host says the port.
            false => state
                .sites
                .values()
                .filter(|s| s.kind == kind && s.enabled && place.document.is_none() && place.hosts(s))
                .find(|s| s.hosts.iter().any(|h| same_host(h, &question.host)))
                .map(|s| s.port)
                .or_else(|| tls_of(kind).last().copied()),
        };
        let number = question.port.or_else(usual).unwrap_or_else(|| kind.tls_port());
        let ports = place.ports(kind);
        let mut step = Step::new(
            "port",
            match found {
                Some(_) => "The Internet Ports say what a port speaks, and whether it is open.",
                None => "A port answers when it is one of the Internet Ports.",
            },
            said(place, kind, tls, number, &ports, found.is_some(), &tls_of(kind)),
        );
        let status = if tls { ports.tls_status } else { ports.tcp_status };
        if found.is_none() || status == PortStatus::Disabled {
            step.severity = Some(Severity::Error);
        }
        Self { kind, number, tls, known: found.is_some(), ports, step }
    }

    /// Returns the status of the port.
    pub(super) fn status(&self) -> PortStatus {
        if self.tls { self.ports.tls_status } else { self.ports.tcp_status }
    }
}

/// Returns the protocol of the documents that list a host; Web where there are several.
fn listed(state: &State, place: &Place<'_>, host: &str) -> Option<SiteKind> {
    let lists = |s: &&Site| s.enabled && place.hosts(s) && s.hosts.iter().any(|h| same_host(h, host));
    state.sites.values().filter(lists).map(|s| s.kind).filter(|k| k.answers()).min()
}

fn said(
    place: &Place<'_>,
    kind: SiteKind,
    tls: bool,
    number: u16,
    ports: &Port,
    known: bool,
    at_tls: &[u16],
) -> String {
    let name = kind.name();
    if !known {
        let mut tls: Vec<String> = at_tls.iter().map(ToString::to_string).collect();
        tls.sort();
        tls.dedup();
        return format!(
            "Port {number} is none: {name} has {} for TCP, {} for TLS.",
            ports.tcp,
            tls.join(", ")
        );
    }
    let speaks = if tls { "TLS from the first byte" } else { "TCP without TLS" };
    let status = match if tls { ports.tls_status } else { ports.tcp_status } {
        PortStatus::Enabled if place.document.is_none() => "it is taken to be open",
        PortStatus::Enabled => "it is enabled",
        PortStatus::Disabled => "it is disabled: nobody gets in here",
        PortStatus::Redirect => "it only redirects to TLS",
    };
    format!("Port {number} is that of {name} for {speaks}; {status}.")
}

/// Tells whether two hosts are the same, names or addresses.
pub(super) fn same_host(one: &str, other: &str) -> bool {
    use std::net::IpAddr;
    if one.eq_ignore_ascii_case(other) {
        return true;
    }
    matches!((one.parse::<IpAddr>(), other.parse::<IpAddr>()), (Ok(a), Ok(b)) if a == b)
}
