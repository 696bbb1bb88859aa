//! A workspace built by hand from the nouns: small, at a fixed date, with one of everything that can be wrong.

use std::sync::Arc;

use ringmaster::model::State;
use ringmaster::model::bytes::{Der, Digest, Serial};
use ringmaster::model::certificate::{BasicConstraints, Certificate, KeyUsage};
use ringmaster::model::certifier::{Certifier, CrlInfo, Policy, Roles};
use ringmaster::model::error::Error;
use ringmaster::model::issued::Issued;
use ringmaster::model::key::KeyInfo;
use ringmaster::model::keyring::{Entry, Keyring, Role, Sealed};
use ringmaster::model::name::{AltName, Attribute, Name};
use ringmaster::model::profile::Profile;
use ringmaster::model::request::{Pkcs10, Plan, Proof, Received, Request, RequestId, Status};
use ringmaster::model::site::{Site, SiteKind};
use ringmaster::model::time::Timestamp;
use ringmaster::pki::chain::inquiry::{Basis, Inquiry};
use ringmaster::pki::pem::Found;
use ringmaster::store::listing::Listing;
use ringmaster::tui::brought::{Brought, Given};
use ringmaster::tui::msg::Done;

pub(crate) fn now() -> Timestamp {
    Timestamp(Timestamp::from_date("2026-11-23").unwrap().0 + 9 * 3600)
}

pub(crate) fn empty() -> State {
    let profile = Profile {
        name: "server".into(),
        title: "TLS server".into(),
        version: 1,
        days: 90,
        max_days: 398,
        calendar: Vec::new(),
        backdate: 3600,
        key_usage_rsa: Vec::new(),
        key_usage_other: Vec::new(),
        extended: Vec::new(),
        alt_names: vec!["dns".into()],
        names_needed: true,
        min_rsa: 2048,
        keys: vec!["P-256".into()],
        ..Profile::default()
    };
    let public = Profile { name: "public-like".into(), ..profile.clone() };
    let profiles = [profile, public].into_iter().map(|p| (p.name.clone(), p)).collect();
    State { profiles, next_request: 1, ..State::default() }
}

pub(crate) fn full() -> State {
    let mut state = empty();
    let root = certificate(1, "Example Root CA", "Example Root CA", &[], -700, 2900);
    let crl = CrlInfo {
        number: 7,
        this_update: now().plus_days(-3),
        next_update: now().plus_days(27),
        entries: 1,
        sha256: digest(99),
        ..CrlInfo::default()
    };
    let policy = Policy {
        roles: Roles {
            caa: vec!["ann".into(), "bea".into()],
            ra: vec!["ann".into(), "carl".into()],
            ..Roles::default()
        },
        ..Policy::default()
    };
    let mut certifier = Certifier::new("example-root", now().plus_days(-700), root.clone(), policy);
    certifier.crl = Some(crl);
    state.certifiers.insert(certifier.name.clone(), certifier);
    let mut ring = |name: &str, key: u8, leaf: Option<Certificate>| {
        let entry = |role, certificate: &Certificate| Entry {
            role,
            label: certificate.subject.title(),
            trusted: true,
            certificate: certificate.clone(),
        };
        let mut entries: Vec<_> = leaf.iter().map(|c| entry(Role::Leaf, c)).collect();
        entries.push(entry(Role::Root, &root));
        let ring = Keyring {
            name: name.into(),
            revision: 2,
            key: Some(info(key)),
            next_key: None,
            entries,
            stash: true,
            sealed: Sealed::default(),
        };
        state.keyrings.insert(name.into(), ring);
    };
    let leaf = |n, host: &str, days| certificate(n, host, "Example Root CA", &[host], -60, days);
    ring("mail", 11, Some(leaf(11, "mail.example.test", 140)));
    ring("www", 12, Some(leaf(12, "www.example.test", 12)));
    ring("old", 13, Some(leaf(13, "old.example.test", -3)));
    ring("shop", 14, None);
    ring("wiki", 15, None);
    for (id, cn, key, status) in [
        (1, "wiki.example.test", 15, issued_status()),
        (2, "shop.example.test", 14, Status::Pending),
        (3, "evil\u{202e}\u{1b}[31m.example.test", 33, Status::Pending),
        (4, "api.example.test", 34, approved()),
        (5, "ldap.example.test", 35, approved()),
        (6, "test.example.test", 36, denied()),
    ] {
        let request = request(id, cn, key, status);
        state.requests.insert(request.id, request);
    }
    state.next_request = 7;
    for (name, kind, ring, hosts) in [
        ("mail-imap", SiteKind::Imap, "mail", "mail.example.test"),
        ("webshop", SiteKind::Web, "shop", "shop.example.test"),
        ("website", SiteKind::Web, "www", "www.example.test example.test"),
    ] {
        let site = Site {
            name: name.into(),
            kind,
            port: kind.tls_port(),
            keyring: ring.into(),
            hosts: hosts.split(' ').map(Into::into).collect(),
            title: "A site".into(),
            ..Site::default()
        };
        state.sites.insert(name.into(), site);
    }
    state.issued = 3;
    state
}

/// What verifying a keyring of the full workspace asks.
pub(crate) fn inquiry(ring: &str) -> Inquiry {
    let state = full();
    let basis = Basis::of_state(&state, Vec::new(), now(), now());
    Inquiry::of_keyring(&state.keyrings[ring], basis).unwrap()
}

