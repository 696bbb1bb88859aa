//! Documents in exchange with a Domino directory, by keys: a preview before anything is saved, and a file to take away.

use ringmaster::tui::msg::Effect;

use super::console::Console;
use super::first_day::Live;

#[test]
fn a_file_is_shown_document_by_document_before_it_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sites.dxl");
    std::fs::write(&file, include_str!("../exchange/sites.dxl")).unwrap();
    let work = tempfile::tempdir().unwrap();
    let mut live = Live::new(work.path());
    live.press("3 i").sees("DXL export or one-touch setup JSON").text(file.to_str().unwrap()).press("<ret>");
    live.sees("2 new, 0 changed, 0 same, 0 refused, 1 of other forms skipped").sees("site web-shop: new (!)");
    live.press("<down> <down> <ret>")
        .sees("www.example.test")
        .press("<esc>")
        .sees("Save what is new and changed: 2");
    live.press("<up> <ret>").sees("web-shop");
    live.press("i")
        .text(file.to_str().unwrap())
        .press("<ret>")
        .sees("0 new, 0 changed, 2 same")
        .press("<esc>");
    live.press("g x").sees("Write as Domino XML (DXL): 1").press("<down> <down> <ret>").sees("mail.dxl");
}

#[test]
fn an_import_is_stopped_and_a_kind_without_a_form_is_told() {
    let mut c = Console::fixture();
    c.press("3 i").type_text("x").press("<ret>");
    assert!(matches!(c.effects.last(), Some(Effect::ReadDirectory(..))), "{:?}", c.effects.last());
    c.press("<esc>");
    assert!(matches!(c.effects.last(), Some(Effect::Stop(_))), "{:?}", c.effects.last());
    c.press("g * x");
    assert!(c.screen().contains("Write as one-touch setup JSON: 3"), "{}", c.screen());
}
