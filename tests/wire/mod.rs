//! Scans of services on loopback: OpenSSL in many configurations, servers of every protocol that begins without TLS, stubs
//! that speak what no program here speaks any more, and peers that behave badly.

mod bad_peers;
mod matrix;
mod proxies;
mod starttls;
mod visits;

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ringmaster::model::seen::{Scan, StartTls};
use ringmaster::model::time::Timestamp;
use ringmaster::probe::route::{Failed, Route};
use ringmaster::probe::scan::{Plan, scan};

use crate::probe::HOST;

/// The way to an address, asking for the host of the tests.
fn to(address: SocketAddr) -> Route {
    let timeout = Duration::from_secs(5);
    Route { address: Some(address), timeout, ..Route::to(HOST, address.port()) }
}

/// The way to a local port that changes over to TLS.
fn over(port: u16, protocol: StartTls) -> Route {
    Route { starttls: Some(protocol), ..to(SocketAddr::from(([127, 0, 0, 1], port))) }
}

fn plan(route: Route) -> Plan {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    Plan::new(route, Timestamp(i64::try_from(now).unwrap()))
}

fn scanned(route: Route) -> Scan {
    scan(&plan(route), &AtomicBool::new(false), &|_| {}).unwrap()
}

fn failed(route: Route) -> Failed {
    scan(&plan(route), &AtomicBool::new(false), &|_| {}).unwrap_err()
}

/// A service of our own that answers every connection with `peer` until it is dropped.
struct Stub {
    address: SocketAddr,
    ended: Arc<AtomicBool>,
}

impl Stub {
    fn new(peer: impl Fn(TcpStream) + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (address, ended) = (listener.local_addr().unwrap(), Arc::new(AtomicBool::new(false)));
        let (over, peer) = (ended.clone(), Arc::new(peer));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                if over.load(Ordering::SeqCst) {
                    return;
                }
                let peer = peer.clone();
                std::thread::spawn(move || peer(stream.unwrap()));
            }
        });
        Self { address, ended }
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // It waits for a connection; this is one.
        let _ = TcpStream::connect(self.address);
    }
}

/// Reads a line; empty at the end.
fn line(stream: &mut TcpStream) -> String {
    let (mut line, mut byte) = (Vec::new(), [0]);
    while stream.read(&mut byte).is_ok_and(|n| n == 1) && byte != *b"\n" {
        line.extend(byte);
    }
    String::from_utf8(line).unwrap().trim_end().to_owned()
}

/// Says something; a peer that has gone does not hear it.
fn say(stream: &mut TcpStream, text: impl AsRef<[u8]>) {
    let _ = stream.write_all(text.as_ref());
}

/// Carries bytes both ways until either side ends.
fn carry(a: TcpStream, b: TcpStream) {
    let (mut from, mut into) = (a.try_clone().unwrap(), b.try_clone().unwrap());
    let back = std::thread::spawn(move || {
        let (mut from, mut into) = (b, a);
        let _ = std::io::copy(&mut from, &mut into);
        let _ = into.shutdown(std::net::Shutdown::Write);
    });
    let _ = std::io::copy(&mut from, &mut into);
    let _ = into.shutdown(std::net::Shutdown::Write);
    back.join().unwrap();
}
