//! The pane of Internet Site documents: which certificate answers where.

mod who;
mod wire;

pub(super) use wire::networked;

use super::{Cell, Column, Pane, PaneId, RowKey, Used, documents, entries, named};
use crate::desk::Verb;
use crate::model::certificate::Lifetime;
use crate::model::document::{Document, How, Saving, Sort};
use crate::model::field::Record;
use crate::model::finding::Subject;
use crate::model::resolve::used;
use crate::model::server::called::same_server;
use crate::model::site::{Site, SiteKind, looked_for};
use crate::tui::command::{Command, Level, Question, Scope};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::change;
use crate::tui::dialog::directory;
use crate::tui::dialog::form::{Form, Goal};
use crate::tui::dialog::menu::{Copy, Source};
use crate::tui::dialog::path::file_name;
use crate::tui::dialog::versions;
use crate::tui::everywhere::selected;
use crate::tui::job;
use crate::tui::model::Model;
use crate::tui::theme::Role;

/// The pane.
pub const PANE: Pane = Pane {
    id: PaneId::Sites,
    title: "Sites",
    short: "Sites",
    columns: &[
        Column { title: "name", least: 12, share: 2, rank: 0 },
        Column { title: "kind", least: 4, share: 0, rank: 3 },
        Column { title: "hosts", least: 14, share: 4, rank: 2 },
        Column { title: "port", least: 5, share: 0, rank: 4 },
        Column { title: "keyring", least: 10, share: 2, rank: 1 },
        Column { title: "verdict", least: 16, share: 1, rank: 0 },
    ],
    rows: |model| {
        let text = |s: &Site| {
            format!(
                "{} {} {} {} {}",
                s.kind.name(),
                s.title,
                s.hosts.join(" "),
                s.servers.join(" "),
                s.keyring
            )
        };
        let good = |s: &Site| {
            verdict(s, model).1 == Role::Ok
                && model.findings_of(&Subject::Site(s.name.clone())).next().is_none()
        };
        named(model, model.state.sites.iter(), text, good)
    },
    sorted: |_| "",
    cells: |model, key| {
        let site = site(model, key)?;
        let (verdict, role) = verdict(site, model);
        let served = model.service.as_ref().is_some_and(|run| run.serves(&site.name));
        let verdict = if served { format!("{verdict}, rehearsing") } else { verdict };
        Some(vec![
            Cell::new(&site.name),
            // Global Web Settings are about every Web site.
            Cell::new(if site.kind == SiteKind::GlobalWeb { "web*" } else { site.kind.name() }),
            Cell::new(site.hosts.join(" ")),
            Cell::new(if site.applies("port") { site.port.to_string() } else { String::new() }),
            Cell::new(&site.keyring),
            Cell::of(role, verdict),
        ])
    },
    detail: |model, key| {
        let Some(site) = site(model, key) else { return Vec::new() };
        let mut all = entries(site, model);
        // Who answers is what a person comes for: it stands first.
        all.sort_by_key(|(label, _)| *label != "Who answers");
        if let Some(run) = model.service.as_ref().filter(|run| run.serves(&site.name)) {
            let with = match run.sites.len() {
                1 => String::new(),
                n => format!(" with {} others, chosen by the name asked for", n - 1),
            };
            let text = format!("serves on {}{with}: p probes it, w shows its log, v stops it", run.address);
            all.insert(0, ("Rehearsal", text));
        }
        let subject = Subject::Site(site.name.clone());
        all.splice(0..0, super::visited(model, |visit| visit.promise.subject == subject));
        all.splice(0..0, super::found(model, &subject));
        all
    },
    used: |model, key| {
        let Some(site) = site(model, key) else { return Vec::new() };
        // Servers that have no document are named all the same.
        let known = |name: &String| model.state.servers.values().any(|s| same_server(used::called(s), name));
        let every = |s: &String| if s == "*" { "every server".into() } else { format!("server {s}") };
        let servers = site.servers.iter().filter(|s| !known(s)).map(|s| Used::nowhere(every(s)));
        let places = used::of_site(&model.state, site).into_iter().map(Used::from);
        let leaf = model.state.keyrings.get(&site.keyring).and_then(|r| r.leaf()).map(|leaf| {
            let text = format!("answers with certificate {}", leaf.subject.title());
            Used::at(text, PaneId::Certificates, RowKey::Local(leaf.sha256))
        });
        servers.chain(places).chain(leaf).collect()
    },
    copies: |model, key| {
        let Some(site) = site(model, key) else { return Vec::new() };
        let name = format!("site-{}.txt", file_name(&site.name));
        let copy = |label, text: String| Copy { label, name: name.clone(), source: Source::Text(text) };
        let mut all =
            vec![copy("host names", site.hosts.join(" ")), copy("row", super::row_text(model, key))];
        if let Some(leaf) = model.state.keyrings.get(&site.keyring).and_then(|r| r.leaf()) {
            all.insert(1, copy("SHA-256 of the certificate that answers", leaf.sha256.to_string()));
        }
        all
    },
    empty: |model| {
        let mut ways = Vec::new();
        if model.state.keyrings.is_empty() {
            ways.push(("keyring.create", "Make a keyring first; a site takes its certificate from one."));
        }
        ways.push(("site.create", "Say which host names answer with which keyring."));
        ways
    },
    commands: &[COMMANDS, wire::COMMANDS, who::COMMANDS],
};

const WRITE: Command = Command::of(Scope::Pane(PaneId::Sites), Level::Write, selected);

