//! Signs approved requests: intents first, then signatures, then each certificate is verified and compared.

use std::collections::{BTreeMap, BTreeSet};

use super::Env;
use super::approve::{Draft, accept, judge};
use super::roles::{self, Act};
use crate::model::State;
use crate::model::bytes::{Der, Serial};
use crate::model::certificate::Certificate;
use crate::model::certifier::Certifier;
use crate::model::change::{Change, Fact};
use crate::model::compromised::KeyHistory;
use crate::model::error::{Error, Result};
use crate::model::issued::{Approval, Difference, Issued, Origin};
use crate::model::name::AltName;
use crate::model::profile::Profile;
use crate::model::request::{Pkcs10, Plan, Request, RequestId, Status, extension_word};
use crate::model::time::Timestamp;
use crate::pki::issue::{self, Template};
use crate::pki::key::signature_algorithm;
use crate::pki::parallel;
use crate::pki::signer::Signing;

/// What the disk knows of the keys of requests.
pub type ByRequest = BTreeMap<RequestId, KeyHistory>;

/// How many certificates are signed and made durable together.
pub const BATCH: usize = 100;

/// Names a batch by what a person has looked at: the number of requests, and four octets of a digest over what is signed for
/// each of them. One that is approved, edited or denied in between makes another seal.
pub fn seal(state: &State, ids: &[RequestId]) -> String {
    let approved = ids.iter().filter_map(|id| state.requests.get(id)).filter_map(|r| match &r.status {
        Status::Approved { plan, terms, .. } => Some((r.id, r.pkcs10.sha256, plan, *terms)),
        _ => None,
    });
    let approved: Vec<_> = approved.collect();
    let text = serde_json::to_vec(&approved).unwrap_or_default();
    let digest = crate::pki::sha256(&text).to_string().to_ascii_uppercase();
    format!("{}-{}", approved.len(), digest.get(..8).unwrap_or_default())
}

/// Signs approved requests; one that is named twice is signed once. Those that cannot be signed do not hold up the rest: they
/// go back under review with the reason, one that waited for too long expires, and one that is not approved is left out.
///
/// Errors: one is unknown, none of them is approved, a certifier is locked or has ended, not the person for it. Then nothing
/// is signed.
pub fn issue(state: &State, ids: &[RequestId], known: &ByRequest, env: &mut Env<'_>) -> Result<Change> {
    let mut by_certifier: BTreeMap<&str, Vec<Approved<'_>>> = BTreeMap::new();
    let mut change = Change::default();
    let mut left_out = Error::usage("No request was named.");
    for id in BTreeSet::from_iter(ids) {
        let request = super::request(state, *id)?;
        let Status::Approved { by, at, plan, terms } = &request.status else {
            left_out = Error::refused(format!("Request {id} was not signed."))
                .why(format!("It is {}, not approved.", request.word()))
                .next("Look at it and approve it first.")
                .command("request.approve");
            continue;
        };
        if request.may_expire(state, env.now) {
            let (id, by, days) = (*id, env.operator.to_owned(), request.days_to_expire(state));
            change.facts.push(Fact::RequestExpired { id, by, at: env.now, days });
            continue;
        }
        match super::approve::terms(state, plan) {
            Ok(now) if now == *terms => {
                let approval = Approval { by: by.clone(), at: *at };
                by_certifier.entry(plan.certifier.as_str()).or_default().push((request, plan, approval));
            }
            Ok(_) => change.facts.push(failed(*id, env, format!(
                "Profile {} or the policy of certifier {} was changed since the approval: what would be signed is not what was approved.",
                plan.profile, plan.certifier
            ))),
            Err(error) => change.facts.push(failed(*id, env, error.to_string())),
        }
    }
    if by_certifier.is_empty() && change.facts.is_empty() {
        return Err(left_out);
    }
    // Before the first signature, so that none is made in vain.
    for name in by_certifier.keys() {
        ready(super::issuing(state, name)?, env)?;
    }
    for (name, requests) in by_certifier {
        change.extend(issue_by(state, super::certifier(state, name)?, &requests, known, env)?);
    }
    Ok(change)
}

/// A request, what shall be issued for it, and who approved that.
type Approved<'a> = (&'a Request, &'a Plan, Approval);

fn failed(id: RequestId, env: &Env<'_>, reason: String) -> Fact {
    Fact::SigningFailed { id, by: env.operator.to_owned(), at: env.now, reason }
}

