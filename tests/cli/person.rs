//! People and their client certificates as a script handles them, with OpenSSL reading what they are given.

use super::{CA, Place, RING, openssl_is_here, openssl_says};

/// A place with a person whose key was made here and is certified.
fn certified() -> Place {
    let place = Place::new();
    place.certifier();
    let words = ["person", "create", "ann", "--full-name", "Ann Miller", "--mail", "ann@example.test"];
    place.words(&words, b"").done();
    place.with(RING, "person key ann").done();
    place.run("request approve 1 --certifier root --profile client").done();
    place.with(CA, "request issue 1").done();
    place
}

#[test]
fn a_person_is_certified_and_gets_a_file_that_openssl_opens_with_the_pass_phrase() {
    let place = certified();
    let shown = place.run("person show ann").done();
    assert!(
        shown.contains("made here, request 1") && shown.contains("ok: Ann Miller by Test Root"),
        "{shown}"
    );
    // The certificate is the person's: nothing waits to be installed in the ring that keeps the key.
    assert!(!place.run("doctor").out.contains("K07"));
    let rings = place.run("keyring list").done();
    assert!(rings.contains("kept for ann") && !rings.contains("install"), "{rings}");
    place.run("person export ann --to ann.p12 --confirm bob").refused(2);
    let done = place.words(
        &["--password-fd", "0", "person", "export", "ann", "--to", "ann.p12", "--confirm", "ann"],
        b"",
    );
    let (phrase, said) = (done.out.trim().to_owned(), done.err.clone());
    assert_eq!((done.code, phrase.len()), (0, 29), "{done:?}");
    assert!(said.contains("ann.p12") && !said.contains(&phrase), "{said}");
    let told = place.run("audit list --kind key-exported --json").done();
    assert!(told.contains("PKCS#12 for person ann") && !told.contains(&phrase), "{told}");
    if openssl_is_here() {
        let (good, text) =
            openssl_says(place.folder.path(), &format!("pkcs12 -in ann.p12 -passin pass:{phrase} -nodes"));
        assert!(good && text.matches("BEGIN CERTIFICATE").count() == 2, "{text}");
        assert!(text.contains("PRIVATE KEY") && text.contains("friendlyName: Ann Miller"), "{text}");
        assert!(!openssl_says(place.folder.path(), "pkcs12 -in ann.p12 -passin pass:wrong -nodes").0);
        place.write("ann.pem", place.run("person certificates ann").done());
        let (_, text) =
            openssl_says(place.folder.path(), "x509 -in ann.pem -noout -ext extendedKeyUsage,subjectAltName");
        assert!(
            text.contains("TLS Web Client Authentication") && text.contains("email:ann@example.test"),
            "{text}"
        );
        assert_eq!(place.run("person who ann.pem").done(), "Ann Miller (ann)\n");
        place.run("person set ann enabled=no").done();
        assert!(place.run("person who ann.pem").out.contains("disabled"));
    }
    place.run("person export ann --to ann.p12 --confirm ann").refused(1);
    place.run("audit verify").done();
}

#[test]
fn a_key_belongs_to_one_person_and_a_copied_document_is_found() {
    let place = certified();
    place.write("ann.pem", place.run("person certificates ann").done());
    // A request for somebody else with the same key is told before it is approved.
    place.run("person set ann full-name=Bea").done();
    let tried = place.run("profile try client --request 1 --certifier root");
    assert!(
        tried.out.contains("key.person: The key belongs to person ann, Bea, and not to Ann Miller"),
        "{tried:?}"
    );
    place.run("person undo ann").done();
    let err = place.run("person register bob ann.pem").refused(1);
    assert!(err.contains("belongs to ann already") && err.contains("person unbind ann"), "{err}");
    let document = std::fs::read_to_string(place.path("data/directory/people/ann.ron")).unwrap();
    place.write("data/directory/people/bob.ron", document.replacen("\"ann\"", "\"bob\"", 1));
    let found = place.run("doctor");
    assert!(found.code == 3 && found.out.contains("error P01: Person ann and bob have one key"), "{found:?}");
    assert!(place.run("person who ann.pem").out.contains("It is chance"));
    let key = document.split("sha256: \"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    place.run(&format!("person unbind bob {}", &key[..8])).done();
    assert!(!place.run("doctor").out.contains("P01"));
    assert!(place.run("person show bob").done().contains("no key"));
    place.run("person delete bob --confirm bob").done();
    // Who signs with a key that was registered from a request is found when it is certified.
    place.run("person delete ann --confirm ann").done();
    place.run("person register ann.m --request 1").done();
    assert!(place.run("person show ann.m").done().contains("Ann Miller"));
    place.run("person register ann.m ann.pem").done();
    assert!(place.run("person list").done().contains("ok"));
}

#[test]
fn a_revoked_certificate_of_a_person_is_told() {
    let place = certified();
    let shown = place.run("person show ann --json").json();
    let line = shown["certificates"].as_str().unwrap().to_owned();
    let serial = line.split("serial ").nth(1).unwrap().split(',').next().unwrap().to_owned();
    place.run(&format!("certificate revoke root {serial} --reason keyCompromise --confirm {serial}")).done();
    assert!(place.run("person list").done().contains("revoked"));
    let found = place.run("doctor");
    assert!(found.out.contains("P02") && found.out.contains("no certificate but a revoked one"), "{found:?}");
    place
        .words(&["--password-fd", "0", "person", "export", "ann", "--to", "x.p12", "--confirm", "ann"], b"")
        .refused(1);
}
