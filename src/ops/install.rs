//! Installs the certificate of a keyring's own key, with the intermediates between it and a trusted root of the ring.
//! [`plan()`] says what would happen; nothing is installed that it did not show.

mod plan;

use std::collections::BTreeMap;

use super::{Env, opened, rewrite};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::finding::{Severity, Subject};
use crate::model::issued::Revocation;
use crate::model::keyring::{Entry, Keyring, Role};
use crate::model::request::RequestId;
use crate::model::secret::Secret;
use crate::model::time::Timestamp;
use crate::pki::chain::{self, Explanation, Question};
use crate::store::kyr;
pub use plan::{Line, Plan, Root, Step};

/// Says what installing these certificates, given in any order, would do. Intermediates that are missing are taken from
/// what the workspace knows. Into a ring that certifies itself, for tests, another certificate that its own key signed may
/// go, also one that says it is an authority's. `revoked` holds revocations of the certificates given, by SHA-256.
///
/// Errors: unknown keyring. Why it cannot be done is part of the plan.
pub fn plan(
    state: &State,
    keyring: &str,
    certificates: &[Certificate],
    revoked: &BTreeMap<Digest, Revocation>,
    now: Timestamp,
) -> Result<Plan> {
    let ring = super::keyring(state, keyring)?;
    let given = |certificate| Step { role: Role::Leaf, certificate, origin: GIVEN.into() };
    let mut plan = Plan {
        keyring: keyring.to_owned(),
        steps: chain::sort(certificates.to_vec()).into_iter().map(given).collect(),
        replaces: None,
        promotes: false,
        answers: Vec::new(),
        warnings: Vec::new(),
        unused: Vec::new(),
        root: None,
        refusal: None,
    };
    for step in &mut plan.steps {
        step.role = match &step.certificate {
            c if c.is_ca() && c.is_self_issued() => Role::Root,
            c if c.is_ca() => Role::Chain,
            _ => Role::Leaf,
        };
    }
    let (leaf, promotes) = match fitting(state, ring, certificates, now) {
        Ok(found) => found,
        Err(refusal) => return Ok(Plan { refusal: Some(refusal), ..plan }),
    };
    plan.promotes = promotes;
    plan.replaces = ring.leaf().filter(|old| old.sha256 != leaf.sha256).cloned();
    plan.warnings = warnings(ring, leaf);
    let for_tests = ring.is_self_certified() && leaf.is_self_issued() && chain::signed_by(leaf, leaf);
    plan.refusal = unfit(keyring, leaf, for_tests, now)
        .or_else(|| not_revoked(state, keyring, certificates, revoked, now).err());
    if for_tests {
        plan.warnings.push(SELF_SIGNED.into());
        if leaf.is_ca() {
            plan.warnings.push(SAYS_CA.into());
        }
        plan.steps.retain(|s| s.certificate.sha256 == leaf.sha256);
        plan.steps.truncate(1);
        plan.steps.iter_mut().for_each(|s| s.role = Role::Leaf);
        plan.unused = certificates.iter().filter(|c| c.sha256 != leaf.sha256).cloned().collect();
        return Ok(plan);
    }
    plan.answers = answers(state, leaf);
    let (explanation, root) = climb(state, ring, leaf, certificates, now);
    if plan.refusal.is_none() && !explanation.trusted {
        plan.refusal = Some(untrusted(ring, leaf, &explanation, root.as_ref()));
        plan.root.clone_from(&root);
    }
    let last = explanation.links.len().saturating_sub(1);
    let role = |(at, c): (usize, &Certificate)| match at {
        0 => Role::Leaf,
        _ if at == last && c.is_self_issued() => Role::Root,
        _ if ring.trusted_roots().any(|r| r.sha256 == c.sha256) => Role::Root,
        _ => Role::Chain,
    };
    let steps = explanation.links.into_iter().enumerate().map(|(at, link)| Step {
        role: role((at, &link.certificate)),
        origin: match &root {
            _ if at == 0 => GIVEN.into(),
            Some(root) if at == last => root.origin.clone(),
            _ => origin(link.origin, keyring),
        },
        certificate: link.certificate,
    });
    plan.steps = steps.collect();
    let used = |c: &&Certificate| plan.steps.iter().any(|s| s.certificate.sha256 == c.sha256);
    let in_ring = |c: &&Certificate| ring.entry(&c.sha256).is_some();
    let mut unused: Vec<Certificate> = Vec::new();
    for certificate in certificates.iter().filter(|c| !used(c) && !in_ring(c)) {
        if unused.iter().all(|c| c.sha256 != certificate.sha256) {
            unused.push(certificate.clone());
        }
    }
    plan.unused = unused;
    Ok(plan)
}

