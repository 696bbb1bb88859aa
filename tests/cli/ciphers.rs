//! Cipher suites and CRL switches on the command line.

use super::{Place, RING};

#[test]
fn suites_are_listed_in_the_order_of_a_server_for_a_release() {
    let place = Place::new();
    let out = place.run("cipher list").done();
    let codes: Vec<&str> = out.lines().skip(1).filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(codes[..6], ["C030", "C02C", "9F", "C02F", "C02B", "9E"], "{out}");
    assert!(out.lines().nth(1).unwrap().contains("default") && out.contains("switch"), "{out}");
    let twelve = place.run("cipher list --release 12").done();
    assert!(!twelve.contains("default") && twelve.contains("there"), "{twelve}");
    place.run("cipher list --release 13").refused(2);
    let all = place.run("--json cipher list --all").json();
    let names: Vec<_> = all.as_array().unwrap().iter().map(|s| s["openssl"].as_str().unwrap()).collect();
    assert!(names.len() > 200 && names.contains(&"TLS_AES_128_GCM_SHA256"), "{names:?}");
}

#[test]
fn a_ring_says_which_suites_its_key_can_use() {
    let place = Place::new();
    place.with(RING, "keyring create mail --hosts mail.example.test --key-type p-256").done();
    let list = place.run("--json cipher list --keyring mail").json();
    let usable = |code: &str| {
        let all = list.as_array().unwrap();
        all.iter().find(|s| s["code"] == code).unwrap()["usable"].as_bool().unwrap()
    };
    assert!(usable("C02C") && !usable("C030"));
    let told = place.run("cipher explain C030 9F --keyring mail");
    assert_eq!(told.code, 3, "{told:?}");
    assert!(told.out.contains("None of them can be used with the key of the ring"), "{told:?}");
    place.run("cipher list --keyring none").refused(1);
}

#[test]
fn a_list_is_explained_code_by_code_and_junk_is_refused_at_its_place() {
    let place = Place::new();
    let told = place.run("cipher explain SSLCipherSpec=C030009FC02F009E");
    assert_eq!((told.code, told.out.lines().count()), (0, 8), "{told:?}");
    assert!(told.out.contains("Nothing speaks against this list."), "{told:?}");
    let told = place.run("cipher explain SSLCipherSpec=350504C0FF");
    assert_eq!(told.code, 3);
    for part in ["35", "RSA_WITH_RC4_128_SHA", "not known", "RC4, no forward secrecy", "no forward secrecy"] {
        assert!(told.out.contains(part), "{part}: {told:?}");
    }
    let empty = place.run("cipher explain SSLCipherSpec=");
    assert!(empty.code == 3 && empty.out.contains("TLS does not start"), "{empty:?}");
    let err = place.run("cipher explain SSLCipherSpec=C030ZZ").refused(2);
    assert!(err.contains("\"Z\" at place 5"), "{err}");
    let err = place.run("cipher explain ECDHE-RSA-AES256-GCM-SHA384 nonsense").refused(2);
    assert!(err.contains("\"nonsense\" is none of these"), "{err}");
    let json = place.run("--json cipher explain domino-14").json();
    assert_eq!(json["spec"], "SSLCipherSpec=C030C02C009FC02FC02B009E");
    assert_eq!(json["order"], serde_json::json!(["C030", "C02C", "9F", "C02F", "C02B", "9E"]));
    let err = place.run("cipher explain default --release 10.0.1").refused(1);
    assert!(err.contains("not known suite by suite"), "{err}");
}

#[test]
fn the_crl_rules_are_shown_in_general_and_for_a_site() {
    let place = Place::new();
    let out = place.run("site crl-rules").done();
    assert_eq!(out.lines().count(), 10, "{out}");
    place.run("site create web --hosts www.example.test").done();
    let told = place.run("site crl-rules web");
    assert!(told.err.contains("asks no client"), "{told:?}");
    assert!(told.out.contains("revoked, on a current CRL") && told.out.contains("nothing is looked up"));
    let json = place.run("--json site crl-rules web").json();
    assert_eq!(json["clients"].as_array().unwrap().len(), 5);
    place.run("site crl-rules nowhere").refused(1);
}
