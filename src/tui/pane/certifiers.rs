//! The pane of certifiers: the authorities of the workspace, locked or unlocked.

pub(in crate::tui) mod crl;
mod key;
pub mod life;
pub(in crate::tui) mod overview;
mod policy;
mod profiles;

pub(in crate::tui) use policy::before_saving;

use super::{Cell, Column, Pane, PaneId, RowKey, Target, Used, entries, named};
use crate::model::certificate::Lifetime;
use crate::model::certifier::{Awaited, Certifier, NewCertifier, Status};
use crate::model::crl::Light;
use crate::model::finding::Subject;
use crate::model::request;
use crate::ops::roles::{self, Act};
use crate::tui::command::{Command, Level, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Copy, Menu, Source, item};
use crate::tui::dialog::path::file_name;
use crate::tui::dialog::secret::{Opens, SecretLine};
use crate::tui::everywhere::selected;
use crate::tui::job::Job;
use crate::tui::model::Model;
use crate::tui::msg::Effect;
use crate::tui::theme::Role;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::Certifiers,
    title: "Certifiers",
    short: "CAs",
    columns: &[
        Column { title: "name", least: 14, share: 2, rank: 0 },
        Column { title: "kind", least: 11, share: 0, rank: 4 },
        Column { title: "subject", least: 12, share: 4, rank: 2 },
        Column { title: "ends", least: 10, share: 0, rank: 1 },
        Column { title: "key", least: 8, share: 0, rank: 3 },
        Column { title: "CRL ends", least: 18, share: 0, rank: 1 },
        Column { title: "state", least: 9, share: 0, rank: 0 },
    ],
    rows: |model| {
        let text = |c: &Certifier| c.certificate.subject.text();
        let good = |c: &Certifier| {
            c.certificate.lifetime(model.now, model.settings.soon) == Lifetime::Good
                && crl::cell(c, model).1 == Role::Ok
                && model.findings_of(&Subject::Certifier(c.name.clone())).next().is_none()
        };
        let mut all = named(model, model.state.certifiers.iter(), text, good);
        let subject = |a: &Awaited| a.request.subject.text();
        all.extend(named(model, model.state.awaited.iter(), subject, |_| false));
        all.sort();
        all
    },
    sorted: |_| "",
    cells: |model, key| {
        if let Some(a) = awaited(model, key) {
            return Some(vec![
                Cell::new(&a.name),
                Cell::new("subordinate"),
                Cell::new(a.request.subject.title()),
                Cell::new(""),
                Cell::new(&a.request.key.algorithm),
                Cell::new(""),
                Cell::of(Role::Warn, "awaited"),
            ]);
        }
        let c = certifier(model, key)?;
        let role = match c.certificate.lifetime(model.now, model.settings.soon) {
            Lifetime::Good => Role::Text,
            Lifetime::Soon => Role::Warn,
            _ => Role::Bad,
        };
        let (due, due_role) = crl::cell(c, model);
        let open = model.unlocked.contains(&c.name);
        Some(vec![
            Cell::new(&c.name),
            Cell::new(c.kind()),
            Cell::new(c.certificate.subject.title()),
            match model.state.revoked_words(c) {
                Some(_) => Cell::of(Role::Bad, "revoked"),
                None => Cell::of(role, c.certificate.not_after.date()),
            },
            Cell::new(&c.certificate.key.algorithm),
            Cell::of(due_role, due),
            match &c.status {
                Status::Active if open => Cell::of(Role::Warn, "unlocked"),
                Status::Active => Cell::new("locked"),
                other => Cell::of(Role::Dim, other.word()),
            },
        ])
    },
    detail: |model, key| {
        if let Some(a) = awaited(model, key) {
            return entries(a, model);
        }
        let Some(c) = certifier(model, key) else { return Vec::new() };
        let open = model.unlocked.contains(&c.name);
        let time = model.open_for(Some(&c.name)).map_or_else(String::new, |time| format!(" for {time}"));
        let mut all = entries(c, model);
        if c.status.has_key() {
            let state = if open { format!("unlocked in this session{time}") } else { "locked".into() };
            all.insert(1, ("Lock", state));
        }
        all.splice(0..0, super::found(model, &Subject::Certifier(c.name.clone())));
        let due = crl::due(c, model);
        if c.status.has_key() && due.light > Light::Green {
            all.insert(0, ("CRL", format!("{}: {}", due.light.word(), due.text())));
        }
        all
    },
    used: |model, key| {
        let Some(c) = certifier(model, key) else { return Vec::new() };
        let issued = Used {
            text: "the certificates it has issued".into(),
            to: Some(Target::Filter(PaneId::Certificates, format!("issuer:{}", c.name))),
        };
        let trusting =
            model.places.get(&c.certificate.sha256).into_iter().flatten().filter_map(|s| match s {
                Subject::Keyring(name) => Some(Used::at(
                    format!("trusted in keyring {name}"),
                    PaneId::Keyrings,
                    RowKey::Name(name.clone()),
                )),
                _ => None,
            });
        let waiting = model.state.requests.values().filter_map(|r| match &r.status {
            request::Status::Approved { plan, .. } if plan.certifier == c.name => Some(Used::at(
                format!("request {} waits for it", r.id),
                PaneId::Requests,
                RowKey::Request(r.id),
            )),
            _ => None,
        });
        std::iter::once(issued).chain(trusting).chain(waiting).collect()
    },
    copies: |model, key| {
        if let Some(a) = awaited(model, key) {
            return vec![
                request(a),
                Copy {
                    label: "SHA-256 of the request",
                    name: format!("certifier-{}.txt", file_name(&a.name)),
                    source: Source::Text(a.request.sha256.to_string()),
                },
            ];
        }
        let Some(c) = certifier(model, key) else { return Vec::new() };
        let name = format!("certifier-{}", file_name(&c.name));
        let text =
            |label, text: String| Copy { label, name: format!("{name}.txt"), source: Source::Text(text) };
        let mut all = vec![
            text("SHA-256 of the certificate", c.certificate.sha256.to_string()),
            text("serial number", c.certificate.serial.to_string()),
            text("subject", c.certificate.subject.text()),
            pem(c),
            text("row", super::row_text(model, key)),
        ];
        all.extend(latest(c));
        all
    },
    empty: |_| {
        vec![
            ("certifier.create", "Make a certificate authority that signs requests. Start here."),
            ("task.choose", "Or be led step by step: a first certifier, a server, a person."),
            ("request.import", "Or look at requests first; nothing is signed without a certifier."),
            ("console.help", "See every key of this pane."),
        ]
    },
    commands: &[
        COMMANDS,
        crl::COMMANDS,
        life::COMMANDS,
        overview::COMMANDS,
        policy::COMMANDS,
        key::COMMANDS,
        profiles::COMMANDS,
    ],
};

