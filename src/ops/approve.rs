//! Approves a request, after showing exactly what will be issued.

use std::borrow::Cow;

use super::compromised::against;
use super::issue::{ByRequest, template};
use super::{Env, edit_plan, previous, roles};
use crate::model::State;
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::{BasicConstraints, Certificate, Extension, KeyUsage};
use crate::model::certifier::Certifier;
use crate::model::change::{Change, Fact};
use crate::model::compromised::KeyHistory;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::keyring::join;
use crate::model::profile::{Profile, Trust};
use crate::model::request::{Pkcs10, Plan, Request, RequestId, Status, extension_word};
use crate::model::time::Timestamp;
use crate::pki::chain::forbidden;
use crate::pki::issue::Template;
use crate::pki::{issue, key, lint, parallel};

/// What an approver looks at: what was asked beside what will be issued.
#[derive(Debug, Clone)]
pub struct Preview {
    /// (label, asked, issued) in the order of reading.
    pub rows: Vec<(&'static str, String, String)>,
    /// Lint of the request and of the certificate as it will be signed; errors first.
    pub findings: Vec<Finding>,
    /// The certificate exactly as it will be, but serial and signature; `None` when an error prevents it.
    pub certificate: Option<Certificate>,
}

/// Approves a pending request, or an approved one again with another plan. `known` is what the disk knows of
/// its key.
///
/// Errors: unknown, denied or issued already, approved by the same plan or by somebody else already (unless the terms have
/// changed since), no such certifier or profile, not the person for it, an error of the lint, a warning without a reason.
pub fn approve(
    state: &State,
    id: RequestId,
    plan: &Plan,
    known: &KeyHistory,
    env: &mut Env<'_>,
) -> Result<Change> {
    let request = super::request(state, id)?;
    if !request.status.is_open() {
        return Err(Error::refused(format!("Request {id} was not approved."))
            .why(format!("It is {} already.", request.status.word())));
    }
    let certifier = super::issuing(state, &plan.certifier)?;
    let relaxed = roles::approval(certifier, request, env.operator)?;
    edit_plan::as_proposed(request, plan)?;
    let preview = preview(state, id, plan, known, env.now)?;
    accept(id, &preview.findings, &plan.reason)?;
    let terms = terms(state, plan)?;
    let plan = Plan { reason: plan.reason.trim().to_owned(), ..plan.clone() };
    // Another console may have been faster: a second approval would hide the first.
    if let Status::Approved { by, at, plan: before, terms: seen, .. } = &request.status
        && terms_still(state, before, seen)
    {
        let same = Plan { reason: before.reason.clone(), ..plan.clone() } == *before;
        if same || by != env.operator {
            let other = if same { "the same" } else { "it with another plan" };
            return Err(Error::refused(format!("Request {id} was not approved again."))
                .why(format!("{} approved {other} on {}.", visible(by), at.text()))
                .next(if same {
                    "It can be signed."
                } else {
                    "Look at what was approved. To change it, edit it: it is approved anew then."
                })
                .command(if same { "request.issue" } else { "request.edit" }));
        }
    }
    Ok(Change::of(Fact::RequestApproved {
        id,
        by: env.operator.to_owned(),
        at: env.now,
        plan,
        terms,
        relaxed,
    }))
}

/// Tells whether the terms of an approval are still those that it was given for.
fn terms_still(state: &State, plan: &Plan, seen: &Digest) -> bool {
    terms(state, plan).is_ok_and(|now| now == *seen)
}

/// Digests everything beside the request that decides what is issued: the profile, and of the certifier its certificate
/// and the policy that goes into certificates. An approval is good for these terms only.
pub(super) fn terms(state: &State, plan: &Plan) -> Result<Digest> {
    terms_of(state, super::certifier(state, &plan.certifier)?, plan)
}

/// Digests the terms as they are when the certifier is this one.
pub(super) fn terms_of(state: &State, certifier: &Certifier, plan: &Plan) -> Result<Digest> {
    let profile = super::profile(state, &plan.profile)?;
    let addresses = profile.addresses(&certifier.policy, 0);
    let mut crl = [addresses.crl, addresses.delta].concat();
    if certifier.policy.crl_parts > 0 {
        crl.push(format!("{} parts", certifier.policy.crl_parts));
    }
    let policy = (crl, addresses.ocsp, addresses.issuer, certifier.certificate.sha256);
    let text = serde_json::to_vec(&(profile, policy));
    let text = text.map_err(|e| Error::internal(format!("A profile cannot be written: {e}.")))?;
    Ok(crate::pki::sha256(&text))
}

/// Refuses when findings hold an error, or a warning that no reason accepts.
pub(super) fn accept(id: RequestId, findings: &[Finding], reason: &str) -> Result<()> {
    let texts = |severity| {
        let of = findings.iter().filter(move |f| f.severity == severity);
        of.map(|f| f.text.as_str()).collect::<Vec<_>>().join(" ")
    };
    let errors = texts(Severity::Error);
    if !errors.is_empty() {
        return Err(Error::refused(format!("Request {id} cannot be approved as it stands."))
            .why(errors)
            .next("Deny it with that reason, and ask for a new request.")
            .command("request.deny"));
    }
    let warnings = texts(Severity::Warning);
    if !warnings.is_empty() && reason.trim().is_empty() {
        return Err(Error::refused(format!("Request {id} has warnings."))
            .why(warnings)
            .next("Give the reason why they are accepted; it is kept in the audit chain."));
    }
    Ok(())
}

/// Previews what approving a request with this plan would issue. `known` is what the disk knows of its key.
///
/// Errors: unknown request, certifier or profile. What would block the approval is a finding, not an error.
pub fn preview(
    state: &State,
    id: RequestId,
    plan: &Plan,
    known: &KeyHistory,
    now: Timestamp,
) -> Result<Preview> {
    preview_of(state, super::request(state, id)?, plan, known, now)
}

/// Previews what approving each of several requests would issue, in their order.
pub fn previews(
    state: &State,
    plans: &[(RequestId, Plan)],
    known: &ByRequest,
    now: Timestamp,
) -> Vec<(RequestId, Plan, Result<Preview>)> {
    let look = |(id, plan): &(RequestId, Plan)| {
        let nothing = KeyHistory::default();
        let known = known.get(id).unwrap_or(&nothing);
        Ok((*id, plan.clone(), preview(state, *id, plan, known, now)))
    };
    parallel::map(plans, look).unwrap_or_default()
}

/// Does what [`preview`] does, for a request that need not be in the queue.
pub(super) fn preview_of(
    state: &State,
    request: &Request,
    plan: &Plan,
    known: &KeyHistory,
    now: Timestamp,
) -> Result<Preview> {
    // A serial number as long as a real one, so that the preview has the same bytes but for its value.
    let serial = Serial(vec![0x40; 20]);
    let (findings, draft) = judge(state, request, plan, known, serial, now)?;
    let certificate = draft.map(|draft| draft.certificate);
    let mut rows = rows(request, certificate.as_ref(), plan);
    if let Some(certificate) = certificate.as_ref().filter(|_| request.status.is_open()) {
        let certifier = super::certifier(state, &plan.certifier)?;
        let takes = previous::renewal_of(known, certifier, plan, certificate, now);
        if !takes.is_empty() {
            rows.push(("Takes the place of", String::new(), takes));
        }
    }
    Ok(Preview { rows, findings, certificate })
}

/// What is ready to be signed for a request.
pub(super) struct Draft {
    /// What the certificate will contain.
    pub(super) template: Template,
    /// The bytes to be signed.
    pub(super) tbs: Vec<u8>,
    /// How they read, without a signature.
    certificate: Certificate,
}

/// Decides what is signed for a request with this serial number, and finds what there is to say of it, errors first. There is
/// nothing to sign when an error prevents it.
pub(super) fn judge(
    state: &State,
    request: &Request,
    plan: &Plan,
    known: &KeyHistory,
    serial: Serial,
    now: Timestamp,
) -> Result<(Vec<Finding>, Option<Draft>)> {
    let id = request.id;
    let certifier = super::certifier(state, &plan.certifier)?;
    let profile = super::profile(state, &plan.profile)?;
    let subject = Subject::Request(id);
    let mut findings = Vec::new();
    let wished = edit_plan::allowed(profile, plan).and_then(|()| edit_plan::wished(&request.pkcs10, plan));
    let wished = wished.unwrap_or_else(|error| {
        findings.push(Finding::new("edit", Severity::Error, subject.clone(), error.to_string()));
        Cow::Borrowed(&request.pkcs10)
    });
    findings.extend(lint::request(&wished, profile, subject.clone()));
    findings.extend(of_key(state, &wished, known, &subject));
    findings.extend(of_person(state, &wished, &subject));
    findings.extend(made_here(request, profile, &subject));
    if !plan.edits().is_empty() {
        let editors = request.proposal.iter().flat_map(|p| &p.editors).map(|by| visible(by));
        let who = editors.collect::<Vec<_>>().join(", ");
        let text = format!("Edited by {who}: the {} differ from what was asked.", plan.edits().join(" and "));
        findings.push(Finding::new("edited", Severity::Info, subject.clone(), text));
    }
    for other in state.requests.of_key(&request.pkcs10.key.sha256).filter(|r| r.id != id) {
        let (number, word) = (other.id, other.word());
        // An SPKAC that was closed before it got a name has asked for no other one.
        let unnamed = other.pkcs10.subject.rdns.is_empty() && other.pkcs10.alt_names.is_empty();
        if unnamed && other.status.is_turned_down() {
            continue;
        }
        if other.pkcs10.subject.der != request.pkcs10.subject.der {
            let text = format!("Request {number} asks with the same key for {}.", other.pkcs10.subject);
            let finding = Finding::new("key.shared", Severity::Warning, subject.clone(), text);
            findings.push(finding.remedy("Ask why two names have one key.", None));
            break;
        } else if other.status.is_open() {
            let text = format!("Request {number} ({word}) asks for the same subject with the same key.");
            findings.push(Finding::new("request.again", Severity::Info, subject.clone(), text));
        }
    }
    let mut draft = None;
    match template(&wished, certifier, profile, plan.days, serial, now) {
        Ok(template) => {
            let algorithm = key::signature_algorithm(&certifier.certificate.key)?;
            let tbs = issue::to_be_signed(&template, &certifier.certificate.subject, &algorithm)?;
            let certificate = issue::preview(&tbs, &algorithm)?;
            findings.extend(lint::certificate(&certificate, subject.clone()));
            findings.extend(lint::of_profile(&certificate, profile, subject.clone()));
            for why in forbidden(&certificate, &issuers(state, certifier)) {
                let finding = Finding::new(
                    "issuer.forbids",
                    Severity::Error,
                    subject.clone(),
                    format!("Not to be signed: {why}."),
                );
                findings.push(finding.remedy("Sign with another certifier, or ask for other names.", None));
            }
            // A request that is answered already would be compared with its own certificate.
            if let Some(before) = known.before.as_ref().filter(|_| request.status.is_open()) {
                findings.extend(previous::differs(before, &certificate, &subject));
            }
            let validity = &template.validity;
            if !validity.clamped.is_empty() {
                let text = format!("The validity was changed: {}.", validity.clamped);
                findings.push(Finding::new("validity.clamped", Severity::Info, subject.clone(), text));
            }
            if validity.days() < i64::from(profile.min_days) {
                let (days, least) = (validity.days(), profile.min_days);
                let text = format!("It would last {days} days; the profile wants {least} at least.");
                findings.push(Finding::new("validity.short", Severity::Error, subject, text));
            }
            draft = Some(Draft { template, tbs, certificate });
        }
        Err(error) => {
            findings.push(Finding::new("template", Severity::Error, subject, error.to_string()));
        }
    }
    findings.sort_by_key(|f| std::cmp::Reverse(f.severity));
    let mut seen = std::collections::BTreeSet::new();
    findings.retain(|f| seen.insert(f.text.clone()));
    Ok((findings, draft))
}

/// Finds what speaks against a key: it is reported or listed as compromised, or was certified before.
fn of_key(state: &State, wished: &Pkcs10, known: &KeyHistory, subject: &Subject) -> Vec<Finding> {
    let mut told = against(state, &wished.key, &known.listed, subject);
    let mut tell = |rule: &str, severity, text: String, remedy: &str| {
        told.push(Finding::new(rule, severity, subject.clone(), text).remedy(remedy, None));
    };
    let again = "Ask for a request with a new key.";
    let compromised =
        known.issued.iter().find(|i| i.revoked.as_ref().is_some_and(|r| r.reason.is_compromise()));
    if let Some(issued) = compromised {
        let text = format!("Serial {} with this key was revoked because others know the key.", issued.serial);
        tell("key.compromised", Severity::Error, text, again);
    } else if let Some(other) = known.issued.iter().find(|i| i.subject != wished.subject.text()) {
        let text = format!("Serial {} certifies this key for {}.", other.serial, other.subject);
        tell("key.shared", Severity::Warning, text, "Ask why two names have one key.");
    }
    told
}

/// Finds that a key belongs to a person who is called otherwise: servers take whoever holds it for that person.
fn of_person(state: &State, wished: &Pkcs10, subject: &Subject) -> Option<Finding> {
    let name = wished.subject.common_name()?;
    let person = state.people_of_key(&wished.key.sha256).find(|p| p.full_name != name)?;
    let (document, called) = (&person.name, visible(&person.full_name));
    let text = format!("The key belongs to person {document}, {called}, and not to {}.", visible(name));
    let finding = Finding::new("key.person", Severity::Warning, subject.clone(), text);
    Some(finding.remedy("Ask who holds the key; a certificate goes to that person.", None))
}

/// Finds a key that an authority would have made for a server itself, which public ones must not (CA/Browser Forum
/// 6.1.1.3).
fn made_here(request: &Request, profile: &Profile, subject: &Subject) -> Option<Finding> {
    let server = profile.extended.iter().any(|o| o == "1.3.6.1.5.5.7.3.1");
    let ring = request.keyring.as_ref().filter(|_| server && profile.trust == Trust::PublicLike)?;
    let text =
        format!("This console made the key of keyring {ring}; public authorities never make a server's key.");
    let finding = Finding::new("key.made-here", Severity::Warning, subject.clone(), text);
    Some(finding.remedy("Make the key on the server, or give the reason why it is made here.", None))
}

/// Lists the certificate of a certifier and of those above it that the workspace has, bottom up.
pub(super) fn issuers<'a>(state: &'a State, certifier: &'a Certifier) -> Vec<&'a Certificate> {
    let mut all = vec![&certifier.certificate];
    while let Some(last) = all.last().filter(|c| !c.is_self_issued() && all.len() < 10) {
        let above =
            |c: &&Certificate| c.subject.der == last.issuer.der && (last.aki.is_none() || c.ski == last.aki);
        match state.certifiers.values().map(|c| &c.certificate).chain(&certifier.chain).find(above) {
            Some(above) => all.push(above),
            None => break,
        }
    }
    all
}

/// Extensions that have a row of their own, or say nothing to a reader.
const SHOWN: [&str; 7] =
    ["2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.19", "2.5.29.31", "2.5.29.35", "2.5.29.37"];

fn authority(certificate: &Certificate) -> String {
    match certificate.basic {
        Some(BasicConstraints { ca: true, path_length: Some(n) }) => format!("yes, path length {n}"),
        Some(BasicConstraints { ca: true, path_length: None }) => "yes".into(),
        _ => "no".into(),
    }
}

fn rows(request: &Request, issued: Option<&Certificate>, plan: &Plan) -> Vec<(&'static str, String, String)> {
    let asked = &request.pkcs10;
    let of = |get: &dyn Fn(&Certificate) -> String| issued.map_or_else(String::new, get);
    let wish = |oid: &str| {
        let found = asked.extensions.iter().find(|e| e.oid == oid);
        found.map_or_else(String::new, |e| format!("asked ({} bytes)", e.value.0.len()))
    };
    let others = |all: &[Extension]| {
        join(all.iter().filter(|e| !SHOWN.contains(&e.oid.as_str())).map(|e| extension_word(&e.oid)))
    };
    vec![
        ("Subject", asked.subject.text(), of(&|c| c.subject.text())),
        ("Names", join(asked.alt_names.iter()), of(&|c| join(c.alt_names.iter()))),
        ("Key", asked.key.algorithm.clone(), of(&|c| c.key.algorithm.clone())),
        ("Key fingerprint", asked.key.sha256.short(), of(&|c| c.key.sha256.short())),
        ("Valid from", String::new(), of(&|c| c.not_before.text())),
        ("Valid until", format!("{} days", plan.days), of(&|c| c.not_after.text())),
        ("Key usage", wish("2.5.29.15"), of(&|c| c.key_usage.map_or_else(String::new, KeyUsage::words))),
        ("Extended key usage", wish("2.5.29.37"), of(&Certificate::extended_words)),
        ("Authority", wish("2.5.29.19"), of(&authority)),
        ("Other extensions", others(&asked.extensions), of(&|c| others(&c.extensions))),
        ("CRL address", String::new(), of(&|c| c.crl_urls.join("\n"))),
        ("OCSP address", String::new(), of(&|c| c.ocsp_urls.join("\n"))),
        ("Issuer", String::new(), of(&|c| c.issuer.text())),
    ]
}
