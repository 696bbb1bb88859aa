//! What is taken out of the list of certificates: two to be compared, what can be copied, and exports.

use std::collections::VecDeque;
use std::path::PathBuf;

use super::super::row_text;
use crate::desk::list::{Form, ListAsked};
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::export::{CertificateExport, FORMS, Format, Which};
use crate::model::field::Record;
use crate::pki::reading;
use crate::store::listing::Chosen;
use crate::tui::dialog::Dialog;
use crate::tui::dialog::compare::Compare;
use crate::tui::dialog::form::Goal;
use crate::tui::dialog::menu::{Action, Copy, Menu, Source, item};
use crate::tui::dialog::path::{PathLine, file_name};
use crate::tui::job::{IssuedFor, Job};
use crate::tui::model::Model;
use crate::tui::msg::Effect;
use crate::tui::pane::RowKey;

/// Returns the two certificates that are to be compared.
pub(super) fn pair(model: &Model) -> Option<[RowKey; 2]> {
    let marked = &model.here().marked;
    let mut keys: Vec<RowKey> = marked.iter().cloned().collect();
    if keys.len() == 1 {
        keys.extend(model.selected().filter(|key| !marked.contains(key)));
    }
    keys.try_into().ok()
}

/// Fetches what only the ledger has, one after the other, and shows both.
pub(in crate::tui) fn compare(
    model: &mut Model,
    mut known: Vec<Certificate>,
    mut rest: VecDeque<RowKey>,
) -> Vec<Effect> {
    while let Some(key) = rest.pop_front() {
        match &key {
            RowKey::Local(digest) => known.extend(model.certificate(digest).cloned()),
            RowKey::Issued(id) => {
                let (id, job) = (*id, Job::Issued(IssuedFor::Compare(known, rest)));
                return vec![model.start(job, |job| Effect::IssuedRow(job, id)).1];
            }
            _ => {}
        }
    }
    if let Ok([first, second]) = <[Certificate; 2]>::try_from(known) {
        model.dialogs.push(Dialog::Compare(Compare::new(first, second)));
    }
    Vec::new()
}

/// Fields that can be copied alone, beside those that every row has.
const COPIED: [&str; 6] = ["issuer", "names", "sha1", "spki-pin", "ski", "crl"];

const PEM: &str = "certificate (PEM)";

/// Asks for the form of the marked certificates, or of the selected one; or for that of the list.
pub(super) fn export(model: &mut Model) -> Vec<Effect> {
    let which = |key: &RowKey| match key {
        RowKey::Local(digest) => Some(Which::Sha256(*digest)),
        RowKey::Issued(id) => Some(Which::Issued(*id)),
        _ => None,
    };
    let marked: Vec<Which> = model.here().marked.iter().filter_map(which).collect();
    let Some(key) = model.selected() else { return Vec::new() };
    let (which, name, what) = match marked.len() {
        // Neither the head of a group is a certificate, nor a row of which only the record is here.
        0 if matches!(key, RowKey::Group(_)) || super::whole(model).is_err() => {
            (Vec::new(), String::new(), "the list".to_owned())
        }
        0 => {
            let copy = copies(model, &key).into_iter().find(|c| c.label == PEM);
            let name = copy.map_or_else(String::new, |c| c.name.trim_end_matches(".pem").to_owned());
            (which(&key).into_iter().collect(), name, "the selected certificate".to_owned())
        }
        1 => (marked, "certificates".to_owned(), "1 marked certificate".into()),
        many => (marked, "certificates".to_owned(), format!("{many} marked certificates")),
    };
    let forms = FORMS.iter().filter(|f| f.certificate && !which.is_empty()).map(|info| {
        let asked = CertificateExport::new(which.clone(), info.form, &name);
        let label = match info.form {
            Format::Pem => "PEM",
            Format::Der => "DER",
            _ => info.title,
        };
        item(label, Action::Form(format!("Export {what}: {label}"), Goal::Certificates(Box::new(asked))))
    });
    let rows = rows_of(model);
    let lists =
        Form::ALL.into_iter().map(|form| item(format!("{rows}: {}", form.title()), Action::ExportList(form)));
    let items = forms.chain(lists).collect();
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Export {what}"), Vec::new(), items)));
    Vec::new()
}

/// Says which rows of the list leave: those that are marked, or else all that it shows.
fn rows_of(model: &Model) -> String {
    let pane = model.here();
    match pane.marked.len() {
        0 if pane.filter.is_empty() && !pane.findings => "The whole list".into(),
        0 => "The list as it is filtered".into(),
        1 => "The row that is marked".into(),
        many => format!("The {many} rows that are marked"),
    }
}

/// Asks where to write them.
pub(in crate::tui) fn export_list(model: &mut Model, form: Form) {
    let mut chosen = Chosen::default();
    for key in &model.here().marked {
        match key {
            RowKey::Local(digest) => _ = chosen.here.insert(*digest),
            RowKey::Issued(id) => _ = chosen.ids.insert(*id),
            _ => {}
        }
    }
    let chosen = (chosen != Chosen::default()).then_some(chosen);
    let title = format!("{}: {}", rows_of(model), form.title());
    let asked = ListAsked { wish: super::wish(model), chosen, form, to: PathBuf::new() };
    model.dialogs.push(Dialog::Path(PathLine::list(title, asked)));
}

/// Returns the last eight digits of a serial number: enough to know it, little enough to type.
pub(super) fn ending(serial: &Serial) -> String {
    let text = serial.to_string();
    text.get(text.len().saturating_sub(8)..).unwrap_or(&text).to_owned()
}

/// Lists what of a row can be copied.
pub(super) fn copies(model: &Model, key: &RowKey) -> Vec<Copy> {
    let (subject, serial, sha256, title, source) = match key {
        RowKey::Local(digest) => {
            let Some(c) = model.certificate(digest) else { return Vec::new() };
            let pem = Source::Pem("CERTIFICATE", vec![c.der.clone()]);
            (c.subject.text(), c.serial.clone(), c.sha256, c.subject.title(), pem)
        }
        RowKey::Issued(id) => {
            let Some(r) = model.issued.rows.get(id) else { return Vec::new() };
            let pem = Source::Issued(r.certifier.clone(), r.serial.clone());
            (r.subject.clone(), r.serial.clone(), r.sha256, super::rows::title(r).to_owned(), pem)
        }
        _ => return Vec::new(),
    };
    let name = format!("certificate-{}-{}", file_name(&title), ending(&serial).to_lowercase());
    let whole = match key {
        RowKey::Local(digest) => model.certificate(digest),
        _ => None,
    };
    let text = |label, text: String| Copy { label, name: format!("{name}.txt"), source: Source::Text(text) };
    let mut all = vec![
        text("serial number", serial.to_string()),
        text("SHA-256", sha256.to_string()),
        text("subject", subject),
        Copy { label: PEM, name: format!("{name}.pem"), source },
        text("row", row_text(model, key)),
    ];
    if sha256 == Digest::default() {
        // Only a record of it is here.
        all.retain(|copy| !matches!(copy.label, PEM | "SHA-256"));
    }
    if let Some(c) = whole {
        let look = model.look();
        for field in Certificate::FIELDS.iter().chain(reading::MORE).filter(|f| COPIED.contains(&f.name)) {
            let value = (field.get)(c, &look);
            if !value.is_empty() {
                all.push(text(field.label, value.replace('\n', " ")));
            }
        }
        let source = Source::Pem("PUBLIC KEY", vec![c.key.spki.clone()]);
        all.push(Copy { label: "public key (PEM)", name: format!("{name}-key.pem"), source });
    }
    all
}
