//! What becomes of the answers of jobs: dialogs close or say what went wrong, lists and records are taken over.

use super::dialog::Dialog;
use super::dialog::error::ErrorBox;
use super::dialog::form::{Form, Goal};
use super::dialog::import;
use super::dialog::install::Install;
use super::dialog::leftovers;
use super::dialog::menu::{Action, Menu, item};
use super::dialog::path::PathLine;
use super::dialog::pick::Pick;
use super::dialog::secret::Opens;
use super::dialog::shares::Shares;
use super::dialog::verify::{self, Wanted};
use super::dialog::viewer::{Text, Viewer};
use super::dialog::{history, versions};
use super::job::{self, IssuedFor, Job};
use super::model::{Model, Mood};
use super::msg::{Done, Effect, JobId, Rehearsal};
use super::pane::{PaneId, RowKey, certificates, certifiers, entries};
use super::theme::Role;
use crate::desk::export::{Asked, Exported};
use crate::desk::{Outcome, Verb};
use crate::model::certificate::Certificate;
use crate::model::change::Fact;
use crate::model::document::Document;
use crate::model::error::{Error, Kind};
use crate::model::export::Secrecy;
use crate::model::field::Record;
use crate::ops::issue::became;
use crate::ops::ring::Act;

/// Takes the answer of a job.
pub(super) fn done(model: &mut Model, id: JobId, answer: Result<Done, Error>) -> Vec<Effect> {
    let answer = match super::dialog::bulk::answered(model, id, answer) {
        Ok(effects) => return effects,
        Err(answer) => answer,
    };
    let Some((job, _)) = model.jobs.remove(&id) else {
        // A reading that was stopped is not waited for any more.
        if id == JobId::default() {
            unasked(model, answer);
        }
        return Vec::new();
    };
    let done = match answer {
        Err(error) => return failed(model, id, job, error),
        Ok(done) => done,
    };
    // A list of completions does not end the line it was asked for; everything else ends the dialog that waited.
    model.dialogs.retain(|d| d.busy() != Some(id));
    match (job, done) {
        (Job::Verb(verb), Done::Outcome(outcome)) => {
            let message = outcome.message.clone();
            let facts = outcome.facts.clone();
            committed(model, &verb, outcome);
            let mut renewed = super::dialog::batch::renew(model);
            if let Verb::EditPlan { id, plan } = &*verb {
                renewed.extend(super::dialog::review::preview_again(model, *id, plan.clone()));
            }
            if matches!(*verb, Verb::Revoke { .. } | Verb::Release { .. }) {
                model.here_mut().marked.clear();
                certificates::offer_crl(model, &facts);
            }
            for fact in &facts {
                if let Fact::CertifierRequested { certifier, der } = fact {
                    certifiers::overview::offer_request(model, certifier, der);
                }
            }
            let mut effects = import::went(model, Ok(message));
            effects.extend(super::dialog::tasks::went_on(model, &verb));
            effects.extend(history::renew(model, &facts));
            effects.extend(versions::renew(model, &facts));
            effects.extend(renewed);
            return effects;
        }
        (Job::Clean(way), Done::Outcome(outcome)) => return leftovers::cleaned(model, &way, Ok(outcome)),
        (Job::Audit, Done::Audit(found)) => super::dialog::log::take(model, id, *found),
        (Job::Receipt(name), Done::Receipt(text)) => super::dialog::tasks::receipt(model, &name, &text),
        (Job::VerifyAudit(full), Done::Audited(verified)) => {
            super::dialog::log::verified(model, *verified, full);
        }
        (_, Done::History(history)) => history::take(model, history),
        (_, Done::Gone(gone)) => history::choose(model, gone),
        (_, Done::Versions(history)) => versions::take(model, *history),
        (_, Done::GoneDocuments(sort, gone)) => versions::choose(model, sort, gone),
        (Job::Refresh, Done::Outcome(outcome)) => {
            model.take(outcome.state);
            model.say(Mood::Good, "The workspace was read again.");
        }
        (Job::Refresh, _) => model.say(Mood::Good, "The workspace was read again."),
        (Job::Unlock(name, then), Done::Unlocked(names)) => {
            model.set_unlocked(names);
            model.say(Mood::Good, format!("{name} is unlocked in this session; o locks it again."));
            if let Some(verb) = then {
                if let Some(effects) = job::unlock_first(model, &verb) {
                    return effects;
                }
                let (id, effect) = job::run(model, *verb);
                // The form that asked for it waits on, and closes when it is done.
                if let Some(Dialog::Form(form)) = model.dialogs.last_mut() {
                    form.busy = Some(id);
                }
                return vec![effect];
            }
            return super::dialog::bulk::unlocked(model);
        }
        (Job::Rehearse(name), Done::Rehearsed(with)) => {
            model.say(Mood::Good, format!("{name} opens with {with}; nothing was signed."));
        }
        (Job::Deal(certifier), Done::Dealt(dealt)) => {
            model.dialogs.push(Dialog::Shares(Box::new(Shares::new(certifier, *dealt))));
        }
        (Job::Protect(_), Done::Outcome(outcome)) => {
            model.take(outcome.state);
            model.say(Mood::Good, outcome.message);
        }
        (Job::Suspend, Done::Unlocked(names)) => {
            model.set_unlocked(names);
            model.say(Mood::Good, "Every certifier was locked before the console was suspended.");
            return vec![Effect::Suspend];
        }
        (_, Done::Unlocked(names)) => {
            let text = if names.is_empty() {
                "Every certifier is locked.".into()
            } else {
                format!("Still unlocked: {}.", names.join(", "))
            };
            model.set_unlocked(names);
            model.say(Mood::Good, text);
        }
        (Job::SystemRoots(keyring), Done::Roots(mut roots, place)) => {
            if let Some(ring) = model.state.keyrings.get(&keyring) {
                roots.retain(|c| ring.entry(&c.sha256).is_none());
                let from = place.display().to_string();
                model.dialogs.push(Dialog::Pick(Pick::new(keyring, from, roots)));
            }
        }
        (Job::Read(purpose), Done::Found(brought)) => return import::show(model, *brought, purpose),
        (_, Done::Directory(read)) => super::dialog::directory::show(model, &read.0, &read.1),
        (_, Done::LogRead(read)) => super::dialog::log_report::show(model, read.0, read.1),
        (_, Done::Paths(paths)) => {
            if let Some(Dialog::Path(path)) = model.dialogs.last_mut() {
                path.complete(paths);
            }
        }
        (Job::Preview(request, plan), Done::Preview(preview)) => {
            for dialog in &mut model.dialogs {
                if let Dialog::Review(review) = dialog
                    && review.id == request
                    && review.plan.as_ref() == Some(&plan)
                {
                    review.preview = Some(preview.clone());
                    review.error = None;
                }
            }
        }
        (Job::PreviewCrl(name, kind), Done::CrlPreview(previews)) => {
            certifiers::crl::offer(model, &name, kind, &previews);
        }
        (Job::Worklist(name), Done::Worklist(tasks)) => certifiers::overview::worklist(model, &name, &tasks),
        (Job::Fetch(name, address), Done::Fetched(bytes)) => {
            return vec![certifiers::crl::prove(model, name, address, bytes)];
        }
        (Job::Register(name), Done::Register(crls)) => certifiers::crl::register(model, &name, &crls),
        (_, Done::Published(done)) => certifiers::crl::published(model, *done),
        (_, Done::Previews(looked)) => super::dialog::batch::take(model, looked),
        (_, Done::Answer(found)) => super::dialog::pickup::offer(model, &found.0, &found.1),
        (Job::HandOut(id), Done::Written(path)) => {
            model.say(Mood::Good, format!("Written: {}", path.display()));
            let to = format!("file {}", crate::store::brought::shown(&path));
            return vec![job::run(model, Verb::PickUp { id, to }).1];
        }
        (_, Done::Findings(found)) => super::findings::take(model, found),
        // An answer to an older question is of no use any more.
        (_, Done::Ids(_)) if model.jobs.values().any(|(job, _)| *job == Job::Ids) => {}
        (_, Done::Ids(listing)) => {
            super::issued::take(model, listing);
        }
        (_, Done::Timeline(found)) => super::dialog::timeline::take(model, *found),
        (Job::Rows(asked), Done::Rows(rows)) => {
            model.issued.rows.extend(rows.into_iter().filter_map(|r| Some((u32::try_from(r.id).ok()?, r))));
            let rows = &model.issued.rows;
            model.issued.absent.extend(asked.into_iter().filter(|id| !rows.contains_key(id)));
        }
        (Job::Issued(purpose), Done::Issued(found)) => return issued(model, purpose, found.0, &found.1.0),
        (Job::Crl(purpose), Done::Crl(der)) => {
            let text = crate::pki::pem::write("X509 CRL", &der.0);
            match purpose {
                IssuedFor::Write(name) => {
                    model.dialogs.push(Dialog::Path(PathLine::write(&name, text.into_bytes(), "the CRL")));
                }
                _ => return vec![model.start(Job::Copy, |id| Effect::Copy(id, text)).1],
            }
        }
        (_, Done::Scanned(scan)) => super::dialog::scan::show(model, &scan),
        (job, Done::Visited(rows)) => return super::dialog::visits::take(model, &job, rows),
        (Job::Keep, Done::Outcome(outcome)) => {
            model.take(outcome.state);
            model.say(Mood::Good, outcome.message);
        }
        (_, Done::Verified(verified)) => verify::take(model, Some(id), verified.0, verified.1),
        (job, Done::Service(service, log)) => service_is(model, &job, service, log),
        (Job::Export(asked), Done::Exported(exported)) => left(model, &asked, *exported),
        (Job::Phrase(asked), Done::Phrase(phrase)) => super::dialog::phrase::show(model, asked, phrase),
        (Job::Deliver(_), Done::Exported(exported)) => {
            model.take(exported.state);
            let line = |text| Text { label: String::new(), text, role: Role::Text };
            let lines = exported.lines.into_iter().map(line).collect();
            model.say(Mood::Good, exported.message);
            model.dialogs.push(Dialog::Viewer(Viewer::new("What left the workspace", lines)));
        }
        (_, Done::Written(path)) => model.say(Mood::Good, format!("Written: {}", path.display())),
        (_, Done::Copied) => {
            model.say(
                Mood::Plain,
                "Sent to the terminal's clipboard; if it is not there, w in the menu writes a file.",
            );
        }
        _ => model.say(Mood::Bad, "An answer came that fits no question; please report it."),
    }
    Vec::new()
}

