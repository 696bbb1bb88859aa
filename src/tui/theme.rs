//! What things look like: roles to styles for two palettes, and the symbols for two character sets. Nothing else in the
//! console names a colour. Meaning is always in words or marks as well; a colour only repeats it.

use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::border;

/// What a piece of the screen is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Ordinary text.
    Text,
    /// Secondary text; never the sole carrier of a meaning.
    Dim,
    /// A heading.
    Title,
    /// The selected row or choice; the real cursor stands on it as well.
    Selected,
    /// A marked row; it begins with `*` as well.
    Marked,
    /// Good; said in words as well.
    Ok,
    /// Wants attention soon; said in words as well.
    Warn,
    /// Bad; said in words as well.
    Bad,
    /// A key in the footer or in help.
    Key,
    /// A field that takes text.
    Input,
    /// The question or prefix before a line that takes text.
    Prompt,
    /// A border.
    Border,
    /// The border of the part that has the keys.
    FocusedBorder,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 13] = [
        Self::Text,
        Self::Dim,
        Self::Title,
        Self::Selected,
        Self::Marked,
        Self::Ok,
        Self::Warn,
        Self::Bad,
        Self::Key,
        Self::Input,
        Self::Prompt,
        Self::Border,
        Self::FocusedBorder,
    ];
}

/// A palette.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// The terminal's own sixteen colours, on its own background; white and black are not used.
    #[default]
    Ansi,
    /// No colour: bold, underline, dim and reverse.
    Mono,
}

impl Theme {
    /// Returns how a role looks.
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        match (self, role) {
            (_, Role::Text) => plain,
            (_, Role::Title | Role::Prompt) => plain.add_modifier(Modifier::BOLD),
            (_, Role::Selected) => plain.add_modifier(Modifier::REVERSED),
            (_, Role::Input) => plain.add_modifier(Modifier::UNDERLINED),
            (Self::Ansi, Role::Dim | Role::Border) => plain.add_modifier(Modifier::DIM),
            (Self::Ansi, Role::FocusedBorder) => plain,
            (Self::Ansi, Role::Marked) => plain.fg(Color::Cyan).add_modifier(Modifier::BOLD),
            (Self::Ansi, Role::Ok) => plain.fg(Color::Green),
            (Self::Ansi, Role::Warn) => plain.fg(Color::Yellow).add_modifier(Modifier::BOLD),
            (Self::Ansi, Role::Bad) => plain.fg(Color::Red).add_modifier(Modifier::BOLD),
            (Self::Ansi, Role::Key) => plain.fg(Color::Cyan),
            (Self::Mono, Role::Dim | Role::Border | Role::Ok) => plain,
            (Self::Mono, Role::FocusedBorder | Role::Marked | Role::Warn | Role::Key) => {
                plain.add_modifier(Modifier::BOLD)
            }
            (Self::Mono, Role::Bad) => plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
        }
    }
}

/// The marks and lines that are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbols {
    /// Tells whether only ASCII may be drawn.
    pub ascii: bool,
    /// The lines of a box.
    pub border: border::Set<'static>,
    /// Stands for text that was cut.
    pub ellipsis: &'static str,
    /// Before the selected choice.
    pub pointer: &'static str,
    /// Before a marked row.
    pub mark: &'static str,
    /// Between the parts of a line.
    pub separator: &'static str,
    /// Before each entry of an enumeration.
    pub bullet: &'static str,
    /// More above.
    pub up: &'static str,
    /// More below.
    pub down: &'static str,
    /// From one to the other, as in `subject -> issuer`.
    pub arrow: &'static str,
    /// A branch of a tree.
    pub branch: &'static str,
    /// The last branch of a tree.
    pub last: &'static str,
    /// What hides a character of a secret.
    pub hidden: &'static str,
    /// What bars are drawn with: what is in use, and the rest.
    pub bar: (&'static str, &'static str),
    /// What brackets a field that takes text; empty where underlining does it.
    pub field: (&'static str, &'static str),
}

impl Symbols {
    /// Light lines and few marks that common fonts have.
    pub const UNICODE: Self = Self {
        ascii: false,
        border: border::PLAIN,
        ellipsis: "…",
        pointer: "›",
        mark: "*",
        separator: "│",
        bullet: "•",
        up: "↑",
        down: "↓",
        arrow: "→",
        branch: "├─",
        last: "└─",
        hidden: "•",
        bar: ("█", "░"),
        field: ("", ""),
    };

    /// Light lines with ASCII marks, for consoles whose font has little else.
    pub const LINES: Self =
        Self {
            border: border::PLAIN, separator: "│", branch: "├─", last: "└─", ascii: false, ..Self::ASCII
        };

    /// ASCII alone.
    pub const ASCII: Self = Self {
        ascii: true,
        border: border::Set {
            top_left: "+",
            top_right: "+",
            bottom_left: "+",
            bottom_right: "+",
            vertical_left: "|",
            vertical_right: "|",
            horizontal_top: "-",
            horizontal_bottom: "-",
        },
        ellipsis: "...",
        pointer: ">",
        mark: "*",
        separator: "|",
        bullet: "-",
        up: "^",
        down: "v",
        arrow: "->",
        branch: "|-",
        last: "`-",
        hidden: "*",
        bar: ("#", "-"),
        field: ("[", "]"),
    };

    /// Makes foreign text safe for this character set: unseen characters as `\XX` for each byte, and with ASCII alone
    /// every other one beyond it too.
    pub fn text(&self, text: &str) -> String {
        let seen = crate::model::escape::visible(text);
        if !self.ascii || seen.is_ascii() {
            return seen;
        }
        let mut out = String::with_capacity(seen.len() * 2);
        for c in seen.chars() {
            if c.is_ascii() {
                out.push(c);
            } else {
                let mut buffer = [0; 4];
                c.encode_utf8(&mut buffer).bytes().for_each(|b| out.push_str(&format!("\\{b:02X}")));
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mono_has_no_colour_and_the_selection_shows_in_both() {
        for role in Role::ALL {
            let style = Theme::Mono.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
            let ansi = Theme::Ansi.style(role);
            assert_eq!(ansi.bg, None, "{role:?} paints a background");
            assert!(!matches!(ansi.fg, Some(Color::White | Color::Black | Color::Gray | Color::Rgb(..))));
        }
        for theme in [Theme::Ansi, Theme::Mono] {
            assert!(theme.style(Role::Selected).add_modifier.contains(Modifier::REVERSED));
        }
        assert_ne!(Theme::Mono.style(Role::Bad), Theme::Mono.style(Role::Warn));
    }

    #[test]
    fn the_ascii_set_is_ascii() {
        let s = Symbols::ASCII;
        let b = s.border;
        let all = [
            b.top_left,
            b.top_right,
            b.bottom_left,
            b.bottom_right,
            b.vertical_left,
            b.vertical_right,
            b.horizontal_top,
            b.horizontal_bottom,
            s.ellipsis,
            s.pointer,
            s.mark,
            s.separator,
            s.bullet,
            s.up,
            s.down,
            s.arrow,
            s.branch,
            s.last,
            s.hidden,
            s.bar.0,
            s.bar.1,
            s.field.0,
            s.field.1,
        ];
        assert!(all.iter().all(|text| text.is_ascii()));
        assert_eq!(s.text("Zürich \u{202e}x"), "Z\\C3\\BCrich \\E2\\80\\AEx");
        assert_eq!(Symbols::UNICODE.text("Zürich \u{202e}x"), "Zürich \\E2\\80\\AEx");
    }
}
