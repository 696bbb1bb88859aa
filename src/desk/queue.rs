//! What the desk looks up for the queue: requests by number or pick-up ID, what came before, certificates to hand out.

use std::collections::BTreeMap;

use super::{Desk, Preview};
use crate::model::certificate::Certificate;
use crate::model::compromised::KeyHistory;
use crate::model::error::{Error, Result};
use crate::model::keyring::Keyring;
use crate::model::request::{Delivery, Plan, Request, RequestId, Status, pickup};
use crate::ops::import_request::{Known, sort_out};
use crate::ops::{approve, pick_up};

/// What is to be said of one request of a delivery, before it is received.
#[derive(Debug, Clone, Default)]
pub struct Sorted {
    /// Why it is not accepted.
    pub refused: Option<Error>,
    /// What an approver will be told of its key.
    pub note: String,
}

/// What would be issued for a request, or why that is not known.
pub type Looked = (RequestId, Plan, Result<Preview>);

impl Desk {
    /// Finds the requests of the ledger that are those of a delivery, byte for byte.
    pub(super) fn known(&mut self, delivery: &Delivery) -> Result<Known> {
        let ledger = self.store.ledger();
        let mut known = Known::new();
        for incoming in &delivery.requests {
            let sha256 = incoming.pkcs10.sha256;
            let requests = ledger.requests_by_sha256(&sha256)?;
            if !requests.is_empty() {
                known.insert(sha256, requests);
            }
        }
        Ok(known)
    }

    /// Finds the newest certificate in the issued list for a key of a ring, which is not revoked.
    ///
    /// Errors: there is none.
    pub fn issued_for(&mut self, ring: &Keyring) -> Result<Certificate> {
        let nothing = || {
            Error::refused(format!("No certificate was issued here for the key of keyring {}.", ring.name))
                .next("Approve and issue its request, or install a certificate from a file.")
        };
        let ledger = self.store.ledger();
        // The key that waits comes first: its certificate is the one to install.
        let mut rows = Vec::new();
        for key in ring.next_key.iter().chain(&ring.key) {
            rows = ledger.issued_by_key(&key.sha256)?;
            rows.retain(|row| row.revoked.is_none());
            if !rows.is_empty() {
                break;
            }
        }
        let newest = rows.into_iter().max_by_key(|r| (r.at, r.id));
        let (_, der) = ledger.issued_by_sha256(&newest.ok_or_else(nothing)?.sha256)?.ok_or_else(nothing)?;
        crate::pki::certificate::read(&der.0)
    }

    /// Says of each request of a delivery whether it is accepted, and whether its key was certified for somebody else.
    pub fn sort_out(&mut self, delivery: &Delivery) -> Result<Vec<Sorted>> {
        let known = self.known(delivery)?;
        let refusals = sort_out(delivery, &known);
        let ledger = self.store.ledger();
        let mut sorted = Vec::with_capacity(refusals.len());
        for (incoming, refused) in delivery.requests.iter().zip(refusals) {
            let (key, subject) = (&incoming.pkcs10.key.sha256, incoming.pkcs10.subject.text());
            let earlier = if refused.is_none() { ledger.issued_by_key(key)? } else { Vec::new() };
            let other = earlier.iter().find(|issued| issued.subject != subject);
            let note = other.map_or_else(String::new, |other| {
                format!("Its key was certified for {} before (serial {}).", other.subject, other.serial)
            });
            sorted.push(Sorted { refused, note });
        }
        Ok(sorted)
    }

    /// Finds a request by its number, also one that was closed long ago.
    pub fn request(&mut self, id: RequestId) -> Result<Request> {
        let known = match self.state().requests.get(&id) {
            Some(request) => Some(request.clone()),
            None => self.ledger().request(id)?,
        };
        known.ok_or_else(|| Error::not_found("request", &id.to_string()))
    }

    /// Finds a request by what a person typed: its number, or its pick-up ID.
    ///
    /// Errors: mistyped, unknown.
    pub fn find_request(&mut self, typed: &str) -> Result<Request> {
        let typed = typed.trim();
        if let Ok(number) = typed.parse() {
            return self.request(RequestId(number));
        }
        let id = pickup::read(typed).map_err(|why| {
            Error::usage(format!("\"{typed}\" finds no request.")).why(format!("Neither a number nor {why}."))
        })?;
        let here = self.state().requests.values().find(|r| r.pickup == id).cloned();
        match here {
            Some(request) => Ok(request),
            None => self.ledger().request_by_pickup(&id)?.ok_or_else(|| {
                Error::not_found("request with the pick-up ID", &id)
                    .next("Its check letter fits: ask whoever gave it whether it is of this workspace.")
            }),
        }
    }

    /// Returns the certificate that was issued for a request, and what belongs above it; the root only when it is wanted.
    ///
    /// Errors: none was issued, and why.
    pub fn answer(&mut self, request: &Request, root: bool) -> Result<Vec<Certificate>> {
        pick_up::issued(request)?;
        let Status::Issued { sha256, .. } = &request.status else { return Ok(Vec::new()) };
        let (_, der) = self.ledger().issued_by_sha256(sha256)?.ok_or_else(|| {
            Error::damaged(format!("The certificate of request {} is not in the ledger.", request.id))
        })?;
        let leaf = crate::pki::certificate::read(&der.0)?;
        let state = self.state();
        let above: Vec<_> = pick_up::chain(&state, &leaf, root).into_iter().cloned().collect();
        Ok(std::iter::once(leaf).chain(above).collect())
    }

    /// Previews what approving each of several requests would issue.
    pub fn previews(&mut self, plans: &[(RequestId, Plan)]) -> Result<Vec<Looked>> {
        let (state, now) = (self.store.state(), self.present());
        let mut known = BTreeMap::new();
        for (id, plan) in plans {
            if let Some(request) = state.requests.get(id) {
                let issued = self.store.ledger().issued_by_key(&request.pkcs10.key.sha256)?;
                let listed = self.store.lists().holding(&request.pkcs10.key, &state)?;
                let before = self.before(&request.pkcs10, plan)?;
                known.insert(*id, KeyHistory { issued, listed, before });
            }
        }
        Ok(approve::previews(&state, plans, &known, now))
    }
}
