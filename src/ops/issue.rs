//! Signs approved requests: intents first, then signatures, then each certificate is verified and compared.

use std::collections::{BTreeMap, BTreeSet};

use super::Env;
use super::approve::{accept, by_key, preview_among};
use super::roles::{self, Act};
use crate::model::State;
use crate::model::bytes::{Der, Serial};
use crate::model::certificate::Certificate;
use crate::model::certifier::Certifier;
use crate::model::change::{Change, Fact};
use crate::model::compromised::Known;
use crate::model::error::{Error, Result};
use crate::model::issued::{Approval, Difference, Issued, Origin};
use crate::model::name::AltName;
use crate::model::profile::Profile;
use crate::model::request::{Plan, Request, RequestId, Status, extension_word};
use crate::model::time::Timestamp;
use crate::pki::issue::{self, Template};
use crate::pki::parallel;
use crate::pki::signer::Signing;

/// What the disk knows of the keys of requests.
pub type ByRequest = BTreeMap<RequestId, Known>;

/// Signs approved requests, all or none; one that is named twice is signed once.
///
/// Errors: one is unknown or not approved, profile or policy changed since its approval, what it would issue is refused by
/// now, its certifier is locked or has ended, not the person for it.
pub fn issue(state: &State, ids: &[RequestId], known: &ByRequest, env: &mut Env<'_>) -> Result<Change> {
    let mut by_certifier: BTreeMap<&str, Vec<Approved<'_>>> = BTreeMap::new();
    for id in BTreeSet::from_iter(ids) {
        let request = super::request(state, *id)?;
        let Status::Approved { by, at, plan, terms } = &request.status else {
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
        let approval = Approval { by: by.clone(), at: *at };
        by_certifier.entry(plan.certifier.as_str()).or_default().push((request, plan, approval));
    }
    let mut change = Change::default();
    for (name, requests) in by_certifier {
        change.extend(issue_by(state, super::issuing(state, name)?, &requests, known, env)?);
    }
    Ok(change)
}

/// A request, what shall be issued for it, and who approved that.
type Approved<'a> = (&'a Request, &'a Plan, Approval);

fn issue_by(
    state: &State,
    certifier: &Certifier,
    requests: &[Approved<'_>],
    known: &ByRequest,
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
    let same_key = by_key(state, requests.iter().map(|(request, ..)| *request));
    let now = env.now;
    let wanted: Vec<_> = requests.iter().map(|(request, plan, _)| (*request, *plan, env.serial())).collect();
    let prepared = parallel::map(&wanted, |(request, plan, serial)| {
        let nothing = Known::default();
        let known = known.get(&request.id).unwrap_or(&nothing);
        let preview = preview_among(state, request, &same_key, plan, known, now)?;
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
    let (operator, session) = (env.operator, env.session);
    let facts = parallel::map(&signed, |(((request, plan, approval), template), ((_, tbs), signature))| {
        let der = issue::assemble(tbs, &algorithm, signature);
        let certificate = issue::verify(&der, template, &authority.subject, &authority.key)?;
        let issued = Issued {
            request: Some(request.id),
            approver: approval.by.clone(),
            origin: Origin {
                profile_version: super::profile(state, &plan.profile)?.version,
                approvals: vec![approval.clone()],
                session: session.to_owned(),
                csr_sha256: Some(request.pkcs10.sha256),
                differences: differences(request, &certificate, &template.validity.clamped, plan.days),
                elsewhere: String::new(),
            },
            ..Issued::of(&certificate, &certifier.name, &plan.profile, now, operator)
        };
        Ok(Fact::CertificateIssued { issued, der: Der(der) })
    })?;
    Ok(Change { facts, files: Vec::new() })
}

/// Lists what was issued otherwise than the request asked for. Validity is no wish of a request; `clamped` says what cut
/// the days that were approved.
fn differences(request: &Request, issued: &Certificate, clamped: &str, days: u32) -> Vec<Difference> {
    let asked = &request.pkcs10;
    let mut found = Vec::new();
    let mut add = |what: &str, asked: String, issued: String| {
        found.push(Difference { what: what.to_owned(), asked, issued });
    };
    if asked.subject.der != issued.subject.der {
        add("subject", asked.subject.text(), issued.subject.text());
    }
    let names = |names: &[AltName], others: &[AltName]| {
        let only = names.iter().filter(|name| !others.contains(name)).map(ToString::to_string);
        only.collect::<Vec<_>>().join(" ")
    };
    let (dropped, added) =
        (names(&asked.alt_names, &issued.alt_names), names(&issued.alt_names, &asked.alt_names));
    if !(dropped.is_empty() && added.is_empty()) {
        add("names", dropped, added);
    }
    if !clamped.is_empty() {
        add("validity", format!("{days} days"), format!("until {} ({clamped})", issued.not_after.text()));
    }
    for wish in asked.extensions.iter().filter(|e| e.oid != ALT_NAMES) {
        let same = issued.extensions.iter().find(|e| e.oid == wish.oid);
        if same.is_none_or(|e| e.value != wish.value) {
            let other = same.map_or("", |_| "as the profile has it");
            add(extension_word(&wish.oid), "as in the request".into(), other.into());
        }
    }
    found
}

/// subjectAltName, which is compared name by name.
const ALT_NAMES: &str = "2.5.29.17";

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
