//! Fills in the fields of a record. A form is a loop over FIELDS: it knows kinds of fields, not the fields themselves.

use std::sync::Arc;

use super::ciphers::Ciphers;
use super::import::Material;
use super::line::{Drawn, Line, choose, drawn, fill, follow, grow, lines, options, passwords, some_lines};
use super::menu::{Action, Menu, item};
use super::records::{Denial, Reasoning, TakingBack};
use super::secret::{Opens, SecretLine};
use super::viewer::Text;
use super::{Dialog, Sheet, hint};
use crate::desk::Verb;
use crate::desk::export::Asked;
use crate::model::accepted::Acceptance;
use crate::model::audit::setback::Reconciliation;
use crate::model::bytes::Digest;
use crate::model::certifier::NewCertifier;
use crate::model::certifier::past::{History, ImportedCertifier};
use crate::model::certifier::rollover::NewKey;
use crate::model::compromised::Report;
use crate::model::document::Sort;
use crate::model::error::Error;
use crate::model::export::{CertificateExport, Export, Which};
use crate::model::field::{Kind, Record};
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
use crate::model::resolve::used::servers_of;
use crate::model::revocation::{self, NewRevocation};
use crate::model::seen::{Errand, Trip};
use crate::model::server::{Release, Server};
use crate::model::site::Site;
use crate::model::task::{Remark, Task, guides};
use crate::model::witness::Witness;
use crate::ops::certifier_status::Step;
use crate::ops::request_again::proposed;
use crate::ops::ring::Act;
use crate::tui::chord::Key;
use crate::tui::job::{self, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Input, JobId};
use crate::tui::pane::certifiers::before_saving;
use crate::tui::theme::Role;
use crate::tui::widget::text::wrap;

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

/// A form.
#[derive(Debug, Clone)]
pub struct Form {
    /// The title.
    pub title: String,
    /// What saving does.
    pub goal: Goal,
    /// The job that saves.
    pub busy: Option<JobId>,
    lines: Vec<Line>,
    cursor: usize,
}

impl Form {
    /// Makes a form for a goal.
    pub fn new(model: &Model, title: impl Into<String>, goal: Goal) -> Self {
        let look = model.look();
        let lines = match &goal {
            Goal::Certifier(new) => lines(&**new, &look, false),
            Goal::Authority(new, ..) => lines(&**new, &look, false),
            Goal::RollOver(_, new) => lines(&**new, &look, false),
            Goal::Status(..) | Goal::Destroy(_) | Goal::WithdrawPolicy(_) | Goal::ClearKey(_) => {
                lines(&Reasoning::default(), &look, false)
            }
            Goal::Witness(..) => lines(&Witness::default(), &look, false),
            Goal::ReportKey(report) => lines(report, &look, false),
            Goal::Keyring(new) => lines(&**new, &look, false),
            Goal::Import(new, _) => lines(&**new, &look, false),
            Goal::Move(new, _) => lines(&**new, &look, false),
            Goal::Site(site, editing) => lines(&**site, &look, *editing),
            Goal::Server(server, editing) => lines(&**server, &look, *editing),
            Goal::Profile(profile, editing) => lines(&**profile, &look, *editing),
            Goal::Protect(_, new) => some_lines(&**new, &look, |f| new.asks(f.name)),
            Goal::Amend(_, amendment) => lines(&**amendment, &look, true),
            Goal::Approve(_, plan, _) => lines(plan, &look, false),
            Goal::Deny(_) => lines(&Denial::default(), &look, false),
            Goal::WithdrawRequest(_) => lines(&TakingBack::default(), &look, false),
            Goal::Edit(_, edit) => lines(&**edit, &look, false),
            Goal::Note(_, note) => lines(&**note, &look, true),
            Goal::Export(export) => some_lines(&**export, &look, |f| export.asks(f.name)),
            Goal::Certificates(export) => some_lines(&**export, &look, |f| export.asks(f.name)),
            Goal::Revoke(_, proposed) => lines(&NewRevocation::of(*proposed), &look, false),
            Goal::Release(_) => lines(&revocation::Release::default(), &look, false),
            Goal::Request(_, asked) => lines(&**asked, &look, false),
            Goal::Rename(name) => lines(&Renaming { to: name.clone() }, &look, false),
            Goal::Password(_) => lines(&NewPassword::default(), &look, false),
            Goal::SelfCertify(_) => lines(&SelfCertifying::default(), &look, false),
            Goal::Person(None) => lines(&Person::default(), &look, false),
            Goal::Person(Some(person)) => lines(&**person, &look, true),
            Goal::PersonKey(asked) => lines(&**asked, &look, false),
            Goal::Register(_, person) => lines(&Registration { person: person.clone() }, &look, false),
            Goal::Deliver(asked) => lines(&**asked, &look, false),
            Goal::StartTask(guide) => {
                let asks = guides::find(guide).map_or(&[][..], |g| g.asks);
                some_lines(&Task::default(), &look, |f| asks.contains(&f.name))
            }
            Goal::Task(task) => {
                let asks = task.guide().map_or(&[][..], |g| g.asks);
                some_lines(&**task, &look, |f| asks.contains(&f.name))
            }
            Goal::Tick(..) => lines(&Remark::default(), &look, false),
            Goal::Reconcile => lines(&Reconciliation::default(), &look, false),
            Goal::Accept(_) => lines(&Acceptance::new(model.now), &look, false),
            Goal::Probe(errand) => lines(&**errand, &look, false),
            Goal::Visit(_, trip) => lines(&**trip, &look, false),
        };
        Self { title: title.into(), goal, busy: None, lines, cursor: 0 }
    }

