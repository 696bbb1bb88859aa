//! The audit chain as people look at it: its head, the entries that a filter keeps, what an entry is about, and how
//! entries and heads are written for others. Knows no table and no hash function.

mod filter;
mod lines;
pub mod paper;
pub mod setback;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bytes::{Digest, hex, unhex};
use super::change::Fact;
use super::time::Timestamp;
pub use filter::{Filter, WORDS};
pub use lines::Form;

/// The last entry of a chain: who knows it can tell whether anything before it was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Head {
    /// The number of the entry.
    pub number: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Its hash.
    pub hash: Digest,
}

/// An entry of the chain while it is looked at.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// Its number, from 1 without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub operator: &'a str,
    /// The kind of the fact.
    pub what: &'a str,
    /// The fact as JSON.
    pub body: &'a str,
    /// Its hash.
    pub hash: Digest,
}

impl Line<'_> {
    /// Names what the entry is about, such as `certifier root`; empty for a fact of a newer version.
    pub fn object(&self) -> String {
        serde_json::from_str::<Fact>(self.body).map_or_else(|_| String::new(), |f| f.subject().to_string())
    }

    /// Names what the entry is about, and how a document came to say what it says.
    pub fn about(&self) -> String {
        let Ok(fact) = serde_json::from_str::<Fact>(self.body) else { return String::new() };
        let (object, way) = (fact.subject().to_string(), fact.way());
        if way.is_empty() { object } else { format!("{object}: {way}") }
    }

    /// Returns everything it says, as labels and values: the fact with each of its values on a line of its own. What is
    /// foreign is not escaped yet.
    pub fn details(&self) -> Vec<(String, String)> {
        let pair = |label: &str, value: String| (label.to_owned(), value);
        let mut all = vec![
            pair("Entry", self.number.to_string()),
            pair("Time", self.at.text()),
            pair("Operator", self.operator.to_owned()),
            pair("What", self.what.to_owned()),
            pair("Object", self.about()),
        ];
        let body = serde_json::from_str(self.body).unwrap_or_else(|_| Value::String(self.body.to_owned()));
        // The outermost name is that of the kind of fact, which stands above already.
        match body {
            Value::Object(fact) => fact.iter().for_each(|(_, value)| flatten("", value, &mut all)),
            other => flatten("", &other, &mut all),
        }
        all.push(pair("Hash", groups(&self.hash).join("\n")));
        all
    }

    /// Tells whether it tells of something that failed or was refused.
    pub fn is_refusal(&self) -> bool {
        ["failed", "refused", "abandoned"].iter().any(|word| self.what.contains(word))
    }
}

/// How much of one value is shown; certificates and requests stand in a body whole.
const SHOWN: usize = 240;

/// The first moment of the year 2000.
const CENTURY: i64 = 946_684_800;

fn flatten(path: &str, value: &Value, all: &mut Vec<(String, String)>) {
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    let mut push = |text: String| {
        if !text.is_empty() && !path.is_empty() {
            let length = text.chars().count();
            let text = match length > SHOWN {
                true => format!("{} ... ({length} characters)", text.chars().take(SHOWN).collect::<String>()),
                false => text,
            };
            all.push((path.replace('_', " "), text));
        }
    };
    match value {
        Value::Null => {}
        Value::String(text) => push(text.clone()),
        // Bytes of keys are lists of numbers; nobody reads those one by one.
        Value::Array(items) if items.len() > 1 && items.iter().all(Value::is_number) => {
            push(format!("{} bytes", items.len()));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| flatten(&below(&(i + 1).to_string()), v, all))
        }
        Value::Object(map) => map.iter().for_each(|(name, v)| flatten(&below(name), v, all)),
        // No count in a fact is as large as a moment of this century.
        Value::Number(n) => match n.as_i64().filter(|at| *at >= CENTURY) {
            Some(at) => push(Timestamp(at).text()),
            None => push(n.to_string()),
        },
        other => push(other.to_string()),
    }
}

/// Writes a digest in sixteen groups of four digits on two lines, to be read aloud and compared on paper.
pub fn groups(digest: &Digest) -> [String; 2] {
    let digits = hex(&digest.0);
    let (first, second) = digits.split_at(32);
    let line = |half: &str| {
        let groups = half.as_bytes().chunks(4).map(|g| String::from_utf8_lossy(g).into_owned());
        groups.collect::<Vec<_>>().join(" ")
    };
    [line(first), line(second)]
}

/// Reads a head as paper has it: the number of the entry (may be left out) and a colon, then the hash, with any blanks.
///
/// Errors: it is no hash of 64 hexadecimal digits, or the number is none.
pub fn typed_head(text: &str) -> Result<(Option<u64>, Digest), String> {
    let text = text.trim();
    let (number, digits) = match text.split_once(':') {
        Some((number, rest)) if number.trim().len() < 20 && !rest.contains(':') => {
            let number = number.trim().trim_start_matches("entry").trim();
            let number = number.parse().map_err(|_| format!("\"{number}\" is no number of an entry"))?;
            (Some(number), rest)
        }
        _ => (None, text),
    };
    let digits: String = digits.chars().filter(|c| !c.is_whitespace() && *c != ':').collect();
    let bytes = unhex(&digits).and_then(|b| <[u8; 32]>::try_from(b).ok());
    bytes
        .map(|b| (number, Digest(b)))
        .ok_or_else(|| format!("a head has 64 hexadecimal digits, and these are {}", digits.chars().count()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_on_paper_is_read_back() {
        let digest = Digest(std::array::from_fn(|i| u8::try_from(i * 7 % 256).unwrap()));
        let [first, second] = groups(&digest);
        assert_eq!((first.len(), second.len()), (39, 39));
        for (text, number) in [
            (format!("{first}\n {second}"), None),
            (format!("12: {first} {second}"), Some(12)),
            (format!("entry 12:{digest}"), Some(12)),
            (crate::model::bytes::colons(&digest.0), None),
        ] {
            assert_eq!(typed_head(&text), Ok((number, digest)), "{text}");
        }
        assert!(typed_head("12:00").unwrap_err().contains("64"));
        assert!(typed_head(&format!("x1:{digest}")).is_err());
    }

    proptest::proptest! {
        #[test]
        fn any_head_is_read_or_refused(text: String) {
            let _ = typed_head(&text);
        }
    }
}
