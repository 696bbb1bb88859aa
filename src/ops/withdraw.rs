//! Takes a request back for whom it is, before it is signed.

use super::{Env, roles};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::request::RequestId;

/// Withdraws an open request: whoever brought it may, and whoever may deny it.
///
/// Errors: unknown, closed already, not the person for it, no reason.
pub fn withdraw(state: &State, id: RequestId, reason: &str, env: &mut Env<'_>) -> Result<Change> {
    let request = super::request(state, id)?;
    if !request.status.is_open() {
        return Err(Error::refused(format!("Request {id} was not withdrawn."))
            .why(format!("It is {} already.", request.word())));
    }
    if request.by != env.operator {
        roles::denial(state, request, env.operator)?;
    }
    if reason.trim().is_empty() {
        return Err(Error::usage("A withdrawal needs a reason.").why("It is kept in the audit chain."));
    }
    let reason = reason.trim().to_owned();
    Ok(Change::of(Fact::RequestWithdrawn { id, by: env.operator.to_owned(), at: env.now, reason }))
}