    /// Asks a witness to confirm a step, which goes on with the verb, or else with what waits below.
    pub(in crate::tui) fn witness(model: &mut Model, error: &Error, verb: Option<Box<Verb>>) {
        let step = format!("{}\n{}", error.what, error.why);
        let form = Self::new(model, "A witness confirms this step", Goal::Witness(step, verb));
        model.dialogs.push(Dialog::Form(form));
    }

    /// Proposes values for fields that were not touched, as if they had stood there from the beginning.
    pub fn propose(&mut self, values: &[(&'static str, String)]) {
        for (name, value) in values {
            if let Some(line) = self.lines.iter_mut().find(|l| l.name == *name && !l.touched()) {
                line.edit.set(value);
                line.before.clone_from(value);
            }
        }
        let empty = |l: &Line| l.edit.text().is_empty();
        if let (false, Some(first)) = (values.is_empty(), self.lines.iter().position(empty)) {
            self.cursor = first;
        }
    }

    /// Tells whether anything was typed or chosen.
    pub fn changed(&self) -> bool {
        self.lines.iter().any(Line::touched)
    }

    /// Tells whether it edits this document.
    pub fn edits(&self, sort: Sort, name: &str) -> bool {
        match &self.goal {
            Goal::Site(site, true) => sort == Sort::Site && site.name == name,
            Goal::Server(server, true) => sort == Sort::Server && server.name == name,
            Goal::Person(Some(person)) => sort == Sort::Person && person.name == name,
            _ => false,
        }
    }

    /// Tells whether it changes this keyring.
    pub fn is_of_keyring(&self, name: &str) -> bool {
        match &self.goal {
            Goal::Request(ring, _) | Goal::Rename(ring) | Goal::Password(ring) | Goal::SelfCertify(ring) => {
                ring == name
            }
            _ => false,
        }
    }

    /// Tells whether it amends the policy of this certifier.
    pub fn amends(&self, name: &str) -> bool {
        matches!(&self.goal, Goal::Amend(certifier, _) if certifier == name)
    }

    /// Says at the password that it does not open.
    pub fn wrong_password(&mut self, error: &Error) {
        if let Some(at) = self.lines.iter().position(|l| l.kind == Kind::Secret) {
            self.cursor = at;
            if let Some(line) = self.lines.get_mut(at) {
                line.edit.clear();
                line.error = Some(error.to_string());
            }
        }
    }

    /// Takes input.
    pub fn input(mut self, model: &mut Model, input: &Input) -> (Option<Dialog>, Vec<Effect>) {
        if self.busy.is_some() {
            return (Some(Dialog::Form(self)), Vec::new());
        }
        let last = self.lines.len().saturating_sub(1);
        let options = self.lines.get(self.cursor).and_then(|l| options(model, l));
        match input {
            Input::Chord(Key::Ctrl('s') | Key::F(2)) => return self.save(model),
            Input::Chord(Key::Esc) if !self.changed() => return (None, Vec::new()),
            Input::Chord(Key::Esc) => {
                let text = "What was typed here has not been saved.".into();
                let lines = vec![Text { label: String::new(), text, role: Role::Text }];
                let items = vec![
                    item("Back to the form", Action::Close),
                    item("Leave it without saving", Action::Discard),
                ];
                model.dialogs.push(Dialog::Menu(Menu::new("Leave the form?", lines, items)));
            }
            Input::Chord(Key::Enter) if self.cursor == last => return self.save(model),
            Input::Chord(Key::Enter | Key::Tab | Key::Down) => self.cursor = (self.cursor + 1).min(last),
            Input::Chord(Key::Char(' ')) if self.on_ciphers() => self.choose_ciphers(model, None),
            Input::Chord(Key::Up | Key::BackTab) => self.cursor = self.cursor.saturating_sub(1),
            Input::Chord(Key::PageUp) => self.cursor = 0,
            Input::Chord(Key::PageDown) => self.cursor = last,
            Input::Chord(key) => {
                if let Some(line) = self.lines.get_mut(self.cursor) {
                    line.error = None;
                    match options {
                        Some(options) => choose(line, &options, *key),
                        None => {
                            line.edit.key(*key);
                        }
                    }
                }
                self.follow(model);
            }
            Input::Paste(text, _) if self.on_ciphers() => self.choose_ciphers(model, Some(text)),
            Input::Paste(text, _) => {
                if let (Some(line), None) = (self.lines.get_mut(self.cursor), options) {
                    line.edit.insert(text);
                    line.error = None;
                }
                self.follow(model);
            }
        }
        (Some(Dialog::Form(self)), Vec::new())
    }

    fn on_ciphers(&self) -> bool {
        self.lines.get(self.cursor).is_some_and(|l| l.kind == Kind::Ciphers)
    }

    /// Opens the list of cipher suites above the form, with what was pasted.
    fn choose_ciphers(&self, model: &mut Model, pasted: Option<&str>) {
        let text = |kind: Kind| self.lines.iter().find(|l| l.kind == kind).map(|l| l.edit.text());
        let ring = text(Kind::Keyring).and_then(|name| model.state.keyrings.get(name));
        let ring = ring.and_then(|ring| Some((ring.name.clone(), ring.key.clone()?)));
        let oldest = |site: &Site| servers_of(&model.state, site).map(|server| server.release).min();
        let release = match (&self.goal, text(Kind::Choice(Release::NAMES)).and_then(Release::from_name)) {
            (_, Some(release)) => release,
            // The servers as they stand in the form, not as they were.
            (Goal::Site(before, _), None) => oldest(&self.site(before)).unwrap_or_default(),
            _ => Release::default(),
        };
        let list = self.lines.get(self.cursor).map_or("", |l| l.edit.text());
        let mut dialog = Ciphers::new(self.title.to_lowercase(), list, release, ring);
        if let Some(pasted) = pasted {
            dialog.read(pasted);
        }
        model.dialogs.push(Dialog::Ciphers(Box::new(dialog)));
    }

    /// Takes over a list of cipher suites that was chosen.
    pub(super) fn put_ciphers(&mut self, text: &str) {
        if let Some(line) = self.lines.iter_mut().find(|l| l.kind == Kind::Ciphers) {
            line.edit.set(text);
            line.error = None;
        }
    }

    /// Fields that were not touched follow those that were: the usual port follows the kind of a site, the names of a
    /// keyring the one that it shall be like.
    fn follow(&mut self, model: &Model) {
        if let Goal::Keyring(new) = &mut self.goal {
            let like = self.lines.iter().find(|l| l.name == "like").map_or("", |l| l.edit.text());
            if like == new.like {
                return;
            }
            like.clone_into(&mut new.like);
            let ring = model.state.keyrings.get(like);
            new.identity = ring.map(|r| proposed(&model.state, r).identity).unwrap_or_default();
            follow(&**new, &mut self.lines, &model.look(), false);
        }
        if let Goal::Server(before, false) = &self.goal
            && self.lines.get(self.cursor).is_some_and(|l| l.name == "name")
        {
            let mut server = before.clone();
            fill(&mut *server, &mut self.lines.clone(), true);
            follow(&*server, &mut self.lines, &model.look(), false);
        }
        if let Goal::Site(before, editing) = &self.goal {
            let site = self.site(before);
            let name = self.lines.get(self.cursor).map(|l| l.name);
            let below = self.lines.iter().take(self.cursor).filter(|l| Some(l.name) == name).count();
            follow(&site, &mut self.lines, &model.look(), *editing);
            let first = self.lines.iter().position(|l| Some(l.name) == name).unwrap_or(self.cursor);
            self.cursor = first + below;
            grow(&mut self.lines, self.cursor);
        }
    }

    /// Reads the site document as it stands in the form. What does not fit yet is said when the form is saved.
    fn site(&self, before: &Site) -> Site {
        let mut site = before.clone();
        fill(&mut site, &mut self.lines.clone(), true);
        site
    }

    /// Says what a task leads to, or what follows for a site document from what stands at the cursor.
    fn follows(&self, model: &Model) -> String {
        if let Goal::Witness(step, _) = &self.goal {
            return step.clone();
        }
        if let Goal::StartTask(guide) = &self.goal {
            return guides::find(guide).map_or_else(String::new, |g| g.about.to_owned());
        }
        let (Goal::Site(before, _), Some(line)) = (&self.goal, self.lines.get(self.cursor)) else {
            return String::new();
        };
        let derived = match line.name {
            "redirect" | "hosts" | "port" => "redirect-to",
            "keyring" => "answers",
            "servers" => "hosted-on",
            "client-certificate" | "check-crl" | "trust-expired-crl" | "allow-crl-failure" => "crl-outcome",
            _ => return String::new(),
        };
        let site = self.site(before);
        let field = Site::field(derived).filter(|f| site.applies(f.name));
        let said =
            field.map(|f| (f.label, (f.get)(&site, &model.look()))).filter(|(_, text)| !text.is_empty());
        said.map_or_else(String::new, |(label, text)| format!("{label}: {text}"))
    }

    fn save(mut self, model: &mut Model) -> (Option<Dialog>, Vec<Effect>) {
        if let Some(asked) = self.asked() {
            let (id, effect) = job::export(model, asked, None);
            self.busy = Some(id);
            return (Some(Dialog::Form(self)), vec![effect]);
        }
        if let Goal::Protect(certifier, new) = &self.goal {
            return match protection(new, &mut self.lines, &mut self.cursor) {
                None => (Some(Dialog::Form(self)), Vec::new()),
                Some(new) => (None, protected(model, certifier.clone(), &new)),
            };
        }
        if let Goal::Deliver(asked) = &self.goal {
            let mut asked = asked.clone();
            if fill(&mut *asked, &mut self.lines, false) {
                let (_, effect) = model.start(Job::Phrase(asked), Effect::Phrase);
                return (None, vec![effect]);
            }
        }
        if let Goal::Witness(_, verb) = &self.goal {
            let (mut witness, verb) = (Witness::default(), verb.clone());
            if fill(&mut witness, &mut self.lines, false) {
                let mut effects = vec![Effect::Witness(witness)];
                if let Some(verb) = verb {
                    let (id, effect) = job::run(model, *verb);
                    self.busy = Some(id);
                    effects.push(effect);
                    return (Some(Dialog::Form(self)), effects);
                }
                let onward = super::bulk::unlocked(model);
                if onward.is_empty() {
                    model.say(Mood::Plain, "The witness is noted: do the step once more now.");
                }
                effects.extend(onward);
                return (None, effects);
            }
        }
        if let Goal::Probe(errand) = &self.goal {
            let mut errand = (**errand).clone();
            if fill(&mut errand, &mut self.lines, false) {
                let effects = match errand.scans {
                    true => super::scan::start(model, errand),
                    false => {
                        let job = Job::Probe(errand.service());
                        vec![model.start(job, |id| Effect::Probe(id, Box::new(errand))).1]
                    }
                };
                return (None, effects);
            }
        }
        if let Goal::Visit(promises, trip) = &self.goal {
            let (promises, mut trip) = (promises.clone(), (**trip).clone());
            if fill(&mut trip, &mut self.lines, false) {
                return (None, super::scan::visit(model, promises, trip));
            }
        }
        let verb = self.verb(model);
        let Some(verb) = verb else {
            if let Some(first) = self.lines.iter().position(|l| l.error.is_some()) {
                self.cursor = first;
            }
            return (Some(Dialog::Form(self)), Vec::new());
        };
        if let (Goal::Approve(id, seen, _), Verb::Approve { plan, .. }) = (&self.goal, &verb) {
            let other = |p: &Plan| (p.certifier.clone(), p.profile.clone(), p.days, p.beside);
            if other(seen) != other(plan) {
                let effects = super::review::preview_again(model, *id, plan.clone());
                model.say(
                    Mood::Plain,
                    "The plan was changed: look at what would be issued now, then press a again.",
                );
                return (None, effects);
            }
        }
        if let Some((before, after)) = verb.rewrites() {
            if before == after {
                model.say(Mood::Plain, "Nothing was changed.");
                return (None, Vec::new());
            }
            // It stands above the form, which stays until the document is saved.
            let lines = super::versions::differing(model, &before, &after);
            let items = vec![item("Save it", Action::Verb(verb)), item("Back to the form", Action::Close)];
            model.dialogs.push(Dialog::Menu(Menu::new(format!("Changes of {}", after.name()), lines, items)));
            return (Some(Dialog::Form(self)), Vec::new());
        }
        if let Verb::SaveProfile { before: Some(before), profile } = &verb
            && before == profile
        {
            model.say(Mood::Plain, "Nothing was changed.");
            return (None, Vec::new());
        }
        if let Verb::Amend { certifier, amendment, .. } = &verb {
            match before_saving(model, certifier, amendment, verb.clone()) {
                // It stands above the form, which stays until the amendment is made.
                Some(menu) => {
                    model.dialogs.push(Dialog::Menu(menu));
                    return (Some(Dialog::Form(self)), Vec::new());
                }
                None => {
                    model.say(Mood::Plain, "Nothing was changed.");
                    return (None, Vec::new());
                }
            }
        }
        if let (Goal::Deny(ids), Verb::Deny { reason, .. }) = (&self.goal, &verb)
            && ids.len() > 1
        {
            let deny =
                |id: &RequestId| (format!("request {id}"), Verb::Deny { id: *id, reason: reason.clone() });
            let verbs = ids.iter().map(deny).collect();
            return (None, super::bulk::start(model, self.title.clone(), verbs));
        }
        let (id, effect) = job::run(model, verb);
        self.busy = Some(id);
        (Some(Dialog::Form(self)), vec![effect])
    }

    /// Makes what shall leave the workspace, or marks what is wrong.
    fn asked(&mut self) -> Option<Asked> {
        match &self.goal {
            Goal::Export(export) => {
                let mut filled = (**export).clone();
                let good = fill(&mut filled, &mut self.lines, false);
                let same = passwords(&mut self.lines);
                (good && same).then(|| Asked::Keyring(Box::new(filled)))
            }
            Goal::Certificates(export) => {
                let mut filled = (**export).clone();
                fill(&mut filled, &mut self.lines, false).then_some(Asked::Certificates(filled))
            }
            _ => None,
        }
    }

    /// Makes the verb, or marks what is wrong.
    fn verb(&mut self, model: &Model) -> Option<Verb> {
        let lines = &mut self.lines;
        match &self.goal {
            Goal::Certifier(new) => {
                let mut new = (**new).clone();
                let good = fill(&mut new, lines, false);
                let same = passwords(lines);
                (good && same).then_some(Verb::CreateCertifier(new))
            }
            Goal::Authority(new, material, history) => {
                let mut new = (**new).clone();
                let good = fill(&mut new, lines, false);
                let same = passwords(lines);
                let Material { key, certificates, .. } = (**material).clone();
                let (key, history) = (key?, history.clone());
                (good && same).then_some(Verb::ImportCertifier { asked: new, key, certificates, history })
            }
            Goal::RollOver(name, new) => {
                let (mut new, name) = ((**new).clone(), name.clone());
                let good = fill(&mut new, lines, false);
                let same = passwords(lines);
                (good && same).then_some(Verb::RollOver { name, asked: new })
            }
            Goal::Status(name, step) => {
                let (mut with, name, step) = (Reasoning::default(), name.clone(), *step);
                let good = fill(&mut with, lines, false);
                good.then_some(Verb::CertifierStatus { name, step, why: with.why })
            }
            Goal::Destroy(name) => {
                let (mut with, name) = (Reasoning::default(), name.clone());
                fill(&mut with, lines, false).then_some(Verb::DestroyKey { name, why: with.why })
            }
            Goal::Keyring(new) => {
                let mut new = (**new).clone();
                let good = fill(&mut new, lines, false);
                let same = passwords(lines);
                (good && same).then_some(Verb::CreateKeyring(new))
            }
            Goal::Import(new, material) => {
                let mut new = (**new).clone();
                let good = fill(&mut new, lines, false);
                let same = passwords(lines);
                let Material { key, certificates, labels } = (**material).clone();
                (good && same).then_some(Verb::ImportKeyring { asked: new, key, certificates, labels })
            }
            Goal::Move(new, ring) => {
                let mut new = (**new).clone();
                let verb = |asked| Verb::MoveKeyring { asked, ring: ring.clone() };
                fill(&mut new, lines, false).then_some(new).map(verb)
            }
            Goal::Site(as_it_was, editing) => {
                let mut site = (**as_it_was).clone();
                let before = editing.then(|| site.clone());
                fill(&mut site, lines, *editing).then_some(Verb::SaveSite { before, site })
            }
            Goal::Server(as_it_was, editing) => {
                let mut server = as_it_was.clone();
                let before = editing.then(|| as_it_was.clone());
                fill(&mut *server, lines, *editing).then_some(Verb::SaveServer { before, server })
            }
            Goal::Profile(as_it_was, editing) => {
                let mut profile = (**as_it_was).clone();
                let good = fill(&mut profile, lines, *editing);
                let before = editing.then(|| as_it_was.clone());
                good.then(|| Verb::SaveProfile { before, profile: Box::new(profile) })
            }
            Goal::Amend(certifier, as_it_was) => {
                let mut amendment = (**as_it_was).clone();
                let before = amendment.policy.version;
                let verb = |amendment| Verb::Amend {
                    certifier: certifier.clone(),
                    before,
                    amendment: Box::new(amendment),
                };
                fill(&mut amendment, lines, true).then_some(amendment).map(verb)
            }
            Goal::Witness(..) => None,
            Goal::ReportKey(_) => {
                let mut report = Report::default();
                let good = fill(&mut report, lines, false);
                good.then_some(Verb::ReportKey { key: report.key?, why: report.why })
            }
            Goal::ClearKey(key) => {
                let (mut with, key) = (Reasoning::default(), *key);
                fill(&mut with, lines, false).then_some(Verb::ClearKey { key, why: with.why })
            }
            Goal::WithdrawPolicy(certifier) => {
                let (mut with, certifier) = (Reasoning::default(), certifier.clone());
                let filled = fill(&mut with, lines, false);
                filled.then_some(Verb::Withdraw { certifier, reason: with.why })
            }
            Goal::Approve(id, plan, warnings) => {
                let mut plan = plan.clone();
                let mut good = fill(&mut plan, lines, false);
                if *warnings > 0 && plan.reason.is_empty() {
                    let text = format!("the review has {warnings} warnings: say why they are accepted");
                    lines.last_mut()?.error = Some(text);
                    good = false;
                }
                good.then_some(Verb::Approve { id: *id, plan })
            }
            Goal::Deny(ids) => {
                let mut denial = Denial::default();
                let id = *ids.first()?;
                fill(&mut denial, lines, false).then_some(Verb::Deny { id, reason: denial.reason })
            }
            Goal::WithdrawRequest(id) => {
                let mut back = TakingBack::default();
                let filled = fill(&mut back, lines, false);
                filled.then_some(Verb::WithdrawRequest { id: *id, reason: back.reason })
            }
            Goal::Note(id, note) => {
                let mut note = (**note).clone();
                fill(&mut note, lines, true).then_some(Verb::NoteRequest { id: *id, note })
            }
            Goal::Edit(id, edit) => {
                let mut edit = (**edit).clone();
                let good = fill(&mut edit, lines, false);
                let request = model.state.requests.get(id)?;
                good.then(|| Verb::EditPlan { id: *id, plan: edit.plan(request) })
            }
            Goal::Person(before) => {
                let before = before.as_deref().cloned();
                let mut person = before.clone().unwrap_or_default();
                fill(&mut person, lines, before.is_some()).then_some(Verb::SavePerson { before, person })
            }
            Goal::PersonKey(asked) => {
                let mut asked = (**asked).clone();
                let good = fill(&mut asked, lines, false);
                let same = passwords(lines);
                (good && same).then_some(Verb::MakePersonKey(asked))
            }
            Goal::Register(id, _) => {
                let mut asked = Registration::default();
                fill(&mut asked, lines, false)
                    .then_some(Verb::RegisterRequest { person: asked.person, id: *id })
            }
            Goal::Deliver(_) => None,
            Goal::StartTask(guide) => {
                let mut task = Task { guide: (*guide).into(), ..Task::default() };
                fill(&mut task, lines, false).then_some(Verb::StartTask(task))
            }
            Goal::Task(task) => {
                let mut task = (**task).clone();
                fill(&mut task, lines, true).then_some(Verb::ChangeTask(task))
            }
            Goal::Tick(name, step) => {
                let mut remark = Remark::default();
                let (name, step) = (name.clone(), (*step).to_owned());
                fill(&mut remark, lines, false).then_some(Verb::TickTask {
                    name,
                    step,
                    note: remark.note,
                    done: true,
                })
            }
            Goal::Reconcile => {
                let mut asked = Reconciliation::default();
                let good = fill(&mut asked, lines, false);
                asked.found = asked.found.map(|path| crate::tui::task::at_home(&path));
                good.then_some(Verb::Reconcile(asked))
            }
            Goal::Accept(findings) => {
                let (findings, mut asked) = (findings.clone(), Acceptance::new(model.now));
                fill(&mut asked, lines, false).then_some(Verb::AcceptFindings { findings, asked })
            }
            Goal::Export(_) | Goal::Certificates(_) | Goal::Protect(..) => None,
            Goal::Probe(_) | Goal::Visit(..) => None,
            Goal::Revoke(which, proposed) => {
                let mut asked = NewRevocation::of(*proposed);
                let which = which.clone();
                fill(&mut asked, lines, false).then_some(Verb::Revoke { which, asked })
            }
            Goal::Release(which) => {
                let mut asked = revocation::Release::default();
                let which = which.clone();
                fill(&mut asked, lines, false).then_some(Verb::Release { which, comment: asked.comment })
            }
            Goal::Request(ring, asked) => {
                let mut asked = (**asked).clone();
                fill(&mut asked, lines, false).then(|| Verb::ring(ring, Act::Request(asked)))
            }
            Goal::Rename(ring) => {
                let mut asked = Renaming::default();
                fill(&mut asked, lines, false).then(|| Verb::ring(ring, Act::Rename { to: asked.to }))
            }
            Goal::Password(ring) => {
                let mut asked = NewPassword::default();
                let good = fill(&mut asked, lines, false) && passwords(lines);
                let act = Act::ChangePassword { new: asked.password, repeat: asked.repeat };
                good.then(|| Verb::ring(ring, act))
            }
            Goal::SelfCertify(ring) => {
                let mut asked = SelfCertifying::default();
                let good = fill(&mut asked, lines, false);
                good.then(|| Verb::ring(ring, Act::SelfCertify { days: asked.days.into() }))
            }
        }
    }

    /// Says what it shows.
    pub fn sheet(&self, model: &Model, columns: usize) -> Sheet {
        let ink = model.ink();
        let Drawn { body, cursor, below } = drawn(model, &self.lines, self.cursor, columns);
        let mut foot = vec![ink.line(Role::Text, "")];
        let help = self.lines.get(self.cursor).map_or("", |l| l.help);
        if self.busy.is_some() {
            foot.push(ink.line(Role::Title, "Saving; this may take a moment."));
        } else {
            foot.extend(wrap(help, columns).iter().map(|l| ink.line(Role::Dim, l)));
            if matches!(self.goal, Goal::Witness(..) | Goal::StartTask(_)) {
                foot.push(ink.line(Role::Text, ""));
            }
            for said in self.follows(model).lines().take(6) {
                foot.extend(wrap(&ink.symbols.text(said), columns).iter().map(|l| ink.line(Role::Text, l)));
            }
            if let (Goal::Revoke(..), Some(line)) = (&self.goal, self.lines.first())
                && let Some(reason) = Reason::from_name(line.edit.text())
            {
                let text = format!("{}: {}", reason.name(), reason.meaning());
                foot.extend(wrap(&text, columns).iter().map(|l| ink.line(Role::Text, l)));
            }
        }
        let last = self.cursor + 1 == self.lines.len();
        let save = match self.goal {
            Goal::Export(_) | Goal::Certificates(_) => "write",
            Goal::Witness(..) => "confirm",
            Goal::StartTask(_) => "begin",
            Goal::Probe(_) => "probe",
            Goal::Visit(..) => "visit",
            _ => "save",
        };
        let mut hints = vec![hint("Enter", if last { save } else { "next field" }, 85)];
        if !last {
            hints.push(hint("Ctrl-S or F2", save, 90));
        }
        hints.push(hint("Esc", "back", 87));
        if self.lines.get(self.cursor).is_some_and(|l| options(model, l).is_some()) {
            hints.push(hint("Left/Right", "change", 75));
        }
        if self.on_ciphers() {
            hints.push(hint("Space", "choose from all", 80));
        }
        Sheet {
            title: self.title.clone(),
            body,
            foot,
            cursor,
            below,
            hints,
            tall: self.lines.len() > 6,
            ..Sheet::default()
        }
    }
}

/// Reads what shall open a key, or marks what is wrong.
fn protection(before: &NewProtection, lines: &mut [Line], cursor: &mut usize) -> Option<NewProtection> {
    let mut new = before.clone();
    let good = fill(&mut new, lines, false);
    if good
        && let Some((field, why)) = new.fault()
        && let Some(line) = lines.iter_mut().find(|l| l.name == field)
    {
        line.error = Some(why.into());
    }
    match lines.iter().position(|l| l.error.is_some()) {
        Some(first) => {
            *cursor = first;
            None
        }
        None => Some(new),
    }
}

/// Goes on to what opens the key now; shares are dealt and handed out before.
fn protected(model: &mut Model, certifier: String, new: &NewProtection) -> Vec<Effect> {
    match new.sealing() {
        Some(sealing) => {
            let opens = Opens::Protect(certifier, Box::new(sealing));
            model.dialogs.push(Dialog::Secret(SecretLine::new(opens)));
            Vec::new()
        }
        None => vec![model.start(Job::Deal(certifier), |id| Effect::Deal(id, new.needed, new.of)).1],
    }
}
