//! Keys as nouns: the kinds the program makes, and what it says of a public key it has read.

use serde::{Deserialize, Serialize};

use super::bytes::{Der, Digest};

/// A kind of key pair that the program can make and sign with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum KeyType {
    /// RSA with a modulus of 2048 bits.
    Rsa2048,
    /// RSA with a modulus of 3072 bits.
    Rsa3072,
    /// RSA with a modulus of 4096 bits.
    Rsa4096,
    /// ECDSA on NIST P-256.
    P256,
    /// ECDSA on NIST P-384.
    P384,
    /// ECDSA on NIST P-521.
    P521,
    /// Ed25519 (RFC 8410).
    Ed25519,
}

impl KeyType {
    /// Every kind, in the order of choice lists.
    pub const ALL: [Self; 7] =
        [Self::Rsa2048, Self::Rsa3072, Self::Rsa4096, Self::P256, Self::P384, Self::P521, Self::Ed25519];

    /// The names of all kinds, in the order of [`Self::ALL`].
    pub const NAMES: &'static [&'static str] =
        &["rsa-2048", "rsa-3072", "rsa-4096", "p-256", "p-384", "p-521", "ed25519"];

    /// Returns the name used in settings, forms and options.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads a name; case and missing dashes are forgiven.
    pub fn from_name(text: &str) -> Option<Self> {
        let plain = |s: &str| s.to_ascii_lowercase().replace(['-', ' ', '_'], "");
        let wanted = plain(text);
        Self::ALL.into_iter().find(|k| plain(k.name()) == wanted)
    }
}

/// What is known of a public key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyInfo {
    /// The kind in words: `RSA 2048`, `P-256`, `Ed25519`, `Ed448`, `RSA-PSS 2048`, or a dotted OID.
    pub algorithm: String,
    /// The size in bits; 0 when unknown.
    pub bits: u32,
    /// The exact SubjectPublicKeyInfo.
    pub spki: Der,
    /// SHA-256 of the SubjectPublicKeyInfo: the key fingerprint shown everywhere (the `pin` of RFC 7469).
    pub sha256: Digest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for kind in KeyType::ALL {
            assert_eq!(KeyType::from_name(kind.name()), Some(kind));
        }
        assert_eq!(KeyType::from_name("RSA 2048"), Some(KeyType::Rsa2048));
        assert_eq!(KeyType::from_name("dsa"), None);
    }
}
