//! What a form is for: which record it asks for, and what it is about.

use crate::desk::Verb;
use crate::model::accepted::Acceptance;
use crate::model::audit::setback::Reconciliation;
use crate::model::bytes::Digest;
use crate::model::certifier::NewCertifier;
use crate::model::certifier::past::{History, ImportedCertifier};
use crate::model::certifier::rollover::NewKey;
use crate::model::compromised::Report;
use crate::model::document::Sort;
use crate::model::export::{CertificateExport, Export, Which};
use crate::model::finding::Finding;
use crate::model::issued::Reason;
use crate::model::keyring::{
    ImportedKeyring, Keyring, MovedKeyring, NewKeyring, NewPassword, NewRequest, Renaming, SelfCertifying,
};
use crate::model::person::{Delivery, NewPersonKey, Person, Registration};
use crate::model::policy::Amendment;
use crate::model::profile::Profile;
use crate::model::protection::NewProtection;
use crate::model::request::edit::Edit;
use crate::model::request::{Note, Plan, RequestId};
use crate::model::resolve::Promise;
use crate::model::revocation::{self, NewRevocation};
use crate::model::seen::{Errand, Trip};
use crate::model::server::Server;
use crate::model::site::Site;
use crate::model::task::{Remark, Task, guides};
use crate::model::witness::Witness;
use crate::ops::certifier_status::Step;
use crate::tui::dialog::import::Material;
use crate::tui::dialog::line::{Line, lines, some_lines};
use crate::tui::dialog::records::{Denial, Reasoning, TakingBack};
use crate::tui::dialog::tasks;
use crate::tui::model::Model;
use std::sync::Arc;

