//! The steps of DER that everything here needs: take one element apart, put one together.

/// Splits the first element off `bytes`: (whole, content, rest). Long tags are not understood; lengths up to 4 bytes.
pub fn tlv(bytes: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let first = usize::from(*bytes.get(1)?);
    let count = if first < 0x80 { 0 } else { first & 0x7f };
    if count > 4 || first == 0x80 {
        return None;
    }
    let length = match count {
        0 => first,
        n => bytes.get(2..2 + n)?.iter().fold(0, |acc, b| acc << 8 | usize::from(*b)),
    };
    let (header, end) = (2 + count, (2 + count).checked_add(length)?);
    Some((bytes.get(..end)?, &bytes[header..end], &bytes[end..]))
}

/// Puts a tag and a length before `content`.
pub fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
    let mut out = header(tag, content.len());
    out.extend(content);
    out
}

/// Makes the tag and length that stand before `length` bytes of content.
pub fn header(tag: u8, length: usize) -> Vec<u8> {
    let bytes = length.to_be_bytes();
    let skip = bytes.iter().take_while(|b| **b == 0).count();
    let mut out = Vec::with_capacity(length.min(0xffff) + 6);
    out.push(tag);
    if length < 0x80 {
        out.extend(&bytes[bytes.len() - 1..]);
    } else {
        let used = &bytes[skip..];
        out.push(0x80 | u8::try_from(used.len()).unwrap_or(8));
        out.extend(used);
    }
    out
}

/// The most elements that [`elements`] holds: far above any certificate, and no burden in memory. Lists that may be
/// longer, such as the entries of a CRL, are walked with [`tlv`].
const MOST: usize = 50_000;

/// An element of a list: (tag, whole, content).
pub type Element<'a> = (u8, &'a [u8], &'a [u8]);

/// Splits content into its elements: (tag, whole, content). `None` when one of them does not fit or there are more than
/// 50,000.
pub fn elements(mut content: &[u8]) -> Option<Vec<Element<'_>>> {
    let mut all = Vec::new();
    while !content.is_empty() {
        let (whole, inner, rest) = tlv(content)?;
        if all.len() == MOST {
            return None;
        }
        all.push((*whole.first()?, whole, inner));
        content = rest;
    }
    Some(all)
}

/// Returns the content of `bytes` when they are exactly one element with this tag and nothing after it.
pub fn only(tag: u8, bytes: &[u8]) -> Option<&[u8]> {
    let (_, content, rest) = tlv(bytes)?;
    (bytes.first() == Some(&tag) && rest.is_empty()).then_some(content)
}

/// Writes the content of an OBJECT IDENTIFIER in dotted form. Arcs above 64 bits and a cut-off end give `None`.
pub fn dotted(content: &[u8]) -> Option<String> {
    if content.is_empty() || content.len() > 64 || content.last()? & 0x80 != 0 {
        return None;
    }
    let (mut text, mut arc, mut first) = (String::new(), 0u64, true);
    for byte in content {
        arc = arc.checked_mul(128)? | u64::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        if first {
            let top = (arc / 40).min(2);
            text = format!("{top}.{}", arc - top * 40);
        } else {
            text.push_str(&format!(".{arc}"));
        }
        (arc, first) = (0, false);
    }
    Some(text)
}

/// Encodes a dotted OBJECT IDENTIFIER as a whole element.
pub fn oid(dotted: &str) -> Option<Vec<u8>> {
    let arcs = dotted.split('.').map(|a| a.parse::<u64>().ok()).collect::<Option<Vec<_>>>()?;
    let [top, second, rest @ ..] = arcs.as_slice() else { return None };
    if *top > 2 || (*top < 2 && *second >= 40) {
        return None;
    }
    let first = (top * 40).checked_add(*second)?;
    let mut content = Vec::new();
    for arc in std::iter::once(&first).chain(rest) {
        let groups = (64 - arc.leading_zeros()).div_ceil(7).max(1);
        for i in (0..groups).rev() {
            let more = if i == 0 { 0 } else { 0x80 };
            content.push(more | u8::try_from(arc >> (7 * i) & 0x7f).unwrap_or(0));
        }
    }
    Some(wrap(6, &content))
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_wrapped_comes_apart(content in proptest::collection::vec(0u8.., 0..70_000), rest: Vec<u8>) {
            let whole = wrap(0x30, &content);
            let bytes = [&whole[..], &rest[..]].concat();
            proptest::prop_assert_eq!(tlv(&bytes), Some((&whole[..], &content[..], &rest[..])));
        }

        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = (tlv(&bytes), elements(&bytes), dotted(&bytes), only(0x30, &bytes));
        }

        #[test]
        fn identifiers_round_trip(top in 0u64..3, second in 0u64..40, rest in proptest::collection::vec(0u64.., 0..6)) {
            let text = rest.iter().fold(format!("{top}.{second}"), |t, a| format!("{t}.{a}"));
            let der = oid(&text).unwrap();
            proptest::prop_assert_eq!(dotted(only(6, &der).unwrap()), Some(text));
        }
    }

    #[test]
    fn known_identifiers_have_the_known_bytes() {
        assert_eq!(oid("1.2.840.113549").unwrap(), [6, 6, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d]);
        assert_eq!(dotted(&[0x88, 0x37, 3]).unwrap(), "2.999.3");
        assert_eq!(oid("3.1"), None);
        assert_eq!(dotted(&[0x2a, 0x86]), None);
    }
}
