//! Facts, in the past tense, and the files that make them durable. A verb returns a [`Change`]; the store commits it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::accepted::Accepted;
use super::audit::Head;
use super::audit::setback::{Remembered, Unlisted};
use super::bytes::{Der, Digest, Serial};
use super::certificate::Certificate;
use super::certifier::{Awaited, Certifier, CrlInfo, Policy, PolicyVersion, Proposal, Status as Standing};
use super::compromised::{KeyList, Reported};
use super::document::How;
use super::finding::Subject;
use super::issued::{Issued, Reason};
use super::keyring::Keyring;
use super::person::Person;
use super::profile::Profile;
use super::protection::KeyProtection;
use super::request::{Contact, Plan, Request, RequestId};
use super::server::Server;
use super::site::Site;
use super::task::Task;
use super::time::Timestamp;

/// What happened. Each fact is one entry of the audit chain; replaying them gives the state.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::large_enum_variant, reason = "each lives for a moment, or is one of few")]
pub enum Fact {
    /// The workspace was made.
    WorkspaceCreated,
    /// A certifier was made with its own certificate.
    CertifierCreated {
        /// It, without CRL.
        certifier: Certifier,
    },
    /// The key of a subordinate certifier was made; an authority elsewhere has to answer its request.
    CertifierAwaited {
        /// It.
        awaited: Awaited,
    },
    /// A certifier that waited for its certificate was given up, and its key with it.
    CertifierGivenUp {
        /// Its name.
        name: String,
    },
    /// A certifier was disabled, enabled, retired, or its key destroyed.
    CertifierStatusChanged {
        /// The certifier by name.
        certifier: String,
        /// Where it stands now.
        status: Standing,
        /// Until when its last CRL is valid and when its last certificate ends, in words; of a destroyed key only.
        #[serde(default)]
        plan: String,
        /// Why it was enabled, which no status says; may be empty.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// A certifier has a successor: another key under the same subject, which issues from now on.
    CertifierSucceeded {
        /// The certifier by name.
        certifier: String,
        /// The name of its successor.
        by: String,
    },
    /// A request of a certifier's key was made, for an authority elsewhere to renew its certificate.
    CertifierRequested {
        /// The certifier by name.
        certifier: String,
        /// The request.
        der: Der,
    },
    /// A certifier has another certificate of the same key, or another chain above it.
    CertifierRenewed {
        /// The certifier by name.
        certifier: String,
        /// Its certificate from now on.
        certificate: Certificate,
        /// Those above it, upward.
        chain: Vec<Certificate>,
        /// The certifier of the workspace that signed it.
        parent: Option<String>,
    },
    /// A certifier's policy was amended.
    PolicyAmended {
        /// The certifier by name.
        certifier: String,
        /// The new policy.
        policy: Policy,
        /// The version as it was signed; facts from before do not have it.
        #[serde(default)]
        version: Option<PolicyVersion>,
    },
    /// An amendment of a policy was proposed and waits for a second CAA.
    PolicyProposed {
        /// The certifier by name.
        certifier: String,
        /// It.
        proposal: Proposal,
    },
    /// A proposed amendment came to nothing.
    ProposalWithdrawn {
        /// The certifier by name.
        certifier: String,
        /// The policy version it would have made.
        version: u32,
        /// Who withdrew or rejected it.
        by: String,
        /// Why; may be empty.
        reason: String,
    },
    /// A CRL was signed.
    CrlIssued {
        /// The certifier by name.
        certifier: String,
        /// What it is.
        crl: CrlInfo,
        /// The CRL itself; the chain keeps only its hash.
        #[serde(skip)]
        der: Der,
    },
    /// A keyring was made.
    KeyringCreated {
        /// The public part.
        keyring: Keyring,
    },
    /// A keyring was changed; `what` says in a few words how.
    KeyringChanged {
        /// The whole public part after the change.
        keyring: Keyring,
        /// `certificate installed`, `trusted root added` ...
        what: String,
    },
    /// A keyring got another name; documents that name it are facts of their own in the same change.
    KeyringRenamed {
        /// The name before.
        from: String,
        /// The whole public part after the change.
        keyring: Keyring,
    },
    /// A keyring was moved to history.
    KeyringDeleted {
        /// Its name.
        name: String,
    },
    /// A file that was of no use where it stood was moved to the history.
    FilePutAway {
        /// The path inside of the workspace.
        path: String,
    },
    /// The private key of a keyring is about to be written outside of the workspace.
    KeyExported {
        /// The keyring by name.
        keyring: String,
        /// In which form and where to, without any secret.
        what: String,
    },
    /// A request entered the queue, pending.
    RequestReceived {
        /// It.
        request: Request,
    },
    /// A request was approved.
    RequestApproved {
        /// Its number.
        id: RequestId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
        /// What shall be issued.
        plan: Plan,
        /// SHA-256 over what profile and policy said then; what is signed has to be bound to the same.
        #[serde(default)]
        terms: Digest,
        /// The relaxation of the policy that allowed it; empty when every rule was kept.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        relaxed: String,
    },
    /// A request was denied.
    RequestDenied {
        /// Its number.
        id: RequestId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// What is known about whom to ask was changed.
    RequestNoted {
        /// Its number.
        id: RequestId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
        /// Whom to ask, from now on.
        contact: Contact,
        /// The comment, from now on.
        comment: String,
    },
    /// What will be issued was edited; an approval that was given before is void.
    PlanEdited {
        /// The number of the request.
        id: RequestId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
        /// What shall be issued, if somebody else approves it.
        plan: Plan,
    },
    /// A request was taken back by whom it is for.
    RequestWithdrawn {
        /// Its number.
        id: RequestId,
        /// Who noted it.
        by: String,
        /// When.
        at: Timestamp,
        /// Why.
        reason: String,
    },
    /// A request was crossed off, for it was open for too long.
    RequestExpired {
        /// Its number.
        id: RequestId,
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
        /// After how many days it may be.
        days: u32,
    },
    /// An approved request could not be signed, and is back under review.
    SigningFailed {
        /// Its number.
        id: RequestId,
        /// Who tried.
        by: String,
        /// When.
        at: Timestamp,
        /// Why not.
        reason: String,
    },
    /// A certificate was handed to its requester.
    CertificatePickedUp {
        /// The number of the request.
        id: RequestId,
        /// Who handed it out.
        by: String,
        /// When.
        at: Timestamp,
        /// Where to, in words.
        to: String,
    },
    /// A certificate was signed.
    CertificateIssued {
        /// The row of the issued list.
        issued: Issued,
        /// The certificate itself; the chain keeps only its hash.
        #[serde(skip)]
        der: Der,
    },
    /// The latest CRLs of a certifier were brought to where peers fetch them.
    CrlPublished {
        /// The certifier by name.
        certifier: String,
        /// The number of the complete CRL.
        number: u64,
        /// Where: `folder /srv/crl`, `command publish-crl`.
        target: String,
        /// When.
        at: Timestamp,
        /// Whether it was read back there and is what was signed.
        proved: bool,
    },
    /// What peers fetch was looked at and is the latest CRL of a certifier.
    CrlProved {
        /// The certifier by name.
        certifier: String,
        /// The number of the CRL.
        number: u64,
        /// SHA-256 of what is served.
        sha256: Digest,
        /// Where it was found: the address, or the file that was brought back.
        source: String,
        /// When.
        at: Timestamp,
    },
    /// A certificate was brought into the issued list that its certifier had signed before it came here.
    CertificateRecorded {
        /// The row of the issued list; `origin.elsewhere` says where it is from. A revocation is a fact of its own.
        issued: Issued,
        /// The certificate itself, empty when it is not known; the chain keeps only its hash.
        #[serde(skip)]
        der: Der,
    },
    /// A certificate was revoked or put on hold; the next CRL will carry it.
    CertificateRevoked {
        /// The certifier by name.
        certifier: String,
        /// The serial number.
        serial: Serial,
        /// Why.
        reason: Reason,
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
        /// From when on it is to be held invalid.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        invalidity: Option<Timestamp>,
        /// A remark.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        comment: String,
    },
    /// The reason of a revocation was changed: a hold became final, or the key turned out to be known to others.
    RevocationChanged {
        /// The certifier by name.
        certifier: String,
        /// The serial number.
        serial: Serial,
        /// Why, from now on.
        reason: Reason,
        /// The revocation date, which stays.
        at: Timestamp,
        /// When it was changed.
        changed: Timestamp,
        /// Who changed it.
        by: String,
        /// From when on it is to be held invalid.
        invalidity: Option<Timestamp>,
        /// A remark.
        comment: String,
    },
    /// A hold was lifted; the next CRL will not carry the certificate.
    CertificateReleased {
        /// The certifier by name.
        certifier: String,
        /// The serial number.
        serial: Serial,
        /// When.
        at: Timestamp,
        /// Who.
        by: String,
        /// A remark.
        comment: String,
    },
    /// A site document was made or changed.
    SiteSaved {
        /// The document after the change.
        site: Site,
        /// How it came to be so.
        #[serde(default, skip_serializing_if = "How::is_written")]
        how: How,
    },
    /// A site document was deleted.
    SiteDeleted {
        /// Its name.
        name: String,
    },
    /// A Server document was made or changed.
    ServerSaved {
        /// The document after the change.
        server: Box<Server>,
        /// How it came to be so.
        #[serde(default, skip_serializing_if = "How::is_written")]
        how: How,
    },
    /// A Server document was deleted.
    ServerDeleted {
        /// Its name.
        name: String,
    },
    /// A profile was made or changed; earlier approvals by it are good no more.
    ProfileSaved {
        /// It, after the change.
        profile: Box<Profile>,
    },
    /// A profile was deleted.
    ProfileDeleted {
        /// Its name.
        name: String,
        /// The built-in one that counts again.
        instead: Option<Box<Profile>>,
    },
    /// A key was reported as known to others.
    KeyReported {
        /// Which, and how that is known.
        report: Reported,
    },
    /// The report of a key was taken back.
    KeyCleared {
        /// What it was reported as.
        key: Digest,
        /// Why.
        why: String,
    },
    /// A list of compromised keys was brought.
    KeyListSaved {
        /// It, without its entries.
        list: KeyList,
    },
    /// A list of compromised keys was dropped.
    KeyListDropped {
        /// Its name.
        name: String,
    },
    /// A finding was accepted as a risk for a time.
    FindingAccepted {
        /// Which, why, and until when.
        risk: Accepted,
    },
    /// A finding is not accepted any more.
    FindingUnaccepted {
        /// The rule.
        rule: String,
        /// The object it is about.
        subject: Subject,
    },
    /// A person document was made or changed; `what` says in a few words how.
    PersonSaved {
        /// The document after the change.
        person: Person,
        /// `made`, `key bound from request 3` ...
        what: String,
    },
    /// A person document was deleted.
    PersonDeleted {
        /// Its name.
        name: String,
    },
    /// A guided task was begun, changed, ticked or ended; `what` says which.
    TaskSaved {
        /// The task after that.
        task: Task,
        /// `begun`, `ticked: Print the head` ...
        what: String,
    },
    /// A signature was intended, and nothing signed was recorded within ten minutes: a crash or failure came between, or
    /// another console was faster and the work was done again. The number is spent.
    SigningAbandoned {
        /// The certifier by name.
        certifier: String,
        /// What was to be signed: `certificate 0A1B..` or `CRL 7`.
        what: String,
        /// SHA-256 of the to-be-signed bytes.
        tbs: Digest,
    },
    /// Somebody wanted what a role or the rule of two people forbids; nothing was done.
    Refused {
        /// What it is about.
        about: Subject,
        /// What was refused, one sentence.
        what: String,
        /// Which rule forbids it.
        why: String,
    },
    /// A witness read what the key of a certifier was about to be used for, and confirmed it; it is done with this.
    StepWitnessed {
        /// The certifier.
        certifier: String,
        /// The witness.
        by: String,
        /// What was confirmed, in words.
        step: String,
    },
    /// A secret was asked and the answer was wrong.
    UnlockFailed {
        /// `certifier root` or `keyring mail`.
        what: String,
    },
    /// A person decided to go on with a ledger that is older than one that was seen before.
    Reconciled {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
        /// Why the older one is here, and what is known to be lost.
        reason: String,
        /// What was seen of the newer one.
        remembered: Remembered,
        /// The last entry of the older one.
        found: Head,
        /// The CRL number of each certifier that its next one has to be above.
        crls: BTreeMap<String, u64>,
        /// Certificates of certifiers here that were found and are not in the issued list.
        unlisted: Vec<Unlisted>,
    },
    /// A certifier's key was unlocked in a session.
    CertifierUnlocked {
        /// The certifier by name.
        certifier: String,
    },
    /// A certifier's key was unlocked to see that it can be, and forgotten at once; nothing was signed.
    UnlockRehearsed {
        /// The certifier by name.
        certifier: String,
        /// What opened it: `the password`, `shares 1 and 3`.
        with: String,
    },
    /// Another protection was put on a certifier's key; the file before was wiped.
    KeyProtected {
        /// The certifier by name.
        certifier: String,
        /// The protection now.
        protection: KeyProtection,
        /// What it was before, in words.
        before: String,
    },
}

impl Fact {
    /// Says how the document came to be so that it tells was saved.
    pub fn came(&mut self, way: &How) {
        match self {
            Self::SiteSaved { how, .. } | Self::ServerSaved { how, .. } => how.clone_from(way),
            Self::PersonSaved { what, .. } if !way.is_written() => *what = way.words(),
            _ => {}
        }
    }

    /// Says how a saved document came to say what it says, where that is known: what was changed of a person, or which earlier
    /// version of a site or server is back.
    pub fn way(&self) -> String {
        match self {
            Self::SiteSaved { how, .. } | Self::ServerSaved { how, .. } => how.words(),
            Self::PersonSaved { what, .. } => what.clone(),
            _ => String::new(),
        }
    }

    /// Returns the kind as a word, as it stands in the audit list.
    pub fn word(&self) -> &'static str {
        match self {
            Self::WorkspaceCreated => "workspace created",
            Self::CertifierCreated { .. } => "certifier created",
            Self::CertifierAwaited { .. } => "certifier awaited",
            Self::CertifierGivenUp { .. } => "certifier given up",
            Self::CertifierStatusChanged { status, .. } => match status {
                Standing::Active => "certifier enabled",
                Standing::Disabled(_) => "certifier disabled",
                Standing::Retired(_) => "certifier retired",
                Standing::Destroyed(_) => "certifier key destroyed",
            },
            Self::CertifierSucceeded { .. } => "certifier succeeded",
            Self::CertifierRequested { .. } => "certifier renewal requested",
            Self::CertifierRenewed { .. } => "certifier renewed",
            Self::PolicyAmended { .. } => "policy amended",
            Self::PolicyProposed { .. } => "policy proposed",
            Self::ProposalWithdrawn { .. } => "proposal withdrawn",
            Self::CrlIssued { .. } => "CRL issued",
            Self::KeyringCreated { .. } => "keyring created",
            Self::KeyringChanged { .. } => "keyring changed",
            Self::KeyringRenamed { .. } => "keyring renamed",
            Self::KeyringDeleted { .. } => "keyring deleted",
            Self::FilePutAway { .. } => "file put away",
            Self::KeyExported { .. } => "key exported",
            Self::RequestReceived { .. } => "request received",
            Self::RequestApproved { .. } => "request approved",
            Self::RequestDenied { .. } => "request denied",
            Self::RequestNoted { .. } => "request noted",
            Self::PlanEdited { .. } => "plan edited",
            Self::RequestWithdrawn { .. } => "request withdrawn",
            Self::RequestExpired { .. } => "request expired",
            Self::SigningFailed { .. } => "signing failed",
            Self::CertificatePickedUp { .. } => "certificate picked up",
            Self::CertificateIssued { .. } => "certificate issued",
            Self::CrlPublished { .. } => "CRL published",
            Self::CrlProved { .. } => "CRL proved",
            Self::CertificateRecorded { .. } => "certificate recorded",
            Self::CertificateRevoked { .. } => "certificate revoked",
            Self::RevocationChanged { .. } => "revocation changed",
            Self::CertificateReleased { .. } => "certificate released",
            Self::SiteSaved { .. } => "site saved",
            Self::SiteDeleted { .. } => "site deleted",
            Self::ServerSaved { .. } => "server saved",
            Self::ServerDeleted { .. } => "server deleted",
            Self::ProfileSaved { .. } => "profile saved",
            Self::ProfileDeleted { .. } => "profile deleted",
            Self::KeyReported { .. } => "key reported",
            Self::KeyCleared { .. } => "key cleared",
            Self::KeyListSaved { .. } => "key list saved",
            Self::KeyListDropped { .. } => "key list dropped",
            Self::FindingAccepted { .. } => "finding accepted",
            Self::FindingUnaccepted { .. } => "finding no longer accepted",
            Self::PersonSaved { .. } => "person saved",
            Self::PersonDeleted { .. } => "person deleted",
            Self::TaskSaved { .. } => "task saved",
            Self::SigningAbandoned { .. } => "signing abandoned",
            Self::Refused { .. } => "refused",
            Self::StepWitnessed { .. } => "step witnessed",
            Self::UnlockFailed { .. } => "unlock failed",
            Self::CertifierUnlocked { .. } => "certifier unlocked",
            Self::UnlockRehearsed { .. } => "unlock rehearsed",
            Self::KeyProtected { .. } => "key protected",
            Self::Reconciled { .. } => "ledger reconciled",
        }
    }

    /// Returns what the fact is about.
    pub fn subject(&self) -> Subject {
        match self {
            Self::WorkspaceCreated
            | Self::FilePutAway { .. }
            | Self::Reconciled { .. }
            | Self::ProfileSaved { .. }
            | Self::ProfileDeleted { .. }
            | Self::KeyReported { .. }
            | Self::KeyCleared { .. }
            | Self::KeyListSaved { .. }
            | Self::KeyListDropped { .. } => Subject::Workspace,
            Self::Refused { about, .. } => about.clone(),
            Self::FindingAccepted { risk } => risk.subject.clone(),
            Self::FindingUnaccepted { subject, .. } => subject.clone(),
            Self::UnlockFailed { what } => match what.split_once(' ') {
                Some(("certifier", name)) => Subject::Certifier(name.into()),
                Some(("keyring", name)) => Subject::Keyring(name.into()),
                _ => Subject::Workspace,
            },
            Self::CertifierCreated { certifier } => Subject::Certifier(certifier.name.clone()),
            Self::CertifierAwaited { awaited } => Subject::Certifier(awaited.name.clone()),
            Self::CertifierGivenUp { name } => Subject::Certifier(name.clone()),
            Self::PolicyAmended { certifier, .. }
            | Self::StepWitnessed { certifier, .. }
            | Self::CertifierStatusChanged { certifier, .. }
            | Self::CertifierSucceeded { certifier, .. }
            | Self::CertifierRequested { certifier, .. }
            | Self::CertifierRenewed { certifier, .. }
            | Self::PolicyProposed { certifier, .. }
            | Self::ProposalWithdrawn { certifier, .. }
            | Self::CrlIssued { certifier, .. }
            | Self::CrlPublished { certifier, .. }
            | Self::CrlProved { certifier, .. }
            | Self::SigningAbandoned { certifier, .. }
            | Self::UnlockRehearsed { certifier, .. }
            | Self::KeyProtected { certifier, .. }
            | Self::CertifierUnlocked { certifier } => Subject::Certifier(certifier.clone()),
            Self::KeyringCreated { keyring }
            | Self::KeyringChanged { keyring, .. }
            | Self::KeyringRenamed { keyring, .. } => Subject::Keyring(keyring.name.clone()),
            Self::KeyExported { keyring: name, .. } | Self::KeyringDeleted { name } => {
                Subject::Keyring(name.clone())
            }
            Self::RequestReceived { request } => Subject::Request(request.id),
            Self::RequestApproved { id, .. }
            | Self::RequestDenied { id, .. }
            | Self::RequestNoted { id, .. }
            | Self::PlanEdited { id, .. }
            | Self::RequestWithdrawn { id, .. }
            | Self::RequestExpired { id, .. }
            | Self::SigningFailed { id, .. }
            | Self::CertificatePickedUp { id, .. } => Subject::Request(*id),
            Self::CertificateIssued { issued, .. } | Self::CertificateRecorded { issued, .. } => {
                Subject::Issued(issued.certifier.clone(), issued.serial.clone())
            }
            Self::CertificateRevoked { certifier, serial, .. }
            | Self::RevocationChanged { certifier, serial, .. }
            | Self::CertificateReleased { certifier, serial, .. } => {
                Subject::Issued(certifier.clone(), serial.clone())
            }
            Self::SiteSaved { site, .. } => Subject::Site(site.name.clone()),
            Self::SiteDeleted { name } => Subject::Site(name.clone()),
            Self::ServerSaved { server, .. } => Subject::Server(server.name.clone()),
            Self::ServerDeleted { name } => Subject::Server(name.clone()),
            Self::PersonSaved { person, .. } => Subject::Person(person.name.clone()),
            Self::PersonDeleted { name } => Subject::Person(name.clone()),
            Self::TaskSaved { .. } => Subject::Workspace,
        }
    }
}

/// One file to be replaced (or made, or moved to history) with a commit.
#[derive(Clone, PartialEq, Eq)]
pub struct FileWrite {
    /// The path inside the workspace, with `/`.
    pub path: String,
    /// The new content; `None` moves the file to the history.
    pub bytes: Option<Zeroizing<Vec<u8>>>,
}

impl std::fmt::Debug for FileWrite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "FileWrite({}, {:?} bytes)", self.path, self.bytes.as_ref().map(|b| b.len()))
    }
}

/// A change: one or more facts which become true together, and the files that hold them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Change {
    /// The facts, in order.
    pub facts: Vec<Fact>,
    /// The files.
    pub files: Vec<FileWrite>,
}

impl Change {
    /// Makes a change of one fact without files.
    pub fn of(fact: Fact) -> Self {
        Self { facts: vec![fact], files: Vec::new() }
    }

    /// Adds another change, to be committed together with this one.
    pub fn extend(&mut self, other: Self) {
        self.facts.extend(other.facts);
        self.files.extend(other.files);
    }
}
