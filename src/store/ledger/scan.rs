//! How the issued list is read as a whole, from its smallest indexes: ids in an order, texts, numbers. Writes nothing.

use rusqlite::{Connection, params};

use super::Order;
use super::row::reason;
use super::sqlite::SqliteLedger;
use crate::model::bytes::Digest;
use crate::model::error::Result;
use crate::model::issued::Reason;
use crate::model::time::Timestamp;
use crate::store::columns::{self, PART};

/// Returns the ids of the whole list in an order.
pub(super) fn ids(ledger: &SqliteLedger, order: Order) -> Result<Vec<u32>> {
    // Each order is read from the index that has it; the order of signing from the smallest index and sorted here,
    // for the table itself is many times larger.
    let sql = match order {
        Order::Issued => "SELECT id FROM issued INDEXED BY issued_ends",
        Order::Ends => "SELECT id FROM issued INDEXED BY issued_ends ORDER BY not_after, id",
        Order::Subject => "SELECT id FROM issued INDEXED BY issued_subject ORDER BY subject, id",
        Order::Serial => "SELECT id FROM issued INDEXED BY issued_serial ORDER BY certifier, serial",
        // These have no index: they are asked for rarely, and each index makes every issue slower.
        Order::Names => "SELECT id FROM issued ORDER BY alt_names, id",
        Order::Key => "SELECT id FROM issued ORDER BY key, id",
        Order::Verdict(_) => {
            "SELECT id FROM issued ORDER BY CASE WHEN revoked_at IS NOT NULL THEN 4 WHEN ?1 < not_before THEN 2
             WHEN ?1 > not_after THEN 0 WHEN not_after < ?2 THEN 1 ELSE 3 END, not_after, id"
        }
    };
    let mut ids = Vec::with_capacity(usize::try_from(ledger.meta()?.issued).unwrap_or_default());
    let mut query = ledger.connection.prepare_cached(sql)?;
    let mut rows = match order {
        Order::Verdict(at) => query.query(params![at.now.0, at.now.plus_days(at.soon).0])?,
        _ => query.query([])?,
    };
    while let Some(row) = rows.next()? {
        ids.push(row.get(0)?);
    }
    drop(rows);
    if order == Order::Issued {
        ids.sort_unstable();
    }
    Ok(ids)
}

/// Returns the ids of what is not revoked and ends between two moments.
pub(super) fn ending(connection: &Connection, from: Timestamp, to: Timestamp) -> Result<Vec<u32>> {
    // Both halves are read from an index alone.
    let mut query = connection.prepare_cached(
        "SELECT id FROM issued INDEXED BY issued_ends WHERE not_after BETWEEN ? AND ?
         EXCEPT SELECT id FROM issued INDEXED BY issued_listed WHERE revoked_at IS NOT NULL",
    )?;
    let rows = query.query_map(params![from.0, to.0], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the ids of what is revoked, with the reasons.
pub(super) fn revoked(connection: &Connection) -> Result<Vec<(u32, Reason)>> {
    let mut query = connection.prepare_cached(
        "SELECT id, reason FROM issued INDEXED BY issued_listed WHERE revoked_at IS NOT NULL",
    )?;
    let rows = query.query_map([], |r| Ok((r.get(0)?, reason(r.get(1)?, 1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the ids of what another certificate has taken the place of.
pub(super) fn superseded(connection: &Connection) -> Result<Vec<u32>> {
    let mut query = connection.prepare_cached(
        "SELECT supersedes FROM issued INDEXED BY issued_supersedes WHERE supersedes IS NOT NULL",
    )?;
    let rows = query.query_map([], |r| r.get(0))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Returns the ids of what has the key of another certificate, or one of `also`.
pub(super) fn sharing(connection: &Connection, also: &[Digest]) -> Result<Vec<u32>> {
    // Both are read from the index alone, in its order.
    let mut query = connection.prepare_cached(
        "SELECT substr(key_sha256, 1, 8), id FROM issued INDEXED BY issued_key ORDER BY substr(key_sha256, 1, 8)",
    )?;
    let mut rows = query.query([])?;
    let mut found = Vec::new();
    let mut run: ([u8; 8], Vec<u32>) = ([0; 8], Vec::new());
    let mut close = |(key, ids): &mut ([u8; 8], Vec<u32>)| {
        // Where the certificate is not known, its key is not either.
        let known = *key != [0; 8];
        if known && ids.len() > 1 || also.iter().any(|digest| digest.0.starts_with(key)) {
            found.append(ids);
        }
        ids.clear();
    };
    while let Some(row) = rows.next()? {
        let key: [u8; 8] = row.get(0)?;
        if key != run.0 {
            close(&mut run);
            run.0 = key;
        }
        run.1.push(row.get(1)?);
    }
    close(&mut run);
    Ok(found)
}

/// Calls `each` with id and searchable text of what came after an id.
pub(super) fn texts(connection: &Connection, after: u32, each: &mut dyn FnMut(u32, &str)) -> Result<()> {
    let mut query = connection.prepare_cached(
        "SELECT id, certifier, hex(serial), subject, alt_names FROM issued WHERE id > ? ORDER BY id",
    )?;
    let mut rows = query.query([after])?;
    let mut text = String::new();
    while let Some(row) = rows.next()? {
        text.clear();
        for column in 1..5 {
            if column > 1 {
                text.push(PART);
            }
            text.push_str(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?);
        }
        if text.is_ascii() {
            text.make_ascii_lowercase();
        } else {
            text = text.to_lowercase();
        }
        each(row.get(0)?, &text);
    }
    Ok(())
}

/// Calls `each` with the numbers of what came after an id.
pub(super) fn columns(
    connection: &Connection,
    after: u32,
    each: &mut dyn FnMut(columns::Row<'_>),
) -> Result<()> {
    let mut query = connection.prepare_cached(
        "SELECT id, certifier, key, profile, operator, approver, not_before, not_after, at, request FROM issued
         WHERE id > ? ORDER BY id",
    )?;
    let mut rows = query.query([after])?;
    while let Some(row) = rows.next()? {
        let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        each(columns::Row {
            id: row.get(0)?,
            kind: [text(1)?, text(2)?, text(3)?, text(4)?, text(5)?],
            not_before: Timestamp(row.get(6)?),
            not_after: Timestamp(row.get(7)?),
            at: Timestamp(row.get(8)?),
            request: row.get(9)?,
        });
    }
    Ok(())
}
