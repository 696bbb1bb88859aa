//! Rules about keyrings as such: stash, key, and who uses them.

use std::collections::BTreeMap;

use super::{Case, Check, Hit, rings, serves};
use crate::model::bytes::Digest;
use crate::model::finding::Severity;
use crate::model::keyring::{Keyring, Role};
use crate::model::request::{Request, Status};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "K02",
        title: "A keyring that a site serves has no stash.",
        severity: Severity::Warning,
        remedy: "Make a stash with the password of the keyring.",
        command: "keyring.stash",
        explain: "Without a stash nothing can open the keyring unattended, so a server that uses it cannot start without a \
            person who types the password. The ring was made without one, or only the .kyr file was copied. Make the stash, \
            unless somebody shall be asked at every start.",
        run: |case, found| {
            for ring in rings(case).filter(|r| r.leaf().is_some() && !r.stash && serves(case, r)) {
                found(Hit::ring(ring, "has no stash, and a site serves it: it cannot start unattended."));
            }
        },
    },
    Check {
        id: "K07",
        title: "A keyring has a key and no certificate.",
        severity: Severity::Warning,
        remedy: "Install the certificate that answers its request.",
        command: "keyring.install",
        explain: "The key was made and nobody has installed a certificate for it, so no server can use the keyring. The request \
            waits for a decision, was denied, or its certificate is issued and not installed yet. See the request of the \
            keyring, and install what answers it.",
        run: |case, found| {
            for ring in rings(case).filter(|r| r.key.is_some() && r.leaf().is_none()) {
                // That of a person who has the certificate is delivered, and not installed here.
                if case.state.kept_for(ring).is_some() {
                    continue;
                }
                let waiting = Waiting::of(case, ring);
                found(waiting.hit(Hit::ring(ring, format!("has no certificate: {}.", waiting.words()))));
            }
        },
    },
    Check {
        id: "K18",
        title: "A key is used for several keyrings or renewals.",
        severity: Severity::Warning,
        remedy: "Request a certificate with a new key.",
        command: "keyring.request",
        explain: "Whoever gets hold of one copy of the key can answer for every name it was certified for, and revoking one of \
            the certificates does not help the others. A keyring was copied, or renewed again and again with its old key. \
            Renew it with a new key.",
        run: shared,
    },
    Check {
        id: "K20",
        title: "No document names the keyring.",
        severity: Severity::Info,
        remedy: "Name it in a site document, or delete it.",
        command: "site.create",
        explain: "The keyring has a certificate and no site answers with it. It may be new, left over from a site that is gone, \
            or used by a server that is not kept here. Name it in a site document, or delete it when nobody needs it.",
        run: |case, found| {
            for ring in rings(case).filter(|r| r.leaf().is_some()) {
                if !case.served.contains_key(ring.name.as_str()) {
                    found(Hit::ring(ring, "is named by no site and no server."));
                }
            }
        },
    },
    Check {
        id: "K23",
        title: "A certificate in a keyring is revoked.",
        severity: Severity::Error,
        remedy: "Request a certificate with a new key, and install it.",
        command: "keyring.request",
        explain: "The authority has taken the certificate back, and clients that look for revocation refuse it. The reason stands \
            beside the day; after a lost key everything encrypted with it counts as read. Request a certificate with a new \
            key, install it, and let the server take it up.",
        run: |case, found| {
            for ring in rings(case) {
                for entry in &ring.entries {
                    let Some(revoked) = case.state.revocations.get(&entry.certificate.sha256) else {
                        continue;
                    };
                    let what = format!("{} {}", entry.role.word(), entry.certificate.subject.title());
                    let (day, why) = (revoked.at.date(), revoked.reason.name());
                    found(Hit::ring(ring, format!("holds {what}, which was revoked on {day}: {why}.")));
                }
            }
        },
    },
];

/// What a key waits for.
pub(super) struct Waiting<'a>(Option<&'a Request>);

impl<'a> Waiting<'a> {
    /// Looks at the latest request of a ring.
    pub(super) fn of(case: &Case<'a>, ring: &Keyring) -> Self {
        Self(case.state.request_of_keyring(ring))
    }

    /// Says it in words.
    pub(super) fn words(&self) -> String {
        let Some(request) = self.0 else { return "no request of it is in the queue".into() };
        match request.status {
            Status::Issued { .. } => "its certificate is issued, not installed".into(),
            _ => format!("its request {} is {}", request.id, request.status.word()),
        }
    }

    /// Names the next step, which is not to install before there is something to install.
    pub(super) fn hit(&self, hit: Hit) -> Hit {
        match self.0.map(|request| &request.status) {
            Some(Status::Issued { .. }) => {
                hit.instead("Install the certificate that answers its request.", "keyring.install")
            }
            Some(Status::Pending | Status::Approved { .. }) => hit.instead(
                "Have its request signed, here or by another authority; then install the certificate.",
                "keyring.open-request",
            ),
            _ => hit.instead("Request a certificate for the key again.", "keyring.request"),
        }
    }
}

/// Finds certificates that stand where their key is not. The store takes no such ring in; but the certificate that a ring
/// waits for can stand in another place.
pub(super) fn other_key(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    let mut waiting: BTreeMap<Digest, &Keyring> = BTreeMap::new();
    for ring in rings(case) {
        match (ring.leaf(), &ring.key) {
            (Some(leaf), Some(key)) if leaf.key.sha256 != key.sha256 => {
                found(Hit::ring(
                    ring,
                    format!("has a certificate of another key: {}.", leaf.subject.title()),
                ));
            }
            (None, Some(key)) => drop(waiting.insert(key.sha256, ring)),
            _ => {}
        }
    }
    for holder in rings(case) {
        for entry in holder.entries.iter().filter(|e| e.role != Role::Leaf) {
            if let Some(ring) = waiting.get(&entry.certificate.key.sha256) {
                let (role, name) = (entry.role.word(), &holder.name);
                let text = format!("waits for a certificate, and one of its key stands in {name} as {role}.");
                found(Hit::ring(ring, text).severity(Severity::Warning));
            }
        }
    }
}

fn shared(case: &Case<'_>, found: &mut dyn FnMut(Hit)) {
    let mut holders: BTreeMap<Digest, Vec<&Keyring>> = BTreeMap::new();
    for ring in rings(case) {
        for key in [&ring.key, &ring.next_key].into_iter().flatten() {
            holders.entry(key.sha256).or_default().push(ring);
        }
    }
    let mut issued: BTreeMap<Digest, usize> = BTreeMap::new();
    for request in case.state.requests.values() {
        if matches!(request.status, Status::Issued { .. }) {
            *issued.entry(request.pkcs10.key.sha256).or_default() += 1;
        }
    }
    for (key, rings) in &holders {
        for (place, ring) in rings.iter().enumerate() {
            // Of many the first stands for all: a list of five hundred names helps nobody.
            let other = if place == 0 { rings.get(1) } else { rings.first() };
            if let Some(other) = other {
                let more = match rings.len() {
                    2 => String::new(),
                    n => format!(" and {} more", n - 2),
                };
                found(Hit::ring(ring, format!("has the same key as keyring {}{more}.", other.name)));
            } else if let Some(count) = issued.get(key).filter(|n| **n > 1) {
                let text = format!("has had {count} certificates for the same key.");
                found(Hit::ring(ring, text).severity(Severity::Info));
            }
        }
    }
}
