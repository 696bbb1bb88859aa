//! Rehearsing the sites of a server from the command line: rules of the documents, JSON lines, counters.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use super::{CA, Place, RING, openssl_is_here, openssl_says};

#[test]
fn the_rules_of_a_server_choose_and_every_handshake_is_a_line_of_json() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    place.with(RING, "keyring create www --hosts www.example.test").done();
    place.run("request approve 2 --certifier root").done();
    place.with(CA, "request issue 2").done();
    place.run("keyring trust www --certifier root").done();
    place.run("keyring install www --issued").done();
    place.run("site create www --hosts www.example.test --keyring www").done();
    place
        .words(&["site", "set", "www", "client-certificate=yes", "ciphers=C02B C02C 9F", "redirect=yes"], b"")
        .done();
    place.run("server create web01 --server-name web01/Example --web-tls-status enabled").done();
    let mut command = place.program();
    command
        .args(["--json", "site", "rehearse", "mail", "--server", "web01", "--for", "120"])
        .stdin(Stdio::null());
    let mut service = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(service.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut next = || -> serde_json::Value { serde_json::from_str(&lines.next().unwrap()).unwrap() };
    let first = next();
    let address = first["address"].as_str().unwrap().to_owned();
    assert!(first["redirects"].as_str().unwrap().starts_with("127.0.0.1:"), "{first}");
    for (name, site, words) in [
        ("mail.example.test", "mail", "CN = mail.example.test"),
        ("www.example.test", "www", "CN = www.example.test"),
    ] {
        let (_, text) =
            openssl_says(place.folder.path(), &format!("s_client -connect {address} -servername {name}"));
        assert!(text.replace("CN=", "CN = ").contains(words), "{text}");
        let line = next();
        assert_eq!((&line["site"], &line["count"]), (&site.into(), &1.into()), "{line}");
        let client = if site == "www" { "no client certificate" } else { "" };
        assert_eq!(line["client"], client, "{line}");
    }
    let pid = rustix::process::Pid::from_child(&service);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    let last = next();
    assert_eq!(
        (&last["connections"], &last["ended"]["done"], &last["open"]),
        (&2.into(), &2.into(), &0.into()),
        "{last}"
    );
    let output = service.wait_with_output().unwrap();
    let notes = String::from_utf8(output.stderr).unwrap();
    assert!(
        output.status.success() && notes.contains("TLS_DHE_RSA_WITH_AES_256_GCM_SHA384, which cannot"),
        "{notes}"
    );
    place.run("site rehearse mail --server none --for 1").refused(1);
}
