//! The audit chain: how an entry is hashed, and how the chain is verified part by part. Changes nothing. docs/audit.md
//! says how to verify it without this program.

mod told;

use std::collections::HashMap;
use std::ops::RangeInclusive;

use aws_lc_rs::digest;
use rusqlite::{Connection, OptionalExtension, Row, Rows, params};

use self::told::{check_issued, check_told, request_of};
use super::Verified;
use super::record::Meta;
use super::row::ISSUED;
use super::schema;
use super::sqlite::SqliteLedger;
use crate::model::bytes::{Digest, hex};
use crate::model::error::{Error, Result};

/// Returns the SHA-256 of some bytes.
pub(in crate::store) fn sha256(bytes: &[u8]) -> Digest {
    let mut out = Digest::default();
    out.0.copy_from_slice(digest::digest(&digest::SHA256, bytes).as_ref());
    out
}

/// Returns the hash of an audit entry: SHA-256 over the line of `previous` in hexadecimal, number, time in seconds,
/// operator, word and body, separated by tabs and ended by a line feed. Before the first entry `previous` is zero.
pub fn entry_hash(
    previous: &Digest,
    number: u64,
    at: i64,
    operator: &str,
    what: &str,
    body: &[u8],
) -> Digest {
    line_hash(&mut Vec::new(), previous, number, at, operator, what, body)
}

fn line_hash(
    line: &mut Vec<u8>,
    previous: &Digest,
    number: u64,
    at: i64,
    operator: &str,
    what: &str,
    body: &[u8],
) -> Digest {
    line.clear();
    line.extend_from_slice(hex(&previous.0).as_bytes());
    line.extend_from_slice(format!("\t{number}\t{at}\t{operator}\t{what}\t").as_bytes());
    line.extend_from_slice(body);
    line.push(b'\n');
    sha256(line)
}

/// The first audit entry that does not fit, and why.
type Broken = (u64, String);

/// The last decision on each request: the audit entry, and whether it left the request open.
type Decisions = HashMap<u64, (u64, bool)>;

/// How many entries of a kind the chain has; the tables must have as many rows.
#[derive(Default)]
struct Counts {
    issued: u64,
    /// Those whose certificate is stored.
    stored: u64,
    /// Revocations less releases.
    revoked: i64,
    /// Certificates of whose revocation something was said: the last word on each.
    spoken: u64,
    /// Rows that name the entry of such a last word.
    named: u64,
    crls: u64,
    requests: u64,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.issued += other.issued;
        self.stored += other.stored;
        self.revoked += other.revoked;
        self.spoken += other.spoken;
        self.named += other.named;
        self.crls += other.crls;
        self.requests += other.requests;
    }
}

/// A part of the chain as one thread has verified it.
struct Part {
    /// How many entries from its first one on are good.
    good: u64,
    /// The hash of the last good one.
    head: Digest,
    broken: Option<Broken>,
    counts: Counts,
    decisions: Decisions,
    /// Whether the issued list is compared as well.
    full: bool,
}

