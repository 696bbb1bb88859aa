//! Web Site Rules: what is done with the path of a URL before it is answered. A pattern fits the path only, never the host or
//! the query. Written one a line; the server goes through them by kind, in the order of [`Rule`].

use std::fmt;

use serde::{Deserialize, Serialize};

/// A rule of a Web site or of Global Web Settings.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Rule {
    /// "Substitution": the path becomes another one, and nobody is told.
    Substitution {
        /// The pattern.
        pattern: String,
        /// What stands in its place.
        to: String,
    },
    /// "Redirection": the client is sent elsewhere.
    Redirect {
        /// The status that is sent: 301, for good, or 302.
        status: u16,
        /// The pattern.
        pattern: String,
        /// A path, or a whole URL.
        to: String,
    },
    /// "Directory": a folder of the server's file system.
    Directory {
        /// Whether programs in it are run; otherwise its files are read.
        execute: bool,
        /// The pattern.
        pattern: String,
        /// The folder, as the server names it.
        to: String,
    },
    /// "HTTP response header": something is added to the answer.
    Header {
        /// The status codes of the answers that get it; those of a usual answer when there is none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        codes: Vec<u16>,
        /// The pattern.
        pattern: String,
        /// The name of the header.
        name: String,
        /// What it says.
        value: String,
    },
    /// "Expires header" of the same rule: answers say until when they may be kept.
    Expires {
        /// The status codes of the answers that get it; those of a usual answer when there is none.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        codes: Vec<u16>,
        /// After how many days they expire.
        days: u16,
        /// The pattern.
        pattern: String,
    },
    /// "Override session authentication": the paths use basic authentication.
    OverrideSession {
        /// The pattern.
        pattern: String,
    },
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Substitution { pattern, to } => write!(f, "substitution {pattern} = {to}"),
            Self::Redirect { status, pattern, to } => write!(f, "redirect {status} {pattern} = {to}"),
            Self::Directory { execute, pattern, to } => {
                write!(f, "directory {} {pattern} = {to}", if *execute { "execute" } else { "read" })
            }
            Self::Header { codes, pattern, name, value } => {
                write!(f, "header {}{pattern} {name}: {value}", written(codes))
            }
            Self::Expires { codes, days, pattern } => {
                write!(f, "expires {}{days}d {pattern}", written(codes))
            }
            Self::OverrideSession { pattern } => write!(f, "override-session {pattern}"),
        }
    }
}

impl Rule {
    /// Reads a rule from its line. Errors: what is allowed in place of what does not fit.
    pub fn read(line: &str) -> Result<Self, String> {
        let (word, rest) = word_of(line);
        match word.to_ascii_lowercase().as_str() {
            "substitution" => {
                let (pattern, to) = sides(rest)?;
                Ok(Self::Substitution { pattern, to: path(&to)? })
            }
            "redirect" => {
                let (status, rest) = match word_of(rest) {
                    ("301", rest) => (301, rest),
                    ("302", rest) => (302, rest),
                    // Without a number it is the usual one.
                    (word, _) if word.starts_with('/') => (302, rest),
                    _ => return Err("redirect 301 or redirect 302, then the pattern".into()),
                };
                let (pattern, to) = sides(rest)?;
                Ok(Self::Redirect { status, pattern, to: target(&to)? })
            }
            "directory" => {
                let (access, rest) = word_of(rest);
                let execute = match access {
                    "read" => false,
                    "execute" => true,
                    _ => return Err("directory read or directory execute, then the pattern".into()),
                };
                let (pattern, to) = sides(rest)?;
                Ok(Self::Directory { execute, pattern, to })
            }
            "header" => {
                let (codes, rest) = codes_of(rest)?;
                let (pattern, rest) = word_of(rest);
                let (name, value) = rest.split_once(':').ok_or("header /* Name: value")?;
                let (name, value) = (name.trim(), value.trim());
                if name.is_empty()
                    || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.!#$%&'*+^`|~".contains(&b))
                {
                    return Err(
                        "the name of a header, such as Strict-Transport-Security, before the colon".into()
                    );
                }
                if value.is_empty() || value.chars().any(char::is_control) {
                    return Err("what the header says, on one line, behind the colon".into());
                }
                Ok(Self::Header { codes, pattern: path(pattern)?, name: name.into(), value: value.into() })
            }
            "expires" => {
                let (codes, rest) =
                    codes_of(rest).map_err(|why| format!("{why}; a number of days is written 30d"))?;
                let (days, pattern) = word_of(rest);
                let days = days.strip_suffix(['d', 'D']).and_then(|days| days.parse().ok());
                let days =
                    days.ok_or("expires 30d /icons/*: a number of days up to 65535, then the pattern")?;
                Ok(Self::Expires { codes, days, pattern: path(pattern)? })
            }
            "override-session" => Ok(Self::OverrideSession { pattern: path(rest)? }),
            _ => Err(
                "a rule begins with substitution, redirect, directory, header, expires or override-session"
                    .into(),
            ),
        }
    }
}

