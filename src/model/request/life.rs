//! The life of a request in the queue: which facts are about it, what each makes of it, who acts next, and for how long it
//! has waited. Decides nothing about who may act.

use super::{Actor, Contact, PickedUp, Plan, Proposal, Request, RequestId, Status};
use crate::model::State;
use crate::model::change::Fact;
use crate::model::issued::{Approval, Issued};
use crate::model::time::{Timestamp, age};

impl Fact {
    /// Returns the request that a fact is about, after its receipt.
    pub fn of_request(&self) -> Option<RequestId> {
        match self {
            Self::RequestNoted { id, .. }
            | Self::PlanEdited { id, .. }
            | Self::RequestApproved { id, .. }
            | Self::RequestDenied { id, .. }
            | Self::RequestWithdrawn { id, .. }
            | Self::RequestExpired { id, .. }
            | Self::SigningFailed { id, .. }
            | Self::CertificatePickedUp { id, .. } => Some(*id),
            Self::CertificateIssued { issued, .. } => issued.request,
            _ => None,
        }
    }

    /// Tells whether somebody still has to act on the request that this fact decides on; `None` for one that decides nothing.
    pub fn leaves_open(&self) -> Option<bool> {
        match self {
            Self::PlanEdited { .. } | Self::RequestApproved { .. } | Self::SigningFailed { .. } => Some(true),
            Self::RequestDenied { .. } | Self::RequestWithdrawn { .. } | Self::RequestExpired { .. } => {
                Some(false)
            }
            Self::CertificateIssued { .. } => Some(false),
            _ => None,
        }
    }
}

impl Request {
    /// Makes a fact about this request true of it.
    pub fn apply(&mut self, fact: &Fact) {
        match fact {
            Fact::RequestNoted { contact, comment, .. } => {
                (self.contact, self.comment) = (contact.clone(), comment.clone());
            }
            Fact::PlanEdited { by, at, plan, .. } => {
                let mut editors = self.proposal.take().map_or_else(Vec::new, |p| p.editors);
                if !editors.contains(by) {
                    editors.push(by.clone());
                }
                self.proposal = Some(Proposal { plan: plan.clone(), editors });
                self.status = Status::UnderReview { by: by.clone(), at: *at, failure: String::new() };
            }
            Fact::RequestApproved { by, at, plan, terms, .. } => {
                self.approvals.push(Approval { by: by.clone(), at: *at });
                let (by, plan) = (by.clone(), plan.clone());
                self.status = Status::Approved { by, at: *at, plan, terms: *terms };
            }
            Fact::RequestDenied { by, at, reason, .. } => {
                self.status = Status::Denied { by: by.clone(), at: *at, reason: reason.clone() };
            }
            Fact::RequestWithdrawn { by, at, reason, .. } => {
                self.status = Status::Withdrawn { by: by.clone(), at: *at, reason: reason.clone() };
            }
            Fact::RequestExpired { by, at, days, .. } => {
                self.status = Status::Expired { by: by.clone(), at: *at, days: *days };
            }
            Fact::SigningFailed { by, at, reason, .. } => {
                self.status = Status::UnderReview { by: by.clone(), at: *at, failure: reason.clone() };
            }
            Fact::CertificateIssued { issued, .. } => {
                let Issued { by, at, certifier, serial, sha256, .. } = issued.clone();
                self.status = Status::Issued { by, at, certifier, serial, sha256 };
            }
            Fact::CertificatePickedUp { by, at, to, .. } => {
                self.picked_up = Some(PickedUp { by: by.clone(), at: *at, to: to.clone() });
            }
            _ => {}
        }
    }

    /// Returns the word for where it stands, as lists show it.
    pub fn word(&self) -> &'static str {
        match &self.status {
            Status::Issued { .. } if self.picked_up.is_some() => "picked up",
            status => status.word(),
        }
    }

    /// Returns what shall be issued: as it was approved, or as somebody has edited it.
    pub fn plan(&self) -> Option<&Plan> {
        match &self.status {
            Status::Approved { plan, .. } => Some(plan),
            _ => self.proposal.as_ref().map(|p| &p.plan),
        }
    }

    /// Returns the certifier that it waits for, where one was chosen.
    pub fn certifier(&self) -> Option<&str> {
        match &self.status {
            Status::Issued { certifier, .. } => Some(certifier),
            _ => self.plan().map(|p| p.certifier.as_str()).filter(|name| !name.is_empty()),
        }
    }

    /// Returns since when it stands where it stands.
    pub fn since(&self) -> Timestamp {
        match (&self.status, &self.picked_up) {
            (_, Some(picked_up)) => picked_up.at,
            (Status::Pending, _) => self.received,
            (
                Status::UnderReview { at, .. }
                | Status::Approved { at, .. }
                | Status::Denied { at, .. }
                | Status::Withdrawn { at, .. }
                | Status::Expired { at, .. }
                | Status::Issued { at, .. },
                _,
            ) => *at,
        }
    }

    /// Says how long it has waited for whoever acts next: `3 days`.
    pub fn waits(&self, now: Timestamp) -> String {
        age(self.since(), now)
    }

    /// Says who acts next.
    pub fn next(&self, state: &State) -> Actor {
        match &self.status {
            Status::Pending | Status::UnderReview { .. } => Actor::Authority,
            Status::Approved { plan, .. } => Actor::Certifier(plan.certifier.clone()),
            Status::Issued { sha256, .. } if self.picked_up.is_none() => {
                match self.keyring.as_ref().and_then(|name| state.keyrings.get(name)) {
                    Some(ring) if ring.entry(sha256).is_some() => Actor::Nobody,
                    Some(ring) => Actor::Keyring(ring.name.clone()),
                    None => Actor::Requester,
                }
            }
            _ => Actor::Nobody,
        }
    }
}

impl Actor {
    /// Names who it is, for a list.
    pub fn word(&self) -> &str {
        match self {
            Self::Authority => "RA",
            Self::Certifier(name) | Self::Keyring(name) => name,
            Self::Requester => "requester",
            Self::Nobody => "",
        }
    }

    /// Says who it is and what there is to do.
    pub fn text(&self) -> String {
        match self {
            Self::Authority => "a registration authority: approves or denies it".into(),
            Self::Certifier(name) => format!("certifier {name}: signs it"),
            Self::Keyring(name) => format!("keyring {name}: installs the certificate"),
            Self::Requester => "the requester: picks the certificate up".into(),
            Self::Nobody => "nobody: it is done".into(),
        }
    }
}

impl Contact {
    /// Tells whether nothing is known of whom to ask.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
