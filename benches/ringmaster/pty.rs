//! The real program under a pseudo-terminal: the time to its first frame, and its memory when it is idle.

use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use portable_pty::{Child, MasterPty};

/// A running console.
struct Running {
    child: Box<dyn Child + Send + Sync>,
    reader: Box<dyn Read + Send>,
    writer: Box<dyn Write + Send>,
    _master: Box<dyn MasterPty + Send>,
    screen: vt100::Parser,
}

impl Running {
    fn start(folder: &Path) -> Self {
        let size = portable_pty::PtySize { rows: 24, cols: 80, ..Default::default() };
        let pair = portable_pty::native_pty_system().openpty(size).expect("a pseudo-terminal");
        let mut command = portable_pty::CommandBuilder::new(env!("CARGO_BIN_EXE_ringmaster"));
        command.args(["--workspace", &folder.join("data").display().to_string()]);
        command.env_clear();
        command.env("TERM", "xterm-256color");
        command.env("LANG", "C.UTF-8");
        command.env("HOME", folder.join("home"));
        let child = pair.slave.spawn_command(command).expect("started");
        let reader = pair.master.try_clone_reader().expect("a reader");
        let writer = pair.master.take_writer().expect("a writer");
        let size = |n| std::num::NonZero::new(n).expect("not zero");
        let screen = vt100::Parser::new(size(24), size(80), 0);
        Self { child, reader, writer, _master: pair.master, screen }
    }

    /// Reads until the screen is as wished.
    fn until(&mut self, wished: impl Fn(&str) -> bool) {
        let mut buffer = [0; 8192];
        while !wished(&self.screen.screen().contents()) {
            let count = self.reader.read(&mut buffer).expect("output");
            assert!(count > 0, "the console ended");
            self.screen.process(&buffer[..count]);
        }
    }

    fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).expect("typed");
    }

    /// The resident memory in MB, as the system counts it.
    fn resident(&self) -> String {
        let id = self.child.process_id().unwrap_or_default();
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
        let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:")).unwrap_or_default();
        let kilobytes = line.trim().trim_end_matches(" kB").parse::<u64>();
        kilobytes.map_or_else(|_| "unknown".into(), |k| format!("{} MB", k / 1024))
    }

    fn end(mut self) {
        self.press("q");
        let mut reader = self.reader;
        // Drained, so that the program never waits for its terminal while it leaves.
        std::thread::spawn(move || std::io::copy(&mut reader, &mut std::io::sink()));
        self.child.wait().expect("ended");
    }
}

/// Tells whether the screen is whole: the footer is drawn last; the frame is one write.
fn whole(screen: &str) -> bool {
    screen.lines().last().is_some_and(|l| l.contains('?'))
}

/// From the start of the process to the first full frame: the median of seven, and the slowest.
pub(crate) fn first_frame(folder: &Path) -> (String, String) {
    let mut times: Vec<Duration> = (0..7)
        .map(|_| {
            let begin = Instant::now();
            let mut running = Running::start(folder);
            running.until(whole);
            let elapsed = begin.elapsed();
            running.end();
            elapsed
        })
        .collect();
    times.sort();
    let beside = format!("limit 50 ms; slowest of 7: {} ms", times[6].as_millis());
    (format!("{} ms", times[3].as_millis()), beside)
}

/// The memory of an idle console: after the first frame, and after the list of certificates was opened, scrolled to its
/// end and left.
pub(crate) fn memory(folder: &Path) -> (String, String) {
    let mut running = Running::start(folder);
    running.until(whole);
    let before = running.resident();
    running.press("2");
    running.until(|s| s.contains("example-ro"));
    running.press("G");
    running.until(|s| s.contains("example-ro"));
    running.press("1");
    running.until(|s| s.contains("intranet"));
    let after = running.resident();
    running.end();
    (before, after)
}
