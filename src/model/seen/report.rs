//! Writes what a scan saw as lines that an administrator reads: the same on the screen and on standard output.

use super::{Answer, Face, Order, Scan, Spoken, Version};
use crate::model::cipher::{Grade, Suite};
use crate::model::escape::visible;
use crate::model::finding::Severity;
use crate::model::site::host_port;
use crate::model::time::Timestamp;

/// A line of the report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it is about, in a word or two; empty where it goes on with the line before.
    pub label: String,
    /// The text, escaped.
    pub text: String,
    /// How bad it is, where it is bad.
    pub severity: Option<Severity>,
    /// Whether it begins a part.
    pub heading: bool,
}

impl Said {
    fn new(label: impl Into<String>, text: impl AsRef<str>) -> Self {
        Self { label: label.into(), text: visible(text.as_ref()), severity: None, heading: false }
    }

    fn part(title: impl Into<String>) -> [Self; 2] {
        [Self::new("", ""), Self { heading: true, ..Self::new(title, "") }]
    }

    /// Writes the line for standard output: the label in a column, the text beside it.
    pub fn line(&self) -> String {
        format!("{:<14}{}", self.label, self.text).trim_end().to_owned()
    }
}

/// The answers in words, in the order of [`super::Manners::named`]: label, yes, no.
const MANNERS: [(&str, &str, &str); 10] = [
    ("Renegotiation", "secure (RFC 5746)", "the secure kind is not known"),
    ("By clients", "clients may renegotiate", "refused to clients"),
    ("Master secret", "extended (RFC 7627)", "not extended"),
    ("Compression", "on", "off"),
    ("Tickets", "given", "none"),
    ("Fallback", "noticed (RFC 7507)", "not noticed"),
    ("End", "close_notify is sent", "closes without close_notify"),
    ("STARTTLS", "MORE CAME BEFORE TLS BEGAN", "nothing came before TLS began"),
    ("Injection", "COMMANDS SENT IN THE CLEAR ARE KEPT", "commands sent in the clear are forgotten"),
    ("Bind", "anonymous bind is answered with success", "anonymous bind is refused"),
];

impl Scan {
    /// Writes everything that was seen, the remarks first.
    pub fn lines(&self) -> Vec<Said> {
        let mut lines = vec![Said::new("Service", self.service())];
        let more = if self.whole { "" } else { "; NOT EVERYTHING COULD BE ASKED" };
        lines.push(Said::new(
            "Scanned",
            format!("{}, {} connections{more}", self.at.text(), self.connections),
        ));
        lines.extend(
            self.failed
                .map(|stage| Said::new("Failed", format!("the first step that failed: {}", stage.word()))),
        );
        lines.extend(self.notes.iter().map(|note| Said::new("Note", note)));
        lines.extend(self.remarks().into_iter().map(|r| {
            let text = format!("{}: {} {}", r.severity.word(), r.text, r.remedy);
            Said { severity: Some(r.severity), ..Said::new("Remark", text) }
        }));
        lines.extend(Said::part("Versions"));
        lines.extend(self.versions.iter().map(|spoken| self.version_line(spoken)));
        lines.extend(self.matrix());
        let groups: Vec<_> = self.groups.iter().map(|g| g.name()).collect();
        lines.extend(Said::part("Manners"));
        if !groups.is_empty() {
            lines.push(Said::new("Key exchange", groups.join(", ")));
        }
        lines.extend(self.manners());
        lines.extend(Said::part("Certificates"));
        lines.extend(self.faces.iter().map(|face| face.line(self.at)));
        lines
    }

    /// Names the service: `mail.example.test:25 with STARTTLS (192.0.2.1:25)`.
    pub fn service(&self) -> String {
        let starttls = self.starttls.map_or_else(String::new, |s| format!(", STARTTLS of {}", s.name()));
        let way = match self.proxy.as_str() {
            "" => format!(" ({})", self.address),
            proxy => format!(" (through the proxy {proxy})"),
        };
        format!("{}{starttls}{way}", host_port(&self.host, self.port))
    }

    fn version_line(&self, spoken: &Spoken) -> Said {
        let because = |word: &str| match spoken.why.as_str() {
            "" => word.to_owned(),
            why => format!("{word}: {why}"),
        };
        let text = match spoken.answer {
            Answer::No => because("no"),
            Answer::Unsure => because("unsure"),
            Answer::Yes => {
                let count = spoken.suites.len() + spoken.kinds.len();
                let suites = if count == 1 { "1 suite".to_owned() } else { format!("{count} suites") };
                let order = match spoken.order {
                    Order::Server => ", the server chooses",
                    Order::Client => ", the client chooses",
                    Order::Unclear => "",
                };
                let dh = spoken.dh_bits.map_or_else(String::new, |bits| format!(", DHE of {bits} bits"));
                let more = if spoken.whole { "" } else { " and perhaps more" };
                because(&format!("YES, {suites}{more}{order}{dh}"))
            }
        };
        let old = |r: &super::Remark| r.rule == "wire.version" && r.text.starts_with(spoken.version.name());
        let severity = self.remarks().iter().find(|r| old(r)).map(|r| r.severity);
        Said { severity, ..Said::new(spoken.version.name(), text) }
    }

