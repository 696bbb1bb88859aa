//! The loop: waits, takes what came as one batch, updates, carries effects out, draws what changed. One thread owns the
//! model, the terminal's input and the drawing. Holds no rules of the console.

use std::io;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use crossterm::event::{self, Event};

use super::chord::Key;
use super::effect::{Post, Workers};
use super::input::Reader;
use super::model::{Model, Settings};
use super::msg::{Done, Effect, Input, JobId, Msg};
use super::terminal::{self, Screen, Trigger};
use super::update::update;
use super::view::view;
use super::wake::{Wake, Woken};
use crate::config::Config;
use crate::desk::Desk;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::time::Timestamp;

/// The shortest time between two frames.
const FRAME: Duration = Duration::from_millis(16);

/// What follows within this time belongs to the same batch. Zero would never find anything.
const DRAIN: Duration = Duration::from_millis(1);

/// The most events of one batch, so that a paste without end cannot fill the memory with them.
const BATCH: usize = 8192;

/// Keys that follow within this time come from one that is held down, over any line a person works on.
const REPEAT: Duration = Duration::from_millis(120);

/// How often [`Msg::Tick`] comes while something on the screen waits for time.
const TICK: Duration = Duration::from_secs(1);

/// How long the end of begun work is waited for before a word is said about it.
const PATIENCE: Duration = Duration::from_millis(300);

/// Opens the full-screen console and runs it to its end; returns the exit code of the program.
///
/// Errors: `Usage` when there is no terminal to draw on ([`terminal::check`] says so before a workspace is opened),
/// `Disk` when the terminal or the ledger cannot be used.
pub fn run(config: &Config, desk: Desk) -> Result<u8> {
    terminal::check()?;
    let no_terminal =
        |e: io::Error| Error::new(Kind::Disk, "The terminal cannot be watched.").why(e.to_string());
    let wake = Wake::new().map_err(no_terminal)?;
    let (theme, symbols) = terminal::capabilities(config);
    let mut settings = Settings {
        workspace: visible(&desk.folder().to_string_lossy()),
        operator: config.operator.clone(),
        read_only: desk.read_only().map(str::to_owned),
        unlocked: desk.unlocked(),
        soon: config.soon(),
        bands: config.expiry_bands.clone(),
        now: Desk::now(),
        size: (80, 24),
        theme,
        symbols,
        keys: config.keys.clone(),
        keyring_key: config.keyring_key,
        certifier_key: config.certifier_key,
        targets: desk.targets().clone(),
        zone: config.zone.clone(),
    };
    let state = desk.state();
    let (sender, messages) = mpsc::channel();
    let bell = wake.bell();
    let post = Post::new(sender, move || bell.ring());
    let relock = Duration::from_secs(60 * u64::from(config.relock_minutes));
    // The screen is made after the workers, so that it is given back before they are waited for, also in a panic.
    let workers = Workers::start(desk, post.clone(), relock)?;
    let screen = Screen::enter()?;
    settings.size = screen.size();
    let ticked = settings.now;
    let model = Model::new(state, settings);
    Loop {
        screen,
        workers,
        wake,
        model,
        post,
        messages,
        ticked,
        pressed: None,
        trigger: terminal::trigger(),
        end: None,
    }
    .run()
}

/// How the loop ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// A person left, with this exit code; what was asked before is still done.
    Quit(u8),
    /// A signal came; what has begun is finished.
    Signal(u8),
    /// The line is gone: the same, and nothing is written any more.
    HungUp,
}

struct Loop {
    screen: Screen,
    workers: Workers,
    wake: Wake,
    model: Model,
    post: Post,
    messages: Receiver<Msg>,
    ticked: Timestamp,
    /// When the last key came.
    pressed: Option<Instant>,
    trigger: Option<Trigger>,
    end: Option<End>,
}

