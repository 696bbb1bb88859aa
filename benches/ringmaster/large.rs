//! The workspace of the largest size: a million issued certificates, or as many as asked, and 500 keyrings. Furnishing takes minutes, so that
//! this is run only when named; `--at DIR` keeps the workspace there and uses it again.

use std::cell::RefCell;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use ringmaster::desk::{Desk, Verb};
use ringmaster::model::change::Fact;
use ringmaster::model::key::KeyType;
use ringmaster::model::keyring::{Identity, NewKeyring};
use ringmaster::model::request::Plan;
use ringmaster::model::secret::Secret;
use ringmaster::ops::ring::Act;
use ringmaster::store::ledger::{Ledger, Order};
use ringmaster::store::listing;
use ringmaster::store::search::Search;
use ringmaster::tui::backend::Lean;
use ringmaster::tui::model::{Model, Settings};
use ringmaster::tui::msg::{Done, Effect, Input, JobId, Msg};
use ringmaster::tui::update::update;
use ringmaster::tui::view::view;

use crate::{config, line, pty, rates};

const KEYRINGS: usize = 500;

/// Furnishes, then measures verifying, starting, pressing keys, filtering and the memory of an idle console.
pub(crate) fn large(at: Option<PathBuf>, rows: u64) {
    let temp = tempfile::tempdir().expect("a folder");
    let folder = at.unwrap_or_else(|| temp.path().to_owned());
    let mut desk = Desk::open(&config(&folder), None, false).expect("a desk");
    if desk.state().issued == 0 {
        furnish(&mut desk, &folder, rows);
    }
    let begin = Instant::now();
    let verified = desk.ledger().verify_audit().expect("verified");
    assert_eq!(verified.broken, None);
    let beside = format!("limit 1 s for 1,000,000; {} entries, each certificate hashed", verified.entries);
    line("verify the audit chain", format!("{:.2} s", begin.elapsed().as_secs_f64()), beside);
    desk.refresh(true).expect("read again");
    keys(&desk);
    drop(desk);
    let (median, slowest) = pty::first_frame(&folder);
    line(&format!("start to first full frame, {KEYRINGS} keyrings"), median, slowest);
    let (memory, after) = pty::memory(&folder);
    line("memory, idle", memory, "limit 60 MB".into());
    line("memory, idle, after the list was seen", after, "limit 60 MB".into());
    let mut desk = Desk::open(&config(&folder), None, false).expect("a desk");
    for (certifier, key_type) in [("example-root", KeyType::P256), ("lab", KeyType::Rsa2048)] {
        desk.unlock(certifier, &Secret::new("demo".into())).expect("unlocked");
        rates::measure(&mut desk, certifier, key_type, &folder);
    }
}

fn furnish(desk: &mut Desk, folder: &Path, rows: u64) {
    let begin = Instant::now();
    ringmaster::demo::furnish(desk, rows, &mut |_| {}).expect("furnished");
    line(
        &format!("furnish {rows} issued"),
        format!("{:.0} s", begin.elapsed().as_secs_f64()),
        "limit 300 s".into(),
    );
    let size = std::fs::metadata(folder.join("data/ledger.db")).map_or(0, |m| m.len());
    line(
        "the ledger on disk",
        format!("{:.2} GB", size as f64 / 1e9),
        format!("{} bytes a row", size / rows),
    );
    let demo = || Secret::new("demo".into());
    desk.unlock("example-root", &demo()).expect("unlocked");
    for n in 0..KEYRINGS {
        let name = format!("ring{n:03}");
        let asked = NewKeyring {
            name: name.clone(),
            identity: Identity { hosts: vec![format!("{name}.example.test")], ..Identity::default() },
            key_type: KeyType::P256,
            password: demo(),
            repeat: demo(),
            ..NewKeyring::default()
        };
        let facts = desk.run(Verb::CreateKeyring(asked)).expect("a keyring is made").facts;
        let id = facts.iter().find_map(|f| match f {
            Fact::RequestReceived { request } => Some(request.id),
            _ => None,
        });
        let id = id.expect("a request");
        let plan = Plan {
            certifier: "example-root".into(),
            profile: "server".into(),
            days: 90,
            reason: String::new(),
            ..Plan::default()
        };
        desk.run(Verb::Approve { id, plan }).expect("approved");
        let facts = desk.run(Verb::Issue { ids: vec![id] }).expect("issued").facts;
        let roots = vec![desk.state().certifiers["example-root"].certificate.clone()];
        desk.run(Verb::ring(&name, Act::Trust { roots }).with_password(demo())).expect("trusted");
        for fact in facts {
            let Fact::CertificateIssued { der, .. } = fact else { continue };
            let certificates = vec![ringmaster::pki::certificate::read(&der.0).expect("read")];
            desk.run(Verb::ring(&name, Act::Install { certificates }).with_password(demo()))
                .expect("installed");
        }
    }
}

/// Counts bytes.
#[derive(Clone, Default)]
struct Counter(Rc<RefCell<usize>>);

impl Write for Counter {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        *self.0.borrow_mut() += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The console at 80x24 without a terminal; what it asks of the ledger is answered at once, on this thread.
struct Console<'a> {
    model: Model,
    terminal: Terminal<Lean<Counter>>,
    counter: Counter,
    ledger: &'a dyn Ledger,
    search: Search,
    /// All ids in the order asked last.
    ids: Arc<[u32]>,
    order: Order,
}

