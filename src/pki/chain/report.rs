//! Writes the answer about a chain as lines that an administrator reads, leaf to root. It is the one layout for a keyring,
//! a file, a paste and a live endpoint, on the screen and on standard output. Judges nothing.

use super::bundle::Bundle;
use super::horizon::Horizon;
use super::inquiry::{Answer, Inquiry, Missing};
use super::{Explanation, Link};
use crate::model::escape::visible;
use crate::model::finding::{Finding, Severity};
use crate::model::time::{Timestamp, days_left};

/// How a line is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Ordinary.
    Plain,
    /// Begins a certificate.
    Heading,
    /// Found right; said in words as well.
    Good,
    /// Wants attention; said in words as well.
    Warning,
    /// Wrong; said in words as well.
    Bad,
}

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// What it is about, in a word; a space where it goes on with the line before.
    pub label: String,
    /// The text, escaped; an empty line when the label is empty too.
    pub text: String,
    /// How it is meant.
    pub tone: Tone,
    /// The command that helps, `object.verb`.
    pub command: Option<String>,
}

impl Line {
    /// Makes a plain line; the text is escaped.
    pub fn new(label: &str, text: impl AsRef<str>) -> Self {
        Self { label: label.into(), text: visible(text.as_ref()), tone: Tone::Plain, command: None }
    }

    fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    /// Writes the line for standard output: the label in a column, the text beside it.
    pub fn text(&self) -> String {
        format!("{:<14}{}", self.label, self.text).trim_end().to_owned()
    }
}

