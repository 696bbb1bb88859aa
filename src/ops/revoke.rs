//! Revokes issued certificates, puts them on hold, changes the reason and lifts holds. The act ends in a CRL: until that is
//! signed, the certifier owes one.

use super::Env;
use super::roles::{self, Act};
use crate::model::State;
use crate::model::certifier::Status;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::issued::{Issued, Reason};
use crate::model::revocation::NewRevocation;

/// Revokes certificates of the issued list, all or none. One that is on hold is revoked for good, and one that is revoked
/// for another reason becomes keyCompromise; their revocation date stays.
///
/// Errors: one has ended or is revoked for good, its profile allows no hold, the invalidity date is in the future, the clock
/// is behind, not the person for it.
pub fn revoke(state: &State, rows: &[Issued], asked: &NewRevocation, env: &mut Env<'_>) -> Result<Change> {
    let facts = rows.iter().map(|row| fact(state, row, asked, env)).collect::<Result<_>>()?;
    Ok(Change { facts, files: Vec::new() })
}

fn fact(state: &State, issued: &Issued, asked: &NewRevocation, env: &Env<'_>) -> Result<Fact> {
    roles::require(super::certifier(state, &issued.certifier)?, env.operator, Act::Revoke)?;
    refusal(state, issued, asked.reason, env.now).map_or(Ok(()), |why| {
        Err(Error::refused(format!("Serial {} was not revoked.", issued.serial)).why(why))
    })?;
    if issued.origin.elsewhere.is_empty() {
        let what = format!("Serial {} was not revoked.", issued.serial);
        super::in_order(env.now, issued.at, what, "its signature")?;
    }
    if let Some(from) = asked.invalidity.filter(|from| *from > env.now) {
        return Err(Error::usage("A certificate cannot be invalid from a moment in the future on.")
            .why(format!("{} is still to come.", from.text()))
            .next("Revoke it when it is time, or leave the date empty."));
    }
    let same = |r: &crate::model::issued::Revocation| {
        r.reason == asked.reason && asked.invalidity.is_none_or(|from| r.invalidity == Some(from))
    };
    if issued.revoked.as_ref().is_some_and(same) {
        return Err(Error::refused(format!("Serial {} was not revoked again.", issued.serial))
            .why(format!("It is revoked for {} already.", asked.reason.name()))
            .next("Say what is new, such as an earlier date with invalid-from."));
    }
    let (certifier, serial) = (issued.certifier.clone(), issued.serial.clone());
    let (reason, invalidity) = (asked.reason, asked.invalidity);
    let (by, comment) = (env.operator.to_owned(), asked.comment.clone());
    Ok(match &issued.revoked {
        None => Fact::CertificateRevoked { certifier, serial, reason, at: env.now, by, invalidity, comment },
        Some(before) => Fact::RevocationChanged {
            certifier,
            serial,
            reason,
            at: before.at,
            changed: env.now,
            by,
            invalidity: invalidity.or(before.invalidity),
            comment,
        },
    })
}

/// Says why a certificate cannot be revoked for a reason, if so.
pub fn refusal(
    state: &State,
    issued: &Issued,
    reason: Reason,
    now: crate::model::time::Timestamp,
) -> Option<String> {
    if let Some(Status::Destroyed(decision)) = state.certifiers.get(&issued.certifier).map(|c| &c.status) {
        return Some(format!(
            "The key of certifier {} was destroyed on {}: no CRL can carry it.",
            issued.certifier,
            decision.at.date()
        ));
    }
    if let Some(before) = &issued.revoked {
        let since = format!("It is revoked since {}: {}.", before.at.text(), before.reason.name());
        return match (before.reason, reason) {
            (Reason::CertificateHold, Reason::CertificateHold) => {
                Some(format!("{since} It is on hold already."))
            }
            // A hold becomes final, and a compromise may turn out to be older than was known.
            (Reason::CertificateHold, _) | (_, Reason::KeyCompromise) => None,
            _ => Some(format!("{since} A reason can only become keyCompromise.")),
        };
    }
    if now > issued.not_after {
        return Some(format!("It ended on {}; nobody trusts it any more.", issued.not_after.text()));
    }
    let allowed = state.profiles.get(&issued.profile).is_some_and(|profile| profile.hold);
    if reason.is_hold() && !allowed {
        let profile = if issued.profile.is_empty() { "that is not known" } else { &issued.profile };
        return Some(format!("Its profile {profile} allows no hold. Revoke it for good, or leave it valid."));
    }
    None
}

/// Lifts the hold of certificates, all or none. Errors: one is not on hold; not the person for it.
pub fn release(state: &State, rows: &[Issued], comment: &str, env: &mut Env<'_>) -> Result<Change> {
    let facts = rows.iter().map(|issued| {
        roles::require(super::certifier(state, &issued.certifier)?, env.operator, Act::Revoke)?;
        if !issued.revoked.as_ref().is_some_and(|r| r.reason.is_hold()) {
            let why = match &issued.revoked {
                Some(r) => format!("It is revoked for {}, which is final.", r.reason.name()),
                None => "It is not revoked.".to_owned(),
            };
            return Err(Error::refused(format!("Serial {} was not released.", issued.serial)).why(why));
        }
        Ok(Fact::CertificateReleased {
            certifier: issued.certifier.clone(),
            serial: issued.serial.clone(),
            at: env.now,
            by: env.operator.to_owned(),
            comment: comment.to_owned(),
        })
    });
    Ok(Change { facts: facts.collect::<Result<_>>()?, files: Vec::new() })
}
