//! The trusted roots of a keyring: adds, labels and removes them, switches their trust on and off, and says what depends
//! on them.

use std::collections::BTreeSet;

use super::{Env, opened, rewrite};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::escape::{unseen, visible};
use crate::model::keyring::{Entry, Keyring, Role};
use crate::model::resolve::used;
use crate::model::secret::Secret;
use crate::model::time::Timestamp;
use crate::pki::chain::{self, Question};

/// Adds roots as trusted. Errors: none given, one is not a root, is expired, or stands there already; wrong password.
pub fn trust(
    state: &State,
    keyring: &str,
    roots: &[Certificate],
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    let mut ring = opened(state, keyring, password)?;
    if roots.is_empty() {
        return Err(Error::refused("There is no certificate in it.")
            .next("Bring the root certificate of the authority, as PEM or DER."));
    }
    for (number, root) in roots.iter().enumerate() {
        // A file that holds the same root twice means it once.
        if roots.iter().take(number).any(|before| before.sha256 == root.sha256) {
            continue;
        }
        let title = root.subject.text();
        if ring.with_role(Role::Root).any(|e| e.certificate.sha256 == root.sha256) {
            return Err(Error::refused(format!("{title} is a trusted root of {keyring} already.")));
        }
        if !root.is_ca() || !root.is_self_issued() || !chain::signed_by(root, root) {
            return Err(Error::refused(format!("{title} was not added as a trusted root."))
                .why(not_a_root(root))
                .next("Add the self-signed root of its issuer; this one is installed, not trusted.")
                .command("keyring.install"));
        }
        match root.lifetime(env.now, 0) {
            Lifetime::Expired | Lifetime::NotYet => {
                return Err(outside(root, "was not added as a trusted root"));
            }
            Lifetime::Soon | Lifetime::Good => {}
        }
        let label = root.subject.title();
        ring.entries.push(Entry { role: Role::Root, label, trusted: true, certificate: root.clone() });
    }
    rewrite(ring, password, "trusted root added")
}

/// Switches trust in roots on or off. Switching off is allowed even where something breaks: ask [`broken_without`] first.
///
/// Errors: unknown keyring, none given, a root is not in the ring, nothing would change, expired or not yet valid when it is
/// switched on, wrong password.
pub fn set_trust(
    state: &State,
    keyring: &str,
    roots: &[Digest],
    trusted: bool,
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    let mut ring = opened(state, keyring, password)?;
    let word = if trusted { "on" } else { "off" };
    let mut changed = Vec::new();
    for sha256 in named(&ring, roots)? {
        let Some(entry) =
            ring.entries.iter_mut().find(|e| e.role == Role::Root && e.certificate.sha256 == sha256)
        else {
            continue;
        };
        if trusted && matches!(entry.certificate.lifetime(env.now, 0), Lifetime::Expired | Lifetime::NotYet) {
            return Err(outside(&entry.certificate, &format!("was not switched {word}")));
        }
        if entry.trusted != trusted {
            entry.trusted = trusted;
            changed.push(entry.label.clone());
        }
    }
    if changed.is_empty() {
        return Err(Error::refused("Nothing was changed.").why(format!("Trust is {word} already.")));
    }
    rewrite(ring, password, &format!("trust switched {word}: {}", visible(&changed.join(", "))))
}

/// The longest label in characters; longer ones would not be seen whole anywhere.
const LONGEST_LABEL: usize = 80;

/// Gives an entry another label. Errors: unknown keyring, no such entry, an empty or overlong label or one with unseen
/// characters, wrong password.
pub fn label(state: &State, keyring: &str, entry: &Digest, label: &str, password: &Secret) -> Result<Change> {
    let label = label.trim();
    if label.is_empty() || label.chars().count() > LONGEST_LABEL || label.chars().any(unseen) {
        return Err(Error::usage("The label cannot be used.")
            .why(format!("It has 1 to {LONGEST_LABEL} characters that can all be seen.")));
    }
    let mut ring = opened(state, keyring, password)?;
    let Some(found) = ring.entries.iter_mut().find(|e| e.certificate.sha256 == *entry) else {
        return Err(missing(&ring.name, entry));
    };
    found.label = label.to_owned();
    rewrite(ring, password, &format!("labelled: {label}"))
}

