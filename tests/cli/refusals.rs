//! What is refused, in words and with exit codes, and that nothing changed.

use super::{Place, openssl_is_here};
use crate::support::openssl;

#[test]
fn usage_errors_say_what_is_allowed() {
    let place = Place::new();
    for (arguments, says) in [
        ("keyring", "requires a subcommand"),
        ("keyring make x", "unrecognized subcommand"),
        ("keyring create", "NAME"),
        ("keyring create ../x --hosts a.test", "only a-z"),
        ("keyring create x --hosts a..b", "is not a host name"),
        ("keyring create x --key-type dsa", "p-256"),
        ("certifier create x --years 99", "a whole number from 1 to 30"),
        ("certifier create x --crl-url https://x.test", "http://"),
        ("site create x --port 0", "1 to 65535"),
        ("site create x --password hunter2", "unexpected argument"),
        ("certifier create x --password hunter2", "unexpected argument"),
        ("certificate list --sort size", "subject"),
        ("certificate revoke root zz --reason superseded --confirm zz", "not a serial number"),
        ("request show one", "invalid value"),
        #[cfg(feature = "network")]
        ("probe https://x.test", "HOST:PORT"),
        ("keyring trust mail", "required"),
        ("keyring trust mail a.pem --certifier root", "cannot be used with"),
        ("completions tcsh", "bash"),
        ("--password-fd x site list", "invalid value"),
    ] {
        let err = place.run(arguments).refused(2);
        assert!(err.contains(says), "{arguments}: {err}");
    }
    assert!(!place.path("data").exists(), "a usage error made a workspace");
}

#[test]
fn broken_settings_are_named_with_their_line() {
    let place = Place::new();
    place.write("config.ron", "(\n    operator: \"x\",\n    colour: \"loud\",\n)");
    let err = place.run("site list").refused(2);
    assert!(err.contains("config.ron, line 3") && err.contains("\"never\""), "{err}");
    let err = place.run("--config nowhere.ron site list").refused(1);
    assert!(err.contains("nowhere.ron"), "{err}");
}

#[test]
fn settings_are_found_in_their_order() {
    let place = Place::new();
    let xdg = place.path(".config/ringmaster");
    std::fs::create_dir_all(&xdg).unwrap();
    let named = |name: &str| format!("(workspace: \"{}\")", place.path(name).display());
    std::fs::write(xdg.join("config.ron"), named("from-xdg")).unwrap();
    place.write("config.ron", named("from-here"));
    place.write("variable.ron", named("from-variable"));
    place.write("explicit.ron", named("from-option"));
    let run = |variable: bool, words: &[&str]| {
        let mut command = place.program();
        if variable {
            command.env("RINGMASTER_CONFIG", place.path("variable.ron"));
        }
        crate::support::run(command.args(words).args(["site", "list"]));
    };
    run(true, &["--config", "explicit.ron"]);
    assert!(place.path("from-option").exists() && !place.path("from-variable").exists());
    run(true, &[]);
    assert!(place.path("from-variable").exists() && !place.path("from-here").exists());
    run(false, &[]);
    assert!(place.path("from-here").exists() && !place.path("from-xdg").exists());
    std::fs::remove_file(place.path("config.ron")).unwrap();
    run(false, &[]);
    assert!(place.path("from-xdg").exists());
    run(false, &["--workspace", "elsewhere"]);
    assert!(place.path("elsewhere").exists());
}

#[test]
fn unknown_names_and_missing_confirmations_change_nothing() {
    let place = Place::furnished();
    let before = place.run("audit list").done();
    for (arguments, code, says) in [
        ("keyring show nobody", 1, "No keyring is named \"nobody\""),
        ("certifier crl nobody", 1, "No certifier is named \"nobody\""),
        ("request show 99", 1, "No request is named \"99\""),
        ("request approve 1 --certifier nobody", 1, "No certifier"),
        ("request approve 1 --certifier root --profile nobody", 1, "No profile"),
        ("request approve 1 --certifier root", 1, "issued"),
        ("request pem 99", 1, "No request"),
        ("site set nobody port=1", 1, "No site document"),
        ("site set mail port=none", 2, "1 to 65535"),
        ("site set mail name=other", 2, "cannot be changed"),
        ("site set mail colour=red", 2, "default-site"),
        ("site create mail --hosts b.test", 1, "already named"),
        ("keyring delete mail --confirm mall", 2, "--confirm mail"),
        ("site delete mail --confirm mall", 2, "--confirm mail"),
        ("keyring delete mail --confirm mail", 1, "Site documents name it"),
        ("keyring trust mail --certifier root", 1, "already"),
        ("certificate show 0102", 1, "No certificate"),
        ("certificate revoke root 0102 --reason superseded --confirm 0102", 1, "No issued certificate"),
        ("request import nowhere.csr", 1, "nowhere.csr"),
        ("--read-only site set mail port=444", 1, "error: "),
    ] {
        let err = place.run(arguments).refused(code);
        assert!(err.contains(says), "{arguments}: {err}");
    }
    assert_eq!(place.run("audit list").done(), before);
}

