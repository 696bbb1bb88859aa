//! Visits to real servers on loopback that do not do what the documents say: nginx, Postfix, OpenSSL, and peers that never end.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use super::{CA, Ended, Place, RING, openssl_is_here};
use crate::servers::{Server, free_port, nginx_with, postfix, started};
use crate::support::tool;

/// A furnished place whose keyring lies open beside it for other programs: `web.crt` with the chain, `web.key`.
fn place() -> Option<Place> {
    if !openssl_is_here() {
        return None;
    }
    let place = Place::furnished();
    place.with(RING, "keyring export mail --form pem --to web.crt").done();
    place.with(RING, "keyring export mail --form pkcs8-plain --confirm mail --to web.key").done();
    Some(place)
}

/// Serves with OpenSSL the certificate of the keyring, or another.
fn openssl(place: &Place, more: &[&str]) -> (Server, String) {
    let port = free_port();
    let mut command = Command::new("openssl");
    command.current_dir(place.folder.path()).args(["s_server", "-quiet", "-accept"]);
    command.arg(format!("127.0.0.1:{port}")).args(["-cert", "web.crt", "-key", "web.key"]).args(more);
    command.stdin(Stdio::piped());
    (started(command, port), format!("127.0.0.1:{port}"))
}

/// Serves with nginx the certificate of the keyring; `more` are further servers. The first line may bend the clock.
fn nginx(place: &Place, port: u16, more: &str, clock: Option<&str>) -> Option<Server> {
    let here = place.folder.path().display();
    let servers = format!(
        "ssl_certificate {here}/web.crt; ssl_certificate_key {here}/web.key;
         server {{ listen 127.0.0.1:{port} ssl; server_name mail.example.test; return 200 x; }} {more}"
    );
    let mut command = nginx_with(place.folder.path(), &servers)?;
    if let Some(clock) = clock {
        // The wrapper would stay between us and the server, and leave it behind: only its library is taken.
        let told =
            Command::new(tool("faketime")?).args(["-f", clock, "printenv", "LD_PRELOAD"]).output().unwrap();
        let library = String::from_utf8(told.stdout).unwrap();
        command.env("LD_PRELOAD", library.trim()).env("FAKETIME", clock);
    }
    Some(started(command, port))
}

fn visit(place: &Place, address: &str) -> Ended {
    place.run(&format!("probe --site mail --address {address}"))
}

/// Holds that a rule has found this.
#[track_caller]
fn finds(seen: &Ended, rule: &str, words: &str) {
    assert!(seen.out.lines().any(|l| l.contains(rule) && l.contains(words)), "{rule} {words}: {seen:#?}");
}

#[test]
fn nginx_is_visited_and_its_redirect_is_held_against_the_document() {
    let Some(place) = place() else { return };
    let (tls, plain) = (free_port(), free_port());
    place
        .run(&format!(
            "server create web01 --server-name web01/Example --hosts mail.example.test --web-tls-port {tls} \
         --web-port {plain} --web-tls-status enabled --web-status enabled"
        ))
        .done();
    place
        .words(&["site", "set", "mail", "redirect=yes", "servers=web01/Example", "ciphers=default"], b"")
        .done();
    let http = |to: &str| {
        format!("server {{ listen 127.0.0.1:{plain}; server_name mail.example.test; return 302 {to}; }}")
    };
    let there = format!("https://mail.example.test:{tls}/");
    {
        let Some(_server) = nginx(&place, tls, &http(&there), None) else { return };
        let seen = visit(&place, &format!("127.0.0.1:{tls}"));
        assert!(!seen.out.contains("L11"), "{seen:#?}");
        let json = place.run(&format!("--json probe --site mail --address 127.0.0.1:{tls}"));
        let json: serde_json::Value = serde_json::from_str(&json.out).unwrap();
        assert_eq!(json[0]["redirect"]["location"], there.as_str(), "{json:#}");
        let differs = json[0]["beside"].as_array().unwrap().iter().filter(|b| b["differs"] == true).count();
        assert!(differs <= 1, "the suites of nginx are not those of a release: {json:#}");
        let beside = place.run(&format!("probe --site mail --beside --address 127.0.0.1:{tls}"));
        let row = beside.out.lines().find(|l| l.contains("without TLS")).unwrap();
        assert_eq!(row.matches(&there).count(), 2, "{row}");
    }
    // The port that is not 443 is left out, as servers of old did.
    let Some(_server) = nginx(&place, tls, &http("https://mail.example.test/"), None) else { return };
    let seen = visit(&place, &format!("127.0.0.1:{tls}"));
    assert_eq!(seen.code, 3, "{seen:#?}");
    finds(&seen, "L11", &format!("to {there}, and sends them to https://mail.example.test/."));
}

#[test]
fn a_clock_that_is_wrong_is_found() {
    let Some(place) = place() else { return };
    let port = free_port();
    let Some(_server) = nginx(&place, port, "", Some("-10m")) else { return };
    let seen = visit(&place, &format!("127.0.0.1:{port}"));
    finds(&seen, "L15", "s behind the one here.");
}

