//! What a probe saw, as an administrator reads it: plain lines, escaped, the same on the screen and on standard output.

use super::connect::Seen;
use crate::model::certificate::Certificate;
use crate::model::time::days_left;

impl Seen {
    /// Writes the result in lines: connection, chain as sent, findings, verdict. Each is escaped and without line ends.
    pub fn lines(&self) -> Vec<String> {
        let none = |text: &str| if text.is_empty() { "none".to_owned() } else { text.to_owned() };
        let sni = if self.sends_sni() { "as SNI" } else { "an IP address: no SNI" };
        let mut lines = vec![
            row("Address", &self.address.to_string()),
            row("Asked for", &format!("{} ({sni})", self.host)),
            row("Protocol", &self.protocol),
            row("Cipher suite", &self.suite),
            row("Key exchange", &self.group),
            row("ALPN", &none(&self.alpn)),
            row("OCSP staple", &if self.staple == 0 { none("") } else { format!("{} bytes", self.staple) }),
            row("Connected", &format!("after {} ms, handshake done after {} ms", self.times.0, self.times.1)),
        ];
        lines.extend((!self.late.is_empty()).then(|| row("Afterwards", &self.late)));
        lines.extend(self.notes.iter().map(|note| row("Note", note)));

        lines.extend([String::new(), format!("Chain as sent, {}:", count(self.sent.len()))]);
        for (place, certificate) in self.sent.iter().enumerate() {
            self.describe(place, certificate, &mut lines);
        }

        let links = &self.explanation.links;
        if links.iter().any(|l| !l.findings.is_empty()) {
            lines.extend([String::new(), "Findings:".into()]);
        }
        for link in links.iter().filter(|l| !l.findings.is_empty()) {
            lines.push(format!("  {} ({})", link.certificate.subject.text(), link.origin));
            for finding in &link.findings {
                lines.push(format!("    {}: {}", finding.severity.word(), finding.text));
                lines.extend((!finding.remedy.is_empty()).then(|| format!("      {}", finding.remedy)));
            }
        }
        if let Some(missing) = &self.explanation.missing {
            lines.push(format!("  missing: {}", missing.text()));
        }

        let verdict = &self.explanation.verdict;
        let verdict =
            if self.explanation.trusted { "trusted".to_owned() } else { format!("NOT TRUSTED: {verdict}") };
        lines.extend([String::new(), row("Verdict", &verdict)]);
        lines
    }

    fn sends_sni(&self) -> bool {
        let bare = self.host.split('%').next().unwrap_or_default();
        bare.parse::<std::net::IpAddr>().is_err()
    }

    fn describe(&self, place: usize, certificate: &Certificate, lines: &mut Vec<String>) {
        let ends = certificate.not_after;
        let days = days_left(ends.days_from(self.at));
        let early = if self.at < certificate.not_before { ", not yet valid" } else { "" };
        lines.push(format!("  {place} {}", certificate.subject.text()));
        lines.push(format!("    issued by {}", certificate.issuer.text()));
        lines.push(format!("    ends {} ({days}{early}), {}", ends.date(), certificate.key.algorithm));
        if place == 0 {
            let names: Vec<_> = certificate.alt_names.iter().map(ToString::to_string).collect();
            let names = if names.is_empty() { "no alternative names".into() } else { names.join(" ") };
            lines.push(format!("    {names}"));
        }
    }
}

fn row(label: &str, text: &str) -> String {
    format!("{label:<13} {text}")
}

fn count(certificates: usize) -> String {
    match certificates {
        1 => "1 certificate".into(),
        n => format!("{n} certificates"),
    }
}
