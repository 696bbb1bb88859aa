//! The real program under a pseudo-terminal: what it shows, what it writes, and that it gives the terminal back.

mod input;
mod leaving;
mod showing;

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, MasterPty, PtySize, SlavePty, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long anything may take; the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(30);

/// The end of a frame.
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// How a program is to be started.
struct Start {
    columns: u16,
    rows: u16,
    environment: Vec<(&'static str, &'static str)>,
    command: Vec<String>,
    folder: TempDir,
}

impl Start {
    /// The console in 80x24 with colours and Unicode, on an empty workspace.
    fn console() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.ron"), CONFIG).unwrap();
        Self {
            columns: 80,
            rows: 24,
            environment: vec![("TERM", "xterm-256color"), ("LANG", "C.UTF-8")],
            command: vec![PROGRAM.into()],
            folder,
        }
    }

    fn size(mut self, columns: u16, rows: u16) -> Self {
        (self.columns, self.rows) = (columns, rows);
        self
    }

    /// Sets a variable; a later value replaces an earlier one.
    fn set(mut self, name: &'static str, value: &'static str) -> Self {
        self.environment.retain(|(n, _)| *n != name);
        self.environment.push((name, value));
        self
    }

    /// Starts another program, which may start the console as `$RINGMASTER`.
    fn command(mut self, words: &[&str]) -> Self {
        self.command = words.iter().map(|w| (*w).to_owned()).collect();
        self
    }

    fn spawn(self) -> Terminal {
        let size = PtySize { rows: self.rows, cols: self.columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(&self.command[0]);
        command.args(&self.command[1..]);
        command.env_clear();
        command.cwd(self.folder.path());
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("HOME", self.folder.path());
        command.env("RINGMASTER", PROGRAM);
        command.env("RINGMASTER_CONFIG", self.folder.path().join("config.ron"));
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        let before = format!("{:?}", pair.master.get_termios().unwrap());
        let mut child = pair.slave.spawn_command(command).unwrap();
        let pid = Pid::from_raw(i32::try_from(child.process_id().unwrap()).unwrap()).unwrap();
        let parser = vt100::Parser::new(cells(self.rows), cells(self.columns), 0);
        let seen = Arc::new(Seen {
            now: Mutex::new(Now { parser, bytes: Vec::new(), code: None, stop: false, reading: true }),
            changed: Condvar::new(),
        });
        let mut reader = pair.master.try_clone_reader().unwrap();
        let shared = seen.clone();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n @ 1..) = reader.read(&mut buffer) {
                let mut now = shared.now.lock().unwrap();
                now.parser.process(&buffer[..n]);
                now.bytes.extend_from_slice(&buffer[..n]);
                shared.changed.notify_all();
                if now.stop {
                    break;
                }
            }
            drop(reader);
            shared.now.lock().unwrap().reading = false;
            shared.changed.notify_all();
        });
        let shared = seen.clone();
        std::thread::spawn(move || {
            let status = child.wait().unwrap();
            shared.now.lock().unwrap().code = Some(status.exit_code());
            shared.changed.notify_all();
        });
        let writer = Some(pair.master.take_writer().unwrap());
        Terminal {
            seen,
            writer,
            master: Some(pair.master),
            _slave: pair.slave,
            pid,
            before,
            folder: self.folder,
        }
    }
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_ringmaster");

const CONFIG: &str = "(workspace: \"data\", home: \"home\", operator: \"tester\")";

/// A terminal with a program in it.
struct Terminal {
    seen: Arc<Seen>,
    writer: Option<Box<dyn Write + Send>>,
    master: Option<Box<dyn MasterPty + Send>>,
    /// Kept open so that the modes can be read after the program has ended.
    _slave: Box<dyn SlavePty + Send>,
    pid: Pid,
    before: String,
    folder: TempDir,
}

struct Seen {
    now: Mutex<Now>,
    changed: Condvar,
}

struct Now {
    parser: vt100::Parser,
    bytes: Vec<u8>,
    code: Option<u32>,
    stop: bool,
    reading: bool,
}

impl Now {
    /// The lines on the screen, without the blanks at their ends.
    fn text(&self) -> String {
        self.parser
            .screen()
            .contents()
            .lines()
            .map(str::trim_end)
            .collect::<Vec<_>>()
            .join("\n")
            .trim_end()
            .into()
    }
}

impl Terminal {
    /// Waits until the condition holds, and says what stood on the screen when it does not.
    fn wait(&self, what: &str, holds: impl Fn(&Now) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        let mut now = self.now();
        while !holds(&now) {
            let left = deadline.saturating_duration_since(Instant::now());
            let text = now.text();
            assert!(!left.is_zero(), "waited in vain for {what}; exit code {:?}, screen:\n{text}", now.code);
            now = self.seen.changed.wait_timeout(now, left).unwrap().0;
        }
    }

    /// Looks at what there is now.
    fn now(&self) -> MutexGuard<'_, Now> {
        self.seen.now.lock().unwrap()
    }

    /// Waits until a whole frame shows a text.
    fn shows(&self, text: &str) {
        self.wait(text, |now| now.text().contains(text) && now.bytes.ends_with(FRAME_END));
    }

    fn send(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    fn resize(&self, columns: u16, rows: u16) {
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        self.now().parser.screen_mut().set_size(cells(rows), cells(columns));
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    /// Waits for the end and returns the exit code; holds that the terminal is as it was.
    fn ends(&self) -> u32 {
        self.wait("the end", |now| now.code.is_some());
        let code = self.now().code.unwrap();
        let after = format!("{:?}", self.master.as_ref().unwrap().get_termios().unwrap());
        assert_eq!(after, self.before, "the terminal's modes were not restored");
        self.wait("the terminal as it was", |now| {
            let screen = now.parser.screen();
            !screen.alternate_screen() && !screen.bracketed_paste() && !screen.hide_cursor()
        });
        code
    }

    /// Holds that nothing is written for this long.
    fn is_silent(&self, time: Duration) {
        let now = self.now();
        let before = now.bytes.len();
        let (now, waited) =
            self.seen.changed.wait_timeout_while(now, time, |now| now.bytes.len() == before).unwrap();
        let text = String::from_utf8_lossy(&now.bytes[before..]);
        assert!(waited.timed_out(), "wrote {text:?}");
    }

    fn folder(&self) -> &Path {
        self.folder.path()
    }
}

impl Drop for Terminal {
    /// Leaves no program behind, whatever a test has found.
    fn drop(&mut self) {
        let code = self.seen.now.lock().map_or(None, |now| now.code);
        if code.is_none() {
            let _ = kill_process(self.pid, Signal::KILL);
        }
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).unwrap()
}
