//! The states that the rules of sites are held against: what they let clients and peers do.

use ringmaster::model::State;
use ringmaster::model::bytes::Digest;
use ringmaster::model::certifier::{Certifier, CrlInfo, Policy};
use ringmaster::model::cipher::Suite;
use ringmaster::model::finding::Severity::{Error, Info, Warning};
use ringmaster::model::keyring::Role;
use ringmaster::model::person::{Bound, Person};
use ringmaster::model::server::{Live, Port, PortStatus, Release, Server, Tls10};
use ringmaster::model::site::{CrlSwitches, Site, SiteKind, SslVersion};

use ringmaster::ops::server::Prints;

use super::fixtures::Fixture;
use super::{MADE, entry, mail, now, site};

fn the_site(state: &mut State) -> &mut Site {
    state.sites.get_mut("mail").unwrap()
}

/// Adds a server whose Web ports are open as told, and links fit them.
fn server(state: &mut State, tcp: PortStatus, tls: PortStatus) -> &mut Server {
    let port = Port { tcp_status: tcp, tls_status: tls, ..Port::usual(SiteKind::Web) };
    let mut server =
        Server { name: "web01".into(), server_name: "web01/Example".into(), ..Server::default() };
    server.references.https = tls == PortStatus::Enabled;
    server.ports.insert(SiteKind::Web, port);
    state.servers.entry("web01".into()).or_insert(server)
}

/// Adds a server that loads no sites and speaks TLS for the Web.
fn alone(state: &mut State) -> &mut Server {
    let server = server(state, PortStatus::Disabled, PortStatus::Enabled);
    (server.load_sites, server.keyring) = (false, "mail".into());
    server
}

/// Adds a second Web site on the same servers.
fn second(state: &mut State) -> &mut Site {
    let mut other = site("other", "mail");
    other.hosts = vec!["other.example.test".into()];
    state.sites.entry("other".into()).or_insert(other)
}

/// Lets the site ask for client certificates, with everything that needs: an authority, a person, a check.
fn asks(state: &mut State) -> &mut Site {
    let key = Bound { sha256: Digest([7; 32]), from: "made here".into(), at: now(), by: "ada".into() };
    let person = Person { name: "ann".into(), keys: vec![key], ..Person::default() };
    state.people.insert("ann".into(), person);
    let site = the_site(state);
    (site.access.client_certificate, site.tls.accept_expired) = (true, false);
    site.crl = CrlSwitches { check: true, ..CrlSwitches::default() };
    site
}

/// Adds the certifier that the ring trusts, with a CRL that ends in so many days.
fn authority(state: &mut State, days: Option<i64>) {
    let mut root = Certifier::new("root", now(), MADE.root.clone(), Policy::default());
    let ends = |days| CrlInfo { number: 1, next_update: now().plus_days(days), ..CrlInfo::default() };
    root.crl = days.map(ends);
    state.certifiers.insert("root".into(), root);
}

fn suites(codes: &[&str]) -> Option<Vec<Suite>> {
    codes.iter().map(|code| Suite::from_hex(code)).collect()
}

/// Notes that the server runs with what its documents say.
fn refreshed(state: &mut State) {
    let with = Prints::of(state).of_server(&state.servers["web01"]);
    let live = Live { at: now(), by: "ada".into(), with };
    state.servers.get_mut("web01").unwrap().live = Some(live);
}

