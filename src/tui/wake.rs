//! What the loop waits for: the terminal, the workers, signals, a deadline. Reads no keys and writes nothing.

use std::io::{Read, Write};
use std::os::fd::BorrowedFd;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};
use signal_hook::{flag, low_level};

/// Wakes the loop from another thread.
#[derive(Debug, Clone)]
pub struct Bell(Arc<UnixStream>);

impl Bell {
    /// Wakes the loop; never blocks. When the pipe is full the loop is awake already.
    pub fn ring(&self) {
        // Not ringing is harmless: a full pipe means a ring that has not been heard, a closed one that nobody waits.
        let _ = (&*self.0).write(&[0]);
    }
}

/// What the loop woke up for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Woken {
    /// There may be input or a new size.
    pub input: bool,
    /// The terminal is gone.
    pub hung_up: bool,
}

/// The loop's waiting room. Making it takes the signals over, also those that were inherited as ignored.
#[derive(Debug)]
pub struct Wake {
    heard: UnixStream,
    bell: Bell,
    signal: Arc<AtomicUsize>,
    continued: Arc<AtomicBool>,
}

impl Wake {
    /// Takes HUP, TERM, INT, CONT and WINCH over. A second TERM or INT ends the process at once, for the case that
    /// the loop hangs in a write to a stalled line.
    pub fn new() -> std::io::Result<Self> {
        let (heard, bell) = UnixStream::pair()?;
        heard.set_nonblocking(true)?;
        bell.set_nonblocking(true)?;
        let signal = Arc::new(AtomicUsize::new(0));
        let continued = Arc::new(AtomicBool::new(false));
        let again = Arc::new(AtomicBool::new(false));
        for (number, code) in [(SIGTERM, 143), (SIGINT, 130)] {
            flag::register_conditional_shutdown(number, code, again.clone())?;
            flag::register(number, again.clone())?;
            flag::register_usize(number, signal.clone(), code.unsigned_abs() as usize)?;
        }
        flag::register_usize(SIGHUP, signal.clone(), 129)?;
        flag::register(SIGCONT, continued.clone())?;
        for number in [SIGTERM, SIGINT, SIGHUP, SIGCONT, SIGWINCH] {
            low_level::pipe::register(number, bell.try_clone()?)?;
        }
        Ok(Self { heard, bell: Bell(Arc::new(bell)), signal, continued })
    }

    /// Gives the bell that workers ring.
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Waits for the terminal, the bell, a signal, or `until`.
    pub fn wait(&mut self, tty: BorrowedFd<'_>, until: Option<Instant>) -> std::io::Result<Woken> {
        let left = until.map(|at| at.saturating_duration_since(Instant::now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        let mut fds = [PollFd::new(&tty, PollFlags::IN), PollFd::new(&self.heard, PollFlags::IN)];
        match rustix::event::poll(&mut fds, left.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Woken { input: true, hung_up: false }),
            Err(error) => return Err(error.into()),
        }
        let (terminal, rung) = (fds[0].revents(), !fds[1].revents().is_empty());
        if rung {
            let mut bin = [0; 256];
            while matches!(self.heard.read(&mut bin), Ok(n) if n > 0) {}
        }
        Ok(Woken {
            // A new size comes as a ring and is read from crossterm like a key.
            input: rung || terminal.contains(PollFlags::IN),
            hung_up: terminal.intersects(PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL),
        })
    }

    /// Takes the exit code of a signal that came: 143 for TERM, 130 for INT, 129 for HUP.
    pub fn signal(&self) -> Option<u8> {
        u8::try_from(self.signal.swap(0, Ordering::Relaxed)).ok().filter(|code| *code != 0)
    }

    /// Tells whether the process was stopped and continued since the last call.
    pub fn continued(&self) -> bool {
        self.continued.swap(false, Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use std::os::fd::AsFd;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_bell_wakes_and_the_end_of_the_line_is_seen() {
        let mut wake = Wake::new().unwrap();
        let (tty, other) = UnixStream::pair().unwrap();
        let bell = wake.bell();
        let ringer = std::thread::spawn(move || (0..100_000).for_each(|_| bell.ring()));
        let far = Instant::now() + Duration::from_secs(60);
        assert!(wake.wait(tty.as_fd(), Some(far)).unwrap().input);
        ringer.join().unwrap();
        let now = Instant::now();
        while wake.wait(tty.as_fd(), Some(now)).unwrap().input {}
        assert_eq!(wake.wait(tty.as_fd(), Some(now)).unwrap(), Woken::default());
        (&other).write_all(b"q").unwrap();
        assert!(wake.wait(tty.as_fd(), Some(far)).unwrap().input);
        drop(other);
        assert!(wake.wait(tty.as_fd(), Some(far)).unwrap().hung_up);
        assert_eq!(wake.signal(), None);
    }
}
