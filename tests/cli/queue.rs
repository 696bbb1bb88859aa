//! The queue by the command line: deliveries with a result for each, counts and ages, batches with their seal, pick-up.

use ringmaster::desk::{Desk, Verb};
use ringmaster::model::key::KeyType;
use ringmaster::model::name::AltName;
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{name, pem, request};

use super::{CA, Place, RING, openssl_is_here};
use crate::support::config;

fn csr(host: &str) -> String {
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let subject = name::build(&[("O", "Example"), ("CN", host)]).unwrap();
    let der = request::build(&subject, &[AltName::Dns(host.into())], &key).unwrap();
    pem::write("CERTIFICATE REQUEST", &der)
}

#[test]
fn a_folder_is_taken_in_with_a_result_for_each() {
    let place = Place::new();
    place.certifier();
    std::fs::create_dir(place.path("in")).unwrap();
    let one = csr("one.test");
    place.write("in/1.csr", &one);
    place.write("in/2.pem", format!("{}{}", csr("two.test"), csr("three.test")));
    place.write("in/3.csr", &one);
    place.write("in/notes.txt", "nothing to see");
    place.write("in/.hidden", csr("hidden.test"));
    let ended = place.run("request import in --contact-mail ann@example.test --comment branch");
    assert_eq!(ended.code, 1, "{ended:#?}");
    assert!(
        ended.out.contains("3 of 4 requests were taken") && ended.out.contains("stands in it twice"),
        "{ended:#?}"
    );
    assert!(ended.err.contains("notes.txt: passed over"), "{ended:#?}");
    let shown = place.run("--json request show 1").json();
    assert_eq!((&shown["contact"], &shown["comment"]), (&"ann@example.test".into(), &"branch".into()));

    // Over ssh: the number and the pick-up ID come back.
    let ended = place.words(&["--json", "request", "import", "-"], csr("four.test").as_bytes()).json();
    let first = &ended["requests"][0];
    assert_eq!((&first["id"], &first["taken"]), (&"4".into(), &true.into()));
    let pickup = first["pickup"].as_str().unwrap().to_owned();
    let told = place.run(&format!("request status {}", pickup.to_lowercase())).done();
    assert!(told.contains("waits for a decision") && told.lines().all(|l| l.len() <= 80), "{told}");
    let mine = place.run("request mine").done();
    assert!(mine.contains(&pickup) && mine.lines().count() == 5, "{mine}");
    assert_eq!(place.run("request mine --contact ANN@").done().lines().count(), 4);
    place.run("request note 4 --contact-name Ann --contact-phone 12").done();
    assert!(place.run("request note 4 --contact-mail ann").refused(2).contains("mail address"));
    assert!(place.run("request mine --contact Ann").done().contains(&pickup));
}

#[test]
fn more_than_a_person_can_look_through_is_refused_before_it_is_read() {
    let place = Place::new();
    std::fs::create_dir(place.path("in")).unwrap();
    for n in 0..10_001 {
        std::fs::File::create(place.path(&format!("in/{n}.csr"))).unwrap();
    }
    let err = place.run("request import in").refused(1);
    assert!(err.contains("There are 10001 files") && err.contains("in parts"), "{err}");
}

