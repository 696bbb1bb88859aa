//! Disables, enables and retires a certifier, and destroys the key of a retired one after a final CRL.

use super::Env;
use super::issue_crl::{Prepared, sign};
use super::roles::{self, Act};
use crate::model::State;
use crate::model::certifier::{Certifier, Decision, Status};
use crate::model::change::{Change, Fact, FileWrite};
use crate::model::crl::parts;
use crate::model::error::{Error, Result};
use crate::model::time::{DAY, Timestamp};
use crate::store::{certifier_key, document};

/// What shall become of a certifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// It issues again.
    Enable,
    /// It issues nothing until it is enabled.
    Disable,
    /// It never issues again.
    Retire,
}

/// Disables, enables or retires a certifier. `why` is kept in the audit chain.
///
/// Errors: unknown; it does not stand where that can be done; no reason given.
pub fn change_status(state: &State, name: &str, step: Step, why: &str, env: &Env<'_>) -> Result<Change> {
    let certifier = super::certifier(state, name)?;
    roles::require(certifier, env.operator, Act::Administer)?;
    let word = match step {
        Step::Enable => "enabled",
        Step::Disable => "disabled",
        Step::Retire => "retired",
    };
    let refused = |why: &str| Err(Error::refused(format!("Certifier {name} was not {word}.")).why(why));
    match (&certifier.status, step) {
        (Status::Destroyed(_), _) => return refused("Its key is destroyed."),
        (Status::Active, Step::Enable) => return refused("It is active."),
        (Status::Disabled(_), Step::Disable) => return refused("It is disabled already."),
        (Status::Retired(_), Step::Retire) => return refused("It is retired already."),
        (Status::Retired(_), _) => return refused("It is retired, and that is for good."),
        _ => {}
    }
    let decision = decided(name, word, why, env)?;
    let (status, why) = match step {
        Step::Enable => (Status::Active, decision.why),
        Step::Disable => (Status::Disabled(decision), String::new()),
        Step::Retire => (Status::Retired(decision), String::new()),
    };
    stand(certifier, status, String::new(), why)
}

fn decided(name: &str, word: &str, why: &str, env: &Env<'_>) -> Result<Decision> {
    let why = why.trim().to_owned();
    if why.is_empty() && word != "enabled" {
        return Err(Error::usage(format!("Certifier {name} was not {word}: no reason was given."))
            .next("Say why; it is kept in the audit chain."));
    }
    Ok(Decision { by: env.operator.to_owned(), at: env.now, why })
}

/// Writes where a certifier stands from now on; `plan` and `why` as the fact has them.
fn stand(certifier: &Certifier, status: Status, plan: String, why: String) -> Result<Change> {
    let name = certifier.name.clone();
    let files =
        vec![document::certifier_document(&Certifier { status: status.clone(), ..certifier.clone() })?];
    Ok(Change { facts: vec![Fact::CertifierStatusChanged { certifier: name, status, plan, why }], files })
}

/// What is known of the end of a certifier before its key is destroyed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Ending {
    /// The final CRL with its parts.
    pub crls: Vec<Prepared>,
    /// When the last certificate ends that is neither revoked nor has ended.
    pub last: Option<Timestamp>,
    /// How many such certificates there are.
    pub valid: u64,
}

impl Ending {
    /// Says how many certificates are still valid.
    pub fn still_valid(&self) -> String {
        match self.valid {
            1 => "1 certificate is still valid".into(),
            many => format!("{many} certificates are still valid"),
        }
    }
}

/// Returns until when the final CRL of a certifier has to be valid: past the end of the last certificate, and as long as
/// any other CRL.
pub fn final_update(certifier: &Certifier, last: Option<Timestamp>, now: Timestamp) -> Timestamp {
    let usual = now.plus_days(i64::from(certifier.policy.crl_days));
    last.map_or(usual, |last| usual.max(Timestamp(last.0.saturating_add(DAY))))
}

/// Destroys the key of a retired certifier, after its final CRL, which is valid until the last certificate has ended. The
/// key file is moved to the history with the commit, and wiped there and everywhere in the workspace right after it.
///
/// Errors: it is not retired, or by the same person where the policy asks for two; its key is locked; no reason given.
pub fn destroy_key(
    state: &State,
    name: &str,
    why: &str,
    ending: &Ending,
    env: &mut Env<'_>,
) -> Result<Change> {
    let certifier = super::certifier(state, name)?;
    roles::require(certifier, env.operator, Act::Administer)?;
    let refused = || Error::refused(format!("The key of certifier {name} was not destroyed."));
    let alone = match &certifier.status {
        Status::Retired(d) => roles::second(name, &certifier.policy, (&d.by, "retired"), env.operator)?,
        Status::Destroyed(d) => return Err(refused().why(format!("It was destroyed on {}.", d.at.date()))),
        _ => {
            return Err(refused()
                .why("Only a retired certifier ends; this one still issues, or can be enabled again.")
                .next("Retire it first.")
                .command("certifier.retire"));
        }
    };
    let below = state.certifiers.values().find(|c| c.parent.as_deref() == Some(name) && c.status.issues());
    if let Some(below) = below {
        return Err(refused()
            .why(format!(
                "Certifier {} below it still issues; nobody could revoke its certificate.",
                below.name
            ))
            .next("Retire that one first."));
    }
    let decision = decided(name, "destroyed", why, env)?;
    let authority = &certifier.certificate;
    let next = final_update(certifier, ending.last, env.now);
    env.signer.key(name)?;
    let mut change = Change::default();
    let plan = if env.now > authority.not_after {
        "no final CRL: its certificate has ended".to_owned()
    } else {
        let number = ending.crls.first().map_or(0, |crl| crl.number);
        let beside = match ending.crls.len() {
            ..=1 => String::new(),
            all => format!(" with its {}", parts(all - 1)),
        };
        change = sign(certifier, ending.crls.clone(), Some(next), env)?;
        let last = ending.last.map_or_else(
            || "no certificate is valid any more".into(),
            |last| format!("{}, the last one ends on {}", ending.still_valid(), last.date()),
        );
        format!("CRL {number}{beside} is the last one and is valid until {}; {last}", next.date())
    };
    let plan = if alone.is_empty() || certifier.policy.roles.is_empty() {
        plan
    } else {
        format!("{plan}; retired and destroyed by one CAA: {alone}")
    };
    change.extend(stand(certifier, Status::Destroyed(decision), plan, String::new())?);
    change.files.push(FileWrite { path: certifier_key::path(name), bytes: None });
    Ok(change)
}
