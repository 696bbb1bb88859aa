//! Foreign requests are read as they are, and ours are read by `openssl`.

pub(crate) mod kinds;

use std::process::Command;

use ringmaster::model::key::KeyType;
use ringmaster::model::name::{AltName, Name};
use ringmaster::model::request::{self, Pkcs10};
use ringmaster::model::secret::Secret;
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{name, pem, request as pkcs10};

use super::support::{run, tool};
use kinds::{Kind, Proof, kinds};

/// Every kind is read, its subject keeps its bytes, its key is described and its signature judged.
#[test]
fn every_kind_is_read() {
    let dir = tempfile::tempdir().unwrap();
    let Some(kinds) = kinds(dir.path()) else { return };
    for kind in &kinds {
        let read = pkcs10::read(&kind.der).unwrap_or_else(|e| panic!("{}: {e}", kind.name));
        assert_eq!(read.der.0, kind.der, "{}", kind.name);
        assert_eq!(read.key.algorithm, kind.key, "{}", kind.name);
        let proof = match &read.proof {
            request::Proof::Good => Proof::Good,
            request::Proof::Weak(_) => Proof::Weak,
            request::Proof::Bad => Proof::Bad,
            request::Proof::CannotCheck(_) => Proof::CannotCheck,
        };
        assert_eq!(proof, kind.proof, "{}: {:?}", kind.name, read.proof);
        assert_subject_is_exact(kind, &read);
        let found = pem::find(pem::write("CERTIFICATE REQUEST", &kind.der).as_bytes()).unwrap();
        assert_eq!(found.requests, [read], "{}", kind.name);
    }
}

/// The subject asked of `openssl asn1parse`, not of our reader: its bytes must be those of the request.
fn assert_subject_is_exact(kind: &Kind, read: &Pkcs10) {
    let dir = tempfile::tempdir().unwrap();
    let (request, subject) = (dir.path().join("r.der"), dir.path().join("s.der"));
    std::fs::write(&request, &kind.der).unwrap();
    let openssl = tool("openssl").unwrap();
    let listing = run(Command::new(&openssl).args(["asn1parse", "-inform", "DER", "-in"]).arg(&request));
    let listing = String::from_utf8_lossy(&listing.stdout).into_owned();
    // The first SEQUENCE at depth 2 is the subject, the second the key.
    let line = listing.lines().find(|l| l.contains("d=2") && l.contains("cons: SEQUENCE")).unwrap();
    let offset = line.split(':').next().unwrap().trim();
    let mut cut = Command::new(&openssl);
    cut.args(["asn1parse", "-inform", "DER", "-noout", "-strparse", offset, "-in"]).arg(&request);
    run(cut.arg("-out").arg(&subject));
    let exact = std::fs::read(&subject).unwrap();
    // -strparse of a SEQUENCE writes its content.
    assert!(
        read.subject.der.0.ends_with(&exact) && read.subject.der.0.len() <= exact.len() + 4,
        "{}",
        kind.name
    );
}

/// What is special about each kind arrives in the fields.
#[test]
fn the_special_fields_arrive() {
    let dir = tempfile::tempdir().unwrap();
    let Some(kinds) = kinds(dir.path()) else { return };
    let read = |name: &str| pkcs10::read(&kinds.iter().find(|k| k.name == name).unwrap().der).unwrap();

    assert_eq!(read("two DC and two OU").subject.text(), "CN=a,OU=B,OU=A,DC=example,DC=test");
    assert_eq!(read("multi-valued RDN").subject.text(), "CN=a+UID=7,O=Example");
    assert_eq!(read("empty subject").subject, Name { der: read("empty subject").subject.der, rdns: vec![] });
    for (kind, tag, cn) in [("BMPString", 0x1e, "\u{6771}\u{4eac}"), ("T61String", 0x14, "Z\u{fc}rich")] {
        let subject = read(kind).subject;
        assert_eq!(subject.common_name(), Some(cn));
        assert!(subject.der.0.windows(4).any(|w| w == [0x55, 4, 3, tag]), "{kind} was not made as such");
    }
    let other = |kind: &str, value: &str| AltName::Other(kind.into(), value.into());
    let dns = AltName::Dns("a.example.test".into());
    assert_eq!(read("directoryName").alt_names, [dns.clone(), other("directoryName", "CN=Name,O=Inner")]);
    assert_eq!(read("registeredID").alt_names, [other("registeredID", "1.2.3.4"), dns.clone()]);

    let secret = read("challengePassword and unstructuredName");
    assert_eq!(secret.attributes, ["unstructuredName: rack 7", "challengePassword"]);
    let many = read("SKI, policies, tlsfeature, own OID");
    let oids: Vec<&str> = many.extensions.iter().map(|e| e.oid.as_str()).collect();
    assert_eq!(oids, ["2.5.29.14", "2.5.29.32", "1.3.6.1.5.5.7.1.24", "1.2.3.4.5", "2.5.29.17"]);
    assert_eq!(
        many.alt_names,
        [dns, AltName::Ip("192.0.2.1".into()), AltName::Email("a@example.test".into())]
    );
    let ca = read("CA:TRUE");
    assert!(ca.extensions.iter().any(|e| e.oid == "2.5.29.19" && e.critical));
    assert_eq!(read("no extensions").extensions, []);
    assert_eq!(read("RSA-PSS with a long salt").signature, "RSA-PSS SHA-256 (salt of 222 bytes)");
}

