//! Filter expressions in the real program: the command line and the screen list the same, in the same order; CSV is safe
//! to open; the timeline counts.

#![allow(clippy::unwrap_used, clippy::panic, reason = "outside #[test] functions too, a test fails by it")]

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use ringmaster::desk::Desk;
use ringmaster::store::ledger::Ledger;
use ringmaster::tui::chord::Key;
use ringmaster::tui::dialog::Dialog;
use ringmaster::tui::effect::{Post, Workers};
use ringmaster::tui::model::{Model, Settings};
use ringmaster::tui::msg::{Effect, Input, Msg};
use ringmaster::tui::pane::RowKey;
use ringmaster::tui::update::update;

use crate::support::config;

/// The demonstration in a folder of its own.
struct Demo {
    folder: tempfile::TempDir,
}

/// How a run of the program ended: exit code, output, errors.
type Ended = (i32, String, String);

impl Demo {
    fn new() -> Self {
        let demo = Self { folder: tempfile::tempdir().unwrap() };
        let mut desk = Desk::open(&config(demo.path()), None, false).unwrap();
        ringmaster::demo::furnish(&mut desk, ringmaster::demo::ISSUED, &mut |_| {}).unwrap();
        demo
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn workspace(&self) -> PathBuf {
        self.path().join("data")
    }

    fn run(&self, words: &[&str]) -> Ended {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ringmaster"));
        command.current_dir(self.path()).env_clear().env("HOME", self.path());
        let output = command.arg("--workspace").arg(self.workspace()).args(words).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
    }

    /// What the command line lists: fingerprints without their colons.
    fn listed(&self, filter: &str, sort: &str) -> Vec<String> {
        let (code, out, err) =
            self.run(&["certificate", "list", "--json", "--sort", sort, "--filter", filter]);
        assert_eq!(code, 0, "{filter}: {err}");
        let all: serde_json::Value = serde_json::from_str(&out).unwrap();
        let sha256 = |c: &serde_json::Value| c["sha256"].as_str().unwrap().replace(':', "").to_lowercase();
        all.as_array().unwrap().iter().map(sha256).collect()
    }
}

/// The console with its threads, without a terminal.
struct Screen {
    model: Model,
    workers: Workers,
    messages: Receiver<Msg>,
    ledger: Box<dyn Ledger + Send>,
}

impl Screen {
    fn new(demo: &Demo) -> Self {
        let desk = Desk::open(&config(demo.path()), None, false).unwrap();
        let (sender, messages) = mpsc::channel();
        let ledger = desk.reader().unwrap();
        let model = Model::new(desk.state(), Settings { now: Desk::now(), ..Settings::default() });
        let workers = Workers::start(desk, Post::new(sender, || {}), Duration::ZERO).unwrap();
        Self { model, workers, messages, ledger }
    }

    fn press(&mut self, key: Key) {
        let mut effects = update(&mut self.model, Msg::Input(Input::Chord(key)));
        loop {
            for effect in effects.drain(..) {
                assert!(!matches!(effect, Effect::Quit(_)));
                self.workers.carry_out(effect);
            }
            if self.model.jobs.is_empty() {
                return;
            }
            let msg = self.messages.recv_timeout(Duration::from_secs(30)).expect("an answer");
            effects = update(&mut self.model, msg);
        }
    }

    fn filter(&mut self, text: &str) {
        self.press(Key::Char('/'));
        self.press(Key::Ctrl('u'));
        text.chars().for_each(|c| self.press(Key::Char(c)));
        self.press(Key::Enter);
    }

