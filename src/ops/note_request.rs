//! Notes whom to ask about a request, and what there is to know about it.

use super::Env;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::request::{Note, Request};

/// Changes contact and comment of a request, open or closed. Errors: nothing is changed.
pub fn note_request(request: &Request, note: &Note, env: &mut Env<'_>) -> Result<Change> {
    let id = request.id;
    if request.contact == note.contact && request.comment == note.comment {
        return Err(Error::refused("Nothing was noted.").why(format!("That stands at request {id} already.")));
    }
    Ok(Change::of(Fact::RequestNoted {
        id,
        by: env.operator.to_owned(),
        at: env.now,
        contact: note.contact.clone(),
        comment: note.comment.clone(),
    }))
}
