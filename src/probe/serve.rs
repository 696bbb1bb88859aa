//! The rehearsal service: serves one site with its keyring on a loopback port, so that it can be tried before it is
//! deployed. Bounded: connections at once, time for each, lines of log.

use std::net::SocketAddr;

use crate::model::bytes::Der;
use crate::model::error::Result;
use crate::pki::key::PrivateKey;

/// What to serve.
#[derive(Debug)]
pub struct Served {
    /// The name of the site, for the answer page and the log.
    pub site: String,
    /// Leaf first, then intermediates.
    pub chain: Vec<Der>,
    /// The leaf's key.
    pub key: PrivateKey,
    /// The port on 127.0.0.1; 0 picks a free one.
    pub port: u16,
}

/// A running service. Dropping it stops it.
#[derive(Debug)]
pub struct Service {}

impl Service {
    /// Binds and starts to serve on a thread of its own.
    pub fn start(_served: Served) -> Result<Self> {
        todo!()
    }

    /// Returns where it listens.
    pub fn address(&self) -> SocketAddr {
        todo!()
    }

    /// Returns the log so far, one line a handshake: peer, SNI, protocol, suite, outcome; escaped; the newest 500.
    pub fn log(&self) -> Vec<String> {
        todo!()
    }

    /// Stops listening and waits for the thread.
    pub fn stop(self) {
        todo!()
    }
}
