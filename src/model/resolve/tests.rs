//! The rules of each era, one after the other, and that every question has exactly one answer which names every document once.

use std::collections::BTreeSet;

use super::*;
use crate::model::State;
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::key::KeyInfo;
use crate::model::keyring::{Entry, Keyring, Role, Sealed};
use crate::model::name::{AltName, Name};
use crate::model::server::{Port, PortStatus, Release, Server};
use crate::model::site::{Access, Site, SiteKind};
use crate::model::time::Timestamp;

/// A keyring whose certificate names these hosts; without any it has no certificate.
fn ring(name: &str, hosts: &[&str]) -> Keyring {
    let mut sha256 = [0; 32];
    sha256.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
    let certificate = Certificate {
        der: Der(Vec::new()),
        sha256: Digest(sha256),
        serial: Serial(vec![1]),
        subject: Name::default(),
        issuer: Name::default(),
        not_before: Timestamp(0),
        not_after: Timestamp(86_400),
        key: KeyInfo { algorithm: "P-256".into(), bits: 256, spki: Der(Vec::new()), sha256: Digest(sha256) },
        signature: String::new(),
        basic: None,
        key_usage: None,
        extended: Vec::new(),
        alt_names: hosts.iter().map(|h| AltName::Dns((*h).to_owned())).collect(),
        ski: None,
        aki: None,
        crl_urls: Vec::new(),
        ocsp_urls: Vec::new(),
        extensions: Vec::new(),
    };
    let entry = Entry { role: Role::Leaf, label: String::new(), trusted: true, certificate };
    let entries = if hosts.is_empty() { Vec::new() } else { vec![entry] };
    Keyring {
        name: name.into(),
        revision: 1,
        key: None,
        next_key: None,
        entries,
        stash: true,
        sealed: Sealed::default(),
    }
}

fn names(text: &str) -> Vec<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn site(name: &str, kind: SiteKind, hosts: &str, keyring: &str) -> Site {
    let port = kind.tls_port();
    Site { name: name.into(), kind, hosts: names(hosts), keyring: keyring.into(), port, ..Site::default() }
}

fn web(name: &str, hosts: &str) -> Site {
    site(name, SiteKind::Web, hosts, name)
}

fn server(release: Release) -> Server {
    let open = PortStatus::Enabled;
    let port = |kind| (kind, Port { tcp_status: open, tls_status: open, ..Port::usual(kind) });
    Server {
        name: "web01".into(),
        server_name: "web01/Example".into(),
        release,
        sni: true,
        ports: SiteKind::PROTOCOLS.into_iter().map(port).collect(),
        ..Server::default()
    }
}

/// A workspace with these documents, and for each keyring they name one that covers their hosts.
fn with(servers: impl IntoIterator<Item = Server>, sites: impl IntoIterator<Item = Site>) -> State {
    let mut state = State::default();
    for server in servers {
        state.servers.insert(server.name.clone(), server);
    }
    for site in sites {
        let hosts: Vec<&str> = site.hosts.iter().map(String::as_str).collect();
        state.keyrings.insert(site.keyring.clone(), ring(&site.keyring, &hosts));
        state.sites.insert(site.name.clone(), site);
    }
    state
}

fn before_sni() -> Server {
    Server { sni: false, ..server(Release::R11) }
}

/// Asks as a client does who connects to `host[:port]`.
fn ask(state: &State, host: &str, more: impl FnOnce(&mut Question)) -> Answer {
    use crate::model::field::Record;
    let mut question = Question::default();
    (Question::field("name").unwrap().set)(&mut question, host).unwrap();
    more(&mut question);
    resolve(state, &question)
}

fn by(answer: &Answer) -> &str {
    match &answer.document {
        Some(Source::Site(name) | Source::Server(name)) => name,
        None => "",
    }
}

fn why<'a>(answer: &'a Answer, site: &str) -> &'a str {
    answer.others.iter().find(|other| other.name == site).map_or("", |other| &other.why)
}