/// Reads the whole chain and every row of the tables that it speaks of, as they stand at this moment. Only when it is
/// `full` is each row of the issued list compared and each certificate hashed, which takes longer than everything else.
///
/// Each thread verifies a part: every entry names the hash of the one before it, so that the parts together are the
/// whole chain when each link holds.
pub(super) fn verify(ledger: &SqliteLedger, full: bool) -> Result<Verified> {
    // The snapshot is held while other connections read beside it: rows only ever are added, and those are left out.
    let snapshot = ledger.connection.unchecked_transaction()?;
    let meta = Meta::read(&snapshot)?;
    let workers =
        std::thread::available_parallelism().map_or(1, |n| u64::try_from(n.get()).unwrap_or(1)).clamp(1, 8);
    let share = meta.entries.div_ceil(workers).max(1);
    let shares = (0..workers).map(|n| (n * share + 1, ((n + 1) * share).min(meta.entries)));
    let readers = shares
        .filter(|(first, last)| first <= last)
        .map(|(first, last)| Ok((schema::open(&ledger.path, ledger.access.reading())?, first..=last)))
        .collect::<Result<Vec<_>>>()?;
    let parts = std::thread::scope(|scope| {
        let parts =
            readers.into_iter().map(|(c, numbers)| scope.spawn(move || check_part(&c, numbers, full)));
        let parts: Vec<_> = parts.collect();
        let joined = parts.into_iter().map(|thread| {
            thread.join().unwrap_or_else(|_| Err(Error::internal("Verifying stopped half-way.")))
        });
        joined.collect::<Result<Vec<_>>>()
    })?;
    let mut verified = Verified { entries: 0, head: Digest::default(), broken: None };
    let mut counts = Counts::default();
    let mut decisions = Decisions::new();
    for part in parts {
        verified.entries += part.good;
        verified.head = part.head;
        verified.broken = part.broken;
        if verified.broken.is_some() {
            return Ok(verified);
        }
        counts.add(&part.counts);
        decisions.extend(part.decisions);
    }
    let beyond = snapshot
        .prepare("SELECT 1 FROM audit WHERE number < 1 UNION ALL SELECT 1 FROM audit WHERE number > ?")?
        .exists([meta.entries])?;
    if beyond || verified.head != meta.head {
        let why = format!("The chain ends here, but {} entries were written.", meta.entries);
        verified.broken = Some((verified.entries, why));
    }
    if verified.broken.is_none() {
        verified.broken = check_totals(&snapshot, &meta, &verified, &counts, full)?;
    }
    if verified.broken.is_none() {
        verified.broken = check_requests(&snapshot, &decisions)?;
    }
    Ok(verified)
}

/// Checks numbers and hashes of some entries, and that the tables hold what they tell; stops at the first that is wrong.
fn check_part(connection: &Connection, numbers: RangeInclusive<u64>, full: bool) -> Result<Part> {
    let head = match numbers.start() {
        1 => Some(Digest::default()),
        first => connection
            .query_row("SELECT hash FROM audit WHERE number = ?", [first - 1], |r| Ok(Digest(r.get(0)?)))
            .optional()?,
    };
    // One that is missing there is named by the thread whose part it is in.
    let (head, counts) = (head.unwrap_or_default(), Counts::default());
    let mut part = Part { good: 0, head, broken: None, counts, decisions: Decisions::new(), full };
    let mut query = connection.prepare(
        "SELECT number, at, operator, what, body, hash FROM audit WHERE number BETWEEN ? AND ? ORDER BY number",
    )?;
    let mut rows = query.query(params![numbers.start(), numbers.end()])?;
    // The issued list is in the order of its entries, so that both are read side by side.
    let mut query = connection.prepare(&format!(
        "SELECT {ISSUED}, entry, (SELECT der FROM der WHERE id = issued.id), revocation FROM issued
         WHERE id >= (SELECT id FROM issued WHERE entry >= ? ORDER BY entry LIMIT 1) ORDER BY id"
    ))?;
    let mut issued = query.query([numbers.start()])?;
    let mut line = Vec::new();
    for number in numbers {
        let why = match rows.next()? {
            Some(row) => check_entry(connection, row, &mut issued, number, &mut part, &mut line)?,
            None => Some(format!("Entry {number} is missing.")),
        };
        if let Some(why) = why {
            part.broken = Some((number, why));
            break;
        }
        part.good += 1;
    }
    Ok(part)
}

