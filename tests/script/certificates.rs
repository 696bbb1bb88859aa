//! One list of every certificate: those of the workspace at their places in the issued list.

use std::sync::Arc;

use super::console::Console;
use super::fixture;
use ringmaster::desk::Verb;
use ringmaster::desk::list::{Form, ListAsked};
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::finding::{Finding, Severity, Subject};
use ringmaster::model::issued::{Issued, Reason, Revocation};
use ringmaster::model::keyring::RequestKey;
use ringmaster::model::time::Timestamp;
use ringmaster::ops::ring::Act;
use ringmaster::store::listing::{Bar, Group, Listing, Timeline};
use ringmaster::tui::msg::{Done, Effect, Msg};
use ringmaster::tui::pane::PaneId;
use ringmaster::tui::pane::RowKey;

/// The leaf of a ring as the issued list has it.
fn row(ring: &str, id: u32, revoked: bool) -> Issued {
    let state = fixture::full();
    let leaf = state.keyrings[ring].leaf().unwrap();
    let revocation = Revocation {
        at: fixture::now(),
        reason: Reason::Superseded,
        invalidity: None,
        by: "ada".into(),
        comment: String::new(),
    };
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
    assert!(c.screen().contains("issued by example-root"), "{}", c.screen());
    assert!(c.screen().contains("answers request 9"), "{}", c.screen());
    c.press("<esc> R");
    assert!(c.screen().contains("can only become keyCompromise"), "{}", c.screen());
    c.press("<esc> G R");
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
    c.press("1 !").found(Vec::new());
    assert!(c.screen().contains("Only what has something wrong"), "{}", c.screen());
    c.press("<esc>");
    assert!(!c.screen().contains("Only what"), "{}", c.screen());
}

