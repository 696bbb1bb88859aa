//! The ways to go on with what was brought, each with its result, by what it holds and what it was read for.

use crate::desk::Verb;
use crate::model::certificate::Certificate;
use crate::model::certifier::past::History;
use crate::model::key::KeyInfo;
use crate::model::request::{Delivery, Incoming, Pkcs10};
use crate::ops::import_request::{Known, sort_out};
use crate::ops::ring::Act;
use crate::pki::bundle::Identity;
use crate::pki::key::PrivateKey;
use crate::pki::pem::Found;
use crate::store::foreign_ca;
use crate::tui::brought::Brought;
use crate::tui::job::ReadFor;
use crate::tui::model::Model;
use crate::tui::pane::PaneId;

/// What a way does.
#[derive(Debug, Clone)]
pub(super) enum Does {
    /// Opens the form for a new keyring of this key, by place; `None` is a ring of the roots.
    Ring(Option<usize>),
    /// Opens the form for a certifier of this key, by place.
    Authority(usize),
    /// Opens the form that takes the ring over.
    Move,
    /// Runs a verb.
    Verb(Box<Verb>),
    /// Asks for the password of what is locked.
    Open,
    /// Goes back.
    Close,
}

/// A way to go on.
#[derive(Debug, Clone)]
pub(super) struct Way {
    pub(super) label: String,
    pub(super) does: Does,
    pub(super) marked: bool,
    /// How it went: done, or refused, and the words.
    pub(super) went: Option<(bool, String)>,
}

impl Way {
    /// Tells whether it can be gone together with others.
    pub(super) fn can_be_marked(&self) -> bool {
        !matches!(self.does, Does::Open | Does::Close)
    }
}

/// Sorts the requests of what was brought: those that can be taken, each under the name of its file, and why others cannot.
/// A single one is left to the queue itself, which says why not.
pub(super) fn delivery(model: &Model, brought: &Brought) -> (Delivery, Vec<String>) {
    let found = &brought.found;
    let source = |request: &Pkcs10| found.labels.get(&request.sha256).unwrap_or(&brought.source).clone();
    let incoming = |pkcs10: &Pkcs10| Incoming { source: source(pkcs10), pkcs10: pkcs10.clone() };
    let all = Delivery { requests: found.requests.iter().map(incoming).collect(), ..Delivery::default() };
    if all.requests.len() < 2 {
        return (all, Vec::new());
    }
    let mut known = Known::new();
    for request in model.state.requests.values().rev() {
        known.entry(request.pkcs10.sha256).or_default().push(request.clone());
    }
    let (mut fit, mut refused) = (Delivery::default(), Vec::new());
    for (incoming, error) in all.requests.iter().zip(sort_out(&all, &known)) {
        match error {
            None => fit.requests.push(incoming.clone()),
            Some(error) => refused.push(format!("{}: {error}", incoming.source)),
        }
    }
    (fit, refused)
}

