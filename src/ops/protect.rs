//! Puts another protection on the key of a certifier.

use super::Env;
use super::roles::{self, Act};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;
use crate::model::protection::Sealing;
use crate::pki::key::PrivateKey;
use crate::store::certifier_key;

/// Seals the key of a certifier anew, with a new data key; the file before is wiped with the commit. `key` was opened with
/// the present protection just now.
///
/// Errors: not a CAA; it would take fewer people than before, and the policy asks a second CAA for that; it is not the certifier's key; an empty password, or one person for two.
pub fn protect(
    state: &State,
    name: &str,
    key: &PrivateKey,
    sealing: &Sealing,
    env: &mut Env<'_>,
) -> Result<Change> {
    let certifier = super::certifier(state, name)?;
    roles::require(certifier, env.operator, Act::Protect)?;
    let fewer = sealing.people() < certifier.protection.people();
    if fewer
        && !certifier.policy.weaken_protection
        && roles::amends_alone(&certifier.policy, env.operator).is_none()
    {
        let what = format!("{} may not weaken the protection of certifier {name} alone.", env.operator);
        return Err(Error::not_allowed(Subject::Certifier(name.to_owned()), what)
            .why(format!(
                "It takes {} to open it now; with the new protection it would take fewer people.",
                certifier.protection.words()
            ))
            .next(format!(
                "Have another CAA confirm that: ringmaster certifier amend {name} weaken-protection=yes"
            )));
    }
    if key.info().sha256 != certifier.certificate.key.sha256 {
        return Err(Error::internal(format!("Another key than that of certifier {name} was to be sealed.")));
    }
    match sealing {
        Sealing::Password(password) => super::new_password(password, password)?,
        Sealing::TwoPasswords([(first, one), (second, two)]) => {
            super::new_password(one, one)?;
            super::new_password(two, two)?;
            if first.is_empty() || second.is_empty() || first == second || one == two {
                return Err(Error::usage("Two people are needed, each with a password of their own."));
            }
        }
        Sealing::Shares(_) => {}
    }
    let file = certifier_key::seal_by(name, key, sealing, &env.protection)?;
    let bytes = file.bytes.as_deref().map(Vec::as_slice).unwrap_or_default();
    let protection = certifier_key::check(name, bytes, &key.info().sha256)?;
    // Read back before the key of before is done away with.
    let given = match sealing {
        Sealing::Password(password) => vec![password.clone()],
        Sealing::TwoPasswords([(_, one), (_, two)]) => vec![one.clone(), two.clone()],
        Sealing::Shares(dealt) => dealt.shares.iter().rev().take(dealt.needed.into()).cloned().collect(),
    };
    if certifier_key::open(name, bytes, &given)?.pkcs8() != key.pkcs8() {
        return Err(Error::internal("The newly sealed key does not open to the same key."));
    }
    let before = certifier.protection.words();
    let fact = Fact::KeyProtected { certifier: name.into(), protection, before };
    Ok(Change { facts: vec![fact], files: vec![file] })
}
