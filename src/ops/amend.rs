//! Amends the policy of a certifier: proposes, confirms, withdraws. Each version is signed with the certifier's key.

use super::Env;
use super::roles::{self, Act};
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::certifier::{Certifier, Policy, PolicyVersion, Proposal};
use crate::model::change::{Change, Fact, FileWrite};
use crate::model::error::{Error, Kind, Result};
use crate::model::finding::Subject;
use crate::model::request::Status;
use crate::pki::key::PrivateKey;
use crate::pki::signer::Signing;
use crate::pki::{sha256, signature};
use crate::store::document;

/// Amends a policy: at once, or as a proposal when a second CAA has to confirm it. `before` is the version that was looked
/// at.
///
/// Errors: not a CAA; the policy was amended since; nothing differs; the roles contradict each other; the proposal of
/// somebody else waits; when it takes effect at once: nobody who decides it stays a CAA, the key is locked or the clock is
/// behind.
pub fn amend(
    state: &State,
    name: &str,
    before: u32,
    policy: &Policy,
    reason: &str,
    env: &mut Env<'_>,
) -> Result<Change> {
    let certifier = super::certifier(state, name)?;
    roles::require(certifier, env.operator, Act::Amend)?;
    let next = checked(state, certifier, before, policy)?;
    if let Some(waiting) = certifier.proposal.as_ref().filter(|p| p.by != env.operator) {
        return Err(Error::refused(format!("The policy of certifier {name} was not amended."))
            .why(format!("A proposal of {} waits to be confirmed or withdrawn.", waiting.by))
            .next("Decide on that first.")
            .command("certifier.proposal"));
    }
    let reason = reason.trim().to_owned();
    let Some(alone) = roles::amends_alone(&certifier.policy, env.operator) else {
        let proposal = Proposal { policy: next, by: env.operator.to_owned(), at: env.now, reason };
        let changed = Certifier { proposal: Some(proposal.clone()), ..certifier.clone() };
        let fact = Fact::PolicyProposed { certifier: name.into(), proposal };
        return Ok(Change { facts: vec![fact], files: document::certifier(&changed)? });
    };
    let version = PolicyVersion {
        policy: next,
        by: env.operator.to_owned(),
        at: env.now,
        confirmed: String::new(),
        alone,
        reason,
        text: Digest::default(),
    };
    signed(certifier, version, env)
}

/// Confirms the proposed amendment, which `seen` is.
///
/// Errors: not a CAA, or the one who proposed it; there is none, or another one than was seen; nobody who decides it stays a
/// CAA; the key is locked; the clock is behind.
pub fn confirm(state: &State, name: &str, seen: &Proposal, env: &mut Env<'_>) -> Result<Change> {
    let certifier = super::certifier(state, name)?;
    roles::require(certifier, env.operator, Act::Amend)?;
    let proposal = proposal(certifier)?;
    if proposal != seen {
        return Err(Error::new(
            Kind::Conflict,
            format!("The proposal for certifier {name} is another one by now."),
        )
        .next("Look at it again.")
        .command("certifier.proposal"));
    }
    if proposal.by == env.operator {
        let what = format!("{} may not confirm the amendment of certifier {name}.", env.operator);
        return Err(Error::not_allowed(Subject::Certifier(name.into()), what)
            .why(format!("{} proposed it; another CAA has to confirm it.", proposal.by))
            .next("Ask another CAA, or withdraw it."));
    }
    checked(state, certifier, certifier.policy.version, &proposal.policy)?;
    let version = PolicyVersion {
        policy: proposal.policy.clone(),
        by: proposal.by.clone(),
        at: env.now,
        confirmed: env.operator.to_owned(),
        alone: String::new(),
        reason: proposal.reason.clone(),
        text: Digest::default(),
    };
    signed(certifier, version, env)
}

/// Withdraws the proposed amendment, or rejects that of somebody else, who is told why.
///
/// Errors: not a CAA; there is none; somebody else's is rejected without a reason.
pub fn withdraw(state: &State, name: &str, reason: &str, env: &mut Env<'_>) -> Result<Change> {
    let certifier = super::certifier(state, name)?;
    roles::require(certifier, env.operator, Act::Amend)?;
    let proposed = proposal(certifier)?;
    if reason.trim().is_empty() && proposed.by != env.operator {
        return Err(Error::usage(format!("Rejecting the proposal of {} needs a reason.", proposed.by))
            .why("It is kept in the audit chain, and tells what to propose instead.")
            .next("Give it: --reason TEXT"));
    }
    let version = proposed.policy.version;
    let changed = Certifier { proposal: None, ..certifier.clone() };
    let fact = Fact::ProposalWithdrawn {
        certifier: name.into(),
        version,
        by: env.operator.to_owned(),
        reason: reason.trim().to_owned(),
    };
    Ok(Change { facts: vec![fact], files: document::certifier(&changed)? })
}

/// Returns the proposal that waits. Errors: there is none.
pub fn proposal(certifier: &Certifier) -> Result<&Proposal> {
    certifier.proposal.as_ref().ok_or_else(|| {
        Error::refused(format!("No amendment of certifier {} waits.", certifier.name))
            .next("Propose one first.")
            .command("certifier.amend")
    })
}

