//! The issued list in memory, as far as it is narrowed and counted by: a few numbers of each row in columns, and, while
//! words are looked for, its text. Rows are only ever added; what is known already is not read again.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};

use super::ledger::Ledger;
use crate::model::error::Result;
use crate::model::issued::Reason;
use crate::model::time::Timestamp;

/// What one row says in the columns.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    /// Its id.
    pub id: u32,
    /// Certifier, kind of key, profile, who signed it, and who approved it.
    pub kind: [&'a str; 5],
    /// The first moment.
    pub not_before: Timestamp,
    /// The last moment.
    pub not_after: Timestamp,
    /// The time of signing.
    pub at: Timestamp,
    /// The request it answers.
    pub request: Option<u32>,
}

/// Certifier, kind of key, profile, signer and approvers of many rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// The certifier.
    pub certifier: String,
    /// The kind of key in words.
    pub key: String,
    /// The profile.
    pub profile: String,
    /// Who signed.
    pub by: String,
    /// Who approved, joined by a comma.
    pub approver: String,
}

/// Times of many rows in four bytes each; those before 1970 and after 2105 stand beside them.
#[derive(Debug, Default)]
pub struct Times {
    short: Vec<u32>,
    long: BTreeMap<usize, i64>,
}

impl Times {
    fn push(&mut self, time: Timestamp) {
        let short = u32::try_from(time.0).unwrap_or(u32::MAX);
        if short == u32::MAX {
            self.long.insert(self.short.len(), time.0);
        }
        self.short.push(short);
    }

    /// Returns the time of a row.
    pub fn get(&self, row: usize) -> Timestamp {
        match self.short.get(row) {
            Some(&u32::MAX) => Timestamp(self.long.get(&row).copied().unwrap_or_default()),
            Some(short) => Timestamp(i64::from(*short)),
            None => Timestamp::default(),
        }
    }
}

/// The columns. About 26 bytes a row.
#[derive(Debug, Default)]
pub struct Columns {
    /// The ids, ascending.
    pub ids: Vec<u32>,
    /// The first moments.
    pub not_before: Times,
    /// The last moments.
    pub not_after: Times,
    /// The times of signing.
    pub at: Times,
    /// For each row its place in [`Self::kinds`].
    pub kind: Vec<u32>,
    /// The kinds there are; few.
    pub kinds: Vec<Kind>,
    /// The requests that rows answer; 0 where there is none.
    pub request: Vec<u32>,
    /// Why a row is revoked.
    pub revoked: Vec<Option<Reason>>,
    /// Whether another certificate has taken its place.
    pub superseded: Vec<bool>,
    /// Another number when other rows are revoked or superseded.
    pub marks: u64,
    known: HashMap<String, u32>,
}

impl Columns {
    /// Reads the rows that have come since, and which are revoked now. `between` is called now and then.
    pub fn refresh(&mut self, ledger: &dyn Ledger, between: &mut dyn FnMut()) -> Result<()> {
        let after = self.ids.last().copied().unwrap_or(0);
        ledger.issued_columns(after, &mut |row| {
            if self.ids.len().is_multiple_of(BETWEEN) {
                between();
            }
            self.push(row);
        })?;
        self.mark(&ledger.issued_revoked()?, &ledger.issued_superseded()?);
        Ok(())
    }

    /// Adds a row.
    pub(super) fn push(&mut self, row: Row<'_>) {
        let same =
            |kind: &Kind| row.kind == [&kind.certifier, &kind.key, &kind.profile, &kind.by, &kind.approver];
        let last = self.kind.last().copied();
        let kind = match last.filter(|k| self.kinds.get(*k as usize).is_some_and(same)) {
            Some(kind) => kind,
            None => self.kind_of(row.kind),
        };
        self.ids.push(row.id);
        self.not_before.push(row.not_before);
        self.not_after.push(row.not_after);
        self.at.push(row.at);
        self.kind.push(kind);
        self.request.push(row.request.unwrap_or_default());
        self.revoked.push(None);
        self.superseded.push(false);
    }

    /// Takes these as the revoked and the superseded rows.
    pub(super) fn mark(&mut self, revoked: &[(u32, Reason)], superseded: &[u32]) {
        let mut hasher = DefaultHasher::new();
        for (id, reason) in revoked {
            (id, reason.code()).hash(&mut hasher);
        }
        superseded.hash(&mut hasher);
        let marks = hasher.finish();
        if marks == self.marks {
            return;
        }
        self.marks = marks;
        self.revoked.fill(None);
        for (id, reason) in revoked {
            if let Some(why) = self.row(*id).and_then(|row| self.revoked.get_mut(row)) {
                *why = Some(*reason);
            }
        }
        self.superseded.fill(false);
        for id in superseded {
            if let Some(mark) = self.row(*id).and_then(|row| self.superseded.get_mut(row)) {
                *mark = true;
            }
        }
    }

