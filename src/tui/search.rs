//! The searchable text of the issued list in memory, and narrowing it word by word while a person types. Asks no ledger.

use memchr::memmem::Finder;

/// Below this many rows one thread is faster than several.
const MANY: usize = 50_000;

/// The most threads that search at once.
const THREADS: usize = 4;

/// Rows that fitted before are looked at one by one when they are at most this part of all; else all text is searched at
/// once, which reads more and steps less.
const FEW: usize = 8;

/// Words to look for; a row fits when it contains all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// Splits a filter as typed; case does not matter.
    pub fn typed(filter: &str) -> Self {
        let mut words: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
        // The longest is the rarest: it is looked for first.
        words.sort_by_key(|w| std::cmp::Reverse(w.len()));
        Self(words)
    }

    /// Tells whether nothing is looked for.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Tells whether whatever fits these words fits `wider` as well.
    fn narrows(&self, wider: &Self) -> bool {
        wider.0.iter().all(|old| self.0.iter().any(|new| new.contains(old.as_str())))
    }
}

/// The texts of many rows, one behind the other.
#[derive(Debug, Default)]
pub struct Texts {
    ids: Vec<u32>,
    highest: u32,
    ends: Vec<usize>,
    text: Vec<u8>,
    last: Option<(Words, Vec<usize>)>,
}

