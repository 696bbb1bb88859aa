//! The main job by commands, from a new certifier to a probed site and a revoked certificate, with OpenSSL as the judge.

use super::{CA, Place, RING, openssl_is_here, openssl_says};
use crate::support::openssl;

#[test]
fn from_a_new_certifier_to_an_installed_keyring() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    let folder = place.folder.path();

    // 1. A certifier, with certificate and first CRL.
    place.certifier();
    let text = openssl(folder, "x509 -in root.pem -noout -text");
    assert!(text.contains("CA:TRUE") && text.contains("CN = Test Root"), "{text}");
    place.write("root.crl", place.run("certifier crl root").done());
    let text = openssl(folder, "crl -in root.crl -CAfile root.pem -noout -text");
    assert!(text.contains("verify OK") && text.contains("No Revoked Certificates"), "{text}");
    let list = place.run("certifier list").done();
    assert!(list.starts_with("NAME ") && list.contains("root "), "{list}");

    // 2. A keyring, whose request stands in the queue.
    place.keyring();
    place.write("mail.csr", place.run("keyring export mail --form request").done());
    let text = openssl(folder, "req -in mail.csr -verify -noout -text");
    assert!(text.contains("DNS:mail.example.test"), "{text}");

    // 3. Requests made elsewhere.
    place.csr("other.csr", "/O=Other/CN=other.example.test", "DNS:other.example.test,DNS:www.example.test");
    place.csr("third.csr", "/CN=third.example.test", "DNS:third.example.test");
    let out = place.run("request import other.csr third.csr").done();
    assert!(out.contains("Request 2") && out.contains("Request 3"), "{out}");

    // 4. Look before deciding.
    let list = place.run("request list").done();
    assert_eq!(list.lines().count(), 4, "{list}");
    assert!(list.contains("pending") && list.contains("file other.csr"), "{list}");
    let shown = place.run("request show 2").done();
    for part in
        ["Proof of possession: good", "DNS:www.example.test", "asked", "issued", "serverAuth", "CN=Test Root"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }

    // 5. Approve and deny.
    place.run("request approve 1 --certifier root").done();
    place.run("request approve 2 --certifier root --days 30").done();
    place.run("request deny 3 --reason unknown").done();
    let list = place.run("request list").done();
    assert!(list.contains("approved") && !list.contains("third"), "{list}");
    assert!(place.run("request list --all").done().contains("denied"));

    // 6. Issue.
    let out = place.with(CA, "request issue 1 2").done();
    assert_eq!(out.matches("with serial").count(), 2, "{out}");
    place.write("other.pem", place.run("request pem 2 --certificate").done());
    let (good, text) =
        openssl_says(folder, "verify -CAfile root.pem -verify_hostname www.example.test other.pem");
    assert!(good, "{text}");
    let text = openssl(folder, "x509 -in other.pem -noout -text");
    assert!(text.contains("TLS Web Server Authentication") && text.contains("crl.example.test"), "{text}");

    // 7. Trust first, then install: the wrong order is refused.
    let err = place.run("keyring install mail --issued").refused(1);
    assert!(err.contains("the root goes first"), "{err}");
    place.run("keyring trust mail --certifier root").done();
    place.run("keyring install mail --issued").done();
    place.write("mail.pem", place.run("keyring export mail").done());
    let (good, text) =
        openssl_says(folder, "verify -CAfile root.pem -verify_hostname mail.example.test mail.pem");
    assert!(good, "{text}");
    let file = std::fs::read(place.path("data/keyrings/mail.kyr")).unwrap();
    place.write("pass", RING);
    place.write("copy.kyr", file);
    let key = openssl(folder, "pkey -in copy.kyr -passin file:pass -pubout");
    let certified = openssl(folder, "x509 -in mail.pem -noout -pubkey");
    assert_eq!(key.trim(), certified.trim());

    // 8. A site that names the keyring.
    place.run("site create mail --hosts mail.example.test --keyring mail").done();
    let shown = place.run("site show mail").done();
    assert!(shown.contains("mail.example.test is named in it"), "{shown}");

    // 9. What was issued, and the record of it all.
    let list = place.run("certificate list --sort subject").done();
    assert!(list.contains("CN=mail.example.test") && list.contains("CN=other.example.test"), "{list}");
    assert_eq!(place.run("certificate list --filter OTHER").done().lines().count(), 2);
    let verified = place.run("audit verify").done();
    assert!(verified.contains("whole"), "{verified}");
    let audit = place.run("audit list").done();
    for fact in ["certifier created", "keyring created", "request denied", "certificate issued", "site saved"]
    {
        assert!(audit.contains(fact) && audit.contains("tester"), "{fact}: {audit}");
    }
}

