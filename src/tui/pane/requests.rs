//! The pane of the queue: requests that wait, and the latest that were decided.

use super::{Cell, Column, Pane, PaneId, RowKey, Target, Used, entries, matches};
use crate::desk::Verb;
use crate::model::finding::Subject;
use crate::model::request::{Actor, Proof, Request, RequestId, Status};
use crate::pki::spkac;
use crate::tui::command::{Command, Level, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Copy, Menu, Source, item};
use crate::tui::dialog::path::PathLine;
use crate::tui::dialog::viewer::Text;
use crate::tui::job::{self, ReadFor};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::Effect;
use crate::tui::theme::Role;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::Requests,
    title: "Requests",
    short: "Requests",
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
    commands: &[COMMANDS],
};

const WRITE: Command = Command {
    name: "",
    title: "",
    keys: &[],
    scope: Scope::Pane(PaneId::Requests),
    level: Level::Write,
    doc: "",
    cli: None,
    weight: 0,
    ready: |_| Ok(()),
    confirm: None,
    run: |_| Vec::new(),
};

const COMMANDS: &[Command] = &[
    Command {
        name: "request.import",
        title: "import",
        keys: &["i"],
        doc: "Puts requests that were made elsewhere into the queue.",
        cli: Some("request import"),
        weight: 80,
        run: |model| {
            model.dialogs.push(Dialog::Path(PathLine::read(ReadFor::Queue)));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "request.open",
        title: "review",
        keys: &["v"],
        level: Level::Read,
        doc: "Shows the request, and what would be issued beside what was asked.",
        cli: Some("request show"),
        weight: 5,
        ready: |model| one(model).map(|_| ()),
        run: |model| match one(model).map(|r| r.id) {
            Ok(id) => crate::tui::dialog::review::open(model, id),
            Err(_) => Vec::new(),
        },
        ..WRITE
    },
    Command {
        name: "request.approve",
        title: "approve",
        keys: &["a"],
        doc: "Opens the review of the request, from which it is approved, or approved again with another plan.",
        cli: Some("request approve"),
        weight: 90,
        ready: |model| match &one(model)?.status {
            status if status.is_undecided() && model.state.certifiers.is_empty() => {
                Err("there is no certifier yet; create one in pane 5".into())
            }
            status if status.is_open() => Ok(()),
            status => Err(format!("it is {} already", status.word())),
        },
        run: |model| match one(model).map(|r| r.id) {
            Ok(id) => crate::tui::dialog::review::open(model, id),
            Err(_) => Vec::new(),
        },
        ..WRITE
    },
    Command {
        name: "request.deny",
        title: "deny",
        keys: &["d"],
        doc: "Denies the request, with a reason for the requester.",
        cli: Some("request deny"),
        weight: 85,
        ready: |model| match &one(model)?.status {
            status if status.is_open() => Ok(()),
            status => Err(format!("it is {} already", status.word())),
        },
        run: |model| {
            if let Ok(id) = one(model).map(|r| r.id) {
                let form = Form::new(model, format!("Deny request {id}"), Goal::Deny(id));
                model.dialogs.push(Dialog::Form(form));
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "request.issue",
        title: "sign",
        keys: &["s"],
        doc: "Signs the marked approved requests, or the selected one.",
        cli: Some("request issue"),
        weight: 88,
        ready: |model| {
            if wanted(model).is_empty() {
                Err(match one(model) {
                    Ok(r) => {
                        format!("request {} is {}; only an approved one can be signed", r.id, r.status.word())
                    }
                    Err(why) => why,
                })
            } else {
                Ok(())
            }
        },
        run: issue,
        ..WRITE
    },
    Command {
        name: "request.export",
        title: "export",
        keys: &["x"],
        level: Level::Read,
        doc: "Writes the request to a file as PEM.",
        cli: Some("request pem"),
        weight: 30,
        ready: |model| one(model).map(|_| ()),
        run: |model| {
            if let Ok(copy) = one(model).map(pem) {
                let items = vec![item(format!("{} to {}", copy.label, copy.name), Action::Write(copy))];
                model.dialogs.push(Dialog::Menu(Menu::new("Export", Vec::new(), items)));
            }
            Vec::new()
        },
        ..WRITE
    },
];

fn request<'a>(model: &'a Model, key: &RowKey) -> Option<&'a Request> {
    match key {
        RowKey::Request(id) => model.state.requests.get(id),
        _ => None,
    }
}

/// Returns the selected request. While one is under review it is that one, wherever the selection stands.
fn one(model: &Model) -> Result<&Request, String> {
    let reviewed = model.dialogs.iter().rev().find_map(|d| match d {
        Dialog::Review(review) => Some(RowKey::Request(review.id)),
        _ => None,
    });
    let key = reviewed.or_else(|| model.selected());
    key.and_then(|k| request(model, &k)).ok_or_else(|| "no request is selected".into())
}

/// Lists the requests to sign: the approved ones among the marked, or the selected one.
fn wanted(model: &Model) -> Vec<RequestId> {
    let approved = |id: &RequestId| {
        matches!(model.state.requests.get(id).map(|r| &r.status), Some(Status::Approved { .. }))
    };
    let marked: Vec<_> = model
        .here()
        .marked
        .iter()
        .filter_map(|k| match k {
            RowKey::Request(id) => Some(*id),
            _ => None,
        })
        .collect();
    let reviewing = model.dialogs.iter().any(|d| matches!(d, Dialog::Review(_)));
    let chosen =
        if marked.is_empty() || reviewing { one(model).map(|r| r.id).into_iter().collect() } else { marked };
    chosen.into_iter().filter(approved).collect()
}

fn issue(model: &mut Model) -> Vec<Effect> {
    let ids = wanted(model);
    let verb = Verb::Issue { ids: ids.clone() };
    if ids.len() < 2 {
        let effects = job::go(model, verb);
        if !effects.is_empty() {
            model.say(Mood::Plain, "Signing.");
        }
        return effects;
    }
    let line = |id: &RequestId| {
        let r = model.state.requests.get(id)?;
        let Status::Approved { plan, .. } = &r.status else { return None };
        let text = format!("{} by {}, {} days", r.pkcs10.subject.title(), plan.certifier, plan.days);
        Some(Text { label: format!("Request {id}"), text, role: Role::Text })
    };
    let lines = ids.iter().filter_map(line).collect();
    let items = vec![
        item(format!("Sign these {}", ids.len()), Action::Verb(verb)),
        item("Back, nothing is signed", Action::Close),
    ];
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Sign {} certificates", ids.len()), lines, items)));
    Vec::new()
}

fn pem(r: &Request) -> Copy {
    Copy {
        label: "certificate request (PEM)",
        name: format!("request-{}.pem", r.id),
        source: Source::Text(spkac::write(&r.pkcs10)),
    }
}
