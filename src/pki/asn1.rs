//! Any DER or BER bytes as an outline of their elements, for reading. Judges nothing, and shows what does not hold
//! together as far as it does.

use super::der::dotted;
use super::{name, oid_names};
use crate::model::bytes::hex;
use crate::model::escape::visible;

/// The most elements that are shown.
const MOST: usize = 20_000;
/// How deep nested elements are followed.
const DEEPEST: usize = 40;
/// The most bytes of one value that are shown.
const LONGEST: usize = 512;

/// One element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    /// How deep it is nested.
    pub depth: usize,
    /// Where its tag stands.
    pub offset: usize,
    /// The length of tag and length in bytes.
    pub header: usize,
    /// The length of the content in bytes.
    pub length: usize,
    /// What it is, and its value where it has no elements of its own; escaped.
    pub text: String,
}

/// Lists the elements in their order. What cannot be split is one last element that says so.
pub fn outline(bytes: &[u8]) -> Vec<Element> {
    let mut outline = Outline { bytes, all: Vec::new() };
    outline.walk(0, bytes.len(), 0);
    outline.all
}

/// Writes the outline as text, one element a line: offset, header and content length, and the element, indented.
pub fn text(bytes: &[u8]) -> Vec<String> {
    let line = |e: &Element| {
        let indent = "  ".repeat(e.depth);
        format!("{:>5} {:>2}+{:<5} {indent}{}", e.offset, e.header, e.length, e.text)
    };
    outline(bytes).iter().map(line).collect()
}

struct Outline<'a> {
    bytes: &'a [u8],
    all: Vec<Element>,
}

/// The head of an element.
struct Head {
    class: u8,
    constructed: bool,
    number: u32,
    header: usize,
    /// `None` when it is indefinite (BER).
    length: Option<usize>,
}

impl Outline<'_> {
    /// Walks the elements from one offset to another; returns where it stopped.
    fn walk(&mut self, from: usize, to: usize, depth: usize) -> usize {
        let mut at = from;
        while at < to {
            if self.all.len() >= MOST {
                self.say(depth, at, to - at, format!("... {} more bytes are not shown", to - at));
                return to;
            }
            let part = self.bytes.get(at..to).unwrap_or_default();
            let Some(head) = head(part) else {
                self.say(depth, at, part.len(), format!("malformed: {}", digits(part)));
                return to;
            };
            let inside = at + head.header;
            if head.class == 0 && head.number == 0 && head.length == Some(0) {
                self.push(depth, at, &head, 0, "end of contents".into());
                return inside;
            }
            let Some(length) = head.length else {
                self.push(depth, at, &head, to - inside, format!("{} (indefinite length)", title(&head)));
                at = if depth < DEEPEST { self.walk(inside, to, depth + 1) } else { to };
                continue;
            };
            let end = inside + length;
            let content = self.bytes.get(inside..end).unwrap_or_default();
            if head.constructed && depth < DEEPEST {
                self.push(depth, at, &head, length, title(&head));
                self.walk(inside, end, depth + 1);
            } else {
                let nested = if depth < DEEPEST { nested(&head, content) } else { None };
                let value = if nested.is_some() { String::new() } else { value(&head, content) };
                let joint = if value.is_empty() { "" } else { " " };
                self.push(depth, at, &head, length, format!("{}{joint}{value}", title(&head)));
                if let Some(skip) = nested {
                    self.walk(inside + skip, end, depth + 1);
                }
            }
            at = end;
        }
        at
    }

    fn push(&mut self, depth: usize, offset: usize, head: &Head, length: usize, text: String) {
        self.all.push(Element { depth, offset, header: head.header, length, text });
    }

    fn say(&mut self, depth: usize, offset: usize, length: usize, text: String) {
        self.all.push(Element { depth, offset, header: 0, length, text });
    }
}

