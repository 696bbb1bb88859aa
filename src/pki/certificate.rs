//! Reads certificates.

use crate::model::certificate::Certificate;
use crate::model::error::Result;

/// Reads one DER certificate; trailing bytes are refused.
pub fn read(_der: &[u8]) -> Result<Certificate> {
    todo!()
}
