//! What people bring, recognised by its content: PEM, DER, PKCS#7, PKCS#12, Java keystores. Opens what a password opens.

mod alien;
mod blocks;
mod reader;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(crate) use blocks::base64;
pub(super) use reader::Reader;

use super::key::PrivateKey;
use super::{ber, jks, spkac};
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::error::{Error, Result};
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
    /// Which certificates are marked as trusted where they come from (keytool, OpenSSL), by SHA-256.
    pub trusted: BTreeSet<Digest>,
    /// What needs a password before it can be looked into, in words: `an encrypted private key`, `a PKCS#12 file`.
    pub locked: Vec<String>,
    /// What could not be read: what it is and why, escaped.
    pub unread: Vec<String>,
}

impl Found {
    /// Says what is locked, each sort once, with how many there are where it is more than one.
    pub fn locked_words(&self) -> Vec<String> {
        let mut sorts: Vec<(&String, usize)> = Vec::new();
        for what in &self.locked {
            match sorts.iter_mut().find(|(known, _)| *known == what) {
                Some((_, count)) => *count += 1,
                None => sorts.push((what, 1)),
            }
        }
        let word = |(what, count): (&String, usize)| match count {
            1 => what.clone(),
            _ => format!("{what} ({count} of them)"),
        };
        sorts.into_iter().map(word).collect()
    }
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

/// Recognises and reads everything in `bytes`.
///
/// Without a password, what needs one is named in `locked` and the rest is read all the same. Where nothing is locked, a
/// password is not looked at. A private key of a kind that the program cannot sign with is named in `unread`.
///
/// Errors: what the bytes are instead (empty, too large, a JPEG, a proprietary keyring, text without PEM, truncated
/// PEM); `WrongPassword` when the password opens nothing; `Refused` when it would take too long; `Cancelled`.
pub fn open(bytes: &[u8], opening: Opening<'_>) -> Result<Found> {
    allowed(bytes.len())?;
    if bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Error::usage("The input is empty.").next("Bring a PEM or DER file, or paste PEM text."));
    }
    let decoded = blocks::from_utf16(bytes);
    let bytes = decoded.as_ref().map_or(bytes, |text| text.as_slice());
    let mut reader = Reader::new(opening);
    if blocks::any(bytes) {
        blocks::read(bytes, &mut reader)?;
    } else if jks::is(bytes) {
        jks::read(bytes, &mut reader)?;
    } else if bytes.first() == Some(&0x30) && ber::element(bytes).is_some() {
        reader.single(bytes)?;
    } else if spkac::is(bytes) {
        reader.request(spkac::read(bytes)?);
    } else if let Some(der) = blocks::bare_base64(bytes) {
        reader.single(&der)?;
    } else {
        return Err(alien::name(bytes));
    }
    reader.finish()
}

/// Refuses an input that is larger than [`LARGEST`].
fn allowed(bytes: usize) -> Result<()> {
    if bytes <= LARGEST {
        return Ok(());
    }
    Err(Error::refused("The input is too large.")
        .why(format!("At most {} MiB are read.", LARGEST >> 20))
        .next("Bring the certificates, requests or keys alone."))
}

/// Writes one PEM block with LF line ends, 64 characters a line.
pub fn write(label: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}

/// Writes bytes as base64 without line ends.
pub fn to_base64(bytes: &[u8]) -> String {
    write("X", bytes).lines().filter(|line| !line.starts_with('-')).collect()
}

#[cfg(test)]
mod tests {
    use super::super::der::{oid, wrap};
    use super::super::{name, request};
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
        let key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END RSA PRIVATE KEY-----\n";
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
            assert_eq!((found.requests.len(), found.certificates.len(), found.locked.len()), (1, 2, 1));
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
        let der = certificate_der();
        let cases: &[(&[u8], &str)] = &[
            (b"", "empty"),
            (b" \r\n\t", "empty"),
            (&vec![b'x'; LARGEST + 1], "too large"),
            (b"\xff\xd8\xff\xe0JFIF", "JPEG"),
            (b"\x89PNG\r\n", "PNG"),
            (b"PK\x03\x04", "ZIP"),
            (b"\x30\x80\x02\x01\x03\x30", "cut off"),
            (b"\xce\xce\xce\xce", "JCEKS"),
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

    #[test]
    fn names_are_escaped_and_short() {
        let text = |name: &str| format!("friendlyName: {name}\n{}", write("CERTIFICATE", &certificate_der()));
        let label = |name: &str| find(text(name).as_bytes()).unwrap().labels.into_values().next();
        assert_eq!(label("mail").as_deref(), Some("mail"));
        assert!(!label("a\u{202e}b\u{1b}[2J").unwrap().contains(['\u{202e}', '\u{1b}']));
        assert_eq!(label(&"x".repeat(100_000)).unwrap().len(), 200);
        assert_eq!(label(" "), None);
        // A name belongs to the block that follows it, and to no later one.
        let two = text("first") + &write("CERTIFICATE", &certificate_der());
        assert_eq!(find(two.as_bytes()).unwrap().labels.len(), 1);
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(bytes: Vec<u8>, label in "[A-Z ]{0,20}") {
            let _ = find(&bytes);
            let _ = find(write(&label, &bytes).as_bytes());
        }

        #[test]
        fn changed_bytes_never_panic(changes: Vec<(proptest::sample::Index, u8)>) {
            let secret = Secret::new("x".into());
            let sealed = PrivateKey::generate(KeyType::P256).unwrap().seal(&secret, 1).unwrap();
            let stop = AtomicBool::new(true);
            let with_password = |bytes: &[u8]| {
                let _ = open(bytes, Opening { password: Some(&secret), stop: Some(&stop) });
            };
            let sealed = ::pem::parse(sealed).unwrap().into_contents();
            let kinds = [
                ("CERTIFICATE", certificate_der()),
                ("CERTIFICATE REQUEST", request_der()),
                ("ENCRYPTED PRIVATE KEY", sealed),
            ];
            for (label, mut der) in kinds {
                for (at, value) in &changes {
                    let at = at.index(der.len());
                    der[at] = *value;
                }
                let _ = find(&der);
                with_password(&der);
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