#[test]
fn a_batch_is_signed_by_its_seal_and_picked_up() {
    let place = Place::new();
    place.certifier();
    place.write("all.pem", ["a.test", "b.test", "c.test"].map(csr).concat());
    place.run("request import all.pem").done();
    assert!(place.run("request issue --all").done().is_empty(), "nothing is approved");
    for id in ["1", "2"] {
        place.run(&format!("request approve {id} --certifier root --days 30")).done();
    }
    let shown = place.run("request issue --all");
    assert_eq!(shown.code, 3, "{shown:#?}");
    let seal = shown.out.lines().last().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert!(
        seal.starts_with("2-") && shown.out.contains("a.test") && shown.out.contains("b.test"),
        "{shown:#?}"
    );
    // Another approval in between makes another batch.
    place.run("request approve 3 --certifier root --days 30").done();
    let err = place.with(CA, &format!("request issue --all --batch {seal}")).refused(1);
    assert!(err.contains("is not the one"), "{err}");
    let shown = place.run("--json request issue --certifier root");
    let value: serde_json::Value = serde_json::from_str(&shown.out).unwrap();
    let seal = value["seal"].as_str().unwrap();
    let done = place.with(CA, &format!("--json request issue --all --batch {seal}")).json();
    assert_eq!((&done["signed"], &done["of"]), (&3.into(), &3.into()));

    let list = place.run("--json request list --all").json();
    let pickup = list[1]["pickup"].as_str().unwrap();
    let got = place.run(&format!("request pick-up {pickup} --root"));
    assert_eq!(got.out.matches("BEGIN CERTIFICATE").count(), 2, "{got:#?}");
    place.run(&format!("request pick-up {pickup} --to web.pem")).done();
    let written = std::fs::read_to_string(place.path("web.pem")).unwrap();
    assert_eq!(pem::find(written.as_bytes()).unwrap().certificates[0].subject.title(), "b.test");
    assert!(place.run(&format!("request pick-up {pickup} --to web.pem")).refused(1).contains("web.pem"));
    assert!(place.run("request status 2").done().contains("picked up"));
    assert!(place.run("request pem 2 --certificate").done().contains("BEGIN CERTIFICATE"));
}

#[test]
fn the_queue_counts_what_waits_and_says_what_is_late() {
    let place = Place::new();
    place.certifier();
    place.write("new.csr", csr("new.test"));
    place.run("request import new.csr").done();
    let counted = place.run("request queue").done();
    assert!(counted.starts_with("pending: 1, oldest 0 min"), "{counted}");
    let mut desk = Desk::open(&config(place.folder.path()), None, false).unwrap();
    for days in [5, 100] {
        desk.set_clock(Some(Desk::now().plus_days(-days)));
        let found = pem::find(csr(&format!("{days}.test")).as_bytes()).unwrap();
        desk.run(Verb::import(found.requests, "test")).unwrap();
    }
    drop(desk);
    let counted = place.run("request queue");
    assert_eq!(counted.code, 3, "{counted:#?}");
    assert!(counted.out.contains("oldest 100 days") && counted.out.contains("late: 2"), "{counted:#?}");
    let rows: Vec<_> = counted.out.lines().filter(|l| l.contains(".test")).collect();
    assert!(rows[0].contains("100.test") && rows[2].contains("new.test"), "the oldest first: {rows:?}");
    let value = place.run("--json request queue");
    let value: serde_json::Value = serde_json::from_str(&value.out).unwrap();
    assert_eq!((&value["late"], &value["counts"]["pending"]["number"]), (&2.into(), &3.into()));
    assert_eq!(place.run("request expire").code, 3);
    place.run("request expire --due").done();
    assert!(place.run("request status 3").done().contains("crossed off"));
    place.run("request withdraw 2 --reason double").done();
    assert!(place.run("request queue").done().contains("pending: 1"));
    assert!(place.run("request queue --certifier none").refused(1).contains("none"));
}

#[test]
fn the_subject_is_edited_and_what_was_asked_can_come_back() {
    let place = Place::new();
    place.certifier();
    place.write("a.csr", csr("a.test"));
    place.run("request import a.csr").done();
    place.run("request edit 1 --organization Other --names a.test,b.test --days 20").done();
    let shown = place.run("request show 1").done();
    assert!(shown.contains("O=Other") && shown.contains("DNS:b.test") && shown.contains("Edited"), "{shown}");
    let err = place.run("request edit 1 --names a..test").refused(2);
    assert!(err.contains("a..test"), "{err}");
    place.run("request edit 1 --as-asked").done();
    let shown = place.run("request show 1").done();
    assert!(!shown.contains("O=Other") && !shown.contains("b.test"), "{shown}");
    place.words(&["request", "edit", "1", "--subject", "C=DE, O=Third, CN=a.test"], b"").done();
    place.run("request approve 1 --certifier root").done();
    place.with(CA, "request issue 1").done();
    assert!(place.run("certificate list").done().contains("O=Third"));
}