impl Console<'_> {
    /// Presses a key and answers until nothing is asked any more; returns the times of the first frame, of narrowing in
    /// the reader, and of everything to the last frame, and the bytes written for it.
    fn press(&mut self, key: &str) -> (Duration, Duration, Duration, usize) {
        self.counter.0.take();
        let begin = Instant::now();
        let mut effects = update(&mut self.model, Msg::Input(Input::Chord(key.parse().expect("a key"))));
        self.draw();
        let first = begin.elapsed();
        let mut narrowing = Duration::ZERO;
        while !effects.is_empty() {
            let mut next = Vec::new();
            for effect in effects {
                let Some((id, done, took)) = self.answer(effect) else { continue };
                narrowing += took;
                next.extend(update(&mut self.model, Msg::Done(id, Ok(done))));
                self.draw();
            }
            effects = next;
        }
        (first, narrowing, begin.elapsed(), self.counter.0.take())
    }

    fn draw(&mut self) {
        self.terminal.draw(|frame| view(&self.model, frame)).expect("drawn");
    }

    fn answer(&mut self, effect: Effect) -> Option<(JobId, Done, Duration)> {
        let begin = Instant::now();
        match effect {
            Effect::Ids(id, wish) => {
                // As the reader has it: all ids are asked once for an order.
                if self.ids.is_empty() || self.order != wish.order() {
                    (self.order, self.ids) =
                        (wish.order(), self.ledger.issued_ids(wish.order()).expect("ids").into());
                }
                let listing = listing::list(self.ledger, &mut self.search, &self.ids, &wish, &mut || {});
                let listing = listing.expect("a list");
                Some((id, Done::Ids(Arc::new(listing)), begin.elapsed()))
            }
            Effect::Rows(id, ids) => {
                Some((id, Done::Rows(self.ledger.issued_rows(&ids).expect("rows")), Duration::ZERO))
            }
            _ => None,
        }
    }
}

/// Key presses in the list of certificates.
fn keys(desk: &Desk) {
    let ledger = desk.reader().expect("a reader");
    let mut search = Search::default();
    let begin = Instant::now();
    search.columns.refresh(&*ledger, &mut || {}).expect("columns");
    let numbers = begin.elapsed();
    let word = ringmaster::model::filter::parse("a word").expect("a filter");
    search.refresh(&*ledger, &word, &mut || {}).expect("texts");
    let loaded = begin.elapsed();
    let counter = Counter::default();
    let viewport = Viewport::Fixed(Rect::new(0, 0, 80, 24));
    let terminal = Terminal::with_options(Lean::new(counter.clone()), TerminalOptions { viewport });
    let terminal = terminal.expect("a terminal");
    let model = Model::new(desk.state(), Settings { now: Desk::now(), ..Settings::default() });
    let mut console = Console {
        model,
        terminal,
        counter,
        ledger: &*ledger,
        search,
        ids: Arc::default(),
        order: Order::Issued,
    };
    let ms = |d: Duration| format!("{:.2} ms", d.as_secs_f64() * 1e3);
    let opened = console.press("2");
    line("open the list of certificates", ms(opened.2), format!("first frame after {}", ms(opened.0)));
    for (what, key, limit, held) in [
        ("one row down", "j", 300, false),
        ("one row down, held", "j", 300, true),
        ("one page down", "<pgdn>", 1500, false),
        ("one page down, held", "<pgdn>", 1500, true),
        ("to the end", "G", 1500, false),
    ] {
        console.model.repeating = held;
        let mut pressed: Vec<_> = (0..50).map(|_| console.press(key)).collect();
        pressed.sort_by_key(|p| p.2);
        let slowest = pressed.last().map_or(Duration::ZERO, |p| p.2);
        let median = ms(pressed[25].2);
        pressed.sort_by_key(|p| p.3);
        let (bytes, most) = (pressed[25].3, pressed[49].3);
        let beside =
            format!("limit 5 ms; slowest {}; {bytes} bytes, at most {most} (limit {limit})", ms(slowest));
        line(&format!("key to frame with rows: {what}"), median, beside);
    }
    console.model.repeating = false;
    console.press("g");
    for (what, typed) in [
        ("words", "berlin app77"),
        ("numbers", "expires<30d key:p-256"),
        ("both", "expires:2027 name:*.lyon.example.test -print"),
        ("duplicates", "dup:yes status:ok"),
    ] {
        console.press("/");
        // What the reader reads when the first key is pressed is measured by itself.
        console.search.refresh(&*ledger, &word, &mut || {}).expect("texts");
        let mut times = Vec::new();
        for c in typed.chars() {
            let key = match c {
                ' ' => "<space>".to_owned(),
                '<' => "<lt>".to_owned(),
                c => c.to_string(),
            };
            times.push(console.press(&key));
        }
        console.press("<esc>");
        times.sort_by_key(|t| t.2);
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        let beside = format!(
            "limit 20 ms; slowest of {} keys {}: {} in the reader, {} to the first frame",
            times.len(),
            ms(worst.2),
            ms(worst.1),
            ms(worst.0)
        );
        line(&format!("filter as you type, {what}"), ms(median.2), beside);
    }
    line("load the numbers", format!("{:.2} s", numbers.as_secs_f64()), "in the reader, once".into());
    line(
        "load the texts for the first filter",
        format!("{:.2} s", loaded.as_secs_f64()),
        "in the reader, once".into(),
    );
}
