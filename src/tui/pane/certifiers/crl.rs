//! Commands about the CRLs of a certifier: what the next one would say, signing it, and bringing it to where peers fetch
//! it; and how urgent that is.

use super::{WRITE, may, with_key};
use crate::desk::Verb;
use crate::desk::publish::Published;
use crate::model::certifier::{Certifier, CrlInfo, overview};
use crate::model::crl::{CrlKind, Due, Light, entries};
use crate::ops::issue_crl::Preview;
use crate::ops::roles::Act;
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::viewer::{Text, Viewer};
use crate::tui::job::{Job, ReadFor};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::Effect;
use crate::tui::theme::Role;

/// How many serial numbers of a kind a preview names.
const NAMED: usize = 12;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "certifier.crl",
        title: "sign a CRL",
        keys: &["r"],
        ready: |model| {
            with_key(model)?;
            may(model, Act::SignCrl)
        },
        doc: "Shows what the next CRL would say otherwise than the latest one, and signs it.",
        cli: Some("crl issue"),
        weight: 75,
        run: |model| model.on_selected(|model, name| preview(model, name, CrlKind::AsDue)),
        ..WRITE
    },
    Command {
        name: "certifier.delta",
        title: "sign a delta CRL",
        keys: &["+"],
        ready: |model| {
            with_key(model)?;
            let certifier = model.selected_name().and_then(|name| model.state.certifiers.get(&name));
            match certifier.is_some_and(|c| c.policy.delta_days > 0) {
                true => may(model, Act::SignCrl),
                false => Err("its policy has none: set \"Delta CRLs, days\" with e".into()),
            }
        },
        doc: "Shows what has changed since the complete CRL, and signs it as a delta CRL.",
        cli: Some("crl issue"),
        weight: 42,
        run: |model| model.on_selected(|model, name| preview(model, name, CrlKind::Delta)),
        ..WRITE
    },
    Command {
        name: "certifier.crls",
        title: "CRLs so far",
        keys: &["."],
        level: Level::Read,
        doc: "Lists the CRLs of the certifier, where they were published, and what is due.",
        cli: Some("crl info"),
        weight: 43,
        run: |model| {
            model.on_selected(|model, name| {
                vec![model.start(Job::Register(name.clone()), |id| Effect::Register(id, name)).1]
            })
        },
        ..WRITE
    },
    Command {
        name: "certifier.push",
        title: "publish CRL",
        keys: &["b"],
        ready: |model| {
            with_key(model)?;
            let name = model.selected_name().unwrap_or_default();
            if model.settings.targets.has(&name) {
                return may(model, Act::SignCrl);
            }
            Err("config.ron names no crl_folders or crl_commands for it".into())
        },
        doc: "Brings the current CRLs to the folders and commands that the settings of this machine name, and reads them back.",
        cli: Some("crl push"),
        weight: 45,
        run: |model| {
            model.on_selected(|model, name| {
                vec![model.start(Job::Push(name.clone()), |id| Effect::Push(id, name)).1]
            })
        },
        ..WRITE
    },
    Command {
        name: "certifier.prove",
        title: "prove CRL",
        keys: &["="],
        ready: |model| {
            with_key(model)?;
            let certifier = model.selected_name().and_then(|name| model.state.certifiers.get(&name));
            match certifier.is_some_and(|c| c.crl.is_some()) {
                true => Ok(()),
                false => Err("it has no CRL yet".into()),
            }
        },
        doc: "Compares what peers fetch as its CRL, or a file that was brought back, with what was signed, and records it when it is the same.",
        cli: Some("crl prove"),
        weight: 41,
        run: |model| {
            let name = model.selected_name().unwrap_or_default();
            if let Some(menu) = model.state.certifiers.get(&name).map(|c| proof(model, c)) {
                model.dialogs.push(Dialog::Menu(menu));
            }
            Vec::new()
        },
        ..WRITE
    },
];

/// Asks for the preview of a CRL.
pub(in crate::tui) fn preview(model: &mut Model, name: String, kind: CrlKind) -> Vec<Effect> {
    let job = Job::PreviewCrl(name.clone(), kind);
    vec![model.start(job, |id| Effect::PreviewCrl(id, name, kind)).1]
}

/// Shows what would be signed, and offers it.
pub(in crate::tui) fn offer(model: &mut Model, name: &str, kind: CrlKind, previews: &[Preview]) {
    let lines = previews.iter().flat_map(|p| p.lines(NAMED)).map(|text| line("", text)).collect();
    let sign =
        |label: &str, kind| item(label, Action::Verb(Verb::IssueCrl { certifier: name.to_owned(), kind }));
    let mut items = vec![sign("Sign it", kind)];
    if kind == CrlKind::AsDue {
        let immediate = previews.first().is_some_and(|p| p.crl.immediate);
        if immediate {
            items.push(sign("Sign it as the regular one: the schedule goes on from it", CrlKind::Regular));
        }
        let deltas = model.state.certifiers.get(name).is_some_and(|c| c.policy.delta_days > 0);
        if deltas {
            let delta = Action::PreviewCrl(name.to_owned(), CrlKind::Delta);
            items.push(item("See a delta CRL instead: what has changed since the complete one", delta));
        }
    }
    items.push(item("Not now", Action::Close));
    model.dialogs.push(Dialog::Menu(Menu::new(format!("The next CRL of {name}"), lines, items)));
}

