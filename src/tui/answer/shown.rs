//! Answers that are shown: a certificate that was looked up, what left the workspace, the rehearsal.

use crate::desk::export::{Asked, Exported};
use crate::model::certificate::Certificate;
use crate::model::export::Secrecy;
use crate::model::field::Record;
use crate::model::issued::Issued;
use crate::pki::{certificate, pem};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::error::ErrorBox;
use crate::tui::dialog::form::Goal;
use crate::tui::dialog::install::Install;
use crate::tui::dialog::path::PathLine;
use crate::tui::dialog::verify::{self, Wanted};
use crate::tui::dialog::viewer::{Text, Viewer};
use crate::tui::job::{IssuedFor, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::{Effect, Rehearsal};
use crate::tui::pane::{certificates, entries};
use crate::tui::theme::Role;

/// Shows a certificate of the issued list, or hands it to what asked for it.
pub(super) fn issued(model: &mut Model, purpose: IssuedFor, row: Issued, der: &[u8]) -> Vec<Effect> {
    if !row.is_known() && purpose != IssuedFor::Show {
        model.dialogs.push(Dialog::Error(ErrorBox { error: row.unknown() }));
        return Vec::new();
    }
    let pem = || pem::write("CERTIFICATE", der);
    match purpose {
        IssuedFor::Copy => {
            let text = pem();
            return vec![model.start(Job::Copy, |id| Effect::Copy(id, text)).1];
        }
        IssuedFor::Write(name) => {
            model.dialogs.push(Dialog::Path(PathLine::write(&name, pem().into_bytes(), "the certificate")));
        }
        IssuedFor::Show => {
            let viewer = match certificate::read(der) {
                Ok(certificate) => {
                    let known = Certificate::FIELDS.iter().map(|f| f.label).collect::<Vec<_>>();
                    let more = entries(&row, model).into_iter().filter(|(label, _)| !known.contains(label));
                    Viewer::of_certificate(model, &certificate, more.collect())
                }
                Err(_) => Viewer::of_entries("Issued certificate", entries(&row, model)),
            };
            model.dialogs.push(Dialog::Viewer(viewer));
        }
        IssuedFor::Compare(mut known, rest) => match certificate::read(der) {
            Ok(certificate) => {
                known.push(certificate);
                return certificates::compare(model, known, rest);
            }
            Err(error) => model.dialogs.push(Dialog::Error(ErrorBox { error })),
        },
        IssuedFor::Verify => match certificate::read(der) {
            Ok(leaf) => return verify::start(model, Wanted::Certificate(Box::new(leaf))),
            Err(error) => model.dialogs.push(Dialog::Error(ErrorBox { error })),
        },
        IssuedFor::Install(keyring) => match certificate::read(der) {
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
pub(super) fn left(model: &mut Model, asked: &Asked, exported: Exported) {
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
    let mut lines = vec![Text::line(&exported.message, Role::Ok)];
    for said in &exported.lines {
        let bad = said.contains("WARNING") || said.contains("not written");
        lines.push(Text::line(said, if bad { Role::Warn } else { Role::Text }));
    }
    if let Some(commands) = &exported.commands {
        lines.push(Text::line("", Role::Text));
        lines.extend(commands.lines().map(|l| Text::line(l, Role::Text)));
    }
    model.say(Mood::Good, exported.message);
    model.dialogs.push(Dialog::Viewer(Viewer::new("What left the workspace", lines)));
}

/// Takes over whether a rehearsal runs, and shows its log.
pub(super) fn service_is(model: &mut Model, job: &Job, service: Option<Rehearsal>, log: Vec<String>) {
    if matches!(job, Job::Log) {
        let lines = if log.is_empty() { vec!["No client has come yet.".into()] } else { log };
        let lines: Vec<_> = lines.into_iter().map(|text| Text::line(text, Role::Text)).collect();
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