#[test]
fn before_sni_only_the_address_chooses_a_certificate() {
    let sites = || {
        [web("a", "a.test 192.0.2.1"), web("b", "b.test 192.0.2.2"), web("c", "c.test"), web("d", "d.test")]
    };
    let state = with([before_sni()], sites());
    // The document lists one address beside the name: that is where the name leads.
    let answer = ask(&state, "b.test", |_| {});
    assert_eq!((by(&answer), answer.outcome.word(), answer.is_good()), ("b", "certificate", true));
    // A host without an address meets the first document in the view; its request goes to its own.
    let answer = ask(&state, "c.test", |_| {});
    assert_eq!((by(&answer), answer.requests.as_deref(), answer.is_good()), ("a", Some("c"), false));
    assert!(answer.verdict.contains("DOES NOT NAME c.test"), "{}", answer.verdict);
    assert_eq!(why(&answer, "d"), "Nothing speaks for it, but stands behind a in the view.");
    let answer = ask(&state, "c.test", |q| q.address = "192.0.2.2".into());
    assert_eq!((by(&answer), answer.requests.as_deref()), ("b", Some("c")));
    // With a default Web site it is that one.
    let mut state = state;
    state.sites.get_mut("d").unwrap().default_site = true;
    assert_eq!(by(&ask(&state, "c.test", |_| {})), "d");
    assert_eq!(by(&ask(&state, "nobody.test", |_| {})), "d");
}

#[test]
fn sni_switches_when_it_has_a_starting_point() {
    let state = with([server(Release::R11)], [web("a", "a.test"), web("b", "b.test"), web("w", "*.w.test")]);
    let answer = ask(&state, "b.test", |_| {});
    assert_eq!((by(&answer), answer.era), ("a", Era::Sni));
    let said = answer.steps.iter().any(|s| s.found.contains("no starting point"));
    assert!(said, "{:#?}", answer.steps);
    let mut state = state;
    state.sites.get_mut("a").unwrap().default_site = true;
    assert_eq!(by(&ask(&state, "b.test", |_| {})), "b");
    assert_eq!(by(&ask(&state, "x.w.test", |_| {})), "w");
    assert_eq!(by(&ask(&state, "b.test", |q| q.sni = Sni::Off)), "a");
    assert_eq!(by(&ask(&state, "c.test", |_| {})), "a");
    // The same client, and a server of another era.
    assert_eq!(by(&ask(&state, "b.test", |q| q.era = Some(Era::BeforeSni))), "a");
}

#[test]
fn the_certificate_store_goes_by_the_names_in_certificates() {
    let mut state = with([server(Release::R14)], [web("a", "a.test"), web("b", "b.test")]);
    let answer = ask(&state, "b.test", |_| {});
    assert_eq!((by(&answer), answer.keyring.as_deref(), answer.is_good()), ("b", Some("b"), true));
    // The ring of the document does not name it, another does.
    state.keyrings.insert("b".into(), ring("b", &["old.test"]));
    state.keyrings.insert("zz".into(), ring("zz", &["b.test"]));
    assert_eq!(ask(&state, "b.test", |_| {}).keyring.as_deref(), Some("zz"));
    state.sites.get_mut("a").unwrap().default_site = true;
    assert_eq!(ask(&state, "b.test", |q| q.era = Some(Era::Sni)).keyring.as_deref(), Some("b"));
    // A host name as the key file name.
    state.sites.get_mut("b").unwrap().keyring = "b.test".into();
    let answer = ask(&state, "b.test", |q| q.sni = Sni::Off);
    assert_eq!((by(&answer), answer.keyring.as_deref()), ("a", Some("a")));
    state.sites.get_mut("a").unwrap().default_site = false;
    state.sites.get_mut("b").unwrap().default_site = true;
    let answer = ask(&state, "b.test", |q| q.sni = Sni::Off);
    assert_eq!((by(&answer), answer.keyring.as_deref(), answer.is_good()), ("b", Some("zz"), true));
}

#[test]
fn what_has_no_certificate_says_what_is_lacking() {
    let mut state = with([server(Release::R14)], [web("a", "a.test")]);
    state.sites.get_mut("a").unwrap().keyring.clear();
    assert!(ask(&state, "a.test", |_| {}).verdict.contains("it names no keyring"));
    state.sites.get_mut("a").unwrap().keyring = "gone".into();
    let answer = ask(&state, "a.test", |q| q.era = Some(Era::Sni));
    assert_eq!((answer.outcome.word(), answer.keyring.as_deref()), ("no-certificate", Some("gone")));
    state.keyrings.insert("gone".into(), ring("gone", &[]));
    let answer = ask(&state, "a.test", |q| q.era = Some(Era::Sni));
    assert!(answer.verdict.contains("keyring gone has no certificate"), "{}", answer.verdict);
    assert!(answer.steps.iter().any(|s| s.found.contains("SSL Error: No local certificate")));
}

