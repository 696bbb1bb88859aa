//! Lint of names: subjects, alternative names, and whether they agree. Resolves nothing; it looks at text only.

use std::net::IpAddr;

use super::{Report, cut, lookalike};
use crate::model::escape::unseen;
use crate::model::name::{AltName, Name};
use crate::pki::der::{elements, only};
use crate::pki::name::text;

/// Upper bounds in characters (RFC 5280 appendix A, RFC 4519).
const LONGEST: &[(&str, usize)] = &[
    ("CN", 64),
    ("O", 64),
    ("OU", 64),
    ("L", 128),
    ("ST", 128),
    ("STREET", 128),
    ("DC", 63),
    ("title", 64),
    ("serialNumber", 64),
    ("postalCode", 40),
    ("emailAddress", 255),
    ("UID", 256),
];

const UNSEEN: &str = "Such characters deceive the reader; ask for a request without them.";

/// Looks at the attributes of a distinguished name.
pub(super) fn subject(report: &mut Report, name: &Name) {
    for rdn in &name.rdns {
        for a in rdn {
            let value = cut(&a.value);
            if a.value.chars().any(unseen) {
                let text =
                    format!("{} in the subject holds characters that nobody sees: {value}.", a.short());
                report.error("names.unseen", text, UNSEEN);
            }
            lookalike::words(report, &format!("{} in the subject", a.short()), &a.value);
            let length = a.value.chars().count();
            let bound = LONGEST.iter().find(|(short, _)| *short == a.short());
            if let Some((_, bound)) = bound.filter(|(_, bound)| length > *bound) {
                let text = format!("{} has {length} characters; {bound} are allowed: {value}.", a.short());
                report.error(
                    "names.length",
                    text,
                    "Ask for a shorter one; long host names belong into the alternative names only.",
                );
            }
            if a.value.trim().is_empty() {
                let text = format!("{} in the subject is empty.", a.short());
                report.warning("names.empty", text, "Ask for a request without empty fields.");
            }
        }
        if rdn.len() > 1 {
            let parts = rdn.iter().map(|a| a.short()).collect::<Vec<_>>().join("+");
            report.info(
                "names.multi-valued",
                format!("One step of the subject holds several values: {parts}."),
            );
        }
    }
    for country in name.values("C") {
        let letters = country.len() == 2 && country.bytes().all(|b| b.is_ascii_alphabetic());
        if !letters {
            let text = format!("The country is \"{}\", not two letters such as DE.", cut(country));
            report.error("names.country", text, "Ask for a request with the two letters of ISO 3166.");
        } else if country.bytes().any(|b| b.is_ascii_lowercase()) {
            let text = format!("The country is written \"{country}\", not in capitals.");
            report.warning("names.country", text, "Some programs take it for another name.");
        }
    }
    if attribute_values(&name.der.0)
        .any(|(_, tag, value)| STRINGS.contains(&tag) && text(tag, value).is_none())
    {
        let text =
            "A value in the subject is not text of the kind it says; strict readers refuse the certificate.";
        report.error("names.encoding", text, "Ask for a request whose program writes UTF-8.");
    }
    let country = |(kind, tag, _): (&[u8], u8, &[u8])| kind == COUNTRY && tag != 0x13;
    if attribute_values(&name.der.0).any(country) {
        let text = "The country is not written as PrintableString (RFC 5280 appendix A).";
        report.info("names.country", text);
    }
}

/// Looks at one alternative name.
pub(super) fn alternative(report: &mut Report, name: &AltName) {
    let (AltName::Dns(raw)
    | AltName::Ip(raw)
    | AltName::Email(raw)
    | AltName::Uri(raw)
    | AltName::Other(_, raw)) = name;
    if raw.chars().any(unseen) {
        let text = format!("The name {} holds characters that nobody sees.", cut(&name.to_string()));
        report.error("names.unseen", text, UNSEEN);
        return;
    }
    match name {
        AltName::Dns(dns) => host(report, dns),
        AltName::Ip(ip) => match ip.parse::<IpAddr>() {
            Ok(ip) if private(ip) => {
                report
                    .info("names.ip", format!("{ip} is a private address: it names another host elsewhere."));
            }
            Ok(_) => {}
            Err(_) => report.error(
                "names.ip",
                format!("\"{}\" is not an IP address.", cut(ip)),
                "Ask for a request with the address in 4 or 16 octets.",
            ),
        },
        AltName::Email(mail) => {
            let good = mail.split_once('@').is_some_and(|(user, host)| {
                !user.is_empty()
                    && !host.is_empty()
                    && !host.contains('@')
                    && mail.is_ascii()
                    && !mail.contains([' ', '<', '>', ',', ';'])
            });
            if !good {
                let text = format!("\"{}\" is not a mail address.", cut(mail));
                report.error("names.email-syntax", text, "Ask for user@host without brackets.");
            }
        }
        AltName::Uri(uri) => {
            let good = uri.split_once(':').is_some_and(|(scheme, rest)| {
                scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && !rest.is_empty() && uri.is_ascii()
            });
            if !good || uri.contains(' ') {
                let text = format!("\"{}\" is not an absolute address.", cut(uri));
                report.error(
                    "names.uri-syntax",
                    text,
                    "Ask for an address with its scheme, such as https://host/.",
                );
            }
        }
        // One that is neither 4 nor 16 octets is read as none of the addresses.
        AltName::Other(kind, _) if kind == "iPAddress" => {
            let text = format!("{} is not an IP address.", cut(&name.to_string()));
            report.error("names.ip", text, "Ask for a request with the address in 4 or 16 octets.");
        }
        AltName::Other(..) => {}
    }
}

