//! The pane of findings: what the checks say of the workspace, worst first, and the ways from a finding to its object and
//! to what helps.

use std::sync::Arc;

use super::{Cell, Column, Entry, Pane, PaneId, RowKey};
use crate::desk::Verb;
use crate::doctor;
use crate::model::accepted::{Accepted, FILES, can_be};
use crate::model::escape::visible;
use crate::model::field::{field_names, fits};
use crate::model::filter;
use crate::model::finding::{Finding, Severity, Subject};
use crate::model::resolve::used;
use crate::model::site::SiteKind;
use crate::ops::site::proposed;
use crate::tui::command::{self, Command, Level, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Copy, Source};
use crate::tui::dialog::path::PathLine;
use crate::tui::everywhere::selected;
use crate::tui::job;
use crate::tui::model::{Focus, Model, Mood};
use crate::tui::msg::Effect;
use crate::tui::theme::Role;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::Findings,
    title: "Findings",
    short: "Findings",
    columns: &[
        Column { title: "severity", least: 8, share: 0, rank: 0 },
        Column { title: "rule", least: 4, share: 0, rank: 1 },
        Column { title: "object", least: 12, share: 1, rank: 0 },
        Column { title: "text", least: 14, share: 6, rank: 0 },
    ],
    rows: |model| {
        let (pane, look) = (model.here(), model.look());
        let Ok(filter) = filter::of_fields(&pane.filter, &field_names::<Finding>()) else {
            return Vec::new();
        };
        let wanted = |f: &&Arc<Finding>| {
            let texts = || {
                let word = model.findings.word(f).unwrap_or_else(|| f.severity.word());
                [word, &f.rule, &f.subject.to_string(), &f.text].map(str::to_owned)
            };
            (!pane.findings || f.severity > Severity::Info)
                && (filter.is_empty() || fits(&***f, &filter, &texts(), &look))
        };
        model.findings.listed().filter(wanted).map(|f| RowKey::Finding(f.clone())).collect()
    },
    sorted: |_| "",
    cells: |model, key| {
        let f = finding(key)?;
        Some(vec![
            match model.findings.word(f) {
                Some(word) => Cell::of(Role::Dim, word),
                None => Cell::of(role(f.severity), f.severity.word()),
            },
            Cell::new(&f.rule),
            Cell::new(f.subject.to_string()),
            Cell::new(behind_object(f)),
        ])
    },
    detail: |model, key| finding(key).map_or_else(Vec::new, |f| detail(model, f)),
    used: |model, key| {
        let Some((pane, row)) = finding(key).and_then(|f| RowKey::of(&f.subject)) else { return Vec::new() };
        (pane.pane().used)(model, &row)
    },
    copies: |model, key| {
        let Some(f) = finding(key) else { return Vec::new() };
        let name = format!("finding-{}.txt", f.rule);
        let lines = detail(model, f).into_iter().map(|(label, text)| format!("{label}: {text}\n"));
        vec![
            Copy { label: "finding", name: name.clone(), source: Source::Text(f.text.clone()) },
            Copy { label: "finding with its explanation", name, source: Source::Text(lines.collect()) },
        ]
    },
    empty: |_| vec![("console.help", "See every key of this pane.")],
    commands: &[COMMANDS],
};

/// Returns the acceptance of a finding, also one that does not hold any more.
fn risk<'a>(model: &'a Model, f: &Finding) -> Option<&'a Accepted> {
    model.state.accepted.get(&(f.rule.clone(), f.subject.clone()))
}

fn picked(model: &Model) -> Option<Arc<Finding>> {
    match model.selected() {
        Some(RowKey::Finding(f)) => Some(f),
        _ => None,
    }
}

/// Lists the marked findings, or the selected one.
fn chosen(model: &Model) -> Vec<Arc<Finding>> {
    let marked = model.here().marked.iter().filter_map(|key| match key {
        RowKey::Finding(f) => Some(f.clone()),
        _ => None,
    });
    let marked: Vec<_> = marked.collect();
    if marked.is_empty() { picked(model).into_iter().collect() } else { marked }
}

const READ: Command = Command::of(Scope::Pane(PaneId::Findings), Level::Read, selected);

