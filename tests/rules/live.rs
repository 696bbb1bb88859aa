//! The states that the rules of what services answered are held against: a visit that saw what the documents say, and one that
//! saw something near to it.

use ringmaster::model::State;
use ringmaster::model::bytes::Digest;
use ringmaster::model::certificate::Certificate;
use ringmaster::model::cipher::Suite;
use ringmaster::model::finding::Severity::{Error, Info, Warning};
use ringmaster::model::issued::{Reason, Revocation};
use ringmaster::model::keyring::Role;
use ringmaster::model::resolve::{Whose, promised};
use ringmaster::model::seen::{
    Admission, Answer, Asked, Burst, Face, Group, Guest, Manners, Plain, Scan, Sessions, Spoken, Stage,
    Staple, StartTls, Trouble, Version, Visit, Welcome,
};
use ringmaster::model::server::{Port, PortStatus, Release, Server};
use ringmaster::model::site::{Access, SiteKind};

use super::fixtures::Fixture;
use super::{MADE, entry, mail, now};

/// What a client meets that asks by this: the leaf and the intermediate of the keyring.
fn face(asked: Asked) -> Face {
    Face {
        asked,
        sent: vec![MADE.leaf.sha256, MADE.middle.sha256],
        subject: "CN=mail.example.test".into(),
        ends: Some(MADE.leaf.not_after),
        named: if asked == Asked::Name { Answer::Yes } else { Answer::Unsure },
        staple: None,
        failed: String::new(),
    }
}

/// A scan of a service of today.
fn scan() -> Scan {
    let version = |version| {
        let suites: &[u16] = match version {
            Version::Tls13 => &[0x1302],
            Version::Tls12 => &[0xC02C, 0xC02B],
            _ => &[],
        };
        let suites: Vec<Suite> = suites.iter().map(|code| Suite(*code)).collect();
        Spoken { answer: (!suites.is_empty()).into(), suites, whole: true, ..Spoken::unknown(version) }
    };
    Scan {
        host: "mail.example.test".into(),
        port: 443,
        address: "192.0.2.1:443".into(),
        starttls: None,
        proxy: String::new(),
        at: now(),
        versions: Version::ALL.map(version).into(),
        groups: vec![Group(29)],
        faces: [Asked::Name, Asked::Nothing, Asked::Address].map(face).into(),
        manners: Manners {
            secure_renegotiation: Answer::Yes,
            client_renegotiation: Answer::No,
            close_notify: Answer::Yes,
            clock: Some(0),
            ..Manners::default()
        },
        connections: 60,
        failed: None,
        whole: true,
        notes: Vec::new(),
    }
}

/// Adds the visit to the service of the site, after its promise was made by the documents as they are; `more` changes it.
fn visit(state: &mut State, more: impl FnOnce(&mut Visit)) {
    let promise = promised(state, &Whose::Site("mail".into())).remove(0);
    let sessions = Sessions {
        asks: state.sites["mail"].access.client_certificate.into(),
        resumes: Answer::Yes,
        varies: Answer::No,
        strays: String::new(),
    };
    let plain = promise.redirect.clone().map(|(_, to)| Ok(Plain { status: "302".into(), location: to }));
    let mut visit = Visit {
        promise,
        at: now(),
        found: Ok(scan()),
        plain,
        sessions: Some(sessions),
        guests: Vec::new(),
        burst: None,
    };
    more(&mut visit);
    state.visits = vec![visit];
}

/// A visit that failed at this step.
fn failed(state: &mut State, stage: Stage) {
    visit(state, |v| v.found = Err(Trouble { stage, why: "It says no.".into() }));
}

/// A visit of which the scan is another one.
fn scanned(state: &mut State, more: impl FnOnce(&mut Scan)) {
    visit(state, |v| more(v.found.as_mut().unwrap()));
}

fn ciphers(state: &mut State, codes: &[u16]) {
    let site = state.sites.get_mut("mail").unwrap();
    site.tls.ciphers = Some(codes.iter().map(|code| Suite(*code)).collect());
}

