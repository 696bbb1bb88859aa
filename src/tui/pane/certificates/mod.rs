//! The pane of certificates: those that stand in the workspace, and behind them the issued list, which is asked for page
//! by page and may hold a million rows.

mod act;
mod detail;
mod leave;
mod revoke;
mod rows;

pub(in crate::tui) use detail::beside;
pub(in crate::tui) use leave::{compare, export_list};
use leave::{copies, export, pair};
pub(in crate::tui) use revoke::offer_crl;
pub(in crate::tui) use rows::{sort_name, wish};

use super::{Column, Pane, PaneId, RowKey};
use crate::model::issued::Issued;
use crate::store::listing::{Grouping, Sort};
use crate::tui::command::{Command, Level, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::verify::{self, Wanted};
use crate::tui::everywhere::selected;
use crate::tui::job::{IssuedFor, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::Effect;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::Certificates,
    title: "Certificates",
    short: "Certs",
    columns: &[
        Column { title: "subject", least: 24, share: 6, rank: 0 },
        Column { title: "names", least: 20, share: 4, rank: 6 },
        Column { title: "issuer", least: 10, share: 2, rank: 3 },
        Column { title: "ends", least: 10, share: 0, rank: 1 },
        Column { title: "days", least: 5, share: 0, rank: 5 },
        Column { title: "key", least: 9, share: 0, rank: 4 },
        Column { title: "verdict", least: 9, share: 0, rank: 0 },
        Column { title: "where", least: 13, share: 2, rank: 2 },
    ],
    rows: rows::rows,
    sorted: |model| sort_name(rows::sort(model)),
    cells: rows::cells,
    detail: detail::entries,
    used: detail::used,
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
    commands: &[COMMANDS, revoke::COMMANDS, act::COMMANDS],
};

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
        doc: "Sorts the list by a column, or by the time of signing, from either end.",
        cli: Some("certificate list"),
        weight: 55,
        ready: |_| Ok(()),
        run: |model| {
            let turned = model.here().reverse;
            let items = Sort::ALL.into_iter().enumerate().map(|(n, sort)| {
                let label = format!("{} {}", n + 1, sort_name(sort));
                item(label, Action::Sort(n, false))
            });
            let turn = if turned { "The first row first again" } else { "The last row first" };
            let items = items.chain([item(format!("r {turn}"), Action::Sort(model.here().sort, !turned))]);
            let mut menu = Menu::new("Sort by", Vec::new(), items.collect());
            menu.choose_at(model.here().sort);
            model.dialogs.push(Dialog::Menu(menu));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "certificate.group",
        title: "group",
        keys: &["o"],
        doc: "Groups the list by issuer, then by the month of the end, then not; Enter on the head of a group hides or shows its rows.",
        weight: 35,
        ready: |_| Ok(()),
        run: |model| {
            let (group, text) = match model.here().group {
                None => (Some(Grouping::Issuer), "Grouped by issuer; z shows the heads alone."),
                Some(Grouping::Issuer) => (Some(Grouping::Month), "Grouped by the month of the end."),
                Some(Grouping::Month) => (None, "Not grouped."),
            };
            model.issued.shut.clear();
            let key = model.selected();
            model.here_mut().group = group;
            model.list();
            if let Some(key) = key {
                model.keep(&key);
            }
            model.say(Mood::Plain, text);
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "certificate.export",
        title: "export",
        keys: &["x"],
        doc: "Writes the marked certificates, or the selected one, to a file or a new folder as PEM, DER, PKCS#7 or public key; \
              or the marked rows, or all that the list shows, as CSV, JSON or index.txt of openssl ca.",
        cli: Some("certificate export"),
        weight: 50,
        run: export,
        ..READ
    },
    Command {
        name: "certificate.compare",
        title: "compare",
        keys: &["="],
        doc: "Shows two certificates side by side with the differences marked: the two that are marked, or the marked one \
              and the selected one.",
        cli: Some("certificate compare"),
        weight: 20,
        ready: |model| match pair(model) {
            Some(_) => Ok(()),
            None => Err("mark one certificate with Space and select another, or mark two".into()),
        },
        run: |model| match pair(model) {
            Some(keys) => compare(model, Vec::new(), keys.into()),
            None => Vec::new(),
        },
        ..READ
    },
    Command {
        name: "certificate.verify",
        title: "verify",
        keys: &["v"],
        doc: "Explains how the certificate verifies with what the workspace knows, at any date and for any host.",
        cli: Some("verify"),
        weight: 52,
        ready: whole,
        run: |model| match model.selected() {
            Some(RowKey::Local(digest)) => match model.certificate(&digest).cloned() {
                Some(certificate) => verify::start(model, Wanted::Certificate(Box::new(certificate))),
                None => Vec::new(),
            },
            Some(RowKey::Issued(id)) => match model.issued.rows.get(&id) {
                Some(row) => {
                    let (certifier, serial) = (row.certifier.clone(), row.serial.clone());
                    let job = Job::Issued(IssuedFor::Verify);
                    vec![model.start(job, |job| Effect::Issued(job, certifier, serial)).1]
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        },
        ..READ
    },
    Command {
        name: "certificate.fold",
        title: "heads alone",
        keys: &["z"],
        doc: "Shows the heads of all groups alone, or their rows again.",
        weight: 26,
        ready: |model| {
            if model.here().group.is_none() {
                Err("the list is not grouped; o groups it".into())
            } else {
                Ok(())
            }
        },
        run: |model| {
            let key = model.selected();
            if model.issued.shut.is_empty() {
                let labels = model.issued.listing.groups.iter().map(|group| group.label.clone());
                model.issued.shut = labels.collect();
            } else {
                model.issued.shut.clear();
            }
            model.move_to(model.here().cursor);
            if let Some(key) = key {
                model.select(&key);
            }
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "certificate.timeline",
        title: "timeline",
        keys: &["y"],
        doc: "Shows when the listed certificates end as a chart by week or by month, and lists those of a bar.",
        cli: Some("certificate timeline"),
        weight: 36,
        ready: |_| Ok(()),
        run: |model| {
            let wish = wish(model);
            vec![model.start(Job::Timeline, |id| Effect::Timeline(id, wish)).1]
        },
        ..READ
    },
];

/// Needs a certificate of which more than a record is here.
fn whole(model: &Model) -> Result<(), String> {
    selected(model)?;
    match selected_issued(model) {
        Some(row) if !row.is_known() => Err("only the record of it was brought here".into()),
        _ => Ok(()),
    }
}

/// Returns the row of the issued list of the selected certificate.
fn selected_issued(model: &Model) -> Option<&Issued> {
    match model.selected()? {
        RowKey::Issued(id) => model.issued.rows.get(&id),
        RowKey::Local(digest) => model.issued.here.get(&digest),
        _ => None,
    }
}
