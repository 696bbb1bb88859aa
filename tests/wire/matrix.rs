//! Versions, suites, groups, certificates and manners, of OpenSSL, nginx and stubs.

use std::io::Read;
use std::process::Command;

use ringmaster::model::cipher::Suite;
use ringmaster::model::finding::Severity;
use ringmaster::model::seen::{Answer, Asked, Group, Order, Scan, Version};

use super::{Stub, say, scanned, to};
use crate::cli::Place;
use crate::probe::{EC, Pki, RSA};
use crate::servers::{free_port, nginx_with, started};

fn versions(scan: &Scan) -> Vec<Version> {
    scan.spoken().map(|s| s.version).collect()
}

fn suites(scan: &Scan, version: Version) -> Vec<u16> {
    scan.version(version).unwrap().suites.iter().map(|s| s.0).collect()
}

#[test]
fn each_version_of_openssl_is_found_alone() {
    let Some(pki) = Pki::new(&RSA) else { return };
    for (option, version) in [
        ("-tls1", Version::Tls10),
        ("-tls1_1", Version::Tls11),
        ("-tls1_2", Version::Tls12),
        ("-tls1_3", Version::Tls13),
    ] {
        let server = pki.server(&[option, "-cipher", "ALL:@SECLEVEL=0"]);
        let scan = scanned(to(server.address));
        assert_eq!(versions(&scan), [version], "{:#?}", scan.lines());
        assert!(scan.whole && scan.notes.is_empty(), "{:#?}", scan.lines());
        let face = scan.faces.iter().find(|f| f.asked == Asked::Name).unwrap();
        assert_eq!(face.sent, [pki.certificate("leaf").sha256, pki.certificate("mid").sha256]);
        let other = scan.versions.iter().find(|s| s.version != version && s.version > Version::Ssl3).unwrap();
        let lower = format!("it answers with {}", version.name());
        assert!(["protocol_version (70)", &lower].contains(&&*other.why), "{}", other.why);
        let old = version < Version::Tls12;
        assert_eq!(scan.remarks().iter().any(|r| r.rule == "wire.no-modern-version"), old);
    }
}

#[test]
fn the_order_of_suites_and_whose_it_is_are_found() {
    let Some(pki) = Pki::new(&RSA) else { return };
    // CBC, RSA key exchange, DHE and ECDHE; in this order.
    let list =
        "DHE-RSA-AES128-SHA:AES128-SHA:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305:@SECLEVEL=0";
    let order = [0x0033, 0x002F, 0xC02F, 0xCCA8];
    for (preference, expected) in [(&["-serverpref"][..], Order::Server), (&[], Order::Client)] {
        let server = pki.server(&[&["-no_tls1_3", "-cipher", list][..], preference].concat());
        let scan = scanned(to(server.address));
        assert_eq!(versions(&scan), [Version::Tls10, Version::Tls11, Version::Tls12]);
        let seen = scan.version(Version::Tls12).unwrap();
        assert_eq!((seen.order, seen.whole), (expected, true));
        let mut found = suites(&scan, Version::Tls12);
        let mut wanted = order.to_vec();
        if expected == Order::Client {
            found.sort_unstable();
            wanted.sort_unstable();
        }
        assert_eq!(found, wanted);
        assert_eq!(scan.version(Version::Tls10).unwrap().suites.len(), 2, "the two that TLS 1.0 knows");
        assert!(seen.dh_bits.is_some_and(|bits| bits >= 1024), "{seen:?}");
    }
}

#[test]
fn every_suite_that_openssl_offers_is_found() {
    let Some(pki) = Pki::new(&RSA) else { return };
    let server = pki.server(&["-tls1_2", "-cipher", "ALL:COMPLEMENTOFALL:!PSK:!SRP:@SECLEVEL=0"]);
    let found = suites(&scanned(to(server.address)), Version::Tls12);
    let mut command = Command::new("openssl");
    command.args([
        "ciphers",
        "-V",
        "-s",
        "-tls1_2",
        "ALL:COMPLEMENTOFALL:!PSK:!SRP:!aECDSA:!aDSS:@SECLEVEL=0",
    ]);
    let listed = String::from_utf8(crate::support::run(&mut command).stdout).unwrap();
    let code = |line: &str| {
        let (high, low) = line.trim().get(..9)?.split_once(',')?;
        let byte = |text: &str| u8::from_str_radix(text.trim_start_matches("0x"), 16).ok();
        Some(u16::from_be_bytes([byte(high)?, byte(low)?]))
    };
    let listed: Vec<_> = listed.lines().filter_map(code).collect();
    assert!(listed.len() > 40, "{listed:04X?}");
    let missed: Vec<_> = listed.iter().filter(|code| !found.contains(code)).collect();
    assert!(missed.is_empty(), "not found: {missed:04X?} of {found:04X?}");
}

