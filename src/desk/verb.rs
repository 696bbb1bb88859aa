//! Verbs as data, and what can be told of one before it is carried out. Carries nothing out.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::State;
use crate::model::accepted::Acceptance;
use crate::model::audit::setback::Reconciliation;
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::certifier::past::{History, ImportedCertifier};
use crate::model::certifier::rollover::NewKey;
use crate::model::certifier::{NewCertifier, Proposal, SignedBy};
use crate::model::crl::CrlKind;
use crate::model::document::{Document, Saving};
use crate::model::export::Which;
use crate::model::finding::{Finding, Subject};
use crate::model::issued::Reason;
use crate::model::keyring::{ImportedKeyring, Keyring, MovedKeyring, NewKeyring};
use crate::model::leftover::Way;
use crate::model::person::{NewPersonKey, Person};
use crate::model::policy::Amendment;
use crate::model::profile::Profile;
use crate::model::request::{Delivery, Note, Pkcs10, Plan, RequestId, Status};
use crate::model::revocation::NewRevocation;
use crate::model::secret::Secret;
use crate::model::server::Server;
use crate::model::site::Site;
use crate::model::task::Task;
use crate::ops::certifier_status::Step;
use crate::ops::renew_certifier::issuer;
use crate::ops::ring::Act;
use crate::ops::roles;
use crate::pki::key::PrivateKey;