/// Takes what comes without having been asked for: certifiers locked after a quiet time, a failure of the loop itself.
fn unasked(model: &mut Model, answer: Result<Done, Error>) {
    match answer {
        Ok(Done::Unlocked(names)) => {
            if names.len() < model.unlocked.len() {
                model.say(Mood::Plain, "Certifiers were locked again.");
            }
            model.set_unlocked(names);
        }
        Ok(Done::Relocked(names, why)) => {
            model.say(Mood::Plain, format!("{why}."));
            model.set_unlocked(names);
        }
        Ok(Done::Service(service, _)) => model.service = service,
        Err(error) if error.kind != Kind::Cancelled => {
            model.say(Mood::Bad, error.what.clone());
            model.dialogs.push(Dialog::Error(ErrorBox { error }));
        }
        _ => {}
    }
}

fn committed(model: &mut Model, verb: &Verb, outcome: Outcome) {
    model.take(outcome.state);
    if let Verb::CreateCertifier(new) = verb
        && !model.unlocked.contains(&new.name)
    {
        let mut names = model.unlocked.clone();
        names.push(new.name.clone());
        model.set_unlocked(names);
    }
    match verb {
        Verb::Approve { id, .. } | Verb::Deny { id, .. } | Verb::WithdrawRequest { id, .. } => {
            model.dialogs.retain(|d| !matches!(d, Dialog::Review(r) if r.id == *id));
        }
        // Beside the line of a password, the form or plan that asked for it is done as well.
        Verb::Ring { keyring, act, .. } => match act {
            Act::Install { .. } | Act::InstallIssued => {
                model.dialogs.retain(|d| !matches!(d, Dialog::Install(i) if i.keyring == *keyring));
            }
            Act::Request(_) | Act::Rename { .. } | Act::ChangePassword { .. } | Act::SelfCertify { .. } => {
                model.dialogs.retain(|d| !matches!(d, Dialog::Form(f) if f.goal.is_of_keyring(keyring)));
            }
            _ => {}
        },
        Verb::SaveDocuments { .. } | Verb::AcceptFindings { .. } => model.here_mut().marked.clear(),
        Verb::SaveSite { .. } | Verb::SaveServer { .. } | Verb::SavePerson { .. } => {
            if let Some((_, after)) = verb.rewrites() {
                let done =
                    |d: &Dialog| matches!(d, Dialog::Form(f) if f.goal.edits(after.sort(), after.name()));
                model.dialogs.retain(|d| !done(d));
            }
        }
        Verb::Amend { certifier, .. } => {
            model.dialogs.retain(|d| !matches!(d, Dialog::Form(f) if f.goal.amends(certifier)));
        }
        Verb::StartTask(_) => {
            let begun = outcome.facts.iter().find_map(|fact| match fact {
                Fact::TaskSaved { task, .. } => Some(task.name.clone()),
                _ => None,
            });
            if let Some(name) = begun {
                super::dialog::tasks::open(model, name);
            }
        }
        Verb::Reconcile(_) => model.dialogs.retain(|d| {
            let decides = |then: &(String, Goal)| then.1 == Goal::Reconcile;
            !matches!(d, Dialog::Viewer(v) if v.then.as_deref().is_some_and(decides))
        }),
        Verb::Issue { ids } => {
            model.dialogs.retain(|d| !matches!(d, Dialog::Review(r) if ids.contains(&r.id)));
            model.here_mut().marked.retain(|k| !matches!(k, RowKey::Request(id) if ids.contains(id)));
        }
        _ => {}
    }
    if let Verb::Issue { ids } = verb {
        let each = ids.iter().map(|id| became(&outcome.facts, &model.state, *id));
        let unsigned: Vec<String> = each.filter(|(signed, _)| !signed).map(|(_, text)| text).collect();
        if let Some(first) = unsigned.first() {
            let more = match unsigned.len() {
                1 => String::new(),
                n => format!(" {} more were not signed either.", n - 1),
            };
            model.say(Mood::Bad, format!("{first}{more}"));
            return;
        }
    }
    // The selection goes to what was made, where the person looks already.
    for fact in &outcome.facts {
        if let Some((pane, key)) = RowKey::of(&fact.subject())
            && pane == model.pane
        {
            model.select(&key);
        }
    }
    model.say(Mood::Good, outcome.message);
}

