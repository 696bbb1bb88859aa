//! The FIELDS of the Internet Ports: the same six for each protocol.

use super::port::{read_ways, redirects, ways};
use super::{Port, PortStatus, Server};
use crate::model::field::{Field, Kind, choice, flag, join, names, number, yes_no};
use crate::model::site::SiteKind;

/// How many fields a protocol has.
pub(super) const EACH: usize = 6;

/// The fields of the Internet Ports of all protocols.
pub(super) const FIELDS: [Field<Server>; EACH * SiteKind::PROTOCOLS.len()] = join(&[
    &of::<0>([
        ("web-port", "HTTP port"),
        ("web-status", "HTTP status"),
        ("web-tls-port", "HTTP TLS port"),
        ("web-tls-status", "HTTP TLS status"),
        ("web-enforce-access", "HTTP enforce access"),
        ("web-login", "HTTP login"),
    ]),
    &of::<1>([
        ("imap-port", "IMAP port"),
        ("imap-status", "IMAP status"),
        ("imap-tls-port", "IMAP TLS port"),
        ("imap-tls-status", "IMAP TLS status"),
        ("imap-enforce-access", "IMAP enforce access"),
        ("imap-login", "IMAP login"),
    ]),
    &of::<2>([
        ("pop3-port", "POP3 port"),
        ("pop3-status", "POP3 status"),
        ("pop3-tls-port", "POP3 TLS port"),
        ("pop3-tls-status", "POP3 TLS status"),
        ("pop3-enforce-access", "POP3 enforce access"),
        ("pop3-login", "POP3 login"),
    ]),
    &of::<3>([
        ("ldap-port", "LDAP port"),
        ("ldap-status", "LDAP status"),
        ("ldap-tls-port", "LDAP TLS port"),
        ("ldap-tls-status", "LDAP TLS status"),
        ("ldap-enforce-access", "LDAP enforce access"),
        ("ldap-login", "LDAP login"),
    ]),
    &of::<4>([
        ("smtp-port", "SMTP port"),
        ("smtp-status", "SMTP status"),
        ("smtp-tls-port", "SMTP TLS port"),
        ("smtp-tls-status", "SMTP TLS status"),
        ("smtp-enforce-access", "SMTP enforce access"),
        ("smtp-login", "SMTP login"),
    ]),
    &of::<5>([
        ("iiop-port", "DIIOP port"),
        ("iiop-status", "DIIOP status"),
        ("iiop-tls-port", "DIIOP TLS port"),
        ("iiop-tls-status", "DIIOP TLS status"),
        ("iiop-enforce-access", "DIIOP enforce access"),
        ("iiop-login", "DIIOP login"),
    ]),
]);

/// What a port can be that has no other to send its clients to.
const PLAIN: &[&str] = &[PortStatus::NAMES[0], PortStatus::NAMES[1]];

const fn kind<const K: usize>() -> SiteKind {
    SiteKind::PROTOCOLS[K]
}

fn port<const K: usize>(server: &Server) -> Port {
    server.port(kind::<K>())
}

/// Makes the fields of the protocol with this number, from their names and labels.
const fn of<const K: usize>(named: [(&'static str, &'static str); EACH]) -> [Field<Server>; EACH] {
    let (statuses, status_help) = if redirects(kind::<K>()) {
        (PortStatus::NAMES, "Whether it answers without TLS, or sends its clients to the TLS port.")
    } else {
        (PLAIN, "Whether it answers without TLS.")
    };
    let [tcp, status, tls, tls_status, enforce, login] = named;
    let number_of = Kind::Number(1, 65535);
    [
        Field::amendable(
            tcp.0,
            tcp.1,
            "The TCP port that begins without TLS.",
            number_of,
            |x, _| port::<K>(x).tcp.to_string(),
            |x, t| {
                let to = number(t, 1, 65535)?;
                x.change_port(kind::<K>(), |port| port.tcp = to);
                Ok(())
            },
        ),
        Field::amendable(
            status.0,
            status.1,
            status_help,
            Kind::Choice(statuses),
            |x, _| port::<K>(x).tcp_status.name().into(),
            |x, t| {
                let to = if redirects(kind::<K>()) {
                    choice(t, PortStatus::NAMES, PortStatus::from_name)?
                } else {
                    plain(t)?
                };
                x.change_port(kind::<K>(), |port| port.tcp_status = to);
                Ok(())
            },
        ),
        Field::amendable(
            tls.0,
            tls.1,
            "The TCP port that speaks TLS from the first byte.",
            number_of,
            |x, _| port::<K>(x).tls.to_string(),
            |x, t| {
                let to = number(t, 1, 65535)?;
                x.change_port(kind::<K>(), |port| port.tls = to);
                Ok(())
            },
        ),
        Field::amendable(
            tls_status.0,
            tls_status.1,
            "Whether it answers over TLS.",
            Kind::Choice(PLAIN),
            |x, _| port::<K>(x).tls_status.name().into(),
            |x, t| {
                let to = plain(t)?;
                x.change_port(kind::<K>(), |port| port.tls_status = to);
                Ok(())
            },
        ),
        Field::amendable(
            enforce.0,
            enforce.1,
            "Whether the lists of who may use the server hold for this protocol too.",
            Kind::Flag,
            |x, _| yes_no(port::<K>(x).enforce_access),
            |x, t| {
                let to = flag(t)?;
                x.change_port(kind::<K>(), |port| port.enforce_access = to);
                Ok(())
            },
        ),
        Field::amendable(
            login.0,
            login.1,
            LOGIN_HELP,
            Kind::Names,
            |x, _| ways(port::<K>(x).access),
            |x, t| {
                let to = read_ways(kind::<K>(), &names(t))?;
                x.change_port(kind::<K>(), |port| port.access = to);
                Ok(())
            },
        ),
    ]
}

const LOGIN_HELP: &str = "The ways in, when no Internet Sites are loaded: tcp-anonymous, tcp-password, tls-anonymous, \
    tls-password, client-certificate, bearer-token, or none.";

/// Reads the status of a port that cannot redirect.
fn plain(text: &str) -> Result<PortStatus, String> {
    match choice(text, PLAIN, PortStatus::from_name)? {
        PortStatus::Redirect => Err(format!("one of {}", PLAIN.join(", "))),
        status => Ok(status),
    }
}
