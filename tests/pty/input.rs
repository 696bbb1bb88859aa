//! Keys and pastes as terminals and slow lines deliver them.

use std::process::Command;
use std::time::Duration;

use rustix::process::Signal;

use super::{Start, Terminal};
use crate::support::{run, tool};

/// Makes a request as somebody would paste it.
fn request() -> Option<String> {
    let openssl = tool("openssl")?;
    let folder = tempfile::tempdir().unwrap();
    let arguments = "req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key.pem -subj /CN=pasted.example.test \
                     -addext subjectAltName=DNS:pasted.example.test";
    let output = run(Command::new(openssl).current_dir(folder.path()).args(arguments.split_whitespace()));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn shows_import(terminal: &Terminal) {
    terminal.wait("the import preview", |now| {
        let text = now.text();
        text.contains("pasted.example.test") && text.contains("mport")
    });
}

#[test]
fn a_bracketed_paste_of_a_request_opens_the_import() {
    let Some(pem) = request() else { return };
    let mut terminal = Start::console().spawn();
    terminal.shows("Keyrings");
    // Terminals send CR for a line end inside a paste.
    terminal.send(&format!("\x1b[200~{}\x1b[201~", pem.replace('\n', "\r")));
    shows_import(&terminal);
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ends(), 143);
}

#[test]
fn a_paste_without_brackets_opens_it_too_and_runs_no_command() {
    let Some(pem) = request() else { return };
    let mut terminal = Start::console().spawn();
    terminal.shows("Keyrings");
    terminal.send(&pem.replace('\n', "\r"));
    shows_import(&terminal);
    // A text that is nothing to import is no command either: it holds q for quit.
    terminal.send("\x1b");
    terminal.wait("the list", |now| !now.text().contains("pasted.example.test"));
    terminal.send("qqq nn ee qqq\r");
    terminal.is_alive();
}

#[test]
fn a_split_arrow_key_does_no_harm() {
    let mut terminal = Start::console().spawn();
    terminal.shows("Keyrings");
    let before = terminal.now().text();
    terminal.send("\x1b");
    // The line is slow: nothing comes for a while, and nothing may be drawn for a lone Esc in a list.
    terminal.passes(Duration::from_millis(40));
    terminal.send("[A");
    terminal.is_alive();
    assert_eq!(terminal.now().text(), before);
}

#[test]
fn a_sequence_that_never_ends_does_not_hang_it() {
    let mut terminal = Start::console().spawn();
    terminal.shows("Keyrings");
    terminal.send("\x1b[");
    terminal.passes(Duration::from_millis(40));
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ends(), 143);
}

#[test]
fn keys_are_answered() {
    let mut terminal = Start::console().spawn();
    terminal.shows("Keyrings");
    let before = terminal.now().text();
    terminal.send("?");
    terminal.wait("the help", |now| now.text() != before && now.bytes.ends_with(super::FRAME_END));
    terminal.send("\x1b");
    terminal.wait("the list again", |now| now.text() == before);
}

impl Terminal {
    /// Lets time pass as a slow line does.
    fn passes(&self, time: Duration) {
        let now = self.now();
        drop(self.seen.changed.wait_timeout_while(now, time, |_| true).unwrap());
    }

    /// Holds that the console still answers: it opens the help and closes it again.
    fn is_alive(&mut self) {
        let before = self.now().text();
        self.passes(Duration::from_millis(250));
        assert_eq!(self.now().code, None, "it has ended");
        self.send("?");
        self.wait("the help", |now| now.text() != before && now.bytes.ends_with(super::FRAME_END));
        self.send("\x1b");
        self.wait("the list again", |now| now.text() == before);
    }
}
