//! PEM and DER as people bring them: recognises by content what a file or a paste holds.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use zeroize::Zeroizing;

use super::der::{elements, only, tlv};
use super::key::PrivateKey;
use super::{certificate, request};
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::request::Pkcs10;
use crate::model::secret::Secret;

/// The largest input that is read, in bytes; the rest of a larger one is never looked at.
pub const LARGEST: usize = 16 << 20;

/// The most objects, and the most complaints, that are taken from one input.
const MOST: usize = 10_000;

/// What an input holds, in the order found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Certificate requests.
    pub requests: Vec<Pkcs10>,
    /// Certificates.
    pub certificates: Vec<Certificate>,
    /// CRLs, as DER.
    pub crls: Vec<Vec<u8>>,
    /// Private keys that could be opened.
    pub keys: Vec<FoundKey>,
    /// What certificates are called where they come from, by SHA-256; escaped.
    pub labels: BTreeMap<Digest, String>,
    /// What needs a password before it can be looked into, in words: `an encrypted private key`, `a PKCS#12 file`.
    pub locked: Vec<String>,
    /// What could not be read: what it is and why, escaped.
    pub unread: Vec<String>,
}

/// A private key that an input held.
#[derive(Debug, Clone)]
pub struct FoundKey {
    /// What it is called where it comes from; escaped, may be empty.
    pub label: String,
    /// The key.
    pub key: Arc<PrivateKey>,
    /// Whether it lay open, without encryption.
    pub open: bool,
}

/// How an input is opened.
#[derive(Clone, Copy, Default)]
pub struct Opening<'a> {
    /// The password, when one was typed.
    pub password: Option<&'a Secret>,
    /// Set by another thread to stop a long derivation.
    pub stop: Option<&'a AtomicBool>,
}

/// Recognises and reads everything in `bytes` that needs no password; see [`open`].
pub fn find(bytes: &[u8]) -> Result<Found> {
    open(bytes, Opening::default())
}

/// Recognises and reads everything in `bytes`. Errors name what the bytes are instead (empty, too large, a PFX, a JPEG,
/// a proprietary keyring, text without PEM, truncated PEM).
pub fn open(bytes: &[u8], opening: Opening<'_>) -> Result<Found> {
    if bytes.len() > LARGEST {
        return Err(Error::refused("The input is too large.")
            .why(format!("It has {} bytes; at most {LARGEST} are read.", bytes.len()))
            .next("Bring the certificate or request alone."));
    }
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::usage("The input is empty.").next("Bring a PEM or DER file, or paste PEM text."));
    }
    let decoded = from_utf16(bytes);
    let bytes = decoded.as_deref().unwrap_or(bytes);
    let mut found = Found::default();
    if marker(bytes, 0).is_some() {
        found.pem(bytes, opening)?;
    } else if bytes.first() == Some(&0x30) && tlv(bytes).is_some() {
        found.single(bytes)?;
    } else if let Some(der) = bare_base64(bytes) {
        found.single(&der)?;
    } else {
        return Err(something_else(bytes));
    }
    match found.unread.first() {
        Some(first) if found.count() == 0 => {
            Err(Error::damaged(first.clone()).next("Bring the file again, whole, from where it was made."))
        }
        _ => Ok(found),
    }
}

