//! Revokes an issued certificate. The act ends in a CRL: until that is signed, the certifier owes one.

use super::Env;
use super::roles::{self, Act};
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::issued::{Issued, Reason};

/// Revokes a certificate of the issued list. Errors: it is revoked or expired already, not the person for it.
pub fn revoke(state: &State, issued: &Issued, reason: Reason, env: &mut Env<'_>) -> Result<Change> {
    roles::require(super::certifier(state, &issued.certifier)?, env.operator, Act::Revoke)?;
    let refused = || Error::refused(format!("Serial {} was not revoked.", issued.serial));
    if let Some(revoked) = &issued.revoked {
        let why = format!("It is revoked since {}: {}.", revoked.at.text(), revoked.reason.name());
        return Err(refused().why(why));
    }
    if env.now > issued.not_after {
        return Err(
            refused().why(format!("It ended on {}; nobody trusts it any more.", issued.not_after.text()))
        );
    }
    Ok(Change::of(Fact::CertificateRevoked {
        certifier: issued.certifier.clone(),
        serial: issued.serial.clone(),
        reason,
        at: env.now,
        by: env.operator.to_owned(),
        invalidity: None,
        comment: String::new(),
    }))
}
