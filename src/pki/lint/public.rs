//! What public authorities must not issue (CA/Browser Forum Baseline Requirements), held against a certificate of a profile
//! that follows them. What is wrong for everybody is in the other files.

use std::net::IpAddr;

use super::names::private;
use super::{Report, cut};
use crate::model::certificate::Certificate;
use crate::model::name::AltName;

/// Top levels that no public name has (RFC 2606, RFC 6761, RFC 6762, RFC 8375, and `internal` as ICANN reserved it).
const RESERVED: [&str; 13] = [
    "test",
    "example",
    "invalid",
    "localhost",
    "local",
    "internal",
    "lan",
    "home",
    "corp",
    "intranet",
    "private",
    "onion",
    "home.arpa",
];

/// The order of the attributes of a subject (section 7.1.4.2).
const ORDER: [&str; 11] = ["DC", "C", "ST", "L", "postalCode", "STREET", "O", "SN", "GN", "OU", "CN"];

/// Looks at what would be signed.
pub(super) fn certificate(report: &mut Report, c: &Certificate) {
    for name in &c.alt_names {
        match name {
            AltName::Dns(dns) => host(report, dns),
            AltName::Ip(ip) if ip.parse::<IpAddr>().is_ok_and(private) => {
                let text = format!("{ip} is a private address, which public authorities must not certify.");
                report.error("public.internal", text, "Sign it with a private profile.");
            }
            AltName::Ip(_) => {}
            other => {
                let text = format!("The name {} is none of a public server.", cut(&other.to_string()));
                report.error(
                    "public.names",
                    text,
                    "Public certificates of servers hold host names and addresses only.",
                );
            }
        }
    }
    for rdn in c.subject.rdns.iter().filter(|rdn| rdn.len() > 1) {
        let parts = rdn.iter().map(|a| a.short()).collect::<Vec<_>>().join("+");
        let text = format!("One step of the subject holds several values ({parts}); each has to hold one.");
        report.error("public.subject", text, "Ask for a request with a plain subject.");
    }
    let shorts: Vec<_> = c.subject.rdns.iter().flatten().map(|a| a.short().to_owned()).collect();
    let places: Vec<_> = shorts.iter().filter_map(|s| ORDER.iter().position(|known| known == s)).collect();
    if !places.is_sorted() {
        let text = format!(
            "The subject has its parts in the order {}; it has to be {}.",
            cut(&shorts.join(", ")),
            ORDER.join(", ")
        );
        report.warning("public.subject", text, "Ask for a request with the subject in that order.");
    }
    if shorts.iter().any(|s| s == "OU") {
        let text = "The subject has an OU, which public authorities must not certify any more.";
        report.error("public.subject", text, "Choose a profile that does not take OU over.");
    }
    if c.key.algorithm.starts_with("RSA") && !c.key.bits.is_multiple_of(8) {
        let text = format!("The RSA key has {} bits, which does not divide by 8.", c.key.bits);
        report.error("public.key", text, "Ask for a request with a new key.");
    }
}

fn host(report: &mut Report, dns: &str) {
    let shown = cut(dns);
    let name = dns.trim_start_matches("*.").to_ascii_lowercase();
    let reserved = RESERVED.iter().find(|r| name == **r || name.ends_with(&format!(".{r}")));
    if let Some(reserved) = reserved {
        let text = format!("\"{shown}\" is an internal name: .{reserved} is no public domain.");
        report.error("public.internal", text, "Sign it with a private profile.");
    } else if !name.contains('.') {
        let text = if dns.starts_with("*.") {
            format!("\"{shown}\" covers a whole top level.")
        } else {
            format!("\"{shown}\" is an internal name: it has no domain.")
        };
        report.error("public.internal", text, "Sign it with a private profile.");
    }
    if dns.contains('_') {
        let text = format!("\"{shown}\" has an underscore, which public authorities must not certify.");
        report.error("public.names", text, "Ask for a name of letters, digits and dashes.");
    }
}
