//! Key exchange groups by their code points of the IANA registry.

use serde::{Deserialize, Serialize};

/// A key exchange group: an elliptic curve, a finite field or a hybrid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Group(pub u16);

/// The groups that can be met, by code.
const NAMES: &[(u16, &str)] = &[
    (1, "sect163k1"),
    (2, "sect163r1"),
    (3, "sect163r2"),
    (4, "sect193r1"),
    (5, "sect193r2"),
    (6, "sect233k1"),
    (7, "sect233r1"),
    (8, "sect239k1"),
    (9, "sect283k1"),
    (10, "sect283r1"),
    (11, "sect409k1"),
    (12, "sect409r1"),
    (13, "sect571k1"),
    (14, "sect571r1"),
    (15, "secp160k1"),
    (16, "secp160r1"),
    (17, "secp160r2"),
    (18, "secp192k1"),
    (19, "secp192r1"),
    (20, "secp224k1"),
    (21, "secp224r1"),
    (22, "secp256k1"),
    (23, "secp256r1"),
    (24, "secp384r1"),
    (25, "secp521r1"),
    (26, "brainpoolP256r1"),
    (27, "brainpoolP384r1"),
    (28, "brainpoolP512r1"),
    (29, "x25519"),
    (30, "x448"),
    (31, "brainpoolP256r1tls13"),
    (32, "brainpoolP384r1tls13"),
    (33, "brainpoolP512r1tls13"),
    (256, "ffdhe2048"),
    (257, "ffdhe3072"),
    (258, "ffdhe4096"),
    (259, "ffdhe6144"),
    (260, "ffdhe8192"),
    (512, "MLKEM512"),
    (513, "MLKEM768"),
    (514, "MLKEM1024"),
    (4587, "SecP256r1MLKEM768"),
    (4588, "X25519MLKEM768"),
    (4589, "SecP384r1MLKEM1024"),
];

impl Group {
    /// Lists every group that has a name here, those that are used most first, for servers that look at few.
    pub fn known() -> impl Iterator<Item = Self> {
        const FIRST: [u16; 6] = [4588, 29, 23, 24, 25, 30];
        let rest = NAMES.iter().map(|(code, _)| *code).filter(|code| !FIRST.contains(code));
        FIRST.into_iter().chain(rest).map(Self)
    }

    /// Returns the name of the registry, or the code in hex.
    pub fn name(self) -> String {
        let found = NAMES.iter().find(|(code, _)| *code == self.0);
        found.map_or_else(|| format!("0x{:04X}", self.0), |(_, name)| (*name).to_owned())
    }

    /// Tells whether it is offered by TLS 1.3 (RFC 8446 section 4.2.7, RFC 8734 and the hybrids).
    pub fn is_of_tls13(self) -> bool {
        matches!(self.0, 23..=25 | 29..=33 | 256..=260 | 512..=514 | 4587..=4589)
    }

    /// Tells whether TLS 1.2 and older negotiate it as a curve.
    pub fn is_old_curve(self) -> bool {
        matches!(self.0, 1..=30)
    }

    /// Tells whether it is a curve that is too short by today's measure.
    pub fn is_weak(self) -> bool {
        matches!(self.0, 1..=5 | 15..=19)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_is_offered_once_and_named() {
        let mut all: Vec<_> = Group::known().collect();
        assert_eq!(all.len(), NAMES.len());
        assert!(all.iter().all(|g| !g.name().starts_with("0x")));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), NAMES.len());
        assert_eq!(Group(0xFAFA).name(), "0xFAFA");
    }
}
