//! The TLS probe: connects once, lets the handshake finish whatever the chain, and gives the strict verdict beside it.

use std::net::SocketAddr;
use std::time::Duration;

use crate::model::certificate::Certificate;
use crate::model::error::Result;
use crate::model::time::Timestamp;
use crate::pki::chain::Explanation;

/// Whom to ask.
#[derive(Debug, Clone)]
pub struct Target {
    /// The name asked for (SNI and verification); an IP address sends no SNI.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Connects here instead of resolving `host`.
    pub address: Option<SocketAddr>,
    /// Trust anchors.
    pub roots: Vec<Certificate>,
    /// CRLs that may say something, as DER.
    pub crls: Vec<Vec<u8>>,
    /// The date of the verdict.
    pub at: Timestamp,
    /// The bound on each step: connect, handshake.
    pub timeout: Duration,
}

/// What was seen.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The address connected to.
    pub address: SocketAddr,
    /// `TLS 1.3`.
    pub protocol: String,
    /// The cipher suite by IANA name.
    pub suite: String,
    /// The key exchange group.
    pub group: String,
    /// The ALPN protocol chosen; empty for none.
    pub alpn: String,
    /// The chain as sent, leaf first.
    pub sent: Vec<Certificate>,
    /// The chain explained against `roots`, with the verdict.
    pub explanation: Explanation,
    /// Whether an OCSP staple came along, and its size.
    pub staple: usize,
    /// Milliseconds until connected, and until the handshake was done.
    pub times: (u64, u64),
    /// What came after the handshake, such as a late alert; may be empty.
    pub late: String,
}

/// Probes. Errors (`Network`): name not found, refused, timed out, not TLS, TLS alert; each in words with what to look at.
pub fn probe(_target: &Target) -> Result<Seen> {
    todo!()
}
