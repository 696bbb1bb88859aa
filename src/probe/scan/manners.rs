//! How a service behaves beside versions and suites: renegotiation, compression, tickets, fallback, its end and its clock;
//! after STARTTLS whether it keeps commands that came in the clear; with LDAP whether anybody may bind.

use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustls::ClientConnection;
use rustls::pki_types::ServerName;
use time::PrimitiveDateTime;
use time::macros::format_description;

use super::Scout;
use super::ask::Reply;
use super::peel::{chosen, groups_of, newest_old};
use crate::model::escape::visible;
use crate::model::seen::{Answer, Manners, Spoken, Stage, StartTls, Version};
use crate::model::time::Timestamp;
use crate::probe::hello::Hello;
use crate::probe::starttls::ldap_result;
use crate::probe::timed::Timed;
use crate::probe::witness::{self, Noted};
use crate::probe::{again, alert};

/// The most that is read of what a service says inside TLS.
const HEARD: usize = 1 << 16;
/// How long an answer is waited for that need not come.
const MOMENT: Duration = Duration::from_millis(500);
/// How long a Web server may take to tell its date.
const DATE: Duration = Duration::from_secs(4);
/// An anonymous bind (RFC 4511 section 4.2): message 2, version 3, no name, no password.
const BIND: &[u8] = b"\x30\x0c\x02\x01\x02\x60\x07\x02\x01\x03\x04\x00\x80\x00";
/// Ports of TLS where no Web server is to be expected.
const OTHERS: [u16; 7] = [465, 636, 993, 995, 3269, 5061, 63149];

impl Scout<'_> {
    /// Asks for everything that the versions make possible. Returns the step behind TLS that failed, if one did.
    pub(super) fn manners(&self, versions: &[Spoken], at: Timestamp, manners: &mut Manners) -> Option<Stage> {
        self.tell("manners");
        if let Some(old) = newest_old(versions) {
            self.of_hello(old, manners);
        }
        let mut newest = versions.iter().rev().filter(|s| !s.suites.is_empty());
        if let (Some(_), Some(older)) = (newest.next(), newest.next()) {
            manners.fallback = self.notices_fallback(older);
        }
        let failed = self.of_session(at, manners);
        if versions.iter().any(|s| s.version == Version::Tls12 && !s.suites.is_empty()) {
            manners.client_renegotiation = self.renegotiates().unwrap_or_default();
        }
        if let Some(command) = self.way.starttls().and_then(command) {
            manners.injection = self.keeps(command);
        }
        failed
    }

    fn of_hello(&self, spoken: &Spoken, manners: &mut Manners) {
        let groups = groups_of(spoken.version);
        let hello = Hello { compress: true, ..self.hello(spoken.version, &spoken.suites, &groups) };
        let Ok(reply) = self.ask(&hello) else { return };
        let Some(hello) = chosen(&reply, spoken.version).ok().and_then(|f| f.hello.as_ref()) else { return };
        manners.secure_renegotiation = hello.secure_renegotiation.into();
        manners.compression = hello.compressed.into();
        if spoken.version > Version::Ssl3 {
            manners.extended_master_secret = hello.extended_master_secret.into();
            manners.tickets = hello.ticket.into();
        }
    }

    fn notices_fallback(&self, older: &Spoken) -> Answer {
        let groups = groups_of(older.version);
        let hello = Hello { fallback: true, ..self.hello(older.version, &older.suites, &groups) };
        match self.ask(&hello) {
            Ok(Reply::Flight(_)) => Answer::No,
            Ok(Reply::Refused(why)) if why == alert::name(86.into()) => Answer::Yes,
            _ => Answer::Unsure,
        }
    }

    /// Begins a session by the TLS library; `more` is said in the same breath as the wish for TLS.
    pub(super) fn session(
        &self,
        more: &[u8],
        sni: bool,
        web: bool,
    ) -> Result<(ClientConnection, Timed, Noted), String> {
        let (mut config, witness) =
            witness::client_of(rustls::DEFAULT_VERSIONS).map_err(|e| e.to_string())?;
        config.enable_sni = sni;
        if web {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        let name = ServerName::try_from(self.way.bare_host().to_owned()).map_err(|e| e.to_string())?;
        let mut session = ClientConnection::new(Arc::new(config), name).map_err(|e| e.to_string())?;
        let opened = self.open_saying(more).map_err(|halt| halt.words().to_owned())?;
        let mut stream = opened.map_err(|failed| visible(&failed.error.what))?.stream;
        while session.is_handshaking() {
            session.complete_io(&mut stream).map_err(|e| visible(&e.to_string()))?;
        }
        Ok((session, stream, witness.noted()))
    }

    fn of_session(&self, at: Timestamp, manners: &mut Manners) -> Option<Stage> {
        let ldap = self.way.starttls() == Some(StartTls::Ldap) || matches!(self.way.port(), 636 | 3269);
        let web = self.way.starttls().is_none() && !OTHERS.contains(&self.way.port());
        let begun = Instant::now();
        let Ok((mut session, mut stream, _)) = self.session(&[], true, web) else { return None };
        let mut heard = Heard::default();
        heard.listen(&mut session, &mut stream, MOMENT, |h| !h.text.is_empty());
        if ldap {
            manners.bind = bind(&mut session, &mut stream, self.way.limit);
        } else if web && heard.text.is_empty() && heard.closed.is_none() {
            let ask =
                format!("HEAD / HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n", self.way.host_field(443));
            if session.writer().write_all(ask.as_bytes()).is_ok() && flush(&mut session, &mut stream).is_ok()
            {
                heard.listen(&mut session, &mut stream, self.way.limit.min(DATE), |h| {
                    h.text.ends_with(b"\r\n\r\n")
                });
                manners.clock = date(&heard.text).map(|date| {
                    let passed = i64::try_from(begun.elapsed().as_secs()).unwrap_or(0);
                    let skew = date.0 - at.0.saturating_add(passed);
                    // Both are whole seconds, and the answer was under way for a while.
                    if skew.abs() <= 2 { 0 } else { skew }
                });
            }
        }
        if session.tls13_tickets_received() > 0 {
            manners.tickets = Answer::Yes;
        } else if session.protocol_version() == Some(rustls::ProtocolVersion::TLSv1_3)
            && manners.tickets == Answer::Unsure
        {
            manners.tickets = Answer::No;
        }
        session.send_close_notify();
        if flush(&mut session, &mut stream).is_ok() {
            heard.listen(&mut session, &mut stream, MOMENT * 2, |_| false);
        }
        manners.close_notify = heard.closed.map_or(Answer::Unsure, Answer::from);
        (ldap && manners.bind == Answer::Unsure).then_some(Stage::Bind)
    }

    /// Sends a command in the clear behind the wish for TLS, and listens whether it is answered inside TLS
    /// (CVE-2011-0411).
    fn keeps(&self, command: &[u8]) -> Answer {
        // A server that takes the command for TLS refuses: then it has not kept it.
        let Ok((mut session, mut stream, _)) = self.session(command, true, false) else { return Answer::No };
        let mut heard = Heard::default();
        heard.listen(&mut session, &mut stream, MOMENT, |h| !h.text.is_empty());
        (!heard.text.is_empty()).into()
    }

    /// Begins a session of TLS 1.2 and asks for another inside it. Errors: that could not be tried.
    fn renegotiates(&self) -> Result<Answer, String> {
        let opened = self.open_saying(&[]).map_err(|halt| halt.words().to_owned())?;
        let stream = opened.map_err(|failed| visible(&failed.error.what))?.stream;
        let groups = groups_of(Version::Tls12);
        again::renegotiate(stream, self.way.bare_host(), self.way.limit, |suite, again| {
            Hello { again, ..self.hello(Version::Tls12, &[suite], &groups) }.message()
        })
    }
}

