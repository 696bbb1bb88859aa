//! Visits to the services that documents promise, from the command line, against the rehearsal and OpenSSL.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::{Place, openssl_is_here};

/// A service that runs until it is dropped, and the address it answers at.
struct Running {
    child: Child,
    address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// The rehearsal of site mail.
fn rehearsal(place: &Place) -> Running {
    let mut command = place.program();
    command.args(["--json", "site", "rehearse", "mail", "--for", "300"]);
    let mut child =
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let first: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    // Somebody has to read what it prints, or it stops at a full pipe.
    std::thread::spawn(move || lines.count());
    Running { child, address: first["address"].as_str().unwrap().to_owned() }
}

/// OpenSSL with a certificate of its own for this name.
fn openssl(place: &Place, name: &str, more: &[&str]) -> Running {
    place.csr("own.csr", "/CN=own", &format!("DNS:{name}"));
    let sign = [
        "x509",
        "-req",
        "-in",
        "own.csr",
        "-key",
        "own.csr.key",
        "-copy_extensions",
        "copy",
        "-out",
        "own.pem",
    ];
    crate::support::run(Command::new("openssl").current_dir(place.folder.path()).args(sign));
    let mut command = Command::new("openssl");
    command.current_dir(place.folder.path());
    command
        .args(["s_server", "-accept", "127.0.0.1:0", "-cert", "own.pem", "-key", "own.csr.key"])
        .args(more);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let accept = lines.find(|l| l.starts_with("ACCEPT")).unwrap();
    std::thread::spawn(move || lines.count());
    Running { child, address: accept.trim_start_matches("ACCEPT ").trim().to_owned() }
}

#[test]
fn a_service_as_documented_is_no_finding_and_monitoring_is_told() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    let service = rehearsal(&place);
    let address = &service.address;
    let seen = place.run(&format!("--json probe --site mail --address {address}"));
    let seen = seen.json();
    let one = &seen[0];
    assert_eq!(
        (&one["service"], &one["object"]),
        (&"mail.example.test:443".into(), &"site mail".into()),
        "{seen:#}"
    );
    let bad = one["findings"].as_array().unwrap().iter().any(|f| f["severity"] != "note");
    assert!(!bad && one["versions"].as_array().unwrap().contains(&"TLS 1.3".into()), "{seen:#}");
    let all = place.run(&format!("probe --all --address {address}"));
    assert!(all.code == 0 && all.out.starts_with("SERVICE ") && all.err.contains("1 of 1: mail"), "{all:#?}");

    let line = place.run(&format!("probe --site mail --address {address} --nagios --warning 1 --critical 0"));
    assert!(line.code == 0 && line.out.starts_with("TLS OK - 1 service") && line.err.is_empty(), "{line:#?}");
    let data = line.out.trim_end().split_once(" |").unwrap().1.trim();
    assert!(data.starts_with("'mail.example.test:443'=") && data.ends_with(";1:;0:"), "{line:#?}");
    assert_eq!(line.out.lines().count(), 1);
    let near =
        place.run(&format!("probe --site mail --address {address} --nagios --warning 3650 --critical 0"));
    assert!(near.code == 1 && near.out.starts_with("TLS WARNING - 1 of 1"), "{near:#?}");
    let over = place.run(&format!("probe --site mail --address {address} --nagios --critical 3650"));
    assert!(over.code == 2 && over.out.starts_with("TLS CRITICAL - "), "{over:#?}");
    let unknown = place.run("probe --site none --nagios");
    assert!(unknown.code == 3 && unknown.out.starts_with("TLS UNKNOWN - "), "{unknown:#?}");
}

#[test]
fn what_differs_from_the_documents_is_found() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    place.words(&["site", "set", "mail", "ciphers=C02B C02F"], b"").done();
    let service = openssl(
        &place,
        "other.example.test",
        &["-cipher", "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-SHA"],
    );
    let seen = place.run(&format!("probe --site mail --address {}", service.address));
    assert_eq!(seen.code, 3, "{seen:#?}");
    for words in [
        "error L05: Site mail at mail.example.test:443 (seen 20",
        " shows CN=own, of no keyring here, with SNI",
        "lead to that of keyring mail.",
        " offers what is not configured: TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA.",
        " does not offer what is configured: TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256.",
        "error L07: ",
    ] {
        assert!(seen.out.contains(words), "{words}: {seen:#?}");
    }
    let metrics = place.run(&format!("probe --all --address {} --prometheus", service.address));
    assert_eq!(metrics.code, 3, "{metrics:#?}");
    exposition(&metrics.out);
    assert!(metrics.out.contains(
        "ringmaster_probe_success{service=\"mail.example.test:443\",server=\"\",object=\"site mail\"} 1\n"
    ));
}