/// Everything that can be asked of the workspace, as data. Secrets in it are the [`Secret`] type.
#[derive(Debug, Clone, PartialEq)]
pub enum Verb {
    /// Makes a certifier with its certificate and first CRL; it is unlocked afterwards.
    CreateCertifier(NewCertifier),
    /// Makes a certifier of one that waits, from the certificates that came back; its key has to be unlocked.
    CompleteCertifier {
        /// The certifier.
        name: String,
        /// Its certificate and those above it, in any order.
        certificates: Vec<Certificate>,
    },
    /// Gives a certifier up that waits for its certificate, and its key with it.
    GiveUpCertifier {
        /// The certifier.
        name: String,
    },
    /// Makes a certifier of an authority that was run elsewhere; it is unlocked afterwards.
    ImportCertifier {
        /// Its name, policy and password.
        asked: ImportedCertifier,
        /// Its private key.
        key: Arc<PrivateKey>,
        /// Its certificate and those above it, in any order.
        certificates: Vec<Certificate>,
        /// What it has issued before.
        history: Arc<History>,
    },
    /// Gives a certifier a successor: another key under the same subject. Its key and its issuer's have to be unlocked.
    RollOver {
        /// The certifier.
        name: String,
        /// The key that takes over.
        asked: NewKey,
    },
    /// Renews the certificate of a subordinate certifier for the same key; the certifier above has to be unlocked.
    RenewCertifier {
        /// The certifier.
        name: String,
        /// For how many years of 365 days.
        years: u32,
    },
    /// Makes a request of a certifier's key, for an authority elsewhere to renew its certificate; it has to be unlocked.
    RequestCertifier {
        /// The certifier.
        name: String,
    },
    /// Disables, enables or retires a certifier.
    CertifierStatus {
        /// The certifier.
        name: String,
        /// What shall become of it.
        step: Step,
        /// Why.
        why: String,
    },
    /// Signs the final CRL of a retired certifier and destroys its key; it has to be unlocked.
    DestroyKey {
        /// The certifier.
        name: String,
        /// Why.
        why: String,
    },
    /// Makes a keyring with key and request, and puts the request into the queue.
    CreateKeyring(NewKeyring),
    /// Puts requests made elsewhere into the queue.
    ImportRequests(Delivery),
    /// Notes whom to ask about a request.
    NoteRequest {
        /// Which.
        id: RequestId,
        /// What is known from now on.
        note: Note,
    },
    /// Edits what will be issued.
    EditPlan {
        /// For which request.
        id: RequestId,
        /// What shall be issued, if somebody else approves it.
        plan: Plan,
    },
    /// Approves a request.
    Approve {
        /// Which.
        id: RequestId,
        /// What shall be issued; its `reason` says why warnings are accepted.
        plan: Plan,
    },
    /// Denies a request.
    Deny {
        /// Which.
        id: RequestId,
        /// Why.
        reason: String,
    },
    /// Takes a request back.
    WithdrawRequest {
        /// Which.
        id: RequestId,
        /// Why.
        reason: String,
    },
    /// Crosses requests off that were open for too long.
    Expire {
        /// Which.
        ids: Vec<RequestId>,
    },
    /// Records that the certificate of a request was handed out.
    PickUp {
        /// Which.
        id: RequestId,
        /// Where to, in words.
        to: String,
    },
    /// Signs approved requests; the certifiers have to be unlocked.
    Issue {
        /// Which.
        ids: Vec<RequestId>,
    },
    /// Changes a keyring after proving its password.
    Ring {
        /// The keyring.
        keyring: String,
        /// What is done to it.
        act: Act,
        /// The ring's password; `None` asks the stash.
        password: Option<Secret>,
    },
    /// Makes a keyring of a key and certificates that were made elsewhere.
    ImportKeyring {
        /// Its name and how it is sealed.
        asked: ImportedKeyring,
        /// The private key; `None` makes a ring of trusted roots only.
        key: Option<Arc<PrivateKey>>,
        /// Its certificate, the chain and roots, in any order.
        certificates: Vec<Certificate>,
        /// What certificates are called where they come from, by SHA-256.
        labels: BTreeMap<Digest, String>,
    },
    /// Takes a keyring of another host over.
    MoveKeyring {
        /// Its name here and its password.
        asked: MovedKeyring,
        /// The ring as it came.
        ring: Box<Keyring>,
    },
    /// Brings a deleted keyring back.
    Undelete {
        /// The keyring as it was.
        revision: Box<Keyring>,
        /// Its password.
        password: Secret,
    },
    /// Moves a file that is of no use among the keyrings to the history.
    PutAway {
        /// The path inside of the workspace.
        path: String,
    },
    /// Moves a keyring to the history.
    DeleteKeyring {
        /// The keyring.
        name: String,
    },
    /// Makes or changes a site document.
    SaveSite {
        /// The document as it was when editing began; `None` makes a new one.
        before: Option<Site>,
        /// The document as it shall be.
        site: Site,
    },
    /// Deletes a site document.
    DeleteSite {
        /// The document.
        name: String,
    },
    /// Saves documents of the directory together, all or none: an earlier version of one, or the same change of many.
    SaveDocuments {
        /// What each is and becomes.
        changes: Vec<Saving>,
    },
    /// Saves a Server document.
    SaveServer {
        /// It, as it was when editing began.
        before: Option<Box<Server>>,
        /// It, as it shall be.
        server: Box<Server>,
    },
    /// Deletes a Server document.
    DeleteServer {
        /// Which.
        name: String,
    },
    /// Notes that a server was restarted or refreshed, and runs with what its documents say now.
    ServerRefreshed {
        /// Which.
        name: String,
    },
    /// Makes a profile, or its next version.
    SaveProfile {
        /// The profile as it was when editing began; `None` makes a new one.
        before: Option<Box<Profile>>,
        /// The profile as it shall be.
        profile: Box<Profile>,
    },
    /// Deletes a profile.
    DeleteProfile {
        /// The profile.
        name: String,
    },
    /// Reports a key as known to others.
    ReportKey {
        /// SHA-256 of the SubjectPublicKeyInfo, or of the number that makes the key.
        key: Digest,
        /// How that is known.
        why: String,
    },
    /// Takes the report of a key back.
    ClearKey {
        /// What it was reported as.
        key: Digest,
        /// Why.
        why: String,
    },
    /// Accepts findings as a risk for a time.
    AcceptFindings {
        /// What was found.
        findings: Vec<Finding>,
        /// Why, and until when.
        asked: Acceptance,
    },
    /// Takes the acceptance of a finding back.
    UnacceptFinding {
        /// The rule.
        rule: String,
        /// The object it is about.
        subject: Subject,
    },
    /// Brings a list of compromised keys.
    ImportKeyList {
        /// The name it gets.
        name: String,
        /// The file that it is read from, without its folder.
        source: String,
        /// What the file holds.
        bytes: Arc<Vec<u8>>,
    },
    /// Drops a list of compromised keys.
    DropKeyList {
        /// The list.
        name: String,
    },
    /// Revokes issued certificates, or changes the reason, all or none; the next CRL carries them.
    Revoke {
        /// Which.
        which: Vec<Which>,
        /// Why, since when, and a remark.
        asked: NewRevocation,
    },
    /// Lifts the hold of certificates, all or none.
    Release {
        /// Which.
        which: Vec<Which>,
        /// A remark.
        comment: String,
    },
    /// Amends the policy of a certifier, or proposes that; its key has to be unlocked when it takes effect at once.
    Amend {
        /// The certifier.
        certifier: String,
        /// The version that was looked at.
        before: u32,
        /// The policy as it shall be, and why.
        amendment: Box<Amendment>,
    },
    /// Confirms the proposed amendment of a policy; the certifier has to be unlocked.
    Confirm {
        /// The certifier.
        certifier: String,
        /// The proposal that was looked at.
        proposal: Box<Proposal>,
    },
    /// Withdraws or rejects the proposed amendment of a policy.
    Withdraw {
        /// The certifier.
        certifier: String,
        /// Why.
        reason: String,
    },
    /// Makes or changes a person document.
    SavePerson {
        /// The document as it was when editing began; `None` makes a new one.
        before: Option<Person>,
        /// The document as it shall be.
        person: Person,
    },
    /// Deletes a person document.
    DeletePerson {
        /// The document.
        name: String,
    },
    /// Binds the key of a request to a person.
    RegisterRequest {
        /// The document, which is made when it is not there.
        person: String,
        /// The request.
        id: RequestId,
    },
    /// Binds the keys of certificates that others issued to a person.
    RegisterCertificates {
        /// The document, which is made when it is not there.
        person: String,
        /// The certificates.
        certificates: Vec<Certificate>,
        /// `file ann.pem`, `pasted`.
        source: String,
    },
    /// Takes a key and its certificates from a person.
    Unbind {
        /// The document.
        person: String,
        /// SHA-256 of the public key.
        key: Digest,
    },
    /// Makes a key for a person, and a request that names the person.
    MakePersonKey(NewPersonKey),
    /// Begins a guided task.
    StartTask(Task),
    /// Changes what a guided task is about.
    ChangeTask(Task),
    /// Ticks a step of a guided task, or takes the tick back.
    TickTask {
        /// The task.
        name: String,
        /// The step by its key or number.
        step: String,
        /// A remark.
        note: String,
        /// Whether it is ticked.
        done: bool,
    },
    /// Ends a guided task, with open steps only when `anyway` is set.
    EndTask {
        /// The task.
        name: String,
        /// Whether open steps are no matter.
        anyway: bool,
    },
    /// Goes on with a ledger that is older than one that was seen before.
    Reconcile(Reconciliation),
    /// Signs the next CRL, with its parts; the certifier has to be unlocked.
    IssueCrl {
        /// The certifier.
        certifier: String,
        /// Which.
        kind: CrlKind,
    },
}