impl Texts {
    /// Adds a row; its text is in lower case.
    pub fn push(&mut self, id: u32, text: &str) {
        self.last = None;
        self.ids.push(id);
        self.highest = self.highest.max(id);
        self.text.extend_from_slice(text.as_bytes());
        // No word has a line end in it, so that no hit spans two rows.
        self.text.push(b'\n');
        self.ends.push(self.text.len());
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Tells whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Lists the ids of `ordered` that fit, in that order. What fitted the last words is looked at alone when these
    /// narrow them to few rows.
    pub fn narrow(&mut self, words: &Words, ordered: &[u32]) -> Vec<u32> {
        let rows = match self.last.take() {
            Some((wider, rows)) if words.narrows(&wider) && rows.len() <= self.len() / FEW => {
                self.in_parts(&rows, |part| self.among(words, part))
            }
            _ if words.is_empty() => (0..self.ids.len()).collect(),
            _ => self.in_parts(&self.ends, |part| self.between(words, part)),
        };
        let every = rows.len() == self.len();
        let mut fits = vec![false; if every { 0 } else { self.highest as usize + 1 }];
        for row in rows.iter().filter(|_| !every) {
            if let Some(fit) = self.ids.get(*row).and_then(|id| fits.get_mut(*id as usize)) {
                *fit = true;
            }
        }
        self.last = Some((words.clone(), rows));
        if every && ordered.len() == self.len() {
            return ordered.to_vec();
        }
        let fit = |id: &u32| every || fits.get(*id as usize).is_some_and(|fit| *fit);
        ordered.iter().copied().filter(fit).collect()
    }

    /// Runs `search` over parts of `all` on several threads, and puts what they find one behind the other.
    fn in_parts<T: Sync>(&self, all: &[T], search: impl Fn(&[T]) -> Vec<usize> + Sync) -> Vec<usize> {
        let threads =
            if all.len() < MANY { 1 } else { std::thread::available_parallelism().map_or(1, usize::from) };
        let size = all.len().div_ceil(threads.min(THREADS)).max(1);
        let search = &search;
        std::thread::scope(|scope| {
            let mut parts = all.chunks(size);
            let first = parts.next().unwrap_or_default();
            let begun: Vec<_> = parts
                .map(|part| {
                    (part, std::thread::Builder::new().spawn_scoped(scope, move || search(part)).ok())
                })
                .collect();
            let mut found = search(first);
            for (part, thread) in begun {
                // Where no thread could be had, the part is searched here.
                found.extend(thread.and_then(|t| t.join().ok()).unwrap_or_else(|| search(part)));
            }
            found
        })
    }

    fn among(&self, words: &Words, rows: &[usize]) -> Vec<usize> {
        let finders: Vec<Finder<'_>> = words.0.iter().map(|w| Finder::new(w.as_bytes())).collect();
        rows.iter().copied().filter(|row| finders.iter().all(|f| f.find(self.row(*row)).is_some())).collect()
    }

    /// Searches the rows whose ends these are, part of `ends`.
    fn between(&self, words: &Words, part: &[usize]) -> Vec<usize> {
        let (Some((first, others)), Some(to)) = (words.0.split_first(), part.last()) else {
            return Vec::new();
        };
        let finder = Finder::new(first.as_bytes());
        let others: Vec<Finder<'_>> = others.iter().map(|w| Finder::new(w.as_bytes())).collect();
        let start = part.first().map_or(0, |end| self.ends.partition_point(|e| e < end));
        let (mut row, mut from) =
            (start, start.checked_sub(1).and_then(|r| self.ends.get(r)).copied().unwrap_or(0));
        let mut rows = Vec::new();
        while let Some(hit) = self.text.get(from..*to).and_then(|rest| finder.find(rest)) {
            row = self.row_of(row, from + hit);
            if others.iter().all(|f| f.find(self.row(row)).is_some()) {
                rows.push(row);
            }
            let Some(end) = self.ends.get(row) else { break };
            from = *end;
            row += 1;
        }
        rows
    }

    /// Finds the row that holds a byte, from a row before it on: near ones in few steps, far ones by halving.
    fn row_of(&self, mut row: usize, byte: usize) -> usize {
        if self.ends.get(row).is_some_and(|end| *end > byte) {
            return row;
        }
        let mut step = 1;
        while self.ends.get(row + step).is_some_and(|end| *end <= byte) {
            row += step;
            step *= 2;
        }
        let window = self.ends.get(row..(row + step + 1).min(self.ends.len())).unwrap_or_default();
        row + window.partition_point(|end| *end <= byte)
    }

    fn row(&self, row: usize) -> &[u8] {
        let start = row.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        let end = self.ends.get(row).copied().unwrap_or(start);
        self.text.get(start..end).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn narrowing_finds_what_looking_at_each_row_finds(
            rows in proptest::collection::vec("[abc ]{0,8}", 0..60),
            typed in proptest::collection::vec("[aBc ]{0,4}", 1..6),
        ) {
            let mut texts = Texts::default();
            for (row, text) in rows.iter().enumerate() {
                texts.push(row as u32 * 3 + 1, text);
            }
            let ordered: Vec<u32> = (0..rows.len() as u32).rev().map(|row| row * 3 + 1).collect();
            for filter in &typed {
                let fits = |id: &u32| {
                    let row = &rows[*id as usize / 3];
                    filter.to_lowercase().split_whitespace().all(|word| row.contains(word))
                };
                let expected: Vec<u32> = ordered.iter().copied().filter(fits).collect();
                prop_assert_eq!(texts.narrow(&Words::typed(filter), &ordered), expected);
            }
        }
    }

    #[test]
    fn many_rows_are_searched_in_parts_with_the_same_result() {
        let mut texts = Texts::default();
        let ids: Vec<u32> = (0..MANY as u32 * 2 + 7).collect();
        ids.iter().for_each(|id| texts.push(*id, &format!("name{id} x")));
        for filter in ["9", "99", "x 99", "999", "e5000", ""] {
            let expected: Vec<u32> = ids
                .iter()
                .copied()
                .filter(|id| filter.split(' ').all(|w| format!("name{id} x").contains(w)))
                .collect();
            assert_eq!(texts.narrow(&Words::typed(filter), &ids), expected, "{filter}");
        }
    }

    #[test]
    fn no_word_is_found_across_two_rows() {
        let mut texts = Texts::default();
        texts.push(1, "mail");
        texts.push(2, "box");
        assert!(texts.narrow(&Words::typed("lb"), &[1, 2]).is_empty());
        assert_eq!(texts.narrow(&Words::typed(" BO  x"), &[2, 1]), [2]);
        assert_eq!(texts.narrow(&Words::default(), &[2, 1]), [2, 1]);
    }
}
