//! Plain text for paper, to be printed, compared and signed by people: heads of the chain, and receipts. Everything
//! foreign in it is escaped.

use unicode_width::UnicodeWidthChar;

use super::{Head, groups};
use crate::model::bytes::Digest;
use crate::model::escape::visible;
use crate::model::time::Timestamp;

/// The columns of a sheet: those of paper less a margin, so that it also fits a dialog in 80 columns.
pub const COLUMNS: usize = 76;

/// The columns of labels.
const LABEL: usize = 18;

/// A sheet while it is written.
#[derive(Debug, Clone, Default)]
pub struct Sheet {
    lines: Vec<String>,
}

impl Sheet {
    /// Begins a sheet.
    pub fn new(title: &str) -> Self {
        let mut sheet = Self::default();
        sheet.text(title);
        sheet.lines.push("=".repeat(COLUMNS));
        sheet
    }

    /// Adds a blank line and a heading below a rule.
    pub fn heading(&mut self, title: &str) {
        self.lines.push(String::new());
        self.text(title);
        self.lines.push("-".repeat(COLUMNS));
    }

    /// Adds a paragraph.
    pub fn text(&mut self, text: &str) {
        self.lines.extend(wrap(text, COLUMNS));
    }

    /// Adds a blank line.
    pub fn blank(&mut self) {
        self.lines.push(String::new());
    }

    /// Adds a label with its value, which may have several lines; an empty one is left out.
    pub fn pair(&mut self, label: &str, value: &str) {
        if value.is_empty() {
            return;
        }
        let mut label = visible(label);
        for part in value.split('\n') {
            for line in wrap(part, COLUMNS - LABEL) {
                self.lines.push(format!("{label:<LABEL$}{line}"));
                label.clear();
            }
        }
    }

    /// Adds a fingerprint in groups of four digits.
    pub fn digest(&mut self, label: &str, digest: &Digest) {
        self.pair(label, &groups(digest).join("\n"));
    }

    /// Adds an entry of the audit chain with everything to compare it later.
    pub fn head(&mut self, head: &Head) {
        self.pair("Audit entry", &head.number.to_string());
        self.pair("Written", &head.at.text());
        self.digest("Hash", &head.hash);
    }

    /// Adds lines to sign on, one for each role.
    pub fn signatures(&mut self, roles: &[&str]) {
        self.heading("Signatures");
        for role in roles {
            self.blank();
            self.lines.push(format!("{:<LABEL$}{:<24}{:<12}{}", visible(role), "Name", "Date", "Signature"));
            self.blank();
            let rule = |width: usize| "_".repeat(width);
            self.lines.push(format!("{:<LABEL$}{}  {}  {}", "", rule(22), rule(10), rule(22)));
        }
    }

    /// Returns the text, with a line feed at the end of each line.
    pub fn finish(self) -> String {
        self.lines.iter().fold(String::new(), |out, line| out + line.trim_end() + "\n")
    }
}

/// Writes the head of the chain for paper.
pub fn head(workspace: &str, head: &Head, now: Timestamp) -> String {
    let mut sheet = Sheet::new("Head of the audit chain");
    sheet.pair("Workspace", workspace);
    sheet.pair("Printed", &now.text());
    sheet.head(head);
    sheet.blank();
    sheet.text(
        "As long as the chain passes through this hash, no entry up to this one was changed or removed. Keep this sheet \
         where nobody who can write the ledger can reach it, and compare later with",
    );
    sheet.blank();
    sheet.text(&format!("  ringmaster audit head --expect \"{}:HASH\"", head.number));
    sheet.text("  ringmaster audit verify");
    sheet.signatures(&["Operator", "Witness"]);
    sheet.finish()
}

/// Breaks text at blanks into lines of so many columns; a longer word is cut.
fn wrap(text: &str, columns: usize) -> Vec<String> {
    let text = visible(text);
    let indent: String = text.chars().take_while(|c| *c == ' ').collect();
    let (mut lines, mut line, mut used) = (Vec::new(), indent.clone(), indent.len());
    let mut fresh = true;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let width: usize = word.chars().map(|c| c.width().unwrap_or(0)).sum();
        if !fresh && used + 1 + width > columns {
            lines.push(std::mem::replace(&mut line, indent.clone()));
            (used, fresh) = (indent.len(), true);
        }
        if !fresh {
            line.push(' ');
            used += 1;
        }
        for c in word.chars() {
            let width = c.width().unwrap_or(0);
            if used + width > columns {
                lines.push(std::mem::replace(&mut line, indent.clone()));
                used = indent.len();
            }
            line.push(c);
            used += width;
        }
        fresh = false;
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn a_head_fits_paper_and_is_read_back() {
        let head = Head { number: 1234, at: Timestamp(1_790_000_000), hash: Digest([0x5a; 32]) };
        let text = super::head("/srv/ca\u{1b}[31m", &head, head.at);
        assert!(text.lines().all(|l| l.width() <= COLUMNS), "{text}");
        assert!(
            text.contains("5a5a 5a5a") && text.contains("Witness") && text.contains("\\1B[31m"),
            "{text}"
        );
        let digits: String =
            text.lines().filter(|l| l.contains("5a5a")).map(|l| l[LABEL..].to_owned()).collect();
        assert_eq!(super::super::typed_head(&format!("1234: {digits}")), Ok((Some(1234), head.hash)));
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_wider_than_paper_and_nothing_is_lost(label: String, value: String) {
            let mut sheet = Sheet::new(&value);
            sheet.pair(&label.chars().take(10).collect::<String>(), &value);
            let text = sheet.finish();
            proptest::prop_assert!(text.lines().all(|l| l.width() <= COLUMNS + 30), "{}", text);
            let letters = |t: &str| t.chars().filter(|c| !c.is_whitespace()).count();
            proptest::prop_assert!(letters(&text) >= letters(&visible(&value)));
        }
    }
}
