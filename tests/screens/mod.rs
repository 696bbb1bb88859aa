//! What the console looks like, as snapshots: text, cursor and styles. Read a changed one before accepting it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "outside #[test] functions too, a test fails by it")]

use crate::script::console::Console;
use crate::script::fixture;
use ringmaster::model::error::Error;
use ringmaster::store::listing::Listing;
use ringmaster::tui::msg::Done;

/// Compares with a snapshot beside this file.
macro_rules! shows {
    ($name:expr, $console:expr) => {
        insta::with_settings!({snapshot_path => "snapshots", prepend_module_to_snapshot => false, omit_expression => true}, {
            insta::assert_snapshot!($name, $console.snapshot());
        })
    };
}

/// Answers what the pane of certificates asks for.
pub(crate) fn with_issued(mut console: Console) -> Console {
    console.press("2");
    let ringmaster::tui::msg::Effect::Ids(_, wish) = &console.effects[0] else {
        panic!("no list was asked for")
    };
    let places = [0, 4, 5, 6].into_iter().zip(wish.here.iter().map(|h| h.sha256)).collect();
    let listing = Listing { ids: vec![1, 2, 3], places, ..Listing::default() };
    console.answer(Ok(Done::Ids(std::sync::Arc::new(listing))));
    console.answer(Ok(Done::Rows(fixture::issued(&[1, 2, 3]))));
    console
}

#[test]
fn every_pane_of_an_empty_workspace_says_what_can_be_done_first() {
    for (key, name) in
        [("1", "keyrings"), ("2", "certificates"), ("3", "sites"), ("4", "requests"), ("5", "certifiers")]
    {
        shows!(format!("empty-{name}-80x24"), Console::empty().press(key));
    }
    shows!("empty-keyrings-132x43", Console::empty().sized(132, 43).press("1"));
    shows!("empty-keyrings-80x24-ascii", Console::empty().mono().press("1"));
}

#[test]
#[cfg(feature = "network")]
fn a_scan_shows_versions_and_suites() {
    use crate::script::scanning::scanned;
    shows!("scan-80x24", scanned(Console::fixture()));
    shows!("scan-132x43-ascii", scanned(Console::fixture().mono().sized(132, 43)));
}

#[test]
fn every_pane_shows_its_rows_and_the_detail_of_one() {
    for (key, name) in [("1", "keyrings"), ("3", "sites"), ("4", "requests"), ("5", "certifiers")] {
        // The footer of sites names commands that the offline build does not have.
        if name == "sites" && cfg!(not(feature = "network")) {
            continue;
        }
        shows!(format!("full-{name}-80x24"), Console::fixture().press(key));
        shows!(format!("full-{name}-132x43-ascii"), Console::fixture().mono().sized(132, 43).press(key));
    }
    shows!("full-certificates-80x24", with_issued(Console::fixture()));
    shows!("full-certificates-132x43-ascii", with_issued(Console::fixture().mono().sized(132, 43)));
    shows!("full-keyrings-80x24-ascii", Console::fixture().mono().press("1"));
    shows!("full-keyrings-132x43", Console::fixture().sized(132, 43).press("1"));
    shows!("full-keyrings-40x8", Console::fixture().sized(40, 8).press("1"));
    shows!("too-small", Console::fixture().sized(30, 6));
}

/// Opens the review of a request whose preview is known.
pub(crate) fn under_review(mut console: Console) -> Console {
    use ringmaster::model::finding::{Finding, Severity, Subject};
    console.press("4 <ret>");
    let text = "The request asks for 2 names; both are under example.test.";
    let findings = vec![Finding::new("names.scope", Severity::Info, Subject::Workspace, text)];
    let row = |name, asked: &str, issued: &str| (name, asked.to_owned(), issued.to_owned());
    let names = "DNS:shop.example.test\nDNS:www.shop.example.test";
    let rows = vec![
        row("Subject", "CN=shop.example.test,O=Example,C=DE", "CN=shop.example.test,O=Example,C=DE"),
        row("Names", names, names),
        row("Valid from", "", "2026-11-23 08:00:00 UTC"),
        row("Ends", "", "2027-02-21 08:59:59 UTC"),
        row("Key usage", "", "digitalSignature"),
        row("Extended key usage", "serverAuth, clientAuth", "serverAuth"),
    ];
    let preview = ringmaster::desk::Preview { rows, findings, certificate: None };
    console.answer(Ok(Done::Preview(Box::new(preview))));
    console
}

