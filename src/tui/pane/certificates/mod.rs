//! The pane of certificates: those that stand in the workspace, and behind them the issued list, which is asked for page
//! by page and may hold a million rows.

mod act;
mod leave;

pub(in crate::tui) use leave::compare;
use leave::{copies, ending, export, pair};

use super::{Cell, Column, Entry, Pane, PaneId, RowKey, Target, Used, entries};
use crate::model::bytes::{Digest, Serial};
use crate::model::certificate::Certificate;
use crate::model::field::Record;
use crate::model::filter::{self, Moment};
use crate::model::finding::Subject;
use crate::model::issued::Issued;
use crate::model::time::Timestamp;
use crate::model::verdict::Verdict;
use crate::store::listing::{self, Grouping, Here, Sort};
use crate::tui::command::{Command, Level, Question, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::verify::{self, Wanted};
use crate::tui::everywhere::selected;
use crate::tui::issued::Wish;
use crate::tui::job::{IssuedFor, Job};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::Effect;
use crate::tui::theme::Role;

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
        Column { title: "where", least: 11, share: 2, rank: 2 },
    ],
    rows,
    sorted: |model| sort_name(sort(model)),
    cells: |model, key| match key {
        RowKey::Local(digest) => {
            let c = model.certificate(digest)?;
            Some(cells(
                c.subject.title(),
                super::names_of(c),
                listing::certifier(&model.state, c).map_or_else(|| c.issuer.title(), str::to_owned),
                c.not_after,
                &c.key.algorithm,
                verdict(model, digest, c),
                place(model, digest),
                model,
            ))
        }
        RowKey::Issued(id) => {
            let row = model.issued.rows.get(id)?;
            let verdict = judge(row.revoked.is_some(), row.not_before, row.not_after, model);
            let place = "issued".to_owned();
            let title = row.subject.split(',').find_map(|p| p.strip_prefix("CN=")).unwrap_or(&row.subject);
            let names = row.alt_names.split(' ').map(|n| n.split_once(':').map_or(n, |(_, value)| value));
            let names = names.collect::<Vec<_>>().join(" ");
            let issuer = row.certifier.clone();
            Some(cells(title.into(), names, issuer, row.not_after, &row.key, verdict, place, model))
        }
        RowKey::Group(label) => {
            let sign = if model.issued.shut.contains(label) { "+" } else { "-" };
            Some(vec![Cell::of(Role::Title, format!("{sign} {label}: {}", group_count(model, label)))])
        }
        _ => None,
    },
    detail: |model, key| match key {
        RowKey::Local(digest) => {
            let mut all = model.certificate(digest).map_or_else(Vec::new, |c| entries(c, model));
            all.extend(beside(model, digest));
            told(model, key, all)
        }
        RowKey::Issued(id) => {
            model.issued.rows.get(id).map_or_else(Vec::new, |row| told(model, key, entries(row, model)))
        }
        RowKey::Group(label) => {
            let what = match model.here().group {
                Some(Grouping::Month) => "Month of the end",
                _ => "Issuer",
            };
            vec![(what, label.clone()), ("Certificates", group_count(model, label).to_string())]
        }
        _ => Vec::new(),
    },
    used: |model, key| {
        let (digest, row) = match key {
            RowKey::Local(digest) => (Some(*digest), model.issued.here.get(digest)),
            RowKey::Issued(id) => {
                let row = model.issued.rows.get(id);
                (row.map(|r| r.sha256), row)
            }
            _ => (None, None),
        };
        let mut lines = Vec::new();
        if let Some(row) = row {
            let certifier = RowKey::Name(row.certifier.clone());
            lines.push(Used::at(format!("issued by {}", row.certifier), PaneId::Certifiers, certifier));
            let request = row.request.filter(|id| model.state.requests.contains_key(id));
            lines.extend(row.request.map(|id| Used {
                text: format!("answers request {id}"),
                to: request.map(|id| Target::Row(PaneId::Requests, RowKey::Request(id))),
            }));
        }
        for subject in digest.and_then(|d| model.places.get(&d)).into_iter().flatten() {
            match subject {
                Subject::Keyring(name) => {
                    lines.push(Used::at(
                        format!("keyring {name}"),
                        PaneId::Keyrings,
                        RowKey::Name(name.clone()),
                    ));
                    lines.extend(model.state.sites_of_keyring(name).map(|s| {
                        Used::at(format!("  site {}", s.name), PaneId::Sites, RowKey::Name(s.name.clone()))
                    }));
                }
                Subject::Certifier(name) => {
                    lines.push(Used::at(
                        format!("certifier {name}"),
                        PaneId::Certifiers,
                        RowKey::Name(name.clone()),
                    ));
                }
                _ => {}
            }
        }
        lines.extend(relatives(model, key).into_iter().map(|(what, digest, title)| {
            Used::at(format!("{what}: {title}"), PaneId::Certificates, RowKey::Local(digest))
        }));
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
    commands: &[COMMANDS, act::COMMANDS],
};

