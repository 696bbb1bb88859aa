//! Server documents: a server's host names, addresses and Internet Ports, and what holds when it loads no Internet Sites.

pub mod called;
mod fields;
mod port;
mod port_fields;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::bytes::Digest;
use super::site::{Item, SiteKind, TlsOptions};
use super::time::Timestamp;
pub use port::{Port, PortStatus, redirects};

/// So many host names a server may have.
pub const MOST_HOSTS: usize = 32;

/// A Server document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// The document's own name, which is its file name.
    pub name: String,
    /// "Server name": hierarchical, as site documents name it: `web01/Example`.
    pub server_name: String,
    /// "Fully qualified Internet host name" and "Host name(s)" for HTTP.
    pub hosts: Vec<String>,
    /// The IP addresses it listens on; empty when they are not known.
    pub addresses: Vec<String>,
    /// The release it runs.
    pub release: Release,
    /// Whether it speaks TLS 1.0.
    pub tls10: Tls10,
    /// `ENABLE_SNI=1`: SNI for inbound HTTP on 11.0.1; later releases always have it.
    pub sni: bool,
    /// "Load Internet configurations from Server\\Internet Sites documents": all protocols or none.
    pub load_sites: bool,
    /// "SSL key file name" for every port; used when no Internet Sites are loaded.
    pub keyring: String,
    /// Protocol version, ciphers and what of a peer is accepted; used when no Internet Sites are loaded.
    pub tls: TlsOptions,
    /// "Internet Ports", by protocol; one that is not in it is as [`Port::usual`] says.
    #[serde(deserialize_with = "port::read")]
    pub ports: BTreeMap<SiteKind, Port>,
    /// "Negotiated SSL": SMTP offers STARTTLS (item `SMTP_NegotiatedSSL` of the Configuration document).
    pub starttls: bool,
    /// "Generating references to this server".
    pub references: References,
    /// Addresses of proxies that end TLS in front of it: what they bring counts as having come over TLS.
    pub proxies: Vec<String>,
    /// What it runs with since it was last restarted or refreshed, as far as somebody has told.
    pub live: Option<Live>,
    /// Free text.
    pub comment: String,
    /// Items of an imported document that have no field here, kept untouched for the way back.
    pub items: Vec<Item>,
}

/// "Generating references to this server": what links that other servers make to it look like.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct References {
    /// Whether they begin with `https`.
    pub https: bool,
    /// The host name; empty is the server's own.
    pub host: String,
    /// The port; 0 is the usual one of the scheme.
    pub port: u16,
}

/// What a server runs with since a restart or refresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Live {
    /// When it was restarted or refreshed.
    pub at: Timestamp,
    /// Who told so.
    pub by: String,
    /// Each document and keyring it then had, as `site www`, with a fingerprint of what it said.
    pub with: BTreeMap<String, Digest>,
}

/// The releases between which TLS differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum Release {
    /// Up to 8.5: SSL only.
    R8,
    /// 9.0.1: TLS 1.0, later fix packs TLS 1.2.
    R9,
    /// 10.0.1: ciphers stand in documents again.
    R10,
    /// 11.0.1: SNI for inbound HTTP, when `ENABLE_SNI` is set.
    R11,
    /// 12: the certificate store, TLS 1.0 off.
    R12,
    /// 14: forward secrecy with AEAD only.
    #[default]
    R14,
}

impl Release {
    /// Every release, in the order of choice lists.
    pub const ALL: [Self; 6] = [Self::R8, Self::R9, Self::R10, Self::R11, Self::R12, Self::R14];
    /// The names of all releases, in the order of [`Self::ALL`].
    pub const NAMES: &'static [&'static str] = &["8.5", "9.0.1", "10.0.1", "11.0.1", "12", "14"];

    /// Returns the name used in forms and options.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads a name.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == text.trim())
    }
}

/// Whether a server speaks TLS 1.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Tls10 {
    /// As the release does by itself: up to 11.0.1 it speaks it, from 12 on not.
    #[default]
    ByRelease,
    /// `SSL_ENABLE_TLS_10=1`, from 12 on.
    On,
    /// `SSL_DISABLE_TLS_10=1`, up to 11.0.1.
    Off,
}

impl Tls10 {
    /// The names of all choices.
    pub const NAMES: &'static [&'static str] = &["by-release", "on", "off"];
    const ALL: [Self; 3] = [Self::ByRelease, Self::On, Self::Off];

    /// Returns the name used in forms and options.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads a name.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.name().eq_ignore_ascii_case(text.trim()))
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            name: String::new(),
            server_name: String::new(),
            hosts: Vec::new(),
            addresses: Vec::new(),
            release: Release::default(),
            tls10: Tls10::default(),
            sni: false,
            load_sites: true,
            keyring: String::new(),
            tls: TlsOptions::default(),
            ports: BTreeMap::new(),
            starttls: false,
            references: References::default(),
            proxies: Vec::new(),
            live: None,
            comment: String::new(),
            items: Vec::new(),
        }
    }
}

impl Server {
    /// Makes a new document as it is sensible: expired certificates are not accepted.
    pub fn preset() -> Self {
        Self { tls: TlsOptions { accept_expired: false, ..TlsOptions::default() }, ..Self::default() }
    }

    /// Returns the ports of a protocol.
    pub fn port(&self, kind: SiteKind) -> Port {
        self.ports.get(&kind).copied().unwrap_or_else(|| Port::usual(kind))
    }

    /// Tells whether it chooses the site by SNI.
    pub fn has_sni(&self) -> bool {
        self.release >= Release::R12 || (self.release == Release::R11 && self.sni)
    }

    /// Changes the ports of a protocol; those that are as usual are not kept.
    pub fn change_port(&mut self, kind: SiteKind, change: impl FnOnce(&mut Port)) {
        let mut port = self.port(kind);
        change(&mut port);
        if port == Port::usual(kind) {
            self.ports.remove(&kind);
        } else {
            self.ports.insert(kind, port);
        }
    }

    /// Lists the protocols that speak TLS from the first byte, with their ports.
    pub fn tls_ports(&self) -> impl Iterator<Item = (SiteKind, u16)> + '_ {
        let ports = SiteKind::PROTOCOLS.into_iter().map(|kind| (kind, self.port(kind)));
        ports.filter(|(_, port)| port.speaks_tls()).map(|(kind, port)| (kind, port.tls))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_that_are_as_usual_are_not_kept() {
        let mut server = Server::default();
        server.change_port(SiteKind::Imap, |port| port.tls_status = PortStatus::Enabled);
        assert_eq!(server.tls_ports().collect::<Vec<_>>(), [(SiteKind::Imap, 993)]);
        server.change_port(SiteKind::Imap, |port| port.tls_status = PortStatus::Disabled);
        assert_eq!(server, Server::default());
    }
}
