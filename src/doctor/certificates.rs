//! Rules about the certificates in keyrings: their time, strength, names and use.

use super::keyrings::Waiting;
use super::{Case, Check, Hit, rings, serves};
use crate::model::certificate::{Certificate, KeyUsage};
use crate::model::finding::Severity;
use crate::model::keyring::{Entry, Keyring, Role};
use crate::model::name::AltName;
use crate::model::time::{DAY, days_left};

const SERVER: &str = "1.3.6.1.5.5.7.3.1";
const ANY: &str = "2.5.29.37.0";
/// The profile whose calendar is that of public authorities.
const PUBLIC: &str = "public-like";
/// The longest validity of a public certificate since 2020-09-01, where no profile says more, in days.
const PUBLIC_DAYS: u32 = 398;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "K12",
        title: "A certificate in a keyring ends soon or has ended.",
        severity: Severity::Error,
        remedy: "Renew it: request a certificate for the same names, and install it in time.",
        command: "keyring.request",
        explain: "After its last day every client refuses the certificate, and an intermediate or root takes everything below it \
            along. The bands of days are those of the settings: a note over 30 days, a warning up to 30, an error up to 7 and \
            after the end. Renew a certificate of your own; install a new intermediate or trust a new root when one of these ends.",
        run: |case, found| {
            each(case, &mut |ring, entry| ends(case, ring, entry).into_iter().for_each(&mut *found))
        },
    },
    Check {
        id: "K13",
        title: "A certificate in a keyring is not valid yet.",
        severity: Severity::Error,
        remedy: "Compare the clock of this machine, or install a certificate that is valid now.",
        command: "keyring.install",
        explain: "The first day of the certificate is still to come, so every client refuses it today. The clock of this machine \
            or of the authority is wrong, or a certificate for later was installed too early. Compare the clock first; then \
            put the version before it back, or wait.",
        run: |case, found| {
            each(case, &mut |ring, entry| {
                let certificate = &entry.certificate;
                if case.now < certificate.not_before {
                    let text = format!("is valid from {} on", certificate.not_before.date());
                    found(Hit::ring(ring, format!("holds {}, which {text}.", what(entry))));
                }
            });
        },
    },
    Check {
        id: "K14",
        title: "A certificate in a keyring has a weak key or signature.",
        severity: Severity::Error,
        remedy: "Request a certificate with a strong key from an authority that signs with SHA-256.",
        command: "keyring.request",
        explain: "RSA keys under 2048 bits and signatures with SHA-1 or MD5 can be broken, and clients of today refuse them. They \
            come from old requests and old authorities. Request a new certificate with a new key; when the authority itself \
            is weak, choose another one.",
        run: |case, found| each(case, &mut |ring, entry| weak(ring, entry).into_iter().for_each(&mut *found)),
    },
    Check {
        id: "K15",
        title: "The certificate of a keyring has no alternative name.",
        severity: Severity::Error,
        remedy: "Request a certificate that names its hosts as alternative names.",
        command: "keyring.request",
        explain: "Clients look for the host among the subject alternative names only; the common name has not counted for years. \
            The request was made by an old program, or the authority dropped the names. Request a certificate with every host \
            name as an alternative name.",
        run: |case, found| {
            let host = |name: &AltName| matches!(name, AltName::Dns(_) | AltName::Ip(_));
            for (ring, leaf) in leaves(case).filter(|(_, leaf)| !leaf.alt_names.iter().any(host)) {
                let text = format!("has a certificate without a host name: {}.", leaf.subject.title());
                found(Hit::ring(ring, text).severity(unless_served(case, ring)));
            }
        },
    },
    Check {
        id: "K17",
        title: "A certificate in a keyring may not be used as it is used here.",
        severity: Severity::Error,
        remedy: "Request a certificate for servers.",
        command: "keyring.request",
        explain: "Key usage and extended key usage say what a certificate is for, and clients refuse one that is not for servers, \
            or an intermediate that may not issue. A certificate for mail or for clients was installed, or the authority used \
            the wrong profile. Request one whose extended key usage holds serverAuth.",
        run: |case, found| {
            for (ring, leaf) in leaves(case) {
                if let Some((text, severity)) = unfit(leaf) {
                    found(Hit::ring(ring, text).severity(severity.min(unless_served(case, ring))));
                }
                for entry in ring.with_role(Role::Chain).filter(|e| !e.certificate.is_ca()) {
                    let text = format!("holds {}, which may not issue certificates.", what(entry));
                    found(Hit::ring(ring, text).instead(
                        "Install the certificate again, with the intermediates that its authority sent.",
                        "keyring.install",
                    ));
                }
            }
        },
    },
    Check {
        id: "K19",
        title: "A certificate is valid for longer than public authorities may issue.",
        severity: Severity::Info,
        remedy: "If its root is public, have it issued again for a shorter time.",
        command: "keyring.request",
        explain: "Browsers refuse certificates of public authorities that are valid for longer than 398 days, or 200, 100 and 47 as \
            the calendar of the profile public-like goes on. It is taken for public when no certifier of this workspace stands \
            above it; a private authority outside of it may issue for longer. Ignore it for a private root.",
        run: |case, found| {
            for (ring, chain) in case.chains.all(case) {
                let Some(leaf) = ring.leaf().filter(|leaf| !leaf.is_self_issued()) else { continue };
                let ours = case
                    .state
                    .certifiers
                    .values()
                    .map(|c| &c.certificate)
                    .any(|c| chain.links.contains(&c.sha256) || chain.top_issuer == c.subject.der.0);
                let profile = case.state.profiles.get(PUBLIC);
                let limit = profile.map_or(PUBLIC_DAYS, |p| p.limit(leaf.not_before).0);
                // Both ends belong to the validity.
                let seconds = leaf.not_after.0.saturating_sub(leaf.not_before.0).saturating_add(1);
                if !ours && seconds > i64::from(limit) * DAY {
                    let days = seconds.div_euclid(DAY);
                    let text =
                        format!("has a certificate for {days} days; public authorities may issue {limit}.");
                    found(Hit::ring(ring, text));
                }
            }
        },
    },
];

