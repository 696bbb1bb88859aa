//! What the ledger knows of things whose files lie beside it: which certifiers and keyrings were made, which CRLs are
//! owed, and whether a certificate is revoked. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::{OptionalExtension, params};
use serde::Deserialize;

use super::sqlite::SqliteLedger;
use crate::model::bytes::{Digest, Serial};
use crate::model::certifier::Debt;
use crate::model::change::Fact;
use crate::model::crl::Publication;
use crate::model::error::{Error, Result};
use crate::model::issued::{Reason, Revocation};
use crate::model::time::Timestamp;

/// What was made in a workspace and not deleted, whether or not its files are there.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Made {
    /// Certifiers by name, with the SHA-256 of their certificates.
    pub certifiers: BTreeMap<String, Digest>,
    /// Keyrings by name.
    pub keyrings: BTreeSet<String>,
}

/// What is read of the facts.
#[derive(Deserialize)]
enum Told {
    CertifierCreated { certifier: Certifier },
    KeyringCreated { keyring: Keyring },
    KeyringRenamed { from: String, keyring: Keyring },
    KeyringDeleted { name: String },
    CertificateRevoked { certifier: String, serial: Serial, reason: Reason, at: Timestamp },
    RevocationChanged { certifier: String, serial: Serial, reason: Reason, changed: Timestamp },
    CertificateReleased { certifier: String, serial: Serial, at: Timestamp },
    CrlPublished { certifier: String, number: u64, target: String, at: Timestamp, proved: bool },
    CrlProved { certifier: String, number: u64, source: String, at: Timestamp },
    CertifierAwaited { awaited: Awaited },
    CertifierGivenUp { name: String },
    CertifierRenewed { certifier: String, certificate: Certificate },
    StepWitnessed { certifier: String },
}

#[derive(Deserialize)]
struct Awaited {
    name: String,
    request: Request,
}

#[derive(Deserialize)]
struct Request {
    sha256: Digest,
}

#[derive(Deserialize)]
struct Certifier {
    name: String,
    certificate: Certificate,
}

#[derive(Deserialize)]
struct Certificate {
    sha256: Digest,
}

#[derive(Deserialize)]
struct Keyring {
    name: String,
}

