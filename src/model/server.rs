//! Server documents: a server's host names, addresses and Internet Ports, and what holds when it loads no Internet Sites.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::site::{Access, Item, SiteKind, TlsOptions};

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
    /// `ENABLE_SNI=1`: SNI for inbound HTTP on 11.0.1; later releases always have it.
    pub sni: bool,
    /// "Load Internet configurations from Server\\Internet Sites documents": all protocols or none.
    pub load_sites: bool,
    /// "SSL key file name" for every port; used when no Internet Sites are loaded.
    pub keyring: String,
    /// Protocol version, ciphers and what of a peer is accepted; used when no Internet Sites are loaded.
    pub tls: TlsOptions,
    /// "Internet Ports", by protocol; one that is not in it is as [`Port::usual`] says.
    pub ports: BTreeMap<SiteKind, Port>,
    /// "Negotiated SSL": SMTP offers STARTTLS (item `SMTP_NegotiatedSSL` of the Configuration document).
    pub starttls: bool,
    /// "Generating references to this server".
    pub references: References,
    /// Free text.
    pub comment: String,
    /// Items of an imported document that have no field here, kept untouched for the way back.
    pub items: Vec<Item>,
}

/// The Internet Ports of one protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Port {
    /// "TCP/IP port number".
    pub tcp: u16,
    /// "TCP/IP port status".
    pub tcp_status: PortStatus,
    /// "SSL port number".
    pub tls: u16,
    /// "SSL port status"; never `Redirect`.
    pub tls_status: PortStatus,
    /// "Enforce server access settings".
    pub enforce_access: bool,
    /// The authentication options; used when no Internet Sites are loaded.
    pub access: Access,
}

/// The status of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PortStatus {
    /// "Enabled".
    Enabled,
    /// "Disabled".
    Disabled,
    /// "Redirect to SSL"; TCP ports of HTTP and IMAP only.
    Redirect,
}

impl PortStatus {
    /// Every status, in the order of choice lists.
    pub const ALL: [Self; 3] = [Self::Enabled, Self::Disabled, Self::Redirect];
    /// The names of all statuses, in the order of [`Self::ALL`].
    pub const NAMES: &'static [&'static str] = &["enabled", "disabled", "redirect"];

    /// Returns the name used in forms and options.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads a name, in any case.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(text.trim()))
    }
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

impl Port {
    /// Returns the ports of a protocol as a new Server document has them: the usual numbers, TLS off.
    pub fn usual(kind: SiteKind) -> Self {
        Self {
            tcp: kind.tcp_port(),
            tcp_status: PortStatus::Disabled,
            tls: kind.tls_port(),
            tls_status: PortStatus::Disabled,
            enforce_access: false,
            access: Access::default(),
        }
    }

    /// Tells whether clients are served over TLS from the first byte.
    pub fn speaks_tls(&self) -> bool {
        self.tls_status == PortStatus::Enabled
    }
}

impl Default for Port {
    fn default() -> Self {
        Self::usual(SiteKind::Web)
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
            sni: false,
            load_sites: true,
            keyring: String::new(),
            tls: TlsOptions::default(),
            ports: BTreeMap::new(),
            starttls: false,
            references: References::default(),
            comment: String::new(),
            items: Vec::new(),
        }
    }
}

impl Server {
    /// Returns the ports of a protocol.
    pub fn port(&self, kind: SiteKind) -> Port {
        self.ports.get(&kind).copied().unwrap_or_else(|| Port::usual(kind))
    }

    /// Tells whether it chooses the site by SNI.
    pub fn has_sni(&self) -> bool {
        self.release >= Release::R12 || (self.release == Release::R11 && self.sni)
    }
}