/// Counts things in words: `1 certificate`, `3 certificates`.
pub(super) fn count(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// Programs that refuse what the verdict of TLS lets pass, by rule.
const ELSEWHERE: &[(&str, &str)] = &[
    ("chain.expired", "OpenSSL and most others look at a root's dates, too"),
    ("chain.not-yet", "OpenSSL and most others look at a root's dates, too"),
    ("chain.key-usage", "OpenSSL, Java and browsers demand keyCertSign of an issuer"),
    ("chain.key-id", "OpenSSL, and what is built on it, goes by the key identifiers"),
    ("chain.strict", "Python since 3.13 and openssl verify -x509_strict test the form"),
    ("chain.extended", "some programs go by the extended key usage of a root, and by \"any\""),
    ("chain.not-ca", "OpenSSL and most others demand CA:TRUE of a root as well"),
    ("chain.path-length", "OpenSSL counts the path length of a root as well"),
    ("chain.weak-key", "OpenSSL at security level 2, browsers and Java refuse the short key"),
];

/// Writes the answer.
pub(super) fn write(
    inquiry: &Inquiry,
    explanation: Explanation,
    bundle: Option<Bundle>,
    missing: Option<Missing>,
    horizon: Option<Horizon>,
) -> Answer {
    let mut lines = inquiry.head.clone();
    let blank = || Line::new("", "");
    if !lines.is_empty() {
        lines.push(blank());
    }
    let basis = &inquiry.basis;
    lines.push(Line::new("Verifying", &inquiry.what));
    lines.push(Line::new("Host", inquiry.host.as_deref().unwrap_or("none asked for; any name will do")));
    lines.push(Line::new("At", moment(basis.at, basis.now)));
    lines.push(Line::new("Trusting", &basis.trusting));
    let last = explanation.links.len().saturating_sub(1);
    for (place, link) in explanation.links.iter().enumerate() {
        lines.push(blank());
        let role = match place {
            0 => "leaf",
            _ if place == last && link.certificate.is_self_issued() => "root",
            _ => "issuer",
        };
        let above = explanation.links.get(place + 1);
        certificate(inquiry, link, above, &format!("{} {role}", place + 1), &mut lines);
    }
    lines.push(blank());
    if let Some(bundle) = &bundle {
        let tone = if bundle.complete { Tone::Good } else { Tone::Warning };
        lines.push(Line::new("Bundle", &bundle.text).toned(tone));
        bundle.findings.iter().for_each(|f| finding(f, &mut lines));
    }
    if let Some(missing) = &missing {
        where_to_get(missing, &mut lines);
    }
    let verdict = match explanation.trusted {
        true if explanation.verdict == "trusted" => Line::new("Verdict", "trusted").toned(Tone::Good),
        true => Line::new("Verdict", &explanation.verdict).toned(Tone::Warning),
        false => Line::new("Verdict", format!("NOT TRUSTED: {}", explanation.verdict)).toned(Tone::Bad),
    };
    lines.extend(horizon.as_ref().map(|h| lasts(h, inquiry.basis.at)));
    if explanation.trusted {
        elsewhere(&explanation, &mut lines);
    }
    // It comes last: at the end of the output is where the eye is.
    lines.push(verdict.clone());
    Answer { explanation, bundle, missing, horizon, lines, verdict }
}

/// Says a date, and how far away it is.
fn moment(at: Timestamp, now: Timestamp) -> String {
    let days = at.days_from(now);
    let away = match at.0.cmp(&now.0) {
        std::cmp::Ordering::Equal => "now".into(),
        std::cmp::Ordering::Greater if days == 0 => "later today".into(),
        std::cmp::Ordering::Greater => format!("in {}", count(usize::try_from(days).unwrap_or(0), "day")),
        std::cmp::Ordering::Less => {
            let days = usize::try_from(now.days_from(at)).unwrap_or(0);
            if days == 0 { "less than a day ago".into() } else { format!("{} ago", count(days, "day")) }
        }
    };
    format!("{} ({away})", at.text())
}

fn certificate(inquiry: &Inquiry, link: &Link, above: Option<&Link>, label: &str, lines: &mut Vec<Line>) {
    let (c, at) = (&link.certificate, inquiry.basis.at);
    lines.push(Line::new(label, c.subject.text()).toned(Tone::Heading));
    let place = inquiry.basis.place(&c.sha256).filter(|p| *p != link.origin && !p.is_empty());
    let from = place.map_or_else(|| link.origin.clone(), |p| format!("{} ({p})", link.origin));
    lines.push(Line::new("  from", from));
    lines.push(Line::new("  issued by", c.issuer.text()));
    let days = if at < c.not_before {
        let days = usize::try_from(c.not_before.days_from(at)).unwrap_or(0);
        format!("begins in {}", count(days, "day"))
    } else {
        days_left(c.not_after.days_from(at))
    };
    lines.push(Line::new("  valid", format!("{} to {} ({days})", c.not_before.date(), c.not_after.text())));
    lines.push(Line::new("  key", &c.key.algorithm));
    if label.ends_with("leaf") {
        let names: Vec<_> = c.alt_names.iter().take(20).map(ToString::to_string).collect();
        let more = c.alt_names.len() - names.len();
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let names = if names.is_empty() { "none".into() } else { names.join(" ") };
        lines.push(Line::new("  names", names + &more));
    }
    lines.push(signature(link, above));
    if !link.revocation.is_empty() {
        lines.push(Line::new("  CRL", &link.revocation));
    }
    // The signature has a line of its own.
    let right: Vec<_> =
        link.checked.iter().filter(|w| !w.starts_with("signature of")).map(String::as_str).collect();
    if !right.is_empty() {
        lines.push(Line::new("  right", right.join(", ")).toned(Tone::Good));
    }
    let mut worst: Vec<&Finding> = link.findings.iter().collect();
    worst.sort_by_key(|f| std::cmp::Reverse(f.severity));
    worst.into_iter().for_each(|f| finding(f, lines));
}

/// Says what the signature on the edge to the issuer is worth.
fn signature(link: &Link, above: Option<&Link>) -> Line {
    let has = |rule: &str| link.findings.iter().any(|f| f.rule == rule);
    let how = &link.certificate.signature;
    let (text, tone) = match above.map(|a| a.certificate.subject.title()) {
        Some(by) if has("chain.signature") => (format!("BAD: not by the key of {by} ({how})"), Tone::Bad),
        Some(by) if has("chain.unchecked") => (format!("not checked: by {by} ({how})"), Tone::Warning),
        Some(by) if has("chain.weak") => (format!("good but weak: by {by} ({how})"), Tone::Warning),
        Some(by) => (format!("good: by {by} ({how})"), Tone::Good),
        None if has("chain.missing") => {
            (format!("not checked: the issuer is missing ({how})"), Tone::Warning)
        }
        None => (format!("its own ({how}); trust in a root is not a matter of signatures"), Tone::Plain),
    };
    Line::new("  signature", text).toned(tone)
}

fn finding(finding: &Finding, lines: &mut Vec<Line>) {
    let tone = match finding.severity {
        Severity::Error => Tone::Bad,
        Severity::Warning => Tone::Warning,
        Severity::Info => Tone::Plain,
    };
    let label = format!("  {}", finding.severity.word());
    lines.push(Line::new(&label, format!("{} ({})", finding.text, finding.rule)).toned(tone));
    if !finding.remedy.is_empty() {
        lines.push(Line { command: finding.command.clone(), ..Line::new(" ", &finding.remedy) });
    }
}

fn where_to_get(missing: &Missing, lines: &mut Vec<Line>) {
    let id = if missing.key_id.is_empty() {
        String::new()
    } else {
        format!(", with the key id {}", missing.key_id)
    };
    lines.push(Line::new("Missing", format!("{}{id}", missing.name)).toned(Tone::Warning));
    if !missing.places.is_empty() {
        let helps = match (missing.helps, missing.root) {
            (true, true) => "once it is trusted as a root, the chain is trusted",
            (true, false) => "with it the chain is trusted",
            _ => "with it alone the chain is still not trusted",
        };
        lines.push(Line::new("Get it", format!("{} has it; {helps}", missing.places.join(", "))));
    } else if !missing.urls.is_empty() {
        let urls = missing.urls.join(" ");
        lines.push(Line::new(
            "Get it",
            format!("{urls} (named by the certificate; it is not fetched by itself)"),
        ));
    } else {
        lines.push(Line::new(
            "Get it",
            "ask this authority for it; nothing here has it, and no address is named",
        ));
    }
}

fn lasts(horizon: &Horizon, at: Timestamp) -> Line {
    let Horizon { from, until, who } = horizon;
    let until = until.text();
    let text = match from {
        None => format!("verifies until {until}; then {who} expires"),
        Some(from) if *from > at => format!("verifies from {} until {until} only", from.text()),
        Some(from) => format!("did verify from {} until {until}; then {who} expired", from.text()),
    };
    Line::new("Lasts", text)
}

/// Says which other programs do not share the verdict.
fn elsewhere(explanation: &Explanation, lines: &mut Vec<Line>) {
    let mut label = "Elsewhere";
    let all = || explanation.links.iter().flat_map(|l| &l.findings);
    for (rule, who) in ELSEWHERE {
        if all().any(|f| f.rule == *rule && f.severity > Severity::Info) {
            lines.push(Line::new(label, format!("refused: {who} ({rule})")).toned(Tone::Warning));
            label = " ";
        }
    }
}
