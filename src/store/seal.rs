//! The two steps that every sealed file shares: fresh random bytes, and AES-256-GCM with a header that is authenticated
//! along with it. A sealed text is 12 octets nonce, the ciphertext, 16 octets tag.

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

use crate::model::error::{Error, Result};

/// A key that seals.
pub type Key = Zeroizing<[u8; 32]>;

/// Gives fresh random bytes.
pub fn random<const N: usize>() -> Result<Zeroizing<[u8; N]>> {
    let mut bytes = Zeroizing::new([0; N]);
    aws_lc_rs::rand::fill(&mut *bytes).map_err(|_| Error::internal("The system gives no random numbers."))?;
    Ok(bytes)
}

/// Seals `plain`; `header` has to be the same when it is opened.
pub fn seal(key: &Key, header: &str, plain: &[u8]) -> Result<Vec<u8>> {
    let failed = |_| Error::internal("AES-256-GCM does not seal.");
    // Reserved whole, so that appending the tag never moves the plain text to another place.
    let mut text = Zeroizing::new(Vec::with_capacity(plain.len() + 16));
    text.extend_from_slice(plain);
    let key = RandomizedNonceKey::new(&AES_256_GCM, &**key).map_err(failed)?;
    let nonce = key.seal_in_place_append_tag(Aad::from(header.as_bytes()), &mut *text).map_err(failed)?;
    Ok([nonce.as_ref().as_slice(), &text].concat())
}

/// Opens what [`seal`] made; `None` when key, header or text are not the same.
pub fn open(key: &Key, header: &str, sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    let (nonce, text) = sealed.split_at_checked(12)?;
    let mut text = Zeroizing::new(text.to_vec());
    let key = RandomizedNonceKey::new(&AES_256_GCM, &**key).ok()?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let length = key.open_in_place(nonce, Aad::from(header.as_bytes()), &mut text).ok()?.len();
    text.truncate(length);
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_sealed_opens_only_unchanged(plain: Vec<u8>, header: String, at: usize, bit in 0u8..8) {
            let key = random().unwrap();
            let sealed = seal(&key, &header, &plain).unwrap();
            proptest::prop_assert_eq!(open(&key, &header, &sealed).map(|p| p.to_vec()), Some(plain));
            let other = header.clone() + "x";
            proptest::prop_assert!(open(&key, &other, &sealed).is_none());
            proptest::prop_assert!(open(&random().unwrap(), &header, &sealed).is_none());
            let mut changed = sealed.clone();
            changed[at % sealed.len()] ^= 1 << bit;
            proptest::prop_assert!(open(&key, &header, &changed).is_none());
            proptest::prop_assert!(open(&key, &header, &sealed[..at % sealed.len()]).is_none());
        }
    }
}
