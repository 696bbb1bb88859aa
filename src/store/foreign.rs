//! Recognises by content the files of other programs that people bring under the name of a keyring, and says what
//! to do with them.

use crate::model::error::{Error, Kind};

const IMAGE: &str = "Look for the keyring itself; a picture or document cannot hold one.";
const IMPORT: &str =
    "Move it out of the folder, and make a keyring of it: ringmaster keyring import NAME FILE.";

/// How files begin, what they are, and what to do with them.
const BEGINNINGS: &[(&[u8], &str, &str)] = &[
    (b"\xff\xd8\xff", "a JPEG picture", IMAGE),
    (b"\x89PNG\r\n\x1a\n", "a PNG picture", IMAGE),
    (b"GIF8", "a GIF picture", IMAGE),
    (b"%PDF", "a PDF document", IMAGE),
    (b"PK\x03\x04", "a ZIP archive", "Unpack it first: unzip FILE"),
    (b"\x1f\x8b", "a gzip archive", "Unpack it first: gzip -d FILE"),
    (b"\x7fELF", "a program (ELF)", IMAGE),
    (b"MZ", "a program (Windows)", IMAGE),
    (b"\xfe\xed\xfe\xed", "a Java keystore (JKS)", IMPORT),
    (b"SQLite format 3\0", "an SQLite database", IMAGE),
    (b"-----BEGIN ", "PEM text without a keyring's header", IMPORT),
    (b"// ringmaster ", "another file of ringmaster", "Look for the .kyr file with the same name."),
];

/// Says what a file is that is no keyring of ours, and what to do next.
pub fn refusal(file: &str, bytes: &[u8]) -> Error {
    if bytes.is_empty() {
        let name = file.strip_suffix(".kyr").unwrap_or(file);
        return Error::damaged(format!("{file} is empty.")).next(format!(
            "Bring the version before it back with: ringmaster keyring undelete {name}, or take it from a backup."
        ));
    }
    let (what, next) = what(bytes);
    Error::new(Kind::Foreign, format!("{file} is not a keyring of ringmaster; it is left alone."))
        .why(format!("It is {what}."))
        .next(next)
}

fn what(bytes: &[u8]) -> (&'static str, &'static str) {
    if let Some((_, what, next)) = BEGINNINGS.iter().find(|(begin, ..)| bytes.starts_with(begin)) {
        return (what, next);
    }
    // SEQUENCE { INTEGER 3 ...: a PFX (RFC 7292 section 4). Length in one to four octets, or indefinite.
    let content = match bytes {
        [0x30, length, ..] if *length >= 0x80 => bytes.get(2 + usize::from(length & 0x7f)..),
        [0x30, _, ..] => bytes.get(2..),
        _ => None,
    };
    match content {
        Some([2, 1, 3, ..]) => ("a PKCS#12 file (PFX)", IMPORT),
        Some([0x30 | 2 | 6, ..]) => ("a DER file: a certificate, a request or a key", IMPORT),
        _ if bytes.contains(&0) || std::str::from_utf8(bytes).is_err() => (
            "binary, most likely a keyring of Domino or of IBM's key tools, whose format is proprietary",
            "Export it where it comes from: kyrtool show keys -k FILE and kyrtool show certs -k FILE write PEM; or ask there for PKCS#12.",
        ),
        _ => ("some other text", "Make a new keyring, and install certificates from PEM files."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_are_named_and_the_way_to_convert_them_is_said() {
        for (bytes, what, next) in [
            (&b"\xff\xd8\xff\xe0\0\x10JFIF"[..], "JPEG", "keyring itself"),
            (b"\x89PNG\r\n\x1a\n\0", "PNG", "keyring itself"),
            (b"GIF89a", "GIF", "keyring itself"),
            (b"PK\x03\x04", "ZIP", "unzip"),
            (b"\x7fELF\x02", "ELF", "keyring itself"),
            (b"-----BEGIN CERTIFICATE-----\n", "PEM text", "keyring import"),
            (b"\x30\x82\x09\x01\x02\x01\x03\x30\x82", "PKCS#12", "keyring import"),
            (b"\x30\x80\x02\x01\x03\x30\x80", "PKCS#12", "keyring import"),
            (b"\x30\x82\x03\x01\x30\x82\x02", "DER", "keyring import"),
            (b"\x01\0\0\0\x17\x35\0\x90", "Domino", "kyrtool"),
            (b"hello", "other text", "PEM"),
        ] {
            let error = refusal("mail.kyr", bytes);
            assert_eq!(error.kind, Kind::Foreign);
            assert!(error.why.contains(what) && error.next.contains(next), "{error}");
        }
        assert_eq!(refusal("mail.kyr", b"").kind, Kind::Damaged);
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>) {
            let _ = refusal("x", &bytes);
        }
    }
}
