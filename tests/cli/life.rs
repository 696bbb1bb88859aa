//! The life of a keyring from the command line.

use super::*;

#[test]
fn a_keyring_is_renewed_renamed_and_sealed_anew() {
    let place = Place::furnished();
    let err = place.run("keyring renew mail").refused(2);
    assert!(err.contains("--key"), "{err}");
    let out = place.run("keyring renew mail --key p-384 --hosts mail.example.test,imap.example.test").done();
    assert!(out.contains("Request 2 waits for a decision: keyring mail, a new key."), "{out}");
    let out = place.run("keyring show mail").done();
    assert!(out.contains("Waiting key:") && out.contains("renewal: pending"), "{out}");
    place.run("keyring rename mail post").done();
    assert!(place.run("keyring show mail").refused(1).contains("mail"));
    assert!(place.run("site show mail").done().contains("post"));
    assert!(place.run("request show 2").done().contains("a new key"));
    assert!(
        place.run("keyring export post --form request").done().starts_with("-----BEGIN CERTIFICATE REQUEST")
    );

    place.run("request approve 2 --certifier root").done();
    place.with(CA, "request issue 2").done();
    let out = place.run("keyring install post --issued --dry-run").done();
    for says in [
        "1 certificate:",
        "names mail.example.test imap.example.test",
        "2 trusted root:",
        "takes over",
        "Replaces:",
    ] {
        assert!(out.contains(says), "{says}: {out}");
    }
    assert!(place.run("keyring show post").done().contains("Waiting key:"), "nothing was done");
    let plan = place.run("--json keyring install post --issued --dry-run").json();
    assert_eq!((&plan["new-key"], &plan["refused"]), (&true.into(), &serde_json::Value::Null));
    place.run("keyring install post --issued").done();
    let out = place.run("keyring show post").done();
    assert!(out.contains("P-384") && !out.contains("Waiting key:"), "{out}");

    // The stash gives the present password; without it, it is the first line.
    place.with("new-pass\n", "keyring password post").done();
    place.run("keyring stash post --drop").done();
    assert!(place.with("ring-pass\nx\n", "keyring password post").refused(4).contains("does not open"));
    place.with("new-pass\nthird\n", "keyring password post").done();
    place.run("keyring stash post --make").refused(4);
    place.with("third\n", "keyring stash post --make").done();
    place.run("keyring stash post").refused(2);
    // With the stash, nothing is asked any more.
    place.run("keyring renew post --key same").done();
    place.run("keyring renew post --key rsa-2048").done();
    let err = place.run("keyring drop-key post --confirm mail").refused(2);
    assert!(err.contains("nothing was changed"), "{err}");
    let out = place.run("keyring drop-key post --confirm post").done();
    assert!(out.contains("dropped"), "{out}");
    assert!(place.run("request show 3").done().contains("Superseded by request 4"));
    assert!(place.run("request show 4").done().contains("Its key was dropped"));
    place.run("audit verify").done();
}

#[test]
fn a_keyring_for_tests_is_made_like_another() {
    let place = Place::furnished();
    let out = place.with(RING, "keyring create bench --like mail --self-certified yes").done();
    assert!(out.contains("for tests only"), "{out}");
    let out = place.run("keyring show bench").done();
    assert!(out.contains("for tests only") && out.contains("mail.example.test"), "{out}");
    assert!(out.contains("Test Root"), "trusted roots are taken over: {out}");
    place.run("keyring self-certify bench --days 3").done();
    place.run("keyring self-certify bench --days 0").refused(2);
    let err = place.run("keyring self-certify mail").refused(1);
    assert!(err.contains("is valid until"), "{err}");
    let err = place.with(RING, "keyring create x --like nobody").refused(1);
    assert!(err.contains("nobody"), "{err}");
}

#[test]
fn a_certificate_that_does_not_fit_is_refused_by_the_plan_as_well() {
    let place = Place::furnished();
    place.run("keyring export mail").done();
    place.write("leaf.pem", place.run("keyring export mail").done());
    place.with(RING, "keyring create web --hosts web.example.test").done();
    let ended = place.run("keyring install web leaf.pem --dry-run");
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(
        ended.out.contains("It is that of keyring mail") && ended.out.contains("would be refused"),
        "{ended:?}"
    );
    let err = place.run("keyring renew web --key same --state CA --country US").refused(2);
    assert!(err.contains("California"), "{err}");
    let long = "x".repeat(65);
    let err = place.run(&format!("keyring renew web --key same --organization {long}")).refused(2);
    assert!(err.contains("at most 64"), "{err}");
}
