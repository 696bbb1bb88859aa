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
            let _ = tlv(&bytes);
        }
    }
}