/// Reads tag and length; `None` when they or the content do not fit.
fn head(bytes: &[u8]) -> Option<Head> {
    let first = *bytes.first()?;
    let mut at = 1;
    let mut number = u32::from(first & 0x1f);
    if number == 0x1f {
        number = 0;
        loop {
            let byte = *bytes.get(at)?;
            number = number.checked_mul(128)? | u32::from(byte & 0x7f);
            at += 1;
            if byte & 0x80 == 0 {
                break;
            }
        }
    }
    let constructed = first & 0x20 != 0;
    let count = usize::from(*bytes.get(at)?);
    at += 1;
    let length = match count {
        0x80 if constructed => None,
        0x80 => return None,
        short if short < 0x80 => Some(short),
        long => {
            let octets = bytes.get(at..at + (long & 0x7f)).filter(|o| o.len() <= 4)?;
            at += octets.len();
            Some(octets.iter().fold(0, |acc, b| acc << 8 | usize::from(*b)))
        }
    };
    if length.is_some_and(|n| n > bytes.len() - at) {
        return None;
    }
    Some(Head { class: first >> 6, constructed, number, header: at, length })
}

/// Says where the elements inside an OCTET STRING or BIT STRING begin, when it holds some and nothing else.
fn nested(head: &Head, content: &[u8]) -> Option<usize> {
    let skip = match (head.class, head.number) {
        (0, 4) => 0,
        // Only a whole number of octets can hold elements.
        (0, 3) if content.first() == Some(&0) => 1,
        _ => return None,
    };
    let inner = content.get(skip..).filter(|i| !i.is_empty())?;
    let known = matches!(inner.first(), Some(0x01..=0x06 | 0x0a | 0x0c | 0x13 | 0x16 | 0x30 | 0x31));
    (known && holds(inner, 0)).then_some(skip)
}

/// Tells whether bytes are elements through and through.
fn holds(mut bytes: &[u8], depth: usize) -> bool {
    while !bytes.is_empty() {
        let Some(found) = head(bytes) else { return false };
        let Some(length) = found.length else { return false };
        let (Some(content), Some(rest)) =
            (bytes.get(found.header..found.header + length), bytes.get(found.header + length..))
        else {
            return false;
        };
        if found.constructed && (depth >= DEEPEST || !holds(content, depth + 1)) {
            return false;
        }
        if found.class == 0 && matches!((found.number, length), (0, _) | (1, 0 | 2..) | (2 | 6, 0) | (5, 1..))
        {
            return false;
        }
        bytes = rest;
    }
    true
}

fn title(head: &Head) -> String {
    const UNIVERSAL: [&str; 31] = [
        "END",
        "BOOLEAN",
        "INTEGER",
        "BIT STRING",
        "OCTET STRING",
        "NULL",
        "OBJECT",
        "OBJECT DESCRIPTOR",
        "EXTERNAL",
        "REAL",
        "ENUMERATED",
        "EMBEDDED PDV",
        "UTF8String",
        "RELATIVE OID",
        "TIME",
        "",
        "SEQUENCE",
        "SET",
        "NumericString",
        "PrintableString",
        "T61String",
        "VideotexString",
        "IA5String",
        "UTCTime",
        "GeneralizedTime",
        "GraphicString",
        "VisibleString",
        "GeneralString",
        "UniversalString",
        "CHARACTER STRING",
        "BMPString",
    ];
    let number = usize::try_from(head.number).unwrap_or(usize::MAX);
    match (head.class, UNIVERSAL.get(number).filter(|n| !n.is_empty())) {
        (0, Some(name)) => (*name).into(),
        (0, None) => format!("[UNIVERSAL {}]", head.number),
        (1, _) => format!("[APPLICATION {}]", head.number),
        (2, _) => format!("[{}]", head.number),
        _ => format!("[PRIVATE {}]", head.number),
    }
}

fn value(head: &Head, content: &[u8]) -> String {
    if head.class != 0 {
        // Names and addresses in context tags are mostly IA5String; anything else is bytes.
        let readable = content.len() >= 3 && content.iter().all(|b| b.is_ascii_graphic() || *b == b' ');
        return if readable { quoted(&String::from_utf8_lossy(content)) } else { digits(content) };
    }
    match (head.number, content) {
        (1, [0]) => "FALSE".into(),
        (1, [0xff]) => "TRUE".into(),
        (2 | 10, [sign, ..]) if content.len() <= 8 => {
            let start = if sign & 0x80 == 0 { 0 } else { -1 };
            content.iter().fold(start, |acc: i64, b| acc << 8 | i64::from(*b)).to_string()
        }
        (3, [unused, bits @ ..]) if *unused > 0 => format!("{} ({unused} unused bits)", digits(bits)),
        (3, [_, bits @ ..]) => digits(bits),
        (5, []) => String::new(),
        (6, _) => dotted(content).map_or_else(|| digits(content), |oid| oid_names::named(&oid)),
        (23 | 24, _) if content.iter().all(u8::is_ascii_graphic) => {
            String::from_utf8_lossy(content).into_owned()
        }
        (number, _) => match u8::try_from(number).ok().and_then(|tag| name::text(tag, content)) {
            Some(text) => quoted(&text),
            None => digits(content),
        },
    }
}

