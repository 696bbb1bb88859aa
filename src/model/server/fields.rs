//! The FIELDS of a Server document, beside those of its Internet Ports.

use std::net::IpAddr;

use super::called::{common_name, is_hierarchical, server_name};
use super::{MOST_HOSTS, Port, PortStatus, Release, Server, Tls10, port_fields};
use crate::model::document::slug;
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Look, Record, choice, join, names, number, put, put_flag, yes_no};
use crate::model::keyring::{self, check_name};
use crate::model::resolve::used;
use crate::model::site::{SiteKind, SpeaksTls, TlsOptions, ciphers_told, host_name, tls_fields};

impl SpeaksTls for Server {
    fn tls(&self) -> &TlsOptions {
        &self.tls
    }

    fn tls_mut(&mut self) -> &mut TlsOptions {
        &mut self.tls
    }
}

const FIRST: &[Field<Server>] = &[
    Field::fixed(
        "name",
        "Name",
        "The name of the document and of its file: a-z, 0-9, dot, dash and underscore; or the server's name, of which it is made.",
        |x, _| x.name.clone(),
        |x, t| {
            if !is_hierarchical(t) {
                return check_name(t.trim()).and_then(|()| put(&mut x.name, t));
            }
            x.server_name = server_name(t)?;
            x.name = slug(common_name(t));
            check_name(&x.name)
        },
    ),
    Field::text(
        "server-name",
        "Server name",
        "The hierarchical name, as site documents have it under Servers: web01/Example, or CN=web01/O=Example.",
        |x, _| visible(&x.server_name),
        |x, t| server_name(t).map(|server_name| x.server_name = server_name),
    ),
    Field::amendable(
        "hosts",
        "Host names",
        "The Internet names under which it is reached, at most 32, separated by spaces.",
        Kind::Names,
        |x, _| visible(&x.hosts.join(" ")),
        |x, t| {
            let hosts = names(t).iter().map(|host| host_name(host)).collect::<Result<Vec<_>, _>>()?;
            if hosts.len() > MOST_HOSTS {
                return Err(format!("at most {MOST_HOSTS} host names; these are {}", hosts.len()));
            }
            x.hosts = hosts;
            Ok(())
        },
    ),
    Field::amendable(
        "addresses",
        "Addresses",
        "The IP addresses it listens on, separated by spaces; empty when they are not known.",
        Kind::Names,
        |x, _| visible(&x.addresses.join(" ")),
        |x, t| {
            x.addresses = names(t).iter().map(|a| address(a)).collect::<Result<_, _>>()?;
            Ok(())
        },
    ),
    Field::amendable(
        "release",
        "Release",
        "The release it runs, of those between which TLS differs; one in between counts as the one before.",
        Kind::Choice(Release::NAMES),
        |x, _| x.release.name().into(),
        |x, t| choice(t, Release::NAMES, Release::from_name).map(|release| x.release = release),
    ),
    Field::flag(
        "sni",
        "ENABLE_SNI",
        "On 11.0.1: whether HTTP chooses the site by the name that the client asks for. From 12 on it always does.",
        |x, _| yes_no(x.sni),
        |x, t| put_flag(&mut x.sni, t),
    ),
    Field::amendable(
        "tls-10",
        "TLS 1.0",
        "By release it is on up to 11.0.1 and off from 12 on; off is SSL_DISABLE_TLS_10=1 in notes.ini, on is SSL_ENABLE_TLS_10=1.",
        Kind::Choice(Tls10::NAMES),
        |x, _| x.tls10.name().into(),
        |x, t| choice(t, Tls10::NAMES, Tls10::from_name).map(|tls10| x.tls10 = tls10),
    ),
    Field::flag(
        "load-sites",
        "Load sites",
        "All protocols or none: when yes, site documents decide, and the keyring, the protocol version, the accepted \
         certificates, the ciphers and the logins of this document are ignored.",
        |x, _| yes_no(x.load_sites),
        |x, t| put_flag(&mut x.load_sites, t),
    ),
    Field::amendable(
        "keyring",
        "Key file name",
        "The keyring of every port but DIIOP when no Internet Sites are loaded.",
        Kind::Keyring,
        |x, _| x.keyring.clone(),
        |x, t| {
            x.keyring = t.trim().trim_end_matches(".kyr").to_owned();
            Ok(())
        },
    ),
];

