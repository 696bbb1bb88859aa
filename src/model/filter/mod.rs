//! Filter expressions over certificates: what they mean and which certificates fit them. Pure: the present is passed in,
//! and how the many rows of the issued list are searched is the store's affair.

mod complete;
mod parse;
mod words;

pub use complete::{Known, complete, replace};
pub use parse::{Mistake, field_of, of_fields, parse, plain};

use super::finding::Subject;
use super::issued::Reason;
use super::time::{DAY, Timestamp};
use super::verdict::Verdict;

/// A filter: a certificate fits when it fits every term. The empty filter fits all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The terms as typed, in order.
    pub terms: Vec<Term>,
}

/// One term of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Whether it is left out what fits.
    pub not: bool,
    /// What is asked.
    pub test: Test,
}

/// What a term asks. Texts are in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// The text stands somewhere in the row.
    Text(String),
    /// The text stands in one part of the row.
    Part(Part, String),
    /// A name fits a pattern with `*`, holds the text, or is a wildcard that covers the host.
    Name(String),
    /// The end or the time of signing lies in a span.
    Time(Clock, Span),
    /// The key is of a kind: the name of the kind begins so.
    Key(String),
    /// The key is RSA and shorter than so many bits.
    KeyBelow(u32),
    /// The key is RSA and longer than so many bits.
    KeyAbove(u32),
    /// Where it stands.
    Used(Used),
    /// It stands in a keyring whose name holds the text.
    Ring(String),
    /// The verdict of the list.
    Status(Status),
    /// Another certificate that is valid now has the same names.
    Duplicate,
    /// Another certificate or keyring has the same key.
    SharedKey,
    /// It answers the request of this number.
    Request(u64),
    /// It is revoked for this reason.
    Reason(Reason),
    /// Another certificate has taken its place.
    Superseded,
}

/// A part of a row that is searched by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// The certifier or issuer.
    Issuer,
    /// The subject.
    Subject,
    /// The serial number, hexadecimal.
    Serial,
    /// The profile it was issued by.
    Profile,
    /// Who signed it.
    By,
    /// Who approved it.
    Approver,
}

/// Which time of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The last moment.
    Ends,
    /// The time of signing; the first moment where it was issued elsewhere.
    Issued,
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Less far from the present: an end that is still to come, a signing that was.
    Within(Age),
    /// Farther from the present, in the same direction.
    Beyond(Age),
    /// Past already, for no longer than this if an age is given.
    Past(Option<Age>),
    /// Before a day, month or year begins.
    Before(Date),
    /// After a day, month or year has ended.
    After(Date),
    /// From the beginning of the first to the end of the second.
    From(Date, Date),
}

/// A distance in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Age {
    /// How many.
    pub count: u32,
    /// Of what.
    pub unit: Unit,
}

/// A unit of distance in time; a month is 30 days and a year 365, as certificate policies count them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Days.
    Days,
    /// Weeks.
    Weeks,
    /// Months of 30 days.
    Months,
    /// Years of 365 days.
    Years,
}

/// A day, a month (day 0) or a year (month and day 0) of the calendar, in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Date {
    /// The year, 1 to 9999.
    pub year: u16,
    /// The month, or 0.
    pub month: u8,
    /// The day, or 0.
    pub day: u8,
}

/// Where a certificate stands in the workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Used {
    /// In a keyring or a certifier.
    Anywhere,
    /// In a keyring.
    Keyring,
    /// In a certifier.
    Certifier,
}

/// A verdict of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// Valid, and ends not soon.
    Good,
    /// Valid, and ends soon.
    Soon,
    /// Ended.
    Expired,
    /// Not valid yet.
    NotYet,
    /// Revoked.
    Revoked,
}

/// The present, and how many days count as soon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Moment {
    /// The present.
    pub now: Timestamp,
    /// The days of the warning band.
    pub soon: i64,
}

/// What a filter looks at in a certificate. All texts but the places are in lower case; what is not known yet (`None`)
/// fits, so that a row does not vanish before it is known.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Everything that a bare word is looked for in.
    pub text: &'a str,
    /// The certifier's name and the issuer.
    pub issuer: &'a str,
    /// The subject.
    pub subject: &'a str,
    /// The alternative names with their kinds, separated by a space.
    pub names: &'a str,
    /// The serial number, hexadecimal.
    pub serial: &'a str,
    /// The kind of key in words.
    pub key: &'a str,
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
    /// The time of signing.
    pub at: Timestamp,
    /// Why it is revoked, if it is.
    pub revoked: Option<Reason>,
    /// Where it stands in the workspace.
    pub places: &'a [Subject],
    /// The profile; empty when it was issued elsewhere.
    pub profile: Option<&'a str>,
    /// Who signed it; empty when it was issued elsewhere.
    pub by: Option<&'a str>,
    /// Who approved it; empty when it was issued elsewhere.
    pub approver: Option<&'a str>,
    /// The number of the request it answers; 0 when it answers none.
    pub request: Option<u64>,
    /// Whether another certificate has taken its place.
    pub superseded: Option<bool>,
    /// Whether it is a duplicate.
    pub duplicate: Option<bool>,
    /// Whether its key is used elsewhere.
    pub shared: Option<bool>,
}

