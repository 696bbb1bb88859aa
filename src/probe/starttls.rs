//! Changes a connection over to TLS in the words of SMTP, IMAP, POP3 and LDAP. Reads no byte beyond the answer, bounded in
//! lines and time. Judges nothing.

use std::io::{self, ErrorKind, Read, Write};
use std::time::Duration;

use super::failure::{network, seconds};
use super::timed::Timed;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::seen::StartTls;
use crate::pki::der;

/// The most lines of one answer.
const LINES: usize = 100;
/// The wish for TLS of LDAP (RFC 4511 section 4.14): message 1, an extended request with its object identifier.
const LDAP: &[u8] = b"\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037";

/// What went wrong: the connection, or what the server said.
enum Wrong {
    Broke(io::Error),
    Said(String),
    NotOffered,
    OtherProtocol(String),
}

impl From<io::Error> for Wrong {
    fn from(error: io::Error) -> Self {
        Self::Broke(error)
    }
}

/// Changes over; says `more` in the same breath as the wish. Returns whether more came with the answer before TLS began,
/// which is thrown away.
pub(super) fn begin(
    stream: &mut Timed,
    protocol: StartTls,
    more: &[u8],
    to: &str,
    limit: Duration,
) -> Result<bool> {
    let done = match protocol {
        StartTls::Smtp => smtp(stream, more),
        StartTls::Imap => imap(stream, more),
        StartTls::Pop3 => pop3(stream, more),
        StartTls::Ldap => ldap(stream, more),
    };
    done.map_err(|wrong| told(wrong, protocol, to, limit))?;
    Ok(stream.throw_away_what_waits())
}

fn told(wrong: Wrong, protocol: StartTls, to: &str, limit: Duration) -> Error {
    let name = protocol.name().to_uppercase();
    match wrong {
        Wrong::Said(line) => network(format!("{to} refused STARTTLS: \"{}\".", shown(&line)))
            .next("Look whether the server has a certificate for this port, and at its log."),
        Wrong::NotOffered => network(format!("{to} does not offer STARTTLS."))
            .why("The server has no keyring for this port, or TLS is switched off there.")
            .next("Switch TLS on for this port, or use the port that begins with TLS."),
        Wrong::OtherProtocol(line) => {
            network(format!("{to} does not speak {name}: it says \"{}\".", shown(&line)))
                .next("Check the port and the protocol after --starttls.")
        }
        Wrong::Broke(error) if error.kind() == ErrorKind::TimedOut => {
            network(format!("{to} did not change over to TLS within {}.", seconds(limit)))
                .why(format!("The server stopped answering in {name}."))
                .next("Perhaps the port begins with TLS at once, or belongs to another protocol.")
        }
        Wrong::Broke(error) => network(format!("{to} broke the connection before TLS began."))
            .why(format!("{error}."))
            .next("Look at the server's log; some servers turn away clients that they do not know."),
    }
}

fn smtp(stream: &mut Timed, more: &[u8]) -> Result<(), Wrong> {
    let (greeting, _) = smtp_answer(stream)?;
    if !greeting.starts_with("220") {
        return Err(Wrong::OtherProtocol(greeting));
    }
    stream.write_all(b"EHLO probe.invalid\r\n")?;
    let (last, offers) = smtp_answer(stream)?;
    if !last.starts_with("250") {
        return Err(Wrong::Said(last));
    }
    if !offers {
        return Err(Wrong::NotOffered);
    }
    say(stream, b"STARTTLS\r\n", more)?;
    let (answer, _) = smtp_answer(stream)?;
    if answer.starts_with("220") { Ok(()) } else { Err(Wrong::Said(answer)) }
}

/// Reads one answer; returns its last line and whether a line offers STARTTLS.
fn smtp_answer(stream: &mut Timed) -> Result<(String, bool), Wrong> {
    let mut offers = false;
    for _ in 0..LINES {
        let line = stream.line()?;
        offers |= line.get(4..).is_some_and(|word| word.trim().eq_ignore_ascii_case("STARTTLS"));
        let digits = line.as_bytes().iter().take(3).filter(|b| b.is_ascii_digit()).count();
        if digits < 3 {
            return Err(Wrong::OtherProtocol(line));
        }
        if line.as_bytes().get(3) != Some(&b'-') {
            return Ok((line, offers));
        }
    }
    Err(Wrong::Said("an answer without end".into()))
}