#[test]
fn groups_are_found_in_the_order_of_the_server() {
    let Some(pki) = Pki::new(&RSA) else { return };
    let server = pki.server(&["-groups", "P-521:X25519:P-256"]);
    let groups = scanned(to(server.address)).groups;
    let mut sorted = groups.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [Group(23), Group(25), Group(29)], "{groups:?}");
}

#[test]
fn nginx_is_told_apart_by_name_and_has_manners() {
    let Some(pki) = Pki::new(&EC) else { return };
    pki.make("other", &EC, "mid", "subjectAltName=DNS:other.example.test\n");
    let (folder, here, port) = (pki.dir.path(), pki.dir.path().display(), free_port());
    let one = |name: &str, leaf: &str, more: &str| {
        format!(
            "server {{ listen 127.0.0.1:{port} ssl{more}; server_name {name};
             ssl_certificate {here}/{leaf}.pem; ssl_certificate_key {here}/{leaf}.key; return 200 x; }}"
        )
    };
    let servers = format!(
        "ssl_protocols TLSv1.2 TLSv1.3; {} {}",
        one("other.example.test", "other", " default_server"),
        one("mail.example.test", "leaf", ""),
    );
    let Some(command) = nginx_with(folder, &servers) else { return };
    let _server = started(command, port);
    let scan = scanned(to(std::net::SocketAddr::from(([127, 0, 0, 1], port))));
    assert_eq!(versions(&scan), [Version::Tls12, Version::Tls13]);
    let leaf = |asked| scan.faces.iter().find(|f| f.asked == asked).and_then(|f| f.sent.first().copied());
    assert_eq!(leaf(Asked::Name), Some(pki.certificate("leaf").sha256));
    assert_eq!(leaf(Asked::Nothing), Some(pki.certificate("other").sha256));
    assert_eq!(leaf(Asked::Address), Some(pki.certificate("other").sha256));
    let manners = &scan.manners;
    assert_eq!(manners.clock, Some(0));
    assert_eq!(
        [manners.secure_renegotiation, manners.compression, manners.tickets, manners.fallback],
        [Answer::Yes, Answer::No, Answer::Yes, Answer::Yes]
    );
    assert_eq!(manners.close_notify, Answer::Yes, "{manners:?}");
    let bad: Vec<_> = scan.remarks().into_iter().filter(|r| r.severity > Severity::Info).collect();
    assert!(bad.is_empty(), "{bad:#?}");
}

/// Reads one hello and says what a server of 1996 would: SSL 3.0 to its own hello, SSL 2.0 to that of SSL 2.0, an alert
/// to all others.
fn of_the_nineties() -> Stub {
    Stub::new(|mut stream| {
        let mut head = [0; 5];
        if stream.read_exact(&mut head).is_err() {
            return;
        }
        let length = match head {
            [0x16, ..] => usize::from(u16::from_be_bytes([head[3], head[4]])),
            _ => usize::from(head[1]) - 3,
        };
        let mut rest = vec![0; length];
        stream.read_exact(&mut rest).unwrap();
        if head[0] != 0x16 {
            // SERVER-HELLO: no session, an X.509 certificate of two bytes, version 2, one kind, an identifier.
            let body = [4, 0, 1, 0, 2, 0, 2, 0, 3, 0, 1, 9, 9, 7, 0, 0xC0, 5];
            say(&mut stream, [&[0x80, u8::try_from(body.len()).unwrap()][..], &body].concat());
            return;
        }
        let version = u16::from_be_bytes([rest[4], rest[5]]);
        let suites = 4 + 2 + 32 + 1;
        let count = usize::from(u16::from_be_bytes([rest[suites], rest[suites + 1]]));
        let offered =
            rest[suites + 2..suites + 2 + count].chunks(2).map(|s| u16::from_be_bytes([s[0], s[1]]));
        let known = [0x0005, 0x000A];
        let chosen = known.into_iter().find(|code| offered.clone().any(|o| o == *code));
        match chosen.filter(|_| version == 0x0300) {
            Some(code) => {
                let [high, low] = code.to_be_bytes();
                let hello = [&[2, 0, 0, 38, 3, 0][..], &[1; 32], &[0, high, low, 0]].concat();
                let done = [14, 0, 0, 0];
                let messages = [&hello[..], &done].concat();
                let record = [0x16, 3, 0, 0, u8::try_from(messages.len()).unwrap()];
                say(&mut stream, [&record[..], &messages].concat());
            }
            None => say(&mut stream, [0x15, 3, 0, 0, 2, 2, 40]),
        }
    })
}

