//! What is done with requests, one or many.

use super::{PaneId, Request, RowKey, Status, request};
use crate::desk::Verb;
use crate::model::request::edit::Edit;
use crate::model::request::{Note, Plan, RequestId};
use crate::ops::expire::due;
use crate::ops::roles;
use crate::tui::command::{Command, Level, Scope};
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Action, Menu, item};
use crate::tui::dialog::path::PathLine;
use crate::tui::dialog::pickup::PickUpLine;
use crate::tui::dialog::viewer::{Text, Viewer};
use crate::tui::dialog::{Dialog, batch, review};
use crate::tui::job::{self, ReadFor};
use crate::tui::model::{Model, Mood};
use crate::tui::msg::Effect;
use crate::tui::theme::Role;

const WRITE: Command = Command::of(Scope::Pane(PaneId::Requests), Level::Write, |_| Ok(()));

pub(super) const COMMANDS: &[Command] = &[
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
            Ok(id) => review::open(model, id),
            Err(_) => Vec::new(),
        },
        ..WRITE
    },
    Command {
        name: "request.approve",
        title: "approve",
        keys: &["a"],
        doc: "Opens the review of the request, from which it is approved; who approved it may change the plan.",
        cli: Some("request approve"),
        weight: 90,
        ready: |model| match &one(model)?.status {
            status if status.is_undecided() && model.state.certifiers.is_empty() => {
                Err("there is no certifier yet; create one in pane 5".into())
            }
            status if status.is_open() => {
                roles::approval_hindrance(&model.state, one(model)?, &model.settings.operator)
            }
            status => Err(format!("it is {} already", status.word())),
        },
        run: |model| match one(model).map(|r| r.id) {
            Ok(id) => review::open(model, id),
            Err(_) => Vec::new(),
        },
        ..WRITE
    },
    Command {
        name: "request.deny",
        title: "deny",
        keys: &["d"],
        doc: "Denies the marked requests, or the selected one, with a reason for the requester.",
        cli: Some("request deny"),
        weight: 85,
        ready: |model| {
            let ids = chosen(model, Status::is_open);
            let denial = |r: &Request| roles::denial_hindrance(&model.state, r, &model.settings.operator);
            match ids.first().and_then(|id| model.state.requests.get(id)) {
                Some(first) => denial(first),
                None => Err(format!("it is {} already", one(model)?.word())),
            }
        },
        run: |model| {
            let ids = chosen(model, Status::is_open);
            let title = match ids.as_slice() {
                [id] => format!("Deny request {id}"),
                ids => format!("Deny {} requests", ids.len()),
            };
            model.dialogs.push(Dialog::Form(Form::new(model, title, Goal::Deny(ids))));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "request.edit",
        title: "edit",
        keys: &["e"],
        doc: "Edits what will be issued: the request stays as it came, and somebody else approves it.",
        cli: Some("request edit"),
        weight: 50,
        ready: |model| roles::edit_hindrance(&model.state, open(model)?, &model.settings.operator),
        run: |model| {
            let Ok(request) = open(model).cloned() else { return Vec::new() };
            let plan = plan(model, &request);
            let goal = Goal::Edit(request.id, Edit::of(&request, plan).into());
            let form = Form::new(model, format!("Edit what is issued for request {}", request.id), goal);
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "request.note",
        title: "note",
        keys: &["n"],
        doc: "Notes whom to ask about the request, and what there is to know about it.",
        cli: Some("request note"),
        weight: 20,
        ready: |model| one(model).map(|_| ()),
        run: |model| {
            let Ok(request) = one(model) else { return Vec::new() };
            let note = Note { contact: request.contact.clone(), comment: request.comment.clone() };
            let (title, goal) =
                (format!("Note on request {}", request.id), Goal::Note(request.id, note.into()));
            model.dialogs.push(Dialog::Form(Form::new(model, title, goal)));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "request.withdraw",
        title: "withdraw",
        keys: &["w"],
        doc: "Takes the request back for whom it is.",
        cli: Some("request withdraw"),
        weight: 15,
        ready: |model| match open(model)? {
            own if own.by == model.settings.operator => Ok(()),
            other => roles::denial_hindrance(&model.state, other, &model.settings.operator),
        },
        run: |model| {
            if let Ok(id) = open(model).map(|r| r.id) {
                let form = Form::new(model, format!("Withdraw request {id}"), Goal::WithdrawRequest(id));
                model.dialogs.push(Dialog::Form(form));
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "request.batch",
        title: "review many",
        keys: &["b"],
        level: Level::Read,
        doc: "Reviews the marked requests, or all open ones, in one table to approve, deny and sign them together.",
        cli: Some("request issue"),
        weight: 60,
        ready: |model| match many(model).is_empty() {
            false => Ok(()),
            true => Err("no request waits".into()),
        },
        run: |model| {
            let ids = many(model);
            batch::open(model, ids)
        },
        ..WRITE
    },
    Command {
        name: "request.pick-up",
        title: "pick up",
        keys: &["p"],
        doc: "Finds a certificate by its pick-up ID, writes it with its chain and records that.",
        cli: Some("request pick-up"),
        weight: 40,
        run: |model| {
            let issued = one(model).ok().filter(|r| matches!(r.status, Status::Issued { .. }));
            let proposed = issued.map_or_else(String::new, Request::found_by);
            model.dialogs.push(Dialog::PickUp(PickUpLine::new(&proposed)));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "request.status",
        title: "answer",
        keys: &["t"],
        level: Level::Read,
        doc: "Shows what the requester is told, ready to be copied or written.",
        cli: Some("request status"),
        weight: 10,
        ready: |model| one(model).map(|_| ()),
        run: |model| {
            let Ok(request) = one(model) else { return Vec::new() };
            let line = |text| Text::line(text, Role::Text);
            let lines = request.letter(&model.state, model.now).into_iter().map(line).collect();
            let title = format!("Answer to request {}", request.id);
            model.dialogs.push(Dialog::Viewer(Viewer::new(title, lines)));
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "request.expire",
        title: "expire",
        keys: &["o"],
        doc: "Crosses off the requests that waited for longer than their policy allows, after showing them.",
        cli: Some("request expire"),
        weight: 5,
        ready: |model| match due(&model.state, model.now).is_empty() {
            false => Ok(()),
            true => Err("no request is due to expire".into()),
        },
        run: |model| {
            let due = due(&model.state, model.now);
            let ids: Vec<RequestId> = due.iter().map(|r| r.id).collect();
            let line = |r: &&Request| Text {
                label: format!("Request {}", r.id),
                text: format!("{}: {}, waits {}", r.pkcs10.subject.title(), r.word(), r.waits(model.now)),
                role: Role::Text,
            };
            let lines = due.iter().map(line).collect();
            let cross = match ids.len() {
                1 => "Cross it off".to_owned(),
                n => format!("Cross these {n} off"),
            };
            let items = vec![
                item(cross, Action::Verb(Verb::Expire { ids })),
                item("Back, nothing expires", Action::Close),
            ];
            model.dialogs.push(Dialog::Menu(Menu::new("Requests that are due to expire", lines, items)));
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
            let ids = chosen(model, is_approved);
            if ids.is_empty() {
                Err(match one(model) {
                    Ok(r) => {
                        format!("request {} is {}; only an approved one can be signed", r.id, r.word())
                    }
                    Err(why) => why,
                })
            } else {
                let plan = ids.iter().find_map(|id| model.state.requests.get(id)?.plan());
                let name = plan.map_or("", |plan| plan.certifier.as_str());
                roles::hindrance(&model.state, name, &model.settings.operator, roles::Act::Sign)
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
            if let Ok(copy) = one(model).map(super::pem) {
                let items = vec![item(format!("{} to {}", copy.label, copy.name), Action::Write(copy))];
                model.dialogs.push(Dialog::Menu(Menu::new("Export", Vec::new(), items)));
            }
            Vec::new()
        },
        ..WRITE
    },
];

/// Returns the selected request. While one is under review it is that one, wherever the selection stands.
fn one(model: &Model) -> Result<&Request, String> {
    let reviewed = model.dialogs.iter().rev().find_map(|d| match d {
        Dialog::Review(review) => Some(RowKey::Request(review.id)),
        _ => None,
    });
    let key = reviewed.or_else(|| model.selected());
    key.and_then(|k| request(model, &k)).ok_or_else(|| "no request is selected".into())
}

/// Returns the selected request when it is open.
fn open(model: &Model) -> Result<&Request, String> {
    match one(model)? {
        request if request.status.is_open() => Ok(request),
        request => Err(format!("it is {} already", request.word())),
    }
}

/// Returns what stands for a request, or what its certifier usually issues.
fn plan(model: &Model, request: &Request) -> Plan {
    if let Some(plan) = request.plan() {
        return plan.clone();
    }
    let usual = review::proposal(model);
    usual.unwrap_or_else(|| match model.state.certifiers.values().next() {
        Some(certifier) => Plan { certifier: String::new(), ..review::usual(model, certifier) },
        None => Plan { profile: "server".into(), days: 90, ..Plan::default() },
    })
}

/// Lists those of a state among the marked requests, or the selected one when none is marked.
fn chosen(model: &Model, wanted: fn(&Status) -> bool) -> Vec<RequestId> {
    let marked = marked(model);
    let reviewing = model.dialogs.iter().any(|d| matches!(d, Dialog::Review(_)));
    let chosen =
        if marked.is_empty() || reviewing { one(model).map(|r| r.id).into_iter().collect() } else { marked };
    let fits = |id: &RequestId| model.state.requests.get(id).is_some_and(|r| wanted(&r.status));
    chosen.into_iter().filter(fits).collect()
}

fn marked(model: &Model) -> Vec<RequestId> {
    let id = |k: &RowKey| if let RowKey::Request(id) = k { Some(*id) } else { None };
    model.here().marked.iter().filter_map(id).collect()
}

/// Lists the requests to look at together: the marked open ones, or all that are open.
fn many(model: &Model) -> Vec<RequestId> {
    let marked = marked(model);
    let all = model.state.requests.values().filter(|r| r.status.is_open());
    all.map(|r| r.id).filter(|id| marked.is_empty() || marked.contains(id)).collect()
}

fn is_approved(status: &Status) -> bool {
    matches!(status, Status::Approved { .. })
}

/// Signs one request at once; several are looked at in their table first.
fn issue(model: &mut Model) -> Vec<Effect> {
    let ids = chosen(model, is_approved);
    if ids.len() > 1 {
        model.say(Mood::Plain, "s signs them, after their seal was typed.");
        return batch::open(model, ids);
    }
    let effects = job::go(model, Verb::Issue { ids });
    if !effects.is_empty() {
        model.say(Mood::Plain, "Signing.");
    }
    effects
}