/// Lists the ways to see what is served.
fn proof(model: &Model, c: &Certifier) -> Menu {
    let mut lines = published_so_far(model, &c.name);
    let mut items = Vec::new();
    if c.policy.crl_url.is_empty() {
        lines.push(line(
            "",
            "Its policy names no address of the CRL: bring back what peers get as a file.".into(),
        ));
    } else {
        let address = c.policy.crl_url.clone();
        items.push(item(format!("Fetch {address}"), Action::Prove(c.name.clone(), address)));
    }
    items.push(item("Read a file that was brought back", Action::Read(ReadFor::Prove(c.name.clone()))));
    items.push(item("Back", Action::Close));
    Menu::new(format!("Is the current CRL of {} served?", c.name), lines, items)
}

/// Starts to compare what a source serves with what was signed.
pub(in crate::tui) fn prove(model: &mut Model, name: String, source: String, bytes: Vec<u8>) -> Effect {
    model.start(Job::Prove(name.clone()), |id| Effect::Prove(id, name, source, bytes)).1
}

/// Shows the CRLs so far.
pub(in crate::tui) fn register(model: &mut Model, name: &str, crls: &[(CrlInfo, u64)]) {
    let Some(c) = model.state.certifiers.get(name) else { return };
    let is = overview::of(&model.state, c, model.settings.targets.has(name), model.now);
    let mut lines = vec![line("Latest", is.crl)];
    lines.extend(is.due.into_iter().map(|(light, text)| Text {
        label: light.word().into(),
        text,
        role: role(light),
    }));
    lines.extend(published_so_far(model, name));
    for (crl, size) in crls {
        let (made, until) = (crl.this_update.text(), crl.next_update.text());
        let entries = entries(crl.entries);
        lines.push(line(
            &format!("CRL {}", crl.number),
            format!(
                "{}, {entries}, {size} bytes\nmade {made}, until {until}\nSHA-256 {}",
                crl.kind(),
                crl.sha256
            ),
        ));
    }
    model.dialogs.push(Dialog::Viewer(Viewer::new(format!("CRLs of {name}"), lines)));
}

fn published_so_far(model: &Model, name: &str) -> Vec<Text> {
    let known = model.state.published.get(name).into_iter().flatten();
    known.map(|(target, publication)| line("Served", publication.told(target))).collect()
}

fn line(label: &str, text: String) -> Text {
    Text { label: label.into(), text, role: Role::Text }
}

/// Shows what became of publishing or proving.
pub(in crate::tui) fn published(model: &mut Model, done: Published) {
    model.take(done.state);
    model.say(Mood::Good, done.message.clone());
    let lines = std::iter::once(done.message).chain(done.lines).map(|text| line("", text)).collect();
    let go_on = vec![item("Go on", Action::Close)];
    model.dialogs.push(Dialog::Menu(Menu::new("What peers get", lines, go_on)));
}

/// Works out what is due of a certifier's CRLs.
pub(in crate::tui) fn due(c: &Certifier, model: &Model) -> Due {
    Due::of(&model.state, c, model.settings.targets.has(&c.name), model.now)
}

/// Returns how a light looks.
pub(in crate::tui) fn role(light: Light) -> Role {
    match light {
        Light::Green => Role::Ok,
        Light::Yellow => Role::Warn,
        Light::Red => Role::Bad,
    }
}

/// Says in a cell when the latest CRL ends, and what is due.
pub(super) fn cell(c: &Certifier, model: &Model) -> (String, Role) {
    if !c.status.has_key() {
        let last =
            c.crl.as_ref().map_or_else(|| "none".into(), |crl| format!("{} last", crl.next_update.date()));
        return (last, Role::Dim);
    }
    let due = due(c, model);
    let Some(crl) = &c.crl else { return ("none yet".into(), role(due.light)) };
    let date = crl.next_update.date();
    let word = match (due.light, model.state.owed.get(&c.name)) {
        (Light::Green, _) => return (date, Role::Ok),
        (_, _) if crl.next_update < model.now => "overdue".to_owned(),
        (Light::Red, Some(_)) => "OWED".to_owned(),
        (_, Some(debt)) => format!("owes {}", debt.count),
        (_, None) => "due".to_owned(),
    };
    (format!("{date} {word}"), role(due.light))
}

/// Names the certifiers that owe a CRL or whose CRL has ended, with the worst light: it stands in the first line of every
/// pane.
pub(in crate::tui) fn owed(model: &Model) -> Option<(String, Light)> {
    let keys = model.state.certifiers.values().filter(|c| c.status.has_key());
    let owing = keys
        .map(|c| (c, due(c, model)))
        .filter(|(c, due)| due.light == Light::Red || model.state.owed.contains_key(&c.name));
    let owing: Vec<_> = owing.collect();
    let worst = owing.iter().map(|(_, due)| due.light).max()?;
    let names = match owing.as_slice() {
        [(one, _)] => one.name.clone(),
        several => format!("{} certifiers", several.len()),
    };
    Some((names, worst))
}
