//! What the audit chain tells of a keyring, followed back through the names that it had.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{BACK, Last, MOST, Made};
use crate::model::change::Fact;
use crate::model::keyring::Keyring;
use crate::store::ledger::Entry;

/// The names in a fact about a keyring.
#[derive(Deserialize)]
#[expect(clippy::enum_variant_names, reason = "they are the names of facts in the audit chain")]
pub(super) enum Named {
    KeyringCreated { keyring: Name },
    KeyringChanged { keyring: Name },
    KeyringRenamed { from: String, keyring: Name },
    KeyringDeleted { name: String },
}

#[derive(Deserialize)]
pub(super) struct Name {
    pub(super) name: String,
}

/// Reads only the names of an entry; one that cannot be read tells of nothing here, and `audit verify` of itself.
pub(super) fn named(entry: &Entry) -> Option<Named> {
    serde_json::from_str(&entry.body).ok()
}

/// What the audit chain tells of one version.
pub(super) struct Told {
    pub(super) ring: Keyring,
    pub(super) made: Made,
    pub(super) whose: Whose,
    pub(super) last: Last,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Of the ring that was asked for.
    Own,
    /// Of a ring of the same name that was deleted before.
    Earlier,
    /// Of a ring that had the name once and lives on under another one.
    Others,
}

/// Follows a ring back through the audit chain, from its present name through the names it had.
pub(super) struct Walk {
    keyring: String,
    alias: String,
    whose: Whose,
    pub(super) told: Vec<Told>,
    pub(super) deleted: Option<Made>,
    pub(super) renamed: Option<String>,
    pub(super) names: BTreeSet<String>,
}

impl Walk {
    pub(super) fn new(keyring: &str) -> Self {
        Self {
            keyring: keyring.to_owned(),
            alias: keyring.to_owned(),
            whose: Whose::Own,
            told: Vec::new(),
            deleted: None,
            renamed: None,
            names: BTreeSet::from([keyring.to_owned()]),
        }
    }

    /// Takes the next older entry; tells whether more are wanted.
    pub(super) fn take(&mut self, entry: &Entry) -> bool {
        let alias = if self.whose == Whose::Own { &self.alias } else { &self.keyring };
        let about = match named(entry) {
            None => false,
            Some(Named::KeyringCreated { keyring } | Named::KeyringChanged { keyring }) => {
                keyring.name == *alias
            }
            Some(Named::KeyringRenamed { from, keyring }) => keyring.name == *alias || from == *alias,
            Some(Named::KeyringDeleted { name }) => name == *alias,
        };
        if about && let Ok(fact) = serde_json::from_str(&entry.body) {
            self.fact(fact, entry);
        }
        self.told.len() <= MOST
    }

    fn fact(&mut self, fact: Fact, entry: &Entry) {
        let made = |what: &str| Made { at: entry.at, by: entry.operator.clone(), what: what.to_owned() };
        match fact {
            Fact::KeyringDeleted { .. } if self.told.is_empty() && self.renamed.is_none() => {
                self.deleted.get_or_insert_with(|| made("deleted"));
            }
            Fact::KeyringDeleted { .. } if self.whose == Whose::Others => self.whose = Whose::Earlier,
            Fact::KeyringCreated { keyring } => match self.told.last_mut() {
                // Brought back, it is the ring that it was.
                Some(told) if told.made.what.starts_with(BACK) && told.ring.revision == keyring.revision => {
                    told.last = Last::Created;
                }
                _ => {
                    self.push(keyring, made("made"), Last::Created);
                    self.whose = Whose::Earlier;
                }
            },
            Fact::KeyringChanged { keyring, what } => {
                let last = match what.as_str() {
                    "stash made" => Last::StashMade,
                    "stash dropped" => Last::StashDropped,
                    _ => Last::Changed,
                };
                self.push(keyring, made(&what), last);
            }
            Fact::KeyringRenamed { from, keyring } if keyring.name == *self.name() => {
                self.push(keyring, made(&format!("renamed from {from}")), Last::Renamed);
                if self.whose == Whose::Own {
                    self.names.insert(from.clone());
                    self.alias = from;
                } else {
                    // What was before under this name is of yet another ring.
                    self.whose = Whose::Earlier;
                }
            }
            Fact::KeyringRenamed { keyring, .. } => {
                if self.told.is_empty() {
                    self.renamed.get_or_insert(keyring.name);
                }
                self.whose = Whose::Others;
            }
            _ => {}
        }
    }

    fn name(&self) -> &String {
        if self.whose == Whose::Own { &self.alias } else { &self.keyring }
    }

    fn push(&mut self, ring: Keyring, made: Made, last: Last) {
        self.told.push(Told { ring, made, whose: self.whose, last });
    }
}

/// Takes what was told of one and the same version together: a stash that is made or dropped makes no new one.
pub(super) fn versions(told: Vec<Told>) -> Vec<Told> {
    let mut versions: Vec<Told> = Vec::with_capacity(told.len());
    for older in told {
        match versions.last_mut() {
            Some(newer)
                if newer.ring.name == older.ring.name
                    && newer.ring.revision == older.ring.revision
                    && matches!(newer.last, Last::StashMade | Last::StashDropped) =>
            {
                let what = format!("{}, then {}", older.made.what, newer.made.what);
                // Whether a stash stood beside it is told by the newer one.
                newer.made = Made { what, ..older.made };
                newer.last = older.last;
            }
            _ => versions.push(older),
        }
    }
    versions
}
