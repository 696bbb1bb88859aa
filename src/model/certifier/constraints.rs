//! Name constraints (RFC 5280 section 4.2.1.10) as a person writes them: `dns:example.test`, `ip:10.0.0.0/8`,
//! `email:example.test`, `dir:O=Example,C=DE`. Encoding is in `pki`.

use std::net::IpAddr;

/// A subtree of names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subtree {
    /// A DNS name and everything below it.
    Dns(String),
    /// A mail address, all addresses of a host, or with a leading dot those of every host below.
    Email(String),
    /// A network: its address, and how many bits of it count.
    Ip(IpAddr, u8),
    /// Every directory name that begins with these attributes (short name, value), the most significant first.
    Directory(Vec<(String, String)>),
}

impl std::fmt::Display for Subtree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Dns(name) => write!(f, "dns:{name}"),
            Self::Email(name) => write!(f, "email:{name}"),
            Self::Ip(address, bits) => write!(f, "ip:{address}/{bits}"),
            Self::Directory(attributes) => {
                let escaped = |v: &str| v.replace('\\', "\\\\").replace(',', "\\,").replace(';', "\\;");
                let parts: Vec<_> =
                    attributes.iter().rev().map(|(k, v)| format!("{k}={}", escaped(v))).collect();
                write!(f, "dir:{}", parts.join(","))
            }
        }
    }
}

/// Writes subtrees as [`read`] takes them.
pub fn write(subtrees: &[Subtree]) -> String {
    subtrees.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// Reads subtrees, separated by `;`. Those that are no directory names may also be separated by spaces and commas.
///
/// Errors say what is allowed.
pub fn read(text: &str) -> Result<Vec<Subtree>, String> {
    let mut all = Vec::new();
    for part in split(text, ';') {
        let part = part.trim();
        if part.get(..4).is_some_and(|p| p.eq_ignore_ascii_case("dir:")) {
            all.push(directory(part.get(4..).unwrap_or_default())?);
            continue;
        }
        for word in part.split([' ', ',', '\t', '\n']).filter(|w| !w.is_empty()) {
            all.push(one(word)?);
        }
    }
    Ok(all)
}

const ALLOWED: &str = "subtrees such as dns:example.test, ip:10.0.0.0/8, email:example.test, or after a semicolon \
                       dir:O=Example,C=DE";

fn one(word: &str) -> Result<Subtree, String> {
    let (kind, value) = word.split_once(':').ok_or_else(|| ALLOWED.to_owned())?;
    let host = |h: &str| {
        let bare = h.strip_prefix('.').unwrap_or(h);
        let label = |l: &str| {
            (1..=63).contains(&l.len())
                && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        (1..=253).contains(&bare.len()) && bare.split('.').all(label)
    };
    match kind.to_ascii_lowercase().as_str() {
        "dns" if host(value) => Ok(Subtree::Dns(value.to_ascii_lowercase())),
        "dns" => Err(format!("\"{value}\" is no DNS name; write an international one in its xn-- form")),
        "email" | "mail" => {
            let (user, at) = value.rsplit_once('@').map_or(("x", value), |(user, at)| (user, at));
            if !user.is_empty() && user.bytes().all(|b| b.is_ascii_graphic()) && host(at) {
                Ok(Subtree::Email(value.to_owned()))
            } else {
                Err(format!("\"{value}\" is neither a mail address nor a host"))
            }
        }
        "ip" => network(value)
            .ok_or_else(|| format!("\"{value}\" is no network such as 10.0.0.0/8 or 2001:db8::/32")),
        _ => Err(ALLOWED.to_owned()),
    }
}

fn network(text: &str) -> Option<Subtree> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits: u8 = bits.map_or(Some(most), |b| b.parse().ok())?;
    (bits <= most).then_some(Subtree::Ip(address, bits))
}

fn directory(text: &str) -> Result<Subtree, String> {
    let mut attributes = Vec::new();
    for part in split(text, ',') {
        let (kind, value) = part.split_once('=').ok_or("a directory name such as O=Example,C=DE")?;
        let (kind, value) = (kind.trim(), unescaped(value).trim().to_owned());
        if kind.is_empty() || value.is_empty() {
            return Err("a directory name such as O=Example,C=DE".into());
        }
        attributes.push((kind.to_owned(), value));
    }
    attributes.reverse();
    Ok(Subtree::Directory(attributes))
}

/// Splits at a character that no backslash stands before; empty parts are left out.
fn split(text: &str, at: char) -> Vec<&str> {
    let (mut parts, mut start, mut escaped) = (Vec::new(), 0, false);
    for (i, c) in text.char_indices() {
        if c == at && !escaped {
            parts.push(text.get(start..i).unwrap_or_default());
            start = i + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    parts.push(text.get(start..).unwrap_or_default());
    parts.retain(|p| !p.trim().is_empty());
    parts
}

fn unescaped(text: &str) -> String {
    let (mut out, mut escaped) = (String::new(), false);
    for c in text.chars() {
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        out.push(c);
        escaped = false;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_and_nonsense_says_what_is_allowed() {
        let text = "dns:Example.TEST ip:10.0.0.0/8,ip:2001:db8::/32; email:.example.test; dir:CN=A\\, B,O=Example,C=DE";
        let found = read(text).unwrap();
        assert_eq!(found.len(), 5);
        assert_eq!(found[0], Subtree::Dns("example.test".into()));
        let pairs = [("C", "DE"), ("O", "Example"), ("CN", "A, B")].map(|(k, v)| (k.into(), v.into()));
        assert_eq!(found[4], Subtree::Directory(pairs.to_vec()));
        assert_eq!(read(&write(&found)).unwrap(), found);
        assert_eq!(read(" ; ").unwrap(), []);
        for bad in [
            "example.test",
            "dns:",
            "dns:bücher.test",
            "ip:10.0.0.0/33",
            "ip:x",
            "email:@",
            "dir:Example",
            "x:y",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: String) {
            if let Ok(found) = read(&text) {
                proptest::prop_assert_eq!(read(&write(&found)), Ok(found));
            }
        }
    }
}
