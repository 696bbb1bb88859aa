//! Private keys written without encryption: PKCS#8, and the older PKCS#1 and SEC1 that some programs insist on. Every
//! buffer with a key in it is wiped.

use zeroize::Zeroizing;

use super::der::{elements, only, wrap};
use super::key::PrivateKey;
use crate::model::error::{Error, Result};

const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const EC: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";

/// Writes a key as PKCS#8 PEM (`PRIVATE KEY`).
pub fn pkcs8(key: &PrivateKey) -> Zeroizing<String> {
    block("PRIVATE KEY", key.pkcs8())
}

/// Writes a key as traditional PEM: `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC1, with its curve).
///
/// Errors: `Refused` for a kind of key that never had a traditional form.
pub fn traditional(key: &PrivateKey) -> Result<Zeroizing<String>> {
    let strange = || Error::internal("A private key does not have the form it was kept in.");
    let parts = only(0x30, key.pkcs8()).and_then(elements).ok_or_else(strange)?;
    let [_, (_, _, algorithm), (0x04, _, inner), ..] = parts.as_slice() else { return Err(strange()) };
    let algorithm = elements(algorithm).ok_or_else(strange)?;
    match algorithm.as_slice() {
        [(_, RSA, _), ..] => Ok(block("RSA PRIVATE KEY", inner)),
        [(_, EC, _), (_, curve, _), ..] => {
            let fields = only(0x30, inner).and_then(elements).ok_or_else(strange)?;
            let mut sec1 = Zeroizing::new(Vec::with_capacity(inner.len() + curve.len() + 8));
            // Version and number come before the curve, the public point after it; inside PKCS#8 the curve is left out.
            fields.iter().filter(|f| matches!(f.0, 2 | 4)).for_each(|f| sec1.extend_from_slice(f.1));
            sec1.extend_from_slice(&wrap(0xa0, curve));
            fields.iter().filter(|f| f.0 == 0xa1).for_each(|f| sec1.extend_from_slice(f.1));
            Ok(block("EC PRIVATE KEY", &Zeroizing::new(wrap(0x30, &sec1))))
        }
        _ => Err(Error::refused(format!(
            "A key of the kind {} has no traditional form.",
            key.info().algorithm
        ))
        .why("Only RSA (PKCS#1) and elliptic-curve keys (SEC1) have one.")
        .next("Export it as PKCS#8.")),
    }
}

/// Writes one PEM block as [`super::pem::write`] does, in memory that is wiped.
fn block(label: &str, der: &[u8]) -> Zeroizing<String> {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    // Room for everything from the start: a text that grows leaves pieces of itself behind.
    let mut text = Zeroizing::new(String::with_capacity(der.len() / 3 * 4 + der.len() / 48 + 128));
    text.push_str(&format!("-----BEGIN {label}-----\n"));
    for line in der.chunks(48) {
        for group in line.chunks(3) {
            let bits =
                group.iter().fold(0u32, |bits, b| bits << 8 | u32::from(*b)) << (8 * (3 - group.len()));
            for place in 0..4 {
                let digit = usize::try_from(bits >> (18 - 6 * place) & 63).unwrap_or(0);
                text.push(if place <= group.len() { char::from(DIGITS[digit]) } else { '=' });
            }
        }
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::super::pem;
    use super::*;
    use crate::model::error::Kind;
    use crate::model::key::KeyType;

    proptest::proptest! {
        #[test]
        fn a_block_is_written_as_any_other(der in proptest::collection::vec(0u8.., 1..400)) {
            proptest::prop_assert_eq!(&*block("PRIVATE KEY", &der), &pem::write("PRIVATE KEY", &der));
        }
    }

    #[test]
    fn what_is_written_is_read_again_as_the_same_key() {
        for kind in [KeyType::Rsa2048, KeyType::P256, KeyType::P384, KeyType::P521, KeyType::Ed25519] {
            let key = PrivateKey::generate(kind).unwrap();
            let again = |text: &str| pem::find(text.as_bytes()).unwrap().keys.remove(0).key;
            assert_eq!(again(&pkcs8(&key)).pkcs8(), key.pkcs8());
            match traditional(&key) {
                Ok(text) => {
                    let label = if kind == KeyType::Rsa2048 { "RSA" } else { "EC" };
                    assert!(text.starts_with(&format!("-----BEGIN {label} PRIVATE KEY-----\n")));
                    assert_eq!(again(&text).pkcs8(), key.pkcs8());
                }
                Err(error) => assert_eq!((kind, error.kind), (KeyType::Ed25519, Kind::Refused)),
            }
        }
    }
}
