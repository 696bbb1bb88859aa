//! The issued list and the CRLs by keys on a real workspace: held and released, a delta CRL, what was signed so far, what is
//! served, and the status panel.

use super::first_day::{Live, desk};
use crate::life::{create_certifier, create_keyring, issue};
use crate::support::secret;
use ringmaster::desk::Verb;
use ringmaster::model::certifier::Policy;
use ringmaster::model::certifier::rollover::NewKey;
use ringmaster::model::issued::Reason;
use ringmaster::model::key::KeyType;
use ringmaster::model::policy::Amendment;

/// A workspace with a certifier and two certificates of it.
pub(super) fn furnished(folder: &std::path::Path) {
    let mut desk = desk(folder);
    create_certifier(&mut desk, "root", KeyType::P256);
    for name in ["mail", "web"] {
        let request = create_keyring(&mut desk, name, false);
        issue(&mut desk, request, "root");
    }
}

impl Live {
    /// Types what the question asks for.
    fn confirm(&mut self) -> &mut Self {
        let screen = self.screen();
        let word = screen.split("Type \"").nth(1).and_then(|t| t.split('"').next()).unwrap().to_owned();
        self.text(&word).press("<ret>")
    }
}

#[test]
fn a_hold_is_seen_as_one_released_and_told_from_a_revocation() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let mut live = Live::new(folder.path());
    live.press("2").press("g j <space> <space> R").sees("unless it is a hold").confirm();
    live.press("<left> <left>").sees("certificateHold: Not valid for the time being").press("C-s");
    live.sees("2 certificates are on hold").press("<down> <ret>").sees("on hold");
    assert!(!live.shows("revoked  "), "{}", live.screen());
    live.press("/").text("revoked:yes").press("<ret>").sees("of 2").press("<esc>");
    live.press("/").text("reason:certificateHold").press("<ret>").sees("of 2").press("<esc>");
    live.press("g j e").sees("Why the hold is lifted").text("the token was found").press("C-s");
    live.sees("is released").press("<down> <ret>");
    live.press("/").text("revoked:yes expired:no").press("<ret>").sees("of 1");
    // What was on hold is revoked for good, and what is revoked for good proposes the only way left.
    live.press("R").sees("this revokes it for good").confirm().press("<right> <right> <right> <right> C-s");
    live.press("<down> <ret>").press("R").sees("can only become keyCompromise").confirm();
    live.sees("< keyCompromise >").press("C-s").sees("is revoked for keyCompro");
}

#[test]
fn a_delta_crl_is_looked_at_what_was_signed_is_listed_and_what_is_served_is_proved() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let mut live = Live::new(folder.path());
    live.press("5 +").sees("its policy has none");
    live.press("e");
    while !live.shows("How long a delta CRL is valid") {
        live.press("<down>");
    }
    live.press("C-u").text("1").press("C-s").sees("Delta CRLs, days").press("<ret>");
    live.text("ca-pass").press("<ret>").sees("policy version 2");
    live.press("+")
        .sees("CRL 2 (delta to 1): 0 entries")
        .press("<ret>")
        .sees("signed delta CRL 2 with 0 entries");
    live.press("r").sees("See a delta CRL instead").press("<down> <down> <ret>").sees("CRL 3 (delta to 1)");
    live.press("<esc> .").sees("CRLs of root").sees("delta to 1").sees("regular, 0 entries").press("<esc>");
    live.press("=")
        .sees("Fetch http://crl.example.test/ca.crl")
        .press("<down> <ret>")
        .sees("compared with what was signed");
    let served = folder.path().join("served.crl");
    std::fs::copy(folder.path().join("ring/certifiers/root/crl.der"), &served).unwrap();
    live.text(served.to_str().unwrap()).press("<ret>").sees("What is served is CRL 1 of certifier root");
    live.press("<esc> <esc>").press("=").sees("CRL 1 published and proved").press("<esc>");
    // The next one is signed, and the old one is served still.
    live.press("r")
        .press("<ret>")
        .sees("signed CRL 3")
        .press("= <down> <ret>")
        .text(served.to_str().unwrap());
    live.press("<ret>").sees("is not the current CRL").sees("is CRL 1 of").sees("is the latest");
}

#[test]
fn of_a_crl_in_parts_it_is_said_how_many_were_signed_and_published() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let mut beside = desk(folder.path());
    beside.unlock("root", &secret("ca-pass")).unwrap();
    let policy = Policy { crl_parts: 4, ..beside.state().certifiers["root"].policy.clone() };
    let amendment = Box::new(Amendment { policy, reason: String::new() });
    beside.run(Verb::Amend { certifier: "root".into(), before: 1, amendment }).unwrap();
    drop(beside);
    let mut live = Live::new(folder.path());
    live.press("5 r").sees("CRL 2").press("<ret>").sees("Password").text("ca-pass").press("<ret>");
    live.sees("signed CRL 2 with 0 entries, and its 4 parts.");
}

#[test]
fn what_is_still_valid_under_an_old_key_is_listed() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let mut beside = desk(folder.path());
    beside.unlock("root", &secret("ca-pass")).unwrap();
    let mut new = NewKey::after("root", KeyType::P256, 10);
    (new.password, new.repeat) = (secret("ca-pass"), secret("ca-pass"));
    beside.run(Verb::RollOver { name: "root".into(), asked: new }).unwrap();
    drop(beside);
    let mut live = Live::new(folder.path());
    // What is above the ways to go on can be looked at as well, where it does not fit.
    live.resize(40, 10)
        .press("5")
        .press("g w")
        .sees("After the new key of root")
        .sees("Show the certificates");
    live.press("<pgup> <pgup> <pgup>").sees("root-2 issues in its place");
    live.press("<pgdn> <pgdn> <pgdn> <pgdn>").sees("Back").resize(80, 24).press("<end> <up> <ret>");
    live.sees("issuer:root -issuer:root-2 revoked:no").sees("mail.example.test").sees("of 4");
}

#[test]
fn the_status_panel_says_what_the_checks_of_crls_say_and_leads_on() {
    let folder = tempfile::tempdir().unwrap();
    furnished(folder.path());
    let mut beside = desk(folder.path());
    let row = beside.ledger().issued_rows(&[1]).unwrap().remove(0);
    beside.run(Verb::revoke("root", row.serial, Reason::KeyCompromise)).unwrap();
    drop(beside);
    let mut live = Live::new(folder.path());
    live.press("5 s").sees("yellow: active root, locked").sees("Owes a CRL: 1 change since the latest, a");
    live.sees("next due ").press("<ret>").sees("The next CRL of root").sees("1 added");
    live.press("<esc> s <down> <ret>").sees("Certifiers");
}
