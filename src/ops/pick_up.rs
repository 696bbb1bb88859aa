//! Hands certificates to those who asked for them, and records that.

use super::Env;
use crate::model::State;
use crate::model::certificate::Certificate;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::request::{Request, Status};

/// Records that the certificate of a request was handed out, to a place in words.
///
/// Errors: none was issued for it.
pub fn pick_up(request: &Request, to: &str, env: &mut Env<'_>) -> Result<Change> {
    issued(request)?;
    let (id, by, at, to) = (request.id, env.operator.to_owned(), env.now, to.to_owned());
    Ok(Change::of(Fact::CertificatePickedUp { id, by, at, to }))
}

/// Refuses when no certificate was issued for a request, in the words of its requester.
pub fn issued(request: &Request) -> Result<()> {
    let id = request.id;
    let nothing = || Error::refused(format!("There is no certificate for request {id}."));
    Err(match &request.status {
        Status::Issued { .. } => return Ok(()),
        Status::Denied { reason, .. } => {
            nothing().why(format!("It was denied: {reason}")).next("Make a new request that sets this right.")
        }
        Status::Withdrawn { reason, .. } => nothing().why(format!("It was withdrawn: {reason}")),
        Status::Expired { days, .. } => nothing()
            .why(format!("Nobody answered it within {days} days, and it was crossed off."))
            .next("Bring it again as a new request."),
        _ => nothing().why(format!("It is {}.", request.word())).next("Come back when it is issued."),
    })
}

/// Lists what belongs above a certificate as far as the workspace has it: the certifier that signed it, the one above that,
/// and so on; the root only when it is wanted.
pub fn chain<'a>(state: &'a State, leaf: &Certificate, root: bool) -> Vec<&'a Certificate> {
    let mut chain: Vec<&Certificate> = Vec::new();
    let known = state.certificates();
    loop {
        let below = chain.last().copied().unwrap_or(leaf);
        let signs = |above: &&Certificate| {
            let same_key = match (&below.aki, &above.ski) {
                (Some(aki), Some(ski)) => aki == ski,
                _ => true,
            };
            above.is_ca() && above.subject.der == below.issuer.der && same_key && above.sha256 != below.sha256
        };
        let next = known.values().map(|(c, _)| *c).find(|c| signs(c) && !chain.contains(c));
        let Some(next) = next else { break };
        chain.push(next);
        if next.subject.der == next.issuer.der {
            break;
        }
    }
    chain.retain(|c| root || c.subject.der != c.issuer.der);
    chain
}