#[test]
fn other_protocols_go_by_organisation_and_then_by_the_order_of_the_view() {
    let of = |site: Site, organization: &str| Site { organization: organization.into(), ..site };
    let pop = |name: &str, hosts: &str| site(name, SiteKind::Pop3, hosts, name);
    let off = Access { tls_password: false, ..Access::default() };
    let sites = [
        of(pop("acme", "pop.acme.test 192.0.2.9"), "Acme"),
        of(pop("one", "192.0.2.1"), "Example"),
        of(pop("two", "pop.example.test 192.0.2.2"), "Example"),
    ];
    let mut state = with([server(Release::R14)], sites);
    // The name and the address of the second document do not choose it.
    let answer = ask(&state, "pop.example.test:995", |q| q.address = "192.0.2.2".into());
    assert_eq!((by(&answer), answer.protocol), ("one", "pop3"));
    assert!(why(&answer, "two").contains("stands behind one"), "{:?}", answer.others);
    assert!(why(&answer, "acme").contains("of organisation Acme, not of Example"));
    assert_eq!(by(&ask(&state, "pop.acme.test", |_| {})), "acme");
    // Neither is listed: the organisation of the server.
    assert_eq!(by(&ask(&state, "pop.other.test:995", |_| {})), "one");
    // The documented bad example: the one without TLS is the one that is used.
    state.sites.get_mut("one").unwrap().access = off;
    let answer = ask(&state, "pop.example.test", |_| {});
    assert_eq!((by(&answer), answer.outcome.word()), ("one", "not-enabled"));
    assert!(answer.verdict.contains("This site is not enabled on the server."));
    // Two organisations on one address.
    state.sites.get_mut("acme").unwrap().hosts.push("192.0.2.2".into());
    let answer = ask(&state, "pop.example.test", |q| q.address = "192.0.2.2".into());
    assert_eq!(answer.outcome, Outcome::Conflict);
    assert!(answer.steps.last().unwrap().found.contains("Multiple Organizations"));
}

#[test]
fn without_sites_the_server_document_answers_by_itself_with_the_default_keyring() {
    let mut own = Server { load_sites: false, keyring: "own".into(), ..server(Release::R10) };
    let mut state = with([own.clone()], [web("a", "a.test")]);
    state.keyrings.insert("own".into(), ring("own", &["a.test"]));
    let answer = ask(&state, "a.test", |_| {});
    assert_eq!(answer.document, Some(Source::Server("web01".into())));
    assert_eq!((answer.keyring.as_deref(), answer.is_good()), (Some("own"), true));
    assert_eq!(why(&answer, "a"), "The server loads no Internet Sites.");
    own.keyring.clear();
    state.servers.insert("web01".into(), own);
    let answer = ask(&state, "imap.test:993", |_| {});
    assert_eq!((answer.outcome.word(), answer.keyring.as_deref()), ("no-certificate", Some("keyfile")));
    assert!(answer.steps.iter().any(|s| s.found.contains("keyfile.kyr in the data directory")));
}

#[test]
fn ports_are_closed_redirected_or_none_at_all() {
    let mut one = server(Release::R14);
    let port =
        |tcp_status, tls_status| Port { tls: 8443, tcp_status, tls_status, ..Port::usual(SiteKind::Web) };
    one.ports.insert(SiteKind::Web, port(PortStatus::Redirect, PortStatus::Enabled));
    let mut state = with([one.clone()], [web("a", "a.test")]);
    assert_eq!(ask(&state, "a.test:80", |_| {}).outcome, Outcome::Redirect("https://a.test:8443/".into()));
    assert_eq!(ask(&state, "a.test", |_| {}).port, 8443);
    assert_eq!(ask(&state, "a.test:443", |_| {}).outcome, Outcome::NoListener);
    assert_eq!(ask(&state, "a.test:636", |_| {}).protocol, "ldap");
    one.ports.insert(SiteKind::Web, port(PortStatus::Redirect, PortStatus::Disabled));
    state.servers.insert("web01".into(), one.clone());
    assert_eq!(ask(&state, "a.test", |_| {}).outcome, Outcome::Closed);
    let answer = ask(&state, "a.test:80", |_| {});
    assert!(answer.steps.last().unwrap().found.contains("leads nowhere"), "{answer:#?}");
    one.ports.insert(SiteKind::Web, port(PortStatus::Enabled, PortStatus::Enabled));
    state.servers.insert("web01".into(), one);
    assert_eq!(ask(&state, "a.test:80", |_| {}).outcome, Outcome::Plain);
    assert_eq!(ask(&state, "b.test:80", |_| {}).outcome, Outcome::NotEnabled);
    let site = state.sites.get_mut("a").unwrap();
    site.access.redirect = true;
    let site = site.clone();
    assert_eq!(ask(&state, "a.test:80", |_| {}).outcome, Outcome::Redirect("https://a.test:8443/".into()));
    assert_eq!(redirect_url(&state, &site, None, "a.test"), "https://a.test:8443/");
    state.servers.clear();
    assert_eq!(redirect_url(&state, &site, None, "2001:db8::1"), "https://[2001:db8::1]/");
    assert_eq!(redirect_url(&state, &site, None, "*.a.test"), "https://www.a.test/");
}