/// Makes the site one of a server of this release.
fn on_release(state: &mut State, release: Release) {
    let port = Port { tls_status: PortStatus::Enabled, ..Port::usual(SiteKind::Web) };
    let (name, server_name) = ("web01".to_owned(), "web01/Example".to_owned());
    let mut server = Server { name, server_name, release, ..Server::default() };
    server.ports.insert(SiteKind::Web, port);
    state.sites.get_mut("mail").unwrap().servers = vec!["web01/Example".into()];
    state.servers.insert("web01".into(), server);
}

/// Lets the site accept client certificates and nothing else.
fn clients_only(state: &mut State) {
    let access = Access { tls_password: false, client_certificate: true, ..Access::default() };
    let site = state.sites.get_mut("mail").unwrap();
    (site.access, site.crl.check, site.tls.accept_expired) = (access, true, false);
}

fn came(state: &mut State, guest: Guest, welcome: Welcome) {
    clients_only(state);
    let above = if guest == Guest::Untrusted { Vec::new() } else { vec![MADE.root.sha256] };
    let admission = Admission { guest, welcome, why: String::new(), subject: "CN=x".into(), above };
    visit(state, |v| v.guests = vec![admission]);
}

/// Lets the site send clients without TLS to the port with.
fn redirecting(state: &mut State) {
    state.sites.get_mut("mail").unwrap().access.redirect = true;
}

fn sent(scan: &mut Scan, asked: Asked, chain: &[&Certificate]) {
    let face = scan.faces.iter_mut().find(|f| f.asked == asked).unwrap();
    face.sent = chain.iter().map(|c| c.sha256).collect();
}

fn staple(scan: &mut Scan, status: &str) {
    let (this_update, next_update) = (Some(now().plus_days(-1)), Some(now().plus_days(1)));
    let staple = Staple { bytes: 471, status: status.into(), this_update, next_update, proof: Answer::Yes };
    scan.faces[0].staple = Some(staple);
}

fn fine(state: &mut State) {
    visit(state, |_| {});
}