fn failed(model: &mut Model, id: JobId, job: Job, error: Error) -> Vec<Effect> {
    let waiting = model.dialogs.iter().position(|d| d.busy() == Some(id));
    if let Some(dialog) = waiting.and_then(|i| model.dialogs.get_mut(i)) {
        dialog.set_busy(None);
    }
    for dialog in &mut model.dialogs {
        if let Dialog::Verify(report) = dialog
            && report.waits() == Some(id)
        {
            report.give_up();
        }
    }
    // What shows the differences goes; the form below it stays, where it can be set right.
    if let Job::Verb(verb) = &job
        && verb.rewrites().is_some()
        && let Some(at) = waiting.filter(|at| matches!(model.dialogs.get(*at), Some(Dialog::Menu(_))))
    {
        model.dialogs.remove(at);
    }
    if let Job::Clean(way) = &job {
        return leftovers::cleaned(model, way, Err(error));
    }
    match (&job, error.kind) {
        (Job::Verb(verb), Kind::Locked) => {
            let opens = match (verb.keyring(), verb.signers(&model.state, &model.settings.operator).first()) {
                (Some(keyring), _) => Some(Opens::Keyring(keyring.to_owned(), verb.clone())),
                (None, Some(certifier)) => Some(Opens::Certifier(certifier.clone(), Some(verb.clone()))),
                _ => None,
            };
            if let Some(opens) = opens {
                // The password line takes over from the menu that asked.
                if let Some(i) = waiting.filter(|i| matches!(model.dialogs.get(*i), Some(Dialog::Menu(_)))) {
                    model.dialogs.remove(i);
                }
                job::ask(model, opens);
                return Vec::new();
            }
        }
        (Job::Verb(_) | Job::Protect(_), Kind::Unwitnessed) => {
            let verb = if let Job::Verb(verb) = &job { Some(verb.clone()) } else { None };
            // The menu that asked is done with; a form stays until the step is.
            if let Some(i) = waiting.filter(|i| !matches!(model.dialogs.get(*i), Some(Dialog::Form(_)))) {
                model.dialogs.remove(i);
            }
            Form::witness(model, &error, verb);
            return Vec::new();
        }
        (Job::Export(asked), Kind::Locked) => {
            if let Asked::Keyring(of) = &**asked {
                // The form stays below: whoever goes back finds it as it was filled in.
                job::ask(model, Opens::Export(of.keyring.clone(), asked.clone()));
                return Vec::new();
            }
        }
        (Job::Serve(site, server), Kind::Locked) => {
            job::ask(model, Opens::Site(site.clone(), server.clone()));
            return Vec::new();
        }
        (Job::Verb(verb), Kind::Conflict) => {
            if let Some((before, mine)) = verb.rewrites() {
                return conflict(model, error, before, mine);
            }
        }
        (Job::Preview(request, plan), _) => {
            for dialog in &mut model.dialogs {
                if let Dialog::Review(review) = dialog
                    && review.id == *request
                    && review.plan.as_ref() == Some(plan)
                {
                    review.error = Some(error.clone());
                }
            }
            return Vec::new();
        }
        (Job::Scan(_), _) => model.dialogs.retain(|d| !matches!(d, Dialog::Scan(s) if s.busy.is_none())),
        (Job::Ids, Kind::Cancelled) => return Vec::new(),
        (Job::Audit, kind) => {
            super::dialog::log::give_up(model, id);
            if kind == Kind::Cancelled {
                return Vec::new();
            }
        }
        (Job::Complete | Job::Rows(_) | Job::Ids | Job::Log, _) => {
            if let Job::Rows(asked) = job {
                model.issued.absent.extend(asked);
            }
            model.say(Mood::Bad, error.to_string());
            return Vec::new();
        }
        _ => {}
    }
    let batch = matches!(job, Job::Verb(_)) && import::goes_on(model);
    if let Some(Dialog::Phrase(phrase)) = waiting.and_then(|i| model.dialogs.get_mut(i))
        && phrase.failed(&error)
    {
        return Vec::new();
    }
    match waiting.and_then(|i| model.dialogs.get_mut(i)) {
        Some(Dialog::Secret(line)) if error.kind == Kind::WrongPassword => {
            line.refused(&error);
            return Vec::new();
        }
        Some(Dialog::Form(form)) if error.kind == Kind::WrongPassword => {
            form.wrong_password(&error);
            return Vec::new();
        }
        Some(Dialog::Path(path)) => {
            path.error = Some(error);
            return Vec::new();
        }
        // What is wrong with it can be set right in the form, which stays.
        Some(Dialog::Form(_)) => {}
        _ if batch => {
            model.say(Mood::Bad, error.what.clone());
            return import::went(model, Err(error));
        }
        _ => {}
    }
    point_at(model, &job);
    model.say(Mood::Bad, error.what.clone());
    model.dialogs.push(Dialog::Error(ErrorBox { error }));
    Vec::new()
}

