//! The terminal as a thing that is taken and given back: modes, palette and symbols it can show, suspension, what
//! happens to it when the program panics. Draws nothing by itself and reads no keys.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, IsTerminal, Write};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::panic::{AssertUnwindSafe, PanicHookInfo, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, DisableMouseCapture, EnableBracketedPaste};
use crossterm::style::{Attribute, SetAttribute};
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use crossterm::{Command, queue};
use ratatui::backend::Backend;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use rustix::fs::{Mode, OFlags};
use rustix::process::{Signal, getpid, getsid, kill_current_process_group};

use super::backend::Lean;
use super::theme::{Symbols, Theme};
use crate::config::{self, Config};
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;

/// The most that is sent to a terminal's clipboard, in bytes; many terminals drop more.
pub const CLIPBOARD: usize = 64 << 10;

/// Whether the modes of the screen are on. Static, for the panic hook has to know it.
static ENTERED: AtomicBool = AtomicBool::new(false);

/// Refuses (`Usage`) when there is no terminal to draw on, and says how to go on without one.
pub fn check() -> Result<()> {
    let refuse = |why: &str| {
        Err(Error::usage("The full-screen console cannot start here.")
            .why(why)
            .next("Every task has a command as well: see ringmaster --help."))
    };
    if !io::stdout().is_terminal() {
        return refuse("Standard output is not a terminal.");
    }
    if !io::stdin().is_terminal() && File::open("/dev/tty").is_err() {
        return refuse("Standard input is not a terminal and there is no other to read keys from.");
    }
    match variable("TERM").as_deref() {
        None | Some("dumb" | "unknown") => {
            refuse("TERM names no terminal that can place text on its screen.")
        }
        Some(_) => Ok(()),
    }
}

/// Chooses palette and symbols by the settings and the environment; the terminal is never asked.
pub fn capabilities(config: &Config) -> (Theme, Symbols) {
    choose(config.colour, config.symbols, &variable)
}

/// What a test asked to go wrong; only in builds with debug assertions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trigger {
    /// A panic of the screen's thread at F12.
    Ui,
    /// A panic of a job at F12.
    Worker,
}

/// Reads `RINGMASTER_PANIC`, which tests set to `ui` or `worker`; a release build never looks.
pub fn trigger() -> Option<Trigger> {
    if !cfg!(debug_assertions) {
        return None;
    }
    match variable("RINGMASTER_PANIC")?.as_str() {
        "ui" => Some(Trigger::Ui),
        "worker" => Some(Trigger::Worker),
        _ => None,
    }
}

/// The terminal while the console has it. Dropping it gives it back.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<Lean<File>>,
    tty: OwnedFd,
}

impl Screen {
    /// Takes the terminal: raw mode, alternate screen, bracketed paste. Installs the panic hook of this thread.
    pub fn enter() -> Result<Self> {
        // NO_COLOR is answered by the palette; crossterm's own answer to it erases bold and reverse.
        crossterm::style::force_color_output(true);
        let tty = own_input().map_err(|e| failed("Keys cannot be read from the terminal.", &e))?;
        let out = io::stdout().as_fd().try_clone_to_owned().map_err(|e| failed(CANNOT, &e))?;
        let terminal = Terminal::new(Lean::new(File::from(out))).map_err(|e| failed(CANNOT, &e))?;
        install_hook();
        let mut screen = Self { terminal, tty };
        screen.resume().map_err(|e| failed(CANNOT, &e))?;
        Ok(screen)
    }

