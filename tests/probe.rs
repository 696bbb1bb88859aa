//! The probe and the rehearsal service on loopback, against each other and against OpenSSL and curl.
#![allow(clippy::unwrap_used)] // the functions that prepare the tests are tests too

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use ringmaster::desk::Desk;
use ringmaster::model::bytes::Der;
use ringmaster::model::certificate::Certificate;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::time::Timestamp;
use ringmaster::pki::chain::inquiry::Basis;
use ringmaster::pki::{certificate, key::PrivateKey};
use ringmaster::probe::connect::{Seen, Target, probe};
use ringmaster::probe::route::Route;
use ringmaster::probe::serve::{Served, ServedSite, Service};
use tempfile::TempDir;

use crate::support::{run, tool};

pub(crate) const HOST: &str = "mail.example.test";

/// A throw-away PKI of three levels, made by OpenSSL.
pub(crate) struct Pki {
    pub(crate) dir: TempDir,
}

impl Pki {
    /// Makes root, intermediate and a leaf with this kind of key; `None` where OpenSSL is missing.
    pub(crate) fn new(kind: &[&str]) -> Option<Self> {
        tool("openssl")?;
        let pki = Self { dir: tempfile::tempdir().unwrap() };
        let ec = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
        let ca = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                  subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n";
        let leaf = format!(
            "basicConstraints=critical,CA:FALSE\nsubjectAltName=DNS:{HOST},IP:127.0.0.1,IP:::1\n\
             extendedKeyUsage=serverAuth\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always\n"
        );
        pki.make("root", &ec, "root", ca);
        pki.make("mid", &ec, "root", ca);
        pki.make("leaf", kind, "mid", &leaf);
        Some(pki)
    }

    pub(crate) fn make(&self, name: &str, kind: &[&str], issuer: &str, extensions: &str) {
        std::fs::write(self.dir.path().join(format!("{name}.ext")), extensions).unwrap();
        let file = |stem: &str, ending: &str| format!("{stem}.{ending}");
        let (key, request) = (file(name, "key"), file(name, "csr"));
        let subject = format!("/O=Example/CN=Example {name}");
        let head = ["req", "-new", "-nodes", "-subj", &subject, "-keyout", &key, "-out", &request, "-newkey"];
        run(self.openssl().args(head).args(kind));
        let (out, ext) = (file(name, "pem"), file(name, "ext"));
        let sign = ["x509", "-req", "-in", &request, "-out", &out, "-days", "30", "-extfile", &ext];
        let (ca, ca_key) = (file(issuer, "pem"), file(issuer, "key"));
        match name == issuer {
            true => run(self.openssl().args(sign).args(["-signkey", &key])),
            false => run(self.openssl().args(sign).args(["-CA", &ca, "-CAkey", &ca_key, "-CAcreateserial"])),
        };
    }

    fn openssl(&self) -> Command {
        let mut command = Command::new("openssl");
        command.current_dir(self.dir.path());
        command
    }

    pub(crate) fn der(&self, name: &str) -> Der {
        let pem = format!("{name}.pem");
        Der(run(self.openssl().args(["x509", "-in", &pem, "-outform", "DER"])).stdout)
    }

    pub(crate) fn certificate(&self, name: &str) -> Certificate {
        certificate::read(&self.der(name).0).unwrap()
    }

    pub(crate) fn key(&self, name: &str) -> PrivateKey {
        let file = format!("{name}.key");
        let pkcs8 = ["pkcs8", "-topk8", "-nocrypt", "-in", &file, "-outform", "DER"];
        PrivateKey::read(&run(self.openssl().args(pkcs8)).stdout).unwrap()
    }

    fn serve(&self) -> Service {
        let chain = vec![self.der("leaf"), self.der("mid")];
        Service::start(Served::alone(ServedSite::new("mail", chain, self.key("leaf")), 0, Desk::now)).unwrap()
    }

    /// Asks for the host at this address, a day after the leaf was made.
    pub(crate) fn target(&self, address: SocketAddr) -> Target {
        let at = self.certificate("leaf").not_before.plus_days(1);
        let basis = Basis { anchors: vec![self.certificate("root")], at, ..nobody() };
        Target { basis, ..bare(address) }
    }

