//! The thread that reads the ledger: the issued list in its orders and narrowed, when it ends, rows of it, single
//! certificates, CRLs for a probe. Has a connection of its own and never writes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use super::dialog::log;
use super::effect::Post;
use super::issued::Wish;
use super::msg::{Done, JobId};
use super::terminal::caught;
use crate::desk::{Desk, export};
use crate::model::Generation;
use crate::model::State;
use crate::model::audit::{Filter, Form};
use crate::model::bytes::{Der, Digest, Serial};
use crate::model::error::{Error, Kind, Result};
use crate::model::issued::Issued;
use crate::model::task::receipt::Written;
use crate::model::task::{Case, receipt};
use crate::model::time::DAY;
use crate::store::ledger::{Entry, Ledger, Order};
use crate::store::listing;
use crate::store::outside;
use crate::store::search::Search;
use crate::store::system;

/// Runs with the CRLs of certifiers; see [`Ask::Crls`].
pub type WithCrls = Box<dyn FnOnce(Vec<Vec<u8>>) -> Result<Done> + Send>;

/// Runs with what was issued for a key, and the latest certificate for a subject; see [`Ask::ByKey`].
pub type WithIssued = Box<dyn FnOnce(Vec<Issued>, Option<Der>) -> Result<Done> + Send>;

/// What is asked of the ledger.
pub enum Ask {
    /// The list of certificates.
    Ids(JobId, Wish),
    /// When what is listed ends.
    Timeline(JobId, Wish),
    /// Rows by id.
    Rows(JobId, Vec<u32>),
    /// What was issued for a key, and the latest of a certifier for a subject, for work on a thread of its own.
    ByKey(JobId, Digest, (String, String), WithIssued),
    /// One issued certificate.
    Issued(JobId, String, Serial),
    /// One issued certificate by its id.
    IssuedRow(JobId, u32),
    /// The latest CRLs of these certifiers, for work on a thread of its own.
    Crls(JobId, Vec<String>, WithCrls),
    /// The CRLs of a certifier, the newest first.
    Register(JobId, String),
    /// Entries of the audit chain.
    Audit(JobId, log::Wish),
    /// The receipt of a task of this state, in a workspace of this name.
    Receipt(JobId, Arc<State>, String, String),
    /// Whether the audit chain is whole.
    VerifyAudit(JobId, bool),
    /// Entries of the audit chain, to a new file; after it the workspace, where it must not stand.
    ExportAudit(JobId, Filter, Form, [PathBuf; 2]),
}

/// Serves asks until nobody can ask any more.
pub fn serve(ledger: Box<dyn Ledger + Send>, asks: Receiver<Ask>, post: Post) {
    let mut reader = Reader { ledger, asks, post, ids: None, search: Search::default(), waiting: None };
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
    /// What is known for filters and groups, while there are any.
    search: Search,
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
                let listing = caught(|| self.list(&question, listing::list));
                self.post.done(id, listing.map(|listing| Done::Ids(Arc::new(listing))));
            }
            Ask::Timeline(id, question) => {
                let timeline = caught(|| self.list(&question, listing::timeline));
                self.post.done(id, timeline.map(|timeline| Done::Timeline(Box::new(timeline))));
            }
            Ask::Audit(id, wish) => self.audit(id, wish),
            quick => answer_quickly(&*self.ledger, quick, &self.post),
        }
    }

    /// Looks entries of the audit chain up. What is quick is answered in between, and a newer question about the chain ends
    /// this one.
    fn audit(&mut self, id: JobId, wish: log::Wish) {
        let Self { ledger, asks, post, .. } = self;
        let ledger: &dyn Ledger = &**ledger;
        let (mut later, mut replaced_by) = (Vec::new(), None);
        let since = wish.filter.since();
        let found = caught(|| {
            let (mut entries, mut more, mut seen) = (Vec::new(), false, 0_u32);
            ledger.audit_back(wish.before, &mut |line| {
                seen += 1;
                if seen.is_multiple_of(BREATH) {
                    for ask in asks.try_iter() {
                        match ask {
                            Ask::Audit(id, wish) => replaced_by = Some((id, wish)),
                            slow @ (Ask::Ids(..)
                            | Ask::Timeline(..)
                            | Ask::VerifyAudit(..)
                            | Ask::ExportAudit(..)) => {
                                later.push(slow);
                            }
                            quick => answer_quickly(ledger, quick, post),
                        }
                    }
                }
                // Clocks of several machines differ a little; a day is far beyond that.
                let over = since.is_some_and(|since| line.at.0 < since.0 - DAY);
                if over || replaced_by.is_some() {
                    return false;
                }
                if wish.filter.keeps(line) {
                    more = entries.len() == log::PAGE;
                    if more {
                        return false;
                    }
                    entries.push(Entry::of(line));
                }
                true
            })?;
            Ok(log::Found { wish, entries, more, head: ledger.head()? })
        });
        match (found, &replaced_by) {
            (Ok(_), Some(_)) => post.done(id, Err(replaced())),
            (found, _) => post.done(id, found.map(|found| Done::Audit(Box::new(found)))),
        }
        later.into_iter().for_each(|ask| self.answer(ask));
        if let Some((id, wish)) = replaced_by {
            self.audit(id, wish);
        }
    }

    /// Asks for the list or what is made of it, and serves quick asks while much is read for it.
    fn list<T>(&mut self, wish: &Wish, make: Make<T>) -> Result<T> {
        let Self { ledger, asks, post, ids, search, waiting } = self;
        let ledger: &dyn Ledger = &**ledger;
        let (generation, order) = (ledger.generation()?, wish.order());
        let ordered: Arc<[u32]> = match ids {
            Some((g, o, ids)) if *g == generation && *o == order => ids.clone(),
            _ => ledger.issued_ids(order)?.into(),
        };
        *ids = Some((generation, order, ordered.clone()));
        let mut later = Vec::new();
        let made = make(ledger, search, &ordered, wish, &mut || {
            for ask in asks.try_iter() {
                match ask {
                    Ask::Ids(id, question) => {
                        if let Some((older, _)) = waiting.replace((id, question)) {
                            post.done(older, Err(replaced()));
                        }
                    }
                    Ask::Timeline(..) | Ask::Audit(..) | Ask::VerifyAudit(..) | Ask::ExportAudit(..) => {
                        later.push(ask);
                    }
                    quick => answer_quickly(ledger, quick, post),
                }
            }
        });
        if wish.filter.is_empty() && wish.group.is_none() {
            search.forget();
        }
        later.into_iter().for_each(|ask| self.answer(ask));
        made
    }
}