impl SqliteLedger {
    /// Returns what was made and not deleted, as the audit chain tells it.
    pub fn made(&self) -> Result<Made> {
        // The condition is that of the index `audit_made`.
        let mut query = self.connection.prepare_cached(
            "SELECT number, body FROM audit
             WHERE what IN ('certifier created', 'keyring created', 'keyring renamed', 'keyring deleted')
             ORDER BY number",
        )?;
        // And this that of `audit_renewed`.
        let mut renewals = self.connection.prepare_cached(
            "SELECT number, body FROM audit WHERE what = 'certifier renewed' ORDER BY number",
        )?;
        let mut made = Made::default();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            match told(row)? {
                Told::CertifierCreated { certifier } => {
                    made.certifiers.insert(certifier.name, certifier.certificate.sha256);
                }
                Told::KeyringCreated { keyring } => {
                    made.keyrings.insert(keyring.name);
                }
                Told::KeyringRenamed { from, keyring } => {
                    made.keyrings.remove(&from);
                    made.keyrings.insert(keyring.name);
                }
                Told::KeyringDeleted { name } => {
                    made.keyrings.remove(&name);
                }
                Told::CertificateRevoked { .. }
                | Told::RevocationChanged { .. }
                | Told::CertificateReleased { .. }
                | Told::CrlPublished { .. }
                | Told::CrlProved { .. }
                | Told::CertifierAwaited { .. }
                | Told::CertifierGivenUp { .. }
                | Told::CertifierRenewed { .. }
                | Told::StepWitnessed { .. } => {}
            }
        }
        let mut rows = renewals.query([])?;
        while let Some(row) = rows.next()? {
            if let Told::CertifierRenewed { certifier, certificate } = told(row)? {
                made.certifiers.insert(certifier, certificate.sha256);
            }
        }
        Ok(made)
    }

    /// Returns the certifiers that wait for their certificate, as the audit chain tells it, by name, with the SHA-256 of
    /// their requests. Those that have got it are among them: they were made since.
    pub fn awaited(&self) -> Result<BTreeMap<String, Digest>> {
        // The condition is that of the index `audit_awaited`.
        let mut query = self.connection.prepare_cached(
            "SELECT number, body FROM audit WHERE what IN ('certifier awaited', 'certifier given up') ORDER BY number",
        )?;
        let mut awaited = BTreeMap::new();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            match told(row)? {
                Told::CertifierAwaited { awaited: a } => awaited.insert(a.name, a.request.sha256),
                Told::CertifierGivenUp { name } => awaited.remove(&name),
                _ => None,
            };
        }
        Ok(awaited)
    }

    /// Returns the names of certifiers that were given up while they waited, and not awaited again since.
    pub fn given_up(&self) -> Result<BTreeSet<String>> {
        // The condition is that of the index `audit_awaited`.
        let mut query = self.connection.prepare_cached(
            "SELECT number, body FROM audit WHERE what IN ('certifier awaited', 'certifier given up') ORDER BY number",
        )?;
        let mut names = BTreeSet::new();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            match told(row)? {
                Told::CertifierGivenUp { name } => names.insert(name),
                Told::CertifierAwaited { awaited } => names.remove(&awaited.name),
                _ => false,
            };
        }
        Ok(names)
    }

    /// Returns how keyrings were renamed: the number of the audit entry, the name before and the one after.
    pub(super) fn renamed(&self) -> Result<Vec<(i64, String, String)>> {
        // The condition is that of the index `audit_renamed`.
        let mut query = self.connection.prepare_cached(
            "SELECT number, body FROM audit WHERE what = 'keyring renamed' ORDER BY number",
        )?;
        let mut renamed = Vec::new();
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            if let Told::KeyringRenamed { from, keyring } = told(row)? {
                renamed.push((row.get(0)?, from, keyring.name));
            }
        }
        Ok(renamed)
    }

    /// Returns what each certifier owes its next CRL; those that owe nothing are left out.
    pub fn owed(&self) -> Result<BTreeMap<String, Debt>> {
        let mut owed: BTreeMap<String, Debt> = BTreeMap::new();
        let mut query =
            self.connection.prepare_cached("SELECT certifier, max(entry) FROM crl GROUP BY certifier")?;
        let rows = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let latest: BTreeMap<String, u64> = rows.collect::<Result<_, _>>()?;
        // The condition is that of the index `audit_revocation`.
        let mut query = self.connection.prepare_cached(
            "SELECT number, body FROM audit
             WHERE what IN ('certificate revoked', 'revocation changed', 'certificate released') AND number > ?
             ORDER BY number",
        )?;
        let mut rows = query.query([latest.values().min().copied().unwrap_or_default()])?;
        while let Some(row) = rows.next()? {
            let number: u64 = row.get(0)?;
            let (certifier, revoked) = match told(row)? {
                Told::CertificateRevoked { certifier, reason, at, .. } => (certifier, Some((reason, at))),
                Told::RevocationChanged { certifier, reason, changed, .. } => {
                    (certifier, Some((reason, changed)))
                }
                Told::CertificateReleased { certifier, .. } => (certifier, None),
                _ => continue,
            };
            if latest.get(&certifier).is_none_or(|entry| number > *entry) {
                owed.entry(certifier).or_default().add(revoked);
            }
        }
        Ok(owed)
    }

    /// Returns the certificates of a certifier of whose revocation something was said after an audit entry, by serial, with
    /// the time of the last word.
    pub(super) fn touched(&self, certifier: &str, after: u64) -> Result<BTreeMap<Serial, Timestamp>> {
        // The condition is that of the index `audit_revocation`.
        let mut query = self.connection.prepare_cached(
            "SELECT number, body FROM audit
             WHERE what IN ('certificate revoked', 'revocation changed', 'certificate released') AND number > ?
             ORDER BY number",
        )?;
        let mut rows = query.query([after])?;
        let mut touched = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let (Told::CertificateRevoked { certifier: by, serial, at, .. }
            | Told::RevocationChanged { certifier: by, serial, changed: at, .. }
            | Told::CertificateReleased { certifier: by, serial, at }) = told(row)?
            else {
                continue;
            };
            if by == certifier {
                touched.insert(serial, at);
            }
        }
        Ok(touched)
    }

    /// Returns where the latest complete CRL of each certifier was published and looked at, by target.
    pub fn published(&self) -> Result<BTreeMap<String, BTreeMap<String, Publication>>> {
        let mut query = self.connection.prepare_cached(
            "SELECT certifier, max(entry) FROM crl WHERE base IS NULL AND partition = 0 GROUP BY certifier",
        )?;
        let rows = query.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?;
        let latest: BTreeMap<String, u64> = rows.collect::<Result<_, _>>()?;
        // The condition is that of the index `audit_published`.
        let mut query = self.connection.prepare_cached(
            "SELECT number, body FROM audit WHERE what IN ('CRL published', 'CRL proved') AND number > ? ORDER BY number",
        )?;
        let mut rows = query.query([latest.values().min().copied().unwrap_or_default()])?;
        let mut all: BTreeMap<String, BTreeMap<String, Publication>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let entry: u64 = row.get(0)?;
            let (certifier, target, publication) = match told(row)? {
                Told::CrlPublished { certifier, number, target, at, proved } => {
                    (certifier, target, Publication { number, at, proved })
                }
                Told::CrlProved { certifier, number, source, at } => {
                    (certifier, source, Publication { number, at, proved: true })
                }
                _ => continue,
            };
            if latest.get(&certifier).is_none_or(|latest| entry > *latest) {
                all.entry(certifier).or_default().insert(target, publication);
            }
        }
        Ok(all)
    }

    /// Returns how many steps with the key of each certifier a witness has confirmed.
    pub fn witnessed(&self) -> Result<BTreeMap<String, u64>> {
        // The condition is that of the index `audit_witnessed`.
        let mut query = self
            .connection
            .prepare_cached("SELECT number, body FROM audit WHERE what = 'step witnessed' ORDER BY number")?;
        let mut rows = query.query([])?;
        let mut witnessed = BTreeMap::new();
        while let Some(row) = rows.next()? {
            if let Told::StepWitnessed { certifier } = told(row)? {
                *witnessed.entry(certifier).or_default() += 1;
            }
        }
        Ok(witnessed)
    }

    /// Returns what the issued list says of a certificate, by the SHA-256 of its DER: nothing when it does not stand there,
    /// otherwise its revocation, if it is revoked. Reads no more of the row, for every start asks it of each certificate in
    /// the keyrings.
    pub fn standing(&self, sha256: &Digest) -> Result<Option<Option<Revocation>>> {
        if *sha256 == Digest::default() {
            return Ok(None);
        }
        let mut query = self.connection.prepare_cached(
            "SELECT revoked_at, reason, invalidity, (SELECT body FROM audit WHERE number = issued.revocation)
             FROM issued WHERE substr(sha256, 1, 8) = substr(?1, 1, 8) AND sha256 = ?1",
        )?;
        let row = query.query_row(params![sha256.0], |r| {
            let revoked = super::row::revocation(r, [0, 1, 2])?;
            Ok(revoked.map(|revoked| (revoked, r.get::<_, Option<String>>(3))))
        });
        let Some(revoked) = row.optional()? else { return Ok(None) };
        let Some((mut revoked, body)) = revoked else { return Ok(Some(None)) };
        if let Some(body) = body? {
            super::row::told_by(&mut revoked, &body).map_err(|e| {
                Error::damaged("The audit entry of a revocation cannot be read.")
                    .why(format!("{e}."))
                    .next(super::schema::RESTORE)
            })?;
        }
        Ok(Some(Some(revoked)))
    }

    /// Returns the facts of persons who went on with an older ledger. Reads the whole chain, which is seldom needed.
    pub fn reconciliations(&self) -> Result<Vec<Fact>> {
        let mut query =
            self.connection.prepare_cached("SELECT body FROM audit WHERE what = 'ledger reconciled'")?;
        let bodies = query.query_map([], |r| r.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
        Ok(bodies.iter().filter_map(|body| super::row::read_fact(body).ok()).collect())
    }
}

/// Reads a fact of a row of number and body.
fn told(row: &rusqlite::Row<'_>) -> Result<Told> {
    let number: u64 = row.get(0)?;
    let body = row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?;
    serde_json::from_str(body).map_err(|e| {
        Error::damaged(format!("Audit entry {number} cannot be read."))
            .why(format!("{e}."))
            .next(super::schema::RESTORE)
    })
}