const COMMANDS: &[Command] = &[
    Command {
        name: "site.create",
        title: "new",
        keys: &["n"],
        doc: "Makes a site document.",
        cli: Some("site create"),
        weight: 90,
        ready: |_| Ok(()),
        run: |model| {
            form(model, "New site".into(), Site::preset(SiteKind::Web), false);
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "site.edit",
        title: "edit",
        keys: &["e"],
        doc: "Changes the site document.",
        cli: Some("site set"),
        weight: 85,
        run: |model| {
            if let Some(site) = model.selected().and_then(|k| site(model, &k)).cloned() {
                form(model, format!("Site {}", site.name), site, true);
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "site.copy",
        title: "duplicate",
        keys: &["d"],
        doc: "Makes a site document like this one under another name.",
        cli: Some("site copy"),
        weight: 45,
        run: |model| {
            if let Some(site) = model.selected().and_then(|k| site(model, &k)) {
                let (title, copy) = (format!("Like site {}", site.name), site.copied(""));
                form(model, title, copy, false);
            }
            Vec::new()
        },
        ..WRITE
    },
    Command {
        name: "site.enable",
        title: "on/off",
        keys: &["t"],
        doc: "Switches the site documents that are marked, or the selected one, off or on again.",
        cli: Some("site set"),
        weight: 38,
        run: |model| {
            let names = meant(model);
            let all: Vec<&Site> = names.iter().filter_map(|name| model.state.sites.get(name)).collect();
            // Of several, all go the way of the first.
            let enabled = all.first().is_some_and(|s| !s.enabled);
            let document = |site: Site| Document::Site(Box::new(site));
            let changes = all.into_iter().filter(|s| s.enabled != enabled).map(|s| Saving {
                how: How::Written,
                before: Some(document(s.clone())),
                after: document(Site { enabled, ..s.clone() }),
            });
            let changes = changes.collect();
            job::go(model, Verb::SaveDocuments { changes })
        },
        ..WRITE
    },
    Command {
        name: "site.set",
        doc: "Sets one field of the marked sites, or of the selected one, and shows first what that makes of each.",
        cli: Some("site set"),
        run: |model| change::open(model, Sort::Site),
        ..documents::set(PaneId::Sites)
    },
    Command {
        name: "site.history",
        cli: Some("site history"),
        run: |model| model.on_selected(|model, name| versions::open(model, Sort::Site, name)),
        ..documents::history(PaneId::Sites)
    },
    Command { name: "site.import", ..documents::import(PaneId::Sites) },
    Command {
        name: "site.export",
        run: |model| directory::offer(model, Sort::Site),
        ..documents::export(PaneId::Sites)
    },
    Command {
        name: "site.deleted",
        doc: "Lists the sites that were deleted or whose file is missing or damaged, to bring one back.",
        cli: Some("site deleted"),
        run: |model| versions::gone(model, Sort::Site),
        ..documents::deleted(PaneId::Sites)
    },
    Command {
        name: "site.delete",
        doc: "Deletes the site document; its file goes to the history.",
        cli: Some("site delete"),
        confirm: Some(|model| {
            let name = model.selected_name().unwrap_or_default();
            let hosts = model.state.sites.get(&name).map_or_else(String::new, |s| s.hosts.join(", "));
            let lines = vec![format!("Site {name} answers for {hosts}. Its document goes to the history.")];
            Question { word: name, lines }
        }),
        run: |model| model.on_selected(|model, name| job::go(model, Verb::DeleteSite { name })),
        ..documents::delete(PaneId::Sites)
    },
];

fn form(model: &mut Model, title: String, site: Site, editing: bool) {
    let form = Form::new(model, title, Goal::Site(Box::new(site), editing));
    model.dialogs.push(Dialog::Form(form));
}

fn site<'a>(model: &'a Model, key: &RowKey) -> Option<&'a Site> {
    model.state.sites.get(key.name()?)
}

/// Says in a few words whether a client will be content.
fn verdict(site: &Site, model: &Model) -> (String, Role) {
    if !site.enabled {
        return ("disabled".into(), Role::Text);
    }
    if !site.kind.answers() {
        return ("rules only".into(), Role::Text);
    }
    if site.keyring.is_empty() && !site.applies("keyring") {
        return ("names no keyring".into(), Role::Text);
    }
    if site.keyring.is_empty() {
        return ("no keyring".into(), Role::Warn);
    }
    match answering(&site.keyring, &site.hosts, model) {
        (text, role) if role == Role::Bad => (text, role),
        fine => super::worst(model, &Subject::Site(site.name.clone())).unwrap_or(fine),
    }
}

/// Says in a few words whether a client that asks for these hosts will be content with what a keyring answers.
pub(super) fn answering(keyring: &str, hosts: &[String], model: &Model) -> (String, Role) {
    let Some(ring) = model.state.keyrings.get(keyring) else {
        return ("keyring missing".into(), Role::Bad);
    };
    let Some(leaf) = ring.leaf() else { return ("no certificate".into(), Role::Warn) };
    if model.state.revocations.contains_key(&leaf.sha256) {
        return ("revoked".into(), Role::Bad);
    }
    match leaf.lifetime(model.now, model.settings.soon) {
        Lifetime::Expired => ("expired".into(), Role::Bad),
        Lifetime::NotYet => ("not yet valid".into(), Role::Bad),
        _ if looked_for(hosts).any(|h| !leaf.covers(h)) => ("name not covered".into(), Role::Bad),
        Lifetime::Soon => (format!("soon {} d", leaf.not_after.days_from(model.now)), Role::Warn),
        Lifetime::Good => ("ok".into(), Role::Ok),
    }
}

/// Lists the sites that are marked, or the one that is selected.
fn meant(model: &Model) -> Vec<String> {
    let marked: Vec<_> = model.here().marked.iter().cloned().collect();
    let keys = if marked.is_empty() { model.selected().into_iter().collect() } else { marked };
    keys.iter().filter_map(|key| site(model, key)).map(|s| s.name.clone()).collect()
}