/// Installs leaf and intermediates as [`plan()`] says. The old leaf and chain go, the roots stay; for a certificate of the key
/// that waits, that key becomes the ring's.
///
/// Errors: what refuses the plan, wrong password.
pub fn install(
    state: &State,
    keyring: &str,
    certificates: &[Certificate],
    password: &Secret,
    env: &mut Env<'_>,
) -> Result<Change> {
    let mut ring = opened(state, keyring, password)?;
    let plan = plan(state, keyring, certificates, &BTreeMap::new(), env.now)?;
    if let Some(refusal) = plan.refusal {
        return Err(refusal);
    }
    if plan.promotes {
        kyr::promote_key(&mut ring);
    }
    ring.entries.retain(|e| e.role == Role::Root);
    let entry = |Step { role, certificate, .. }: Step| Entry {
        role,
        label: certificate.subject.title(),
        trusted: true,
        certificate,
    };
    let own = plan.steps.into_iter().filter(|s| s.role != Role::Root).map(entry);
    ring.entries = own.chain(std::mem::take(&mut ring.entries)).collect();
    let what =
        if plan.promotes { "certificate installed, its new key serves now" } else { "certificate installed" };
    let mut change = rewrite(ring, password, what)?;
    let taken_back = |id| Fact::RequestWithdrawn {
        id,
        by: env.operator.to_owned(),
        at: env.now,
        reason: format!("the certificate of another authority answers it, installed into keyring {keyring}"),
    };
    // What was installed is the last that is told.
    change.facts.splice(0..0, plan.answers.into_iter().map(taken_back));
    Ok(change)
}

/// Refuses to install unseen what a person would be warned of when looking at its [`plan()`].
///
/// Errors: `Refused`, with the warnings.
pub fn unremarkable(
    state: &State,
    keyring: &str,
    certificates: &[Certificate],
    now: Timestamp,
) -> Result<()> {
    let plan = plan(state, keyring, certificates, &BTreeMap::new(), now)?;
    if plan.warnings.is_empty() {
        return Ok(());
    }
    Err(Error::refused(format!("The certificate for keyring {keyring} was not installed unseen."))
        .why(plan.warnings.join(" "))
        .next("Look at it, and install it by itself.")
        .command("keyring.install"))
}

/// Finds the open requests for the key of a certificate that no certifier here has issued: nobody shall wait for them.
fn answers(state: &State, leaf: &Certificate) -> Vec<RequestId> {
    if state.issuer_of(leaf).is_some() {
        return Vec::new();
    }
    state.requests.of_key(&leaf.key.sha256).filter(|r| r.status.is_open()).map(|r| r.id).collect()
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
    now: Timestamp,
) -> Result<()> {
    let (leaf, _) = fitting(state, super::keyring(state, keyring)?, certificates, now)?;
    let used = std::iter::once(leaf).chain(certificates.iter().filter(|c| c.is_ca()));
    for certificate in used {
        let Some(revocation) = revoked.get(&certificate.sha256) else { continue };
        let (at, why) = (revocation.at.text(), revocation.reason.name());
        return Err(Error::refused(format!("{} was not installed into {keyring}.", certificate.subject))
            .why(format!("It was revoked on {at}: {why}."))
            .next("Make a new request, with a new key when others may know this one.")
            .command("keyring.request"));
    }
    Ok(())
}

const SELF_SIGNED: &str = "It is signed by its own key, as the one before: for tests only.";
const SAYS_CA: &str = "It says that it is an authority's (CA:TRUE), so that many clients refuse it.";

/// How the origin of what a person gave is called.
const GIVEN: &str = "given";

