//! How a certifier stands at a glance: queue, CRL and what is due, for the panel and for scripts. Changes nothing.

use super::Certifier;
use crate::model::State;
use crate::model::crl::{Due, Light};
use crate::model::request;
use crate::model::time::{Timestamp, age, days_left};

/// How many days before the end of its own certificate a certifier wants a look.
const SOON: i64 = 30;

/// How a certifier stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Requests that are approved and wait for its signature, and since when the oldest.
    pub queue: String,
    /// Its latest CRL, and when the next one is due.
    pub crl: String,
    /// Its own certificate.
    pub ends: String,
    /// What is due, the most urgent first; what stands well is left out.
    pub due: Vec<(Light, String)>,
    /// The most urgent of it.
    pub light: Light,
}

/// Says how a certifier stands. `targets` tells whether this machine publishes its CRLs.
pub fn of(state: &State, certifier: &Certifier, targets: bool, now: Timestamp) -> Overview {
    let approved = state.requests.values().filter_map(|r| match &r.status {
        request::Status::Approved { plan, at, .. } if plan.certifier == certifier.name => Some(*at),
        _ => None,
    });
    let approved: Vec<_> = approved.collect();
    let queue = match approved.iter().min() {
        None => "nothing waits for it".into(),
        Some(oldest) => format!("{} to sign, the oldest for {}", approved.len(), age(*oldest, now)),
    };
    let own = &certifier.certificate;
    let left = own.not_after.days_from(now);
    let ends = format!("{} ({})", own.not_after.date(), days_left(left));
    let (crl, mut due) = if certifier.status.has_key() {
        let due = Due::of(state, certifier, targets, now);
        (due.told(certifier.crl.as_ref(), now), due.lines)
    } else {
        ("the last one is signed".to_owned(), Vec::new())
    };
    if certifier.status.issues() {
        let early = own.not_before.date();
        due.extend(match () {
            () if now > own.not_after => Some((Light::Red, format!("Its certificate has ended: {ends}."))),
            () if now < own.not_before => {
                Some((Light::Red, format!("Its certificate is not valid before {early}.")))
            }
            () if left < SOON => Some((Light::Yellow, format!("Its certificate ends on {ends}."))),
            () => None,
        });
        due.extend(state.revoked_words(certifier).map(|text| (Light::Red, text)));
        due.sort_by_key(|(light, _)| std::cmp::Reverse(*light));
    }
    let light = due.first().map_or(Light::Green, |(light, _)| *light);
    Overview { queue, crl, ends, due, light }
}

/// Says what waits in the queue for a decision: how many, and since when the oldest.
pub fn undecided(state: &State, now: Timestamp) -> String {
    let open = state
        .requests
        .values()
        .filter(|r| r.status.is_open() && !matches!(r.status, request::Status::Approved { .. }));
    let received: Vec<_> = open.map(|r| r.received).collect();
    match received.iter().min() {
        None => "no request waits for a decision".into(),
        Some(oldest) if received.len() == 1 => {
            format!("1 request waits for a decision, for {}", age(*oldest, now))
        }
        Some(oldest) => {
            format!("{} requests wait for a decision, the oldest for {}", received.len(), age(*oldest, now))
        }
    }
}
