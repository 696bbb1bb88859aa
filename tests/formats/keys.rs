//! Private keys, encrypted in every way that OpenSSL and certtool offer.

use ringmaster::model::error::Kind;

use super::{ODD, PASSWORD, Place};
use crate::support::tool;

const KEY: &str = "an encrypted private key";

#[test]
fn every_encryption_of_pkcs8_is_read() {
    let place = Place::new();
    let ways = [
        "-v2 aes256",
        "-v2 aes-128-cbc -v2prf hmacWithSHA1",
        "-v2 aes192 -v2prf hmacWithSHA512",
        "-v2 aes256 -v2prf hmacWithSHA384 -iter 100000",
        "-v2 des3 -v2prf hmacWithSHA224",
        "-scrypt",
        "-scrypt -scrypt_N 1024 -scrypt_r 8 -scrypt_p 16",
        "-v1 PBE-SHA1-3DES",
        "-v1 PBE-SHA1-2DES",
        "-provider legacy -provider default -v1 PBE-SHA1-RC2-128",
        "-provider legacy -provider default -v1 PBE-SHA1-RC2-40",
        "-provider legacy -provider default -v1 PBE-MD5-DES",
        "-provider legacy -provider default -v1 PBE-SHA1-DES",
        "-provider legacy -provider default -v1 PBE-MD5-RC2-64",
        "-provider legacy -provider default -v1 PBE-SHA1-RC2-64",
        "-provider legacy -provider default -v2 rc2-40-cbc",
        "-provider legacy -provider default -v2 rc2-64-cbc",
        "-provider legacy -provider default -v2 rc2-cbc",
        "-provider legacy -provider default -v2 des-cbc",
    ];
    for way in ways {
        for form in ["PEM", "DER"] {
            place.openssl(&format!(
                "pkcs8 -topk8 -in leaf.key -out sealed -outform {form} -passout pass:{PASSWORD} {way}"
            ));
            place.holds_the_key("sealed", PASSWORD, KEY);
        }
    }
}

#[test]
fn every_password_opens_a_key() {
    let place = Place::new();
    for password in ODD {
        let pass = format!("pass:{password}");
        for way in ["-v2", "-v1"] {
            let scheme = if way == "-v2" { "aes256" } else { "PBE-SHA1-3DES" };
            place.run(
                "openssl",
                &["pkcs8", "-topk8", "-in", "leaf.key", "-out", "sealed", "-passout", &pass, way, scheme],
            );
            place.holds_the_key("sealed", password, KEY);
        }
    }
}

#[test]
fn keys_with_dek_info_are_read() {
    let place = Place::new();
    place.openssl("genrsa -traditional -out rsa.key 2048");
    for cipher in ["des", "des3", "aes128", "aes192", "aes256"] {
        let provider = if cipher == "des" { "-provider legacy -provider default " } else { "" };
        place.openssl(&format!("ec {provider}-in leaf.key -out sealed -{cipher} -passout pass:{PASSWORD}"));
        assert!(String::from_utf8(place.bytes("sealed")).unwrap().contains("DEK-Info"));
        place.holds_the_key("sealed", PASSWORD, KEY);
        place.openssl(&format!(
            "rsa {provider}-traditional -in rsa.key -out sealed-rsa -{cipher} -passout pass:{PASSWORD}"
        ));
        let found = place.open("sealed-rsa", PASSWORD).unwrap();
        assert_eq!(found.keys[0].key.info(), place.key("rsa.key").info());
    }
}