const LAST: &[Field<Server>] = &[
    Field::flag(
        "starttls",
        "SMTP STARTTLS",
        "Whether SMTP offers to go over to TLS on its TCP port: Negotiated SSL of the Configuration document.",
        |x, _| yes_no(x.starttls),
        |x, t| put_flag(&mut x.starttls, t),
    ),
    Field::amendable(
        "references-scheme",
        "Links: protocol",
        "How links begin that other servers make to this one.",
        Kind::Choice(SCHEMES),
        |x, _| SCHEMES[usize::from(x.references.https)].into(),
        |x, t| choice(t, SCHEMES, scheme).map(|https| x.references.https = https),
    ),
    Field::text(
        "references-host",
        "Links: host name",
        "The host name in links that other servers make to this one; empty is its own.",
        |x, _| visible(&x.references.host),
        |x, t| {
            x.references.host = if t.trim().is_empty() { String::new() } else { host_name(t)? };
            Ok(())
        },
    ),
    Field::amendable(
        "references-port",
        "Links: port",
        "The port in links that other servers make to this one; 0 is the usual one of the protocol.",
        Kind::Number(0, 65535),
        |x, _| x.references.port.to_string(),
        |x, t| number(t, 0, 65535).map(|port| x.references.port = port),
    ),
    Field::amendable(
        "proxies",
        "Ended by proxies",
        "Addresses of proxies that end TLS in front of it: what they bring counts as having come over TLS.",
        Kind::Names,
        |x, _| visible(&x.proxies.join(" ")),
        |x, t| {
            x.proxies = names(t).iter().map(|p| network(p)).collect::<Result<_, _>>()?;
            Ok(())
        },
    ),
    Field::text(
        "comment",
        "Comment",
        "Free text.",
        |x, _| visible(&x.comment),
        |x, t| put(&mut x.comment, t),
    ),
    Field::derived(
        "sites",
        "Hosts sites",
        "The site documents that name this server, when it loads Internet Sites.",
        |x, look| {
            let hosted =
                look.state.sites.values().filter(|s| x.load_sites && used::is_hosted(s, used::called(x)));
            keyring::join(hosted.map(|s| format!("{} ({})", s.name, s.kind.name())))
        },
    ),
    ciphers_told::<Server>(),
    Field::derived(
        "ports",
        "Internet Ports",
        "Every protocol with its ports, their statuses, and whether server access is enforced.",
        ports,
    ),
    Field::derived(
        "live",
        "Last refresh",
        "When somebody last noted that the server was restarted or refreshed and runs with its documents.",
        |x, look| {
            x.live.as_ref().map_or_else(String::new, |l| format!("{} by {}", look.time(l.at), visible(&l.by)))
        },
    ),
    Field::derived(
        "kept-items",
        "Items kept",
        "Items of an imported document that have no field here; they go back as they came.",
        |x, _| x.items.iter().map(|i| visible(&i.name)).collect::<Vec<_>>().join(" "),
    ),
];

/// The protocols of links, without and with TLS.
const SCHEMES: &[&str] = &["http", "https"];

fn scheme(text: &str) -> Option<bool> {
    let at = SCHEMES.iter().position(|s| s.eq_ignore_ascii_case(text.trim()))?;
    Some(at == 1)
}

/// Reads an IP address.
fn address(text: &str) -> Result<String, String> {
    let read = text.trim_matches(['[', ']']).parse::<IpAddr>();
    read.map(|a| a.to_string()).map_err(|_| format!("\"{}\" is not an IP address", visible(text)))
}

