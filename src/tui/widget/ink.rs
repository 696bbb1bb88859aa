//! Turns text into styled spans. The only way of foreign text to the screen: every span is escaped here.

use ratatui::style::Style;
use ratatui::text::{Line, Span};

use crate::tui::theme::{Role, Symbols, Theme};

/// A palette and a character set.
#[derive(Debug, Clone, Copy)]
pub struct Ink {
    /// The palette.
    pub theme: Theme,
    /// The character set.
    pub symbols: Symbols,
}

impl Ink {
    /// Returns the style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// Makes a span of foreign or own text, escaped.
    pub fn span(&self, role: Role, text: &str) -> Span<'static> {
        Span::styled(self.symbols.text(text), self.style(role))
    }

    /// Makes a line of one span.
    pub fn line(&self, role: Role, text: &str) -> Line<'static> {
        Line::from(self.span(role, text))
    }

    /// Makes a span of drawing symbols, which are not escaped.
    pub fn symbol(&self, role: Role, text: impl Into<String>) -> Span<'static> {
        Span::styled(text.into(), self.style(role))
    }
}
