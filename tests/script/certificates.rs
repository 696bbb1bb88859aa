//! One list of every certificate: those of the workspace at their places in the issued list.

use std::sync::Arc;

use super::console::Console;
use super::fixture;
use ringmaster::model::finding::{Finding, Severity, Subject};
use ringmaster::model::issued::{Issued, Reason, Revocation};
use ringmaster::store::listing::Listing;
use ringmaster::tui::msg::{Done, Effect, Msg};
use ringmaster::tui::pane::RowKey;

/// The leaf of a ring as the issued list has it.
fn row(ring: &str, id: u32, revoked: bool) -> Issued {
    let state = fixture::full();
    let leaf = state.keyrings[ring].leaf().unwrap();
    let revocation = Revocation { at: fixture::now(), reason: Reason::Superseded };
    Issued {
        sha256: leaf.sha256,
        serial: leaf.serial.clone(),
        subject: leaf.subject.text(),
        not_after: leaf.not_after,
        revoked: revoked.then_some(revocation),
        ..fixture::issued(&[id]).remove(0)
    }
}

/// Answers with these ids, and the certificates of the workspace at these places; `mail` and `www` were issued here.
fn merged(c: &mut Console, ids: &[u32], places: &[usize], revoked: bool) {
    let Some(Effect::Ids(id, wish)) = c.effects.iter().rfind(|e| matches!(e, Effect::Ids(..))) else {
        panic!()
    };
    let (id, here) = (*id, wish.here.iter());
    let here = here.filter(|h| h.listed).map(|h| h.sha256);
    let places = places.iter().copied().zip(here).collect();
    let issued = vec![row("mail", 9, revoked), row("www", 10, false)];
    let listing = Listing { ids: ids.to_vec(), places, issued, ..Listing::default() };
    c.send(Msg::Done(id, Ok(Done::Ids(Arc::new(listing)))));
    if let Some(Effect::Rows(_, ids)) = c.effects.last().cloned() {
        c.answer(Ok(Done::Rows(fixture::issued(&ids))));
    }
}

fn rows(c: &Console) -> Vec<RowKey> {
    (0..c.model.count()).map(|i| c.model.row(i).unwrap()).collect()
}

#[test]
fn certificates_of_the_workspace_stand_among_the_issued_ones() {
    let mut c = Console::fixture().sized(132, 43);
    c.press("2");
    merged(&mut c, &[1, 2, 3], &[0, 2, 4, 6], true);
    let all = rows(&c);
    assert_eq!(all.len(), 7);
    for (index, key) in all.iter().enumerate() {
        assert_eq!(matches!(key, RowKey::Local(_)), index % 2 == 0, "{all:?}");
        assert!(c.model.select(key));
        assert_eq!(c.model.here().cursor, index, "a row is found where it stands");
    }
    let screen = c.screen();
    let line = screen.lines().find(|l| l.contains("mail.example.test")).unwrap().to_owned();
    assert!(line.contains("revoked") && line.contains("keyring mail"), "{screen}");
    c.press("g j j");
    assert!(c.screen().contains("Revoked") && c.screen().contains("superseded"), "{}", c.screen());
    c.press("u");
    assert!(c.screen().contains("issued by example-root, answers request 9"), "{}", c.screen());
    c.press("<esc> R");
    assert!(c.screen().contains("revoked already"), "{}", c.screen());
    c.press("G R");
    assert!(!c.model.dialogs.is_empty(), "www was issued here: {}", c.screen());
}

#[test]
fn the_selection_stays_on_its_certificate_when_the_list_is_made_anew() {
    let mut c = Console::fixture();
    c.press("2");
    merged(&mut c, &[1, 2, 3], &[0, 2, 4, 6], false);
    c.press("j j j <space> j");
    assert_eq!(c.model.selected(), Some(RowKey::Issued(3)));
    let mut state = fixture::full();
    state.issued = 5;
    c.send(Msg::State(Arc::new(state)));
    merged(&mut c, &[4, 1, 5, 2, 3], &[1, 3, 5, 8], false);
    assert_eq!(c.model.selected(), Some(RowKey::Issued(3)));
    assert_eq!(c.model.here().cursor, 7);
    assert!(c.model.here().marked.contains(&RowKey::Issued(2)));
}

#[test]
fn a_certificate_that_is_installed_stays_selected() {
    let mut state = fixture::full();
    state.keyrings.remove("mail");
    let mut c = Console::of(state);
    c.press("2");
    merged(&mut c, &[1, 9], &[0, 2, 4], false);
    c.press("G k");
    assert_eq!(c.model.selected(), Some(RowKey::Issued(9)));
    c.send(Msg::State(Arc::new(fixture::full())));
    merged(&mut c, &[1], &[0, 2, 3, 4], false);
    let mail = fixture::full().keyrings["mail"].leaf().unwrap().sha256;
    assert_eq!(c.model.selected(), Some(RowKey::Local(mail)));
}

#[test]
fn only_what_wants_a_look_is_asked_for() {
    let mut c = Console::fixture();
    c.press("2").answer(fixture::listed(&[1, 2, 3]));
    c.press("!");
    let Some(Effect::Ids(_, wish)) = c.effects.iter().rfind(|e| matches!(e, Effect::Ids(..))) else {
        panic!()
    };
    let (from, to) = wish.ends.expect("a range of ends");
    assert_eq!((from.days_from(fixture::now()), to.days_from(fixture::now())), (-90, 30));
    let listed: Vec<_> = wish.here.iter().filter(|h| h.listed).map(|h| h.subject.clone()).collect();
    assert!(listed.iter().any(|s| s.contains("old.example")), "{listed:?}");
    assert!(listed.iter().any(|s| s.contains("www.example")), "{listed:?}");
}

#[test]
fn a_list_that_is_whole_again_does_not_say_that_it_is_narrowed() {
    let mut c = Console::fixture();
    c.press("1 !").answer(Ok(Done::Findings(Arc::from([]))));
    assert!(c.screen().contains("Only what has something wrong"), "{}", c.screen());
    c.press("<esc>");
    assert!(!c.screen().contains("Only what"), "{}", c.screen());
}

#[test]
fn the_checks_run_elsewhere_and_once_for_a_state() {
    let mut c = Console::fixture();
    c.press("1 !");
    assert!(matches!(c.effects.last(), Some(Effect::Examine(..))), "{:?}", c.effects);
    let subject = Subject::Keyring("shop".into());
    let found = Finding::new("K02", Severity::Warning, subject, "The keyring has no certificate.");
    c.answer(Ok(Done::Findings([found].into())));
    assert!(c.press("g j").screen().contains("Finding          K02"), "{}", c.screen());
    let asked = c.effects.len();
    c.press("! 3 ! 1 !");
    assert_eq!(c.effects.len(), asked, "asked again for the same state");
    c.send(Msg::State(Arc::new(fixture::full())));
    assert!(matches!(c.effects.last(), Some(Effect::Examine(..))), "{:?}", c.effects);
}

#[test]
fn the_heading_says_what_the_list_is_sorted_by() {
    let mut c = Console::fixture();
    assert!(c.press("2").screen().contains("subject ↑"), "{}", c.screen());
    assert!(c.press("s 4 <ret>").screen().contains("ends ↑"), "{}", c.screen());
    assert!(c.press("s G <ret>").screen().contains("ends ↓"), "{}", c.screen());
    c.press("s 5 <ret>");
    assert!(c.screen().contains("by time of signing, 1 of"), "{}", c.screen());
}
