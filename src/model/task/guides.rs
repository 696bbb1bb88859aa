//! The GUIDES table: what each guided task leads through, step by step. To add one is to add an entry.

use super::Case;
use crate::model::field::Look;
use crate::model::finding::Subject;
use crate::model::request::{Request, Status};

/// The object that the command of a step runs on.
pub enum At {
    /// It needs none.
    Nothing,
    /// This one, when the task knows it.
    Maybe(fn(&Case<'_>) -> Option<Subject>),
    /// This one and no other: without it the step cannot be done yet.
    Only(fn(&Case<'_>) -> Option<Subject>),
}

/// A step of a guide.
pub struct Step {
    /// Its key, by which a tick is kept.
    pub key: &'static str,
    /// What is done, in a few words.
    pub title: &'static str,
    /// Why, and what to mind.
    pub why: &'static str,
    /// The command of the console that does it; empty for what happens outside.
    pub command: &'static str,
    /// The command line that does it, with `{certifier}` and the like for the objects of the task.
    pub cli: &'static str,
    /// Where the command is run.
    pub at: At,
    /// What the form of the command proposes: fields by name, with `{certifier}` and the like for the objects of the task.
    pub fills: &'static [(&'static str, &'static str)],
    /// Tells from the state that it is done; `None` where only a person can tell.
    pub seen: Option<fn(&Case<'_>) -> bool>,
    /// Whether a person may tick it all the same: it can be done where the workspace does not see it.
    pub elsewhere: bool,
    /// What it tells of the present, such as the time.
    pub shows: fn(&Look<'_>) -> String,
    /// Another command of the console and command line, where the objects of the task ask for them.
    pub instead: fn(&Case<'_>) -> Option<(&'static str, &'static str)>,
}

impl Step {
    /// Tells whether a person may tick it.
    pub fn takes_tick(&self) -> bool {
        self.seen.is_none() || self.elsewhere
    }
}

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

const STEP: Step = Step {
    key: "",
    title: "",
    why: "",
    command: "",
    cli: "",
    at: At::Nothing,
    fills: &[],
    seen: None,
    elsewhere: false,
    shows: |_| String::new(),
    instead: |_| None,
};

fn certifier(case: &Case<'_>) -> Option<Subject> {
    case.certifier().map(|c| Subject::Certifier(c.name.clone()))
}

fn keyring(case: &Case<'_>) -> Option<Subject> {
    case.keyring().map(|r| Subject::Keyring(r.name.clone()))
}

fn request(case: &Case<'_>) -> Option<Subject> {
    case.request().map(|r| Subject::Request(r.id))
}

fn person(case: &Case<'_>) -> Option<Subject> {
    case.person().map(|p| Subject::Person(p.name.clone()))
}

fn own(case: &Case<'_>) -> Option<Subject> {
    case.own().map(|r| Subject::Request(r.id))
}

fn is_approved(request: &Request) -> bool {
    matches!(request.status, Status::Approved { .. } | Status::Issued { .. })
}

fn is_issued(request: &Request) -> bool {
    matches!(request.status, Status::Issued { .. })
}

/// Tells whether the certificate for a request stands in the keyring of the task.
fn is_installed(case: &Case<'_>, request: &Request) -> bool {
    let Status::Issued { sha256, .. } = &request.status else { return false };
    case.keyring().and_then(|ring| ring.leaf()).is_some_and(|leaf| leaf.sha256 == *sha256)
}

fn issued(case: &Case<'_>) -> Option<Subject> {
    let serial = crate::model::bytes::Serial::typed(&case.task.serial)?;
    Some(Subject::Issued(case.task.certifier.clone(), serial))
}

const MAKE_CERTIFIER: Step = Step {
    key: "certifier",
    title: "Make the certifier",
    why: "Its name stands in every certificate it signs, and cannot be changed. Choose the key type for as long as it lasts, a CRL \
          address that will still be served then, and a password that two people can reach. Name a second CAA; who works alone \
          sets \"Approve own requests\" to yes.",
    command: "certifier.create",
    cli: "certifier create {certifier} --common-name \"...\"",
    fills: &[("name", "{certifier}")],
    seen: Some(|case| case.certifier().is_some()),
    ..STEP
};

const FINGERPRINT: Step = Step {
    key: "fingerprint",
    title: "Write the fingerprint of its certificate down",
    why: "Whoever installs the root later compares it by telephone or paper; nothing on a network can vouch for it. It stands on the \
          receipt of this task as well.",
    command: "record.open",
    cli: "certifier show {certifier}",
    at: At::Only(certifier),
    ..STEP
};

const BACKUP: Step = Step {
    key: "backup",
    title: "Copy the workspace to a medium that is kept elsewhere",
    why: "Domino's rule: the certifier, its ledger and what opens it, at once and after every change. Copy the whole folder while no \
          console is open, and try that it opens with --read-only. Keep the password apart from it.",
    ..STEP
};

const HEAD: Step = Step {
    key: "head",
    title: "Print the head of the audit chain and sign it",
    why: "A ledger that is restored from an older copy is noticed by this paper, also on another machine.",
    command: "audit.list",
    cli: "audit head --print",
    ..STEP
};

const MAKE_KEYRING: Step = Step {
    key: "keyring",
    title: "Make a keyring with its key and request",
    why: "The private key is made where it is used and stays there. Name every host that clients will ask for: the common name alone \
          counts for nothing any more.",
    command: "keyring.create",
    cli: "keyring create {keyring} --hosts ...",
    fills: &[("name", "{keyring}")],
    seen: Some(|case| case.keyring().is_some()),
    ..STEP
};

const RECEIVED: Step = Step {
    key: "request",
    title: "Take the request into the queue",
    why: "A request of a keyring here is in the queue by itself; others come as a file or a paste. Note whom to ask about it.",
    command: "request.import",
    cli: "request import FILE",
    seen: Some(|case| case.request().is_some()),
    ..STEP
};

const APPROVE: Step = Step {
    key: "approve",
    title: "Look at what would be issued, and approve it",
    why: "Asked and issued stand side by side, and the profile decides. Somebody other than who brought or edited the request approves \
          it. Approving beyond the policy only makes the signing fail.",
    command: "request.open",
    cli: "request approve {request} --certifier {certifier}",
    at: At::Only(request),
    fills: &[("certifier", "{certifier}")],
    seen: Some(|case| case.request().is_some_and(is_approved)),
    ..STEP
};

const SIGN: Step = Step {
    key: "sign",
    title: "Sign it",
    why: "The CAA unlocks the certifier and signs what was approved. The certificate is verified and compared before it is recorded.",
    command: "request.issue",
    cli: "request issue {request}",
    at: At::Only(request),
    seen: Some(|case| case.request().is_some_and(is_issued)),
    ..STEP
};

const TRUST: Step = Step {
    key: "trust",
    title: "Trust the root in the keyring",
    why: "The order matters: a certificate is not installed below a root that the ring does not trust.",
    command: "keyring.trust",
    cli: "keyring trust {keyring} --certifier {certifier}",
    at: At::Only(keyring),
    seen: Some(|case| {
        let Some(ring) = case.keyring() else { return false };
        ring.with_role(crate::model::keyring::Role::Root).any(|e| e.trusted)
    }),
    ..STEP
};

const INSTALL: Step = Step {
    key: "install",
    title: "Install the certificate in the keyring",
    why: "Chain and order are worked out and shown before anything is written.",
    command: "keyring.install",
    cli: "keyring install {keyring} --issued",
    at: At::Only(keyring),
    seen: Some(|case| case.keyring().is_some_and(|r| r.leaf().is_some() && r.next_key.is_none())),
    ..STEP
};

const SITE: Step = Step {
    key: "site",
    title: "Name the keyring in the site document",
    why: "The document says which hosts answer with it; every host has to be among the names in the certificate.",
    command: "site.create",
    cli: "site create {keyring} --hosts {hosts} --keyring {keyring}",
    fills: &[("name", "{keyring}"), ("hosts", "{hosts}"), ("keyring", "{keyring}")],
    seen: Some(|case| case.state.sites_of_keyring(&case.task.keyring).any(|s| s.enabled)),
    ..STEP
};

const TEST: Step = Step {
    key: "test",
    title: "Connect as a client does",
    why: "Rehearse it here on a loopback port, then probe the real server from the network that clients use.",
    command: "pane.sites",
    cli: "probe HOST",
    ..STEP
};

const GIVE_ROOT: Step = Step {
    key: "root",
    title: "Give the root to those who shall trust it",
    why: "By a way that cannot be tampered with, and with the fingerprint by another one.",
    command: "certifier.export",
    cli: "certifier certificate {certifier}",
    at: At::Only(certifier),
    ..STEP
};

const MAKE_PERSON: Step = Step {
    key: "person",
    title: "Write the person down",
    why: "The full name stands in the certificate and in access lists. People may share a name; the key tells them apart.",
    command: "person.create",
    cli: "person create {person} --full-name \"...\" --mail ...",
    fills: &[("name", "{person}")],
    seen: Some(|case| case.person().is_some()),
    ..STEP
};

const PERSON_KEY: Step = Step {
    key: "person-key",
    title: "Bind a key to the person",
    why: "Best the person makes the key and sends a request, which is registered; else a key is made here and delivered.",
    command: "person.key",
    cli: "person key {person}   (or: person register {person} --request N)",
    at: At::Only(person),
    seen: Some(|case| case.person().is_some_and(|p| !p.keys.is_empty())),
    ..STEP
};

const DELIVER: Step = Step {
    key: "deliver",
    title: "Hand the certificate over",
    why: "A key that was made here leaves as PKCS#12 under a pass phrase that is shown once: give it by another way than the file. Who \
          has the key already gets the certificate alone.",
    command: "person.export",
    cli: "person export {person} --to FILE --confirm {person}",
    at: At::Only(person),
    ..STEP
};

const NEW_CRL: Step = Step {
    key: "crl",
    title: "Sign the CRL",
    why: "A revocation is nothing to peers until a CRL carries it, and a CRL that is due is an outage for all.",
    command: "certifier.crl",
    cli: "crl issue {certifier}",
    at: At::Only(certifier),
    seen: Some(|case| case.crl_since()),
    ..STEP
};

const PUBLISH: Step = Step {
    key: "publish",
    title: "Bring the CRL to where its address points",
    why: "At once where the settings of this machine name a folder or a command for it. From a machine without a network, write it \
          out with x on the certifier or with certifier crl, carry it over, put it in the place of the one before, and tick this.",
    command: "certifier.push",
    cli: "crl push {certifier}",
    at: At::Only(certifier),
    seen: Some(|case| case.published(false)),
    elsewhere: true,
    ..STEP
};

const PUBLISH_SINCE: Step = Step { seen: Some(|case| case.crl_since() && case.published(false)), ..PUBLISH };

const ARRIVED: Step = Step {
    key: "arrived",
    title: "Confirm that what is served is what was signed",
    why: "It is fetched from its address, or brought back as a file, and compared with what was signed. Where neither can be done \
          here, compare number and SHA-256 there, tick this, and note who did.",
    command: "certifier.prove",
    cli: "crl prove {certifier}",
    at: At::Only(certifier),
    seen: Some(|case| case.crl_since() && case.published(true)),
    elsewhere: true,
    ..STEP
};

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
                cli: "certifier protect {certifier}",
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
                cli: "certificate list expires<30d",
                seen: Some(|case| case.keyring().is_some()),
                ..STEP
            },
            Step {
                key: "again",
                title: "Request it again",
                why: "The old certificate serves on until the new one is installed.",
                command: "keyring.request",
                cli: "keyring renew {keyring} --key new",
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
                cli: "certificate list serial:{serial}",
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
                cli: "certifier confirm {certifier}",
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

/// Tells whether the policy of the certifier got a new version since the task was begun.
fn changed(case: &Case<'_>) -> bool {
    let Some(of) = case.certifier() else { return false };
    of.versions.last().is_some_and(|v| v.at >= case.task.started) && of.policy.version > 1
}

/// Writes the reference of all guides, `docs/tasks.md`.
pub fn tasks_markdown() -> String {
    let mut out = String::from(
        "# Guided tasks\n\nThis page is made from the table of guides; `RINGMASTER_BLESS=1 cargo test docs` writes it anew.\n\n\
         `ringmaster task start KEY` begins one, and `;` in the console shows those that are begun. Each step is done with the ordinary\n\
         command that it names, by whoever is at hand, on any console; the program sees from the workspace that it is done. Only\n\
         what happens outside of the program is ticked by a person. A task is left and resumed at will, and ends in a receipt on\n\
         paper: `ringmaster task print NAME`.\n",
    );
    for guide in GUIDES {
        out.push_str(&format!("\n## {}: {}\n\n{}\n\n", guide.key, guide.title, guide.about));
        for (number, step) in guide.steps.iter().enumerate() {
            let how = match step.cli {
                "" => String::new(),
                cli => format!(" `ringmaster {cli}`"),
            };
            let told = match (step.takes_tick(), step.seen) {
                (false, _) => "",
                (true, None) => " *Ticked by a person.*",
                (true, Some(_)) => " *Seen, or ticked by a person.*",
            };
            out.push_str(&format!("{}. **{}.** {}{how}{told}\n", number + 1, step.title, step.why));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::State;
    use crate::model::field::Record;
    use crate::model::task::Task;

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
