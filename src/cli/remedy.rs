//! The command line that does what a finding recommends, as it can be typed. Words in capitals stand for what only a person
//! knows, such as `FILE`. Must not decide what helps: that is said by the check.

use std::collections::BTreeSet;

use crate::doctor;
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::field::write_names;
use crate::model::finding::{Finding, Subject};
use crate::model::key::KeyType;
use crate::model::keyring::{Keyring, RequestKey, Role};
use crate::model::name::AltName;
use crate::model::request::Status;
use crate::model::resolve::{addresses, used};
use crate::model::server::Release;
use crate::model::site::{SiteKind, SslVersion};
use crate::ops::site::proposed;
use crate::pki::chain::signed_by;

/// Rules whose remedy is a new key, for the present one is the trouble.
const NEW_KEY: &[&str] = &["K14", "K18", "K23"];

/// Rules whose remedy is a certificate with more host names.
const MORE_NAMES: &[&str] = &["K15", "K16", "L07"];

/// Returns the line that does what a finding recommends; `None` where no single one does. `new_key` is the kind of key
/// that the settings propose.
pub fn line(finding: &Finding, state: &State, new_key: KeyType) -> Option<String> {
    let command = finding.command.as_deref()?;
    let name = match &finding.subject {
        Subject::Keyring(name) | Subject::Site(name) | Subject::Server(name) | Subject::Certifier(name) => {
            name.as_str()
        }
        _ => "NAME",
    };
    // The keyring that a finding is about, also where it is told of a site.
    let ring = match &finding.subject {
        Subject::Site(site) => state.sites.get(site).map_or("KEYRING", |site| site.keyring.as_str()),
        Subject::Server(server) => state.servers.get(server).map_or("KEYRING", used::ring_of),
        _ => name,
    };
    let here = state.keyrings.get(ring);
    let line = match command {
        "keyring.install" => install(state, ring),
        "keyring.request" => {
            let rule = finding.rule.as_str();
            let key = if NEW_KEY.contains(&rule) { RequestKey::New(new_key) } else { RequestKey::Same };
            let hosts = here.filter(|_| MORE_NAMES.contains(&rule)).map(|ring| hosts(state, ring));
            let hosts = hosts.filter(|hosts| !hosts.is_empty());
            let hosts = hosts.map_or_else(String::new, |hosts| format!(" --hosts {}", hosts.join(",")));
            format!("keyring renew {ring} --key {}{hosts}", key.name())
        }
        "keyring.open-request" => {
            let request = here.and_then(|ring| state.request_of_keyring(ring));
            format!("request show {}", request.map_or_else(|| "NUMBER".to_owned(), |r| r.id.to_string()))
        }
        "keyring.stash" => format!("keyring stash {ring} --make"),
        "keyring.trust" => match here.and_then(switched_off).filter(|_| finding.rule == "K11") {
            Some(root) => format!("keyring root {ring} {root} --trust yes"),
            None => match here.filter(|_| finding.rule == "K10").and_then(|here| root_above(state, here)) {
                Some(Root::Certifier(certifier)) => format!("keyring trust {ring} --certifier {certifier}"),
                Some(Root::Other(sha256)) => {
                    format!("certificate export {sha256} | ringmaster keyring trust {ring} -")
                }
                None => format!("keyring trust {ring} FILE"),
            },
        },
        "keyring.deleted" => format!("keyring undelete {ring}"),
        "keyring.leftovers" => "keyring leftovers".into(),
        "site.create" if matches!(finding.subject, Subject::Server(_)) => {
            let kind = SiteKind::named_in(&finding.text).unwrap_or(SiteKind::Web);
            let site = state.servers.get(name).map(|server| proposed(server, kind)).unwrap_or_default();
            let given = |all: &[String], otherwise: &str| match all.is_empty() {
                true => otherwise.to_owned(),
                false => word(&write_names(all)),
            };
            let (hosts, servers) = (given(&site.hosts, "HOST"), given(&site.servers, "SERVER"));
            let of = if site.organization.is_empty() {
                String::new()
            } else {
                format!(" --organization {}", word(&site.organization))
            };
            let kind = kind.name();
            format!(
                "site create NAME --kind {kind}{of} --hosts {hosts} --servers {servers} --keyring KEYRING"
            )
        }
        "site.create" => {
            let site = if state.sites.contains_key(ring) { "NAME" } else { ring };
            let hosts = here.map(|ring| hosts(state, ring)).filter(|hosts| !hosts.is_empty());
            let hosts = hosts.map_or_else(|| "HOST".to_owned(), |hosts| hosts.join(","));
            format!("site create {site} --hosts {hosts} --keyring {ring}")
        }
        "site.edit" | "server.edit" if finding.rule.starts_with('L') => live(finding, name)?,
        "site.edit" => site(finding, state, name),
        "server.create" => "server create NAME --server-name SERVER --hosts HOST".into(),
        "server.edit" => server(finding, state, name),
        "server.refreshed" => format!("server refreshed {name}"),
        "certifier.crl" => match doctor::certifier_behind(finding, state) {
            Some(certifier) => format!("crl issue {certifier}"),
            None => format!("crl issue {name}"),
        },
        "person.create" => "person create NAME --full-name NAME".into(),
        "certifier.create" => "certifier create NAME".into(),
        "console.refresh" => "doctor".into(),
        _ => return None,
    };
    Some(format!("ringmaster {line}"))
}

