//! Writes lines of CSV as RFC 4180 has them, with cells that no spreadsheet takes for a formula.

use crate::model::escape::visible_lines;

/// Writes one line. A cell that begins with `=`, `+`, `-`, `@`, tab or return gets a `'` before it: a spreadsheet would
/// run it as a formula. Cells with a comma, a quote or a line end are quoted.
pub(super) fn line(cells: impl IntoIterator<Item = String>) -> String {
    let cells: Vec<String> = cells.into_iter().map(|cell| cell_of(&cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn cell_of(text: &str) -> String {
    // Looked for before escaping, which turns tab and return into other characters.
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = visible_lines(text);
    let text = if formula { format!("'{text}") } else { text };
    if text.contains([',', '"', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_no_formula() {
        let cells = ["a", "b,c", "say \"x\"", "=1+1", "-2", "@x,y", "\tz", "two\nlines"];
        let line = line(cells.map(str::to_owned));
        assert_eq!(line, "a,\"b,c\",\"say \"\"x\"\"\",'=1+1,'-2,\"'@x,y\",'\\09z,\"two\nlines\"\r\n");
    }
}
