//! The verbs, one file each: from a state and an input to a [`Change`](crate::model::change::Change). They write
//! nothing and print nothing.

pub mod approve;
pub mod create_certifier;
pub mod create_keyring;
pub mod delete_keyring;
pub mod deny;
pub mod import_request;
pub mod install;
pub mod issue;
pub mod issue_crl;
pub mod revoke;
pub mod site;
pub mod trust;

use crate::model::bytes::Serial;
use crate::model::error::Result;
use crate::model::time::Timestamp;
use crate::pki::signer::Signer;
use crate::store::certifier_key::Protection;
use crate::store::sth::StashKey;

/// What a verb may use of the world.
pub struct Env<'a> {
    /// The present.
    pub now: Timestamp,
    /// Who works.
    pub operator: &'a str,
    /// Fills a buffer with random bytes.
    pub random: &'a mut dyn FnMut(&mut [u8]),
    /// Signs for certifiers.
    pub signer: &'a mut dyn Signer,
    /// How passwords are hardened.
    pub protection: Protection,
    /// The key that seals stashes; asked for only when a stash is made.
    pub stash_key: &'a dyn Fn() -> Result<StashKey>,
}

impl Env<'_> {
    /// Makes a serial number: 20 random octets, positive, not zero (RFC 5280 section 4.1.2.2).
    pub fn serial(&mut self) -> Serial {
        let mut bytes = [0; 20];
        (self.random)(&mut bytes);
        bytes[0] = bytes[0] & 0x3f | 0x40;
        Serial(bytes.to_vec())
    }
}
