//! What becomes of the answers of jobs: dialogs close or say what went wrong, lists and records are taken over.

mod committed;
mod failed;
mod shown;

use self::committed::committed;
use self::failed::failed;
use self::shown::{issued, left, service_is};
use super::dialog::error::ErrorBox;
use super::dialog::path::PathLine;
use super::dialog::pick::Pick;
use super::dialog::shares::Shares;
use super::dialog::viewer::{Text, Viewer};
use super::dialog::{
    Dialog, batch, bulk, directory, history, import, leftovers, log, log_report, phrase, pickup, review,
    scan, tasks, timeline, verify, versions, visits,
};
use super::findings;
use super::job::{self, IssuedFor, Job};
use super::model::{Model, Mood};
use super::msg::{Done, Effect, JobId};
use super::pane::{certificates, certifiers};
use super::theme::Role;
use crate::desk::Verb;
use crate::model::change::Fact;
use crate::model::error::{Error, Kind};
use crate::pki::pem;
use crate::store::brought;

/// Takes the answer of a job.
pub(super) fn done(model: &mut Model, id: JobId, answer: Result<Done, Error>) -> Vec<Effect> {
    let answer = match bulk::answered(model, id, answer) {
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
            let mut renewed = batch::renew(model);
            if let Verb::EditPlan { id, plan } = &*verb {
                renewed.extend(review::preview_again(model, *id, plan.clone()));
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
            effects.extend(tasks::went_on(model, &verb));
            effects.extend(history::renew(model, &facts));
            effects.extend(versions::renew(model, &facts));
            effects.extend(renewed);
            return effects;
        }
        (Job::Clean(way), Done::Outcome(outcome)) => return leftovers::cleaned(model, &way, Ok(outcome)),
        (Job::Audit, Done::Audit(found)) => log::take(model, id, *found),
        (Job::Receipt(name), Done::Receipt(text)) => tasks::receipt(model, &name, &text),
        (Job::VerifyAudit(full), Done::Audited(verified)) => {
            log::verified(model, *verified, full);
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
            return bulk::unlocked(model);
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
        (_, Done::Directory(read)) => directory::show(model, &read.0, &read.1),
        (_, Done::LogRead(read)) => log_report::show(model, read.0, read.1),
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
        (_, Done::Previews(looked)) => batch::take(model, looked),
        (_, Done::Answer(found)) => pickup::offer(model, &found.0, &found.1),
        (Job::HandOut(id), Done::Written(path)) => {
            model.say(Mood::Good, format!("Written: {}", path.display()));
            let to = format!("file {}", brought::shown(&path));
            return vec![job::run(model, Verb::PickUp { id, to }).1];
        }
        (_, Done::Findings(found)) => findings::take(model, found),
        // An answer to an older question is of no use any more.
        (_, Done::Ids(_)) if model.jobs.values().any(|(job, _)| *job == Job::Ids) => {}
        (_, Done::Ids(listing)) => {
            super::issued::take(model, listing);
        }
        (_, Done::Timeline(found)) => timeline::take(model, *found),
        (Job::Rows(asked), Done::Rows(rows)) => {
            model.issued.rows.extend(rows.into_iter().filter_map(|r| Some((u32::try_from(r.id).ok()?, r))));
            let rows = &model.issued.rows;
            model.issued.absent.extend(asked.into_iter().filter(|id| !rows.contains_key(id)));
        }
        (Job::Issued(purpose), Done::Issued(found)) => return issued(model, purpose, found.0, &found.1.0),
        (Job::Crl(purpose), Done::Crl(der)) => {
            let text = pem::write("X509 CRL", &der.0);
            match purpose {
                IssuedFor::Write(name) => {
                    model.dialogs.push(Dialog::Path(PathLine::write(&name, text.into_bytes(), "the CRL")));
                }
                _ => return vec![model.start(Job::Copy, |id| Effect::Copy(id, text)).1],
            }
        }
        (_, Done::Scanned(scan)) => scan::show(model, &scan),
        (job, Done::Visited(rows)) => return visits::take(model, &job, rows),
        (Job::Keep, Done::Outcome(outcome)) => {
            model.take(outcome.state);
            model.say(Mood::Good, outcome.message);
        }
        (_, Done::Verified(verified)) => verify::take(model, Some(id), verified.0, verified.1),
        (job, Done::Service(service, log)) => service_is(model, &job, service, log),
        (Job::Export(asked), Done::Exported(exported)) => left(model, &asked, *exported),
        (_, Done::ListWritten(message)) => model.say(Mood::Good, message),
        (Job::Phrase(asked), Done::Phrase(phrase)) => phrase::show(model, asked, phrase),
        (Job::Deliver(_), Done::Exported(exported)) => {
            model.take(exported.state);
            let line = |text| Text::line(text, Role::Text);
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