/// What is made of the list.
type Make<T> = fn(&dyn Ledger, &mut Search, &[u32], &Wish, &mut dyn FnMut()) -> Result<T>;

fn answer_quickly(ledger: &dyn Ledger, ask: Ask, post: &Post) {
    match ask {
        Ask::Ids(id, ..) | Ask::Timeline(id, ..) | Ask::Audit(id, ..) => post.done(id, Err(replaced())),
        Ask::Receipt(id, state, name, workspace) => {
            let written = caught(|| {
                let task = state.tasks.get(&name).ok_or_else(|| Error::not_found("task", &name))?;
                let (case, mut told) = (Case { state: &state, task }, Vec::new());
                ledger
                    .audit_onward(task.from.number + 1, &mut |line| receipt::take(&case, line, &mut told))?;
                let written = Written { workspace: &workspace, program: system::program(), at: Desk::now() };
                Ok(Done::Receipt(receipt::write(&case, &told, &ledger.head()?, &written)))
            });
            post.done(id, written);
        }
        Ask::VerifyAudit(id, full) => {
            let verified = caught(|| if full { ledger.verify_audit() } else { ledger.verify_chain() });
            post.done(id, verified.map(|verified| Done::Audited(Box::new(verified))));
        }
        Ask::ExportAudit(id, filter, form, [path, workspace]) => {
            let written = caught(|| {
                export::audit(ledger, &filter, form, 1, &outside::place(&path, &workspace)?)?;
                Ok(Done::Written(path))
            });
            post.done(id, written);
        }
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
        Ask::IssuedRow(id, row) => post.done(
            id,
            caught(|| {
                let gone = || Error::not_found("issued certificate", &row.to_string());
                let found = ledger.issued_rows(&[row])?.pop().ok_or_else(gone)?;
                let found = ledger.issued_by_serial(&found.certifier, &found.serial)?.ok_or_else(gone)?;
                Ok(Done::Issued(Box::new(found)))
            }),
        ),
        Ask::ByKey(id, key, (certifier, subject), work) => {
            match caught(|| Ok((ledger.issued_by_key(&key)?, ledger.issued_latest(&certifier, &subject)?))) {
                Ok((issued, latest)) => post.spawn(id, move || work(issued, latest)),
                Err(error) => post.done(id, Err(error)),
            }
        }
        Ask::Register(id, certifier) => {
            post.done(id, caught(|| ledger.crl_register(&certifier, REGISTER)).map(Done::Register));
        }
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

/// How many CRLs are listed at most.
const REGISTER: usize = 200;

/// After so many entries of the chain the reader looks whether something else is asked.
const BREATH: u32 = 2_000;

fn replaced() -> Error {
    Error::new(Kind::Cancelled, "A newer question has taken the place of this one.")
}
