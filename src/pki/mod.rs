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

/// Returns the SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> crate::model::bytes::Digest {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
    let mut out = [0; 32];
    out.copy_from_slice(digest.as_ref());
    crate::model::bytes::Digest(out)
}
