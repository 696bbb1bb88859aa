//! Passwords: on an open file, on a terminal without echo, wrong ones, and none at all.

use std::io::{Read, Write};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::{CA, Place};
use crate::support::tool;

const CREATE: &str = "certifier create root --common-name Root --own-approval";

#[test]
fn without_terminal_and_file_a_password_is_needed() {
    let Some(setsid) = tool("setsid") else { return };
    let place = Place::new();
    let program = place.program();
    let mut command = Command::new(setsid);
    command.arg("--wait").arg(program.get_program()).args(CREATE.split(' '));
    command.current_dir(place.folder.path()).env("HOME", place.folder.path()).env_remove("RINGMASTER_CONFIG");
    let output = command.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{err}");
    assert!(err.contains("--password-fd") && err.contains("certifier root"), "{err}");
    place.run("certifier show root").refused(1);
}

#[test]
fn a_wrong_password_signs_nothing_and_stands_in_the_audit_chain() {
    let place = Place::new();
    place.certifier();
    place.keyring();
    place.run("request approve 1 --certifier root").done();
    let err = place.with("wrong\n", "request issue 1").refused(4);
    assert!(err.contains("error: "), "{err}");
    assert!(place.run("request list").done().contains("approved"));
    assert!(place.run("audit list").done().contains("unlock failed"));
    let err = place.with("", "request issue 1").refused(4);
    assert!(err.contains("Password of certifier root") && err.contains("line 1"), "{err}");
    place.with(CA, "request issue 1").done();
}

#[test]
fn a_ring_without_stash_asks_and_several_passwords_stand_on_lines() {
    let place = Place::new();
    place.certifier();
    place.with("ring-pass\n", "keyring create mail --hosts mail.example.test --stash no").done();
    place.run("request approve 1 --certifier root").done();
    place.with(CA, "request issue 1").done();
    let err = place.with("wrong\n", "keyring trust mail --certifier root").refused(4);
    assert!(err.contains("error: "), "{err}");
    place.with("ring-pass\n", "keyring trust mail --certifier root").done();
    place.with("ring-pass\r\n", "keyring install mail --issued").done();
    assert!(!place.path("data/keyrings/mail.sth").exists());
    #[cfg(feature = "network")]
    a_rehearsal_asks_too(&place);
}

#[cfg(feature = "network")]
fn a_rehearsal_asks_too(place: &Place) {
    place.run("site create mail --hosts mail.example.test --keyring mail").done();
    let ended = place.with("ring-pass\n", "site rehearse mail --for 1");
    assert!(ended.out.starts_with("Site mail answers on 127.0.0.1:"), "{ended:#?}");
    assert!(ended.err.contains("no stash"), "{ended:#?}");
    place.with("wrong\n", "site rehearse mail --for 1").refused(4);
}

#[test]
fn any_open_file_gives_passwords_and_the_rest_of_it_is_left_alone() {
    let place = Place::new();
    place.write("pass", "ca-pass\n");
    let program = place.program();
    let script = format!("exec 7<pass; {} --password-fd 7 {CREATE}", program.get_program().to_str().unwrap());
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(place.folder.path()).env("HOME", place.folder.path());
    crate::support::run(&mut command);
    place.run("certifier show root").done();
    let err = place.with(CA, "request import -").refused(2);
    assert!(err.contains("standard input"), "{err}");
}

/// A program under a pseudo-terminal, with what it printed so far.
struct Terminal {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    keys: Box<dyn Write + Send>,
    printed: Receiver<Vec<u8>>,
    screen: String,
}

impl Terminal {
    /// Runs the program with these arguments, and then `stty -a`, which tells whether the echo is back.
    fn new(place: &Place, arguments: &str) -> Self {
        let pty = native_pty_system().openpty(PtySize::default()).unwrap();
        let mut command = CommandBuilder::new("sh");
        let program = env!("CARGO_BIN_EXE_ringmaster");
        command.args(["-c", &format!("{program} {arguments}; echo code=$?; stty -a")]);
        command.cwd(place.folder.path());
        command.env("HOME", place.folder.path());
        command.env_remove("RINGMASTER_CONFIG");
        let child = pty.slave.spawn_command(command).unwrap();
        let mut reader = pty.master.try_clone_reader().unwrap();
        let keys = pty.master.take_writer().unwrap();
        let (send, printed) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if send.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
            }
            drop(pty.master);
        });
        Self { child, keys, printed, screen: String::new() }
    }

    fn wait_for(&mut self, text: &str) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !self.screen.contains(text) {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.printed.recv_timeout(left) {
                Ok(bytes) => self.screen += &String::from_utf8_lossy(&bytes),
                Err(_) => panic!("{text:?} did not come: {}", self.screen),
            }
        }
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }
}

#[test]
fn a_typed_password_is_not_echoed_and_can_be_corrected() {
    if tool("stty").is_none() {
        return;
    }
    let place = Place::new();
    let mut terminal = Terminal::new(&place, CREATE);
    terminal.wait_for("New password for certifier root: ");
    terminal.press("junk\u{15}ca-paü\u{7f}ss\r");
    terminal.wait_for("The same password for certifier root again: ");
    terminal.press("ca-pass\r");
    terminal.wait_for("code=0");
    terminal.wait_for("echo");
    for secret in ["ca-pa", "junk"] {
        assert!(!terminal.screen.contains(secret), "{}", terminal.screen);
    }
    terminal.child.wait().unwrap();
    assert!(!terminal.screen.contains(" -echo "), "{}", terminal.screen);
    place.keyring();
    place.run("request approve 1 --certifier root").done();

    // Three tries on the terminal.
    let mut terminal = Terminal::new(&place, "request issue 1");
    terminal.wait_for("Password of certifier root: ");
    terminal.press("wrong\r");
    terminal.wait_for("note: The password does not open");
    terminal.wait_for(".\r\nPassword of certifier root: ");
    terminal.press("ca-pass\r");
    terminal.wait_for("code=0");
}

#[test]
fn an_interrupted_question_changes_nothing_and_gives_the_echo_back() {
    if tool("stty").is_none() {
        return;
    }
    let place = Place::new();
    for keys in ["secret\u{3}", "\u{4}", "\u{1b}"] {
        let mut terminal = Terminal::new(&place, CREATE);
        terminal.wait_for("New password for certifier root: ");
        terminal.press(keys);
        terminal.wait_for("Cancelled");
        terminal.wait_for("code=1");
        terminal.wait_for("echo");
        terminal.child.wait().unwrap();
        assert!(!terminal.screen.contains(" -echo "), "{}", terminal.screen);
        assert!(!terminal.screen.contains("secret"), "{}", terminal.screen);
    }
    assert_eq!(place.run("certifier list").done(), "");
}
