//! The Internet Ports of a Server document: numbers, statuses, and who may come in.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize};

use crate::model::site::{Access, SiteKind};

/// The Internet Ports of one protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Port {
    /// "TCP/IP port number".
    pub tcp: u16,
    /// "TCP/IP port status".
    pub tcp_status: PortStatus,
    /// "SSL port number".
    pub tls: u16,
    /// "SSL port status"; never `Redirect`.
    pub tls_status: PortStatus,
    /// "Enforce server access settings".
    pub enforce_access: bool,
    /// The authentication options; used when no Internet Sites are loaded.
    pub access: Access,
}

/// The status of a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum PortStatus {
    /// "Enabled".
    Enabled,
    /// "Disabled".
    Disabled,
    /// "Redirect to SSL"; TCP ports of HTTP and IMAP only.
    Redirect,
}

impl PortStatus {
    /// Every status, in the order of choice lists.
    pub const ALL: [Self; 3] = [Self::Enabled, Self::Disabled, Self::Redirect];
    /// The names of all statuses, in the order of [`Self::ALL`].
    pub const NAMES: &'static [&'static str] = &["enabled", "disabled", "redirect"];

    /// Returns the name used in forms and options.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads a name, in any case.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(text.trim()))
    }
}

impl Port {
    /// Returns the ports of a protocol as a new Server document has them: the usual numbers, both off.
    pub fn usual(kind: SiteKind) -> Self {
        // Mail from elsewhere comes without a login.
        let anonymous = kind == SiteKind::Smtp;
        let access = Access { tcp_anonymous: anonymous, tls_anonymous: anonymous, ..Access::default() };
        Self {
            tcp: kind.tcp_port(),
            tcp_status: PortStatus::Disabled,
            tls: kind.tls_port(),
            tls_status: PortStatus::Disabled,
            enforce_access: false,
            access,
        }
    }

    /// Tells whether clients are served over TLS from the first byte.
    pub fn speaks_tls(&self) -> bool {
        self.tls_status == PortStatus::Enabled
    }
}

impl Default for Port {
    fn default() -> Self {
        Self::usual(SiteKind::Web)
    }
}

/// The Internet Ports of a protocol as a file has them: what is left out is as usual for the protocol.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct PortFile {
    #[serde(deserialize_with = "said")]
    tcp: Option<u16>,
    #[serde(deserialize_with = "said")]
    tcp_status: Option<PortStatus>,
    #[serde(deserialize_with = "said")]
    tls: Option<u16>,
    #[serde(deserialize_with = "said")]
    tls_status: Option<PortStatus>,
    #[serde(deserialize_with = "said")]
    enforce_access: Option<bool>,
    #[serde(deserialize_with = "said")]
    access: Option<Access>,
}

/// Reads what a file says, which is never spelled as an option.
fn said<'de, T: Deserialize<'de>, D: Deserializer<'de>>(from: D) -> Result<Option<T>, D::Error> {
    T::deserialize(from).map(Some)
}

impl PortFile {
    fn of(self, kind: SiteKind) -> Result<Port, String> {
        let usual = Port::usual(kind);
        let port = Port {
            tcp: self.tcp.unwrap_or(usual.tcp),
            tcp_status: self.tcp_status.unwrap_or(usual.tcp_status),
            tls: self.tls.unwrap_or(usual.tls),
            tls_status: self.tls_status.unwrap_or(usual.tls_status),
            enforce_access: self.enforce_access.unwrap_or(usual.enforce_access),
            access: self.access.unwrap_or(usual.access),
        };
        let name = kind.name();
        if !kind.answers() {
            return Err(format!("{name} has no port"));
        }
        if port.tcp == 0 || port.tls == 0 {
            return Err(format!("a port of {name} is 0: they are from 1 to 65535"));
        }
        if port.tcp_status == PortStatus::Redirect && !redirects(kind) {
            return Err(format!("{name} cannot redirect to TLS; web and imap can"));
        }
        if port.tls_status == PortStatus::Redirect {
            return Err(format!("the TLS port of {name} cannot redirect"));
        }
        Ok(port)
    }
}

