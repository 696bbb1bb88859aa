//! Points in time as whole seconds, and how they are written. Owns no clock: the present is always passed in.

use serde::{Deserialize, Serialize};
use time::macros::format_description;
use time::{Date, OffsetDateTime};

/// Seconds in a day.
pub const DAY: i64 = 86_400;

/// A point in time: seconds since 1970-01-01 00:00:00 UTC, without leap seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// Reads the civil date `YYYY-MM-DD` as its first second in UTC.
    pub fn from_date(text: &str) -> Option<Self> {
        let date = Date::parse(text, format_description!("[year]-[month]-[day]")).ok()?;
        Some(Self(date.midnight().assume_utc().unix_timestamp()))
    }

    /// Reads what a person types for a date: `2027-01-31`, or `+90d`, `+6m`, `+1y` counted from `now`.
    ///
    /// A month is 30 days and a year 365, as certificate policies count them.
    pub fn typed(text: &str, now: Self) -> Option<Self> {
        let text = text.trim();
        let Some(span) = text.strip_prefix('+') else { return Self::from_date(text) };
        let (number, unit) = span.split_at_checked(span.len().checked_sub(1)?)?;
        let days = match unit {
            "d" => 1,
            "w" => 7,
            "m" => 30,
            "y" => 365,
            _ => return None,
        };
        let count: i64 = number.parse().ok().filter(|n| (0..=100_000).contains(n))?;
        Some(now.plus_days(count * days))
    }

    /// Reads what a person types for a moment: whatever [`Self::typed`] takes, `now`, `-30d`, or a date with a time of day in
    /// UTC: `2027-03-01 12:00`, `2027-03-01T12:00:00Z`. Errors: what can be written, in words.
    pub fn moment(text: &str, now: Self) -> Result<Self, String> {
        let text = text.trim();
        let back = |span: &str| Self::typed(&format!("+{span}"), now).map(|at| Self(now.0 - (at.0 - now.0)));
        let read = match text.strip_prefix('-') {
            Some(span) => back(span),
            None if text == "now" => Some(now),
            None => Self::typed(text, now).or_else(|| Self::date_and_time(text)),
        };
        read.ok_or_else(|| {
            let text = super::escape::visible(text);
            format!(
                "\"{text}\" is no date: write 2027-03-01, 2027-03-01 12:00 (in UTC), +90d, +6m, +1y, -30d, or now"
            )
        })
    }

    fn date_and_time(text: &str) -> Option<Self> {
        let text = text.trim_end_matches(" UTC").trim_end_matches('Z');
        let (date, clock) = text.split_once([' ', 'T'])?;
        let mut parts = clock.trim_start().split(':').map(|part| {
            let digits = part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
            part.parse::<i64>().ok().filter(|_| digits)
        });
        let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(0))?);
        let good = hour < 24 && minute < 60 && second < 60 && parts.next().is_none();
        let date = Self::from_date(date).filter(|_| good)?;
        Some(Self(date.0 + hour * 3600 + minute * 60 + second))
    }

    /// Returns the time this many days later (earlier when negative).
    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self(self.0.saturating_add(days.saturating_mul(DAY)))
    }

    /// Returns the whole days from `now` until this time, rounded down: -1 means that it passed within the last day.
    pub fn days_from(self, now: Self) -> i64 {
        (self.0 - now.0).div_euclid(DAY)
    }

    /// Returns the same point as the `time` crate's type; years outside 0..=9999 are clamped.
    pub fn utc(self) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(self.0.clamp(-62_135_596_800, 253_402_300_799))
            .unwrap_or(OffsetDateTime::UNIX_EPOCH)
    }

    /// Returns the civil date in UTC, `2027-01-31`.
    pub fn date(self) -> String {
        let d = self.utc();
        format!("{:04}-{:02}-{:02}", d.year(), u8::from(d.month()), d.day())
    }

    /// Returns date and time in UTC to the second, `2027-01-31 23:59:59 UTC`.
    pub fn text(self) -> String {
        let d = self.utc();
        format!("{} {:02}:{:02}:{:02} UTC", self.date(), d.hour(), d.minute(), d.second())
    }
}

/// Writes a time as the clocks of a place show it, `2027-02-01 00:59:59 CET`; `None` where they show UTC or nothing is
/// known of that time.
pub fn local(at: Timestamp, zone: &tz::TimeZone) -> Option<String> {
    let kind = zone.find_local_time_type(at.0).ok().filter(|kind| kind.ut_offset() != 0)?;
    let there = Timestamp(at.0.saturating_add(i64::from(kind.ut_offset()))).text();
    Some(there.replace("UTC", kind.time_zone_designation()))
}

