//! Goes on with an older ledger after a person has decided so: CRL numbers jump ahead, and what is found of what was lost
//! is told in the audit chain.

use std::collections::{BTreeMap, BTreeSet};

use super::Env;
use super::roles::{self, Act};
use crate::model::State;
use crate::model::audit::Head;
use crate::model::audit::setback::{MARGIN, Reconciliation, Remembered, Unlisted};
use crate::model::bytes::Digest;
use crate::model::certificate::Certificate;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};

/// What the ledger knows beside the state.
#[derive(Debug, Default)]
pub struct Known {
    /// The last entry of the chain.
    pub head: Head,
    /// The highest CRL number that each certifier has used.
    pub crls: BTreeMap<String, u64>,
    /// Certificates from the file that was named, with those that the issued list knows taken out.
    pub found: Vec<Certificate>,
    /// Where they come from.
    pub place: String,
}

/// Decides about an older ledger. Errors: it is not older, as far as is known; no reason; a CRL number of a certifier that
/// is not there; `NotAllowed` for who is no CAA of every certifier.
pub fn reconcile(state: &State, asked: &Reconciliation, known: &Known, env: &mut Env<'_>) -> Result<Change> {
    if asked.reason.trim().is_empty() {
        return Err(Error::usage("A reason is needed.")
            .why("Whoever verifies the audit chain later asks why entries are lost."));
    }
    let remembered = match (&state.setback, &asked.expected) {
        (Some(setback), _) => setback.remembered.clone(),
        (None, Some(head)) if head.number > known.head.number => {
            Remembered { head: *head, ..Remembered::default() }
        }
        (None, _) => {
            return Err(Error::refused("There is nothing to reconcile.")
                .why("The audit chain passes through everything that is remembered of it here.")
                .next("To go by a head on paper that is newer than this ledger, name it: --expect N:HASH"));
        }
    };
    let mut crls = BTreeMap::new();
    for name in asked.crls.keys().filter(|name| !state.certifiers.contains_key(*name)) {
        super::certifier(state, name)?;
    }
    for (name, certifier) in &state.certifiers {
        roles::require(certifier, env.operator, Act::Administer)?;
        let numbers = [known.crls.get(name), remembered.crls.get(name), asked.crls.get(name)];
        let highest = numbers.into_iter().flatten().max().copied().unwrap_or_default();
        crls.insert(name.clone(), highest + MARGIN);
    }
    let fact = Fact::Reconciled {
        by: env.operator.to_owned(),
        at: env.now,
        reason: asked.reason.clone(),
        remembered,
        found: known.head,
        crls,
        unlisted: unlisted(state, &known.found, &known.place),
    };
    Ok(Change::of(fact))
}

/// Lists the certificates that name a certifier here and that the issued list does not know.
fn unlisted(state: &State, found: &[Certificate], place: &str) -> Vec<Unlisted> {
    let mut told = BTreeSet::<Digest>::new();
    let mut all = Vec::new();
    for ring in state.keyrings.values() {
        for entry in ring.entries.iter().filter(|e| state.unlisted.contains(&e.certificate.sha256)) {
            if let Some(certifier) = state.certifier_of(&entry.certificate)
                && told.insert(entry.certificate.sha256)
            {
                all.push(Unlisted::of(&certifier.name, &entry.certificate, format!("keyring {}", ring.name)));
            }
        }
    }
    for certificate in found {
        if let Some(certifier) = state.certifier_of(certificate)
            && told.insert(certificate.sha256)
        {
            all.push(Unlisted::of(&certifier.name, certificate, place));
        }
    }
    all
}
