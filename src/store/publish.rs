//! Brings files to where others fetch them: a folder, or a command of this machine. Knows nothing of what they hold.

use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::file;
use super::outside::{PUBLIC, shown};
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;

/// How long a command may take.
pub const LONGEST: Duration = Duration::from_secs(60);

/// How much of what a command prints is kept, in bytes.
const PRINTED: usize = 16 << 10;

/// How much of it stands in an error, in characters.
const TOLD: usize = 500;

/// How long the rest of what it printed is waited for when it has ended.
const LINGER: Duration = Duration::from_millis(500);

/// Replaces a file in a folder outside of the workspace, whole or not at all, for everybody to read; then reads it back.
///
/// Errors: `Refused` for a folder inside of `kept_out`; `NotFound` without the folder; `Disk`; `Damaged` when what is read
/// back is something else.
pub fn to_folder(folder: &Path, name: &str, bytes: &[u8], kept_out: &Path) -> Result<()> {
    let cannot = |what: &str, e: &std::io::Error| match e.kind() {
        std::io::ErrorKind::NotFound => {
            Error::new(Kind::NotFound, format!("There is no folder {}.", shown(folder)))
                .next("Make it, or name another one in config.ron: crl_folders.")
        }
        _ => Error::new(Kind::Disk, format!("{name} could not be {what} in {}.", shown(folder)))
            .why(e.to_string()),
    };
    let real = folder.canonicalize().map_err(|e| cannot("written", &e))?;
    if kept_out.canonicalize().is_ok_and(|inside| real.starts_with(inside)) {
        return Err(Error::refused(format!("{} is inside of the workspace.", shown(folder)))
            .why("What stands there is the console's own.")
            .next("Name another folder in config.ron: crl_folders."));
    }
    let mut made = tempfile::Builder::new()
        .prefix(".tmp-crl-")
        .permissions(std::fs::Permissions::from_mode(PUBLIC))
        .tempfile_in(&real)
        .map_err(|e| cannot("written", &e))?;
    let written = made.write_all(bytes).and_then(|()| made.as_file().sync_all());
    // The mode that was asked for is cut by the mask of this process.
    let open = || made.as_file().set_permissions(std::fs::Permissions::from_mode(PUBLIC));
    written.and_then(|()| open()).map_err(|e| cannot("written", &e))?;
    let place = real.join(name);
    made.persist(&place).map_err(|e| cannot("put into place", &e.error))?;
    // The file is there; where a folder cannot be synced its name becomes durable a little later.
    let _ = file::sync_folder(&real);
    let found = std::fs::read(&place).map_err(|e| cannot("read back", &e))?;
    if found == bytes {
        return Ok(());
    }
    Err(Error::damaged(format!("What was read back from {} is not what was written.", shown(&place)))
        .next("Do not let it be fetched. Look at the disk, then publish again."))
}

/// Runs a command with one more argument, without a shell and without an input, and returns what it printed, escaped.
///
/// Errors: `NotFound`; `Refused` when it fails or takes longer than `longest`, with what it printed.
pub fn run(command: &[String], argument: &Path, longest: Duration) -> Result<String> {
    let (program, arguments) =
        command.split_first().ok_or_else(|| Error::usage("There is no command to run."))?;
    let name = visible(program);
    let mut started = Command::new(program)
        .args(arguments)
        .arg(argument)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        // In a group of its own: what it has started ends with it.
        .process_group(0)
        .spawn()
        .map_err(|e| {
            Error::new(Kind::NotFound, format!("The command {name} cannot be run."))
                .why(format!("{e}."))
                .next("Correct it in config.ron: crl_commands.")
        })?;
    let outputs = [started.stdout.take().map(Output::of), started.stderr.take().map(Output::of)];
    let ended = wait(&mut started, longest);
    let text = outputs.into_iter().flatten().map(Output::text).collect::<String>();
    let text = text.lines().map(visible).collect::<Vec<_>>().join("\n");
    let failed = |what: String| {
        Error::refused(what).why(if text.is_empty() { "It printed nothing.".into() } else { told(&text) })
    };
    match ended {
        Some(true) => Ok(text),
        Some(false) => Err(failed(format!("The command {name} failed."))),
        None => {
            Err(failed(format!("The command {name} was ended: it took longer than {} s.", longest.as_secs())))
        }
    }
}

