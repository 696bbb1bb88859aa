//! Why a probe failed, in words with what to look at. Turns errors of sockets and of the TLS library into ours.

use std::io;
use std::time::Duration;

use rustls::{CertificateError, InvalidMessage, PeerIncompatible};

use super::alert;
use crate::model::error::{Error, Kind};

/// The name cannot be turned into an address.
pub(super) fn resolving(host: &str, error: &io::Error) -> Error {
    network(format!("The name {host} was not found."))
        .why(format!("{error}."))
        .next("Check the spelling and the name service, or give an address to connect to.")
}

/// The name service did not answer.
pub(super) fn resolving_took(host: &str, limit: Duration) -> Error {
    network(format!("Looking up {host} timed out after {}.", seconds(limit)))
        .why("The name service does not answer.")
        .next("Check the network and the name service, or give an address to connect to.")
}

/// No TCP connection came about.
pub(super) fn connecting(to: &str, error: &io::Error, limit: Duration) -> Error {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => network(format!("{to} refused the connection."))
            .why("Nothing listens at this port there, or a firewall answers for it.")
            .next("Check the port, and whether the server's task for it runs."),
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => network(format!(
            "Connecting to {to} timed out after {}.",
            seconds(limit)
        ))
        .why("Nobody answers: the machine is down, the address is wrong, or a firewall drops the packets.")
        .next("Check the address and the firewalls on the way."),
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => {
            network(format!("{to} cannot be reached from here."))
                .why(format!("{error}."))
                .next("Check the address and the routes; an IPv6 address needs IPv6 on this machine.")
        }
        _ => network(format!("Connecting to {to} failed.")).why(format!("{error}.")),
    }
}

/// The handshake did not come to its end. `first` is what the server sent first; `asked` tells that it had asked for a
/// client certificate.
pub(super) fn shaking_hands(
    to: &str,
    error: &io::Error,
    first: &[u8],
    asked: bool,
    limit: Duration,
) -> Error {
    if let Some(said) = not_tls(first) {
        return said_something_else(to, &said);
    }
    if let Some(error) = tls(error) {
        return refused(to, error, asked);
    }
    match error.kind() {
        io::ErrorKind::TimedOut if first.is_empty() => {
            network(format!("The handshake with {to} timed out after {}.", seconds(limit)))
                .why("The server accepted the connection and then said nothing.")
                .next("Perhaps the port waits for another protocol, or for STARTTLS; or the server hangs.")
        }
        io::ErrorKind::TimedOut => {
            network(format!("The handshake with {to} timed out after {}.", seconds(limit)))
                .why("The server began to answer and did not finish.")
                .next("Try again with a longer time; look at the server's load and the network on the way.")
        }
        io::ErrorKind::UnexpectedEof
        | io::ErrorKind::ConnectionReset
        | io::ErrorKind::ConnectionAborted
        | io::ErrorKind::BrokenPipe => network(format!("{to} closed the connection during the handshake."))
            .why("It gave no reason. A server does so when its keyring does not open, or when the port is not for TLS.")
            .next("Look at the server's console; check that keyring and stash lie beside each other there."),
        _ => network(format!("The handshake with {to} failed.")).why(format!("{error}.")),
    }
}

