//! The GUIDES table: what each guided task leads through, step by step. To add one is to add an entry.

use super::steps::*;
use crate::model::finding::Subject;

/// A guided task.
pub struct Guide {
    /// The key people type, such as `f-3`.
    pub key: &'static str,
    /// What it leads to.
    pub title: &'static str,
    /// When to take it, and what is needed.
    pub about: &'static str,
    /// The fields of a task that it asks for, by name.
    pub asks: &'static [&'static str],
    /// Whether its request comes from elsewhere, and is not the one of its keyring.
    pub brought: bool,
    /// The steps, in order.
    pub steps: &'static [Step],
}

impl Guide {
    /// Tells whether a step makes what this field names, so that the name has to be known from the beginning.
    pub fn makes(&self, field: &str) -> bool {
        let named = |(name, value): &(&str, &str)| *name == "name" && value.trim_matches(['{', '}']) == field;
        self.steps.iter().any(|step| step.fills.iter().any(named))
    }
}

/// Finds a guide by its key, in any case.
pub fn find(key: &str) -> Option<&'static Guide> {
    GUIDES.iter().find(|g| g.key.eq_ignore_ascii_case(key.trim()))
}

/// Every guide, in the order of lists.
pub const GUIDES: &[Guide] = &[
    Guide {
        key: "wf-a",
        title: "Secure a server with a certifier of this workspace",
        about: "From nothing to a server that answers with TLS: the certifier, the keyring, the queue, the site document. For a workspace \
                that keeps both the certifier and the keyrings.",
        asks: &["certifier", "keyring"],
        brought: false,
        steps: &[
            MAKE_CERTIFIER,
            FINGERPRINT,
            BACKUP,
            MAKE_KEYRING,
            RECEIVED,
            APPROVE,
            SIGN,
            TRUST,
            INSTALL,
            SITE,
            TEST,
            GIVE_ROOT,
        ],
    },
    Guide {
        key: "wf-b",
        title: "Run a certifier of your own for servers elsewhere",
        about: "A small authority that signs what others bring: its own server first, then a request from elsewhere, handed out by its \
                pick-up ID. The latest one that came since is taken, unless another is named.",
        asks: &["certifier", "keyring", "request"],
        brought: true,
        steps: &[
            MAKE_CERTIFIER,
            FINGERPRINT,
            BACKUP,
            Step { title: "Make a keyring for the certifier's own server", ..MAKE_KEYRING },
            Step {
                key: "own-approve",
                title: "Approve the request of the certifier's own server",
                cli: "request approve {own} --certifier {certifier}",
                at: At::Only(own),
                seen: Some(|case| case.own().is_some_and(is_approved)),
                ..APPROVE
            },
            Step {
                key: "own-sign",
                title: "Sign it for the certifier's own server",
                cli: "request issue {own}",
                at: At::Only(own),
                seen: Some(|case| case.own().is_some_and(is_issued)),
                ..SIGN
            },
            TRUST,
            INSTALL,
            SITE,
            Step { title: "Take the request from elsewhere into the queue", ..RECEIVED },
            APPROVE,
            SIGN,
            Step {
                key: "pick-up",
                title: "Hand the certificate out",
                why: "By its pick-up ID, with its chain; that is recorded.",
                command: "request.pick-up",
                cli: "request pick-up ID",
                at: At::Only(request),
                seen: Some(|case| case.request().is_some_and(|r| r.picked_up.is_some())),
                ..STEP
            },
            GIVE_ROOT,
        ],
    },
    Guide {
        key: "f-1",
        title: "The first certifier: a root, offline",
        about: "The ceremony: an operator and a witness at a machine without a network, with paper, pen and envelopes. Read each step \
                aloud before it is done, and stop when something is not as it says.",
        asks: &["certifier"],
        brought: false,
        steps: &[
            Step {
                key: "clock",
                title: "Compare the clock of the machine with a watch",
                why: "Dates in certificates come from it, and a ledger with wrong times cannot be set right.",
                shows: |look| format!("The machine says {}.", look.time(look.now)),
                ..STEP
            },
            Step {
                key: "offline",
                title: "Check that no network is connected",
                why: "Cables out, radios off; the offline build holds no network code. Key material comes from the random numbers of the \
                      operating system alone.",
                ..STEP
            },
            MAKE_CERTIFIER,
            FINGERPRINT,
            Step {
                key: "protect",
                title: "Divide what opens the key, and seal it in envelopes",
                why: "One person alone should not be able to sign, and one person missing should not end the certifier: a second password, \
                      or M of N shares. Rehearse an unlock with what is on the paper before it is sealed.",
                command: "certifier.protect",
                cli: "certifier protect {certifier} --protection shares",
                at: At::Only(certifier),
                seen: Some(|case| case.certifier().is_some_and(|c| c.protection.people() > 1)),
                elsewhere: true,
                ..STEP
            },
            BACKUP,
            Step {
                key: "first-crl",
                title: "The first CRL",
                why: "It is signed with the certifier; peers need it from the first day on.",
                command: "certifier.crl",
                cli: "crl issue {certifier}",
                at: At::Only(certifier),
                seen: Some(|case| case.certifier().is_some_and(|c| c.crl.is_some())),
                ..STEP
            },
            PUBLISH,
            HEAD,
        ],
    },
    Guide {
        key: "f-2",
        title: "An issuing certifier under a root",
        about: "The everyday certifier below a root that stays in its safe. Name the new one as certifier and the root as other.",
        asks: &["certifier", "other"],
        brought: false,
        steps: &[
            Step {
                key: "subordinate",
                title: "Make the subordinate certifier, or its request",
                why: "Signed by a certifier of this workspace at once, or by a request that is carried to the root. Path length 0 keeps it \
                      from making further authorities.",
                command: "certifier.create",
                cli: "certifier create {certifier} --common-name \"...\" --signed-by {other}",
                fills: &[("name", "{certifier}"), ("signed-by", "{other}")],
                seen: Some(|case| {
                    case.certifier().is_some() || case.state.awaited.contains_key(&case.task.certifier)
                }),
                ..STEP
            },
            Step {
                key: "review",
                title: "On the side of the root: compare and sign",
                why: "Compare the fingerprint of the key on both sides before anything is approved: a swapped request is the classic attack.",
                command: "pane.requests",
                cli: "certifier request {certifier}",
                seen: Some(|case| case.certifier().is_some()),
                ..STEP
            },
            Step {
                key: "complete",
                title: "Bring the certificate back",
                why: "It is compared with the request before the certifier becomes active.",
                command: "certifier.install",
                cli: "certifier install {certifier} FILE",
                at: At::Only(|case| {
                    Some(Subject::Certifier(case.state.awaited.get(&case.task.certifier)?.name.clone()))
                }),
                seen: Some(|case| case.certifier().is_some()),
                ..STEP
            },
            Step {
                key: "path-length",
                title: "It makes no further authorities",
                why: "Its certificate says path length 0; amend the plan and sign it again when not.",
                command: "record.open",
                cli: "certifier show {certifier}",
                at: At::Only(certifier),
                seen: Some(|case| {
                    case.certifier()
                        .and_then(|c| c.certificate.basic)
                        .is_some_and(|b| b.path_length == Some(0))
                }),
                ..STEP
            },
            Step {
                key: "first-crl",
                seen: Some(|case| case.certifier().is_some_and(|c| c.crl.is_some())),
                ..NEW_CRL
            },
            PUBLISH,
            BACKUP,
            HEAD,
        ],
    },
    Guide {
        key: "f-3",
        title: "A server certificate",
        about: "From a request to a certificate in service. Name the keyring when it is one of this workspace; else the next request that comes is taken, or the one whose number is given.",
        asks: &["certifier", "keyring", "request"],
        brought: false,
        steps: &[
            RECEIVED,
            APPROVE,
            SIGN,
            Step {
                key: "hand-out",
                title: "Install it, or hand it out",
                why: "In the keyring that made the request, or by its number or pick-up ID to who brought it.",
                command: "keyring.install",
                cli: "keyring install {keyring} --issued",
                instead: |case| {
                    case.keyring().is_none().then_some(("request.pick-up", "request pick-up {request}"))
                },
                at: At::Only(|case| keyring(case).or_else(|| request(case))),
                seen: Some(|case| {
                    case.request().is_some_and(|r| r.picked_up.is_some() || is_installed(case, r))
                }),
                ..STEP
            },
            TEST,
        ],
    },
    Guide {
        key: "f-4",
        title: "A client certificate",
        about: "A person who logs in with a certificate. Binding is by key: the document says whose it is.",
        asks: &["certifier", "person", "request"],
        brought: false,
        steps: &[
            MAKE_PERSON,
            PERSON_KEY,
            Step {
                cli: "request approve {request} --certifier {certifier} --profile client",
                fills: &[("certifier", "{certifier}"), ("profile", "client")],
                ..APPROVE
            },
            SIGN,
            Step {
                key: "known",
                title: "The certificate stands with the person",
                why: "It does by itself when the key was bound before; a certificate that others issued is registered.",
                command: "person.register",
                cli: "person register {person} FILE",
                at: At::Only(person),
                seen: Some(|case| case.person().is_some_and(|p| !p.certificates.is_empty())),
                ..STEP
            },
            DELIVER,
        ],
    },
    Guide {
        key: "f-5",
        title: "Renew a certificate, with the same key or a new one",
        about: "Before it ends. A new key is the better habit; the same key keeps what pins it.",
        asks: &["certifier", "keyring"],
        brought: false,
        steps: &[
            Step {
                key: "due",
                title: "Look at what ends soon",
                why: "The timeline counts what is in use; the keyring to renew is named in this task.",
                command: "certificate.timeline",
                cli: "certificate list --due",
                seen: Some(|case| case.keyring().is_some()),
                ..STEP
            },
            Step {
                key: "again",
                title: "Request it again",
                why: "The old certificate serves on until the new one is installed.",
                command: "keyring.request",
                cli: "keyring renew {keyring} --key p-256",
                at: At::Only(keyring),
                seen: Some(|case| case.request().is_some_and(|r| case.came(r))),
                ..STEP
            },
            Step {
                seen: Some(|case| case.request().is_some_and(|r| case.came(r) && is_approved(r))),
                ..APPROVE
            },
            Step { seen: Some(|case| case.request().is_some_and(|r| case.came(r) && is_issued(r))), ..SIGN },
            Step {
                seen: Some(|case| case.request().is_some_and(|r| case.came(r) && is_installed(case, r))),
                ..INSTALL
            },
            TEST,
        ],
    },
    Guide {
        key: "f-6",
        title: "Revoke a certificate, with a CRL at once",
        about: "A key is lost or known to others, or a name is no longer true. Within a day; for a lost key within the hour.",
        asks: &["certifier", "serial"],
        brought: false,
        steps: &[
            Step {
                key: "find",
                title: "Find the certificate, and who may say that it is to be revoked",
                why: "Compare serial number and names with who reports it; note who that is and how they proved it.",
                command: "pane.certificates",
                cli: "certificate list --filter serial:{serial}",
                at: At::Maybe(issued),
                ..STEP
            },
            Step {
                key: "revoke",
                title: "Revoke it",
                why: "The reason stands in the CRL. keyCompromise when others may have the key; say since when, if that is known.",
                command: "certificate.revoke",
                cli: "certificate revoke {certifier} {serial} --reason ... --confirm {serial}",
                at: At::Only(issued),
                seen: Some(|case| case.revoked()),
                elsewhere: true,
                ..STEP
            },
            Step {
                cli: "crl issue {certifier} --immediate",
                seen: Some(|case| case.crl_since() && !case.state.owed.contains_key(&case.task.certifier)),
                ..NEW_CRL
            },
            PUBLISH_SINCE,
            ARRIVED,
            Step {
                key: "tell",
                title: "Tell whoever used it, and replace it",
                why: "A revoked certificate ends a service where peers check; have the new one ready.",
                ..STEP
            },
        ],
    },
    Guide {
        key: "f-7",
        title: "The regular CRL day",
        about: "On the day that the next CRL is due, for a certifier that is opened for nothing else.",
        asks: &["certifier"],
        brought: false,
        steps: &[
            Step {
                key: "owed",
                title: "Look at what is due and what is owed",
                why: "Revocations that no CRL carries yet, and the day on which the latest one ends.",
                command: "record.open",
                cli: "certifier show {certifier}",
                at: At::Only(certifier),
                ..STEP
            },
            NEW_CRL,
            PUBLISH_SINCE,
            ARRIVED,
            HEAD,
        ],
    },
    Guide {
        key: "f-8",
        title: "Amend the policy of a certifier",
        about: "Profile, roles, CRL terms, relaxations: a new signed version of the policy, which a second CAA confirms where the policy says so.",
        asks: &["certifier"],
        brought: false,
        steps: &[
            Step {
                key: "amend",
                title: "Write the amendment and its reason",
                why: "What changes is shown line by line before it is signed or proposed.",
                command: "certifier.amend",
                cli: "certifier amend {certifier} FIELD=VALUE --reason \"...\"",
                at: At::Only(certifier),
                seen: Some(|case| {
                    let of = case.certifier();
                    of.is_some_and(|c| c.proposal.is_some()) || changed(case)
                }),
                ..STEP
            },
            Step {
                key: "confirm",
                title: "Have a second CAA confirm it",
                why: "Another person than who wrote it looks at the same lines. Where the policy lets one amend alone, this is done with the step \
                      before.",
                command: "certifier.proposal",
                cli: "certifier confirm {certifier} CODE",
                at: At::Only(certifier),
                seen: Some(|case| case.certifier().is_some_and(|c| c.proposal.is_none()) && changed(case)),
                ..STEP
            },
            Step {
                key: "inform",
                title: "Tell RAs and requesters what is different",
                why: "Requests that were approved before are looked at again: what would be signed is not what was approved.",
                command: "pane.requests",
                cli: "request list",
                ..STEP
            },
            BACKUP,
        ],
    },
    Guide {
        key: "f-9",
        title: "Roll the key of a certifier over",
        about: "A new key under the same name, before the old one ends or is too weak. Name the certifier with the old key; the \
                new one is a certifier of its own, and old and new name each other.",
        asks: &["certifier"],
        brought: false,
        steps: &[
            Step {
                key: "new-key",
                title: "Make the new key",
                why: "The old key signs CRLs only from then on. A root is linked with the old one at once, old with new and new with \
                      old, so that peers that trust one key reach what the other has signed.",
                command: "certifier.rollover",
                cli: "certifier rollover {certifier}",
                at: At::Only(certifier),
                seen: Some(|case| {
                    let mut awaited = case.state.awaited.values();
                    case.successor().is_some()
                        || awaited.any(|a| a.succeeds.as_ref() == Some(&case.task.certifier))
                }),
                ..STEP
            },
            Step {
                key: "complete",
                title: "Bring its certificate back, when it is signed elsewhere",
                why: "A root, and a certifier below one of this workspace, have theirs at once. The old key issues on until then.",
                command: "certifier.install",
                cli: "certifier install NEW FILE",
                at: At::Only(|case| {
                    let mut awaited = case.state.awaited.values();
                    let new = awaited.find(|a| a.succeeds.as_ref() == Some(&case.task.certifier))?;
                    Some(Subject::Certifier(new.name.clone()))
                }),
                seen: Some(|case| case.successor().is_some()),
                ..STEP
            },
            Step {
                key: "give-out",
                title: "Write the new fingerprint down, and give the new certificate out",
                why: "Before anything is signed with it. The link certificates of a root go with it: certifier links.",
                command: "certifier.export",
                cli: "certifier certificate {other}",
                at: At::Only(|case| case.successor().map(|c| Subject::Certifier(c.name.clone()))),
                ..STEP
            },
            Step {
                key: "trust",
                title: "Trust the new root in the keyrings, beside the old one",
                why: "The work list names those that trust only the old one, and does it.",
                command: "certifier.worklist",
                cli: "certifier worklist {certifier}",
                at: At::Only(certifier),
                seen: Some(|case| {
                    case.successor().is_some()
                        && case.certifier().is_some_and(|c| c.untold(case.state).is_empty())
                }),
                ..STEP
            },
            Step {
                key: "renewals",
                title: "Renew the keyrings that the old key has signed",
                why: "One after another; each is a task of its own (f-5).",
                command: "certifier.worklist",
                cli: "certifier worklist {certifier}",
                at: At::Only(certifier),
                seen: Some(|case| {
                    let Some(old) = case.certifier() else { return false };
                    let mut leaves = case.state.keyrings.values().filter_map(|r| r.leaf());
                    case.successor().is_some() && leaves.all(|leaf| !old.is_issuer_of(leaf))
                }),
                ..STEP
            },
            Step {
                key: "others",
                title: "Have everybody else renew",
                why: "The work list says of each certificate that is still valid whom to ask. The old key signs CRLs until the last \
                      of them has ended.",
                command: "certifier.worklist",
                cli: "certifier worklist {certifier}",
                at: At::Only(certifier),
                ..STEP
            },
            BACKUP,
            HEAD,
        ],
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::State;
    use crate::model::field::Record;
    use crate::model::task::{Case, Task};

    #[test]
    fn every_guide_and_step_says_everything_and_keys_are_their_own() {
        let mut keys = std::collections::BTreeSet::new();
        for guide in GUIDES {
            assert!(keys.insert(guide.key) && guide.about.ends_with('.'), "{}", guide.key);
            for field in guide.asks {
                assert!(Task::field(field).is_some(), "{}: {field}", guide.key);
            }
            let mut steps = std::collections::BTreeSet::new();
            for step in guide.steps {
                assert!(steps.insert(step.key), "{}: {} stands twice", guide.key, step.key);
                assert!(!step.title.ends_with('.') && step.why.ends_with('.'), "{}: {}", guide.key, step.key);
            }
            // Nothing is there, so nothing is seen, whatever the guide.
            let task = Task {
                guide: guide.key.into(),
                certifier: "root".into(),
                keyring: "mail".into(),
                ..Task::default()
            };
            let state = State::default();
            let (done, all) = Case { state: &state, task: &task }.progress();
            assert_eq!((done, all), (0, guide.steps.len()), "{}", guide.key);
        }
        assert_eq!(GUIDES.len(), 11);
    }
}