/// Keeps the beginning of what a command that failed has printed, short enough for an error.
fn told(text: &str) -> String {
    match text.char_indices().nth(TOLD) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// Waits for the end of a command: whether it succeeded, or `None` when it had to be ended.
fn wait(started: &mut Child, longest: Duration) -> Option<bool> {
    let begun = Instant::now();
    loop {
        match started.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if begun.elapsed() < longest => std::thread::sleep(Duration::from_millis(10)),
            _ => {
                // One that cannot be ended is left to the system.
                if let Some(group) = i32::try_from(started.id()).ok().and_then(Pid::from_raw) {
                    let _ = kill_process_group(group, Signal::KILL);
                }
                let _ = started.kill();
                let _ = started.wait();
                return None;
            }
        }
    }
}

/// What a command prints, read on a thread of its own.
struct Output {
    kept: Arc<Mutex<Vec<u8>>>,
    ended: Receiver<()>,
}

impl Output {
    fn of(mut from: impl Read + Send + 'static) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let (end, ended) = std::sync::mpsc::channel();
        let keep = Arc::clone(&kept);
        std::thread::spawn(move || {
            let mut part = [0; 4096];
            // A pipe that breaks says what it said.
            while let Ok(n @ 1..) = from.read(&mut part) {
                if let (Ok(mut kept), Some(read)) = (keep.lock(), part.get(..n)) {
                    let room = PRINTED.saturating_sub(kept.len());
                    kept.extend(read.iter().take(room));
                }
            }
            let _ = end.send(());
        });
        Self { kept, ended }
    }

    /// Returns what was printed. What the command has left running may hold the pipe open for long: nobody waits for that.
    fn text(self) -> String {
        let _ = self.ended.recv_timeout(LINGER);
        self.kept.lock().map_or_else(|_| String::new(), |kept| String::from_utf8_lossy(&kept).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_for_everybody_to_read_and_never_in_the_workspace() {
        let home = tempfile::tempdir().unwrap();
        let (web, data) = (home.path().join("web"), home.path().join("data"));
        std::fs::create_dir(&data).unwrap();
        assert_eq!(to_folder(&web, "root.crl", b"1", &data).unwrap_err().kind, Kind::NotFound);
        std::fs::create_dir(&web).unwrap();
        for content in [&b"first"[..], b"second"] {
            to_folder(&web, "root.crl", content, &data).unwrap();
            assert_eq!(std::fs::read(web.join("root.crl")).unwrap(), content);
        }
        assert_eq!(std::fs::metadata(web.join("root.crl")).unwrap().permissions().mode() & 0o777, 0o644);
        assert_eq!(std::fs::read_dir(&web).unwrap().count(), 1, "nothing is left beside it");
        assert_eq!(to_folder(&data, "root.crl", b"1", &data).unwrap_err().kind, Kind::Refused);
    }

    #[test]
    fn a_command_gets_the_file_and_no_shell_and_has_to_end() {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let file = Path::new("/x/$HOME;.crl");
        assert_eq!(run(&words(&["echo", "a b"]), file, LONGEST).unwrap(), "a b /x/$HOME;.crl");
        let failed = run(&words(&["sh", "-c", "printf 'no \\033[1m'; exit 3"]), file, LONGEST).unwrap_err();
        assert!(failed.what.contains("failed") && failed.why.contains("no \\1B[1m"), "{failed}");
        let slow = run(&words(&["sh", "-c", "exec sleep 30"]), file, Duration::from_millis(50)).unwrap_err();
        assert!(slow.what.contains("longer"), "{slow}");
        assert_eq!(run(&words(&["/no/such"]), file, LONGEST).unwrap_err().kind, Kind::NotFound);
        let garbage =
            run(&words(&["sh", "-c", "head -c 90000 /dev/zero; exit 3"]), file, LONGEST).unwrap_err();
        assert!(garbage.why.chars().count() < 600 && garbage.why.ends_with("..."), "{}", garbage.why.len());
    }

    #[test]
    fn what_a_command_leaves_running_holds_nobody_up() {
        let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let file = Path::new("/x/root.crl");
        let begun = Instant::now();
        // It has ended, and what it started holds its output open.
        let said = run(&words(&["sh", "-c", "echo sent; sleep 60 & echo $! >&2"]), file, LONGEST).unwrap();
        let (sent, left) = said.split_once('\n').unwrap();
        assert_eq!(sent, "sent");
        let left = Pid::from_raw(left.parse().unwrap()).unwrap();
        rustix::process::kill_process(left, Signal::KILL).unwrap();
        // It has to be ended, with what it waits for.
        let slow = words(&["sh", "-c", "sleep 60; echo late"]);
        let slow = run(&slow, file, Duration::from_millis(50)).unwrap_err();
        assert!(slow.what.contains("longer"), "{slow}");
        assert!(begun.elapsed() < Duration::from_secs(30), "{:?}", begun.elapsed());
    }
}
