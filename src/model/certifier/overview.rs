//! How a certifier stands at a glance: queue, CRL and debts, for the panel and for scripts. Changes nothing.

use super::Certifier;
use crate::model::State;
use crate::model::request;
use crate::model::time::{DAY, Timestamp, age, days_left};

/// A traffic light, which is never told by colour alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Light {
    /// Nothing is due.
    Good,
    /// Something is due.
    Due,
    /// Something is overdue, or cannot go on.
    Overdue,
}

impl Light {
    /// Returns the word beside the colour.
    pub fn word(self) -> &'static str {
        match self {
            Self::Good => "ok",
            Self::Due => "due",
            Self::Overdue => "OVERDUE",
        }
    }
}

/// How a certifier stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overview {
    /// Requests that are approved and wait for its signature, and since when the oldest.
    pub queue: String,
    /// Its latest CRL.
    pub crl: String,
    /// What it owes; empty for nothing.
    pub debt: String,
    /// Its own certificate.
    pub ends: String,
    /// The worst of all.
    pub light: Light,
}

/// Says how a certifier stands.
pub fn of(state: &State, certifier: &Certifier, now: Timestamp) -> Overview {
    let approved = state.requests.values().filter_map(|r| match &r.status {
        request::Status::Approved { plan, at, .. } if plan.certifier == certifier.name => Some(*at),
        _ => None,
    });
    let approved: Vec<_> = approved.collect();
    let queue = match approved.iter().min() {
        None => "nothing waits for it".into(),
        Some(oldest) => format!("{} to sign, the oldest for {}", approved.len(), age(*oldest, now)),
    };
    let has_key = certifier.status.has_key();
    let (crl, crl_light) = match &certifier.crl {
        _ if !has_key => ("the last one is signed".to_owned(), Light::Good),
        None => ("none yet".into(), Light::Due),
        Some(crl) => {
            let left = crl.next_update.days_from(now);
            let whole = crl.next_update.0 - crl.this_update.0;
            let due = now.0 - crl.this_update.0 > (whole / 4 * 3).max(whole - 30 * DAY);
            let light = match () {
                () if now > crl.next_update => Light::Overdue,
                () if due => Light::Due,
                () => Light::Good,
            };
            (
                format!("number {}, next by {} ({})", crl.number, crl.next_update.date(), days_left(left)),
                light,
            )
        }
    };
    let debt = match state.owed.get(&certifier.name) {
        Some(debt) if has_key => format!("a CRL: {} revoked since the latest one", debt.count),
        _ => String::new(),
    };
    let own = &certifier.certificate;
    let ends = format!("{} ({})", own.not_after.date(), days_left(own.not_after.days_from(now)));
    let own_light = match () {
        () if !certifier.status.issues() => Light::Good,
        () if now > own.not_after || now < own.not_before => Light::Overdue,
        () if own.not_after.days_from(now) < 30 => Light::Due,
        () => Light::Good,
    };
    let debt_light = if debt.is_empty() { Light::Good } else { Light::Due };
    Overview { queue, crl, debt, ends, light: crl_light.max(own_light).max(debt_light) }
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
        Some(oldest) => {
            format!("{} wait for a decision, the oldest for {}", received.len(), age(*oldest, now))
        }
    }
}
