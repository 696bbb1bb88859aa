//! Profiles by keys: looked at, changed, copied, and tried on a request.

use super::console::Console;

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
