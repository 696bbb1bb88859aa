//! What flows through the console: messages in, effects out. All of it is data: it can be logged, compared and sent by
//! a test; secrets in it print as `***`.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use zeroize::Zeroizing;

use super::brought::{Brought, Given};
use super::chord::Chord;
use super::dialog::log;
use super::dialog::verify::Wanted;
use super::issued::Wish;
use crate::desk::export::{Asked, Exported};
use crate::desk::list::ListAsked;
use crate::desk::publish::Published;
use crate::desk::queue::Looked;
use crate::desk::{Outcome, Preview, Verb};
use crate::doctor::Judged;
use crate::model::State;
use crate::model::audit::{Filter, Form};
use crate::model::bytes::{Der, Serial};
use crate::model::certificate::Certificate;
use crate::model::certifier::{CrlInfo, rollover};
use crate::model::crl::CrlKind;
use crate::model::document::Sort;
use crate::model::error::Error;
use crate::model::explain::log::Report;
use crate::model::finding::Finding;
use crate::model::issued::Issued;
use crate::model::person::Delivery;
use crate::model::protection::{Dealt, Sealing};
use crate::model::request::{Plan, Request, RequestId};
use crate::model::resolve::Promise;
use crate::model::secret::Secret;
use crate::model::seen::{Errand, Scan, Trip, Visit};
use crate::model::time::Timestamp;
use crate::model::witness::Witness;
use crate::ops::issue_crl;
use crate::pki::chain::inquiry::{Answer, Inquiry};
use crate::store::history::{Gone, History, document};
use crate::store::ledger::Verified;
use crate::store::listing::{Listing, Timeline};

/// What a person did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// One key.
    Chord(Chord),
    /// A paste, whole, which may be a password and is wiped when dropped: line ends are LF, other controls dropped, at most 16 MiB; `true` when it was cut there.
    Paste(Zeroizing<String>, bool),
}

/// The number of a job, to match its answer. 0 is no job: it carries what happened without being asked for, such as
/// certifiers locked again after a while without keys, a worker that failed, or a suspension that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct JobId(pub u64);

/// A rehearsal that runs on loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rehearsal {
    /// The sites that are served; the first is the one that was named.
    pub sites: Vec<String>,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Rehearsal {
    /// Tells whether a site is served.
    pub fn serves(&self, site: &str) -> bool {
        self.sites.iter().any(|name| name == site)
    }
}

/// What the model is told.
#[derive(Debug, Clone)]
pub enum Msg {
    /// A person did something.
    Input(Input),
    /// The terminal has this size now: columns, rows.
    Resize(u16, u16),
    /// A job tells how far it is.
    Told(JobId, String),
    /// A job has ended.
    Done(JobId, Result<Done, Error>),
    /// The workspace changed, by this console or another one.
    State(Arc<State>),
    /// Time passed: comes about once a second while something waits for it, never when idle shows nothing new.
    Tick(Timestamp),
    /// No key came for a moment after several came quickly.
    Rest,
    /// TERM, HUP or INT came; the loop ends after this message, with this exit code (143, 129, 130).
    Signal(i32),
}

