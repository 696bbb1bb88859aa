//! Profiles by keys: looked at, changed, copied, and tried on a request.

use super::console::Console;
use ringmaster::desk::Verb;

#[test]
fn profiles_are_reached_from_the_certifiers() {
    let screen = Console::fixture().press("5 f").screen();
    assert!(
        screen.contains("Profiles") && screen.contains("public-like") && screen.contains("TLS server"),
        "{screen}"
    );
    let screen = Console::fixture().press("5 f <down> <ret>").screen();
    for part in ["Profile server", "Change it", "Try it on a request", "Make one like it"] {
        assert!(screen.contains(part), "{part}: {screen}");
    }
    let form = Console::fixture().press("5 f <down> <ret> <ret>").screen();
    assert!(form.contains("Least days") && form.contains("Names taken over"), "{form}");
    let copy = Console::fixture().press("5 f <down> <ret> <down> <down> <ret>").screen();
    assert!(copy.contains("New profile like server") && copy.contains("Name"), "{copy}");
}

#[test]
fn a_changed_profile_has_a_history_and_a_built_in_one_has_none() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = super::first_day::desk(folder.path());
    let before = other.state().profiles["client"].clone();
    let profile = ringmaster::model::profile::Profile { days: before.days - 1, ..before.clone() };
    let verb = Verb::SaveProfile { before: Some(Box::new(before)), profile: Box::new(profile) };
    other.run(verb).unwrap();
    let mut live = super::first_day::Live::new(folder.path());
    // client stands first, code-signing is as it was built in.
    live.press("5 f <ret>").sees("Profile client").sees("Its history").press("<esc> f <down> <ret>");
    live.sees("Profile code-signing");
    assert!(!live.shows("Its history"));
    live.press("<esc> f <ret> <down> <down> <down> <ret>").sees("History of client").sees("made");
    live.press("u").sees("It is as it was made");
}
