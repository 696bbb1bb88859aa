//! How the ledger is asked: every reading call of the console. Writes nothing.

use rusqlite::{Connection, OptionalExtension, params};

use super::record::Meta;
use super::row::{BESIDE, ISSUED, build_request, entry, whole};
use super::sqlite::SqliteLedger;
use super::{Entry, Ledger, Listed, Order, Verified, crls, scan};
use crate::model::Generation;
use crate::model::audit::{Head, Line};
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certifier::CrlInfo;
use crate::model::document::Sort;
use crate::model::error::{Error, Result};
use crate::model::issued::{Issued, Reason};
use crate::model::request::{Request, RequestId};
use crate::model::time::Timestamp;
use crate::pki::signer::Signing;
use crate::store::columns;

impl SqliteLedger {
    pub(super) fn meta(&self) -> Result<Meta> {
        Meta::read(&self.connection)
    }

    /// Returns how many certificates were issued, how many of them are revoked, and the number of the next request,
    /// which is 1 in a new ledger.
    pub fn counts(&self) -> Result<(u64, u64, u64)> {
        let meta = self.meta()?;
        Ok((meta.issued, meta.revoked, meta.next_request))
    }

    /// Returns every open request, in the order of their numbers.
    pub fn open_requests(&self) -> Result<Vec<Request>> {
        self.requests_where("open = 1 ORDER BY id", params![])
    }

    /// Returns the latest closed requests, highest number first.
    pub fn closed_requests(&self, limit: usize) -> Result<Vec<Request>> {
        self.requests(None, Some(false), limit)
    }

    /// Calls `each` with the entries of a condition, the newest first, until it returns false.
    fn entries_where(&self, condition: &str, each: &mut dyn FnMut(Entry) -> bool) -> Result<()> {
        let mut query = self.connection.prepare_cached(&format!(
            "SELECT number, at, operator, what, body, hash FROM audit WHERE {condition} ORDER BY number DESC"
        ))?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            if !each(entry(row)?) {
                break;
            }
        }
        Ok(())
    }

    /// Builds requests from the audit entries that tell of them: the receipt, and what came after it.
    fn requests_where(&self, condition: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Request>> {
        let sql = format!("SELECT id, received FROM request WHERE {condition}");
        let mut query = self.connection.prepare_cached(&sql)?;
        let rows = query.query_map(values, |r| Ok((r.get(0)?, r.get(1)?)))?;
        let told = "SELECT entry FROM request_entry WHERE request = ? ORDER BY entry";
        let mut told = self.connection.prepare_cached(told)?;
        let mut body = self.connection.prepare_cached("SELECT body FROM audit WHERE number = ?")?;
        let renamed = self.renamed()?;
        rows.map(|row| {
            let (id, received): (i64, i64) = row?;
            let entries = told.query_map([id], |r| r.get(0))?.collect::<Result<Vec<i64>, _>>()?;
            let mut request = build_request(&mut body, received, &entries)?;
            // What the receipt says is the name that the keyring had then.
            for (_, from, to) in renamed.iter().filter(|(entry, ..)| *entry > received) {
                if request.keyring.as_ref() == Some(from) {
                    request.keyring = Some(to.clone());
                }
            }
            Ok(request)
        })
        .collect()
    }

    fn issued_where(&self, condition: &str, values: &[&dyn rusqlite::ToSql]) -> Result<Vec<Issued>> {
        let sql = format!("SELECT {ISSUED}, {BESIDE} FROM issued WHERE {condition} ORDER BY id");
        let mut query = self.connection.prepare_cached(&sql)?;
        let rows = query.query_map(values, whole)?;
        let mut found: Vec<Issued> = rows.collect::<Result<_, _>>()?;
        found.iter_mut().try_for_each(|row| self.name_later(row))?;
        Ok(found)
    }

    /// Names the certificate that has taken the place of one.
    fn name_later(&self, row: &mut Issued) -> Result<()> {
        if let Some(later) = &mut row.later {
            let mut query =
                self.connection.prepare_cached("SELECT certifier, serial FROM issued WHERE id = ?")?;
            (later.certifier, later.serial) =
                query.query_row([later.id], |r| Ok((r.get(0)?, Serial(r.get(1)?))))?;
        }
        Ok(())
    }

    /// Adds the certificate, which is empty when it is not known.
    fn with_der(&self, row: Issued) -> Result<(Issued, Der)> {
        let mut query = self.connection.prepare_cached("SELECT der FROM der WHERE id = ?")?;
        let der = query.query_row([row.id], |r| r.get(0)).optional()?;
        Ok((row, Der(der.unwrap_or_default())))
    }
}

