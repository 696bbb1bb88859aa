//! What becomes of the answers of jobs: dialogs close or say what went wrong, lists and records are taken over.

use super::dialog::Dialog;
use super::dialog::error::ErrorBox;
use super::dialog::import;
use super::dialog::menu::{Action, Menu, item};
use super::dialog::path::PathLine;
use super::dialog::secret::Opens;
use super::dialog::viewer::{Text, Viewer};
use super::job::{self, IssuedFor, Job};
use super::model::{Model, Mood};
use super::msg::{Done, Effect, JobId};
use super::pane::{PaneId, RowKey, entries};
use super::theme::Role;
use crate::desk::{Outcome, Verb};
use crate::model::error::{Error, Kind};
use crate::model::finding::Subject;
use crate::model::site::Site;
use crate::ops::ring::Act;

/// Takes the answer of a job.
pub(super) fn done(model: &mut Model, id: JobId, answer: Result<Done, Error>) -> Vec<Effect> {
    let answer = match super::dialog::bulk::answered(model, id, answer) {
        Ok(effects) => return effects,
        Err(answer) => answer,
    };
    let Some((job, _)) = model.jobs.remove(&id) else {
        unasked(model, answer);
        return Vec::new();
    };
    let done = match answer {
        Err(error) => return failed(model, id, job, error),
        Ok(done) => done,
    };
    // A list of completions does not end the line it was asked for; everything else ends the dialog that waited.
    model.dialogs.retain(|d| d.busy() != Some(id));
    match (job, done) {
        (Job::Verb(verb), Done::Outcome(outcome)) => committed(model, &verb, outcome),
        (Job::Refresh, Done::Outcome(outcome)) => {
            model.take(outcome.state);
            model.say(Mood::Good, "The workspace was read again.");
        }
        (Job::Refresh, _) => model.say(Mood::Good, "The workspace was read again."),
        (Job::Unlock(name, then), Done::Unlocked(names)) => {
            model.unlocked = names;
            model.say(Mood::Good, format!("{name} is unlocked in this session; o locks it again."));
            if let Some(verb) = then {
                return job::go(model, *verb);
            }
        }
        (_, Done::Unlocked(names)) => {
            let text = if names.is_empty() {
                "Every certifier is locked.".into()
            } else {
                format!("Still unlocked: {}.", names.join(", "))
            };
            model.unlocked = names;
            model.say(Mood::Good, text);
        }
        (Job::Read(purpose), Done::Found(found, source)) => {
            import::show(model, *found, source, Some(purpose))
        }
        (_, Done::Found(found, source)) => import::show(model, *found, source, None),
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
        (Job::Probe(site), Done::Probed(lines, trusted)) => {
            model.dialogs.push(Dialog::Viewer(probed(&site, lines, trusted)));
        }
        (job, Done::Service(service, log)) => service_is(model, &job, service, log),
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
            model.unlocked = names;
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
        model.unlocked.push(new.name.clone());
    }
    match verb {
        Verb::Approve { id, .. } | Verb::Deny { id, .. } => {
            model.dialogs.retain(|d| !matches!(d, Dialog::Review(r) if r.id == *id));
        }
        Verb::Issue { ids } => {
            model.dialogs.retain(|d| !matches!(d, Dialog::Review(r) if ids.contains(&r.id)));
            model.here_mut().marked.retain(|k| !matches!(k, RowKey::Request(id) if ids.contains(id)));
        }
        _ => {}
    }
    // The selection goes to what was made, where the person looks already.
    for fact in &outcome.facts {
        let (pane, key) = match fact.subject() {
            Subject::Keyring(name) => (PaneId::Keyrings, RowKey::Name(name)),
            Subject::Site(name) => (PaneId::Sites, RowKey::Name(name)),
            Subject::Certifier(name) => (PaneId::Certifiers, RowKey::Name(name)),
            Subject::Request(id) => (PaneId::Requests, RowKey::Request(id)),
            _ => continue,
        };
        if pane == model.pane {
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
    match (&job, error.kind) {
        (Job::Verb(verb), Kind::Locked) => {
            let opens = match (verb.keyring(), job::signers(model, verb).first()) {
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
        (Job::Serve(site), Kind::Locked) => {
            job::ask(model, Opens::Site(site.clone()));
            return Vec::new();
        }
        (Job::Verb(verb), Kind::Conflict) if matches!(**verb, Verb::SaveSite { .. }) => {
            if let Verb::SaveSite { site, .. } = &**verb {
                return conflict(model, error, site.clone());
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
        (Job::Ids, Kind::Cancelled) => return Vec::new(),
        (Job::Complete | Job::Rows(_) | Job::Ids | Job::Log, _) => {
            if let Job::Rows(asked) = job {
                model.issued.absent.extend(asked);
            }
            model.say(Mood::Bad, error.to_string());
            return Vec::new();
        }
        _ => {}
    }
    match waiting.and_then(|i| model.dialogs.get_mut(i)) {
        Some(Dialog::Secret(line)) if error.kind == Kind::WrongPassword => {
            line.error = Some(error.to_string());
            return Vec::new();
        }
        Some(Dialog::Path(path)) => {
            path.error = Some(error);
            return Vec::new();
        }
        _ => {}
    }
    point_at(model, &job);
    model.say(Mood::Bad, error.what.clone());
    model.dialogs.push(Dialog::Error(ErrorBox { error }));
    Vec::new()
}

/// Offers both versions of a site that another console has changed.
fn conflict(model: &mut Model, error: Error, site: Site) -> Vec<Effect> {
    let lines = vec![Text { label: String::new(), text: error.what, role: Role::Warn }];
    let items = vec![
        item("Back to the form", Action::Close),
        item("Keep theirs", Action::KeepTheirs(site.name.clone())),
        item("Save mine over it", Action::SaveMine(site)),
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
            let mut all = entries(&row, model);
            if let Ok(certificate) = crate::pki::certificate::read(der) {
                let known: Vec<&str> = all.iter().map(|(label, _)| *label).collect();
                let more = entries(&certificate, model);
                let more: Vec<_> = more.into_iter().filter(|(label, _)| !known.contains(label)).collect();
                all.extend(more);
            }
            model.dialogs.push(Dialog::Viewer(Viewer::of_entries("Issued certificate", all)));
        }
        IssuedFor::Install(keyring) => match crate::pki::certificate::read(der) {
            Ok(leaf) => {
                let verb = Verb::ring(keyring, Act::Install { certificates: vec![leaf] });
                return job::go(model, verb);
            }
            Err(error) => model.dialogs.push(Dialog::Error(ErrorBox { error })),
        },
    }
    Vec::new()
}

/// Shows what a probe saw, its verdict first.
fn probed(site: &str, mut lines: Vec<String>, trusted: bool) -> Viewer {
    let role = if trusted { Role::Ok } else { Role::Bad };
    let said = lines.iter().rposition(|line| line.starts_with("Verdict"));
    let text = said.map_or_else(
        || if trusted { "trusted".into() } else { "NOT TRUSTED".into() },
        |at| lines.remove(at).trim_start_matches("Verdict").trim().to_owned(),
    );
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    let plain = |text| Text { label: String::new(), text, role: Role::Text };
    let mut texts = vec![Text { role, ..plain(format!("Verdict: {text}")) }, plain(String::new())];
    texts.extend(lines.into_iter().map(plain));
    Viewer::new(format!("Probe of {site}"), texts)
}

fn service_is(
    model: &mut Model,
    job: &Job,
    service: Option<(String, std::net::SocketAddr)>,
    log: Vec<String>,
) {
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
            Some((site, address)) => {
                model.say(
                    Mood::Good,
                    format!("{site} is served on {address}: p probes it, w shows its log, v stops it."),
                );
            }
            None => model.say(Mood::Plain, "The rehearsal has ended."),
        }
    }
    model.service = service;
}
