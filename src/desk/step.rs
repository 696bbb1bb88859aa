//! What a verb is about to do with the key of a certifier, in words that a witness reads before it is done. Decides nothing.

use super::Verb;
use crate::model::State;
use crate::model::certifier::{Certifier, Policy};
use crate::model::crl::CrlKind;
use crate::model::field::{Look, differences};
use crate::model::request::{RequestId, Status};
use crate::model::time::Timestamp;
use crate::ops::issue::seal;

impl Verb {
    /// Says what the verb does with the keys that it needs, so that no two different steps read the same; empty when it needs none.
    pub fn step(&self, state: &State) -> String {
        match self {
            Self::Issue { ids } => {
                let each: Vec<String> = ids.iter().filter_map(|id| certificate(state, *id)).collect();
                match each.as_slice() {
                    [one] => format!("Sign the certificate for {one}."),
                    several if several.len() <= 3 => {
                        format!("Sign {} certificates: for {}.", several.len(), several.join("; for "))
                    }
                    // More than a person reads at once was reviewed as a batch, which its seal names.
                    many => format!(
                        "Sign {} certificates, the batch with the seal {}.",
                        many.len(),
                        seal(state, ids)
                    ),
                }
            }
            Self::IssueCrl { certifier, kind } => {
                let latest = state.certifiers.get(certifier).and_then(|c| c.crl.as_ref());
                let owed = state.owed.get(certifier).map_or(0, |debt| debt.count);
                let which = if *kind == CrlKind::Delta { "delta CRL" } else { "CRL" };
                let after = latest.map_or_else(String::new, |crl| format!(" after number {}", crl.number));
                let s = if owed == 1 { "" } else { "s" };
                format!("Sign the {which} of {certifier}{after}, with {owed} change{s} that it is owed.")
            }
            Self::Amend { certifier, amendment, .. } => policy(state, certifier, &amendment.policy),
            Self::Confirm { certifier, proposal } => policy(state, certifier, &proposal.policy),
            Self::CompleteCertifier { name, .. } => {
                format!("Begin certifier {name} with the certificate that came back.")
            }
            Self::DestroyKey { name, why } => {
                format!("Sign the final CRL of {name} and destroy its key for good ({why}).")
            }
            Self::RequestCertifier { name } => {
                let ends = state.certifiers.get(name).map(ends).unwrap_or_default();
                format!("Sign a request to renew certifier {name}{ends}.")
            }
            Self::RenewCertifier { name, years } => {
                let ends = state.certifiers.get(name).map(ends).unwrap_or_default();
                format!("Sign the next certificate of certifier {name}, for {years} years{ends}.")
            }
            Self::RollOver { name, asked } => {
                format!("Give {name} the successor {} with a new key.", asked.name)
            }
            Self::CreateCertifier(asked) => {
                format!("Sign the certificate of the new certifier {} ({}).", asked.name, asked.common_name)
            }
            _ => String::new(),
        }
    }
}

fn ends(certifier: &Certifier) -> String {
    format!(", whose present one ends on {}", certifier.certificate.not_after.date())
}

fn certificate(state: &State, id: RequestId) -> Option<String> {
    let request = state.requests.get(&id)?;
    let Status::Approved { plan, .. } = &request.status else { return None };
    let (subject, key) = (plan.subject_text(&request.pkcs10.subject), request.pkcs10.key.sha256.short());
    let (by, days, profile) = (&plan.certifier, plan.days, &plan.profile);
    Some(format!("request {id}, {subject}, key {key}, {days} days, profile {profile}, by {by}"))
}

fn policy(state: &State, name: &str, next: &Policy) -> String {
    let Some(certifier) = state.certifiers.get(name) else { return String::new() };
    let look = Look { state, now: Timestamp::default(), soon: 0, zone: None };
    let none = |text: String| if text.is_empty() { "none".to_owned() } else { text };
    let changed = differences(&certifier.policy, next, &look).into_iter();
    let changed = changed.map(|(label, was, now)| format!("{label}: {}, was {}", none(now), none(was)));
    let version = certifier.policy.version + 1;
    format!("Sign version {version} of the policy of {name}: {}.", changed.collect::<Vec<_>>().join("; "))
}
