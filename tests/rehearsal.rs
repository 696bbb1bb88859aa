//! The rehearsal of sites against OpenSSL and curl: suites of the document, client certificates, CRLs, redirects, several
//! sites of one server, resumption, clean ends, and a log that stays small.
#![allow(clippy::unwrap_used, clippy::panic)] // the functions that prepare the tests are tests too

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, ExtendedKeyUsagePurpose,
    IsCa, Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
};
use ringmaster::desk::Desk;
use ringmaster::model::bytes::Der;
use ringmaster::model::cipher::Suite;
use ringmaster::model::site::CrlSwitches;
use ringmaster::model::time::Timestamp;
use ringmaster::pki::key::PrivateKey;
use ringmaster::probe::serve::{Clients, Entry, Outcome, Served, ServedSite, Service, Tally};

use crate::support::tool;

const ECDHE_128: Suite = Suite(0xC02B);
const ECDHE_256: Suite = Suite(0xC02C);

/// An authority with servers and clients under it, in a folder.
struct House {
    folder: tempfile::TempDir,
    issuer: Issuer<'static, KeyPair>,
    root: Der,
    key: KeyPair,
    chain: Vec<Der>,
}

/// How long a certificate holds, in days from now.
type Days = (i64, i64);

impl House {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name.push(DnType::CommonName, format!("{name} root"));
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().unwrap();
        let root = params.self_signed(&key).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("root.pem"), root.pem()).unwrap();
        let issuer = Issuer::new(params, key);
        let mut house = Self {
            folder,
            issuer,
            root: Der(root.der().to_vec()),
            key: KeyPair::generate().unwrap(),
            chain: Vec::new(),
        };
        let (der, key) = house.leaf("server", &["mail.example.test", "www.example.test"], (-1, 30), 1);
        (house.chain, house.key) = (vec![der], key);
        house
    }

    fn leaf(&self, name: &str, hosts: &[&str], days: Days, serial: u64) -> (Der, KeyPair) {
        let mut params =
            CertificateParams::new(hosts.iter().map(|h| (*h).to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) =
            (Desk::now().plus_days(days.0).utc(), Desk::now().plus_days(days.1).utc());
        params.serial_number = Some(SerialNumber::from(serial));
        params.use_authority_key_identifier_extension = true;
        let usage = if hosts.is_empty() {
            ExtendedKeyUsagePurpose::ClientAuth
        } else {
            ExtendedKeyUsagePurpose::ServerAuth
        };
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        std::fs::write(self.path(&format!("{name}.pem")), certificate.pem()).unwrap();
        std::fs::write(self.path(&format!("{name}.key")), key.serialize_pem()).unwrap();
        (Der(certificate.der().to_vec()), key)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A CRL that lists these serials, and ends after so many days.
    fn crl(&self, serials: &[u64], days: i64) -> Vec<u8> {
        let revoked = |serial: &u64| RevokedCertParams {
            serial_number: SerialNumber::from(*serial),
            revocation_time: Desk::now().plus_days(-20).utc(),
            reason_code: None,
            invalidity_date: None,
        };
        let params = CertificateRevocationListParams {
            this_update: Desk::now().plus_days(-10).utc(),
            next_update: Desk::now().plus_days(days).utc(),
            crl_number: SerialNumber::from(1_u64),
            issuing_distribution_point: None,
            revoked_certs: serials.iter().map(revoked).collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        params.signed_by(&self.issuer).unwrap().der().to_vec()
    }

    fn site(&self, name: &str) -> ServedSite {
        ServedSite::new(name, self.chain.clone(), PrivateKey::read(&self.key.serialize_der()).unwrap())
    }

    fn clients(&self, required: bool) -> Clients {
        Clients {
            required,
            roots: vec![self.root.clone()],
            accept_expired: false,
            switches: CrlSwitches::default(),
            crls: Vec::new(),
        }
    }

    fn client(&self, address: &str, more: &[&str]) -> (bool, String) {
        let mut command = Command::new("openssl");
        command
            .current_dir(self.folder.path())
            .args(["s_client", "-connect", address, "-CAfile", "root.pem"]);
        command.args(["-verify_return_error", "-ign_eof"]).args(more);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        // A handshake that failed leaves nobody to read it.
        let _ = child.stdin.take().unwrap().write_all(b"GET / HTTP/1.1\r\nHost: mail.example.test\r\n\r\n");
        let output = child.wait_with_output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (text.contains("HTTP/1.1 200 OK"), text)
    }
}

fn serve(site: ServedSite) -> Service {
    Service::start(Served::alone(site, 0, Desk::now)).unwrap()
}

/// Waits until so many connections have ended, and returns what was seen.
#[track_caller]
fn seen(service: &Service, count: u64) -> (Tally, Vec<Entry>) {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let (tally, entries) = service.seen();
        if tally.ended.iter().sum::<u64>() >= count {
            assert_eq!(tally.begun, tally.ended.iter().sum::<u64>() + tally.open());
            return (tally, entries);
        }
        assert!(Instant::now() < until, "{tally:?} {entries:#?}");
        std::thread::yield_now();
    }
}

#[track_caller]
fn last(service: &Service, count: u64) -> Entry {
    seen(service, count).1.last().unwrap().clone()
}

#[test]
fn only_the_suites_of_the_document_are_spoken_and_what_cannot_be_is_named() {
    if tool("openssl").is_none() {
        return;
    }
    let house = House::new("Suites");
    let suites = vec![ECDHE_128, Suite(0x9F), Suite(0x2F)];
    let service = serve(ServedSite { suites: Some(suites), ..house.site("mail") });
    let notes = service.notes().join("\n");
    assert!(notes.contains("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384") && !notes.contains("ECDSA"), "{notes}");
    let to = service.address().to_string();
    let (good, text) = house.client(&to, &["-tls1_2"]);
    assert!(good && text.contains("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"), "{text}");
    assert_eq!(last(&service, 1).seen.outcome, Outcome::Done);
    for refused in [&["-tls1_3"][..], &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-GCM-SHA384"]] {
        let (good, text) = house.client(&to, refused);
        assert!(!good && text.contains("alert"), "{refused:?}: {text}");
    }
    let entry = last(&service, 3);
    assert_eq!(entry.seen.outcome, Outcome::RefusedHere, "{entry:?}");

    for (suites, words) in [
        (Vec::new(), "no cipher suite at all"),
        (vec![Suite(0x2F), Suite(0x05)], "none of TLS_RSA_WITH_AES_128_CBC_SHA"),
    ] {
        let served = Served::alone(ServedSite { suites: Some(suites), ..house.site("mail") }, 0, Desk::now);
        let error = Service::start(served).unwrap_err();
        assert!(error.why.contains(words) && !error.next.is_empty(), "{error}");
    }
}

#[test]
fn client_certificates_are_judged_by_the_rules_of_the_site() {
    if tool("openssl").is_none() {
        return;
    }
    let house = House::new("Clients");
    let stranger = House::new("Stranger");
    house.leaf("good", &[], (-1, 30), 10);
    house.leaf("old", &[], (-40, -10), 11);
    stranger.leaf("other", &[], (-1, 30), 12);
    for end in ["pem", "key"] {
        std::fs::copy(stranger.path(&format!("other.{end}")), house.path(&format!("other.{end}"))).unwrap();
    }
    let with = |service: &Service, who: &str, version: &str| {
        let to = service.address().to_string();
        let (file, key) = (format!("{who}.pem"), format!("{who}.key"));
        let own = ["-cert", &file, "-key", &key, version];
        house.client(&to, if who.is_empty() { &own[4..] } else { &own })
    };
    for version in ["-tls1_2", "-tls1_3"] {
        let required = serve(ServedSite { clients: Some(house.clients(true)), ..house.site("mail") });
        let (good, text) = with(&required, "good", version);
        assert!(
            good && text.contains("Clients root") && text.contains("Client: client CN=good"),
            "{version}: {text}"
        );
        let entry = last(&required, 1);
        assert!(entry.seen.outcome == Outcome::Done && entry.seen.client == "client CN=good", "{entry:?}");
        for (who, alert, said) in [
            ("", "certificate required", "no client certificate"),
            ("other", "unknown ca", "client CN=other"),
            ("old", "certificate expired", "client CN=old"),
        ] {
            let (good, text) = with(&required, who, version);
            // TLS 1.2 has no alert of its own for a missing certificate.
            let told = text.contains(alert) || who.is_empty() && text.contains("alert");
            assert!(!good && told, "{who} {version}: {text}");
            let (_, entries) = seen(&required, 1);
            let until = Instant::now() + Duration::from_secs(10);
            let mut entries = entries;
            while !entries.iter().any(|e| e.seen.outcome == Outcome::RefusedHere && e.seen.client == said) {
                assert!(Instant::now() < until, "{who} {version}: {entries:#?}");
                std::thread::yield_now();
                entries = required.seen().1;
            }
        }
    }
    let optional = serve(ServedSite { clients: Some(house.clients(false)), ..house.site("mail") });
    assert!(with(&optional, "", "-tls1_3").0, "a certificate is not required");
    assert_eq!(last(&optional, 1).seen.client, "no client certificate");
    assert!(!with(&optional, "other", "-tls1_3").0, "one that is not trusted is refused all the same");
    let accepts = Clients { accept_expired: true, ..house.clients(true) };
    let accepts = serve(ServedSite { clients: Some(accepts), ..house.site("mail") });
    assert!(with(&accepts, "old", "-tls1_3").0);
    assert!(last(&accepts, 1).seen.client.contains("has expired, which the site accepts"));
    assert!(!with(&accepts, "other", "-tls1_3").0);
}

#[test]
fn revoked_clients_meet_the_crl_switches() {
    if tool("openssl").is_none() {
        return;
    }
    let house = House::new("Crls");
    house.leaf("good", &[], (-1, 30), 10);
    house.leaf("bad", &[], (-1, 30), 13);
    let (fresh, stale) = (house.crl(&[13], 10), house.crl(&[13], -1));
    let foreign = House::new("Foreign").crl(&[10, 13], 10);
    let switches = |check, trust_expired, allow_failure| CrlSwitches { check, trust_expired, allow_failure };
    // Switches, CRLs, and whether the good and the revoked client are let in.
    let cases: [(CrlSwitches, Vec<&Vec<u8>>, bool, bool); 6] = [
        (switches(false, false, false), vec![&fresh], true, true),
        (switches(true, false, false), vec![&foreign, &fresh], true, false),
        (switches(true, false, false), vec![&stale], false, false),
        (switches(true, true, false), vec![&stale], true, false),
        (switches(true, false, false), vec![&foreign], false, false),
        (switches(true, false, true), vec![], true, true),
    ];
    for (switches, crls, good, bad) in cases {
        let crls: Vec<Vec<u8>> = crls.into_iter().cloned().collect();
        let clients = Clients { switches, crls, ..house.clients(true) };
        let service = serve(ServedSite { clients: Some(clients), ..house.site("mail") });
        let to = service.address().to_string();
        for (who, expected) in [("good", good), ("bad", bad)] {
            let (let_in, text) =
                house.client(&to, &["-cert", &format!("{who}.pem"), "-key", &format!("{who}.key")]);
            assert_eq!(let_in, expected, "{who} {switches:?}: {text}");
            assert!(let_in || text.contains("certificate revoked"), "{text}");
        }
        let entry = last(&service, 2);
        assert_eq!(entry.seen.client.contains("CRL: "), switches.check, "{entry:?}");
    }
}

#[test]
fn a_client_without_tls_is_sent_to_the_port_with_it() {
    if tool("curl").is_none() {
        return;
    }
    let house = House::new("Redirect");
    let redirect = Some("https://mail.example.test:8443/".to_owned());
    let service = serve(ServedSite { redirect, ..house.site("mail") });
    let (plain, tls) = (service.redirects_at().unwrap(), service.address());
    let curl = |more: &[&str], url: String| {
        let mut command = Command::new("curl");
        command.args(["--silent", "--show-error", "--noproxy", "*", "--max-time", "20", "--cacert"]);
        command
            .arg(house.path("root.pem"))
            .args(["--resolve", &format!("mail.example.test:{}:127.0.0.1", plain.port())]);
        command
            .args(["--resolve", &format!("mail.example.test:{}:127.0.0.1", tls.port())])
            .args(more)
            .arg(url);
        String::from_utf8(crate::support::run(&mut command).stdout).unwrap()
    };
    let url = format!("http://mail.example.test:{}/a?b=1", plain.port());
    let head = curl(&["--head"], url.clone());
    let location = format!("Location: https://mail.example.test:{}/a?b=1\r\n", tls.port());
    assert!(head.starts_with("HTTP/1.1 302") && head.contains(&location), "{head}");
    assert!(curl(&["--location"], url).contains("Site: mail\n"), "it leads to the site");
    let (tally, entries) = seen(&service, 3);
    assert_eq!(tally.text(), "3 connections: 1 done, 2 redirected");
    assert!(
        entries.iter().any(|e| e.seen.why.contains("deployed, to https://mail.example.test:8443/")),
        "{entries:#?}"
    );
    // What is no HTTP is refused, and nothing of it gets into the answer.
    let mut other = TcpStream::connect(plain).unwrap();
    other.write_all(b"EHLO x\r\nHost: evil\r\n\r\n").unwrap();
    let mut answer = String::new();
    other.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 403") && !answer.contains("evil"), "{answer}");
}

#[test]
fn the_name_asked_for_chooses_the_site_and_sessions_stay_with_theirs() {
    if tool("openssl").is_none() {
        return;
    }
    let house = House::new("Names");
    let sites = vec![house.site("mail"), house.site("www")];
    let choose = |name: Option<&str>| match name {
        Some("mail.example.test") => Some(0),
        Some("www.example.test") => Some(1),
        _ => None,
    };
    let served = Served { sites, choose: Box::new(choose), notes: Vec::new(), port: 0, clock: Desk::now };
    let service = Service::start(served).unwrap();
    let to = service.address().to_string();
    let mut count = 0;
    let mut client = |name: &str, more: &[&str]| {
        count += 1;
        let (good, text) = house.client(&to, &[&["-servername", name][..], more].concat());
        (good, text, last(&service, count))
    };
    for name in ["mail", "www"] {
        let (good, text, entry) =
            client(&format!("{name}.example.test"), &["-tls1_2", "-sess_out", &format!("{name}.session")]);
        assert!(good && text.contains(&format!("Site: {name}\n")), "{text}");
        assert!(entry.seen.site == name && entry.seen.outcome == Outcome::Done, "{entry:?}");
    }
    let (good, _, entry) = client("mail.example.test", &["-tls1_2", "-sess_in", "mail.session"]);
    assert!(good && entry.seen.outcome == Outcome::Resumed, "{entry:?}");
    // The session of another site, and one of another suite, begin anew.
    let (good, _, entry) = client("www.example.test", &["-tls1_2", "-sess_in", "mail.session"]);
    assert!(good && entry.seen.outcome == Outcome::Done, "{entry:?}");
    let (_, text, entry) = client(
        "mail.example.test",
        &["-tls1_2", "-sess_in", "mail.session", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
    );
    assert!(entry.seen.outcome != Outcome::Resumed, "{text} {entry:?}");
    let (good, text, entry) = client("other.example.test", &[]);
    assert!(
        !good && text.contains("alert") && entry.seen.why.contains("no site answers"),
        "{text} {entry:?}"
    );
}

#[test]
fn a_burst_of_clients_becomes_one_entry_and_the_counters_add_up() {
    let house = House::new("Burst");
    let service = serve(ServedSite { suites: Some(vec![ECDHE_256]), ..house.site("mail") });
    for _ in 0..100 {
        let mut plain = TcpStream::connect(service.address()).unwrap();
        plain.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
        let mut rest = Vec::new();
        plain.read_to_end(&mut rest).unwrap();
        // An alert, and then the end: no reset.
        assert_eq!(rest.first(), Some(&0x15), "{rest:?}");
    }
    let (tally, entries) = seen(&service, 100);
    assert_eq!((tally.begun, entries.len(), entries[0].count), (100, 1, 100), "{entries:#?}");
    assert_eq!(entries[0].seen.outcome, Outcome::NotTls);
    assert!(entries[0].times.0 <= entries[0].times.1 && entries[0].times.0 > Timestamp(0));
    let lines = service.log();
    assert_eq!(lines[0], "100 connections: 100 not TLS.");
    assert!(lines.len() == 2 && lines[1].contains("(100 times"), "{lines:#?}");
}
