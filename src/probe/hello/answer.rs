//! Reads what a server answers to a hello: its own hello, the certificates, the key exchange, alerts. Bounded, and safe
//! with any bytes. Verifies nothing.

use crate::model::cipher::Suite;
use crate::model::seen::{Group, Version};

/// The most bytes that are read of an answer.
pub(in crate::probe) const LONGEST: usize = 1 << 20;
/// The longest record (RFC 5246 section 6.2.3).
const RECORD: usize = (1 << 14) + 2048;
/// The random value that makes a ServerHello a HelloRetryRequest (RFC 8446 section 4.1.3).
const RETRY: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2,
    0xA2, 0x11, 0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// The server's hello.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::probe) struct ServerHello {
    /// The version that it chose, by number.
    pub(in crate::probe) version: u16,
    /// The suite that it chose.
    pub(in crate::probe) suite: Suite,
    /// Whether it compresses.
    pub(in crate::probe) compressed: bool,
    /// The group that it chose or asks for (TLS 1.3).
    pub(in crate::probe) group: Option<Group>,
    /// Whether it knows secure renegotiation.
    pub(in crate::probe) secure_renegotiation: bool,
    /// Whether the master secret is bound to the handshake.
    pub(in crate::probe) extended_master_secret: bool,
    /// Whether it will give a ticket (up to TLS 1.2).
    pub(in crate::probe) ticket: bool,
}

/// What came so far.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::probe) struct Flight {
    /// The hello.
    pub(in crate::probe) hello: Option<ServerHello>,
    /// The certificates as DER, the leaf first; up to TLS 1.2.
    pub(in crate::probe) chain: Vec<Vec<u8>>,
    /// The OCSP staple; empty for none.
    pub(in crate::probe) staple: Vec<u8>,
    /// The group of the key exchange; up to TLS 1.2.
    pub(in crate::probe) group: Option<Group>,
    /// The size of the Diffie-Hellman group.
    pub(in crate::probe) dh_bits: Option<u32>,
    /// The alert that ended it.
    pub(in crate::probe) alert: Option<u8>,
    /// Whether everything came that comes in the clear.
    pub(in crate::probe) done: bool,
}

/// Takes the bytes of an answer as they come.
#[derive(Debug, Default)]
pub(in crate::probe) struct Parser {
    records: Vec<u8>,
    messages: Vec<u8>,
    total: usize,
    flight: Flight,
}

impl Parser {
    /// Takes more bytes. Errors: why this is no answer, in a few words.
    pub(in crate::probe) fn feed(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        self.total += bytes.len();
        if self.total > LONGEST {
            return Err("it sends more than a handshake can hold");
        }
        self.records.extend(bytes);
        let records = std::mem::take(&mut self.records);
        let mut rest = Cut(&records);
        while !self.flight.done {
            let mut cut = rest;
            let (Some(kind), Some(_), Some(length)) = (cut.u8(), cut.u16(), cut.u16()) else { break };
            let length = usize::from(length);
            if !(0x14..=0x17).contains(&kind) || length > RECORD {
                return Err("it does not speak TLS");
            }
            let Some(content) = cut.take(length) else { break };
            rest = cut;
            match kind {
                0x15 => self.alert(content),
                0x16 => {
                    self.messages.extend(content);
                    self.read_messages()?;
                }
                // What follows is encrypted. A change of cipher that TLS 1.3 sends for show tells nothing.
                0x17 => self.flight.done = true,
                _ => {}
            }
        }
        self.records = rest.0.to_vec();
        Ok(())
    }

    /// Returns what came so far.
    pub(in crate::probe) fn flight(&self) -> &Flight {
        &self.flight
    }

    /// Gives what came.
    pub(in crate::probe) fn finish(self) -> Flight {
        self.flight
    }

    fn alert(&mut self, content: &[u8]) {
        let mut cut = Cut(content);
        let (Some(level), Some(code)) = (cut.u8(), cut.u8()) else { return };
        // A warning is no end, unless it says that this is the end.
        if level != 1 || code == 0 {
            self.flight.alert = Some(code);
            self.flight.done = true;
        }
    }

