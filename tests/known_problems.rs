//! Problems that other servers and tools have had: docs/known-problems.md lists them, and this holds the list complete and
//! keeps the program itself free of those that could be its own.

#![allow(clippy::unwrap_used, clippy::panic, reason = "outside #[test] functions too, a test fails by it")]

use std::path::Path;

use ringmaster::desk::Verb;
use ringmaster::model::key::KeyType;
use ringmaster::model::name::AltName;
use ringmaster::model::request::{Proof, RequestId};
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{name, request};

use crate::life::create_certifier;
use crate::support::{desk, sources};

/// The numbers under which the problems were published.
const NUMBERS: [&str; 28] = [
    "NSUA4FQPTN",
    "MROE5HYS3H",
    "WRAY5HVRUM",
    "NORK5TLPM9",
    "HPES5ZZN6X",
    "SPRT4W5LAH",
    "DKEN4V2UTW",
    "DKEN4WBRXV",
    "DMEA5KZQR2",
    "DCOY5XTKJB",
    "BDAS5BBT9A",
    "STER5R5BG8",
    "CCAY5M6STJ",
    "SONL4R5S87",
    "TCHL5MKRJ2",
    "CVEO52JHNS",
    "SONL522J6J",
    "CVEO4SWSVX",
    "SONL4H7QKX",
    "MALR4USUHW",
    "STER5RJ4HJ",
    "DYHG6B54KQ",
    "RGET66EUT4",
    "MMII5CEARL",
    "CCAY53SP2M",
    "DKEN4V2V6X",
    "DKEN4YRTS9",
    "DKEN55C4E6",
];

/// Returns what stands between backticks in a cell.
fn quoted(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

#[test]
fn every_known_problem_is_covered_by_what_exists() {
    covered("docs/known-problems.md", NUMBERS.map(str::to_owned).to_vec());
}

#[test]
fn what_an_authority_without_a_network_asks_is_held_by_what_exists_or_said_not_to_be() {
    covered("docs/offline.md", (1..=42).map(|n| n.to_string()).collect());
}

/// Holds that a page lists all these numbers, and that every rule, command and test that it names exists.
fn covered(page: &str, mut all: Vec<String>) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(here.join(page)).unwrap();
    let mut files = Vec::new();
    for folder in ["src", "tests"] {
        sources(&here.join(folder), &mut files);
    }
    let code: Vec<String> = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    let is_test = |name: &str| {
        let (begin, plain) = (format!("#[test]\nfn {name}("), format!("fn {name}("));
        code.iter().any(|text| {
            let lines: String = text.lines().map(|l| format!("{}\n", l.trim_start())).collect();
            // A property test has its attribute and name on lines of their own, too.
            lines.contains(&begin)
                || text.contains("proptest!") && lines.contains(&format!("#[test]\n{plain}"))
        })
    };
    let tree = ringmaster::cli::tree();
    let is_command = |line: &str| {
        let mut at = Some(&tree);
        for word in line.split(' ').take_while(|w| w.chars().all(|c| c.is_ascii_lowercase() || c == '-')) {
            if word.starts_with('-') {
                break;
            }
            at = at.and_then(|c| if c.has_subcommands() { c.find_subcommand(word) } else { Some(c) });
        }
        at.is_some()
    };
    let mut listed = Vec::new();
    for row in page.lines().filter(|l| l.starts_with("| ") && !l.starts_with("| number")) {
        let cells: Vec<&str> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, condition, covered, tests] = cells.as_slice() else { panic!("{row}") };
        listed.push((*number).to_owned());
        assert!(condition.len() > 10 && covered.len() > 10, "{row}");
        for word in quoted(covered) {
            let rule = word.len() == 3 && word.as_bytes()[1..].iter().all(u8::is_ascii_digit);
            if rule {
                assert!(ringmaster::doctor::find(word).is_some(), "{number}: there is no rule {word}");
            } else if let Some(line) = word.strip_prefix("ringmaster ") {
                let known = is_command(line) || cfg!(not(feature = "network"));
                assert!(known, "{number}: there is no command {word}");
            }
        }
        assert!(!quoted(tests).is_empty() || covered.starts_with("Not held"), "{number} has no test");
        let tests = quoted(tests);
        for test in tests {
            assert!(is_test(test), "{number}: there is no test {test}");
        }
    }
    all.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, all);
}

