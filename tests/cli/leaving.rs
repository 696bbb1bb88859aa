//! Exports and hand-overs from the command line.

use super::{Place, RING, openssl_is_here};
use crate::support::openssl;

#[test]
fn public_forms_go_to_the_standard_output_or_a_new_file() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    let leaf = place.run("keyring export mail --form leaf").done();
    place.write("leaf.pem", &leaf);
    assert!(place.run("keyring export mail --with-root").done().starts_with(&leaf));
    let down = place.run("keyring export mail --with-root --order ROOT-FIRST").done();
    assert!(down.ends_with(&leaf) && down.len() > leaf.len());
    place.write("key.pem", place.run("keyring export mail --form public-key").done());
    assert_eq!(
        openssl(place.folder.path(), "pkey -pubin -in key.pem -pubout"),
        openssl(place.folder.path(), "x509 -in leaf.pem -noout -pubkey")
    );
    assert!(place.run("keyring export mail --form request").done().contains("BEGIN CERTIFICATE REQUEST"));
    let said = place.run("keyring export mail --form der --to leaf.cer").done();
    assert!(said.contains("Written and read back") && said.contains("leaf.cer"), "{said}");
    openssl(place.folder.path(), "x509 -inform DER -in leaf.cer -noout");
    assert!(place.run("keyring export mail --form der --to leaf.cer").refused(1).contains("there already"));

    let listed = place.run("--json certificate list --used").json();
    let ids: Vec<&str> = listed.as_array().unwrap().iter().map(|c| c["serial"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), 2, "{listed}");
    let all = place.run(&format!("certificate export {} --form p7b", ids.join(" "))).done();
    place.write("all.p7b", all);
    let shown = openssl(place.folder.path(), "pkcs7 -in all.p7b -print_certs -noout");
    assert_eq!(shown.matches("subject").count(), 2, "{shown}");
    let each = format!("certificate export {} --form der --separate --to each", ids.join(" "));
    assert_eq!(place.run(&each).done().matches("certificate is the same").count(), 2);
    let refused = place.run(&format!("certificate export {} --form der --to one", ids.join(" ")));
    assert!(refused.refused(2).contains("--separate"));
}

#[test]
fn a_private_key_goes_to_a_new_file_alone_and_only_for_who_names_the_ring() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    let err = place.run("keyring export mail --form pkcs8-plain --confirm mail").refused(2);
    assert!(err.contains("standard output") && err.contains("--to FILE"), "{err}");
    for wrong in ["", " --confirm other"] {
        let command = format!("keyring export mail --form pkcs8-plain --to key.pem{wrong}");
        assert!(place.run(&command).refused(2).contains("--confirm"));
    }
    assert!(!place.path("key.pem").exists());
    let ended = place.run("keyring export mail --form pkcs8-plain --to key.pem --confirm mail");
    assert!(ended.err.contains("without encryption"), "{ended:?}");
    ended.done();
    place.write("leaf.pem", place.run("keyring export mail --form leaf").done());
    assert_eq!(
        openssl(place.folder.path(), "pkey -in key.pem -pubout"),
        openssl(place.folder.path(), "x509 -in leaf.pem -noout -pubkey")
    );
    let audit = place.run("audit list").done();
    assert!(audit.contains("key exported"), "{audit}");

    let handed = place.run("--json keyring hand-over mail haproxy --to out --confirm mail").json();
    assert!(handed["commands"].as_str().unwrap().contains("out/mail.pem"), "{handed}");
    assert_eq!(handed["lines"].as_array().unwrap().len(), 2);
    assert!(place.run("keyring hand-over mail kyrtool --to x --confirm mail").refused(1).contains("RSA"));
    let err = place.run("--read-only keyring hand-over mail nginx --to x --confirm mail").refused(1);
    assert!(err.contains("Nothing can be changed"), "{err}");
    assert!(place.run("keyring export mail --form leaf --to data/x").code != 0);
}

/// Lines of `--password-fd`: the ring's password where no stash opens it, then the new pass phrase once.
#[test]
fn passwords_are_read_in_the_documented_order() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    place.certifier();
    place.with(RING, "keyring create shut --hosts shut.example.test --stash no").done();
    let command = "keyring export shut --form pkcs8 --to shut.key --confirm shut";
    place.with("the new one\nring-pass\n", command).refused(4);
    assert!(!place.path("shut.key").exists());
    place.with("ring-pass\nthe new one\n", command).done();
    place.write("pass", "the new one");
    openssl(place.folder.path(), "pkey -in shut.key -passin file:pass -noout");
    place.run("keyring export shut --form pkcs8-plain --to open.key --confirm shut").refused(4);
}
