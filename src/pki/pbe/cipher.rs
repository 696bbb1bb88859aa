//! The block ciphers under which keys are exchanged, all in CBC mode with the padding of PKCS#7.

use cbc::cipher::{
    Array, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit,
};
use zeroize::Zeroizing;

/// A cipher, with its key length where that varies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pki) enum Cipher {
    Aes128,
    Aes192,
    Aes256,
    /// Three keys.
    Des3,
    /// Two keys, the first used twice.
    Des2,
    Des,
    /// RC2 with the length of the key in bytes and its effective bits.
    Rc2(usize, usize),
}

impl Cipher {
    /// Length of a key, in bytes.
    pub(in crate::pki) fn key_length(self) -> usize {
        match self {
            Self::Aes128 | Self::Des2 => 16,
            Self::Aes192 | Self::Des3 => 24,
            Self::Aes256 => 32,
            Self::Des => 8,
            Self::Rc2(length, _) => length,
        }
    }

    /// Length of a block and of an initialisation vector, in bytes.
    pub(in crate::pki) fn block(self) -> usize {
        if matches!(self, Self::Aes128 | Self::Aes192 | Self::Aes256) { 16 } else { 8 }
    }

    /// Decrypts; `None` when the lengths do not fit or the padding is wrong, as it mostly is under a wrong key.
    pub(in crate::pki) fn decrypt(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let mut data = Zeroizing::new(data.to_vec());
        self.run(key, iv, &mut data, false)?;
        let padding = usize::from(*data.last()?);
        let length = data.len().checked_sub(padding).filter(|_| (1..=self.block()).contains(&padding))?;
        let sound = data.iter().skip(length).all(|b| usize::from(*b) == padding);
        data.truncate(length);
        sound.then_some(data)
    }

    /// Encrypts; `None` when key or vector have the wrong length.
    pub(in crate::pki) fn encrypt(self, key: &[u8], iv: &[u8], plain: &[u8]) -> Option<Vec<u8>> {
        let padding = self.block() - plain.len() % self.block();
        // The buffer has its full size from the start, so no plain copy is left behind by growth.
        let mut data = Vec::with_capacity(plain.len() + padding);
        data.extend(plain);
        data.resize(plain.len() + padding, u8::try_from(padding).ok()?);
        self.run(key, iv, &mut data, true)?;
        Some(data)
    }

    fn run(self, key: &[u8], iv: &[u8], data: &mut [u8], forward: bool) -> Option<()> {
        if key.len() != self.key_length() {
            return None;
        }
        match self {
            Self::Aes128 => cbc(aes::Aes128::new_from_slice(key).ok()?, iv, data, forward),
            Self::Aes192 => cbc(aes::Aes192::new_from_slice(key).ok()?, iv, data, forward),
            Self::Aes256 => cbc(aes::Aes256::new_from_slice(key).ok()?, iv, data, forward),
            Self::Des3 => cbc(des::TdesEde3::new_from_slice(key).ok()?, iv, data, forward),
            Self::Des2 => cbc(des::TdesEde2::new_from_slice(key).ok()?, iv, data, forward),
            Self::Des => cbc(des::Des::new_from_slice(key).ok()?, iv, data, forward),
            Self::Rc2(_, bits) => cbc(rc2::Rc2::new_with_eff_key_len(key, bits), iv, data, forward),
        }
    }
}

fn cbc<C: BlockCipherEncrypt + BlockCipherDecrypt>(
    cipher: C,
    iv: &[u8],
    data: &mut [u8],
    forward: bool,
) -> Option<()> {
    let iv = iv.try_into().ok()?;
    let (blocks, rest) = Array::slice_as_chunks_mut(data);
    if !rest.is_empty() {
        return None;
    }
    if forward {
        cbc::Encryptor::inner_iv_init(cipher, iv).encrypt_blocks(blocks);
    } else {
        cbc::Decryptor::inner_iv_init(cipher, iv).decrypt_blocks(blocks);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Cipher; 8] = [
        Cipher::Aes128,
        Cipher::Aes192,
        Cipher::Aes256,
        Cipher::Des3,
        Cipher::Des2,
        Cipher::Des,
        Cipher::Rc2(5, 40),
        Cipher::Rc2(16, 128),
    ];

    #[test]
    fn what_is_encrypted_comes_back() {
        for cipher in ALL {
            let (key, iv) = (vec![7; cipher.key_length()], vec![9; cipher.block()]);
            for length in 0..40 {
                let plain = vec![0x30; length];
                let sealed = cipher.encrypt(&key, &iv, &plain).unwrap();
                assert_eq!(cipher.decrypt(&key, &iv, &sealed).unwrap()[..], plain);
            }
        }
    }

    #[test]
    fn wrong_lengths_are_refused() {
        for cipher in ALL {
            let (key, iv) = (vec![7; cipher.key_length()], vec![9; cipher.block()]);
            for (key, iv, data) in [
                (&key[1..], &iv[..], &[0; 16][..]),
                (&key, &iv[1..], &[0; 16]),
                (&key, &iv, &[0; 15]),
                (&key, &iv, &[]),
                (&[], &iv, &[0; 16]),
            ] {
                assert_eq!(cipher.decrypt(key, iv, data), None);
            }
        }
    }
}
