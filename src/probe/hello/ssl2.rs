//! The hello of SSL 2.0 and what a server answers to it: records, numbers and lengths are of another kind than those of
//! all later versions.

use super::answer::Cut;

/// The cipher kinds by code.
const KINDS: &[(u32, &str)] = &[
    (0x0001_0080, "SSL_CK_RC4_128_WITH_MD5"),
    (0x0002_0080, "SSL_CK_RC4_128_EXPORT40_WITH_MD5"),
    (0x0003_0080, "SSL_CK_RC2_128_CBC_WITH_MD5"),
    (0x0004_0080, "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5"),
    (0x0005_0080, "SSL_CK_IDEA_128_CBC_WITH_MD5"),
    (0x0006_0040, "SSL_CK_DES_64_CBC_WITH_MD5"),
    (0x0007_00C0, "SSL_CK_DES_192_EDE3_CBC_WITH_MD5"),
    (0x0008_0080, "SSL_CK_RC4_64_WITH_MD5"),
];

/// What a server answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::probe) enum Answer {
    /// It speaks SSL 2.0 and accepts these cipher kinds.
    Kinds(Vec<String>),
    /// It refused, with an error of SSL 2.0 or an alert of later versions.
    Refused(String),
    /// There is more to come.
    More,
    /// It is something else.
    Other,
}

/// Writes a hello that offers every cipher kind.
pub(in crate::probe) fn hello(challenge: [u8; 16]) -> Vec<u8> {
    let kinds: Vec<u8> =
        KINDS.iter().flat_map(|(code, _)| super::three(usize::try_from(*code).unwrap_or(0))).collect();
    let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
    let body = [&[1, 0, 2][..], &length(&kinds), &[0, 0], &length(&challenge), &kinds, &challenge].concat();
    let [high, low] = length(&body);
    [&[0x80 | high, low][..], &body].concat()
}

/// Reads an answer as far as it came.
pub(in crate::probe) fn read(bytes: &[u8]) -> Answer {
    match bytes {
        // Servers of later versions answer with an alert of theirs.
        [0x15, 3, _, 0, 2, _, code, ..] => Answer::Refused(super::super::alert::name((*code).into())),
        [0x15] | [0x15, 3, ..] if bytes.len() < 7 => Answer::More,
        [first, second, rest @ ..] => {
            // With the high bit the header has two bytes, without it three, of which the last counts padding.
            let length = usize::from(u16::from_be_bytes([first & 0x7F, *second]));
            let (length, rest) = match first & 0x80 {
                0 => (
                    usize::from(u16::from_be_bytes([first & 0x3F, *second])),
                    rest.get(1..).unwrap_or_default(),
                ),
                _ => (length, rest),
            };
            match rest.first() {
                Some(0 | 4) if rest.len() < length => Answer::More,
                Some(0) => Answer::Refused("an error of SSL 2.0".into()),
                Some(4) => kinds(rest).map_or(Answer::Other, Answer::Kinds),
                Some(_) => Answer::Other,
                None => Answer::More,
            }
        }
        _ => Answer::More,
    }
}

/// Reads the cipher kinds out of a server's hello; `None` when it is none of SSL 2.0.
fn kinds(message: &[u8]) -> Option<Vec<String>> {
    let mut cut = Cut(message);
    cut.take(3)?;
    let version = cut.u16()?;
    let (certificate, kinds, _) = (cut.u16()?, cut.u16()?, cut.u16()?);
    cut.take(usize::from(certificate))?;
    let kinds = cut.take(usize::from(kinds))?;
    let name = |code: &[u8]| {
        let code = code.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte));
        let known = KINDS.iter().find(|(known, _)| *known == code);
        known.map_or_else(|| format!("kind {code:06X}"), |(_, name)| (*name).to_owned())
    };
    (version == 2).then(|| kinds.chunks_exact(3).map(name).collect())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(kinds: &[u8]) -> Vec<u8> {
        let length = u8::try_from(kinds.len()).unwrap();
        let body = [&[4, 0, 1, 0, 2, 0, 2, 0, length, 0, 1, 9, 9][..], kinds, &[5]].concat();
        [&[0x80, u8::try_from(body.len()).unwrap()][..], &body].concat()
    }

    #[test]
    fn the_kinds_that_are_accepted_are_named() {
        let bytes = answer(&[7, 0, 0xC0, 1, 2, 3]);
        let names = vec!["SSL_CK_DES_192_EDE3_CBC_WITH_MD5".to_owned(), "kind 010203".to_owned()];
        assert_eq!(read(&bytes), Answer::Kinds(names));
        for end in 0..bytes.len() {
            assert_eq!(read(&bytes[..end]), Answer::More, "{end}");
        }
    }

    #[test]
    fn refusals_and_other_things_are_told_apart() {
        assert_eq!(read(&[0x15, 3, 1, 0, 2, 2, 70]), Answer::Refused("protocol_version (70)".into()));
        assert_eq!(read(&[0x80, 3, 0, 0, 1]), Answer::Refused("an error of SSL 2.0".into()));
        assert_eq!(read(b"220 mail"), Answer::Other);
    }

    #[test]
    fn the_hello_says_how_long_it_is() {
        let bytes = hello([3; 16]);
        assert_eq!((bytes[0], usize::from(bytes[1])), (0x80, bytes.len() - 2));
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes: Vec<u8>) {
            let _ = read(&bytes);
            let _ = read(&answer(&bytes[..bytes.len().min(200)]));
        }
    }
}
