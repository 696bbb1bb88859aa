//! Certificate revocation lists (RFC 5280 section 5): writes version 2 with a million entries in memory bounded by the
//! result, and reads without holding entries.

use crate::model::bytes::Serial;
use crate::model::certificate::Certificate;
use crate::model::certifier::{CrlInfo, Reason};
use crate::model::error::Result;
use crate::model::time::Timestamp;

/// Encodes a TBSCertList for `issuer`: AKI equal to the issuer's SKI, the CRL number, and the entries in the order given.
/// An `Unspecified` reason writes no reason code. Sign it and join with [`super::issue::assemble`].
pub fn to_be_signed(
    _issuer: &Certificate,
    _algorithm: &[u8],
    _number: u64,
    _this_update: Timestamp,
    _next_update: Timestamp,
    _entries: &mut dyn Iterator<Item = (Serial, Timestamp, Reason)>,
) -> Result<Vec<u8>> {
    todo!()
}

/// Reads a CRL and checks its signature by `issuer`.
pub fn read(_der: &[u8], _issuer: &Certificate) -> Result<CrlInfo> {
    todo!()
}

/// Tells whether and why a serial is revoked by a CRL.
pub fn revoked(_der: &[u8], _serial: &Serial) -> Result<Option<Reason>> {
    todo!()
}
