//! What the entries of the audit chain tell, held against the tables. Knows nothing of hashes of entries, and changes
//! nothing.

use rusqlite::{Connection, OptionalExtension, Rows, params};
use serde::Deserialize;

use super::{Counts, Part, sha256};
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certifier::CrlInfo;
use crate::model::change::Fact;
use crate::model::error::{Error, Result};
use crate::model::issued::Reason;
use crate::model::request::RequestId;
use crate::model::time::Timestamp;
use crate::store::ledger::row::issued;

/// What the verification reads of the facts that stand in tables; the issued list is compared as a whole instead.
#[derive(Deserialize)]
pub(super) enum Told {
    RequestReceived {
        request: Received,
    },
    RequestApproved {
        id: RequestId,
    },
    RequestDenied {
        id: RequestId,
    },
    PlanEdited {
        id: RequestId,
    },
    SigningFailed {
        id: RequestId,
    },
    RequestWithdrawn {
        id: RequestId,
    },
    RequestExpired {
        id: RequestId,
    },
    CertificateRevoked {
        certifier: String,
        serial: Serial,
        reason: Reason,
        at: Timestamp,
        #[serde(default)]
        invalidity: Option<Timestamp>,
    },
    RevocationChanged {
        certifier: String,
        serial: Serial,
        reason: Reason,
        at: Timestamp,
        invalidity: Option<Timestamp>,
    },
    CertificateReleased {
        certifier: String,
        serial: Serial,
    },
    CrlIssued {
        certifier: String,
        crl: CrlInfo,
    },
}

#[derive(Deserialize)]
pub(super) struct Received {
    id: RequestId,
    pkcs10: Pkcs10,
}

#[derive(Deserialize)]
struct Pkcs10 {
    sha256: Digest,
}

/// Tells why the tables do not hold what an entry tells; counts it, and notes what it decided.
pub(super) fn check_told(
    connection: &Connection,
    told: Told,
    entry: u64,
    part: &mut Part,
) -> Result<Option<String>> {
    let Part { counts, decisions, .. } = part;
    let fits = match told {
        Told::RequestReceived { request } => {
            counts.requests += 1;
            let mut query =
                connection.prepare_cached("SELECT sha256 = ? AND received = ? FROM request WHERE id = ?")?;
            let fits = query.query_row(params![request.pkcs10.sha256.0, entry, request.id.0], |r| r.get(0));
            fits.optional()? == Some(true)
        }
        Told::RequestApproved { id } | Told::PlanEdited { id } | Told::SigningFailed { id } => {
            decisions.insert(id.0, (entry, true));
            true
        }
        Told::RequestDenied { id } | Told::RequestWithdrawn { id } | Told::RequestExpired { id } => {
            decisions.insert(id.0, (entry, false));
            true
        }
        Told::CertificateRevoked { certifier, serial, reason, at, invalidity } => {
            counts.revoked += 1;
            let stands = (Some(at.0), Some(reason.code()), invalidity.map(|t| t.0));
            check_revocation(connection, (&certifier, &serial), entry, stands, counts)?
        }
        Told::RevocationChanged { certifier, serial, reason, at, invalidity } => {
            let stands = (Some(at.0), Some(reason.code()), invalidity.map(|t| t.0));
            check_revocation(connection, (&certifier, &serial), entry, stands, counts)?
        }
        Told::CertificateReleased { certifier, serial } => {
            counts.revoked -= 1;
            check_revocation(connection, (&certifier, &serial), entry, (None, None, None), counts)?
        }
        Told::CrlIssued { certifier, crl } => {
            counts.crls += 1;
            let mut query = connection.prepare_cached(
                "SELECT der FROM crl WHERE entry = ? AND certifier = ? AND number = ? AND this_update = ?
                   AND next_update = ? AND entries = ? AND sha256 = ? AND immediate = ? AND base IS ?
                   AND partition = ?",
            )?;
            let values = params![
                entry,
                certifier,
                crl.number,
                crl.this_update.0,
                crl.next_update.0,
                crl.entries,
                crl.sha256.0,
                crl.immediate,
                crl.base,
                crl.partition
            ];
            let mut rows = query.query(values)?;
            match rows.next()? {
                Some(row) => row.get_ref(0)?.as_blob().is_ok_and(|der| sha256(der) == crl.sha256),
                None => false,
            }
        }
    };
    Ok((!fits).then(|| "The tables do not hold what it tells.".into()))
}

