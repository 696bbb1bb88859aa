//! The versions of a keyring as nouns: what is told of each, and how a person names one.

use crate::model::Generation;
use crate::model::error::{Error, Result};
use crate::model::escape::visible;
use crate::model::issued::Revocation;
use crate::model::keyring::Keyring;
use crate::model::time::Timestamp;
use crate::model::unread::Unread;
use crate::store::ledger::Entry;

/// Who did what, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub by: String,
    /// What, in a few words.
    pub what: String,
}

/// One version of a keyring.
#[derive(Debug, Clone)]
pub struct Revision {
    /// The name that the ring had.
    pub name: String,
    /// The number of the revision, where its file or the audit chain tells it.
    pub number: Option<u64>,
    /// The commit that replaced it; `None` for the present one.
    pub replaced: Option<Generation>,
    /// Its file inside of the workspace.
    pub path: String,
    /// What made it, as the audit chain tells; a stash that was made or dropped afterwards is said as well.
    pub made: Option<Made>,
    /// The ring as read, or why it cannot be read.
    pub ring: Result<Keyring>,
    /// Whether its public part is another than the audit chain tells: somebody has altered the file.
    pub altered: bool,
    /// Whether it is a version of another, earlier ring of the same name.
    pub earlier: bool,
    /// The revocation of its own certificate, if it was revoked here.
    pub revoked: Option<Revocation>,
}

/// What happened last to a keyring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Last {
    /// It was made, or brought back.
    Created,
    /// Its file was changed.
    Changed,
    /// Only its stash was made.
    StashMade,
    /// Only its stash was dropped.
    StashDropped,
    /// It got another name.
    Renamed,
}

/// The versions of a keyring, the newest first.
#[derive(Debug, Clone)]
pub struct History {
    /// The keyring by its present name, or by the last one that it had.
    pub keyring: String,
    /// When and by whom it was deleted, if it is.
    pub deleted: Option<Made>,
    /// Its versions.
    pub revisions: Vec<Revision>,
    /// What happened last to it, if the audit chain tells.
    pub last: Option<Last>,
    /// How many older files the history keeps that are not listed.
    pub left_out: usize,
}

/// A keyring of which the workspace has only the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gone {
    /// Its name.
    pub name: String,
    /// The last that the audit chain tells of it.
    pub last: Made,
    /// Why it is not among the keyrings.
    pub why: String,
}

impl Gone {
    /// Tells of one after the last entry about it, and of its file where that is there and of no use.
    pub(super) fn after(entry: Entry, name: String, file: Option<&Unread>) -> Self {
        let why = file.map_or_else(|| "It was deleted.".to_owned(), |unread| unread.why.clone());
        Self { name, last: Made { at: entry.at, by: entry.operator, what: entry.what }, why }
    }
}

impl Revision {
    /// Names the version as a person gives it: `7`, or `@12` by the commit that replaced it.
    pub fn title(&self) -> String {
        match (self.number, self.replaced) {
            (Some(number), _) => number.to_string(),
            (None, Some(Generation(replaced))) => format!("@{replaced}"),
            (None, None) => "?".into(),
        }
    }

    /// Tells it from every other version: what was replaced by which commit is replaced once.
    pub fn commit(&self) -> String {
        self.replaced.map_or_else(|| self.title(), |g| format!("@{}", g.0))
    }

    /// Says what else there is to know of a version of this keyring; foreign text in it is escaped.
    pub fn remark(&self, keyring: &str) -> String {
        let mut remarks = Vec::new();
        if let Err(error) = &self.ring {
            remarks.push(visible(&format!("{} {}", error.what, error.why)).trim_end().to_owned());
        }
        if self.altered {
            remarks.push("altered: not as the audit chain tells".into());
        }
        if self.earlier {
            remarks.push("of an earlier keyring of this name".into());
        }
        if self.name != keyring {
            remarks.push(format!("as {}", self.name));
        }
        if let Some(revoked) = &self.revoked {
            remarks.push(format!("certificate revoked on {}", revoked.at.date()));
        }
        remarks.join("; ")
    }
}

impl History {
    /// Finds a version by what a person gave: the number of a revision, or `@` and the number of the commit that replaced
    /// it. A number means the newest version that has it.
    ///
    /// Errors: `NotFound`.
    pub fn find(&self, given: &str) -> Result<&Revision> {
        let found = match given.strip_prefix('@') {
            Some(commit) => {
                let commit = commit.parse().ok().map(Generation);
                self.revisions.iter().find(|r| commit.is_some() && r.replaced == commit)
            }
            None => {
                let number = given.parse().ok();
                self.revisions.iter().find(|r| number.is_some() && r.number == number)
            }
        };
        found.ok_or_else(|| {
            Error::not_found(&format!("version of keyring {}", self.keyring), given)
                .next(format!("List them with: ringmaster keyring history {}", self.keyring))
        })
    }
}
