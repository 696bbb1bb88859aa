//! The FIELDS of site documents, and for which kinds each exists. What they mean on the wire is decided elsewhere.

use super::{Site, SiteKind, ciphers_told, crl, hosts, looked_for, rule, tls_fields};
use crate::model::escape::visible;
use crate::model::field::{Field, Kind, Look, choice, join, number, put, put_flag, write_names, yes_no};
use crate::model::keyring::{check_name, ends};
use crate::model::resolve::redirect_url;
use crate::model::resolve::used::server as server_of;
use crate::model::server::called::{same_server, server_names};

/// Which kinds have a field, for every field that some do not have.
const SCOPES: &[(&[&str], &[SiteKind])] = {
    use SiteKind::{GlobalWeb, Iiop, Imap, Ldap, Pop3, Smtp, Web};
    &[
        (&["hosts", "organization", "port"], &SiteKind::PROTOCOLS),
        (&["default-site", "redirect", "redirect-to", "bearer-token"], &[Web]),
        (&["keyring"], &[Web, Imap, Pop3, Ldap, Smtp]),
        (&["tcp-anonymous", "tls-anonymous"], &[Web, Ldap, Smtp, Iiop]),
        (&["tcp-password", "tls-password"], &SiteKind::PROTOCOLS),
        (
            &["client-certificate", "check-crl", "trust-expired-crl", "allow-crl-failure", "crl-outcome"],
            &[Web, Imap, Pop3, Ldap],
        ),
        (&["protocol-version"], &[Imap, Pop3, Ldap, Smtp, Iiop]),
        (
            &["accept-site-certificates", "accept-expired", "ciphers", "suites", "ssl-v2"],
            &SiteKind::PROTOCOLS,
        ),
        (&["rules"], &[Web, GlobalWeb]),
        (&["rules-of-all"], &[Web]),
    ]
};

/// Lists the kinds that have a field; empty where every kind has it.
pub(super) fn kinds(field: &str) -> &'static [SiteKind] {
    SCOPES.iter().find(|(fields, _)| fields.contains(&field)).map_or(&[], |(_, kinds)| kinds)
}

/// Tells whether documents of a kind have a field.
pub(super) fn exists(field: &str, kind: SiteKind) -> bool {
    let kinds = kinds(field);
    kinds.is_empty() || kinds.contains(&kind)
}

/// Tells whether a document says something in a field that its kind does not have, as an imported one may: it is shown, so
/// that it can be taken away.
pub(super) fn strays(site: &Site, field: &str) -> bool {
    match field {
        "client-certificate" => site.access.client_certificate,
        "redirect" => site.access.redirect,
        "bearer-token" => site.access.bearer_token,
        "tcp-anonymous" => site.access.tcp_anonymous,
        "tls-anonymous" => site.access.tls_anonymous,
        "default-site" => site.default_site,
        "keyring" => !site.keyring.is_empty(),
        "check-crl" => site.crl.check,
        "rules" => !site.rules.is_empty(),
        _ => false,
    }
}

/// Every field, in the order of forms.
pub(super) const ALL: &[Field<Site>] =
    &join::<Site, 33>(&[BASICS, ACCESS, &tls_fields::<Site>(), CRL, REST, DERIVED]);

const BASICS: &[Field<Site>] = &[
    Field::fixed(
        "name",
        "Name",
        "The name of the document and of its file; a-z, 0-9, dot, dash and underscore.",
        |x, _| x.name.clone(),
        |x, t| check_name(t.trim()).and_then(|()| put(&mut x.name, t)),
    ),
    Field::amendable(
        "kind",
        "Kind",
        "The protocol that this document is for; setting it also sets what is usual for it, such as the TLS port.",
        Kind::Choice(SiteKind::NAMES),
        |x, _| x.kind.name().into(),
        |x, t| {
            x.become_kind(choice(t, SiteKind::NAMES, SiteKind::from_name)?);
            Ok(())
        },
    ),
    Field::text(
        "title",
        "Descriptive name",
        "What people call this site.",
        |x, _| visible(&x.title),
        |x, t| put(&mut x.title, t),
    ),
    Field::text(
        "organization",
        "Organization",
        "The certifier organisation that owns the document; part of the match for every kind.",
        |x, _| visible(&x.organization),
        |x, t| put(&mut x.organization, t),
    ),
    Field::amendable(
        "hosts",
        "Host names or addresses",
        "The names and IP addresses mapped to this site, separated by spaces.",
        Kind::Names,
        |x, _| visible(&x.hosts.join(" ")),
        |x, t| hosts(t).map(|hosts| x.hosts = hosts),
    ),
    Field::amendable(
        "servers",
        "Servers",
        "The servers that host this site, separated by spaces; a name with a space or comma in quotes; * is every server.",
        Kind::Names,
        |x, _| visible(&write_names(&x.servers)),
        |x, t| server_names(t).map(|servers| x.servers = servers),
    ),
    Field::amendable(
        "port",
        "TLS port",
        "The TCP port that speaks TLS from the first byte.",
        Kind::Number(1, 65535),
        |x, _| x.port.to_string(),
        |x, t| number(t, 1, 65535).map(|port| x.port = port),
    ),
    Field::amendable(
        "keyring",
        "Key file name",
        "The keyring whose certificate answers here.",
        Kind::Keyring,
        |x, _| visible(&x.keyring),
        |x, t| put(&mut x.keyring, t.trim().trim_end_matches(".kyr")),
    ),
    Field::flag(
        "default-site",
        "Default site",
        "Whether this Web site takes requests that fit no other Web site.",
        |x, _| yes_no(x.default_site),
        |x, t| put_flag(&mut x.default_site, t),
    ),
    Field::flag(
        "enabled",
        "Enabled",
        "A disabled document stays in the directory and answers nothing.",
        |x, _| yes_no(x.enabled),
        |x, t| put_flag(&mut x.enabled, t),
    ),
];

