//! Fetches a file over plain HTTP, to see what is served. Follows no redirection: what is proved is what stands at the
//! address itself.

use std::io::{Read, Write};
use std::net::ToSocketAddrs;
use std::time::{Duration, Instant};

use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;

/// How long all of it may take.
const LONGEST: Duration = Duration::from_secs(60);

/// How long a connection or a silence may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The largest answer that is read, in bytes.
const LARGEST: u64 = 256 << 20;

/// Fetches what stands at an `http://` address. Errors: `Network` with what was answered; `Usage` for another address.
pub fn get(address: &str) -> Result<Vec<u8>> {
    let failed = |why: String| {
        Error::new(Kind::Network, format!("{} could not be fetched.", visible(address))).why(visible(&why))
    };
    let rest = address.strip_prefix("http://").ok_or_else(|| {
        Error::usage(format!("{} is no address that can be fetched.", visible(address)))
            .next("It begins with http://.")
    })?;
    let (authority, path) = rest.find('/').map_or((rest, "/"), |at| rest.split_at(at));
    let place = if authority.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok())
        && authority.contains(':')
    {
        authority.to_owned()
    } else {
        format!("{authority}:80")
    };
    let begun = Instant::now();
    let addresses = place.to_socket_addrs().map_err(|e| failed(format!("{e}.")))?;
    let mut last = "The name has no address.".to_owned();
    let mut stream = None;
    for to in addresses {
        match std::net::TcpStream::connect_timeout(&to, PATIENCE) {
            Ok(connected) => {
                stream = Some(connected);
                break;
            }
            Err(error) => last = format!("{to}: {error}."),
        }
    }
    let Some(mut stream) = stream else { return Err(failed(last)) };
    let ask = format!(
        "GET {path} HTTP/1.0\r\nHost: {authority}\r\nUser-Agent: ringmaster\r\nAccept: */*\r\nCache-Control: no-cache\r\n\r\n"
    );
    let asked =
        stream.set_read_timeout(Some(PATIENCE)).and_then(|()| stream.set_write_timeout(Some(PATIENCE)));
    asked.and_then(|()| stream.write_all(ask.as_bytes())).map_err(|e| failed(format!("{e}.")))?;
    let mut answer = Vec::new();
    let mut piece = vec![0; 1 << 16];
    loop {
        match stream.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => answer.extend_from_slice(piece.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(failed(format!("{e}."))),
        }
        if begun.elapsed() > LONGEST || answer.len() as u64 > LARGEST {
            return Err(failed("The answer is too long or too slow.".into()));
        }
    }
    body(&answer).map_err(failed)
}

/// Takes the body out of an answer. Errors: what was answered instead.
fn body(answer: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n").ok_or("The answer is not HTTP.")?;
    let (head, body) = answer.split_at(end);
    let body = body.get(4..).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let mut lines = head.lines();
    let status = lines.next().unwrap_or_default();
    if !(status.starts_with("HTTP/1.") && status.split(' ').nth(1) == Some("200")) {
        return Err(format!("The answer is \"{}\".", status.trim()));
    }
    let mut fields = lines.filter_map(|line| line.split_once(':'));
    let length = fields.find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    match length.and_then(|(_, value)| value.trim().parse::<usize>().ok()) {
        Some(length) if body.len() < length => Err(format!("Only {} of {length} bytes came.", body.len())),
        Some(length) => Ok(body.get(..length).unwrap_or_default().to_vec()),
        None => Ok(body.to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_answer_is_taken() {
        assert_eq!(body(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc").unwrap(), b"ab");
        assert_eq!(body(b"HTTP/1.0 200 OK\r\n\r\nabc").unwrap(), b"abc");
        for (answer, says) in [
            (&b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"[..], "3 of 9"),
            (b"HTTP/1.1 301 Moved\r\nLocation: x\r\n\r\n", "301"),
            (b"SSH-2.0\r\n", "not HTTP"),
        ] {
            assert!(body(answer).unwrap_err().contains(says));
        }
    }

    #[test]
    fn what_is_served_is_fetched() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/a/root.crl", listener.local_addr().unwrap());
        let served = std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut asked = [0; 512];
            let n = stream.read(&mut asked).unwrap();
            assert!(asked[..n].starts_with(b"GET /a/root.crl HTTP/1.0\r\n"));
            stream.write_all(b"HTTP/1.0 200 OK\r\nContent-Type: x\r\n\r\nserved").unwrap();
        });
        assert_eq!(get(&address).unwrap(), b"served");
        served.join().unwrap();
        assert_eq!(get("https://x.test/").unwrap_err().kind, Kind::Usage);
    }
}
