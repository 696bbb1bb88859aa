//! One question on one connection: sends a hello made by hand, reads the answer, hangs up. Keeps count and time.

use std::io::{ErrorKind, Read, Write};
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::Scout;
use crate::model::cipher::Suite;
use crate::model::escape::visible;
use crate::model::seen::{Group, Version};
use crate::probe::alert;
use crate::probe::failure::seconds;
use crate::probe::hello::answer::{Flight, Parser};
use crate::probe::hello::{Hello, ssl2};
use crate::probe::route::{Failed, Opened};
use crate::probe::timed::Timed;

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Reply {
    /// A server's hello and what came with it.
    Flight(Box<Flight>),
    /// A refusal, in words.
    Refused(String),
    /// Nothing that could be understood, in words.
    Lost(String),
}

/// Why a question was not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Halt {
    /// A person stopped it.
    Stopped,
    /// The bound on connections or time is reached.
    Bound(&'static str),
}

impl Halt {
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Stopped => "stopped",
            Self::Bound(what) => what,
        }
    }
}

impl Scout<'_> {
    /// Makes one more connection, if that is still allowed.
    pub(super) fn open_saying(&self, more: &[u8]) -> Result<Result<Opened, Failed>, Halt> {
        let opened = self.way_is_free().map(|()| {
            // A service under load turns one away now and then: it is tried twice.
            self.way.open_saying(more).or_else(|_| self.way.open_saying(more))
        })?;
        if opened.as_ref().is_ok_and(|o| o.early) {
            self.early.store(true, Ordering::Relaxed);
        }
        Ok(opened)
    }

    fn way_is_free(&self) -> Result<(), Halt> {
        if self.stop.load(Ordering::SeqCst) {
            return Err(Halt::Stopped);
        }
        let bound = if Instant::now() >= self.until {
            Some("its time was up")
        } else if self.made.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.made.fetch_sub(1, Ordering::Relaxed);
            Some("its number of connections was used up")
        } else {
            None
        };
        let Some(why) = bound else { return Ok(()) };
        *self.cut_short.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        Err(Halt::Bound(why))
    }

    /// Tells where the scan is.
    pub(super) fn tell(&self, what: &str) {
        (self.told)(&format!("{what}; {} connections", self.made.load(Ordering::Relaxed)));
    }

    /// Makes a plain hello that asks for the host.
    pub(super) fn hello<'h>(
        &'h self,
        version: Version,
        suites: &'h [Suite],
        groups: &'h [Group],
    ) -> Hello<'h> {
        let host = self.way.bare_host();
        let sni = host.parse::<std::net::IpAddr>().is_err().then_some(host);
        let (share, compress, fallback, again) = (true, false, false, &[][..]);
        Hello { version, suites, groups, sni, random: random(), share, compress, fallback, again }
    }

    /// Asks with a hello.
    pub(super) fn ask(&self, hello: &Hello<'_>) -> Result<Reply, Halt> {
        let mut opened = match self.open_saying(&[])? {
            Ok(opened) => opened,
            Err(failed) => return Ok(Reply::Lost(visible(&failed.error.what))),
        };
        opened.stream.allow(self.patience());
        let mut parser = Parser::default();
        let read = exchange(&mut opened.stream, &hello.bytes(), |bytes| {
            parser.feed(bytes)?;
            Ok(parser.flight().done)
        });
        let flight = parser.finish();
        Ok(match (read, flight.alert) {
            // What came before it broke off is an answer all the same.
            _ if flight.hello.is_some() => Reply::Flight(Box::new(flight)),
            (_, Some(code)) => Reply::Refused(alert::name(code.into())),
            (read, None) => self.without_hello(read, &opened.stream),
        })
    }

    /// Asks with a hello of SSL 2.0; returns the cipher kinds.
    pub(super) fn ask_ssl2(&self) -> Result<Result<Vec<String>, Reply>, Halt> {
        let mut opened = match self.open_saying(&[])? {
            Ok(opened) => opened,
            Err(failed) => return Ok(Err(Reply::Lost(visible(&failed.error.what)))),
        };
        opened.stream.allow(self.patience());
        let mut all = Vec::new();
        let mut challenge = [0; 16];
        challenge.copy_from_slice(random().split_at(16).0);
        let read = exchange(&mut opened.stream, &ssl2::hello(challenge), |bytes| {
            all.extend(bytes);
            match ssl2::read(&all) {
                ssl2::Answer::More if all.len() > 1 << 16 => Err("it does not speak SSL"),
                ssl2::Answer::More => Ok(false),
                _ => Ok(true),
            }
        });
        Ok(match ssl2::read(&all) {
            ssl2::Answer::Kinds(kinds) => Ok(kinds),
            ssl2::Answer::Refused(why) => Err(Reply::Refused(why)),
            ssl2::Answer::Other => Err(Reply::Refused("it answers in another protocol".into())),
            ssl2::Answer::More => Err(self.without_hello(read, &opened.stream)),
        })
    }

    fn without_hello(&self, read: Reading, stream: &Timed) -> Reply {
        match read {
            Reading::Wrong(why) => {
                *self.strange.lock().unwrap_or_else(PoisonError::into_inner) = stream.first().to_vec();
                Reply::Lost(why.into())
            }
            Reading::Ended => Reply::Refused("it closed the connection".into()),
            Reading::Broke(ErrorKind::TimedOut) => {
                Reply::Lost(format!("no answer within {}", seconds(self.patience())))
            }
            Reading::Broke(ErrorKind::ConnectionReset | ErrorKind::BrokenPipe) => {
                Reply::Refused("it reset the connection".into())
            }
            Reading::Broke(kind) => Reply::Lost(kind.to_string()),
        }
    }

    /// How long one answer may take.
    fn patience(&self) -> Duration {
        let left = self.until.saturating_duration_since(Instant::now()).max(Duration::from_millis(100));
        self.way.limit.min(left)
    }
}

/// How reading an answer ended.
enum Reading {
    Ended,
    Broke(ErrorKind),
    Wrong(&'static str),
}

/// Sends and reads until `take` has enough.
fn exchange(
    stream: &mut Timed,
    say: &[u8],
    mut take: impl FnMut(&[u8]) -> Result<bool, &'static str>,
) -> Reading {
    if let Err(error) = stream.write_all(say) {
        return Reading::Broke(error.kind());
    }
    let mut piece = [0; 4096];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => return Reading::Ended,
            Ok(count) => match take(piece.get(..count).unwrap_or_default()) {
                Ok(true) => return Reading::Ended,
                Ok(false) => {}
                Err(why) => return Reading::Wrong(why),
            },
            Err(error) => return Reading::Broke(error.kind()),
        }
    }
}

/// Returns random bytes for a hello. They protect nothing: where the system has none, a constant does.
fn random() -> [u8; 32] {
    let mut bytes = [0x5A; 32];
    let _ = aws_lc_rs::rand::fill(&mut bytes);
    bytes
}
