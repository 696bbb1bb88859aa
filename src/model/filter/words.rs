//! Writes filters: as an expression that reads back to the same, and in plain words.

use std::fmt;

use super::{Age, Clock, Date, Filter, Part, Span, Status, Term, Test, Unit, Used};
use crate::model::escape::visible;

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, term) in self.terms.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            term.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // These are said by their own words.
        match (&self.test, self.not) {
            (Test::Used(Used::Anywhere), not) => {
                return f.write_str(if not { "used:no" } else { "used:yes" });
            }
            (Test::Duplicate, not) => return f.write_str(if not { "dup:no" } else { "dup:yes" }),
            (Test::SharedKey, not) => return f.write_str(if not { "sharedkey:no" } else { "sharedkey:yes" }),
            (Test::Superseded, not) => {
                return f.write_str(if not { "superseded:no" } else { "superseded:yes" });
            }
            _ => {}
        }
        if self.not {
            f.write_str("-")?;
        }
        match &self.test {
            Test::Text(text) => f.write_str(&quoted(text, true)),
            Test::Part(part, text) => write!(f, "{}:{}", part.field(), quoted(text, false)),
            Test::Name(text) => write!(f, "name:{}", quoted(text, false)),
            Test::Ring(text) => write!(f, "ring:{}", quoted(text, false)),
            Test::Key(kind) => write!(f, "key:{}", quoted(kind, false)),
            Test::KeyBelow(bits) => write!(f, "key<{bits}"),
            Test::KeyAbove(bits) => write!(f, "key>{bits}"),
            Test::Used(Used::Keyring) => f.write_str("used:keyring"),
            Test::Used(_) => f.write_str("used:certifier"),
            Test::Status(status) => write!(f, "status:{}", status.word()),
            Test::Time(_, Span::Past(None)) => f.write_str("expired"),
            Test::Time(_, Span::Past(Some(age))) => write!(f, "expired<{age}"),
            Test::Time(clock, span) => {
                let field = if *clock == Clock::Ends { "expires" } else { "issued" };
                match span {
                    Span::Within(age) => write!(f, "{field}<{age}"),
                    Span::Beyond(age) => write!(f, "{field}>{age}"),
                    Span::Before(date) => write!(f, "{field}<{date}"),
                    Span::After(date) => write!(f, "{field}>{date}"),
                    Span::From(a, b) if a == b => write!(f, "{field}:{a}"),
                    Span::From(a, b) => write!(f, "{field}:{a}..{b}"),
                    Span::Past(_) => Ok(()),
                }
            }
            Test::Request(id) => write!(f, "request:{id}"),
            Test::Reason(reason) => write!(f, "reason:{}", reason.name()),
            Test::Duplicate | Test::SharedKey | Test::Superseded => Ok(()),
        }
    }
}

/// Puts a text into quotes where it would be read as something else; a word is also taken for a field or a negation.
pub(super) fn quoted(text: &str, word: bool) -> String {
    let odd = |c: char| c.is_whitespace() || c == '"' || (word && matches!(c, ':' | '<' | '>' | '='));
    if text.is_empty() || text.contains(odd) || (word && (text.starts_with('-') || text == "expired")) {
        return format!("\"{}\"", text.replace('"', "\"\""));
    }
    text.to_owned()
}

impl fmt::Display for Age {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Days => 'd',
            Unit::Weeks => 'w',
            Unit::Months => 'm',
            Unit::Years => 'y',
        };
        write!(f, "{}{unit}", self.count)
    }
}

impl Age {
    fn words(self) -> String {
        let unit = match self.unit {
            Unit::Days => "day",
            Unit::Weeks => "week",
            Unit::Months => "month",
            Unit::Years => "year",
        };
        format!("{} {unit}{}", self.count, if self.count == 1 { "" } else { "s" })
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}", self.year)?;
        for part in [self.month, self.day].iter().filter(|part| **part > 0) {
            write!(f, "-{part:02}")?;
        }
        Ok(())
    }
}

impl Part {
    fn field(self) -> &'static str {
        match self {
            Self::Issuer => "issuer",
            Self::Subject => "subject",
            Self::Serial => "serial",
            Self::Profile => "profile",
            Self::By => "by",
            Self::Approver => "approver",
        }
    }
}

