//! Passwords of the command line: typed on the terminal without echo, or read from an open file for scripts. Never from
//! arguments or the environment; wiped after use.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::flag;
use zeroize::Zeroizing;

use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::secret::Secret;

/// The longest password in bytes.
const LONGEST: usize = 1024;

/// Where passwords come from.
pub(super) struct Secrets {
    number: Option<u32>,
    file: Option<File>,
    line: usize,
    /// Set while nothing is being typed: then a signal ends the program as ever.
    idle: Option<Arc<AtomicBool>>,
    interrupted: Arc<AtomicBool>,
}

impl Secrets {
    /// Takes passwords from the open file with this number, or from the terminal.
    pub(super) fn new(number: Option<u32>) -> Self {
        Self { number, file: None, line: 0, idle: None, interrupted: Arc::default() }
    }

    /// Tells whether passwords are read from a file, where each stands once.
    pub(super) fn unattended(&self) -> bool {
        self.number.is_some()
    }

    /// Tells whether passwords come from the standard input.
    pub(super) fn use_standard_input(&self) -> bool {
        self.number == Some(0)
    }

    /// Asks for a password; `whose` says which, such as `Password of certifier root`.
    ///
    /// Errors: `Locked` when there is neither a terminal nor a file, or the file has no further line; `Cancelled`.
    pub(super) fn ask(&mut self, whose: &str) -> Result<Secret> {
        match self.number {
            Some(number) => self.read(number, whose),
            None => self.type_in(whose),
        }
    }

    /// Waits for Enter on the terminal.
    pub(super) fn wait(&mut self, what: &str) -> Result<()> {
        self.type_in(what).map(drop)
    }

    /// Shows a text on the other screen of the terminal, which leaves no trace in its scrollback, until `code` is typed.
    ///
    /// Errors: `Locked` without a terminal; `Cancelled`.
    pub(super) fn show(&mut self, text: &str, question: &str, code: &str) -> Result<()> {
        let opened = OpenOptions::new().write(true).open("/dev/tty");
        let mut tty = opened.map_err(|_| {
            Error::new(Kind::Locked, "There is no terminal to show it on.")
                .next("Run it on a terminal, or write each share to a file: --share-file PREFIX")
        })?;
        // The other screen, cleared; and back at the end.
        let _ = writeln!(tty, "\x1b[?1049h\x1b[2J\x1b[H{text}");
        let answer = loop {
            match self.type_in(question) {
                Ok(typed) if typed.expose().trim().eq_ignore_ascii_case(code) => break Ok(()),
                Ok(_) => {
                    let _ = writeln!(tty, "That is not the check code. Compare what you wrote.");
                }
                Err(error) => break Err(error),
            }
        };
        let _ = write!(tty, "\x1b[2J\x1b[?1049l");
        answer
    }

