//! Adds trusted roots to a keyring.

use super::{Env, opened, rewrite};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::keyring::{Entry, Role};
use crate::model::secret::Secret;
use crate::pki::chain;

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
                let (from, to) = (root.not_before.text(), root.not_after.text());
                return Err(Error::refused(format!("{title} was not added as a trusted root."))
                    .why(format!("It is valid from {from} to {to} only."))
                    .next("Check the clock, or ask the authority for its present root."));
            }
            Lifetime::Soon | Lifetime::Good => {}
        }
        let label = root.subject.title();
        ring.entries.push(Entry { role: Role::Root, label, trusted: true, certificate: root.clone() });
    }
    rewrite(ring, password, "trusted root added")
}

/// Switches trust in roots on or off. Errors: unknown keyring, a root is not in it, wrong password.
pub fn set_trust(
    _state: &State,
    _keyring: &str,
    _roots: &[Digest],
    _trusted: bool,
    _password: &Secret,
    _env: &mut Env<'_>,
) -> Result<Change> {
    Err(Error::internal("Being built."))
}

/// Gives an entry another label. Errors: unknown keyring, no such entry, an empty label, wrong password.
pub fn label(
    _state: &State,
    _keyring: &str,
    _entry: &Digest,
    _label: &str,
    _password: &Secret,
) -> Result<Change> {
    Err(Error::internal("Being built."))
}

/// Takes roots out of a ring. Errors: unknown keyring, a root is not in it, the certificate would not verify any more,
/// wrong password.
pub fn remove_roots(_state: &State, _keyring: &str, _roots: &[Digest], _password: &Secret) -> Result<Change> {
    Err(Error::internal("Being built."))
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
