//! What a key press costs on the line to the terminal, at 80x24: nothing when nothing changes, little when a row does.

use std::cell::RefCell;
use std::io::{self, Write};
use std::rc::Rc;
use std::sync::Arc;

use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use ringmaster::model::State;
use ringmaster::model::site::Site;
use ringmaster::store::listing::Listing;
use ringmaster::tui::backend::Lean;
use ringmaster::tui::model::{Model, Settings};
use ringmaster::tui::msg::{Done, Effect, Input, Msg};
use ringmaster::tui::theme::{Symbols, Theme};
use ringmaster::tui::update::update;
use ringmaster::tui::view::view;

/// Counts bytes and writes.
#[derive(Clone, Default)]
struct Counter(Rc<RefCell<(usize, usize)>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut count = self.0.borrow_mut();
        *count = (count.0 + bytes.len(), count.1 + 1);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Line {
    model: Model,
    terminal: Terminal<Lean<Counter>>,
    counter: Counter,
}

impl Line {
    /// The pane of sites, with two hundred of them.
    fn new(theme: Theme, symbols: Symbols) -> Self {
        let mut state = State::default();
        for n in 0..200 {
            let hosts = vec![format!("www{n}.example.test")];
            let site = Site { name: format!("site{n:03}"), hosts, ..Site::default() };
            state.sites.insert(site.name.clone(), site);
        }
        let model = Model::new(Arc::new(state), Settings { theme, symbols, ..Settings::default() });
        let counter = Counter::default();
        let viewport = Viewport::Fixed(Rect::new(0, 0, 80, 24));
        let terminal =
            Terminal::with_options(Lean::new(counter.clone()), TerminalOptions { viewport }).unwrap();
        let mut line = Self { model, terminal, counter };
        line.press("3");
        line
    }

    /// The pane of certificates, with a thousand issued ones.
    fn of_certificates(theme: Theme, symbols: Symbols) -> Self {
        let mut line = Self::new(theme, symbols);
        line.model.state = Arc::new(State { issued: 1_000, ..State::default() });
        line.press("2");
        line
    }

    /// Presses a key, draws, and returns what was written for it until nothing is asked any more: bytes, writes.
    fn press(&mut self, key: &str) -> (usize, usize) {
        let mut effects = update(&mut self.model, Msg::Input(Input::Chord(key.parse().unwrap())));
        let mut written = self.draw();
        while !effects.is_empty() {
            let answers = effects.into_iter().filter_map(|effect| match effect {
                Effect::Ids(id, _) => {
                    let listing = Listing { ids: (1..=1_000).collect(), ..Listing::default() };
                    Some((id, Done::Ids(Arc::new(listing))))
                }
                Effect::Rows(id, ids) => Some((id, Done::Rows(crate::script::fixture::issued(&ids)))),
                _ => None,
            });
            let answers: Vec<_> = answers.collect();
            effects = Vec::new();
            for (id, done) in answers {
                effects.extend(update(&mut self.model, Msg::Done(id, Ok(done))));
                let (bytes, writes) = self.draw();
                written = (written.0 + bytes, written.1 + writes);
            }
        }
        written
    }

    /// Lets no key come for a while.
    fn rest(&mut self) -> (usize, usize) {
        update(&mut self.model, Msg::Rest);
        self.draw()
    }

    fn draw(&mut self) -> (usize, usize) {
        self.counter.0.take();
        self.terminal.draw(|frame| view(&self.model, frame)).unwrap();
        self.counter.0.take()
    }
}

#[test]
fn a_key_costs_few_bytes_and_one_write() {
    for (theme, symbols) in [(Theme::Ansi, Symbols::UNICODE), (Theme::Mono, Symbols::ASCII)] {
        let mut line = Line::new(theme, symbols);
        assert_eq!(line.draw(), (0, 0), "nothing has changed");
        let (mut rows, mut pages) = (Vec::new(), Vec::new());
        for _ in 0..5 {
            rows.push(line.press("j"));
        }
        for _ in 0..5 {
            pages.push(line.press("<pgdn>"));
        }
        println!("{theme:?}: rows {rows:?}, pages {pages:?}");
        assert!(rows.iter().all(|(bytes, writes)| *bytes <= 300 && *writes == 1), "{theme:?}: {rows:?}");
        assert!(pages.iter().all(|(bytes, writes)| *bytes <= 1_500 && *writes == 1), "{theme:?}: {pages:?}");
        line.press("G");
        line.press("G");
        assert_eq!(line.draw(), (0, 0), "the last row stays the last row");
    }
}

/// The detail of a certificate has more to say than its row: while a key is held down it waits.
#[test]
fn a_key_that_is_held_down_costs_rows_and_no_details() {
    for (theme, symbols) in [(Theme::Ansi, Symbols::UNICODE), (Theme::Mono, Symbols::ASCII)] {
        let mut line = Line::of_certificates(theme, symbols);
        assert_eq!(line.draw(), (0, 0), "nothing has changed");
        line.press("j");
        line.model.repeating = true;
        let rows: Vec<_> = (0..5).map(|_| line.press("j")).collect();
        let pages: Vec<_> = (0..20).map(|_| line.press("<pgdn>")).collect();
        println!("{theme:?}: rows {rows:?}, pages {pages:?}");
        assert!(rows.iter().all(|(bytes, writes)| *bytes <= 300 && *writes == 1), "{theme:?}: {rows:?}");
        assert!(pages.iter().all(|(bytes, writes)| *bytes <= 1_500 && *writes == 1), "{theme:?}: {pages:?}");
        let (detail, writes) = line.rest();
        assert!(detail > 0 && writes == 1, "the detail is drawn once for all the rows passed");
        assert_eq!(line.rest(), (0, 0), "and then nothing is written any more");
    }
}
