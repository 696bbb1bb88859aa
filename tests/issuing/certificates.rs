//! Certificates from several kinds of issuers for several kinds of requests: names and keys stay byte for byte what
//! they were, and OpenSSL accepts the result.

use std::path::Path;
use std::process::Command;

use ringmaster::model::bytes::Serial;
use ringmaster::model::finding::{Severity, Subject};
use ringmaster::model::key::KeyType;
use ringmaster::model::request::Pkcs10;
use ringmaster::pki::issue::{Template, assemble, from_request, preview, root, to_be_signed, verify};
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{lint, name, request};

use super::{certifier, days, fields, key, openssl, private_key, profile, read, write};
use crate::support::{run, tool};

/// (name, key options, name section of the configuration)
const ISSUERS: &[(&str, &str, &str)] = &[
    ("doubled", "-algorithm RSA", "1.DC=org\n2.DC=example\n1.OU=A\n2.OU=B\nCN=Doubled"),
    ("t61", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256", "C=DE\nO=Zürich\nCN=T61"),
    ("bmp", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521", "O=東京\nCN=BMP"),
    ("several", "-algorithm EC -pkeyopt ec_paramgen_curve:P-384", "O=Org\nOU=One\n+CN=Several"),
    ("edwards", "-algorithm ED25519", "CN=Edwards"),
];

const REQUESTS: &[(&str, &str, &str, &str)] = &[
    ("rsa", "-algorithm RSA", "C=DE\nO=Org\nCN=www.example.test", "DNS:www.example.test,IP:10.0.0.1,IP:::1"),
    (
        "p256",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "CN=a.test",
        "DNS:a.test,email:a@a.test,URI:https://a.test/",
    ),
    (
        "p384",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-384",
        "1.DC=org\n2.DC=example\n1.OU=A\n2.OU=B",
        "DNS:b.test,dirName:dn",
    ),
    (
        "p521",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-521",
        "O=Org\nOU=x\n+CN=c.test",
        "DNS:c.test,RID:1.2.3.4",
    ),
    ("ed25519", "-algorithm ED25519", "CN=d.test", "DNS:d.test,otherName:1.2.3.4;UTF8:other"),
    ("ed448", "-algorithm ED448", "CN=e.test", "DNS:e.test"),
    ("koblitz", "-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "CN=f.test", "DNS:f.test"),
    (
        "brainpool",
        "-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1",
        "O=Zürich\nCN=g.test",
        "DNS:g.test",
    ),
    ("pss", "-algorithm RSA-PSS", "O=東京\nCN=h.test", "DNS:h.test"),
    ("short", "-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "CN=i.test", "DNS:i.test"),
    ("nameless", "-algorithm RSA", "", "DNS:j.test"),
    ("bare", "-algorithm RSA", "CN=k.test", ""),
];

fn configuration(folder: &Path, file: &str, name: &str, extensions: &str) {
    let text = format!(
        "[req]\nprompt=no\nutf8=yes\nstring_mask=default\ndistinguished_name=n\nreq_extensions=e\nx509_extensions=e\n\
         [n]\n{name}\n[e]\n{extensions}\n[dn]\nC=DE\nO=Directory\n"
    );
    std::fs::write(folder.join(file), text).unwrap();
}

fn authority(folder: &Path, (file, options, subject): (&str, &str, &str)) {
    key(folder, file, options);
    let extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n\
                      subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid";
    configuration(folder, "ca.cnf", subject, extensions);
    let (key, out) = (format!("{file}.key"), format!("{file}.pem"));
    openssl(
        folder,
        &["req", "-x509", "-new", "-config", "ca.cnf", "-days", "3000", "-key", &key, "-out", &out],
    );
}

fn asked(folder: &Path, (file, options, subject, names): (&str, &str, &str, &str)) -> Pkcs10 {
    key(folder, file, options);
    let names = if names.is_empty() { String::new() } else { format!("subjectAltName={names}\n") };
    // Wishes that must not be granted ride along.
    let wishes = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n1.2.3.4.5=ASN1:UTF8:wish";
    configuration(folder, "csr.cnf", subject, &format!("{names}{wishes}"));
    let (key, out) = (format!("{file}.key"), format!("{file}.csr"));
    let subj: &[&str] = if subject.is_empty() { &["-subj", "/"] } else { &[] };
    let fixed = ["req", "-new", "-config", "csr.cnf", "-key", &key, "-outform", "DER", "-out", &out];
    openssl(folder, &[&fixed[..], subj].concat());
    request::read(&std::fs::read(folder.join(out)).unwrap()).unwrap()
}

fn serial(n: u8) -> Serial {
    Serial([&[0x40 + n][..], &[n; 19]].concat())
}

#[test]
fn names_and_keys_go_in_byte_for_byte_and_openssl_accepts_them() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut all: Vec<(&str, Pkcs10)> = REQUESTS.iter().map(|r| (r.0, asked(folder, *r))).collect();
    for kind in crate::requests::kinds::kinds(folder).unwrap() {
        let pkcs10 = request::read(&kind.der).unwrap();
        let findings = lint::request(&pkcs10, &profile(), Subject::Workspace);
        if findings.iter().all(|f| f.severity < Severity::Error) {
            all.push((kind.name, pkcs10));
        }
    }
    assert!(all.len() > REQUESTS.len() + 10, "most kinds are accepted");
    for issuer in ISSUERS {
        authority(folder, *issuer);
        let (signer, authority) = (private_key(folder, issuer.0), certifier(read(folder, issuer.0)));
        for (n, (kind, pkcs10)) in (0..).zip(&all) {
            let template = from_request(pkcs10, &profile(), &authority, serial(n), days(-1, 90)).unwrap();
            let name = &authority.certificate.subject;
            let tbs = to_be_signed(&template, name, signer.algorithm()).unwrap();
            let seen = preview(&tbs, signer.algorithm()).unwrap();
            let der = assemble(&tbs, signer.algorithm(), &signer.sign(&tbs).unwrap());
            let issued = verify(&der, &template, name, &authority.certificate.key).unwrap();
            assert_eq!((&issued.subject, &issued.extensions), (&seen.subject, &seen.extensions));

            let (certificate, csr, ca) =
                (fields(&der), fields(&pkcs10.der.0), fields(&authority.certificate.der.0));
            assert_eq!(certificate[3], ca[5], "issuer of {kind} by {}", issuer.0);
            assert_eq!(certificate[5], csr[1], "subject of {kind}");
            assert_eq!(certificate[6], csr[2], "key of {kind}");
            assert_eq!(issued.alt_names, pkcs10.alt_names, "{kind}");
            assert!(!issued.is_ca() && issued.extensions.iter().all(|e| e.oid != "1.2.3.4.5"), "{kind}");

            write(folder, "leaf", "CERTIFICATE", &der);
            let ca = format!("{}.pem", issuer.0);
            let strict = ["-x509_strict", "-purpose", "sslserver", "-auth_level", "0"];
            openssl(folder, &[&["verify"], &strict[..], &["-CAfile", &ca, "leaf.pem"]].concat());
            let text = openssl(folder, &["x509", "-in", "leaf.pem", "-noout", "-text"]);
            assert!(text.contains("CA:FALSE") && text.contains("http://crl.example.test/a.crl"), "{text}");
            std::fs::write(folder.join("csr.der"), &pkcs10.der.0).unwrap();
            let asked = openssl(folder, &["req", "-in", "csr.der", "-inform", "DER", "-noout", "-pubkey"]);
            assert_eq!(openssl(folder, &["x509", "-in", "leaf.pem", "-noout", "-pubkey"]), asked, "{kind}");
        }
    }
}

#[test]
fn a_root_of_our_own_signs_and_openssl_holds_it_strictly() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let asked = asked(folder, REQUESTS[0]);
    for kind in [KeyType::Rsa2048, KeyType::P256, KeyType::P384, KeyType::P521, KeyType::Ed25519] {
        let key = PrivateKey::generate(kind).unwrap();
        let subject = name::build(&[("C", "DE"), ("O", "Zürich"), ("CN", "Own Root")]).unwrap();
        let template = root(subject, key.info(), serial(1), days(-1, 3650)).unwrap();
        let sign = |template: &Template| {
            let tbs = to_be_signed(template, &template.subject, key.algorithm()).unwrap();
            assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap())
        };
        let der = sign(&template);
        let own = verify(&der, &template, &template.subject, key.info()).unwrap();
        let findings = lint::certificate(&own, Subject::Certificate(own.sha256));
        assert!(findings.iter().all(|f| f.severity < Severity::Warning), "{findings:#?}");
        write(folder, "root", "CERTIFICATE", &der);
        openssl(folder, &["verify", "-x509_strict", "-check_ss_sig", "-CAfile", "root.pem", "root.pem"]);

        let authority = certifier(own);
        let template = from_request(&asked, &profile(), &authority, serial(2), days(-1, 90)).unwrap();
        let name = &authority.certificate.subject;
        let tbs = to_be_signed(&template, name, key.algorithm()).unwrap();
        let der = assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap());
        let leaf = verify(&der, &template, name, key.info()).unwrap();
        let findings = lint::certificate(&leaf, Subject::Certificate(leaf.sha256));
        assert!(findings.iter().all(|f| f.severity < Severity::Warning), "{findings:#?}");
        write(folder, "leaf", "CERTIFICATE", &der);
        openssl(
            folder,
            &["verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", "root.pem", "leaf.pem"],
        );
    }
}

