//! PKCS#12 files of certtool and NSS, and PKCS#7 files of OpenSSL and certtool.

use super::{ODD, PASSWORD, Place};
use crate::support::tool;

const FILE: &str = "a PKCS#12 file";

#[test]
fn files_of_certtool_are_read() {
    let Some(_) = tool("certtool") else { return };
    let place = Place::new();
    let ciphers = ["3des-pkcs12", "rc2-40"].map(|cipher| (cipher, PASSWORD));
    for (cipher, password) in ODD.map(|password| ("aes-256", password)).into_iter().chain(ciphers) {
        {
            let (pass, cipher) = (format!("--password={password}"), format!("--pkcs-cipher={cipher}"));
            let fixed = [
                "--to-p12",
                "--load-privkey",
                "leaf.key",
                "--load-certificate",
                "leaf.pem",
                "--load-ca-certificate",
            ];
            let more = ["root.pem", "--p12-name=leaf", "--outder", "--outfile", "made.p12", &pass, &cipher];
            place.run("certtool", &[&fixed[..], &more].concat());
            let found = place.holds_the_key("made.p12", password, FILE);
            assert_eq!(found.certificates.len(), 2);
            assert_eq!(found.keys[0].label, "leaf");
        }
    }
    place.run(
        "certtool",
        &[
            "--to-p12",
            "--load-privkey",
            "leaf.key",
            "--load-certificate",
            "leaf.pem",
            "--p12-name=leaf",
            "--outfile",
            "made.pem",
            "--password=geheim1",
        ],
    );
    assert!(place.bytes("made.pem").starts_with(b"-----BEGIN PKCS12-----"));
    place.holds_the_key("made.pem", PASSWORD, FILE);
}

#[test]
fn files_of_nss_are_read() {
    if tool("pk12util").is_none() || tool("certutil").is_none() {
        return;
    }
    let place = Place::new();
    place
        .openssl("pkcs12 -export -inkey leaf.key -in chain.pem -name leaf -out in.p12 -passout pass:geheim1");
    place.run("certutil", &["-N", "-d", ".", "--empty-password"]);
    place.run("pk12util", &["-i", "in.p12", "-d", ".", "-W", PASSWORD]);
    // Firefox and older versions write pieces of indefinite length under RC2 and 3DES.
    for ciphers in [
        &[][..],
        &["-c", "AES-128-CBC", "-C", "AES-128-CBC"],
        &[
            "-c",
            "PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC",
            "-C",
            "PKCS #12 V2 PBE With SHA-1 And 40 Bit RC2 CBC",
        ],
        &["-C", "none"],
    ] {
        for password in ["geheim1", "pä55 wörd", "\u{1f511} key"] {
            place.run(
                "pk12util",
                &[&["-o", "out.p12", "-n", "leaf", "-d", ".", "-W", password][..], ciphers].concat(),
            );
            let bytes = place.bytes("out.p12");
            assert!(bytes.starts_with(&[0x30, 0x80]), "no longer of indefinite length");
            let found =
                place.open("out.p12", password).unwrap_or_else(|e| panic!("{ciphers:?} {password}: {e}"));
            assert_eq!((found.keys.len(), found.certificates.len()), (1, 2), "{ciphers:?} {password}");
            assert_eq!(found.keys[0].key.info(), place.key("leaf.key").info());
            assert_eq!(found.keys[0].label, "leaf");
            assert!(place.open("out.p12", "falsch1").is_err());
        }
    }
}

#[test]
fn bundles_of_pkcs7_are_read() {
    let place = Place::new();
    place.openssl("crl2pkcs7 -nocrl -certfile chain.pem -out bundle.p7b");
    place.openssl("crl2pkcs7 -nocrl -certfile chain.pem -outform DER -out bundle.der");
    for name in ["bundle.p7b", "bundle.der"] {
        let mut found = place.find(name);
        found.certificates.sort_by_key(|c| c.subject != place.certificate("leaf.pem").subject);
        assert_eq!(found.certificates, [place.certificate("leaf.pem"), place.certificate("root.pem")]);
    }
    // A signed message in a stream is BER of indefinite length.
    std::fs::write(place.path().join("text"), "text").unwrap();
    place.openssl("cms -sign -in text -stream -nodetach -binary -signer leaf.pem -inkey leaf.key -certfile root.pem -outform DER -out signed.der");
    assert!(place.bytes("signed.der").starts_with(&[0x30, 0x80]));
    place.openssl("cms -sign -in text -stream -nodetach -binary -signer leaf.pem -inkey leaf.key -certfile root.pem -outform PEM -out signed.pem");
    for name in ["signed.der", "signed.pem"] {
        assert_eq!(place.find(name).certificates.len(), 2, "{name}");
    }
    if tool("certtool").is_some() {
        place.run(
            "certtool",
            &["--p7-generate", "--load-certificate", "chain.pem", "--outfile", "gnutls.p7b"],
        );
        assert_eq!(place.find("gnutls.p7b").certificates.len(), 2);
    }
}