    /// Gives what the loop waits on for keys.
    pub fn input(&self) -> BorrowedFd<'_> {
        self.tty.as_fd()
    }

    /// Returns columns and rows.
    pub fn size(&self) -> (u16, u16) {
        self.terminal.size().map_or((80, 24), |size| (size.width, size.height))
    }

    /// Draws a frame; writes only what differs from the one before, at once.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(view).map(|_| ())
    }

    /// Sends public text to the terminal's clipboard (OSC 52). Errors (`Refused`): it is too long.
    pub fn copy(&mut self, text: &str) -> Result<()> {
        if text.len() > CLIPBOARD {
            return Err(Error::refused("This is too long for the clipboard of a terminal.")
                .why(format!("It has {} bytes; at most {CLIPBOARD} are sent.", text.len()))
                .next("Write it to a file instead."));
        }
        let bytes = commands(&[&CopyToClipboard::to_clipboard_from(text)]);
        self.terminal.backend_mut().out().write_all(&bytes).map_err(|e| failed(CANNOT, &e))
    }

    /// Stops the process as Ctrl-Z does elsewhere, and takes the terminal again when it goes on. Errors (`Refused`):
    /// there is no shell behind that could continue it.
    pub fn suspend(&mut self) -> Result<()> {
        if getsid(None).is_ok_and(|session| session == getpid()) {
            return Err(Error::refused("The console cannot be suspended here.")
                .why("No shell runs behind it that could bring it back."));
        }
        leave();
        let stopped = kill_current_process_group(Signal::TSTP);
        self.resume().map_err(|e| failed(CANNOT, &e))?;
        stopped.map_err(|e| failed("The console could not be suspended.", &e.into()))
    }

    /// Takes the terminal (again) and makes the next frame a whole one.
    pub fn resume(&mut self) -> io::Result<()> {
        // After a stop from outside the shell has set its own modes, while crossterm believes in raw mode.
        let _ = disable_raw_mode();
        enable_raw_mode()?;
        ENTERED.store(true, Ordering::SeqCst);
        let backend = self.terminal.backend_mut();
        backend.forget();
        let bytes =
            commands(&[&EnterAlternateScreen, &EnableBracketedPaste, &SetAttribute(Attribute::Reset)]);
        backend.out().write_all(&bytes)?;
        let size = backend.size()?;
        self.terminal.resize(Rect::from((ratatui::layout::Position::ORIGIN, size)))
    }

    /// Gives the terminal back for good; with `hung_up` nothing is written to it.
    pub fn close(self, hung_up: bool) {
        if hung_up {
            ENTERED.store(false, Ordering::SeqCst);
        }
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        leave();
    }
}

/// Says a line after the terminal was given back.
pub fn say(text: &str) {
    // There is nobody left to tell when this cannot be written.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Gives the terminal back if the console has it. Takes no lock that drawing holds, for the panic hook calls it.
fn leave() {
    if !ENTERED.swap(false, Ordering::SeqCst) {
        return;
    }
    // Every step is tried: what fails here cannot be told anybody, and the next step may still help.
    let _ = disable_raw_mode();
    let bytes = commands(&[
        &DisableMouseCapture,
        &DisableBracketedPaste,
        &SetAttribute(Attribute::Reset),
        &LeaveAlternateScreen,
        &Show,
    ]);
    if let Ok(out) = io::stdout().as_fd().try_clone_to_owned() {
        let _ = File::from(out).write_all(&[b"\x1b[?2026l", bytes.as_slice()].concat());
    }
}

fn commands(all: &[&dyn Ansi]) -> Vec<u8> {
    let mut bytes = Vec::new();
    all.iter().for_each(|command| command.queue(&mut bytes));
    bytes
}

/// A crossterm command as an object.
trait Ansi {
    fn queue(&self, bytes: &mut Vec<u8>);
}

impl<C: Command> Ansi for C {
    fn queue(&self, bytes: &mut Vec<u8>) {
        // Writing into a Vec does not fail.
        let _ = queue!(bytes, self);
    }
}

/// Opens the terminal once more for reading keys, without blocking, in the place of standard input: crossterm reads in a
/// loop, and would hang in the middle of an escape sequence that never ends. The shell's own opening is left as it is.
fn own_input() -> io::Result<OwnedFd> {
    let stdin = io::stdin();
    let by_name = |fd: BorrowedFd<'_>| rustix::termios::ttyname(fd, Vec::new()).ok();
    let name = by_name(stdin.as_fd()).or_else(|| by_name(io::stdout().as_fd()));
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let open = |path: &std::ffi::CStr| rustix::fs::open(path, flags, Mode::empty());
    // After `su` the name belongs to somebody else; /dev/tty opens all the same.
    let opened = name.and_then(|name| open(&name).ok()).or_else(|| open(c"/dev/tty").ok());
    match opened {
        Some(tty) => {
            rustix::stdio::dup2_stdin(&tty)?;
            Ok(tty)
        }
        None => stdin.as_fd().try_clone_to_owned(),
    }
}

fn choose(
    colour: config::Colour,
    symbols: config::Symbols,
    env: &dyn Fn(&str) -> Option<String>,
) -> (Theme, Symbols) {
    let term = env("TERM").unwrap_or_default();
    let plain =
        term.starts_with("vt1") || term.starts_with("vt2") || term.ends_with("-m") || term.ends_with("-mono");
    let theme = match colour {
        config::Colour::Always => Theme::Ansi,
        config::Colour::Never => Theme::Mono,
        config::Colour::Auto if plain || env("NO_COLOR").is_some() => Theme::Mono,
        config::Colour::Auto => Theme::Ansi,
    };
    let locale =
        ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(env).unwrap_or_default().to_ascii_lowercase();
    let symbols = match symbols {
        config::Symbols::Unicode => Symbols::UNICODE,
        config::Symbols::Ascii => Symbols::ASCII,
        config::Symbols::Auto if !(locale.contains("utf-8") || locale.contains("utf8")) => Symbols::ASCII,
        config::Symbols::Auto if term == "linux" => Symbols::LINES,
        config::Symbols::Auto => Symbols::UNICODE,
    };
    (theme, symbols)
}

/// Reads a variable of the environment; an empty one counts as not set.
#[expect(clippy::disallowed_methods, reason = "the terminal is described by the environment")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

const CANNOT: &str = "The terminal does not do what it is asked.";

fn failed(what: &str, error: &io::Error) -> Error {
    Error::new(Kind::Disk, what).why(error.to_string())
}

thread_local! {
    /// Where and why this thread panicked last, until [`caught`] asks.
    static PANICKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs work that must not take the console down: a panic becomes an error (`Internal`) that says where.
pub fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| {
        let why = PANICKED.take().unwrap_or_default();
        Err(Error::internal("A job of the console failed in an unforeseen way.").why(why))
    })
}

