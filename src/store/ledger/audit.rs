//! The audit chain: how an entry is hashed, and how the chain and the tables it speaks of are verified. Changes
//! nothing. docs/audit.md says how to verify it without this program.

use aws_lc_rs::digest;

use crate::model::bytes::{Digest, hex};

/// Returns the SHA-256 of some bytes.
pub(super) fn sha256(bytes: &[u8]) -> Digest {
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
    let mut context = digest::Context::new(&digest::SHA256);
    context.update(hex(&previous.0).as_bytes());
    context.update(format!("\t{number}\t{at}\t{operator}\t{what}\t").as_bytes());
    context.update(body);
    context.update(b"\n");
    let mut out = Digest::default();
    out.0.copy_from_slice(context.finish().as_ref());
    out
}

pub(super) fn verify(_ledger: &super::sqlite::SqliteLedger) -> crate::model::error::Result<super::Verified> {
    Err(crate::model::error::Error::internal("not written yet"))
}
