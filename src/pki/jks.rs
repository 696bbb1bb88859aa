//! Java keystores of the kind JKS, Java's default before version 9: private keys and trusted certificates. Reads only.

use aws_lc_rs::constant_time::verify_slices_are_equal;
use zeroize::Zeroizing;

use super::der::{elements, only};
use super::pbe::Hash;
use super::pem::Reader;
use crate::model::error::{Error, Result};
use crate::model::secret::Secret;

const MAGIC: &[u8] = b"\xfe\xed\xfe\xed";
const FILE: &str = "a Java keystore (JKS)";

/// What Java digests along with the password.
const WHITENER: &[u8] = b"Mighty Aphrodite";

/// 1.3.6.1.4.1.42.2.17.1.1, the one way in which JKS encrypts a key.
const PROTECTOR: &[u8] = b"\x2b\x06\x01\x04\x01\x2a\x02\x11\x01\x01";

/// Length of a SHA-1 digest, in bytes.
const DIGEST: usize = 20;

/// Tells whether the bytes begin as a keystore does.
pub(super) fn is(bytes: &[u8]) -> bool {
    bytes.starts_with(MAGIC)
}

fn broken() -> Error {
    Error::damaged("The Java keystore (JKS) is damaged or cut off.")
        .next("Bring the file again, whole, from where it was made.")
}

/// Reads a keystore. Without a password the certificates are read, and the keys named as locked.
pub(super) fn read(bytes: &[u8], reader: &mut Reader<'_>) -> Result<()> {
    let split = bytes.len().checked_sub(DIGEST).and_then(|at| bytes.split_at_checked(at));
    let (body, digest) = split.filter(|(body, _)| is(body)).ok_or_else(broken)?;
    let password = reader.password.map(wide);
    if let Some(password) = &password {
        let made = Hash::Sha1.of(&[password, WHITENER, body]);
        if verify_slices_are_equal(&made[..DIGEST], digest).is_err() {
            reader.wrong(FILE);
            return Ok(());
        }
        reader.fits();
    }
    let mut rest = Cursor(body.get(4..).unwrap_or_default());
    let version = rest.number().ok_or_else(broken)?;
    if !matches!(version, 1 | 2) {
        return Err(broken());
    }
    let mut locked = false;
    for _ in 0..rest.number().ok_or_else(broken)? {
        reader.work.go_on()?;
        if reader.full() {
            return Ok(());
        }
        let kind = rest.number().ok_or_else(broken)?;
        let alias = rest.text().ok_or_else(broken)?;
        rest.take(8).ok_or_else(broken)?; // when it was made
        match kind {
            1 => {
                let sealed = rest.counted().ok_or_else(broken)?;
                match &password {
                    Some(password) => key(&alias, sealed, password, reader)?,
                    None if !locked => {
                        locked = true;
                        reader.locked(FILE);
                    }
                    None => {}
                }
                for number in 0..rest.number().ok_or_else(broken)? {
                    let name = if number == 0 { alias.as_str() } else { "" };
                    certificate(name, false, version, &mut rest, reader)?;
                }
            }
            2 => certificate(&alias, true, version, &mut rest, reader)?,
            _ => return Err(broken()),
        }
    }
    if rest.0.is_empty() { Ok(()) } else { Err(broken()) }
}

fn certificate(
    name: &str,
    trusted: bool,
    version: u32,
    rest: &mut Cursor<'_>,
    reader: &mut Reader<'_>,
) -> Result<()> {
    let kind = if version == 2 { rest.text().ok_or_else(broken)? } else { "X.509".into() };
    let der = rest.counted().ok_or_else(broken)?;
    if kind != "X.509" {
        reader.useless(&format!("The Java keystore holds a certificate of the kind {kind}."));
    } else if !reader.full()
        && let Err(error) = reader.certificate(name, trusted, der)
    {
        reader.failed("In the Java keystore", error)?;
    }
    Ok(())
}

/// Opens one key with the password of the store. It may have one of its own, which cannot be told from damage.
fn key(alias: &str, sealed: &[u8], password: &[u8], reader: &mut Reader<'_>) -> Result<()> {
    let parts = only(0x30, sealed).and_then(elements).ok_or_else(broken)?;
    let [(0x30, _, algorithm), (4, _, data)] = parts.as_slice() else { return Err(broken()) };
    let algorithm = elements(algorithm).ok_or_else(broken)?;
    if algorithm.first().is_none_or(|a| a.0 != 6 || a.2 != PROTECTOR) {
        reader.useless(&format!("The private key \"{alias}\" is encrypted in a way that is not supported: convert the keystore with keytool -importkeystore -deststoretype PKCS12."));
        return Ok(());
    }
    match unprotect(data, password) {
        Some(plain) => match reader.key(alias, &plain, false) {
            Err(error) => reader.failed(&format!("The private key \"{alias}\""), error),
            done => done,
        },
        None => {
            reader.useless(&format!("The private key \"{alias}\" has a password of its own: give it the one of the keystore with keytool -keypasswd -alias {alias}, and bring it again."));
            Ok(())
        }
    }
}

