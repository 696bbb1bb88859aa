//! The audit chain as a script reads it: narrowed, exported, compared with paper, and an older ledger that is noticed.

use std::path::Path;
use std::process::Command;

use super::{CA, Place, RING};
use crate::support::{run, tool};

fn numbers(place: &Place, arguments: &str) -> Vec<u64> {
    let listed = place.run(&format!("audit list --json {arguments}")).json();
    listed.as_array().unwrap().iter().map(|e| e["number"].as_u64().unwrap()).collect()
}

#[test]
fn entries_are_found_by_who_what_which_and_when() {
    let place = Place::furnished();
    let all = numbers(&place, "--limit 1000");
    let last = *all.last().unwrap();
    assert_eq!(all, (1..=last).collect::<Vec<_>>());
    assert_eq!(numbers(&place, "--by tester --limit 1000"), all);
    assert_eq!(numbers(&place, "--by nobody"), [0_u64; 0]);
    let issued = numbers(&place, "--kind certificate-issued");
    assert_eq!(issued.len(), 1);
    assert_eq!(numbers(&place, "kind:issued not:CRL"), issued);
    let request = numbers(&place, "--object request --until now");
    assert!(request.len() >= 2 && request.iter().all(|n| !issued.contains(n)), "{request:?}");
    assert_eq!(numbers(&place, "--since 2099-01-01"), [0_u64; 0]);
    assert_eq!(numbers(&place, "--from 3 --limit 2"), [3, 4]);
    assert_eq!(numbers(&place, "--limit 2"), [last - 1, last]);
    assert!(place.run("audit list --since soon").refused(2).contains("write 2027-03-01"));
    let shown = place.run(&format!("audit show {}", issued[0])).done();
    assert!(shown.contains("certificate issued") && shown.contains("issued.serial:"), "{shown}");
    place.run("audit show 9999").refused(1);
    assert!(place.run("audit verify").done().contains("every stored certificate"));
    assert_eq!(place.run("audit verify --json").json()["full"], true);
    let quick = place.run("audit verify --quick").done();
    assert!(quick.contains("only counted"), "{quick}");
    assert_eq!(place.run("audit verify --quick --json").json()["full"], false);
}

#[test]
fn wrong_passwords_of_certifiers_and_keyrings_are_told() {
    let place = Place::furnished();
    place.with("wrong\n", "crl issue root").refused(4);
    place.run("keyring stash mail --drop").done();
    place.with("wrong\n", "keyring trust mail --certifier root").refused(4);
    let listed = place.run("audit list --kind unlock-failed").done();
    assert!(listed.contains("certifier root") && listed.contains("keyring mail"), "{listed}");
}

#[test]
fn a_head_on_paper_is_compared_later() {
    let place = Place::furnished();
    let head = place.run("audit head --json").json();
    let (number, hash) = (head["number"].as_u64().unwrap(), head["hash"].as_str().unwrap());
    let paper = place.run("audit head --print").done();
    assert!(paper.lines().all(|l| l.chars().count() <= 80) && paper.contains("Signature"), "{paper}");
    let digits: Vec<_> = paper.lines().filter(|l| l.len() == 57 && !l.contains(':')).collect();
    let typed: String =
        digits.iter().map(|l| l.trim_start_matches("Hash").trim()).collect::<Vec<_>>().join(" ");
    place.run("site delete mail --confirm mail").done();
    let expect = |text: &str| place.words(&["audit", "head", "--expect", text], b"");
    for good in [format!("{number}:{hash}"), hash.to_owned(), format!("entry {number}: {typed}")] {
        assert!(expect(&good).done().contains("1 were written since"), "{good}");
    }
    let wrong = hash.chars().rev().collect::<String>();
    assert!(expect(&format!("{number}:{wrong}")).refused(1).contains("another hash"));
    assert!(expect(&format!("{}:{hash}", number + 50)).refused(1).contains("older copy"));
    assert!(expect("12:abc").refused(2).contains("64"));
}

