//! What is asked for an authority that was run elsewhere, and what is known of its past.

use super::{HasPolicy, Policy, check_certifier_name};
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::field::{Field, Kind, Record, When, join, number, put};
use crate::model::issued::Revocation;
use crate::model::policy::Fields;
use crate::model::secret::Secret;
use crate::model::time::Timestamp;

/// A certificate that an authority issued before it came here.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    /// The serial number.
    pub serial: Serial,
    /// The subject as text, escaped.
    pub subject: String,
    /// When it ends.
    pub not_after: Timestamp,
    /// The certificate itself, where it was kept.
    pub certificate: Option<Certificate>,
    /// Its revocation, if it was revoked.
    pub revoked: Option<Revocation>,
    /// SHA-256 of the key that has signed it, where the files tell of several authorities.
    pub authority: Option<Digest>,
}

/// The past of an authority, as far as its files tell of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct History {
    /// Where it is from, in words: `openssl ca folder /srv/ca`.
    pub from: String,
    /// What it has issued.
    pub issued: Vec<Past>,
    /// The highest CRL number that was used; 0 when none is known.
    pub crl_number: u64,
    /// What could not be read or does not fit together, in sentences.
    pub remarks: Vec<String>,
}

impl History {
    /// Says in sentences what is taken over, as of now.
    pub fn told(&self, now: Timestamp) -> Vec<String> {
        let count = |wanted: &dyn Fn(&Past) -> bool| self.issued.iter().filter(|p| wanted(p)).count();
        let revoked = count(&|p| p.revoked.is_some());
        let ended = count(&|p| p.revoked.is_none() && p.not_after < now);
        let alone = count(&|p| p.certificate.is_none());
        let mut lines = vec![format!(
            "{}: {} certificates issued, {} valid, {revoked} revoked, {ended} ended.",
            self.from,
            self.issued.len(),
            self.issued.len() - revoked - ended
        )];
        if alone > 0 {
            lines.push(format!(
                "Of {alone} only the serial number, the name and the end are known; they are kept, too."
            ));
        }
        lines.push(match self.crl_number {
            0 => "No CRL number is known; if CRLs were signed elsewhere, give the number of the last one."
                .into(),
            n => format!("The last CRL number was {n}; the first CRL signed here is number {}.", n + 1),
        });
        lines.push(
            "Serial numbers made here are 20 random octets; one that was used is never used again.".into(),
        );
        lines.extend(self.remarks.iter().cloned());
        lines
    }
}

/// What is asked for a certifier of an authority that was run elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ImportedCertifier {
    /// The certifier's name.
    pub name: String,
    /// The number of the last CRL that was signed elsewhere, when a person knows better than the files.
    pub crl_number: u64,
    /// The policy it begins with.
    pub policy: Policy,
    /// The password that seals the key here.
    pub password: Secret,
    /// The password again.
    pub repeat: Secret,
}

impl HasPolicy for ImportedCertifier {
    fn policy(&self) -> &Policy {
        &self.policy
    }

    fn policy_mut(&mut self) -> &mut Policy {
        &mut self.policy
    }
}

impl ImportedCertifier {
    const OWN: &'static [Field<Self>] = &[
        Field::name(
            |x, _| x.name.clone(),
            |x, t| check_certifier_name(t.trim()).and_then(|()| put(&mut x.name, t)),
        ),
        Field {
            name: "crl-number",
            label: "Last CRL number",
            help: "The number of the last CRL that was signed elsewhere; 0 takes what its files say. CRLs go on above it.",
            kind: Kind::Number(0, 1_000_000_000_000),
            when: When::AtCreation,
            get: |x, _| x.crl_number.to_string(),
            set: |x, t| number(t, 0, 1_000_000_000_000).map(|crl_number| x.crl_number = crl_number),
        },
    ];
    const SECRETS: &'static [Field<Self>] = &[
        Field::secret(
            "password",
            "Password",
            "Seals the private key here; it cannot be recovered.",
            |x, t| x.password.put(t),
        ),
        Field::again(|x, t| x.repeat.put(t)),
    ];
}

impl Record for ImportedCertifier {
    const NOUN: &'static str = "imported certifier";
    const FIELDS: &'static [Field<Self>] = &join::<
        _,
        { Self::OWN.len() + Fields::<Self>::ALL.len() + Self::SECRETS.len() },
    >(&[Self::OWN, Fields::<Self>::ALL, Self::SECRETS]);
}
