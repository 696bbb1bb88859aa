//! Lines of the `index.txt` of `openssl ca`: what was issued, in the form that other tools write and read.

use crate::model::bytes::{Serial, unhex};
use crate::model::certifier::past::Past;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::issued::{Issued, Reason, Revocation};
use crate::model::time::Timestamp;

/// Reads what an `index.txt` tells, line by line; `file` is its name in messages. The certificates are not in it.
///
/// Errors: `Damaged`, with the number of the first line that is none.
pub fn read(text: &str, file: &str) -> Result<Vec<Past>> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            entry(line).ok_or_else(|| {
                Error::damaged(format!("Line {} of {file} cannot be read.", number + 1))
                    .why("It is not status, end, revocation, serial, file and subject, with tabs between them.")
                    .next("Repair it first: what was revoked must not be lost.")
            })
        })
        .collect()
}

fn entry(line: &str) -> Option<Past> {
    let fields: Vec<_> = line.split('\t').collect();
    let [status, end, revocation, serial, _, subject] = fields.as_slice() else { return None };
    let not_after = moment(end)?;
    let revoked = match *status {
        "V" | "E" => None,
        "R" => {
            let mut parts = revocation.split(',');
            let at = moment(parts.next()?)?;
            let (word, more) = (parts.next().unwrap_or_default(), parts.next());
            let (reason, invalidity) = match word {
                "" => (Reason::Unspecified, None),
                "keyTime" => (Reason::KeyCompromise, Some(moment(more?)?)),
                "CAkeyTime" => (Reason::CaCompromise, Some(moment(more?)?)),
                "holdInstruction" => (Reason::CertificateHold, None),
                word => (Reason::from_name(word).unwrap_or(Reason::Unspecified), None),
            };
            let (by, comment) = (String::new(), String::new());
            Some(Revocation { at, reason, invalidity, by, comment })
        }
        _ => return None,
    };
    let serial = serial_of(serial)?;
    let (subject, certificate, authority) = (comma_form(subject), None, None);
    Some(Past { serial, subject, not_after, certificate, revoked, authority })
}

/// Reads a serial number in hexadecimal digits, as it is encoded: without needless zero octets, and positive.
pub fn serial_of(digits: &str) -> Option<Serial> {
    let even = if digits.len() % 2 == 1 { format!("0{digits}") } else { digits.to_owned() };
    let read = unhex(&even).filter(|b| !b.is_empty() && b.len() <= 21)?;
    let skip = read.iter().take_while(|b| **b == 0).count().min(read.len() - 1);
    let mut octets = read.get(skip..)?.to_vec();
    if octets.first().is_some_and(|b| *b >= 0x80) {
        octets.insert(0, 0);
    }
    Some(Serial(octets))
}

/// Reads `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`.
pub fn moment(text: &str) -> Option<Timestamp> {
    let digits = text.trim().strip_suffix('Z').filter(|d| d.bytes().all(|b| b.is_ascii_digit()))?;
    let whole = match digits.len() {
        12 => format!("{}{digits}", if digits.get(..2)? < "50" { "20" } else { "19" }),
        14 => digits.to_owned(),
        _ => return None,
    };
    let part = |from: usize, to: usize| whole.get(from..to);
    let date = Timestamp::from_date(&format!("{}-{}-{}", part(0, 4)?, part(4, 6)?, part(6, 8)?))?;
    let number = |from, to| part(from, to)?.parse::<i64>().ok();
    let (hours, minutes, seconds) = (number(8, 10)?, number(10, 12)?, number(12, 14)?);
    (hours < 24 && minutes < 60 && seconds < 61)
        .then(|| Timestamp(date.0 + hours * 3600 + minutes * 60 + seconds))
}

/// Turns `/C=DE/O=Example/CN=host` into RFC 4514 text, the last part first.
fn comma_form(subject: &str) -> String {
    let mut parts: Vec<String> = Vec::new();
    for part in subject.split('/').skip(1) {
        match parts.last_mut() {
            // A slash inside of a value.
            Some(last) if !part.contains('=') => last.push_str(&format!("/{part}")),
            _ => parts.push(part.to_owned()),
        }
    }
    let text = parts.iter().rev().map(|p| p.replace(',', "\\,")).collect::<Vec<_>>().join(",");
    visible(if text.is_empty() { subject } else { &text })
}

/// Returns the line of a certificate as of a moment, without the line end.
///
/// A subject is written as OpenSSL's one line form. OpenSSL knows no privilegeWithdrawn: such a line has no reason.
pub fn line(issued: &Issued, now: Timestamp) -> String {
    let (state, revoked) = match &issued.revoked {
        Some(revocation) => {
            let reason = match (revocation.reason, revocation.invalidity) {
                (Reason::Unspecified | Reason::PrivilegeWithdrawn, _) => String::new(),
                (Reason::KeyCompromise, Some(since)) => format!(",keyTime,{}", generalized(since)),
                (Reason::CaCompromise, Some(since)) => format!(",CAkeyTime,{}", generalized(since)),
                (Reason::CaCompromise, None) => ",CACompromise".into(),
                (reason, _) => format!(",{}", reason.name()),
            };
            ('R', format!("{}{reason}", time(revocation.at)))
        }
        None if issued.not_after < now => ('E', String::new()),
        None => ('V', String::new()),
    };
    let skip = issued.serial.0.iter().take_while(|b| **b == 0).count();
    let short = issued.serial.0.get(skip..).filter(|s| !s.is_empty()).unwrap_or(&[0]);
    let serial = crate::model::bytes::hex(short).to_uppercase();
    let subject = one_line(&issued.subject);
    format!("{state}\t{}\t{revoked}\t{serial}\tunknown\t{subject}", time(issued.not_after))
}

