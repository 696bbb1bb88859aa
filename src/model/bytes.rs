//! Byte strings as nouns: DER, digests and serial numbers, written as hexadecimal where a person or a file reads them.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// DER (or other opaque) bytes, serialised as lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Der(pub Vec<u8>);

/// A SHA-256 digest.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Digest(pub [u8; 32]);

/// A certificate serial number: the content octets of the INTEGER, most significant first (RFC 5280 section 4.1.2.2).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Serial(pub Vec<u8>);

/// Writes bytes as lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut digits = vec![0; bytes.len() * 2];
    for (pair, b) in digits.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(b >> 4)], DIGITS[usize::from(b & 15)]]);
    }
    // They are ASCII: this cannot fail, and is faster than pushing one character after the other.
    String::from_utf8(digits).unwrap_or_default()
}

/// Reads hexadecimal in either case; colons and spaces between bytes are passed over.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut high = None;
    for b in text.bytes() {
        let digit = match b {
            b'0'..=b'9' => b - b'0',
            b'a'..=b'f' => b - b'a' + 10,
            b'A'..=b'F' => b - b'A' + 10,
            b':' | b' ' => continue,
            _ => return None,
        };
        match high.take() {
            None => high = Some(digit << 4),
            Some(high) => bytes.push(high | digit),
        }
    }
    high.is_none().then_some(bytes)
}

/// Writes bytes as upper-case hexadecimal with colons, as OpenSSL prints fingerprints.
pub fn colons(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02X}")).collect::<Vec<_>>().join(":")
}

impl Digest {
    /// Reads a SHA-256 as a person types it: 64 hexadecimal digits, colons and spaces allowed.
    pub fn typed(text: &str) -> Option<Self> {
        unhex(&text.replace([':', ' '], "")).and_then(|bytes| bytes.try_into().ok()).map(Self)
    }

    /// Tells whether it is all zeros, which stands for none.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    /// Returns the first eight bytes as hexadecimal, enough to tell keys apart on one screen.
    pub fn short(&self) -> String {
        hex(&self.0[..8])
    }
}

impl Serial {
    /// Reads a serial number as a person types it: hexadecimal, colons allowed.
    pub fn typed(text: &str) -> Option<Self> {
        let digits = text.trim().trim_start_matches("0x");
        let even =
            if digits.len() % 2 == 1 && !digits.contains(':') { format!("0{digits}") } else { digits.into() };
        unhex(&even).filter(|b| !b.is_empty() && b.len() <= 21).map(Self)
    }
}

impl std::fmt::Display for Serial {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0).to_uppercase())
    }
}

impl std::fmt::Display for Digest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

macro_rules! hexadecimal {
    ($type:ident, $make:expr) => {
        impl std::fmt::Debug for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}({})", stringify!($type), hex(&self.0))
            }
        }
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&hex(&self.0))
            }
        }
        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = String::deserialize(deserializer)?;
                let make: fn(Vec<u8>) -> Option<Self> = $make;
                unhex(&text).and_then(make).ok_or_else(|| D::Error::custom("expected hexadecimal bytes"))
            }
        }
    };
}
hexadecimal!(Der, |b| Some(Self(b)));
hexadecimal!(Digest, |b| b.try_into().ok().map(Self));
hexadecimal!(Serial, |b| Some(Self(b)));

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_are_read_as_people_type_them() {
        assert_eq!(Serial::typed("0a:ff").unwrap(), Serial(vec![10, 255]));
        assert_eq!(Serial::typed("AFF").unwrap(), Serial(vec![10, 255]));
        assert_eq!(Serial::typed("zz"), None);
        assert_eq!(Serial::typed(""), None);
    }

    proptest::proptest! {
        #[test]
        fn hexadecimal_round_trips(bytes: Vec<u8>) {
            proptest::prop_assert_eq!(unhex(&hex(&bytes)), Some(bytes.clone()));
            let text = serde_json::to_string(&Der(bytes.clone())).unwrap();
            proptest::prop_assert_eq!(serde_json::from_str::<Der>(&text).unwrap(), Der(bytes));
        }
    }
}
