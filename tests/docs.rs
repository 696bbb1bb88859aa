//! The reference pages in `docs/` are made from tables: they must say what the tables say.

use ringmaster::tui::command::commands_markdown;
use ringmaster::tui::dialog::records::fields_markdown;

#[test]
fn the_reference_pages_equal_the_tables() {
    for (name, text) in [("commands.md", commands_markdown()), ("fields.md", fields_markdown())] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
        if std::env::var_os("RINGMASTER_BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let there = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(there == text, "docs/{name} is stale: run RINGMASTER_BLESS=1 cargo test docs");
    }
}