#[test]
fn smtp_goes_over_to_tls_on_its_tcp_port_when_the_server_offers_it() {
    let smtp = |access| Site { access, ..site("in", SiteKind::Smtp, "mx.test", "in") };
    let mut state = with([server(Release::R14)], [smtp(Access::default())]);
    assert_eq!(ask(&state, "mx.test:25", |_| {}).outcome, Outcome::Plain);
    state.servers.get_mut("web01").unwrap().starttls = true;
    let answer = ask(&state, "mx.test:25", |_| {});
    assert_eq!((answer.outcome.word(), answer.keyring.as_deref()), ("certificate", Some("in")));
    let off = Access { tls_password: false, client_certificate: true, ..Access::default() };
    state.sites.insert("in".into(), smtp(off));
    assert_eq!(ask(&state, "mx.test:25", |_| {}).outcome, Outcome::Plain);
    assert_eq!(ask(&state, "mx.test:465", |_| {}).outcome, Outcome::NotEnabled);
}

#[test]
fn without_server_documents_every_document_is_hosted_on_its_own_port() {
    let elsewhere = Site { port: 8443, servers: names("web02/Example"), ..web("b", "b.test") };
    let sites = [web("a", "a.test"), elsewhere, site("m", SiteKind::Imap, "m.test", "m")];
    let state = with([], sites);
    for (host, document, port) in [("a.test", "a", 443), ("b.test", "b", 8443), ("m.test", "m", 993)] {
        let answer = ask(&state, host, |_| {});
        assert_eq!((by(&answer), answer.port, answer.is_good()), (document, port, true), "{answer:#?}");
        assert!(answer.steps[0].found.contains("one server is assumed that hosts every site"));
    }
    assert_eq!(why(&ask(&state, "a.test", |_| {}), "b"), "It is for port 8443.");
    let answer = ask(&state, "b.test:8443", |q| q.server = "web01/Example".into());
    assert_eq!((answer.outcome.word(), why(&answer, "b")), ("no-listener", "It is hosted by web02/Example."));
}

#[test]
fn the_server_is_found_by_what_documents_say_of_it() {
    let named = |name: &str, hosts: &str, addresses: &str| Server {
        name: name.into(),
        server_name: format!("{name}/Example"),
        hosts: names(hosts),
        addresses: names(addresses),
        ..server(Release::R14)
    };
    let mut on_third = web("c", "c.test");
    on_third.servers = names("CN=s3/O=Example");
    let servers = [named("s1", "", "192.0.2.1"), named("s2", "b.test", "192.0.2.2"), named("s3", "", "")];
    let state = with(servers, [on_third]);
    let at = |host: &str, more: fn(&mut Question)| ask(&state, host, more).server;
    assert_eq!(at("b.test", |_| {}), "s2/Example");
    assert_eq!(at("c.test", |_| {}), "s3/Example");
    assert_eq!(at("192.0.2.1", |_| {}), "s1/Example");
    assert_eq!(at("c.test", |q| q.address = "192.0.2.2".into()), "s2/Example");
    assert_eq!(at("c.test", |q| q.server = "s1".into()), "s1/Example");
    assert_eq!(at("x.test", |_| {}), "s1/Example");
}

