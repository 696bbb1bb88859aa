//! Finds the rows of the issued list that fit a filter, quickly enough to follow a person who types: numbers are
//! compared in columns, words are looked for in all text at once, and what fitted before is looked at alone when a
//! filter only becomes narrower. Must answer as [`Filter::fits`] does for each row; a test holds the two equal.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;

use memchr::memmem::Finder;

use super::columns::{BLOCK, Columns, Kind, PART, Texts, Times};
use super::ledger::Ledger;
use crate::model::Generation;
use crate::model::bytes::Digest;
use crate::model::error::Result;
use crate::model::filter::{Clock, Filter, Moment, Part, Status, Term, Test, name_fits};
use crate::model::issued::{Issued, Reason};
use crate::model::time::Timestamp;
use crate::model::verdict::Verdict;

/// Below this many rows one thread is faster than several.
const MANY: usize = 50_000;

/// The most threads that search at once.
const THREADS: usize = 4;

/// Rows that may fit are looked at one by one when they are at most this part of all; else all text is searched at once,
/// which reads more and steps less.
const FEW: usize = 8;

/// What is known of the issued list for searching.
#[derive(Debug, Default)]
pub struct Search {
    /// The numbers of each row.
    pub columns: Columns,
    /// The texts, while words are looked for.
    pub texts: Option<Texts>,
    /// What the last filter needed to know beside the rows.
    pub beside: Beside,
    last: Option<Last>,
    /// After which commit the columns were read, and the texts.
    read: [Option<Generation>; 2],
    /// The rows of certificates that stand in the workspace, and after which commit they were read.
    known: (Option<Generation>, HashMap<Digest, Option<Issued>>),
}

/// What was found last.
#[derive(Debug)]
struct Last {
    filter: Filter,
    at: Moment,
    marks: u64,
    of: (usize, u64),
    rows: Vec<u32>,
}

/// What a filter needs to know beside the rows themselves.
#[derive(Debug, Clone, Default)]
pub struct Beside {
    /// What else an issuer is called, in lower case, by the name of the certifier.
    pub issuers: BTreeMap<String, String>,
    /// Duplicates by row, where a filter asks for them.
    pub duplicates: Vec<bool>,
    /// Rows whose key is used elsewhere, where a filter asks for them.
    pub shared: Vec<bool>,
    /// How many valid certificates have the same names, by a hash of the names, where there are several.
    pub names: HashMap<u64, u32>,
    /// Certificates of the workspace whose key is used elsewhere.
    pub own_shared: BTreeSet<Digest>,
    /// Another number when the lists above are others.
    pub marks: u64,
}

impl Beside {
    /// Returns what the issuer of a row is searched by.
    pub fn issuer(&self, certifier: &str) -> String {
        let own = certifier.to_lowercase();
        match self.issuers.get(certifier) {
            Some(more) => format!("{own} {more}"),
            None => own,
        }
    }
}

/// Tells whether a filter looks at texts of rows.
fn needs_texts(filter: &Filter) -> bool {
    filter.terms.iter().any(|t| {
        matches!(
            t.test,
            Test::Text(_) | Test::Name(_) | Test::Duplicate | Test::Part(Part::Subject | Part::Serial, _)
        )
    })
}

impl Search {
    /// Reads what has come since, as far as the filter needs it; `between` is called now and then.
    pub fn refresh(&mut self, ledger: &dyn Ledger, filter: &Filter, between: &mut dyn FnMut()) -> Result<()> {
        self.refresh_columns(ledger, between)?;
        let generation = ledger.generation()?;
        if needs_texts(filter) && (self.texts.is_none() || self.read[1] != Some(generation)) {
            self.texts.get_or_insert_default().refresh(ledger, between)?;
            self.read[1] = Some(generation);
        }
        Ok(())
    }

    /// Reads the columns of what has come since; `between` is called now and then.
    pub fn refresh_columns(&mut self, ledger: &dyn Ledger, between: &mut dyn FnMut()) -> Result<()> {
        let generation = ledger.generation()?;
        if self.read[0] != Some(generation) {
            self.columns.refresh(ledger, between)?;
            self.read[0] = Some(generation);
        }
        Ok(())
    }

    /// Finds the row of a certificate of the workspace; it is read once after each commit.
    pub fn row_of(&mut self, ledger: &dyn Ledger, at: Generation, sha256: &Digest) -> Result<Option<Issued>> {
        if self.known.0 != Some(at) {
            self.known = (Some(at), HashMap::new());
        }
        if let Some(row) = self.known.1.get(sha256) {
            return Ok(row.clone());
        }
        let row = ledger.issued_by_sha256(sha256)?.map(|(row, _)| row);
        self.known.1.insert(*sha256, row.clone());
        Ok(row)
    }

