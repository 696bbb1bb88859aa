//! Peers that behave badly: silent, slow, endless, cut off, of another protocol. A scan ends in bounded time and memory,
//! and says what it met.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use ringmaster::model::error::Kind;
use ringmaster::model::seen::{Answer, Stage, Version};
use ringmaster::probe::route::Route;
use ringmaster::probe::scan::{Plan, scan};

use super::{Stub, failed, plan, say, to};
use crate::probe::{EC, Pki, RSA};

/// Takes the hello first, as a server does.
fn hear(stream: &mut std::net::TcpStream) {
    let _ = stream.read(&mut [0; 4096]);
}

#[test]
fn the_step_that_failed_is_named() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert_eq!(failed(to(closed)).stage, Stage::Connect);
    let nowhere = Route { host: "no-such-host.invalid".into(), address: None, ..to(closed) };
    assert_eq!(failed(nowhere).stage, Stage::Resolve);
    let web = Stub::new(|mut stream| {
        hear(&mut stream);
        say(&mut stream, "HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let failed = failed(to(web.address));
    assert_eq!(failed.stage, Stage::Handshake);
    assert!(
        failed.error.what.contains("does not speak TLS at this port: it says \"HTTP/1.1 400"),
        "{failed}"
    );
}

#[test]
fn silent_slow_endless_and_broken_answers_end_in_bounded_time() {
    let silent = Stub::new(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    let slow = Stub::new(|mut stream| {
        say(&mut stream, [0x16, 3, 3, 0x3F, 0xFF]);
        while stream.write_all(&[0]).is_ok() {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    });
    // Warnings without end, as fast as they are read.
    let endless = Stub::new(|mut stream| {
        let warnings = [0x15, 3, 3, 0, 2, 1, 90].repeat(4096);
        while stream.write_all(&warnings).is_ok() {}
    });
    let broken = Stub::new(|mut stream| {
        hear(&mut stream);
        say(&mut stream, [0x16, 3, 3, 0, 80, 2, 0, 0, 76, 3, 3]);
    });
    let loops = Stub::new(|mut stream| {
        hear(&mut stream);
        // A certificate list that is longer than its message.
        say(&mut stream, [0x16, 3, 3, 0, 7, 11, 0, 0, 3, 0xFF, 0xFF, 0xFF]);
    });
    for (stub, patience, answer, why) in [
        (&silent, 300, Answer::Unsure, "no answer within"),
        (&slow, 300, Answer::Unsure, "no answer within"),
        (&endless, 5000, Answer::Unsure, "more than a handshake can hold"),
        (&broken, 5000, Answer::No, "closed the connection"),
        (&loops, 5000, Answer::Unsure, "not a valid handshake"),
    ] {
        let begun = Instant::now();
        let route = Route { timeout: Duration::from_millis(patience), ..to(stub.address) };
        let scan = scan(&plan(route), &AtomicBool::new(false), &|_| {}).unwrap();
        let seen = scan.version(Version::Tls12).unwrap();
        assert!(seen.answer == answer && seen.why.contains(why), "{seen:?}");
        assert_eq!(scan.failed, Some(Stage::Handshake));
        assert!(scan.spoken().next().is_none() && begun.elapsed() < Duration::from_secs(10));
    }
}

#[test]
fn a_chain_of_two_hundred_certificates_is_read() {
    let Some(pki) = Pki::new(&EC) else { return };
    let mid = std::fs::read_to_string(pki.dir.path().join("mid.pem")).unwrap();
    std::fs::write(pki.dir.path().join("mid.pem"), mid.repeat(199)).unwrap();
    // OpenSSL's own limit for what it sends is far above that.
    let server = pki.server(&["-tls1_2"]);
    let scan = scan(&plan(to(server.address)), &AtomicBool::new(false), &|_| {}).unwrap();
    assert_eq!(scan.faces[0].sent.len(), 200);
}

#[test]
fn a_scan_keeps_to_its_bounds_and_says_so() {
    let Some(pki) = Pki::new(&RSA) else { return };
    let server = pki.server(&["-cipher", "ALL:@SECLEVEL=0"]);
    let few = Plan { connections: 20, ..plan(to(server.address)) };
    let seen = scan(&few, &AtomicBool::new(false), &|_| {}).unwrap();
    assert!(!seen.whole && seen.connections <= 20, "{:#?}", seen.lines());
    assert!(seen.notes[0].contains("number of connections was used up"), "{:?}", seen.notes);
    let short = Plan { time: Duration::ZERO, ..plan(to(server.address)) };
    let seen = scan(&short, &AtomicBool::new(false), &|_| {}).unwrap();
    assert!(!seen.whole && seen.spoken().next().is_none(), "{:#?}", seen.lines());
}

#[test]
fn a_scan_is_stopped_at_once_and_tells_how_far_it_is() {
    let Some(pki) = Pki::new(&RSA) else { return };
    let server = pki.server(&["-cipher", "ALL:@SECLEVEL=0"]);
    let (stop, told) = (AtomicBool::new(false), AtomicUsize::new(0));
    let hear = |what: &str| {
        assert!(what.contains("connections"), "{what}");
        if told.fetch_add(1, Ordering::SeqCst) == 5 {
            stop.store(true, Ordering::SeqCst);
        }
    };
    let failed = scan(&plan(to(server.address)), &stop, &hear).unwrap_err();
    assert_eq!(failed.error.kind, Kind::Cancelled);
    assert!(told.load(Ordering::SeqCst) < 12, "it went on");
}