#[test]
fn a_review_shows_what_was_asked_beside_what_will_be_issued() {
    shows!("review-80x24", under_review(Console::fixture()));
    shows!("review-132x43", under_review(Console::fixture().sized(132, 43)));
}

/// What the pane of findings shows depends on commands that the offline build does not have.
#[cfg(feature = "network")]
#[test]
fn findings_stand_worst_first_with_what_helps() {
    shows!("empty-findings-80x24", Console::empty().press("6").examined());
    shows!("full-findings-80x24", Console::fixture().press("6").examined());
    shows!("full-findings-132x43-ascii", Console::fixture().mono().sized(132, 43).press("6").examined());
    shows!("full-findings-40x8", Console::fixture().sized(40, 8).press("6").examined());
    shows!("finding-80x24", Console::fixture().press("6").examined().press("<ret>"));
    shows!("full-keyrings-80x24-examined", Console::fixture().examined().press("1"));
}

#[test]
fn servers_and_their_ports() {
    use crate::script::servers::with_servers;
    shows!("empty-servers-80x24", Console::empty().press("8"));
    shows!("full-servers-80x24", with_servers().press("8"));
    shows!("full-servers-132x43-ascii", with_servers().mono().sized(132, 43).press("8"));
    shows!("form-server", with_servers().press("8 e <pgdn>"));
    shows!("used-by-server", with_servers().press("8 u"));
}

#[test]
fn a_short_list_leaves_its_room_to_the_detail() {
    let mut console = Console::fixture();
    console.press("5");
    let rule = |c: &Console| c.screen().lines().position(|l| l.contains("detail")).unwrap();
    assert_eq!(rule(&console), 6);
    console.press("1");
    let at = rule(&console);
    assert_eq!(at, 7, "{}", console.screen());
    console.press("j j j");
    assert_eq!(rule(&console), at, "the selection moves it");
}

#[test]
fn ciphers_are_chosen_from_a_list() {
    use crate::script::ciphers::at_ciphers;
    shows!("ciphers-field", at_ciphers(Console::fixture()));
    shows!("ciphers-80x24", at_ciphers(Console::fixture()).press("<space>"));
    shows!("ciphers-80x24-ascii", at_ciphers(Console::fixture().mono()).press("<space> 3 j j <space>"));
    let wide = Console::fixture().sized(132, 43);
    shows!("ciphers-132x43", at_ciphers(wide).press("<space> 3 r G"));
    shows!("ciphers-typed", at_ciphers(Console::fixture()).press("<space> s").type_text("C030 9f"));
}

#[test]
fn dialogs_at_80_columns() {
    shows!("form-keyring", Console::empty().press("1 n").type_text("mail"));
    shows!("form-rename", Console::fixture().press("1 e"));
    shows!("form-certifier-ascii", Console::empty().mono().press("5 n").type_text("root"));
    shows!("form-site-errors", Console::fixture().press("3 n").type_text("Bad Name").press("<f2>"));
    shows!("confirm-delete", Console::fixture().press("1 X").type_text("mal"));
    #[cfg(feature = "network")]
    shows!("palette", Console::fixture().press("3 :").type_text("key"));
    shows!("help", Console::fixture().press("4 ?"));
    shows!("viewer", Console::fixture().press("5 <ret>"));
    shows!("menu-trust", Console::fixture().press("1 t a"));
    shows!("roots", Console::fixture().press("1 t"));
    shows!("certificate", Console::fixture().press("2 <ret>"));
    shows!("certificate-asn1", Console::fixture().press("2 <ret> <tab>"));
    shows!("compare", Console::fixture().press("2 <space> ="));
    shows!("menu-copy", Console::fixture().press("4 c"));
    shows!("path-import", Console::fixture().press("4 i").type_text("/media/usb/web.csr"));
    shows!("secret", Console::fixture().press("5 o").type_text("hunter2"));
}

