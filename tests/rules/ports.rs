//! The states that the rules of ports are held against: servers, and the documents behind their ports.

use ringmaster::model::State;
use ringmaster::model::finding::Severity::{Error, Info, Warning};
use ringmaster::model::server::{Port, PortStatus, Release, Server};
use ringmaster::model::site::{Access, Site, SiteKind};

use super::fixtures::Fixture;
use super::{MADE, ring, site};

const ON: PortStatus = PortStatus::Enabled;
const OFF: PortStatus = PortStatus::Disabled;

fn the_site(state: &mut State) -> &mut Site {
    state.sites.get_mut("mail").unwrap()
}

/// Adds a server that loads Internet Sites and has its Web port open for TLS.
fn web01(state: &mut State) -> &mut Server {
    let port = Port { tls_status: ON, ..Port::usual(SiteKind::Web) };
    let mut server =
        Server { name: "web01".into(), server_name: "web01/Example".into(), ..Server::default() };
    server.references.https = true;
    server.ports.insert(SiteKind::Web, port);
    state.servers.entry("web01".into()).or_insert(server)
}

/// Sets the ports of a protocol on the server.
fn port(state: &mut State, kind: SiteKind, tcp_status: PortStatus, tls_status: PortStatus) {
    let port = Port { tcp_status, tls_status, ..Port::usual(kind) };
    web01(state).ports.insert(kind, port);
}

/// Adds a second site with this keyring.
fn second<'s>(state: &'s mut State, name: &str, keyring: &str) -> &'s mut Site {
    let mut other = site(name, keyring);
    other.hosts = vec![format!("{name}.example.test")];
    state.sites.entry(name.into()).or_insert(other)
}

/// Makes the site one of IMAP, and adds another, both of an organisation.
fn two_of_imap(state: &mut State, organization: &str) {
    for name in ["mail", "other"] {
        let site = if name == "mail" { the_site(state) } else { second(state, name, "mail") };
        (site.kind, site.port) = (SiteKind::Imap, 993);
        site.organization = "Example".into();
    }
    second(state, "other", "mail").organization = organization.into();
    port(state, SiteKind::Web, OFF, OFF);
    port(state, SiteKind::Imap, OFF, ON);
}

fn shut(site: &mut Site) {
    site.access = Access { tls_password: false, ..Access::default() };
}

/// Adds sites with a keyring each.
fn many(state: &mut State, count: usize) {
    let server = web01(state);
    (server.release, server.sni) = (Release::R11, true);
    the_site(state).default_site = true;
    for number in 1..count {
        let name = format!("ring{number}");
        state.keyrings.insert(name.clone(), ring(&name, &MADE.second));
        second(state, &name, &name);
    }
}

