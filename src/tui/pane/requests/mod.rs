//! The pane of the queue: requests that wait, and the latest that were decided.

mod act;

use super::{Cell, Column, Pane, PaneId, RowKey, Target, Used, entries, matches};
use crate::model::finding::Subject;
use crate::model::request::{Actor, Proof, Request, Status};
use crate::pki::spkac;
use crate::tui::dialog::menu::{Copy, Source};
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::Requests,
    title: "Requests",
    short: "Queue",
    columns: &[
        Column { title: "no.", least: 5, share: 0, rank: 0 },
        Column { title: "subject", least: 16, share: 4, rank: 0 },
        Column { title: "key", least: 9, share: 0, rank: 4 },
        Column { title: "received", least: 10, share: 0, rank: 3 },
        Column { title: "source", least: 12, share: 2, rank: 2 },
        Column { title: "status", least: 14, share: 0, rank: 0 },
        Column { title: "next", least: 9, share: 1, rank: 1 },
        Column { title: "waits", least: 8, share: 0, rank: 0 },
    ],
    rows: |model| {
        let pane = model.here();
        let fits = |r: &&Request| {
            let contact = format!("{} {} {}", r.contact.name, r.contact.mail, r.comment);
            let text = format!("{} {} {} {contact} {}", r.pkcs10.subject, r.source, r.word(), r.pickup);
            let names = r.pkcs10.alt_names.iter().map(|n| n.value()).collect::<Vec<_>>().join(" ");
            let number = r.id.to_string();
            (!pane.findings || r.status.is_open())
                && (pane.filter.is_empty() || matches(&pane.filter, &[&text, &names, &number]))
        };
        let mut all: Vec<_> = model.state.requests.values().filter(fits).collect();
        // What waits comes first, the oldest on top; what was decided follows, the newest on top.
        all.sort_by_key(|r| {
            let number = i128::from(r.id.0);
            if r.status.is_open() { (0, number) } else { (1, -number) }
        });
        all.into_iter().map(|r| RowKey::Request(r.id)).collect()
    },
    sorted: |_| "",
    cells: |model, key| {
        let r = request(model, key)?;
        let role = match (&r.status, &r.pkcs10.proof) {
            (Status::Pending, Proof::Bad) => Role::Bad,
            (Status::UnderReview { failure, .. }, _) if !failure.is_empty() => Role::Bad,
            (Status::Pending | Status::UnderReview { .. }, _) => Role::Warn,
            (Status::Approved { .. }, _) => Role::Title,
            (Status::Issued { .. }, _) => Role::Ok,
            _ => Role::Text,
        };
        let bad = r.status == Status::Pending && r.pkcs10.proof == Proof::Bad;
        let next = r.next(&model.state);
        let waits = if next == Actor::Nobody { String::new() } else { r.waits(model.now) };
        let late = if r.is_late(&model.state, model.now) { Role::Warn } else { Role::Text };
        Some(vec![
            Cell::new(r.id.to_string()),
            Cell::new(r.pkcs10.subject.title()),
            Cell::new(&r.pkcs10.key.algorithm),
            Cell::new(r.received.date()),
            Cell::new(&r.source),
            Cell::of(role, if bad { "bad proof" } else { r.word() }),
            Cell::new(next.word()),
            Cell::of(late, waits),
        ])
    },
    detail: |model, key| {
        let Some(r) = request(model, key) else { return Vec::new() };
        let mut all = entries(r, model);
        all.splice(0..0, super::found(model, &Subject::Request(r.id)));
        all
    },
    used: |model, key| {
        let Some(r) = request(model, key) else { return Vec::new() };
        let ring = r.keyring.iter().map(|name| {
            Used::at(format!("made by keyring {name}"), PaneId::Keyrings, RowKey::Name(name.clone()))
        });
        let plan = match &r.status {
            Status::Approved { plan, .. } => Some(Used::at(
                format!("waits for certifier {}", plan.certifier),
                PaneId::Certifiers,
                RowKey::Name(plan.certifier.clone()),
            )),
            Status::Issued { certifier, serial, sha256, .. } => {
                let text = format!("certificate {serial} of certifier {certifier}");
                let to = if model.places.contains_key(sha256) {
                    Target::Row(PaneId::Certificates, RowKey::Local(*sha256))
                } else {
                    Target::Filter(PaneId::Certificates, format!("serial:{serial}"))
                };
                Some(Used { text, to: Some(to) })
            }
            _ => None,
        };
        ring.chain(plan).collect()
    },
    copies: |model, key| {
        let Some(r) = request(model, key) else { return Vec::new() };
        let text = |label, text: String| Copy {
            label,
            name: format!("request-{}.txt", r.id),
            source: Source::Text(text),
        };
        vec![
            text("subject", r.pkcs10.subject.text()),
            text("pick-up ID", r.pickup.clone()),
            text("SHA-256 of the key", r.pkcs10.key.sha256.to_string()),
            text("SHA-256 of the request", r.pkcs10.sha256.to_string()),
            text("answer for the requester", r.letter(&model.state, model.now).join("\n")),
            pem(r),
            text("row", super::row_text(model, key)),
        ]
    },
    empty: |model| {
        let mut ways = Vec::new();
        if model.state.certifiers.is_empty() {
            ways.push(("certifier.create", "Make a certifier: somebody has to sign."));
        }
        ways.push((
            "request.import",
            "Import a request from a file; a PEM text can also be pasted right here.",
        ));
        ways.push(("keyring.create", "Make a keyring; its request comes into the queue by itself."));
        ways
    },
    commands: &[act::COMMANDS],
};

fn request<'a>(model: &'a Model, key: &RowKey) -> Option<&'a Request> {
    match key {
        RowKey::Request(id) => model.state.requests.get(id),
        _ => None,
    }
}

fn pem(r: &Request) -> Copy {
    Copy {
        label: "certificate request (PEM)",
        name: format!("request-{}.pem", r.id),
        source: Source::Text(spkac::write(&r.pkcs10)),
    }
}
