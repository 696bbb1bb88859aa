//! Keys as values: how a key press is written in tables, help and settings (`q`, `G`, `<ret>`, `<esc>`, `C-s`, `<f2>`).
//! Knows only keys that every terminal can tell apart; must not know what a key does.

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use crate::model::error::{Error, Result};

/// A key press that every terminal can tell apart from others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// A character as typed, with shift already in it.
    Char(char),
    /// A letter with Ctrl.
    Ctrl(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift-Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// A function key.
    F(u8),
}

/// One key press.
pub type Chord = Key;

/// The keys that are written by a name in angle brackets.
const NAMES: [(&str, Key); 17] = [
    ("ret", Key::Enter),
    ("esc", Key::Esc),
    ("tab", Key::Tab),
    ("s-tab", Key::BackTab),
    ("bs", Key::Backspace),
    ("del", Key::Delete),
    ("up", Key::Up),
    ("down", Key::Down),
    ("left", Key::Left),
    ("right", Key::Right),
    ("pgup", Key::PageUp),
    ("pgdn", Key::PageDown),
    ("home", Key::Home),
    ("end", Key::End),
    ("space", Key::Char(' ')),
    ("lt", Key::Char('<')),
    ("gt", Key::Char('>')),
];

impl Key {
    /// Reads a key as written for a command, and refuses what a broken arrow key leaves behind.
    ///
    /// Over a slow line `ESC` and `[A` may come apart and are then read as Esc, `[` and `A`; a command on one of these
    /// letters would run by itself. Errors: as for [`FromStr`], and `Usage` for `[ O A B C D`.
    pub fn binding(text: &str) -> Result<Self> {
        match text.parse()? {
            Self::Char('[' | 'O' | 'A' | 'B' | 'C' | 'D') => {
                Err(Error::usage(format!("\"{text}\" cannot be the key of a command."))
                    .why("On a slow line an arrow key can fall apart into Esc, [ and this letter.")
                    .next("Choose another key; other capitals are free."))
            }
            key => Ok(key),
        }
    }

    /// Takes a key press from the terminal. `None` for what a legacy terminal cannot tell apart from something else
    /// (Alt is the same as Esc before the key), for releases, and for keys without a name here.
    pub fn from_event(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let beyond = KeyModifiers::ALT | KeyModifiers::SUPER | KeyModifiers::HYPER | KeyModifiers::META;
        if event.modifiers.intersects(beyond) {
            return None;
        }
        let control = event.modifiers.contains(KeyModifiers::CONTROL);
        Some(match event.code {
            // ^H is what many terminals send for Backspace, ^J what some lines make of Enter.
            KeyCode::Char('h' | 'H') if control => Self::Backspace,
            KeyCode::Char('j' | 'J') if control => Self::Enter,
            KeyCode::Char(c) if control && c.is_ascii_alphabetic() => Self::Ctrl(c.to_ascii_lowercase()),
            KeyCode::Char(c) if !control && !c.is_control() => Self::Char(c),
            KeyCode::Tab if event.modifiers.contains(KeyModifiers::SHIFT) => Self::BackTab,
            KeyCode::Enter => Self::Enter,
            KeyCode::Esc => Self::Esc,
            KeyCode::Tab => Self::Tab,
            KeyCode::BackTab => Self::BackTab,
            KeyCode::Backspace => Self::Backspace,
            KeyCode::Delete => Self::Delete,
            KeyCode::Up => Self::Up,
            KeyCode::Down => Self::Down,
            KeyCode::Left => Self::Left,
            KeyCode::Right => Self::Right,
            KeyCode::PageUp => Self::PageUp,
            KeyCode::PageDown => Self::PageDown,
            KeyCode::Home => Self::Home,
            KeyCode::End => Self::End,
            KeyCode::F(n @ 1..=12) => Self::F(n),
            _ => return None,
        })
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = NAMES.iter().find(|(_, key)| key == self) {
            return write!(f, "<{name}>");
        }
        match self {
            Self::Char(c) => write!(f, "{c}"),
            Self::Ctrl(c) => write!(f, "C-{c}"),
            Self::F(n) => write!(f, "<f{n}>"),
            // Every other key stands in NAMES; a test holds it.
            other => write!(f, "<{other:?}>"),
        }
    }
}

impl FromStr for Key {
    type Err = Error;