fn group_count(model: &Model, label: &str) -> usize {
    model.issued.listing.groups.iter().find(|group| group.label == label).map_or(0, |group| group.count)
}

/// Lists the other certificates of the workspace that have the same key or the same names: what they share, and title.
fn relatives(model: &Model, key: &RowKey) -> Vec<(&'static str, Digest, String)> {
    let (own, spki, names) = match key {
        RowKey::Local(digest) => match model.certificate(digest) {
            Some(c) => (*digest, c.key.sha256, listing::names(c)),
            None => return Vec::new(),
        },
        RowKey::Issued(id) => match model.issued.rows.get(id) {
            Some(row) => (row.sha256, row.key_sha256, row.alt_names.clone()),
            None => return Vec::new(),
        },
        _ => return Vec::new(),
    };
    let mut found = Vec::new();
    for (digest, places) in model.places.iter().filter(|(digest, _)| **digest != own) {
        let Some(c) = model.certificate(digest) else { continue };
        let place = places.iter().map(listing::place).collect::<Vec<_>>().join(", ");
        let title = format!("{} ({place}, ends {})", c.subject.title(), c.not_after.date());
        if c.key.sha256 == spki {
            found.push(("Same key as", *digest, title));
        } else if !names.is_empty() && listing::names(c) == names {
            found.push(("Same names as", *digest, title));
        }
    }
    found
}

/// Says what is shared with others, and puts a revocation before everything else.
fn told(model: &Model, key: &RowKey, mut entries: Vec<Entry>) -> Vec<Entry> {
    entries.extend(relatives(model, key).into_iter().map(|(what, _, title)| (what, title)));
    revoked_first(entries)
}

/// Returns what the issued list knows of a certificate of the workspace beyond the certificate itself.
pub(in crate::tui) fn beside(model: &Model, digest: &Digest) -> Vec<Entry> {
    let Some(row) = model.issued.here.get(digest) else { return Vec::new() };
    let look = model.look();
    let fields = Issued::FIELDS.iter().filter(|f| Certificate::FIELDS.iter().all(|c| c.label != f.label));
    let said = fields.map(|f| (f.label, (f.get)(row, &look)));
    revoked_first(said.filter(|(_, value)| !value.is_empty()).collect())
}

/// Puts a revocation before everything else.
fn revoked_first(mut entries: Vec<Entry>) -> Vec<Entry> {
    if let Some(at) = entries.iter().position(|(label, value)| *label == "Revoked" && value != "no") {
        let revoked = entries.remove(at);
        entries.insert(0, revoked);
    }
    entries
}

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
        doc: "Writes the marked certificates, or the selected one, to a file or a new folder as PEM, DER, PKCS#7 or public key.",
        cli: Some("certificate export"),
        weight: 50,
        ready: |model| match model.selected() {
            Some(RowKey::Group(_)) if model.here().marked.is_empty() => {
                Err("it is the head of a group".into())
            }
            _ => selected(model),
        },
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
            match selected_issued(model) {
                Some(row) if row.revoked.is_some() => Err("it is revoked already".into()),
                Some(_) => Ok(()),
                None => Err("no certifier of this workspace has issued it".into()),
            }
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

/// Returns the order of the list.
fn sort(model: &Model) -> Sort {
    let pane = model.panes.get(PaneId::Certificates.index());
    let own = pane.and_then(|pane| Sort::ALL.get(pane.sort)).copied().unwrap_or_default();
    pane.and_then(|pane| pane.group).map_or(own, Grouping::sort)
}

/// Returns what an order is called.
pub(in crate::tui) fn sort_name(sort: Sort) -> &'static str {
    if sort == Sort::Issued { "time of signing" } else { sort.name() }
}

/// How many days after its end a certificate still counts as something to look at.
const ENDED: i64 = 90;

/// Returns which list is wanted now.
pub(in crate::tui) fn wish(model: &Model) -> Wish {
    let pane = model.here();
    let at = moment(model);
    Wish {
        sort: Sort::ALL.get(pane.sort).copied().unwrap_or_default(),
        reverse: pane.reverse,
        filter: filter::parse(&pane.filter).unwrap_or_default(),
        at,
        ends: pane.findings.then(|| (at.now.plus_days(-ENDED), at.now.plus_days(at.soon))),
        group: pane.group,
        issuers: listing::issuers(&model.state),
        here: here(model),
    }
}

