//! Installs the certificate of a keyring's own key, with the intermediates between it and a trusted root of the ring.

use std::collections::BTreeMap;

use super::{Env, opened, rewrite};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::change::Change;
use crate::model::error::{Error, Result};
use crate::model::finding::Severity;
use crate::model::issued::Revocation;
use crate::model::keyring::{Entry, Keyring, Role};
use crate::model::secret::Secret;
use crate::pki::chain::{self, Question};

/// Installs leaf and intermediates, given in any order; intermediates that are missing are taken from what the workspace
/// knows. The old leaf and chain go, the roots stay.
///
/// Errors: no certificate for this ring's key, expired or not yet valid, an authority's certificate, the trusted root is
/// not in the ring (the wrong order), wrong password.
pub fn install(
    state: &State,
    keyring: &str,
    certificates: &[Certificate],
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    let mut ring = opened(state, keyring, password)?;
    let leaf = fitting(&ring, certificates)?.clone();
    let title = leaf.subject.text();
    let refused = || Error::refused(format!("{title} was not installed into {keyring}."));
    if leaf.is_ca() {
        return Err(refused()
            .why("It is a certificate authority's certificate; servers must not answer with it.")
            .next("Ask for a server certificate for this key."));
    }
    match leaf.lifetime(env.now, 0) {
        Lifetime::Expired => {
            return Err(refused()
                .why(format!("It ended on {}.", leaf.not_after.text()))
                .next("Ask for a new certificate, or check the clock."));
        }
        Lifetime::NotYet => {
            return Err(refused()
                .why(format!("It is valid from {} on only.", leaf.not_before.text()))
                .next("Install it then, or check the clock."));
        }
        Lifetime::Soon | Lifetime::Good => {}
    }
    let chain = chain_of(state, &ring, &leaf, certificates, env)?;
    ring.entries.retain(|e| e.role == Role::Root);
    let entry = |role, certificate: Certificate| Entry {
        role,
        label: certificate.subject.title(),
        trusted: true,
        certificate,
    };
    let above = chain.into_iter().map(|c| entry(Role::Chain, c));
    let own = std::iter::once(entry(Role::Leaf, leaf)).chain(above);
    ring.entries = own.chain(std::mem::take(&mut ring.entries)).collect();
    rewrite(ring, password, "certificate installed")
}

/// Refuses what the workspace itself has revoked: the certificate for the ring's key, or an authority's.
///
/// `revoked` holds the revocations of the certificates given, by SHA-256. Errors: `Refused`; unknown keyring; no
/// certificate for this ring's key.
pub fn not_revoked(
    state: &State,
    keyring: &str,
    certificates: &[Certificate],
    revoked: &BTreeMap<Digest, Revocation>,
) -> Result<()> {
    let leaf = fitting(super::keyring(state, keyring)?, certificates)?;
    let used = std::iter::once(leaf).chain(certificates.iter().filter(|c| c.is_ca()));
    for certificate in used {
        let Some(revocation) = revoked.get(&certificate.sha256) else { continue };
        let (at, why) = (revocation.at.text(), revocation.reason.name());
        return Err(Error::refused(format!("{} was not installed into {keyring}.", certificate.subject))
            .why(format!("It was revoked on {at}: {why}."))
            .next("Make a new keyring, and ask for a certificate for its key.")
            .command("keyring.create"));
    }
    Ok(())
}

/// Finds the certificate of the ring's key among those given.
fn fitting<'a>(ring: &Keyring, certificates: &'a [Certificate]) -> Result<&'a Certificate> {
    let Some(key) = &ring.key else {
        return Err(Error::refused(format!("{} holds no private key.", ring.name))
            .why("A certificate without its key cannot answer.")
            .next("Add authorities as trusted roots instead.")
            .command("keyring.trust"));
    };
    if let Some(found) = certificates.iter().find(|c| c.key.sha256 == key.sha256) {
        return Ok(found);
    }
    let what = format!("Nothing was installed into {}.", ring.name);
    let Some(other) = certificates.iter().find(|c| !c.is_ca()).or_else(|| certificates.first()) else {
        return Err(Error::refused(what).why("There is no certificate in it."));
    };
    let why = format!(
        "The key of {} ({}) is not the ring's key ({}).",
        other.subject,
        other.key.sha256.short(),
        key.sha256.short()
    );
    Err(Error::refused(what)
        .why(why)
        .next("Take the certificate that answers this ring's request; a ring's key changes only with a new request."))
}

/// Finds the intermediates up to a trusted root of the ring.
fn chain_of(
    state: &State,
    ring: &Keyring,
    leaf: &Certificate,
    given: &[Certificate],
    env: &Env<'_>,
) -> Result<Vec<Certificate>> {
    let known = state.certificates();
    let mut pool: Vec<(&Certificate, String)> = given.iter().map(|c| (c, "given".to_owned())).collect();
    let elsewhere = known.values().filter(|(c, _)| c.is_ca());
    pool.extend(elsewhere.map(|(c, _)| (*c, "workspace".to_owned())));
    let anchors: Vec<&Certificate> = ring.trusted_roots().collect();
    let question = Question { leaf, pool: &pool, anchors: &anchors, host: None, at: env.now, crls: &[] };
    let explanation = chain::explain(&question);
    if explanation.trusted {
        let above = explanation.links.into_iter().skip(1).map(|l| l.certificate);
        return Ok(above.filter(|c| !c.is_self_issued()).collect());
    }
    let refused = Error::refused(format!("{} was not installed into {}.", leaf.subject, ring.name));
    let top = explanation.links.last().map(|l| &l.certificate);
    let switched_off = ring.with_role(Role::Root).any(|e| {
        !e.trusted
            && top.is_some_and(|t| {
                t.sha256 == e.certificate.sha256 || t.issuer.der == e.certificate.subject.der
            })
    });
    if switched_off {
        return Err(refused
            .why("Its root stands in the ring, but its trust is switched off.")
            .next("Switch it on first."));
    }
    let anchored = top.is_some_and(|t| anchors.iter().any(|a| a.sha256 == t.sha256));
    if !anchored {
        let issuer = top.map_or_else(|| leaf.issuer.text(), |t| t.issuer.text());
        return Err(refused
            .why(format!("The issuer {issuer} is not a trusted root of this ring: the root goes first."))
            .next("Add the trusted root, then install the certificate again.")
            .command("keyring.trust"));
    }
    let errors = explanation.links.iter().flat_map(|l| &l.findings).filter(|f| f.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|f| f.text.as_str()).collect();
    let why = if errors.is_empty() { explanation.verdict } else { errors.join(" ") };
    Err(refused.why(why).next("Ask the authority for a certificate that verifies."))
}
