//! Notes whom to ask about a request, and what there is to know about it.

use super::Env;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::request::{Contact, Request};

/// Changes contact and comment of a request, open or closed. Errors: nothing is changed.
pub fn note_request(
    request: &Request,
    contact: &Contact,
    comment: &str,
    env: &mut Env<'_>,
) -> Result<Change> {
    let id = request.id;
    if request.contact == *contact && request.comment == comment {
        return Err(Error::refused("Nothing was noted.").why(format!("That stands at request {id} already.")));
    }
    Ok(Change::of(Fact::RequestNoted {
        id,
        by: env.operator.to_owned(),
        at: env.now,
        contact: contact.clone(),
        comment: comment.to_owned(),
    }))
}
