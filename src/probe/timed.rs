//! A TCP stream with a deadline over all of its reads and writes together: a peer that drips one byte at a time gets
//! no more time than one that is silent. Knows nothing of TLS.

use std::io::{Error, ErrorKind, Read, Result, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How many of the first bytes received are kept, to tell what the peer speaks when it is not TLS.
const KEPT: usize = 200;
/// The longest line of a protocol that is read by lines.
const LINE: usize = 2000;

/// The stream. Every read and write ends at the deadline with [`ErrorKind::TimedOut`].
pub(super) struct Timed {
    stream: TcpStream,
    until: Instant,
    first: Vec<u8>,
}

impl Timed {
    /// Takes a connected stream and gives it this much time from now on.
    pub(super) fn new(stream: TcpStream, limit: Duration) -> Self {
        Self { stream, until: Instant::now() + limit, first: Vec::new() }
    }

    /// Sets a new deadline, this long from now.
    pub(super) fn allow(&mut self, limit: Duration) {
        self.until = Instant::now() + limit;
    }

    /// Returns the first bytes received, at most 200.
    pub(super) fn first(&self) -> &[u8] {
        &self.first
    }

    /// Forgets the first bytes: what comes from here on is another conversation.
    pub(super) fn begin_anew(&mut self) {
        self.first.clear();
    }

    /// Reads one line, byte by byte so that nothing behind it is taken; at most 2,000 bytes, without its end.
    pub(super) fn line(&mut self) -> Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while line.len() < LINE {
            if self.read(&mut byte)? == 0 {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            if byte == *b"\n" {
                break;
            }
            line.extend(byte);
        }
        Ok(String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned())
    }

    /// Throws away what has come and was not read yet, up to 64 KiB; tells whether there was anything.
    pub(super) fn throw_away_what_waits(&mut self) -> bool {
        let mut waste = [0; 1 << 16];
        let quiet = self.stream.set_nonblocking(true).is_ok();
        let waited = quiet && self.stream.read(&mut waste).is_ok_and(|count| count > 0);
        waited & self.stream.set_nonblocking(false).is_ok()
    }

    /// Ends our side, so that the peer sees the end after what was written.
    pub(super) fn finish(&self) {
        // A peer that has gone already is no news here.
        let _ = self.stream.shutdown(std::net::Shutdown::Write);
    }

    /// Ends both sides, whoever else holds a handle to the connection.
    pub(super) fn close(&self) {
        let _ = self.stream.shutdown(std::net::Shutdown::Both);
    }

    fn left(&self) -> Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(ErrorKind::TimedOut.into()) } else { Ok(left) }
    }
}

/// The system reports the end of a socket's timeout as `WouldBlock`; here both are the deadline.
fn plain(error: Error) -> Error {
    if error.kind() == ErrorKind::WouldBlock { ErrorKind::TimedOut.into() } else { error }
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        loop {
            self.stream.set_read_timeout(Some(self.left()?))?;
            match self.stream.read(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(plain(error)),
                Ok(count) => {
                    let room = KEPT.saturating_sub(self.first.len());
                    self.first.extend(buffer.iter().take(count.min(room)));
                    return Ok(count);
                }
            }
        }
    }
}

impl Write for Timed {
    fn write(&mut self, buffer: &[u8]) -> Result<usize> {
        loop {
            self.stream.set_write_timeout(Some(self.left()?))?;
            match self.stream.write(buffer) {
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                result => return result.map_err(plain),
            }
        }
    }

    fn flush(&mut self) -> Result<()> {
        self.stream.flush()
    }
}
