//! The versions of a document of the directory. The audit chain holds each whole, so that one whose file is gone can come
//! back as well; the files tell what somebody wrote by hand between two commits.

use std::collections::BTreeSet;
use std::path::Path;

use super::{Gone, MOST, Made};
use crate::model::document::{Document, Sort, told};
use crate::model::error::{Error, Result};
use crate::model::field::Look;
use crate::model::keyring::check_name;
use crate::model::time::Timestamp;
use crate::model::unread::Sort as Trouble;
use crate::model::{Generation, State};
use crate::store::document::embedded_profile;
use crate::store::ledger::Ledger;
use crate::store::{directory, file, workspace};

/// One version of a document.
#[derive(Debug, Clone, PartialEq)]
pub struct Version {
    /// Its number, counted from the first that the audit chain tells of; `None` for one that was written by hand.
    pub number: Option<usize>,
    /// The commit that replaced its file, if the history keeps that.
    pub replaced: Option<Generation>,
    /// Who made it, when and how, as the audit chain tells.
    pub made: Option<Made>,
    /// The document as read, or why it cannot be read.
    pub document: Result<Document>,
}

/// The versions of a document, the newest first.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    /// The sort of document.
    pub sort: Sort,
    /// Its name.
    pub name: String,
    /// When and by whom it was deleted, if it is.
    pub deleted: Option<Made>,
    /// Its versions.
    pub versions: Vec<Version>,
    /// Whether older ones are not listed.
    pub more: bool,
}

impl Version {
    /// Names the version as a person gives it: `7`, or `@12` by the commit that replaced it; `now` for the present file that
    /// was written by hand.
    pub fn title(&self) -> String {
        match (self.number, self.replaced) {
            (Some(number), _) => number.to_string(),
            (None, Some(Generation(replaced))) => format!("@{replaced}"),
            (None, None) => "now".into(),
        }
    }
}

impl History {
    /// Finds a version by what a person gave. Errors: `NotFound`.
    pub fn find(&self, given: &str) -> Result<&Version> {
        let (noun, name) = (self.sort.noun(), &self.name);
        self.versions.iter().find(|v| v.title() == given).ok_or_else(|| {
            Error::not_found(&format!("version of {noun} {name}"), given)
                .next(format!("List them with: ringmaster {noun} history {name}"))
        })
    }

    /// Tells whether a version is the present one.
    pub fn is_present(&self, version: &Version) -> bool {
        self.deleted.is_none() && self.versions.first() == Some(version)
    }
}

/// Reads the versions of a document, also of a deleted one. Errors: `NotFound` when nothing is known of it, `Disk`.
pub(crate) fn read(
    folder: &Path,
    ledger: &dyn Ledger,
    state: &State,
    sort: Sort,
    name: &str,
) -> Result<History> {
    let unknown = || {
        Error::not_found(sort.noun(), name)
            .next(format!("List those that were deleted with: ringmaster {} deleted", sort.noun()))
    };
    check_name(name).map_err(|_| unknown())?;
    let (mut versions, mut deleted, mut more) = (Vec::new(), None, false);
    ledger.document_entries(sort, &mut |entry| {
        let Some((_, _, saved)) = told(&entry.body).filter(|(s, n, _)| *s == sort && n == name) else {
            return true;
        };
        let made = |what: &str| Made { at: entry.at, by: entry.operator.clone(), what: what.to_owned() };
        let Some(how) = saved else {
            if versions.is_empty() {
                deleted.get_or_insert_with(|| made("deleted"));
            }
            if let Some(Version { made: Some(made), .. }) = versions.last_mut() {
                made.what = "made again".into();
            }
            return true;
        };
        if versions.len() == MOST {
            more = true;
            return false;
        }
        let read = serde_json::from_str(&entry.body).ok().and_then(Document::of_fact);
        let document = read.ok_or_else(|| {
            Error::damaged(format!("The audit chain tells of a {} that cannot be read.", sort.noun()))
                .next("Choose another version.")
        });
        versions.push(Version { number: None, replaced: None, made: Some(made(&how.words())), document });
        true
    })?;
    let count = versions.len();
    for (at, version) in versions.iter_mut().enumerate() {
        // Of a very long history the numbers of those that are listed go down to one.
        version.number = Some(count - at);
    }
    by_hand(folder, state, sort, name, &mut versions)?;
    if versions.is_empty() {
        return Err(unknown());
    }
    tell(state, &mut versions);
    let deleted = deleted.filter(|_| own(state, sort, name).is_none());
    Ok(History { sort, name: name.to_owned(), deleted, versions, more })
}

