//! Keys that others know: reported, listed, recognised, and never certified.

use super::{CA, Place, openssl_is_here};
use crate::support::openssl;

fn asked() -> Option<Place> {
    if !openssl_is_here() {
        return None;
    }
    let place = Place::new();
    place.certifier();
    place.csr("web.csr", "/CN=web.example.test", "DNS:web.example.test");
    place.run("request import web.csr").done();
    Some(place)
}

#[test]
fn a_reported_key_is_not_certified_until_the_report_is_taken_back() {
    let Some(place) = asked() else { return };
    place.words(&["key", "report", "web.csr", "--reason", "found on a public server"], b"").done();
    let err = place.run("request approve 1 --certifier root").refused(1);
    assert!(err.contains("found on a public server"), "{err}");
    let err = place.words(&["key", "report", "web.csr", "--reason", "again"], b"").refused(1);
    assert!(err.contains("already"), "{err}");

    // The same key in another encoding: its modulus alone names it.
    let folder = place.folder.path();
    let modulus = openssl(folder, "req -in web.csr -noout -modulus");
    let modulus = modulus.trim().trim_start_matches("Modulus=");
    let err = place.words(&["key", "report", "--modulus", modulus, "--reason", "again"], b"").refused(1);
    assert!(err.contains("already"), "{err}");

    let list = place.run("--json key list").json();
    let key = list["reported"][0]["key"].as_str().unwrap();
    place.words(&["key", "clear", key, "--reason", "it was another one"], b"").done();
    place.run("request approve 1 --certifier root").done();
    // Reported after the approval, it is not signed either.
    place.words(&["key", "report", "web.csr", "--reason", "lost"], b"").done();
    place.with(CA, "request issue 1").refused(1);
    place.run("audit verify").done();
}

#[test]
fn lists_in_every_form_find_the_key_and_a_dropped_list_does_not() {
    let Some(place) = asked() else { return };
    let folder = place.folder.path();
    let modulus = openssl(folder, "req -in web.csr -noout -modulus");
    place.write("modulus.txt", &modulus);
    let sha1 = openssl(folder, "dgst -sha1 -r modulus.txt");
    place.write("blacklist.RSA-2048", format!("# weak keys\n{}\n{}\n", "0".repeat(20), &sha1[20..40]));
    openssl(folder, "req -in web.csr -noout -pubkey -out web.pub");
    openssl(folder, "pkey -pubin -in web.pub -outform DER -out web.der");
    let sha256 = openssl(folder, "dgst -sha256 -r web.der");
    place.write("pins.txt", format!("{} a remark\n", &sha256[..64]));
    assert_eq!(place.run("key check web.csr").code, 0);
    for (file, name) in
        [("blacklist.RSA-2048", "blacklist-rsa-2048"), ("pins.txt", "pins"), ("modulus.txt", "modulus")]
    {
        place.run(&format!("key import-list {file}")).done();
        let told = place.run("key check web.csr");
        assert_eq!(told.code, 3, "{told:?}");
        assert!(told.out.contains(&format!("\"{name}\"")), "{told:?}");
        let err = place.run("request approve 1 --certifier root --reason accepted").refused(1);
        assert!(err.contains(name), "{err}");
        assert!(place.run("key list").done().contains(name));
        place.run(&format!("key drop-list {name}")).done();
    }
    place.write("none.txt", "hello\n");
    assert!(place.run("key import-list none.txt").refused(1).contains("no list of keys"));

    // A list that was cut is no answer: nothing is approved by it.
    place.run("key import-list pins.txt").done();
    std::fs::write(find(folder, "pins.keys"), b"short").unwrap();
    let err = place.run("request approve 1 --certifier root").refused(1);
    assert!(err.contains("cut or altered"), "{err}");
}

/// Finds a file by its name below a folder.
fn find(folder: &std::path::Path, name: &str) -> std::path::PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.file_name().is_some_and(|n| n == name) {
                return path;
            }
        }
    }
    panic!("there is no {name}");
}
