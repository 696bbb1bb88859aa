//! Who may do what with a certifier: the one place that knows the roles, and the rule of two people.

use crate::model::State;
use crate::model::certifier::Certifier;
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;
use crate::model::policy::{Policy, Roles};
use crate::model::request::{Request, Status};

/// What somebody wants to do with a certifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Approve a request, or edit what will be issued for it.
    Approve,
    /// Deny a request that was approved for it.
    Deny,
    /// Revoke a certificate, or change a revocation.
    Revoke,
    /// Sign certificates.
    Sign,
    /// Sign a CRL.
    SignCrl,
    /// Unlock its key.
    Unlock,
    /// Amend its policy.
    Amend,
    /// Change how its key is protected.
    Protect,
    /// Disable, enable, retire, renew or destroy it.
    Administer,
}

impl Act {
    /// Returns who may do it by the names in the roles, and the roles in words.
    fn asks(self, roles: &Roles) -> (Vec<&String>, &'static str) {
        match self {
            Self::Approve | Self::Deny => (roles.ra.iter().collect(), "RA"),
            Self::Revoke => (roles.ra.iter().chain(&roles.caa).collect(), "RA or CAA"),
            Self::Sign | Self::SignCrl | Self::Unlock | Self::Amend | Self::Protect | Self::Administer => {
                (roles.caa.iter().collect(), "CAA")
            }
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Approve => "approve requests",
            Self::Deny => "deny requests",
            Self::Revoke => "revoke certificates",
            Self::Sign => "sign certificates",
            Self::SignCrl => "sign CRLs",
            Self::Unlock => "unlock the key",
            Self::Amend => "amend the policy",
            Self::Protect => "change the protection of the key",
            Self::Administer => "change the state",
        }
    }
}

/// Allows an act, or says who may do it. A certifier without roles allows everything to everybody.
///
/// Errors: `NotAllowed`, which is recorded.
pub fn require(certifier: &Certifier, operator: &str, act: Act) -> Result<()> {
    require_of(&certifier.name, &certifier.policy.roles, operator, act)
}

/// Allows an act by the roles of a certifier of this name, which may still wait for its certificate, as [`require`] does.
pub(super) fn require_of(name: &str, roles: &Roles, operator: &str, act: Act) -> Result<()> {
    let (may, role) = act.asks(roles);
    if roles.is_empty() || may.iter().any(|name| *name == operator) {
        return Ok(());
    }
    let mut may: Vec<&str> = may.into_iter().map(String::as_str).collect();
    let mut seen = std::collections::BTreeSet::new();
    may.retain(|name| seen.insert(*name));
    let who = if may.is_empty() { "nobody".into() } else { may.join(", ") };
    let why = if roles.auditor.iter().any(|name| name == operator) {
        format!("{operator} is an auditor of it, who reads, verifies and exports. {role} is {who}.")
    } else {
        let have = if may.len() > 1 { "have" } else { "has" };
        format!("That needs the role {role}, which {who} {have}.")
    };
    let next = if may.is_empty() {
        format!("A CAA gives the role: ringmaster certifier amend {} {}=NAME", name, role.to_lowercase())
    } else {
        "Ask one of them, or have a CAA amend the roles.".to_owned()
    };
    let what = format!("{operator} may not {} for certifier {}.", act.words(), name);
    Err(Error::not_allowed(Subject::Certifier(name.to_owned()), what).why(why).next(next))
}

/// Allows a change of the workspace, of whatever kind, to everybody but those who are auditors and nothing else.
///
/// Errors: `NotAllowed`, which is recorded.
pub fn not_auditor(state: &State, operator: &str) -> Result<()> {
    let roles = || state.certifiers.values().map(|c| (&c.name, &c.policy.roles));
    let is = |names: &[String]| names.iter().any(|name| name == operator);
    let Some((name, _)) = roles().find(|(_, roles)| is(&roles.auditor)) else { return Ok(()) };
    if roles().any(|(_, roles)| is(&roles.caa) || is(&roles.ra)) {
        return Ok(());
    }
    let what = format!("{operator} may change nothing.");
    Err(Error::not_allowed(Subject::Certifier(name.clone()), what)
        .why(format!("{operator} is an auditor of certifier {name}, who reads, verifies and exports."))
        .next("Ask somebody else, or have a CAA amend the roles."))
}

/// Allows taking back what is known of keys that others have: to whoever may revoke for one of the certifiers.
///
/// Errors: `NotAllowed`, which is recorded.
pub(super) fn keeps_keys(state: &State, operator: &str) -> Result<()> {
    first(state, None, |certifier| require(certifier, operator, Act::Revoke)).map_err(|error| {
        let what = format!("{operator} may not decide which keys are good again.");
        Error { what, ..error }
    })
}

/// Says why a person may not do something with a certifier, or with one that waits for its certificate: for a command that
/// is not ready.
pub fn hindrance(state: &State, name: &str, operator: &str, act: Act) -> std::result::Result<(), String> {
    let made = state.certifiers.get(name).map(|c| &c.policy.roles);
    match made.or_else(|| state.awaited.get(name).map(|a| &a.policy.roles)) {
        Some(roles) => require_of(name, roles, operator, act).map_err(hindered),
        None => Ok(()),
    }
}

/// Returns the reason of a refusal, and what to do about it, as the end of a sentence.
fn hindered(error: Error) -> String {
    let why = match error.why.strip_prefix("That needs") {
        Some(rest) => format!("it needs{rest}"),
        None => error.why,
    };
    format!("{why} {}", error.next).trim_end_matches(['.', ' ']).to_owned()
}