/// Tells whether the TCP port of a protocol can send its clients to the TLS port.
pub const fn redirects(kind: SiteKind) -> bool {
    matches!(kind, SiteKind::Web | SiteKind::Imap)
}

/// Reads the Internet Ports of a file.
pub(super) fn read<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<SiteKind, Port>, D::Error> {
    let files = BTreeMap::<SiteKind, PortFile>::deserialize(from)?;
    let read = |(kind, file): (SiteKind, PortFile)| file.of(kind).map(|port| (kind, port));
    files.into_iter().map(read).collect::<Result<_, _>>().map_err(serde::de::Error::custom)
}

/// A way in: its word, whether it exists for a protocol, and the flag that it is.
struct Way {
    word: &'static str,
    exists: fn(SiteKind) -> bool,
    flag: fn(&mut Access) -> &mut bool,
}

/// The ways in through the ports of a server.
const WAYS: [Way; 6] = [
    Way { word: "tcp-anonymous", exists: anonymous, flag: |a| &mut a.tcp_anonymous },
    Way { word: "tcp-password", exists: SiteKind::answers, flag: |a| &mut a.tcp_password },
    Way { word: "tls-anonymous", exists: anonymous, flag: |a| &mut a.tls_anonymous },
    Way { word: "tls-password", exists: SiteKind::answers, flag: |a| &mut a.tls_password },
    Way {
        word: "client-certificate",
        exists: |kind| matches!(kind, SiteKind::Web | SiteKind::Imap | SiteKind::Pop3 | SiteKind::Ldap),
        flag: |a| &mut a.client_certificate,
    },
    Way { word: "bearer-token", exists: |kind| kind == SiteKind::Web, flag: |a| &mut a.bearer_token },
];

fn anonymous(kind: SiteKind) -> bool {
    !matches!(kind, SiteKind::Imap | SiteKind::Pop3)
}

/// Writes the ways in, separated by spaces; `none` when there is none.
pub(super) fn ways(mut access: Access) -> String {
    let open = WAYS.iter().filter(|way| *(way.flag)(&mut access)).map(|way| way.word);
    let open = open.collect::<Vec<_>>().join(" ");
    if open.is_empty() { "none".into() } else { open }
}

/// Reads the ways in. Errors: a word that is none, or is none for this protocol, with those that are.
pub(super) fn read_ways(kind: SiteKind, words: &[String]) -> Result<Access, String> {
    let mut access = Access { tcp_password: false, tls_password: false, ..Access::default() };
    if matches!(words, [one] if one.eq_ignore_ascii_case("none")) {
        return Ok(access);
    }
    for word in words {
        let way = WAYS.iter().find(|w| w.word.eq_ignore_ascii_case(word) && (w.exists)(kind));
        let all = || WAYS.iter().filter(|w| (w.exists)(kind)).map(|w| w.word).collect::<Vec<_>>();
        let way = way.ok_or_else(|| format!("for {}: none, or some of {}", kind.name(), all().join(", ")))?;
        *(way.flag)(&mut access) = true;
    }
    Ok(access)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_in_are_those_of_the_protocol() {
        let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
        let all = "tcp-anonymous tcp-password tls-anonymous tls-password client-certificate bearer-token";
        assert_eq!(ways(read_ways(SiteKind::Web, &words(all)).unwrap()), all);
        assert_eq!(ways(read_ways(SiteKind::Imap, &words("none")).unwrap()), "none");
        let error = read_ways(SiteKind::Smtp, &words("client-certificate")).unwrap_err();
        assert!(error.contains("for smtp") && !error.contains("client-certificate,"), "{error}");
        assert!(read_ways(SiteKind::Pop3, &words("tls-anonymous")).is_err());
        assert!(read_ways(SiteKind::Ldap, &words("none tls-password")).is_err());
    }
}
