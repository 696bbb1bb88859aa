//! Every way out gives the terminal back: quitting, signals, suspension, a panic, a line that is gone.

use std::path::PathBuf;

use rustix::process::Signal;

use super::Start;
use crate::support::tool;

#[test]
fn quitting_gives_the_terminal_back() {
    let mut terminal = Start::console().spawn();
    terminal.shows("Keyrings");
    terminal.send("q");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn signals_end_it_with_their_codes() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::INT, 130), (Signal::HUP, 129)] {
        let terminal = Start::console().spawn();
        terminal.shows("Keyrings");
        terminal.signal(signal);
        assert_eq!(terminal.ends(), code);
    }
}

#[test]
fn a_hang_up_is_heard_also_when_it_was_to_be_ignored() {
    for ignored in [false, true] {
        let start = Start::console();
        let start =
            if ignored { start.command(&["sh", "-c", "trap '' HUP; exec $RINGMASTER"]) } else { start };
        let mut terminal = start.spawn();
        terminal.shows("Keyrings");
        // The reader leaves with the next byte it gets; then nothing holds the line open.
        terminal.now().stop = true;
        terminal.resize(81, 25);
        terminal.wait("the reader's end", |now| !now.reading);
        (terminal.writer, terminal.master) = (None, None);
        terminal.wait("the end", |now| now.code.is_some());
        assert_eq!(terminal.now().code, Some(129));
    }
}

#[test]
fn a_panic_of_the_screen_gives_the_terminal_back_and_says_so() {
    let mut terminal = Start::console().set("RINGMASTER_PANIC", "ui").spawn();
    terminal.shows("Keyrings");
    terminal.send("\x1b[24~");
    assert_eq!(terminal.ends(), 101);
    terminal.wait("the report", |now| now.text().contains("defect") && now.text().contains("on purpose"));
}

#[test]
fn a_panic_of_a_job_is_told_and_the_console_lives_on() {
    let mut terminal = Start::console().set("RINGMASTER_PANIC", "worker").spawn();
    terminal.shows("Keyrings");
    terminal.send("\x1b[24~");
    terminal.shows("unforeseen");
    terminal.send("\x1b");
    terminal.wait("the dialog gone", |now| !now.text().contains("unforeseen"));
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ends(), 143);
}

#[test]
fn under_a_shell_it_suspends_and_comes_back() {
    let Some(bash) = tool("bash") else { return };
    let mut terminal =
        Start::console().command(&[bash.to_str().unwrap(), "--norc", "-i"]).set("PS1", "ready> ").spawn();
    terminal.wait("the shell", |now| now.text().contains("ready>"));
    terminal.send("$RINGMASTER\r");
    terminal.shows("Keyrings");
    terminal.send("\x1a");
    terminal.wait("the shell again", |now| {
        // The shell turns its own paste mode on again.
        now.text().contains("Stopped") && !now.parser.screen().alternate_screen()
    });
    terminal.send("fg\r");
    terminal.shows("Keyrings");
    assert!(terminal.now().parser.screen().alternate_screen());
    terminal.send("q");
    terminal.wait("the shell at last", |now| !now.parser.screen().alternate_screen());
    terminal.send("echo left with $?\r");
    terminal.wait("the exit code", |now| now.text().contains("left with 0"));
    terminal.send("exit\r");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn stopped_from_outside_it_takes_the_terminal_again() {
    let Some(bash) = tool("bash") else { return };
    let mut terminal =
        Start::console().command(&[bash.to_str().unwrap(), "--norc", "-i"]).set("PS1", "ready> ").spawn();
    terminal.wait("the shell", |now| now.text().contains("ready>"));
    terminal.send("sh -c 'echo $$ > pid; exec $RINGMASTER'\r");
    terminal.shows("Keyrings");
    let file: PathBuf = terminal.folder().join("pid");
    let pid = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), Signal::STOP).unwrap();
    terminal.wait("the shell again", |now| now.text().contains("Stopped"));
    terminal.send("\x15fg\r");
    terminal.wait("the whole screen again", |now| {
        now.text().contains("Keyrings")
            && !now.text().contains("Stopped")
            && now.bytes.ends_with(super::FRAME_END)
    });
    terminal.send("q");
    terminal.wait("the shell at last", |now| !now.parser.screen().alternate_screen());
    terminal.send("exit\r");
    assert_eq!(terminal.ends(), 0);
}

#[test]
fn where_no_shell_waits_it_does_not_suspend() {
    let mut terminal = Start::console().spawn();
    terminal.shows("Keyrings");
    terminal.send("\x1a");
    terminal.shows("suspended");
    terminal.signal(Signal::TERM);
    assert_eq!(terminal.ends(), 143);
}
