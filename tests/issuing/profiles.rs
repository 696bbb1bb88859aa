//! What profiles make of requests: every field of a profile as OpenSSL reads it, and each preset's certificate held by
//! strict judges.

use std::path::Path;

use ringmaster::model::bytes::{Der, Serial};
use ringmaster::model::certificate::Extension;
use ringmaster::model::certifier::{Certifier, Policy};
use ringmaster::model::finding::{Severity, Subject};
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::name::AltName;
use ringmaster::model::profile::{Authority, CertificatePolicy, Checking, Profile, Staple};
use ringmaster::model::request::Pkcs10;
use ringmaster::pki::issue::{assemble, from_request, root, to_be_signed, verify};
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{crl, lint, name, request};
use ringmaster::store::document::{embedded_profiles, read_profile};

use super::{certifier, days, now, openssl, reread, write};
use crate::support::tool;

/// A root with its key, whose policy names every address.
fn authority(kind: KeyType) -> (PrivateKey, Certifier) {
    let key = PrivateKey::generate(kind).unwrap();
    let subject = name::build(&[("C", "DE"), ("O", "Example"), ("CN", "Profiles Root")]).unwrap();
    let template = root(subject.clone(), key.info(), serial(), days(-10, 7300)).unwrap();
    let tbs = to_be_signed(&template, &subject, key.algorithm()).unwrap();
    let mut certifier = certifier(reread(&assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap())));
    certifier.policy = Policy {
        crl_url: "http://ca.example.com/root.crl".into(),
        ocsp_url: "http://ocsp.example.com".into(),
        issuer_url: "http://ca.example.com/root.cer".into(),
        ..certifier.policy
    };
    (key, certifier)
}

fn serial() -> Serial {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    bytes[0] = bytes[0] & 0x3f | 0x40;
    Serial(bytes.to_vec())
}

/// A request that the preset accepts.
fn asked(profile: &str, key: &PrivateKey) -> Pkcs10 {
    let dns = vec![AltName::Dns("www.example.com".into()), AltName::Dns("example.com".into())];
    let mail = vec![AltName::Email("ada@example.test".into())];
    let (common, names) = match profile {
        "server" | "public-like" => ("www.example.com", dns),
        "client" | "smime" => ("Ada Example", mail),
        "code-signing" => ("Example Builds", mail),
        "sub-ca" => ("Example Issuing CA", Vec::new()),
        _ => ("Example Responder", Vec::new()),
    };
    let subject =
        name::build(&[("C", "DE"), ("ST", "Berlin"), ("L", "Berlin"), ("O", "Example"), ("CN", common)])
            .unwrap();
    request::read(&request::build(&subject, &names, key).unwrap()).unwrap()
}

fn issue(pkcs10: &Pkcs10, profile: &Profile, key: &PrivateKey, certifier: &Certifier) -> Vec<u8> {
    let limits = (certifier.certificate.not_before, certifier.certificate.not_after);
    let validity = profile.validity(profile.days, now(), limits);
    let template = from_request(pkcs10, profile, certifier, serial(), validity).unwrap();
    let issuer = &certifier.certificate;
    let tbs = to_be_signed(&template, &issuer.subject, key.algorithm()).unwrap();
    let der = assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap());
    verify(&der, &template, &issuer.subject, &issuer.key).unwrap();
    der
}

/// Writes `ca.pem`, `crl.pem`, and the certificate of every preset for this kind of key as `PRESET.pem`; returns their
/// names.
pub(super) fn presets(folder: &Path, authority_kind: KeyType, kind: KeyType) -> Vec<&'static str> {
    let (key, certifier) = authority(authority_kind);
    write(folder, "ca", "CERTIFICATE", &certifier.certificate.der.0);
    let at = now();
    let none = &mut std::iter::empty();
    let tbs =
        crl::to_be_signed(&certifier.certificate, key.algorithm(), 1, at, at.plus_days(7), none).unwrap();
    write(folder, "crl", "X509 CRL", &assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap()));
    let mut written = Vec::new();
    for (name, text) in embedded_profiles() {
        let profile = read_profile(name, text.as_bytes()).unwrap();
        let own = PrivateKey::generate(kind).unwrap();
        let pkcs10 = asked(name, &own);
        let refused = lint::request(&pkcs10, &profile, Subject::Workspace);
        if refused.iter().any(|f| f.rule.starts_with("key.")) {
            continue;
        }
        assert!(refused.iter().all(|f| f.severity < Severity::Error), "{name}: {refused:?}");
        let der = issue(&pkcs10, &profile, &key, &certifier);
        let issued = reread(&der);
        let mut told = lint::certificate(&issued, Subject::Workspace);
        told.extend(lint::of_profile(&issued, &profile, Subject::Workspace));
        assert!(told.iter().all(|f| f.severity < Severity::Warning), "{name}: {told:?}");
        write(folder, name, "CERTIFICATE", &der);
        written.push(name);
    }
    written
}

