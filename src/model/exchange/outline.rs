//! Looks through XML before it is parsed: how deep, how many and how large its tags are, and that nothing is declared in it.
//! It does not judge whether the XML is well formed.

use std::borrow::Cow;

use super::super::error::Result;
use super::{MOST, refused};

const DEEPEST: usize = 100;
const LONGEST_TAG: usize = 64 << 10;

/// Checks the limits, and takes the document type away: it may name a file, which is never opened, and declare nothing.
pub(super) fn checked(text: &str) -> Result<Cow<'_, str>> {
    let bytes = text.as_bytes();
    let (mut at, mut depth, mut count) = (0, 0_usize, 0_usize);
    let mut doctype: Option<(usize, usize)> = None;
    while let Some(found) = memchr::memchr(b'<', bytes.get(at..).unwrap_or_default()) {
        let begin = at + found;
        let rest = text.get(begin..).unwrap_or_default();
        count += 1;
        if count > MOST {
            return Err(refused(format!("It has more than {MOST} elements.")));
        }
        let skip = [("<!--", "-->"), ("<![CDATA[", "]]>"), ("<?", "?>")];
        if let Some((_, end)) = skip.iter().find(|(start, _)| rest.starts_with(start)) {
            let length = rest.find(end).ok_or_else(|| refused("It ends in the middle."))?;
            at = begin + length + end.len();
            continue;
        }
        let length = tag(rest.as_bytes())?;
        at = begin + length;
        let tag = rest.get(..length).unwrap_or_default();
        if tag.get(..9).is_some_and(|t| t.eq_ignore_ascii_case("<!DOCTYPE")) {
            if doctype.is_some() || depth > 0 || tag.contains('[') {
                return Err(refused("Its document type declares something; declarations are not read."));
            }
            doctype = Some((begin, at));
        } else if tag.starts_with("</") {
            depth = depth.saturating_sub(1);
        } else if !tag.ends_with("/>") {
            depth += 1;
        }
        if depth > DEEPEST {
            return Err(refused(format!("Its elements are nested more than {DEEPEST} deep.")));
        }
    }
    let Some((begin, end)) = doctype else { return Ok(Cow::Borrowed(text)) };
    let before = text.get(..begin).unwrap_or_default();
    Ok(Cow::Owned(format!("{before}{}", text.get(end..).unwrap_or_default())))
}

/// Returns the length of a tag, where what stands in quotes may hold its end.
fn tag(bytes: &[u8]) -> Result<usize> {
    let mut quote = None;
    for (at, byte) in bytes.iter().enumerate().take(LONGEST_TAG) {
        match (quote, byte) {
            (None, b'"' | b'\'') => quote = Some(*byte),
            (Some(open), _) if open == *byte => quote = None,
            (None, b'>') => return Ok(at + 1),
            _ => {}
        }
    }
    let why = if bytes.len() > LONGEST_TAG {
        "A tag of it is longer than 64 KiB."
    } else {
        "It ends in the middle."
    };
    Err(refused(why))
}