/// What services answer is seldom mended by one change of a document.
fn live(finding: &Finding, name: &str) -> Option<String> {
    let noun = match finding.subject {
        Subject::Site(_) => "site",
        Subject::Server(_) => "server",
        _ => return None,
    };
    let value = match finding.rule.as_str() {
        "L01" => "hosts=HOST",
        _ => return None,
    };
    Some(format!("{noun} set {name} {value}"))
}

/// Corrects a site document as the rule says.
fn site(finding: &Finding, state: &State, name: &str) -> String {
    let Some(document) = state.sites.get(name).filter(|_| matches!(finding.subject, Subject::Site(_))) else {
        return format!("site set NAME {}", anywhere(&finding.rule));
    };
    let list = |more: &str| {
        format!(
            "hosts={}",
            document.hosts.iter().map(String::as_str).chain([more]).collect::<Vec<_>>().join(",")
        )
    };
    let value = match finding.rule.as_str() {
        "S01" if !document.enabled => "enabled=yes".into(),
        "S01" | "S10" => "tls-password=yes".into(),
        "S03" => "organization=ORGANIZATION".into(),
        "S04" => "default-site=no".into(),
        "S05" => "enabled=no".into(),
        "S06" => list("ADDRESS"),
        "S07" if addresses(document).next().is_some() => list("HOST"),
        "S07" => list("ADDRESS"),
        "S08" if finding.text.contains("closed") => "redirect=no".into(),
        "S08" => {
            let server = used::servers_of(state, document).find(|s| s.port(document.kind).speaks_tls());
            server.map_or_else(|| "port=PORT".to_owned(), |s| format!("port={}", s.port(document.kind).tls))
        }
        "S09" if document.kind == SiteKind::Web => "redirect=yes".into(),
        "S09" => "tcp-password=no".into(),
        "S12" => "client-certificate=no".into(),
        "S13" => "accept-site-certificates=no".into(),
        "S14" => "accept-expired=no".into(),
        "S15" if document.crl.check => "allow-crl-failure=no".into(),
        "S15" => "check-crl=yes".into(),
        "S16" => "ciphers=default".into(),
        "S17" => "protocol-version=negotiated ssl-v2=no".into(),
        "S19" => "servers=SERVER".into(),
        _ => "keyring=KEYRING".to_owned(),
    };
    format!("site set {name} {value}")
}

/// Says what is set in a document that a person has to choose, for a finding about a server.
fn anywhere(rule: &str) -> &'static str {
    match rule {
        "S04" | "S06" => "default-site=yes",
        _ => "keyring=KEYRING",
    }
}

/// Writes one word of a shell.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/=._-:@,".contains(c);
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

