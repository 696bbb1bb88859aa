//! Revocation and CRLs by commands, with OpenSSL and certtool as the judges.

use super::{CA, Place, openssl_is_here, openssl_says};
use crate::support::{openssl, tool};

/// A certifier `ca` with these options, and so many certificates of it in `h1.pem`, `h2.pem` ..; returns their serials.
fn issued(place: &Place, options: &str, count: usize) -> Vec<String> {
    let mut words = vec!["--password-fd", "0", "certifier", "create", "ca", "--common-name", "Test CA"];
    words.extend(["--crl-url", "http://crl.example.test/ca.crl", "--own-approval"]);
    words.extend(options.split(' ').filter(|w| !w.is_empty()));
    place.words(&words, CA.as_bytes()).done();
    place.write("ca.pem", place.run("certifier certificate ca").done());
    let mut serials = Vec::new();
    for n in 1..=count {
        place.csr(&format!("h{n}.csr"), &format!("/CN=h{n}.example.test"), &format!("DNS:h{n}.example.test"));
        place.run(&format!("request import h{n}.csr")).done();
        place.run(&format!("request approve {n} --certifier ca")).done();
        place.with(CA, &format!("request issue {n}")).done();
        place.write(&format!("h{n}.pem"), place.run(&format!("request pem {n} --certificate")).done());
        let all = place.run(&format!("--json certificate list --issued --filter request:{n}")).json();
        serials.push(all[0]["serial"].as_str().unwrap().to_owned());
    }
    serials
}

#[test]
fn several_are_put_on_hold_by_a_filter_released_and_revoked_for_good() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    let serials = issued(&place, "", 3);
    let folder = place.folder.path();
    // They are listed, and nothing happens before their number is typed.
    let hold = "certificate revoke --filter -name:h1.example.test --reason certificateHold";
    let asked = place.run(hold);
    assert!(
        asked.code == 2 && asked.out.contains("h2.example.test") && asked.err.contains("--confirm 2"),
        "{asked:#?}"
    );
    assert!(place.run(&format!("{hold} --confirm 3")).refused(2).contains("Nothing was changed"));
    let done = place.run(&format!("{hold} --remark lost --confirm 2"));
    assert!(done.out.contains("certificateHold") && done.err.contains("crl issue ca"), "{done:#?}");
    assert!(place.run("certificate list --filter reason:certificatehold").done().lines().count() == 3);
    let due = place.run("crl due");
    assert!(due.code == 3 && due.out.contains("2 changes"), "{due:#?}");

    let release = format!("certificate release ca {} --confirm {}", serials[1], serials[1]);
    place.run(&release).done();
    assert!(place.run(&release).refused(1).contains("not revoked"));
    let revoke = format!(
        "certificate revoke ca {0} --reason keyCompromise --invalid-from 2026-11-20 --confirm {0} --crl",
        serials[2]
    );
    let preview = place.run("crl preview ca").done();
    assert!(preview.contains("1 added") && preview.contains("certificateHold"), "{preview}");
    place.with(CA, &revoke).done();
    place.write("ca.crl", place.run("certifier crl ca").done());
    let text = openssl(folder, "crl -in ca.crl -CAfile ca.pem -noout -text");
    for says in ["verify OK", &serials[2], "Key Compromise", "Invalidity Date", "Nov 20 00:00:00 2026"] {
        assert!(text.contains(says), "{says}: {text}");
    }
    assert!(!text.contains(&serials[1]) && !text.contains("Certificate Hold"), "{text}");
    let again = format!("certificate revoke ca {0} --reason superseded --confirm {0}", serials[2]);
    assert!(place.run(&again).refused(1).contains("can only become keyCompromise"));
    let shown = place.run(&format!("certificate show {}", serials[2])).done();
    for says in ["Invalid from:", "Revoked by:", "Session:", "Approved:", "version"] {
        assert!(shown.contains(says), "{says}: {shown}");
    }
    assert_eq!(place.run("crl due").code, 0);
    // As openssl ca keeps it.
    place.write("index.txt", place.run("certificate list --openssl").done());
    place.write("crlnumber", "01\n");
    place.write(
        "ca.cnf",
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=crlnumber\ndefault_md=sha256\n",
    );
    openssl(folder, "req -x509 -newkey rsa:2048 -nodes -keyout x.key -out x.pem -subj /CN=x -days 9");
    openssl(folder, "ca -config ca.cnf -gencrl -keyfile x.key -cert x.pem -crldays 1 -out x.crl");
    let text = openssl(folder, "crl -in x.crl -noout -text");
    assert!(text.contains(&serials[2]) && text.contains("Key Compromise"), "{text}");
    assert_eq!(place.run("audit verify").code, 0);
}

