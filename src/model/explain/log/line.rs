//! One line of a log: its thread and time, whether a handshake begins or ends in it, and what happened.

use time::{Date, Month, PrimitiveDateTime, Time};

use super::super::search;
use super::super::status;

/// What a line tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sort {
    /// A handshake failed, told with peer and keyring.
    Handshake,
    /// The TLS stack ended with an error.
    Mapped,
    /// A chain did not hold.
    Chain,
    /// A handshake began and no end is told.
    Unfinished,
    /// A look-up in the certificate store found nothing.
    Cache,
    /// A text of the table of problems.
    Message,
    /// A hello of SSL 2.0 came.
    Hello,
    /// A weak cipher was switched off.
    Weak,
    /// A cipher that was agreed on.
    Cipher,
    /// A version that was spoken.
    Version,
}

impl Sort {
    /// Tells whether a client or a task did not get what it wanted.
    pub fn fails(self) -> bool {
        matches!(self, Self::Handshake | Self::Mapped | Self::Chain | Self::Cache)
    }

    /// Says in a few words what happened.
    pub fn words(self) -> &'static str {
        match self {
            Self::Handshake => "handshake failed",
            Self::Mapped => "TLS stack error",
            Self::Chain => "chain does not hold",
            Self::Unfinished => "handshake without end",
            Self::Cache => "not in certificate store",
            Self::Message => "message",
            Self::Hello => "hello of SSL 2.0",
            Self::Weak => "weak cipher left out",
            Self::Cipher => "cipher in use",
            Self::Version => "version in use",
        }
    }
}

/// What happened in a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event<'a> {
    pub(super) sort: Sort,
    pub(super) peer: &'a str,
    pub(super) ring: &'a str,
    /// The status, cipher, version or name.
    pub(super) what: &'a str,
    /// The problem of the table, if it is one.
    pub(super) problem: &'static str,
}

/// A beginning or an end of a handshake; the text tells the two layers apart that trace it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Begin(&'static str),
    End(&'static str),
    /// It is not done and goes on.
    Pause,
}

/// The beginning of a line.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Head<'a> {
    pub(super) thread: &'a str,
    /// Seconds by the clock of the server.
    pub(super) at: Option<i64>,
    pub(super) rest: &'a str,
}

/// Splits `[thread] date time text`; each of the first three may be missing.
pub(super) fn head(line: &str) -> Head<'_> {
    let line = line.trim_start_matches(['\u{feff}', ' ', '\t']);
    let bracketed = line.strip_prefix('[').and_then(|rest| rest.split_once(']'));
    let (thread, rest) = match bracketed {
        Some((thread, rest)) if thread.len() <= 60 && thread.contains(':') => (thread, rest.trim_start()),
        _ => ("", line),
    };
    match stamp(rest) {
        Some((at, rest)) => Head { thread, at: Some(at), rest },
        None => Head { thread, at: None, rest },
    }
}

/// Reads date and time: `12/18/2016 07:20:21.59 AM`, `25.02.2015 18:57:18,07`, `2016-12-18 07:20:21`. With slashes the
/// month comes first, unless it cannot be one.
fn stamp(text: &str) -> Option<(i64, &str)> {
    if !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (date, rest) = text.split_once([' ', 'T'])?;
    let separator = date.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '/' | '.' | '-'))?;
    let mut parts = date.splitn(3, separator).map(str::parse::<u16>);
    let (a, b, c) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let (year, month, day) = match separator {
        '-' => (a, b, c),
        '/' if a <= 12 => (c, a, b),
        _ => (c, b, a),
    };
    let year = if year < 100 { 2000 + year } else { year };
    let rest = rest.trim_start();
    let (time, after) = rest.split_once(' ').unwrap_or((rest, ""));
    let mut parts = time.split([':', '.', ',']).map(|part| part.trim_end_matches('Z').parse::<u8>());
    let (mut hour, minute, second) = (parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?);
    let after = after.trim_start();
    let half = after.get(..2).filter(|half| matches!(*half, "AM" | "PM" | "am" | "pm"));
    if let Some(half) = half {
        hour = hour % 12 + if half.eq_ignore_ascii_case("pm") { 12 } else { 0 };
    }
    let day = Date::from_calendar_date(
        i32::from(year),
        Month::try_from(u8::try_from(month).ok()?).ok()?,
        u8::try_from(day).ok()?,
    );
    let moment = PrimitiveDateTime::new(day.ok()?, Time::from_hms(hour, minute, second).ok()?);
    let text = after.get(half.map_or(0, str::len)..).unwrap_or_default().trim_start();
    Some((moment.assume_utc().unix_timestamp(), text))
}