/// Returns a harmless command that is answered.
fn command(protocol: StartTls) -> Option<&'static [u8]> {
    match protocol {
        StartTls::Smtp | StartTls::Pop3 => Some(b"NOOP\r\n"),
        StartTls::Imap => Some(b"a2 NOOP\r\n"),
        StartTls::Ldap => None,
    }
}

/// What a service said inside TLS.
#[derive(Debug, Default)]
struct Heard {
    text: Vec<u8>,
    /// Whether it closed, and whether it said so before.
    closed: Option<bool>,
}

impl Heard {
    /// Listens until there is enough, the end, or the limit.
    fn listen(
        &mut self,
        session: &mut ClientConnection,
        stream: &mut Timed,
        limit: Duration,
        enough: impl Fn(&Self) -> bool,
    ) {
        stream.allow(limit);
        let mut piece = [0; 4096];
        while self.closed.is_none() && self.text.len() < HEARD && !enough(self) {
            match session.reader().read(&mut piece) {
                Ok(0) => self.closed = Some(true),
                Ok(count) => self.text.extend(piece.iter().take(count)),
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => self.closed = Some(false),
                Err(_) => match session.read_tls(stream) {
                    Ok(0) if session.process_new_packets().is_ok_and(|s| s.peer_has_closed()) => {
                        self.closed = Some(true);
                    }
                    Ok(0) => self.closed = Some(false),
                    Ok(_) if session.process_new_packets().is_ok() => {}
                    Err(error) if error.kind() == ErrorKind::ConnectionReset => self.closed = Some(false),
                    _ => return,
                },
            }
        }
    }
}

fn bind(session: &mut ClientConnection, stream: &mut Timed, limit: Duration) -> Answer {
    stream.allow(limit);
    let mut tls = rustls::Stream::new(session, stream);
    let answer = tls.write_all(BIND).and_then(|()| ldap_result(&mut tls, 0x61));
    answer.map_or(Answer::Unsure, |code| (code == 0).into())
}

/// Sends what waits, within a time of its own.
fn flush(session: &mut ClientConnection, stream: &mut Timed) -> std::io::Result<()> {
    stream.allow(MOMENT * 4);
    while session.wants_write() {
        session.write_tls(stream)?;
    }
    Ok(())
}

/// Reads the `Date` field of an HTTP answer (RFC 9110 section 6.6.1).
fn date(answer: &[u8]) -> Option<Timestamp> {
    let answer = String::from_utf8_lossy(answer);
    let mut fields = answer.lines().filter_map(|line| line.split_once(':'));
    let (_, text) = fields.find(|(name, _)| name.eq_ignore_ascii_case("date"))?;
    let form = format_description!(
        "[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT"
    );
    let at = PrimitiveDateTime::parse(text.trim(), form).ok()?;
    Some(at.assume_utc().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_date_of_an_answer_is_read() {
        let answer = b"HTTP/1.1 200 OK\r\nServer: x\r\ndate: Thu, 26 Nov 2026 07:20:00 GMT\r\n\r\n";
        assert_eq!(date(answer).unwrap().text(), "2026-11-26 07:20:00 UTC");
        assert_eq!(date(b"HTTP/1.1 200 OK\r\nDate: yesterday\r\n\r\n"), None);
    }
}
