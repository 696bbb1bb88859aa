//! Certificates read in full, element by element, and side by side, with OpenSSL as the judge.

use super::{Place, openssl_is_here};
use crate::support::openssl;

/// Returns offset, header and content length of each element that a tool lists.
fn spots(text: &str, read: impl Fn(&str) -> Option<[usize; 3]>) -> Vec<[usize; 3]> {
    text.lines().filter_map(read).collect()
}

#[test]
fn the_elements_stand_where_openssl_finds_them() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::furnished();
    place.write("mail.pem", place.run("keyring export mail").done());
    let ours = place.run("certificate show mail.pem --asn1").done();
    let number = |text: &str| text.trim().parse::<usize>().ok();
    let ours = spots(&ours, |line| {
        let (offset, rest) = line.trim_start().split_once(' ')?;
        let (header, rest) = rest.trim_start().split_once('+')?;
        Some([number(offset)?, number(header)?, number(rest.split(' ').next()?)?])
    });
    let parsed = openssl(place.folder.path(), "asn1parse -in mail.pem");
    let theirs = spots(&parsed, |line| {
        let after = |key: &str| number(line.split_once(key)?.1.trim_start().split(' ').next()?);
        Some([number(line.split_once(':')?.0)?, after("hl=")?, after(" l=")?])
    });
    assert!(theirs.len() > 50, "{parsed}");
    for spot in &theirs {
        assert!(ours.contains(spot), "{spot:?} of OpenSSL is not among ours");
    }
}

#[test]
fn everything_in_a_certificate_is_shown_with_the_fingerprints_of_openssl() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    let extra = "req -x509 -newkey rsa:2048 -nodes -keyout k.pem -out c.pem -days 30 -subj /CN=odd.example.test \
                 -addext subjectAltName=DNS:odd.example.test -addext certificatePolicies=1.2.3.4 \
                 -addext authorityInfoAccess=caIssuers;URI:http://ca.example.test/ca.crt -addext 1.2.3.9=ASN1:UTF8String:hello \
                 -addext nameConstraints=permitted;DNS:example.test";
    openssl(place.folder.path(), extra);
    let shown = place.run("certificate show c.pem").done();
    for part in
        ["1.2.3.4", "http://ca.example.test/ca.crt", "1.2.3.9", "UTF8String \"hello\"", "hex 0c0568656c6c6f"]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let sha1 = openssl(place.folder.path(), "x509 -in c.pem -noout -fingerprint -sha1");
    let sha1 = sha1.trim().split_once('=').unwrap().1;
    assert!(shown.contains(sha1), "{sha1}: {shown}");
    assert!(place.run("--json certificate show c.pem").json()["spki-pin"].as_str().unwrap().len() == 44);
    let local = place.program().env("TZ", "XYZ-3").args(["certificate", "show", "c.pem"]).output().unwrap();
    let local = String::from_utf8(local.stdout).unwrap();
    assert!(local.contains(" XYZ (") && !shown.contains("XYZ"), "{local}");
}

#[test]
fn two_certificates_are_laid_side_by_side() {
    let place = Place::furnished();
    place.write("mail.pem", place.run("keyring export mail").done());
    let same = place.run("certificate compare mail.pem mail.pem --differences").done();
    assert_eq!(same, "");
    let rows = place.run("--json certificate compare mail.pem root.pem").json();
    let row = |field: &str| rows.as_array().unwrap().iter().find(|r| r["field"] == field).unwrap().clone();
    assert_eq!(row("Issuer")["same"], true);
    assert_eq!(row("Subject")["same"], false);
    assert_eq!(row("Subject")["second"], "CN=Test Root");
    let text = place.run("certificate compare mail.pem root.pem").done();
    assert!(text.contains("* Subject") && text.contains("  Issuer"), "{text}");
    place.run("certificate compare mail.pem nothing").refused(1);
}
