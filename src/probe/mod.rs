//! The only network code: connects to a TLS service and tells what it saw, and serves a keyring on loopback. Never
//! called from the screen's thread; compiled with the feature `network`.

pub mod connect;
pub mod serve;
