//! The issued list (Domino: ICL): what certifiers have signed, and what was revoked.

use serde::{Deserialize, Serialize};

use super::bytes::{Digest, Serial, colons};
use super::certificate::Certificate;
use super::error::Error;
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
    /// The private key of an authority is known to others.
    CaCompromise,
    /// Name or other content is no longer true.
    AffiliationChanged,
    /// Replaced by another certificate.
    Superseded,
    /// The service has ended.
    CessationOfOperation,
    /// Not valid for the time being; the only revocation that can be taken back.
    CertificateHold,
    /// The right to the names was withdrawn.
    PrivilegeWithdrawn,
}

impl Reason {
    /// Every reason, in the order of choice lists.
    pub const ALL: [Self; 8] = [
        Self::Unspecified,
        Self::KeyCompromise,
        Self::CaCompromise,
        Self::AffiliationChanged,
        Self::Superseded,
        Self::CessationOfOperation,
        Self::CertificateHold,
        Self::PrivilegeWithdrawn,
    ];
    /// The names of all reasons, in the order of [`Self::ALL`].
    pub const NAMES: &'static [&'static str] = &[
        "unspecified",
        "keyCompromise",
        "cACompromise",
        "affiliationChanged",
        "superseded",
        "cessationOfOperation",
        "certificateHold",
        "privilegeWithdrawn",
    ];

    /// Returns the name of RFC 5280.
    pub fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    /// Tells whether it says that others know a private key: no key that it was said of is certified again.
    pub fn is_compromise(self) -> bool {
        matches!(self, Self::KeyCompromise | Self::CaCompromise)
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
            Self::CaCompromise => 2,
            Self::AffiliationChanged => 3,
            Self::Superseded => 4,
            Self::CessationOfOperation => 5,
            Self::CertificateHold => 6,
            Self::PrivilegeWithdrawn => 9,
        }
    }

    /// Reads a CRLReason code.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.code() == code)
    }

    /// Says in plain words what it means and when to choose it.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Unspecified => "No reason is given. Choose it when none of the others is true.",
            Self::KeyCompromise => {
                "Others know the private key, or may know it: a stolen disk, a leaked backup, a lost token. \
                 The most urgent reason."
            }
            Self::CaCompromise => {
                "As keyCompromise, for the certificate of an authority: everything below it falls with it."
            }
            Self::AffiliationChanged => {
                "The organisation or another part of the subject is no longer true; the key is safe."
            }
            Self::Superseded => "Another certificate has taken its place; the key is safe.",
            Self::CessationOfOperation => {
                "The server or name is no longer in service, and no other certificate takes its place."
            }
            Self::CertificateHold => {
                "Not valid for the time being, until it is released or revoked for good: for a lost token that may be \
                 found again. Only where the profile allows it."
            }
            Self::PrivilegeWithdrawn => {
                "The holder has lost the right to it, such as by a broken agreement; the authority decides this."
            }
        }
    }

    /// Tells whether a revocation for this reason can be taken back.
    pub fn is_hold(self) -> bool {
        self == Self::CertificateHold
    }
}

/// A revocation as it stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revocation {
    /// The revocation date, which stands in the CRL.
    pub at: Timestamp,
    /// Why.
    pub reason: Reason,
    /// From when on the certificate is to be held invalid, when that is known (RFC 5280 section 5.3.2).
    pub invalidity: Option<Timestamp>,
    /// Who decided it last.
    pub by: String,
    /// A remark of that person.
    pub comment: String,
}

/// Who approved, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// What was issued otherwise than it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What differs: `subject`, `names`, `validity`, an extension.
    pub what: String,
    /// What was asked.
    pub asked: String,
    /// What was issued.
    pub issued: String,
}