/// A time as `YYMMDDHHMMSSZ` until 2049, then with four digits of the year.
fn time(at: Timestamp) -> String {
    let whole = generalized(at);
    let short = ("1950".."2050").contains(&whole.get(..4).unwrap_or_default());
    if short { whole.get(2..).unwrap_or_default().to_owned() } else { whole }
}

fn generalized(at: Timestamp) -> String {
    at.text().chars().filter(char::is_ascii_digit).chain(['Z']).collect()
}

/// Turns RFC 4514 text, whose last part comes first, into `/C=DE/O=Example/CN=host`.
fn one_line(subject: &str) -> String {
    let mut parts = Vec::new();
    let mut part = String::new();
    let mut escaped = false;
    for c in subject.chars() {
        match c {
            ',' if !escaped => parts.push(std::mem::take(&mut part)),
            '\\' if !escaped => {
                escaped = true;
                continue;
            }
            // Two hexadecimal digits stay as they are written.
            c if escaped && c.is_ascii_hexdigit() => {
                part.push('\\');
                part.push(c);
            }
            c => part.push(c),
        }
        escaped = false;
    }
    if !part.is_empty() || !parts.is_empty() {
        parts.push(part);
    }
    parts.iter().rev().map(|p| format!("/{}", p.trim_start())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bytes::Serial;
    use crate::model::issued::Revocation;

    #[test]
    fn what_openssl_writes_is_read() {
        let text = "V\t281125000000Z\t\t01\tunknown\t/C=DE/O=A, B/CN=a.test\n\
                    R\t20501125000000Z\t261120101112Z,keyCompromise\tA1B2\tunknown\t/CN=b\n\
                    R\t281125000000Z\t261120101112Z,keyTime,20261101000000Z\t03\tunknown\t/CN=x/y\n\
                    E\t201125000000Z\t\t04\tunknown\t/CN=old\n";
        let all = read(text, "index.txt").unwrap();
        assert_eq!(all.len(), 4);
        assert_eq!((all[0].subject.as_str(), &all[0].serial.0[..]), ("CN=a.test,O=A\\, B,C=DE", &[1][..]));
        assert_eq!(all[1].serial.0, [0, 0xa1, 0xb2]);
        assert_eq!(all[1].revoked.as_ref().unwrap().reason, Reason::KeyCompromise);
        assert_eq!(all[1].not_after.date(), "2050-11-25");
        assert_eq!(all[2].revoked.as_ref().unwrap().invalidity.unwrap().date(), "2026-11-01");
        assert_eq!(all[2].subject, "CN=x/y");
        assert!(read("V\t1\n", "index.txt").unwrap_err().what.contains("Line 1"));
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[VRE]\t[0-9Z]{0,15}\t[0-9Za-z,]{0,30}\t[0-9A-F]{0,44}\tunknown\t.{0,20}") {
            let _ = read(&text, "x");
        }
    }

    #[test]
    fn a_line_says_what_became_of_a_certificate() {
        let at = |day: &str| Timestamp::from_date(day).unwrap();
        let mut issued = Issued {
            serial: Serial(vec![0, 0xab, 1]),
            subject: "CN=a\\, b,O=Example \\C3\\BC,C=DE".into(),
            not_after: at("2027-03-31"),
            ..Issued::default()
        };
        let end = "AB01\tunknown\t/C=DE/O=Example \\C3\\BC/CN=a, b";
        assert_eq!(line(&issued, at("2027-01-01")), format!("V\t270331000000Z\t\t{end}"));
        assert_eq!(line(&issued, at("2028-01-01")), format!("E\t270331000000Z\t\t{end}"));
        issued.not_after = at("2050-01-01");
        let revoked = |reason, invalidity| Revocation {
            at: at("2026-11-25"),
            reason,
            invalidity,
            by: String::new(),
            comment: String::new(),
        };
        for (revoked, says) in [
            (revoked(Reason::Unspecified, None), "261125000000Z"),
            (revoked(Reason::CertificateHold, None), "261125000000Z,certificateHold"),
            (revoked(Reason::KeyCompromise, Some(at("2026-11-01"))), "261125000000Z,keyTime,20261101000000Z"),
            (revoked(Reason::CaCompromise, None), "261125000000Z,CACompromise"),
        ] {
            issued.revoked = Some(revoked);
            assert_eq!(line(&issued, at("2027-01-01")), format!("R\t20500101000000Z\t{says}\t{end}"));
        }
    }
}
