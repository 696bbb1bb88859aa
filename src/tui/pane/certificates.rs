//! The pane of certificates: those that stand in the workspace, and behind them the issued list, which is asked for page
//! by page and may hold a million rows.

use super::{Cell, Column, Pane, PaneId, RowKey, entries, matches};
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::{Certificate, Lifetime};
use crate::model::certifier::Issued;
use crate::model::finding::Subject;
use crate::model::time::Timestamp;
use crate::store::ledger::Order;
use crate::tui::command::{Command, Level, Question, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Copy, Menu, Source, item};
use crate::tui::dialog::path::file_name;
use crate::tui::everywhere::selected;
use crate::tui::model::{Model, Mood};
use crate::tui::theme::Role;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::Certificates,
    title: "Certificates",
    columns: &[
        Column { title: "subject", least: 16, share: 4, rank: 0 },
        Column { title: "issuer", least: 10, share: 2, rank: 4 },
        Column { title: "ends", least: 10, share: 0, rank: 1 },
        Column { title: "days", least: 5, share: 0, rank: 3 },
        Column { title: "key", least: 9, share: 0, rank: 5 },
        Column { title: "verdict", least: 13, share: 0, rank: 0 },
        Column { title: "where", least: 12, share: 2, rank: 2 },
    ],
    rows,
    cells: |model, key| match key {
        RowKey::Local(digest) => {
            let c = model.certificate(digest)?;
            let (verdict, role) = verdict(c, model);
            Some(cells(
                c.subject.title(),
                c.issuer.title(),
                c.not_after,
                &c.key.algorithm,
                (verdict, role),
                place(model, digest),
                model,
            ))
        }
        RowKey::Issued(id) => {
            let row = model.issued.rows.get(id)?;
            let verdict = issued_verdict(row, model);
            let place = "issued list".to_owned();
            let title = row.subject.split(',').find_map(|p| p.strip_prefix("CN=")).unwrap_or(&row.subject);
            Some(cells(title.into(), row.certifier.clone(), row.not_after, &row.key, verdict, place, model))
        }
        _ => None,
    },
    detail: |model, key| match key {
        RowKey::Local(digest) => model.certificate(digest).map_or_else(Vec::new, |c| entries(c, model)),
        RowKey::Issued(id) => model.issued.rows.get(id).map_or_else(Vec::new, |row| entries(row, model)),
        _ => Vec::new(),
    },
    used: |model, key| {
        let (digest, request) = match key {
            RowKey::Local(digest) => (Some(*digest), None),
            RowKey::Issued(id) => {
                let row = model.issued.rows.get(id);
                (row.map(|r| r.sha256), row.and_then(|r| r.request))
            }
            _ => (None, None),
        };
        let mut lines: Vec<String> = request.map(|id| format!("answers request {id}")).into_iter().collect();
        for subject in digest.and_then(|d| model.places.get(&d)).into_iter().flatten() {
            match subject {
                Subject::Keyring(name) => {
                    lines.push(format!("keyring {name}"));
                    lines.extend(model.state.sites_of_keyring(name).map(|s| format!("  site {}", s.name)));
                }
                Subject::Certifier(name) => lines.push(format!("certifier {name}")),
                _ => {}
            }
        }
        lines
    },
    copies,
    empty: |model| {
        let mut ways = Vec::new();
        if model.state.certifiers.is_empty() {
            ways.push(("certifier.create", "Make a certifier; its own certificate will stand here."));
        }
        ways.push(("keyring.create", "Make a keyring; what is installed in it will stand here."));
        ways.push(("request.import", "Import a request; what is issued for it will stand here."));
        ways
    },
    commands: COMMANDS,
};

/// The orders of the list: what they are called, and what the ledger calls them.
const ORDERS: [(&str, Order); 4] = [
    ("subject", Order::Subject),
    ("end", Order::Ends),
    ("time of signing", Order::Issued),
    ("serial number", Order::Serial),
];

const READ: Command = Command {
    name: "",
    title: "",
    keys: &[],
    scope: Scope::Pane(PaneId::Certificates),
    level: Level::Read,
    doc: "",
    cli: None,
    weight: 0,
    ready: selected,
    confirm: None,
    run: |_| Vec::new(),
};

