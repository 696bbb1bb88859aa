//! Name constraints (RFC 5280 section 4.2.1.10): DNS names, IP addresses, mail addresses and directory names of
//! everything below a constrained authority.

use std::net::IpAddr;

use super::Link;
use crate::model::certificate::Certificate;
use crate::model::certifier::constraints::Subtree;
use crate::model::error::Result;
use crate::model::finding::Severity;
use crate::model::name::{AltName, Name};
use crate::pki::authority::general_name;
use crate::pki::der::tlv;
use crate::pki::issue::NAME_CONSTRAINTS;

/// Adds findings to the certificates whose names their issuers do not allow.
pub(super) fn judge(links: &mut [Link]) {
    for upper in 1..links.len() {
        let (below, above) = links.split_at_mut(upper);
        let Some(authority) = above.first_mut() else { break };
        let raw = authority.certificate.extensions.iter().find(|e| e.oid == NAME_CONSTRAINTS);
        let Some(raw) = raw else {
            authority.right("no name constraints");
            continue;
        };
        let Some(limits) = Limits::read(&raw.value.0) else {
            let text = "its name constraints cannot be read.";
            authority.add("chain.name-constraint", Severity::Error, text);
            continue;
        };
        let by = authority.certificate.subject.title();
        for (i, link) in below.iter_mut().enumerate() {
            // Self-issued intermediates are exempt (RFC 5280 section 6.1.3 b).
            if i > 0 && link.certificate.is_self_issued() {
                continue;
            }
            let refused = limits.refused(&link.certificate);
            if refused.is_empty() {
                link.right(format!("within the name constraints of {by}"));
            }
            for name in refused {
                let text = format!("the name {name} is outside of what {by} may issue for.");
                link.add("chain.name-constraint", Severity::Error, &text);
            }
        }
    }
}

/// Says what the issuers of a certificate that is about to be signed forbid: names outside of their constraints, and an
/// authority below one that allows no further. `issuers` begins with the one that signs.
pub fn forbidden(certificate: &Certificate, issuers: &[&Certificate]) -> Vec<String> {
    let mut told = Vec::new();
    for (below, issuer) in issuers.iter().enumerate() {
        let by = issuer.subject.title();
        let most = issuer.basic.and_then(|b| b.path_length);
        let authority = certificate.basic.is_some_and(|b| b.ca);
        let allowed = |most: u32| usize::try_from(most).is_ok_and(|most| below < most);
        if authority && most.is_some_and(|most| !allowed(most)) {
            told.push(format!("{by} allows no authority here: its path length is {}", most.unwrap_or(0)));
        }
        let raw = issuer.extensions.iter().find(|e| e.oid == NAME_CONSTRAINTS);
        let Some(raw) = raw else { continue };
        match Limits::read(&raw.value.0) {
            Some(limits) => {
                let refused = limits.refused(certificate).into_iter();
                told.extend(
                    refused.map(|name| format!("the name {name} is outside of what {by} may issue for")),
                );
            }
            None => told.push(format!("the name constraints of {by} cannot be read")),
        }
    }
    told
}

/// Says what issuers forbid of an authority that is about to be made with this subject and these permitted subtrees: what
/// reaches beyond that which they permit, or lies within what they exclude. `issuers` begins with the one that signs.
pub fn beyond(subject: &Name, permitted: &[Subtree], issuers: &[&Certificate]) -> Result<Vec<String>> {
    let mut told = Vec::new();
    for issuer in issuers {
        let by = issuer.subject.title();
        let Some(raw) = issuer.extensions.iter().find(|e| e.oid == NAME_CONSTRAINTS) else { continue };
        let Some(limits) = Limits::read(&raw.value.0) else {
            told.push(format!("the name constraints of {by} cannot be read"));
            continue;
        };
        if limits.refuses_subject(subject) {
            told.push(format!("the name {} is outside of what {by} may issue for", subject.text()));
        }
        for tree in permitted {
            let encoded = general_name(tree)?;
            let Some((whole, content, _)) = tlv(&encoded) else { continue };
            let tag = whole.first().copied().unwrap_or_default();
            if limits.refuses(tag, &|base| tree_inside(tag, content, base), &|_| false) {
                told.push(format!("{tree} is outside of what {by} may issue for"));
            }
        }
    }
    Ok(told)
}