    fn kind_of(&mut self, parts: [&str; 5]) -> u32 {
        let name = parts.join("\u{1f}");
        if let Some(kind) = self.known.get(&name) {
            return *kind;
        }
        let [certifier, key, profile, by, approver] = parts.map(str::to_owned);
        let kind = u32::try_from(self.kinds.len()).unwrap_or(u32::MAX);
        self.kinds.push(Kind { certifier, key, profile, by, approver });
        self.known.insert(name, kind);
        kind
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Tells whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Finds the row with an id.
    pub fn row(&self, id: u32) -> Option<usize> {
        // Ids have no gaps as a rule.
        let near = (id as usize).checked_sub(1)?;
        if self.ids.get(near) == Some(&id) { Some(near) } else { self.ids.binary_search(&id).ok() }
    }

    /// Returns the kind of a row.
    pub fn kind(&self, row: usize) -> Option<&Kind> {
        self.kinds.get(*self.kind.get(row)? as usize)
    }
}

/// Other work is let in after so many rows.
const BETWEEN: usize = 2048;

/// Stands between the parts of a text; escaped text does not have it.
pub const PART: char = '\u{1f}';

/// How many rows share one piece of memory.
pub const BLOCK: usize = 1 << 14;

/// The texts of many rows, one behind the other: certifier, serial, subject and names, in lower case.
#[derive(Debug, Default)]
pub struct Texts {
    blocks: Vec<Block>,
    count: usize,
    last: u32,
}

/// The texts of up to [`BLOCK`] rows.
#[derive(Debug, Default)]
pub struct Block {
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl Texts {
    /// Reads the rows that have come since.
    pub fn refresh(&mut self, ledger: &dyn Ledger, between: &mut dyn FnMut()) -> Result<()> {
        ledger.issued_texts(self.last, &mut |id, text| {
            if self.count.is_multiple_of(BETWEEN) {
                between();
            }
            self.push(id, text);
        })
    }

    /// Adds a row; its text is in lower case.
    pub fn push(&mut self, id: u32, text: &str) {
        if self.count.is_multiple_of(BLOCK) {
            if let Some(full) = self.blocks.last_mut() {
                full.text.shrink_to_fit();
            }
            self.blocks.push(Block::default());
        }
        if let Some(block) = self.blocks.last_mut() {
            block.text.extend_from_slice(text.as_bytes());
            // No word has a line end in it, so that no hit spans two rows.
            block.text.push(b'\n');
            block.ends.push(u32::try_from(block.text.len()).unwrap_or(u32::MAX));
        }
        self.count += 1;
        self.last = id;
    }

    /// Returns how many rows there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Tells whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Returns the block that holds a row, and its place in it.
    pub fn block(&self, row: usize) -> Option<(&Block, usize)> {
        Some((self.blocks.get(row / BLOCK)?, row % BLOCK))
    }

    /// Returns the text of a row with a line end.
    pub fn row(&self, row: usize) -> &[u8] {
        self.block(row).map_or(&[][..], |(block, row)| block.row(row))
    }
}

impl Block {
    /// Returns all text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Returns the end of a row.
    pub fn end(&self, row: usize) -> Option<usize> {
        self.ends.get(row).map(|end| *end as usize)
    }

    /// Returns the text of a row with a line end.
    pub fn row(&self, row: usize) -> &[u8] {
        let start = row.checked_sub(1).and_then(|before| self.end(before)).unwrap_or(0);
        let end = self.end(row).unwrap_or(start);
        self.text.get(start..end).unwrap_or_default()
    }

    /// Finds the row that holds a byte, from a row before it on: near ones in few steps, far ones by halving.
    pub fn row_of(&self, mut row: usize, byte: usize) -> usize {
        if self.end(row).is_some_and(|end| end > byte) {
            return row;
        }
        let mut step = 1;
        while self.end(row + step).is_some_and(|end| end <= byte) {
            row += step;
            step *= 2;
        }
        let window = self.ends.get(row..(row + step + 1).min(self.ends.len())).unwrap_or_default();
        row + window.partition_point(|end| *end as usize <= byte)
    }
}