const COMMANDS: &[Command] = &[
    Command {
        name: "certificate.sort",
        title: "sort",
        keys: &["s"],
        doc: "Sorts the list by the next of subject, end, time of signing and serial number.",
        weight: 55,
        ready: |_| Ok(()),
        run: |model| {
            let sort = (model.here().sort + 1) % ORDERS.len();
            model.here_mut().sort = sort;
            model.list();
            model.say(Mood::Plain, format!("Sorted by {}.", sort_name(sort)));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "certificate.export",
        title: "export",
        keys: &["x"],
        doc: "Writes the certificate to a file as PEM.",
        cli: Some("certificate show"),
        weight: 50,
        run: |model| {
            let Some(key) = model.selected() else { return Vec::new() };
            let pem = copies(model, &key).into_iter().filter(|c| c.label == PEM);
            let items = pem.map(|c| item(format!("{} to {}", c.label, c.name), Action::Write(c))).collect();
            model.dialogs.push(Dialog::Menu(Menu::new("Export", Vec::new(), items)));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "certificate.revoke",
        title: "revoke",
        keys: &["R"],
        level: Level::Destroy,
        doc: "Revokes a certificate that a certifier of the workspace has issued; its next CRL carries it.",
        cli: Some("certificate revoke"),
        weight: 30,
        ready: |model| {
            selected(model)?;
            if let Some(RowKey::Issued(id)) = model.selected()
                && model.issued.rows.get(&id).is_some_and(|r| r.revoked.is_some())
            {
                return Err("it is revoked already".into());
            }
            issued_here(model)
                .map(|_| ())
                .ok_or_else(|| "no certifier of this workspace has issued it".into())
        },
        confirm: Some(|model| {
            let (certifier, serial, subject) = issued_here(model).unwrap_or_default();
            let lines = vec![
                format!("{subject}, serial {serial}, issued by {certifier}."),
                "A revocation cannot be taken back. Clients learn of it from the next CRL.".into(),
                "The reason is asked next; the end of the serial number is enough here.".into(),
            ];
            Question { word: ending(&serial), lines }
        }),
        run: |model| {
            if let Some((certifier, serial, subject)) = issued_here(model) {
                let title = format!("Revoke {subject}");
                let form = Form::new(model, title, Goal::Revoke(certifier, serial));
                model.dialogs.push(Dialog::Form(form));
            }
            Vec::new()
        },
        ..READ
    },
];

const PEM: &str = "certificate (PEM)";

/// Returns the order of the ledger for a place in the pane's orders.
pub(in crate::tui) fn order(sort: usize) -> Order {
    ORDERS.get(sort).map_or(Order::Subject, |(_, order)| *order)
}

/// Returns what an order is called.
pub(in crate::tui) fn sort_name(sort: usize) -> &'static str {
    ORDERS.get(sort).map_or("subject", |(name, _)| name)
}

/// Returns the last eight digits of a serial number: enough to know it, little enough to type.
fn ending(serial: &Serial) -> String {
    let text = serial.to_string();
    text.get(text.len().saturating_sub(8)..).unwrap_or(&text).to_owned()
}

fn rows(model: &Model) -> Vec<RowKey> {
    let pane = model.here();
    let mut all: Vec<(&Certificate, Digest)> = Vec::new();
    for digest in model.places.keys() {
        let Some(c) = model.certificate(digest) else { continue };
        if pane.findings && verdict(c, model).1 == Role::Ok {
            continue;
        }
        let fits = pane.filter.is_empty() || {
            let texts = [
                c.subject.text(),
                c.issuer.text(),
                super::names_of(c),
                c.serial.to_string(),
                place(model, digest),
            ];
            matches(&pane.filter, &texts.each_ref().map(String::as_str))
        };
        if fits {
            all.push((c, *digest));
        }
    }
    match order(pane.sort) {
        Order::Subject => all.sort_by_cached_key(|(c, _)| c.subject.title().to_lowercase()),
        Order::Ends => all.sort_by_key(|(c, _)| c.not_after),
        Order::Issued => all.sort_by_key(|(c, _)| c.not_before),
        Order::Serial => {
            all.sort_by(|(a, _), (b, _)| (&a.issuer.der, &a.serial).cmp(&(&b.issuer.der, &b.serial)))
        }
    }
    all.into_iter().map(|(_, digest)| RowKey::Local(digest)).collect()
}

fn cells(
    subject: String,
    issuer: String,
    ends: Timestamp,
    key: &str,
    (verdict, role): (String, Role),
    place: String,
    model: &Model,
) -> Vec<Cell> {
    vec![
        Cell::new(subject),
        Cell::new(issuer),
        Cell::new(ends.date()),
        Cell::new(ends.days_from(model.now).to_string()),
        Cell::new(key),
        Cell::of(role, verdict),
        Cell::new(place),
    ]
}

/// Judges a certificate by time, in words.
fn verdict(c: &Certificate, model: &Model) -> (String, Role) {
    match c.lifetime(model.now, model.settings.soon) {
        Lifetime::Good => ("ok".into(), Role::Ok),
        Lifetime::Soon => (format!("soon {} d", c.not_after.days_from(model.now)), Role::Warn),
        Lifetime::Expired => ("expired".into(), Role::Bad),
        Lifetime::NotYet => ("not yet valid".into(), Role::Bad),
    }
}

fn issued_verdict(row: &Issued, model: &Model) -> (String, Role) {
    let days = row.not_after.days_from(model.now);
    if row.revoked.is_some() {
        ("revoked".into(), Role::Bad)
    } else if model.now > row.not_after {
        ("expired".into(), Role::Bad)
    } else if model.now < row.not_before {
        ("not yet valid".into(), Role::Bad)
    } else if days < model.settings.soon {
        (format!("soon {days} d"), Role::Warn)
    } else {
        ("ok".into(), Role::Ok)
    }
}

fn place(model: &Model, digest: &Digest) -> String {
    let word = |s: &Subject| match s {
        Subject::Keyring(name) => format!("keyring {name}"),
        Subject::Certifier(name) => format!("certifier {name}"),
        _ => String::new(),
    };
    let all = model.places.get(digest).map_or(&[][..], Vec::as_slice);
    match all {
        [one] => word(one),
        [first, rest @ ..] => format!("{} +{}", word(first), rest.len()),
        [] => String::new(),
    }
}

/// Returns certifier, serial and subject of the selected certificate, if a certifier of the workspace has issued it.
fn issued_here(model: &Model) -> Option<(String, Serial, String)> {
    match model.selected()? {
        RowKey::Issued(id) => {
            let row = model.issued.rows.get(&id)?;
            Some((row.certifier.clone(), row.serial.clone(), row.subject.clone()))
        }
        RowKey::Local(digest) => {
            let c = model.certificate(&digest)?;
            let mut certifiers = model.state.certifiers.values();
            let by = certifiers
                .find(|a| a.certificate.subject.der == c.issuer.der && a.certificate.sha256 != c.sha256)?;
            Some((by.name.clone(), c.serial.clone(), c.subject.text()))
        }
        _ => None,
    }
}

fn copies(model: &Model, key: &RowKey) -> Vec<Copy> {
    let (subject, serial, sha256, title, source) = match key {
        RowKey::Local(digest) => {
            let Some(c) = model.certificate(digest) else { return Vec::new() };
            let pem = Source::Pem("CERTIFICATE", vec![c.der.clone()]);
            (c.subject.text(), c.serial.clone(), c.sha256, c.subject.title(), pem)
        }
        RowKey::Issued(id) => {
            let Some(r) = model.issued.rows.get(id) else { return Vec::new() };
            let pem = Source::Issued(r.certifier.clone(), r.serial.clone());
            (r.subject.clone(), r.serial.clone(), r.sha256, r.subject.clone(), pem)
        }
        _ => return Vec::new(),
    };
    let name = format!("certificate-{}-{}", file_name(&title), ending(&serial).to_lowercase());
    let text = |label, text: String| Copy { label, name: format!("{name}.txt"), source: Source::Text(text) };
    vec![
        text("serial number", serial.to_string()),
        text("SHA-256", sha256.to_string()),
        text("subject", subject),
        Copy { label: PEM, name: format!("{name}.pem"), source },
        text("row", super::row_text(model, key)),
    ]
}