#[test]
fn visits_are_kept_compared_and_found_until_a_later_one_is_good() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    assert!(place.run("probe --list").done().starts_with("No visit is kept"));
    let other = openssl(&place, "other.example.test", &["-tls1_2"]);
    let first = place.run(&format!("probe --site mail --compare --address {}", other.address));
    assert!(
        first.code == 3 && first.out.contains("mail.example.test:443: visited for the first time\n"),
        "{first:#?}"
    );
    let doctor = place.run("doctor --rule L05");
    assert!(doctor.code == 3 && doctor.out.contains("error L05: Site mail at "), "{doctor:#?}");
    let service = rehearsal(&place);
    let second = place.run(&format!("probe --site mail --compare --address {}", service.address));
    assert_eq!(second.code, 0, "{second:#?}");
    for words in
        ["443: changed since 20", "Newly spoken: TLS 1.3.", "Another certificate is shown with SNI: CN=mail"]
    {
        assert!(second.out.contains(words), "{words}: {second:#?}");
    }
    assert_eq!(place.run("doctor --rule L05").done(), "Nothing was found.\n");
    let third = place.run(&format!("--json probe --site mail --address {}", service.address)).json();
    assert_eq!(third[0]["changes"], serde_json::json!([]), "{third:#}");
    assert_eq!(place.run("probe --list --json").json().as_array().unwrap().len(), 1);
    assert_eq!(place.run("probe --history --json").json().as_array().unwrap().len(), 3);
    // Who reads only keeps nothing, and the audit chain knows nothing of visits.
    place.run(&format!("--read-only probe --site mail --address {}", service.address)).done();
    assert_eq!(place.run("probe --history --json").json().as_array().unwrap().len(), 3);
    place.run("audit verify").done();
    // What no document promises any more is no finding.
    assert_eq!(place.run(&format!("probe --site mail --address {}", other.address)).code, 3);
    place.run("site delete mail --confirm mail").done();
    assert_eq!(place.run("doctor --rule L05").done(), "Nothing was found.\n");
}

/// Holds a text against the rules of the exposition format: HELP and TYPE before the samples of a metric, each metric
/// together, names and labels well formed, a number at the end, no sample twice, a line feed at the end.
fn exposition(text: &str) {
    let name = |s: &str| {
        s.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && s.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    let (mut open, mut done, mut samples) = (String::new(), Vec::new(), std::collections::BTreeSet::new());
    assert!(text.ends_with('\n'));
    for line in text.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            open = rest.split_once(' ').unwrap().0.to_owned();
            assert!(name(&open) && !done.contains(&open), "{line}");
            done.push(open.clone());
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            assert_eq!(rest, format!("{open} gauge"));
        } else {
            let (sample, number) = line.rsplit_once(' ').unwrap();
            assert!(number.parse::<f64>().is_ok() && samples.insert(sample.to_owned()), "{line}");
            let labels = sample
                .strip_prefix(open.as_str())
                .unwrap()
                .strip_prefix('{')
                .unwrap()
                .strip_suffix('}')
                .unwrap();
            for label in labels.split("\",") {
                let (label, value) = label.split_once("=\"").unwrap();
                assert!(name(label) && !value.trim_end_matches('"').contains(['"', '\n']), "{line}");
            }
        }
    }
}

#[test]
fn client_certificates_and_resumption_are_held_against_the_documents() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    let service = rehearsal(&place);
    let seen = place.run(&format!("--json probe --site mail --address {}", service.address)).json();
    assert_eq!(seen[0]["sessions"]["asks-client-certificate"], "no", "{seen:#}");
    // The rehearsal goes on as it began.
    place.words(&["site", "set", "mail", "client-certificate=yes"], b"").done();
    let seen = place.run(&format!("probe --site mail --address {}", service.address)).out;
    assert!(
        seen.contains("warning L09: ") && seen.contains("does not ask for a client certificate"),
        "{seen}"
    );
    // OpenSSL resumes a session whatever name is asked for.
    place.run("site create www --hosts www.example.test").done();
    let openssl = openssl(&place, "mail.example.test", &["-tls1_2", "-verify", "1"]);
    let seen = place.run(&format!("probe --all --address {}", openssl.address)).out;
    assert!(
        seen.contains("warning L10: Site mail at ") && seen.contains("under the name of www.example.test."),
        "{seen}"
    );
    assert!(!seen.contains("L09: Site mail") && seen.contains("L09: Site www"), "{seen}");
}

#[test]
fn a_service_that_does_not_answer_is_found_with_its_step_and_the_others_go_on() {
    let place = Place::new();
    // A port that was free a moment ago, at which nobody listens.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    place.run(&format!("site create one --hosts 127.0.0.1 --port {}", free.port())).done();
    place.run("site create two --hosts name.invalid").done();
    let seen = place.run("--json probe --all --jobs 2 --timeout 5");
    assert_eq!(seen.code, 3, "{seen:#?}");
    let seen: serde_json::Value = serde_json::from_str(&seen.out).unwrap();
    let of =
        |n: usize| (seen[n]["failed"].as_str().unwrap(), seen[n]["findings"][0]["rule"].as_str().unwrap());
    assert_eq!((of(0), of(1)), (("connect", "L02"), ("resolve", "L01")), "{seen:#}");
    place.run("probe --site none").refused(1);
    place.run("probe --server none").refused(1);
    place.run("probe --site one --matrix").refused(2);
    place.run("probe").refused(2);
    assert!(place.run("doctor --explain L05").done().contains("L05 (error)"));
}
