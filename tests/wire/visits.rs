//! Visits: clients with several kinds of certificate, sessions that are resumed wrongly, many handshakes at once. Of OpenSSL,
//! nginx and stubs.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use ringmaster::model::finding::Subject;
use ringmaster::model::resolve::Promise;
use ringmaster::model::seen::{Answer, Guest, Stage, Visit, Welcome};
use ringmaster::model::site::SiteKind;
use ringmaster::model::time::Timestamp;
use ringmaster::probe::burst::burst;
use ringmaster::probe::guests::{Badge, Badges, come};
use ringmaster::probe::round::Round;

use super::{Stub, carry, plan, to};
use crate::probe::{EC, HOST, Pki};
use crate::servers::{free_port, nginx_with, started};

static RUN: AtomicBool = AtomicBool::new(false);

/// Clients with a certificate of this authority, with one that nobody knows and one that has ended, and none for the last.
fn badges(pki: &Pki) -> Badges {
    pki.make("client", &EC, "mid", "extendedKeyUsage=clientAuth\n");
    let chain = ["client", "mid"].map(|name| pki.der(name).0).into();
    let above = vec![pki.certificate("mid").sha256, pki.certificate("root").sha256];
    let trusted = Badge::new("CN=Example client".into(), chain, pki.key("client").pkcs8(), above);
    let now = plan(to(SocketAddr::from(([127, 0, 0, 1], 1)))).at;
    vec![
        (Guest::Trusted, trusted),
        (Guest::Untrusted, Badge::unknown("nobody knows", now.plus_days(-1), now.plus_days(1))),
        (Guest::Expired, Badge::unknown("ended", now.plus_days(-9), now.plus_days(-1))),
        (Guest::Revoked, Err("it is to be named".into())),
    ]
}

fn seen(address: SocketAddr, badges: &Badges, web: bool) -> Vec<(Guest, Welcome)> {
    let all = come(&to(address), badges, web, &RUN);
    assert!(all.iter().all(|a| a.guest != Guest::Revoked || a.why == "it is to be named"), "{all:#?}");
    all.into_iter().map(|a| (a.guest, a.welcome)).collect()
}

const REQUIRED: [(Guest, Welcome); 5] = [
    (Guest::Nobody, Welcome::Refused),
    (Guest::Trusted, Welcome::LetIn),
    (Guest::Untrusted, Welcome::Refused),
    (Guest::Expired, Welcome::Refused),
    (Guest::Revoked, Welcome::NotTried),
];

#[test]
fn openssl_lets_clients_in_by_their_certificates_in_both_versions() {
    let Some(pki) = Pki::new(&EC) else { return };
    let badges = badges(&pki);
    for version in ["-tls1_2", "-tls1_3"] {
        let server = pki.server(&[version, "-Verify", "3", "-verify_return_error", "-CAfile", "root.pem"]);
        assert_eq!(seen(server.address, &badges, false), REQUIRED, "{version}");
        let open = pki.server(&[version]);
        let all = seen(open.address, &badges, false);
        let not_asked = |(guest, welcome): &(Guest, Welcome)| match guest {
            Guest::Revoked => *welcome == Welcome::NotTried,
            _ => *welcome == Welcome::NotAsked,
        };
        assert!(all.iter().all(not_asked), "{all:?}");
    }
    let old = pki.server(&["-tls1", "-cipher", "ALL:@SECLEVEL=0"]);
    assert!(seen(old.address, &badges, false).iter().all(|(_, welcome)| *welcome == Welcome::NotTried));
}

#[test]
fn nginx_refuses_clients_in_its_answer() {
    let Some(pki) = Pki::new(&EC) else { return };
    let badges = badges(&pki);
    let (folder, here, port) = (pki.dir.path(), pki.dir.path().display(), free_port());
    let server = format!(
        "server {{ listen 127.0.0.1:{port} ssl; server_name {HOST};
             ssl_certificate {here}/leaf.pem; ssl_certificate_key {here}/leaf.key; ssl_verify_depth 3;
             ssl_client_certificate {here}/root.pem; ssl_verify_client on; return 200 x; }}"
    );
    let Some(command) = nginx_with(folder, &server) else { return };
    let _server = started(command, port);
    assert_eq!(seen(SocketAddr::from(([127, 0, 0, 1], port)), &badges, true), REQUIRED);
}

/// A promise of the host of the tests at an address that no document names.
fn promise(address: SocketAddr) -> Promise {
    Promise {
        host: HOST.into(),
        port: address.port(),
        kind: SiteKind::Web,
        starttls: None,
        server: String::new(),
        subject: Subject::Workspace,
        redirect: None,
    }
}

fn visited(address: SocketAddr) -> Visit {
    let round = Round {
        promises: vec![promise(address)],
        jobs: 1,
        timeout: Duration::from_secs(5),
        address: Some(address),
        guests: None,
        burst: 0,
        at: Timestamp(1_790_000_000),
    };
    round.go(&RUN, &|_| {}).remove(0)
}

