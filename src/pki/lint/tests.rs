//! What lint tells of requests, rule by rule.

use std::sync::OnceLock;

use super::*;
use crate::model::bytes::{Der, Digest};
use crate::model::certificate::Extension;
use crate::model::key::{KeyInfo, KeyType};
use crate::model::name::{Attribute, Name};
use crate::model::request::RequestId;
use crate::pki::der::wrap;
use crate::pki::key::PrivateKey;

fn profile() -> Profile {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    Profile {
        name: "server".into(),
        title: String::new(),
        version: 1,
        days: 90,
        max_days: 398,
        calendar: Vec::new(),
        backdate: 0,
        key_usage_rsa: words("digitalSignature"),
        key_usage_other: words("digitalSignature"),
        extended: words("1.3.6.1.5.5.7.3.1"),
        alt_names: words("dns ip"),
        names_needed: true,
        min_rsa: 2048,
        keys: words("P-256 Ed25519"),
        ..Profile::default()
    }
}

fn rsa(modulus: &[u8], exponent: &[u8], bits: u32) -> KeyInfo {
    let numbers = wrap(0x30, &[wrap(2, modulus), wrap(2, exponent)].concat());
    let oid = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";
    let bits_string = wrap(3, &[&[0][..], &numbers].concat());
    let spki = wrap(0x30, &[&oid[..], &bits_string].concat());
    KeyInfo { algorithm: format!("RSA {bits}"), bits, spki: Der(spki), sha256: Digest::default() }
}

/// A key of this kind; there is one of each.
fn of_kind(kind: KeyType) -> KeyInfo {
    static KEYS: OnceLock<[KeyInfo; 2]> = OnceLock::new();
    let make = |kind| PrivateKey::generate(kind).unwrap().info().clone();
    let [curve, edwards] = KEYS.get_or_init(|| [KeyType::P256, KeyType::Ed25519].map(make));
    if kind == KeyType::Ed25519 { edwards.clone() } else { curve.clone() }
}

fn good() -> Pkcs10 {
    let key = of_kind(KeyType::P256);
    Pkcs10 {
        der: Der::default(),
        sha256: Digest::default(),
        subject: subject("2.5.4.3", "www.example.test"),
        key,
        alt_names: vec![AltName::Dns("www.example.test".into())],
        extensions: Vec::new(),
        attributes: Vec::new(),
        signature: "ECDSA SHA-256".into(),
        proof: Proof::Good,
    }
}

fn subject(oid: &str, value: &str) -> Name {
    Name { der: Der::default(), rdns: vec![vec![Attribute { oid: oid.into(), value: value.into() }]] }
}

/// The rules that tell something at this severity or above.
fn told(pkcs10: &Pkcs10, from: Severity) -> Vec<String> {
    let findings = request(pkcs10, &profile(), Subject::Request(RequestId(1)));
    findings.into_iter().filter(|f| f.severity >= from).map(|f| f.rule).collect()
}

#[test]
fn a_good_request_is_told_nothing() {
    assert_eq!(told(&good(), Severity::Info), [""; 0]);
}

#[test]
fn keys_are_judged() {
    let with = |key: KeyInfo| told(&Pkcs10 { key, ..good() }, Severity::Warning);
    let e = [1, 0, 1];
    // The first odd number above 2^2047 without a small factor.
    let numbers = (1..=u8::MAX).step_by(2).map(|n| [&[0x80][..], &[0; 254], &[n]].concat());
    let fine = numbers.into_iter().find(|n| with(rsa(n, &e, 2048)).is_empty()).unwrap();
    assert_eq!(with(rsa(&[&[0xff; 255][..], &[0xfe]].concat(), &e, 2048)), ["key.modulus"]);
    // It divides by 3, and is one less than a square.
    assert_eq!(with(rsa(&[0xff; 256], &e, 2048)), ["key.modulus", "key.close-primes"]);
    for exponent in [&[0][..], &[1], &[2], &[3], &[1, 0, 0], &[0x7f; 33]] {
        assert_eq!(with(rsa(&fine, exponent, 2048)), ["key.exponent"], "{exponent:?}");
    }
    assert_eq!(with(rsa(&fine, &e, 1024)), ["key.rsa-small"]);
    assert_eq!(with(rsa(&fine, &e, 2049)), ["key.modulus"]);
    let kind = |word: &str| with(KeyInfo { algorithm: word.into(), ..good().key });
    assert_eq!(kind("P-521"), ["key.kind", "key.point"]);
    assert_eq!(kind("1.2.3"), ["key.kind"]);
    assert_eq!(kind("RSA-PSS 2048"), ["key.kind", "key.damaged"]);
    assert!(with(of_kind(KeyType::Ed25519)).is_empty());
}