    /// Forgets the texts, which take most of the memory.
    pub fn forget_texts(&mut self) {
        self.texts = None;
    }

    /// Forgets all but the rows of certificates of the workspace.
    pub fn forget(&mut self) {
        *self = Self { known: std::mem::take(&mut self.known), ..Self::default() };
    }

    /// Lists the ids of `ordered` that fit, in that order.
    pub fn narrow(&mut self, filter: &Filter, at: Moment, beside: &Beside, ordered: &[u32]) -> Vec<u32> {
        let of = (self.columns.len(), self.columns.marks);
        let plan = Plan::of(filter, at, self, beside);
        let rows = match self.last.as_ref() {
            Some(last)
                if last.of == of
                    && (last.at, last.marks) == (at, beside.marks)
                    && last.rows.len() <= of.0 / FEW
                    && filter.narrows(&last.filter) =>
            {
                in_parts(&last.rows, last.rows.len(), |part| {
                    part.iter().copied().filter(|row| plan.fits(self, *row as usize)).collect()
                })
            }
            _ if plan.nothing => Vec::new(),
            _ => in_parts(&blocks(of.0), of.0, |part| {
                let mut found = Vec::new();
                part.iter().for_each(|block| plan.search(self, block.clone(), &mut found));
                found
            }),
        };
        let every = rows.len() == of.0 && ordered.len() == of.0;
        let highest = self.columns.ids.last().copied().unwrap_or(0);
        let mut fits = vec![false; if every { 0 } else { highest as usize + 1 }];
        for row in rows.iter().filter(|_| !every) {
            let id = self.columns.ids.get(*row as usize);
            if let Some(fit) = id.and_then(|id| fits.get_mut(*id as usize)) {
                *fit = true;
            }
        }
        drop(plan);
        self.last = Some(Last { filter: filter.clone(), at, marks: beside.marks, of, rows });
        if every {
            return ordered.to_vec();
        }
        ordered.iter().copied().filter(|id| fits.get(*id as usize).is_some_and(|fit| *fit)).collect()
    }
}

/// Cuts so many rows into blocks.
pub(super) fn blocks(rows: usize) -> Vec<Range<usize>> {
    (0..rows).step_by(BLOCK).map(|at| at..(at + BLOCK).min(rows)).collect()
}

