//! Work that runs elsewhere: what it is for, and how it is started. What becomes of its answer is the affair of
//! `answer`.

use std::collections::VecDeque;

use super::brought::Given;
use super::dialog::Dialog;
use super::dialog::secret::{Opens, SecretLine};
use super::model::{Model, Mood};
use super::msg::{Effect, JobId};
use super::pane::RowKey;
use crate::desk::Verb;
use crate::desk::export::Asked;
use crate::model::certificate::Certificate;
use crate::model::crl::CrlKind;
use crate::model::document::Sort;
use crate::model::leftover::Way;
use crate::model::person::Delivery;
use crate::model::request::{Plan, RequestId};
use crate::model::secret::Secret;
use crate::ops::ring::Act;

/// What a file is read for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadFor {
    /// To see what it holds, and to go on from there.
    Anything,
    /// To put requests into the queue.
    Queue,
    /// To add trusted roots to this keyring.
    Trust(String),
    /// To install a certificate in this keyring.
    Install(String),
    /// To bind the keys of its certificates to this person.
    Person(String),
    /// To complete this certifier, which waits for its certificate.
    Certify(String),
    /// To verify what is in it.
    Verify,
    /// To prove that it is the current CRL of this certifier.
    Prove(String),
}

/// What a certificate of the issued list is fetched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IssuedFor {
    /// To show it whole.
    Show,
    /// To copy it as PEM.
    Copy,
    /// To write it to a file of this name.
    Write(String),
    /// To install it in this keyring.
    Install(String),
    /// To lay it beside another one: what is known already, and what is still to be fetched.
    Compare(Vec<Certificate>, VecDeque<RowKey>),
    /// To verify it.
    Verify,
}

/// A job that runs, and what it is for.
#[derive(Debug, Clone, PartialEq)]
pub enum Job {
    /// A verb.
    Verb(Box<Verb>),
    /// Unlocking a certifier, and what goes on by itself afterwards.
    Unlock(String, Option<Box<Verb>>),
    /// Rehearsing an unlock.
    Rehearse(String),
    /// Dealing shares for this certifier.
    Deal(String),
    /// Putting another protection on the key of this certifier.
    Protect(String),
    /// Locking.
    Lock,
    /// Locking, and suspending the console afterwards.
    Suspend,
    /// Reading the workspace again.
    Refresh,
    /// Reading a file or a paste.
    Read(ReadFor),
    /// Reading a server's log.
    ReadLog,
    /// Reading documents of a Domino directory.
    ReadDirectory,
    /// The roots of the system, for this keyring.
    SystemRoots(String),
    /// Running the checks.
    Examine,
    /// Completing a path.
    Complete,
    /// Previewing a plan for a request.
    Preview(RequestId, Plan),
    /// Previewing the next CRLs of this certifier.
    PreviewCrl(String, CrlKind),
    /// Working out what is to be renewed after the key rollover of this certifier.
    Worklist(String),
    /// Publishing the CRLs of this certifier.
    Push(String),
    /// Fetching what is served as the CRL of this certifier at this address.
    Fetch(String, String),
    /// Proving that what is served is what this certifier signed.
    Prove(String),
    /// The CRLs of this certifier so far.
    Register(String),
    /// Previewing plans for several requests.
    Previews,
    /// Looking for the certificate of a request.
    PickUp,
    /// Writing the certificate of this request.
    HandOut(RequestId),
    /// The ids of the issued list.
    Ids,
    /// When what is listed ends.
    Timeline,
    /// These rows of the issued list.
    Rows(Vec<u32>),
    /// One certificate of the issued list.
    Issued(IssuedFor),
    /// The latest CRL of a certifier.
    Crl(IssuedFor),
    /// Explaining a chain.
    Verify,
    /// Probing a site.
    Probe(String),
    /// Scanning the service at this host and port.
    Scan(String),
    /// Visiting services; what was seen is kept if that is set.
    Visit(usize, bool),
    /// Keeping what visits saw.
    Keep,
    /// Starting the rehearsal of a site, with the others of a server if one is named.
    Serve(String, Option<String>),
    /// The log of the rehearsal.
    Log,
    /// Stopping the rehearsal.
    Stop,
    /// The revisions of this keyring.
    History(String),
    /// The keyrings that can be brought back.
    Gone,
    /// The versions of this document.
    Versions(Sort, String),
    /// The documents of a sort that can be brought back.
    GoneDocuments(Sort),
    /// Cleaning one of several leftovers up.
    Clean(Way),
    /// Entries of the audit chain.
    Audit,
    /// The receipt of this task.
    Receipt(String),
    /// Verifying the audit chain, with every certificate when it is set.
    VerifyAudit(bool),
    /// Writing a file.
    Write,
    /// Drawing a pass phrase for a file that is given to a person.
    Phrase(Box<Delivery>),
    /// Writing that file.
    Deliver(Box<Delivery>),
    /// Letting something leave the workspace.
    Export(Box<Asked>),
    /// Writing the list of certificates.
    ExportList,
    /// Copying.
    Copy,
}

