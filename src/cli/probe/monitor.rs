//! What visits say to monitoring: one line for Nagios, and metrics in the text exposition format of Prometheus.

use std::fmt::Write;

use crate::doctor::Judged;
use crate::model::finding::{Severity, worst};

/// The state of a service as Nagios means it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Health {
    Ok,
    Warning,
    Critical,
}

impl Health {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "OK",
            Self::Warning => "WARNING",
            Self::Critical => "CRITICAL",
        }
    }
}

/// A line for Nagios, and the exit code that goes with it.
pub(super) struct Line {
    pub(super) text: String,
    pub(super) code: u8,
}

/// Writes the line of visits that could not be made.
pub(super) fn unknown(why: &str) -> Line {
    Line { text: format!("TLS UNKNOWN - {}", words(why)), code: 3 }
}

/// Writes the line: the worst first, then the days that each certificate has left as performance data.
pub(super) fn nagios(judged: &[Judged], warning: i64, critical: i64) -> Line {
    let mut all: Vec<(Health, String)> = judged.iter().map(|one| health(one, warning, critical)).collect();
    all.sort_by_key(|(health, _)| std::cmp::Reverse(*health));
    let health = all.first().map_or(Health::Ok, |(health, _)| *health);
    let bad: Vec<&str> = all.iter().filter(|(h, _)| *h > Health::Ok).map(|(_, why)| why.as_str()).collect();
    let of = format!("{} service{}", judged.len(), if judged.len() == 1 { "" } else { "s" });
    let said = match bad.as_slice() {
        [] => format!("{of} as documented"),
        bad => format!("{} of {of}: {}", bad.len(), bad.join("; ")),
    };
    let data = judged.iter().filter_map(|Judged { visit, .. }| {
        let left = visit.face()?.ends?.days_from(visit.at);
        // A range that ends with a colon alerts below it.
        Some(format!(
            " '{}'={left};{warning}:;{critical}:",
            visit.promise.service().replace(['\'', '='], "_")
        ))
    });
    let data: String = data.collect();
    let data = if data.is_empty() { data } else { format!(" |{data}") };
    Line { text: format!("TLS {} - {}{data}", health.word(), words(&said)), code: health as u8 }
}

/// A bar begins performance data, and a line is one line.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "/")
}

fn health(one: &Judged, warning: i64, critical: i64) -> (Health, String) {
    let (visit, found) = (&one.visit, &one.findings);
    let by_rules = match worst(found) {
        Some(Severity::Error) => Health::Critical,
        Some(Severity::Warning) => Health::Warning,
        _ => Health::Ok,
    };
    let left = visit.face().and_then(|f| f.ends).map(|end| end.days_from(visit.at));
    let by_days = match left {
        Some(left) if left <= critical => Health::Critical,
        Some(left) if left <= warning => Health::Warning,
        _ => Health::Ok,
    };
    let days = left
        .filter(|_| by_days > Health::Ok)
        .map(|left| format!("{}: the certificate ends in {left} days", visit.promise.service()));
    let first = found.first().filter(|_| by_rules > Health::Ok).map(|f| format!("{} {}", f.rule, f.text));
    let why = first.into_iter().chain(days).collect::<Vec<_>>().join(" ");
    (by_rules.max(by_days), why)
}

/// Writes the metrics.
pub(super) fn prometheus(judged: &[Judged]) -> String {
    type Samples = fn(&Judged) -> Vec<(Option<(&'static str, String)>, i64)>;
    let metrics: [(&str, &str, Samples); 5] = [
        ("success", "Whether the service answered with TLS.", |Judged { visit, .. }| {
            let reached = visit.scan().is_some_and(|scan| scan.failed.is_none());
            vec![(None, reached.into())]
        }),
        (
            "time_seconds",
            "When the service was visited, in seconds since 1970.",
            |Judged { visit, .. }| vec![(None, visit.at.0)],
        ),
        (
            "certificate_end_seconds",
            "When the certificate that is shown ends, in seconds since 1970.",
            |Judged { visit, .. }| {
                visit.face().and_then(|f| f.ends).map(|end| (None, end.0)).into_iter().collect()
            },
        ),
        ("version", "Whether a version of SSL or TLS is spoken.", |Judged { visit, .. }| {
            let versions = visit.scan().into_iter().flat_map(|scan| &scan.versions);
            let spoken = |answer| i64::from(answer == crate::model::seen::Answer::Yes);
            versions.map(|s| (Some(("version", s.version.name().to_owned())), spoken(s.answer))).collect()
        }),
        ("findings", "How many things differ from the documents.", |Judged { findings: found, .. }| {
            let count = |s: Severity| found.iter().filter(|f| f.severity == s).count();
            let number = |s: Severity| i64::try_from(count(s)).unwrap_or(i64::MAX);
            Severity::ALL.map(|s| (Some(("severity", s.word().to_owned())), number(s))).into()
        }),
    ];
    let mut out = String::new();
    for (name, help, samples) in metrics {
        // Writing to a string does not fail.
        let _ = writeln!(out, "# HELP ringmaster_probe_{name} {help}\n# TYPE ringmaster_probe_{name} gauge");
        for one in judged {
            let promise = &one.visit.promise;
            for (more, number) in samples(one) {
                let labels = [
                    ("service", promise.service()),
                    ("server", promise.server.clone()),
                    ("object", promise.subject.to_string()),
                ];
                let labels =
                    labels.into_iter().chain(more).map(|(name, text)| format!("{name}={}", quoted(&text)));
                let labels = labels.collect::<Vec<_>>().join(",");
                let _ = writeln!(out, "ringmaster_probe_{name}{{{labels}}} {number}");
            }
        }
    }
    out
}

/// Writes the value of a label.
fn quoted(text: &str) -> String {
    let text = crate::model::escape::visible(text);
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
