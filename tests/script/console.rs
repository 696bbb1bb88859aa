//! Drives the model of the console as a person would: keys in, screen out. Effects are collected, and answered by hand.

use std::sync::Arc;

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Modifier, Style};
use ringmaster::desk::{Outcome, Verb};
use ringmaster::model::State;
use ringmaster::model::error::Error;
use ringmaster::model::finding::Finding;
use ringmaster::tui::chord::Key;
use ringmaster::tui::model::{Model, Settings};
use ringmaster::tui::msg::{Done, Effect, Input, JobId, Msg};
use ringmaster::tui::theme::{Symbols, Theme};
use ringmaster::tui::update::update;
use ringmaster::tui::view::view;

/// A console without a terminal and without a workspace.
pub(crate) struct Console {
    pub(crate) model: Model,
    /// What was asked for, but for the checks: those are asked for after every change.
    pub(crate) effects: Vec<Effect>,
    /// The job of the checks that were asked for last.
    pub(crate) checks: Option<JobId>,
}

impl Console {
    /// A console on an empty workspace, 80x24, Unicode.
    pub(crate) fn empty() -> Self {
        Self::of(super::fixture::empty())
    }

    /// A console on the fixture.
    pub(crate) fn fixture() -> Self {
        Self::of(super::fixture::full())
    }

    pub(crate) fn of(state: State) -> Self {
        let (workspace, operator) = ("/srv/ring".into(), "ann".into());
        Self::with(state, Settings { workspace, operator, now: super::fixture::now(), ..Settings::default() })
    }

    pub(crate) fn with(state: State, settings: Settings) -> Self {
        Self { model: Model::new(Arc::new(state), settings), effects: Vec::new(), checks: None }
    }

    pub(crate) fn sized(mut self, columns: u16, rows: u16) -> Self {
        self.send(Msg::Resize(columns, rows));
        self
    }

    /// The same in ASCII without colour.
    pub(crate) fn mono(mut self) -> Self {
        self.model.settings.theme = Theme::Mono;
        self.model.settings.symbols = Symbols::ASCII;
        self
    }

    pub(crate) fn send(&mut self, msg: Msg) -> &mut Self {
        for effect in update(&mut self.model, msg) {
            match effect {
                Effect::Examine(id, ..) => self.checks = Some(id),
                effect => self.effects.push(effect),
            }
        }
        self
    }

    /// Presses keys, written as in settings, with spaces between them.
    pub(crate) fn press(&mut self, keys: &str) -> &mut Self {
        for key in keys.split(' ') {
            let key: Key = key.parse().unwrap();
            self.send(Msg::Input(Input::Chord(key)));
        }
        self
    }

    /// Types a text key by key.
    pub(crate) fn type_text(&mut self, text: &str) -> &mut Self {
        for c in text.chars() {
            self.send(Msg::Input(Input::Chord(Key::Char(c))));
        }
        self
    }

    pub(crate) fn paste(&mut self, text: &str) -> &mut Self {
        self.send(Msg::Input(Input::Paste(text.to_owned().into(), false)))
    }

    /// Answers the last effect that has a job.
    pub(crate) fn answer(&mut self, answer: Result<Done, Error>) -> &mut Self {
        let id = self.effects.iter().rev().find_map(job).expect("a job to answer");
        self.send(Msg::Done(id, answer))
    }

    /// Answers the checks with what they find in the model's own state.
    pub(crate) fn examined(&mut self) -> &mut Self {
        let bands = &self.model.settings.bands;
        let found = ringmaster::doctor::examine(&self.model.state, self.model.now, bands);
        self.found(found)
    }

    /// Answers the checks with these findings.
    pub(crate) fn found(&mut self, found: Vec<Finding>) -> &mut Self {
        if self.checks.is_none() {
            self.send(Msg::Tick(self.model.now));
        }
        let id = self.checks.take().expect("the checks to answer");
        self.send(Msg::Done(id, Ok(Done::Findings(found.into()))))
    }

    /// Answers the last effect as a verb that was committed.
    pub(crate) fn commit(&mut self, state: State, message: &str) -> &mut Self {
        let outcome = Outcome { state: Arc::new(state), facts: Vec::new(), message: message.into() };
        self.answer(Ok(Done::Outcome(outcome)))
    }