/// Returns the TLS library's error inside an error of its reading and writing.
pub(super) fn tls(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

/// Tells whether an error says that the server speaks no version or suite of the TLS library.
pub(super) fn is_foreign(error: &rustls::Error) -> bool {
    use rustls::AlertDescription::{HandshakeFailure, InsufficientSecurity, ProtocolVersion};
    match error {
        rustls::Error::AlertReceived(alert) => {
            matches!(alert, HandshakeFailure | InsufficientSecurity | ProtocolVersion)
        }
        rustls::Error::PeerIncompatible(_) => true,
        rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => true,
        _ => false,
    }
}

/// Returns the first line that a peer said, when its first byte cannot begin a TLS record (RFC 8446 section 5.1).
pub(super) fn not_tls(first: &[u8]) -> Option<String> {
    let tls = |byte: &u8| (0x14..=0x18).contains(byte);
    if first.first().is_none_or(tls) {
        return None;
    }
    let line = first.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    Some(String::from_utf8_lossy(line).chars().take(80).collect())
}

fn said_something_else(to: &str, said: &str) -> Error {
    let (why, next) = if said.starts_with("HTTP/") {
        ("It is a plain Web server.", "Use its TLS port, often 443.")
    } else if said.starts_with("220") {
        (
            "It is a mail (SMTP) or FTP server that begins without TLS.",
            "Use --starttls smtp, or its TLS port, for SMTP often 465.",
        )
    } else if said.starts_with("* OK") || said.starts_with("* PREAUTH") {
        ("It is an IMAP server that begins without TLS.", "Use --starttls imap, or its TLS port, often 993.")
    } else if said.starts_with("+OK") {
        ("It is a POP3 server that begins without TLS.", "Use --starttls pop3, or its TLS port, often 995.")
    } else {
        ("Another service listens at this port.", "Check the port.")
    };
    network(format!("{to} does not speak TLS at this port: it says \"{said}\".")).why(why).next(next)
}

fn refused(to: &str, error: &rustls::Error, asked: bool) -> Error {
    match error {
        rustls::Error::AlertReceived(alert) => {
            let (why, next) = alert::from_server(*alert, asked);
            network(format!("{to} refused the handshake: {}.", alert::name(*alert))).why(why).next(next)
        }
        rustls::Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig,
        )
        | rustls::Error::InvalidMessage(InvalidMessage::UnknownProtocolVersion) => {
            let (why, next) = alert::from_server(rustls::AlertDescription::ProtocolVersion, asked);
            network(format!("{to} chose a version of TLS that is not supported here.")).why(why).next(next)
        }
        rustls::Error::NoCertificatesPresented => network(format!("{to} sent no certificate."))
            .next("Look at the server's keyring: it may hold a key without a certificate."),
        rustls::Error::InvalidCertificate(CertificateError::BadEncoding) => {
            network(format!("{to} sent a certificate that cannot be read."))
                .next("Export the certificate from the server's keyring and look at it there.")
        }
        rustls::Error::InvalidMessage(_) => network(format!("{to} sent something that is not valid TLS."))
            .why(format!("{error}."))
            .next("Check that the port is for TLS, and what lies between here and the server."),
        _ => network(format!("The handshake with {to} failed."))
            .why(format!("{error}."))
            .next("Look at the server's console and log at this time."),
    }
}

/// Begins an error of the network with what happened.
pub(super) fn network(what: String) -> Error {
    Error::new(Kind::Network, what)
}

/// Writes a time limit as people say it.
pub(super) fn seconds(limit: Duration) -> String {
    match limit.as_millis() {
        ms if ms % 1000 == 0 => format!("{} s", ms / 1000),
        ms => format!("{ms} ms"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_are_told_from_tls() {
        assert_eq!(not_tls(b""), None);
        assert_eq!(not_tls(&[0x16, 3, 3, 0, 1]), None);
        assert_eq!(not_tls(&[0x15, 3, 1, 0, 2, 2, 40]), None);
        assert_eq!(not_tls(b"220 mail.test ESMTP\r\nmore").unwrap(), "220 mail.test ESMTP");
    }

    #[test]
    fn what_a_server_says_cannot_move_the_cursor() {
        let error = io::Error::from(io::ErrorKind::InvalidData);
        let said = shaking_hands("x:1", &error, b"\x1b[31mred\xff", false, Duration::from_secs(1));
        assert!(said.what.contains("\\1B[31mred"), "{said}");
    }

    #[test]
    fn every_alert_has_a_name_and_a_next_step() {
        for code in 0..=255u8 {
            let alert = rustls::AlertDescription::from(code);
            assert!(alert::name(alert).ends_with(&format!("({code})")));
            assert!(!alert::from_server(alert, false).1.is_empty());
        }
    }
}