/// Reads an IP address or a network, such as 10.0.0.0/8.
fn network(text: &str) -> Result<String, String> {
    let Some((begin, bits)) = text.split_once('/') else { return address(text) };
    let begin = address(begin)?;
    let most = if begin.contains(':') { 128 } else { 32 };
    let bits: u64 = number(bits, 0, most)?;
    Ok(format!("{begin}/{bits}"))
}

/// Writes the ports as a small table.
fn ports(server: &Server, _: &Look<'_>) -> String {
    let row = |kind: SiteKind| {
        let Port { tcp, tcp_status, tls, tls_status, enforce_access, .. } = server.port(kind);
        let enforced = if enforce_access { " access" } else { "" };
        let (name, plain, over) = (kind.name(), tcp_status.name(), tls_status.name());
        format!("{name:<4} {tcp:>5} {plain:<8} {tls:>5} {over}{enforced}")
    };
    let rows = SiteKind::PROTOCOLS.map(row);
    std::iter::once("       TCP            TLS".to_owned()).chain(rows).collect::<Vec<_>>().join("\n")
}

impl Record for Server {
    const NOUN: &'static str = "server";
    const FIELDS: &'static [Field<Self>] = &ALL;

    fn omits(&self, field: &str) -> bool {
        if let Some(at) = port_fields::FIELDS.iter().position(|f| f.name == field) {
            let kind = SiteKind::PROTOCOLS.get(at / port_fields::EACH).copied();
            let port = kind.map(|kind| self.port(kind));
            let open = port.is_some_and(|p| p.speaks_tls() || p.tcp_status == PortStatus::Enabled);
            // The others stand in the table of ports.
            return self.load_sites || !open || !field.ends_with("-login");
        }
        self.load_sites && TLS.iter().any(|f| f.name == field)
    }
}

