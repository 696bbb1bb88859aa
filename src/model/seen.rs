//! What a scan of a TLS service saw on the wire, as plain data that can be kept, compared and shown. Knows no network, and
//! judges nothing itself: that is `remarks`.

mod changes;
mod errand;
mod face;
mod group;
mod guests;
mod remarks;
mod report;
mod visit;

pub use changes::changes;
pub use errand::{Begin, Errand, Trip};
pub use face::{Asked, Face, Staple};
pub use group::Group;
pub use guests::{Admission, Guest, GuestSources, Terms, Welcome};
pub use remarks::Remark;
pub use report::Said;
pub use visit::{Burst, Plain, Sessions, Trouble, Visit};

use serde::{Deserialize, Serialize};

use super::cipher::Suite;
use super::time::Timestamp;

/// A version of SSL or TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Version {
    /// SSL 2.0, of 1995.
    Ssl2,
    /// SSL 3.0.
    Ssl3,
    /// TLS 1.0.
    Tls10,
    /// TLS 1.1.
    Tls11,
    /// TLS 1.2.
    Tls12,
    /// TLS 1.3.
    Tls13,
}

impl Version {
    /// Every version, the oldest first.
    pub const ALL: [Self; 6] = [Self::Ssl2, Self::Ssl3, Self::Tls10, Self::Tls11, Self::Tls12, Self::Tls13];

    /// Returns the name as people say it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ssl2 => "SSL 2.0",
            Self::Ssl3 => "SSL 3.0",
            Self::Tls10 => "TLS 1.0",
            Self::Tls11 => "TLS 1.1",
            Self::Tls12 => "TLS 1.2",
            Self::Tls13 => "TLS 1.3",
        }
    }

    /// Returns the number on the wire.
    pub fn code(self) -> u16 {
        match self {
            Self::Ssl2 => 0x0002,
            Self::Ssl3 => 0x0300,
            Self::Tls10 => 0x0301,
            Self::Tls11 => 0x0302,
            Self::Tls12 => 0x0303,
            Self::Tls13 => 0x0304,
        }
    }

    /// Finds the version with this number.
    pub fn from_code(code: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|v| v.code() == code)
    }
}

/// A protocol that begins without TLS and changes over to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum StartTls {
    /// SMTP (RFC 3207).
    Smtp,
    /// IMAP (RFC 9051).
    Imap,
    /// POP3 (RFC 2595).
    Pop3,
    /// LDAP (RFC 4511).
    Ldap,
}

impl StartTls {
    /// Every protocol, in the order of choice lists.
    pub const ALL: [Self; 4] = [Self::Smtp, Self::Imap, Self::Pop3, Self::Ldap];
    /// The names of all protocols, in the order of [`Self::ALL`].
    pub const NAMES: [&'static str; 4] = ["smtp", "imap", "pop3", "ldap"];

    /// Returns the name used in options.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads a name, in any case.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name().eq_ignore_ascii_case(text.trim()))
    }

    /// Returns the usual port.
    pub fn port(self) -> u16 {
        match self {
            Self::Smtp => 25,
            Self::Imap => 143,
            Self::Pop3 => 110,
            Self::Ldap => 389,
        }
    }

    /// Returns the protocol that is usual at this port and begins without TLS.
    pub fn of_port(port: u16) -> Option<Self> {
        match port {
            25 | 587 => Some(Self::Smtp),
            143 => Some(Self::Imap),
            110 => Some(Self::Pop3),
            389 => Some(Self::Ldap),
            _ => None,
        }
    }
}

/// A step on the way to a service; what failed first is named by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Looking the name up.
    Resolve,
    /// The TCP connection.
    Connect,
    /// The proxy on the way.
    Proxy,
    /// Changing over to TLS.
    StartTls,
    /// The TLS handshake.
    Handshake,
    /// The anonymous bind of LDAP.
    Bind,
}

impl Stage {
    /// Returns the stage in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Proxy => "proxy",
            Self::StartTls => "starttls",
            Self::Handshake => "handshake",
            Self::Bind => "bind",
        }
    }
}

/// What a service answered to a question that has a yes and a no.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Answer {
    /// Yes.
    Yes,
    /// No.
    No,
    /// It was not asked, or its answer tells neither.
    #[default]
    Unsure,
}

impl Answer {
    /// Returns the answer in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::No => "no",
            Self::Unsure => "unsure",
        }
    }
}

impl From<bool> for Answer {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

/// By whose order a suite is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Order {
    /// By the server's; its list stands in that order.
    Server,
    /// By the client's.
    Client,
    /// There is nothing to choose between, or the answers fit neither.
    #[default]
    Unclear,
}

impl Order {
    /// Returns whose order it is in a word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Client => "client",
            Self::Unclear => "unclear",
        }
    }
}

/// One version of the protocol as the service speaks it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spoken {
    /// The version.
    pub version: Version,
    /// Whether it is spoken.
    pub answer: Answer,
    /// How it was refused, or why that is not known; escaped.
    pub why: String,
    /// The suites that are accepted, in the server's order where it has one.
    pub suites: Vec<Suite>,
    /// The cipher kinds of SSL 2.0, which are no suites, by name.
    pub kinds: Vec<String>,
    /// By whose order a suite is chosen.
    pub order: Order,
    /// Whether the list of suites came to its end.
    pub whole: bool,
    /// The smallest Diffie-Hellman group that was sent for a DHE suite, in bits.
    pub dh_bits: Option<u32>,
}

