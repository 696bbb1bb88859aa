//! Reads a server's log line by line: what of it concerns TLS, grouped by what happened, peer and keyring, with repeats
//! counted. Memory is bounded however long the log is. Opens no file.

mod groups;
mod line;
mod told;

use std::collections::HashMap;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use groups::Groups;
pub use groups::{Group, Others, Place};
pub use line::Sort;
use line::{Event, Step};
pub use told::naive;

/// So many handshakes are followed at once; further ones are counted as not followed.
const FOLLOWED: usize = 4096;
/// A handshake that began longer than this before the end of the log and has no end is unfinished.
const PATIENCE: i64 = 60;
/// So much of a line is kept to read its time, when nothing else in it matters.
const HEAD: usize = 64;

/// What a log says about TLS.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    /// The length of what was read.
    pub bytes: u64,
    /// Its lines.
    pub lines: u64,
    /// Lines that were too long and of which only the beginning was looked at.
    pub cut: u64,
    /// Lines about TLS, and their length.
    pub related: (u64, u64),
    /// The first and the last time in the log, in seconds by the server's own clock.
    pub span: Option<(i64, i64)>,
    /// What happened, the worst sort first, of each the most frequent first.
    pub groups: Vec<Group>,
    /// What found no place among the groups.
    pub others: Others,
    /// Failed handshakes and refused look-ups.
    pub failures: u64,
    /// The minute with most failures and their number.
    pub peak: Option<(i64, u64)>,
    /// Handshakes that traces tell of: begun, ended, without an end, still open at the end, not followed.
    pub handshakes: Handshakes,
}

/// Counts of the handshakes that traces tell of. Begun is the sum of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Handshakes {
    /// A beginning was seen.
    pub begun: u64,
    /// An end was seen.
    pub ended: u64,
    /// Another one began on the same thread, or nothing more came for a minute.
    pub unfinished: u64,
    /// They had just begun when the log ended.
    pub open: u64,
    /// Too many were open at once to follow them.
    pub untracked: u64,
}

/// A handshake that has begun on a thread.
struct Begun {
    place: Place,
    line: String,
    /// It is not done, and goes on with the next beginning on its thread.
    rests: bool,
}

/// Takes the lines of a log.
pub struct Reader {
    report: Report,
    groups: Groups,
    begun: HashMap<String, Begun>,
    /// The time of the latest line that has one.
    now: Option<i64>,
    /// The beginning of the latest line.
    latest: Vec<u8>,
    /// The minute that failures are counted in, and their number.
    minute: (i64, u64),
    clean: Vec<u8>,
}

static WORDS: LazyLock<Vec<Finder<'static>>> = LazyLock::new(|| {
    const WORDS: &[&str] = &[
        "SSL",
        "TLS",
        "ertificate",
        "ey Ring",
        "ey ring",
        "eyring",
        "nternet Site",
        "not enabled on",
        "andshake",
        "ipher",
        "CRL",
        "NTI",
        "rganization",
        "Cert ",
    ];
    WORDS.iter().map(|word| Finder::new(*word)).collect()
});

impl Default for Reader {
    fn default() -> Self {
        Self {
            report: Report::default(),
            groups: Groups::default(),
            begun: HashMap::new(),
            now: None,
            latest: Vec::with_capacity(HEAD),
            minute: (i64::MIN, 0),
            clean: Vec::new(),
        }
    }
}

impl Reader {
    /// Takes a line without its end; `length` is what it takes in the file, `cut` tells that only its beginning is given.
    pub fn line(&mut self, line: &[u8], length: u64, cut: bool) {
        self.report.lines += 1;
        self.report.bytes += length;
        self.report.cut += u64::from(cut);
        // A log in two-byte characters becomes readable without its zeros.
        let mut clean = std::mem::take(&mut self.clean);
        let line = if memchr::memchr(0, line).is_some() {
            clean.clear();
            clean.extend(line.iter().filter(|byte| **byte != 0));
            &clean
        } else {
            line
        };
        self.latest.clear();
        self.latest.extend(line.iter().take(HEAD));
        if self.report.span.is_none() {
            self.tick();
        }
        if WORDS.iter().any(|word| word.find(line).is_some()) {
            self.report.related.0 += 1;
            self.report.related.1 += length;
            self.look(&String::from_utf8_lossy(line));
        }
        self.clean = clean;
    }