/// How a certificate came about, beyond what lists are narrowed by. It stands in the audit chain only.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Origin {
    /// The version of the profile; 0 when it is not known.
    #[serde(skip_serializing_if = "is_default")]
    pub profile_version: u32,
    /// The approvals, in order.
    #[serde(skip_serializing_if = "is_default")]
    pub approvals: Vec<Approval>,
    /// The session in which it was signed.
    #[serde(skip_serializing_if = "is_default")]
    pub session: String,
    /// SHA-256 of the request.
    #[serde(skip_serializing_if = "is_default")]
    pub csr_sha256: Option<Digest>,
    /// What was issued otherwise than it was asked for.
    #[serde(skip_serializing_if = "is_default")]
    pub differences: Vec<Difference>,
    /// Where the record came from, when it was issued before its certifier was brought here: `openssl ca index.txt`.
    #[serde(skip_serializing_if = "is_default")]
    pub elsewhere: String,
}

/// One certificate of the issued list as another row names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The row number.
    pub id: u64,
    /// The certifier.
    pub certifier: String,
    /// The serial number.
    pub serial: Serial,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One row of the issued list (Domino: ICL).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
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
    /// The subject's key in words; empty when the certificate is not known.
    pub key: String,
    /// SHA-256 of the subject's SubjectPublicKeyInfo; zero when the certificate is not known.
    pub key_sha256: Digest,
    /// SHA-256 of the certificate; zero when it is not known.
    pub sha256: Digest,
    /// The request it answers.
    pub request: Option<RequestId>,
    /// The profile by name; empty when it is not known.
    pub profile: String,
    /// When it was signed.
    pub at: Timestamp,
    /// Who signed it.
    pub by: String,
    /// Its revocation, if it is revoked.
    pub revoked: Option<Revocation>,
    /// Who approved it, joined by a comma.
    #[serde(default, skip_serializing_if = "is_default")]
    pub approver: String,
    /// The part of the CRL that lists it, from 1; 0 when the CRL is not in parts. Fixed when it is issued.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partition: u32,
    /// The row of the certificate it takes the place of.
    #[serde(default, skip_serializing_if = "is_default")]
    pub supersedes: Option<u64>,
    // Everything above is compared with the ledger's columns as one text: what follows has no column.
    /// How it came about.
    #[serde(default, skip_serializing_if = "is_default")]
    pub origin: Origin,
    /// The certificate it takes the place of, as the ledger finds it.
    #[serde(skip)]
    pub earlier: Option<Named>,
    /// The latest certificate that has taken its place, as the ledger finds it.
    #[serde(skip)]
    pub later: Option<Named>,
    /// The first CRL that tells its revocation as it stands, as the ledger finds it.
    #[serde(skip)]
    pub listed: Option<u64>,
}

impl Issued {
    /// Returns why it is revoked, if it is.
    pub fn reason(&self) -> Option<Reason> {
        self.revoked.as_ref().map(|revocation| revocation.reason)
    }

    /// Returns the row of a certificate that was signed at a time by somebody.
    pub fn of(certificate: &Certificate, certifier: &str, profile: &str, at: Timestamp, by: &str) -> Self {
        let c = certificate;
        Self {
            certifier: certifier.to_owned(),
            serial: c.serial.clone(),
            subject: c.subject.text(),
            alt_names: c.alt_names.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            not_before: c.not_before,
            not_after: c.not_after,
            key: c.key.algorithm.clone(),
            key_sha256: c.key.sha256,
            sha256: c.sha256,
            profile: profile.to_owned(),
            at,
            by: by.to_owned(),
            ..Self::default()
        }
    }

    /// Tells whether the certificate itself is known, and not only that it was issued.
    pub fn is_known(&self) -> bool {
        self.sha256 != Digest::default()
    }