/// Says why a person may not approve a request: for the certifier that is planned, or, as long as that is open, for any.
pub fn approval_hindrance(
    state: &State,
    request: &Request,
    operator: &str,
) -> std::result::Result<(), String> {
    let planned = request.plan().and_then(|plan| state.certifiers.get(&plan.certifier));
    first(state, planned, |certifier| approval(certifier, request, operator).map(|_| ())).map_err(hindered)
}

/// Says why a person may not edit what is issued for a request.
pub fn edit_hindrance(state: &State, request: &Request, operator: &str) -> std::result::Result<(), String> {
    let planned = request.plan().and_then(|plan| state.certifiers.get(&plan.certifier));
    first(state, planned, |certifier| require(certifier, operator, Act::Approve)).map_err(hindered)
}

/// Says why a person may not turn a request down or take it back.
pub fn denial_hindrance(state: &State, request: &Request, operator: &str) -> std::result::Result<(), String> {
    denial(state, request, operator).map_err(hindered)
}

/// Allows what one certifier allows: this one, or, as long as that is open, any. Without any it is allowed.
pub(super) fn first(
    state: &State,
    planned: Option<&Certifier>,
    allows: impl Fn(&Certifier) -> Result<()>,
) -> Result<()> {
    if let Some(certifier) = planned {
        return allows(certifier);
    }
    let mut refused = Ok(());
    for certifier in state.certifiers.values() {
        refused = allows(certifier);
        if refused.is_ok() {
            break;
        }
    }
    refused
}

/// Asks another CAA for the last step of what cannot be undone: whoever made the first one does not make it too. Returns the
/// relaxation that allowed it, empty when every rule was kept.
///
/// Errors: `NotAllowed`, which is recorded.
pub(super) fn second(name: &str, policy: &Policy, began: (&str, &str), operator: &str) -> Result<String> {
    let (by, began) = began;
    if by != operator {
        return Ok(String::new());
    }
    if let Some(alone) = amends_alone(policy, operator) {
        return Ok(alone);
    }
    let others: Vec<&str> =
        policy.roles.caa.iter().map(String::as_str).filter(|name| *name != operator).collect();
    let what = format!("{operator} may not destroy the key of certifier {name}.");
    Err(Error::not_allowed(Subject::Certifier(name.to_owned()), what)
        .why(format!("{operator} {began} it; another CAA has to destroy the key."))
        .next(format!("Ask {}, or have the policy amended with amend-alone=yes.", others.join(" or "))))
}

/// Says why a person may not destroy a key, whose end somebody began.
pub fn second_hindrance(
    name: &str,
    policy: &Policy,
    began: (&str, &str),
    operator: &str,
) -> std::result::Result<(), String> {
    second(name, policy, began, operator).map(|_| ()).map_err(hindered)
}

/// Allows a person to approve a request for a certifier: an RA who has neither submitted nor edited it. Returns the
/// relaxation that allowed it, empty when every rule was kept.
///
/// Errors: `NotAllowed`, which is recorded.
pub fn approval(certifier: &Certifier, request: &Request, operator: &str) -> Result<String> {
    require(certifier, operator, Act::Approve)?;
    let Some(how) = own(request, operator) else { return Ok(String::new()) };
    if certifier.policy.roles.is_empty() {
        return Ok(format!("{how} by the same person; certifier {} has no roles", certifier.name));
    }
    if certifier.policy.own_approval {
        return Ok(format!("{how} by the same person; own-approval allows it"));
    }
    let others: Vec<&str> =
        certifier.policy.roles.ra.iter().map(String::as_str).filter(|name| *name != operator).collect();
    let next = if others.is_empty() {
        format!(
            "There is no other RA. A CAA names one, or lets one person do both: ringmaster certifier amend {} ra={operator},NAME (or own-approval=yes)",
            certifier.name
        )
    } else {
        format!("Ask {} to approve it.", others.join(" or "))
    };
    Err(Error::not_allowed(
        Subject::Request(request.id),
        format!("{operator} may not approve request {}.", request.id),
    )
    .why(format!("{how} by {operator}; for certifier {} another person has to approve it.", certifier.name))
    .next(next))
}

/// Says how a person had a hand in a request.
fn own(request: &Request, operator: &str) -> Option<&'static str> {
    let edited = request.proposal.as_ref().is_some_and(|p| p.editors.iter().any(|by| by == operator));
    match (request.by == operator, edited) {
        (true, true) => Some("It was submitted and edited"),
        (true, false) => Some("It was submitted"),
        (false, true) => Some("What will be issued was edited"),
        (false, false) => None,
    }
}

/// Allows a person to deny a request: an RA of the certifier that shall sign it, or, as long as that is open, of any.
///
/// Errors: `NotAllowed`, which is recorded.
pub fn denial(state: &State, request: &Request, operator: &str) -> Result<()> {
    let planned = match &request.status {
        Status::Approved { plan, .. } => state.certifiers.get(&plan.certifier),
        _ => None,
    };
    if let Some(certifier) = planned {
        return require(certifier, operator, Act::Deny);
    }
    // What was made here may be taken back by whoever made it.
    if request.by == operator {
        return Ok(());
    }
    first(state, None, |certifier| require(certifier, operator, Act::Deny)).map_err(|error| {
        let what = format!("{operator} may not deny request {}.", request.id);
        Error { what, ..error }.on(Subject::Request(request.id))
    })
}

/// Tells whether an amendment by this person takes effect at once, and by which relaxation; `None` when a second CAA has
/// to confirm it.
pub fn amends_alone(policy: &Policy, operator: &str) -> Option<String> {
    let roles = &policy.roles;
    if roles.is_empty() {
        return Some("it has no roles yet".into());
    }
    if policy.amend_alone {
        return Some("amend-alone allows it".into());
    }
    let others = roles.caa.iter().any(|name| name != operator);
    (!others).then(|| "there is no second CAA".to_owned())
}