/// Offers both versions of a document that another console has changed.
fn conflict(model: &mut Model, error: Error, before: Document, mine: Document) -> Vec<Effect> {
    let lines = vec![Text { label: String::new(), text: error.what, role: Role::Warn }];
    let items = vec![
        item("Back to the form", Action::Close),
        item("Keep theirs", Action::KeepTheirs(mine.sort(), mine.name().to_owned())),
        item("Save what I changed into theirs", Action::SaveMine(Some(before), mine.clone())),
        item("Save mine over it, all of it", Action::SaveMine(None, mine)),
    ];
    model.dialogs.push(Dialog::Menu(Menu::new("Changed by another console", lines, items)));
    vec![model.start(Job::Refresh, Effect::Refresh).1]
}

/// Selects the record that a failed verb was about, so that the command which helps is about the same one.
fn point_at(model: &mut Model, job: &Job) {
    let Job::Verb(verb) = job else { return };
    let (pane, key) = match &**verb {
        Verb::Ring { keyring, .. } | Verb::DeleteKeyring { name: keyring } => {
            (PaneId::Keyrings, RowKey::Name(keyring.clone()))
        }
        Verb::SaveSite { site, .. } => (PaneId::Sites, RowKey::Name(site.name.clone())),
        Verb::SaveServer { server, .. } => (PaneId::Servers, RowKey::Name(server.name.clone())),
        Verb::Approve { id, .. } | Verb::Deny { id, .. } => (PaneId::Requests, RowKey::Request(*id)),
        Verb::Issue { ids } => match ids.first() {
            Some(id) => (PaneId::Requests, RowKey::Request(*id)),
            None => return,
        },
        _ => return,
    };
    let here = model.pane;
    model.pane = pane;
    model.select(&key);
    model.pane = here;
}

