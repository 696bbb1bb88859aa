//! `ringmaster verify`: one report for a keyring, a file, a certificate and a pasted chain, at any date.

use crate::cli::Place;
use crate::support::{openssl, tool};

fn chain(place: &Place) {
    let folder = place.path("");
    let make = |name: &str, issuer: &str, days: u32, extensions: &str| {
        std::fs::write(folder.join("e.cnf"), format!("[e]\n{extensions}\n")).unwrap();
        openssl(&folder, &format!("genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out {name}.key"));
        openssl(&folder, &format!("req -new -key {name}.key -subj /CN={name} -out {name}.csr"));
        let by = if name == issuer {
            format!("-signkey {name}.key")
        } else {
            format!("-CA {issuer}.pem -CAkey {issuer}.key -CAcreateserial")
        };
        openssl(
            &folder,
            &format!(
                "x509 -req -in {name}.csr -days {days} -extfile e.cnf -extensions e -out {name}.pem {by}"
            ),
        );
    };
    let ids = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid:always";
    let ca = format!("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n{ids}");
    let access = "authorityInfoAccess=caIssuers;URI:http://ca.example.test/mid.cer";
    make("top", "top", 3000, &ca);
    make("mid", "top", 400, &ca);
    make(
        "leaf",
        "mid",
        90,
        &format!("subjectAltName=DNS:www.example.test\nextendedKeyUsage=serverAuth\n{access}\n{ids}"),
    );
}

/// Joins files of the place.
fn bundle(place: &Place, name: &str, parts: &[&str]) {
    let text: String = parts.iter().map(|p| std::fs::read_to_string(place.path(p)).unwrap()).collect();
    place.write(name, text);
}

#[test]
fn a_bundle_is_explained_in_every_state_it_can_be_in() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    chain(&place);
    for (parts, state, trusted, words) in [
        (&["leaf.pem", "mid.pem"][..], "without-root", true, "complete except for the root"),
        (&["leaf.pem", "mid.pem", "top.pem"], "with-root", true, "a server need not send it"),
        (&["leaf.pem"], "leaf-only", false, "http://ca.example.test/mid.cer"),
        (&["mid.pem", "leaf.pem"], "without-root", true, "the order is 2, 1"),
        (&["leaf.pem", "mid.pem", "mid.pem"], "without-root", true, "more than once"),
        (&["leaf.pem", "mid.pem", "other.pem"], "without-root", true, "does not belong to this chain"),
        (&["top.pem"], "self-signed", false, "certificate of an authority"),
    ] {
        if parts.contains(&"other.pem") {
            let folder = place.path("");
            openssl(
                &folder,
                "req -x509 -newkey rsa:2048 -nodes -keyout o.key -subj /CN=other -out other.pem",
            );
        }
        bundle(&place, "bundle.pem", parts);
        let ended = place.run("verify bundle.pem --roots top.pem");
        assert_eq!(ended.code, if trusted { 0 } else { 3 }, "{parts:?}: {ended:#?}");
        assert!(ended.out.contains(words), "{parts:?} {words}: {}", ended.out);
        let json = place.run("--json verify bundle.pem --roots top.pem").out;
        let json: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(
            (json["bundle"]["state"].as_str(), json["trusted"].as_bool()),
            (Some(state), Some(trusted))
        );
    }
}

#[test]
fn a_date_and_a_host_are_chosen_and_the_end_is_told() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    chain(&place);
    bundle(&place, "bundle.pem", &["leaf.pem", "mid.pem"]);
    let verify = |more: &str| place.run(&format!("verify bundle.pem --roots top.pem {more}"));
    let good = verify("--host www.example.test --at +89d").done();
    assert!(good.contains("then leaf expires") && good.contains("(in 89 days)"), "{good}");
    let late = verify("--at +91d");
    assert!(
        late.code == 3 && late.out.contains("expired on") && late.out.contains("did verify from"),
        "{late:#?}"
    );
    let early = verify("--at -1y");
    assert!(early.code == 3 && early.out.contains("verifies from"), "{early:#?}");
    let host = verify("--host mail.example.test");
    assert!(host.code == 3 && host.out.contains("does not name mail.example.test"), "{host:#?}");
    for bad in ["tomorrow", "2027-02-30", "+5"] {
        assert!(verify(&format!("--at {bad}")).refused(2).contains("write 2027-03-01"));
    }
    place.run("verify").refused(2);
    place.run("verify bundle.pem --keyring mail").refused(2);
    place
        .words(&["verify", "-", "--roots", "top.pem"], &std::fs::read(place.path("bundle.pem")).unwrap())
        .done();
}