/// Reads rules, one a line; empty lines are nothing. Errors: the number of the line that does not fit, and what is allowed.
pub fn read(text: &str) -> Result<Vec<Rule>, String> {
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let rule = |(at, line): (usize, &str)| Rule::read(line).map_err(|why| format!("line {}: {why}", at + 1));
    lines.map(rule).collect()
}

/// Writes rules, one a line.
pub fn write(rules: &[Rule]) -> String {
    rules.iter().map(Rule::to_string).collect::<Vec<_>>().join("\n")
}

/// Reads status codes such as `200,404` where the first word is such; none otherwise.
fn codes_of(text: &str) -> Result<(Vec<u16>, &str), String> {
    let (word, rest) = word_of(text);
    if word.is_empty() || !word.bytes().all(|b| b.is_ascii_digit() || b == b',') {
        return Ok((Vec::new(), text.trim()));
    }
    let code = |code: &str| code.parse().ok().filter(|code| (100..600).contains(code));
    let codes = word.split(',').map(code).collect::<Option<Vec<u16>>>();
    Ok((codes.ok_or("status codes from 100 to 599 with commas between them, such as 200,404")?, rest))
}

/// Writes status codes with a space behind them; nothing when there is none.
fn written(codes: &[u16]) -> String {
    let codes = codes.iter().map(u16::to_string).collect::<Vec<_>>().join(",");
    if codes.is_empty() { codes } else { format!("{codes} ") }
}

fn word_of(text: &str) -> (&str, &str) {
    let text = text.trim();
    let (word, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    (word, rest.trim())
}

/// Reads `PATTERN = WHAT`.
fn sides(text: &str) -> Result<(String, String), String> {
    let (pattern, to) =
        text.split_once(" = ").ok_or("the pattern, then \" = \", then what takes its place")?;
    let to = to.trim();
    if to.is_empty() || to.chars().any(char::is_control) {
        return Err("what takes the place of the pattern, behind the =".into());
    }
    Ok((path(pattern)?, to.to_owned()))
}

/// Reads a pattern: a path, which may hold `*`.
fn path(text: &str) -> Result<String, String> {
    let text = text.trim();
    let bad = |c: char| c.is_whitespace() || c.is_control();
    if !text.starts_with('/') || text.contains(bad) {
        return Err("a path such as /old/*, without spaces".into());
    }
    if text.contains(['?', '#']) {
        return Err("a path without ? and #: the query is never looked at".into());
    }
    Ok(text.to_owned())
}

/// Reads where a client is sent: a path, or a whole URL.
fn target(text: &str) -> Result<String, String> {
    let low = text.to_ascii_lowercase();
    let rest = low.strip_prefix("https://").or_else(|| low.strip_prefix("http://"));
    let whole = rest.is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    let plain = !text.contains(|c: char| c.is_whitespace() || c.is_control());
    if plain && (whole || text.starts_with('/')) {
        return Ok(text.to_owned());
    }
    Err("a path such as /new/, or a URL such as https://www.example.test/new/".into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_rule_is_read_and_written_as_it_was() {
        let text = "substitution /old/* = /new/*\n\
                    redirect 301 /a/* = https://www.example.test:8443/b/\n\
                    redirect 302 /x = /y\n\
                    directory read /icons/* = domino/icons\n\
                    directory execute /cgi-bin/* = domino/cgi-bin\n\
                    header /* Strict-Transport-Security: max-age=31536000; includeSubDomains\n\
                    header 200,404 /a/* X-Frame-Options: DENY\n\
                    expires 30d /icons/*\n\
                    expires 200,206 1d /js/*\n\
                    override-session /api/*";
        let rules = read(text).unwrap();
        assert_eq!(rules.len(), 10);
        assert_eq!(write(&rules), text);
        assert_eq!(read("\n redirect /x = /y \n").unwrap(), read("redirect 302 /x = /y").unwrap());
    }

    #[test]
    fn what_is_no_rule_names_its_line_and_what_is_allowed() {
        for (bad, says) in [
            ("forward /a = /b", "begins with substitution"),
            ("redirect 307 /a = /b", "301 or redirect 302"),
            ("redirect /a = ftp://x", "a URL such as https"),
            ("redirect /a", "\" = \""),
            ("substitution a = /b", "a path such as"),
            ("substitution /a?b=* = /b", "the query is never looked at"),
            ("directory /icons/* = x", "read or directory execute"),
            ("header /* Bad Name: x", "before the colon"),
            ("header /* X-Frame-Options", "Name: value"),
            ("header /* X:", "behind the colon"),
            ("header 99,200 /* X: y", "from 100 to 599"),
            ("expires /icons/*", "a number of days"),
            ("expires 30 /icons/*", "a number of days"),
            ("expires 1d icons", "a path such as"),
        ] {
            let why = read(&format!("override-session /a\n{bad}")).unwrap_err();
            assert!(why.starts_with("line 2: ") && why.contains(says), "{bad}: {why}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused_and_what_is_read_comes_back(text in "(substitution|redirect|directory|header|expires|override-session)?[ -~\\n]{0,60}") {
            if let Ok(rules) = read(&text) {
                proptest::prop_assert_eq!(read(&write(&rules)).unwrap(), rules);
            }
        }
    }
}
