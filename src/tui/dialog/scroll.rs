//! The keys that move in the list or the text of a dialog. What stands there, the dialog knows.

use crate::tui::chord::Key;

/// Returns the place in a list to which a key leads from `at`; other keys stay.
pub(super) fn moved(key: Key, at: usize, last: usize, page: usize) -> usize {
    let to = match key {
        Key::Up | Key::Char('k') => at.saturating_sub(1),
        Key::Down | Key::Char('j') => at.saturating_add(1),
        Key::PageUp | Key::Ctrl('b') => at.saturating_sub(page),
        Key::PageDown | Key::Ctrl('f') => at.saturating_add(page),
        Key::Home | Key::Char('g') => 0,
        Key::End | Key::Char('G') => last,
        _ => at,
    };
    to.min(last)
}

/// Returns the first line to show of a text after a key; space goes on by a page, as readers have it.
pub(super) fn scrolled(key: Key, top: usize, last: usize, page: usize) -> usize {
    moved(if key == Key::Char(' ') { Key::PageDown } else { key }, top, last, page)
}