    /// Refuses what needs the certificate itself, where only a record of it is here.
    pub fn unknown(&self) -> Error {
        Error::refused(format!("The certificate {} of {} itself is not known.", self.serial, self.certifier))
            .why(format!("Only the record of it was brought here, from {}.", self.origin.elsewhere))
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
        Field::derived("valid-from", "Valid from", "The first moment.", |x, look| {
            if x.not_before == Timestamp::default() { String::new() } else { look.time(x.not_before) }
        }),
        Field::derived("ends", "Ends", "The last moment.", |x, look| {
            format!("{} ({})", look.time(x.not_after), days_left(x.not_after.days_from(look.now)))
        }),
        Field::derived("key", "Key", "The kind of the subject's key.", |x, _| x.key.clone()),
        Field::derived("key-sha256", "Key fingerprint", "SHA-256 of the public key.", |x, _| {
            if is_default(&x.key_sha256) { String::new() } else { x.key_sha256.to_string() }
        }),
        Field::derived("sha256", "Fingerprint", "SHA-256 of the certificate.", |x, _| {
            if x.is_known() { colons(&x.sha256.0) } else { String::new() }
        }),
        Field::derived("request", "Request", "The request it answers.", |x, _| {
            x.request.map_or_else(String::new, |r| r.to_string())
        }),
        Field::derived("request-sha256", "Request fingerprint", "SHA-256 of the request.", |x, _| {
            x.origin.csr_sha256.map_or_else(String::new, |sha256| sha256.to_string())
        }),
        Field::derived(
            "profile",
            "Profile",
            "The profile it was issued by, and its version.",
            |x, _| match x.origin.profile_version {
                0 => x.profile.clone(),
                version => format!("{}, version {version}", x.profile),
            },
        ),
        Field::derived("approved", "Approved", "By whom and when.", |x, _| {
            let all = x.origin.approvals.iter().map(|a| format!("{} by {}", a.at.text(), visible(&a.by)));
            all.collect::<Vec<_>>().join("\n")
        }),
        Field::derived("issued", "Issued", "When and by whom.", |x, _| {
            // Of a record that was brought no more may be known than that it was issued.
            match (x.at == Timestamp::default(), x.by.is_empty()) {
                (true, _) => String::new(),
                (_, true) => x.at.text(),
                _ => format!("{} by {}", x.at.text(), visible(&x.by)),
            }
        }),
        Field::derived("session", "Session", "The session in which it was signed.", |x, _| {
            x.origin.session.clone()
        }),
        Field::derived("differences", "Otherwise than asked", "What was not issued as asked.", |x, _| {
            let all = x.origin.differences.iter().map(|d| {
                let word = |text: &str| if text.is_empty() { "nothing".to_owned() } else { visible(text) };
                format!("{}: asked {}, issued {}", visible(&d.what), word(&d.asked), word(&d.issued))
            });
            all.collect::<Vec<_>>().join("\n")
        }),
        Field::derived("elsewhere", "Issued elsewhere", "Where the record was brought from.", |x, _| {
            visible(&x.origin.elsewhere)
        }),
        Field::derived("supersedes", "Supersedes", "The certificate it takes the place of.", |x, _| {
            x.earlier.as_ref().map_or_else(String::new, Named::text)
        }),
        Field::derived("superseded-by", "Superseded by", "What has taken its place.", |x, _| {
            x.later.as_ref().map_or_else(String::new, Named::text)
        }),
        Field::derived("partition", "Part of the CRL", "Which part of the CRL lists it.", |x, _| {
            if x.partition == 0 { String::new() } else { x.partition.to_string() }
        }),
        Field::derived("revoked", "Revoked", "When and why.", |x, _| {
            x.revoked
                .as_ref()
                .map_or_else(|| "no".into(), |r| format!("{}: {}", r.at.text(), r.reason.name()))
        }),
        Field::derived("crl", "On the CRL", "Since which CRL peers can know of it.", |x, _| {
            match (&x.revoked, x.listed) {
                (None, _) => String::new(),
                (_, Some(number)) => format!("since CRL {number}"),
                (_, None) => format!("not yet: {} owes one", x.certifier),
            }
        }),
        Field::derived("invalid-from", "Invalid from", "From when on it is to be held invalid.", |x, _| {
            let from = x.revoked.as_ref().and_then(|r| r.invalidity);
            from.map_or_else(String::new, Timestamp::text)
        }),
        Field::derived("revoked-by", "Revoked by", "Who decided it, and the remark.", |x, _| {
            let Some(r) = x.revoked.as_ref().filter(|r| !r.by.is_empty()) else { return String::new() };
            let remark =
                if r.comment.is_empty() { String::new() } else { format!(": {}", visible(&r.comment)) };
            format!("{}{remark}", visible(&r.by))
        }),
    ];
}

impl Named {
    /// Returns the certifier and the serial number.
    fn text(&self) -> String {
        format!("{} {}", self.certifier, self.serial)
    }
}