/// Tells whether a handshake begins or ends in a line of a trace.
pub(super) fn step(text: &str) -> Option<Step> {
    if let Some(after) = text.strip_prefix("SSL_Handshake") {
        let after = after.trim_start_matches(['>', ' ']);
        return match () {
            () if after.starts_with("Enter") => Some(Step::Begin("")),
            () if after.starts_with("Exit") && !after.contains("-5000") => Some(Step::End("")),
            () => None,
        };
    }
    if let Some((from, ..)) = mapped(text) {
        return Some(if from == "-5000" { Step::Pause } else { Step::End("") });
    }
    if !text.contains("handshake") {
        return None;
    }
    // The tasks of mail trace around the stack.
    match () {
        () if text.contains("Starting SSL server handshake") => Some(Step::Begin(" mail")),
        () if text.contains("Done with SSL handshake") => Some(Step::End(" mail")),
        () => None,
    }
}

/// Reads `int_MapSSLError> Mapping SSL error A to B [name]`.
fn mapped(text: &str) -> Option<(&str, &str, &str)> {
    let rest = text.strip_prefix("int_MapSSLError>")?.trim_start().strip_prefix("Mapping SSL error ")?;
    let (from, rest) = rest.split_once(" to ")?;
    let (to, name) = rest.split_once(' ').unwrap_or((rest, ""));
    Some((from.trim(), to, name.trim().trim_matches(['[', ']'])))
}

/// Says what happened in a line, if it is something that people look for.
pub(super) fn event(text: &str) -> Option<Event<'_>> {
    let of = |sort, what, problem| Event { sort, peer: "", ring: "", what, problem };
    if text.contains("handshake failure") && text.contains("IP address") {
        return Some(Event {
            peer: value(text, "IP address"),
            ring: value(text, "ey Ring"),
            ..of(Sort::Handshake, value(text, "error status"), "handshake-failure")
        });
    }
    if let Some((from, to, name)) = mapped(text) {
        let from_here = text.find(from).and_then(|at| text.get(at..)).unwrap_or_default();
        let problem = match name {
            "SSLNoErr" | "SSLHandshakeNoDone" => return None,
            _ if from == "0" || from == "-5000" => return None,
            _ => search::in_line(&search::words(name)).map_or("", |problem| problem.key),
        };
        let problem = match status::number(to).and_then(status::domino) {
            Some(status) if problem.is_empty() => status.problem,
            _ => problem,
        };
        return Some(of(Sort::Mapped, from_here, problem));
    }
    if let Some((_, rest)) = text.split_once("Cert Chain Evaluation Status:") {
        let number =
            rest.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty()).unwrap_or_default();
        if number.is_empty() || number == "0" {
            return None;
        }
        let problem =
            status::number(number).and_then(status::domino).map_or("chain-not-built", |s| s.problem);
        return Some(of(Sort::Chain, number, problem));
    }
    if text.starts_with("TLSCache") && text.contains("Err:") {
        let err = value(text, "Err");
        let found = err.trim_start_matches("0x").bytes().all(|b| b == b'0');
        return (!found).then(|| Event { peer: value(text, "Host"), ..of(Sort::Cache, err, "tls-cache") });
    }
    if let Some((name, rest)) = text.split_once('>').filter(|(name, _)| traces(name)) {
        return trace(name, rest.trim_start_matches(['>', ' ']));
    }
    let problem = search::in_line(&search::words(text))?;
    let ring =
        text.split([' ', '[', ']', '"']).find(|word| search::keyring_of(word).is_some()).unwrap_or_default();
    Some(Event { ring, ..of(Sort::Message, problem.title, problem.key) })
}

