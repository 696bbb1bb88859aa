//! Makes, changes and deletes Server documents, and notes that a server runs with what they say now.

use std::collections::BTreeMap;

use super::Env;
use super::conflict::unchanged;
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::change::{Change, Fact};
use crate::model::document::How;
use crate::model::error::{Error, Result};
use crate::model::field::{Look, Record, When};
use crate::model::finding::Subject;
use crate::model::keyring::{Keyring, check_name};
use crate::model::resolve::{Hosting, used};
use crate::model::server::called::same_server;
use crate::model::server::{Live, Server};
use crate::model::site::Site;
use crate::model::time::Timestamp;
use crate::pki::sha256;
use crate::store::directory;

/// Saves a document. `before` is the document as it was when editing began; `None` makes a new one. When the name of the
/// server is another one, site documents that name it follow.
///
/// Errors: the name is taken or cannot be a file, no server name, another document has it, no such keyring; `Conflict` when
/// the document was changed since, with both versions field by field.
pub fn save_server(state: &State, before: Option<&Server>, server: &Server) -> Result<Change> {
    let name = &server.name;
    check_name(name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    let taken = || {
        Error::refused(format!("A Server document is already named \"{name}\"."))
            .next("Choose another name, or edit that document.")
    };
    let versions = (before, state.servers.get(&server.name), server);
    unchanged(state, &format!("Server {}", server.name), versions, taken)?;
    // What it runs with is noted by a refresh alone, also where an earlier version comes back.
    let live = before.map_or_else(|| server.live.clone(), |before| before.live.clone());
    let server = &Server { live, ..server.clone() };
    if server.server_name.is_empty() {
        return Err(Error::usage("A server needs its hierarchical name.")
            .why("Site documents name the servers that host them by it.")
            .next("Fill in the server name, such as web01/Example."));
    }
    let same = |other: &&Server| other.name != *name && same_server(used::called(other), &server.server_name);
    if let Some(other) = state.servers.values().find(same) {
        return Err(Error::refused(format!("Server {} has two documents.", server.server_name))
            .why(format!("Document {} is of this server already.", other.name))
            .next("Edit that document, or give this one another server name.")
            .command("server.edit")
            .on(Subject::Server(other.name.clone())));
    }
    if !server.keyring.is_empty() && !state.keyrings.contains_key(&server.keyring) {
        return Err(Error::not_found("keyring", &server.keyring)
            .next("Create it first, or leave the field empty for now.")
            .command("keyring.create"));
    }
    let mut change = Change {
        facts: vec![Fact::ServerSaved { server: Box::new(server.clone()), how: How::Written }],
        files: vec![directory::server(server)?],
    };
    if let Some(before) = before.filter(|b| !same_server(used::called(b), &server.server_name)) {
        let old = used::called(before);
        for site in state.sites.values().filter(|s| s.servers.iter().any(|n| same_server(n, old))) {
            let mut site = site.clone();
            for named in site.servers.iter_mut().filter(|n| same_server(n, old)) {
                server.server_name.clone_into(named);
            }
            change.files.push(directory::site(&site)?);
            change.facts.push(Fact::SiteSaved { site, how: How::Written });
        }
    }
    Ok(change)
}

/// Deletes a document; its file goes to the history. Site documents that name the server stay as they are.
pub fn delete_server(state: &State, name: &str) -> Result<Change> {
    let server = find(state, name)?;
    let files = vec![directory::server_removed(&server.name)];
    Ok(Change { facts: vec![Fact::ServerDeleted { name: name.into() }], files })
}

/// Returns what becomes another document when a Server document is copied: everything but its name, the name of the server,
/// its addresses and what it runs with.
pub fn copied(server: &Server) -> Server {
    Server {
        name: String::new(),
        server_name: String::new(),
        addresses: Vec::new(),
        live: None,
        ..server.clone()
    }
}

/// Notes that a server was restarted or refreshed, and runs with what its documents say now.
pub fn refreshed(state: &State, name: &str, env: &Env<'_>) -> Result<Change> {
    let server = find(state, name)?;
    let with = Prints::of(state).of_server(server);
    let live = Live { at: env.now, by: env.operator.to_owned(), with };
    let server = Server { live: Some(live), ..server.clone() };
    let files = vec![directory::server(&server)?];
    let fact = Fact::ServerSaved { server: Box::new(server), how: How::Refreshed };
    Ok(Change { facts: vec![fact], files })
}

fn find<'a>(state: &'a State, name: &str) -> Result<&'a Server> {
    state.servers.get(name).ok_or_else(|| Error::not_found("Server document", name))
}

/// Fingerprints of what documents and keyrings say now, by which a change since a restart is noticed.
pub struct Prints<'a> {
    state: &'a State,
    sites: BTreeMap<&'a str, Digest>,
    hosting: Hosting<'a>,
}

impl<'a> Prints<'a> {
    /// Takes the fingerprints of a workspace.
    pub fn of(state: &'a State) -> Self {
        let print = |site: &'a Site| (site.name.as_str(), said(site, state));
        Self { state, sites: state.sites.values().map(print).collect(), hosting: Hosting::of(state) }
    }

    /// Returns the fingerprints of everything that a server runs with.
    pub fn of_server(&self, server: &Server) -> BTreeMap<String, Digest> {
        let mut with = BTreeMap::from([("server".to_owned(), said(server, self.state))]);
        let mut rings = Vec::new();
        if server.load_sites {
            for site in self.hosting.sites_of(server).into_iter().filter(|s| s.enabled) {
                with.extend(self.sites.get(site.name.as_str()).map(|d| (format!("site {}", site.name), *d)));
                rings.push(site.keyring.as_str());
            }
        } else {
            rings.push(used::ring_of(server));
        }
        for ring in rings.into_iter().filter_map(|ring| self.state.keyrings.get(ring)) {
            with.insert(format!("keyring {}", ring.name), served(ring));
        }
        with
    }

