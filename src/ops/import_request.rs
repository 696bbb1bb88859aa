//! Puts requests made elsewhere into the queue.

use super::Env;
use crate::model::State;
use crate::model::change::{Change, Fact};
use crate::model::error::{Error, Result};
use crate::model::finding::Subject;
use crate::model::request::{Pkcs10, Proof, Received, Request, RequestId};

/// Receives requests. `known` are requests of the ledger that are the same, byte for byte: the state forgets those that
/// were closed long ago.
///
/// Errors: none given, a bad proof of possession, one that came before.
pub fn import_requests(
    state: &State,
    requests: &[Pkcs10],
    source: &str,
    known: &[Request],
    env: &mut Env<'_>,
) -> Result<Change> {
    if requests.is_empty() {
        return Err(Error::refused("There is no certificate request in it.")
            .next("Bring a PKCS#10 request, such as \"openssl req -new\" writes, as PEM or DER."));
    }
    let mut change = Change::default();
    for (number, pkcs10) in (state.next_request.max(1)..).zip(requests) {
        refuse_unfit(known, pkcs10)?;
        let again = change.facts.iter().any(
            |f| matches!(f, Fact::RequestReceived { request } if request.pkcs10.sha256 == pkcs10.sha256),
        );
        if again {
            return Err(Error::refused("The same request stands in it twice.").next("Remove one of the two."));
        }
        let keyring = state.keyring_of_key(&pkcs10.key.sha256);
        let received = Received {
            source: source.to_owned(),
            by: env.operator.to_owned(),
            at: env.now,
            pickup: env.pickup(),
            ..Received::default()
        };
        let keyring = keyring.map(|r| r.name.clone());
        let request = Request::new(RequestId(number), pkcs10.clone(), keyring, received);
        change.facts.push(Fact::RequestReceived { request });
    }
    Ok(change)
}

fn refuse_unfit(known: &[Request], pkcs10: &Pkcs10) -> Result<()> {
    let subject = pkcs10.subject.text();
    if pkcs10.proof == Proof::Bad {
        return Err(Error::refused(format!("The request for {subject} was not accepted."))
            .why("Its signature does not fit its key and content: it was altered, or its maker does not hold the key.")
            .next("Ask for a new request, and compare its fingerprint by telephone."));
    }
    if let Some(known) = known.iter().find(|r| r.pkcs10.sha256 == pkcs10.sha256) {
        return Err(Error::refused(format!("The request for {subject} stands in the queue already."))
            .why(format!("It is request {}, {}.", known.id, known.status.word()))
            .next("Work with that one, or ask for a new request.")
            .command("request.open")
            .on(Subject::Request(known.id)));
    }
    Ok(())
}
