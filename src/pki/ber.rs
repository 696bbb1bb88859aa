//! BER as browsers, mail programs and older servers write it, turned into DER: indefinite lengths and OCTET STRINGs in
//! pieces. Everything else stays byte for byte, so what is signed keeps its signature.

use std::borrow::Cow;

use super::der::{tlv, wrap};

/// The deepest nesting that is looked into; PKCS#12 and PKCS#7 need about ten.
const DEEPEST: usize = 24;

/// A constructed OCTET STRING: its content comes in pieces.
const PIECES: u8 = 0x24;

/// Splits the first element off `bytes` as DER: (whole, rest). `None` when it is cut off, malformed or nested too deeply.
pub(super) fn element(bytes: &[u8]) -> Option<(Cow<'_, [u8]>, &[u8])> {
    if plain(bytes, DEEPEST) {
        let (whole, _, rest) = tlv(bytes)?;
        return Some((Cow::Borrowed(whole), rest));
    }
    let mut out = Vec::with_capacity(bytes.len());
    let rest = rewrite(bytes, &mut out, DEEPEST)?;
    Some((Cow::Owned(out), rest))
}

/// Returns `bytes` as DER when they are exactly one element.
pub(super) fn whole(bytes: &[u8]) -> Option<Cow<'_, [u8]>> {
    element(bytes).filter(|(_, rest)| rest.is_empty()).map(|(whole, _)| whole)
}

/// Whether the tag says that elements stand inside.
fn constructed(tag: u8) -> bool {
    tag & 0x20 != 0 && tag & 0x1f != 0x1f
}

/// Tells that the first element needs no rewriting; what cannot be taken apart is left to its reader to refuse.
fn plain(bytes: &[u8], depth: usize) -> bool {
    let Some(tag) = bytes.first() else { return true };
    if constructed(*tag) && bytes.get(1) == Some(&0x80) {
        return false;
    }
    match tlv(bytes) {
        Some((_, content, _)) if constructed(*tag) && depth > 0 => {
            *tag != PIECES && all_plain(content, depth - 1)
        }
        _ => true,
    }
}

fn all_plain(mut content: &[u8], depth: usize) -> bool {
    while !content.is_empty() {
        if !plain(content, depth) {
            return false;
        }
        let Some((_, _, rest)) = tlv(content) else { return true };
        content = rest;
    }
    true
}

/// Appends the first element to `out` and returns what follows it.
fn rewrite<'a>(bytes: &'a [u8], out: &mut Vec<u8>, depth: usize) -> Option<&'a [u8]> {
    if plain(bytes, depth) {
        let (whole, _, rest) = tlv(bytes)?;
        out.extend(whole);
        return Some(rest);
    }
    let (tag, inner) = (*bytes.first()?, depth.checked_sub(1)?);
    let mut content = Vec::new();
    let rest = if bytes.get(1) == Some(&0x80) {
        let mut rest = bytes.get(2..)?;
        while !rest.starts_with(&[0, 0]) {
            rest = rewrite(rest, &mut content, inner)?;
        }
        rest.get(2..)?
    } else {
        let (_, mut parts, rest) = tlv(bytes)?;
        while !parts.is_empty() {
            parts = rewrite(parts, &mut content, inner)?;
        }
        rest
    };
    if tag == PIECES {
        out.extend(wrap(4, &join(&content)?));
    } else {
        out.extend(wrap(tag, &content));
    }
    Some(rest)
}

/// Joins the contents of OCTET STRINGs that follow each other.
pub(super) fn join(mut pieces: &[u8]) -> Option<Vec<u8>> {
    let mut joined = Vec::with_capacity(pieces.len());
    while !pieces.is_empty() {
        let (_, content, rest) = tlv(pieces).filter(|_| pieces.first() == Some(&4))?;
        joined.extend(content);
        pieces = rest;
    }
    Some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn indefinite_lengths_and_pieces_become_der() {
        let ber = b"\x30\x80\x02\x01\x03\x24\x80\x04\x02ab\x24\x05\x04\x03cde\x00\x00\xa0\x80\x05\x00\x00\x00\x00\x00tail";
        let (der, rest) = element(ber).unwrap();
        assert_eq!(&*der, b"\x30\x0e\x02\x01\x03\x04\x05abcde\xa0\x02\x05\x00");
        assert_eq!(rest, b"tail");
        assert!(whole(ber).is_none());
    }

    #[test]
    fn what_is_definite_stays_as_it_is() {
        // A length in more bytes than it needs is not DER, and may still be signed.
        let odd = b"\x30\x81\x03\x02\x01\x05";
        assert!(matches!(whole(odd), Some(Cow::Borrowed(same)) if same == odd));
        let around = [b"\x30\x80", &odd[..], b"\0\0"].concat();
        assert_eq!(whole(&around).unwrap(), [b"\x30\x06", &odd[..]].concat());
    }

    #[test]
    fn cut_off_and_deep_input_is_refused() {
        let ber = b"\x30\x80\x02\x01\x03\x00\x00";
        for end in 0..ber.len() {
            assert!(whole(&ber[..end]).is_none(), "{end}");
        }
        assert!(element(&b"\x30\x80".repeat(1_000_000)).is_none());
        assert!(element(&[b"\x30\x80".repeat(30), b"\0\0".repeat(30)].concat()).is_none());
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>, depth in 0usize..40) {
            let nested = [b"\x30\x80\x24\x80".repeat(depth), bytes].concat();
            let _ = (element(&nested), join(&nested));
        }
    }
}