#[cfg(feature = "network")]
#[test]
fn a_rehearsed_site_answers_openssl_and_the_probe() {
    if !openssl_is_here() {
        return;
    }
    use std::io::{BufRead, BufReader};
    use std::process::Stdio;
    let place = Place::furnished();
    let folder = place.folder.path();
    let mut command = place.program();
    command.args(["site", "rehearse", "mail", "--for", "60"]).stdin(Stdio::null());
    let mut service = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(service.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let address = first.trim_end_matches('.').rsplit(' ').next().unwrap().to_owned();
    let port = address.rsplit(':').next().unwrap();

    let arguments = format!(
        "s_client -connect {address} -servername mail.example.test -verify_hostname mail.example.test \
         -CAfile root.pem -verify_return_error"
    );
    let (good, text) = openssl_says(folder, &arguments);
    assert!(good && text.contains("Verify return code: 0 (ok)"), "{text}");

    let probed =
        place.run(&format!("probe mail.example.test:{port} --address {address} --certifier root")).done();
    assert!(probed.contains("TLSv1.3") || probed.contains("TLS 1.3"), "{probed}");
    let verdict: Vec<_> = probed.lines().last().unwrap().split_whitespace().collect();
    assert_eq!(verdict, ["Verdict", "trusted"], "{probed}");
    let ended = place.run(&format!("--json probe mail.example.test:{port} --address {address}"));
    assert_eq!(ended.json()["trusted"], true);

    // Another name, and another root: not trusted, said with exit code 3.
    let ended = place.run(&format!("probe other.example.test:{port} --address {address} --certifier root"));
    assert!(ended.code == 3 && ended.out.contains("NOT TRUSTED"), "{ended:#?}");
    openssl(
        folder,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout x.key -out x.pem -subj /CN=Another -days 9",
    );
    let ended = place.run(&format!("probe mail.example.test:{port} --address {address} --root x.pem"));
    assert!(ended.code == 3 && ended.out.contains("NOT TRUSTED"), "{ended:#?}");

    let pid = rustix::process::Pid::from_child(&service);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(service.wait().unwrap().success());
    let log: Vec<String> = lines.map(Result::unwrap).collect();
    assert!(log.iter().any(|line| line.contains("mail.example.test")), "{log:?}");
    let err = place.run(&format!("probe mail.example.test:{port} --address {address}")).refused(1);
    assert!(err.contains("error: "), "{err}");
}

#[test]
fn a_revoked_certificate_stands_in_the_next_crl() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    let folder = place.folder.path();
    let serial =
        place.run("--json certificate list --issued").json()[0]["serial"].as_str().unwrap().to_owned();
    let err =
        place.run(&format!("certificate revoke root {serial} --reason superseded --confirm 01")).refused(2);
    assert!(err.contains("nothing was changed") && err.contains(&serial), "{err}");
    place.run(&format!("certificate revoke root {serial} --reason superseded --confirm {serial}")).done();
    let again =
        place.run(&format!("certificate revoke root {serial} --reason superseded --confirm {serial}"));
    assert!(again.refused(1).contains("revoked since"));
    place.with(CA, "crl issue root").done();
    place.write("root.crl", place.run("certifier crl root").done());
    let text = openssl(folder, "crl -in root.crl -CAfile root.pem -noout -text");
    assert!(text.contains(&serial) && text.contains("Superseded"), "{text}");
    place.write("mail.pem", place.run("keyring export mail").done());
    let (good, text) = openssl_says(folder, "verify -CAfile root.pem -crl_check -CRLfile root.crl mail.pem");
    assert!(!good && text.contains("certificate revoked"), "{text}");
    let shown = place.run(&format!("certificate show {serial}")).done();
    assert!(shown.contains("superseded") && shown.contains("Used by"), "{shown}");
    assert!(place.run("keyring install mail --issued").refused(1).contains("No certificate was issued here"));
}