#[test]
fn plain_keys_of_every_form_are_read() {
    let place = Place::new();
    for (algorithm, options, name) in [
        ("EC", "-pkeyopt ec_paramgen_curve:P-384", "P-384"),
        ("EC", "-pkeyopt ec_paramgen_curve:P-521", "P-521"),
        ("RSA", "-pkeyopt rsa_keygen_bits:3072", "RSA 3072"),
        ("ED25519", "", "Ed25519"),
    ] {
        place.openssl(format!("genpkey -algorithm {algorithm} -out plain.pem {options}").trim_end());
        place.openssl("pkey -in plain.pem -out plain.der -outform DER");
        for file in ["plain.pem", "plain.der"] {
            let found = place.open(file, "ignored where nothing is locked").unwrap();
            assert_eq!(found.keys[0].key.info().algorithm, name);
            assert!(found.keys[0].open);
        }
        if algorithm != "ED25519" {
            place.openssl("pkey -in plain.pem -traditional -out old.pem");
            assert_eq!(place.find("old.pem").keys[0].key.info().algorithm, name);
        }
    }
}

#[test]
fn keys_that_cannot_sign_are_named_and_spoil_nothing() {
    let place = Place::new();
    for (options, name) in [
        ("-algorithm ED448", "Ed448"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:secp256k1", "secp256k1"),
        ("-algorithm EC -pkeyopt ec_paramgen_curve:brainpoolP256r1", "brainpoolP256r1"),
        ("-algorithm RSA -pkeyopt rsa_keygen_bits:1024", "RSA"),
        ("-algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048", "RSA-PSS"),
        ("-algorithm X25519", "X25519"),
    ] {
        place.openssl(&format!("genpkey -out odd.key {options}"));
        let found = place.find("odd.key");
        assert_eq!(found.keys.len(), 0);
        assert!(found.unread[0].contains(name) && found.unread[0].contains("Use RSA"), "{:?}", found.unread);
        let mixed = [place.bytes("odd.key"), place.bytes("leaf.pem")].concat();
        std::fs::write(place.path().join("mixed.pem"), mixed).unwrap();
        let found = place.find("mixed.pem");
        assert_eq!((found.certificates.len(), found.unread.len()), (1, 1));
        place.openssl(&format!("pkcs8 -topk8 -in odd.key -out sealed -passout pass:{PASSWORD}"));
        assert!(place.open("sealed", PASSWORD).unwrap().unread[0].contains(name));
        assert_eq!(place.open("sealed", "falsch1").unwrap_err().kind, Kind::WrongPassword);
    }
}

#[test]
fn keys_of_certtool_are_read() {
    let Some(_) = tool("certtool") else { return };
    let place = Place::new();
    for cipher in ["aes-256", "aes-128", "3des", "3des-pkcs12", "rc2-40"] {
        for password in [PASSWORD, "pä55 wörd", "\u{1f511} key"] {
            let pass = format!("--password={password}");
            let cipher = format!("--pkcs-cipher={cipher}");
            let fixed = ["--to-p8", "--load-privkey", "leaf.key", "--outfile", "sealed", &cipher, &pass];
            place.run("certtool", &fixed);
            place.holds_the_key("sealed", password, KEY);
        }
    }
}

#[test]
fn one_password_of_two_opens_what_it_opens() {
    let place = Place::new();
    place.openssl("pkcs8 -topk8 -in leaf.key -out a -passout pass:first");
    place.openssl("pkcs8 -topk8 -in root.key -out b -passout pass:second");
    let both = [place.bytes("a"), place.bytes("chain.pem"), place.bytes("b")].concat();
    std::fs::write(place.path().join("both"), both).unwrap();
    let found = place.find("both");
    assert_eq!((found.certificates.len(), found.locked.len()), (2, 2));
    for (password, key) in [("first", "leaf.key"), ("second", "root.key")] {
        let found = place.open("both", password).unwrap();
        assert_eq!(found.keys[0].key.info(), place.key(key).info());
        assert_eq!(found.certificates.len(), 2);
        assert_eq!(found.locked, ["an encrypted private key under another password"]);
    }
    assert_eq!(found.locked_words(), ["an encrypted private key (2 of them)"]);
    assert_eq!(place.open("both", "third").unwrap_err().kind, Kind::WrongPassword);
}
