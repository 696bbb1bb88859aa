//! Crosses requests off that were open for too long. Only asked to: nothing expires by itself.

use std::collections::BTreeSet;

use super::{Env, roles};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::request::{Request, RequestId};
use crate::model::time::Timestamp;

/// Lists the requests that may be expired, the oldest number first.
pub fn due(state: &State, now: Timestamp) -> Vec<&Request> {
    state.requests.values().filter(|r| r.may_expire(state, now)).collect()
}

/// Expires requests, all or none.
///
/// Errors: none named, unknown, closed already, not old enough, not the person for it.
pub fn expire(state: &State, ids: &[RequestId], env: &mut Env<'_>) -> Result<Change> {
    if ids.is_empty() {
        return Err(Error::refused("No request is due to expire."));
    }
    let mut change = Change::default();
    for id in BTreeSet::from_iter(ids) {
        let request = super::request(state, *id)?;
        let refused = || Error::refused(format!("Request {id} was not expired."));
        if !request.status.is_open() {
            return Err(refused().why(format!("It is {} already.", request.word())));
        }
        let days = request.days_to_expire(state);
        if !request.may_expire(state, env.now) {
            return Err(refused()
                .why(format!(
                    "It is {} since {}; that is allowed for {days} days.",
                    request.word(),
                    request.since().date()
                ))
                .next("Deny or withdraw it instead.")
                .command("request.deny"));
        }
        roles::denial(state, request, env.operator)?;
        change.facts.push(Fact::RequestExpired { id: *id, by: env.operator.to_owned(), at: env.now, days });
    }
    Ok(change)
}
