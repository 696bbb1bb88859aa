//! Takes what is needed to serve sites on loopback: certificates and keys of their keyrings, and what their documents ask of
//! suites, clients and redirects.

use std::sync::Arc;

use super::Desk;
use crate::model::State;
use crate::model::bytes::Der;
use crate::model::cipher::{Suite, default_of};
use crate::model::error::{Error, Result};
use crate::model::keyring::Role;
use crate::model::resolve::{Outcome, Question, Sni, Source, redirect_url, resolve, used};
use crate::model::secret::Secret;
use crate::model::server::Server;
use crate::model::site::{Site, SiteKind};
use crate::probe::serve::{Choose, Clients, Served, ServedSite};
use crate::store::kyr;

impl Desk {
    /// Takes what is needed to serve a site on loopback from its keyring; with a server, also the other Web sites that it
    /// hosts, among which the rules of that server choose by the name that a client asks for.
    pub fn served(
        &mut self,
        site: &str,
        server: Option<&str>,
        port: u16,
        password: Option<&Secret>,
    ) -> Result<Served> {
        let state = self.state();
        let find = |name: &str| state.sites.get(name).ok_or_else(|| Error::not_found("site document", name));
        let first = find(site)?;
        let document = server.map(|name| {
            let missing = || Error::not_found("server", name).next("List them with: ringmaster server list");
            used::server(&state, name).ok_or_else(missing)
        });
        let document = document.transpose()?;
        let mut served = Served::alone(self.served_site(&state, first, document, password)?, port, Self::now);
        let Some(document) = document else { return Ok(served) };
        let server = used::called(document).to_owned();
        let mut names = vec![first.name.clone()];
        for other in used::sites_of(&state, &server, SiteKind::Web)
            .filter(|other| other.enabled && other.name != first.name)
        {
            match self.served_site(&state, other, Some(document), None) {
                Ok(site) => {
                    names.push(other.name.clone());
                    served.sites.push(site);
                }
                // Keyrings without a stash would each ask for their password.
                Err(error) => served.notes.push(format!("Site {} is left out: {error}", other.name)),
            }
        }
        served.choose = choose(state.clone(), server, names);
        Ok(served)
    }

    fn served_site(
        &mut self,
        state: &State,
        site: &Site,
        server: Option<&Server>,
        password: Option<&Secret>,
    ) -> Result<ServedSite> {
        let refused = || Error::refused(format!("Site {} cannot be rehearsed.", site.name));
        let Some(ring) = state.keyrings.get(&site.keyring) else {
            return Err(refused().why("It names no keyring.").next("Choose one.").command("site.edit"));
        };
        let Some(leaf) = ring.leaf() else {
            let why = format!("Keyring {} has no certificate yet.", ring.name);
            return Err(refused().why(why).next("Install it first.").command("keyring.install"));
        };
        let password = self.ring_password(state, &ring.name, password)?;
        let opened = kyr::open(ring, &password)?;
        if !opened.intact {
            let why =
                format!("Keyring {} was altered by somebody who does not know its password.", ring.name);
            return Err(refused().why(why).next("Put the right revision back from keyrings/.history."));
        }
        let Some(key) = opened.key else {
            return Err(refused().why(format!("Keyring {} holds no private key.", ring.name)));
        };
        let above = ring.with_role(Role::Chain).map(|e| &e.certificate);
        let chain = std::iter::once(leaf).chain(above).map(|c| c.der.clone()).collect();
        let clients = if site.access.client_certificate {
            let roots = ring.trusted_roots().map(|root| root.der.clone()).collect();
            Some(self.clients(state, site, roots)?)
        } else {
            None
        };
        let redirects = site.kind == SiteKind::Web && site.access.redirect;
        let host = site.hosts.first().map_or("localhost", String::as_str);
        let by_release = || server.and_then(|s| default_of(s.release)).map(<[Suite]>::to_vec);
        Ok(ServedSite {
            suites: site.tls.ciphers.clone().or_else(by_release),
            clients,
            redirect: redirects.then(|| redirect_url(state, site, server, host)),
            ..ServedSite::new(&site.name, chain, key)
        })
    }

    /// Says what a site asks of clients, with the current CRLs of every certifier.
    fn clients(&mut self, state: &State, site: &Site, roots: Vec<Der>) -> Result<Clients> {
        let mut crls = Vec::new();
        for certifier in state.certifiers.keys().filter(|_| site.crl.check) {
            crls.extend(self.store.ledger().current_crls(certifier)?.into_iter().map(|(_, der)| der.0));
        }
        let access = &site.access;
        Ok(Clients {
            required: !(access.tls_anonymous || access.tls_password || access.bearer_token),
            roots,
            accept_expired: site.tls.accept_expired,
            switches: site.crl,
            crls,
        })
    }
}

/// Chooses by the rules of a server.
fn choose(state: Arc<State>, server: String, names: Vec<String>) -> Choose {
    Box::new(move |name| {
        let question = Question {
            host: name.unwrap_or_default().to_owned(),
            server: server.clone(),
            protocol: Some(SiteKind::Web),
            sni: if name.is_some() { Sni::Host } else { Sni::Off },
            ..Question::default()
        };
        let answer = resolve(&state, &question);
        match (answer.outcome, answer.document) {
            (Outcome::Certificate, Some(Source::Site(site))) => names.iter().position(|name| *name == site),
            _ => None,
        }
    })
}
