//! What will be issued, from the options of the command line: what they leave out comes from what stands in the queue, the
//! certifier's policy and the profile.

use clap::ArgMatches;

use super::super::fields;
use super::super::session::Session;
use super::find;
use crate::desk::{Preview, Verb};
use crate::model::State;
use crate::model::error::{Error, Result};
use crate::model::request::edit::{Edit, read_subject};
use crate::model::request::{Plan, Request};

/// `request edit`: what the options leave out stays as it was proposed, or as it was asked.
pub(super) fn edit(options: &ArgMatches, session: &mut Session<'_>) -> Result<u8> {
    let request = find(options, session)?;
    let state = session.state()?;
    let mut plan = proposal(&state, &request, None)?;
    if options.get_flag("as-asked") {
        (plan.subject, plan.names) = (None, None);
    }
    let mut edit = Edit::of(&request, plan);
    if let Some(subject) = options.get_one::<String>("subject") {
        edit.subject = read_subject(subject).map_err(|why| {
            Error::usage(format!("--subject cannot be \"{subject}\".")).why(format!("{why}."))
        })?;
    }
    fields::fill(&mut edit, options)?;
    let plan = edit.plan(&request);
    session.run(Verb::EditPlan { id: request.id, plan })
}

/// Previews an open request: as approved, as proposed, as the options say, or as the only certifier would sign it.
pub(super) fn preview(
    request: &Request,
    options: &ArgMatches,
    state: &State,
    session: &mut Session<'_>,
) -> Result<Option<(Plan, Preview)>> {
    if !request.status.is_open() {
        return Ok(None);
    }
    let named = options.get_one::<String>("certifier").cloned();
    let chosen = named.or_else(|| request.certifier().map(ToOwned::to_owned)).or_else(|| only(state));
    let Some(certifier) = chosen else {
        if !state.certifiers.is_empty() {
            session.out.note("Name a certifier to see what would be issued: --certifier CERTIFIER.");
        }
        return Ok(None);
    };
    let plan = plan(options, state, request, certifier)?;
    let preview = session.desk()?.preview(request.id, &plan)?;
    Ok(Some((plan, preview)))
}

/// Makes a plan from the options.
pub(super) fn plan(
    options: &ArgMatches,
    state: &State,
    request: &Request,
    certifier: String,
) -> Result<Plan> {
    if !state.certifiers.contains_key(&certifier) {
        return Err(no_certifier(&certifier));
    }
    let mut plan = proposal(state, request, Some(certifier))?;
    if let Some(profile) = options.get_one::<String>("profile") {
        let Some(found) = state.profiles.get(profile) else { return Err(no_profile(state, profile)) };
        if plan.profile != *profile {
            plan.days = found.days;
        }
        profile.clone_into(&mut plan.profile);
    }
    if let Some(days) = options.get_one::<u32>("days") {
        plan.days = *days;
    }
    if let Some(renewal) = options.get_one::<String>("renewal") {
        plan.beside = renewal == "no";
    }
    if let Some(reason) = options.try_get_one::<String>("reason").ok().flatten() {
        reason.clone_into(&mut plan.reason);
    }
    Ok(plan)
}

/// Returns what stands in the queue as proposed or approved, or else what a certifier (the only one, where none is named)
/// usually issues.
fn proposal(state: &State, request: &Request, certifier: Option<String>) -> Result<Plan> {
    let before = request.plan().cloned().unwrap_or_default();
    let chosen = certifier.or_else(|| request.certifier().map(ToOwned::to_owned)).or_else(|| only(state));
    let certifier = chosen.unwrap_or_default();
    if !before.profile.is_empty() {
        return Ok(Plan { certifier, ..before });
    }
    let policy = state.certifiers.get(&certifier).or_else(|| state.certifiers.values().next());
    let profile = policy.map_or_else(String::new, |c| c.policy.profile.clone());
    let Some(found) = state.profiles.get(&profile) else { return Err(no_profile(state, &profile)) };
    Ok(Plan { certifier, days: found.days, profile, ..before })
}

/// Names the only certifier, where there is one alone.
fn only(state: &State) -> Option<String> {
    state.certifiers.keys().next().filter(|_| state.certifiers.len() == 1).cloned()
}

/// Says that there is no such certifier.
pub(super) fn no_certifier(name: &str) -> Error {
    Error::not_found("certifier", name).next("List them with: ringmaster certifier list")
}

fn no_profile(state: &State, name: &str) -> Error {
    let names: Vec<_> = state.profiles.keys().map(String::as_str).collect();
    Error::not_found("profile", name).next(format!("There are {}.", names.join(", ")))
}