impl Spoken {
    /// Makes a version of which nothing is known yet.
    pub fn unknown(version: Version) -> Self {
        Self {
            version,
            answer: Answer::Unsure,
            why: String::new(),
            suites: Vec::new(),
            kinds: Vec::new(),
            order: Order::Unclear,
            whole: false,
            dh_bits: None,
        }
    }
}

/// How a service behaves beside its versions and suites.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Manners {
    /// Whether it knows secure renegotiation (RFC 5746).
    pub secure_renegotiation: Answer,
    /// Whether it lets a client renegotiate.
    pub client_renegotiation: Answer,
    /// Whether it binds the master secret to the handshake (RFC 7627).
    pub extended_master_secret: Answer,
    /// Whether it compresses.
    pub compression: Answer,
    /// Whether it gives session tickets.
    pub tickets: Answer,
    /// Whether it notices that a client fell back to an older version (RFC 7507).
    pub fallback: Answer,
    /// Whether it says that it closes before it does.
    pub close_notify: Answer,
    /// How many seconds its clock is ahead of ours by the `Date` of its Web server.
    pub clock: Option<i64>,
    /// Whether more came with the answer to STARTTLS before TLS began.
    pub early: Answer,
    /// Whether it carries out inside TLS what was sent after STARTTLS in the clear.
    pub injection: Answer,
    /// Whether it lets nobody in particular bind (LDAP).
    pub bind: Answer,
}

impl Manners {
    /// Lists every question that has a yes and a no, by the name that it has in JSON.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, Answer)> {
        [
            ("secure-renegotiation", self.secure_renegotiation),
            ("client-renegotiation", self.client_renegotiation),
            ("extended-master-secret", self.extended_master_secret),
            ("compression", self.compression),
            ("tickets", self.tickets),
            ("fallback-noticed", self.fallback),
            ("close-notify", self.close_notify),
            ("starttls-early", self.early),
            ("starttls-injection", self.injection),
            ("anonymous-bind", self.bind),
        ]
        .into_iter()
    }
}

/// Everything that a scan saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scan {
    /// The name asked for, in A-label form, or the IP address.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// The address connected to; the proxy's when there is one.
    pub address: String,
    /// The protocol it changed over from.
    pub starttls: Option<StartTls>,
    /// The proxy on the way, `HOST:PORT`; empty for none.
    pub proxy: String,
    /// When it began.
    pub at: Timestamp,
    /// Each version, the oldest first.
    pub versions: Vec<Spoken>,
    /// The key exchange groups that it accepts, in the order in which it chose them.
    pub groups: Vec<Group>,
    /// What it presents by what it is asked for.
    pub faces: Vec<Face>,
    /// How it behaves beside that.
    pub manners: Manners,
    /// How many connections were made.
    pub connections: u32,
    /// The first step that failed, where the service was not reached to the end: the handshake, or the bind of LDAP.
    pub failed: Option<Stage>,
    /// Whether everything was asked that belongs to a scan.
    pub whole: bool,
    /// What else is worth knowing, one sentence each, escaped.
    pub notes: Vec<String>,
}

impl Scan {
    /// Finds what was seen of a version.
    pub fn version(&self, version: Version) -> Option<&Spoken> {
        self.versions.iter().find(|s| s.version == version)
    }

    /// Lists the versions that are spoken, the oldest first.
    pub fn spoken(&self) -> impl DoubleEndedIterator<Item = &Spoken> {
        self.versions.iter().filter(|s| s.answer == Answer::Yes)
    }

    /// Lists every suite that any version accepts, each once, by code.
    pub fn suites(&self) -> std::collections::BTreeSet<Suite> {
        self.versions.iter().flat_map(|s| s.suites.iter().copied()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::bytes::Digest;

    /// A scan of a service that speaks these versions and has good manners.
    pub(super) fn scan(spoken: &[Version]) -> Scan {
        let version = |version| {
            let yes = spoken.contains(&version);
            let why = if yes { String::new() } else { "protocol_version (70)".into() };
            Spoken { answer: yes.into(), why, whole: true, ..Spoken::unknown(version) }
        };
        let at = Timestamp::from_date("2026-11-26").unwrap_or_default();
        let face = Face {
            asked: Asked::Name,
            sent: vec![Digest([7; 32])],
            subject: "CN=mail.example.test".into(),
            ends: Some(at.plus_days(90)),
            named: Answer::Yes,
            staple: None,
            failed: String::new(),
        };
        Scan {
            host: "mail.example.test".into(),
            port: 443,
            address: "192.0.2.1:443".into(),
            starttls: None,
            proxy: String::new(),
            at,
            versions: Version::ALL.map(version).into(),
            groups: vec![Group(29)],
            faces: vec![face],
            manners: Manners { secure_renegotiation: Answer::Yes, ..Manners::default() },
            connections: 9,
            failed: None,
            whole: true,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_scan_is_kept_and_read_again() {
        let scan = scan(&[Version::Tls12]);
        let text = ron::to_string(&scan).unwrap();
        assert_eq!(ron::from_str::<Scan>(&text).unwrap(), scan);
    }

    #[test]
    fn names_and_numbers_are_found_again() {
        for version in Version::ALL {
            assert_eq!(Version::from_code(version.code()), Some(version));
        }
        for kind in StartTls::ALL {
            assert_eq!(StartTls::from_name(&kind.name().to_uppercase()), Some(kind));
        }
    }
}
