//! A review as text, as Markdown and as JSON. Text and Markdown are made of the same parts, so that they say the same.

use serde_json::{Value, json};

use super::{Review, Reviewed, title};
use crate::model::accepted::Accepted;
use crate::model::escape::visible;
use crate::model::finding::{Finding, Severity, Subject};

/// How a review is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Plain text.
    Text,
    /// Markdown.
    Markdown,
    /// JSON.
    Json,
}

impl Format {
    /// The names of all formats, in the order of the enum.
    pub const NAMES: [&'static str; 3] = ["text", "markdown", "json"];

    /// Reads a name.
    pub fn from_name(text: &str) -> Option<Self> {
        [Self::Text, Self::Markdown, Self::Json]
            .into_iter()
            .zip(Self::NAMES)
            .find(|(_, n)| *n == text)
            .map(|(f, _)| f)
    }

    /// Chooses a format by the end of a file's name: `.md`, `.json`; anything else is text.
    pub fn of_file(name: &str) -> Self {
        let end = name.rsplit_once('.').map_or("", |(_, end)| end);
        match end.to_ascii_lowercase().as_str() {
            "md" | "markdown" => Self::Markdown,
            "json" => Self::Json,
            _ => Self::Text,
        }
    }
}

impl Review {
    /// Writes it.
    pub fn write(&self, format: Format) -> String {
        match format {
            Format::Text => self.parts().iter().map(Part::text).collect::<String>().trim_start().to_owned(),
            Format::Markdown => {
                self.parts().iter().map(Part::markdown).collect::<String>().trim_start().to_owned()
            }
            Format::Json => format!("{:#}\n", self.json()),
        }
    }

    fn parts(&self) -> Vec<Part> {
        let counts = Severity::ALL.into_iter().rev().filter_map(|s| s.count(self.count(s)));
        let mut counts: Vec<_> = counts.collect();
        if counts.is_empty() {
            counts.push("nothing found".into());
        }
        let (accepted, obsolete) = (self.accepted(), self.obsolete.len());
        if accepted + obsolete > 0 {
            counts.push(format!("{accepted} accepted, {obsolete} of the acceptances obsolete"));
        }
        let mut parts = vec![
            Part::Title(format!("Security review of {}", self.at.date())),
            Part::Line(format!("State {} of the workspace: {}.", self.generation, counts.join(", "))),
            Part::Heading("Looked at".into()),
        ];
        let item = |text: &String| Part::Item(visible(text), Vec::new());
        parts.extend(self.looked.iter().map(item));
        parts.push(Part::Heading("Not looked at".into()));
        parts.extend(self.not_looked.iter().map(item));
        for object in &self.objects {
            parts.push(Part::Heading(heading(&object.subject)));
            parts.extend(object.settings.iter().map(|(label, value)| Part::Pair(label, one_line(value))));
            parts.extend(object.findings.iter().map(|f| Part::Item(found(f.severity.word(), f), below(f))));
            for (finding, risk) in &object.accepted {
                let head = found(&format!("accepted {}", finding.severity.word()), finding);
                parts.push(Part::Item(head, vec![sentence(risk)]));
            }
            if object.findings.is_empty() && object.accepted.is_empty() {
                parts.push(Part::Line("Nothing was found.".into()));
            }
        }
        if !self.obsolete.is_empty() {
            parts.push(Part::Heading("Obsolete acceptances".into()));
            for risk in &self.obsolete {
                let head = format!(
                    "{} about {}: it is not found any more.",
                    risk.rule,
                    visible(&risk.subject.to_string())
                );
                parts.push(Part::Item(head, vec![sentence(risk)]));
            }
        }
        if !self.rules.is_empty() {
            parts.push(Part::Heading("Rules cited".into()));
            for check in &self.rules {
                parts.push(Part::Item(format!("{}: {}", check.id, check.title), vec![check.explain.into()]));
            }
        }
        parts
    }

