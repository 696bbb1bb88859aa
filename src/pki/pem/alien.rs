//! Names what is brought by mistake: other formats, recognised by their first bytes, each with the way out.

use crate::model::error::{Error, Kind};

/// Names what has neither PEM nor DER in it.
pub(super) fn name(bytes: &[u8]) -> Error {
    const MAGIC: &[(&[u8], &str, &str)] = &[
        (b"\xff\xd8\xff", "a JPEG picture", ""),
        (b"\x89PNG", "a PNG picture", ""),
        (b"GIF8", "a GIF picture", ""),
        (b"%PDF", "a PDF document", ""),
        (b"PK\x03\x04", "a ZIP archive", "Unpack it first."),
        (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
        (b"\x7fELF", "a program", ""),
        (
            b"\xce\xce\xce\xce",
            "a Java keystore of the kind JCEKS",
            "Convert it: keytool -importkeystore -srckeystore FILE -srcstoretype JCEKS -destkeystore FILE.p12 -deststoretype PKCS12, and bring FILE.p12.",
        ),
        (b"ssh-", "an SSH public key", "TLS needs a certificate request: openssl req -new."),
        (b"ecdsa-sha2-", "an SSH public key", "TLS needs a certificate request: openssl req -new."),
        (b"SQLite format 3", "a SQLite database", ""),
    ];
    let bring =
        "Bring a certificate, a request, a CRL or a key: PEM, DER, PKCS#7, PKCS#12 or a Java keystore.";
    if let Some((_, name, next)) = MAGIC.iter().find(|m| bytes.starts_with(m.0)) {
        let next: &str = if next.is_empty() { bring } else { next };
        return Error::new(Kind::Foreign, format!("This is {name}.")).next(next);
    }
    let head = bytes.get(..4096).unwrap_or(bytes);
    if bytes.first() == Some(&0x30) && head.len() > 4 && bytes.get(1).is_some_and(|b| *b >= 0x80) {
        return Error::damaged("This looks like DER or BER that is cut off.")
            .next("Bring the file again, whole, from where it was made.");
    }
    let texts =
        head.iter().filter(|b| b.is_ascii_graphic() || b.is_ascii_whitespace() || **b >= 0x80).count();
    if texts == head.len() {
        return Error::new(Kind::Foreign, "This is text without PEM.")
            .why("It has no line such as -----BEGIN CERTIFICATE-----.")
            .next("Copy the BEGIN and END lines along.");
    }
    Error::new(Kind::Foreign, "This is a binary file that is neither PEM nor DER.")
        .why("A proprietary Domino keyring (.kyr), a key database (.kdb) or a stash file looks like this.")
        .next("Export a keyring with its own tool (kyrtool show certs, or keys), and bring the PEM text.")
}
