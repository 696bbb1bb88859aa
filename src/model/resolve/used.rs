//! Where documents, keyrings and ports are used: which server hosts which document, and what stands behind which port. Lists
//! what is written down; which of several documents answers is said elsewhere.

use crate::model::State;
use crate::model::finding::Subject;
use crate::model::server::Server;
use crate::model::server::called::same_server;
use crate::model::site::{Site, SiteKind};

/// The keyring of a server whose document names none: `keyfile.kyr` in its data directory.
pub const DEFAULT_RING: &str = "keyfile";

/// A place where something is used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// What it is there, in words; may hold foreign text.
    pub text: String,
    /// The object it leads to.
    pub to: Subject,
}

impl Use {
    fn of_site(site: &Site, text: String) -> Self {
        Self { text, to: Subject::Site(site.name.clone()) }
    }

    fn of_server(server: &Server, text: String) -> Self {
        Self { text, to: Subject::Server(server.name.clone()) }
    }

    fn of_ring(ring: &str, text: String) -> Self {
        Self { text, to: Subject::Keyring(ring.to_owned()) }
    }
}

/// Returns the name by which site documents call a server.
pub fn called(server: &Server) -> &str {
    if server.server_name.is_empty() { &server.name } else { &server.server_name }
}

/// Tells whether a site document names this server among those that host it.
pub fn is_hosted(site: &Site, server: &str) -> bool {
    site.servers.iter().any(|name| name == "*" || same_server(name, server))
}

/// Finds a Server document by its own name, or by the name of the server.
pub fn server<'a>(state: &'a State, name: &str) -> Option<&'a Server> {
    state.servers.get(name).or_else(|| state.servers.values().find(|s| same_server(called(s), name)))
}

/// Lists the servers that a site document names, of those that have a Server document.
pub fn servers_of<'a>(state: &'a State, site: &'a Site) -> impl Iterator<Item = &'a Server> {
    state.servers.values().filter(|server| is_hosted(site, called(server)))
}

/// Lists the documents of a protocol that name this server, in the order of the view: by document name.
pub fn sites_of<'a>(state: &'a State, server: &'a str, kind: SiteKind) -> impl Iterator<Item = &'a Site> {
    state.sites.values().filter(move |site| site.kind == kind && is_hosted(site, server))
}

/// Returns the keyring that a Server document leads to by itself: the one it names, or the default of every server.
pub fn ring_of(server: &Server) -> &str {
    if server.keyring.is_empty() { DEFAULT_RING } else { &server.keyring }
}

/// Lists the servers that load no sites and answer with this keyring.
pub fn alone_with<'a>(state: &'a State, ring: &'a str) -> impl Iterator<Item = &'a Server> {
    state.servers.values().filter(move |server| !server.load_sites && ring_of(server) == ring)
}

/// Lists where a keyring is used: the documents that name it, then each server with the ports that lead to it.
pub fn of_keyring(state: &State, ring: &str) -> Vec<Use> {
    let sites: Vec<&Site> = state.sites_of_keyring(ring).collect();
    let line = |site: &&Site| Use::of_site(site, format!("{}{}", document(site), asleep(site)));
    let mut all: Vec<Use> = sites.iter().map(line).collect();
    for server in state.servers.values() {
        let ports: Vec<String> = if server.load_sites {
            let here = sites.iter().filter(|s| s.enabled && s.kind.answers() && is_hosted(s, called(server)));
            here.map(|site| format!("{} by site {}", port(server, site.kind), site.name)).collect()
        } else if ring_of(server) == ring {
            open(server).map(|kind| port(server, kind)).collect()
        } else {
            Vec::new()
        };
        let own = match (server.load_sites, server.keyring == ring, ring_of(server) == ring) {
            (true, true, _) => {
                Some("its document names it, which has no effect while it loads Internet Sites")
            }
            (false, true, _) => Some("its document names it for every port"),
            (false, false, true) => Some("its document names no keyring, so this one is the default"),
            _ => None,
        };
        let words: Vec<String> = own.map(str::to_owned).into_iter().chain(ports).collect();
        if !words.is_empty() {
            let text = format!("server {}: {}", called(server), words.join("; "));
            all.push(Use::of_server(server, text));
        }
    }
    all
}

/// Lists what a server serves: each port of its document with the documents and the keyring behind it.
pub fn of_server(state: &State, server: &Server) -> Vec<Use> {
    SiteKind::PROTOCOLS.into_iter().flat_map(|kind| of_port(state, server, kind)).collect()
}

/// Lists what stands behind the TLS port of a protocol: site documents in the order of the view, or the server's keyring.
pub fn of_port(state: &State, server: &Server, kind: SiteKind) -> Vec<Use> {
    if !server.load_sites {
        let ring = ring_of(server);
        let default =
            if server.keyring.is_empty() { ", the default of a document that names none" } else { "" };
        let text = format!("{}: keyring {ring}{default}", port(server, kind));
        return open(server).filter(|k| *k == kind).map(|_| Use::of_ring(ring, text.clone())).collect();
    }
    sites_of(state, called(server), kind)
        .map(|site| {
            let ring = if site.keyring.is_empty() {
                "no keyring".into()
            } else {
                format!("keyring {}", site.keyring)
            };
            let text = format!("{}: site {} with {ring}{}", port(server, kind), site.name, asleep(site));
            Use::of_site(site, text)
        })
        .collect()
}