#[test]
fn postfix_is_visited_behind_starttls_as_the_server_document_says() {
    let (Some(place), port) = (place(), free_port()) else { return };
    let Some((_temp, command)) = postfix(port) else { return };
    let _server = started(command, port);
    place
        .run(&format!(
            "server create mx --server-name mx/Example --hosts 127.0.0.1 --load-sites no --keyring mail --starttls yes \
             --smtp-port {port} --smtp-status enabled --smtp-tls-status disabled --web-status disabled \
             --web-tls-status disabled"
        ))
        .done();
    let seen = place.run("--json probe --server mx");
    let json: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
    assert_eq!(json.as_array().unwrap().len(), 1, "{json:#}");
    let one = &json[0];
    assert_eq!((&one["port"], &one["failed"]), (&port.into(), &serde_json::Value::Null), "{json:#}");
    assert!(one["versions"].as_array().unwrap().contains(&"TLS 1.3".into()), "{json:#}");
    // It has a keyring of its own, which is not that of the document.
    assert!(one["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "L05"), "{json:#}");
    let list = place.path("list");
    std::fs::write(&list, format!("# the same by hand\n127.0.0.1:{port} smtp\n127.0.0.1:{port} imap\n"))
        .unwrap();
    let seen = place.run("probe --file list --timeout 5");
    assert!(seen.out.contains(&format!("127.0.0.1:{port}  server mx")), "{seen:#?}");
    finds(&seen, "L12", "Service 127.0.0.1");
    assert!(seen.err.contains("2 of 2: "), "{seen:#?}");
}

#[test]
fn old_versions_and_renegotiation_are_found() {
    let Some(place) = place() else { return };
    let (_old, address) = openssl(&place, &["-tls1", "-cipher", "ALL:@SECLEVEL=0"]);
    let seen = visit(&place, &address);
    finds(&seen, "warning L03", "speaks TLS 1.0, which is retired");
    finds(&seen, "error L03", "speaks neither TLS 1.2 nor TLS 1.3");
    let (_open, address) = openssl(&place, &["-tls1_2", "-client_renegotiation"]);
    finds(&visit(&place, &address), "L13", "A client may renegotiate as often as it likes.");
}

#[test]
fn a_certificate_that_was_revoked_is_found_where_it_is_still_shown() {
    let Some(place) = place() else { return };
    let (_server, address) = openssl(&place, &[]);
    assert!(!visit(&place, &address).out.contains("L08"));
    let revoke = "certificate revoke --request 1 --reason superseded --confirm 1";
    place.with(CA, revoke).done();
    finds(&visit(&place, &address), "error L08", "which was revoked on ");
}

#[test]
fn a_chain_that_is_not_sent_whole_or_in_another_order_is_found() {
    let Some(place) = place() else { return };
    // A keyring with an intermediate: what OpenSSL sends of it is another matter.
    let folder = place.folder.path();
    let said = |arguments: &str| super::openssl_says(folder, arguments);
    intermediates(folder);
    let key = format!("{}{}", read(folder, "leaf.pem"), read(folder, "leaf.key"));
    place.write(
        "bundle.pem",
        key + &read(folder, "mid.pem") + &read(folder, "mid2.pem") + &read(folder, "top.pem"),
    );
    place.with(RING, "keyring import own bundle.pem").done();
    place.words(&["site", "set", "mail", "keyring=own"], b"").done();
    let serve = |chain: &str| {
        place.write("chain.pem", chain);
        let more = ["-cert", "leaf.pem", "-key", "leaf.key", "-cert_chain", "chain.pem"];
        openssl(&place, &more)
    };
    let (mid, second) = (read(folder, "mid.pem"), read(folder, "mid2.pem"));
    {
        let (_server, address) = serve(&format!("{mid}{second}"));
        assert!(!visit(&place, &address).out.contains("L06"), "{}", said("version").1);
    }
    {
        let (_server, address) = serve(&format!("{second}{mid}"));
        finds(&visit(&place, &address), "warning L06", "in the wrong order.");
    }
    let (_server, address) = serve(&mid);
    finds(&visit(&place, &address), "error L06", "leaves out of the chain of keyring own: ");
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap()
}

/// Makes a leaf below two authorities below a root, with OpenSSL.
fn intermediates(folder: &Path) {
    let run = |line: &str| {
        let mut command = Command::new("openssl");
        crate::support::run(command.current_dir(folder).args(line.split(' ')));
    };
    let ca = "-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign";
    let new = "req -x509 -newkey rsa:2048 -nodes -days 30";
    run(&format!("{new} -keyout top.key -out top.pem -subj /CN=top {ca}"));
    run(&format!("{new} -keyout mid2.key -out mid2.pem -subj /CN=second -CA top.pem -CAkey top.key {ca}"));
    run(&format!("{new} -keyout mid.key -out mid.pem -subj /CN=first -CA mid2.pem -CAkey mid2.key {ca}"));
    run(&format!(
        "{new} -keyout leaf.key -out leaf.pem -subj /CN=mail.example.test -CA mid.pem -CAkey mid.key \
         -addext basicConstraints=critical,CA:FALSE -addext subjectAltName=DNS:mail.example.test \
         -addext extendedKeyUsage=serverAuth"
    ));
}

#[test]
fn clients_with_several_certificates_come_and_the_table_says_who_is_let_in() {
    let Some(place) = place() else { return };
    place.write("client.pem", client(&place, "good", 2));
    place.write("gone.pem", client(&place, "gone", 3));
    place.with(CA, "certificate revoke --request 3 --reason superseded --confirm 1").done();
    place.with(CA, "crl issue root").done();
    place.write("crl.pem", place.run("certifier crl root").done());
    let (host, port) = ("mail.example.test", free_port());
    place
        .words(&["site", "set", "mail", "client-certificate=yes", "tls-password=no", "check-crl=yes"], b"")
        .done();
    place.words(&["site", "set", "mail", &format!("port={port}")], b"").done();
    let mut command = Command::new("openssl");
    command.current_dir(place.folder.path()).stdin(Stdio::piped());
    command.args([
        "s_server",
        "-quiet",
        "-accept",
        &format!("127.0.0.1:{port}"),
        "-cert",
        "web.crt",
        "-key",
        "web.key",
    ]);
    command.args([
        "-Verify",
        "3",
        "-verify_return_error",
        "-CAfile",
        "root.pem",
        "-CRL",
        "crl.pem",
        "-crl_check",
    ]);
    let _server = started(command, port);
    let come = "--clients --trusted-client client.pem --revoked-client gone.pem";
    let seen = place.run(&format!("probe {host}:{port} --address 127.0.0.1:{port} {come}"));
    assert_eq!(seen.code, 0, "{seen:#?}");
    for (guest, welcome) in [
        ("none", "refused"),
        ("trusted", "let in"),
        ("untrusted", "refused"),
        ("expired", "refused"),
        ("revoked", "refused"),
    ] {
        let row = seen.out.lines().find(|l| l.starts_with(guest)).unwrap();
        assert!(row.contains(welcome), "{row}: {seen:#?}");
    }
    let site = place.run(&format!("probe --site mail --address 127.0.0.1:{port} {come}"));
    assert!(!site.out.contains("L09"), "{site:#?}");
    assert!(!site.out.contains("DIFFERS"), "{site:#?}");
    // The document says that CRLs are not looked at: then the server is stricter than it says.
    place.words(&["site", "set", "mail", "check-crl=no"], b"").done();
    finds(&place.run("doctor --rule L09"), "warning L09", "refuses a client who shows a revoked certificate");
    // What was not named is said to be so.
    let bare = place.run(&format!("probe {host}:{port} --address 127.0.0.1:{port} --clients"));
    assert!(bare.out.contains("a trusted certificate is to be named: a keyring or a file"), "{bare:#?}");
    place.run(&format!("probe {host}:{port} --trusted-client client.pem")).refused(2);
}

/// A client certificate of the certifier with its key, by request of this number.
fn client(place: &Place, name: &str, number: u32) -> String {
    let folder = place.folder.path();
    let mut command = Command::new("openssl");
    let subject = format!("/CN={name}");
    let (key, csr) = (format!("{name}.key"), format!("{name}.csr"));
    command.current_dir(folder).args(["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", &key]);
    crate::support::run(command.args(["-out", &csr, "-subj", &subject]));
    place.run(&format!("request import {csr}")).done();
    place.run(&format!("request approve {number} --certifier root --profile client")).done();
    place.with(CA, &format!("request issue {number}")).done();
    place.run(&format!("request pick-up {number} --to {name}.crt")).done();
    format!("{}{}", read(folder, &format!("{name}.crt")), read(folder, &key))
}

#[test]
fn an_interrupt_keeps_what_was_seen_until_then() {
    let Some(place) = place() else { return };
    let (_server, address) = openssl(&place, &[]);
    // It takes connections, and says nothing for ever.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let silent: SocketAddr = silent.local_addr().map(|a| (a, std::mem::forget(silent)).0).unwrap();
    std::fs::write(place.path("list"), format!("{address}\n{silent}\n")).unwrap();
    let mut command = place.program();
    command.args(["probe", "--file", "list", "--jobs", "1", "--timeout", "2"]);
    let mut child =
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
    let mut said = std::io::BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains("1 of 2: ") {
        assert!(std::io::BufRead::read_line(&mut said, &mut line).unwrap() > 0, "{line}");
    }
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    let begun = Instant::now();
    let output = child.wait_with_output().unwrap();
    assert!(begun.elapsed() < Duration::from_secs(60));
    let out = String::from_utf8(output.stdout).unwrap();
    assert!(out.contains(&address) && !out.contains(&silent.to_string()), "{out}");
    assert_eq!(place.run("probe --list --json").json().as_array().unwrap().len(), 1);
}
