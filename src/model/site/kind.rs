//! The kinds of Internet Site documents.

use serde::{Deserialize, Serialize};

/// The kind of an Internet Site document. The first six are protocols; Global Web Settings only carry rules for Web sites.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum SiteKind {
    /// HTTP.
    Web,
    /// IMAP.
    Imap,
    /// POP3.
    Pop3,
    /// LDAP.
    Ldap,
    /// SMTP Inbound.
    Smtp,
    /// IIOP.
    Iiop,
    /// "Global Web Settings": rules that hold for every Web site of its servers. It answers nothing by itself.
    GlobalWeb,
}

impl SiteKind {
    /// The kinds that are a protocol, in the order of choice lists.
    pub const PROTOCOLS: [Self; 6] = [Self::Web, Self::Imap, Self::Pop3, Self::Ldap, Self::Smtp, Self::Iiop];
    /// Every kind, in the order of choice lists.
    pub const ALL: [Self; 7] =
        [Self::Web, Self::Imap, Self::Pop3, Self::Ldap, Self::Smtp, Self::Iiop, Self::GlobalWeb];
    /// The names of all kinds, in the order of [`Self::ALL`].
    pub const NAMES: &'static [&'static str] = &["web", "imap", "pop3", "ldap", "smtp", "iiop", "global-web"];

    /// Returns the name used in forms and options.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads a name, in any case.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.name().eq_ignore_ascii_case(text.trim()))
    }

    /// Returns the protocol that a sentence names.
    pub fn named_in(sentence: &str) -> Option<Self> {
        let mut words = sentence.split([' ', '.', ',']);
        words.find_map(|word| Self::PROTOCOLS.into_iter().find(|kind| kind.name() == word))
    }

    /// Tells whether documents of this kind answer on a port.
    pub fn answers(self) -> bool {
        self != Self::GlobalWeb
    }

    /// Returns the usual port on which this kind begins without TLS.
    pub fn tcp_port(self) -> u16 {
        match self {
            Self::Web | Self::GlobalWeb => 80,
            Self::Imap => 143,
            Self::Pop3 => 110,
            Self::Ldap => 389,
            Self::Smtp => 25,
            Self::Iiop => 63148,
        }
    }

    /// Finds the kind that is usual at a port, with TLS or without; a Web server at any other.
    pub fn of_port(port: u16) -> Self {
        let usual = |kind: &Self| kind.tls_port() == port || kind.tcp_port() == port;
        Self::ALL.into_iter().find(usual).unwrap_or(Self::Web)
    }

    /// Returns the usual port on which this kind speaks TLS from the first byte.
    pub fn tls_port(self) -> u16 {
        match self {
            Self::Web | Self::GlobalWeb => 443,
            Self::Imap => 993,
            Self::Pop3 => 995,
            Self::Ldap => 636,
            Self::Smtp => 465,
            Self::Iiop => 63149,
        }
    }
}
