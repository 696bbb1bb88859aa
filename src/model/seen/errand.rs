//! What a person wants to be probed and by which way, and what a visit is to try beside looking: FIELDS for forms and options.
//! Connects to nothing.

use std::net::SocketAddr;

use super::{GuestSources, StartTls};
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Record, choice, number, put, put_flag, yes_no};
use crate::model::secret::Secret;
use crate::model::site::{bracketed, host_port, service};

/// How TLS begins on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Begin {
    /// As is usual at the port.
    #[default]
    ByPort,
    /// At once.
    AtOnce,
    /// After this protocol has changed over.
    Over(StartTls),
}

impl Begin {
    /// The names for forms and options.
    pub const NAMES: [&'static str; 6] = ["by-port", "none", "smtp", "imap", "pop3", "ldap"];

    /// Returns the name.
    pub fn name(self) -> &'static str {
        match self {
            Self::ByPort => "by-port",
            Self::AtOnce => "none",
            Self::Over(protocol) => protocol.name(),
        }
    }

    /// Reads a name.
    pub fn from_name(text: &str) -> Option<Self> {
        match text.trim() {
            "by-port" => Some(Self::ByPort),
            "none" => Some(Self::AtOnce),
            text => StartTls::from_name(text).map(Self::Over),
        }
    }

    /// Returns the protocol that changes over at this port.
    pub fn at(self, port: u16) -> Option<StartTls> {
        match self {
            Self::ByPort => StartTls::of_port(port),
            Self::AtOnce => None,
            Self::Over(protocol) => Some(protocol),
        }
    }
}

/// A service and the way to it, as a person names them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Errand {
    /// The host name or address.
    pub host: String,
    /// The port; `None` is 443, or the usual one of the protocol that changes over.
    pub port: Option<u16>,
    /// How TLS begins.
    pub begin: Begin,
    /// Connects here instead of looking the host up.
    pub address: Option<SocketAddr>,
    /// The HTTP proxy, host and port, if there is one.
    pub proxy: Option<(String, u16)>,
    /// The name that the proxy wants; may be empty.
    pub proxy_user: String,
    /// The password that the proxy wants.
    pub proxy_password: Secret,
    /// Whether versions and suites are scanned, over a hundred connections, instead of connecting once.
    pub scans: bool,
}

impl Errand {
    /// An errand to a service at a port, by the usual way.
    pub fn to(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port: Some(port), ..Self::default() }
    }

    /// Returns the port.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or_else(|| match self.begin {
            Begin::Over(protocol) => protocol.port(),
            _ => 443,
        })
    }

    /// Names the service: `mail.example.test:443`.
    pub fn service(&self) -> String {
        host_port(&self.host, self.port())
    }
}

impl Record for Errand {
    const NOUN: &'static str = "probe";
    const FIELDS: &'static [Field<Self>] = &[
        Field::text(
            "service",
            "Host[:port]",
            "The host name or address; without a port it is 443, or the usual one of the protocol below.",
            |x, _| visible(&x.port.map_or_else(|| bracketed(&x.host), |port| host_port(&x.host, port))),
            |x, t| {
                (x.host, x.port) = service(t)?;
                Ok(())
            },
        ),
        Field::amendable(
            "what",
            "What to do",
            "connect once as a client would; or scan versions, suites and manners: over a hundred connections.",
            Kind::Choice(&["connect", "scan"]),
            |x, _| if x.scans { "scan" } else { "connect" }.into(),
            |x, t| {
                x.scans = choice(t, &["connect", "scan"], |t| match t.trim() {
                    "connect" => Some(false),
                    "scan" => Some(true),
                    _ => None,
                })?;
                Ok(())
            },
        ),
        Field::amendable(
            "starttls",
            "STARTTLS",
            "How TLS begins: as is usual at the port, at once (none), or after one of these protocols changes over.",
            Kind::Choice(&Begin::NAMES),
            |x, _| x.begin.name().into(),
            |x, t| choice(t, &Begin::NAMES, Begin::from_name).map(|begin| x.begin = begin),
        ),
        Field::text(
            "address",
            "Connect to",
            "IP:PORT to connect to instead of looking the host up; the host is still asked for there.",
            |x, _| x.address.map_or_else(String::new, |a| a.to_string()),
            |x, t| {
                x.address = match t.trim() {
                    "" => None,
                    t => Some(t.parse().map_err(|_| "write IP:PORT, such as 192.0.2.1:443")?),
                };
                Ok(())
            },
        ),
        Field::text(
            "proxy",
            "HTTP proxy",
            "HOST:PORT of a proxy that connects for us (CONNECT); empty connects straight.",
            |x, _| x.proxy.as_ref().map_or_else(String::new, |(host, port)| visible(&host_port(host, *port))),
            |x, t| {
                x.proxy = match t.trim() {
                    "" => None,
                    t => match service(t)? {
                        (host, Some(port)) => Some((host, port)),
                        (host, None) => return Err(format!("the port of the proxy {host} is missing")),
                    },
                };
                Ok(())
            },
        ),
        Field::text(
            "proxy-user",
            "Proxy user",
            "The name that the proxy wants, if it wants one; it goes to the proxy in the clear.",
            |x, _| visible(&x.proxy_user),
            |x, t| match t.contains([':', '\r', '\n']) {
                true => Err("the name of a proxy user has no colon".into()),
                false => put(&mut x.proxy_user, t),
            },
        ),
        Field::secret(
            "proxy-password",
            "Proxy password",
            "The password that the proxy wants; it goes to the proxy in the clear.",
            |x, t| x.proxy_password.put(t),
        ),
    ];
}

/// What a visit tries beside looking.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trip {
    /// Whether clients with several kinds of certificate come.
    pub clients: bool,
    /// Where their certificates come from.
    pub sources: GuestSources,
    /// How many handshakes are made at once; 0 leaves that out.
    pub burst: u16,
    /// Connects here instead of looking hosts up.
    pub address: Option<SocketAddr>,
}

impl Record for Trip {
    const NOUN: &'static str = "visit";
    const FIELDS: &'static [Field<Self>] = &[
        Field::flag(
            "clients",
            "Client certificates",
            "Whether to come with no, a trusted, an untrusted, an expired and a revoked certificate, and see who is let in.",
            |x, _| yes_no(x.clients),
            |x, t| put_flag(&mut x.clients, t),
        ),
        Field::text(
            "trusted-client",
            "Trusted",
            "A keyring with a stash, or a file with a certificate and its open key, that is to be let in; empty: not tried.",
            |x, _| visible(&x.sources.trusted),
            |x, t| put(&mut x.sources.trusted, t),
        ),
        Field::text(
            "expired-client",
            "Expired",
            "The same, of a certificate that has ended; empty: one is made, which is unknown there as well.",
            |x, _| visible(&x.sources.expired),
            |x, t| put(&mut x.sources.expired, t),
        ),
        Field::text(
            "revoked-client",
            "Revoked",
            "The same, of a certificate that was revoked; empty: not tried.",
            |x, _| visible(&x.sources.revoked),
            |x, t| put(&mut x.sources.revoked, t),
        ),
        Field::amendable(
            "burst",
            "Handshakes at once",
            "So many handshakes, 16 at a time, and then one more to see whether the service still answers; 0 makes none.",
            Kind::Number(0, 1000),
            |x, _| x.burst.to_string(),
            |x, t| number(t, 0, 1000).map(|burst| x.burst = burst),
        ),
    ];
}