/// Returns the moment that the list is of: whole minutes, so that a little later the wish is still the same.
fn moment(model: &Model) -> Moment {
    Moment { now: Timestamp(model.now.0 - model.now.0.rem_euclid(60)), soon: model.settings.soon }
}

fn rows(model: &Model) -> Vec<RowKey> {
    let filter = filter::parse(&model.here().filter).unwrap_or_default();
    let at = moment(model);
    let same = model.issued.asked.as_ref().is_some_and(|(_, _, wish)| wish.filter == filter);
    let mut all = here(model);
    // What only the ledger knows was answered for this filter already, or is still to come.
    all.retain(|one| {
        let row = model.issued.here.get(&one.sha256);
        one.listed
            && (filter.is_empty() || one.fits(&filter, at, row, false, (None, None)))
            && !(same && model.issued.listing.out.contains(&one.sha256))
    });
    let mut all: Vec<_> = all.iter().map(|one| (one, model.issued.here.get(&one.sha256))).collect();
    listing::sort(&mut all, sort(model), at);
    let mut rows: Vec<_> = all.into_iter().map(|(one, _)| RowKey::Local(one.sha256)).collect();
    if model.here().reverse {
        rows.reverse();
    }
    rows
}

/// Lists the certificates of the workspace, with those that the list leaves out.
fn here(model: &Model) -> Vec<Here> {
    let pane = model.here();
    let make = |(digest, places): (&Digest, &Vec<Subject>)| {
        let c = model.certificate(digest)?;
        let listed = !pane.findings || trouble(model, digest, c);
        Some(Here::new(&model.state, c, places, listed))
    };
    let mut all: Vec<Here> = model.places.iter().filter_map(make).collect();
    all.sort_by(|a, b| a.subject.cmp(&b.subject));
    all
}

/// Tells whether a certificate wants a look: by time, revoked though in use, or the checks say something of its ring.
fn trouble(model: &Model, digest: &Digest, c: &Certificate) -> bool {
    let said = |subject: &Subject| match subject {
        Subject::Keyring(name) => {
            let leaf = model.state.keyrings.get(name).and_then(|r| r.leaf());
            leaf.is_some_and(|leaf| leaf.sha256 == *digest) && model.findings_of(subject).next().is_some()
        }
        subject => model.findings_of(subject).next().is_some(),
    };
    verdict(model, digest, c).1 != Role::Ok
        || model.places.get(digest).is_some_and(|places| places.iter().any(said))
}

#[expect(clippy::too_many_arguments, reason = "one for each column")]
fn cells(
    subject: String,
    names: String,
    issuer: String,
    ends: Timestamp,
    key: &str,
    (verdict, role): (String, Role),
    place: String,
    model: &Model,
) -> Vec<Cell> {
    vec![
        Cell::new(subject),
        Cell::new(names),
        Cell::new(issuer),
        Cell::new(ends.date()),
        Cell::new(format!("{:>5}", ends.days_from(model.now))),
        Cell::new(key),
        Cell::of(role, verdict),
        Cell::new(place),
    ]
}

/// Judges a certificate of the workspace in a word or two.
fn verdict(model: &Model, digest: &Digest, c: &Certificate) -> (String, Role) {
    let revoked = model.issued.here.get(digest).is_some_and(|row| row.revoked.is_some());
    judge(revoked, c.not_before, c.not_after, model)
}

fn judge(revoked: bool, from: Timestamp, to: Timestamp, model: &Model) -> (String, Role) {
    let verdict = Verdict::of(revoked, (from, to), model.now, model.settings.soon);
    let role = match verdict {
        Verdict::Good => Role::Ok,
        Verdict::Soon(_) => Role::Warn,
        _ => Role::Bad,
    };
    (verdict.text(), role)
}

fn place(model: &Model, digest: &Digest) -> String {
    let all = model.places.get(digest).map_or(&[][..], Vec::as_slice);
    match all {
        [one] => listing::place(one),
        [first, rest @ ..] => format!("{} +{}", listing::place(first), rest.len()),
        [] => String::new(),
    }
}

/// Returns certifier, serial and subject of the selected certificate, if a certifier of the workspace has issued it.
fn issued_here(model: &Model) -> Option<(String, Serial, String)> {
    let row = selected_issued(model)?;
    Some((row.certifier.clone(), row.serial.clone(), row.subject.clone()))
}

/// Returns the row of the issued list of the selected certificate.
fn selected_issued(model: &Model) -> Option<&Issued> {
    match model.selected()? {
        RowKey::Issued(id) => model.issued.rows.get(&id),
        RowKey::Local(digest) => model.issued.here.get(&digest),
        _ => None,
    }
}
