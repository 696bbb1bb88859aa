//! Distinguished names and alternative names as nouns. The bytes are kept as they came; text is only for reading.

use serde::{Deserialize, Serialize};

use super::bytes::Der;
use super::escape::{rfc4514, visible};

/// One attribute of a relative distinguished name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    /// The type as a dotted OID.
    pub oid: String,
    /// The value decoded to text, not escaped; `#` and hexadecimal when its string type cannot be decoded.
    pub value: String,
}

/// A distinguished name: exact DER, and its attributes in the order of the encoding.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Name {
    /// The complete `Name` SEQUENCE, byte for byte as received or built.
    pub der: Der,
    /// Relative distinguished names, most significant first; more than one attribute means a multi-valued one.
    pub rdns: Vec<Vec<Attribute>>,
}

/// Short names of attribute types (RFC 4514 section 3, and the common ones beside it).
pub const ATTRIBUTES: &[(&str, &str)] = &[
    ("2.5.4.3", "CN"),
    ("2.5.4.6", "C"),
    ("2.5.4.7", "L"),
    ("2.5.4.8", "ST"),
    ("2.5.4.9", "STREET"),
    ("2.5.4.10", "O"),
    ("2.5.4.11", "OU"),
    ("0.9.2342.19200300.100.1.25", "DC"),
    ("0.9.2342.19200300.100.1.1", "UID"),
    ("2.5.4.4", "SN"),
    ("2.5.4.42", "GN"),
    ("2.5.4.5", "serialNumber"),
    ("2.5.4.12", "title"),
    ("2.5.4.17", "postalCode"),
    ("2.5.4.97", "organizationIdentifier"),
    ("1.2.840.113549.1.9.1", "emailAddress"),
];

impl Attribute {
    /// Returns the short name of the type, or its dotted OID when it has none.
    pub fn short(&self) -> &str {
        ATTRIBUTES.iter().find(|(oid, _)| *oid == self.oid).map_or(&self.oid, |(_, short)| short)
    }
}

impl Name {
    /// Writes the name as RFC 4514 text, last RDN first, with every unseen character escaped.
    pub fn text(&self) -> String {
        let rdns = self.rdns.iter().rev().map(|rdn| {
            let parts = rdn.iter().map(|a| format!("{}={}", a.short(), cut(&rfc4514(&a.value))));
            parts.collect::<Vec<_>>().join("+")
        });
        let text = rdns.collect::<Vec<_>>().join(",");
        if text.is_empty() { "(empty name)".into() } else { text }
    }

    /// Returns the values of one attribute type by its short name, in order, not escaped.
    pub fn values<'a>(&'a self, short: &'a str) -> impl Iterator<Item = &'a str> {
        self.rdns.iter().flatten().filter(move |a| a.short() == short).map(|a| a.value.as_str())
    }

    /// Returns the last common name, the most specific one.
    pub fn common_name(&self) -> Option<&str> {
        self.values("CN").last()
    }

    /// Returns what a list shows: the common name when there is one, else the whole name; escaped.
    pub fn title(&self) -> String {
        self.common_name().map_or_else(|| self.text(), |cn| cut(&visible(cn)))
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text())
    }
}

/// Longest attribute value shown; RFC 5280 allows 64 for most, and hostile names hold 100 KB.
const LONGEST: usize = 200;

fn cut(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("{head}...({} characters)", text.chars().count())
}

/// A subject alternative name (RFC 5280 section 4.2.1.6). Values are as received, not escaped.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum AltName {
    /// `dNSName`, in A-label form.
    Dns(String),
    /// `iPAddress`, in text form.
    Ip(String),
    /// `rfc822Name`.
    Email(String),
    /// `uniformResourceIdentifier`.
    Uri(String),
    /// `directoryName`, `registeredID`, `otherName` and the rest: what it is, and its value as text or hexadecimal.
    Other(String, String),
}