impl Verb {
    /// Makes the verb that puts requests of one source into the queue.
    pub fn import(requests: Vec<Pkcs10>, source: &str) -> Self {
        Self::ImportRequests(Delivery::of(requests, source))
    }

    /// Makes a verb that changes a keyring; the stash gives the password until one is typed.
    pub fn ring(keyring: impl Into<String>, act: Act) -> Self {
        Self::Ring { keyring: keyring.into(), act, password: None }
    }

    /// Makes the verb that revokes one certificate from now on.
    pub fn revoke(certifier: impl Into<String>, serial: Serial, reason: Reason) -> Self {
        Self::Revoke {
            which: vec![Which::Serial(certifier.into(), serial)],
            asked: NewRevocation::of(reason),
        }
    }

    /// Makes the verb that signs the next CRL of a certifier, a regular one when it is due.
    pub fn issue_crl(certifier: impl Into<String>) -> Self {
        Self::IssueCrl { certifier: certifier.into(), kind: CrlKind::AsDue }
    }

    /// Makes the verb that cleans a leftover up.
    pub fn cleaning(way: &Way) -> Self {
        match way {
            Way::DeleteKeyring(name) => Self::DeleteKeyring { name: name.clone() },
            Way::DropNextKey(name) => Self::ring(name.clone(), Act::DropNextKey),
            Way::Deny(id) => Self::Deny { id: *id, reason: "abandoned".into() },
            Way::PutAway(path) => Self::PutAway { path: path.clone() },
        }
    }

    /// Returns the document that the verb saves over another version of it: as it was, and as it shall be.
    pub fn rewrites(&self) -> Option<(Document, Document)> {
        Some(match self {
            Self::SaveSite { before: Some(before), site } => {
                (Document::Site(Box::new(before.clone())), Document::Site(Box::new(site.clone())))
            }
            Self::SaveServer { before: Some(before), server } => {
                (Document::Server(before.clone()), Document::Server(server.clone()))
            }
            Self::SavePerson { before: Some(before), person } => {
                (Document::Person(Box::new(before.clone())), Document::Person(Box::new(person.clone())))
            }
            _ => return None,
        })
    }

