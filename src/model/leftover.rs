//! What an abandoned attempt has left in a workspace, and the way to clean each of it up. Cleans nothing.

use super::State;
use super::keyring::Keyring;
use super::request::{Request, RequestId};
use super::time::Timestamp;
use super::unread::{Sort, Unread};

/// After how many days a request without an answer counts as abandoned.
pub const PATIENCE: i64 = 30;

/// The way to clean a leftover up.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Moves this keyring to the history.
    DeleteKeyring(String),
    /// Drops the key that waits in this keyring.
    DropNextKey(String),
    /// Denies this request as abandoned.
    Deny(RequestId),
    /// Moves this file to the history.
    PutAway(String),
}

/// Something half-finished that nobody will finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// What it is, in a sentence.
    pub what: String,
    /// Since when, where the workspace knows.
    pub since: Option<Timestamp>,
    /// What cleaning it up does, in a sentence.
    pub consequence: String,
    /// How it is cleaned up.
    pub way: Way,
}

impl Way {
    /// Names what is cleaned up in one word, as the command line takes it: `keyring:mail`, `request:5`.
    pub fn word(&self) -> String {
        match self {
            Self::DeleteKeyring(name) => format!("keyring:{name}"),
            Self::DropNextKey(name) => format!("waiting-key:{name}"),
            Self::Deny(id) => format!("request:{id}"),
            Self::PutAway(path) => format!("file:{path}"),
        }
    }
}

/// Lists what is half-finished and abandoned: keyrings whose request was denied or is without an answer for
/// [`PATIENCE`] days, waiting keys without a request, requests whose key is gone, and files that nothing can use.
pub fn leftovers(state: &State, now: Timestamp) -> Vec<Leftover> {
    let mut found: Vec<_> = state.keyrings.values().filter_map(|ring| of_ring(state, ring, now)).collect();
    found.extend(state.keyrings.values().filter_map(|ring| waiting_key(state, ring)));
    found.extend(state.requests.values().filter_map(|request| of_request(state, request)));
    found.extend(state.unreadable.iter().filter_map(|unread| of_file(state, unread)));
    found
}

/// Finds a ring that has a key and no certificate, and none is on its way.
fn of_ring(state: &State, ring: &Keyring, now: Timestamp) -> Option<Leftover> {
    if ring.key.is_none() || ring.leaf().is_some() {
        return None;
    }
    let name = &ring.name;
    let (why, since) = match state.request_of_keyring(ring) {
        None => ("no request of it is in the queue".into(), None),
        Some(request) if request.status.is_turned_down() => {
            (format!("its request {} was {}", request.id, request.status.word()), Some(request.since()))
        }
        Some(Request { id, status, received, .. })
            if status.is_undecided() && received.days_from(now) <= -PATIENCE =>
        {
            (format!("nobody has answered its request {id}"), Some(*received))
        }
        Some(_) => return None,
    };
    Some(Leftover {
        what: format!("Keyring {name} has a key and no certificate: {why}."),
        since,
        consequence: format!(
            "Keyring {name} and its stash go to the history, from where they can be brought back."
        ),
        way: Way::DeleteKeyring(name.clone()),
    })
}

/// Finds a key that waits for a certificate which will not come.
fn waiting_key(state: &State, ring: &Keyring) -> Option<Leftover> {
    let next = ring.next_key.as_ref()?;
    let name = &ring.name;
    let request = state.requests.of_key(&next.sha256).next_back();
    let (why, since) = match request {
        None => ("no request for it is in the queue".into(), None),
        Some(request) if request.status.is_turned_down() => {
            (format!("its request {} was {}", request.id, request.status.word()), Some(request.since()))
        }
        Some(_) => return None,
    };
    Some(Leftover {
        what: format!("A new key waits in keyring {name}: {why}."),
        since,
        consequence: format!(
            "The waiting key is dropped from {name}; the ring as it is now goes to the history."
        ),
        way: Way::DropNextKey(name.clone()),
    })
}

/// Finds a request that is open, was made by a ring, and whose key no ring holds any more.
fn of_request(state: &State, request: &Request) -> Option<Leftover> {
    let ring = request.keyring.as_ref().filter(|_| request.status.is_open())?;
    if state.keyring_of_key(&request.pkcs10.key.sha256).is_some() {
        return None;
    }
    // The key may be in a file that only has to be made readable.
    if state.unread(&format!("keyrings/{ring}.kyr")).is_some() {
        return None;
    }
    let id = request.id;
    let gone = if state.keyrings.contains_key(ring) {
        format!("keyring {ring} has another key now")
    } else {
        format!("keyring {ring} is gone")
    };
    Some(Leftover {
        what: format!("Request {id} is {} and its key is in no keyring: {gone}.", request.status.word()),
        since: Some(request.received),
        consequence: format!("Request {id} is denied as abandoned."),
        way: Way::Deny(id),
    })
}

/// Finds a file among the keyrings that is of no use where it is.
fn of_file(state: &State, unread: &Unread) -> Option<Leftover> {
    let path = &unread.path;
    if !path.starts_with("keyrings/") {
        return None;
    }
    let to_history = format!("{path} goes to keyrings/.history as it is; nothing is wiped.");
    let consequence = match unread.sort {
        // What is not there cannot be put away, and what only has to be permitted is no leftover. A stash that does not
        // fit its ring is made again instead, and one of another user is of use to that user.
        Sort::Missing | Sort::Waiting | Sort::NotPermitted | Sort::OpenToOthers | Sort::Newer => return None,
        Sort::StashUnfit => return None,
        _ if unread.is_stash() && unread.keyring().is_some_and(|name| state.keyrings.contains_key(name)) => {
            return None;
        }
        Sort::Damaged | Sort::OtherKey if !unread.is_stash() => {
            format!("{to_history} An earlier version of the keyring can be brought back in its place.")
        }
        _ => to_history,
    };
    let way = Way::PutAway(path.clone());
    let why = unread.why.trim_end_matches('.');
    let what = format!("{path}: {why}.");
    Some(Leftover { what, since: None, consequence, way })
}