/// Looks at how subject and alternative names agree. `needed`: for server certificates, whose names decide.
pub(super) fn agree(report: &mut Report, subject: &Name, names: &[&AltName], needed: bool) {
    if names.is_empty() && (needed || subject.rdns.is_empty()) {
        let text = "There is no alternative name; browsers and servers ignore the common name.";
        report.error(
            "names.none",
            text,
            "Ask for a request with subjectAltName, such as DNS:www.example.com.",
        );
        return;
    }
    let repeats = |value: &str| {
        names.iter().any(|n| match n {
            AltName::Dns(v) | AltName::Email(v) | AltName::Uri(v) => v == value,
            AltName::Ip(v) => v == value || value.parse::<IpAddr>().is_ok_and(|ip| v.parse() == Ok(ip)),
            AltName::Other(..) => false,
        })
    };
    if needed && subject.values("CN").any(|cn| !repeats(cn)) {
        let text = format!("The common name \"{}\" is none of the alternative names.", subject.title());
        report.error(
            "names.cn-in-san",
            text,
            "Ask for a request whose common name repeats one of them, or has none.",
        );
    }
    if subject.values("emailAddress").any(|mail| !repeats(mail)) {
        let text =
            "The mail address in the subject is none of the alternative names (RFC 5280 section 4.1.2.6).";
        report.info("names.email-in-san", text);
    }
}

/// Looks at a `dNSName`.
fn host(report: &mut Report, dns: &str) {
    let shown = cut(dns);
    let mut wrong = |why: &str, remedy: &str| {
        report.error("names.dns-syntax", format!("\"{shown}\" is not a host name: {why}."), remedy);
    };
    if dns.parse::<IpAddr>().is_ok() {
        return wrong("it is an IP address", "Addresses belong into iPAddress, or no client accepts them.");
    }
    if !dns.is_ascii() {
        let remedy = "Internationalised names are written in their A-label form, xn--.";
        return wrong("it holds characters beyond ASCII", remedy);
    }
    let labels: Vec<&str> = dns.split('.').collect();
    let wild = labels.first() == Some(&"*");
    let plain = if wild { &labels[1..] } else { &labels[..] };
    if dns.contains('*') && (!wild || plain.iter().any(|l| l.contains('*'))) {
        let text = format!("\"{shown}\": a wildcard may only be the whole leftmost label.");
        return report.error("names.wildcard", text, "Ask for *.example.com, or for the single names.");
    }
    if dns.ends_with('.') && dns.len() > 1 {
        return wrong("it ends with a dot", "Ask for it without the last dot.");
    }
    if dns.len() > 253 {
        return wrong("it is longer than 253 characters", "Ask for a shorter one.");
    }
    if plain.is_empty() || plain.iter().any(|l| l.is_empty() || l.len() > 63) {
        return wrong(
            "each part between dots has 1 to 63 characters",
            "Ask for a request with the right name.",
        );
    }
    if plain.iter().any(|l| !l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')) {
        return wrong(
            "only letters, digits and dashes are allowed",
            "Give the bare name: no scheme, port or path.",
        );
    }
    if plain.iter().any(|l| l.starts_with('-') || l.ends_with('-')) {
        return wrong("no part may begin or end with a dash", "Ask for a request with the right name.");
    }
    if dns.contains('_') {
        let text = format!(
            "\"{shown}\" has an underscore, which no host name may have (public authorities refuse it)."
        );
        report.warning("names.dns-syntax", text, "Fine for a service name inside your own network only.");
    }
    let (unicode, read) = idna::domain_to_unicode(&plain.join("."));
    if read.is_err() {
        let text = format!("\"{shown}\" has an xn-- label that stands for no valid name.");
        report.warning("names.idn", text, "Check the name with the requester.");
    } else if !unicode.is_ascii() {
        report.info("names.idn", format!("\"{shown}\" is shown by browsers as {}.", cut(&unicode)));
        lookalike::words(report, &format!("The host name \"{shown}\""), &unicode);
    }
    match (wild, plain.len()) {
        (true, 1) => report.warning(
            "names.wildcard",
            format!("\"{shown}\" covers every name of a whole top level."),
            "Issue it for a domain of your own instead.",
        ),
        (true, _) => report.info("names.wildcard", format!("\"{shown}\" covers every host of that domain.")),
        (false, 1) => {
            report.info(
                "names.internal",
                format!("\"{shown}\" has no domain: it names another host elsewhere."),
            );
        }
        _ => {}
    }
}

pub(super) fn private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local() || ip.is_unspecified(),
        IpAddr::V6(ip) => {
            ip.is_loopback() || ip.is_unspecified() || ip.is_unique_local() || ip.is_unicast_link_local()
        }
    }
}

/// The tags of strings: UTF8, Numeric, Printable, T61, IA5, Visible, Universal, BMP.
const STRINGS: [u8; 8] = [12, 18, 19, 20, 22, 26, 28, 30];

/// The object identifier of the country.
const COUNTRY: &[u8] = &[0x55, 4, 6];

/// The attributes of an encoded name: object identifier, tag and content of the value.
fn attribute_values(name: &[u8]) -> impl Iterator<Item = (&[u8], u8, &[u8])> {
    let sets = only(0x30, name).and_then(elements).unwrap_or_default();
    let attributes = sets.into_iter().flat_map(|(_, _, set)| elements(set).unwrap_or_default());
    attributes.filter_map(|(_, _, attribute)| match elements(attribute)?[..] {
        [(6, _, kind), (tag, _, value)] => Some((kind, tag, value)),
        _ => None,
    })
}
