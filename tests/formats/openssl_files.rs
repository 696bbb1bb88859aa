//! PKCS#12 files that OpenSSL writes, in each of the ways it offers.

use ringmaster::model::error::Kind;

use super::{ODD, PASSWORD, Place};

/// What a file is called when a password is wanted. Without a MAC, OpenSSL leaves the certificates open.
fn locked(way: &str) -> &'static str {
    if way == "-nomac" { "a private key in a PKCS#12 file" } else { "a PKCS#12 file" }
}

fn export(place: &Place, name: &str, password: &str, options: &str) {
    let pass = format!("pass:{password}");
    let fixed =
        ["pkcs12", "-export", "-inkey", "leaf.key", "-in", "chain.pem", "-out", name, "-passout", &pass];
    let options: Vec<&str> = options.split_whitespace().collect();
    place.run("openssl", &[&fixed[..], &options].concat());
}

#[test]
fn every_algorithm_is_read() {
    let place = Place::new();
    let ways = [
        "",
        "-keypbe AES-128-CBC -certpbe AES-192-CBC -macalg sha512",
        "-macalg sha1 -iter 100000",
        "-macalg sha224",
        "-macalg sha384",
        "-nomac",
        "-nomaciter -noiter",
        "-certpbe PBE-SHA1-3DES -keypbe PBE-SHA1-3DES -macalg sha1",
        "-legacy",
        "-legacy -certpbe PBE-SHA1-RC2-128 -keypbe PBE-SHA1-2DES",
        "-certpbe DES-EDE3-CBC -keypbe DES-EDE3-CBC",
    ];
    for (number, way) in ways.iter().enumerate() {
        let name = format!("{number}.p12");
        export(&place, &name, PASSWORD, &format!("-name leaf -caname wurzel {way}"));
        let found = place.holds_the_key(&name, PASSWORD, locked(way));
        let (leaf, root) = (place.certificate("leaf.pem"), place.certificate("root.pem"));
        assert_eq!(found.certificates, [leaf.clone(), root.clone()], "{way}");
        assert_eq!(found.keys[0].label, "leaf", "{way}");
        assert_eq!((&*found.labels[&leaf.sha256], &*found.labels[&root.sha256]), ("leaf", "wurzel"), "{way}");
    }
}

#[test]
fn every_password_is_read() {
    let place = Place::new();
    for password in ODD {
        for way in ["", "-nomac", "-legacy"] {
            export(&place, "odd.p12", password, way);
            place.holds_the_key("odd.p12", password, locked(way));
        }
    }
}

#[test]
fn empty_passwords_are_read_in_both_conventions() {
    let place = Place::new();
    for way in ["", "-legacy", "-nomac"] {
        export(&place, "empty.p12", "", way);
        place.holds_the_key("empty.p12", "", locked(way));
    }
}

#[test]
fn what_is_not_encrypted_needs_no_password() {
    let place = Place::new();
    for way in ["-nomac", ""] {
        export(&place, "open.p12", PASSWORD, &format!("-name leaf -keypbe NONE -certpbe NONE {way}"));
        let found = place.find("open.p12");
        assert_eq!((found.keys.len(), found.certificates.len(), found.locked.len()), (1, 2, 0));
        assert!(found.keys[0].open);
        assert!(place.open("open.p12", PASSWORD).unwrap().keys[0].open);
    }
    export(&place, "half.p12", PASSWORD, "-certpbe NONE");
    let found = place.find("half.p12");
    assert_eq!((found.certificates.len(), found.keys.len()), (2, 0));
    assert_eq!(found.locked, ["a private key in a PKCS#12 file"]);
    assert_eq!(place.open("half.p12", PASSWORD).unwrap().keys.len(), 1);
}

#[test]
fn certificates_alone_and_a_key_alone_are_read() {
    let place = Place::new();
    place.openssl("pkcs12 -export -nokeys -in chain.pem -out certs.p12 -passout pass:geheim1");
    let found = place.open("certs.p12", PASSWORD).unwrap();
    assert_eq!((found.certificates.len(), found.keys.len()), (2, 0));
    place.openssl("pkcs12 -export -nocerts -inkey leaf.key -out key.p12 -passout pass:geheim1");
    place.holds_the_key("key.p12", PASSWORD, "a private key in a PKCS#12 file");
}

#[test]
fn an_altered_file_is_not_taken_for_a_good_one() {
    let place = Place::new();
    export(&place, "good.p12", PASSWORD, "-keypbe NONE -certpbe NONE");
    let mut bytes = place.bytes("good.p12");
    // Somewhere in the middle stands a certificate, in the plain.
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(place.path().join("bad.p12"), bytes).unwrap();
    assert_eq!(place.open("bad.p12", PASSWORD).unwrap_err().kind, Kind::WrongPassword);
}

#[test]
fn too_many_rounds_are_refused_with_their_number() {
    let place = Place::new();
    export(&place, "slow.p12", PASSWORD, "-certpbe NONE -nomac -iter 10000001");
    let error = place.open("slow.p12", PASSWORD).unwrap_err();
    assert_eq!(error.kind, Kind::Refused);
    assert!(error.to_string().contains("10000001 rounds"), "{error}");
    // What is open is read, and without a password nothing is derived.
    assert_eq!(place.find("slow.p12").certificates.len(), 2);
}
