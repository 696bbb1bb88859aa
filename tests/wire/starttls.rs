//! Services that begin without TLS: Postfix, Dovecot and OpenLDAP, and stubs that refuse, overdo it, or mix what is in the
//! clear with what is not.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::Arc;

use ringmaster::model::seen::{Answer, Stage, StartTls, Version};
use ringmaster::probe::connect::{Target, probe};
use ringmaster::probe::route::Route;

use super::{Stub, failed, line, over, say, scanned, to};
use crate::probe::{EC, Pki, bare};
use crate::servers::{dovecot, free_port, postfix, started};
use crate::support::tool;

#[test]
fn postfix_is_scanned_behind_starttls() {
    let port = free_port();
    let Some((_temp, command)) = postfix(port) else { return };
    let _server = started(command, port);
    let scan = scanned(over(port, StartTls::Smtp));
    assert!(scan.spoken().any(|s| s.version == Version::Tls13) && scan.whole, "{:#?}", scan.lines());
    assert_eq!((scan.manners.early, scan.manners.injection), (Answer::No, Answer::No));
    assert!(scan.faces[0].subject.contains("mail.example.test"));
}

#[test]
fn dovecot_is_scanned_behind_starttls_of_both_protocols() {
    let (imaps, imap, pop3) = (free_port(), free_port(), free_port());
    let Some((_temp, command)) = dovecot(imaps, imap, pop3) else { return };
    let _server = started(command, imaps);
    for (port, protocol) in [(imap, StartTls::Imap), (pop3, StartTls::Pop3)] {
        let scan = scanned(over(port, protocol));
        assert!(scan.spoken().any(|s| s.version == Version::Tls12), "{:#?}", scan.lines());
        assert_eq!((scan.manners.early, scan.manners.injection), (Answer::No, Answer::No));
    }
}

#[test]
fn openldap_is_scanned_behind_starttls_and_lets_anybody_bind() {
    let (Some(program), Some(pki)) = (tool("slapd"), Pki::new(&EC)) else { return };
    let (folder, here) = (pki.dir.path(), pki.dir.path().display());
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    std::fs::write(folder.join("ca.pem"), read("mid.pem") + &read("root.pem")).unwrap();
    let settings = format!(
        "include /etc/ldap/schema/core.schema\npidfile {here}/pid\nTLSCACertificateFile {here}/ca.pem\n\
         TLSCertificateFile {here}/leaf.pem\nTLSCertificateKeyFile {here}/leaf.key\n"
    );
    std::fs::write(folder.join("slapd.conf"), settings).unwrap();
    let (plain, tls) = (free_port(), free_port());
    let mut command = Command::new(program);
    command.arg("-f").arg(folder.join("slapd.conf")).args(["-d", "0", "-h"]);
    command.arg(format!("ldap://127.0.0.1:{plain}/ ldaps://127.0.0.1:{tls}/"));
    let _server = started(command, plain);
    let scan = scanned(over(plain, StartTls::Ldap));
    assert!(scan.spoken().any(|s| s.version == Version::Tls13), "{:#?}", scan.lines());
    assert_eq!(scan.manners.bind, Answer::Yes, "{:#?}", scan.lines());
    assert_eq!(scan.faces[0].sent[0], pki.certificate("leaf").sha256);
    let route = over(plain, StartTls::Ldap);
    let seen =
        probe(&Target { route, ..pki.target(to(([127, 0, 0, 1], plain).into()).address.unwrap()) }).unwrap();
    assert!(seen.inquiry.answer().explanation.trusted);
    assert_eq!(seen.way, "STARTTLS of ldap");
}

/// A mail server that says these answers, one after each line that it hears.
fn mail(answers: &'static [&'static str]) -> Stub {
    Stub::new(move |mut stream| {
        for answer in answers {
            say(&mut stream, answer);
            line(&mut stream);
        }
    })
}

#[test]
fn refusals_are_told_apart_and_named_by_their_step() {
    let greets: &[&str] =
        &["220 mail ESMTP\r\n", "250-mail\r\n250 STARTTLS\r\n", "454 4.7.0 TLS not available\r\n"];
    for (answers, protocol, what) in [
        (greets, StartTls::Smtp, "refused STARTTLS: \"454 4.7.0 TLS not available\""),
        (&["220 mail ESMTP\r\n", "250-mail\r\n250 SIZE\r\n"], StartTls::Smtp, "does not offer STARTTLS"),
        (&["554 go away\r\n"], StartTls::Smtp, "does not speak SMTP: it says \"554 go away\""),
        (&["+OK pop\r\n"], StartTls::Imap, "does not speak IMAP: it says \"+OK pop\""),
        (&["* OK imap\r\n", "a1 BAD unknown\r\n"], StartTls::Imap, "does not offer STARTTLS"),
        (
            &["* OK imap\r\n", "* x\r\na1 NO not now\r\n"],
            StartTls::Imap,
            "refused STARTTLS: \"a1 NO not now\"",
        ),
        (
            &["+OK pop\r\n", "-ERR no \u{1b}[31m\r\n"],
            StartTls::Pop3,
            "refused STARTTLS: \"-ERR no \\1B[31m\"",
        ),
    ] {
        let stub = mail(answers);
        let failed = failed(over(stub.address.port(), protocol));
        assert_eq!(failed.stage, Stage::StartTls, "{failed}");
        assert!(failed.error.what.contains(what), "{failed}");
        assert!(!failed.error.next.is_empty(), "{failed}");
        let error = ringmaster::model::error::Error::from(failed);
        assert!(error.why.contains("first step that failed: starttls"), "{error}");
    }
    let endless = Stub::new(|mut stream| while stream.write_all(b"250-more and more\r\n").is_ok() {});
    let failed = failed(over(endless.address.port(), StartTls::Smtp));
    assert_eq!(failed.stage, Stage::StartTls, "{failed}");
}

