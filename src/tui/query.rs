//! The thread that reads the ledger: the issued list in its orders and narrowed, rows of it, single certificates, CRLs
//! for a probe. Has a connection of its own and never writes.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::effect::Post;
use super::issued::Wish;
use super::msg::{Done, JobId};
use super::search::{Texts, Words};
use super::terminal::caught;
use crate::model::Generation;
use crate::model::bytes::{Digest, Serial};
use crate::model::error::{Error, Kind, Result};
use crate::model::issued::Issued;
use crate::store::ledger::{Ledger, Order};
use crate::store::listing::{self, Listing};

/// Runs with the CRLs of certifiers; see [`Ask::Crls`].
pub type WithCrls = Box<dyn FnOnce(Vec<Vec<u8>>) -> Result<Done> + Send>;

/// Runs with what was issued for a key; see [`Ask::ByKey`].
pub type WithIssued = Box<dyn FnOnce(Vec<Issued>) -> Result<Done> + Send>;

/// What is asked of the ledger.
pub enum Ask {
    /// The list of certificates.
    Ids(JobId, Wish),
    /// Rows by id.
    Rows(JobId, Vec<u32>),
    /// What was issued for a key, for work on a thread of its own.
    ByKey(JobId, Digest, WithIssued),
    /// One issued certificate.
    Issued(JobId, String, Serial),
    /// The latest CRLs of these certifiers, for work on a thread of its own.
    Crls(JobId, Vec<String>, WithCrls),
}

/// While texts are loaded, other asks are served after so many rows.
const BETWEEN: u32 = 2048;

/// Serves asks until nobody can ask any more.
pub fn serve(ledger: Box<dyn Ledger + Send>, asks: Receiver<Ask>, post: Post) {
    let mut reader = Reader { ledger, asks, post, ids: None, texts: None, waiting: None };
    while let Some(ask) = reader.next() {
        reader.answer(ask);
    }
}

struct Reader {
    ledger: Box<dyn Ledger + Send>,
    asks: Receiver<Ask>,
    post: Post,
    /// The whole list as it was asked last: of which commit and in which order.
    ids: Option<(Generation, Order, Arc<[u32]>)>,
    /// The texts, while a filter is in use.
    texts: Option<Texts>,
    /// The newest ask for ids, which waits until all others are served.
    waiting: Option<(JobId, Wish)>,
}

impl Reader {
    fn next(&mut self) -> Option<Ask> {
        loop {
            let ask = match self.asks.try_recv() {
                Ok(ask) => ask,
                Err(_) => match self.waiting.take() {
                    Some((id, question)) => return Some(Ask::Ids(id, question)),
                    None => self.asks.recv().ok()?,
                },
            };
            let Ask::Ids(id, question) = ask else { return Some(ask) };
            if let Some((older, _)) = self.waiting.replace((id, question)) {
                self.post.done(older, Err(replaced()));
            }
        }
    }

    fn answer(&mut self, ask: Ask) {
        match ask {
            Ask::Ids(id, question) => {
                let listing = caught(|| self.list(question));
                self.post.done(id, listing.map(|listing| Done::Ids(Arc::new(listing))));
            }
            quick => answer_quickly(&*self.ledger, quick, &self.post),
        }
    }

    fn list(&mut self, asked: Wish) -> Result<Listing> {
        let mut ids = self.ids(asked.order, &asked.filter)?;
        if let Some((from, to)) = asked.ends {
            let mut ending = self.ledger.issued_ending(from, to)?;
            ending.sort_unstable();
            ids = ids.iter().copied().filter(|id| ending.binary_search(id).is_ok()).collect();
        }
        listing::merge(&*self.ledger, asked.order, &ids, asked.here)
    }

    fn ids(&mut self, order: Order, filter: &str) -> Result<Arc<[u32]>> {
        let generation = self.ledger.generation()?;
        let ordered = match &self.ids {
            Some((g, o, ids)) if *g == generation && *o == order => ids.clone(),
            _ => self.ledger.issued_ids(order)?.into(),
        };
        self.ids = Some((generation, order, ordered.clone()));
        let words = Words::typed(filter);
        if words.is_empty() {
            self.texts = None;
            return Ok(ordered);
        }
        // Rows are only ever added and their texts never change: the same number of rows is the same texts.
        let mut texts = match self.texts.take() {
            Some(texts) if texts.len() == ordered.len() => texts,
            _ => self.load()?,
        };
        let found = texts.narrow(&words, &ordered);
        self.texts = Some(texts);
        Ok(found.into())
    }

    /// Loads the texts, which takes a while for a million rows, and serves quick asks in between.
    fn load(&mut self) -> Result<Texts> {
        let Self { ledger, asks, post, waiting, .. } = self;
        let ledger: &dyn Ledger = &**ledger;
        let mut texts = Texts::default();
        let mut others: VecDeque<Ask> = VecDeque::new();
        let mut count = 0;
        ledger.issued_texts(&mut |id, text| {
            texts.push(id, text);
            count += 1;
            if count % BETWEEN != 0 {
                return;
            }
            others.extend(asks.try_iter());
            for ask in others.drain(..) {
                match ask {
                    Ask::Ids(id, question) => {
                        if let Some((older, _)) = waiting.replace((id, question)) {
                            post.done(older, Err(replaced()));
                        }
                    }
                    quick => answer_quickly(ledger, quick, post),
                }
            }
        })?;
        Ok(texts)
    }
}

fn answer_quickly(ledger: &dyn Ledger, ask: Ask, post: &Post) {
    match ask {
        Ask::Ids(id, ..) => post.done(id, Err(replaced())),
        Ask::Rows(id, ids) => post.done(id, caught(|| ledger.issued_rows(&ids)).map(Done::Rows)),
        Ask::Issued(id, certifier, serial) => post.done(
            id,
            caught(|| {
                let found = ledger.issued_by_serial(&certifier, &serial)?;
                let found =
                    found.ok_or_else(|| Error::not_found("issued certificate", &serial.to_string()))?;
                Ok(Done::Issued(Box::new(found)))
            }),
        ),
        Ask::ByKey(id, key, work) => match caught(|| ledger.issued_by_key(&key)) {
            Ok(issued) => post.spawn(id, move || work(issued)),
            Err(error) => post.done(id, Err(error)),
        },
        Ask::Crls(id, certifiers, work) => {
            let crls = caught(|| {
                let found = certifiers.iter().map(|name| ledger.crl(name)).collect::<Result<Vec<_>>>()?;
                Ok(found.into_iter().flatten().map(|der| der.0).collect())
            });
            match crls {
                Ok(crls) => post.spawn(id, move || work(crls)),
                Err(error) => post.done(id, Err(error)),
            }
        }
    }
}

fn replaced() -> Error {
    Error::new(Kind::Cancelled, "A newer question has taken the place of this one.")
}
