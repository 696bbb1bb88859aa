//! What was seen of versions, suites, certificates and chains, held against the documents and the keyrings they lead to.

use std::collections::BTreeSet;

use super::{documented, expected, hit, options, remarked, scans};
use crate::doctor::{Case, Hit};
use crate::model::bytes::Digest;
use crate::model::cipher::{Grade, Standing, Suite, default_of, fits};
use crate::model::finding::Severity;
use crate::model::keyring::{Keyring, Role};
use crate::model::resolve::resolve;
use crate::model::seen::{self, Asked, Face, Scan, Version, Visit};
use crate::model::server::Release;

/// So many suites are named.
const NAMED: usize = 4;

pub(super) fn versions(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        let release = case.state.servers.get(&visit.promise.server).map(|server| server.release);
        for version in scan.spoken().map(|s| s.version).filter(|v| *v < Version::Tls12) {
            let (severity, why) = match version {
                Version::Ssl2 | Version::Ssl3 => (Severity::Error, "which has been broken for years"),
                Version::Tls10 if release >= Some(Release::R12) => {
                    (Severity::Warning, "which its release has off unless SSL_ENABLE_TLS_10=1")
                }
                _ => (Severity::Warning, "which is retired (RFC 8996)"),
            };
            found(hit(visit, format!("speaks {}, {why}.", version.name())).severity(severity));
        }
        if scan.spoken().next_back().is_some_and(|s| s.version < Version::Tls12) {
            found(hit(visit, "speaks neither TLS 1.2 nor TLS 1.3; today's clients cannot connect."));
        }
    }
}

pub(super) fn suites(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in documented(case).filter_map(|visit| Some((visit, visit.scan()?))) {
        let answer = resolve(case.state, &visit.promise.question());
        let release = case.state.servers.get(&visit.promise.server).map(|server| server.release);
        let listed = options(case.state, &answer).and_then(|tls| tls.ciphers.as_deref());
        let Some(wanted) = listed.or_else(|| release.and_then(default_of)) else {
            if let Some(release) = release.filter(|_| answer.document.is_some()) {
                left_to(visit, scan, release, found);
            }
            continue;
        };
        // Those of TLS 1.3 are in no document.
        let old = |suite: &Suite| suite.versions().is_none_or(|versions| *versions.start() < 0x0304);
        let offered: BTreeSet<Suite> = scan.suites().into_iter().filter(old).collect();
        let wanted: BTreeSet<Suite> = wanted.iter().copied().filter(old).collect();
        let more: Vec<Suite> = offered.difference(&wanted).copied().collect();
        if !more.is_empty() {
            let broken = more.iter().any(|suite| suite.grade() == Grade::Broken);
            let severity = if broken { Severity::Error } else { Severity::Warning };
            found(hit(visit, format!("offers what is not configured: {}.", some(&more))).severity(severity));
        }
        let whole = scan.versions.iter().filter(|s| s.version <= Version::Tls12).all(|s| s.whole);
        let leaf = answer.keyring.as_ref().and_then(|ring| case.state.keyrings.get(ring)?.key.as_ref());
        let usable = |suite: &&Suite| leaf.is_none_or(|key| fits(**suite, key).is_ok());
        let less: Vec<Suite> = wanted.difference(&offered).filter(usable).copied().collect();
        if whole && !less.is_empty() {
            let text = format!("does not offer what is configured: {}.", some(&less));
            found(hit(visit, text).severity(Severity::Warning));
        }
    }
    remarked(case, found, &["wire.dh-group", "wire.compression"]);
}

/// Tells what is offered where the document leaves the suites to a release whose whole list nobody has told.
fn left_to(visit: &Visit, scan: &Scan, release: Release, found: &mut dyn FnMut(Hit)) {
    let offered = scan.suites();
    let name = release.name();
    let of = |standing: Standing| {
        offered.iter().copied().filter(|s| s.standing(release) == standing).collect::<Vec<_>>()
    };
    let (early, switched) = (of(Standing::NotYet), of(Standing::Switch));
    if !early.is_empty() {
        let text = format!("offers what release {name} does not have yet: {}.", some(&early));
        found(hit(visit, text).severity(Severity::Warning));
    }
    if !switched.is_empty() {
        let text = format!("offers what release {name} has behind a switch: {}.", some(&switched));
        found(hit(visit, text).severity(Severity::Warning));
    }
    let text = format!(
        "offers {} suites; its document leaves them to release {name}, whose whole list is not known here.",
        offered.len()
    );
    found(hit(visit, text).severity(Severity::Info));
}

