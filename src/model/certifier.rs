//! Certifiers: the certificate authorities of the workspace, their policy and their latest CRL.

use serde::{Deserialize, Serialize};

use super::bytes::{Digest, colons};
use super::certificate::Certificate;
use super::escape::visible;
use super::field::{Field, Kind, Record, When, choice, join, number};
use super::issued::Reason;
use super::key::KeyType;
use super::keyring::{check_name, country, ends};
use super::policy::Fields;
pub use super::policy::{HasPolicy, Policy, PolicyVersion, Proposal, Roles};
use super::secret::Secret;
use super::time::{Timestamp, days_left};

/// A CRL that was signed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CrlInfo {
    /// The CRL number (RFC 5280 section 5.2.3); strictly rising.
    pub number: u64,
    /// When it was made.
    pub this_update: Timestamp,
    /// When the next one is due at the latest.
    pub next_update: Timestamp,
    /// How many certificates it revokes.
    pub entries: u64,
    /// SHA-256 of the CRL.
    pub sha256: Digest,
    /// Whether it was made out of turn and leaves the schedule as it is.
    #[serde(default, skip_serializing_if = "is_default")]
    pub immediate: bool,
    /// The number of the complete CRL that it adds to, when it is a delta CRL (RFC 5280 section 5.2.4).
    #[serde(default, skip_serializing_if = "is_default")]
    pub base: Option<u64>,
    /// The part of the certificates that it is about, from 1; 0 is all of them.
    #[serde(default, skip_serializing_if = "is_default")]
    pub partition: u32,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// What has changed since the latest CRL of a certifier, and waits for the next one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Debt {
    /// How many revocations, changes of reason and releases.
    pub count: u64,
    /// When the first key among them was reported as known to others.
    pub compromise: Option<Timestamp>,
    /// When the first of the others was decided.
    pub other: Option<Timestamp>,
}

impl Debt {
    /// Adds a revocation; a release is `None` and has no deadline.
    pub fn add(&mut self, revoked: Option<(Reason, Timestamp)>) {
        self.count += 1;
        let Some((reason, at)) = revoked else { return };
        let first = match reason {
            Reason::KeyCompromise | Reason::CaCompromise => &mut self.compromise,
            _ => &mut self.other,
        };
        *first = Some(first.map_or(at, |before| before.min(at)));
    }
}

/// A certificate authority of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Certifier {
    /// The name, which is its folder's name.
    pub name: String,
    /// When it was made.
    pub created: Timestamp,
    /// Its own certificate.
    pub certificate: Certificate,
    /// What may be amended.
    pub policy: Policy,
    /// The signed versions of the policy so far, the present one last; none when it was made before they were signed.
    #[serde(default)]
    pub versions: Vec<PolicyVersion>,
    /// An amendment that waits for a second CAA.
    #[serde(default)]
    pub proposal: Option<Proposal>,
    /// The latest CRL.
    pub crl: Option<CrlInfo>,
}

/// What is asked for a new certifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCertifier {
    /// The certifier's name.
    pub name: String,
    /// The subject's common name.
    pub common_name: String,
    /// The organisation.
    pub organization: String,
    /// The country, two letters.
    pub country: String,
    /// The kind of key to make.
    pub key_type: KeyType,
    /// Validity of its own certificate in years of 365 days.
    pub years: u32,
    /// What may be amended later. Who makes it becomes its first CAA and RA.
    pub policy: Policy,
    /// The password that seals the key.
    pub password: Secret,
    /// The password again.
    pub repeat: Secret,
}

impl Default for NewCertifier {
    fn default() -> Self {
        Self {
            name: String::new(),
            common_name: String::new(),
            organization: String::new(),
            country: String::new(),
            key_type: KeyType::P384,
            years: 10,
            policy: Policy::default(),
            password: Secret::default(),
            repeat: Secret::default(),
        }
    }
}

impl HasPolicy for NewCertifier {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }
}

impl HasPolicy for Certifier {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }
}

