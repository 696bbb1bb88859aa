//! Fits text into columns: cutting, padding and wrapping by the width on the screen, not by characters.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Returns the columns that a text takes.
pub fn width(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// Cuts or pads a text to exactly this many columns; `ellipsis` stands for what was cut.
pub fn fit(text: &str, columns: usize, ellipsis: &str) -> String {
    let mut out = cut(text, columns, ellipsis);
    let missing = columns.saturating_sub(width(&out));
    out.extend(std::iter::repeat_n(' ', missing));
    out
}

/// Cuts a text to at most this many columns; `ellipsis` stands for what was cut.
pub fn cut(text: &str, columns: usize, ellipsis: &str) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mark = if width(ellipsis) < columns { ellipsis } else { "" };
    let room = columns.saturating_sub(width(mark));
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w > room {
            break;
        }
        used += w;
        out.push(c);
    }
    out.push_str(mark);
    out
}

/// Breaks a text into lines of at most this many columns, at spaces where there are any; `\n` breaks too. What is
/// indented stays so, on every line it takes.
pub fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.split('\n') {
        let words = paragraph.trim_start_matches(' ');
        let indent = (paragraph.len() - words.len()).min(columns / 2);
        let blank = " ".repeat(indent);
        lines.extend(break_at_spaces(words, columns - indent).iter().map(|line| format!("{blank}{line}")));
    }
    lines
}

fn break_at_spaces(paragraph: &str, columns: usize) -> Vec<String> {
    let columns = columns.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in paragraph.split(' ') {
        let gap = usize::from(!line.is_empty());
        if width(&line) + gap + width(word) <= columns {
            if gap == 1 {
                line.push(' ');
            }
            line.push_str(word);
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if width(&line) + c.width().unwrap_or(0) > columns && !line.is_empty() {
                // Names and fingerprints are easier to compare when their parts stay whole.
                let end = line.rfind([',', ':']).map(|at| at + 1).filter(|end| end * 2 > line.len());
                let rest = end.map_or_else(String::new, |end| line.split_off(end));
                lines.push(std::mem::replace(&mut line, rest));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_characters_count_double() {
        assert_eq!(fit("東京都", 5, "…"), "東京…");
        assert_eq!(fit("ab", 4, "…"), "ab  ");
        assert_eq!(cut("abcdef", 2, "..."), "ab");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefgh", 3), ["abc", "def", "gh"]);
        assert_eq!(wrap("0 CN=a\n  issued by b", 9), ["0 CN=a", "  issued", "  by b"]);
        assert_eq!(wrap("a  b", 9), ["a  b"]);
        assert_eq!(wrap("0A:1B:2C:3D", 7), ["0A:1B:", "2C:3D"]);
    }

    proptest::proptest! {
        #[test]
        fn fitted_text_has_the_width_and_wrapped_text_no_more(text in "\\PC{0,40}", columns in 2_usize..40) {
            let text = crate::model::escape::visible(&text);
            proptest::prop_assert_eq!(width(&fit(&text, columns, "…")), columns);
            for line in wrap(&text, columns) {
                proptest::prop_assert!(width(&line) <= columns, "{line:?}");
            }
        }
    }
}