fn issued(
    model: &mut Model,
    purpose: IssuedFor,
    row: crate::model::issued::Issued,
    der: &[u8],
) -> Vec<Effect> {
    if !row.is_known() && purpose != IssuedFor::Show {
        model.dialogs.push(Dialog::Error(ErrorBox { error: row.unknown() }));
        return Vec::new();
    }
    let pem = || crate::pki::pem::write("CERTIFICATE", der);
    match purpose {
        IssuedFor::Copy => {
            let text = pem();
            return vec![model.start(Job::Copy, |id| Effect::Copy(id, text)).1];
        }
        IssuedFor::Write(name) => {
            model.dialogs.push(Dialog::Path(PathLine::write(&name, pem().into_bytes(), "the certificate")));
        }
        IssuedFor::Show => {
            let viewer = match crate::pki::certificate::read(der) {
                Ok(certificate) => {
                    let known = Certificate::FIELDS.iter().map(|f| f.label).collect::<Vec<_>>();
                    let more = entries(&row, model).into_iter().filter(|(label, _)| !known.contains(label));
                    Viewer::of_certificate(model, &certificate, more.collect())
                }
                Err(_) => Viewer::of_entries("Issued certificate", entries(&row, model)),
            };
            model.dialogs.push(Dialog::Viewer(viewer));
        }
        IssuedFor::Compare(mut known, rest) => match crate::pki::certificate::read(der) {
            Ok(certificate) => {
                known.push(certificate);
                return certificates::compare(model, known, rest);
            }
            Err(error) => model.dialogs.push(Dialog::Error(ErrorBox { error })),
        },
        IssuedFor::Verify => match crate::pki::certificate::read(der) {
            Ok(leaf) => return verify::start(model, Wanted::Certificate(Box::new(leaf))),
            Err(error) => model.dialogs.push(Dialog::Error(ErrorBox { error })),
        },
        IssuedFor::Install(keyring) => match crate::pki::certificate::read(der) {
            Ok(leaf) => {
                let install = Install::new(model, keyring, vec![leaf]);
                model.dialogs.push(Dialog::Install(install));
            }
            Err(error) => model.dialogs.push(Dialog::Error(ErrorBox { error })),
        },
    }
    Vec::new()
}