/// OpenSSL opens every sealed key, and accepts a request made with it.
#[test]
fn openssl_reads_our_keys_and_requests() {
    let Some(openssl) = tool("openssl") else { return };
    let dir = tempfile::tempdir().unwrap();
    let (file, word, csr) = (dir.path().join("key.pem"), dir.path().join("word"), dir.path().join("a.csr"));
    std::fs::write(&word, "pa55 w\u{f6}rd\n").unwrap();
    let subject =
        name::build(&[("C", "DE"), ("DC", "test"), ("DC", "example"), ("CN", "Z\u{fc}rich")]).unwrap();
    let names = [AltName::Dns("a.example.test".into()), AltName::Ip("192.0.2.1".into())];
    for kind in KeyType::ALL {
        let key = PrivateKey::generate(kind).unwrap();
        std::fs::write(&file, key.seal(&Secret::new("pa55 w\u{f6}rd".into()), 10_000).unwrap()).unwrap();
        let mut pkey = Command::new(&openssl);
        pkey.args(["pkey", "-pubout", "-outform", "DER", "-passin"]).arg(format!("file:{}", word.display()));
        let public = run(pkey.arg("-in").arg(&file)).stdout;
        assert_eq!(public, key.info().spki.0, "{kind:?}");

        std::fs::write(
            &csr,
            pem::write("CERTIFICATE REQUEST", &pkcs10::build(&subject, &names, &key).unwrap()),
        )
        .unwrap();
        let mut req = Command::new(&openssl);
        req.args(["req", "-verify", "-noout", "-text", "-nameopt", "RFC2253,utf8,-esc_msb", "-in"]).arg(&csr);
        let output = run(&mut req);
        let said = String::from_utf8_lossy(&output.stdout);
        let verdict = String::from_utf8_lossy(&output.stderr);
        assert!(verdict.to_lowercase().contains("verify ok"), "{kind:?}: {verdict}");
        assert!(said.contains("CN=Z\u{fc}rich,DC=example,DC=test,C=DE"), "{kind:?}: {said}");
        assert!(said.contains("DNS:a.example.test, IP Address:192.0.2.1"), "{kind:?}: {said}");
    }
}

/// Keys that OpenSSL sealed or wrote in older forms are opened here.
#[test]
fn openssl_keys_are_read() {
    let Some(openssl) = tool("openssl") else { return };
    let dir = tempfile::tempdir().unwrap();
    let (plain, sealed, word) = (dir.path().join("p"), dir.path().join("s"), dir.path().join("w"));
    std::fs::write(&word, "secret\n").unwrap();
    let secret = Secret::new("secret".into());
    for curve in ["RSA", "P-256", "P-521"] {
        let mut make = Command::new(&openssl);
        match curve {
            "RSA" => make.args(["genpkey", "-algorithm", "RSA", "-out"]),
            _ => make
                .args(["genpkey", "-algorithm", "EC", "-pkeyopt"])
                .arg(format!("ec_paramgen_curve:{curve}"))
                .arg("-out"),
        };
        run(make.arg(&plain));
        let mut traditional = Command::new(&openssl);
        traditional.args(["pkey", "-traditional", "-outform", "DER", "-in"]).arg(&plain);
        let key = PrivateKey::read(&run(&mut traditional).stdout).unwrap();
        for options in [&["-v2", "aes256"][..], &["-v2", "aes128", "-v2prf", "hmacWithSHA512"], &["-scrypt"]]
        {
            let mut seal = Command::new(&openssl);
            seal.args(["pkcs8", "-topk8", "-passout"]).arg(format!("file:{}", word.display())).args(options);
            run(seal.arg("-in").arg(&plain).arg("-out").arg(&sealed));
            let opened = PrivateKey::open(&std::fs::read_to_string(&sealed).unwrap(), &secret);
            assert_eq!(opened.unwrap().info(), key.info(), "{options:?}");
        }
    }
}
