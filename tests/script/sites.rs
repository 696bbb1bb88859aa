//! Site documents by keys: a form that follows the kind, differences before saving, many changed at once, and versions.

use ringmaster::desk::Verb;
use ringmaster::model::document::Document;
use ringmaster::model::site::SiteKind;

use super::console::Console;
use super::first_day::Live;

#[test]
fn a_form_has_the_fields_of_the_kind_that_is_chosen() {
    let mut c = Console::fixture();
    c.press("3 n").type_text("x").press("<down>");
    let shows = |c: &mut Console, text: &str| {
        c.press("<pgdn>");
        let below = c.screen();
        c.press("<pgup> <down>");
        below.contains(text) || c.screen().contains(text)
    };
    assert!(shows(&mut c, "Web Site Rules"), "{}", c.screen());
    c.press("s");
    assert!(c.screen().contains("smtp") && c.screen().contains("465"), "{}", c.screen());
    assert!(!shows(&mut c, "Web Site Rules"), "{}", c.screen());
    // What was typed stays, whatever the kind is.
    assert!(c.screen().contains("* Name"), "{}", c.screen());
    c.press("w");
    assert!(shows(&mut c, "Web Site Rules"), "{}", c.screen());
}

#[test]
fn rules_are_written_one_below_the_other() {
    let mut c = Console::fixture();
    c.press("3 G e <pgdn> <up>");
    c.type_text("override-session /a").press("<down>").type_text("redirect /b = /c").press("<f2>");
    let screen = c.screen();
    assert!(
        screen.contains("+ override-session /a") && screen.contains("+ redirect 302 /b = /c"),
        "{screen}"
    );
    c.press("<ret>");
    let Some(Verb::SaveSite { site, .. }) = c.verb() else { panic!("{}", c.screen()) };
    assert_eq!(site.rules.len(), 2);
}

#[test]
fn the_form_says_where_a_redirect_leads() {
    let mut c = Console::fixture();
    c.press("3 G e");
    for _ in 0..40 {
        if c.screen().lines().any(|l| l.contains("Redirect TCP to TLS") && l.contains('<')) {
            break;
        }
        c.press("<down>");
    }
    c.press("y");
    assert!(c.screen().contains("Redirect leads to: https://www.example.test/"), "{}", c.screen());
}

#[test]
fn one_field_of_marked_documents_is_changed_together() {
    let mut c = Console::fixture();
    c.press("3 g * s");
    let screen = c.screen();
    assert!(screen.contains("Change a field of 3 sites") && screen.contains("Key file name"), "{screen}");
    assert!(screen.contains("webshop    shop") && screen.contains("then its new value"), "{screen}");
    c.press("<tab> <ret>");
    assert!(c.verb().is_none() && c.screen().contains("Nothing would be changed"), "{}", c.screen());
    c.press("w");
    let screen = c.screen();
    assert!(screen.contains("mail -> w") && screen.contains("would be changed"), "{screen}");
    c.press("<ret>");
    let Some(Verb::SaveDocuments { changes }) = c.verb() else { panic!("{}", c.screen()) };
    assert!(!changes.is_empty() && changes.iter().all(|s| s.before.is_some()), "{changes:?}");
    // A field that not every one has leaves the others alone; a value that none can have is refused.
    let mut c = Console::fixture();
    c.press("3 g * s r");
    assert!(c.screen().contains("has no such field"), "{}", c.screen());
    c.press("k");
    c.press("t t t");
    for _ in 0..40 {
        if c.screen().contains("< TLS port >") {
            break;
        }
        c.press("<right>");
    }
    c.press("<tab> C-u").type_text("0").press("<ret>");
    assert!(c.screen().contains("1 to 65535") && c.verb().is_none(), "{}", c.screen());
}

#[test]
fn a_document_is_switched_off_and_duplicated() {
    let mut c = Console::fixture();
    c.press("3 g t");
    let Some(Verb::SaveDocuments { changes }) = c.verb() else { panic!("{}", c.screen()) };
    assert!(
        matches!(&changes[0].after, Document::Site(site) if !site.enabled && site.kind == SiteKind::Imap)
    );
    c.press("d");
    assert!(c.screen().contains("Like site mail-imap"), "{}", c.screen());
    c.type_text("imap2").press("C-s");
    let Some(Verb::SaveSite { before: None, site }) = c.verb() else { panic!("{}", c.screen()) };
    assert_eq!((site.name.as_str(), site.keyring.as_str(), site.kind), ("imap2", "mail", SiteKind::Imap));
}

#[test]
fn a_change_is_undone_the_undoing_undone_and_a_deleted_document_brought_back() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Live::new(folder.path());
    live.press("3 n").text("www").press("<tab> <tab> <tab> <tab>").text("www.example.test").press("C-s");
    live.sees("Site www is saved");
    live.press("e <tab>").text("The shop").press("C-s").sees("(none) -> The shop").press("<down> <ret>");
    live.sees("Descriptive name").press("C-s <ret>").sees("Site www is saved");
    live.press("e C-s").sees("Nothing was changed");
    live.press("y").sees("History of www").sees("changed: Descriptive name").sees("the present version");
    live.press("<ret>").sees("version 1 to 2").sees("(none) -> The shop").press("<esc>");
    live.press("u").sees("Undo the last change of www").sees("The shop -> (none)").press("<ret>");
    live.sees("History of www")
        .press("u <down> <ret>")
        .sees("3 ")
        .sees("Site www: the last change is undone, version 1 is back");
    live.press("<esc> @").sees("site www: the last").press("<ret>").sees("site saved");
    live.sees("the last change is undone, version 1 is back").press("<esc> <esc>").press("y");
    live.press("g u <down> <ret>").press("g r").sees("That is the present version");
    live.press("G r").sees("Restore www").press("<esc> <esc>").sees("The shop");
    live.press("X").text("www").press("<ret>").sees("is deleted");
    live.press("b").sees("Sites that can be brought back").sees("www: It was deleted").press("<ret>");
    live.sees("History of www, deleted on")
        .press("r")
        .sees("brought back as it was in version")
        .press("<down> <ret>");
    live.press("<esc>").sees("The shop");
}
