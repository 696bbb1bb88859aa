//! Denies a request, with a reason that its requester can read.

use super::{Env, roles};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::request::RequestId;

/// Denies a pending or approved request. Errors: unknown, closed already, not the person for it, no reason.
pub fn deny(state: &State, id: RequestId, reason: &str, env: &mut Env<'_>) -> Result<Change> {
    let request = super::request(state, id)?;
    if !request.status.is_open() {
        return Err(Error::refused(format!("Request {id} was not denied."))
            .why(format!("It is {} already.", request.status.word())));
    }
    roles::denial(state, request, env.operator)?;
    if reason.trim().is_empty() {
        return Err(Error::usage("A denial needs a reason.").why("The requester is told why."));
    }
    let reason = reason.trim().to_owned();
    Ok(Change::of(Fact::RequestDenied { id, by: env.operator.to_owned(), at: env.now, reason }))
}
