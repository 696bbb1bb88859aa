//! Reads the services of `ringmaster probe --file`: one a line, with the protocol that changes over where that is not usual at
//! the port. Connects to nothing.

use std::path::Path;

use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::seen::{Begin, Errand};
use crate::model::site::service;
use crate::store::brought;

/// The most services of one file.
const MOST: usize = 1000;
/// The most bytes of one file.
const LARGEST: usize = 1 << 20;

/// Reads a file.
pub(super) fn read(path: &Path) -> Result<Vec<Errand>> {
    let bytes = brought::read_within(path, true, LARGEST)?.bytes;
    let name = brought::shown(path);
    let all = parse(&String::from_utf8_lossy(&bytes)).map_err(|(line, why)| {
        Error::usage(format!("Line {line} of {name} names no service to connect to."))
            .why(format!("{why}."))
            .next("Write HOST, HOST:PORT or [ADDRESS]:PORT on each line, and behind it smtp, imap, pop3, ldap or none.")
    })?;
    if all.is_empty() {
        return Err(Error::usage(format!("{name} names no service.")).next("Write HOST:PORT, one a line."));
    }
    if all.len() > MOST {
        return Err(Error::refused(format!("{name} names {} services.", all.len()))
            .why(format!("At most {MOST} are visited at once."))
            .next("Split the file."));
    }
    Ok(all)
}

/// Reads the lines; `#` begins a comment. The error is the number of the line, and why.
fn parse(text: &str) -> std::result::Result<Vec<Errand>, (usize, String)> {
    let mut all = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let Some(target) = words.next() else { continue };
        let (host, port) = service(target).map_err(|why| (number, why))?;
        let begin = match words.next() {
            None => Begin::ByPort,
            Some(word) => Begin::from_name(word)
                .ok_or_else(|| (number, format!("\"{}\" is no protocol that changes over", visible(word))))?,
        };
        if words.next().is_some() {
            return Err((number, "there are more than two words".into()));
        }
        all.push(Errand { host, port, begin, ..Errand::default() });
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_read_with_comments_and_protocols() {
        let text = "# all of them\n\nmail.example.test\n [::1]:8443  # here\nmx.example.test:2525 smtp\nmx.example.test smtp\n";
        let all = parse(text).unwrap();
        let words: Vec<_> = all.iter().map(|e| format!("{} {}", e.service(), e.begin.name())).collect();
        assert_eq!(
            words,
            [
                "mail.example.test:443 by-port",
                "[::1]:8443 by-port",
                "mx.example.test:2525 smtp",
                "mx.example.test:25 smtp"
            ]
        );
        for (text, line) in
            [("a.test\nhttps://x\n", 2), ("a.test ftp", 1), ("a.test smtp x", 1), ("\n\na.test:0", 3)]
        {
            assert_eq!(parse(text).unwrap_err().0, line, "{text}");
        }
    }
}
