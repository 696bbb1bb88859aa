//! ClientHellos made by hand, for the versions and suites that the TLS library does not speak. What a server answers to
//! them comes in the clear and is read by `answer`. No sockets, no cryptography.

pub(super) mod answer;
pub(super) mod ssl2;

use crate::model::cipher::Suite;
use crate::model::seen::{Group, Version};

/// The suite that stands for the renegotiation extension where there are no extensions (RFC 5746).
const SECURE_RENEGOTIATION: u16 = 0x00FF;
/// The suite that says that a client fell back from a newer version (RFC 7507).
const FALLBACK: u16 = 0x5600;
/// Lengths of a hello at which some old servers and load balancers hang.
const HANGS: std::ops::RangeInclusive<usize> = 256..=511;
/// Signature algorithms, the usual ones first; SHA-1 at the end for old servers.
const SIGNATURES: [u16; 15] = [
    0x0403, 0x0503, 0x0603, 0x0807, 0x0808, 0x0804, 0x0805, 0x0806, 0x0809, 0x080A, 0x080B, 0x0401, 0x0501,
    0x0601, 0x0201,
];
/// SHA-1 with ECDSA and DSA, which TLS 1.3 does not know.
const OLD_SIGNATURES: [u16; 4] = [0x0203, 0x0202, 0x0402, 0x0301];

/// What a client says first.
#[derive(Debug, Clone)]
pub(super) struct Hello<'a> {
    /// The only version that is offered; not SSL 2.0.
    pub(super) version: Version,
    /// The suites, the most wanted first.
    pub(super) suites: &'a [Suite],
    /// The key exchange groups, the most wanted first.
    pub(super) groups: &'a [Group],
    /// The name that is asked for.
    pub(super) sni: Option<&'a str>,
    /// 32 random bytes; with TLS 1.3 they are sent as an X25519 key share too, for any bytes are one.
    pub(super) random: [u8; 32],
    /// Whether a key share is sent. Without one the server says which group it wants (TLS 1.3).
    pub(super) share: bool,
    /// Whether DEFLATE is offered as well.
    pub(super) compress: bool,
    /// Whether it is said that this is a fallback from a newer version.
    pub(super) fallback: bool,
    /// What binds it to the session that it renegotiates (RFC 5746); empty for a new one.
    pub(super) again: &'a [u8],
}