/// Finds the certificate of one of the ring's keys among those given, a valid one that ends last, and tells whether it is of the key that waits.
fn fitting<'a>(
    state: &State,
    ring: &Keyring,
    certificates: &'a [Certificate],
    now: Timestamp,
) -> Result<(&'a Certificate, bool)> {
    let Some(key) = &ring.key else {
        return Err(Error::refused(format!("{} holds no private key.", ring.name))
            .why("A certificate without its key cannot answer.")
            .next("Add authorities as trusted roots instead.")
            .command("keyring.trust"));
    };
    for (key, waits) in ring.next_key.iter().map(|k| (k, true)).chain([(key, false)]) {
        // A file may hold the certificates of several years for one key, and an authority's cross certificate beside them.
        let own = certificates.iter().filter(|c| c.key.sha256 == key.sha256);
        let rank = |c: &&Certificate| (!c.is_ca(), c.not_before <= now && now <= c.not_after, c.not_after);
        if let Some(found) = own.max_by_key(rank) {
            return Ok((found, waits));
        }
    }
    let what = format!("Nothing was installed into {}.", ring.name);
    let Some(other) = certificates.iter().find(|c| !c.is_ca()).or_else(|| certificates.first()) else {
        return Err(Error::refused(what).why("There is no certificate in it.").command("keyring.install"));
    };
    if other.is_ca() {
        return Err(authorities(Error::refused(what), other));
    }
    let mut why = format!(
        "The key of {} ({}) is not the ring's key ({}).",
        other.subject,
        other.key.sha256.short(),
        key.sha256.short()
    );
    if let Some(owner) = state.keyring_of_key(&other.key.sha256) {
        why.push_str(&format!(" It is that of keyring {}.", owner.name));
        let next = format!("Install it into {}.", owner.name);
        let refused = Error::refused(what).why(why).next(next);
        return Err(refused.command("keyring.install").on(Subject::Keyring(owner.name.clone())));
    }
    let next = "Take the certificate that answers this ring's request, or make a new request; a ring's key changes only \
                with a new request.";
    Err(Error::refused(what).why(why).next(next).command("keyring.request"))
}

/// Refuses what holds certificates of authorities alone, this one first.
fn authorities(refused: Error, first: &Certificate) -> Error {
    let refused = refused
        .why(format!("{} is an authority's certificate, and the ring's own is not with it.", first.subject));
    if first.is_self_issued() {
        let next = "Add it to the trusted roots of the ring instead, after comparing its fingerprint.";
        return refused.next(next).command("keyring.trust");
    }
    let next =
        "Bring it in one file with the certificate of the ring: intermediates are installed along with that.";
    refused.next(next).command("keyring.install")
}

/// Says why a certificate cannot serve, whatever stands above it.
fn unfit(keyring: &str, leaf: &Certificate, for_tests: bool, now: Timestamp) -> Option<Error> {
    let refused = Error::refused(format!("{} was not installed into {keyring}.", leaf.subject));
    if leaf.is_ca() && !for_tests {
        return Some(
            refused
                .why("It is a certificate authority's certificate; servers must not answer with it.")
                .next("Ask for a server certificate for this key.")
                .command("keyring.request"),
        );
    }
    match leaf.lifetime(now, 0) {
        Lifetime::Expired => Some(
            refused
                .why(format!("It ended on {}.", leaf.not_after.text()))
                .next("Ask for a new certificate, or check the clock.")
                .command("keyring.request"),
        ),
        Lifetime::NotYet => Some(
            refused
                .why(format!("It is valid from {} on only.", leaf.not_before.text()))
                .next("Install it then, or check the clock.")
                .command("keyring.install"),
        ),
        Lifetime::Soon | Lifetime::Good => None,
    }
}

/// Compares a certificate with the one that it replaces.
fn warnings(ring: &Keyring, leaf: &Certificate) -> Vec<String> {
    let Some(old) = ring.leaf() else { return Vec::new() };
    if old.sha256 == leaf.sha256 {
        return vec!["This very certificate is installed already; only its chain may change.".into()];
    }
    let mut warnings = Vec::new();
    let lost: Vec<_> =
        old.alt_names.iter().filter(|n| !leaf.alt_names.contains(n)).map(ToString::to_string).collect();
    if !lost.is_empty() {
        warnings.push(format!("It does not answer for {} any more.", lost.join(", ")));
    }
    if leaf.not_after < old.not_after {
        let (new, old) = (leaf.not_after.date(), old.not_after.date());
        warnings.push(format!("It ends on {new}, earlier than the one that it replaces ({old})."));
    }
    warnings
}

