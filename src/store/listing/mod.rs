//! One list of every certificate: the issued list, and among it those that stand in the workspace, each once; sorted,
//! narrowed and grouped as it is wished. Reads the ledger; must not know who shows the list.

mod chosen;
mod here;
mod marks;
mod merge;
mod timeline;

use std::collections::BTreeMap;

pub use chosen::Chosen;
pub use here::{Here, certifier, names, place};
pub use merge::{merge, sort};
pub use timeline::{Bar, Timeline, timeline};

use super::ledger::{Ledger, Order};
use super::search::Search;
use crate::model::State;
use crate::model::bytes::Digest;
use crate::model::error::Result;
use crate::model::filter::{Date, Filter, Moment, Test};
use crate::model::issued::Issued;
use crate::model::time::Timestamp;

/// An order of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// By subject.
    #[default]
    Subject,
    /// By alternative names.
    Names,
    /// By issuer, and then by serial number.
    Issuer,
    /// By the end.
    Ends,
    /// By the time of signing.
    Issued,
    /// By kind of key.
    Key,
    /// By what wants a look first, and then by the end.
    Verdict,
    /// By the place where they stand; what stands nowhere comes last, by subject.
    Where,
}

impl Sort {
    /// Every order, as choice lists have them.
    pub const ALL: [Self; 8] = [
        Self::Subject,
        Self::Names,
        Self::Issuer,
        Self::Ends,
        Self::Issued,
        Self::Key,
        Self::Verdict,
        Self::Where,
    ];
    /// The names, in the order of [`Self::ALL`].
    pub const NAMES: [&'static str; 8] =
        ["subject", "names", "issuer", "ends", "issued", "key", "verdict", "where"];

    /// Returns the name: the heading of the column where there is one.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().zip(Self::NAMES).find(|(sort, _)| **sort == self).map_or("subject", |(_, name)| name)
    }

    /// Reads a name; `serial` is the order that has the serial numbers in it.
    pub fn from_name(name: &str) -> Option<Self> {
        if name == "serial" {
            return Some(Self::Issuer);
        }
        Self::ALL.into_iter().zip(Self::NAMES).find(|(_, n)| *n == name).map(|(sort, _)| sort)
    }

    /// Returns the order of the ledger that this one is made of.
    pub fn order(self, at: Moment) -> Order {
        match self {
            Self::Subject | Self::Where => Order::Subject,
            Self::Names => Order::Names,
            Self::Issuer => Order::Serial,
            Self::Ends => Order::Ends,
            Self::Issued => Order::Issued,
            Self::Key => Order::Key,
            Self::Verdict => Order::Verdict(at),
        }
    }
}

/// By what rows that belong together are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grouping {
    /// By issuer.
    Issuer,
    /// By the month of the end.
    Month,
}

impl Grouping {
    /// Returns the order that puts the rows of a group together.
    pub fn sort(self) -> Sort {
        match self {
            Self::Issuer => Sort::Issuer,
            Self::Month => Sort::Ends,
        }
    }
}

/// Rows that belong together and stand together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The issuer, or the month as `2027-03`.
    pub label: String,
    /// How many rows.
    pub count: usize,
}

/// Which list is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Wish {
    /// The order; a grouping has its own.
    pub sort: Sort,
    /// Whether the order is turned around.
    pub reverse: bool,
    /// What narrows the list.
    pub filter: Filter,
    /// The moment that the filter and the verdicts are of.
    pub at: Moment,
    /// Narrows the issued list to what is not revoked and ends from the first moment to the last.
    pub ends: Option<(Timestamp, Timestamp)>,
    /// By what the rows are grouped.
    pub group: Option<Grouping>,
    /// What else issuers are called, in lower case, by the name of the certifier.
    pub issuers: BTreeMap<String, String>,
    /// The certificates of the workspace; those that are to be listed may be narrowed by other means already.
    pub here: Vec<Here>,
}

impl Wish {
    /// Returns the order of the list.
    pub fn sort(&self) -> Sort {
        self.group.map_or(self.sort, Grouping::sort)
    }

    /// Returns the same list without heads of groups.
    pub fn flat(&self) -> Self {
        Self { sort: self.sort(), group: None, ..self.clone() }
    }

    /// Returns the order in which the ledger is asked.
    pub fn order(&self) -> Order {
        self.sort().order(self.at)
    }
}

/// The list: ids of the issued list, and where the others stand among them.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Listing {
    /// The ids in their order, without those of certificates that stand in the workspace.
    pub ids: Vec<u32>,
    /// The place of each listed certificate of the workspace in the whole list, ascending.
    pub places: Vec<(usize, Digest)>,
    /// The rows of the issued list of those that stand in the workspace, listed or not.
    pub issued: Vec<Issued>,
    /// Certificates of the workspace that were to be listed and do not fit the filter.
    pub out: Vec<Digest>,
    /// The groups in the order of the list, where they are wished.
    pub groups: Vec<Group>,
}

impl Listing {
    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.ids.len() + self.places.len()
    }

    /// Tells whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.places.is_empty()
    }

    fn reverse(&mut self) {
        let last = self.len().saturating_sub(1);
        self.ids.reverse();
        self.places.reverse();
        self.places.iter_mut().for_each(|(at, _)| *at = last.saturating_sub(*at));
        self.groups.reverse();
    }
}