const WRITE: Command = Command::of(Scope::Pane(PaneId::Certifiers), Level::Write, selected);

const COMMANDS: &[Command] = &[
    Command {
        name: "certifier.create",
        title: "new",
        keys: &["n"],
        doc: "Makes a certificate authority with its own certificate and first CRL.",
        cli: Some("certifier create"),
        weight: 90,
        ready: |_| Ok(()),
        run: |model| {
            let mut new = NewCertifier { key_type: model.settings.certifier_key, ..NewCertifier::default() };
            if let Some(first) = model.state.profiles.keys().next()
                && !model.state.profiles.contains_key(&new.policy.profile)
            {
                new.policy.profile.clone_from(first);
            }
            let form = Form::new(model, "New certifier", Goal::Certifier(Box::new(new)));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.unlock",
        ready: |model| {
            with_key(model)?;
            let open = model.selected_name().is_some_and(|name| model.unlocked.contains(&name));
            if open { Ok(()) } else { may(model, Act::Unlock) }
        },
        title: "unlock/lock",
        keys: &["o"],
        level: Level::Read,
        doc: "Unlocks the key of the certifier for this session, or locks it again.",
        cli: None,
        weight: 80,
        run: |model| {
            let Some(name) = model.selected_name() else { return Vec::new() };
            if model.unlocked.contains(&name) {
                return vec![model.start(Job::Lock, |id| Effect::Lock(id, Some(name))).1];
            }
            model.dialogs.push(Dialog::Secret(SecretLine::new(Opens::Certifier(name, None))));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.lock-all",
        title: "lock all",
        keys: &["z"],
        level: Level::Read,
        doc: "Locks every certifier of this session.",
        cli: None,
        weight: 30,
        ready: |model| {
            if model.unlocked.is_empty() { Err("every certifier is locked".into()) } else { Ok(()) }
        },
        run: |model| vec![model.start(Job::Lock, |id| Effect::Lock(id, None)).1],
        ..WRITE
    },
    Command {
        name: "certifier.export",
        title: "export",
        keys: &["x"],
        level: Level::Read,
        doc: "Writes the certificate of the certifier, its chain, its latest CRL, or the request that waits, to a file.",
        cli: Some("certifier certificate"),
        weight: 40,
        run: |model| {
            let Some(key) = model.selected() else { return Vec::new() };
            let all: Vec<_> = match (certifier(model, &key), awaited(model, &key)) {
                (Some(c), _) => {
                    std::iter::once(pem(c)).chain(chain(c)).chain(links(c)).chain(latest(c)).collect()
                }
                (None, Some(a)) => vec![request(a)],
                (None, None) => return Vec::new(),
            };
            let all = all.into_iter();
            let items = all.map(|c| item(format!("{} to {}", c.label, c.name), Action::Write(c))).collect();
            model.dialogs.push(Dialog::Menu(Menu::new("Export", Vec::new(), items)));
            Vec::new()
        },
        ..WRITE
    },
];

/// Needs a certifier, or one that waits, with which this operator may do something.
fn may(model: &Model, act: Act) -> Result<(), String> {
    let name = model.selected_name().ok_or_else(|| "no row is selected".to_owned())?;
    roles::hindrance(&model.state, &name, &model.settings.operator, act)
}

/// Needs a certifier that has its certificate and its key.
fn with_key(model: &Model) -> Result<(), String> {
    selected(model)?;
    match model.selected().and_then(|key| certifier(model, &key).map(|c| c.status.has_key())) {
        Some(true) => Ok(()),
        Some(false) => Err("its key is destroyed".into()),
        None => Err("it waits for its certificate".into()),
    }
}

fn certifier<'a>(model: &'a Model, key: &RowKey) -> Option<&'a Certifier> {
    model.state.certifiers.get(key.name()?)
}