/// Writes one PEM block with LF line ends, 64 characters a line.
pub fn write(label: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

impl Found {
    fn count(&self) -> usize {
        self.requests.len() + self.certificates.len() + self.crls.len() + self.keys.len() + self.locked.len()
    }

    fn key(&mut self, key: PrivateKey) {
        self.keys.push(FoundKey { label: String::new(), key: Arc::new(key), open: true });
    }

    fn complain(&mut self, text: String) {
        self.unread.push(visible(&text));
    }

    /// Walks from marker to marker, once: whatever stands outside BEGIN and END is comment.
    fn pem(&mut self, bytes: &[u8], opening: Opening<'_>) -> Result<()> {
        let mut next = marker(bytes, 0);
        while let Some(Marker { begin, label, start, end }) = next {
            next = marker(bytes, end);
            if self.count() + self.unread.len() >= MOST {
                self.complain(format!("There is more after the first {MOST} objects; it was not read."));
                return Ok(());
            }
            if !begin {
                self.complain(format!("END {label} at byte {start} has no BEGIN: the start is missing."));
                continue;
            }
            match &next {
                None => {
                    self.complain(format!("BEGIN {label} at byte {start} has no END: the text is truncated."))
                }
                Some(m) if m.begin => self.complain(format!(
                    "BEGIN {label} at byte {start} has no END before the next BEGIN {}.",
                    m.label
                )),
                Some(m) if m.label != label => {
                    self.complain(format!("BEGIN {label} at byte {start} ends with END {}.", m.label));
                    next = marker(bytes, m.end);
                }
                Some(m) => {
                    let (body, after) = (bytes.get(end..m.start).unwrap_or_default(), m.end);
                    if let (Some(password), "ENCRYPTED PRIVATE KEY") = (opening.password, label.as_str()) {
                        self.sealed(body, password)?;
                    } else {
                        self.block(&label, body, start);
                    }
                    next = marker(bytes, after);
                }
            }
        }
        Ok(())
    }

    /// Opens an encrypted key. Errors: `WrongPassword`.
    fn sealed(&mut self, body: &[u8], password: &Secret) -> Result<()> {
        let opened =
            base64(body).map(|der| PrivateKey::open(&write("ENCRYPTED PRIVATE KEY", &der), password));
        match opened {
            Some(Ok(key)) => {
                self.keys.push(FoundKey { label: String::new(), key: Arc::new(key), open: false })
            }
            Some(Err(error)) if error.kind == Kind::WrongPassword => return Err(error),
            Some(Err(error)) => self.complain(error.to_string()),
            None => self.complain("An encrypted private key is damaged: it is not base64.".into()),
        }
        Ok(())
    }

    fn block(&mut self, label: &str, body: &[u8], at: usize) {
        if label.ends_with("PRIVATE KEY") {
            match base64(body).map(Zeroizing::new).map(|der| PrivateKey::read(&der)) {
                _ if label.starts_with("ENCRYPTED") => self.locked.push("an encrypted private key".into()),
                Some(Ok(key)) => self.key(key),
                Some(Err(error)) => self.complain(format!("{label} at byte {at}: {error}")),
                None => self.complain(format!("{label} at byte {at} is damaged: it is not base64.")),
            }
            return;
        }
        // They accompany a key and say nothing that the key does not.
        if matches!(label, "EC PARAMETERS" | "DH PARAMETERS") {
            return;
        }
        let Some(der) = base64(body) else {
            self.complain(format!("{label} at byte {at} is damaged: it is not base64."));
            return;
        };
        // OpenSSL's trust settings follow the certificate.
        let der = match tlv(&der) {
            Some((whole, _, _)) if label == "TRUSTED CERTIFICATE" => whole,
            _ => &der[..],
        };
        if let Err(error) = self.single(der) {
            self.complain(format!("{label} at byte {at}: {error}"));
        }
    }

    /// Takes one DER object for what its structure says it is.
    fn single(&mut self, der: &[u8]) -> Result<()> {
        let (whole, content, rest) = tlv(der).ok_or_else(|| {
            let cut = Error::damaged("A DER object is cut off or malformed.");
            if der.starts_with(&[0x30, 0x80]) { indefinite() } else { cut }
        })?;
        if !rest.iter().all(u8::is_ascii_whitespace) {
            return Err(Error::damaged("A DER object does not end where it should.")
                .why(format!("{} bytes follow it.", rest.len()))
                .next("Bring one object a file, or PEM."));
        }
        let strange = || Error::new(Kind::Foreign, "This is neither certificate, request, CRL nor PKCS#7.");
        let parts = elements(content).filter(|_| whole.first() == Some(&0x30)).ok_or_else(strange)?;
        let tags: Vec<u8> = parts.iter().map(|p| p.0).take(4).collect();
        match tags.as_slice() {
            [0x30, 0x30, 0x03] => {
                let fields: Vec<u8> = elements(parts[0].2).ok_or_else(strange)?.iter().map(|f| f.0).collect();
                match fields.as_slice() {
                    [2, 0x30, 0x30] | [2, 0x30, 0x30, 0xa0] => self.requests.push(request::read(whole)?),
                    [2, 0x30, 0x30, 0x17 | 0x18, ..] | [0x30, 0x30, 0x17 | 0x18, ..] => {
                        self.crls.push(whole.to_vec());
                    }
                    _ => self.certificates.push(certificate::read(whole)?),
                }
            }
            [6, 0xa0] => self.pkcs7(&parts)?,
            [2, 0x30, ..] if parts[0].2 == [3] => return Err(pfx()),
            // PKCS#8, PKCS#1, SEC1, encrypted PKCS#8
            [2, 0x30, 4, ..] | [2, 2, 2, 2] | [2, 4] | [2, 4, 0xa0 | 0xa1, ..] => {
                let key = PrivateKey::read(whole)?;
                self.key(key);
            }
            [0x30, 4] => self.locked.push("an encrypted private key".into()),
            [0x30, 3] => {
                return Err(Error::new(Kind::Foreign, "This is a public key alone.")
                    .next("Bring the certificate request that was made with it."));
            }
            _ => return Err(strange()),
        }
        Ok(())
    }

    /// The certificates and CRLs of a PKCS#7 SignedData (RFC 2315 section 9.1), in its order.
    fn pkcs7(&mut self, parts: &[(u8, &[u8], &[u8])]) -> Result<()> {
        let other = || Error::new(Kind::Foreign, "This PKCS#7 holds no certificates.");
        let [(_, _, kind), (_, _, signed)] = parts else { return Err(other()) };
        if *kind != b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02" {
            return Err(other().why("It is not of the type SignedData."));
        }
        let fields = only(0x30, signed).and_then(elements).ok_or_else(other)?;
        let before = self.count();
        for (tag, _, content) in fields.into_iter().filter(|f| matches!(f.0, 0xa0 | 0xa1)) {
            for (_, whole, _) in elements(content).ok_or_else(other)?.into_iter().take(MOST) {
                match certificate::read(whole) {
                    _ if tag == 0xa1 => self.crls.push(whole.to_vec()),
                    Ok(certificate) => self.certificates.push(certificate),
                    Err(error) => self.complain(format!("In the PKCS#7: {error}")),
                }
            }
        }
        if self.count() == before && self.unread.is_empty() { Err(other()) } else { Ok(()) }
    }
}