    /// Makes the verb that saves a document, over what it was or as a new one.
    pub fn saving(before: Option<Document>, after: Document) -> Self {
        match after {
            Document::Site(site) => {
                let before = match before {
                    Some(Document::Site(before)) => Some(*before),
                    _ => None,
                };
                Self::SaveSite { before, site: *site }
            }
            Document::Server(server) => {
                let before = match before {
                    Some(Document::Server(before)) => Some(before),
                    _ => None,
                };
                Self::SaveServer { before, server }
            }
            Document::Person(person) => {
                let before = match before {
                    Some(Document::Person(before)) => Some(*before),
                    _ => None,
                };
                Self::SavePerson { before, person: *person }
            }
            Document::Profile(profile) => {
                let before = match before {
                    Some(Document::Profile(before)) => Some(before),
                    _ => None,
                };
                Self::SaveProfile { before, profile }
            }
        }
    }

    /// Lists the certifiers whose keys have to be unlocked for the verb when this operator runs it, by name, each once.
    pub fn signers(&self, state: &State, operator: &str) -> Vec<String> {
        let alone = |name: &String| {
            let certifier = state.certifiers.get(name);
            certifier.is_some_and(|c| roles::amends_alone(&c.policy, operator).is_some())
        };
        let mut names = match self {
            Self::IssueCrl { certifier, .. } | Self::Confirm { certifier, .. } => vec![certifier.clone()],
            // A proposal is not signed.
            Self::Amend { certifier, .. } if alone(certifier) => vec![certifier.clone()],
            // A newer certificate of the same key needs no signature.
            Self::CompleteCertifier { name, .. } if state.certifiers.contains_key(name) => Vec::new(),
            Self::CompleteCertifier { name, .. }
            | Self::DestroyKey { name, .. }
            | Self::RequestCertifier { name } => vec![name.clone()],
            Self::RenewCertifier { name, .. } => {
                let own = state.certifiers.get(name);
                own.and_then(|own| issuer(state, own)).map(|c| c.name.clone()).into_iter().collect()
            }
            Self::RollOver { name, .. } => match state.certifiers.get(name) {
                Some(c) if c.certificate.is_self_issued() => vec![name.clone()],
                Some(c) => c.parent.iter().cloned().collect(),
                None => Vec::new(),
            },
            Self::CreateCertifier(NewCertifier { signed_by: SignedBy::Certifier(parent), .. }) => {
                vec![parent.clone()]
            }
            Self::Issue { ids } => {
                let of = |id| match &state.requests.get(id)?.status {
                    Status::Approved { plan, .. } => Some(plan.certifier.clone()),
                    _ => None,
                };
                ids.iter().filter_map(of).collect()
            }
            _ => Vec::new(),
        };
        names.sort_unstable();
        names.dedup();
        names
    }

    /// Tells whether it makes a signature that a certifier answers for: a clock that is wrong would date it wrongly.
    pub fn signs(&self) -> bool {
        matches!(
            self,
            Self::Issue { .. }
                | Self::IssueCrl { .. }
                | Self::DestroyKey { .. }
                | Self::CreateCertifier(_)
                | Self::CompleteCertifier { .. }
                | Self::RollOver { .. }
                | Self::RenewCertifier { .. }
                | Self::ImportCertifier { .. }
                | Self::Amend { .. }
                | Self::Confirm { .. }
        )
    }

    /// Returns the keyring whose password the verb needs.
    pub fn keyring(&self) -> Option<&str> {
        match self {
            Self::Ring { keyring, .. } => Some(keyring),
            Self::Undelete { revision, .. } => Some(&revision.name),
            _ => None,
        }
    }

    /// Tells whether it brings an earlier revision of a keyring back, which opens with the password it had then.
    pub fn brings_back(&self) -> bool {
        matches!(self, Self::Undelete { .. } | Self::Ring { act: Act::Restore { .. }, .. })
    }

    /// Sets the password of the keyring that the verb changes.
    #[must_use]
    pub fn with_password(mut self, typed: Secret) -> Self {
        match &mut self {
            // An earlier revision opens with the password it had then.
            Self::Ring { act: Act::Restore { password, .. }, .. } | Self::Ring { password, .. } => {
                *password = Some(typed);
            }
            Self::Undelete { password, .. } => *password = typed,
            _ => {}
        }
        self
    }
}