impl From<OffsetDateTime> for Timestamp {
    fn from(value: OffsetDateTime) -> Self {
        Self(value.unix_timestamp())
    }
}

/// Says how long ago something was, in one unit: `5 min`, `3 h`, `2 days`. What lies ahead, by a clock that was set back, is
/// `0 min`.
pub fn age(since: Timestamp, now: Timestamp) -> String {
    match now.0.saturating_sub(since.0).max(0) {
        seconds if seconds < 2 * 3600 => format!("{} min", seconds / 60),
        seconds if seconds < 2 * DAY => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / DAY),
    }
}

/// Says a number of days in words, as a person would: `6 days left`, `ends today`, `ended 3 days ago`.
pub fn days_left(days: i64) -> String {
    match days {
        1 => "1 day left".into(),
        d if d > 1 => format!("{d} days left"),
        0 => "ends today".into(),
        -1 => "ended yesterday".into(),
        d => format!("ended {} days ago", -d),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_dates_are_absolute_or_relative() {
        let now = Timestamp::from_date("2026-11-23").unwrap();
        assert_eq!(Timestamp::typed("2027-01-31", now).unwrap().date(), "2027-01-31");
        assert_eq!(Timestamp::typed("+90d", now).unwrap().date(), "2027-02-21");
        assert_eq!(Timestamp::typed("+1y", now).unwrap().date(), "2027-11-23");
        for bad in ["", "+", "+d", "+1x", "2027-13-01", "+é", "tomorrow", "+-5d"] {
            assert_eq!(Timestamp::typed(bad, now), None, "{bad}");
        }
    }

    #[test]
    fn moments_are_dates_times_of_day_or_spans_in_both_directions() {
        let now = Timestamp::from_date("2026-11-23").unwrap();
        for (text, read) in [
            ("2027-03-01", "2027-03-01 00:00:00 UTC"),
            (" 2027-03-01 12:00 ", "2027-03-01 12:00:00 UTC"),
            ("2027-03-01T12:00:59Z", "2027-03-01 12:00:59 UTC"),
            ("2027-03-01 23:59:59 UTC", "2027-03-01 23:59:59 UTC"),
            ("+90d", "2027-02-21 00:00:00 UTC"),
            ("-1y", "2025-11-23 00:00:00 UTC"),
            ("now", "2026-11-23 00:00:00 UTC"),
        ] {
            assert_eq!(Timestamp::moment(text, now).map(Timestamp::text), Ok(read.to_owned()), "{text}");
        }
        for bad in
            ["", "-", "2027-02-30", "2027-03-01 24:00", "2027-03-01 1:00", "1 March", "+-5d", "--5d", "-é"]
        {
            let error = Timestamp::moment(bad, now).unwrap_err();
            assert!(error.contains("write 2027-03-01"), "{bad}: {error}");
        }
    }

    #[test]
    fn days_count_down_through_zero() {
        let now = Timestamp(1_000_000);
        assert_eq!(Timestamp(1_000_000 + 2 * DAY + 5).days_from(now), 2);
        assert_eq!(Timestamp(1_000_000 - 5).days_from(now), -1);
        assert_eq!(days_left(0), "ends today");
        assert_eq!(days_left(-3), "ended 3 days ago");
    }

    #[test]
    fn an_age_has_one_unit() {
        for (seconds, said) in [
            (-5, "0 min"),
            (59, "0 min"),
            (7199, "119 min"),
            (7200, "2 h"),
            (2 * DAY - 1, "47 h"),
            (2 * DAY, "2 days"),
            (i64::MAX, "106751991167300 days"),
        ] {
            assert_eq!(age(Timestamp(0), Timestamp(seconds)), said);
        }
    }

    #[test]
    fn local_time_follows_the_rules_of_the_place() {
        let berlin = tz::TimeZone::from_posix_tz("CET-1CEST,M3.5.0,M10.5.0/3").unwrap();
        let at = |text: &str| Timestamp(Timestamp::from_date(text).unwrap().0 + DAY - 1);
        assert_eq!(local(at("2027-01-31"), &berlin).unwrap(), "2027-02-01 00:59:59 CET");
        assert_eq!(local(at("2027-07-31"), &berlin).unwrap(), "2027-08-01 01:59:59 CEST");
        assert_eq!(local(at("2027-07-31"), &tz::TimeZone::utc()), None);
        assert_eq!(local(Timestamp(i64::MAX), &berlin), None);
    }

    #[test]
    fn far_times_do_not_panic() {
        assert_eq!(Timestamp(i64::MAX).date(), "9999-12-31");
        assert_eq!(Timestamp(i64::MIN).date(), "0001-01-01");
    }
}
