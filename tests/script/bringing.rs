//! What an administrator sees of a file before anything of it is stored, and how it goes on from there.

use std::sync::Arc;

use super::console::Console;
use super::fixture;
use ringmaster::desk::Verb;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::key::KeyType;
use ringmaster::ops::ring::Act;
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::pem::{Found, FoundKey};
use ringmaster::tui::brought::Given;
use ringmaster::tui::msg::{Done, Effect, Msg};

/// A key that a file held, and the certificate of this host for it.
fn identity(found: &mut Found, number: u8, host: &str, label: &str) {
    let key = Arc::new(PrivateKey::generate(KeyType::P256).unwrap());
    let mut leaf = fixture::certificate(number, host, "Example Root CA", &[host], -1, 90);
    leaf.key = key.info().clone();
    found.certificates.push(leaf);
    found.keys.push(FoundKey { label: label.into(), key, open: true });
}

/// Two keys with their certificates, an intermediate of nobody, and a request.
pub(crate) fn two_keys() -> Found {
    let mut found = Found::default();
    identity(&mut found, 61, "mail.example.test", "Post");
    identity(&mut found, 62, "*.shop.example.test", "");
    found.certificates.push(fixture::certificate(63, "Stray CA", "Stray CA", &[], -9, 900));
    found.requests.push(fixture::pkcs10("web.example.test", 70));
    found
}

fn asks(c: &mut Console) -> &mut Console {
    c.press("1 a").type_text("/media/usb/x.p12").press("<ret>")
}

#[test]
fn each_key_of_a_file_makes_a_ring_and_the_results_stand_beside() {
    let mut c = Console::fixture();
    asks(&mut c).answer(fixture::brought(two_keys(), "/media/usb/x.p12"));
    let screen = c.screen();
    for says in ["Key 1", "called \"Post\"", "Key 2", "New keyring of key 1", "New keyring of key 2", "queue"]
    {
        assert!(screen.contains(says), "{says}: {screen}");
    }
    assert!(c.verb().is_none(), "nothing is done unasked");
    // Both keys and the request, one after another.
    c.press("<space> <space> G k <space> <ret>");
    assert!(
        c.screen().contains("mail.example.test") && c.screen().contains("New password"),
        "{}",
        c.screen()
    );
    c.press("<tab>").type_text("pass").press("<tab>").type_text("pass").press("<f2>");
    let Some(Verb::ImportKeyring { asked, key: Some(key), certificates, .. }) = c.verb().cloned() else {
        panic!("{:?}", c.effects.last())
    };
    assert_eq!((asked.name.as_str(), asked.password.expose()), ("mail.example.test", "pass"));
    assert_eq!(certificates[0].key.sha256, key.info().sha256);
    assert!(certificates.iter().all(|c| c.subject.title() != "*.shop.example.test"), "of the other key");
    let state = fixture::full();
    c.commit(state.clone(), "Keyring mail.example.test is made.");
    // The second form follows by itself; its name is one that a file can have.
    assert!(c.screen().contains("wildcard.shop.example.test"), "{}", c.screen());
    c.press("<tab>").type_text("pass").press("<tab>").type_text("pass").press("<f2>");
    c.answer(Err(Error::refused("A keyring is already named so.")));
    assert!(c.screen().contains("already named so"), "{}", c.screen());
    c.press("<esc> <f2>").commit(state, "Keyring two is made.");
    assert!(matches!(c.verb(), Some(Verb::ImportRequests(_))), "{:?}", c.effects.last());
    c.answer(Err(Error::refused("It stands in the queue already.")));
    let screen = c.screen();
    assert!(screen.contains("Done: Keyring mail.example.test is made."), "{screen}");
    assert!(
        screen.contains("Done: Keyring two is made.") && screen.contains("Not done: It stands"),
        "{screen}"
    );
    c.press("<esc>");
    assert!(c.model.dialogs.is_empty());
}

#[test]
fn a_locked_file_is_asked_for_its_password_until_it_opens() {
    let mut c = Console::fixture();
    let locked = Found { locked: vec!["a PKCS#12 file with 600000 rounds".into()], ..Found::default() };
    asks(&mut c).answer(fixture::brought(locked, "/media/usb/x.p12"));
    let screen = c.screen();
    assert!(screen.contains("Password of file /media/usb/x.p12"), "{screen}");
    assert!(screen.contains("a PKCS#12 file with 600000 rounds"), "{screen}");
    c.type_text("hunter2").press("<ret>");
    assert!(matches!(c.effects.last(), Some(Effect::Read(_, Given::File(_), Some(_)))), "{:?}", c.effects);
    assert!(!format!("{:?}{:?}", c.model, c.effects).contains("hunter2"), "a secret is printed");
    assert!(c.screen().contains("Esc stops it"), "{}", c.screen());
    c.answer(Err(Error::new(Kind::WrongPassword, "The password does not open it.")));
    assert!(c.screen().contains("does not open it") && c.screen().contains("Password:"), "{}", c.screen());
    c.type_text("hunter3").press("<ret>");
    c.answer(fixture::brought(two_keys(), "/media/usb/x.p12"));
    assert!(c.screen().contains("New keyring of key 1"), "{}", c.screen());
    assert_eq!(c.model.dialogs.len(), 1);
}