#[test]
fn of_many_documents_elsewhere_some_are_named_and_all_are_counted() {
    let elsewhere =
        |number: usize| Site { servers: names("s9/Example"), ..web(&format!("x{number:02}"), "x.test") };
    let state =
        with([server(Release::R14)], (0..30).map(elsewhere).chain([web("a", "a.test"), web("b", "b.test")]));
    let answer = ask(&state, "a.test", |_| {});
    assert_eq!((by(&answer), answer.others.len()), ("a", 31));
    let lines = answer.lines();
    let last = &lines[lines.len() - 2..];
    assert_eq!(last[0].0, "Not b");
    assert!(last[1].0 == "Not 30 others" && last[1].1.ends_with("x19 and 10 more."), "{last:?}");
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    const HOSTS: &[&str] = &["", "a.test", "b.test", "*.test", "192.0.2.1", "192.0.2.2", "2001:db8::1"];
    const SERVERS: &[&str] = &["*", "s1/Example", "CN=s2/O=Other", "s3"];
    const RINGS: &[&str] = &["", "a", "b", "gone", "a.test"];

    fn pick(from: &'static [&'static str]) -> impl Strategy<Value = String> {
        proptest::sample::select(from).prop_map(str::to_owned)
    }

    fn list(from: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
        proptest::collection::vec(pick(from), 0..3)
    }

    fn status() -> impl Strategy<Value = PortStatus> {
        proptest::sample::select(PortStatus::ALL.to_vec())
    }

    prop_compose! {
        fn some_site()(
            name in "[a-e]", kind in proptest::sample::select(SiteKind::ALL.to_vec()), hosts in list(HOSTS),
            servers in list(SERVERS), keyring in pick(RINGS), org in pick(&["", "Example", "Other"]),
            flags in any::<[bool; 5]>(), port in proptest::sample::select(vec![443_u16, 993, 8443]),
        ) -> Site {
            let [default_site, enabled, redirect, tls_password, client_certificate] = flags;
            let access = Access { redirect, tls_password, client_certificate, ..Access::default() };
            Site {
                name, kind, hosts, servers, keyring, port, default_site, enabled, access, organization: org, ..Site::default()
            }
        }
    }

    prop_compose! {
        fn some_server()(
            name in "s[1-3]", hosts in list(HOSTS), addresses in list(HOSTS), keyring in pick(RINGS), flags in any::<[bool; 3]>(),
            release in proptest::sample::select(Release::ALL.to_vec()), statuses in (status(), status()),
            tls in proptest::sample::select(vec![443_u16, 80, 8443]),
        ) -> Server {
            let [sni, load_sites, starttls] = flags;
            let port = |k| (k, Port { tls, tcp_status: statuses.0, tls_status: statuses.1, ..Port::usual(k) });
            let ports = SiteKind::PROTOCOLS.into_iter().map(port).collect();
            let server_name = format!("{name}/Example");
            Server {
                name, server_name, hosts, addresses, keyring, release, sni, load_sites, starttls, ports, ..Server::default()
            }
        }
    }

    prop_compose! {
        fn some_question()(
            host in pick(HOSTS), address in pick(&["", "192.0.2.1", "nonsense"]), server in pick(&["", "s1", "CN=s2/O=Example", "x"]),
            port in proptest::option::of(proptest::sample::select(vec![25_u16, 80, 443, 993, 8443, 1])),
            protocol in proptest::option::of(proptest::sample::select(SiteKind::PROTOCOLS.to_vec())),
            era in proptest::option::of(proptest::sample::select(Era::ALL.to_vec())),
            sni in proptest::sample::select(vec![Sni::Host, Sni::Off, Sni::Name("b.test".into())]), http_host in pick(HOSTS),
        ) -> Question {
            Question { host, port, server, protocol, address, sni, http_host, era }
        }
    }

    proptest! {
        #[test]
        fn every_question_has_one_answer_that_names_every_document_once(
            sites in proptest::collection::vec(some_site(), 0..6), servers in proptest::collection::vec(some_server(), 0..4),
            question in some_question(),
        ) {
            let mut state = with(servers, []);
            state.sites = sites.into_iter().map(|s| (s.name.clone(), s)).collect();
            for (name, hosts) in [("a", &["a.test"][..]), ("b", &["b.test", "*.test"]), ("", &[])] {
                state.keyrings.insert(name.into(), ring(name, hosts));
            }
            let answer = resolve(&state, &question);
            prop_assert_eq!(&answer, &resolve(&state, &question));
            prop_assert!(answer.verdict.len() > 10);
            for step in &answer.steps {
                prop_assert!(!step.label.is_empty() && step.rule.ends_with('.') && !step.found.is_empty());
            }
            let kind = SiteKind::from_name(answer.protocol).unwrap();
            let wanted: Vec<&String> = state.sites.values().filter(|s| s.kind == kind).map(|s| &s.name).collect();
            let mut named: Vec<&String> = answer.others.iter().map(|other| &other.name).collect();
            if let Some(Source::Site(name)) = &answer.document {
                named.push(name);
            }
            named.extend(&answer.requests);
            named.sort();
            prop_assert_eq!(&wanted, &named);
            prop_assert!(answer.others.iter().all(|other| other.why.ends_with('.') && !other.why.ends_with("..")));
            // A certificate is shown only where there is one, and disabled documents never answer.
            prop_assert!(answer.outcome != Outcome::Certificate || answer.certificate.is_some());
            let used: BTreeSet<&String> = named.iter().copied().filter(|n| !answer.others.iter().any(|other| other.name == **n)).collect();
            prop_assert!(used.iter().all(|name| state.sites[*name].enabled));
            prop_assert!(!answer.lines().is_empty() && answer.subjects().len() <= 4);
        }
    }
}
