//! Signs the next CRL of a certifier.

use super::Env;
use super::roles::{self, Act};
use crate::model::State;
use crate::model::bytes::{Der, Serial};
use crate::model::certifier::Status;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::issued::Reason;
use crate::model::time::Timestamp;
use crate::pki::signer::Signing;
use crate::pki::{crl, issue};
use crate::store::document;

/// Signs a CRL with this number and these entries. Errors: unknown or locked certifier; its certificate has ended; not the person for it.
pub fn issue_crl(
    state: &State,
    name: &str,
    number: u64,
    entries: Vec<(Serial, Timestamp, Reason)>,
    env: &mut Env<'_>,
) -> Result<Change> {
    let certifier = super::certifier(state, name)?;
    roles::require(certifier, env.operator, Act::SignCrl)?;
    let authority = &certifier.certificate;
    let before = certifier.crl.as_ref().map_or(authority.not_before, |crl| crl.this_update);
    if let Status::Destroyed(decision) = &certifier.status {
        return Err(Error::refused(format!("Certifier {name} signs no CRL any more."))
            .why(format!("Its key was destroyed on {}.", decision.at.date())));
    }
    if env.now < before {
        return Err(Error::refused(format!("Certifier {name} signed no CRL."))
            .why(format!(
                "The clock says {}, which is earlier than its certificate or its latest CRL ({}).",
                env.now.text(),
                before.text()
            ))
            .next("Set the clock right first."));
    }
    if env.now > authority.not_after {
        return Err(Error::refused(format!("Certifier {name} signs no CRL any more."))
            .why(format!("Its certificate ended on {}.", authority.not_after.text())));
    }
    let algorithm = env.signer.key(name)?.algorithm().to_vec();
    let next = env.now.plus_days(i64::from(certifier.policy.crl_days));
    let tbs = crl::to_be_signed(authority, &algorithm, number, env.now, next, &mut entries.into_iter())?;
    let work = [(Signing::Crl(number), tbs)];
    let signature = super::one(env.signer.sign(name, &work)?)?;
    let der = issue::assemble(&work[0].1, &algorithm, &signature);
    let info = crl::read(&der, authority)?;
    let files = document::crl(name, &der);
    let fact = Fact::CrlIssued { certifier: name.into(), crl: info, der: Der(der) };
    Ok(Change { facts: vec![fact], files })
}