/// Says what an amendment would change for what is under way, in sentences.
pub fn consequences(state: &State, certifier: &Certifier, policy: &Policy) -> Vec<String> {
    let amended = Certifier { policy: policy.clone(), ..certifier.clone() };
    let digest = |certifier: &Certifier, plan| super::approve::terms_of(state, certifier, plan).ok();
    let again: Vec<String> = state
        .requests
        .values()
        .filter(|request| match &request.status {
            Status::Approved { plan, terms, .. } if plan.certifier == certifier.name => {
                digest(certifier, plan) == Some(*terms) && digest(&amended, plan) != Some(*terms)
            }
            _ => false,
        })
        .map(|request| request.id.to_string())
        .collect();
    let mut told = Vec::new();
    if !again.is_empty() {
        let (s, have) = if again.len() == 1 { ("", "has") } else { ("s", "have") };
        told.push(format!(
            "Request{s} {} {have} to be approved again: what would be issued is not what was approved.",
            again.join(", ")
        ));
    }
    if policy.crl_days != certifier.policy.crl_days {
        told.push("The next CRL is the first one of the new length; the latest one keeps its end.".into());
    }
    if policy.crl_url != certifier.policy.crl_url {
        told.push("Certificates issued before keep the CRL address that stands in them; CRLs are published under both names.".into());
    }
    let parts = certifier.crl_parts();
    if policy.crl_parts < parts {
        told.push(format!(
            "Certificates issued before name one of {parts} parts of the CRL; those parts are signed as before."
        ));
    }
    if policy.roles.is_empty() && !certifier.policy.roles.is_empty() {
        told.push("Without roles everybody may do everything.".into());
    }
    if roles::amends_alone(&certifier.policy, "").is_none() && policy.amend_alone {
        told.push("From then on one CAA amends this policy alone.".into());
    }
    if policy.weaken_protection && !certifier.policy.weaken_protection {
        told.push("From then on one CAA may let fewer people open the key.".into());
    }
    told
}

/// Signs the next version of a policy and takes it into the certifier: with its unlocked key, or with the key that is just
/// being made. Returns the files.
pub(super) fn sign(
    certifier: &mut Certifier,
    version: PolicyVersion,
    key: Option<&PrivateKey>,
    env: &mut Env<'_>,
) -> Result<Vec<FileWrite>> {
    let text = document::policy_text(certifier, &version)?;
    let number = version.policy.version;
    let work = [(Signing::Policy(number), text.as_bytes().to_vec())];
    let (name, algorithm) = match key {
        Some(key) => (&certifier.name, key.algorithm().to_vec()),
        None => (&certifier.name, env.signer.key(&certifier.name)?.algorithm().to_vec()),
    };
    let signatures = match key {
        Some(key) => env.signer.sign_with(key, name, &work)?,
        None => env.signer.sign(name, &work)?,
    };
    let made = super::one(signatures)?;
    if signature::check(&certifier.certificate.key.spki.0, &algorithm, &made, text.as_bytes())
        != signature::Verdict::Good
    {
        return Err(Error::internal("The signature of a policy does not fit the certifier's own key."));
    }
    let version = PolicyVersion { text: sha256(text.as_bytes()), ..version };
    let files = document::policy_version(name, number, text, &made);
    certifier.policy = version.policy.clone();
    certifier.versions.push(version);
    certifier.proposal = None;
    Ok(files)
}

fn signed(certifier: &Certifier, version: PolicyVersion, env: &mut Env<'_>) -> Result<Change> {
    let before = certifier.versions.last().map_or(certifier.created, |before| before.at);
    let what = format!("The policy of certifier {} was not amended.", certifier.name);
    super::in_order(env.now, before, what.clone(), "the present version")?;
    // A slip in a name would lock everybody out, and nobody could mend it.
    let caa = &version.policy.roles.caa;
    if !version.policy.roles.is_empty() && !caa.contains(&version.by) && !caa.contains(&version.confirmed) {
        let by = &version.by;
        return Err(Error::refused(what)
            .why(format!(
                "{by} would be no administrator (CAA) of it any more, and nobody who stays one has agreed; there would be: {}.",
                caa.join(", ")
            ))
            .next(format!(
                "Keep {by} among them, with commas between the names; another CAA can take the role away."
            )));
    }
    let mut changed = certifier.clone();
    let files = sign(&mut changed, version, None, env)?;
    let fact = Fact::PolicyAmended {
        certifier: certifier.name.clone(),
        policy: changed.policy.clone(),
        version: changed.versions.last().cloned(),
    };
    Ok(Change { facts: vec![fact], files: [document::certifier(&changed)?, files].concat() })
}

/// Checks what a policy says, and gives it the next number.
fn checked(state: &State, certifier: &Certifier, before: u32, policy: &Policy) -> Result<Policy> {
    let (name, present) = (&certifier.name, &certifier.policy);
    if before != present.version {
        return Err(Error::new(
            Kind::Conflict,
            format!("The policy of certifier {name} was amended meanwhile."),
        )
        .why(format!("It has version {}, and this was written on version {before}.", present.version))
        .next("Look at the present policy, and amend that."));
    }
    let next = Policy { version: present.version + 1, ..policy.clone() };
    if next == (Policy { version: next.version, ..present.clone() }) {
        return Err(Error::refused(format!("The policy of certifier {name} was not amended."))
            .why("It says the same already."));
    }
    super::profile(state, &next.profile)?;
    if next.roles.is_empty() && !present.roles.is_empty() {
        return Err(Error::refused("The roles cannot all be taken away.")
            .why("Without a CAA nobody could amend the policy.")
            .next("Leave at least one CAA."));
    }
    if let Some(why) = next.roles.contradiction() {
        return Err(Error::refused("The roles contradict each other.").why(why));
    }
    if let Some(why) = next.crl_contradiction() {
        return Err(Error::refused("What is said about CRLs contradicts itself.").why(why));
    }
    Ok(next)
}
