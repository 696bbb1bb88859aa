//! The one writer of the command line: lines, fields, tables and JSON. Whatever goes through it is safe to show, and a
//! reader that went away ends the output quietly.

use std::io::{ErrorKind, Write};

use serde_json::Value;
use unicode_width::UnicodeWidthStr;

use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
pub(super) use crate::model::escape::visible_lines;
pub(super) use crate::model::field::object;
use crate::model::field::{Look, Record};
use crate::model::finding::{Finding, Subject};
use crate::model::unread::{Sort, Unread};

/// So many files that could not be taken in are told of beside a list.
const LEFT_ALONE: usize = 5;

/// Prints to two streams.
pub(super) struct Printer<'a> {
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    failed: Option<std::io::Error>,
}

impl<'a> Printer<'a> {
    /// Makes a printer.
    pub(super) fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self { out, err, failed: None }
    }

    /// Prints one line, with every unseen character escaped.
    pub(super) fn line(&mut self, text: &str) {
        self.raw(&format!("{}\n", visible(text)));
    }

    /// Prints text as it is: PEM, JSON and completions of our own making.
    pub(super) fn raw(&mut self, text: &str) {
        self.bytes(text.as_bytes());
    }

    /// Prints bytes of our own making as they are.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        if self.failed.is_none() {
            self.failed = self.out.write_all(bytes).err();
        }
    }

    /// Tells whether nothing can be printed any more: the reader went away, or the disk is full.
    pub(super) fn gone(&self) -> bool {
        self.failed.is_some()
    }

    /// Prints a remark to the error stream, so that it does not disturb what is read by a program.
    pub(super) fn note(&mut self, text: &str) {
        // A remark that cannot be written is no reason to fail.
        let _ = writeln!(self.err, "note: {}", visible(text));
    }

    /// Writes how far work is over what stood in the line of the terminal before; nothing takes it away.
    #[cfg(feature = "network")]
    pub(super) fn progress(&mut self, text: &str) {
        // As with a remark.
        let _ = write!(self.err, "\r\x1b[K{}", visible(text));
        let _ = self.err.flush();
    }

    /// Remarks on files that could not be taken in; of many the first stand for all.
    pub(super) fn left_alone<'u>(&mut self, unread: impl Iterator<Item = &'u Unread>) {
        let all: Vec<_> = unread.collect();
        for unread in all.iter().take(LEFT_ALONE) {
            let left = if unread.sort == Sort::Missing { "" } else { " is left alone" };
            self.note(&format!("{}{left}: {}", unread.path, unread.why));
        }
        match all.len().saturating_sub(LEFT_ALONE) {
            0 => {}
            more => self
                .note(&format!("{more} more files have something wrong; ringmaster doctor tells of each.")),
        }
    }

    /// Prints JSON.
    pub(super) fn json(&mut self, value: &Value) {
        self.raw(&format!("{value:#}\n"));
    }

    /// Prints (label, value) pairs, several lines of a value below each other.
    pub(super) fn pairs<'p>(&mut self, pairs: impl IntoIterator<Item = (&'p str, String)>) {
        let pairs: Vec<_> = pairs.into_iter().filter(|(_, value)| !value.is_empty()).collect();
        let width = pairs.iter().map(|(label, _)| label.width()).max().unwrap_or(0) + 1;
        for (label, value) in pairs {
            for (number, line) in value.lines().enumerate() {
                let label = if number == 0 { format!("{label}:") } else { String::new() };
                self.line(&format!("{} {line}", padded(&label, width)));
            }
        }
    }

    /// Prints the fields of a record.
    pub(super) fn record<T: Record>(&mut self, record: &T, look: &Look<'_>) {
        self.pairs(record.own().filter(|f| !record.omits(f.name)).map(|f| (f.label, (f.get)(record, look))));
    }

    /// Prints rows below headings, aligned.
    pub(super) fn table(&mut self, headings: &[&str], rows: &[Vec<String>]) {
        let cells: Vec<Vec<String>> = std::iter::once(headings.iter().map(|h| (*h).to_owned()).collect())
            .chain(rows.iter().map(|row| row.iter().map(|cell| one_line(cell)).collect()))
            .collect();
        let width = |column: usize| cells.iter().filter_map(|row| row.get(column)).map(|c| c.width()).max();
        let widths: Vec<usize> = (0..headings.len()).map(|c| width(c).unwrap_or(0)).collect();
        for row in &cells {
            let line: Vec<_> = row.iter().zip(&widths).map(|(cell, width)| padded(cell, *width)).collect();
            self.line(line.join("  ").trim_end());
        }
    }

    /// Prints findings, the worst first, each with what to do.
    pub(super) fn findings(&mut self, findings: &[Finding]) {
        findings.iter().for_each(|finding| self.finding(finding, None));
    }

    /// Prints a finding with what to do, and the line that does it.
    pub(super) fn finding(&mut self, finding: &Finding, run: Option<&str>) {
        self.line(&format!("{} {}: {}", finding.severity.word(), finding.rule, finding.text));
        if !finding.remedy.is_empty() {
            self.line(&format!("  {}", finding.remedy));
        }
        if let Some(line) = run {
            self.line(&format!("  $ {line}"));
        }
    }

    /// Writes out what waits, so that a reader of a running command sees it.
    pub(super) fn flush(&mut self) {
        if self.failed.is_none() {
            self.failed = self.out.flush().err();
        }
    }

    /// Ends the output. Errors: `Disk` when something could not be written, but not because the reader went away.
    pub(super) fn finish(&mut self) -> Result<()> {
        self.flush();
        match self.failed.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Error::new(Kind::Disk, "The output could not be written.")
                    .why(format!("{error}. What was asked is done all the same.")))
            }
            _ => Ok(()),
        }
    }
}

