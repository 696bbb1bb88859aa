//! Verbs as data, what each needs of the disk, and which function carries it out. Commits nothing.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Desk;
use crate::model::State;
use crate::model::accepted::Acceptance;
use crate::model::audit::setback::Reconciliation;
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::certifier::past::{History, ImportedCertifier};
use crate::model::certifier::rollover::NewKey;
use crate::model::certifier::{NewCertifier, Proposal, SignedBy};
use crate::model::change::{Change, Fact};
use crate::model::compromised::KeyHistory;
use crate::model::crl::CrlKind;
use crate::model::document::{Document, Saving};
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::export::Which;
use crate::model::finding::{Finding, Subject};
use crate::model::issued::{Issued, Reason, Revocation};
use crate::model::keyring::{ImportedKeyring, Keyring, MovedKeyring, NewKeyring, Role};
use crate::model::leftover::Way;
use crate::model::person::{NewPersonKey, Person};
use crate::model::policy::Amendment;
use crate::model::profile::Profile;
use crate::model::request::{Delivery, Note, Pkcs10, Plan, Request, RequestId, Status};
use crate::model::revocation::NewRevocation;
use crate::model::secret::Secret;
use crate::model::server::Server;
use crate::model::site::Site;
use crate::model::task::Task;
use crate::model::time::Timestamp;
use crate::ops::Env;
use crate::ops::accept::{accept, unaccept};
use crate::ops::amend;
use crate::ops::approve::approve;
use crate::ops::certifier_status::{Ending, Step, change_status, destroy_key};
use crate::ops::complete_certifier::{complete_certifier, give_up_certifier};
use crate::ops::compromised::{clear_key, drop_key_list, import_key_list, report_key};
use crate::ops::create_certifier::create_certifier;
use crate::ops::create_keyring::create_keyring;
use crate::ops::delete_keyring::delete_keyring;
use crate::ops::deny::deny;
use crate::ops::documents::save_documents;
use crate::ops::edit_plan::edit_plan;
use crate::ops::expire::expire;
use crate::ops::import_certifier::import_certifier;
use crate::ops::import_keyring::{import_keyring, move_keyring};
use crate::ops::import_request::{Known, import_requests};
use crate::ops::install::not_revoked;
use crate::ops::issue::{ByRequest, issue};
use crate::ops::issue_crl::{Prepared, issue_crl, wanted};
use crate::ops::note_request::note_request;
use crate::ops::person;
use crate::ops::pick_up::pick_up;
use crate::ops::profile::{delete_profile, save_profile};
use crate::ops::put_away::put_away;
use crate::ops::reconcile::{self, reconcile};
use crate::ops::renew_certifier::{issuer, renew_certifier, request_renewal};
use crate::ops::restore::undelete;
use crate::ops::revoke::{release, revoke};
use crate::ops::ring::{self, Act};
use crate::ops::roles;
use crate::ops::roll_over::roll_over;
use crate::ops::server;
use crate::ops::site::{delete_site, save_site};
use crate::ops::task;
use crate::ops::withdraw::withdraw;
use crate::pki::crl::Entries;
use crate::pki::key::PrivateKey;
use crate::pki::pem::Opening;
use crate::store::brought;
use crate::store::ledger::Listed;

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
    /// Accepts a finding as a risk for a time.
    AcceptFinding {
        /// What was found.
        finding: Box<Finding>,
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

/// What a verb needs of the disk beside the state.
#[derive(Default)]
pub(super) struct Needs {
    password: Secret,
    known: Known,
    request: Option<Request>,
    keys: ByRequest,
    issued: Vec<Issued>,
    crls: Vec<Prepared>,
    revocations: BTreeMap<Digest, Revocation>,
    ending: Ending,
    ledger: reconcile::Known,
}

impl Needs {
    pub(super) fn of(desk: &mut Desk, state: &State, verb: &Verb, now: Timestamp) -> Result<Self> {
        let mut needs = Self::default();
        match verb {
            Verb::Ring { act: Act::DropStash, .. } => {}
            // The password of the revision is what counts; the present one only saves asking when it is the same.
            Verb::Ring { keyring, act: Act::Restore { .. }, password } => {
                needs.password = desk.ring_password(state, keyring, password.as_ref()).unwrap_or_default();
            }
            Verb::Ring { keyring, act, password } => {
                if let Act::Install { certificates } = act {
                    needs.revocations = revocations(desk, certificates)?;
                }
                needs.password = desk.ring_password(state, keyring, password.as_ref())?;
            }
            Verb::ImportRequests(delivery) => needs.known = desk.known(delivery)?,
            Verb::PickUp { id, .. } | Verb::NoteRequest { id, .. } => {
                needs.request = Some(desk.request(*id)?);
            }
            Verb::Approve { id, .. }
            | Verb::Deny { id, .. }
            | Verb::EditPlan { id, .. }
            | Verb::WithdrawRequest { id, .. } => needs.look_at(desk, state, *id)?,
            Verb::Expire { ids } => {
                for id in ids {
                    needs.look_at(desk, state, *id)?;
                }
            }
            Verb::Issue { ids } => {
                for id in ids {
                    needs.look_at(desk, state, *id)?;
                }
            }
            Verb::Revoke { which, .. } | Verb::Release { which, .. } => {
                needs.issued = which.iter().map(|one| listed(desk, one)).collect::<Result<_>>()?;
            }
            Verb::StartTask(_) => needs.ledger.head = desk.store.ledger().head()?,
            Verb::Reconcile(asked) => needs.look_back(desk, state, asked)?,
            Verb::IssueCrl { certifier, kind } => needs.crls = crls(desk, state, certifier, *kind, now)?,
            Verb::DestroyKey { name, .. } => needs.ending = ending(desk, state, name, now)?,
            _ => {}
        }
        Ok(needs)
    }

    /// Looks up what the ledger knows, and which of the certificates in a file it does not know.
    fn look_back(&mut self, desk: &mut Desk, state: &State, asked: &Reconciliation) -> Result<()> {
        if let Some(path) = &asked.found {
            self.ledger.place = format!("file {}", brought::shown(path));
            let (found, ring) = brought::recognise(&brought::read(path, true)?.bytes, Opening::default())?;
            self.ledger.found = found.certificates;
            self.ledger.found.extend(ring.into_iter().flat_map(|ring| ring.entries).map(|e| e.certificate));
        }
        let ledger = desk.store.ledger();
        self.ledger.head = ledger.head()?;
        for name in state.certifiers.keys() {
            self.ledger.crls.insert(name.clone(), ledger.last_crl_number(name)?);
        }
        let mut unknown = Vec::new();
        for certificate in std::mem::take(&mut self.ledger.found) {
            if ledger.issued_by_sha256(&certificate.sha256)?.is_none() {
                unknown.push(certificate);
            }
        }
        self.ledger.found = unknown;
        Ok(())
    }

    /// Looks up what is known of the key of a request. Errors: it was closed long ago, and is not in the state.
    fn look_at(&mut self, desk: &mut Desk, state: &State, id: RequestId) -> Result<()> {
        let ledger = desk.store.ledger();
        match state.requests.get(&id) {
            Some(request) => {
                let issued = ledger.issued_by_key(&request.pkcs10.key.sha256)?;
                let listed = desk.store.lists().holding(&request.pkcs10.key, state)?;
                self.keys.insert(id, KeyHistory { issued, listed, before: None });
                Ok(())
            }
            None => match ledger.request(id)? {
                Some(closed) => Err(Error::refused(format!("Nothing was done with request {id}."))
                    .why(format!("It is {} already.", closed.status.word()))),
                None => Err(Error::not_found("request", &id.to_string())),
            },
        }
    }
}

/// Reads the entries of the CRLs that are to be signed now, and gives them their numbers.
pub(super) fn crls(
    desk: &mut Desk,
    state: &State,
    certifier: &str,
    kind: CrlKind,
    now: Timestamp,
) -> Result<Vec<Prepared>> {
    let issuer = &crate::ops::certifier(state, certifier)?.certificate;
    let ledger = desk.store.ledger();
    let floor = state.certifiers.get(certifier).map_or(0, |c| c.crl_floor);
    let last = ledger.last_crl_number(certifier)?.max(floor);
    let mut prepared = Vec::new();
    for (number, wanted) in (last + 1..).zip(wanted(state, certifier, kind, now)?) {
        let mut entries = Entries::new(issuer, now);
        let each = &mut |l: Listed<'_>| entries.push(l.serial, l.at, l.reason, l.invalidity);
        match wanted.base {
            Some(base) => ledger.revoked_since(certifier, base, each)?,
            None => ledger.revoked(certifier, wanted.part, now, each)?,
        }
        prepared.push(Prepared { wanted, number, entries });
    }
    Ok(prepared)
}

/// Looks up what the final CRL of a certifier has to carry, and until when.
pub(super) fn ending(desk: &mut Desk, state: &State, name: &str, now: Timestamp) -> Result<Ending> {
    let crls = crls(desk, state, name, CrlKind::Regular, now)?;
    let mut ending = Ending { crls, ..Ending::default() };
    super::valid(desk.store.ledger(), now, &mut |row| {
        if row.certifier == name {
            ending.valid += 1;
            ending.last = ending.last.max(Some(row.not_after));
        }
    })?;
    Ok(ending)
}

/// Finds a row of the issued list. Errors: no certifier of the workspace has issued it.
fn listed(desk: &mut Desk, which: &Which) -> Result<Issued> {
    let ledger = desk.store.ledger();
    let (found, name) = match which {
        Which::Serial(certifier, serial) => {
            (ledger.issued_by_serial(certifier, serial)?.map(|(row, _)| row), serial.to_string())
        }
        Which::Sha256(sha256) => (ledger.issued_by_sha256(sha256)?.map(|(row, _)| row), sha256.to_string()),
        Which::Issued(id) => (ledger.issued_rows(&[*id])?.pop(), format!("row {id}")),
    };
    found.ok_or_else(|| Error::not_found("issued certificate", &name))
}

/// Looks up which of some certificates are revoked, by SHA-256.
pub(super) fn revocations(
    desk: &mut Desk,
    certificates: &[Certificate],
) -> Result<BTreeMap<Digest, Revocation>> {
    let mut found = BTreeMap::new();
    for c in certificates {
        let row = desk.store.ledger().issued_by_sha256(&c.sha256)?;
        found.extend(row.and_then(|(row, _)| row.revoked).map(|r| (c.sha256, r)));
    }
    Ok(found)
}

pub(super) fn perform(state: &State, verb: &Verb, needs: &mut Needs, env: &mut Env<'_>) -> Result<Change> {
    match verb {
        Verb::CreateCertifier(asked) => create_certifier(state, asked, env),
        Verb::CompleteCertifier { name, certificates } => complete_certifier(state, name, certificates, env),
        Verb::GiveUpCertifier { name } => give_up_certifier(state, name, env),
        Verb::ImportCertifier { asked, key, certificates, history } => {
            import_certifier(state, asked, key, certificates, history, env)
        }
        Verb::RollOver { name, asked } => roll_over(state, name, asked, env),
        Verb::RenewCertifier { name, years } => renew_certifier(state, name, *years, env),
        Verb::RequestCertifier { name } => request_renewal(state, name, env),
        Verb::CertifierStatus { name, step, why } => change_status(state, name, *step, why, env),
        Verb::DestroyKey { name, why } => destroy_key(state, name, why, &needs.ending, env),
        Verb::CreateKeyring(asked) => create_keyring(state, asked, env),
        Verb::ImportRequests(delivery) => import_requests(state, delivery, &needs.known, env),
        Verb::NoteRequest { note, .. } => match &needs.request {
            Some(request) => note_request(request, note, env),
            None => Err(Error::internal("A request was not looked up.")),
        },
        Verb::PickUp { to, .. } => match &needs.request {
            Some(request) => pick_up(request, to, env),
            None => Err(Error::internal("A request was not looked up.")),
        },
        Verb::EditPlan { id, plan } => edit_plan(state, *id, plan, env),
        Verb::WithdrawRequest { id, reason } => withdraw(state, *id, reason, env),
        Verb::Expire { ids } => expire(state, ids, env),
        Verb::Approve { id, plan } => {
            let nothing = KeyHistory::default();
            approve(state, *id, plan, needs.keys.get(id).unwrap_or(&nothing), env)
        }
        Verb::Deny { id, reason } => deny(state, *id, reason, env),
        Verb::Issue { ids } => issue(state, ids, &needs.keys, env),
        Verb::Ring { keyring, act, .. } => {
            if let Act::Install { certificates } = act {
                not_revoked(state, keyring, certificates, &needs.revocations, env.now)?;
            }
            ring::act(state, keyring, act, &needs.password, env)
        }
        Verb::ImportKeyring { asked, key, certificates, labels } => {
            import_keyring(state, asked, key.as_deref(), certificates, labels, env)
        }
        Verb::MoveKeyring { asked, ring } => move_keyring(state, asked, ring, env),
        Verb::Undelete { revision, password } => undelete(state, revision, password, env),
        Verb::PutAway { path } => put_away(state, path, env.now),
        Verb::DeleteKeyring { name } => delete_keyring(state, name),
        Verb::SaveProfile { before, profile } => save_profile(state, before.as_deref(), profile, env),
        Verb::DeleteProfile { name } => delete_profile(state, name, env),
        Verb::ReportKey { key, why } => report_key(state, *key, why, env),
        Verb::ClearKey { key, why } => clear_key(state, key, why),
        Verb::AcceptFinding { finding, asked } => accept(state, finding, asked, env),
        Verb::UnacceptFinding { rule, subject } => unaccept(state, rule, subject),
        Verb::ImportKeyList { name, source, bytes } => import_key_list(name, source, bytes),
        Verb::DropKeyList { name } => drop_key_list(state, name),
        Verb::SaveSite { before, site } => save_site(state, before.as_ref(), site),
        Verb::DeleteSite { name } => delete_site(state, name),
        Verb::SaveDocuments { changes } => save_documents(state, changes),
        Verb::SaveServer { before, server } => server::save_server(state, before.as_deref(), server),
        Verb::DeleteServer { name } => server::delete_server(state, name),
        Verb::ServerRefreshed { name } => server::refreshed(state, name, env),
        Verb::SavePerson { before, person } => person::save_person(state, before.as_ref(), person),
        Verb::DeletePerson { name } => person::delete_person(state, name),
        Verb::RegisterRequest { person, id } => person::register_request(state, person, *id, env),
        Verb::RegisterCertificates { person, certificates, source } => {
            person::register_certificates(state, person, certificates, source, env)
        }
        Verb::Unbind { person, key } => person::unbind(state, person, key),
        Verb::MakePersonKey(asked) => person::make_key(state, asked, env),
        Verb::Amend { certifier, before, amendment } => {
            amend::amend(state, certifier, *before, &amendment.policy, &amendment.reason, env)
        }
        Verb::Confirm { certifier, proposal } => amend::confirm(state, certifier, proposal, env),
        Verb::Withdraw { certifier, reason } => amend::withdraw(state, certifier, reason, env),
        Verb::StartTask(asked) => task::start_task(state, asked, needs.ledger.head, env),
        Verb::ChangeTask(changed) => task::change_task(state, changed),
        Verb::TickTask { name, step, note, done } => task::tick_task(state, name, step, note, *done, env),
        Verb::EndTask { name, anyway } => task::end_task(state, name, *anyway, env),
        Verb::Reconcile(asked) => reconcile(state, asked, &needs.ledger, env),
        Verb::Revoke { asked, .. } => revoke(state, &needs.issued, asked, env),
        Verb::Release { comment, .. } => release(state, &needs.issued, comment, env),
        Verb::IssueCrl { certifier, .. } => issue_crl(state, certifier, std::mem::take(&mut needs.crls), env),
    }
}

/// Says what became true, for the status line; `None` for a fact that another one in the same change says better.
pub(super) fn sentence(fact: &Fact) -> Option<String> {
    Some(match fact {
        Fact::CertifierCreated { certifier } if !certifier.origin.is_empty() => {
            format!("Certifier {} is taken over from {}.", certifier.name, certifier.origin)
        }
        Fact::CertifierCreated { certifier } => {
            format!("Certifier {} is made, with its certificate and first CRL.", certifier.name)
        }
        Fact::CertifierAwaited { awaited } => format!(
            "The key of certifier {} is made; its request has to be answered, and the certificate be brought back.",
            awaited.name
        ),
        Fact::CertifierGivenUp { name } => format!("Certifier {name} is given up; its key is destroyed."),
        Fact::CertifierStatusChanged { certifier, plan, .. } if !plan.is_empty() => {
            format!("The key of certifier {certifier} is destroyed: {plan}.")
        }
        Fact::CertifierStatusChanged { certifier, status, .. } => {
            format!("Certifier {certifier} is {}.", status.word())
        }
        Fact::CertifierSucceeded { certifier, by } => {
            format!("Certifier {certifier} is succeeded by {by}, and signs CRLs only.")
        }
        Fact::CertifierRequested { certifier, .. } => {
            format!(
                "A request of the key of certifier {certifier} is made; its certificate is to be brought back."
            )
        }
        Fact::CertifierRenewed { certifier, certificate, .. } => {
            format!("Certifier {certifier} has its certificate until {}.", certificate.not_after.date())
        }
        Fact::WorkspaceCreated => return None,
        Fact::FilePutAway { path } => format!("{path} was moved to the history."),
        Fact::KeyringCreated { keyring } if keyring.is_self_certified() => {
            format!("Keyring {} is made and certifies itself, for tests only.", keyring.name)
        }
        Fact::KeyringCreated { keyring } => made(keyring),
        Fact::RequestReceived { request } => match &request.keyring {
            Some(ring) if request.source == format!("keyring {ring}") => {
                format!("Keyring {ring} is made; its request {} waits for a decision.", request.id)
            }
            Some(_) => format!("Request {} waits for a decision: {}.", request.id, request.source),
            None => format!("Request {} waits for a decision.", request.id),
        },
        Fact::CrlIssued { crl, .. } if crl.number == 1 => return None,
        Fact::CrlIssued { crl, .. } if crl.partition > 0 => return None,
        Fact::CrlIssued { certifier, crl, .. } => {
            let what = if crl.base.is_some() { "delta CRL" } else { "CRL" };
            format!("Certifier {certifier} signed {what} {} with {} entries.", crl.number, crl.entries)
        }
        Fact::CrlPublished { certifier, number, target, proved, .. } => {
            let proof = if *proved { ", and read back there" } else { "" };
            format!("CRL {number} of certifier {certifier} was published: {target}{proof}.")
        }
        Fact::CrlProved { certifier, number, source, .. } => {
            format!("What is served is CRL {number} of certifier {certifier}: {source}.")
        }
        Fact::KeyringChanged { keyring, what } => format!("Keyring {}: {what}.", keyring.name),
        Fact::KeyringRenamed { from, keyring } => format!("Keyring {from} is called {} now.", keyring.name),
        Fact::KeyringDeleted { name } => format!("Keyring {name} was moved to the history."),
        Fact::KeyExported { keyring, what } => {
            format!("The private key of keyring {keyring} was exported: {what}.")
        }
        Fact::PolicyAmended { certifier, policy, version } => {
            let alone = version.as_ref().map_or("", |v| v.alone.as_str());
            let alone = if alone.is_empty() { String::new() } else { format!(", amended alone ({alone})") };
            format!("Certifier {certifier} has policy version {}{alone}.", policy.version)
        }
        Fact::PolicyProposed { certifier, proposal } => format!(
            "Policy version {} of certifier {certifier} is proposed; another CAA has to confirm it.",
            proposal.policy.version
        ),
        Fact::ProposalWithdrawn { certifier, version, .. } => {
            format!("The proposed policy version {version} of certifier {certifier} is withdrawn.")
        }
        Fact::RequestApproved { id, plan, relaxed, .. } => {
            let relaxed = if relaxed.is_empty() { String::new() } else { format!(" ({relaxed})") };
            format!("Request {id} is approved{relaxed}; {} has to sign it.", plan.certifier)
        }
        Fact::RequestDenied { id, .. } => format!("Request {id} is denied."),
        Fact::RequestNoted { id, .. } => format!("It is noted at request {id}."),
        Fact::PlanEdited { id, .. } => {
            format!(
                "Request {id} is under review: what will be issued was edited, and somebody else approves it."
            )
        }
        Fact::RequestWithdrawn { id, .. } => format!("Request {id} is withdrawn."),
        Fact::RequestExpired { id, .. } => format!("Request {id} is expired."),
        Fact::SigningFailed { id, .. } => {
            format!("Request {id} could not be signed and is under review again.")
        }
        Fact::CertificatePickedUp { id, to, .. } => {
            format!("The certificate of request {id} was picked up: {to}.")
        }
        Fact::CertificateIssued { issued, .. } => {
            format!("{} signed {} with serial {}.", issued.certifier, issued.subject, issued.serial)
        }
        Fact::CertificateRecorded { .. } => return None,
        Fact::CertificateRevoked { certifier, serial, reason, .. } => {
            let how = if reason.is_hold() { "on hold" } else { "revoked" };
            format!("Serial {serial} is {how}; certifier {certifier} owes a new CRL.")
        }
        Fact::RevocationChanged { certifier, serial, reason, .. } => {
            format!("Serial {serial} is revoked for {}; certifier {certifier} owes a new CRL.", reason.name())
        }
        Fact::CertificateReleased { certifier, serial, .. } => {
            format!("Serial {serial} is released; certifier {certifier} owes a new CRL.")
        }
        Fact::SiteSaved { site } => format!("Site {} is saved.", site.name),
        Fact::SiteDeleted { name } => format!("Site {name} is deleted."),
        Fact::ServerSaved { server } => format!("Server {} is saved.", server.name),
        Fact::ServerDeleted { name } => format!("Server {name} is deleted."),
        Fact::ProfileSaved { profile } => {
            format!("Profile {} is saved as version {}.", profile.name, profile.version)
        }
        Fact::ProfileDeleted { name, instead: Some(_) } => {
            format!("Profile {name} is the built-in one again.")
        }
        Fact::ProfileDeleted { name, .. } => format!("Profile {name} is deleted."),
        Fact::KeyReported { report } => {
            format!("The key {} is reported; it will not be certified.", report.key.short())
        }
        Fact::KeyCleared { key, .. } => format!("The report of key {} is taken back.", key.short()),
        Fact::FindingAccepted { risk } => {
            format!(
                "{} about {} is accepted until {}.",
                risk.rule,
                visible(&risk.subject.to_string()),
                risk.until.date()
            )
        }
        Fact::FindingUnaccepted { rule, subject } => {
            format!("{rule} about {} is not accepted any more.", visible(&subject.to_string()))
        }
        Fact::KeyListSaved { list } => {
            format!("The list {} is kept: {} {}.", list.name, list.entries, list.sort.word())
        }
        Fact::KeyListDropped { name } => format!("The list {name} is dropped."),
        Fact::PersonSaved { what, .. } if what.starts_with("certificate") && what.contains(" issued by ") => {
            return None;
        }
        Fact::PersonSaved { person, what } => format!("Person {}: {what}.", person.name),
        Fact::TaskSaved { task, what } => format!("Task {}: {what}.", task.name),
        Fact::PersonDeleted { name } => {
            format!("Person {name} is deleted; keys and certificates stay where they are.")
        }
        Fact::SigningAbandoned { what, .. } => format!("An unfinished signature was found: {what}."),
        Fact::Refused { what, .. } => what.clone(),
        Fact::UnlockFailed { what } => format!("Unlocking failed: {what}."),
        Fact::Reconciled { crls, unlisted, .. } => {
            let next = crls.iter().map(|(name, number)| format!("{name} goes on with CRL {}", number + 1));
            let next = next.collect::<Vec<_>>().join(", ");
            let found = match unlisted.len() {
                0 => String::new(),
                1 => " One certificate that it does not know was found.".into(),
                n => format!(" {n} certificates that it does not know were found."),
            };
            let next = if next.is_empty() { String::new() } else { format!(" {next}.") };
            format!("The older ledger is gone on with.{next}{found}")
        }
        Fact::UnlockRehearsed { certifier, with } => {
            format!("Certifier {certifier} opens with {with}; it is locked again, and nothing was signed.")
        }
        Fact::KeyProtected { certifier, protection, before } if protection.words() == *before => format!(
            "The key of certifier {certifier} is sealed anew, still by {before}; the file before was wiped."
        ),
        Fact::KeyProtected { certifier, protection, before } => format!(
            "The key of certifier {certifier} is protected by {}, no longer by {before}; the file before was wiped.",
            protection.words()
        ),
        Fact::CertifierUnlocked { certifier } => format!("Certifier {certifier} is unlocked."),
    })
}

/// Says what became true of several requests, certificates or documents together.
pub(super) fn sentence_of_many(facts: &[Fact]) -> Option<String> {
    let saved = |nouns: &str| Some(format!("{} {nouns} are saved.", facts.len()));
    let word = match facts {
        [_] | [] => return None,
        [Fact::SiteSaved { .. }, ..] => return saved("sites"),
        [Fact::ServerSaved { .. }, Fact::ServerSaved { .. }, ..] => return saved("servers"),
        [Fact::PersonSaved { .. }, Fact::PersonSaved { .. }, ..] => return saved("people"),
        [Fact::RequestReceived { .. }, ..] => {
            return Some(format!("{} requests wait for a decision.", facts.len()));
        }
        [Fact::RequestExpired { .. }, ..] => return Some(format!("{} requests are expired.", facts.len())),
        [Fact::CertificateReleased { .. }, ..] => "released",
        [Fact::CertificateRevoked { .. } | Fact::RevocationChanged { .. }, ..] => "revoked",
        _ => return None,
    };
    Some(format!("{} certificates are {word}; their certifiers owe a new CRL.", facts.len()))
}

/// Says what a ring that is new here holds.
fn made(ring: &Keyring) -> String {
    let some = |role, one: &str, more: &str| match ring.with_role(role).count() {
        0 => None,
        1 => Some(format!("1 {one}")),
        n => Some(format!("{n} {more}")),
    };
    let own = match (ring.leaf(), &ring.key) {
        (Some(leaf), _) => Some(format!("{} until {}", leaf.subject, leaf.not_after.date())),
        (None, Some(_)) => Some("a key without a certificate".into()),
        (None, None) => None,
    };
    let above = some(Role::Chain, "intermediate", "intermediates");
    let roots = some(Role::Root, "trusted root", "trusted roots");
    let parts: Vec<_> = [own, above, roots].into_iter().flatten().collect();
    format!("Keyring {} is made: {}.", ring.name, parts.join(", "))
}
