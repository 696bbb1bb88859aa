//! Terminal events to messages: keys, pastes, sizes. Tells a paste from typing where the terminal does not, so that
//! pasted text never runs commands. Must not know what a key does.

use std::time::{Duration, Instant};

use crossterm::event::{Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use zeroize::Zeroizing;

use super::chord::{Chord, Key};
use super::msg::{Input, Msg};
use crate::pki::pem::LARGEST;

/// So many plain characters in one batch, not all equal, are a paste: nobody types so fast, and a key that is held down
/// repeats one character.
const BURST: usize = 8;

/// Longer than any password, in bytes.
const ROOM: usize = 4096;

/// A burst has ended when nothing plain follows for this long. Slow lines deliver a paste in pieces; the last piece may
/// be shorter than a burst.
const QUIET: Duration = Duration::from_millis(100);

/// Turns batches of terminal events into messages. Keeps a burst until it has ended.
#[derive(Debug, Default)]
pub struct Reader {
    held: Zeroizing<String>,
    cut: bool,
    last: Option<Instant>,
}

impl Reader {
    /// Takes one batch: the events that arrived together.
    pub fn feed(&mut self, batch: impl IntoIterator<Item = Event>, now: Instant) -> Vec<Msg> {
        let mut out: Vec<Msg> = self.due(now).into_iter().collect();
        let mut run: Vec<(char, Chord)> = Vec::new();
        let mut size = None;
        for event in batch {
            match event {
                Event::Resize(width, height) => size = Some(Msg::Resize(width, height)),
                Event::Paste(text) => {
                    let text = Zeroizing::new(text);
                    self.end_run(&mut run, now, &mut out);
                    self.release(&mut out);
                    out.push(paste(&text, false));
                }
                Event::Key(key) => match (plain(&key), Key::from_event(&key)) {
                    (Some(c), Some(chord)) => run.push((c, chord)),
                    (_, Some(chord)) => {
                        self.end_run(&mut run, now, &mut out);
                        self.release(&mut out);
                        out.push(Msg::Input(Input::Chord(chord)));
                    }
                    (_, None) => {}
                },
                Event::Mouse(_) | Event::FocusGained | Event::FocusLost => {}
            }
        }
        self.end_run(&mut run, now, &mut out);
        out.extend(size);
        out
    }

    /// Gives the burst that has ended by now, if there is one.
    pub fn due(&mut self, now: Instant) -> Option<Msg> {
        self.deadline().filter(|at| *at <= now)?;
        let mut out = Vec::new();
        self.release(&mut out);
        out.pop()
    }

    /// Tells when to ask [`Self::due`] again.
    pub fn deadline(&self) -> Option<Instant> {
        self.last.map(|last| last + QUIET)
    }

    fn end_run(&mut self, run: &mut Vec<(char, Chord)>, now: Instant, out: &mut Vec<Msg>) {
        if run.is_empty() {
            return;
        }
        let letters = || run.iter().map(|(c, _)| *c).filter(|c| !c.is_control());
        let first = letters().next();
        let burst = letters().count() >= BURST && letters().any(|c| Some(c) != first);
        if burst || self.last.is_some() {
            self.last = Some(now);
            // Room for any password at once, so that growing leaves no copy of one behind.
            self.held.reserve(ROOM);
            for (c, _) in run.iter() {
                if self.held.len() + c.len_utf8() <= LARGEST {
                    self.held.push(*c);
                } else {
                    self.cut = true;
                }
            }
        } else {
            out.extend(run.iter().map(|(_, chord)| Msg::Input(Input::Chord(*chord))));
        }
        run.clear();
    }

    fn release(&mut self, out: &mut Vec<Msg>) {
        if self.last.take().is_some() {
            out.push(paste(&std::mem::take(&mut self.held), std::mem::take(&mut self.cut)));
        }
    }
}

/// The character a key stands for when it is part of a text; Enter is CR, as terminals send it for a pasted line end.
fn plain(key: &KeyEvent) -> Option<char> {
    if key.kind == KeyEventKind::Release {
        return None;
    }
    match (key.code, key.modifiers) {
        (KeyCode::Char('j'), KeyModifiers::CONTROL) => Some('\n'),
        (KeyCode::Char(c), KeyModifiers::NONE | KeyModifiers::SHIFT) => Some(c),
        (KeyCode::Enter, KeyModifiers::NONE) => Some('\r'),
        (KeyCode::Tab, KeyModifiers::NONE) => Some('\t'),
        _ => None,
    }
}

/// Makes a paste of a text: CR LF and CR become LF, a tab a space, other controls are dropped, and the end is cut beyond
/// [`LARGEST`] bytes.
fn paste(text: &str, mut cut: bool) -> Msg {
    let mut clean = Zeroizing::new(String::with_capacity(text.len().min(LARGEST)));
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let c = match c {
            '\r' => {
                chars.next_if_eq(&'\n');
                '\n'
            }
            '\t' => ' ',
            c if c.is_control() && c != '\n' => continue,
            c => c,
        };
        if clean.len() + c.len_utf8() > LARGEST {
            cut = true;
            break;
        }
        clean.push(c);
    }
    Msg::Input(Input::Paste(clean, cut))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Vec<Event> {
        let code = |c| match c {
            '\r' => KeyCode::Enter,
            '\t' => KeyCode::Tab,
            c => KeyCode::Char(c),
        };
        text.chars().map(|c| Event::Key(KeyEvent::new(code(c), KeyModifiers::NONE))).collect()
    }

    fn pastes(messages: &[Msg]) -> Vec<&str> {
        messages
            .iter()
            .filter_map(
                |m| if let Msg::Input(Input::Paste(text, _)) = m { Some(text.as_str()) } else { None },
            )
            .collect()
    }

    fn chords(messages: &[Msg]) -> String {
        messages
            .iter()
            .filter_map(|m| if let Msg::Input(Input::Chord(c)) = m { Some(c.to_string()) } else { None })
            .collect()
    }

    #[test]
    fn typing_is_keys_and_a_burst_is_one_paste() {
        let mut reader = Reader::default();
        let start = Instant::now();
        assert_eq!(chords(&reader.feed(keys("jjk\r"), start)), "jjk<ret>");
        assert_eq!(chords(&reader.feed(keys("jjjjjjjjjjjjjj"), start)), "jjjjjjjjjjjjjj");
        assert_eq!(reader.deadline(), None);
        assert!(reader.feed(keys("-----BEGIN X\rqD\r"), start).is_empty());
        assert!(reader.feed(keys("q\r"), start + QUIET / 2).is_empty(), "the short last piece belongs to it");
        assert!(reader.due(start + QUIET).is_none(), "a piece has just come");
        let ended = reader.due(start + QUIET * 2).unwrap();
        assert_eq!(pastes(&[ended]), ["-----BEGIN X\nqD\nq\n"]);
        assert_eq!(reader.deadline(), None);
        assert_eq!(chords(&reader.feed(keys("q"), start + QUIET * 3)), "q");
    }

    #[test]
    fn a_key_that_is_no_text_ends_a_burst() {
        let mut reader = Reader::default();
        let now = Instant::now();
        let mut batch = keys("abcdefgh");
        batch.push(Event::Key(KeyEvent::new(KeyCode::Esc, KeyModifiers::NONE)));
        batch.extend(keys("qq"));
        let out = reader.feed(batch, now);
        assert_eq!((pastes(&out), chords(&out)), (vec!["abcdefgh"], "<esc>qq".to_owned()));
    }

    #[test]
    fn a_late_batch_does_not_join_a_burst() {
        let mut reader = Reader::default();
        let now = Instant::now();
        assert!(reader.feed(keys("abcdefgh"), now).is_empty());
        let out = reader.feed(keys("q"), now + QUIET);
        assert_eq!((pastes(&out), chords(&out)), (vec!["abcdefgh"], "q".to_owned()));
    }

    #[test]
    fn a_bracketed_paste_is_cleaned() {
        let mut reader = Reader::default();
        let text = "a\r\nb\rc\nd\u{1b}[31m\te\0\u{7f}\u{85}".to_owned();
        let out = reader.feed([Event::Paste(text)], Instant::now());
        assert_eq!(pastes(&out), ["a\nb\nc\nd[31m e"]);
    }

    #[test]
    fn a_paste_is_cut_at_the_limit_and_says_so() {
        let mut reader = Reader::default();
        let out = reader.feed([Event::Paste("é".repeat(LARGEST))], Instant::now());
        let [Msg::Input(Input::Paste(text, true))] = out.as_slice() else { panic!("{} messages", out.len()) };
        assert_eq!(text.len(), LARGEST);
    }

    #[test]
    fn sizes_are_told_once_a_batch() {
        let mut reader = Reader::default();
        let batch = [Event::Resize(80, 24), Event::FocusLost, Event::Resize(60, 20)];
        let out = reader.feed(batch, Instant::now());
        assert!(matches!(out.as_slice(), [Msg::Resize(60, 20)]));
    }

    proptest::proptest! {
        #[test]
        fn no_control_but_the_line_end_is_left(text: String, pieces in proptest::collection::vec(".{0,12}", 0..6)) {
            let mut reader = Reader::default();
            let now = Instant::now();
            let mut out = reader.feed([Event::Paste(text)], now);
            for piece in &pieces {
                out.extend(reader.feed(keys(piece), now));
            }
            out.extend(reader.due(now + QUIET));
            for paste in pastes(&out) {
                proptest::prop_assert!(!paste.chars().any(|c| c.is_control() && c != '\n'));
            }
        }
    }
}
