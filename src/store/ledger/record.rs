//! Makes facts true in the tables within one transaction, with one audit entry each.

use rusqlite::{Connection, OptionalExtension, params};

use super::audit::{entry_hash, sha256};
use super::query::before;
use super::row::reason;
use crate::model::Generation;
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certifier::CrlInfo;
use crate::model::certifier::rollover::LINK;
use crate::model::change::Fact;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::issued::{Issued, Reason};
use crate::model::request::{Request, RequestId};
use crate::model::time::Timestamp;

/// The one row of the table `meta`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Meta {
    /// Counts commits.
    pub(super) generation: Generation,
    /// The number of the last audit entry.
    pub(super) entries: u64,
    /// Its hash.
    pub(super) head: Digest,
    /// How many certificates were issued; also the id of the last.
    pub(super) issued: u64,
    /// How many of them are revoked.
    pub(super) revoked: u64,
    /// The number the next request gets.
    pub(super) next_request: u64,
}

impl Meta {
    pub(super) fn read(connection: &Connection) -> Result<Self> {
        let mut query = connection
            .prepare_cached("SELECT generation, entries, head, issued, revoked, next_request FROM meta")?;
        Ok(query.query_row([], |r| {
            Ok(Self {
                generation: Generation(r.get(0)?),
                entries: r.get(1)?,
                head: Digest(r.get(2)?),
                issued: r.get(3)?,
                revoked: r.get(4)?,
                next_request: r.get(5)?,
            })
        })?)
    }
}

/// A row of the issued list as far as revoking looks at it.
struct Listed {
    id: i64,
    revoked: Option<(Timestamp, Reason)>,
}

/// A commit while it is being written.
pub(super) struct Record<'a> {
    connection: &'a Connection,
    now: Timestamp,
    operator: String,
    /// What `meta` will say.
    pub(super) meta: Meta,
}

impl<'a> Record<'a> {
    /// Begins within a transaction that the caller has opened.
    pub(super) fn begin(connection: &'a Connection, now: Timestamp, operator: &str) -> Result<Self> {
        Ok(Self { connection, now, operator: visible(operator), meta: Meta::read(connection)? })
    }

