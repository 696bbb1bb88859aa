//! Goes on with an older ledger after a person has decided so: CRL numbers jump ahead, and what is found of what was lost
//! is told in the audit chain.

use std::collections::{BTreeMap, BTreeSet};

use super::Env;
use super::roles::{self, Act};
use crate::model::State;
use crate::model::audit::Head;
use crate::model::audit::setback::{MARGIN, Reconciliation, Remembered, Unlisted};
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::issued::{Issued, Origin, Revocation};
use crate::pki::chain::signed_by;

/// What the ledger knows beside the state.
#[derive(Debug, Default)]
pub struct Known {
    /// The last entry of the chain.
    pub head: Head,
    /// The highest CRL number that each certifier has used.
    pub crls: BTreeMap<String, u64>,
    /// Certificates from the file that was named, with those that the issued list knows taken out.
    pub found: Vec<Certificate>,
    /// Revocations on CRLs from that file that the issued list does not know.
    pub revoked: Vec<Lost>,
    /// Where they come from.
    pub place: String,
}

/// A revocation that peers know from a CRL of a newer ledger.
#[derive(Debug)]
pub struct Lost {
    /// Who signed the CRL.
    pub certifier: String,
    /// The serial number of the certificate.
    pub serial: Serial,
    /// What the CRL says of it.
    pub revocation: Revocation,
    /// Whether the certificate stands in the issued list.
    pub listed: bool,
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
        let numbers = [
            known.crls.get(name),
            remembered.crls.get(name),
            asked.crls.get(name),
            Some(&certifier.crl_floor),
        ];
        let highest = numbers.into_iter().flatten().max().copied().unwrap_or_default();
        crls.insert(name.clone(), highest + MARGIN);
    }
    let (unlisted, recorded): (Vec<_>, Vec<_>) = unlisted(state, known, env).into_iter().unzip();
    let fact = Fact::Reconciled {
        by: env.operator.to_owned(),
        at: env.now,
        reason: asked.reason.clone(),
        remembered,
        found: known.head,
        crls,
        unlisted,
    };
    let revoked = revoked(state, known, &recorded, env);
    let facts = std::iter::once(fact).chain(recorded).chain(revoked).collect();
    Ok(Change { facts, files: Vec::new() })
}

/// Revokes again what a CRL of a newer ledger revokes: the next one would make it good. A certificate of which nothing else
/// is known is brought into the list by its serial number.
fn revoked(state: &State, known: &Known, recorded: &[Fact], env: &Env<'_>) -> Vec<Fact> {
    let from = format!("lost with a newer ledger, found in {} by {}", known.place, env.operator);
    let mut facts = Vec::new();
    for Lost { certifier, serial, revocation, listed } in &known.revoked {
        let is_it = |fact: &Fact| {
            matches!(fact, Fact::CertificateRecorded { issued, .. }
                if issued.certifier == *certifier && issued.serial == *serial)
        };
        if let Some(authority) = state.certifiers.get(certifier)
            && !(*listed || recorded.iter().any(is_it))
        {
            let issued = Issued {
                certifier: certifier.clone(),
                serial: serial.clone(),
                subject: "(not kept)".into(),
                not_after: authority.certificate.not_after,
                origin: Origin { elsewhere: from.clone(), ..Origin::default() },
                ..Issued::default()
            };
            facts.push(Fact::CertificateRecorded { issued, der: Der::default() });
        }
        facts.push(Fact::CertificateRevoked {
            certifier: certifier.clone(),
            serial: serial.clone(),
            reason: revocation.reason,
            at: revocation.at,
            by: env.operator.to_owned(),
            invalidity: revocation.invalidity,
            comment: from.clone(),
        });
    }
    facts
}

/// Lists the certificates that a certifier here has signed and that the issued list does not know, each with the fact that
/// brings it into the list, so that it can be revoked.
fn unlisted(state: &State, known: &Known, env: &Env<'_>) -> Vec<(Unlisted, Fact)> {
    let in_rings = state.keyrings.values().flat_map(|ring| {
        let unlisted = ring.entries.iter().filter(|e| state.unlisted.contains(&e.certificate.sha256));
        unlisted.map(|e| (&e.certificate, format!("keyring {}", ring.name)))
    });
    let found = known.found.iter().map(|c| (c, known.place.clone()));
    let mut told = BTreeSet::<Digest>::new();
    let mut all = Vec::new();
    for (certificate, place) in in_rings.chain(found) {
        let Some(certifier) = state.certifier_of(certificate) else { continue };
        if !signed_by(certificate, &certifier.certificate) || !told.insert(certificate.sha256) {
            continue;
        }
        let mut issued = Issued::of(certificate, &certifier.name, "", certificate.not_before, "");
        issued.origin.elsewhere = format!("lost with a newer ledger, found in {place} by {}", env.operator);
        let recorded = Fact::CertificateRecorded { issued, der: certificate.der.clone() };
        all.push((Unlisted::of(&certifier.name, certificate, place), recorded));
    }
    all
}