    fn read(&mut self, number: u32, whose: &str) -> Result<Secret> {
        let cannot = |why: String| {
            Error::new(
                Kind::Locked,
                format!("{whose} is needed, and file descriptor {number} does not give it."),
            )
            .why(why)
            .next("Write one password a line, in the order they are needed; the line end is not part of it.")
        };
        if self.file.is_none() {
            let opened = File::open(format!("/proc/self/fd/{number}"));
            let opened = opened.or_else(|_| File::open(format!("/dev/fd/{number}")));
            self.file = Some(opened.map_err(|e| cannot(format!("It cannot be opened: {e}.")))?);
        }
        let Some(file) = &mut self.file else { return Err(cannot("It is not open.".into())) };
        self.line += 1;
        // Byte by byte: what follows the line belongs to whoever reads next.
        let mut text = Zeroizing::new(Vec::with_capacity(LONGEST));
        let mut byte = Zeroizing::new([0]);
        let mut ended = false;
        while text.len() < LONGEST && !ended {
            match file.read(&mut byte[..]) {
                Ok(0) if text.is_empty() => {
                    return Err(cannot(format!("It ends before line {}.", self.line)));
                }
                Ok(0) => ended = true,
                Ok(_) if byte[0] == b'\n' => ended = true,
                Ok(_) => text.push(byte[0]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(cannot(format!("It cannot be read: {error}."))),
            }
        }
        if !ended {
            return Err(cannot(format!("Line {} is longer than {LONGEST} bytes.", self.line)));
        }
        if text.last() == Some(&b'\r') {
            text.pop();
        }
        secret(&mut text)
    }

    fn type_in(&mut self, whose: &str) -> Result<Secret> {
        let opened = OpenOptions::new().read(true).write(true).open("/dev/tty");
        let tty = opened.map_err(|_| {
            Error::new(Kind::Locked, format!("{whose} is needed, and there is no terminal to ask on.")).next(
                "Run it on a terminal, or give the password as a line of an open file: --password-fd N.",
            )
        })?;
        self.watch()?;
        self.interrupted.store(false, Ordering::SeqCst);
        let idle = self.idle.clone().unwrap_or_default();
        idle.store(false, Ordering::SeqCst);
        let typed = Quiet::new(&tty).and_then(|quiet| {
            let _ = write!(&tty, "{}: ", visible(whose));
            let typed = self.keys(&tty);
            drop(quiet);
            let _ = writeln!(&tty);
            typed
        });
        idle.store(true, Ordering::SeqCst);
        typed
    }

    /// Reads keys until Enter. The terminal gives no line editing while it is quiet, so erasing is done here.
    fn keys(&self, mut tty: &File) -> Result<Secret> {
        let cancelled =
            || Error::new(Kind::Cancelled, "Cancelled: no password was given; nothing was changed.");
        let mut text = Zeroizing::new(Vec::with_capacity(LONGEST));
        let mut byte = Zeroizing::new([0]);
        loop {
            match tty.read(&mut byte[..]) {
                // The read returns empty every fifth of a second, so that a signal is noticed; on a terminal that
                // went away it does so at once.
                Ok(0) if self.interrupted.load(Ordering::SeqCst) || tcgetattr(tty).is_err() => {
                    return Err(cancelled());
                }
                Ok(0) => {}
                Ok(_) => match byte[0] {
                    b'\r' | b'\n' => return secret(&mut text),
                    0x03 | 0x1b => return Err(cancelled()),
                    0x04 if text.is_empty() => return Err(cancelled()),
                    0x08 | 0x7f => while text.pop().is_some_and(|b| b & 0xc0 == 0x80) {},
                    0x15 => text.clear(),
                    _ if text.len() == LONGEST => return Err(too_long()),
                    other => text.push(other),
                },
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return Err(cancelled()),
            }
        }
    }

    /// Notices signals while a password is typed, so that the terminal gets its echo back; at other times they end the
    /// program as if nobody noticed.
    fn watch(&mut self) -> Result<()> {
        if self.idle.is_some() {
            return Ok(());
        }
        let idle = Arc::new(AtomicBool::new(true));
        for signal in [SIGHUP, SIGINT, SIGQUIT, SIGTERM] {
            let default = flag::register_conditional_default(signal, Arc::clone(&idle));
            let noticed = default.and_then(|_| flag::register(signal, Arc::clone(&self.interrupted)));
            noticed.map_err(|e| Error::internal(format!("Signal {signal} cannot be watched: {e}.")))?;
        }
        self.idle = Some(idle);
        Ok(())
    }
}

/// A terminal without echo, line editing and signal keys; dropping it gives them back.
struct Quiet<'a> {
    tty: &'a File,
    before: Termios,
}

impl<'a> Quiet<'a> {
    fn new(tty: &'a File) -> Result<Self> {
        let cannot = |e| Error::new(Kind::Locked, "The terminal cannot be quieted.").why(format!("{e}."));
        let before = tcgetattr(tty).map_err(cannot)?;
        let mut quiet = before.clone();
        quiet.local_modes.remove(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 0;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 2;
        tcsetattr(tty, OptionalActions::Flush, &quiet).map_err(cannot)?;
        Ok(Self { tty, before })
    }
}

impl Drop for Quiet<'_> {
    fn drop(&mut self) {
        // A terminal that went away needs no echo.
        let _ = tcsetattr(self.tty, OptionalActions::Drain, &self.before);
    }
}

fn secret(bytes: &mut Zeroizing<Vec<u8>>) -> Result<Secret> {
    String::from_utf8(std::mem::take(&mut **bytes)).map(Secret::new).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        Error::usage("The password is not UTF-8 text.").next("Set the terminal to UTF-8, and type it again.")
    })
}

fn too_long() -> Error {
    Error::usage(format!("The password is longer than {LONGEST} bytes."))
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsRawFd;

    use super::*;

    fn secrets(content: &[u8]) -> (File, Secrets) {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(content).unwrap();
        let number = u32::try_from(file.as_raw_fd()).unwrap();
        (file, Secrets::new(Some(number)))
    }

    #[test]
    fn lines_of_the_file_are_given_in_order_without_their_ends() {
        let (_file, mut secrets) = secrets("erstes Wort \r\n\nmüde".as_bytes());
        assert_eq!(secrets.ask("A").unwrap().expose(), "erstes Wort ");
        assert_eq!(secrets.ask("B").unwrap().expose(), "");
        assert_eq!(secrets.ask("C").unwrap().expose(), "müde");
        let error = secrets.ask("Password of certifier root").unwrap_err();
        assert_eq!(error.exit_code(), 4);
        assert!(error.what.contains("certifier root") && error.why.contains("line 4"), "{error}");
    }

    #[test]
    fn what_cannot_be_a_password_is_refused() {
        let (_file, mut long) = secrets(&[b'x'; LONGEST + 1]);
        assert!(long.ask("A").unwrap_err().why.contains("longer"));
        let (_file, mut binary) = secrets(b"\xff\xfe\n");
        assert!(binary.ask("A").unwrap_err().what.contains("UTF-8"));
        let mut closed = Secrets::new(Some(4_000_000));
        assert_eq!(closed.ask("A").unwrap_err().exit_code(), 4);
    }
}
