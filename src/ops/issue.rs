//! Signs approved requests: intents first, then signatures, then each certificate is verified and compared.

use std::collections::{BTreeMap, BTreeSet};

use super::Env;
use super::approve::{accept, by_key, preview_among};
use super::roles::{self, Act};
use crate::model::State;
use crate::model::bytes::{Der, Serial};
use crate::model::certifier::Certifier;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::issued::Issued;
use crate::model::profile::Profile;
use crate::model::request::{Plan, Request, RequestId, Status};
use crate::model::time::Timestamp;
use crate::pki::issue::{self, Template};
use crate::pki::parallel;
use crate::pki::signer::Signing;

/// The certificates that were issued before for the keys of requests.
pub type Earlier = BTreeMap<RequestId, Vec<Issued>>;

/// Signs approved requests, all or none; one that is named twice is signed once.
///
/// Errors: one is unknown or not approved, profile or policy changed since its approval, what it would issue is refused by
/// now, its certifier is locked or has ended, not the person for it.
pub fn issue(state: &State, ids: &[RequestId], earlier: &Earlier, env: &mut Env<'_>) -> Result<Change> {
    let mut by_certifier: BTreeMap<&str, Vec<(&Request, &Plan)>> = BTreeMap::new();
    for id in BTreeSet::from_iter(ids) {
        let request = super::request(state, *id)?;
        let Status::Approved { plan, terms, .. } = &request.status else {
            return Err(Error::refused(format!("Request {id} was not signed."))
                .why(format!("It is {}, not approved.", request.status.word()))
                .next("Look at it and approve it first.")
                .command("request.approve"));
        };
        if *terms != super::approve::terms(state, plan)? {
            return Err(Error::refused(format!("Request {id} was not signed."))
                .why(format!(
                    "Profile {} or the policy of certifier {} was changed since the approval: what would be signed is not what was approved.",
                    plan.profile, plan.certifier
                ))
                .next("Look at it and approve it again.")
                .command("request.approve"));
        }
        by_certifier.entry(plan.certifier.as_str()).or_default().push((request, plan));
    }
    let mut change = Change::default();
    for (name, requests) in by_certifier {
        change.extend(issue_by(state, super::certifier(state, name)?, &requests, earlier, env)?);
    }
    Ok(change)
}

fn issue_by(
    state: &State,
    certifier: &Certifier,
    requests: &[(&Request, &Plan)],
    earlier: &Earlier,
    env: &mut Env<'_>,
) -> Result<Change> {
    roles::require(certifier, env.operator, Act::Sign)?;
    let authority = &certifier.certificate;
    if env.now > authority.not_after || env.now < authority.not_before {
        return Err(Error::refused(format!("Certifier {} cannot sign now.", certifier.name))
            .why(format!(
                "Its own certificate is valid from {} to {}.",
                authority.not_before.text(),
                authority.not_after.text()
            ))
            .next("Check the clock, or sign with another certifier."));
    }
    let algorithm = env.signer.key(&certifier.name)?.algorithm().to_vec();
    let same_key = by_key(state, requests.iter().map(|(request, _)| *request));
    let now = env.now;
    let wanted: Vec<_> = requests.iter().map(|(request, plan)| (*request, *plan, env.serial())).collect();
    let prepared = parallel::map(&wanted, |(request, plan, serial)| {
        let earlier = earlier.get(&request.id).map_or(&[][..], Vec::as_slice);
        let preview = preview_among(state, request, &same_key, plan, earlier, now)?;
        accept(request.id, &preview.findings, &plan.reason)?;
        let profile = super::profile(state, &plan.profile)?;
        let template = template(request, certifier, profile, plan.days, serial.clone(), now)?;
        let tbs = issue::to_be_signed(&template, &authority.subject, &algorithm)?;
        Ok((template, (Signing::Certificate(serial.clone()), tbs)))
    })?;
    let (templates, work): (Vec<_>, Vec<_>) = prepared.into_iter().unzip();
    let signatures = env.signer.sign(&certifier.name, &work)?;
    if signatures.len() != work.len() {
        return Err(Error::internal("The signer returned another number of signatures than asked."));
    }
    let signed: Vec<_> = requests.iter().zip(&templates).zip(work.iter().zip(&signatures)).collect();
    let operator = env.operator;
    let facts = parallel::map(&signed, |(((request, plan), template), ((_, tbs), signature))| {
        let der = issue::assemble(tbs, &algorithm, signature);
        let certificate = issue::verify(&der, template, &authority.subject, &authority.key)?;
        let names = certificate.alt_names.iter().map(ToString::to_string);
        let issued = Issued {
            id: 0,
            certifier: certifier.name.clone(),
            serial: certificate.serial.clone(),
            subject: certificate.subject.text(),
            alt_names: names.collect::<Vec<_>>().join(" "),
            not_before: certificate.not_before,
            not_after: certificate.not_after,
            key: certificate.key.algorithm.clone(),
            key_sha256: certificate.key.sha256,
            sha256: certificate.sha256,
            request: Some(request.id),
            profile: plan.profile.clone(),
            at: now,
            by: operator.to_owned(),
            revoked: None,
        };
        Ok(Fact::CertificateIssued { issued, der: Der(der) })
    })?;
    Ok(Change { facts, files: Vec::new() })
}

/// Decides what is issued for a request, clamped to profile, calendar and certifier at `now`.
pub(super) fn template(
    request: &Request,
    certifier: &Certifier,
    profile: &Profile,
    days: u32,
    serial: Serial,
    now: Timestamp,
) -> Result<Template> {
    let limits = (certifier.certificate.not_before, certifier.certificate.not_after);
    let validity = profile.validity(days, now, limits);
    issue::from_request(&request.pkcs10, profile, certifier, serial, validity)
}
