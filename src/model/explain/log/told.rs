//! A report on a log in words, the same for screen and command line.

use super::{Group, Place, Report};
use crate::model::explain;
use crate::model::time::Timestamp;

/// Writes a time of the server's own clock; it says nothing of a zone, for the log does not either.
pub fn naive(at: i64) -> String {
    Timestamp(at).text().trim_end_matches(" UTC").to_owned()
}

impl Place {
    /// Writes the time, or the line where there is none.
    pub fn text(&self) -> String {
        self.at.map_or_else(|| format!("line {}", self.line), naive)
    }
}

impl Group {
    /// The headings of the columns of [`Self::cells`].
    pub const HEADINGS: [&'static str; 7] = ["COUNT", "WHAT", "PEER", "KEYRING", "FIRST", "LAST", "A MINUTE"];

    /// Writes the group as a row.
    pub fn cells(&self) -> [String; 7] {
        let what = match self.what.as_str() {
            "" => self.sort.words().to_owned(),
            what if self.sort == super::Sort::Message => what.to_owned(),
            what => format!("{}: {what}", self.sort.words()),
        };
        let peak = if self.peak == 0 { String::new() } else { self.peak.to_string() };
        let (count, peer, ring) = (self.count.to_string(), self.peer.clone(), self.ring.clone());
        [count, what, peer, ring, self.first.text(), self.last.text(), peak]
    }

    /// Returns everything there is to say of the group.
    pub fn details(&self) -> Vec<(&'static str, String)> {
        let problem =
            explain::find(self.problem).map_or_else(String::new, |p| format!("{} ({})", p.title, p.key));
        let place = |place: &Place| {
            format!(
                "line {}{}",
                place.line,
                place.at.map_or_else(String::new, |at| format!(", {}", naive(at)))
            )
        };
        let [count, what, peer, ring, .., peak] = self.cells();
        let entries = [
            ("What", what),
            ("Peer", peer),
            ("Keyring", ring),
            ("Count", count),
            ("First", place(&self.first)),
            ("Last", place(&self.last)),
            ("Most in a minute", peak),
            ("First line", self.example.clone()),
            ("Problem", problem),
        ];
        entries.into_iter().filter(|(_, text)| !text.is_empty()).collect()
    }
}

impl Report {
    /// Says what was read and what it comes to, without the groups.
    pub fn summary(&self) -> Vec<(&'static str, String)> {
        let mut out = vec![("Read", self.read())];
        let mut say = |label, text: String| out.push((label, text));
        if let Some((from, to)) = self.span {
            say("Time", format!("{} to {}, by the server's clock", naive(from), naive(to)));
        }
        if self.related.0 > 0 {
            let share = self.related.1 * 100 / self.bytes.max(1);
            let growth = self.growth().map_or_else(String::new, |day| format!("; {} a day", size(day)));
            say("About TLS", format!("{} lines, {share} % of the log{growth}", self.related.0));
        }
        if self.failures > 0 {
            say("Failures", self.rate());
        }
        let h = self.handshakes;
        if h.begun > 0 {
            let mut parts = vec![format!("{} begun", h.begun), format!("{} ended", h.ended)];
            for (count, words) in [
                (h.unfinished, "without an end"),
                (h.open, "open at the end of the log"),
                (h.untracked, "not followed: too many at once"),
            ] {
                if count > 0 {
                    parts.push(format!("{count} {words}"));
                }
            }
            say("Handshakes traced", parts.join(", "));
        }
        if let (Some(first), Some(last)) = (self.others.first, self.others.last) {
            let text = format!(
                "{} lines belong to none of the {} groups that are kept: from {} to {}",
                self.others.count,
                self.groups.len(),
                first.text(),
                last.text()
            );
            say("Others", text);
        }
        out
    }

    fn read(&self) -> String {
        let mut text = format!("{} lines, {}", self.lines, size(self.bytes));
        if self.cut > 0 {
            text += &format!("; of {} long lines only the beginning", self.cut);
        }
        text
    }

    fn rate(&self) -> String {
        let mut text = self.failures.to_string();
        if let Some((from, to)) = self.span.filter(|(from, to)| to > from) {
            let minutes = u64::try_from((to - from).max(60) / 60).unwrap_or(1);
            let tenths = self.failures * 10 / minutes;
            text += &format!(", {}.{} a minute", tenths / 10, tenths % 10);
        }
        if let Some((minute, most)) = self.peak {
            text +=
                &format!(", most in the minute of {}: {most}", naive(minute).get(..16).unwrap_or_default());
        }
        text
    }

    /// Returns how many bytes about TLS come a day, when the log spans at least a minute.
    pub fn growth(&self) -> Option<u64> {
        let (from, to) = self.span?;
        let seconds = u64::try_from(to - from).ok().filter(|s| *s >= 60)?;
        u64::try_from(u128::from(self.related.1) * 86_400 / u128::from(seconds)).ok()
    }
}

fn size(bytes: u64) -> String {
    match bytes {
        0..10_000 => format!("{bytes} bytes"),
        10_000..10_000_000 => format!("{} KB", bytes / 1000),
        10_000_000..10_000_000_000 => format!("{} MB", bytes / 1_000_000),
        _ => format!("{} GB", bytes / 1_000_000_000),
    }
}
