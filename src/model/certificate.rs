//! A certificate as read: exact bytes, and the fields an administrator reads. Parsing is in `pki`.

use serde::{Deserialize, Serialize};

use super::State;
use super::bytes::colons;
use super::bytes::{Der, Digest, Serial};
use super::escape::visible;
use super::field::{Field, Look, Record};
use super::finding::Subject;
use super::key::KeyInfo;
use super::keyring::join;
use super::name::{AltName, Name};
use super::time::Timestamp;
use super::time::days_left;

/// An extension as it stands in a certificate or a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// The dotted OID.
    pub oid: String,
    /// Whether it is marked critical.
    pub critical: bool,
    /// The content of the extension's OCTET STRING.
    pub value: Der,
}

/// The basic constraints (RFC 5280 section 4.2.1.9).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct BasicConstraints {
    /// Whether the subject is a certificate authority.
    pub ca: bool,
    /// How many further intermediate certificates may follow; `None` is without limit.
    pub path_length: Option<u32>,
}

/// The key usage bits (RFC 5280 section 4.2.1.3): bit 0 (`digitalSignature`) is `1 << 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct KeyUsage(pub u16);

impl KeyUsage {
    /// The bit names in order of their number.
    pub const NAMES: [&'static str; 9] = [
        "digitalSignature",
        "nonRepudiation",
        "keyEncipherment",
        "dataEncipherment",
        "keyAgreement",
        "keyCertSign",
        "cRLSign",
        "encipherOnly",
        "decipherOnly",
    ];
    /// May sign certificates.
    pub const CERT_SIGN: u16 = 1 << 5;
    /// May sign CRLs.
    pub const CRL_SIGN: u16 = 1 << 6;

    /// Reads one bit name.
    pub fn from_name(name: &str) -> Option<u16> {
        Self::NAMES.iter().position(|n| *n == name).map(|i| 1 << i)
    }

    /// Returns the set bits in words.
    pub fn words(self) -> String {
        let set = Self::NAMES.iter().enumerate().filter(|(i, _)| self.0 & (1 << i) != 0);
        set.map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
    }
}

/// Extended key usages known by name (RFC 5280 section 4.2.1.12).
pub const EXTENDED_KEY_USAGES: &[(&str, &str)] = &[
    ("1.3.6.1.5.5.7.3.1", "serverAuth"),
    ("1.3.6.1.5.5.7.3.2", "clientAuth"),
    ("1.3.6.1.5.5.7.3.3", "codeSigning"),
    ("1.3.6.1.5.5.7.3.4", "emailProtection"),
    ("1.3.6.1.5.5.7.3.8", "timeStamping"),
    ("1.3.6.1.5.5.7.3.9", "OCSPSigning"),
    ("2.5.29.37.0", "any"),
];

/// A certificate. `Eq` compares the bytes' digest in effect, for all other fields are read from the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certificate {
    /// The exact certificate.
    pub der: Der,
    /// SHA-256 of the certificate.
    pub sha256: Digest,
    /// The serial number.
    pub serial: Serial,
    /// The subject.
    pub subject: Name,
    /// The issuer.
    pub issuer: Name,
    /// Valid from, inclusive.
    pub not_before: Timestamp,
    /// Valid until, inclusive.
    pub not_after: Timestamp,
    /// The subject's public key.
    pub key: KeyInfo,
    /// The signature algorithm in words: `RSA SHA-256`, `ECDSA SHA-384`, `Ed25519`, or a dotted OID.
    pub signature: String,
    /// Basic constraints, when present.
    pub basic: Option<BasicConstraints>,
    /// Key usage, when present.
    pub key_usage: Option<KeyUsage>,
    /// Extended key usages as dotted OIDs; empty when the extension is absent.
    pub extended: Vec<String>,
    /// Subject alternative names.
    pub alt_names: Vec<AltName>,
    /// Subject key identifier.
    pub ski: Option<Der>,
    /// Authority key identifier's `keyIdentifier`.
    pub aki: Option<Der>,
    /// CRL distribution point URIs.
    pub crl_urls: Vec<String>,
    /// OCSP responder URIs.
    pub ocsp_urls: Vec<String>,
    /// Every extension, raw, in order.
    pub extensions: Vec<Extension>,
}

/// What time makes of a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lifetime {
    /// `not_before` is still to come.
    NotYet,
    /// `not_after` has passed.
    Expired,
    /// Within the first (smallest) warning band of days.
    Soon,
    /// Good.
    Good,
}

impl Certificate {
    /// Tells whether the subject may issue certificates: CA bit set, and keyCertSign if key usage is present.
    pub fn is_ca(&self) -> bool {
        self.basic.is_some_and(|b| b.ca) && self.key_usage.is_none_or(|u| u.0 & KeyUsage::CERT_SIGN != 0)
    }