    /// Ends the reading.
    pub fn end(mut self) -> Report {
        self.tick();
        let end = self.now;
        let mut left: Vec<(String, Begun)> = self.begun.drain().collect();
        left.sort_by_key(|(_, begun)| begun.place.line);
        for (_, begun) in left {
            let waited = end.zip(begun.place.at).is_some_and(|(end, at)| end - at > PATIENCE);
            if waited {
                self.unfinished(&begun);
            } else {
                self.report.handshakes.open += 1;
            }
        }
        (self.report.groups, self.report.others) = self.groups.end();
        self.report
    }

    /// Takes the time of the latest line over, if it has one.
    fn tick(&mut self) {
        if let Some(at) = line::head(&String::from_utf8_lossy(&self.latest)).at {
            self.at(at);
        }
    }

    fn at(&mut self, at: i64) {
        self.now = Some(at);
        self.report.span = Some(self.report.span.map_or((at, at), |(from, _)| (from, at)));
    }

    fn look(&mut self, text: &str) {
        let head = line::head(text);
        if let Some(at) = head.at {
            self.at(at);
        }
        let place = Place { line: self.report.lines, at: head.at.or(self.now) };
        if let Some(step) = line::step(head.rest) {
            self.follow(step, head.thread, place, text);
        }
        if let Some(event) = line::event(head.rest) {
            self.count(&event, place, text);
        }
    }

    fn count(&mut self, event: &Event<'_>, place: Place, text: &str) {
        if event.sort.fails() {
            self.report.failures += 1;
            if let Some(minute) = place.at.map(|at| at.div_euclid(60)) {
                self.minute = if self.minute.0 == minute { (minute, self.minute.1 + 1) } else { (minute, 1) };
                if self.report.peak.is_none_or(|(_, most)| self.minute.1 > most) {
                    self.report.peak = Some((minute * 60, self.minute.1));
                }
            }
        }
        self.groups.add(event, place, text);
    }

    /// Follows the beginnings and ends of handshakes on a thread.
    fn follow(&mut self, step: Step, thread: &str, place: Place, text: &str) {
        let layer = match step {
            Step::Begin(layer) => layer,
            Step::Pause => {
                if let Some(begun) = self.begun.get_mut(thread) {
                    begun.rests = true;
                }
                return;
            }
            Step::End(layer) => {
                let ended = self.begun.remove(&format!("{thread}{layer}")).is_some();
                self.report.handshakes.ended += u64::from(ended);
                return;
            }
        };
        let key = format!("{thread}{layer}");
        if let Some(begun) = self.begun.get_mut(&key).filter(|begun| begun.rests) {
            begun.rests = false;
            return;
        }
        self.report.handshakes.begun += 1;
        if let Some(before) = self.begun.remove(&key) {
            self.unfinished(&before);
        }
        if self.begun.len() < FOLLOWED {
            let line: String = text.chars().take(groups::EXAMPLE).collect();
            self.begun.insert(key, Begun { place, line, rests: false });
        } else {
            self.report.handshakes.untracked += 1;
        }
    }

