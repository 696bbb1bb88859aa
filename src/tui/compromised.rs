//! The commands about keys that others know: reporting the key of a record, and the list of what is reported. Which keys
//! are known to others is the affair of the verbs.

use super::command::{Command, Level};
use super::dialog::Dialog;
use super::dialog::form::{Form, Goal};
use super::dialog::menu::{Action, Menu, item};
use super::dialog::viewer::Text;
use super::everywhere::READ;
use super::model::Model;
use super::pane::{PaneId, RowKey};
use super::theme::Role;
use crate::desk::Verb;
use crate::model::bytes::Digest;
use crate::model::compromised::Report;
use crate::model::key::KeyInfo;
use crate::pki::weak_key;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "key.report",
        title: "report its key",
        level: Level::Write,
        doc: "Reports the key of the selected record, or one by its fingerprint, as known to others; it is not certified any more.",
        cli: Some("key report"),
        run: |model| {
            let report = Report { key: of_row(model), why: String::new() };
            let form = Form::new(model, "Report a key as known to others", Goal::ReportKey(report));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "key.list",
        title: "reported keys",
        doc: "Shows the keys that were reported as known to others and the lists of such keys, to take a report back.",
        cli: Some("key list"),
        run: |model| {
            let menu = list(model);
            model.dialogs.push(Dialog::Menu(menu));
            Vec::new()
        },
        ..READ
    },
];

/// Returns what the key of the selected record is reported as.
fn of_row(model: &Model) -> Option<Digest> {
    // By its number it is found in every encoding and with every exponent.
    let of = |key: &KeyInfo| weak_key::reported_as(&key.spki.0).pop().unwrap_or(key.sha256);
    match model.selected()? {
        RowKey::Request(id) => model.state.requests.get(&id).map(|r| of(&r.pkcs10.key)),
        RowKey::Local(sha256) => model.certificate(&sha256).map(|c| of(&c.key)),
        RowKey::Issued(id) => model.issued.rows.get(&id).map(|row| row.key_sha256),
        RowKey::Name(name) if model.pane == PaneId::Keyrings => {
            model.state.keyrings.get(&name).and_then(|r| r.key.as_ref()).map(of)
        }
        RowKey::Name(name) if model.pane == PaneId::People => {
            model.state.people.get(&name).and_then(|p| p.keys.last()).map(|k| k.sha256)
        }
        _ => None,
    }
}

fn list(model: &Model) -> Menu {
    let text = |text: String| Text::line(text, Role::Text);
    let mut items = vec![item(
        "Report another key",
        Action::Form("Report a key as known to others".into(), Goal::ReportKey(Report::default())),
    )];
    for known in model.state.compromised.values() {
        let label = format!("{}: {}, by {} on {}", known.key.short(), known.why, known.by, known.at.date());
        let lines = vec![
            text(known.key.to_string()),
            text(format!("Reported by {} on {}: {}", known.by, known.at.text(), known.why)),
        ];
        let back = Action::Form("Take the report back".into(), Goal::ClearKey(known.key));
        let ways = vec![item("Back", Action::Close), item("Take the report back", back)];
        items.push(item(label, Action::Menu("Reported key".into(), lines, ways)));
    }
    for list in model.state.key_lists.values() {
        let label =
            format!("List {}: {} {}, from {}", list.name, list.entries, list.sort.word(), list.source);
        let drop = Action::Verb(Verb::DropKeyList { name: list.name.clone() });
        let ways = vec![item("Back", Action::Close), item("Drop the list", drop)];
        items.push(item(label, Action::Menu(format!("List {}", list.name), Vec::new(), ways)));
    }
    let lines = vec![
        text("A key that is reported or listed is not certified any more.".into()),
        text("A list is brought by: ringmaster key import-list FILE".into()),
    ];
    Menu::new("Keys that others know", lines, items)
}