/// Subtrees as (GeneralName tag, content).
struct Limits<'a> {
    permitted: Vec<(u8, &'a [u8])>,
    excluded: Vec<(u8, &'a [u8])>,
}

/// Tells whether a name lies in the subtree of this base.
type Inside<'a> = &'a dyn Fn(&[u8]) -> bool;

/// The GeneralName tags of the kinds tested.
const EMAIL: u8 = 0x81;
const DNS: u8 = 0x82;
const DIRECTORY: u8 = 0xa4;
const IP: u8 = 0x87;

impl<'a> Limits<'a> {
    fn read(value: &'a [u8]) -> Option<Self> {
        let (_, mut rest, _) = tlv(value)?;
        let mut limits = Self { permitted: Vec::new(), excluded: Vec::new() };
        while let Some((whole, mut trees, more)) = tlv(rest) {
            let list = match whole.first()? {
                0xa0 => &mut limits.permitted,
                0xa1 => &mut limits.excluded,
                _ => return None,
            };
            while let Some((_, tree, next)) = tlv(trees) {
                let (base, content, _) = tlv(tree)?;
                list.push((*base.first()?, content));
                trees = next;
            }
            rest = more;
        }
        rest.is_empty().then_some(limits)
    }

    /// Returns the names that are not allowed, as text.
    fn refused(&self, c: &Certificate) -> Vec<String> {
        let mut refused = Vec::new();
        for name in &c.alt_names {
            let (tag, inside): (u8, Inside<'_>) = match name {
                AltName::Dns(dns) => (DNS, &|base| dns_inside(dns, base)),
                AltName::Ip(ip) => (IP, &|base| ip_inside(ip, base)),
                AltName::Email(mail) => (EMAIL, &|base| mail_inside(mail, base)),
                AltName::Uri(_) | AltName::Other(..) => continue,
            };
            // A wildcard must not reach into an excluded subtree either.
            let reaches = |base: &[u8]| {
                tag == DNS && std::str::from_utf8(base).is_ok_and(|b| name.covers(b.trim_start_matches('.')))
            };
            if self.refuses(tag, inside, &reaches) {
                refused.push(name.to_string());
            }
        }
        if self.refuses_subject(&c.subject) {
            refused.push(c.subject.text());
        }
        refused
    }

    fn refuses_subject(&self, subject: &Name) -> bool {
        let inside = |base: &[u8]| directory_inside(&subject.der.0, base);
        !subject.rdns.is_empty() && self.refuses(DIRECTORY, &inside, &|_| false)
    }

    fn refuses(&self, tag: u8, inside: Inside<'_>, reaches: Inside<'_>) -> bool {
        let mut permitted = self.permitted.iter().filter(|(t, _)| *t == tag).peekable();
        let mut excluded = self.excluded.iter().filter(|(t, _)| *t == tag);
        let limited = permitted.peek().is_some();
        excluded.any(|(_, base)| inside(base) || reaches(base))
            || limited && !permitted.any(|(_, base)| inside(base))
    }
}

/// Tells whether a subtree lies in another one of its kind, whole.
fn tree_inside(tag: u8, tree: &[u8], base: &[u8]) -> bool {
    let text = |bytes| std::str::from_utf8(bytes).unwrap_or_default();
    match tag {
        DNS => dns_inside(text(tree), base),
        IP => network_inside(tree, base),
        EMAIL if tree.contains(&b'@') => mail_inside(text(tree), base),
        EMAIL => hosts_inside(text(tree), text(base)),
        DIRECTORY => directory_inside(tree, base),
        _ => false,
    }
}

/// Tells whether all addresses of a host, or with a leading dot of all hosts below, are in a subtree of mail addresses.
fn hosts_inside(hosts: &str, base: &str) -> bool {
    let (hosts, base) = (hosts.to_ascii_lowercase(), base.to_ascii_lowercase());
    hosts == base || base.starts_with('.') && hosts.ends_with(&base)
}

fn network_inside(tree: &[u8], base: &[u8]) -> bool {
    let ((own, own_mask), (network, mask)) = (tree.split_at(tree.len() / 2), base.split_at(base.len() / 2));
    tree.len() == base.len()
        && own
            .iter()
            .zip(network)
            .zip(own_mask.iter().zip(mask))
            .all(|((own, net), (own_mask, mask))| own_mask & mask == *mask && own & mask == net & mask)
}

/// Tells whether a name begins with the attributes of another one.
fn directory_inside(name: &[u8], base: &[u8]) -> bool {
    let attributes = |name| tlv(name).map(|(_, content, _)| content);
    matches!((attributes(name), attributes(base)), (Some(name), Some(base)) if name.starts_with(base))
}

fn dns_inside(name: &str, base: &[u8]) -> bool {
    let Ok(base) = std::str::from_utf8(base) else { return false };
    let (name, base) = (name.trim_end_matches('.').to_ascii_lowercase(), base.to_ascii_lowercase());
    let bare = base.trim_start_matches('.');
    let under = name.strip_suffix(bare).is_some_and(|head| head.ends_with('.'));
    // A base with a leading dot, beyond the RFC and common, means subdomains only.
    bare.is_empty() || under || name == base
}

fn ip_inside(ip: &str, base: &[u8]) -> bool {
    let octets = match ip.parse() {
        Ok(IpAddr::V4(ip)) => ip.octets().to_vec(),
        Ok(IpAddr::V6(ip)) => ip.octets().to_vec(),
        Err(_) => return false,
    };
    let (network, mask) = base.split_at(base.len() / 2);
    network.len() == octets.len()
        && octets.iter().zip(network).zip(mask).all(|((octet, net), mask)| octet & mask == net & mask)
}

fn mail_inside(mail: &str, base: &[u8]) -> bool {
    let Ok(base) = std::str::from_utf8(base) else { return false };
    let Some((user, host)) = mail.rsplit_once('@') else { return false };
    let host = host.to_ascii_lowercase();
    match base.rsplit_once('@') {
        Some((wanted, at)) => user == wanted && host == at.to_ascii_lowercase(),
        None if base.starts_with('.') => host.ends_with(&base.to_ascii_lowercase()),
        None => host == base.to_ascii_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subtrees_hold_whole_labels_and_networks() {
        assert!(dns_inside("a.example.test", b"example.test"));
        assert!(dns_inside("Example.TEST", b"example.test"));
        assert!(dns_inside("*.example.test", b"example.test"));
        assert!(!dns_inside("notexample.test", b"example.test"));
        assert!(!dns_inside("example.test", b".example.test"));
        assert!(dns_inside("anything", b""));
        assert!(ip_inside("10.1.2.3", &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(!ip_inside("11.1.2.3", &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(!ip_inside("::1", &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(mail_inside("a@example.test", b"example.test"));
        assert!(!mail_inside("a@sub.example.test", b"example.test"));
        assert!(mail_inside("a@sub.example.test", b".example.test"));
    }

    #[test]
    fn subtrees_lie_whole_in_others() {
        let inside = |tree: &[u8], base: &[u8]| network_inside(tree, base);
        assert!(inside(&[10, 1, 0, 0, 255, 255, 0, 0], &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(!inside(&[10, 0, 0, 0, 254, 0, 0, 0], &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(!inside(&[11, 0, 0, 0, 255, 0, 0, 0], &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(!inside(&[0; 32], &[10, 0, 0, 0, 255, 0, 0, 0]));
        assert!(hosts_inside("Example.test", "example.test") && hosts_inside(".a.test", ".test"));
        assert!(!hosts_inside(".example.test", "example.test") && !hosts_inside("a.test", "ann@a.test"));
        assert!(tree_inside(DNS, b".example.test", b"example.test"));
        assert!(!tree_inside(DNS, b"example.test", b".example.test"));
    }

    proptest::proptest! {
        #[test]
        fn garbage_never_panics(value: Vec<u8>, base: Vec<u8>, name: String) {
            let _ = Limits::read(&value);
            let _ = (dns_inside(&name, &base), ip_inside("10.0.0.1", &base), mail_inside(&name, &base));
            for tag in [DNS, IP, EMAIL, DIRECTORY, 0] {
                let _ = tree_inside(tag, &value, &base);
                proptest::prop_assert!(tag != IP || tree_inside(tag, &base, &base));
            }
        }
    }
}