/// Runs `search` over parts of `all`, which stand for so many rows, on several threads, and puts what they find one behind the other.
pub(super) fn in_parts<T: Sync, R: Send>(
    all: &[T],
    rows: usize,
    search: impl Fn(&[T]) -> Vec<R> + Sync,
) -> Vec<R> {
    let threads = if rows < MANY { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
    let size = all.len().div_ceil(threads.min(THREADS)).max(1);
    let search = &search;
    std::thread::scope(|scope| {
        let mut parts = all.chunks(size);
        let first = parts.next().unwrap_or_default();
        let begun: Vec<_> = parts
            .map(|part| (part, std::thread::Builder::new().spawn_scoped(scope, move || search(part)).ok()))
            .collect();
        let mut found = search(first);
        for (part, thread) in begun {
            // Where no thread could be had, the part is searched here.
            found.extend(thread.and_then(|t| t.join().ok()).unwrap_or_else(|| search(part)));
        }
        found
    })
}

/// A filter made ready for the rows.
struct Plan<'a> {
    /// Whether no row can fit.
    nothing: bool,
    numbers: Vec<(bool, Number<'a>)>,
    /// The best word to look for first stands first.
    words: Vec<Word>,
}

/// A test of columns.
enum Number<'a> {
    Range(&'a Times, (Timestamp, Timestamp)),
    /// By place in the list of kinds.
    Kinds(Vec<bool>),
    Status(Status, Moment),
    Reason(Reason),
    Request(u32),
    Marks(&'a [bool]),
}

/// A test of text.
struct Word {
    not: bool,
    finder: Option<Finder<'static>>,
    place: Place,
}

/// Where a word is looked for.
enum Place {
    Anywhere,
    /// In one part of the text, by number.
    In(usize),
    /// Among the names, by this pattern.
    Names(String),
}

impl<'a> Plan<'a> {
    fn of(filter: &Filter, at: Moment, search: &'a Search, beside: &'a Beside) -> Self {
        let mut plan = Self { nothing: false, numbers: Vec::new(), words: Vec::new() };
        for Term { not, test } in &filter.terms {
            let kinds =
                |fits: &dyn Fn(&Kind) -> bool| Number::Kinds(search.columns.kinds.iter().map(fits).collect());
            let finder = |text: &str| Some(Finder::new(text.as_bytes()).into_owned());
            let word = |place, finder| Word { not: *not, finder, place };
            let number = match test {
                Test::Text(text) => {
                    plan.words.push(word(Place::Anywhere, finder(text)));
                    continue;
                }
                Test::Part(Part::Serial, text) => {
                    plan.words.push(word(Place::In(1), finder(text)));
                    continue;
                }
                Test::Part(Part::Subject, text) => {
                    plan.words.push(word(Place::In(2), finder(text)));
                    continue;
                }
                Test::Name(pattern) => {
                    let needle = needle(pattern);
                    let finder = (!needle.is_empty()).then(|| finder(needle)).flatten();
                    plan.words.push(word(Place::Names(pattern.clone()), finder));
                    continue;
                }
                Test::Part(Part::Issuer, text) => {
                    kinds(&|k| beside.issuer(&k.certifier).contains(text.as_str()))
                }
                Test::Part(Part::Profile, text) => {
                    kinds(&|k| k.profile.to_lowercase().contains(text.as_str()))
                }
                Test::Part(Part::By, text) => kinds(&|k| k.by.to_lowercase().contains(text.as_str())),
                Test::Part(Part::Approver, text) => {
                    kinds(&|k| k.approver.to_lowercase().contains(text.as_str()))
                }
                Test::Key(_) | Test::KeyBelow(_) | Test::KeyAbove(_) => kinds(&|k| test.fits_key(&k.key)),
                Test::Time(Clock::Ends, span) => {
                    Number::Range(&search.columns.not_after, span.range(Clock::Ends, at.now))
                }
                Test::Time(Clock::Issued, span) => {
                    Number::Range(&search.columns.at, span.range(Clock::Issued, at.now))
                }
                Test::Status(status) => Number::Status(*status, at),
                Test::Reason(reason) => Number::Reason(*reason),
                Test::Request(id) => Number::Request(u32::try_from(*id).unwrap_or(u32::MAX)),
                Test::Superseded => Number::Marks(&search.columns.superseded),
                Test::Duplicate => Number::Marks(&beside.duplicates),
                Test::SharedKey => Number::Marks(&beside.shared),
                // What stands in the workspace is not among these rows.
                Test::Used(_) | Test::Ring(_) => {
                    plan.nothing |= !not;
                    continue;
                }
            };
            plan.numbers.push((*not, number));
        }
        // The longest is the rarest: it is looked for first.
        plan.words.sort_by_key(|w| {
            let length = w.finder.as_ref().filter(|_| !w.not).map_or(0, |f| f.needle().len());
            std::cmp::Reverse(length)
        });
        plan
    }

    /// Adds the rows of a block that fit.
    fn search(&self, all: &Search, rows: Range<usize>, found: &mut Vec<u32>) {
        let size = rows.len();
        let first = self.words.first().filter(|w| !w.not && w.finder.is_some());
        if let (true, Some(first)) = (self.numbers.is_empty(), first) {
            return self.scan(all, first, rows, found);
        }
        let candidates: Vec<usize> = rows.clone().filter(|row| self.numbers_fit(all, *row)).collect();
        match first {
            Some(first) if candidates.len() > size / FEW => self.scan(all, first, rows, found),
            _ => {
                let fit = candidates.into_iter().filter(|row| self.words_fit(all, *row));
                found.extend(fit.filter_map(|row| u32::try_from(row).ok()));
            }
        }
    }

    /// Looks for a word in the whole text of a block.
    fn scan(&self, all: &Search, word: &Word, rows: Range<usize>, found: &mut Vec<u32>) {
        let block = all.texts.as_ref().and_then(|texts| texts.block(rows.start));
        let (Some((block, _)), Some(finder)) = (block, &word.finder) else { return };
        let (mut row, mut from) = (0, 0);
        while let Some(hit) = block.text().get(from..).and_then(|rest| finder.find(rest)) {
            row = block.row_of(row, from + hit);
            let whole = rows.start + row;
            if whole >= rows.end {
                break;
            }
            let text = block.row(row);
            // The hit says of the word itself all there is to say, where it may stand anywhere.
            let told = |w: &Word| std::ptr::eq(w, word) && matches!(w.place, Place::Anywhere);
            if self.words.iter().all(|w| told(w) || w.fits(text)) && self.numbers_fit(all, whole) {
                found.extend(u32::try_from(whole));
            }
            let Some(end) = block.end(row) else { break };
            from = end;
            row += 1;
        }
    }

    fn fits(&self, all: &Search, row: usize) -> bool {
        !self.nothing && self.numbers_fit(all, row) && self.words_fit(all, row)
    }

    fn numbers_fit(&self, all: &Search, row: usize) -> bool {
        self.numbers.iter().all(|(not, number)| number.fits(&all.columns, row) != *not)
    }

    fn words_fit(&self, all: &Search, row: usize) -> bool {
        if self.words.is_empty() {
            return true;
        }
        let text = all.texts.as_ref().map_or(&[][..], |texts| texts.row(row));
        self.words.iter().all(|word| word.fits(text))
    }
}

impl Number<'_> {
    fn fits(&self, columns: &Columns, row: usize) -> bool {
        match self {
            Self::Range(times, (from, to)) => {
                let time = times.get(row);
                *from <= time && time <= *to
            }
            Self::Kinds(fits) => {
                columns.kind.get(row).and_then(|kind| fits.get(*kind as usize)).is_some_and(|fits| *fits)
            }
            Self::Status(status, at) => {
                let revoked = columns.revoked.get(row).copied().flatten();
                let times = (columns.not_before.get(row), columns.not_after.get(row));
                status.is(Verdict::of(revoked, times, at.now, at.soon))
            }
            Self::Reason(reason) => columns.revoked.get(row) == Some(&Some(*reason)),
            Self::Request(id) => columns.request.get(row) == Some(id),
            Self::Marks(marks) => marks.get(row).is_some_and(|mark| *mark),
        }
    }
}

impl Word {
    fn fits(&self, text: &[u8]) -> bool {
        let found = |text: &[u8]| self.finder.as_ref().is_none_or(|finder| finder.find(text).is_some());
        let fits = match &self.place {
            Place::Anywhere => found(text),
            Place::In(part) => found(part_of(text, *part)),
            Place::Names(pattern) => {
                let names = part_of(text, 3);
                found(names) && std::str::from_utf8(names).is_ok_and(|names| name_fits(pattern, names))
            }
        };
        fits != self.not
    }
}

/// Returns a part of the text of a row: certifier, serial, subject, names.
pub fn part_of(text: &[u8], part: usize) -> &[u8] {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    text.split(|b| *b == PART as u8).nth(part).unwrap_or_default()
}

/// Returns what has to stand in the names of every row that fits a pattern.
fn needle(pattern: &str) -> &str {
    if pattern.contains('*') {
        return pattern.split('*').max_by_key(|piece| piece.len()).unwrap_or_default();
    }
    // A wildcard that covers the host has all of it but the first label.
    pattern.split_once('.').map_or(pattern, |(_, tail)| tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::filter::parse;
    use crate::store::columns::Row;

    fn many(count: u32) -> Search {
        let mut search = Search::default();
        let mut texts = Texts::default();
        for id in 1..=count {
            let kind = ["ca", if id % 3 == 0 { "RSA 2048" } else { "P-256" }, "server", "ada", ""];
            let time = |days: u32| Timestamp(i64::from(days) * 86_400);
            search.columns.push(Row {
                id,
                kind,
                not_before: time(0),
                not_after: time(id % 1_000),
                at: time(0),
                request: None,
            });
            texts.push(id, &format!("ca\u{1f}{id:08x}\u{1f}cn=name{id}\u{1f}dns:name{id}"));
        }
        search.texts = Some(texts);
        search
    }

    #[test]
    fn many_rows_are_searched_in_parts_with_the_same_result() {
        let count = u32::try_from(MANY).unwrap() * 2 + 7;
        let mut search = many(count);
        let ids: Vec<u32> = (1..=count).rev().collect();
        let at = Moment { now: Timestamp(86_400 * 500), soon: 30 };
        let beside = Beside::default();
        type Fits = fn(u32) -> bool;
        let all: [(&str, Fits); 8] = [
            ("name9", |id| id.to_string().starts_with('9')),
            ("name99", |id| id.to_string().starts_with("99")),
            ("name99 key:rsa", |id| id.to_string().starts_with("99") && id % 3 == 0),
            ("key:rsa", |id| id % 3 == 0),
            ("key:rsa expired", |id| id % 3 == 0 && id % 1_000 < 500),
            ("expired subject:name1", |id| id % 1_000 < 500 && id.to_string().starts_with('1')),
            ("-name1", |id| !id.to_string().starts_with('1')),
            ("used:yes", |_| false),
        ];
        for (text, fits) in all {
            let found = search.narrow(&parse(text).unwrap(), at, &beside, &ids);
            let expected: Vec<u32> = ids.iter().copied().filter(|id| fits(*id)).collect();
            assert!(found == expected, "{text}: {} and not {}", found.len(), expected.len());
        }
    }

    #[test]
    fn no_word_is_found_across_two_rows_or_in_another_part() {
        let mut search = many(3);
        let mut find = |text: &str| {
            search.narrow(&parse(text).unwrap(), Moment::default(), &Beside::default(), &[3, 2, 1])
        };
        assert!(find("name1ca").is_empty());
        assert!(find("subject:dns").is_empty());
        assert_eq!(find("serial:00000002"), [2]);
        assert_eq!(find(""), [3, 2, 1]);
    }
}