/// Revocation date, reason code and invalidity date.
type Stands = (Option<i64>, Option<u8>, Option<i64>);

/// Tells whether a row stands as this entry says, or as a later one does, which is checked when its turn comes.
fn check_revocation(
    connection: &Connection,
    (certifier, serial): (&str, &Serial),
    entry: u64,
    stands: Stands,
    counts: &mut Counts,
) -> Result<bool> {
    let mut query = connection.prepare_cached(
        "SELECT revocation, revoked_at, reason, invalidity FROM issued WHERE certifier = ? AND serial = ?",
    )?;
    let row = query.query_row(params![certifier, serial.0], |r| {
        Ok((r.get::<_, Option<u64>>(0)?, (r.get(1)?, r.get(2)?, r.get(3)?)))
    });
    let Some((Some(last), found)) = row.optional()? else { return Ok(false) };
    if last == entry {
        counts.spoken += 1;
    }
    Ok(last > entry || last == entry && found == stands)
}

/// Writes the next issued certificate anew as the body of this entry, compares, and checks the certificate's own hash.
pub(super) fn check_issued(
    rows: &mut Rows<'_>,
    entry: u64,
    what: &str,
    told: &[u8],
    written: &mut Vec<u8>,
    part: &mut Part,
) -> Result<Option<String>> {
    let missing = "The issued list does not hold the certificate that it tells of.";
    let Some(row) = rows.next()? else { return Ok(Some(missing.into())) };
    let mut issued = match issued(row) {
        Ok(issued) => issued,
        Err(e) => return Ok(Some(format!("The row of its certificate cannot be read: {e}"))),
    };
    let revoked = issued.revoked.take().is_some();
    let (invalidity, named): (Option<i64>, Option<i64>) = (row.get(19)?, row.get(22)?);
    if invalidity.is_some() && !revoked {
        return Ok(Some("The row of its certificate is not revoked and has an invalidity date.".into()));
    }
    part.counts.named += u64::from(named.is_some());
    if let Some(id) = issued.request {
        part.decisions.insert(id.0, (entry, false));
    }
    let (sha, known) = (issued.sha256, issued.is_known());
    written.clear();
    let here = what == "certificate issued";
    let fact = if here {
        Fact::CertificateIssued { issued, der: Der::default() }
    } else {
        Fact::CertificateRecorded { issued, der: Der::default() }
    };
    serde_json::to_writer(&mut *written, &fact).map_err(|e| Error::internal(e.to_string()))?;
    // How it came about stands behind the rest, and in the chain alone.
    let columns = written.strip_suffix(b"}}}").unwrap_or(written);
    let rest = told.strip_prefix(columns);
    if row.get(20) != Ok(entry) || !rest.is_some_and(|r| r == b"}}}" || r.starts_with(b",\"origin\":{")) {
        return Ok(Some(missing.into()));
    }
    if !here && !known {
        let none = row.get_ref(21)?.as_blob_or_null().is_ok_and(|der| der.is_none());
        return Ok((!none).then(|| "A certificate is stored that it does not tell of.".into()));
    }
    part.counts.stored += 1;
    let whole = row.get_ref(21)?.as_blob().is_ok_and(|der| sha256(der) == sha);
    Ok((!whole).then(|| "The stored certificate is not the one that it tells of.".into()))
}

/// Returns the request that an issued certificate answers, from the body of its entry.
///
/// Inside of a string every quote has a backslash before it, so that these bytes can only be the field itself.
pub(super) fn request_of(body: &[u8]) -> Option<u64> {
    const FIELD: &[u8] = b",\"request\":";
    let rest = body.get(memchr::memmem::find(body, FIELD)? + FIELD.len()..)?;
    let end = rest.iter().position(|b| !b.is_ascii_digit())?;
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}