/// Takes roots out of a ring. Errors: unknown keyring, none given, a root is not in it, the ring's own certificate would
/// not verify any more, wrong password.
pub fn remove_roots(
    state: &State,
    keyring: &str,
    roots: &[Digest],
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    let mut ring = opened(state, keyring, password)?;
    let roots = named(&ring, roots)?;
    if broken_without(&ring, &roots, env.now) {
        let own = ring.leaf().map_or_else(String::new, |c| c.subject.text());
        return Err(Error::refused(format!("Nothing was removed from {keyring}."))
            .why(format!("Its certificate {own} verifies by one of these roots and would not any more."))
            .next("Install a certificate under another root first, or switch the trust off instead.")
            .command("keyring.install"));
    }
    ring.entries.retain(|e| e.role != Role::Root || !roots.contains(&e.certificate.sha256));
    let what = if roots.len() == 1 {
        "a trusted root removed".into()
    } else {
        format!("{} trusted roots removed", roots.len())
    };
    rewrite(ring, password, &what)
}

/// Tells whether the ring's own certificate verifies now and would not without these roots.
pub fn broken_without(ring: &Keyring, roots: &[Digest], now: Timestamp) -> bool {
    let Some(leaf) = ring.leaf() else { return false };
    let pool: Vec<_> = ring.entries.iter().map(|e| (&e.certificate, String::new())).collect();
    let verifies = |anchors: &[&Certificate]| {
        let question = Question { leaf, pool: &pool, anchors, host: None, at: now, crls: &[] };
        chain::explain(&question).trusted
    };
    let all: Vec<_> = ring.trusted_roots().collect();
    let left: Vec<_> = all.iter().copied().filter(|c| !roots.contains(&c.sha256)).collect();
    left.len() < all.len() && verifies(&all) && !verifies(&left)
}

/// Says in lines what would break without these roots; empty when nothing would.
pub fn consequences(state: &State, ring: &Keyring, roots: &[Digest], now: Timestamp) -> Vec<String> {
    if !broken_without(ring, roots, now) {
        return Vec::new();
    }
    let own = ring.leaf().map_or_else(String::new, |c| c.subject.text());
    let mut lines =
        vec![format!("The certificate {own} of keyring {} would not verify any more.", ring.name)];
    let sites: Vec<_> = state.sites_of_keyring(&ring.name).map(|s| s.name.as_str()).collect();
    if !sites.is_empty() {
        lines.push(format!("Sites that answer with it: {}.", sites.join(", ")));
    }
    let servers: Vec<_> = used::alone_with(state, &ring.name).map(|s| s.name.as_str()).collect();
    if !servers.is_empty() {
        lines.push(format!("Servers that answer with it: {}.", servers.join(", ")));
    }
    lines
}

/// Lists the roots of a ring that have ended, by SHA-256.
pub fn expired_roots(ring: &Keyring, now: Timestamp) -> Vec<Digest> {
    let roots = ring.with_role(Role::Root).map(|e| &e.certificate);
    roots.filter(|c| c.lifetime(now, 0) == Lifetime::Expired).map(|c| c.sha256).collect()
}

/// Takes each root once, and refuses what is no root of the ring.
fn named(ring: &Keyring, roots: &[Digest]) -> Result<Vec<Digest>> {
    if roots.is_empty() {
        return Err(Error::usage("No root was named."));
    }
    let all: BTreeSet<Digest> = roots.iter().copied().collect();
    match all.iter().find(|sha256| ring.entry(sha256).is_none_or(|e| e.role != Role::Root)) {
        Some(strange) => Err(missing(&ring.name, strange)),
        None => Ok(all.into_iter().collect()),
    }
}

fn missing(keyring: &str, sha256: &Digest) -> Error {
    Error::refused(format!("Nothing was changed in {keyring}."))
        .why(format!("It has no trusted root {}.", sha256.short()))
        .next("Another console may have removed it; look at the ring again.")
}

fn outside(root: &Certificate, what: &str) -> Error {
    let (from, to) = (root.not_before.text(), root.not_after.text());
    Error::refused(format!("{} {what}.", root.subject))
        .why(format!("It is valid from {from} to {to} only."))
        .next("Check the clock, or ask the authority for its present root.")
}

fn not_a_root(certificate: &Certificate) -> &'static str {
    if !certificate.is_ca() {
        "It is not a certificate authority's certificate: trusting it would let nobody verify anything else."
    } else if certificate.is_self_issued() {
        "It names itself as issuer, but its signature is not its own."
    } else {
        "It is an intermediate certificate, signed by another authority."
    }
}