/// Tells whether the text before a `>` is the name of a function, as traces begin with one.
fn traces(name: &str) -> bool {
    name.len() <= 60 && !name.contains(['<', '"', '=']) && name.split(' ').count() <= 4
}

/// Says what a line of a trace tells.
fn trace<'a>(name: &str, rest: &'a str) -> Option<Event<'a>> {
    let of = |sort, what: &'a str, problem| Some(Event { sort, peer: "", ring: "", what, problem });
    if name == "SSLDisableExportCiphers" {
        let cipher = rest.split_once("isabling weak cipher ").or_else(|| rest.split_once("isabling cipher "));
        let cipher = cipher.map_or(rest, |(_, after)| after);
        let cipher = cipher.split([' ', '.']).next().unwrap_or_default();
        return of(Sort::Weak, cipher, "weak-cipher-disabled");
    }
    if let Some(cipher) = rest.strip_prefix("Current Cipher ") {
        let none = cipher.contains("0x0000") || cipher.contains("Unknown");
        return if none { None } else { of(Sort::Cipher, cipher.trim(), "") };
    }
    if let Some((_, version)) = rest.split_once("->protocolVersion: ") {
        let version = match version.trim() {
            "0300" => "SSL 3.0",
            "0301" => "TLS 1.0",
            "0302" => "TLS 1.1",
            "0303" => "TLS 1.2",
            "0304" => "TLS 1.3",
            other => other,
        };
        return of(Sort::Version, version, "");
    }
    if name == "SSL2ProcessClientHello" {
        let cipher = rest.strip_prefix("Client requested ")?;
        return of(Sort::Hello, cipher.trim(), "no-common-version");
    }
    None
}

/// Returns what stands behind a label, in brackets or up to the next blank.
fn value<'a>(text: &'a str, label: &str) -> &'a str {
    let Some((_, rest)) = text.split_once(label) else { return "" };
    let rest = rest.trim_start_matches([' ', ':']);
    match rest.strip_prefix('[') {
        Some(inner) => inner.split(']').next().unwrap_or_default(),
        None => rest.split([' ', ',']).next().unwrap_or_default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_servers_write_them() {
        let at = |text: &str| head(text).at.map(super::super::naive);
        for text in [
            "[0B40:000A-09DC] 12/18/2016 07:20:21.57 PM SSL",
            "12/18/2016 07:20:21 PM  HTTP Server: x",
            "18/12/2016 19:20:21 HTTP",
            "18.12.2016 19:20:21,07 SSL",
            "2016-12-18T19:20:21Z SSL",
            "[024396:000011-4019078912] 12/18/16 19:20:21 SSL",
        ] {
            assert_eq!(at(text).as_deref(), Some("2016-12-18 19:20:21"), "{text}");
        }
        for text in
            ["", "[0B40:000A-09DC] Checking", "13/13/2016 10:00:00 x", "1234", "12:00:00", "1/1/1 25:00:00 x"]
        {
            assert_eq!(at(text), None, "{text}");
        }
        let whole = head("[0B40:000A-09DC] 12/18/2016 12:00:00 AM SSL_Handshake> Enter");
        assert_eq!((whole.thread, whole.rest), ("0B40:000A-09DC", "SSL_Handshake> Enter"));
    }

    #[test]
    fn messages_of_the_table_are_found_with_their_keyring() {
        let event = event("IMAP Server: SSL Error: Keyring file not found [mail.kyr]").unwrap();
        assert_eq!((event.sort, event.ring, event.problem), (Sort::Message, "mail.kyr", "keyring-not-found"));
        assert_eq!(super::event("S_Read> Switching Endpoint to sync"), None);
        assert_eq!(super::event("SSL_RCV> 00000000: 80 2E 01 00 02"), None);
    }
}