    fn unfinished(&mut self, begun: &Begun) {
        self.report.handshakes.unfinished += 1;
        let event =
            Event { sort: Sort::Unfinished, peer: "", ring: "", what: "", problem: "closed-in-handshake" };
        self.groups.add(&event, begun.place, &begun.line);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Report {
        let mut reader = Reader::default();
        text.split_inclusive('\n')
            .for_each(|l| reader.line(l.trim_end_matches('\n').as_bytes(), l.len() as u64, false));
        reader.end()
    }

    fn failure(time: &str, peer: &str, ring: &str) -> String {
        format!(
            "[0B40:000A-09DC] {time}   HTTP Server: SSL handshake failure, IP address [{peer}], Key Ring [{ring}], error status [4171]\n"
        )
    }

    #[test]
    fn repeats_are_counted_by_peer_and_ring_and_the_busiest_minute_is_known() {
        let mut log = String::from("12/18/2016 07:00:00 AM  HTTP Server: Started\n");
        for second in 10..50 {
            log += &failure(&format!("12/18/2016 07:20:{second} AM"), "10.0.0.1", "mail.kyr");
        }
        log += &failure("12/18/2016 07:30:00 AM", "10.0.0.2", "C:\\Data\\mail.kyr");
        log += "12/18/2016 08:00:00 AM  Router: nothing\n";
        let report = read(&log);
        let counts: Vec<_> =
            report.groups.iter().map(|g| (g.peer.as_str(), g.ring.as_str(), g.count)).collect();
        assert_eq!(counts, [("10.0.0.1", "mail.kyr", 40), ("10.0.0.2", "C:\\Data\\mail.kyr", 1)]);
        let first = &report.groups[0];
        assert_eq!(
            (first.first.line, first.last.line, first.peak, first.problem),
            (2, 41, 40, "handshake-failure")
        );
        assert_eq!((report.failures, report.peak.unwrap().1, report.related.0), (41, 40, 41));
        assert_eq!(report.span.map(|(from, to)| to - from), Some(3600));
        assert_eq!(naive(report.span.unwrap().0), "2016-12-18 07:00:00");
    }

    #[test]
    fn a_trace_is_understood() {
        let log = "\
[0B40:000A-09DC] 12/18/2016 07:20:21.57 AM SSLInitContext> User is forcing    0xC3C0A cipher spec bitmask for 9 ciphers
[0B40:000A-09DC] Checking keyfile certificates:
[0B40:000A-09DC] 12/18/2016 07:20:21.59 AM SSLCheckCertChain> Invalid certificate chain received
[0B40:000A-09DC] Cert Chain Evaluation Status: err: 3674, A certificate chain could not be constructed
[0B40:000A-09DC] 12/18/2016 07:20:21.59 AM SSL_TRUSTPOLICY>  bits for signature hashes: 0010
[0B40:000A-09DC] 12/18/2016 07:20:21.59 AM SSLDisableExportCiphers> Disabling weak cipher RSA_WITH_DES_CBC_SHA. Set notes.ini \"USE_WEAK_SSL_CIPHERS=1\" to re-enable.
[0B40:000A-09DC] 12/18/2016 07:20:21.59 AM int_MapSSLError> Mapping SSL error 0 to 0 [SSLNoErr]
[0B40:000A-09DC] 12/18/2016 07:20:21.59 AM SSL_Handshake Enter>> Current Cipher Unknown Cipher (0x0000)
[0B40:000A-09DC] 12/18/2016 07:20:21.59 AM SSL_Handshake> outgoing ->protocolVersion: 0303
[0B40:000A-09DC] 12/18/2016 07:20:21.59 AM int_MapSSLError> Mapping SSL error -5000 to 4176 [SSLHandshakeNoDone]
[0B40:000A-09DC] 12/18/2016 07:20:22.10 AM SSL_Handshake Enter>> Current Cipher RSA_WITH_AES_128_CBC_SHA (0x002F)
[0B40:000A-09DC] 12/18/2016 07:20:22.59 AM int_MapSSLError> Mapping SSL error -6989 to 4171 [X509CertChainIncompleteErr]
[0B40:000B-09DC] 25.02.2015 18:57:18,07 SSL_Handshake> Enter
[0B40:000B-09DC] 25.02.2015 18:57:19,07 SSL_Handshake> Enter
[0B40:000B-09DC] 25.02.2015 18:57:20,07 SSL_Handshake> Exit
25.02.2015 18:57:18,07 SSL2ProcessClientHello> Client requested SSL_DHE_RSA_WITH_AES_256_CBC_SHA (0x0039)
TLSCache-Log-http: CacheLookupResult: Host: www.example.test KeyType: RSA Err: 0x404
TLSCache-Log-http: CacheLookupResult: Host: mail.example.test KeyType: RSA Err: 0x0
";
        let report = read(log);
        let shown: Vec<_> = report.groups.iter().map(|g| (g.sort, g.what.as_str(), g.count)).collect();
        for wanted in [
            (Sort::Mapped, "-6989 to 4171 X509CertChainIncompleteErr", 1),
            (Sort::Chain, "3674", 1),
            (Sort::Unfinished, "", 1),
            (Sort::Weak, "RSA_WITH_DES_CBC_SHA", 1),
            (Sort::Cipher, "RSA_WITH_AES_128_CBC_SHA (0x002F)", 1),
            (Sort::Hello, "SSL_DHE_RSA_WITH_AES_256_CBC_SHA (0x0039)", 1),
            (Sort::Version, "TLS 1.2", 1),
            (Sort::Cache, "0x404", 1),
        ] {
            assert!(shown.contains(&wanted), "{wanted:?}: {shown:#?}");
        }
        let h = report.handshakes;
        assert_eq!((h.begun, h.ended, h.unfinished, h.open), (3, 2, 1, 0), "{h:?}");
        assert_eq!(h.begun, h.ended + h.unfinished + h.open + h.untracked);
    }

    #[test]
    fn other_encodings_line_ends_and_zeros_do_not_matter() {
        let line = failure("18.12.2016 07:20:10", "10.0.0.1", "m\u{fc}ll.kyr");
        let wide: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let latin: Vec<u8> =
            line.trim_end().chars().map(|c| u8::try_from(u32::from(c)).unwrap()).chain(*b"\r").collect();
        let mut reader = Reader::default();
        for bytes in [wide.as_slice(), &latin] {
            reader.line(bytes, bytes.len() as u64, false);
        }
        let report = reader.end();
        assert_eq!(report.failures, 2);
        assert!(report.groups.iter().all(|g| g.peer == "10.0.0.1" && g.last.at.is_some()), "{report:#?}");
    }

    #[test]
    fn memory_is_bounded_and_what_has_no_place_is_counted() {
        let mut reader = Reader::default();
        for number in 0_u32..20_000 {
            let peer = std::net::Ipv4Addr::from(number);
            let line = failure("12/18/2016 07:20:10 AM", &peer.to_string(), "mail.kyr");
            reader.line(line.trim_end().as_bytes(), line.len() as u64, false);
            let begin = format!("[0B40:{number:06X}-09DC] 12/18/2016 07:20:10 AM SSL_Handshake> Enter");
            reader.line(begin.as_bytes(), begin.len() as u64 + 1, false);
        }
        assert!(reader.begun.len() <= FOLLOWED);
        let report = reader.end();
        assert!(report.groups.len() <= groups::MOST);
        let counted: u64 = report.groups.iter().map(|g| g.count).sum();
        assert_eq!(counted + report.others.count, 20_000);
        let together = report.groups.iter().find(|g| g.peer == "other peers").unwrap();
        assert_eq!((together.ring.as_str(), together.count), ("mail.kyr", 18_000));
        let h = report.handshakes;
        assert_eq!(h.begun, h.ended + h.unfinished + h.open + h.untracked, "{h:?}");
        let mut reader = Reader::default();
        for number in 0..5000 {
            let line = failure("12/18/2016 07:20:10 AM", "10.0.0.1", &format!("{number}.kyr"));
            reader.line(line.trim_end().as_bytes(), line.len() as u64, false);
        }
        let report = reader.end();
        assert!(report.groups.len() == groups::MOST && report.others.first.is_some(), "{:?}", report.others);
        assert_eq!(report.others.count + groups::MOST as u64, 5000);
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_are_survived(lines in proptest::collection::vec(proptest::collection::vec(0_u8.., 0..120), 0..20)) {
            let mut reader = Reader::default();
            for line in &lines {
                reader.line(line, line.len() as u64, false);
                let text = [b"[1:2-3] 1/1/2020 1:00:00 PM SSL_Handshake> Enter HTTP Server: SSL handshake failure, IP address [", line.as_slice()].concat();
                reader.line(&text, text.len() as u64, true);
            }
            let report = reader.end();
            proptest::prop_assert_eq!(report.lines, 2 * lines.len() as u64);
        }
    }
}