impl AltName {
    /// Reads a name as a person types it: a host name or an IP address, or `DNS:`, `IP:`, `email:` or `URI:` and a value.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let host = |text: &str| {
            let host = super::site::host_name(text)?;
            Ok(match host.parse::<std::net::IpAddr>() {
                Ok(ip) => Self::Ip(ip.to_string()),
                Err(_) => Self::Dns(host),
            })
        };
        let plain = |value: &str| !value.is_empty() && value.bytes().all(|b| b.is_ascii_graphic());
        match text.split_once(':') {
            Some((kind, value)) if kind.eq_ignore_ascii_case("dns") || kind.eq_ignore_ascii_case("ip") => {
                host(value)
            }
            Some((kind, value)) if kind.eq_ignore_ascii_case("email") => match value.split_once('@') {
                Some((local, host)) if plain(local) && plain(host) => Ok(Self::Email(value.to_owned())),
                _ => Err(format!("\"{}\" is not a mail address", visible(value))),
            },
            Some((kind, value)) if kind.eq_ignore_ascii_case("uri") => {
                let scheme =
                    value.split_once(':').is_some_and(|(scheme, rest)| plain(scheme) && !rest.is_empty());
                if scheme && plain(value) {
                    Ok(Self::Uri(value.to_owned()))
                } else {
                    Err(format!("\"{}\" is not a URI", visible(value)))
                }
            }
            _ => host(text),
        }
    }

    /// Returns the word by which profiles name this kind of name.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Dns(_) => "dns",
            Self::Ip(_) => "ip",
            Self::Email(_) => "email",
            Self::Uri(_) => "uri",
            Self::Other(..) => "other",
        }
    }

    /// Returns the bare value as received, not escaped.
    pub fn raw(&self) -> &str {
        match self {
            Self::Dns(v) | Self::Ip(v) | Self::Email(v) | Self::Uri(v) | Self::Other(_, v) => v,
        }
    }

    /// Returns the bare value, escaped for showing.
    pub fn value(&self) -> String {
        visible(self.raw())
    }

    /// Tells whether this name answers for `host`: case-insensitive, a wildcard stands for exactly one leftmost label
    /// (RFC 9525 section 6.3).
    pub fn covers(&self, host: &str) -> bool {
        let host = host.trim_end_matches('.').to_ascii_lowercase();
        match self {
            Self::Dns(pattern) => {
                let pattern = pattern.trim_end_matches('.').to_ascii_lowercase();
                match pattern.strip_prefix("*.") {
                    Some(rest) => {
                        host.split_once('.').is_some_and(|(label, tail)| !label.is_empty() && tail == rest)
                    }
                    None => pattern == host,
                }
            }
            Self::Ip(ip) => match (ip.parse::<std::net::IpAddr>(), host.parse::<std::net::IpAddr>()) {
                (Ok(a), Ok(b)) => a == b,
                _ => false,
            },
            _ => false,
        }
    }
}

impl std::fmt::Display for AltName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let kind = match self {
            Self::Dns(_) => "DNS",
            Self::Ip(_) => "IP",
            Self::Email(_) => "email",
            Self::Uri(_) => "URI",
            Self::Other(kind, _) => kind,
        };
        write!(f, "{kind}:{}", self.value())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(oid: &str, value: &str) -> Vec<Attribute> {
        vec![Attribute { oid: oid.into(), value: value.into() }]
    }

    #[test]
    fn names_are_written_last_first_and_escaped() {
        let name = Name {
            der: Der::default(),
            rdns: vec![
                attribute("0.9.2342.19200300.100.1.25", "test"),
                attribute("0.9.2342.19200300.100.1.25", "example"),
                attribute("2.5.4.3", "a,b\u{202e}"),
            ],
        };
        assert_eq!(name.text(), "CN=a\\,b\\E2\\80\\AE,DC=example,DC=test");
        assert_eq!(name.common_name(), Some("a,b\u{202e}"));
        assert_eq!(name.title(), "a,b\\E2\\80\\AE");
        assert_eq!(Name::default().text(), "(empty name)");
    }

    #[test]
    fn a_wildcard_covers_one_label() {
        let wild = AltName::Dns("*.example.test".into());
        assert!(wild.covers("Mail.Example.test"));
        assert!(!wild.covers("example.test"));
        assert!(!wild.covers("a.b.example.test"));
        assert!(AltName::Ip("::1".into()).covers("0:0:0:0:0:0:0:1"));
        assert!(!AltName::Email("mail.example.test".into()).covers("mail.example.test"));
    }
}
