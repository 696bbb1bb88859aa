//! The ciphers of a document, chosen on the screen.

#![allow(clippy::unwrap_used, clippy::panic, reason = "outside #[test] functions too, a test fails by it")]

use ringmaster::desk::Verb;
use ringmaster::model::cipher::{DOMINO_14, Suite, write_list};

use super::console::Console;

/// Opens the form of a site and goes to its ciphers.
pub(crate) fn at_ciphers(mut console: Console) -> Console {
    console.press("3 e");
    for _ in 0..80 {
        if console.screen().contains("choose from all") {
            return console;
        }
        console.press("<down>");
    }
    panic!("no ciphers in\n{}", console.screen());
}

/// Returns the ciphers that would be saved.
fn saved(console: &mut Console) -> Option<Vec<Suite>> {
    console.press("<f2> <ret>");
    match console.verb() {
        Some(Verb::SaveSite { site, .. }) => site.tls.ciphers.clone(),
        _ => panic!("nothing is saved:\n{}", console.screen()),
    }
}

#[test]
fn a_suite_is_taken_out_of_what_the_release_offers_and_the_form_takes_it_over() {
    let mut console = at_ciphers(Console::fixture());
    console.press("<space>");
    let screen = console.screen();
    assert!(screen.contains("default, what 14 offers by itself") && screen.contains("[x] C030"), "{screen}");
    console.press("<space>");
    let screen = console.screen();
    assert!(screen.contains("5 suites") && screen.contains("Taken away: C030."), "{screen}");
    console.press("<ret>");
    assert_eq!(saved(&mut console), Some(DOMINO_14[1..].to_vec()));
}

#[test]
fn presets_pastes_and_typed_lists_choose_and_esc_leaves_everything_as_it_was() {
    let mut console = at_ciphers(Console::fixture());
    console.press("<space> 3");
    assert!(console.screen().contains("Now: legacy. Added: "), "{}", console.screen());
    console.press("<esc>");
    assert!(!console.screen().contains("legacy"), "{}", console.screen());

    console.press("<space>").paste("SSLCipherSpec=C030009F05");
    let screen = console.screen();
    assert!(screen.contains("3 suites") && screen.contains("05: broken"), "{screen}");
    console.paste("SSLCipherSpec=C0");
    assert!(console.screen().contains("is half a code"), "{}", console.screen());
    console.press("s").type_text("ECDHE-RSA-AES256-GCM-SHA384 9f").press("<ret>");
    assert!(console.screen().contains("2 suites"), "{}", console.screen());
    console.press("<ret>");
    assert_eq!(saved(&mut console), Some(vec![Suite(0xc030), Suite(0x9f)]));
}

#[test]
fn a_paste_into_the_field_opens_the_list_and_presets_are_cycled_there() {
    let mut console = at_ciphers(Console::fixture());
    console.paste("SSLCipherSpec=C030");
    assert!(console.screen().contains("1 suite"), "{}", console.screen());
    console.press("<esc> <right>");
    assert!(console.screen().contains(&write_list(Some(&DOMINO_14))), "{}", console.screen());
    assert_eq!(saved(&mut console), Some(DOMINO_14.to_vec()));
}

#[test]
fn the_release_and_all_suites_are_a_key_away() {
    let mut console = at_ciphers(Console::fixture());
    console.press("<space> r");
    assert!(console.screen().contains("what 8.5 offers by itself"), "{}", console.screen());
    console.press("a G");
    let last = console.screen();
    assert!(last.contains("OpenSSL") && !last.contains("[x] C030"), "{last}");
    console.press("x");
    assert!(console.screen().contains("TLS does not start"), "{}", console.screen());
}