/// A request is kept as it came, through a denial and a new start: neither its signature nor a byte of it is touched, so that
/// the same one is recognised when it is brought again.
#[test]
fn a_request_that_is_brought_again_is_the_same_to_the_byte() {
    let temp = tempfile::tempdir().unwrap();
    let mut desk = desk(temp.path());
    create_certifier(&mut desk, "root", KeyType::P256);
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = name::build(&[("C", "DE"), ("O", "Müller & Söhne"), ("CN", "web.example.test")]).unwrap();
    let names = [AltName::Dns("web.example.test".into())];
    let der = request::build(&subject, &names, &key).unwrap();
    let asked = request::read(&der).unwrap();
    desk.run(Verb::import(vec![asked], "file web.csr")).unwrap();
    desk.run(Verb::Deny { id: RequestId(1), reason: "The other host name first.".into() }).unwrap();
    drop(desk);
    let mut desk = crate::support::desk(temp.path());
    let kept = desk.state().requests[&RequestId(1)].pkcs10.der.0.clone();
    assert_eq!(kept, der);
    let again = request::read(&kept).unwrap();
    assert_eq!(again.proof, Proof::Good);
    let error = desk.run(Verb::import(vec![again], "file web.csr")).unwrap_err();
    assert!(error.why.contains("request 1, denied"), "{error}");
}

#[cfg(feature = "network")]
mod served {
    use std::io::{BufRead, BufReader, Read, Write};
    use std::net::TcpStream;
    use std::process::{Child, Stdio};
    use std::sync::Arc;
    use std::time::Duration;

    use rustls::pki_types::{CertificateDer, ServerName};
    use rustls::{ClientConfig, ClientConnection, HandshakeKind, RootCertStore};

    use crate::cli::{Place, openssl_is_here, openssl_says};

    /// A site that the program serves until this is dropped.
    struct Served {
        child: Child,
        address: String,
    }

    impl Served {
        fn new(place: &Place, site: &str) -> Self {
            let mut command = place.program();
            command.args(["--json", "site", "rehearse", site, "--for", "300"]).stdin(Stdio::null());
            let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
            let mut out = BufReader::new(child.stdout.take().unwrap());
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            // Somebody has to read what it prints, or it stops at a full pipe.
            std::thread::spawn(move || out.read_to_end(&mut Vec::new()));
            let told: serde_json::Value = serde_json::from_str(&line).unwrap();
            Self { child, address: told["address"].as_str().unwrap().to_owned() }
        }

        /// Returns how many files and sockets it has open.
        fn open(&self) -> usize {
            std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
        }

        /// Returns its memory in KiB.
        fn memory(&self) -> u64 {
            let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
            let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap();
            line.trim().trim_end_matches(" kB").parse().unwrap()
        }
    }

    impl Drop for Served {
        fn drop(&mut self) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }

    /// A client that trusts the root of the place; it remembers sessions for as long as it lives.
    fn client(place: &Place) -> Arc<ClientConfig> {
        let pem = place.run("certifier certificate root").done();
        let found = ringmaster::pki::pem::find(pem.as_bytes()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from(found.certificates[0].der.0.clone())).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder =
            ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        Arc::new(builder.with_root_certificates(roots).with_no_client_auth())
    }

    /// Asks for a page, and tells how the handshake went and whether the end was a proper one.
    fn ask(client: &Arc<ClientConfig>, address: &str) -> (HandshakeKind, String) {
        let name = ServerName::try_from("mail.example.test").unwrap();
        let mut session = ClientConnection::new(client.clone(), name).unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut page = String::new();
        let mut tls = rustls::Stream::new(&mut session, &mut stream);
        tls.write_all(b"GET / HTTP/1.1\r\nHost: mail.example.test\r\n\r\n").unwrap();
        // Without a close_notify this is an error: the page may have been cut.
        tls.read_to_string(&mut page).unwrap();
        (session.handshake_kind().unwrap(), page)
    }

    /// A thousand handshakes, new ones and resumed ones, each with a request: it answers on, and keeps nothing of them.
    #[test]
    fn a_thousand_handshakes_leave_nothing_behind() {
        let place = Place::furnished();
        let served = Served::new(&place, "mail");
        let same = client(&place);
        let round = |count: usize| {
            let mut resumed = 0;
            for number in 0..count {
                let (kind, page) = match number % 2 {
                    0 => ask(&same, &served.address),
                    _ => ask(&client_like(&same), &served.address),
                };
                assert!(page.starts_with("HTTP/1.1 200 OK"), "{page}");
                resumed += usize::from(kind == HandshakeKind::Resumed);
            }
            resumed
        };
        // Its caches and its log are filled first: they are bounded.
        assert!(round(400) > 150, "sessions are not resumed");
        let (before, files) = (served.memory(), served.open());
        round(600);
        let after = served.memory();
        assert!(after < before + 6 * 1024, "{before} KiB before, {after} KiB after");
        assert!(served.open() <= files + 4, "{} files before, {} after", files, served.open());
    }

