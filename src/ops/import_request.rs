//! Puts requests made elsewhere into the queue: those that are fit, in one commit.

use std::collections::{BTreeMap, BTreeSet};

use super::Env;
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;
use crate::model::request::{Delivery, Pkcs10, Proof, Received, Request, RequestId, Status};
use crate::pki::spkac;

/// The most requests that are taken at once.
pub const MOST: usize = 10_000;

/// Requests of the ledger by the SHA-256 of their bytes, the latest first: the state forgets those that were closed long ago.
pub type Known = BTreeMap<Digest, Vec<Request>>;

/// Receives what was delivered, all or nothing.
///
/// Errors: nothing in it, more than [`MOST`], and for the first one that [`sort_out`] refuses what is the matter with it.
pub fn import_requests(
    state: &State,
    delivery: &Delivery,
    known: &Known,
    env: &mut Env<'_>,
) -> Result<Change> {
    let requests = &delivery.requests;
    if requests.is_empty() {
        return Err(Error::refused("There is no certificate request in it.")
            .next("Bring a PKCS#10 request, such as \"openssl req -new\" writes, as PEM or DER."));
    }
    not_too_many(requests.len(), "requests")?;
    if let Some(error) = sort_out(delivery, known).into_iter().flatten().next() {
        return Err(error);
    }
    let rings: BTreeMap<Digest, &String> = state
        .keyrings
        .values()
        .flat_map(|ring| ring.key.iter().chain(&ring.next_key).map(|key| (key.sha256, &ring.name)))
        .collect();
    let mut change = Change::default();
    for (number, incoming) in (state.next_request.max(1)..).zip(requests) {
        let received = Received {
            source: incoming.source.clone(),
            by: env.operator.to_owned(),
            at: env.now,
            contact: delivery.note.contact.clone(),
            comment: delivery.note.comment.clone(),
            pickup: env.pickup(),
        };
        let keyring = rings.get(&incoming.pkcs10.key.sha256).map(|name| (*name).clone());
        let request = Request::new(RequestId(number), incoming.pkcs10.clone(), keyring, received);
        change.facts.push(Fact::RequestReceived { request });
    }
    Ok(change)
}

/// Says of each request of a delivery, in their order, why it is not accepted: an altered one, one that came before, the
/// same twice.
pub fn sort_out(delivery: &Delivery, known: &Known) -> Vec<Option<Error>> {
    let mut seen = BTreeSet::new();
    let of = |pkcs10: &Pkcs10| {
        unfit(pkcs10, known).or_else(|| {
            let again = !seen.insert(pkcs10.sha256);
            again.then(|| {
                let subject = pkcs10.subject.text();
                Error::refused(format!("The same request for {subject} stands in it twice."))
                    .next("Remove one of the two.")
            })
        })
    };
    delivery.requests.iter().map(|incoming| &incoming.pkcs10).map(of).collect()
}

/// Refuses more than can be looked through by a person, before they are read.
pub fn not_too_many(count: usize, noun: &str) -> Result<()> {
    if count <= MOST {
        return Ok(());
    }
    Err(Error::refused(format!("There are {count} {noun}."))
        .why(format!("At most {MOST} are taken at once."))
        .next("Bring them in parts."))
}

fn unfit(pkcs10: &Pkcs10, known: &Known) -> Option<Error> {
    let subject = pkcs10.subject.text();
    if pkcs10.proof == Proof::Bad {
        return Some(Error::refused(format!("The request for {subject} was not accepted."))
            .why("Its signature does not fit its key and content: it was altered, or its maker does not hold the key.")
            .next("Ask for a new request, and compare its fingerprint by telephone."));
    }
    let known = came_before(pkcs10, known.get(&pkcs10.sha256)?)?;
    let (id, word) = (known.id, known.word());
    // Only an SPKAC may come again under another name: it holds none itself.
    let unnamed = spkac::came_as(pkcs10);
    let refused = |what: String| Error::refused(what).command("request.open").on(Subject::Request(id));
    Some(match &known.status {
        Status::Denied { at, reason, .. } => refused(format!("The request for {subject} was denied before."))
            .why(format!("It is request {id}, denied on {}: {reason}", at.date()))
            .next(match unnamed {
                true => "Give it another name with --subject, or ask for a new request that sets right what was wrong.",
                false => "Ask for a new request that sets right what was wrong.",
            }),
        Status::Issued { at, certifier, serial, .. } => {
            refused(format!("The request for {subject} was answered before."))
                .why(format!(
                    "It is request {id}, {word}: {certifier} signed serial {serial} on {}.",
                    at.date()
                ))
                .next("Pick that certificate up, or ask for a new request.")
        }
        status if status.is_open() => {
            refused(format!("The request for {subject} stands in the queue already."))
                .why(format!("It is request {id}, {word}."))
                .next(match unnamed {
                    true => format!("Give that one its name: ringmaster request edit {id} --subject NAME --names NAMES"),
                    false => "Work with that one, or ask for a new request.".into(),
                })
        }
        _ => refused(format!("The request for {subject} came before."))
            .why(format!("It is request {id}, {word}."))
            .next(match unnamed {
                true => "Give it another name with --subject, or ask for a new request.",
                false => "Ask for a new request.",
            }),
    })
}

/// Finds what stands against the same bytes once more: one that is open or was answered; or one that was closed, and asked
/// for the same names.
fn came_before<'a>(pkcs10: &Pkcs10, known: &'a [Request]) -> Option<&'a Request> {
    let stands = |r: &&Request| r.status.is_open() || matches!(r.status, Status::Issued { .. });
    let asked =
        |r: &&Request| r.pkcs10.subject.der == pkcs10.subject.der && r.pkcs10.alt_names == pkcs10.alt_names;
    known.iter().find(stands).or_else(|| known.iter().find(asked))
}