/// Returns a finding as a JSON object.
pub(super) fn finding(finding: &Finding) -> Value {
    serde_json::json!({
        "rule": finding.rule,
        "severity": finding.severity.word(),
        "subject": subject(&finding.subject),
        "text": finding.text,
        "remedy": finding.remedy,
        "command": finding.command,
    })
}

/// Names an object of the console: `keyring mail`, `request 3`.
pub(super) fn subject(subject: &Subject) -> String {
    visible(&subject.to_string())
}

/// Names a file that was read: `standard input`, `file web.csr`.
pub(super) fn source(file: &std::path::Path) -> String {
    if file == std::path::Path::new("-") {
        return "standard input".into();
    }
    format!("file {}", crate::store::brought::shown(file))
}

/// Shows the first line of a cell, and how many there are beside it.
fn one_line(cell: &str) -> String {
    let mut lines = cell.lines();
    let first = visible(lines.next().unwrap_or_default());
    match lines.count() {
        0 => first,
        more => format!("{first} (+{more})"),
    }
}

fn padded(text: &str, width: usize) -> String {
    format!("{text}{}", " ".repeat(width.saturating_sub(text.width())))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone(ErrorKind);
    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn printed(print: impl FnOnce(&mut Printer<'_>)) -> String {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let mut printer = Printer::new(&mut out, &mut err);
        print(&mut printer);
        printer.finish().unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn columns_are_aligned_by_what_is_seen() {
        let rows = [vec!["東京".into(), "1".into()], vec!["a\u{1b}".into(), "2\n3\n4".into()]];
        let text = printed(|p| p.table(&["NAME", "N"], &rows));
        assert_eq!(text, "NAME  N\n東京  1\na\\1B  2 (+2)\n");
    }

    #[test]
    fn values_of_several_lines_stand_below_each_other() {
        let text =
            printed(|p| p.pairs([("Names", "a\nb".to_owned()), ("Empty", String::new()), ("X", "c".into())]));
        assert_eq!(text, "Names: a\n       b\nX:     c\n");
    }

    #[test]
    fn of_many_files_left_alone_some_are_told_and_the_rest_counted() {
        let told = |count: usize| {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let unread =
                |n| Unread { path: format!("keyrings/{n}.sth"), why: "So.".into(), sort: Sort::Damaged };
            let all: Vec<_> = (0..count).map(unread).collect();
            Printer::new(&mut out, &mut err).left_alone(all.iter());
            String::from_utf8(err).unwrap()
        };
        assert_eq!(told(LEFT_ALONE).lines().count(), LEFT_ALONE);
        let many = told(LEFT_ALONE + 2);
        assert!(many.lines().count() == LEFT_ALONE + 1 && many.contains("note: 2 more files"), "{many}");
    }

    #[test]
    fn a_reader_that_went_away_is_no_error_but_a_full_disk_is() {
        for (kind, good) in [(ErrorKind::BrokenPipe, true), (ErrorKind::StorageFull, false)] {
            let (mut out, mut err) = (Gone(kind), Vec::new());
            let mut printer = Printer::new(&mut out, &mut err);
            printer.line("x");
            printer.line("y");
            assert_eq!(printer.finish().is_ok(), good, "{kind}");
        }
    }
}