    /// The same client without its memory of sessions.
    fn client_like(client: &Arc<ClientConfig>) -> Arc<ClientConfig> {
        let mut other = ClientConfig::clone(client);
        other.resumption = rustls::client::Resumption::disabled();
        Arc::new(other)
    }

    /// Whatever went wrong, the client is told by an alert, and the connection is closed at once.
    #[test]
    fn every_failed_handshake_ends_with_an_alert_and_a_close() {
        let place = Place::furnished();
        let served = Served::new(&place, "mail");
        let files = served.open();
        // A hello of SSL 3.0, one of TLS 1.2 with a suite nobody has, and a record that is none.
        let hello = |version: u8, suite: [u8; 2]| {
            let mut body = vec![3, version];
            body.extend([7; 32]);
            body.extend([0, 0, 2, suite[0], suite[1], 1, 0]);
            let mut record = vec![0x16, 3, version.min(1), 0, u8::try_from(body.len() + 4).unwrap(), 1, 0, 0];
            record.push(u8::try_from(body.len()).unwrap());
            record.extend(body);
            record
        };
        let garbage = vec![0x16, 3, 1, 0, 4, 0xff, 0xff, 0xff, 0xff];
        for (bytes, told) in [(hello(0, [0, 0x35]), true), (hello(3, [0xff, 0xfe]), true), (garbage, false)] {
            let mut stream = TcpStream::connect(&served.address).unwrap();
            stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
            stream.write_all(&bytes).unwrap();
            let mut answer = Vec::new();
            // The end comes by itself, and in order: no reset, no waiting.
            stream.read_to_end(&mut answer).unwrap();
            // What is no TLS needs no alert.
            let alert = answer.len() >= 7 && answer[0] == 0x15 && answer[5] == 2;
            assert!(alert || !told, "{bytes:?}: {answer:?}");
        }
        let until = std::time::Instant::now() + Duration::from_secs(10);
        // What has ended is put away when the next client comes.
        while served.open() > files + 2 {
            assert!(std::time::Instant::now() < until, "sockets stay open");
            drop(TcpStream::connect(&served.address).unwrap());
        }
        assert!(ask(&client(&place), &served.address).1.starts_with("HTTP/1.1 200 OK"));
    }

    /// A session is taken up with the suite it was made with and at the site it was made at, or not at all.
    #[test]
    fn a_session_resumes_neither_with_another_suite_nor_at_another_site() {
        if !openssl_is_here() {
            return;
        }
        let place = Place::furnished();
        place.with(crate::cli::RING, "keyring create other --hosts other.example.test").done();
        place.run("request approve 2 --certifier root").done();
        place.with(crate::cli::CA, "request issue 2").done();
        place.run("keyring trust other --certifier root").done();
        place.run("keyring install other --issued").done();
        place.run("site create other --hosts other.example.test --keyring other").done();
        let (mail, other) = (Served::new(&place, "mail"), Served::new(&place, "other"));
        let connect = |served: &Served, suite: &str, session: &str| {
            let (ecdsa, rsa) = (format!("ECDHE-ECDSA-{suite}"), format!("ECDHE-RSA-{suite}"));
            let to = &served.address;
            let line = format!("s_client -connect {to} -tls1_2 -cipher {ecdsa}:{rsa} {session}");
            openssl_says(place.folder.path(), &line).1
        };
        let (small, large) = ("AES128-GCM-SHA256", "AES256-GCM-SHA384");
        let text = connect(&mail, small, "-sess_out session.pem");
        assert!(text.contains("New, TLSv1.2"), "{text}");
        let text = connect(&mail, small, "-sess_in session.pem");
        assert!(text.contains("Reused, TLSv1.2"), "{text}");
        for (served, suite) in [(&mail, large), (&other, small)] {
            let text = connect(served, suite, "-sess_in session.pem");
            assert!(!text.contains("Reused"), "{text}");
        }
    }
}