/// Refuses when a certifier cannot sign certificates now, or this person may not have it do so.
fn ready(certifier: &Certifier, env: &Env<'_>) -> Result<()> {
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
    env.signer.key(&certifier.name).map(|_| ())
}

fn issue_by(
    state: &State,
    certifier: &Certifier,
    requests: &[Approved<'_>],
    known: &ByRequest,
    env: &mut Env<'_>,
) -> Result<Change> {
    let authority = &certifier.certificate;
    let algorithm = signature_algorithm(&authority.key)?;
    let now = env.now;
    let wanted: Vec<_> = requests.iter().map(|approved| (approved, env.serial())).collect();
    let prepare = |(request, plan, _): &Approved<'_>, serial: &Serial| -> Result<Draft> {
        let nothing = KeyHistory::default();
        let known = known.get(&request.id).unwrap_or(&nothing);
        let (findings, draft) = judge(state, request, plan, known, serial.clone(), now)?;
        accept(request.id, &findings, &plan.reason)?;
        draft.ok_or_else(|| Error::internal(format!("There is nothing to sign for request {}.", request.id)))
    };
    let prepared = parallel::map(&wanted, |(approved, serial)| Ok(prepare(approved, serial)))?;
    let mut change = Change::default();
    let (mut requests, mut templates, mut work) = (Vec::new(), Vec::new(), Vec::new());
    for ((approved, _), prepared) in wanted.iter().zip(prepared) {
        match prepared {
            Ok(Draft { template, tbs, .. }) => {
                requests.push(*approved);
                work.push((Signing::Certificate(template.serial.clone()), tbs));
                templates.push(template);
            }
            Err(error) => change.facts.push(failed(approved.0.id, env, error.to_string())),
        }
    }
    if work.is_empty() {
        return Ok(change);
    }
    let signatures = env.signer.sign(&certifier.name, &work)?;
    if signatures.len() != work.len() {
        return Err(Error::internal("The signer returned another number of signatures than asked."));
    }
    let signed: Vec<_> = requests.iter().zip(&templates).zip(work.iter().zip(&signatures)).collect();
    let (operator, session) = (env.operator, env.session);
    let facts = parallel::map(&signed, |((approved, template), ((_, tbs), signature))| {
        let (request, plan, approval) = approved;
        let der = issue::assemble(tbs, &algorithm, signature);
        let certificate = issue::verify(&der, template, &authority.subject, &authority.key)?;
        let nothing = KeyHistory::default();
        let history = known.get(&request.id).unwrap_or(&nothing);
        let before = super::previous::replaced(&history.issued, certifier, &certificate, now);
        let before = before.filter(|_| !plan.beside);
        let issued = Issued {
            supersedes: before.map(|before| before.id),
            request: Some(request.id),
            approver: approval.by.clone(),
            partition: super::profile(state, &plan.profile)?.part(&certifier.policy, &certificate.serial),
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
    change.facts.extend(facts);
    Ok(change)
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
    wished: &Pkcs10,
    certifier: &Certifier,
    profile: &Profile,
    days: u32,
    serial: Serial,
    now: Timestamp,
) -> Result<Template> {
    let limits = (certifier.certificate.not_before, certifier.certificate.not_after);
    let validity = profile.validity(days, now, limits);
    issue::from_request(wished, profile, certifier, serial, validity)
}

/// Says what became of one of the requests that were to be signed together: whether it was signed, and the words.
pub fn became(facts: &[Fact], state: &State, id: RequestId) -> (bool, String) {
    match facts.iter().find(|fact| fact.of_request() == Some(id)) {
        Some(Fact::CertificateIssued { issued, .. }) => {
            let (certifier, subject, serial) = (&issued.certifier, &issued.subject, &issued.serial);
            let ends = issued.not_after.date();
            (true, format!("{certifier} signed {subject} with serial {serial}; it ends on {ends}."))
        }
        Some(Fact::SigningFailed { reason, .. }) => {
            (false, format!("Request {id} could not be signed and is under review again: {reason}"))
        }
        Some(Fact::RequestExpired { days, .. }) => (
            false,
            format!("Request {id} was not signed and is expired: it waited for more than {days} days."),
        ),
        _ => {
            let word = state.requests.get(&id).map_or("closed", |request| request.word());
            (false, format!("Request {id} was not signed: it is {word}."))
        }
    }
}