#[test]
fn esc_stops_a_long_opening_and_its_answer_is_dropped() {
    let mut c = Console::fixture();
    let locked = Found { locked: vec!["a PKCS#12 file".into()], ..Found::default() };
    asks(&mut c).answer(fixture::brought(locked, "x.p12")).type_text("p").press("<ret>");
    let id = c.effects.iter().rev().find_map(super::console::job).unwrap();
    c.press("<esc>");
    assert_eq!(c.effects.last(), Some(&Effect::Stop(id)));
    assert!(c.model.dialogs.is_empty() && !c.model.jobs.contains_key(&id), "{}", c.screen());
    for late in [fixture::brought(two_keys(), "x.p12"), Err(Error::new(Kind::Cancelled, "Stopped."))] {
        c.send(Msg::Done(id, late));
        assert!(c.model.dialogs.is_empty(), "{}", c.screen());
    }
}

#[test]
fn what_is_open_beside_what_is_locked_can_be_used_without_the_password() {
    let mut c = Console::fixture();
    let mut found = two_keys();
    found.keys.clear();
    found.locked = vec!["an encrypted private key".into()];
    asks(&mut c).answer(fixture::brought(found.clone(), "x.pem"));
    assert!(c.screen().contains("Password of"), "{}", c.screen());
    c.press("<esc>");
    assert!(c.screen().contains("Open what is locked") && c.screen().contains("queue"), "{}", c.screen());
    // Installing needs no key: it is not asked for.
    let mut c = Console::fixture();
    c.press("1 i <down> <ret>").type_text("x.pem").press("<ret>");
    c.answer(fixture::brought(found, "x.pem"));
    assert!(c.screen().contains("Install into mail"), "{}", c.screen());
}

#[test]
fn a_certificate_goes_to_the_ring_that_has_its_key() {
    let mut c = Console::fixture();
    let mut leaf = fixture::certificate(80, "wiki.example.test", "Other CA", &["wiki.example.test"], -1, 90);
    leaf.key = fixture::full().keyrings["wiki"].key.clone().unwrap();
    let found = Found { certificates: vec![leaf], ..Found::default() };
    c.press("1").paste("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    assert!(!format!("{:?}{:?}", c.model, c.effects).contains("AAAA"), "a paste may hold a key");
    c.answer(fixture::brought(found, ""));
    assert!(c.screen().contains("Install in keyring wiki"), "{}", c.screen());
    c.press("<ret>");
    assert!(
        matches!(c.verb(), Some(Verb::Ring { keyring, act: Act::Install { .. }, .. }) if keyring == "wiki")
    );
    c.commit(fixture::full(), "Keyring wiki: certificate installed.");
    assert!(c.model.dialogs.is_empty(), "nothing is left to do: {}", c.screen());
}

#[test]
fn a_ring_of_another_host_is_shown_and_asks_its_password_once() {
    let mut c = Console::fixture();
    let ring = fixture::full().keyrings["mail"].clone();
    let Ok(Done::Found(mut brought)) = fixture::brought(Found::default(), "mail.kyr") else { panic!() };
    brought.ring = Some(ring);
    asks(&mut c).answer(Ok(Done::Found(brought)));
    assert!(
        c.screen().contains("Import: keyring mail") && c.screen().contains("revision 2"),
        "{}",
        c.screen()
    );
    c.press("<ret>");
    assert!(c.screen().contains("mail-2"), "its name is taken here: {}", c.screen());
    c.press("<tab>").type_text("pass").press("<f2>");
    let Some(Verb::MoveKeyring { asked, ring }) = c.verb() else { panic!("{:?}", c.effects.last()) };
    assert_eq!((asked.name.as_str(), ring.name.as_str()), ("mail-2", "mail"));
    c.answer(Err(Error::new(Kind::WrongPassword, "The password does not open the keyring mail.")));
    assert!(c.screen().contains("does not open") && c.screen().contains("Its password"), "{}", c.screen());
    c.type_text("right").press("<f2>").commit(fixture::full(), "Keyring mail-2 is made.");
    assert!(c.model.dialogs.is_empty(), "{}", c.screen());
}

#[test]
fn a_key_that_others_can_read_is_warned_of() {
    let mut c = Console::fixture().sized(132, 43);
    let Ok(Done::Found(mut brought)) = fixture::brought(two_keys(), "x.pem") else { panic!() };
    brought.open_to_others = Some("Its mode is 0644; close it: chmod 600 x.pem".into());
    asks(&mut c).answer(Ok(Done::Found(brought)));
    assert!(
        c.screen().contains("Others can read") && c.screen().contains("chmod 600 x.pem"),
        "{}",
        c.screen()
    );
}

#[test]
fn long_content_can_be_looked_through() {
    let mut c = Console::fixture();
    let mut found = Found::default();
    for number in 100..130 {
        identity(&mut found, number, &format!("host{number}.example.test"), "");
    }
    asks(&mut c).answer(fixture::brought(found, "x.pem"));
    assert!(c.screen().contains("New keyring of key 1 "), "{}", c.screen());
    for _ in 0..20 {
        c.press("<pgup>");
    }
    assert!(c.screen().contains("CN=host100.example.test"), "{}", c.screen());
    c.press("<pgdn> <down>");
    assert!(c.screen().contains("New keyring of key 2 "), "the choice is in sight again: {}", c.screen());
}
