//! How rows of the ledger become nouns: the columns that are read, and what they say. Asks nothing itself.

use rusqlite::types::Type;
use rusqlite::{CachedStatement, Row};
use serde::Deserialize;

use super::Entry;
use crate::model::bytes::{Digest, Serial};
use crate::model::certifier::CrlInfo;
use crate::model::change::Fact;
use crate::model::error::{Error, Result};
use crate::model::issued::{Issued, Named, Origin, Reason, Revocation};
use crate::model::request::{Request, RequestId};
use crate::model::time::Timestamp;

/// The columns of [`issued`], in its order.
pub(super) const ISSUED: &str = "id, certifier, serial, subject, alt_names, not_before, not_after, key, key_sha256, \
     sha256, request, profile, at, operator, revoked_at, reason, approver, partition, supersedes, invalidity";

/// The columns of [`crl`], in its order.
pub(super) const CRL: &str = "number, this_update, next_update, entries, sha256, immediate, base, partition";

/// What [`whole`] reads behind the columns of [`issued`]: how it came about, what was last said of its revocation, the
/// certificates before and after it, and the first CRL that was signed since it is revoked as it is.
pub(super) const BESIDE: &str = "(SELECT body FROM audit WHERE number = issued.entry), \
     (SELECT body FROM audit WHERE number = issued.revocation), \
     (SELECT certifier FROM issued AS other WHERE other.id = issued.supersedes), \
     (SELECT serial FROM issued AS other WHERE other.id = issued.supersedes), \
     (SELECT max(id) FROM issued AS other INDEXED BY issued_supersedes WHERE other.supersedes = issued.id), \
     CASE WHEN revoked_at IS NOT NULL THEN (SELECT number FROM crl WHERE crl.certifier = issued.certifier \
       AND crl.entry > coalesce(issued.revocation, issued.entry) AND crl.partition IN (0, issued.partition) \
       ORDER BY crl.entry LIMIT 1) END";

/// Reads a row of an audit entry.
pub(super) fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    Ok(Entry {
        number: row.get(0)?,
        at: Timestamp(row.get(1)?),
        operator: row.get(2)?,
        what: row.get(3)?,
        body: row.get(4)?,
        hash: Digest(row.get(5)?),
    })
}

/// Reads a row of the columns [`ISSUED`].
pub(super) fn issued(row: &Row<'_>) -> rusqlite::Result<Issued> {
    Ok(Issued {
        id: row.get(0)?,
        certifier: row.get(1)?,
        serial: Serial(row.get(2)?),
        subject: row.get(3)?,
        alt_names: row.get(4)?,
        not_before: Timestamp(row.get(5)?),
        not_after: Timestamp(row.get(6)?),
        key: row.get(7)?,
        key_sha256: Digest(row.get(8)?),
        sha256: Digest(row.get(9)?),
        request: row.get::<_, Option<u64>>(10)?.map(RequestId),
        profile: row.get(11)?,
        at: Timestamp(row.get(12)?),
        by: row.get(13)?,
        revoked: revocation(row, [14, 15, 19])?,
        approver: row.get(16)?,
        partition: row.get(17)?,
        supersedes: row.get(18)?,
        origin: Origin::default(),
        earlier: None,
        later: None,
        listed: None,
    })
}

/// Reads a row of the columns [`ISSUED`] and [`BESIDE`].
pub(super) fn whole(row: &Row<'_>) -> rusqlite::Result<Issued> {
    let mut issued = issued(row)?;
    let body = row.get_ref(20)?.as_str_or_null()?.unwrap_or_default();
    issued.origin = origin(body).map_err(|e| unreadable(20, e))?;
    if let (Some(revoked), Some(body)) = (&mut issued.revoked, row.get_ref(21)?.as_str_or_null()?) {
        told_by(revoked, body).map_err(|e| unreadable(21, e))?;
    }
    if let (Some(id), Some(certifier)) = (issued.supersedes, row.get::<_, Option<String>>(22)?) {
        issued.earlier = Some(Named { id, certifier, serial: Serial(row.get(23)?) });
    }
    issued.listed = row.get(25)?;
    let later: Option<u64> = row.get(24)?;
    issued.later = later.map(|id| Named { id, certifier: String::new(), serial: Serial::default() });
    Ok(issued)
}

