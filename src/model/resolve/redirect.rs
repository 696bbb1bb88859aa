//! The address to which a client is sent that comes without TLS.

use super::used::{called, servers_of};
use crate::model::State;
use crate::model::server::Server;
use crate::model::site::{Site, SiteKind};

/// Returns the address to which a server sends a client of this host: https, the host it asked for, and the TLS port when
/// that is not 443. Without a server it is the first that hosts the site, and without any the port of the site document.
pub fn redirect_url(state: &State, site: &Site, server: Option<&Server>, host: &str) -> String {
    // A wildcard stands for many hosts: one of them shows what it looks like.
    let host = &host.replacen("*.", "www.", 1);
    let server = server.or_else(|| servers_of(state, site).find(|s| s.load_sites));
    url(host, server.map_or(site.port, |s| s.port(SiteKind::Web).tls))
}

/// Writes the address of a host over TLS.
pub(super) fn url(host: &str, port: u16) -> String {
    let host = if host.contains(':') { format!("[{host}]") } else { host.to_owned() };
    if port == 443 { format!("https://{host}/") } else { format!("https://{host}:{port}/") }
}

/// Returns the host that stands in an address when the client names none: one of the site, else the server itself.
pub(super) fn host_of<'a>(site: Option<&'a Site>, server: &'a Server) -> &'a str {
    let named = site.into_iter().flat_map(|s| &s.hosts).chain(&server.hosts).find(|h| !h.starts_with('*'));
    named.map_or_else(|| called(server), String::as_str)
}