#[test]
fn only_the_kinds_of_names_that_the_profile_takes_go_in() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    authority(folder, ISSUERS[1]);
    let authority = certifier(read(folder, ISSUERS[1].0));
    let pkcs10 = asked(folder, REQUESTS[1]);
    let mut profile = profile();
    profile.alt_names = vec!["dns".into()];
    let template = from_request(&pkcs10, &profile, &authority, serial(1), days(0, 1)).unwrap();
    let names = template.extensions.iter().find(|e| e.oid == "2.5.29.17").unwrap();
    assert_eq!(names.value.0, b"\x30\x08\x82\x06a.test");

    profile.alt_names.clear();
    let template = from_request(&pkcs10, &profile, &authority, serial(1), days(0, 1)).unwrap();
    assert!(template.extensions.iter().all(|e| e.oid != "2.5.29.17"));
    let nameless = asked(folder, *REQUESTS.iter().find(|r| r.0 == "nameless").unwrap());
    assert!(from_request(&nameless, &profile, &authority, serial(1), days(0, 1)).is_err());
}

#[test]
fn a_certificate_that_is_not_what_was_approved_is_not_handed_out() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let other = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = name::build(&[("CN", "Root")]).unwrap();
    let template = root(subject.clone(), key.info(), serial(1), days(0, 10)).unwrap();
    let sign = |template: &Template, by: &PrivateKey| {
        let tbs = to_be_signed(template, &subject, by.algorithm()).unwrap();
        assemble(&tbs, by.algorithm(), &by.sign(&tbs).unwrap())
    };
    assert!(verify(&sign(&template, &key), &template, &subject, key.info()).is_ok());
    assert!(verify(&sign(&template, &other), &template, &subject, key.info()).is_err());
    let mut longer = template.clone();
    longer.validity.not_after.0 += 1;
    assert!(verify(&sign(&longer, &key), &template, &subject, key.info()).is_err());
    let mut more = template.clone();
    more.extensions.pop();
    assert!(verify(&sign(&more, &key), &template, &subject, key.info()).is_err());
    let mut bytes = sign(&template, &key);
    bytes.push(0);
    assert!(verify(&bytes, &template, &subject, key.info()).is_err());
}

