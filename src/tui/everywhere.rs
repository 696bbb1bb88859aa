//! The commands that work in every pane.

use super::command::{Command, Level, Scope};
use super::dialog::menu::{Action, Menu, item};
use super::dialog::palette::Palette;
use super::dialog::viewer::{Text, Viewer};
use super::dialog::{Dialog, help};
use super::filter::FilterLine;
use super::job::{IssuedFor, Job};
use super::model::{Focus, Model, Mood};
use super::msg::Effect;
use super::pane::{PaneId, RowKey};
use super::theme::Role;

pub(super) const COMMANDS: &[Command] = &[
    Command {
        name: "record.open",
        title: "open",
        keys: &["<ret>"],
        doc: "Shows everything there is to say of the selected record; Tab goes on to a certificate's ASN.1 and PEM.",
        cli: None,
        weight: 60,
        ready: selected,
        run: open,
        ..READ
    },
    Command {
        name: "record.mark",
        title: "mark",
        keys: &["<space>"],
        doc: "Marks the selected record, for a command that takes several.",
        weight: 20,
        ready: selected,
        run: |model| {
            if let Some(key) = model.selected().filter(|key| !matches!(key, RowKey::Group(_))) {
                let pane = model.here_mut();
                if !pane.marked.remove(&key) {
                    pane.marked.insert(key);
                }
                model.move_to(model.here().cursor.saturating_add(1));
            }
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "record.mark-all",
        title: "mark all",
        keys: &["*"],
        doc: "Marks every record that the list shows, at most 10000, or takes all marks away when there are some.",
        weight: 18,
        ready: selected,
        run: |model| {
            if !model.here().marked.is_empty() {
                model.here_mut().marked.clear();
                model.say(Mood::Plain, "Nothing is marked any more.");
                return Vec::new();
            }
            let count = model.count();
            let all = (0..count.min(MARKED)).filter_map(|index| model.row(index));
            let all = all.filter(|key| !matches!(key, RowKey::Group(_))).collect();
            model.here_mut().marked = all;
            let text = match count {
                1 => "One record is marked.".into(),
                _ if count > MARKED => {
                    format!("Only the first {MARKED} of {count} are marked; narrow the list.")
                }
                _ => format!("All {count} are marked; Esc takes the marks away."),
            };
            model.say(if count > MARKED { Mood::Warn } else { Mood::Plain }, text);
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "record.copy",
        title: "copy",
        keys: &["c"],
        doc: "Copies a part of the selected record, or writes it to a file.",
        weight: 25,
        ready: selected,
        run: |model| {
            if let Some(key) = model.selected() {
                let copies = (model.pane().copies)(model, &key);
                model.dialogs.push(Dialog::Menu(Menu::copies(copies)));
            }
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "record.used",
        title: "used by",
        keys: &["u"],
        doc: "Shows where the selected record is used, and goes there; Backspace comes back.",
        weight: 24,
        ready: selected,
        run: |model| {
            if let Some(key) = model.selected() {
                let used = (model.pane().used)(model, &key);
                if used.is_empty() {
                    model.say(Mood::Plain, "Nothing here uses it.");
                    return Vec::new();
                }
                let way =
                    |used: super::pane::Used| item(used.text, used.to.map_or(Action::Close, Action::Go));
                let items = used.into_iter().map(way).collect();
                model.dialogs.push(Dialog::Menu(Menu::new("Used by", Vec::new(), items)));
            }
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "console.back",
        title: "jump back",
        keys: &["<bs>"],
        doc: "Goes back to the record from which one has jumped to this one.",
        ready: |model| {
            if model.jumps.is_empty() { Err("there was no jump before".into()) } else { Ok(()) }
        },
        weight: 23,
        run: |model| {
            model.jump_back();
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "list.filter",
        title: "filter",
        keys: &["/"],
        doc: "Narrows the list to rows that hold every word typed and none with a minus before it; also by fields such as keyring:mail, and certificates by expires<30d, key:rsa, used:no.",
        weight: 50,
        run: |model| {
            model.focus = Focus::Filter(FilterLine::new(&model.here().filter));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "list.findings",
        title: "findings only",
        keys: &["!"],
        doc: "Narrows the list to records with something wrong, and shows what the checks say of them; of certificates it \
              shows what ends soon or has ended less than 90 days ago and is not revoked, what is in use though it \
              has ended or is revoked, and the certificate of a keyring with a finding; of findings it hides the notes.",
        cli: Some("doctor"),
        weight: 30,
        run: |model| {
            let on = !model.here().findings;
            model.here_mut().findings = on;
            model.list();
            let text =
                if on { "Only what has something wrong; ! shows all again." } else { "All rows again." };
            model.say(Mood::Plain, text);
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "detail.focus",
        title: "detail",
        keys: &["<tab>"],
        doc: "Moves between the list and the detail, to scroll it.",
        weight: 22,
        run: |model| {
            model.focus = if model.focus == Focus::Detail { Focus::List } else { Focus::Detail };
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "chain.verify",
        title: "verify a file or paste",
        doc: "Explains the chain in a file or a paste, leaf to root, with the verdict that TLS gives.",
        cli: Some("verify"),
        run: super::dialog::verify::ask,
        ..READ
    },
    Command {
        name: "explain.text",
        title: "explain an error",
        keys: &["#"],
        doc: "Explains an error text or a status number that is typed or pasted, with the causes that are found here.",
        cli: Some("explain"),
        weight: 0,
        run: |model| super::dialog::explain::open(model, ""),
        ..READ
    },
    Command {
        name: "explain.log",
        title: "read a log",
        doc: "Reads a server's log of any size: failed handshakes by peer and keyring, counted and explained.",
        cli: Some("explain"),
        weight: 0,
        run: super::dialog::explain::ask_log,
        ..READ
    },
    Command {
        name: "audit.list",
        title: "audit",
        keys: &["@"],
        doc: "Shows who did what when, the newest first, and the head of the audit chain.",
        cli: Some("audit list"),
        weight: 9,
        run: |model| super::dialog::log::open(model, ""),
        ..READ
    },
    Command {
        name: "audit.of-record",
        title: "audit of this",
        doc: "Shows what the audit chain tells of the selected record.",
        cli: Some("audit list"),
        weight: 0,
        ready: selected,
        run: |model| {
            let object = match model.selected() {
                Some(RowKey::Name(name)) => {
                    let noun = model.pane().title.trim_end_matches('s').to_lowercase();
                    format!("object:\"{noun} {name}\"")
                }
                Some(RowKey::Request(id)) => format!("object:\"request {id}\""),
                Some(RowKey::Issued(id)) => match model.issued.rows.get(&id) {
                    Some(row) => format!("object:{}", row.serial),
                    None => return Vec::new(),
                },
                Some(RowKey::Local(digest)) => match model.certificate(&digest) {
                    Some(certificate) => format!("object:{}", certificate.serial),
                    None => return Vec::new(),
                },
                _ => String::new(),
            };
            super::dialog::log::open(model, &object)
        },
        ..READ
    },
    Command {
        name: "audit.reconcile",
        title: "go on with an older ledger",
        level: Level::Write,
        doc: "Goes on with a ledger that is older than one seen before; CRL numbers jump ahead, and the reason is kept.",
        cli: Some("audit reconcile"),
        ready: |model| match &model.state.setback {
            Some(_) => Ok(()),
            None => Err("the audit chain passes through what is remembered".into()),
        },
        run: super::dialog::log::reconcile,
        ..READ
    },
    Command {
        name: "task.choose",
        title: "tasks",
        keys: &[";"],
        doc: "Goes back to the guided task that was left for a list, else shows those that are begun, to go on or to begin another.",
        cli: Some("task list"),
        weight: 9,
        run: super::dialog::tasks::choose,
        ..READ
    },
    Command {
        name: "console.palette",
        title: "commands",
        keys: &[":"],
        doc: "Finds a command by words and runs it.",
        weight: 45,
        run: |model| {
            model.dialogs.push(Dialog::Palette(Palette::default()));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "console.help",
        title: "help",
        keys: &["?", "<f1>"],
        doc: "Shows every key of this pane and of the console.",
        weight: 99,
        run: |model| {
            let help = help::help(model);
            model.dialogs.push(Dialog::Viewer(help));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "console.messages",
        title: "messages",
        keys: &["m"],
        doc: "Shows what the status line has said so far.",
        weight: 10,
        run: |model| {
            let line = |s: &super::model::Status| Text {
                label: s.at.text(),
                text: s.text.clone(),
                role: s.mood.role(),
            };
            let lines = model.messages.iter().rev().map(line).collect();
            model.dialogs.push(Dialog::Viewer(Viewer::new("Messages", lines)));
            Vec::new()
        },
        ..READ
    },
    Command {
        name: "console.refresh",
        title: "refresh",
        keys: &["C-r", "<f5>"],
        doc: "Reads the workspace again.",
        weight: 8,
        run: |model| vec![model.start(Job::Refresh, Effect::Refresh).1],
        ..READ
    },
    Command {
        name: "console.suspend",
        title: "suspend",
        keys: &["C-z"],
        doc: "Stops the console and gives the terminal back to the shell until it is continued.",
        weight: 0,
        // Nobody looks after a console in the background: it stops when its keys are forgotten, not before.
        run: |model| match model.unlocked.is_empty() {
            true => vec![Effect::Suspend],
            false => vec![model.start(Job::Suspend, |id| Effect::Lock(id, None)).1],
        },
        ..READ
    },
    Command {
        name: "console.quit",
        title: "quit",
        keys: &["q", "C-c"],
        doc: "Leaves the console, and asks first when something would be lost.",
        weight: 98,
        run: quit,
        ..READ
    },
    Command {
        name: "pane.keyrings",
        title: "keyrings",
        keys: &["1"],
        doc: "Goes to the keyrings.",
        run: |m| go(m, PaneId::Keyrings),
        ..READ
    },
    Command {
        name: "pane.certificates",
        title: "certificates",
        keys: &["2"],
        doc: "Goes to every certificate the console knows.",
        run: |m| go(m, PaneId::Certificates),
        ..READ
    },
    Command {
        name: "pane.sites",
        title: "sites",
        keys: &["3"],
        doc: "Goes to the site documents.",
        run: |m| go(m, PaneId::Sites),
        ..READ
    },
    Command {
        name: "pane.requests",
        title: "requests",
        keys: &["4"],
        doc: "Goes to the queue of requests.",
        run: |m| go(m, PaneId::Requests),
        ..READ
    },
    Command {
        name: "pane.certifiers",
        title: "certifiers",
        keys: &["5"],
        doc: "Goes to the certifiers.",
        run: |m| go(m, PaneId::Certifiers),
        ..READ
    },
    Command {
        name: "pane.findings",
        title: "findings",
        keys: &["6"],
        doc: "Goes to what the checks have found in the workspace.",
        cli: Some("doctor"),
        run: |m| go(m, PaneId::Findings),
        ..READ
    },
    Command {
        name: "pane.people",
        title: "people",
        keys: &["7"],
        doc: "Goes to people and their client certificates.",
        cli: Some("person list"),
        run: |m| go(m, PaneId::People),
        ..READ
    },
    Command {
        name: "pane.servers",
        title: "servers",
        keys: &["8"],
        doc: "Goes to the Server documents.",
        cli: Some("server list"),
        run: |m| go(m, PaneId::Servers),
        ..READ
    },
];

/// A command that works everywhere and changes nothing, for the rest of an entry.
pub(super) const READ: Command = Command::of(Scope::Everywhere, Level::Read, |_| Ok(()));

/// How many records are marked at once; each is worked through by itself.
const MARKED: usize = 10_000;

/// Needs a selected row.
pub(super) fn selected(model: &Model) -> Result<(), String> {
    model.selected().map(|_| ()).ok_or_else(|| "no row is selected".into())
}

fn go(model: &mut Model, pane: PaneId) -> Vec<Effect> {
    model.pane = pane;
    model.focus = Focus::List;
    model.move_to(model.here().cursor);
    Vec::new()
}

fn open(model: &mut Model) -> Vec<Effect> {
    match model.selected() {
        Some(RowKey::Request(id)) => super::dialog::review::open(model, id),
        Some(RowKey::Issued(id)) => {
            let Some(row) = model.issued.rows.get(&id) else { return Vec::new() };
            let (certifier, serial) = (row.certifier.clone(), row.serial.clone());
            let job = Job::Issued(IssuedFor::Show);
            vec![model.start(job, |job| Effect::Issued(job, certifier, serial)).1]
        }
        Some(RowKey::Group(label)) => {
            if !model.issued.shut.remove(&label) {
                model.issued.shut.insert(label.clone());
            }
            model.select(&RowKey::Group(label));
            Vec::new()
        }
        Some(RowKey::Local(digest)) => {
            let Some(certificate) = model.certificate(&digest) else { return Vec::new() };
            let before = super::pane::certificates::beside(model, &digest);
            let viewer = Viewer::of_certificate(model, certificate, before);
            model.dialogs.push(Dialog::Viewer(viewer));
            Vec::new()
        }
        Some(key) => {
            let entries = (model.pane().detail)(model, &key);
            let title = model.pane().title.trim_end_matches('s').to_owned();
            model.dialogs.push(Dialog::Viewer(Viewer::of_entries(title, entries)));
            Vec::new()
        }
        None => Vec::new(),
    }
}

const LEAVE: &str = "Leave the console?";

/// Leaves at once when nothing would be lost, else says what would be.
fn quit(model: &mut Model) -> Vec<Effect> {
    if model.dialogs.last().is_some_and(|d| matches!(d, Dialog::Menu(m) if m.title == LEAVE)) {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let mut say = |text: String, role| lines.push(Text::line(text, role));
    for lost in model.dialogs.iter().filter_map(Dialog::unsaved) {
        say(lost, Role::Warn);
    }
    if model.jobs.values().any(|(job, _)| matches!(job, Job::Verb(_))) {
        say("A change is being written; it will be finished first.".into(), Role::Warn);
    }
    if !model.unlocked.is_empty() {
        say(format!("Unlocked: {}. Leaving locks them.", model.unlocked.join(", ")), Role::Text);
    }
    if let Some(run) = &model.service {
        say(format!("The rehearsal of {} on {} ends.", run.sites.join(", "), run.address), Role::Text);
    }
    if lines.is_empty() {
        return vec![Effect::Quit(0)];
    }
    let items = vec![item("Stay", Action::Close), item("Leave", Action::Quit)];
    model.dialogs.push(Dialog::Menu(Menu::new(LEAVE, lines, items)));
    Vec::new()
}