impl Job {
    /// Says what is being done, where that may take long enough to be asked.
    pub fn words(&self) -> Option<String> {
        Some(match self {
            Self::Verb(verb) => match &**verb {
                Verb::DestroyKey { name, .. } => format!("ending certifier {name}"),
                Verb::CompleteCertifier { name, .. } => format!("completing certifier {name}"),
                Verb::CreateCertifier(new) => format!("making certifier {}", new.name),
                Verb::CreateKeyring(new) => format!("making keyring {}", new.name),
                Verb::Ring { keyring, act: Act::Request(_), .. } => {
                    format!("making a request of keyring {keyring}")
                }
                Verb::MakePersonKey(asked) => format!("making keyring {}", asked.keyring),
                Verb::ImportKeyring { asked, .. } => format!("making keyring {}", asked.name),
                Verb::MoveKeyring { asked, .. } => format!("taking keyring {} over", asked.name),
                Verb::Issue { ids } => format!("signing {} certificates", ids.len()),
                Verb::IssueCrl { certifier, .. } => format!("signing a CRL of {certifier}"),
                Verb::Amend { certifier, .. } | Verb::Confirm { certifier, .. } => {
                    format!("amending the policy of {certifier}")
                }
                _ => "saving".into(),
            },
            Self::Unlock(name, _) => format!("unlocking {name}"),
            Self::Rehearse(name) => format!("rehearsing the unlock of {name}"),
            Self::Protect(name) => format!("protecting the key of {name}"),
            Self::Export(_) | Self::Deliver(_) => "exporting".into(),
            Self::ExportList => "writing the list".into(),
            Self::Read(_) => "reading".into(),
            Self::ReadDirectory => "reading the documents".into(),
            Self::ReadLog => "reading the log".into(),
            Self::SystemRoots(_) => "reading the roots of this system".into(),
            Self::PreviewCrl(name, _) => format!("working out the next CRL of {name}"),
            Self::Worklist(name) => format!("listing what is valid under the old key of {name}"),
            Self::Push(name) => format!("publishing the CRL of {name}"),
            Self::Fetch(_, address) => format!("fetching {address}"),
            Self::Prove(name) => format!("comparing with the CRL of {name}"),
            Self::Preview(..) | Self::Previews => "working out what would be issued".into(),
            Self::Probe(site) => format!("probing {site}"),
            Self::Scan(service) => format!("scanning {service}"),
            Self::Visit(1, _) => "visiting a service".into(),
            Self::Visit(n, _) => format!("visiting {n} services"),
            Self::Keep => "keeping the visits".into(),
            Self::Verify => "verifying".into(),
            Self::Serve(site, _) => format!("starting the rehearsal of {site}"),
            Self::History(keyring) => format!("reading the history of {keyring}"),
            Self::VerifyAudit(_) => "verifying the audit chain".into(),
            Self::Gone => "looking for deleted keyrings".into(),
            Self::Versions(sort, name) => format!("reading the history of {} {name}", sort.noun()),
            Self::GoneDocuments(sort) => format!("looking for deleted {}", sort.nouns()),
            Self::Clean(way) => format!("cleaning up {}", way.word()),
            Self::Ids => "listing the certificates".into(),
            Self::Timeline => "counting when certificates end".into(),
            Self::Refresh => "reading the workspace".into(),
            _ => return None,
        })
    }
}

/// Starts reading a file or a paste.
pub(super) fn read(
    model: &mut Model,
    purpose: ReadFor,
    given: Given,
    password: Option<Secret>,
) -> (JobId, Effect) {
    model.start(Job::Read(purpose), |id| Effect::Read(id, given, password))
}

/// Stops a reading or a scan, whose answer is not waited for, or the writing of a list, which says itself what became of it.
pub(super) fn stop(model: &mut Model, job: Option<JobId>) -> Vec<Effect> {
    if let Some(id) = job.filter(|id| matches!(model.jobs.get(id), Some((Job::ExportList, _)))) {
        return vec![Effect::Stop(id)];
    }
    let stopped = |id: &JobId| match model.jobs.get(id) {
        Some((Job::Read(_) | Job::ReadLog | Job::ReadDirectory, _)) => Some("Stopped; nothing was taken."),
        Some((Job::Scan(_), _)) => Some("The scan was stopped."),
        _ => None,
    };
    let Some((job, words)) = job.and_then(|id| Some((id, stopped(&id)?))) else { return Vec::new() };
    model.jobs.remove(&job);
    model.say(Mood::Plain, words);
    vec![Effect::Stop(job)]
}

/// Starts the rehearsal of a site; one that runs for another is stopped by that.
pub(super) fn serve(
    model: &mut Model,
    site: String,
    server: Option<String>,
    password: Option<Secret>,
) -> (JobId, Effect) {
    let job = Job::Serve(site.clone(), server.clone());
    model.start(job, |id| Effect::Serve(id, site, server, password))
}

/// Starts a verb; the caller shows that it runs.
pub fn run(model: &mut Model, verb: Verb) -> (JobId, Effect) {
    model.start(Job::Verb(Box::new(verb.clone())), |id| Effect::Run(id, verb))
}

/// Starts an export; the caller shows that it runs.
pub fn export(model: &mut Model, asked: Asked, password: Option<Secret>) -> (JobId, Effect) {
    let asked = Box::new(asked);
    model.start(Job::Export(asked.clone()), |id| Effect::Export(id, asked, password))
}

/// Starts a verb, after the password of a certifier that is still locked.
pub fn go(model: &mut Model, verb: Verb) -> Vec<Effect> {
    match unlock_first(model, &verb) {
        Some(effects) => effects,
        None => vec![run(model, verb).1],
    }
}

/// Asks for the password of a certifier that a verb needs and that is locked, if there is one.
pub fn unlock_first(model: &mut Model, verb: &Verb) -> Option<Vec<Effect>> {
    let locked = verb
        .signers(&model.state, &model.settings.operator)
        .into_iter()
        .find(|name| !model.unlocked.contains(name))?;
    ask(model, Opens::Certifier(locked, Some(Box::new(verb.clone()))));
    Some(Vec::new())
}

/// Opens the line for a password.
pub(super) fn ask(model: &mut Model, opens: Opens) {
    model.dialogs.push(Dialog::Secret(SecretLine::new(opens)));
}