/// Cuts the session ID, the suites and the ticket out of a ClientHello record.
fn hello(record: &[u8]) -> (Vec<u8>, Vec<u16>, Vec<u8>) {
    let body = &record[5 + 4 + 2 + 32..];
    let (session, rest) = body[1..].split_at(usize::from(body[0]));
    let number = |bytes: &[u8]| usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
    let (suites, rest) = rest[2..].split_at(number(rest));
    let suites = suites.chunks(2).map(|s| u16::from_be_bytes([s[0], s[1]])).collect();
    let mut extensions = rest.get(1 + usize::from(rest[0]) + 2..).unwrap_or_default();
    let mut ticket = Vec::new();
    while extensions.len() >= 4 {
        let (kind, length) = (number(extensions), number(&extensions[2..]));
        if kind == 35 {
            ticket = extensions[4..4 + length].to_vec();
        }
        extensions = &extensions[4 + length..];
    }
    (session.to_vec(), suites, ticket)
}

/// Reads one record whole.
fn record(stream: &mut TcpStream) -> Vec<u8> {
    let mut all = vec![0; 5];
    if stream.read_exact(&mut all).is_err() {
        return Vec::new();
    }
    // A hello of SSL 2.0 has another head; what follows is carried on as it comes.
    if all[0] != 0x16 {
        return all;
    }
    let length = usize::from(u16::from_be_bytes([all[3], all[4]]));
    all.resize(5 + length, 0);
    stream.read_exact(&mut all[5..]).unwrap();
    all
}

#[test]
fn a_session_that_goes_on_with_another_suite_is_found() {
    let Some(pki) = Pki::new(&EC) else { return };
    let server = pki.server(&["-tls1_2"]);
    let good = visited(server.address).sessions.unwrap();
    assert_eq!((good.resumes, good.varies), (Answer::Yes, Answer::No));
    // In front of it stands one that takes up the second offer of a session with the suite that comes first.
    let (beyond, offers) = (server.address, AtomicUsize::new(0));
    let stub = Stub::new(move |mut stream| {
        let first = record(&mut stream);
        let offer = match first.first() {
            Some(0x16) => Some(hello(&first)).filter(|(_, _, ticket)| !ticket.is_empty()),
            _ => None,
        };
        match offer {
            Some((session, suites, _)) if offers.fetch_add(1, Ordering::SeqCst) == 1 => {
                // Those of TLS 1.3 stand in the list, and are none for this version.
                let suite = suites.iter().find(|suite| **suite >= 0xC000).unwrap();
                let [high, low] = suite.to_be_bytes();
                let id = u8::try_from(session.len()).unwrap();
                let body = [&[3, 3][..], &[7; 32], &[id], &session, &[high, low, 0]].concat();
                let head = [2, 0, 0, u8::try_from(body.len()).unwrap()];
                let length = u16::try_from(4 + body.len()).unwrap().to_be_bytes();
                let _ = stream.write_all(&[&[0x16, 3, 3][..], &length, &head, &body].concat());
                let _ = stream.read(&mut [0; 64]);
            }
            _ => {
                let mut server = TcpStream::connect(beyond).unwrap();
                let _ = server.write_all(&first);
                carry(stream, server);
            }
        }
    });
    let bad = visited(stub.address).sessions.unwrap();
    assert_eq!((bad.resumes, bad.varies), (Answer::Yes, Answer::Yes));
}

#[test]
fn many_handshakes_at_once_are_counted_and_a_server_that_dies_of_them_is_found() {
    let Some(pki) = Pki::new(&EC) else { return };
    let server = pki.server(&[]);
    let seen = burst(&to(server.address), 60, &RUN).unwrap();
    assert_eq!((seen.begun, seen.done, seen.alive, seen.why.as_str()), (60, 60, Answer::Yes, ""));
    let (beyond, left) = (server.address, AtomicUsize::new(10));
    let tired = Stub::new(move |stream| {
        if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok() {
            carry(stream, TcpStream::connect(beyond).unwrap());
        }
    });
    let seen = burst(&to(tired.address), 40, &RUN).unwrap();
    assert_eq!((seen.begun, seen.alive), (40, Answer::No));
    // The connection that only tries the way is one of the ten, or comes after them.
    assert!(seen.done <= 10 && !seen.why.is_empty(), "{seen:?}");
    let failed = burst(&to(SocketAddr::from(([127, 0, 0, 1], free_port()))), 3, &RUN).unwrap_err();
    assert_eq!(failed.stage, Stage::Connect);
}

#[test]
fn clients_and_bursts_end_in_bounded_time_whatever_the_peer_does() {
    let peers: [fn(TcpStream); 4] = [
        // Says nothing, and keeps the connection.
        |mut stream| drop(stream.read(&mut [0; 1 << 14]).and_then(|_| stream.read(&mut [0; 1]))),
        |mut stream| drop(stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")),
        // Resets in the middle of a record.
        |mut stream| drop(stream.write_all(&[0x16, 3, 3, 0x40])),
        // Sends without end what begins as a handshake.
        |mut stream| while stream.write_all(&[&[0x16, 3, 3, 0x40, 0][..], &[0; 0x4000]].concat()).is_ok() {},
    ];
    for peer in peers {
        let stub = Stub::new(peer);
        let route =
            ringmaster::probe::route::Route { timeout: Duration::from_millis(300), ..to(stub.address) };
        let badges: Badges = vec![(Guest::Revoked, Err("it is to be named".into()))];
        let begun = std::time::Instant::now();
        let all = come(&route, &badges, true, &RUN);
        assert!(all.iter().all(|a| a.welcome == Welcome::NotTried && !a.why.is_empty()), "{all:?}");
        let seen = burst(&route, 20, &RUN).unwrap();
        assert_eq!((seen.begun, seen.done, seen.alive), (20, 0, Answer::No), "{seen:?}");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
}