#[test]
fn a_review_says_what_differs_from_the_certificate_before() {
    let place = Place::furnished();
    let told = |id: u32| {
        let shown = place.run(&format!("request show {id} --certifier root --json")).json();
        let findings = shown["preview"]["findings"].as_array().unwrap();
        let found = findings.iter().find(|f| f["rule"] == "previous");
        found.map(|f| (f["severity"].clone(), f["text"].as_str().unwrap().to_owned()))
    };
    place.with(RING, "keyring renew mail --key same").done();
    let (severity, text) = told(2).unwrap();
    assert!(severity == "note" || severity == "info", "{severity}");
    assert!(text.contains("serial ") && text.ends_with(": with the same key."), "{text}");
    place.run("request deny 2 --reason again").done();
    let (key, subject) = (
        PrivateKey::generate(KeyType::Ed25519).unwrap(),
        name::build(&[("CN", "mail.example.test")]).unwrap(),
    );
    let der = request::build(&subject, &[AltName::Dns("post.example.test".into())], &key).unwrap();
    place.write("next.csr", pem::write("CERTIFICATE REQUEST", &der));
    place.run("request import next.csr").done();
    let text = told(3).unwrap().1;
    for part in [
        "names added: DNS:post.example.test",
        "names left out: DNS:mail.example.test",
        "a new key, Ed25519 instead of P-256",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
    // A subject that has none before has nothing to compare with.
    place.write("other.csr", csr("other.test"));
    place.run("request import other.csr").done();
    assert!(told(4).is_none());
}

#[test]
fn the_same_key_with_other_names_takes_the_place_of_the_certificate_before() {
    let place = Place::furnished();
    let serial = |host: &str| {
        let list = place.run("certificate list --json --filter issuer:root").json();
        let rows = list.as_array().unwrap().clone();
        let row = rows.iter().find(|r| r.to_string().contains(host)).unwrap().clone();
        row["serial"].as_str().unwrap().to_owned()
    };
    let first = serial("mail.example.test");
    let hosts = "keyring renew mail --key same --hosts mail.example.test,post.example.test";
    place.with(RING, hosts).done();
    let shown = place.run("request show 2 --certifier root").done();
    assert!(shown.contains("Takes the place of") && shown.contains(&first), "{shown}");
    place.run("request approve 2 --certifier root").done();
    place.with(CA, "request issue 2").done();
    let second = serial("post.example.test");
    let old = place.run(&format!("certificate show {first}")).done();
    assert!(old.contains("Superseded by") && old.contains(&second), "{old}");
    let new = place.run(&format!("certificate show {second}")).done();
    assert!(new.contains("Supersedes") && new.contains(&first), "{new}");
    // An approver may leave the earlier one in use.
    place.with(RING, "keyring renew mail --key same --hosts post.example.test").done();
    place.run("request approve 3 --certifier root --renewal no --reason known").done();
    place.with(CA, "request issue 3").done();
    let shown = place.run(&format!("certificate show {second}")).done();
    assert!(!shown.contains("Superseded by"), "{shown}");
    let third = place.serial_for(3);
    place.run(&format!("certificate revoke root {third} --reason superseded --confirm {third}")).done();
    // A revoked one is not taken the place of.
    place.run(&format!("certificate revoke root {second} --reason superseded --confirm {second}")).done();
    place.with(RING, "keyring renew mail --key same --hosts post.example.test").done();
    let shown = place.run("request show 4 --certifier root").done();
    assert!(!shown.contains("Takes the place of"), "{shown}");
}

#[test]
fn attributes_of_one_rdn_stay_together_when_the_subject_is_edited() {
    if !openssl_is_here() {
        return;
    }
    let place = Place::new();
    place.certifier();
    let folder = place.folder.path();
    crate::support::openssl(
        folder,
        "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout k.pem -out m.csr -subj /O=Example/CN=m.test+serialNumber=77 -addext subjectAltName=DNS:m.test",
    );
    place.run("request import m.csr").done();
    place.run("request edit 1 --organization Other").done();
    let shown = place.run("request show 1").done();
    assert!(
        shown.contains("CN=m.test+serialNumber=77,O=Other")
            || shown.contains("serialNumber=77+CN=m.test,O=Other"),
        "{shown}"
    );
    place.run("request approve 1 --certifier root").done();
    place.with(CA, "request issue 1").done();
    place.run("request pick-up 1 --to m.pem").done();
    let subject = crate::support::openssl(folder, "x509 -in m.pem -noout -subject");
    assert!(subject.contains("O = Other") || subject.contains("O=Other"), "{subject}");
    assert!(subject.contains('+'), "{subject}");
}