    /// Tells whether subject and issuer are the same name (which does not prove the signature).
    pub fn is_self_issued(&self) -> bool {
        self.subject.der == self.issuer.der
    }

    /// Returns what time makes of it at `now`; `soon` is the number of days of the warning band.
    pub fn lifetime(&self, now: Timestamp, soon: i64) -> Lifetime {
        if now < self.not_before {
            Lifetime::NotYet
        } else if now > self.not_after {
            Lifetime::Expired
        } else if self.not_after.days_from(now) < soon {
            Lifetime::Soon
        } else {
            Lifetime::Good
        }
    }

    /// Tells whether one of its alternative names answers for the host. A common name never counts (RFC 9525).
    pub fn covers(&self, host: &str) -> bool {
        self.alt_names.iter().any(|n| n.covers(host))
    }

    /// Returns the extended key usages in words.
    pub fn extended_words(&self) -> String {
        let word = |oid: &String| {
            EXTENDED_KEY_USAGES
                .iter()
                .find(|(o, _)| o == oid)
                .map_or_else(|| oid.clone(), |(_, w)| (*w).into())
        };
        self.extended.iter().map(word).collect::<Vec<_>>().join(", ")
    }
}

/// Lists where a certificate stands in the workspace, one a line.
fn used_by(certificate: &Certificate, look: &Look<'_>) -> String {
    let place = |s: &Subject| match s {
        Subject::Keyring(name) => {
            let state: &State = look.state;
            let sites: Vec<_> = state.sites_of_keyring(name).map(|s| s.name.as_str()).collect();
            let role = state.keyrings[name].entry(&certificate.sha256).map_or("", |e| e.role.word());
            let sites = if sites.is_empty() { String::new() } else { format!(", sites {}", sites.join(" ")) };
            format!("keyring {name} ({role}{sites})")
        }
        Subject::Certifier(name) => format!("certifier {name}"),
        _ => String::new(),
    };
    let all = look.state.certificates();
    all.get(&certificate.sha256)
        .map_or_else(|| "not in use".into(), |(_, places)| join(places.iter().map(place)))
}

impl Record for Certificate {
    const NOUN: &'static str = "certificate";
    const FIELDS: &'static [Field<Self>] = &[
        Field::derived("subject", "Subject", "Whose certificate it is.", |x, _| x.subject.text()),
        Field::derived(
            "names",
            "Names",
            "The alternative names; they decide, the common name does not.",
            |x, _| join(x.alt_names.iter()),
        ),
        Field::derived("issuer", "Issuer", "Who signed it.", |x, _| x.issuer.text()),
        Field::derived("serial", "Serial number", "Hexadecimal.", |x, _| x.serial.to_string()),
        Field::derived("valid-from", "Valid from", "The first moment.", |x, look| look.time(x.not_before)),
        Field::derived("ends", "Ends", "The last moment.", |x, look| {
            format!("{} ({})", look.time(x.not_after), days_left(x.not_after.days_from(look.now)))
        }),
        Field::derived("key", "Key", "The kind of the public key.", |x, _| x.key.algorithm.clone()),
        Field::derived("key-sha256", "Key fingerprint", "SHA-256 of the public key.", |x, _| {
            x.key.sha256.to_string()
        }),
        Field::derived("signature", "Signature", "The algorithm of the issuer's signature.", |x, _| {
            x.signature.clone()
        }),
        Field::derived("authority", "Authority", "Whether it may sign certificates.", |x, _| match x.basic {
            Some(BasicConstraints { ca: true, path_length: Some(n) }) => format!("yes, path length {n}"),
            Some(BasicConstraints { ca: true, path_length: None }) => "yes".into(),
            _ => "no".into(),
        }),
        Field::derived("key-usage", "Key usage", "What the key may be used for.", |x, _| {
            x.key_usage.map_or_else(String::new, KeyUsage::words)
        }),
        Field::derived("extended", "Extended key usage", "In which role.", |x, _| x.extended_words()),
        Field::derived("ski", "Subject key id", "Names this key in chains.", |x, _| {
            x.ski.as_ref().map_or_else(String::new, |d| colons(&d.0))
        }),
        Field::derived("aki", "Authority key id", "Names the issuer's key.", |x, _| {
            x.aki.as_ref().map_or_else(String::new, |d| colons(&d.0))
        }),
        Field::derived("crl", "CRL addresses", "Where revocation is published.", |x, _| {
            join(x.crl_urls.iter().map(|u| visible(u)))
        }),
        Field::derived("ocsp", "OCSP addresses", "Who answers about revocation.", |x, _| {
            join(x.ocsp_urls.iter().map(|u| visible(u)))
        }),
        Field::derived("sha256", "Fingerprint", "SHA-256 of the certificate.", |x, _| colons(&x.sha256.0)),
        Field::derived("used", "Used by", "Where it stands in this workspace.", used_by),
    ];
}