    /// What the screen lists.
    fn listed(&self) -> Vec<String> {
        let digest = |index| match self.model.row(index).unwrap() {
            RowKey::Local(digest) => digest,
            RowKey::Issued(id) => self.ledger.issued_rows(&[id]).unwrap().remove(0).sha256,
            other => panic!("{other:?}"),
        };
        (0..self.model.count()).map(|index| digest(index).to_string().to_lowercase()).collect()
    }
}

#[test]
fn the_command_line_and_the_screen_list_the_same() {
    let demo = Demo::new();
    let mut screen = Screen::new(&demo);
    screen.press(Key::Char('2'));
    for (filter, some) in [
        ("", true),
        ("berlin", true),
        ("expires<90d key:p-256", true),
        ("-expires<90d issuer:lab", true),
        ("used:no name:*.lyon.example.test", true),
        ("used:keyring", true),
        ("ring:www", true),
        ("expired", true),
        ("status:revoked", true),
        ("-status:ok used:yes", true),
        ("dup:yes", false),
        ("sharedkey:no profile:server", true),
        ("issuer:\"organisation root\" issued<30d", true),
        ("key<2048", false),
        ("no such thing", false),
    ] {
        screen.filter(filter);
        let shown = screen.listed();
        assert!(shown == demo.listed(filter, "subject"), "{filter}: the two differ");
        assert_eq!(!shown.is_empty(), some, "{filter}: {}", shown.len());
        assert_eq!(shown.iter().collect::<BTreeSet<_>>().len(), shown.len(), "{filter}: one stands twice");
    }
    screen.filter("");
    for (number, sort) in (1_u8..).zip(ringmaster::store::listing::Sort::NAMES) {
        screen.press(Key::Char('s'));
        screen.press(Key::Char(char::from(b'0' + number)));
        screen.press(Key::Enter);
        assert!(screen.listed() == demo.listed("", sort), "{sort}: the two differ");
    }
    screen.workers.join();
}

#[test]
fn the_screen_writes_the_list_as_the_command_line_does() {
    let demo = Demo::new();
    let mut screen = Screen::new(&demo);
    let written = |screen: &mut Screen, up: usize, name: &str| {
        let file = demo.path().join(name);
        screen.press(Key::Char('x'));
        screen.press(Key::Char('G'));
        (0..up).for_each(|_| screen.press(Key::Char('k')));
        screen.press(Key::Enter);
        screen.press(Key::Ctrl('u'));
        file.to_str().unwrap().chars().for_each(|c| screen.press(Key::Char(c)));
        screen.press(Key::Enter);
        let said = screen.model.status.clone().unwrap().text;
        assert!(said.contains("read back") && said.contains(name), "{said}");
        (std::fs::read_to_string(file).unwrap(), said)
    };
    screen.press(Key::Char('2'));
    screen.filter("berlin");
    let command = |form: &str| {
        let words = ["certificate", "list", form, "--sort", "subject", "--filter", "berlin"];
        demo.run(&words).1
    };
    // The cells but those that tell how many days there are: a second may have passed.
    let cells = |csv: &str| -> Vec<String> {
        let fixed = |line: &str| line.rsplit(',').next().unwrap_or_default().to_owned();
        csv.split("\r\n").map(fixed).collect()
    };
    let (csv, said) = written(&mut screen, 2, "list.csv");
    assert_eq!(csv.lines().next(), command("--csv").lines().next());
    assert_eq!(cells(&csv), cells(&command("--csv")));
    let shown = screen.listed();
    assert!(said.starts_with(&format!("{} rows were written", shown.len())), "{said}");
    let (json, _) = written(&mut screen, 1, "list.json");
    let digests = |json: &str| -> Vec<String> {
        let all: serde_json::Value = serde_json::from_str(json).unwrap();
        all.as_array().unwrap().iter().map(|c| c["sha256"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(digests(&json), digests(&command("--json")));
    assert_eq!(written(&mut screen, 0, "index.txt").0, command("--openssl"));

    // What is there already is not written over, and nothing is put into the workspace.
    screen.press(Key::Char('x'));
    screen.press(Key::Char('G'));
    screen.press(Key::Enter);
    for (path, why) in [("list.csv", "is there already"), ("data/list.csv", "inside of the workspace")] {
        screen.press(Key::Ctrl('u'));
        demo.path().join(path).to_str().unwrap().chars().for_each(|c| screen.press(Key::Char(c)));
        screen.press(Key::Enter);
        let Some(Dialog::Path(line)) = screen.model.dialogs.last() else { panic!("the line has gone") };
        assert!(line.error.as_ref().unwrap().what.contains(why), "{:?}", line.error);
    }
    screen.press(Key::Esc);
    assert_eq!(std::fs::read_to_string(demo.path().join("list.csv")).unwrap(), csv);

    // Marked rows leave alone, in the order of the list, also those that another filter hides.
    screen.press(Key::Char(' '));
    screen.filter("status:revoked");
    screen.press(Key::Char('G'));
    screen.press(Key::Char(' '));
    let last = screen.listed().pop().unwrap();
    let (json, said) = written(&mut screen, 1, "marked.json");
    let mut marked = vec![shown[0].clone(), last];
    let digests: Vec<_> = digests(&json).iter().map(|d| d.replace(':', "").to_lowercase()).collect();
    screen.press(Key::Esc);
    screen.filter("");
    let all = screen.listed();
    marked.sort_by_key(|digest| all.iter().position(|d| d == digest));
    assert_eq!(digests, marked);
    assert!(said.starts_with("2 rows were written"), "{said}");
    screen.workers.join();
}

#[test]
fn csv_has_a_line_for_each_certificate_and_a_limit_is_said() {
    let demo = Demo::new();
    let (code, out, err) = demo.run(&["certificate", "list", "--csv", "--sort", "ends", "--reverse"]);
    assert_eq!(code, 0, "{err}");
    let lines: Vec<_> = out.split("\r\n").collect();
    assert!(lines[0].starts_with("subject,names,issuer,serial,ends,key,verdict,where,request,profile,"));
    let all: serde_json::Value =
        serde_json::from_str(&demo.run(&["certificate", "list", "--json"]).1).unwrap();
    assert_eq!(lines.len(), all.as_array().unwrap().len() + 2, "a heading, and an end");
    let subject = all[0]["subject"].as_str().unwrap();
    assert!(subject.contains(',') && out.contains(&format!("\"{subject}\"")), "{subject} is quoted");
    let (_, out, err) = demo.run(&["certificate", "list", "--csv", "--limit", "5"]);
    assert_eq!(out.lines().count(), 6);
    assert!(err.contains("Only the first 5"), "{err}");
    let (_, table, _) = demo.run(&["certificate", "list", "--filter", "ring:mail", "--limit", "5"]);
    assert!(table.starts_with("SUBJECT") && table.contains("keyring mail"), "{table}");
}

#[test]
fn a_mistake_in_a_filter_is_a_usage_error_that_names_the_term() {
    let demo = Demo::new();
    let (code, _, err) = demo.run(&["certificate", "list", "--filter", "mail foo:bar"]);
    assert_eq!(code, 2, "{err}");
    assert!(err.contains("\"foo:bar\"") && err.contains("sharedkey"), "{err}");
    let (code, out, _) = demo.run(&["certificate", "list", "--filter", "-mail -expired", "--csv"]);
    assert_eq!(code, 0, "a filter may begin with a minus");
    assert!(!out.contains("mail.example.test"));
}

#[test]
fn the_timeline_counts_by_week_and_by_month() {
    let demo = Demo::new();
    let read = |words: &[&str]| -> serde_json::Value {
        let (code, out, err) = demo.run(words);
        assert_eq!(code, 0, "{err}");
        serde_json::from_str(&out).unwrap()
    };
    let weeks = read(&["certificate", "timeline", "--json"]);
    let months = read(&["certificate", "timeline", "--months", "--json"]);
    let sum = |v: &serde_json::Value| {
        let bars = v["bars"].as_array().unwrap();
        bars.iter().map(|b| b["ends"].as_u64().unwrap()).sum::<u64>() + v["later"].as_u64().unwrap()
    };
    assert_eq!((weeks["bars"].as_array().unwrap().len(), months["bars"].as_array().unwrap().len()), (26, 24));
    assert_eq!(sum(&weeks), sum(&months));
    assert_eq!(sum(&weeks), u64::try_from(demo.listed("-expired -status:revoked", "subject").len()).unwrap());
    assert_eq!(weeks["ended-in-use"], 1, "ldap has ended: {weeks}");
    let (_, table, _) = demo.run(&["certificate", "timeline", "--filter", "ring:www"]);
    assert!(table.starts_with("WHEN"), "{table}");
}

#[test]
fn the_page_of_filters_names_every_field() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/filters.md");
    let page = std::fs::read_to_string(page).unwrap();
    let fields = ringmaster::model::filter::complete("", 0, &ringmaster::model::filter::Known::default());
    assert!(fields.len() > 15);
    for field in fields {
        assert!(page.contains(&format!("`{field}")), "{field} is not on the page");
    }
}