fn some(suites: &[Suite]) -> String {
    let mut text = suites.iter().take(NAMED).map(|s| s.name()).collect::<Vec<_>>().join(", ");
    if suites.len() > NAMED {
        text.push_str(&format!(" and {} more", suites.len() - NAMED));
    }
    text
}

/// Finds the keyring that shows a certificate.
fn ring_with<'a>(case: &Case<'a>, face: &Face) -> Option<&'a Keyring> {
    let shown = face.sent.first()?;
    case.state.keyrings.values().find(|ring| ring.leaf().is_some_and(|leaf| leaf.sha256 == *shown))
}

pub(super) fn certificates(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in documented(case).filter_map(|visit| Some((visit, visit.scan()?))) {
        for face in &scan.faces {
            let answer = expected(case.state, visit, face.asked);
            let (Some(shown), Some(wanted)) = (face.sent.first(), answer.certificate) else { continue };
            // An address as SNI is for many servers as if there were none.
            let without = || expected(case.state, visit, Asked::Nothing).certificate;
            if *shown == wanted || face.asked == Asked::Address && without() == Some(*shown) {
                continue;
            }
            let whose = ring_with(case, face)
                .map_or_else(|| "no keyring here".to_owned(), |ring| format!("keyring {}", ring.name));
            let ring = answer.keyring.unwrap_or_default();
            let text = format!(
                "shows {}, of {whose}, {}, and the documents lead to that of keyring {ring}.",
                face.subject,
                face.asked.words()
            );
            // An address alone is asked for without SNI, and that is its usual way.
            let usual = face.asked == Asked::Name || visit.promise.host.parse::<std::net::IpAddr>().is_ok();
            found(hit(visit, text).severity(if usual { Severity::Error } else { Severity::Warning }));
        }
    }
}

pub(super) fn chains(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        let Some((face, ring)) = scan.faces.iter().find_map(|f| Some((f, ring_with(case, f)?))) else {
            continue;
        };
        let missing: Vec<String> = ring
            .with_role(Role::Chain)
            .filter(|entry| !face.sent.contains(&entry.certificate.sha256))
            .map(|entry| entry.certificate.subject.title())
            .collect();
        if !missing.is_empty() {
            let missing = missing.join(", ");
            found(hit(visit, format!("leaves out of the chain of keyring {}: {missing}.", ring.name)));
            continue;
        }
        let places =
            ring.with_role(Role::Chain).map(|e| face.sent.iter().position(|s| *s == e.certificate.sha256));
        let places: Vec<_> = places.collect();
        if !places.is_sorted() || places.contains(&Some(0)) {
            let text = format!("sends the chain of keyring {} in the wrong order.", ring.name);
            found(hit(visit, text).severity(Severity::Warning));
        }
        let known = |sha256: &Digest| ring.entries.iter().any(|e| e.certificate.sha256 == *sha256);
        let strange = face.sent.iter().skip(1).filter(|sha256| !known(sha256)).count();
        if strange > 0 {
            let s = if strange == 1 { "" } else { "s" };
            let text = format!("sends {strange} certificate{s} that keyring {} does not have.", ring.name);
            found(hit(visit, text).severity(Severity::Info));
        }
    }
}

pub(super) fn names(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        let not_named = |f: &&Face| f.asked == Asked::Name && f.named == seen::Answer::No;
        if let Some(face) = scan.faces.iter().find(not_named) {
            found(hit(visit, format!("shows {}, which does not name the host.", face.subject)));
        }
    }
}

pub(super) fn revoked(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    for (visit, scan) in scans(case) {
        let Some(face) = scan.faces.iter().find(|f| !f.sent.is_empty()) else { continue };
        if let Some(revocation) = face.sent.first().and_then(|leaf| case.state.revocations.get(leaf)) {
            let day = revocation.at.date();
            found(hit(visit, format!("shows {}, which was revoked on {day}.", face.subject)));
        }
        if let Some(end) = face.ends.filter(|end| *end < visit.at) {
            found(hit(visit, format!("shows {}, which ended on {}.", face.subject, end.date())));
        }
    }
    remarked(case, found, &["wire.staple"]);
}