#[test]
fn what_is_exported_is_verified_without_the_program() {
    let place = Place::furnished();
    place.words(&["site", "create", "odd", "--hosts", "a.test", "--comment", "\u{202e}\\ \"x\""], b"").done();
    let lines = place.run("audit export").done();
    assert!(!lines.contains('\u{202e}'));
    place.run("audit export --to chain.jsonl").done();
    assert_eq!(std::fs::read_to_string(place.path("chain.jsonl")).unwrap(), lines);
    place.run("audit export --to chain.jsonl").refused(1);
    place.run("audit export --to data/chain.jsonl").refused(1);
    let syslog = place.run("audit export --form syslog --kind issued").done();
    assert!(syslog.lines().count() >= 2 && syslog.lines().all(|l| l.starts_with("<109>1 20")), "{syslog}");
    let Some(python) = tool("python3") else { return };
    let text = include_str!("../../docs/audit.md");
    let (_, script) = text.split_once("```python\nimport hashlib, json").unwrap();
    let script = format!("import hashlib, json{}", script.split_once("```").unwrap().0);
    place.write("recipe.py", script);
    let head = place.run("audit head --json").json()["hash"].as_str().unwrap().to_owned();
    let check = |file: &str| {
        let mut command = Command::new(&python);
        command.current_dir(place.folder.path()).args(["recipe.py", file]).output().unwrap()
    };
    assert!(String::from_utf8_lossy(&check("chain.jsonl").stdout).contains(&head));
    place.write("other.jsonl", lines.replacen("tester", "nobody", 3));
    assert!(!check("other.jsonl").status.success());
}

/// Copies the workspace, as a backup does.
fn copy(from: &Path, to: &Path) {
    run(Command::new("cp").arg("-a").args([from, to]));
}

#[test]
fn an_older_copy_of_the_workspace_signs_nothing_until_a_person_decides() {
    let place = Place::furnished();
    let (data, backup) = (place.path("data"), place.path("backup"));
    copy(&data, &backup);
    // What the backup does not know: one more certificate in use, a revocation, two CRLs.
    place.with(RING, "keyring create web --hosts web.example.test").done();
    place.run("request approve 2 --certifier root").done();
    place.with(CA, "request issue 2").done();
    place.run("keyring trust web --certifier root").done();
    place.run("keyring install web --issued").done();
    copy(&data.join("keyrings/web.kyr"), &place.path("web.kyr"));
    place.with(CA, "crl issue root").done();
    place.with(CA, "crl issue root").done();
    let head = place.run("audit head --json").json();
    std::fs::remove_dir_all(&data).unwrap();
    copy(&backup, &data);

    let why = place.with(CA, "crl issue root").refused(1);
    assert!(why.contains("older ledger") && why.contains("audit reconcile"), "{why}");
    let told = place.run("audit list --kind refused --json").json();
    assert_eq!(told[0]["fact"]["Refused"]["what"], "Nothing is signed with an older ledger.");
    let found = place.run("doctor").out + &place.run("doctor").err;
    assert!(found.contains("W02") && found.contains("issued certificates are not in it"), "{found}");
    place.run("audit reconcile").refused(2);
    let said = place.words(
        &["audit", "reconcile", "--reason", "disk died", "--crl-numbers", "root=7", "--found", "web.kyr"],
        b"",
    );
    let (out, err) = (said.out.clone(), said.err.clone());
    said.done();
    assert!(out.contains("root goes on with CRL 108") && out.contains("One certificate"), "{out}");
    assert!(err.contains("certifier root had signed CRL 3"), "{err}");
    let told = place.run("audit list --kind reconciled --json").json();
    assert_eq!(told[0]["fact"]["Reconciled"]["unlisted"][0]["place"], "file web.kyr");
    assert_eq!(told[0]["fact"]["Reconciled"]["remembered"]["head"]["hash"], head["hash"]);
    let signed = place.with(CA, "crl issue root").done();
    assert!(signed.contains("CRL 108"), "{signed}");
    // What was found stands in the issued list again and can be revoked.
    let serial = told[0]["fact"]["Reconciled"]["unlisted"][0]["serial"].as_str().unwrap();
    place.run(&format!("certificate revoke root {serial} --reason superseded --confirm {serial}")).done();
    let signed = place.with(CA, "crl issue root").done();
    assert!(signed.contains("CRL 109 with 1 entry"), "{signed}");
    place.run("audit reconcile --reason again").refused(1);
    place.run("audit verify").done();

    // The head of the lost ledger is on paper alone when another user looks at it.
    let paper = format!("{}:{}", head["number"].as_u64().unwrap() + 40, head["hash"].as_str().unwrap());
    place.run(&format!("audit reconcile --reason paper --expect {paper}")).done();
    let signed = place.with(CA, "crl issue root").done();
    assert!(signed.contains("CRL 210"), "{signed}");
}