pub(super) const FIXTURES: &[Fixture] = &[
    Fixture {
        rule: "K22",
        good: |s| many(s, 10),
        bad: |s| many(s, 11),
        tells: (Warning, "server web01", "has 11 keyrings for its Web sites, and keeps 10"),
    },
    Fixture {
        rule: "S01",
        good: |s| {
            web01(s);
        },
        bad: |s| port(s, SiteKind::Imap, OFF, ON),
        tells: (
            Error,
            "server web01",
            "has imap port 993 open for TLS, and there is no document of kind imap",
        ),
    },
    Fixture {
        rule: "S01",
        good: |s| {
            web01(s);
            the_site(s).servers = vec!["CN=web01/O=Example".into()];
        },
        bad: |s| {
            web01(s);
            the_site(s).servers = vec!["web02/Example".into()];
        },
        tells: (Error, "server web01", "the documents of kind web name other servers"),
    },
    Fixture {
        rule: "S01",
        good: |s| {
            port(s, SiteKind::Web, ON, OFF);
            the_site(s).enabled = false;
        },
        bad: |s| {
            web01(s);
            the_site(s).enabled = false;
        },
        tells: (Error, "site mail", "is disabled, and server web01 has web port 443 open"),
    },
    Fixture {
        rule: "S01",
        good: |s| {
            // Without a Server document no port is known.
            shut(the_site(s));
        },
        bad: |s| {
            web01(s);
            shut(the_site(s));
        },
        tells: (
            Error,
            "site mail",
            "is used on server web01 for web port 443, and has every way in over TLS off",
        ),
    },
    Fixture {
        rule: "S01",
        good: |s| {
            two_of_imap(s, "Example");
            shut(second(s, "other", "mail"));
        },
        bad: |s| {
            two_of_imap(s, "Example");
            shut(the_site(s));
        },
        tells: (Error, "site mail", "is used on server web01 for imap port 993"),
    },
    Fixture {
        rule: "S01",
        good: |s| {
            two_of_imap(s, "Other");
            web01(s).addresses = vec!["192.0.2.1".into()];
            second(s, "other", "mail").hosts.push("192.0.2.1".into());
        },
        bad: |s| {
            two_of_imap(s, "Other");
            web01(s).addresses = vec!["192.0.2.1".into()];
            let web = second(s, "www", "mail");
            (web.organization, web.hosts) = ("Third".into(), vec!["192.0.2.1".into()]);
        },
        tells: (
            Error,
            "server web01",
            "192.0.2.1 is of organisation Third, which has no document of kind imap",
        ),
    },
    Fixture {
        rule: "S02",
        good: |s| {
            port(s, SiteKind::Web, OFF, OFF);
            let other = Server { name: "web02".into(), ..web01(s).clone() };
            s.servers.insert("web02".into(), Server { server_name: "web02/Example".into(), ..other });
            s.servers.get_mut("web02").unwrap().ports.get_mut(&SiteKind::Web).unwrap().tls_status = ON;
        },
        bad: |s| port(s, SiteKind::Web, ON, OFF),
        tells: (Warning, "site mail", "is hosted by server web01, whose web port 443 for TLS is closed"),
    },
    Fixture {
        rule: "S02",
        good: |s| {
            the_site(s).kind = SiteKind::Smtp;
            port(s, SiteKind::Smtp, ON, OFF);
            web01(s).starttls = true;
        },
        bad: |s| web01(s).load_sites = false,
        tells: (Warning, "site mail", "which loads no Internet Sites"),
    },
    Fixture {
        rule: "S03",
        good: |s| {
            the_site(s).organization = "Example".into();
            the_site(s).hosts.push("192.0.2.1".into());
            let other = second(s, "other", "mail");
            (other.organization, other.hosts) = ("Other".into(), vec!["192.0.2.2".into()]);
        },
        bad: |s| {
            the_site(s).organization = "Example".into();
            the_site(s).hosts.push("192.0.2.1".into());
            let other = second(s, "other", "mail");
            (other.organization, other.hosts) = ("Other".into(), vec!["192.0.2.1".into()]);
        },
        tells: (Error, "site other", "claims 192.0.2.1 for Other, and site mail claims it for Example"),
    },
    Fixture {
        rule: "S05",
        good: |s| two_of_imap(s, "Other"),
        bad: |s| two_of_imap(s, "Example"),
        tells: (Warning, "site other", "is never used on server web01: site mail is of the same kind"),
    },
    Fixture {
        rule: "S05",
        good: |s| {
            s.keyrings.insert("second".into(), ring("second", &MADE.second));
            second(s, "other", "second");
        },
        bad: |s| {
            s.keyrings.insert("second".into(), ring("second", &MADE.second));
            second(s, "other", "second").hosts = vec!["mail.example.test".into()];
        },
        tells: (Warning, "site other", "both answer for mail.example.test on port 443"),
    },
    Fixture {
        rule: "S06",
        good: |s| {
            web01(s).release = Release::R10;
            second(s, "other", "mail");
        },
        bad: |s| {
            web01(s).release = Release::R10;
            s.keyrings.insert("second".into(), ring("second", &MADE.second));
            second(s, "other", "second");
        },
        tells: (Warning, "site other", "clients meet the certificate of site mail"),
    },
    Fixture {
        rule: "S06",
        good: |s| {
            many(s, 2);
        },
        bad: |s| {
            many(s, 2);
            the_site(s).default_site = false;
        },
        tells: (Warning, "server web01", "goes by SNI, which needs a default Web site"),
    },
    Fixture {
        rule: "S07",
        good: |s| {
            web01(s).release = Release::R9;
            the_site(s).access.redirect = true;
            the_site(s).hosts.push("192.0.2.1".into());
        },
        bad: |s| {
            web01(s).release = Release::R9;
            the_site(s).access.redirect = true;
        },
        tells: (Warning, "site mail", "redirects to TLS and lists names, and no address"),
    },
    Fixture {
        rule: "S07",
        good: |s| the_site(s).hosts = vec!["192.0.2.1".into()],
        bad: |s| {
            the_site(s).access.redirect = true;
            the_site(s).hosts = vec!["192.0.2.1".into()];
        },
        tells: (Info, "site mail", "lists addresses, and no name"),
    },
    Fixture {
        rule: "S08",
        good: |s| port(s, SiteKind::Web, PortStatus::Redirect, ON),
        bad: |s| port(s, SiteKind::Web, PortStatus::Redirect, OFF),
        tells: (Error, "server web01", "redirects web to TLS port 443, which is closed"),
    },
    Fixture {
        rule: "S08",
        good: |s| {
            the_site(s).access.redirect = true;
            port(s, SiteKind::Web, ON, ON);
        },
        bad: |s| {
            the_site(s).access.redirect = true;
            port(s, SiteKind::Web, ON, OFF);
        },
        tells: (Error, "site mail", "redirects to port 443 of server web01, which is closed"),
    },
    Fixture {
        rule: "S08",
        good: |s| {
            the_site(s).port = 8443;
            web01(s).ports.get_mut(&SiteKind::Web).unwrap().tls = 8443;
        },
        bad: |s| {
            the_site(s).access.redirect = true;
            web01(s).ports.get_mut(&SiteKind::Web).unwrap().tls = 8443;
        },
        tells: (
            Warning,
            "site mail",
            "listens on 8443, and redirects lead to https://mail.example.test:8443/.",
        ),
    },
    Fixture {
        rule: "S10",
        good: |s| shut(the_site(s)),
        bad: |s| {
            shut(the_site(s));
            the_site(s).access.tcp_password = false;
        },
        tells: (Error, "site mail", "has every way in off"),
    },
    Fixture {
        rule: "S10",
        good: |s| the_site(s).access.redirect = true,
        bad: |s| {
            shut(the_site(s));
            the_site(s).access.redirect = true;
        },
        tells: (Error, "site mail", "redirects to TLS, where every way in is off"),
    },
    Fixture {
        rule: "S10",
        good: |s| web01(s).load_sites = false,
        bad: |s| {
            web01(s).load_sites = false;
            let access = Access { tls_password: false, ..Access::default() };
            web01(s).ports.get_mut(&SiteKind::Web).unwrap().access = access;
        },
        tells: (Error, "server web01", "has web open for TLS, with every way in off"),
    },
    Fixture {
        rule: "S18",
        good: |s| {
            // A closed port takes no number.
            port(s, SiteKind::Ldap, OFF, OFF);
            web01(s).ports.get_mut(&SiteKind::Ldap).unwrap().tls = 443;
        },
        bad: |s| {
            port(s, SiteKind::Ldap, OFF, ON);
            web01(s).ports.get_mut(&SiteKind::Ldap).unwrap().tls = 443;
        },
        tells: (Error, "server web01", "has port 443 for web (TLS) and for ldap (TLS)"),
    },
    Fixture {
        rule: "S18",
        good: |s| partners(s, "192.0.2.2"),
        bad: |s| partners(s, "192.0.2.1"),
        tells: (Error, "server web02", "and server web01 both want port 443 of 192.0.2.1"),
    },
    Fixture {
        rule: "S19",
        good: |s| the_site(s).servers = vec!["web09/Example".into()],
        bad: |s| {
            web01(s);
            the_site(s).servers = vec!["web01/Example".into(), "web09/Example".into()];
        },
        tells: (Warning, "site mail", "is hosted by web09/Example, of which there is no Server document"),
    },
];

/// Adds two servers, the second with this address.
fn partners(state: &mut State, address: &str) {
    web01(state).addresses = vec!["192.0.2.1".into()];
    let (name, server_name, addresses) = ("web02".into(), "web02/Example".into(), vec![address.into()]);
    let other = Server { name, server_name, addresses, ..web01(state).clone() };
    state.servers.insert("web02".into(), other);
}