impl Filter {
    /// Tells whether everything fits.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Tells whether a certificate fits.
    pub fn fits(&self, candidate: &Candidate<'_>, at: Moment) -> bool {
        self.terms.iter().all(|t| t.test.fits(candidate, at).is_none_or(|fits| fits != t.not))
    }

    /// Tells whether whatever fits this filter fits `wider` as well.
    pub fn narrows(&self, wider: &Self) -> bool {
        let implied = |old: &Term| {
            self.terms.iter().any(|new| match (&new.test, &old.test) {
                _ if new == old => true,
                _ if new.not || old.not => false,
                (Test::Text(new), Test::Text(old)) => new.contains(old.as_str()),
                (Test::Part(a, new), Test::Part(b, old)) => a == b && new.contains(old.as_str()),
                _ => false,
            })
        };
        wider.terms.iter().all(implied)
    }

    /// Returns this filter with one more term.
    #[must_use]
    pub fn and(mut self, test: Test) -> Self {
        self.terms.push(Term { not: false, test });
        self
    }
}

impl Test {
    /// Tells whether a certificate fits; `None` when that is not known yet.
    pub fn fits(&self, c: &Candidate<'_>, at: Moment) -> Option<bool> {
        Some(match self {
            Self::Text(text) => c.text.contains(text.as_str()),
            Self::Part(part, text) => {
                let whole = match part {
                    Part::Issuer => c.issuer,
                    Part::Subject => c.subject,
                    Part::Serial => c.serial,
                    Part::Profile => c.profile?,
                    Part::By => c.by?,
                    Part::Approver => c.approver?,
                };
                whole.contains(text.as_str())
            }
            Self::Name(pattern) => name_fits(pattern, c.names),
            Self::Time(Clock::Ends, span) => within(c.not_after, span.range(Clock::Ends, at.now)),
            Self::Time(Clock::Issued, span) => within(c.at, span.range(Clock::Issued, at.now)),
            Self::Key(_) | Self::KeyBelow(_) | Self::KeyAbove(_) => self.fits_key(c.key),
            Self::Used(used) => c.places.iter().any(|place| match used {
                Used::Anywhere => true,
                Used::Keyring => matches!(place, Subject::Keyring(_)),
                Used::Certifier => matches!(place, Subject::Certifier(_)),
            }),
            Self::Ring(text) => c.places.iter().any(|place| match place {
                Subject::Keyring(name) => name.to_lowercase().contains(text.as_str()),
                _ => false,
            }),
            Self::Status(status) => {
                let verdict = Verdict::of(c.revoked, (c.not_before, c.not_after), at.now, at.soon);
                status.is(verdict)
            }
            Self::Duplicate => c.duplicate?,
            Self::SharedKey => c.shared?,
            Self::Request(id) => c.request? == *id,
            Self::Reason(reason) => c.revoked == Some(*reason),
            Self::Superseded => c.superseded?,
        })
    }

    /// Tells whether a kind of key in words fits, where the test asks for one.
    pub fn fits_key(&self, key: &str) -> bool {
        let plain = squeezed(key);
        match self {
            Self::Key(wanted) => plain.starts_with(squeezed(wanted).as_str()),
            Self::KeyBelow(bits) => rsa_bits(&plain).is_some_and(|b| b < *bits),
            Self::KeyAbove(bits) => rsa_bits(&plain).is_some_and(|b| b > *bits),
            _ => true,
        }
    }
}

/// Tells whether a time lies in a range, both ends included.
pub fn within(time: Timestamp, (from, to): (Timestamp, Timestamp)) -> bool {
    from <= time && time <= to
}

fn squeezed(key: &str) -> String {
    key.chars().filter(|c| !matches!(c, '-' | ' ' | '_')).flat_map(char::to_lowercase).collect()
}

fn rsa_bits(plain: &str) -> Option<u32> {
    plain.strip_prefix("rsa")?.trim_start_matches("pss").parse().ok()
}