const ACCESS: &[Field<Site>] = &[
    Field::flag(
        "tcp-anonymous",
        "TCP anonymous",
        "Whether clients come in without a name where nothing is encrypted.",
        |x, _| yes_no(x.access.tcp_anonymous),
        |x, t| put_flag(&mut x.access.tcp_anonymous, t),
    ),
    Field::flag(
        "tcp-password",
        "TCP name & password",
        "Whether clients log in with a password where nothing is encrypted: it can be read on the way.",
        |x, _| yes_no(x.access.tcp_password),
        |x, t| put_flag(&mut x.access.tcp_password, t),
    ),
    Field::flag(
        "redirect",
        "Redirect TCP to TLS",
        "Whether every request over TCP is sent to the TLS port; the TCP options are without effect then.",
        |x, _| yes_no(x.access.redirect),
        |x, t| put_flag(&mut x.access.redirect, t),
    ),
    Field::flag(
        "tls-anonymous",
        "TLS anonymous",
        "Whether clients come in over TLS without a name.",
        |x, _| yes_no(x.access.tls_anonymous),
        |x, t| put_flag(&mut x.access.tls_anonymous, t),
    ),
    Field::flag(
        "tls-password",
        "TLS name & password",
        "Whether clients log in over TLS with a password.",
        |x, _| yes_no(x.access.tls_password),
        |x, t| put_flag(&mut x.access.tls_password, t),
    ),
    Field::flag(
        "client-certificate",
        "TLS client certificate",
        "Whether clients are asked for a certificate; its issuer has to be a trusted root of the keyring, its key that of a person.",
        |x, _| yes_no(x.access.client_certificate),
        |x, t| put_flag(&mut x.access.client_certificate, t),
    ),
    Field::flag(
        "bearer-token",
        "TLS bearer token",
        "Whether clients log in over TLS with a token; recent releases only.",
        |x, _| yes_no(x.access.bearer_token),
        |x, t| put_flag(&mut x.access.bearer_token, t),
    ),
];

const CRL: &[Field<Site>] = &[
    Field::flag(
        "check-crl",
        "Check for CRLs",
        "Whether client certificates are looked up in a CRL; a listed one is refused.",
        |x, _| yes_no(x.crl.check),
        |x, t| put_flag(&mut x.crl.check, t),
    ),
    Field::flag(
        "trust-expired-crl",
        "Trust expired CRLs",
        "Whether a CRL that is out of date still counts, while CRLs are checked.",
        |x, _| yes_no(x.crl.trust_expired),
        |x, t| put_flag(&mut x.crl.trust_expired, t),
    ),
    Field::flag(
        "allow-crl-failure",
        "Allow CRL search to fail",
        "Whether a client comes in when no CRL that counts is found, while CRLs are checked; no refuses it.",
        |x, _| yes_no(x.crl.allow_failure),
        |x, t| put_flag(&mut x.crl.allow_failure, t),
    ),
];

const REST: &[Field<Site>] = &[
    Field::amendable(
        "rules",
        "Web Site Rules",
        "One a line: substitution /old/* = /new/*; redirect 301 /old/* = https://host/; directory read /icons/* = path; header /* Name: value; expires 30d /icons/*; override-session /path/*. header and expires may begin with the status codes they are for, such as 200,404.",
        Kind::Lines,
        |x, _| visible_lines(&rule::write(&x.rules)),
        |x, t| rule::read(t).map(|rules| x.rules = rules),
    ),
    Field::text(
        "comment",
        "Comment",
        "Free text.",
        |x, _| visible(&x.comment),
        |x, t| put(&mut x.comment, t),
    ),
];