#[test]
fn what_peers_know_as_revoked_stays_so_with_an_older_ledger() {
    let place = Place::furnished();
    let (data, backup) = (place.path("data"), place.path("backup"));
    let issue = |ring: &str, id: u32| {
        place.with(RING, &format!("keyring create {ring} --hosts {ring}.example.test")).done();
        place.run(&format!("request approve {id} --certifier root")).done();
        place.with(CA, &format!("request issue {id}")).done();
    };
    issue("known", 2);
    copy(&data, &backup);
    // What the backup does not know: a certificate, two revocations, and the CRL with them.
    issue("later", 3);
    for id in [2, 3] {
        let revoke = format!("certificate revoke --request {id} --reason keyCompromise --confirm 1");
        place.run(&revoke).done();
    }
    place.with(CA, "crl issue root").done();
    place.write("served.crl", place.run("certifier crl root").done());
    std::fs::remove_dir_all(&data).unwrap();
    copy(&backup, &data);

    let words = ["audit", "reconcile", "--reason", "disk died", "--found", "served.crl"];
    let said = place.words(&words, b"").done();
    assert!(said.contains("is revoked: keyCompromise") || said.contains("is revoked;"), "{said}");
    assert!(place.run("crl due").out.contains("2 changes"));
    let signed = place.with(CA, "crl issue root").done();
    assert!(signed.contains("with 2 entries"), "{signed}");
    // Once more, there is nothing new in it.
    let head = place.run("audit head --json").json();
    let paper = format!("{}:{}", head["number"].as_u64().unwrap() + 9, head["hash"].as_str().unwrap());
    let words = ["audit", "reconcile", "--reason", "paper", "--expect", &paper, "--found", "served.crl"];
    place.words(&words, b"").done();
    assert!(place.with(CA, "crl issue root").done().contains("with 2 entries"));
    place.run("audit verify").done();
}

#[test]
fn a_certificate_that_the_issued_list_does_not_know_is_found() {
    let place = Place::furnished();
    let ledger = place.path("data/ledger.db");
    let keyrings = place.path("data/keyrings");
    copy(&ledger, &place.path("older.db"));
    place.with(RING, "keyring create web --hosts web.example.test").done();
    place.run("request approve 2 --certifier root").done();
    place.with(CA, "request issue 2").done();
    place.run("keyring trust web --certifier root").done();
    place.run("keyring install web --issued").done();
    // The ledger alone is put back, and nobody remembers.
    std::fs::remove_file(&ledger).unwrap();
    copy(&place.path("older.db"), &ledger);
    std::fs::remove_dir_all(place.path(".local/share/ringmaster/heads")).unwrap();
    assert!(keyrings.join("web.kyr").exists());
    let found = place.run("doctor").out;
    assert!(found.contains("W03") && found.contains("of which the list of root does not know"), "{found}");
    assert!(!found.contains("W02"), "{found}");
}