    /// Starts `openssl s_server` with the leaf; it is killed when dropped.
    pub(crate) fn server(&self, more: &[&str]) -> Server {
        let mut child = self
            .openssl()
            .args(["s_server", "-accept", "127.0.0.1:0", "-cert", "leaf.pem", "-key", "leaf.key"])
            .args(["-cert_chain", "mid.pem"])
            .args(more)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let accept = lines.find(|l| l.as_ref().unwrap().starts_with("ACCEPT")).unwrap().unwrap();
        // Somebody has to read what it prints, or it stops at a full pipe.
        std::thread::spawn(move || lines.count());
        Server { child, address: accept.trim_start_matches("ACCEPT ").trim().parse().unwrap() }
    }
}

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

pub(crate) const EC: [&str; 3] = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"];
pub(crate) const RSA: [&str; 1] = ["rsa:2048"];

pub(crate) fn bare(address: SocketAddr) -> Target {
    Target { route: Route { address: Some(address), ..Route::to(HOST, address.port()) }, basis: nobody() }
}

/// Asks for this host at the address of a target.
fn naming(host: &str, target: Target) -> Target {
    Target { route: Route { host: host.into(), ..target.route }, ..target }
}

/// Resolves the host by itself.
fn resolving(host: &str, target: Target) -> Target {
    let target = naming(host, target);
    Target { route: Route { address: None, ..target.route }, ..target }
}

/// Trusts nobody.
fn nobody() -> Basis {
    let (at, now) = (Timestamp(0), Timestamp(0));
    Basis { anchors: Vec::new(), trusting: "nobody".into(), known: Vec::new(), crls: Vec::new(), at, now }
}

/// Runs `peer` on the next connection to a loopback port.
pub(crate) fn listen(peer: impl FnOnce(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || peer(listener.accept().unwrap().0));
    address
}

fn failure(target: &Target) -> Error {
    let error = probe(target).unwrap_err().error;
    assert_eq!(error.kind, Kind::Network, "{error}");
    assert!(!error.next.is_empty(), "no next step: {error}");
    error
}

/// Waits until the log holds a line with these words.
fn logged(service: &Service, words: &[&str]) -> String {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let log = service.log();
        if let Some(line) = log.iter().find(|l| words.iter().all(|w| l.contains(w))) {
            return line.clone();
        }
        assert!(Instant::now() < until, "{words:?} is not in the log: {log:#?}");
        std::thread::yield_now();
    }
}

fn shown(seen: &Seen) -> String {
    seen.inquiry.answer().lines.iter().map(|line| line.text() + "\n").collect()
}

fn trusted(seen: &Seen) -> bool {
    seen.inquiry.answer().explanation.trusted
}

#[test]
fn the_probe_sees_what_the_service_serves() {
    for kind in [&EC[..], &RSA[..], &["ed25519"]] {
        let Some(pki) = Pki::new(kind) else { return };
        let service = pki.serve();
        assert!(service.address().ip().is_loopback());
        let seen = probe(&pki.target(service.address())).unwrap();
        assert_eq!(seen.sent, [pki.certificate("leaf"), pki.certificate("mid")]);
        assert!(trusted(&seen), "{}", shown(&seen));
        assert_eq!((&*seen.protocol, &*seen.alpn, &*seen.late), ("TLS 1.3", "http/1.1", ""));
        assert_eq!(seen.group, "X25519MLKEM768");
        assert!(seen.suite.starts_with("TLS_"), "{}", seen.suite);
        let text = shown(&seen);
        for part in [
            "CN=Example leaf,O=Example",
            "issued by   CN=Example mid",
            "29 days left",
            "Verdict       trusted",
        ] {
            assert!(text.contains(part), "{part} is missing:\n{text}");
        }
        let line = logged(&service, &["SNI mail.example.test, TLS 1.3, TLS_", "done"]);
        assert!(line.starts_with("1  127.0.0.1:"), "{line}");
        service.stop();
    }
}

#[test]
fn an_address_sends_no_sni_and_still_matches_its_certificate() {
    let Some(pki) = Pki::new(&EC) else { return };
    let service = pki.serve();
    let target = resolving("127.0.0.1", pki.target(service.address()));
    let seen = probe(&target).unwrap();
    assert!(trusted(&seen), "{}", shown(&seen));
    assert!(shown(&seen).contains("no SNI"));
    logged(&service, &["no SNI", "done"]);
}

