//! PEM and DER as people bring them: recognises by content what a file or a paste holds.

use crate::model::certificate::Certificate;
use crate::model::error::Result;
use crate::model::request::Pkcs10;

/// The largest input that is read, in bytes; the rest of a larger one is never looked at.
pub const LARGEST: usize = 16 << 20;

/// What an input holds, in the order found.
#[derive(Debug, Clone, Default)]
pub struct Found {
    /// Certificate requests.
    pub requests: Vec<Pkcs10>,
    /// Certificates.
    pub certificates: Vec<Certificate>,
    /// CRLs, as DER.
    pub crls: Vec<Vec<u8>>,
    /// Private keys, as PEM or DER text kept apart: how many, and whether encrypted; never shown.
    pub keys: usize,
    /// What could not be read: what it is and why, escaped.
    pub unread: Vec<String>,
}

/// Recognises and reads everything in `bytes`. Errors name what the bytes are instead (empty, too large, a PFX, a JPEG,
/// a proprietary keyring, text without PEM, truncated PEM).
pub fn find(_bytes: &[u8]) -> Result<Found> {
    todo!()
}

/// Writes one PEM block with LF line ends, 64 characters a line.
pub fn write(label: &str, der: &[u8]) -> String {
    let config = pem::EncodeConfig::new().set_line_ending(pem::LineEnding::LF);
    pem::encode_config(&pem::Pem::new(label, der), config)
}