    /// Returns the verb that was asked for last.
    pub(crate) fn verb(&self) -> Option<&Verb> {
        self.effects.iter().rev().find_map(|e| match e {
            Effect::Run(_, verb) => Some(verb),
            _ => None,
        })
    }

    /// Returns the text of the screen, blanks at line ends cut.
    pub(crate) fn screen(&self) -> String {
        let terminal = self.draw();
        let buffer = terminal.backend().buffer();
        let mut out = String::new();
        for y in 0..buffer.area.height {
            let line: String = (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect();
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// Returns text, cursor and styles: what a snapshot holds.
    pub(crate) fn snapshot(&self) -> String {
        let mut terminal = self.draw();
        let at = terminal.get_cursor_position().unwrap();
        let mut out = self.screen();
        out.push_str(&format!("\ncursor {},{}\n", at.x, at.y));
        let buffer = terminal.backend().buffer();
        for y in 0..buffer.area.height {
            let mut x = 0;
            while x < buffer.area.width {
                let style = words(buffer[(x, y)].style());
                let start = x;
                while x < buffer.area.width && words(buffer[(x, y)].style()) == style {
                    x += 1;
                }
                if !style.is_empty() {
                    out.push_str(&format!("{y}: {start}-{} {style}\n", x - 1));
                }
            }
        }
        out
    }

    fn draw(&self) -> Terminal<TestBackend> {
        let (columns, rows) = self.model.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| view(&self.model, frame)).unwrap();
        terminal
    }
}

/// Returns the job of an effect.
pub(crate) fn job(effect: &Effect) -> Option<JobId> {
    match effect {
        Effect::Run(id, _)
        | Effect::Unlock(id, ..)
        | Effect::Rehearse(id, ..)
        | Effect::Deal(id, ..)
        | Effect::Protect(id, ..)
        | Effect::Lock(id, _)
        | Effect::Refresh(id)
        | Effect::History(id, _)
        | Effect::Gone(id)
        | Effect::Versions(id, ..)
        | Effect::GoneDocuments(id, _)
        | Effect::SystemRoots(id)
        | Effect::Read(id, ..)
        | Effect::CompletePath(id, _)
        | Effect::Preview(id, ..)
        | Effect::Previews(id, _)
        | Effect::PreviewCrl(id, ..)
        | Effect::Worklist(id, _)
        | Effect::Push(id, _)
        | Effect::Fetch(id, _)
        | Effect::Prove(id, ..)
        | Effect::Register(id, _)
        | Effect::PickUp(id, _)
        | Effect::Ids(id, ..)
        | Effect::Timeline(id, _)
        | Effect::Examine(id, ..)
        | Effect::Review(id, ..)
        | Effect::Rows(id, _)
        | Effect::Issued(id, ..)
        | Effect::IssuedRow(id, _)
        | Effect::Crl(id, _)
        | Effect::Probe(id, ..)
        | Effect::Scan(id, ..)
        | Effect::Visit(id, ..)
        | Effect::Keep(id, _)
        | Effect::Verify(id, _)
        | Effect::Serve(id, ..)
        | Effect::ServiceLog(id)
        | Effect::StopService(id)
        | Effect::WriteFile(id, ..)
        | Effect::Export(id, ..)
        | Effect::Receipt(id, ..)
        | Effect::Phrase(id)
        | Effect::Deliver(id, ..)
        | Effect::Audit(id, _)
        | Effect::VerifyAudit(id, _)
        | Effect::ExportAudit(id, ..)
        | Effect::ExportList(id, ..)
        | Effect::Copy(id, _) => Some(*id),
        Effect::ReadLog(id, _) | Effect::ReadDirectory(id, ..) => Some(*id),
        Effect::Stop(_) | Effect::Suspend | Effect::Witness(_) | Effect::Quit(_) => None,
    }
}

fn words(style: Style) -> String {
    let mut words = Vec::new();
    if let Some(color) = style.fg.filter(|c| *c != ratatui::style::Color::Reset) {
        words.push(format!("{color:?}").to_lowercase());
    }
    let all = [
        (Modifier::BOLD, "bold"),
        (Modifier::DIM, "dim"),
        (Modifier::UNDERLINED, "underlined"),
        (Modifier::REVERSED, "reversed"),
    ];
    words.extend(all.iter().filter(|(m, _)| style.add_modifier.contains(*m)).map(|(_, w)| (*w).to_owned()));
    words.join(" ")
}