/// Corrects a Server document as the rule says.
fn server(finding: &Finding, state: &State, name: &str) -> String {
    // What is told of a site can be the matter of a server that hosts it.
    let site = state.sites.get(name).filter(|_| matches!(finding.subject, Subject::Site(_)));
    let hosting = site.and_then(|site| used::servers_of(state, site).next());
    let name = hosting.map_or(name, |server| server.name.as_str());
    let kind = site
        .map(|site| site.kind.name())
        .or_else(|| SiteKind::named_in(&finding.text).map(SiteKind::name))
        .unwrap_or("PROTOCOL");
    let value = match finding.rule.as_str() {
        "K22" => "release=12".into(),
        "S02" if hosting.is_some_and(|server| !server.load_sites) => "load-sites=yes".into(),
        "S02" | "S08" => format!("{kind}-tls-status=enabled"),
        "S10" => format!("{kind}-login=tls-password"),
        "S18" => "PROTOCOL-tls-port=PORT".into(),
        "S09" => "PROTOCOL-status=disabled".into(),
        "S12" => "PROTOCOL-login=tls-password".into(),
        "S13" => "accept-site-certificates=no".into(),
        "S14" => "accept-expired=no".into(),
        // Only site documents look at CRLs.
        "S15" => "load-sites=yes".into(),
        "S16" => "ciphers=default".into(),
        "S17" if finding.text.contains("is told to speak TLS 1.0") => "tls-10=by-release".into(),
        "S17" if finding.text.contains("which speaks TLS 1.0") => "tls-10=off".into(),
        "S17"
            if state
                .servers
                .get(name)
                .is_some_and(|s| s.tls.version == SslVersion::Negotiated && !s.tls.ssl_v2) =>
        {
            format!("release={}", Release::default().name())
        }
        "S17" => "protocol-version=negotiated ssl-v2=no".into(),
        "S21" => {
            let web = state.servers.get(name).map(|s| s.port(SiteKind::Web));
            let (scheme, port) = match web {
                Some(web) if web.speaks_tls() => ("https", web.tls),
                Some(web) => ("http", web.tcp),
                None => ("https", SiteKind::Web.tls_port()),
            };
            format!("references-scheme={scheme} references-port={port}")
        }
        _ => "keyring=KEYRING".into(),
    };
    format!("server set {name} {value}")
}

/// Lists the host names that a certificate of the ring has to name: those it names, and those of its sites.
fn hosts(state: &State, ring: &Keyring) -> Vec<String> {
    let named = ring.leaf().into_iter().flat_map(|leaf| &leaf.alt_names).filter_map(|name| match name {
        AltName::Dns(host) => Some(host.clone()),
        AltName::Ip(address) => Some(address.to_string()),
        _ => None,
    });
    let asked = state.sites_of_keyring(&ring.name).filter(|site| site.enabled).flat_map(|site| &site.hosts);
    let mut seen = BTreeSet::new();
    let plain =
        |host: &String| host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | ':' | '*'));
    named.chain(asked.cloned()).filter(|host| plain(host) && seen.insert(host.to_lowercase())).collect()
}

/// Returns the beginning of the SHA-256 of the one root of a ring whose trust is off.
fn switched_off(ring: &Keyring) -> Option<String> {
    let mut off = ring.with_role(Role::Root).filter(|entry| !entry.trusted);
    let (root, more) = (off.next()?, off.next());
    let digest = root.certificate.sha256.to_string();
    more.is_none().then(|| digest.chars().take(16).collect())
}

/// Installs what was issued here for a ring that waits, and trusts its root first where the ring does not yet.
fn install(state: &State, ring: &str) -> String {
    let here = state.keyrings.get(ring).filter(|ring| ring.leaf().is_none() || ring.next_key.is_some());
    let request = here.and_then(|ring| state.request_of_keyring(ring));
    let (Some(here), Some(Status::Issued { certifier, .. })) = (here, request.map(|r| &r.status)) else {
        return format!("keyring install {ring} FILE");
    };
    let root = state.certifiers.get(certifier).map(|c| &c.certificate).filter(|c| c.is_self_issued());
    let trusted = |root: &Certificate| here.trusted_roots().any(|c| c.sha256 == root.sha256);
    match root.is_some_and(|root| !trusted(root)) {
        true => format!(
            "keyring trust {ring} --certifier {certifier} && ringmaster keyring install {ring} --issued"
        ),
        false => format!("keyring install {ring} --issued"),
    }
}

/// Where a root stands.
enum Root<'a> {
    /// It is the certificate of this certifier.
    Certifier(&'a str),
    /// It stands elsewhere in the workspace.
    Other(Digest),
}

/// Finds the root above a ring among the certificates of the workspace.
fn root_above<'a>(state: &'a State, ring: &Keyring) -> Option<Root<'a>> {
    let known = state.certificates();
    let signer = |below: &Certificate| {
        known.values().find(|(root, _)| {
            root.is_self_issued() && root.subject.der == below.issuer.der && signed_by(below, root)
        })
    };
    let (root, places) = ring.entries.iter().find_map(|entry| signer(&entry.certificate))?;
    let certifier = places.iter().find_map(|place| match place {
        Subject::Certifier(name) => state.certifiers.get(name).map(|c| c.name.as_str()),
        _ => None,
    });
    Some(certifier.map_or(Root::Other(root.sha256), Root::Certifier))
}