#[test]
fn the_proof_is_judged() {
    let with = |proof| request(&Pkcs10 { proof, ..good() }, &profile(), Subject::Workspace).remove(0);
    let found = with(Proof::Bad);
    assert_eq!((found.rule.as_str(), found.severity), ("proof.bad", Severity::Error));
    let found = with(Proof::Weak("SHA-1".into()));
    assert_eq!((found.rule.as_str(), found.severity), ("proof.weak", Severity::Warning));
    let found = with(Proof::CannotCheck("Ed448\u{202e}".into()));
    assert_eq!((found.rule.as_str(), found.severity), ("proof.unchecked", Severity::Warning));
    assert!(!found.text.contains('\u{202e}'));
}

#[test]
fn host_names_are_judged() {
    let with = |dns: &str, severity| {
        let alt_names = vec![AltName::Dns(dns.into()), AltName::Dns("www.example.test".into())];
        told(&Pkcs10 { alt_names, ..good() }, severity)
    };
    let long = "a".repeat(64);
    let very_long = vec!["a"; 130].join(".");
    for bad in [
        "",
        "a..b",
        ".a",
        "a.",
        "a b.test",
        "müller.test",
        "10.0.0.1",
        "::1",
        "-a.test",
        "a-.test",
        "a.test:443",
        "https://a.test",
        &long,
        &very_long,
        "a/b",
        "a@b.test",
    ] {
        assert_eq!(with(bad, Severity::Error), ["names.dns-syntax"], "{bad}");
    }
    for bad in ["a\u{1b}.test", "a\u{202e}.test", "a\u{200b}.test", "a\0.test"] {
        assert_eq!(with(bad, Severity::Error), ["names.unseen"], "{bad:?}");
    }
    for bad in ["*", "a*.test", "*a.example.test", "a.*.test", "*.*.test", "**.test"] {
        assert!(!with(bad, Severity::Error).is_empty(), "{bad}");
    }
    assert_eq!(with("a_b.test", Severity::Warning), ["names.dns-syntax"]);
    assert_eq!(with("*.test", Severity::Warning), ["names.wildcard"]);
    assert_eq!(with("*.example.test", Severity::Info), ["names.wildcard"]);
    assert_eq!(with("intranet", Severity::Info), ["names.internal"]);
    assert_eq!(with("xn--mller-kva.test", Severity::Info), ["names.idn"]);
    assert_eq!(with("xn--a.test", Severity::Warning), ["names.idn"]);
    for fine in ["a.test", "A-1.example.test", "1.example.test"] {
        assert!(with(fine, Severity::Info).is_empty(), "{fine}");
    }
}

#[test]
fn subjects_are_judged() {
    let with =
        |oid: &str, value: &str| told(&Pkcs10 { subject: subject(oid, value), ..good() }, Severity::Warning);
    assert_eq!(with("2.5.4.3", "other.example.test"), ["names.cn-in-san"]);
    assert_eq!(with("2.5.4.3", "WWW.example.test"), ["names.cn-in-san"], "character by character");
    assert_eq!(with("2.5.4.10", &"x".repeat(65)), ["names.length"]);
    assert!(with("2.5.4.10", &"ü".repeat(64)).is_empty(), "characters, not octets");
    assert_eq!(with("2.5.4.10", "gnp\u{202e}exe"), ["names.unseen"]);
    assert_eq!(with("2.5.4.6", "Germany"), ["names.country"]);
    assert_eq!(with("2.5.4.6", "de"), ["names.country"]);
    assert!(with("2.5.4.6", "DE").is_empty());
    assert_eq!(with("2.5.4.11", " "), ["names.empty"]);
}