/// Tells whether one of the names (with their kinds, separated by a space, lower case) fits a pattern: a glob where it
/// has a `*`, else a part of the name, or a host that a wildcard name covers.
pub fn name_fits(pattern: &str, names: &str) -> bool {
    names.split(' ').any(|name| {
        let name = name.split_once(':').map_or(name, |(_, value)| value);
        if name.is_empty() {
            return false;
        }
        if pattern.contains('*') {
            return glob(pattern.as_bytes(), name.as_bytes());
        }
        let covers = |rest: &str| {
            pattern.split_once('.').is_some_and(|(label, tail)| !label.is_empty() && tail == rest)
        };
        name.contains(pattern) || name.strip_prefix("*.").is_some_and(covers)
    })
}

/// Tells whether a text fits a pattern in which `*` stands for any characters.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while t < text.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, t));
                p += 1;
            }
            Some(c) if text.get(t) == Some(c) => {
                p += 1;
                t += 1;
            }
            _ => match star {
                // The last star takes one character more.
                Some((at, taken)) => {
                    star = Some((at, taken + 1));
                    p = at + 1;
                    t = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(p..).unwrap_or_default().iter().all(|c| *c == b'*')
}

impl Age {
    /// Returns the days.
    pub fn days(self) -> i64 {
        let unit = match self.unit {
            Unit::Days => 1,
            Unit::Weeks => 7,
            Unit::Months => 30,
            Unit::Years => 365,
        };
        i64::from(self.count) * unit
    }
}

impl Date {
    /// Makes a day, month or year that is in the calendar.
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let date = Self { year, month, day };
        let text = format!("{year:04}-{:02}-{:02}", month.max(1), day.max(1));
        let fits = (1..=9999).contains(&year) && !(month == 0 && day != 0);
        Timestamp::from_date(&text).filter(|_| fits).map(|_| date)
    }

    /// Returns the day of a time, in UTC.
    pub fn of(time: Timestamp) -> Self {
        let utc = time.utc();
        let year = u16::try_from(utc.year()).unwrap_or(1).max(1);
        Self { year, month: u8::from(utc.month()), day: utc.day() }
    }

    /// Returns the first second.
    pub fn first(self) -> Timestamp {
        let text = format!("{:04}-{:02}-{:02}", self.year, self.month.max(1), self.day.max(1));
        Timestamp::from_date(&text).unwrap_or_default()
    }

    /// Returns the last second.
    pub fn last(self) -> Timestamp {
        let next = match (self.month, self.day) {
            (_, 1..) => return Timestamp(self.first().0 + DAY - 1),
            (0 | 12, 0) => Self { year: self.year + 1, month: 0, day: 0 },
            (month, 0) => Self { month: month + 1, ..self },
        };
        match Self::new(next.year, next.month, next.day) {
            Some(next) => Timestamp(next.first().0 - 1),
            None => Timestamp(i64::MAX),
        }
    }
}

impl Span {
    /// Returns the first and the last second of the span of a time, seen from `now`.
    pub fn range(self, clock: Clock, now: Timestamp) -> (Timestamp, Timestamp) {
        let (least, most) = (Timestamp(i64::MIN), Timestamp(i64::MAX));
        let second = |t: Timestamp, by: i64| Timestamp(t.0.saturating_add(by));
        match (self, clock) {
            (Self::Within(age), Clock::Ends) => (now, second(now.plus_days(age.days()), -1)),
            (Self::Beyond(age), Clock::Ends) => (now.plus_days(age.days()), most),
            (Self::Within(age), Clock::Issued) => (now.plus_days(-age.days()), most),
            (Self::Beyond(age), Clock::Issued) => (least, second(now.plus_days(-age.days()), -1)),
            (Self::Past(age), _) => (age.map_or(least, |age| now.plus_days(-age.days())), second(now, -1)),
            (Self::Before(date), _) => (least, second(date.first(), -1)),
            (Self::After(date), _) => (second(date.last(), 1), most),
            (Self::From(first, last), _) => (first.first(), last.last()),
        }
    }
}

impl Status {
    /// Every status, in the order of completions.
    pub const ALL: [Self; 5] = [Self::Good, Self::Soon, Self::Expired, Self::NotYet, Self::Revoked];

    /// Returns the word for it in an expression.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Soon => "soon",
            Self::Expired => "expired",
            Self::NotYet => "notyet",
            Self::Revoked => "revoked",
        }
    }

    /// Tells whether a verdict is this one.
    pub fn is(self, verdict: Verdict) -> bool {
        matches!(
            (self, verdict),
            (Self::Good, Verdict::Good)
                | (Self::Soon, Verdict::Soon(_))
                | (Self::Expired, Verdict::Expired)
                | (Self::NotYet, Verdict::NotYet)
                | (Self::Revoked, Verdict::Revoked | Verdict::Held)
        )
    }
}

#[cfg(test)]
mod tests;