    /// Appends one fact and makes it true.
    pub(super) fn fact(&mut self, fact: &Fact) -> Result<()> {
        match fact {
            Fact::CertificateIssued { issued, der } | Fact::CertificateRecorded { issued, der } => {
                self.issued(fact, issued, der)
            }
            Fact::CrlIssued { certifier, crl, der } => self.crl(fact, certifier, crl, der),
            Fact::CertificateRevoked { certifier, serial, reason, at, invalidity, .. } => {
                let row = self.listed(certifier, serial)?;
                if let Some((before, _)) = row.revoked {
                    return Err(Error::refused(format!("Certificate {serial} is revoked already."))
                        .why(format!("That was on {}.", before.text())));
                }
                self.meta.revoked += 1;
                self.revocation(fact, row.id, Some((*at, *reason, *invalidity)))
            }
            Fact::RevocationChanged { certifier, serial, reason, at, invalidity, .. } => {
                let row = self.listed(certifier, serial)?;
                let allowed = |(before, of): &(Timestamp, Reason)| {
                    before == at && (of.is_hold() || *reason == Reason::KeyCompromise)
                };
                if !row.revoked.as_ref().is_some_and(allowed) {
                    return Err(Error::refused(format!(
                        "The reason of certificate {serial} stays as it is."
                    ))
                    .why("It is not revoked, or by a reason that can only become keyCompromise."));
                }
                self.revocation(fact, row.id, Some((*at, *reason, *invalidity)))
            }
            Fact::CertificateReleased { certifier, serial, .. } => {
                let row = self.listed(certifier, serial)?;
                if !row.revoked.is_some_and(|(_, reason)| reason.is_hold()) {
                    return Err(Error::refused(format!("Certificate {serial} is not on hold.")));
                }
                self.meta.revoked = self.meta.revoked.saturating_sub(1);
                self.revocation(fact, row.id, None)
            }
            Fact::RequestReceived { request } => self.received(fact, request),
            Fact::RequestApproved { id, .. }
            | Fact::RequestDenied { id, .. }
            | Fact::RequestNoted { id, .. }
            | Fact::PlanEdited { id, .. }
            | Fact::RequestWithdrawn { id, .. }
            | Fact::RequestExpired { id, .. }
            | Fact::SigningFailed { id, .. }
            | Fact::CertificatePickedUp { id, .. } => self.about_request(fact, *id),
            Fact::CertifierCreated { certifier } => {
                let entry = self.append(fact)?;
                let signed = certifier.versions.iter();
                signed.into_iter().try_for_each(|v| self.finish_policy(&certifier.name, &v.text, entry))?;
                self.finish_serial(&certifier.name, &certifier.certificate.serial, entry, false)
            }
            Fact::PolicyAmended { certifier, version, .. } => {
                let entry = self.append(fact)?;
                version.iter().try_for_each(|v| self.finish_policy(certifier, &v.text, entry))
            }
            Fact::Reconciled { crls, .. } => {
                let entry = self.append(fact)?;
                // An intent of no signature keeps every number up to it from being used.
                for (certifier, number) in crls {
                    self.connection
                        .prepare_cached(
                            "INSERT INTO intent(certifier, number, tbs, at, done) VALUES(?, ?, zeroblob(32), ?, ?)",
                        )?
                        .execute(params![certifier, number, self.now.0, entry])?;
                }
                Ok(())
            }
            Fact::SigningAbandoned { certifier, tbs, .. } => {
                let entry = self.append(fact)?;
                self.finish_policy(certifier, tbs, entry)?;
                self.connection
                    .prepare_cached(
                        "UPDATE intent SET done = ? WHERE done IS NULL AND certifier = ? AND tbs = ?",
                    )?
                    .execute(params![entry, certifier, tbs.0])?;
                Ok(())
            }
            Fact::WorkspaceCreated
            | Fact::CertifierAwaited { .. }
            | Fact::CertifierGivenUp { .. }
            | Fact::CertifierStatusChanged { .. }
            | Fact::CertifierSucceeded { .. }
            | Fact::CertifierRequested { .. }
            | Fact::CertifierRenewed { .. }
            | Fact::PolicyProposed { .. }
            | Fact::ProposalWithdrawn { .. }
            | Fact::KeyringCreated { .. }
            | Fact::KeyringChanged { .. }
            | Fact::KeyringRenamed { .. }
            | Fact::KeyringDeleted { .. }
            | Fact::FilePutAway { .. }
            | Fact::KeyExported { .. }
            | Fact::SiteSaved { .. }
            | Fact::SiteDeleted { .. }
            | Fact::ServerSaved { .. }
            | Fact::ServerDeleted { .. }
            | Fact::ProfileSaved { .. }
            | Fact::ProfileDeleted { .. }
            | Fact::KeyReported { .. }
            | Fact::KeyCleared { .. }
            | Fact::KeyListSaved { .. }
            | Fact::KeyListDropped { .. }
            | Fact::FindingAccepted { .. }
            | Fact::FindingUnaccepted { .. }
            | Fact::PersonSaved { .. }
            | Fact::PersonDeleted { .. }
            | Fact::TaskSaved { .. }
            | Fact::Refused { .. }
            | Fact::StepWitnessed { .. }
            | Fact::UnlockFailed { .. }
            | Fact::CrlPublished { .. }
            | Fact::CrlProved { .. }
            | Fact::UnlockRehearsed { .. }
            | Fact::KeyProtected { .. }
            | Fact::CertifierUnlocked { .. } => self.append(fact).map(|_| ()),
        }
    }

    /// Writes `meta` with the next generation, which it returns.
    pub(super) fn finish(mut self) -> Result<Generation> {
        self.meta.generation.0 += 1;
        let meta = &self.meta;
        self.connection
            .prepare_cached(
                "UPDATE meta SET generation = ?, entries = ?, head = ?, issued = ?, revoked = ?, next_request = ?",
            )?
            .execute(params![
                meta.generation.0,
                meta.entries,
                meta.head.0,
                meta.issued,
                meta.revoked,
                meta.next_request
            ])?;
        Ok(self.meta.generation)
    }