#[test]
fn wrong_host_wrong_date_and_unknown_issuer_are_seen_but_not_trusted() {
    let Some(pki) = Pki::new(&EC) else { return };
    let server = pki.server(&[]);
    let good = pki.target(server.address);
    assert!(trusted(&probe(&good).unwrap()));
    let leaf = pki.certificate("leaf");
    let at = |at| Target { basis: Basis { at, ..good.basis.clone() }, ..good.clone() };
    let by = |anchors| Target { basis: Basis { anchors, ..good.basis.clone() }, ..good.clone() };
    let wrong = [
        naming("other.example.test", good.clone()),
        at(leaf.not_after.plus_days(1)),
        at(leaf.not_before.plus_days(-1)),
        by(Vec::new()),
        naming("x.test", by(vec![leaf])),
    ];
    for target in wrong {
        let seen = probe(&target).unwrap();
        assert!(!trusted(&seen), "{}", shown(&seen));
        assert_eq!(seen.sent.len(), 2);
        assert!(shown(&seen).contains("Verdict       NOT TRUSTED: "), "{}", shown(&seen));
    }
}

#[test]
fn both_versions_of_tls_are_named() {
    for kind in [&EC[..], &RSA[..]] {
        let Some(pki) = Pki::new(kind) else { return };
        for (option, name) in [("-tls1_2", "TLS 1.2"), ("-tls1_3", "TLS 1.3")] {
            let server = pki.server(&[option]);
            let seen = probe(&pki.target(server.address)).unwrap();
            assert_eq!((&*seen.protocol, &*seen.group), (name, "X25519"));
            assert!(trusted(&seen), "{}", shown(&seen));
        }
    }
}

#[test]
fn a_server_that_wants_a_client_certificate_is_reported() {
    let Some(pki) = Pki::new(&EC) else { return };
    let late = pki.server(&["-tls1_3", "-Verify", "1"]);
    let seen = probe(&pki.target(late.address)).unwrap();
    assert!(seen.late.contains("certificate_required (116)") && seen.late.contains("client certificate"));
    assert!(shown(&seen).contains("Afterwards    The server refused after the handshake"));
    let early = pki.server(&["-tls1_2", "-Verify", "1"]);
    let error = failure(&pki.target(early.address));
    assert!(error.why.contains("client certificate"), "{error}");
    let optional = pki.server(&["-verify", "1"]);
    let seen = probe(&pki.target(optional.address)).unwrap();
    assert_eq!((seen.late.as_str(), seen.notes.len()), ("", 1));
}

#[test]
fn old_servers_are_shown_as_far_as_they_can_be_seen_and_picky_ones_explained() {
    let Some(pki) = Pki::new(&RSA) else { return };
    let cases: [(&[&str], &str, &str); 3] = [
        (&["-tls1", "-cipher", "ALL@SECLEVEL=0"], "TLS 1.0", "_CBC_SHA"),
        (&["-tls1_1", "-cipher", "ALL@SECLEVEL=0"], "TLS 1.1", "_CBC_SHA"),
        (&["-tls1_2", "-cipher", "AES128-SHA"], "TLS 1.2", "TLS_RSA_WITH_AES_128_CBC_SHA"),
    ];
    for (options, version, suite) in cases {
        let server = pki.server(options);
        let seen = probe(&pki.target(server.address)).unwrap();
        assert_eq!(seen.protocol, version, "{}", shown(&seen));
        assert!(seen.suite.ends_with(suite), "{}", shown(&seen));
        let sent: Vec<_> = seen.sent.iter().map(|c| c.sha256).collect();
        assert_eq!(sent, ["leaf", "mid"].map(|name| pki.certificate(name).sha256));
        // What nobody of today speaks is not trusted, however good the chain.
        assert!(!trusted(&seen) && shown(&seen).contains("nothing better than"), "{}", shown(&seen));
    }
    let picky = ["-servername", "a.test", "-servername_fatal", "-cert2", "leaf.pem", "-key2", "leaf.key"];
    let error = failure(&pki.target(pki.server(&picky).address));
    assert!(
        error.what.contains("unrecognized_name (112)") && error.why.contains("no site for this name"),
        "{error}"
    );
}