#[test]
fn what_strict_readers_refuse_is_no_key_and_no_name() {
    let fine = of_kind(KeyType::P256);
    // The identifier of RSA, without NULL and with something else.
    for parameters in [&[][..], &[0x30, 0], &[5, 0, 5, 0]] {
        let oid = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
        let algorithm = wrap(0x30, &[&oid[..], parameters].concat());
        let plain = rsa(&[&[0xff; 255][..], &[0xfd]].concat(), &[1, 0, 1], 2048);
        let bits = &plain.spki.0[4 + 15..];
        let key = KeyInfo { spki: Der(wrap(0x30, &[&algorithm[..], bits].concat())), ..plain };
        assert!(told(&Pkcs10 { key, ..good() }, Severity::Error).contains(&"key.parameters".into()));
    }
    assert!(told(&Pkcs10 { key: fine, ..good() }, Severity::Warning).is_empty());

    let name = |tag: u8, value: &[u8]| {
        let attribute = wrap(0x30, &[&[6, 3, 0x55, 4, 10][..], &wrap(tag, value)].concat());
        let subject = crate::pki::name::read(&wrap(0x30, &wrap(0x31, &attribute))).unwrap();
        told(&Pkcs10 { subject, ..good() }, Severity::Error)
    };
    for (tag, value) in [(12, &b"\xff\xfe"[..]), (19, b"\xfc"), (30, b"abc"), (28, b"abc")] {
        assert_eq!(name(tag, value), ["names.encoding"], "{tag}");
    }
    // T61 was written as Latin-1.
    assert_eq!([name(12, "ü".as_bytes()), name(20, b"\xfc"), name(30, b"\0a")], [[""; 0]; 3]);

    let with = |name: AltName| {
        let asked = Pkcs10 { alt_names: vec![good().alt_names.remove(0), name], ..good() };
        let kinds = ["dns", "ip", "email", "other"].map(str::to_owned).to_vec();
        let profile = Profile { alt_names: kinds, ..profile() };
        let findings = request(&asked, &profile, Subject::Workspace);
        findings.into_iter().filter(|f| f.severity == Severity::Error).map(|f| f.rule).collect::<Vec<_>>()
    };
    assert_eq!(with(AltName::Other("iPAddress".into(), "#0a000000ff000000".into())), ["names.ip"]);
    assert_eq!(with(AltName::Email("Foo<a@b.test>".into())), ["names.email-syntax"]);
    assert_eq!(with(AltName::Email("a@b.test".into())), [""; 0]);
}

#[test]
fn wishes_and_missing_names_are_judged() {
    let mut asked = good();
    let authority = wrap(0x30, &[1, 1, 0xff]);
    asked.extensions =
        vec![Extension { oid: BASIC_CONSTRAINTS.into(), critical: true, value: Der(authority) }];
    assert_eq!(told(&asked, Severity::Info), ["asked.ca", "asked.ignored"]);
    asked.extensions[0].value = Der(wrap(0x30, &[]));
    assert_eq!(told(&asked, Severity::Warning), [""; 0]);

    let mut asked = good();
    asked.alt_names.push(AltName::Email("a@b.test".into()));
    assert_eq!(told(&asked, Severity::Info), ["names.left-out"]);
    asked.alt_names.remove(0);
    assert_eq!(told(&asked, Severity::Warning), ["names.none", "names.left-out"]);
    asked.alt_names = vec![AltName::Ip("10.0.0.1".into())];
    asked.subject = Name::default();
    assert_eq!(told(&asked, Severity::Info), ["names.ip"]);
}

#[test]
fn names_that_deceive_the_eye_are_told() {
    let with =
        |value: &str| told(&Pkcs10 { subject: subject("2.5.4.10", value), ..good() }, Severity::Warning);
    // The first letter is Cyrillic, then all of them.
    assert_eq!(with("\u{0430}pple"), ["names.mixed-scripts", "names.look-alike"]);
    assert_eq!(with("\u{0440}\u{0430}\u{0443}"), ["names.look-alike"]);
    for fine in ["Zürich", "Łódź", "株式会社 Example", "Пример", "Example", "東京カメラ"] {
        assert_eq!(with(fine), [""; 0], "{fine}");
    }
    let idn = AltName::Dns("xn--80ak6aa92e.com".into());
    let asked = Pkcs10 { alt_names: vec![idn, AltName::Dns("www.example.test".into())], ..good() };
    assert_eq!(told(&asked, Severity::Warning), ["names.look-alike"]);
}

#[test]
fn a_point_beside_its_curve_is_an_error() {
    let mut key = of_kind(KeyType::P256);
    assert_eq!(told(&Pkcs10 { key: key.clone(), ..good() }, Severity::Info), [""; 0]);
    let last = key.spki.0.len() - 1;
    key.spki.0[last] ^= 1;
    assert_eq!(told(&Pkcs10 { key, ..good() }, Severity::Info), ["key.point"]);
}