/// Returns why an entry does not fit; else moves the head on. `issued` stands before the row of the next certificate.
fn check_entry(
    connection: &Connection,
    row: &Row<'_>,
    issued: &mut Rows<'_>,
    expected: u64,
    part: &mut Part,
    line: &mut Vec<u8>,
) -> Result<Option<String>> {
    let texts = (|| Some((row.get_ref(2).ok()?.as_str().ok()?, row.get_ref(3).ok()?.as_str().ok()?)))();
    let (Some((operator, what)), Ok(body), Ok(hash)) =
        (texts, row.get_ref(4)?.as_bytes(), row.get_ref(5)?.as_blob())
    else {
        return Ok(Some("It is not text.".into()));
    };
    let (number, at): (i64, i64) = (row.get(0)?, row.get(1)?);
    if u64::try_from(number) != Ok(expected) {
        return Ok(Some(format!("Entry {expected} is missing.")));
    }
    if operator.contains(['\t', '\n']) || what.contains(['\t', '\n']) {
        return Ok(Some("Its fields cannot be told apart.".into()));
    }
    let found = line_hash(line, &part.head, expected, at, operator, what, body);
    if found.0 != hash {
        return Ok(Some("Its hash does not fit its content and the entry before it.".into()));
    }
    let why = match what {
        "certificate issued" | "certificate recorded" => {
            part.counts.issued += 1;
            if part.full {
                check_issued(issued, expected, what, body, line, part)?
            } else {
                if let Some(id) = request_of(body) {
                    part.decisions.insert(id, (expected, false));
                }
                None
            }
        }
        "request received"
        | "request approved"
        | "request denied"
        | "request withdrawn"
        | "request expired"
        | "plan edited"
        | "signing failed"
        | "certificate revoked"
        | "revocation changed"
        | "certificate released"
        | "CRL issued" => {
            let Ok(told) = serde_json::from_slice(body) else {
                return Ok(Some("Its body cannot be read.".into()));
            };
            check_told(connection, told, expected, part)?
        }
        _ => None,
    };
    if why.is_none() {
        part.head = found;
    }
    Ok(why)
}

/// Checks that the tables hold no more and no less than the chain tells.
fn check_totals(
    snapshot: &Connection,
    meta: &Meta,
    verified: &Verified,
    told: &Counts,
    full: bool,
) -> Result<Option<Broken>> {
    let count = |sql: &str| -> Result<u64> { Ok(snapshot.query_row(sql, [], |r| r.get(0))?) };
    let revoked = u64::try_from(told.revoked).unwrap_or(u64::MAX);
    let pairs = [
        ("issued certificates", told.issued, count("SELECT count(*) FROM issued")?),
        ("issued certificates", told.issued, meta.issued),
        ("issued certificates", told.issued, count("SELECT coalesce(max(id), 0) FROM issued")?),
        ("revocations", revoked, count("SELECT count(*) FROM issued WHERE revoked_at IS NOT NULL")?),
        ("revocations", revoked, meta.revoked),
        ("CRLs", told.crls, count("SELECT count(*) FROM crl")?),
        ("requests", told.requests, count("SELECT count(*) FROM request")?),
        ("request numbers", count("SELECT coalesce(max(id), 0) + 1 FROM request")?, meta.next_request),
    ];
    let rest = if full {
        vec![
            ("stored certificates", told.stored, count("SELECT count(*) FROM der")?),
            ("certificates once revoked", told.spoken, told.named),
        ]
    } else {
        Vec::new()
    };
    let wrong = pairs.into_iter().chain(rest).find(|(_, told, found)| told != found);
    Ok(wrong.map(|(noun, told, found)| {
        (
            verified.entries,
            format!("Up to here the chain tells of {told} {noun}, but the tables hold {found}."),
        )
    }))
}

/// Checks that each request stands as its last decision left it.
fn check_requests(snapshot: &Connection, decisions: &Decisions) -> Result<Option<Broken>> {
    let mut query = snapshot.prepare("SELECT id, open, received, decided FROM request ORDER BY id")?;
    let mut rows = query.query([])?;
    let mut broken = None;
    while let Some(row) = rows.next()? {
        let (id, open, received, decided): (u64, bool, u64, Option<u64>) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        // What was told of a number before a request had it was not about that request.
        let last = decisions.get(&id).filter(|l| l.0 > received);
        if (decided, open) != (last.map(|l| l.0), last.is_none_or(|l| l.1)) {
            let entry = last.map_or(received, |l| l.0);
            first(&mut broken, Some((entry, format!("Request {id} does not stand as it tells."))));
        }
    }
    Ok(broken)
}

fn first(broken: &mut Option<Broken>, other: Option<Broken>) {
    if let Some(other) = other
        && broken.as_ref().is_none_or(|b| other.0 < b.0)
    {
        *broken = Some(other);
    }
}