    fn read_messages(&mut self) -> Result<(), &'static str> {
        let mut at = 0;
        while !self.flight.done {
            let mut cut = Cut(self.messages.get(at..).unwrap_or_default());
            let (Some(kind), Some(length)) = (cut.u8(), cut.u24()) else { break };
            if length > LONGEST {
                return Err("it announces a message that is too long");
            }
            let Some(content) = cut.take(length) else { break };
            at = self.messages.len() - cut.0.len();
            let content = content.to_vec();
            self.message(kind, &content).ok_or("what it sends is not a valid handshake")?;
        }
        self.messages.drain(..at);
        Ok(())
    }

    /// Reads one message; `None` when it is malformed.
    fn message(&mut self, kind: u8, content: &[u8]) -> Option<()> {
        let flight = &mut self.flight;
        match kind {
            2 => {
                let hello = server_hello(content)?;
                flight.group = hello.group;
                flight.done = hello.version == Version::Tls13.code();
                flight.hello = Some(hello);
            }
            11 => {
                let mut all = Cut(Cut(content).vec24()?);
                while !all.0.is_empty() {
                    flight.chain.push(all.vec24()?.to_vec());
                }
            }
            22 => {
                let mut cut = Cut(content);
                if cut.u8()? == 1 {
                    flight.staple = cut.vec24()?.to_vec();
                }
            }
            12 => match curve(content) {
                Some(group) => flight.group = Some(group),
                None => flight.dh_bits = prime(content),
            },
            14 => flight.done = true,
            _ => {}
        }
        Some(())
    }
}

fn server_hello(content: &[u8]) -> Option<ServerHello> {
    let mut cut = Cut(content);
    let version = cut.u16()?;
    let retry = cut.take(32)? == RETRY;
    cut.vec8()?;
    let suite = Suite(cut.u16()?);
    let compressed = cut.u8()? != 0;
    let mut hello = ServerHello {
        version,
        suite,
        compressed,
        group: None,
        secure_renegotiation: false,
        extended_master_secret: false,
        ticket: false,
    };
    if cut.0.is_empty() {
        return Some(hello);
    }
    let mut extensions = Cut(cut.vec16()?);
    while !extensions.0.is_empty() {
        let (number, content) = (extensions.u16()?, extensions.vec16()?);
        match number {
            23 => hello.extended_master_secret = true,
            35 => hello.ticket = true,
            43 => hello.version = Cut(content).u16()?,
            51 => hello.group = Some(Group(Cut(content).u16()?)),
            0xFF01 => hello.secure_renegotiation = true,
            _ => {}
        }
    }
    // A retry is of TLS 1.3 only.
    let sound = !retry || hello.version == Version::Tls13.code();
    sound.then_some(hello)
}

/// Reads the named curve of an ECDHE key exchange.
fn curve(content: &[u8]) -> Option<Group> {
    let mut cut = Cut(content);
    let named = cut.u8()? == 3;
    let group = Group(cut.u16()?);
    let point = cut.vec8()?;
    (named && group.is_old_curve() && point.len() >= 20).then_some(group)
}

/// Reads the size of the prime of a DHE key exchange.
fn prime(content: &[u8]) -> Option<u32> {
    let mut cut = Cut(content);
    let (prime, _, _) = (cut.vec16()?, cut.vec16()?, cut.vec16()?);
    let zeros = prime.iter().take_while(|byte| **byte == 0).count();
    let first = prime.get(zeros)?;
    let bytes = u32::try_from(prime.len() - zeros).ok()?;
    Some(bytes * 8 - first.leading_zeros())
}

/// Bytes that are cut from the front.
#[derive(Debug, Clone, Copy)]
pub(in crate::probe) struct Cut<'a>(pub(in crate::probe) &'a [u8]);

impl<'a> Cut<'a> {
    /// Cuts so many bytes off.
    pub(in crate::probe) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (head, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(head)
    }

    /// Cuts a byte off.
    pub(in crate::probe) fn u8(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// Cuts a number of two bytes off.
    pub(in crate::probe) fn u16(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    fn u24(&mut self) -> Option<usize> {
        self.take(3).map(|bytes| bytes.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)))
    }

