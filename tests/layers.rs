//! Holds the layers apart: reads the sources and fails when a file names a layer below its own, or a thing of the
//! outside world that its layer must not touch.

use std::path::Path;

use crate::support::sources;

/// The layers from the first to the last; each may name only itself and those before it.
const LAYERS: [&str; 11] =
    ["model", "pki", "store", "ops", "doctor", "probe", "config", "desk", "demo", "cli", "tui"];

/// What a layer must not name, as (layers, words).
const FORBIDDEN: [(&[&str], &[&str]); 5] = [
    (&["model", "pki", "ops", "doctor"], &["std::fs", "std::env", "std::net::Tcp", "SystemTime::now"]),
    (&["model", "pki", "ops", "doctor"], &["Instant::now", "std::process", "crossterm", "ratatui"]),
    (&["model", "store", "ops", "doctor", "cli", "tui", "config", "desk"], &["std::net::Tcp", "rustls::"]),
    (&["model", "pki", "store", "ops", "doctor", "probe", "config", "desk", "cli"], &["ratatui", "tui::"]),
    (&["model", "pki", "ops", "doctor", "probe", "config", "desk", "cli", "tui"], &["rusqlite"]),
];

fn layer(src: &Path, file: &Path) -> Option<usize> {
    let first = file.strip_prefix(src).unwrap().iter().next().unwrap().to_str().unwrap();
    LAYERS.iter().position(|l| *l == first.trim_end_matches(".rs"))
}

#[test]
fn no_layer_names_one_it_must_not() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 30);
    let mut wrong = Vec::new();
    for file in files {
        let Some(own) = layer(&src, &file) else { continue };
        let text = std::fs::read_to_string(&file).unwrap();
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        for (number, line) in code.lines().enumerate().filter(|(_, l)| !l.trim_start().starts_with("//")) {
            let below = LAYERS[own + 1..].iter().map(|l| format!("crate::{l}::"));
            let words = FORBIDDEN.iter().filter(|(layers, _)| layers.contains(&LAYERS[own]));
            let words = words.flat_map(|(_, words)| words.iter().map(|w| (*w).to_owned()));
            for word in below.chain(words).filter(|w| line.contains(w.as_str())) {
                wrong.push(format!("{}:{}: {word}", file.strip_prefix(&src).unwrap().display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "layers cross:\n{}", wrong.join("\n"));
}

#[test]
fn every_source_file_says_what_it_owns() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("//! "), "{} does not begin with //!", file.display());
    }
}