#[test]
fn ssl_2_and_3_are_found_where_they_are_still_spoken() {
    let stub = of_the_nineties();
    let scan = scanned(to(stub.address));
    assert_eq!(versions(&scan), [Version::Ssl2, Version::Ssl3], "{:#?}", scan.lines());
    let old = scan.version(Version::Ssl3).unwrap();
    assert_eq!((old.suites.as_slice(), old.order), (&[Suite(5), Suite(0xA)][..], Order::Server));
    assert_eq!(scan.version(Version::Ssl2).unwrap().kinds, ["SSL_CK_DES_192_EDE3_CBC_WITH_MD5"]);
    assert_eq!(scan.manners.secure_renegotiation, Answer::No);
    let errors = scan.remarks().iter().filter(|r| r.severity == Severity::Error).count();
    assert!(errors >= 3, "{:#?}", scan.remarks());

    let place = Place::new();
    let target = format!("mail.example.test:{}", stub.address.port());
    let line = ["probe", &target, "--address", &stub.address.to_string(), "--matrix"].join(" ");
    let ended = place.run(&line);
    assert_eq!(ended.code, 3, "{ended:#?}");
    assert!(ended.out.contains("SSL 3.0       YES, 2 suites, the server chooses"), "{}", ended.out);
    let ended = place.run(&format!("--json {line}"));
    let json: serde_json::Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(json["versions"][1]["suites"][0]["code"], "05");
    assert_eq!(json["versions"][0]["spoken"], "yes");
    assert_eq!(json["remarks"][0]["severity"], "error");
}

#[test]
fn a_server_that_lets_clients_renegotiate_is_found() {
    let Some(pki) = Pki::new(&RSA) else { return };
    for suite in ["ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-CHACHA20-POLY1305"]
    {
        for (option, expected) in [("-client_renegotiation", Answer::Yes), ("-no_renegotiation", Answer::No)]
        {
            let server = pki.server(&["-tls1_2", "-cipher", suite, option]);
            let scan = scanned(to(server.address));
            assert_eq!(scan.manners.client_renegotiation, expected, "{suite} {option}");
            let told = scan.remarks().iter().any(|r| r.rule == "wire.client-renegotiation");
            assert_eq!(told, expected == Answer::Yes);
        }
    }
}

#[test]
fn an_ocsp_staple_is_held_against_the_chain_it_came_with() {
    let Some(pki) = Pki::new(&EC) else { return };
    let folder = pki.dir.path();
    let openssl = |line: &str| {
        crate::support::run(Command::new("openssl").current_dir(folder).args(line.split_whitespace()));
    };
    // The database of an authority that knows the leaf to be valid.
    let serial = pki.certificate("leaf").serial.to_string();
    let row = format!("V\t491231235959Z\t\t{serial}\tunknown\t/O=Example/CN=Example leaf\n");
    std::fs::write(folder.join("index.txt"), row).unwrap();
    let answer = |signer: &str, out: &str| {
        openssl("ocsp -issuer mid.pem -cert leaf.pem -reqout ask.der -no_nonce");
        openssl(&format!(
            "ocsp -index index.txt -CA mid.pem -rsigner {signer}.pem -rkey {signer}.key -reqin ask.der -respout {out} -ndays 1"
        ));
    };
    pki.make("responder", &EC, "mid", "extendedKeyUsage=OCSPSigning\n");
    pki.make("stranger", &EC, "stranger", "extendedKeyUsage=OCSPSigning\n");
    for (signer, proof) in [("mid", Answer::Yes), ("responder", Answer::Yes), ("stranger", Answer::No)] {
        answer(signer, "staple.der");
        let server = pki.server(&["-status_file", "staple.der"]);
        let scan = scanned(to(server.address));
        let staple = scan.faces[0].staple.clone().unwrap();
        assert_eq!((staple.status.as_str(), staple.proof), ("good", proof), "{signer}: {}", staple.text());
        let told = scan.remarks().iter().any(|r| r.rule == "wire.staple");
        assert_eq!(told, proof == Answer::No, "{signer}");
    }
}
