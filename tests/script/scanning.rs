//! A scan of a site's service on the screen: asked for, followed, stopped, read.

use ringmaster::model::bytes::Digest;
use ringmaster::model::cipher::Suite;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::resolve::{Whose, promised};
use ringmaster::model::seen::{Asked, Face, Group, Manners, Order, Scan, Spoken, Version, Visit};
use ringmaster::tui::msg::{Done, Effect, JobId, Msg};

use super::console::Console;
use super::fixture::{full, now};

/// What a scan of a service that is half modern saw.
pub(super) fn seen() -> Scan {
    let version = |version| {
        let suites: &[u16] = match version {
            Version::Tls13 => &[0x1302, 0x1301],
            Version::Tls12 => &[0xC030, 0xC02F, 0x9D, 0x2F],
            Version::Tls10 => &[0x2F, 0x0A],
            _ => &[],
        };
        let why = if suites.is_empty() { "protocol_version (70)".into() } else { String::new() };
        let suites: Vec<_> = suites.iter().map(|code| Suite(*code)).collect();
        let answer = (!suites.is_empty()).into();
        Spoken { answer, why, suites, order: Order::Server, whole: true, ..Spoken::unknown(version) }
    };
    let face = |asked| Face {
        asked,
        sent: vec![Digest([7; 32]), Digest([8; 32])],
        subject: "CN=mail.example.test".into(),
        ends: Some(now().plus_days(90)),
        named: true.into(),
        staple: None,
        failed: String::new(),
    };
    Scan {
        host: "mail.example.test".into(),
        port: 993,
        address: "192.0.2.1:993".into(),
        starttls: None,
        proxy: String::new(),
        at: now(),
        versions: Version::ALL.map(version).into(),
        groups: vec![Group(29), Group(23)],
        faces: vec![face(Asked::Name), face(Asked::Nothing)],
        manners: Manners { secure_renegotiation: true.into(), tickets: true.into(), ..Manners::default() },
        connections: 63,
        failed: None,
        whole: true,
        notes: Vec::new(),
    }
}

/// A console that shows what a scan saw.
pub(crate) fn scanned(console: Console) -> Console {
    let (mut c, _) = scanning(console);
    c.answer(Ok(Done::Scanned(Box::new(seen()))));
    c
}

/// Asks for a scan of the first site.
fn scanning(mut c: Console) -> (Console, JobId) {
    c.press("3 p j j <ret>");
    let Some(Effect::Scan(id, errand)) = c.effects.last() else { panic!("{:?}", c.effects) };
    assert_eq!(errand.service(), "mail.example.test:993");
    let id = *id;
    (c, id)
}

#[test]
fn a_scan_is_followed_and_read() {
    let (mut c, id) = scanning(Console::fixture());
    assert!(c.screen().contains("Scanning mail.example.test:993"), "{}", c.screen());
    c.send(Msg::Told(id, "TLS 1.2: 4 suites; 17 connections".into()));
    assert!(c.screen().contains("TLS 1.2: 4 suites; 17 connections"), "{}", c.screen());
    c.answer(Ok(Done::Scanned(Box::new(seen()))));
    let screen = c.screen();
    assert!(
        screen.contains("Scan of mail.example.test:993") && screen.contains("TLS 1.0 is spoken"),
        "{screen}"
    );
    c.press("<esc>");
    assert!(c.screen().contains("mail.example.test was scanned: 2 remarks."), "{}", c.screen());
}

#[test]
fn the_last_visit_stands_in_the_detail_of_its_site() {
    let mut state = full();
    let whose = Whose::Site(state.sites.keys().next().unwrap().clone());
    let promise = promised(&state, &whose).remove(0);
    state.visits = vec![Visit {
        promise,
        at: now(),
        found: Ok(seen()),
        plain: None,
        sessions: None,
        guests: Vec::new(),
        burst: None,
    }];
    let mut c = Console::of(state).sized(132, 43);
    let screen = c.press("3").screen();
    assert!(screen.contains("Last visit") && screen.contains("TLS 1.0 1.2 1.3"), "{screen}");
}

#[test]
fn esc_stops_a_scan_and_its_answer_is_not_waited_for() {
    let (mut c, id) = scanning(Console::fixture());
    c.press("<esc>");
    assert_eq!(c.effects.last(), Some(&Effect::Stop(id)));
    assert!(c.screen().contains("The scan was stopped."), "{}", c.screen());
    let before = c.screen();
    c.send(Msg::Told(id, "late".into()));
    c.send(Msg::Done(id, Err(Error::new(Kind::Cancelled, "The scan was stopped."))));
    assert_eq!(c.screen(), before);
}

#[test]
fn a_scan_that_fails_says_why() {
    let (mut c, _) = scanning(Console::fixture());
    c.answer(Err(Error::new(Kind::Network, "Nobody listens there.")));
    assert!(c.screen().contains("Nobody listens there."), "{}", c.screen());
    c.press("<esc>");
    assert!(!c.screen().contains("Scanning"), "{}", c.screen());
}