#[test]
fn delta_crls_add_to_the_complete_one() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    let serials = issued(&place, "--delta-days 2", 3);
    let folder = place.folder.path();
    let text = openssl(folder, "x509 -in h1.pem -noout -text");
    assert!(text.contains("Freshest CRL") && text.contains("ca-delta.crl"), "{text}");
    let revoke = |n: usize, reason: &str| {
        let serial = &serials[n];
        place.run(&format!("certificate revoke ca {serial} --reason {reason} --confirm {serial}")).done()
    };
    revoke(0, "certificateHold");
    place.with(CA, "crl issue ca --regular").done();
    place.write("base.crl", place.run("certifier crl ca").done());
    let text = openssl(folder, "crl -in base.crl -CAfile ca.pem -noout -text");
    assert!(text.contains("Freshest CRL") && text.contains("Certificate Hold"), "{text}");
    // One more is revoked, and the hold is lifted.
    revoke(1, "superseded");
    place.run(&format!("certificate release ca {0} --confirm {0}", serials[0])).done();
    let signed = place.with(CA, "crl issue ca --delta").done();
    assert!(signed.contains("delta CRL 3 with 2 entries"), "{signed}");
    openssl(folder, "crl -inform DER -in data/certifiers/ca/crl-delta.der -out delta.crl");
    let text = openssl(folder, "crl -in delta.crl -CAfile ca.pem -noout -text");
    for says in ["verify OK", "Delta CRL Indicator: critical", "Remove From CRL", "Superseded"] {
        assert!(text.contains(says), "{says}: {text}");
    }
    let verify = |n: usize| {
        openssl_says(
            folder,
            &format!(
                "verify -x509_strict -CAfile ca.pem -crl_check -extended_crl -use_deltas -CRLfile base.crl -CRLfile delta.crl h{n}.pem"
            ),
        )
    };
    let (good, text) = verify(1);
    assert!(good, "the hold was lifted: {text}");
    let (good, text) = verify(2);
    assert!(!good && text.contains("certificate revoked"), "{text}");
    assert!(verify(3).0, "{}", verify(3).1);
    // A delta pays the debt; a later complete list has everything.
    assert_eq!(place.run("crl due").code, 0);
    place.with(CA, "crl issue ca").done();
    let info = place.run("crl info ca").done();
    assert!(info.contains("delta to 2") && info.contains("immediate") && info.contains("regular"), "{info}");
    if tool("certtool").is_some() {
        let out = crate::support::run(std::process::Command::new("certtool").current_dir(folder).args([
            "--crl-info",
            "--infile",
            "base.crl",
        ]));
        assert!(String::from_utf8_lossy(&out.stdout).contains("Revoked certificates (1)"), "{out:?}");
    }
}