/// Reads a revocation from the columns of its time, its reason and the date of invalidity. Who decided it is told by the
/// audit chain ([`told_by`]).
pub(super) fn revocation(row: &Row<'_>, columns: [usize; 3]) -> rusqlite::Result<Option<Revocation>> {
    let [at, why, invalidity] = columns;
    let Some(at) = row.get(at)? else { return Ok(None) };
    Ok(Some(Revocation {
        at: Timestamp(at),
        reason: reason(row.get(why)?, why)?,
        invalidity: row.get::<_, Option<i64>>(invalidity)?.map(Timestamp),
        by: String::new(),
        comment: String::new(),
    }))
}

/// Reads how a certificate came about from the body of its audit entry, where it stands last.
pub(super) fn origin(body: &str) -> serde_json::Result<Origin> {
    // Within a text the quotes would be escaped, so that this stands nowhere else.
    let Some((_, rest)) = body.rsplit_once(",\"origin\":") else { return Ok(Origin::default()) };
    // Behind it close the record, the fact and the whole.
    serde_json::from_str(rest.strip_suffix("}}}").unwrap_or_default())
}

/// Adds who decided a revocation, from the body of its audit entry.
pub(super) fn told_by(revoked: &mut Revocation, body: &str) -> serde_json::Result<()> {
    if let Fact::CertificateRevoked { by, comment, .. } | Fact::RevocationChanged { by, comment, .. } =
        read_fact(body)?
    {
        (revoked.by, revoked.comment) = (by, comment);
    }
    Ok(())
}

pub(super) fn unreadable(column: usize, error: serde_json::Error) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, error.into())
}

/// Reads a row of the columns [`CRL`].
pub(super) fn crl(row: &Row<'_>) -> rusqlite::Result<CrlInfo> {
    Ok(CrlInfo {
        number: row.get(0)?,
        this_update: Timestamp(row.get(1)?),
        next_update: Timestamp(row.get(2)?),
        entries: row.get(3)?,
        sha256: Digest(row.get(4)?),
        immediate: row.get(5)?,
        base: row.get(6)?,
        partition: row.get(7)?,
        regular: None,
        delta: None,
    })
}

/// Reads a reason code from a column of this number.
pub(super) fn reason(code: u8, column: usize) -> rusqlite::Result<Reason> {
    Reason::from_code(code).ok_or_else(|| {
        let why = format!("{code} is not a reason code");
        rusqlite::Error::FromSqlConversionFailure(column, Type::Integer, why.into())
    })
}

/// Reads a request from the bodies of its audit entries.
pub(super) fn build_request(
    body: &mut CachedStatement<'_>,
    received: i64,
    entries: &[i64],
) -> Result<Request> {
    let mut fact = |number: i64| -> Result<Fact> {
        let mut rows = body.query([number])?;
        let row = rows.next()?.ok_or_else(|| damaged(number, "it is missing"))?;
        let text = row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?;
        read_fact(text).map_err(|e| damaged(number, &e.to_string()))
    };
    let Fact::RequestReceived { mut request } = fact(received)? else {
        return Err(damaged(received, "it is not the receipt of a request"));
    };
    for number in entries {
        let fact = fact(*number)?;
        if fact.of_request() != Some(request.id) {
            return Err(damaged(*number, "it does not tell of this request"));
        }
        request.apply(&fact);
    }
    Ok(request)
}

/// Reads the body of an audit entry.
pub(super) fn read_fact(text: &str) -> serde_json::Result<Fact> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let fact = Fact::deserialize(&mut reader)?;
    reader.end()?;
    Ok(fact)
}

pub(super) fn damaged(number: i64, why: &str) -> Error {
    Error::damaged("The audit chain does not hold what the queue of requests names.")
        .why(format!("Audit entry {number}: {why}."))
        .next(super::schema::RESTORE)
}
