//! Edits what will be issued for a request, where the profile allows that. The request itself stays as it came, and whoever
//! edits it does not approve it.

use std::borrow::Cow;

use super::Env;
use super::roles::{self, Act};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::profile::Profile;
use crate::model::request::{Pkcs10, Plan, Request, RequestId};
use crate::pki::{name, request as pkcs10};

/// Puts another plan to a request that is open; an approval that was given before is void.
///
/// Errors: unknown, closed, nothing is changed, no such certifier or profile, the profile does not allow it, not the person
/// for it.
pub fn edit_plan(state: &State, id: RequestId, plan: &Plan, env: &mut Env<'_>) -> Result<Change> {
    let request = super::request(state, id)?;
    let refused = || Error::refused(format!("Request {id} was not edited."));
    if !request.status.is_open() {
        return Err(refused().why(format!("It is {} already.", request.word())));
    }
    if request.plan() == Some(plan) {
        return Err(refused().why("Nothing was changed."));
    }
    let profile = super::profile(state, &plan.profile)?;
    match plan.certifier.as_str() {
        "" => roles::first(state, None, |any| roles::require(any, env.operator, Act::Approve))?,
        name => roles::require(super::certifier(state, name)?, env.operator, Act::Approve)?,
    }
    allowed(profile, plan)?;
    // What cannot be encoded is told to whoever types it, not to whoever approves it.
    wished(&request.pkcs10, plan)?;
    let plan = Plan { reason: String::new(), ..plan.clone() };
    Ok(Change::of(Fact::PlanEdited { id, by: env.operator.to_owned(), at: env.now, plan }))
}

/// Refuses what a profile does not let anybody edit.
pub(super) fn allowed(profile: &Profile, plan: &Plan) -> Result<()> {
    match plan.edits().into_iter().find(|part| !profile.edits.iter().any(|allowed| allowed == part)) {
        None => Ok(()),
        Some(part) => {
            Err(Error::refused(format!("Profile {} does not let anybody edit the {part}.", profile.name))
                .why("Its certificates name what the request asks for, and nothing else.")
                .next("Ask for a new request, or choose another profile."))
        }
    }
}

/// Returns the request as it would be if it had asked for what a plan issues.
pub(super) fn wished<'a>(asked: &'a Pkcs10, plan: &Plan) -> Result<Cow<'a, Pkcs10>> {
    if plan.edits().is_empty() {
        return Ok(Cow::Borrowed(asked));
    }
    let subject = plan.subject.as_ref().map(|pairs| {
        let pairs: Vec<_> = pairs.iter().map(|(short, value)| (short.as_str(), value.as_str())).collect();
        name::build(&pairs)
    });
    pkcs10::with_names(asked, subject.transpose()?, plan.names.as_deref()).map(Cow::Owned)
}

/// Refuses a plan whose subject or names are not those that stand in the queue for all to see.
pub(super) fn as_proposed(request: &Request, plan: &Plan) -> Result<()> {
    let none = Plan::default();
    let proposed = request.plan().unwrap_or(&none);
    if (&proposed.subject, &proposed.names) == (&plan.subject, &plan.names) {
        return Ok(());
    }
    Err(Error::refused(format!("Request {} was not approved.", request.id))
        .why("Subject or names are not those that stand in the queue.")
        .next("Edit the request first; somebody else approves it then.")
        .command("request.edit"))
}
