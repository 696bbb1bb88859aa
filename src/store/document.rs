//! Site documents and profiles as RON files.

use crate::model::certifier::Certifier;
use crate::model::change::FileWrite;
use crate::model::error::Result;
use crate::model::site::Site;

/// X.
pub fn site(_site: &Site) -> Result<FileWrite> {
    todo!()
}
/// X.
pub fn site_removed(_name: &str) -> FileWrite {
    todo!()
}
/// X.
pub fn certifier(_certifier: &Certifier) -> Result<Vec<FileWrite>> {
    todo!()
}
/// X.
pub fn crl(_name: &str, _der: &[u8]) -> Vec<FileWrite> {
    todo!()
}