fn imap(stream: &mut Timed, more: &[u8]) -> Result<(), Wrong> {
    let greeting = stream.line()?;
    if !greeting.starts_with("* OK") {
        let bye = greeting.starts_with("* BYE") || greeting.starts_with("* PREAUTH");
        return Err(if bye { Wrong::Said(greeting) } else { Wrong::OtherProtocol(greeting) });
    }
    say(stream, b"a1 STARTTLS\r\n", more)?;
    for _ in 0..LINES {
        let line = stream.line()?;
        if let Some(answer) = line.strip_prefix("a1 ") {
            return match answer.get(..2) {
                Some(word) if word.eq_ignore_ascii_case("OK") => Ok(()),
                _ if answer.to_ascii_uppercase().starts_with("BAD") => Err(Wrong::NotOffered),
                _ => Err(Wrong::Said(line)),
            };
        }
    }
    Err(Wrong::Said("an answer without end".into()))
}

fn pop3(stream: &mut Timed, more: &[u8]) -> Result<(), Wrong> {
    let greeting = stream.line()?;
    if !greeting.starts_with("+OK") {
        let refused = greeting.starts_with("-ERR");
        return Err(if refused { Wrong::Said(greeting) } else { Wrong::OtherProtocol(greeting) });
    }
    say(stream, b"STLS\r\n", more)?;
    let answer = stream.line()?;
    if answer.starts_with("+OK") { Ok(()) } else { Err(Wrong::Said(answer)) }
}

fn ldap(stream: &mut Timed, more: &[u8]) -> Result<(), Wrong> {
    say(stream, LDAP, more)?;
    match ldap_result(stream, 0x78)? {
        0 => Ok(()),
        1 | 2 | 52 | 53 => Err(Wrong::NotOffered),
        code => Err(Wrong::Said(format!("LDAP result {code}"))),
    }
}

/// Reads one LDAP message and returns the result code of the operation with this tag.
pub(super) fn ldap_result(stream: &mut impl Read, tag: u8) -> io::Result<u64> {
    let wrong = || io::Error::new(ErrorKind::InvalidData, "it is no LDAP answer");
    let mut head = [0; 2];
    stream.read_exact(&mut head)?;
    let [sequence, first] = head;
    let length = match first {
        short @ 0..=0x7F => usize::from(short),
        long @ 0x81..=0x84 => {
            let mut digits = [0; 4];
            let count = usize::from(long & 0x7F);
            let part = digits.get_mut(4 - count..).ok_or_else(wrong)?;
            stream.read_exact(part)?;
            usize::try_from(u32::from_be_bytes(digits)).map_err(|_| wrong())?
        }
        _ => return Err(wrong()),
    };
    if sequence != 0x30 || length > 4096 {
        return Err(wrong());
    }
    let mut message = vec![0; length];
    stream.read_exact(&mut message)?;
    result_code(&message, tag).ok_or_else(wrong)
}

/// Finds the result code in the content of a message: its number, then the operation, which begins with the code.
fn result_code(message: &[u8], tag: u8) -> Option<u64> {
    let operation = der::elements(message)?.into_iter().find(|e| e.0 == tag)?.2;
    let (whole, code, _) = der::tlv(operation)?;
    let sound = whole.first() == Some(&0x0A) && code.len() <= 8;
    sound.then(|| code.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

fn say(stream: &mut Timed, wish: &[u8], more: &[u8]) -> io::Result<()> {
    stream.write_all(&[wish, more].concat())
}

fn shown(line: &str) -> String {
    visible(line).chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn results_of_ldap_are_read_in_both_lengths() {
        let short = b"\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00";
        assert_eq!(ldap_result(&mut &short[..], 0x78).unwrap(), 0);
        let long =
            b"\x30\x84\x00\x00\x00\x10\x02\x01\x01\x78\x84\x00\x00\x00\x07\x0a\x01\x34\x04\x00\x04\x00";
        assert_eq!(ldap_result(&mut &long[..], 0x78).unwrap(), 52);
        assert!(ldap_result(&mut &b"220 mail.example.test"[..], 0x78).is_err());
        assert!(ldap_result(&mut &b"\x30\x84\xff\xff\xff\xff"[..], 0x78).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = ldap_result(&mut bytes.as_slice(), 0x78);
            let _ = result_code(&bytes, 0x61);
        }
    }
}