    /// Reads `q`, `G`, `C-s`, `<ret>`, `<f2>`. Errors (`Usage`) say why a key cannot be had in every terminal.
    fn from_str(text: &str) -> Result<Self> {
        let refuse =
            |why: &str| Err(Error::usage(format!("\"{text}\" is not a key.")).why(why).next(WRITTEN));
        let mut chars = text.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            return match c {
                ' ' => refuse("The space bar is written <space>."),
                '<' => refuse("This character is written <lt>."),
                '>' => refuse("This character is written <gt>."),
                c if crate::model::escape::unseen(c) => refuse("It is a character that cannot be seen."),
                c => Ok(Self::Char(c)),
            };
        }
        if let Some(letter) = text.strip_prefix("C-") {
            return match letter {
                "i" | "I" => refuse("A terminal sends the same for Ctrl-I and Tab: write <tab>."),
                "m" | "M" => refuse("A terminal sends the same for Ctrl-M and Enter: write <ret>."),
                "j" | "J" => refuse("Some lines send the same for Ctrl-J and Enter: write <ret>."),
                "h" | "H" => refuse("Many terminals send the same for Ctrl-H and Backspace: write <bs>."),
                "[" => refuse("A terminal sends the same for Ctrl-[ and Esc: write <esc>."),
                _ => match letter.as_bytes() {
                    [c @ b'a'..=b'z'] => Ok(Self::Ctrl(char::from(*c))),
                    [b'A'..=b'Z'] => refuse(
                        "With Ctrl a terminal sends the same for capital and small letters: write the small one.",
                    ),
                    _ => refuse("With Ctrl a terminal can tell only the letters a to z apart."),
                },
            };
        }
        if text.starts_with("A-")
            || text.starts_with("M-")
            || text.starts_with("<a-")
            || text.starts_with("<m-")
        {
            return refuse("A terminal sends the same for Alt and for Esc before the key.");
        }
        let Some(name) = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) else {
            return refuse("No key is written so.");
        };
        let lower = name.to_ascii_lowercase();
        if let Some((_, key)) = NAMES.iter().find(|(n, _)| *n == lower) {
            return Ok(*key);
        }
        if lower.starts_with("s-") || lower.starts_with("c-") {
            return refuse("Many terminals send the same for this key with and without Shift or Ctrl.");
        }
        match lower.strip_prefix('f').and_then(|n| n.parse().ok()) {
            Some(n @ 1..=12) => Ok(Self::F(n)),
            _ => refuse("No key has this name."),
        }
    }
}

const WRITTEN: &str = "Keys are written q, G, C-s, <ret>, <esc>, <tab>, <s-tab>, <bs>, <del>, <space>, <up>, <down>, \
<left>, <right>, <pgup>, <pgdn>, <home>, <end>, <f1> to <f12>.";

#[cfg(test)]
mod tests {
    use super::*;

    fn named() -> Vec<Key> {
        let mut keys: Vec<Key> = NAMES.iter().map(|(_, key)| *key).collect();
        keys.extend((1..=12).map(Key::F));
        keys.extend(('a'..='z').filter(|c| !"hijm".contains(*c)).map(Key::Ctrl));
        keys.extend(('!'..='~').map(Key::Char));
        keys.extend(['é', '東'].map(Key::Char));
        keys
    }

    #[test]
    fn every_key_is_read_as_it_is_written() {
        for key in named() {
            assert_eq!(key.to_string().parse::<Key>().unwrap(), key);
            assert!(
                !key.to_string().contains(char::is_uppercase) || matches!(key, Key::Char(_) | Key::Ctrl(_))
            );
        }
    }

    #[test]
    fn keys_that_terminals_confuse_are_refused_with_the_reason() {
        for (text, word) in [
            ("C-i", "Tab"),
            ("C-m", "Enter"),
            ("C-j", "Enter"),
            ("C-h", "Backspace"),
            ("C-[", "Esc"),
            ("C-S", "small"),
            ("C-1", "letters"),
            ("C-", "letters"),
            ("A-x", "Alt"),
            ("<a-x>", "Alt"),
            ("<s-ret>", "Shift"),
            ("<c-up>", "Ctrl"),
            ("<f13>", "name"),
            ("<f0>", "name"),
            ("<frog>", "name"),
            (" ", "<space>"),
            ("", "written so"),
            ("qq", "written so"),
            ("\u{202e}", "seen"),
        ] {
            let error = text.parse::<Key>().unwrap_err();
            assert_eq!(error.exit_code(), 2);
            assert!(error.why.contains(word), "{text}: {error}");
        }
    }

    #[test]
    fn commands_get_no_key_that_an_arrow_leaves_behind() {
        for text in ["[", "O", "A", "B", "C", "D"] {
            assert!(text.parse::<Key>().is_ok());
            assert!(Key::binding(text).unwrap_err().why.contains("arrow"));
        }
        assert_eq!(Key::binding("E").unwrap(), Key::Char('E'));
    }

    #[test]
    fn key_presses_become_the_keys_every_terminal_has() {
        let press = |code, modifiers| Key::from_event(&KeyEvent::new(code, modifiers));
        let none = KeyModifiers::NONE;
        assert_eq!(press(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(Key::Char('G')));
        assert_eq!(press(KeyCode::Char('s'), KeyModifiers::CONTROL), Some(Key::Ctrl('s')));
        assert_eq!(press(KeyCode::Char('h'), KeyModifiers::CONTROL), Some(Key::Backspace));
        assert_eq!(press(KeyCode::Char('j'), KeyModifiers::CONTROL), Some(Key::Enter));
        assert_eq!(press(KeyCode::Char('4'), KeyModifiers::CONTROL), None);
        assert_eq!(press(KeyCode::Char('x'), KeyModifiers::ALT), None);
        assert_eq!(press(KeyCode::Enter, KeyModifiers::ALT), None);
        assert_eq!(press(KeyCode::Up, KeyModifiers::SHIFT), Some(Key::Up));
        assert_eq!(press(KeyCode::BackTab, KeyModifiers::SHIFT), Some(Key::BackTab));
        assert_eq!(press(KeyCode::F(13), none), None);
        assert_eq!(press(KeyCode::Insert, none), None);
        let mut released = KeyEvent::new(KeyCode::Char('q'), none);
        released.kind = KeyEventKind::Release;
        assert_eq!(Key::from_event(&released), None);
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_a_key_or_refused(text: String) {
            if let Ok(key) = text.parse::<Key>() {
                proptest::prop_assert_eq!(key.to_string().parse::<Key>(), Ok(key));
            }
        }
    }
}
