//! One line of text that a person types: plain, or a secret that is never shown.

use zeroize::Zeroizing;

use super::text::width;
use crate::model::escape::visible;
use crate::tui::chord::Key;

/// The longest line, in bytes; what goes beyond is not taken.
const LONGEST: usize = 4096;

/// A line with a cursor. The text is wiped when dropped; `Debug` shows a secret as `***`.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct LineEdit {
    text: Zeroizing<String>,
    /// The byte before which the cursor stands; always between characters.
    cursor: usize,
    secret: bool,
}

impl LineEdit {
    /// Makes a line that holds this text, with the cursor behind it.
    pub fn new(text: &str) -> Self {
        Self { cursor: text.len(), text: Zeroizing::new(text.to_owned()), secret: false }
    }

    /// Makes an empty line for a secret. Its memory is reserved at once, so that growing leaves no copies behind.
    pub fn secret() -> Self {
        Self { text: Zeroizing::new(String::with_capacity(LONGEST)), cursor: 0, secret: true }
    }

    /// Returns what was typed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Replaces the text.
    pub fn set(&mut self, text: &str) {
        self.text = Zeroizing::new(text.to_owned());
        self.cursor = self.text.len();
    }

    /// Replaces the text and puts the cursor before a byte of it.
    pub fn set_at(&mut self, text: &str, cursor: usize) {
        self.set(text);
        if self.text.is_char_boundary(cursor) {
            self.cursor = cursor;
        }
    }

    /// Returns the byte before which the cursor stands.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// Wipes the text.
    pub fn clear(&mut self) {
        *self = if self.secret { Self::secret() } else { Self::default() };
    }

    /// Puts text at the cursor. Line ends become spaces, and those around it are dropped.
    pub fn insert(&mut self, text: &str) {
        for c in text.trim_matches('\n').chars() {
            let c = if matches!(c, '\n' | '\r' | '\t') { ' ' } else { c };
            if c.is_control() || self.text.len() + c.len_utf8() > LONGEST {
                continue;
            }
            self.text.insert(self.cursor, c);
            self.cursor += c.len_utf8();
        }
    }

    /// Takes a key; tells whether it was one for a line.
    pub fn key(&mut self, key: Key) -> bool {
        match key {
            Key::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            Key::Backspace => {
                if let Some(c) = self.before().chars().next_back() {
                    self.cursor -= c.len_utf8();
                    self.text.remove(self.cursor);
                }
            }
            Key::Delete => {
                if self.cursor < self.text.len() {
                    self.text.remove(self.cursor);
                }
            }
            Key::Left => self.cursor -= self.before().chars().next_back().map_or(0, char::len_utf8),
            Key::Right => self.cursor += self.after().chars().next().map_or(0, char::len_utf8),
            Key::Home | Key::Ctrl('a') => self.cursor = 0,
            Key::End | Key::Ctrl('e') => self.cursor = self.text.len(),
            Key::Ctrl('u') => {
                self.text.drain(..self.cursor);
                self.cursor = 0;
            }
            Key::Ctrl('k') => self.text.truncate(self.cursor),
            Key::Ctrl('w') => {
                let keep = self.before().trim_end().rfind(' ').map_or(0, |i| i + 1);
                self.text.drain(keep..self.cursor);
                self.cursor = keep;
            }
            _ => return false,
        }
        true
    }

    /// Returns what is seen in so many columns, and the column of the cursor in it. `hidden` hides a secret's character.
    pub fn shown(&self, columns: usize, hidden: &str) -> (String, usize) {
        let seen = |text: &str| {
            if self.secret { hidden.repeat(text.chars().count()) } else { visible(text) }
        };
        let (before, after) = (seen(self.before()), seen(self.after()));
        let room = columns.saturating_sub(1);
        let mut from = 0;
        while width(before.get(from..).unwrap_or_default()) > room {
            from += before.get(from..).and_then(|t| t.chars().next()).map_or(1, char::len_utf8);
        }
        let head = before.get(from..).unwrap_or_default();
        let tail = super::text::cut(&after, columns.saturating_sub(width(head)), "");
        (format!("{head}{tail}"), width(head))
    }

    fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or_default()
    }

    fn after(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or_default()
    }
}

impl std::fmt::Debug for LineEdit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.secret { f.write_str("LineEdit(***)") } else { write!(f, "LineEdit({:?})", self.text()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_characters_are_removed_whole() {
        let mut line = LineEdit::new("übung eins");
        line.key(Key::Ctrl('w'));
        assert_eq!(line.text(), "übung ");
        line.key(Key::Home);
        line.key(Key::Delete);
        assert_eq!(line.text(), "bung ");
        line.key(Key::End);
        line.insert("a\nb\n");
        assert_eq!(line.text(), "bung a b");
    }

    #[test]
    fn a_secret_is_neither_shown_nor_printed() {
        let mut line = LineEdit::secret();
        line.insert("hunter2");
        assert_eq!(line.shown(20, "*"), ("*******".into(), 7));
        assert!(!format!("{line:?}").contains("hunter2"));
    }

    proptest::proptest! {
        #[test]
        fn any_keys_keep_the_cursor_between_characters(keys in proptest::collection::vec(0_u8..12, 0..60), columns in 0_usize..20) {
            let mut line = LineEdit::default();
            for key in keys {
                line.key(match key {
                    0 => Key::Char('é'), 1 => Key::Char('東'), 2 => Key::Char(' '), 3 => Key::Backspace, 4 => Key::Delete,
                    5 => Key::Left, 6 => Key::Right, 7 => Key::Home, 8 => Key::End, 9 => Key::Ctrl('w'),
                    10 => Key::Ctrl('u'), _ => Key::Char('\u{202e}'),
                });
                let (shown, at) = line.shown(columns, "*");
                proptest::prop_assert!(width(&shown) <= columns.max(1) && at <= columns);
            }
        }
    }
}
