//! PKCS#7 files that carry certificates and nothing else (RFC 5652 section 5, degenerate SignedData). Signs nothing.

use super::der::wrap;
use crate::model::certificate::Certificate;

const DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01";
const SIGNED_DATA: &[u8] = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02";

/// Writes certificates as DER, in the order given, as other programs do; strictly the format knows no order.
pub fn write<'a>(certificates: impl IntoIterator<Item = &'a Certificate>) -> Vec<u8> {
    let all: Vec<u8> = certificates.into_iter().flat_map(|c| c.der.0.iter().copied()).collect();
    let empty = wrap(0x31, &[]);
    let content = [b"\x02\x01\x01", &empty[..], &wrap(0x30, DATA), &wrap(0xa0, &all), &empty].concat();
    wrap(0x30, &[SIGNED_DATA, &wrap(0xa0, &wrap(0x30, &content))].concat())
}