/// The answer with these ids of the issued list; the certificates of the workspace stand before them.
pub(crate) fn listed(ids: &[u32]) -> Result<Done, Error> {
    Ok(Done::Ids(Arc::new(Listing { ids: ids.to_vec(), ..Listing::default() })))
}

/// The answer of a reading: of this file, or of a paste where the name is empty.
pub(crate) fn brought(found: Found, file: &str) -> Result<Done, Error> {
    let (given, source) = match file {
        "" => (Given::pasted("-----BEGIN"), "pasted".to_owned()),
        file => (Given::File(file.into()), format!("file {file}")),
    };
    Ok(Done::Found(Box::new(Brought::new(given, source, found, None, &full(), now()))))
}

/// Rows of the issued list, as many as are asked for.
pub(crate) fn issued(ids: &[u32]) -> Vec<Issued> {
    let row = |id: &u32| Issued {
        id: u64::from(*id),
        certifier: "example-root".into(),
        serial: Serial(vec![0x4a, 0xbb, 0xcc, 0xdd, 0xee, 0xff, u8::try_from(*id % 256).unwrap()]),
        subject: format!("CN=host{id}.example.test,O=Example"),
        alt_names: format!("DNS:host{id}.example.test"),
        not_before: now().plus_days(-10),
        not_after: now().plus_days(i64::from(*id % 300)),
        key: "P-256".into(),
        key_sha256: digest(50),
        sha256: digest(51),
        request: Some(RequestId(u64::from(*id))),
        profile: "server".into(),
        at: now().plus_days(-10),
        by: "ada".into(),
        ..Issued::default()
    };
    ids.iter().map(row).collect()
}

pub(crate) fn request(id: u64, cn: &str, key: u8, status: Status) -> Request {
    let received = Received {
        source: "file web.csr".into(),
        by: "ada".into(),
        at: now().plus_days(-2),
        pickup: "K7M-QX4-T9D".into(),
        ..Received::default()
    };
    Request { status, ..Request::new(RequestId(id), pkcs10(cn, key), None, received) }
}

pub(crate) fn pkcs10(cn: &str, key: u8) -> Pkcs10 {
    Pkcs10 {
        der: Der(vec![0x30, key]),
        sha256: digest(key),
        subject: name(cn),
        key: info(key),
        alt_names: vec![AltName::Dns(cn.into())],
        extensions: Vec::new(),
        attributes: Vec::new(),
        signature: "ECDSA SHA-256".into(),
        proof: Proof::Good,
    }
}

pub(crate) fn certificate(
    n: u8,
    cn: &str,
    issuer: &str,
    hosts: &[&str],
    from_days: i64,
    to_days: i64,
) -> Certificate {
    let ca = cn == issuer;
    Certificate {
        der: Der(vec![0x30, n]),
        sha256: digest(n),
        serial: Serial(vec![0x40, n, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45]),
        subject: name(cn),
        issuer: name(issuer),
        not_before: now().plus_days(from_days),
        not_after: now().plus_days(to_days),
        key: info(n),
        signature: "ECDSA SHA-256".into(),
        basic: ca.then_some(BasicConstraints { ca, path_length: Some(0) }),
        key_usage: Some(KeyUsage(if ca { KeyUsage::CERT_SIGN | KeyUsage::CRL_SIGN } else { 1 })),
        extended: if ca { Vec::new() } else { vec!["1.3.6.1.5.5.7.3.1".into()] },
        alt_names: hosts.iter().map(|h| AltName::Dns((*h).into())).collect(),
        ski: Some(Der(vec![n; 4])),
        aki: Some(Der(vec![1; 4])),
        crl_urls: Vec::new(),
        ocsp_urls: Vec::new(),
        extensions: Vec::new(),
    }
}

pub(crate) fn plan() -> Plan {
    Plan {
        certifier: "example-root".into(),
        profile: "server".into(),
        days: 90,
        reason: String::new(),
        ..Plan::default()
    }
}

fn approved() -> Status {
    Status::Approved { by: "ada".into(), at: now().plus_days(-1), plan: plan(), terms: Default::default() }
}

fn denied() -> Status {
    Status::Denied { by: "ada".into(), at: now().plus_days(-1), reason: "no such host".into() }
}

fn issued_status() -> Status {
    Status::Issued {
        by: "ada".into(),
        at: now().plus_days(-1),
        certifier: "example-root".into(),
        serial: Serial(vec![0x42, 0x42]),
        sha256: digest(42),
    }
}

fn name(cn: &str) -> Name {
    let attribute = |oid: &str, value: &str| vec![Attribute { oid: oid.into(), value: value.into() }];
    Name {
        der: Der(cn.as_bytes().to_vec()),
        rdns: vec![attribute("2.5.4.10", "Example"), attribute("2.5.4.3", cn)],
    }
}

fn info(n: u8) -> KeyInfo {
    KeyInfo { algorithm: "P-256".into(), bits: 256, spki: Der(vec![n]), sha256: digest(n.wrapping_add(100)) }
}

fn digest(n: u8) -> Digest {
    let mut bytes = [n; 32];
    bytes[1] = n.wrapping_mul(7);
    Digest(bytes)
}