#[test]
fn the_checks_run_elsewhere_and_once_for_a_state() {
    let mut c = Console::fixture();
    c.press("1 !");
    assert!(c.checks.is_some());
    let subject = Subject::Keyring("shop".into());
    c.found(vec![Finding::new("K02", Severity::Warning, subject, "The keyring has no certificate.")]);
    assert!(c.press("g j").screen().contains("Finding          K02"), "{}", c.screen());
    c.press("! 3 ! 1 !");
    assert!(c.checks.is_none(), "asked again for the same state");
    c.send(Msg::State(Arc::new(fixture::full())));
    assert!(c.checks.is_some());
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

/// Answers a verb that was run for one of many.
fn committed(c: &mut Console, message: &str) {
    c.commit(fixture::full(), message);
}

#[test]
fn the_filter_line_says_what_it_means_and_points_at_what_it_cannot_read() {
    let mut c = Console::fixture();
    c.press("2 /").type_text("expires<200d key:p-2");
    assert!(c.screen().contains("ends within 200 days, P-2 key"), "{}", c.screen());
    c.type_text("56 foo:bar");
    let screen = c.screen();
    let under = screen.lines().last().unwrap();
    assert!(under.contains("\"foo\" is no field"), "{screen}");
    assert_eq!(c.model.here().filter, "expires<200d key:p-256 foo", "a word until it is a field");
    c.press("<ret>");
    assert!(c.screen().contains("is no field"), "it is not left with a mistake: {}", c.screen());
    c.press("C-w <ret>");
    assert!(!c.screen().contains("no field"), "{}", c.screen());
    let rows: Vec<_> = (0..c.model.count()).filter_map(|i| c.model.row(i)).collect();
    assert_eq!(rows.len(), 2, "mail and www: {rows:?}");
}

#[test]
fn the_mistake_is_pointed_at_where_it_stands() {
    let mut c = Console::fixture().sized(132, 43);
    c.press("2 /").type_text("mail key<x");
    let screen = c.screen();
    let mut lines = screen.lines().rev();
    let (under, line) = (lines.next().unwrap(), lines.next().unwrap());
    assert_eq!(under.find('^'), line.find("key<x"), "{screen}");
    c.press("<esc> 1 /").type_text("mail expires<30d");
    assert!(c.screen().contains("is for the list of certificates"), "{}", c.screen());
}

#[test]
fn tab_completes_the_filter() {
    let mut c = Console::fixture();
    c.press("2 /").type_text("exp").press("<tab>");
    assert!(c.screen().contains("/expire") && c.screen().contains("expires>"), "{}", c.screen());
    c.press("<tab> <tab>");
    assert!(c.screen().contains("[expires>]"), "{}", c.screen());
    c.press("C-u").type_text("ring:sh").press("<tab>");
    assert!(c.screen().contains("/ring:shop"), "{}", c.screen());
    c.press("C-u").type_text("mail www").press("<home> <right> <right> <tab>");
    assert!(c.screen().contains("/mail www"), "no offer changes nothing: {}", c.screen());
}

#[test]
fn one_jumps_to_where_a_certificate_is_used_and_back() {
    let mut c = Console::fixture();
    c.press("2");
    merged(&mut c, &[1, 2, 3], &[0, 2, 4, 6], false);
    c.press("j j u");
    assert!(c.screen().contains("keyring mail") && c.screen().contains("site mail-imap"), "{}", c.screen());
    c.press("j j <ret>");
    assert_eq!((c.model.pane, c.model.selected_name().as_deref()), (PaneId::Keyrings, Some("mail")));
    c.press("u <ret>");
    assert_eq!(c.model.pane, PaneId::Sites);
    c.press("<bs> <bs>");
    assert_eq!((c.model.pane, c.model.here().cursor), (PaneId::Certificates, 2));
    assert!(c.press("<bs>").screen().contains("no jump before"), "{}", c.screen());
}

#[test]
fn a_jump_to_a_row_that_a_filter_hides_takes_the_filter_away() {
    let mut c = Console::fixture();
    c.press("1 /").type_text("shop").press("<ret> 3 G u");
    assert!(c.screen().contains("keyring www"), "{}", c.screen());
    c.press("j <ret>");
    assert_eq!(c.model.selected_name().as_deref(), Some("www"), "{}", c.screen());
}

#[test]
fn marked_certificates_are_renewed_one_after_the_other_with_a_result_each() {
    let mut c = Console::fixture();
    c.press("2");
    merged(&mut c, &[1, 2, 3], &[0, 2, 4, 6], false);
    assert!(c.press("*").screen().contains("All 7 are marked"), "{}", c.screen());
    c.press("w");
    assert!(c.screen().contains("of 3 keyrings: mail, www, old"), "{}", c.screen());
    c.press("<ret>");
    let Some(Verb::Ring { keyring, act: Act::Request(asked), .. }) = c.verb() else { panic!() };
    assert_eq!((keyring.as_str(), asked.identity.hosts.join(" ")), ("mail", "mail.example.test".to_owned()));
    committed(&mut c, "Request 9 waits for a decision.");
    assert!(c.screen().contains("2 of 3"), "{}", c.screen());
    c.answer(Err(Error::refused("No.")));
    committed(&mut c, "Request 10 waits for a decision.");
    let screen = c.screen();
    assert!(screen.contains("2 done, 1 failed."), "{screen}");
    assert!(
        screen.contains("failed   keyring www: No.") && screen.contains("done     Request 10 waits"),
        "{screen}"
    );
    c.press("<esc>");
    assert!(c.model.dialogs.is_empty());
}

#[test]
fn marked_keyrings_are_renewed_and_what_was_issued_is_installed_at_once() {
    let mut c = Console::fixture();
    c.press("* r");
    assert!(c.screen().contains("A new request is made of 5 keyrings: mail, old, shop, wiki, www."));
    c.press("<down> <ret>");
    let Some(Verb::Ring { keyring, act: Act::Request(asked), .. }) = c.verb() else { panic!() };
    assert!(keyring == "mail" && matches!(asked.key, Some(RequestKey::New(_))), "{asked:?}");
    c.press("<esc>");
    committed(&mut c, "Request 9 waits for a decision.");
    c.press("<esc> i");
    let screen = c.screen();
    assert!(screen.contains("wiki  request 1, issued by example-root"), "{screen}");
    assert!(screen.contains("request 2 is pending"), "{screen}");
    assert!(c.press("<ret>").screen().contains("Install into 1 keyring"), "{}", c.screen());
    let Some(Verb::Ring { keyring, act: Act::InstallIssued, .. }) = c.verb() else { panic!() };
    assert_eq!(keyring, "wiki");
}

#[test]
fn esc_leaves_out_what_has_not_begun() {
    let mut c = Console::fixture();
    c.press("2");
    merged(&mut c, &[1, 2, 3], &[0, 2, 4, 6], false);
    c.press("* w <ret> <esc>");
    assert!(c.screen().contains("Ends with the one that has begun."), "{}", c.screen());
    let asked = c.effects.len();
    committed(&mut c, "Request 9 waits for a decision.");
    assert!(c.screen().contains("1 done, 0 failed, 2 left out."), "{}", c.screen());
    assert!(c.effects[asked..].iter().all(|e| !matches!(e, Effect::Run(..))));
}

#[test]
fn groups_have_heads_that_hide_their_rows() {
    let mut c = Console::fixture();
    c.press("2");
    merged(&mut c, &[1, 2, 3], &[0, 2, 4, 6], false);
    c.press("o");
    let Some(Effect::Ids(id, wish)) = c.effects.iter().rfind(|e| matches!(e, Effect::Ids(..))).cloned()
    else {
        panic!()
    };
    assert!(wish.group.is_some());
    let places = [0, 2, 4, 6].into_iter().zip(wish.here.iter().map(|h| h.sha256)).collect();
    let group = |label: &str, count| Group { label: label.into(), count };
    let groups = vec![group("another", 3), group("example-root", 4)];
    let listing = Listing { ids: vec![1, 2, 3], places, groups, ..Listing::default() };
    c.send(Msg::Done(id, Ok(Done::Ids(Arc::new(listing)))));
    assert_eq!(c.model.count(), 9);
    for index in 0..9 {
        let key = c.model.row(index).unwrap();
        assert_eq!(matches!(key, RowKey::Group(_)), [0, 4].contains(&index), "{key:?}");
        assert!(c.model.select(&key));
        assert_eq!(c.model.here().cursor, index);
    }
    c.press("g");
    assert!(c.screen().contains("- another: 3"), "{}", c.screen());
    c.press("<ret>");
    assert_eq!(c.model.count(), 6);
    assert!(c.screen().contains("+ another: 3"), "{}", c.screen());
    c.press("z z");
    assert_eq!(c.model.count(), 2);
    c.press("R");
    assert!(c.model.dialogs.is_empty(), "a head is nothing to revoke");
}

#[test]
fn the_chart_narrows_the_list_to_a_bar() {
    let mut c = Console::fixture();
    c.press("2 y");
    assert!(matches!(c.effects.last(), Some(Effect::Timeline(..))));
    c.answer(Ok(Done::Timeline(Box::new(chart()))));
    assert!(c.screen().contains("1 ends, 1 of them in keyrings"), "{}", c.screen());
    c.press("j j <ret>");
    assert_eq!(c.model.here().filter, "expires:2026-11-30..2026-12-06 -expired -status:revoked");
    c.press("<esc> y").answer(Ok(Done::Timeline(Box::new(chart())))).press("<tab> j j <ret>");
    assert_eq!(c.model.here().filter, "expires:2026-12 -expired -status:revoked");
}

/// A chart with a few numbers in it.
pub(crate) fn chart() -> Timeline {
    let date = |text: &str| ringmaster::model::filter::Date::of(Timestamp::from_date(text).unwrap());
    let bar = |from: &str, to: &str, total, used| Bar { from: date(from), to: date(to), total, used };
    Timeline {
        ended: 1,
        weeks: vec![
            bar("2026-11-23", "2026-11-29", 40, 0),
            bar("2026-11-30", "2026-12-06", 20, 5),
            bar("2026-12-07", "2026-12-13", 1, 1),
        ],
        months: vec![bar("2026-11-01", "2026-11-30", 40, 0), bar("2026-12-01", "2026-12-31", 21, 6)],
        after_weeks: 900,
        after_months: 900,
    }
}

#[test]
fn the_detail_rests_while_a_key_is_held_down() {
    let mut c = Console::fixture();
    c.press("1");
    c.model.repeating = true;
    c.press("j j");
    assert!(c.screen().contains("CN=mail.example.test"), "{}", c.screen());
    c.send(Msg::Rest);
    assert!(!c.screen().contains("CN=mail.example.test,"), "{}", c.screen());
    assert!(c.model.held.is_none());
}

#[test]
fn a_list_that_takes_its_time_says_that_it_is_made() {
    let mut c = Console::fixture();
    c.press("2");
    assert!(!c.screen().contains("Working"), "{}", c.screen());
    let later = c.model.now.0 + 3;
    c.send(Msg::Tick(Timestamp(later)));
    assert!(c.screen().contains("Working: listing the certificates (3 s)"), "{}", c.screen());
}

/// What the last effect writes.
fn asked(c: &Console) -> ListAsked {
    let Some(Effect::ExportList(_, asked)) = c.effects.last() else { panic!("{:?}", c.effects) };
    (**asked).clone()
}

#[test]
fn the_list_leaves_as_it_is_shown_or_the_rows_that_are_marked() {
    let mut c = Console::fixture();
    c.press("2");
    merged(&mut c, &[1, 2, 3], &[0, 2, 4, 6], false);
    c.press("x");
    for says in ["Export the selected certificate", "The whole list: CSV", "JSON", "index.txt of openssl ca"]
    {
        assert!(c.screen().contains(says), "{says}: {}", c.screen());
    }
    c.press("<esc> /").type_text("expires<900d").press("<ret> x");
    assert!(c.screen().contains("The list as it is filtered: CSV"), "{}", c.screen());
    c.press("G k k <ret>");
    assert!(
        c.screen().contains("certificates.csv") && c.screen().contains("never written over"),
        "{}",
        c.screen()
    );
    c.press("<ret>");
    let all = asked(&c);
    assert_eq!((all.form, all.chosen, all.to.to_str()), (Form::Csv, None, Some("certificates.csv")));
    assert!(!all.wish.filter.is_empty());

    // It says how far it is, waits for nothing else, and can be stopped; the answer says what became of it.
    let Some(Effect::ExportList(id, _)) = c.effects.last() else { panic!() };
    let id = *id;
    c.send(Msg::Told(id, "250 of 1000 rows are written.".into()));
    assert!(c.screen().contains("250 of 1000 rows are written."), "{}", c.screen());
    c.press("<esc>");
    assert!(matches!(c.effects.last(), Some(Effect::Stop(stopped)) if *stopped == id), "{:?}", c.effects);
    assert!(c.model.dialogs.is_empty() && !c.screen().contains("Stopped"), "{}", c.screen());
    c.send(Msg::Done(id, Err(Error::new(Kind::Cancelled, "Stopped; nothing was written."))));
    assert!(
        c.model.dialogs.is_empty() && c.screen().contains("Stopped; nothing was written."),
        "{}",
        c.screen()
    );

    c.press("/ C-u <ret> g <space> <space> x");
    assert!(c.screen().contains("The 2 rows that are marked: CSV"), "{}", c.screen());
    c.press("G <ret> <ret>");
    let some = asked(&c);
    let chosen = some.chosen.unwrap();
    assert_eq!((some.form, chosen.ids.len() + chosen.here.len()), (Form::Openssl, 2));
    c.answer(Ok(Done::ListWritten("2 rows were written and read back: /x.".into())));
    assert!(c.model.dialogs.is_empty() && c.screen().contains("2 rows were written"), "{}", c.screen());
}

#[test]
fn the_list_leaves_also_where_the_row_is_no_certificate() {
    let mut c = Console::fixture();
    c.press("2");
    merged(&mut c, &[1, 2, 3], &[0, 2, 4, 6], false);
    c.press("o");
    let Some(Effect::Ids(id, wish)) = c.effects.iter().rfind(|e| matches!(e, Effect::Ids(..))).cloned()
    else {
        panic!()
    };
    let places = [0, 2, 4, 6].into_iter().zip(wish.here.iter().map(|h| h.sha256)).collect();
    let groups = vec![Group { label: "example-root".into(), count: 7 }];
    let listing = Listing { ids: vec![1, 2, 3], places, groups, ..Listing::default() };
    c.send(Msg::Done(id, Ok(Done::Ids(Arc::new(listing)))));
    c.press("g x");
    assert!(c.screen().contains("Export the list") && !c.screen().contains("PEM"), "{}", c.screen());
    c.press("<ret> <ret>");
    assert_eq!(asked(&c).form, Form::Csv);
}
