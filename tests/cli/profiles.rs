//! Profiles by commands: made, changed, copied, tried, deleted, and what a change does to approvals.

use super::{CA, Place, RING, openssl_is_here};

#[test]
fn a_profile_is_made_changed_and_deleted_and_each_change_is_a_version() {
    let place = Place::new();
    place.certifier();
    let list = place.run("profile list").done();
    for name in ["client", "code-signing", "ocsp-signer", "public-like", "server", "smime", "sub-ca"] {
        assert!(list.contains(name), "{name}: {list}");
    }
    place.run("profile create short --days 7 --max-days 10 --extended serverAuth --alt-names dns --names-needed").done();
    let out = place
        .words(&["profile", "edit", "short", "allowed=dns:*.example.test", "title=Short ones"], b"")
        .done();
    assert!(out.contains("version 2"), "{out}");
    let shown = place.run("--json profile show short").json();
    assert_eq!(
        (shown["allowed"].as_str(), shown["extended"].as_str()),
        (Some("dns:*.example.test"), Some("serverAuth"))
    );
    assert!(place.run("profile edit short days=7").done().is_empty(), "nothing was changed");
    let err = place.run("profile edit short days=11").refused(2);
    assert!(err.contains("between the least and the most"), "{err}");
    let err = place.run("profile edit short authority=yes").refused(2);
    assert!(err.contains("keyCertSign"), "{err}");
    place.run("profile copy short shorter days=3").done();
    let err = place.run("profile copy short shorter").refused(1);
    assert!(err.contains("already"), "{err}");
    let err = place.run("profile delete server --confirm server").refused(1);
    assert!(err.contains("built in"), "{err}");
    place.run("profile delete shorter --confirm shorter").done();

    // A built-in one is changed by a file of its own, and comes back.
    place.run("profile edit server days=100").done();
    assert_eq!(place.run("--json profile show server").json()["days"], "100");
    place.run("profile delete server --confirm server").done();
    assert_eq!(place.run("--json profile show server").json()["days"], "397");
    place.run("audit verify").done();
}

#[test]
fn the_versions_of_a_profile_are_listed_undone_and_restored() {
    let place = Place::new();
    place.certifier();
    let untouched = place.run("profile history server").refused(1);
    assert!(untouched.contains("profile"), "{untouched}");
    place.run("profile edit server days=100").done();
    place.run("profile edit server days=90 max-days=95").done();
    let days = || place.run("--json profile show server").json()["days"].as_str().unwrap().to_owned();
    let history = place.run("profile history server").done();
    assert!(history.contains("present") && history.contains("changed: "), "{history}");
    assert!(history.contains("made (profile version 3)"), "it goes on from the built-in one: {history}");
    let differs = place.run("profile diff server 1").done();
    assert!(differs.contains("100") && differs.contains("90"), "{differs}");
    place.run("profile undo server").done();
    assert_eq!(days(), "100");
    // What comes back is a version of its own, and an undoing is undone the same way.
    assert!(place.run("profile undo server").done().contains("version"), "said");
    assert_eq!(days(), "90");
    place.run("profile delete server --confirm server").done();
    assert_eq!(days(), "397");
    assert!(place.run("profile deleted").done().contains("server"));
    place.run("profile restore server").done();
    assert_eq!(days(), "90");
    place.run("profile create short --days 7 --max-days 10 --extended serverAuth --alt-names dns --names-needed").done();
    place.run("profile delete short --confirm short").done();
    place.run("profile restore short").done();
    assert!(place.run("profile list").done().contains("short"));
    place.run("audit verify").done();
}

#[test]
fn an_approval_ends_with_a_change_of_its_profile() {
    let place = Place::new();
    place.certifier();
    place.with(RING, "keyring create mail --hosts mail.example.test").done();
    place.run("request approve 1 --certifier root").done();
    place.run("profile edit server extended=serverAuth,clientAuth").done();
    let told = place.with(CA, "request issue 1");
    assert!(
        told.code == 1 && (told.out.clone() + &told.err).contains("was changed since the approval"),
        "{told:?}"
    );
    place.run("request approve 1 --certifier root").done();
    place.with(CA, "request issue 1").done();
}

#[test]
fn a_profile_is_tried_on_requests_and_files_and_nothing_is_stored() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    place.certifier();
    place.csr("web.csr", "/OU=Web/CN=www.example.com", "DNS:www.example.com,email:a@example.com");
    let tried = place.run("profile try public-like --file web.csr").done();
    for part in ["will not be issued", "OU=Web", "a@example.com", "CN=www.example.com", "serverAuth"] {
        assert!(tried.contains(part), "{part}: {tried}");
    }
    let tried = place.run("--json profile try sub-ca --file web.csr --days 5000 --certifier root");
    assert_eq!(tried.code, 3, "an RSA key of 2048 bits is too short for it: {tried:?}");
    let tried: serde_json::Value = serde_json::from_str(&tried.out).unwrap();
    assert!(tried["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "key.rsa-small"), "{tried}");
    assert!(!place.run("request list --all").done().contains("web.csr"));
    place.run("request import web.csr").done();
    let tried = place.run("profile try smime --request 1").done();
    assert!(tried.contains("emailProtection") && tried.contains("email:a@example.com"), "{tried}");
    assert!(place.run("request list").done().contains("pending"));
}