/// Opens the import of two keys, a root and a request.
fn importing(mut console: Console) -> Console {
    console.press("1 a").type_text("/media/usb/x.p12").press("<ret>");
    console.answer(fixture::brought(crate::script::bringing::two_keys(), "/media/usb/x.p12"));
    console
}

#[test]
fn an_import_shows_what_a_file_holds_before_anything_is_stored() {
    use ringmaster::pki::pem::Found;
    shows!("import-80x24", importing(Console::fixture()).press("<space>"));
    shows!("import-132x43-ascii", importing(Console::fixture().mono().sized(132, 43)));
    shows!("import-form", importing(Console::fixture()).press("<ret>"));
    let locked = Found { locked: vec!["a PKCS#12 file".into()], ..Found::default() };
    let mut console = Console::fixture();
    console.press("1 a").type_text("/media/usb/x.p12").press("<ret>");
    shows!(
        "import-locked",
        console.answer(fixture::brought(locked, "/media/usb/x.p12")).type_text("hunter2")
    );
}

/// Opens the history of the keyring `mail`.
fn looking_back(mut console: Console, keys: &str) -> Console {
    console.press("1 y").answer(Ok(Done::History(Box::new(crate::script::history::history()))));
    console.press(keys);
    console
}

#[test]
fn the_history_of_a_keyring_and_what_abandoned_attempts_left() {
    use crate::script::history::abandoned_in;
    let wide = || Console::fixture().mono().sized(132, 43);
    shows!("history-80x24", looking_back(Console::fixture(), "= j"));
    shows!("history-132x43-ascii", looking_back(wide(), "= j"));
    shows!("history-difference-80x24", looking_back(Console::fixture(), "j <ret>"));
    shows!("history-undo-80x24", looking_back(Console::fixture(), "u"));
    shows!("history-restore-132x43-ascii", looking_back(wide(), "j j r"));
    for (name, console) in [("leftovers-80x24", Console::fixture()), ("leftovers-132x43-ascii", wide())] {
        shows!(name, abandoned_in(console).press("1 z <space>"));
    }
    shows!("leftovers-none-80x24", Console::empty().press("1 z"));
}

/// Opens the history of the site `website`: its present version, one written by hand, and the first one.
fn site_history(mut console: Console, keys: &str) -> Console {
    use ringmaster::model::Generation;
    use ringmaster::model::document::{Document, Sort};
    use ringmaster::store::history::Made;
    use ringmaster::store::history::document::{History, Version};
    let site = fixture::full().sites["website"].clone();
    let version = |number: Option<usize>, replaced: Option<u64>, comment: &str, what: &str| {
        let mut site = site.clone();
        site.comment = comment.into();
        let made = number.map(|n| Made {
            at: fixture::now().plus_days(-30 + 9 * i64::try_from(n).unwrap()),
            by: "alice".into(),
            what: what.into(),
        });
        let replaced = replaced.map(Generation);
        Version { number, replaced, made, document: Ok(Document::Site(Box::new(site))) }
    };
    let history = History {
        sort: Sort::Site,
        name: "website".into(),
        deleted: None,
        versions: vec![
            version(
                Some(2),
                None,
                "",
                "changed: Comment, Host names or addresses, Redirect TCP to TLS, Enabled",
            ),
            version(None, Some(17), "asked for by the shop", ""),
            version(Some(1), Some(12), "first", "made"),
        ],
        more: false,
    };
    console.press("3 G y").answer(Ok(Done::Versions(Box::new(history))));
    console.press(keys);
    console
}