/// What a job brought back.
#[derive(Debug, Clone)]
pub enum Done {
    /// A verb was committed.
    Outcome(Outcome),
    /// Certifiers unlocked now, after unlocking or locking.
    Unlocked(Vec<String>),
    /// Certifiers unlocked now, and why others were locked without being asked to.
    Relocked(Vec<String>, String),
    /// The key of a certifier was opened, and forgotten: with what.
    Rehearsed(String),
    /// Shares that protect nothing yet.
    Dealt(Box<Dealt>),
    /// What a file or a paste holds.
    Found(Box<Brought>),
    /// What the documents of a file become, and its name.
    Directory(Box<(String, crate::ops::exchange::Plan)>),
    /// What a server's log says, and its name.
    LogRead(Box<(String, Report)>),
    /// The trusted roots of the operating system, and where they are.
    Roots(Vec<Certificate>, PathBuf),
    /// Completions of a path line.
    Paths(Vec<String>),
    /// What approving would issue.
    Preview(Box<Preview>),
    /// What approving each of several would issue.
    Previews(Vec<Looked>),
    /// What the next CRLs would say.
    CrlPreview(Vec<issue_crl::Preview>),
    /// What a key rollover leaves to renew.
    Worklist(Vec<rollover::Task>),
    /// What became of publishing or proving CRLs.
    Published(Box<Published>),
    /// What is served at an address.
    Fetched(Vec<u8>),
    /// The CRLs of a certifier, the newest first, each with its size.
    Register(Vec<(CrlInfo, u64)>),
    /// A request, and its certificate with what belongs above it.
    Answer(Box<(Request, Vec<Certificate>)>),
    /// The list of certificates as it was asked for.
    Ids(Arc<Listing>),
    /// When what is listed ends.
    Timeline(Box<Timeline>),
    /// What the checks found, worst first.
    Findings(Arc<[Finding]>),
    /// Rows of the issued list.
    Rows(Vec<Issued>),
    /// The latest CRL of a certifier.
    Crl(Der),
    /// One issued certificate with its DER.
    Issued(Box<(Issued, Der)>),
    /// A chain was verified: the question, and the answer.
    Verified(Box<(Inquiry, Answer)>),
    /// A service was scanned.
    Scanned(Box<Scan>),
    /// Services were visited, and held against the documents: those that were reached before it was stopped.
    Visited(Vec<Judged>),
    /// Entries of the audit chain.
    Audit(Box<log::Found>),
    /// The receipt of a task.
    Receipt(String),
    /// The audit chain was verified.
    Audited(Box<Verified>),
    /// The versions of a keyring.
    History(Box<History>),
    /// The keyrings that can be brought back.
    Gone(Vec<Gone>),
    /// The versions of a document.
    Versions(Box<document::History>),
    /// The documents of a sort that can be brought back.
    GoneDocuments(Sort, Vec<Gone>),
    /// The rehearsal service listens here (`None`: it was stopped), and its log.
    Service(Option<Rehearsal>, Vec<String>),
    /// A pass phrase was drawn.
    Phrase(Secret),
    /// A file was written.
    Written(PathBuf),
    /// The list of certificates was written: what to say of it.
    ListWritten(String),
    /// Something left the workspace.
    Exported(Box<Exported>),
    /// The text was sent to the terminal's clipboard.
    Copied,
}