/// Lists the ways to go on.
pub(super) fn ways(model: &Model, brought: &Brought, purpose: &ReadFor) -> Vec<Way> {
    let mut ways: Vec<(String, Does)> = Vec::new();
    let Brought { found, bundle, .. } = brought;
    let install = |ring: &str| {
        let act = Act::Install { certificates: found.certificates.clone() };
        let label = format!("Install in keyring {ring}: its certificate and what belongs above it");
        (label, Does::Verb(Verb::ring(ring, act).into()))
    };
    let trust = |ring: &str, roots: &[Certificate]| {
        let label = match roots {
            [one] => format!("Trust {} as a root in keyring {ring}", one.subject.title()),
            _ => format!("Trust {} certificates as roots in keyring {ring}", roots.len()),
        };
        (label, Does::Verb(Verb::ring(ring, Act::Trust { roots: roots.to_vec() }).into()))
    };
    match purpose {
        ReadFor::Trust(ring) if !found.certificates.is_empty() => ways.push(trust(ring, &found.certificates)),
        ReadFor::Install(ring) if !found.certificates.is_empty() => ways.push(install(ring)),
        ReadFor::Anything if brought.ring.is_some() => {
            ways.push(("Take the keyring over, as it is".into(), Does::Move));
        }
        ReadFor::Anything => {
            let several = found.keys.len() > 1;
            for (place, key) in found.keys.iter().enumerate() {
                let identity = bundle.identities.get(place);
                if let Some(own) =
                    found.certificates.iter().find(|c| c.is_ca() && c.key.sha256 == key.key.info().sha256)
                {
                    let label =
                        format!("New certifier of {}: it signs here from now on", own.subject.title());
                    ways.push((label, Does::Authority(place)));
                }
                ways.push((new_ring(place, several, identity, key.key.info()), Does::Ring(Some(place))));
            }
            for awaited in model.state.awaited.values() {
                if found.certificates.iter().any(|c| c.key.sha256 == awaited.request.key.sha256) {
                    let (name, certificates) = (awaited.name.clone(), found.certificates.clone());
                    let label = format!("Complete certifier {name}, which waits for this certificate");
                    ways.push((label, Does::Verb(Verb::CompleteCertifier { name, certificates }.into())));
                }
            }
            let leaves: Vec<_> = bundle.identities.iter().filter_map(|i| i.leaf.as_ref()).collect();
            for ring in model.state.keyrings.values() {
                let own = |k: &KeyInfo| leaves.iter().any(|c| c.key.sha256 == k.sha256);
                if ring.key.iter().chain(&ring.next_key).any(own) {
                    ways.push(install(&ring.name));
                }
            }
            if !bundle.roots.is_empty() {
                if let Some(ring) = model.selected_name().filter(|_| model.pane == PaneId::Keyrings) {
                    ways.push(trust(&ring, &bundle.roots));
                }
                if found.keys.is_empty() {
                    let label = format!("New keyring of trusted roots alone ({})", bundle.roots.len());
                    ways.push((label, Does::Ring(None)));
                }
            }
        }
        _ => {}
    }
    let (delivery, refused) = delivery(model, brought);
    let count = delivery.requests.len();
    if count > 0 && matches!(purpose, ReadFor::Queue | ReadFor::Anything) {
        let label = match (count, refused.len()) {
            (1, 0) if ways.is_empty() => "Put it into the queue".into(),
            (1, 0) => "Put the request into the queue".into(),
            (_, 0) => format!("Put all {count} into the queue"),
            (_, _) => format!("Put {count} of {} into the queue", found.requests.len()),
        };
        ways.push((label, Does::Verb(Verb::ImportRequests(delivery).into())));
    }
    if !found.locked.is_empty() {
        let label = if brought.opened {
            "Open what is locked with its own password, instead of what is open now"
        } else {
            "Open what is locked, with its password"
        };
        ways.push((label.into(), Does::Open));
    }
    ways.push(("Back".into(), Does::Close));
    ways.into_iter().map(|(label, does)| Way { label, does, marked: false, went: None }).collect()
}

fn new_ring(place: usize, several: bool, identity: Option<&Identity>, key: &KeyInfo) -> String {
    let number = if several { format!("key {}", place + 1) } else { "the key".into() };
    match identity.and_then(|i| i.leaf.as_ref()) {
        Some(leaf) => format!("New keyring of {number} and its certificate {}", leaf.subject.title()),
        None => format!("New keyring of {number} ({}), without a certificate", key.algorithm),
    }
}

/// Finds a name like this one that no keyring has.
pub(super) fn free_name(model: &Model, name: String) -> String {
    let taken = |name: &str| {
        let file = format!("keyrings/{name}.kyr");
        model.state.keyrings.contains_key(name) || model.state.unread(&file).is_some()
    };
    let short: String = name.chars().take(60).collect();
    let mut free = name;
    for number in 2..1_000 {
        if !taken(&free) {
            break;
        }
        free = format!("{short}-{number}");
    }
    free
}

/// Tells what a file says of the past of an authority whose key is in it.
pub(super) fn past(found: &Found, key: &PrivateKey, from: String) -> History {
    let mut history = History { from, ..History::default() };
    let own = |c: &&Certificate| c.is_ca() && c.key.sha256 == key.info().sha256;
    if let Some(authority) = found.certificates.iter().find(own) {
        foreign_ca::listed(authority, &found.crls, &mut history);
    }
    history
}
