//! The issued list (Domino: ICL): what certifiers have signed, and what was revoked.

use serde::{Deserialize, Serialize};

use super::bytes::{Digest, Serial, colons};
use super::certificate::Certificate;
use super::escape::visible;
use super::field::{Field, Record};
use super::request::RequestId;
use super::time::{Timestamp, days_left};

/// Why a certificate was revoked (RFC 5280 section 5.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// No reason given; the CRL entry carries no reason code.
    Unspecified,
    /// The private key is known to others.
    KeyCompromise,
    /// Name or other content is no longer true.
    AffiliationChanged,
    /// Replaced by another certificate.
    Superseded,
    /// The service has ended.
    CessationOfOperation,
    /// The right to the names was withdrawn.
    PrivilegeWithdrawn,
}

impl Reason {
    /// Every reason, in the order of choice lists.
    pub const ALL: [Self; 6] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::PrivilegeWithdrawn,
    ];
    /// The names of all reasons, in the order of [`Self::ALL`].
    pub const NAMES: &'static [&'static str] = &[
        "unspecified",
        "keyCompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "privilegeWithdrawn",
    ];

    /// Returns the name of RFC 5280.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Reads a name, in any case.
    pub fn from_name(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name().eq_ignore_ascii_case(text.trim()))
    }

    /// Returns the CRLReason code.
    pub fn code(self) -> u8 {
        match self {
            Self::Unspecified => 0,
            Self::KeyCompromise => 1,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::PrivilegeWithdrawn => 9,
        }
    }

    /// Reads a CRLReason code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == code)
    }
}

/// A revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// When it was decided.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
}

/// One row of the issued list (Domino: ICL).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The row number in the ledger; 0 before it is stored.
    pub id: u64,
    /// The certifier that signed.
    pub certifier: String,
    /// The serial number.
    pub serial: Serial,
    /// The subject as RFC 4514 text, escaped.
    pub subject: String,
    /// The alternative names as text, joined by a space, escaped.
    pub alt_names: String,
    /// Valid from.
    pub not_before: Timestamp,
    /// Valid until.
    pub not_after: Timestamp,
    /// The subject's key in words.
    pub key: String,
    /// SHA-256 of the subject's SubjectPublicKeyInfo.
    pub key_sha256: Digest,
    /// SHA-256 of the certificate.
    pub sha256: Digest,
    /// The request it answers.
    pub request: Option<RequestId>,
    /// The profile by name.
    pub profile: String,
    /// When it was signed.
    pub at: Timestamp,
    /// Who signed it.
    pub by: String,
    /// Its revocation, if it was revoked.
    pub revoked: Option<Revocation>,
}

impl Issued {
    /// Makes the row of a certificate that `by` signed for `certifier` at `at`.
    pub fn of(certificate: &Certificate, certifier: &str, profile: &str, at: Timestamp, by: &str) -> Self {
        let names = certificate.alt_names.iter().map(ToString::to_string);
        Self {
            id: 0,
            certifier: certifier.to_owned(),
            serial: certificate.serial.clone(),
            subject: certificate.subject.text(),
            alt_names: names.collect::<Vec<_>>().join(" "),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            key: certificate.key.algorithm.clone(),
            key_sha256: certificate.key.sha256,
            sha256: certificate.sha256,
            request: None,
            profile: profile.to_owned(),
            at,
            by: by.to_owned(),
            revoked: None,
        }
    }
}

impl Record for Issued {
    const NOUN: &'static str = "issued certificate";
    const FIELDS: &'static [Field<Self>] = &[
        Field::derived("certifier", "Certifier", "Who signed it.", |x, _| x.certifier.clone()),
        Field::derived("serial", "Serial number", "As in the certificate, hexadecimal.", |x, _| {
            x.serial.to_string()
        }),
        Field::derived("subject", "Subject", "To whom it was issued.", |x, _| x.subject.clone()),
        Field::derived("names", "Names", "The alternative names.", |x, _| x.alt_names.replace(' ', "\n")),
        Field::derived("valid-from", "Valid from", "The first moment.", |x, _| x.not_before.text()),
        Field::derived("ends", "Ends", "The last moment.", |x, look| {
            format!("{} ({})", x.not_after.text(), days_left(x.not_after.days_from(look.now)))
        }),
        Field::derived("key", "Key", "The kind of the subject's key.", |x, _| x.key.clone()),
        Field::derived("key-sha256", "Key fingerprint", "SHA-256 of the public key.", |x, _| {
            x.key_sha256.to_string()
        }),
        Field::derived("sha256", "Fingerprint", "SHA-256 of the certificate.", |x, _| colons(&x.sha256.0)),
        Field::derived("request", "Request", "The request it answers.", |x, _| {
            x.request.map_or_else(String::new, |r| r.to_string())
        }),
        Field::derived("profile", "Profile", "The profile it was issued by.", |x, _| x.profile.clone()),
        Field::derived("issued", "Issued", "When and by whom.", |x, _| {
            format!("{} by {}", x.at.text(), visible(&x.by))
        }),
        Field::derived("revoked", "Revoked", "When and why.", |x, _| {
            x.revoked
                .as_ref()
                .map_or_else(|| "no".into(), |r| format!("{}: {}", r.at.text(), r.reason.name()))
        }),
    ];
}
