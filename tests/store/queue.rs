//! How much of the queue stays in memory.

use ringmaster::model::State;
use ringmaster::model::change::{Change, Fact};
use ringmaster::model::key::KeyType;
use ringmaster::model::request::{Received, Request, RequestId};
use ringmaster::pki::key::PrivateKey;
use ringmaster::pki::{name, request};

use super::{NOW, open};

#[test]
fn every_open_request_is_kept_and_of_closed_ones_the_latest() {
    let kept = State::CLOSED_KEPT as u64;
    let temp = tempfile::tempdir().unwrap();
    let mut store = open(temp.path());
    let key = PrivateKey::generate(KeyType::P256).unwrap();
    let der = request::build(&name::build(&[("CN", "a")]).unwrap(), &[], &key).unwrap();
    let asked = request::read(&der).unwrap();
    let received = (1..=kept + 20).map(|id| Fact::RequestReceived {
        request: Request::new(
            RequestId(id),
            asked.clone(),
            None,
            Received { at: NOW, ..Received::default() },
        ),
    });
    let withdrawn =
        |id| Fact::RequestWithdrawn { id: RequestId(id), by: "ann".into(), at: NOW, reason: "over".into() };
    let facts = received.chain((1..=kept + 10).filter(|id| *id != 3).map(withdrawn)).collect();
    let state = store.commit(store.state().generation, NOW, Change { facts, files: Vec::new() }).unwrap();
    // Nine of the closed ones are forgotten; number 3 is open, and so are the last ten.
    let ids = |state: &State| state.requests.keys().map(|id| id.0).collect::<Vec<_>>();
    assert_eq!(ids(&state), [3].into_iter().chain(11..=kept + 20).collect::<Vec<_>>());
    assert_eq!(open(temp.path()).state().requests, state.requests);

    // One that is closed later goes by its number as well.
    for (id, gone) in [(kept + 11, 11), (3, 3), (kept + 12, 12)] {
        let state = store.commit(store.state().generation, NOW, Change::of(withdrawn(id))).unwrap();
        assert!(!state.requests.contains_key(&RequestId(gone)), "{gone}");
        assert_eq!(open(temp.path()).state().requests, state.requests);
    }
    // The count begins anew with what is read again.
    let mut other = open(temp.path());
    other.commit(other.state().generation, NOW, Change::of(withdrawn(kept + 13))).unwrap();
    assert!(store.refresh(false).unwrap());
    let state = store.commit(store.state().generation, NOW, Change::of(withdrawn(kept + 14))).unwrap();
    assert_eq!(open(temp.path()).state().requests, state.requests);
}
