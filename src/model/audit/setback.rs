//! An older ledger in the place of a newer one: what was seen of the chain before, what is there now, and what a person
//! decides about it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Head;
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::field::{Field, Kind, Record, When, names};

/// By how much CRL numbers jump ahead of the highest one that is known: more than were signed unseen.
pub const MARGIN: u64 = 100;

/// What was seen of a ledger, as it is remembered outside of the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Remembered {
    /// The folder of the workspace then.
    pub folder: String,
    /// The last entry of the audit chain.
    pub head: Head,
    /// How many certificates were issued.
    pub issued: u64,
    /// How many of them were revoked.
    pub revoked: u64,
    /// The number of the latest CRL of each certifier.
    pub crls: BTreeMap<String, u64>,
}

/// A chain that does not pass through the head that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setback {
    /// What was seen before.
    pub remembered: Remembered,
    /// What is there now.
    pub found: Remembered,
}

impl Setback {
    /// Says in one sentence what is wrong.
    pub fn sentence(&self) -> String {
        let (before, now) = (&self.remembered.head, &self.found.head);
        if before.number > now.number {
            format!(
                "The ledger ends with entry {} of {}, and entry {} of {} was seen here before: it is an older copy.",
                now.number,
                now.at.text(),
                before.number,
                before.at.text()
            )
        } else {
            format!(
                "Entry {} of the ledger is not the one of {} that was seen here before: it is another chain.",
                before.number,
                before.at.text()
            )
        }
    }

    /// Lists what is known to be lost, one sentence each.
    pub fn losses(&self) -> Vec<String> {
        let (before, now) = (&self.remembered, &self.found);
        let fewer = |noun: &str, then: u64, now: u64| {
            (then > now).then(|| format!("{} of {then} {noun} are not in it", then - now))
        };
        let mut all: Vec<String> = [
            fewer("audit entries", before.head.number, now.head.number),
            fewer("issued certificates", before.issued, now.issued),
            fewer("revocations", before.revoked, now.revoked),
        ]
        .into_iter()
        .flatten()
        .collect();
        for (certifier, number) in &before.crls {
            let here = now.crls.get(certifier).copied().unwrap_or_default();
            if *number > here {
                all.push(format!(
                    "certifier {certifier} had signed CRL {number}, and the latest one in it is {here}"
                ));
            }
        }
        all
    }
}

/// A certificate of one of the certifiers here that the issued list does not know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unlisted {
    /// The certifier by name.
    pub certifier: String,
    /// Its serial number.
    pub serial: Serial,
    /// Its subject in words.
    pub subject: String,
    /// Its SHA-256.
    pub sha256: Digest,
    /// Where it was found.
    pub place: String,
}

impl Unlisted {
    /// Describes a certificate that was found somewhere.
    pub fn of(certifier: &str, certificate: &Certificate, place: impl Into<String>) -> Self {
        Self {
            certifier: certifier.into(),
            serial: certificate.serial.clone(),
            subject: certificate.subject.text(),
            sha256: certificate.sha256,
            place: place.into(),
        }
    }
}

/// What a person decides about an older ledger.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reconciliation {
    /// Why it is there, and what was lost as far as is known.
    pub reason: String,
    /// The highest CRL numbers that peers have seen, by certifier.
    pub crls: BTreeMap<String, u64>,
    /// A file with certificates that were issued since, and with CRLs that peers have.
    pub found: Option<PathBuf>,
    /// The head that was written down, where nothing is remembered here.
    pub expected: Option<Head>,
}

impl Record for Reconciliation {
    const NOUN: &'static str = "reconciliation";
    const FIELDS: &'static [Field<Self>] = &[
        Field::fixed(
            "reason",
            "Reason",
            "Why the older ledger is here and what is known to be lost; it stays in the audit chain.",
            |x, _| crate::model::escape::visible(&x.reason),
            |x, t| {
                if t.trim().is_empty() {
                    return Err("say why the older ledger is here, and what is known to be lost".into());
                }
                x.reason = t.trim().to_owned();
                Ok(())
            },
        ),
        Field {
            name: "crl-numbers",
            label: "CRL numbers seen",
            help: "The highest CRL number that peers have seen, such as root=57; may be empty. The next one jumps ahead anyway.",
            kind: Kind::Names,
            when: When::AtCreation,
            get: |x, _| x.crls.iter().map(|(name, n)| format!("{name}={n}")).collect::<Vec<_>>().join(" "),
            set: |x, t| {
                let pair = |text: &String| {
                    let (name, number) = text.split_once('=')?;
                    Some((name.trim().to_owned(), number.trim().parse().ok()?))
                };
                let read: Option<BTreeMap<_, _>> = names(t).iter().map(pair).collect();
                x.crls = read.ok_or("certifier=number, such as root=57, with blanks between several")?;
                Ok(())
            },
        },
        Field {
            name: "found",
            label: "What was found",
            help: "A file with certificates that were issued since, as servers or a twin have them, and with the CRLs that peers have, of which the revocations count again; may be empty.",
            kind: Kind::Path,
            when: When::AtCreation,
            get: |x, _| x.found.as_ref().map_or_else(String::new, |p| p.display().to_string()),
            set: |x, t| {
                x.found = (!t.trim().is_empty()).then(|| PathBuf::from(t.trim()));
                Ok(())
            },
        },
    ];
}