const TLS: &[Field<Server>] = &tls_fields::<Server>();
const COUNT: usize = FIRST.len() + TLS.len() + port_fields::FIELDS.len() + LAST.len();
const ALL: [Field<Server>; COUNT] = join(&[FIRST, TLS, &port_fields::FIELDS, LAST]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::State;
    use crate::model::field::When;
    use crate::model::server::PortStatus;
    use crate::model::time::Timestamp;

    fn set(server: &mut Server, field: &str, text: &str) -> Result<(), String> {
        (Server::field(field).unwrap().set)(server, text)
    }

    fn get(server: &Server, field: &str) -> String {
        let look = Look { state: &State::default(), now: Timestamp(0), soon: 30, zone: None };
        (Server::field(field).unwrap().get)(server, &look)
    }

    #[test]
    fn every_name_is_used_once_and_every_field_takes_back_what_it_shows() {
        let mut seen = std::collections::BTreeSet::new();
        for field in Server::FIELDS {
            assert!(seen.insert(field.name), "{}", field.name);
            assert!(field.help.ends_with('.'), "{}", field.name);
        }
        let mut server =
            Server { name: "web01".into(), server_name: "web01/Example".into(), ..Server::default() };
        server.change_port(SiteKind::Smtp, |port| port.tls = 4465);
        let before = server.clone();
        for field in Server::FIELDS.iter().filter(|f| f.when != When::Derived) {
            let text = get(&server, field.name);
            set(&mut server, field.name, &text).unwrap_or_else(|why| panic!("{}: {why}", field.name));
            assert_eq!(server, before, "{}", field.name);
        }
    }

    #[test]
    fn the_fields_of_a_protocol_change_that_protocol() {
        for kind in SiteKind::PROTOCOLS {
            let mut server = Server::default();
            let name = |what: &str| format!("{}-{what}", kind.name());
            set(&mut server, &name("tls-port"), "4433").unwrap();
            set(&mut server, &name("tls-status"), "enabled").unwrap();
            set(&mut server, &name("enforce-access"), "yes").unwrap();
            assert_eq!(server.tls_ports().collect::<Vec<_>>(), [(kind, 4433)]);
            assert!(server.port(kind).enforce_access && server.ports.len() == 1);
            assert_eq!(set(&mut server, &name("status"), "redirect").is_ok(), super::super::redirects(kind));
            assert!(set(&mut server, &name("tls-status"), "redirect").is_err());
            assert!(set(&mut server, &name("port"), "0").is_err());
            let has = set(&mut server, &name("login"), "client-certificate").is_ok();
            assert_eq!(has, !matches!(kind, SiteKind::Smtp | SiteKind::Iiop), "{}", kind.name());
        }
    }

    #[test]
    fn what_cannot_be_is_refused() {
        let mut server = Server::default();
        set(&mut server, "server-name", "CN=web01/O=Acme Corp").unwrap();
        for bad in ["", "*", "web01//Example", "web01\nweb02", "a;b"] {
            assert!(set(&mut server, "server-name", bad).is_err(), "{bad}");
        }
        assert!(set(&mut server, "name", "Web 01").is_err());
        set(&mut server, "name", "CN=Web 01/O=Acme, Inc").unwrap();
        assert_eq!((server.name.as_str(), server.server_name.as_str()), ("web-01", "CN=Web 01/O=Acme, Inc"));
        let many = |n: usize| (0..n).map(|i| format!("h{i}.example.test")).collect::<Vec<_>>().join(" ");
        set(&mut server, "hosts", &many(32)).unwrap();
        assert!(set(&mut server, "hosts", &many(33)).unwrap_err().contains("at most 32"));
        set(&mut server, "addresses", "192.0.2.7, [2001:db8::1]").unwrap();
        assert_eq!(get(&server, "addresses"), "192.0.2.7 2001:db8::1");
        assert!(set(&mut server, "addresses", "web01").is_err());
        set(&mut server, "proxies", "192.0.2.9 10.0.0.0/8").unwrap();
        assert!(set(&mut server, "proxies", "10.0.0.0/33").is_err());
        set(&mut server, "ciphers", "c030 9F C030").unwrap();
        assert_eq!(get(&server, "ciphers"), "C030 9F");
        assert!(set(&mut server, "ciphers", "AES").is_err());
        set(&mut server, "ciphers", "none").unwrap();
        assert_eq!(server.tls.ciphers, Some(Vec::new()));
    }

    #[test]
    fn a_summary_leaves_out_what_the_table_says_and_what_sites_decide() {
        let mut server = Server { load_sites: false, ..Server::default() };
        server.change_port(SiteKind::Ldap, |port| port.tls_status = PortStatus::Enabled);
        let shown = |s: &Server| s.own().map(|f| f.name).filter(|f| !s.omits(f)).collect::<Vec<_>>();
        let all = shown(&server);
        assert!(all.contains(&"ldap-login") && all.contains(&"ciphers") && !all.contains(&"web-login"));
        assert!(!all.contains(&"ldap-tls-port") && all.contains(&"ports"));
        server.load_sites = true;
        let all = shown(&server);
        assert!(!all.contains(&"ldap-login") && !all.contains(&"ciphers") && all.contains(&"load-sites"));
    }

    #[test]
    fn ports_are_a_table_and_tell_what_is_as_usual() {
        let mut server = Server::default();
        server.change_port(SiteKind::Web, |port| {
            port.tls_status = PortStatus::Enabled;
            port.tcp_status = PortStatus::Redirect;
        });
        let table = get(&server, "ports");
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 7);
        assert_eq!(lines[1], "web     80 redirect   443 enabled");
        assert_eq!(lines[6], "iiop 63148 disabled 63149 disabled");
        assert!(lines.iter().all(|l| l.len() <= 35));
    }
}