    /// Appends an audit entry and returns its number.
    fn append(&mut self, fact: &Fact) -> Result<u64> {
        let body = serde_json::to_string(fact).map_err(|e| Error::internal(e.to_string()))?;
        let number = self.meta.entries + 1;
        let hash =
            entry_hash(&self.meta.head, number, self.now.0, &self.operator, fact.word(), body.as_bytes());
        self.connection
            .prepare_cached(
                "INSERT INTO audit(number, at, operator, what, body, hash) VALUES(?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![number, self.now.0, self.operator, fact.word(), body, hash.0])?;
        self.meta.entries = number;
        self.meta.head = hash;
        Ok(number)
    }

    fn received(&mut self, fact: &Fact, request: &Request) -> Result<()> {
        let entry = self.append(fact)?;
        let pickup = Some(&request.pickup).filter(|id| !id.is_empty());
        self.connection
            .prepare_cached("INSERT INTO request(id, sha256, open, received, pickup) VALUES(?, ?, ?, ?, ?)")?
            .execute(params![
                request.id.0,
                request.pkcs10.sha256.0,
                request.status.is_open(),
                entry,
                pickup
            ])?;
        self.meta.next_request = self.meta.next_request.max(request.id.0 + 1);
        Ok(())
    }

    fn about_request(&mut self, fact: &Fact, id: RequestId) -> Result<()> {
        let entry = self.append(fact)?;
        let known = match fact.leaves_open() {
            Some(open) => self.decide(id, open, entry)?,
            None => {
                self.connection.prepare_cached("SELECT 1 FROM request WHERE id = ?")?.exists(params![id.0])?
            }
        };
        if !known {
            return Err(Error::new(Kind::NotFound, format!("No request has the number {id}.")));
        }
        self.tell_of(id, entry)
    }

    /// Sets what a decision leaves; tells whether there is such a request.
    fn decide(&self, id: RequestId, open: bool, entry: u64) -> Result<bool> {
        let mut update =
            self.connection.prepare_cached("UPDATE request SET open = ?, decided = ? WHERE id = ?")?;
        Ok(update.execute(params![open, entry, id.0])? > 0)
    }

    /// Notes that an audit entry is about a request.
    fn tell_of(&self, id: RequestId, entry: u64) -> Result<()> {
        self.connection
            .prepare_cached("INSERT INTO request_entry(request, entry) VALUES(?, ?)")?
            .execute(params![id.0, entry])?;
        Ok(())
    }

    fn issued(&mut self, fact: &Fact, issued: &Issued, der: &Der) -> Result<()> {
        let elsewhere = matches!(fact, Fact::CertificateRecorded { .. });
        if !elsewhere || issued.is_known() {
            check_digest("certificate", &issued.sha256, der)?;
        }
        if issued.revoked.is_some() {
            return Err(Error::internal("A certificate was to be recorded as issued and revoked at once."));
        }
        // The entry carries the row's own id and that of the one before it, so that the row can be written anew from the
        // entry and compared.
        let id = self.meta.issued + 1;
        let supersedes = match issued.supersedes {
            // Those that link two keys of one name stand beside each other.
            None if issued.is_known() && issued.profile != LINK => {
                before(self.connection, &issued.subject, &issued.alt_names)?
            }
            asked => asked,
        };
        let entry = if issued.id == id && issued.supersedes == supersedes {
            self.append(fact)?
        } else {
            let (issued, der) = (Issued { id, supersedes, ..issued.clone() }, Der::default());
            self.append(&if elsewhere {
                Fact::CertificateRecorded { issued, der }
            } else {
                Fact::CertificateIssued { issued, der }
            })?
        };
        let known = self
            .connection
            .prepare_cached("SELECT 1 FROM issued WHERE certifier = ? AND serial = ?")?
            .exists(params![issued.certifier, issued.serial.0])?;
        if known {
            return Err(Error::refused(format!(
                "Certifier {} has issued the serial number {} before.",
                issued.certifier, issued.serial
            )));
        }
        self.connection
            .prepare_cached(
                "INSERT INTO issued(id, entry, certifier, serial, subject, alt_names, not_before, not_after, key,
                   key_sha256, sha256, request, profile, at, operator, approver, partition, supersedes)
                 VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                id,
                entry,
                issued.certifier,
                issued.serial.0,
                issued.subject,
                issued.alt_names,
                issued.not_before.0,
                issued.not_after.0,
                issued.key,
                issued.key_sha256.0,
                issued.sha256.0,
                issued.request.map(|r| r.0),
                issued.profile,
                issued.at.0,
                issued.by,
                issued.approver,
                issued.partition,
                supersedes
            ])?;
        if !elsewhere || issued.is_known() {
            self.connection
                .prepare_cached("INSERT INTO der(id, der) VALUES(?, ?)")?
                .execute(params![id, der.0])?;
        }
        self.meta.issued = id;
        if let Some(request) = issued.request
            && self.decide(request, false, entry)?
        {
            self.tell_of(request, entry)?;
        }
        self.finish_serial(&issued.certifier, &issued.serial, entry, true)
    }

    /// Finds a certificate that was issued.
    fn listed(&self, certifier: &str, serial: &Serial) -> Result<Listed> {
        let mut query = self
            .connection
            .prepare_cached("SELECT id, revoked_at, reason FROM issued WHERE certifier = ? AND serial = ?")?;
        let row = query.query_row(params![certifier, serial.0], |r| {
            let revoked = match r.get::<_, Option<i64>>(1)? {
                Some(at) => Some((Timestamp(at), reason(r.get(2)?, 2)?)),
                None => None,
            };
            Ok(Listed { id: r.get(0)?, revoked })
        });
        row.optional()?.ok_or_else(|| {
            Error::new(
                Kind::NotFound,
                format!("Certifier {certifier} has issued no certificate with the serial number {serial}."),
            )
        })
    }

    /// Appends a fact about the revocation of a row, and makes it stand there.
    fn revocation(
        &mut self,
        fact: &Fact,
        id: i64,
        revoked: Option<(Timestamp, Reason, Option<Timestamp>)>,
    ) -> Result<()> {
        let entry = self.append(fact)?;
        let (at, reason) = (revoked.map(|r| r.0.0), revoked.map(|r| r.1.code()));
        let invalidity = revoked.and_then(|r| r.2).map(|t| t.0);
        self.connection
            .prepare_cached(
                "UPDATE issued SET revoked_at = ?, reason = ?, invalidity = ?, revocation = ? WHERE id = ?",
            )?
            .execute(params![at, reason, invalidity, entry, id])?;
        Ok(())
    }

    fn crl(&mut self, fact: &Fact, certifier: &str, crl: &CrlInfo, der: &Der) -> Result<()> {
        check_digest("CRL", &crl.sha256, der)?;
        let entry = self.append(fact)?;
        self.connection
            .prepare_cached(
                "INSERT INTO crl(certifier, number, entry, this_update, next_update, entries, sha256, der,
                   immediate, base, partition)
                 VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            )?
            .execute(params![
                certifier,
                crl.number,
                entry,
                crl.this_update.0,
                crl.next_update.0,
                crl.entries,
                crl.sha256.0,
                der.0,
                crl.immediate,
                crl.base,
                crl.partition
            ])?;
        self.connection
            .prepare_cached(
                "UPDATE intent SET done = ?
                 WHERE id = (SELECT max(id) FROM intent WHERE certifier = ? AND number = ?)",
            )?
            .execute(params![entry, certifier, crl.number])?;
        Ok(())
    }

    /// Marks the intent of a certificate as done. One that is missing is no reason to refuse the record of a signature
    /// that exists. A serial that is `listed` is kept from being used again by the issued list.
    fn finish_serial(&self, certifier: &str, serial: &Serial, entry: u64, listed: bool) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE intent SET done = ?, listed = ? WHERE certifier = ? AND serial = ? AND listed = 0",
            )?
            .execute(params![entry, listed, certifier, serial.0])?;
        Ok(())
    }
}

impl Record<'_> {
    /// Marks the intent of a signed policy version as done.
    fn finish_policy(&self, certifier: &str, text: &Digest, entry: u64) -> Result<()> {
        self.connection
            .prepare_cached(
                "UPDATE policy_intent SET done = ? WHERE done IS NULL AND certifier = ? AND tbs = ?",
            )?
            .execute(params![entry, certifier, text.0])?;
        Ok(())
    }
}

fn check_digest(noun: &str, claimed: &Digest, der: &Der) -> Result<()> {
    if sha256(&der.0) == *claimed {
        return Ok(());
    }
    Err(Error::internal(format!("The {noun} to be recorded does not have the SHA-256 that was named.")))
}
