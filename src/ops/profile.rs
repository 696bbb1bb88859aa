//! Makes, changes and deletes profiles, and tries them on requests. A changed profile ends the approvals given by it.

use super::approve::{Preview, preview_of};
use super::conflict::unchanged;
use super::roles::{self, Act};
use super::{Env, certifier, profile};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::compromised::KeyHistory;
use crate::model::error::{Error, Result};
use crate::model::keyring::check_name;
use crate::model::profile::Profile;
use crate::model::request::{Plan, Received, Request, RequestId};
use crate::model::time::Timestamp;
use crate::store::document;

/// Saves a profile as its next version. `before` is the profile as it was when editing began; `None` makes a new one.
///
/// Errors: the name is taken or cannot be a file, the profile contradicts itself, not the person for it; `Conflict` when
/// it was changed since, with both versions field by field.
pub fn save_profile(
    state: &State,
    before: Option<&Profile>,
    profile: &Profile,
    operator: &str,
) -> Result<Change> {
    let name = &profile.name;
    check_name(name).map_err(|why| Error::usage("The name cannot be used.").why(why))?;
    if let Some(unread) = state.unread(&document::profile_path(name)) {
        return Err(Error::damaged(format!("Profile {name} cannot be saved.")).why(&unread.why));
    }
    let taken = || {
        Error::refused(format!("A profile is already named \"{name}\"."))
            .next("Choose another name, or edit that profile.")
    };
    let versions = (before, state.profiles.get(name), profile);
    unchanged(state, &format!("Profile {name}"), versions, taken)?;
    if let Some(why) = profile.contradiction() {
        return Err(Error::usage("The profile contradicts itself.").why(why));
    }
    allowed(state, name, operator)?;
    let version = before.map_or(1, |before| before.version.saturating_add(1));
    let profile = Profile { version, ..profile.clone() };
    let files = vec![document::profile(&profile)?];
    Ok(Change { facts: vec![Fact::ProfileSaved { profile: Box::new(profile) }], files })
}

/// Deletes a profile of one's own; its file goes to the history, and a built-in one of that name counts again.
///
/// Errors: unknown, built in, still the usual one of a certifier, not the person for it.
pub fn delete_profile(state: &State, name: &str, env: &Env<'_>) -> Result<Change> {
    let own = profile(state, name)?;
    let instead = document::embedded_profile(name);
    if instead.as_ref() == Some(own) {
        return Err(Error::refused(format!("Profile {name} is built in and cannot be deleted."))
            .next("Copy it to change it, or leave it unused."));
    }
    let users: Vec<_> = state.certifiers.values().filter(|c| c.policy.profile == name).collect();
    if let (Some(user), None) = (users.first(), &instead) {
        return Err(Error::refused(format!("Profile {name} is in use."))
            .why(format!("Certifier {} issues by it when nobody says otherwise.", user.name))
            .next("Amend the certifier's policy first.")
            .command("certifier.amend"));
    }
    allowed(state, name, env.operator)?;
    let fact = Fact::ProfileDeleted { name: name.into(), instead: instead.map(Box::new) };
    Ok(Change { facts: vec![fact], files: vec![document::profile_removed(name)] })
}

/// Previews what a profile would make of a request that need not be in the queue. Nothing is stored.
///
/// Errors: no such certifier or profile. What would block an approval is a finding.
pub fn try_profile(
    state: &State,
    asked: &Request,
    plan: &Plan,
    known: &KeyHistory,
    now: Timestamp,
) -> Result<Preview> {
    certifier(state, &plan.certifier)?;
    preview_of(state, asked, plan, known, now)
}

/// Makes what [`try_profile`] looks at of a request that is not in the queue.
pub fn stranger(pkcs10: crate::model::request::Pkcs10, source: String, now: Timestamp) -> Request {
    Request::new(RequestId(0), pkcs10, None, Received { source, at: now, ..Received::default() })
}

/// A profile decides what certifiers sign: whoever changes it may amend those that use it.
fn allowed(state: &State, name: &str, operator: &str) -> Result<()> {
    let users = state.certifiers.values().filter(|c| c.policy.profile == name);
    users.into_iter().try_for_each(|certifier| roles::require(certifier, operator, Act::Amend))
}