    fn vec8(&mut self) -> Option<&'a [u8]> {
        let length = self.u8()?;
        self.take(usize::from(length))
    }

    /// Cuts off what a length of two bytes stands before.
    pub(in crate::probe) fn vec16(&mut self) -> Option<&'a [u8]> {
        let length = self.u16()?;
        self.take(usize::from(length))
    }

    fn vec24(&mut self) -> Option<&'a [u8]> {
        let length = self.u24()?;
        self.take(length)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn record(kind: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap();
        [&[kind, 3, 1][..], &length.to_be_bytes(), content].concat()
    }

    fn message(kind: u8, content: &[u8]) -> Vec<u8> {
        [&[kind][..], &super::super::three(content.len()), content].concat()
    }

    fn fed(bytes: &[u8]) -> Result<Flight, &'static str> {
        let mut parser = Parser::default();
        parser.feed(bytes)?;
        Ok(parser.finish())
    }

    fn hello(random: [u8; 32], extensions: &[u8]) -> Vec<u8> {
        let length = u16::try_from(extensions.len()).unwrap();
        let content = [&[3, 3][..], &random, &[0, 0xC0, 0x2F, 0], &length.to_be_bytes(), extensions].concat();
        message(2, &content)
    }

    #[test]
    fn a_whole_flight_is_read_however_it_is_cut_up() {
        let certificates = [&[0, 0, 5, 0, 0, 2, 9, 9][..]].concat();
        let staple = [1, 0, 0, 3, 1, 2, 3];
        let exchange = [&[3, 0, 29, 32][..], &[5; 32], &[8, 4, 0, 0]].concat();
        let messages = [
            hello([1; 32], &[0xFF, 1, 0, 1, 0, 0, 35, 0, 0, 0, 23, 0, 0]),
            message(11, &certificates),
            message(22, &staple),
            message(12, &exchange),
            message(14, &[]),
        ]
        .concat();
        let flight = fed(&record(0x16, &messages)).unwrap();
        let seen = flight.hello.as_ref().unwrap();
        assert_eq!((seen.version, seen.suite), (0x0303, Suite(0xC02F)));
        assert!(seen.secure_renegotiation && seen.ticket && seen.extended_master_secret && flight.done);
        assert_eq!((&flight.chain[0][..], &flight.staple[..]), (&[9, 9][..], &[1, 2, 3][..]));
        assert_eq!((flight.group, flight.dh_bits), (Some(Group(29)), None));
        let mut parser = Parser::default();
        for part in messages.chunks(3).flat_map(|part| record(0x16, part)) {
            parser.feed(&[part]).unwrap();
        }
        assert_eq!(parser.finish(), flight);
    }

    #[test]
    fn a_retry_names_version_and_group() {
        let flight = fed(&record(0x16, &hello(RETRY, &[0, 43, 0, 2, 3, 4, 0, 51, 0, 2, 0, 24]))).unwrap();
        let hello = flight.hello.unwrap();
        assert_eq!((hello.version, flight.group, flight.done), (0x0304, Some(Group(24)), true));
    }

    #[test]
    fn warnings_are_passed_over_and_alerts_end_it() {
        let warning = record(0x15, &[1, 112]);
        assert!(!fed(&warning).unwrap().done);
        let flight = fed(&[warning, record(0x15, &[2, 70])].concat()).unwrap();
        assert_eq!((flight.alert, flight.done), (Some(70), true));
    }

    #[test]
    fn the_size_of_a_prime_is_read() {
        let exchange = [&[1, 0][..], &[0xFF; 256], &[0, 1, 2, 0, 1, 5]].concat();
        assert_eq!(prime(&exchange), Some(2048));
        assert_eq!(prime(&[0, 0, 0, 0, 0, 0]), None);
    }

    #[test]
    fn what_is_no_tls_and_what_is_endless_is_refused() {
        assert!(fed(b"HTTP/1.1 400 Bad Request\r\n").is_err());
        assert!(fed(&[0x16, 3, 1, 0xFF, 0xFF]).is_err());
        assert!(fed(&record(0x16, &[11, 0xFF, 0xFF, 0xFF])).is_err());
        let mut parser = Parser::default();
        let warnings = record(0x15, &[1, 90]).repeat(1000);
        let error = std::iter::repeat_with(|| parser.feed(&warnings)).take(1000).find_map(Result::err);
        assert!(error.is_some());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = fed(&bytes);
            let _ = fed(&record(0x16, &bytes));
            for kind in [2, 11, 12, 22] {
                let _ = fed(&record(0x16, &message(kind, &bytes)));
            }
        }
    }
}
