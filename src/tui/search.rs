//! The searchable text of the issued list in memory, and narrowing it word by word while a person types. Asks no ledger.

use memchr::memmem::Finder;

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
    ends: Vec<usize>,
    text: Vec<u8>,
    last: Option<(Words, Vec<u32>)>,
}

impl Texts {
    /// Adds a row; its text is in lower case.
    pub fn push(&mut self, id: u32, text: &str) {
        self.last = None;
        self.ids.push(id);
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
    /// narrow them.
    pub fn narrow(&mut self, words: &Words, ordered: &[u32]) -> Vec<u32> {
        let rows = match self.last.take() {
            Some((wider, rows)) if words.narrows(&wider) => self.among(words, rows),
            _ => self.all(words),
        };
        let found: Vec<u32> = rows.iter().filter_map(|row| self.ids.get(*row as usize).copied()).collect();
        self.last = Some((words.clone(), rows));
        let most = found.iter().copied().max().map_or(0, |id| id as usize + 1);
        let mut fits = vec![false; most];
        for id in found {
            if let Some(fit) = fits.get_mut(id as usize) {
                *fit = true;
            }
        }
        ordered.iter().copied().filter(|id| fits.get(*id as usize).is_some_and(|fit| *fit)).collect()
    }

    fn among(&self, words: &Words, mut rows: Vec<u32>) -> Vec<u32> {
        let finders: Vec<Finder<'_>> = words.0.iter().map(|w| Finder::new(w.as_bytes())).collect();
        rows.retain(|row| finders.iter().all(|f| f.find(self.row(*row as usize)).is_some()));
        rows
    }

    fn all(&self, words: &Words) -> Vec<u32> {
        let mut rows = Vec::new();
        let Some((first, others)) = words.0.split_first() else {
            return (0..u32::try_from(self.ids.len()).unwrap_or(u32::MAX)).collect();
        };
        let finder = Finder::new(first.as_bytes());
        let others: Vec<Finder<'_>> = others.iter().map(|w| Finder::new(w.as_bytes())).collect();
        let (mut row, mut from) = (0, 0);
        while let Some(hit) = self.text.get(from..).and_then(|rest| finder.find(rest)) {
            let hit = from + hit;
            row = self.row_of(row, hit);
            if others.iter().all(|f| f.find(self.row(row)).is_some()) {
                rows.push(u32::try_from(row).unwrap_or(u32::MAX));
            }
            let Some(end) = self.ends.get(row) else { break };
            from = *end;
            row += 1;
        }
        rows
    }

    /// Finds the row that holds a byte, from a row before it on: near ones in few steps, far ones by halving.
    fn row_of(&self, mut row: usize, byte: usize) -> usize {
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
    fn no_word_is_found_across_two_rows() {
        let mut texts = Texts::default();
        texts.push(1, "mail");
        texts.push(2, "box");
        assert!(texts.narrow(&Words::typed("lb"), &[1, 2]).is_empty());
        assert_eq!(texts.narrow(&Words::typed(" BO  x"), &[2, 1]), [2]);
        assert_eq!(texts.narrow(&Words::default(), &[2, 1]), [2, 1]);
    }
}
