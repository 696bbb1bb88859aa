//! What is said over a connection that stands: one HTTP request, one answer, and a clean end that the client gets to see.

use std::io::{self, Read, Write};
use std::time::Duration;

use rustls::ServerConnection;

use super::PATIENCE;
use super::site::Ready;
use crate::probe::timed::Timed;
use crate::probe::{protocol_text, suite_text};

/// How much of a request is read at most.
const REQUEST_BYTES: usize = 16 * 1024;
/// How often what is still under way is read, before the connection is closed over the rest.
const LAST_READS: usize = 16;

/// Reads a request and answers it with a page that tells what was agreed.
pub(super) fn page(
    session: &mut ServerConnection,
    stream: &mut Timed,
    site: &Ready,
    client: &str,
) -> io::Result<()> {
    stream.allow(PATIENCE);
    let request = read_request(|part| rustls::Stream::new(&mut *session, &mut *stream).read(part))?;
    let request = Request::of(&request);
    let (status, body) = if request.http {
        let protocol = protocol_text(session.protocol_version());
        let suite = suite_text(session.negotiated_cipher_suite());
        let client = if client.is_empty() { String::new() } else { format!("Client: {client}\n") };
        (
            "200 OK",
            format!(
                "Site: {}\nCertificate: {}\nProtocol: {protocol}\nCipher suite: {suite}\n{client}\nserved by a rehearsal\n",
                site.site, site.subject
            ),
        )
    } else {
        ("400 Bad Request", "This rehearsal answers HTTP/1.1 requests only.\n".to_owned())
    };
    let answer = answer(status, "", &body, request.head);
    stream.allow(PATIENCE);
    session.writer().write_all(&answer)
}

/// A request as far as it matters here.
pub(super) struct Request {
    /// Whether it speaks HTTP/1.
    pub(super) http: bool,
    /// Whether only the head of the answer is wanted.
    pub(super) head: bool,
    /// The path with its query, `/` where there is none.
    pub(super) path: String,
    /// The host that the client asked for, without its port; may be empty.
    pub(super) host: String,
}

impl Request {
    pub(super) fn of(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let (method, path, version) = (
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
            words.next().unwrap_or_default(),
        );
        let plain = |text: &&str| text.starts_with('/') && text.bytes().all(|b| b.is_ascii_graphic());
        let host =
            lines.filter_map(|line| line.split_once(':')).find(|(name, _)| name.eq_ignore_ascii_case("host"));
        let host = host.map_or("", |(_, value)| value.trim());
        let host = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
            _ => host,
        };
        let name = |text: &&str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._[]:".contains(&b));
        Self {
            http: version.starts_with("HTTP/1."),
            head: method == "HEAD",
            path: Some(path).filter(plain).unwrap_or("/").to_owned(),
            host: Some(host).filter(name).unwrap_or_default().to_owned(),
        }
    }
}

/// Writes an answer; `more` are further lines of its head.
pub(super) fn answer(status: &str, more: &str, body: &str, head_only: bool) -> Vec<u8> {
    let length = body.len();
    let body = if head_only { "" } else { body };
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n{more}\
         Cache-Control: no-store\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Reads until the empty line after the headers, the end, or the limit.
pub(super) fn read_request(mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<Vec<u8>> {
    let mut request = Vec::new();
    let mut part = [0; 2048];
    while request.len() < REQUEST_BYTES {
        let count = read(&mut part)?;
        request.extend(part.iter().take(count));
        let ended = request.windows(4).any(|w| w == b"\r\n\r\n") || request.windows(2).any(|w| w == b"\n\n");
        if count == 0 || ended {
            break;
        }
    }
    if request.is_empty() { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(request) }
}

/// Ends a session: whatever waits to be sent, an alert among it, then close_notify, then our side of the connection.
pub(super) fn close(session: &mut ServerConnection, stream: &mut Timed) {
    stream.allow(PATIENCE);
    session.send_close_notify();
    while session.wants_write() {
        if session.write_tls(stream).is_err() {
            break;
        }
    }
    finish(stream);
}

/// Ends our side, and reads what is still under way: closing over it would make the system reset the connection, and the
/// client would lose what was sent last.
pub(super) fn finish(stream: &mut Timed) {
    stream.finish();
    stream.allow(Duration::from_secs(1));
    let mut rest = [0; 4096];
    for _ in 0..LAST_READS {
        if !matches!(stream.read(&mut rest), Ok(count) if count > 0) {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_gives_its_path_and_host_and_nothing_that_could_break_a_header() {
        let request = Request::of(b"HEAD /a?b=1 HTTP/1.1\r\nhost: Mail.example.test:8080\r\n\r\n");
        assert!(request.http && request.head);
        assert_eq!((request.path.as_str(), request.host.as_str()), ("/a?b=1", "Mail.example.test"));
        let request = Request::of(b"GET //x\x0b HTTP/1.1\r\nHost: a\x1b[31m\r\n\r\n");
        assert_eq!((request.path.as_str(), request.host.as_str()), ("/", ""));
        assert_eq!(Request::of(b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n").host, "[::1]");
        assert!(!Request::of(b"EHLO x\r\n").http);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let request = Request::of(&bytes);
            proptest::prop_assert!(!request.path.contains(['\r', '\n']) && !request.host.contains(['\r', '\n']));
        }
    }
}