fn awaited<'a>(model: &'a Model, key: &RowKey) -> Option<&'a Awaited> {
    model.state.awaited.get(key.name()?)
}

fn latest(c: &Certifier) -> Option<Copy> {
    c.crl.as_ref().map(|crl| Copy {
        label: "latest CRL (PEM)",
        name: format!("certifier-{}-crl-{}.pem", file_name(&c.name), crl.number),
        source: Source::Crl(c.name.clone()),
    })
}

fn request(a: &Awaited) -> Copy {
    Copy {
        label: "certificate request (PEM)",
        name: format!("certifier-{}-request.pem", file_name(&a.name)),
        source: Source::Pem("CERTIFICATE REQUEST", vec![a.request.der.clone()]),
    }
}

/// Its certificate with those above it, as it is given to those who serve what it issues.
fn chain(c: &Certifier) -> Option<Copy> {
    let all = std::iter::once(&c.certificate).chain(&c.chain).map(|c| c.der.clone()).collect();
    (!c.chain.is_empty()).then(|| Copy {
        label: "certificate and chain (PEM)",
        name: format!("certifier-{}-chain.pem", file_name(&c.name)),
        source: Source::Pem("CERTIFICATE", all),
    })
}

/// The certificates that link its key with the one before, for those who trust only one of both.
fn links(c: &Certifier) -> Option<Copy> {
    (!c.links.is_empty()).then(|| Copy {
        label: "link certificates (PEM)",
        name: format!("certifier-{}-links.pem", file_name(&c.name)),
        source: Source::Pem("CERTIFICATE", c.links.iter().map(|c| c.der.clone()).collect()),
    })
}

fn pem(c: &Certifier) -> Copy {
    Copy {
        label: "certificate (PEM)",
        name: format!("certifier-{}.pem", file_name(&c.name)),
        source: Source::Pem("CERTIFICATE", vec![c.certificate.der.clone()]),
    }
}
