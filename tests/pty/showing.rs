//! What stands on the screen, and what is written for it.

use std::process::{Command, Stdio};
use std::time::Duration;

use super::{PROGRAM, Start, cells};

#[test]
fn the_console_starts_and_is_silent_when_idle() {
    let terminal = Start::console().spawn();
    {
        terminal.shows("Keyrings");
        let now = terminal.now();
        let screen = now.parser.screen();
        assert!(screen.alternate_screen() && screen.bracketed_paste());
        let asked = now.bytes.windows(4).any(|w| w == b"\x1b[6n");
        assert!(!asked, "the terminal was asked something");
    }
    terminal.is_silent(Duration::from_millis(1_500));
}

#[test]
fn a_new_size_is_drawn() {
    let terminal = Start::console().spawn();
    terminal.shows("Keyrings");
    terminal.resize(132, 43);
    terminal.wait("a frame for the new size", |now| {
        let screen = now.parser.screen();
        screen.size() == (cells(43), cells(132))
            && (30..43).any(|row| {
                (0..132)
                    .any(|column| screen.cell(row, column).is_some_and(|c| !c.contents().trim().is_empty()))
            })
    });
}

#[test]
fn a_tiny_terminal_says_what_is_needed_and_goes_on() {
    let terminal = Start::console().size(39, 7).spawn();
    terminal.wait("the needed size", |now| now.text().contains("40"));
    assert!(!terminal.now().text().contains("Certifiers"));
    terminal.resize(40, 8);
    terminal.shows("Certifiers");
    terminal.resize(1, 1);
    terminal.resize(80, 24);
    terminal.shows("No certifiers yet");
}

#[test]
fn without_colour_the_highlight_stays() {
    let mut terminal = Start::console().set("NO_COLOR", "1").spawn();
    terminal.shows("Keyrings");
    terminal.send(":");
    terminal.wait("a highlight", |now| {
        let screen = now.parser.screen();
        (0..24).any(|row| (0..80).any(|column| screen.cell(row, column).is_some_and(vt100::Cell::inverse)))
    });
    let text = String::from_utf8_lossy(&terminal.now().bytes).into_owned();
    for sequence in text.split("\x1b[").skip(1) {
        let Some((codes, _)) =
            sequence.split_once('m').filter(|(c, _)| c.chars().all(|c| c.is_ascii_digit() || c == ';'))
        else {
            continue;
        };
        // 39 and 49 take a colour back.
        let coloured = codes
            .split(';')
            .any(|code| code.parse().is_ok_and(|n: u8| matches!(n, 30..=38 | 40..=48 | 90..=107)));
        assert!(!coloured, "a colour was written: {codes}");
    }
}

#[test]
fn without_utf8_every_byte_is_ascii() {
    let mut terminal = Start::console().set("LANG", "C").spawn();
    terminal.shows("Keyrings");
    terminal.send("?");
    terminal.wait("the help", |now| now.text().contains("help") || now.text().contains("Help"));
    let now = terminal.now();
    assert!(now.bytes.is_ascii(), "{}", String::from_utf8_lossy(&now.bytes));
}

#[test]
fn without_a_terminal_the_way_to_the_command_line_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(PROGRAM)
        .env_clear()
        .env("HOME", folder.path())
        .env("TERM", "xterm")
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("--help"), "{text}");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0, "nothing is made before the check");
}

#[test]
fn a_terminal_that_cannot_place_text_is_refused() {
    let terminal = Start::console().set("TERM", "dumb").spawn();
    assert_eq!(terminal.ends(), 2);
    terminal.wait("the reason", |now| now.text().contains("TERM"));
}