/// Writes `revoking.pem`, a CRL with every reason, by an authority of this kind of its own.
pub(super) fn revoking(folder: &Path, kind: KeyType) {
    let (key, certifier) = authority(kind);
    let at = now();
    let mut entries =
        Reason::ALL.into_iter().filter(|r| r.code() != 6).map(|r| (serial(), at.plus_days(-1), r));
    let tbs =
        crl::to_be_signed(&certifier.certificate, key.algorithm(), 2, at, at.plus_days(7), &mut entries)
            .unwrap();
    write(folder, "revoking", "X509 CRL", &assemble(&tbs, key.algorithm(), &key.sign(&tbs).unwrap()));
}

#[test]
fn openssl_holds_the_presets_strictly() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    for (ca, kind, expected) in [
        (KeyType::P384, KeyType::Rsa3072, 7),
        (KeyType::P384, KeyType::P256, 7),
        (KeyType::Rsa3072, KeyType::Ed25519, 5),
    ] {
        let written = presets(folder, ca, kind);
        assert_eq!(written.len(), expected, "{kind:?}");
        for name in written {
            let purpose = match name {
                "server" | "public-like" => "sslserver",
                "client" => "sslclient",
                "smime" => "smimesign",
                "ocsp-signer" => "ocsphelper",
                _ => "any",
            };
            let strict = ["-x509_strict", "-crl_check", "-CRLfile", "crl.pem", "-purpose", purpose];
            openssl(
                folder,
                &[&["verify"], &strict[..], &["-CAfile", "ca.pem", &format!("{name}.pem")]].concat(),
            );
        }
    }
}

#[test]
fn every_field_of_a_profile_is_what_openssl_reads() {
    let Some(_) = tool("openssl") else { return };
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (key, certifier) = authority(KeyType::P256);
    let own = PrivateKey::generate(KeyType::P256).unwrap();
    let mut pkcs10 = asked("server", &own);
    let wish =
        |oid: &str, value: &[u8]| Extension { oid: oid.into(), critical: false, value: Der(value.to_vec()) };
    pkcs10.extensions.push(wish("1.3.6.1.5.5.7.1.24", &[0x30, 3, 2, 1, 5]));
    pkcs10.extensions.push(wish("1.2.3.4.5", b"\x0c\x04kept"));
    pkcs10.extensions.push(wish("1.2.3.4.6", b"\x0c\x04lost"));
    let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let shown = |profile: &Profile| {
        assert_eq!(profile.contradiction(), None);
        write(folder, "leaf", "CERTIFICATE", &issue(&pkcs10, profile, &key, &certifier));
        openssl(folder, &["x509", "-in", "leaf.pem", "-noout", "-text", "-nameopt", "RFC2253"])
    };
    let full = Profile {
        alt_names: list("dns"),
        extended: list("1.3.6.1.5.5.7.3.8"),
        extended_critical: true,
        copied_subject: list("CN O"),
        copied_extensions: list("1.2.3.4.5"),
        must_staple: Staple::Asked,
        crl_urls: list("http://own.example.test/a.crl http://own.example.test/b.crl"),
        policies: vec![
            CertificatePolicy { oid: "1.2.3.4".into(), cps: "https://example.test/cps".into() },
            CertificatePolicy { oid: "1.2.3.5".into(), cps: String::new() },
        ],
        subject_key_id: false,
        ..Profile::default()
    };
    let text = shown(&full);
    for part in [
        "Subject: CN=www.example.com,O=Example\n",
        "X509v3 Extended Key Usage: critical\n                Time Stamping",
        "URI:http://own.example.test/a.crl\n",
        "URI:http://own.example.test/b.crl\n",
        "OCSP - URI:http://ocsp.example.com\n",
        "CA Issuers - URI:http://ca.example.com/root.cer\n",
        "Policy: 1.2.3.4\n                  CPS: https://example.test/cps",
        "Policy: 1.2.3.5\n",
        "TLS Feature: \n                status_request",
        "1.2.3.4.5: \n                ..kept",
        "X509v3 Authority Key Identifier",
        "CA:FALSE",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
    for part in ["Subject Key Identifier", "1.2.3.4.6", "http://ca.example.com/root.crl"] {
        assert!(!text.contains(part), "{part}\n{text}");
    }
    for (checking, part) in [(Checking::NoCheck, "OCSP No Check"), (Checking::NotAvailable, "2.5.29.56")] {
        let text = shown(&Profile { checking, must_staple: Staple::Never, ..Profile::default() });
        let text = text.replace("X509v3 No Revocation Available", "2.5.29.56");
        assert!(text.contains(part), "{part}\n{text}");
        for part in ["root.crl", "OCSP - URI", "status_request"] {
            assert!(!text.contains(part), "{part}\n{text}");
        }
        assert!(text.contains("CA Issuers"), "{text}");
    }
    let authority = Authority {
        path_length: Some(0),
        permitted: list("dns:example.test ip:10.0.0.0/8"),
        excluded: list("email:secret.test"),
    };
    let sign = || list("keyCertSign cRLSign");
    let authority = Profile {
        authority: Some(authority),
        key_usage_rsa: sign(),
        key_usage_other: sign(),
        ..Profile::default()
    };
    let text = shown(&authority);
    for part in [
        "X509v3 Basic Constraints: critical\n                CA:TRUE, pathlen:0",
        "X509v3 Name Constraints: critical",
        "DNS:example.test",
        "IP:10.0.0.0/255.0.0.0",
        "email:secret.test",
    ] {
        assert!(text.contains(part), "{part}\n{text}");
    }
}
