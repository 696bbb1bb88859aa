//! Explaining errors on the screen, by keys.

use ringmaster::model::explain::log::Reader;
use ringmaster::tui::msg::{Done, Effect};
use ringmaster::tui::pane::PaneId;

use super::console::Console;

#[test]
fn a_text_is_explained_while_it_is_typed_and_leads_to_what_was_found() {
    let mut c = Console::fixture();
    c.press("6").examined().press("1 #");
    assert!(c.screen().contains("Type or paste a message"), "{}", c.screen());
    c.type_text("no local certificate");
    let screen = c.screen();
    assert!(screen.contains("The task has no certificate to show.") && screen.contains("K07"), "{screen}");
    c.press("<ret>");
    let screen = c.screen();
    assert!(screen.contains("Found here") && screen.contains("K07"), "{screen}");
    c.press("<ret>");
    assert!(c.model.dialogs.is_empty() && c.model.pane == PaneId::Keyrings, "{}", c.screen());
    // Esc empties the line first, then leaves; a paste is taken as it is.
    c.press("#").paste("\"SSL Error:\nKeyring file not found\"\n");
    assert!(c.screen().contains("The keyring that a document names is not found."), "{}", c.screen());
    c.press("<esc>");
    assert!(c.screen().contains("Type or paste a message"), "{}", c.screen());
    c.type_text("4171");
    assert!(c.screen().contains("0x104B"), "{}", c.screen());
    c.press("<esc>").type_text("zzz qqq");
    assert!(c.screen().contains("Nothing is known of it"), "{}", c.screen());
    c.press("<ret> <esc> <esc>");
    assert!(c.model.dialogs.is_empty());
}

/// A console that shows what a small log says.
pub(crate) fn with_log(mut console: Console) -> Console {
    console.press("# <tab>").type_text("/var/log/console.log").press("<ret>");
    assert!(matches!(console.effects.last(), Some(Effect::ReadLog(..))), "{:?}", console.effects);
    let mut reader = Reader::default();
    for (second, peer) in [(10, "10.1.2.3"), (11, "10.1.2.3"), (12, "2001:db8::1234:5678:9abc")] {
        let line = format!(
            "12/18/2016 07:20:{second} AM  HTTP Server: SSL handshake failure, IP address [{peer}], Key Ring [shop.kyr], error status [4171]"
        );
        reader.line(line.as_bytes(), line.len() as u64 + 1, false);
    }
    let weak = "12/18/2016 07:21:00 AM SSLDisableExportCiphers> Disabling weak cipher RSA_WITH_DES_CBC_SHA. Set notes.ini";
    reader.line(weak.as_bytes(), weak.len() as u64 + 1, false);
    console.answer(Ok(Done::LogRead(Box::new(("/var/log/console.log".into(), reader.end())))));
    console
}

#[test]
fn a_log_is_read_by_its_path_and_each_group_explained() {
    let mut c = with_log(Console::fixture());
    let screen = c.screen();
    assert!(screen.contains("handshake failed: 4171") && screen.contains("10.1.2.3"), "{screen}");
    c.press("<ret>");
    let screen = c.screen();
    assert!(screen.contains("First line") && screen.contains("10.1.2.3"), "{screen}");
    let screen = c.press("<pgdn>").screen();
    assert!(screen.contains("Causes"), "{screen}");
    c.press("<esc> G <ret>");
    assert!(c.screen().contains("weak cipher"), "{}", c.screen());
    c.press("<esc> <esc> <esc>");
    assert!(c.model.dialogs.is_empty(), "{}", c.screen());
    // While it is read, Esc stops it.
    c.press("# <tab>").type_text("x").press("<ret> <esc>");
    assert!(matches!(c.effects.last(), Some(Effect::Stop(_))), "{:?}", c.effects.last());
}