#[test]
fn what_public_authorities_must_not_issue_is_told_by_their_profiles_only() {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let certified = |names: &[AltName], subject: &[(&str, &str)]| {
        let subject = crate::pki::name::build(subject).unwrap();
        let asked = crate::pki::request::build(&subject, names, &key).unwrap();
        let asked = crate::pki::request::read(&asked).unwrap();
        let validity = crate::model::profile::Validity {
            not_before: crate::model::time::Timestamp(0),
            not_after: crate::model::time::Timestamp(86_400),
            clamped: String::new(),
        };
        let all = Profile { alt_names: Profile::NAME_KINDS.map(Into::into).to_vec(), ..profile() };
        let serial = crate::model::bytes::Serial(vec![0x40; 16]);
        let template = crate::pki::issue::self_certified(&asked, &all, serial, validity).unwrap();
        let tbs = crate::pki::issue::to_be_signed(&template, &template.subject, key.algorithm()).unwrap();
        crate::pki::issue::preview(&tbs, key.algorithm()).unwrap()
    };
    let told = |names: &[AltName], subject: &[(&str, &str)], trust: Trust| {
        let findings =
            of_profile(&certified(names, subject), &Profile { trust, ..profile() }, Subject::Workspace);
        findings.into_iter().map(|f| f.rule).collect::<Vec<_>>()
    };
    let dns = |name: &str| vec![AltName::Dns(name.into())];
    let plain = [("CN", "x")];
    let none = [""; 0];
    assert_eq!(told(&dns("www.example.com"), &plain, Trust::PublicLike), none);
    assert_eq!(told(&dns("latest.com"), &plain, Trust::PublicLike), none);
    for internal in ["intranet", "www.example.test", "a.local", "*.com", "HOST.Internal", "x.home.arpa"] {
        assert_eq!(told(&dns(internal), &plain, Trust::PublicLike), ["public.internal"], "{internal}");
        assert_eq!(told(&dns(internal), &plain, Trust::Private), none);
    }
    assert_eq!(told(&[AltName::Ip("10.0.0.1".into())], &plain, Trust::PublicLike), ["public.internal"]);
    assert_eq!(told(&[AltName::Ip("192.88.1.1".into())], &plain, Trust::PublicLike), none);
    assert_eq!(told(&dns("a_b.example.com"), &plain, Trust::PublicLike), ["public.names"]);
    assert_eq!(told(&[AltName::Email("a@example.com".into())], &plain, Trust::PublicLike), ["public.names"]);
    let order = [("O", "x"), ("C", "DE")];
    assert_eq!(told(&dns("www.example.com"), &order, Trust::PublicLike), ["public.subject"]);
    let unit = [("OU", "x"), ("CN", "y")];
    assert_eq!(told(&dns("www.example.com"), &unit, Trust::PublicLike), ["public.subject"]);
}

#[test]
fn the_rules_of_the_profile_are_held() {
    let told = |asked: &Pkcs10, profile: &Profile| {
        let findings = request(asked, profile, Subject::Workspace);
        findings.into_iter().filter(|f| f.severity >= Severity::Warning).map(|f| f.rule).collect::<Vec<_>>()
    };
    let list = |text: &str| vec![text.to_owned()];
    let rules = Profile { forbidden: list("dns:www.*"), required_subject: list("C"), ..profile() };
    assert_eq!(told(&good(), &rules), ["names.rule", "names.rule"]);
    let rules = Profile { alt_names: list("dns"), required_names: list("email"), ..profile() };
    assert_eq!(told(&good(), &rules), ["names.none"]);
    let rsa = rsa(&[&[0xff; 255][..], &[0xef]].concat(), &[1, 0, 1], 2048);
    let small = Profile { max_rsa: 1024, ..profile() };
    assert!(told(&Pkcs10 { key: rsa.clone(), ..good() }, &small).contains(&"key.rsa-large".into()));
    let none = Profile { max_rsa: 0, ..profile() };
    assert!(told(&Pkcs10 { key: rsa, ..good() }, &none).contains(&"key.kind".into()));
    // An authority that nobody asked for.
    let authority = Profile { authority: Some(Default::default()), ..profile() };
    assert_eq!(told(&good(), &authority), ["asked.ca"]);
}

#[test]
fn what_is_left_out_of_the_subject_is_told_and_not_judged() {
    let der = crate::pki::name::build(&[("CN", "www.example.test"), ("OU", "x")]).unwrap();
    let asked = Pkcs10 { subject: der, ..good() };
    let narrow = Profile { copied_subject: vec!["CN".into()], ..profile() };
    let findings = request(&asked, &narrow, Subject::Workspace);
    let told: Vec<_> = findings.iter().map(|f| (f.rule.as_str(), f.text.as_str())).collect();
    assert_eq!(told, [("names.left-out", "These names are asked for and will not be issued: OU=x.")]);
}

proptest::proptest! {
    #[test]
    fn whatever_is_asked_lint_answers_and_shows_nothing_unseen(
        dns: String, value: String, mail: String, spki: Vec<u8>, word in "RSA [0-9]{1,4}|[ -~]{0,9}",
    ) {
        let mut asked = good();
        asked.alt_names = vec![AltName::Dns(dns), AltName::Email(mail.clone()), AltName::Uri(mail)];
        asked.subject = subject("2.5.4.6", &value);
        asked.key = KeyInfo { algorithm: word, bits: 0, spki: Der(spki), sha256: Digest::default() };
        for finding in request(&asked, &profile(), Subject::Workspace) {
            proptest::prop_assert!(!finding.text.chars().any(crate::model::escape::unseen));
        }
    }
}
