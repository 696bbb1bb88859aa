//! What several test modules need: outside tools, throw-away folders, the program itself.

use std::path::PathBuf;
use std::process::{Command, Output};

/// Finds a tool on the PATH. When it is missing, the test that asked is skipped with a message, or fails where
/// `RINGMASTER_REQUIRE_TOOLS` is set, as it is in CI.
pub(crate) fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|dir| dir.join(name)).find(|file| file.is_file());
    if found.is_none() {
        let required = std::env::var_os("RINGMASTER_REQUIRE_TOOLS").is_some();
        assert!(!required, "{name} is required here and is not installed");
        eprintln!("skipped: {name} is not installed");
    }
    found
}

/// Runs a command and returns its output; a failure shows what it printed.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output().unwrap();
    assert!(
        output.status.success(),
        "{command:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    output
}