    /// Lists what was changed since a server was restarted or refreshed, as far as somebody has told: `site www`. A server
    /// of which nobody has told has nothing pending.
    pub fn pending(&self, server: &Server) -> Vec<String> {
        let Some(live) = &server.live else { return Vec::new() };
        let now = self.of_server(server);
        let mut changed: Vec<String> = Vec::new();
        for (what, print) in &now {
            match live.with.get(what) {
                Some(before) if before == print => {}
                Some(_) => changed.push(what.clone()),
                None => changed.push(format!("{what} (new)")),
            }
        }
        let gone = live.with.keys().filter(|what| !now.contains_key(*what));
        changed.extend(gone.map(|what| format!("{what} (gone)")));
        changed
    }
}

/// Takes the fingerprint of what a document says to a server: what is set otherwise than in a new document, so that a field
/// that a later version of this program adds makes no difference. Its name, title and comment say nothing to a server.
fn said<T: Record + Default>(document: &T, state: &State) -> Digest {
    let look = Look { state, now: Timestamp::default(), soon: 0, zone: None };
    let new = T::default();
    let mut text = String::new();
    let fields = T::FIELDS.iter().filter(|f| f.when != When::Derived);
    for field in fields.filter(|f| !matches!(f.name, "name" | "title" | "comment")) {
        let value = (field.get)(document, &look);
        if value != (field.get)(&new, &look) {
            text.push_str(&format!("{}={value}\0", field.name));
        }
    }
    sha256(text.as_bytes())
}

/// Takes the fingerprint of what a server takes from a keyring: the key, the certificates and the trusted roots.
fn served(ring: &Keyring) -> Digest {
    let key = ring.key.iter().map(|key| key.sha256);
    let trusted = ring.entries.iter().filter(|e| e.trusted).map(|e| e.certificate.sha256);
    sha256(&key.chain(trusted).flat_map(|d| d.0).collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::Kind;

    fn web01() -> Server {
        Server { name: "web01".into(), server_name: "web01/Example".into(), ..Server::default() }
    }

    fn with(servers: Vec<Server>) -> State {
        let sites = [("www", "CN=web01/O=Example"), ("mail", "mail01/Example"), ("all", "*")];
        let site = |(name, server): (&str, &str)| {
            let site = Site { name: name.into(), servers: vec![server.into()], ..Site::default() };
            (site.name.clone(), site)
        };
        State {
            servers: servers.into_iter().map(|s| (s.name.clone(), s)).collect(),
            sites: sites.map(site).into(),
            ..State::default()
        }
    }

    #[test]
    fn site_documents_follow_a_server_that_is_called_otherwise() {
        let state = with(vec![web01()]);
        let moved = Server { server_name: "www01/Example".into(), ..web01() };
        let change = save_server(&state, Some(&web01()), &moved).unwrap();
        let followed = change.facts.iter().filter_map(|fact| match fact {
            Fact::SiteSaved { site, .. } => Some((site.name.as_str(), site.servers.as_slice())),
            _ => None,
        });
        assert_eq!(followed.collect::<Vec<_>>(), [("www", &["www01/Example".to_owned()][..])]);
        assert_eq!((change.facts.len(), change.files.len()), (2, 2));
        // The same name in another form moves nothing.
        let same = Server { server_name: "CN=Web01/O=Example".into(), ..web01() };
        assert_eq!(save_server(&state, Some(&web01()), &same).unwrap().facts.len(), 1);
    }

    #[test]
    fn what_another_console_changed_is_shown_with_both_versions() {
        let theirs = Server { comment: "theirs".into(), ..web01() };
        let state = with(vec![theirs]);
        let error =
            save_server(&state, Some(&web01()), &Server { comment: "mine".into(), ..web01() }).unwrap_err();
        assert_eq!(error.kind, Kind::Conflict);
        assert!(error.why.contains("Comment: theirs \"theirs\", yours \"mine\""), "{error}");
        let error = save_server(&with(Vec::new()), Some(&web01()), &web01()).unwrap_err();
        assert_eq!(error.kind, Kind::Conflict);
    }

    #[test]
    fn what_was_changed_since_a_refresh_is_pending() {
        let mut state = with(vec![web01()]);
        let before = Prints::of(&state).of_server(&web01());
        assert_eq!(before.keys().collect::<Vec<_>>(), ["server", "site all", "site www"]);
        let live = Live { at: Timestamp(0), by: "ada".into(), with: before };
        let server = Server { live: Some(live), ..web01() };
        assert!(Prints::of(&state).pending(&server).is_empty());
        assert!(Prints::of(&state).pending(&web01()).is_empty(), "nobody has told of it");
        for site in state.sites.values_mut() {
            site.port = 8443;
            site.comment = "says nothing to a server".into();
        }
        if let Some(site) = state.sites.remove("www") {
            state.sites.insert("shop".into(), Site { name: "shop".into(), ..site });
        }
        let state_now = with(vec![server.clone()]);
        let change = save_server(&state_now, Some(&server), &web01()).unwrap();
        let kept =
            matches!(&change.facts[..], [Fact::ServerSaved { server: s, .. }] if s.live == server.live);
        assert!(kept, "an earlier version brings no earlier refresh back");
        let changed = Server { starttls: true, ..server };
        let pending = Prints::of(&state).pending(&changed);
        assert_eq!(pending, ["server", "site all", "site shop (new)", "site www (gone)"]);
    }
}