#[test]
fn fields_are_set_and_documents_deleted() {
    let place = Place::furnished();
    place.words(&["site", "set", "mail", "title=A = B", "port=8443", "default-site=yes"], b"").done();
    let site = place.run("site show mail --json").json();
    assert_eq!(
        (&site["title"], &site["port"], &site["default-site"]),
        (&"A = B".into(), &"8443".into(), &"yes".into())
    );
    let ended = place.words(&["site", "set", "mail", "port=8443"], b"");
    assert!(ended.code == 0 && ended.err.contains("already"), "{ended:#?}");
    place.run("site delete mail --confirm mail").done();
    place.run("keyring delete mail --confirm mail").done();
    assert!(!place.path("data/keyrings/mail.kyr").exists());
    assert_eq!(place.run("site list").done(), "");
    let verified = place.run("audit verify").done();
    assert!(verified.contains("whole"), "{verified}");
}

#[test]
fn strangers_among_the_keyrings_are_named_and_left_alone() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    let folder = place.folder.path();
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout x.key -out x.pem -subj /CN=x -days 9");
    openssl(folder, "pkcs12 -export -in x.pem -inkey x.key -out data/keyrings/pfx.kyr -passout pass:x");
    place.write("data/keyrings/photo.kyr", b"\xff\xd8\xff\xe0\x00\x10JFIF\x00 and so on");
    place.write("data/keyrings/old.kyr", [&[0, 0, 0, 1, 0x4b, 0x59, 0x52][..], &[7; 400]].concat());
    let content = |name: &str| std::fs::read(place.path(&format!("data/keyrings/{name}.kyr"))).unwrap();
    let before = ["pfx", "photo", "old"].map(content);
    let ended = place.run("keyring list");
    assert!(ended.code == 0 && ended.out.contains("mail"), "{ended:#?}");
    for name in ["pfx", "photo", "old"] {
        assert!(ended.err.contains(&format!("keyrings/{name}.kyr")), "{name}: {}", ended.err);
        let err = place.run(&format!("keyring show {name}")).refused(1);
        assert!(err.contains("cannot be read") && err.contains("why: "), "{err}");
        let err = place.with("a-password\n", &format!("keyring create {name} --hosts a.test")).refused(1);
        assert!(err.contains("never overwritten") || err.contains("already"), "{err}");
    }
    assert_eq!(before, ["pfx", "photo", "old"].map(content));
    for file in ["data/keyrings/pfx.kyr", "data/keyrings/photo.kyr", "config.ron"] {
        // A PKCS#12 file may hold anything: its password is asked for.
        let code = if file.contains("pfx") { 4 } else { 1 };
        let err = place.run(&format!("request import {file}")).refused(code);
        assert!(err.contains("error: "), "{err}");
        let err = place.run(&format!("keyring trust mail {file}")).refused(code);
        assert!(err.contains("error: "), "{err}");
    }
    let findings = place.run("doctor").out;
    for (name, what, way_out) in [
        ("pfx", "PKCS#12", "keyring import"),
        ("photo", "JPEG", "keyring itself"),
        ("old", "Domino", "kyrtool show keys"),
    ] {
        let line = findings.lines().find(|l| l.contains(&format!("keyrings/{name}.kyr"))).unwrap();
        assert!(line.starts_with("error W01") && line.contains(what) && line.contains(way_out), "{line}");
    }
    // The rings beside them work as ever.
    place.with("b-pass\n", "keyring create b --hosts b.example.test").done();
    assert!(place.run("keyring export mail").done().contains("BEGIN CERTIFICATE"));
}

#[test]
fn an_altered_request_and_one_that_came_before_are_refused() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    place.csr("a.csr", "/CN=a.example.test", "DNS:a.example.test");
    openssl(place.folder.path(), "req -in a.csr -outform DER -out a.der");
    let mut der = std::fs::read(place.path("a.der")).unwrap();
    let at = der.windows(14).position(|w| w == b"a.example.test").unwrap();
    der[at] = b'b';
    place.write("b.der", &der);
    let err = place.run("request import b.der").refused(1);
    assert!(err.contains("was not accepted"), "{err}");
    place.run("request import a.der").done();
    let err = place.run("request import a.csr").refused(1);
    assert!(err.contains("already"), "{err}");
    let text = std::fs::read(place.path("a.csr")).unwrap();
    place.csr("c.csr", "/CN=c.example.test", "DNS:c.example.test");
    let ended = place.words(&["request", "import", "-"], &std::fs::read(place.path("c.csr")).unwrap());
    assert!(ended.done().contains("Request 2"));
    assert!(place.run("request show 2").done().contains("standard input"));
    place.write("cut.csr", &text[..text.len() / 2]);
    assert!(place.run("request import cut.csr").refused(1).contains("error: "));
}

#[test]
fn an_altered_audit_chain_is_noticed() {
    let place = Place::new();
    place.run("site create a --hosts a.example.test").done();
    place.run("site create b --hosts b.example.test").done();
    let ledger = rusqlite::Connection::open(place.path("data/ledger.db")).unwrap();
    let change = "DROP TRIGGER audit_update; UPDATE audit SET operator = 'somebody' WHERE number = 2";
    ledger.execute_batch(change).unwrap();
    drop(ledger);
    let err = place.run("audit verify").refused(1);
    assert!(err.contains("broken at entry 2"), "{err}");
    let ended = place.run("audit verify --json");
    assert_eq!(ended.code, 1, "{ended:#?}");
    assert!(
        ended.out.contains("\"broken-at\": 2") && ended.out.contains("\"whole\": false"),
        "{}",
        ended.out
    );
}
