//! The commands of the pane of sites that serve or connect: rehearsal, probes and visits. Each asks first and names whom it
//! connects to; the work itself runs elsewhere.

use super::{WRITE, meant, site};
use crate::model::resolve::{Promise, Whose, promised, promised_by_all, used};
use crate::model::seen::Errand;
use crate::model::server::Server;
use crate::model::site::{Site, SiteKind};
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::Goal;
use crate::tui::dialog::menu::{Action, Item, Menu, item};
use crate::tui::dialog::viewer::Text;
use crate::tui::dialog::visits;
use crate::tui::everywhere::selected;
use crate::tui::job::{self, Job};
use crate::tui::model::Model;
use crate::tui::msg::{Effect, Rehearsal};
use crate::tui::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "site.rehearse",
        title: "rehearse",
        keys: &["v"],
        level: Level::Read,
        doc: "Serves the site with its keyring on a loopback port, alone or with the other Web sites of its server, or stops that \
            again.",
        cli: Some("site rehearse"),
        weight: 75,
        ready: online,
        run: rehearse,
        ..WRITE
    },
    Command {
        name: "site.probe",
        title: "probe",
        keys: &["p"],
        level: Level::Read,
        doc: "Connects as a client would, to the rehearsal or over the network; scans versions and suites; or visits every service of \
            the site, of its server, or of the marked sites, and compares with the documents.",
        cli: Some("probe"),
        weight: 70,
        ready: |model| if model.here().marked.is_empty() { online(model) } else { networked() },
        run: probe,
        ..WRITE
    },
    Command {
        name: "site.log",
        title: "log",
        keys: &["w"],
        level: Level::Read,
        doc: "Shows who has connected to the rehearsal.",
        cli: None,
        weight: 35,
        ready: |model| {
            model.service.as_ref().map(|_| ()).ok_or_else(|| "no rehearsal runs; v starts one".into())
        },
        run: |model| vec![model.start(Job::Log, Effect::ServiceLog).1],
        ..WRITE
    },
];

/// Needs a selected site that answers, and a build with network code.
fn online(model: &Model) -> Result<(), String> {
    if model.selected().and_then(|k| site(model, &k)).is_some_and(|s| !s.kind.answers()) {
        return Err("it carries rules only, and answers nothing".into());
    }
    networked()?;
    selected(model)
}

/// Needs a build with network code.
pub(in crate::tui::pane) fn networked() -> Result<(), String> {
    if cfg!(feature = "network") { Ok(()) } else { Err("this build has no network code".into()) }
}

fn rehearse(model: &mut Model) -> Vec<Effect> {
    let Some(site) = model.selected().and_then(|k| site(model, &k)).cloned() else { return Vec::new() };
    if model.service.as_ref().is_some_and(|run| run.serves(&site.name)) {
        return vec![model.start(Job::Stop, Effect::StopService).1];
    }
    let others = |server: &str| {
        let all = used::sites_of(&model.state, server, SiteKind::Web);
        all.filter(|other| other.enabled && other.name != site.name).count()
    };
    let web = |server: &&Server| server.load_sites && site.kind == SiteKind::Web;
    let servers = used::servers_of(&model.state, &site).filter(web);
    let servers = servers.map(|server| (server.name.clone(), others(used::called(server))));
    let servers: Vec<_> = servers.filter(|(_, others)| *others > 0).collect();
    if servers.is_empty() {
        return vec![job::serve(model, site.name, None, None).1];
    }
    let mut ways = vec![item(format!("Serve {} alone", site.name), Action::Serve(site.name.clone(), None))];
    ways.extend(servers.into_iter().map(|(server, others)| {
        let s = if others == 1 { "" } else { "s" };
        let label = format!("Serve it with {others} other Web site{s} of server {server}");
        item(label, Action::Serve(site.name.clone(), Some(server)))
    }));
    let text = "With the others, the rules of the server choose by the name that a client asks for (SNI).";
    let lines = vec![Text::line(text, Role::Text)];
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Rehearse {}", site.name), lines, ways)));
    Vec::new()
}

fn probe(model: &mut Model) -> Vec<Effect> {
    let names = meant(model);
    let promises = promised_by_all(&model.state, names.iter().cloned().map(Whose::Site));
    if !model.here().marked.is_empty() {
        return visits::offer(model, promises, None);
    }
    let Some(site) = model.selected().and_then(|k| site(model, &k)).cloned() else { return Vec::new() };
    // A wildcard is no host to ask for: one of the names it stands for is.
    let host = site.hosts.first().map_or_else(|| "localhost".into(), |h| h.replacen("*.", "www.", 1));
    let running = model.service.clone().filter(|run| run.serves(&site.name));
    let (title, lines, items) = over_the_network(model, &site, &host, promises.clone());
    let Some(Rehearsal { address, .. }) = running else {
        model.dialogs.push(Dialog::Menu(Menu::new(title, lines, items)));
        return Vec::new();
    };
    let here = Errand { address: Some(address), ..Errand::to(host, address.port()) };
    let text = format!("{} is served on {address}; nothing leaves this machine.", site.name);
    let mut ways = vec![
        item(
            format!("Connect to the rehearsal on {address}"),
            Action::Probe(site.name.clone(), here.clone()),
        ),
        item("Scan its versions and suites", Action::Scan(here)),
    ];
    ways.extend(visits::way(promises, "the rehearsal", Some(address)));
    ways.push(item("Leave the rehearsal alone, and go over the network", Action::Menu(title, lines, items)));
    let lines = vec![Text::line(text, Role::Text)];
    model.dialogs.push(Dialog::Menu(Menu::new(format!("Probe the rehearsal of {}", site.name), lines, ways)));
    Vec::new()
}

/// Makes the menu of the ways over the network.
fn over_the_network(
    model: &Model,
    site: &Site,
    host: &str,
    promises: Vec<Promise>,
) -> (String, Vec<Text>, Vec<Item>) {
    let port = site.port;
    let text = format!(
        "This connects to {host}, port {port}, over the network. To try the keyring here first, press v in the list.",
    );
    let errand = Errand::to(host, port);
    let mut items = vec![
        item("Back, nothing is sent", Action::Close),
        item(format!("Connect to {host}:{port}"), Action::Probe(site.name.clone(), errand.clone())),
        item("Scan its versions and suites: over a hundred connections", Action::Scan(errand.clone())),
    ];
    items.extend(visits::way(promises, "this site", None));
    for server in used::servers_of(&model.state, site) {
        let whose = Whose::Server(server.name.clone());
        items.extend(visits::way(promised(&model.state, &whose), &format!("server {}", server.name), None));
    }
    items.push(item(
        "Another way: STARTTLS, proxy, address, port",
        Action::Form("Probe a service".into(), Goal::Probe(Box::new(errand))),
    ));
    let lines = vec![Text::line(text, Role::Text)];
    (format!("Probe {}", site.name), lines, items)
}