/// Calls with every certificate in every ring; a root whose trust is off harms nobody.
fn each<'a>(case: &Case<'a>, call: &mut dyn FnMut(&'a Keyring, &'a Entry)) {
    for ring in rings(case) {
        ring.entries.iter().filter(|e| e.trusted).for_each(|entry| call(ring, entry));
    }
}

fn leaves<'a>(case: &Case<'a>) -> impl Iterator<Item = (&'a Keyring, &'a Certificate)> + use<'a> {
    rings(case).filter_map(|ring| Some((ring, ring.leaf()?)))
}

fn what(entry: &Entry) -> String {
    format!("{} {}", entry.role.word(), entry.certificate.subject.title())
}

/// What keeps clients away is an error where a site answers with it.
fn unless_served(case: &Case<'_>, ring: &Keyring) -> Severity {
    if serves(case, ring) { Severity::Error } else { Severity::Warning }
}

/// Tells of an end in the narrowest band it is in.
fn ends(case: &Case<'_>, ring: &Keyring, entry: &Entry) -> Option<Hit> {
    let certificate = &entry.certificate;
    let days = certificate.not_after.days_from(case.now);
    let (severity, band) = if case.now > certificate.not_after {
        (Severity::Error, String::new())
    } else {
        let band = case.bands.iter().copied().filter(|band| days < *band).min()?;
        let severity = match band {
            ..=7 => Severity::Error,
            8..=30 => Severity::Warning,
            _ => Severity::Info,
        };
        (severity, format!(" (band of {band} days)"))
    };
    if case.now < certificate.not_before {
        return None;
    }
    let hit = |more: &str| {
        // What is cut off where a list is narrow is the name, not the time.
        let has = if days > 0 { "has " } else { "" };
        let text = format!("{has}{}: {}{band}{more}.", days_left(days), what(entry));
        Hit::ring(ring, text).severity(severity)
    };
    Some(match entry.role {
        Role::Leaf if ring.next_key.is_some() => {
            let waiting = Waiting::of(case, ring);
            waiting.hit(hit(&format!("; a new key waits for its certificate: {}", waiting.words())))
        }
        Role::Leaf => hit(""),
        Role::Chain => hit("").instead(
            "Install the certificate again with the new intermediate of its authority.",
            "keyring.install",
        ),
        Role::Root => {
            hit("").instead("Trust the new root of the authority, and renew what it issued.", "keyring.trust")
        }
    })
}

/// Tells of a small key and a broken signature. That of a root is never verified.
fn weak(ring: &Keyring, entry: &Entry) -> Option<Hit> {
    let c = &entry.certificate;
    let root = entry.role == Role::Root;
    let severity = if root { Severity::Warning } else { Severity::Error };
    let broken = ["SHA-1", "SHA1", "MD5", "MD2"].iter().any(|hash| c.signature.contains(hash));
    let text = if c.key.algorithm.starts_with("RSA") && (1..2048).contains(&c.key.bits) {
        format!("whose RSA key has {} bits only", c.key.bits)
    } else if broken && !root {
        format!("which is signed with {}", c.signature)
    } else {
        return None;
    };
    let hit = Hit::ring(ring, format!("holds {}, {text}.", what(entry))).severity(severity);
    Some(match entry.role {
        Role::Leaf => hit,
        _ => hit
            .instead("Have the certificate issued by another authority, and install it.", "keyring.install"),
    })
}

/// Says why a certificate is not for servers, if it is not, and how bad that is.
fn unfit(c: &Certificate) -> Option<(String, Severity)> {
    let title = c.subject.title();
    if c.is_ca() && c.is_self_issued() {
        let text = format!("has a self-signed test certificate that says it is an authority's: {title}.");
        return Some((text, Severity::Warning));
    }
    if c.basic.is_some_and(|b| b.ca) {
        return Some((format!("has the certificate of an authority as its own: {title}."), Severity::Error));
    }
    if !c.extended.is_empty() && !c.extended.iter().any(|o| o == SERVER) {
        let severity = if c.extended.iter().any(|o| o == ANY) { Severity::Warning } else { Severity::Error };
        let words = c.extended_words();
        return Some((
            format!("has a certificate that is not for servers: {title} is for {words}."),
            severity,
        ));
    }
    let KeyUsage(bits) = c.key_usage?;
    let has = |name: &str| KeyUsage::from_name(name).is_some_and(|bit| bits & bit != 0);
    let rsa = c.key.algorithm.starts_with("RSA ");
    if has("digitalSignature") {
        None
    } else if rsa && has("keyEncipherment") {
        let text = format!("has a certificate that may not sign: TLS 1.3 refuses {title}.");
        Some((text, Severity::Warning))
    } else {
        Some((format!("has a certificate that may not sign a TLS handshake: {title}."), Severity::Error))
    }
}