#[test]
fn what_rfc_5280_forbids_is_not_encoded() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = name::build(&[("CN", "Root")]).unwrap();
    let good = root(subject.clone(), key.info(), serial(1), days(0, 10)).unwrap();
    let empty =
        ringmaster::model::name::Name { der: ringmaster::model::bytes::Der(vec![0x30, 0]), rdns: vec![] };
    let encode = |t: &Template| to_be_signed(t, &subject, key.algorithm());
    assert!(encode(&good).is_ok());
    assert!(to_be_signed(&good, &empty, key.algorithm()).is_err());
    assert!(root(empty, key.info(), serial(1), days(0, 10)).is_err());
    let spoil = |change: &dyn Fn(&mut Template)| {
        let mut t = good.clone();
        change(&mut t);
        encode(&t).is_err()
    };
    assert!(spoil(&|t| t.serial.0[0] = 0x80));
    assert!(spoil(&|t| t.serial.0.push(1)));
    assert!(spoil(&|t| t.validity.not_after.0 = t.validity.not_before.0 - 1));
    assert!(spoil(&|t| t.extensions.push(t.extensions[0].clone())));
    assert!(spoil(&|t| t.spki.0.push(0)));
    assert!(spoil(&|t| t.extensions[0].oid = "not.an.oid".into()));
    let mut far = good.clone();
    far.validity.not_after.0 = 253_402_300_799;
    let der = assemble(&encode(&far).unwrap(), key.algorithm(), &[]);
    assert_eq!(super::reread(&der).not_after.text(), "9999-12-31 23:59:59 UTC");
    if tool("openssl").is_some() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "far", "CERTIFICATE", &der);
        let text = run(Command::new("openssl")
            .current_dir(&folder)
            .args(["x509", "-in", "far.pem", "-noout", "-enddate"]));
        assert_eq!(String::from_utf8_lossy(&text.stdout), "notAfter=Dec 31 23:59:59 9999 GMT\n");
    }
}