const COMMANDS: &[Command] = &[
    Command {
        name: "finding.fix",
        title: "fix",
        keys: &["f"],
        doc: "Goes to the object of the finding and runs the command that helps, which asks before it changes anything.",
        weight: 92,
        ready: |model| {
            selected(model)?;
            match remedy(model) {
                Some(_) => Ok(()),
                None => Err("no command of the console helps here; Enter shows what to do".into()),
            }
        },
        run: fix,
        ..READ
    },
    Command {
        name: "finding.object",
        title: "go to object",
        keys: &["o"],
        doc: "Goes to the keyring, site or certifier that the finding is about.",
        weight: 91,
        run: |model| {
            let Some(RowKey::Finding(f)) = model.selected() else { return Vec::new() };
            match RowKey::of(&f.subject) {
                Some((pane, row)) => drop(go(model, pane, &row, &f)),
                None => model.say(Mood::Warn, "This finding is about the workspace as a whole."),
            }
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "finding.accept",
        title: "accept",
        keys: &["a"],
        level: Level::Write,
        doc: "Accepts the marked findings, or the selected one, as a risk, with a reason and an end; they leave the marks and \
            the counts until then.",
        cli: Some("finding accept"),
        weight: 50,
        ready: |model| {
            let all = chosen(model);
            let gone = |f: &Arc<Finding>| model.findings.word(f) == Some("obsolete");
            match all.as_slice() {
                [] => Err("no row is selected".into()),
                several if several.iter().any(|f| !can_be(&f.rule)) => Err(FILES.into()),
                [one] if gone(one) => Err("it is not found any more".into()),
                several if several.iter().any(gone) => Err("some of them are not found any more".into()),
                _ => Ok(()),
            }
        },
        run: |model| {
            let all = chosen(model);
            let title = match all.as_slice() {
                [f] => format!("Accept {} of {}", f.rule, visible(&f.subject.to_string())),
                several => format!("Accept {} findings", several.len()),
            };
            let findings = all.iter().map(|f| Finding::clone(f)).collect();
            let form = Form::new(model, title, Goal::Accept(findings));
            model.dialogs.push(Dialog::Form(form));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "finding.unaccept",
        title: "count again",
        keys: &["d"],
        level: Level::Write,
        doc: "Takes the acceptance of the finding back, or crosses one off whose finding is gone.",
        cli: Some("finding unaccept"),
        weight: 15,
        ready: |model| {
            let f = picked(model).ok_or("no row is selected")?;
            risk(model, &f).map(|_| ()).ok_or_else(|| "it is not accepted".into())
        },
        run: |model| {
            let Some(f) = picked(model) else { return Vec::new() };
            let verb = Verb::UnacceptFinding { rule: f.rule.clone(), subject: f.subject.clone() };
            vec![job::run(model, verb).1]
        },
        ..READ
    },
    Command {
        name: "finding.review",
        title: "review",
        keys: &["x"],
        doc: "Writes the security review of all servers and sites to a file, as text, Markdown or JSON.",
        cli: Some("review"),
        weight: 18,
        ready: |_| Ok(()),
        run: |model| {
            let name = format!("security-review-{}.md", model.now.date());
            model.dialogs.push(Dialog::Path(PathLine::review(&name)));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "finding.accepted",
        title: "accepted",
        keys: &["v"],
        doc: "Lists the accepted findings as well, and the acceptances whose finding is gone, or hides them.",
        cli: Some("finding accepted"),
        weight: 20,
        ready: |_| Ok(()),
        run: |model| {
            model.findings.with_accepted = !model.findings.with_accepted;
            let (key, count) =
                (model.selected(), model.findings.accepted.len() + model.findings.obsolete.len());
            model.list();
            if let Some(key) = key {
                model.keep(&key);
            }
            model.say(
                Mood::Plain,
                match (model.findings.with_accepted, count) {
                    (true, 0) => "Nothing is accepted.".to_owned(),
                    (true, _) => "Accepted findings stand below the others.".to_owned(),
                    (false, _) => "Accepted findings are hidden.".to_owned(),
                },
            );
            Vec::new()
        },
        ..READ
    },
];

fn finding(key: &RowKey) -> Option<&Finding> {
    match key {
        RowKey::Finding(finding) => Some(finding),
        _ => None,
    }
}

/// How a severity looks; its word stands beside it.
pub(in crate::tui) fn role(severity: Severity) -> Role {
    match severity {
        Severity::Error => Role::Bad,
        Severity::Warning => Role::Warn,
        Severity::Info => Role::Dim,
    }
}

/// Returns the text without the name of its object, which stands beside it.
fn behind_object(f: &Finding) -> String {
    let object = visible(&f.subject.to_string());
    let same = |begin: &str| begin.to_lowercase() == object.to_lowercase();
    let rest =
        f.text.get(..object.len()).filter(|begin| same(begin)).and_then(|_| f.text.get(object.len()..));
    rest.and_then(|rest| rest.strip_prefix(' ')).unwrap_or(&f.text).to_owned()
}

fn detail(model: &Model, f: &Finding) -> Vec<Entry> {
    let check = doctor::find(&f.rule);
    let command = f.command.as_deref().and_then(command::find);
    let key = command::find("finding.fix").map_or_else(String::new, |c| model.key_of(c));
    let entries = [
        ("Finding", f.text.clone()),
        ("Remedy", f.remedy.clone()),
        ("Command", command.map_or_else(String::new, |c| format!("{key}: {} ({})", c.title, c.name))),
        ("Object", f.subject.to_string()),
        ("Severity", f.severity.word().to_owned()),
        ("Accepted", risk(model, f).map_or_else(String::new, Accepted::words)),
        ("Rule", check.map_or_else(|| f.rule.clone(), |c| format!("{}: {}", c.id, c.title))),
        ("What it means", check.map_or_else(String::new, |c| c.explain.to_owned())),
    ];
    entries.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

/// The command about files that belong to no row; like those that make something new, it needs none.
const LEFTOVERS: &str = "keyring.leftovers";

/// Finds the command that helps with the selected finding, and the row it has to be run on, if on one.
fn remedy(model: &Model) -> Option<(&'static Command, Option<RowKey>)> {
    let Some(RowKey::Finding(f)) = model.selected() else { return None };
    let command = command::find(f.command.as_deref()?)?;
    let Scope::Pane(pane) = command.scope else { return Some((command, None)) };
    if command.name.ends_with(".create") || command.name == LEFTOVERS {
        return Some((command, None));
    }
    let row = match (pane, &f.subject) {
        // What is wrong with a site can be the matter of its keyring.
        (PaneId::Keyrings, Subject::Site(name)) => {
            model.state.sites.get(name).map(|s| RowKey::Name(s.keyring.clone()))
        }
        (PaneId::Keyrings, Subject::Server(name)) => {
            model.state.servers.get(name).map(|s| RowKey::Name(used::ring_of(s).to_owned()))
        }
        // What is wrong with a server can be the matter of a document it hosts, and the other way round.
        (PaneId::Sites, Subject::Server(name)) => {
            let server = model.state.servers.get(name)?;
            let site = used::sites_of(&model.state, used::called(server), SiteKind::Web).next();
            site.map(|site| RowKey::Name(site.name.clone()))
        }
        (PaneId::Servers, Subject::Site(name)) => {
            let server = used::servers_of(&model.state, model.state.sites.get(name)?).next();
            server.map(|server| RowKey::Name(server.name.clone()))
        }
        (PaneId::Certifiers, Subject::Site(_) | Subject::Server(_)) => {
            doctor::certifier_behind(&f, &model.state).map(|name| RowKey::Name(name.to_owned()))
        }
        (pane, subject) => RowKey::of(subject).filter(|(of, _)| *of == pane).map(|(_, row)| row),
    };
    // Without a row of its own it would take whatever is selected there.
    row.map(|row| (command, Some(row)))
}

fn fix(model: &mut Model) -> Vec<Effect> {
    let Some((command, row)) = remedy(model) else { return Vec::new() };
    let Some(RowKey::Finding(f)) = model.selected() else { return Vec::new() };
    if let (Scope::Pane(pane), Some(row)) = (command.scope, row)
        && !go(model, pane, &row, &f)
    {
        return Vec::new();
    }
    let effects = command::dispatch(model, command);
    // What is known of a new document stands in its form.
    if let (Subject::Server(name), Some(Dialog::Form(form))) = (&f.subject, model.dialogs.last())
        && matches!(form.goal, Goal::Site(_, false))
        && let (Some(server), Some(kind)) = (model.state.servers.get(name), SiteKind::named_in(&f.text))
    {
        let (title, site) = (form.title.clone(), proposed(server, kind));
        let form = Form::new(model, title, Goal::Site(Box::new(site), false));
        model.dialogs.pop();
        model.dialogs.push(Dialog::Form(form));
    }
    effects
}

/// Goes to a row of another pane, and shows all of its rows when a filter hides this one; tells whether it is there.
fn go(model: &mut Model, pane: PaneId, row: &RowKey, finding: &Finding) -> bool {
    let from = std::mem::replace(&mut model.pane, pane);
    if !model.select(row) && (!model.here().filter.is_empty() || model.here().findings) {
        let here = model.here_mut();
        here.filter.clear();
        here.findings = false;
        model.list();
    }
    let there = model.select(row);
    if there {
        model.focus = Focus::List;
        model.move_to(model.here().cursor);
    } else {
        model.pane = from;
        let text =
            format!("It is not in the list of {}. {}", pane.pane().title.to_lowercase(), finding.remedy);
        model.say(Mood::Warn, text);
    }
    there
}
