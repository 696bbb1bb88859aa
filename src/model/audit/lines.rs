//! Audit entries for other programs, one a line: as JSON, from which the chain can be verified again, and for syslog.

use super::Line;
use crate::model::bytes::hex;
use crate::model::escape::{unseen, visible};

/// A form in which entries are written, one a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// An object a line (JSON Lines), with the body exactly as it was hashed.
    #[default]
    Json,
    /// Messages of RFC 5424.
    Syslog,
}

impl Form {
    /// The names of all forms, in the order of the enum.
    pub const NAMES: &'static [&'static str] = &["json-lines", "syslog"];

    /// Reads a name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Json, Self::Syslog].into_iter().zip(Self::NAMES).find(|(_, n)| **n == name).map(|(f, _)| f)
    }

    /// Writes an entry as one line without its end. Whatever a reader could not see is escaped.
    pub fn write(self, line: &Line<'_>) -> String {
        match self {
            Self::Json => json(line),
            Self::Syslog => syslog(line),
        }
    }
}

fn json(line: &Line<'_>) -> String {
    let value = serde_json::json!({
        "number": line.number,
        "time": rfc3339(line),
        "at": line.at.0,
        "operator": line.operator,
        "what": line.what,
        "object": line.object(),
        "body": line.body,
        "hash": line.hash.to_string(),
    });
    let mut out = String::new();
    // Unseen characters can only stand inside of strings, where the escape means the same.
    for c in value.to_string().chars() {
        if unseen(c) {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| out.push_str(&format!("\\u{unit:04x}")));
        } else {
            out.push(c);
        }
    }
    out
}

/// The facility "log audit" (13) with "notice" (5), and with "warning" (4) for what failed; RFC 5424 section 6.2.1.
const NOTICE: u8 = 13 * 8 + 5;
const WARNING: u8 = 13 * 8 + 4;

/// The enterprise number that is kept for examples and documentation (RFC 5612); the program has none of its own.
const ELEMENT: &str = "audit@32473";

fn syslog(line: &Line<'_>) -> String {
    let priority = if line.is_refusal() { WARNING } else { NOTICE };
    // A message identifier is printable ASCII without blanks, at most 32 characters.
    let kind: String =
        line.what.chars().map(|c| if c.is_ascii_graphic() { c } else { '-' }).take(32).collect();
    let kind = if kind.is_empty() { "-".to_owned() } else { kind };
    let object = line.object();
    let value = |text: &str| {
        let mut out = String::new();
        for c in visible(text).chars() {
            if matches!(c, '"' | '\\' | ']') {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    let text = match object.as_str() {
        "" => line.what.to_owned(),
        object => format!("{}: {object}, by {}", line.what, line.operator),
    };
    let text = visible(&text);
    // Text that is not ASCII begins with the mark that says it is UTF-8 (section 6.4).
    let mark = if text.is_ascii() { "" } else { "\u{feff}" };
    format!(
        "<{priority}>1 {} - ringmaster - {kind} [{ELEMENT} number=\"{}\" operator=\"{}\" object=\"{}\" hash=\"{}\"] {mark}{text}",
        rfc3339(line),
        line.number,
        value(line.operator),
        value(&object),
        hex(&line.hash.0),
    )
}

fn rfc3339(line: &Line<'_>) -> String {
    line.at.text().replacen(' ', "T", 1).replace(" UTC", "Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bytes::Digest;
    use crate::model::change::Fact;
    use crate::model::time::Timestamp;

    fn body(what: &str) -> String {
        serde_json::to_string(&Fact::UnlockFailed { what: what.into() }).unwrap()
    }

    fn line<'a>(operator: &'a str, body: &'a str) -> Line<'a> {
        let at = Timestamp(1_790_000_000);
        Line { number: 3, at, operator, what: "unlock failed", body, hash: Digest([0xab; 32]) }
    }

    #[test]
    fn syslog_has_the_shape_of_the_standard_and_escapes_what_is_foreign() {
        let body = body("certifier ro\"o]t\u{202e}");
        let text = Form::Syslog.write(&line("ann \\ ü", &body));
        assert!(
            text.starts_with(
                "<108>1 2026-09-21T14:13:20Z - ringmaster - unlock-failed [audit@32473 number=\"3\" "
            ),
            "{text}"
        );
        assert!(
            text.contains("operator=\"ann \\\\ ü\"") && text.contains("ro\\\"o\\]t\\\\E2\\\\80\\\\AE"),
            "{text}"
        );
        assert!(
            text.contains(&format!("hash=\"{}\"] \u{feff}unlock failed: certifier", "ab".repeat(32))),
            "{text}"
        );
        assert!(!text.contains('\u{202e}') && !text.contains('\n'));
    }

    proptest::proptest! {
        #[test]
        fn json_keeps_every_character_and_shows_none_unseen(operator: String, what: String) {
            let body = body(&what);
            let text = Form::Json.write(&line(&operator, &body));
            proptest::prop_assert!(!text.chars().any(unseen));
            let read: serde_json::Value = serde_json::from_str(&text).unwrap();
            proptest::prop_assert_eq!(read["operator"].as_str(), Some(operator.as_str()));
            proptest::prop_assert_eq!(read["body"].as_str(), Some(body.as_str()));
        }
    }
}