/// Shows what left the workspace, and what to do with it. The dialogs that led to it are done with.
fn left(model: &mut Model, asked: &Asked, exported: Exported) {
    model.take(exported.state);
    model.dialogs.retain(|d| match d {
        Dialog::Form(form) => !matches!(form.goal, Goal::Export(_) | Goal::Certificates(_)),
        Dialog::Viewer(viewer) => viewer.then.is_none(),
        _ => true,
    });
    let public = match asked {
        Asked::Keyring(of) => of.secrecy == Secrecy::Public,
        Asked::Certificates(_) => true,
    };
    if public && exported.lines.len() == 1 {
        model.say(Mood::Good, exported.message);
        return;
    }
    let line = |role, text: &str| Text { label: String::new(), text: text.to_owned(), role };
    let mut lines = vec![line(Role::Ok, &exported.message)];
    for said in &exported.lines {
        let bad = said.contains("WARNING") || said.contains("not written");
        lines.push(line(if bad { Role::Warn } else { Role::Text }, said));
    }
    if let Some(commands) = &exported.commands {
        lines.push(line(Role::Text, ""));
        lines.extend(commands.lines().map(|l| line(Role::Text, l)));
    }
    model.say(Mood::Good, exported.message);
    model.dialogs.push(Dialog::Viewer(Viewer::new("What left the workspace", lines)));
}

fn service_is(model: &mut Model, job: &Job, service: Option<Rehearsal>, log: Vec<String>) {
    if matches!(job, Job::Log) {
        let lines = if log.is_empty() { vec!["No client has come yet.".into()] } else { log };
        let lines: Vec<_> =
            lines.into_iter().map(|text| Text { label: String::new(), text, role: Role::Text }).collect();
        let open = model.dialogs.iter_mut().find_map(|d| match d {
            Dialog::Viewer(viewer) if viewer.follows => Some(viewer),
            _ => None,
        });
        if let Some(viewer) = open {
            viewer.lines = lines;
        } else if service.is_some() {
            let mut viewer = Viewer::new("Log of the rehearsal", lines);
            viewer.follows = true;
            model.dialogs.push(Dialog::Viewer(viewer));
        }
    } else {
        match &service {
            Some(Rehearsal { sites, address }) => {
                let what = match sites.as_slice() {
                    [site] => format!("{site} is"),
                    sites => format!("{} sites are", sites.len()),
                };
                model.say(Mood::Good, format!("{what} served on {address}: p probes, w log, v stops."));
            }
            None => model.say(Mood::Plain, "The rehearsal has ended."),
        }
    }
    model.service = service;
}