/// What the loop shall do. Each effect with a [`JobId`] is answered by one [`Msg::Done`].
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "effects are few and live for a moment")]
pub enum Effect {
    /// Run a verb on the store worker.
    Run(JobId, Verb),
    /// Unlock a certifier.
    Unlock(JobId, String, Vec<Secret>),
    /// Unlock a certifier to see that it can be, and forget the key at once.
    Rehearse(JobId, String, Vec<Secret>),
    /// Deal so many shares of so many.
    Deal(JobId, u8, u8),
    /// Put another protection on the key of a certifier, which these secrets open now.
    Protect(JobId, String, Vec<Secret>, Box<Sealing>),
    /// Lock one certifier, or all.
    Lock(JobId, Option<String>),
    /// Read the workspace again; answered by an outcome without facts.
    Refresh(JobId),
    /// Read the trusted roots of the operating system.
    SystemRoots(JobId),
    /// Read a file or a paste and recognise what it holds; the password opens what is locked in it.
    Read(JobId, Given, Option<Secret>),
    /// Read documents of a Domino directory, and work out what they become; the last says who works.
    ReadDirectory(JobId, PathBuf, String),
    /// Read a server's log.
    ReadLog(JobId, PathBuf),
    /// Stop a reading, a scan or visits; it is answered as that one.
    Stop(JobId),
    /// Complete a path.
    CompletePath(JobId, String),
    /// Preview what approving a request would issue.
    Preview(JobId, RequestId, Plan),
    /// Preview what approving each of several requests would issue.
    Previews(JobId, Vec<(RequestId, Plan)>),
    /// Preview the next CRLs of a certifier.
    PreviewCrl(JobId, String, CrlKind),
    /// Work out what is to be renewed after the key rollover of a certifier.
    Worklist(JobId, String),
    /// Bring the current CRLs of a certifier to where peers fetch them.
    Push(JobId, String),
    /// Fetch what is served at an address.
    Fetch(JobId, String),
    /// Prove that what a source serves is what a certifier signed: certifier, source and bytes.
    Prove(JobId, String, String, Vec<u8>),
    /// Ask for the CRLs of a certifier so far.
    Register(JobId, String),
    /// Find the certificate of a request by its pick-up ID or number.
    PickUp(JobId, String),
    /// Ask for the list of certificates; a newer ask replaces one that still waits, which is answered `Cancelled`.
    Ids(JobId, Wish),
    /// Ask when what is listed ends.
    Timeline(JobId, Wish),
    /// Ask for entries of the audit chain; a newer ask replaces one that still runs.
    Audit(JobId, log::Wish),
    /// Write the receipt of this task, in a workspace of this name.
    Receipt(JobId, String, String),
    /// Verify the audit chain, with every certificate when it is set.
    VerifyAudit(JobId, bool),
    /// Write entries of the audit chain to a new file.
    ExportAudit(JobId, Filter, Form, PathBuf),
    /// Write the list of certificates, or rows that were chosen of it, to a new file.
    ExportList(JobId, Box<ListAsked>),
    /// Run the checks at this moment, with these bands of days before an end.
    Examine(JobId, Timestamp, Vec<i64>),
    /// Run the checks and write the security review to a file, as the end of its name says.
    Review(JobId, PathBuf, Timestamp, Vec<i64>),
    /// Explain a chain.
    Verify(JobId, Box<Wanted>),
    /// Ask for rows of the issued list.
    Rows(JobId, Vec<u32>),
    /// Ask for one issued certificate.
    Issued(JobId, String, Serial),
    /// Ask for the versions of a keyring.
    History(JobId, String),
    /// Ask for the keyrings that can be brought back.
    Gone(JobId),
    /// Ask for the versions of a document.
    Versions(JobId, Sort, String),
    /// Ask for the documents of a sort that can be brought back.
    GoneDocuments(JobId, Sort),
    /// Ask for one issued certificate by its id in the issued list.
    IssuedRow(JobId, u32),
    /// Ask for the latest CRL of a certifier.
    Crl(JobId, String),
    /// Connect once as a client would.
    Probe(JobId, Box<Errand>),
    /// Scan a service.
    Scan(JobId, Box<Errand>),
    /// Visit these services, and try what the trip says.
    Visit(JobId, Vec<Promise>, Box<Trip>),
    /// Keep what visits saw.
    Keep(JobId, Vec<Visit>),
    /// Serve a site on loopback, with the other Web sites of a server if one is named, and the password of its ring if it has
    /// no stash.
    Serve(JobId, String, Option<String>, Option<Secret>),
    /// Draw a pass phrase.
    Phrase(JobId),
    /// Write the file of a person under a pass phrase, with the password of the ring if no stash opens it.
    Deliver(JobId, Box<Delivery>, Secret, Option<Secret>),
    /// Give the store worker what a witness says of the step that comes next.
    Witness(Witness),
    /// Let something leave the workspace, with the password of its ring if no stash opens it.
    Export(JobId, Box<Asked>, Option<Secret>),
    /// Ask for the log of the rehearsal service.
    ServiceLog(JobId),
    /// Stop the rehearsal service.
    StopService(JobId),
    /// Write public text to a new file; an existing one is refused.
    WriteFile(JobId, PathBuf, Vec<u8>),
    /// Send public text to the terminal's clipboard (OSC 52), at most 64 KiB.
    Copy(JobId, String),
    /// Stop the process as Ctrl-Z does elsewhere.
    Suspend,
    /// Leave with this exit code.
    Quit(u8),
}