    fn json(&self) -> Value {
        let object = |object: &Reviewed| {
            let settings =
                object.settings.iter().map(|(label, value)| ((*label).to_owned(), value.clone().into()));
            let accepted = object.accepted.iter().map(|(finding, risk)| {
                let mut told = finding_json(finding);
                told["accepted"] = risk_json(risk);
                told
            });
            json!({
                "object": visible(&object.subject.to_string()),
                "settings": settings.collect::<serde_json::Map<String, Value>>(),
                "findings": object.findings.iter().map(finding_json).collect::<Vec<_>>(),
                "accepted": accepted.collect::<Vec<_>>(),
            })
        };
        let count = |severity: Severity| self.count(severity);
        json!({
            "date": self.at.date(),
            "generation": self.generation,
            "counts": {
                "errors": count(Severity::Error),
                "warnings": count(Severity::Warning),
                "notes": count(Severity::Info),
                "accepted": self.accepted(),
                "obsolete": self.obsolete.len(),
            },
            "looked_at": self.looked.iter().map(|t| visible(t)).collect::<Vec<_>>(),
            "not_looked_at": self.not_looked.iter().map(|t| visible(t)).collect::<Vec<_>>(),
            "objects": self.objects.iter().map(object).collect::<Vec<_>>(),
            "obsolete": self.obsolete.iter().map(risk_json).collect::<Vec<_>>(),
            "rules": self.rules.iter().map(|c| json!({ "rule": c.id, "title": c.title })).collect::<Vec<_>>(),
        })
    }
}

/// Brings a value of several lines, which may be aligned in columns, into one.
fn one_line(value: &str) -> String {
    let squeezed = value.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    squeezed.collect::<Vec<_>>().join("; ")
}

fn heading(subject: &Subject) -> String {
    let text = visible(&subject.to_string());
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn found(word: &str, finding: &Finding) -> String {
    format!("{word} {}: {}", finding.rule, finding.text)
}

fn below(finding: &Finding) -> Vec<String> {
    let remedy = Some(finding.remedy.clone()).filter(|remedy| !remedy.is_empty());
    remedy.into_iter().collect()
}

fn sentence(risk: &Accepted) -> String {
    let words = risk.words();
    format!("A{}.", words.strip_prefix('a').unwrap_or(&words))
}

fn finding_json(finding: &Finding) -> Value {
    json!({
        "rule": finding.rule,
        "title": title(&finding.rule),
        "severity": finding.severity.word(),
        "text": finding.text,
        "remedy": finding.remedy,
        "command": finding.command,
    })
}

fn risk_json(risk: &Accepted) -> Value {
    json!({
        "rule": risk.rule,
        "object": visible(&risk.subject.to_string()),
        "reason": visible(&risk.reason),
        "by": visible(&risk.by),
        "on": risk.at.date(),
        "until": risk.until.date(),
    })
}

/// A part of a page.
enum Part {
    Title(String),
    Heading(String),
    Line(String),
    Pair(&'static str, String),
    /// One of a list, and what stands below it.
    Item(String, Vec<String>),
}

impl Part {
    fn text(&self) -> String {
        match self {
            Self::Title(text) => format!("\n{text}\n{}\n", "=".repeat(text.chars().count())),
            Self::Heading(text) => format!("\n{text}\n{}\n", "-".repeat(text.chars().count())),
            Self::Line(text) => format!("  {text}\n"),
            Self::Pair(label, value) => format!("  {label}: {value}\n"),
            Self::Item(text, below) => {
                let below = below.iter().map(|line| format!("      {line}\n"));
                format!("  - {text}\n{}", below.collect::<String>())
            }
        }
    }

    fn markdown(&self) -> String {
        match self {
            Self::Title(text) => format!("\n# {}\n", plain(text)),
            Self::Heading(text) => format!("\n## {}\n\n", plain(text)),
            Self::Line(text) => format!("\n{}\n", plain(text)),
            Self::Pair(label, value) => format!("- {}: {}\n", plain(label), plain(value)),
            Self::Item(text, below) => {
                let below = below.iter().map(|line| format!("  \n  {}", plain(line)));
                format!("- **{}**{}\n", plain(text), below.collect::<String>())
            }
        }
    }
}

/// Takes the meaning from what Markdown would read as its own.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '#' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_is_chosen_by_name_and_by_the_end_of_a_file() {
        for (name, format) in Format::NAMES.into_iter().zip([Format::Text, Format::Markdown, Format::Json]) {
            assert_eq!(Format::from_name(name), Some(format));
        }
        for (file, format) in [("x.MD", Format::Markdown), ("a.b.json", Format::Json), ("md", Format::Text)] {
            assert_eq!(Format::of_file(file), format, "{file}");
        }
    }

    #[test]
    fn foreign_text_means_nothing_in_markdown() {
        assert_eq!(plain("<a> *b* [c](d) `e`"), "\\<a\\> \\*b\\* \\[c\\](d) \\`e\\`");
    }
}
