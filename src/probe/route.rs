//! The way to a service: the name is looked up, the connection made, through a proxy if there is one, and changed over to
//! TLS where the protocol begins without. Says which step failed. Speaks no TLS itself.

use std::io;
use std::net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::timed::Timed;
use super::{failure, proxy, starttls};
use crate::model::error::{Error, Result};
use crate::model::secret::Secret;
use crate::model::seen::{Errand, Stage, StartTls};
use crate::model::site::{bracketed, host_name, host_port};

/// Where a service is and how it is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// The name asked for (SNI and verification); an IP address sends no SNI.
    pub host: String,
    /// The TCP port.
    pub port: u16,
    /// Connects here instead of resolving `host`.
    pub address: Option<SocketAddr>,
    /// The HTTP proxy on the way.
    pub proxy: Option<Proxy>,
    /// The protocol that changes over to TLS.
    pub starttls: Option<StartTls>,
    /// The bound on each step: look up, connect, proxy, STARTTLS, handshake. Held between 10 ms and 5 minutes.
    pub timeout: Duration,
}

/// An HTTP proxy that lets connections through (`CONNECT`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// The name it wants; empty for none.
    pub user: String,
    /// The password it wants.
    pub password: Secret,
}

impl std::fmt::Display for Proxy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&host_port(&self.host, self.port))
    }
}

/// What failed, and at which step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failed {
    /// The first step that failed.
    pub stage: Stage,
    /// Why, in words with what to look at.
    pub error: Error,
}

impl Failed {
    pub(super) fn at(stage: Stage, error: Error) -> Self {
        Self { stage, error }
    }
}

/// The error names the step, so that nobody looks for the fault behind it.
impl From<Failed> for Error {
    fn from(failed: Failed) -> Self {
        let Failed { stage, error } = failed;
        let why = format!("{} (The first step that failed: {}.)", error.why, stage.word());
        if error.kind == crate::model::error::Kind::Network { error.why(why.trim_start()) } else { error }
    }
}

impl std::fmt::Display for Failed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.error.fmt(f)
    }
}

/// A way that was found, to be gone once or several times.
#[derive(Debug, Clone)]
pub(super) struct Way {
    /// The name asked for, in A-label form, or the address.
    pub(super) host: String,
    /// The bound on each step.
    pub(super) limit: Duration,
    port: u16,
    addresses: Vec<SocketAddr>,
    proxy: Option<Proxy>,
    /// Who is asked to connect, as the proxy is told.
    beyond: String,
    starttls: Option<StartTls>,
}

/// A connection on which TLS can begin.
pub(super) struct Opened {
    /// The connection.
    pub(super) stream: Timed,
    /// The address connected to.
    pub(super) address: SocketAddr,
    /// How long it took to connect.
    pub(super) connected: Duration,
    /// Whether more came with the answer to STARTTLS, before TLS began. It was thrown away.
    pub(super) early: bool,
}

impl Route {
    /// The way straight to a host and port, with STARTTLS where that is usual at the port.
    pub fn to(host: impl Into<String>, port: u16) -> Self {
        let timeout = Duration::from_secs(10);
        let starttls = StartTls::of_port(port);
        Self { host: host.into(), port, address: None, proxy: None, starttls, timeout }
    }

    /// The way that a person wishes for.
    pub fn of(errand: &Errand) -> Self {
        let proxy = errand.proxy.clone().map(|(host, port)| Proxy {
            host,
            port,
            user: errand.proxy_user.clone(),
            password: errand.proxy_password.clone(),
        });
        let starttls = errand.begin.at(errand.port());
        Self { address: errand.address, proxy, starttls, ..Self::to(&errand.host, errand.port()) }
    }

    /// Looks up whatever has to be looked up.
    pub(super) fn find(&self) -> Result<Way, Failed> {
        let usage = |error| Failed::at(Stage::Resolve, error);
        let limit = self.timeout.clamp(Duration::from_millis(10), Duration::from_secs(300));
        let host = name_asked(&self.host).map_err(usage)?;
        if self.address.is_none() && self.port == 0 {
            let error = Error::usage("Port 0 cannot be probed.").next("Give a port from 1 to 65535.");
            return Err(usage(error));
        }
        let beyond = self.address.map_or_else(|| host_port(&host, self.port), |address| address.to_string());
        let addresses = match (&self.proxy, self.address) {
            (Some(proxy), _) => resolve(&proxy.host, proxy.port, limit).map_err(usage)?,
            (None, Some(address)) => vec![address],
            (None, None) => resolve(&host, self.port, limit).map_err(usage)?,
        };
        let (proxy, starttls, port) = (self.proxy.clone(), self.starttls, self.port);
        Ok(Way { host, limit, port, addresses, proxy, beyond, starttls })
    }
}

impl Way {
    /// Goes the way until TLS can begin.
    pub(super) fn open(&self) -> Result<Opened, Failed> {
        self.open_saying(&[])
    }