impl Loop {
    fn run(mut self) -> Result<u8> {
        let mut reader = Reader::default();
        let (mut dirty, mut frame_due, mut tick_due) = (true, Instant::now(), Instant::now() + TICK);
        let mut first = true;
        // Crossterm hears of new sizes only after it was asked for the first time.
        let mut early = self
            .batch(Woken { input: true, hung_up: false })
            .or_else(|e| self.lost(e).map(|_| Vec::new()))?;
        let end = loop {
            let now = Instant::now();
            if dirty && now >= frame_due {
                if let Err(error) = self.screen.draw(|frame| view(&self.model, frame)) {
                    break self.lost(error)?;
                }
                (dirty, frame_due) = (false, Instant::now() + FRAME);
                if std::mem::take(&mut first) {
                    // What the screen needs beyond the state is asked for once it is drawn.
                    self.take(Msg::Tick(self.ticked));
                }
            }
            let waits = self.model.wants_tick();
            let early_due = (!early.is_empty()).then(Instant::now);
            let rest_due = self.model.held.as_ref().and(self.pressed).map(|at| at + REPEAT);
            let until = [
                rest_due,
                early_due,
                dirty.then_some(frame_due),
                waits.then_some(tick_due),
                reader.deadline(),
            ];
            let woken = match self.wake.wait(self.screen.input(), until.into_iter().flatten().min()) {
                Ok(woken) => woken,
                Err(error) => break self.lost(error)?,
            };
            let signal = self.wake.signal();
            // A line that is gone sends CONT behind its HUP.
            let continued = self.wake.continued() && signal.is_none() && !woken.hung_up;
            if continued && let Err(error) = self.screen.resume() {
                break self.lost(error)?;
            }
            dirty |= continued;
            let mut batch = std::mem::take(&mut early);
            match self.batch(woken) {
                Ok(more) => batch.extend(more),
                Err(error) => break self.lost(error)?,
            }
            let now = Instant::now();
            if batch.iter().any(|event| matches!(event, Event::Key(_) | Event::Paste(_))) {
                self.workers.touch();
                self.model.repeating = self.pressed.is_some_and(|at| now < at + REPEAT);
                self.pressed = Some(now);
            }
            let mut messages = reader.feed(batch, now);
            if rest_due.is_some_and(|due| now >= due) && messages.is_empty() {
                messages.push(Msg::Rest);
            }
            messages.extend(self.messages.try_iter());
            if let Some(code) = signal {
                messages.push(Msg::Signal(i32::from(code)));
                let gone = code == 129 && woken.hung_up;
                self.end = Some(if gone { End::HungUp } else { End::Signal(code) });
            } else if woken.hung_up {
                self.end = Some(End::HungUp);
            }
            let present = Desk::now();
            if present != self.ticked && (!messages.is_empty() || waits && now >= tick_due) {
                self.ticked = present;
                tick_due = now + TICK;
                messages.insert(0, Msg::Tick(present));
            } else if now >= tick_due {
                tick_due = now + TICK;
            }
            dirty |= !messages.is_empty();
            for msg in messages {
                self.take(msg);
            }
            if let Some(end) = self.end {
                break end;
            }
        };
        Ok(self.close(end))
    }

    /// Reads what is there: the first event and everything that follows at once.
    fn batch(&self, woken: Woken) -> io::Result<Vec<Event>> {
        let mut batch = Vec::new();
        if woken.input && !woken.hung_up {
            while batch.len() < BATCH && event::poll(DRAIN)? {
                batch.push(event::read()?);
            }
        }
        Ok(batch)
    }

    fn take(&mut self, msg: Msg) {
        if matches!(&msg, Msg::Input(Input::Chord(Key::F(12)))) {
            self.fail_on_purpose();
        }
        self.workers.note(&msg);
        for effect in update(&mut self.model, msg) {
            match self.workers.carry_out(effect) {
                Some(Effect::Copy(id, text)) => {
                    let copied = self.screen.copy(&text).map(|()| Done::Copied);
                    self.post.done(id, copied);
                }
                Some(Effect::Suspend) => {
                    if let Err(error) = self.screen.suspend() {
                        self.post.done(JobId::default(), Err(error));
                    }
                    self.wake.continued();
                }
                // A signal that came before has the last word.
                Some(Effect::Quit(code)) => self.end = Some(self.end.unwrap_or(End::Quit(code))),
                _ => {}
            }
        }
    }

    /// What tests ask for, see [`terminal::trigger`].
    #[expect(clippy::panic, reason = "to test what a panic does")]
    fn fail_on_purpose(&self) {
        match self.trigger {
            None => {}
            Some(Trigger::Ui) => panic!("the screen fails on purpose"),
            Some(Trigger::Worker) => self.post.spawn(JobId::default(), || panic!("a job fails on purpose")),
        }
    }

    /// Decides what a failed read or write of the terminal means: a line that is gone, or an error.
    fn lost(&self, error: io::Error) -> Result<End> {
        let gone = error.raw_os_error().is_some_and(|code| {
            [rustix::io::Errno::IO, rustix::io::Errno::PIPE].iter().any(|e| e.raw_os_error() == code)
        });
        if gone {
            return Ok(End::HungUp);
        }
        Err(Error::new(Kind::Disk, "The terminal cannot be used any more.").why(error.to_string()))
    }

    fn close(mut self, end: End) -> u8 {
        let (code, begun_only) = match end {
            End::Quit(code) => (code, false),
            End::Signal(code) => (code, true),
            End::HungUp => (129, true),
        };
        self.workers.stop(begun_only);
        self.screen.close(end == End::HungUp);
        let patience = Instant::now() + PATIENCE;
        while !self.workers.idle() && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(1));
        }
        if !self.workers.idle() && end != End::HungUp {
            terminal::say("ringmaster finishes what it has begun, then it ends.");
        }
        self.workers.join();
        code
    }
}