#[test]
fn a_server_that_knows_no_web_protocol_is_asked_again_without() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let peer = std::thread::spawn(move || {
        // Alerts: no_application_protocol to the first hello, handshake_failure to the second.
        [120, 40].map(|alert| {
            let mut stream = listener.accept().unwrap().0;
            let mut hello = vec![0; 4096];
            let count = stream.read(&mut hello).unwrap();
            stream.write_all(&[0x15, 3, 3, 0, 2, 2, alert]).unwrap();
            hello[..count].windows(8).any(|w| w == b"http/1.1")
        })
    });
    assert!(failure(&bare(address)).what.contains("handshake_failure (40)"));
    assert_eq!(peer.join().unwrap(), [true, false]);
}

#[test]
fn a_key_that_the_tls_library_finds_too_small_is_seen_and_not_trusted() {
    let Some(pki) = Pki::new(&["rsa:1024"]) else { return };
    let server = pki.server(&["-tls1_2", "-cipher", "ALL@SECLEVEL=0"]);
    let seen = probe(&pki.target(server.address)).unwrap();
    assert!(!trusted(&seen), "{}", shown(&seen));
    assert!(shown(&seen).contains("did not prove"), "{}", shown(&seen));
}

#[test]
fn what_is_not_tls_is_named_by_its_greeting() {
    let greetings = [
        ("220 mail.example.test ESMTP\r\n", "SMTP"),
        ("* OK IMAP4rev1\r\n", "993"),
        ("+OK POP3\r\n", "995"),
        ("HTTP/1.1 400 Bad Request\r\n\r\n", "443"),
        ("SSH-2.0-x\u{1b}[2J\r\n", "Another service"),
    ];
    for (greeting, hint) in greetings {
        let address = listen(move |mut stream| {
            stream.write_all(greeting.as_bytes()).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let error = failure(&bare(address));
        assert!(error.what.contains("does not speak TLS"), "{error}");
        assert!(format!("{} {}", error.why, error.next).contains(hint), "{error}");
        assert!(!error.to_string().contains('\u{1b}'));
    }
}

#[test]
fn silence_and_dripping_end_at_the_time_limit() {
    let silent = listen(|mut stream| drop(stream.read_to_end(&mut Vec::new())));
    // A record of 16 KiB, one byte at a time: each read succeeds, the whole never does.
    let drip = listen(|mut stream| {
        let _ = stream.write_all(&[0x16, 3, 3, 0x3f, 0xff]);
        while stream.write_all(&[0]).is_ok() {
            std::thread::park_timeout(Duration::from_millis(20));
        }
    });
    for (address, why) in [(silent, "said nothing"), (drip, "did not finish")] {
        let begun = Instant::now();
        let route = Route { timeout: Duration::from_millis(300), ..bare(address).route };
        let error = failure(&Target { route, ..bare(address) });
        assert!(error.what.contains("timed out after 300 ms") && error.why.contains(why), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}

#[test]
fn closed_ports_closed_connections_and_bad_names_are_told_apart() {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    assert!(failure(&bare(closed)).what.contains("refused the connection"));
    let hangs_up = listen(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
    });
    assert!(failure(&bare(hangs_up)).what.contains("closed the connection during the handshake"));
    let nobody = resolving("no-such-host.invalid", bare(closed));
    assert!(failure(&nobody).what.contains("no-such-host.invalid"));
    for bad in ["", "a b", "https://x.test/", "*.example.test", "x.test:443", "a\u{1b}b.test"] {
        let error = probe(&naming(bad, bare(closed))).unwrap_err().error;
        assert_eq!(error.kind, Kind::Usage, "{bad}: {error}");
    }
}

#[test]
fn an_ipv6_literal_may_stand_in_brackets() {
    let Ok(listener) = TcpListener::bind("[::1]:0") else {
        eprintln!("skipped: no IPv6 on this machine");
        return;
    };
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || drop(listener.accept().unwrap().0.write_all(b"220 x\r\n")));
    let error = failure(&resolving("[::1]", bare(address)));
    assert!(error.what.contains(&format!("[::1]:{} does not speak TLS", address.port())), "{error}");
}

#[test]
fn outside_clients_verify_the_service_and_get_its_page() {
    let Some(pki) = Pki::new(&RSA) else { return };
    let service = pki.serve();
    let to = service.address().to_string();
    for version in ["-tls1_2", "-tls1_3"] {
        let mut client = pki
            .openssl()
            .args(["s_client", "-connect", &to, "-servername", HOST, "-verify_hostname", HOST])
            .args(["-verify_return_error", "-CAfile", "root.pem", "-ign_eof", "-quiet", version])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        client.stdin.take().unwrap().write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
        let output = client.wait_with_output().unwrap();
        let page = String::from_utf8_lossy(&output.stdout);
        assert!(page.starts_with("HTTP/1.1 200 OK") && page.ends_with("served by a rehearsal\n"), "{page}");
        assert!(page.contains("Certificate: CN=Example leaf,O=Example"), "{page}");
    }
    logged(&service, &["SNI mail.example.test, TLS 1.2", "done"]);
    logged(&service, &["SNI mail.example.test, TLS 1.3", "done"]);
    if tool("curl").is_none() {
        return;
    }
    let ca = pki.dir.path().join("root.pem");
    let url = format!("https://{HOST}:{}/", service.address().port());
    let output = run(&mut curl(&ca, service.address(), &url));
    assert!(String::from_utf8_lossy(&output.stdout).contains("Site: mail\n"));
}

fn curl(ca: &Path, address: SocketAddr, url: &str) -> Command {
    let mut command = Command::new("curl");
    let resolve = format!("{HOST}:{}:127.0.0.1", address.port());
    command.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--resolve", &resolve]);
    command.arg("--cacert").arg(ca).arg(url);
    command
}

#[test]
fn the_log_says_why_a_client_refused() {
    let Some(pki) = Pki::new(&EC) else { return };
    let service = pki.serve();
    let to = service.address().to_string();
    let strict =
        ["s_client", "-connect", &to, "-verify_return_error", "-no-CAfile", "-no-CApath", "-no-CAstore"];
    let output = pki.openssl().args(strict).stdin(Stdio::null()).output().unwrap();
    assert!(!output.status.success());
    logged(&service, &["refused by the client: unknown_ca (48)", "does not trust the issuer"]);
    let mut plain = TcpStream::connect(service.address()).unwrap();
    plain.write_all(b"GET /secret HTTP/1.1\r\n\r\n").unwrap();
    // The service hangs up at once; it does not keep the client waiting.
    plain.set_read_timeout(Some(Duration::from_secs(4))).unwrap();
    plain.read_to_end(&mut Vec::new()).unwrap();
    let line = logged(&service, &["not TLS: the client says \"GET\""]);
    assert!(!line.contains("secret"));
}

#[test]
fn the_service_is_bounded_and_stops_with_connections_open() {
    let Some(pki) = Pki::new(&EC) else { return };
    let service = pki.serve();
    let idle: Vec<_> = (0..33).map(|_| TcpStream::connect(service.address()).unwrap()).collect();
    logged(&service, &["33  127.0.0.1", "turned away: 32 connections are open"]);
    let address = service.address();
    let begun = Instant::now();
    service.stop();
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert!(TcpStream::connect(address).is_err());
    drop(idle);
}

#[test]
fn what_cannot_be_served_is_refused() {
    let Some(pki) = Pki::new(&EC) else { return };
    let start = |chain, key, port| {
        let site = ServedSite::new("mail", chain, pki.key(key));
        let error = Service::start(Served::alone(site, port, Desk::now)).unwrap_err();
        (error.kind, error.to_string())
    };
    let (kind, text) = start(Vec::new(), "leaf", 0);
    assert!(kind == Kind::Refused && text.contains("no certificate"), "{text}");
    let (kind, text) = start(vec![pki.der("leaf")], "mid", 0);
    assert!(kind == Kind::Refused && text.contains("not the certificate's"), "{text}");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let (kind, text) = start(vec![pki.der("leaf")], "leaf", taken.local_addr().unwrap().port());
    assert!(kind == Kind::Network && text.contains("Another program"), "{text}");
}
