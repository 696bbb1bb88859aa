//! All integration tests as one binary: the heavy libraries are linked once. A test holds that no file is forgotten.

#![allow(clippy::disallowed_methods, reason = "tests read the clock and the environment")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "preparation in tests may fail the test")]
#![allow(clippy::print_stderr, reason = "a skipped test says so")]

mod audit_recipe;
mod bytes;
mod certifiers;
mod cli;
mod crash;
mod docs;
mod effects;
mod export;
mod filters;
mod findings;
mod formats;
mod history;
mod import;
mod interop;
mod issuing;
mod known_problems;
mod layers;
mod life;
#[cfg(feature = "network")]
mod probe;
mod pty;
mod queue;
#[cfg(feature = "network")]
mod rehearsal;
mod requests;
mod review;
mod ring_life;
mod roles;
mod rules;
mod screens;
mod script;
mod servers;
mod store;
mod support;
mod two_consoles;
mod verify;
#[cfg(feature = "network")]
mod wire;

/// Every file beside this one is a module of it; a forgotten `mod` line would silence its tests.
#[test]
fn no_test_file_is_forgotten() {
    let here = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let main = std::fs::read_to_string(here.join("main.rs")).unwrap();
    for entry in std::fs::read_dir(here).unwrap() {
        let path = entry.unwrap().path();
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let is_module = path.extension().is_some_and(|e| e == "rs") || path.join("mod.rs").exists();
        if stem != "main" && is_module {
            assert!(main.contains(&format!("mod {stem};")), "tests/main.rs does not name {stem}");
        }
    }
}