/// Finds the present document, unless it is built in and nobody has changed it.
fn own(state: &State, sort: Sort, name: &str) -> Option<Document> {
    let built_in = |document: &Document| match document {
        Document::Profile(profile) => embedded_profile(name).as_ref() == Some(&**profile),
        _ => false,
    };
    Document::find(state, sort, name).filter(|document| !built_in(document))
}

/// Finds the files of versions, and adds those that the audit chain does not tell of.
fn by_hand(folder: &Path, state: &State, sort: Sort, name: &str, versions: &mut Vec<Version>) -> Result<()> {
    let mut from = 0;
    let mut place = |document: Result<Document>, replaced: Option<Generation>| {
        let same = |v: &Version| v.document == document || (v.document.is_err() && document.is_ok());
        // The present one is what was saved last, or by hand.
        let reach = if replaced.is_none() { 1 } else { usize::MAX };
        match versions.iter().skip(from).take(reach).position(same) {
            Some(at) => {
                if let Some(version) = versions.get_mut(from + at) {
                    (version.replaced, version.document) = (replaced, document);
                }
                from += at + 1;
            }
            None => {
                versions.insert(from, Version { number: None, replaced, made: None, document });
                from += 1;
            }
        }
    };
    let path = directory::path(sort, name);
    if let Some(present) = own(state, sort, name) {
        place(Ok(present), None);
    } else if let Some(unread) = state.unread(&path).filter(|u| u.sort != Trouble::Missing) {
        place(Err(Error::damaged(&unread.why)), None);
    }
    for (replaced, file) in workspace::kept(folder, &path)?.into_iter().take(MOST) {
        let kept = folder.join(sort.folder()).join(workspace::HISTORY).join(&file);
        let Ok((bytes, _)) = file::read_public(&kept) else { continue };
        // One of another name only looks like a version of this one; what the chain holds needs no file.
        if let Ok(document) = directory::read(sort, name, &bytes) {
            place(Ok(document), Some(replaced));
        }
    }
    Ok(())
}

/// Says of each version what was changed in it.
fn tell(state: &State, versions: &mut [Version]) {
    let look = Look { state, now: Timestamp::default(), soon: 0, zone: None };
    let words: Vec<String> = (0..versions.len())
        .map(|at| match (versions.get(at).map(|v| &v.document), versions.get(at + 1).map(|v| &v.document)) {
            (_, None) => "made".into(),
            (Some(Ok(new)), Some(Ok(old))) => {
                let labels: Vec<_> =
                    new.differences(old, &look).into_iter().map(|(label, ..)| label).collect();
                match labels.is_empty() {
                    true => "saved again".into(),
                    false => format!("changed: {}", labels.join(", ")),
                }
            }
            _ => "changed".into(),
        })
        .collect();
    for (version, words) in versions.iter_mut().zip(words) {
        // A profile has versions of its own, which certificates name: they go on where a built-in one was changed.
        let words = match &version.document {
            Ok(Document::Profile(profile)) => format!("{words} (profile version {})", profile.version),
            _ => words,
        };
        if let Some(made) = version.made.as_mut() {
            made.what = match made.what.as_str() {
                "" => words,
                what if words.starts_with("changed:") => format!("{what}; {words}"),
                what => what.to_owned(),
            };
        }
    }
}

/// Lists the documents of a sort that can come back: those deleted, and those whose file is missing or of no use; the latest
/// first.
pub(crate) fn gone(ledger: &dyn Ledger, state: &State, sort: Sort) -> Result<Vec<Gone>> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    ledger.document_entries(sort, &mut |entry| {
        let Some((_, name, _)) = told(&entry.body).filter(|(s, ..)| *s == sort) else { return true };
        if seen.insert(name.clone()) && own(state, sort, &name).is_none() {
            let file = state.unread(&directory::path(sort, &name));
            found.push(Gone::after(entry, name, file));
        }
        true
    })?;
    Ok(found)
}
