//! Makes foreign text safe and honest to show: whatever a reader could not see is written as its bytes.

/// Tells whether a character is invisible or moves the text around it: controls, bidirectional marks, zero-width
/// characters, fillers, variation selectors, tags and private use.
pub fn unseen(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}'
            | '\u{FFF0}'..='\u{FFFB}' | '\u{E000}'..='\u{F8FF}' | '\u{E0000}'..='\u{E0FFF}'
            | '\u{F0000}'..='\u{10FFFF}')
}

/// Writes every unseen character as `\XX` for each of its UTF-8 bytes, and leaves the rest as it is.
pub fn visible(text: &str) -> String {
    if !text.chars().any(unseen) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 16);
    text.chars().for_each(|c| push(&mut out, c));
    out
}

/// Writes several lines as [`visible`] does each of them.
pub fn visible_lines(text: &str) -> String {
    text.split('\n').map(visible).collect::<Vec<_>>().join("\n")
}

/// Shows bytes that should be text as [`visible`] does, and each byte that is no UTF-8 as `\XX` too.
pub fn visible_bytes(bytes: &[u8]) -> String {
    bytes.utf8_chunks().fold(String::new(), |mut out, chunk| {
        out.push_str(&visible(chunk.valid()));
        chunk.invalid().iter().for_each(|byte| out.push_str(&format!("\\{byte:02X}")));
        out
    })
}

/// Takes `\XX` for the byte that [`visible_bytes`] wrote so, to type a name that has no keys.
pub fn typed_bytes(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|d| *first == b'\\' && d.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|d| std::str::from_utf8(d).ok());
        let byte = digits.and_then(|d| u8::from_str_radix(d, 16).ok());
        out.push(byte.unwrap_or(*first));
        rest = if byte.is_some() { after.get(2..).unwrap_or_default() } else { after };
    }
    out
}

/// Writes an attribute value as RFC 4514 section 2.4 asks, and every unseen character as `\XX` as well.
pub fn rfc4514(value: &str) -> String {
    let last = value.chars().count().saturating_sub(1);
    let mut out = String::with_capacity(value.len() + 4);
    for (i, c) in value.chars().enumerate() {
        match c {
            ',' | '+' | '"' | '\\' | '<' | '>' | ';' => out.extend(['\\', c]),
            ' ' if i == 0 || i == last => out.push_str("\\ "),
            '#' if i == 0 => out.push_str("\\#"),
            c => push(&mut out, c),
        }
    }
    out
}

fn push(out: &mut String, c: char) {
    if unseen(c) {
        let mut buffer = [0; 4];
        for byte in c.encode_utf8(&mut buffer).bytes() {
            out.push_str(&format!("\\{byte:02X}"));
        }
    } else {
        out.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_and_direction_marks_become_readable() {
        assert_eq!(visible("a\u{1b}[31mb"), "a\\1B[31mb");
        assert_eq!(visible("gnp\u{202e}exe"), "gnp\\E2\\80\\AEexe");
        assert_eq!(visible("Zürich 東京"), "Zürich 東京");
        let name = b"caf\xe9\x1b \xc3\xbc.pem";
        assert_eq!(visible_bytes(name), "caf\\E9\\1B ü.pem");
        assert_eq!(typed_bytes(&visible_bytes(name)), name);
        assert_eq!(typed_bytes("a\\b\\+1\\"), b"a\\b\\+1\\");
        assert_eq!(rfc4514("A, O=B+C=x"), "A\\, O=B\\+C=x");
        assert_eq!(rfc4514(" #a "), "\\ #a\\ ");
        assert_eq!(rfc4514("#a"), "\\#a");
    }

    proptest::proptest! {
        #[test]
        fn nothing_unseen_is_left(text: String) {
            proptest::prop_assert!(!visible(&text).chars().any(unseen));
            proptest::prop_assert!(!rfc4514(&text).chars().any(unseen));
        }
    }
}