/// A BEGIN or END line: where it starts, and where what follows it does.
struct Marker {
    begin: bool,
    label: String,
    start: usize,
    end: usize,
}

/// Finds the next marker from `from` on. It may stand anywhere in a line, for pastes lose line ends.
fn marker(bytes: &[u8], from: usize) -> Option<Marker> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|b| *b == b'-')?;
        let rest = bytes.get(at..)?;
        let (begin, head) = if rest.starts_with(b"-----BEGIN ") {
            (true, 11)
        } else if rest.starts_with(b"-----END ") {
            (false, 9)
        } else {
            at += 1;
            continue;
        };
        // A label is short; a longer one is text about PEM.
        let label = rest.get(head..rest.len().min(head + 64)).unwrap_or_default();
        let Some(length) = label
            .windows(5)
            .position(|w| w == b"-----")
            .filter(|n| label.iter().take(*n).all(|b| b.is_ascii_graphic() || *b == b' '))
        else {
            at += head;
            continue;
        };
        let label = String::from_utf8_lossy(&label[..length]).trim().to_owned();
        return Some(Marker { begin, label, start: at, end: at + head + length + 5 });
    }
}

/// Decodes the body of a block. Header lines (`Name: value`) are passed over, white space wherever it is.
fn base64(body: &[u8]) -> Option<Vec<u8>> {
    let lines = body.split(|b| matches!(b, b'\n' | b'\r')).filter(|line| !line.contains(&b':'));
    let mut text = String::with_capacity(body.len() + 32);
    text.push_str("-----BEGIN X-----\n");
    for byte in lines.flatten().filter(|b| !b.is_ascii_whitespace()) {
        if !(byte.is_ascii_alphanumeric() || b"+/=".contains(byte)) {
            return None;
        }
        text.push(char::from(*byte));
    }
    text.push_str("\n-----END X-----\n");
    Some(pem::parse(text).ok()?.into_contents()).filter(|c| !c.is_empty())
}

/// Base64 of a DER object whose BEGIN and END lines were not copied along.
fn bare_base64(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = bytes.trim_ascii();
    text.starts_with(b"MI").then(|| base64(text)).flatten().filter(|der| tlv(der).is_some())
}

/// Text as Windows editors save it; `None` when there is no UTF-16 byte order mark.
fn from_utf16(bytes: &[u8]) -> Option<Vec<u8>> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes.chunks_exact(2).skip(1).map(|c| unit([c[0], c[1]]));
    Some(char::decode_utf16(units).map(|c| c.unwrap_or('\u{fffd}')).collect::<String>().into_bytes())
}

fn pfx() -> Error {
    Error::new(Kind::Foreign, "This is a PKCS#12 (PFX) file.")
        .why("It is opened with its own password, and holds a private key.")
        .next("Turn it into PEM with: openssl pkcs12 -in FILE -out FILE.pem.")
}