/// What saving does.
#[derive(Debug, Clone, PartialEq)]
pub enum Goal {
    /// Makes a certifier.
    Certifier(Box<NewCertifier>),
    /// Makes a certifier of an authority that was run elsewhere.
    Authority(Box<ImportedCertifier>, Box<Material>, Arc<History>),
    /// Gives this certifier a successor with another key.
    RollOver(String, Box<NewKey>),
    /// Disables, enables or retires this certifier.
    Status(String, Step),
    /// Ends this certifier: final CRL, and its key is destroyed.
    Destroy(String),
    /// Makes a keyring.
    Keyring(Box<NewKeyring>),
    /// Makes a keyring of a key and certificates that came from elsewhere.
    Import(Box<ImportedKeyring>, Box<Material>),
    /// Takes a keyring of another host over.
    Move(Box<MovedKeyring>, Box<Keyring>),
    /// Makes a site document like this one, or changes it.
    Site(Box<Site>, bool),
    /// Makes a Server document like this one, or changes it.
    Server(Box<Server>, bool),
    /// Makes a profile like this one, or changes it.
    Profile(Box<Profile>, bool),
    /// Amends the policy of this certifier; it is as it was when editing began.
    Amend(String, Box<Amendment>),
    /// Withdraws or rejects the proposed policy of this certifier.
    WithdrawPolicy(String),
    /// Confirms this step as a witness, and goes on with it.
    Witness(String, Option<Box<Verb>>),
    /// Reports a key as known to others.
    ReportKey(Report),
    /// Takes the report of this key back.
    ClearKey(Digest),
    /// Changes what opens the key of this certifier.
    Protect(String, Box<NewProtection>),
    /// Approves a request whose review showed this plan with so many warnings.
    Approve(RequestId, Plan, usize),
    /// Denies requests, all with one reason.
    Deny(Vec<RequestId>),
    /// Takes a request back.
    WithdrawRequest(RequestId),
    /// Edits what will be issued for a request.
    Edit(RequestId, Box<Edit>),
    /// Notes whom to ask about a request.
    Note(RequestId, Box<Note>),
    /// Revokes these certificates, or changes the reason.
    Revoke(Vec<Which>, Reason),
    /// Lifts the hold of these certificates.
    Release(Vec<Which>),
    /// Requests a certificate again for this keyring.
    Request(String, Box<NewRequest>),
    /// Renames this keyring.
    Rename(String),
    /// Changes the password of this keyring.
    Password(String),
    /// Lets this keyring certify itself.
    SelfCertify(String),
    /// Makes a person document, or changes this one.
    Person(Option<Box<Person>>),
    /// Makes a key for a person.
    PersonKey(Box<NewPersonKey>),
    /// Binds the key of a request to the person of this name.
    Register(RequestId, String),
    /// Writes the PKCS#12 file of a person.
    Deliver(Box<Delivery>),
    /// Begins a task by the guide of this key.
    StartTask(&'static str),
    /// Changes what a task is about.
    Task(Box<Task>),
    /// Ticks the step of this key of a task.
    Tick(String, &'static str),
    /// Goes on with an older ledger.
    Reconcile,
    /// Accepts these findings as a risk.
    Accept(Vec<Finding>),
    /// Lets a keyring or a part of it leave the workspace.
    Export(Box<Export>),
    /// Writes certificates to files.
    Certificates(Box<CertificateExport>),
    /// Probes a service as it is wished; nothing is saved.
    Probe(Box<Errand>),
    /// Visits these services; nothing is saved.
    Visit(Vec<Promise>, Box<Trip>),
}

impl Goal {
    /// Lays out the fields of the record that it asks for.
    pub(super) fn lines(&self, model: &Model) -> Vec<Line> {
        let look = model.look();
        match self {
            Self::Certifier(new) => lines(&**new, &look, false),
            Self::Authority(new, ..) => lines(&**new, &look, false),
            Self::RollOver(_, new) => lines(&**new, &look, false),
            Self::Status(..) | Self::Destroy(_) | Self::WithdrawPolicy(_) | Self::ClearKey(_) => {
                lines(&Reasoning::default(), &look, false)
            }
            Self::Witness(..) => lines(&Witness::default(), &look, false),
            Self::ReportKey(report) => lines(report, &look, false),
            Self::Keyring(new) => lines(&**new, &look, false),
            Self::Import(new, _) => lines(&**new, &look, false),
            Self::Move(new, _) => lines(&**new, &look, false),
            Self::Site(site, editing) => lines(&**site, &look, *editing),
            Self::Server(server, editing) => lines(&**server, &look, *editing),
            Self::Profile(profile, editing) => lines(&**profile, &look, *editing),
            Self::Protect(_, new) => some_lines(&**new, &look, |f| new.asks(f.name)),
            Self::Amend(_, amendment) => lines(&**amendment, &look, true),
            Self::Approve(_, plan, _) => lines(plan, &look, false),
            Self::Deny(_) => lines(&Denial::default(), &look, false),
            Self::WithdrawRequest(_) => lines(&TakingBack::default(), &look, false),
            Self::Edit(_, edit) => lines(&**edit, &look, false),
            Self::Note(_, note) => lines(&**note, &look, true),
            Self::Export(export) => some_lines(&**export, &look, |f| export.asks(f.name)),
            Self::Certificates(export) => some_lines(&**export, &look, |f| export.asks(f.name)),
            Self::Revoke(_, proposed) => lines(&NewRevocation::of(*proposed), &look, false),
            Self::Release(_) => lines(&revocation::Release::default(), &look, false),
            Self::Request(_, asked) => lines(&**asked, &look, false),
            Self::Rename(name) => lines(&Renaming { to: name.clone() }, &look, false),
            Self::Password(_) => lines(&NewPassword::default(), &look, false),
            Self::SelfCertify(_) => lines(&SelfCertifying::default(), &look, false),
            Self::Person(None) => lines(&Person::default(), &look, false),
            Self::Person(Some(person)) => lines(&**person, &look, true),
            Self::PersonKey(asked) => lines(&**asked, &look, false),
            Self::Register(_, person) => lines(&Registration { person: person.clone() }, &look, false),
            Self::Deliver(asked) => lines(&**asked, &look, false),
            Self::StartTask(guide) => {
                let Some(guide) = guides::find(guide) else { return Vec::new() };
                some_lines(&tasks::proposed(model, guide), &look, |f| guide.asks.contains(&f.name))
            }
            Self::Task(task) => {
                let asks = task.guide().map_or(&[][..], |g| g.asks);
                some_lines(&**task, &look, |f| asks.contains(&f.name))
            }
            Self::Tick(..) => lines(&Remark::default(), &look, false),
            Self::Reconcile => lines(&Reconciliation::default(), &look, false),
            Self::Accept(_) => lines(&Acceptance::new(model.now), &look, false),
            Self::Probe(errand) => lines(&**errand, &look, false),
            Self::Visit(_, trip) => lines(&**trip, &look, false),
        }
    }

    /// Returns what sending the form does, in a word.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Export(_) | Self::Certificates(_) => "write",
            Self::Witness(..) => "confirm",
            Self::StartTask(_) => "begin",
            Self::Probe(_) => "probe",
            Self::Visit(..) => "visit",
            _ => "save",
        }
    }

    /// Tells whether it edits this document.
    pub fn edits(&self, sort: Sort, name: &str) -> bool {
        match self {
            Self::Site(site, true) => sort == Sort::Site && site.name == name,
            Self::Server(server, true) => sort == Sort::Server && server.name == name,
            Self::Person(Some(person)) => sort == Sort::Person && person.name == name,
            _ => false,
        }
    }

    /// Tells whether it changes this keyring.
    pub fn is_of_keyring(&self, name: &str) -> bool {
        match self {
            Self::Request(ring, _) | Self::Rename(ring) | Self::Password(ring) | Self::SelfCertify(ring) => {
                ring == name
            }
            _ => false,
        }
    }

    /// Tells whether it amends the policy of this certifier.
    pub fn amends(&self, name: &str) -> bool {
        matches!(self, Self::Amend(certifier, _) if certifier == name)
    }
}