#[test]
fn a_crl_in_parts_lists_each_certificate_where_it_says() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    let serials = issued(&place, "--crl-parts 2", 4);
    let folder = place.folder.path();
    for serial in &serials {
        place.run(&format!("certificate revoke ca {serial} --reason superseded --confirm {serial}")).done();
    }
    let signed = place.with(CA, "crl issue ca").done();
    assert!(signed.contains("signed CRL 4 with 4 entries, and its 2 parts."), "{signed}");
    for part in 1..=2 {
        let der = format!("crl -inform DER -in data/certifiers/ca/crl-{part}.der -out part{part}.crl");
        openssl(folder, &der);
        let text = openssl(folder, &format!("crl -in part{part}.crl -CAfile ca.pem -noout -text"));
        assert!(
            text.contains("verify OK") && text.contains("Issuing Distribution Point: critical"),
            "{text}"
        );
        assert!(text.contains(&format!("http://crl.example.test/ca-{part}.crl")), "{text}");
    }
    for (n, serial) in (1..).zip(&serials) {
        let text = openssl(folder, &format!("x509 -in h{n}.pem -noout -text"));
        let part = (1..=2).find(|p| text.contains(&format!("/ca-{p}.crl"))).unwrap();
        let own = openssl(folder, &format!("crl -in part{part}.crl -noout -text"));
        let other = openssl(folder, &format!("crl -in part{}.crl -noout -text", 3 - part));
        assert!(own.contains(serial) && !other.contains(serial), "{serial}: {own}{other}");
        let verify =
            format!("verify -CAfile ca.pem -crl_check -extended_crl -CRLfile part{part}.crl h{n}.pem");
        let (good, said) = openssl_says(folder, &verify);
        assert!(!good && said.contains("certificate revoked"), "{said}");
    }
    // The complete list has all of them.
    place.write("all.crl", place.run("certifier crl ca").done());
    let text = openssl(folder, "crl -in all.crl -noout -text");
    assert!(serials.iter().all(|s| text.contains(s)) && !text.contains("Distribution Point"), "{text}");
    // Published together, and told so.
    std::fs::create_dir(place.path("web")).unwrap();
    let web = place.path("web");
    place.write("config.ron", publishing(&web));
    let pushed = place.run("crl push ca").done();
    assert!(pushed.contains("CRL 4 and its 2 parts of certifier ca are published."), "{pushed}");
    assert!(pushed.contains("ca.crl, ca-1.crl, ca-2.crl and as PEM, read back"), "{pushed}");
}

#[test]
fn a_crl_is_published_read_back_and_proved() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    issued(&place, "", 0);
    std::fs::create_dir(place.path("web")).unwrap();
    let err = place.run("crl push ca").refused(1);
    assert!(err.contains("crl_folders"), "{err}");
    let settings = format!(
        "(operator: \"tester\", argon2_mib: 8, argon2_passes: 1, keyring_rounds: 10000,
          crl_folders: {{\"ca\": [\"{}\", \"/no/such/folder\"]}}, crl_commands: {{\"ca\": [\"echo\", \"took\"]}})",
        place.path("web").display()
    );
    place.write("config.ron", settings);
    let due = place.run("crl due");
    assert!(due.code == 3 && due.out.contains("not published"), "{due:#?}");
    let pushed = place.run("crl push ca").done();
    for says in ["not at every target", "read back", "took ", "crl.der", "There is no folder"] {
        assert!(pushed.contains(says), "{says}: {pushed}");
    }
    let signed = std::fs::read(place.path("data/certifiers/ca/crl.der")).unwrap();
    assert_eq!(std::fs::read(place.path("web/ca.crl")).unwrap(), signed);
    assert!(
        std::fs::read_to_string(place.path("web/ca.crl.pem"))
            .unwrap()
            .starts_with("-----BEGIN X509 CRL-----")
    );
    assert_eq!(place.run("crl due").code, 0);

    // An older list that is served is noticed.
    place.with(CA, "crl issue ca --push").done();
    place.write("old.crl", &signed);
    let err = place.run("crl prove ca old.crl").refused(1);
    assert!(err.contains("is CRL 1") && err.contains("2 is the latest"), "{err}");
    let proved = place.run("crl prove ca web/ca.crl.pem").done();
    assert!(proved.contains("is CRL 2"), "{proved}");
    let info = place.run("crl info ca").done();
    assert!(info.contains("proved") && info.contains("file web/ca.crl.pem"), "{info}");
    place.write("x.crl", b"0\x00");
    assert_eq!(place.run("crl prove ca x.crl").code, 1);
    assert!(place.run("audit list").done().contains("CRL proved"));
    assert_eq!(place.run("audit verify").code, 0);
}

#[test]
fn parts_that_certificates_name_are_signed_on_when_there_are_fewer() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    let serials = issued(&place, "--crl-parts 64", 1);
    let folder = place.folder.path();
    // The parts are there from the beginning.
    let text = openssl(folder, "x509 -in h1.pem -noout -text");
    let part = (1..=64).find(|p| text.contains(&format!("/ca-{p}.crl"))).unwrap();
    let part = format!("data/certifiers/ca/crl-{part}.der");
    assert!(place.path(&part).is_file());

    let told = place.with(CA, "certifier amend ca crl-parts=0 --reason few");
    assert!(told.code == 0 && told.err.contains("those parts are signed as before"), "{told:?}");
    let serial = &serials[0];
    place.run(&format!("certificate revoke ca {serial} --reason keyCompromise --confirm {serial}")).done();
    place.with(CA, "crl issue ca").done();
    let text = openssl(folder, &format!("crl -inform DER -in {part} -noout -text"));
    assert!(text.contains(serial.as_str()), "{text}");
    let again = format!("certificate revoke ca {serial} --reason keyCompromise --confirm {serial}");
    assert!(place.run(&again).refused(1).contains("revoked for keyCompromise already"));
    assert_eq!(place.run("crl due").code, 0);
}

