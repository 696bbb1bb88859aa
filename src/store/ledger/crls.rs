//! How the ledger is asked for CRLs, and for the revoked certificates that the next one carries. Writes nothing.

use rusqlite::{Connection, OptionalExtension, params};

use super::Listed;
use super::row::{CRL, crl, reason};
use super::sqlite::SqliteLedger;
use crate::model::bytes::Der;
use crate::model::certifier::CrlInfo;
use crate::model::error::Result;
use crate::model::time::Timestamp;

impl SqliteLedger {
    /// Returns the latest complete CRL of each certifier that has one, by name.
    pub fn crls(&self) -> Result<Vec<(String, CrlInfo)>> {
        let sql = format!(
            "SELECT {CRL}, certifier, max(number),
               (SELECT max(this_update) FROM crl AS other WHERE other.certifier = crl.certifier
                  AND other.immediate = 0 AND other.base IS NULL AND other.partition = 0),
               (SELECT next_update FROM crl AS other WHERE other.certifier = crl.certifier
                  AND other.base IS NOT NULL ORDER BY other.number DESC LIMIT 1)
             FROM crl WHERE base IS NULL AND partition = 0 GROUP BY certifier ORDER BY certifier"
        );
        let mut query = self.connection.prepare_cached(&sql)?;
        let rows = query.query_map([], |r| {
            let [regular, delta] = [r.get::<_, Option<i64>>(10)?, r.get(11)?].map(|at| at.map(Timestamp));
            Ok((r.get(8)?, CrlInfo { regular, delta, ..crl(r)? }))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// Returns the highest CRL number that a certifier ever intended or issued.
pub(super) fn last_number(connection: &Connection, certifier: &str) -> Result<u64> {
    let mut query = connection.prepare_cached(
        "SELECT max(coalesce((SELECT max(number) FROM intent WHERE certifier = ?1 AND number IS NOT NULL), 0),
                    coalesce((SELECT max(number) FROM crl WHERE certifier = ?1), 0))",
    )?;
    Ok(query.query_row([certifier], |r| r.get(0))?)
}

/// Returns the latest complete CRL of a certifier.
pub(super) fn latest(connection: &Connection, certifier: &str) -> Result<Option<Der>> {
    let mut query = connection.prepare_cached(
        "SELECT der FROM crl WHERE certifier = ? AND base IS NULL AND partition = 0
             ORDER BY number DESC LIMIT 1",
    )?;
    Ok(query.query_row([certifier], |r| r.get(0)).optional()?.map(Der))
}

/// Returns the CRLs that peers are to have now.
pub(super) fn current(connection: &Connection, certifier: &str) -> Result<Vec<(CrlInfo, Der)>> {
    let sql = format!(
        "SELECT {CRL}, der FROM crl WHERE certifier = ?1 AND number IN (
           SELECT max(number) FROM crl WHERE certifier = ?1 GROUP BY base IS NULL, partition) ORDER BY partition, base"
    );
    let mut query = connection.prepare_cached(&sql)?;
    let rows = query.query_map([certifier], |r| Ok((crl(r)?, Der(r.get(8)?))))?;
    let mut all: Vec<(CrlInfo, Der)> = rows.collect::<Result<_, _>>()?;
    let complete = all.iter().find(|(c, _)| c.base.is_none() && c.partition == 0).map(|(c, _)| c.clone());
    if let Some(complete) = complete {
        // A part is signed right after the complete list; an older one is of a time when there were more of them.
        all.retain(|(c, _)| match c.base {
            Some(base) => base == complete.number,
            None => c.partition == 0 || c.number > complete.number,
        });
    }
    Ok(all)
}

/// Returns the latest CRLs of a certifier with their sizes, the newest first.
pub(super) fn register(
    connection: &Connection,
    certifier: &str,
    limit: usize,
) -> Result<Vec<(CrlInfo, u64)>> {
    let sql = format!("SELECT {CRL}, length(der) FROM crl WHERE certifier = ? ORDER BY number DESC LIMIT ?");
    let mut query = connection.prepare_cached(&sql)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = query.query_map(params![certifier, limit], |r| Ok((crl(r)?, r.get(8)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Calls `each` with what the next CRL of a certifier, or of a part of its certificates, carries.
pub(super) fn revoked(
    connection: &Connection,
    certifier: &str,
    part: u32,
    at: Timestamp,
    each: &mut dyn FnMut(Listed<'_>) -> Result<()>,
) -> Result<()> {
    // Whatever had not ended when the latest regular CRL was made has not stood on one that was made after its end.
    let mut latest = connection.prepare_cached(
        "SELECT this_update FROM crl
         WHERE certifier = ? AND partition = ? AND immediate = 0 AND base IS NULL ORDER BY number DESC LIMIT 1",
    )?;
    let latest: Option<i64> = latest.query_row(params![certifier, part], |r| r.get(0)).optional()?;
    let since = latest.map_or(at.0, |latest| latest.min(at.0));
    // Each is read from the index alone.
    let sql = format!(
        "SELECT serial, revoked_at, reason, invalidity FROM issued INDEXED BY issued_listed
         WHERE certifier = ?1 AND revoked_at IS NOT NULL AND (not_after >= ?2 OR revoked_at >= ?2) {} ORDER BY serial",
        if part == 0 { "" } else { "AND partition = ?3" }
    );
    let mut query = connection.prepare_cached(&sql)?;
    let mut rows = match part {
        0 => query.query(params![certifier, since])?,
        part => query.query(params![certifier, since, part])?,
    };
    while let Some(row) = rows.next()? {
        each(Listed {
            serial: row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?,
            at: Timestamp(row.get(1)?),
            reason: Some(reason(row.get(2)?, 2)?),
            invalidity: row.get::<_, Option<i64>>(3)?.map(Timestamp),
        })?;
    }
    Ok(())
}

/// Calls `each` with what a delta CRL to the complete CRL of this number carries.
pub(super) fn revoked_since(
    ledger: &SqliteLedger,
    certifier: &str,
    base: u64,
    each: &mut dyn FnMut(Listed<'_>) -> Result<()>,
) -> Result<()> {
    let mut entry =
        ledger.connection.prepare_cached("SELECT entry FROM crl WHERE certifier = ? AND number = ?")?;
    let entry: u64 = entry.query_row(params![certifier, base], |r| r.get(0))?;
    let mut query = ledger.connection.prepare_cached(
        "SELECT revoked_at, reason, invalidity FROM issued WHERE certifier = ? AND serial = ?",
    )?;
    for (serial, at) in ledger.touched(certifier, entry)? {
        let row = query.query_row(params![certifier, serial.0], |r| {
            Ok((r.get::<_, Option<i64>>(0)?, r.get::<_, Option<u8>>(1)?, r.get::<_, Option<i64>>(2)?))
        })?;
        each(Listed {
            serial: &serial.0,
            at: row.0.map_or(at, Timestamp),
            reason: row.1.map(|code| reason(code, 1)).transpose()?,
            invalidity: row.2.map(Timestamp),
        })?;
    }
    Ok(())
}