fn indefinite() -> Error {
    Error::new(Kind::Foreign, "This is BER of indefinite length, not DER.")
        .why("Browsers write PFX and PKCS#7 files so.")
        .next("Convert it with openssl pkcs12 or openssl pkcs7 first.")
}

/// Names what has neither PEM nor DER in it.
fn something_else(bytes: &[u8]) -> Error {
    const MAGIC: &[(&[u8], &str, &str)] = &[
        (b"\xff\xd8\xff", "a JPEG picture", ""),
        (b"\x89PNG", "a PNG picture", ""),
        (b"GIF8", "a GIF picture", ""),
        (b"%PDF", "a PDF document", ""),
        (b"PK\x03\x04", "a ZIP archive", "Unpack it first."),
        (b"\x1f\x8b", "a gzip archive", "Unpack it first."),
        (b"\x7fELF", "a program", ""),
        (b"\xfe\xed\xfe\xed", "a Java keystore (JKS)", "Export it with keytool -exportcert -rfc."),
        (b"\xce\xce\xce\xce", "a Java keystore (JCEKS)", "Export it with keytool -exportcert -rfc."),
        (b"ssh-", "an SSH public key", "TLS needs a certificate request: openssl req -new."),
        (b"ecdsa-sha2-", "an SSH public key", "TLS needs a certificate request: openssl req -new."),
        (b"SQLite format 3", "a SQLite database", ""),
    ];
    let bring = "Bring PEM or DER: a certificate, a request, a CRL or a PKCS#7.";
    if let Some((_, name, next)) = MAGIC.iter().find(|m| bytes.starts_with(m.0)) {
        let next: &str = if next.is_empty() { bring } else { next };
        return Error::new(Kind::Foreign, format!("This is {name}.")).next(next);
    }
    if bytes.starts_with(&[0x30, 0x80]) {
        return indefinite();
    }
    let head = bytes.get(..4096).unwrap_or(bytes);
    if bytes.first() == Some(&0x30) && head.len() > 4 && bytes.get(1).is_some_and(|b| *b >= 0x81) {
        return Error::damaged("This looks like DER that is cut off.")
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

#[cfg(test)]
mod tests {
    use super::super::der::{oid, wrap};
    use super::super::key::PrivateKey;
    use super::super::name;
    use super::*;
    use crate::model::key::KeyType;

    fn request_der() -> Vec<u8> {
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        request::build(&name::build(&[("CN", "a.example.test")]).unwrap(), &[], &key).unwrap()
    }

    fn certificate_der() -> Vec<u8> {
        rcgen::generate_simple_self_signed(["a.example.test".to_owned()]).unwrap().cert.der().to_vec()
    }

    #[test]
    fn odd_shapes_of_pem_are_read() {
        let (request, certificate) = (request_der(), certificate_der());
        let one = write("NEW CERTIFICATE REQUEST", &request);
        let two = write("CERTIFICATE", &certificate);
        let trusted = write("TRUSTED CERTIFICATE", &[&certificate[..], &[0x30, 2, 5, 0]].concat());
        let key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
        let all = format!(
            "\u{feff}Bag Attributes\n    localKeyID: 01\n{one}# comment\nCertificate:\n    Data: -- x --\n{two}{trusted}{key}"
        );
        let latin = [b"Z\xfcrich\n", all.as_bytes()].concat();
        let utf16: Vec<u8> = all.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let shapes = [
            all.clone().into_bytes(),
            all.replace('\n', "\r\n").into_bytes(),
            all.replace('\n', "\r").into_bytes(),
            all.replace('\n', "\n   ").into_bytes(),
            latin,
            utf16,
        ];
        for shape in shapes {
            let found = find(&shape).unwrap();
            assert_eq!((found.requests.len(), found.certificates.len(), found.keys.len()), (1, 2, 1));
            assert_eq!(found.unread, [""; 0]);
            assert_eq!(found.requests[0].der.0, request);
            assert_eq!(found.certificates[1].der.0, certificate);
        }
        let one_line = two.replace('\n', " ");
        assert_eq!(find(one_line.as_bytes()).unwrap().certificates.len(), 1);
        let bare: String = two.lines().filter(|l| !l.starts_with('-')).map(|l| format!("{l}\n")).collect();
        assert_eq!(find(bare.as_bytes()).unwrap().certificates.len(), 1);
    }

    #[test]
    fn der_objects_are_told_apart_by_structure() {
        assert_eq!(find(&request_der()).unwrap().requests.len(), 1);
        assert_eq!(find(&certificate_der()).unwrap().certificates.len(), 1);
        for kind in [KeyType::Rsa2048, KeyType::P256, KeyType::Ed25519] {
            assert_eq!(find(PrivateKey::generate(kind).unwrap().pkcs8()).unwrap().keys.len(), 1);
        }
        let signed = |n: u8| oid(&format!("1.2.840.113549.1.7.{n}")).unwrap();
        let certificates = wrap(0xa0, &[certificate_der(), certificate_der()].concat());
        let body = [&[2, 1, 1, 0x31, 0], &wrap(0x30, &signed(1))[..], &certificates, &[0x31, 0]].concat();
        let p7b = wrap(0x30, &[signed(2), wrap(0xa0, &wrap(0x30, &body))].concat());
        assert_eq!(find(&p7b).unwrap().certificates.len(), 2);
        assert_eq!(find(write("PKCS7", &p7b).as_bytes()).unwrap().certificates.len(), 2);
        let trailing = [certificate_der(), vec![0]].concat();
        assert!(find(&trailing).unwrap_err().why.contains("1 bytes follow"));
    }

    #[test]
    fn what_it_is_instead_is_said() {
        let pem = write("CERTIFICATE", &certificate_der());
        let start = pem.lines().take(3).map(|l| format!("{l}\n")).collect::<String>();
        let end = pem.lines().skip(3).map(|l| format!("{l}\n")).collect::<String>();
        let doubled = format!("-----BEGIN CERTIFICATE-----\n{start}");
        let pfx = wrap(0x30, &[&[2, 1, 3], &wrap(0x30, &oid("1.2.840.113549.1.7.1").unwrap())[..]].concat());
        let der = certificate_der();
        let cases: &[(&[u8], &str)] = &[
            (b"", "empty"),
            (b" \r\n\t", "empty"),
            (&vec![b'x'; LARGEST + 1], "too large"),
            (b"\xff\xd8\xff\xe0JFIF", "JPEG"),
            (b"\x89PNG\r\n", "PNG"),
            (b"PK\x03\x04", "ZIP"),
            (&pfx, "PKCS#12"),
            (b"\x30\x80\x02\x01\x03", "indefinite"),
            (b"hello, world", "text without PEM"),
            (&[1, 0, 0, 7, 200, 3, 0], "Domino"),
            (&der[..der.len() - 5], "cut off"),
            (start.as_bytes(), "has no END: the text is truncated"),
            (end.as_bytes(), "has no BEGIN"),
            (doubled.as_bytes(), "before the next BEGIN"),
            (b"-----BEGIN CERTIFICATE-----\n\xe9!!\n-----END CERTIFICATE-----\n", "not base64"),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END X-----\n", "ends with END X"),
            (b"-----BEGIN PGP MESSAGE-----\nAAAA\n-----END PGP MESSAGE-----\n", "PGP MESSAGE at byte 0"),
        ];
        for (bytes, said) in cases {
            let error = find(bytes).unwrap_err();
            assert!(error.to_string().contains(said), "{said}: {error}");
            assert!(!error.next.is_empty(), "{error}");
        }
        // What can be read is read, and the rest is said.
        let found = find(format!("{pem}{start}").as_bytes()).unwrap();
        assert_eq!((found.certificates.len(), found.unread.len()), (1, 1));
    }

    #[test]
    fn much_garbage_stays_bounded() {
        let lines: [&[u8]; 5] =
            [b"-----BEGIN A-----\n", b"-----END A-----", b"-", b"-----BEGIN ", b"\x30\x84\x00\x98\x96\x7a"];
        for line in lines {
            if let Ok(found) = find(&line.repeat(10_000_000 / line.len())) {
                assert!(found.unread.len() <= MOST + 1);
            }
        }
        let many = wrap(0x30, &[5, 0].repeat(5_000_000));
        assert!(find(&many).is_err());
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>, label in "[A-Z ]{0,20}") {
            let _ = find(&bytes);
            let _ = find(write(&label, &bytes).as_bytes());
        }

        #[test]
        fn changed_bytes_never_panic(changes: Vec<(proptest::sample::Index, u8)>) {
            for (label, mut der) in [("CERTIFICATE", certificate_der()), ("CERTIFICATE REQUEST", request_der())] {
                for (at, value) in &changes {
                    let at = at.index(der.len());
                    der[at] = *value;
                }
                let _ = find(&der);
                let mut pem = write(label, &der).into_bytes();
                let _ = find(&pem);
                for (at, value) in &changes {
                    let at = at.index(pem.len());
                    pem[at] = *value;
                }
                let _ = find(&pem);
            }
        }
    }
}
