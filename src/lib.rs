//! `ringmaster`: keyrings, certificates, Internet Site documents and a certificate authority, for the terminal.
//!
//! The layers, each of which uses only those before it: [`model`], [`pki`], [`store`], [`ops`], [`doctor`], `probe`,
//! [`desk`], [`demo`], and the two faces [`cli`] and [`tui`]. ARCHITECTURE.md says why.

pub mod cli;
pub mod config;
pub mod demo;
pub mod desk;
pub mod doctor;
pub mod model;
pub mod ops;
pub mod pki;
#[cfg(feature = "network")]
pub mod probe;
pub mod store;
pub mod tui;
