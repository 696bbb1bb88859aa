//! What a person decides about a revocation: the reason, since when, and a remark. What stands afterwards is in `issued`.

use super::escape::visible;
use super::field::{Field, Kind, Record, When, choice, put};
use super::issued::Reason;
use super::time::Timestamp;

/// What is asked when certificates are revoked, or the reason of a revocation is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRevocation {
    /// Why.
    pub reason: Reason,
    /// From when on the certificate is to be held invalid, when that is known to be earlier.
    pub invalidity: Option<Timestamp>,
    /// A remark for the audit chain.
    pub comment: String,
}

impl NewRevocation {
    /// Revokes for a reason, from now on, without a remark.
    pub fn of(reason: Reason) -> Self {
        Self { reason, invalidity: None, comment: String::new() }
    }
}

impl Record for NewRevocation {
    const NOUN: &'static str = "revocation";
    const FIELDS: &'static [Field<Self>] = &[
        Field {
            name: "reason",
            label: "Reason",
            help: "Why; it stands in the CRL.",
            kind: Kind::Choice(Reason::NAMES),
            when: When::AtCreation,
            get: |x, _| x.reason.name().into(),
            set: |x, t| choice(t, Reason::NAMES, Reason::from_name).map(|reason| x.reason = reason),
        },
        Field::fixed(
            "invalid-from",
            "Invalid from",
            "The day or moment in UTC from which on it is to be held invalid, such as 2026-11-20 or 2026-11-20 14:30; \
                   empty when that is not known.",
            |x, _| x.invalidity.map_or_else(String::new, Timestamp::text),
            |x, t| {
                x.invalidity = if t.trim().is_empty() { None } else { Some(moment(t)?) };
                Ok(())
            },
        ),
        Field::fixed(
            "remark",
            "Remark",
            "What the audit chain shall say beside the reason, such as a ticket number; it does not stand in the CRL.",
            |x, _| visible(&x.comment),
            |x, t| put(&mut x.comment, t),
        ),
    ];
}

/// What is asked when a hold is lifted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Release {
    /// A remark for the audit chain.
    pub comment: String,
}

impl Record for Release {
    const NOUN: &'static str = "release";
    const FIELDS: &'static [Field<Self>] = &[Field::fixed(
        "remark",
        "Remark",
        "Why the hold is lifted, such as: the token was found; it stands in the audit chain.",
        |x, _| visible(&x.comment),
        |x, t| put(&mut x.comment, t),
    )];
}

/// Reads a day, or a day and a time, in UTC.
fn moment(text: &str) -> Result<Timestamp, String> {
    let wrong = || "a day such as 2026-11-20, or 2026-11-20 14:30 in UTC".to_owned();
    let (day, clock) = match text.trim().trim_end_matches("UTC").trim().split_once([' ', 'T']) {
        Some((day, clock)) => (day, clock.trim()),
        None => (text.trim(), "00:00"),
    };
    let mut parts = clock.split(':').map(|part| part.parse::<i64>().ok().filter(|_| part.len() == 2));
    let (Some(Some(hours)), Some(Some(minutes)), seconds, None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(wrong());
    };
    let seconds = seconds.unwrap_or(Some(0)).ok_or_else(wrong)?;
    if !((0..24).contains(&hours) && (0..60).contains(&minutes) && (0..60).contains(&seconds)) {
        return Err(wrong());
    }
    let day = Timestamp::from_date(day).ok_or_else(wrong)?;
    Ok(Timestamp(day.0 + hours * 3600 + minutes * 60 + seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_read_as_it_is_written() {
        for (text, reads) in [
            ("2026-11-20", "2026-11-20 00:00:00 UTC"),
            (" 2026-11-20 14:30 ", "2026-11-20 14:30:00 UTC"),
            ("2026-11-20T14:30:59", "2026-11-20 14:30:59 UTC"),
            ("2026-11-20 14:30:59 UTC", "2026-11-20 14:30:59 UTC"),
        ] {
            assert_eq!(moment(text).unwrap().text(), reads, "{text}");
        }
        for wrong in [
            "yesterday",
            "2026-13-01",
            "2026-11-20 24:00",
            "2026-11-20 1:00",
            "2026-11-20 10",
            "2026-11-20 -1:-1",
        ] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_reason_says_when_to_choose_it() {
        for (reason, name) in Reason::ALL.into_iter().zip(Reason::NAMES) {
            assert_eq!(reason.name(), *name);
            assert_eq!(Reason::from_code(reason.code()), Some(reason));
            assert!(reason.meaning().ends_with('.'));
        }
    }
}
