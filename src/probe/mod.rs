//! The only network code: connects to a TLS service and tells what it saw, and serves a keyring on loopback. Never
//! called from the screen's thread; compiled with the feature `network`.

mod again;
mod alert;
pub mod burst;
pub mod connect;
mod failure;
pub mod fetch;
pub mod guests;
mod hello;
mod proxy;
mod redirect;
mod report;
pub mod round;
pub mod route;
pub mod scan;
pub mod serve;
mod session;
mod starttls;
mod timed;
mod witness;

/// Writes a protocol version as people say it: `TLS 1.3`; `-` before one is agreed.
fn protocol_text(version: Option<rustls::ProtocolVersion>) -> String {
    match version {
        None => "-".into(),
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3".into(),
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2".into(),
        Some(other) => format!("{other:?}"),
    }
}

/// Writes a cipher suite by its IANA name; `-` before one is agreed.
fn suite_text(suite: Option<rustls::SupportedCipherSuite>) -> String {
    suite.map_or_else(|| "-".into(), |s| format!("{:?}", s.suite()).replacen("TLS13_", "TLS_", 1))
}

/// Writes a key exchange group by its IANA name; `-` before one is agreed.
fn group_text(group: Option<&'static dyn rustls::crypto::SupportedKxGroup>) -> String {
    group.map_or_else(|| "-".into(), |g| format!("{:?}", g.name()))
}
