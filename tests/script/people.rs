//! People by keys on a real workspace: written down, given a key, certified, and given a file.

use ringmaster::desk::Verb;
use ringmaster::model::certifier::NewCertifier;
use ringmaster::model::policy::Policy;
use ringmaster::model::request::{Plan, RequestId};
use ringmaster::model::secret::Secret;

use super::first_day::{Live, desk};

#[test]
fn a_person_gets_a_key_a_certificate_and_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = desk(folder.path());
    let root = NewCertifier {
        name: "root".into(),
        common_name: "Example Root CA".into(),
        organization: "Example".into(),
        policy: Policy { own_approval: true, ..Policy::default() },
        password: Secret::new("ca-pass".into()),
        repeat: Secret::new("ca-pass".into()),
        ..NewCertifier::default()
    };
    other.run(Verb::CreateCertifier(root)).unwrap();
    let mut live = Live::new(folder.path());
    live.press("7").sees("Write down who").press("n").text("ann").press("<tab>").text("Ann Miller");
    live.press("<tab>").text("ann@example.test").press("C-s").sees("Person ann: made").sees("no key");
    live.press("x").sees("Not done").press("r").sees("A key for Ann Miller").press("<pgdn> <up>");
    live.text("ring-pass").press("<tab>").text("ring-pass").press("C-s").sees("key made in keyring ann");
    live.press("u").sees("request 1 is for the key").press("<esc>").sees("no certificate");
    other.refresh(true).unwrap();
    let plan = Plan { certifier: "root".into(), profile: "client".into(), days: 300, ..Plan::default() };
    other.run(Verb::Approve { id: RequestId(1), plan }).unwrap();
    live.press("4 C-r").sees("approved").press("s").text("ca-pass").press("<ret>").press("7").sees("ok");
    // Who only wants to look at what is handed out does not pick it up.
    live.press("4 p <ret>").sees("Copy them").press("<down> <down> <ret>").sees("BEGIN CERTIFICATE");
    live.press("<esc> <esc> 7").sees("ok");
    live.press("x").sees("PKCS#12 for Ann Miller").press("C-u");
    let file = folder.path().join("ann.p12");
    live.text(file.to_str().unwrap()).press("C-s").sees("Pass phrase for ann").sees("shown this once");
    live.text("wrong").press("<ret>").sees("That is not the pass phrase");
    assert!(!file.exists());
    live.press("<ret>").sees("What left the workspace").sees("ann.p12");
    assert!(file.exists());
    live.press("<esc>").sees("Ann Miller");
    // In the ring that keeps the key nothing is to be installed, one by one or together.
    live.press("1").sees("kept for ann").press("i").sees("which person ann gets with the key");
    live.press("<esc> * i").sees("its key and certificate are for person ann: they are exported there");
    assert!(!live.screen().contains("Install what was issued"), "{}", live.screen());
}

#[test]
fn a_key_that_others_know_is_reported_from_its_record_and_cleared_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = desk(folder.path());
    crate::life::create_keyring(&mut other, "mail", true);
    let mut live = Live::new(folder.path());
    live.press("4 :").text("key.report").press("<ret>").sees("Report a key as known to others");
    live.press("<tab> C-s")
        .sees("say how that is known")
        .text("found in a shop")
        .press("C-s")
        .sees("reported");
    live.press(":").text("key.list").press("<ret>");
    live.sees("found in a shop").press("<down> <ret>").sees("Reported by ada").press("<down> <ret>");
    live.text("another key")
        .press("C-s")
        .press(":")
        .text("key.list")
        .press("<ret>")
        .sees("Keys that others know");
    assert!(!live.shows("found in a shop"));
}
