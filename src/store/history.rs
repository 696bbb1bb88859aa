//! The versions of a keyring: the present one, and those that the history keeps, each with what the audit chain tells of
//! it. Reads only; which version is to come back is decided elsewhere.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::ledger::{Entry, Ledger};
use super::{file, kyr, workspace};
use crate::model::bytes::Digest;
use crate::model::change::Fact;
use crate::model::error::{Error, Kind, Result};
use crate::model::escape::visible;
use crate::model::issued::Revocation;
use crate::model::keyring::{Keyring, check_name};
use crate::model::time::Timestamp;
use crate::model::unread::{Sort, Unread};
use crate::model::{Generation, State};

/// The most versions that are listed; older ones stay on the disk.
pub const MOST: usize = 500;

/// What is said of a ring that was brought back after it was deleted.
pub const BACK: &str = "brought back from the history";

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

impl Revision {
    /// Names the version as a person gives it: `7`, or `@12` by the commit that replaced it.
    pub fn title(&self) -> String {
        match (self.number, self.replaced) {
            (Some(number), _) => number.to_string(),
            (None, Some(Generation(replaced))) => format!("@{replaced}"),
            (None, None) => "?".into(),
        }
    }
}

impl Revision {
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

/// The names in a fact about a keyring.
#[derive(Deserialize)]
#[expect(clippy::enum_variant_names, reason = "they are the names of facts in the audit chain")]
enum Named {
    KeyringCreated { keyring: Name },
    KeyringChanged { keyring: Name },
    KeyringRenamed { from: String, keyring: Name },
    KeyringDeleted { name: String },
}

#[derive(Deserialize)]
struct Name {
    name: String,
}

/// Reads only the names of an entry; one that cannot be read tells of nothing here, and `audit verify` of itself.
fn named(entry: &Entry) -> Option<Named> {
    serde_json::from_str(&entry.body).ok()
}

/// What the audit chain tells of one version.
struct Told {
    ring: Keyring,
    made: Made,
    whose: Whose,
    last: Last,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    /// Of the ring that was asked for.
    Own,
    /// Of a ring of the same name that was deleted before.
    Earlier,
    /// Of a ring that had the name once and lives on under another one.
    Others,
}

/// Follows a ring back through the audit chain, from its present name through the names it had.
struct Walk {
    keyring: String,
    alias: String,
    whose: Whose,
    told: Vec<Told>,
    deleted: Option<Made>,
    renamed: Option<String>,
    names: BTreeSet<String>,
}

impl Walk {
    fn new(keyring: &str) -> Self {
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
    fn take(&mut self, entry: &Entry) -> bool {
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

/// Reads the versions of a keyring, also of a deleted one. Errors: `NotFound` when nothing is known of it, `Disk`.
pub(super) fn read(folder: &Path, ledger: &dyn Ledger, state: &State, keyring: &str) -> Result<History> {
    check_name(keyring).map_err(|_| Error::not_found("keyring", keyring))?;
    let mut walk = Walk::new(keyring);
    ledger.keyring_entries(&mut |entry| walk.take(&entry))?;
    let present = state.keyrings.get(keyring);
    if present.is_none()
        && let Some(now) = &walk.renamed
    {
        return Err(
            Error::not_found("keyring", keyring).why(format!("It was renamed: it is called {now} now."))
        );
    }
    let last = walk.told.first().map(|told| told.last);
    let versions = versions(walk.told);
    let mut revisions: Vec<_> = present.into_iter().map(of_present).collect();
    let unread = state.unread(&kyr::path(keyring)).filter(|unread| unread.sort != Sort::Missing);
    revisions.extend(unread.map(|unread| of_unread(keyring, unread)));
    let mut left_out = 0;
    for name in &walk.names {
        let kept = workspace::kept(folder, name)?;
        left_out += kept.len().saturating_sub(MOST);
        revisions
            .extend(kept.into_iter().take(MOST).filter_map(|(at, file)| of_file(folder, name, at, &file)));
    }
    // The present one stays first, then what was replaced last.
    revisions.sort_by_key(|r| std::cmp::Reverse(r.replaced.map_or(u64::MAX, |g| g.0)));
    left_out += revisions.len().saturating_sub(MOST);
    revisions.truncate(MOST);
    let mut revisions = explain(revisions, &versions, keyring);
    if revisions.is_empty() {
        return Err(Error::not_found("keyring", keyring)
            .next("List those that were deleted with: ringmaster keyring deleted"));
    }
    revoked(ledger, &mut revisions)?;
    Ok(History { keyring: keyring.to_owned(), deleted: walk.deleted, revisions, last, left_out })
}

/// Lists the keyrings that can come back: those deleted, and those whose file is missing or of no use; the latest first.
pub(super) fn gone(ledger: &dyn Ledger, state: &State) -> Result<Vec<Gone>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    ledger.keyring_entries(&mut |entry| {
        let name = match named(&entry) {
            None => return true,
            Some(Named::KeyringCreated { keyring } | Named::KeyringChanged { keyring }) => keyring.name,
            Some(Named::KeyringRenamed { from, keyring }) => {
                seen.insert(from);
                keyring.name
            }
            Some(Named::KeyringDeleted { name }) => name,
        };
        if seen.insert(name.clone()) && !state.keyrings.contains_key(&name) {
            let file = state.unread(&kyr::path(&name));
            let why = file.map_or_else(|| "It was deleted.".to_owned(), |unread| unread.why.clone());
            let last = Made { at: entry.at, by: entry.operator, what: entry.what };
            found.push(Gone { name, last, why });
        }
        true
    })?;
    Ok(found)
}

/// Takes what was told of one and the same version together: a stash that is made or dropped makes no new one.
fn versions(told: Vec<Told>) -> Vec<Told> {
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

fn of_present(ring: &Keyring) -> Revision {
    Revision {
        name: ring.name.clone(),
        number: Some(ring.revision),
        replaced: None,
        path: kyr::path(&ring.name),
        made: None,
        ring: Ok(ring.clone()),
        altered: false,
        earlier: false,
        revoked: None,
    }
}

fn of_unread(keyring: &str, unread: &Unread) -> Revision {
    Revision {
        name: keyring.to_owned(),
        number: None,
        replaced: None,
        path: unread.path.clone(),
        made: None,
        ring: Err(Error::damaged(&unread.why)),
        altered: false,
        earlier: false,
        revoked: None,
    }
}

/// Reads a file of the history; `None` when it is of another ring, whose name only looks like a version of this one.
fn of_file(folder: &Path, name: &str, replaced: Generation, kept: &str) -> Option<Revision> {
    let path = format!("keyrings/{}/{kept}", workspace::HISTORY);
    let ring = file::read_private(&folder.join(&path)).and_then(|(bytes, _)| {
        let ring = kyr::read(name, &bytes, false);
        let of_another = kept.strip_suffix(".kyr").and_then(|k| k.rsplit_once('.')).map(|(stem, _)| stem);
        match of_another.filter(|other| *other != name && kyr::read(other, &bytes, false).is_ok()) {
            Some(_) => Ok(None),
            None => ring.map(Some),
        }
    });
    let ring = ring.transpose()?.map_err(|error| match error.kind {
        Kind::Damaged | Kind::Misnamed | Kind::OtherKey | Kind::Foreign => Error {
            what: format!("{path} cannot be read."),
            next: "Choose another revision, or look for this file in a backup.".into(),
            ..error
        },
        // What only has to be permitted says how.
        _ => error,
    });
    let number = ring.as_ref().ok().map(|r| r.revision);
    let replaced = Some(replaced);
    let (altered, earlier) = (false, false);
    Some(Revision {
        name: name.to_owned(),
        number,
        replaced,
        path,
        made: None,
        ring,
        altered,
        earlier,
        revoked: None,
    })
}

/// Tells whether two public parts say the same.
fn same(a: &Keyring, b: &Keyring) -> bool {
    let entries = |r: &Keyring| -> Vec<_> {
        r.entries.iter().map(|e| (e.role, e.label.clone(), e.trusted, e.certificate.sha256)).collect()
    };
    let keys = |r: &Keyring| (r.key.as_ref().map(|k| k.sha256), r.next_key.as_ref().map(|k| k.sha256));
    keys(a) == keys(b) && entries(a) == entries(b)
}

/// Gives each file what the audit chain tells of it, drops those of other rings, and adds versions whose file is gone.
fn explain(revisions: Vec<Revision>, versions: &[Told], keyring: &str) -> Vec<Revision> {
    let mut used = vec![false; versions.len()];
    let mut of = Vec::with_capacity(revisions.len());
    for revision in &revisions {
        let is = |t: &Told| t.ring.name == revision.name && Some(t.ring.revision) == revision.number;
        let found = revision.ring.as_ref().ok().and_then(|ring| {
            let exact =
                versions.iter().zip(&used).position(|(t, used)| !used && is(t) && same(&t.ring, ring));
            exact.map(|i| (i, false)).or_else(|| {
                let other = versions.iter().zip(&used).position(|(t, used)| !used && is(t));
                other.map(|i| (i, true))
            })
        });
        if let Some(used) = found.and_then(|(i, _)| used.get_mut(i)) {
            *used = true;
        }
        of.push(found);
    }
    // A file that cannot be read is what the chain tells of between its neighbours.
    let mut from = 0;
    for (at, revision) in revisions.iter().enumerate() {
        match of.get(at).copied().flatten() {
            Some((i, _)) => from = i + 1,
            None if revision.ring.is_err() => {
                let until = of.iter().skip(at).flatten().map(|(i, _)| *i).next().unwrap_or(versions.len());
                let fits = |i: &usize| {
                    let told = versions.get(*i);
                    used.get(*i) == Some(&false) && told.is_some_and(|t| t.ring.name == revision.name)
                };
                if let Some(i) = (from..until).find(fits) {
                    if let (Some(of), Some(used)) = (of.get_mut(at), used.get_mut(i)) {
                        (*of, *used) = (Some((i, false)), true);
                    }
                    from = i + 1;
                }
            }
            None => {}
        }
    }
    let mut rows: Vec<(Option<usize>, Revision)> = Vec::with_capacity(revisions.len());
    for (mut revision, found) in revisions.into_iter().zip(of) {
        if let Some((told, altered)) = found.and_then(|(i, altered)| Some((versions.get(i)?, altered))) {
            if told.whose == Whose::Others {
                continue;
            }
            revision.earlier = told.whose == Whose::Earlier;
            revision.made = Some(told.made.clone());
            revision.number = Some(told.ring.revision);
            revision.altered = altered;
            if let Ok(ring) = &mut revision.ring {
                ring.stash = told.ring.stash;
            }
        } else if revision.name != keyring {
            // Under a name of its past, what the chain does not tell of this ring is of another one.
            continue;
        }
        rows.push((found.map(|(i, _)| i), revision));
    }
    let mut at = 0;
    for (i, told) in versions.iter().enumerate() {
        if let Some(row) = rows.iter().position(|(of, _)| *of == Some(i)) {
            at = row + 1;
        } else if used.get(i) == Some(&false) && told.whose != Whose::Others && rows.len() < MOST {
            rows.insert(at.min(rows.len()), (Some(i), lost(told)));
            at += 1;
        }
    }
    rows.into_iter().map(|(_, revision)| revision).collect()
}

/// Makes the row of a version that the audit chain tells of, and whose file nobody finds any more.
fn lost(told: &Told) -> Revision {
    let (name, number) = (told.ring.name.clone(), told.ring.revision);
    let why = Error::damaged(format!("No file of revision {number} is kept any more."))
        .why("The audit chain tells of it, and keyrings/.history does not hold it.")
        .next("Look for it in a backup.");
    Revision {
        path: String::new(),
        name,
        number: Some(number),
        replaced: None,
        made: Some(told.made.clone()),
        ring: Err(why),
        altered: false,
        earlier: told.whose == Whose::Earlier,
        revoked: None,
    }
}

/// Looks up which of the rings' own certificates are revoked.
fn revoked(ledger: &dyn Ledger, revisions: &mut [Revision]) -> Result<()> {
    let mut known: BTreeMap<Digest, Option<Revocation>> = BTreeMap::new();
    for revision in revisions {
        let Some(sha256) = revision.ring.as_ref().ok().and_then(|r| r.leaf()).map(|c| c.sha256) else {
            continue;
        };
        if let std::collections::btree_map::Entry::Vacant(unknown) = known.entry(sha256) {
            unknown.insert(ledger.issued_by_sha256(&sha256)?.and_then(|(row, _)| row.revoked));
        }
        revision.revoked = known.get(&sha256).cloned().flatten();
    }
    Ok(())
}