#[test]
fn the_history_of_a_site_and_one_field_of_many() {
    let wide = || Console::fixture().mono().sized(132, 43);
    shows!("versions-80x24", site_history(Console::fixture(), "= j"));
    shows!("versions-132x43-ascii", site_history(wide(), "j"));
    shows!("versions-undo-80x24", site_history(Console::fixture(), "u"));
    shows!("change-80x24", Console::fixture().press("3 g * s <tab> w"));
    shows!("change-132x43-ascii", wide().press("3 g * s r"));
    let mut form = Console::fixture();
    form.press("3 G e <down>").type_text(" of ours").press("<f2>");
    shows!("site-before-saving-80x24", form);
}

#[test]
fn the_chart_of_ends() {
    for (name, console) in [
        ("timeline-80x24", Console::fixture()),
        ("timeline-132x43-ascii", Console::fixture().mono().sized(132, 43)),
    ] {
        let mut console = console;
        let found = crate::script::certificates::chart();
        console.press("2 y").answer(Ok(Done::Timeline(Box::new(found))));
        shows!(name, console.press("j j"));
    }
}

#[test]
fn the_filter_line_and_the_line_under_it() {
    shows!("filter-80x24", Console::fixture().press("2 /").type_text("expires<30d used:yes"));
    shows!("filter-mistake-ascii", Console::fixture().mono().press("2 /").type_text("mail status:x"));
}

#[test]
fn a_chain_is_explained_leaf_to_root() {
    let verified = |mut console: Console, keys: &str| {
        console.press("1 v");
        let inquiry = fixture::inquiry("mail");
        let answer = inquiry.answer();
        console.answer(Ok(Done::Verified(Box::new((inquiry, answer)))));
        console.press(keys);
        console
    };
    shows!("verify-80x24", verified(Console::fixture(), "g"));
    shows!("verify-end-80x24", verified(Console::fixture(), "G"));
    shows!("verify-132x43-ascii", verified(Console::fixture().mono().sized(132, 43), "g"));
    shows!("verify-date", verified(Console::fixture(), "d").type_text("1 March").press("<ret>"));
}

#[test]
fn who_answers_is_explained_below_the_question() {
    shows!("who-80x24", Console::fixture().press("3 g a"));
    shows!("who-80x24-more", Console::fixture().press("3 g a <pgdn>"));
    shows!("who-132x43-ascii", Console::fixture().mono().sized(132, 43).press("3 g a"));
    shows!("who-wrong-80x24", Console::fixture().press("3 g a C-u").type_text("other.example.test"));
}

#[test]
fn an_error_says_what_why_and_what_next() {
    let mut console = Console::fixture();
    console.press("1 t s");
    let error = Error::refused("The certificate was not installed.")
        .why("Its issuer Example Root CA is not trusted in this ring.")
        .next("Trust the root first.")
        .command("keyring.trust");
    shows!("error", console.answer(Err(error)));
}

/// The findings of the fixture depend on commands that the offline build does not have.
#[cfg(feature = "network")]
#[test]
fn an_error_text_is_explained_with_what_is_found_here() {
    let typed = |mut c: Console| {
        c.press("6").examined().press("1 #").type_text("SSL Error: No local certificate");
        c
    };
    shows!("explain-80x24", typed(Console::fixture()));
    shows!("explain-132x43", typed(Console::fixture().sized(132, 43)));
    shows!("explain-empty-80x24", Console::fixture().press("#"));
}

#[test]
fn a_log_is_a_list_of_what_happened() {
    use crate::script::explain::with_log;
    shows!("explain-log-80x24", with_log(Console::fixture()));
    shows!("explain-log-132x43-ascii", with_log(Console::fixture().mono().sized(132, 43)));
}