pub(super) const FIXTURES: &[Fixture] = &[
    Fixture {
        rule: "L01",
        good: |s| failed(s, Stage::Connect),
        bad: |s| failed(s, Stage::Resolve),
        tells: (Error, "site mail", "cannot be looked up, step resolve: It says no."),
    },
    Fixture {
        rule: "L02",
        good: |s| failed(s, Stage::Resolve),
        bad: |s| failed(s, Stage::Connect),
        tells: (Error, "site mail", "does not answer, step connect"),
    },
    Fixture {
        rule: "L02",
        good: |s| {
            visit(s, |v| {
                v.burst =
                    Some(Burst { begun: 9, done: 9, slowest: 1, alive: Answer::Yes, why: String::new() })
            })
        },
        bad: |s| {
            let why = "It closed the connection.".into();
            visit(s, |v| v.burst = Some(Burst { begun: 9, done: 4, slowest: 1, alive: Answer::No, why }));
        },
        tells: (Error, "site mail", "does not answer any more after 9 handshakes"),
    },
    Fixture {
        rule: "L03",
        good: fine,
        bad: |s| {
            scanned(s, |scan| {
                (scan.versions[1].answer, scan.versions[1].suites) = (Answer::Yes, vec![Suite(0x0A)])
            })
        },
        tells: (Error, "site mail", "speaks SSL 3.0, which has been broken for years"),
    },
    Fixture {
        rule: "L04",
        good: |s| {
            ciphers(s, &[0xC02C, 0xC02B]);
            fine(s);
        },
        bad: |s| {
            ciphers(s, &[0xC02C]);
            fine(s);
        },
        tells: (
            Warning,
            "site mail",
            "offers what is not configured: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256.",
        ),
    },
    Fixture {
        rule: "L04",
        good: |s| {
            ciphers(s, &[0xC02C, 0xC02B]);
            scanned(s, |scan| scan.versions[4].whole = false);
        },
        bad: |s| {
            ciphers(s, &[0xC02C, 0xC02B, 0xC024]);
            fine(s);
        },
        tells: (
            Warning,
            "site mail",
            "does not offer what is configured: TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384.",
        ),
    },
    Fixture {
        rule: "L04",
        good: |s| {
            on_release(s, Release::R14);
            ciphers(s, &[0xC02C, 0xC02B]);
            fine(s);
        },
        bad: |s| {
            on_release(s, Release::R12);
            fine(s);
        },
        tells: (Info, "site mail", "offers 3 suites; its document leaves them to release 12"),
    },
    Fixture {
        rule: "L05",
        good: fine,
        bad: |s| scanned(s, |scan| sent(scan, Asked::Name, &[&MADE.second, &MADE.middle])),
        tells: (
            Error,
            "site mail",
            "of no keyring here, with SNI, and the documents lead to that of keyring mail.",
        ),
    },
    Fixture {
        rule: "L05",
        good: |s| scanned(s, |scan| scan.faces.retain(|f| f.asked != Asked::Address)),
        bad: |s| scanned(s, |scan| sent(scan, Asked::Address, &[&MADE.second, &MADE.middle])),
        tells: (Warning, "site mail", "IP as SNI"),
    },
    Fixture {
        rule: "L06",
        good: |s| scanned(s, |scan| sent(scan, Asked::Name, &[&MADE.leaf, &MADE.middle, &MADE.root])),
        bad: |s| scanned(s, |scan| sent(scan, Asked::Name, &[&MADE.leaf])),
        tells: (Error, "site mail", "leaves out of the chain of keyring mail: Middle."),
    },
    Fixture {
        rule: "L06",
        good: two_between,
        bad: |s| {
            two_between(s);
            let chain = [&MADE.leaf, &MADE.root, &MADE.middle];
            let found = s.visits[0].found.as_mut().unwrap();
            sent(found, Asked::Name, &chain);
        },
        tells: (Warning, "site mail", "sends the chain of keyring mail in the wrong order."),
    },
    Fixture {
        rule: "L06",
        good: fine,
        bad: |s| scanned(s, |scan| sent(scan, Asked::Name, &[&MADE.leaf, &MADE.middle, &MADE.stranger])),
        tells: (Info, "site mail", "sends 1 certificate that keyring mail does not have."),
    },
    Fixture {
        rule: "L07",
        good: |s| scanned(s, |scan| scan.faces[1].named = Answer::No),
        bad: |s| scanned(s, |scan| scan.faces[0].named = Answer::No),
        tells: (Error, "site mail", "which does not name the host."),
    },
    Fixture {
        rule: "L08",
        good: |s| scanned(s, |scan| staple(scan, "good")),
        bad: |s| scanned(s, |scan| staple(scan, "revoked")),
        tells: (Error, "site mail", "The OCSP staple says that the certificate is revoked."),
    },
    Fixture {
        rule: "L08",
        good: |s| {
            s.revocations.insert(Digest([1; 32]), revocation());
            fine(s);
        },
        bad: |s| {
            s.revocations.insert(MADE.leaf.sha256, revocation());
            fine(s);
        },
        tells: (Error, "site mail", "which was revoked on 2026-11-20."),
    },
    Fixture {
        rule: "L08",
        good: fine,
        bad: |s| scanned(s, |scan| scan.faces[0].ends = Some(now().plus_days(-2))),
        tells: (Error, "site mail", "which ended on 2026-11-21."),
    },
    Fixture {
        rule: "L09",
        good: |s| {
            clients_only(s);
            fine(s);
        },
        bad: |s| {
            clients_only(s);
            visit(s, |v| v.sessions.as_mut().unwrap().asks = Answer::No);
        },
        tells: (Warning, "site mail", "does not ask for a client certificate"),
    },
    Fixture {
        rule: "L09",
        good: |s| came(s, Guest::Revoked, Welcome::Refused),
        bad: |s| came(s, Guest::Revoked, Welcome::LetIn),
        tells: (
            Error,
            "site mail",
            "lets a client in who shows a revoked certificate; the CRL lists the certificate.",
        ),
    },
    Fixture {
        rule: "L09",
        good: |s| came(s, Guest::Trusted, Welcome::LetIn),
        bad: |s| came(s, Guest::Trusted, Welcome::Refused),
        tells: (Warning, "site mail", "refuses a client who shows a trusted certificate"),
    },
    Fixture {
        rule: "L09",
        good: |s| came(s, Guest::Untrusted, Welcome::Refused),
        bad: |s| came(s, Guest::Untrusted, Welcome::LetIn),
        tells: (Error, "site mail", "lets a client in who shows an untrusted certificate"),
    },
    Fixture {
        rule: "L10",
        good: fine,
        bad: |s| visit(s, |v| v.sessions.as_mut().unwrap().strays = "www.example.test".into()),
        tells: (Warning, "site mail", "resumed under the name of www.example.test."),
    },
    Fixture {
        rule: "L10",
        good: fine,
        bad: |s| visit(s, |v| v.sessions.as_mut().unwrap().varies = Answer::Yes),
        tells: (Error, "site mail", "does not offer its suite any more."),
    },
    Fixture {
        rule: "L11",
        good: |s| {
            redirecting(s);
            fine(s);
        },
        bad: |s| {
            redirecting(s);
            let there = Plain { status: "302".into(), location: "https://www.example.test/".into() };
            visit(s, |v| v.plain = Some(Ok(there)));
        },
        tells: (Error, "site mail", "and sends them to https://www.example.test/."),
    },
    Fixture {
        rule: "L11",
        good: fine,
        bad: |s| {
            redirecting(s);
            visit(s, |v| v.plain = Some(Ok(Plain { status: "500".into(), location: String::new() })));
        },
        tells: (Error, "site mail", "and answers 500."),
    },
    Fixture {
        rule: "L12",
        good: |s| failed(s, Stage::Handshake),
        bad: |s| failed(s, Stage::StartTls),
        tells: (Error, "site mail", "does not change over to TLS, step starttls"),
    },
    Fixture {
        rule: "L12",
        good: |s| {
            scanned(s, |scan| (scan.starttls, scan.manners.injection) = (Some(StartTls::Smtp), Answer::No))
        },
        bad: |s| {
            scanned(s, |scan| (scan.starttls, scan.manners.injection) = (Some(StartTls::Smtp), Answer::Yes))
        },
        tells: (Error, "site mail", "is carried out inside TLS."),
    },
    Fixture {
        rule: "L13",
        good: fine,
        bad: |s| scanned(s, |scan| scan.manners.client_renegotiation = Answer::Yes),
        tells: (Warning, "site mail", "A client may renegotiate as often as it likes."),
    },
    Fixture {
        rule: "L14",
        good: fine,
        bad: |s| scanned(s, |scan| scan.manners.close_notify = Answer::No),
        tells: (Info, "site mail", "closes without saying so"),
    },
    Fixture {
        rule: "L15",
        good: |s| scanned(s, |scan| scan.manners.clock = Some(-120)),
        bad: |s| scanned(s, |scan| scan.manners.clock = Some(-121)),
        tells: (Warning, "site mail", "121 s behind the one here."),
    },
];

fn revocation() -> Revocation {
    Revocation {
        at: now().plus_days(-3),
        reason: Reason::Superseded,
        invalidity: None,
        by: "ra".into(),
        comment: String::new(),
    }
}

/// Gives the keyring a second certificate between, and sends both in their order.
fn two_between(state: &mut State) {
    let at = mail(state).entries.iter().position(|e| e.role == Role::Root).unwrap();
    let second = entry(Role::Chain, &MADE.root);
    mail(state).entries.insert(at, second);
    scanned(state, |scan| sent(scan, Asked::Name, &[&MADE.leaf, &MADE.middle, &MADE.root]));
}
