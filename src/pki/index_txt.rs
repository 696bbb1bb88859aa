//! Lines of the `index.txt` of `openssl ca`: what was issued, in the form that other tools read. Writes only.

use crate::model::issued::{Issued, Reason};
use crate::model::time::Timestamp;

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
