//! Keystores that keytool writes: PKCS#12, JKS and JCEKS.

use ringmaster::model::error::Kind;

use super::{PASSWORD, Place};
use crate::support::tool;

/// Runs keytool on `store` with arguments split at spaces.
fn keytool(place: &Place, store: &str, kind: &str, arguments: &str) {
    let fixed = ["-keystore", store, "-storetype", kind, "-storepass", PASSWORD, "-noprompt"];
    place.run("keytool", &[&arguments.split(' ').collect::<Vec<_>>()[..], &fixed].concat());
}

/// A store with two keys and a trusted certificate.
fn store(place: &Place, name: &str, kind: &str) {
    for (alias, key) in [("web", "-keyalg EC -groupname secp256r1"), ("mail", "-keyalg RSA -keysize 2048")] {
        keytool(
            place,
            name,
            kind,
            &format!("-genkeypair -alias {alias} {key} -dname CN={alias}.example.test"),
        );
    }
    keytool(place, name, kind, "-importcert -alias wurzel -file root.pem");
}

#[test]
fn stores_are_read_with_their_names_and_trust() {
    let Some(_) = tool("keytool") else { return };
    let place = Place::new();
    let root = place.certificate("root.pem");
    for (kind, what) in [("PKCS12", "a PKCS#12 file"), ("JKS", "a Java keystore (JKS)")] {
        let name = format!("store.{kind}");
        store(&place, &name, kind);
        let found = place.open(&name, PASSWORD).unwrap();
        let mut labels: Vec<_> = found.keys.iter().map(|k| k.label.as_str()).collect();
        labels.sort_unstable();
        assert_eq!(labels, ["mail", "web"]);
        assert!(found.keys.iter().all(|k| !k.open));
        assert_eq!(found.certificates.len(), 3);
        for key in &found.keys {
            let own = found.certificates.iter().find(|c| c.key.spki == key.key.info().spki).unwrap();
            assert_eq!(own.subject.common_name().unwrap_or_default(), format!("{}.example.test", key.label));
            assert_eq!(found.labels[&own.sha256], key.label);
        }
        assert_eq!(found.labels[&root.sha256], "wurzel");
        assert_eq!(found.trusted.iter().collect::<Vec<_>>(), [&root.sha256]);
        assert_eq!((found.unread.len(), found.locked.len()), (0, 0));

        assert_eq!(place.find(&name).locked, [what]);
        let error = place.open(&name, "falsch1").unwrap_err();
        assert_eq!(error.kind, Kind::WrongPassword);
        assert!(error.what.contains(what), "{error}");
    }
    // In JKS the certificates lie open.
    assert_eq!(place.find("store.JKS").certificates.len(), 3);
}

#[test]
fn a_key_with_a_password_of_its_own_is_named() {
    let Some(_) = tool("keytool") else { return };
    let place = Place::new();
    store(&place, "store.jks", "JKS");
    keytool(&place, "store.jks", "JKS", &format!("-keypasswd -alias web -keypass {PASSWORD} -new anders1"));
    let found = place.open("store.jks", PASSWORD).unwrap();
    assert_eq!((found.keys.len(), found.certificates.len()), (1, 3));
    assert!(
        found.unread[0].contains("\"web\"") && found.unread[0].contains("keytool -keypasswd"),
        "{found:?}"
    );
}

#[test]
fn an_altered_store_is_not_taken_for_a_good_one() {
    let Some(_) = tool("keytool") else { return };
    let place = Place::new();
    store(&place, "store.jks", "JKS");
    let good = place.bytes("store.jks");
    for at in [5, 20, good.len() / 2, good.len() - 1] {
        let mut bad = good.clone();
        bad[at] ^= 1;
        std::fs::write(place.path().join("bad.jks"), bad).unwrap();
        assert_eq!(place.open("bad.jks", PASSWORD).unwrap_err().kind, Kind::WrongPassword, "{at}");
    }
    for end in [4, 8, 12, 40, good.len() / 2, good.len() - 1] {
        let error = ringmaster::pki::pem::find(&good[..end]).unwrap_err();
        assert_eq!(error.kind, Kind::Damaged, "{end}: {error}");
    }
}

#[test]
fn other_stores_are_answered_with_the_way_to_convert_them() {
    let Some(_) = tool("keytool") else { return };
    let place = Place::new();
    store(&place, "store.jceks", "JCEKS");
    let error = place.open("store.jceks", PASSWORD).unwrap_err();
    assert_eq!(error.kind, Kind::Foreign);
    assert!(error.next.contains("-srcstoretype JCEKS -destkeystore FILE.p12"), "{error}");
    let convert = "-importkeystore -srckeystore store.jceks -srcstoretype JCEKS -srcstorepass geheim1 -destkeystore new.p12 -deststoretype PKCS12 -deststorepass geheim1 -noprompt";
    place.run("keytool", &convert.split(' ').collect::<Vec<_>>());
    assert_eq!(place.open("new.p12", PASSWORD).unwrap().keys.len(), 2);
}

#[test]
fn a_secret_key_in_a_store_is_named() {
    let Some(_) = tool("keytool") else { return };
    let place = Place::new();
    keytool(&place, "store.p12", "PKCS12", "-genseckey -alias geheim -keyalg AES -keysize 256");
    keytool(&place, "store.p12", "PKCS12", "-importcert -alias wurzel -file root.pem");
    let found = place.open("store.p12", PASSWORD).unwrap();
    assert_eq!((found.certificates.len(), found.keys.len()), (1, 0));
    assert!(found.unread[0].contains("\"geheim\""), "{found:?}");
}