/// Returns what else the certifiers of the workspace are called.
pub fn issuers(state: &State) -> BTreeMap<String, String> {
    let text = |c: &crate::model::certifier::Certifier| c.certificate.subject.text().to_lowercase();
    state.certifiers.values().map(|c| (c.name.clone(), text(c))).collect()
}

/// Makes the list. `ordered` are all ids of the issued list in the order of the wish; `search` keeps what it has read
/// for the next time; `between` is called now and then while much is read.
pub fn list(
    ledger: &dyn Ledger,
    search: &mut Search,
    ordered: &[u32],
    wish: &Wish,
    between: &mut dyn FnMut(),
) -> Result<Listing> {
    let generation = ledger.generation()?;
    let mut known = Vec::with_capacity(wish.here.len());
    for one in &wish.here {
        known.push(search.row_of(ledger, generation, &one.sha256)?);
    }
    let mut here: Vec<(&Here, Option<Issued>, bool)> =
        wish.here.iter().zip(known).map(|(one, row)| (one, row, one.listed)).collect();
    let mut out = Vec::new();
    let narrowed: Option<Vec<u32>> = if wish.filter.is_empty() {
        None
    } else {
        search.refresh(ledger, &wish.filter, between)?;
        marks::mark(ledger, search, wish, &here)?;
        let beside = std::mem::take(&mut search.beside);
        let found = search.narrow(&wish.filter, wish.at, &beside, ordered);
        for (one, row, listed) in here.iter_mut().filter(|(_, _, listed)| *listed) {
            *listed = marks::fits(search, &beside, wish, one, row.as_ref());
            if !*listed {
                out.push(one.sha256);
            }
        }
        search.beside = beside;
        Some(found)
    };
    // While a filter is typed its terms are words for a moment, until their fields are complete: the texts stay.
    if wish.filter.is_empty() {
        search.forget_texts();
    }
    let mut ids: &[u32] = narrowed.as_deref().unwrap_or(ordered);
    let ending: Vec<u32>;
    if let Some((from, to)) = wish.ends {
        let mut within = ledger.issued_ending(from, to)?;
        within.sort_unstable();
        ending = ids.iter().copied().filter(|id| within.binary_search(id).is_ok()).collect();
        ids = &ending;
    }
    let mut listing = merge(ledger, wish.sort(), wish.at, ids, here)?;
    listing.out = out;
    if let Some(grouping) = wish.group {
        search.refresh_columns(ledger, between)?;
        listing.groups = groups(search, &listing, wish, grouping);
    }
    if wish.reverse {
        listing.reverse();
    }
    Ok(listing)
}

/// Counts the rows of each group.
fn groups(search: &Search, listing: &Listing, wish: &Wish, grouping: Grouping) -> Vec<Group> {
    let here: BTreeMap<Digest, &Here> = wish.here.iter().map(|one| (one.sha256, one)).collect();
    let mut groups: Vec<Group> = Vec::new();
    // The ends of the month counted last: most rows are of the same month as the one before.
    let mut month: Option<(Timestamp, Timestamp)> = None;
    let mut kind: Option<u32> = None;
    let mut add = |label: &dyn Fn() -> String, same: bool| match groups.last_mut() {
        Some(last) if same => last.count += 1,
        _ => match (label(), groups.last_mut()) {
            (label, Some(last)) if last.label == label => last.count += 1,
            (label, _) => groups.push(Group { label, count: 1 }),
        },
    };
    let columns = &search.columns;
    let mut take = |row: Option<usize>, one: Option<&Here>| match grouping {
        Grouping::Issuer => {
            let of = row.and_then(|row| columns.kind.get(row).copied());
            let label = || match (row.and_then(|row| columns.kind(row)), one) {
                (Some(kind), _) => kind.certifier.clone(),
                (None, Some(one)) => one.certifier.clone(),
                (None, None) => String::new(),
            };
            add(&label, of.is_some() && of == kind);
            kind = of;
        }
        Grouping::Month => {
            let ends = row.map_or_else(
                || one.map_or_else(Timestamp::default, |o| o.not_after),
                |row| columns.not_after.get(row),
            );
            let same = month.is_some_and(|(from, to)| from <= ends && ends <= to);
            let date = if same { None } else { Some(Date { day: 0, ..Date::of(ends) }) };
            add(&|| date.map_or_else(String::new, |d| d.to_string()), same);
            month = date.map_or(month, |d| Some((d.first(), d.last())));
        }
    };
    let mut places = listing.places.iter().peekable();
    let mut ids = listing.ids.iter();
    for index in 0..listing.len() {
        match places.next_if(|(at, _)| *at == index) {
            Some((_, digest)) => take(None, here.get(digest).copied()),
            None => take(ids.next().and_then(|id| columns.row(*id)), None),
        }
    }
    groups
}

/// Tells whether a filter asks for something that only the ledger knows of certificates of the workspace.
pub fn asks_ledger(filter: &Filter) -> bool {
    filter.terms.iter().any(|t| matches!(t.test, Test::Duplicate | Test::SharedKey))
}