/// Undoes Java's key protector: a keystream of chained SHA-1, and a digest of the whole at the end.
fn unprotect(data: &[u8], password: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (salt, rest) = data.split_at_checked(DIGEST)?;
    let (sealed, check) = rest.split_at_checked(rest.len().checked_sub(DIGEST)?)?;
    let mut plain = Zeroizing::new(sealed.to_vec());
    let mut last = Zeroizing::new(salt.to_vec());
    for chunk in plain.chunks_mut(DIGEST) {
        let stream = Hash::Sha1.of(&[password, &last]);
        last.copy_from_slice(&stream[..DIGEST]);
        chunk.iter_mut().zip(stream.iter()).for_each(|(byte, key)| *byte ^= key);
    }
    let made = Hash::Sha1.of(&[password, &plain]);
    verify_slices_are_equal(&made[..DIGEST], check).is_ok().then_some(plain)
}

/// A password as Java digests it: UTF-16, the high byte first.
fn wide(password: &Secret) -> Zeroizing<Vec<u8>> {
    let mut out = Zeroizing::new(Vec::with_capacity(2 * password.expose().len()));
    password.expose().encode_utf16().for_each(|unit| out.extend(unit.to_be_bytes()));
    out
}

/// What is left to read.
struct Cursor<'a>(&'a [u8]);

impl<'a> Cursor<'a> {
    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u32> {
        self.take(4)?.try_into().map(u32::from_be_bytes).ok()
    }

    /// Bytes after their number in four bytes.
    fn counted(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(usize::try_from(length).ok()?)
    }

    /// Text after its length in two bytes. Java's own form of UTF-8 differs for rare characters only.
    fn text(&mut self) -> Option<String> {
        let length = self.take(2)?.try_into().map(u16::from_be_bytes).ok()?;
        self.take(length.into()).map(|text| String::from_utf8_lossy(text).into_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::super::der::wrap;
    use super::super::key::PrivateKey;
    use super::super::pem::{self, Opening};
    use super::*;
    use crate::model::error::Kind;
    use crate::model::key::KeyType;

    /// Seals as Java does; [`unprotect`] undoes the same keystream.
    fn protect(plain: &[u8], password: &[u8]) -> Vec<u8> {
        let (mut sealed, mut last) = (plain.to_vec(), vec![7; DIGEST]);
        for chunk in sealed.chunks_mut(DIGEST) {
            last = Hash::Sha1.of(&[password, &last])[..DIGEST].to_vec();
            chunk.iter_mut().zip(&last).for_each(|(byte, key)| *byte ^= key);
        }
        [&[7; DIGEST], &sealed[..], &Hash::Sha1.of(&[password, plain])[..DIGEST]].concat()
    }

    /// A keystore with one key and one trusted certificate.
    fn store(version: u32, password: &str) -> Vec<u8> {
        let password = wide(&Secret::new(password.into()));
        let key = PrivateKey::generate(KeyType::P256).unwrap();
        let der =
            rcgen::generate_simple_self_signed(["a.example.test".to_owned()]).unwrap().cert.der().to_vec();
        let algorithm = wrap(0x30, &[wrap(6, PROTECTOR), vec![5, 0]].concat());
        let sealed = wrap(0x30, &[algorithm, wrap(4, &protect(key.pkcs8(), &password))].concat());
        let number = |n: usize| u32::try_from(n).unwrap().to_be_bytes();
        let text = |t: &str| [&u16::try_from(t.len()).unwrap().to_be_bytes()[..], t.as_bytes()].concat();
        let kind = if version == 2 { text("X.509") } else { Vec::new() };
        let certificate = [&kind, &number(der.len())[..], &der].concat();
        let head = [MAGIC, &version.to_be_bytes(), &number(2)].concat();
        let first =
            [&number(1)[..], &text("web"), &[0; 8], &number(sealed.len()), &sealed, &number(1), &certificate];
        let second = [&number(2)[..], &text("wurzel"), &[0; 8], &certificate];
        let body = [head, first.concat(), second.concat()].concat();
        let digest = Hash::Sha1.of(&[&password, WHITENER, &body]);
        [&body, &digest[..DIGEST]].concat()
    }

    fn open(bytes: &[u8], password: &str) -> Result<pem::Found> {
        pem::open(bytes, Opening { password: Some(&Secret::new(password.into())), stop: None })
    }

    #[test]
    fn both_versions_are_read() {
        for version in [1, 2] {
            let store = store(version, "pä55 \u{1f511}");
            let found = open(&store, "pä55 \u{1f511}").unwrap();
            assert_eq!((found.keys.len(), found.certificates.len(), found.unread.len()), (1, 2, 0));
            assert_eq!((found.keys[0].label.as_str(), found.keys[0].open), ("web", false));
            assert_eq!(found.trusted.len(), 1);
            assert_eq!(open(&store, "wrong").unwrap_err().kind, Kind::WrongPassword);
            let found = pem::find(&store).unwrap();
            assert_eq!((found.locked.as_slice(), found.certificates.len()), (&[FILE.to_owned()][..], 2));
        }
    }

    proptest::proptest! {
        #[test]
        fn changed_stores_never_panic(changes: Vec<(proptest::sample::Index, u8)>, end: proptest::sample::Index) {
            static STORE: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
            let store = STORE.get_or_init(|| store(2, "x"));
            let mut body = store[..store.len() - DIGEST].to_vec();
            for (at, value) in &changes {
                let at = at.index(body.len());
                body[at] = *value;
            }
            let _ = pem::find(&[&body[..], &[0; DIGEST]].concat());
            // Under a digest that fits, so that the reader goes on to the entries.
            let digest = Hash::Sha1.of(&[&wide(&Secret::new("x".into())), WHITENER, &body]);
            let _ = open(&[&body[..], &digest[..DIGEST]].concat(), "x");
            let _ = open(&store[..end.index(store.len())], "x");
        }
    }
}
