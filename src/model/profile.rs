//! Certificate profiles: what an issued certificate contains, decided here and not by the request.

use serde::{Deserialize, Serialize};

use super::time::Timestamp;

/// From a day on, certificates may be valid for at most so many days.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CalendarStep {
    /// The first day, `YYYY-MM-DD`; an empty text is "since ever".
    pub from: String,
    /// The maximum in days of 86,400 seconds.
    pub max_days: u32,
}

/// A certificate profile, as it stands in a RON file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// The name, which is the file name.
    pub name: String,
    /// One line for choice lists.
    pub title: String,
    /// Rises with every change.
    pub version: u32,
    /// Validity in days when nobody says otherwise.
    pub days: u32,
    /// The longest validity in days.
    pub max_days: u32,
    /// Further limits that begin on a date; the last step whose day has come counts.
    pub calendar: Vec<CalendarStep>,
    /// Seconds by which `notBefore` lies before signing, for peers whose clocks are behind.
    pub backdate: u32,
    /// Key usage bit names for RSA keys.
    pub key_usage_rsa: Vec<String>,
    /// Key usage bit names for other keys.
    pub key_usage_other: Vec<String>,
    /// Extended key usages as dotted OIDs.
    pub extended: Vec<String>,
    /// Kinds of alternative names that are taken over from the request: `dns`, `ip`, `email`, `uri`, `other`.
    pub alt_names: Vec<String>,
    /// Whether at least one alternative name is needed and a common name must repeat one of them.
    pub names_needed: bool,
    /// The smallest RSA modulus in bits.
    pub min_rsa: u32,
    /// Kinds of keys accepted beside RSA: `P-256`, `P-384`, `P-521`, `Ed25519`.
    pub keys: Vec<String>,
}

/// A validity after all limits, and which limit cut it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Validity {
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until, inclusive.
    pub not_after: Timestamp,
    /// Says what shortened it; empty when nothing did.
    pub clamped: String,
}

impl Profile {
    /// Returns the longest validity in days that profile and calendar allow at `now`, and which of the two says so.
    pub fn limit(&self, now: Timestamp) -> (u32, &'static str) {
        let step = self
            .calendar
            .iter()
            .rfind(|s| s.from.is_empty() || Timestamp::from_date(&s.from).is_some_and(|f| f <= now));
        match step {
            Some(step) if step.max_days < self.max_days => (step.max_days, "calendar"),
            _ => (self.max_days, "profile"),
        }
    }

    /// Clamps `days` from `now` to the profile, its calendar and the issuer's own end.
    pub fn validity(&self, days: u32, now: Timestamp, issuer: (Timestamp, Timestamp)) -> Validity {
        let (limit, whose) = self.limit(now);
        let mut clamped = String::new();
        let mut used = days;
        if days > limit {
            used = limit;
            clamped = format!("{days} days asked; the {whose} \"{}\" allows {limit}", self.name);
        }
        let not_before = Timestamp((now.0 - i64::from(self.backdate)).max(issuer.0.0));
        // Both ends are inclusive (RFC 5280 4.1.2.5): one second less, or the last second makes another day.
        let mut not_after = Timestamp(not_before.plus_days(i64::from(used)).0 - 1);
        if not_after > issuer.1 {
            not_after = issuer.1;
            clamped = format!("the certifier's own certificate ends on {}", issuer.1.date());
        }
        Validity { not_before, not_after, clamped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        Profile {
            name: "p".into(),
            title: String::new(),
            version: 1,
            days: 90,
            max_days: 398,
            calendar: vec![
                CalendarStep { from: "2026-03-15".into(), max_days: 200 },
                CalendarStep { from: "2027-03-15".into(), max_days: 100 },
            ],
            backdate: 3600,
            key_usage_rsa: vec![],
            key_usage_other: vec![],
            extended: vec![],
            alt_names: vec![],
            names_needed: true,
            min_rsa: 2048,
            keys: vec![],
        }
    }

    #[test]
    fn validity_is_clamped_by_calendar_and_issuer_and_says_so() {
        let at = |d| Timestamp::from_date(d).unwrap();
        let p = profile();
        let v = p.validity(365, at("2026-11-23"), (at("2020-01-01"), at("2040-01-01")));
        assert_eq!(v.not_after.0 - v.not_before.0 + 1, 200 * super::super::time::DAY);
        assert!(v.clamped.contains("calendar"), "{}", v.clamped);
        assert_eq!(p.limit(at("2026-03-14")).0, 398);
        assert_eq!(p.limit(at("2028-01-01")).0, 100);
        let v = p.validity(90, at("2026-11-23"), (at("2020-01-01"), at("2026-12-01")));
        assert_eq!(v.not_after, at("2026-12-01"));
        assert!(v.clamped.contains("certifier"), "{}", v.clamped);
        assert_eq!(p.validity(90, at("2026-11-23"), (at("2020-01-01"), at("2040-01-01"))).clamped, "");
    }
}
