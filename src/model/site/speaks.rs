//! The FIELDS that say how TLS is spoken, for every record that has TLS options.

use super::options::{SslVersion, TlsOptions};
use crate::model::cipher::{Suite, parse_list, priority, write_list};
use crate::model::field::{Field, Kind, choice, put_flag, yes_no};

/// A record that says how TLS is spoken.
pub trait SpeaksTls {
    /// Returns how.
    fn tls(&self) -> &TlsOptions;

    /// Returns how, to change it.
    fn tls_mut(&mut self) -> &mut TlsOptions;
}

impl SpeaksTls for super::Site {
    fn tls(&self) -> &TlsOptions {
        &self.tls
    }

    fn tls_mut(&mut self) -> &mut TlsOptions {
        &mut self.tls
    }
}

/// Makes the fields of the TLS options of a record.
pub const fn tls_fields<T: SpeaksTls>() -> [Field<T>; 5] {
    [
        Field::amendable(
            "protocol-version",
            "Protocol version",
            "A choice from the time of SSL 2.0 and 3.0, which no release speaks any more; negotiated is right.",
            Kind::Choice(SslVersion::NAMES),
            |x, _| x.tls().version.name().into(),
            |x, t| {
                choice(t, SslVersion::NAMES, SslVersion::from_name)
                    .map(|version| x.tls_mut().version = version)
            },
        ),
        Field::amendable(
            "ciphers",
            "Ciphers",
            "default, none, or the suites that may be used: codes as in the directory (C030 9F C02F), names, presets.",
            Kind::Ciphers,
            |x, _| write_list(x.tls().ciphers.as_deref()),
            |x, t| parse_list(t).map(|ciphers| x.tls_mut().ciphers = ciphers),
        ),
        Field::flag(
            "accept-site-certificates",
            "Accept site certificates",
            "Whether the server, where it is the client, accepts certificates of peers with whom it shares no root.",
            |x, _| yes_no(x.tls().accept_site_certificates),
            |x, t| put_flag(&mut x.tls_mut().accept_site_certificates, t),
        ),
        Field::flag(
            "accept-expired",
            "Accept expired",
            "Whether certificates of clients and peers count after their end.",
            |x, _| yes_no(x.tls().accept_expired),
            |x, t| put_flag(&mut x.tls_mut().accept_expired, t),
        ),
        Field::flag(
            "ssl-v2",
            "Enable SSL V2",
            "A switch for SSL 2.0, which is broken; it stays off.",
            |x, _| yes_no(x.tls().ssl_v2),
            |x, t| put_flag(&mut x.tls_mut().ssl_v2, t),
        ),
    ]
}

/// Makes the field that tells the ciphers by name.
pub const fn ciphers_told<T: SpeaksTls>() -> Field<T> {
    Field::derived(
        "suites",
        "Suites",
        "The ciphers by name, with their strength and what is to be thought of them, in the order of a server.",
        |x, _| x.tls().ciphers.as_deref().map_or_else(String::new, told),
    )
}

fn told(list: &[Suite]) -> String {
    if list.is_empty() {
        return "none at all: TLS does not start".into();
    }
    let mut sorted = list.to_vec();
    priority(&mut sorted);
    let line = |suite: &Suite| {
        let bits = suite.anatomy().map_or_else(String::new, |a| format!(", {} bits", a.bits()));
        format!("{} {}{bits}, {}", suite.hex(), suite.name(), suite.grade().word())
    };
    sorted.iter().map(line).collect::<Vec<_>>().join("\n")
}
