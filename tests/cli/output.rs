//! What is printed: tables, JSON, and foreign text that must not reach the terminal as it came.

use super::{Place, openssl_is_here};

#[test]
fn json_has_the_names_of_the_fields() {
    let place = Place::furnished();
    let ring = place.run("--json keyring show mail").json();
    assert_eq!(ring["name"], "mail");
    assert_eq!(ring["certificate"], "CN=mail.example.test");
    assert_eq!(ring["sites"], "mail");
    for (arguments, field) in [
        ("certifier list --json", "subject"),
        ("keyring list --json", "key-sha256"),
        ("request list --all --json", "proof"),
        ("site list --json", "answers"),
        ("certificate list --json", "serial"),
        ("certificate list --json", "where"),
        ("certificate list --used --json", "used"),
        ("audit list --json", "what"),
    ] {
        let list = place.run(arguments).json();
        let first = &list.as_array().unwrap_or_else(|| panic!("{arguments}: {list}"))[0];
        assert!(first[field].is_string(), "{arguments}: {list}");
    }
    let verified = place.run("audit verify --json").json();
    assert_eq!(verified["whole"], true);
    let shown = place.run("request show 1 --json").json();
    assert_eq!(shown["id"], "1");
    let made = place.with("b-pass\n", "--json keyring create b --hosts b.test").json();
    assert_eq!(made["facts"][1]["subject"], "request 2", "{made}");
    assert_eq!(place.run("request list --json").json().as_array().unwrap().len(), 1);
    assert_eq!(place.run("doctor --json").out.chars().next(), Some('['));
}

#[test]
fn the_list_of_certificates_has_each_one_once() {
    let place = Place::furnished();
    let list = place.run("certificate list --sort subject --json").json();
    let all = list.as_array().unwrap();
    let mut digests: Vec<_> = all.iter().map(|c| c["sha256"].as_str().unwrap().to_owned()).collect();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), all.len(), "{list:#}");
    let mail = all.iter().find(|c| c["subject"] == "CN=mail.example.test").unwrap();
    assert_eq!((&mail["where"], &mail["verdict"]), (&"keyring mail".into(), &"ok".into()), "{list:#}");
    assert_eq!(mail["revoked"], "no", "what the issued list knows stands beside it: {list:#}");
    let issued = place.run("certificate list --issued --json").json();
    assert!(issued.as_array().unwrap().iter().all(|c| c["certifier"] == "root"), "{issued:#}");
    let text = place.run("certificate list --filter keyring").done();
    assert!(text.starts_with("SUBJECT") && text.contains("WHERE") && text.contains("keyring mail"), "{text}");
    let (certifier, serial) = (mail["certifier"].as_str().unwrap(), mail["serial"].as_str().unwrap());
    place
        .run(&format!("certificate revoke {certifier} {serial} --reason superseded --confirm {serial}"))
        .done();
    let list = place.run("certificate list --used --filter mail --json").json();
    let mail = list.as_array().unwrap().iter().find(|c| c["subject"] == "CN=mail.example.test").unwrap();
    assert_eq!((&mail["where"], &mail["verdict"]), (&"keyring mail".into(), &"revoked".into()), "{list:#}");
}

#[test]
fn an_empty_workspace_has_empty_lists() {
    let place = Place::new();
    for noun in ["certifier", "keyring", "request", "site", "certificate"] {
        let ended = place.run(&format!("{noun} list"));
        assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{ended:#?}");
        assert!(ended.err.starts_with("note: There is no "), "{ended:#?}");
        assert_eq!(place.run(&format!("{noun} list --json")).json(), serde_json::json!([]));
    }
}

#[test]
fn hostile_names_are_never_printed_as_they_came() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    place.certifier();
    let evil = "evil\u{1b}[31m\u{202e}gnp.exe\u{200b}";
    place.csr("evil.csr", &format!("/O={evil}/CN=evil.example.test"), "DNS:evil.example.test");
    std::fs::rename(place.path("evil.csr"), place.path(&format!("{evil}.csr"))).unwrap();
    let imported = place.words(&["request", "import", &format!("{evil}.csr")], b"");
    std::fs::write(place.path(&format!("data/keyrings/{evil}.kyr")), b"\xff\xd8\xff\xe0 JFIF").unwrap();
    place.run("keyring list").done();
    let ends = [
        imported,
        place.run("request list"),
        place.run("request list --json"),
        place.run("request show 1"),
        place.run("request show 1 --json"),
        place.run("keyring list"),
        place.run("keyring list --json"),
        place.words(&["site", "create", "a", "--hosts", evil], b""),
        place.words(&["keyring", "show", evil], b""),
        place.words(&["certificate", "show", evil], b""),
        place.words(&["request", "import", &format!("{evil}.missing")], b""),
        place.words(&["site", "create", "a", "--hosts", "a.test", "--title", evil], b""),
        place.run("site show a"),
        place.run("site show a --json"),
        place.run("audit list"),
        place.words(&["probe", evil], b""),
        place.words(&["--config", evil, "site", "list"], b""),
    ];
    assert!(ends[3].out.contains("evil\\1B[31m\\E2\\80\\AEgnp.exe\\E2\\80\\8B"), "{:#?}", ends[3]);
    for ended in ends {
        for text in [&ended.out, &ended.err] {
            let raw = |c: char| c != '\n' && ringmaster::model::escape::unseen(c);
            assert!(!text.contains(raw), "{ended:#?}");
        }
    }
}

#[test]
fn a_reader_that_goes_away_is_not_an_error() {
    let place = Place::new();
    let mut command = place.program();
    let mut child =
        command.args(["completions", "bash"]).stdout(std::process::Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    assert!(child.wait().unwrap().success());
}

#[test]
fn every_command_prints_its_help() {
    fn walk(place: &Place, command: &clap::Command, path: &[&str]) {
        let help = place.words(&[path, &["--help"]].concat(), b"").done();
        assert!(help.contains("Usage: ringmaster"), "{path:?}: {help}");
        for inner in command.get_subcommands() {
            walk(place, inner, &[path, &[inner.get_name()]].concat());
        }
    }
    walk(&Place::new(), &ringmaster::cli::tree(), &[]);
}
