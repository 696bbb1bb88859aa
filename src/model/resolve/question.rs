//! What is asked: a client who connects to a name or an address, at a port, with what it tells of itself.

use std::net::IpAddr;

use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Record, choice, put};
use crate::model::server::{Release, Server};
use crate::model::site::{SiteKind, host_name, host_port, service};

/// The rules by which a Web site and a certificate are found have changed with the releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Era {
    /// Up to 11.0.0, and later without `ENABLE_SNI`: the address decides.
    BeforeSni,
    /// 11.0.1 with `ENABLE_SNI=1`: a starting point, then the name in SNI.
    Sni,
    /// 12 and later: the TLS cache of the certificate store is asked first.
    CertStore,
}

impl Era {
    /// Every era, in the order of choice lists.
    pub const ALL: [Self; 3] = [Self::BeforeSni, Self::Sni, Self::CertStore];

    /// Returns the name used in forms and options.
    pub fn name(self) -> &'static str {
        match self {
            Self::BeforeSni => "before-sni",
            Self::Sni => "sni",
            Self::CertStore => "certstore",
        }
    }

    /// Says in words what decides in it.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::BeforeSni => "Before SNI: the address decides",
            Self::Sni => "With SNI: a starting point, then the name",
            Self::CertStore => "With the certificate store: its names come first",
        }
    }

    /// Reads a name, in any case.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.name().eq_ignore_ascii_case(text.trim()))
    }

    /// Returns the era of a server by its release.
    pub fn of(server: &Server) -> Self {
        match (server.release, server.has_sni()) {
            (release, _) if release >= Release::R12 => Self::CertStore,
            (_, true) => Self::Sni,
            (_, false) => Self::BeforeSni,
        }
    }
}

/// The name that a client sends before the handshake.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Sni {
    /// The host name it connects to; an address is never sent.
    #[default]
    Host,
    /// None at all, as old clients and many programs.
    Off,
    /// This one.
    Name(String),
}

/// A question: who answers?
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// The host name or address that the client connects to; empty asks for the port as such.
    pub host: String,
    /// The port; `None` is the TLS port of the protocol.
    pub port: Option<u16>,
    /// The server, by its own name or that of its document; empty lets it be found.
    pub server: String,
    /// The protocol; `None` follows from the port.
    pub protocol: Option<SiteKind>,
    /// The address of the server's end of the connection; empty when it is not known.
    pub address: String,
    /// What is sent as SNI.
    pub sni: Sni,
    /// What is sent as the Host of an HTTP request; empty is the host.
    pub http_host: String,
    /// The era whose rules hold; `None` follows from the server's release.
    pub era: Option<Era>,
}

impl Question {
    /// Returns the name in SNI, if any is sent.
    pub fn sni_sent(&self) -> Option<&str> {
        match &self.sni {
            Sni::Off => None,
            Sni::Name(name) => Some(name.as_str()),
            Sni::Host => Some(self.host.as_str()).filter(|h| !h.is_empty() && h.parse::<IpAddr>().is_err()),
        }
    }

    /// Returns the host of an HTTP request, if it is known.
    pub fn asked_host(&self) -> Option<&str> {
        let host = if self.http_host.is_empty() { &self.host } else { &self.http_host };
        (!host.is_empty()).then_some(host.as_str())
    }

    /// Returns the name that the client looks for in the certificate.
    pub fn verified(&self) -> Option<&str> {
        let host = Some(self.host.as_str()).filter(|h| !h.is_empty());
        let address = || Some(self.address.as_str()).filter(|a| !a.is_empty());
        host.or_else(|| self.sni_sent()).or_else(address)
    }
}

const PROTOCOLS: &[&str] = &["by-port", "web", "imap", "pop3", "ldap", "smtp", "iiop"];
const ERAS: &[&str] = &["by-release", "before-sni", "sni", "certstore"];

impl Record for Question {
    const NOUN: &'static str = "question who answers";
    const FIELDS: &'static [Field<Self>] = &[
        Field::text(
            "name",
            "Host[:port]",
            "The host name or address that a client connects to; without a port it is the TLS port of the protocol.",
            |x, _| visible(&x.port.map_or_else(|| x.host.clone(), |port| host_port(&x.host, port))),
            |x, t| {
                (x.host, x.port) = service(t)?;
                Ok(())
            },
        ),
        Field::text(
            "server",
            "Server",
            "The server it connects to, such as web01/Example; empty finds it by its document.",
            |x, _| visible(&x.server),
            |x, t| put(&mut x.server, t),
        ),
        Field::amendable(
            "protocol",
            "Protocol",
            "The protocol; by-port takes the one whose port it is.",
            Kind::Choice(PROTOCOLS),
            |x, _| x.protocol.map_or("by-port", SiteKind::name).into(),
            |x, t| {
                let read = |t: &str| match t {
                    "by-port" => Some(None),
                    t => SiteKind::from_name(t).filter(|k| k.answers()).map(Some),
                };
                x.protocol = choice(t.trim(), PROTOCOLS, read)?;
                Ok(())
            },
        ),
        Field::text(
            "address",
            "IP address",
            "The server's address of the connection; empty when it is not known.",
            |x, _| visible(&x.address),
            |x, t| {
                let t = t.trim().trim_matches(['[', ']']);
                if !t.is_empty() && t.parse::<IpAddr>().is_err() {
                    return Err("an IP address, such as 192.0.2.1 or 2001:db8::1".into());
                }
                x.address = t.to_ascii_lowercase();
                Ok(())
            },
        ),
        Field::text(
            "sni",
            "SNI",
            "The name that the client sends before the handshake: empty is the host, none is no SNI.",
            |x, _| match &x.sni {
                Sni::Host => String::new(),
                Sni::Off => "none".into(),
                Sni::Name(name) => visible(name),
            },
            |x, t| {
                x.sni = match t.trim() {
                    "" => Sni::Host,
                    "none" => Sni::Off,
                    name => Sni::Name(host_name(name)?),
                };
                Ok(())
            },
        ),
        Field::text(
            "http-host",
            "HTTP Host",
            "The Host of the HTTP request; empty is the host.",
            |x, _| visible(&x.http_host),
            |x, t| {
                x.http_host = if t.trim().is_empty() { String::new() } else { host_name(t)? };
                Ok(())
            },
        ),
        Field::amendable(
            "era",
            "Era",
            "Whose rules hold: before-sni up to 11.0.0, sni for 11.0.1 with ENABLE_SNI, certstore from 12 on.",
            Kind::Choice(ERAS),
            |x, _| x.era.map_or("by-release", Era::name).into(),
            |x, t| {
                let read = |t: &str| match t {
                    "by-release" => Some(None),
                    t => Era::from_name(t).map(Some),
                };
                x.era = choice(t.trim(), ERAS, read)?;
                Ok(())
            },
        ),
    ];
}