#[test]
fn a_keyring_and_its_file_and_its_certificate_are_verified_alike() {
    let place = Place::furnished();
    let ring = place.run("verify --keyring mail --host mail.example.test").done();
    assert!(ring.contains("Trusting      trusted roots of keyring mail (1 certificate)"), "{ring}");
    assert!(
        ring.contains("trusted root (certifier root)") && ring.contains("Verdict       trusted"),
        "{ring}"
    );
    let found =
        std::process::Command::new("find").arg(place.path("")).args(["-name", "mail.kyr"]).output().unwrap();
    let path = String::from_utf8(found.stdout).unwrap();
    let file = place.run(&format!("verify {}", path.trim())).done();
    assert!(
        file.contains("trusted roots of keyring mail") && file.contains("Verdict       trusted"),
        "{file}"
    );
    let list = place.run("--json certificate list").json();
    let serial = list[0]["serial"].as_str().unwrap().to_owned();
    let one = place.run(&format!("verify --certificate {serial}"));
    assert!(one.out.contains("Verifying     certificate "), "{one:#?}");
    // What the ring of another lacks is found in this workspace.
    let pem = place.run("keyring export mail").done();
    place.write("alone.pem", &pem);
    assert!(place.run("verify alone.pem").done().contains("certifier root"));
    let system = place.run("verify alone.pem --system-roots");
    if std::path::Path::new("/etc/ssl/certs/ca-certificates.crt").exists() {
        assert_eq!(system.code, 3);
        assert!(system.out.contains("certifier root has it; once it is trusted as a root"), "{}", system.out);
    }
    // A date after the CRL's end is no reason by itself.
    place.with("ca-pass\n", "crl issue root").done();
    let later = place.run("verify --keyring mail --at +60d").done();
    assert!(later.contains("not revoked as known now"), "{later}");
}

#[test]
fn a_hostile_bundle_ends_soon() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::new();
    chain(&place);
    let folder = place.path("");
    let mut all = std::fs::read_to_string(place.path("leaf.pem")).unwrap();
    for _ in 0..200 {
        openssl(
            &folder,
            "x509 -req -in mid.csr -CA mid.pem -CAkey mid.key -days 9 -extfile e.cnf -extensions e -out again.pem",
        );
        all += &std::fs::read_to_string(place.path("again.pem")).unwrap();
    }
    place.write("bundle.pem", all);
    let ended = place.run("verify bundle.pem --roots top.pem");
    assert_eq!(ended.code, 3);
    assert!(ended.out.contains("more remarks about the bundle"), "{}", ended.out);
}

#[test]
fn an_authority_asked_about_alone_is_judged_as_one() {
    let Some(_) = tool("openssl") else { return };
    let place = Place::furnished();
    chain(&place);
    let good = place.run("verify mid.pem --roots top.pem").done();
    assert!(good.contains("an authority: no server can use it as its own"), "{good}");
    assert!(good.contains("Verdict       trusted"), "{good}");
    // A host asks for a server's certificate, and without its root nothing is trusted.
    let host = place.run("verify mid.pem --roots top.pem --host mid");
    assert!(host.code == 3 && host.out.contains("TLS refuses it as a server's own"), "{}", host.out);
    let alone = place.run("verify mid.pem");
    assert!(alone.code == 3 && alone.out.contains("Missing"), "{}", alone.out);
    let late = place.run("verify mid.pem --roots top.pem --at +500d");
    assert!(late.code == 3 && late.out.contains("NOT TRUSTED: mid: expired"), "{}", late.out);
}
