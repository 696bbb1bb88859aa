//! Which server hosts which documents, looked up once for many questions: what `used` tells one by one, for all of them.

use std::collections::BTreeMap;

use super::used::called;
use crate::model::State;
use crate::model::server::Server;
use crate::model::server::called::key;
use crate::model::site::Site;

/// Servers and site documents by the names of servers.
pub struct Hosting<'a> {
    every_server: Vec<&'a Server>,
    servers: BTreeMap<String, Vec<&'a Server>>,
    every_site: Vec<&'a Site>,
    sites: BTreeMap<String, Vec<&'a Site>>,
}

impl<'a> Hosting<'a> {
    /// Takes in the documents of a workspace.
    pub fn of(state: &'a State) -> Self {
        let mut all = Self {
            every_server: state.servers.values().collect(),
            servers: BTreeMap::new(),
            every_site: Vec::new(),
            sites: BTreeMap::new(),
        };
        for server in state.servers.values() {
            all.servers.entry(key(called(server))).or_default().push(server);
        }
        for site in state.sites.values() {
            if site.servers.iter().any(|name| name == "*") {
                all.every_site.push(site);
                continue;
            }
            for name in &site.servers {
                let named = all.sites.entry(key(name)).or_default();
                if named.last().is_none_or(|last| last.name != site.name) {
                    named.push(site);
                }
            }
        }
        all
    }

    /// Lists the documents that name this server, in the order of the view: by document name.
    pub fn sites_of(&self, server: &Server) -> Vec<&'a Site> {
        let named = self.sites.get(&key(called(server)));
        let mut all: Vec<_> = named.into_iter().flatten().chain(&self.every_site).copied().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    /// Lists the servers that a document names, of those that have a Server document, by document name.
    pub fn servers_of(&self, site: &Site) -> Vec<&'a Server> {
        if site.servers.iter().any(|name| name == "*") {
            return self.every_server.clone();
        }
        let mut all: Vec<_> =
            site.servers.iter().filter_map(|name| self.servers.get(&key(name))).flatten().copied().collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all.dedup_by(|a, b| a.name == b.name);
        all
    }

    /// Tells whether a server of this name has a document.
    pub fn knows(&self, name: &str) -> bool {
        self.servers.contains_key(&key(name))
    }
}

#[cfg(test)]
mod tests {
    use super::super::used;
    use super::*;
    use crate::model::site::SiteKind;

    #[test]
    fn it_tells_what_one_by_one_is_told() {
        let mut state = State::default();
        for (name, server_name) in [("a", "CN=Web 01/O=Acme, Inc"), ("b", "web02/Example"), ("c", "")] {
            let server = Server { name: name.into(), server_name: server_name.into(), ..Server::default() };
            state.servers.insert(name.into(), server);
        }
        let lists: [&[&str]; 6] = [
            &["*"],
            &["web 01/acme, inc", "CN=web 01/O=Acme, Inc"],
            &["WEB02/Example", "CN=Web 01/O=Acme, Inc"],
            &["c"],
            &["nobody/Example"],
            &["web02 / Example"],
        ];
        for (at, servers) in lists.iter().enumerate() {
            let name = format!("s{at}");
            let servers = servers.iter().map(|s| (*s).to_owned()).collect();
            state.sites.insert(name.clone(), Site { name, servers, ..Site::preset(SiteKind::Web) });
        }
        let hosting = Hosting::of(&state);
        for server in state.servers.values() {
            let one_by_one: Vec<_> = used::sites_of(&state, called(server), SiteKind::Web).collect();
            assert!(!one_by_one.is_empty());
            assert_eq!(hosting.sites_of(server), one_by_one, "{}", server.name);
        }
        for site in state.sites.values() {
            assert_eq!(
                hosting.servers_of(site),
                used::servers_of(&state, site).collect::<Vec<_>>(),
                "{}",
                site.name
            );
        }
        assert!(hosting.knows("web02/example") && !hosting.knows("nobody/Example"));
    }
}
