//! The pane of people: client certificates bound by key.

use super::{Cell, Column, Pane, PaneId, RowKey, Target, Used, documents, entries, named};
use crate::desk::Verb;
use crate::model::document::Sort;
use crate::model::finding::Subject;
use crate::model::person::{Delivery, NewPersonKey, Person, standing};
use crate::ops::person::deliverable;
use crate::tui::command::{Command, Level, Question, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::change;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Copy, Menu, Source, item};
use crate::tui::dialog::path::{PathLine, file_name};
use crate::tui::dialog::versions;
use crate::tui::everywhere::selected;
use crate::tui::job::{self, ReadFor};
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::People,
    title: "People",
    short: "People",
    columns: &[
        Column { title: "person", least: 12, share: 2, rank: 0 },
        Column { title: "full name", least: 12, share: 3, rank: 1 },
        Column { title: "mail", least: 14, share: 3, rank: 3 },
        Column { title: "key", least: 16, share: 0, rank: 4 },
        Column { title: "ends", least: 10, share: 0, rank: 2 },
        Column { title: "verdict", least: 14, share: 1, rank: 0 },
    ],
    rows: |model| {
        let text = |p: &Person| format!("{} {} {}", p.full_name, p.mail.join(" "), p.organization);
        let good = |p: &Person| model.findings_of(&Subject::Person(p.name.clone())).next().is_none();
        named(model, model.state.people.iter(), text, good)
    },
    sorted: |_| "",
    cells: |model, key| {
        let person = person(model, key)?;
        let (verdict, role) = verdict(person, model);
        let best = person.best(&model.state);
        Some(vec![
            Cell::new(&person.name),
            Cell::new(&person.full_name),
            Cell::new(person.mail.join(" ")),
            Cell::new(person.keys.last().map_or_else(String::new, |k| k.sha256.short())),
            Cell::new(best.map_or_else(String::new, |c| c.not_after.date())),
            Cell::of(role, verdict),
        ])
    },
    detail: |model, key| {
        let Some(person) = person(model, key) else { return Vec::new() };
        let mut all = entries(person, model);
        all.splice(0..0, super::found(model, &Subject::Person(person.name.clone())));
        all
    },
    used: |model, key| {
        let Some(person) = person(model, key) else { return Vec::new() };
        let mut used = Vec::new();
        for bound in &person.keys {
            for request in model.state.requests.of_key(&bound.sha256) {
                let text = format!("request {} is for the key, {}", request.id, request.status.word());
                used.push(Used::at(text, PaneId::Requests, RowKey::Request(request.id)));
            }
            if let Some(ring) = model.state.keyring_of_key(&bound.sha256) {
                let text = format!("keyring {} holds the private key", ring.name);
                used.push(Used::at(text, PaneId::Keyrings, RowKey::Name(ring.name.clone())));
            }
        }
        for certificate in person.certificates.iter().rev() {
            let text = format!("certificate {} until {}", certificate.serial, certificate.not_after.date());
            let to = Target::Filter(PaneId::Certificates, format!("serial:{}", certificate.serial));
            used.push(Used { text, to: Some(to) });
        }
        used
    },
    copies: |model, key| {
        let Some(person) = person(model, key) else { return Vec::new() };
        let name = format!("person-{}", file_name(&person.name));
        let text =
            |label, text: String| Copy { label, name: format!("{name}.txt"), source: Source::Text(text) };
        let mut all = vec![text("full name", person.full_name.clone()), text("mail", person.mail.join(" "))];
        if let Some(key) = person.keys.last() {
            all.push(text("fingerprint of the key", key.sha256.to_string()));
        }
        if !person.certificates.is_empty() {
            let ders = person.certificates.iter().rev().map(|c| c.der.clone()).collect();
            all.push(Copy {
                label: "certificates (PEM)",
                name: format!("{name}.pem"),
                source: Source::Pem("CERTIFICATE", ders),
            });
        }
        all.push(text("row", super::row_text(model, key)));
        all
    },
    empty: |model| {
        let mut ways = vec![("person.create", "Write down who shall log in with a certificate.")];
        if !model.state.requests.is_empty() {
            ways.push(("person.from-request", "Or bind the key of a request in the queue to a person."));
        }
        ways
    },
    commands: &[COMMANDS],
};

const WRITE: Command = Command::of(Scope::Pane(PaneId::People), Level::Write, selected);