/// Lists where a site document is used: the servers that host it, with the port, and the keyring it names.
pub fn of_site(state: &State, site: &Site) -> Vec<Use> {
    let on = |server: &Server| {
        let text = match (server.load_sites, site.kind.answers()) {
            (false, _) => format!("server {} loads no Internet Sites", called(server)),
            (true, true) => format!("server {}: {}", called(server), port(server, site.kind)),
            (true, false) => format!("server {}: rules for its Web sites", called(server)),
        };
        Use::of_server(server, text)
    };
    let ring = (!site.keyring.is_empty()).then(|| {
        let text = format!("takes its certificate from keyring {}", site.keyring);
        Use::of_ring(&site.keyring, text)
    });
    servers_of(state, site).map(on).chain(ring).collect()
}

/// Lists the protocols whose TLS port is open.
fn open(server: &Server) -> impl Iterator<Item = SiteKind> {
    SiteKind::PROTOCOLS.into_iter().filter(|kind| server.port(*kind).speaks_tls())
}

/// Writes a TLS port: `web port 443`, or with the word that it is closed.
fn port(server: &Server, kind: SiteKind) -> String {
    let port = server.port(kind);
    let closed = if port.speaks_tls() { "" } else { " (closed)" };
    format!("{} port {}{closed}", kind.name(), port.tls)
}

fn document(site: &Site) -> String {
    let hosts = if site.hosts.is_empty() { String::new() } else { format!(" for {}", site.hosts.join(" ")) };
    format!("site {} ({}){hosts}", site.name, site.kind.name())
}

fn asleep(site: &Site) -> &'static str {
    if site.enabled { "" } else { ", disabled" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::server::{Port, PortStatus};

    fn site(name: &str, kind: SiteKind, server: &str, ring: &str) -> Site {
        let (servers, hosts) = (vec![server.into()], vec![format!("{name}.example.test")]);
        Site { name: name.into(), kind, servers, hosts, keyring: ring.into(), ..Site::default() }
    }

    fn with(load_sites: bool, ring: &str) -> State {
        let mut state = State::default();
        let port = Port { tls: 8443, tls_status: PortStatus::Enabled, ..Port::default() };
        let server = Server {
            name: "web01".into(),
            server_name: "web01/Example".into(),
            load_sites,
            keyring: ring.into(),
            ports: [(SiteKind::Web, port)].into(),
            ..Server::default()
        };
        state.servers.insert("web01".into(), server);
        for site in [
            site("shop", SiteKind::Web, "CN=WEB01/O=Example", "shop"),
            site("mail", SiteKind::Imap, "*", "mail"),
            site("else", SiteKind::Web, "web02/Example", "shop"),
        ] {
            state.sites.insert(site.name.clone(), site);
        }
        state
    }

    fn texts(all: &[Use]) -> Vec<String> {
        all.iter().map(|u| format!("{} > {}", u.text, u.to)).collect()
    }

    #[test]
    fn uses_lead_both_ways() {
        let state = with(true, "");
        let server = &state.servers["web01"];
        assert_eq!(
            texts(&of_keyring(&state, "shop")),
            [
                "site else (web) for else.example.test > site else",
                "site shop (web) for shop.example.test > site shop",
                "server web01/Example: web port 8443 by site shop > server web01",
            ]
        );
        assert_eq!(
            texts(&of_server(&state, server)),
            [
                "web port 8443: site shop with keyring shop > site shop",
                "imap port 993 (closed): site mail with keyring mail > site mail",
            ]
        );
        assert_eq!(
            texts(&of_site(&state, &state.sites["shop"])),
            [
                "server web01/Example: web port 8443 > server web01",
                "takes its certificate from keyring shop > keyring shop",
            ]
        );
    }

    #[test]
    fn a_server_that_loads_no_sites_uses_its_own_keyring_or_the_default() {
        let state = with(false, "own");
        assert_eq!(
            texts(&of_keyring(&state, "own")),
            ["server web01/Example: its document names it for every port; web port 8443 > server web01"]
        );
        let state = with(false, "");
        let text =
            "server web01/Example: its document names no keyring, so this one is the default; web port 8443";
        assert_eq!(texts(&of_keyring(&state, DEFAULT_RING)), [format!("{text} > server web01")]);
        let text =
            "web port 8443: keyring keyfile, the default of a document that names none > keyring keyfile";
        assert_eq!(texts(&of_server(&state, &state.servers["web01"])), [text]);
        let text = "server web01/Example loads no Internet Sites > server web01";
        assert_eq!(texts(&of_site(&state, &state.sites["shop"]))[0], text);
        let state = with(true, "own");
        assert!(texts(&of_keyring(&state, "own"))[0].contains("no effect while it loads Internet Sites"));
    }
}
