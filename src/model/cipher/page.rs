//! `docs/ciphers.md`, made from the tables.

use super::{Explained, FAULTS, PRESETS, Standing, Suite, domino, explain, release_notes, write_spec};
use crate::model::server::Release;

/// Writes the reference of cipher suites.
pub fn ciphers_markdown() -> String {
    let mut out = String::from(
        "# Cipher suites\n\nThis page is made from the tables of suites; `RINGMASTER_BLESS=1 cargo test docs` writes it anew.\n\n\
         A list of ciphers is `default` (what the release offers by itself), `none`, or suites in any mixture of names of\n\
         IANA or OpenSSL, codes, and presets. The order does not count: a server chooses by its own order, forward secrecy\n\
         first, ECDHE before the equivalent DHE, AES-128-GCM before AES-256-CBC, RC4 last. `ringmaster cipher list` shows\n\
         the suites for a release and a keyring in that order, `ringmaster cipher explain` tells what a list means.\n\n\
         ## Suites that Domino is known for\n\n\
         What a release does with them is from published pages as far as there are any. Probe a server instead of\n\
         believing a table.\n\n",
    );
    for standing in Standing::ALL {
        out.push_str(&format!("- **{}**: {}.\n", standing.word(), standing.meaning()));
    }
    let releases: Vec<&str> = Release::ALL.iter().map(|r| r.name()).collect();
    out.push_str(&format!(
        "\n| code | suite | bits | forward secrecy | grade | {} | what is known |\n|---|---|---|---|---|{}---|\n",
        releases.join(" | "),
        "---|".repeat(releases.len())
    ));
    let mut known: Vec<Suite> = domino().collect();
    super::priority(&mut known);
    for suite in &known {
        let e = explain(*suite, Release::R14, None);
        let standing: Vec<&str> = Release::ALL.iter().map(|r| suite.standing(*r).word()).collect();
        out.push_str(&format!(
            "| `{}` | {} | {} | {} | {} | {} | {} |\n",
            suite.hex(),
            suite.short().unwrap_or_default(),
            e.bits,
            if e.forward_secret { "yes" } else { "no" },
            graded(&e),
            standing.join(" | "),
            suite.domino_note()
        ));
    }
    out.push_str("\n## What speaks against suites\n\n");
    for fault in &FAULTS {
        out.push_str(&format!("- {} (**{}**): {}.\n", fault.word, fault.grade.word(), fault.meaning));
    }
    out.push_str("\n## Releases\n\n");
    for release in Release::ALL {
        out.push_str(&format!("- **{}**: {}\n", release.name(), release_notes(release)));
    }
    out.push_str("\n## Presets\n\n");
    for preset in &PRESETS {
        out.push_str(&format!(
            "- `{}` ({}): {}. `{}`\n",
            preset.name,
            preset.title,
            preset.help,
            write_spec(preset.suites)
        ));
    }
    out.push_str(
        "\n## Every suite\n\nThose that servers of other makers may offer too, so that a probe can name them.\n\n\
         | code | suite | OpenSSL | bits | versions | grade |\n|---|---|---|---|---|---|\n",
    );
    for suite in Suite::all() {
        let e = explain(suite, Release::R14, None);
        out.push_str(&format!(
            "| `{}` | {} | {} | {} | {} | {} |\n",
            suite.hex(),
            suite.short().unwrap_or_default(),
            suite.openssl().unwrap_or_default(),
            e.bits,
            e.versions,
            graded(&e)
        ));
    }
    out
}

fn graded(e: &Explained) -> String {
    if e.why.is_empty() { e.grade.word().into() } else { format!("{}: {}", e.grade.word(), e.why) }
}
