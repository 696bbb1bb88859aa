//! Bytes to nouns and back: PEM, DER, names, keys, requests, certificates, CRLs; signing, verifying, explaining a
//! chain, and lint. Touches no file, clock, terminal or network.

pub mod asn1;
pub mod authority;
mod ber;
pub mod bundle;
pub mod certificate;
pub mod chain;
pub mod crl;
pub mod der;
mod draft;
pub mod index_txt;
pub mod issue;
mod jks;
pub mod key;
pub mod key_list;
pub mod lint;
pub mod name;
pub mod ocsp;
pub mod oid_names;
pub mod open_key;
pub mod parallel;
mod pbe;
pub mod pem;
pub mod pkcs12;
pub mod pkcs7;
pub mod reading;
pub mod request;
pub mod signature;
pub mod signer;
pub mod spkac;
pub mod weak_key;

use aws_lc_rs::digest;

use crate::model::bytes::Digest;

/// Returns the SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> Digest {
    of(&digest::digest(&digest::SHA256, bytes))
}

/// Takes the SHA-256 of bytes that come piece by piece.
pub struct Sum(digest::Context);

impl Sum {
    /// Begins without any.
    pub fn begin() -> Self {
        Self(digest::Context::new(&digest::SHA256))
    }

    /// Takes more of them.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// Returns the SHA-256 of all that were taken.
    pub fn end(self) -> Digest {
        of(&self.0.finish())
    }
}

fn of(digest: &digest::Digest) -> Digest {
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    Digest(out)
}
