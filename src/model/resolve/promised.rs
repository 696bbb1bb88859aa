//! The services that documents promise: which host at which port of which server, and where a client without TLS is sent.
//! Lists them for a probe to visit; what they answer is for [`super::resolve`] to say.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::used::{called, servers_of, sites_of};
use super::{Outcome, Question, resolve};
use crate::model::State;
use crate::model::finding::Subject;
use crate::model::seen::{Errand, StartTls};
use crate::model::server::{PortStatus, Server};
use crate::model::site::{Site, SiteKind, host_port, looked_for};

/// A service that a document promises.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Promise {
    /// The host name or address that clients connect to.
    pub host: String,
    /// The port at which TLS begins, at once or by STARTTLS.
    pub port: u16,
    /// The protocol.
    pub kind: SiteKind,
    /// The protocol it changes over from.
    pub starttls: Option<StartTls>,
    /// The server by the name of its document; empty when there is none.
    pub server: String,
    /// The document that promises it; the workspace where a person named a service that none does.
    pub subject: Subject,
    /// The port without TLS and the address it sends clients to, where that is promised.
    pub redirect: Option<(u16, String)>,
}

impl Promise {
    /// Names the service: `mail.example.test:443`.
    pub fn service(&self) -> String {
        host_port(&self.host, self.port)
    }

    /// Tells this service from every other one: the server by its document, the service, and how TLS begins.
    pub fn place(&self) -> (String, String, Option<StartTls>) {
        (self.server.clone(), self.service(), self.starttls)
    }

    /// Tells whether a document promises it; else a person named it.
    pub fn is_documented(&self) -> bool {
        self.subject != Subject::Workspace
    }

    /// Asks who answers here.
    pub fn question(&self) -> Question {
        Question {
            host: self.host.clone(),
            port: Some(self.port),
            server: self.server.clone(),
            protocol: Some(self.kind),
            ..Question::default()
        }
    }
}

/// Whose services are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whose {
    /// Those of one site document.
    Site(String),
    /// Those of one server, by the name of its document.
    Server(String),
    /// All.
    Everybody,
}

impl Whose {
    fn site(&self, site: &Site) -> bool {
        match self {
            Self::Site(name) => site.name == *name,
            _ => site.enabled,
        }
    }

    fn server(&self, server: &Server) -> bool {
        match self {
            Self::Server(name) => server.name == *name,
            _ => true,
        }
    }
}

/// Lists what is promised, each service once. A host with a wildcard stands for many and is left out.
pub fn promised(state: &State, whose: &Whose) -> Vec<Promise> {
    let mut all = Vec::new();
    for server in state.servers.values().filter(|server| whose.server(server)) {
        for (kind, port, starttls) in ports(server) {
            let promise = |host: &String, subject: Subject| Promise {
                host: host.clone(),
                port,
                kind,
                starttls,
                server: server.name.clone(),
                subject,
                redirect: None,
            };
            if server.load_sites {
                for site in sites_of(state, called(server), kind).filter(|s| whose.site(s)) {
                    let named = looked_for(if site.hosts.is_empty() { &server.hosts } else { &site.hosts });
                    all.extend(named.map(|host| promise(host, Subject::Site(site.name.clone()))));
                }
            } else if !matches!(whose, Whose::Site(_)) {
                let subject = || Subject::Server(server.name.clone());
                all.extend(looked_for(&server.hosts).map(|host| promise(host, subject())));
            }
        }
    }
    if !matches!(whose, Whose::Server(_)) {
        let alone = |site: &&Site| site.kind.answers() && servers_of(state, site).next().is_none();
        for site in state.sites.values().filter(|s| whose.site(s)).filter(alone) {
            all.extend(looked_for(&site.hosts).map(|host| Promise {
                host: host.clone(),
                port: site.port,
                kind: site.kind,
                starttls: None,
                server: String::new(),
                subject: Subject::Site(site.name.clone()),
                redirect: None,
            }));
        }
    }
    let mut known = BTreeSet::new();
    all.retain(|p| {
        !p.host.starts_with('*') && known.insert((p.server.clone(), p.host.clone(), p.port, p.starttls))
    });
    all.iter_mut().for_each(|promise| promise.redirect = redirect(state, promise));
    all
}

/// Lists what is promised to any of these, each service once.
pub fn promised_by_all(state: &State, whose: impl IntoIterator<Item = Whose>) -> Vec<Promise> {
    let mut known = BTreeSet::new();
    let all = whose.into_iter().flat_map(|whose| promised(state, &whose));
    all.filter(|promise| known.insert(promise.place())).collect()
}