const COMMANDS: &[Command] = &[
    Command {
        name: "person.create",
        title: "new",
        keys: &["n"],
        doc: "Makes a person document.",
        cli: Some("person create"),
        weight: 90,
        ready: |_| Ok(()),
        run: |model| {
            let form = Form::new(model, "New person", Goal::Person(None));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "person.edit",
        title: "edit",
        keys: &["e"],
        doc: "Changes the person document.",
        cli: Some("person set"),
        weight: 70,
        run: |model| {
            if let Some(person) = chosen(model) {
                let form =
                    Form::new(model, format!("Person {}", person.name), Goal::Person(Some(Box::new(person))));
                model.dialogs.push(Dialog::Form(form));
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "person.key",
        title: "make a key",
        keys: &["r"],
        doc: "Makes a key for the person in a keyring, and a request that names the person.",
        cli: Some("person key"),
        weight: 85,
        run: |model| {
            let Some(person) = chosen(model) else { return Vec::new() };
            let free = |name: &String| !model.state.keyrings.contains_key(name);
            let more = (2..).map(|n| format!("{}-{n}", person.name));
            let keyring = std::iter::once(person.name.clone()).chain(more).find(free).unwrap_or_default();
            let asked = NewPersonKey {
                person: person.name.clone(),
                keyring,
                key_type: model.settings.keyring_key,
                ..NewPersonKey::default()
            };
            let form =
                Form::new(model, format!("A key for {}", person.full_name), Goal::PersonKey(Box::new(asked)));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "person.register",
        title: "register",
        keys: &["i"],
        doc: "Binds the key of a certificate that others issued to the person, from a file or a paste.",
        cli: Some("person register"),
        weight: 80,
        run: |model| {
            if let Some(person) = chosen(model) {
                model.dialogs.push(Dialog::Path(PathLine::read(ReadFor::Person(person.name))));
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "person.from-request",
        title: "from a request",
        keys: &["f"],
        doc: "Binds the key of a request in the queue to the person, or to a new one.",
        cli: Some("person register"),
        weight: 75,
        ready: |model| match model.state.requests.values().any(|r| unbound(model, r)) {
            true => Ok(()),
            false => Err("every key in the queue belongs to somebody, or there is no request".into()),
        },
        run: |model| {
            let person = chosen(model);
            let requests = model.state.requests.values().rev().filter(|r| unbound(model, r));
            let way = |r: &crate::model::request::Request| {
                let label = format!("request {}: {}, {}", r.id, r.pkcs10.subject.title(), r.status.word());
                let full = r.pkcs10.subject.common_name().unwrap_or_default();
                let name = person.as_ref().map_or_else(|| Person::proposed_name(full), |p| p.name.clone());
                item(label, Action::Form(format!("Register request {}", r.id), Goal::Register(r.id, name)))
            };
            let items = requests.take(50).map(way).collect();
            model.dialogs.push(Dialog::Menu(Menu::new("Whose key is it?", Vec::new(), items)));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "person.export",
        title: "PKCS#12",
        keys: &["x"],
        doc: "Writes key, certificate and chain for the person as PKCS#12, under a pass phrase that is shown once.",
        cli: Some("person export"),
        weight: 78,
        ready: |model| {
            let person = chosen(model).ok_or("no row is selected")?;
            deliverable(&model.state, &person).map(|_| ()).map_err(|error| error.why)
        },
        run: |model| {
            let Some(person) = chosen(model) else { return Vec::new() };
            let to = format!("{}.p12", file_name(&person.name)).into();
            let asked = Delivery { person: person.name.clone(), to, legacy: false };
            let form =
                Form::new(model, format!("PKCS#12 for {}", person.full_name), Goal::Deliver(Box::new(asked)));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "person.unbind",
        title: "take a key away",
        keys: &["d"],
        doc: "Takes a key and its certificates from the person.",
        cli: Some("person unbind"),
        weight: 30,
        ready: |model| match chosen(model) {
            Some(person) if person.keys.is_empty() => Err("the person has no key".into()),
            Some(_) => Ok(()),
            None => Err("no row is selected".into()),
        },
        run: |model| {
            let Some(person) = chosen(model) else { return Vec::new() };
            let mut items = vec![item("Back, nothing is done", Action::Close)];
            items.extend(person.keys.iter().rev().map(|key| {
                let label = format!("Take {} away ({}, {})", key.sha256.short(), key.from, key.at.date());
                item(label, Action::Verb(Verb::Unbind { person: person.name.clone(), key: key.sha256 }))
            }));
            model.dialogs.push(Dialog::Menu(Menu::new(
                format!("Keys of {}", person.full_name),
                Vec::new(),
                items,
            )));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "person.set",
        doc: "Sets one field of the marked people, or of the selected one, and shows first what that makes of each.",
        cli: Some("person set"),
        run: |model| change::open(model, Sort::Person),
        ..documents::set(PaneId::People)
    },
    Command {
        name: "person.history",
        cli: Some("person history"),
        run: |model| model.on_selected(|model, name| versions::open(model, Sort::Person, name)),
        ..documents::history(PaneId::People)
    },
    Command {
        name: "person.deleted",
        doc: "Lists the people that were deleted or whose file is missing or damaged, to bring one back.",
        cli: Some("person deleted"),
        run: |model| versions::gone(model, Sort::Person),
        ..documents::deleted(PaneId::People)
    },
    Command {
        name: "person.delete",
        doc: "Deletes the person document; its file goes to the history.",
        cli: Some("person delete"),
        confirm: Some(|model| {
            let name = model.selected_name().unwrap_or_default();
            let lines = vec![format!(
                "The document of {name} goes to the history. Keys and certificates stay where they are: revoke what must not \
                 be used any more."
            )];
            Question { word: name, lines }
        }),
        run: |model| model.on_selected(|model, name| job::go(model, Verb::DeletePerson { name })),
        ..documents::delete(PaneId::People)
    },
];

fn person<'a>(model: &'a Model, key: &RowKey) -> Option<&'a Person> {
    model.state.people.get(key.name()?)
}

fn chosen(model: &Model) -> Option<Person> {
    if model.pane != PaneId::People {
        return None;
    }
    model.selected().and_then(|key| person(model, &key)).cloned()
}

/// Tells whether the key of a request belongs to nobody yet.
fn unbound(model: &Model, request: &crate::model::request::Request) -> bool {
    model.state.people_of_key(&request.pkcs10.key.sha256).next().is_none()
}

fn verdict(person: &Person, model: &Model) -> (String, Role) {
    let Some(best) = person.best(&model.state) else {
        let word = if person.keys.is_empty() { "no key" } else { "no certificate" };
        return (word.into(), Role::Warn);
    };
    let word = standing(person, best, &model.look());
    let role = match word {
        "ok" => Role::Ok,
        "disabled" => Role::Text,
        "ends soon" | "not yet valid" => Role::Warn,
        _ => Role::Bad,
    };
    (word.into(), role)
}
