//! What we write as PKCS#12, OpenSSL, keytool, certtool and NSS read right.

use ringmaster::model::error::Kind;
use ringmaster::pki::pkcs12::{Content, Protection, write};

use super::{PASSWORD, Place};
use crate::support::{secret, tool};

/// Writes the leaf with its key and chain, and a second root beside it.
fn export(place: &Place, name: &str, password: &str, protection: Protection) {
    if !place.path().join("other.pem").exists() {
        place.openssl(
            "req -x509 -newkey ed25519 -nodes -days 30 -keyout other.key -out other.pem -subj /CN=Other",
        );
    }
    let key = place.key("leaf.key");
    let chain = [place.certificate("leaf.pem"), place.certificate("root.pem")];
    let roots =
        [("wurzel".to_owned(), chain[1].clone()), ("anders".to_owned(), place.certificate("other.pem"))];
    let content = Content { key: Some((&key, "blatt")), chain: &chain, roots: &roots };
    std::fs::write(place.path().join(name), &*write(&content, &secret(password), protection).unwrap())
        .unwrap();
}

const BOTH: [Protection; 2] = [Protection::Modern, Protection::Legacy];

#[test]
fn openssl_reads_it() {
    let place = Place::new();
    for protection in BOTH {
        for password in [PASSWORD, "", "pä55 wörd", "\u{1f511} key"] {
            export(&place, "out.p12", password, protection);
            let pass = format!("pass:{password}");
            place
                .run("openssl", &["pkcs12", "-in", "out.p12", "-passin", &pass, "-nodes", "-out", "out.pem"]);
            let found = place.find("out.pem");
            assert_eq!((found.keys.len(), found.certificates.len()), (1, 3));
            assert_eq!(found.keys[0].key.info(), place.key("leaf.key").info());
            assert_eq!(found.labels[&place.certificate("leaf.pem").sha256], "blatt");
            // It finds the certificate that belongs to the key.
            place.run(
                "openssl",
                &["pkcs12", "-in", "out.p12", "-passin", &pass, "-nokeys", "-clcerts", "-out", "own.pem"],
            );
            assert_eq!(place.find("own.pem").certificates, [place.certificate("leaf.pem")]);
            assert_eq!(place.open("out.p12", password).unwrap().keys.len(), 1);
            assert_eq!(place.open("out.p12", "falsch1").unwrap_err().kind, Kind::WrongPassword);
        }
    }
    export(&place, "out.p12", PASSWORD, Protection::Modern);
    let said = place.openssl("pkcs12 -in out.p12 -passin pass:geheim1 -noout -info");
    assert!(said.contains("MAC: sha256, Iteration 300000"), "{said}");
    assert!(said.contains("PBES2, PBKDF2, AES-256-CBC, Iteration 300000, PRF hmacWithSHA256"), "{said}");
}

#[test]
fn keytool_types_the_entries_right() {
    let Some(_) = tool("keytool") else { return };
    let place = Place::new();
    for protection in BOTH {
        export(&place, "out.p12", PASSWORD, protection);
        let output = place.run(
            "keytool",
            &["-J-Duser.language=en", "-list", "-v", "-keystore", "out.p12", "-storepass", PASSWORD],
        );
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let entry = |alias: &str| {
            let at =
                said.find(&format!("Alias name: {alias}\n")).unwrap_or_else(|| panic!("{alias}: {said}"));
            said[at..].split("*******").next().unwrap().to_owned()
        };
        assert!(said.contains("Your keystore contains 3 entries"), "{said}");
        assert!(entry("blatt").contains("Entry type: PrivateKeyEntry"), "{said}");
        assert!(entry("blatt").contains("Certificate chain length: 2"), "{said}");
        for alias in ["wurzel", "anders"] {
            assert!(entry(alias).contains("Entry type: trustedCertEntry"), "{said}");
        }
        // It opens the key, too.
        place.run(
            "keytool",
            &[
                "-certreq",
                "-alias",
                "blatt",
                "-keystore",
                "out.p12",
                "-storepass",
                PASSWORD,
                "-file",
                "out.csr",
            ],
        );
        assert_eq!(place.find("out.csr").requests[0].key, place.key("leaf.key").info().clone());
    }
}

#[test]
fn certtool_reads_it() {
    let Some(_) = tool("certtool") else { return };
    let place = Place::new();
    for protection in BOTH {
        for password in [PASSWORD, "pä55 wörd", "\u{1f511} key"] {
            export(&place, "out.p12", password, protection);
            let pass = format!("--password={password}");
            let output = place.run("certtool", &["--p12-info", "--inder", "--infile", "out.p12", &pass]);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert_eq!(said.matches("-----BEGIN CERTIFICATE-----").count(), 3, "{said}");
            assert!(said.contains("PRIVATE KEY-----") && said.contains("Friendly name: blatt"), "{said}");
        }
    }
}

#[test]
fn nss_takes_it_in() {
    if tool("pk12util").is_none() || tool("certutil").is_none() {
        return;
    }
    let place = Place::new();
    for protection in BOTH {
        for password in [PASSWORD, "pä55 wörd", "\u{1f511} key"] {
            export(&place, "out.p12", password, protection);
            let folder = format!("db-{protection:?}-{password}");
            std::fs::create_dir(place.path().join(&folder)).unwrap();
            place.run("certutil", &["-N", "-d", &folder, "--empty-password"]);
            place.run("pk12util", &["-i", "out.p12", "-d", &folder, "-W", password]);
            let output = place.run("certutil", &["-K", "-d", &folder]);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(said.contains("blatt"), "{said}");
            let output = place.run("certutil", &["-L", "-d", &folder]);
            let said = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(said.contains("u,u,u") && said.contains("wurzel") && said.contains("anders"), "{said}");
        }
    }
}
