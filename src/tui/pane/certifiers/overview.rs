//! The status panel, what is run over or brought in: commands that look at certifiers as a whole, and the key rollover.

use super::{WRITE, certifier, crl, may};
use crate::desk::Verb;
use crate::model::bytes::Der;
use crate::model::certifier::Certifier;
use crate::model::certifier::overview;
use crate::model::certifier::rollover::{Need, NewKey, Task};
use crate::model::crl::{CrlKind, Light};
use crate::ops::renew_certifier::issuer;
use crate::ops::ring;
use crate::ops::roles::Act;
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Copy, Menu, Source, item};
use crate::tui::dialog::path::{PathLine, file_name};
use crate::tui::dialog::viewer::Text;
use crate::tui::job::{Job, ReadFor};
use crate::tui::model::Model;
use crate::tui::msg::Effect;
use crate::tui::pane::{PaneId, RowKey, Target};
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "certifier.status",
        title: "status",
        keys: &["s"],
        level: Level::Read,
        doc: "Shows how every certifier stands (lock, queue with ages, CRL and when the next is due, debts), and goes on from there.",
        cli: Some("certifier status"),
        weight: 66,
        ready: |_| Ok(()),
        run: |model| {
            let panel = panel(model);
            model.dialogs.push(Dialog::Menu(panel));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.import",
        title: "import",
        keys: &["a"],
        doc: "Takes an authority over that was run elsewhere: key and certificate, the folder of openssl ca or easy-rsa, or a database of XCA.",
        cli: Some("certifier import"),
        weight: 44,
        ready: |_| Ok(()),
        run: |model| {
            model.dialogs.push(Dialog::Path(PathLine::read(ReadFor::Anything)));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.rollover",
        title: "new key",
        keys: &["v"],
        doc: "Gives the authority a new key under the same name, linked with the old one, which then signs CRLs only.",
        cli: Some("certifier rollover"),
        weight: 33,
        ready: |model| match made(model)? {
            c if c.status.issues() => may(model, Act::Administer),
            c => Err(c.refusal().unwrap_or_default()),
        },
        run: |model| {
            let Ok(c) = made(model) else { return Vec::new() };
            let key_type = model.settings.certifier_key;
            let (name, asked) = (c.name.clone(), NewKey::after(&c.name, key_type, c.years()));
            let title = format!("New key for {name}");
            let form = Form::new(model, title, Goal::RollOver(name, asked.into()));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.renew",
        title: "renew",
        keys: &["N"],
        doc: "Renews the certificate of a subordinate for the same key: signed by the certifier above it, or by a request.",
        cli: Some("certifier renew"),
        weight: 31,
        ready: |model| match made(model)? {
            c if !c.status.has_key() => Err("its key is destroyed".into()),
            c if c.certificate.is_self_issued() => Err("it is a root: give it a new key".into()),
            _ => may(model, Act::Administer),
        },
        run: |model| {
            if let Some(menu) = made(model).ok().map(|c| renewal(model, c)) {
                model.dialogs.push(Dialog::Menu(menu));
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "certifier.worklist",
        title: "after a new key",
        keys: &["w"],
        level: Level::Read,
        doc: "Shows what a key rollover leaves to do: certificates under the old key, and keyrings that trust only the old root.",
        cli: Some("certifier worklist"),
        weight: 32,
        ready: |model| match made(model)? {
            c if c.succeeded_by.is_some() => Ok(()),
            _ => Err("its key was not rolled over".into()),
        },
        run: |model| {
            let Ok(name) = made(model).map(|c| c.name.clone()) else { return Vec::new() };
            vec![model.start(Job::Worklist(name.clone()), |id| Effect::Worklist(id, name)).1]
        },
        ..WRITE
    },
];

fn made(model: &Model) -> Result<&Certifier, String> {
    let key = model.selected().ok_or_else(|| "no row is selected".to_owned())?;
    certifier(model, &key).ok_or_else(|| "it waits for its certificate".into())
}

/// How many certificates of a class are named.
const NAMED: usize = 100;

/// Shows what a key rollover leaves to do, by what has to be done.
pub(in crate::tui) fn worklist(model: &mut Model, name: &str, tasks: &[Task]) {
    let Some(c) = model.state.certifiers.get(name) else { return };
    let next = c.succeeded_by.clone().unwrap_or_default();
    let text = |label: &str, text: String, role| Text { label: label.into(), text, role };
    let mut lines = vec![text(
        "",
        format!(
            "{next} issues in its place. What is valid under the old key is renewed before {}, when the old certificate ends.",
            c.certificate.not_after.date()
        ),
        Role::Text,
    )];
    let mut items = Vec::new();
    let root = model.state.certifiers.get(&next).and_then(Certifier::root).cloned();
    let untold = c.untold(&model.state);
    if untold.is_empty() {
        lines.push(text(
            "",
            "Every keyring that trusts the old root trusts the new one, too.".into(),
            Role::Ok,
        ));
    }
    let trust = |ring: &str| Verb::ring(ring, ring::Act::Trust { roots: root.iter().cloned().collect() });
    if untold.len() > 1 {
        let each = untold.iter().map(|ring| (format!("keyring {ring}"), trust(ring))).collect();
        let title = format!("Trust the root of {next} in {} keyrings", untold.len());
        let label = format!("Trust the new root in all {} keyrings, one after the other", untold.len());
        items.push(item(label, Action::Bulk(title, each)));
    }
    for ring in untold {
        let label = format!("Trust the new root in keyring {ring}, beside the old one");
        items.push(item(label, Action::Verb(trust(&ring))));
    }
    for (need, role) in
        [(Need::Renew, Role::Warn), (Need::NotPossible, Role::Bad), (Need::NotNeeded, Role::Dim)]
    {
        let of: Vec<_> = tasks.iter().filter(|t| t.need == need).collect();
        if of.is_empty() {
            continue;
        }
        lines.push(text(need.word(), format!("{} certificates", of.len()), role));
        for task in of.iter().take(NAMED) {
            let (subject, ends) = (&task.issued.subject, task.issued.not_after.date());
            lines.push(text("", format!("{subject}, ends {ends}: {}", task.way), Role::Text));
        }
        if of.len() > NAMED {
            lines.push(text("", format!("and {} more", of.len() - NAMED), Role::Dim));
        }
        for ring in of.iter().filter_map(|t| t.keyring.as_ref()).take(NAMED) {
            let row = Target::Row(PaneId::Keyrings, RowKey::Name(ring.clone()));
            items.push(item(format!("Go to keyring {ring}, to request again"), Action::Go(row)));
        }
        for below in of.iter().filter_map(|t| t.certifier.as_ref()).take(NAMED) {
            let row = Target::Row(PaneId::Certifiers, RowKey::Name(below.clone()));
            items.push(item(
                format!("Go to certifier {below}, to renew it or give it a new key"),
                Action::Go(row),
            ));
        }
    }
    if tasks.is_empty() {
        lines.push(text("", "Nothing is valid any more under the old key.".into(), Role::Ok));
    }
    // A field looks for a part of the text: root is a part of root-2, too.
    let not = if name.contains(&next) { String::new() } else { format!(" -issuer:{next}") };
    items.push(item(
        "Show the certificates under the old key that are still valid",
        Action::Go(Target::Filter(PaneId::Certificates, format!("issuer:{name}{not} revoked:no expired:no"))),
    ));
    items.push(item("Back", Action::Close));
    model.dialogs.push(Dialog::Menu(Menu::new(format!("After the new key of {name}"), lines, items)));
}

/// Offers to renew the certificate of a subordinate.
fn renewal(model: &Model, c: &Certifier) -> Menu {
    let name = &c.name;
    let text = |text: String| Text::line(text, Role::Text);
    let mut lines = vec![
        text(format!("Its certificate ends on {}; key and name stay.", c.certificate.not_after.date())),
        text("What it has issued goes on being good. What is approved for it and not signed yet is approved again.".into()),
    ];
    let mut items = Vec::new();
    match issuer(&model.state, c) {
        Some(above) => {
            let end = above.certificate.not_after.date();
            lines.push(text(format!("{} signs it; it ends on {end} at the latest.", above.name)));
            let mut years = vec![c.years(), 1, 2, 3, 5, 10];
            let mut seen = std::collections::BTreeSet::new();
            years.retain(|n| seen.insert(*n));
            items.extend(years.into_iter().map(|years| {
                let s = if years == 1 { "" } else { "s" };
                let verb = Verb::RenewCertifier { name: name.clone(), years };
                item(format!("Renew it for {years} year{s}"), Action::Verb(verb))
            }));
        }
        None => lines
            .push(text("No certifier here that still issues stands above it: a request goes out.".into())),
    }
    items.push(item(
        "Make a request of its key, for an authority elsewhere",
        Action::Verb(Verb::RequestCertifier { name: name.clone() }),
    ));
    items.push(item("Take a certificate that came back", Action::Read(ReadFor::Certify(name.clone()))));
    items.push(item("Back", Action::Close));
    Menu::new(format!("Renew the certificate of {name}"), lines, items)
}

/// Offers the request that was made of a certifier's key, to be written or copied.
pub(in crate::tui) fn offer_request(model: &mut Model, certifier: &str, der: &Der) {
    let copy = || Copy {
        label: "certificate request (PEM)",
        name: format!("certifier-{}-request.pem", file_name(certifier)),
        source: Source::Pem("CERTIFICATE REQUEST", vec![der.clone()]),
    };
    let text = "It stays in the audit chain only: write it now. N takes the certificate that comes back.";
    let lines = vec![Text::line(text, Role::Text)];
    let items = vec![
        item("Write it to a file", Action::Write(copy())),
        item("Copy it", Action::Copy(copy())),
        item("Back", Action::Close),
    ];
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Request of certifier {certifier}"), lines, items)));
}

/// Makes the status panel: how each certifier stands, and what helps where something is due.
fn panel(model: &Model) -> Menu {
    let line = |label: &str, text: String, role| Text { label: label.into(), text, role };
    let mut lines = vec![line("Queue", overview::undecided(&model.state, model.now), Role::Text)];
    let (mut urgent, mut items) = (Vec::new(), Vec::new());
    for c in model.state.certifiers.values() {
        let is = overview::of(&model.state, c, model.settings.targets.has(&c.name), model.now);
        let lock = match (c.status.has_key(), model.unlocked.contains(&c.name)) {
            (false, _) => "its key is destroyed",
            (_, true) => "unlocked in this session",
            (_, false) => "locked",
        };
        let standing = format!("{}: {} {}, {lock}", is.light.word(), c.status.word(), c.kind());
        lines.push(line("", String::new(), Role::Text));
        lines.push(line(&c.name, standing, crl::role(is.light)));
        lines.push(line("Waits", is.queue, Role::Text));
        lines.push(line("CRL", is.crl, Role::Text));
        lines.extend(is.due.into_iter().map(|(light, text)| line("Due", text, crl::role(light))));
        lines.push(line("Ends", is.ends, Role::Text));
        let due = crl::due(c, model);
        if c.status.has_key() && due.light > Light::Green {
            let (what, kind) =
                if due.delta { ("delta CRL", CrlKind::Delta) } else { ("CRL", CrlKind::AsDue) };
            let label = format!("See and sign the next {what} of {}", c.name);
            urgent.push(item(label, Action::PreviewCrl(c.name.clone(), kind)));
        }
        let row = Target::Row(PaneId::Certifiers, RowKey::Name(c.name.clone()));
        items.push(item(format!("Go to {}", c.name), Action::Go(row)));
    }
    for a in model.state.awaited.values() {
        lines.push(line("", String::new(), Role::Text));
        lines.push(line(&a.name, "yellow: waits for its certificate".into(), Role::Warn));
        let take = Action::Read(ReadFor::Certify(a.name.clone()));
        urgent.push(item(format!("Take the certificate of {}", a.name), take));
    }
    let open = model.state.requests.values().any(|r| r.status.is_open());
    if open {
        urgent.push(item("Go to the queue", Action::Go(Target::Filter(PaneId::Requests, String::new()))));
    }
    urgent.append(&mut items);
    urgent.push(item("Back", Action::Close));
    Menu::new("Status of the certifiers", lines, urgent)
}
