//! Certification requests (RFC 2986): reads any, with proof of possession, and builds our own.

use super::key::PrivateKey;
use crate::model::error::Result;
use crate::model::name::{AltName, Name};
use crate::model::request::Pkcs10;

/// Reads one DER request and checks its own signature.
pub fn read(_der: &[u8]) -> Result<Pkcs10> {
    todo!()
}

/// Builds and signs a request for `subject` with these alternative names (DNS, IP, e-mail, URI).
pub fn build(_subject: &Name, _alt_names: &[AltName], _key: &PrivateKey) -> Result<Vec<u8>> {
    todo!()
}
