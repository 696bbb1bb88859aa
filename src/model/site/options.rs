//! What Internet Site documents and Server documents have in common: who may come in, and how TLS is spoken.

use serde::{Deserialize, Serialize};

use crate::model::cipher::Suite;

/// The authentication options of a port or a site.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Access {
    /// "TCP authentication: Anonymous"; not for IMAP and POP3.
    pub tcp_anonymous: bool,
    /// "TCP authentication: Name & password".
    pub tcp_password: bool,
    /// "Redirect TCP to SSL"; Web only.
    pub redirect: bool,
    /// "SSL authentication: Anonymous"; not for IMAP and POP3.
    pub tls_anonymous: bool,
    /// "SSL authentication: Name & password".
    pub tls_password: bool,
    /// "SSL authentication: Client certificate"; Web, IMAP, POP3 and LDAP only.
    pub client_certificate: bool,
    /// "SSL authentication: Bearer token"; Web only, recent releases.
    pub bearer_token: bool,
}

impl Default for Access {
    fn default() -> Self {
        Self {
            tcp_anonymous: false,
            tcp_password: true,
            redirect: false,
            tls_anonymous: false,
            tls_password: true,
            client_certificate: false,
            bearer_token: false,
        }
    }
}

/// How TLS is spoken, beside the keyring.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TlsOptions {
    /// "Protocol version".
    pub version: SslVersion,
    /// "Accept SSL site certificates": for the server as a client.
    pub accept_site_certificates: bool,
    /// "Accept expired SSL certificates".
    pub accept_expired: bool,
    /// "SSL ciphers"; `None` is what the release offers by itself, an empty list is no cipher at all.
    pub ciphers: Option<Vec<Suite>>,
    /// "Enable SSL V2".
    pub ssl_v2: bool,
}

impl Default for TlsOptions {
    fn default() -> Self {
        Self {
            version: SslVersion::Negotiated,
            accept_site_certificates: false,
            accept_expired: true,
            ciphers: None,
            ssl_v2: false,
        }
    }
}

/// The choices of "Protocol version", which are from the time of SSL 2.0 and 3.0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub enum SslVersion {
    /// "V2.0 only".
    V2Only,
    /// "V3.0 handshake": 3.0 first, then 2.0.
    V3Handshake,
    /// "V3.0 only".
    V3Only,
    /// "V3.0 and V2.0 handshake": a hello of 2.0, then 3.0 if that is possible.
    V3V2Handshake,
    /// "Negotiated": the stack decides.
    #[default]
    Negotiated,
}

impl SslVersion {
    /// Every choice, in the order of choice lists.
    pub const ALL: [Self; 5] =
        [Self::V2Only, Self::V3Handshake, Self::V3Only, Self::V3V2Handshake, Self::Negotiated];
    /// The names of all choices, in the order of [`Self::ALL`].
    pub const NAMES: &'static [&'static str] =
        &["v2-only", "v3-handshake", "v3-only", "v3-and-v2-handshake", "negotiated"];

    /// Returns the name used in forms and options.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads a name, in any case.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.name().eq_ignore_ascii_case(text.trim()))
    }
}

/// The three CRL switches, which only concern client certificates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CrlSwitches {
    /// "Check for CRLs".
    pub check: bool,
    /// "Trust expired CRLs".
    pub trust_expired: bool,
    /// "Allow CRL search to fail".
    pub allow_failure: bool,
}

/// An item of an imported document that has no field here.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// The name of the item as the directory has it.
    pub name: String,
    /// What it says, in the form of the exchange format it came in.
    pub value: String,
}