impl Hello<'_> {
    /// Writes the record.
    pub(super) fn bytes(&self) -> Vec<u8> {
        let record = self.version.code().min(Version::Tls10.code());
        [&[0x16][..], &record.to_be_bytes(), &with_length(&self.message())].concat()
    }

    /// Writes the message, without a record around it.
    pub(super) fn message(&self) -> Vec<u8> {
        let mut body = self.body(0);
        // Four bytes before it count.
        let length = body.len() + 4;
        if HANGS.contains(&length) && self.version > Version::Ssl3 {
            body = self.body(HANGS.end() + 1 - length);
        }
        [&[1][..], &three(body.len()), &body].concat()
    }

    fn body(&self, padding: usize) -> Vec<u8> {
        let modern = self.version == Version::Tls13;
        let mut suites: Vec<u8> = self.suites.iter().flat_map(|s| s.0.to_be_bytes()).collect();
        if self.version == Version::Ssl3 {
            suites.extend(SECURE_RENEGOTIATION.to_be_bytes());
        }
        if self.fallback {
            suites.extend(FALLBACK.to_be_bytes());
        }
        let compressions: &[u8] = if self.compress { &[2, 1, 0] } else { &[1, 0] };
        let legacy = self.version.code().min(Version::Tls12.code());
        let mut body = legacy.to_be_bytes().to_vec();
        body.extend(self.random);
        // TLS 1.3 looks like a resumed TLS 1.2, for what lies between (RFC 8446 appendix D.4).
        match modern {
            true => body.extend([&[32][..], &self.random].concat()),
            false => body.push(0),
        }
        body.extend(with_length(&suites));
        body.extend(compressions);
        if self.version > Version::Ssl3 {
            body.extend(with_length(&self.extensions(padding)));
        }
        body
    }

    fn extensions(&self, padding: usize) -> Vec<u8> {
        let modern = self.version == Version::Tls13;
        let mut all = Vec::new();
        let mut add = |number: u16, content: &[u8]| {
            all.extend(number.to_be_bytes());
            all.extend(with_length(content));
        };
        if let Some(name) = self.sni {
            let entry = [&[0][..], &with_length(name.as_bytes())].concat();
            add(0, &with_length(&entry));
        }
        // An OCSP staple, please.
        add(5, &[1, 0, 0, 0, 0]);
        let groups: Vec<u8> = self.groups.iter().flat_map(|g| g.0.to_be_bytes()).collect();
        if !groups.is_empty() {
            add(10, &with_length(&groups));
        }
        if self.version >= Version::Tls12 {
            let old = OLD_SIGNATURES.iter().filter(|_| !modern);
            let known: Vec<u8> = SIGNATURES.iter().chain(old).flat_map(|s| s.to_be_bytes()).collect();
            add(13, &with_length(&known));
        }
        if modern {
            add(43, &[2, 3, 4]);
            let x25519 = Group(29);
            let share = [&x25519.0.to_be_bytes()[..], &with_length(&self.random)].concat();
            let shares = if self.share && self.groups.contains(&x25519) { share } else { Vec::new() };
            add(51, &with_length(&shares));
        } else {
            // Point formats, extended master secret, a ticket, secure renegotiation.
            add(11, &[1, 0]);
            add(23, &[]);
            add(35, &[]);
            let length = u8::try_from(self.again.len()).unwrap_or(0);
            add(0xFF01, &[&[length][..], self.again].concat());
        }
        if padding > 0 {
            add(21, &vec![0; padding.saturating_sub(4)]);
        }
        all
    }
}

/// Puts a length of two bytes before it.
fn with_length(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).unwrap_or(u16::MAX);
    [&length.to_be_bytes()[..], content].concat()
}

/// Writes a length in three bytes.
fn three(length: usize) -> [u8; 3] {
    let [_, a, b, c] = u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes();
    [a, b, c]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hello(version: Version, suites: &[Suite]) -> Vec<u8> {
        let groups: Vec<_> = Group::known().collect();
        let sni = Some("mail.example.test");
        let random = [7; 32];
        Hello {
            version,
            suites,
            groups: &groups,
            sni,
            random,
            share: true,
            compress: false,
            fallback: false,
            again: &[],
        }
        .bytes()
    }

    #[test]
    fn lengths_fit_and_those_at_which_servers_hang_are_avoided() {
        for version in Version::ALL.into_iter().skip(1) {
            for count in 1..300_u16 {
                let suites: Vec<_> = (0..count).map(Suite).collect();
                let bytes = hello(version, &suites);
                let record = usize::from(u16::from_be_bytes([bytes[3], bytes[4]]));
                assert_eq!(record, bytes.len() - 5);
                let message = usize::from(u16::from_be_bytes([bytes[7], bytes[8]]));
                assert_eq!(message + 4, record);
                assert!(version == Version::Ssl3 || !HANGS.contains(&record), "{version:?} {count} {record}");
            }
        }
    }

    #[test]
    fn the_tls_library_reads_what_it_understands() {
        // A rustls server finds the name in it: the extensions are well-formed.
        for (version, suite) in [(Version::Tls12, 0xC02F), (Version::Tls13, 0x1301)] {
            let mut acceptor = rustls::server::Acceptor::default();
            acceptor.read_tls(&mut hello(version, &[Suite(suite)]).as_slice()).unwrap();
            let accepted = acceptor.accept().unwrap().unwrap();
            assert_eq!(accepted.client_hello().server_name(), Some("mail.example.test"));
        }
    }
}