pub(super) const FIXTURES: &[Fixture] = &[
    Fixture {
        rule: "K16",
        good: |s| alone(s).hosts = vec!["mail.example.test".into()],
        bad: |s| alone(s).hosts = vec!["web01.example.test".into()],
        tells: (Error, "server web01", "answers for web01.example.test"),
    },
    Fixture {
        rule: "K20",
        good: |s| {
            alone(s);
            s.sites.clear();
        },
        bad: |s| {
            alone(s).load_sites = true;
            alone(s).keyring.clear();
            s.sites.clear();
        },
        tells: (Info, "keyring mail", "is named by no site"),
    },
    Fixture {
        rule: "S20",
        good: |s| {
            alone(s).comment = "old".into();
            refreshed(s);
            s.servers.get_mut("web01").unwrap().comment = "new".into();
            the_site(s).title = "not hosted by it".into();
        },
        bad: |s| {
            alone(s);
            refreshed(s);
            s.servers.get_mut("web01").unwrap().starttls = true;
        },
        tells: (Warning, "server web01", "without what was changed: server."),
    },
    Fixture {
        rule: "S20",
        good: |s| {
            server(s, PortStatus::Disabled, PortStatus::Enabled);
            refreshed(s);
            the_site(s).comment = "new".into();
        },
        bad: |s| {
            server(s, PortStatus::Disabled, PortStatus::Enabled);
            refreshed(s);
            the_site(s).hosts.push("smtp.example.test".into());
        },
        tells: (Info, "server web01", "without what was changed: site mail."),
    },
    Fixture {
        rule: "S04",
        good: |s| {
            the_site(s).default_site = true;
            the_site(s).servers = vec!["web01/Example".into()];
            let other = second(s);
            (other.default_site, other.servers) = (true, vec!["web02/Example".into()]);
        },
        bad: |s| {
            the_site(s).default_site = true;
            second(s).default_site = true;
        },
        tells: (Warning, "site other", "and site mail are both the default"),
    },
    Fixture {
        rule: "S04",
        good: |s| {
            server(s, PortStatus::Disabled, PortStatus::Enabled);
            second(s).hosts.push("192.0.2.1".into());
        },
        bad: |s| {
            server(s, PortStatus::Disabled, PortStatus::Enabled);
            second(s);
        },
        tells: (Info, "server web01", "has 2 Web sites, no default one"),
    },
    Fixture {
        rule: "S09",
        good: |s| {
            server(s, PortStatus::Redirect, PortStatus::Enabled);
        },
        bad: |s| {
            server(s, PortStatus::Enabled, PortStatus::Enabled);
        },
        tells: (Warning, "site mail", "in clear text on port 80 of server web01."),
    },
    Fixture {
        rule: "S09",
        good: |s| {
            server(s, PortStatus::Enabled, PortStatus::Enabled);
            the_site(s).access.redirect = true;
        },
        bad: |s| {
            let server = server(s, PortStatus::Enabled, PortStatus::Enabled);
            let port = Port { tcp_status: PortStatus::Enabled, ..Port::usual(SiteKind::Smtp) };
            server.ports.insert(SiteKind::Smtp, port);
            server.starttls = true;
            the_site(s).kind = SiteKind::Smtp;
        },
        tells: (Info, "site mail", "in clear text on port 25"),
    },
    Fixture {
        rule: "S09",
        good: |s| {
            alone(s);
        },
        bad: |s| {
            let web = Port { tcp_status: PortStatus::Enabled, ..alone(s).port(SiteKind::Web) };
            alone(s).ports.insert(SiteKind::Web, web);
        },
        tells: (Warning, "server web01", "in clear text: web."),
    },
    Fixture {
        rule: "S11",
        good: |s| {
            asks(s);
        },
        bad: |s| {
            asks(s);
            mail(s).entries[2].trusted = false;
        },
        tells: (Error, "site mail", "keyring mail trusts no authority"),
    },
    Fixture {
        rule: "S11",
        good: |s| {
            asks(s).access.client_certificate = false;
            s.people.clear();
        },
        bad: |s| {
            asks(s);
            s.people.clear();
        },
        tells: (Info, "site mail", "no person here has a key"),
    },
    Fixture {
        rule: "S12",
        good: |s| {
            asks(s);
        },
        bad: |s| asks(s).kind = SiteKind::Smtp,
        tells: (Warning, "site mail", "which smtp does not have"),
    },
    Fixture {
        rule: "S13",
        good: |s| {
            asks(s);
        },
        bad: |s| asks(s).tls.accept_site_certificates = true,
        tells: (Warning, "site mail", "accepts certificates of unknown authorities, and asks"),
    },
    Fixture {
        rule: "S13",
        good: |s| {
            alone(s);
        },
        bad: |s| alone(s).tls.accept_site_certificates = true,
        tells: (Info, "server web01", "from the servers that it calls"),
    },
    Fixture {
        rule: "S14",
        good: |s| the_site(s).tls.accept_expired = true,
        bad: |s| asks(s).tls.accept_expired = true,
        tells: (Warning, "site mail", "accepts client certificates that have ended"),
    },
    Fixture {
        rule: "S15",
        good: |s| asks(s).access.client_certificate = false,
        bad: |s| asks(s).crl.check = false,
        tells: (Info, "site mail", "looks at no CRL, as is the default"),
    },
    Fixture {
        rule: "S15",
        good: |s| {
            asks(s);
            authority(s, Some(5));
        },
        bad: |s| {
            asks(s);
            authority(s, Some(-1));
        },
        tells: (Error, "site mail", "certifier root has a CRL that ended on 2026-11-22"),
    },
    Fixture {
        rule: "S15",
        good: |s| {
            // An authority that the ring does not trust decides nothing here.
            asks(s);
            let other = Certifier::new("other", now(), MADE.stranger.clone(), Policy::default());
            s.certifiers.insert("other".into(), other);
            mail(s).entries.push(entry(Role::Chain, &MADE.stranger));
        },
        bad: |s| {
            asks(s).crl.allow_failure = true;
            authority(s, None);
        },
        tells: (Warning, "site mail", "certifier root has no CRL, and that is allowed"),
    },
    Fixture {
        rule: "S15",
        good: |s| {
            asks(s);
            authority(s, Some(5));
        },
        bad: |s| {
            asks(s).crl.allow_failure = true;
            authority(s, Some(5));
        },
        tells: (Info, "site mail", "while no CRL can be found"),
    },
    Fixture {
        rule: "S16",
        good: |s| the_site(s).tls.ciphers = None,
        bad: |s| the_site(s).tls.ciphers = Some(Vec::new()),
        tells: (Error, "site mail", "empty list of ciphers"),
    },
    Fixture {
        rule: "S16",
        good: |s| the_site(s).tls.ciphers = suites(&["C02C", "C00A"]),
        bad: |s| the_site(s).tls.ciphers = suites(&["C00A", "C009"]),
        tells: (Warning, "site mail", "has weak ciphers alone"),
    },
    Fixture {
        rule: "S16",
        good: |s| alone(s).tls.ciphers = suites(&["C02B"]),
        bad: |s| alone(s).tls.ciphers = suites(&["C02B", "05"]),
        tells: (Warning, "server web01", "1 broken among its ciphers, such as"),
    },
    Fixture {
        rule: "S16",
        good: |s| the_site(s).tls.ciphers = suites(&["C02B"]),
        bad: |s| the_site(s).tls.ciphers = suites(&["04", "03"]),
        tells: (Error, "site mail", "has broken ciphers alone"),
    },
    Fixture {
        rule: "S17",
        good: |s| the_site(s).tls.version = SslVersion::Negotiated,
        bad: |s| the_site(s).tls.version = SslVersion::V3Only,
        tells: (Warning, "site mail", "asks for protocol version v3-only"),
    },
    Fixture {
        rule: "S17",
        good: |s| {
            alone(s);
        },
        bad: |s| {
            alone(s).release = Release::R8;
            alone(s).tls.ssl_v2 = true;
        },
        tells: (Error, "server web01", "switches SSL 2.0 on"),
    },
    Fixture {
        rule: "S17",
        good: |s| server(s, PortStatus::Disabled, PortStatus::Disabled).release = Release::R9,
        bad: |s| server(s, PortStatus::Disabled, PortStatus::Enabled).release = Release::R9,
        tells: (Info, "server web01", "speaks TLS 1.0 unless"),
    },
    Fixture {
        rule: "S17",
        good: |s| {
            let server = server(s, PortStatus::Disabled, PortStatus::Enabled);
            (server.release, server.tls10) = (Release::R11, Tls10::Off);
        },
        bad: |s| server(s, PortStatus::Disabled, PortStatus::Enabled).tls10 = Tls10::On,
        tells: (Warning, "server web01", "is told to speak TLS 1.0, which 14"),
    },
    Fixture {
        rule: "S16",
        good: |s| the_site(s).tls.ciphers = suites(&["C02C", "C030"]),
        bad: |s| the_site(s).tls.ciphers = suites(&["C030", "9F"]),
        tells: (Error, "site mail", "no cipher that the key of keyring mail (P-256) can be used with"),
    },
    Fixture {
        rule: "S21",
        good: |s| {
            server(s, PortStatus::Disabled, PortStatus::Enabled);
        },
        bad: |s| server(s, PortStatus::Redirect, PortStatus::Enabled).references.https = false,
        tells: (Warning, "server web01", "http and port 80, and that port only redirects"),
    },
    Fixture {
        rule: "S21",
        good: |s| server(s, PortStatus::Enabled, PortStatus::Disabled).references.port = 80,
        bad: |s| server(s, PortStatus::Disabled, PortStatus::Enabled).references.port = 8443,
        tells: (Warning, "server web01", "it speaks TLS on port 443"),
    },
    Fixture {
        rule: "S22",
        good: |s| {
            the_site(s).keyring.clear();
            the_site(s).enabled = false;
        },
        bad: |s| the_site(s).keyring.clear(),
        tells: (Warning, "site mail", "names no keyring"),
    },
];
