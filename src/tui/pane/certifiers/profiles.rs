//! The profiles, reached from the certifiers: a list of them, and for each what can be done with it.

use crate::desk::Verb;
use crate::model::document::Sort;
use crate::model::field::Record;
use crate::model::profile::Profile;
use crate::model::request::Plan;
use crate::store::document;
use crate::tui::command::{Command, Level};
use crate::tui::dialog::Dialog;
use crate::tui::dialog::form::Goal;
use crate::tui::dialog::menu::{Action, Item, Menu, item};
use crate::tui::dialog::viewer::Text;
use crate::tui::model::Model;
use crate::tui::theme::Role;
use crate::tui::widget::text::fit;

pub(super) const COMMANDS: &[Command] = &[Command {
    name: "profile.list",
    title: "profiles",
    keys: &["f"],
    level: Level::Read,
    doc: "Shows the profiles, which decide what certificates contain: to make, change, copy, delete or try one.",
    cli: Some("profile list"),
    weight: 60,
    ready: |_| Ok(()),
    run: |model| {
        let menu = all(model);
        model.dialogs.push(Dialog::Menu(menu));
        Vec::new()
    },
    ..super::WRITE
}];

fn text(text: impl Into<String>) -> Text {
    Text::line(text, Role::Text)
}

/// Lists the profiles.
fn all(model: &Model) -> Menu {
    let one = |p: &Profile| {
        let label = format!("{}  v{:<3} {:>5} days  {}", fit(&p.name, 16, ""), p.version, p.days, p.title);
        let (title, lines, items) = of(model, p);
        item(label, Action::Menu(title, lines, items))
    };
    let mut items: Vec<Item> = model.state.profiles.values().map(one).collect();
    let fresh = Goal::Profile(Box::default(), false);
    items.push(item("New profile", Action::Form("New profile".into(), fresh)));
    let lines =
        vec![text("A profile decides what a certificate contains; the request only asks. Enter opens one.")];
    Menu::new("Profiles", lines, items)
}

/// What can be done with a profile, below what it says where that is not the usual.
fn of(model: &Model, profile: &Profile) -> (String, Vec<Text>, Vec<Item>) {
    let name = &profile.name;
    let look = model.look();
    let usual = Profile::default();
    let said = Profile::FIELDS.iter().filter(|f| !["name", "title"].contains(&f.name));
    let said = said.filter_map(|f| {
        let value = (f.get)(profile, &look);
        let telling = ["version", "trust", "days", "max-days"].contains(&f.name);
        let shown = !value.is_empty() && (telling || value != (f.get)(&usual, &look));
        shown.then(|| Text { label: f.label.into(), text: value, role: Role::Text })
    });
    let lines = std::iter::once(text(&profile.title)).chain(said).collect();
    let mut items = vec![
        item(
            "Change it",
            Action::Form(format!("Profile {name}"), Goal::Profile(Box::new(profile.clone()), true)),
        ),
        item("Try it on a request", tries(model, profile)),
        item("Make one like it", {
            let copy = Profile { name: String::new(), ..profile.clone() };
            Action::Form(format!("New profile like {name}"), Goal::Profile(Box::new(copy), false))
        }),
    ];
    let built_in = document::embedded_profile(name);
    if built_in.as_ref() != Some(profile) {
        items.push(item(
            "Its history, to compare, to undo or to restore",
            Action::Versions(Sort::Profile, name.clone()),
        ));
    }
    if built_in.as_ref() != Some(profile) {
        let word = if built_in.is_some() { "Go back to the built-in one" } else { "Delete it" };
        let sure = if built_in.is_some() {
            format!("Your version of {name} goes to the history, and the built-in one counts again.")
        } else {
            format!("Profile {name} goes to the history; what it has issued stays.")
        };
        let verb = Action::Verb(Verb::DeleteProfile { name: name.clone() });
        let choice = vec![item("Back, nothing is done", Action::Close), item(word, verb)];
        items.push(item(word, Action::Menu(format!("{word}?"), vec![text(sure)], choice)));
    }
    (format!("Profile {name}"), lines, items)
}

/// Offers the open requests, each by the certifier that has this profile or else by each.
fn tries(model: &Model, profile: &Profile) -> Action {
    let title = format!("Try {} on", profile.name);
    let usual = model.state.certifiers.values().filter(|c| c.policy.profile == profile.name);
    let mut certifiers: Vec<&String> = usual.map(|c| &c.name).collect();
    if certifiers.is_empty() {
        certifiers = model.state.certifiers.keys().collect();
    }
    let open = model.state.requests.values().filter(|r| r.status.is_open());
    let mut items = Vec::new();
    for request in open.take(50) {
        for certifier in &certifiers {
            let plan = Plan {
                certifier: (*certifier).clone(),
                profile: profile.name.clone(),
                days: profile.days,
                ..Plan::default()
            };
            let label =
                format!("request {}: {}, signed by {certifier}", request.id, request.pkcs10.subject.title());
            items.push(item(label, Action::Review(request.id, plan)));
        }
    }
    let line = if model.state.certifiers.is_empty() {
        "There is no certifier yet, and nothing can be tried without one."
    } else if items.is_empty() {
        "No request is open. A file is tried by: ringmaster profile try NAME --file FILE"
    } else {
        "It shows what would be issued, and what is found; nothing is stored."
    };
    if items.is_empty() {
        items.push(item("Back", Action::Close));
    }
    Action::Menu(title, vec![text(line)], items)
}
