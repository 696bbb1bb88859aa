//! Certificate revocation lists (RFC 5280 section 5): writes version 2 with a million entries in memory bounded by the
//! result, and reads without holding entries.

mod read;
mod write;

pub(super) use read::List;
pub use read::{CrlChange, change, read, revocations, revoked};
pub(super) use write::points;
pub use write::{Entries, Outline, encode, to_be_signed};

/// authorityKeyIdentifier, as an element.
const AKI: &[u8] = &[6, 3, 0x55, 0x1d, 35];
/// cRLNumber.
const CRL_NUMBER: &[u8] = &[6, 3, 0x55, 0x1d, 20];
/// reasonCode of an entry.
const REASON: &[u8] = &[6, 3, 0x55, 0x1d, 21];
/// invalidityDate of an entry.
const INVALIDITY: &[u8] = &[6, 3, 0x55, 0x1d, 24];
/// deltaCRLIndicator.
const DELTA: &[u8] = &[6, 3, 0x55, 0x1d, 27];
/// issuingDistributionPoint.
const DISTRIBUTION: &[u8] = &[6, 3, 0x55, 0x1d, 28];
/// freshestCRL of a complete CRL.
const FRESHEST: &[u8] = &[6, 3, 0x55, 0x1d, 46];

#[cfg(test)]
mod tests {
    use super::read::number;
    use super::write::unsigned;
    use super::*;
    use crate::model::bytes::Serial;
    use crate::pki::der::wrap;

    proptest::proptest! {
        #[test]
        fn numbers_round_trip(n: u64) {
            proptest::prop_assert_eq!(number(&unsigned(n)), Some(n));
            proptest::prop_assert!(unsigned(n)[0] < 0x80);
        }

        #[test]
        fn garbage_is_refused_without_a_panic(bytes: Vec<u8>) {
            let list = crate::pki::issue::assemble(&wrap(0x30, &bytes), &[0x30, 0], &[]);
            let _ = List::open(&list).and_then(|l| l.find(&Serial(vec![1])));
            proptest::prop_assert!(revoked(&bytes, &Serial(vec![1])).is_err());
        }
    }
}