fn quoted(text: &str) -> String {
    let cut: String = text.chars().take(LONGEST).collect();
    let more = if cut.len() < text.len() { "..." } else { "" };
    format!("\"{}\"{more}", visible(&cut))
}

fn digits(bytes: &[u8]) -> String {
    match bytes.get(..LONGEST) {
        Some(first) if bytes.len() > LONGEST => format!("{}... ({} bytes)", hex(first), bytes.len()),
        _ => hex(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::der::wrap;

    fn texts(bytes: &[u8]) -> Vec<String> {
        outline(bytes).into_iter().map(|e| format!("{}{}", " ".repeat(e.depth), e.text)).collect()
    }

    #[test]
    fn values_are_read_by_their_types() {
        let inside = [
            wrap(1, &[0xff]),
            wrap(2, &[0xff]),
            wrap(2, &[0x7f; 9]),
            wrap(3, &[5, 0xa0]),
            wrap(6, b"\x2b\x06\x01\x05\x05\x07\x03\x01"),
            wrap(12, "M\u{fc}\u{202e}".as_bytes()),
            wrap(23, b"261123090000Z"),
            wrap(0x82, b"a.test"),
            wrap(0x87, &[192, 0, 2, 1]),
            wrap(5, b""),
            wrap(4, &wrap(0x30, &wrap(2, &[1]))),
            wrap(4, &[0x30, 9]),
        ];
        assert_eq!(
            texts(&wrap(0x30, &inside.concat())),
            [
                "SEQUENCE",
                " BOOLEAN TRUE",
                " INTEGER -1",
                " INTEGER 7f7f7f7f7f7f7f7f7f",
                " BIT STRING a0 (5 unused bits)",
                " OBJECT serverAuth (1.3.6.1.5.5.7.3.1)",
                " UTF8String \"M\u{fc}\\E2\\80\\AE\"",
                " UTCTime 261123090000Z",
                " [2] \"a.test\"",
                " [7] c0000201",
                " NULL",
                " OCTET STRING",
                "  SEQUENCE",
                "   INTEGER 1",
                " OCTET STRING 3009",
            ]
        );
    }

    #[test]
    fn what_does_not_hold_together_is_said() {
        assert_eq!(texts(&[0x30, 5, 2, 1, 1]), ["malformed: 3005020101"]);
        assert_eq!(texts(&[0x30, 4, 2, 1, 1, 0xff]), ["SEQUENCE", " INTEGER 1", " malformed: ff"]);
        assert_eq!(
            texts(&[0x30, 0x80, 2, 1, 1, 0, 0]),
            ["SEQUENCE (indefinite length)", " INTEGER 1", " end of contents"]
        );
        assert_eq!(texts(&[0xbf, 0x81, 0x01, 0]), ["[129]"]);
    }

    #[test]
    fn depth_and_number_are_bounded() {
        let deep = (0..100).fold(Vec::new(), |inner, _| wrap(0x30, &inner));
        assert!(outline(&deep).iter().all(|e| e.depth <= DEEPEST));
        let many = wrap(0x30, &[5, 0].repeat(30_000));
        let all = outline(&many);
        assert!(all.len() <= MOST + 2 && all.last().unwrap().text.contains("not shown"));
    }

    proptest::proptest! {
        #[test]
        fn every_byte_is_accounted_for(bytes: Vec<u8>) {
            let all = outline(&bytes);
            // The elements on the outside follow each other without gaps.
            let mut at = 0;
            for e in all.iter().filter(|e| e.depth == 0) {
                proptest::prop_assert_eq!(e.offset, at);
                at += e.header + e.length;
                if e.text.contains("indefinite") {
                    break;
                }
            }
        }
    }
}
