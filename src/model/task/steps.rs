//! What a step of a guide is, and the steps that several guides share. Which guide takes which, the guides say.

use super::Case;
use crate::model::bytes::Serial;
use crate::model::field::Look;
use crate::model::finding::Subject;
use crate::model::keyring::Role;
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

pub(super) const STEP: Step = Step {
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

pub(super) fn certifier(case: &Case<'_>) -> Option<Subject> {
    case.certifier().map(|c| Subject::Certifier(c.name.clone()))
}

pub(super) fn keyring(case: &Case<'_>) -> Option<Subject> {
    case.keyring().map(|r| Subject::Keyring(r.name.clone()))
}

pub(super) fn request(case: &Case<'_>) -> Option<Subject> {
    case.request().map(|r| Subject::Request(r.id))
}

pub(super) fn person(case: &Case<'_>) -> Option<Subject> {
    case.person().map(|p| Subject::Person(p.name.clone()))
}

pub(super) fn own(case: &Case<'_>) -> Option<Subject> {
    case.own().map(|r| Subject::Request(r.id))
}

pub(super) fn is_approved(request: &Request) -> bool {
    matches!(request.status, Status::Approved { .. } | Status::Issued { .. })
}

pub(super) fn is_issued(request: &Request) -> bool {
    matches!(request.status, Status::Issued { .. })
}

/// Tells whether the certificate for a request stands in the keyring of the task.
pub(super) fn is_installed(case: &Case<'_>, request: &Request) -> bool {
    let Status::Issued { sha256, .. } = &request.status else { return false };
    case.keyring().and_then(|ring| ring.leaf()).is_some_and(|leaf| leaf.sha256 == *sha256)
}

pub(super) fn issued(case: &Case<'_>) -> Option<Subject> {
    let serial = Serial::typed(&case.task.serial)?;
    Some(Subject::Issued(case.task.certifier.clone(), serial))
}

/// Tells whether the policy of the certifier got a new version since the task was begun.
pub(super) fn changed(case: &Case<'_>) -> bool {
    let Some(of) = case.certifier() else { return false };
    of.versions.last().is_some_and(|v| v.at >= case.task.started) && of.policy.version > 1
}

pub(super) const MAKE_CERTIFIER: Step = Step {
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

pub(super) const FINGERPRINT: Step = Step {
    key: "fingerprint",
    title: "Write the fingerprint of its certificate down",
    why: "Whoever installs the root later compares it by telephone or paper; nothing on a network can vouch for it. It stands on the \
          receipt of this task as well.",
    command: "record.open",
    cli: "certifier show {certifier}",
    at: At::Only(certifier),
    ..STEP
};

pub(super) const BACKUP: Step = Step {
    key: "backup",
    title: "Copy the workspace to a medium that is kept elsewhere",
    why: "Domino's rule: the certifier, its ledger and what opens it, at once and after every change. Copy the whole folder while no \
          console is open, and try that it opens with --read-only. Keep the password apart from it.",
    ..STEP
};

pub(super) const HEAD: Step = Step {
    key: "head",
    title: "Print the head of the audit chain and sign it",
    why: "A ledger that is restored from an older copy is noticed by this paper, also on another machine.",
    command: "audit.list",
    cli: "audit head --print",
    ..STEP
};

pub(super) const MAKE_KEYRING: Step = Step {
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

pub(super) const RECEIVED: Step = Step {
    key: "request",
    title: "Take the request into the queue",
    why: "A request of a keyring here is in the queue by itself; others come as a file or a paste. Note whom to ask about it.",
    command: "request.import",
    cli: "request import FILE",
    seen: Some(|case| case.request().is_some()),
    ..STEP
};

pub(super) const APPROVE: Step = Step {
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

pub(super) const SIGN: Step = Step {
    key: "sign",
    title: "Sign it",
    why: "The CAA unlocks the certifier and signs what was approved. The certificate is verified and compared before it is recorded.",
    command: "request.issue",
    cli: "request issue {request}",
    at: At::Only(request),
    seen: Some(|case| case.request().is_some_and(is_issued)),
    ..STEP
};

pub(super) const TRUST: Step = Step {
    key: "trust",
    title: "Trust the root in the keyring",
    why: "The order matters: a certificate is not installed below a root that the ring does not trust.",
    command: "keyring.trust",
    cli: "keyring trust {keyring} --certifier {certifier}",
    at: At::Only(keyring),
    seen: Some(|case| {
        let Some(ring) = case.keyring() else { return false };
        ring.with_role(Role::Root).any(|e| e.trusted)
    }),
    ..STEP
};

pub(super) const INSTALL: Step = Step {
    key: "install",
    title: "Install the certificate in the keyring",
    why: "Chain and order are worked out and shown before anything is written.",
    command: "keyring.install",
    cli: "keyring install {keyring} --issued",
    at: At::Only(keyring),
    seen: Some(|case| case.keyring().is_some_and(|r| r.leaf().is_some() && r.next_key.is_none())),
    ..STEP
};

pub(super) const SITE: Step = Step {
    key: "site",
    title: "Name the keyring in the site document",
    why: "The document says which hosts answer with it; every host has to be among the names in the certificate.",
    command: "site.create",
    cli: "site create {keyring} --hosts {hosts} --keyring {keyring}",
    fills: &[("name", "{keyring}"), ("hosts", "{hosts}"), ("keyring", "{keyring}")],
    seen: Some(|case| case.state.sites_of_keyring(&case.task.keyring).any(|s| s.enabled)),
    ..STEP
};

pub(super) const TEST: Step = Step {
    key: "test",
    title: "Connect as a client does",
    why: "Rehearse it here on a loopback port, then probe the real server from the network that clients use.",
    command: "pane.sites",
    cli: "probe HOST",
    ..STEP
};

pub(super) const GIVE_ROOT: Step = Step {
    key: "root",
    title: "Give the root to those who shall trust it",
    why: "By a way that cannot be tampered with, and with the fingerprint by another one.",
    command: "certifier.export",
    cli: "certifier certificate {certifier}",
    at: At::Only(certifier),
    ..STEP
};

pub(super) const MAKE_PERSON: Step = Step {
    key: "person",
    title: "Write the person down",
    why: "The full name stands in the certificate and in access lists. People may share a name; the key tells them apart.",
    command: "person.create",
    cli: "person create {person} --full-name \"...\" --mail ...",
    fills: &[("name", "{person}")],
    seen: Some(|case| case.person().is_some()),
    ..STEP
};

pub(super) const PERSON_KEY: Step = Step {
    key: "person-key",
    title: "Bind a key to the person",
    why: "Best the person makes the key and sends a request, which is registered; else a key is made here and delivered.",
    command: "person.key",
    cli: "person key {person}   (or: person register {person} --request N)",
    at: At::Only(person),
    seen: Some(|case| case.person().is_some_and(|p| !p.keys.is_empty())),
    ..STEP
};

pub(super) const DELIVER: Step = Step {
    key: "deliver",
    title: "Hand the certificate over",
    why: "A key that was made here leaves as PKCS#12 under a pass phrase that is shown once: give it by another way than the file. Who \
          has the key already gets the certificate alone.",
    command: "person.export",
    cli: "person export {person} --to FILE --confirm {person}",
    at: At::Only(person),
    ..STEP
};

pub(super) const NEW_CRL: Step = Step {
    key: "crl",
    title: "Sign the CRL",
    why: "A revocation is nothing to peers until a CRL carries it, and a CRL that is due is an outage for all.",
    command: "certifier.crl",
    cli: "crl issue {certifier}",
    at: At::Only(certifier),
    seen: Some(|case| case.crl_since()),
    ..STEP
};

pub(super) const PUBLISH: Step = Step {
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

pub(super) const PUBLISH_SINCE: Step =
    Step { seen: Some(|case| case.crl_since() && case.published(false)), ..PUBLISH };

pub(super) const ARRIVED: Step = Step {
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
