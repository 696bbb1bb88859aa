//! The first day of a new administrator on a real workspace: from nothing to a certificate in service, by keys alone.

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use ringmaster::config::Config;
use ringmaster::desk::Desk;
use ringmaster::model::certifier::NewCertifier;
use ringmaster::model::field::Record;
use ringmaster::tui::effect::{Post, Workers};
use ringmaster::tui::job::Job;
use ringmaster::tui::model::Settings;
use ringmaster::tui::msg::Msg;

use super::console::Console;

/// A console on a workspace, with the threads that do its work.
pub(super) struct Live {
    console: Console,
    workers: Workers,
    messages: Receiver<Msg>,
}

impl Live {
    pub(super) fn new(folder: &std::path::Path) -> Self {
        let desk = desk(folder);
        let (workspace, operator) = ("ring".into(), "ada".into());
        let settings = Settings { workspace, operator, now: Desk::now(), ..Settings::default() };
        let console = Console::with((*desk.state()).clone(), settings);
        let (sender, messages) = mpsc::channel();
        let workers = Workers::start(desk, Post::new(sender, || {}), Duration::ZERO).unwrap();
        Self { console, workers, messages }
    }

    /// Presses keys, and lets what they started come to its end.
    pub(super) fn press(&mut self, keys: &str) -> &mut Self {
        self.console.press(keys);
        self.settle()
    }

    pub(super) fn text(&mut self, text: &str) -> &mut Self {
        self.console.type_text(text);
        self
    }

    pub(super) fn resize(&mut self, columns: u16, rows: u16) -> &mut Self {
        self.console.send(Msg::Resize(columns, rows));
        self.settle()
    }

    fn settle(&mut self) -> &mut Self {
        let patience = Instant::now() + Duration::from_secs(60);
        loop {
            for effect in std::mem::take(&mut self.console.effects) {
                self.workers.carry_out(effect);
            }
            if self.console.model.jobs.values().all(|(job, _)| *job == Job::Examine) {
                return self;
            }
            let left = patience.saturating_duration_since(Instant::now());
            let msg =
                self.messages.recv_timeout(left).unwrap_or_else(|_| panic!("{}", self.console.screen()));
            self.workers.note(&msg);
            self.console.send(msg);
        }
    }

    /// Returns what stands on the screen.
    pub(super) fn screen(&self) -> String {
        self.console.screen()
    }

    /// Tells whether a text stands on the screen.
    pub(super) fn shows(&self, text: &str) -> bool {
        self.console.screen().contains(text)
    }

    /// Waits for something that comes without having been asked for.
    pub(super) fn wait(&mut self) {
        let msg = self.messages.recv_timeout(Duration::from_secs(60));
        let msg = msg.unwrap_or_else(|_| panic!("{}", self.console.screen()));
        self.workers.note(&msg);
        self.console.send(msg);
    }

    #[track_caller]
    pub(super) fn sees(&mut self, text: &str) -> &mut Self {
        let screen = self.console.screen();
        assert!(screen.contains(text), "no \"{text}\" in\n{screen}");
        self
    }
}

/// Opens the workspace of a live console beside it.
pub(super) fn desk(folder: &std::path::Path) -> Desk {
    let text = "(operator: \"ada\", argon2_mib: 8, argon2_passes: 1, keyring_rounds: 10000, home: \"home\")";
    let config = Config::parse(text, Some(&folder.join("config.ron"))).unwrap();
    Desk::open(&config, Some(&folder.join("ring")), false).unwrap()
}

/// The keys that lead from one field of a new certifier to another.
fn tabs(from: &str, to: &str) -> String {
    let place = |name: &str| NewCertifier::FIELDS.iter().position(|f| f.name == name).unwrap();
    vec!["<tab>"; place(to) - place(from)].join(" ")
}

#[test]
fn from_an_empty_workspace_to_a_certificate_in_service() {
    let folder = tempfile::tempdir().unwrap();
    let mut live = Live::new(folder.path());
    live.sees("No certifiers yet");
    live.press("n").text("root").press("<ret>").text("Example Root CA").press("<tab>").text("Example");
    // Past the roles to the relaxation that lets one person do both.
    live.press(&tabs("organization", "own-approval")).press("y").press(&tabs("own-approval", "password"));
    live.text("ca-pass").press("<tab>").text("ca-pass").press("<ret>");
    live.sees("unlocked: root").sees("Example Root CA");
    live.press("1 n")
        .text("mail")
        .press("<tab>")
        .text("mail.example.test")
        .press("<tab> <tab> <tab> <tab> <tab> <tab> <tab> <tab>");
    live.text("ring-pass").press("<tab>").text("ring-pass").press("C-s");
    live.sees("request pending");
    // The order matters: a certificate without its root is refused, and the error leads on.
    live.press("4 <ret>").sees("will be issued").press("a C-s").sees("approved");
    live.press("5 o").sees("locked").press("4 s").sees("Password of certifier root");
    live.text("wrong").press("<ret>").sees("Password of certifier root").sees("password");
    live.text("ca-pass").press("<ret>").sees("issued");
    live.press("1 i").sees("issued for request 1").press("<ret>").sees("trusts this root");
    // The plan stays on the screen and goes through once the root is trusted.
    live.press("t").sees("Enter installs").press("<ret>").sees("ok");
    live.press("3 n").text("mail-web").press("<tab> <tab> <tab> <tab>").text("mail.example.test");
    live.press("<tab> <tab> <tab> m C-s").sees("is named in it").sees("ok");
    live.press("2")
        .sees("keyring mail")
        .sees("1 of 2")
        .press("G")
        .press("u")
        .sees("answers request 1")
        .press("<esc>");
    live.press("R");
    let serial = live.screen();
    let word = serial.split("Type \"").nth(1).and_then(|t| t.split('"').next()).unwrap().to_owned();
    live.text(&word).press("<ret>").press("C-s").sees("Sign the CRL of root now");
    live.press("<ret>").sees("signed CRL 2 with 1 entry");
    live.press("5");
    let path = folder.path().join("root.pem");
    live.press("x <ret> C-u").text(path.to_str().unwrap()).press("<ret>").sees("Written");
    assert!(std::fs::read_to_string(path).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    live.press("1 !").console.press("<esc>");
    live.workers.stop(true);
    live.workers.join();
}