/// Makes a panic of this thread give the terminal back before it says anything. One of another thread is kept for
/// [`caught`] and writes nothing: the screen is still in use.
fn install_hook() {
    let screen = std::thread::current().id();
    std::panic::set_hook(Box::new(move |info| {
        let text = described(info);
        if std::thread::current().id() == screen {
            leave();
            let _ = writeln!(
                io::stderr(),
                "ringmaster has stopped because of a defect: {text}\n\
                 What was committed is safe. Please report this text."
            );
        } else {
            PANICKED.set(Some(text));
        }
    }));
}

fn described(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    let place = info.location().map_or_else(String::new, ToString::to_string);
    visible(&format!("{} ({place})", text.unwrap_or("no reason given")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn palette_and_symbols_follow_settings_and_environment() {
        let chosen = |colour, symbols, env: &[(&str, &str)]| {
            let look = |name: &str| env.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
            choose(colour, symbols, &look)
        };
        let auto = |env: &[(&str, &str)]| chosen(config::Colour::Auto, config::Symbols::Auto, env);
        assert_eq!(auto(&[("TERM", "xterm"), ("LANG", "C.UTF-8")]), (Theme::Ansi, Symbols::UNICODE));
        assert_eq!(auto(&[("TERM", "linux"), ("LANG", "de_DE.utf8")]).1, Symbols::LINES);
        assert_eq!(auto(&[("TERM", "xterm"), ("LC_ALL", "C"), ("LANG", "C.UTF-8")]).1, Symbols::ASCII);
        assert_eq!(auto(&[("TERM", "xterm"), ("NO_COLOR", "1")]), (Theme::Mono, Symbols::ASCII));
        assert_eq!(auto(&[("TERM", "vt220")]).0, Theme::Mono);
        let always =
            chosen(config::Colour::Always, config::Symbols::Unicode, &[("NO_COLOR", "1"), ("LANG", "C")]);
        assert_eq!(always, (Theme::Ansi, Symbols::UNICODE));
        let never = chosen(config::Colour::Never, config::Symbols::Ascii, &[("LANG", "C.UTF-8")]);
        assert_eq!(never, (Theme::Mono, Symbols::ASCII));
    }

    #[test]
    fn a_panic_of_a_job_is_an_error() {
        let error = caught::<()>(|| panic!("not this time")).unwrap_err();
        assert_eq!(error.kind, Kind::Internal);
        assert_eq!(caught(|| Ok(7)).unwrap(), 7);
    }
}