impl Filter {
    /// Says the filter in plain words: `ends within 30 days, RSA key, in no keyring`.
    pub fn explain(&self) -> String {
        self.terms.iter().map(Term::words).collect::<Vec<_>>().join(", ")
    }
}

impl Term {
    fn words(&self) -> String {
        let not = self.not;
        let holds = |what: &str, text: &str| {
            let verb = if not { "does not hold" } else { "holds" };
            format!("{what} {verb} \"{}\"", visible(text))
        };
        let either = |yes: &str, no: &str| (if not { no } else { yes }).to_owned();
        match &self.test {
            Test::Text(text) if not => format!("without \"{}\"", visible(text)),
            Test::Text(text) => format!("with \"{}\"", visible(text)),
            Test::Part(Part::Issuer, text) => holds("issuer", text),
            Test::Part(Part::Subject, text) => holds("subject", text),
            Test::Part(Part::Serial, text) => holds("serial number", &text.to_uppercase()),
            Test::Part(Part::Profile, text) => holds("profile", text),
            Test::Part(Part::By, text) => holds("signer", text),
            Test::Part(Part::Approver, text) => holds("approver", text),
            Test::Name(text) if text.contains('*') => {
                format!("{} \"{}\"", either("a name like", "no name like"), visible(text))
            }
            Test::Name(text) => format!(
                "{} \"{}\"",
                either("a name holds or covers", "no name holds or covers"),
                visible(text)
            ),
            Test::Key(kind) => {
                let kind = if kind.starts_with("rsa") || kind.starts_with("p-") {
                    kind.to_uppercase()
                } else {
                    visible(kind)
                };
                format!("{}{kind} key", either("", "no "))
            }
            Test::KeyBelow(bits) => format!("{}RSA key below {bits} bits", either("", "no ")),
            Test::KeyAbove(bits) => format!("{}RSA key above {bits} bits", either("", "no ")),
            Test::Used(Used::Anywhere) => either("in a keyring or certifier", "in no keyring or certifier"),
            Test::Used(Used::Keyring) => either("in a keyring", "in no keyring"),
            Test::Used(Used::Certifier) => either("of a certifier", "of no certifier"),
            Test::Ring(text) => {
                format!(
                    "{} \"{}\"",
                    either("in a keyring named like", "in no keyring named like"),
                    visible(text)
                )
            }
            Test::Status(status) => {
                let word = match status {
                    Status::Good => "ok",
                    Status::Soon => "valid and ending soon",
                    Status::Expired => "expired and not revoked",
                    Status::NotYet => "not valid yet",
                    Status::Revoked => "revoked",
                };
                format!("{}{word}", either("", "not "))
            }
            Test::Duplicate => either(
                "its names are in more than one valid certificate",
                "no other valid certificate has its names",
            ),
            Test::SharedKey => either("its key is used more than once", "its key is used only here"),
            Test::Request(id) => format!("{} request {id}", either("answers", "does not answer")),
            Test::Reason(reason) => {
                format!("{} for {}", either("revoked", "not revoked"), reason.name())
            }
            Test::Superseded => either("another one has taken its place", "no other one has taken its place"),
            Test::Time(clock, span) => {
                let text = span.words(*clock);
                match span {
                    Span::Past(None) if not => "has not ended".into(),
                    _ if not => format!("not ({text})"),
                    _ => text,
                }
            }
        }
    }
}

impl Span {
    fn words(self, clock: Clock) -> String {
        let verb = if clock == Clock::Ends { "ends" } else { "signed" };
        match (self, clock) {
            (Self::Within(age), Clock::Ends) => format!("ends within {}", age.words()),
            (Self::Beyond(age), Clock::Ends) => format!("ends in more than {}", age.words()),
            (Self::Within(age), Clock::Issued) => format!("signed within the last {}", age.words()),
            (Self::Beyond(age), Clock::Issued) => format!("signed more than {} ago", age.words()),
            (Self::Past(None), _) => "has ended".into(),
            (Self::Past(Some(age)), _) => format!("has ended within the last {}", age.words()),
            (Self::Before(date), _) => format!("{verb} before {date}"),
            (Self::After(date), _) => format!("{verb} after {date}"),
            (Self::From(a, b), _) if a == b && a.day > 0 => format!("{verb} on {a}"),
            (Self::From(a, b), _) if a == b => format!("{verb} in {a}"),
            (Self::From(a, b), _) => format!("{verb} from {a} to {b}"),
        }
    }
}