impl NewCertifier {
    const OWN: &'static [Field<Self>] = &[
        Field {
            name: "name",
            label: "Name",
            help: "The name in lists and on disk; a-z, 0-9, dot, dash and underscore.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| x.name.clone(),
            set: |x, t| {
                check_name(t.trim())?;
                x.name = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "common-name",
            label: "Common name",
            help: "The name of the authority in every certificate it signs, such as Example Root CA.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| visible(&x.common_name),
            set: |x, t| {
                x.common_name = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "organization",
            label: "Organization",
            help: "The legal name of the organisation.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| visible(&x.organization),
            set: |x, t| {
                x.organization = t.trim().to_owned();
                Ok(())
            },
        },
        Field {
            name: "country",
            label: "Country",
            help: "Two letters, such as DE; written as PrintableString.",
            kind: Kind::Text,
            when: When::AtCreation,
            get: |x, _| x.country.clone(),
            set: |x, t| {
                x.country = country(t)?;
                Ok(())
            },
        },
        Field {
            name: "key-type",
            label: "Key type",
            help: "The kind of key to make.",
            kind: Kind::Choice(KeyType::NAMES),
            when: When::AtCreation,
            get: |x, _| x.key_type.name().into(),
            set: |x, t| {
                x.key_type = choice(t, KeyType::NAMES, KeyType::from_name)?;
                Ok(())
            },
        },
        Field {
            name: "years",
            label: "Validity in years",
            help: "How long the certifier's own certificate lasts; it cannot be amended.",
            kind: Kind::Number(1, 30),
            when: When::AtCreation,
            get: |x, _| x.years.to_string(),
            set: |x, t| {
                x.years = number(t, 1, 30)?;
                Ok(())
            },
        },
    ];
    const SECRETS: &'static [Field<Self>] = &[
        Field::secret("password", "Password", "Seals the private key; it cannot be recovered.", |x, t| {
            x.password.put(t)
        }),
        Field::again(|x, t| x.repeat.put(t)),
    ];
}

impl Record for NewCertifier {
    const NOUN: &'static str = "new certifier";
    const FIELDS: &'static [Field<Self>] = &join::<
        _,
        { Self::OWN.len() + Fields::<Self>::ALL.len() + Self::SECRETS.len() },
    >(&[Self::OWN, Fields::<Self>::ALL, Self::SECRETS]);
}

impl Certifier {
    const OWN: &'static [Field<Self>] = &[
        Field::derived("name", "Name", "The name of the certifier and of its folder.", |x, _| x.name.clone()),
        Field::derived("subject", "Subject", "The issuer name in every certificate it signs.", |x, _| {
            x.certificate.subject.text()
        }),
        Field::derived("key", "Key", "The kind of its private key.", |x, _| {
            x.certificate.key.algorithm.clone()
        }),
        Field::derived("key-sha256", "Key fingerprint", "SHA-256 of the public key.", |x, _| {
            x.certificate.key.sha256.to_string()
        }),
        Field::derived(
            "sha256",
            "Fingerprint",
            "SHA-256 of its certificate, to compare by telephone.",
            |x, _| colons(&x.certificate.sha256.0),
        ),
        Field::derived("valid-from", "Valid from", "The first moment of its certificate.", |x, _| {
            x.certificate.not_before.text()
        }),
        Field::derived(
            "ends",
            "Ends",
            "When its certificate ends; nothing it signs lasts longer.",
            |x, look| ends(&x.certificate, look),
        ),
        Field::derived("policy-version", "Policy version", "Rises with every amendment.", |x, _| {
            x.policy.version.to_string()
        }),
        Field::derived(
            "policy-since",
            "Policy since",
            "When the present policy was made, and by whom.",
            |x, _| x.versions.last().map_or_else(|| "the certifier was made".into(), PolicyVersion::told),
        ),
        Field::derived("proposal", "Proposed policy", "An amendment that waits for a second CAA.", |x, _| {
            let told = |p: &Proposal| {
                format!("version {} by {} on {}", p.policy.version, visible(&p.by), p.at.text())
            };
            x.proposal.as_ref().map_or_else(String::new, told)
        }),
        Field::derived("crl", "Latest CRL", "Number, entries and when the next one is due.", |x, look| {
            let Some(c) = &x.crl else { return "none".into() };
            let days = days_left(c.next_update.days_from(look.now));
            let (number, entries, due) = (c.number, c.entries, c.next_update.date());
            let owed = look.state.owed.get(&x.name);
            let owed = owed
                .map_or_else(String::new, |debt| format!("; owes a new one: {} revoked since", debt.count));
            format!("number {number}, {entries} revoked, next due {due} ({days}){owed}")
        }),
        Field::derived("created", "Created", "When it was made.", |x, _| x.created.text()),
    ];
}

impl Record for Certifier {
    const NOUN: &'static str = "certifier";
    const FIELDS: &'static [Field<Self>] =
        &join::<_, { Self::OWN.len() + Fields::<Self>::ALL.len() }>(&[Self::OWN, Fields::<Self>::ALL]);
}
