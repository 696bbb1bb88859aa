//! The history of a keyring, deleted keyrings and leftovers, by keys on a real workspace.

use super::console::Console;
use super::first_day::Live;
use super::fixture;
use ringmaster::desk::Verb;
use ringmaster::model::Generation;
use ringmaster::model::error::{Error, Kind};
use ringmaster::model::keyring::Keyring;
use ringmaster::model::request::{RequestId, Status};
use ringmaster::store::history::{History, Last, Made, Revision};
use ringmaster::tui::job::Job;
use ringmaster::tui::msg::Msg;

/// Makes a keyring without stash; the password is asked for whenever it changes.
fn keyring(live: &mut Live, name: &str) {
    live.press("1 n").text(name).press("<tab>").text(&format!("{name}.example.test"));
    live.press("<tab> <tab> <tab> <tab> <tab> <tab> <tab> <tab>");
    live.text("ring-pass").press("<tab>").text("ring-pass").press("C-s").sees(name);
}

#[test]
fn a_change_is_looked_at_undone_and_the_undoing_undone() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Live::new(folder.path());
    keyring(&mut live, "mail");
    live.press("p").text("new-pass").press("<tab>").text("new-pass").press("C-s");
    live.sees("password changed");
    live.press("y").sees("History of mail").sees("password changed").sees("the present revision");
    // Of the present one its own change is shown, of another one what differs from the present.
    for keys in ["<ret>", "j <ret>"] {
        live.press(keys).sees("revision 1 to 2").sees("~ password: set anew").press("<esc>");
    }
    live.sees("replaced by commit");
    // Nothing is done before it was shown and confirmed.
    live.press("u")
        .sees("Undo the last change of mail")
        .sees("~ password")
        .press("<ret>")
        .sees("History of mail");
    live.press("u <down> <ret>").sees("as it was then");
    live.text("new-pass").press("<ret>").sees("does not open");
    live.text("ring-pass").press("<ret>").sees("revision 1 is back").sees("› ");
    live.press("u <down> <ret>").text("new-pass").press("<ret>").sees("revision 2 is back");
    // Two that are not the present one are compared by marking the first.
    live.press("G = k <ret>").sees("revision 1 to 2").press("<esc>");
    live.press("g r").sees("That is the present revision");
    live.press("G r").sees("Restore mail").sees("comes back as revision 5").press("<esc> <esc>");
    live.sees("detail");
}

#[test]
fn a_deleted_keyring_is_found_and_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Live::new(folder.path());
    keyring(&mut live, "mail");
    live.press("X").text("mail").press("<ret>").sees("bring one back");
    live.press(":").text("deleted").press("<ret>").sees("mail: It was deleted").press("<ret>");
    live.sees("History of mail, deleted on").press("r").sees("brought back as it was in revision 1");
    live.press("<down> <ret>").text("ring-pass").press("<ret>").sees("brought back from the history");
    live.press("<esc>").sees("request pending");
    live.press("b").sees("No keyring was deleted");
}

#[test]
fn leftovers_are_marked_and_cleaned_up_with_a_result_for_each() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Live::new(folder.path());
    keyring(&mut live, "lost");
    live.press("X").text("lost").press("<ret>");
    std::fs::write(folder.path().join("ring/keyrings/holiday.kyr"), b"\xff\xd8\xff\xe0").unwrap();
    std::fs::create_dir(folder.path().join("ring/keyrings/folder.kyr")).unwrap();
    live.press("C-r").press("z").sees("Leftovers of abandoned attempts: 3").sees("Request 1 is pending");
    live.press("a X").sees("Request 1 is denied as abandoned").sees("Clean these 3 up");
    live.press("<ret>").sees("Leftovers of abandoned attempts: 3");
    live.press("X <down> <ret>").sees("request:1: Request 1 is denied").sees("was moved to the history");
    live.sees("folder.kyr: not cleaned up").sees("Leftovers of abandoned attempts: 1");
    assert!(!folder.path().join("ring/keyrings/holiday.kyr").exists());
}

/// Sets a console on a workspace where a request was denied, and another one has lost its keyring.
pub(crate) fn abandoned_in(mut console: Console) -> Console {
    let mut state = fixture::full();
    let status = state.requests[&RequestId(6)].status.clone();
    state.requests.get_mut(&RequestId(2)).unwrap().status = status;
    let mut lost = fixture::request(8, "gone.example.test", 50, Status::Pending);
    lost.keyring = Some("gone".into());
    state.requests.insert(lost.id, lost);
    console.send(Msg::State(std::sync::Arc::new(state)));
    console
}

fn abandoned() -> Console {
    abandoned_in(Console::fixture())
}

/// The history of the keyring `mail`: what is told of each version, one that was altered, one that cannot be read, and one
/// of an earlier ring.
pub(crate) fn history() -> History {
    let ring = fixture::full().keyrings["mail"].clone();
    let version = |number: u64, replaced: Option<u64>, what: &str| {
        let mut ring = Keyring { revision: number, ..ring.clone() };
        ring.entries.truncate(usize::try_from(number).unwrap() - 1);
        Revision {
            name: "mail".into(),
            number: Some(number),
            replaced: replaced.map(Generation),
            path: replaced
                .map_or_else(|| "keyrings/mail.kyr".into(), |at| format!("keyrings/.history/mail.{at}.kyr")),
            made: Some(Made {
                at: fixture::now().plus_days(-40 + 9 * i64::try_from(number).unwrap()),
                by: "alice".into(),
                what: what.into(),
            }),
            ring: Ok(ring),
            altered: false,
            earlier: false,
            revoked: None,
        }
    };
    let damaged = Error::damaged("keyrings/.history/mail.9.kyr cannot be read.");
    let revisions = vec![
        version(3, None, "certificate installed"),
        Revision { altered: true, ..version(2, Some(17), "trusted root added, and then a label changed") },
        version(1, Some(12), "made"),
        Revision { ring: Err(damaged), ..version(2, Some(9), "trusted root added") },
        Revision { earlier: true, ..version(1, Some(4), "made") },
    ];
    History { keyring: "mail".into(), deleted: None, revisions, last: Some(Last::Changed), left_out: 3 }
}

#[test]
fn a_session_that_may_only_read_looks_and_changes_nothing() {
    let mut console = abandoned();
    console.model.settings.read_only = Some("asked for".into());
    console.press("1 z X");
    assert!(console.screen().contains("read-only"), "{}", console.screen());
    assert!(console.verb().is_none() && console.model.dialogs.len() == 1);
}

#[test]
fn several_are_cleaned_up_one_after_the_other_although_one_fails() {
    let mut console = abandoned();
    console.press("1 z").press("a X <down> <ret>");
    let running = |c: &Console| c.model.jobs.values().filter(|(job, _)| matches!(job, Job::Clean(_))).count();
    for _ in 0..2 {
        assert_eq!(running(&console), 1);
        console.answer(Err(Error::new(Kind::Locked, "It needs its password.")));
    }
    assert_eq!(running(&console), 0);
    let screen = console.screen();
    assert_eq!(screen.matches("not cleaned up").count(), 2, "{screen}");
    // One alone asks for the password that it needs.
    console.press("X <down> <ret>");
    assert_eq!(running(&console), 0);
    assert!(matches!(console.verb(), Some(Verb::DeleteKeyring { name }) if name == "shop"));
}
