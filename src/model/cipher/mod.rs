//! TLS cipher suites: their names and codes, what they are made of, what is known of them in Domino's releases, and how lists of
//! them are written. `table` is the one table; the rest is read off it.

mod anatomy;
mod domino;
mod explain;
mod grade;
mod page;
mod table;
mod text;

pub use anatomy::{Anatomy, Auth, Kx, Mac, version_text};
pub use domino::{DOMINO_14, PRESETS, Preset, Standing, default_of, domino, release_notes};
pub use explain::{Explained, explain, priority, remarks};
pub use grade::{FAULTS, Fault, Grade, fits};
pub use page::ciphers_markdown;
pub use text::{parse_list, parse_spec, write_list, write_spec};

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use table::{Row, SUITES};

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
        if self.0 < 0x100 { format!("{:02X}", self.0) } else { self.code() }
    }

    /// Writes the code in four hex digits.
    pub fn code(self) -> String {
        format!("{:04X}", self.0)
    }

    /// Lists every suite of the table, by code.
    pub fn all() -> impl Iterator<Item = Self> {
        SUITES.iter().map(|row| Self(row.0))
    }

    /// Finds a suite by what people call it: the name of IANA with or without `TLS_`, the name of OpenSSL, or the code as
    /// `C030`, `9F`, `0xC030` or `0xC0,0x30`. A code that is in no table is none.
    pub fn find(text: &str) -> Option<Self> {
        let text = text.trim();
        let plain = text.to_ascii_uppercase().replace("0X", "").replace(',', "");
        if let Some(suite) = Self::from_hex(&plain).filter(|s| s.row().is_some()) {
            return Some(suite);
        }
        let iana = plain.strip_prefix("TLS_").or_else(|| plain.strip_prefix("SSL_")).unwrap_or(&plain);
        let called = |row: &&Row| row.1.eq_ignore_ascii_case(iana) || row.2.eq_ignore_ascii_case(text);
        SUITES.iter().find(called).map(|row| Self(row.0))
    }

    /// Returns the name of the IANA registry without `TLS_`, as Domino's administrators know it.
    pub fn short(self) -> Option<&'static str> {
        self.row().map(|row| row.1)
    }

    /// Returns the name of the IANA registry, or the code where the table does not know it.
    pub fn name(self) -> String {
        self.short().map_or_else(|| format!("0x{}", self.code()), |name| format!("TLS_{name}"))
    }

    /// Returns the name that OpenSSL gives it.
    pub fn openssl(self) -> Option<&'static str> {
        self.row().map(|row| row.2)
    }

    fn row(self) -> Option<&'static Row> {
        SUITES.binary_search_by_key(&self.0, |row| row.0).ok().and_then(|at| SUITES.get(at))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_every_row_can_be_read() {
        assert!(SUITES.windows(2).all(|w| w[0].0 < w[1].0));
        for suite in Suite::all() {
            assert!(suite.anatomy().is_some(), "{}", suite.name());
        }
    }

    #[test]
    fn every_suite_is_found_by_each_of_its_names() {
        for suite in Suite::all() {
            let name = suite.name();
            let names =
                [&name, suite.short().unwrap(), suite.openssl().unwrap(), &suite.code(), &suite.hex()];
            for name in names {
                assert_eq!(Suite::find(name), Some(suite), "{name}");
                assert_eq!(Suite::find(&name.to_lowercase()), Some(suite), "{name}");
            }
        }
        for text in [
            "0xC030",
            "0xC0,0x30",
            " c030 ",
            "ECDHE-RSA-AES256-GCM-SHA384",
            "ssl_ecdhe_rsa_with_aes_256_gcm_sha384",
        ] {
            assert_eq!(Suite::find(text), Some(Suite(0xc030)), "{text}");
        }
        for text in ["", "C0FF", "0", "TLS_", "ECDHE", "C0 30", "\u{202e}"] {
            assert_eq!(Suite::find(text), None, "{text}");
        }
    }
}