/// Finds the way from a leaf up. When it does not end in a trusted root of the ring, but would with one more root that is
/// known, that root is returned, and the way leads to it.
fn climb(
    state: &State,
    ring: &Keyring,
    leaf: &Certificate,
    given: &[Certificate],
    now: Timestamp,
) -> (Explanation, Option<Root>) {
    let known = state.certificates();
    let mut pool: Vec<(&Certificate, String)> = given.iter().map(|c| (c, GIVEN.to_owned())).collect();
    for (certificate, places) in known.values().filter(|(c, _)| c.is_ca()) {
        let here = places.iter().find(|p| **p == Subject::Keyring(ring.name.clone()));
        pool.push((certificate, here.or_else(|| places.first()).map_or_else(String::new, place)));
    }
    let mut anchors: Vec<&Certificate> = ring.trusted_roots().collect();
    let ask = |anchors: &[&Certificate]| {
        chain::explain(&Question { leaf, pool: &pool, anchors, host: None, at: now, crls: &[] })
    };
    let explanation = ask(&anchors);
    if explanation.trusted {
        return (explanation, None);
    }
    let roots = pool.iter().filter(|(c, _)| c.is_ca() && c.is_self_issued() && chain::signed_by(c, c));
    anchors.extend(roots.map(|(c, _)| *c));
    let widened = ask(&anchors);
    let top = widened.links.last().filter(|_| widened.trusted).map(|link| link.certificate.clone());
    let Some(certificate) = top else { return (explanation, None) };
    let origin = pool.iter().find(|(c, _)| c.sha256 == certificate.sha256).map(|(_, origin)| origin.clone());
    let switched_off = ring.with_role(Role::Root).any(|e| e.certificate.sha256 == certificate.sha256);
    let root =
        Root { certificate, origin: self::origin(origin.unwrap_or_default(), &ring.name), switched_off };
    (Explanation { trusted: false, ..widened }, Some(root))
}

/// Says why a chain is refused: its root is not trusted, nobody here knows its issuer, or it does not verify.
fn untrusted(ring: &Keyring, leaf: &Certificate, explanation: &Explanation, root: Option<&Root>) -> Error {
    let refused = Error::refused(format!("{} was not installed into {}.", leaf.subject, ring.name));
    match root {
        Some(root) if root.switched_off => {
            return refused
                .why(format!(
                    "Its root {} stands in the ring, but its trust is switched off.",
                    root.certificate.subject
                ))
                .next("Switch it on first, if it is to be trusted.")
                .command("keyring.trust");
        }
        Some(root) => {
            return refused
                .why(format!(
                    "Its root {} ({}) is not a trusted root of this ring: the root goes first.",
                    root.certificate.subject, root.origin
                ))
                .next(
                    "Compare its fingerprint with what the authority publishes, add it as a trusted root, then \
                     install the certificate again.",
                )
                .command("keyring.trust");
        }
        None => {}
    }
    let top = explanation.links.last().map_or(leaf, |link| &link.certificate);
    let anchored = ring.trusted_roots().any(|root| root.sha256 == top.sha256);
    if !anchored && let Some(missing) = &explanation.missing {
        return refused
            .why(format!("The issuer {missing} is not a trusted root of this ring, and nobody here knows it."))
            .next(
                "Ask the authority for its certificate. Put an intermediate into the same file; add a root as a \
                 trusted root first.",
            )
            .command("keyring.trust");
    }
    let errors = explanation.links.iter().flat_map(|l| &l.findings).filter(|f| f.severity == Severity::Error);
    let errors: Vec<_> = errors.map(|f| f.text.as_str()).collect();
    let why = if errors.is_empty() { explanation.verdict.clone() } else { errors.join(" ") };
    refused.why(why).next("Ask the authority for a certificate that verifies.").command("keyring.request")
}

/// Names a place where a certificate stands.
fn place(subject: &Subject) -> String {
    match subject {
        Subject::Keyring(name) => format!("keyring {name}"),
        Subject::Certifier(name) => format!("certifier {name}"),
        _ => "this workspace".into(),
    }
}

/// Says where a certificate of a chain comes from.
fn origin(origin: String, keyring: &str) -> String {
    if origin == "trusted root" || origin == format!("keyring {keyring}") {
        "this keyring".into()
    } else {
        origin
    }
}
