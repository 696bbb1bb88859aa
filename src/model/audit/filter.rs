//! Which entries of the audit chain are meant: the words of a filter, and what fits them.

use std::cell::OnceCell;

use super::Line;
use crate::model::time::{DAY, Timestamp};

/// Which entries are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    terms: Vec<(bool, Test)>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Test {
    By(String),
    Kind(String),
    Object(String),
    Since(Timestamp),
    Until(Timestamp),
    Text(String),
}

/// What a filter of the audit chain understands, for help and mistakes.
pub const WORDS: &str = "by:NAME, kind:WORD, object:WORD, since:DATE, until:DATE, or any words; a minus or not: before one turns \
                         it around, and quotes keep words together";

impl Filter {
    /// Reads a filter as it is typed: `by:ann kind:issued object:"certifier root" since:2026-11-01 -mail`.
    ///
    /// Errors: a date that is none, a quote that is not closed, a term without a word.
    pub fn parse(text: &str, now: Timestamp) -> Result<Self, String> {
        let mut terms = Vec::new();
        for token in tokens(text)? {
            let (not, token) = match token.strip_prefix('-').or_else(|| token.strip_prefix("not:")) {
                Some(rest) if !rest.is_empty() => (true, rest.to_owned()),
                _ => (false, token),
            };
            let (name, value) = token.split_once(':').unwrap_or(("", token.as_str()));
            if value.trim().is_empty() {
                return Err(format!("a word is missing behind \"{token}\""));
            }
            let low = value.to_lowercase();
            let test = match name {
                "by" => Test::By(low),
                "kind" => Test::Kind(low.replace('-', " ")),
                "object" => Test::Object(low),
                "since" => Test::Since(Timestamp::moment(value, now)?),
                "until" => Test::Until(until(value, now)?),
                _ => Test::Text(token.to_lowercase()),
            };
            terms.push((not, test));
        }
        Ok(Self { terms })
    }

    /// Tells whether every entry is kept.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Returns the moment from which on entries are meant; earlier ones need not be looked at.
    pub fn since(&self) -> Option<Timestamp> {
        let since = self.terms.iter().filter_map(|term| match term {
            (false, Test::Since(at)) => Some(*at),
            _ => None,
        });
        since.max()
    }

    /// Tells whether an entry is meant.
    pub fn keeps(&self, line: &Line<'_>) -> bool {
        let (object, body) = (OnceCell::new(), OnceCell::new());
        let object = || object.get_or_init(|| line.object().to_lowercase());
        let body = || body.get_or_init(|| line.body.to_lowercase());
        self.terms.iter().all(|(not, test)| {
            let holds = match test {
                Test::By(name) => line.operator.to_lowercase().contains(name),
                Test::Kind(word) => line.what.to_lowercase().contains(word),
                Test::Object(word) => object().contains(word),
                Test::Since(at) => line.at >= *at,
                Test::Until(at) => line.at <= *at,
                Test::Text(word) => {
                    line.what.to_lowercase().contains(word)
                        || line.operator.to_lowercase().contains(word)
                        || body().contains(word)
                        || object().contains(word)
                }
            };
            holds != *not
        })
    }
}

/// Reads the last moment of a day, or a moment.
fn until(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    match Timestamp::from_date(text.trim()) {
        Some(day) => Ok(Timestamp(day.0 + DAY - 1)),
        None => Timestamp::moment(text, now),
    }
}

/// Splits at blanks that stand in no quotes; the quotes are taken away.
fn tokens(text: &str) -> Result<Vec<String>, String> {
    let (mut all, mut token, mut quoted) = (Vec::new(), String::new(), false);
    for c in text.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c.is_whitespace() && !quoted => {
                if !token.is_empty() {
                    all.push(std::mem::take(&mut token));
                }
            }
            c => token.push(c),
        }
    }
    if quoted {
        return Err("the quote is not closed".into());
    }
    if !token.is_empty() {
        all.push(token);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bytes::Digest;
    use crate::model::change::Fact;

    fn now() -> Timestamp {
        Timestamp::from_date("2026-11-25").unwrap()
    }

    fn line(body: &str) -> Line<'_> {
        let at = Timestamp(now().0 - 2 * DAY);
        Line { number: 7, at, operator: "Ann", what: "unlock failed", body, hash: Digest::default() }
    }

    #[test]
    fn terms_hold_together_and_a_minus_turns_one_around() {
        let body = serde_json::to_string(&Fact::UnlockFailed { what: "certifier root".into() }).unwrap();
        let kept = |text: &str| Filter::parse(text, now()).unwrap().keeps(&line(&body));
        for good in [
            "",
            "by:ann",
            "kind:unlock-failed",
            "object:root",
            "object:\"certifier root\"",
            "since:2026-11-23 until:2026-11-23",
            "-by:bob root",
            "not:by:bob",
            "FAILED ann",
        ] {
            assert!(kept(good), "{good}");
        }
        for bad in ["by:bob", "kind:issued", "object:mail", "since:2026-11-24", "until:2026-11-22", "-root"] {
            assert!(!kept(bad), "{bad}");
        }
        assert!(line(&body).is_refusal());
    }

    #[test]
    fn mistakes_are_said() {
        for (bad, says) in [("by:", "missing"), ("\"a", "quote"), ("since:soon", "2027")] {
            let error = Filter::parse(bad, now()).unwrap_err();
            assert!(error.contains(says), "{bad}: {error}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_filter_is_read_or_refused(text: String) {
            if let Ok(filter) = Filter::parse(&text, now()) {
                filter.keeps(&line("{}"));
            }
        }
    }
}