impl Ledger for SqliteLedger {
    fn generation(&self) -> Result<Generation> {
        Ok(self.meta()?.generation)
    }

    fn intend(&mut self, certifier: &str, now: Timestamp, work: &[(Signing, Digest)]) -> Result<()> {
        self.record_intents(certifier, now, work)
    }

    fn last_crl_number(&self, certifier: &str) -> Result<u64> {
        crls::last_number(&self.connection, certifier)
    }

    fn crl(&self, certifier: &str) -> Result<Option<Der>> {
        crls::latest(&self.connection, certifier)
    }

    fn current_crls(&self, certifier: &str) -> Result<Vec<(CrlInfo, Der)>> {
        crls::current(&self.connection, certifier)
    }

    fn crl_register(&self, certifier: &str, limit: usize) -> Result<Vec<(CrlInfo, u64)>> {
        crls::register(&self.connection, certifier, limit)
    }

    fn revoked(
        &self,
        certifier: &str,
        part: u32,
        at: Timestamp,
        each: &mut dyn FnMut(Listed<'_>) -> Result<()>,
    ) -> Result<()> {
        crls::revoked(&self.connection, certifier, part, at, each)
    }

    fn revoked_since(
        &self,
        certifier: &str,
        base: u64,
        each: &mut dyn FnMut(Listed<'_>) -> Result<()>,
    ) -> Result<()> {
        crls::revoked_since(self, certifier, base, each)
    }

    fn issued_ids(&self, order: Order) -> Result<Vec<u32>> {
        scan::ids(self, order)
    }

    fn issued_ending(&self, from: Timestamp, to: Timestamp) -> Result<Vec<u32>> {
        scan::ending(&self.connection, from, to)
    }

    fn issued_rows(&self, ids: &[u32]) -> Result<Vec<Issued>> {
        let sql = format!("SELECT {ISSUED}, {BESIDE} FROM issued WHERE id = ?");
        let mut query = self.connection.prepare_cached(&sql)?;
        let mut found = Vec::with_capacity(ids.len());
        for id in ids {
            found.extend(query.query_row([id], whole).optional()?);
        }
        found.iter_mut().try_for_each(|row| self.name_later(row))?;
        Ok(found)
    }

    fn issued_texts(&self, after: u32, each: &mut dyn FnMut(u32, &str)) -> Result<()> {
        scan::texts(&self.connection, after, each)
    }

    fn issued_columns(&self, after: u32, each: &mut dyn FnMut(columns::Row<'_>)) -> Result<()> {
        scan::columns(&self.connection, after, each)
    }

    fn issued_revoked(&self) -> Result<Vec<(u32, Reason)>> {
        scan::revoked(&self.connection)
    }

    fn issued_superseded(&self) -> Result<Vec<u32>> {
        scan::superseded(&self.connection)
    }

    fn issued_before(&self, subject: &str, alt_names: &str) -> Result<Option<u64>> {
        before(&self.connection, subject, alt_names)
    }

    fn issued_sharing(&self, also: &[Digest]) -> Result<Vec<u32>> {
        scan::sharing(&self.connection, also)
    }

    fn issued_by_serial(&self, certifier: &str, serial: &Serial) -> Result<Option<(Issued, Der)>> {
        // A person may type the number without the leading zero octet that DER has, or with more of them.
        let short: &[u8] = match serial.0.iter().position(|b| *b != 0) {
            Some(first) => &serial.0[first..],
            None => &[0],
        };
        let with_zero = [&[0], short].concat();
        let certifiers = if certifier.is_empty() { self.issuing()? } else { vec![certifier.to_owned()] };
        let mut found = Vec::new();
        for certifier in &certifiers {
            let values = params![certifier, serial.0, short, with_zero];
            found.extend(self.issued_where("certifier = ? AND serial IN (?, ?, ?)", values)?);
        }
        if found.len() > 1 {
            return Err(Error::usage(format!(
                "More than one certifier has issued the serial number {serial}."
            ))
            .why(format!("They are {}.", certifiers.join(", ")))
            .next("Name the certifier as well."));
        }
        found.pop().map(|row| self.with_der(row)).transpose()
    }

    fn issued_by_sha256(&self, sha256: &Digest) -> Result<Option<(Issued, Der)>> {
        if *sha256 == Digest::default() {
            return Ok(None);
        }
        self.issued_where("substr(sha256, 1, 8) = substr(?1, 1, 8) AND sha256 = ?1", params![sha256.0])?
            .pop()
            .map(|row| self.with_der(row))
            .transpose()
    }

    fn issued_by_key(&self, key_sha256: &Digest) -> Result<Vec<Issued>> {
        let condition = "substr(key_sha256, 1, 8) = substr(?1, 1, 8) AND key_sha256 = ?1";
        self.issued_where(condition, params![key_sha256.0])
    }

    fn issued_latest(&self, certifier: &str, subject: &str) -> Result<Option<Der>> {
        let mut query = self.connection.prepare_cached(
            "SELECT der FROM der WHERE id = (SELECT id FROM issued INDEXED BY issued_subject \
             WHERE subject = ? AND certifier = ? ORDER BY id DESC LIMIT 1)",
        )?;
        let der: Option<Vec<u8>> = query.query_row([subject, certifier], |r| r.get(0)).optional()?;
        Ok(der.filter(|der| !der.is_empty()).map(Der))
    }

    fn request(&self, id: RequestId) -> Result<Option<Request>> {
        Ok(self.requests_where("id = ?", params![id.0])?.pop())
    }

    fn requests(&self, before: Option<RequestId>, open: Option<bool>, limit: usize) -> Result<Vec<Request>> {
        let before = before.map_or(i64::MAX.unsigned_abs(), |id| id.0);
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        match open {
            None => self.requests_where("id < ? ORDER BY id DESC LIMIT ?", params![before, limit]),
            Some(open) => self
                .requests_where("open = ? AND id < ? ORDER BY id DESC LIMIT ?", params![open, before, limit]),
        }
    }

    fn request_by_pickup(&self, pickup: &str) -> Result<Option<Request>> {
        Ok(self.requests_where("pickup = ? ORDER BY id DESC LIMIT 1", params![pickup])?.pop())
    }

    fn requests_by_sha256(&self, sha256: &Digest) -> Result<Vec<Request>> {
        self.requests_where("sha256 = ? ORDER BY id DESC", params![sha256.0])
    }

    fn audit(&self, from: u64, limit: usize) -> Result<Vec<Entry>> {
        let mut query = self.connection.prepare_cached(
            "SELECT number, at, operator, what, body, hash FROM audit WHERE number >= ? ORDER BY number LIMIT ?",
        )?;
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let rows = query.query_map(params![from, limit], entry)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn keyring_entries(&self, each: &mut dyn FnMut(Entry) -> bool) -> Result<()> {
        // The condition is that of the index `audit_keyring`.
        self.entries_where(
            "what IN ('keyring created', 'keyring changed', 'keyring renamed', 'keyring deleted')",
            each,
        )
    }

    fn document_entries(&self, sort: Sort, each: &mut dyn FnMut(Entry) -> bool) -> Result<()> {
        // The conditions are those of the indexes `audit_profile` and `audit_document`.
        let condition = match sort {
            Sort::Profile => "what IN ('profile saved', 'profile deleted')",
            Sort::Site | Sort::Server | Sort::Person => {
                "what IN ('site saved', 'site deleted', 'server saved', 'server deleted', 'person saved', 'person deleted')"
            }
        };
        self.entries_where(condition, each)
    }

    fn head(&self) -> Result<Head> {
        let mut query = self
            .connection
            .prepare_cached("SELECT number, at, hash FROM audit ORDER BY number DESC LIMIT 1")?;
        let head = query.query_row([], |r| {
            Ok(Head { number: r.get(0)?, at: Timestamp(r.get(1)?), hash: Digest(r.get(2)?) })
        });
        Ok(head.optional()?.unwrap_or_default())
    }

    fn audit_onward(&self, from: u64, each: &mut dyn FnMut(&Line<'_>) -> bool) -> Result<()> {
        self.walk("number >= ? ORDER BY number", from, each)
    }

    fn audit_back(&self, before: u64, each: &mut dyn FnMut(&Line<'_>) -> bool) -> Result<()> {
        // SQLite counts with a sign.
        let before = before.min(i64::MAX.unsigned_abs());
        self.walk("number < ? ORDER BY number DESC", before, each)
    }

    fn audit_of_hash(&self, hash: &Digest) -> Result<Option<u64>> {
        let mut query = self.connection.prepare_cached("SELECT number FROM audit WHERE hash = ?")?;
        Ok(query.query_row([hash.0], |r| r.get(0)).optional()?)
    }

    fn verify_audit(&self) -> Result<Verified> {
        super::audit::verify(self, true)
    }

    fn verify_chain(&self) -> Result<Verified> {
        super::audit::verify(self, false)
    }
}

impl SqliteLedger {
    /// Calls `each` with audit entries without copying their bodies.
    fn walk(&self, condition: &str, number: u64, each: &mut dyn FnMut(&Line<'_>) -> bool) -> Result<()> {
        let sql = format!("SELECT number, at, operator, what, body, hash FROM audit WHERE {condition}");
        let mut query = self.connection.prepare_cached(&sql)?;
        let mut rows = query.query([number])?;
        while let Some(row) = rows.next()? {
            let text = |column| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
            let line = Line {
                number: row.get(0)?,
                at: Timestamp(row.get(1)?),
                operator: text(2)?,
                what: text(3)?,
                body: text(4)?,
                hash: Digest(row.get(5)?),
            };
            if !each(&line) {
                break;
            }
        }
        Ok(())
    }

    /// Returns the certifiers that have issued anything, one index step each.
    fn issuing(&self) -> Result<Vec<String>> {
        let mut next = self
            .connection
            .prepare_cached("SELECT certifier FROM issued WHERE certifier > ? ORDER BY certifier LIMIT 1")?;
        let mut found: Vec<String> = Vec::new();
        let mut last = String::new();
        while let Some(name) = next.query_row([&last], |r| r.get::<_, String>(0)).optional()? {
            last.clone_from(&name);
            found.push(name);
        }
        Ok(found)
    }
}

/// Finds the latest certificate with a subject and names.
pub(super) fn before(connection: &Connection, subject: &str, alt_names: &str) -> Result<Option<u64>> {
    if subject.is_empty() && alt_names.is_empty() {
        return Ok(None);
    }
    // The latest few of that subject are looked at: where it has thousands, the names tell nothing any more.
    let mut query = connection.prepare_cached(
        "SELECT id FROM (SELECT id, alt_names FROM issued INDEXED BY issued_subject WHERE subject = ?
                         ORDER BY id DESC LIMIT 64) WHERE alt_names = ? ORDER BY id DESC LIMIT 1",
    )?;
    Ok(query.query_row([subject, alt_names], |r| r.get(0)).optional()?)
}
