//! What sending a form does: it fills the record, and runs, asks or shows what comes next.

use super::{Form, Goal};
use crate::desk::Verb;
use crate::desk::export::Asked;
use crate::model::accepted::Acceptance;
use crate::model::audit::setback::Reconciliation;
use crate::model::compromised::Report;
use crate::model::field::Record;
use crate::model::keyring::{NewPassword, Renaming, SelfCertifying};
use crate::model::person::{Person, Registration};
use crate::model::protection::NewProtection;
use crate::model::request::{Plan, RequestId};
use crate::model::revocation::{self, NewRevocation};
use crate::model::task::{Remark, Task};
use crate::model::witness::Witness;
use crate::ops::ring::Act;
use crate::tui::dialog::Dialog;
use crate::tui::dialog::import::Material;
use crate::tui::dialog::line::{Line, fill, passwords};
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::records::{Denial, Reasoning, TakingBack};
use crate::tui::dialog::secret::{Opens, SecretLine};
use crate::tui::dialog::{bulk, review, scan, versions};
use crate::tui::job::{self, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::Effect;
use crate::tui::pane::certifiers::before_saving;

impl Form {
    pub(super) fn save(mut self, model: &mut Model) -> (Option<Dialog>, Vec<Effect>) {
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
                let onward = bulk::unlocked(model);
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
                    true => scan::start(model, errand),
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
                return (None, scan::visit(model, promises, trip));
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
                let effects = review::preview_again(model, *id, plan.clone());
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
            let lines = versions::differing(model, &before, &after);
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
            return (None, bulk::start(model, self.title.clone(), verbs));
        }
        let (id, effect) = job::run(model, verb);
        self.busy = Some(id);
        (Some(Dialog::Form(self)), vec![effect])
    }

    /// Makes what shall leave the workspace, or marks what is wrong.
    fn asked(&mut self) -> Option<Asked> {
        match &self.goal {
            Goal::Export(export) => {
                filled((**export).clone(), &mut self.lines).map(|asked| Asked::Keyring(Box::new(asked)))
            }
            Goal::Certificates(export) => {
                filled((**export).clone(), &mut self.lines).map(Asked::Certificates)
            }
            _ => None,
        }
    }

    /// Makes the verb, or marks what is wrong.
    fn verb(&mut self, model: &Model) -> Option<Verb> {
        let lines = &mut self.lines;
        match self.goal.clone() {
            Goal::Certifier(new) => filled(*new, lines).map(Verb::CreateCertifier),
            Goal::Authority(new, material, history) => {
                let asked = filled(*new, lines)?;
                let Material { key, certificates, .. } = *material;
                Some(Verb::ImportCertifier { asked, key: key?, certificates, history })
            }
            Goal::RollOver(name, new) => filled(*new, lines).map(|asked| Verb::RollOver { name, asked }),
            Goal::Status(name, step) => {
                let why = filled(Reasoning::default(), lines)?.why;
                Some(Verb::CertifierStatus { name, step, why })
            }
            Goal::Destroy(name) => {
                filled(Reasoning::default(), lines).map(|with| Verb::DestroyKey { name, why: with.why })
            }
            Goal::Keyring(new) => filled(*new, lines).map(Verb::CreateKeyring),
            Goal::Import(new, material) => {
                let asked = filled(*new, lines)?;
                let Material { key, certificates, labels } = *material;
                Some(Verb::ImportKeyring { asked, key, certificates, labels })
            }
            Goal::Move(new, ring) => filled(*new, lines).map(|asked| Verb::MoveKeyring { asked, ring }),
            Goal::Site(site, false) => filled(*site, lines).map(|site| Verb::SaveSite { before: None, site }),
            Goal::Site(before, true) => {
                let site = changed((*before).clone(), lines)?;
                Some(Verb::SaveSite { before: Some(*before), site })
            }
            Goal::Server(server, false) => {
                let server = Box::new(filled(*server, lines)?);
                Some(Verb::SaveServer { before: None, server })
            }
            Goal::Server(before, true) => {
                let server = Box::new(changed((*before).clone(), lines)?);
                Some(Verb::SaveServer { before: Some(before), server })
            }
            Goal::Profile(profile, false) => {
                let profile = Box::new(filled(*profile, lines)?);
                Some(Verb::SaveProfile { before: None, profile })
            }
            Goal::Profile(before, true) => {
                let profile = Box::new(changed((*before).clone(), lines)?);
                Some(Verb::SaveProfile { before: Some(before), profile })
            }
            Goal::Amend(certifier, amendment) => {
                let before = amendment.policy.version;
                let amendment = Box::new(changed(*amendment, lines)?);
                Some(Verb::Amend { certifier, before, amendment })
            }
            Goal::ReportKey(_) => {
                let report = filled(Report::default(), lines)?;
                Some(Verb::ReportKey { key: report.key?, why: report.why })
            }
            Goal::ClearKey(key) => {
                filled(Reasoning::default(), lines).map(|with| Verb::ClearKey { key, why: with.why })
            }
            Goal::WithdrawPolicy(certifier) => {
                let reason = filled(Reasoning::default(), lines)?.why;
                Some(Verb::Withdraw { certifier, reason })
            }
            Goal::Approve(id, plan, warnings) => {
                let plan = filled(plan, lines)?;
                if warnings > 0 && plan.reason.is_empty() {
                    let text = format!("the review has {warnings} warnings: say why they are accepted");
                    lines.last_mut()?.error = Some(text);
                    return None;
                }
                Some(Verb::Approve { id, plan })
            }
            Goal::Deny(ids) => {
                let id = *ids.first()?;
                filled(Denial::default(), lines).map(|denial| Verb::Deny { id, reason: denial.reason })
            }
            Goal::WithdrawRequest(id) => {
                let reason = filled(TakingBack::default(), lines)?.reason;
                Some(Verb::WithdrawRequest { id, reason })
            }
            Goal::Note(id, note) => changed(*note, lines).map(|note| Verb::NoteRequest { id, note }),
            Goal::Edit(id, edit) => {
                let plan = filled(*edit, lines)?.plan(model.state.requests.get(&id)?);
                Some(Verb::EditPlan { id, plan })
            }
            Goal::Person(None) => {
                filled(Person::default(), lines).map(|person| Verb::SavePerson { before: None, person })
            }
            Goal::Person(Some(before)) => {
                let person = changed((*before).clone(), lines)?;
                Some(Verb::SavePerson { before: Some(*before), person })
            }
            Goal::PersonKey(asked) => filled(*asked, lines).map(Verb::MakePersonKey),
            Goal::Register(id, _) => {
                let person = filled(Registration::default(), lines)?.person;
                Some(Verb::RegisterRequest { person, id })
            }
            Goal::StartTask(guide) => {
                filled(Task { guide: guide.into(), ..Task::default() }, lines).map(Verb::StartTask)
            }
            Goal::Task(task) => changed(*task, lines).map(Verb::ChangeTask),
            Goal::Tick(name, step) => {
                let note = filled(Remark::default(), lines)?.note;
                Some(Verb::TickTask { name, step: step.to_owned(), note, done: true })
            }
            Goal::Reconcile => {
                let mut asked = filled(Reconciliation::default(), lines)?;
                asked.found = asked.found.map(|path| crate::tui::task::at_home(&path));
                Some(Verb::Reconcile(asked))
            }
            Goal::Accept(findings) => {
                let asked = filled(Acceptance::new(model.now), lines)?;
                Some(Verb::AcceptFindings { findings, asked })
            }
            Goal::Revoke(which, proposed) => {
                let asked = filled(NewRevocation::of(proposed), lines)?;
                Some(Verb::Revoke { which, asked })
            }
            Goal::Release(which) => {
                let comment = filled(revocation::Release::default(), lines)?.comment;
                Some(Verb::Release { which, comment })
            }
            Goal::Request(ring, asked) => {
                filled(*asked, lines).map(|asked| Verb::ring(&ring, Act::Request(asked)))
            }
            Goal::Rename(ring) => {
                let to = filled(Renaming::default(), lines)?.to;
                Some(Verb::ring(&ring, Act::Rename { to }))
            }
            Goal::Password(ring) => {
                let NewPassword { password, repeat } = filled(NewPassword::default(), lines)?;
                Some(Verb::ring(&ring, Act::ChangePassword { new: password, repeat }))
            }
            Goal::SelfCertify(ring) => {
                let days = filled(SelfCertifying::default(), lines)?.days.into();
                Some(Verb::ring(&ring, Act::SelfCertify { days }))
            }
            // What these do is no verb, or is one only after the next question.
            Goal::Export(_)
            | Goal::Certificates(_)
            | Goal::Protect(..)
            | Goal::Deliver(_)
            | Goal::Witness(..)
            | Goal::Probe(_)
            | Goal::Visit(..) => None,
        }
    }
}

/// Reads a record from all lines, or marks what is wrong.
fn filled<T: Record>(mut record: T, lines: &mut [Line]) -> Option<T> {
    let good = fill(&mut record, lines, false);
    let same = passwords(lines);
    (good && same).then_some(record)
}

/// Reads a record from the lines that were changed, or marks what is wrong.
fn changed<T: Record>(mut record: T, lines: &mut [Line]) -> Option<T> {
    fill(&mut record, lines, true).then_some(record)
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
