//! What becomes of a job that failed: what is missing is asked for, or the dialog that can set it right says what went
//! wrong.

use crate::desk::Verb;
use crate::desk::export::Asked;
use crate::model::document::Document;
use crate::model::error::{Error, Kind};
use crate::tui::dialog::error::ErrorBox;
use crate::tui::dialog::form::Form;
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::secret::Opens;
use crate::tui::dialog::viewer::Text;
use crate::tui::dialog::{Dialog, import, leftovers, log};
use crate::tui::job::{self, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, JobId};
use crate::tui::pane::{PaneId, RowKey};
use crate::tui::theme::Role;

/// Takes the error of a job.
pub(super) fn failed(model: &mut Model, id: JobId, job: Job, error: Error) -> Vec<Effect> {
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
        (Job::ExportList, Kind::Cancelled) => {
            model.say(Mood::Plain, error.what);
            return Vec::new();
        }
        (Job::Audit, kind) => {
            log::give_up(model, id);
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
    let lines = vec![Text::line(error.what, Role::Warn)];
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
