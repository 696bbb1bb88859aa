//! Private keys written without encryption: PKCS#8, and the older PKCS#1 and SEC1 that some programs insist on. Every
//! buffer with a key in it is wiped.

use zeroize::Zeroizing;

use super::der::{elements, only, wrap};
use super::key::PrivateKey;
use super::pem;
use crate::model::error::{Error, Result};

const RSA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01";
const EC: &[u8] = b"\x06\x07\x2a\x86\x48\xce\x3d\x02\x01";

/// Writes a key as PKCS#8 PEM (`PRIVATE KEY`).
pub fn pkcs8(key: &PrivateKey) -> Zeroizing<String> {
    pem::write_secret("PRIVATE KEY", key.pkcs8())
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
        [(_, RSA, _), ..] => Ok(pem::write_secret("RSA PRIVATE KEY", inner)),
        [(_, EC, _), (_, curve, _), ..] => {
            let fields = only(0x30, inner).and_then(elements).ok_or_else(strange)?;
            let mut sec1 = Zeroizing::new(Vec::with_capacity(inner.len() + curve.len() + 8));
            // Version and number come before the curve, the public point after it; inside PKCS#8 the curve is left out.
            fields.iter().filter(|f| matches!(f.0, 2 | 4)).for_each(|f| sec1.extend_from_slice(f.1));
            sec1.extend_from_slice(&wrap(0xa0, curve));
            fields.iter().filter(|f| f.0 == 0xa1).for_each(|f| sec1.extend_from_slice(f.1));
            Ok(pem::write_secret("EC PRIVATE KEY", &Zeroizing::new(wrap(0x30, &sec1))))
        }
        _ => Err(Error::refused(format!(
            "A key of the kind {} has no traditional form.",
            key.info().algorithm
        ))
        .why("Only RSA (PKCS#1) and elliptic-curve keys (SEC1) have one.")
        .next("Export it as PKCS#8.")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::error::Kind;
    use crate::model::key::KeyType;

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