    /// Writes the suites beside the versions that accept them: the place in the server's order, or `yes`.
    fn matrix(&self) -> Vec<Said> {
        let columns: Vec<&Spoken> = self.spoken().filter(|s| !s.suites.is_empty()).rev().collect();
        let mut rows: Vec<Suite> = Vec::new();
        for suite in columns.iter().flat_map(|s| &s.suites) {
            if !rows.contains(suite) {
                rows.push(*suite);
            }
        }
        let row = |mark: &str, cells: Vec<String>, name: &str| {
            let cells: String = cells.iter().map(|cell| format!("{cell:>3} ")).collect();
            format!("{mark:<2}{cells}{name}")
        };
        let mut lines = Vec::new();
        if !columns.is_empty() {
            let [gap, mut title] = Said::part("Suites");
            let short = |s: &&Spoken| s.version.name().rsplit(' ').next().unwrap_or_default().to_owned();
            title.text = row("", columns.iter().map(short).collect(), "! weak, !! broken");
            lines.extend([gap, title]);
        }
        lines.extend(rows.into_iter().map(|suite| {
            let (mark, severity) = match suite.grade() {
                Grade::Good => ("", None),
                Grade::Weak => ("!", Some(Severity::Info)),
                Grade::Broken => ("!!", Some(Severity::Error)),
            };
            let cells = columns.iter().map(|s| cell(s, suite)).collect();
            let name = suite.short().unwrap_or("a suite that is not known here");
            Said { severity, ..Said::new(suite.hex(), row(mark, cells, name)) }
        }));
        lines.extend(self.spoken().flat_map(|s| &s.kinds).map(|kind| Said::new(Version::Ssl2.name(), kind)));
        lines
    }

    fn manners(&self) -> Vec<Said> {
        let manners = &self.manners;
        let said = manners.named().zip(MANNERS).filter_map(|((_, answer), (label, yes, no))| match answer {
            Answer::Yes => Some(Said::new(label, yes)),
            Answer::No => Some(Said::new(label, no)),
            Answer::Unsure => None,
        });
        let mut lines: Vec<Said> = said.collect();
        lines.extend(manners.clock.map(|skew| match skew {
            0 => Said::new("Clock", "as here"),
            skew if skew > 0 => Said::new("Clock", format!("{skew} s ahead")),
            skew => Said::new("Clock", format!("{} s behind", -skew)),
        }));
        lines
    }
}

fn cell(spoken: &Spoken, suite: Suite) -> String {
    let place = spoken.suites.iter().position(|s| *s == suite);
    match (place, spoken.order) {
        (None, _) => "-".into(),
        (Some(place), Order::Server) => (place + 1).to_string(),
        (Some(_), _) => "yes".into(),
    }
}

impl Face {
    fn line(&self, now: Timestamp) -> Said {
        let label = self.asked.words();
        if self.sent.is_empty() {
            return Said::new(label, format!("none: {}", self.failed));
        }
        let ends = match self.ends {
            Some(ends) if ends < now => format!(", ENDED {}", ends.date()),
            Some(ends) => format!(", ends {}", ends.date()),
            None => String::new(),
        };
        let print = self.sent.first().map_or_else(String::new, |d| format!(", SHA-256 {}...", d.short()));
        let staple = self.staple.as_ref().map_or_else(
            || ", no OCSP staple".into(),
            |s| {
                let until = s.next_update.map_or_else(String::new, |at| format!(" until {}", at.date()));
                format!(", OCSP staple: {}{until}", s.status)
            },
        );
        let others = self.sent.len().saturating_sub(1);
        Said::new(label, format!("{} (+{others}){ends}{print}{staple}", self.subject))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::scan;
    use super::*;

    #[test]
    fn suites_stand_beside_the_versions_that_accept_them() {
        let mut scan = scan(&[Version::Tls11, Version::Tls12]);
        scan.versions[3].suites = vec![Suite(0x2F)];
        scan.versions[4].suites = vec![Suite(0xC030), Suite(0x2F)];
        scan.versions[4].order = Order::Server;
        let text: Vec<_> = scan.lines().iter().map(Said::line).collect();
        let text = text.join("\n");
        let row = |code: &str| {
            let line = text.lines().find(|l| l.starts_with(code)).unwrap();
            line.trim_start_matches(code)
                .trim_start_matches([' ', '!'])
                .split_whitespace()
                .take(2)
                .collect::<Vec<_>>()
                .join(" ")
        };
        assert_eq!(row("Suites"), "1.2 1.1");
        assert_eq!((row("C030"), row("2F")), ("1 -".into(), "2 yes".into()));
        assert!(text.contains("TLS 1.2       YES, 2 suites, the server chooses"), "{text}");
        assert!(text.contains("TLS 1.3       no: protocol_version (70)"), "{text}");
    }

    #[test]
    fn a_certificate_that_ended_is_said_so() {
        let mut scan = scan(&[Version::Tls13]);
        scan.at = scan.faces[0].ends.unwrap().plus_days(1);
        assert!(scan.lines().iter().any(|l| l.text.contains("ENDED 2027")));
    }
}