const DERIVED: &[Field<Site>] = &[
    ciphers_told::<Site>(),
    Field::derived(
        "crl-outcome",
        "Client certificates",
        "What becomes of clients by the CRL switches, when certificates are asked for.",
        |x, _| match x.access.client_certificate {
            true => crl::words(x.crl)
                .iter()
                .map(|(what, then)| format!("{what}: {then}"))
                .collect::<Vec<_>>()
                .join("\n"),
            false => String::new(),
        },
    ),
    Field::derived(
        "hosted-on",
        "Hosted on",
        "The Server documents of the servers that are named, and the names that have none.",
        hosted_on,
    ),
    Field::derived(
        "redirect-to",
        "Redirect leads to",
        "The addresses to which clients are sent that come over TCP.",
        |x, look| match x.redirects() {
            true => {
                let lead = |h: &String| visible(&redirect_url(look.state, x, None, h));
                x.hosts.iter().map(lead).collect::<Vec<_>>().join("\n")
            }
            false => String::new(),
        },
    ),
    Field::derived(
        "rules-of-all",
        "Rules of all",
        "The rules of the Global Web Settings of its servers, which hold here as well.",
        rules_of_all,
    ),
    Field::derived("answers", "Who answers", "Which keyring and certificate a client meets here.", answers),
];

/// Escapes each of several lines.
fn visible_lines(text: &str) -> String {
    text.lines().map(visible).collect::<Vec<_>>().join("\n")
}

/// Names the Server documents of a site, and the names that have none; not more than a few of many.
fn hosted_on(site: &Site, look: &Look<'_>) -> String {
    let known = look.state.servers.len();
    if known == 0 {
        return String::new();
    }
    if site.servers.iter().any(|name| name == "*") {
        return format!("every server; {known} have a document");
    }
    let named = |name: &String| match server_of(look.state, name) {
        Some(server) => format!("server {}", server.name),
        None => format!("{}: no Server document", visible(name)),
    };
    let mut all: Vec<String> = site.servers.iter().take(MOST_NAMED).map(named).collect();
    if site.servers.len() > MOST_NAMED {
        all.push(format!("and {} more", site.servers.len() - MOST_NAMED));
    }
    all.join("\n")
}

/// So many servers are named where a site is shown.
const MOST_NAMED: usize = 8;

/// Lists the rules that Global Web Settings add to those of a Web site.
fn rules_of_all(site: &Site, look: &Look<'_>) -> String {
    let shared = |s: &str| s == "*" || site.servers.iter().any(|own| own == "*" || same_server(own, s));
    let settings = look.state.sites.values().filter(|s| s.kind == SiteKind::GlobalWeb && s.enabled);
    let settings = settings.filter(|s| s.servers.iter().any(|s| shared(s)));
    let rules = settings
        .flat_map(|s| s.rules.iter().map(move |r| format!("{}: {}", s.name, visible(&r.to_string()))));
    rules.collect::<Vec<_>>().join("\n")
}

/// Says which certificate will answer for a site, and what speaks against it, one a line.
fn answers(site: &Site, look: &Look<'_>) -> String {
    if !site.enabled {
        return "nobody: the document is disabled".into();
    }
    if site.kind == SiteKind::GlobalWeb {
        return "nothing: its rules hold for the Web sites of its servers".into();
    }
    if site.keyring.is_empty() && site.kind == SiteKind::Iiop {
        return "what the server has for IIOP: these documents name no keyring".into();
    }
    if site.keyring.is_empty() {
        return "nobody: no keyring is named".into();
    }
    let Some(ring) = look.state.keyrings.get(&site.keyring) else {
        return format!("nobody: there is no keyring {}", visible(&site.keyring));
    };
    let Some(leaf) = ring.leaf() else {
        return format!("nobody: keyring {} has no certificate yet", ring.name);
    };
    let mut lines = vec![
        format!("keyring {}: {}", ring.name, leaf.subject),
        format!("issued by {}", leaf.issuer),
        format!("ends {}", ends(leaf, look)),
    ];
    if let Some(revoked) = look.state.revocations.get(&leaf.sha256) {
        let (day, why) = (revoked.at.date(), revoked.reason.name());
        lines.push(format!("it is REVOKED since {day} ({why}): clients that ask will refuse"));
    }
    for host in looked_for(&site.hosts) {
        let verdict =
            if leaf.covers(host) { "is named in it" } else { "IS NOT NAMED in it: clients will refuse" };
        lines.push(format!("{} {verdict}", visible(host)));
    }
    lines.join("\n")
}