/// Takes services that a person named: as documents promise them, and where none does, for themselves.
pub fn named(state: &State, services: &[Errand]) -> Vec<Promise> {
    let promised = promised(state, &Whose::Everybody);
    let mut known = BTreeSet::new();
    let take = |errand: &Errand| {
        let (port, starttls) = (errand.port(), errand.begin.at(errand.port()));
        let same = |p: &&Promise| (&p.host, p.port, p.starttls) == (&errand.host, port, starttls);
        let mut all: Vec<_> = promised.iter().filter(same).cloned().collect();
        if all.is_empty() {
            let host = errand.host.clone();
            let of_protocol = starttls.and_then(|protocol| SiteKind::from_name(protocol.name()));
            let kind = of_protocol.unwrap_or_else(|| SiteKind::of_port(port));
            let (server, subject) = (String::new(), Subject::Workspace);
            all.push(Promise { host, port, kind, starttls, server, subject, redirect: None });
        }
        all
    };
    services.iter().flat_map(take).filter(|promise| known.insert(promise.place())).collect()
}

/// Lists the ports of a server at which TLS begins.
fn ports(server: &Server) -> Vec<(SiteKind, u16, Option<StartTls>)> {
    let smtp = server.port(SiteKind::Smtp);
    let changes_over = server.starttls && smtp.tcp_status == PortStatus::Enabled;
    let over = changes_over.then_some((SiteKind::Smtp, smtp.tcp, Some(StartTls::Smtp)));
    server.tls_ports().map(|(kind, port)| (kind, port, None)).chain(over).collect()
}

/// Finds where a client is sent that comes without TLS.
fn redirect(state: &State, promise: &Promise) -> Option<(u16, String)> {
    if promise.kind != SiteKind::Web {
        return None;
    }
    let port = state.servers.get(&promise.server).map_or(80, |s| s.port(SiteKind::Web).tcp);
    let question = Question { port: Some(port), ..promise.question() };
    match resolve(state, &question).outcome {
        Outcome::Redirect(to) => Some((port, to)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state() -> State {
        let mut state = State::default();
        let hosts = |hosts: &[&str]| hosts.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>();
        let mut server = Server { name: "web01".into(), starttls: true, ..Server::default() };
        server.hosts = hosts(&["web01.example.test"]);
        server.change_port(SiteKind::Web, |p| {
            (p.tls, p.tls_status, p.tcp_status) = (8443, PortStatus::Enabled, PortStatus::Enabled);
        });
        server.change_port(SiteKind::Smtp, |p| p.tcp_status = PortStatus::Enabled);
        state.servers.insert(server.name.clone(), server);
        let mut add = |name: &str, kind, server: &str, names: &[&str]| {
            let site = Site {
                name: name.into(),
                servers: vec![server.into()],
                hosts: hosts(names),
                ..Site::preset(kind)
            };
            state.sites.insert(name.into(), site);
        };
        add("mail", SiteKind::Web, "web01", &["mail.example.test", "*.example.test", "192.0.2.1"]);
        add("in", SiteKind::Smtp, "web01", &["mx.example.test"]);
        add("else", SiteKind::Imap, "other/Example", &["imap.example.test"]);
        state.sites.get_mut("mail").unwrap().access.redirect = true;
        state
    }

    fn services(whose: &Whose) -> Vec<String> {
        let all = promised(&state(), whose);
        all.iter().map(|p| format!("{} {} {}", p.service(), p.subject, p.server)).collect()
    }

    #[test]
    fn services_are_listed_by_server_and_site() {
        let (mail, smtp, imap) = (
            "mail.example.test:8443 site mail web01".to_owned(),
            "mx.example.test:25 site in web01".to_owned(),
            "imap.example.test:993 site else ".to_owned(),
        );
        assert_eq!(services(&Whose::Everybody), [mail.clone(), smtp.clone(), imap.clone()]);
        assert_eq!(services(&Whose::Server("web01".into())), [mail.clone(), smtp]);
        assert_eq!(services(&Whose::Site("mail".into())), [mail]);
        assert_eq!(services(&Whose::Site("else".into())), [imap]);
    }

    #[test]
    fn a_redirect_is_promised_with_its_port() {
        let state = state();
        let of = |name: &str| promised(&state, &Whose::Site(name.into())).remove(0).redirect;
        assert_eq!(of("mail"), Some((80, "https://mail.example.test:8443/".into())));
        assert_eq!(of("in"), None);
    }

    #[test]
    fn a_server_without_sites_promises_its_own_hosts() {
        let mut state = state();
        state.servers.get_mut("web01").unwrap().load_sites = false;
        let all = promised(&state, &Whose::Server("web01".into()));
        let all: Vec<_> = all.iter().map(|p| format!("{} {}", p.service(), p.subject)).collect();
        assert_eq!(all, ["web01.example.test:8443 server web01", "web01.example.test:25 server web01"]);
    }
}