#[test]
fn a_crl_fits_the_certificates_that_name_an_earlier_address() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    let serials = issued(&place, "--crl-parts 2", 1);
    let folder = place.folder.path();
    let text = openssl(folder, "x509 -in h1.pem -noout -text");
    let part = (1..=2).find(|p| text.contains(&format!("/ca-{p}.crl"))).unwrap();
    place.with(CA, "certifier amend ca crl-url=http://new.test/next.crl --reason moved").done();
    let serial = &serials[0];
    place.run(&format!("certificate revoke ca {serial} --reason superseded --confirm {serial}")).done();
    place.with(CA, "crl issue ca").done();

    // By the address in the certificate a peer knows which part is about it.
    let text = openssl(folder, &format!("crl -in data/certifiers/ca/crl-{part}.pem -noout -text"));
    for address in [format!("http://new.test/next-{part}.crl"), format!("/ca-{part}.crl")] {
        assert!(text.contains(&address), "{address}: {text}");
    }
    place.write("ca.pem", place.run("certifier certificate ca").done());
    let check = format!(
        "verify -CAfile ca.pem -crl_check -extended_crl -CRLfile data/certifiers/ca/crl-{part}.pem h1.pem"
    );
    let words: Vec<&str> = check.split(' ').collect();
    let out = std::process::Command::new("openssl").args(words).current_dir(folder).output().unwrap();
    let said = String::from_utf8_lossy(&out.stderr);
    assert!(said.contains("certificate revoked"), "{said}");

    // Peers look for it at both.
    let web = place.path("web");
    std::fs::create_dir(&web).unwrap();
    place.write("config.ron", publishing(&web));
    let pushed = place.run("crl push ca").done();
    let names = "next.crl, ca.crl, next-1.crl, ca-1.crl, next-2.crl, ca-2.crl and as PEM, read back";
    assert!(pushed.contains(names), "{pushed}");
    // Not any more when it is the address of another one.
    let other =
        "--password-fd 0 certifier create other --common-name Other --crl-url http://crl.example.test/ca.crl";
    place.words(&other.split(' ').collect::<Vec<_>>(), CA.as_bytes()).done();
    let pushed = place.run("crl push ca").done();
    assert!(
        pushed.contains("web: next.crl, next-1.crl, ca-1.crl, next-2.crl, ca-2.crl and as PEM"),
        "{pushed}"
    );
}

#[test]
fn an_older_crl_never_takes_the_place_of_a_newer_one() {
    let place = Place::new();
    issued(&place, "", 0);
    let web = place.path("web");
    std::fs::create_dir(&web).unwrap();
    place.write("config.ron", publishing(&web));
    let folder = place.folder.path();
    let copy = |from: &str, to: &str| {
        let copied = std::process::Command::new("cp").args(["-a", from, to]).current_dir(folder).status();
        assert!(copied.unwrap().success());
    };
    copy("data", "older");
    place.with(CA, "crl issue ca --push").done();
    let served = std::fs::read(web.join("ca.crl")).unwrap();
    std::fs::remove_dir_all(place.path("data")).unwrap();
    copy("older", "data");
    let err = place.run("crl push ca").refused(1);
    assert!(err.contains("is CRL 2 of") && err.contains("newer than CRL 1"), "{err}");
    assert_eq!(std::fs::read(web.join("ca.crl")).unwrap(), served);
}

/// Settings that publish the CRLs of `ca` in a folder.
fn publishing(web: &std::path::Path) -> String {
    let cheap = "operator: \"tester\", argon2_mib: 8, argon2_passes: 1, keyring_rounds: 10000";
    format!("({cheap}, crl_folders: {{\"ca\": [\"{}\"]}})", web.display())
}
