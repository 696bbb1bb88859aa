//! Bytes to nouns and back: PEM, DER, names, keys, requests, certificates, CRLs; signing, verifying, explaining a
//! chain, and lint. Touches no file, clock, terminal or network.

pub mod certificate;
pub mod chain;
pub mod crl;
pub mod der;
pub mod issue;
pub mod key;
pub mod lint;
pub mod name;
pub mod pem;
pub mod request;
pub mod signature;
pub mod signer;
