//! TLS cipher suites: their names, codes and what is known of them.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A cipher suite by its code point of the IANA registry. In files and Domino's documents it is the code in hex: `C030`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Suite(pub u16);

impl Suite {
    /// Reads the code in two or four hex digits, in any case.
    pub fn from_hex(text: &str) -> Option<Self> {
        let text = text.trim();
        let digits = matches!(text.len(), 2 | 4) && text.bytes().all(|b| b.is_ascii_hexdigit());
        digits.then(|| u16::from_str_radix(text, 16).ok().map(Self)).flatten()
    }

    /// Writes the code as Domino does: four hex digits, or two where the first byte is zero.
    pub fn hex(self) -> String {
        if self.0 < 0x100 { format!("{:02X}", self.0) } else { format!("{:04X}", self.0) }
    }
}

impl Serialize for Suite {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.hex())
    }
}

impl<'de> Deserialize<'de> for Suite {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::from_hex(&text)
            .ok_or_else(|| D::Error::custom("a cipher suite is two or four hex digits, such as C030"))
    }
}