/// The other side of a TLS session: a server with the leaf of `pki`.
fn tls_server(pki: &Pki) -> Arc<rustls::ServerConfig> {
    let chain = ["leaf", "mid"].map(|name| rustls::pki_types::CertificateDer::from(pki.der(name).0));
    let key = std::fs::read(pki.dir.path().join("leaf.key")).unwrap();
    let key = pem::parse(key).unwrap().into_contents();
    let key = rustls::pki_types::PrivateKeyDer::try_from(key).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config =
        rustls::ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    Arc::new(config.with_no_client_auth().with_single_cert(chain.to_vec(), key).unwrap())
}

/// A mail server that answers inside TLS what came in the clear behind STARTTLS, if it keeps such things.
fn careless(pki: &Pki, keeps: bool, early: &'static str) -> Stub {
    let config = tls_server(pki);
    Stub::new(move |mut stream| {
        say(&mut stream, "220 mail ESMTP\r\n");
        line(&mut stream);
        say(&mut stream, "250-mail\r\n250 STARTTLS\r\n");
        if line(&mut stream) != "STARTTLS" {
            return;
        }
        stream.set_nonblocking(true).unwrap();
        let waits = stream.peek(&mut [0]).is_ok_and(|count| count > 0);
        stream.set_nonblocking(false).unwrap();
        let clear = if waits { line(&mut stream) } else { String::new() };
        say(&mut stream, format!("220 go\r\n{early}"));
        let mut session = rustls::ServerConnection::new(config.clone()).unwrap();
        while session.is_handshaking() {
            if session.complete_io(&mut stream).is_err() {
                return;
            }
        }
        let mut tls: rustls::Stream<'_, rustls::ServerConnection, TcpStream> =
            rustls::Stream::new(&mut session, &mut stream);
        if keeps && !clear.is_empty() {
            let _ = tls.write_all(b"250 2.0.0 Ok\r\n");
        }
        let _ = std::io::copy(&mut tls, &mut std::io::sink());
    })
}

#[test]
fn a_server_that_keeps_what_came_in_the_clear_is_found() {
    let Some(pki) = Pki::new(&EC) else { return };
    for (keeps, answer) in [(true, Answer::Yes), (false, Answer::No)] {
        // The stub looks at what waits before it answers, as a server that reads whole packets does.
        let stub = careless(&pki, keeps, "");
        let scan = scanned(over(stub.address.port(), StartTls::Smtp));
        assert_eq!((scan.manners.injection, scan.manners.early), (answer, Answer::No), "{:#?}", scan.lines());
        assert_eq!(scan.remarks().iter().any(|r| r.rule == "wire.starttls-injection"), keeps);
    }
}

#[test]
fn what_comes_with_the_answer_to_starttls_is_thrown_away_and_told() {
    let Some(pki) = Pki::new(&EC) else { return };
    let stub = careless(&pki, false, "250 you have mail\r\n");
    let scan = scanned(over(stub.address.port(), StartTls::Smtp));
    assert_eq!(scan.manners.early, Answer::Yes);
    assert!(scan.remarks().iter().any(|r| r.rule == "wire.starttls-early"), "{:#?}", scan.remarks());
    let route = Route { starttls: Some(StartTls::Smtp), ..bare(stub.address).route };
    let seen = probe(&Target { route, ..pki.target(stub.address) }).unwrap();
    assert!(!seen.inquiry.answer().explanation.trusted, "it is not believed");
    assert!(seen.notes.iter().any(|n| n.contains("before TLS began")), "{:?}", seen.notes);
}

#[test]
fn an_ldap_service_that_does_not_answer_a_bind_fails_at_that_step() {
    let Some(pki) = Pki::new(&EC) else { return };
    let config = tls_server(&pki);
    let stub = Stub::new(move |mut stream| {
        let mut wish = [0; 31];
        if stream.read_exact(&mut wish).is_err() {
            return;
        }
        say(&mut stream, b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00");
        let mut session = rustls::ServerConnection::new(config.clone()).unwrap();
        while session.is_handshaking() && session.complete_io(&mut stream).is_ok() {}
        // It reads what it is told, and hangs up.
        let _ = rustls::Stream::new(&mut session, &mut stream).read(&mut [0; 64]);
    });
    let scan = scanned(over(stub.address.port(), StartTls::Ldap));
    assert_eq!(scan.failed, Some(Stage::Bind), "{:#?}", scan.lines());
    assert!(scan.remarks().iter().any(|r| r.rule == "wire.unreached"));
}