    /// Goes the way, and says `more` in the same breath as the wish for TLS.
    pub(super) fn open_saying(&self, more: &[u8]) -> Result<Opened, Failed> {
        let begun = Instant::now();
        let (stream, address) = connect(&self.first_name(), &self.addresses, self.limit)
            .map_err(|e| Failed::at(Stage::Connect, e))?;
        let mut stream = Timed::new(stream, self.limit);
        if let Some(proxy) = &self.proxy {
            proxy::pass(&mut stream, proxy, &self.beyond, self.limit)
                .map_err(|e| Failed::at(Stage::Proxy, e))?;
        }
        let connected = begun.elapsed();
        let mut early = false;
        if let Some(protocol) = self.starttls {
            let to = self.place(address);
            stream.allow(self.limit);
            early = starttls::begin(&mut stream, protocol, more, &to, self.limit)
                .map_err(|e| Failed::at(Stage::StartTls, e))?;
        }
        stream.begin_anew();
        stream.allow(self.limit);
        Ok(Opened { stream, address, connected, early })
    }

    /// Returns the address that is tried first.
    pub(super) fn address(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }

    /// Keeps to the address that has answered.
    pub(super) fn keep_to(&mut self, address: SocketAddr) {
        self.addresses = vec![address];
    }

    /// Names the service in messages: `mail.example.test (192.0.2.1:443)`, or the address alone.
    pub(super) fn place(&self, address: SocketAddr) -> String {
        match &self.proxy {
            Some(proxy) => format!("{} (through {proxy})", self.beyond),
            None => place(&self.host, address),
        }
    }

    /// Says what lies between the connection and TLS: `through the proxy p:3128, STARTTLS of smtp`; mostly nothing.
    pub(super) fn words(&self) -> String {
        let proxy = self.proxy.as_ref().map(|proxy| format!("through the proxy {proxy}"));
        let starttls = self.starttls.map(|protocol| format!("STARTTLS of {}", protocol.name()));
        proxy.into_iter().chain(starttls).collect::<Vec<_>>().join(", ")
    }

    /// Returns the proxy, `HOST:PORT`; empty for none.
    pub(super) fn proxy(&self) -> String {
        self.proxy.as_ref().map_or_else(String::new, ToString::to_string)
    }

    /// Returns the port of the service.
    pub(super) fn port(&self) -> u16 {
        self.port
    }

    /// Returns the protocol that changes over to TLS.
    pub(super) fn starttls(&self) -> Option<StartTls> {
        self.starttls
    }

    /// Returns the host without the interface of a link-local address.
    pub(super) fn bare_host(&self) -> &str {
        self.host.split('%').next().unwrap_or_default()
    }

    /// Writes the host as the `Host` field of HTTP does, for a service with this usual port.
    pub(super) fn host_field(&self, usual: u16) -> String {
        let host = self.bare_host();
        if self.port == usual { bracketed(host) } else { host_port(host, self.port) }
    }

    fn first_name(&self) -> String {
        self.proxy.as_ref().map_or_else(|| self.host.clone(), |proxy| format!("the proxy {}", proxy.host))
    }
}

fn name_asked(text: &str) -> Result<String> {
    let bare = text.trim().trim_matches(['[', ']']);
    // A link-local address may name its interface: fe80::1%eth0.
    if bare.split_once('%').is_some_and(|(ip, _)| ip.parse::<IpAddr>().is_ok()) {
        return Ok(bare.to_owned());
    }
    let wrong = |why: String| Error::usage(format!("{why}.")).next("Give a host name or an IP address.");
    let host = host_name(bare).map_err(wrong)?;
    if host.starts_with('*') {
        return Err(wrong(format!("{host} stands for many hosts")));
    }
    Ok(host)
}

/// Looks the name up on a thread of its own, for the system's resolver knows no deadline.
fn resolve(host: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>> {
    let (tell, told) = mpsc::channel();
    let name = host.to_owned();
    std::thread::Builder::new()
        .name("look up".into())
        .spawn(move || {
            // Nobody listens any more when the deadline has passed.
            let _ = tell.send((name.as_str(), port).to_socket_addrs().map(|found| found.collect::<Vec<_>>()));
        })
        .map_err(|e| failure::resolving(host, &e))?;
    let found = told.recv_timeout(limit).map_err(|_| failure::resolving_took(host, limit))?;
    let found = found.map_err(|e| failure::resolving(host, &e))?;
    if found.is_empty() {
        return Err(failure::resolving(host, &io::Error::other("no address")));
    }
    Ok(found)
}

/// Tries the addresses in turn within `limit`; returns the first connection, or the last failure.
fn connect(host: &str, addresses: &[SocketAddr], limit: Duration) -> Result<(TcpStream, SocketAddr)> {
    let until = Instant::now() + limit;
    let mut last = Error::internal("There is no address to connect to.");
    for (tried, address) in addresses.iter().enumerate() {
        let share = u32::try_from(addresses.len() - tried).unwrap_or(u32::MAX);
        let left = (until.saturating_duration_since(Instant::now()) / share).max(Duration::from_millis(1));
        match TcpStream::connect_timeout(address, left) {
            Ok(stream) => return Ok((stream, *address)),
            Err(error) => last = failure::connecting(&place(host, *address), &error, left),
        }
    }
    Err(last)
}

fn place(host: &str, address: SocketAddr) -> String {
    if host.parse() == Ok(address.ip()) { address.to_string() } else { format!("{host} ({address})") }
}
